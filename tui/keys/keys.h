/* keys: which key does what where, what it is called, and why it is off. Rows are in keys.def.
 *
 * Inputs (filter, command, help, confirm) take keys before this map is asked. A keymap is plain
 * data: one thread at a time. */
#ifndef KEYFALL_TUI_KEYS_H
#define KEYFALL_TUI_KEYS_H

#include "backend/base/err.h"
#include "tui/widgets/help.h"
#include "tui/widgets/line.h"

#include <stddef.h>

enum action {
    ACTION_NONE,
#define KEY(action, word, keys, label, help, group, contexts, needs, rank) action,
#include "tui/keys/keys.def"
#undef KEY
    ACTION_COUNT
};

/* Where a key is pressed. One bit each: a row of keys.def names those where it works. */
enum key_context {
    KEYS_OVERVIEW = 1,
    KEYS_LIST = 2, /* a panel's list, also one filtered out of another */
    KEYS_DETAIL = 4,
    KEYS_IMPACT = 8, /* a tree of consequences */
    KEYS_ERRORS = 16,
    KEYS_WIZARD = 32,
    KEYS_MATRIX = 64,
    KEYS_ALL = 127
};

/* What a key may need; the caller tells what there is. */
enum key_need {
    NEED_ROW = 1,    /* a row under the cursor */
    NEED_EXPORT = 2, /* not viewer mode, or --export-dir was given */
    NEED_LIVE = 4,   /* AWS, not the demo */
    NEED_RECORD = 8, /* what the row is about */
    NEED_CHANGES = 16, /* not viewer mode */
    NEED_DESK = 32,    /* AWS or the demo, not a posture file */
    NEED_SCREEN = 64,  /* pages with fields, not lines */
    NEED_PLAN = 128,   /* the preview of one */
    NEED_ALL = 255
};

#define KEYS_PER_ACTION 4
#define KEYS_TEXT_SIZE 48

struct keymap {
    int keys[ACTION_COUNT][KEYS_PER_ACTION]; /* 0: none */
    char text[ACTION_COUNT][KEYS_TEXT_SIZE]; /* "j down", as shown */
    char first[ACTION_COUNT][KEY_NAME_SIZE]; /* "j": the key bar has little room */
};

void keymap_default(struct keymap *map);
/* Gives an action other keys ("^x f2"; "" takes all away). Fails on an unknown word or key, and when
 * the key does something else in a context they share; then map is as it was. */
NODISCARD enum err_code keymap_bind(struct keymap *map, const char *word, const char *keys,
                                    struct err *err);
/* The first two actions that share a key in a context; false if there are none. */
bool keymap_clash(const struct keymap *map, enum action *a, enum action *b, int *key);
bool keymap_uses(const struct keymap *map, int key);

/* ACTION_NONE if the key does nothing there. Whether it is off is another question. */
enum action keymap_find(const struct keymap *map, enum key_context context, int key);
/* Why an action is off when have lacks something it needs; NULL: it is on. */
const char *action_reason(enum action action, unsigned have);
const char *action_label(enum action action);
const char *action_help(enum action action);
const char *action_word(enum action action);
enum action action_find(const char *word); /* ACTION_NONE */

/* The key bar of a context, first things first. Returns how many were made (at most max). Texts are
 * those of map and of constants. */
size_t keys_hints(const struct keymap *map, enum key_context context, unsigned have,
                  struct key_hint *out, size_t max);
/* The help of a context, group after group. */
size_t keys_help(const struct keymap *map, enum key_context context, unsigned have,
                 struct help_item *out, size_t max);

#endif
