/* What falls: phases, effects and severities by target and action; each record once; what survives; what
 * was not read. */
#include "small_story.h"

#include "backend/cli/impact.h"

#undef HOME
#include "impact_cases.h"

/* ---- a key, by its state and the action ------------------------------------------------------ */

static void check(size_t row, const struct consequence *c, const struct want *want)
{
    bool same = c && c->n_phases == want->n_phases && c->severity == want->severity && c->depth == want->depth;
    for (int p = 0; same && p < want->n_phases; p++)
        same = c->phases[p].effect == want->effects[p] && c->phases[p].when == want->when[p];
    if (same)
        return;
    if (!c)
        fail_msg("row %zu: nothing happens to %s", row, want->arn ? want->arn : "what was not read");
    fail_msg("row %zu: %s %s, %d phases: %s/%d then %s/%d, depth %d", row, severity_word(c->severity), c->text,
             c->n_phases, effect_word(c->phases[0].effect), (int)c->phases[0].when, effect_word(c->phases[1].effect),
             (int)c->phases[1].when, c->depth);
}

/* What cannot happen has a reason, and needs no remedy. */
static bool is_whole(const struct consequence *c)
{
    bool cannot_happen = c->text && strstr(c->text, "cannot happen to it");
    return c->text && (cannot_happen ? !c->remedy[0] && strstr(c->text, "cannot happen to it: ") : c->remedy[0] != '\0') &&
           strncmp(c->source, "docs.aws.amazon.com/", 20) == 0 && c->account;
}

static void test_consequences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof falls / sizeof *falls; i++) {
        struct small s = small_new(falls[i].lines);
        struct impact *impact = ask(&s, falls[i].kind, falls[i].target, falls[i].action);
        assert_non_null(impact);
        check(i, hit(&s, impact, falls[i].want.arn, 0), &falls[i].want);
        if (impact->is_complete != falls[i].is_complete)
            fail_msg("row %zu: complete %d", i, impact->is_complete);
        for (size_t c = 0; c < impact->n; c++) {
            const struct consequence *of = &impact->items[c];
            if (!is_whole(of))
                fail_msg("row %zu: consequence %zu lacks something", i, c);
            if (of->because != UINT32_MAX)
                assert_true(of->because < c);
        }
        impact_free(impact);
        small_free(&s);
    }
}

/* Key, role, function, rule: who copies under a key because an EventBridge rule says so. */
static void test_drivers(void **state)
{
    (void)state;
#define ROLE "arn:aws:iam::111122223333:role/copier"
#define ALLOWS(actions) "iam-policy keyfall:iam-policy/x/y name=y principal=" ROLE " document={\"Version\":\"2012-10-17\","    \
                        "\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[" actions "],\"Resource\":\"*\"}]}\n"
#define OWN_KEY "key $Ka state=Enabled policy={\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":" \
                "{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}\n"
#define DRIVEN(state) "principal " ROLE " name=copier type=role\nlambda-function " FN " role=" ROLE                             \
                      "\nevent-rule " EVENT " state=" state " targets=" FN "\n"
#define COPIES ALLOWS("\"ec2:CopySnapshot\",\"kms:CreateGrant\"")
    static const struct {
        const char *lines;
        int depth_of_rule; /* 0: not hit */
        enum impact_effect of_function;
        bool is_complete;
    } cases[] = {
        {OWN_KEY DRIVEN("ENABLED") COPIES, 3, EFFECT_DEGRADED, true},
        {OWN_KEY DRIVEN("DISABLED") COPIES, 0, EFFECT_SAFE, true},
        {OWN_KEY DRIVEN("ENABLED") ALLOWS("\"ec2:CopySnapshot\""), 0, EFFECT_SAFE, true},
        {OWN_KEY DRIVEN("ENABLED") ALLOWS("\"s3:*\",\"kms:*\""), 0, EFFECT_SAFE, true},
        {"key $Ka state=Enabled\n" DRIVEN("ENABLED") COPIES, 0, EFFECT_SAFE, true},
        /* AWS Backup copies with a role of its own */
        {OWN_KEY "vault $Vv key_arn=$Ka\n" DRIVEN("ENABLED") ALLOWS("\"backup:StartCopyJob\""), 3, EFFECT_DEGRADED, true},
        {OWN_KEY DRIVEN("ENABLED") ALLOWS("\"backup:StartCopyJob\""), 0, EFFECT_SAFE, true},
        /* not known */
        {"key $Ka state=Enabled policy:denied\n" DRIVEN("ENABLED") COPIES, 0, EFFECT_UNKNOWN, false},
        {OWN_KEY "lambda-function " FN " role=" ROLE "\nevent-rule " EVENT " targets=" FN "\n", 0, EFFECT_UNKNOWN, true},
        {OWN_KEY DRIVEN("ENABLED") COPIES "hide iam-policies denied\n", 0, EFFECT_UNKNOWN, true},
        {OWN_KEY "hide event-rules denied\n", 0, EFFECT_SAFE, false},
        {OWN_KEY "event-rule " EVENT " targets:denied\n", 0, EFFECT_SAFE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *lines = mem_printf(HOME "%s", cases[i].lines);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, KIND_KEY, KEY_A, "disable");
        const struct consequence *rule = hit(&s, impact, EVENT, 0), *function = hit(&s, impact, FN, 0);
        if ((rule ? rule->depth : 0) != cases[i].depth_of_rule)
            fail_msg("case %zu: rule at %d", i, rule ? (int)rule->depth : 0);
        enum impact_effect effect = function ? function->phases[0].effect : EFFECT_SAFE;
        if (effect != cases[i].of_function || impact->is_complete != cases[i].is_complete)
            fail_msg("case %zu: function %d, complete %d", i, effect, impact->is_complete);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

static void test_dates_and_counts(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=PendingDeletion deletion_date=+6d\nvault $Vv key_arn=$Ka\n"
                                    "recovery-point $Rp vault_arn=$Vv key_arn=$Ka\n"
                                    /* a snapshot that is a recovery point: once */
                                    "recovery-point " SNAP " vault_arn=$Vv key_arn=$Ka snapshot_arn=" SNAP "\n"
                                    "ebs-snapshot " SNAP " key_arn=$Ka\n");
    struct impact *i = ask(&s, KIND_KEY, KEY_A, NULL);
    assert_string_equal(i->action, "delete");
    assert_int_equal(i->counts[EFFECT_LOST], 3);
    assert_int_equal(i->n_all, 3);
    assert_int_equal(i->now_counts[EFFECT_DOWN], 3);
    assert_int_equal(i->point_of_no_return, NOW + 6 * DAY);
    assert_int_equal(i->severity, SEVERITY_CRITICAL);
    const struct consequence *c = hit(&s, i, P, 0);
    assert_int_equal(c->phases[1].from_utc, NOW + 6 * DAY);
    assert_string_equal(c->evidence, "EncryptionKeyArn");
    assert_string_equal(c->account, "111122223333");
    impact_free(i);
    small_free(&s);
}

/* DESIGN: deleting one member of a multi-Region set is down where another can mend it. */
static void test_relatives(void **state)
{
    (void)state;
#define MRK "arn:aws:kms:eu-west-1:111122223333:key/mrk-a"
#undef OTHER
#define OTHER "arn:aws:kms:us-east-1:111122223333:key/mrk-a"
#define FAR_P "arn:aws:backup:us-east-1:111122223333:recovery-point:p"
#define SET "multi_region=true primary_key=" MRK " replica_keys=" MRK "," OTHER "\n"
    static const struct {
        const char *other;
        enum impact_effect effect;
    } others[] = {
        {"at 111122223333 us-east-1\nkey $Kmrk-a state=Enabled " SET, EFFECT_DOWN},
        {"at 111122223333 us-east-1\nkey $Kmrk-a state=Disabled " SET, EFFECT_DOWN},
        {"at 111122223333 us-east-1\nkey $Kmrk-a state=PendingDeletion " SET, EFFECT_LOST},
        {"at 111122223333 us-east-1\nkey $Kmrk-a metadata:denied\n", EFFECT_UNKNOWN},
        {"", EFFECT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char lines[2048];
        snprintf(lines, sizeof lines, "%skey $Kmrk-a state=Enabled %svault $Vv\nrecovery-point $Rp vault_arn=$Vv "
                 "key_arn=$Kmrk-a\n%s", HOME, SET, others[i].other);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, KIND_KEY, MRK, NULL);
        const struct consequence *c = hit(&s, impact, P, 0);
        assert_non_null(c);
        if (consequence_worst(c) != others[i].effect)
            fail_msg("row %zu: %s", i, effect_word(consequence_worst(c)));
        impact_free(impact);
        small_free(&s);
    }
    /* who is denied is named by the other, and names nobody: both ways the other is told */
    static const char *const members[] = {MRK, OTHER};
    for (size_t i = 0; i < 4; i++) {
        char lines[2048];
        bool is_mine = i % 2 == 0;
        snprintf(lines, sizeof lines, "%skey $Kmrk-a %svault $Vv\nrecovery-point $Rp vault_arn=$Vv "
                 "key_arn=$Kmrk-a\nat 111122223333 us-east-1\nkey $Kmrk-a %svault $Vv\nrecovery-point $Rp "
                 "vault_arn=$Vv key_arn=$Kmrk-a\n", HOME, is_mine ? "metadata:denied\n" : "state=Enabled " SET,
                 is_mine ? "state=Enabled " SET : "metadata:denied\n");
        struct small s = small_new(lines);
        const char *target = members[i / 2], *other = members[1 - i / 2];
        bool is_denied = is_mine == (i / 2 == 0);
        struct impact *impact = ask(&s, KIND_KEY, target, NULL);
        const struct consequence *c = hit(&s, impact, i / 2 ? FAR_P : P, 0);
        assert_non_null(c);
        /* the denied one can be made again from the other; whether the other way round is not known */
        assert_int_equal(consequence_worst(c), is_denied ? EFFECT_DOWN : EFFECT_UNKNOWN);
        c = hit(&s, impact, other, 0);
        assert_non_null(c);
        assert_int_equal(c->edge, EDGE_RELATIVE_OF);
        assert_int_equal(consequence_worst(c), is_denied ? EFFECT_SAFE : EFFECT_UNKNOWN);
        assert_int_equal(c->evidence_of, small_node(&s, KIND_KEY, is_denied ? other : target));
        impact_free(impact);
        small_free(&s);
    }
    /* of a key whose id says so and of which nothing is known, there may be others */
    struct small lone = small_new(HOME "key $Kmrk-a metadata:denied\nvault $Vv\nrecovery-point $Rp vault_arn=$Vv "
                                       "key_arn=$Kmrk-a\n");
    struct impact *of_lone = ask(&lone, KIND_KEY, MRK, NULL);
    assert_int_equal(consequence_worst(hit(&lone, of_lone, P, 0)), EFFECT_UNKNOWN);
    impact_free(of_lone);
    small_free(&lone);
    /* together there is nothing left to mend from */
    struct small s = small_new(HOME "key $Kmrk-a state=Enabled " SET "vault $Vv\nrecovery-point $Rp vault_arn=$Vv "
                                    "key_arn=$Kmrk-a\nat 111122223333 us-east-1\nkey $Kmrk-a state=Enabled " SET);
    uint32_t both[] = {small_node(&s, KIND_KEY, MRK), small_node(&s, KIND_KEY, OTHER)};
    struct impact *impact = judge_impact(s.j, both, 2, "delete", 100);
    assert_int_equal(consequence_worst(hit(&s, impact, P, 0)), EFFECT_LOST);
    impact_free(impact);
    small_free(&s);
}

/* A copy under another live key survives; whether it does is asked of that key, and of what falls with it. */
static void test_copies_survive(void **state)
{
    (void)state;
#undef FAR
#define FAR "arn:aws:backup:us-east-1:111122223333:recovery-point:f"
#define FAR_KEY "arn:aws:kms:us-east-1:111122223333:key/b"
#define COPY(state) HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka " \
                    "resource_arn=$Dx\nat 111122223333 us-east-1\n" state "vault $Vw\nrecovery-point $Rf vault_arn=$Vw " \
                    "key_arn=$Kb resource_arn=arn:aws:rds:eu-west-1:111122223333:db:x " \
                    "source_vault_arn=arn:aws:backup:eu-west-1:111122223333:backup-vault:v\n"
    static const struct {
        const char *lines;
        int effect; /* -1: no consequence */
    } copies[] = {
        {COPY("key $Kb state=Enabled\n"), EFFECT_SAFE},
        {COPY("key $Kb state=Disabled\n"), -1},
        {COPY("key $Kb metadata:denied\n"), EFFECT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        struct small s = small_new(copies[i].lines);
        struct impact *impact = ask(&s, KIND_KEY, KEY_A, NULL);
        const struct consequence *c = hit(&s, impact, FAR, 0);
        if ((c ? (int)consequence_worst(c) : -1) != copies[i].effect)
            fail_msg("row %zu: %s", i, c ? effect_word(consequence_worst(c)) : "none");
        if (c && copies[i].effect == EFFECT_SAFE) {
            assert_int_equal(c->edge, EDGE_COPIED_FROM);
            assert_int_equal(impact->counts[EFFECT_SAFE], 1);
        }
        impact_free(impact);
        small_free(&s);
    }
    struct small s = small_new(COPY("key $Kb state=Enabled\n"));
    uint32_t both[] = {small_node(&s, KIND_KEY, KEY_A), small_node(&s, KIND_KEY, FAR_KEY)};
    struct impact *impact = judge_impact(s.j, both, 2, NULL, 100);
    assert_int_equal(consequence_worst(hit(&s, impact, FAR, 0)), EFFECT_LOST);
    assert_int_equal(impact->counts[EFFECT_SAFE], 0);
    impact_free(impact);
    small_free(&s);
}

/* One counting: what a key has as dependents is what falls with it, and the rest of the sum is told by kind. */
static void test_sums(void **state)
{
    (void)state;
    struct small s = small_new(
        HOME "key $Ka state=Enabled\nvault $Vv key_arn=$Ka\nvault $Vw\nalias $Ax key_arn=$Ka\nalias $Ay key_arn=$Ka\n"
             "parameter $Pp key_arn=$Ka\nparameter $Pq key_arn=$Ax\ngrant keyfall:grant/k/g key_arn=$Ka\n"
             "parameter $PDruva-ClientCredential-7 name=Druva-ClientCredential-7 key_arn=$Ka\n"
             "recovery-point " SNAP " vault_arn=$Vv key_arn=$Ka snapshot_arn=" SNAP "\nebs-snapshot " SNAP " key_arn=$Ka\n"
             "backup-plan $Bp plan_id=p\nbackup-rule keyfall:backup-rule/r plan_arn=$Bp vault_arn=$Vv copies_to=$Vv,$Vw\n"
             "hide volumes denied\n");
    struct impact *i = ask(&s, KIND_KEY, KEY_A, NULL);
    struct dependents d = judge_dependents(s.j, small_node(&s, KIND_KEY, KEY_A));
    assert_int_equal(d.all, 5); /* a vault, three parameters, a snapshot that is a recovery point */
    assert_int_equal(i->dependents, d.all);
    assert_int_equal(i->others[KIND_ALIAS], 2);
    assert_int_equal(i->n_unread, 1);
    struct buf sum = {0};
    impact_sum(i, &sum);
    assert_string_equal(sum.data,
                        "5 dependents, 2 aliases, 1 grant, 1 backup-rule, 1 open question, 1 list not read");
    buf_free(&sum);
    uint64_t all = i->dependents + i->n_unread;
    for (int k = 0; k < KIND_COUNT; k++)
        all += i->others[k];
    assert_int_equal(all, i->n_all);
    impact_free(i);
    /* what goes with its account is counted by kind */
    i = ask(&s, KIND_ACCOUNT, "arn:aws:iam::111122223333:root", NULL);
    assert_non_null(i);
    struct buf within = {0};
    impact_sum(i, &within);
    assert_null(strstr(within.data, "0 dependents"));
    assert_non_null(strstr(within.data, "1 key, "));
    buf_free(&within);
    impact_free(i);
    /* a rule that names a vault twice is one dependent of it */
    i = ask(&s, KIND_VAULT, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", NULL);
    assert_int_equal(judge_dependents(s.j, i->targets[0]).all, 2);
    assert_int_equal(i->dependents, 2);
    impact_free(i);
    small_free(&s);
}

/* The same of everything in an estate that has something of all. */
static void test_dependents_are_what_falls(void **state)
{
    (void)state;
    struct small s = small_new(small_story);
    for (uint32_t node = 1; node <= estate_node_count(s.e); node++) {
        struct impact *i = judge_impact(s.j, &node, 1, NULL, 10);
        bool is_place = node_kind(s.e, node) == KIND_ACCOUNT || node_kind(s.e, node) == KIND_REGION;
        if (i && !is_place && i->dependents != judge_dependents(s.j, node).all)
            fail_msg("%s: %d fall, %d dependents", node_tail(s.e, node), (int)i->dependents,
                     (int)judge_dependents(s.j, node).all);
        if (i)
            impact_free(i);
    }
    small_free(&s);
}

/* Which field of which record, and when it was read. */
static void test_proof(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Enabled\nvault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n"
                       "alias $Ax key_arn=$Ka\nparameter $Pq key_arn=$Ax\nkey $Kb state=Enabled\n"
                       "parameter $Pb key_arn=$Kb\nhide volumes denied\n");
    static const struct {
        const char *arn, *proof;
    } proofs[] = {
        {P, "recovery-point p: EncryptionKeyArn, read 2026-08-17T20:52:20Z"},
        {KMS "alias/x", "alias x: key_arn, read 2026-08-17T20:52:20Z"},
        {"arn:aws:ssm:eu-west-1:111122223333:parameter/q", "parameter q: key_arn, read 2026-08-17T20:52:20Z"},
        {"arn:aws:ssm:eu-west-1:111122223333:parameter/b", "parameter b: key_arn, read 2026-08-17T20:52:20Z"},
        {NULL, ""},
    };
    uint32_t both[] = {small_node(&s, KIND_KEY, KEY_A), small_node(&s, KIND_KEY, KMS "key/b")};
    struct impact *i = judge_impact(s.j, both, 2, NULL, 100);
    for (size_t p = 0; p < sizeof proofs / sizeof *proofs; p++) {
        struct buf text = {0};
        const struct consequence *c = hit(&s, i, proofs[p].arn, 0);
        assert_non_null(c);
        consequence_proof(s.j, c, &text);
        assert_string_equal(text.data ? text.data : "", proofs[p].proof);
        buf_free(&text);
        assert_string_equal(c->label, proofs[p].arn ? "" : "volumes");
    }
    impact_free(i);
    small_free(&s);
    s = small_new(HOME "vault $Vv\nat 444455556666 eu-west-1\nhide backup-plans denied\n");
    i = ask(&s, KIND_VAULT, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", NULL);
    assert_string_equal(hit(&s, i, NULL, 0)->label, "rules elsewhere");
    impact_free(i);
    small_free(&s);
}

static void test_e_key_stays_a_question(void **state)
{
    (void)state;
    struct small s = small_new(HOME "parameter $PDruva-ClientCredential-7 name=Druva-ClientCredential-7\n");
    const char *arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/Druva-ClientCredential-7";
    struct impact *i = ask(&s, KIND_PARAMETER, arn, NULL);
    assert_int_equal(i->n, 2);
    assert_int_equal(i->counts[EFFECT_DEGRADED], 1);
    assert_int_equal(i->counts[EFFECT_UNKNOWN], 1);
    const struct consequence *question = hit(&s, i, arn, 1);
    assert_int_equal(question->severity, SEVERITY_CRITICAL);
    assert_int_equal(question->because, 0);
    assert_non_null(strstr(question->text, "E-Key"));
    assert_true(i->is_complete); /* a limit, no blind spot */
    impact_free(i);
    small_free(&s);
}

static void test_caveats(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *words;
        enum kind kind;
        const char *target;
    } caveats[] = {
        {HOME "key $Ka state=Enabled manager=AWS\n", "AWS manages this key", KIND_KEY, KEY_A},
        {HOME "key $Ka state=Enabled external_accounts=999999999999\n", "999999999999", KIND_KEY, KEY_A},
        {HOME "key $Ka state=Enabled\n", "7 to 30 days", KIND_KEY, KEY_A},
        {HOME "key $Ka state=PendingDeletion deletion_date=+6d\n", "EnableKey must follow", KIND_KEY, KEY_A},
        {HOME "key $Ka state=Enabled\n", "S3 objects", KIND_KEY, KEY_A},
        {HOME "key $Ka metadata:denied\n", "state of the key is not known", KIND_KEY, KEY_A},
        {HOME "vault $Vv locked=true\n", "locked", KIND_VAULT, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"},
        {HOME "parameter $Pp key_arn=$Ka\n", "deleted already", KIND_KEY, KEY_A},
    };
    for (size_t i = 0; i < sizeof caveats / sizeof *caveats; i++) {
        struct small s = small_new(caveats[i].lines);
        struct impact *impact = ask(&s, caveats[i].kind, caveats[i].target, NULL);
        if (!has_caveat(impact, caveats[i].words))
            fail_msg("row %zu: no word of \"%s\"", i, caveats[i].words);
        impact_free(impact);
        small_free(&s);
    }
}

/* A key that AWS manages stays, whatever goes beside it; that one's date is kept. */
static void test_aws_managed(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=PendingDeletion deletion_date=+6d\nkey $Kb state=Enabled manager=AWS\n"
                               "alias $Ax key_arn=$Kb\n");
    uint32_t keys[] = {small_node(&s, KIND_KEY, KEY_A), small_node(&s, KIND_KEY, KMS "key/b")};
    struct impact *both = judge_impact(s.j, keys, 2, NULL, SIZE_MAX), *one = judge_impact(s.j, keys + 1, 1, NULL, SIZE_MAX);
    assert_int_equal(both->point_of_no_return, NOW + 6 * DAY);
    assert_true(one->point_of_no_return == TIME_NONE);
    assert_true(has_caveat(one, "AWS manages this key") && !has_caveat(one, "7 to 30 days"));
    assert_int_equal(one->n, 1);
    assert_string_equal(one->items[0].text, "depends on it, and this cannot happen to it: AWS manages the key");
    impact_free(both);
    impact_free(one);
    small_free(&s);
}

static void test_one_key_is_no_keys(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Enabled\n");
    struct cli_options options = {0};
    struct answer answer = {.options = &options, .generation = s.g, .judgement = s.j, .now_utc = NOW};
    struct ranking *ranking = judge_rank_keys(s.j, NULL);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    impact_all_text(&answer, ranking, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strncmp(text, "1 key by what each takes down", 29), 0);
    free(text);
    ranking_free(ranking);
    small_free(&s);
}

/* Counts are of all, the list is of the worst, causes stay before what follows from them. */
static void test_only_the_worst_are_listed(void **state)
{
    (void)state;
    struct buf lines = {0};
    buf_adds(&lines, HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\n");
    for (int i = 0; i < 50; i++)
        buf_printf(&lines, "grant keyfall:grant/k/%d key_arn=$Ka\nparameter $Pp%d key_arn=$Ax\n", i, i);
    buf_adds(&lines, "vault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n");
    struct small s = small_new(lines.data);
    uint32_t key = small_node(&s, KIND_KEY, KEY_A);
    struct impact *i = judge_impact(s.j, &key, 1, NULL, 10);
    assert_int_equal(i->n_all, 102);
    assert_int_equal(i->counts[EFFECT_LOST], 102);
    assert_true(i->n >= 10 && i->n <= 12);
    assert_non_null(hit(&s, i, P, 0));
    for (size_t c = 0; c < i->n; c++)
        if (i->items[c].depth == 2)
            assert_int_equal(i->items[i->items[c].because].edge, EDGE_ALIAS_OF);
    impact_free(i);
    small_free(&s);
    buf_free(&lines);
}

/* Two aliases of two keys that name each other's parameters cannot make it walk for ever. */
static void test_circles_end(void **state)
{
    (void)state;
    struct small s = small_new(HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv parent_arn=$Rq\n"
                                    "recovery-point $Rq vault_arn=$Vv parent_arn=$Rp\n");
    struct impact *i = ask(&s, KIND_POINT, P, NULL);
    assert_int_equal(i->n, 2);
    impact_free(i);
    small_free(&s);
}

static void test_actions(void **state)
{
    (void)state;
    assert_string_equal(judge_actions(KIND_KEY)[0], "delete");
    assert_null(judge_actions(KIND_COPY_JOB)[0]);
    struct small s = small_new(HOME "key $Ka state=Enabled\n");
    uint32_t key = small_node(&s, KIND_KEY, KEY_A);
    for (int k = 1; k < KIND_COUNT; k++)
        for (const char *const *a = judge_actions((enum kind)k); *a; a++)
            if (k == KIND_KEY) {
                struct impact *i = judge_impact(s.j, &key, 1, *a, 10);
                assert_non_null(i);
                assert_string_equal(i->action, *a);
                impact_free(i);
            }
    assert_null(judge_impact(s.j, &key, 1, "revoke", 10));
    assert_null(judge_impact(s.j, &key, 0, NULL, 10));
    small_free(&s);
}

/* What runs as another role goes on. */
static void test_another_role(void **state)
{
    (void)state;
    struct small s = small_new(ROLED);
    struct impact *impact = ask(&s, KIND_PRINCIPAL, ROLE_R, NULL);
    assert_int_equal(impact->n_all, 2);
    assert_null(hit(&s, impact, SELECTION "2", 0));
    const struct consequence *c = hit(&s, impact, SELECTION, 0);
    assert_string_equal(c->evidence, "IamRoleArn");
    impact_free(impact);
    small_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consequences),
        cmocka_unit_test(test_drivers),
        cmocka_unit_test(test_dates_and_counts),
        cmocka_unit_test(test_relatives),
        cmocka_unit_test(test_copies_survive),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_dependents_are_what_falls),
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_e_key_stays_a_question),
        cmocka_unit_test(test_caveats),
        cmocka_unit_test(test_aws_managed),
        cmocka_unit_test(test_one_key_is_no_keys),
        cmocka_unit_test(test_only_the_worst_are_listed),
        cmocka_unit_test(test_circles_end),
        cmocka_unit_test(test_another_role),
        cmocka_unit_test(test_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
