/* columns_box: the columns of a list, put on and off, moved and made wider, in a box over the list, which follows at
 * once. Esc brings back what was. */
#include "tui/views/columns.h"
#include "tui/views/list.h"
#include "tui/widgets/box.h"

#include <stdio.h>
#include <string.h>

#define BOX_COLS 62
#define FOOTER "space on/off  < > width  J K move  d default  enter keep"

struct columns_box {
    struct overlay overlay;
    struct list_page *list;
    char *before;                 /* what esc brings back; NULL: the panel's own */
    struct columns there_are, on; /* all in the order of the box, and those that are shown */
    struct scroll scroll;
    size_t page;
};

static bool is_on(const struct columns_box *b, size_t i)
{
    const char *id = b->there_are.items[i].look.id;
    return columns_find(&b->on, id, strlen(id)) < b->on.n;
}

/* Those that are shown first, in their order. */
static void order(struct columns_box *b)
{
    struct columns all = b->there_are;
    b->there_are = b->on;
    for (int i = 0; i < all.n; i++) {
        const char *id = all.items[i].look.id;
        if (columns_find(&b->on, id, strlen(id)) == b->on.n)
            b->there_are.items[b->there_are.n++] = all.items[i];
    }
}

static void show(struct columns_box *b)
{
    struct columns plain;
    struct buf text = {0};
    columns_there_are(b->list->panel, b->list->view, &plain);
    columns_print(&b->on, &plain, &text);
    list_show_or_say(b->list, text.data);
    buf_free(&text);
}

static void toggle(struct columns_box *b)
{
    struct panel_column *c = &b->there_are.items[b->scroll.cursor];
    int at = columns_find(&b->on, c->look.id, strlen(c->look.id));
    if (c->look.flags & TABLE_NAME)
        return; /* the name stays */
    if (at == b->on.n) {
        b->on.items[b->on.n++] = *c;
    } else {
        b->on.n--;
        memmove(&b->on.items[at], &b->on.items[at + 1], (size_t)(b->on.n - at) * sizeof *b->on.items);
    }
}

static void resize(struct columns_box *b, int by)
{
    if (is_on(b, b->scroll.cursor)) {
        columns_resize(&b->on.items[b->scroll.cursor], by);
        b->there_are.items[b->scroll.cursor] = b->on.items[b->scroll.cursor];
    }
}

static void move(struct columns_box *b, int by)
{
    int at = (int)b->scroll.cursor, to = at + by;
    if (at >= b->on.n || to < 0 || to >= b->on.n)
        return;
    struct panel_column c = b->on.items[at];
    b->on.items[at] = b->on.items[to];
    b->on.items[to] = c;
    b->scroll.cursor = (size_t)to;
    order(b);
}

static void as_at_first(struct columns_box *b)
{
    columns_of_panel(b->list->panel, &b->on);
    columns_there_are(b->list->panel, b->list->view, &b->there_are);
}

static bool leave(struct columns_box *b)
{
    list_show_or_say(b->list, b->before);
    return false;
}

/* The panel's own are remembered as nothing at all, so that they follow what keyfall brings. */
static bool keep(struct columns_box *b)
{
    struct columns own, plain;
    struct buf now = {0}, at_first = {0};
    struct app *app = b->list->page.app;
    columns_there_are(b->list->panel, b->list->view, &plain);
    columns_of_panel(b->list->panel, &own);
    columns_print(&own, &plain, &at_first);
    columns_print(&b->on, &plain, &now);
    bool is_own = strcmp(now.data, at_first.data) == 0;
    hands_set_columns(&app->hands, b->list->panel->view, is_own ? NULL : now.data);
    if (is_own)
        list_show_or_say(b->list, NULL);
    app_say(app, ROLE_MESSAGE, "columns of %s: %s", b->list->panel->view, is_own ? "its own" : now.data);
    app_remember(app);
    buf_free(&now);
    buf_free(&at_first);
    return false;
}

static bool box_take(struct overlay *o, const struct event *ev)
{
    struct columns_box *b = (struct columns_box *)o;
    size_t n = (size_t)b->there_are.n;
    if (ev->kind != EV_KEY)
        return true;
    switch (ev->key) { /* what the footer names */
    case TKEY_UP:
    case 'k':
        scroll_move(&b->scroll, SCROLL_UP, n, b->page);
        return true;
    case TKEY_DOWN:
    case 'j':
        scroll_move(&b->scroll, SCROLL_DOWN, n, b->page);
        return true;
    case TKEY_ESC:
    case 'c' | KEY_CTRL:
        return leave(b);
    case TKEY_ENTER:
        return keep(b);
    case ' ':
        toggle(b);
        break;
    case '<':
    case '>':
        resize(b, ev->key == '<' ? -1 : 1);
        break;
    case 'J':
    case 'K':
        move(b, ev->key == 'J' ? 1 : -1);
        break;
    case 'd':
        as_at_first(b);
        break;
    default:
        return true;
    }
    show(b);
    return true;
}

static void draw_line(const struct columns_box *b, struct grid *g, struct rect r, size_t i)
{
    const struct table_column *c = &b->there_are.items[i].look;
    int column = view_column(b->list->view, c->id);
    char width[16];
    grid_put(g, r.x + 2, r.y, 4, is_on(b, i) ? ROLE_MARK : ROLE_DIM, is_on(b, i) ? "[x]" : "[ ]");
    grid_put_fit(g, r.x + 6, r.y, 20, is_on(b, i) ? ROLE_STRONG : ROLE_NORMAL, c->id, 0);
    snprintf(width, sizeof width, "%d", c->ideal_cols);
    grid_put_fit(g, r.x + 27, r.y, 3, ROLE_LABEL, width, FIT_RIGHT);
    grid_put_fit(g, r.x + 32, r.y, r.w - 32, ROLE_DIM, column >= 0 ? b->list->view->columns[column].help : "", 0);
    if (i != b->scroll.cursor)
        return;
    grid_glyph(g, r.x, r.y, ROLE_CURSOR, GLYPH_CURSOR);
    grid_role(g, (struct rect){r.x + 6, r.y, 20, 1}, ROLE_CURSOR);
}

static void box_draw_columns(struct overlay *o, struct grid *g, struct rect body)
{
    struct columns_box *b = (struct columns_box *)o;
    int w = BOX_COLS + (body.w > 100 ? 24 : 0);
    struct rect in = box_draw_over(g, body, w + 4, b->there_are.n + 2, "COLUMNS", FOOTER);
    b->page = in.h > 0 ? (size_t)in.h : 0;
    scroll_fit(&b->scroll, (size_t)b->there_are.n, b->page);
    for (size_t i = 0; i < b->page && b->scroll.top + i < (size_t)b->there_are.n; i++)
        draw_line(b, g, (struct rect){in.x, in.y + (int)i, in.w, 1}, b->scroll.top + i);
}

static void box_free(struct overlay *o)
{
    struct columns_box *b = (struct columns_box *)o;
    mem_free(b->before);
    mem_free(b);
}

void list_choose_columns(struct list_page *l)
{
    struct columns_box *b = mem_alloc(sizeof *b);
    b->overlay = (struct overlay){box_draw_columns, box_take, box_free};
    b->list = l;
    b->before = l->show ? mem_strdup(l->show) : NULL;
    columns_there_are(l->panel, l->view, &b->there_are);
    columns_of_panel(l->panel, &b->on);
    for (int i = 0; l->show && i < l->n_columns; i++)
        b->on.items[i] = l->panel_columns[i];
    b->on.n = l->show ? l->n_columns : b->on.n;
    order(b);
    app_cover(l->page.app, &b->overlay);
}
