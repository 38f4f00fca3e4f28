#include "backend/collect/feed.h"

#include "backend/aws/tree.h"
#include "backend/policy/traits.h"

#include <string.h>

/* https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */

/* ---- documents ---------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A document is JSON with its special characters as %XX (RFC 3986); a brace that stands there as it is says
 * that nothing was encoded. What is no %XX is kept. */
static void sheet_document(struct sheet *s, enum attr attr, const char *text)
{
    size_t len = strlen(text), n = 0;
    bool is_plain = strchr(text, '{') != NULL;
    char *out = arena_strndup(s->scratch, text, len);
    for (size_t i = 0; i < len; i++) {
        int high = !is_plain && text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            out[n++] = text[i];
            continue;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    sheet_bytes(s, attr, out, n);
}

static enum err_code need_document(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                                   struct err *err)
{
    const char *text = NULL;
    enum err_code code = need_text(item, member, &text, err);
    if (code == ERR_OK)
        sheet_document(s, attr, text);
    return code;
}

/* A policy's own text, and what is remarkable about it. */
static enum err_code policy_document(struct sheet *s, const cJSON *item, const char *member, struct err *err)
{
    enum err_code code = need_document(s, ATTR_IAM_POLICY_DOCUMENT, item, member, err);
    if (code != ERR_OK)
        return code;
    const struct field *f = sheet_field(s, ATTR_IAM_POLICY_DOCUMENT);
    policy_traits_say(POLICY_OF_IDENTITY, f->text, f->len, s->place->account, "", &s->line);
    sheet_line(s, ATTR_IAM_POLICY_TRAITS);
    return ERR_OK;
}

/* ---- users, groups, roles ----------------------------------------------------------------------- */

struct form {
    const char *type, *name, *id;
    bool is_trusting; /* has a policy that says who may take it on */
};

static enum err_code tags_of(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list tags;
    enum err_code code = tree_list(item, "Tags", "member", &tags, err);
    for (const cJSON *tag; code == ERR_OK && (tag = tree_next(&tags));) {
        const char *key = NULL, *value = NULL;
        code = need_text(tag, "Key", &key, err);
        if (code == ERR_OK)
            code = maybe_text(tag, "Value", &value, err);
        if (code != ERR_OK)
            break;
        buf_add(&s->line, key, strlen(key) + 1);
        buf_add(&s->line, value ? value : "", value ? strlen(value) + 1 : 1);
    }
    sheet_line(s, ATTR_PRINCIPAL_TAGS);
    return code;
}

static enum err_code principal(struct sheet *s, const cJSON *item, const struct form *form, struct err *err)
{
    const char *name = NULL, *id = NULL;
    enum err_code code = need_text(item, form->name, &name, err);
    if (code == ERR_OK)
        code = maybe_text(item, form->id, &id, err);
    if (code == ERR_OK && form->is_trusting)
        code = need_document(s, ATTR_PRINCIPAL_TRUST, item, "AssumeRolePolicyDocument", err);
    if (code == ERR_OK)
        code = add_texts(item, "AttachedManagedPolicies", "member", "PolicyArn", &s->line, err);
    sheet_line(s, ATTR_PRINCIPAL_ATTACHED);
    if (code == ERR_OK)
        code = add_texts(item, "GroupList", "member", NULL, &s->line, err);
    sheet_line(s, ATTR_PRINCIPAL_GROUPS);
    if (code != ERR_OK)
        return code;
    sheet_text(s, ATTR_PRINCIPAL_TYPE, form->type);
    sheet_text(s, ATTR_PRINCIPAL_NAME, name);
    if (id)
        sheet_text(s, ATTR_PRINCIPAL_UNIQUE_ID, id);
    return tags_of(s, item, err);
}

static enum err_code user_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return principal(s, item, &(struct form){"user", "UserName", "UserId", false}, err);
}

static enum err_code group_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return principal(s, item, &(struct form){"group", "GroupName", "GroupId", false}, err);
}

static enum err_code role_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return principal(s, item, &(struct form){"role", "RoleName", "RoleId", true}, err);
}

/* ---- policies ----------------------------------------------------------------------------------- */

static bool is_awss_own(const char *arn)
{
    return strstr(arn, ":iam::aws:policy/") != NULL;
}

/* AWS offers a thousand policies to every account; those that nobody there uses say nothing about it. */
static enum err_code policy_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    (void)s;
    int64_t attached = 1, bounding = 0;
    bool has;
    enum err_code code = need_text(item, "Arn", arn, err);
    if (code == ERR_OK)
        code = tree_int(item, "AttachmentCount", &attached, &has, err);
    if (code == ERR_OK)
        code = tree_int(item, "PermissionsBoundaryUsageCount", &bounding, &has, err);
    if (code == ERR_OK && is_awss_own(*arn) && attached == 0 && bounding == 0)
        *arn = NULL;
    return code;
}

static enum err_code policy_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *arn = NULL;
    struct tree_list versions;
    enum err_code code = need_text(item, "Arn", &arn, err);
    if (code == ERR_OK)
        code = tree_list(item, "PolicyVersionList", "member", &versions, err);
    for (const cJSON *at; code == ERR_OK && (at = tree_next(&versions));) {
        bool is_default = false, has = false;
        code = tree_bool(at, "IsDefaultVersion", &is_default, &has, err);
        if (code == ERR_OK && is_default)
            code = policy_document(s, at, "Document", err);
    }
    if (code == ERR_OK && !sheet_has(s, ATTR_IAM_POLICY_DOCUMENT))
        return err_set(err, ERR_PARSE, "the answer has a policy without its default version");
    if (code == ERR_OK)
        sheet_text(s, ATTR_IAM_POLICY_TYPE, is_awss_own(arn) ? "aws-managed" : "managed");
    return code;
}

static enum err_code inline_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *name = NULL, *of = NULL;
    enum err_code code = need_text(item, "PolicyName", &name, err);
    if (code == ERR_OK)
        code = need_text(s->outer, "Arn", &of, err);
    if (code == ERR_OK)
        *arn = arena_printf(s->scratch, "keyfall:inline-policy/%s/%s", of, name);
    return code;
}

static enum err_code inline_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *of = NULL;
    enum err_code code = need_text(s->outer, "Arn", &of, err);
    if (code == ERR_OK)
        code = policy_document(s, item, "PolicyDocument", err);
    if (code != ERR_OK)
        return code;
    sheet_text(s, ATTR_IAM_POLICY_TYPE, "inline");
    sheet_text(s, ATTR_IAM_POLICY_PRINCIPAL, of);
    return ERR_OK;
}

#define PRINCIPALS(items_, finish_)                                                                \
    {.list = LIST_PRINCIPALS, .items = items_, .item = "member", .arn = "Arn", .finish = finish_}
#define INLINE(within_, items_)                                                                    \
    {.list = LIST_IAM_POLICIES, .within = within_, .items = items_, .item = "member",              \
     .identify = inline_identify, .finish = inline_finish}

const struct feed_part authorization_parts[] = {
    PRINCIPALS("UserDetailList", user_finish),
    PRINCIPALS("GroupDetailList", group_finish),
    PRINCIPALS("RoleDetailList", role_finish),
    {.list = LIST_IAM_POLICIES, .items = "Policies", .item = "member", .identify = policy_identify,
     .finish = policy_finish},
    INLINE("UserDetailList", "UserPolicyList"),
    INLINE("GroupDetailList", "GroupPolicyList"),
    INLINE("RoleDetailList", "RolePolicyList"),
    {.list = LIST_NONE},
};
