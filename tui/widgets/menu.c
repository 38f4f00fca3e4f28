#include "tui/widgets/menu.h"

#include "tui/widgets/box.h"

#define FOOTER "enter choose   esc back"
#define FOOTER_COLS 25

static const struct {
    int key;
    enum scroll_motion motion;
} motions[] = {
    {TKEY_UP, SCROLL_UP},          {'k', SCROLL_UP},       {TKEY_DOWN, SCROLL_DOWN},
    {'j', SCROLL_DOWN},            {TKEY_PGUP, SCROLL_PAGE_UP}, {TKEY_PGDN, SCROLL_PAGE_DOWN},
    {TKEY_HOME, SCROLL_FIRST},     {'g', SCROLL_FIRST},    {TKEY_END, SCROLL_LAST},
    {'G', SCROLL_LAST},
};

static enum menu_result choose(struct menu *m, size_t i, size_t *chosen)
{
    m->scroll.cursor = i;
    if (i >= m->n || m->items[i].reason)
        return MENU_OPEN;
    *chosen = i;
    return MENU_CHOSEN;
}

enum menu_result menu_event(struct menu *m, const struct event *ev, size_t *chosen)
{
    if (ev->kind != EV_KEY)
        return MENU_OPEN;
    if (ev->key == TKEY_ESC || ev->key == ('c' | KEY_CTRL) || ev->key == TKEY_BACKSPACE)
        return MENU_CLOSED;
    if (ev->key == TKEY_ENTER)
        return choose(m, m->scroll.cursor, chosen);
    for (size_t i = 0; i < m->n; i++) {
        if (m->items[i].key && m->items[i].key == ev->key)
            return choose(m, i, chosen);
    }
    for (size_t i = 0; i < sizeof motions / sizeof motions[0]; i++) {
        if (motions[i].key == ev->key)
            scroll_move(&m->scroll, motions[i].motion, m->n, m->page);
    }
    return MENU_OPEN;
}

static const char *behind(const struct menu_item *item)
{
    return item->reason ? item->reason : item->detail ? item->detail : "";
}

#define TEXT_X 5 /* the cursor's mark, the key */

void menu_draw(struct grid *g, struct rect outer, struct menu *m)
{
    int text_w = 0, behind_w = 0, title_w = grid_text_width(g, m->title) + 2;

    for (size_t i = 0; i < m->n; i++) {
        int text = grid_text_width(g, m->items[i].text), more = grid_text_width(g, behind(&m->items[i]));

        text_w = text > text_w ? text : text_w;
        behind_w = more > behind_w ? more : behind_w;
    }

    int w = TEXT_X + text_w + (behind_w > 0 ? 2 + behind_w : 0) + 1, h = m->n < 100 ? (int)m->n : 100;

    w = w > title_w ? w : title_w;
    w = w > FOOTER_COLS ? w : FOOTER_COLS;

    struct rect in = box_draw_over(g, outer, w + 4, h + 2, m->title, FOOTER);

    m->page = in.h > 0 ? (size_t)in.h : 0;
    scroll_fit(&m->scroll, m->n, m->page);
    for (size_t i = 0; i < m->page && m->scroll.top + i < m->n; i++) {
        const struct menu_item *item = &m->items[m->scroll.top + i];
        bool is_cursor = m->scroll.top + i == m->scroll.cursor;
        int y = in.y + (int)i;
        char key[KEY_NAME_SIZE] = "";

        if (item->key)
            event_key_name(item->key, key);
        grid_put(g, in.x + 2, y, 2, item->reason ? ROLE_KEY_OFF : ROLE_KEY, key);
        int used = grid_put_fit(g, in.x + TEXT_X, y, in.w - TEXT_X,
                                item->reason ? ROLE_KEY_OFF : ROLE_NORMAL, item->text, 0);
        grid_put_fit(g, in.x + TEXT_X + text_w + 2, y, in.w - TEXT_X - text_w - 2, ROLE_DIM,
                     behind(item), 0);
        if (is_cursor) {
            grid_glyph(g, in.x, y, ROLE_CURSOR, GLYPH_CURSOR);
            grid_role(g, (struct rect){in.x, y, TEXT_X + used + 1, 1}, ROLE_CURSOR);
        }
    }
}
