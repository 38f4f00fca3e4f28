#include "backend/collect/feed.h"

#include "backend/base/json.h"

#include <stdlib.h>
#include <string.h>

/* Who a policy names, as far as the list of keys tells it: the accounts behind Principal.AWS of Allow
 * statements. Whether anything is really allowed is for the policy evaluator.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */

#define ID_DIGITS 12

struct found {
    VEC(const char *) ids; /* 12 digits and whatever follows, or "*" */
};

static bool begins_with_id(const char *s)
{
    return strspn(s, "0123456789") == ID_DIGITS;
}

/* The account field of an ARN; NULL if it has none. */
static const char *account_field(const char *arn)
{
    for (int colons = 0; colons < 4; colons++) {
        arn = strchr(arn, ':');
        if (!arn)
            return NULL;
        arn++;
    }
    return arn;
}

static void add_principal(struct found *found, const char *principal)
{
    const char *id = strncmp(principal, "arn:", 4) == 0 ? account_field(principal) : principal;
    if (!id)
        return;
    if (id[0] == '*')
        VEC_PUSH(found->ids, "*");
    else if (begins_with_id(id) && (id[ID_DIGITS] == '\0' || id[ID_DIGITS] == ':'))
        VEC_PUSH(found->ids, id);
}

static enum err_code add_aws(struct found *found, const cJSON *aws, struct err *err)
{
    if (cJSON_IsString(aws)) {
        add_principal(found, aws->valuestring);
        return ERR_OK;
    }
    if (!cJSON_IsArray(aws))
        return err_set(err, ERR_PARSE, "the policy has a principal that is neither text nor a list");
    for (const cJSON *at = aws->child; at; at = at->next) {
        if (!cJSON_IsString(at))
            return err_set(err, ERR_PARSE, "the policy has a principal that is not text");
        add_principal(found, at->valuestring);
    }
    return ERR_OK;
}

/* "Everybody" with a condition on the caller's account is those accounts:
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account */
static const cJSON *callers_of(const cJSON *statement)
{
    static const char *const operators[] = {"StringEquals", "StringEqualsIgnoreCase"};
    static const char *const keys[] = {"kms:CallerAccount", "aws:PrincipalAccount"};
    const cJSON *condition = cJSON_GetObjectItemCaseSensitive(statement, "Condition");
    for (size_t o = 0; o < 2; o++)
        for (size_t k = 0; k < 2; k++) {
            const cJSON *operands = cJSON_GetObjectItemCaseSensitive(condition, operators[o]);
            const cJSON *callers = cJSON_GetObjectItem(operands, keys[k]); /* in any case */
            if (callers)
                return callers;
        }
    return NULL;
}

static enum err_code add_statement(struct found *found, const cJSON *statement, struct err *err)
{
    const cJSON *effect = cJSON_GetObjectItemCaseSensitive(statement, "Effect");
    if (!cJSON_IsObject(statement) || !cJSON_IsString(effect))
        return err_set(err, ERR_PARSE, "the policy has a statement without an effect");
    if (strcmp(effect->valuestring, "Allow") != 0)
        return ERR_OK;
    if (cJSON_GetObjectItemCaseSensitive(statement, "NotPrincipal"))
        VEC_PUSH(found->ids, "*"); /* everybody but those named */
    const cJSON *principal = cJSON_GetObjectItemCaseSensitive(statement, "Principal");
    if (!principal)
        return ERR_OK;
    if (cJSON_IsString(principal)) {
        add_principal(found, principal->valuestring);
        return ERR_OK;
    }
    if (!cJSON_IsObject(principal))
        return err_set(err, ERR_PARSE, "the policy has a principal that is neither text nor a map");
    const cJSON *aws = cJSON_GetObjectItemCaseSensitive(principal, "AWS");
    return aws ? add_aws(found, aws, err) : ERR_OK;
}

static bool names_everybody(const struct found *found, size_t from)
{
    for (size_t i = from; i < found->ids.n; i++)
        if (found->ids.items[i][0] == '*')
            return true;
    return false;
}

static enum err_code add_narrowed(struct found *found, const cJSON *statement, struct err *err)
{
    size_t before = found->ids.n;
    enum err_code code = add_statement(found, statement, err);
    const cJSON *callers = code == ERR_OK && names_everybody(found, before) ? callers_of(statement) : NULL;
    if (!callers)
        return code;
    found->ids.n = before;
    return add_aws(found, callers, err);
}

static enum err_code add_document(struct found *found, const cJSON *document, struct err *err)
{
    const cJSON *statements = cJSON_GetObjectItemCaseSensitive(document, "Statement");
    if (cJSON_IsObject(statements))
        return add_narrowed(found, statements, err);
    if (!cJSON_IsObject(document) || !cJSON_IsArray(statements))
        return err_set(err, ERR_PARSE, "the policy has no statements");
    enum err_code code = ERR_OK;
    for (const cJSON *at = statements->child; at && code == ERR_OK; at = at->next)
        code = add_narrowed(found, at, err);
    return code;
}

static int by_id(const void *a, const void *b)
{
    return strncmp(*(const char *const *)a, *(const char *const *)b, ID_DIGITS);
}

static void write_ids(struct found *found, const char *owner, struct buf *out)
{
    if (found->ids.n > 1)
        qsort(found->ids.items, found->ids.n, sizeof *found->ids.items, by_id);
    const char *last = owner;
    for (size_t i = 0; i < found->ids.n; i++) {
        const char *id = found->ids.items[i];
        if (strncmp(id, owner, ID_DIGITS) == 0 || strncmp(id, last, ID_DIGITS) == 0)
            continue;
        buf_add(out, id, strnlen(id, ID_DIGITS));
        buf_add(out, "", 1);
        last = id;
    }
}

enum err_code policy_accounts(const char *policy, const char *owner, struct buf *out, struct err *err)
{
    cJSON *document = NULL;
    struct found found = {{0}};
    enum err_code code = json_parse(policy, strlen(policy), &document, err);
    if (code != ERR_OK) {
        err_prefix(err, "the policy");
        return code;
    }
    code = add_document(&found, document, err);
    if (code == ERR_OK)
        write_ids(&found, owner, out);
    VEC_FREE(found.ids);
    cJSON_Delete(document);
    return code;
}
