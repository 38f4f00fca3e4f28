#include "tui/views/columns.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_COLS 3
#define MOST_COLS 200

int columns_find(const struct columns *columns, const char *id, size_t len)
{
    int i = 0;
    while (i < columns->n && (strlen(columns->items[i].look.id) != len || memcmp(columns->items[i].look.id, id, len)))
        i++;
    return i;
}

void columns_of_panel(const struct panel *panel, struct columns *out)
{
    out->n = 0;
    for (size_t i = 0; i < panel->n_columns && out->n < TABLE_COLUMNS_MAX; i++)
        out->items[out->n++] = panel->columns[i];
}

/* How wide a column is that no panel has: by what is in it. */
static struct panel_column plain(const struct column *c)
{
    static const int ideal[] = {
        [CELL_TEXT] = 20, [CELL_NUMBER] = 8, [CELL_BOOL] = 6, [CELL_TIME] = 17, [CELL_LIST] = 24, [CELL_SEVERITY] = 8,
    };
    int title = (int)strlen(c->title), cols = ideal[c->type] > title ? ideal[c->type] : title;
    return (struct panel_column){.look = {.id = c->name,
                                          .title = c->title,
                                          .min_cols = cols < 12 ? cols : 12,
                                          .ideal_cols = cols,
                                          .priority = TABLE_EXTRA,
                                          .flags = c->type == CELL_NUMBER ? TABLE_RIGHT : 0}};
}

/* The mark in front of each row is the severity's column. */
void columns_there_are(const struct panel *panel, const struct view *view, struct columns *out)
{
    columns_of_panel(panel, out);
    for (size_t i = 0; i < view->n_columns && out->n < TABLE_COLUMNS_MAX; i++) {
        const char *name = view->columns[i].name;
        if (columns_find(out, name, strlen(name)) == out->n && strcmp(name, "severity") != 0)
            out->items[out->n++] = plain(&view->columns[i]);
    }
}

static void set_width(struct panel_column *column, int cols)
{
    cols = cols < LEAST_COLS ? LEAST_COLS : cols > MOST_COLS ? MOST_COLS : cols;
    column->look.min_cols = column->look.ideal_cols = cols;
    column->look.flags |= TABLE_FIXED;
}

void columns_resize(struct panel_column *column, int by)
{
    set_width(column, column->look.ideal_cols + by);
}

/* One word: "aliases:30". */
static enum err_code parse_word(const struct columns *there_are, const char *text, size_t at, size_t len,
                                struct columns *out, struct err *err)
{
    const char *word = text + at, *colon = memchr(word, ':', len);
    size_t name = colon ? (size_t)(colon - word) : len;
    int found = columns_find(there_are, word, name), cols = 0;
    if (found == there_are->n)
        return err_set(err, ERR_PARSE, "column %zu: there is no column %.*s here", at + 1, (int)(name < 40 ? name : 40),
                       word);
    if (columns_find(out, word, name) < out->n)
        return err_set(err, ERR_PARSE, "column %zu: %.*s stands there twice", at + 1, (int)name, word);
    if (colon) {
        size_t digits = strspn(colon + 1, "0123456789");
        cols = digits < 4 ? atoi(colon + 1) : 0;
        if (name + 1 + digits != len || cols < LEAST_COLS || cols > MOST_COLS)
            return err_set(err, ERR_PARSE, "column %zu: a width is a number from %d to %d", at + name + 2, LEAST_COLS,
                           MOST_COLS);
    }
    struct panel_column *c = &out->items[out->n++];
    *c = there_are->items[found];
    if (!(c->look.flags & TABLE_NAME))
        c->look.priority = 1; /* what was asked for comes before what would be nice */
    if (cols)
        set_width(c, cols);
    return ERR_OK;
}

static void put_name_first(const struct columns *there_are, struct columns *out)
{
    for (int i = 0; i < out->n; i++)
        if (out->items[i].look.flags & TABLE_NAME)
            return;
    for (int i = 0; i < there_are->n; i++)
        if (there_are->items[i].look.flags & TABLE_NAME && out->n < TABLE_COLUMNS_MAX) {
            memmove(out->items + 1, out->items, (size_t)out->n * sizeof *out->items);
            out->items[0] = there_are->items[i];
            out->n++;
        }
}

enum err_code columns_parse(const struct panel *panel, const struct view *view, const char *text, struct columns *out,
                            struct err *err)
{
    struct columns there_are;
    columns_there_are(panel, view, &there_are);
    out->n = 0;
    for (size_t at = strspn(text, " "); text[at]; at += strspn(text + at, " ")) {
        size_t len = strcspn(text + at, " ");
        enum err_code code = parse_word(&there_are, text, at, len, out, err);
        if (code != ERR_OK)
            return code;
        at += len;
    }
    if (out->n == 0)
        return err_set(err, ERR_PARSE, "no column is named");
    put_name_first(&there_are, out);
    return ERR_OK;
}

void columns_print(const struct columns *columns, const struct columns *there_are, struct buf *out)
{
    for (int i = 0; i < columns->n; i++) {
        const struct table_column *c = &columns->items[i].look;
        int at = columns_find(there_are, c->id, strlen(c->id));
        buf_printf(out, "%s%s", i ? " " : "", c->id);
        if (at == there_are->n || c->ideal_cols != there_are->items[at].look.ideal_cols)
            buf_printf(out, ":%d", c->ideal_cols);
    }
}
