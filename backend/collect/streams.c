#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <string.h>

/* ---- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html -------- */

/* The older of its two ARNs ends with ":*", which is no part of its name. */
enum err_code log_group_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    enum err_code code = maybe_text(item, "logGroupArn", arn, err);
    if (code != ERR_OK || *arn)
        return code;
    code = need_text(item, "arn", arn, err);
    size_t len = code == ERR_OK ? strlen(*arn) : 0;
    if (len > 2 && strcmp(*arn + len - 2, ":*") == 0)
        *arn = arena_strndup(s->scratch, *arn, len - 2);
    return code;
}

/* ---- https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html ------------------------ */

enum err_code topic_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *arn = NULL;
    enum err_code code = need_text(item, "TopicArn", &arn, err);
    const char *name = code == ERR_OK ? strrchr(arn, ':') : NULL;
    if (name)
        sheet_text(s, ATTR_TOPIC_NAME, name + 1);
    return code;
}

/* A map comes as entries of a key and a value. */
enum err_code topic_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list entries;
    enum err_code code = tree_list(item, "Attributes", "entry", &entries, err);
    for (const cJSON *entry; code == ERR_OK && (entry = tree_next(&entries));) {
        const char *key = NULL;
        code = need_text(entry, "key", &key, err);
        if (code == ERR_OK && strcmp(key, "KmsMasterKeyId") == 0)
            code = sheet_key(s, ATTR_TOPIC_KEY, entry, "value", err);
    }
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */

/* Its URL ends with the account and the name, and is what the other calls want:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html */
enum err_code queue_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *url = item->valuestring, *name = strrchr(url, '/');
    if (!name || name[1] == '\0')
        return err_set(err, ERR_PARSE, "the answer's QueueUrls has no URL of a queue");
    sheet_text(s, ATTR_QUEUE_URL, url);
    sheet_text(s, ATTR_QUEUE_NAME, name + 1);
    *arn = place_arn(s, "sqs", "%s", name + 1);
    return ERR_OK;
}

enum err_code queue_detail_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *managed = NULL;
    enum err_code code = maybe_text(item, "Attributes.SqsManagedSseEnabled", &managed, err);
    if (code == ERR_OK && managed && strcmp(managed, "true") == 0)
        sheet_text(s, ATTR_QUEUE_ENCRYPTION, "SSE-SQS");
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers-broker-id.html --------------- */

/* Without a key of its own it is under one that AWS owns, or under aws/mq. */
enum err_code broker_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    bool is_owned = false, has = false;
    enum err_code code = tree_bool(item, "encryptionOptions.useAwsOwnedKey", &is_owned, &has, err);
    if (code == ERR_OK && has && !is_owned && !sheet_has(s, ATTR_BROKER_KEY))
        sheet_text(s, ATTR_BROKER_KEY, key_arn(s, "alias/aws/mq"));
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/msk/1.0/apireference/v2-clusters.html ------------------------------- */

/* A provisioned cluster always has a key, and its answer names it; a serverless one has AWS's. */
enum err_code kafka_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return tree_at(item, "serverless") ? consumer_finish(s, item, err) : ERR_OK;
}

/* ---- https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchGetProjects.html ------------- */

/* A project that is gone is only missing from the list. */
enum err_code project_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list projects;
    enum err_code code = tree_list(item, "projects", NULL, &projects, err);
    const cJSON *project = code == ERR_OK ? tree_next(&projects) : NULL;
    if (code == ERR_OK && !cJSON_IsObject(project))
        code = err_set(err, ERR_PARSE, "the answer does not tell the project");
    return code == ERR_OK ? consumer_keys_finish(s, project, err) : code;
}

/* ---- https://docs.aws.amazon.com/emr/latest/APIReference/API_DescribeSecurityConfiguration.html ------ */

/* The configuration is JSON inside a text:
 * https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-create-security-configuration.html */
enum err_code emr_configuration_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *text = NULL;
    cJSON *inside = NULL;
    enum err_code code = need_text(item, "SecurityConfiguration", &text, err);
    if (code == ERR_OK)
        code = tree_read_json(text, strlen(text), &inside, err);
    if (code == ERR_OK)
        code = consumer_keys_finish(s, inside, err);
    cJSON_Delete(inside);
    return code;
}

/* ---- https://docs.aws.amazon.com/emr/latest/APIReference/API_DescribeCluster.html --------------------- */

/* Its own key is that of its logs; under which its disks are stands in its security configuration, by name. */
enum err_code emr_cluster_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *name = NULL;
    enum err_code code = maybe_text(item, "Cluster.SecurityConfiguration", &name, err);
    if (code == ERR_OK && name && name[0])
        sheet_text(s, ATTR_EMR_CLUSTER_ENCRYPTION, arena_printf(s->scratch, "security configuration %s", name));
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/prometheus/latest/APIReference/API_WorkspaceSummary.html ------------ */

/* Its alias is what people call it, if they call it anything. */
enum err_code prometheus_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = sheet_first_text(s, ATTR_PROMETHEUS_NAME, item, "alias", "workspaceId", err);
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/security-lake/latest/APIReference/API_DataLakeResource.html --------- */

/* Any Region tells of all; each is told of where it is. */
enum err_code data_lake_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *region = NULL;
    enum err_code code = need_text(item, "region", &region, err);
    if (code == ERR_OK && strcmp(region, s->place->region) == 0)
        code = need_text(item, "dataLakeArn", arn, err);
    return code;
}

/* Where there is no key of KMS, S3's own has a word in its place. */
enum err_code data_lake_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *key = NULL;
    enum err_code code = maybe_text(item, "encryptionConfiguration.kmsKeyId", &key, err);
    if (code == ERR_OK && key && strcmp(key, "S3_MANAGED_KEY") == 0)
        sheet_text(s, ATTR_DATA_LAKE_ENCRYPTION, key);
    else if (code == ERR_OK && key)
        sheet_text(s, ATTR_DATA_LAKE_KEY, key_arn(s, key));
    return code == ERR_OK ? consumer_finish(s, item, err) : code;
}

/* ---- https://docs.aws.amazon.com/drs/latest/APIReference/API_InitializeService.html ------------------ */

const struct special recovery_specials[] = {
    {"UninitializedAccountException", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

/* ---- https://docs.aws.amazon.com/security-lake/latest/userguide/getting-started.html ----------------- */

/* An account that does not use it is told so as if it were refused. */
const struct special data_lake_specials[] = {
    {"ResourceNotFoundException", NULL, TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

/* ---- https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_AgentSummary.html ------------- */

enum err_code agent_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "agentId", &id, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "bedrock", "agent/%s", id);
    return code;
}

/* ---- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateVersion.html ----------- */

enum err_code launch_template_identify(struct sheet *s, const cJSON *item, const char **arn,
                                       struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "launchTemplateId", &id, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "ec2", "launch-template/%s", id);
    return code;
}

/* ---- https://docs.aws.amazon.com/workspaces/latest/api/API_Workspace.html ---------------------------- */

enum err_code workspace_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *id = NULL;
    enum err_code code = need_text(item, "WorkspaceId", &id, err);
    if (code == ERR_OK)
        *arn = place_arn(s, "workspaces", "workspace/%s", id);
    return code;
}

/* ---- https://docs.aws.amazon.com/glue/latest/webapi/API_DataCatalogEncryptionSettings.html ----------- */

/* It keeps two sorts of things under a key: what it knows of tables, and the passwords of connections. */
enum err_code data_catalog_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *mode = NULL, *passwords = NULL;
    enum err_code code = maybe_text(item, "EncryptionAtRest.CatalogEncryptionMode", &mode, err);
    if (code == ERR_OK)
        code = maybe_text(item, "ConnectionPasswordEncryption.AwsKmsKeyId", &passwords, err);
    bool is_encrypted = mode && strcmp(mode, "DISABLED") != 0;
    if (code == ERR_OK && (is_encrypted || passwords)) {
        *arn = place_arn(s, "glue", "catalog");
        sheet_text(s, ATTR_DATA_CATALOG_NAME, "catalog");
    }
    return code;
}

/* ---- https://docs.aws.amazon.com/xray/latest/api/API_EncryptionConfig.html --------------------------- */

/* NONE: under a key that AWS owns. */
enum err_code traces_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    const char *type = NULL;
    enum err_code code = need_text(item, "Type", &type, err);
    if (code == ERR_OK && strcmp(type, "NONE") != 0) {
        *arn = place_id(s, kind_row(s->kind)->name, "default");
        sheet_text(s, ATTR_TRACES_NAME, "X-Ray");
    }
    return code;
}
