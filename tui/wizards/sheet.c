#include "tui/wizards/sheet.h"

#include "tui/widgets/paragraph.h"

#include <string.h>

#define LABEL_COLS 8
#define MARK_COLS 2

void sheet_clear(struct sheet *s)
{
    for (size_t i = 0; i < s->lines.n; i++)
        mem_free(s->lines.items[i].text);
    s->lines.n = 0;
}

void sheet_free(struct sheet *s)
{
    sheet_clear(s);
    VEC_FREE(s->lines);
    *s = (struct sheet){0};
}

void sheet_add(struct sheet *s, int indent, const char *label, enum role role, const char *text)
{
    VEC_PUSH(s->lines, ((struct sheet_line){indent, label, role, mem_strdup(text)}));
}

void sheet_add_lines(struct sheet *s, int indent, const char *label, enum role role, const char *text)
{
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = text + strcspn(text, "\n");
        VEC_PUSH(s->lines, ((struct sheet_line){indent, label, role, mem_strndup(text, (size_t)(end - text))}));
        label = label ? "" : NULL;
    }
}

/* From y on, which may lie above the screen. Returns the rows it takes. */
static int draw_line(const struct sheet_line *line, struct grid *g, struct rect r, int y)
{
    int x = r.x + line->indent;
    if (line->label) {
        bool is_mark = line->label[0] && !line->label[1];
        grid_put(g, x, y, LABEL_COLS, is_mark ? line->role : ROLE_LABEL, line->label);
        x += is_mark ? MARK_COLS : LABEL_COLS;
    }
    int w = r.x + r.w - x, rows = paragraph_lines(g, w, line->text);
    return paragraph_draw(g, (struct rect){x, y, w, rows}, line->role, line->text, 0);
}

static int draw_all(struct sheet *s, struct grid *g, struct rect r, int top)
{
    struct rect clip = grid_clip(g, r);
    int y = r.y - top;
    for (size_t i = 0; i < s->lines.n; i++) {
        if (s->show == i + 1)
            s->top = y - r.y + top;
        y += draw_line(&s->lines.items[i], g, r, y);
    }
    grid_unclip(g, clip);
    return y - r.y + top;
}

void sheet_show(struct sheet *s)
{
    s->show = s->lines.n + 1;
}

static int last_top(const struct sheet *s)
{
    return s->rows > s->shown ? s->rows - s->shown : 0;
}

void sheet_draw(struct sheet *s, struct grid *g, struct rect r)
{
    s->shown = r.h;
    s->rows = draw_all(s, g, (struct rect){r.x, r.y, r.w, 0}, 0);
    s->show = 0;
    if (s->top > last_top(s))
        s->top = last_top(s);
    (void)draw_all(s, g, r, s->top);
}

void sheet_scroll(struct sheet *s, enum scroll_motion motion)
{
    struct scroll at = {(size_t)s->top, (size_t)s->top};
    bool is_half = motion == SCROLL_HALF_UP || motion == SCROLL_HALF_DOWN;
    scroll_move(&at, motion, (size_t)last_top(s) + 1, (size_t)(is_half ? s->shown : s->shown - 1));
    s->top = (int)at.cursor;
}

void rows_where(int top, int shown, int rows, struct buf *out)
{
    if (rows > shown)
        buf_printf(out, "%d-%d of %d", top + 1, top + shown < rows ? top + shown : rows, rows);
}

void sheet_where(const struct sheet *s, struct buf *out)
{
    rows_where(s->top, s->shown, s->rows, out);
}
