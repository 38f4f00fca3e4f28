/* Hostile text in every member of the model that holds any: judged, formatted and drawn, in each column of each view
 * and panel there is nothing but clean cells. A new member is filled because it has its row. */
#include "backend/judge/judge.h"
#include "backend/view/view.h"
#include "tui/panels/panel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1787493720)
#define LONG_NAME 32768

static const char *const hostile[] = {
    "\x1b[2J\x1b]0;owned\x07", "a\u202egnp.exe", "\u2066isolate\u2069\u061c", "e\u0301\u0316\u0301\u0316\u0301\u0316",
    ("\xc2\x9b" "31m"), "broken\xff\xc3(\xed\xa0\x80", "two\nlines\r\nand\tthree", "=cmd|'/c calc'!A1", "\ufeffbom\u200b",
};
#define N_HOSTILE (sizeof hostile / sizeof *hostile)

/* The n-th text, each seventh one of 32 KB. */
static void hostile_text(size_t n, struct buf *out)
{
    do
        buf_adds(out, hostile[n % N_HOSTILE]);
    while (n % 7 == 0 && out->len < LONG_NAME);
}

static uint32_t hostile_node(struct estate *e, enum kind kind, size_t n)
{
    struct buf arn = {0};
    buf_adds(&arn, "arn:aws:kms:eu-west-1:111122223333:");
    hostile_text(n, &arn);
    uint32_t node = estate_node(e, kind, arn.data, arn.len);
    buf_free(&arn);
    return node;
}

static void fill(struct estate *e, uint32_t *row, enum attr attr, const char *word)
{
    enum attr_type type = attr_row(attr)->type;
    struct buf text = {0};
    if (type == TYPE_INT || type == TYPE_TIME || type == TYPE_BOOL) {
        row_number(row, attr, 1);
        return;
    }
    buf_adds(&text, word);
    hostile_text((size_t)attr, &text);
    if (type == TYPE_LIST || type == TYPE_REFS || type == TYPE_MAP) {
        buf_addc(&text, '\0');
        hostile_text((size_t)attr + 1, &text);
        buf_addc(&text, '\0');
    }
    if (type == TYPE_REF)
        row_ref(e, row, attr, text.data, text.len);
    else
        row_text(e, row, attr, text.data, text.len);
    buf_free(&text);
}

static void fill_facet(struct estate *e, uint32_t *row, enum kind kind, enum facet facet)
{
    for (int a = (int)kind_row(kind)->first_attr; a < (int)kind_row(kind)->end_attr; a++)
        if (attr_row((enum attr)a)->facet == facet)
            fill(e, row, (enum attr)a, attr_row((enum attr)a)->type == TYPE_REF ? "arn:aws:kms:eu-west-1:1:key/" : "");
}

static void fill_list(struct estate *e, enum list list)
{
    enum kind kind = list_row(list)->kind, parent = list_row(list)->parent;
    uint32_t scope = estate_scope(e, "111122223333", "eu-west-1");
    uint32_t slot = estate_slot(e, scope, list, parent ? hostile_node(e, parent, (size_t)parent) : 0);
    uint32_t node = hostile_node(e, kind, (size_t)kind);
    struct draft *d = draft_new(e, slot);
    fill_facet(e, draft_row(d, node), kind, FACET_LIST_);
    estate_complete(d, NOW);
    for (int f = (int)kind_row(kind)->first_facet; f < (int)kind_row(kind)->end_facet; f++) {
        if (facet_row((enum facet)f)->index < 0)
            continue;
        uint32_t *row = estate_edit(e, slot, node, (enum facet)f);
        assert_non_null(row);
        fill_facet(e, row, kind, (enum facet)f);
        estate_set_facet(e, slot, node, (enum facet)f, TRUTH_KNOWN, 0, NOW);
    }
}

static bool is_clean(const char *s)
{
    static const char *const never[] = {"\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                        "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (strstr(s, never[i]))
            return false;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 32 || c == 127 || c >= 0xf8 || (c == 0xc2 && (unsigned char)s[1] < 0xa0))
            return false;
    }
    return true;
}

static size_t n_dirty; /* texts that needed cleaning */

static void check_drawn(struct grid *g, const char *text, const char *view, const char *column)
{
    n_dirty += !is_clean(text);
    grid_reset(g, 200, 1);
    assert_in_range(grid_put_fit(g, 0, 0, 200, ROLE_NORMAL, text, 0), 0, 200);
    for (int x = 0; x < 200; x++)
        if (!is_clean(grid_at(g, x, 0)->text))
            fail_msg("%s, %s: a cell that is not clean at %d", view, column, x);
}

static void check_row(const struct view_context *c, const struct view *v, const struct view_row *row, struct grid *g)
{
    const struct panel *p = panel_by_view(v->name);
    for (int i = 0; i < (int)v->n_columns; i++) {
        struct cell cell;
        struct buf text = {0};
        view_cell(c, v, row, i, &cell);
        cell_format_short(c, &cell, &text);
        check_drawn(g, text.data ? text.data : "", v->name, v->columns[i].name);
        buf_free(&text);
    }
    for (size_t i = 0; p && i < p->n_columns; i++) {
        struct table_cell cell = {.text = ""};
        if (p->columns[i].show)
            p->columns[i].show(c, row, &cell);
        check_drawn(g, cell.text, v->name, p->columns[i].look.id);
    }
}

static void test_every_member(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    for (int l = LIST_NONE + 1; l < LIST_COUNT; l++)
        fill_list(e, (enum list)l);
    estate_publish(e);
    struct view_context c = {.generation = estate_acquire(e), .scratch = arena_new(), .now_utc = NOW};
    struct judgement *j = judge(c.generation, NOW);
    struct grid g;
    size_t n_views, n_rows = 0;
    const struct view *const *views = view_all(&n_views);
    c.judgement = j;
    grid_init(&g, 200, 1, false);
    for (size_t v = 0; v < n_views; v++) {
        struct view_row row;
        struct selection s;
        assert_int_equal(view_select(&c, views[v], NULL, (struct sort_key){.column = 0}, 0, NULL, &s), ERR_OK);
        for (size_t i = 0; i < s.n; i++, n_rows++)
            if (view_row(&c, views[v], s.items[i], &row))
                check_row(&c, views[v], &row, &g);
        selection_free(&s);
    }
    assert_true(n_rows > n_views && n_dirty > n_rows);
    grid_free(&g);
    judgement_free(j);
    arena_free(c.scratch);
    generation_release(c.generation);
    estate_free(e);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_member)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
