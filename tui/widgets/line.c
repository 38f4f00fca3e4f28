#include "tui/widgets/line.h"

#include <stdio.h>
#include <string.h>

#define TABS_MAX 16
#define HINTS_MAX 64

int spans_width(struct grid *g, const struct span *spans, size_t n)
{
    int w = 0;

    for (size_t i = 0; i < n; i++)
        w += grid_text_width(g, spans[i].text);
    return w;
}

int spans_draw(struct grid *g, int x, int y, int width, const struct span *spans, size_t n)
{
    int used = 0;

    for (size_t i = 0; i < n && used < width; i++)
        used += grid_put(g, x + used, y, width - used, spans[i].role, spans[i].text);
    return used;
}

void spans_draw_ends(struct grid *g, int x, int y, int width, const struct span *left, size_t n_left,
                     const struct span *right, size_t n_right)
{
    int w_right = spans_width(g, right, n_right);
    int room = width - w_right - (w_right > 0 ? 2 : 0);
    int used = 0;

    spans_draw(g, x + width - w_right, y, w_right, right, n_right);
    if (n_left == 0)
        return;
    used = spans_draw(g, x, y, room, left, n_left - 1);
    grid_put_fit(g, x + used, y, room - used, left[n_left - 1].role, left[n_left - 1].text,
                 FIT_MIDDLE);
}

/* How much is given up: 0 nothing, 1 the second blank, 2 long titles, 3 counts of the others. */
#define TAB_LEVELS 4

static const char *tab_text(const struct tab *t, int level, bool is_active, char out[96])
{
    const char *title = level >= 2 && t->brief ? t->brief : t->title;
    const char *count = t->count && (level < 3 || is_active) ? t->count : "";

    snprintf(out, 96, "%.16s %.48s%s%.16s", t->key, title, count[0] ? " " : "", count);
    return out;
}

struct tab_place {
    int x, w; /* of the text between the brackets */
};

static int place_tabs(struct grid *g, int level, const struct tab *tabs, size_t n, size_t active,
                      struct tab_place places[TABS_MAX])
{
    char text[96];
    int at = 0;

    for (size_t i = 0; i < n && i < TABS_MAX; i++) {
        places[i].x = at + 1;
        places[i].w = grid_text_width(g, tab_text(&tabs[i], level, i == active, text));
        at += places[i].w + (level == 0 ? 2 : 1);
    }
    return at + (level == 0 ? 0 : 1);
}

static int fit_tabs(struct grid *g, int width, const struct tab *tabs, size_t n, size_t active,
                    struct tab_place places[TABS_MAX])
{
    int level = 0;

    while (place_tabs(g, level, tabs, n, active, places) > width && level < TAB_LEVELS - 1)
        level++;
    return level;
}

void tabs_draw(struct grid *g, int x, int y, int width, const struct tab *tabs, size_t n,
               size_t active)
{
    struct tab_place places[TABS_MAX];
    int level = fit_tabs(g, width, tabs, n, active, places);
    struct rect old = grid_clip(g, (struct rect){x, y, width, 1});
    char text[96];

    for (size_t i = 0; i < n && i < TABS_MAX; i++) {
        enum role role = i == active ? ROLE_TAB_ACTIVE : ROLE_TAB;
        int at = x + places[i].x;

        grid_put(g, at, y, places[i].w, role, tab_text(&tabs[i], level, i == active, text));
        if (i == active) {
            grid_put(g, at - 1, y, 1, role, "[");
            grid_put(g, at + places[i].w, y, 1, role, "]");
        }
    }
    grid_unclip(g, old);
}

size_t tabs_at(struct grid *g, int x, int width, const struct tab *tabs, size_t n, size_t active,
               int at)
{
    struct tab_place places[TABS_MAX];

    (void)fit_tabs(g, width, tabs, n, active, places);
    for (size_t i = 0; i < n && i < TABS_MAX; i++) {
        if (at >= x + places[i].x && at < x + places[i].x + places[i].w)
            return i;
    }
    return n;
}

static int hint_width(struct grid *g, const struct key_hint *h)
{
    return grid_text_width(g, h->key) + 1 + grid_text_width(g, h->label) + (h->is_off ? 2 : 0) + 2;
}

static int draw_hint(struct grid *g, int x, int y, int width, const struct key_hint *h)
{
    const struct span on[] = {{ROLE_KEY, h->key}, {ROLE_KEY_LABEL, " "}, {ROLE_KEY_LABEL, h->label}};
    const struct span off[] = {{ROLE_KEY_OFF, "("},
                               {ROLE_KEY_OFF, h->key},
                               {ROLE_KEY_OFF, " "},
                               {ROLE_KEY_OFF, h->label},
                               {ROLE_KEY_OFF, ")"}};

    return h->is_off ? spans_draw(g, x, y, width, off, 5) : spans_draw(g, x, y, width, on, 3);
}

void key_hints_draw(struct grid *g, int x, int y, int width, const struct key_hint *hints, size_t n)
{
    bool is_shown[HINTS_MAX] = {false};
    int room = width + 2; /* the last one needs no blanks behind it */

    n = n < HINTS_MAX ? n : HINTS_MAX;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            int w = hint_width(g, &hints[i]);

            if (hints[i].is_pinned != (pass == 0) || w > room)
                continue;
            is_shown[i] = true;
            room -= w;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (is_shown[i])
            x += draw_hint(g, x, y, width, &hints[i]) + 2;
    }
}
