/* Requests as bytes, for each protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/build.h"

#include <string.h>

struct row {
    enum op_id op;
    struct param params[4];
    const char *token;
    const char *method, *path, *query, *body, *type, *target;
};

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/k"
#define JSON11 "application/x-amz-json-1.1"
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

static const struct row rows[] = {
    {OP_KMS_LIST_KEYS,
     {{0}},
     NULL,
     "POST",
     "/",
     "",
     "{\"Limit\":1000}",
     JSON11,
     "TrentService.ListKeys"},
    {OP_KMS_LIST_KEYS,
     {{0}},
     "m\"1",
     "POST",
     "/",
     "",
     "{\"Limit\":1000,\"Marker\":\"m\\\"1\"}",
     JSON11,
     "TrentService.ListKeys"},
    {OP_KMS_LIST_KEYS,
     {{"Limit", "7", PARAM_INT}},
     NULL,
     "POST",
     "/",
     "",
     "{\"Limit\":7}",
     JSON11,
     "TrentService.ListKeys"},
    {OP_KMS_DESCRIBE_KEY,
     {{"KeyId", ARN, PARAM_TEXT}},
     NULL,
     "POST",
     "/",
     "",
     "{\"KeyId\":\"" ARN "\"}",
     JSON11,
     "TrentService.DescribeKey"},
    {OP_KMS_DESCRIBE_KEY, /* a header stands beside what is sent */
     {{"x-a", "1", PARAM_HEADER}, {"KeyId", ARN, PARAM_TEXT}},
     NULL,
     "POST",
     "/",
     "",
     "{\"KeyId\":\"" ARN "\"}",
     JSON11,
     "TrentService.DescribeKey"},
    {OP_ORGANIZATIONS_DESCRIBE_ORGANIZATION,
     {{0}},
     NULL,
     "POST",
     "/",
     "",
     "{}",
     JSON11,
     "AWSOrganizationsV20161128.DescribeOrganization"},
    {OP_SSM_DESCRIBE_PARAMETERS,
     {{"ParameterFilters", "[{\"Key\":\"Type\",\"Values\":[\"SecureString\"]}]", PARAM_JSON},
      {"Shared", "true", PARAM_BOOL}},
     NULL,
     "POST",
     "/",
     "",
     "{\"ParameterFilters\":[{\"Key\":\"Type\",\"Values\":[\"SecureString\"]}],\"Shared\":true,"
     "\"MaxResults\":50}",
     JSON11,
     "AmazonSSM.DescribeParameters"},
    {OP_BACKUP_LIST_BACKUP_VAULTS,
     {{0}},
     NULL,
     "GET",
     "/backup-vaults/",
     "maxResults=1000",
     "",
     NULL,
     ""},
    {OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT,
     {{"backupVaultName", "a b/c:d", PARAM_TEXT}, {"resourceArn", "arn:aws:ec2", PARAM_TEXT}},
     "ab+/==",
     "GET",
     "/backup-vaults/a%20b%2Fc%3Ad/recovery-points/",
     "resourceArn=arn%3Aaws%3Aec2&maxResults=1000&nextToken=ab%2B%2F%3D%3D",
     "",
     NULL,
     ""},
    {OP_BACKUP_GET_BACKUP_SELECTION,
     {{"selectionId", "s", PARAM_TEXT}, {"backupPlanId", "p", PARAM_TEXT}},
     NULL,
     "GET",
     "/backup/plans/p/selections/s",
     "",
     "",
     NULL,
     ""},
    {OP_BACKUP_DESCRIBE_REGION_SETTINGS, {{0}}, NULL, "GET", "/account-settings", "", "", NULL, ""},
    {OP_S3_LIST_BUCKETS, {{0}}, "t/=", "GET", "/", "max-buckets=10000&continuation-token=t%2F%3D", "", NULL, ""},
    {OP_S3_GET_BUCKET_ENCRYPTION,
     {{"Bucket", "my.bucket/x?y", PARAM_TEXT}},
     NULL,
     "GET",
     "/my.bucket%2Fx%3Fy",
     "encryption",
     "",
     NULL,
     ""},
    {OP_ACCOUNT_LIST_REGIONS,
     {{"AccountId", "111122223333", PARAM_TEXT}},
     "t",
     "POST",
     "/listRegions",
     "",
     "{\"AccountId\":\"111122223333\",\"MaxResults\":50,\"NextToken\":\"t\"}",
     "application/json",
     ""},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS,
     {{"SnapshotType", "awsbackup", PARAM_TEXT}, {"IncludeShared", "true", PARAM_BOOL}},
     "m",
     "POST",
     "/",
     "",
     "Action=DescribeDBSnapshots&Version=2014-10-31&SnapshotType=awsbackup&IncludeShared=true&"
     "MaxRecords=100&Marker=m",
     FORM,
     ""},
    {OP_EC2_DESCRIBE_SNAPSHOTS,
     {{"Owner.1", "self", PARAM_TEXT}},
     NULL,
     "POST",
     "/",
     "",
     "Action=DescribeSnapshots&Version=2016-11-15&Owner.1=self&MaxResults=1000",
     FORM,
     ""},
    {OP_STS_GET_CALLER_IDENTITY,
     {{0}},
     NULL,
     "POST",
     "/",
     "",
     "Action=GetCallerIdentity&Version=2011-06-15",
     FORM,
     ""},
};

static size_t count(const struct param *params, size_t max)
{
    size_t n = 0;
    while (n < max && params[n].name)
        n++;
    return n;
}

static const char *text(const struct buf *b)
{
    return b->len > 0 ? b->data : "";
}

static void test_rows(void **state)
{
    struct built got = {0};
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        print_message("%s\n", op_get(r->op)->id);
        assert_int_equal(
            build_request(op_get(r->op), r->params, count(r->params, 4), r->token, &got, &err),
            ERR_OK);
        assert_string_equal(got.method, r->method);
        assert_string_equal(text(&got.path), r->path);
        assert_string_equal(text(&got.query), r->query);
        assert_string_equal(text(&got.body), r->body);
        assert_string_equal(got.target, r->target);
        if (r->type)
            assert_string_equal(got.content_type, r->type);
        else
            assert_null(got.content_type);
    }
    build_free(&got);
}

static void test_refused(void **state)
{
    static const struct {
        enum op_id op;
        struct param param;
        enum err_code code;
    } bad[] = {
        {OP_BACKUP_DESCRIBE_BACKUP_VAULT, {"other", "x", PARAM_TEXT}, ERR_USAGE},
        {OP_BACKUP_DESCRIBE_BACKUP_VAULT, {"backupVaultName", "", PARAM_TEXT}, ERR_USAGE},
        {OP_BACKUP_DESCRIBE_BACKUP_VAULT, {"backupVaultName", "..", PARAM_TEXT}, ERR_USAGE},
        {OP_BACKUP_LIST_BACKUP_VAULTS, {"x", "[]", PARAM_JSON}, ERR_USAGE},
        {OP_KMS_LIST_KEYS, {"Limit", "1,\"x\":2", PARAM_INT}, ERR_USAGE},
        {OP_KMS_LIST_KEYS, {"Limit", "", PARAM_INT}, ERR_USAGE},
        {OP_KMS_LIST_KEYS, {"Limit", "007", PARAM_INT}, ERR_USAGE},
        {OP_KMS_LIST_KEYS, {"B", "yes", PARAM_BOOL}, ERR_USAGE},
        {OP_SSM_DESCRIBE_PARAMETERS, {"ParameterFilters", "[1", PARAM_JSON}, ERR_PARSE},
        {OP_SSM_DESCRIBE_PARAMETERS, {"ParameterFilters", "[],\"x\":1", PARAM_JSON}, ERR_PARSE},
        {OP_RDS_DESCRIBE_DB_CLUSTERS, {"Filters", "[]", PARAM_JSON}, ERR_USAGE},
    };
    struct built got = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {0};
        assert_int_equal(build_request(op_get(bad[i].op), &bad[i].param, 1, NULL, &got, &err),
                         bad[i].code);
        assert_true(err.text[0] != '\0');
    }
    build_free(&got);
}

/* A label's value cannot leave its place in the path, nor a member its place in the form. */
static void test_values_stay_in_place(void **state)
{
    struct built got = {0};
    struct err err;
    struct param vault = {"backupVaultName", "../x?y#z", PARAM_TEXT};
    struct param type = {"SnapshotType", "a&Action=DeleteDBSnapshot", PARAM_TEXT};
    (void)state;
    assert_int_equal(
        build_request(op_get(OP_BACKUP_DESCRIBE_BACKUP_VAULT), &vault, 1, NULL, &got, &err),
        ERR_OK);
    assert_string_equal(got.path.data, "/backup-vaults/..%2Fx%3Fy%23z");
    assert_int_equal(
        build_request(op_get(OP_RDS_DESCRIBE_DB_SNAPSHOTS), &type, 1, NULL, &got, &err), ERR_OK);
    assert_null(strstr(got.body.data, "&Action="));
    build_free(&got);
}

/* As botocore 1.43 addresses them at AWS's own endpoints. */
static void test_buckets_in_hosts(void **state)
{
    static const struct {
        const char *name, *bucket, *path;
    } buckets[] = {
        {"my-bucket", "my-bucket", "/"},
        {"abc", "abc", "/"},
        {"0-9", "0-9", "/"},
        {"ab", "", "/ab"},
        {"my.bucket", "", "/my.bucket"},
        {"My_Bucket", "", "/My_Bucket"},
        {"-bucket", "", "/-bucket"},
        {"bucket-", "", "/bucket-"},
        {"a/b", "", "/a%2Fb"},
        {"evil.example/", "", "/evil.example%2F"},
        {"123456789012345678901234567890123456789012345678901234567890123",
         "123456789012345678901234567890123456789012345678901234567890123", "/"},
        {"1234567890123456789012345678901234567890123456789012345678901234", "",
         "/1234567890123456789012345678901234567890123456789012345678901234"},
    };
    struct built got = {0};
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        const struct op *op = op_get(OP_S3_GET_BUCKET_ENCRYPTION);
        struct param name = {"Bucket", buckets[i].name, PARAM_TEXT};
        assert_int_equal(build_request(op, &name, 1, NULL, &got, &err), ERR_OK);
        assert_string_equal(got.bucket, "");
        build_move_bucket(op, &got);
        assert_string_equal(got.bucket, buckets[i].bucket);
        assert_string_equal(got.path.data, buckets[i].path);
        assert_string_equal(got.query.data, "encryption");
    }
    /* others have no bucket to move */
    assert_int_equal(build_request(op_get(OP_BACKUP_DESCRIBE_REGION_SETTINGS), NULL, 0, NULL, &got, &err), ERR_OK);
    build_move_bucket(op_get(OP_BACKUP_DESCRIBE_REGION_SETTINGS), &got);
    assert_string_equal(got.path.data, "/account-settings");
    build_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_values_stay_in_place),
        cmocka_unit_test(test_buckets_in_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
