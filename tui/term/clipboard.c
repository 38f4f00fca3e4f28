#include "tui/term/clipboard.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCREEN_CHUNK_BYTES 240 /* screen cuts longer device strings */

extern char **environ;

static pid_t child;

enum clipboard_wrap clipboard_wrap_for(const char *term, const char *tmux)
{
    if (tmux && tmux[0])
        return CLIPBOARD_TMUX;
    if (term && strncmp(term, "tmux", 4) == 0)
        return CLIPBOARD_TMUX;
    return term && strncmp(term, "screen", 6) == 0 ? CLIPBOARD_SCREEN : CLIPBOARD_PLAIN;
}

static void add_base64(struct buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;

    for (size_t i = 0; i < len; i += 3) {
        unsigned v = (unsigned)s[i] << 16 | (i + 1 < len ? (unsigned)s[i + 1] << 8 : 0u) |
                     (i + 2 < len ? s[i + 2] : 0u);

        buf_addc(out, digits[v >> 18]);
        buf_addc(out, digits[v >> 12 & 63]);
        buf_addc(out, i + 1 < len ? digits[v >> 6 & 63] : '=');
        buf_addc(out, i + 2 < len ? digits[v & 63] : '=');
    }
}

static void add_for_screen(struct buf *out, const char *sequence, size_t len)
{
    for (size_t at = 0; at < len; at += SCREEN_CHUNK_BYTES) {
        size_t n = len - at < SCREEN_CHUNK_BYTES ? len - at : SCREEN_CHUNK_BYTES;

        buf_adds(out, "\x1bP");
        buf_add(out, sequence + at, n);
        buf_adds(out, "\x1b\\");
    }
}

bool clipboard_sequence(struct buf *out, enum clipboard_wrap wrap, const char *bytes, size_t len)
{
    struct buf plain = {0};

    if (len == 0 || len > CLIPBOARD_MAX_BYTES)
        return false;
    buf_adds(&plain, "\x1b]52;c;");
    add_base64(&plain, bytes, len);
    /* BEL ends it inside a wrapping: ESC \ would end the wrapping too */
    buf_adds(&plain, wrap == CLIPBOARD_PLAIN ? "\x1b\\" : "\a");
    if (wrap == CLIPBOARD_SCREEN) {
        add_for_screen(out, plain.data, plain.len);
    } else if (wrap == CLIPBOARD_TMUX) {
        buf_add(out, plain.data, plain.len); /* for set-clipboard on */
        buf_adds(out, "\x1bPtmux;\x1b");     /* for allow-passthrough on */
        buf_add(out, plain.data, plain.len);
        buf_adds(out, "\x1b\\");
    } else {
        buf_add(out, plain.data, plain.len);
    }
    buf_free(&plain);
    return true;
}

/* A memory file that holds the text, at its beginning; -1 if there is none. */
static int text_fd(const char *bytes, size_t len)
{
    int fd = memfd_create("keyfall-copy", MFD_CLOEXEC);

    if (fd < 0)
        return -1;
    if (write(fd, bytes, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool clipboard_tell_tmux(const char *bytes, size_t len)
{
    static const char *const argv[] = {"tmux", "load-buffer", "-w", "-", NULL};
    posix_spawn_file_actions_t actions;
    char *args[5];

    clipboard_reap();
    if (child > 0 || len == 0 || len > CLIPBOARD_MAX_BYTES)
        return false;

    int fd = text_fd(bytes, len);

    if (fd < 0)
        return false;
    memcpy(args, argv, sizeof args);

    bool is_started = posix_spawn_file_actions_init(&actions) == 0;

    if (is_started) {
        is_started = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO) == 0 &&
                     posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                                      O_WRONLY, 0) == 0 &&
                     posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                                      O_WRONLY, 0) == 0 &&
                     posix_spawnp(&child, "tmux", &actions, NULL, args, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
    }
    close(fd);
    return is_started;
}

void clipboard_reap(void)
{
    if (child > 0 && waitpid(child, NULL, WNOHANG) != 0)
        child = 0;
}
