#include "backend/policy/document.h"

#include "backend/policy/condition.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"
#define IN(statement) "{\"Version\":\"2012-10-17\",\"Statement\":[" statement "]}"

static const struct {
    const char *text;
    const char *refused; /* a part of the error; NULL: it is taken */
} documents[] = {
    {IN(ALLOW), NULL},
    {IN(ALLOW "," ALLOW), NULL},
    {"{\"Statement\":" ALLOW "}", NULL}, /* one statement needs no list */
    {"{\"Statement\":[]}", NULL},
    {"{\"Id\":\"x\",\"Version\":\"2008-10-17\",\"Statement\":[]}", NULL},
    {IN("{\"Effect\":\"Deny\"}"), NULL}, /* AWS takes it; it has no effect */
    {IN("{\"Effect\":\"Deny\",\"Condition\":{\"Bool\":{\"a:b\":true,\"a:c\":[1.5,\"x\"]}}}"), NULL},
    {IN("{\"Effect\":\"Deny\",\"Condition\":{\"NoSuchOperator\":{\"a:b\":\"c\"}}}"), NULL},

    {"", "line 1, column 1"},
    {"[]", "the document is not a map"},
    {"{\"Version\":\"2012-10-17\"}", "the document has no Statement"},
    {"{\"Version\":\"2013-10-17\",\"Statement\":[]}", "no version of the policy language"},
    {"{\"Version\":7,\"Statement\":[]}", "not text: \"Version\""},
    {"{\"statement\":[]}", "does not know: \"statement\""},
    {"{\"Statement\":[],\"Statement\":[]}", "line 1"},
    {"{\"Statement\":[]} // as blogs write it", "line 1, column 18"},
    {IN("{\"Action\":\"*\"}"), "a statement has no Effect"},
    {IN("{\"Effect\":\"allow\"}"), "neither Allow nor Deny"},
    {IN("7"), "a statement is not a map"},
    {IN(ALLOW ",\n  {\"Effect\":\"Deny\",\"Actions\":\"x\"}"), "line 2, column 3"},
    {IN("{\"Effect\":\"Deny\",\"Action\":\"x\",\"NotAction\":\"y\"}"), "both Action and NotAction"},
    {IN("{\"Effect\":\"Deny\",\"Resource\":\"x\",\"NotResource\":\"y\"}"), "both Resource and"},
    {IN("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"NotPrincipal\":\"*\"}"), "both Principal and"},
    {IN("{\"Effect\":\"Deny\",\"Principal\":\"arn:aws:iam::111122223333:root\"}"), "must be *"},
    {IN("{\"Effect\":\"Deny\",\"Principal\":{\"Aws\":\"*\"}}"), "no type of principal: \"Aws\""},
    {IN("{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":[1]}}"), "neither text nor a list"},
    {IN("{\"Effect\":\"Deny\",\"Action\":{\"a\":1}}"), "neither text nor a list"},
    {IN("{\"Effect\":\"Deny\",\"Condition\":[]}"), "the conditions are not a map"},
    {IN("{\"Effect\":\"Deny\",\"Condition\":{\"Bool\":[]}}"), "operator are not a map: \"Bool\""},
    {IN("{\"Effect\":\"Deny\",\"Condition\":{\"Bool\":{\"k\":{}}}}"), "neither text, number"},
};

static void test_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        const struct policy *policy;
        struct err err = {0};
        struct arena *arena = arena_new();
        const char *text = documents[i].text;
        enum err_code code = policy_parse(arena, text, strlen(text), &policy, &err);
        const char *refused = documents[i].refused;
        if ((code != ERR_OK) != (refused != NULL) || (refused && !strstr(err.text, refused)))
            fail_msg("%s\n  says: %s\n  wanted: %s", text, err.text, refused ? refused : "no error");
        arena_free(arena);
    }
}

static void test_size(void **state)
{
    (void)state;
    struct buf text = {0};
    struct arena *arena = arena_new();
    const struct policy *policy;
    struct err err = {0};
    buf_adds(&text, "{\"Statement\":[" ALLOW);
    while (text.len < 32 * 1024)
        buf_adds(&text, ",\n" ALLOW);
    buf_adds(&text, "]}");
    assert_int_equal(policy_parse(arena, text.data, text.len, &policy, &err), ERR_OK);
    assert_true(policy->n > 400);
    assert_int_equal(policy_fits_key(32768, &err), ERR_OK);
    assert_int_equal(policy_fits_key(text.len, &err), ERR_LIMIT);
    assert_non_null(strstr(err.text, "KMS takes 32768"));
    while (text.len <= POLICY_MAX_BYTES)
        buf_adds(&text, "          ");
    assert_int_equal(policy_parse(arena, text.data, text.len, &policy, &err), ERR_LIMIT);
    buf_free(&text);
    arena_free(arena);
}

/* The bytes of each statement are where the reader says. */
static void test_offsets(void **state)
{
    (void)state;
    static const char text[] =
        " {\"Id\" : \"a]}\\\"{\", \"Statement\" : [ {\"Effect\":\"Deny\",\"Sid\":\"}]\"} ,\n"
        "  {\"Effect\":\"Allow\", \"Condition\": {\"Bool\": {\"k\": [true, 1e3]}}}],\"Version\":"
        "\"2012-10-17\"}";
    struct arena *arena = arena_new();
    const struct policy *policy;
    struct err err = {0};
    assert_int_equal(policy_parse(arena, text, sizeof text - 1, &policy, &err), ERR_OK);
    assert_int_equal(policy->n, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct policy_statement *s = &policy->statements[i];
        assert_int_equal(text[s->begin], '{');
        assert_int_equal(text[s->end - 1], '}');
    }
    assert_string_equal(policy->statements[0].sid, "}]");
    assert_int_equal(policy->statements[1].begin - policy->statements[0].end, 5);
    assert_memory_equal(text + policy->statements[1].end, "],", 2);
    arena_free(arena);
}

static void test_operators(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        enum condition_quantifier quantifier;
        bool if_exists, is_known;
    } rows[] = {
        {"StringEquals", QUANTIFIER_NONE, false, true},
        {"stringequals", QUANTIFIER_NONE, false, true},
        {"StringLikeIfExists", QUANTIFIER_NONE, true, true},
        {"ForAnyValue:StringLike", QUANTIFIER_ANY, false, true},
        {"ForAllValues:ArnNotLikeIfExists", QUANTIFIER_ALL, true, true},
        {"Null", QUANTIFIER_NONE, false, true},
        {"NullIfExists", QUANTIFIER_NONE, true, false},
        {"StringEqual", QUANTIFIER_NONE, false, false},
        {"ForAny:StringEquals", QUANTIFIER_NONE, false, false},
        {"", QUANTIFIER_NONE, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_condition c = {.written = rows[i].written};
        condition_read_operator(&c);
        if (c.quantifier != rows[i].quantifier || c.if_exists != rows[i].if_exists ||
            (c.operator != NULL) != rows[i].is_known)
            fail_msg("%s", rows[i].written);
    }
}

/* parse → print → parse → print: what was printed says all that was read. */
static void test_identity(void **state)
{
    (void)state;
    static const char *const texts[] = {
        IN(ALLOW),
        "{\"Id\":\"k\\u00e9y\",\"Statement\":{\"Sid\":\"a \\\"b\\\"\",\"Effect\":\"Deny\","
        "\"NotPrincipal\":{\"Service\":[\"a.amazonaws.com\"],\"AWS\":[\"*\",\"111122223333\"],"
        "\"Federated\":\"x\"},\"NotAction\":[\"a:*\",\"b:?\"],\"NotResource\":[],"
        "\"Condition\":{\"StringLike\":{\"a:x\":[],\"a:y\":\"${a:b, 'c'}\"},"
        "\"ForAllValues:StringEqualsIfExists\":{\"a:z\":[\"1\",true,2]}}}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena *arena = arena_new();
        const struct policy *first, *second;
        struct buf a = {0}, b = {0};
        struct err err = {0};
        assert_int_equal(policy_parse(arena, texts[i], strlen(texts[i]), &first, &err), ERR_OK);
        policy_print(first, &a);
        assert_int_equal(policy_parse(arena, a.data, a.len, &second, &err), ERR_OK);
        policy_print(second, &b);
        assert_string_equal(a.data, b.data);
        assert_int_equal(first->n, second->n);
        const struct policy_statement *s = &first->statements[0], *t = &second->statements[0];
        assert_int_equal(s->n_principals, t->n_principals);
        for (size_t p = 0; p < s->n_principals; p++) {
            assert_int_equal(s->principals[p].type, t->principals[p].type);
            assert_string_equal(s->principals[p].value, t->principals[p].value);
        }
        assert_int_equal(s->n_conditions, t->n_conditions);
        assert_int_equal(s->is_not_principal, t->is_not_principal);
        assert_int_equal(s->actions.n, t->actions.n);
        assert_int_equal(s->resources.n, t->resources.n);
        buf_free(&a);
        buf_free(&b);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents), cmocka_unit_test(test_size),
        cmocka_unit_test(test_offsets),   cmocka_unit_test(test_operators),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
