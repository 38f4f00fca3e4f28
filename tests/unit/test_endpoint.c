/* Which host a call goes to, per partition, variant and service. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/endpoint.h"

#include <stdlib.h>
#include <string.h>

struct row {
    enum service_id service;
    const char *region, *url;
    bool fips, dual;
    const char *base, *host, *signing;
};

static const struct row rows[] = {
    {SERVICE_KMS, "eu-central-1", NULL, 0, 0, "https://kms.eu-central-1.amazonaws.com",
     "kms.eu-central-1.amazonaws.com", "eu-central-1"},
    {SERVICE_KMS, "us-east-1", NULL, 1, 0, "https://kms-fips.us-east-1.amazonaws.com",
     "kms-fips.us-east-1.amazonaws.com", "us-east-1"},
    {SERVICE_KMS, "us-east-1", NULL, 0, 1, "https://kms.us-east-1.api.aws", "kms.us-east-1.api.aws",
     "us-east-1"},
    {SERVICE_KMS, "us-east-1", NULL, 1, 1, "https://kms-fips.us-east-1.api.aws",
     "kms-fips.us-east-1.api.aws", "us-east-1"},
    {SERVICE_BACKUP, "cn-north-1", NULL, 0, 0, "https://backup.cn-north-1.amazonaws.com.cn",
     "backup.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {SERVICE_SSM, "us-gov-west-1", NULL, 0, 0, "https://ssm.us-gov-west-1.amazonaws.com",
     "ssm.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
    {SERVICE_SSM, "us-gov-east-1", NULL, 1, 0, "https://ssm.us-gov-east-1.amazonaws.com",
     "ssm.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
    {SERVICE_KMS, "us-gov-east-1", NULL, 1, 0, "https://kms-fips.us-gov-east-1.amazonaws.com",
     "kms-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
    {SERVICE_KMS, "eusc-de-east-1", NULL, 0, 0, "https://kms.eusc-de-east-1.amazonaws.eu",
     "kms.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
    {SERVICE_KMS, "us-iso-east-1", NULL, 0, 0, "https://kms.us-iso-east-1.c2s.ic.gov",
     "kms.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
    {SERVICE_RDS, "us-isob-east-1", NULL, 0, 0, "https://rds.us-isob-east-1.sc2s.sgov.gov",
     "rds.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
    {SERVICE_EC2, "eu-isoe-west-1", NULL, 0, 0, "https://ec2.eu-isoe-west-1.cloud.adc-e.uk",
     "ec2.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"},
    {SERVICE_EC2, "us-isof-south-1", NULL, 0, 0, "https://ec2.us-isof-south-1.csp.hci.ic.gov",
     "ec2.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"},
    {SERVICE_KMS, "mx-central-1", NULL, 0, 0, "https://kms.mx-central-1.amazonaws.com",
     "kms.mx-central-1.amazonaws.com", "mx-central-1"},
    {SERVICE_KMS, "zz-new-9", NULL, 0, 0, "https://kms.zz-new-9.amazonaws.com",
     "kms.zz-new-9.amazonaws.com", "zz-new-9"},
    /* global services */
    {SERVICE_ORGANIZATIONS, "eu-central-1", NULL, 0, 0,
     "https://organizations.us-east-1.amazonaws.com", "organizations.us-east-1.amazonaws.com",
     "us-east-1"},
    {SERVICE_ORGANIZATIONS, "eu-central-1", NULL, 1, 0,
     "https://organizations-fips.us-east-1.amazonaws.com",
     "organizations-fips.us-east-1.amazonaws.com", "us-east-1"},
    {SERVICE_ORGANIZATIONS, "us-gov-east-1", NULL, 1, 0,
     "https://organizations.us-gov-west-1.amazonaws.com",
     "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
    {SERVICE_ORGANIZATIONS, "cn-north-1", NULL, 0, 0,
     "https://organizations.cn-northwest-1.amazonaws.com.cn",
     "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
    {SERVICE_ORGANIZATIONS, "eu-isoe-west-1", NULL, 0, 0,
     "https://organizations.eu-isoe-west-1.cloud.adc-e.uk",
     "organizations.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"},
    {SERVICE_ACCOUNT, "ap-south-1", NULL, 0, 1, "https://account.us-east-1.api.aws",
     "account.us-east-1.api.aws", "us-east-1"},
    {SERVICE_ACCOUNT, "us-gov-east-1", NULL, 1, 0,
     "https://account-fips.us-gov-west-1.amazonaws.com", "account-fips.us-gov-west-1.amazonaws.com",
     "us-gov-west-1"},
    {SERVICE_IAM, "eu-central-1", NULL, 0, 0, "https://iam.amazonaws.com", "iam.amazonaws.com",
     "us-east-1"},
    {SERVICE_IAM, "eu-central-1", NULL, 1, 0, "https://iam-fips.amazonaws.com", "iam-fips.amazonaws.com",
     "us-east-1"},
    {SERVICE_IAM, "us-east-1", NULL, 0, 1, "https://iam.global.api.aws", "iam.global.api.aws", "us-east-1"},
    {SERVICE_IAM, "us-east-1", NULL, 1, 1, "https://iam-fips.global.api.aws", "iam-fips.global.api.aws",
     "us-east-1"},
    {SERVICE_IAM, "cn-northwest-1", NULL, 0, 0, "https://iam.cn-north-1.amazonaws.com.cn",
     "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {SERVICE_IAM, "us-gov-east-1", NULL, 1, 0, "https://iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com",
     "us-gov-west-1"},
    {SERVICE_IAM, "us-gov-east-1", NULL, 1, 1, "https://iam.us-gov.api.aws", "iam.us-gov.api.aws",
     "us-gov-west-1"},
    {SERVICE_IAM, "us-iso-west-1", NULL, 0, 0, "https://iam.us-iso-east-1.c2s.ic.gov",
     "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
    {SERVICE_IAM, "us-isob-east-1", NULL, 0, 1, "https://iam.api.aws.scloud", "iam.api.aws.scloud",
     "us-isob-east-1"},
    {SERVICE_IAM, "eusc-de-east-1", NULL, 0, 0, "https://iam.eusc-de-east-1.amazonaws.eu",
     "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
    {SERVICE_STS, "aws-global", NULL, 0, 0, "https://sts.us-east-1.amazonaws.com",
     "sts.us-east-1.amazonaws.com", "us-east-1"},
    /* where people log in */
    {SERVICE_SSO_OIDC, "eu-central-1", NULL, 0, 0, "https://oidc.eu-central-1.amazonaws.com",
     "oidc.eu-central-1.amazonaws.com", "eu-central-1"},
    {SERVICE_SSO, "us-gov-west-1", NULL, 1, 0, "https://portal.sso.us-gov-west-1.amazonaws.com",
     "portal.sso.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
    {SERVICE_SIGNIN, "eu-west-1", NULL, 0, 0, "https://eu-west-1.signin.aws.amazon.com",
     "eu-west-1.signin.aws.amazon.com", "eu-west-1"},
    {SERVICE_SIGNIN, "cn-north-1", NULL, 0, 0, "https://cn-north-1.signin.amazonaws.cn",
     "cn-north-1.signin.amazonaws.cn", "cn-north-1"},
    /* custom URLs */
    {SERVICE_KMS, "eu-central-1", "http://localhost:5000", 0, 0, "http://localhost:5000",
     "localhost:5000", "eu-central-1"},
    {SERVICE_KMS, "eu-central-1", "https://Proxy.Example:443/aws/kms//", 0, 0,
     "https://Proxy.Example:443/aws/kms", "proxy.example", "eu-central-1"},
    {SERVICE_KMS, "eu-central-1", "http://127.0.0.1:80/", 0, 0, "http://127.0.0.1:80", "127.0.0.1",
     "eu-central-1"},
    {SERVICE_KMS, "eu-central-1", "http://[::1]:4566", 0, 0, "http://[::1]:4566", "[::1]:4566",
     "eu-central-1"},
    {SERVICE_ORGANIZATIONS, "eu-central-1", "http://localhost:5000", 0, 0, "http://localhost:5000",
     "localhost:5000", "us-east-1"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct endpoint got;
        struct err err;
        struct endpoint_query query = {.service = rows[i].service,
                                       .region = rows[i].region,
                                       .url = rows[i].url,
                                       .use_fips = rows[i].fips,
                                       .use_dualstack = rows[i].dual};
        assert_int_equal(endpoint_resolve(&query, &got, &err), ERR_OK);
        assert_string_equal(got.base, rows[i].base);
        assert_string_equal(got.host, rows[i].host);
        assert_string_equal(got.signing_region, rows[i].signing);
        assert_int_equal(got.is_custom, rows[i].url != NULL);
    }
}

static void test_global_sts(void **state)
{
    static const struct {
        const char *region;
        bool fips;
        const char *host, *signing;
    } sts[] = {
        {"eu-west-1", 0, "sts.amazonaws.com", "us-east-1"},
        {"us-east-1", 0, "sts.amazonaws.com", "us-east-1"},
        {"ap-northeast-3", 0, "sts.ap-northeast-3.amazonaws.com", "ap-northeast-3"},
        {"cn-north-1", 0, "sts.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {"us-east-1", 1, "sts-fips.us-east-1.amazonaws.com", "us-east-1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sts / sizeof *sts; i++) {
        struct endpoint got;
        struct err err;
        struct endpoint_query query = {.service = SERVICE_STS,
                                       .region = sts[i].region,
                                       .use_fips = sts[i].fips,
                                       .use_global_sts = true};
        assert_int_equal(endpoint_resolve(&query, &got, &err), ERR_OK);
        assert_string_equal(got.host, sts[i].host);
        assert_string_equal(got.signing_region, sts[i].signing);
        query.service = SERVICE_KMS;
        assert_int_equal(endpoint_resolve(&query, &got, &err), ERR_OK);
        assert_null(strstr(got.host, "sts"));
    }
}

static void test_origin(void **state)
{
    struct endpoint got;
    struct err err;
    struct endpoint_query query = {
        .service = SERVICE_KMS, .region = "eu-central-1", .url = "http://localhost:5000/a/b"};
    (void)state;
    assert_int_equal(endpoint_resolve(&query, &got, &err), ERR_OK);
    assert_string_equal(got.base + got.origin_len, "/a/b");
}

static void test_refused(void **state)
{
    static const struct {
        const char *region, *url;
        bool fips;
        const char *word; /* the sentence must hold it */
    } bad[] = {
        {"", NULL, 0, "Region"},
        {"EU-central-1", NULL, 0, "EU-central-1"},
        {"eu-central-1.evil.example/", NULL, 0, "Region"},
        {"eu central-1", NULL, 0, "Region"},
        {"eu-central-1-eu-central-1-eu-centr", NULL, 0, "Region"},
        {"us-east-1", "localhost:5000", 0, "http://"},
        {"us-east-1", "ftp://localhost", 0, "http://"},
        {"us-east-1", "http://", 0, "scheme://host"},
        {"us-east-1", "http://user:pw@host/", 0, "scheme://host"},
        {"us-east-1", "http://host/?x=1", 0, "scheme://host"},
        {"us-east-1", "http://ho st/", 0, "blank"},
        {"us-east-1", "http://host/\r\nX: y", 0, "blank"},
        {"us-east-1", "http://localhost:5000", 1, "FIPS"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct endpoint got;
        struct err err = {0};
        struct endpoint_query query = {.service = SERVICE_KMS,
                                       .region = bad[i].region,
                                       .url = bad[i].url,
                                       .use_fips = bad[i].fips};
        assert_int_equal(endpoint_resolve(&query, &got, &err), ERR_USAGE);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.text, bad[i].word));
    }
}

static void test_environment(void **state)
{
    struct endpoint_env env;
    (void)state;
    assert_int_equal(setenv("AWS_ENDPOINT_URL", "http://all", 1), 0);
    assert_int_equal(setenv("AWS_ENDPOINT_URL_KMS", "http://kms", 1), 0);
    assert_int_equal(setenv("AWS_ENDPOINT_URL_SSM", "", 1), 0);
    assert_int_equal(setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", 1), 0);
    assert_int_equal(setenv("AWS_USE_FIPS_ENDPOINT", "no", 1), 0);
    assert_int_equal(unsetenv("AWS_USE_DUALSTACK_ENDPOINT"), 0);
    endpoint_env_read(&env);
    assert_string_equal(env.url_all, "http://all");
    assert_string_equal(env.url[SERVICE_KMS], "http://kms");
    assert_null(env.url[SERVICE_SSM]);
    assert_true(env.ignore);
    assert_true(env.has_fips && !env.use_fips);
    assert_false(env.has_dualstack || env.use_dualstack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_global_sts),
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
