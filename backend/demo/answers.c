#include "backend/demo/answers.h"

#include "backend/aws/retry.h"
#include "backend/demo/entries.h"
#include "backend/demo/ids.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct answer_row rows[OP_COUNT] = {
    [OP_STS_GET_CALLER_IDENTITY] = {.make = answer_identity},
    [OP_ORGANIZATIONS_DESCRIBE_ORGANIZATION] = {.make = answer_organization},
    [OP_ORGANIZATIONS_LIST_ACCOUNTS] = {.list = "Accounts", .make = answer_accounts},
    [OP_ACCOUNT_LIST_REGIONS] = {.list = "Regions", .make = answer_region_status},

    [OP_EC2_DESCRIBE_REGIONS] = {.list = "regionInfo", .item = "item", .make = answer_regions},
    [OP_EC2_DESCRIBE_VOLUMES] = {.list = "volumeSet",
                                 .item = "item",
                                 .world = "Volumes",
                                 .kind = "volume",
                                 .shape = "Volume"},
    [OP_EC2_DESCRIBE_SNAPSHOTS] = {.list = "snapshotSet",
                                   .item = "item",
                                   .page = 200,
                                   .make = answer_ebs_snapshots},
    [OP_EC2_GET_EBS_ENCRYPTION_BY_DEFAULT] = {.make = answer_ebs_encryption},
    [OP_EC2_GET_EBS_DEFAULT_KMS_KEY_ID] = {.make = answer_ebs_key},
    [OP_EC2_GET_ALLOWED_IMAGES_SETTINGS] = {.make = answer_allowed_images},

    [OP_KMS_LIST_KEYS] = {.list = "Keys", .world = "Keys", .kind = "key", .shape = "Key"},
    [OP_KMS_LIST_ALIASES] = {.list = "Aliases", .make = answer_aliases},
    [OP_KMS_DESCRIBE_KEY] = {.make = answer_key_metadata},
    [OP_KMS_GET_KEY_POLICY] = {.make = answer_key_policy},
    [OP_KMS_LIST_GRANTS] = {.list = "Grants", .page = 50, .make = answer_grants},
    [OP_KMS_GET_KEY_ROTATION_STATUS] = {.make = answer_rotation},
    [OP_KMS_LIST_KEY_ROTATIONS] = {.list = "Rotations", .make = answer_materials},
    [OP_KMS_LIST_RESOURCE_TAGS] = {.list = "Tags", .make = answer_key_tags},
    [OP_KMS_DESCRIBE_CUSTOM_KEY_STORES] = {.list = "CustomKeyStores",
                                           .world = "KeyStores",
                                           .kind = "store",
                                           .shape = "KeyStore"},
    [OP_KMS_GET_KEY_LAST_USAGE] = {.make = answer_last_usage},

    [OP_SSM_DESCRIBE_PARAMETERS] = {.list = "Parameters",
                                    .page = 20,
                                    .world = "Parameters",
                                    .kind = "parameter",
                                    .shape = "Parameter"},
    [OP_SSM_LIST_TAGS_FOR_RESOURCE] = {.list = "TagList", .make = answer_parameter_tags},

    [OP_BACKUP_LIST_BACKUP_VAULTS] = {.list = "BackupVaultList", .make = answer_vaults},
    [OP_BACKUP_DESCRIBE_BACKUP_VAULT] = {.make = answer_vault},
    [OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY] = {.make = answer_vault_policy},
    [OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT] = {.list = "RecoveryPoints",
                                                        .page = 250,
                                                        .make = answer_points},
    [OP_BACKUP_LIST_BACKUP_PLANS] = {.list = "BackupPlansList",
                                     .world = "Plans",
                                     .kind = "plan",
                                     .shape = "BackupPlanSummary"},
    [OP_BACKUP_GET_BACKUP_PLAN] = {.make = answer_plan},
    [OP_BACKUP_LIST_BACKUP_SELECTIONS] = {.list = "BackupSelectionsList",
                                          .make = answer_selections},
    [OP_BACKUP_GET_BACKUP_SELECTION] = {.make = answer_selection},
    [OP_BACKUP_DESCRIBE_COPY_JOB] = {.make = answer_copy_job},
    [OP_BACKUP_LIST_COPY_JOBS] = {.list = "CopyJobs", .page = 250, .make = answer_copy_jobs},
    [OP_BACKUP_LIST_PROTECTED_RESOURCES] = {.list = "Results", .make = answer_protected},
    [OP_BACKUP_DESCRIBE_REGION_SETTINGS] = {.make = answer_backup_region},
    [OP_BACKUP_DESCRIBE_GLOBAL_SETTINGS] = {.make = answer_backup_global},

    [OP_RDS_DESCRIBE_DB_INSTANCES] = {.list = "DBInstances",
                                      .item = "DBInstance",
                                      .world = "DBInstances",
                                      .kind = "db",
                                      .shape = "DBInstance"},
    [OP_RDS_DESCRIBE_DB_CLUSTERS] = {.list = "DBClusters",
                                     .item = "DBCluster",
                                     .world = "DBClusters",
                                     .kind = "cluster",
                                     .shape = "DBCluster"},
    [OP_RDS_DESCRIBE_DB_SNAPSHOTS] = {.list = "DBSnapshots",
                                      .item = "DBSnapshot",
                                      .page = 50,
                                      .make = answer_db_snapshots},
    [OP_RDS_DESCRIBE_DB_CLUSTER_SNAPSHOTS] = {.list = "DBClusterSnapshots",
                                              .item = "DBClusterSnapshot",
                                              .make = answer_db_cluster_snapshots},
    [OP_RDS_DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS] = {.list = "DBInstanceAutomatedBackups",
                                                       .item = "DBInstanceAutomatedBackup",
                                                       .make = answer_db_auto_backups},
    [OP_RDS_DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS] = {.list = "DBClusterAutomatedBackups",
                                                      .item = "DBClusterAutomatedBackup",
                                                      .world = "DBClusters",
                                                      .kind = "cluster",
                                                      .shape = "ClusterAutomatedBackup"},

#include "backend/demo/answers_streams.def"
#include "backend/demo/answers_evidence.def"
#include "backend/demo/answers_stores.def"
};

const struct answer_row *answers_row(enum op_id op)
{
    const struct answer_row *row = (unsigned)op < OP_COUNT ? &rows[op] : NULL;
    return row && (row->make || row->shape) ? row : NULL;
}

/* ---- for the services ----------------------------------------------------------------------- */

const char *call_param(const struct call *c, const char *name, const char *fallback)
{
    for (size_t i = 0; i < c->n_params; i++)
        if (strcmp(c->params[i].name, name) == 0 && c->params[i].value)
            return c->params[i].value;
    return fallback;
}

enum err_code call_refuse(const struct call *c, const char *aws_code, int status, struct err *err,
                          const char *fmt, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct failure_context context = {.is_write = false};
    enum err_code code = retry_classify(aws_code, status, context).err;
    (void)err_set(err, code, "%s", text);
    err->http_status = status;
    (void)snprintf(err->aws_code, sizeof err->aws_code, "%s", aws_code);
    struct buf id = {0};
    ids_uuid(expand_hash(&c->place, c->op->id, text), &id);
    (void)snprintf(err->request_id, sizeof err->request_id, "%s", id.data);
    buf_free(&id);
    return code;
}

enum err_code call_key(const struct scope *s, struct buf *out, struct err *err)
{
    const char *ref = book_text(s->entry, "key", NULL);
    return ref ? expand_key_arn(s->place, ref, out, err) : ERR_OK;
}

enum err_code call_shape(const struct call *c, const struct scope *s, const char *shape, cJSON *out,
                         struct err *err)
{
    struct scope there = *s;
    there.is_xml = c->is_xml;
    return expand_into(&there, out, NULL, book_shape(c->book, shape),
                       cJSON_GetObjectItemCaseSensitive(s->entry, shape), err);
}

struct listing {
    const struct call *call;
    const char *shape;
    cJSON *out;
};

static enum err_code add_item(void *ctx, const struct scope *s, struct err *err)
{
    const struct listing *l = ctx;
    struct buf key = {0};
    enum err_code code = call_key(s, &key, err);
    struct var vars[] = {{"key_arn", key.data}};
    struct scope there = *s;
    there.vars = vars;
    there.n_vars = 1;
    if (code == ERR_OK)
        code = call_shape(l->call, &there, l->shape, l->out, err);
    buf_free(&key);
    return code;
}

enum err_code call_list(const struct call *c, const char *world, const char *kind,
                        const char *shape, cJSON *out, struct err *err)
{
    struct listing l = {c, shape, out};
    return entries_each(&c->place, book_list(&c->place, world), kind, add_item, &l, err);
}

/* ---- one of a list ---------------------------------------------------------------------------- */

struct wanted {
    const struct call *call;
    const struct answer_row *row;
    const char *id;
    cJSON *out;
    bool is_found;
};

static enum err_code answer_if_wanted(void *ctx, const struct scope *s, struct err *err)
{
    struct wanted *w = ctx;
    struct buf key = {0}, id = {0};
    struct scope there = *s;
    there.is_xml = w->call->is_xml;
    enum err_code code = call_key(s, &key, err);
    struct var vars[] = {{"key_arn", key.data}};
    there.vars = vars;
    there.n_vars = 1;
    if (code == ERR_OK)
        code = expand_text(&there, w->row->id, &id, err);
    if (code == ERR_OK && strcmp(id.data, w->id) == 0) {
        w->is_found = true;
        const char *shape = book_text(s->entry, "Shape", w->row->shape);
        code = expand_members(&there, w->out, book_shape(w->call->book, shape), err);
        if (code == ERR_OK)
            code = expand_members(&there, w->out, cJSON_GetObjectItemCaseSensitive(s->entry, shape), err);
    }
    buf_free(&id);
    buf_free(&key);
    return code;
}

static enum err_code call_one(const struct call *c, const struct answer_row *row, cJSON *out,
                              struct err *err)
{
    struct wanted w = {c, row, call_param(c, row->by, ""), out, false};
    enum err_code code = entries_each(&c->place, book_list(&c->place, row->world), row->kind,
                                      answer_if_wanted, &w, err);
    if (code == ERR_OK && !w.is_found)
        code = call_refuse(c, "ResourceNotFoundException", 400, err, "%s is not there", w.id);
    return code;
}

/* ---- calls that fail ------------------------------------------------------------------------ */

static const char *protocol_word(const struct op *op)
{
    static const char *const words[] = {[PROTOCOL_JSON] = "json",
                                        [PROTOCOL_REST_JSON] = "rest",
                                        [PROTOCOL_REST_XML] = "query",
                                        [PROTOCOL_QUERY] = "query",
                                        [PROTOCOL_EC2] = "ec2"};
    return words[service_get(op->service)->protocol];
}

/* Services of the JSON protocols answer 400 where the others say 403. */
static int status_of(const struct call *c, const char *why)
{
    bool is_json = service_get(c->op->service)->protocol == PROTOCOL_JSON;
    return is_json || strcmp(why, "throttled") == 0 ? 400 : 403;
}

static enum err_code fail_as(const struct call *c, const char *why, const char *on, struct err *err)
{
    const cJSON *row = cJSON_GetObjectItemCaseSensitive(book_shape(c->book, "Failures"), why);
    const cJSON *codes = cJSON_GetObjectItemCaseSensitive(row, "Codes");
    const char *aws_code = book_text(codes, protocol_word(c->op), NULL);
    if (!aws_code)
        return err_set(err, ERR_PARSE, "the demo cannot fail %s with %s", c->op->id, why);
    const struct var vars[] = {{"action", op_iam_action(c->op)}, {"on", on ? on : "*"}};
    struct scope s = {.place = &c->place, .vars = vars, .n_vars = sizeof vars / sizeof *vars};
    struct buf text = {0};
    enum err_code code = expand_text(&s, book_text(row, "Message", ""), &text, err);
    if (code == ERR_OK)
        code = call_refuse(c, aws_code, status_of(c, why), err, "%s", text.data);
    buf_free(&text);
    return code;
}

/* {"op": "kms:*", "why": "scp"}; with "key", only that key. */
static enum err_code fail_if_listed(const struct call *c, const cJSON *failures, struct err *err)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, failures)
    {
        const char *ref = book_text(row, "key", NULL);
        if (fnmatch(book_text(row, "op", ""), c->op->id, 0) != 0)
            continue;
        struct buf key = {0};
        enum err_code code = ref ? expand_key_arn(&c->place, ref, &key, err) : ERR_OK;
        bool is_meant =
            code == ERR_OK && (!ref || strcmp(key.data, call_param(c, "KeyId", "")) == 0);
        if (is_meant)
            code = fail_as(c, book_text(row, "why", ""), ref ? key.data : NULL, err);
        buf_free(&key);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static bool is_regional(const struct op *op)
{
    return op->service != SERVICE_STS && !service_get(op->service)->global;
}

static enum err_code check_reach(const struct call *c, struct err *err)
{
    if (is_regional(c->op) && !book_region_is_on(c->book, c->place.region))
        return fail_as(c, "not-enabled", NULL, err);
    enum err_code code =
        fail_if_listed(c, cJSON_GetObjectItemCaseSensitive(c->place.account, "Failures"), err);
    if (code == ERR_OK && is_regional(c->op))
        code = fail_if_listed(c, cJSON_GetObjectItemCaseSensitive(c->place.world, "Failures"), err);
    return code;
}

/* ---- answering ------------------------------------------------------------------------------ */

static enum err_code fill(const struct call *c, cJSON *out, struct err *err)
{
    const struct answer_row *row = answers_row(c->id);
    enum err_code code = check_reach(c, err);
    if (code != ERR_OK)
        return code;
    if (row->make)
        return row->make(c, out, err);
    return row->by ? call_one(c, row, out, err)
                   : call_list(c, row->world, row->kind, row->shape, out, err);
}

enum err_code answers_make(const struct book *book, const struct wire_request *request, cJSON **out,
                           struct err *err)
{
    const struct answer_row *row = answers_row(request->op);
    struct call c = {.book = book,
                     .op = op_get(request->op),
                     .id = request->op,
                     .params = request->params,
                     .n_params = request->n_params,
                     .place = {.book = book, .account_id = "", .account_name = "", .region = ""}};
    *out = NULL;
    if (c.op->effect != EFFECT_READ)
        return err_set(err, ERR_VIEWER, "the demo changes nothing: %s was not sent", c.op->id);
    if (!row)
        return err_set(err, ERR_UNSUPPORTED, "the demo has no answer to %s", c.op->id);
    enum protocol protocol = service_get(c.op->service)->protocol;
    c.is_xml = protocol == PROTOCOL_QUERY || protocol == PROTOCOL_EC2 || protocol == PROTOCOL_REST_XML;
    const char *who = request->account[0] ? request->account : call_param(&c, "profile", "");
    if (!book_find(book, who, request->region, &c.place))
        return call_refuse(&c, "InvalidClientTokenId", 403, err,
                           "The security token included in the request is invalid");
    cJSON *tree = row->list ? cJSON_CreateArray() : cJSON_CreateObject();
    enum err_code code = tree ? fill(&c, tree, err) : err_set(err, ERR_LIMIT, "memory ran out");
    if (code != ERR_OK) {
        cJSON_Delete(tree);
        return code;
    }
    *out = tree;
    return ERR_OK;
}
