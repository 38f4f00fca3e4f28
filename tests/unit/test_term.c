/* term without a terminal: bytes to events, grids to bytes, text to the clipboard. */
#include "tui/term/clipboard.h"
#include "tui/term/input.h"
#include "tui/term/paint.h"

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_MS 50

/* ---- keys -------------------------------------------------------------------------------------- */

static bool is_alt_x(int key)
{
    return key == ('x' | KEY_ALT);
}

/* All events of the bytes, as a line: "up ^d paste(x)". */
static void read_all(struct input *in, int64_t now_ms, struct buf *out)
{
    struct event ev;

    while (input_next(in, now_ms, &ev)) {
        char name[KEY_NAME_SIZE] = "";

        if (out->len > 0)
            buf_addc(out, ' ');
        switch (ev.kind) {
        case EV_KEY:
            event_key_name(ev.key, name);
            buf_adds(out, name);
            break;
        case EV_PASTE:
            buf_printf(out, "paste(%.*s)", (int)ev.len, ev.text);
            break;
        case EV_MOUSE:
            buf_printf(out, "mouse%d@%d,%d", (int)ev.button, ev.x, ev.y);
            break;
        case EV_NONE:
        case EV_RESIZE:
        case EV_REPAINT:
        case EV_QUIT:
            fail_msg("an event that bytes cannot make: %d", (int)ev.kind);
        }
    }
}

static const struct {
    const char *bytes, *want;
} key_rows[] = {
    {"j", "j"},
    {"jk", "j k"},
    {" ", "space"},
    {"\r", "enter"},
    {"\n", "enter"},
    {"\t", "tab"},
    {"\x7f", "bksp"},
    {"\x08", "bksp"},
    {"\x01\x04\x15\x1a", "^a ^d ^u ^z"},
    {"\x1c\x1d\x1f", "^\\ ^] ^_"},
    {"\xc3\xa9", "é"},
    {"日", "日"},
    {"\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"},
    {"\x1bOA\x1bOB\x1bOC\x1bOD", "up down right left"},
    {"\x1b[H\x1b[F\x1bOH\x1bOF", "home end home end"},
    {"\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end"},
    {"\x1b[5~\x1b[6~\x1b[2~\x1b[3~", "pgup pgdn ins del"},
    {"\x1bOP\x1bOQ\x1bOR\x1bOS", "F1 F2 F3 F4"},
    {"\x1b[11~\x1b[15~\x1b[17~\x1b[24~", "F1 F5 F6 F12"},
    {"\x1b[[A\x1b[[E", "F1 F5"},       /* the Linux console */
    {"\x1b[Z", "S-tab"},
    {"\x1b[1;5C\x1b[1;2A\x1b[1;3B", "^right S-up M-down"},
    {"\x1b[3;5~\x1b[15;2~", "^del S-F5"},
    {"\x1bO5C", "^right"},             /* old xterm */
    {"\x1bOa\x1b[a", "^up S-up"},      /* rxvt */
    {"\x1b[3^\x1b[3$\x1b[3@", "^del S-del S-^del"},
    {"\x1bOM", "enter"},               /* the keypad */
    {"\x1b[13;5u\x1b[97;5u\x1b[65;6u", "^enter ^a ^a"},
    {"\x1b[27;5;100~", "^d"},
    {"\x1b[120u", "x"},
    {"\x1bx", "M-x"},                  /* wanted as one key */
    {"\x1bj", "esc j"},                /* not wanted: Esc, then the key */
    {"\x1b\x1b[A", "esc up"},
    {"\x1b[?62;c", ""},                /* answers of the terminal never run keys */
    {"\x1b[?2026;2$y", ""},
    {"\x1b]11;rgb:0000/0000/0000\x07q", "q"},
    {"\x1b]11;rgb:0000/0000/0000\x1b\\q", "q"},
    {"\x1bP1+r544e\x1b\\q", "q"},
    {"\x1b[I\x1b[O", ""},              /* focus */
    {"\x1b[24;80R\x1b[1;5R", "^F3"},    /* a report of the cursor, and a key that looks like one */
    {"\x1b[99999999999999999999A", "up"},
    {"\x1b[1;2;3;4;5;6;7;8;9;10;11A", "S-up"},
    {"\x1b[999~", ""},
    {"\x1b[<0;3;4M\x1b[<0;3;4m", "mouse0@2,3"},
    {"\x1b[<64;1;1M\x1b[<65;1;1M", "mouse3@0,0 mouse4@0,0"},
    {"\x1b[<35;5;5M", ""},             /* moving */
    {"\x1b[200~arn:x\nq\x1b[201~j", "paste(arn:x\nq) j"},
    {"\x1b[200~\x1b[201~", "paste()"},
    {"\x1b[200~a\x1b[20\x1b[201~", "paste(a\x1b[20)"},
    {"\xff\xfe" "q", "q"},
    {"\xc3(", "("},
    {"\xc2\x85q", "q"},                /* C1 is no key */
};

static void bytes_become_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
        struct input in;
        struct buf whole = {0}, single = {0};
        size_t len = strlen(key_rows[i].bytes);

        buf_adds(&whole, "");
        buf_adds(&single, "");
        input_init(&in, ESCAPE_MS, true, is_alt_x);
        input_feed(&in, key_rows[i].bytes, len, 0);
        read_all(&in, ESCAPE_MS, &whole);
        if (strcmp(whole.data, key_rows[i].want) != 0)
            fail_msg("row %zu: %s instead of %s", i, whole.data, key_rows[i].want);
        input_free(&in);

        /* one byte at a time, as a slow line brings them */
        input_init(&in, ESCAPE_MS, true, is_alt_x);
        for (size_t at = 0; at < len; at++) {
            input_feed(&in, key_rows[i].bytes + at, 1, (int64_t)at);
            read_all(&in, (int64_t)at, &single);
        }
        read_all(&in, (int64_t)len + ESCAPE_MS, &single);
        if (strcmp(single.data, key_rows[i].want) != 0)
            fail_msg("row %zu by bytes: %s instead of %s", i, single.data, key_rows[i].want);
        input_free(&in);
        buf_free(&whole);
        buf_free(&single);
    }
}

static void escape_waits_for_its_time(void **state)
{
    struct input in;
    struct event ev;

    (void)state;
    input_init(&in, ESCAPE_MS, true, NULL);
    assert_int_equal(input_wait_ms(&in, 0), -1);
    input_feed(&in, "\x1b", 1, 1000);
    assert_false(input_next(&in, 1000, &ev));
    assert_int_equal(input_wait_ms(&in, 1010), ESCAPE_MS - 10);
    assert_false(input_next(&in, 1049, &ev));
    assert_true(input_next(&in, 1050, &ev));
    assert_int_equal(ev.key, TKEY_ESC);
    assert_int_equal(input_wait_ms(&in, 1060), -1);

    input_feed(&in, "\x1b[", 2, 2000); /* the rest comes late, but before its time */
    assert_false(input_next(&in, 2040, &ev));
    input_feed(&in, "A", 1, 2049);
    assert_true(input_next(&in, 2049, &ev));
    assert_int_equal(ev.key, TKEY_UP);

    input_feed(&in, "\x1b[1;", 4, 3000); /* broken off for good: no key hides in it */
    assert_false(input_next(&in, 3050, &ev));
    input_feed(&in, "q", 1, 3060);
    assert_true(input_next(&in, 3060, &ev));
    assert_int_equal(ev.key, 'q');
    input_free(&in);
}

static void paste_without_an_end_ends(void **state)
{
    struct input in;
    struct event ev;

    (void)state;
    input_init(&in, ESCAPE_MS, true, NULL);
    input_feed(&in, "\x1b[200~half", 10, 0);
    assert_false(input_next(&in, 100, &ev));
    assert_int_equal(input_wait_ms(&in, 100), INPUT_PASTE_WAIT_MS - 100);
    assert_true(input_next(&in, INPUT_PASTE_WAIT_MS, &ev));
    assert_int_equal(ev.kind, EV_PASTE);
    assert_int_equal(ev.len, 4);
    input_feed(&in, "j", 1, 9000);
    assert_true(input_next(&in, 9000, &ev));
    assert_int_equal(ev.key, 'j');
    input_free(&in);
}

static void paste_is_bounded(void **state)
{
    struct input in;
    struct event ev = {0};
    char chunk[1024];

    (void)state;
    memset(chunk, 'x', sizeof chunk);
    input_init(&in, ESCAPE_MS, true, NULL);
    input_feed(&in, "\x1b[200~", 6, 0);
    for (int i = 0; i < 100; i++) {
        input_feed(&in, chunk, sizeof chunk, 0);
        assert_false(input_next(&in, 0, &ev));
    }
    assert_true(in.pending.len < 2 * sizeof chunk);
    input_feed(&in, "\x1b[201~", 6, 0);
    assert_true(input_next(&in, 0, &ev));
    assert_int_equal(ev.len, INPUT_PASTE_MAX_BYTES);
    input_free(&in);
}

static void without_utf8_high_bytes_are_no_keys(void **state)
{
    struct input in;
    struct event ev;

    (void)state;
    input_init(&in, ESCAPE_MS, false, NULL);
    input_feed(&in, "\xc3\xa9z", 3, 0);
    assert_true(input_next(&in, 0, &ev));
    assert_int_equal(ev.key, 'z');
    assert_false(input_next(&in, 0, &ev));
    input_free(&in);
}

static void terminals_own_sequences_work(void **state)
{
    struct input in;
    struct event ev;

    (void)state;
    input_init(&in, ESCAPE_MS, true, NULL);
    input_add_sequence(&in, "\x1b" "Xq9", TKEY_F7);
    input_add_sequence(&in, "x", TKEY_F8);       /* no sequence: a letter stays a letter */
    input_add_sequence(&in, NULL, TKEY_F8);
    input_feed(&in, "\x1b" "Xq9x", 5, 0);
    assert_true(input_next(&in, 0, &ev));
    assert_int_equal(ev.key, TKEY_F7);
    assert_true(input_next(&in, 0, &ev));
    assert_int_equal(ev.key, 'x');
    input_free(&in);
}

static void random_bytes_end_and_make_valid_keys(void **state)
{
    static const char *const parts[] = {"\x1b", "[", "O", "<", "200~", "201~", ";", "5", "A", "q",
                                        "\xe6", "\x97\xa5", "\x07", "\\", "]", "P", "$", "\x01"};
    struct input in;
    struct event ev;
    int64_t now = 0;

    (void)state;
    srand(11);
    input_init(&in, ESCAPE_MS, true, is_alt_x);
    for (int i = 0; i < 50000; i++) {
        const char *part = parts[rand() % (int)(sizeof parts / sizeof parts[0])];

        input_feed(&in, part, strlen(part), now += rand() % 30);
        while (input_next(&in, now, &ev)) {
            if (ev.kind == EV_KEY)
                assert_true((ev.key & ~KEY_MODS) >= 0x20 &&
                            (ev.key & ~KEY_MODS) < TKEY_END_OF_LIST);
        }
        assert_true(in.pending.len < 20000);
    }
    input_free(&in);
}

static void names_and_keys_agree(void **state)
{
    static const char *const names[] = {"j", "^d", "S-tab", "M-x", "space", "enter", "f1", "é", "日",
                                        "S-^up", "-", "^", "M-^a", "~", "#"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[KEY_NAME_SIZE];
        int key = event_key_parse(names[i], strlen(names[i]));

        assert_int_not_equal(key, 0);
        event_key_name(key, name);
        assert_int_equal(event_key_parse(name, strlen(name)), key);
    }
    for (int key = TKEY_FIRST; key < TKEY_END_OF_LIST; key++) {
        char name[KEY_NAME_SIZE];

        event_key_name(key, name);
        assert_true(strlen(name) > 0 && name[0] != '?');
    }
    assert_int_equal(event_key_parse("", 0), 0);
    assert_int_equal(event_key_parse("jj", 2), 0);
    assert_int_equal(event_key_parse("\x01", 1), 0);
    assert_int_equal(event_key_parse("\xc3", 1), 0);
}

/* ---- painting ------------------------------------------------------------------------------------ */

static void open_paint(const char *term, int w, int h)
{
    struct err err = {0};
    struct theme theme;
    char used[32];

    if (paint_open(term, w, h, used, &err) != ERR_OK)
        fail_msg("%s: %s", term, err.text);
    assert_string_equal(used, term);
    assert_int_equal(theme_load(THEME_DEFAULT, &theme, &err), ERR_OK);
    paint_theme(&theme, false);
}

/* A screenful of rows with a cursor, as a list has them. */
static void fill(struct grid *g, int cursor)
{
    grid_reset(g, g->w, g->h);
    for (int y = 0; y < g->h; y++) {
        grid_put(g, 1, y, 1, y % 3 ? ROLE_SEV_HIGH : ROLE_SEV_LOW, y % 3 ? "H" : "L");
        grid_printf(g, 3, y, 24, ROLE_NORMAL, "row number %d", y * 37);
        grid_put(g, 30, y, 40, ROLE_DIM, "eu-west-1  enabled  365d");
        if (y == cursor)
            grid_role(g, (struct rect){0, y, 28, 1}, ROLE_CURSOR);
    }
}

static void frames_send_what_changed(void **state)
{
    static const char *const terms[] = {"xterm-256color", "xterm", "tmux-256color", "vt100", "linux",
                                        "screen", "xterm-direct"};

    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct grid g, shown;
        struct buf out = {0};

        open_paint(terms[i], 80, 24);
        grid_init(&g, 80, 24, true);
        grid_init(&shown, 80, 24, true);
        fill(&g, 3);
        fill(&shown, 3);
        paint_frame(&g, NULL, &out);
        assert_true(out.len > 500);

        buf_clear(&out);
        paint_frame(&g, &shown, &out); /* nothing new: not a byte */
        assert_int_equal(out.len, 0);

        fill(&g, 4);
        paint_frame(&g, &shown, &out);
        assert_true(out.len > 10 && out.len < 200);

        buf_clear(&out);
        paint_all();
        paint_frame(&g, &g, &out);
        assert_true(out.len > 500);

        buf_clear(&out);
        paint_leave(&out);
        assert_true(out.len > 0);
        paint_close();
        buf_free(&out);
        grid_free(&g);
        grid_free(&shown);
    }
}

static void painted_bytes_hold_the_text(void **state)
{
    struct grid g;
    struct buf out = {0};

    (void)state;
    open_paint("xterm-256color", 20, 3);
    grid_init(&g, 20, 3, false);
    grid_put(&g, 0, 0, 20, ROLE_NORMAL, "a日e\xcc\x81z");
    grid_put(&g, 0, 1, 20, ROLE_SEV_CRITICAL, "C");
    g.cursor_x = 5;
    g.cursor_y = 1;
    paint_frame(&g, NULL, &out);
    assert_non_null(strstr(out.data, "a日e\xcc\x81z"));
    assert_non_null(strstr(out.data, "38;5;203"));
    assert_non_null(strstr(out.data, "\x1b[?25h")); /* the cursor is shown */
    paint_close();
    buf_free(&out);
    grid_free(&g);
}

static void unknown_terminals_fall_back(void **state)
{
    char used[32];
    struct err err = {0};

    (void)state;
    assert_int_equal(paint_open("no-such-terminal", 80, 24, used, &err), ERR_OK);
    assert_string_equal(used, "xterm-256color");
    paint_close();
    assert_int_equal(paint_open(NULL, 80, 24, used, &err), ERR_OK);
    paint_close();
    assert_int_equal(paint_open("dumb", 80, 24, used, &err), ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "dumb"));
}

static void colours_fit_the_terminal(void **state)
{
    static const struct {
        const char *term, *want;
    } rows[] = {
        {"xterm-256color", "\x1b[38;5;203m"},
        {"xterm", "\x1b[31m"},
        {"xterm-direct", "38:2::255:95:95"},
        {"vt100", "C"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grid g;
        struct buf out = {0};

        open_paint(rows[i].term, 20, 2);
        grid_init(&g, 20, 2, true);
        grid_put(&g, 0, 0, 20, ROLE_SEV_CRITICAL, "C");
        paint_frame(&g, NULL, &out);
        if (!strstr(out.data, rows[i].want))
            fail_msg("%s: %s", rows[i].term, out.data + 1);
        paint_close();
        buf_free(&out);
        grid_free(&g);
    }
}

static void resizing_paints_all(void **state)
{
    struct grid g;
    struct buf out = {0};

    (void)state;
    open_paint("xterm-256color", 80, 24);
    grid_init(&g, 80, 24, true);
    fill(&g, 1);
    paint_frame(&g, NULL, &out);
    static const int sizes[][2] = {{60, 16}, {200, 60}, {1, 1}, {300, 100}, {80, 24}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        buf_clear(&out);
        paint_size(sizes[i][0], sizes[i][1]);
        grid_reset(&g, sizes[i][0], sizes[i][1]);
        fill(&g, 1);
        paint_frame(&g, NULL, &out);
        assert_true(out.len > 0);
    }
    paint_close();
    buf_free(&out);
    grid_free(&g);
}

/* ---- clipboard ----------------------------------------------------------------------------------- */

static void clipboard_is_wrapped(void **state)
{
    static const struct {
        const char *term, *tmux, *want;
    } rows[] = {
        {"xterm", NULL, "\x1b]52;c;YXJuOmF3cw==\x1b\\"},
        {"xterm", "", "\x1b]52;c;YXJuOmF3cw==\x1b\\"},
        {"screen", NULL, "\x1bP\x1b]52;c;YXJuOmF3cw==\a\x1b\\"},
        {"screen", "/tmp/tmux", "\x1b]52;c;YXJuOmF3cw==\a\x1bPtmux;\x1b\x1b]52;c;YXJuOmF3cw==\a\x1b\\"},
        {NULL, NULL, "\x1b]52;c;YXJuOmF3cw==\x1b\\"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};

        assert_true(clipboard_sequence(&b, clipboard_wrap_for(rows[i].term, rows[i].tmux), "arn:aws", 7));
        assert_string_equal(b.data, rows[i].want);
        buf_free(&b);
    }
}

static void clipboard_is_base64_and_bounded(void **state)
{
    static const char *const rows[][2] = {
        {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    char *big = mem_alloc(CLIPBOARD_MAX_BYTES + 1);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};

        assert_true(clipboard_sequence(&b, CLIPBOARD_PLAIN, rows[i][0], strlen(rows[i][0])));
        assert_non_null(strstr(b.data, rows[i][1]));
        buf_free(&b);
    }
    for (int wrap = CLIPBOARD_PLAIN; wrap <= CLIPBOARD_SCREEN; wrap++) {
        struct buf b = {0};

        assert_false(clipboard_sequence(&b, (enum clipboard_wrap)wrap, big, CLIPBOARD_MAX_BYTES + 1));
        assert_false(clipboard_sequence(&b, (enum clipboard_wrap)wrap, big, 0));
        assert_int_equal(b.len, 0);
        assert_true(clipboard_sequence(&b, (enum clipboard_wrap)wrap, big, CLIPBOARD_MAX_BYTES));
        buf_free(&b);
    }
    mem_free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_keys),
        cmocka_unit_test(escape_waits_for_its_time),
        cmocka_unit_test(paste_without_an_end_ends),
        cmocka_unit_test(paste_is_bounded),
        cmocka_unit_test(without_utf8_high_bytes_are_no_keys),
        cmocka_unit_test(terminals_own_sequences_work),
        cmocka_unit_test(random_bytes_end_and_make_valid_keys),
        cmocka_unit_test(names_and_keys_agree),
        cmocka_unit_test(frames_send_what_changed),
        cmocka_unit_test(painted_bytes_hold_the_text),
        cmocka_unit_test(unknown_terminals_fall_back),
        cmocka_unit_test(colours_fit_the_terminal),
        cmocka_unit_test(resizing_paints_all),
        cmocka_unit_test(clipboard_is_wrapped),
        cmocka_unit_test(clipboard_is_base64_and_bounded),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
