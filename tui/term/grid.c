#include "tui/term/grid.h"

#include "backend/base/text.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <string.h>

#define PUT_MAX_BYTES 8192

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static void set_blank(struct grid_cell *c, enum role role)
{
    *c = (struct grid_cell){.text = " ", .width = 1, .role = (uint8_t)role};
}

static struct grid_cell *cell_at(struct grid *g, int x, int y)
{
    return &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
}

void grid_init(struct grid *g, int w, int h, bool is_ascii)
{
    *g = (struct grid){.is_ascii = is_ascii};
    grid_reset(g, w, h);
}

void grid_free(struct grid *g)
{
    mem_free(g->cells);
    buf_free(&g->clean);
    buf_free(&g->fit);
    *g = (struct grid){0};
}

void grid_reset(struct grid *g, int w, int h)
{
    w = clamp(w, 1, GRID_SIDE_MAX);
    h = clamp(h, 1, GRID_SIDE_MAX);
    if (g->w != w || g->h != h || !g->cells)
        g->cells = mem_resize(g->cells, (size_t)w * (size_t)h, sizeof *g->cells);
    g->w = w;
    g->h = h;
    g->clip = (struct rect){0, 0, w, h};
    g->cursor_x = g->cursor_y = -1;
    for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
        set_blank(&g->cells[i], ROLE_NORMAL);
}

static struct rect rect_both(struct rect a, struct rect b)
{
    int x0 = a.x > b.x ? a.x : b.x, y0 = a.y > b.y ? a.y : b.y;
    int x1 = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    int y1 = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

    return (struct rect){x0, y0, x1 > x0 ? x1 - x0 : 0, y1 > y0 ? y1 - y0 : 0};
}

struct rect grid_clip(struct grid *g, struct rect r)
{
    struct rect old = g->clip;

    g->clip = rect_both(old, r);
    return old;
}

void grid_unclip(struct grid *g, struct rect old)
{
    g->clip = rect_both(old, (struct rect){0, 0, g->w, g->h});
}

struct rect rect_inset(struct rect r, int dx, int dy)
{
    r.x += dx;
    r.y += dy;
    r.w = r.w > 2 * dx ? r.w - 2 * dx : 0;
    r.h = r.h > 2 * dy ? r.h - 2 * dy : 0;
    return r;
}

static bool is_inside(const struct grid *g, int x, int y)
{
    return x >= g->clip.x && x < g->clip.x + g->clip.w && y >= g->clip.y &&
           y < g->clip.y + g->clip.h;
}

/* Before a cell is written: a wide character that loses a half loses both. */
static void break_wide(struct grid *g, int x, int y)
{
    struct grid_cell *c = cell_at(g, x, y);

    if (c->width == 0 && x > 0)
        set_blank(c - 1, (enum role)c[-1].role);
    if (c->width == 2 && x + 1 < g->w)
        set_blank(c + 1, (enum role)c[1].role);
}

static void write_cell(struct grid *g, int x, int y, const char *ch, size_t len, int width,
                       enum role role)
{
    struct grid_cell *c = cell_at(g, x, y);

    break_wide(g, x, y);
    if (width == 2)
        break_wide(g, x + 1, y);
    *c = (struct grid_cell){.width = (uint8_t)width, .role = (uint8_t)role};
    memcpy(c->text, ch, len);
    if (width == 2)
        c[1] = (struct grid_cell){.role = (uint8_t)role};
}

/* The bytes of the character that clean text begins with, and its cells. */
static size_t char_step(const char *s, int *width)
{
    uint32_t point = 0;
    size_t len = utf8_decode(s, strnlen(s, 4), &point);
    enum utf8_class class = len > 1 ? utf8_class_of(point) : UTF8_NARROW;

    *width = class == UTF8_WIDE ? 2 : class == UTF8_COMBINING ? 0 : 1;
    return len > 0 ? len : 1;
}

/* Variation selectors make terminals disagree about widths: they are left out. */
static bool is_variation(const char *s, size_t len)
{
    return len == 3 && memcmp(s, "\xef\xb8", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
           (unsigned char)s[2] <= 0x8f;
}

static void add_mark(struct grid *g, int x, int y, const char *mark, size_t len)
{
    if (!is_inside(g, x, y) || is_variation(mark, len))
        return;

    struct grid_cell *c = cell_at(g, x, y);
    size_t have = strlen(c->text);

    if (have > 0 && have + len < CELL_TEXT_BYTES)
        memcpy(c->text + have, mark, len);
}

/* Puts clean text; returns the cells it took. */
static int put_clean(struct grid *g, int x, int y, int width, enum role role, const char *s)
{
    int used = 0, base_x = -1;

    while (*s) {
        int w = 0;
        size_t len = char_step(s, &w);

        if (w == 0) {
            if (base_x >= 0)
                add_mark(g, base_x, y, s, len);
            s += len;
            continue;
        }
        if (used + w > width)
            break;
        base_x = x + used;
        if (is_inside(g, base_x, y) && is_inside(g, base_x + w - 1, y)) {
            write_cell(g, base_x, y, s, len, w, role);
        } else {
            for (int i = 0; i < w; i++) {
                if (is_inside(g, base_x + i, y))
                    write_cell(g, base_x + i, y, " ", 1, 1, role);
            }
            base_x = -1;
        }
        used += w;
        s += len;
    }
    return used;
}

static const char *clean(struct grid *g, const char *s)
{
    buf_clear(&g->clean);
    text_clean(&g->clean, s, strnlen(s, PUT_MAX_BYTES), PUT_MAX_BYTES, g->is_ascii);
    return g->clean.data ? g->clean.data : "";
}

int grid_put(struct grid *g, int x, int y, int width, enum role role, const char *s)
{
    if (width <= 0)
        return 0;
    return put_clean(g, x, y, width, role, clean(g, s));
}

int grid_printf(struct grid *g, int x, int y, int width, enum role role, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return n < 0 ? 0 : grid_put(g, x, y, width, role, text);
}

int grid_put_fit(struct grid *g, int x, int y, int width, enum role role, const char *s,
                 unsigned flags)
{
    if (width <= 0)
        return 0;

    const char *text = clean(g, s);
    int w = text_width(text);

    if (w > width) {
        buf_clear(&g->fit);
        text_shorten(&g->fit, text, width, (flags & FIT_MIDDLE) != 0, g->is_ascii ? ".." : "…");
        text = g->fit.data ? g->fit.data : "";
        w = text_width(text);
    }
    if (flags & FIT_RIGHT)
        x += width - w;
    else if (flags & FIT_CENTRE)
        x += (width - w) / 2;
    return put_clean(g, x, y, width, role, text);
}

int grid_text_width(struct grid *g, const char *s)
{
    return text_width(clean(g, s));
}

void grid_glyph(struct grid *g, int x, int y, enum role role, enum glyph glyph)
{
    const char *s = glyph_text(glyph, g->is_ascii);

    if (is_inside(g, x, y))
        write_cell(g, x, y, s, strlen(s), 1, role);
}

void grid_hline(struct grid *g, int x, int y, int w, enum role role, enum glyph glyph)
{
    for (int i = 0; i < w; i++)
        grid_glyph(g, x + i, y, role, glyph);
}

void grid_vline(struct grid *g, int x, int y, int h, enum role role, enum glyph glyph)
{
    for (int i = 0; i < h; i++)
        grid_glyph(g, x, y + i, role, glyph);
}

void grid_box(struct grid *g, struct rect r, enum role role)
{
    if (r.w < 2 || r.h < 2)
        return;
    grid_hline(g, r.x + 1, r.y, r.w - 2, role, GLYPH_H);
    grid_hline(g, r.x + 1, r.y + r.h - 1, r.w - 2, role, GLYPH_H);
    grid_vline(g, r.x, r.y + 1, r.h - 2, role, GLYPH_V);
    grid_vline(g, r.x + r.w - 1, r.y + 1, r.h - 2, role, GLYPH_V);
    grid_glyph(g, r.x, r.y, role, GLYPH_TOP_LEFT);
    grid_glyph(g, r.x + r.w - 1, r.y, role, GLYPH_TOP_RIGHT);
    grid_glyph(g, r.x, r.y + r.h - 1, role, GLYPH_BOTTOM_LEFT);
    grid_glyph(g, r.x + r.w - 1, r.y + r.h - 1, role, GLYPH_BOTTOM_RIGHT);
}

void grid_blank(struct grid *g, struct rect r, enum role role)
{
    r = rect_both(r, g->clip);
    for (int y = r.y; y < r.y + r.h; y++) {
        for (int x = r.x; x < r.x + r.w; x++)
            write_cell(g, x, y, " ", 1, 1, role);
    }
}

void grid_role(struct grid *g, struct rect r, enum role role)
{
    r = rect_both(r, g->clip);
    for (int y = r.y; y < r.y + r.h; y++) {
        for (int x = r.x; x < r.x + r.w; x++)
            cell_at(g, x, y)->role = (uint8_t)role;
    }
}

const struct grid_cell *grid_at(const struct grid *g, int x, int y)
{
    if (x < 0 || y < 0 || x >= g->w || y >= g->h)
        return NULL;
    return &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
}

void grid_dump(const struct grid *g, struct buf *out)
{
    for (int y = 0; y < g->h; y++) {
        int last = g->w - 1;

        while (last >= 0 && strcmp(grid_at(g, last, y)->text, " ") == 0)
            last--;
        for (int x = 0; x <= last; x++)
            buf_adds(out, grid_at(g, x, y)->text);
        buf_addc(out, '\n');
    }
}
