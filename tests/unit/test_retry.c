/* What failures mean, and how long to wait before trying again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/retry.h"

#include <curl/curl.h>

enum { CLOCK = 1, IDENTITY = 2, TOKEN = 4 };

struct row {
    const char *code;
    int status;
    bool is_write, has_token;
    enum err_code err;
    enum retry retry;
    int flags;
};

static const struct row rows[] = {
    {"ThrottlingException", 400, 0, 0, ERR_THROTTLED, RETRY_THROTTLED, 0},
    {"ThrottlingException", 400, 1, 0, ERR_THROTTLED, RETRY_THROTTLED, 0},
    {"RequestLimitExceeded", 503, 0, 0, ERR_THROTTLED, RETRY_THROTTLED, 0},
    {"TooManyRequestsException", 429, 0, 0, ERR_THROTTLED, RETRY_THROTTLED, 0},
    {"LimitExceededException", 400, 0, 0, ERR_THROTTLED, RETRY_THROTTLED, 0},
    {"LimitExceededException", 400, 1, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"", 429, 0, 0, ERR_THROTTLED, RETRY_NEVER, 0},
    {"", 500, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"KMSInternalException", 500, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"KMSInternalException", 500, 1, 0, ERR_SERVER, RETRY_NEVER, 0},
    {"", 502, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"", 503, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"", 504, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"", 501, 0, 0, ERR_SERVER, RETRY_NEVER, 0},
    {"RequestTimeout", 400, 0, 0, ERR_SERVER, RETRY_TRANSIENT, 0},
    {"AccessDeniedException", 400, 0, 0, ERR_DENIED, RETRY_NEVER, 0},
    {"UnauthorizedOperation", 403, 0, 0, ERR_DENIED, RETRY_NEVER, 0},
    {"", 403, 0, 0, ERR_DENIED, RETRY_NEVER, 0},
    {"SomethingNew", 403, 0, 0, ERR_DENIED, RETRY_NEVER, 0},
    {"ExpiredTokenException", 400, 0, 0, ERR_EXPIRED, RETRY_NEVER, IDENTITY},
    {"RequestExpired", 400, 0, 0, ERR_EXPIRED, RETRY_NEVER, IDENTITY | CLOCK},
    {"UnrecognizedClientException", 400, 0, 0, ERR_CREDENTIALS, RETRY_NEVER, IDENTITY},
    {"InvalidClientTokenId", 403, 0, 0, ERR_CREDENTIALS, RETRY_NEVER, IDENTITY},
    {"AuthFailure", 401, 0, 0, ERR_CREDENTIALS, RETRY_NEVER, IDENTITY | CLOCK},
    {"SignatureDoesNotMatch", 403, 0, 0, ERR_CREDENTIALS, RETRY_NEVER, IDENTITY | CLOCK},
    {"InvalidMarkerException", 400, 0, 1, ERR_STALE_TOKEN, RETRY_NEVER, TOKEN},
    {"InvalidMarkerException", 400, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"InvalidParameterValueException", 400, 0, 1, ERR_STALE_TOKEN, RETRY_NEVER, TOKEN},
    {"InvalidParameterValueException", 400, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"NotFoundException", 400, 0, 0, ERR_NOT_FOUND, RETRY_NEVER, 0},
    {"DBInstanceNotFound", 404, 0, 0, ERR_NOT_FOUND, RETRY_NEVER, 0},
    {"DBClusterSnapshotNotFoundFault", 404, 0, 0, ERR_NOT_FOUND, RETRY_NEVER, 0},
    {"InvalidVolume.NotFound", 400, 0, 0, ERR_NOT_FOUND, RETRY_NEVER, 0},
    {"UnknownOperationException", 400, 0, 0, ERR_UNSUPPORTED, RETRY_NEVER, 0},
    {"OptInRequired", 401, 0, 0, ERR_UNSUPPORTED, RETRY_NEVER, 0},
    {"ValidationException", 400, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"KMSInvalidStateException", 400, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"", 404, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
    {"", 302, 0, 0, ERR_REJECTED, RETRY_NEVER, 0},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure f =
            retry_classify(rows[i].code, rows[i].status,
                           (struct failure_context){.is_write = rows[i].is_write,
                                                    .has_token = rows[i].has_token,
                                                    .is_once = rows[i].is_write});
        print_message("%s %d\n", rows[i].code, rows[i].status);
        assert_int_equal(f.err, rows[i].err);
        assert_int_equal(f.retry, rows[i].retry);
        assert_int_equal(f.is_clock ? CLOCK : 0, rows[i].flags & CLOCK);
        assert_int_equal(f.is_credentials ? IDENTITY : 0, rows[i].flags & IDENTITY);
        assert_int_equal(f.is_token ? TOKEN : 0, rows[i].flags & TOKEN);
    }
}

/* A write with a token is served once however often it is sent; its quota is still one of resources. */
static void test_a_write_with_a_token(void **state)
{
    const struct failure_context context = {.is_write = true};
    (void)state;
    assert_int_equal(retry_classify("", 500, context).retry, RETRY_TRANSIENT);
    assert_int_equal(retry_classify("LimitExceededException", 400, context).retry, RETRY_NEVER);
}

static void test_transfers(void **state)
{
    static const struct {
        CURLcode code;
        bool nothing_sent;
        enum err_code err;
        bool read_again, write_again;
    } transfers[] = {
        {CURLE_COULDNT_RESOLVE_HOST, 1, ERR_UNREACHABLE, 1, 1},
        {CURLE_COULDNT_CONNECT, 1, ERR_UNREACHABLE, 1, 1},
        {CURLE_SSL_CONNECT_ERROR, 1, ERR_TLS, 1, 1},
        {CURLE_PEER_FAILED_VERIFICATION, 1, ERR_TLS, 0, 0},
        {CURLE_SSL_CACERT_BADFILE, 1, ERR_TLS, 0, 0},
        {CURLE_OPERATION_TIMEDOUT, 0, ERR_TIMEOUT, 1, 0},
        {CURLE_OPERATION_TIMEDOUT, 1, ERR_TIMEOUT, 1, 1},
        {CURLE_RECV_ERROR, 0, ERR_UNREACHABLE, 1, 0},
        {CURLE_SEND_ERROR, 0, ERR_UNREACHABLE, 1, 0},
        {CURLE_GOT_NOTHING, 0, ERR_UNREACHABLE, 1, 0},
        {CURLE_PARTIAL_FILE, 0, ERR_SERVER, 1, 0},
        {CURLE_WRITE_ERROR, 0, ERR_LIMIT, 0, 0},
        {CURLE_HTTP2, 0, ERR_UNREACHABLE, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++) {
        struct failure read =
            retry_classify_transfer((int)transfers[i].code, transfers[i].nothing_sent, false);
        struct failure write =
            retry_classify_transfer((int)transfers[i].code, transfers[i].nothing_sent, true);
        assert_int_equal(read.err, transfers[i].err);
        assert_int_equal(read.retry == RETRY_TRANSIENT, transfers[i].read_again);
        assert_int_equal(write.retry == RETRY_TRANSIENT, transfers[i].write_again);
    }
}

static void test_delays(void **state)
{
    static const struct {
        enum retry why;
        int failed;
        double random;
        int64_t hint, want;
    } delays[] = {
        {RETRY_TRANSIENT, 1, 0, RETRY_HINT_NONE, 0},
        {RETRY_TRANSIENT, 1, 0.5, RETRY_HINT_NONE, 25},
        {RETRY_TRANSIENT, 2, 0.5, RETRY_HINT_NONE, 50},
        {RETRY_THROTTLED, 1, 0.5, RETRY_HINT_NONE, 500},
        {RETRY_THROTTLED, 3, 0.5, RETRY_HINT_NONE, 2000},
        {RETRY_THROTTLED, 30, 0.5, RETRY_HINT_NONE, 10000},
        {RETRY_THROTTLED, 2000, 0.999, RETRY_HINT_NONE, 19980},
        {RETRY_THROTTLED, 1, 0.5, 2000, 2000},
        {RETRY_THROTTLED, 1, 0.5, 100, 500},
        {RETRY_THROTTLED, 1, 0.5, 60000, 5500},
    };
    (void)state;
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++)
        assert_int_equal(
            retry_delay_ms(delays[i].why, delays[i].failed, delays[i].random, delays[i].hint),
            delays[i].want);
    assert_int_equal(retry_cost(RETRY_TRANSIENT), 14);
    assert_int_equal(retry_cost(RETRY_THROTTLED), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_write_with_a_token),
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
