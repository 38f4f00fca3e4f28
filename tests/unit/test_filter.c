/* The filter language: what each form matches, that unknown never matches but by col:?, and its errors. */
#include "small_estate.h"

#include "backend/view/view.h"

#define ESTATE                                                                                     \
    "at 111122223333 eu-west-1\n"                                                                  \
    "key $Ka state=Enabled manager=CUSTOMER multi_region=false created=-10d external_accounts=444455556666\n" \
    "key $Kb state=PendingDeletion manager=CUSTOMER multi_region=true deletion_date=+6d created=-400d\n" \
    "key $Kc metadata:denied\n"                                                                    \
    "key $Kd state=Disabled manager=AWS multi_region=false created=-100d\n"                        \
    "alias $Aprod-backup name=alias/prod-backup key_arn=$Ka\n"                                     \
    "alias $Aold name=alias/old%20one key_arn=$Kb\n"                                               \
    "parameter $Pp1 key_arn=$Kb\nparameter $Pp2 key_arn=$Kb\nparameter $Pp3 key_arn=$Kb\n"

static char *matching(const struct small *s, const char *view, const char *text)
{
    struct err err = {0};
    struct filter *f = NULL;
    const struct view *v = view_by_name(view);
    if (filter_parse(v, text, &f, &err) != ERR_OK)
        return mem_printf("! %s", err.text);
    struct view_context c = {.generation = s->g, .judgement = s->j, .scratch = arena_new(), .now_utc = NOW};
    struct selection sel;
    struct buf out = {0};
    assert_int_equal(view_select(&c, v, f, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
    for (size_t i = 0; i < sel.n; i++) {
        struct view_row row;
        assert_true(view_row(&c, v, sel.items[i], &row));
        assert_true(filter_matches(f, &c, &row)); /* with and without the memo */
        buf_adds(&out, node_tail(s->e, view_node(&c, v, sel.items[i])));
    }
    selection_free(&sel);
    filter_free(f);
    arena_free(c.scratch);
    return buf_take(&out);
}

static const struct {
    const char *filter, *want;
} rows[] = {
    {"", "abcd"},
    {"   ", "abcd"},
    {"prod", "a"},
    {"PROD-back", "a"},
    {"prod nothing", ""},
    {"!prod", "bcd"},
    {"key/a", "a"},
    {"\"old one\"", "b"},
    {"444455556666", "a"},
    {"state:enabled", "a"},
    {"state:a", "ad"},                /* Enabled, Disabled; PendingDeletion has none */
    {"state=Enabled", "a"},
    {"state=Enable", ""},
    {"state!=Enabled", "bd"},         /* unknown is neither */
    {"!state:Enabled", "bd"},
    {"state:?", "c"},
    {"!state:?", "abd"},
    {"state:\"?\"", ""},
    {"manager:aws", "d"},
    {"!manager=AWS", "ab"},
    {"multi_region:true", "b"},
    {"multi_region:no", "ad"},
    {"multi_region:?", "c"},
    {"deletion_date<7d", "b"},
    {"deletion_date<5d", ""},
    {"deletion_date>5d", "b"},
    {"deletion_date:2026-08", "b"},
    {"deletion_date>=2026-08-23", "b"},
    {"deletion_date<2026-08-23", ""},
    {"deletion_date:", "ad"},         /* empty */
    {"!deletion_date:", "b"},         /* not empty, and known */
    {"dependents>=3", "b"},
    {"used:0", "acd"},
    {"used>0", "b"},
    {"sev>=C", "b"},
    {"sev>=critical", "b"},
    {"sev=none", "d"},
    {"sev:?", "ac"},                  /* whose the foreign account is cannot be told */
    {"external_accounts:4444", "a"},
    {"external_accounts=444455556666", "a"},
    {"external_accounts=4444", ""},
    {"aliases:prod-backup", "a"},
    {"aliases=alias/prod-backup", "a"},
    {"state:enabled manager:customer", "a"},
    {"state:enabled manager:aws", ""},
    {"age<1y", "abcd"},               /* keys show no date of creation: when they were read */
    {"account:1111 !region:us", "abcd"},
    {"account=111122223333", "abcd"},
    {"id>arn:aws:kms:eu-west-1:111122223333:key/b", "cd"},
    {"blind:metadata", "c"},
    /* errors say where and what */
    {"nothing:x", "! column 1: no such column: \"nothing\""},
    {"prod stat:x", "! column 6: no such column: \"stat\""},
    {"dependents>many", "! column 12: a number is needed, not \"many\""},
    {"sev>=X", "! column 6: C, H, M, L, I or none is needed, not \"X\""},
    {"rotation:maybe", "! column 10: yes or no is needed, not \"maybe\""},
    {"deletion_date<soon", "! column 15: a date (2026-08-29) or a span (30d) is needed, not \"soon\""},
    {"dependents>=", "! column 13: a value is needed for \"dependents\""},
    {"name:\"x", "! column 1: no such column: \"name\""},
    {"state:\"x", "! column 7: no closing quote for \"x\""},
    {"!", "! column 1: a word is needed after \"!\""},
};

static void test_keys(void **state)
{
    (void)state;
    struct small s = small_new(ESTATE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *is = matching(&s, "keys", rows[i].filter);
        if (strcmp(is, rows[i].want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].filter, is, rows[i].want);
        mem_free(is);
    }
    small_free(&s);
}

/* An account is found by its name too, in every view, by a word and by its column. */
static void test_account_names(void **state)
{
    (void)state;
    struct small s = small_new("org\n" ESTATE "vault $Vv locked=false\nrecovery-point $Rr vault_arn=$Vv\nhide volumes denied\n"
                               "db-instance $Dd name=d\ngrant keyfall:grant/k/g key_arn=$Ka\n"
                               "backup-plan $Bp plan_id=p\ncopy-job keyfall:copy-job/1 state=FAILED\n"
                               "at 444455556666 eu-west-1\nkey $Kz\nvault $Vother locked=false\n");
    static const char *const names[][2] = {{"111122223333", "prod-data"}, {"444455556666", "sandbox"}};
    struct draft *accounts = draft_new(s.e, estate_slot(s.e, estate_scope(s.e, "", ""), LIST_ACCOUNTS, 0));
    for (size_t i = 0; i < 2; i++) {
        char arn[64];
        int len = snprintf(arn, sizeof arn, "arn:aws:iam::%s:root", names[i][0]);
        uint32_t *row = draft_row(accounts, estate_node(s.e, KIND_ACCOUNT, arn, (size_t)len));
        row_text(s.e, row, ATTR_ACCOUNT_ID, names[i][0], 12);
        row_text(s.e, row, ATTR_ACCOUNT_NAME, names[i][1], strlen(names[i][1]));
    }
    estate_complete(accounts, NOW);
    estate_publish(s.e);
    generation_release(s.g);
    s.g = estate_acquire(s.e);
    judgement_free(s.j);
    s.j = judge(s.g, NOW);
    static const char *const views[] = {"accounts", "regions", "keys", "aliases", "grants", "parameters", "vaults",
                                        "recovery-points", "resources", "backup-plans", "copy-jobs", "findings",
                                        "blind-spots"};
    for (size_t v = 0; v < sizeof views / sizeof *views; v++) {
        char *by_number = matching(&s, views[v], "account=111122223333");
        static const char *const same[] = {"prod-d", "account:PROD", "account=prod-data", "!sandbox", "!account:sandbox"};
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            char *is = matching(&s, views[v], same[i]);
            if (!by_number[0] || strcmp(is, by_number) != 0)
                fail_msg("%s, %s: \"%s\", not \"%s\"", views[v], same[i], is, by_number);
            mem_free(is);
        }
        mem_free(by_number);
    }
    small_free(&s);
}

/* What a page adds is no part of what was typed. */
static void test_added(void **state)
{
    (void)state;
    struct small s = small_new(ESTATE);
    struct view_context c = {.generation = s.g, .judgement = s.j, .scratch = arena_new(), .now_utc = NOW};
    const struct view *v = view_by_name("keys");
    struct filter *f = NULL;
    struct err err = {0};
    struct selection sel;
    assert_int_equal(filter_parse(v, "account=111122223333", &f, &err), ERR_OK);
    assert_int_equal(filter_add(f, "manager:customer stat:x", &err), ERR_PARSE);
    assert_string_equal(err.text, "column 18: no such column: \"stat\"");
    assert_int_equal(view_select(&c, v, f, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
    assert_int_equal(sel.n, 4); /* nothing of the wrong text */
    selection_free(&sel);
    assert_int_equal(filter_add(f, "  manager:customer", &err), ERR_OK);
    assert_int_equal(view_select(&c, v, f, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
    assert_int_equal(sel.n, 2);
    selection_free(&sel);
    filter_free(f);
    arena_free(c.scratch);
    small_free(&s);
}

/* A count that may be higher proves "at least", and nothing else. */
static void test_at_least(void **state)
{
    (void)state;
    struct small s = small_new(ESTATE "hide volumes denied\n");
    static const char *const counts[][2] = {
        {"dependents>=3", "b"}, {"dependents>2", "b"}, {"dependents>=4", ""},   {"!dependents>=4", ""},
        {"dependents<4", ""},   {"!dependents<4", ""}, {"dependents<2", ""},    {"!dependents<2", "b"},
        {"dependents:3", ""},   {"!dependents:2", "b"}, {"dependents:?", "acd"},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char *is = matching(&s, "keys", counts[i][0]);
        if (strcmp(is, counts[i][1]) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", counts[i][0], is, counts[i][1]);
        mem_free(is);
    }
    small_free(&s);
}

static void test_other_views(void **state)
{
    (void)state;
    struct small s = small_new(ESTATE "vault $Vv locked=false\nhide volumes denied\n");
    static const struct {
        const char *view, *filter;
        bool matches;
    } others[] = {
        {"findings", "finding:F-VLT-05 state:open", true}, {"findings", "sev>=M finding:F-VLT-05", true},
        {"findings", "finding:F-VLT-06", false},           {"blind-spots", "hides:volumes", true},
        {"blind-spots", "hides:aliases", false},           {"vaults", "locked:no", true},
        {"vaults", "locked:yes", false},                   {"parameters", "key_state:pending", true},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct filter *f = NULL;
        struct err err = {0};
        struct view_context c = {.generation = s.g, .judgement = s.j, .scratch = arena_new(), .now_utc = NOW};
        const struct view *v = view_by_name(others[i].view);
        struct selection sel;
        assert_int_equal(filter_parse(v, others[i].filter, &f, &err), ERR_OK);
        assert_int_equal(view_select(&c, v, f, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
        if ((sel.n > 0) != others[i].matches)
            fail_msg("%s %s: %zu rows", others[i].view, others[i].filter, sel.n);
        selection_free(&sel);
        filter_free(f);
        arena_free(c.scratch);
    }
    small_free(&s);
}

/* Any bytes are read or refused, never worse. */
static void test_any_text(void **state)
{
    (void)state;
    static const char alphabet[] = "ab:<>=!\"? 19dsev\t\xff-_";
    uint32_t seed = 42;
    for (int i = 0; i < 20000; i++) {
        char text[16];
        size_t n = 0;
        for (; n < sizeof text - 1; n++) {
            seed = seed * 1664525u + 1013904223u;
            text[n] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        text[n] = '\0';
        struct filter *f = NULL;
        struct err err = {0};
        if (filter_parse(view_by_name("keys"), text, &f, &err) == ERR_OK)
            assert_non_null(f);
        else
            assert_true(err.text[0] && !f);
        filter_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_account_names),
        cmocka_unit_test(test_added),
        cmocka_unit_test(test_at_least),
        cmocka_unit_test(test_other_views),
        cmocka_unit_test(test_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
