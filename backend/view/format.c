#include "backend/view/view.h"

#include "backend/base/timefmt.h"

#include <stdlib.h>
#include <string.h>

const char *cell_text(const struct view_context *c, const struct cell *cell, size_t *len)
{
    if (!cell->node) {
        *len = cell->len;
        return cell->text;
    }
    struct buf arn = {0};
    node_arn(generation_estate(c->generation), cell->node, &arn);
    *len = arn.len;
    const char *text = arena_strndup(c->scratch, arn.data ? arn.data : "", arn.len);
    buf_free(&arn);
    return text;
}

/* ---- lists: in order of their bytes, so that two readings compare equal ---------------------- */

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **cell_items(const struct view_context *c, const struct cell *cell, size_t *n)
{
    *n = 0;
    for (size_t at = 0; at < cell->len; at += strlen(cell->text + at) + 1)
        ++*n;
    const char **items = arena_alloc(c->scratch, (*n + 1) * sizeof *items);
    size_t i = 0;
    for (size_t at = 0; at < cell->len; at += strlen(cell->text + at) + 1)
        items[i++] = cell->text + at;
    if (*n > 1)
        qsort(items, *n, sizeof *items, text_order);
    return items;
}

static void format_list(const struct view_context *c, const struct cell *cell, const char *between,
                        struct buf *out)
{
    size_t n;
    const char **items = cell_items(c, cell, &n);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_adds(out, between);
        buf_adds(out, items[i]);
    }
}

static void format_text(const struct view_context *c, const struct cell *cell, struct buf *out)
{
    if (cell->node)
        node_arn(generation_estate(c->generation), cell->node, out);
    else
        buf_add(out, cell->text, cell->len);
}

/* ---- files ----------------------------------------------------------------------------------- */

void cell_format(const struct view_context *c, const struct cell *cell, struct buf *out)
{
    char time[TIME_ISO_SIZE];
    if (cell->is == CELL_UNKNOWN)
        buf_addc(out, '?');
    if (cell->is != CELL_KNOWN)
        return;
    switch (cell->type) {
    case CELL_TEXT:
        format_text(c, cell, out);
        break;
    case CELL_LIST:
        format_list(c, cell, ";", out);
        break;
    case CELL_NUMBER:
        buf_printf(out, "%lld", (long long)cell->number);
        break;
    case CELL_BOOL:
        buf_adds(out, cell->number ? "true" : "false");
        break;
    case CELL_TIME:
        time_format_iso(cell->number, time);
        buf_adds(out, time);
        break;
    case CELL_SEVERITY:
        buf_adds(out, severity_word((enum severity)cell->number));
        break;
    }
}

/* ---- screens --------------------------------------------------------------------------------- */

static const char *const unknown_marks[TRUTH_COUNT] = {
    [TRUTH_NOT_ASKED] = "..",
    [TRUTH_LOADING] = "..",
    [TRUTH_DENIED] = "denied",
    [TRUTH_FAILED] = "failed",
};

static void format_count(int64_t n, struct buf *out)
{
    if (n < 10000)
        buf_printf(out, "%lld", (long long)n);
    else if (n < 1000000)
        buf_printf(out, "%lldk", (long long)(n / 1000));
    else
        buf_printf(out, "%.1fM", (double)n / 1e6);
}

static void format_time(int64_t utc, int64_t now_utc, struct buf *out)
{
    char text[TIME_ISO_SIZE];
    int64_t away = utc - now_utc;
    if (away < 0)
        time_format_age(-away, text);
    else
        time_format_span(away, text);
    if (away >= 0)
        buf_adds(out, "in ");
    buf_adds(out, text);
}

const char *cell_mark(const struct cell *cell)
{
    bool is_read = cell->truth != TRUTH_LOADING && cell->truth != TRUTH_NOT_ASKED;
    if (cell->is != CELL_KNOWN)
        return is_read ? "?" : "..";
    if (cell->mark)
        return cell->mark;
    return worst_mark((struct worst){(enum severity)cell->number,
                                     cell->is_at_least ? SEVERITY_CRITICAL : SEVERITY_NONE, cell->is_stale});
}

void cell_format_short(const struct view_context *c, const struct cell *cell, struct buf *out)
{
    if (cell->is == CELL_UNKNOWN)
        buf_adds(out, unknown_marks[cell->truth] ? unknown_marks[cell->truth] : "?");
    if (cell->is != CELL_KNOWN)
        return;
    if (cell->is_stale && cell->type != CELL_SEVERITY)
        buf_addc(out, '~');
    switch (cell->type) {
    case CELL_TEXT:
        format_text(c, cell, out);
        break;
    case CELL_LIST:
        format_list(c, cell, " ", out);
        break;
    case CELL_NUMBER:
        format_count(cell->number, out);
        if (cell->is_at_least)
            buf_addc(out, '+');
        break;
    case CELL_BOOL:
        buf_adds(out, cell->number ? "yes" : "no");
        break;
    case CELL_TIME:
        format_time(cell->number, c->now_utc, out);
        break;
    case CELL_SEVERITY:
        buf_adds(out, cell_mark(cell));
        break;
    }
}
