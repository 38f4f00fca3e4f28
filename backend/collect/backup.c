#include "backend/collect/feed.h"

#include "backend/aws/tree.h"
#include "backend/policy/traits.h"

#include <string.h>

/* No policy is an answer:
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupVaultAccessPolicy.html */
const struct special vault_policy_specials[] = {
    {"ResourceNotFoundException", NULL, TRUTH_ABSENT},
    {NULL, NULL, TRUTH_FAILED},
};

enum err_code vault_policy_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *policy = NULL;
    enum err_code code = need_text(item, "Policy", &policy, err);
    if (code == ERR_OK)
        policy_traits_say(POLICY_OF_VAULT, policy, strlen(policy), s->place->account, "", &s->line);
    sheet_line(s, ATTR_VAULT_POLICY_TRAITS);
    return code;
}

/* ---- https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html -- */

static bool is_backup_arn(const char *arn)
{
    const char *service = strncmp(arn, "arn:", 4) == 0 ? strchr(arn + 4, ':') : NULL;
    return service && strncmp(service, ":backup:", 8) == 0;
}

/* A point of a type that AWS Backup does not manage fully is the snapshot whose ARN it has. */
enum err_code point_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *arn = NULL;
    enum err_code code = need_text(item, "RecoveryPointArn", &arn, err);
    if (code == ERR_OK && !is_backup_arn(arn))
        sheet_text(s, ATTR_POINT_SAME_AS, arn);
    if (code == ERR_OK && !sheet_has(s, ATTR_POINT_VAULT))
        sheet_node(s, ATTR_POINT_VAULT, s->parent);
    return code;
}

enum err_code copy_job_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "CopyJobId", &id, err);
    if (code == ERR_OK)
        *arn = place_id(s, "copy-job", id);
    return code;
}

/* ---- https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html ------------------ */

static enum err_code identify_under(struct sheet *s, const cJSON *item, const char *word,
                                    const char *member, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, member, &id, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:%s/%s/%s", word, parent_arn(s), id);
    return code;
}

enum err_code rule_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_under(s, item, "backup-rule", "RuleId", arn, err);
}

/* A rule names its own vault by name, the vaults that it copies to by ARN. */
enum err_code rule_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *vault = NULL;
    sheet_node(s, ATTR_RULE_PLAN, s->parent);
    enum err_code code = maybe_text(item, "TargetBackupVaultName", &vault, err);
    if (code == ERR_OK && vault)
        sheet_text(s, ATTR_RULE_VAULT, place_arn(s, "backup", "backup-vault:%s", vault));
    if (code == ERR_OK)
        code = add_texts(item, "CopyActions", NULL, "DestinationBackupVaultArn", &s->line, err);
    sheet_line(s, ATTR_RULE_COPIES);
    return code;
}

/* ---- https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html ------------- */

enum err_code selection_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_under(s, item, "backup-selection", "SelectionId", arn, err);
}

enum err_code selection_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    (void)item;
    (void)err;
    sheet_node(s, ATTR_SELECTION_PLAN, s->parent);
    return ERR_OK;
}

static bool is_empty(const cJSON *at)
{
    return !at || !at->child;
}

/* Both forms of condition as one text, as AWS sent them. */
static enum err_code conditions_of(struct sheet *s, const cJSON *item, struct err *err)
{
    static const char *const names[] = {"ListOfTags", "Conditions"};
    struct buf *out = &s->line;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = i == 0 ? "BackupSelection.ListOfTags" : "BackupSelection.Conditions";
        const cJSON *at = tree_at(item, path);
        if (at && (i == 0 ? !cJSON_IsArray(at) : !cJSON_IsObject(at)))
            return err_set(err, ERR_PARSE, "the answer's %s is of the wrong type", path);
        if (is_empty(at))
            continue;
        char *text = cJSON_PrintUnformatted(at);
        buf_printf(out, "%s\"%s\":", out->len > 0 ? "," : "{", names[i]);
        buf_adds(out, text ? text : "null");
        cJSON_free(text);
    }
    if (out->len > 0)
        buf_addc(out, '}');
    sheet_line(s, ATTR_SELECTION_CONDITIONS);
    return ERR_OK;
}

enum err_code selection_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = add_texts(item, "BackupSelection.Resources", NULL, NULL, &s->line, err);
    sheet_line(s, ATTR_SELECTION_RESOURCES);
    if (code == ERR_OK)
        code = add_texts(item, "BackupSelection.NotResources", NULL, NULL, &s->line, err);
    sheet_line(s, ATTR_SELECTION_NOT_RESOURCES);
    return code == ERR_OK ? conditions_of(s, item, err) : code;
}
