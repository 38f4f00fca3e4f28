/* The settings of keyfall.conf. To add one: its member in settings.h and a row here; reading, the warning about
 * a wrong value and --print-config follow. */
#include "backend/config/table.h"

#include "backend/base/timefmt.h"

#include <string.h>

#define AT(section, member) .at = offsetof(struct section, member)
#define ROWS(rows_) .rows = rows_, .n_rows = sizeof rows_ / sizeof *rows_
#define LISTED(type, member)                                                                       \
    .at = offsetof(struct settings, member), .size = sizeof(struct type)

#define DAY_S 86400

static const char *const yes_no[] = {"yes", "no", NULL};

/* ---- [general], [refresh], [organization] -------------------------------------------------------- */

static const struct setting_row general[] = {
    {"theme", SETTING_TEXT, AT(general_settings, theme), .form = form_theme, .otherwise = "dark",
     .example = "high-contrast", .meaning = "colours of the dashboard: a theme's name or file"},
    {"budget", SETTING_TEXT, AT(general_settings, budget), .form = form_budget, .otherwise = "no limit",
     .example = "20000", .meaning = "at most so many requests to AWS, or so much money, as --budget",
     .is_limit = true},
    {"viewer", SETTING_CHOICE, AT(general_settings, viewer), .words = yes_no, .if_wrong = SAID_YES, .otherwise = "no",
     .example = "yes", .meaning = "yes: nothing can be changed, as --viewer; the command line cannot lift it"},
};

static const struct setting_row refresh[] = {
    {"deletions", SETTING_SPAN, AT(refresh_times, deletions_s), .least_s = 30, .most_s = DAY_S,
     .otherwise = "3m", .example = "5m", .meaning = "how often the state of keys that have dependents is read"},
    {"cycle", SETTING_SPAN, AT(refresh_times, cycle_s), .least_s = 60, .most_s = DAY_S, .otherwise = "10m",
     .example = "15m", .meaning = "how often KMS, Systems Manager and AWS Backup are read"},
    {"inventory", SETTING_SPAN, AT(refresh_times, inventory_s), .least_s = 60, .most_s = 7 * DAY_S,
     .otherwise = "30m", .example = "2h", .meaning = "how often databases, volumes and snapshots are read"},
    {"share", SETTING_PERCENT, AT(refresh_times, share), .otherwise = "50", .example = "30",
     .meaning = "percent of the request rates that AWS publishes; the rest is left to others"},
    {"share_cautious", SETTING_PERCENT, AT(refresh_times, share_cautious), .otherwise = "25", .example = "10",
     .meaning = "the same for EC2 and RDS, whose rates a whole account shares"},
    {"read_timeout", SETTING_SPAN, AT(refresh_times, read_timeout_s), .least_s = 1, .most_s = 600,
     .otherwise = "10s", .example = "60s", .meaning = "how long an answer may send nothing, behind a slow proxy say"},
};

static const struct setting_row organization[] = {
    {"role", SETTING_TEXT, AT(organization_settings, role), .form = form_role, .otherwise = "none",
     .example = "AuditReadOnly",
     .meaning = "also read every active account of the organization, through this role, as --org-role"},
    {"change_role", SETTING_TEXT, AT(organization_settings, change_role), .form = form_role,
     .otherwise = "none", .example = "BackupOperator",
     .meaning = "the role in those accounts that changes are made with; reading never uses it"},
    {"external_id", SETTING_TEXT, AT(organization_settings, external_id), .form = form_external_id,
     .otherwise = "none", .example = "keyfall-1234", .meaning = "what both roles ask for"},
};

/* ---- [target NAME] ------------------------------------------------------------------------------- */

static const struct setting_row target[] = {
    {"profile", SETTING_TEXT, AT(target_settings, profile), .form = form_name,
     .otherwise = "the section's name", .example = "prod",
     .meaning = "the profile of the AWS configuration to begin with"},
    {"account", SETTING_TEXT, AT(target_settings, account), .form = form_account, .otherwise = "any",
     .example = "111122223333", .meaning = "where a role is that is given by its name alone"},
    {"read_role", SETTING_TEXT, AT(target_settings, read_role), .form = form_role_or_name,
     .otherwise = "none: the profile itself", .example = "arn:aws:iam::111122223333:role/AuditReadOnly",
     .meaning = "a role to read with: its ARN, or its name beside account"},
    {"change_role", SETTING_TEXT, AT(target_settings, change_role), .form = form_role_or_name,
     .otherwise = "none: nothing can be changed", .example = "arn:aws:iam::111122223333:role/BackupOperator",
     .meaning = "a separate role for changes; reading never uses it"},
    {"external_id", SETTING_TEXT, AT(target_settings, external_id), .form = form_external_id,
     .otherwise = "none", .example = "keyfall-1234", .meaning = "what both roles ask for"},
    {"mfa", SETTING_TEXT, AT(target_settings, mfa), .form = form_mfa, .otherwise = "none",
     .example = "arn:aws:iam::444455556666:mfa/ada", .meaning = "the MFA device whose code is asked for"},
    {"regions", SETTING_LIST, AT(target_settings, regions), .form = form_region,
     .otherwise = "all that are enabled", .example = "eu-west-1, us-east-1",
     .meaning = "only these Regions of it"},
};

/* A name alone is completed with the account: in the partition that most people are in. */
static const char *complete_role(struct arena *arena, const char *account, const char **role)
{
    if (!*role || strncmp(*role, "arn:", 4) == 0)
        return NULL;
    if (!account)
        return "names a role by its name alone: add account = 111122223333, or give the role's ARN";
    *role = arena_printf(arena, "arn:aws:iam::%s:role/%s", account, *role);
    return NULL;
}

static const char *check_target(struct arena *arena, void *section)
{
    struct target_settings *t = section;
    if (!t->profile)
        t->profile = t->name;
    const char *why = complete_role(arena, t->account, &t->read_role);
    return why ? why : complete_role(arena, t->account, &t->change_role);
}

/* ---- products ------------------------------------------------------------------------------------ */

static const char *const phases[] = {"current", "in-transition", "former", NULL};
static const char *const modes[] = {"plain", "protected-key", "vault-key", NULL};
static const char *const colours[] = {"red", "yellow", "green", "blue", "magenta", "cyan", NULL};

static const struct setting_row ekm[] = {
    {"product", SETTING_TEXT, AT(ekm_settings, product), .form = form_product,
     .otherwise = "the first word of the section's name", .example = "entra-id",
     .meaning = "entra-id or salesforce; another of the vendor's products by its name"},
    {"key", SETTING_TEXT, AT(ekm_settings, key), .form = form_key, .must = true, .otherwise = "none",
     .example = "arn:aws:kms:eu-central-1:333344445555:key/1234abcd-12ab-34cd-56ef-1234567890ab",
     .meaning = "the key's ARN, as the product's console shows it"},
    {"phase", SETTING_CHOICE, AT(ekm_settings, phase), .words = phases, .otherwise = "current",
     .example = "former",
     .meaning = "current: the console shows it; in-transition: a switch to or from it is under way; "
                "former: it was switched from, and backups may still need it"},
    {"druva_account", SETTING_TEXT, AT(ekm_settings, druva_account), .form = form_account,
     .otherwise = "not known", .example = "888899990000",
     .meaning = "Druva's AWS account, whose 12 digits its console shows"},
};

static const char *check_ekm(struct arena *arena, void *section)
{
    struct ekm_settings *e = section;
    if (!e->product)
        e->product = arena_strndup(arena, e->name, strcspn(e->name, " \t"));
    return form_product(e->product) ? "names no product: add product = entra-id" : NULL;
}

static const struct setting_row credentials[] = {
    {"account", SETTING_TEXT, AT(credential_settings, account), .form = form_account, .must = true,
     .otherwise = "none", .example = "111122223333", .meaning = "the account that keeps them"},
    {"regions", SETTING_LIST, AT(credential_settings, regions), .form = form_region,
     .otherwise = "every Region, at least one", .example = "eu-west-1, us-east-1",
     .meaning = "the Regions in each of which they must be"},
    {"parameters", SETTING_LIST, AT(credential_settings, parameters), .form = form_parameter,
     .otherwise = "Druva-ClientCredential-*", .example = "Druva-ClientCredential-*, MyEkey-*",
     .meaning = "what the parameters are called; * at the end stands for the rest"},
    {"key", SETTING_TEXT, AT(credential_settings, key), .form = form_key_or_alias, .otherwise = "any",
     .example = "alias/druva-credentials", .meaning = "the key that they should be under: its ARN, or alias/NAME"},
    {"ekey", SETTING_CHOICE, AT(credential_settings, e_key), .words = yes_no,
     .otherwise = "not known, which stays a question",
     .example = "no",
     .meaning = "whether the string is half of Druva's E-Key, without which what is under it is lost; ask "
                "Druva Support"},
};

static const struct setting_row autobackup[] = {
    {"vault_account", SETTING_TEXT, AT(autobackup_settings, vault_account), .form = form_account, .must = true,
     .otherwise = "none", .example = "333344445555", .meaning = "the VAULT account, where replicas go"},
    {"vault_role", SETTING_TEXT, AT(autobackup_settings, vault_role), .form = form_role_or_name,
     .otherwise = "BackupIAMRole", .example = "BackupIAMRole",
     .meaning = "the role in the VAULT account that makes replicas"},
    {"source_role", SETTING_TEXT, AT(autobackup_settings, source_role), .form = form_role_or_name,
     .otherwise = "SourceIAMRole", .example = "SourceIAMRole",
     .meaning = "the role in the PROTECTED accounts"},
    {"protected", SETTING_LIST, AT(autobackup_settings, protected_accounts), .form = form_account,
     .otherwise = "those of keys tagged so", .example = "222233334444",
     .meaning = "the PROTECTED accounts, whose resources are backed up"},
    {"aliases", SETTING_LIST, AT(autobackup_settings, aliases), .form = form_alias,
     .otherwise = "those of keys tagged so", .example = "very_secret_key",
     .meaning = "what the setup's field \"Replicas encryption KMS key ARN or alias\" holds"},
    {"regions", SETTING_LIST, AT(autobackup_settings, regions), .form = form_region,
     .otherwise = "those of keys tagged so", .example = "eu-west-1, eu-central-1",
     .meaning = "the Regions that it replicates to: the alias must be in each"},
    {"modes", SETTING_FLAGS, AT(autobackup_settings, modes), .words = modes,
     .otherwise = "plain, protected-key", .example = "plain, protected-key, vault-key",
     .meaning = "what it replicates: unencrypted resources, those under PROTECTED keys, those under VAULT keys"},
};

/* An ARN in the field fits one Region only; AutoBackup's page names no account but the VAULT account. */
static const char *check_autobackup(struct arena *arena, void *section)
{
    (void)arena;
    const struct autobackup_settings *a = section;
    for (size_t i = 0; i < a->protected_accounts.n; i++)
        if (strcmp(a->protected_accounts.items[i], a->vault_account) == 0)
            return "has its VAULT account among the PROTECTED ones: they are different accounts";
    return NULL;
}

/* ---- who may, and where care is needed ----------------------------------------------------------- */

static const struct setting_row allow[] = {
    {"break_glass", SETTING_LIST, AT(allow_settings, break_glass), .form = form_role_pattern,
     .otherwise = "none", .example = "arn:aws:iam::*:role/BreakGlass",
     .meaning = "roles that may schedule deletions, disable keys and change their policies without a finding"},
    {"accounts", SETTING_LIST, AT(allow_settings, accounts), .form = form_account, .otherwise = "none",
     .example = "444455556666", .meaning = "accounts outside of the organization that are your own"},
    {"vendors", SETTING_LIST, AT(allow_settings, vendors), .form = form_account, .otherwise = "none",
     .example = "888899990000", .meaning = "accounts of vendors that you let use keys"},
};

static const struct setting_row suppress[] = {
    {"findings", SETTING_LIST, AT(suppression_settings, findings), .form = form_finding, .must = true,
     .otherwise = "none", .example = "F-KEY-09, F-VLT-05",
     .meaning = "which findings, by their ids; keyfall check --rules lists them", .is_word = true},
    {"records", SETTING_LIST, AT(suppression_settings, records), .form = form_record_pattern, .must = true,
     .otherwise = "none", .example = "arn:aws:kms:*:111122223333:key/*",
     .meaning = "of what, by ARN, * for any part: what the finding is about, or what it follows from"},
    {"reason", SETTING_TEXT, AT(suppression_settings, reason), .form = form_name, .must = true,
     .otherwise = "none", .example = "the key is replaced with the tapes, ticket 4711", .meaning = "why that is so"},
    {"owner", SETTING_TEXT, AT(suppression_settings, owner), .form = form_name, .must = true, .otherwise = "none",
     .example = "data-platform", .meaning = "who answers for it"},
    {"until", SETTING_TEXT, AT(suppression_settings, until), .form = form_day, .must = true, .otherwise = "none",
     .example = "2027-01-31", .meaning = "the last day that it holds, in UTC; from the next on the findings count again",
     .is_word = true},
};

static const char *check_suppression(struct arena *arena, void *section)
{
    struct suppression_settings *s = section;
    (void)time_parse_iso(arena_printf(arena, "%sT00:00:00Z", s->until), &s->ends_utc); /* form_day has seen to it */
    s->ends_utc += DAY_S;
    return NULL;
}

static const struct setting_row owner[] = {
    {"accounts", SETTING_LIST, AT(owner_settings, accounts), .form = form_account, .otherwise = "none",
     .example = "111122223333", .meaning = "the accounts whose records they own"},
    {"records", SETTING_LIST, AT(owner_settings, records), .form = form_record_pattern, .otherwise = "none",
     .example = "arn:aws:rds:*:*:db:orders-*", .meaning = "what they own, by ARN, * for any part; more is said by that "
                                                          "than by an account"},
};

static const char *check_owner(struct arena *arena, void *section)
{
    (void)arena;
    const struct owner_settings *o = section;
    return o->accounts.n + o->records.n == 0 ? "owns nothing: add accounts = 111122223333, or records = ARNs" : NULL;
}

static const struct setting_row production[] = {
    {"accounts", SETTING_LIST, AT(production_settings, accounts), .form = form_account, .must = true,
     .otherwise = "none", .example = "111122223333", .meaning = "the accounts that the word is shown for"},
    {"colour", SETTING_CHOICE, AT(production_settings, colour), .words = colours, .otherwise = "red",
     .example = "magenta", .meaning = "its colour"},
};

/* ---- sections ------------------------------------------------------------------------------------ */

static const struct section_row sections[] = {
    {.name = "general", .at = offsetof(struct settings, general), ROWS(general),
     .meaning = "The program. What is typed on the command line wins over this file."},
    {.name = "refresh", .at = offsetof(struct settings, refresh), ROWS(refresh),
     .meaning = "How often and how fast AWS is asked."},
    {.name = "organization", .at = offsetof(struct settings, organization), ROWS(organization),
     .meaning = "The organization that the first target's account is in."},
    {.name = "target", .example = "prod", .name_form = form_name, LISTED(target_settings, targets),
     .name_at = offsetof(struct target_settings, name), ROWS(target), .check = check_target,
     .meaning = "A way into an account; one section each. --profile and --target choose others. A target with "
                "a wrong line is not used at all: reading as somebody else than was meant is worse."},
    {.name = "ekm", .example = "entra-id", .name_form = form_name, LISTED(ekm_settings, products.ekm),
     .name_at = offsetof(struct ekm_settings, name), ROWS(ekm), .check = check_ekm,
     .meaning = "A key that a product keeps its backups under (Enterprise Key Management). Tags of the key say "
                "the same and win; a section keeps the tie when the key, and its tags, are gone."},
    {.name = "credentials", .example = "druva", .name_form = form_name,
     LISTED(credential_settings, products.credentials), .name_at = offsetof(struct credential_settings, name),
     ROWS(credentials),
     .meaning = "Where Druva keeps what it signs in to its storage with (CloudRanger)."},
    {.name = "autobackup", .example = "apps", .name_form = form_name,
     LISTED(autobackup_settings, products.autobackup), .name_at = offsetof(struct autobackup_settings, name),
     ROWS(autobackup), .check = check_autobackup,
     .meaning = "A setup of AutoBackup: an alias of the same name in each Region of the VAULT account."},
    {.name = "allow", .at = offsetof(struct settings, allow), ROWS(allow),
     .meaning = "What is meant to be so."},
    {.name = "suppress", .example = "tapes", .name_form = form_name,
     LISTED(suppression_settings, allow.suppressions), .name_at = offsetof(struct suppression_settings, name),
     ROWS(suppress), .check = check_suppression,
     .meaning = "Findings that somebody answers for until a day. They are told as suppressed and do not fail a check. "
                "A section that lacks one of its settings, or whose day is over, suppresses nothing."},
    {.name = "owner", .example = "data-platform", .name_form = form_name, LISTED(owner_settings, allow.owners),
     .name_at = offsetof(struct owner_settings, name), ROWS(owner), .check = check_owner,
     .meaning = "Who owns what, as columns called owner show it. A tag \"owner\" of a key or parameter wins."},
    {.name = "production", .example = "PROD", .name_form = form_name, LISTED(production_settings, production),
     .name_at = offsetof(struct production_settings, word), ROWS(production),
     .meaning = "Accounts where care is needed: the section's name is the word that the first line shows."},
    {.name = "keys", .is_open = true, LISTED(binding_settings, keys),
     .meaning = "Other keys for what the dashboard does: action = keys, as impact = i f4. The help lists them."},
};

const struct section_row *section_rows(size_t *n)
{
    *n = sizeof sections / sizeof *sections;
    return sections;
}
