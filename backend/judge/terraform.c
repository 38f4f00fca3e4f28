#include "backend/judge/terraform.h"

#include "backend/base/json.h"

#include <string.h>

/* What the provider calls them, a row a type of resource. */
static const struct resource {
    const char *type;
    enum { IS_KEY, IS_ALIAS, IS_POLICY, IS_GRANT, IS_OTHER } is;
    const char *id; /* the attribute that names it */
} resources[] = {
    {"aws_kms_key", IS_KEY, "arn"},
    {"aws_kms_external_key", IS_KEY, "arn"},
    {"aws_kms_replica_key", IS_KEY, "arn"},
    {"aws_kms_replica_external_key", IS_KEY, "arn"},
    {"aws_kms_alias", IS_ALIAS, "arn"},
    {"aws_kms_key_policy", IS_POLICY, "key_id"},
    {"aws_kms_grant", IS_GRANT, "grant_id"},
    {"aws_backup_vault", IS_OTHER, "arn"},
    {"aws_backup_logically_air_gapped_vault", IS_OTHER, "arn"},
    {"aws_backup_plan", IS_OTHER, "arn"},
    {"aws_ssm_parameter", IS_OTHER, "arn"},
    {"aws_secretsmanager_secret", IS_OTHER, "arn"},
    {"aws_db_instance", IS_OTHER, "arn"},
    {"aws_db_snapshot", IS_OTHER, "db_snapshot_arn"},
    {"aws_rds_cluster", IS_OTHER, "arn"},
    {"aws_db_cluster_snapshot", IS_OTHER, "db_cluster_snapshot_arn"},
    {"aws_ebs_volume", IS_OTHER, "arn"},
    {"aws_ebs_snapshot", IS_OTHER, "arn"},
    {"aws_ebs_snapshot_copy", IS_OTHER, "arn"},
    {"aws_dynamodb_table", IS_OTHER, "arn"},
    {"aws_efs_file_system", IS_OTHER, "arn"},
    {"aws_s3_bucket", IS_OTHER, "arn"},
};

/* The policy that KMS gives a key without one; Terraform puts it back when it destroys an aws_kms_key_policy. */
const char *terraform_default_policy(struct arena *arena, const char *account)
{
    return arena_printf(arena,
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Enable IAM User Permissions\","
                        "\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%s:root\"},"
                        "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}",
                        account);
}

struct reading {
    struct arena *arena;
    struct terraform_plan *out;
    const char *address;
    const cJSON *before, *after, *unknown; /* of the change */
    bool deletes, creates, updates;
};

static const struct resource *resource_of(const char *type)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (strcmp(resources[i].type, type) == 0)
            return &resources[i];
    return NULL;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(member(object, name));
    return value ? value : "";
}

static bool is_text_changed(const struct reading *r, const char *name)
{
    return cJSON_IsTrue(member(r->unknown, name)) || strcmp(text(r->before, name), text(r->after, name)) != 0;
}

static struct terraform_change *add(struct reading *r, const struct resource *of, const char *words,
                                    const char *action, const char *target)
{
    struct terraform_change change = {.address = arena_strdup(r->arena, r->address),
                                      .type = of->type,
                                      .words = words,
                                      .action = action,
                                      .target = arena_strdup(r->arena, target),
                                      .to = ""};
    VEC_PUSH(r->out->changes, change);
    return &r->out->changes.items[r->out->changes.n - 1];
}

/* policy: NULL: not known before it is applied. */
static struct terraform_change *add_edit(struct reading *r, const struct resource *of, const char *key, const char *policy)
{
    struct terraform_change *c = add(r, of, "edits the policy of", "", key);
    c->does = TERRAFORM_EDITS;
    c->policy = policy ? arena_strdup(r->arena, policy) : NULL;
    return c;
}

static const char *new_policy(const struct reading *r)
{
    return cJSON_IsTrue(member(r->unknown, "policy")) ? NULL : text(r->after, "policy");
}

/* ---- a row each: what the change of such a resource means ---------------------------------------------- */

static void change_key(struct reading *r, const struct resource *of)
{
    const char *arn = text(r->before, of->id);
    if (r->deletes) {
        add(r, of, r->creates ? "replaces" : "destroys", "schedule-deletion", arn);
        return;
    }
    if (!r->updates)
        return;
    if ((cJSON_IsTrue(member(r->before, "is_enabled")) && cJSON_IsFalse(member(r->after, "is_enabled"))) ||
        (cJSON_IsTrue(member(r->before, "enabled")) && cJSON_IsFalse(member(r->after, "enabled"))))
        add(r, of, "disables", "disable", arn);
    if (is_text_changed(r, "policy"))
        add_edit(r, of, arn, new_policy(r));
}

static void change_alias(struct reading *r, const struct resource *of)
{
    bool moves = is_text_changed(r, "target_key_arn") || is_text_changed(r, "target_key_id");
    bool is_renamed = is_text_changed(r, "name");
    if (r->deletes && (!r->creates || is_renamed)) {
        add(r, of, "destroys", "delete", text(r->before, of->id));
    } else if ((r->deletes || r->updates) && moves) {
        struct terraform_change *c = add(r, of, "moves", "repoint", text(r->before, of->id));
        const char *arn = text(r->after, "target_key_arn"), *id = text(r->after, "target_key_id");
        c->to = arena_strdup(r->arena, arn[0] && strcmp(arn, text(r->before, "target_key_arn")) != 0 ? arn : id);
    }
}

/* key_id may be the key's ARN. */
static void change_policy(struct reading *r, const struct resource *of)
{
    const char *before = text(r->before, of->id), *after = text(r->after, of->id);
    bool is_other_key = r->deletes && r->creates && strcmp(before, after) != 0;
    if (r->deletes && (!r->creates || is_other_key))
        add_edit(r, of, before, NULL)->is_reset = true;
    if (r->creates || (r->updates && is_text_changed(r, "policy")))
        if (after[0]) /* a key that is made by this plan has nothing yet */
            add_edit(r, of, after, new_policy(r));
}

static void change_grant(struct reading *r, const struct resource *of)
{
    if (r->deletes)
        add(r, of, "revokes", "revoke", text(r->before, of->id));
}

static void change_other(struct reading *r, const struct resource *of)
{
    if (r->deletes)
        add(r, of, r->creates ? "replaces" : "destroys", "delete", text(r->before, of->id));
}

static void (*const changes[])(struct reading *r, const struct resource *of) = {
    [IS_KEY] = change_key,     [IS_ALIAS] = change_alias, [IS_POLICY] = change_policy,
    [IS_GRANT] = change_grant, [IS_OTHER] = change_other,
};

/* ---- the document ---------------------------------------------------------------------------------------- */

static enum err_code no_plan(struct err *err, const char *address, const char *what)
{
    return err_set(err, ERR_PARSE, "no plan as `terraform show -json` writes it: %.200s%s%s", address,
                   address[0] ? ": " : "", what);
}

static enum err_code read_actions(struct reading *r, const cJSON *actions, struct err *err)
{
    const cJSON *action;
    r->deletes = r->creates = r->updates = false;
    if (!cJSON_IsArray(actions))
        return no_plan(err, r->address, "its change has no list of actions");
    cJSON_ArrayForEach(action, actions) {
        const char *word = cJSON_GetStringValue(action);
        if (!word)
            return no_plan(err, r->address, "an action is no text");
        r->deletes = r->deletes || strcmp(word, "delete") == 0;
        r->creates = r->creates || strcmp(word, "create") == 0;
        r->updates = r->updates || strcmp(word, "update") == 0;
    }
    return ERR_OK;
}

static enum err_code read_resource(struct reading *r, const cJSON *from, struct err *err)
{
    const cJSON *change = member(from, "change");
    const char *type = text(from, "type");
    r->address = text(from, "address");
    if (!cJSON_IsObject(from) || !r->address[0] || !type[0])
        return no_plan(err, r->address, "a resource has no address or no type");
    if (!cJSON_IsObject(change))
        return no_plan(err, r->address, "it has no change");
    enum err_code code = read_actions(r, member(change, "actions"), err);
    const struct resource *of = resource_of(type);
    if (code != ERR_OK || strcmp(text(from, "mode"), "data") == 0)
        return code;
    r->out->n_changes += r->deletes || r->creates || r->updates;
    r->before = member(change, "before");
    r->after = member(change, "after");
    r->unknown = member(change, "after_unknown");
    if (of && r->deletes && !cJSON_IsObject(r->before))
        return no_plan(err, r->address, "what it destroys is not told");
    if (of)
        changes[of->is](r, of);
    return ERR_OK;
}

static enum err_code read_plan(struct reading *r, const cJSON *plan, struct err *err)
{
    const char *version = text(plan, "format_version");
    const cJSON *list = member(plan, "resource_changes"), *item;
    if (!cJSON_IsObject(plan) || (strncmp(version, "1.", 2) != 0 && strncmp(version, "0.", 2) != 0))
        return no_plan(err, "", "its format_version is neither 0 nor 1");
    if (!list && !member(plan, "planned_values"))
        return no_plan(err, "", "it has neither resource_changes nor planned_values (a state has none)");
    if (list && !cJSON_IsArray(list))
        return no_plan(err, "", "its resource_changes are no list");
    r->out->version = arena_strdup(r->arena, text(plan, "terraform_version"));
    r->out->is_errored = cJSON_IsTrue(member(plan, "errored"));
    enum err_code code = ERR_OK;
    for (item = list ? list->child : NULL; item && code == ERR_OK; item = item->next)
        code = read_resource(r, item, err);
    return code;
}

/* Values of sensitive variables and attributes stand in a plan as they are. */
static void wipe(cJSON *value)
{
    for (; value; value = value->next) {
        if (value->valuestring)
            mem_wipe(value->valuestring, strlen(value->valuestring));
        wipe(value->child);
    }
}

enum err_code terraform_read(struct arena *arena, const char *plan_text, size_t len, struct terraform_plan *out,
                             struct err *err)
{
    cJSON *plan = NULL;
    *out = (struct terraform_plan){.version = ""};
    if (len > TERRAFORM_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "the plan has %zu bytes; %u are read", len, TERRAFORM_MAX_BYTES);
    enum err_code code = json_parse(plan_text, len, &plan, err);
    struct reading r = {.arena = arena, .out = out, .address = ""};
    if (code == ERR_OK)
        code = read_plan(&r, plan, err);
    wipe(plan);
    cJSON_Delete(plan);
    return code;
}
