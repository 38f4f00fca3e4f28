/* keys: no key does two things in one place, and every row is complete. */
#include "tui/keys/keys.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static const enum key_context contexts[] = {KEYS_OVERVIEW, KEYS_LIST, KEYS_DETAIL, KEYS_IMPACT,
                                            KEYS_ERRORS, KEYS_WIZARD, KEYS_MATRIX};
#define N_CONTEXTS (sizeof contexts / sizeof contexts[0])

static const struct {
    const char *keys, *label, *help;
    unsigned contexts;
} rows[] = {
    [0] = {"", "", "", 0},
#define MOVE 0
#define LOOK 1
#define CHANGE 2
#define TAKE_AWAY 3
#define PROGRAM 4
#define OVERVIEW KEYS_OVERVIEW
#define LIST KEYS_LIST
#define DETAIL KEYS_DETAIL
#define IMPACT KEYS_IMPACT
#define ERRORS KEYS_ERRORS
#define WIZARD KEYS_WIZARD
#define MATRIX KEYS_MATRIX
#define ALL KEYS_ALL
#define KEY(action, word, keys, label, help, group, contexts, needs, rank)                         \
    [action] = {keys, label, help, contexts},
#include "tui/keys/keys.def"
#undef KEY
};

static void no_key_does_two_things(void **state)
{
    struct keymap map;
    enum action a, b;
    int key;
    char name[KEY_NAME_SIZE];

    (void)state;
    keymap_default(&map);
    if (keymap_clash(&map, &a, &b, &key)) {
        event_key_name(key, name);
        fail_msg("%s is for %s and for %s", name, action_word(a), action_word(b));
    }
}

static void every_row_is_complete(void **state)
{
    struct keymap map;

    (void)state;
    keymap_default(&map);
    for (int a = 1; a < ACTION_COUNT; a++) {
        size_t n = 0, words = 0;

        for (const char *p = rows[a].keys; *p; p += strspn(p, " ")) {
            p += strcspn(p, " ");
            words++;
        }
        while (n < KEYS_PER_ACTION && map.keys[a][n])
            n++;
        assert_true(words > 0 && words == n); /* every default key was understood */
        assert_true(rows[a].label[0] && strlen(rows[a].label) <= 16);
        assert_true(rows[a].help[0] && strlen(rows[a].help) <= 26); /* two columns at 80 */
        assert_true(rows[a].contexts != 0 && (rows[a].contexts & ~(unsigned)KEYS_ALL) == 0);
        assert_int_equal(action_find(action_word((enum action)a)), a);
    }
    assert_int_equal(action_find("nonsense"), ACTION_NONE);
}

/* Function keys are aliases: terminals take some of them. */
static void every_action_has_a_key_of_its_own(void **state)
{
    struct keymap map;

    (void)state;
    keymap_default(&map);
    for (int a = 1; a < ACTION_COUNT; a++)
        assert_false(map.keys[a][0] >= TKEY_F1 && map.keys[a][0] <= TKEY_F12);
}

static void keys_do_what_the_map_says(void **state)
{
    static const struct {
        enum key_context context;
        const char *key;
        enum action action;
    } cases[] = {
        {KEYS_LIST, "j", ACTION_DOWN},        {KEYS_LIST, "down", ACTION_DOWN},
        {KEYS_LIST, "enter", ACTION_OPEN},    {KEYS_IMPACT, "enter", ACTION_FOLD},
        {KEYS_LIST, "n", ACTION_NEXT_WORST_ROW}, {KEYS_IMPACT, "n", ACTION_NEXT_WORST},
        {KEYS_LIST, "esc", ACTION_BACK},      {KEYS_LIST, "p", ACTION_POLICY},
        {KEYS_LIST, "^c", ACTION_QUIT},       {KEYS_DETAIL, "y", ACTION_COPY},
        {KEYS_LIST, "Q", ACTION_NONE},        {KEYS_ERRORS, "s", ACTION_NONE},
        {KEYS_LIST, "M", ACTION_COPY_MATRIX}, {KEYS_MATRIX, "n", ACTION_NEXT_WORST},
    };
    struct keymap map;

    (void)state;
    keymap_default(&map);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int key = event_key_parse(cases[i].key, strlen(cases[i].key));

        assert_int_not_equal(key, 0);
        assert_int_equal(keymap_find(&map, cases[i].context, key), cases[i].action);
    }
}

static void esc_never_quits(void **state)
{
    struct keymap map;

    (void)state;
    keymap_default(&map);
    for (size_t i = 0; i < N_CONTEXTS; i++) {
        assert_int_equal(keymap_find(&map, contexts[i], TKEY_ESC), ACTION_BACK);
        assert_int_equal(keymap_find(&map, contexts[i], 'q'), ACTION_QUIT);
        assert_int_equal(keymap_find(&map, contexts[i], '?'), ACTION_HELP);
    }
}

static void what_is_off_says_why(void **state)
{
    (void)state;
    assert_non_null(strstr(action_reason(ACTION_EXPORT, NEED_ALL & ~NEED_EXPORT), "--export-dir"));
    assert_non_null(strstr(action_reason(ACTION_COPY, 0), "no row"));
    assert_null(action_reason(ACTION_UP, 0)); /* moving is never off */
    assert_null(action_reason(ACTION_QUIT, 0));
}

static void other_keys_can_be_given(void **state)
{
    struct keymap map, before;
    struct err err = {0};

    (void)state;
    keymap_default(&map);
    assert_int_equal(keymap_bind(&map, "impact", "^x f6", &err), ERR_OK);
    assert_int_equal(keymap_find(&map, KEYS_LIST, 'x' | KEY_CTRL), ACTION_IMPACT);
    assert_int_equal(keymap_find(&map, KEYS_LIST, TKEY_F6), ACTION_IMPACT);
    assert_int_equal(keymap_find(&map, KEYS_LIST, 'i'), ACTION_NONE);
    assert_string_equal(map.text[ACTION_IMPACT], "^x F6");
    assert_true(keymap_uses(&map, TKEY_F6));
    assert_false(keymap_uses(&map, TKEY_F7));

    before = map;
    assert_int_equal(keymap_bind(&map, "impact", "j", &err), ERR_PARSE);
    assert_non_null(strstr(err.text, "down"));
    assert_int_equal(keymap_bind(&map, "impact", "nokey", &err), ERR_PARSE);
    assert_int_equal(keymap_bind(&map, "impact", "a b d ^e ^g", &err), ERR_PARSE);
    assert_int_equal(keymap_bind(&map, "nothing", "a", &err), ERR_PARSE);
    assert_memory_equal(&map, &before, sizeof map);
    assert_int_equal(keymap_bind(&map, "impact", "", &err), ERR_OK);
    assert_int_equal(keymap_find(&map, KEYS_LIST, TKEY_F6), ACTION_NONE);
}

static void bar_and_help_come_from_the_rows(void **state)
{
    struct keymap map;

    (void)state;
    keymap_default(&map);
    for (size_t i = 0; i < N_CONTEXTS; i++) {
        struct key_hint hints[ACTION_COUNT];
        struct help_item items[ACTION_COUNT];
        size_t n = keys_hints(&map, contexts[i], NEED_ALL, hints, ACTION_COUNT);
        size_t n_help = keys_help(&map, contexts[i], NEED_ALL, items, ACTION_COUNT);
        size_t n_pinned = 0;

        assert_true(n > 3 && n_help > n);
        for (size_t k = 0; k < n; k++) {
            n_pinned += hints[k].is_pinned;
            assert_true(hints[k].key[0] && hints[k].label[0]);
        }
        assert_int_equal(n_pinned, 2);
        for (size_t k = 0; k < n_help; k++) {
            assert_null(items[k].reason);
            assert_true(items[k].action > 0 && items[k].action < ACTION_COUNT);
        }
    }
    assert_int_equal(keys_hints(&map, KEYS_LIST, NEED_ALL, &(struct key_hint){0}, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_does_two_things),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(every_action_has_a_key_of_its_own),
        cmocka_unit_test(keys_do_what_the_map_says),
        cmocka_unit_test(esc_never_quits),
        cmocka_unit_test(what_is_off_says_why),
        cmocka_unit_test(other_keys_can_be_given),
        cmocka_unit_test(bar_and_help_come_from_the_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
