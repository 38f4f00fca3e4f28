#include "tui/widgets/help.h"

#include "backend/base/text.h"
#include "tui/widgets/box.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLS 96
#define HELP_TWO_COLUMNS 74 /* from this width inside on, two columns */
#define HELP_LINES_MAX 256

struct help_line {
    const char *group;  /* a heading, else NULL */
    const struct help_item *item;
    size_t index;       /* of the item among those that match */
    int column, y;
};

static bool matches(const struct help *h, const struct help_item *item)
{
    const char *query = prompt_text(&h->search);

    return query[0] == '\0' || text_contains(item->text, strlen(item->text), query) ||
           text_contains(item->keys, strlen(item->keys), query) ||
           text_contains(item->group, strlen(item->group), query);
}

static const struct help_item *marked(const struct help *h)
{
    size_t at = 0;

    for (size_t i = 0; i < h->n; i++) {
        if (matches(h, &h->items[i]) && at++ == h->scroll.cursor)
            return &h->items[i];
    }
    return NULL;
}

static size_t count(const struct help *h)
{
    size_t n = 0;

    for (size_t i = 0; i < h->n; i++)
        n += matches(h, &h->items[i]);
    return n;
}

enum help_result help_event(struct help *h, const struct event *ev, int *action)
{
    static const struct {
        int key;
        enum scroll_motion motion;
    } motions[] = {{TKEY_UP, SCROLL_UP},
                   {TKEY_DOWN, SCROLL_DOWN},
                   {TKEY_PGUP, SCROLL_PAGE_UP},
                   {TKEY_PGDN, SCROLL_PAGE_DOWN}};

    for (size_t i = 0; ev->kind == EV_KEY && i < sizeof motions / sizeof motions[0]; i++) {
        if (motions[i].key == ev->key) {
            scroll_move(&h->scroll, motions[i].motion, count(h), h->page);
            return HELP_OPEN;
        }
    }
    if (ev->kind == EV_KEY && ev->key == '?' && prompt_text(&h->search)[0] == '\0')
        return HELP_CLOSED;

    enum prompt_result result = prompt_event(&h->search, ev);
    const struct help_item *item = result == PROMPT_ACCEPTED ? marked(h) : NULL;

    if (result == PROMPT_CHANGED)
        h->scroll = (struct scroll){0};
    if (result == PROMPT_CANCELLED)
        return HELP_CLOSED;
    if (!item || item->reason)
        return HELP_OPEN;
    *action = item->action;
    return HELP_RUN;
}

/* Headings and items in order; returns the number of lines. */
static size_t make_lines(const struct help *h, struct help_line lines[HELP_LINES_MAX])
{
    const char *group = NULL;
    size_t n = 0, index = 0;

    for (size_t i = 0; i < h->n && n + 2 < HELP_LINES_MAX; i++) {
        if (!matches(h, &h->items[i]))
            continue;
        if (!group || strcmp(group, h->items[i].group) != 0) {
            group = h->items[i].group;
            lines[n++] = (struct help_line){.group = group};
        }
        lines[n++] = (struct help_line){.item = &h->items[i], .index = index++};
    }
    return n;
}

/* Gives each group to the shorter column; returns the lines of the longer one. */
static int place_lines(struct help_line *lines, size_t n, int n_columns)
{
    int tall[2] = {0, 0}, column = 0;

    for (size_t i = 0; i < n; i++) {
        if (lines[i].group)
            column = n_columns == 2 && tall[1] < tall[0];
        lines[i].column = column;
        lines[i].y = tall[column]++;
    }
    return tall[0] > tall[1] ? tall[0] : tall[1];
}

/* Cells of the longest keys that are shown. */
static int keys_width(struct grid *g, const struct help_line *lines, size_t n)
{
    int w = 0;

    for (size_t i = 0; i < n; i++) {
        int own = lines[i].item ? grid_text_width(g, lines[i].item->keys) : 0;

        w = own > w ? own : w;
    }
    return w;
}

static void draw_line(struct grid *g, int x, int y, int w, int keys_w, const struct help_line *line,
                      bool is_cursor)
{
    if (line->group) {
        grid_put(g, x, y, w, ROLE_SECTION, line->group);
        return;
    }

    bool is_off = line->item->reason != NULL;

    grid_put_fit(g, x + 2, y, keys_w, is_off ? ROLE_KEY_OFF : ROLE_KEY, line->item->keys, 0);
    grid_put_fit(g, x + 4 + keys_w, y, w - keys_w - 5, is_off ? ROLE_KEY_OFF : ROLE_KEY_LABEL,
                 line->item->text, 0);
    if (!is_cursor)
        return;
    grid_glyph(g, x, y, ROLE_CURSOR, GLYPH_CURSOR);
    grid_role(g, (struct rect){x, y, w - 1, 1}, ROLE_CURSOR);
}

/* The search, and what the marked key does in full, or why it is off. */
static void draw_foot(struct grid *g, struct rect in, const struct help *h)
{
    const struct help_item *item = marked(h);
    int y = in.y + in.h - 1, typed = grid_text_width(g, prompt_text(&h->search));
    int w = 18 + typed < in.w / 2 ? 18 + typed : in.w / 2;

    if (count(h) == 0)
        grid_put_fit(g, in.x, in.y, in.w, ROLE_WARNING, "No key here matches; backspace takes letters back.", 0);
    if (item)
        grid_put_fit(g, in.x + w + 2, y, in.w - w - 2, item->reason ? ROLE_WARNING : ROLE_DIM,
                     item->reason ? item->reason : item->text, FIT_RIGHT);
    prompt_draw(g, (struct rect){in.x, y, w, 1}, "type to search: ", &h->search);
}

void help_draw(struct grid *g, struct rect outer, struct help *h)
{
    struct help_line lines[HELP_LINES_MAX];
    size_t n = make_lines(h, lines);
    int w = HELP_COLS < outer.w - 2 ? HELP_COLS : outer.w - 2;
    int n_columns = w - 4 < HELP_TWO_COLUMNS ? 1 : 2, tall = place_lines(lines, n, n_columns);
    tall = tall > 0 ? tall : 1;

    struct rect in = box_draw_over(g, outer, w, tall + 3 < outer.h ? tall + 3 : outer.h, h->title,
                                   "enter runs the marked key   esc closes");
    int body = in.h - 1, column_w = in.w / n_columns, top = 0, keys_w = keys_width(g, lines, n);

    h->page = body > 0 ? (size_t)body : 1;
    scroll_fit(&h->scroll, count(h), count(h)); /* columns scroll as one: the window follows here */
    for (size_t i = 0; i < n; i++) {
        if (lines[i].item && lines[i].index == h->scroll.cursor && lines[i].y >= body)
            top = lines[i].y - body + 1;
    }
    for (size_t i = 0; i < n; i++) {
        int y = lines[i].y - top;

        if (y < 0 || y >= body)
            continue;
        draw_line(g, in.x + lines[i].column * column_w, in.y + y, column_w, keys_w, &lines[i],
                  lines[i].item && lines[i].index == h->scroll.cursor);
    }
    draw_foot(g, in, h);
}

void help_free(struct help *h)
{
    prompt_free(&h->search);
}
