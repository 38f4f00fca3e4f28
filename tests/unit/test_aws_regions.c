/* A service that a Region does not have: its host has no address while others of the Region are reached. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/aws_rig.h"

#include <netdb.h>

/* libcurl asks this one instead of the system's: no name of AWS's is known, and nothing leaves the machine. */
static int n_lookups;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res);
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res)
{
    (void)node, (void)service, (void)hints;
    *res = NULL;
    __atomic_add_fetch(&n_lookups, 1, __ATOMIC_SEQ_CST);
    return EAI_NONAME;
}

static const struct reply fine[] = {{200, "{\"Keys\":[]}", 0, WHOLE}};

/* KMS answers from a server of ours; the others have the hosts that AWS would give them. */
static void open_rig(void)
{
    memset(&rig, 0, sizeof rig);
    server_start(&rig.server, fine, 1);
    (void)snprintf(rig.url, sizeof rig.url, "http://127.0.0.1:%d", rig.server.port);
    assert_int_equal(setenv("AWS_ENDPOINT_URL_KMS", rig.url, 1), 0);
    struct err err = {0};
    struct aws_settings settings = {.max_attempts = 2};
    assert_int_equal(aws_new(&settings, &rig.wire, &err), ERR_OK);
    assert_int_equal(identity_from_profile(rig.wire, NULL, &rig.who, &err), ERR_OK);
}

static void close_rig(void)
{
    rig_close();
    assert_int_equal(unsetenv("AWS_ENDPOINT_URL_KMS"), 0);
}

static void test_not_in_the_region(void **state)
{
    (void)state;
    open_rig();
    ask(OP_KMS_LIST_KEYS, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_OK);
    ask(OP_KAFKA_LIST_CLUSTERS_V2, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_UNSUPPORTED);
    assert_int_equal(rig.heard[1].attempts, 1);
    assert_non_null(strstr(rig.heard[1].text, "kafka is not in eu-central-1"));
    assert_true(n_lookups > 0);
    close_rig();
}

/* Then the network or its names are at fault, and nothing is said of the Region. */
static void test_nothing_was_reached_there(void **state)
{
    (void)state;
    open_rig();
    ask(OP_KAFKA_LIST_CLUSTERS_V2, NULL, 0, 0, NULL);
    run_until(1);
    assert_int_equal(rig.heard[0].code, ERR_UNREACHABLE);
    close_rig();
}

static void test_what_every_region_has_is_not_missing(void **state)
{
    (void)state;
    open_rig();
    ask(OP_KMS_LIST_KEYS, NULL, 0, 0, NULL);
    run_until(1);
    ask(OP_EC2_DESCRIBE_VOLUMES, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_UNREACHABLE);
    close_rig();
}

/* What a person wrote is wrong, not AWS's. */
static void test_an_endpoint_of_ones_own(void **state)
{
    (void)state;
    assert_int_equal(setenv("AWS_ENDPOINT_URL_KAFKA", "http://no-such-host.invalid", 1), 0);
    open_rig();
    ask(OP_KMS_LIST_KEYS, NULL, 0, 0, NULL);
    run_until(1);
    ask(OP_KAFKA_LIST_CLUSTERS_V2, NULL, 0, 0, NULL);
    run_until(2);
    assert_int_equal(rig.heard[1].code, ERR_UNREACHABLE);
    close_rig();
    assert_int_equal(unsetenv("AWS_ENDPOINT_URL_KAFKA"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_not_in_the_region, rig_set_up),
        cmocka_unit_test_setup(test_nothing_was_reached_there, rig_set_up),
        cmocka_unit_test_setup(test_what_every_region_has_is_not_missing, rig_set_up),
        cmocka_unit_test_setup(test_an_endpoint_of_ones_own, rig_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
