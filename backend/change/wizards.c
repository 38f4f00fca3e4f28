#include "backend/change/wizards.h"

#include "backend/change/input.h"
#include "backend/change/wizard_ekm.h"

#include <string.h>

/* The last one makes each plan another, though it does the same: it may have to be done again next month. */
#define NONCE {.name = "nonce", .label = "", .help = "keyfall makes it", .form = input_nonce, .is_made = true}
#define INPUTS(...) .inputs = (const struct input[]){__VA_ARGS__, NONCE}, \
    .n_inputs = sizeof((const struct input[]){__VA_ARGS__, NONCE}) / sizeof(struct input)
#define OPS(...) .ops = (const enum op_id[]){__VA_ARGS__, OP_COUNT}

#define THE_KEY {.name = "key", .label = "Key", .form = input_key_arn, .from = KIND_KEY, \
    .help = "the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID"}

#define DRUVA_ACCOUNT {.name = "druva_account", .label = "Druva's account", .form = input_account, \
    .help = "the 12 digits that the Druva console shows under Enterprise Key Management"}
#define ALIAS(word) {.name = "alias", .label = "Alias", .form = input_alias, .preset = word, .not_with = "key", \
    .help = "what people know the new key by; it must be free in its Region"}
#define NEW_KEY_INPUTS \
    {.name = "account", .label = "Account", .form = input_account, .is_optional = true, .from = KIND_ACCOUNT, \
     .not_with = "key", .help = "the 12 digits of the account that the new key belongs to"}, \
    {.name = "region", .label = "Region", .form = input_region, .is_optional = true, .not_with = "key", \
     .help = "where the new key is made; a key cannot move"}, \
    {.name = "key", .label = "Existing key", .form = input_key_arn, .is_optional = true, .from = KIND_KEY, \
     .help = "the ARN of a key to take instead of making one"}
#define KEY_CARE_INPUTS \
    {.name = "description", .label = "Description", .form = input_description, .preset = "External key of Druva backups", \
     .not_with = "key", .help = "of the new key"}, \
    {.name = "admins", .label = "Administrators", .form = input_principal, .is_optional = true, .is_list = true, \
     .not_with = "key", .help = "roles or users that look after the new key and cannot end it, arn:aws:iam::ACCOUNT:role/NAME"}, \
    {.name = "break_glass", .label = "Break glass", .form = input_role_arn, .is_optional = true, .not_with = "key", \
     .help = "the only role that may then disable or delete the new key, arn:aws:iam::ACCOUNT:role/NAME"}, \
    {.name = "rotation", .label = "Rotation", .form = input_days, .preset = "365", \
     .help = "days from 90 to 2560 between rotations, or no"}
#define EKM_OPS OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_ALIASES, OP_KMS_GET_KEY_ROTATION_STATUS, \
    OP_KMS_LIST_RESOURCE_TAGS, OP_KMS_DESCRIBE_CUSTOM_KEY_STORES, OP_KMS_LIST_KEYS, OP_KMS_GET_KEY_LAST_USAGE, OP_ACCOUNT_LIST_REGIONS, \
    OP_ORGANIZATIONS_LIST_ACCOUNTS, OP_IAM_GET_ROLE, OP_IAM_GET_USER, OP_KMS_CREATE_KEY, OP_KMS_CREATE_ALIAS, \
    OP_KMS_PUT_KEY_POLICY, OP_KMS_ENABLE_KEY_ROTATION, OP_KMS_TAG_RESOURCE

/* In the order in which they are offered: what has a clock first. */
static const struct wizard wizards[] = {
    {
        .name = "rescue",
        .title = "Rescue a key: cancel its deletion, enable it",
        .what = "a key that is disabled or will be deleted works again, and what fell with it is named",
        INPUTS(THE_KEY),
        .fits = fits_rescue,
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_CANCEL_KEY_DELETION, OP_KMS_ENABLE_KEY),
        .make = make_rescue,
    },
    {
        .name = "ekm-entra-id",
        .title = "Enable Druva EKM for Microsoft Entra ID",
        .what = "a key of yours is made or taken, Druva's account may use it, and Druva is given its ARN",
        INPUTS(DRUVA_ACCOUNT, NEW_KEY_INPUTS, ALIAS("alias/druva-ekm"), KEY_CARE_INPUTS),
        OPS(EKM_OPS),
        .make = make_ekm,
        .about = &ekm_entra_id,
    },
    {
        .name = "ekm-salesforce",
        .title = "Enable Druva EKM for Salesforce",
        .what = "a key of yours is made or taken, Druva's account may use it, and Druva is given its ARN",
        INPUTS(DRUVA_ACCOUNT, NEW_KEY_INPUTS, ALIAS("alias/druva-ekm"), KEY_CARE_INPUTS),
        OPS(EKM_OPS),
        .make = make_ekm,
        .about = &ekm_salesforce,
    },
    {
        .name = "ekm-switch",
        .title = "Switch Druva EKM to another key",
        .what = "both keys stay enabled until the new one is proved; the old one is at most disabled, never deleted",
        INPUTS({.name = "old_key", .label = "Old key", .form = input_key_arn, .from = KIND_KEY,
                .help = "the ARN of the key that Druva uses now"},
               {.name = "product", .label = "Product", .form = input_product, .preset = "entra-id",
                .help = "entra-id or salesforce; both, joined with a blank, if one setting serves both"},
               DRUVA_ACCOUNT, NEW_KEY_INPUTS, ALIAS("alias/druva-ekm-new"), KEY_CARE_INPUTS,
               {.name = "disable_old", .label = "Disable the old key", .form = input_yes_no, .preset = "no",
                .help = "yes: at the end, once nothing needs it any more"}),
        OPS(EKM_OPS, OP_KMS_DISABLE_KEY),
        .make = make_ekm_switch,
    },
    {
        .name = "autobackup",
        .title = "Prepare AutoBackup's VAULT and PROTECTED keys",
        .what = "in each Region a key under one alias that the VAULT role and the PROTECTED accounts may use",
        INPUTS({.name = "setup", .label = "Setup", .form = input_setup, .help = "what AutoBackup calls the setup"},
               {.name = "role", .label = "VAULT role", .form = input_role_arn,
                .help = "the ARN of BackupIAMRole in the VAULT account, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "protected", .label = "PROTECTED", .form = input_account, .is_list = true,
                .help = "the PROTECTED accounts, with commas between"},
               {.name = "source_role", .label = "Source role", .form = input_role_name, .is_optional = true,
                .help = "the name of SourceIAMRole in the PROTECTED accounts; empty: it is not looked for"},
               {.name = "alias", .label = "Alias", .form = input_alias,
                .help = "of the keys, the same in each Region: alias/NAME"},
               {.name = "regions", .label = "Regions", .form = input_region, .is_list = true,
                .help = "to replicate to, with commas between"},
               {.name = "admins", .label = "Administrators", .form = input_principal, .is_list = true, .is_optional = true,
                .help = "roles and users who manage the keys, their ARNs with commas between; they cannot delete them"},
               {.name = "sources", .label = "Source keys", .form = input_key_arn, .is_list = true, .is_optional = true,
                .from = KIND_KEY, .help = "keys in PROTECTED accounts that what is protected is under, with commas between"}),
        OPS(OP_KMS_DESCRIBE_CUSTOM_KEY_STORES, OP_ORGANIZATIONS_LIST_ACCOUNTS,
            OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_ALIASES, OP_KMS_LIST_RESOURCE_TAGS, OP_KMS_LIST_KEYS,
            OP_IAM_GET_ROLE, OP_ACCOUNT_LIST_REGIONS, OP_KMS_CREATE_KEY, OP_KMS_CREATE_ALIAS, OP_KMS_PUT_KEY_POLICY,
            OP_KMS_TAG_RESOURCE),
        .make = make_autobackup,
    },
    {
        .name = "move-vault",
        .title = "Move a vault to another key",
        .what = "a new vault under the key, the rules that write to it, copies of the newest backups; nothing is deleted",
        INPUTS({.name = "vault", .label = "Vault", .form = input_vault_arn, .from = KIND_VAULT, .by = EDGE_VAULT_KEY,
                .help = "the ARN of the vault to leave, arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME"},
               {.name = "key", .label = "New key", .form = input_key_arn,
                .help = "the ARN of a customer managed key of the same Region, arn:aws:kms:REGION:ACCOUNT:key/ID"},
               {.name = "new", .label = "New vault", .form = input_vault_name,
                .help = "what the new vault is called: 2 to 50 letters, digits, - and _"},
               {.name = "role", .label = "Role", .form = input_role_arn,
                .help = "the ARN of the role that AWS Backup copies with, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "copy", .label = "Copies", .form = input_copies, .preset = "newest",
                .help = "newest: of each resource its newest backup; none: only what is made from now on"}),
        OPS(OP_KMS_DESCRIBE_CUSTOM_KEY_STORES,
            OP_KMS_DESCRIBE_KEY, OP_IAM_GET_ROLE, OP_BACKUP_LIST_BACKUP_VAULTS, OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY,
            OP_BACKUP_LIST_BACKUP_PLANS, OP_BACKUP_GET_BACKUP_PLAN, OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT,
            OP_BACKUP_DESCRIBE_COPY_JOB, OP_BACKUP_CREATE_BACKUP_VAULT, OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY,
            OP_BACKUP_UPDATE_BACKUP_PLAN, OP_BACKUP_START_COPY_JOB),
        .make = make_move_vault,
    },
    {
        .name = "share-rds",
        .title = "Share a database's backups with another account or Region",
        .what = "key, vault and access there, what the key here lacks, the copy and the rule; by way of another vault if "
                "the database is under AWS's own key",
        INPUTS({.name = "database", .label = "Database", .form = input_db_arn, .from = KIND_DB_INSTANCE,
                .help = "its ARN, arn:aws:rds:REGION:ACCOUNT:db:NAME"},
               {.name = "source_vault", .label = "Source vault", .form = input_any_vault,
                .help = "the vault that has its backups"},
               {.name = "role", .label = "Role", .form = input_role_arn,
                .help = "the ARN of the role that AWS Backup copies with, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "account", .label = "To account", .form = input_account,
                .help = "the account that gets the copies: 12 digits"},
               {.name = "region", .label = "To Region", .form = input_region, .help = "the Region that gets the copies"},
               {.name = "vault", .label = "To vault", .form = input_vault_name,
                .help = "the vault there; made if it is not there"},
               {.name = "alias", .label = "Its key", .form = input_alias,
                .help = "alias/NAME of the key for a vault that is made; made if it is not there"},
               {.name = "via", .label = "By way of", .form = input_vault_name, .is_optional = true,
                .help = "under AWS's own key only: a vault in between, in the database's account and Region"},
               {.name = "via_alias", .label = "Its key", .form = input_alias, .is_optional = true,
                .help = "alias/NAME of the key of that vault; made if it is not there"},
               {.name = "plan", .label = "Backup plan", .form = input_plan_id, .is_optional = true,
                .help = "the id of the plan whose rules copy from now on; empty: one copy now"}),
        OPS(OP_KMS_DESCRIBE_CUSTOM_KEY_STORES,
            OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_ALIASES, OP_KMS_LIST_KEYS, OP_KMS_LIST_RESOURCE_TAGS,
            OP_IAM_GET_ROLE, OP_ACCOUNT_LIST_REGIONS, OP_ORGANIZATIONS_DESCRIBE_ORGANIZATION, OP_RDS_DESCRIBE_DB_INSTANCES,
            OP_RDS_DESCRIBE_DB_CLUSTERS, OP_BACKUP_DESCRIBE_GLOBAL_SETTINGS, OP_BACKUP_LIST_BACKUP_VAULTS,
            OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY, OP_BACKUP_GET_BACKUP_PLAN,
            OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT, OP_BACKUP_DESCRIBE_COPY_JOB, OP_EVENTS_LIST_RULES,
            OP_KMS_CREATE_KEY, OP_KMS_CREATE_ALIAS, OP_KMS_PUT_KEY_POLICY, OP_BACKUP_CREATE_BACKUP_VAULT,
            OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY, OP_BACKUP_UPDATE_BACKUP_PLAN, OP_BACKUP_UPDATE_GLOBAL_SETTINGS,
            OP_BACKUP_START_COPY_JOB),
        .make = make_share_rds,
    },
    {
        .name = "druva-credentials",
        .title = "Get Druva's storage credentials back",
        .what = "the parameter that Druva signs in with is rescued, or recreated in Druva's console and proved here",
        INPUTS({.name = "parameter", .label = "Parameter", .form = input_parameter_arn, .from = KIND_PARAMETER,
                .help = "its ARN, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME, also if it is gone"},
               {.name = "prefix", .label = "Begins with", .form = input_prefix, .preset = "Druva-ClientCredential-",
                .help = "what names of such parameters begin with; your own prefix for E-Key parameters"},
               {.name = "regions", .label = "Other Regions", .form = input_region, .is_list = true, .is_optional = true,
                .help = "where else the same name is looked for: the E-Key has a secondary Region"},
               {.name = "key", .label = "Its key", .form = input_key_arn, .is_optional = true,
                .help = "the ARN of the key that the new parameter should be under; left out: AWS's own, aws/ssm"}),
        OPS(OP_ACCOUNT_LIST_REGIONS, OP_SSM_DESCRIBE_PARAMETERS, OP_KMS_LIST_ALIASES, OP_KMS_DESCRIBE_KEY, OP_KMS_DESCRIBE_CUSTOM_KEY_STORES,
            OP_KMS_GET_KEY_LAST_USAGE, OP_KMS_CANCEL_KEY_DELETION, OP_KMS_ENABLE_KEY),
        .make = make_credentials,
    },
    {
        .name = "rotation",
        .title = "Rotate a key by itself",
        .what = "AWS makes new material every so many days; the ARN stays",
        INPUTS(THE_KEY, {.name = "days", .label = "Every", .form = input_days, .preset = "365",
                         .help = "days from 90 to 2560 between rotations"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_GET_KEY_ROTATION_STATUS, OP_KMS_DESCRIBE_CUSTOM_KEY_STORES,
            OP_KMS_ENABLE_KEY_ROTATION),
        .make = make_rotation,
    },
    {
        .name = "key-statement",
        .title = "Add what a key's policy lacks",
        .what = "accounts, roles or users get a right by a statement of their own; nothing else of the policy changes",
        INPUTS(THE_KEY,
               {.name = "right", .label = "Right", .form = input_right, .preset = "use-and-grants",
                .help = "use, use-and-grants (services too, on their behalf), administer, or account (its own IAM)"},
               {.name = "who", .label = "Who", .form = input_grantee, .is_list = true, .is_optional = true,
                .help = "account ids, or ARNs of roles and users"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_GET_KEY_POLICY, OP_IAM_GET_ROLE, OP_IAM_GET_USER,
            OP_KMS_PUT_KEY_POLICY),
        .make = make_key_statement,
    },
    {
        .name = "prevent-deletion",
        .title = "Keep a key from being ended",
        .what = "a Deny in its policy: nobody disables it or schedules its deletion, but for one role",
        INPUTS(THE_KEY, {.name = "break_glass", .label = "Break glass", .form = input_role_arn, .is_optional = true,
                         .help = "the only role that still may, arn:aws:iam::ACCOUNT:role/NAME"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_GET_KEY_POLICY, OP_IAM_GET_ROLE, OP_KMS_PUT_KEY_POLICY),
        .make = make_prevent_deletion,
    },
    {
        .name = "vault-access",
        .title = "Let accounts copy into a vault",
        .what = "the vault's access policy gets the statement that a copy from another account needs",
        INPUTS({.name = "vault", .label = "Vault", .form = input_vault_arn, .from = KIND_VAULT,
                .help = "its ARN, arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME"},
               {.name = "accounts", .label = "Accounts", .form = input_account, .is_list = true,
                .help = "the accounts that copy into it, with commas between"}),
        OPS(OP_BACKUP_LIST_BACKUP_VAULTS, OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY, OP_ORGANIZATIONS_LIST_ACCOUNTS,
            OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY),
        .make = make_vault_access,
    },
};

const struct wizard *wizard_at(size_t i)
{
    return i < sizeof wizards / sizeof *wizards ? &wizards[i] : NULL;
}

const struct wizard *wizard_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof wizards / sizeof *wizards; i++)
        if (strcmp(wizards[i].name, name) == 0)
            return &wizards[i];
    return NULL;
}
