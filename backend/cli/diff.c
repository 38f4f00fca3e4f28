#include "backend/cli/diff.h"

#include "backend/cli/about.h"
#include "backend/cli/verb.h"
#include "backend/collect/products.h"
#include "backend/store/posture.h"

#include <errno.h>
#include <string.h>

/* ---- the earlier one ---------------------------------------------------------------------------------- */

struct earlier {
    struct estate *estate; /* NULL: a CSV */
    struct about about;
    struct view_context context;
    struct judgement *judgement;
    struct csv_table table;
    struct diff_side side;
};

/* The view whose columns these are: all of them, and the most. */
static const struct view *view_of(const struct csv_table *t)
{
    size_t n;
    const struct view *const *views = view_all(&n), *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t known = 0;
        for (size_t c = 0; c < t->n_columns; c++)
            known += view_column(views[i], t->cells[c]) >= 0;
        if (known == t->n_columns && (!best || views[i]->n_columns < best->n_columns))
            best = views[i];
    }
    return best && csv_column(t, "id") != SIZE_MAX && csv_column(t, "account") != SIZE_MAX ? best : NULL;
}

static enum err_code open_csv(const char *path, struct earlier *e, struct err *err)
{
    FILE *in = fopen(path, "re");
    if (!in)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    enum err_code code = csv_read(in, &e->table, err);
    (void)fclose(in);
    if (code == ERR_OK && !(e->side.view = view_of(&e->table)))
        code = err_set(err, ERR_PARSE, "it is neither a posture file nor the CSV of a view with its id and account");
    e->side.table = &e->table;
    if (code != ERR_OK)
        err_prefix(err, "%s", path);
    return code;
}

static void judge_earlier(struct earlier *e, const struct allow_settings *allow)
{
    e->context.generation = estate_acquire(e->estate);
    e->context.now_utc = e->about.taken_utc;
    e->context.scratch = arena_new();
    e->context.judgement = e->judgement = judge_with(e->context.generation, e->about.taken_utc, allow);
    e->side.context = &e->context;
}

/* It is judged as it was when it was kept, unless a file is named to judge by. */
static enum err_code open_file(const struct cli_options *o, const char *path, const struct buf *head, struct earlier *e,
                               struct err *err)
{
    struct buf summary = {0};
    e->estate = estate_new();
    enum err_code code = about_read(head->data, head->len, &e->about, err);
    if (code != ERR_OK)
        err_prefix(err, "%s", path);
    if (code == ERR_OK)
        code = posture_open(path, e->estate, NULL, &summary, err);
    buf_free(&summary);
    if (code == ERR_OK)
        judge_earlier(e, o->config_file ? &o->settings->allow : &e->about.settings->allow);
    return code;
}

static enum err_code open_memory(const struct cli_options *o, struct store **store, struct err *err)
{
    char *scope = scope_text(o);
    enum err_code code = store_open(scope, true, store, err);
    mem_free(scope);
    return code == ERR_NOT_FOUND ? err_set(err, code, "nothing is remembered of these accounts: the dashboard has not "
                                                      "read them yet")
                                 : code;
}

/* What the dashboard of the same accounts remembers of a time. */
static enum err_code open_then(const struct cli_options *o, int64_t at_utc, struct earlier *e, struct err *err)
{
    struct store *store;
    enum err_code code = open_memory(o, &store, err);
    if (code != ERR_OK)
        return code;
    e->estate = estate_new();
    e->about.taken_utc = at_utc;
    code = store_at(store, at_utc, e->estate, err);
    store_close(store);
    if (code != ERR_OK)
        return code;
    struct products *products = products_new(e->estate, &o->settings->products, at_utc);
    if (products_write(products)) /* what follows from the rest */
        (void)estate_publish(e->estate);
    products_free(products);
    judge_earlier(e, &o->settings->allow);
    return ERR_OK;
}

/* What is no posture file may be a CSV; head stays empty then. */
static enum err_code open_head(const char *path, struct buf *head, struct earlier *e, struct err *err)
{
    enum err_code code = posture_summary(path, head, err);
    return code == ERR_NOT_FOUND ? open_csv(path, e, err) : code;
}

/* A time is one of the history. */
static enum err_code earlier_open(const struct cli_options *o, const char *path, struct earlier *e, struct err *err)
{
    struct buf head = {0};
    int64_t at_utc;
    if (time_parse_iso(path, &at_utc))
        return open_then(o, at_utc, e, err);
    enum err_code code = open_head(path, &head, e, err);
    if (code == ERR_OK && !e->side.view)
        code = open_file(o, path, &head, e, err);
    buf_free(&head);
    return code;
}

static void earlier_close(struct earlier *e)
{
    judgement_free(e->judgement);
    generation_release(e->context.generation);
    arena_free(e->context.scratch);
    csv_table_free(&e->table);
    about_free(&e->about);
    estate_free(e->estate);
}

enum err_code diff_old_check(const struct cli_options *o, const char *old, struct err *err)
{
    struct earlier e = {0};
    struct store *store = NULL;
    struct buf head = {0};
    int64_t at_utc;
    bool is_time = time_parse_iso(old, &at_utc);
    enum err_code code = is_time ? open_memory(o, &store, err) : open_head(old, &head, &e, err);
    store_close(store);
    buf_free(&head);
    earlier_close(&e);
    return code;
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

static void gather(void *ctx, const struct diff_change *change)
{
    struct diff_report *r = ctx;
    struct diff_change own = *change;
    const char **texts[] = {&own.id, &own.account, &own.region, &own.rule, &own.was, &own.is};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_strdup(r->arena, *texts[i]);
    VEC_PUSH(r->changes, own);
    r->counts[own.kind]++;
    r->is_worse |= diff_is_worse(own.kind);
}

static bool has_blind_spots(const struct judgement *j)
{
    size_t n = 0;
    if (j)
        (void)judgement_blind_spots(j, &n);
    return n > 0;
}

enum err_code diff_report_make(const struct cli_options *o, const char *old, const struct view_context *now,
                               bool is_cut_short, struct diff_report *out, struct err *err)
{
    struct earlier e = {0};
    struct diff_side is = {.context = now};
    *out = (struct diff_report){
        .is_name = o->posture ? o->posture : "now", .is_utc = now->now_utc, .arena = arena_new()};
    enum err_code code = earlier_open(o, old, &e, err);
    if (code == ERR_OK) {
        out->was_name = arena_strdup(out->arena, old);
        out->was_utc = e.estate ? e.about.taken_utc : TIME_NONE;
        out->is_whole = !is_cut_short && !has_blind_spots(now->judgement) && !has_blind_spots(e.judgement);
        diff_compare(&e.side, &is, gather, out);
    }
    earlier_close(&e);
    return code;
}

void diff_report_free(struct diff_report *r)
{
    VEC_FREE(r->changes);
    arena_free(r->arena);
}
