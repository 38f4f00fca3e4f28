/* chain: the same tree as of what falls, told by what each thing hangs on: from the target, hop by hop, and the field
 * that each hop rests on. Below it the hops that lead to the row of the cursor. */
#include "tui/views/impact.h"

#include "tui/panels/show.h"

#include <string.h>

static const struct table_column columns[] = {
    {"name", "WHAT HANGS ON IT", 24, 36, 0, TABLE_NAME},
    {"count", "COUNT", 5, 7, 3, TABLE_RIGHT},
    {"relation", "HANGS BY", 15, 27, 1, 0},
    {"fact", "FACT", 14, 60, 2, 0},
    {"read", "READ", 6, 8, 4, 0},
};

/* The field, and whose it is where it is not the row's own. */
static void fact_text(const struct impact_page *p, const struct consequence *c, struct buf *out)
{
    buf_adds(out, !c->node ? "not read" : c->evidence[0] ? c->evidence : c->edge == EDGE_NONE ? "its place" : "policies");
    if (!c->evidence_of || c->evidence_of == c->node)
        return;
    buf_printf(out, " of %s ", kind_row(node_kind(p->page.app->estate, c->evidence_of))->name);
    show_node_name(p->snapshot->generation, c->evidence_of, out);
}

static void read_text(const struct impact_page *p, const struct consequence *c, struct buf *out)
{
    char when[TIME_ISO_SIZE];
    if (c->read_at == TIME_NONE)
        return;
    show_when(c->read_at, p->snapshot->now_utc, when);
    buf_adds(out, when);
}

static void chain_cell(const struct impact_page *p, const struct line *line, int column, struct buf *text, enum role *role)
{
    const struct consequence *c = impact_item(p, line);
    (void)role;
    if (column == 0)
        impact_name(p, line, text);
    else if (column == 1 && line->count > 1)
        buf_printf(text, "%u", line->count);
    else if (column == 2)
        buf_adds(text, edge_text(c->edge));
    else if (column == 3)
        fact_text(p, c, text);
    else if (column == 4)
        read_text(p, c, text);
}

static void chain_head(const struct impact_page *p, struct grid *g, struct rect r)
{
    struct buf text = {0};
    buf_adds(&text, " CHAIN of ");
    impact_targets(p, &text);
    grid_put_fit(g, r.x, r.y, r.w, ROLE_STRONG, text.data, 0);
    buf_clear(&text);
    impact_sum(p->impact, &text);
    int cols = grid_put_fit(g, r.x + 1, r.y + 1, r.w - 2, ROLE_DIM, text.data ? text.data : "", 0);
    impact_beyond(p, g, (struct rect){r.x + 4 + cols, r.y + 1, r.w - 4 - cols, 1});
    buf_free(&text);
}

static void put_hop(struct grid *g, struct rect r, int hop, const struct buf *text)
{
    char label[16];
    (void)snprintf(label, sizeof label, hop > 0 ? "HOP %d" : "FROM", hop);
    grid_put(g, r.x + 1, r.y, 8, ROLE_LABEL, label);
    grid_put_fit(g, r.x + 9, r.y, r.w - 10, ROLE_NORMAL, text->data ? text->data : "", 0);
}

static void hop_text(const struct impact_page *p, uint32_t item, struct buf *out)
{
    const struct consequence *c = &p->impact->items[item];
    const struct line line = {.item = item, .count = 1};
    impact_name(p, &line, out);
    buf_printf(out, "  %s%s(", edge_text(c->edge), c->edge == EDGE_NONE ? "" : " ");
    fact_text(p, c, out);
    if (c->read_at != TIME_NONE) {
        buf_adds(out, ", read ");
        read_text(p, c, out);
    }
    buf_addc(out, ')');
}

/* The last of them if there is no room for all. */
static void chain_foot(const struct impact_page *p, const struct line *line, struct grid *g, struct rect r)
{
    uint32_t path[TREE_DEPTH_MAX + 1];
    int n = 0, hop = 1;
    struct buf text = {0};
    for (uint32_t item = line->item; item != UINT32_MAX && n <= TREE_DEPTH_MAX; item = p->impact->items[item].because)
        path[n++] = item;
    if (n < r.h) {
        impact_targets(p, &text);
        put_hop(g, r, 0, &text);
        r.y++;
    } else {
        hop += n - r.h;
        n = r.h;
    }
    for (; n > 0; r.y++, hop++) {
        buf_clear(&text);
        hop_text(p, path[--n], &text);
        put_hop(g, r, hop, &text);
    }
    buf_free(&text);
}

const struct impact_look impact_look_chain = {
    .place = "chain",
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .cell = chain_cell,
    .head = chain_head,
    .foot = chain_foot,
};
