#include "backend/change/kit.h"

#include "backend/change/plan.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *kit_key_name(struct making *m, struct place at, const char *arn)
{
    const cJSON *names = fact_item(see_if_may(m, FACT_ALIASES, at, arn), "Names");
    const char *alias = cJSON_GetStringValue(cJSON_GetArrayItem(names, 0));
    const char *id = strrchr(arn, '/');
    return arena_strdup(m->arena, alias ? alias : id ? id + 1 : arn);
}

/* ---- checks ------------------------------------------------------------------------------------------------------- */

/* https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
static const struct {
    const char *state, *cure;
} states[] = {
    {"Disabled", "the wizard rescue enables it"},
    {"PendingDeletion", "the wizard rescue cancels its deletion and enables it"},
    {"PendingReplicaDeletion", "the wizard rescue cancels its deletion and enables it"},
    {"PendingImport", "its material is gone or has expired: import the same material again"},
    {"Unavailable", "its custom key store is disconnected: connect it again"},
    {"Creating", "it is being made: try again in some minutes"},
    {"Updating", "it is being updated: try again in some minutes"},
};

static void check_state(struct making *m, const char *state)
{
    const char *cure = "and not Enabled";
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].state, state) == 0)
            cure = states[i].cure;
    if (strcmp(state, "Enabled") != 0)
        refuse(m, "the key is in the state %.40s; %s", state, cure);
}

static void check_origin(struct making *m, struct place at, const cJSON *key)
{
    const char *origin = fact_text(key, "Origin"), *store = fact_text(key, "CustomKeyStoreId");
    if (store[0]) {
        const cJSON *read = see_if_may(m, FACT_STORE, at, store);
        if (read && !fact_unknown(read) && strcmp(fact_text(read, "ConnectionState"), "CONNECTED") != 0)
            refuse(m, "the key's custom key store %s is not connected", store);
        warn(m, "The key lies in a custom key store: whether it can be used depends on your store, not on AWS alone. Have "
                "the product's support confirm that it takes such keys.");
    }
    if (strcmp(fact_text(key, "ExpirationModel"), "KEY_MATERIAL_EXPIRES") == 0)
        warn(m, "The key's imported material expires: the key is unusable from then on until it is imported again.");
    if (strcmp(origin, "EXTERNAL") == 0)
        warn(m, "The key's material was imported: who loses both it and the key loses all that is under it.");
}

const cJSON *kit_usable_key(struct making *m, struct place at, const char *arn)
{
    const cJSON *key = see(m, FACT_KEY, at, arn);
    if (!key)
        return NULL;
    if (fact_is_absent(key))
        refuse(m, "there is no key %.120s", arn);
    if (strcmp(fact_text(key, "AWSAccountId"), at.account) != 0 || strcmp(fact_text(key, "Arn"), arn) != 0)
        refuse(m, "the key that answers is %.120s: wrong account or Region", fact_text(key, "Arn"));
    if (strcmp(fact_text(key, "KeyManager"), "CUSTOMER") != 0)
        refuse(m, "the key is AWS's own: its policy cannot be edited, it cannot be shared. %s", text_get(TEXT_AWS_MANAGED));
    if (strcmp(fact_text(key, "KeySpec"), "SYMMETRIC_DEFAULT") != 0 ||
        strcmp(fact_text(key, "KeyUsage"), "ENCRYPT_DECRYPT") != 0)
        refuse(m, "a symmetric encryption key is needed, and this one is %.40s for %.40s", fact_text(key, "KeySpec"),
               fact_text(key, "KeyUsage"));
    check_state(m, fact_text(key, "KeyState"));
    check_origin(m, at, key);
    if (fact_is_true(key, "MultiRegion"))
        warn(m, "The key is one of a multi-Region set: use exactly this ARN, of this Region; each member can be disabled or "
                "deleted alone.");
    return key;
}

bool kit_check_region(struct making *m, struct place at)
{
    const cJSON *region = see_if_may(m, FACT_REGION, at, at.region);
    const char *status = fact_text(region, "RegionOptStatus");
    bool is_on = strcmp(status, "ENABLED") == 0 || strcmp(status, "ENABLED_BY_DEFAULT") == 0;
    if (fact_unknown(region))
        warn(m, "Whether %s is enabled in account %s could not be read (%s).", at.region, at.account, fact_unknown(region));
    else if (region && !is_on)
        refuse(m, "the Region %s is %s in account %s: enable it there first", at.region, status[0] ? status : "not known",
               at.account);
    return is_on || fact_unknown(region);
}

void kit_check_account(struct making *m, const char *own, const char *account, bool wants_member)
{
    const cJSON *member = see_if_may(m, FACT_MEMBER, (struct place){own, ""}, account);
    if (strcmp(own, account) == 0)
        refuse(m, "%s is the key's own account: the other one is wanted", account);
    if (!member)
        return;
    if (fact_unknown(member))
        warn(m, "Whether %s belongs to your organization could not be read (%s): make sure that it does%s.", account,
             fact_unknown(member), wants_member ? "" : " not");
    else if (wants_member && fact_is_absent(member))
        refuse(m, "account %s is no member of your organization, and AWS Backup copies only within one", account);
    else if (!wants_member && !fact_is_absent(member))
        refuse(m, "account %s is a member of your own organization: the product's account is none", account);
}

void kit_check_principal(struct making *m, const char *arn)
{
    struct place at = arn_place(m, arn);
    const char *name = strrchr(arn, '/');
    enum fact_id fact = strstr(arn, ":user/") ? FACT_USER : FACT_ROLE;
    const cJSON *role = see_if_may(m, fact, at, name ? name + 1 : "");
    if (role && fact_unknown(role))
        warn(m, "Whether %s exists could not be read (%s): KMS refuses a policy with a principal that does not.", arn,
             fact_unknown(role));
    else if (role && (fact_is_absent(role) || strcmp(fact_text(role, "Arn"), arn) != 0))
        refuse(m, "the principal %.120s does not exist (or was created seconds ago: try again)", arn);
}

void kit_check_break_glass(struct making *m, struct place at, const char *arn)
{
    const char *account = arn_place(m, arn).account;
    kit_check_principal(m, arn);
    if (strcmp(account, at.account) != 0)
        warn(m, "The break-glass role is of account %s, not of the key's, %s: it may end the key only once a statement of the "
                "key's policy lets it, too. Until then nobody can.", account, at.account);
}

int kit_days(const struct making *m, const char *input)
{
    return atoi(input_text(m, input));
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

static cJSON *tag(const char *name, const char *value)
{
    return object_of("TagKey", name, "TagValue", value, NULL);
}

/* CreateKey knows no token: the nonce in its tag tells the key that was made before an answer was lost; in its
 * description it tells people. */
static const char *make_key(struct making *m, struct place at, const struct new_key *key)
{
    const char *arn = arena_printf(m->arena, "${keyfall:%s}", key->name);
    const char *nonce = arena_printf(m->arena, "%s-%s", key->name, input_text(m, "nonce"));
    char *description = mem_printf("%s%s[keyfall %s]", key->description, key->description[0] ? " " : "", nonce);
    cJSON *step = step_call(m, OP_KMS_CREATE_KEY, at, key->alias, "Make the key"), *tags = cJSON_CreateArray();
    step_param(step, "Description", description);
    step_param(step, "KeySpec", "SYMMETRIC_DEFAULT");
    step_param(step, "KeyUsage", "ENCRYPT_DECRYPT");
    step_param(step, "Origin", "AWS_KMS");
    step_param(step, "Policy", policy_text(m, key->policy));
    cJSON_AddItemToArray(tags, tag(PLAN_TAG, nonce));
    step_param_json(step, "Tags", tags);
    cJSON_AddStringToObject(step, "nonce", nonce);
    step_gives(step, key->name, "KeyMetadata.Arn");
    step_after(step, FACT_KEY, at, arn,
               object_of("KeyState", "Enabled", "Origin", "AWS_KMS", "Description", description, NULL));
    step_proves_policy(step, FACT_POLICY, at, arn, NULL, key->policy);
    step_undo(step, "kms:DisableKey", object_of("KeyId", arn, NULL));
    policy_check(m, at, NULL, key->policy);
    mem_free(description);
    return arn;
}

static void make_alias(struct making *m, struct place at, const char *alias, const char *key)
{
    const cJSON *taken = see(m, FACT_ALIAS, at, alias);
    if (taken && !fact_is_absent(taken))
        refuse(m, "the alias %.120s is taken in %s: it names %.100s", alias, at.region, fact_text(taken, "Key"));
    cJSON *step = step_call(m, OP_KMS_CREATE_ALIAS, at, alias, "Name the key");
    step_param(step, "AliasName", alias);
    step_param(step, "TargetKeyId", key);
    step_before(step, FACT_ALIAS, at, alias, NULL);
    step_after(step, FACT_ALIAS, at, alias, object_of("Key", key, NULL));
    step_undo(step, "kms:DeleteAlias", object_of("AliasName", alias, NULL));
}

void kit_rotate(struct making *m, struct place at, const char *key, const char *target, int days)
{
    cJSON *step = step_call(m, OP_KMS_ENABLE_KEY_ROTATION, at, target,
                            arena_printf(m->arena, "Rotate the key every %d days, by itself", days));
    cJSON *is = cJSON_CreateObject();
    step_param(step, "KeyId", key);
    step_param_json(step, "RotationPeriodInDays", cJSON_CreateNumber(days));
    cJSON_AddTrueToObject(is, "KeyRotationEnabled");
    cJSON *every = cJSON_AddArrayToObject(is, "RotationPeriodInDays");
    cJSON_AddItemToArray(every, cJSON_CreateNumber(days));
    cJSON_AddItemToArray(every, cJSON_CreateNull()); /* not every KMS tells it */
    step_after(step, FACT_ROTATION, at, key, is);
    step_undo(step, "kms:DisableKeyRotation", object_of("KeyId", key, NULL));
}

const char *kit_make_key(struct making *m, struct place at, const struct new_key *key)
{
    const char *arn = make_key(m, at, key);
    make_alias(m, at, key->alias, arn);
    if (key->rotation_days > 0)
        kit_rotate(m, at, arn, key->alias, key->rotation_days);
    return arn;
}

/* NULL: there is none. */
static const cJSON *tag_by_then(struct making *m, struct place at, const char *key, const char *name)
{
    const cJSON *value = key[0] == '$' ? NULL : fact_item(see(m, FACT_TAGS, at, key), name), *step, *set;
    cJSON_ArrayForEach(step, m->steps)
    {
        const cJSON *params = cJSON_GetObjectItemCaseSensitive(step, "params");
        if (strcmp(json_text(step, "call"), "kms:TagResource") != 0 || strcmp(json_text(params, "KeyId"), key) != 0)
            continue;
        cJSON_ArrayForEach(set, cJSON_GetObjectItemCaseSensitive(params, "Tags"))
            if (strcmp(json_text(set, "TagKey"), name) == 0)
                value = cJSON_GetObjectItemCaseSensitive(set, "TagValue");
    }
    return value;
}

const char *kit_tag_of(struct making *m, struct place at, const char *key, const char *name)
{
    const char *value = cJSON_GetStringValue(tag_by_then(m, at, key, name));
    return value ? value : "";
}

/* Gives back what was there, and takes away what was not. */
static void undo_tags(cJSON *step, const char *key, const cJSON *was)
{
    cJSON *back = cJSON_CreateArray(), *away = cJSON_CreateArray(), *undo;
    const cJSON *t;
    cJSON_ArrayForEach(t, was)
    {
        if (cJSON_IsNull(t))
            cJSON_AddItemToArray(away, cJSON_CreateString(t->string));
        else
            cJSON_AddItemToArray(back, tag(t->string, t->valuestring));
    }
    const struct {
        const char *call, *member;
        cJSON *items;
    } ways[] = {{"kms:TagResource", "Tags", back}, {"kms:UntagResource", "TagKeys", away}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!ways[i].items->child) {
            cJSON_Delete(ways[i].items);
            continue;
        }
        undo = object_of("KeyId", key, NULL);
        cJSON_AddItemToObject(undo, ways[i].member, ways[i].items);
        step_undo(step, ways[i].call, undo);
    }
}

void kit_tag(struct making *m, struct place at, const char *key, const char *target, const char *title, ...)
{
    cJSON *tags = cJSON_CreateArray(), *was = cJSON_CreateObject(), *is = cJSON_CreateObject();
    va_list args;
    va_start(args, title);
    for (const char *name; (name = va_arg(args, const char *));) {
        const char *value = va_arg(args, const char *);
        const cJSON *old = tag_by_then(m, at, key, name);
        cJSON_AddItemToArray(tags, tag(name, value));
        cJSON_AddItemToObject(was, name, old ? cJSON_Duplicate(old, true) : cJSON_CreateNull());
        cJSON_AddStringToObject(is, name, value);
    }
    va_end(args);
    if (cJSON_Compare(was, is, true)) {
        cJSON_Delete(tags);
        cJSON_Delete(was);
        cJSON_Delete(is);
        return;
    }
    cJSON *step = step_call(m, OP_KMS_TAG_RESOURCE, at, target, title);
    step_param(step, "KeyId", key);
    step_param_json(step, "Tags", tags);
    undo_tags(step, key, was);
    step_before(step, FACT_TAGS, at, key, was);
    step_after(step, FACT_TAGS, at, key, is);
}

static bool has_word(const char *words, const char *word, size_t len)
{
    for (const char *at = words; (at = strstr(at, word)); at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

const char *kit_words_lacking(struct making *m, const char *a, const char *b)
{
    const char *out = "";
    for (size_t len; *b; b += len + strspn(b + len, " ")) {
        len = strcspn(b, " ");
        const char *word = arena_strndup(m->arena, b, len);
        if (len > 0 && !has_word(a, word, len) && !has_word(out, word, len))
            out = arena_printf(m->arena, "%s%s%s", out, out[0] ? " " : "", word);
    }
    return out;
}

const char *kit_words_of_both(struct making *m, const char *a, const char *b)
{
    const char *more = kit_words_lacking(m, a, b);
    return arena_printf(m->arena, "%s%s%s", a, a[0] && more[0] ? " " : "", more);
}

void kit_proved_by_use(cJSON *step, struct place at, const char *key)
{
    step_line(step, "keyfall looks for a use of %s since you were asked (kms:GetKeyLastUsage). If none shows and you know "
                    "better, type " KIT_UNSEEN ": then it stands on your word.", key);
    step_moves(step, FACT_LAST_USE, at, key);
    step_or(step, KIT_UNSEEN);
}

void kit_share(struct making *m, struct place at, const char *key, const char *title, const cJSON *principals)
{
    const cJSON *was = fact_item(see(m, FACT_POLICY, at, key), "Policy");
    cJSON *policy = was ? policy_copy(was) : NULL;
    if (policy) {
        policy_put(policy, statement_use("Allow use of the key", principals));
        policy_put(policy, statement_grants("Allow attachment of persistent resources", principals));
        policy_check_denials(m, key, policy, principals, use_and_grants_of_keys, false);
        if (!json_same(was, policy))
            (void)step_put_key_policy(m, at, key, key, was, policy, title);
    }
    cJSON_Delete(policy);
}
