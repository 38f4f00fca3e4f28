/* What the first picture tells of an earlier run: it comes back as it was, as old facts; what is damaged is not
 * shown. */
#include "tui/views/first_screen.h"

#include "small_estate.h"

#define HOME "at 111122223333 eu-west-1\n"
#define GONE                                                                                       \
    HOME "key $Kk1 state=PendingDeletion deletion_date=+6d manager=CUSTOMER\n"                     \
         "vault $Vv1 key_arn=$Kk1 locked=false\n"

/* A snapshot as the judging thread makes it. */
static struct snapshot *snapshot_of(struct small *s)
{
    struct snapshot *snap = mem_alloc(sizeof *snap);
    *snap = (struct snapshot){.refs = 1, .generation = s->g, .judgement = s->j, .now_utc = NOW, .is_whole = true};
    snap->tally.counts[KIND_KEY] = 1;
    snap->tally.is_seen[KIND_KEY] = true;
    snap->tally.lists_seen = 3;
    snap->posture = posture_new(s->g, s->j, &snap->scope);
    return snap;
}

static void snapshot_drop(struct snapshot *snap)
{
    posture_free(snap->posture);
    mem_free(snap);
}

static void test_comes_back_old(void **state)
{
    (void)state;
    struct small s;
    s = small_new(GONE);
    struct snapshot *snap = snapshot_of(&s);
    struct buf bytes = {0};
    struct arena *arena = arena_new();
    struct told_key key;
    struct told_finding finding;
    assert_int_equal(snap->posture->deletions.n, 1);
    assert_true(snap->posture->first.n > 0);
    tell_key(snap, 0, arena, &key);
    tell_finding(snap, 0, arena, &finding);
    first_screen_pack(snap, &bytes);
    struct first_screen *f = first_screen_unpack(bytes.data, bytes.len);
    assert_non_null(f);
    assert_int_equal(f->now_utc, NOW);
    assert_int_equal(f->tally.counts[KIND_KEY], 1);
    assert_int_equal(f->posture.deletions.n, 1);
    assert_int_equal(f->posture.deletions.items[0].at_utc, snap->posture->deletions.items[0].at_utc);
    assert_string_equal(f->keys.items[0].name, key.name);
    assert_string_equal(f->keys.items[0].account, key.account);
    assert_int_equal(f->posture.first.n, snap->posture->first.n);
    assert_string_equal(f->findings.items[0].title, finding.title);
    assert_string_equal(f->findings.items[0].remedy, finding.remedy);
    /* sure then is old now */
    char old[8];
    snprintf(old, sizeof old, "%s%s", finding.mark, finding.mark[1] ? "" : "~");
    assert_string_equal(f->findings.items[0].mark, old);
    assert_true(f->posture.deletions.items[0].worst.is_stale);
    for (size_t i = 0; i < f->places.n; i++)
        assert_true(f->places.items[i].seen_at == TIME_NONE || f->places.items[i].blind_spots > 0);
    for (int v = 0; v < SEVERITY_COUNT; v++)
        assert_int_equal(f->posture.all.findings[v], snap->posture->all.findings[v]);
    first_screen_free(f);
    arena_free(arena);
    buf_free(&bytes);
    snapshot_drop(snap);
    small_free(&s);
}

/* Cut short anywhere, longer, or changed anywhere: refused or harmless. */
static void test_damaged(void **state)
{
    (void)state;
    struct small s;
    s = small_new(GONE);
    struct snapshot *snap = snapshot_of(&s);
    struct buf bytes = {0};
    first_screen_pack(snap, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        char *own = mem_strndup("", 0);
        own = mem_resize(own, len + 1, 1);
        memcpy(own, bytes.data, len);
        assert_null(first_screen_unpack(own, len));
        mem_free(own);
    }
    for (size_t at = 0; at < bytes.len; at++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[at] ^= (char)(1 << bit);
            first_screen_free(first_screen_unpack(bytes.data, bytes.len));
            bytes.data[at] ^= (char)(1 << bit);
        }
    buf_addc(&bytes, 'x');
    assert_null(first_screen_unpack(bytes.data, bytes.len));
    buf_free(&bytes);
    snapshot_drop(snap);
    small_free(&s);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back_old),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
