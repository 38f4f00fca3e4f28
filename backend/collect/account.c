#include "backend/collect/sheet.h"

#include "backend/aws/tree.h"

#include <stdio.h>
#include <string.h>

static bool is_account_id(const char *s)
{
    return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}

/* ---- https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html -------------- */

enum err_code collect_caller(const cJSON *tree, struct caller *out, struct err *err)
{
    const char *account = NULL, *arn = NULL;
    *out = (struct caller){0};
    enum err_code code = need_text(tree, "Account", &account, err);
    if (code == ERR_OK)
        code = need_text(tree, "Arn", &arn, err);
    if (code != ERR_OK)
        return code;
    size_t partition = strncmp(arn, "arn:", 4) == 0 ? strcspn(arn + 4, ":") : 0;
    if (!is_account_id(account) || partition == 0 || partition >= sizeof out->partition
        || strlen(arn) >= sizeof out->arn)
        return err_set(err, ERR_PARSE, "the answer names no account and ARN that can be");
    memcpy(out->account, account, sizeof out->account);
    memcpy(out->partition, arn + 4, partition);
    memcpy(out->arn, arn, strlen(arn) + 1);
    return ERR_OK;
}

/* ---- https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html --------- */

static char *owned(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

static enum err_code org_item(const cJSON *item, org_accounts *out, struct err *err)
{
    const char *id = NULL, *name = NULL, *arn = NULL, *state = NULL;
    enum err_code code = need_text(item, "Id", &id, err);
    if (code == ERR_OK)
        code = maybe_text(item, "Name", &name, err);
    if (code == ERR_OK)
        code = maybe_text(item, "Arn", &arn, err);
    if (code == ERR_OK)
        code = maybe_text(item, "State", &state, err);
    if (code == ERR_OK && !state) /* AWS retires Status; older endpoints know nothing else */
        code = maybe_text(item, "Status", &state, err);
    if (code != ERR_OK)
        return code;
    if (!is_account_id(id))
        return err_set(err, ERR_PARSE, "the answer has an account whose id is not 12 digits");
    struct org_account account = {.name = owned(name), .arn = owned(arn)};
    memcpy(account.id, id, sizeof account.id);
    (void)snprintf(account.state, sizeof account.state, "%s", state ? state : "");
    VEC_PUSH(*out, account);
    return ERR_OK;
}

enum err_code collect_org_page(const cJSON *tree, org_accounts *out, struct err *err)
{
    struct tree_list list;
    enum err_code code = tree_list(tree, "Accounts", NULL, &list, err);
    for (const cJSON *item; code == ERR_OK && (item = tree_next(&list));)
        code = cJSON_IsObject(item)
                   ? org_item(item, out, err)
                   : err_set(err, ERR_PARSE, "the answer's Accounts has an item that is no object");
    return code;
}

void org_accounts_clear(org_accounts *accounts)
{
    for (size_t i = 0; i < accounts->n; i++) {
        mem_free(accounts->items[i].name);
        mem_free(accounts->items[i].arn);
    }
    VEC_FREE(*accounts);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

uint32_t collect_account_node(struct estate *e, const char *partition, const char *id)
{
    char arn[80];
    int len = snprintf(arn, sizeof arn, "arn:%s:iam::%s:root", partition, id);
    return estate_node(e, KIND_ACCOUNT, arn, len < (int)sizeof arn ? (size_t)len : sizeof arn - 1);
}

uint32_t collect_target_node(struct estate *e, const char *profile, const char *role_arn)
{
    char *id = mem_printf("keyfall:target/%s%s%s", profile, role_arn ? "/" : "", role_arn ? role_arn : "");
    uint32_t node = estate_node(e, KIND_OTHER, id, strlen(id));
    mem_free(id);
    return node;
}

void collect_account_row(struct estate *e, struct draft *draft, const struct account_row *row)
{
    uint32_t *words = draft_row(draft, collect_account_node(e, row->partition, row->id));
    const struct {
        enum attr attr;
        const char *text;
    } texts[] = {
        {ATTR_ACCOUNT_ID, row->id},           {ATTR_ACCOUNT_NAME, row->name},
        {ATTR_ACCOUNT_STATE, row->state},     {ATTR_ACCOUNT_ORG_ARN, row->org_arn},
        {ATTR_ACCOUNT_VIA, row->via},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text && texts[i].text[0])
            row_text(e, words, texts[i].attr, texts[i].text, strlen(texts[i].text));
}
