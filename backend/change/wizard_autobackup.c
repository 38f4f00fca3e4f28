/* AutoBackup replicates snapshots of PROTECTED accounts into a VAULT account, under the key that one alias means in each
 * Region there. The key policies are those of AutoBackup's own page: the account, its administrators, and the use and
 * grants for the VAULT role and the PROTECTED accounts. */
#include "backend/change/statements.h"
#include "backend/change/wizards.h"

#include "backend/change/plan.h"
#include "backend/change/texts.h"

#include <string.h>

struct setup {
    const char *name, *partition, *vault, *role, *source_role, *alias;
    const cJSON *accounts, *regions, *admins, *sources; /* arrays of texts */
};

static struct setup read_inputs(struct making *m)
{
    const char *role = input_text(m, "role");
    return (struct setup){.name = input_text(m, "setup"),
                          .partition = arn_partition(m, role),
                          .vault = arn_place(m, role).account,
                          .role = role,
                          .source_role = input_text(m, "source-role"),
                          .alias = input_text(m, "alias"),
                          .accounts = input_list(m, "protected"),
                          .regions = input_list(m, "regions"),
                          .admins = input_list(m, "admins"),
                          .sources = input_list(m, "sources")};
}

static const char *root_of(struct making *m, const struct setup *s, const char *account)
{
    return arena_printf(m->arena, "arn:%s:iam::%s:root", s->partition, account);
}

/* ---- who there is ---------------------------------------------------------------------------------------------------- */

static void check_accounts(struct making *m, const struct setup *s)
{
    const char *name = strrchr(s->role, '/');
    const cJSON *account, *region;
    check_role(m, s->vault, name ? name + 1 : s->role);
    cJSON_ArrayForEach(region, s->regions) check_region(m, s->vault, region->valuestring);
    cJSON_ArrayForEach(account, s->accounts)
    {
        if (strcmp(account->valuestring, s->vault) == 0)
            refuse(m, "%s is the VAULT account and cannot be PROTECTED by itself", s->vault);
        if (s->source_role[0])
            check_role(m, account->valuestring, s->source_role);
    }
}

/* ---- policies and tags ------------------------------------------------------------------------------------------------ */

/* The VAULT role and each PROTECTED account. */
static cJSON *users_of(struct making *m, const struct setup *s)
{
    cJSON *users = array_of(s->role, NULL);
    const cJSON *account;
    cJSON_ArrayForEach(account, s->accounts)
        cJSON_AddItemToArray(users, cJSON_CreateString(root_of(m, s, account->valuestring)));
    return users;
}

/* AutoBackup's page lets them delete the key too. That one right can take all replicas away: it is left out. */
static const char *const administration[] = {
    "kms:CreateAlias",      "kms:UpdateAlias",       "kms:DeleteAlias",   "kms:Describe*",
    "kms:Get*",             "kms:List*",             "kms:EnableKey",     "kms:EnableKeyRotation",
    "kms:PutKeyPolicy",     "kms:UpdateKeyDescription", "kms:RevokeGrant", "kms:TagResource",
    "kms:UntagResource",    "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand", NULL};

static cJSON *new_policy(struct making *m, const struct setup *s)
{
    cJSON *policy = policy_new("autobackup-replicas");
    policy_add(policy, statement_root(m, s->partition, s->vault));
    if (s->admins->child)
        policy_add(policy, statement_allow("Allow access for Key Administrators", cJSON_Duplicate(s->admins, true),
                                           administration));
    policy_add_pair(policy, users_of(m, s));
    return policy;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

/* A key may be of several setups, named with blanks between. */
static void add_tags(struct making *m, const struct setup *s, struct place at, const char *arn, const char *role)
{
    const cJSON *tags = fact_item(see(m, FACT_TAGS, at, arn), "Tags");
    const char *setups = json_text(tags, "keyfall:autobackup");
    if (!tags || (has_word(setups, s->name) && strcmp(json_text(tags, "keyfall:role"), role) == 0))
        return;
    const char *all = has_word(setups, s->name) ? setups
                      : arena_printf(m->arena, "%s%s%s", setups, setups[0] ? " " : "", s->name);
    cJSON *step = step_call(m, OP_KMS_TAG_RESOURCE, at, arn, "Tag the key with its setup"), *list = cJSON_CreateArray();
    cJSON *is = cJSON_CreateObject(), *now = cJSON_Duplicate(tags, true);
    cJSON_AddItemToArray(list, object_of("TagKey", "keyfall:autobackup", "TagValue", all, NULL));
    cJSON_AddItemToArray(list, object_of("TagKey", "keyfall:role", "TagValue", role, NULL));
    step_param(step, "KeyId", arn);
    step_param_json(step, "Tags", list);
    cJSON *was = cJSON_CreateObject();
    cJSON_AddItemToObject(was, "Tags", cJSON_Duplicate(tags, true));
    step_before(step, FACT_TAGS, at, arn, was);
    cJSON_DeleteItemFromObjectCaseSensitive(now, "keyfall:autobackup");
    cJSON_DeleteItemFromObjectCaseSensitive(now, "keyfall:role");
    cJSON_AddStringToObject(now, "keyfall:autobackup", all);
    cJSON_AddStringToObject(now, "keyfall:role", role);
    cJSON_AddItemToObject(is, "Tags", now);
    step_after(step, FACT_TAGS, at, arn, is);
    step_undo_by_hand(step, "put the tags back as they were: aws kms tag-resource, aws kms untag-resource");
}

/* ---- the keys --------------------------------------------------------------------------------------------------------- */

static void add_vault_key(struct making *m, const struct setup *s, const char *region)
{
    struct place at = {s->vault, region};
    const cJSON *alias = see(m, FACT_ALIAS, at, s->alias);
    if (!alias)
        return;
    if (fact_is_absent(alias)) {
        (void)steps_new_key(m, at, &(struct new_key){
                                       .name = arena_printf(m->arena, "key-%s", region),
                                       .partition = s->partition,
                                       .title = arena_printf(m->arena, "Make the VAULT key of %s", region),
                                       .description = "AutoBackup replicas",
                                       .alias = s->alias,
                                       .policy = new_policy(m, s),
                                       .tags = object_of("keyfall:autobackup", s->name, "keyfall:role", "vault", NULL)});
        return;
    }
    const char *arn = arena_printf(m->arena, "arn:%s:kms:%s:%s:key/%s", s->partition, region, s->vault,
                                   fact_text(alias, "TargetKeyId"));
    check_usable_key(m, see(m, FACT_KEY, at, arn), arn);
    cJSON *policy = policy_seen(m, at, arn);
    if (policy)
        policy_add_pair(policy, users_of(m, s));
    step_put_policy(m, at, arn, arena_printf(m->arena, "Let them use the VAULT key of %s", region), policy);
    add_tags(m, s, at, arn, "vault");
}

/* What a snapshot in a PROTECTED account is under, the VAULT role must read. */
static void add_source_key(struct making *m, const struct setup *s, const char *arn)
{
    struct place at = arn_place(m, arn);
    check_usable_key(m, see(m, FACT_KEY, at, arn), arn);
    cJSON *policy = policy_seen(m, at, arn);
    if (policy)
        policy_add_pair(policy, array_of(s->role, NULL));
    step_put_policy(m, at, arn, "Let the VAULT role use the key of what is protected", policy);
    add_tags(m, s, at, arn, "protected");
}

/* ---- what people do ---------------------------------------------------------------------------------------------------- */

static void add_identity_policy(struct making *m, const struct setup *s)
{
    cJSON *step = step_human(m, "Let the PROTECTED accounts' role use the keys", "IAM, in each PROTECTED account",
                             "type done once the role has this policy", "done");
    step_line(step, "The keys' policies let the accounts in; whom of theirs, their own IAM says. AutoBackup's template may "
                    "have done this: look first. The role %s needs:", s->source_role[0] ? s->source_role : "SourceIAMRole");
    step_line(step, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",");
    step_line(step, " \"Action\":[\"kms:Encrypt\",\"kms:Decrypt\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",");
    step_line(step, "  \"kms:DescribeKey\",\"kms:CreateGrant\",\"kms:ListGrants\",\"kms:RevokeGrant\"],");
    step_line(step, " \"Resource\":\"arn:%s:kms:*:%s:key/*\",", s->partition, s->vault);
    step_line(step, " \"Condition\":{\"ForAnyValue:StringEquals\":{\"kms:ResourceAliases\":\"%s\"}}}]}", s->alias);
}

static void add_field(struct making *m, const struct setup *s)
{
    const char *bare = strchr(s->alias, '/');
    cJSON *step = step_human(m, "Tell AutoBackup the alias", "AutoBackup: Configuration, Setup",
                             "type the alias as the field holds it now", bare ? bare + 1 : s->alias);
    step_line(step, "Field: Replicas encryption KMS key ARN or alias");
    step_line(step, "Type:  %s", bare ? bare + 1 : s->alias);
    step_line(step, "The name without \"alias/\", as AutoBackup's page has it. An ARN would fit one Region only.");
}

void make_autobackup(struct making *m)
{
    struct setup s = read_inputs(m);
    const cJSON *one;
    m->phrase = s.alias;
    check_accounts(m, &s);
    warn(m, "KMS keys are of one Region: where the alias is missing, nothing is replicated.");
    warn(m, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
    warn(m, "%s What is under aws/ebs or aws/rds cannot be replicated: re-encrypt it under a key of yours first.",
         text_get(TEXT_AWS_MANAGED));
    warn(m, "If the alias is moved to another key later, the next copies are full again; keep the old key, old replicas are "
            "under it.");
    warn(m, "If running volumes of PROTECTED accounts are under a VAULT key themselves, they stop with it.");
    cJSON_ArrayForEach(one, s.regions) add_vault_key(m, &s, one->valuestring);
    cJSON_ArrayForEach(one, s.sources) add_source_key(m, &s, one->valuestring);
    add_identity_policy(m, &s);
    add_field(m, &s);
}
