/* What the wire sends, and what it makes of good and bad answers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/aws_rig.h"

#include <time.h>

/* --- one call, one script --- */

struct scripted {
    const char *name;
    enum op_id op;
    struct reply script[6];
    size_t n_script;
    size_t n_answers;   /* heard */
    enum err_code code; /* of the last */
    int attempts;       /* of the last */
    size_t n_requests;
    const char *has; /* in its text or tree */
};

static const struct scripted scripted[] = {
    {"an answer",
     OP_KMS_DESCRIBE_KEY,
     {{200, "{\"KeyMetadata\":{\"KeyId\":\"k\"}}", 0, WHOLE}},
     1,
     1,
     ERR_OK,
     1,
     1,
     "\"KeyId\":\"k\""},
    {"500, then fine",
     OP_KMS_DESCRIBE_KEY,
     {{500, "", 0, WHOLE}, {200, "{\"a\":1}", 0, WHOLE}},
     2,
     1,
     ERR_OK,
     2,
     2,
     "\"a\":1"},
    {"500 without end",
     OP_KMS_DESCRIBE_KEY,
     {{500, ERROR_BODY("KMSInternalException"), 0, WHOLE}},
     1,
     1,
     ERR_SERVER,
     3,
     3,
     "KMSInternalException"},
    {"HTML 503",
     OP_RDS_DESCRIBE_DB_CLUSTERS,
     {{503, HTML, 0, WHOLE}},
     1,
     1,
     ERR_SERVER,
     3,
     3,
     "HTTP 503"},
    {"throttled, then fine",
     OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}, {200, "{}", 0, WHOLE}},
     2,
     1,
     ERR_OK,
     2,
     2,
     "{}"},
    {"cut, then fine",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[]}", 0, CUT}, {200, "{\"Keys\":[]}", 0, WHOLE}},
     2,
     1,
     ERR_OK,
     2,
     2,
     "Keys"},
    {"cut without end",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[]}", 0, CUT}},
     1,
     1,
     ERR_SERVER,
     3,
     3,
     "127.0.0.1"},
    {"malformed without end: read twice",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[", 0, WHOLE}},
     1,
     1,
     ERR_PARSE,
     2,
     2,
     ""},
    {"malformed, then fine",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[", 0, WHOLE}, {200, "{\"Keys\":[]}", 0, WHOLE}},
     2,
     1,
     ERR_OK,
     2,
     2,
     "Keys"},
    {"HTML with 200",
     OP_RDS_DESCRIBE_DB_CLUSTERS,
     {{200, HTML, 0, WHOLE}},
     1,
     1,
     ERR_PARSE,
     2,
     2,
     "XML"},
    {"reset, then fine",
     OP_KMS_DESCRIBE_KEY,
     {{0, "", 0, RESET}, {200, "{}", 0, WHOLE}},
     2,
     1,
     ERR_OK,
     2,
     2,
     "{}"},
    {"denied",
     OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("AccessDeniedException"), 0, WHOLE}},
     1,
     1,
     ERR_DENIED,
     1,
     1,
     "AccessDeniedException: m"},
    {"expired keys: renewed and tried once more",
     OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("ExpiredTokenException"), 0, WHOLE}},
     1,
     1,
     ERR_EXPIRED,
     2,
     2,
     "ExpiredToken"},
    {"unknown keys",
     OP_KMS_DESCRIBE_KEY,
     {{400, ERROR_BODY("UnrecognizedClientException"), 0, WHOLE}},
     1,
     1,
     ERR_CREDENTIALS,
     2,
     2,
     "UnrecognizedClientException"},
    {"pages, one empty",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[{\"KeyId\":\"1\"}],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"b\"}", 0, WHOLE},
      {200, "{\"Keys\":[{\"KeyId\":\"3\"}],\"Truncated\":false}", 0, WHOLE}},
     3,
     3,
     ERR_OK,
     1,
     3,
     "\"KeyId\":\"3\""},
    {"the same token twice",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE}},
     1,
     2,
     ERR_SERVER,
     1,
     2,
     "same page token"},
    {"more, but not where",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true}", 0, WHOLE}},
     1,
     1,
     ERR_PARSE,
     2,
     2,
     "there is more"},
    {"a stale token: again from the first page",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE},
      {200, "{\"Keys\":[{\"KeyId\":\"z\"}],\"Truncated\":false}", 0, WHOLE}},
     3,
     2,
     ERR_OK,
     1,
     3,
     "\"KeyId\":\"z\""},
    {"a stale token without end",
     OP_KMS_LIST_KEYS,
     {{200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE},
      {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"b\"}", 0, WHOLE},
      {400, ERROR_BODY("InvalidMarkerException"), 0, WHOLE}},
     4,
     3,
     ERR_STALE_TOKEN,
     1,
     4,
     "InvalidMarkerException"},
    {"the wrapper of the query protocol is taken off, secrets are dropped",
     OP_RDS_DESCRIBE_DB_INSTANCES,
     {{200,
       "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><P>"
       "<MasterUserPassword>x</MasterUserPassword><Q>1</Q></P></DBInstance></DBInstances>"
       "</DescribeDBInstancesResult></DescribeDBInstancesResponse>",
       0, WHOLE}},
     1,
     1,
     ERR_OK,
     1,
     1,
     "{\"DBInstances\":{\"DBInstance\":{\"P\":{\"Q\":\"1\"}}}}"},
    {"a write is refused",
     OP_KMS_ENABLE_KEY,
     {{200, "", 0, WHOLE}},
     1,
     1,
     ERR_VIEWER,
     0,
     0,
     "no confirmed plan"},
};

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripted / sizeof *scripted; i++) {
        const struct scripted *s = &scripted[i];
        print_message("%s\n", s->name);
        rig_open(s->script, s->n_script, (struct aws_settings){.no_rate_limit = true});
        ask(s->op, NULL, 0, 0, NULL);
        run_until(s->n_answers);
        const struct heard *last = &rig.heard[s->n_answers - 1];
        assert_int_equal(last->code, s->code);
        assert_int_equal(last->attempts, s->attempts);
        assert_true(last->last);
        assert_true(strstr(last->text, s->has) || strstr(last->tree, s->has));
        assert_int_equal(n_requests(), s->n_requests);
        for (size_t j = 0; j + 1 < s->n_answers; j++)
            assert_false(rig.heard[j].last);
        rig_close();
    }
}

static void test_request_on_the_wire(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    struct param key = {"KeyId", "k", PARAM_TEXT};
    ask(OP_KMS_DESCRIBE_KEY, &key, 1, 0, NULL);
    run_until(1);
    const char *seen = rig.server.seen[0];
    static const char *const wanted[] = {
        "POST / HTTP/1.1\r\n",
        "\r\nContent-Type: application/x-amz-json-1.1\r\n",
        "\r\nX-Amz-Target: TrentService.DescribeKey\r\n",
        "\r\nX-Amz-Date: ",
        "\r\nX-Amz-Security-Token: TOKEN\r\n",
        ("/eu-central-1/kms/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
         "x-amz-target, Signature="),
        "\r\namz-sdk-invocation-id: ",
        "\r\namz-sdk-request: attempt=1; max=3\r\n",
        "\r\nUser-Agent: keyfall/",
        "\r\n\r\n{\"KeyId\":\"k\"}"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(seen, wanted[i]));
    assert_null(strstr(seen, "SECRET"));
    assert_null(strcasestr(seen, "\r\nExpect:"));
    rig_close();
}

static void test_rest_request(void **state)
{
    static const struct reply script[] = {{200, "{\"BackupVaultList\":[]}", 0, WHOLE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    ask(OP_BACKUP_LIST_BACKUP_VAULTS, NULL, 0, 0, NULL);
    run_until(1);
    assert_non_null(strstr(rig.server.seen[0], "GET /backup-vaults/?maxResults=1000 HTTP/1.1\r\n"));
    assert_null(strcasestr(rig.server.seen[0], "\r\nContent-Type:"));
    rig_close();
}

/* A server that closes kept connections costs nothing but a new one. */
static void test_closed_keep_alive(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, THEN_CLOSE}};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    for (size_t i = 0; i < 5; i++) {
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
        run_until(i + 1);
        assert_int_equal(rig.heard[i].code, ERR_OK);
        usleep(20000);
    }
    rig_close();
}

static void test_silence_ends(void **state)
{
    static const struct {
        enum manner manner;
        int stall_ms, total_ms;
        const char *has;
    } rows[] = {{HANG, 200, 5000, "sent nothing for 200 ms"}, {DRIP, 400, 700, "timed out"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply script[] = {{200, "{}", 0, rows[i].manner}};
        int64_t begin = time_mono_ms();
        OPEN(script, .no_rate_limit = true, .stall_timeout_ms = rows[i].stall_ms,
             .total_timeout_ms = rows[i].total_ms, .max_attempts = 1);
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
        run_until(1);
        assert_int_equal(rig.heard[0].code, ERR_TIMEOUT);
        assert_non_null(strstr(rig.heard[0].text, rows[i].has));
        assert_in_range(time_mono_ms() - begin, 150, 5000);
        rig_close();
    }
}

static void test_nobody_listens(void **state)
{
    char url[64], port[16];
    int dead = dead_port();
    (void)state;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", dead);
    (void)snprintf(port, sizeof port, "port %d", dead);
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = url});
    for (int i = 0; i < 40; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    int64_t begin = time_mono_ms();
    run_until(40);
    assert_true(time_mono_ms() - begin < 5000);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(rig.heard[i].code, ERR_UNREACHABLE);
        assert_non_null(strstr(rig.heard[i].text, "127.0.0.1"));
        assert_non_null(strstr(rig.heard[i].text, port));
    }
    /* the first was tried in earnest, those after it were spared */
    assert_int_equal(rig.heard[0].attempts, 3);
    assert_int_equal(rig.heard[39].attempts, 0);
    rig_close();
}

static void test_unknown_host(void **state)
{
    (void)state;
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = "http://no-such-host.invalid:81"});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_UNREACHABLE);
    assert_non_null(strstr(rig.heard[0].text, "no-such-host.invalid port 81"));
    rig_close();
}

static void test_tls_failures(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct server server;
    char url[64];
    (void)state;
    server_start(&server, script, 1);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", server.port);
    rig_open(NULL, 0, (struct aws_settings){.endpoint_url = url, .max_attempts = 1});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_TLS);
    rig_close();

    rig_open(NULL, 0,
             (struct aws_settings){.endpoint_url = url, .ca_bundle = "/no/such/bundle.pem"});
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_TLS);
    assert_non_null(strstr(rig.heard[0].text, "/no/such/bundle.pem"));
    rig_close();
    server_stop(&server);
}

static void test_viewer(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    static const struct {
        bool viewer, allow;
        enum err_code code;
        size_t n_requests;
    } rows[] = {{true, false, ERR_VIEWER, 0},
                {true, true, ERR_VIEWER, 0},
                {false, false, ERR_VIEWER, 0},
                {false, true, ERR_OK, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        OPEN(script, .viewer = rows[i].viewer, .allow_write = rows[i].allow);
        struct param key = {"KeyId", "k", PARAM_TEXT};
        ask(OP_KMS_CANCEL_KEY_DELETION, &key, 1, 0, NULL);
        assert_int_equal(rig.n_heard, 0);
        run_until(1);
        assert_int_equal(rig.heard[0].code, rows[i].code);
        assert_int_equal(n_requests(), rows[i].n_requests);
        rig_close();
    }
}

/* A viewer has no way to send any row that changes something, whatever is set beside it. */
static void test_viewer_sends_no_write(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    size_t n_writes = 0;
    (void)state;
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_get((enum op_id)op)->effect == EFFECT_READ)
            continue;
        OPEN(script, .viewer = true, .allow_write = true);
        ask((enum op_id)op, NULL, 0, 0, NULL);
        run_until(1);
        assert_int_equal(rig.heard[0].code, ERR_VIEWER);
        assert_int_equal(n_requests(), 0);
        rig_close();
        n_writes++;
    }
    assert_true(n_writes > 1);
}

/* What may have been done already is not done again. */
static void test_writes_are_not_repeated(void **state)
{
    static const struct {
        struct reply reply;
        size_t n_requests;
    } rows[] = {{{500, "", 0, WHOLE}, 1},
                {{200, "{\"x\"", 0, WHOLE}, 1},
                {{0, "", 0, RESET}, 1},
                {{400, ERROR_BODY("LimitExceededException"), 0, WHOLE}, 1},
                {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig_open(&rows[i].reply, 1, (struct aws_settings){.allow_write = true, .max_attempts = 2});
        ask(OP_KMS_ENABLE_KEY, NULL, 0, 0, NULL);
        run_until(1);
        assert_int_not_equal(rig.heard[0].code, ERR_OK);
        assert_int_equal(n_requests(), rows[i].n_requests);
        rig_close();
    }
}

/* A connection that died while it was idle: libcurl sends again what it thinks was not heard. */
static void test_writes_are_not_repeated_by_libcurl(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}, {0, "", 0, RESET}, {200, "{}", 0, WHOLE}};
    (void)state;
    OPEN(script, .allow_write = true);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    ask(OP_KMS_CREATE_KEY, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    assert_int_not_equal(rig.heard[1].code, ERR_OK);
    assert_int_equal(n_requests(), 2);
    rig_close();
}

/* AWS knows it again by its token; without one it is not sent at all. */
static void test_writes_with_a_token_are_repeated(void **state)
{
    static const struct reply script[] = {{500, "", 0, WHOLE}, {0, "", 0, RESET}, {200, "{}", 0, WHOLE}};
    struct param params[] = {{"IdempotencyToken", "t-1", PARAM_TEXT}};
    (void)state;
    OPEN(script, .allow_write = true);
    ask(OP_BACKUP_START_COPY_JOB, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_USAGE);
    assert_int_equal(n_requests(), 0);
    ask(OP_BACKUP_START_COPY_JOB, params, 1, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_OK);
    assert_int_equal(n_requests(), 3);
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(rig.server.seen[i], "\"IdempotencyToken\":\"t-1\""));
    rig_close();
}

static void http_date(int64_t utc, char *out, size_t size)
{
    time_t t = (time_t)utc;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static void test_clock_is_corrected(void **state)
{
    char date[64], with_age[96], stamp[TIME_ISO_SIZE];
    int64_t theirs = time_now_utc() + 7200;
    (void)state;
    http_date(theirs, date, sizeof date);
    const struct reply script[] = {{403, ERROR_BODY("InvalidSignatureException"), date, WHOLE},
                                   {200, "{}", date, WHOLE}};
    OPEN(script, .no_rate_limit = true);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    assert_in_range(rig.heard[0].server_utc, theirs - 5, theirs + 15);
    time_format_basic(theirs, stamp);
    stamp[11] = '\0'; /* date and hour */
    assert_non_null(strstr(strstr(rig.server.seen[1], "X-Amz-Date: "), stamp));
    struct wire_stats stats;
    wire_stats(rig.wire, &stats);
    assert_in_range(stats.clock_offset_s, 7190, 7210);
    rig_close();

    /* a date out of a cache says nothing */
    (void)snprintf(with_age, sizeof with_age, "%sAge: 7200\r\n", date);
    const struct reply cached[] = {{403, ERROR_BODY("InvalidSignatureException"), with_age, WHOLE}};
    OPEN(cached, .no_rate_limit = true);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    wire_stats(rig.wire, &stats);
    assert_int_equal(stats.clock_offset_s, 0);
    assert_int_equal(rig.heard[0].code, ERR_CREDENTIALS);
    rig_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_request_on_the_wire),
        cmocka_unit_test(test_rest_request),
        cmocka_unit_test(test_closed_keep_alive),
        cmocka_unit_test(test_silence_ends),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_unknown_host),
        cmocka_unit_test(test_tls_failures),
        cmocka_unit_test(test_viewer),
        cmocka_unit_test(test_viewer_sends_no_write),
        cmocka_unit_test(test_writes_are_not_repeated),
        cmocka_unit_test(test_writes_are_not_repeated_by_libcurl),
        cmocka_unit_test(test_writes_with_a_token_are_repeated),
        cmocka_unit_test(test_clock_is_corrected),
    };
    return cmocka_run_group_tests(tests, rig_set_up, NULL);
}
