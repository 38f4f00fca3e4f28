#include "backend/change/journal.h"

#include "backend/base/digest.h"
#include "backend/base/folder.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "journal.jsonl"
#define MAX_BYTES (256u << 20)
#define FIRST "0000000000000000000000000000000000000000000000000000000000000000"

struct journal {
    int fd;
    char *path;
    double n;
    char last[DIGEST_HEX_SIZE]; /* hash of the last line */
};

static const char *text_in(const cJSON *object, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
    return text ? text : "";
}

/* ---- the chain ---------------------------------------------------------------------------------------------------- */

/* Of a line without its "hash", which is its last member. */
static enum err_code hash_of(cJSON *entry, char out[DIGEST_HEX_SIZE], struct err *err)
{
    unsigned char digest[DIGEST_BYTES];
    char *text = cJSON_PrintUnformatted(entry);
    bool is_made = digest_of(text, strlen(text), digest);
    if (is_made)
        digest_hex(digest, out);
    cJSON_free(text);
    return is_made ? ERR_OK : err_set(err, ERR_UNSUPPORTED, "libcrypto gives no SHA-256");
}

static bool follows(cJSON *entry, char last[DIGEST_HEX_SIZE])
{
    char hash[DIGEST_HEX_SIZE], *said = mem_strdup(text_in(entry, "hash"));
    cJSON_DeleteItemFromObjectCaseSensitive(entry, "hash");
    bool is_next = strcmp(text_in(entry, "before"), last) == 0 && hash_of(entry, hash, NULL) == ERR_OK &&
                   strcmp(hash, said) == 0;
    if (is_next)
        memcpy(last, hash, sizeof hash);
    mem_free(said);
    return is_next;
}

typedef void each_fn(void *ctx, cJSON *entry); /* may take it */

/* Every whole line; *end: where the last one ends. */
static enum err_code walk(const char *text, size_t len, const char *path, struct journal *j, each_fn *each, void *ctx,
                          size_t *end, struct err *err)
{
    *end = 0;
    for (const char *at = text, *line_end; (line_end = memchr(at, '\n', len - (size_t)(at - text))); at = line_end + 1) {
        cJSON *entry = NULL;
        enum err_code code = json_parse(at, (size_t)(line_end - at), &entry, err);
        if (code == ERR_OK && !follows(entry, j->last))
            code = err_set(err, ERR_REJECTED, "does not follow from the line before it: the journal was altered");
        if (code != ERR_OK) {
            cJSON_Delete(entry);
            err_prefix(err, "%s line %.0f", path, j->n + 1);
            return code;
        }
        j->n++;
        *end = (size_t)(line_end + 1 - text);
        if (each)
            each(ctx, entry);
        cJSON_Delete(entry);
    }
    return ERR_OK;
}

static enum err_code read_all(int fd, const char *path, struct buf *out, struct err *err)
{
    char block[65536];
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        buf_add(out, block, (size_t)n);
        if (out->len > MAX_BYTES)
            return err_set(err, ERR_LIMIT, "%s is too long: move it away, a new one begins", path);
    }
    return ERR_OK;
}

/* ---- the file ------------------------------------------------------------------------------------------------------ */

static enum err_code path_of(bool make, char **path, struct err *err)
{
    char *folder;
    enum err_code code = folder_state(make, &folder, err);
    *path = code == ERR_OK ? mem_printf("%s/" NAME, folder) : NULL;
    mem_free(folder);
    return code;
}

static enum err_code open_locked(struct journal *j, struct err *err)
{
    struct stat st;
    j->fd = open(j->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (j->fd < 0 || fstat(j->fd, &st) != 0)
        return err_set(err, ERR_IO, "%s: %s", j->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_IO, "%s is no plain file", j->path);
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_REJECTED, "another run is going on: %s is locked", j->path);
    return ERR_OK;
}

static enum err_code read_chain(struct journal *j, struct err *err)
{
    struct buf text = {0};
    size_t end = 0;
    enum err_code code = read_all(j->fd, j->path, &text, err);
    if (code == ERR_OK && text.len > 0)
        code = walk(text.data, text.len, j->path, j, NULL, NULL, &end, err);
    if (code == ERR_OK && end < text.len && ftruncate(j->fd, (off_t)end) != 0)
        code = err_set(err, ERR_IO, "%s: %s", j->path, strerror(errno));
    buf_free(&text);
    return code;
}

enum err_code journal_open(struct journal **out, struct err *err)
{
    struct journal *j = *out = mem_alloc(sizeof *j);
    *j = (struct journal){.fd = -1, .last = FIRST};
    enum err_code code = path_of(true, &j->path, err);
    if (code == ERR_OK)
        code = open_locked(j, err);
    if (code == ERR_OK)
        code = read_chain(j, err);
    return code;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd); /* and the lock */
    mem_free(j->path);
    mem_free(j);
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

enum err_code journal_append(struct journal *j, cJSON *entry, struct err *err)
{
    char at[TIME_ISO_SIZE], hash[DIGEST_HEX_SIZE];
    time_format_iso(time_now_utc(), at);
    cJSON_AddNumberToObject(entry, "n", j->n + 1);
    cJSON_AddStringToObject(entry, "at", at);
    cJSON_AddStringToObject(entry, "before", j->last);
    enum err_code code = hash_of(entry, hash, err);
    if (code != ERR_OK)
        return code;
    cJSON_AddStringToObject(entry, "hash", hash);
    struct buf line = {0};
    char *text = cJSON_PrintUnformatted(entry);
    buf_adds(&line, text);
    buf_addc(&line, '\n');
    if (write_all(j->fd, line.data, line.len) && fsync(j->fd) == 0) {
        j->n++;
        memcpy(j->last, hash, sizeof hash);
    } else {
        code = err_set(err, ERR_IO, "%s cannot be written: %s", j->path, strerror(errno));
    }
    cJSON_free(text);
    buf_free(&line);
    return code;
}

struct gathering {
    const char *plan_id;
    cJSON *entries;
};

static void gather(void *ctx, cJSON *entry)
{
    struct gathering *g = ctx;
    if (!g->plan_id || strcmp(text_in(entry, "plan"), g->plan_id) == 0)
        cJSON_AddItemToArray(g->entries, cJSON_Duplicate(entry, true));
}

/* What there is of it: nothing, if no run ever began. */
static enum err_code read_file(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    enum err_code code = read_all(fd, path, out, err);
    close(fd);
    return code;
}

enum err_code journal_of(const char *plan_id, cJSON **out, struct err *err)
{
    struct journal j = {.last = FIRST};
    struct gathering g = {plan_id, cJSON_CreateArray()};
    struct buf text = {0};
    size_t end;
    enum err_code code = path_of(false, &j.path, err);
    *out = g.entries;
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    if (code == ERR_OK)
        code = read_file(j.path, &text, err);
    if (code == ERR_OK && text.len > 0)
        code = walk(text.data, text.len, j.path, &j, gather, &g, &end, err);
    buf_free(&text);
    mem_free(j.path);
    return code;
}
