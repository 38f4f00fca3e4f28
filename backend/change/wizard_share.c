/* Backups of an RDS database in another account and Region. A copy there is under the key of the vault there; AWS Backup
 * can make it if the key of the original may be used by the other account. AWS's own key cannot be shared: then a copy
 * into a vault of this account and Region comes first, under a key that can.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html */
#include "backend/change/kit.h"
#include "backend/change/plan.h"
#include "backend/change/statements.h"
#include "backend/change/texts.h"
#include "backend/change/vaults.h"
#include "backend/change/wizards.h"

#include <string.h>

struct share {
    const char *db, *vault, *role;  /* what is shared, and where its backups are */
    struct place from, to;
    const char *to_vault, *to_vault_arn, *to_alias;
    const char *via, *via_arn, *via_alias; /* "": none is needed */
    const char *plan, *source_root, *target_root;
    bool is_one_account, needs_via;
};

static const char *vault_arn(struct making *m, struct place at, const char *name)
{
    return arena_printf(m->arena, "arn:%s:backup:%s:%s:backup-vault:%s", partition_of(at.region), at.region, at.account,
                        name);
}

static struct share read_inputs(struct making *m)
{
    struct share s = {.db = input_text(m, "database"),
                      .vault = input_text(m, "source_vault"),
                      .role = input_text(m, "role"),
                      .to = {input_text(m, "account"), input_text(m, "region")},
                      .to_vault = input_text(m, "vault"),
                      .to_alias = input_text(m, "alias"),
                      .via = input_text(m, "via"),
                      .via_alias = input_text(m, "via_alias"),
                      .plan = input_text(m, "plan")};
    s.from = arn_place(m, s.db);
    s.is_one_account = strcmp(s.from.account, s.to.account) == 0;
    s.to_vault_arn = vault_arn(m, s.to, s.to_vault);
    s.via_arn = vault_arn(m, s.from, s.via);
    s.source_root = root_of(m, s.from.region, s.from.account);
    s.target_root = root_of(m, s.from.region, s.to.account);
    return s;
}

/* A copy of a vault into itself is none, and AWS Backup would be asked for it. */
static bool is_onto_itself(struct making *m, const struct share *s)
{
    const char *source = vault_arn(m, s->from, s->vault);
    static const char why[] = "is the source vault itself: copies go into another one";
    if (strcmp(s->to_vault_arn, source) == 0)
        refuse(m, "vault \"%s\" %s", s->to_vault, why);
    else if (strcmp(s->via, s->vault) == 0)
        refuse(m, "via \"%s\" %s", s->via, why);
    return m->refusal.code != ERR_OK;
}

/* ---- what must be so -------------------------------------------------------------------------------------------------- */

static void check_organization(struct making *m, const struct share *s)
{
    const cJSON *here = see_if_may(m, FACT_ORGANIZATION, s->from, "its");
    const cJSON *there = see_if_may(m, FACT_ORGANIZATION, s->to, "its");
    if (fact_unknown(here) || fact_unknown(there))
        warn(m, "Whether both accounts are of one organization cannot be read. AWS Backup copies only inside of one.");
    else if (!s->is_one_account && (fact_is_absent(here) || strcmp(fact_text(here, "Id"), fact_text(there, "Id")) != 0))
        refuse(m, "accounts %s and %s are not of one organization, and AWS Backup copies only inside of one",
               s->from.account, s->to.account);
}

static cJSON *settings_of(const char *is_on)
{
    return object_of("isCrossAccountBackupEnabled", is_on, NULL);
}

/* What only the management account may switch on. */
static void add_switch(struct making *m, const struct share *s)
{
    const cJSON *seen = see_if_may(m, FACT_CROSS_ACCOUNT, s->from, "its");
    const char *master = fact_text(see_if_may(m, FACT_ORGANIZATION, s->from, "its"), "MasterAccountId");
    bool is_ours = strcmp(master, s->from.account) == 0 || strcmp(master, s->to.account) == 0;
    if (fact_unknown(seen))
        warn(m, "Whether cross-account backup is switched on cannot be read (%s). Without it copies fail.",
             fact_unknown(seen));
    if (s->is_one_account || !seen || fact_unknown(seen) ||
        strcmp(fact_text(seen, "isCrossAccountBackupEnabled"), "true") == 0)
        return;
    struct place at = {is_ours ? arena_strdup(m->arena, master) : s->from.account, s->from.region};
    static const char title[] = "Switch on cross-account backup";
    cJSON *step = is_ours ? step_call(m, OP_BACKUP_UPDATE_GLOBAL_SETTINGS, at, "the organization's settings", title)
                          : step_human(m, title, "AWS Backup, Settings, in the organization's management account",
                                       "type done once it is on", "done");
    if (is_ours) {
        cJSON *off = cJSON_CreateObject();
        cJSON_AddItemToObject(off, "GlobalSettings", settings_of("false"));
        step_param_json(step, "GlobalSettings", settings_of("true"));
        step_undo(step, "backup:UpdateGlobalSettings", off);
    } else {
        step_line(step, "Account %s: Cross-account backup: Turn on.", master);
    }
    step_after(step, FACT_CROSS_ACCOUNT, at, "its", settings_of("true"));
}

static const cJSON *see_database(struct making *m, const struct share *s)
{
    const char *name = strrchr(s->db, ':') ? strrchr(s->db, ':') + 1 : "";
    bool is_cluster = strstr(s->db, ":cluster:") != NULL;
    const cJSON *db = see(m, is_cluster ? FACT_CLUSTER : FACT_DATABASE, s->from, name);
    if (fact_is_absent(db))
        refuse(m, "there is no database %s in account %s, %s", name, s->from.account, s->from.region);
    if (fact_text(db, "DBClusterInstanceClass")[0])
        refuse(m, "%s is a Multi-AZ cluster of %s, which AWS Backup cannot copy", name, fact_text(db, "Engine"));
    if (strcmp(fact_text(db, "StorageEncrypted"), "true") != 0)
        refuse(m, "%s is not encrypted: nothing of its key has to be shared, a copy rule is enough", name);
    if (db && !fact_text(db, "KmsKeyId")[0])
        refuse(m, "%s is under a key that AWS owns and nobody sees: it cannot be shared", name);
    return db;
}

static void check_inputs_of(struct making *m, const struct share *s)
{
    kit_check_principal(m, s->role);
    if (fact_is_absent(see(m, FACT_VAULT, s->from, s->vault)))
        refuse(m, "there is no vault %s in account %s, %s", s->vault, s->from.account, s->from.region);
    if (!s->needs_via && (s->via[0] || s->via_alias[0]))
        refuse(m, "its backups are copied at once here: leave via and via_alias out");
    if (s->needs_via && (!s->via[0] || !s->via_alias[0]))
        refuse(m, "the database is under AWS's own key. %s A copy under a key of yours comes first: name its vault (via) and "
                  "that key's alias (via_alias)", text_get(TEXT_AWS_MANAGED));
}

/* ---- a vault and its key, there or made ------------------------------------------------------------------------------ */

struct post {
    struct place at;
    const char *vault, *alias, *what; /* what: it is for, "copies" */
    const char *name;                 /* of ${keyfall:NAME}, if the key is made */
    const char *root;                 /* an account's root that may use the key; NULL: none */
};

static cJSON *policy_for(struct making *m, const struct post *p, const cJSON *users)
{
    cJSON *policy = policy_new();
    policy_put(policy, statement_root(m, p->at));
    if (users) {
        policy_put(policy, statement_use("Allow use of the key", users));
        policy_put(policy, statement_grants("Allow attachment of persistent resources", users));
    }
    return policy;
}

/* A key that is there: usable, and shared if it must be. */
static const char *use_key(struct making *m, const struct post *p, const char *arn)
{
    cJSON *users = p->root ? array_of(p->root, NULL) : NULL;
    (void)kit_usable_key(m, p->at, arn);
    if (users)
        kit_share(m, p->at, arn, "Let the other account use the key", users);
    cJSON_Delete(users);
    return arn;
}

static const char *make_key(struct making *m, const struct post *p)
{
    cJSON *users = p->root ? array_of(p->root, NULL) : NULL, *policy = policy_for(m, p, users);
    const char *arn = kit_make_key(m, p->at, &(struct new_key){.name = p->name,
                                                               .alias = p->alias,
                                                               .description = arena_printf(m->arena, "AWS Backup, %s", p->what),
                                                               .policy = policy});
    cJSON_Delete(users);
    cJSON_Delete(policy);
    return arn;
}

static const char *key_for(struct making *m, const struct post *p)
{
    const cJSON *alias = see(m, FACT_ALIAS, p->at, p->alias);
    if (fact_is_absent(alias))
        return make_key(m, p);
    return alias ? use_key(m, p, arena_strdup(m->arena, fact_text(alias, "Key"))) : "";
}

/* The key that copies into the vault will be under. */
static const char *add_post(struct making *m, const struct post *p, bool *is_new)
{
    const cJSON *vault = see(m, FACT_VAULT, p->at, p->vault);
    *is_new = fact_is_absent(vault);
    if (!vault)
        return "";
    if (!*is_new) {
        const char *arn = arena_strdup(m->arena, fact_text(vault, "EncryptionKeyArn"));
        warn(m, "The vault %s is there already: its key stays what it is, whatever %s names.", p->vault, p->alias);
        return use_key(m, p, arn);
    }
    const char *key = key_for(m, p);
    step_new_vault(m, p->at, &(struct new_vault){.name = p->vault,
                                                .title = arena_printf(m->arena, "Make the vault for %s", p->what),
                                                .key = key});
    return key;
}

/* https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html */
static void let_in(struct making *m, const struct share *s, bool is_new)
{
    const cJSON *was = is_new ? NULL : fact_item(see(m, FACT_VAULT_POLICY, s->to, s->to_vault), "Policy");
    cJSON *policy = policy_copy(was), *source = array_of(s->source_root, NULL);
    policy_put(policy, statement_copy_into("Copies from the source account", source));
    policy_check_denials(m, s->to_vault_arn, policy, source, copies_into_vaults, false);
    if (!was || !json_same(was, policy))
        (void)step_put_vault_policy(m, s->to, s->to_vault, was, policy, "Let the source account copy into it");
    cJSON_Delete(source);
    cJSON_Delete(policy);
}

/* ---- copies ------------------------------------------------------------------------------------------------------------ */

static const cJSON *newest_of(struct making *m, const struct share *s)
{
    const cJSON *points = fact_item(see(m, FACT_POINTS, s->from, s->vault), "Points"), *point;
    cJSON_ArrayForEach(point, points)
        if (strcmp(json_text(point, "ResourceArn"), s->db) == 0)
            return point;
    if (points)
        refuse(m, "%s has no complete backup of %s: make one first", s->vault, s->db);
    return NULL;
}

static void add_copies(struct making *m, const struct share *s, const char *via_key, const char *to_key)
{
    const cJSON *point = newest_of(m, s);
    struct copy copy = {.n = 1,
                        .resource = s->db,
                        .point = json_text(point, "RecoveryPointArn"),
                        .from = s->vault,
                        .to = s->needs_via ? s->via_arn : s->to_vault_arn,
                        .role = s->role,
                        .key = s->needs_via ? via_key : to_key,
                        .lifecycle = cJSON_GetObjectItemCaseSensitive(point, "Lifecycle")};
    step_copy(m, s->from, &copy);
    step_copy_wait(m, s->from, &copy, s->needs_via);
    if (!s->needs_via)
        return;
    copy.n = 2;
    copy.point = "${keyfall:point-1}";
    copy.from = s->via;
    copy.to = s->to_vault_arn;
    copy.key = to_key;
    step_copy(m, s->from, &copy);
    step_copy_wait(m, s->from, &copy, false);
}

static bool copies_to(const cJSON *rule, const char *vault_arn)
{
    const cJSON *copy;
    cJSON_ArrayForEach(copy, cJSON_GetObjectItemCaseSensitive(rule, "CopyActions"))
        if (strcmp(json_text(copy, "DestinationBackupVaultArn"), vault_arn) == 0)
            return true;
    return false;
}

/* From now on: what the plan's rules put into the source vault is copied on; copies live as long as the originals. */
static void add_rule(struct making *m, const struct share *s)
{
    const char *to = s->needs_via ? s->via_arn : s->to_vault_arn;
    const cJSON *seen = s->plan[0] ? see(m, FACT_PLAN, s->from, s->plan) : NULL;
    if (fact_is_absent(seen))
        refuse(m, "there is no backup plan %s in account %s, %s", s->plan, s->from.account, s->from.region);
    cJSON *body = seen ? cJSON_Duplicate(fact_item(seen, "BackupPlan"), true) : NULL, *rule;
    bool is_used = false;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(body, "Rules"))
    {
        if (strcmp(json_text(rule, "TargetBackupVaultName"), s->vault) != 0)
            continue;
        is_used = true;
        if (copies_to(rule, to))
            continue;
        cJSON *list = cJSON_GetObjectItemCaseSensitive(rule, "CopyActions"), *copy;
        const cJSON *lifecycle = cJSON_GetObjectItemCaseSensitive(rule, "Lifecycle");
        list = list ? list : cJSON_AddArrayToObject(rule, "CopyActions");
        copy = object_of("DestinationBackupVaultArn", to, NULL);
        if (lifecycle)
            cJSON_AddItemToObject(copy, "Lifecycle", cJSON_Duplicate(lifecycle, true));
        cJSON_AddItemToArray(list, copy);
    }
    if (body && !is_used)
        refuse(m, "no rule of the plan %s writes to %s", s->plan, s->vault);
    if (body)
        step_update_plan(m, s->from, s->plan, "Let the plan copy from now on", body);
}

/* ---- the second hop, each time ----------------------------------------------------------------------------------------- */

/* One CloudFormation template: a rule on the end of each copy into the vault between, a function that copies on, its
 * role. https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html */
static const char *const hop[] = {
    "AWSTemplateFormatVersion: \"2010-09-09\"",
    "Description: Copies what comes into one backup vault on to another",
    "Parameters:",
    "  SourceVaultArn: {Type: String, Default: \"%s\"}",
    "  SourceVaultName: {Type: String, Default: \"%s\"}",
    "  DestinationVaultArn: {Type: String, Default: \"%s\"}",
    "  BackupRoleArn: {Type: String, Default: \"%s\"}",
    "  DeleteAfterDays: {Type: Number, Default: 35}",
    "Resources:",
    "  Role:",
    "    Type: AWS::IAM::Role",
    "    Properties:",
    "      AssumeRolePolicyDocument:",
    "        Version: \"2012-10-17\"",
    "        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]",
    "      ManagedPolicyArns: [!Sub \"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\"]",
    "      Policies:",
    "        - PolicyName: copy-on",
    "          PolicyDocument:",
    "            Version: \"2012-10-17\"",
    "            Statement:",
    "              - {Effect: Allow, Action: backup:StartCopyJob, Resource: \"*\"}",
    "              - Effect: Allow",
    "                Action: iam:PassRole",
    "                Resource: !Ref BackupRoleArn",
    "                Condition: {StringEquals: {\"iam:PassedToService\": backup.amazonaws.com}}",
    "  Function:",
    "    Type: AWS::Lambda::Function",
    "    Properties:",
    "      Runtime: python3.13",
    "      Handler: index.handler",
    "      Timeout: 60",
    "      Role: !GetAtt Role.Arn",
    "      Environment:",
    "        Variables:",
    "          FROM: !Ref SourceVaultName",
    "          TO: !Ref DestinationVaultArn",
    "          ROLE: !Ref BackupRoleArn",
    "          DAYS: !Ref DeleteAfterDays",
    "      Code:",
    "        ZipFile: |",
    "          import os",
    "          import boto3",
    "",
    "          def handler(event, context):",
    "              boto3.client(\"backup\").start_copy_job(",
    "                  RecoveryPointArn=event[\"detail\"][\"destinationRecoveryPointArn\"],",
    "                  SourceBackupVaultName=os.environ[\"FROM\"],",
    "                  DestinationBackupVaultArn=os.environ[\"TO\"],",
    "                  IamRoleArn=os.environ[\"ROLE\"],",
    "                  IdempotencyToken=event[\"id\"],",
    "                  Lifecycle={\"DeleteAfterDays\": int(os.environ[\"DAYS\"])})",
    "  Rule:",
    "    Type: AWS::Events::Rule",
    "    Properties:",
    "      EventPattern:",
    "        source: [aws.backup]",
    "        detail-type: [Copy Job State Change]",
    "        detail:",
    "          state: [COMPLETED]",
    "          destinationBackupVaultArn: [!Ref SourceVaultArn]",
    "      Targets: [{Id: copy-on, Arn: !GetAtt Function.Arn}]",
    "  Permission:",
    "    Type: AWS::Lambda::Permission",
    "    Properties:",
    "      Action: lambda:InvokeFunction",
    "      FunctionName: !Ref Function",
    "      Principal: events.amazonaws.com",
    "      SourceArn: !GetAtt Rule.Arn",
};

static void add_second_hop(struct making *m, const struct share *s)
{
    const char *const values[] = {s->via_arn, s->via, s->to_vault_arn, s->role};
    size_t n = 0;
    cJSON *step = step_human(m, "Copy on from now on, each time",
                             arena_printf(m->arena, "CloudFormation in account %s, %s: create a stack of this template",
                                          s->from.account, s->from.region),
                             "type done once the stack is complete, or no if copies by hand are enough", "done");
    step_or(step, "no");
    step_after(step, FACT_HOP, s->from, s->via_arn, object_of("State", "ENABLED", NULL));
    step_line(step, "A copy rule goes one hop. What comes into %s is copied on by this function. Its role and its "
                    "function are what the copies hang on from then on.", s->via);
    for (size_t i = 0; i < sizeof hop / sizeof *hop; i++) {
        const char *at = strstr(hop[i], "%s");
        if (at)
            step_line(step, "%.*s%s%s", (int)(at - hop[i]), hop[i], values[n++], at + 2);
        else
            step_line(step, "%s", hop[i]);
    }
}

/* ---- the plan ---------------------------------------------------------------------------------------------------------- */

static void add_warnings(struct making *m, const struct share *s)
{
    warn(m, "%s", text_get(TEXT_VAULT_KEY_STAYS));
    warn(m, "%s", text_get(TEXT_ROOT_TRUSTS_ALL));
    warn(m, "%s", text_get(TEXT_LOCK_IS_NO_GUARD));
    warn(m, "The copy hangs on the key in account %s alone; the originals on theirs. Guard both.", s->to.account);
    warn(m, "Databases with TDE or persistent options need an option group in the account they are restored in.");
    warn(m, "A copy is proved by restoring it: do so once, in account %s.", s->to.account);
}

void make_share_rds(struct making *m)
{
    struct share s = read_inputs(m);
    const char *name = strrchr(s.db, ':');
    m->phrase = name ? name + 1 : s.db;
    if (is_onto_itself(m, &s))
        return;
    bool is_there = kit_check_region(m, s.from);
    if (!kit_check_region(m, s.to) || !is_there)
        return;
    const cJSON *db = see_database(m, &s);
    const char *key = arena_strdup(m->arena, fact_text(db, "KmsKeyId"));
    const cJSON *seen = see(m, FACT_KEY, s.from, key);
    s.needs_via = strcmp(fact_text(seen, "KeyManager"), "AWS") == 0 && !s.is_one_account;
    bool is_new_via, is_new;
    check_inputs_of(m, &s);
    check_organization(m, &s);
    add_warnings(m, &s);
    add_switch(m, &s);
    struct post target = {s.to, s.to_vault, s.to_alias, "copies of other accounts", "target-key", NULL};
    const char *to_key = add_post(m, &target, &is_new), *via_key = "";
    if (!s.is_one_account)
        let_in(m, &s, is_new);
    struct post via = {s.from, s.via, s.via_alias, "copies that are shared", "via-key", s.target_root};
    if (s.needs_via)
        via_key = add_post(m, &via, &is_new_via);
    else if (!s.is_one_account)
        (void)use_key(m, &via, key);
    add_copies(m, &s, via_key, to_key);
    add_rule(m, &s);
    if (s.needs_via)
        add_second_hop(m, &s);
}
