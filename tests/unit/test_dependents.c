/* Every kind that can hang on a key falls with it, by a row of its own; and what was not told of one of them
 * may hang on any key. */
#include "small_estate.h"

#include "backend/judge/impact_rules.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KEY "arn:aws:kms:eu-west-1:111122223333:key/a"
#define THING "arn:aws:x:eu-west-1:111122223333:thing/one"

/* The attribute that names its key; ATTR_NONE: it has none. */
static enum attr key_of(enum kind kind)
{
    for (int a = (int)kind_row(kind)->first_attr; a < (int)kind_row(kind)->end_attr; a++)
        if (attr_row((enum attr)a)->edge == EDGE_ENCRYPTED_UNDER && attr_row((enum attr)a)->type == TYPE_REF)
            return (enum attr)a;
    return ATTR_NONE;
}

/* One key in a state, and one thing of the kind under it, by the key's ARN or an alias. */
static struct small world_of(enum kind kind, const char *reference)
{
    struct buf lines = {0};
    buf_printf(&lines, HOME "key $Ka state=Enabled manager=CUSTOMER\nalias $Aa key_arn=$Ka\nvault $Vv\n%s %s %s=%s%s\n",
               kind_row(kind)->name, THING, attr_row(key_of(kind))->name, reference,
               kind == KIND_POINT ? " vault_arn=$Vv" : "");
    struct small s = small_new(lines.data);
    buf_free(&lines);
    return s;
}

static const struct consequence *fall_of(const struct impact *i, uint32_t node)
{
    for (size_t c = 0; c < i->n; c++)
        if (i->items[c].node == node)
            return &i->items[c];
    return NULL;
}

static void check(enum kind kind, const char *reference)
{
    struct small s = world_of(kind, reference);
    uint32_t key = small_node(&s, KIND_KEY, KEY), thing = small_node(&s, kind, THING);
    assert_int_equal(judge_dependents(s.j, key).all, 1);
    struct impact *i = judge_impact(s.j, &key, 1, "delete", 100);
    const struct consequence *c = fall_of(i, thing);
    if (!c || consequence_worst(c) <= EFFECT_UNKNOWN || !c->text[0] || !c->remedy[0]
        || strncmp(c->source, "docs.aws.amazon.com/", 20) != 0)
        fail_msg("nothing is told of %s whose key (%s) is deleted", kind_row(kind)->plural, reference);
    impact_free(i);
    small_free(&s);
}

static void test_each_kind_falls_with_its_key(void **state)
{
    size_t n = 0;
    (void)state;
    for (int k = 1; k < KIND_COUNT; k++) {
        if (key_of((enum kind)k) == ATTR_NONE)
            continue;
        check((enum kind)k, "$Ka");
        check((enum kind)k, "$Aa");
        n++;
    }
    assert_true(n > 40);
}

/* Where a call of its own tells the key, and that call is denied. */
static void test_what_was_not_told_may_hang_on_any_key(void **state)
{
    size_t n = 0;
    (void)state;
    for (int k = 1; k < KIND_COUNT; k++) {
        enum attr attr = key_of((enum kind)k);
        if (attr == ATTR_NONE || attr_row(attr)->facet == FACET_LIST_)
            continue;
        struct buf lines = {0};
        buf_printf(&lines, HOME "key $Ka state=Enabled manager=CUSTOMER policy={}\n%s %s %s:denied\n",
                   kind_row((enum kind)k)->name, THING, facet_row(attr_row(attr)->facet)->name);
        struct small s = small_new(lines.data);
        uint32_t key = small_node(&s, KIND_KEY, KEY);
        struct impact *i = judge_impact(s.j, &key, 1, "delete", 100);
        if (!judge_dependents(s.j, key).is_at_least || i->is_complete || i->counts[EFFECT_UNKNOWN] == 0)
            fail_msg("%s that may not be described hang on nothing", kind_row((enum kind)k)->plural);
        impact_free(i);
        small_free(&s);
        buf_free(&lines);
        n++;
    }
    assert_true(n > 15);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_falls_with_its_key),
        cmocka_unit_test(test_what_was_not_told_may_hang_on_any_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
