#include "backend/change/statements.h"

#include "backend/aws/endpoint.h"
#include "backend/change/plan.h"
#include "backend/policy/access.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define VERSION "2012-10-17"

#define USE \
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", \
        "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"
const char *const use_of_keys[] = {USE, NULL};
const char *const use_and_grants_of_keys[] = {USE, "kms:CreateGrant", NULL};
const char *const care_of_keys[] = {"kms:PutKeyPolicy", "kms:EnableKey", "kms:CancelKeyDeletion", NULL};
const char *const end_of_keys[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey", NULL};
const char *const copies_into_vaults[] = {"backup:CopyIntoBackupVault", NULL};

/* ---- statements ---------------------------------------------------------------------------------------------------- */

/* One principal stands as a text, several as a list. */
static cJSON *principals_of(const cJSON *principals)
{
    cJSON *aws = cJSON_CreateObject();
    bool is_one = cJSON_GetArraySize(principals) == 1;
    cJSON_AddItemToObject(aws, "AWS", cJSON_Duplicate(is_one ? principals->child : principals, true));
    return aws;
}

static cJSON *statement(const char *sid, const char *effect, cJSON *principal, cJSON *actions)
{
    cJSON *s = object_of("Sid", sid, "Effect", effect, NULL);
    cJSON_AddItemToObject(s, "Principal", principal);
    cJSON_AddItemToObject(s, "Action", actions);
    cJSON_AddStringToObject(s, "Resource", "*");
    return s;
}

cJSON *statement_root(struct making *m, struct place at)
{
    return statement("Enable IAM User Permissions", "Allow", object_of("AWS", root_of(m, at.region, at.account), NULL),
                     cJSON_CreateString("kms:*"));
}

/* Narrower than the console's: no kms:Create*, which is CreateGrant too, and nothing that ends the key. */
cJSON *statement_admins(const cJSON *principals)
{
    return statement("Allow access for Key Administrators", "Allow", principals_of(principals),
                     array_of("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:Describe*", "kms:Get*",
                              "kms:List*", "kms:EnableKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy",
                              "kms:UpdateKeyDescription", "kms:RevokeGrant", "kms:TagResource", "kms:UntagResource",
                              "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand", NULL));
}

cJSON *statement_use(const char *sid, const cJSON *principals)
{
    return statement(sid, "Allow", principals_of(principals),
                     array_of("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
                              NULL));
}

cJSON *statement_grants(const char *sid, const cJSON *principals)
{
    cJSON *s = statement(sid, "Allow", principals_of(principals),
                         array_of("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", NULL));
    cJSON *condition = cJSON_AddObjectToObject(s, "Condition");
    cJSON_AddItemToObject(condition, "Bool", object_of("kms:GrantIsForAWSResource", "true", NULL));
    return s;
}

cJSON *statement_deny_deletion(const char *break_glass)
{
    cJSON *s = statement("Deny deletion except break glass", "Deny", cJSON_CreateString("*"),
                         array_of("kms:ScheduleKeyDeletion", "kms:DisableKey", NULL));
    if (break_glass[0]) {
        cJSON *condition = cJSON_AddObjectToObject(s, "Condition");
        cJSON_AddItemToObject(condition, "ArnNotEquals", object_of("aws:PrincipalArn", break_glass, NULL));
    }
    return s;
}

cJSON *statement_copy_into(const char *sid, const cJSON *principals)
{
    return statement(sid, "Allow", principals_of(principals), cJSON_CreateString("backup:CopyIntoBackupVault"));
}

const char *partition_of(const char *region)
{
    const char *partition = endpoint_partition(region);
    return partition ? partition : "aws";
}

const char *root_of(struct making *m, const char *region, const char *account)
{
    return arena_printf(m->arena, "arn:%s:iam::%s:root", partition_of(region), account);
}

cJSON *roots_of(struct making *m, const char *region, const cJSON *accounts)
{
    cJSON *roots = cJSON_CreateArray();
    const cJSON *a;
    cJSON_ArrayForEach(a, accounts)
        cJSON_AddItemToArray(roots, cJSON_CreateString(root_of(m, region, a->valuestring)));
    return roots;
}

/* ---- documents ------------------------------------------------------------------------------------------------------ */

cJSON *policy_new(void)
{
    cJSON *policy = object_of("Version", VERSION, NULL);
    cJSON_AddArrayToObject(policy, "Statement");
    return policy;
}

cJSON *policy_copy(const cJSON *policy)
{
    cJSON *copy = cJSON_IsObject(policy) ? cJSON_Duplicate(policy, true) : policy_new();
    const cJSON *statements = cJSON_GetObjectItemCaseSensitive(copy, "Statement");
    if (cJSON_IsObject(statements)) {
        cJSON *list = cJSON_CreateArray();
        cJSON_AddItemToArray(list, cJSON_DetachItemFromObjectCaseSensitive(copy, "Statement"));
        cJSON_AddItemToObject(copy, "Statement", list);
    } else if (!cJSON_IsArray(statements)) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, "Statement");
        cJSON_AddArrayToObject(copy, "Statement");
    }
    return copy;
}

static bool same_but_sid(const cJSON *a, const cJSON *b)
{
    cJSON *x = cJSON_Duplicate(a, true), *y = cJSON_Duplicate(b, true);
    cJSON_DeleteItemFromObjectCaseSensitive(x, "Sid");
    cJSON_DeleteItemFromObjectCaseSensitive(y, "Sid");
    bool is_same = json_same(x, y);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return is_same;
}

static bool has_sid(const cJSON *statements, const char *sid)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, statements)
        if (strcmp(json_text(s, "Sid"), sid) == 0)
            return true;
    return false;
}

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html: it must be unique. */
static void make_sid_unique(const cJSON *statements, cJSON *statement)
{
    char *sid = mem_strdup(json_text(statement, "Sid"));
    for (int n = 2; has_sid(statements, json_text(statement, "Sid")); n++) {
        char *numbered = mem_printf("%s %d", sid, n);
        cJSON_ReplaceItemInObjectCaseSensitive(statement, "Sid", cJSON_CreateString(numbered));
        mem_free(numbered);
    }
    mem_free(sid);
}

void policy_put(cJSON *policy, cJSON *statement)
{
    cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement"), *s;
    cJSON_ArrayForEach(s, statements)
    {
        if (!same_but_sid(s, statement))
            continue;
        cJSON_Delete(statement);
        return;
    }
    make_sid_unique(statements, statement);
    cJSON_AddItemToArray(statements, statement);
}

const char *policy_text(struct making *m, const cJSON *policy)
{
    char *text = cJSON_PrintUnformatted(policy);
    const char *copy = arena_strdup(m->arena, text);
    cJSON_free(text);
    return copy;
}

/* ---- checks ---------------------------------------------------------------------------------------------------------- */

/* Tab, line ends and U+0020 to U+00FF: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
static bool has_odd_character(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at > 0xc3 || (*at < 0x20 && !strchr("\t\n\r", *at)))
            return true;
    return false;
}

static bool is_whole(const cJSON *s)
{
    static const char *const needed[] = {"Principal", "Action", "Resource"};
    static const char *const negated[] = {"NotPrincipal", "NotAction", "NotResource"};
    bool is_whole = cJSON_HasObjectItem(s, "Effect");
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        is_whole = is_whole && (cJSON_HasObjectItem(s, needed[i]) || cJSON_HasObjectItem(s, negated[i]));
    return is_whole;
}

/* Whether the account keeps its way back to the policy, as far as the key's side goes. */
static bool keeps_way_back(struct making *m, const char *key, const cJSON *policy, const char *root)
{
    const char *text = policy_text(m, policy);
    struct access_input input = {.key_state = "Enabled", .identity = {.is_unknown = true}};
    struct access_result result = {0};
    struct request request;
    if (policy_parse(m->arena, text, strlen(text), &input.key_policy, NULL) != ERR_OK ||
        request_init(&request, m->arena, root, "kms:PutKeyPolicy", key, NULL) != ERR_OK)
        return false;
    request_add_implied(&request);
    access_evaluate(&request, &input, &result);
    bool keeps = result.verdict != VERDICT_EXPLICITLY_DENIED && result.key_side == TRI_YES;
    access_result_free(&result);
    request_free(&request);
    return keeps;
}

void policy_check(struct making *m, struct place at, const char *key, const cJSON *policy)
{
    const char *text = policy_text(m, policy);
    const cJSON *s;
    if (strlen(text) > KEY_POLICY_MAX_BYTES)
        refuse(m, "the key's policy would have %zu bytes, and KMS takes %u", strlen(text), KEY_POLICY_MAX_BYTES);
    if (has_odd_character(text))
        refuse(m, "the key's policy would hold a character that KMS does not take (beyond U+00FF, or a control one)");
    if (strstr(text, "${keyfall:"))
        refuse(m, "the key's policy holds ${keyfall:, which stands for what a plan makes");
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(policy, "Statement")) if (!is_whole(s))
        refuse(m, "a statement of the key's policy lacks Effect, Principal, Action or Resource: KMS takes it, and it has no "
                  "effect; mend it first");
    if (!key)
        key = arena_printf(m->arena, "arn:%s:kms:%s:%s:key/00000000-0000-0000-0000-000000000000",
                           partition_of(at.region), at.region, at.account);
    if (at.account[0] && !keeps_way_back(m, key, policy, root_of(m, at.region, at.account)))
        refuse(m, "with that policy account %s itself could not put another one any more: keyfall never locks an account "
                  "out of its key", at.account);
}

/* What nobody knows of a request may be there and be anything, but for what a caller of no organization lacks. */
static void add_context(struct request *r, const struct policy *policy, bool is_outside)
{
    static const char *const is_true = "true";
    if (strcmp(r->action, "kms:CreateGrant") == 0)
        request_add(r, "kms:GrantIsForAWSResource", &is_true, 1);
    request_add(r, "aws:SecureTransport", &is_true, 1);
    request_add_implied(r);
    for (size_t i = 0; i < policy->n; i++)
        for (size_t c = 0; c < policy->statements[i].n_conditions; c++) {
            const char *key = policy->statements[i].conditions[c].key;
            if (!is_outside || strncasecmp(key, "aws:PrincipalOrg", 16) != 0)
                request_add_unknown(r, key);
        }
}

/* The Deny that keeps the principal from it, else the first that may. */
static struct access_step denial(const struct access_result *result)
{
    struct access_step out = {.applies = TRI_NO};
    for (size_t i = 0; i < result->steps.n; i++) {
        const struct access_step *step = &result->steps.items[i];
        if (step->source == SOURCE_KEY_POLICY && !step->is_allow && step->applies > out.applies)
            out = *step;
    }
    return out;
}

/* False: the plan is refused, or somebody was warned. */
static bool check_denial(struct making *m, const char *resource, const struct policy *policy, const char *who,
                         const char *action, bool is_outside)
{
    struct access_input input = {.key_policy = policy, .key_state = "Enabled", .identity = {.is_unknown = true}};
    struct access_result result = {0};
    struct request request;
    if (request_init(&request, m->arena, who, action, resource, NULL) != ERR_OK)
        return true; /* no principal of IAM: nothing here could name it */
    add_context(&request, policy, is_outside);
    access_evaluate(&request, &input, &result);
    struct access_step deny = denial(&result);
    const char *sid = deny.statement && deny.statement->sid ? deny.statement->sid : "";
    const char *name = sid[0] ? arena_printf(m->arena, "\"%.80s\"", sid) : arena_printf(m->arena, "number %zu", deny.index + 1);
    if (deny.applies == TRI_YES)
        refuse(m, "the policy's statement %s denies %.120s what is to be allowed (%s), and keyfall changes no statement of "
                  "others: take that Deny out first", name, who, action);
    if (deny.applies == TRI_UNKNOWN)
        warn(m, "The policy's statement %s may deny %s what is to be allowed (%s): it hangs on %s.", name, who, action,
             deny.detail[0] ? deny.detail : "who of it asks");
    access_result_free(&result);
    request_free(&request);
    return deny.applies == TRI_NO;
}

/* Some principal of an account, for its root; else the principal itself. */
static const char *principal_for(struct making *m, const char *arn)
{
    const char *tail = strrchr(arn, ':');
    return tail && strcmp(tail, ":root") == 0 ? arn_place(m, arn).account : arn;
}

void policy_check_denials(struct making *m, const char *resource, const cJSON *policy, const cJSON *principals,
                          const char *const *actions, bool are_outside)
{
    const char *text = policy_text(m, policy);
    const struct policy *parsed;
    const cJSON *p;
    if (policy_parse(m->arena, text, strlen(text), &parsed, NULL) != ERR_OK) {
        warn(m, "The policy of %s cannot be understood: whether it denies what is to be allowed is not known.", resource);
        return;
    }
    cJSON_ArrayForEach(p, principals)
    {
        bool goes_on = true;
        for (const char *const *action = actions; *action && goes_on; action++)
            goes_on = check_denial(m, resource, parsed, principal_for(m, p->valuestring), *action, are_outside);
    }
}

/* ---- steps ------------------------------------------------------------------------------------------------------------ */

static bool has_statement(const cJSON *policy, const cJSON *statement)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(policy, "Statement"))
        if (json_same(s, statement)) return true;
    return false;
}

static void add_diff_line(cJSON *diff, const char *mark, const cJSON *statement)
{
    char *text = cJSON_PrintUnformatted(statement), *line = mem_printf("%s %s", mark, text);
    cJSON_AddItemToArray(diff, cJSON_CreateString(line));
    mem_free(line);
    cJSON_free(text);
}

cJSON *policy_diff(const cJSON *was, const cJSON *is)
{
    cJSON *diff = cJSON_CreateArray(), *before = policy_copy(was), *after = policy_copy(is);
    const cJSON *s;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(before, "Statement"))
        add_diff_line(diff, has_statement(after, s) ? " " : "-", s);
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(after, "Statement"))
        if (!has_statement(before, s)) add_diff_line(diff, "+", s);
    cJSON_Delete(before);
    cJSON_Delete(after);
    return diff;
}

/* Its Sid, or which one it is. */
static void add_named(struct buf *out, char mark, const cJSON *statement, int nth)
{
    const char *sid = json_text(statement, "Sid");
    if (sid[0])
        buf_printf(out, " %c\"%.60s\"", mark, sid);
    else
        buf_printf(out, " %cnumber %d", mark, nth);
}

void policy_add_changes(struct buf *out, const cJSON *was, const cJSON *is)
{
    cJSON *before = policy_copy(was), *after = policy_copy(is);
    const cJSON *s;
    int n = 0;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(before, "Statement"))
        if (++n && !has_statement(after, s)) add_named(out, '-', s, n);
    n = 0;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(after, "Statement"))
        if (++n && !has_statement(before, s)) add_named(out, '+', s, n);
    cJSON_Delete(before);
    cJSON_Delete(after);
}

/* cJSON keeps numbers as doubles: one that is not kept digit by digit would be put back as another. */
static void check_numbers(struct making *m, const cJSON *value)
{
    if (cJSON_IsNumber(value) && (value->valuedouble != nearbyint(value->valuedouble) || fabs(value->valuedouble) >= 0x1p53))
        refuse(m, "the policy holds a number that would not be kept to the last digit: write it as a text there first");
    for (const cJSON *child = value ? value->child : NULL; child; child = child->next)
        check_numbers(m, child);
}

cJSON *policy_is(const cJSON *policy)
{
    cJSON *is = cJSON_CreateObject();
    cJSON_AddItemToObject(is, "Policy", cJSON_Duplicate(policy, true));
    return is;
}

void step_proves_policy(cJSON *step, enum fact_id fact, struct place at, const char *of, const cJSON *was,
                        const cJSON *policy)
{
    step_after(step, fact, at, of, policy_is(policy));
    cJSON_AddItemToObject(step, "diff", policy_diff(was, policy));
}

cJSON *step_put_key_policy(struct making *m, struct place at, const char *key, const char *target, const cJSON *was,
                           const cJSON *policy, const char *title)
{
    cJSON *step = step_call(m, OP_KMS_PUT_KEY_POLICY, at, target, title);
    policy_check(m, at, key, policy);
    check_numbers(m, was);
    step_param(step, "KeyId", key);
    step_param(step, "PolicyName", "default");
    step_param(step, "Policy", policy_text(m, policy));
    step_before(step, FACT_POLICY, at, key, policy_is(was));
    step_proves_policy(step, FACT_POLICY, at, key, was, policy);
    step_undo(step, "kms:PutKeyPolicy",
              object_of("KeyId", key, "PolicyName", "default", "Policy", policy_text(m, was), NULL));
    return step;
}

cJSON *step_put_vault_policy(struct making *m, struct place at, const char *vault, const cJSON *was,
                             const cJSON *policy, const char *title)
{
    cJSON *step = step_call(m, OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY, at, vault, title);
    check_numbers(m, was);
    step_param(step, "backupVaultName", vault);
    step_param(step, "Policy", policy_text(m, policy));
    step_before(step, FACT_VAULT_POLICY, at, vault, was ? policy_is(was) : NULL);
    step_proves_policy(step, FACT_VAULT_POLICY, at, vault, was, policy);
    if (was)
        step_undo(step, "backup:PutBackupVaultAccessPolicy",
                  object_of("backupVaultName", vault, "Policy", policy_text(m, was), NULL));
    else
        step_undo(step, "backup:DeleteBackupVaultAccessPolicy", object_of("backupVaultName", vault, NULL));
    return step;
}
