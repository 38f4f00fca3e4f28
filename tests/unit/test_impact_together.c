/* Several targets together: each record by the worst that reaches it, in whichever order they are named, and never milder
 * than with one of them alone. */
#include "impact_cases.h"
#include "random_story.h"

#define WORLDS 30
#define KEYS_MAX 20

/* ---- rows ------------------------------------------------------------------------------------------ */

static void told_of(const struct small *s, const struct impact *i, struct buf *out)
{
    buf_clear(out);
    for (size_t c = 0; c < i->n; c++) {
        const struct consequence *of = &i->items[c];
        buf_printf(out, "%s %d", severity_word(of->severity), (int)of->because);
        for (int p = 0; p < of->n_phases; p++)
            buf_printf(out, " %s/%d/%lld", effect_word(of->phases[p].effect), (int)of->phases[p].when,
                       (long long)of->phases[p].from_utc);
        buf_printf(out, " %s: %s, %s. %s ", of->label, of->evidence, of->text, of->remedy);
        if (of->node)
            node_arn(s->e, of->node, out);
        buf_adds(out, "\n");
    }
    for (int c = 0; c < i->n_caveats; c++)
        buf_printf(out, "%s\n", i->caveats[c]);
}

/* What is not known may be worse than what is degraded, or not: severity tells. */
static int weight(const struct consequence *c)
{
    static const int weights[EFFECT_COUNT] = {
        [EFFECT_UNKNOWN] = 1, [EFFECT_DEGRADED] = 1, [EFFECT_DOWN] = 2, [EFFECT_LOST] = 3};
    return weights[consequence_worst(c)];
}

static void worst_of(const struct impact *i, uint32_t node, int *effect, int *severity)
{
    *effect = *severity = -1;
    for (size_t c = 0; c < i->n; c++)
        if (i->items[c].node == node) {
            *effect = weight(&i->items[c]) > *effect ? weight(&i->items[c]) : *effect;
            *severity = (int)i->items[c].severity > *severity ? (int)i->items[c].severity : *severity;
        }
}

static bool is_target(const struct impact *i, uint32_t node)
{
    return node == i->targets[0] || node == i->targets[1];
}

static void check_no_milder(const struct small *s, const struct impact *both, const struct impact *one, uint64_t seed)
{
    for (size_t c = 0; c < one->n; c++) {
        uint32_t node = one->items[c].node;
        int effect, severity, was_effect, was_severity;
        if (!node || is_target(both, node))
            continue;
        worst_of(both, node, &effect, &severity);
        worst_of(one, node, &was_effect, &was_severity);
        if (effect < was_effect || severity < was_severity)
            fail_msg("world %llu: with two keys %s %s is milder: effect %d after %d, severity %d after %d",
                     (unsigned long long)seed, kind_row(node_kind(s->e, node))->name, node_tail(s->e, node), effect, was_effect,
                     severity, was_severity);
    }
    if (both->severity < one->severity || (both->is_complete && !one->is_complete))
        fail_msg("world %llu: with two keys it looks better", (unsigned long long)seed);
}

static void check_pair(const struct small *s, uint32_t a, uint32_t b, const char *action, uint64_t seed)
{
    uint32_t keys[] = {a, b}, swapped[] = {b, a};
    struct impact *both = judge_impact(s->j, keys, 2, action, SIZE_MAX);
    struct impact *other = judge_impact(s->j, swapped, 2, action, SIZE_MAX);
    struct buf one = {0}, two = {0};
    told_of(s, both, &one);
    told_of(s, other, &two);
    if (strcmp(one.data ? one.data : "", two.data ? two.data : "") != 0)
        fail_msg("world %llu: the order of the keys tells:\n%s\nand\n%s", (unsigned long long)seed, one.data, two.data);
    for (int k = 0; k < 2; k++) {
        struct impact *alone = judge_impact(s->j, &keys[k], 1, action, SIZE_MAX);
        check_no_milder(s, both, alone, seed);
        impact_free(alone);
    }
    buf_free(&one);
    buf_free(&two);
    impact_free(both);
    impact_free(other);
}

/* ---- any two keys of any world ----------------------------------------------------------------------- */

/* What hangs on more keys than one, which random_story has not. */
static char *story_of(uint64_t seed)
{
    struct story s = {.state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1};
    char *lines = random_story(seed);
    buf_printf(&s.lines, "%sat 111122223333 eu-west-1\n", lines);
    for (unsigned i = 10; i < 16; i++) {
        buf_printf(&s.lines, "db-instance $Dd%u encrypted=true key_arn=$Kk%u other_keys=$Kk%u,$Kk%u\n", i, story_pick(&s, STORY_KEYS),
                   story_pick(&s, STORY_KEYS), story_pick(&s, STORY_KEYS));
        buf_printf(&s.lines, "dynamodb-table arn:aws:dynamodb:eu-west-1:111122223333:table/t%u key_arn=$Kk%u replica_keys="
                             "arn:aws:kms:us-east-1:111122223333:key/k%u\n", i, story_pick(&s, STORY_KEYS), story_pick(&s, STORY_KEYS));
        buf_printf(&s.lines, "parameter $Pdruva%u name=Druva-ClientCredential-%u key_arn=$%s%u\n", i, i,
                   STORY_WORD(&s, "Kk", "Aa"), story_pick(&s, 2));
    }
    mem_free(lines);
    return buf_take(&s.lines);
}

static void test_any_two_keys(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        char *lines = story_of(seed);
        struct small s = small_new(lines);
        uint32_t keys[KEYS_MAX];
        size_t n = 0;
        for (uint32_t node = 1; node <= estate_node_count(s.e) && n < KEYS_MAX; node++)
            if (node_kind(s.e, node) == KIND_KEY)
                keys[n++] = node;
        for (size_t a = 0; a < n; a++)
            for (size_t b = a + 1; b < n; b++)
                check_pair(&s, keys[a], keys[b], judge_actions(KIND_KEY)[(seed + a + b) % 3], seed);
        small_free(&s);
        mem_free(lines);
    }
}

/* ---- cases --------------------------------------------------------------------------------------------- */

#define STORE "keyfall:key-store/111122223333/eu-west-1/c"
#define KEY_B KMS "key/b"
#define DB "arn:aws:rds:eu-west-1:111122223333:db:x"
#define TABLE_ARN "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
#define FAR "arn:aws:backup:eu-west-1:444455556666:recovery-point:f"
#define ROOT "arn:aws:iam::111122223333:root"

#define MANUAL "db-snapshot $Ss source_arn=$Dx status=available snapshot_type=manual "

/* The second is milder to the record, and reaches it first or last. */
static const struct {
    const char *lines;
    struct {
        enum kind kind;
        const char *arn;
    } targets[2];
    enum kind kind;
    const char *arn; /* what is lost */
} cases[] = {
    {HOME "key $Ka\nkey $Kb\ndb-instance $Dx key_arn=$Ka other_keys=$Kb\n", {{KIND_KEY, KEY_A}, {KIND_KEY, KEY_B}},
     KIND_DB_INSTANCE, DB},
    {HOME "key $Ka\nkey $Kb\ndb-instance $Dx key_arn=$Kb other_keys=$Ka\n", {{KIND_KEY, KEY_B}, {KIND_KEY, KEY_A}},
     KIND_DB_INSTANCE, DB},
    {HOME "key $Ka\nkey $Kb\ndynamodb-table " TABLE_ARN " key_arn=$Kb replica_keys=$Ka\n",
     {{KIND_KEY, KEY_B}, {KIND_KEY, KEY_A}}, KIND_TABLE, TABLE_ARN},
    /* by itself too */
    {HOME "key $Ka\nkey $Kb\ndb-instance $Dx key_arn=$Ka other_keys=$Ka\n", {{KIND_KEY, KEY_A}, {KIND_KEY, KEY_B}},
     KIND_DB_INSTANCE, DB},
    /* and what follows: the key is down with its store, lost with its account; so is what is under it elsewhere */
    {HOME "key-store " STORE " connection_state=CONNECTED\nkey $Kk key_store=" STORE "\nat 444455556666 eu-west-1\nvault $Vv\n"
          "recovery-point $Rf vault_arn=$Vv key_arn=" KMS "key/k\n", {{KIND_ACCOUNT, ROOT}, {KIND_KEY_STORE, STORE}},
     KIND_POINT, FAR},
    /* a database is only down while a backup of it is left: not if that, or the key that it is under, goes too */
    {HOME "key $Ka\ndb-instance $Dx\n" MANUAL "key_arn=$Ka encrypted=true\n", {{KIND_DB_INSTANCE, DB}, {KIND_KEY, KEY_A}},
     KIND_DB_INSTANCE, DB},
    {HOME "db-instance $Dx\n" MANUAL "encrypted=false\n",
     {{KIND_DB_INSTANCE, DB}, {KIND_DB_SNAPSHOT, "arn:aws:rds:eu-west-1:111122223333:snapshot:s"}}, KIND_DB_INSTANCE, DB},
    /* a target's own row may be milder than what else reaches it: what hangs on it is not */
    {HOME "key $Ka\nat 444455556666 eu-west-1\nvault $Vv\nrecovery-point $Rf vault_arn=$Vv key_arn=" KEY_A "\n",
     {{KIND_ACCOUNT, ROOT}, {KIND_KEY, KEY_A}}, KIND_POINT, FAR},
};

static void test_the_worst_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t at = i / 2, first = i % 2;
        struct small s = small_new(cases[at].lines);
        uint32_t targets[2], node = small_node(&s, cases[at].kind, cases[at].arn);
        const char *actions[2] = {NULL, NULL};
        for (size_t t = 0; t < 2; t++) {
            size_t of = (t + first) % 2;
            targets[t] = small_node(&s, cases[at].targets[of].kind, cases[at].targets[of].arn);
            /* a key beside its account is only disabled */
            if (cases[at].targets[0].kind == KIND_ACCOUNT && cases[at].targets[of].kind == KIND_KEY)
                actions[t] = "disable";
        }
        struct impact *impact = judge_impact_of(s.j, targets, actions, NULL, 2, SIZE_MAX);
        int effect, severity;
        size_t n = 0;
        assert_non_null(impact);
        worst_of(impact, node, &effect, &severity);
        for (size_t c = 0; c < impact->n; c++)
            n += impact->items[c].node == node;
        if (n != 1 || effect != 3 /* lost */)
            fail_msg("case %zu, order %zu: %zu rows, effect %d", at, first, n, effect);
        impact_free(impact);
        small_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_worst_is_told),
        cmocka_unit_test(test_any_two_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
