/* Fills the store of what these arguments read (profiles, regions ...) with the synthetic estate of 1,000,000
 * records and its first screen, as a dashboard would have left it, and prints what keeping and restoring it cost.
 * Usage: bench_store ARGUMENTS-OF-KEYFALL ... */
#include "backend/cli/verb.h"
#include "backend/demo/synthetic.h"
#include "tests/bench/bench.h"
#include "tui/views/first_screen.h"

#include <stdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store *open_store(const char *scope)
{
    struct store *s;
    struct err err = {0};
    if (store_open(scope, false, &s, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    return s;
}

static void must(enum err_code code, const struct err *err)
{
    if (code == ERR_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

/* How many lists the file holds by now. */
static int64_t n_kept(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t n = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
        && sqlite3_prepare_v2(db, "SELECT count(*) FROM slot", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

#define STILL_S 3

/* The store's thread commits while nobody waits for it: until the file grows no more. Returns when it last did. */
static double wait_until_kept(const char *path)
{
    double last = seconds();
    for (int64_t n = 0; n == 0 || seconds() - last < STILL_S; usleep(100000)) {
        int64_t now = n_kept(path);
        last = now != n ? seconds() : last;
        n = now;
    }
    return last;
}

static void fill(const char *scope, struct estate *e)
{
    struct err err = {0};
    struct store *s = open_store(scope);
    must(store_follow(s, e, &err), &err);
    while (store_restore(s, e))
        ;
    double start = seconds();
    figure("every list committed", wait_until_kept(store_path(s)) - start, "s", 0);
    struct snapshot snapshot = {.generation = estate_acquire(e), .now_utc = 1787000000, .is_whole = true};
    snapshot.judgement = judge(snapshot.generation, snapshot.now_utc);
    snapshot.posture = posture_new(snapshot.generation, snapshot.judgement, &snapshot.scope);
    snapshot.tally.lists_seen = 1;
    struct buf summary = {0};
    first_screen_pack(&snapshot, &summary);
    figure("first screen as kept", (double)summary.len / 1024, "KiB", 256);
    store_keep_summary(s, &summary);
    posture_free(snapshot.posture);
    judgement_free(snapshot.judgement);
    generation_release(snapshot.generation);
    store_close(s);
}

int main(int argc, char **argv)
{
    struct cli_options o;
    struct err err = {0};
    struct stat st;
    model_init();
    must(cli_parse(argc, argv, &o, &err), &err);
    must(cli_configure(&o, &err), &err);
    char *scope = scope_text(&o);
    struct synthetic_settings settings = bench_settings(1, argv);
    struct estate *e = estate_new();
    synthetic_fill(e, &settings, NULL);
    fill(scope, e);
    estate_free(e);
    e = estate_new();
    struct store *s = open_store(scope);
    double start = seconds();
    must(store_follow(s, e, &err), &err);
    while (store_restore(s, e))
        ;
    figure("restored", seconds() - start, "s", 0);
    struct estate_size size;
    estate_measure(e, &size);
    figure("records restored", size.n_records, "", 0);
    if (stat(store_path(s), &st) == 0)
        figure("size of the file", (double)st.st_size / 1e6, "MB", 0);
    store_close(s);
    estate_free(e);
    mem_free(scope);
    cli_options_free(&o);
    return bench_is_over;
}
