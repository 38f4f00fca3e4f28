#include "backend/aws/op.h"

#include <assert.h>
#include <string.h>

static const struct service services[] = {
#define SERVICE(id, ...) [SERVICE_##id] = {__VA_ARGS__},
#include "backend/aws/services.def"
#undef SERVICE
};
static_assert(sizeof services / sizeof *services == SERVICE_COUNT, "a service has no row");

/* Members that may hold a secret. */
static const char *const no_passwords[] = {"MasterUserPassword", NULL};
static const char *const no_secrets[] = {"SecretString", "SecretBinary", "ExternalSecretRotationMetadata", NULL};

static const char *const no_function_insides[] = {
    "Environment", "Description", "VpcConfig", "Layers", "ImageConfigResponse", "FileSystemConfigs",
    "DeadLetterConfig", "CodeSha256", NULL};

static const char *const no_delivery_insides[] = {
    "HECToken", "RequestConfiguration", "Username", "User", "ProcessingConfiguration", NULL};

static const char *const no_cluster_insides[] = {
    "certificateAuthority", "connectorConfig", "identity", "resourcesVpcConfig",
    "kubernetesNetworkConfig", "clientRequestToken", NULL};
static const char *const no_definition[] = {"definition", "variableReferences", NULL};
static const char *const no_broker_insides[] = {
    "users", "ldapServerMetadata", "pendingLdapServerMetadata", "brokerInstances", NULL};
/* Passwords stand in the settings of each engine, and people put them into free text. */
static const char *const no_replication_insides[] = {
    "Password", "AuthPassword", "AsmPassword", "SaslPassword", "SslClientKeyPassword",
    "SecurityDbEncryption", "ExtraConnectionAttributes", "ExternalTableDefinition", "Username",
    "ServerName", "KerberosAuthenticationSettings", NULL};
static const char *const no_engine_insides[] = {
    "EngineConfiguration", "AdditionalConfiguration", "Description", NULL};
/* Variables and build specifications may hold secrets in the clear; a webhook's secret is one. */
static const char *const no_project_insides[] = {
    "environment", "source", "secondarySources", "buildspec", "webhook", "vpcConfig", "badge",
    "description", NULL};
static const char *const no_model_insides[] = {
    "hyperParameters", "trainingDataConfig", "customizationConfig", "instruction",
    "promptOverrideConfiguration", "topicPolicy", "contentPolicy", "wordPolicy",
    "sensitiveInformationPolicy", "blockedInputMessaging", "blockedOutputsMessaging", NULL};
/* What is handed to a target is anybody's: a connection's headers, a command's text. */
static const char *const no_target_input[] = {
    "Input", "InputPath", "InputTransformer", "HttpParameters", "RunCommandParameters", "EcsParameters",
    "BatchParameters", "RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters",
    "KinesisParameters", "SqsParameters", NULL};
static const char *const no_restore_metadata[] = {"RestoreMetadataOverrides", NULL};
/* What is being modified stands there by name, with its values old and new; people put anything into the others. */
static const char *const no_domain_insides[] = {
    "ModifyingProperties", "AdvancedOptions", "AdvancedSecurityOptions", "AccessPolicies", NULL};
/* Applications are told their passwords in their configuration. */
static const char *const no_hadoop_insides[] = {
    "Configurations", "KerberosAttributes", "Ec2InstanceAttributes", "MonitoringConfiguration", "Tags", NULL};
static const char *const no_airflow_insides[] = {
    "AirflowConfigurationOptions", "IdentityCenterConfiguration", "NetworkConfiguration", "Teams", "Tags", NULL};
static const char *const no_user_data[] = {"userData", NULL};

/* https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html#backup-api-permissions-ref */
static const char *const also_for_vaults[] = {
    "backup:TagResource", "backup-storage:MountCapsule", "kms:CreateGrant", "kms:GenerateDataKey",
    "kms:Decrypt", "kms:RetireGrant", "kms:DescribeKey", NULL};
static const char *const also_tags[] = {"kms:TagResource", NULL};
static const char *const also_the_role[] = {"iam:PassRole", NULL};

static const struct op ops[] = {
#define OP(id, ...) [OP_##id] = {__VA_ARGS__},
#include "backend/aws/ops.def"
#undef OP
};
static_assert(sizeof ops / sizeof *ops == OP_COUNT, "an operation has no row");

const struct op *op_get(enum op_id id)
{
    return (unsigned)id < OP_COUNT ? &ops[id] : NULL;
}

const struct op *op_by_id(const char *id)
{
    for (int i = 0; i < OP_COUNT; i++)
        if (strcmp(ops[i].id, id) == 0)
            return &ops[i];
    return NULL;
}

const struct service *service_get(enum service_id id)
{
    return &services[id];
}

bool op_may_repeat(const struct op *op)
{
    return op->effect == EFFECT_READ || op->token;
}

const char *op_iam_action(const struct op *op)
{
    return op->iam_action ? op->iam_action : op->id;
}
