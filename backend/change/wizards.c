#include "backend/change/wizards.h"

#include "backend/change/forms.h"

#include <string.h>

/* The last one makes each plan another, though it does the same: it may have to be done again next month. */
#define NONCE {.name = "nonce", .label = "", .help = "keyfall makes it", .form = form_nonce, .is_made = true}
#define INPUTS(...) .inputs = (const struct input[]){__VA_ARGS__, NONCE}, \
    .n_inputs = sizeof((const struct input[]){__VA_ARGS__, NONCE}) / sizeof(struct input)
#define OPS(...) .ops = (const enum op_id[]){__VA_ARGS__, OP_COUNT}

#define THE_KEY {.name = "key", .label = "Key", .form = form_key_arn, .from = KIND_KEY, \
    .help = "the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID"}

static const struct wizard wizards[] = {
    {
        .name = "autobackup",
        .title = "Prepare AutoBackup's VAULT and PROTECTED keys",
        .what = "in each Region a key under one alias that the VAULT role and the PROTECTED accounts may use",
        INPUTS({.name = "setup", .label = "Setup", .form = form_word, .help = "what AutoBackup calls the setup"},
               {.name = "role", .label = "VAULT role", .form = form_role_arn,
                .help = "the ARN of BackupIAMRole in the VAULT account, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "protected", .label = "PROTECTED", .form = form_account_id, .is_list = true,
                .help = "the PROTECTED accounts, with commas between"},
               {.name = "source-role", .label = "Source role", .form = form_role_name, .is_optional = true,
                .help = "the name of SourceIAMRole in the PROTECTED accounts; empty: it is not looked for"},
               {.name = "alias", .label = "Alias", .form = form_alias_name,
                .help = "of the keys, the same in each Region: alias/NAME"},
               {.name = "regions", .label = "Regions", .form = form_region_name, .is_list = true,
                .help = "to replicate to, with commas between"},
               {.name = "admins", .label = "Administrators", .form = form_principal, .is_list = true, .is_optional = true,
                .help = "roles and users who manage the keys, their ARNs with commas between; they cannot delete them"},
               {.name = "sources", .label = "Source keys", .form = form_key_arn, .is_list = true, .is_optional = true,
                .from = KIND_KEY, .help = "keys in PROTECTED accounts that what is protected is under, with commas between"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_ALIASES, OP_KMS_LIST_RESOURCE_TAGS, OP_KMS_LIST_KEYS,
            OP_IAM_GET_ROLE, OP_ACCOUNT_LIST_REGIONS, OP_KMS_CREATE_KEY, OP_KMS_CREATE_ALIAS, OP_KMS_PUT_KEY_POLICY,
            OP_KMS_TAG_RESOURCE),
        .make = make_autobackup,
    },
    {
        .name = "move-vault",
        .title = "Move a vault to another key",
        .what = "a new vault under the key, the rules that write to it, copies of the newest backups; nothing is deleted",
        INPUTS({.name = "vault", .label = "Vault", .form = form_vault_arn, .from = KIND_VAULT,
                .help = "the ARN of the vault to leave, arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME"},
               {.name = "key", .label = "New key", .form = form_key_arn,
                .help = "the ARN of a customer managed key of the same Region, arn:aws:kms:REGION:ACCOUNT:key/ID"},
               {.name = "new", .label = "New vault", .form = form_vault_name,
                .help = "what the new vault is called: 2 to 50 letters, digits, - and _"},
               {.name = "role", .label = "Role", .form = form_role_arn,
                .help = "the ARN of the role that AWS Backup copies with, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "copy", .label = "Copies", .form = form_copy, .preset = "newest",
                .help = "newest: of each resource its newest backup; none: only what is made from now on"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_IAM_GET_ROLE, OP_BACKUP_LIST_BACKUP_VAULTS, OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY,
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
        INPUTS({.name = "database", .label = "Database", .form = form_database, .from = KIND_DB_INSTANCE,
                .help = "its ARN, arn:aws:rds:REGION:ACCOUNT:db:NAME"},
               {.name = "source-vault", .label = "Source vault", .form = form_vault_name,
                .help = "the vault that has its backups"},
               {.name = "role", .label = "Role", .form = form_role_arn,
                .help = "the ARN of the role that AWS Backup copies with, arn:aws:iam::ACCOUNT:role/NAME"},
               {.name = "account", .label = "To account", .form = form_account_id,
                .help = "the account that gets the copies: 12 digits"},
               {.name = "region", .label = "To Region", .form = form_region_name, .help = "the Region that gets the copies"},
               {.name = "vault", .label = "To vault", .form = form_vault_name,
                .help = "the vault there; made if it is not there"},
               {.name = "alias", .label = "Its key", .form = form_alias_name,
                .help = "alias/NAME of the key for a vault that is made; made if it is not there"},
               {.name = "via", .label = "By way of", .form = form_vault_name, .is_optional = true,
                .help = "under AWS's own key only: a vault in between, in the database's account and Region"},
               {.name = "via-alias", .label = "Its key", .form = form_alias_name, .is_optional = true,
                .help = "alias/NAME of the key of that vault; made if it is not there"},
               {.name = "plan", .label = "Backup plan", .form = form_plan_id, .is_optional = true,
                .help = "the id of the plan whose rules copy from now on; empty: one copy now"}),
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_ALIASES, OP_KMS_LIST_KEYS, OP_IAM_GET_ROLE,
            OP_ACCOUNT_LIST_REGIONS, OP_ORGANIZATIONS_DESCRIBE_ORGANIZATION, OP_RDS_DESCRIBE_DB_INSTANCES,
            OP_RDS_DESCRIBE_DB_CLUSTERS, OP_BACKUP_DESCRIBE_GLOBAL_SETTINGS, OP_BACKUP_LIST_BACKUP_VAULTS,
            OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY, OP_BACKUP_GET_BACKUP_PLAN,
            OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT, OP_BACKUP_DESCRIBE_COPY_JOB, OP_KMS_CREATE_KEY,
            OP_KMS_CREATE_ALIAS, OP_KMS_PUT_KEY_POLICY, OP_BACKUP_CREATE_BACKUP_VAULT,
            OP_BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY, OP_BACKUP_UPDATE_BACKUP_PLAN, OP_BACKUP_UPDATE_GLOBAL_SETTINGS,
            OP_BACKUP_START_COPY_JOB),
        .make = make_share_rds,
    },
    {
        .name = "rescue",
        .title = "Rescue a key: cancel its deletion, enable it",
        .what = "a key that is disabled or will be deleted works again, and what fell with it is named",
        INPUTS(THE_KEY),
        .fits = fits_rescue,
        OPS(OP_KMS_DESCRIBE_KEY, OP_KMS_LIST_ALIASES, OP_KMS_CANCEL_KEY_DELETION, OP_KMS_ENABLE_KEY),
        .make = make_rescue,
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

const struct input *wizard_fits(const struct wizard *wizard, const struct record *record)
{
    for (size_t i = 0; i < wizard->n_inputs; i++)
        if (wizard->inputs[i].from != KIND_NONE && wizard->inputs[i].from == record->kind &&
            (!wizard->fits || wizard->fits(record)))
            return &wizard->inputs[i];
    return NULL;
}
