#include "backend/policy/document.h"

#include "backend/base/json.h"
#include "backend/policy/condition.h"

#include <string.h>

struct reading {
    struct arena *arena;
    const char *text;
    size_t len;
    size_t begin; /* of the statement in hand: where an error is */
    struct err *err;
};

static enum err_code wrong(const struct reading *r, const char *what, const char *name)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < r->begin && i < r->len; i++) {
        column = r->text[i] == '\n' ? 1 : column + (((unsigned char)r->text[i] & 0xc0) != 0x80);
        line += r->text[i] == '\n';
    }
    return err_set(r->err, ERR_PARSE, "policy, line %zu, column %zu: %s%s%.60s%s", line, column, what,
                   name[0] ? " \"" : "", name, name[0] ? "\"" : "");
}

/* ---- where the statements stand: over text that json_scan has passed ---------------------------------- */

static size_t skip_space(const char *text, size_t at)
{
    while (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')
        at++;
    return at;
}

static size_t skip_string(const char *text, size_t at)
{
    for (at++; text[at] != '"'; at++)
        at += text[at] == '\\';
    return at + 1;
}

static size_t skip_value(const char *text, size_t at, size_t len)
{
    size_t depth = 0;
    do {
        at = skip_space(text, at);
        if (text[at] == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += text[at] == '{' || text[at] == '[';
        depth -= depth > 0 && (text[at] == '}' || text[at] == ']');
        at++;
        while (depth == 0 && at < len && !strchr(" \t\r\n,]}:", text[at]) && text[at - 1] != '}' &&
               text[at - 1] != ']')
            at++; /* a bare word or number */
    } while (depth > 0 && at < len);
    return at;
}

/* The value of the member "Statement" of the outermost object; len if it is written with escapes. */
static size_t find_statements(const char *text, size_t len)
{
    size_t at = skip_space(text, skip_space(text, 0) + 1);
    while (at < len && text[at] == '"') {
        size_t name = at, value = skip_space(text, skip_string(text, at));
        value = skip_space(text, value + 1); /* the colon */
        if (value - name > sizeof "\"Statement\"" - 1 &&
            memcmp(text + name, "\"Statement\"", sizeof "\"Statement\"" - 1) == 0)
            return value;
        at = skip_space(text, skip_value(text, value, len));
        at = text[at] == ',' ? skip_space(text, at + 1) : len;
    }
    return len;
}

/* ---- parts of a statement ----------------------------------------------------------------------------- */

/* A condition's operand may be written as a number or a boolean; its text counts. */
static const char *scalar_text(struct reading *r, const cJSON *value)
{
    if (cJSON_IsString(value))
        return arena_strdup(r->arena, value->valuestring);
    if (cJSON_IsBool(value))
        return cJSON_IsTrue(value) ? "true" : "false";
    if (!cJSON_IsNumber(value))
        return NULL;
    char *printed = cJSON_PrintUnformatted(value);
    const char *kept = printed ? arena_strdup(r->arena, printed) : NULL;
    cJSON_free(printed);
    return kept;
}

static enum err_code read_words(struct reading *r, const cJSON *from, const char *of, bool only_text,
                                struct policy_words *out)
{
    bool is_list = cJSON_IsArray(from);
    size_t n = is_list ? (size_t)cJSON_GetArraySize(from) : 1;
    out->items = arena_alloc(r->arena, (n + 1) * sizeof *out->items);
    const cJSON *at = is_list ? from->child : from;
    for (size_t i = 0; i < n; i++, at = at->next) {
        if (only_text && !cJSON_IsString(at))
            return wrong(r, "neither text nor a list of texts:", of);
        out->items[i] = scalar_text(r, at);
        if (!out->items[i])
            return wrong(r, "neither text, number nor boolean:", of);
    }
    out->n = n;
    return ERR_OK;
}

static const struct {
    const char *name;
    enum principal_type type;
} principal_types[] = {
    {"AWS", PRINCIPAL_AWS},
    {"Service", PRINCIPAL_SERVICE},
    {"Federated", PRINCIPAL_FEDERATED},
    {"CanonicalUser", PRINCIPAL_CANONICAL},
};

static enum err_code add_principals(struct reading *r, const cJSON *group,
                                    struct policy_statement *statement)
{
    size_t t = 0;
    while (t < 4 && strcmp(principal_types[t].name, group->string) != 0)
        t++;
    if (t == 4)
        return wrong(r, "no type of principal:", group->string);
    struct policy_words values;
    enum err_code code = read_words(r, group, group->string, true, &values);
    for (size_t i = 0; code == ERR_OK && i < values.n; i++) {
        bool is_everybody = t == 0 && strcmp(values.items[i], "*") == 0;
        statement->principals[statement->n_principals++] = (struct policy_principal){
            is_everybody ? PRINCIPAL_EVERYBODY : principal_types[t].type, values.items[i]};
    }
    return code;
}

static enum err_code read_principals(struct reading *r, const cJSON *from,
                                     struct policy_statement *statement)
{
    size_t room = 1;
    if (cJSON_IsString(from)) {
        if (strcmp(from->valuestring, "*") != 0)
            return wrong(r, "a principal without its type must be *:", from->valuestring);
        statement->principals = arena_alloc(r->arena, sizeof *statement->principals);
        statement->principals[statement->n_principals++] =
            (struct policy_principal){PRINCIPAL_EVERYBODY, "*"};
        return ERR_OK;
    }
    if (!cJSON_IsObject(from))
        return wrong(r, "a principal is neither * nor a map", "");
    for (const cJSON *group = from->child; group; group = group->next)
        room += cJSON_IsArray(group) ? (size_t)cJSON_GetArraySize(group) : 1;
    statement->principals = arena_alloc(r->arena, room * sizeof *statement->principals);
    enum err_code code = ERR_OK;
    for (const cJSON *group = from->child; group && code == ERR_OK; group = group->next)
        code = add_principals(r, group, statement);
    return code;
}

static enum err_code read_conditions(struct reading *r, const cJSON *from,
                                     struct policy_statement *statement)
{
    if (!cJSON_IsObject(from))
        return wrong(r, "the conditions are not a map", "");
    size_t n = 0;
    for (const cJSON *block = from->child; block; block = block->next) {
        if (!cJSON_IsObject(block))
            return wrong(r, "the conditions of an operator are not a map:", block->string);
        n += (size_t)cJSON_GetArraySize(block);
    }
    statement->conditions = arena_alloc(r->arena, (n + 1) * sizeof *statement->conditions);
    for (const cJSON *block = from->child; block; block = block->next)
        for (const cJSON *key = block->child; key; key = key->next) {
            struct policy_condition *c = &statement->conditions[statement->n_conditions++];
            c->written = arena_strdup(r->arena, block->string);
            c->key = arena_strdup(r->arena, key->string);
            condition_read_operator(c);
            enum err_code code = read_words(r, key, key->string, false, &c->values);
            if (code != ERR_OK)
                return code;
        }
    return ERR_OK;
}

/* ---- a statement: a row a member ---------------------------------------------------------------------- */

static enum err_code member_sid(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    if (!cJSON_IsString(from))
        return wrong(r, "a Sid is not text", "");
    s->sid = arena_strdup(r->arena, from->valuestring);
    return ERR_OK;
}

static enum err_code member_effect(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    const char *effect = cJSON_IsString(from) ? from->valuestring : "";
    s->effect = strcmp(effect, "Allow") == 0 ? POLICY_ALLOW : POLICY_DENY;
    if (s->effect == POLICY_DENY && strcmp(effect, "Deny") != 0)
        return wrong(r, "an Effect is neither Allow nor Deny", "");
    return ERR_OK;
}

static enum err_code member_principal(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    if (s->has_principal)
        return wrong(r, "a statement has both Principal and NotPrincipal", "");
    s->has_principal = true;
    s->is_not_principal = from->string[0] == 'N';
    return read_principals(r, from, s);
}

static enum err_code member_action(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    if (s->has_action)
        return wrong(r, "a statement has both Action and NotAction", "");
    s->has_action = true;
    s->is_not_action = from->string[0] == 'N';
    return read_words(r, from, from->string, true, &s->actions);
}

static enum err_code member_resource(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    if (s->has_resource)
        return wrong(r, "a statement has both Resource and NotResource", "");
    s->has_resource = true;
    s->is_not_resource = from->string[0] == 'N';
    return read_words(r, from, from->string, true, &s->resources);
}

static const struct {
    const char *name;
    enum err_code (*read)(struct reading *r, const cJSON *from, struct policy_statement *s);
} members[] = {
    {"Sid", member_sid},           {"Effect", member_effect},       {"Principal", member_principal},
    {"NotPrincipal", member_principal}, {"Action", member_action}, {"NotAction", member_action},
    {"Resource", member_resource}, {"NotResource", member_resource}, {"Condition", read_conditions},
};
#define N_MEMBERS (sizeof members / sizeof *members)

static enum err_code read_statement(struct reading *r, const cJSON *from, struct policy_statement *s)
{
    if (!cJSON_IsObject(from))
        return wrong(r, "a statement is not a map", "");
    if (!cJSON_GetObjectItemCaseSensitive(from, "Effect"))
        return wrong(r, "a statement has no Effect", "");
    for (const cJSON *member = from->child; member; member = member->next) {
        size_t m = 0;
        while (m < N_MEMBERS && strcmp(members[m].name, member->string) != 0)
            m++;
        if (m == N_MEMBERS)
            return wrong(r, "a statement has an element that IAM does not know:", member->string);
        enum err_code code = members[m].read(r, member, s);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code read_statements(struct reading *r, const cJSON *from, struct policy *policy)
{
    bool is_list = cJSON_IsArray(from);
    const cJSON *at = is_list ? from->child : from;
    policy->n = is_list ? (size_t)cJSON_GetArraySize(from) : 1;
    policy->statements = arena_alloc(r->arena, (policy->n + 1) * sizeof *policy->statements);
    size_t next = find_statements(r->text, r->len);
    next += is_list && next < r->len;
    for (size_t i = 0; i < policy->n; i++, at = at->next) {
        struct policy_statement *s = &policy->statements[i];
        s->begin = r->begin = next < r->len ? skip_space(r->text, next) : 0;
        s->end = next < r->len ? skip_value(r->text, s->begin, r->len) : r->len;
        next = next < r->len ? skip_space(r->text, s->end) + 1 : next; /* the comma */
        enum err_code code = read_statement(r, at, s);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum err_code read_document(struct reading *r, const cJSON *from, struct policy *policy)
{
    if (!cJSON_IsObject(from))
        return wrong(r, "the document is not a map", "");
    const cJSON *statements = NULL;
    for (const cJSON *member = from->child; member; member = member->next) {
        bool is_version = strcmp(member->string, "Version") == 0;
        if (strcmp(member->string, "Statement") == 0)
            statements = member;
        else if (!is_version && strcmp(member->string, "Id") != 0)
            return wrong(r, "the document has an element that IAM does not know:", member->string);
        else if (!cJSON_IsString(member))
            return wrong(r, "not text:", member->string);
        else
            *(is_version ? &policy->version : &policy->id) = arena_strdup(r->arena, member->valuestring);
    }
    policy->has_variables = policy->version && strcmp(policy->version, "2012-10-17") == 0;
    if (policy->version && !policy->has_variables && strcmp(policy->version, "2008-10-17") != 0)
        return wrong(r, "no version of the policy language:", policy->version);
    if (!statements)
        return wrong(r, "the document has no Statement", "");
    return read_statements(r, statements, policy);
}

enum err_code policy_parse(struct arena *arena, const char *text, size_t len,
                           const struct policy **out, struct err *err)
{
    *out = NULL;
    if (len > POLICY_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "the policy has %zu bytes; %u are read", len, POLICY_MAX_BYTES);
    cJSON *document = NULL;
    enum err_code code = json_parse(text, len, &document, err);
    if (code != ERR_OK)
        return code;
    struct policy *policy = arena_alloc(arena, sizeof *policy);
    struct reading r = {arena, arena_strndup(arena, text, len), len, 0, err};
    code = read_document(&r, document, policy);
    cJSON_Delete(document);
    if (code == ERR_OK)
        *out = policy;
    return code;
}

enum err_code policy_fits_key(size_t bytes, struct err *err)
{
    return bytes <= KEY_POLICY_MAX_BYTES ? ERR_OK
               : err_set(err, ERR_LIMIT, "the policy has %zu bytes; KMS takes %u of a key's", bytes, KEY_POLICY_MAX_BYTES);
}
