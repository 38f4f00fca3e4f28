/* The estate: identity, what a complete list may remove, what a failure must keep, the graph, and that
 * readers of an old generation see it unchanged. */
#include "backend/estate/estate.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define KEY_A "arn:aws:kms:eu-west-1:111122223333:key/aaaa"
#define KEY_B "arn:aws:kms:eu-west-1:111122223333:key/bbbb"
#define SNAP "arn:aws:ec2:eu-west-1::snapshot/snap-1"

static uint32_t node(struct estate *e, enum kind kind, const char *arn)
{
    return estate_node(e, kind, arn, strlen(arn));
}

static uint32_t slot(struct estate *e, enum list list, uint32_t parent)
{
    return estate_slot(e, estate_scope(e, "111122223333", "eu-west-1"), list, parent);
}

static void text(struct estate *e, uint32_t *row, enum attr attr, const char *s)
{
    row_text(e, row, attr, s, strlen(s));
}

static void complete_keys(struct estate *e, const char *const *arns, size_t n, int64_t at)
{
    struct draft *d = draft_new(e, slot(e, LIST_KEYS, 0));
    for (size_t i = 0; i < n; i++)
        text(e, draft_row(d, node(e, KIND_KEY, arns[i])), ATTR_KEY_KEY_ID, strrchr(arns[i], '/') + 1);
    estate_complete(d, at);
}

static void set_state(struct estate *e, const char *arn, const char *state, int64_t at)
{
    uint32_t key = node(e, KIND_KEY, arn);
    uint32_t *row = estate_edit(e, estate_home(e, key), key, FACET_KEY_METADATA);
    assert_non_null(row);
    text(e, row, ATTR_KEY_STATE, state);
    estate_set_facet(e, estate_home(e, key), key, FACET_KEY_METADATA, TRUTH_KNOWN, 0, at);
}

static struct value value_of(const struct generation *g, const char *arn, enum attr attr)
{
    struct record r;
    uint32_t n = estate_find_node(generation_estate(g), attr_row(attr)->kind, arn, strlen(arn));
    assert_true(generation_record(g, n, &r));
    return record_value(&r, attr);
}

static struct facet_state facet_of(const struct generation *g, const char *arn, enum facet facet)
{
    struct record r;
    uint32_t n = estate_find_node(generation_estate(g), facet_row(facet)->kind, arn, strlen(arn));
    assert_true(generation_record(g, n, &r));
    return record_facet(&r, facet);
}

static const char *const both[] = {KEY_A, KEY_B};

static void test_identity(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    uint32_t snapshot = node(e, KIND_EBS_SNAPSHOT, SNAP), point = node(e, KIND_POINT, SNAP);
    assert_int_not_equal(snapshot, point);
    assert_int_equal(snapshot, node(e, KIND_EBS_SNAPSHOT, SNAP));
    assert_int_equal(estate_find_node(e, KIND_EBS_SNAPSHOT, SNAP, strlen(SNAP)), snapshot);
    assert_int_equal(estate_find_node(e, KIND_KEY, SNAP, strlen(SNAP)), 0);
    struct buf arn = {0};
    node_arn(e, point, &arn);
    assert_string_equal(arn.data, SNAP);
    buf_free(&arn);
    assert_string_equal(node_tail(e, point), "snap-1");
    char account[16], region[40];
    node_place(e, node(e, KIND_KEY, KEY_A), account, region);
    assert_string_equal(account, "111122223333");
    assert_string_equal(region, "eu-west-1");
    node_place(e, point, account, region);
    assert_string_equal(account, "");
    estate_free(e);
}

static void test_node_order_is_by_bytes(void **state)
{
    (void)state;
    static const char *const sorted[] = {
        "a:b", "arn:aws:kms:eu-west-1:111122223333:key", KEY_A, KEY_A "/x", KEY_B, "b", "b:", "b:c/d", "b:cc",
    };
    struct estate *e = estate_new();
    size_t n = sizeof sorted / sizeof *sorted;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int order = node_compare(e, node(e, KIND_OTHER, sorted[i]), node(e, KIND_OTHER, sorted[j]));
            int want = strcmp(sorted[i], sorted[j]);
            assert_int_equal((order > 0) - (order < 0), (want > 0) - (want < 0));
        }
    estate_free(e);
}

static void test_kind_of_arn(void **state)
{
    (void)state;
    static const struct {
        const char *arn;
        enum kind kind;
    } rows[] = {
        {KEY_A, KIND_KEY},
        {"arn:aws-cn:kms:cn-north-1:1:alias/x", KIND_ALIAS},
        {"arn:aws:backup:r:1:backup-vault:v", KIND_VAULT},
        {"arn:aws:backup:r:1:recovery-point:u", KIND_POINT},
        {"arn:aws:rds:r:1:snapshot:awsbackup:job-1", KIND_DB_SNAPSHOT},
        {"arn:aws:rds:r:1:cluster-snapshot:s", KIND_DB_CLUSTER_SNAPSHOT},
        {"arn:aws:rds:r:1:db:x", KIND_DB_INSTANCE},
        {SNAP, KIND_EBS_SNAPSHOT},
        {"arn:aws:ec2:r::image/ami-1", KIND_IMAGE},
        {"arn:aws:ec2:r:1:instance/i-1", KIND_OTHER},
        {"arn:aws:dlm:r:1:policy/policy-1", KIND_LIFECYCLE},
        {"arn:aws:events:r:1:rule/x", KIND_EVENT_RULE},
        {"arn:aws:backup:r:1:restore-testing-plan:p-1", KIND_RESTORE_TEST},
        {"arn:aws:backup:r:1:legal-hold:h", KIND_LEGAL_HOLD},
        {"arn:aws:elasticfilesystem:r:1:file-system/fs-1", KIND_EFS},
        {"arn:aws:elasticfilesystem:r:1:access-point/fsap-1", KIND_OTHER},
        {"arn:aws:fsx:r:1:backup/backup-1", KIND_FSX_BACKUP},
        {"arn:aws:iam::111122223333:root", KIND_ACCOUNT},
        {"keyfall:grant/" KEY_A "/g", KIND_GRANT},
        {"arn:", KIND_OTHER},
        {"", KIND_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(kind_of_arn(rows[i].arn, strlen(rows[i].arn)), rows[i].kind);
}

static void test_only_a_complete_list_removes(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    complete_keys(e, both, 2, 100);
    set_state(e, KEY_A, "Enabled", 101);
    assert_true(estate_publish(e));
    assert_false(estate_publish(e));
    const struct generation *old = estate_acquire(e);

    struct draft *half = draft_new(e, slot(e, LIST_KEYS, 0));
    text(e, draft_row(half, node(e, KIND_KEY, KEY_B)), ATTR_KEY_KEY_ID, "bbbb");
    struct err err = {0};
    err_set(&err, ERR_TIMEOUT, "no answer in 30 s");
    estate_loading(e, slot(e, LIST_KEYS, 0), half);
    estate_failed(e, slot(e, LIST_KEYS, 0), half, TRUTH_FAILED, estate_failure(e, "kms:ListKeys", &err), 200);
    draft_free(half);
    assert_true(estate_publish(e));
    const struct generation *g = estate_acquire(e);
    const struct slice *s = generation_slice(g, slot(e, LIST_KEYS, 0));
    assert_int_equal(slice_rows(s), 2);
    assert_int_equal(slice_truth(s), TRUTH_STALE);
    assert_true(slice_is_complete(s));
    assert_int_equal(slice_seen_at(s), 100);
    assert_int_equal(slice_tried_at(s), 200);
    struct failure why;
    failure_get(e, slice_failure(s), &why);
    assert_string_equal(why.operation, "kms:ListKeys");
    assert_int_equal(why.code, ERR_TIMEOUT);
    assert_string_equal(value_of(g, KEY_A, ATTR_KEY_STATE).text, "Enabled");

    complete_keys(e, both + 1, 1, 300);
    assert_true(estate_publish(e));
    const struct generation *last = estate_acquire(e);
    struct record r;
    assert_false(generation_record(last, node(e, KIND_KEY, KEY_A), &r));
    assert_true(generation_record(old, node(e, KIND_KEY, KEY_A), &r));
    assert_int_equal(slice_truth(generation_slice(old, slot(e, LIST_KEYS, 0))), TRUTH_KNOWN);
    generation_release(old);
    generation_release(g);
    generation_release(last);
    estate_free(e);
}

static void test_first_list_that_fails_keeps_what_it_saw(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    struct draft *half = draft_new(e, slot(e, LIST_KEYS, 0));
    text(e, draft_row(half, node(e, KIND_KEY, KEY_B)), ATTR_KEY_KEY_ID, "bbbb");
    estate_loading(e, slot(e, LIST_KEYS, 0), half);
    estate_publish(e);
    const struct generation *g = estate_acquire(e);
    assert_int_equal(slice_truth(generation_slice(g, slot(e, LIST_KEYS, 0))), TRUTH_LOADING);
    generation_release(g);
    estate_failed(e, slot(e, LIST_KEYS, 0), half, TRUTH_DENIED, 0, 10);
    draft_free(half);
    estate_publish(e);
    g = estate_acquire(e);
    const struct slice *s = generation_slice(g, slot(e, LIST_KEYS, 0));
    assert_int_equal(slice_truth(s), TRUTH_DENIED);
    assert_false(slice_is_complete(s));
    assert_int_equal(slice_rows(s), 1);
    generation_release(g);
    estate_free(e);
}

static void test_facets_stay_with_their_record(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    complete_keys(e, both, 2, 100);
    set_state(e, KEY_A, "Disabled", 101);
    estate_publish(e);
    complete_keys(e, both, 2, 200); /* listed again: the metadata is still what it was */
    estate_publish(e);
    const struct generation *g = estate_acquire(e);
    assert_string_equal(value_of(g, KEY_A, ATTR_KEY_STATE).text, "Disabled");
    assert_int_equal(facet_of(g, KEY_A, FACET_KEY_METADATA).read_at, 101);
    assert_int_equal(value_of(g, KEY_B, ATTR_KEY_STATE).is, VALUE_UNKNOWN);
    assert_int_equal(facet_of(g, KEY_B, FACET_KEY_METADATA).truth, TRUTH_NOT_ASKED);
    assert_int_equal(facet_of(g, KEY_B, FACET_KEY_GRANTS).truth, TRUTH_NOT_ASKED);
    generation_release(g);

    uint32_t home = slot(e, LIST_KEYS, 0);
    estate_set_facet(e, home, node(e, KIND_KEY, KEY_A), FACET_KEY_METADATA, TRUTH_DENIED, 0, 300);
    estate_set_facet(e, home, node(e, KIND_KEY, KEY_B), FACET_KEY_METADATA, TRUTH_DENIED, 0, 300);
    estate_set_facet(e, home, node(e, KIND_KEY, KEY_B), FACET_KEY_POLICY, TRUTH_ABSENT, 0, 300);
    assert_true(estate_publish(e));
    g = estate_acquire(e);
    assert_int_equal(facet_of(g, KEY_A, FACET_KEY_METADATA).truth, TRUTH_STALE);
    assert_string_equal(value_of(g, KEY_A, ATTR_KEY_STATE).text, "Disabled");
    assert_int_equal(facet_of(g, KEY_B, FACET_KEY_METADATA).truth, TRUTH_DENIED);
    assert_int_equal(value_of(g, KEY_B, ATTR_KEY_STATE).is, VALUE_UNKNOWN);
    assert_int_equal(value_of(g, KEY_B, ATTR_KEY_POLICY).is, VALUE_ABSENT);
    generation_release(g);
    estate_free(e);
}

static void test_values_round(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    complete_keys(e, both, 1, 1);
    uint32_t key = node(e, KIND_KEY, KEY_A), home = estate_home(e, key);
    uint32_t *row = estate_edit(e, home, key, FACET_KEY_METADATA);
    row_number(row, ATTR_KEY_DELETION_DATE, 253402300799);
    row_number(row, ATTR_KEY_MULTI_REGION, 0);
    row_number(row, ATTR_KEY_PENDING_WINDOW, -1);
    row_text(e, row, ATTR_KEY_DESCRIPTION, "", 0);
    row_text(e, row, ATTR_KEY_REPLICAS, KEY_B "\0" SNAP "\0", sizeof KEY_B + sizeof SNAP);
    estate_set_facet(e, home, key, FACET_KEY_METADATA, TRUTH_KNOWN, 0, 1);
    estate_publish(e);
    const struct generation *g = estate_acquire(e);
    assert_int_equal(value_of(g, KEY_A, ATTR_KEY_DELETION_DATE).number, 253402300799);
    assert_int_equal(value_of(g, KEY_A, ATTR_KEY_PENDING_WINDOW).number, -1);
    assert_int_equal(value_of(g, KEY_A, ATTR_KEY_VALID_TO).is, VALUE_ABSENT);
    struct value v = value_of(g, KEY_A, ATTR_KEY_MULTI_REGION);
    assert_true(v.is == VALUE_KNOWN && v.number == 0);
    v = value_of(g, KEY_A, ATTR_KEY_DESCRIPTION);
    assert_true(v.is == VALUE_KNOWN && v.len == 0);
    v = value_of(g, KEY_A, ATTR_KEY_REPLICAS);
    assert_int_equal(value_items(&v), 2);
    assert_string_equal(value_next(&v, value_next(&v, NULL)), SNAP);
    generation_release(g);
    estate_free(e);
}

static size_t hanging(const struct generation *g, enum kind kind, const char *arn)
{
    struct record r;
    enum edge edge;
    size_t n = 0;
    uint32_t target = estate_find_node(generation_estate(g), kind, arn, strlen(arn));
    for (struct hang h = hang_on(g, target); hang_next(&h, &r, &edge);)
        n++;
    return n;
}

static void complete_snapshots(struct estate *e, const char *key, int n)
{
    struct draft *d = draft_new(e, slot(e, LIST_EBS_SNAPSHOTS, 0));
    for (int i = 0; i < n; i++) {
        char arn[] = "arn:aws:ec2:eu-west-1::snapshot/snap-0";
        arn[sizeof arn - 2] = (char)('0' + i);
        row_ref(e, draft_row(d, node(e, KIND_EBS_SNAPSHOT, arn)), ATTR_EBS_SNAPSHOT_KEY, key, strlen(key));
    }
    estate_complete(d, 1);
}

static void test_graph_follows_refreshes(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    complete_snapshots(e, KEY_A, 5);
    estate_publish(e);
    const struct generation *five = estate_acquire(e);
    assert_int_equal(hanging(five, KIND_KEY, KEY_A), 5); /* a stub: never listed itself */
    assert_int_equal(hanging(five, KIND_KEY, KEY_B), 0);
    complete_snapshots(e, KEY_B, 3);
    estate_publish(e);
    complete_snapshots(e, KEY_A, 2);
    estate_publish(e);
    complete_snapshots(e, KEY_B, 4);
    estate_publish(e);
    complete_snapshots(e, KEY_A, 2);
    estate_publish(e);
    const struct generation *two = estate_acquire(e);
    assert_int_equal(hanging(two, KIND_KEY, KEY_A), 2);
    assert_int_equal(hanging(two, KIND_KEY, KEY_B), 0);
    assert_int_equal(hanging(five, KIND_KEY, KEY_A), 5);
    generation_release(five);
    generation_release(two);
    estate_free(e);
}

static void test_record_in_two_lists_counts_once(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    static const char arn[] = "arn:aws:rds:eu-west-1:111122223333:snapshot:s";
    enum list lists[] = {LIST_DB_SNAPSHOTS, LIST_DB_AWSBACKUP_SNAPSHOTS};
    for (size_t i = 0; i < 2; i++) {
        struct draft *d = draft_new(e, slot(e, lists[i], 0));
        row_ref(e, draft_row(d, node(e, KIND_DB_SNAPSHOT, arn)), ATTR_DB_SNAPSHOT_KEY, KEY_A, strlen(KEY_A));
        estate_complete(d, 1);
    }
    estate_publish(e);
    const struct generation *g = estate_acquire(e);
    struct record r;
    size_t n = 0;
    for (struct walk w = walk_kind(g, KIND_DB_SNAPSHOT); walk_next(&w, &r);)
        n++;
    assert_int_equal(n, 1);
    assert_int_equal(hanging(g, KIND_KEY, KEY_A), 1);
    generation_release(g);
    estate_complete(draft_new(e, slot(e, LIST_DB_SNAPSHOTS, 0)), 2); /* gone from the first list */
    struct draft *d = draft_new(e, slot(e, LIST_DB_AWSBACKUP_SNAPSHOTS, 0));
    draft_row(d, node(e, KIND_DB_SNAPSHOT, arn));
    estate_complete(d, 2);
    estate_publish(e);
    g = estate_acquire(e);
    assert_true(generation_record(g, node(e, KIND_DB_SNAPSHOT, arn), &r));
    assert_int_equal(r.slot, slot(e, LIST_DB_AWSBACKUP_SNAPSHOTS, 0));
    generation_release(g);
    estate_free(e);
}

static void test_refresh_without_change_shows_nothing(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    complete_snapshots(e, KEY_A, 5);
    complete_keys(e, both, 2, 100);
    set_state(e, KEY_A, "Enabled", 101);
    assert_true(estate_publish(e));
    struct estate_size before, after;
    estate_measure(e, &before);
    for (int i = 0; i < 20; i++) {
        complete_snapshots(e, KEY_A, 5);
        complete_keys(e, both, 2, 200 + i);
        set_state(e, KEY_A, "Enabled", 201 + i);
        assert_false(estate_publish(e));
    }
    estate_measure(e, &after);
    assert_int_equal(after.total, before.total);
    const struct generation *g = estate_acquire(e);
    assert_int_equal(slice_seen_at(generation_slice(g, slot(e, LIST_KEYS, 0))), 219);
    generation_release(g);
    estate_drop(e, slot(e, LIST_EBS_SNAPSHOTS, 0));
    assert_true(estate_publish(e));
    g = estate_acquire(e);
    assert_int_equal(hanging(g, KIND_KEY, KEY_A), 0);
    assert_true(truth_is_sure(slice_truth(generation_slice(g, slot(e, LIST_EBS_SNAPSHOTS, 0)))));
    generation_release(g);
    estate_free(e);
}

static void test_model_rows_are_whole(void **state)
{
    (void)state;
    for (int a = 1; a < ATTR_COUNT; a++) {
        const struct attr_row *row = attr_row((enum attr)a);
        assert_true(*row->name);
        assert_true(row->facet == FACET_LIST_ || facet_row(row->facet)->kind == row->kind);
        assert_int_equal(attr_by_name(row->kind, row->name), a);
        assert_true(row->edge == EDGE_NONE || row->type == TYPE_REF || row->type == TYPE_REFS);
        assert_true(row->facet == FACET_LIST_ || facet_row(row->facet)->children == LIST_NONE);
    }
    for (int l = 1; l < LIST_COUNT; l++)
        assert_int_not_equal(list_row((enum list)l)->kind, KIND_NONE);
    for (int k = 1; k < KIND_COUNT; k++)
        assert_int_equal(kind_by_name(kind_row((enum kind)k)->plural), k);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_node_order_is_by_bytes),
        cmocka_unit_test(test_kind_of_arn),
        cmocka_unit_test(test_only_a_complete_list_removes),
        cmocka_unit_test(test_first_list_that_fails_keeps_what_it_saw),
        cmocka_unit_test(test_facets_stay_with_their_record),
        cmocka_unit_test(test_values_round),
        cmocka_unit_test(test_graph_follows_refreshes),
        cmocka_unit_test(test_record_in_two_lists_counts_once),
        cmocka_unit_test(test_refresh_without_change_shows_nothing),
        cmocka_unit_test(test_model_rows_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
