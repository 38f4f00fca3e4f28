/* What is taken of a plan of Terraform's: every action, what is put off, and what the plan says of itself. The document is
 * that of https://developer.hashicorp.com/terraform/internals/json-format */
#include "backend/judge/terraform.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#define ARN "arn:aws:kms:eu-west-1:111122223333:key/k"
#define KEY "{\"arn\":\"" ARN "\",\"is_enabled\":true,\"policy\":\"{}\"}"
#define OFF "{\"arn\":\"" ARN "\",\"is_enabled\":false,\"policy\":\"{}\"}"

struct fixture {
    struct arena *arena;
    struct terraform_plan plan;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = mem_alloc(sizeof *f);
    f->arena = arena_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    VEC_FREE(f->plan.changes);
    arena_free(f->arena);
    mem_free(f);
    return 0;
}

static enum err_code read_text(struct fixture *f, const char *text)
{
    VEC_FREE(f->plan.changes);
    f->err = (struct err){0};
    return terraform_read(f->arena, text, strlen(text), &f->plan, &f->err);
}

/* A resource of the plan as JSON; lives in the arena. after: JSON; unknown: the members of after_unknown. */
static const char *resource(struct fixture *f, const char *type, const char *actions, const char *after, const char *unknown)
{
    return arena_printf(f->arena,
                        "{\"address\":\"%s.a\",\"mode\":\"managed\",\"type\":\"%s\",\"change\":{\"actions\":%s,"
                        "\"before\":%s,\"after\":%s,\"after_unknown\":{%s}}}",
                        type, type, actions, KEY, after, unknown);
}

static void read_members(struct fixture *f, const char *members)
{
    if (read_text(f, arena_printf(f->arena, "{\"format_version\":\"1.2\",%s}", members)) != ERR_OK)
        fail_msg("%s: %s", members, f->err.text);
}

static void read_key(struct fixture *f, const char *actions, const char *after, const char *unknown)
{
    const char *key = resource(f, "aws_kms_key", actions, after, unknown);
    read_members(f, arena_printf(f->arena, "\"resource_changes\":[%s]", key));
}

static void test_actions(void **state)
{
    static const struct {
        const char *actions, *after;
        size_t n_changes, n_unseen, n; /* n: that matter */
        const char *words;             /* of the first that matters */
    } rows[] = {
        {"[\"no-op\"]", KEY, 0, 0, 0, ""},
        {"[\"read\"]", KEY, 0, 0, 0, ""},
        {"[\"forget\"]", "null", 0, 0, 0, ""},
        {"[\"create\",\"forget\"]", KEY, 1, 0, 0, ""},
        {"[\"create\"]", KEY, 1, 0, 0, ""},
        {"[\"update\"]", KEY, 1, 0, 0, ""},
        {"[\"update\"]", OFF, 1, 0, 1, "disables"},
        {"[\"delete\"]", "null", 1, 0, 1, "destroys"},
        {"[\"delete\",\"create\"]", KEY, 1, 0, 1, "replaces"},
        {"[\"create\",\"delete\"]", KEY, 1, 0, 1, "replaces"},
        {"[\"obliterate\"]", "null", 1, 1, 1, "may change"},
        {"[\"Delete\"]", "null", 1, 1, 1, "may change"},
        {"[]", "null", 1, 1, 1, "may change"},
        {"[\"obliterate\",\"delete\"]", "null", 1, 1, 2, "may change"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_key(f, rows[i].actions, rows[i].after, "");
        if (f->plan.n_changes != rows[i].n_changes || f->plan.n_unseen != rows[i].n_unseen ||
            f->plan.changes.n != rows[i].n)
            fail_msg("%s: %zu changes, %zu unseen, %zu matter", rows[i].actions, f->plan.n_changes, f->plan.n_unseen,
                     f->plan.changes.n);
        if (rows[i].n == 0)
            continue;
        const struct terraform_change *c = &f->plan.changes.items[0];
        assert_string_equal(c->words, rows[i].words);
        assert_string_equal(c->target, ARN);
        assert_int_equal(c->does == TERRAFORM_UNSEEN, rows[i].n_unseen > 0);
        assert_int_equal(c->doubt[0] != '\0', rows[i].n_unseen > 0);
    }
}

static void test_action_told(void **state)
{
    struct fixture *f = *state;
    read_key(f, "[\"obliterate\"]", "null", "");
    assert_string_equal(f->plan.changes.items[0].doubt, "Terraform's action \"obliterate\" is not known here");
    read_key(f, "[]", "null", "");
    assert_string_equal(f->plan.changes.items[0].doubt, "the plan names no action for it");
    read_members(f, arena_printf(f->arena, "\"resource_changes\":[%s]", resource(f, "aws_instance", "[\"x\"]", "null", "")));
    assert_int_equal(f->plan.changes.n, 0); /* nothing that is judged here, and yet not what the plan is known to do */
    assert_int_equal(f->plan.n_unseen, 1);
}

static void test_deferred(void **state)
{
    struct fixture *f = *state;
    const char *gone = resource(f, "aws_kms_key", "[\"delete\"]", "null", "");
    read_members(f, arena_printf(f->arena, "\"resource_changes\":[%s],\"deferred_changes\":[{\"reason\":"
                                 "\"deferred_prereq\",\"resource_change\":%s}]", gone, gone));
    assert_int_equal(f->plan.changes.n, 2);
    assert_int_equal(f->plan.n_deferred, 1);
    assert_string_equal(f->plan.changes.items[0].doubt, "");
    assert_string_equal(f->plan.changes.items[1].action, "schedule-deletion");
    assert_non_null(strstr(f->plan.changes.items[1].doubt, "defers it (deferred_prereq)"));
    read_members(f, "\"resource_changes\":[],\"deferred_changes\":[{\"reason\":\"instance_count_unknown\","
                 "\"resource_change\":{\"address\":\"aws_kms_key.a[*]\",\"type\":\"aws_kms_key\","
                 "\"change\":{\"actions\":[\"delete\"],\"before\":null,\"after\":null}}}]");
    assert_int_equal(f->plan.changes.n, 1);
    assert_string_equal(f->plan.changes.items[0].target, "");
    assert_int_equal(read_text(f, "{\"format_version\":\"1.2\",\"planned_values\":{},\"deferred_changes\":{}}"), ERR_PARSE);
    assert_int_equal(read_text(f, "{\"format_version\":\"1.2\",\"planned_values\":{},\"deferred_changes\":[7]}"), ERR_PARSE);
}

static void test_whole(void **state)
{
    static const struct {
        const char *members;
        bool is_partial, is_errored;
    } rows[] = {
        {"\"planned_values\":{}", false, false}, /* before 1.8 */
        {"\"planned_values\":{},\"complete\":true,\"errored\":false", false, false},
        {"\"planned_values\":{},\"complete\":false", true, false},
        {"\"planned_values\":{},\"complete\":null", true, false},
        {"\"planned_values\":{},\"complete\":\"true\"", true, false},
        {"\"planned_values\":{},\"errored\":true", false, true},
        {"\"planned_values\":{},\"errored\":\"no\"", false, true},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_members(f, rows[i].members);
        if (f->plan.is_partial != rows[i].is_partial || f->plan.is_errored != rows[i].is_errored)
            fail_msg("%s: %d, %d", rows[i].members, f->plan.is_partial, f->plan.is_errored);
    }
}

static void test_unknown_until_applied(void **state)
{
    struct fixture *f = *state;
    const struct terraform_change *c;
    read_key(f, "[\"update\"]", "{\"arn\":\"" ARN "\",\"is_enabled\":true}", "\"policy\":true");
    c = f->plan.changes.items;
    assert_int_equal(f->plan.changes.n, 1);
    assert_true(c->does == TERRAFORM_EDITS && !c->policy && !c->is_missing);
    read_key(f, "[\"update\"]", "{\"arn\":\"" ARN "\",\"is_enabled\":true}", "");
    c = f->plan.changes.items;
    assert_int_equal(f->plan.changes.n, 1);
    assert_true(c->does == TERRAFORM_EDITS && !c->policy && c->is_missing);
    read_key(f, "[\"update\"]", "{\"arn\":\"" ARN "\",\"policy\":\"{}\"}", "\"is_enabled\":true");
    c = f->plan.changes.items;
    assert_int_equal(f->plan.changes.n, 1);
    assert_string_equal(c->action, "disable");
    assert_non_null(strstr(c->doubt, "only once the plan is applied"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_actions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_action_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deferred, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_until_applied, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
