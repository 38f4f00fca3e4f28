#include "backend/export/export.h"

#include "backend/base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE_MODE 0644
#define TRIES 16

static enum err_code fail(struct err *err, const char *doing, const char *path)
{
    return err_set(err, ERR_IO, "%s %s: %s", doing, path, strerror(errno));
}

/* "FOLDER/" of a path, "" if it has none: the caller's. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return mem_strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

/* Where a name of f is looked up, and which name. */
static int start_of(const struct export_file *f)
{
    return f->is_inside ? f->folder : AT_FDCWD;
}

static const char *name_of(const struct export_file *f)
{
    return f->is_inside ? strrchr(f->path, '/') + 1 : f->path;
}

/* In the same folder, because a rename does not cross file systems. The umask applies. */
static int open_beside(struct export_file *f)
{
    char *folder = folder_of(name_of(f));
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        f->temporary = mem_printf("%s.keyfall-%016" PRIx64 ".tmp", folder, hash_seed());
        fd = openat(start_of(f), f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE);
        if (fd >= 0)
            break;
        mem_free(f->temporary);
        f->temporary = NULL;
        if (errno != EEXIST)
            break;
    }
    int saved = errno;
    mem_free(folder);
    errno = saved;
    return fd;
}

static enum err_code open_special(struct export_file *f, struct err *err)
{
    f->file = fopen(f->path, "we");
    return f->file ? ERR_OK : fail(err, "writing", f->path);
}

/* mode 0: there is no such file yet. An old file keeps its mode: it may have been made private. */
static enum err_code open_plain(struct export_file *f, mode_t mode, struct err *err)
{
    int fd = open_beside(f);
    if (fd < 0)
        return fail(err, "writing", f->path);
    if (mode != 0 && fchmod(fd, mode & 0777) != 0) {
        (void)close(fd);
        return fail(err, "writing", f->path);
    }
    f->file = fdopen(fd, "w");
    if (!f->file) {
        (void)close(fd);
        return fail(err, "writing", f->path);
    }
    return ERR_OK;
}

/* What a link points to is replaced, not the link. */
static void follow_links(struct export_file *f)
{
    char *real = realpath(f->path, NULL);
    if (!real)
        return;
    mem_free(f->path);
    f->path = mem_strdup(real);
    free(real);
}

static enum err_code open_named(struct export_file *f, struct err *err)
{
    struct stat st = {0};
    if (f->path[0] == '\0')
        return err_set(err, ERR_IO, "the name of the file to write is empty");
    if (stat(f->path, &st) != 0)
        return errno == ENOENT ? open_plain(f, 0, err) : fail(err, "writing", f->path);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "%s is a folder: name a file in it", f->path);
    if (!S_ISREG(st.st_mode))
        return open_special(f, err);
    if (access(f->path, W_OK) != 0)
        return fail(err, "writing", f->path);
    follow_links(f);
    return open_plain(f, st.st_mode, err);
}

/* O_PATH: a folder that may be written to and not be listed is fine. */
enum err_code export_enter(const char *inside, int *fd, struct err *err)
{
    *fd = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0)
        return ERR_OK;
    return errno == ENOENT    ? err_set(err, ERR_IO, "the export folder %s is not there: make it first", inside)
           : errno == ENOTDIR ? err_set(err, ERR_IO, "%s is no folder: --export-dir names one", inside)
                              : fail(err, "opening the export folder", inside);
}

enum err_code export_mode_of(int folder, const char *where, const char *name, mode_t *mode, struct err *err)
{
    struct stat st;
    *mode = 0;
    if (!name[0] || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(err, ERR_IO, "\"%s\" is no plain name in the export folder %s", name, where);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK
                               : err_set(err, ERR_IO, "writing %s/%s: %s", where, name, strerror(errno));
    if (S_ISLNK(st.st_mode))
        return err_set(err, ERR_IO, "%s/%s is a link, and nothing is written outside the export folder", where, name);
    *mode = st.st_mode;
    return ERR_OK;
}

static enum err_code open_inside(struct export_file *f, const char *where, const char *name, struct err *err)
{
    mode_t mode;
    enum err_code code = export_mode_of(f->folder, where, name, &mode, err);
    if (code != ERR_OK)
        return code;
    if (mode != 0 && !S_ISREG(mode))
        return err_set(err, ERR_IO, "%s is no plain file: name another in the export folder", f->path);
    if (mode != 0 && faccessat(f->folder, name, W_OK, 0) != 0)
        return fail(err, "writing", f->path);
    return open_plain(f, mode, err);
}

enum err_code export_open_at(struct export_file *f, int folder, const char *where, const char *name,
                             struct err *err)
{
    *f = (struct export_file){.path = mem_printf("%s/%s", where, name)};
    f->folder = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    f->is_inside = f->folder >= 0;
    enum err_code code = f->is_inside ? open_inside(f, where, name, err) : fail(err, "writing", f->path);
    if (code != ERR_OK)
        export_abandon(f);
    return code;
}

enum err_code export_open(struct export_file *f, const char *inside, const char *path, struct err *err)
{
    int folder;
    enum err_code code;
    *f = (struct export_file){0};
    if (!path || strcmp(path, "-") == 0) {
        f->file = stdout;
        return ERR_OK;
    }
    if (inside) {
        code = export_enter(inside, &folder, err);
        if (code != ERR_OK)
            return code;
        code = export_open_at(f, folder, inside, path, err);
        (void)close(folder);
        return code;
    }
    f->path = mem_strdup(path);
    code = open_named(f, err);
    if (code != ERR_OK)
        export_abandon(f);
    return code;
}

enum err_code export_check(const char *inside, const char *path, struct err *err)
{
    struct stat st;
    struct export_file f;
    /* Opening a pipe would wait for its reader, and closing it would end what he reads. */
    if (!path || (!inside && stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return ERR_OK;
    enum err_code code = export_open(&f, inside, path, err);
    export_abandon(&f);
    return code;
}

bool export_reader_is_gone(FILE *file)
{
    struct pollfd p = {.fd = fileno(file), .events = POLLOUT};
    return ferror(file) && p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* A file whose name is lost in a crash right after the rename would be neither old nor new. */
static void sync_folder(const struct export_file *f)
{
    char *folder = folder_of(name_of(f));
    int fd = openat(start_of(f), folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    mem_free(folder);
}

static enum err_code flush(struct export_file *f, struct err *err)
{
    errno = 0;
    bool is_good = fflush(f->file) == 0 && !ferror(f->file);
    if (is_good && f->temporary)
        is_good = fsync(fileno(f->file)) == 0 || errno == EINVAL;
    if (is_good || export_reader_is_gone(f->file))
        return ERR_OK;
    return err_set(err, ERR_IO, "writing %s: %s", f->path ? f->path : "standard output",
                   errno ? strerror(errno) : "not everything could be written");
}

enum err_code export_close(struct export_file *f, struct err *err)
{
    enum err_code code = flush(f, err);
    if (f->file != stdout) {
        bool is_closed = fclose(f->file) == 0;
        f->file = NULL;
        if (code == ERR_OK && !is_closed && f->temporary)
            code = fail(err, "writing", f->path);
    }
    if (code == ERR_OK && f->temporary) {
        if (renameat(start_of(f), f->temporary, start_of(f), name_of(f)) != 0) {
            code = fail(err, "writing", f->path);
        } else {
            mem_free(f->temporary);
            f->temporary = NULL;
            sync_folder(f);
        }
    }
    export_abandon(f);
    return code;
}

void export_abandon(struct export_file *f)
{
    if (f->file && f->file != stdout)
        (void)fclose(f->file);
    if (f->temporary)
        (void)unlinkat(start_of(f), f->temporary, 0);
    if (f->is_inside)
        (void)close(f->folder);
    mem_free(f->temporary);
    mem_free(f->path);
    *f = (struct export_file){0};
}
