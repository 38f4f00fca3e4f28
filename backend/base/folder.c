#include "backend/base/folder.h"

#include "backend/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_MODE 0700

static char *state_path(void)
{
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (base && base[0] == '/')
        return mem_printf("%s/keyfall", base);
    return home && home[0] == '/' ? mem_printf("%s/.local/state/keyfall", home) : NULL;
}

/* Every folder on the way to path, and path itself. */
static enum err_code make_path(char *path, struct err *err)
{
    for (char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char after = *slash;
        *slash = '\0';
        int failed = mkdir(path, PRIVATE_MODE) != 0 && errno != EEXIST ? errno : 0;
        if (failed)
            return err_set(err, ERR_IO, "%s cannot be made: %s", path, strerror(failed));
        *slash = after;
        if (after == '\0')
            return ERR_OK;
    }
}

static enum err_code check_folder(const char *path, bool make, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    enum err_code code = ERR_OK;
    if (fstat(fd, &st) != 0)
        code = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else if (st.st_uid != geteuid())
        code = err_set(err, ERR_IO, "%s belongs to somebody else: nothing is kept there", path);
    else if (make && (st.st_mode & 0777) != PRIVATE_MODE && fchmod(fd, PRIVATE_MODE) != 0)
        code = err_set(err, ERR_IO, "%s cannot be made private: %s", path, strerror(errno));
    close(fd);
    return code;
}

enum err_code folder_state(bool make, char **path, struct err *err)
{
    *path = state_path();
    if (!*path)
        return err_set(err, ERR_NOT_FOUND, "neither XDG_STATE_HOME nor HOME names a folder");
    enum err_code code = make ? make_path(*path, err) : ERR_OK;
    if (code == ERR_OK)
        code = check_folder(*path, make, err);
    if (code != ERR_OK) {
        mem_free(*path);
        *path = NULL;
    }
    return code;
}
