/* impact: what falls if the target goes, as a tree, and what hangs on it, hop by hop (chain.c). Things that fall in the
 * same way for the same reason stand in one line with their count; opening it shows each. The judging is done on the
 * sorting thread. */
#include "tui/views/impact.h"

#include "tui/panels/show.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

#define LISTED_MAX 5000

/* ---- judging -------------------------------------------------------------------------------- */

struct impact_job {
    struct job job;
    struct impact_page *page;
    struct snapshot *snapshot;
    struct impact *impact;
    const char *action;
    uint32_t *nodes;
    size_t n_nodes, statement;
};

static void impact_run(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    size_t statement = j->statement - 1;
    j->impact = j->statement ? judge_impact_statements(j->snapshot->judgement, j->nodes[0], &statement, 1, LISTED_MAX)
                             : judge_impact(j->snapshot->judgement, j->nodes, j->n_nodes, j->action, LISTED_MAX);
}

static void impact_drop(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    if (j->impact)
        impact_free(j->impact);
    snapshot_release(j->snapshot);
    mem_free(j->nodes);
    mem_free(j);
}

static void impact_done(struct job *job)
{
    struct impact_job *j = (struct impact_job *)job;
    struct impact_page *p = j->page;
    struct impact *old = p->impact;
    size_t row = p->state.scroll.cursor;
    uint64_t key = old && row > 0 ? impact_row_key(p, row) : 0;
    p->impact = j->impact;
    j->impact = old;
    snapshot_release(p->snapshot);
    p->snapshot = snapshot_retain(j->snapshot);
    if (p->impact)
        impact_make_lines(p);
    if (p->impact && key)
        impact_follow(p, key);
    if (p->impact && p->wanted)
        impact_go_to(p, p->wanted);
    p->wanted = p->impact ? 0 : p->wanted;
    p->page.app->is_dirty = true;
}

static void ask(struct impact_page *p)
{
    struct impact_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = p, .run = impact_run, .done = impact_done, .drop = impact_drop};
    j->page = p;
    j->n_nodes = p->nodes.n;
    j->nodes = mem_alloc_array(p->nodes.n, sizeof *j->nodes);
    memcpy(j->nodes, p->nodes.items, p->nodes.n * sizeof *j->nodes);
    j->action = p->action;
    j->statement = p->statement;
    j->snapshot = snapshot_retain(p->page.app->snapshot);
    worker_post(p->page.app->sorting, &j->job);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void draw_row(void *ctx, size_t row, struct table_row *out)
{
    struct impact_page *p = ctx;
    const struct consequence *c = impact_item(p, impact_line(p, row));
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

/* "role/etl, prod-data" for arn:aws:iam::111122223333:role/etl. */
static void own_name(const struct impact_page *p, const struct consequence *c, struct buf *out)
{
    const char *id = strncmp(c->name, "arn:", 4) == 0 ? strstr(c->name, "::") : NULL;
    const char *rest = id ? strchr(id + 2, ':') : NULL;
    buf_adds(out, rest ? rest + 1 : c->name);
    if (rest && *c->account)
        buf_printf(out, ", %s", show_account_name(p->snapshot->generation, c->account));
}

void impact_name(const struct impact_page *p, const struct line *line, struct buf *out)
{
    const struct consequence *c = impact_item(p, line);
    if (c->name) {
        own_name(p, c, out);
        return;
    }
    if (!c->node) {
        char region[16] = "";
        if (c->region)
            show_region_short(c->region, region);
        buf_adds(out, c->label);
        if (*c->account)
            buf_printf(out, ", %s%s%s", show_account_name(p->snapshot->generation, c->account),
                       *region ? " " : "", region);
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

/* "down, lost in 6d04h": what it is at each phase; what stays as it is, but for good, "degraded, for good in 20h". */
static void phases_text(const struct impact_page *p, const struct consequence *c, struct buf *out)
{
    for (int i = 0; i < c->n_phases; i++) {
        const struct impact_phase *phase = &c->phases[i];
        bool is_same = i > 0 && phase->effect == c->phases[0].effect;
        buf_printf(out, "%s%s", i ? ", " : "", is_same ? "for good" : effect_word(phase->effect));
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

static void what_cell(const struct impact_page *p, const struct line *line, int column, struct buf *text, enum role *role)
{
    const struct consequence *c = impact_item(p, line);
    if (column == 0)
        impact_name(p, line, text);
    else if (column == 1 && line->count > 1)
        buf_printf(text, "%u", line->count);
    else if (column == 2)
        phases_text(p, c, text);
    else if (column == 3)
        buf_adds(text, c->text ? c->text : "");
    if (column == 2)
        *role = effect_role(consequence_worst(c));
}

static void draw_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct impact_page *p = ctx;
    struct buf text = {0};
    p->look->cell(p, impact_line(p, row), column, &text, &out->role);
    out->text = arena_strdup(p->page.app->frame, text.data ? text.data : "");
    buf_free(&text);
}

static const struct table_column columns[] = {
    {"name", "DEPENDENT", 22, 32, 0, TABLE_NAME},
    {"count", "COUNT", 5, 7, 2, TABLE_RIGHT},
    {"effect", "EFFECT", 23, 28, 1, 0},
    {"text", "WHAT HAPPENS", 12, 96, 3, 0},
};

#define NAMED_MAX 4

void impact_targets(const struct impact_page *p, struct buf *out)
{
    const struct impact *i = p->impact;
    for (size_t t = 0; t < i->n_targets && t < NAMED_MAX; t++) {
        buf_adds(out, t ? ", " : "");
        if (p->statement)
            buf_printf(out, "statement %zu of ", p->statement);
        buf_printf(out, "%s ", kind_row(node_kind(p->page.app->estate, i->targets[t]))->name);
        show_node_name(p->snapshot->generation, i->targets[t], out);
        if (p->look != &impact_look_chain)
            buf_printf(out, "%s%s", i->n_targets == 1 ? ": " : " ", i->actions[t]);
    }
    if (i->n_targets > NAMED_MAX)
        buf_printf(out, " and %zu more", i->n_targets - NAMED_MAX);
}

void impact_beyond(const struct impact_page *p, struct grid *g, struct rect r)
{
    if (!view_scope_is_all(&p->snapshot->scope))
        grid_put_fit(g, r.x, r.y, r.w, ROLE_MESSAGE, "beyond the scope too", 0);
}

/* " IF key prod: delete, THEN ..."; of several " IF all 3: key prod delete, vault x delete, ... THEN ..." */
static void what_head(const struct impact_page *p, struct grid *g, struct rect r)
{
    const struct impact *i = p->impact;
    struct buf text = {0};
    buf_adds(&text, " IF ");
    if (i->n_targets > 1)
        buf_printf(&text, "all %zu: ", i->n_targets);
    impact_targets(p, &text);
    buf_adds(&text, ", THEN ...");
    grid_put_fit(g, r.x, r.y, r.w - 32, ROLE_STRONG, text.data, 0);
    int x = 1;
    static const enum impact_effect order[] = {EFFECT_LOST, EFFECT_DOWN, EFFECT_DEGRADED,
                                               EFFECT_UNKNOWN, EFFECT_SAFE};
    for (size_t e = 0; e < sizeof order / sizeof *order; e++) {
        buf_clear(&text);
        buf_printf(
            &text, "%s %llu%s", effect_word(order[e]), (unsigned long long)i->counts[order[e]],
            order[e] != EFFECT_SAFE && order[e] != EFFECT_UNKNOWN && !i->is_complete ? "+" : "");
        x += grid_put(g, x, r.y + 1, r.w - x,
                      i->counts[order[e]] ? effect_role(order[e]) : ROLE_DIM, text.data) +
             3;
    }
    impact_beyond(p, g, (struct rect){r.x + x, r.y + 1, r.w - x, 1});
    buf_clear(&text);
    if (i->point_of_no_return != TIME_NONE) {
        char when[TIME_ISO_SIZE];
        time_format_date(i->point_of_no_return, when);
        buf_printf(&text, "no way back after %s", when);
        grid_put_fit(g, r.x + r.w - 31, r.y, 30, ROLE_LOST, text.data, FIT_RIGHT);
    }
    buf_free(&text);
}

/* Why something was not read, and what would help: as AWS said it. */
struct unread {
    char why[512], fix[160];
};

static const struct blind_spot *blind_list(const struct blind_spot *b, size_t n, enum list list)
{
    for (size_t i = 0; i < n && list != LIST_NONE; i++)
        if (strcmp(b[i].what, list_row(list)->name) == 0)
            return &b[i];
    return NULL;
}

/* Of the list itself, of the list that its parents stand in, or of the place as a whole. */
static const struct blind_spot *find_blind_spot(const struct impact_page *p,
                                                const struct consequence *c)
{
    size_t n = 0, n_account = 0;
    const struct judgement *j = p->snapshot->judgement;
    bool has_place = c->account && *c->account;
    const struct blind_spot *b =
        has_place ? judgement_blind_in(j, c->account, c->region ? c->region : "", &n)
                  : judgement_blind_spots(j, &n);
    const struct blind_spot *found = blind_list(b, n, c->list);
    for (int l = 1; !found && c->list && l < LIST_COUNT; l++)
        if (list_row((enum list)l)->kind == list_row(c->list)->parent)
            found = blind_list(b, n, (enum list)l);
    if (found || n > 0)
        return found ? found : &b[0];
    b = has_place ? judgement_blind_in(j, c->account, "", &n_account) : NULL;
    return n_account > 0 ? &b[0] : NULL;
}

#define ERRORS_MAX 500

static void why_unread(const struct impact_page *p, const struct consequence *c, struct unread *out)
{
    const struct blind_spot *b = find_blind_spot(p, c);
    *out = (struct unread){.why = ""};
    if (!b)
        return;
    snprintf(out->why, sizeof out->why, "%s in %s %s: %s%s%s", b->operation,
             show_account_name(p->snapshot->generation, b->account), b->region,
             *b->error ? b->error : truth_text(b->truth), *b->text ? ", " : "", b->text);
    struct refresh_error *errors = mem_alloc_array(ERRORS_MAX, sizeof *errors);
    size_t n = refresh_errors(p->page.app->refresh, errors, ERRORS_MAX);
    for (size_t i = 0; i < n; i++)
        if (strcmp(errors[i].operation, b->operation) == 0 &&
            strcmp(errors[i].account, b->account) == 0 && strcmp(errors[i].region, b->region) == 0)
            memcpy(out->fix, errors[i].fix, sizeof out->fix);
    mem_free(errors);
}

static int draw_row_of_foot(struct grid *g, struct rect r, int most, const char *label, const char *text)
{
    if (!text || !*text || r.h <= 0)
        return 0;
    grid_put(g, r.x + 1, r.y, 8, ROLE_LABEL, label);
    struct rect para = {r.x + 9, r.y, r.w - 10, r.h};
    int used = paragraph_lines(g, para.w, text);
    para.h = used < most ? used : most;
    paragraph_draw(g, para, ROLE_NORMAL, text, 0);
    return para.h;
}

/* Why, and what to do; caveats when there is room. */
static void what_foot(const struct impact_page *p, const struct line *line, struct grid *g, struct rect r)
{
    const struct consequence *c = impact_item(p, line);
    int y = r.y, end = r.y + r.h;
    struct unread unread = {.why = ""};
    struct buf proof = {0};
    consequence_proof(p->snapshot->judgement, c, &proof);
    if (!c->node && !c->name)
        why_unread(p, c, &unread);
    const struct {
        const char *label, *text;
        int most; /* lines */
    } rows[] = {{"WHAT", c->text, 2},
                {"WHY", *unread.why ? unread.why : proof.data, 2},
                {"REMEDY", *unread.fix ? unread.fix : c->remedy, 3},
                {"SOURCE", c->source, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        y += draw_row_of_foot(g, (struct rect){r.x, y, r.w, end - y}, rows[i].most, rows[i].label, rows[i].text);
    buf_free(&proof);
    for (int i = 0; i < p->impact->n_caveats && y < end; i++, y++) {
        grid_put(g, r.x + 1, y, 8, ROLE_LABEL, "NOTE");
        grid_put_fit(g, r.x + 9, y, r.w - 10, ROLE_DIM, p->impact->caveats[i], 0);
    }
}

static const struct impact_look what_look = {
    .place = "impact",
    .columns = columns,
    .n_columns = sizeof columns / sizeof *columns,
    .cell = what_cell,
    .head = what_head,
    .foot = what_foot,
};

/* Of the row where the cursor rested last. */
static void draw_foot(struct impact_page *p, struct grid *g, struct rect r)
{
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(p->page.app))
        p->told_row = p->state.scroll.cursor;
    const struct line *line = impact_line(p, p->told_row);
    if (line)
        p->look->foot(p, line, g, (struct rect){r.x, r.y + 1, r.w, r.h - 1});
}

static void impact_draw(struct page *page, struct grid *g, struct rect body)
{
    struct impact_page *p = (struct impact_page *)page;
    if (!p->impact) {
        const char *word = p->snapshot ? "Nothing can go by this: there is no action for it." : "Judging ...";
        grid_put(g, 1, body.y, body.w - 2, p->snapshot ? ROLE_NORMAL : ROLE_LOADING, word);
        return;
    }
    p->look->head(p, g, body);
    int foot = body.h >= 30 ? 9 : body.h >= 16 ? 7 : 4;
    struct rect list = {body.x, body.y + 2, body.w, body.h - 2 - foot};
    struct table t = {.columns = p->look->columns,
                      .n_columns = p->look->n_columns,
                      .n_rows = p->tree.n_visible,
                      .ctx = p,
                      .row = draw_row,
                      .cell = draw_cell,
                      .empty = "Nothing that was seen hangs on this."};
    struct table_look look = {.is_focused = true};
    p->state.sort_column = -1;
    p->rows = table_page(list, &look);
    impact_fit_lines(p, p->rows);
    t.n_rows = p->tree.n_visible;
    table_draw(g, list, &t, &p->state, &look);
    draw_foot(p, g, (struct rect){body.x, body.y + body.h - foot, body.w, foot});
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void next_worst(struct impact_page *p, int step)
{
    size_t n = p->tree.n_visible;
    for (size_t i = 1; i <= n; i++) {
        size_t row = (p->state.scroll.cursor + (step > 0 ? i : n * 2 - i)) % n;
        if (impact_item(p, impact_line(p, row))->severity == p->impact->severity) {
            p->state.scroll.cursor = row;
            return;
        }
    }
}

/* The call that was refused, and what would allow it, for a row that was not read. */
static void open_unread(struct impact_page *p, const struct consequence *c)
{
    const struct blind_spot *b = find_blind_spot(p, c);
    app_push(p->page.app,
             b ? page_errors(p->page.app, b) : page_list(p->page.app, "blind-spots", NULL));
}

/* Enter folds and unfolds; of a row that has nothing under it, it shows the record, or why it was
 * not read. */
static void open_line(struct impact_page *p)
{
    const struct line *line = impact_line(p, p->state.scroll.cursor);
    struct tree_branch branch;
    if (!line)
        return;
    tree_branch(&p->tree, p->state.scroll.cursor, &branch);
    if (branch.has_children)
        impact_turn_row(p, p->state.scroll.cursor);
    else if (impact_item(p, line)->node)
        app_open_node(p->page.app, impact_item(p, line)->node);
    else if (!impact_item(p, line)->name)
        open_unread(p, impact_item(p, line));
}

/* Left folds, and goes up from what is folded; right unfolds. */
static void go_sideways(struct impact_page *p, bool is_right)
{
    size_t row = p->state.scroll.cursor;
    struct tree_branch branch;
    if (row >= p->tree.n_visible)
        return;
    tree_branch(&p->tree, row, &branch);
    if (branch.has_children && branch.is_folded == is_right)
        impact_turn_row(p, row);
    else if (!is_right)
        while (row > 0 && p->lines.items[p->tree.visible[row]].depth >= branch.depth &&
               branch.depth > 0)
            row--;
    p->state.scroll.cursor = row;
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
        open_line(p);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        go_sideways(p, action == ACTION_RIGHT);
        return true;
    case ACTION_NEXT_WORST:
        next_worst(p, 1);
        return true;
    case ACTION_PREVIOUS_WORST:
        next_worst(p, -1);
        return true;
    case ACTION_CHAIN:
        if (p->statement) /* nothing hangs on a statement: the key's */
            return false;
        p->look = p->look == &impact_look_chain ? &what_look : &impact_look_chain;
        p->state.first_column = 0;
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
    const struct line *line = p->impact ? impact_line(p, p->state.scroll.cursor) : NULL;
    return line ? impact_item(p, line)->node : 0;
}

static bool impact_has_row(struct page *page)
{
    struct impact_page *p = (struct impact_page *)page;
    return p->impact && impact_line(p, p->state.scroll.cursor);
}

/* "313 ebs-snapshots in 111122223333 eu-west-1": what a group is, for none of them is all. */
static void group_text(const struct impact_page *p, const struct line *group, struct buf *out)
{
    const struct consequence *first = impact_item(p, group);
    const struct line *end = p->lines.items + p->lines.n;
    bool is_one_account = true, is_one_region = true;
    for (const struct line *l = group + 1; l < end && l->depth > group->depth; l++) {
        const struct consequence *c = impact_item(p, l);
        if (l->depth != group->depth + 1)
            continue;
        is_one_account &= strcmp(c->account, first->account) == 0;
        is_one_region &= strcmp(c->region, first->region) == 0;
    }
    buf_printf(out, "%u %s in %s", group->count,
               kind_row(node_kind(p->page.app->estate, first->node))->plural,
               is_one_account ? first->account : "several accounts");
    if (!is_one_region || *first->region)
        buf_printf(out, " %s", is_one_region ? first->region : "several Regions");
}

static void impact_marked(struct page *page, struct buf *out)
{
    struct impact_page *p = (struct impact_page *)page;
    const struct line *line = p->impact ? impact_line(p, p->state.scroll.cursor) : NULL;
    if (line && line->count > 1)
        group_text(p, line, out);
    else if (line && impact_item(p, line)->node)
        node_arn(page->app->estate, impact_item(p, line)->node, out);
}

static void impact_renew(struct page *page)
{
    ask((struct impact_page *)page);
}

static void impact_place(struct page *page, struct buf *out)
{
    struct impact_page *p = (struct impact_page *)page;
    if (p->nodes.n == 1)
        show_node_name(p->page.app->snapshot->generation, p->nodes.items[0], out);
    else
        buf_printf(out, "%zu marked", p->nodes.n);
    if (p->statement)
        buf_printf(out, " > statement %zu", p->statement);
    buf_printf(out, " > %s", p->look->place);
}

static void impact_page_free(struct page *page)
{
    struct impact_page *p = (struct impact_page *)page;
    worker_forget(page->app->sorting, p);
    if (p->impact)
        impact_free(p->impact);
    snapshot_release(p->snapshot);
    tree_free(&p->tree);
    VEC_FREE(p->nodes);
    VEC_FREE(p->lines);
    VEC_FREE(p->turned);
    mem_free(p);
}

static const struct page_ops impact_ops = {
    .context = KEYS_IMPACT,
    .draw = impact_draw,
    .act = impact_act,
    .renew = impact_renew,
    .place = impact_place,
    .marked = impact_marked,
    .copied = impact_marked,
    .node = impact_node,
    .has_row = impact_has_row,
    .free = impact_page_free,
};

static struct impact_page *page_of(struct app *app, const struct impact_look *look, const uint32_t *nodes, size_t n)
{
    struct impact_page *p = mem_alloc(sizeof *p);
    p->page = (struct page){.ops = &impact_ops, .app = app};
    p->look = look;
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(p->nodes, nodes[i]);
    return p;
}

static struct impact_page *page_new(struct app *app, const struct impact_look *look, const uint32_t *nodes, size_t n)
{
    struct impact_page *p = page_of(app, look, nodes, n);
    ask(p);
    return p;
}

struct page *page_impact(struct app *app, const uint32_t *nodes, size_t n)
{
    return &page_new(app, &what_look, nodes, n)->page;
}

struct page *page_impact_statement(struct app *app, uint32_t key, size_t statement)
{
    struct impact_page *p = page_of(app, &what_look, &key, 1);
    p->statement = statement;
    ask(p);
    return &p->page;
}

struct page *page_chain(struct app *app, const uint32_t *nodes, size_t n)
{
    uint32_t key = n == 1 ? app_key_of(app, nodes[0]) : 0;
    struct impact_page *p = page_new(app, &impact_look_chain, key ? &key : nodes, n);
    p->wanted = n == 1 ? nodes[0] : 0;
    return &p->page;
}
