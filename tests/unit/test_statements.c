/* Policies by statement: what is there stays, what is put is put once, and AWS's way of giving lists back is no difference. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/change/statements.h"
#include "backend/change/plan.h"

#include <stdio.h>
#include <string.h>

#define ROOT "arn:aws:iam::111122223333:root"
#define OTHER "arn:aws:iam::999999999999:root"
#define KEY "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"\"x\"", "[\"x\"]", true},
    {"[\"x\",\"y\"]", "[\"y\",\"x\"]", true},
    {"[\"x\",\"x\"]", "[\"x\",\"y\"]", false},
    {"[\"x\",\"y\"]", "[\"x\"]", false},
    {"[]", "[\"x\"]", false},
    {"[]", "[]", true},
    {"{\"a\":[\"x\"],\"b\":1}", "{\"b\":1,\"a\":\"x\"}", true},
    {"{\"a\":1}", "{\"a\":1,\"b\":null}", false},
    {"[{\"a\":\"x\"},{\"a\":\"y\"}]", "[{\"a\":\"y\"},{\"a\":\"x\"}]", false}, /* statements have an order */
    {"\"x\"", "\"X\"", false},
    {"1", "\"1\"", false},
    {"true", "false", false},
};

static void test_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cJSON *a = cJSON_Parse(pairs[i].a), *b = cJSON_Parse(pairs[i].b);
        print_message("%s %s\n", pairs[i].a, pairs[i].b);
        assert_non_null(a);
        assert_non_null(b);
        assert_int_equal(json_same(a, b), pairs[i].same);
        assert_int_equal(json_same(b, a), pairs[i].same);
        assert_true(json_same(a, a));
        cJSON_Delete(a);
        cJSON_Delete(b);
    }
    assert_true(json_same(NULL, NULL));
}

static cJSON *principals(const char *arn)
{
    return array_of(arn, NULL);
}

static int n_statements(const cJSON *policy)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(policy, "Statement"));
}

static const char *sid_of(const cJSON *policy, int i)
{
    return json_text(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(policy, "Statement"), i), "Sid");
}

/* What another put under the same Sid stays; the new one is told apart by a number; put again it is there. */
static void test_nothing_is_replaced(void **state)
{
    (void)state;
    cJSON *policy = policy_new(), *one = principals(ROOT), *two = principals(OTHER);
    policy_put(policy, statement_use("Allow use of the key", one));
    policy_put(policy, statement_use("Allow use of the key", two));
    assert_int_equal(n_statements(policy), 2);
    assert_string_equal(sid_of(policy, 0), "Allow use of the key");
    assert_string_equal(sid_of(policy, 1), "Allow use of the key 2");
    cJSON *before = cJSON_Duplicate(policy, true);
    policy_put(policy, statement_use("Allow use of the key", one));
    policy_put(policy, statement_use("Allow use of the key", two));
    policy_put(policy, statement_use("By another name", two));
    assert_true(cJSON_Compare(before, policy, true));
    policy_put(policy, statement_grants("Allow use of the key", two));
    assert_string_equal(sid_of(policy, 2), "Allow use of the key 3");
    cJSON_Delete(before);
    cJSON_Delete(policy);
    cJSON_Delete(one);
    cJSON_Delete(two);
}

/* A single statement may stand without a list. */
static void test_one_statement_without_a_list(void **state)
{
    (void)state;
    cJSON *read = cJSON_Parse("{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"a\",\"Effect\":\"Allow\"}}");
    cJSON *policy = policy_copy(read), *who = principals(OTHER);
    policy_put(policy, statement_use("b", who));
    assert_int_equal(n_statements(policy), 2);
    assert_string_equal(sid_of(policy, 0), "a");
    cJSON_Delete(who);
    cJSON_Delete(policy);
    cJSON_Delete(read);
}

/* ---- what KMS takes --------------------------------------------------------------------------------------------------- */

static const struct place here = {"111122223333", "eu-west-1"};

static enum err_code checked(cJSON *policy, char *text, size_t size)
{
    struct making m = {.arena = arena_new(), .wanted = cJSON_CreateArray(), .warnings = cJSON_CreateArray()};
    policy_check(&m, here, KEY, policy);
    (void)snprintf(text, size, "%s", m.refusal.text);
    enum err_code code = m.refusal.code;
    cJSON_Delete(m.wanted);
    cJSON_Delete(m.warnings);
    arena_free(m.arena);
    cJSON_Delete(policy);
    return code;
}

static cJSON *with_root(void)
{
    struct making m = {.arena = arena_new()};
    cJSON *policy = policy_new();
    policy_put(policy, statement_root(&m, here));
    arena_free(m.arena);
    return policy;
}

static cJSON *with_sid(size_t length, char c)
{
    cJSON *policy = with_root(), *who = principals(OTHER);
    char *sid = mem_alloc(length + 1);
    memset(sid, c, length);
    policy_put(policy, statement_use(sid, who));
    mem_free(sid);
    cJSON_Delete(who);
    return policy;
}

static void test_what_kms_refuses(void **state)
{
    char why[1024];
    (void)state;
    assert_int_equal(checked(with_root(), why, sizeof why), ERR_OK);
    assert_int_equal(checked(policy_new(), why, sizeof why), ERR_REJECTED);
    assert_non_null(strstr(why, "locks an account out"));
    assert_int_equal(checked(with_sid(30000, 'a'), why, sizeof why), ERR_OK);
    assert_int_equal(checked(with_sid(32768, 'a'), why, sizeof why), ERR_REJECTED);
    assert_non_null(strstr(why, "32768"));
    cJSON *policy = with_root();
    cJSON_AddStringToObject(policy, "Id", "\xe4\xb8\x80");
    assert_int_equal(checked(policy, why, sizeof why), ERR_REJECTED);
    assert_non_null(strstr(why, "character"));
    policy = with_root();
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(policy, "Statement"),
                         object_of("Sid", "half", "Effect", "Allow", NULL));
    assert_int_equal(checked(policy, why, sizeof why), ERR_REJECTED);
}

/* A Deny of what keeps the way back shuts it, whatever else allows. */
static void test_no_policy_locks_out(void **state)
{
    char why[1024];
    (void)state;
    cJSON *policy = with_root();
    cJSON *deny = object_of("Sid", "d", "Effect", "Deny", "Principal", "*", "Action", "kms:Put*", "Resource", "*", NULL);
    policy_put(policy, deny);
    assert_int_equal(checked(policy, why, sizeof why), ERR_REJECTED);
    policy = with_root();
    policy_put(policy, statement_deny_deletion("arn:aws:iam::111122223333:role/Glass"));
    assert_int_equal(checked(policy, why, sizeof why), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same),
        cmocka_unit_test(test_nothing_is_replaced),
        cmocka_unit_test(test_one_statement_without_a_list),
        cmocka_unit_test(test_what_kms_refuses),
        cmocka_unit_test(test_no_policy_locks_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
