/* input: the bytes a terminal sends, made into events. No terminal, no clock: bytes and the time
 * go in, events come out, so every key can be tested from a table.
 *
 * Understood: ESC [ and ESC O forms of the cursor and function keys with modifiers, the Linux
 * console's and rxvt's forms, CSI u, SGR mouse, bracketed paste, UTF-8. Whatever else begins like an
 * escape sequence is swallowed whole: an answer of the terminal never runs a key. Esc alone is told
 * from the beginning of a sequence by waiting escape_ms. One thread. */
#ifndef KEYFALL_TUI_INPUT_H
#define KEYFALL_TUI_INPUT_H

#include "backend/base/mem.h"
#include "tui/term/event.h"

#include <stdbool.h>
#include <stdint.h>

#define INPUT_PASTE_MAX_BYTES (64 * 1024) /* the rest of a longer paste is dropped */
#define INPUT_PASTE_WAIT_MS 2000          /* a paste whose end never comes ends then */

struct input {
    int escape_ms;
    bool is_utf8;                 /* false: bytes above 0x7e are no keys */
    bool (*is_alt_key)(int key);  /* Alt with a key arrives as Esc and the key: true keeps it one
                                     event; NULL or false: Esc, then the key */
    struct buf pending;
    size_t at;                    /* first byte not used yet */
    int64_t last_ms;              /* when the last bytes came */
    bool is_pasting;
    struct buf paste;
    struct {
        char bytes[16];
        int key;
    } extra[32];                  /* what terminfo says and the tables do not */
    size_t n_extra;
};

void input_init(struct input *in, int escape_ms, bool is_utf8, bool (*is_alt_key)(int key));
void input_free(struct input *in);
/* A sequence of this terminal's own; ignored when it is not one, or too long, or known. */
void input_add_sequence(struct input *in, const char *bytes, int key);

void input_feed(struct input *in, const char *bytes, size_t len, int64_t now_ms);
/* False if there is no whole event. */
bool input_next(struct input *in, int64_t now_ms, struct event *ev);
/* Milliseconds after which input_next may say more without new bytes; -1: never. */
int input_wait_ms(const struct input *in, int64_t now_ms);

#endif
