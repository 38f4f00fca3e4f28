#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* Some partitions know no such policies:
 * https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html */
const struct special org_policy_specials[] = {
    {"UnsupportedAPIEndpointException", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

/* The types of policies that are in force: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Root.html */
enum err_code root_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list types;
    enum err_code code = tree_list(item, "PolicyTypes", NULL, &types, err);
    for (const cJSON *at; code == ERR_OK && (at = tree_next(&types));) {
        const char *type = NULL, *status = NULL;
        code = need_text(at, "Type", &type, err);
        if (code == ERR_OK)
            code = maybe_text(at, "Status", &status, err);
        if (code == ERR_OK && status && strcmp(status, "ENABLED") == 0)
            buf_add(&s->line, type, strlen(type) + 1);
    }
    sheet_line(s, ATTR_UNIT_POLICY_TYPES);
    return code;
}

enum err_code unit_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    (void)item;
    (void)err;
    sheet_node(s, ATTR_UNIT_PARENT, s->parent);
    return ERR_OK;
}

/* The account, under the name that it has everywhere else. */
static const char *account_arn(const struct sheet *s, const char *id)
{
    return arena_printf(s->scratch, "arn:%s:iam::%s:root", s->place->partition, id);
}

/* https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html */
enum err_code org_account_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "Id", &id, err);
    if (code == ERR_OK) /* AWS retires Status */
        code = sheet_first_text(s, ATTR_ORG_ACCOUNT_STATE, item, "State", "Status", err);
    if (code != ERR_OK)
        return code;
    sheet_text(s, ATTR_ORG_ACCOUNT_ACCOUNT, account_arn(s, id));
    sheet_node(s, ATTR_ORG_ACCOUNT_UNIT, s->parent);
    return ERR_OK;
}

/* AWS's own policies have one ARN in every organization, and other targets in each. */
enum err_code org_policy_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "Arn", arn, err);
    if (code != ERR_OK || !strstr(*arn, ":organizations::aws:"))
        return code;
    code = need_text(item, "Id", &id, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:organization-policy/%s/%s", s->place->account, id);
    return code;
}

/* https://docs.aws.amazon.com/organizations/latest/APIReference/API_PolicyTargetSummary.html */
enum err_code org_target_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL, *arn = NULL, *type = NULL;
    enum err_code code = need_text(item, "TargetId", &id, err);
    if (code == ERR_OK)
        code = need_text(item, "Arn", &arn, err);
    if (code == ERR_OK)
        code = maybe_text(item, "Type", &type, err);
    if (code != ERR_OK)
        return code;
    if (type && strcmp(type, "ACCOUNT") == 0)
        arn = account_arn(s, id);
    buf_add(s->gathered, arn, strlen(arn) + 1);
    return ERR_OK;
}
