/* A store whose pages lead to each other, hundreds of ways down through every level: whoever follows them reads for
 * ever. It is opened, restored, compared with and written to with bounded time and memory, and told to be damaged. */
#include "backend/store/store.h"

#include "small_estate.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#define SCOPE "the tests"
#define LEVELS 8
#define WAYS 200    /* from each page of a level to the one page below it */
#define SECONDS 120 /* of the processor, for all: a hang is ended */
#define MEMORY_BYTES (UINT64_C(512) << 20)

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/keyfall-knots-XXXXXX");
    return mkdtemp(folder) && setenv("XDG_STATE_HOME", folder, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char *command = mem_printf("rm -rf '%s'", folder);
    int status = system(command);
    mem_free(command);
    return status;
}

static char *new_store(void)
{
    struct store *s;
    struct err err;
    assert_int_equal(store_open(SCOPE, false, &s, &err), ERR_OK);
    char *path = mem_strdup(store_path(s));
    store_close(s);
    return path;
}

/* Runs it, everything in the file itself afterwards; the root page of a table. */
static uint32_t fill(const char *path, const char *sql, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    uint32_t root = (uint32_t)sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return root;
}

static void put_number(unsigned char *at, int n, uint32_t number)
{
    for (int i = 0; i < n; i++)
        at[i] = (unsigned char)(number >> 8 * (n - 1 - i));
}

/* A page of a table's inner level (https://www.sqlite.org/fileformat2.html#b_tree_pages): all its cells lead to one
 * page, whatever is looked for. */
static void put_inner(unsigned char *page, uint32_t size, uint32_t below)
{
    uint32_t at = size;
    memset(page, 0, size);
    for (uint32_t i = 0; i < WAYS; i++) {
        at -= 4 + 9;
        put_number(page + at, 4, below);
        memset(page + at + 4, 0xbf, 9); /* a large key */
        put_number(page + 12 + 2 * i, 2, at);
    }
    page[0] = 5;
    put_number(page + 3, 2, WAYS);
    put_number(page + 5, 2, at);
    put_number(page + 8, 4, below);
}

static void knot(const char *path, uint32_t root)
{
    FILE *f = fopen(path, "r+");
    unsigned char page[65536], head[100];
    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof head, f), sizeof head);
    uint32_t size = (uint32_t)head[16] << 8 | head[17], pages;
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    pages = (uint32_t)(ftell(f) / (long)size);
    assert_int_equal(fseek(f, (long)((root - 1) * size), SEEK_SET), 0);
    assert_int_equal(fread(page, 1, size, f), size);
    assert_int_equal(page[0], 13); /* a leaf */
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    assert_int_equal(fwrite(page, 1, size, f), size);
    for (uint32_t level = 1; level <= LEVELS; level++) {
        put_inner(page, size, pages + level);
        if (level == LEVELS)
            assert_int_equal(fseek(f, (long)((root - 1) * size), SEEK_SET), 0);
        assert_int_equal(fwrite(page, 1, size, f), size);
    }
    put_number(head + 28, 4, pages + LEVELS);
    assert_int_equal(fseek(f, 0, SEEK_SET), 0);
    assert_int_equal(fwrite(head, 1, sizeof head, f), sizeof head);
    assert_int_equal(fclose(f), 0);
}

/* Everything that reads a store, and what it says; false: it says nothing. */
static bool use(void)
{
    struct store *s;
    struct err err = {0};
    struct buf summary = {0};
    size_t bytes;
    bool is_told;
    if (store_open(SCOPE, false, &s, &err) != ERR_OK)
        return err.text[0] != '\0';
    struct estate *e = estate_new(), *then = estate_new();
    (void)store_summary(s, &summary, &bytes);
    is_told = store_at(s, NOW + 10, then, &err) != ERR_OK && err.code != ERR_NOT_FOUND;
    assert_int_equal(store_follow(s, e, &err), ERR_OK);
    while (store_restore(s, e))
        ;
    is_told |= store_trouble(s, &err);
    store_close(s);
    estate_free(e);
    estate_free(then);
    buf_free(&summary);
    return is_told;
}

static const struct {
    const char *table, *sql;
} knots[] = {
    {"record", "INSERT INTO record (kind, name, valid_from) VALUES ('key', 'x', 1)"},
    {"finding", "INSERT INTO finding (rule, kind, name, valid_from) VALUES ('F-KEY-01', 'key', 'x', 1);"
                "DROP INDEX finding_open"},
    {"drift", "INSERT INTO drift VALUES (99999999999, 1, 1, 1, 1, 1, 1, 1, 1)"},
    {"slot", "INSERT INTO slot (model, account, region, list, parent, first_at, content, times, valid_from, is_read) "
             "VALUES (1, '1', 'r', 'keys', '', 1, x'00', x'00', 1, 1)"},
    {"version", "INSERT INTO version (valid_from, valid_to, model, content, times) VALUES (1, 9999999999, 1, x'00', "
                "x'00'); DROP INDEX version_to"},
};

static void test_knots(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof knots / sizeof *knots; i++) {
        assert_int_equal(make_folder(NULL), 0);
        char *path = new_store();
        knot(path, fill(path, knots[i].sql, knots[i].table));
        if (!use())
            fail_msg("%s: nothing is told", knots[i].table);
        mem_free(path);
        assert_int_equal(remove_folder(NULL), 0);
    }
}

int main(void)
{
    struct rlimit cpu = {SECONDS, SECONDS};
    model_init();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* whose memory is not their own */
    struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES};
    if (setrlimit(RLIMIT_AS, &memory) != 0)
        return 1;
#endif
    if (setrlimit(RLIMIT_CPU, &cpu) != 0)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_knots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
