/* AutoBackup replicates snapshots of PROTECTED accounts into a VAULT account, under the key that one alias means in each
 * Region there. The key policies are those of AutoBackup's own page: the account, its administrators, and the use and
 * grants for the VAULT role and the PROTECTED accounts. */
#include "backend/change/kit.h"
#include "backend/change/plan.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"
#include "backend/change/wizards.h"

#include <string.h>

struct setup {
    const char *name, *vault, *role, *source_role, *alias;
    const cJSON *accounts, *regions, *admins, *sources; /* arrays of texts */
};

static struct setup read_inputs(struct making *m)
{
    const char *role = input_text(m, "role");
    return (struct setup){.name = input_text(m, "setup"),
                          .vault = arn_place(m, role).account,
                          .role = role,
                          .source_role = input_text(m, "source_role"),
                          .alias = input_text(m, "alias"),
                          .accounts = input_list(m, "protected"),
                          .regions = input_list(m, "regions"),
                          .admins = input_list(m, "admins"),
                          .sources = input_list(m, "sources")};
}

/* ---- who there is ---------------------------------------------------------------------------------------------------- */

/* By its name: where it stands, AutoBackup's template says. */
static void check_source_role(struct making *m, const struct setup *s, const char *account)
{
    const cJSON *role = see_if_may(m, FACT_ROLE, (struct place){account, ""}, s->source_role);
    if (fact_is_absent(role))
        refuse(m, "there is no role %s in account %s: AutoBackup's onboarding template makes it", s->source_role, account);
    if (fact_unknown(role))
        warn(m, "Whether there is a role %s in account %s could not be read (%s).", s->source_role, account,
             fact_unknown(role));
}

static void check_accounts(struct making *m, const struct setup *s)
{
    const cJSON *account;
    kit_check_principal(m, s->role);
    cJSON_ArrayForEach(account, s->accounts)
    {
        if (strcmp(account->valuestring, s->vault) == 0)
            refuse(m, "%s is the VAULT account and cannot be PROTECTED by itself", s->vault);
        if (s->source_role[0])
            check_source_role(m, s, account->valuestring);
    }
}

static bool check_regions(struct making *m, const struct setup *s)
{
    const cJSON *region;
    bool are_there = true;
    cJSON_ArrayForEach(region, s->regions)
        are_there = kit_check_region(m, (struct place){s->vault, region->valuestring}) && are_there;
    return are_there;
}

/* ---- policies and tags ------------------------------------------------------------------------------------------------ */

/* The VAULT role and each PROTECTED account; the caller's. */
static cJSON *users_of(struct making *m, const struct setup *s, const char *region)
{
    cJSON *users = roots_of(m, region, s->accounts);
    cJSON_InsertItemInArray(users, 0, cJSON_CreateString(s->role));
    return users;
}

/* AutoBackup's page lets the administrators delete the key too. That one right can take all replicas away: it is left
 * out. */
static cJSON *new_policy(struct making *m, const struct setup *s, struct place at, const cJSON *users)
{
    cJSON *policy = policy_new();
    policy_put(policy, statement_root(m, at));
    if (s->admins->child)
        policy_put(policy, statement_admins(s->admins));
    policy_put(policy, statement_use("Allow use of the key", users));
    policy_put(policy, statement_grants("Allow attachment of persistent resources", users));
    return policy;
}

/* A key may be of several setups, named with blanks between, and has one role in all of them. arn: of one that is made,
 * too. */
static void add_tags(struct making *m, const struct setup *s, struct place at, const char *arn, const char *role)
{
    const char *setups = kit_tag_of(m, at, arn, "keyfall:autobackup"), *other = kit_tag_of(m, at, arn, "keyfall:role");
    if (other[0] && strcmp(other, role) != 0)
        refuse(m, "the key %.120s is registered as \"%.40s\" of \"%.60s\" (tags keyfall:role, keyfall:autobackup), and as %s it "
                  "would not be that any more: take another key, or mend its tags first", arn, other, setups, role);
    kit_tag(m, at, arn, s->alias, "Tag the key with its setup", "keyfall:autobackup", kit_words_of_both(m, setups, s->name),
            "keyfall:role", role, NULL);
}

/* ---- the keys --------------------------------------------------------------------------------------------------------- */

static const char *make_vault_key(struct making *m, const struct setup *s, struct place at, const cJSON *users)
{
    cJSON *policy = new_policy(m, s, at, users);
    const char *arn = kit_make_key(m, at, &(struct new_key){.name = arena_printf(m->arena, "key-%s", at.region),
                                                            .alias = s->alias,
                                                            .description = "AutoBackup replicas",
                                                            .policy = policy});
    cJSON_Delete(policy);
    return arn;
}

static void add_vault_key(struct making *m, const struct setup *s, const char *region)
{
    struct place at = {s->vault, region};
    const cJSON *alias = see(m, FACT_ALIAS, at, s->alias);
    if (!alias)
        return;
    cJSON *users = users_of(m, s, region);
    const char *arn;
    if (fact_is_absent(alias)) {
        arn = make_vault_key(m, s, at, users);
    } else {
        arn = arena_strdup(m->arena, fact_text(alias, "Key"));
        if (s->admins->child)
            warn(m, "%s of %s is there already: who administers that key stays as it is.", s->alias, region);
        (void)kit_usable_key(m, at, arn);
        kit_share(m, at, arn, arena_printf(m->arena, "Let them use the VAULT key of %s", region), users);
    }
    add_tags(m, s, at, arn, "vault");
    cJSON_Delete(users);
}

/* The VAULT role may use it then already. */
static bool is_vault_key(struct making *m, const struct setup *s, const char *arn)
{
    const cJSON *region;
    cJSON_ArrayForEach(region, s->regions)
        if (strcmp(fact_text(see(m, FACT_ALIAS, (struct place){s->vault, region->valuestring}, s->alias), "Key"), arn) == 0)
            return true;
    return false;
}

/* What a snapshot in a PROTECTED account is under, the VAULT role must read. */
static void add_source_key(struct making *m, const struct setup *s, const char *arn)
{
    struct place at = arn_place(m, arn);
    cJSON *reader = array_of(s->role, NULL);
    (void)kit_usable_key(m, at, arn);
    kit_share(m, at, arn, "Let the VAULT role use the key of what is protected", reader);
    add_tags(m, s, at, arn, "protected");
    cJSON_Delete(reader);
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
    step_line(step, " \"Resource\":\"arn:%s:kms:*:%s:key/*\",", partition_of(s->regions->child->valuestring), s->vault);
    step_line(step, " \"Condition\":{\"ForAnyValue:StringEquals\":{\"kms:ResourceAliases\":\"%s\"}}}]}", s->alias);
}

static void add_field(struct making *m, const struct setup *s)
{
    const char *bare = strchr(s->alias, '/');
    cJSON *step = step_human(m, "Tell AutoBackup the alias", "AutoBackup: Configuration, Setup",
                             "type the alias as the field holds it now", bare ? bare + 1 : s->alias);
    step_wrong(step, "is not the alias above: mend the field");
    step_no_way_back(step, "none: replicas are under these keys from here on");
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
    if (!check_regions(m, &s))
        return;
    warn(m, "KMS keys are of one Region: where the alias is missing, nothing is replicated.");
    warn(m, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
    warn(m, "%s What is under aws/ebs or aws/rds cannot be replicated: re-encrypt it under a key of yours first.",
         text_get(TEXT_AWS_MANAGED));
    warn(m, "If the alias is moved to another key later, the next copies are full again; keep the old key, old replicas are "
            "under it.");
    warn(m, "If running volumes of PROTECTED accounts are under a VAULT key themselves, they stop with it.");
    cJSON_ArrayForEach(one, s.regions) add_vault_key(m, &s, one->valuestring);
    cJSON_ArrayForEach(one, s.sources) if (!is_vault_key(m, &s, one->valuestring))
        add_source_key(m, &s, one->valuestring);
    add_identity_policy(m, &s);
    add_field(m, &s);
}
