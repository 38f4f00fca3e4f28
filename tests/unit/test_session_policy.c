/* The session policy admits what reading needs, and neither a change nor a secret. */
#include "backend/aws/op.h"
#include "backend/aws/session_policy.h"
#include "backend/base/mem.h"

#include <cJSON.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cJSON *tree;

static bool admits(const char *action)
{
    const cJSON *statement = cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "Statement"), 0), *pattern;
    cJSON_ArrayForEach(pattern, cJSON_GetObjectItem(statement, "Action"))
    {
        if (fnmatch(pattern->valuestring, action, 0) == 0)
            return true;
    }
    return false;
}

static void test_form(void **state)
{
    (void)state;
    char *text = session_policy();
    print_message("%zu characters\n", strlen(text));
    /* too long: let a service's reading verb go in as a whole (session_policy.c), if it gives nothing away */
    assert_true(strlen(text) < SESSION_POLICY_MAX);
    const cJSON *statements = cJSON_GetObjectItem(tree, "Statement"), *only = cJSON_GetArrayItem(statements, 0);
    assert_int_equal(cJSON_GetArraySize(statements), 1);
    assert_string_equal(cJSON_GetObjectItem(only, "Effect")->valuestring, "Allow");
    mem_free(text);
}

static void test_table(void **state)
{
    (void)state;
    size_t n_read = 0, n_write = 0;
    for (int i = 0; i < OP_COUNT; i++) {
        const struct op *op = op_get((enum op_id)i);
        const char *action = op_iam_action(op);
        bool is_read = op->effect == EFFECT_READ;
        if (action[0] && admits(action) != is_read)
            fail_msg("%s (%s) is %s", action, is_read ? "READ" : "WRITE", is_read ? "refused" : "admitted");
        n_read += is_read;
        n_write += !is_read;
    }
    assert_true(n_read > 100);
    assert_true(n_write > 0);
}

/* What keyfall has no rows for because it hands out secrets or contents, and how changes begin. */
static void test_refused(void **state)
{
    static const char *const refused[] = {
        "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:GetParametersForImport", "kms:GetPublicKey",
        "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy", "kms:Encrypt",
        "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory",
        "ssm:PutParameter", "ssm:DeleteParameter", "ssm:SendCommand", "ssm:StartSession",
        "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "s3:GetObject", "s3:PutObject",
        "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query", "lambda:GetFunction", "lambda:InvokeFunction",
        "ec2:GetPasswordData", "ec2:GetConsoleOutput", "ec2:GetLaunchTemplateData", "ec2:DeleteSnapshot",
        "ec2:ModifySnapshotAttribute", "ecr:GetAuthorizationToken", "ecr:BatchGetImage", "sqs:ReceiveMessage",
        "redshift:GetClusterCredentials", "redshift-serverless:GetCredentials", "rds:DownloadDBLogFilePortion",
        "rds:DeleteDBSnapshot", "logs:GetLogEvents", "logs:FilterLogEvents", "kinesis:GetRecords", "glue:GetConnection",
        "glue:GetConnections", "athena:GetQueryResults", "codeartifact:GetAuthorizationToken", "iam:PassRole",
        "iam:CreateAccessKey", "sts:GetFederationToken", "sts:AssumeRoleWithSAML", "backup:DeleteRecoveryPoint",
        "backup:StartCopyJob", "backup:PutBackupVaultAccessPolicy", "states:GetExecutionHistory", "organizations:*",
        "airflow:CreateCliToken", "airflow:CreateWebLoginToken", "eks:AccessKubernetesApi", "xray:GetTraceSummaries",
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (admits(refused[i]))
            fail_msg("%s is admitted", refused[i]);
    assert_true(admits("sts:AssumeRole"));
}

static int set_up(void **state)
{
    (void)state;
    char *text = session_policy();
    tree = cJSON_Parse(text);
    mem_free(text);
    return tree ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cJSON_Delete(tree);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("session_policy", tests, set_up, tear_down);
}
