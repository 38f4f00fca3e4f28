#include "tui/views/list.h"

#include <stdio.h>
#include <string.h>

struct select_job {
    struct job job;
    struct list_page *list; /* may be gone while the job runs */
    const struct view *view;
    struct snapshot *snapshot;
    struct filter *filter;
    bool is_whole_scope; /* nothing was typed */
    struct sort_key sort;
    size_t first;        /* rows that are put in order; 0: all */
    bool is_rest;        /* the first of them are seen already, and stay where they are */
    size_t cursor;       /* where it was when this was asked for */
    uint32_t follow; /* node that the cursor stays on, and of a finding its rule, of a blind spot what it is of */
    const struct finding_row *follow_rule;
    struct followed_spot {
        char account[16], region[40], operation[64], what[160];
    } follow_spot;
    struct selection selection;
    struct fold fold;
    size_t follow_at;
    enum err_code code;
};

static void select_run(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    struct arena *scratch = arena_new();
    struct view_context c = snapshot_context(s->snapshot, scratch);
    s->code = view_select(&c, s->view, s->filter, s->sort, s->first, &job->cancel, &s->selection);
    s->follow_at = SIZE_MAX;
    if (s->code == ERR_OK && fold_is_for(s->view))
        fold_build(&s->fold, s->view, c.judgement, &s->selection);
    else if (s->code == ERR_OK && s->follow)
        s->follow_at = selection_find(&c, s->view, &s->selection, s->follow);
    arena_free(scratch);
}

/* ---- rows ----------------------------------------------------------------------------------- */

size_t list_rows(const struct list_page *l)
{
    return fold_is_for(l->view) ? l->fold.rows.n : l->selection.n;
}

static bool read_item(struct list_page *l, size_t item, struct view_context *c, struct view_row *out)
{
    *c = snapshot_context(l->snapshot, l->page.app->frame);
    return view_row(c, l->view, l->selection.items[item], out);
}

bool list_read(struct list_page *l, size_t row, struct view_context *c, struct view_row *out)
{
    if (!l->snapshot || row >= list_rows(l) || row >= l->n_ordered)
        return false;
    return read_item(l, fold_is_for(l->view) ? l->fold.rows.items[row] : row, c, out);
}

bool list_read_worst(struct list_page *l, size_t row, struct view_context *c, struct view_row *out)
{
    if (list_fold(l, row) != FOLD_CLOSED)
        return list_read(l, row, c, out);
    return l->snapshot && read_item(l, fold_worst(&l->fold, row), c, out);
}

static int rank_of(struct list_page *l, size_t row)
{
    struct view_context c;
    struct view_row r;
    struct cell cell = {.order = 0};
    int severity = view_column(l->view, "severity");
    if (severity >= 0 && list_read_worst(l, row, &c, &r))
        view_cell(&c, l->view, &r, severity, &cell);
    return cell.order;
}

#define WORST_LOOKED_AT 10000 /* rows: a key must not wait for a million of them */

void list_next_worst(struct list_page *l, int step)
{
    size_t n = list_rows(l), most = n < WORST_LOOKED_AT ? n : WORST_LOOKED_AT, at = l->state.scroll.cursor;
    int worst = 0;
    for (size_t i = 1; i <= most; i++) {
        size_t row = (l->state.scroll.cursor + (step > 0 ? i : n - i)) % n;
        int rank = rank_of(l, row);
        if (rank <= worst)
            continue;
        worst = rank;
        at = row;
    }
    l->has_moved = l->has_moved || n > 0;
    l->state.scroll.cursor = at;
}

uint32_t list_row_node(struct list_page *l, size_t row)
{
    struct view_context c;
    struct view_row r;
    return list_read(l, row, &c, &r) ? view_row_node(&r) : 0;
}

enum fold_row list_fold(const struct list_page *l, size_t row)
{
    return fold_is_for(l->view) && row < l->fold.rows.n ? fold_row(&l->fold, row) : FOLD_ALONE;
}

static void show_rows(struct list_page *l)
{
    if (fold_is_for(l->view))
        fold_show(&l->fold, l->open.items, l->open.n);
}

void list_unfold(struct list_page *l, size_t row, bool is_open)
{
    size_t cause = fold_cause_row(&l->fold, row);
    uint32_t key = fold_key(&l->fold, cause);
    size_t n = 0;
    for (size_t i = 0; i < l->open.n; i++)
        if (l->open.items[i] != key)
            l->open.items[n++] = l->open.items[i];
    l->open.n = n;
    if (is_open)
        VEC_PUSH(l->open, key);
    show_rows(l);
    l->state.scroll.cursor = cause;
    l->has_moved = true;
}

static size_t find_finding(struct list_page *l, uint32_t node, const struct finding_row *rule)
{
    struct view_context c;
    struct view_row r;
    for (size_t i = 0; i < list_rows(l); i++)
        if (list_read(l, i, &c, &r) && r.finding->node == node && r.finding->rule == rule)
            return i;
    return SIZE_MAX;
}

static bool is_same_spot(const struct followed_spot *f, const struct blind_spot *b)
{
    return strcmp(f->account, b->account) == 0 && strcmp(f->region, b->region) == 0 &&
           strcmp(f->operation, b->operation) == 0 && strncmp(f->what, b->what, sizeof f->what - 1) == 0;
}

static size_t find_spot(struct list_page *l, const struct followed_spot *f)
{
    struct view_context c;
    struct view_row r;
    for (size_t i = 0; i < list_rows(l); i++)
        if (list_read(l, i, &c, &r) && is_same_spot(f, r.blind))
            return i;
    return SIZE_MAX;
}

static void follow_spot(struct followed_spot *f, const struct blind_spot *b)
{
    (void)snprintf(f->account, sizeof f->account, "%s", b->account);
    (void)snprintf(f->region, sizeof f->region, "%s", b->region);
    (void)snprintf(f->operation, sizeof f->operation, "%s", b->operation);
    (void)snprintf(f->what, sizeof f->what, "%s", b->what);
}

/* ---- selecting ------------------------------------------------------------------------------ */

/* The row of the cursor stays where the eye is; from where it was the cursor may have gone on. */
static void follow(struct list_page *l, size_t at, size_t was)
{
    struct scroll *scroll = &l->state.scroll;
    size_t below_top = scroll->cursor - scroll->top;
    if (at == SIZE_MAX)
        return;
    scroll->cursor = scroll->cursor >= was        ? at + (scroll->cursor - was)
                     : at > was - scroll->cursor ? at - (was - scroll->cursor)
                                                 : 0;
    scroll->top = scroll->cursor > below_top ? scroll->cursor - below_top : 0;
}

static void ask(struct list_page *l, struct select_job *s);

/* What comes after the first rows, in order too. */
static void ask_rest(struct select_job *s)
{
    struct select_job *rest = mem_alloc(sizeof *rest);
    *rest = *s;
    rest->job = (struct job){.is_unhurried = true};
    rest->first = 0;
    rest->is_rest = true;
    rest->selection = (struct selection){0};
    rest->snapshot = snapshot_retain(s->snapshot);
    s->filter = NULL;
    ask(s->list, rest);
}

static void select_done(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    struct list_page *l = s->list;
    l->is_selecting = false;
    if (s->code != ERR_OK)
        return;
    struct selection old = l->selection;
    l->selection = s->selection;
    s->selection = old;
    struct fold old_fold = l->fold;
    l->fold = s->fold;
    s->fold = old_fold;
    struct snapshot *old_snapshot = l->snapshot;
    l->snapshot = snapshot_retain(s->snapshot);
    snapshot_release(old_snapshot);
    if (s->is_whole_scope)
        l->n_in_scope = l->selection.n;
    l->n_ordered = s->first && s->first < l->selection.n ? s->first : SIZE_MAX;
    show_rows(l);
    if (!l->has_moved)
        l->state.scroll = (struct scroll){0};
    else if (!s->is_rest)
        follow(l, s->follow_rule                      ? find_finding(l, s->follow, s->follow_rule)
                  : s->view->rows == ROWS_BLIND_SPOTS ? find_spot(l, &s->follow_spot)
                                                      : s->follow_at, s->cursor);
    l->page.app->is_dirty = true;
    if (l->n_ordered != SIZE_MAX)
        ask_rest(s);
    else if (l->is_outdated)
        list_follow_snapshot(l);
}

static void select_drop(struct job *job)
{
    struct select_job *s = (struct select_job *)job;
    selection_free(&s->selection);
    fold_free(&s->fold);
    filter_free(s->filter);
    snapshot_release(s->snapshot);
    mem_free(s);
}

/* So few rows are put in order before the next key is looked at, so that typed-ahead keys find
 * them; more are left to the sorting thread. */
#define AT_ONCE_ROWS 6000

static bool is_small(const struct list_page *l, const struct snapshot *s)
{
    uint64_t n = 0;
    for (const enum kind *kind = l->view->kinds; kind && *kind != KIND_NONE; kind++)
        n += s->tally.counts[*kind];
    size_t n_findings = 0;
    if (!l->view->kinds)
        judgement_findings(s->judgement, &n_findings);
    return n + n_findings <= AT_ONCE_ROWS;
}

/* The page's part and what is typed are read apart, so that an open quote swallows nothing and an
 * error's column is the user's. */
static struct filter *whole_filter(struct list_page *l)
{
    struct buf text = {0};
    struct err err = {0};
    struct filter *filter = NULL;
    if (l->panel->hidden && !l->shows_hidden)
        buf_adds(&text, l->panel->hidden);
    buf_printf(&text, " %s", l->scope);
    enum err_code code = filter_parse(l->view, text.data, &filter, &err);
    buf_free(&text);
    if (code == ERR_OK)
        code = filter_add(filter, l->filter, &err);
    mem_free(l->filter_error);
    l->filter_error = code == ERR_OK ? NULL : mem_strdup(err.text);
    if (code == ERR_OK)
        return filter;
    filter_free(filter);
    return NULL;
}

/* Rows that fill any screen. */
#define FIRST_ROWS 200

static void ask(struct list_page *l, struct select_job *s)
{
    struct app *app = l->page.app;
    s->job.tag = l;
    s->job.run = select_run;
    s->job.done = select_done;
    s->job.drop = select_drop;
    l->is_selecting = true;
    worker_post(app->sorting, &s->job);
}

static void select_anew(struct list_page *l, bool is_unhurried)
{
    struct app *app = l->page.app;
    struct filter *filter = app->snapshot ? whole_filter(l) : NULL;
    if (!filter)
        return; /* half a word is being typed: the rows stay */
    struct view_context c;
    struct view_row r;
    struct select_job *s = mem_alloc(sizeof *s);
    s->job.is_unhurried = is_unhurried;
    s->list = l;
    s->view = l->view;
    s->snapshot = snapshot_retain(app->snapshot);
    s->filter = filter;
    s->is_whole_scope = !*l->filter;
    s->sort = l->sort;
    s->cursor = l->state.scroll.cursor;
    s->first = is_unhurried || l->has_moved || fold_is_for(l->view) ? 0 : FIRST_ROWS;
    if (l->has_moved && list_read(l, l->state.scroll.cursor, &c, &r)) {
        s->follow = view_row_node(&r);
        s->follow_rule = r.finding ? r.finding->rule : NULL;
        if (r.blind)
            follow_spot(&s->follow_spot, r.blind);
    }
    l->is_outdated = false;
    if (!is_small(l, app->snapshot)) {
        ask(l, s);
        return;
    }
    s->first = 0;
    worker_forget(app->sorting, l);
    select_run(&s->job);
    select_done(&s->job);
    select_drop(&s->job);
}

void list_select(struct list_page *l)
{
    select_anew(l, false);
}

void list_follow_snapshot(struct list_page *l)
{
    l->is_outdated = true;
    if (!l->is_selecting)
        select_anew(l, l->snapshot != NULL);
}
