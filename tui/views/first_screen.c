#include "tui/views/first_screen.h"

#include "backend/base/bytes.h"
#include "tui/panels/show.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1
#define MOST_KEYS 64      /* more than a screen shows */
#define MOST_FINDINGS 256
#define MOST_REGIONS 64
#define LAST_UTC INT64_C(253402300799) /* of the year 9999 */
#define ACCOUNTS_ROOM (FIRST_SCREEN_MOST - (8u << 10)) /* accounts are added while there is room */

/* ---- told of a snapshot ------------------------------------------------------------------------- */

static const char *kept(struct arena *arena, struct buf *text)
{
    const char *own = arena_strdup(arena, text->data ? text->data : "");
    buf_free(text);
    return own;
}

static const char *where_text(const struct snapshot *s, uint32_t node, struct arena *arena)
{
    char account[16], region[40], brief[16];
    struct record r;
    node_place(generation_estate(s->generation), node, account, region);
    if (generation_record(s->generation, node, &r)) {
        snprintf(account, sizeof account, "%s", record_account(&r));
        snprintf(region, sizeof region, "%s", record_region(&r));
    }
    show_region_short(region, brief);
    return arena_printf(arena, "%s %s", show_account_name(s->generation, account), brief);
}

static const char *wheres_text(const struct snapshot *s, const struct finding *f, struct arena *arena)
{
    char account[16], region[40];
    struct record r;
    node_place(generation_estate(s->generation), f->node, account, region);
    const char *owner = generation_record(s->generation, f->node, &r) ? record_account(&r) : account;
    if (f->alike.places == 1)
        return where_text(s, f->node, arena);
    return f->alike.accounts == 1
               ? arena_printf(arena, "%s, %u regions", show_account_name(s->generation, owner), f->alike.places)
               : arena_printf(arena, "%u accounts", f->alike.accounts);
}

/* What there is to do first, as a whole clause: how it goes on stands below when the cursor is there. What a
 * colon announces belongs to it. */
static const char *remedy_text(const char *remedy, struct arena *arena)
{
    size_t len = strcspn(remedy, ".;(");
    while (len > 0 && remedy[len - 1] == ' ')
        len--;
    return arena_strndup(arena, remedy, len);
}

void tell_finding(const struct snapshot *s, size_t i, struct arena *arena, struct told_finding *out)
{
    const struct finding *f = s->posture->first.items[i];
    struct buf name = {0};
    if (finding_tells_many(f))
        buf_printf(&name, "%u %s", f->alike.n, kind_row(node_kind(generation_estate(s->generation), f->node))->plural);
    else
        show_node_name(s->generation, f->node, &name);
    *out = (struct told_finding){.mark = finding_mark(f),
                                 .name = kept(arena, &name),
                                 .title = f->rule->title,
                                 .where = finding_tells_many(f) ? wheres_text(s, f, arena) : where_text(s, f->node, arena),
                                 .remedy = remedy_text(f->rule->remedy, arena)};
}

void tell_key(const struct snapshot *s, size_t i, struct arena *arena, struct told_key *out)
{
    uint32_t key = s->posture->deletions.items[i].key;
    struct buf name = {0};
    char account[16], region[40], brief[16];
    show_node_name(s->generation, key, &name);
    node_place(generation_estate(s->generation), key, account, region);
    show_region_short(region, brief);
    *out = (struct told_key){.name = kept(arena, &name),
                             .account = arena_strdup(arena, show_account_name(s->generation, account)),
                             .region = arena_strdup(arena, brief)};
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

static void copy_scopes(struct first_screen *f, const struct snapshot *s)
{
    const struct posture *p = s->posture;
    for (size_t i = 0; i < at_most(p->regions.n, MOST_REGIONS); i++)
        VEC_PUSH(f->posture.regions, p->regions.items[i]);
    size_t room = 0;
    for (size_t i = 0; i < p->accounts.n && room < ACCOUNTS_ROOM; i++) {
        const struct scope_row *account = &p->accounts.items[i];
        room += strlen(account->id) + strlen(account->name) + 4 + f->posture.regions.n * 8;
        VEC_PUSH(f->posture.accounts, *account);
        for (size_t r = 0; r < f->posture.regions.n; r++) {
            struct place place = {.seen_at = TIME_NONE};
            (void)judgement_place(s->judgement, account->id, f->posture.regions.items[r].id, &place);
            VEC_PUSH(f->places, place);
        }
    }
}

static struct first_screen *first_screen_of(const struct snapshot *s)
{
    struct first_screen *f = mem_alloc(sizeof *f);
    f->arena = arena_new();
    f->now_utc = s->now_utc;
    f->tally = s->tally;
    f->posture.all = s->posture->all;
    memcpy(f->posture.coverages, s->posture->coverages, sizeof f->posture.coverages);
    for (size_t i = 0; i < at_most(s->posture->deletions.n, MOST_KEYS); i++) {
        struct told_key key;
        tell_key(s, i, f->arena, &key);
        VEC_PUSH(f->keys, key);
        VEC_PUSH(f->posture.deletions, s->posture->deletions.items[i]);
    }
    for (size_t i = 0; i < at_most(s->posture->first.n, MOST_FINDINGS); i++) {
        struct told_finding finding;
        tell_finding(s, i, f->arena, &finding);
        VEC_PUSH(f->findings, finding);
        VEC_PUSH(f->posture.first, s->posture->first.items[i]);
    }
    copy_scopes(f, s);
    return f;
}

void first_screen_free(struct first_screen *f)
{
    if (!f)
        return;
    VEC_FREE(f->posture.deletions);
    VEC_FREE(f->posture.accounts);
    VEC_FREE(f->posture.regions);
    VEC_FREE(f->posture.first);
    VEC_FREE(f->keys);
    VEC_FREE(f->findings);
    VEC_FREE(f->places);
    arena_free(f->arena);
    mem_free(f);
}

/* ---- as bytes: each function below goes both ways ----------------------------------------------- */

struct carry {
    struct buf *out;      /* NULL: it is read */
    struct bytes_in in;
    struct arena *arena;  /* of texts that were read */
};

static uint64_t number(struct carry *c, uint64_t value)
{
    if (!c->out)
        return bytes_number(&c->in);
    bytes_add_number(c->out, value);
    return value;
}

static uint32_t below(struct carry *c, uint32_t value, uint32_t limit)
{
    if (!c->out)
        return bytes_below(&c->in, limit);
    bytes_add_number(c->out, value);
    return value;
}

static int64_t time_of(struct carry *c, int64_t value)
{
    if (c->out)
        bytes_add_signed(c->out, value);
    else
        value = bytes_signed(&c->in);
    c->in.is_bad |= value != INT64_MAX && (value < 0 || value > LAST_UTC);
    return value;
}

static const char *text(struct carry *c, const char *value)
{
    size_t len;
    if (!c->out) {
        const char *bytes = bytes_text(&c->in, &len);
        return memchr(bytes, '\0', len) ? (c->in.is_bad = true, "") : arena_strndup(c->arena, bytes, len);
    }
    bytes_add_text(c->out, value, strlen(value));
    return value;
}

/* How many of a vector are to come: there is at least a byte of each. */
static size_t count(struct carry *c, size_t n)
{
    if (!c->out)
        return bytes_below(&c->in, (uint32_t)at_most(bytes_left(&c->in), FIRST_SCREEN_MOST) + 1);
    bytes_add_number(c->out, n);
    return n;
}

/* Makes room for what is read; what is written is there. */
#define CARRY_EACH(c, v, i)                                                                        \
    for (size_t i = 0, carry_n = count(c, (v).n);                                                  \
         i < carry_n && !(c)->in.is_bad && ((c)->out || (carry_room(&(v)), true)); i++)
#define carry_room(v)                                                                              \
    (VEC_RESERVE(*(v), (v)->n + 1), memset(&(v)->items[(v)->n], 0, sizeof *(v)->items), (v)->n++)

static void carry_worst(struct carry *c, struct worst *w)
{
    w->open = (enum severity)below(c, w->open, SEVERITY_COUNT);
    w->unproved = (enum severity)below(c, w->unproved, SEVERITY_COUNT);
    w->is_stale = true;
}

/* What the matrix shows of a place: its worst, how many there are of it, whether all was seen. */
static void carry_place(struct carry *c, struct place *p)
{
    struct worst worst = place_worst(p);
    bool is_empty = p->seen_at == TIME_NONE && !p->blind_spots && !p->records;
    carry_worst(c, &worst);
    p->findings[worst.open] = below(c, p->findings[worst.open], UINT32_MAX);
    p->unknown[worst.unproved] = worst.unproved != SEVERITY_NONE;
    p->blind_spots = below(c, p->blind_spots, UINT32_MAX);
    is_empty = below(c, is_empty, 2);
    if (!c->out) { /* what was seen then is not seen now */
        p->seen_at = is_empty ? TIME_NONE : 0;
        p->blind_spots += !is_empty;
    }
}

static void carry_all(struct carry *c, struct place *p)
{
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        p->findings[i] = below(c, p->findings[i], UINT32_MAX);
        p->unknown[i] = below(c, p->unknown[i], UINT32_MAX);
    }
    p->blind_spots = below(c, p->blind_spots, UINT32_MAX);
}

static void carry_deletions(struct carry *c, struct first_screen *f)
{
    CARRY_EACH(c, f->posture.deletions, i) {
        struct deletion *d = &f->posture.deletions.items[i];
        if (!c->out)
            carry_room(&f->keys);
        f->keys.items[i].name = text(c, f->keys.items[i].name);
        f->keys.items[i].account = text(c, f->keys.items[i].account);
        f->keys.items[i].region = text(c, f->keys.items[i].region);
        d->at_utc = time_of(c, d->at_utc);
        d->dependents.all = number(c, d->dependents.all);
        d->dependents.is_at_least = below(c, d->dependents.is_at_least, 2);
        carry_worst(c, &d->worst);
    }
}

/* A mark of old facts: "C~" for "C". */
static const char *old_mark(struct arena *arena, const char *mark)
{
    bool is_sure = mark[0] && mark[0] != '.' && mark[0] != '?' && !mark[1];
    return is_sure ? arena_printf(arena, "%s~", mark) : mark;
}

static void carry_findings(struct carry *c, struct first_screen *f)
{
    CARRY_EACH(c, f->posture.first, i) {
        if (!c->out)
            carry_room(&f->findings);
        struct told_finding *told = &f->findings.items[i];
        told->mark = text(c, told->mark);
        told->name = text(c, told->name);
        told->title = text(c, told->title);
        told->where = text(c, told->where);
        told->remedy = text(c, told->remedy);
        if (!c->out)
            told->mark = old_mark(f->arena, told->mark);
    }
}

static void carry_scopes(struct carry *c, struct first_screen *f)
{
    CARRY_EACH(c, f->posture.regions, i)
        f->posture.regions.items[i].id = text(c, f->posture.regions.items[i].id);
    CARRY_EACH(c, f->posture.accounts, i) {
        f->posture.accounts.items[i].id = text(c, f->posture.accounts.items[i].id);
        f->posture.accounts.items[i].name = text(c, f->posture.accounts.items[i].name);
    }
    CARRY_EACH(c, f->places, i)
        carry_place(c, &f->places.items[i]);
    size_t cells = f->posture.regions.n * f->posture.accounts.n;
    c->in.is_bad |= f->places.n != cells;
}

static void carry_tally(struct carry *c, struct tally *t)
{
    c->in.is_bad |= below(c, KIND_COUNT, UINT32_MAX) != KIND_COUNT;
    for (int k = 0; k < KIND_COUNT; k++) {
        t->counts[k] = below(c, t->counts[k], UINT32_MAX);
        t->at_least[k] = below(c, t->at_least[k], 2);
        t->is_seen[k] = below(c, t->is_seen[k], 2);
    }
    t->lists_seen = below(c, t->lists_seen, UINT32_MAX);
}

static void carry_coverages(struct carry *c, struct posture *p)
{
    for (int i = 0; i < COVERAGES; i++) {
        struct coverage *own = &p->coverages[i];
        own->part = number(c, own->part);
        own->unknown = number(c, own->unknown);
        own->whole = number(c, own->whole);
        c->in.is_bad |= own->part > own->whole || own->unknown > own->whole - own->part || own->whole > UINT32_MAX;
    }
}

static void carry(struct carry *c, struct first_screen *f)
{
    c->in.is_bad |= below(c, VERSION, UINT32_MAX) != VERSION;
    f->now_utc = time_of(c, f->now_utc);
    carry_tally(c, &f->tally);
    carry_all(c, &f->posture.all);
    carry_coverages(c, &f->posture);
    carry_deletions(c, f);
    carry_findings(c, f);
    carry_scopes(c, f);
}

void first_screen_pack(const struct snapshot *s, struct buf *out)
{
    struct first_screen *f = first_screen_of(s);
    struct carry c = {.out = out};
    carry(&c, f);
    first_screen_free(f);
}

struct first_screen *first_screen_unpack(const char *bytes, size_t len)
{
    struct first_screen *f = mem_alloc(sizeof *f);
    f->arena = arena_new();
    posture_name_coverages(&f->posture);
    struct carry c = {.in = bytes_in(bytes, len), .arena = f->arena};
    carry(&c, f);
    bool is_good = !c.in.is_bad && bytes_left(&c.in) == 0 && f->now_utc > 0;
    for (size_t i = 0; i < f->posture.regions.n; i++)
        f->posture.regions.items[i].name = f->posture.regions.items[i].id;
    if (is_good)
        return f;
    first_screen_free(f);
    return NULL;
}
