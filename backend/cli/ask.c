#include "backend/cli/ask.h"

#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL "/dev/tty"
#define CTRL_C 3
#define CTRL_D 4
#define CTRL_U 21
#define ESCAPE 27
#define DELETE 127

bool ask_can(void)
{
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_terminal = isatty(fd);
    close(fd);
    return is_terminal;
}

static void write_text(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n; /* a terminal that is gone is noticed when it is read */
}

/* Signals are read as keys, so that none of them leaves the terminal without an echo. */
static void set_quiet(int fd, const struct termios *before)
{
    struct termios quiet = *before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
}

/* The next key; -1: the time is up or the terminal gone. */
static int read_key(int fd, int64_t until_ms)
{
    unsigned char key;
    for (;;) {
        int64_t left = until_ms - time_mono_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = left > 0 ? poll(&p, 1, left < 60000 ? (int)left : 60000) : 0;
        if (left <= 0 || (n < 0 && errno != EINTR))
            return -1;
        if (n > 0)
            return read(fd, &key, 1) == 1 ? key : -1;
    }
}

static enum ask_result read_line(int fd, int64_t until_ms, char *out, size_t size,
                                 bool *is_interrupted)
{
    size_t len = 0;
    for (;;) {
        int key = read_key(fd, until_ms);
        *is_interrupted = key == CTRL_C;
        if (key < 0)
            return ASK_TIMED_OUT;
        if (key == CTRL_C || key == ESCAPE || (key == CTRL_D && len == 0))
            return ASK_DECLINED;
        if (key == '\n' || key == '\r' || key == CTRL_D)
            break;
        if (key == DELETE || key == '\b')
            len -= len > 0;
        else if (key == CTRL_U)
            len = 0;
        else if (key > ' ' && len + 1 < size)
            out[len++] = (char)key;
    }
    out[len] = '\0';
    return ASK_GIVEN;
}

enum ask_result ask_code(const char *prompt, int64_t until_ms, char *out, size_t size)
{
    struct termios before;
    bool is_interrupted = false;
    enum ask_result result = ASK_DECLINED;
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return ASK_DECLINED;
    if (tcgetattr(fd, &before) == 0) {
        set_quiet(fd, &before);
        write_text(fd, prompt);
        result = read_line(fd, until_ms, out, size, &is_interrupted);
        write_text(fd, "\n");
        (void)tcsetattr(fd, TCSAFLUSH, &before);
    }
    close(fd);
    if (result != ASK_GIVEN)
        mem_wipe(out, size);
    if (is_interrupted)
        (void)raise(SIGINT);
    return result;
}
