/* The table of operations keeps its promises row by row. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/op.h"

#include <stdio.h>
#include <string.h>

static void test_every_row_is_complete(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        const struct op *op = op_get((enum op_id)i);
        char id[96];
        assert_non_null(op->id);
        print_message("%s\n", op->id);
        assert_true((unsigned)op->service < SERVICE_COUNT);
        const struct service *service = service_get(op->service);
        (void)snprintf(id, sizeof id, "%s:%s", service->name, op->name);
        assert_string_equal(op->id, id);
        assert_non_null(strstr(op->page, "docs.aws.amazon.com/"));
        assert_non_null(strstr(op->page, op->name));
        bool is_rest =
            service->protocol == PROTOCOL_REST_JSON || service->protocol == PROTOCOL_REST_XML;
        assert_int_equal(is_rest, op->uri != NULL);
        assert_int_equal(service->protocol == PROTOCOL_REST_XML, op->root != NULL);
        assert_int_equal(op->uri != NULL, op->method != NULL);
        assert_int_equal(op->page_in != NULL, op->page_out != NULL);
        assert_int_equal(op->page_size_param != NULL, op->page_size > 0);
        if (op->page_more || op->page_size_param)
            assert_non_null(op->page_in);
        assert_true(op->rate >= 0 && op->burst >= 0);
    }
}

static void test_ids_are_distinct(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++)
        for (int j = i + 1; j < OP_COUNT; j++)
            assert_string_not_equal(op_get((enum op_id)i)->id, op_get((enum op_id)j)->id);
}

/* An operation that returns a secret must never get a row. */
static void test_no_row_reads_a_secret(void **state)
{
    static const char *const secret[] = {
        "GetParameter",
        "GetParameters",
        "GetParametersByPath",
        "GetParameterHistory",
        "GetSecretValue",
        "BatchGetSecretValue",
        "Decrypt",
        "GenerateDataKey",
        "AssumeRole",
        "GetSessionToken",
        "ReEncrypt",
        "GetFederationToken",
    };
    (void)state;
    for (int i = 0; i < OP_COUNT; i++)
        for (size_t j = 0; j < sizeof secret / sizeof *secret; j++)
            assert_string_not_equal(op_get((enum op_id)i)->name, secret[j]);
}

static bool begins_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* A write that says READ would get past the viewer. */
static void test_reads_are_named_like_reads(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        const char *name = op_get((enum op_id)i)->name;
        bool reads =
            begins_with(name, "List") || begins_with(name, "Get") || begins_with(name, "Describe") ||
            begins_with(name, "BatchGet") || begins_with(name, "Lookup");
        assert_int_equal(op_get((enum op_id)i)->effect == EFFECT_READ, reads);
    }
}

/* What cannot be undone is for people. */
static void test_no_row_destroys(void **state)
{
    static const char *const never[] = {"Delete",     "Schedule", "Purge",   "Terminate", "Remove",
                                        "Disconnect", "Revoke",   "Retire",  "Import",    "PutParameter",
                                        "PutBackupVaultLock",     "ReEncrypt"};
    (void)state;
    for (int i = 0; i < OP_COUNT; i++)
        for (size_t j = 0; j < sizeof never / sizeof *never; j++)
            if (begins_with(op_get((enum op_id)i)->name, never[j]))
                fail_msg("%s", op_get((enum op_id)i)->id);
}

static void test_what_may_be_sent_again(void **state)
{
    (void)state;
    assert_true(op_may_repeat(op_get(OP_KMS_LIST_KEYS)));
    assert_true(op_may_repeat(op_get(OP_BACKUP_START_COPY_JOB)));
    assert_false(op_may_repeat(op_get(OP_KMS_CREATE_KEY)));
    for (int i = 0; i < OP_COUNT; i++)
        if (op_get((enum op_id)i)->effect == EFFECT_READ)
            assert_null(op_get((enum op_id)i)->token);
}

static void test_absent_effect_is_write(void **state)
{
    struct op row = {.id = "kms:Anything"};
    (void)state;
    assert_int_equal(row.effect, EFFECT_WRITE);
}

static void test_iam_actions(void **state)
{
    (void)state;
    assert_string_equal(op_iam_action(op_get(OP_KMS_LIST_KEYS)), "kms:ListKeys");
    assert_string_equal(op_iam_action(op_get(OP_EC2_DESCRIBE_REGIONS)), "ec2:DescribeRegions");
    assert_string_equal(op_iam_action(op_get(OP_STS_GET_CALLER_IDENTITY)), "");
}

static void test_found_by_id(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++)
        assert_ptr_equal(op_by_id(op_get((enum op_id)i)->id), op_get((enum op_id)i));
    assert_null(op_by_id("kms:Decrypt"));
    assert_null(op_by_id(""));
}

static void test_services(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICE_COUNT; i++) {
        const struct service *s = service_get((enum service_id)i);
        assert_non_null(s->name);
        assert_non_null(s->signing_name);
        assert_non_null(s->endpoint_prefix);
        assert_non_null(s->env_id);
        assert_int_equal(s->protocol == PROTOCOL_JSON, s->target_prefix != NULL);
        assert_int_equal(s->protocol == PROTOCOL_JSON, s->json_version != NULL);
        assert_int_equal(s->protocol == PROTOCOL_QUERY || s->protocol == PROTOCOL_EC2,
                         s->api_version != NULL);
    }
    assert_null(op_get(OP_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_complete),
        cmocka_unit_test(test_ids_are_distinct),
        cmocka_unit_test(test_no_row_reads_a_secret),
        cmocka_unit_test(test_reads_are_named_like_reads),
        cmocka_unit_test(test_no_row_destroys),
        cmocka_unit_test(test_what_may_be_sent_again),
        cmocka_unit_test(test_absent_effect_is_write),
        cmocka_unit_test(test_iam_actions),
        cmocka_unit_test(test_found_by_id),
        cmocka_unit_test(test_services),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
