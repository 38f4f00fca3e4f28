/* Parameters, volumes, databases and their snapshots. */
#include "backend/demo/answers.h"
#include "backend/demo/points.h"

#include <string.h>

/* The demo's parameters have no tags. */
enum err_code answer_parameter_tags(const struct call *c, cJSON *out, struct err *err)
{
    (void)c;
    (void)out;
    (void)err;
    return ERR_OK;
}

/* ---- snapshots that AWS Backup made: the points of all vaults of the place ------------------ */

struct snapshots {
    const struct call *call;
    const char *shape;
    cJSON *out;
};

static enum err_code add_snapshot(void *ctx, const struct point *p, struct err *err)
{
    const struct snapshots *s = ctx;
    struct point_vars vars;
    struct scope scope = points_scope(p, &vars);
    return call_shape(s->call, &scope, s->shape, s->out, err);
}

static enum err_code snapshots_of_points(const struct call *c, const char *type, const char *shape,
                                         cJSON *out, struct err *err)
{
    struct snapshots s = {c, shape, out};
    enum err_code code = ERR_OK;
    const cJSON *vault;
    cJSON_ArrayForEach(vault, book_list(&c->place, "Vaults"))
    {
        if (code == ERR_OK)
            code = points_each(&c->place, vault, type, add_snapshot, &s, err);
    }
    return code;
}

enum err_code answer_ebs_snapshots(const struct call *c, cJSON *out, struct err *err)
{
    if (strcmp(call_param(c, "RestorableBy.1", ""), "all") == 0)
        return ERR_OK; /* nothing here is public */
    enum err_code code = call_list(c, "Snapshots", "snapshot", "Snapshot", out, err);
    return code == ERR_OK ? snapshots_of_points(c, "EBS", "BackupSnapshot", out, err) : code;
}

/* Those of AWS Backup come only when they are asked for
 * (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html). */
enum err_code answer_db_snapshots(const struct call *c, cJSON *out, struct err *err)
{
    const char *type = call_param(c, "SnapshotType", "");
    if (strcmp(type, "awsbackup") == 0)
        return snapshots_of_points(c, "RDS", "BackupDBSnapshot", out, err);
    return type[0] ? ERR_OK : call_list(c, "DBSnapshots", "db-snapshot", "DBSnapshot", out, err);
}

enum err_code answer_db_cluster_snapshots(const struct call *c, cJSON *out, struct err *err)
{
    enum err_code code =
        call_list(c, "DBClusterSnapshots", "cluster-snapshot", "DBClusterSnapshot", out, err);
    return code == ERR_OK ? snapshots_of_points(c, "Aurora", "BackupDBClusterSnapshot", out, err)
                          : code;
}

/* Those of databases that are there, and those that outlived theirs. */
enum err_code answer_db_auto_backups(const struct call *c, cJSON *out, struct err *err)
{
    enum err_code code = call_list(c, "DBInstances", "db", "AutomatedBackup", out, err);
    return code == ERR_OK ? call_list(c, "RetainedBackups", "retained", "RetainedBackup", out, err) : code;
}

enum err_code answer_fsx_backups(const struct call *c, cJSON *out, struct err *err)
{
    enum err_code code = call_list(c, "FsxBackups", "fsx-backup", "FsxBackup", out, err);
    return code == ERR_OK ? snapshots_of_points(c, "FSx", "BackupFsxBackup", out, err) : code;
}

/* ---- what new volumes get ------------------------------------------------------------------- */

enum err_code answer_ebs_encryption(const struct call *c, cJSON *out, struct err *err)
{
    bool is_on = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(c->place.world, "EbsEncryption"));
    if (!cJSON_AddStringToObject(out, "ebsEncryptionByDefault", is_on ? "true" : "false"))
        return err_set(err, ERR_LIMIT, "memory ran out");
    return ERR_OK;
}

/* https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetAllowedImagesSettings.html */
enum err_code answer_allowed_images(const struct call *c, cJSON *out, struct err *err)
{
    const char *state = book_text(c->place.world, "AllowedImages", "disabled");
    bool is_added = cJSON_AddStringToObject(out, "state", state) && cJSON_AddStringToObject(out, "managedBy", "account");
    return is_added ? ERR_OK : err_set(err, ERR_LIMIT, "memory ran out");
}

enum err_code answer_ebs_key(const struct call *c, cJSON *out, struct err *err)
{
    const char *ref = book_text(c->place.world, "EbsKey", NULL);
    struct buf arn = {0};
    enum err_code code = ERR_OK;
    if (ref)
        code = expand_key_arn(&c->place, ref, &arn, err);
    if (code == ERR_OK &&
        !cJSON_AddStringToObject(out, "kmsKeyId", ref ? arn.data : "alias/aws/ebs"))
        code = err_set(err, ERR_LIMIT, "memory ran out");
    buf_free(&arn);
    return code;
}
