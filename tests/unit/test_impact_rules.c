/* The contract of the tables of what falls, from AWS's bytes through collect/: each row has a case in which it fires; what
 * hangs on something else does not fall; and where the list was not read in which it would stand, the answer is not
 * complete. Kinds are those of the full answers of tests/cases. What products' ties bring: test_products. */
#include "impact_cases.h"
#include "impact_fired.h"
#include "story_bytes.h"

#define KEY "arn:aws:kms:eu-west-1:111122223333:key/0d990263-018e-4e65-a703-eff731de951e"
#define OTHER "arn:aws:kms:eu-west-1:111122223333:key/unrelated"
#define KEYS HOME "key $K0d990263-018e-4e65-a703-eff731de951e\nkey $Kunrelated\n"

/* Asks for each action of a target. */
static void ask_actions(const struct small *s, enum kind kind, uint32_t target)
{
    for (const char *const *action = judge_actions(kind); *action; action++) {
        struct impact *i = judge_impact(s->j, &target, 1, *action, 100000);
        assert_non_null(i);
        fired_note(s, i);
        impact_free(i);
    }
}

static void ask_named(const struct small *s, enum kind kind, const char *arn)
{
    uint32_t target = small_node(s, kind, arn);
    if (!target)
        fail_msg("no %s", arn);
    ask_actions(s, kind, target);
}

/* ---- cases ---------------------------------------------------------------------------------------- */

#define RULE PLAN "backup-rule keyfall:backup-rule/arn:aws:backup:eu-west-1:111122223333:backup-plan:p/r plan_arn=$Bp vault_arn=$Vv\n"
#define PLAN_ARN "arn:aws:backup:eu-west-1:111122223333:backup-plan:p"
#define PLAN "vault $Vv\nbackup-plan $Bp\nbackup-selection keyfall:backup-selection/" PLAN_ARN "/s plan_arn=$Bp\n"
#define VAULT_ARN "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"
#define DB_ARN "arn:aws:rds:eu-west-1:111122223333:db:x"
#define CLUSTER_ARN "arn:aws:rds:eu-west-1:111122223333:cluster:c"
#define ALIAS_ARN "arn:aws:kms:eu-west-1:111122223333:alias/a"
#define ALIAS "key $Ka\nalias $Aa name=alias/a key_arn=$Ka\n"
#define HERE "keyfall:region/111122223333/eu-west-1"
#define NEW_UNDER(key) "region " HERE " ebs_default_key=" key "\n"
#define MRK "arn:aws:kms:eu-west-1:111122223333:key/mrk-a"
#define COPIER "arn:aws:iam::111122223333:role/copier"
#define OWN_POLICY "policy={\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"}," \
                   "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}\n"
#define TESTING "vault $Vv\nrestore-testing-plan " TEST " include_vaults=$Vv\nrestore-testing-selection "                         \
                "keyfall:restore-testing-selection/s plan_arn=" TEST "\n"

/* Where neither a row of impact_cases.h nor a full answer has it. */
static const struct {
    const char *lines;
    enum kind kind;
    const char *target;
} more[] = {
    {"key $Ka\ndb-instance $Dx key_arn=$Ka engine=mysql backup_retention_days=0\n", KIND_KEY, KEY_A},
    {"key $Ka\ndb-instance $Dx other_keys=$Ka\n", KIND_KEY, KEY_A},
    {"key $Ka\ndynamodb-table arn:aws:dynamodb:eu-west-1:111122223333:table/t key_arn=$Ka\n", KIND_KEY, KEY_A},
    {"key $Ka\ndynamodb-table arn:aws:dynamodb:eu-west-1:111122223333:table/t replica_keys=$Ka\n", KIND_KEY, KEY_A},
    {"key $Ka\ndynamodb-table arn:aws:dynamodb:eu-west-1:111122223333:table/t replica_keys=$Ka "
     "multi_region_consistency=STRONG\n", KIND_KEY, KEY_A},
    {"key $Ka\n" NEW_UNDER("$Ka"), KIND_KEY, KEY_A},
    {"key $Kmrk-a multi_region=true replica_keys=arn:aws:kms:us-east-1:111122223333:key/mrk-a\n"
     "at 111122223333 us-east-1\nkey $Kmrk-a multi_region=true primary_key=" MRK "\n", KIND_KEY, MRK},
    {"key $Ka\nsns-topic arn:aws:sns:eu-west-1:111122223333:t key_arn=$Ka\n", KIND_KEY, KEY_A},
    {"key $Ka\nsqs-queue arn:aws:sqs:eu-west-1:111122223333:q key_arn=$Ka\n", KIND_KEY, KEY_A},
    {ALIAS NEW_UNDER("$Aa"), KIND_ALIAS, ALIAS_ARN},
    {ALIAS "lambda-function " FN " key_arn=$Aa\n", KIND_ALIAS, ALIAS_ARN},
    {RULE, KIND_VAULT, VAULT_ARN},
    {RULE, KIND_PLAN, PLAN_ARN},
    {RULE, KIND_RULE, "keyfall:backup-rule/" PLAN_ARN "/r"},
    {RULE, KIND_SELECTION, "keyfall:backup-selection/" PLAN_ARN "/s"},
    {"db-cluster " CLUSTER_ARN "\ndb-cluster-snapshot arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:s "
     "snapshot_type=automated source_arn=" CLUSTER_ARN "\n", KIND_DB_CLUSTER, CLUSTER_ARN},
    {"db-instance $Dx\nrds-automated-backup arn:aws:rds:eu-west-1:111122223333:auto-backup:ab-1 status=active source_arn=$Dx\n",
     KIND_DB_INSTANCE, DB_ARN},
    {"db-cluster " CLUSTER_ARN "\nrds-cluster-automated-backup arn:aws:rds:eu-west-1:111122223333:auto-backup:ab-1 "
     "status=active source_arn=" CLUSTER_ARN "\n", KIND_DB_CLUSTER, CLUSTER_ARN},
    {"vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", KIND_ACCOUNT, "arn:aws:iam::111122223333:root"},
    {"vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", KIND_REGION, HERE},
    {"key $Ka " OWN_POLICY "principal " COPIER " type=role\niam-policy keyfall:inline-policy/" COPIER "/p name=p principal=" COPIER
     " document={\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"ec2:CopySnapshot\",\"kms:CreateGrant\"],\"Resource\":\"*\"}]}\n"
     "lambda-function " FN " role=" COPIER "\nevent-rule " EVENT " state=ENABLED targets=" FN "\n", KIND_KEY, KEY_A},
    {"key $Ka\nvault $Vv key_arn=$Ka\nrestore-testing-plan " TEST " include_vaults=$Vv\nrestore-testing-selection "
     "keyfall:restore-testing-selection/s plan_arn=" TEST "\n", KIND_KEY, KEY_A},
    {TESTING, KIND_VAULT, VAULT_ARN},
    {TESTING, KIND_RESTORE_TEST, TEST},
    {"key $Ka\ngrant keyfall:grant/" KEY_A "/g key_arn=$Ka\n", KIND_GRANT, "keyfall:grant/" KEY_A "/g"},
};

/* Kinds that are listed in a Region, and may be under a key. */
static bool is_listed(enum kind kind)
{
    bool is = false;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        is |= feed->of == KIND_NONE && feed->list && list_row(feed->list)->kind == kind;
    }
    return is && kind != KIND_KEY && kind != KIND_ALIAS;
}

static void ask_full_answers(enum kind kind)
{
    struct record r;
    struct small s = small_from_cases(KEYS, kind);
    ask_named(&s, KIND_KEY, KEY);
    ask_named(&s, KIND_ACCOUNT, "arn:aws:iam::111122223333:root");
    ask_named(&s, KIND_REGION, HERE);
    for (struct walk w = walk_kind(s.g, kind); walk_next(&w, &r);)
        ask_actions(&s, kind, r.node);
    small_free(&s);
}

/* What is a product's, and the last: nothing of ours is left to it (test_stores). */
static bool is_elsewhere(const struct impact_rule *r)
{
    return fired_is_product(r) || (r->edge == EDGE_ENCRYPTED_UNDER && r->of == KIND_KEY && r->kind == KIND_NONE);
}

static void test_every_row_fires(void **state)
{
    (void)state;
    size_t n, n_selves;
    const struct impact_rule *rules = impact_rules(&n), *selves = impact_rules_self(&n_selves);
    fired_begin();
    for (int k = 1; k < KIND_COUNT; k++)
        if (is_listed((enum kind)k))
            ask_full_answers((enum kind)k);
    for (size_t i = 0; i < sizeof falls / sizeof *falls; i++) {
        struct small s = small_from_bytes(falls[i].lines);
        ask_named(&s, falls[i].kind, falls[i].target);
        small_free(&s);
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char *lines = mem_printf(HOME "%s", more[i].lines);
        struct small s = small_from_bytes(lines);
        ask_named(&s, more[i].kind, more[i].target);
        small_free(&s);
        mem_free(lines);
    }
    for (size_t r = 0; r < n; r++)
        if (!has_fired[r] && !is_elsewhere(&rules[r]))
            fail_msg("no case of what becomes of %s: %s", kind_row(rules[r].kind)->plural, rules[r].first_text);
    for (size_t r = 0; r < n_selves; r++)
        if (!self_has_fired[r] && !is_elsewhere(&selves[r]))
            fail_msg("no case of %s that go: %s", kind_row(selves[r].kind)->plural, selves[r].first_text);
    fired_end();
}

/* Under one key, while another goes. */
static void test_nothing_falls_with_another(void **state)
{
    (void)state;
    for (int k = 1; k < KIND_COUNT; k++) {
        if (!is_listed((enum kind)k))
            continue;
        struct small s = small_from_cases(KEYS, (enum kind)k);
        uint32_t other = small_node(&s, KIND_KEY, OTHER);
        struct impact *i = judge_impact(s.j, &other, 1, "delete", 1000);
        for (size_t c = 0; c < i->n; c++)
            if (i->items[c].node && node_kind(s.e, i->items[c].node) == (enum kind)k
                && consequence_worst(&i->items[c]) != EFFECT_UNKNOWN)
                fail_msg("%s fall with a key that they are not under", kind_row((enum kind)k)->plural);
        impact_free(i);
        small_free(&s);
    }
}

/* Nobody knows what hangs on a key where the list is denied of what may. */
static void test_what_was_not_listed_is_not_known(void **state)
{
    (void)state;
    for (int l = 1; l < LIST_COUNT; l++) {
        enum kind kind = list_row((enum list)l)->kind;
        if (!is_listed(kind) || list_row((enum list)l)->parent != KIND_NONE || !kind_row(kind)->key)
            continue;
        char *lines = mem_printf(KEYS "hide %s denied\n", list_row((enum list)l)->name);
        struct small s = small_from_bytes(lines);
        uint32_t key = small_node(&s, KIND_KEY, KEY);
        struct impact *i = judge_impact(s.j, &key, 1, "delete", 1000);
        bool is_told = false;
        for (size_t c = 0; c < i->n; c++)
            is_told |= i->items[c].node == 0 && i->items[c].list == (enum list)l
                       && consequence_worst(&i->items[c]) == EFFECT_UNKNOWN;
        if (i->is_complete || !is_told)
            fail_msg("%s were denied, and the answer is complete", list_row((enum list)l)->name);
        impact_free(i);
        small_free(&s);
        mem_free(lines);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_fires),
        cmocka_unit_test(test_nothing_falls_with_another),
        cmocka_unit_test(test_what_was_not_listed_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
