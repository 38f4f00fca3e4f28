#include "backend/export/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST "manifest.json"

static const char *const endings[] = {[EXPORT_CSV] = "csv", [EXPORT_JSON] = "json"};
#define N_ENDINGS (sizeof endings / sizeof *endings)

/* What a folder's writing passes on from view to view. */
struct folder {
    enum export_format format;
    const struct view_context *context;
    const char *path;
    int fd;           /* the folder, if nothing is written outside of it; -1: links in it are followed */
    struct buf files; /* the manifest's lines */
};

static enum err_code fail(struct err *err, const char *doing, const char *path)
{
    return err_set(err, ERR_IO, "%s %s: %s", doing, path, strerror(errno));
}

/* What would be written in the folder may be a link too. */
static enum err_code names_check(int fd, const char *where, struct err *err)
{
    size_t n;
    mode_t mode;
    const struct view *const *views = view_all(&n);
    enum err_code code = export_mode_of(fd, where, MANIFEST, &mode, err);
    for (size_t i = 0; i < n * N_ENDINGS && code == ERR_OK; i++) {
        char *name = mem_printf("%s.%s", views[i / N_ENDINGS]->name, endings[i % N_ENDINGS]);
        code = export_mode_of(fd, where, name, &mode, err);
        mem_free(name);
    }
    return code;
}

/* *fd: the folder of that name in another that is not left; -1 if it is not there. */
static enum err_code enter_inside(const char *inside, const char *name, bool is_making, int *fd, struct err *err)
{
    int outer;
    mode_t mode;
    *fd = -1;
    enum err_code code = export_enter(inside, &outer, err);
    if (code != ERR_OK)
        return code;
    char *path = mem_printf("%s/%s", inside, name);
    code = export_mode_of(outer, inside, name, &mode, err);
    if (code == ERR_OK && mode != 0 && !S_ISDIR(mode))
        code = err_set(err, ERR_IO, "%s is no folder: every view becomes a file in one", path);
    if (code == ERR_OK && mode == 0
        && (is_making ? mkdirat(outer, name, 0777) : faccessat(outer, ".", W_OK | X_OK, 0)) != 0 && errno != EEXIST)
        code = fail(err, "making", path);
    if (code == ERR_OK && (mode != 0 || is_making)) {
        *fd = openat(outer, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*fd < 0 || faccessat(*fd, ".", W_OK | X_OK, 0) != 0)
            code = fail(err, "writing to", path);
    }
    mem_free(path);
    (void)close(outer);
    return code;
}

static enum err_code check_inside(const char *inside, const char *name, struct err *err)
{
    int fd;
    enum err_code code = enter_inside(inside, name, false, &fd, err);
    char *path = mem_printf("%s/%s", inside, name);
    if (code == ERR_OK && fd >= 0)
        code = names_check(fd, path, err);
    mem_free(path);
    if (fd >= 0)
        (void)close(fd);
    return code;
}

enum err_code export_folder_check(const char *inside, const char *path, struct err *err)
{
    struct stat st;
    if (inside)
        return check_inside(inside, path, err);
    if (stat(path, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            return err_set(err, ERR_IO, "%s is no folder: every view becomes a file in one", path);
        return access(path, W_OK | X_OK) == 0 ? ERR_OK : fail(err, "writing to", path);
    }
    const char *slash = strrchr(path, '/');
    char *parent = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
    enum err_code code = access(parent, W_OK | X_OK) == 0 ? ERR_OK : fail(err, "making", path);
    mem_free(parent);
    return code;
}

static enum err_code open_to_write(const struct folder *f, const char *name, struct export_file *out,
                                   struct err *err)
{
    if (f->fd >= 0)
        return export_open_at(out, f->fd, f->path, name, err);
    char *path = mem_printf("%s/%s", f->path, name);
    enum err_code code = export_open(out, NULL, path, err);
    mem_free(path);
    return code;
}

static FILE *open_to_read(const struct folder *f, const char *name)
{
    char *path = mem_printf("%s/%s", f->path, name);
    int fd = f->fd >= 0 ? openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : open(path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (fd >= 0 && !file)
        (void)close(fd);
    mem_free(path);
    return file;
}

/* Of what stands in the file, not of what was meant to. */
static enum err_code digest_of(const struct folder *f, const char *name, char hex[2 * EVP_MAX_MD_SIZE + 1],
                               int64_t *n_bytes, struct err *err)
{
    unsigned char bytes[16384], digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    size_t n;
    enum err_code code = ERR_OK;
    FILE *file = open_to_read(f, name);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    *n_bytes = 0;
    bool is_good = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1;
    while (file && is_good && (n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        is_good = EVP_DigestUpdate(sha, bytes, n) == 1;
        *n_bytes += (int64_t)n;
    }
    if (!file || ferror(file))
        code = fail(err, "reading back", name);
    else if (!is_good || EVP_DigestFinal_ex(sha, digest, &len) != 1)
        code = err_set(err, ERR_UNSUPPORTED, "no SHA-256 of %s: the library does not give it", name);
    for (unsigned int i = 0; code == ERR_OK && i < len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(sha);
    if (file)
        (void)fclose(file);
    return code;
}

static enum err_code add_to_manifest(struct folder *f, const char *name, const char *view, size_t n_rows,
                                     struct err *err)
{
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    int64_t n_bytes;
    enum err_code code = digest_of(f, name, hex, &n_bytes, err);
    if (code != ERR_OK)
        return code;
    buf_printf(&f->files, "%s\n{\"name\":", f->files.len > 0 ? "," : "");
    export_json_text(&f->files, name);
    buf_printf(&f->files, ",\"view\":\"%s\",\"rows\":%zu,\"bytes\":%" PRId64 ",\"sha256\":\"%s\"}", view, n_rows,
               n_bytes, hex);
    return ERR_OK;
}

static enum err_code write_view(struct folder *f, const struct export_request *request, struct err *err)
{
    char *name = mem_printf("%s.%s", request->view->name, endings[f->format]);
    struct selection rows = {0};
    struct export_file out = {0};
    enum err_code code = view_select(f->context, request->view, NULL, (struct sort_key){.column = -1}, 0, NULL,
                                     &rows);
    if (code == ERR_OK)
        code = open_to_write(f, name, &out, err);
    else
        (void)err_set(err, code, "the rows of %s could not be chosen", request->view->name);
    if (code == ERR_OK)
        code = export_rows(f->format, request, f->context, &rows, out.file, err);
    if (code == ERR_OK)
        code = export_close(&out, err);
    if (code == ERR_OK)
        code = add_to_manifest(f, name, request->view->name, rows.n, err);
    export_abandon(&out);
    selection_free(&rows);
    mem_free(name);
    return code;
}

static enum err_code write_manifest(const struct folder *f, const struct export_request *request, struct err *err)
{
    struct buf head = {0};
    struct export_file out;
    size_t n_blind = 0;
    (void)judgement_blind_spots(f->context->judgement, &n_blind);
    buf_adds(&head, "{\"schema\":\"keyfall.export/1\",\n\"tool\":");
    export_json_text(&head, request->tool);
    buf_adds(&head, ",\n\"generated_at\":");
    export_json_time(&head, f->context->now_utc);
    buf_adds(&head, ",\n\"scope\":");
    export_json_scope(&head, request->scope);
    buf_adds(&head, ",\n\"filter\":");
    export_json_text(&head, request->filter);
    buf_printf(&head, ",\n\"complete\":%s,\n\"files\":[%s\n],\n\"blind_spots\":",
               n_blind == 0 && !request->is_cut_short ? "true" : "false", f->files.data);
    enum err_code code = open_to_write(f, MANIFEST, &out, err);
    if (code == ERR_OK) {
        (void)fwrite(head.data, 1, head.len, out.file);
        export_write_blind_spots(out.file, f->context->judgement);
        (void)fputs("}\n", out.file);
        code = export_close(&out, err);
    }
    export_abandon(&out);
    buf_free(&head);
    return code;
}

enum err_code export_folder(enum export_format format, const struct export_request *request,
                            const struct view_context *context, const char *inside, const char *path,
                            struct err *err)
{
    char *where = inside ? mem_printf("%s/%s", inside, path) : mem_strdup(path);
    struct folder f = {.format = format, .context = context, .path = where, .fd = -1};
    struct export_request of_view = *request;
    size_t n;
    const struct view *const *views = view_all(&n);
    enum err_code code = ERR_OK;
    if (inside)
        code = enter_inside(inside, path, true, &f.fd, err);
    else if (mkdir(path, 0777) != 0 && errno != EEXIST)
        code = fail(err, "making", path);
    for (size_t i = 0; i < n && code == ERR_OK; i++) {
        of_view.view = views[i];
        code = write_view(&f, &of_view, err);
    }
    if (code == ERR_OK)
        code = write_manifest(&f, request, err);
    buf_free(&f.files);
    if (f.fd >= 0)
        (void)close(f.fd);
    mem_free(where);
    return code;
}
