/* S3 on the wire: buckets in hosts and paths, signatures of their own kind, Regions that are told late. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/aws_rig.h"

#define ENCRYPTION                                                                                 \
    "<?xml version=\"1.0\"?><ServerSideEncryptionConfiguration "                                   \
    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ApplyServerSideEncryptionByDefault>" \
    "<SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"             \
    "</ServerSideEncryptionConfiguration>"
#define FAULT(code, more)                                                                          \
    "<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code><Message>m</Message>" more               \
    "<RequestId>REQ</RequestId><HostId>h</HostId></Error>"
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct param bucket[] = {{"Bucket", "my-bucket", PARAM_TEXT}};

static bool seen(size_t i, const char *text)
{
    pthread_mutex_lock(&rig.server.lock);
    bool found = i < rig.server.n_seen && strstr(rig.server.seen[i], text) != NULL;
    pthread_mutex_unlock(&rig.server.lock);
    return found;
}

static void test_a_request(void **state)
{
    static const struct reply script[] = {{200, ENCRYPTION, 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_S3_GET_BUCKET_ENCRYPTION, bucket, 1, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    assert_string_equal(rig.heard[0].tree, "{\"Rule\":{\"ApplyServerSideEncryptionByDefault\":"
                                           "{\"SSEAlgorithm\":\"aws:kms\"}}}");
    /* an endpoint of one's own has the bucket in its path */
    assert_true(seen(0, "GET /my-bucket?encryption HTTP/1.1\r\n"));
    assert_true(seen(0, "X-Amz-Content-SHA256: " EMPTY_HASH "\r\n"));
    assert_true(seen(0, "/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-security-token, "));
    rig_close();
}

static void test_pages(void **state)
{
    static const struct reply script[] = {
        {200, "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name></Bucket></Buckets>"
              "<ContinuationToken>t/1</ContinuationToken></ListAllMyBucketsResult>", 0, WHOLE},
        {200, "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_S3_LIST_BUCKETS, NULL, 0, 0, NULL);
    run_until(2);
    assert_false(rig.heard[0].last);
    assert_true(rig.heard[1].last);
    assert_true(seen(0, "GET /?max-buckets=10000 HTTP/1.1\r\n"));
    assert_true(seen(1, "GET /?max-buckets=10000&continuation-token=t%2F1 HTTP/1.1\r\n"));
    rig_close();
}

/* What is not the answer of the operation is none. */
static void test_another_root(void **state)
{
    static const struct reply script[] = {{200, "<ListAllMyBucketsResult/>", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_S3_GET_BUCKET_ENCRYPTION, bucket, 1, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_PARSE);
    rig_close();
}

/* ---- https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html ---------------------- */

#define NORTH "x-amz-bucket-region: eu-north-1\r\n"

static void test_redirects(void **state)
{
    static const struct reply rows[] = {
        {301, FAULT("PermanentRedirect", "<Endpoint>evil.example</Endpoint>"), NORTH, WHOLE},
        {301, "", NORTH, WHOLE},
        {307, FAULT("TemporaryRedirect", ""), NORTH, WHOLE},
        {400, FAULT("AuthorizationHeaderMalformed", "<Region>eu-north-1</Region>"), NULL, WHOLE},
        {400, FAULT("IllegalLocationConstraintException", ""), NORTH, WHOLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply script[] = {rows[i], {200, ENCRYPTION, 0, WHOLE}};
        OPEN(script, .no_rate_limit = true);
        ask(OP_S3_GET_BUCKET_ENCRYPTION, bucket, 1, 0, NULL);
        run_until(1);
        assert_int_equal(rig.heard[0].code, ERR_OK);
        assert_int_equal(n_requests(), 2);
        assert_true(seen(0, "/eu-central-1/s3/aws4_request"));
        assert_true(seen(1, "/eu-north-1/s3/aws4_request"));
        rig_close();
    }
}

/* Not twice, not to where it asked already, not to what is no Region, not for others. */
static void test_no_redirects(void **state)
{
    static const struct {
        struct reply reply;
        enum op_id op;
        size_t n_requests;
        enum err_code code;
    } rows[] = {
        {{301, FAULT("PermanentRedirect", ""), NORTH, WHOLE}, OP_S3_GET_BUCKET_ENCRYPTION, 2, ERR_REJECTED},
        {{301, FAULT("PermanentRedirect", ""), "x-amz-bucket-region: eu-central-1\r\n", WHOLE},
         OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_REJECTED},
        {{301, FAULT("PermanentRedirect", ""), "x-amz-bucket-region: evil.example/x\r\n", WHOLE},
         OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_REJECTED},
        {{301, FAULT("PermanentRedirect", "<Region>a b</Region>"), NULL, WHOLE},
         OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_REJECTED},
        {{301, "", NULL, WHOLE}, OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_REJECTED},
        {{403, FAULT("AccessDenied", ""), NORTH, WHOLE}, OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_DENIED},
        {{404, FAULT("NoSuchBucket", ""), NORTH, WHOLE}, OP_S3_GET_BUCKET_ENCRYPTION, 1, ERR_NOT_FOUND},
        {{301, "{}", NORTH, WHOLE}, OP_KMS_DESCRIBE_KEY, 1, ERR_REJECTED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply script[] = {rows[i].reply};
        OPEN(script, .no_rate_limit = true);
        ask(rows[i].op, bucket, 1, 0, NULL);
        run_until(1);
        if (rig.heard[0].code != rows[i].code || n_requests() != rows[i].n_requests)
            fail_msg("row %zu: %s after %zu requests", i, err_word(rig.heard[0].code), n_requests());
        rig_close();
    }
}

static void test_errors(void **state)
{
    static const struct reply script[] = {{403, FAULT("AccessDenied", ""), 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_S3_GET_BUCKET_ENCRYPTION, bucket, 1, 0, NULL);
    run_until(1);
    assert_string_equal(rig.heard[0].aws_code, "AccessDenied");
    assert_string_equal(rig.heard[0].text, "AccessDenied: m");
    rig_close();
}

/* ---- AWS's own hosts: what a proxy is asked to connect to -------------------------------------- */

static void test_hosts(void **state)
{
    static const struct {
        const char *bucket, *host;
    } rows[] = {
        {"my-bucket", "CONNECT my-bucket.s3.eu-central-1.amazonaws.com:443 "},
        {"my.bucket", "CONNECT s3.eu-central-1.amazonaws.com:443 "},
        {"evil.example/", "CONNECT s3.eu-central-1.amazonaws.com:443 "},
    };
    static const struct reply script[] = {{403, "no", 0, WHOLE}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct param name = {"Bucket", rows[i].bucket, PARAM_TEXT};
        rig_open(NULL, 0, (struct aws_settings){.no_rate_limit = true, .max_attempts = 1});
        server_start(&rig.server, script, 1);
        char *proxy = mem_printf("http://127.0.0.1:%d", rig.server.port);
        assert_int_equal(setenv("https_proxy", proxy, 1), 0);
        ask(OP_S3_GET_BUCKET_ENCRYPTION, &name, 1, 0, NULL);
        run_until(1);
        assert_int_not_equal(rig.heard[0].code, ERR_OK);
        assert_true(seen(0, rows[i].host));
        unsetenv("https_proxy");
        mem_free(proxy);
        rig_close();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request),    cmocka_unit_test(test_pages),
        cmocka_unit_test(test_another_root), cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_no_redirects), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, rig_set_up, NULL);
}
