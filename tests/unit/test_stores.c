/* What holds data beside databases and volumes: how it falls, what it counts for, what is told of its key. */
#include "small_estate.h"

#include "backend/judge/holdings.h"
#include "backend/judge/impact_rules.h"
#include "backend/view/view.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KMS "arn:aws:kms:eu-west-1:111122223333:"
#define KEY_A KMS "key/a"
#define KEY "key $Ka state=Enabled manager=CUSTOMER origin=AWS_KMS policy={}\n"
#define EFS "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
#define TABLE "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
#define SECRET "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"
#define BUCKET "arn:aws:s3:::b"
#define CACHE "arn:aws:elasticache:eu-west-1:111122223333:replicationgroup:c"
#define AUTO "arn:aws:rds:eu-west-1:111122223333:auto-backup:ab-1"

static const struct consequence *hit(const struct small *s, const struct impact *i, const char *arn)
{
    for (size_t c = 0; c < i->n; c++) {
        struct buf own = {0};
        if (i->items[c].node)
            node_arn(s->e, i->items[c].node, &own);
        bool is = own.data && strcmp(own.data, arn) == 0;
        buf_free(&own);
        if (is)
            return &i->items[c];
    }
    return NULL;
}

static struct impact *ask(const struct small *s, enum kind kind, const char *arn, const char *action)
{
    uint32_t target = small_node(s, kind, arn);
    assert_int_not_equal(target, 0);
    return judge_impact(s->j, &target, 1, action, 1000);
}

/* ---- the tables ------------------------------------------------------------------------------ */

/* Every kind that can be under a key has a row that says what becomes of it, not the one for all. */
static void test_every_kind_falls_in_its_own_way(void **state)
{
    (void)state;
    size_t n = 0;
    model_init();
    for (int k = 1; k < KIND_COUNT; k++) {
        const struct kind_row *kind = kind_row((enum kind)k);
        if (!kind->key || list_row(small_list_of((enum kind)k))->parent != KIND_NONE)
            continue;
        char *lines = mem_printf(HOME KEY "%s keyfall:some/thing key_arn=$Ka\n", kind->name);
        struct small s = small_new(lines);
        struct impact *i = ask(&s, KIND_KEY, KEY_A, NULL);
        const struct consequence *c = hit(&s, i, "keyfall:some/thing");
        if (!c || !c->text || strstr(c->text, "not known") || !c->source || !c->remedy)
            fail_msg("%s has no row of its own: %s", kind->name, c ? c->text : "it is not hit");
        assert_true(consequence_worst(c) >= EFFECT_DEGRADED);
        assert_non_null(holding_of((enum kind)k));
        assert_non_null(judge_actions((enum kind)k)[0]);
        impact_free(i);
        small_free(&s);
        mem_free(lines);
        n++;
    }
    assert_true(n > 20);
}

/* ---- how they fall --------------------------------------------------------------------------- */

static void test_falls(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *action;
        const char *arn;
        enum impact_effect worst;
        enum severity severity;
        const char *text; /* part of it */
    } rows[] = {
        {"efs-file-system " EFS " key_arn=$Ka encryption=kms\n", "disable", EFS, EFFECT_DOWN, SEVERITY_CRITICAL,
         "after a while"},
        {"dynamodb-table " TABLE " key_arn=$Ka encryption=kms\n", "disable", TABLE, EFFECT_LOST,
         SEVERITY_CRITICAL, "archived by AWS after seven days"},
        {"dynamodb-table " TABLE " key_arn=$Ka encryption=kms replicas=us-east-1\n", "disable", TABLE,
         EFFECT_LOST, SEVERITY_CRITICAL, "after 20 hours"},
        {"dynamodb-table " TABLE " encryption=aws-owned replicas=us-east-1 replica_keys=$Ka\n", NULL, TABLE,
         EFFECT_DEGRADED, SEVERITY_HIGH, "after 20 hours"},
        {"alias $Ax key_arn=$Ka\nsecret " SECRET " key_arn=$Ax encryption=kms\n", NULL, SECRET, EFFECT_LOST,
         SEVERITY_HIGH, "never be read"},
        {"db-instance $Dx key_arn=$Ka encrypted=true backup_retention_days=7\n", "disable",
         "arn:aws:rds:eu-west-1:111122223333:db:x", EFFECT_LOST, SEVERITY_CRITICAL, "seven days"},
        {"db-instance $Dx key_arn=$Ka encrypted=true backup_retention_days=7 replicas=y\n", "disable",
         "arn:aws:rds:eu-west-1:111122223333:db:x", EFFECT_LOST, SEVERITY_CRITICAL, "no time to mend"},
        {"db-instance $Dx key_arn=$Ka encrypted=true engine=neptune\n", "disable",
         "arn:aws:rds:eu-west-1:111122223333:db:x", EFFECT_LOST, SEVERITY_CRITICAL, "no time to mend"},
        {"db-instance $Dx key_arn=$Ka encrypted=true backup_retention_days=0\n", "disable",
         "arn:aws:rds:eu-west-1:111122223333:db:x", EFFECT_DEGRADED, SEVERITY_CRITICAL, "detached"},
        {"db-cluster arn:aws:rds:eu-west-1:111122223333:cluster:c key_arn=$Ka encrypted=true engine=docdb\n",
         "disable", "arn:aws:rds:eu-west-1:111122223333:cluster:c", EFFECT_LOST, SEVERITY_CRITICAL,
         "no time to mend"},
        {"db-cluster arn:aws:rds:eu-west-1:111122223333:cluster:c key_arn=$Ka encrypted=true "
         "global_cluster=world\n",
         "disable", "arn:aws:rds:eu-west-1:111122223333:cluster:c", EFFECT_LOST, SEVERITY_CRITICAL,
         "no time to mend"},
        {"db-instance $Dx encrypted=false other_keys=$Ka\n", NULL, "arn:aws:rds:eu-west-1:111122223333:db:x",
         EFFECT_DEGRADED, SEVERITY_HIGH, "goes on"},
        {"s3-bucket " BUCKET " key_arn=$Ka encryption=kms\n", "disable", BUCKET, EFFECT_DOWN, SEVERITY_HIGH,
         "a bucket key may hide"},
        {"elasticache-group " CACHE " key_arn=$Ka encryption=kms\n", "disable", CACHE, EFFECT_DEGRADED,
         SEVERITY_HIGH, "neither changed nor recovered"},
        {"elasticache-group " CACHE " key_arn=$Ka encryption=kms\n", NULL, CACHE, EFFECT_LOST,
         SEVERITY_CRITICAL, "irrecoverable"},
        {"rds-automated-backup " AUTO " key_arn=$Ka encryption=kms status=retained\n", NULL, AUTO, EFFECT_LOST,
         SEVERITY_CRITICAL, "no time of it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *lines = mem_printf(HOME KEY "%s", rows[i].lines);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, KIND_KEY, KEY_A, rows[i].action);
        const struct consequence *c = hit(&s, impact, rows[i].arn);
        if (!c)
            fail_msg("row %zu: it is not hit", i);
        if (consequence_worst(c) != rows[i].worst || c->severity != rows[i].severity ||
            !strstr(c->text, rows[i].text))
            fail_msg("row %zu: %s %s: %s", i, effect_word(consequence_worst(c)), severity_word(c->severity),
                     c->text);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

static void test_an_alias_alone(void **state)
{
    (void)state;
    struct small s = small_new(HOME KEY "alias $Ax key_arn=$Ka\nsecret " SECRET " key_arn=$Ax encryption=kms\n");
    struct impact *i = ask(&s, KIND_ALIAS, KMS "alias/x", "delete");
    const struct consequence *c = hit(&s, i, SECRET);
    assert_non_null(c);
    assert_int_equal(consequence_worst(c), EFFECT_DEGRADED);
    assert_true(i->is_complete);
    impact_free(i);
    small_free(&s);
    /* what was not read may name it too */
    s = small_new(HOME KEY "alias $Ax key_arn=$Ka\nhide secrets denied\n");
    i = ask(&s, KIND_ALIAS, KMS "alias/x", "delete");
    assert_false(i->is_complete);
    assert_int_equal(i->counts[EFFECT_UNKNOWN], 1);
    impact_free(i);
    small_free(&s);
}

/* An instance takes its automated backup along, unless that was retained. */
static void test_what_goes_with_a_database(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum impact_effect effect;
    } rows[] = {{"active", EFFECT_LOST}, {"retained", EFFECT_SAFE}};
    for (size_t i = 0; i < 2; i++) {
        char *lines = mem_printf(HOME KEY "db-instance $Dx key_arn=$Ka encrypted=true\nrds-automated-backup " AUTO
                                          " key_arn=$Ka encryption=kms status=%s source_arn=$Dx\n",
                                 rows[i].status);
        struct small s = small_new(lines);
        struct impact *impact = ask(&s, KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x", NULL);
        const struct consequence *c = hit(&s, impact, AUTO);
        assert_non_null(c);
        assert_int_equal(consequence_worst(c), rows[i].effect);
        impact_free(impact);
        small_free(&s);
        mem_free(lines);
    }
}

/* ---- counted once ---------------------------------------------------------------------------- */

#define RESOURCE "arn:aws:rds:eu-west-1:111122223333:db:x"

static void test_a_continuous_backup_counts_once(void **state)
{
    (void)state;
    struct small s = small_new(
        HOME KEY "db-instance $Dx encrypted=false\nvault $Vv key_arn=$Ka\n"
                 "recovery-point $Rc vault_arn=$Vv key_arn=$Ka resource_arn=$Dx status=AVAILABLE\n"
                 "rds-automated-backup " AUTO " key_arn=$Ka encryption=kms status=active source_arn=$Dx "
                 "recovery_point_arn=$Rc\n");
    struct dependents d = judge_dependents(s.j, small_node(&s, KIND_KEY, KEY_A));
    assert_int_equal(d.direct, 2); /* the vault and the point */
    struct copies c = judge_copies(s.j, small_node(&s, KIND_DB_INSTANCE, RESOURCE));
    assert_int_equal(c.n, 1);
    struct impact *i = ask(&s, KIND_KEY, KEY_A, NULL);
    assert_int_equal(i->counts[EFFECT_LOST], 2);
    impact_free(i);
    small_free(&s);
    /* its vault was not read: then it stands for itself */
    s = small_new(HOME KEY "db-instance $Dx encrypted=false\nhide vaults denied\nrds-automated-backup " AUTO
                           " key_arn=$Ka encryption=kms status=active source_arn=$Dx recovery_point_arn=$Rc\n");
    c = judge_copies(s.j, small_node(&s, KIND_DB_INSTANCE, RESOURCE));
    assert_int_equal(c.n, 1);
    assert_int_equal(judge_dependents(s.j, small_node(&s, KIND_KEY, KEY_A)).direct, 1);
    small_free(&s);
}

/* What AWS Backup protects is one row with the thing itself. */
static char *cell_of(const struct small *s, const char *id, const char *column, size_t *n_rows)
{
    struct view_context c = {.generation = s->g, .judgement = s->j, .scratch = arena_new(), .now_utc = NOW};
    const struct view *v = view_by_name("resources");
    struct selection sel;
    char *found = NULL;
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
    *n_rows = 0;
    for (size_t i = 0; i < sel.n; i++) {
        struct view_row row;
        struct cell cell;
        struct buf text = {0};
        assert_true(view_row(&c, v, sel.items[i], &row));
        view_cell(&c, v, &row, 0, &cell);
        cell_format(&c, &cell, &text);
        bool is_it = strcmp(text.data, id) == 0;
        *n_rows += is_it;
        buf_clear(&text);
        view_cell(&c, v, &row, view_column(v, column), &cell);
        cell_format(&c, &cell, &text);
        if (is_it && !found)
            found = mem_strdup(text.data ? text.data : "");
        buf_free(&text);
    }
    selection_free(&sel);
    arena_free(c.scratch);
    return found;
}

static void check_cell(const struct small *s, const char *id, const char *column, const char *want)
{
    size_t n;
    char *text = cell_of(s, id, column, &n);
    assert_int_equal(n, 1);
    if (strcmp(text, want) != 0)
        fail_msg("%s of %s is %s, not %s", column, id, text, want);
    mem_free(text);
}

static void test_protected_is_one_row(void **state)
{
    (void)state;
    struct small s = small_new(HOME KEY "efs-file-system " EFS " name=home key_arn=$Ka encryption=kms\n"
                                        "protected-resource keyfall:protected/1 resource_arn=" EFS
                                        " resource_type=EFS name=home\n"
                                        "vault $Vv key_arn=$Ka\nrecovery-point $Rp vault_arn=$Vv "
                                        "resource_arn=" EFS " key_arn=$Ka status=COMPLETED\n");
    check_cell(&s, EFS, "type", "efs-file-system");
    check_cell(&s, EFS, "name", "home");
    check_cell(&s, EFS, "key_arn", KEY_A);
    check_cell(&s, EFS, "protected", "true");
    check_cell(&s, EFS, "copies", "1");
    check_cell(&s, EFS, "restorable", "true");
    small_free(&s);
}

/* ---- keys that are not told ------------------------------------------------------------------ */

static void test_what_is_told_of_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *words, *key, *state;
    } rows[] = {
        {"key_arn=$Ka encryption=kms", KEY_A, "Enabled"},
        {"encryption=kms", "?", "?"},
        {"encryption=aws-owned", "", ""},
        {"encryption=none", "", ""},
        {"status=available", "?", "?"},
        {"key_arn=" KMS "alias/unknown encryption=kms", "?", "?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *lines = mem_printf(HOME KEY "efs-file-system " EFS " %s\n", rows[i].words);
        struct small s = small_new(lines);
        check_cell(&s, EFS, "key_arn", rows[i].key);
        check_cell(&s, EFS, "key_state", rows[i].state);
        small_free(&s);
        mem_free(lines);
    }
}

/* A table whose description is denied may be under any key of its Region. */
static void test_a_description_that_is_denied(void **state)
{
    (void)state;
    struct small s = small_new(HOME KEY "dynamodb-table " TABLE " name=t detail:denied\n");
    struct dependents d = judge_dependents(s.j, small_node(&s, KIND_KEY, KEY_A));
    assert_true(d.is_at_least);
    check_cell(&s, TABLE, "key_arn", "?");
    struct impact *i = ask(&s, KIND_KEY, KEY_A, NULL);
    assert_false(i->is_complete);
    assert_int_equal(i->counts[EFFECT_UNKNOWN], 1);
    impact_free(i);
    small_free(&s);
}

/* Of a bucket without a default nothing is under a key; one whose default is not told may be. */
static void test_a_bucket_without_a_default(void **state)
{
    (void)state;
    static const struct {
        const char *facet, *cell;
        bool is_at_least;
    } rows[] = {{"absent", "", false}, {"denied", "?", true}, {"failed", "?", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *lines = mem_printf(HOME KEY "s3-bucket " BUCKET " name=b detail:%s\n", rows[i].facet);
        struct small s = small_new(lines);
        check_cell(&s, BUCKET, "key_arn", rows[i].cell);
        check_cell(&s, BUCKET, "key_state", rows[i].cell);
        struct dependents d = judge_dependents(s.j, small_node(&s, KIND_KEY, KEY_A));
        assert_int_equal(d.is_at_least, rows[i].is_at_least);
        small_free(&s);
        mem_free(lines);
    }
}

/* A key of AWS's own cannot be lost; it is one family, whoever it serves. */
static void test_owned_by_aws(void **state)
{
    (void)state;
    struct small s = small_new(HOME "dynamodb-table " TABLE " name=t encryption=aws-owned\n"
                                    "dynamodb-backup " TABLE "/backup/1 encryption=aws-owned status=AVAILABLE "
                                    "source_arn=" TABLE "\n"
                                    "dynamodb-backup " TABLE "/backup/2 encryption=aws-owned status=AVAILABLE "
                                    "source_arn=" TABLE "\n"
                                    "dynamodb-backup " TABLE "/backup/3 encryption=aws-owned status=CREATING "
                                    "source_arn=" TABLE "\n");
    struct copies c = judge_copies(s.j, small_node(&s, KIND_TABLE, TABLE));
    assert_int_equal(c.n, 3);
    assert_int_equal(c.independent, 1);
    assert_true(c.independent_is_known);
    assert_int_equal(c.restorable, TRI_YES);
    small_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_falls_in_its_own_way),
        cmocka_unit_test(test_falls),
        cmocka_unit_test(test_an_alias_alone),
        cmocka_unit_test(test_what_goes_with_a_database),
        cmocka_unit_test(test_a_continuous_backup_counts_once),
        cmocka_unit_test(test_protected_is_one_row),
        cmocka_unit_test(test_what_is_told_of_the_key),
        cmocka_unit_test(test_a_description_that_is_denied),
        cmocka_unit_test(test_a_bucket_without_a_default),
        cmocka_unit_test(test_owned_by_aws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
