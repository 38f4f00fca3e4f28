/* Suppressions and owners: what keyfall.conf says of findings and records, on small estates. */
#include "small_estate.h"

#include "backend/config/config.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KEY "arn:aws:kms:eu-west-1:111122223333:key/"
/* NOW is 2026-08-17T18:13:20Z */
#define SUPPRESS(name, findings, records, until)                                                   \
    "[suppress " name "]\nfindings = " findings "\nrecords = " records "\nreason = because\nowner = me\nuntil = " until "\n"

struct world {
    struct small s;
    struct settings *settings;
};

static struct world world_new(const char *lines, const char *conf)
{
    struct world w = {.s = small_new(lines)};
    struct err err = {0};
    assert_int_equal(config_parse("conf", conf, strlen(conf), &w.settings, &err), ERR_OK);
    judgement_free(w.s.j);
    w.s.j = judge_with(w.s.g, NOW, &w.settings->allow);
    return w;
}

static void world_free(struct world *w)
{
    small_free(&w->s);
    settings_free(w->settings);
}

static const struct finding *find(const struct world *w, const char *id, const char *arn)
{
    size_t n;
    const struct finding *all = judgement_findings(w->s.j, &n);
    for (size_t i = 0; i < n; i++) {
        struct buf is = {0};
        node_arn(w->s.e, all[i].node, &is);
        bool found = strcmp(all[i].rule->id, id) == 0 && strcmp(is.data, arn) == 0;
        buf_free(&is);
        if (found)
            return &all[i];
    }
    fail_msg("no %s of %s", id, arn);
    return NULL;
}

/* Two keys that are disabled, a parameter under each. */
#define TWO HOME "key $Ka state=Disabled manager=CUSTOMER\nkey $Kb state=Disabled manager=CUSTOMER\n"                      \
            "parameter $Pp type=SecureString key_arn=$Ka\nparameter $Pq type=SecureString key_arn=$Kb\n"

static void test_covered(void **state)
{
    (void)state;
    struct world w = world_new(TWO, SUPPRESS("x", "F-KEY-04, F-KEY-01", KEY "a", "2026-08-17"));
    const struct finding *a = find(&w, "F-KEY-04", KEY "a"), *b = find(&w, "F-KEY-04", KEY "b");
    assert_int_equal(a->state, FINDING_SUPPRESSED);
    assert_string_equal(a->suppression->name, "x");
    assert_string_equal(finding_mark(a), "H-");
    assert_int_equal(a->severity, SEVERITY_HIGH);
    assert_int_equal(b->state, FINDING_OPEN);
    assert_null(b->suppression);
    size_t n;
    assert_ptr_equal(judgement_findings(w.s.j, &n) + n - 1, a); /* behind all that counts */
    assert_int_equal(judgement_worst(w.s.j, a->node).open, SEVERITY_NONE);
    assert_int_equal(judgement_worst(w.s.j, b->node).open, SEVERITY_HIGH);
    struct place place;
    assert_true(judgement_place(w.s.j, "111122223333", "eu-west-1", &place));
    assert_int_equal(place.suppressed, 1);
    assert_true(judgement_place(w.s.j, NULL, NULL, &place));
    assert_int_equal(place.suppressed, 1);
    const struct suppression *told = judgement_suppressions(w.s.j, &n);
    assert_int_equal(n, 1);
    assert_int_equal(told->state, SUPPRESSION_HOLDS);
    assert_int_equal(told->n, 1);
    world_free(&w);
}

/* What follows from a suppressed cause counts by itself, unless it is named too: by its cause's ARN. */
static void test_effects(void **state)
{
    (void)state;
    struct world w = world_new(TWO, SUPPRESS("x", "F-KEY-04", KEY "a", "2027-01-01"));
    const struct finding *p = find(&w, "F-SSM-02", "arn:aws:ssm:eu-west-1:111122223333:parameter/p");
    assert_int_equal(p->state, FINDING_OPEN);
    assert_false(p->is_effect);
    assert_true(find(&w, "F-SSM-02", "arn:aws:ssm:eu-west-1:111122223333:parameter/q")->is_effect);
    world_free(&w);
    w = world_new(TWO, SUPPRESS("x", "F-KEY-04 F-SSM-02", KEY "a", "2027-01-01"));
    assert_int_equal(find(&w, "F-SSM-02", "arn:aws:ssm:eu-west-1:111122223333:parameter/p")->state, FINDING_SUPPRESSED);
    assert_int_equal(find(&w, "F-SSM-02", "arn:aws:ssm:eu-west-1:111122223333:parameter/q")->state, FINDING_OPEN);
    world_free(&w);
}

/* What cannot be proved may be answered for as well, and stays unproved. */
static void test_unproved(void **state)
{
    (void)state;
    struct world w = world_new(HOME "key $Ka metadata:denied\n", SUPPRESS("x", "F-KEY-04", "*", "2027-01-01"));
    const struct finding *f = find(&w, "F-KEY-04", KEY "a");
    assert_int_equal(f->state, FINDING_SUPPRESSED);
    assert_true(f->is_unproved);
    assert_int_equal(judgement_worst(w.s.j, f->node).unproved, SEVERITY_CRITICAL); /* F-KEY-01 may be all the same */
    world_free(&w);
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *records;
        enum finding_state of_a;
    } rows[] = {
        {"*", FINDING_SUPPRESSED},
        {"arn:aws:kms:*:111122223333:key/*", FINDING_SUPPRESSED},
        {"arn:aws:kms:*:444455556666:key/*", FINDING_OPEN},
        {KEY "A", FINDING_OPEN}, /* capitals are others */
        {KEY, FINDING_OPEN},     /* the whole of it */
        {KEY "x, " KEY "?", FINDING_SUPPRESSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *conf = mem_printf("[suppress x]\nfindings = F-KEY-04\nrecords = %s\nreason = r\nowner = o\nuntil = 2027-01-01\n",
                                rows[i].records);
        struct world w = world_new(TWO, conf);
        if (find(&w, "F-KEY-04", KEY "a")->state != rows[i].of_a)
            fail_msg("%s", rows[i].records);
        world_free(&w);
        mem_free(conf);
    }
}

/* The day counts whole; from the next on, and for one that covers nothing, it is said. */
static void test_said(void **state)
{
    (void)state;
    struct world w = world_new(TWO, SUPPRESS("old", "F-KEY-04", "*", "2026-08-16")
                                        SUPPRESS("none", "F-KEY-99", "*", "2027-01-01")
                                        SUPPRESS("both", "F-KEY-04", KEY "b", "2026-08-17"));
    size_t n;
    const struct suppression *told = judgement_suppressions(w.s.j, &n);
    assert_int_equal(n, 3);
    assert_int_equal(told[0].state, SUPPRESSION_ENDED);
    assert_int_equal(told[0].n, 2);
    assert_int_equal(told[1].state, SUPPRESSION_IDLE);
    assert_int_equal(told[2].state, SUPPRESSION_HOLDS);
    assert_int_equal(find(&w, "F-KEY-04", KEY "a")->state, FINDING_OPEN);
    assert_string_equal(find(&w, "F-KEY-04", KEY "b")->suppression->name, "both");
    world_free(&w);
}

/* One that lacks what it must say covers nothing, and that is said. */
static void test_incomplete(void **state)
{
    (void)state;
    static const char *const lines[] = {"findings = F-KEY-04", "records = *", "reason = r", "owner = o", "until = 2027-01-01"};
    for (size_t left = 0; left < 5; left++) {
        struct buf conf = {0};
        buf_adds(&conf, "[suppress x]\n");
        for (size_t i = 0; i < 5; i++)
            if (i != left)
                buf_printf(&conf, "%s\n", lines[i]);
        struct world w = world_new(TWO, conf.data);
        size_t n;
        (void)judgement_suppressions(w.s.j, &n);
        assert_int_equal(n, 0);
        assert_int_equal(w.settings->complaints.n, 1);
        assert_non_null(strstr(w.settings->complaints.items[0], "[suppress x] says nothing without "));
        assert_int_equal(find(&w, "F-KEY-04", KEY "a")->state, FINDING_OPEN);
        world_free(&w);
        buf_free(&conf);
    }
}

static void test_owners(void **state)
{
    (void)state;
    struct world w = world_new(HOME "key $Ka state=Enabled tags=team,t,Owner,tagged\nkey $Kb state=Enabled tags=Owner,\n"
                                    "key $Kc state=Enabled\nat 444455556666 eu-west-1\nkey $Kd state=Enabled\n"
                                    "at 777788889999 eu-west-1\nkey $Ke state=Enabled\n",
                               "[owner named]\nrecords = " KEY "b, " KEY "a\naccounts = 444455556666\n"
                               "[owner all]\naccounts = 111122223333 444455556666\n");
    static const struct {
        const char *arn, *owner;
    } rows[] = {
        {KEY "a", "tagged"}, {KEY "b", "named"}, {KEY "c", "all"},
        {"arn:aws:kms:eu-west-1:444455556666:key/d", "named"}, {"arn:aws:kms:eu-west-1:777788889999:key/e", NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *owner = judge_owner(w.s.j, arena, small_node(&w.s, KIND_KEY, rows[i].arn));
        if (rows[i].owner ? !owner || strcmp(owner, rows[i].owner) != 0 : owner != NULL)
            fail_msg("%s: %s", rows[i].arn, owner ? owner : "nobody");
    }
    arena_free(arena);
    world_free(&w);
}

/* Who is named as break_glass may end keys; nobody else. */
static void test_break_glass(void **state)
{
    (void)state;
#define MAY_ALL "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
    static const char lines[] =
        HOME "key $Ka state=Enabled manager=CUSTOMER tags:absent policy={\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
             "{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}\n"
             "vault $Vv locked=true key_arn=$Ka\n"
             "iam-policy arn:aws:iam::111122223333:policy/p type=managed document=" MAY_ALL "\n"
             "principal arn:aws:iam::111122223333:role/BreakGlass type=role name=BreakGlass "
             "attached_policies=arn:aws:iam::111122223333:policy/p\n";
    static const struct {
        const char *conf;
        size_t n;
    } rows[] = {
        {"", 2},
        {"[allow]\nbreak_glass = arn:aws:iam::*:role/BreakGlass\n", 0},
        {"[allow]\nbreak_glass = arn:aws:iam::444455556666:role/*\n", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w = world_new(lines, rows[i].conf);
        size_t n, found = 0;
        const struct finding *all = judgement_findings(w.s.j, &n);
        for (size_t f = 0; f < n; f++)
            found += strcmp(all[f].rule->id, "F-POL-06") == 0 || strcmp(all[f].rule->id, "F-VLT-06") == 0;
        if (found != rows[i].n)
            fail_msg("\"%s\": %zu", rows[i].conf, found);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covered),    cmocka_unit_test(test_effects),    cmocka_unit_test(test_unproved),
        cmocka_unit_test(test_patterns),   cmocka_unit_test(test_said),       cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_owners),     cmocka_unit_test(test_break_glass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
