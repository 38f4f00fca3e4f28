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

/* In the same folder, because a rename does not cross file systems. The umask applies. */
static int open_beside(const char *path, char **name)
{
    char *folder = folder_of(path);
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        *name = mem_printf("%s.keyfall-%016" PRIx64 ".tmp", folder, hash_seed());
        fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE);
        if (fd >= 0)
            break;
        mem_free(*name);
        *name = NULL;
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
    int fd = open_beside(f->path, &f->temporary);
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

enum err_code export_open(struct export_file *f, const char *path, struct err *err)
{
    *f = (struct export_file){0};
    if (!path || strcmp(path, "-") == 0) {
        f->file = stdout;
        return ERR_OK;
    }
    f->path = mem_strdup(path);
    enum err_code code = open_named(f, err);
    if (code != ERR_OK)
        export_abandon(f);
    return code;
}

enum err_code export_check(const char *path, struct err *err)
{
    struct stat st;
    struct export_file f;
    /* Opening a pipe would wait for its reader, and closing it would end what he reads. */
    if (!path || (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return ERR_OK;
    enum err_code code = export_open(&f, path, err);
    export_abandon(&f);
    return code;
}

bool export_reader_is_gone(FILE *file)
{
    struct pollfd p = {.fd = fileno(file), .events = POLLOUT};
    return ferror(file) && p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* A file whose name is lost in a crash right after the rename would be neither old nor new. */
static void sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int fd = open(folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
        if (rename(f->temporary, f->path) != 0) {
            code = fail(err, "writing", f->path);
        } else {
            mem_free(f->temporary);
            f->temporary = NULL;
            sync_folder(f->path);
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
        (void)unlink(f->temporary);
    mem_free(f->temporary);
    mem_free(f->path);
    *f = (struct export_file){0};
}
