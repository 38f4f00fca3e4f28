#include "tui/widgets/table.h"

#define NAME_MAX_IDEALS 2 /* the name grows to twice its ideal: then numbers stand too far from it */
#define WIDER_GAP_COLS 2

/* The columns that ask for room, the name first: by priority, or as they stand. Returns their number. */
static int asking(const struct table_column *columns, int n, int first_column, bool is_wide, int order[])
{
    int n_order = 0, n_beside = 0;

    for (int i = 0; i < n && n_order < TABLE_COLUMNS_MAX; i++) {
        bool is_name = (columns[i].flags & TABLE_NAME) != 0;
        int at = n_order;

        if (!is_name && n_beside++ < first_column)
            continue;
        while (at > 0 && (is_name || (!is_wide && columns[order[at - 1]].priority > columns[i].priority)) &&
               !(columns[order[at - 1]].flags & TABLE_NAME)) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
        n_order++;
    }
    return n_order;
}

/* What a column asks for at first. The name does not stand alone for want of another's ideal. */
static int wanted_cols(const struct table_column *c, bool is_wide, int left, int n_given)
{
    return is_wide && (c->ideal_cols <= left || n_given > 1) ? c->ideal_cols : c->min_cols;
}

/* A column that is nice to have comes when the name and what stands with it have the room they like. */
static int reserve(const struct table_column *columns, const int order[], const int given[], int n_given,
                   const struct table_column *next)
{
    int cols = 0;

    for (int i = 0; next->priority >= TABLE_EXTRA && i < n_given; i++) {
        const struct table_column *c = &columns[order[i]];

        if (c->flags & TABLE_NAME || c->priority <= 1)
            cols += c->ideal_cols - given[i];
    }
    return cols;
}

static void give(const struct table_column *columns, int n_columns, int width, int first_column,
                 bool is_wide, struct table_layout *out)
{
    int order[TABLE_COLUMNS_MAX], given[TABLE_COLUMNS_MAX] = {0};
    int n = asking(columns, n_columns, first_column, is_wide, order);
    int left = width > 0 ? width : 0, n_given = 0, name = -1;

    *out = (struct table_layout){0};
    for (; n_given < n; n_given++) {
        int between = n_given > 0 ? TABLE_GAP_COLS : 0;
        int need = wanted_cols(&columns[order[n_given]], is_wide, left - between, n_given) + between;

        if (need + reserve(columns, order, given, n_given, &columns[order[n_given]]) > left && n_given > 0)
            break;
        given[n_given] = need > left ? left : need - between;
        left -= need > left ? left : need;
    }
    for (int i = 0; i < n_given; i++) {
        int more = columns[order[i]].ideal_cols - given[i];

        more = more < left ? more : left;
        if (more > 0) {
            given[i] += more;
            left -= more;
        }
        if ((columns[order[i]].flags & (TABLE_NAME | TABLE_FIXED)) == TABLE_NAME)
            name = i;
    }
    if (name >= 0) {
        const struct table_column *c = &columns[order[name]];
        int more = NAME_MAX_IDEALS * c->ideal_cols - given[name];

        more = more < left && !(c->flags & TABLE_GROW) ? more : left;
        given[name] += more > 0 ? more : 0;
        left -= more > 0 ? more : 0;
    }

    /* into the order of the columns again; what is left makes the gaps a little wider */
    int gap = n_given > 1 ? left / (n_given - 1) : 0, x = 0;

    gap = TABLE_GAP_COLS + (gap < WIDER_GAP_COLS ? gap : WIDER_GAP_COLS);
    for (int column = 0; column < n_columns; column++) {
        for (int i = 0; i < n_given; i++) {
            if (order[i] != column)
                continue;
            out->slots[out->n++] = (struct table_slot){column, x, given[i]};
            x += given[i] + gap;
        }
    }
    out->n_dropped = n_columns - out->n;
}

void table_layout(const struct table_column *columns, int n_columns, int width, int first_column,
                  bool is_wide, struct table_layout *out)
{
    give(columns, n_columns, width, first_column, is_wide, out);
    if (out->n_dropped > 0)
        give(columns, n_columns, width - TABLE_DROPPED_COLS, first_column, is_wide, out);
}
