#include "tui/term/paint.h"

#include "backend/base/utf8.h"
#include "tui/term/event.h"

#include <curses.h>
#include <term.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#define DIRECT_COLORS 0x1000000

static struct {
    SCREEN *screen;
    FILE *out, *in;
    int fd;
    bool has_default_colors;
    int n_pairs;
    struct {
        attr_t attrs;
        int pair;
    } looks[ROLE_COUNT];
    struct {
        int fg, bg;
    } pairs[ROLE_COUNT + 1];
    bool is_whole; /* the next frame is painted whole */
} paint = {.fd = -1};

enum known { TERM_UNKNOWN, TERM_UNABLE, TERM_USABLE };

/* Asked before newterm, which leaks when it fails. Unable: dumb and its like, on which nothing can be
 * placed. */
static enum known look_up(const char *name)
{
    int result = 0;

    if (!name || name[0] == '\0' || strlen(name) >= 32 ||
        setupterm(name, paint.fd, &result) == ERR)
        return TERM_UNKNOWN;

    enum known known = cursor_address ? TERM_USABLE : TERM_UNABLE;

    del_curterm(cur_term);
    return known;
}

static enum err_code open_files(struct err *err)
{
    paint.fd = memfd_create("keyfall-screen", MFD_CLOEXEC);
    paint.out = paint.fd >= 0 ? fdopen(paint.fd, "w") : NULL;
    paint.in = fopen("/dev/null", "re");
    if (!paint.out || !paint.in) {
        paint_close();
        return err_set(err, ERR_IO, "no memory file for the screen could be made");
    }
    return ERR_OK;
}

enum err_code paint_open(const char *term_name, int w, int h, char used[32], struct err *err)
{
    static const char *const names[] = {"xterm-256color", "xterm", "vt100"};
    enum err_code code = open_files(err);

    if (code)
        return code;

    const char *name = term_name;
    enum known known = look_up(name);

    for (size_t i = 0; known == TERM_UNKNOWN && i < sizeof names / sizeof names[0]; i++) {
        name = names[i];
        known = look_up(name);
    }
    if (known == TERM_UNABLE) {
        paint_close();
        return err_set(err, ERR_UNSUPPORTED,
                       "the terminal type %s cannot place a cursor; the verbs (keyfall export, "
                       "keyfall impact ...) work without",
                       name);
    }
    paint.screen = known == TERM_USABLE ? newterm(name, paint.out, paint.in) : NULL;
    if (!paint.screen) {
        paint_close();
        return err_set(err, ERR_UNSUPPORTED,
                       "the terminal type %s is unknown here, and so are xterm-256color, xterm and "
                       "vt100: install the terminfo entries (package ncurses-base) or set TERM",
                       term_name && term_name[0] ? term_name : "(TERM is not set)");
    }
    snprintf(used, 32, "%s", name);
    nonl(); /* a line feed goes down and nothing else: the terminal is raw */
    typeahead(-1);
    if (has_colors() && start_color() == OK)
        paint.has_default_colors = use_default_colors() == OK;
    paint_size(w, h);
    paint_all();
    return ERR_OK;
}

void paint_close(void)
{
    if (paint.screen)
        delscreen(paint.screen);
    if (paint.out)
        fclose(paint.out);
    else if (paint.fd >= 0)
        close(paint.fd);
    if (paint.in)
        fclose(paint.in);
    memset(&paint, 0, sizeof paint);
    paint.fd = -1;
}

int paint_colors(void)
{
    return has_colors() && COLORS >= 8 ? COLORS : 0;
}

void paint_size(int w, int h)
{
    if (is_term_resized(h, w))
        resize_term(h, w);
    paint_all();
}

void paint_all(void)
{
    paint.is_whole = true;
}

/* A colour as this terminal counts it. *extra gets what stands in for a colour it lacks. */
static int color_number(const struct color *c, bool is_ground, attr_t *extra)
{
    if (c->c16 == COLOR_DEFAULT)
        return paint.has_default_colors ? -1 : is_ground ? COLOR_BLACK : COLOR_WHITE;
    if (COLORS >= DIRECT_COLORS)
        return c->rgb;
    if (COLORS >= 256)
        return c->c256;
    if (COLORS >= 16 || c->c16 < 8)
        return c->c16;
    if (is_ground)
        return c->c16 - 8;
    if (c->c16 == 8) { /* bold black is black on some: dim text is seen on all */
        *extra |= A_DIM;
        return paint.has_default_colors ? -1 : COLOR_WHITE;
    }
    *extra |= A_BOLD;
    return c->c16 - 8;
}

/* A pair that could not be made would be black on black: then the default pair is used. */
static int pair_for(int fg, int bg)
{
    if (fg == -1 && bg == -1)
        return 0;
    for (int i = 1; i <= paint.n_pairs; i++) {
        if (paint.pairs[i].fg == fg && paint.pairs[i].bg == bg)
            return i;
    }

    int pair = paint.n_pairs + 1;

    if (pair > ROLE_COUNT || pair >= COLOR_PAIRS || init_extended_pair(pair, fg, bg) == ERR)
        return 0;
    paint.pairs[pair].fg = fg;
    paint.pairs[pair].bg = bg;
    paint.n_pairs = pair;
    return pair;
}

static attr_t attrs_of(unsigned style)
{
    return (style & STYLE_BOLD ? A_BOLD : 0) | (style & STYLE_DIM ? A_DIM : 0) |
           (style & STYLE_ITALIC ? A_ITALIC : 0) | (style & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
           (style & STYLE_REVERSE ? A_REVERSE : 0);
}

void paint_theme(const struct theme *theme, bool is_mono)
{
    paint.n_pairs = 0;
    for (int i = 0; i < ROLE_COUNT; i++) {
        const struct style *s = &theme->styles[i];
        attr_t attrs = attrs_of(s->attrs);
        int pair = 0;

        if (!is_mono && paint_colors()) {
            int fg = color_number(&s->fg, false, &attrs);

            pair = pair_for(fg, color_number(&s->bg, true, &attrs));
        }
        paint.looks[i].attrs = attrs;
        paint.looks[i].pair = pair;
    }
    paint_all();
}

/* The wide characters of one cell. What the C library sees wider or narrower than we do would move
 * the rest of the line: it becomes a question mark. */
static int cell_wide(const struct grid_cell *c, wchar_t out[4])
{
    size_t len = strlen(c->text);
    int n = 0;

    for (size_t at = 0; at < len && n < 3;) {
        uint32_t point = 0;
        size_t step = utf8_decode(c->text + at, len - at, &point);

        if (step == 0)
            break;
        out[n++] = (wchar_t)point;
        at += step;
    }
    if (n == 1 && out[0] < 0x7f)
        return 1;
    for (int i = 0; i < n; i++) {
        if (wcwidth(out[i]) != (i == 0 ? c->width : 0)) {
            out[0] = L'?';
            out[1] = L' ';
            return c->width;
        }
    }
    return n;
}

static void paint_row(const struct grid *g, int y)
{
    const struct grid_cell *row = grid_at(g, 0, y);
    wchar_t text[3 * GRID_SIDE_MAX + 4];

    for (int x = 0; x < g->w;) {
        int first = x, n = 0;

        while (x < g->w && row[x].role == row[first].role) {
            if (row[x].width > 0)
                n += cell_wide(&row[x], text + n);
            x++;
        }

        int pair = paint.looks[row[first].role].pair;

        attr_set(paint.looks[row[first].role].attrs, (short)pair, NULL);
        /* ERR says that the last cell of the last line was written: the cursor cannot go on */
        (void)mvaddnwstr(y, first, text, n);
    }
}

static void take_bytes(struct buf *out)
{
    char chunk[4096];
    off_t len = lseek(paint.fd, 0, SEEK_CUR);

    for (off_t at = 0; at < len;) {
        ssize_t n = pread(paint.fd, chunk, sizeof chunk, at);

        if (n <= 0)
            break;
        buf_add(out, chunk, (size_t)n);
        at += n;
    }
    if (lseek(paint.fd, 0, SEEK_SET) != 0 || ftruncate(paint.fd, 0) != 0)
        abort(); /* a memory file cannot refuse this */
}

static bool is_same_row(const struct grid *a, const struct grid *b, int y)
{
    return memcmp(grid_at(a, 0, y), grid_at(b, 0, y), (size_t)a->w * sizeof *a->cells) == 0;
}

static bool is_same_cursor(const struct grid *a, const struct grid *b)
{
    return a->cursor_x == b->cursor_x && a->cursor_y == b->cursor_y;
}

void paint_frame(const struct grid *g, const struct grid *shown, struct buf *out)
{
    bool has_news = paint.is_whole || !shown || !is_same_cursor(g, shown);

    if (shown && (shown->w != g->w || shown->h != g->h))
        shown = NULL;
    for (int y = 0; y < g->h && y < LINES; y++) {
        if (shown && !paint.is_whole && is_same_row(g, shown, y))
            continue;
        paint_row(g, y);
        has_news = true;
    }
    if (!has_news)
        return;
    if (paint.is_whole)
        clearok(curscr, TRUE);
    paint.is_whole = false;

    bool is_hidden = g->cursor_x < 0 || g->cursor_x >= COLS || g->cursor_y >= LINES;

    leaveok(stdscr, is_hidden);
    curs_set(is_hidden ? 0 : 1);
    if (!is_hidden)
        move(g->cursor_y, g->cursor_x);
    wnoutrefresh(stdscr);
    doupdate();
    take_bytes(out);
}

void paint_leave(struct buf *out)
{
    if (!isendwin())
        endwin();
    take_bytes(out);
    paint_all();
}

static void add_capability(struct buf *out, const char *s)
{
    /* padding ($<5>) is left out: no terminal of today needs it */
    while (s && *s) {
        const char *pad = strstr(s, "$<");
        size_t len = pad ? (size_t)(pad - s) : strlen(s);

        buf_add(out, s, len);
        s = pad ? strchr(pad, '>') : NULL;
        s = s ? s + 1 : NULL;
    }
}

void paint_restore_bytes(struct buf *out)
{
    add_capability(out, exit_attribute_mode);
    add_capability(out, cursor_normal);
    add_capability(out, exit_ca_mode);
}

void paint_each_key(void (*add)(void *ctx, const char *bytes, int key), void *ctx)
{
    const struct {
        const char *bytes;
        int key;
    } keys[] = {
        {key_up, TKEY_UP},         {key_down, TKEY_DOWN},     {key_left, TKEY_LEFT},
        {key_right, TKEY_RIGHT},   {key_home, TKEY_HOME},     {key_end, TKEY_END},
        {key_ppage, TKEY_PGUP},    {key_npage, TKEY_PGDN},    {key_ic, TKEY_INSERT},
        {key_dc, TKEY_DELETE},     {key_btab, TKEY_TAB | KEY_SHIFT},
        {key_f1, TKEY_F1},         {key_f2, TKEY_F2},         {key_f3, TKEY_F3},
        {key_f4, TKEY_F4},         {key_f5, TKEY_F5},         {key_f6, TKEY_F6},
        {key_f7, TKEY_F7},         {key_f8, TKEY_F8},         {key_f9, TKEY_F9},
        {key_f10, TKEY_F10},       {key_f11, TKEY_F11},       {key_f12, TKEY_F12},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].bytes)
            add(ctx, keys[i].bytes, keys[i].key);
    }
}
