#include "backend/demo/points.h"

#include "backend/demo/entries.h"
#include "backend/demo/ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_HOPS 4
#define COPY_LAG_S 2400

/* A resource that a series is about; a copy's is its source's. */
struct resource {
    struct book_place place;
    const char *ref, *name, *arn, *type, *point;
    const char *snapshots; /* which list of snapshots has its points too: "EBS", "RDS", "Aurora"; "" */
};

struct series {
    struct book_place place;
    const cJSON *vault, *spec;
    const char *vault_name, *vault_arn, *key_arn, *key_type;
    const struct series *source; /* NULL: these are no copies */
    const struct resource *resources;
    size_t n_resources;
    long n_each;
};

/* ---- a series ------------------------------------------------------------------------------- */

static const char *keep(struct arena *a, struct buf *text)
{
    const char *copy = arena_strndup(a, text->data ? text->data : "", text->len);
    buf_free(text);
    return copy;
}

/* "volume/orders-data-3@eu-west-1@prod-data" */
static enum err_code open_resource(const struct book_place *from, const char *ref, struct arena *a,
                                   struct resource *out, struct err *err)
{
    const char *full = NULL;
    enum err_code code = expand_ref(from, ref, a, &full, &out->place, err);
    if (code != ERR_OK)
        return code;
    const char *slash = strchr(full, '/');
    const char *kind = slash ? arena_strndup(a, full, (size_t)(slash - full)) : "";
    const cJSON *row = cJSON_GetObjectItemCaseSensitive(book_shape(from->book, "Resources"), kind);
    if (!row)
        return err_set(err, ERR_PARSE, "the demo knows no kind of resource in %s", ref);
    out->ref = full;
    out->name = slash + 1;
    out->type = book_text(row, "Type", "");
    out->point = book_text(row, "Point", "");
    out->snapshots = book_text(row, "Snapshots", "");
    struct buf arn = {0};
    struct scope s = {.place = &out->place, .name = out->name, .salt = full};
    code = expand_text(&s, book_text(row, "Arn", ""), &arn, err);
    out->arn = keep(a, &arn);
    return code;
}

static enum err_code open_resources(struct series *s, struct arena *a, struct err *err)
{
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(s->spec, "Of");
    const cJSON *text;
    size_t n = 0;
    cJSON_ArrayForEach(text, of) n += (size_t)entries_count(text->valuestring);
    struct resource *resources = arena_alloc(a, (n + 1) * sizeof *resources);
    cJSON_ArrayForEach(text, of)
    {
        for (long i = 0; i < entries_count(text->valuestring); i++) {
            struct buf ref = {0};
            entries_name(text->valuestring, i, &ref);
            enum err_code code =
                open_resource(&s->place, keep(a, &ref), a, &resources[s->n_resources++], err);
            if (code != ERR_OK)
                return code;
        }
    }
    s->resources = resources;
    return ERR_OK;
}

static enum err_code open_series(const struct book_place *place, const cJSON *vault,
                                 const cJSON *spec, int hops, struct arena *a,
                                 const struct series **out, struct err *err);

static const cJSON *named(const cJSON *list, const char *name)
{
    const cJSON *at;
    cJSON_ArrayForEach(at, list)
    {
        if (strcmp(book_text(at, "name", ""), name) == 0)
            return at;
    }
    return NULL;
}

/* "CopyOf": {"Vault": "prod-vault@eu-west-1@prod-data", "Points": "rds"} */
static enum err_code open_source(struct series *s, const cJSON *copy_of, int hops, struct arena *a,
                                 struct err *err)
{
    const char *name = NULL, *points = book_text(copy_of, "Points", "");
    struct book_place *place = arena_alloc(a, sizeof *place);
    enum err_code code =
        expand_ref(&s->place, book_text(copy_of, "Vault", ""), a, &name, place, err);
    if (code != ERR_OK)
        return code;
    const cJSON *vault = named(book_list(place, "Vaults"), name);
    const cJSON *spec = named(cJSON_GetObjectItemCaseSensitive(vault, "Points"), points);
    if (!spec || hops >= MAX_HOPS)
        return err_set(err, ERR_PARSE, "the demo has no points %s in a vault %s", points, name);
    code = open_series(place, vault, spec, hops + 1, a, &s->source, err);
    if (code == ERR_OK) {
        s->resources = s->source->resources;
        s->n_resources = s->source->n_resources;
    }
    return code;
}

/* Without a key that the book names it is AWS's own. */
static const char *key_type(const char *ref)
{
    if (!ref)
        return "AWS_OWNED_KMS_KEY";
    return strncmp(ref, "aws/", 4) == 0 ? "" : "CUSTOMER_MANAGED_KMS_KEY";
}

const char *points_key_type(const cJSON *vault)
{
    return key_type(book_text(vault, "key", NULL));
}

/* A series has a key of its own, none (null), or the vault's. */
static enum err_code find_key(struct series *s, struct arena *a, struct err *err)
{
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(s->spec, "key");
    const char *ref = cJSON_IsString(own) ? own->valuestring : book_text(s->vault, "key", NULL);
    struct buf arn = {0};
    s->key_arn = s->key_type = "";
    if (cJSON_IsNull(own))
        return ERR_OK;
    s->key_type = key_type(ref);
    if (!ref)
        return ERR_OK;
    enum err_code code = expand_key_arn(&s->place, ref, &arn, err);
    s->key_arn = keep(a, &arn);
    return code;
}

static enum err_code open_series(const struct book_place *place, const cJSON *vault,
                                 const cJSON *spec, int hops, struct arena *a,
                                 const struct series **out, struct err *err)
{
    struct series *s = arena_alloc(a, sizeof *s);
    struct buf arn = {0};
    s->place = *place;
    s->vault = vault;
    s->spec = spec;
    s->vault_name = book_text(vault, "name", "");
    s->n_each = (long)book_number(spec, "Each", 1);
    *out = s;
    enum err_code code = expand_vault_arn(place, s->vault_name, &arn, err);
    s->vault_arn = keep(a, &arn);
    const cJSON *copy_of = cJSON_GetObjectItemCaseSensitive(spec, "CopyOf");
    if (code == ERR_OK)
        code = copy_of ? open_source(s, copy_of, hops, a, err) : open_resources(s, a, err);
    if (code == ERR_OK)
        code = find_key(s, a, err);
    return code;
}

/* ---- a point -------------------------------------------------------------------------------- */

/* Sizes differ by resource and grow slowly with time. */
static void measure(struct point *p, const struct resource *r, long i)
{
    uint64_t hash = ids_mix(expand_hash(&r->place, r->ref, "size"));
    int64_t gib = 8 + (int64_t)(hash % 390);
    p->size_gib = gib;
    p->size_bytes = (gib << 30) / 1000 * (900 - (i < 800 ? i : 800) / 4) + (int64_t)(hash >> 40);
}

static const char *after_last(const char *text, const char *separators)
{
    for (const char *at = text + strlen(text); at > text; at--)
        if (strchr(separators, at[-1]))
            return at;
    return text;
}

/* "snap-0..." ; RDS's identifiers have a colon in them. */
static const char *id_of(const struct point *p)
{
    const char *colon = strstr(p->arn, ":awsbackup:");
    return colon ? colon + 1 : after_last(p->arn, "/:");
}

static enum err_code name_point(const struct series *s, const struct resource *r, struct arena *a,
                                struct point *p, struct err *err)
{
    const struct var vars[] = {{"job", s->source ? "copyjob" : "job"}};
    struct scope scope = {.place = &s->place,
                          .name = r->name,
                          .salt = p->salt,
                          .vars = vars,
                          .n_vars = sizeof vars / sizeof *vars};
    struct buf arn = {0};
    enum err_code code = expand_text(&scope, r->point, &arn, err);
    p->arn = keep(a, &arn);
    p->id = id_of(p);
    return code;
}

static enum err_code make_point(const struct series *s, const struct resource *r, long i,
                                struct arena *a, struct point *out, struct err *err)
{
    *out = (struct point){.place = &s->place,
                          .series = s->spec,
                          .vault = s->vault,
                          .resource_arn = r->arn,
                          .resource_type = r->type,
                          .resource_name = r->name,
                          .vault_name = s->vault_name,
                          .vault_arn = s->vault_arn,
                          .key_arn = s->key_arn,
                          .key_type = s->key_type,
                          .days = book_number(s->spec, "days", 35),
                          .is_newest = i == 0};
    out->salt = arena_printf(a, "point/%s/%s/%s/%ld", s->vault_name, book_text(s->spec, "name", ""),
                             r->ref, i);
    if (s->source) {
        struct point *source = arena_alloc(a, sizeof *source);
        long step = (long)book_number(s->spec, "Step", 1);
        enum err_code code = make_point(s->source, r, i * step, a, source, err);
        if (code != ERR_OK)
            return code;
        out->source = source;
        out->at_utc = source->at_utc + COPY_LAG_S;
    } else {
        out->at_utc = entries_schedule(&s->place, s->spec, i, r->ref);
    }
    measure(out, r, i);
    return name_point(s, r, a, out, err);
}

/* ---- going through them --------------------------------------------------------------------- */

enum err_code points_of_series(const struct book_place *place, const cJSON *vault,
                               const cJSON *series, const char *snapshots, point_fn fn, void *ctx,
                               struct err *err)
{
    struct arena *all = arena_new(), *one = arena_new();
    const struct series *s = NULL;
    enum err_code code = open_series(place, vault, series, 0, all, &s, err);
    for (long i = 0; code == ERR_OK && i < s->n_each; i++) {
        for (size_t r = 0; code == ERR_OK && r < s->n_resources; r++) {
            struct point p;
            if (snapshots && strcmp(s->resources[r].snapshots, snapshots) != 0)
                continue;
            arena_reset(one);
            code = make_point(s, &s->resources[r], i, one, &p, err);
            if (code == ERR_OK)
                code = fn(ctx, &p, err);
        }
    }
    arena_free(one);
    arena_free(all);
    return code;
}

enum err_code points_each(const struct book_place *place, const cJSON *vault, const char *snapshots,
                          point_fn fn, void *ctx, struct err *err)
{
    enum err_code code = ERR_OK;
    const cJSON *series;
    cJSON_ArrayForEach(series, cJSON_GetObjectItemCaseSensitive(vault, "Points"))
    {
        if (code == ERR_OK)
            code = points_of_series(place, vault, series, snapshots, fn, ctx, err);
    }
    return code;
}

enum err_code points_count(const struct book_place *place, const cJSON *vault, long *n,
                           struct err *err)
{
    struct arena *a = arena_new();
    enum err_code code = ERR_OK;
    const cJSON *series;
    *n = 0;
    cJSON_ArrayForEach(series, cJSON_GetObjectItemCaseSensitive(vault, "Points"))
    {
        const struct series *s = NULL;
        if (code == ERR_OK)
            code = open_series(place, vault, series, 0, a, &s, err);
        if (code == ERR_OK)
            *n += s->n_each * (long)s->n_resources;
    }
    arena_free(a);
    return code;
}

bool points_are_copies_from(const struct book_place *vault_place, const cJSON *series,
                            const struct book_place *source)
{
    const cJSON *copy_of = cJSON_GetObjectItemCaseSensitive(series, "CopyOf");
    struct arena *a = arena_new();
    const char *name = NULL;
    struct book_place place;
    bool is_from = copy_of &&
                   expand_ref(vault_place, book_text(copy_of, "Vault", ""), a, &name, &place,
                              NULL) == ERR_OK &&
                   strcmp(place.account_id, source->account_id) == 0 &&
                   strcmp(place.region, source->region) == 0;
    arena_free(a);
    return is_from;
}

/* ---- shapes about a point ------------------------------------------------------------------- */

/* A snapshot that came from elsewhere has no volume of its own. */
static const char *volume_of(const struct point *p)
{
    return p->source ? "vol-ffffffff" : after_last(p->resource_arn, "/");
}

static const char *source_region(const struct point *p)
{
    if (!p->source || strcmp(p->source->place->region, p->place->region) == 0)
        return "";
    return p->source->place->region;
}

/* Variables are text; how long a point is kept is said as a distance from when it was made. */
static void print_numbers(const struct point *p, struct point_vars *v)
{
    (void)snprintf(v->size, sizeof v->size, "%" PRId64, p->size_bytes);
    (void)snprintf(v->gib, sizeof v->gib, "%" PRId64, p->size_gib);
    v->days[0] = v->delete_at[0] = '\0';
    if (p->days <= 0)
        return;
    (void)snprintf(v->days, sizeof v->days, "%" PRId64, p->days);
    (void)snprintf(v->delete_at, sizeof v->delete_at, "at+%" PRId64 "d", p->days);
}

struct scope points_scope(const struct point *p, struct point_vars *v)
{
    print_numbers(p, v);
    const struct var vars[] = {
        {"arn", p->arn},
        {"id", p->id},
        {"resource_arn", p->resource_arn},
        {"resource_type", p->resource_type},
        {"resource_name", p->resource_name},
        {"volume", volume_of(p)},
        {"vault_name", p->vault_name},
        {"vault_arn", p->vault_arn},
        {"vault_type", book_text(p->vault, "type", "BACKUP_VAULT")},
        {"source_vault", p->source ? p->source->vault_arn : NULL},
        {"source_arn", p->source ? p->source->arn : NULL},
        {"source_region", source_region(p)},
        {"key_arn", p->key_arn},
        {"key_type", p->key_type},
        {"size", v->size},
        {"gib", v->gib},
        {"days", v->days},
        {"delete_at", v->delete_at},
    };
    _Static_assert(sizeof vars / sizeof *vars <= POINT_VARS,
                   "no room for the variables of a point");
    memcpy(v->vars, vars, sizeof vars);
    return (struct scope){.place = p->place,
                          .entry = p->series,
                          .name = p->resource_name,
                          .salt = p->salt,
                          .at_utc = p->at_utc,
                          .vars = v->vars,
                          .n_vars = sizeof vars / sizeof *vars};
}
