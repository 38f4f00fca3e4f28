/* impact: what falls if the target goes, as a tree. Things that fall in the same way for the same reason stand
 * in one line with their count; opening it shows each. The judging is done on the sorting thread. */
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"
#include "tui/widgets/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 5000

/* A line: a consequence, or a group of several. */
struct line {
    uint32_t item;        /* consequence; of a group its first */
    uint32_t count;       /* over 1: a group */
    int depth;
};

struct impact_page {
    struct page page;
    uint32_t node;
    const char *action;   /* NULL: the kind's default */
    struct snapshot *snapshot;
    struct impact *impact; /* NULL until judged */
    VEC(struct line) lines;
    struct tree tree;
    struct table_state state;
    size_t rows;
    size_t told_row;       /* the row that the foot tells of: where the cursor rested last */
};

/* ---- judging ------------------------------------------------------------------------------------------ */

struct impact_job {
    struct job job;
    struct impact_page *page;
    struct snapshot *snapshot;
    struct impact *impact;
    const char *action;
    uint32_t node;
};

static void impact_run(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    j->impact = judge_impact(j->snapshot->judgement, &j->node, 1, j->action, LISTED_MAX);
}

static void impact_drop(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    if (j->impact)
        impact_free(j->impact);
    snapshot_release(j->snapshot);
    mem_free(j);
}

/* ---- lines: groups of consequences, in tree order ------------------------------------------------------- */

static const struct impact *sorting; /* qsort has no context; terminal thread only */
static const struct estate *sorting_in;

static enum kind kind_of(const struct consequence *c)
{
    return c->node ? node_kind(sorting_in, c->node) : KIND_NONE;
}

static bool same_fall(const struct consequence *a, const struct consequence *b)
{
    return a->because == b->because && a->text == b->text && a->severity == b->severity && a->node && b->node
           && kind_of(a) == kind_of(b) && a->edge == b->edge && a->phases[0].effect == b->phases[0].effect
           && a->n_phases == b->n_phases;
}

static int by_fall(const void *x, const void *y)
{
    uint32_t i = *(const uint32_t *)x, j = *(const uint32_t *)y;
    const struct consequence *a = &sorting->items[i], *b = &sorting->items[j];
    if (a->because != b->because)
        return a->because < b->because ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->phases[0].effect != b->phases[0].effect)
        return a->phases[0].effect > b->phases[0].effect ? -1 : 1;
    int order = a->text && b->text ? strcmp(a->text, b->text) : 0;
    if (order != 0)
        return order;
    if (kind_of(a) != kind_of(b))
        return kind_of(a) < kind_of(b) ? -1 : 1;
    if (a->edge != b->edge)
        return a->edge < b->edge ? -1 : 1;
    return i < j ? -1 : i > j;
}

struct weaver {
    struct impact_page *page;
    const uint32_t *order; /* consequences, those with the same cause together */
    size_t n;
};

static void weave(struct weaver *w, uint32_t because, int depth);

static void weave_item(struct weaver *w, uint32_t item, int depth)
{
    struct line line = {.item = item, .count = 1, .depth = depth};
    VEC_PUSH(w->page->lines, line);
    if (depth < TREE_DEPTH_MAX)
        weave(w, item, depth + 1);
}

/* The first place in the order whose cause is not before `because`: the root cause sorts last. */
static size_t lower(const struct weaver *w, uint32_t because)
{
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (w->page->impact->items[w->order[middle]].because < because)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void weave(struct weaver *w, uint32_t because, int depth)
{
    const struct consequence *items = w->page->impact->items;
    size_t i = lower(w, because);
    while (i < w->n && items[w->order[i]].because == because) {
        size_t end = i + 1;
        while (end < w->n && same_fall(&items[w->order[i]], &items[w->order[end]]))
            end++;
        int below = depth;
        if (end - i > 1) {
            struct line group = {.item = w->order[i], .count = (uint32_t)(end - i), .depth = depth};
            VEC_PUSH(w->page->lines, group);
            below++;
        }
        for (; i < end; i++)
            weave_item(w, w->order[i], below);
    }
}

static int line_depth(void *ctx, size_t node)
{
    return ((struct impact_page *)ctx)->lines.items[node].depth;
}

static void fold_groups(struct impact_page *p)
{
    for (size_t i = 0; i < p->lines.n; i++)
        if (p->lines.items[i].count > 1)
            tree_fold(&p->tree, i, true);
}

static void make_lines(struct impact_page *p)
{
    const struct impact *impact = p->impact;
    uint32_t *order = mem_alloc_array(impact->n + 1, sizeof *order);
    for (uint32_t i = 0; i < impact->n; i++)
        order[i] = i;
    sorting = impact;
    sorting_in = p->page.app->estate;
    qsort(order, impact->n, sizeof *order, by_fall);
    p->lines.n = 0;
    weave(&(struct weaver){p, order, impact->n}, UINT32_MAX, 0);
    mem_free(order);
    tree_build(&p->tree, p->lines.n, line_depth, p);
    fold_groups(p);
}

static void impact_done(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    struct impact_page *p = j->page;
    struct impact *old = p->impact;
    p->impact = j->impact;
    j->impact = old;
    snapshot_release(p->snapshot);
    p->snapshot = snapshot_retain(j->snapshot);
    if (p->impact)
        make_lines(p);
    p->page.app->is_dirty = true;
}

static void ask(struct impact_page *p)
{
    struct impact_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = p, .run = impact_run, .done = impact_done, .drop = impact_drop};
    j->page = p;
    j->node = p->node;
    j->action = p->action;
    j->snapshot = snapshot_retain(p->page.app->snapshot);
    worker_post(p->page.app->sorting, &j->job);
}

/* ---- drawing ------------------------------------------------------------------------------------------ */

static const struct consequence *line_item(const struct impact_page *p, const struct line *line)
{
    return &p->impact->items[line->item];
}

static const struct line *row_line(const struct impact_page *p, size_t row)
{
    return row < p->tree.n_visible ? &p->lines.items[p->tree.visible[row]] : NULL;
}

static void draw_row(void *ctx, size_t row, struct table_row *out)
{
    struct impact_page *p = ctx;
    const struct consequence *c = line_item(p, row_line(p, row));
    out->severity = consequence_worst(c) == EFFECT_UNKNOWN ? "?" : severity_mark(c->severity);
    out->has_branch = true;
    tree_branch(&p->tree, row, &out->branch);
}

static enum role effect_role(enum impact_effect e)
{
    static const enum role roles[EFFECT_COUNT] = {[EFFECT_SAFE] = ROLE_SAFE,
                                                  [EFFECT_UNKNOWN] = ROLE_UNKNOWN,
                                                  [EFFECT_DEGRADED] = ROLE_DEGRADED,
                                                  [EFFECT_DOWN] = ROLE_DOWN,
                                                  [EFFECT_LOST] = ROLE_LOST};
    return roles[e];
}

static void name_text(const struct impact_page *p, const struct line *line, struct buf *out)
{
    const struct consequence *c = line_item(p, line);
    if (!c->node) {
        buf_adds(out, c->label);
        if (*c->account)
            buf_printf(out, ", %s", show_account_name(p->snapshot->generation, c->account));
        return;
    }
    enum kind kind = node_kind(p->page.app->estate, c->node);
    if (line->count > 1) {
        buf_adds(out, kind_row(kind)->plural);
        return;
    }
    buf_printf(out, "%s ", kind_row(kind)->name);
    show_node_name(p->snapshot->generation, c->node, out);
}

/* "down now, lost 6d04h": what it is at each phase. */
static void phases_text(const struct impact_page *p, const struct consequence *c, struct buf *out)
{
    for (int i = 0; i < c->n_phases; i++) {
        const struct impact_phase *phase = &c->phases[i];
        buf_printf(out, "%s%s", i ? ", " : "", effect_word(phase->effect));
        if (phase->effect == EFFECT_SAFE || phase->effect == EFFECT_UNKNOWN)
            continue;
        char span[TIME_ISO_SIZE];
        int64_t left = phase->from_utc - p->snapshot->now_utc;
        if (phase->when == WHEN_ALREADY && c->n_phases == 1)
            buf_adds(out, " now");
        if (phase->when == WHEN_DATE && phase->from_utc != TIME_NONE) {
            time_format_span(left > 0 ? left : 0, span);
            buf_printf(out, " in %s", span);
        }
    }
}

static void draw_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct impact_page *p = ctx;
    const struct line *line = row_line(p, row);
    const struct consequence *c = line_item(p, line);
    struct buf text = {0};
    if (column == 0)
        name_text(p, line, &text);
    else if (column == 1)
        buf_printf(&text, "%u", line->count);
    else if (column == 2)
        phases_text(p, c, &text);
    else
        buf_adds(&text, c->text ? c->text : "");
    if (column == 1 && line->count == 1)
        buf_clear(&text);
    if (column == 2)
        out->role = effect_role(consequence_worst(c));
    out->text = arena_strdup(p->page.app->frame, text.data ? text.data : "");
    buf_free(&text);
}

static const struct table_column columns[] = {
    {"name", "DEPENDENT", 22, 44, 0, TABLE_NAME},
    {"count", "COUNT", 5, 7, 2, TABLE_RIGHT},
    {"effect", "EFFECT", 20, 22, 1, 0},
    {"text", "WHAT HAPPENS", 12, 60, 3, 0},
};

static void draw_head(struct impact_page *p, struct grid *g, struct rect r)
{
    const struct impact *i = p->impact;
    struct buf text = {0};
    buf_printf(&text, " IF %s ", kind_row(node_kind(p->page.app->estate, p->node))->name);
    show_node_name(p->snapshot->generation, p->node, &text);
    buf_printf(&text, ": %s, THEN ...", i->action);
    grid_put_fit(g, r.x, r.y, r.w - 32, ROLE_STRONG, text.data, 0);
    int x = 1;
    static const enum impact_effect order[] = {EFFECT_LOST, EFFECT_DOWN, EFFECT_DEGRADED, EFFECT_UNKNOWN,
                                               EFFECT_SAFE};
    for (size_t e = 0; e < sizeof order / sizeof *order; e++) {
        buf_clear(&text);
        buf_printf(&text, "%s %llu%s", effect_word(order[e]), (unsigned long long)i->counts[order[e]],
                   order[e] != EFFECT_SAFE && order[e] != EFFECT_UNKNOWN && !i->is_complete ? "+" : "");
        x += grid_put(g, x, r.y + 1, r.w - x, i->counts[order[e]] ? effect_role(order[e]) : ROLE_DIM,
                      text.data)
             + 3;
    }
    buf_clear(&text);
    if (i->point_of_no_return != TIME_NONE) {
        char when[TIME_ISO_SIZE];
        time_format_date(i->point_of_no_return, when);
        buf_printf(&text, "no way back after %s", when);
        grid_put_fit(g, r.x + r.w - 31, r.y, 30, ROLE_LOST, text.data, FIT_RIGHT);
    }
    buf_free(&text);
}

/* Why, and what to do, for the row of the cursor; caveats when there is room. */
static void draw_foot(struct impact_page *p, struct grid *g, struct rect r)
{
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(p->page.app))
        p->told_row = p->state.scroll.cursor;
    const struct line *line = row_line(p, p->told_row);
    int y = r.y + 1;
    if (line) {
        const struct consequence *c = line_item(p, line);
        struct buf proof = {0};
        consequence_proof(p->snapshot->judgement, c, &proof);
        const struct {
            const char *label, *text;
        } rows[] = {{"WHAT", c->text}, {"WHY", proof.data}, {"REMEDY", c->remedy}, {"SOURCE", c->source}};
        for (size_t i = 0; i < 4 && y < r.y + r.h; i++) {
            if (!rows[i].text || !*rows[i].text)
                continue;
            grid_put(g, r.x + 1, y, 8, ROLE_LABEL, rows[i].label);
            struct rect para = {r.x + 9, y, r.w - 10, r.y + r.h - y};
            int used = paragraph_lines(g, para.w, rows[i].text);
            para.h = used < 2 ? used : 2;
            paragraph_draw(g, para, ROLE_NORMAL, rows[i].text, 0);
            y += para.h;
        }
        buf_free(&proof);
    }
    for (int i = 0; i < p->impact->n_caveats && y < r.y + r.h; i++, y++) {
        grid_put(g, r.x + 1, y, 8, ROLE_LABEL, "NOTE");
        grid_put_fit(g, r.x + 9, y, r.w - 10, ROLE_DIM, p->impact->caveats[i], 0);
    }
}

static void impact_draw(struct page *page, struct grid *g, struct rect body)
{
    struct impact_page *p = (struct impact_page *)page;
    if (!p->impact) {
        grid_put(g, 1, body.y, body.w - 2, ROLE_LOADING, "Judging ...");
        return;
    }
    draw_head(p, g, body);
    int foot = body.h >= 30 ? 9 : 6;
    struct rect list = {body.x, body.y + 2, body.w, body.h - 2 - foot};
    struct table t = {.columns = columns,
                      .n_columns = 4,
                      .n_rows = p->tree.n_visible,
                      .ctx = p,
                      .row = draw_row,
                      .cell = draw_cell,
                      .empty = "Nothing that was seen hangs on this."};
    struct table_look look = {.is_focused = true};
    p->state.sort_column = -1;
    p->rows = table_page(list, &look);
    table_draw(g, list, &t, &p->state, &look);
    draw_foot(p, g, (struct rect){body.x, body.y + body.h - foot, body.w, foot});
}

/* ---- keys --------------------------------------------------------------------------------------------- */

static void next_worst(struct impact_page *p, int step)
{
    size_t n = p->tree.n_visible;
    for (size_t i = 1; i <= n; i++) {
        size_t row = (p->state.scroll.cursor + (step > 0 ? i : n * 2 - i)) % n;
        if (line_item(p, row_line(p, row))->severity == p->impact->severity) {
            p->state.scroll.cursor = row;
            return;
        }
    }
}

static void toggle(struct impact_page *p)
{
    if (p->state.scroll.cursor >= p->tree.n_visible)
        return;
    size_t node = p->tree.visible[p->state.scroll.cursor];
    tree_fold(&p->tree, node, !p->tree.is_folded[node]);
}

static bool impact_act(struct page *page, enum action action)
{
    struct impact_page *p = (struct impact_page *)page;
    if (!p->impact)
        return false;
    if (action_scroll(action, &p->state.scroll, p->tree.n_visible, p->rows))
        return true;
    switch (action) { /* keys of a tree that are no motion */
    case ACTION_FOLD:
    case ACTION_LEFT:
    case ACTION_RIGHT:
        toggle(p);
        return true;
    case ACTION_NEXT_WORST:
        next_worst(p, 1);
        return true;
    case ACTION_PREVIOUS_WORST:
        next_worst(p, -1);
        return true;
    case ACTION_WIDE:
        p->state.is_wide = !p->state.is_wide;
        return true;
    default:
        return false;
    }
}

static uint32_t impact_node(struct page *page)
{
    struct impact_page *p = (struct impact_page *)page;
    const struct line *line = p->impact ? row_line(p, p->state.scroll.cursor) : NULL;
    return line ? line_item(p, line)->node : 0;
}

static void impact_marked(struct page *page, struct buf *out)
{
    uint32_t node = impact_node(page);
    if (node)
        node_arn(page->app->estate, node, out);
}

static void impact_renew(struct page *page)
{
    ask((struct impact_page *)page);
}

static void impact_place(struct page *page, struct buf *out)
{
    struct impact_page *p = (struct impact_page *)page;
    show_node_name(p->page.app->snapshot->generation, p->node, out);
    buf_adds(out, " > impact");
}

static void impact_page_free(struct page *page)
{
    struct impact_page *p = (struct impact_page *)page;
    worker_forget(page->app->sorting, p);
    if (p->impact)
        impact_free(p->impact);
    snapshot_release(p->snapshot);
    tree_free(&p->tree);
    VEC_FREE(p->lines);
    mem_free(p);
}

static const struct page_ops impact_ops = {
    .context = KEYS_IMPACT,
    .draw = impact_draw,
    .act = impact_act,
    .renew = impact_renew,
    .place = impact_place,
    .marked = impact_marked,
    .node = impact_node,
    .free = impact_page_free,
};

struct page *page_impact(struct app *app, uint32_t node)
{
    struct impact_page *p = mem_alloc(sizeof *p);
    p->page = (struct page){.ops = &impact_ops, .app = app};
    p->node = node;
    ask(p);
    return &p->page;
}
