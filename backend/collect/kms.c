#include "backend/collect/feed.h"

#include "backend/aws/tree.h"
#include "backend/policy/traits.h"

#include <string.h>

/* Asymmetric, HMAC and custom key store keys do not rotate; some states tell nothing:
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
const struct special rotation_specials[] = {
    {"UnsupportedOperationException", NULL, TRUTH_UNSUPPORTED},
    {"KMSInvalidStateException", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

static bool text_is(const struct record *r, enum attr attr, const char *text)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && strcmp(v.text, text) == 0;
}

/* AWS managed keys have a policy, grants and a rotation that nobody but AWS can change:
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
 * A key whose metadata is denied may be a customer's, so the rest is asked for all the same. */
enum applies key_is_customers(const struct record *r)
{
    enum truth metadata = record_facet(r, FACET_KEY_METADATA).truth;
    if (metadata == TRUTH_NOT_ASKED || metadata == TRUTH_LOADING)
        return APPLIES_LATER;
    return text_is(r, ATTR_KEY_MANAGER, "AWS") ? APPLIES_NO : APPLIES_YES;
}

/* Only they can have several materials of which one is missing:
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html */
enum applies key_is_imported(const struct record *r)
{
    enum applies is_customers = key_is_customers(r);
    bool is_imported = text_is(r, ATTR_KEY_ORIGIN, "EXTERNAL") && text_is(r, ATTR_KEY_SPEC, "SYMMETRIC_DEFAULT");
    return is_customers == APPLIES_YES && !is_imported ? APPLIES_NO : is_customers;
}

/* ---- https://docs.aws.amazon.com/kms/latest/APIReference/API_AliasListEntry.html ----------------- */

/* Predefined AWS aliases have no target until their key comes to be. */
enum err_code alias_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return sheet_key(s, ATTR_ALIAS_KEY, item, "TargetKeyId", err);
}

enum err_code key_store_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "CustomKeyStoreId", &id, err);
    if (code == ERR_OK)
        *arn = place_id(s, "key-store", id);
    return code;
}

/* ---- https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html -------------------- */

enum err_code key_metadata_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *store = NULL;
    enum err_code code = sheet_first_text(s, ATTR_KEY_SPEC, item, "KeyMetadata.KeySpec",
                                          "KeyMetadata.CustomerMasterKeySpec", err);
    if (code == ERR_OK)
        code = add_texts(item, "KeyMetadata.MultiRegionConfiguration.ReplicaKeys", NULL, "Arn", &s->line,
                         err);
    sheet_line(s, ATTR_KEY_REPLICAS);
    if (code == ERR_OK)
        code = maybe_text(item, "KeyMetadata.CustomKeyStoreId", &store, err);
    if (code == ERR_OK && store)
        sheet_text(s, ATTR_KEY_KEY_STORE, place_id(s, "key-store", store));
    return code;
}

enum err_code key_policy_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *policy = NULL;
    enum err_code code = need_text(item, "Policy", &policy, err);
    if (code == ERR_OK)
        code = policy_accounts(policy, s->place->account, &s->line, err);
    sheet_line(s, ATTR_KEY_EXTERNAL_ACCOUNTS);
    if (code == ERR_OK) /* told once, when the policy comes: it is asked of every key at every judgement */
        policy_traits_say(POLICY_OF_KEY, policy, strlen(policy), s->place->account, parent_arn(s), &s->line);
    sheet_line(s, ATTR_KEY_POLICY_TRAITS);
    return code;
}

enum err_code key_tag_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *key = NULL, *value = NULL;
    enum err_code code = need_text(item, "TagKey", &key, err);
    if (code == ERR_OK)
        code = maybe_text(item, "TagValue", &value, err);
    if (code != ERR_OK)
        return code;
    buf_add(s->gathered, key, strlen(key) + 1);
    buf_add(s->gathered, value ? value : "", value ? strlen(value) + 1 : 1);
    return ERR_OK;
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_RotationsListEntry.html: data may be under each but one that
 * no rotation has reached yet. */
enum err_code key_material_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL, *import = NULL, *state = NULL;
    enum err_code code = need_text(item, "KeyMaterialId", &id, err);
    if (code == ERR_OK)
        code = need_text(item, "ImportState", &import, err); /* of imported keys AWS always says it */
    if (code == ERR_OK)
        code = maybe_text(item, "KeyMaterialState", &state, err);
    bool is_waiting = state && strncmp(state, "PENDING_", 8) == 0;
    if (code == ERR_OK && strcmp(import, "PENDING_IMPORT") == 0 && !is_waiting)
        buf_add(s->gathered, id, strlen(id) + 1);
    return code;
}

/* ---- https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html ----------------- */

enum err_code grant_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "GrantId", &id, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:grant/%s/%s", parent_arn(s), id);
    return code;
}

static enum err_code add_map(const cJSON *item, const char *path, struct buf *out, struct err *err)
{
    const cJSON *map = tree_at(item, path);
    if (map && !cJSON_IsObject(map))
        return err_set(err, ERR_PARSE, "the answer's %s is not a map", path);
    for (const cJSON *at = map ? map->child : NULL; at; at = at->next) {
        if (!cJSON_IsString(at))
            return err_set(err, ERR_PARSE, "the answer's %s.%s is not text", path, at->string);
        buf_add(out, at->string, strlen(at->string) + 1);
        buf_add(out, at->valuestring, strlen(at->valuestring) + 1);
    }
    return ERR_OK;
}

/* Whether the pairs are all there may be, or only must be among them. A grant has one of the two. */
static const char *const context_rules[] = {
    "Constraints.EncryptionContextEquals",
    "Constraints.EncryptionContextSubset",
};

/* Newer grants name a service as such; older ones have its name among the principals. */
enum err_code grant_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    sheet_node(s, ATTR_GRANT_KEY, s->parent);
    enum err_code code = sheet_first_text(s, ATTR_GRANT_GRANTEE, item, "GranteePrincipal",
                                          "GranteeServicePrincipal", err);
    if (code == ERR_OK)
        code = sheet_first_text(s, ATTR_GRANT_RETIRING_PRINCIPAL, item, "RetiringPrincipal",
                                "RetiringServicePrincipal", err);
    if (code == ERR_OK)
        code = add_texts(item, "Operations", NULL, NULL, &s->line, err);
    sheet_line(s, ATTR_GRANT_OPERATIONS);
    if (code == ERR_OK)
        code = add_map(item, "Constraints.EncryptionContextEquals", &s->line, err);
    if (code == ERR_OK)
        code = add_map(item, "Constraints.EncryptionContextSubset", &s->line, err);
    sheet_line(s, ATTR_GRANT_CONTEXT);
    for (size_t i = 0; code == ERR_OK && i < sizeof context_rules / sizeof *context_rules; i++)
        if (tree_at(item, context_rules[i]))
            sheet_text(s, ATTR_GRANT_CONTEXT_RULE, strchr(context_rules[i], '.') + 1);
    return code;
}
