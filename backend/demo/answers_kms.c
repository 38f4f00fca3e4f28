#include "backend/demo/answers.h"

#include "backend/demo/entries.h"
#include "backend/demo/ids.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400

/* ---- one key -------------------------------------------------------------------------------- */

typedef enum err_code (*key_fn)(const struct call *c, const struct scope *s, cJSON *out,
                                struct err *err);

struct search {
    const struct call *call;
    const char *wanted; /* id or ARN */
    key_fn found;
    cJSON *out;
    bool is_found;
};

static enum err_code look(void *ctx, const struct scope *s, struct err *err)
{
    struct search *search = ctx;
    struct buf arn = {0};
    enum err_code code = expand_key_arn(s->place, s->name, &arn, err);
    const char *slash = code == ERR_OK ? strrchr(arn.data, '/') : NULL;
    bool is_it =
        slash && (strcmp(search->wanted, arn.data) == 0 || strcmp(search->wanted, slash + 1) == 0);
    if (is_it) {
        const struct var vars[] = {{"key_arn", arn.data}};
        struct scope there = *s;
        there.vars = vars;
        there.n_vars = 1;
        search->is_found = true;
        code = search->found(search->call, &there, search->out, err);
    }
    buf_free(&arn);
    return code;
}

static enum err_code with_key(const struct call *c, key_fn found, cJSON *out, struct err *err)
{
    struct search search = {
        .call = c, .wanted = call_param(c, "KeyId", ""), .found = found, .out = out};
    enum err_code code =
        entries_each(&c->place, book_list(&c->place, "Keys"), "key", look, &search, err);
    if (code == ERR_OK && !search.is_found)
        code =
            call_refuse(c, "NotFoundException", 400, err, "Key '%s' does not exist", search.wanted);
    return code;
}

static const cJSON *metadata(const struct scope *s)
{
    return cJSON_GetObjectItemCaseSensitive(s->entry, "KeyMetadata");
}

static bool is_state(const struct scope *s, const char *state)
{
    return strcmp(book_text(metadata(s), "KeyState", "Enabled"), state) == 0;
}

/* Enabled says the same as the state
 * (https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html). */
static enum err_code describe(const struct call *c, const struct scope *s, cJSON *out,
                              struct err *err)
{
    enum err_code code =
        expand_into(s, out, "KeyMetadata", book_shape(c->book, "KeyMetadata"), metadata(s), err);
    cJSON *members = cJSON_GetObjectItemCaseSensitive(out, "KeyMetadata");
    if (code == ERR_OK && !cJSON_AddBoolToObject(members, "Enabled", is_state(s, "Enabled")))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    return code;
}

enum err_code answer_key_metadata(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, describe, out, err);
}

static enum err_code policy(const struct call *c, const struct scope *s, cJSON *out,
                            struct err *err)
{
    struct buf text = {0};
    (void)c;
    enum err_code code =
        expand_policy(s, cJSON_GetObjectItemCaseSensitive(s->entry, "Policy"), &text, err);
    if (code == ERR_OK && (!cJSON_AddStringToObject(out, "Policy", text.data) ||
                           !cJSON_AddStringToObject(out, "PolicyName", "default")))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    buf_free(&text);
    return code;
}

enum err_code answer_key_policy(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, policy, out, err);
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
static enum err_code rotation(const struct call *c, const struct scope *s, cJSON *out,
                              struct err *err)
{
    bool is_symmetric =
        strcmp(book_text(metadata(s), "KeySpec", "SYMMETRIC_DEFAULT"), "SYMMETRIC_DEFAULT") == 0;
    if (!is_symmetric || cJSON_GetObjectItemCaseSensitive(metadata(s), "CustomKeyStoreId"))
        return call_refuse(c, "UnsupportedOperationException", 400, err,
                           "Key rotation is not supported for this key");
    int64_t days = is_state(s, "PendingDeletion") ? 0 : book_number(s->entry, "days", 0);
    bool is_added = cJSON_AddStringToObject(out, "KeyId", s->vars[0].value) &&
                    cJSON_AddBoolToObject(out, "KeyRotationEnabled", days > 0);
    if (is_added && days > 0) {
        int64_t next = 1 + (int64_t)(ids_mix(expand_hash(s->place, s->salt, "rotation")) % 300);
        is_added =
            cJSON_AddNumberToObject(out, "RotationPeriodInDays", (double)days) &&
            cJSON_AddNumberToObject(out, "NextRotationDate",
                                    (double)(c->book->now_utc + next % days * DAY_S + DAY_S));
    }
    return is_added ? ERR_OK : err_set(err, ERR_LIMIT, "memory ran out");
}

enum err_code answer_rotation(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, rotation, out, err);
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html: each has one material. */
static enum err_code materials(const struct call *c, const struct scope *s, cJSON *out, struct err *err)
{
    char id[80];
    (void)c;
    cJSON *item = cJSON_CreateObject();
    for (int i = 0; i < 4; i++)
        (void)snprintf(id + i * 16, sizeof id - (size_t)i * 16, "%016llx",
                       (unsigned long long)ids_mix(expand_hash(s->place, s->salt, "material") + (uint64_t)i));
    if (!item || !cJSON_AddItemToArray(out, item)) {
        cJSON_Delete(item);
        return err_set(err, ERR_LIMIT, "memory ran out");
    }
    bool is_added = cJSON_AddStringToObject(item, "KeyId", s->vars[0].value) &&
                    cJSON_AddStringToObject(item, "KeyMaterialId", id) &&
                    cJSON_AddStringToObject(item, "KeyMaterialState", "CURRENT") &&
                    cJSON_AddStringToObject(item, "ImportState",
                                            is_state(s, "PendingImport") ? "PENDING_IMPORT" : "IMPORTED");
    return is_added ? ERR_OK : err_set(err, ERR_LIMIT, "memory ran out");
}

enum err_code answer_materials(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, materials, out, err);
}

static enum err_code tags(const struct call *c, const struct scope *s, cJSON *out, struct err *err)
{
    (void)c;
    const cJSON *tag;
    cJSON_ArrayForEach(tag, cJSON_GetObjectItemCaseSensitive(s->entry, "Tags"))
    {
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(out, item)) {
            cJSON_Delete(item);
            return err_set(err, ERR_LIMIT, "memory ran out");
        }
        if (!cJSON_AddStringToObject(item, "TagKey", tag->string) ||
            !cJSON_AddStringToObject(item, "TagValue", tag->valuestring))
            return err_set(err, ERR_LIMIT, "memory ran out");
    }
    return ERR_OK;
}

enum err_code answer_key_tags(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, tags, out, err);
}

/* "used": when it was used last; without it nobody did since AWS keeps track.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
static enum err_code last_usage(const struct call *c, const struct scope *s, cJSON *out,
                                struct err *err)
{
    int64_t used = 0, created = 0;
    bool is_added = cJSON_AddStringToObject(out, "KeyId", s->vars[0].value);
    if (is_added && expand_time(s, book_text(s->entry, "used", ""), &used)) {
        cJSON *usage = cJSON_AddObjectToObject(out, "KeyLastUsage");
        struct buf event = {0};
        events_last_use(s, &event);
        is_added = usage && cJSON_AddStringToObject(usage, "Operation", "Decrypt") &&
                   cJSON_AddNumberToObject(usage, "Timestamp", (double)used) &&
                   cJSON_AddStringToObject(usage, "CloudTrailEventId", event.data);
        buf_free(&event);
    }
    if (!expand_time(s, book_text(s->entry, "created", "now-700d"), &created))
        created = c->book->now_utc;
    int64_t tracked = c->book->now_utc - 400 * (int64_t)DAY_S;
    is_added = is_added &&
               cJSON_AddNumberToObject(out, "TrackingStartDate",
                                       (double)(created > tracked ? created : tracked)) &&
               cJSON_AddNumberToObject(out, "KeyCreationDate", (double)created);
    return is_added ? ERR_OK : err_set(err, ERR_LIMIT, "memory ran out");
}

enum err_code answer_last_usage(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, last_usage, out, err);
}

/* ---- aliases -------------------------------------------------------------------------------- */

struct aliases {
    const struct call *call;
    cJSON *out;
};

/* "Aliases" of a key: names, or objects with a name and dates. */
static enum err_code key_aliases(void *ctx, const struct scope *s, struct err *err)
{
    const struct aliases *a = ctx;
    struct buf target = {0};
    struct scope key = {.place = s->place};
    char text[160];
    (void)snprintf(text, sizeof text, "${keyid:%s}", s->name);
    enum err_code code = expand_text(&key, text, &target, err);
    const cJSON *alias;
    cJSON_ArrayForEach(alias, cJSON_GetObjectItemCaseSensitive(s->entry, "Aliases"))
    {
        const struct var vars[] = {{"target", target.data}};
        struct scope there = *s; /* a plain name is as old as its key */
        there.entry = cJSON_IsObject(alias) ? alias : s->entry;
        there.name = cJSON_IsObject(alias) ? book_text(alias, "name", "") : alias->valuestring;
        there.vars = vars;
        there.n_vars = 1;
        if (code == ERR_OK)
            code = call_shape(a->call, &there, "Alias", a->out, err);
    }
    buf_free(&target);
    return code;
}

/* Then those without a key of ours: AWS's own that are not bound yet, and one that points nowhere.
 */
enum err_code answer_aliases(const struct call *c, cJSON *out, struct err *err)
{
    struct aliases a = {c, out};
    enum err_code code =
        entries_each(&c->place, book_list(&c->place, "Keys"), "key", key_aliases, &a, err);
    if (code == ERR_OK)
        code = call_list(c, "Aliases", "alias", "Alias", out, err);
    return code;
}

/* ---- grants --------------------------------------------------------------------------------- */

struct grants {
    const struct call *call;
    const char *key_arn, *shape;
    cJSON *out;
};

/* What services hold on a key: one for each thing that is under it and in use. */
static enum err_code service_grant(void *ctx, const struct scope *s, struct err *err)
{
    const struct grants *g = ctx;
    struct buf key = {0};
    const struct var vars[] = {{"key_arn", g->key_arn}};
    struct scope there = *s;
    enum err_code code = call_key(s, &key, err);
    bool is_under = code == ERR_OK && key.data && strcmp(key.data, g->key_arn) == 0;
    bool is_idle = strcmp(book_text(s->entry, "status", ""), "available") == 0 &&
                   strcmp(g->shape, "VolumeGrant") == 0;
    there.vars = vars;
    there.n_vars = 1;
    if (is_under && !is_idle)
        code = call_shape(g->call, &there, g->shape, g->out, err);
    buf_free(&key);
    return code;
}

static enum err_code own_grant(void *ctx, const struct scope *s, struct err *err)
{
    const struct grants *g = ctx;
    const struct var vars[] = {{"key_arn", g->key_arn}};
    struct scope there = *s;
    there.vars = vars;
    there.n_vars = 1;
    return call_shape(g->call, &there, g->shape, g->out, err);
}

static enum err_code grants(const struct call *c, const struct scope *s, cJSON *out,
                            struct err *err)
{
    static const struct {
        const char *world, *kind, *shape;
    } services[] = {{"Volumes", "volume", "VolumeGrant"},
                    {"DBInstances", "db", "DBInstanceGrant"},
                    {"Vaults", "vault", "VaultGrant"}};
    struct grants g = {c, s->vars[0].value, "Grant", out};
    char kind[128];
    (void)snprintf(kind, sizeof kind, "grant/%s", s->name);
    enum err_code code = entries_each(
        s->place, cJSON_GetObjectItemCaseSensitive(s->entry, "Grants"), kind, own_grant, &g, err);
    for (size_t i = 0; code == ERR_OK && i < sizeof services / sizeof *services; i++) {
        g.shape = services[i].shape;
        code = entries_each(s->place, book_list(s->place, services[i].world), services[i].kind,
                            service_grant, &g, err);
    }
    return code;
}

enum err_code answer_grants(const struct call *c, cJSON *out, struct err *err)
{
    return with_key(c, grants, out, err);
}
