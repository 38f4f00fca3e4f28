#include "backend/change/statements.h"

#include "backend/change/plan.h"
#include "backend/policy/access.h"

#include <string.h>

#define MAX_BYTES 32768 /* https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */

/* ---- statements ------------------------------------------------------------------------------------------------------ */

cJSON *statement_allow(const char *sid, cJSON *principals, const char *const *actions)
{
    cJSON *statement = object_of("Sid", sid, "Effect", "Allow", NULL);
    cJSON_AddItemToObject(cJSON_AddObjectToObject(statement, "Principal"), "AWS", principals);
    cJSON *list = cJSON_AddArrayToObject(statement, "Action");
    for (; *actions; actions++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*actions));
    cJSON_AddStringToObject(statement, "Resource", "*");
    return statement;
}

cJSON *statement_use(const char *sid, cJSON *principals)
{
    static const char *const actions[] = {"kms:Encrypt",          "kms:Decrypt",     "kms:ReEncrypt*",
                                          "kms:GenerateDataKey*", "kms:DescribeKey", NULL};
    return statement_allow(sid, principals, actions);
}

cJSON *statement_grants(const char *sid, cJSON *principals)
{
    static const char *const actions[] = {"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", NULL};
    cJSON *statement = statement_allow(sid, principals, actions);
    cJSON_AddItemToObject(cJSON_AddObjectToObject(statement, "Condition"), "Bool",
                          object_of("kms:GrantIsForAWSResource", "true", NULL));
    return statement;
}

cJSON *statement_root(struct making *m, const char *partition, const char *account)
{
    static const char *const actions[] = {"kms:*", NULL};
    const char *root = arena_printf(m->arena, "arn:%s:iam::%s:root", partition, account);
    return statement_allow("Enable IAM User Permissions", array_of(root, NULL), actions);
}

/* ---- policies -------------------------------------------------------------------------------------------------------- */

cJSON *policy_new(const char *id)
{
    cJSON *policy = object_of("Version", "2012-10-17", "Id", id, NULL);
    cJSON_AddArrayToObject(policy, "Statement");
    return policy;
}

/* A policy of one statement may have it without a list. */
static cJSON *statements_of(cJSON *policy)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
    if (cJSON_IsObject(list)) {
        cJSON *one = cJSON_DetachItemViaPointer(policy, list);
        list = cJSON_AddArrayToObject(policy, "Statement");
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

static bool same_but_sid(const cJSON *a, const cJSON *b)
{
    cJSON *x = cJSON_Duplicate(a, true), *y = cJSON_Duplicate(b, true);
    cJSON_DeleteItemFromObjectCaseSensitive(x, "Sid");
    cJSON_DeleteItemFromObjectCaseSensitive(y, "Sid");
    bool same = json_same(x, y);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return same;
}

static bool has_sid(const cJSON *list, const char *sid)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, list) if (strcmp(json_text(s, "Sid"), sid) == 0) return true;
    return false;
}

void policy_add(cJSON *policy, cJSON *statement)
{
    cJSON *list = statements_of(policy);
    char *base = mem_strdup(json_text(statement, "Sid"));
    const cJSON *s;
    bool is_there = false;
    cJSON_ArrayForEach(s, list) is_there |= same_but_sid(s, statement);
    for (int n = 2; has_sid(list, json_text(statement, "Sid")); n++) {
        char *sid = mem_printf("%s %d", base, n);
        cJSON_ReplaceItemInObjectCaseSensitive(statement, "Sid", cJSON_CreateString(sid));
        mem_free(sid);
    }
    if (!list || is_there)
        cJSON_Delete(statement);
    else
        cJSON_AddItemToArray(list, statement);
    mem_free(base);
}

void policy_add_pair(cJSON *policy, cJSON *principals)
{
    policy_add(policy, statement_use("Allow use of the key", cJSON_Duplicate(principals, true)));
    policy_add(policy, statement_grants("Allow attachment of persistent resources", principals));
}

/* ---- what KMS takes -------------------------------------------------------------------------------------------------- */

/* Tab, line feed, carriage return and U+0020 to U+00FF. */
static bool has_strange_character(const char *s)
{
    for (const unsigned char *at = (const unsigned char *)s; *at; at++) {
        if (*at < 0x20 ? !strchr("\t\n\r", *at) : *at >= 0xc4)
            return true;
    }
    return false;
}

/* AWS shows a principal that was deleted by its unique id, and takes no policy that holds one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
static const char *dead_principal(const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value);
    if (text && (strncmp(text, "AROA", 4) == 0 || strncmp(text, "AIDA", 4) == 0))
        return text;
    const char *found = NULL;
    for (const cJSON *child = value ? value->child : NULL; child && !found; child = child->next)
        found = dead_principal(child);
    return found;
}

static const char *dead_principal_of(const cJSON *policy)
{
    const cJSON *s;
    const char *found = NULL;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(policy, "Statement"))
        if (!found)
            found = dead_principal(cJSON_GetObjectItemCaseSensitive(s, "Principal"));
    return found;
}

/* Whether by this policy the account's root, and with it whom its IAM policies allow, may put the next one. */
static bool keeps_the_way_back(struct making *m, const char *key_arn, const char *text)
{
    const struct policy *policy;
    struct request request;
    struct access_result result = {0};
    struct place at = arn_place(m, key_arn);
    const char *root = arena_printf(m->arena, "arn:%s:iam::%s:root", arn_partition(m, key_arn), at.account);
    if (policy_parse(m->arena, text, strlen(text), &policy, NULL) != ERR_OK ||
        request_init(&request, m->arena, root, "kms:PutKeyPolicy", key_arn, NULL) != ERR_OK)
        return false;
    request_add_implied(&request);
    const struct access_input input = {.key_policy = policy};
    access_evaluate(&request, &input, &result);
    bool keeps = result.key_side == TRI_YES;
    access_result_free(&result);
    request_free(&request);
    return keeps;
}

const char *policy_text(struct making *m, const char *key_arn, const cJSON *policy)
{
    char *printed = cJSON_PrintUnformatted(policy);
    const char *text = arena_strdup(m->arena, printed);
    const char *dead = dead_principal_of(policy);
    cJSON_free(printed);
    if (strlen(text) > MAX_BYTES)
        refuse(m, "the policy of %.200s would have %zu bytes, and KMS takes %d: take a statement out of it first", key_arn,
               strlen(text), MAX_BYTES);
    if (has_strange_character(text))
        refuse(m, "the policy of %.200s holds characters that KMS does not take", key_arn);
    if (dead)
        refuse(m, "the policy of %.200s names %.60s, a principal that was deleted: KMS does not take it again. Take that "
                  "statement out of it first", key_arn, dead);
    if (!keeps_the_way_back(m, key_arn, text))
        warn(m, "The policy of %.200s does not let the account itself change it. AWS takes it only from somebody whom it "
                "does let, and keyfall never asks AWS to leave that out.", key_arn);
    return text;
}

/* ---- the step -------------------------------------------------------------------------------------------------------- */

cJSON *policy_seen(struct making *m, struct place at, const char *key_arn)
{
    const cJSON *policy = fact_item(see(m, FACT_POLICY, at, key_arn), "Policy");
    return policy ? cJSON_Duplicate(policy, true) : NULL;
}

static void add_diff_lines(cJSON *out, const char *mark, const cJSON *statement)
{
    char *text = cJSON_Print(statement);
    for (char *at = text, *end; *at; at = end + (*end == '\n')) {
        end = at + strcspn(at, "\n");
        char *line = mem_printf("%s %.*s", mark, (int)(end - at), at);
        cJSON_AddItemToArray(out, cJSON_CreateString(line));
        mem_free(line);
    }
    cJSON_free(text);
}

static bool holds(const cJSON *list, const cJSON *statement)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, list) if (json_same(s, statement)) return true;
    return false;
}

/* What stays is named by its Sid, what goes and comes stands there whole. */
static cJSON *diff_of(const cJSON *was, const cJSON *is)
{
    cJSON *out = cJSON_CreateArray();
    const cJSON *s;
    cJSON_ArrayForEach(s, was)
    {
        if (!holds(is, s)) {
            add_diff_lines(out, "-", s);
            continue;
        }
        char *line = mem_printf("  \"%.100s\" stays", json_text(s, "Sid"));
        cJSON_AddItemToArray(out, cJSON_CreateString(line));
        mem_free(line);
    }
    cJSON_ArrayForEach(s, is) if (!holds(was, s)) add_diff_lines(out, "+", s);
    return out;
}

static cJSON *policy_is(const cJSON *policy)
{
    cJSON *is = cJSON_CreateObject();
    cJSON_AddItemToObject(is, "Policy", cJSON_Duplicate(policy, true));
    return is;
}

void step_put_policy(struct making *m, struct place at, const char *key_arn, const char *title, cJSON *policy)
{
    cJSON *was = policy_seen(m, at, key_arn);
    if (!was || !policy || json_same(was, policy)) {
        cJSON_Delete(was);
        cJSON_Delete(policy);
        return;
    }
    char *old = cJSON_PrintUnformatted(was);
    cJSON *step = step_call(m, OP_KMS_PUT_KEY_POLICY, at, key_arn, title);
    step_param(step, "KeyId", key_arn);
    step_param(step, "PolicyName", "default");
    step_param(step, "Policy", policy_text(m, key_arn, policy));
    step_before(step, FACT_POLICY, at, key_arn, policy_is(was));
    step_after(step, FACT_POLICY, at, key_arn, policy_is(policy));
    cJSON_AddItemToObject(step, "diff", diff_of(statements_of(was), statements_of(policy)));
    step_undo(step, "kms:PutKeyPolicy", object_of("KeyId", key_arn, "PolicyName", "default", "Policy", old, NULL));
    cJSON_free(old);
    cJSON_Delete(was);
    cJSON_Delete(policy);
}

/* ---- a key that is made ---------------------------------------------------------------------------------------------- */

static cJSON *tag_list(const cJSON *tags, const char *nonce)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
        cJSON_AddItemToArray(list, object_of("TagKey", tag->string, "TagValue", tag->valuestring, NULL));
    cJSON_AddItemToArray(list, object_of("TagKey", "keyfall:plan", "TagValue", nonce, NULL));
    return list;
}

static void step_new_key(struct making *m, struct place at, const struct new_key *key, const char *arn)
{
    const char *nonce = input_text(m, "nonce");
    const char *owner = arena_printf(m->arena, "arn:%s:kms:%s:%s:key/new", key->partition, at.region, at.account);
    cJSON *step = step_call(m, OP_KMS_CREATE_KEY, at, key->alias, key->title);
    step_param(step, "Description", arena_printf(m->arena, "%s (keyfall %s)", key->description, nonce));
    step_param(step, "KeySpec", "SYMMETRIC_DEFAULT");
    step_param(step, "KeyUsage", "ENCRYPT_DECRYPT");
    step_param(step, "Origin", "AWS_KMS");
    step_param_json(step, "MultiRegion", cJSON_CreateFalse());
    step_param(step, "Policy", policy_text(m, owner, key->policy));
    step_param_json(step, "Tags", tag_list(key->tags, nonce));
    step_gives(step, key->name, "KeyMetadata.Arn");
    step_nonce(step, nonce);
    step_after(step, FACT_KEY, at, arn, object_of("KeyState", "Enabled", "KeyManager", "CUSTOMER", "KeySpec",
                                                  "SYMMETRIC_DEFAULT", NULL));
    step_undo_by_hand(step, "keyfall schedules no deletion: disable the key (aws kms disable-key) while nothing is under it");
}

static void step_new_alias(struct making *m, struct place at, const struct new_key *key, const char *arn)
{
    const cJSON *taken = see(m, FACT_ALIAS, at, key->alias);
    cJSON *names = cJSON_CreateObject();
    if (taken && !fact_is_absent(taken))
        refuse(m, "there is an alias %s in account %s, %s already", key->alias, at.account, at.region);
    cJSON *step = step_call(m, OP_KMS_CREATE_ALIAS, at, key->alias, "Give it its alias");
    step_param(step, "AliasName", key->alias);
    step_param(step, "TargetKeyId", arn);
    step_before(step, FACT_ALIAS, at, key->alias, NULL);
    cJSON_AddItemToObject(names, "Names", array_of(key->alias, NULL));
    step_after(step, FACT_ALIASES, at, arn, names);
    step_undo_by_hand(step, arena_printf(m->arena, "keyfall deletes no alias: aws kms delete-alias --region %s --alias-name "
                                                   "%s does", at.region, key->alias));
}

const char *steps_new_key(struct making *m, struct place at, const struct new_key *key)
{
    const char *arn = arena_printf(m->arena, "${keyfall:%s}", key->name);
    step_new_key(m, at, key, arn);
    step_new_alias(m, at, key, arn);
    cJSON_Delete(key->policy);
    cJSON_Delete(key->tags);
    return arn;
}
