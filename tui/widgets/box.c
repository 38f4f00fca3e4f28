#include "tui/widgets/box.h"

struct rect box_draw(struct grid *g, struct rect r, const char *title, const char *footer,
                     bool is_focused)
{
    enum role border = is_focused ? ROLE_BORDER_FOCUS : ROLE_BORDER;

    grid_box(g, r, border);
    if (title && title[0] && r.w > 6) {
        int used = grid_put_fit(g, r.x + 3, r.y, r.w - 6, ROLE_TITLE, title, 0);

        grid_put(g, r.x + 2, r.y, 1, border, " ");
        grid_put(g, r.x + 3 + used, r.y, 1, border, " ");
    }
    if (footer && footer[0] && r.w > 6) {
        int w = grid_text_width(g, footer);

        w = w < r.w - 6 ? w : r.w - 6;
        grid_put(g, r.x + r.w - 4 - w, r.y + r.h - 1, 1, border, " ");
        grid_put_fit(g, r.x + r.w - 3 - w, r.y + r.h - 1, w, ROLE_LABEL, footer, 0);
        grid_put(g, r.x + r.w - 3, r.y + r.h - 1, 1, border, " ");
    }
    return rect_inset(r, 2, 1);
}

struct rect box_draw_over(struct grid *g, struct rect outer, int w, int h, const char *title,
                          const char *footer)
{
    w = w < outer.w ? w : outer.w;
    h = h < outer.h ? h : outer.h;

    struct rect r = {outer.x + (outer.w - w) / 2, outer.y + (outer.h - h) / 2, w, h};

    grid_blank(g, r, ROLE_NORMAL);
    return box_draw(g, r, title, footer, true);
}
