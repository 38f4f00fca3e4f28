/* who: what everybody may do with a key, which flows work with it, what each statement of its policy is there for:
 * a tree of three parts. The judging is done on the sorting thread, for it asks much. */
#include "backend/base/tri.h"
#include "backend/judge/key_who.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/who_prevent.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"
#include "tui/widgets/tree.h"

#include <string.h>

enum line_is { LINE_FLOWS, LINE_GROUP, LINE_FLOW, LINE_STATEMENTS, LINE_STATEMENT, LINE_CHANGES,
               LINE_WHO, LINE_USER, LINE_PREVENTION,
               LINE_MEANS };

struct line {
    enum line_is is;
    int depth;
    uint32_t item; /* flow, statement, user, enum means; of a group enum tri */
    size_t change; /* of LINE_CHANGES: where those of the user begin */
};

struct who_page {
    struct page page;
    uint32_t key;
    struct snapshot *snapshot;
    struct key_who *who; /* NULL until judged */
    struct prevention *prevention; /* NULL: nobody can delete it */
    VEC(struct line) lines;
    struct tree tree;
    struct table_state state;
    bool is_touched;     /* the user folded something: folds are his now */
    size_t rows, told_row;
};

/* ---- judging -------------------------------------------------------------------------------------------------- */

struct who_job {
    struct job job;
    struct who_page *page;
    struct snapshot *snapshot;
    struct key_who *who;
    struct prevention *prevention;
    uint32_t key;
};

/* AWS's own cannot be deleted. */
static bool is_customers(const struct record *key)
{
    struct value manager = record_value(key, ATTR_KEY_MANAGER);
    return manager.is == VALUE_KNOWN && strcmp(manager.text, "CUSTOMER") == 0;
}

static void who_run(struct job *job)
{
    struct record key;
    struct who_job *j = (struct who_job *)job;
    j->who = judge_key_who(j->snapshot->judgement, j->key);
    if (generation_record(j->snapshot->generation, j->key, &key) && is_customers(&key))
        j->prevention = judge_prevention(j->snapshot->judgement, j->key);
}

static void who_drop(struct job *job)
{
    struct who_job *j = (struct who_job *)job;
    key_who_free(j->who);
    prevention_free(j->prevention);
    snapshot_release(j->snapshot);
    mem_free(j);
}

static void add(struct who_page *p, enum line_is is, int depth, uint32_t item, size_t change)
{
    VEC_PUSH(p->lines, ((struct line){is, depth, item, change}));
}

static void add_flows(struct who_page *p)
{
    static const enum tri order[] = {TRI_NO, TRI_UNKNOWN, TRI_YES};
    add(p, LINE_FLOWS, 0, 0, 0);
    for (size_t g = 0; g < 3; g++) {
        if (p->who->n_flows[order[g]] == 0)
            continue;
        add(p, LINE_GROUP, 1, order[g], 0);
        for (uint32_t i = 0; i < p->who->flows.n; i++)
            if (p->who->flows.items[i].works == order[g])
                add(p, LINE_FLOW, 2, i, 0);
    }
}

static void make_lines(struct who_page *p)
{
    p->lines.n = 0;
    add_flows(p);
    add(p, LINE_STATEMENTS, 0, 0, 0);
    for (uint32_t i = 0; i < p->who->statements.n; i++) {
        const struct key_statement *s = &p->who->statements.items[i];
        add(p, LINE_STATEMENT, 1, i, 0);
        for (size_t c = 0; c < s->changes.n; c++)
            if (c == 0 || s->changes.items[c].user != s->changes.items[c - 1].user)
                add(p, LINE_CHANGES, 2, i, c);
    }
    add(p, LINE_WHO, 0, 0, 0);
    for (uint32_t i = 0; i < p->who->users.n; i++)
        if (p->who->users.items[i].is_user)
            add(p, LINE_USER, 1, i, 0);
    if (p->prevention)
        add(p, LINE_PREVENTION, 0, 0, 0);
    for (uint32_t m = 0; p->prevention && m < MEANS_COUNT; m++)
        add(p, LINE_MEANS, 1, m, 0);
}

static int line_depth(void *ctx, size_t node)
{
    return ((struct who_page *)ctx)->lines.items[node].depth;
}

static void who_done(struct job *job)
{
    struct who_job *j = (struct who_job *)job;
    struct who_page *p = j->page;
    struct key_who *old = p->who;
    p->who = j->who;
    j->who = old;
    struct prevention *before = p->prevention;
    p->prevention = j->prevention;
    j->prevention = before;
    snapshot_release(p->snapshot);
    p->snapshot = snapshot_retain(j->snapshot);
    make_lines(p);
    tree_build(&p->tree, p->lines.n, line_depth, p);
    p->rows = 0; /* folds are fitted when it is drawn */
    p->page.app->is_dirty = true;
}

static void ask(struct who_page *p)
{
    struct who_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = p, .run = who_run, .done = who_done, .drop = who_drop};
    j->page = p;
    j->key = p->key;
    j->snapshot = snapshot_retain(p->page.app->snapshot);
    worker_post(p->page.app->sorting, &j->job);
}

/* ---- folds: as much is open as there is room for, what fails first -------------------------------------------- */

static bool may_be_open(const struct line *l)
{
    return l->is == LINE_FLOWS || (l->is == LINE_GROUP && l->item != TRI_YES) || l->is == LINE_STATEMENTS ||
           l->is == LINE_WHO || l->is == LINE_PREVENTION;
}

static void fit_folds(struct who_page *p, size_t rows)
{
    if (p->is_touched || p->rows == rows)
        return;
    for (size_t i = 0; i < p->lines.n; i++)
        tree_fold(&p->tree, i, true);
    for (size_t i = 0; i < p->lines.n; i++) {
        if (!may_be_open(&p->lines.items[i]))
            continue;
        tree_fold(&p->tree, i, false);
        if (p->tree.n_visible > rows)
            tree_fold(&p->tree, i, true);
    }
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static const struct line *line_at(const struct who_page *p, size_t row)
{
    return p->who && row < p->tree.n_visible ? &p->lines.items[p->tree.visible[row]] : NULL;
}

/* "prod-data role/etl" for arn:aws:iam::111122223333:role/etl. */
static void principal_text(const struct who_page *p, const char *principal, struct buf *out)
{
    const char *id = strncmp(principal, "arn:", 4) == 0 ? strstr(principal, "::") : NULL;
    if (!id || strspn(id + 2, "0123456789") != 12 || id[14] != ':') {
        buf_adds(out, principal);
        return;
    }
    char *account = mem_strndup(id + 2, 12);
    buf_printf(out, "%s %s", show_account_name(p->snapshot->generation, account), id + 15);
    mem_free(account);
}

static void flow_who(const struct who_page *p, const struct key_flow *f, struct buf *out)
{
    if (strncmp(f->who, "arn:", 4) == 0)
        principal_text(p, f->who, out);
    else
        key_flow_who(f, out);
}

static void title_text(const struct who_page *p, const struct line *l, struct buf *out)
{
    static const char *const groups[] = {"fail", "unknown", "work"};
    const struct key_who *w = p->who;
    const struct key_statement *s = l->is == LINE_STATEMENT || l->is == LINE_CHANGES ? &w->statements.items[l->item] : NULL;
    switch (l->is) { /* a line is of one of these */
    case LINE_FLOWS:
        buf_adds(out, w->is_for_data ? "flows of services and products" : "no service encrypts with such a key");
        break;
    case LINE_GROUP:
        buf_printf(out, "%s %u", groups[l->item], w->n_flows[l->item]);
        break;
    case LINE_FLOW:
        buf_adds(out, w->flows.items[l->item].title);
        break;
    case LINE_STATEMENTS:
        buf_printf(out, w->policy_is_known ? "statements of its policy %zu" : "its policy was not read", w->statements.n);
        break;
    case LINE_STATEMENT:
        buf_printf(out, "%u %s", l->item + 1, s->statement->sid ? s->statement->sid : "");
        break;
    case LINE_CHANGES:
        principal_text(p, w->users.items[s->changes.items[l->change].user].principal, out);
        break;
    case LINE_WHO:
        buf_printf(out, "who may use it %u of %zu known", w->n_users, w->users.n);
        break;
    case LINE_USER:
        principal_text(p, w->users.items[l->item].principal, out);
        break;
    case LINE_PREVENTION:
        buf_adds(out, "preventing its deletion");
        break;
    case LINE_MEANS:
        buf_adds(out, means_title((enum means)l->item));
        break;
    }
}

/* The short answer. */
static void says_text(const struct who_page *p, const struct line *l, struct buf *out)
{
    static const char *const works[] = {"fails", "unknown", "works"};
    const struct key_who *w = p->who;
    size_t at = l->change;
    if (l->is == LINE_FLOWS && w->is_for_data)
        buf_printf(out, "%u fail, %u unknown, %u work", w->n_flows[TRI_NO], w->n_flows[TRI_UNKNOWN], w->n_flows[TRI_YES]);
    else if (l->is == LINE_FLOW)
        buf_adds(out, works[w->flows.items[l->item].works]);
    else if (l->is == LINE_STATEMENTS)
        buf_adds(out, "without it:");
    else if (l->is == LINE_STATEMENT)
        buf_printf(out, "%u lose, %u gain", w->statements.items[l->item].n_lose, w->statements.items[l->item].n_gain);
    else if (l->is == LINE_CHANGES)
        key_changes_text(&w->statements.items[l->item], &at, out);
    else if (l->is == LINE_WHO && w->unseen[0])
        buf_printf(out, "there may be more: not read %s", w->unseen);
    else if (l->is == LINE_USER)
        key_user_text(&w->users.items[l->item], out);
    else if (l->is == LINE_MEANS)
        means_says(p->prevention, (enum means)l->item, out);
}

static void because_text(const struct who_page *p, const struct line *l, struct buf *out)
{
    const struct key_who *w = p->who;
    if (l->is == LINE_FLOW) {
        const struct key_flow *f = &w->flows.items[l->item];
        if (f->works != TRI_YES)
            buf_printf(out, "%s%s%s; ", f->action, f->action[0] ? ": " : "", f->reason);
        flow_who(p, f, out);
    } else if (l->is == LINE_FLOWS) {
        buf_adds(out, w->stopped_by);
    } else if (l->is == LINE_STATEMENT) {
        buf_adds(out, w->statements.items[l->item].text);
    } else if (l->is == LINE_USER) {
        buf_adds(out, key_user_because(&w->users.items[l->item]));
    } else if (l->is == LINE_MEANS) {
        buf_adds(out, means_text(p->prevention, (enum means)l->item));
    }
}

static void draw_row(void *ctx, size_t row, struct table_row *out)
{
    struct who_page *p = ctx;
    out->has_branch = true;
    out->severity = "";
    tree_branch(&p->tree, row, &out->branch);
}

static enum role says_role(const struct who_page *p, const struct line *l)
{
    static const enum role of_flows[] = {ROLE_SEV_HIGH, ROLE_UNKNOWN, ROLE_OK};
    if (l->is == LINE_FLOW)
        return of_flows[p->who->flows.items[l->item].works];
    return l->is == LINE_USER && p->who->users.items[l->item].verdicts[RIGHT_DECRYPT] == VERDICT_UNKNOWN ? ROLE_UNKNOWN
                                                                                                       : ROLE_NORMAL;
}

static void draw_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct who_page *p = ctx;
    const struct line *l = line_at(p, row);
    struct buf text = {0};
    if (column == 0)
        title_text(p, l, &text);
    else if (column == 1)
        says_text(p, l, &text);
    else
        because_text(p, l, &text);
    if (column == 0 && l->depth == 0)
        out->role = ROLE_SECTION;
    else if (column == 1)
        out->role = says_role(p, l);
    out->text = arena_strdup(p->page.app->frame, text.data ? text.data : "");
    buf_free(&text);
}

/* ---- the foot: all of the row of the cursor ------------------------------------------------------------------- */

static int foot_line(struct grid *g, struct rect r, const char *label, enum role role, const char *text)
{
    if (r.h <= 0 || !text[0])
        return 0;
    grid_put(g, r.x + 1, r.y, 9, ROLE_LABEL, label);
    struct rect para = {r.x + 11, r.y, r.w - 12, r.h};
    int lines = paragraph_lines(g, para.w, text);
    para.h = lines < r.h ? lines : r.h;
    paragraph_draw(g, para, role, text, 0);
    return para.h;
}

struct foot_row {
    const char *label, *text;
};

static bool is_told_alike(const struct key_user *u, int a, int b)
{
    return u->verdicts[a] == u->verdicts[b] && strcmp(u->because[a], u->because[b]) == 0;
}

/* A line for all that is so for the same reason. */
static size_t foot_of_user(struct who_page *p, const struct key_user *u, struct foot_row *out)
{
    static const char *const labels[] = {[VERDICT_ALLOWED] = "allowed",
                                         [VERDICT_EXPLICITLY_DENIED] = "denied",
                                         [VERDICT_IMPLICITLY_DENIED] = "no",
                                         [VERDICT_UNKNOWN] = "unknown"};
    size_t n = 0;
    out[n++] = (struct foot_row){u->kind, u->principal};
    for (int r = 0; r < RIGHT_COUNT; r++) {
        struct buf text = {0};
        bool is_told = false;
        for (int before = 0; before < r; before++)
            is_told = is_told || is_told_alike(u, before, r);
        for (int same = r; same < RIGHT_COUNT && !is_told; same++)
            if (is_told_alike(u, r, same))
                buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", key_right_word((enum key_right)same));
        if (!is_told)
            out[n++] = (struct foot_row){labels[u->verdicts[r]],
                                         arena_printf(p->page.app->frame, "%s: %s", text.data, u->because[r])};
        buf_free(&text);
    }
    return n;
}

static size_t foot_of_flow(struct who_page *p, const struct key_flow *f, struct foot_row *out)
{
    struct buf who = {0};
    key_flow_who(f, &who);
    out[0] = (struct foot_row){"flow", f->title};
    out[1] = (struct foot_row){"by", arena_strdup(p->page.app->frame, who.data)};
    out[2] = (struct foot_row){f->works == TRI_NO ? "fails at" : "hangs at",
                               f->works == TRI_YES ? "" : arena_printf(p->page.app->frame, "%s%s%s", f->action,
                                                                       f->action[0] ? ": " : "", f->reason)};
    out[3] = (struct foot_row){"source", f->page};
    buf_free(&who);
    return 4;
}

/* Who loses or gains what, one after the other, as far as there is room. */
static size_t foot_of_statement(struct who_page *p, const struct key_statement *s, struct foot_row *out)
{
    struct buf text = {0};
    for (size_t at = 0; at < s->changes.n && text.len < 2000;) {
        buf_adds(&text, text.len > 0 ? "; " : "");
        principal_text(p, p->who->users.items[s->changes.items[at].user].principal, &text);
        buf_adds(&text, " ");
        struct buf one = {0};
        key_changes_text(s, &at, &one);
        buf_adds(&text, one.data);
        buf_free(&one);
    }
    out[0] = (struct foot_row){"statement", s->statement->sid ? s->statement->sid : ""};
    out[1] = (struct foot_row){"says", s->text};
    out[2] = (struct foot_row){"without", text.len > 0 ? arena_strdup(p->page.app->frame, text.data)
                                                       : "nothing changes for anybody who is known"};
    buf_free(&text);
    return 3;
}

/* What the answers of a part rest on. */
static size_t foot_of_part(enum line_is is, struct foot_row *out)
{
    static const char *const told[] = {
        [LINE_FLOWS] = "The calls that AWS's pages name for each, judged by the key's policy, grants and state, by IAM and "
                       "the organization; where IAM was not read it is not known.",
        [LINE_STATEMENTS] = "Who would lose or gain what if a statement of the key's policy went away; what hangs on facts "
                            "that are not known has a ?.",
        [LINE_WHO] = "Users and roles that were read of the key's account and of those it lets in, whom its policy names, "
                     "and grantees. A condition on what is not known of a request makes the answer unknown.",
        [LINE_PREVENTION] = "What keyfall would write, who would lose what by it, and whether a rule warns already. It "
                            "writes none of it.",
    };
    out[0] = (struct foot_row){"", told[is]};
    return 1;
}

static size_t foot_of_means(struct who_page *p, enum means means, struct foot_row *out)
{
    struct buf breaks = {0};
    means_breaks(p->prevention, means, &breaks);
    out[0] = (struct foot_row){"breaks", arena_strdup(p->page.app->frame, breaks.data ? breaks.data : "")};
    out[1] = (struct foot_row){"text", means_text(p->prevention, means)};
    buf_free(&breaks);
    return 2;
}

static void draw_foot(struct who_page *p, struct grid *g, struct rect r)
{
    struct foot_row rows[RIGHT_COUNT + 1];
    size_t n = 0;
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(p->page.app))
        p->told_row = p->state.scroll.cursor;
    const struct line *l = line_at(p, p->told_row);
    if (l && l->is == LINE_FLOW)
        n = foot_of_flow(p, &p->who->flows.items[l->item], rows);
    else if (l && (l->is == LINE_STATEMENT || l->is == LINE_CHANGES))
        n = foot_of_statement(p, &p->who->statements.items[l->item], rows);
    else if (l && l->is == LINE_USER)
        n = foot_of_user(p, &p->who->users.items[l->item], rows);
    else if (l && l->is == LINE_MEANS)
        n = foot_of_means(p, (enum means)l->item, rows);
    else if (l && l->depth == 0)
        n = foot_of_part(l->is, rows);
    int y = r.y + 1, end = r.y + r.h;
    for (size_t i = 0; i < n; i++)
        y += foot_line(g, (struct rect){r.x, y, r.w, end - y}, rows[i].label, ROLE_NORMAL, rows[i].text);
}

static const struct table_column columns[] = {
    {"title", "FLOW, STATEMENT, PRINCIPAL", 30, 46, 0, TABLE_NAME},
    {"says", "MAY", 20, 39, 1, 0},
    {"because", "BECAUSE", 18, 84, 2, 0},
};

static void who_draw(struct page *page, struct grid *g, struct rect body)
{
    struct who_page *p = (struct who_page *)page;
    if (!p->who) {
        grid_put(g, 1, body.y, body.w - 2, ROLE_LOADING, "Judging ...");
        return;
    }
    int foot = body.h >= 30 ? 10 : 7;
    struct rect list = {body.x, body.y, body.w, body.h - foot};
    struct table_look look = {.is_focused = true};
    size_t rows = table_page(list, &look);
    fit_folds(p, rows);
    p->rows = rows;
    struct table t = {.columns = columns,
                      .n_columns = 3,
                      .n_rows = p->tree.n_visible,
                      .ctx = p,
                      .row = draw_row,
                      .cell = draw_cell};
    p->state.sort_column = -1;
    table_draw(g, list, &t, &p->state, &look);
    draw_foot(p, g, (struct rect){body.x, body.y + body.h - foot, body.w, foot});
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

static void turn(struct who_page *p, size_t row)
{
    size_t line = p->tree.visible[row];
    p->is_touched = true;
    tree_fold(&p->tree, line, !p->tree.is_folded[line]);
}

/* The next flow that fails or is not known. */
static void next_worst(struct who_page *p, int step)
{
    size_t n = p->tree.n_visible;
    for (size_t i = 1; i <= n; i++) {
        size_t row = (p->state.scroll.cursor + (step > 0 ? i : n * 2 - i)) % n;
        const struct line *l = line_at(p, row);
        if (l->is == LINE_FLOW && p->who->flows.items[l->item].works != TRI_YES) {
            p->state.scroll.cursor = row;
            return;
        }
    }
}

/* Left folds, and goes up from what cannot be folded; right unfolds. */
static void go_sideways(struct who_page *p, bool is_right)
{
    size_t row = p->state.scroll.cursor;
    struct tree_branch branch;
    tree_branch(&p->tree, row, &branch);
    if (branch.has_children && branch.is_folded == is_right)
        turn(p, row);
    else if (!is_right)
        while (row > 0 && p->lines.items[p->tree.visible[row]].depth >= branch.depth && branch.depth > 0)
            row--;
    p->state.scroll.cursor = row;
}

/* That the row is about, from 1 on; 0: none. */
static size_t statement_at(const struct who_page *p)
{
    const struct line *l = line_at(p, p->state.scroll.cursor);
    return l && (l->is == LINE_STATEMENT || l->is == LINE_CHANGES) ? l->item + 1 : 0;
}

static bool who_act(struct page *page, enum action action)
{
    struct who_page *p = (struct who_page *)page;
    struct tree_branch branch;
    if (!p->who)
        return false;
    if (action_scroll(action, &p->state.scroll, p->tree.n_visible, p->rows))
        return true;
    switch (action) { /* keys of a tree that are no motion */
    case ACTION_FOLD:
        tree_branch(&p->tree, p->state.scroll.cursor, &branch);
        if (branch.has_children)
            turn(p, p->state.scroll.cursor);
        return true;
    case ACTION_LEFT:
    case ACTION_RIGHT:
        go_sideways(p, action == ACTION_RIGHT);
        return true;
    case ACTION_IMPACT: /* of a statement; else of the key */
        if (statement_at(p) > 0)
            app_push(page->app, page_impact_statement(page->app, p->key, statement_at(p)));
        return statement_at(p) > 0;
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

static uint32_t who_node(struct page *page)
{
    return ((struct who_page *)page)->key;
}

static bool who_has_row(struct page *page)
{
    return ((struct who_page *)page)->who != NULL;
}

/* Who the row is about, whole. */
static void who_marked(struct page *page, struct buf *out)
{
    struct who_page *p = (struct who_page *)page;
    const struct line *l = line_at(p, p->state.scroll.cursor);
    if (l && l->is == LINE_USER)
        buf_adds(out, p->who->users.items[l->item].principal);
    else if (l && l->is == LINE_CHANGES)
        buf_adds(out, p->who->users.items[p->who->statements.items[l->item].changes.items[l->change].user].principal);
    else if (l && l->is == LINE_FLOW)
        buf_adds(out, p->who->flows.items[l->item].who);
    else
        node_arn(page->app->estate, p->key, out);
}

static void who_renew(struct page *page)
{
    ask((struct who_page *)page);
}

static void who_place(struct page *page, struct buf *out)
{
    struct who_page *p = (struct who_page *)page;
    show_node_name(p->page.app->snapshot->generation, p->key, out);
    buf_adds(out, " > who");
}

static void who_free(struct page *page)
{
    struct who_page *p = (struct who_page *)page;
    worker_forget(page->app->sorting, p);
    key_who_free(p->who);
    prevention_free(p->prevention);
    snapshot_release(p->snapshot);
    tree_free(&p->tree);
    VEC_FREE(p->lines);
    mem_free(p);
}

static const struct page_ops who_ops = {
    .context = KEYS_IMPACT,
    .draw = who_draw,
    .act = who_act,
    .renew = who_renew,
    .place = who_place,
    .marked = who_marked,
    .copied = who_marked,
    .node = who_node,
    .has_row = who_has_row,
    .free = who_free,
};

struct page *page_who(struct app *app, uint32_t node)
{
    uint32_t key = app_key_of(app, node);
    if (!key)
        return NULL;
    struct who_page *p = mem_alloc(sizeof *p);
    p->page = (struct page){.ops = &who_ops, .app = app};
    p->key = key;
    ask(p);
    return &p->page;
}
