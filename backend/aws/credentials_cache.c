#include "backend/aws/credentials_cache.h"

#include "backend/aws/credentials_config.h"
#include "backend/aws/credentials_keys.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (256u << 10)

/* --- names --- */

static void add_hex(struct buf *out, enum cache_hash hash, const char *name)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (EVP_Digest(name, strlen(name), digest, &len, hash == CACHE_SHA1 ? EVP_sha1() : EVP_sha256(),
                   NULL) != 1)
        len = 0; /* the name is then one that is not there */
    for (unsigned int i = 0; i < len; i++)
        buf_printf(out, "%02x", digest[i]);
}

char *credentials_cache_path(const char *folder, enum cache_hash hash, const char *name)
{
    char *expanded = credentials_config_expand(folder);
    struct buf path = {0};
    buf_printf(&path, "%s/", expanded);
    add_hex(&path, hash, name);
    buf_adds(&path, ".json");
    mem_free(expanded);
    return buf_take(&path);
}

/* --- reading --- */

/* Up to max + 1 bytes: more than max is too many. *len: what was read; -1: an errno. */
static int read_bytes(const char *path, char *bytes, size_t max, size_t *len)
{
    ssize_t n = -1;
    *len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;
    do {
        n = read(fd, bytes + *len, max + 1 - *len);
        *len += n > 0 ? (size_t)n : 0;
    } while (*len <= max && (n > 0 || (n < 0 && errno == EINTR)));
    int failed = n < 0 ? errno : 0;
    close(fd);
    return failed;
}

static void free_bytes(char *bytes, size_t size)
{
    mem_wipe(bytes, size);
    mem_free(bytes);
}

enum err_code credentials_cache_read(const char *path, cJSON **out, struct err *err)
{
    size_t len = 0;
    char *bytes = mem_alloc(MAX_FILE_BYTES + 1);
    int failed = read_bytes(path, bytes, MAX_FILE_BYTES, &len);
    enum err_code rc = ERR_OK;
    *out = NULL;
    if (failed == ENOENT || failed == ENOTDIR)
        rc = err_set(err, ERR_NOT_FOUND, "it is not there");
    else if (failed)
        rc = err_set(err, ERR_IO, "it cannot be read: %s", strerror(failed));
    else if (len > MAX_FILE_BYTES)
        rc = err_set(err, ERR_LIMIT, "it is larger than %u KiB", MAX_FILE_BYTES >> 10);
    else
        rc = json_parse(bytes, len, out, err);
    if (rc == ERR_OK && !cJSON_IsObject(*out)) {
        credentials_keys_wipe_tree(*out);
        cJSON_Delete(*out);
        *out = NULL;
        rc = err_set(err, ERR_PARSE, "it holds no JSON object");
    }
    free_bytes(bytes, len < MAX_FILE_BYTES ? len : MAX_FILE_BYTES);
    return rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum err_code credentials_cache_read_secret(const char *path, const char *what, size_t max,
                                            char **out, struct err *err)
{
    size_t len = 0, from = 0;
    char *bytes = mem_alloc(max + 1);
    int failed = read_bytes(path, bytes, max, &len);
    enum err_code rc = ERR_OK;
    size_t read = len;
    while (len > 0 && is_blank(bytes[len - 1]))
        len--;
    while (from < len && is_blank(bytes[from]))
        from++;
    *out = NULL;
    if (failed)
        rc = err_set(err, ERR_CREDENTIALS, "%s cannot be read: %s", what, strerror(failed));
    else if (read > max)
        rc = err_set(err, ERR_CREDENTIALS, "%s names a file of more than %zu KiB", what, max >> 10);
    else if (from == len)
        rc = err_set(err, ERR_CREDENTIALS, "%s names an empty file", what);
    else if (memchr(bytes + from, '\0', len - from))
        rc = err_set(err, ERR_CREDENTIALS, "%s names a file that is no text", what);
    else
        *out = mem_strndup(bytes + from, len - from);
    free_bytes(bytes, read);
    return rc;
}

/* --- one at a time --- */

static bool is_same_file(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

bool credentials_cache_lock(const char *path, int *fd)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return true;
    bool is_busy = flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!is_busy && is_same_file(*fd, path))
        return true;
    close(*fd);
    *fd = -1;
    return false;
}

/* --- writing --- */

void credentials_cache_set(cJSON *object, const char *name, const char *text)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(object, name);
    cJSON *item = cJSON_CreateString(text);
    if (!old) {
        (void)cJSON_AddItemToObject(object, name, item);
        return;
    }
    if (cJSON_IsString(old))
        mem_wipe(old->valuestring, strlen(old->valuestring));
    (void)cJSON_ReplaceItemInObjectCaseSensitive(object, name, item);
}

void credentials_cache_set_time(cJSON *object, const char *name, int64_t utc)
{
    char text[TIME_ISO_SIZE];
    time_format_iso(utc, text);
    credentials_cache_set(object, name, text);
}

static void print(struct buf *out, const cJSON *tree);

static void print_members(struct buf *out, const cJSON *tree, bool is_object)
{
    buf_addc(out, is_object ? '{' : '[');
    for (const cJSON *at = tree->child; at; at = at->next) {
        buf_adds(out, at == tree->child ? "" : ", ");
        if (is_object) {
            json_add_string(out, at->string, strlen(at->string));
            buf_adds(out, ": ");
        }
        print(out, at);
    }
    buf_addc(out, is_object ? '}' : ']');
}

/* As the SDKs lay it out. cJSON's own printing would leave copies of the secrets behind. */
static void print(struct buf *out, const cJSON *tree)
{
    if (cJSON_IsObject(tree) || cJSON_IsArray(tree))
        print_members(out, tree, cJSON_IsObject(tree));
    else if (cJSON_IsString(tree))
        json_add_string(out, tree->valuestring, strlen(tree->valuestring));
    else if (cJSON_IsNumber(tree))
        buf_printf(out, "%.17g", tree->valuedouble);
    else
        buf_adds(out, cJSON_IsTrue(tree) ? "true" : cJSON_IsFalse(tree) ? "false" : "null");
}

static size_t printed_bytes_most(const cJSON *tree)
{
    size_t n = 40;
    for (const cJSON *at = tree; at; at = at->next) {
        n += 40 + (at->string ? 6 * strlen(at->string) : 0);
        n += cJSON_IsString(at) ? 6 * strlen(at->valuestring) : 0;
        n += at->child ? printed_bytes_most(at->child) : 0;
    }
    return n;
}

/* 0 or an errno. */
static int make_folders(const char *path)
{
    char *folder = mem_strdup(path);
    int failed = 0;
    for (char *slash = strchr(folder + 1, '/'); slash && !failed; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            failed = errno;
        *slash = '/';
    }
    mem_free(folder);
    return failed;
}

static int write_all(int fd, const struct buf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR)
            return errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static int write_file(const char *path, const struct buf *text)
{
    const char *slash = strrchr(path, '/');
    char *temporary = mem_printf("%.*s/keyfall-XXXXXX.tmp", (int)(slash - path), path);
    int fd = mkostemps(temporary, 4, O_CLOEXEC); /* of mode 0600 */
    int failed = fd < 0 ? errno : write_all(fd, text);
    if (fd >= 0 && close(fd) != 0 && !failed)
        failed = errno;
    if (!failed && rename(temporary, path) != 0)
        failed = errno;
    if (failed && fd >= 0)
        (void)unlink(temporary);
    mem_free(temporary);
    return failed;
}

enum err_code credentials_cache_write(const char *path, const cJSON *tree, struct err *err)
{
    struct buf text = {0};
    buf_reserve(&text, printed_bytes_most(tree));
    print(&text, tree);
    int failed = make_folders(path);
    if (!failed)
        failed = write_file(path, &text);
    buf_free_secret(&text);
    if (failed)
        return err_set(err, ERR_IO, "%s cannot be written: %s", path, strerror(failed));
    return ERR_OK;
}
