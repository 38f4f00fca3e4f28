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

/* What tabs give up to fit. */
struct tab_fit {
    int gap; /* blanks between the brackets of two tabs, -1: they share one cell */
    bool is_brief[TABS_MAX], has_no_count[TABS_MAX];
    struct {
        int x, w; /* of the text between the brackets */
    } places[TABS_MAX];
};

static const char *tab_text(const struct tab *t, const struct tab_fit *fit, size_t i, char out[96])
{
    const char *title = fit->is_brief[i] && t->brief ? t->brief : t->title;
    const char *count = t->count && !fit->has_no_count[i] ? t->count : "";

    snprintf(out, 96, "%.16s %.48s%s%.16s", t->key, title, count[0] ? " " : "", count);
    return out;
}

static int place_tabs(struct grid *g, const struct tab *tabs, size_t n, struct tab_fit *fit)
{
    char text[96];
    int at = 0;

    for (size_t i = 0; i < n; i++) {
        fit->places[i].x = at + 1;
        fit->places[i].w = grid_text_width(g, tab_text(&tabs[i], fit, i, text));
        at += fit->places[i].w + 2 + fit->gap;
    }
    return at - fit->gap;
}

/* Shortens the tab that gives most room: its title, or its count. False: none has any to give. */
static bool shorten_one(struct grid *g, const struct tab *tabs, size_t n, size_t active,
                        struct tab_fit *fit)
{
    size_t best = n;
    int most = 0;
    bool is_count = false;

    for (size_t i = 0; i < n; i++) {
        int title = tabs[i].brief && !fit->is_brief[i]
                        ? grid_text_width(g, tabs[i].title) - grid_text_width(g, tabs[i].brief)
                        : 0;

        if (title > most) {
            most = title;
            best = i;
        }
    }
    for (size_t i = 0; i < n && best == n; i++) {
        if (tabs[i].count && !fit->has_no_count[i] && i != active) {
            best = i;
            is_count = true;
        }
    }
    if (best == n)
        return false;
    if (is_count)
        fit->has_no_count[best] = true;
    else
        fit->is_brief[best] = true;
    return true;
}

static size_t fit_tabs(struct grid *g, int width, const struct tab *tabs, size_t n, size_t active,
                       struct tab_fit *fit)
{
    n = n < TABS_MAX ? n : TABS_MAX;
    *fit = (struct tab_fit){.gap = 1};
    while (place_tabs(g, tabs, n, fit) > width) {
        if (fit->gap > -1)
            fit->gap--;
        else if (!shorten_one(g, tabs, n, active, fit))
            break;
    }
    return n;
}

void tabs_draw(struct grid *g, int x, int y, int width, const struct tab *tabs, size_t n,
               size_t active)
{
    struct tab_fit fit;
    struct rect old = grid_clip(g, (struct rect){x, y, width, 1});
    char text[96];

    n = fit_tabs(g, width, tabs, n, active, &fit);
    for (size_t i = 0; i < n; i++) {
        enum role role = i == active ? ROLE_TAB_ACTIVE : ROLE_TAB;
        int at = x + fit.places[i].x;

        grid_put(g, at, y, fit.places[i].w, role, tab_text(&tabs[i], &fit, i, text));
        if (i == active) {
            grid_put(g, at - 1, y, 1, role, "[");
            grid_put(g, at + fit.places[i].w, y, 1, role, "]");
        }
    }
    grid_unclip(g, old);
}

size_t tabs_at(struct grid *g, int x, int width, const struct tab *tabs, size_t n, size_t active,
               int at)
{
    struct tab_fit fit;
    size_t n_fit = fit_tabs(g, width, tabs, n, active, &fit);

    for (size_t i = 0; i < n_fit; i++) {
        if (at >= x + fit.places[i].x && at < x + fit.places[i].x + fit.places[i].w)
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
