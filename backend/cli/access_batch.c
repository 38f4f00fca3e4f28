#include "backend/cli/access_batch.h"

#include "backend/base/closest.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/policy/access.h"

#include <string.h>

/* One line of `keyfall access --batch`, as it is read. */
struct line {
    struct arena *arena;
    const cJSON *json;
    struct request request;
    struct access_input input;
    VEC(const char *) wrong; /* documents that could not be read, and why */
};

static const cJSON *member(const struct line *l, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(l->json, name);
}

static const char *text_member(const struct line *l, const char *name)
{
    return cJSON_GetStringValue(member(l, name));
}

/* ---- what a line may hold ---------------------------------------------------------------------------------- */

enum shape { TEXT = 1, LIST = 2, MAP = 4, YES_NO = 8, NUMBER = 16, NOTHING = 32, ANYTHING = 63 };

/* What a value may be: a document of IAM, of which policy_parse asks more, says nothing of its members. */
struct form {
    const char *name; /* as a member; NULL ends a list of them */
    unsigned shapes;
    bool must;        /* the member may not be left out */
    const struct form *items;   /* of a list: each of them; NULL: whatever they are */
    const struct form *members; /* of a map: those that are known by name; NULL: none is */
    const struct form *others;  /* the rest of them; NULL: there may be none, if some are known */
};

#define SCALAR (TEXT | NUMBER | YES_NO | NOTHING)
static const struct form word = {.shapes = TEXT};
static const struct form scalar = {.shapes = SCALAR};
static const struct form context_value = {.shapes = SCALAR | LIST, .items = &scalar};
static const struct form document = {.shapes = MAP | TEXT | NOTHING};
static const struct form level = {.shapes = LIST | NOTHING, .items = &document};

static const struct form of_context[] = {
    {.name = "EncryptionContext", .shapes = MAP | NOTHING, .others = &scalar},
    {.name = NULL},
};
/* https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html */
static const struct form of_constraints[] = {
    {.name = "EncryptionContextEquals", .shapes = MAP, .others = &word},
    {.name = "EncryptionContextSubset", .shapes = MAP, .others = &word},
    {.name = "SourceArn", .shapes = TEXT},
    {.name = NULL},
};
static const struct form of_grant[] = {
    {.name = "Operations", .shapes = LIST, .must = true, .items = &word},
    {.name = "GranteePrincipal", .shapes = TEXT | NOTHING},
    {.name = "GranteeServicePrincipal", .shapes = TEXT | NOTHING},
    {.name = "Constraints", .shapes = MAP, .members = of_constraints},
    {.name = "GrantId", .shapes = TEXT},
    {.name = "KeyId", .shapes = TEXT},
    {.name = "Name", .shapes = TEXT},
    {.name = "CreationDate", .shapes = TEXT | NUMBER},
    {.name = "IssuingAccount", .shapes = TEXT},
    {.name = "RetiringPrincipal", .shapes = TEXT},
    {.name = "RetiringServicePrincipal", .shapes = TEXT},
    {.name = NULL},
};
static const struct form grant_form = {.shapes = MAP, .members = of_grant};
static const struct form of_line[] = {
    {.name = "id", .shapes = ANYTHING},
    {.name = "principal", .shapes = TEXT, .must = true},
    {.name = "action", .shapes = TEXT, .must = true},
    {.name = "resource", .shapes = TEXT, .must = true},
    {.name = "context", .shapes = MAP, .members = of_context, .others = &context_value},
    {.name = "keyPolicy", .shapes = MAP | TEXT | NOTHING},
    {.name = "identityPolicies", .shapes = LIST | NOTHING, .items = &document},
    {.name = "permissionsBoundaries", .shapes = LIST | NOTHING, .items = &document},
    {.name = "sessionPolicies", .shapes = LIST | NOTHING, .items = &document},
    {.name = "vpcEndpointPolicies", .shapes = LIST | NOTHING, .items = &document},
    {.name = "serviceControlPolicies", .shapes = LIST | NOTHING, .items = &level},
    {.name = "resourceControlPolicies", .shapes = LIST | NOTHING, .items = &level},
    {.name = "grants", .shapes = LIST | NOTHING, .items = &grant_form},
    {.name = "keyState", .shapes = TEXT | NOTHING},
    {.name = "ownerIsManagementAccount", .shapes = YES_NO},
    {.name = "regionEnabledForCaller", .shapes = YES_NO},
    {.name = NULL},
};
static const struct form line_form = {.shapes = MAP, .members = of_line};

static unsigned shape_of(const cJSON *value)
{
    return cJSON_IsString(value)   ? TEXT
           : cJSON_IsArray(value)  ? LIST
           : cJSON_IsObject(value) ? MAP
           : cJSON_IsBool(value)   ? YES_NO
           : cJSON_IsNumber(value) ? NUMBER
                                   : NOTHING;
}

static enum err_code wrong_shape(const char *place, unsigned shapes, struct err *err)
{
    static const char *const words[] = {"text", "a list", "a map", "true or false", "a number", "null"};
    struct buf may_be = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (shapes & 1u << i)
            buf_printf(&may_be, "%s%s", may_be.len > 0 ? " or " : "", words[i]);
    (void)err_set(err, ERR_USAGE, "%.200s must be %s", place[0] ? place : "a line", may_be.data);
    buf_free(&may_be);
    return ERR_USAGE;
}

static enum err_code unknown_member(const char *place, const char *name, const struct form *known, struct err *err)
{
    struct closest c = {.wanted = name};
    for (; known->name; known++)
        closest_offer(&c, known->name);
    (void)err_set(err, ERR_USAGE, "%.200s is nothing that is known here%s%s%s", place, c.n > 0 ? "; did you mean " : "",
                  c.n > 0 ? c.items[0].name : "", c.n > 0 ? "?" : "");
    closest_free(&c);
    return ERR_USAGE;
}

static enum err_code check(struct line *l, const char *place, const cJSON *value, const struct form *form,
                           struct err *err);

static enum err_code check_members(struct line *l, const char *place, const cJSON *map, const struct form *form,
                                   struct err *err)
{
    const char *dot = place[0] ? "." : "";
    enum err_code code = ERR_OK;
    for (const struct form *f = form->members; f && f->name; f++)
        if (f->must && !cJSON_GetObjectItemCaseSensitive(map, f->name))
            return err_set(err, ERR_USAGE, "%.200s%s%s is missing", place, dot, f->name);
    for (const cJSON *at = map->child; at && code == ERR_OK; at = at->next) {
        const char *name = arena_printf(l->arena, "%s%s%s", place, dot, at->string);
        const struct form *f = form->members;
        while (f && f->name && strcmp(f->name, at->string) != 0)
            f++;
        if (!f || !f->name)
            f = form->others;
        if (f)
            code = check(l, name, at, f, err);
        else if (form->members)
            code = unknown_member(name, at->string, form->members, err);
    }
    return code;
}

/* The first that is wrong is told, with its place: "grants[0].Operations". */
static enum err_code check(struct line *l, const char *place, const cJSON *value, const struct form *form,
                           struct err *err)
{
    enum err_code code = shape_of(value) & form->shapes ? ERR_OK : wrong_shape(place, form->shapes, err);
    size_t i = 0;
    if (code == ERR_OK && cJSON_IsObject(value))
        code = check_members(l, place, value, form, err);
    for (const cJSON *at = cJSON_IsArray(value) && form->items ? value->child : NULL; at && code == ERR_OK; at = at->next)
        code = check(l, arena_printf(l->arena, "%s[%zu]", place, i++), at, form->items, err);
    return code;
}

/* ---- the context ------------------------------------------------------------------------------------------ */

static const char *value_text(struct arena *arena, const cJSON *value)
{
    if (cJSON_IsString(value))
        return value->valuestring;
    if (cJSON_IsBool(value))
        return cJSON_IsTrue(value) ? "true" : "false";
    if (!cJSON_IsNumber(value))
        return NULL;
    char *printed = cJSON_PrintUnformatted(value);
    const char *kept = arena_strdup(arena, printed ? printed : "");
    cJSON_free(printed);
    return kept;
}

/* Names of the context are the same in any letters. */
static enum err_code add_context(struct line *l, const char *key, const cJSON *from, struct err *err)
{
    if (request_context(&l->request, key))
        return err_set(err, ERR_USAGE, "context.%.200s is there twice: capitals make no other name", key);
    bool is_list = cJSON_IsArray(from), is_known = true;
    VEC(const char *) values = {0};
    for (const cJSON *at = is_list ? from->child : from; at; at = is_list ? at->next : NULL) {
        const char *value = value_text(l->arena, at);
        is_known = is_known && value;
        VEC_PUSH(values, value ? value : "");
    }
    if (is_known)
        request_add(&l->request, key, values.items, values.n);
    else
        request_add_unknown(&l->request, key);
    VEC_FREE(values);
    return ERR_OK;
}

/* "EncryptionContext": {"name": "value"} may stand for its kms:EncryptionContext:name keys. */
static enum err_code add_encryption_context(struct line *l, const cJSON *from, struct err *err)
{
    enum err_code code = ERR_OK;
    if (cJSON_IsNull(from))
        return add_context(l, "kms:EncryptionContextKeys", from, err);
    for (const cJSON *at = from->child; at && code == ERR_OK; at = at->next)
        code = add_context(l, arena_printf(l->arena, "kms:EncryptionContext:%s", at->string), at, err);
    return code;
}

static enum err_code read_context(struct line *l, struct err *err)
{
    const cJSON *context = member(l, "context");
    enum err_code code = ERR_OK;
    for (const cJSON *at = context ? context->child : NULL; at && code == ERR_OK; at = at->next)
        code = strcmp(at->string, "EncryptionContext") == 0 ? add_encryption_context(l, at, err)
                                                            : add_context(l, at->string, at, err);
    request_add_implied(&l->request);
    return code;
}

/* ---- policies --------------------------------------------------------------------------------------------- */

/* A document, or the text of one. NULL: it is null, or cannot be read, which is kept as a reason. */
static const struct policy *read_policy(struct line *l, const char *name, const cJSON *from)
{
    const struct policy *policy = NULL;
    struct err err = {0};
    if (!from || cJSON_IsNull(from))
        return NULL;
    bool is_text = cJSON_IsString(from);
    char *text = is_text ? from->valuestring : cJSON_PrintUnformatted(from);
    bool fits = text && (strcmp(name, "keyPolicy") != 0 || policy_fits_key(strlen(text), &err) == ERR_OK);
    if (!fits || policy_parse(l->arena, text, strlen(text), &policy, &err) != ERR_OK)
        VEC_PUSH(l->wrong, arena_printf(l->arena, "%s: %s", name, err.text));
    if (!is_text)
        cJSON_free(text);
    return policy;
}

static struct policy_set read_list(struct line *l, const char *name, const cJSON *from)
{
    size_t n = cJSON_IsArray(from) ? (size_t)cJSON_GetArraySize(from) : 0, i = 0;
    const struct policy **items = arena_alloc(l->arena, (n + 1) * sizeof *items);
    for (const cJSON *at = n > 0 ? from->child : NULL; at; at = at->next)
        items[i++] = read_policy(l, name, at);
    return (struct policy_set){items, n, from && !cJSON_IsArray(from)};
}

/* Left out is none, but for identity policies, of which nothing is known then. */
static struct policy_set read_set(struct line *l, const char *name, bool left_out_is_unknown)
{
    const cJSON *from = member(l, name);
    struct policy_set set = read_list(l, name, from);
    set.is_unknown = set.is_unknown || (!from && left_out_is_unknown);
    return set;
}

/* A list a level of the organization. */
static const struct policy_set *read_levels(struct line *l, const char *name, size_t *n)
{
    const cJSON *from = member(l, name);
    bool is_list = cJSON_IsArray(from);
    size_t i = 0;
    *n = is_list ? (size_t)cJSON_GetArraySize(from) : from != NULL;
    struct policy_set *levels = arena_alloc(l->arena, (*n + 1) * sizeof *levels);
    levels[0].is_unknown = *n > 0 && !is_list;
    for (const cJSON *at = is_list ? from->child : NULL; at; at = at->next)
        levels[i++] = read_list(l, name, at);
    return levels;
}

/* ---- grants: as ListGrants has them ----------------------------------------------------------------------- */

static void read_pairs(struct line *l, const cJSON *from, struct access_grant *grant)
{
    grant->has_context = true;
    grant->n_pairs = (size_t)cJSON_GetArraySize(from);
    const char **pairs = arena_alloc(l->arena, (2 * grant->n_pairs + 1) * sizeof *pairs);
    size_t i = 0;
    for (const cJSON *at = from->child; at; at = at->next) {
        const char *value = value_text(l->arena, at);
        pairs[i++] = at->string;
        pairs[i++] = value ? value : "";
    }
    grant->context = pairs;
}

static struct access_grant read_grant(struct line *l, const cJSON *from)
{
    struct access_grant grant = {0};
    const cJSON *constraints = cJSON_GetObjectItemCaseSensitive(from, "Constraints");
    const cJSON *equals = cJSON_GetObjectItemCaseSensitive(constraints, "EncryptionContextEquals");
    const cJSON *subset = cJSON_GetObjectItemCaseSensitive(constraints, "EncryptionContextSubset");
    const cJSON *operations = cJSON_GetObjectItemCaseSensitive(from, "Operations");
    const cJSON *grantee = cJSON_GetObjectItemCaseSensitive(from, "GranteePrincipal");
    if (!cJSON_IsString(grantee))
        grantee = cJSON_GetObjectItemCaseSensitive(from, "GranteeServicePrincipal");
    grant.grantee = cJSON_GetStringValue(grantee);
    grant.id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(from, "GrantId"));
    grant.source_arn = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(constraints, "SourceArn"));
    grant.is_subset = !cJSON_IsObject(equals);
    if (cJSON_IsObject(equals) || cJSON_IsObject(subset))
        read_pairs(l, cJSON_IsObject(equals) ? equals : subset, &grant);
    grant.operations.items =
        arena_alloc(l->arena, ((size_t)cJSON_GetArraySize(operations) + 1) * sizeof(const char *));
    for (const cJSON *at = operations->child; at; at = at->next)
        grant.operations.items[grant.operations.n++] = at->valuestring;
    return grant;
}

static void read_grants(struct line *l)
{
    const cJSON *from = member(l, "grants");
    size_t i = 0;
    l->input.grants_unknown = from && !cJSON_IsArray(from);
    l->input.n_grants = cJSON_IsArray(from) ? (size_t)cJSON_GetArraySize(from) : 0;
    struct access_grant *grants = arena_alloc(l->arena, (l->input.n_grants + 1) * sizeof *grants);
    for (const cJSON *at = l->input.n_grants > 0 ? from->child : NULL; at; at = at->next)
        grants[i++] = read_grant(l, at);
    l->input.grants = grants;
}

/* ---- a line ----------------------------------------------------------------------------------------------- */

static enum err_code read_line(struct line *l, struct err *err)
{
    enum err_code code = check(l, "", l->json, &line_form, err);
    if (code == ERR_OK)
        code = request_init(&l->request, l->arena, text_member(l, "principal"), text_member(l, "action"),
                            text_member(l, "resource"), err);
    if (code == ERR_OK)
        code = read_context(l, err);
    if (code != ERR_OK)
        return code;
    struct access_input *in = &l->input;
    const cJSON *state = member(l, "keyState");
    in->key_policy = read_policy(l, "keyPolicy", member(l, "keyPolicy"));
    in->identity = read_set(l, "identityPolicies", true);
    in->boundaries = read_set(l, "permissionsBoundaries", false);
    in->session = read_set(l, "sessionPolicies", false);
    in->endpoints = read_set(l, "vpcEndpointPolicies", false);
    in->scps = read_levels(l, "serviceControlPolicies", &in->n_scps);
    in->rcps = read_levels(l, "resourceControlPolicies", &in->n_rcps);
    read_grants(l);
    in->key_state = state ? cJSON_GetStringValue(state) : "Enabled";
    in->owner_is_management = cJSON_IsTrue(member(l, "ownerIsManagementAccount"));
    in->region_is_off = cJSON_IsFalse(member(l, "regionEnabledForCaller"));
    return ERR_OK;
}

static void write_text(struct buf *out, const char *s)
{
    json_add_string(out, s, strlen(s));
}

static void write_step(struct buf *out, const struct access_step *step)
{
    buf_adds(out, "{\"source\":");
    write_text(out, access_source_name(step->source));
    buf_printf(out, ",\"index\":%zu,\"sid\":", step->index);
    if (step->statement && step->statement->sid)
        write_text(out, step->statement->sid);
    else
        buf_adds(out, "null");
    if (step->source != SOURCE_KEY_POLICY && step->statement)
        buf_printf(out, ",\"level\":%zu,\"document\":%zu", step->level, step->document);
    buf_addc(out, '}');
}

static void write_answer(struct buf *out, const struct line *l, const struct access_result *result)
{
    buf_adds(out, ",\"verdict\":");
    write_text(out, verdict_name(result->verdict));
    buf_adds(out, ",\"decided_by\":[");
    for (size_t i = 0; i < result->decided_by.n; i++) {
        buf_adds(out, i > 0 ? "," : "");
        write_step(out, &result->decided_by.items[i]);
    }
    buf_adds(out, "],\"unknown_because\":[");
    size_t n = 0;
    for (size_t i = 0; result->verdict == VERDICT_UNKNOWN && i < l->wrong.n; i++) {
        buf_adds(out, n++ > 0 ? "," : "");
        write_text(out, l->wrong.items[i]);
    }
    for (size_t i = 0; i < result->unknown_because.n; i++) {
        buf_adds(out, n++ > 0 ? "," : "");
        write_text(out, result->unknown_because.items[i]);
    }
    buf_adds(out, "]}\n");
}

static void write_id(struct buf *out, const cJSON *json)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(json, "id");
    char *printed = id ? cJSON_PrintUnformatted(id) : NULL;
    buf_adds(out, "{\"id\":");
    buf_adds(out, printed ? printed : "null");
    cJSON_free(printed);
}

enum err_code access_batch_line(const char *text, size_t len, struct buf *out, struct err *err)
{
    cJSON *json = NULL;
    struct line l = {.arena = arena_new()};
    struct access_result result = {.verdict = VERDICT_UNKNOWN};
    enum err_code code = json_parse(text, len, &json, err);
    if (code == ERR_OK) {
        l.json = json;
        code = read_line(&l, err);
    }
    if (code == ERR_OK)
        access_evaluate(&l.request, &l.input, &result);
    else
        VEC_PUSH(l.wrong, err->text);
    write_id(out, json);
    write_answer(out, &l, &result);
    access_result_free(&result);
    request_free(&l.request);
    VEC_FREE(l.wrong);
    arena_free(l.arena);
    cJSON_Delete(json);
    return code;
}
