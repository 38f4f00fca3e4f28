#include "backend/store/internal.h"

#include "backend/base/digest.h"
#include "backend/base/folder.h"
#include "backend/base/hash.h"
#include "backend/base/log.h"
#include "backend/base/timefmt.h"

#include <signal.h>
#include <string.h>

#define ROUND_EVERY_MS 1000
#define REST_FACTOR 9        /* of what a round took: a tenth of one core at most */
#define FAILED_EVERY_MS 15000 /* after a full disk */
#define GOODBYE_MS 2000

/* ---- trouble ------------------------------------------------------------------------------------ */

void store_note_trouble(struct store *s, const struct err *err)
{
    pthread_mutex_lock(&s->lock);
    bool is_news = strcmp(s->trouble.text, err->text) != 0;
    s->trouble = *err;
    s->has_news |= is_news;
    pthread_mutex_unlock(&s->lock);
    if (is_news)
        log_line("store", "%s", err->text);
}

bool store_trouble(struct store *s, struct err *out)
{
    pthread_mutex_lock(&s->lock);
    bool has_news = s->has_news;
    *out = s->trouble;
    s->has_news = false;
    pthread_mutex_unlock(&s->lock);
    return has_news;
}

static void forget_trouble(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->trouble = (struct err){0};
    pthread_mutex_unlock(&s->lock);
}

/* ---- the summary -------------------------------------------------------------------------------- */

bool store_summary(struct store *s, struct buf *out, size_t *bytes_read)
{
    struct err err;
    size_t len;
    sqlite3_stmt *q = db_query(&s->db, QUERY_SUMMARY_GET, "i", (int64_t)STORE_SUMMARY_MOST);
    int row = db_step(&s->db, q, &err);
    if (row > 0) {
        const void *bytes = db_blob(q, 0, &len);
        buf_add(out, bytes, len);
        db_done(q);
    } else if (row < 0) {
        store_note_trouble(s, &err);
    }
    *bytes_read = db_bytes_read(&s->db);
    return row > 0;
}

void store_keep_summary(struct store *s, struct buf *bytes)
{
    pthread_mutex_lock(&s->lock);
    if (bytes->len <= STORE_SUMMARY_MOST) {
        buf_free(&s->summary);
        s->summary = *bytes;
        s->has_summary = true;
        *bytes = (struct buf){0};
    }
    pthread_mutex_unlock(&s->lock);
    buf_free(bytes);
}

static enum err_code write_summary(struct store *s, struct err *err)
{
    pthread_mutex_lock(&s->lock);
    struct buf summary = s->summary;
    bool has_summary = s->has_summary;
    s->summary = (struct buf){0};
    s->has_summary = false;
    pthread_mutex_unlock(&s->lock);
    enum err_code code = ERR_OK;
    if (has_summary)
        code = db_run(&s->db, err, QUERY_SUMMARY_PUT, "b", summary.data, summary.len);
    buf_free(&summary);
    return code;
}

/* ---- the thread --------------------------------------------------------------------------------- */

/* Everything that is new, in transactions that others need not wait for long. */
static enum err_code write_round(struct store *s, int64_t until_ms, struct err *err)
{
    enum err_code code = ERR_OK;
    bool has_slots = true, has_findings = false;
    while (code == ERR_OK && (has_slots || has_findings) && time_mono_ms() < until_ms) {
        code = db_begin(&s->db, err);
        if (code != ERR_OK)
            break;
        code = write_summary(s, err);
        if (code == ERR_OK)
            code = slots_write(s, &has_slots, err);
        if (code == ERR_OK)
            code = history_write(s, &has_findings, err);
        if (code == ERR_OK)
            code = db_commit(&s->db, err);
        if (code == ERR_OK) {
            slots_committed(s, has_slots);
            history_committed(s, has_findings);
        }
    }
    if (code != ERR_OK) {
        db_rollback(&s->db);
        slots_rolled_back(s);
        history_rolled_back(s);
        store_note_trouble(s, err);
    } else {
        forget_trouble(s);
    }
    return code;
}

/* True: it is time to end. */
static bool wait_ms(struct store *s, int64_t ms)
{
    int64_t until_ms = time_mono_ms() + ms;
    struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&s->lock);
    while (!s->is_ending && time_mono_ms() < until_ms)
        (void)pthread_cond_timedwait(&s->wake, &s->lock, &at);
    bool is_ending = s->is_ending;
    pthread_mutex_unlock(&s->lock);
    return is_ending;
}

/* Before that the file is the refresh thread's. */
static bool is_restored(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    bool is = s->is_restored;
    pthread_mutex_unlock(&s->lock);
    return is;
}

static void *run(void *arg)
{
    struct store *s = arg;
    int64_t rest_ms = ROUND_EVERY_MS;
    bool has_forgotten = false;
    while (!wait_ms(s, rest_ms)) {
        struct err err = {0};
        if (!is_restored(s))
            continue;
        int64_t began_ms = time_mono_ms();
        enum err_code code = write_round(s, INT64_MAX, &err);
        int64_t took_ms = time_mono_ms() - began_ms;
        if (code == ERR_OK && !has_forgotten)
            has_forgotten = history_forget(s, &err) == ERR_OK;
        rest_ms = code != ERR_OK ? FAILED_EVERY_MS : took_ms * REST_FACTOR;
        rest_ms = rest_ms < ROUND_EVERY_MS ? ROUND_EVERY_MS : rest_ms;
    }
    struct err err = {0};
    if (is_restored(s))
        (void)write_round(s, time_mono_ms() + GOODBYE_MS, &err);
    return NULL;
}

enum err_code store_follow(struct store *s, struct estate *e, struct err *err)
{
    sigset_t all, before;
    s->slots.estate = e;
    if (s->db.is_read_only)
        return ERR_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return err_set(err, ERR_IO, "no thread could be started: %s", strerror(failed));
    s->has_thread = true;
    return ERR_OK;
}

static void end_thread(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_ending = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
}

/* ---- opening and closing ------------------------------------------------------------------------ */

#define NAME_BYTES 8

/* A name that tells nothing of what is read. */
static enum err_code scope_name(const char *folder, const char *scope, char **path, struct err *err)
{
    unsigned char digest[DIGEST_BYTES];
    if (!digest_of(scope, strlen(scope), digest))
        return err_set(err, ERR_UNSUPPORTED, "there is no SHA-256: the library does not give it");
    struct buf name = {0};
    buf_printf(&name, "%s/posture-", folder);
    for (int i = 0; i < NAME_BYTES; i++)
        buf_printf(&name, "%02x", digest[i]);
    buf_adds(&name, ".db");
    *path = buf_take(&name);
    return ERR_OK;
}

static void init_locks(struct store *s)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

enum err_code store_open(const char *scope, bool read_only, struct store **out, struct err *err)
{
    char *folder = NULL, *path = NULL;
    struct store *s = mem_alloc(sizeof *s);
    init_locks(s);
    s->history.seed = hash_seed();
    *out = NULL;
    enum err_code code = folder_state(!read_only, &folder, err);
    if (code == ERR_OK)
        code = scope_name(folder, scope, &path, err);
    if (code == ERR_OK)
        code = db_open(&s->db, path, read_only, err);
    if (code == ERR_OK)
        code = slots_open(s, err);
    mem_free(path);
    mem_free(folder);
    if (code == ERR_OK)
        *out = s;
    else
        store_close(s);
    return code;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    struct err err = {0};
    if (s->has_thread)
        end_thread(s);
    else if (s->db.handle && !s->db.is_read_only)
        (void)write_round(s, time_mono_ms() + GOODBYE_MS, &err);
    slots_close(s);
    history_close(s);
    db_close(&s->db);
    buf_free(&s->summary);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

const char *store_path(const struct store *s)
{
    return s->db.path;
}
