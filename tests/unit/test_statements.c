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

/* ---- what others wrote ------------------------------------------------------------------------------------------------- */

static uint32_t seed = 20261122;

static size_t below(size_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* One of the texts, ended by NULL. */
static const char *any(const char *const *texts)
{
    size_t n = 0;
    while (texts[n])
        n++;
    return texts[below(n)];
}

/* Close to what keyfall writes: its Sids, principals and calls, in all forms that AWS takes. */
static cJSON *any_statement(void)
{
    static const char *const sids[] = {"Allow use of the key", "Allow use of the Key for Druva inSync",
                                       "Allow access for Key Administrators", "Enable IAM User Permissions",
                                       "Deny deletion except break glass", "Allow use of the key 2", "theirs", NULL};
    static const char *const who[] = {ROOT, OTHER, "*", "arn:aws:iam::111122223333:role/Glass", NULL};
    static const char *const calls[] = {"kms:*", "kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:Put*", NULL};
    cJSON *s = cJSON_CreateObject(), *p = object_of("AWS", any(who), NULL);
    if (below(5))
        cJSON_AddStringToObject(s, "Sid", any(sids));
    cJSON_AddStringToObject(s, "Effect", below(3) ? "Allow" : "Deny");
    if (below(3) == 0)
        cJSON_ReplaceItemInObjectCaseSensitive(p, "AWS", array_of(any(who), any(who), NULL));
    cJSON_AddItemToObject(s, below(8) ? "Principal" : "NotPrincipal", p);
    cJSON_AddItemToObject(s, "Action", below(2) ? cJSON_CreateString(any(calls)) : array_of(any(calls), any(calls), NULL));
    cJSON_AddStringToObject(s, "Resource", "*");
    if (below(3) == 0) {
        cJSON *condition = cJSON_AddObjectToObject(s, "Condition");
        cJSON_AddItemToObject(condition, "StringEquals", object_of("aws:PrincipalOrgID", "o-one", NULL));
    }
    return s;
}

static cJSON *any_of_ours(void)
{
    struct making m = {.arena = arena_new()};
    cJSON *one = principals(any((const char *const[]){ROOT, OTHER, NULL})), *out = NULL;
    switch (below(5)) {
    case 0: out = statement_use("Allow use of the key", one); break;
    case 1: out = statement_grants("Allow attachment of persistent resources", one); break;
    case 2: out = statement_admins(one); break;
    case 3: out = statement_deny_deletion(below(2) ? "arn:aws:iam::111122223333:role/Glass" : ""); break;
    default: out = statement_root(&m, (struct place){"111122223333", "eu-west-1"}); break;
    }
    cJSON_Delete(one);
    arena_free(m.arena);
    return out;
}

/* The statements of a policy are its first ones after a put, byte for byte; behind them comes what was put, once, under a
 * Sid of its own. */
static void assert_only_added(const cJSON *before, const cJSON *after, const cJSON *ours)
{
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(before, "Statement");
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(after, "Statement");
    int n = cJSON_GetArraySize(old), added = cJSON_GetArraySize(all) - n;
    for (int i = 0; i < n; i++) {
        char *was = cJSON_PrintUnformatted(cJSON_GetArrayItem(old, i)), *is = cJSON_PrintUnformatted(cJSON_GetArrayItem(all, i));
        assert_string_equal(was, is);
        cJSON_free(was);
        cJSON_free(is);
    }
    assert_in_range(added, 0, 1);
    bool is_there = false;
    for (int i = 0; i < n + added; i++) {
        cJSON *one = cJSON_Duplicate(cJSON_GetArrayItem(all, i), true);
        if (i == n)
            for (int k = 0; k < n; k++)
                assert_string_not_equal(sid_of(after, k), sid_of(after, n));
        cJSON_DeleteItemFromObjectCaseSensitive(one, "Sid");
        cJSON_AddStringToObject(one, "Sid", json_text(ours, "Sid"));
        is_there |= json_same(one, ours);
        cJSON_Delete(one);
    }
    assert_true(is_there);
}

static void test_others_stay_as_they_are(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        cJSON *policy = policy_new(), *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement");
        for (size_t n = below(6); n > 0; n--)
            cJSON_AddItemToArray(statements, below(6) ? any_statement() : any_of_ours());
        cJSON *before = cJSON_Duplicate(policy, true), *ours = any_of_ours();
        policy_put(policy, cJSON_Duplicate(ours, true));
        assert_only_added(before, policy, ours);
        cJSON_Delete(ours);
        cJSON_Delete(before);
        cJSON_Delete(policy);
    }
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

/* ---- what denies what is to be allowed ----------------------------------------------------------------------------------- */

#define DENY(sid, who, actions, condition)                                                                                        \
    "{\"Sid\":\"" sid "\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"" who "\"},\"Action\":" actions                          \
    ",\"Resource\":\"*\"" condition "}"
#define WHERE(operator, key, value) ",\"Condition\":{\"" operator "\":{\"" key "\":\"" value "\"}}"

static const struct {
    const char *deny, *refused, *warned; /* a word of the sentence; NULL: there is none */
    bool is_outside;
} denials[] = {
    {DENY("d", OTHER, "\"kms:Decrypt\"", ""), "\"d\"", NULL, true},
    {DENY("", "*", "\"kms:*\"", ""), "number 2", NULL, true},
    {DENY("d", OTHER, "\"kms:CreateGrant\"", ""), "kms:CreateGrant", NULL, true},
    {DENY("d", "*", "\"kms:GenerateDataKeyWithoutPlaintext\"", ""), "WithoutPlaintext", NULL, true},
    {DENY("d", "*", "[\"kms:ReEncryptTo\",\"kms:Encrypt\"]", ""), "kms:Encrypt", NULL, true},
    {DENY("d", "*", "\"kms:Decrypt\"", WHERE("StringNotEquals", "aws:PrincipalOrgID", "o-one")), "\"d\"", NULL, true},
    {DENY("d", "*", "\"kms:Decrypt\"", WHERE("StringNotEquals", "aws:PrincipalOrgID", "o-one")), NULL, "PrincipalOrgID", false},
    {DENY("d", "*", "\"kms:Decrypt\"", WHERE("StringNotEquals", "aws:PrincipalAccount", "999999999999")), NULL, NULL, true},
    {DENY("d", "*", "\"kms:Decrypt\"", WHERE("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")), NULL, "SourceIp", true},
    {DENY("d", "*", "\"kms:Decrypt\"", WHERE("Bool", "aws:SecureTransport", "false")), NULL, NULL, true},
    {DENY("d", "*", "\"kms:CreateGrant\"", WHERE("Bool", "kms:GrantIsForAWSResource", "false")), NULL, NULL, true},
    {DENY("d", "arn:aws:iam::999999999999:role/One", "\"kms:*\"", ""), NULL, "\"d\"", true},
    {DENY("d", ROOT, "\"kms:Decrypt\"", ""), NULL, NULL, true},
    {DENY("d", "*", "[\"kms:ScheduleKeyDeletion\",\"kms:DisableKey\"]", ""), NULL, NULL, true},
};

static void test_denials_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++) {
        struct making m = {.arena = arena_new(), .wanted = cJSON_CreateArray(), .warnings = cJSON_CreateArray()};
        cJSON *policy = with_root(), *who = principals(OTHER);
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(policy, "Statement"), cJSON_Parse(denials[i].deny));
        policy_put(policy, statement_use("Allow use of the key", who));
        policy_put(policy, statement_grants("Allow attachment of persistent resources", who));
        policy_check_denials(&m, KEY, policy, who, use_and_grants_of_keys, denials[i].is_outside);
        const char *warning = cJSON_GetStringValue(m.warnings->child);
        print_message("%s: %s; %s\n", denials[i].deny, m.refusal.text, warning ? warning : "");
        assert_int_equal(m.refusal.code, denials[i].refused ? ERR_REJECTED : ERR_OK);
        assert_true(!denials[i].refused || strstr(m.refusal.text, denials[i].refused));
        assert_int_equal(cJSON_GetArraySize(m.warnings), denials[i].warned ? 1 : 0);
        assert_true(!denials[i].warned || strstr(warning, denials[i].warned));
        cJSON_Delete(who);
        cJSON_Delete(policy);
        cJSON_Delete(m.wanted);
        cJSON_Delete(m.warnings);
        arena_free(m.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same),
        cmocka_unit_test(test_nothing_is_replaced),
        cmocka_unit_test(test_others_stay_as_they_are),
        cmocka_unit_test(test_one_statement_without_a_list),
        cmocka_unit_test(test_what_kms_refuses),
        cmocka_unit_test(test_no_policy_locks_out),
        cmocka_unit_test(test_denials_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
