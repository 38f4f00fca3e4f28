/* Users, groups, roles and their policies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
#include "backend/demo/answers.h"

#include "backend/aws/sign.h"
#include "backend/demo/entries.h"

#include <string.h>

static enum err_code short_of_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "memory ran out");
}

/* A document as IAM sends it: JSON with its special characters encoded. */
static enum err_code add_document(const struct scope *s, cJSON *to, const char *member, const cJSON *words,
                                  struct err *err)
{
    struct buf text = {0}, encoded = {0};
    enum err_code code = expand_document(s, words, &text, err);
    if (code == ERR_OK)
        sign_encode(&encoded, text.data, text.len, false);
    if (code == ERR_OK && !cJSON_AddStringToObject(to, member, encoded.data))
        code = short_of_memory(err);
    buf_free(&text);
    buf_free(&encoded);
    return code;
}

/* A list of XML; an empty one is empty text. */
static cJSON *add_list(cJSON *to, const char *name, bool is_empty)
{
    return is_empty ? cJSON_AddStringToObject(to, name, "") : cJSON_AddObjectToObject(to, name);
}

/* "inline": name to statements. */
static enum err_code add_inline(const struct scope *s, cJSON *to, const char *member, struct err *err)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(s->entry, "inline");
    cJSON *list = add_list(to, member, !policies);
    enum err_code code = list ? ERR_OK : short_of_memory(err);
    const cJSON *policy;
    cJSON_ArrayForEach(policy, policies)
    {
        cJSON *item = code == ERR_OK ? cJSON_AddObjectToObject(list, "member") : NULL;
        if (code == ERR_OK && (!item || !cJSON_AddStringToObject(item, "PolicyName", policy->string)))
            code = short_of_memory(err);
        if (code == ERR_OK)
            code = add_document(s, item, "PolicyDocument", policy, err);
    }
    return code;
}

static const cJSON *aws_policy(const struct call *c, const char *name)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(c->book->people, "Aws"))
    {
        if (strcmp(book_text(row, "name", ""), name) == 0)
            return row;
    }
    return NULL;
}

static enum err_code add_attached_one(const struct call *c, cJSON *list, const char *name, bool is_aws,
                                      struct err *err)
{
    struct buf arn = {0};
    buf_printf(&arn, "arn:aws:iam::%s:policy%s%s", is_aws ? "aws" : c->place.account_id,
               is_aws ? book_text(aws_policy(c, name), "path", "/") : "/", name);
    cJSON *item = cJSON_AddObjectToObject(list, "member");
    bool is_added = item && cJSON_AddStringToObject(item, "PolicyName", name) &&
                    cJSON_AddStringToObject(item, "PolicyArn", arn.data);
    buf_free(&arn);
    return is_added ? ERR_OK : short_of_memory(err);
}

/* "attached" and "aws": names. */
static enum err_code add_attached(const struct call *c, const struct scope *s, cJSON *to, struct err *err)
{
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(s->entry, "attached");
    const cJSON *awss = cJSON_GetObjectItemCaseSensitive(s->entry, "aws");
    cJSON *list = add_list(to, "AttachedManagedPolicies", !own && !awss);
    enum err_code code = list ? ERR_OK : short_of_memory(err);
    const cJSON *name;
    cJSON_ArrayForEach(name, own)
    {
        if (code == ERR_OK)
            code = add_attached_one(c, list, name->valuestring, false, err);
    }
    cJSON_ArrayForEach(name, awss)
    {
        if (code == ERR_OK)
            code = add_attached_one(c, list, name->valuestring, true, err);
    }
    return code;
}

static enum err_code add_boundary(const struct scope *s, cJSON *to, struct err *err)
{
    if (!book_text(s->entry, "boundary", NULL))
        return ERR_OK;
    struct buf arn = {0};
    enum err_code code = expand_text(s, "arn:aws:iam::${account}:policy/${boundary}", &arn, err);
    cJSON *boundary = cJSON_AddObjectToObject(to, "PermissionsBoundary");
    if (code == ERR_OK &&
        (!boundary || !cJSON_AddStringToObject(boundary, "PermissionsBoundaryType", "Policy") ||
         !cJSON_AddStringToObject(boundary, "PermissionsBoundaryArn", arn.data)))
        code = short_of_memory(err);
    buf_free(&arn);
    return code;
}

static enum err_code add_groups(const struct scope *s, cJSON *to, struct err *err)
{
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(s->entry, "groups"), *group;
    cJSON *list = add_list(to, "GroupList", !groups);
    cJSON_ArrayForEach(group, groups)
    {
        if (list && !cJSON_AddStringToObject(list, "member", group->valuestring))
            list = NULL;
    }
    return list ? ERR_OK : short_of_memory(err);
}

/* ---- who there is --------------------------------------------------------------------------- */

struct people {
    const struct call *call;
    const char *shape, *inlined;
    cJSON *out;
};

static enum err_code add_person(void *ctx, const struct scope *s, struct err *err)
{
    const struct people *p = ctx;
    bool is_user = strcmp(p->shape, "User") == 0, is_role = strcmp(p->shape, "Role") == 0;
    struct scope there = *s;
    there.is_xml = true;
    enum err_code code = expand_into(&there, p->out, "member", book_shape(p->call->book, p->shape),
                                     cJSON_GetObjectItemCaseSensitive(s->entry, p->shape), err);
    cJSON *item = code == ERR_OK ? p->out->child->prev : NULL; /* the last */
    if (code == ERR_OK && is_role)
        code = add_document(s, item, "AssumeRolePolicyDocument",
                            cJSON_GetObjectItemCaseSensitive(s->entry, "trust"), err);
    if (code == ERR_OK)
        code = add_inline(s, item, p->inlined, err);
    if (code == ERR_OK)
        code = add_attached(p->call, s, item, err);
    if (code == ERR_OK)
        code = add_boundary(s, item, err);
    return code == ERR_OK && is_user ? add_groups(s, item, err) : code;
}

static enum err_code add_policy(void *ctx, const struct scope *s, struct err *err)
{
    const struct people *p = ctx;
    bool is_aws = aws_policy(p->call, s->name) != NULL;
    const struct var vars[] = {{"owner", is_aws ? "aws" : p->call->place.account_id}};
    struct scope there = *s;
    there.is_xml = true;
    there.vars = vars;
    there.n_vars = 1;
    enum err_code code = expand_into(&there, p->out, "member", book_shape(p->call->book, p->shape), NULL, err);
    cJSON *versions = code == ERR_OK ? cJSON_AddObjectToObject(p->out->child->prev, "PolicyVersionList") : NULL;
    cJSON *version = versions ? cJSON_AddObjectToObject(versions, "member") : NULL;
    if (code == ERR_OK && (!version || !cJSON_AddStringToObject(version, "IsDefaultVersion", "true")))
        code = short_of_memory(err);
    return code == ERR_OK ? add_document(s, version, "Document",
                                         cJSON_GetObjectItemCaseSensitive(s->entry, "statements"), err)
                          : code;
}

static enum err_code add_all(const struct call *c, cJSON *out, const char *name, const char *list,
                             const struct people *with, entry_fn fn, struct err *err)
{
    const cJSON *people = c->book->people;
    const cJSON *lists[] = {
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(people, "everywhere"), list),
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(people, c->place.account_name), list),
        strcmp(list, "Policies") == 0 ? cJSON_GetObjectItemCaseSensitive(people, "Aws") : NULL,
    };
    bool is_empty = true;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        is_empty &= cJSON_GetArraySize(lists[i]) == 0;
    struct people p = *with;
    p.call = c;
    p.out = add_list(out, name, is_empty);
    enum err_code code = p.out ? ERR_OK : short_of_memory(err);
    for (size_t i = 0; code == ERR_OK && i < sizeof lists / sizeof *lists; i++)
        code = entries_each(&c->place, lists[i], with->shape, fn, &p, err);
    return code;
}

enum err_code answer_authorization(const struct call *c, cJSON *out, struct err *err)
{
    static const struct {
        const char *name, *list;
        struct people with;
        entry_fn fn;
    } lists[] = {
        {"UserDetailList", "Users", {.shape = "User", .inlined = "UserPolicyList"}, add_person},
        {"GroupDetailList", "Groups", {.shape = "Group", .inlined = "GroupPolicyList"}, add_person},
        {"RoleDetailList", "Roles", {.shape = "Role", .inlined = "RolePolicyList"}, add_person},
        {"Policies", "Policies", {.shape = "ManagedPolicy"}, add_policy},
    };
    enum err_code code = ERR_OK;
    for (size_t i = 0; code == ERR_OK && i < sizeof lists / sizeof *lists; i++)
        code = add_all(c, out, lists[i].name, lists[i].list, &lists[i].with, lists[i].fn, err);
    if (code == ERR_OK && !cJSON_AddStringToObject(out, "IsTruncated", "false"))
        code = short_of_memory(err);
    return code;
}

/* ---- one of them ------------------------------------------------------------------------------ */

struct search {
    struct people people;
    const char *wanted;
    bool is_found;
};

static enum err_code add_if_wanted(void *ctx, const struct scope *s, struct err *err)
{
    struct search *search = ctx;
    if (search->is_found || strcmp(s->name, search->wanted) != 0)
        return ERR_OK;
    search->is_found = true;
    return add_person(&search->people, s, err);
}

static enum err_code answer_person(const struct call *c, const char *list, const struct people *with, const char *wanted,
                                   cJSON *out, struct err *err)
{
    const char *places[] = {"everywhere", c->place.account_name};
    cJSON *found = cJSON_CreateObject();
    struct search search = {.people = *with, .wanted = wanted};
    search.people.call = c;
    search.people.out = found;
    enum err_code code = found ? ERR_OK : short_of_memory(err);
    for (size_t i = 0; code == ERR_OK && i < sizeof places / sizeof *places; i++) {
        const cJSON *people = cJSON_GetObjectItemCaseSensitive(c->book->people, places[i]);
        code = entries_each(&c->place, cJSON_GetObjectItemCaseSensitive(people, list), with->shape, add_if_wanted,
                            &search, err);
    }
    cJSON *person = cJSON_DetachItemFromObjectCaseSensitive(found, "member");
    if (code == ERR_OK && !search.is_found)
        code = call_refuse(c, "NoSuchEntity", 404, err, "%s %s is not there", with->shape, wanted);
    else if (code == ERR_OK && !cJSON_AddItemToObject(out, with->shape, person))
        code = short_of_memory(err);
    if (code != ERR_OK)
        cJSON_Delete(person);
    cJSON_Delete(found);
    return code;
}

enum err_code answer_role(const struct call *c, cJSON *out, struct err *err)
{
    const struct people with = {.shape = "Role", .inlined = "RolePolicyList"};
    return answer_person(c, "Roles", &with, call_param(c, "RoleName", ""), out, err);
}

enum err_code answer_user(const struct call *c, cJSON *out, struct err *err)
{
    const struct people with = {.shape = "User", .inlined = "UserPolicyList"};
    return answer_person(c, "Users", &with, call_param(c, "UserName", ""), out, err);
}
