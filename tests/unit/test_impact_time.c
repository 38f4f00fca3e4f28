/* When things fall and what can be done until then: how long a deletion waits, how long services wait for a key, and what
 * undoes each action, by the state of the key. */
#include "small_story.h"

#undef HOME
#include "impact_cases.h"

/* The days are AWS's, or the plan's; those of what is scheduled already stay. */
static void test_waiting(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        int days;
        int64_t end;
    } waits[] = {
        {"Enabled", 0, NOW + 30 * DAY},
        {"Enabled", 7, NOW + 7 * DAY},
        {"Disabled", 14, NOW + 14 * DAY},
        {"PendingDeletion deletion_date=+6d", 30, NOW + 6 * DAY},
    };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        char *lines = mem_printf(HOME "key $Ka state=%s\n" POINT, waits[i].state);
        struct small s = small_new(lines);
        uint32_t key = small_node(&s, KIND_KEY, KEY_A);
        const char *action = "schedule-deletion";
        struct impact *impact = judge_impact_of(s.j, &key, &action, &waits[i].days, 1, 100);
        const struct consequence *c = hit(&s, impact, P, 0);
        assert_int_equal(impact->point_of_no_return, waits[i].end);
        assert_int_equal(c->phases[1].from_utc, waits[i].end);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

/* What services bear ends before a key that is disabled does, and begins when it was. */
static void test_clocks(void **state)
{
    (void)state;
#define TABLE_OF(more) "dynamodb-table arn:aws:dynamodb:eu-west-1:111122223333:table/t " more "\n"
#define DB_OF(more) "db-instance $Dx key_arn=$Ka " more "\n"
#define HOUR 3600
    static const struct {
        const char *key, *line, *action;
        enum impact_effect now, then;
        int64_t end; /* TIME_NONE: there is none */
    } clocks[] = {
        {"Enabled", DB_OF(""), "disable", EFFECT_DOWN, EFFECT_LOST, NOW + 7 * DAY},
        {"Enabled", DB_OF(""), "schedule-deletion", EFFECT_DOWN, EFFECT_LOST, NOW + 7 * DAY},
        {"Enabled", DB_OF(""), "delete", EFFECT_LOST, EFFECT_LOST, TIME_NONE},
        {"Disabled", DB_OF(""), "disable", EFFECT_DOWN, EFFECT_LOST, NOW + 7 * DAY},
        {"Disabled", DB_OF(""), "delete", EFFECT_DOWN, EFFECT_LOST, TIME_NONE},
        {"PendingDeletion deletion_date=+6d", DB_OF(""), "delete", EFFECT_DOWN, EFFECT_LOST, NOW + 6 * DAY},
        {"Enabled origin=EXTERNAL valid_to=+9d", DB_OF(""), "expire-material", EFFECT_DOWN, EFFECT_LOST, NOW + 16 * DAY},
        {"Enabled manager=AWS", DB_OF(""), "disable", EFFECT_SAFE, EFFECT_SAFE, TIME_NONE},
        {"Enabled", DB_OF("replicas=y"), "disable", EFFECT_LOST, EFFECT_LOST, TIME_NONE},
        {"Enabled", TABLE_OF("key_arn=$Ka"), "disable", EFFECT_DOWN, EFFECT_LOST, NOW + 7 * DAY},
        {"Disabled", TABLE_OF("key_arn=$Ka inaccessible_since=-5d"), "disable", EFFECT_DOWN, EFFECT_LOST, NOW + 2 * DAY},
        {"Enabled", TABLE_OF("key_arn=$Ka replicas=us-east-1"), "disable", EFFECT_DOWN, EFFECT_LOST, NOW + 20 * HOUR},
        {"Enabled", TABLE_OF("key_arn=$Ka replicas=us-east-1 multi_region_consistency=STRONG"), "disable", EFFECT_DOWN,
         EFFECT_LOST, NOW + 7 * DAY},
        {"Enabled", TABLE_OF("replica_keys=$Ka"), "disable", EFFECT_DEGRADED, EFFECT_DEGRADED, NOW + 20 * HOUR},
        {"Enabled", "redshift-cluster arn:aws:redshift:eu-west-1:111122223333:cluster:c key_arn=$Ka\n", "disable",
         EFFECT_DOWN, EFFECT_LOST, NOW + 14 * DAY},
        {"Enabled", "volume $Lv status=available key_arn=$Ka\n", "disable", EFFECT_DOWN, EFFECT_DOWN, TIME_NONE},
    };
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        char *lines = mem_printf(HOME "key $Ka state=%s\n%s", clocks[i].key, clocks[i].line);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, KIND_KEY, KEY_A, clocks[i].action);
        const struct consequence *c = &impact->items[0];
        const struct impact_phase *last = &c->phases[c->n_phases - 1];
        bool is_at = clocks[i].end == TIME_NONE ? last->when != WHEN_DATE : last->from_utc == clocks[i].end;
        if (impact->n_all != 1 || c->phases[0].effect != clocks[i].now || last->effect != clocks[i].then || !is_at ||
            impact->point_of_no_return != clocks[i].end)
            fail_msg("clock %zu: %d phases, %s then %s", i, c->n_phases, effect_word(c->phases[0].effect),
                     effect_word(last->effect));
        bool begins_unseen = strncmp(clocks[i].key, "Enabled", 7) != 0 && clocks[i].end != TIME_NONE &&
                             !strstr(clocks[i].line, "since");
        assert_int_equal(has_caveat(impact, "are the latest"), begins_unseen);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

/* A member of a multi-Region set can be made again, and what is under it is down until then; but what bears it for days
 * only is lost when they are over, whether the member was disabled or deleted. */
static void test_clocks_of_relatives(void **state)
{
    (void)state;
#define A_MRK "key $Kmrk-a state=Enabled multi_region=true replica_keys=arn:aws:kms:us-east-1:111122223333:key/mrk-a\n"        \
              "recovery-point $Rp vault_arn=$Vv key_arn=$Kmrk-a\ndb-instance $Dx key_arn=$Kmrk-a\n"
#define ITS_RELATIVE "at 111122223333 us-east-1\nkey $Kmrk-a state=Enabled multi_region=true primary_key=" KMS "key/mrk-a\n"
    static const char *const actions[] = {"disable", "delete", "schedule-deletion"};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct small s = small_new(HOME A_MRK ITS_RELATIVE);
        struct impact *impact = ask(&s, KIND_KEY, KMS "key/mrk-a", actions[i]);
        const struct consequence *point = hit(&s, impact, P, 0);
        const struct consequence *db = hit(&s, impact, "arn:aws:rds:eu-west-1:111122223333:db:x", 0);
        assert_int_equal(point->n_phases, 1);
        assert_int_equal(point->phases[0].effect, EFFECT_DOWN);
        assert_int_equal(db->n_phases, 2);
        assert_int_equal(db->phases[0].effect, EFFECT_DOWN);
        assert_int_equal(db->phases[1].effect, EFFECT_LOST);
        assert_int_equal(db->phases[1].from_utc, NOW + 7 * DAY);
        assert_int_equal(impact->point_of_no_return, NOW + 7 * DAY);
        impact_free(impact);
        small_free(&s);
    }
}

/* A Region that is off leaves keys as they are: services in it lose nothing with time. */
static void test_no_clock_runs_in_a_region(void **state)
{
    (void)state;
    struct small s = small_new(HOME "region keyfall:region/111122223333/eu-west-1\nkey $Ka state=Enabled\n" DB_OF(""));
    struct impact *impact = ask(&s, KIND_REGION, "keyfall:region/111122223333/eu-west-1", NULL);
    const struct consequence *c = hit(&s, impact, "arn:aws:rds:eu-west-1:111122223333:db:x", 0);
    assert_int_equal(c->n_phases, 1);
    assert_int_equal(impact->point_of_no_return, TIME_NONE);
    impact_free(impact);
    small_free(&s);
}

/* ---- what can be done ---------------------------------------------------------------------------- */

static void test_remedies(void **state)
{
    (void)state;
#define MRK "key $Kmrk-a state=Enabled multi_region=true replica_keys=arn:aws:kms:us-east-1:111122223333:key/mrk-a\n"          \
            "recovery-point $Rp vault_arn=$Vv key_arn=$Kmrk-a\n"
#define OTHER_MRK "at 111122223333 us-east-1\nkey $Kmrk-a state=Enabled multi_region=true primary_key=" MRK_ARN "\n"
#define MRK_ARN KMS "key/mrk-a"
#define STORE "keyfall:key-store/111122223333/eu-west-1/c"
#define COPY_IT "While the key works: copy it under another key."
#define ONLY_COPIES "After that: only what was copied under another key."
    static const struct {
        const char *lines, *action;
        enum kind kind;
        const char *target, *arn, *remedy; /* remedy: its beginning */
        const char *after;                 /* its end; NULL: nothing is said of later */
    } rows[] = {
        {"key $Ka state=Enabled\n" POINT, "disable", KIND_KEY, KEY_A, P, "EnableKey. " COPY_IT, NULL},
        {"key $Ka state=Enabled\n" POINT, "delete", KIND_KEY, KEY_A, P,
         "CancelKeyDeletion, then EnableKey while it waits (7 to 30 days). " COPY_IT, ONLY_COPIES},
        {"key $Ka state=PendingDeletion deletion_date=+6d\n" POINT, "delete", KIND_KEY, KEY_A, P,
         "CancelKeyDeletion, then EnableKey before 20", ONLY_COPIES},
        {"key $Ka state=PendingDeletion deletion_date=+6d\n" POINT, "disable", KIND_KEY, KEY_A, P,
         "CancelKeyDeletion, then EnableKey while it waits", NULL},
        {"key $Ka state=Enabled\n" POINT, "schedule-deletion", KIND_KEY, KEY_A, P, "CancelKeyDeletion, then EnableKey before 20",
         ONLY_COPIES},
        {"key $Ka state=PendingImport origin=EXTERNAL\n" POINT, "disable", KIND_KEY, KEY_A, P, "ImportKeyMaterial of the same",
         NULL},
        {"key $Ka state=Enabled origin=EXTERNAL valid_to=+9d\n" POINT, "expire-material", KIND_KEY, KEY_A, P,
         "ImportKeyMaterial of the same", NULL},
        {"key $Ka state=Unavailable\n" POINT, "disable", KIND_KEY, KEY_A, P, "ConnectCustomKeyStore.", NULL},
        {"key $Ka state=Enabled manager=AWS\n" POINT, "disable", KIND_KEY, KEY_A, P, "", NULL},
        {"key $Ka state=Enabled\n" DB_OF(""), "disable", KIND_KEY, KEY_A, "arn:aws:rds:eu-west-1:111122223333:db:x",
         "EnableKey before 20", NULL},
        {POINT MRK OTHER_MRK, "delete", KIND_KEY, MRK_ARN, P, "CancelKeyDeletion",
         "After that: ReplicateKey from a member of its set that stays."},
        {"key-store " STORE " connection_state=CONNECTED\nkey $Ka state=Enabled key_store=" STORE "\n" POINT, NULL, KIND_KEY_STORE,
         STORE, P, "ConnectCustomKeyStore. ", NULL},
        {"key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", "delete", KIND_ALIAS, KMS "alias/x",
         "arn:aws:ssm:eu-west-1:111122223333:parameter/p", "CreateAlias again for the same key.", NULL},
        {"key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", "repoint", KIND_ALIAS, KMS "alias/x",
         "arn:aws:ssm:eu-west-1:111122223333:parameter/p", "UpdateAlias back to the former key. Keep the former key", NULL},
        {"vault $Vv\n", NULL, KIND_REGION, "keyfall:region/111122223333/eu-west-1",
         "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", "Opt in to the Region again.", NULL},
        {"vault $Vv\n", NULL, KIND_ACCOUNT, "arn:aws:iam::111122223333:root",
         "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", "Reopen the account before 20", "under keys of theirs."},
        {"vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", NULL, KIND_VAULT, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v",
         P, "Copy it to another vault first.", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *lines = mem_printf(HOME "%s", rows[i].lines);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, rows[i].kind, rows[i].target, rows[i].action);
        const struct consequence *c = hit(&s, impact, rows[i].arn, 0);
        size_t n = strlen(c->remedy), end = rows[i].after ? strlen(rows[i].after) : 0;
        bool ends = rows[i].after ? n > end && strcmp(c->remedy + n - end, rows[i].after) == 0 : !strstr(c->remedy, "After that");
        if (strncmp(c->remedy, rows[i].remedy, strlen(rows[i].remedy)) != 0 || !ends || (!rows[i].remedy[0] && n > 0))
            fail_msg("row %zu: %s", i, c->remedy);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_clocks_of_relatives),
        cmocka_unit_test(test_no_clock_runs_in_a_region),
        cmocka_unit_test(test_remedies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
