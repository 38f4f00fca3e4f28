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
    const char *deferred; /* why the change is put off; NULL: it is not */
    const cJSON *before, *after, *unknown; /* of the change */
    bool deletes, creates, updates;
    const char *unseen; /* its action that is not known here; "": it has none at all; NULL: all are known */
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
                                      .doubt = "",
                                      .to = ""};
    if (r->deferred)
        change.doubt = arena_printf(r->arena, "Terraform defers it (%s): it may come later, otherwise or not at all",
                                    r->deferred[0] ? r->deferred : "no reason given");
    VEC_PUSH(r->out->changes, change);
    return &r->out->changes.items[r->out->changes.n - 1];
}

static struct terraform_change *add_edit(struct reading *r, const struct resource *of, const char *key)
{
    struct terraform_change *c = add(r, of, "edits the policy of", "", key);
    c->does = TERRAFORM_EDITS;
    return c;
}

static void add_new_policy(struct reading *r, const struct resource *of, const char *key)
{
    struct terraform_change *c = add_edit(r, of, key);
    const char *policy = text(r->after, "policy");
    if (cJSON_IsTrue(member(r->unknown, "policy")))
        return;
    c->is_missing = !policy[0];
    c->policy = policy[0] ? arena_strdup(r->arena, policy) : NULL;
}

/* Whatever it is, it may be the worst: no guess is made. */
static void add_unseen(struct reading *r, const struct resource *of)
{
    const char *id = text(r->before, of->id);
    struct terraform_change *c = add(r, of, "may change", "", id[0] ? id : text(r->after, of->id));
    c->does = TERRAFORM_UNSEEN;
    c->doubt = r->unseen[0] ? arena_printf(r->arena, "Terraform's action \"%s\" is not known here", r->unseen)
                            : "the plan names no action for it";
}

/* ---- a row each: what the change of such a resource means ---------------------------------------------- */

/* Either word, by the type of key. */
static void change_enabled(struct reading *r, const struct resource *of, const char *name)
{
    const char *arn = text(r->before, of->id);
    if (!cJSON_IsTrue(member(r->before, name)))
        return;
    if (cJSON_IsFalse(member(r->after, name)))
        add(r, of, "disables", "disable", arn);
    else if (cJSON_IsTrue(member(r->unknown, name)))
        add(r, of, "may disable", "disable", arn)->doubt = "whether it stays enabled is known only once the plan is applied";
}

static void change_key(struct reading *r, const struct resource *of)
{
    const char *arn = text(r->before, of->id);
    if (r->deletes) {
        const cJSON *days = member(r->before, "deletion_window_in_days");
        struct terraform_change *c = add(r, of, r->creates ? "replaces" : "destroys", "schedule-deletion", arn);
        if (cJSON_IsNumber(days) && days->valuedouble >= 7 && days->valuedouble <= 30)
            c->waiting_days = (int)days->valuedouble;
        return;
    }
    if (!r->updates)
        return;
    change_enabled(r, of, "is_enabled");
    change_enabled(r, of, "enabled");
    if (is_text_changed(r, "policy"))
        add_new_policy(r, of, arn);
}

/* "eu-west-1:111122223333:..." of an ARN; "" of anything else. */
static const char *from_region(const char *arn)
{
    for (int colons = 0; colons < 3; colons++) {
        arn = strchr(arn, ':');
        if (!arn++)
            return "";
    }
    return arn;
}

/* An alias stands where its key does: what is made anew for a key of another Region is gone from this one.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
static bool leaves_region(const struct reading *r, const char *alias)
{
    const char *id = text(r->after, "target_key_id"), *from = from_region(alias);
    const char *to = from_region(from_region(id)[0] ? id : text(r->after, "target_key_arn"));
    size_t len = strcspn(from, ":");
    return to[0] && (strcspn(to, ":") != len || strncmp(from, to, len) != 0);
}

static void change_alias(struct reading *r, const struct resource *of)
{
    bool moves = is_text_changed(r, "target_key_arn") || is_text_changed(r, "target_key_id");
    bool is_another = is_text_changed(r, "name") || leaves_region(r, text(r->before, of->id));
    if (r->deletes && (!r->creates || is_another)) {
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
        add_edit(r, of, before)->is_reset = true;
    if (r->creates || (r->updates && is_text_changed(r, "policy")))
        if (after[0]) /* a key that is made by this plan has nothing yet */
            add_new_policy(r, of, after);
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

/* All that there are: https://developer.hashicorp.com/terraform/internals/json-format#change-representation
 * What is forgotten leaves Terraform's state and stays in AWS as it is. */
static const struct action {
    const char *word;
    bool deletes, creates, updates;
} known_actions[] = {
    {.word = "no-op"},
    {.word = "read"},
    {.word = "forget"},
    {.word = "create", .creates = true},
    {.word = "update", .updates = true},
    {.word = "delete", .deletes = true},
};

static void read_action(struct reading *r, const char *word)
{
    for (size_t i = 0; i < sizeof known_actions / sizeof *known_actions; i++) {
        const struct action *known = &known_actions[i];
        if (strcmp(known->word, word) != 0)
            continue;
        r->deletes = r->deletes || known->deletes;
        r->creates = r->creates || known->creates;
        r->updates = r->updates || known->updates;
        return;
    }
    r->unseen = word;
}

static enum err_code read_actions(struct reading *r, const cJSON *actions, struct err *err)
{
    const cJSON *action;
    r->deletes = r->creates = r->updates = false;
    r->unseen = cJSON_GetArraySize(actions) > 0 ? NULL : "";
    if (!cJSON_IsArray(actions))
        return no_plan(err, r->address, "its change has no list of actions");
    cJSON_ArrayForEach(action, actions) {
        const char *word = cJSON_GetStringValue(action);
        if (!word)
            return no_plan(err, r->address, "an action is no text");
        read_action(r, word);
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
    r->out->n_changes += r->deletes || r->creates || r->updates || r->unseen;
    r->out->n_unseen += r->unseen != NULL;
    r->before = member(change, "before");
    r->after = member(change, "after");
    r->unknown = member(change, "after_unknown");
    if (of && r->deletes && !r->deferred && !cJSON_IsObject(r->before))
        return no_plan(err, r->address, "what it destroys is not told");
    if (of && r->unseen)
        add_unseen(r, of);
    if (of)
        changes[of->is](r, of);
    return ERR_OK;
}

static enum err_code read_resources(struct reading *r, const cJSON *plan, struct err *err)
{
    const cJSON *list = member(plan, "resource_changes"), *item;
    enum err_code code = ERR_OK;
    if (list && !cJSON_IsArray(list))
        return no_plan(err, "", "its resource_changes are no list");
    r->deferred = NULL;
    for (item = list ? list->child : NULL; item && code == ERR_OK; item = item->next)
        code = read_resource(r, item, err);
    return code;
}

static enum err_code read_deferred(struct reading *r, const cJSON *plan, struct err *err)
{
    const cJSON *list = member(plan, "deferred_changes"), *item;
    enum err_code code = ERR_OK;
    if (list && !cJSON_IsArray(list) && !cJSON_IsNull(list))
        return no_plan(err, "", "its deferred_changes are no list");
    for (item = list ? list->child : NULL; item && code == ERR_OK; item = item->next) {
        r->out->n_deferred++;
        r->deferred = text(item, "reason");
        code = read_resource(r, member(item, "resource_change"), err);
    }
    return code;
}

static enum err_code read_plan(struct reading *r, const cJSON *plan, struct err *err)
{
    const char *version = text(plan, "format_version");
    const cJSON *errored = member(plan, "errored"), *complete = member(plan, "complete");
    if (!cJSON_IsObject(plan) || (strncmp(version, "1.", 2) != 0 && strncmp(version, "0.", 2) != 0))
        return no_plan(err, "", "its format_version is neither 0 nor 1");
    if (!member(plan, "resource_changes") && !member(plan, "planned_values"))
        return no_plan(err, "", "it has neither resource_changes nor planned_values (a state has none)");
    r->out->version = arena_strdup(r->arena, text(plan, "terraform_version"));
    r->out->is_errored = errored && !cJSON_IsFalse(errored);
    r->out->is_partial = complete && !cJSON_IsTrue(complete); /* before 1.8 it was not said */
    enum err_code code = read_resources(r, plan, err);
    return code == ERR_OK ? read_deferred(r, plan, err) : code;
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
