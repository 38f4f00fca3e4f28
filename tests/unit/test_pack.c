/* Slices as bytes: what comes back is what went in, the same content gives the same bytes whatever the order it
 * was read in, what this program knows beyond the writer is stale, and damaged bytes do no harm. */
#include "backend/base/bytes.h"
#include "backend/demo/demo.h"
#include "backend/estate/pack.h"

#include "small_estate.h"

/* ---- packed estates ----------------------------------------------------------------------------- */

struct doc {
    unsigned char digest[DIGEST_BYTES];
    char *text;
    size_t len;
};
struct packed {
    VEC(struct buf) contents, times;
    VEC(struct doc) docs;
    struct buf model;
};

static void keep_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], const char *text, size_t len)
{
    struct packed *p = ctx;
    struct doc d = {.text = mem_strndup(text, len), .len = len};
    memcpy(d.digest, digest, DIGEST_BYTES);
    VEC_PUSH(p->docs, d);
}

static const char *find_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], size_t *len)
{
    struct packed *p = ctx;
    for (size_t i = 0; i < p->docs.n; i++)
        if (memcmp(p->docs.items[i].digest, digest, DIGEST_BYTES) == 0) {
            *len = p->docs.items[i].len;
            return p->docs.items[i].text;
        }
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    const struct buf *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Contents in the order of their bytes; times only with is_sorted false, in the order of slots. */
static void pack_all(const struct generation *g, bool is_sorted, struct packed *out)
{
    struct estate *e = generation_estate(g);
    struct packer *p = packer_new(e, keep_doc, out);
    struct err err = {0};
    *out = (struct packed){0};
    for (uint32_t slot = 1; slot <= estate_slot_count(e); slot++) {
        struct buf content = {0}, times = {0};
        if (!generation_slice(g, slot))
            continue;
        assert_int_equal(pack_slice(p, generation_slice(g, slot), &content, &times, &err), ERR_OK);
        VEC_PUSH(out->contents, content);
        VEC_PUSH(out->times, times);
    }
    pack_model(&out->model);
    packer_free(p);
    if (is_sorted)
        qsort(out->contents.items, out->contents.n, sizeof *out->contents.items, by_bytes);
}

static void packed_free(struct packed *p)
{
    for (size_t i = 0; i < p->contents.n; i++)
        buf_free(&p->contents.items[i]);
    for (size_t i = 0; i < p->times.n; i++)
        buf_free(&p->times.items[i]);
    for (size_t i = 0; i < p->docs.n; i++)
        mem_free(p->docs.items[i].text);
    VEC_FREE(p->contents);
    VEC_FREE(p->times);
    VEC_FREE(p->docs);
    buf_free(&p->model);
}

static struct unpacker *unpacker(struct estate *e, struct packed *p)
{
    struct unpack_hooks hooks = {.ctx = p, .doc = find_doc};
    struct unpacker *u;
    struct err err = {0};
    assert_int_equal(unpacker_new(e, &hooks, p->model.data, p->model.len, &u, &err), ERR_OK);
    return u;
}

/* Backwards, so that nothing comes in the order in which it was. */
static struct estate *unpack_all(struct packed *p)
{
    struct estate *e = estate_new();
    struct unpacker *u = unpacker(e, p);
    struct err err = {0};
    for (size_t i = p->contents.n; i-- > 0;)
        assert_int_equal(unpack_slice(u, p->contents.items[i].data, p->contents.items[i].len, p->times.items[i].data,
                                      p->times.items[i].len, &err), ERR_OK);
    unpacker_free(u);
    (void)estate_publish(e);
    return e;
}

static void assert_same_contents(const struct packed *a, const struct packed *b)
{
    assert_int_equal(a->contents.n, b->contents.n);
    for (size_t i = 0; i < a->contents.n; i++) {
        assert_int_equal(a->contents.items[i].len, b->contents.items[i].len);
        assert_memory_equal(a->contents.items[i].data, b->contents.items[i].data, a->contents.items[i].len);
    }
}

/* ---- the demo ----------------------------------------------------------------------------------- */

struct demo {
    struct settings *settings;
    struct estate *estate;
    struct refresh *refresh;
};

static void demo_read(struct demo *d)
{
    struct err err = {0};
    *d = (struct demo){.estate = estate_new()};
    assert_int_equal(demo_settings(&d->settings, &err), ERR_OK);
    struct refresh_settings settings = {.wire = demo_wire_new_with_delay(NOW, 0, 0),
                                        .estate = d->estate,
                                        .org_role = DEMO_ORG_ROLE,
                                        .products = &d->settings->products,
                                        .once = true,
                                        .fixed_now = NOW,
                                        .anonymous = true};
    settings.n_targets = demo_targets(&settings.targets) > 0;
    assert_int_equal(refresh_new(&settings, &d->refresh, &err), ERR_OK);
    assert_int_equal(refresh_wait(d->refresh, 120, NULL, NULL, &err), REFRESH_DONE);
}

static void demo_free(struct demo *d)
{
    refresh_free(d->refresh);
    estate_free(d->estate);
    settings_free(d->settings);
}

static void assert_same_values(const struct record *a, const struct record *b)
{
    const struct kind_row *k = kind_row(a->kind);
    struct buf x = {0}, y = {0};
    for (int i = (int)k->first_attr; i < (int)k->end_attr; i++) {
        struct value v = record_value(a, (enum attr)i), w = record_value(b, (enum attr)i);
        assert_int_equal(v.is, w.is);
        if (v.is != VALUE_KNOWN)
            continue;
        assert_int_equal(v.number, w.number);
        assert_int_equal(v.len, w.len);
        assert_memory_equal(v.text, w.text, v.len);
        buf_clear(&x);
        buf_clear(&y);
        if (v.node)
            node_arn(generation_estate(a->generation), v.node, &x);
        if (w.node)
            node_arn(generation_estate(b->generation), w.node, &y);
        assert_int_equal(x.len, y.len);
        assert_memory_equal(x.data ? x.data : "", y.data ? y.data : "", x.len);
    }
    for (int f = (int)k->first_facet; f < (int)k->end_facet; f++) {
        struct facet_state v = record_facet(a, (enum facet)f), w = record_facet(b, (enum facet)f);
        assert_int_equal(v.truth, w.truth);
        assert_int_equal(v.read_at, w.read_at);
        assert_int_equal(v.failure != 0, w.failure != 0);
    }
    buf_free(&x);
    buf_free(&y);
}

static size_t assert_same_records(const struct generation *a, const struct generation *b)
{
    size_t n = 0;
    struct record was, is;
    struct buf arn = {0};
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
        for (struct walk w = walk_kind(a, (enum kind)k); walk_next(&w, &was); n++) {
            buf_clear(&arn);
            node_arn(generation_estate(a), was.node, &arn);
            uint32_t node = estate_find_node(generation_estate(b), (enum kind)k, arn.data, arn.len);
            assert_true(generation_record(b, node, &is));
            assert_string_equal(record_account(&was), record_account(&is));
            assert_string_equal(record_region(&was), record_region(&is));
            assert_int_equal(slot_list(generation_estate(a), was.slot), slot_list(generation_estate(b), is.slot));
            assert_same_values(&was, &is);
        }
    buf_free(&arn);
    return n;
}

static void test_demo_comes_back(void **state)
{
    (void)state;
    struct demo d;
    struct packed p, sorted, again;
    demo_read(&d);
    const struct generation *g = estate_acquire(d.estate);
    pack_all(g, false, &p);
    struct estate *e = unpack_all(&p);
    const struct generation *back = estate_acquire(e);
    assert_true(assert_same_records(g, back) > 500);
    assert_true(assert_same_records(back, g) > 500);
    pack_all(g, true, &sorted);
    pack_all(back, true, &again);
    assert_same_contents(&sorted, &again);
    packed_free(&p);
    packed_free(&sorted);
    packed_free(&again);
    generation_release(back);
    estate_free(e);
    generation_release(g);
    demo_free(&d);
}

/* ---- what this program knows beyond the writer ---------------------------------------------------- */

static struct small small_world(void)
{
    return small_new("at 111122223333 eu-west-1\n"
                      "key $Ka key_id=a state=Enabled manager=CUSTOMER\n"
                      "key $Kb key_id=b state=Disabled tags=x,y policy:denied\n"
                      "vault $Vv name=v key_arn=$Ka\n"
                      "hide aliases denied\n");
}

static void forget_word(struct buf *text, const char *word)
{
    char *at = strstr(text->data, word);
    assert_non_null(at);
    memmove(at, at + strlen(word), text->len - (size_t)(at - text->data) - strlen(word) + 1);
    text->len -= strlen(word);
}

static enum truth truth_of(const struct estate *e, const struct generation *g, const char *arn, enum facet facet)
{
    struct record r;
    assert_true(generation_record(g, estate_find_node(e, facet_row(facet)->kind, arn, strlen(arn)), &r));
    return record_facet(&r, facet).truth;
}

#define ARN_A "arn:aws:kms:eu-west-1:111122223333:key/a"

static void test_news_are_stale(void **state)
{
    (void)state;
    struct small s = small_world();
    struct packed p;
    pack_all(s.g, false, &p);
    forget_word(&p.model, " pending_window_days:i");
    struct estate *e = unpack_all(&p);
    const struct generation *g = estate_acquire(e);
    assert_int_equal(truth_of(e, g, ARN_A, FACET_KEY_METADATA), TRUTH_STALE);
    assert_int_not_equal(truth_of(s.e, s.g, ARN_A, FACET_KEY_METADATA), TRUTH_STALE);
    generation_release(g);
    estate_free(e);
    packed_free(&p);
    small_free(&s);
}

/* ---- damage --------------------------------------------------------------------------------------- */

/* Each in memory of its exact size, so that a sanitizer sees a read beyond it. */
static void try_bytes(struct packed *p, const char *content, size_t content_len, const char *times, size_t times_len,
                      bool must_fail)
{
    struct estate *e = estate_new();
    struct unpacker *u = unpacker(e, p);
    char *own = mem_strndup(content, content_len), *own_times = mem_strndup(times, times_len);
    own = mem_resize(own, content_len ? content_len : 1, 1);
    struct err err = {0};
    enum err_code code = unpack_slice(u, own, content_len, own_times, times_len, &err);
    if (must_fail)
        assert_int_not_equal(code, ERR_OK);
    if (code != ERR_OK)
        assert_int_equal(unpacker_records(u), 0);
    unpacker_free(u);
    (void)estate_publish(e);
    const struct generation *g = estate_acquire(e);
    judgement_free(judge(g, NOW));
    generation_release(g);
    mem_free(own);
    mem_free(own_times);
    estate_free(e);
}

static void test_damage_does_no_harm(void **state)
{
    (void)state;
    struct small s = small_world();
    struct packed p;
    size_t n_tried = 0;
    pack_all(s.g, false, &p);
    for (size_t i = 0; i < p.contents.n; i++) {
        struct buf *c = &p.contents.items[i], *t = &p.times.items[i];
        if (c->len < 200)
            continue;
        n_tried++;
        for (size_t len = 0; len < c->len; len++)
            try_bytes(&p, c->data, len, t->data, t->len, true);
        for (size_t len = 0; len < t->len; len++)
            try_bytes(&p, c->data, c->len, t->data, len, true);
        for (size_t at = 0; at < c->len; at++)
            for (int bit = 0; bit < 8; bit += 1 + (int)(at % 3)) {
                c->data[at] = (char)(c->data[at] ^ 1 << bit);
                try_bytes(&p, c->data, c->len, t->data, t->len, false);
                c->data[at] = (char)(c->data[at] ^ 1 << bit);
            }
    }
    assert_true(n_tried >= 2);
    packed_free(&p);
    small_free(&s);
}

static void test_numbers(void **state)
{
    (void)state;
    static const int64_t signs[] = {0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN};
    static const char *const wrong[] = {"\x80", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", "\xff\x00"};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        bytes_add_signed(&b, signs[i]);
    struct bytes_in in = bytes_in(b.data, b.len);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        assert_int_equal(bytes_signed(&in), signs[i]);
    assert_false(in.is_bad);
    assert_int_equal(bytes_left(&in), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        in = bytes_in(wrong[i], i == 2 ? 2 : strlen(wrong[i]));
        assert_int_equal(bytes_number(&in), 0);
        assert_true(in.is_bad);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_demo_comes_back),
        cmocka_unit_test(test_news_are_stale),
        cmocka_unit_test(test_damage_does_no_harm),
    };
    model_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
