/* Which call goes when: cancelling, priorities, rates, keys that must come first; and the doors
 * that credentials use. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/aws_rig.h"

static void test_cancel(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, HANG}};
    struct wire_stats stats;
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    uint64_t flying = ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    uint64_t queued = ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    for (int i = 0; i < 20 && n_requests() == 0; i++)
        wire_step(rig.wire, 20);
    assert_int_equal(n_requests(), 1);
    wire_cancel(rig.wire, queued);
    wire_cancel(rig.wire, queued);
    wire_cancel(rig.wire, flying);
    assert_int_equal(rig.n_heard, 0);
    run_until(2);
    assert_int_equal(rig.heard[0].code, ERR_CANCELLED);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
    wire_cancel(rig.wire, flying);
    wire_cancel(rig.wire, 0);
    wire_cancel(rig.wire, UINT64_MAX);
    wire_step(rig.wire, 0);
    assert_int_equal(rig.n_heard, 2);
    wire_stats(rig.wire, &stats);
    assert_int_equal(stats.queued + stats.in_flight, 0);
    rig_close();
}

static void test_cancel_between_pages(void **state)
{
    static const struct reply script[] = {
        {200, "{\"Keys\":[],\"Truncated\":true,\"NextMarker\":\"a\"}", 0, WHOLE}};
    struct listener listener = {0};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    listener.cancel = ask(OP_KMS_LIST_KEYS, NULL, 0, 0, &listener);
    run_until(2);
    assert_false(rig.heard[0].last);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
    assert_true(rig.heard[1].last);
    assert_int_equal(n_requests(), 1);
    rig_close();
}

/* Freeing answers what is left. */
static void test_free_answers(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, HANG}};
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    wire_step(rig.wire, 20);
    rig_close();
    assert_int_equal(rig.n_heard, 2);
    assert_int_equal(rig.heard[0].code, ERR_CANCELLED);
    assert_int_equal(rig.heard[1].code, ERR_CANCELLED);
}

static void test_priority(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    static const enum op_id ops[] = {OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY,
                                     OP_SSM_LIST_TAGS_FOR_RESOURCE};
    struct listener listeners[12];
    uint64_t tickets[12];
    (void)state;
    OPEN(script, .no_rate_limit = true, .max_in_flight = 1);
    for (int i = 0; i < 12; i++) {
        listeners[i] = (struct listener){.tag = i};
        tickets[i] = ask(ops[i % 3], NULL, 0, 5, &listeners[i]);
    }
    wire_reprioritize(rig.wire, tickets[7], 1);
    wire_reprioritize(rig.wire, tickets[10], 0);
    wire_reprioritize(rig.wire, tickets[0], 9);
    run_until(12);
    static const int order[] = {10, 7, 1, 2, 3, 4, 5, 6, 8, 9, 11, 0};
    for (int i = 0; i < 12; i++)
        assert_int_equal(rig.heard[i].tag, order[i]);
    rig_close();
}

/* A class that has used its rate up lets others pass. */
static void test_a_slow_class_is_in_nobodys_way(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct listener slow = {.tag = 1}, fast = {.tag = 2};
    (void)state;
    OPEN(script, .rate_share = 0.5);
    for (int i = 0; i < 10; i++)
        ask(OP_KMS_GET_KEY_LAST_USAGE, NULL, 0, 0, &slow); /* 2.5 a second */
    for (int i = 0; i < 20; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 9, &fast);
    int64_t begin = time_mono_ms();
    run_until(23);
    assert_true(time_mono_ms() - begin > 500); /* one at once, two more at 400 and 800 ms */
    int n_slow = 0;
    for (int i = 0; i < 23; i++)
        n_slow += rig.heard[i].tag == 1;
    assert_int_equal(n_slow, 3);
    assert_int_equal(rig.heard[22].tag, 1);
    rig_close();
}

static void test_throttle_slows_down(void **state)
{
    static const struct reply script[] = {{400, ERROR_BODY("ThrottlingException"), 0, WHOLE}};
    struct wire_stats stats;
    (void)state;
    OPEN(script, .max_attempts = 1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.slowest_rate == 0);
    ask(OP_KMS_LIST_GRANTS, NULL, 0, 0, NULL);
    run_until(1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.slowest_rate > 34.9 && stats.slowest_rate < 35.1); /* 100 / 2 x 0.7 */
    assert_int_equal(stats.throttles, 1);
    rig_close();
}

/* Nothing goes once the budget is used up, pages and retries included, until there is a new one. */
static void test_budget(void **state)
{
    static const struct reply script[] = {
        {200, "{\"NextMarker\":\"1\",\"Truncated\":true}", 0, WHOLE},
        {500, ERROR_BODY("KMSInternalException"), 0, WHOLE},
        {200, "{\"Truncated\":false}", 0, WHOLE},
    };
    struct wire_stats stats;
    (void)state;
    OPEN(script, .budget = {.requests = 3}, .budget_every_ms = 1500);
    ask(OP_KMS_LIST_KEYS, NULL, 0, 0, NULL); /* a page, a failure, the other page */
    run_until(2);
    assert_true(rig.heard[1].last);
    for (int i = 0; i < 2; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(4);
    for (int i = 2; i < 4; i++) {
        assert_int_equal(rig.heard[i].code, ERR_BUDGET);
        assert_string_equal(rig.heard[i].text, "the budget of 3 requests an hour is used up");
    }
    assert_int_equal(n_requests(), 3);
    wire_stats(rig.wire, &stats);
    assert_int_equal(stats.budget_requests, 3);
    assert_int_equal(stats.budget_nanousd, 9000);
    assert_in_range(stats.budget_renews_ms, time_mono_ms() - 1500, time_mono_ms() + 1500);
    const struct wire_use *kms = &stats.by_service[SERVICE_KMS];
    assert_int_equal(kms->requests, 3);
    assert_int_equal(kms->pages, 2);
    assert_int_equal(kms->retries, 1);
    assert_int_equal(kms->throttles, 0);
    assert_int_equal(kms->nanousd, 9000);
    while (stats.budget_renews_ms != 0) {
        wire_step(rig.wire, 50);
        wire_stats(rig.wire, &stats);
    }
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(5);
    assert_int_equal(rig.heard[4].code, ERR_OK);
    rig_close();
}

/* What waits for its rate is refused as well, at once; money is as good a limit as requests. */
static void test_budget_of_money(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct wire_stats stats;
    (void)state;
    OPEN(script, .budget = {.nanousd = 7000}); /* the third would cost more than is left */
    for (int i = 0; i < 40; i++)
        ask(OP_KMS_GET_KEY_LAST_USAGE, NULL, 0, 0, NULL); /* 2.5 a second */
    run_until(40);
    int n_budget = 0;
    for (int i = 0; i < 40; i++)
        n_budget += rig.heard[i].code == ERR_BUDGET;
    assert_int_equal(n_budget, 38);
    assert_int_equal(n_requests(), 2);
    wire_stats(rig.wire, &stats);
    assert_true(stats.budget_renews_ms == INT64_MAX); /* never */
    assert_int_equal(stats.budget_nanousd, 6000);
    assert_in_range(stats.by_service[SERVICE_KMS].held_ms, 300, 900);
    rig_close();
}

static void test_limits(void **state)
{
    static const struct reply script[] = {
        {200, "{\"a\":\"0123456789012345678901234567890123456789\"}", 0, WHOLE}};
    (void)state;
    OPEN(script, .max_answer_bytes = 20);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_LIMIT);
    assert_non_null(strstr(rig.heard[0].text, "20 bytes"));
    rig_close();
}

static void test_bad_requests(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct param vault = {"backupVaultName", "", PARAM_TEXT};
    (void)state;
    OPEN(script, .no_rate_limit = true);
    struct wire_request request = {.op = OP_KMS_LIST_KEYS,
                                   .who = rig.who,
                                   .account = "",
                                   .region = "not a region",
                                   .answered = hear};
    wire_send(rig.wire, &request);
    ask(OP_BACKUP_DESCRIBE_BACKUP_VAULT, &vault, 1, 0, NULL);
    request =
        (struct wire_request){.op = OP_KMS_LIST_KEYS, .region = "eu-central-1", .answered = hear};
    wire_send(rig.wire, &request);
    request = (struct wire_request){
        .op = OP_COUNT, .who = rig.who, .region = "eu-central-1", .answered = hear};
    wire_send(rig.wire, &request);
    run_until(4);
    for (int i = 0; i < 4; i++)
        assert_true(rig.heard[i].code == ERR_USAGE || rig.heard[i].code == ERR_CREDENTIALS);
    assert_int_equal(n_requests(), 0);
    rig_close();
}

/* A hundred thousand calls wait without anything growing slow. */
static void test_many_queued(void **state)
{
    enum { N = 100000 };
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    uint64_t *tickets = calloc(N, sizeof *tickets);
    struct wire_stats stats;
    (void)state;
    OPEN(script, .rate_share = 0.5);
    int64_t begin = time_mono_ms();
    for (int i = 0; i < N; i++) {
        char account[16];
        (void)snprintf(account, sizeof account, "%012d", i % 500);
        const struct wire_request request = {.op = i % 2 ? OP_KMS_LIST_GRANTS : OP_KMS_DESCRIBE_KEY,
                                             .who = rig.who,
                                             .account = account,
                                             .region = "eu-central-1",
                                             .priority = i % 7,
                                             .answered = hear};
        tickets[i] = wire_send(rig.wire, &request);
    }
    for (int i = 0; i < 50; i++)
        wire_step(rig.wire, 1);
    wire_stats(rig.wire, &stats);
    assert_true(stats.queued + stats.in_flight > 50000);
    for (int i = 0; i < N; i++)
        wire_reprioritize(rig.wire, tickets[i], (i * 7) % 11);
    for (int i = 0; i < N; i++)
        wire_cancel(rig.wire, tickets[i]);
    while (rig.n_heard < N)
        wire_step(rig.wire, 0);
    print_message("%d calls sent, moved and cancelled in %d ms\n", N,
                  (int)(time_mono_ms() - begin));
    assert_true(time_mono_ms() - begin < 8000);
    assert_int_equal(rig.n_heard, N);
    free(tickets);
    rig_close();
}

/* --- what credentials use --- */

static int n_fired;
static void fired(void *ctx)
{
    (void)ctx;
    n_fired++;
}

static int fetched_status;
static char fetched_body[64];
static void fetched(void *ctx, int status, const char *body, size_t len, const struct err *err)
{
    (void)ctx;
    (void)err;
    fetched_status = status;
    (void)snprintf(fetched_body, sizeof fetched_body, "%.*s", (int)len, body);
    n_fired++;
}

static void ready(void *ctx)
{
    int *fd = ctx;
    char bytes[8];
    if (read(*fd, bytes, sizeof bytes) <= 0)
        aws_unwatch(rig.wire, *fd);
    n_fired++;
}

static void run_until_fired(int n)
{
    int64_t end = time_mono_ms() + 5000;
    while (n_fired < n && time_mono_ms() < end)
        wire_step(rig.wire, 200);
    assert_int_equal(n_fired, n);
}

static void test_side_doors(void **state)
{
    static const struct reply script[] = {{201, "role-name", 0, WHOLE}};
    static const char *const headers[] = {"X-aws-ec2-metadata-token: t", NULL};
    int ends[2];
    (void)state;
    OPEN(script, .no_rate_limit = true);
    n_fired = 0;
    int64_t begin = time_mono_ms();
    aws_timer(rig.wire, 60, fired, NULL);
    run_until_fired(1);
    assert_in_range(time_mono_ms() - begin, 55, 3000);

    char url[96];
    (void)snprintf(url, sizeof url, "%s/latest/api/token", rig.url);
    const struct http_request request = {.method = "PUT",
                                         .url = url,
                                         .headers = headers,
                                         .body = "",
                                         .timeout_ms = 1000,
                                         .no_proxy = true,
                                         .answered = fetched};
    aws_fetch(rig.wire, &request);
    assert_int_equal(n_fired, 1);
    run_until_fired(2);
    assert_int_equal(fetched_status, 201);
    assert_string_equal(fetched_body, "role-name");
    assert_non_null(strstr(rig.server.seen[0], "PUT /latest/api/token HTTP/1.1\r\n"));
    assert_non_null(strstr(rig.server.seen[0], "\r\nX-aws-ec2-metadata-token: t\r\n"));
    assert_null(strstr(rig.server.seen[0], "Authorization"));

    assert_int_equal(pipe(ends), 0);
    aws_watch(rig.wire, ends[0], ready, &ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run_until_fired(3);
    close(ends[1]);
    run_until_fired(4); /* closing is told too */
    begin = time_mono_ms();
    wire_step(rig.wire, 50);
    assert_true(time_mono_ms() - begin >= 45); /* and no longer after it was let go */
    close(ends[0]);
    aws_timer(rig.wire, 100000, fired, NULL);
    aws_fetch(rig.wire, &request);
    rig_close();
    assert_int_equal(n_fired, 6); /* closing lets nobody wait */
}

static void *wake_soon(void *ctx)
{
    usleep(50000);
    wire_wakeup(ctx);
    return NULL;
}

static void test_wakeup(void **state)
{
    pthread_t thread;
    (void)state;
    rig_open(NULL, 0, (struct aws_settings){0});
    int64_t begin = time_mono_ms();
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, rig.wire), 0);
    wire_step(rig.wire, 5000);
    assert_in_range(time_mono_ms() - begin, 40, 4000);
    pthread_join(thread, NULL);
    rig_close();
}

static void test_endpoint_from_the_environment(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    struct server server;
    char url[64];
    (void)state;
    server_start(&server, script, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    setenv("AWS_ENDPOINT_URL_KMS", url, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", dead_port());
    setenv("AWS_ENDPOINT_URL", url, 1);
    rig_open(NULL, 0, (struct aws_settings){0});
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_ENDPOINT_URL_KMS");
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    ask(OP_SSM_DESCRIBE_PARAMETERS, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_UNREACHABLE);
    rig_close();
    server_stop(&server);
}

/* Keys from a process: each run makes others, after 100 ms. */
static char config_path[64];
static void use_process(void)
{
    (void)snprintf(config_path, sizeof config_path, "/tmp/keyfall_test_aws.%d", (int)getpid());
    FILE *f = fopen(config_path, "w");
    assert_non_null(f);
    fprintf(
        f,
        "[profile p]\ncredential_process = sh -c 'sleep 0.1; echo x >> %s.runs; n=$(wc -l < "
        "%s.runs); "
        "echo "
        "\"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKIDRUN$((n))\\\",\\\"SecretAccessKey\\\":"
        "\\\"S\\\"}\"'\n",
        config_path, config_path);
    fclose(f);
    setenv("AWS_CONFIG_FILE", config_path, 1);
}

static void forget_process(void)
{
    char runs[80];
    (void)snprintf(runs, sizeof runs, "%s.runs", config_path);
    unlink(runs);
    unlink(config_path);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
}

static void open_process_rig(const struct reply *script, size_t n)
{
    struct err err = {0};
    use_process();
    rig_open(script, n, (struct aws_settings){.no_rate_limit = true, .max_in_flight = 4});
    identity_free(rig.who);
    if (identity_from_profile(rig.wire, "p", &rig.who, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

static void test_calls_wait_for_their_keys(void **state)
{
    static const struct reply script[] = {{200, "{}", 0, WHOLE}};
    (void)state;
    open_process_rig(script, 1);
    for (int i = 0; i < 6; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    wire_cancel(rig.wire, ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL));
    for (int i = 0; i < 3; i++)
        wire_step(rig.wire, 1);
    assert_int_equal(n_requests(), 0);
    run_until(7);
    for (int i = 1; i < 7; i++)
        assert_int_equal(rig.heard[i].code, ERR_OK);
    assert_non_null(strstr(rig.server.seen[5], "Credential=AKIDRUN1/"));
    rig_close();
    forget_process();
}

/* Four calls are refused with the same old keys: they are renewed once, and all four get through.
 */
static void test_old_keys_are_renewed_once(void **state)
{
    static const struct reply old = {400, ERROR_BODY("ExpiredTokenException"), 0, WHOLE};
    const struct reply script[] = {{200, "{}", 0, WHOLE}, old, old, old, old,
                                   {200, "{}", 0, WHOLE}};
    (void)state;
    open_process_rig(script, 6);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    for (int i = 0; i < 4; i++)
        ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rig.heard[i].code, ERR_OK);
    assert_int_equal(n_requests(), 9);
    assert_non_null(strstr(rig.server.seen[1], "Credential=AKIDRUN1/"));
    for (int i = 5; i < 9; i++)
        assert_non_null(strstr(rig.server.seen[i], "Credential=AKIDRUN2/"));
    rig_close();
    forget_process();
}

/* Keys that have just worked are not the reason why a Region refuses them. */
static void test_good_keys_are_not_renewed(void **state)
{
    static const struct reply script[] = {
        {200, "{}", 0, WHOLE}, {400, ERROR_BODY("UnrecognizedClientException"), 0, WHOLE}};
    (void)state;
    open_process_rig(script, 2);
    ask(OP_KMS_DESCRIBE_KEY, NULL, 0, 0, NULL);
    run_until(1);
    ask(OP_KMS_GET_KEY_POLICY, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_CREDENTIALS);
    assert_int_equal(rig.heard[1].attempts, 1);
    rig_close();
    forget_process();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_between_pages),
        cmocka_unit_test(test_free_answers),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_a_slow_class_is_in_nobodys_way),
        cmocka_unit_test(test_throttle_slows_down),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_budget_of_money),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_many_queued),
        cmocka_unit_test(test_side_doors),
        cmocka_unit_test(test_wakeup),
        cmocka_unit_test(test_endpoint_from_the_environment),
        cmocka_unit_test(test_calls_wait_for_their_keys),
        cmocka_unit_test(test_old_keys_are_renewed_once),
        cmocka_unit_test(test_good_keys_are_not_renewed),
    };
    return cmocka_run_group_tests(tests, rig_set_up, NULL);
}
