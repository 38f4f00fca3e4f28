#include "tui/term/tty.h"

#include "backend/base/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define NOW_MS 200
#define SMALL_WRITE_BYTES 256 /* on a descriptor that may block, after poll said there is room */

static struct {
    int fd;
    bool may_block; /* the device could not be opened anew */
    bool is_raw;
    struct termios saved;
    struct buf queue;
    size_t sent; /* bytes of the queue that are out */
    uint64_t total;
} tty = {.fd = -1};

enum err_code tty_open(struct err *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ERR_UNSUPPORTED,
                       "the dashboard needs a terminal, and standard %s is none; for files and "
                       "pipes there are the verbs: keyfall export, keyfall impact ...",
                       isatty(STDIN_FILENO) ? "output" : "input");

    const char *path = ttyname(STDIN_FILENO);

    tty.fd = path ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) : -1;
    tty.may_block = tty.fd < 0;
    if (tty.may_block)
        tty.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (tty.fd < 0 || tcgetattr(tty.fd, &tty.saved) != 0) {
        tty_close();
        return err_set(err, ERR_IO, "the terminal could not be opened");
    }
    return ERR_OK;
}

void tty_close(void)
{
    if (tty.fd >= 0)
        close(tty.fd);
    tty.fd = -1;
    tty.is_raw = false;
    tty.sent = 0;
    buf_free(&tty.queue);
}

int tty_fd(void)
{
    return tty.fd;
}

void tty_raw(void)
{
    struct termios raw = tty.saved;

    if (tty.fd < 0)
        return;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_cflag |= CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    /* a terminal that refuses is one that went away: reading will tell */
    (void)tcsetattr(tty.fd, TCSANOW, &raw);
    tty.is_raw = true;
}

void tty_cooked(void)
{
    if (tty.fd < 0 || !tty.is_raw)
        return;
    tty.is_raw = false;
    (void)tcsetattr(tty.fd, TCSANOW, &tty.saved);
}

bool tty_size(int *w, int *h)
{
    struct winsize size = {0};

    if (tty.fd < 0 || ioctl(tty.fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    *w = size.ws_col;
    *h = size.ws_row;
    return true;
}

struct buf *tty_queue(void)
{
    return &tty.queue;
}

static bool has_room(int wait_ms)
{
    struct pollfd p = {.fd = tty.fd, .events = POLLOUT};

    return poll(&p, 1, wait_ms) > 0 && (p.revents & POLLOUT);
}

bool tty_send(void)
{
    while (tty.fd >= 0 && tty.sent < tty.queue.len) {
        size_t len = tty.queue.len - tty.sent;

        if (tty.may_block && len > SMALL_WRITE_BYTES)
            len = SMALL_WRITE_BYTES;
        if (tty.may_block && !has_room(0))
            return true;

        ssize_t n = write(tty.fd, tty.queue.data + tty.sent, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        tty.sent += (size_t)n;
        tty.total += (uint64_t)n;
    }
    tty.sent = 0;
    buf_clear(&tty.queue);
    return tty.fd >= 0;
}

bool tty_is_drained(void)
{
    return tty.queue.len == 0;
}

bool tty_drain(int limit_ms)
{
    int64_t end_ms = time_mono_ms() + limit_ms;

    while (tty_send() && !tty_is_drained()) {
        int64_t left_ms = end_ms - time_mono_ms();

        if (left_ms <= 0 || !has_room((int)left_ms))
            break;
    }

    bool is_out = tty_is_drained();

    tty.sent = 0;
    buf_clear(&tty.queue);
    return is_out;
}

uint64_t tty_bytes_sent(void)
{
    return tty.total;
}

void tty_write_now(const char *bytes, size_t len)
{
    while (tty.fd >= 0 && len > 0) {
        ssize_t n = write(tty.fd, bytes, len);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && has_room(NOW_MS))
            continue;
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

long tty_read(char *out, size_t size)
{
    struct pollfd p = {.fd = tty.fd, .events = POLLIN};

    if (tty.fd < 0)
        return -1;
    if (tty.may_block && (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLIN | POLLHUP))))
        return 0;

    ssize_t n = read(tty.fd, out, size);

    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return -1;
}

void tty_drop_input(void)
{
    if (tty.fd >= 0)
        (void)tcflush(tty.fd, TCIFLUSH);
}
