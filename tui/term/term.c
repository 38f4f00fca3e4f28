#include "tui/term/term.h"

#include "backend/base/text.h"
#include "backend/base/timefmt.h"
#include "tui/term/clipboard.h"
#include "tui/term/input.h"
#include "tui/term/paint.h"
#include "tui/term/signals.h"
#include "tui/term/tty.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_MS 50
#define DRAIN_MS 500
#define FDS_MAX 8
#define READ_MAX_BYTES (64 * 1024) /* a turn: a flood of input never keeps the screen waiting */
#define TITLE_MAX_BYTES 200

#define CANCEL "\x18" /* ends a sequence that was sent by half */
#define PASTE_ON "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"
#define MOUSE_ON "\x1b[?1000h\x1b[?1006h"
#define MOUSE_OFF "\x1b[?1006l\x1b[?1000l"
#define TITLE_SAVE "\x1b[22;2t"
#define TITLE_RESTORE "\x1b[23;2t"

static struct {
    struct term_options options;
    bool is_on;     /* between start and stop */
    bool is_shown;  /* our screen is up: between enter and leave */
    bool is_gone;   /* the terminal hung up */
    bool has_news;  /* wanted differs from shown, or all is to be painted */
    bool is_utf8, is_mono, has_mouse, has_titles;
    bool is_quit, is_resized, is_resumed;
    int w, h;
    char term_name[32], notice[160], title[TITLE_MAX_BYTES + 1];
    char restore[256]; /* for signal handlers */
    size_t restore_len;
    struct theme theme, mono;
    struct grid wanted, shown;
    bool has_wanted, has_shown;
    struct input input;
} term;

static void queue(const char *s)
{
    buf_adds(tty_queue(), s);
}

/* Called from signal handlers, from the out-of-memory hook and at a crash: no allocation, no
 * stdio, no curses. */
static void restore_now(void)
{
    if (!term.is_shown)
        return;
    term.is_shown = false;
    tty_write_now(term.restore, term.restore_len);
    tty_cooked();
}

static void say_now(const char *s)
{
    tty_write_now(s, strlen(s));
}

static void crashed(int signal)
{
    (void)signal;
    if (!term.is_shown)
        return;
    restore_now();
    say_now("\nkeyfall crashed; the terminal is as it was.\n");
    if (term.options.crash_hint) {
        say_now(term.options.crash_hint);
        say_now("\n");
    }
}

static void make_restore(void)
{
    struct buf b = {0};

    buf_adds(&b, CANCEL MOUSE_OFF PASTE_OFF);
    paint_restore_bytes(&b);
    if (term.has_titles)
        buf_adds(&b, TITLE_RESTORE);
    if (b.len <= sizeof term.restore) {
        memcpy(term.restore, b.data, b.len);
        term.restore_len = b.len;
    }
    buf_free(&b);
}

/* Only where the old title can be put back. */
static bool can_title(const char *name)
{
    static const char *const prefixes[] = {"xterm",   "rxvt", "tmux",    "alacritty", "foot",
                                           "konsole", "gnome", "vte", "st-", "mlterm"};

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static int escape_ms(void)
{
    const char *s = getenv("ESCDELAY");
    long ms = s ? strtol(s, NULL, 10) : ESCAPE_MS;

    return ms > 0 && ms <= 5000 ? (int)ms : ESCAPE_MS;
}

static void add_terminfo_key(void *ctx, const char *bytes, int key)
{
    input_add_sequence(ctx, bytes, key);
}

static bool wants_no_color(void)
{
    const char *s = getenv("NO_COLOR");

    return term.options.no_color || (s && s[0]);
}

static void send(void)
{
    if (!tty_send())
        term.is_gone = term.is_quit = true;
}

static void queue_title(void)
{
    queue("\x1b]2;");
    queue(term.title);
    queue("\a");
}

static void queue_modes(void)
{
    queue(PASTE_ON);
    if (term.has_mouse)
        queue(MOUSE_ON);
}

/* Takes the terminal: modes of ours, and the next frame whole. */
static void enter(void)
{
    tty_raw();
    term.is_shown = true;
    term.has_news = true;
    queue_modes();
    if (term.has_titles)
        queue(TITLE_SAVE);
    if (term.title[0])
        queue_title();
    paint_all();
}

/* Gives it back, as it was found. */
static void leave(void)
{
    if (!term.is_shown)
        return;
    if (term.has_mouse)
        queue(MOUSE_OFF);
    queue(PASTE_OFF);
    if (term.has_titles)
        queue(TITLE_RESTORE);
    paint_leave(tty_queue());
    if (!tty_drain(DRAIN_MS))
        tty_write_now(term.restore, term.restore_len);
    tty_drop_input();
    term.is_shown = false;
    tty_cooked();
}

static enum err_code open_all(struct err *err)
{
    const char *name = getenv("TERM");
    enum err_code code = tty_open(err);

    if (code)
        return code;
    if (!tty_size(&term.w, &term.h)) {
        term.w = 80;
        term.h = 24;
    }
    /* before curses: it leaves handlers alone that are there already */
    code = signals_start(crashed, err);
    if (code)
        goto no_signals;
    code = paint_open(name, term.w, term.h, term.term_name, err);
    if (code)
        goto no_paint;
    code = theme_load(THEME_MONO, &term.mono, err);
    if (!code)
        code = theme_load(THEME_DEFAULT, &term.theme, err);
    if (!code)
        return ERR_OK;

    paint_close();
no_paint:
    signals_stop();
no_signals:
    tty_close();
    return code;
}

static void put_theme(void)
{
    paint_theme(term.is_mono ? &term.mono : &term.theme, term.is_mono);
    term.has_news = true;
}

enum err_code term_start(const struct term_options *options, struct err *err)
{
    static bool has_atexit;

    if (term.is_on)
        return ERR_OK;
    memset(&term, 0, sizeof term);
    term.options = *options;
    setlocale(LC_CTYPE, "");
    term.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

    enum err_code code = open_all(err);

    if (code)
        return code;

    const char *name = getenv("TERM");

    if (!name || strcmp(name, term.term_name) != 0)
        snprintf(term.notice, sizeof term.notice, "terminal type %.40s is unknown here: using %s",
                 name && name[0] ? name : "(none)", term.term_name);
    term.is_mono = wants_no_color() || paint_colors() == 0;
    term.has_titles = !options->no_title && can_title(term.term_name);
    input_init(&term.input, escape_ms(), term.is_utf8, options->is_alt_key);
    paint_each_key(add_terminfo_key, &term.input);
    grid_init(&term.wanted, term.w, term.h, false);
    grid_init(&term.shown, term.w, term.h, false);
    make_restore();
    put_theme();
    if (!has_atexit)
        has_atexit = atexit(term_stop) == 0;
    mem_set_oom_hook(restore_now);
    term.is_on = true;
    enter();
    send();
    return ERR_OK;
}

void term_stop(void)
{
    if (!term.is_on)
        return;
    term.is_on = false;
    leave();
    mem_set_oom_hook(NULL);
    paint_close();
    signals_stop();
    tty_close();
    input_free(&term.input);
    grid_free(&term.wanted);
    grid_free(&term.shown);
    clipboard_reap();
}

const char *term_notice(void)
{
    return term.notice;
}

bool term_is_utf8(void)
{
    return term.is_utf8;
}

int term_colors(void)
{
    return term.is_mono ? 0 : paint_colors();
}

void term_size(int *w, int *h)
{
    *w = term.w;
    *h = term.h;
}

void term_set_theme(const struct theme *theme)
{
    term.theme = *theme;
    if (term.is_on)
        put_theme();
}

void term_repaint(void)
{
    paint_all();
    term.has_news = true;
}

static void copy_grid(struct grid *to, const struct grid *from)
{
    if (to->w != from->w || to->h != from->h)
        grid_reset(to, from->w, from->h);
    memcpy(to->cells, from->cells, (size_t)to->w * (size_t)to->h * sizeof *to->cells);
    to->cursor_x = from->cursor_x;
    to->cursor_y = from->cursor_y;
}

/* A frame goes out only when the one before is out whole: a slow terminal gets the newest. */
static void paint_if_room(void)
{
    if (!term.is_shown || !term.has_wanted || !term.has_news || !tty_is_drained())
        return;
    term.has_news = false;
    paint_frame(&term.wanted, term.has_shown ? &term.shown : NULL, tty_queue());
    copy_grid(&term.shown, &term.wanted);
    term.has_shown = true;
    send();
}

void term_flush(const struct grid *g)
{
    if (!term.is_on)
        return;
    copy_grid(&term.wanted, g);
    term.has_wanted = term.has_news = true;
    paint_if_room();
}

static void resize(void)
{
    if (!tty_size(&term.w, &term.h))
        return;
    paint_size(term.w, term.h);
    term.has_shown = false;
    term.has_news = false; /* what was drawn has the old size: wait for a new one */
    term.is_resized = true;
}

void term_suspend(void)
{
    if (!term.is_on)
        return;
    leave();
    signals_stop_here();
    (void)signals_take(SIGNAL_RESUMED);
    (void)signals_take(SIGNAL_SUSPEND);
    enter();
    resize();
    term.is_resumed = true;
    send();
}

/* Somebody stopped us without asking, and the shell may have changed the terminal since. */
static void come_back(void)
{
    tty_raw();
    queue_modes();
    resize();
    term.is_resumed = true;
}

static void handle_signals(void)
{
    signals_drain();
    if (signals_take(SIGNAL_QUIT))
        term.is_quit = true;
    if (signals_take(SIGNAL_SUSPEND))
        term_suspend();
    if (signals_take(SIGNAL_RESUMED))
        come_back();
    if (signals_take(SIGNAL_RESIZED))
        resize();
}

static void read_input(void)
{
    char bytes[4096];

    for (size_t total = 0; total < READ_MAX_BYTES;) {
        long n = tty_read(bytes, sizeof bytes);

        if (n < 0)
            term.is_gone = term.is_quit = true;
        if (n <= 0)
            return;
        input_feed(&term.input, bytes, (size_t)n, time_mono_ms());
        total += (size_t)n;
    }
}

static int sooner(int a_ms, int b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

int term_wait(struct pollfd *fds, size_t n, int timeout_ms)
{
    struct pollfd all[FDS_MAX + 2];
    int ready = 0;

    if (!term.is_on)
        return 0;
    n = n < FDS_MAX ? n : FDS_MAX;
    clipboard_reap();
    paint_if_room();
    if (term.is_quit || term.is_resized || term.is_resumed)
        timeout_ms = 0;
    all[0] = (struct pollfd){.fd = term.is_gone ? -1 : tty_fd(), .events = POLLIN};
    if (!tty_is_drained())
        all[0].events |= POLLOUT;
    all[1] = (struct pollfd){.fd = signals_fd(), .events = POLLIN};
    for (size_t i = 0; i < n; i++)
        all[2 + i] = fds[i];
    timeout_ms = sooner(timeout_ms, input_wait_ms(&term.input, time_mono_ms()));
    if (poll(all, (nfds_t)(n + 2), timeout_ms) < 0) {
        for (size_t i = 0; i < n + 2; i++)
            all[i].revents = 0; /* EINTR: the pipe tells the rest next time */
    }
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = all[2 + i].revents;
        ready += fds[i].revents != 0;
    }
    handle_signals();
    if (all[0].revents & (POLLIN | POLLHUP | POLLERR))
        read_input();
    if (all[0].revents & POLLOUT)
        send();
    paint_if_room();
    return ready;
}

bool term_next_event(struct event *ev)
{
    *ev = (struct event){0};
    if (!term.is_on)
        return false;
    if (term.is_quit) {
        term.is_quit = false;
        ev->kind = EV_QUIT;
        return true;
    }
    if (term.is_resized) {
        term.is_resized = false;
        *ev = (struct event){.kind = EV_RESIZE, .x = term.w, .y = term.h};
        return true;
    }
    if (term.is_resumed) {
        term.is_resumed = false;
        ev->kind = EV_REPAINT;
        return true;
    }
    return input_next(&term.input, time_mono_ms(), ev);
}

void term_set_mouse(bool is_on)
{
    if (!term.is_on || term.has_mouse == is_on)
        return;
    term.has_mouse = is_on;
    queue(is_on ? MOUSE_ON : MOUSE_OFF);
    send();
}

bool term_has_mouse(void)
{
    return term.has_mouse;
}

void term_set_title(const char *title)
{
    struct buf clean = {0};

    if (!term.is_on || !term.has_titles)
        return;
    text_clean(&clean, title, strlen(title), TITLE_MAX_BYTES, !term.is_utf8);
    if (strcmp(clean.data, term.title) != 0) {
        snprintf(term.title, sizeof term.title, "%s", clean.data);
        queue_title();
        send();
    }
    buf_free(&clean);
}

enum term_copied term_copy(const char *bytes, size_t len)
{
    enum clipboard_wrap wrap = clipboard_wrap_for(getenv("TERM"), getenv("TMUX"));

    if (!term.is_on || term.options.no_osc52)
        return TERM_COPY_OFF;
    if (!clipboard_sequence(tty_queue(), wrap, bytes, len))
        return TERM_COPY_TOO_LONG;
    send();
    if (wrap == CLIPBOARD_TMUX && !term.options.no_programs)
        (void)clipboard_tell_tmux(bytes, len); /* OSC 52 went out already: this is the second way */
    return TERM_COPIED;
}

uint64_t term_bytes_sent(void)
{
    return tty_bytes_sent();
}
