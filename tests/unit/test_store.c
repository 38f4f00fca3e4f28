/* The store: what was published comes back as stale facts of then; scopes do not mix; files are private; what is
 * newer, foreign or damaged is refused in a sentence and does no harm. */
#include "backend/store/store.h"

#include "backend/demo/synthetic.h"
#include "backend/store/db.h"

#include "small_estate.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCOPE "the tests"

/* ---- a folder of its own ------------------------------------------------------------------------ */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/keyfall-store-XXXXXX");
    if (!mkdtemp(folder) || setenv("XDG_STATE_HOME", folder, 1) != 0)
        return -1;
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char *command = mem_printf("rm -rf '%s'", folder);
    int status = system(command);
    mem_free(command);
    return status;
}

/* ---- estates ------------------------------------------------------------------------------------ */

#define KEY_ARN "arn:aws:kms:eu-west-1:111122223333:key/"

static uint32_t key_slot(struct estate *e)
{
    return estate_slot(e, estate_scope(e, "111122223333", "eu-west-1"), LIST_KEYS, 0);
}

/* The list of keys, the first n of those named a, b, c ... */
static void put_keys(struct estate *e, int n, int64_t at)
{
    struct draft *d = draft_new(e, key_slot(e));
    for (int i = 0; i < n; i++) {
        char *arn = mem_printf(KEY_ARN "%c", 'a' + i);
        (void)draft_row(d, estate_node(e, KIND_KEY, arn, strlen(arn)));
        mem_free(arn);
    }
    estate_complete(d, at);
}

static void put_policy(struct estate *e, char key, const char *policy, int64_t at)
{
    char *arn = mem_printf(KEY_ARN "%c", key);
    uint32_t node = estate_find_node(e, KIND_KEY, arn, strlen(arn));
    uint32_t *row = estate_edit(e, key_slot(e), node, FACET_KEY_POLICY);
    assert_non_null(row);
    row_text(e, row, ATTR_KEY_POLICY, policy, strlen(policy));
    estate_set_facet(e, key_slot(e), node, FACET_KEY_POLICY, TRUTH_KNOWN, 0, at);
    mem_free(arn);
}

static struct store *open_store(const char *scope)
{
    struct store *s = NULL;
    struct err err = {0};
    enum err_code code = store_open(scope, false, &s, &err);
    if (code != ERR_OK)
        fail_msg("%s", err.text);
    return s;
}

/* Opened, restored and followed, as the program does. */
static struct store *start(const char *scope, struct estate *e)
{
    struct store *s = open_store(scope);
    struct err err = {0};
    assert_int_equal(store_follow(s, e, &err), ERR_OK);
    while (store_restore(s, e))
        ;
    return s;
}

static void stop(struct store *s, struct estate *e)
{
    store_close(s);
    estate_free(e);
}

static uint32_t count_rows(struct estate *e, enum truth truth)
{
    uint32_t n = 0;
    const struct generation *g = estate_acquire(e);
    for (uint32_t slot = 1; slot <= estate_slot_count(e); slot++)
        if (slice_truth(generation_slice(g, slot)) == truth)
            n += slice_rows(generation_slice(g, slot));
    generation_release(g);
    return n;
}

/* ---- the last posture --------------------------------------------------------------------------- */

static void test_comes_back_stale(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 0);
    put_keys(e, 3, NOW);
    put_policy(e, 'b', "{\"Statement\":[]}", NOW + 5);
    estate_publish(e);
    stop(s, e);

    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    assert_int_equal(count_rows(e, TRUTH_KNOWN), 0);
    const struct generation *g = estate_acquire(e);
    const struct slice *slice = generation_slice(g, key_slot(e));
    struct record r;
    struct failure f;
    assert_int_equal(slice_seen_at(slice), NOW);
    assert_true(slice_is_complete(slice));
    assert_true(generation_record(g, estate_find_node(e, KIND_KEY, KEY_ARN "b", strlen(KEY_ARN "b")), &r));
    struct facet_state policy = record_facet(&r, FACET_KEY_POLICY);
    assert_int_equal(policy.truth, TRUTH_STALE);
    assert_int_equal(policy.read_at, NOW + 5);
    assert_string_equal(record_value(&r, ATTR_KEY_POLICY).text, "{\"Statement\":[]}");
    failure_get(e, policy.failure, &f);
    assert_int_equal(f.code, ERR_EARLIER);
    /* what was not seen then is not asked yet, not stale */
    assert_int_equal(record_facet(&r, FACET_KEY_METADATA).truth, TRUTH_NOT_ASKED);
    generation_release(g);

    /* the live list replaces it; what it lacks is gone from the file too, once what it has was read */
    put_keys(e, 2, NOW + 600);
    estate_publish(e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 0);
    put_policy(e, 'b', "{\"Statement\":[]}", NOW + 605);
    estate_publish(e);
    stop(s, e);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 2);
    stop(s, e);
}

static void test_failures_keep_what_was(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    put_keys(e, 3, NOW);
    estate_publish(e);
    stop(s, e);

    struct err err;
    (void)err_set(&err, ERR_DENIED, "no");
    e = estate_new();
    s = start(SCOPE, e);
    estate_failed(e, key_slot(e), NULL, TRUTH_DENIED, estate_failure(e, "kms:ListKeys", &err), NOW + 9);
    estate_publish(e);
    stop(s, e);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    /* what is known not to be there goes */
    estate_drop(e, key_slot(e));
    estate_publish(e);
    stop(s, e);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 0);
    stop(s, e);
}

static void test_large(void **state)
{
    (void)state;
    struct synthetic_settings settings = {
        .accounts = 4, .regions = 3, .keys = 60, .points = 5000, .seed = 7, .now_utc = NOW};
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    synthetic_fill(e, &settings, NULL);
    uint32_t known = count_rows(e, TRUTH_KNOWN);
    assert_true(known > 5000);
    stop(s, e);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), known);
    stop(s, e);
}

static void test_scopes_do_not_mix(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct estate *e = estate_new();
        struct store *s = start(i ? "profile b" : "profile a", e);
        put_keys(e, i + 1, NOW);
        estate_publish(e);
        stop(s, e);
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct estate *e = estate_new();
        struct store *s = start(i ? "profile b" : "profile a", e);
        assert_int_equal(count_rows(e, TRUTH_STALE), i + 1);
        stop(s, e);
    }
}

/* Two that read the same at once: each commits, none waits for the other to end. */
static void test_two_at_once(void **state)
{
    (void)state;
    struct estate *a = estate_new(), *b = estate_new();
    struct store *sa = start(SCOPE, a), *sb = start(SCOPE, b);
    struct err err;
    put_keys(a, 2, NOW);
    estate_publish(a);
    put_keys(b, 2, NOW);
    put_policy(b, 'a', "{}", NOW);
    estate_publish(b);
    store_close(sa);
    assert_false(store_trouble(sb, &err));
    store_close(sb);
    estate_free(a);
    estate_free(b);
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 2);
    stop(s, e);
}

/* ---- the summary -------------------------------------------------------------------------------- */

static void test_summary(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    struct store *s = open_store(SCOPE);
    struct buf out = {0}, summary = {0}, huge = {0};
    struct err err;
    size_t bytes;
    assert_false(store_summary(s, &out, &bytes));
    assert_int_equal(store_follow(s, e, &err), ERR_OK);
    while (store_restore(s, e))
        ;
    for (size_t i = 0; i < STORE_SUMMARY_MOST; i++)
        buf_addc(&summary, (char)i);
    char *copy = mem_strndup(summary.data, 1);
    memcpy(copy, summary.data, 1);
    store_keep_summary(s, &summary);
    assert_null(summary.data);
    for (size_t i = 0; i <= STORE_SUMMARY_MOST; i++)
        buf_addc(&huge, 'x');
    store_keep_summary(s, &huge); /* too large: the other stays */
    stop(s, e);

    s = open_store(SCOPE);
    assert_true(store_summary(s, &out, &bytes));
    assert_int_equal(out.len, STORE_SUMMARY_MOST);
    assert_int_equal(out.data[255], (char)255);
    assert_in_range(bytes, STORE_SUMMARY_MOST, STORE_SUMMARY_MOST + (32u << 10));
    store_close(s);
    mem_free(copy);
    buf_free(&out);
}

/* ---- history ------------------------------------------------------------------------------------ */

#define HOME "at 111122223333 eu-west-1\n"
#define DOOMED HOME "key $Kk1 state=PendingDeletion deletion_date=+6d manager=CUSTOMER\nvault $Vv1 key_arn=$Kk1 locked=false\n"
#define MENDED HOME "key $Kk1 state=Enabled manager=CUSTOMER\nvault $Vv1 key_arn=$Kk1 locked=false\n"

static int64_t ask_file(const char *sql)
{
    struct store *s = open_store(SCOPE);
    char *path = mem_strdup(store_path(s));
    sqlite3 *db;
    sqlite3_stmt *q;
    store_close(s);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    mem_free(path);
    return number;
}

#define OPEN_DELETIONS "SELECT count(*) FROM finding WHERE rule = 'F-KEY-01' AND valid_to IS NULL"
#define ENDED_DELETIONS "SELECT count(*) FROM finding WHERE rule = 'F-KEY-01' AND valid_to IS NOT NULL"

/* One run of a verb. Returns since when the key's deletion is known; TIME_NONE: it is not found. */
static int64_t note_findings(const char *story, int64_t at)
{
    struct small small = small_new(story);
    struct judgement *j = judge(small.g, at);
    struct store *s = open_store(SCOPE);
    int64_t since = TIME_NONE;
    size_t n;
    store_recall(s);
    struct past past = store_past(s);
    judgement_remember(j, &past);
    const struct finding *f = judgement_findings(j, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(f[i].rule->id, "F-KEY-01") == 0)
            since = judgement_finding_since(j, &f[i]);
    store_keep_findings(s, j);
    store_close(s);
    judgement_free(j);
    small_free(&small);
    return since;
}

static void test_findings_since(void **state)
{
    (void)state;
    assert_int_equal(note_findings(DOOMED, NOW), NOW);
    assert_int_equal(note_findings(DOOMED, NOW + 900), NOW); /* still the same one */
    assert_int_equal(ask_file(OPEN_DELETIONS), 1);
    /* what is not seen is not over */
    assert_int_equal(note_findings(DOOMED "hide keys denied\n", NOW + 1800), TIME_NONE);
    assert_int_equal(ask_file(OPEN_DELETIONS), 1);
    assert_int_equal(note_findings(MENDED, NOW + 2700), TIME_NONE);
    assert_int_equal(ask_file(OPEN_DELETIONS), 0);
    assert_int_equal(ask_file(ENDED_DELETIONS), 1);
    assert_int_equal(note_findings(HOME, NOW + 2701), TIME_NONE); /* nobody names it any more */
    /* and once more is another one */
    assert_int_equal(note_findings(DOOMED, NOW + 3600), NOW + 3600);
    assert_int_equal(ask_file(OPEN_DELETIONS), 1);
    assert_int_equal(ask_file(ENDED_DELETIONS), 1);
    assert_int_equal(note_findings(HOME, NOW + 3700), TIME_NONE);
    assert_int_equal(ask_file(ENDED_DELETIONS), 2);
    /* the posture by the hour */
    assert_int_equal(ask_file("SELECT count(*) FROM drift"), 2);
    assert_true(ask_file("SELECT max(critical + high) FROM drift") > 0);
}

static int64_t key_since(struct store *s, struct estate *e, char key)
{
    const struct generation *g = estate_acquire(e);
    char *arn = mem_printf(KEY_ARN "%c", key);
    struct record r;
    struct past past = store_past(s);
    assert_true(generation_record(g, estate_find_node(e, KIND_KEY, arn, strlen(arn)), &r));
    int64_t at = past.record_since(past.ctx, &r);
    generation_release(g);
    mem_free(arn);
    return at;
}

/* All facets of the first n keys are read: the list is whole. */
static void read_facets(struct estate *e, int n, int64_t at)
{
    for (int i = 0; i < n; i++) {
        char *arn = mem_printf(KEY_ARN "%c", 'a' + i);
        uint32_t node = estate_find_node(e, KIND_KEY, arn, strlen(arn));
        for (int f = (int)kind_row(KIND_KEY)->first_facet; f < (int)kind_row(KIND_KEY)->end_facet; f++)
            if (facet_row((enum facet)f)->index >= 0)
                estate_set_facet(e, key_slot(e), node, (enum facet)f, TRUTH_ABSENT, 0, at);
        mem_free(arn);
    }
}

/* One run that reads the list of keys, so many of them. */
static void read_keys(int n, int64_t at)
{
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    put_keys(e, n, at);
    read_facets(e, n, at);
    estate_publish(e);
    stop(s, e);
}

static uint32_t keys_at(int64_t at)
{
    struct estate *e = estate_new();
    struct store *s = open_store(SCOPE);
    struct err err;
    enum err_code code = store_at(s, at, e, &err);
    uint32_t n = code == ERR_OK ? count_rows(e, TRUTH_KNOWN) : UINT32_MAX;
    assert_true(code == ERR_OK || code == ERR_NOT_FOUND);
    stop(s, e);
    return n;
}

static void test_records_of_then(void **state)
{
    (void)state;
    read_keys(2, NOW);
    read_keys(3, NOW + 1000);
    read_keys(1, NOW + 2000);
    read_keys(3, NOW + 3000);
    assert_int_equal(keys_at(NOW - 1), UINT32_MAX);
    assert_int_equal(keys_at(NOW), 2);
    assert_int_equal(keys_at(NOW + 999), 2);
    assert_int_equal(keys_at(NOW + 1000), 3);
    assert_int_equal(keys_at(NOW + 2500), 1);
    assert_int_equal(keys_at(NOW + 9000), 3);
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    assert_int_equal(key_since(s, e, 'a'), NOW);
    assert_int_equal(key_since(s, e, 'c'), NOW + 1000);
    stop(s, e);
    /* b came with the list, went and came again; c came, went, came */
    assert_int_equal(ask_file("SELECT count(*) FROM record"), 4);
    assert_int_equal(ask_file("SELECT count(*) FROM record WHERE valid_to IS NULL"), 2);
    assert_int_equal(ask_file("SELECT min(valid_to - valid_from) FROM record WHERE valid_to IS NOT NULL"), 1000);
}

/* A refresh that changes nothing remembers nothing. */
static void test_same_is_no_version(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        read_keys(2, NOW + i * 600);
    assert_int_equal(ask_file("SELECT count(*) FROM version"), 0);
    assert_int_equal(ask_file("SELECT count(*) FROM record"), 0);
    assert_int_equal(ask_file("SELECT valid_from FROM slot"), NOW);
}

/* ---- files -------------------------------------------------------------------------------------- */

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static char *path_of(const char *scope)
{
    struct store *s = open_store(scope);
    char *path = mem_strdup(store_path(s));
    store_close(s);
    return path;
}

static void test_private(void **state)
{
    (void)state;
    struct stat st;
    char *path = path_of(SCOPE), *own = mem_printf("%s/keyfall", folder);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chmod(own, 0755), 0);
    store_close(open_store(SCOPE));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(own, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_null(strstr(path, "tests"));
    mem_free(path);
    mem_free(own);
}

static void refused(const char *scope, bool read_only, enum err_code code, const char *part)
{
    struct store *s;
    struct err err = {0};
    assert_int_equal(store_open(scope, read_only, &s, &err), code);
    assert_null(s);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
}

static void test_versions(void **state)
{
    (void)state;
    char *path = path_of(SCOPE), *sql = mem_printf("PRAGMA user_version = %d", DB_VERSION + 1);
    run_sql(path, sql);
    refused(SCOPE, false, ERR_UNSUPPORTED, "newer keyfall");
    refused(SCOPE, true, ERR_UNSUPPORTED, "newer keyfall");
    mem_free(sql);
    mem_free(path);
}

/* A store as version 1 made it is brought up to date, with what it holds. */
static void test_migrates(void **state)
{
    (void)state;
    char *path = path_of(SCOPE);
    read_keys(3, NOW);
    run_sql(path, "DROP TABLE version; DROP TABLE record; DROP TABLE finding; DROP TABLE drift;"
                  "ALTER TABLE slot DROP COLUMN valid_from; ALTER TABLE slot DROP COLUMN is_read;"
                  "PRAGMA user_version = 1");
    refused(SCOPE, true, ERR_UNSUPPORTED, "older keyfall");
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    stop(s, e);
    assert_int_equal(ask_file("PRAGMA user_version"), DB_VERSION);
    assert_int_equal(ask_file("SELECT valid_from FROM slot"), NOW);
    mem_free(path);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static void test_foreign(void **state)
{
    (void)state;
    static const char garbage[5000] = "this is no database";
    char *path = path_of(SCOPE);
    write_file(path, garbage, sizeof garbage);
    refused(SCOPE, false, ERR_PARSE, "it is no store of keyfall's");
    assert_int_equal(unlink(path), 0);
    run_sql(path, "CREATE TABLE other (a)");
    refused(SCOPE, false, ERR_PARSE, "it is no store of keyfall's");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    refused(SCOPE, false, ERR_IO, path);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    refused(SCOPE, false, ERR_IO, path);
    mem_free(path);
}

/* Nothing that somebody else put into the file is run. */
static void test_schema_is_ours(void **state)
{
    (void)state;
    char *path = path_of(SCOPE);
    run_sql(path, "CREATE TRIGGER t AFTER INSERT ON slot BEGIN DELETE FROM slot; END");
    refused(SCOPE, false, ERR_PARSE, "it is no store of keyfall's");
    run_sql(path, "DROP TRIGGER t; DROP TABLE slot; CREATE VIEW slot AS SELECT 1 AS id");
    refused(SCOPE, false, ERR_PARSE, "it is no store of keyfall's");
    mem_free(path);
}

static char *read_file(const char *path, size_t *len)
{
    struct buf bytes = {0};
    char piece[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_add(&bytes, piece, n);
    fclose(f);
    *len = bytes.len;
    return buf_take(&bytes);
}

/* Whatever a file holds: it is refused, or what can be read of it is read; it is written to, and closed. */
static void use_file(const char *path)
{
    struct store *s;
    struct err err = {0};
    struct buf summary = {0};
    size_t bytes;
    char *log = mem_printf("%s-wal", path), *shared = mem_printf("%s-shm", path);
    (void)unlink(log);
    (void)unlink(shared);
    if (store_open(SCOPE, false, &s, &err) == ERR_OK) {
        struct estate *e = estate_new(), *then = estate_new();
        (void)store_summary(s, &summary, &bytes);
        enum err_code code = store_at(s, NOW + 10, then, &err);
        assert_true(code == ERR_OK || err.text[0]);
        assert_int_equal(store_follow(s, e, &err), ERR_OK);
        while (store_restore(s, e))
            ;
        put_keys(e, 2, NOW + 60);
        estate_publish(e);
        store_close(s);
        estate_free(e);
        estate_free(then);
    } else {
        assert_true(strlen(err.text) > 0);
    }
    buf_free(&summary);
    mem_free(log);
    mem_free(shared);
}

static uint32_t next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    return *x ^= *x << 5;
}

#define FUZZED 120

static void test_fuzzed_files(void **state)
{
    (void)state;
    struct synthetic_settings settings = {
        .accounts = 1, .regions = 1, .keys = 6, .points = 60, .seed = 7, .now_utc = NOW};
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    char *path = mem_strdup(store_path(s));
    synthetic_fill(e, &settings, NULL);
    stop(s, e);
    size_t len;
    char *good = read_file(path, &len), *bad = mem_alloc(len);
    uint32_t x = 2463534242u;
    for (int i = 0; i < FUZZED; i++) {
        memcpy(bad, good, len);
        uint32_t n = 1 + next_random(&x) % 40, end = i % 4 ? (uint32_t)len : 4096;
        for (uint32_t k = 0; k < n; k++)
            bad[next_random(&x) % end] = (char)next_random(&x);
        write_file(path, bad, i % 5 ? len : next_random(&x) % len);
        use_file(path);
    }
    mem_free(good);
    mem_free(bad);
    mem_free(path);
}

static void test_damaged_rows(void **state)
{
    (void)state;
    struct estate *e = estate_new();
    struct store *s = start(SCOPE, e);
    char *path = mem_strdup(store_path(s));
    put_keys(e, 3, NOW);
    estate_publish(e);
    stop(s, e);
    run_sql(path, "UPDATE slot SET content = randomblob(length(content)), times = zeroblob(3)");
    e = estate_new();
    s = start(SCOPE, e);
    struct err err;
    assert_true(store_trouble(s, &err));
    assert_non_null(strstr(err.text, "is damaged, a part of it is left out"));
    assert_false(store_trouble(s, &err)); /* told once */
    assert_int_equal(count_rows(e, TRUTH_STALE), 0);
    put_keys(e, 3, NOW + 60); /* and it heals */
    estate_publish(e);
    stop(s, e);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    stop(s, e);
    mem_free(path);
}

static void test_read_only(void **state)
{
    (void)state;
    struct store *s;
    struct err err = {0};
    DIR *d;
    refused(SCOPE, true, ERR_NOT_FOUND, "");
    struct estate *e = estate_new();
    s = start(SCOPE, e);
    char *path = mem_strdup(store_path(s));
    put_keys(e, 3, NOW);
    estate_publish(e);
    stop(s, e);
    e = estate_new();
    assert_int_equal(store_open(SCOPE, true, &s, &err), ERR_OK);
    assert_int_equal(store_follow(s, e, &err), ERR_OK);
    while (store_restore(s, e))
        ;
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    put_keys(e, 1, NOW + 60);
    estate_publish(e);
    stop(s, e);
    char *own = mem_printf("%s/keyfall", folder);
    int n_files = 0;
    assert_non_null(d = opendir(own));
    for (struct dirent *entry; (entry = readdir(d));)
        n_files += entry->d_name[0] != '.';
    closedir(d);
    assert_int_equal(n_files, 1);
    e = estate_new();
    s = start(SCOPE, e);
    assert_int_equal(count_rows(e, TRUTH_STALE), 3);
    stop(s, e);
    mem_free(own);
    mem_free(path);
}

int main(void)
{
    model_init();
#define CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        CASE(test_comes_back_stale), CASE(test_failures_keep_what_was), CASE(test_large),
        CASE(test_scopes_do_not_mix), CASE(test_two_at_once), CASE(test_summary), CASE(test_private),
        CASE(test_versions), CASE(test_foreign), CASE(test_schema_is_ours), CASE(test_damaged_rows), CASE(test_fuzzed_files),
        CASE(test_read_only), CASE(test_findings_since), CASE(test_records_of_then), CASE(test_same_is_no_version),
        CASE(test_migrates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
