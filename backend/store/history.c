#include "backend/store/internal.h"

#include "backend/base/timefmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_S 86400
#define KEPT_DAYS 400      /* an audit a year, and a month for being late */
#define DRIFT_DAYS 60      /* in memory */
#define TRANSACTION_MS 50

/* ---- what is known of before --------------------------------------------------------------------- */

static uint64_t name_of_node(const struct store *s, const struct estate *e, const char *what, uint32_t node)
{
    struct buf arn = {0};
    node_arn(e, node, &arn);
    uint64_t name = since_name(s->history.seed, what, kind_row(node_kind(e, node))->name, arn.data ? arn.data : "", NULL);
    buf_free(&arn);
    return name;
}

static uint64_t name_of_slot(const struct store *s, const struct estate *e, uint32_t slot)
{
    struct buf parent = {0};
    buf_adds(&parent, "");
    if (slot_parent(e, slot))
        node_arn(e, slot_parent(e, slot), &parent);
    uint64_t name = since_name(s->history.seed, "slot", scope_account(e, slot_scope(e, slot)), scope_region(e, slot_scope(e, slot)),
                               list_row(slot_list(e, slot))->name, parent.data, NULL);
    buf_free(&parent);
    return name;
}

static int64_t recalled(struct store *s, const struct since_map *map, uint64_t name)
{
    pthread_mutex_lock(&s->lock);
    const struct since *known = since_get(map, name);
    int64_t at = known ? known->at : TIME_NONE;
    pthread_mutex_unlock(&s->lock);
    return at;
}

/* What nobody has noted yet is seen now for the first time. */
static int64_t finding_since(void *ctx, const struct judgement *j, const struct finding *f)
{
    struct store *s = ctx;
    const struct estate *e = generation_estate(judgement_generation(j));
    int64_t at = recalled(s, &s->history.findings, name_of_node(s, e, f->rule->id, f->node));
    return at != TIME_NONE ? at : judgement_now(j);
}

static int64_t record_since(void *ctx, const struct record *r)
{
    struct store *s = ctx;
    const struct estate *e = generation_estate(r->generation);
    int64_t at = recalled(s, &s->history.records, name_of_node(s, e, "record", r->node));
    if (at == TIME_NONE)
        at = recalled(s, &s->history.records, name_of_slot(s, e, r->slot));
    return at != TIME_NONE ? at : slice_seen_at(r->slice);
}

struct past store_past(struct store *s)
{
    return (struct past){.ctx = s, .finding_since = finding_since, .record_since = record_since};
}

static void note(struct store *s, uint64_t name, int64_t at)
{
    pthread_mutex_lock(&s->lock);
    if (!since_get(&s->history.records, name))
        since_put(&s->history.records, (struct since){.name = name, .at = at});
    pthread_mutex_unlock(&s->lock);
}

/* ---- recalling: before other threads ask ---------------------------------------------------------- */

static void take_slot(struct store *s, sqlite3_stmt *q)
{
    since_put(&s->history.records, (struct since){.name = since_name(s->history.seed, "slot", db_text(q, 0), db_text(q, 1),
                                                                     db_text(q, 2), db_text(q, 3), NULL),
                                                  .at = sqlite3_column_int64(q, 4)});
}

static void take_record(struct store *s, sqlite3_stmt *q)
{
    since_put(&s->history.records, (struct since){.name = since_name(s->history.seed, "record", db_text(q, 0), db_text(q, 1), NULL),
                                                  .at = sqlite3_column_int64(q, 2)});
}

static void take_finding(struct store *s, sqlite3_stmt *q)
{
    since_put(&s->history.findings,
              (struct since){.name = since_name(s->history.seed, db_text(q, 1), db_text(q, 2), db_text(q, 3), NULL),
                             .at = sqlite3_column_int64(q, 4),
                             .id = sqlite3_column_int64(q, 0)});
}

static void put_drift(struct history *h, struct store_drift d)
{
    if (h->drift.n > 0 && h->drift.items[h->drift.n - 1].at_utc >= d.at_utc)
        h->drift.items[h->drift.n - 1] = d;
    else
        VEC_PUSH(h->drift, d);
}

static void take_drift(struct store *s, sqlite3_stmt *q)
{
    struct store_drift d = {.at_utc = sqlite3_column_int64(q, 0)};
    for (int i = 0; i < DRIFT_COUNTS; i++)
        d.counts[i] = (uint32_t)sqlite3_column_int64(q, i + 1);
    put_drift(&s->history, d);
}

static void recall_each(struct store *s, sqlite3_stmt *q, void (*take)(struct store *s, sqlite3_stmt *q))
{
    struct err err;
    int row;
    while ((row = db_step(&s->db, q, &err)) > 0)
        take(s, q);
    if (row < 0)
        store_note_trouble(s, &err);
}

void store_recall(struct store *s)
{
    recall_each(s, db_query(&s->db, QUERY_SLOT_FIRST, ""), take_slot);
    recall_each(s, db_query(&s->db, QUERY_RECORD_SINCE, ""), take_record);
    recall_each(s, db_query(&s->db, QUERY_FINDING_OPEN, ""), take_finding);
    recall_each(s, db_query(&s->db, QUERY_DRIFT_SINCE, "i", time_now_utc() - (int64_t)DRIFT_DAYS * DAY_S), take_drift);
}

/* ---- findings as they are now -------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return (x->name > y->name) - (x->name < y->name);
}

static struct store_drift drift_of(const struct judgement *j)
{
    struct place all = {0};
    (void)judgement_place(j, NULL, NULL, &all);
    struct store_drift d = {.at_utc = judgement_now(j) - judgement_now(j) % HOUR_S};
    for (int v = SEVERITY_INFO; v <= SEVERITY_CRITICAL; v++) {
        d.counts[SEVERITY_CRITICAL - v] = all.findings[v];
        d.counts[DRIFT_UNPROVED] += all.unknown[v];
    }
    d.counts[DRIFT_BLIND] = all.blind_spots;
    d.counts[DRIFT_RECORDS] = (uint32_t)all.records;
    return d;
}

void store_keep_findings(struct store *s, const struct judgement *j)
{
    size_t n;
    const struct finding *f = judgement_findings(j, &n);
    struct found_vec found = {0};
    const struct generation *g = generation_retain(judgement_generation(j));
    VEC_RESERVE(found, n + 1);
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(found, ((struct found){name_of_node(s, generation_estate(g), f[i].rule->id, f[i].node), f[i].rule->id,
                                        f[i].node}));
    if (n > 1)
        qsort(found.items, n, sizeof *found.items, by_name);
    pthread_mutex_lock(&s->lock);
    VEC_FREE(s->history.next.found);
    generation_release(s->history.next.generation);
    s->history.next = (struct findings_now){.found = found, .generation = g, .at_utc = judgement_now(j), .drift = drift_of(j)};
    put_drift(&s->history, s->history.next.drift);
    pthread_mutex_unlock(&s->lock);
}

static void findings_free(struct findings_now *f)
{
    VEC_FREE(f->found);
    generation_release(f->generation);
    since_free(&f->known);
    *f = (struct findings_now){0};
}

/* The newest that were given; false: there are none to be written. */
static bool begin_findings(struct store *s)
{
    struct history *h = &s->history;
    if (h->now.generation)
        return true;
    pthread_mutex_lock(&s->lock);
    h->now = h->next;
    h->next = (struct findings_now){0};
    pthread_mutex_unlock(&s->lock);
    return h->now.generation != NULL;
}

static enum err_code write_found(struct store *s, const struct found *f, struct since *out, struct err *err)
{
    const struct estate *e = generation_estate(s->history.now.generation);
    const char *kind = kind_row(node_kind(e, f->node))->name;
    struct buf arn = {0};
    node_arn(e, f->node, &arn);
    enum err_code code = db_run(&s->db, err, QUERY_FINDING_ADD, "ttti", f->rule, kind, arn.data, s->history.now.at_utc);
    if (code == ERR_OK) {
        sqlite3_stmt *q = db_query(&s->db, QUERY_FINDING_FIND, "ttt", f->rule, kind, arn.data);
        int row = db_step(&s->db, q, err);
        *out = (struct since){.name = f->name, .at = row > 0 ? sqlite3_column_int64(q, 1) : s->history.now.at_utc,
                              .id = row > 0 ? sqlite3_column_int64(q, 0) : 0};
        db_done(q);
        code = row < 0 ? err->code : ERR_OK;
    }
    buf_free(&arn);
    return code;
}

/* The n-th field of an ARN; "" if it has none, as our own ids do. */
static void arn_field(const char *arn, int n, char *out, size_t size)
{
    *out = '\0';
    if (strncmp(arn, "arn:", 4) != 0)
        return;
    for (; n > 0 && arn; n--)
        arn = strchr(arn, ':') ? strchr(arn, ':') + 1 : NULL;
    size_t len = arn ? strcspn(arn, ":") : 0;
    if (len > 0 && len < size)
        (void)snprintf(out, size, "%.*s", (int)len, arn);
}

static bool is_named(const char *field, const char *place)
{
    return field[0] == '\0' || strcmp(field, place) == 0;
}

/* Whether a list was not seen in which the record may stand. */
static bool may_hide(const struct generation *g, enum kind kind, const char *arn)
{
    const struct estate *e = generation_estate(g);
    char region[40], account[16];
    arn_field(arn, 3, region, sizeof region);
    arn_field(arn, 4, account, sizeof account);
    for (uint32_t i = 0, slot; (slot = kind_slot(e, kind, i)); i++) {
        uint32_t scope = slot_scope(e, slot);
        if (is_named(account, scope_account(e, scope)) && is_named(region, scope_region(e, scope))
            && !truth_is_sure(slice_truth(generation_slice(g, slot))))
            return true;
    }
    return false;
}

/* What is unseen is not over: its list was read, and with it what the rule asks for, or it would be found unproved. */
static bool is_over(const struct generation *g, const char *kind, const char *arn)
{
    const struct estate *e = generation_estate(g);
    uint32_t node = estate_find_node(e, kind_by_name(kind), arn, strlen(arn));
    uint32_t home = node ? estate_home(e, node) : 0;
    if (home)
        return truth_is_sure(slice_truth(generation_slice(g, home)));
    return !may_hide(g, kind_by_name(kind), arn);
}

/* One that was known and is not among the found. *stays: it may still be so. */
static enum err_code end_finding(struct store *s, const struct since *known, bool *stays, struct err *err)
{
    sqlite3_stmt *q = db_query(&s->db, QUERY_FINDING_GET, "i", known->id);
    int row = db_step(&s->db, q, err);
    *stays = row > 0 && !is_over(s->history.now.generation, db_text(q, 0), db_text(q, 1));
    db_done(q);
    if (row <= 0 || *stays)
        return row < 0 ? err->code : ERR_OK;
    return db_run(&s->db, err, QUERY_FINDING_END, "ii", known->id, s->history.now.at_utc);
}

/* First those that are found, then those that were known: the cursor goes over both. */
static enum err_code write_finding(struct store *s, size_t at, struct err *err)
{
    struct history *h = &s->history;
    struct findings_now *now = &h->now;
    enum err_code code = ERR_OK;
    bool stays = true;
    if (at < now->found.n) {
        struct since since;
        const struct since *known = since_get(&h->findings, now->found.items[at].name);
        if (known)
            since = *known;
        else
            code = write_found(s, &now->found.items[at], &since, err);
        if (code == ERR_OK)
            since_put(&now->known, since);
        return code;
    }
    struct since *known = &h->findings.items[at - now->found.n];
    if (!known->name || since_get(&now->known, known->name))
        return ERR_OK;
    code = end_finding(s, known, &stays, err);
    if (code == ERR_OK && stays)
        since_put(&now->known, *known);
    return code;
}

static enum err_code write_drift(struct store *s, struct err *err)
{
    const struct store_drift *d = &s->history.now.drift;
    const uint32_t *n = d->counts;
    return db_run(&s->db, err, QUERY_DRIFT_PUT, "iiiiiiiii", d->at_utc, (int64_t)n[0], (int64_t)n[1], (int64_t)n[2],
                  (int64_t)n[3], (int64_t)n[4], (int64_t)n[5], (int64_t)n[6], (int64_t)n[7]);
}

enum err_code history_write(struct store *s, bool *has_more, struct err *err)
{
    struct findings_now *now = &s->history.now;
    int64_t until_ms = time_mono_ms() + TRANSACTION_MS;
    enum err_code code = ERR_OK;
    *has_more = begin_findings(s);
    if (*has_more && now->next == 0)
        code = write_drift(s, err);
    while (*has_more && code == ERR_OK && time_mono_ms() < until_ms) {
        size_t n = now->found.n + (s->history.findings.items ? s->history.findings.mask + 1 : 0);
        *has_more = now->next < n;
        if (*has_more)
            code = write_finding(s, now->next++, err);
    }
    return code;
}

void history_committed(struct store *s, bool has_more)
{
    struct history *h = &s->history;
    if (has_more || !h->now.generation)
        return;
    pthread_mutex_lock(&s->lock);
    struct since_map before = h->findings;
    h->findings = h->now.known;
    h->now.known = before;
    pthread_mutex_unlock(&s->lock);
    findings_free(&h->now);
}

void history_rolled_back(struct store *s)
{
    since_free(&s->history.now.known);
    s->history.now.next = 0;
}

/* ---- records that come and go --------------------------------------------------------------------- */

static enum err_code note_record(struct store *s, const struct slice *slice, const struct record *r, bool is_new,
                                 int64_t first_at, struct err *err)
{
    const struct estate *e = generation_estate(r->generation);
    const char *kind = kind_row(r->kind)->name;
    struct buf arn = {0};
    enum err_code code;
    node_arn(e, r->node, &arn);
    if (is_new) {
        code = db_run(&s->db, err, QUERY_RECORD_ADD, "tti", kind, arn.data, slice_seen_at(slice));
        note(s, name_of_node(s, e, "record", r->node), slice_seen_at(slice));
    } else {
        code = db_run(&s->db, err, QUERY_RECORD_END, "tti", kind, arn.data, slice_seen_at(slice));
        if (code == ERR_OK && sqlite3_changes(s->db.handle) == 0)
            code = db_run(&s->db, err, QUERY_RECORD_WAS, "ttii", kind, arn.data, slice_seen_at(slice), first_at);
    }
    buf_free(&arn);
    return code;
}

/* Those of a that b lacks. */
static enum err_code note_missing(struct store *s, const struct generation *ga, const struct slice *a,
                                  const struct slice *b, bool is_new, int64_t first_at, struct err *err)
{
    struct record ra, rb;
    enum err_code code = ERR_OK;
    uint32_t at = 0;
    for (uint32_t i = 0; code == ERR_OK && slice_record(ga, a, i, &ra); i++) {
        while (slice_record(ga, b, at, &rb) && rb.node < ra.node)
            at++;
        if (!slice_record(ga, b, at, &rb) || rb.node != ra.node)
            code = note_record(s, is_new ? a : b, &ra, is_new, first_at, err);
    }
    return code;
}

/* A new list begins to be remembered. */
void history_begin(struct store *s, uint32_t slot, int64_t at)
{
    note(s, name_of_slot(s, s->slots.estate, slot), at);
}

enum err_code history_compare(struct store *s, uint32_t slot, int64_t first_at, struct err *err)
{
    const struct generation *before = s->slots.kept, *after = s->slots.writing;
    const struct slice *a = before ? generation_slice(before, slot) : NULL, *b = generation_slice(after, slot);
    if (!slice_is_complete(a) || !slice_is_complete(b))
        return ERR_OK;
    enum err_code code = note_missing(s, before, a, b, false, first_at, err);
    return code == ERR_OK ? note_missing(s, after, b, a, true, first_at, err) : code;
}

/* ---- the rest ------------------------------------------------------------------------------------- */

enum err_code history_forget(struct store *s, struct err *err)
{
    static const enum query forget[] = {QUERY_FORGET_VERSIONS, QUERY_FORGET_RECORDS, QUERY_FORGET_FINDINGS,
                                        QUERY_FORGET_DRIFT};
    int64_t before = time_now_utc() - (int64_t)KEPT_DAYS * DAY_S;
    enum err_code code = ERR_OK;
    for (size_t i = 0; code == ERR_OK && i < sizeof forget / sizeof *forget; i++)
        code = db_run(&s->db, err, forget[i], "i", before);
    return code;
}

size_t store_drift(struct store *s, struct store_drift *out, size_t most)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->history.drift.n < most ? s->history.drift.n : most;
    if (n > 0)
        memcpy(out, s->history.drift.items + s->history.drift.n - n, n * sizeof *out);
    pthread_mutex_unlock(&s->lock);
    return n;
}

void history_close(struct store *s)
{
    struct history *h = &s->history;
    findings_free(&h->now);
    findings_free(&h->next);
    since_free(&h->findings);
    since_free(&h->records);
    VEC_FREE(h->drift);
}
