/* event: what the terminal tells the program, in one space of key numbers.
 *
 * A key is a Unicode character (0x20 and up, but not 0x7f), or one of enum tkey, with KEY_CTRL,
 * KEY_ALT and KEY_SHIFT added. Shift is told only for keys that are not characters. Ctrl with a
 * letter is KEY_CTRL | 'a'..'z'; Enter, Tab, Backspace and Esc have names of their own, however
 * they were typed. Pure, any thread. */
#ifndef KEYFALL_TUI_EVENT_H
#define KEYFALL_TUI_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#define TKEY_FIRST 0x110000 /* above the last Unicode character */

/* key, its name in keys.def and in keyfall.conf, how it is shown */
#define TKEYS(X)                                                                                   \
    X(TKEY_ENTER, "enter", "enter")                                                                \
    X(TKEY_TAB, "tab", "tab")                                                                      \
    X(TKEY_ESC, "esc", "esc")                                                                      \
    X(TKEY_BACKSPACE, "backspace", "bksp")                                                         \
    X(TKEY_UP, "up", "up")                                                                         \
    X(TKEY_DOWN, "down", "down")                                                                   \
    X(TKEY_LEFT, "left", "left")                                                                   \
    X(TKEY_RIGHT, "right", "right")                                                                \
    X(TKEY_HOME, "home", "home")                                                                   \
    X(TKEY_END, "end", "end")                                                                      \
    X(TKEY_PGUP, "pgup", "pgup")                                                                   \
    X(TKEY_PGDN, "pgdn", "pgdn")                                                                   \
    X(TKEY_INSERT, "insert", "ins")                                                                \
    X(TKEY_DELETE, "delete", "del")                                                                \
    X(TKEY_F1, "f1", "F1")                                                                         \
    X(TKEY_F2, "f2", "F2")                                                                         \
    X(TKEY_F3, "f3", "F3")                                                                         \
    X(TKEY_F4, "f4", "F4")                                                                         \
    X(TKEY_F5, "f5", "F5")                                                                         \
    X(TKEY_F6, "f6", "F6")                                                                         \
    X(TKEY_F7, "f7", "F7")                                                                         \
    X(TKEY_F8, "f8", "F8")                                                                         \
    X(TKEY_F9, "f9", "F9")                                                                         \
    X(TKEY_F10, "f10", "F10")                                                                      \
    X(TKEY_F11, "f11", "F11")                                                                      \
    X(TKEY_F12, "f12", "F12")

enum tkey {
    TKEY_BEFORE = TKEY_FIRST - 1,
#define X(key, name, shown) key,
    TKEYS(X)
#undef X
        TKEY_END_OF_LIST
};

#define KEY_CTRL 0x1000000
#define KEY_ALT 0x2000000
#define KEY_SHIFT 0x4000000
#define KEY_MODS (KEY_CTRL | KEY_ALT | KEY_SHIFT)

enum event_kind {
    EV_NONE,
    EV_KEY,     /* key */
    EV_PASTE,   /* text, len: goes to inputs only; valid until the next event is asked for */
    EV_MOUSE,   /* button, x, y */
    EV_RESIZE,  /* x, y: the new width and height */
    EV_REPAINT, /* back from a suspension: draw again */
    EV_QUIT     /* SIGTERM, SIGHUP, SIGINT from outside, or the terminal is gone: end quietly */
};

enum mouse_button { MOUSE_LEFT, MOUSE_MIDDLE, MOUSE_RIGHT, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct event {
    enum event_kind kind;
    int key;
    enum mouse_button button;
    int x, y;
    const char *text;
    size_t len;
};

#define KEY_NAME_SIZE 24
/* As the key bar shows it: "enter", "^d", "S-tab", "M-x", "j", "space". */
void event_key_name(int key, char out[KEY_NAME_SIZE]);
/* Reads one name ("^d", "S-tab", "M-x", "space", "é", "f1"). 0 if it is none. */
int event_key_parse(const char *name, size_t len);
/* The bytes of a character key. Returns their number, 0 for keys that are no character. */
size_t event_key_utf8(int key, char out[5]);

#endif
