#include "backend/aws/op.h"

#include <assert.h>

static const struct service services[] = {
    [SERVICE_STS] = {.name = "sts",
                     .signing_name = "sts",
                     .endpoint_prefix = "sts",
                     .env_id = "STS",
                     .protocol = PROTOCOL_QUERY,
                     .api_version = "2011-06-15",
                     .total_rate = 600},
    [SERVICE_ORGANIZATIONS] = {.name = "organizations",
                               .signing_name = "organizations",
                               .endpoint_prefix = "organizations",
                               .env_id = "ORGANIZATIONS",
                               .protocol = PROTOCOL_JSON,
                               .json_version = "1.1",
                               .target_prefix = "AWSOrganizationsV20161128.",
                               .global = true},
    [SERVICE_ACCOUNT] = {.name = "account",
                         .signing_name = "account",
                         .endpoint_prefix = "account",
                         .env_id = "ACCOUNT",
                         .protocol = PROTOCOL_REST_JSON,
                         .global = true},
    [SERVICE_KMS] = {.name = "kms",
                     .signing_name = "kms",
                     .endpoint_prefix = "kms",
                     .env_id = "KMS",
                     .protocol = PROTOCOL_JSON,
                     .json_version = "1.1",
                     .target_prefix = "TrentService."},
    [SERVICE_SSM] = {.name = "ssm",
                     .signing_name = "ssm",
                     .endpoint_prefix = "ssm",
                     .env_id = "SSM",
                     .protocol = PROTOCOL_JSON,
                     .json_version = "1.1",
                     .target_prefix = "AmazonSSM."},
    [SERVICE_BACKUP] = {.name = "backup",
                        .signing_name = "backup",
                        .endpoint_prefix = "backup",
                        .env_id = "BACKUP",
                        .protocol = PROTOCOL_REST_JSON,
                        .total_rate = 50},
    [SERVICE_RDS] = {.name = "rds",
                     .signing_name = "rds",
                     .endpoint_prefix = "rds",
                     .env_id = "RDS",
                     .protocol = PROTOCOL_QUERY,
                     .api_version = "2014-10-31",
                     .total_rate = 12,
                     .total_burst = 300,
                     .rate_share = 0.25},
    [SERVICE_EC2] = {.name = "ec2",
                     .signing_name = "ec2",
                     .endpoint_prefix = "ec2",
                     .env_id = "EC2",
                     .protocol = PROTOCOL_EC2,
                     .api_version = "2016-11-15",
                     .rate_share = 0.25},
};
static_assert(sizeof services / sizeof *services == SERVICE_COUNT, "a service has no row");

/* Members that may hold a secret. */
static const char *const no_passwords[] = {"MasterUserPassword", NULL};

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

const struct service *service_get(enum service_id id)
{
    return &services[id];
}

const char *op_iam_action(const struct op *op)
{
    return op->iam_action ? op->iam_action : op->id;
}
