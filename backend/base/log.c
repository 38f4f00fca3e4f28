#include "backend/base/log.h"

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_LINE_BYTES 4096

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

static enum err_code open_private(int folder, const char *path, int *out, struct err *err)
{
    int fd = openat(folder, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));

    struct stat st;
    enum err_code code = ERR_OK;
    if (fstat(fd, &st) != 0)
        code = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        code = err_set(err, ERR_IO, "%s: not a regular file", path);
    else if (fchmod(fd, 0600) != 0)
        code = err_set(err, ERR_IO, "%s: cannot be made private: %s", path, strerror(errno));
    if (code != ERR_OK) {
        close(fd);
        return code;
    }
    *out = fd;
    return ERR_OK;
}

enum err_code log_open(int folder, const char *path, struct err *err)
{
    int fd = -1;
    enum err_code code = open_private(folder, path, &fd, err);
    if (code != ERR_OK)
        return code;

    pthread_mutex_lock(&log_lock);
    int old = log_fd;
    log_fd = fd;
    pthread_mutex_unlock(&log_lock);
    if (old >= 0)
        close(old);
    return ERR_OK;
}

void log_close(void)
{
    pthread_mutex_lock(&log_lock);
    int old = log_fd;
    log_fd = -1;
    pthread_mutex_unlock(&log_lock);
    if (old >= 0)
        close(old);
}

static void write_line(const char *module, const char *text)
{
    char when[TIME_ISO_SIZE];
    struct buf line = {0};

    time_format_iso(time_now_utc(), when);
    buf_printf(&line, "%s %s: ", when, module);
    text_clean(&line, text, strlen(text), LOG_LINE_BYTES, false);
    buf_addc(&line, '\n');

    /* One write a line: with O_APPEND, lines of two processes do not mix. A log that cannot be
     * written is not worth stopping for. */
    pthread_mutex_lock(&log_lock);
    if (log_fd >= 0) {
        ssize_t written = write(log_fd, line.data, line.len);
        (void)written;
    }
    pthread_mutex_unlock(&log_lock);
    buf_free(&line);
}

void log_line(const char *module, const char *fmt, ...)
{
    pthread_mutex_lock(&log_lock);
    bool is_open = log_fd >= 0;
    pthread_mutex_unlock(&log_lock);
    if (!is_open)
        return;

    char text[LOG_LINE_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n >= 0)
        write_line(module, text);
}
