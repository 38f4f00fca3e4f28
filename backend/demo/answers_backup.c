#include "backend/demo/answers.h"

#include "backend/demo/entries.h"
#include "backend/demo/points.h"

#include <stdio.h>
#include <string.h>

#define JOBS_KEPT_S (30 * 86400) /* AWS forgets older jobs */

/* ---- vaults --------------------------------------------------------------------------------- */

static enum err_code no_vault(const struct call *c, const char *name, struct err *err)
{
    return call_refuse(c, "ResourceNotFoundException", 400, err, "Backup vault %s doesn't exist",
                       name);
}

static const cJSON *find_vault(const struct call *c)
{
    const char *name = call_param(c, "backupVaultName", "");
    const cJSON *vault;
    cJSON_ArrayForEach(vault, book_list(&c->place, "Vaults"))
    {
        if (strcmp(book_text(vault, "name", ""), name) == 0)
            return vault;
    }
    return NULL;
}

static struct scope vault_scope(const struct call *c, const cJSON *vault, const char *salt)
{
    return (struct scope){.place = &c->place,
                          .entry = vault,
                          .name = book_text(vault, "name", ""),
                          .salt = salt,
                          .at_utc = c->book->now_utc};
}

static enum err_code add_vault(const struct call *c, const cJSON *vault, cJSON *out,
                               struct err *err)
{
    struct buf key = {0}, salt = {0};
    char points[24];
    long n = 0;
    buf_printf(&salt, "vault/%s", book_text(vault, "name", ""));
    struct scope s = vault_scope(c, vault, salt.data);
    enum err_code code = call_key(&s, &key, err);
    if (code == ERR_OK)
        code = points_count(&c->place, vault, &n, err);
    (void)snprintf(points, sizeof points, "%ld", n);
    const struct var vars[] = {
        {"key_arn", key.data}, {"points", points}, {"key_type", points_key_type(vault)}};
    s.vars = vars;
    s.n_vars = sizeof vars / sizeof *vars;
    if (code == ERR_OK)
        code = call_shape(c, &s, "BackupVault", out, err);
    buf_free(&salt);
    buf_free(&key);
    return code;
}

enum err_code answer_vaults(const struct call *c, cJSON *out, struct err *err)
{
    enum err_code code = ERR_OK;
    const cJSON *vault;
    cJSON_ArrayForEach(vault, book_list(&c->place, "Vaults"))
    {
        if (code == ERR_OK)
            code = add_vault(c, vault, out, err);
    }
    return code;
}

enum err_code answer_vault(const struct call *c, cJSON *out, struct err *err)
{
    const cJSON *vault = find_vault(c);
    cJSON *one = cJSON_CreateArray();
    enum err_code code = vault ? add_vault(c, vault, one, err)
                               : no_vault(c, call_param(c, "backupVaultName", ""), err);
    for (cJSON *at; code == ERR_OK && one->child && (at = one->child->child);)
        (void)cJSON_AddItemToObject(out, at->string, cJSON_DetachItemViaPointer(one->child, at));
    cJSON_Delete(one);
    return code;
}

enum err_code answer_vault_policy(const struct call *c, cJSON *out, struct err *err)
{
    const cJSON *vault = find_vault(c);
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(vault, "Policy");
    if (!vault)
        return no_vault(c, call_param(c, "backupVaultName", ""), err);
    if (!words)
        return call_refuse(c, "ResourceNotFoundException", 400, err,
                           "Backup vault %s has no access policy", book_text(vault, "name", ""));
    struct scope s = vault_scope(c, vault, "policy");
    struct buf text = {0}, arn = {0};
    enum err_code code = expand_policy(&s, words, &text, err);
    if (code == ERR_OK)
        code = expand_vault_arn(&c->place, s.name, &arn, err);
    if (code == ERR_OK && (!cJSON_AddStringToObject(out, "BackupVaultName", s.name) ||
                           !cJSON_AddStringToObject(out, "BackupVaultArn", arn.data) ||
                           !cJSON_AddStringToObject(out, "Policy", text.data)))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    buf_free(&arn);
    buf_free(&text);
    return code;
}

/* ---- points --------------------------------------------------------------------------------- */

struct pointing {
    const struct call *call;
    const char *shape;
    cJSON *out;
    const struct book_place *source; /* copy jobs: only those from here */
};

/* "Plan": "nightly/daily" of the account and Region where the first of a chain of copies was made;
 * null: no plan. Without a word a copy has the plan of what it was copied from. */
static enum err_code add_creator(const struct point *p, cJSON *item, struct err *err)
{
    const struct point *first = p, *told = p;
    while (told->source && !cJSON_GetObjectItemCaseSensitive(told->series, "Plan"))
        told = told->source;
    while (first->source)
        first = first->source;
    const char *text = book_text(told->series, "Plan", NULL);
    const char *slash = text ? strrchr(text, '/') : NULL;
    if (!slash)
        return ERR_OK;
    char *name = mem_strndup(text, (size_t)(slash - text));
    char *salt = mem_printf("plan/%s", name);
    const struct var vars[] = {{"rule", slash + 1}};
    struct scope s = {.place = first->place, .name = name, .salt = salt, .vars = vars, .n_vars = 1};
    enum err_code code =
        expand_into(&s, item, "CreatedBy", book_shape(p->place->book, "CreatedBy"), NULL, err);
    mem_free(salt);
    mem_free(name);
    return code;
}

static cJSON *last_of(cJSON *list)
{
    return list->child ? list->child->prev : NULL; /* cJSON keeps the tail there */
}

static enum err_code add_point(void *ctx, const struct point *p, struct err *err)
{
    const struct pointing *l = ctx;
    struct point_vars vars;
    struct scope s = points_scope(p, &vars);
    enum err_code code = call_shape(l->call, &s, l->shape, l->out, err);
    return code == ERR_OK ? add_creator(p, last_of(l->out), err) : code;
}

enum err_code answer_points(const struct call *c, cJSON *out, struct err *err)
{
    const cJSON *vault = find_vault(c);
    struct pointing l = {.call = c, .shape = "RecoveryPoint", .out = out};
    if (!vault)
        return no_vault(c, call_param(c, "backupVaultName", ""), err);
    return points_each(&c->place, vault, NULL, add_point, &l, err);
}

/* ---- protected resources: the newest point of each, copies apart ---------------------------- */

static bool is_older(const cJSON *item, const struct point *p)
{
    return book_number(item, "LastBackupTime", 0) < p->at_utc;
}

static enum err_code add_protected(void *ctx, const struct point *p, struct err *err)
{
    const struct pointing *l = ctx;
    if (p->source || !p->is_newest)
        return ERR_OK;
    cJSON *item;
    cJSON_ArrayForEach(item, l->out)
    {
        if (strcmp(book_text(item, "ResourceArn", ""), p->resource_arn) != 0)
            continue;
        if (!is_older(item, p))
            return ERR_OK;
        cJSON_Delete(cJSON_DetachItemViaPointer(l->out, item));
        break;
    }
    struct point_vars vars;
    struct scope s = points_scope(p, &vars);
    return call_shape(l->call, &s, l->shape, l->out, err);
}

enum err_code answer_protected(const struct call *c, cJSON *out, struct err *err)
{
    struct pointing l = {.call = c, .shape = "ProtectedResource", .out = out};
    enum err_code code = ERR_OK;
    const cJSON *vault;
    cJSON_ArrayForEach(vault, book_list(&c->place, "Vaults"))
    {
        if (code == ERR_OK)
            code = points_each(&c->place, vault, NULL, add_protected, &l, err);
    }
    return code;
}

/* ---- copy jobs: one for each copy of the last month, listed where it was copied from -------- */

static enum err_code add_job(void *ctx, const struct point *p, struct err *err)
{
    const struct pointing *l = ctx;
    if (!p->source || p->at_utc < l->call->book->now_utc - JOBS_KEPT_S)
        return ERR_OK;
    struct point_vars vars;
    struct scope s = points_scope(p, &vars);
    struct scope there = s; /* the job runs in the source's account */
    there.place = l->source;
    enum err_code code = call_shape(l->call, &there, l->shape, l->out, err);
    return code == ERR_OK ? add_creator(p, last_of(l->out), err) : code;
}

static enum err_code jobs_into(struct pointing *l, const struct book_place *place,
                               const cJSON *vault, struct err *err)
{
    enum err_code code = ERR_OK;
    const cJSON *series;
    cJSON_ArrayForEach(series, cJSON_GetObjectItemCaseSensitive(vault, "Points"))
    {
        if (code == ERR_OK && points_are_copies_from(place, series, l->source))
            code = points_of_series(place, vault, series, NULL, add_job, l, err);
    }
    return code;
}

static enum err_code jobs_into_account(struct pointing *l, const cJSON *account, struct err *err)
{
    enum err_code code = ERR_OK;
    const cJSON *region, *vault;
    cJSON_ArrayForEach(region, cJSON_GetObjectItemCaseSensitive(account, "Regions"))
    {
        struct book_place place;
        if (!book_find(l->call->book, book_text(account, "Name", ""), region->string, &place))
            continue;
        cJSON_ArrayForEach(vault, book_list(&place, "Vaults"))
        {
            if (code == ERR_OK)
                code = jobs_into(l, &place, vault, err);
        }
    }
    return code;
}

enum err_code answer_copy_jobs(const struct call *c, cJSON *out, struct err *err)
{
    struct pointing l = {.call = c, .shape = "CopyJob", .out = out, .source = &c->place};
    enum err_code code = call_list(c, "FailedCopyJobs", "copy-job", "FailedCopyJob", out, err);
    for (size_t i = 0; code == ERR_OK && i < c->book->n_accounts; i++)
        code = jobs_into_account(&l, c->book->accounts[i], err);
    return code;
}

/* Only plans that run ask for a job by its id, and none runs in the demo. */
enum err_code answer_copy_job(const struct call *c, cJSON *out, struct err *err)
{
    (void)out;
    return call_refuse(c, "ResourceNotFoundException", 400, err, "Copy job %s doesn't exist",
                       call_param(c, "copyJobId", ""));
}

/* ---- plans ---------------------------------------------------------------------------------- */

typedef enum err_code (*plan_fn)(const struct call *c, const struct scope *s, cJSON *out,
                                 struct err *err);

struct plan_search {
    const struct call *call;
    plan_fn found;
    cJSON *out;
    bool is_found;
};

static enum err_code look(void *ctx, const struct scope *s, struct err *err)
{
    struct plan_search *search = ctx;
    struct buf id = {0};
    enum err_code code = expand_text(s, "${uuid}", &id, err);
    if (code == ERR_OK && strcmp(id.data, call_param(search->call, "backupPlanId", "")) == 0) {
        search->is_found = true;
        code = search->found(search->call, s, search->out, err);
    }
    buf_free(&id);
    return code;
}

static enum err_code with_plan(const struct call *c, plan_fn found, cJSON *out, struct err *err)
{
    struct plan_search search = {.call = c, .found = found, .out = out};
    enum err_code code =
        entries_each(&c->place, book_list(&c->place, "Plans"), "plan", look, &search, err);
    if (code == ERR_OK && !search.is_found)
        code = call_refuse(c, "ResourceNotFoundException", 400, err, "Backup plan %s doesn't exist",
                           call_param(c, "backupPlanId", ""));
    return code;
}

static enum err_code plan(const struct call *c, const struct scope *s, cJSON *out, struct err *err)
{
    enum err_code code = expand_members(s, out, book_shape(c->book, "BackupPlan"), err);
    cJSON *body = cJSON_AddObjectToObject(out, "BackupPlan");
    cJSON *rules = NULL;
    if (body && cJSON_AddStringToObject(body, "BackupPlanName", s->name))
        rules = cJSON_AddArrayToObject(body, "Rules");
    if (code == ERR_OK && !rules)
        code = err_set(err, ERR_LIMIT, "memory ran out");
    const cJSON *rule;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(s->entry, "Rules"))
    {
        const struct var vars[] = {{"rule", book_text(rule, "name", "")}};
        struct scope there = *s;
        there.entry = rule;
        there.vars = vars;
        there.n_vars = 1;
        if (code == ERR_OK)
            code = call_shape(c, &there, "BackupRule", rules, err);
    }
    return code;
}

enum err_code answer_plan(const struct call *c, cJSON *out, struct err *err)
{
    return with_plan(c, plan, out, err);
}

static struct scope selection_scope(const struct scope *s, const cJSON *selection, struct var *var)
{
    struct scope there = *s;
    *var = (struct var){"selection", book_text(selection, "name", "")};
    there.entry = selection;
    there.vars = var;
    there.n_vars = 1;
    return there;
}

static enum err_code selections(const struct call *c, const struct scope *s, cJSON *out,
                                struct err *err)
{
    enum err_code code = ERR_OK;
    const cJSON *selection;
    cJSON_ArrayForEach(selection, cJSON_GetObjectItemCaseSensitive(s->entry, "Selections"))
    {
        struct var var;
        struct scope there = selection_scope(s, selection, &var);
        if (code == ERR_OK)
            code = call_shape(c, &there, "BackupSelectionSummary", out, err);
    }
    return code;
}

enum err_code answer_selections(const struct call *c, cJSON *out, struct err *err)
{
    return with_plan(c, selections, out, err);
}

static enum err_code add_selection(const struct call *c, const struct scope *s, cJSON *out,
                                   struct err *err)
{
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(s->entry, "BackupSelection");
    if (!cJSON_AddStringToObject(out, "SelectionId", call_param(c, "selectionId", "")) ||
        !cJSON_AddStringToObject(out, "BackupPlanId", call_param(c, "backupPlanId", "")))
        return err_set(err, ERR_LIMIT, "memory ran out");
    return expand_into(s, out, "BackupSelection", book_shape(c->book, "BackupSelection"), own, err);
}

static enum err_code selection(const struct call *c, const struct scope *s, cJSON *out,
                               struct err *err)
{
    const char *wanted = call_param(c, "selectionId", "");
    const cJSON *at;
    cJSON_ArrayForEach(at, cJSON_GetObjectItemCaseSensitive(s->entry, "Selections"))
    {
        struct var var;
        struct buf id = {0};
        struct scope there = selection_scope(s, at, &var);
        enum err_code code = expand_text(&there, "${uuid:selection/${selection}}", &id, err);
        bool is_it = code == ERR_OK && strcmp(id.data, wanted) == 0;
        if (is_it)
            code = add_selection(c, &there, out, err);
        buf_free(&id);
        if (is_it || code != ERR_OK)
            return code;
    }
    return call_refuse(c, "ResourceNotFoundException", 400, err,
                       "Backup selection %s doesn't exist", wanted);
}

enum err_code answer_selection(const struct call *c, cJSON *out, struct err *err)
{
    return with_plan(c, selection, out, err);
}
