#include "backend/collect/products_internal.h"

#include <string.h>

static bool fits(const char *pattern, const char *name)
{
    size_t len = strcspn(pattern, "*");
    return pattern[len] == '*' ? strncmp(name, pattern, len) == 0 : strcmp(name, pattern) == 0;
}

/* A name with a path begins with a slash that people leave out. */
static const char *plain_name(const struct record *parameter)
{
    struct value name = record_value(parameter, ATTR_PARAMETER_NAME);
    return name.is != VALUE_KNOWN ? "" : name.text + (name.text[0] == '/');
}

static bool is_named(const struct credential_settings *s, const char *name)
{
    if (s->parameters.n == 0)
        return fits(DRUVA_CREDENTIAL "*", name);
    for (size_t i = 0; i < s->parameters.n; i++)
        if (fits(s->parameters.items[i] + (s->parameters.items[i][0] == '/'), name))
            return true;
    return false;
}

static bool is_place(const struct credential_settings *s, const char *account, const char *region)
{
    return strcmp(s->account, account) == 0 && (s->regions.n == 0 || has_text(&s->regions, region));
}

/* What the configuration says of a parameter; NULL: nothing. */
static const struct credential_settings *settings_of(const struct deriving *d, const struct record *r,
                                                     const char *name)
{
    for (size_t i = 0; d->settings && i < d->settings->credentials.n; i++) {
        const struct credential_settings *s = &d->settings->credentials.items[i];
        if (is_place(s, record_account(r), record_region(r)) && is_named(s, name))
            return s;
    }
    return NULL;
}

static const char *partition_of(struct deriving *d, const struct record *r)
{
    const char *arn = arn_of(d, r->node) + strlen("arn:");
    return arena_strndup(d->arena, arn, strcspn(arn, ":"));
}

static uint32_t key_of(const struct deriving *d, const struct record *parameter)
{
    struct value key = record_value(parameter, ATTR_PARAMETER_KEY);
    return key.is == VALUE_KNOWN ? resolved_key(d->generation, key.node) : 0;
}

/* Of several keys of a place that are tagged each will do: the one it is under, else the first by its ARN, in
 * whichever order they were read. */
static uint32_t tagged_key(const struct deriving *d, const struct record *parameter)
{
    const struct estate *e = d->estate;
    uint32_t slot = estate_find_slot(e, slot_scope(e, parameter->slot), LIST_KEYS, 0);
    const struct slice *keys = slot ? generation_slice(d->generation, slot) : NULL;
    uint32_t found = 0, is = key_of(d, parameter);
    struct record key;
    for (uint32_t i = 0; keys && slice_record(d->generation, keys, i, &key); i++) {
        const char *product = tag_of(&key, "keyfall:product");
        if (!product || strcmp(product, "druva-credentials") != 0)
            continue;
        if (key.node == is)
            return is;
        if (!found || node_compare(e, key.node, found) < 0)
            found = key.node;
    }
    return found;
}

/* The key that the credentials should be under: of the configuration, else the one of the place that is tagged. */
static uint32_t wanted_key(struct deriving *d, const struct credential_settings *s, const struct record *r)
{
    if (s && s->key && strncmp(s->key, "alias/", 6) == 0) {
        const char *arn = arena_printf(d->arena, "arn:%s:kms:%s:%s:%s", partition_of(d, r), record_region(r),
                                       record_account(r), s->key);
        return estate_node(d->estate, KIND_ALIAS, arn, strlen(arn));
    }
    if (s && s->key)
        return estate_node(d->estate, KIND_KEY, s->key, strlen(s->key));
    return tagged_key(d, r);
}

static const char *e_key_word(const struct credential_settings *s)
{
    static const char *const words[] = {[SAID_YES] = "yes", [SAID_NO] = "no"};
    return s ? words[s->e_key] : NULL;
}

static void note_key(struct deriving *d, const struct record *r, uint32_t wanted, const char **conflict)
{
    uint32_t is = key_of(d, r), should = resolved_key(d->generation, wanted);
    if (is && should && is != should)
        conflict_add(d, conflict, "it is under %s, and should be under %s", node_tail(d->estate, is),
                     node_tail(d->estate, should));
}

static void credential_write(struct deriving *d, const struct record *r, const char *name,
                             const struct credential_settings *s)
{
    const char *conflict = NULL, *account = record_account(r), *region = record_region(r);
    struct product_row *row = row_add(
        d, LIST_CREDENTIALS, account, region,
        arena_printf(d->arena, "keyfall:credentials/%s/%s/%s", account, region, id_part(d, name)));
    uint32_t wanted = wanted_key(d, s, r);
    note_key(d, r, wanted, &conflict);
    row_say(row, ATTR_CREDENTIAL_NAME, arena_strdup(d->arena, name));
    row_say(row, ATTR_CREDENTIAL_PRODUCT, "druva");
    row_say_node(row, ATTR_CREDENTIAL_PARAMETER, r->node);
    row_say(row, ATTR_CREDENTIAL_E_KEY, e_key_word(s));
    row_say_node(row, ATTR_CREDENTIAL_WANTED_KEY, wanted);
    row_say(row, ATTR_CREDENTIAL_SOURCE, s ? "name and configuration" : "name");
    row_say(row, ATTR_CREDENTIAL_CONFLICT, conflict);
    row_seen(row, r->slice);
}

/* Credentials that should be somewhere and are not: region NULL: in any Region of the account. */
static void missing_write(struct deriving *d, const struct credential_settings *s, const char *region)
{
    const char *id = region ? arena_printf(d->arena, "keyfall:credentials/%s/%s", s->account, region)
                            : arena_printf(d->arena, "keyfall:credentials/%s", s->account);
    struct product_row *row = row_add(d, LIST_CREDENTIALS, s->account, region ? region : "", id);
    row_say(row, ATTR_CREDENTIAL_NAME, arena_printf(d->arena, "Druva's, as [credentials %s] says", s->name));
    row_say(row, ATTR_CREDENTIAL_PRODUCT, "druva");
    row_say(row, ATTR_CREDENTIAL_E_KEY, e_key_word(s));
    row_say(row, ATTR_CREDENTIAL_SOURCE, "configuration");
}

typedef VEC(const char *) name_vec;

/* Whether what a section asks for was found somewhere (region NULL), or there. The rows of what was found begin
 * at first. */
static bool is_there(const struct deriving *d, const struct credential_settings *s, const char *region,
                     const name_vec *names, size_t first)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct product_row *row = &d->rows.items[first + i];
        if (strcmp(row->account, s->account) == 0 && (!region || strcmp(row->region, region) == 0) &&
            is_named(s, names->items[i]))
            return true;
    }
    return false;
}

void derive_credentials(struct deriving *d)
{
    name_vec names = {0};
    struct record r;
    size_t first = d->rows.n;
    for (struct walk w = walk_kind(d->generation, KIND_PARAMETER); walk_next(&w, &r);) {
        const char *name = plain_name(&r);
        const struct credential_settings *s = settings_of(d, &r, name);
        if (!s && !fits(DRUVA_CREDENTIAL "*", name))
            continue;
        credential_write(d, &r, name, s);
        VEC_PUSH(names, name);
    }
    for (size_t i = 0; d->settings && i < d->settings->credentials.n; i++) {
        const struct credential_settings *s = &d->settings->credentials.items[i];
        for (size_t k = 0; k < s->regions.n; k++)
            if (!is_there(d, s, s->regions.items[k], &names, first))
                missing_write(d, s, s->regions.items[k]);
        if (s->regions.n == 0 && !is_there(d, s, NULL, &names, first))
            missing_write(d, s, NULL);
    }
    VEC_FREE(names);
}
