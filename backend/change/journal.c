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
#define HEAD "journal.head"
#define HEAD_BYTES (16 + 1 + DIGEST_HEX_SIZE) /* lines, a blank, the last one's hash, a line break: written at once */
#define MAX_BYTES (256u << 20)
#define FIRST "0000000000000000000000000000000000000000000000000000000000000000"

struct head {
    double n;
    char last[DIGEST_HEX_SIZE]; /* hash of the last line */
};

struct journal {
    int fd, head_fd; /* -1: not open */
    char *path, *head_path;
    struct head now, said; /* as it was read so far; as the head has it: n is 0 if there is none */
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

/* Whether what was read so far can be what the head knows. */
static enum err_code check_head(const struct journal *j, bool is_end, struct err *err)
{
    const struct head *now = &j->now, *said = &j->said;
    if (is_end && now->n < said->n)
        return err_set(err, ERR_REJECTED, "%s was cut short: %.0f of its %.0f lines are there, and what the others told "
                                          "is not known. Put them back; or look at AWS yourself, and remove %s to go on "
                                          "without them", j->path, now->n, said->n, j->head_path);
    if (now->n == said->n && said->n > 0 && strcmp(now->last, said->last) != 0)
        return err_set(err, ERR_REJECTED, "%s line %.0f is not the one that %s knows: the journal was altered", j->path,
                       now->n, j->head_path);
    return ERR_OK;
}

/* Every whole line; *end: where the last one ends. */
static enum err_code walk(struct journal *j, const struct buf *text, each_fn *each, void *ctx, size_t *end,
                          struct err *err)
{
    enum err_code code = ERR_OK;
    *end = 0;
    for (const char *at, *line_end; code == ERR_OK && *end < text->len; *end = (size_t)(line_end + 1 - text->data)) {
        cJSON *entry = NULL;
        at = text->data + *end;
        line_end = memchr(at, '\n', text->len - *end);
        if (!line_end)
            break;
        code = json_parse(at, (size_t)(line_end - at), &entry, err);
        if (code == ERR_OK && !follows(entry, j->now.last))
            code = err_set(err, ERR_REJECTED, "does not follow from the line before it: the journal was altered");
        if (code != ERR_OK)
            err_prefix(err, "%s line %.0f", j->path, j->now.n + 1);
        j->now.n++;
        code = code == ERR_OK ? check_head(j, false, err) : code;
        if (code == ERR_OK && each)
            each(ctx, entry);
        cJSON_Delete(entry);
    }
    return code == ERR_OK ? check_head(j, true, err) : code;
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
            return err_set(err, ERR_LIMIT, "%s is too long: move it and its head away, a new one begins", path);
    }
    return ERR_OK;
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

/* ---- the files ----------------------------------------------------------------------------------------------------- */

static enum err_code find_paths(struct journal *j, bool make, struct err *err)
{
    char *folder;
    enum err_code code = folder_state(make, &folder, err);
    if (code == ERR_OK) {
        j->path = mem_printf("%s/" NAME, folder);
        j->head_path = mem_printf("%s/" HEAD, folder);
    }
    mem_free(folder);
    return code;
}

static void free_paths(struct journal *j)
{
    mem_free(j->path);
    mem_free(j->head_path);
}

/* Before the journal is: that may be written meanwhile, and is never behind. */
static enum err_code read_head(struct journal *j, struct err *err)
{
    struct buf text = {0};
    enum err_code code = read_file(j->head_path, &text, err);
    if (code == ERR_OK && text.len > 0 &&
        (text.len != HEAD_BYTES || sscanf(text.data, "%lf %64[0-9a-f]", &j->said.n, j->said.last) != 2))
        code = err_set(err, ERR_REJECTED, "%s was altered: keyfall writes none like it", j->head_path);
    buf_free(&text);
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
    if (code == ERR_OK)
        code = walk(j, &text, NULL, NULL, &end, err);
    if (code == ERR_OK && end < text.len && ftruncate(j->fd, (off_t)end) != 0)
        code = err_set(err, ERR_IO, "%s: %s", j->path, strerror(errno));
    buf_free(&text);
    return code;
}

static enum err_code open_head(struct journal *j, struct err *err)
{
    j->head_fd = open(j->head_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    return j->head_fd >= 0 ? ERR_OK : err_set(err, ERR_IO, "%s: %s", j->head_path, strerror(errno));
}

enum err_code journal_open(struct journal **out, struct err *err)
{
    struct journal *j = *out = mem_alloc(sizeof *j);
    *j = (struct journal){.fd = -1, .head_fd = -1, .now.last = FIRST};
    enum err_code code = find_paths(j, true, err);
    if (code == ERR_OK)
        code = open_locked(j, err);
    if (code == ERR_OK)
        code = read_head(j, err);
    if (code == ERR_OK)
        code = read_chain(j, err);
    if (code == ERR_OK)
        code = open_head(j, err);
    return code;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->head_fd >= 0)
        close(j->head_fd);
    if (j->fd >= 0)
        close(j->fd); /* and the lock */
    free_paths(j);
    mem_free(j);
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

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

/* All of it or nothing: what comes after half a line would follow from nothing. */
static enum err_code write_line(struct journal *j, const cJSON *entry, struct err *err)
{
    struct buf line = {0};
    char *text = cJSON_PrintUnformatted(entry);
    off_t end = lseek(j->fd, 0, SEEK_END);
    enum err_code code = ERR_OK;
    buf_adds(&line, text);
    buf_addc(&line, '\n');
    if (end < 0 || !write_all(j->fd, line.data, line.len) || fsync(j->fd) != 0) {
        code = err_set(err, ERR_IO, "%s cannot be written: %s", j->path, strerror(errno));
        if (end >= 0 && ftruncate(j->fd, end) != 0)
            err_prefix(err, "half a line stands in it");
    }
    cJSON_free(text);
    buf_free(&line);
    return code;
}

static enum err_code write_head(const struct journal *j, struct err *err)
{
    char text[HEAD_BYTES + 1];
    (void)snprintf(text, sizeof text, "%16.0f %s\n", j->now.n, j->now.last);
    return pwrite(j->head_fd, text, HEAD_BYTES, 0) == HEAD_BYTES && fdatasync(j->head_fd) == 0
               ? ERR_OK
               : err_set(err, ERR_IO, "%s cannot be written: %s", j->head_path, strerror(errno));
}

enum err_code journal_append(struct journal *j, cJSON *entry, struct err *err)
{
    char at[TIME_ISO_SIZE], hash[DIGEST_HEX_SIZE];
    time_format_iso(time_now_utc(), at);
    cJSON_AddNumberToObject(entry, "n", j->now.n + 1);
    cJSON_AddStringToObject(entry, "at", at);
    cJSON_AddStringToObject(entry, "before", j->now.last);
    enum err_code code = hash_of(entry, hash, err);
    if (code != ERR_OK)
        return code;
    cJSON_AddStringToObject(entry, "hash", hash);
    code = write_line(j, entry, err);
    if (code != ERR_OK)
        return code;
    j->now.n++;
    memcpy(j->now.last, hash, sizeof hash);
    return write_head(j, err);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

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

enum err_code journal_of(const char *plan_id, cJSON **out, struct err *err)
{
    struct journal j = {.now.last = FIRST};
    struct gathering g = {plan_id, cJSON_CreateArray()};
    struct buf text = {0};
    size_t end;
    enum err_code code = find_paths(&j, false, err);
    *out = g.entries;
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    if (code == ERR_OK)
        code = read_head(&j, err);
    if (code == ERR_OK)
        code = read_file(j.path, &text, err);
    if (code == ERR_OK)
        code = walk(&j, &text, gather, &g, &end, err);
    buf_free(&text);
    free_paths(&j);
    return code;
}
