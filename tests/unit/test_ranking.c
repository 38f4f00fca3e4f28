/* Every key, ranked; and what was not read of who may use one: what nobody could see is never told as whole. */
#include "small_estate.h"

#include "backend/judge/key_who.h"
#include "backend/judge/ranking.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KEY_A "arn:aws:kms:eu-west-1:111122223333:key/a"
#define POLICY "policy={\"Statement\":[]}"

static const struct {
    const char *lines;
    size_t n;
    bool is_complete;
} estates[] = {
    {HOME, 0, true},
    {HOME "hide keys denied\n", 0, false},
    {HOME "hide keys stale\n", 0, false},
    {HOME "key $Ka state=Enabled\n", 1, true},
    {HOME "key $Ka state=Enabled\nat 111122223333 us-east-1\nhide keys failed\n", 1, false},
    {HOME "alias $Ax key_arn=$Ka\nhide keys denied\n", 1, false}, /* only its alias tells of it */
};

static void test_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof estates / sizeof *estates; i++) {
        struct small s = small_new(estates[i].lines);
        struct ranking *r = judge_rank_keys(s.j, NULL);
        if (r->n != estates[i].n || r->is_complete != estates[i].is_complete)
            fail_msg("estate %zu: %zu keys, complete: %d", i, r->n, r->is_complete);
        ranking_free(r);
        small_free(&s);
    }
}

static const struct {
    const char *lines, *unseen;
} keys[] = {
    {HOME "key $Ka state=Enabled " POLICY "\n", ""},
    {HOME "key $Ka state=Enabled " POLICY " policy:denied\n", "the key's policy"},
    {HOME "key $Ka state=Enabled " POLICY " policy:stale metadata:stale\n", "the key's policy, its state"},
    {HOME "key $Ka state=Enabled " POLICY "\nhide grants $Ka failed\n", "its grants"},
    {HOME "key $Ka state=Enabled " POLICY "\nhide principals denied\n", "IAM of 111122223333"},
    {HOME "key $Ka state=Enabled " POLICY "\nhide iam-policies stale\n", "IAM of 111122223333"},
};

static void test_unseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct small s = small_new(keys[i].lines);
        struct arena *arena = arena_new();
        assert_string_equal(judge_key_unseen(s.j, arena, small_node(&s, KIND_KEY, KEY_A)), keys[i].unseen);
        arena_free(arena);
        small_free(&s);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
