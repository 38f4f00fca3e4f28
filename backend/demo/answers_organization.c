/* The tree of the organization and its policies. */
#include "backend/demo/answers.h"
#include "backend/demo/entries.h"

#include <string.h>

static const cJSON *rows_of(const struct call *c, const char *list)
{
    return cJSON_GetObjectItemCaseSensitive(c->book->organization, list);
}

struct rows {
    const struct call *call;
    const char *shape, *member, *value; /* only those whose member has the value */
    cJSON *out;
};

static enum err_code add_row(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    if (strcmp(book_text(s->entry, r->member, ""), r->value) != 0)
        return ERR_OK;
    return call_shape(r->call, s, r->shape, r->out, err);
}

/* The rows of a list whose member has a value, in a shape. */
static enum err_code add_rows(const struct call *c, const char *list, const char *shape, const char *member,
                              const char *value, cJSON *out, struct err *err)
{
    struct rows r = {c, shape, member, value, out};
    return entries_each(&c->place, rows_of(c, list), "organization", add_row, &r, err);
}

enum err_code answer_roots(const struct call *c, cJSON *out, struct err *err)
{
    return add_rows(c, "Units", "Root", "parent", "", out, err);
}

enum err_code answer_units(const struct call *c, cJSON *out, struct err *err)
{
    return add_rows(c, "Units", "Unit", "parent", call_param(c, "ParentId", "?"), out, err);
}

enum err_code answer_unit_accounts(const struct call *c, cJSON *out, struct err *err)
{
    return add_rows(c, "Accounts", "Account", "unit", call_param(c, "ParentId", "?"), out, err);
}

/* ---- policies ------------------------------------------------------------------------------- */

static enum err_code policy_arn(const struct scope *s, struct buf *out, struct err *err)
{
    bool is_scp = strcmp(book_text(s->entry, "type", ""), "SERVICE_CONTROL_POLICY") == 0;
    const char *type = is_scp ? "service_control_policy" : "resource_control_policy";
    buf_adds(out, "arn:aws:organizations::");
    enum err_code code = ERR_OK;
    if (book_text(s->entry, "aws", NULL))
        buf_printf(out, "aws:policy/%s", type);
    else
        code = expand_text(s, "${management}:policy/${organization}/", out, err);
    if (code == ERR_OK)
        buf_printf(out, "%s%s", book_text(s->entry, "aws", NULL) ? "" : type, "/");
    return code == ERR_OK ? expand_text(s, "${id}", out, err) : code;
}

static enum err_code add_summary(const struct call *c, const struct scope *s, cJSON *parent,
                                 const char *name, struct err *err)
{
    struct buf arn = {0};
    enum err_code code = policy_arn(s, &arn, err);
    const struct var vars[] = {{"arn", arn.data}};
    struct scope there = *s;
    there.vars = vars;
    there.n_vars = 1;
    if (code == ERR_OK)
        code = expand_into(&there, parent, name, book_shape(c->book, "OrganizationPolicy"), NULL, err);
    buf_free(&arn);
    return code;
}

static enum err_code list_policy(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    if (strcmp(book_text(s->entry, r->member, ""), r->value) != 0)
        return ERR_OK;
    return add_summary(r->call, s, r->out, NULL, err);
}

enum err_code answer_org_policies(const struct call *c, cJSON *out, struct err *err)
{
    struct rows r = {c, NULL, "type", call_param(c, "Filter", "?"), out};
    return entries_each(&c->place, rows_of(c, "Policies"), "policy", list_policy, &r, err);
}

static enum err_code describe_policy(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    struct buf text = {0};
    if (strcmp(book_text(s->entry, r->member, ""), r->value) != 0)
        return ERR_OK;
    cJSON *policy = cJSON_AddObjectToObject(r->out, "Policy");
    enum err_code code = policy ? add_summary(r->call, s, policy, "PolicySummary", err)
                                : err_set(err, ERR_LIMIT, "memory ran out");
    if (code == ERR_OK)
        code = expand_document(s, cJSON_GetObjectItemCaseSensitive(s->entry, "statements"), &text, err);
    if (code == ERR_OK && !cJSON_AddStringToObject(policy, "Content", text.data))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    buf_free(&text);
    return code;
}

enum err_code answer_org_policy(const struct call *c, cJSON *out, struct err *err)
{
    struct rows r = {c, NULL, "id", call_param(c, "PolicyId", "?"), out};
    enum err_code code =
        entries_each(&c->place, rows_of(c, "Policies"), "policy", describe_policy, &r, err);
    if (code == ERR_OK && !out->child)
        code = call_refuse(c, "PolicyNotFoundException", 400, err,
                           "We can't find a policy with the PolicyId that you specified.");
    return code;
}

/* ---- what a policy hangs on ----------------------------------------------------------------- */

struct targets {
    const struct call *call;
    const cJSON *wanted; /* ids; "*": all */
    const char *what, *type;
    cJSON *out;
};

static bool is_wanted(const struct targets *t, const char *id)
{
    const cJSON *at;
    cJSON_ArrayForEach(at, t->wanted)
    {
        if (strcmp(at->valuestring, "*") == 0 || strcmp(at->valuestring, id) == 0)
            return true;
    }
    return false;
}

static enum err_code add_target(void *ctx, const struct scope *s, struct err *err)
{
    const struct targets *t = ctx;
    bool is_root = t->what[0] == 'o' && !book_text(s->entry, "parent", NULL);
    const struct var vars[] = {{"what", is_root ? "root" : t->what}, {"type", is_root ? "ROOT" : t->type}};
    struct scope there = *s;
    there.vars = vars;
    there.n_vars = sizeof vars / sizeof *vars;
    if (!is_wanted(t, book_text(s->entry, "id", "")))
        return ERR_OK;
    return call_shape(t->call, &there, "PolicyTarget", t->out, err);
}

static enum err_code targets_of(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    if (strcmp(book_text(s->entry, r->member, ""), r->value) != 0)
        return ERR_OK;
    struct targets t = {r->call, cJSON_GetObjectItemCaseSensitive(s->entry, "targets"), "ou",
                        "ORGANIZATIONAL_UNIT", r->out};
    enum err_code code = entries_each(s->place, rows_of(r->call, "Units"), "organization", add_target, &t, err);
    t.what = "account";
    t.type = "ACCOUNT";
    if (code == ERR_OK)
        code = entries_each(s->place, rows_of(r->call, "Accounts"), "organization", add_target, &t, err);
    return code;
}

enum err_code answer_org_targets(const struct call *c, cJSON *out, struct err *err)
{
    struct rows r = {c, NULL, "id", call_param(c, "PolicyId", "?"), out};
    return entries_each(&c->place, rows_of(c, "Policies"), "policy", targets_of, &r, err);
}
