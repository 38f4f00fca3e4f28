/* Since when things are known travels with a posture file: of each list, of rows that came later, of findings; what
 * the file does not tell is not known. Files of the version before open, newer ones are refused. */
#include "backend/store/posture.h"

#include "backend/base/bytes.h"

#include "small_estate.h"

#define HOME "at 111122223333 eu-west-1\n"
#define STORY                                                                                                          \
    HOME "key $Kk1 state=PendingDeletion deletion_date=+6d manager=CUSTOMER\n"                                         \
         "key $Kk2 state=Enabled manager=CUSTOMER\nkey $Kk3 state=Enabled manager=CUSTOMER\n"                          \
         "vault $Vv1 key_arn=$Kk1 locked=false\nat 111122223333 us-east-1\nkey $Kk4 state=Enabled manager=CUSTOMER\n"
#define KEY_ARN "arn:aws:kms:eu-west-1:111122223333:key/"

/* ---- who keeps history ---------------------------------------------------------------------------------- */

/* Of a record that its ARN ends with k2: later; k3: it does not know; others when the list came. */
static int64_t record_told(void *ctx, const struct record *r)
{
    (void)ctx;
    struct buf arn = {0};
    node_arn(generation_estate(r->generation), r->node, &arn);
    char last = arn.data[arn.len - 1];
    bool is_key = r->kind == KIND_KEY;
    buf_free(&arn);
    return is_key && last == '2' ? NOW - 50 : is_key && last == '3' ? TIME_NONE : NOW - 100;
}

static int64_t finding_told(void *ctx, const struct judgement *j, const struct finding *f)
{
    (void)ctx, (void)j;
    return f->rule->id[2] == 'V' ? TIME_NONE : NOW - 1000 - (int64_t)strlen(f->rule->title);
}

static const struct past keeper = {.finding_since = finding_told, .record_since = record_told};

/* ---- a file in memory ----------------------------------------------------------------------------------- */

struct file {
    char *bytes;
    size_t len;
};

static struct file write_file(struct judgement *j, const struct past *past)
{
    struct file f = {0};
    struct err err;
    FILE *out = open_memstream(&f.bytes, &f.len);
    judgement_remember(j, past);
    assert_int_equal(posture_write(out, j, "{}", 2, &err), ERR_OK);
    assert_int_equal(fclose(out), 0);
    return f;
}

struct opened {
    struct estate *e;
    const struct generation *g;
    struct posture_past *past;
    struct judgement *j;
    struct err err;
    enum err_code code;
};

static struct opened open_file(struct file f)
{
    struct opened o = {.e = estate_new()};
    struct buf summary = {0};
    o.past = posture_past_new(o.e);
    FILE *in = fmemopen(f.bytes, f.len, "r");
    o.code = posture_read(in, o.e, o.past, &summary, &o.err);
    (void)fclose(in);
    buf_free(&summary);
    o.g = estate_acquire(o.e);
    o.j = judge(o.g, NOW);
    struct past told = posture_past_told(o.past);
    judgement_remember(o.j, &told);
    return o;
}

static void close_file(struct opened *o)
{
    judgement_free(o->j);
    generation_release(o->g);
    posture_past_free(o->past);
    estate_free(o->e);
}

static int64_t since(const struct judgement *j, enum kind kind, const char *arn)
{
    const struct generation *g = judgement_generation(j);
    struct record r;
    assert_true(generation_record(g, estate_find_node(generation_estate(g), kind, arn, strlen(arn)), &r));
    return judgement_record_since(j, &r);
}

/* ---- tests ---------------------------------------------------------------------------------------------- */

static void test_travels(void **state)
{
    (void)state;
    struct small s = small_new(STORY);
    struct judgement *j = judge(s.g, NOW);
    struct file f = write_file(j, &keeper);
    struct opened o = open_file(f);
    size_t n, n_own;
    const struct finding *was = judgement_findings(j, &n), *is = judgement_findings(o.j, &n_own);
    assert_int_equal(o.code, ERR_OK);
    assert_int_equal(since(o.j, KIND_KEY, KEY_ARN "k1"), NOW - 100);
    assert_int_equal(since(o.j, KIND_KEY, KEY_ARN "k2"), NOW - 50);
    assert_int_equal(since(o.j, KIND_KEY, KEY_ARN "k3"), TIME_NONE);
    assert_true(n > 2 && n == n_own);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(was[i].rule->id, is[i].rule->id);
        assert_int_equal(judgement_finding_since(o.j, &is[i]), judgement_finding_since(j, &was[i]));
    }
    struct file again = write_file(o.j, &(struct past){0});
    struct opened without = open_file(again); /* nobody knew: nothing is known, and nothing is new */
    assert_int_equal(since(without.j, KIND_KEY, KEY_ARN "k1"), TIME_NONE);
    assert_int_equal(judgement_finding_since(without.j, judgement_findings(without.j, &n)), TIME_NONE);
    assert_true(again.len < f.len);
    close_file(&without);
    close_file(&o);
    free(again.bytes);
    free(f.bytes);
    judgement_free(j);
    small_free(&s);
}

static int64_t own_times(void *ctx, const struct record *r)
{
    (void)ctx;
    return NOW - (int64_t)r->row;
}

/* A list longer than an entry. */
static void test_long_list(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    uint32_t slot = estate_slot(e, estate_scope(e, "111122223333", "eu-west-1"), LIST_KEYS, 0);
    struct draft *d = draft_new(e, slot);
    enum { KEYS = 5000 };
    char arn[100];
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(arn, sizeof arn, KEY_ARN "%04d", i);
        (void)draft_row(d, estate_node(e, KIND_KEY, arn, strlen(arn)));
    }
    estate_complete(d, NOW);
    estate_publish(e);
    const struct generation *g = estate_acquire(e);
    struct judgement *j = judge(g, NOW);
    struct file f = write_file(j, &(struct past){.record_since = own_times});
    struct opened o = open_file(f);
    assert_int_equal(o.code, ERR_OK);
    for (int i = 0; i < KEYS; i += 7) {
        (void)snprintf(arn, sizeof arn, KEY_ARN "%04d", i);
        assert_int_equal(since(o.j, KIND_KEY, arn), since(j, KIND_KEY, arn));
    }
    close_file(&o);
    free(f.bytes);
    judgement_free(j);
    generation_release(g);
    estate_free(e);
}

static void test_versions(void **state)
{
    (void)state;
    struct small s = small_new(STORY);
    struct judgement *j = judge(s.g, NOW);
    struct file f = write_file(j, &(struct past){0});
    char *version = f.bytes + strlen("keyfall posture ");
    *version = '1';
    struct opened o = open_file(f);
    assert_int_equal(o.code, ERR_OK);
    assert_int_equal(since(o.j, KIND_KEY, KEY_ARN "k1"), TIME_NONE);
    close_file(&o);
    *version = '3';
    o = open_file(f);
    assert_int_equal(o.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(o.err.text, "newer keyfall"));
    close_file(&o);
    free(f.bytes);
    judgement_free(j);
    small_free(&s);
}

static void add_text(struct buf *out, const char *text)
{
    bytes_add_text(out, text, strlen(text));
}

static void add_list(struct buf *out, const char *account, const char *list, int64_t at, uint64_t n)
{
    add_text(out, account);
    add_text(out, "eu-west-1");
    add_text(out, list);
    add_text(out, "");
    bytes_add_signed(out, at);
    bytes_add_number(out, n);
}

/* What the estate does not have is left out; what no writer writes is refused. */
static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *account, *list;
        int64_t at;
        uint64_t n;
        bool is_taken;
    } cases[] = {
        {"111122223333", "keys", NOW, 0, true},
        {"999999999999", "keys", NOW, 0, true},
        {"111122223333", "of tomorrow", NOW, 0, true},
        {"111122223333", "keys", INT64_MAX, 0, false},
        {"111122223333", "keys", NOW, 1, false},
        {"111122223333", "keys", NOW, UINT64_MAX, false},
    };
    struct small s = small_new(STORY);
    uint32_t n_nodes = estate_node_count(s.e), n_scopes = estate_scope_count(s.e);
    struct buf bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct posture_past *p = posture_past_new(s.e);
        buf_clear(&bytes);
        add_list(&bytes, cases[i].account, cases[i].list, cases[i].at, cases[i].n);
        assert_int_equal(posture_past_take(p, FRAME_SINCE, bytes.data, bytes.len), cases[i].is_taken);
        posture_past_free(p);
    }
    struct posture_past *p = posture_past_new(s.e);
    const char *const findings[][3] = {{"F-KEY-01", "key", KEY_ARN "k1"}, {"F-KEY-01", "key", KEY_ARN "none"},
                                       {"F-OUR-01", "key", KEY_ARN "k1"}, {"F-KEY-01", "a kind of tomorrow, or longer", "x"}};
    buf_clear(&bytes);
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        for (size_t k = 0; k < 3; k++)
            add_text(&bytes, findings[i][k]);
        bytes_add_signed(&bytes, NOW);
    }
    assert_true(posture_past_take(p, FRAME_FOUND, bytes.data, bytes.len));
    assert_false(posture_past_take(p, FRAME_FOUND, bytes.data, bytes.len - 1));
    posture_past_free(p);
    assert_int_equal(estate_node_count(s.e), n_nodes);
    assert_int_equal(estate_scope_count(s.e), n_scopes);
    buf_free(&bytes);
    small_free(&s);
}

static int begin(void **state)
{
    (void)state;
    model_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_travels),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
