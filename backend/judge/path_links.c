#include "backend/judge/path_links.h"

#include "backend/judge/ask_access.h"
#include "backend/judge/key_access.h"
#include "backend/judge/principal_access.h"

#include <stdlib.h>
#include <string.h>

/* The copy is made by AWS Backup's service-linked role of the account that it goes to.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html */
#define BACKUP_ROLE "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
#define COPY_RIGHT "backup:CopyIntoBackupVault"
#define PAGE_ENCRYPTION "docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html"
#define PAGE_ACCOUNTS "docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html"
#define PAGE_AIR_GAP "docs.aws.amazon.com/aws-backup/latest/devguide/lag-vault-primary-backup.html"
#define PAGE_SUPPORT "docs.aws.amazon.com/aws-backup/latest/devguide/backup-feature-availability.html"
#define PAGE_KMS "docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html"

struct checking {
    const struct judgement *j;
    struct arena *arena; /* of the texts */
    struct arena *scratch;
    struct copy_path *path;
    bool is_cross_account;
    struct record vault; /* the destination */
    bool has_vault;
};

/* What one check says. reason and remedy are set where it is not YES; statement where one in a policy mends it. */
struct said {
    enum tri holds;
    const char *reason, *remedy, *statement;
};

static const struct said fine = {TRI_YES, "", "", ""};

static struct said no(const char *reason, const char *remedy)
{
    return (struct said){TRI_NO, reason, remedy, ""};
}

static struct said unknown(const char *reason)
{
    return (struct said){TRI_UNKNOWN, reason, "see the blind spots", ""};
}

/* ---- the source ----------------------------------------------------------------------------------------- */

static struct said source_is_seen(struct checking *c)
{
    struct record vault, rule;
    if (c->path->source_is == VALUE_UNKNOWN)
        return unknown("the recovery points of the vault were not read");
    if (c->path->rule && generation_record(c->j->generation, c->path->rule, &rule) &&
        !truth_is_sure(slice_truth(rule.slice)))
        return unknown("the rule was not read again");
    if (generation_record(c->j->generation, c->path->source_vault, &vault) &&
        !truth_is_sure(record_facet(&vault, FACET_VAULT_POINTS).truth))
        return unknown("the recovery points of the vault were not read again");
    return fine;
}

/* Types whose backups AWS Backup does not copy: everywhere, or only to another account. */
static const struct {
    const char *type;
    bool only_across_accounts, only_if_not_fully_managed;
} not_copied[] = {
    {"Redshift", false, false},
    {"Redshift Serverless", false, false},
    {"DynamoDB", false, true}, /* without the advanced features */
    {"CloudFormation", true, false},
};

static struct said type_is_copied(struct checking *c)
{
    for (size_t i = 0; i < sizeof not_copied / sizeof *not_copied; i++)
        if (strcmp(not_copied[i].type, c->path->source_type) == 0 &&
            (c->is_cross_account || !not_copied[i].only_across_accounts) &&
            (!c->path->is_fully_managed || !not_copied[i].only_if_not_fully_managed))
            return no(arena_printf(c->arena, "AWS Backup does not copy backups of %s%s",
                                   not_copied[i].type,
                                   not_copied[i].only_across_accounts ? " to another account" : ""),
                      "use the service's own way of copying");
    return fine;
}

static struct said source_key_works(struct checking *c)
{
    const struct copy_path *p = c->path;
    struct record key;
    if (p->source_is != VALUE_KNOWN || p->key_is == VALUE_ABSENT)
        return fine;
    if (p->key_is == VALUE_UNKNOWN || !p->source_key)
        return unknown("the source key is not known");
    switch (judge_key(c->j, p->source_key)) {
    case KEY_USABLE:
        return fine;
    case KEY_GONE:
        return no("the source key is deleted", "nothing brings it back");
    case KEY_UNUSABLE:
        return no(arena_printf(c->arena, "the source key is %s",
                               generation_record(c->j->generation, p->source_key, &key)
                                   ? value_text(&key, ATTR_KEY_STATE) : "not usable"),
                  "make the key usable again");
    case KEY_UNKNOWN:
        break;
    }
    return unknown("the state of the source key is not known");
}

static bool source_key_counts(const struct checking *c)
{
    return c->path->source_is == VALUE_KNOWN && c->path->source_key && !c->path->is_fully_managed;
}

static struct said source_key_can_be_shared(struct checking *c)
{
    if (!source_key_counts(c) || !c->is_cross_account)
        return fine;
    switch (key_is_aws_managed(c->j, c->path->source_key)) {
    case TRI_NO:
        return fine;
    case TRI_YES:
        return no("an AWS managed key cannot be used from another account",
                  "copy first into a vault of this account with a customer managed key, then onward; "
                  "or move the resource to a customer managed key");
    case TRI_UNKNOWN:
        break;
    }
    return unknown("whether the key is AWS managed is not known");
}

static bool is_air_gapped(const struct checking *c)
{
    return c->has_vault && value_is(&c->vault, ATTR_VAULT_TYPE, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT");
}

/* https://docs.aws.amazon.com/aws-backup/latest/devguide/lag-vault-primary-backup.html: the job completes with
 * issues, and the point stays in the normal vault. */
static struct said air_gap_takes_key(struct checking *c)
{
    if (!source_key_counts(c) || !is_air_gapped(c))
        return fine;
    switch (key_is_aws_managed(c->j, c->path->source_key)) {
    case TRI_NO:
        return fine;
    case TRI_YES:
        return no("an air-gapped vault takes nothing that is under an AWS managed key",
                  "move the resource to a customer managed key");
    case TRI_UNKNOWN:
        break;
    }
    return unknown("whether the key is AWS managed is not known");
}

/* ---- who may use a key ---------------------------------------------------------------------------------- */

/* A right that the copying role needs on a key, and the context in which AWS Backup asks. */
struct right {
    const char *action;
    bool is_grant; /* asked by a service for itself */
};
#define MAX_RIGHTS 3

/* What the role's own policy lets it do is AWS's, the same everywhere:
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceLinkedRolePolicyForBackup.html */
static const char role_policy[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","
    "\"Resource\":\"*\"}]}";

/* The service through which KMS is reached: EBS is EC2's, all databases are RDS's.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service */
static const struct {
    const char *type, *service;
    bool reencrypts; /* the copy re-encrypts data keys itself */
} ways[] = {
    {"RDS", "rds", false},  {"Aurora", "rds", false}, {"DocumentDB", "rds", false},
    {"Neptune", "rds", false}, {"EBS", "ec2", true},  {"EC2", "ec2", true},
    {"FSx", "fsx", false},     {"Storage Gateway", "ec2", true},
    {"", "backup", false}, /* whatever AWS Backup encrypts itself */
};
#define N_WAYS (sizeof ways / sizeof *ways)

static size_t way_of(const struct copy_path *path)
{
    size_t i = path->is_fully_managed ? N_WAYS - 1 : 0;
    while (i < N_WAYS - 1 && strcmp(ways[i].type, path->source_type) != 0)
        i++;
    return i;
}

static bool account_record(const struct judgement *j, const char *account, struct record *out)
{
    const struct area *a = area_find(j, account, "");
    return a && a->record && generation_record(j->generation, a->record, out);
}

static enum verdict ask(struct checking *c, const struct access_input *facts, uint32_t resource,
                        const char *principal, const struct right *right, const char *via,
                        const char **because)
{
    struct request request;
    struct access_result result;
    struct access_input in = *facts;
    struct buf arn = {0};
    struct err err = {0};
    const struct policy *own = NULL;
    const char *yes = "true";
    enum verdict verdict = VERDICT_UNKNOWN;
    node_arn(c->j->estate, resource, &arn);
    if (policy_parse(c->scratch, role_policy, sizeof role_policy - 1, &own, &err) != ERR_OK ||
        request_init(&request, c->scratch, principal, right->action, arn.data, &err) != ERR_OK) {
        *because = arena_strdup(c->arena, err.text);
        buf_free(&arn);
        return verdict;
    }
    in.identity = (struct policy_set){&own, 1, false};
    if (right->is_grant)
        request_add(&request, "kms:GrantIsForAWSResource", &yes, 1);
    if (via)
        request_add(&request, "kms:ViaService", &via, 1);
    organization_context(c->j, &request);
    request_add_implied(&request);
    access_evaluate(&request, &in, &result);
    verdict = result.verdict;
    *because = verdict != VERDICT_UNKNOWN      ? access_because(c->arena, &result)
               : result.unknown_because.n > 0 ? arena_strdup(c->arena, result.unknown_because.items[0])
                                              : "";
    access_result_free(&result);
    request_free(&request);
    buf_free(&arn);
    return verdict;
}

const char *path_statement(struct arena *arena, const char *principal, const char *const *actions, size_t n)
{
    struct buf list = {0};
    bool grants = false;
    for (size_t i = 0; i < n; i++) {
        buf_printf(&list, "%s\"%s\"", i > 0 ? "," : "", actions[i]);
        grants = grants || strcmp(actions[i], "kms:CreateGrant") == 0;
    }
    const char *text = arena_printf(
        arena, "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"%s\"},\"Action\":[%s],\"Resource\":\"*\"%s}", principal, list.data,
        grants ? ",\"Condition\":{\"BoolIfExists\":{\"kms:GrantIsForAWSResource\":\"true\"}}" : "");
    buf_free(&list);
    return text;
}

/* An account lets in who of its own may: as AWS's pages have it. */
static const char *root_of(struct checking *c, const char *account)
{
    return arena_printf(c->arena, "arn:aws:iam::%s:root", account);
}

static struct said refused(struct checking *c, enum verdict verdict, const char *which, const char *action,
                           const char *role, const char *because)
{
    if (verdict == VERDICT_EXPLICITLY_DENIED)
        return no(arena_printf(c->arena, "%s is denied %s on %s by %s", role, action, which, because),
                  arena_printf(c->arena, "let that Deny spare %s", role));
    if (verdict == VERDICT_IMPLICITLY_DENIED)
        return no(arena_printf(c->arena, "%s does not let %s do %s", which, role, action),
                  arena_printf(c->arena, "allow %s to %s in that key's policy", action, role));
    return unknown(arena_printf(c->arena, "whether %s lets %s do %s hangs on %s", which, role, action,
                                because));
}

static struct said key_lets_role(struct checking *c, uint32_t key, const char *which,
                                 const struct right *rights, size_t n, const char *account)
{
    struct access_input facts;
    const char *actions[MAX_RIGHTS], *region = c->path->source_region;
    char key_account[16], key_region[40];
    node_place(c->j->estate, key, key_account, key_region);
    region = key_region[0] ? key_region : region;
    const char *via = arena_printf(c->scratch, "%s.%s.amazonaws.com",
                                   ways[way_of(c->path)].service, region);
    const char *role = arena_printf(c->arena, "arn:aws:iam::%s:" BACKUP_ROLE, account);
    key_access_facts(c->j, c->scratch, key, &facts);
    if (!facts.key_policy)
        return unknown(arena_printf(c->arena, "the policy of %s was not read", which));
    for (size_t i = 0; i < n; i++)
        actions[i] = rights[i].action;
    for (size_t i = 0; i < n; i++) {
        const char *because;
        enum verdict v = ask(c, &facts, key, role, &rights[i], via, &because);
        if (v == VERDICT_ALLOWED)
            continue;
        struct said said = refused(c, v, which, rights[i].action, role, because);
        if (v == VERDICT_IMPLICITLY_DENIED)
            said.statement = path_statement(c->arena, root_of(c, account), actions, n);
        return said;
    }
    return fine;
}

static struct said source_key_lets_copy(struct checking *c)
{
    static const struct right rights[MAX_RIGHTS] = {
        {"kms:DescribeKey", false}, {"kms:CreateGrant", true}, {"kms:ReEncryptFrom", false}};
    if (!source_key_counts(c) || key_is_aws_managed(c->j, c->path->source_key) == TRI_YES)
        return fine;
    size_t n = ways[way_of(c->path)].reencrypts ? 3 : 2;
    return key_lets_role(c, c->path->source_key, "the source key", rights, n,
                         c->path->destination_account);
}

/* ---- the organization ----------------------------------------------------------------------------------- */

/* An account of the organization was listed with its ARN there. */
static enum tri is_in_organization(const struct judgement *j, const char *account)
{
    struct record r;
    if (!account_record(j, account, &r))
        return j->org_is_known ? TRI_NO : TRI_UNKNOWN;
    if (!truth_is_sure(slice_truth(r.slice)))
        return TRI_UNKNOWN;
    return record_value(&r, ATTR_ACCOUNT_ORG_ARN).is == VALUE_KNOWN ? TRI_YES : TRI_UNKNOWN;
}

static struct said accounts_are_together(struct checking *c)
{
    if (!c->is_cross_account)
        return fine;
    enum tri both = tri_and(is_in_organization(c->j, c->path->source_account),
                            is_in_organization(c->j, c->path->destination_account));
    if (both == TRI_NO)
        return no("the two accounts are not in one organization",
                  "AWS Backup copies only between accounts of one organization");
    return both == TRI_YES ? fine : unknown("whether both accounts are in one organization is not known");
}

/* The management account switches it on for all. */
static struct said copying_is_on(struct checking *c)
{
    struct record r;
    bool is_on = false, is_off = false;
    if (!c->is_cross_account)
        return fine;
    for (struct walk w = walk_kind(c->j->generation, KIND_ACCOUNT); walk_next(&w, &r);) {
        if (!truth_is_sure(record_facet(&r, FACET_ACCOUNT_BACKUP_SETTINGS).truth))
            continue;
        is_on = is_on || value_is(&r, ATTR_ACCOUNT_CROSS_ACCOUNT_BACKUP, "true");
        is_off = is_off || value_is(&r, ATTR_ACCOUNT_CROSS_ACCOUNT_BACKUP, "false");
    }
    if (is_on)
        return fine;
    return is_off ? no("cross-account backup is switched off in the organization",
                       "switch it on in the management account: AWS Backup, Settings")
                  : unknown("whether cross-account backup is switched on was not read");
}

/* ---- the destination ------------------------------------------------------------------------------------ */

/* A vault that was read there proves it, too. */
static struct said region_is_on(struct checking *c)
{
    struct record r;
    const struct copy_path *p = c->path;
    char *id = mem_printf("keyfall:region/%s/%s", p->destination_account, p->destination_region);
    uint32_t node = estate_find_node(c->j->estate, KIND_REGION, id, strlen(id));
    bool is_seen = node && generation_record(c->j->generation, node, &r);
    mem_free(id);
    if (is_seen && value_is(&r, ATTR_REGION_OPT_IN, "not-opted-in"))
        return no(arena_printf(c->arena, "%s is not enabled in account %s", p->destination_region,
                               p->destination_account), "enable the Region there");
    if (c->has_vault || (is_seen && truth_is_sure(slice_truth(r.slice)) &&
                         record_value(&r, ATTR_REGION_OPT_IN).is == VALUE_KNOWN))
        return fine;
    return unknown(arena_printf(c->arena, "whether %s is enabled in account %s was not read", p->destination_region,
                                p->destination_account));
}

static struct said vault_is_there(struct checking *c)
{
    const struct area *a = area_find(c->j, c->path->destination_account, c->path->destination_region);
    if (c->has_vault)
        return truth_is_sure(slice_truth(c->vault.slice)) ? fine
                                                          : unknown("the destination vault was not read again");
    if (a && a->has[LIST_VAULTS] && a->truth[LIST_VAULTS] == TRUTH_KNOWN)
        return no("the destination vault does not exist", "create it, or point the rule to another");
    return unknown("the destination vault was not read");
}

static struct said vault_can_receive(struct checking *c)
{
    enum tri aws = key_is_aws_managed(c->j, c->path->destination_key);
    if (c->is_cross_account && value_is(&c->vault, ATTR_VAULT_NAME, "Default"))
        return no("the default vault cannot receive copies from another account",
                  "copy into a vault with a customer managed key");
    if (is_air_gapped(c) || c->path->is_fully_managed || c->path->source_is != VALUE_KNOWN ||
        record_value(&c->vault, ATTR_VAULT_KEY).is == VALUE_ABSENT)
        return fine;
    if (aws == TRI_YES && c->is_cross_account)
        return no("the destination vault is under an AWS managed key, which such copies cannot use",
                  "copy into a vault with a customer managed key");
    if (aws == TRI_YES)
        return (struct said){TRI_UNKNOWN, "the destination vault is under an AWS managed key: by AWS's "
                             "pages the copy fails, or lands under the service's default key",
                             "copy into a vault with a customer managed key", ""};
    return aws == TRI_NO ? fine : unknown("whose key the destination vault is under is not known");
}

static struct said vault_lets_copy(struct checking *c)
{
    struct access_input facts = {.key_state = "Enabled"};
    static const struct right right = {COPY_RIGHT, false};
    const char *because;
    if (!c->is_cross_account)
        return fine;
    if (is_air_gapped(c))
        return unknown("an air-gapped vault is shared through AWS RAM, which is not read");
    facts.key_policy = record_policy(c->scratch, &c->vault, ATTR_VAULT_ACCESS_POLICY);
    if (!facts.key_policy)
        return unknown("the access policy of the destination vault was not read");
    const char *role = arena_printf(c->arena, "arn:aws:iam::%s:role/service-role/AWSBackupDefaultServiceRole",
                                    c->path->source_account);
    /* The role's own policies are taken for granted: what is asked is what the vault says. */
    enum verdict v = ask(c, &facts, c->path->destination_vault, role, &right, NULL, &because);
    if (v == VERDICT_ALLOWED)
        return fine;
    if (v == VERDICT_UNKNOWN)
        return unknown(arena_printf(c->arena, "whether the vault lets account %s copy into it hangs on %s",
                                    c->path->source_account, because));
    const char *root = root_of(c, c->path->source_account), *right_name = right.action;
    if (v == VERDICT_EXPLICITLY_DENIED)
        return no(arena_printf(c->arena, "account %s is denied to copy into the destination vault by %s",
                               c->path->source_account, because),
                  arena_printf(c->arena, "let that Deny spare %s", root));
    struct said said = no(arena_printf(c->arena, "the access policy of the destination vault does not let account %s "
                                       "copy into it", c->path->source_account),
                          arena_printf(c->arena, "allow " COPY_RIGHT " to %s in the vault's access policy", root));
    said.statement = path_statement(c->arena, root, &right_name, 1);
    return said;
}

static struct said destination_key_works(struct checking *c)
{
    struct record key;
    uint32_t node = c->path->destination_key;
    if (record_value(&c->vault, ATTR_VAULT_KEY).is == VALUE_ABSENT)
        return fine; /* under a key that AWS owns */
    switch (node ? judge_key(c->j, node) : KEY_UNKNOWN) {
    case KEY_USABLE:
        return fine;
    case KEY_GONE:
        return no("the destination vault's key is deleted",
                  "a vault's key cannot be changed: copy into another vault");
    case KEY_UNUSABLE:
        return no(arena_printf(c->arena, "the destination vault's key is %s",
                               generation_record(c->j->generation, node, &key)
                                   ? value_text(&key, ATTR_KEY_STATE) : "not usable"),
                  "make the key usable again");
    case KEY_UNKNOWN:
        break;
    }
    return unknown("the state of the destination vault's key is not known");
}

static struct said destination_key_lets_copy(struct checking *c)
{
    static const struct right rights[] = {{"kms:DescribeKey", false}, {"kms:CreateGrant", true}};
    uint32_t key = c->path->destination_key;
    if (!key || key_is_aws_managed(c->j, key) == TRI_YES)
        return fine;
    return key_lets_role(c, key, "the destination vault's key", rights, 2,
                         c->path->destination_account);
}

/* ---- the checks, in the order in which the copy meets them ------------------------------------------------ */

static const struct {
    enum path_link link;
    struct said (*check)(struct checking *c);
    const char *page;
    bool of_vault; /* asked only if the destination vault is there to be asked of */
} checks[CHECK_COUNT] = {
    [CHECK_SOURCE_SEEN] = {LINK_SOURCE, source_is_seen, PAGE_ACCOUNTS, false},
    [CHECK_TYPE_COPIED] = {LINK_SOURCE, type_is_copied, PAGE_SUPPORT, false},
    [CHECK_SOURCE_KEY_WORKS] = {LINK_SOURCE_KEY, source_key_works, PAGE_ENCRYPTION, false},
    [CHECK_SOURCE_KEY_SHARABLE] = {LINK_SOURCE_KEY, source_key_can_be_shared, PAGE_ENCRYPTION, false},
    [CHECK_SOURCE_KEY_LETS] = {LINK_SOURCE_KEY, source_key_lets_copy, PAGE_KMS, false},
    [CHECK_ONE_ORGANIZATION] = {LINK_ORGANIZATION, accounts_are_together, PAGE_ACCOUNTS, false},
    [CHECK_COPYING_ON] = {LINK_ORGANIZATION, copying_is_on, PAGE_ACCOUNTS, false},
    [CHECK_REGION_ON] = {LINK_DESTINATION_REGION, region_is_on, PAGE_ACCOUNTS, false},
    [CHECK_VAULT_THERE] = {LINK_DESTINATION_VAULT, vault_is_there, PAGE_ACCOUNTS, false},
    [CHECK_VAULT_RECEIVES] = {LINK_DESTINATION_VAULT, vault_can_receive, PAGE_ENCRYPTION, true},
    [CHECK_AIR_GAP_TAKES_KEY] = {LINK_SOURCE_KEY, air_gap_takes_key, PAGE_AIR_GAP, true},
    [CHECK_VAULT_LETS] = {LINK_DESTINATION_VAULT, vault_lets_copy, PAGE_ACCOUNTS, true},
    [CHECK_DESTINATION_KEY_WORKS] = {LINK_DESTINATION_KEY, destination_key_works, PAGE_ENCRYPTION, true},
    [CHECK_DESTINATION_KEY_LETS] = {LINK_DESTINATION_KEY, destination_key_lets_copy, PAGE_KMS, true},
};

enum path_link path_check_link(enum path_check check)
{
    return checks[check].link;
}

const char *path_by_word(enum path_by by)
{
    static const char *const words[PATH_BY_COUNT] = {
        [PATH_BY_BACKUP] = "aws-backup",
        [PATH_BY_LIFECYCLE] = "dlm",
        [PATH_BY_REPLICATION] = "rds-replication",
        [PATH_BY_AUTOBACKUP] = "autobackup",
    };
    return words[by];
}

const char *path_link_word(enum path_link link)
{
    static const char *const words[LINK_COUNT] = {
        [LINK_NONE] = "",
        [LINK_SOURCE] = "source",
        [LINK_SOURCE_KEY] = "source-key",
        [LINK_ORGANIZATION] = "organization",
        [LINK_DESTINATION_REGION] = "destination-region",
        [LINK_DESTINATION_VAULT] = "destination-vault",
        [LINK_DESTINATION_KEY] = "destination-key",
    };
    return words[link];
}

/* What cannot be asked of a vault that is not there is no fault of the path; of one that was not read it is not
 * known. */
static struct said ask_check(struct checking *c, size_t i)
{
    if (!checks[i].of_vault || c->has_vault)
        return checks[i].check(c);
    struct said there = vault_is_there(c);
    return there.holds == TRI_UNKNOWN ? there : fine;
}

/* The first link that fails is told before one that is only not known. */
static void check_path(struct checking *c)
{
    struct copy_path *p = c->path;
    struct path_answer *answers = arena_alloc(c->arena, CHECK_COUNT * sizeof *answers);
    p->ready = TRI_YES;
    p->broken_at = LINK_NONE;
    p->reason = p->remedy = p->statement = p->page = "";
    p->answers = answers;
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        struct said said = ask_check(c, i);
        answers[i] = (struct path_answer){said.holds, said.reason};
        if (said.holds >= p->ready)
            continue;
        p->ready = said.holds;
        p->broken_at = checks[i].link;
        p->reason = said.reason;
        p->remedy = said.remedy;
        p->statement = said.statement;
        p->page = checks[i].page;
    }
}

/* Paths that differ in nothing that a check looks at get one answer. */
static bool is_alike(const struct copy_path *a, const struct copy_path *b)
{
    return a->source_vault && a->source_vault == b->source_vault && a->destination_vault == b->destination_vault &&
           a->source_key == b->source_key && a->key_is == b->key_is && a->source_is == b->source_is &&
           a->is_fully_managed == b->is_fully_managed && strcmp(a->source_type, b->source_type) == 0;
}

static int alike_order(const void *a, const void *b)
{
    const struct copy_path *x = *(struct copy_path *const *)a, *y = *(struct copy_path *const *)b;
    const uint32_t of_x[] = {x->source_vault, x->destination_vault, x->source_key, x->key_is,
                             x->source_is, x->is_fully_managed};
    const uint32_t of_y[] = {y->source_vault, y->destination_vault, y->source_key, y->key_is,
                             y->source_is, y->is_fully_managed};
    int order = memcmp(of_x, of_y, sizeof of_x);
    return order != 0 ? order : strcmp(x->source_type, y->source_type);
}

static void begin(struct checking *c, struct copy_path *path)
{
    c->path = path;
    c->is_cross_account = strcmp(path->source_account, path->destination_account) != 0;
    c->has_vault = generation_record(c->j->generation, path->destination_vault, &c->vault);
}

void path_links_check(const struct judgement *j, struct arena *arena, struct copy_path *paths, size_t n)
{
    struct checking c = {.j = j, .arena = arena, .scratch = arena_new()};
    struct copy_path **alike = mem_alloc_array(n + 1, sizeof *alike);
    size_t n_all = n;
    n = 0;
    for (size_t i = 0; i < n_all; i++)
        if (paths[i].by == PATH_BY_BACKUP)
            alike[n++] = &paths[i];
    if (n > 1)
        qsort(alike, n, sizeof *alike, alike_order);
    for (size_t i = 0; i < n; i++) {
        struct copy_path *p = alike[i];
        const struct copy_path *before = i > 0 ? alike[i - 1] : NULL;
        if (before && is_alike(before, p)) {
            p->ready = before->ready;
            p->broken_at = before->broken_at;
            p->reason = before->reason;
            p->remedy = before->remedy;
            p->statement = before->statement;
            p->page = before->page;
            p->answers = before->answers;
            continue;
        }
        begin(&c, p);
        check_path(&c);
        arena_reset(c.scratch);
    }
    mem_free(alike);
    arena_free(c.scratch);
}
