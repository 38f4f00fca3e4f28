#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* What tests and holds backups, and the jobs that failed for want of a key. */

/* ListBackupVaults has all of an ordinary vault:
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html */
enum applies vault_is_special(const struct record *r)
{
    struct value type = record_value(r, ATTR_VAULT_TYPE);
    return type.is == VALUE_KNOWN && strcmp(type.text, "BACKUP_VAULT") != 0 ? APPLIES_YES : APPLIES_NO;
}

/* Patterns are no records: those that name one. */
static void line_whole(struct sheet *s, enum attr attr, const struct buf *texts)
{
    for (size_t at = 0; at < texts->len; at += strlen(texts->data + at) + 1)
        if (!strpbrk(texts->data + at, "*?"))
            buf_add(&s->line, texts->data + at, strlen(texts->data + at) + 1);
    sheet_line(s, attr);
}

/* A list of ARNs and patterns as it came, and those that name a record. */
static enum err_code read_patterns(struct sheet *s, const cJSON *item, const char *path, enum attr all,
                                   enum attr whole, struct err *err)
{
    struct buf texts = {0};
    enum err_code code = add_texts(item, path, NULL, NULL, &texts, err);
    if (code == ERR_OK) {
        line_whole(s, whole, &texts);
        buf_add(&s->line, texts.data ? texts.data : "", texts.len);
    }
    sheet_line(s, all);
    buf_free(&texts);
    return code;
}

/* ---- https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingPlanForGet.html ------ */

#define FROM_POINTS "RestoreTestingPlan.RecoveryPointSelection."

enum err_code restore_test_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = read_patterns(s, item, FROM_POINTS "IncludeVaults", ATTR_RESTORE_TEST_INCLUDES,
                                       ATTR_RESTORE_TEST_VAULTS, err);
    if (code == ERR_OK)
        code = add_texts(item, FROM_POINTS "ExcludeVaults", NULL, NULL, &s->line, err);
    sheet_line(s, ATTR_RESTORE_TEST_EXCLUDES);
    return code;
}

enum err_code restore_selection_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL;
    enum err_code code = need_text(item, "RestoreTestingSelectionName", &name, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:restore-testing-selection/%s/%s", parent_arn(s), name);
    return code;
}

enum err_code restore_selection_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    (void)item;
    (void)err;
    sheet_node(s, ATTR_RESTORE_SELECTION_PLAN, s->parent);
    return ERR_OK;
}

enum err_code restore_selection_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    static const char path[] = "RestoreTestingSelection.ProtectedResourceConditions";
    const cJSON *conditions = tree_at(item, path);
    if (conditions && !cJSON_IsNull(conditions) && !cJSON_IsObject(conditions))
        return err_set(err, ERR_PARSE, "the answer's %s is of the wrong type", path);
    if (conditions && conditions->child) {
        char *text = cJSON_PrintUnformatted(conditions);
        buf_adds(&s->line, text ? text : "null");
        cJSON_free(text);
    }
    sheet_line(s, ATTR_RESTORE_SELECTION_CONDITIONS);
    return read_patterns(s, item, "RestoreTestingSelection.ProtectedResourceArns",
                         ATTR_RESTORE_SELECTION_INCLUDES, ATTR_RESTORE_SELECTION_RESOURCES, err);
}

/* ---- https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointSelection.html -------- */

enum err_code legal_hold_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct buf names = {0};
    enum err_code code = add_texts(item, "RecoveryPointSelection.VaultNames", NULL, NULL, &names, err);
    for (size_t at = 0; code == ERR_OK && at < names.len; at += strlen(names.data + at) + 1) {
        const char *arn = place_arn(s, "backup", "backup-vault:%s", names.data + at);
        buf_add(&s->line, arn, strlen(arn) + 1);
    }
    sheet_line(s, ATTR_LEGAL_HOLD_VAULTS);
    if (code == ERR_OK)
        code = add_texts(item, "RecoveryPointSelection.ResourceIdentifiers", NULL, NULL, &s->line, err);
    sheet_line(s, ATTR_LEGAL_HOLD_RESOURCES);
    buf_free(&names);
    return code;
}

/* ---- jobs: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupJob.html --------------- */

/* AWS has no code for it: its messages, and those of the services that it hands on, name KMS or encryption. */
static bool is_about_a_key(const char *message)
{
    static const char *const words[] = {"kms", "encrypt", "key id", "cmk"};
    for (size_t i = 0; message && i < sizeof words / sizeof *words; i++)
        if (strcasestr(message, words[i]))
            return true;
    return false;
}

static enum err_code identify_failed(struct sheet *s, const cJSON *item, const char *member, const char **arn,
                                     struct err *err)
{
    const char *message = NULL, *id = NULL;
    enum err_code code = maybe_text(item, "StatusMessage", &message, err);
    if (code != ERR_OK || !is_about_a_key(message))
        return code;
    code = need_text(item, member, &id, err);
    if (code == ERR_OK) {
        sheet_text(s, ATTR_FAILED_JOB_ID, id);
        *arn = place_id(s, "failed-job", id);
    }
    return code;
}

/* "KMS key arn:aws:kms:...:key/... is pending deletion.": the key that it failed for, whichever the vault's is. */
static const char *key_in(const struct sheet *s, const char *message)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/_-";
    for (const char *at = message; at && (at = strstr(at, "arn:")); at++) {
        const char *arn = arena_strndup(s->scratch, at, strspn(at, chars));
        if (strstr(arn, ":kms:") && strstr(arn, ":key/"))
            return arn;
    }
    return NULL;
}

static enum err_code finish_failed(struct sheet *s, const cJSON *item, const char *what, const char *member,
                                   struct err *err)
{
    const char *resource = NULL, *message = NULL;
    enum err_code code = maybe_text(item, member, &resource, err);
    sheet_text(s, ATTR_FAILED_JOB_WHAT, what);
    if (code == ERR_OK && resource)
        sheet_text(s, ATTR_FAILED_JOB_RESOURCE, resource);
    if (code == ERR_OK)
        code = maybe_text(item, "StatusMessage", &message, err);
    const char *key = code == ERR_OK ? key_in(s, message) : NULL;
    if (key)
        sheet_text(s, ATTR_FAILED_JOB_KEY, key);
    else if (code == ERR_OK)
        code = sheet_key(s, ATTR_FAILED_JOB_KEY, item, "EncryptionKeyArn", err);
    return code;
}

enum err_code failed_backup_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_failed(s, item, "BackupJobId", arn, err);
}

enum err_code failed_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return finish_failed(s, item, "backup", "ResourceArn", err);
}

enum err_code failed_restore_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_failed(s, item, "RestoreJobId", arn, err);
}

enum err_code failed_restore_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return finish_failed(s, item, "restore", "SourceResourceArn", err);
}
