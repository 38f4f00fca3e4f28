#include "tui/keys/keys.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum group { MOVE, LOOK, CHANGE, TAKE_AWAY, PROGRAM, GROUP_COUNT };

enum {
    OVERVIEW = KEYS_OVERVIEW,
    LIST = KEYS_LIST,
    DETAIL = KEYS_DETAIL,
    IMPACT = KEYS_IMPACT,
    ERRORS = KEYS_ERRORS,
    WIZARD = KEYS_WIZARD,
    MATRIX = KEYS_MATRIX,
    ALL = KEYS_ALL
};

#define PINNED_RANK 90

static const struct {
    const char *word, *keys, *label, *help;
    enum group group;
    unsigned contexts, needs;
    int rank;
} rows[ACTION_COUNT] = {
#define KEY(action, word, keys, label, help, group, contexts, needs, rank)                         \
    [action] = {word, keys, label, help, group, contexts, needs, rank},
#include "tui/keys/keys.def"
#undef KEY
};

static const char *const group_titles[GROUP_COUNT] = {
    [MOVE] = "MOVE",           [LOOK] = "LOOK",
    [CHANGE] = "CHANGE",       [TAKE_AWAY] = "TAKE AWAY", [PROGRAM] = "PROGRAM",
};

static const struct {
    unsigned need;
    const char *reason;
} needs[] = {
    {NEED_EXPORT, "off: viewer mode writes files only with --export-dir"},
    {NEED_CHANGES, "off: a viewer changes nothing"},
    {NEED_SCREEN, "off: it needs a screen; keyfall wizard plans without one"},
    {NEED_DESK, "off: a posture file is only looked at"},
    {NEED_LIVE, "off: nothing is asked of AWS here"},
    {NEED_PLAN, "off: it is for the preview of a plan"},
    {NEED_ROW, "off: there is no row under the cursor"},
    {NEED_RECORD, "off: the cursor is on no record"},
};

const char *action_reason(enum action action, unsigned have)
{
    unsigned missing = rows[action].needs & ~have;

    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (missing & needs[i].need)
            return needs[i].reason;
    }
    return NULL;
}

const char *action_label(enum action action)
{
    return action == ACTION_NONE ? "" : rows[action].label;
}

const char *action_help(enum action action)
{
    return action == ACTION_NONE ? "" : rows[action].help;
}

const char *action_word(enum action action)
{
    return action == ACTION_NONE ? "" : rows[action].word;
}

enum action action_find(const char *word)
{
    for (int a = 1; a < ACTION_COUNT; a++) {
        if (strcmp(rows[a].word, word) == 0)
            return (enum action)a;
    }
    return ACTION_NONE;
}

/* Reads names apart by blanks. False with *bad at a name that is no key, or one too many. */
static bool parse_keys(const char *text, int keys[KEYS_PER_ACTION], const char **bad)
{
    int n = 0;

    memset(keys, 0, KEYS_PER_ACTION * sizeof *keys);
    for (const char *p = text + strspn(text, " "); *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        int key = event_key_parse(p, len);

        *bad = p;
        if (key == 0 || n == KEYS_PER_ACTION)
            return false;
        keys[n++] = key;
        p += len;
    }
    return true;
}

static void make_text(struct keymap *map, enum action action)
{
    char *out = map->text[action];
    size_t at = 0;

    out[0] = '\0';
    event_key_name(map->keys[action][0], map->first[action]);
    for (int i = 0; i < KEYS_PER_ACTION && map->keys[action][i]; i++) {
        char name[KEY_NAME_SIZE];

        event_key_name(map->keys[action][i], name);
        int n = snprintf(out + at, KEYS_TEXT_SIZE - at, "%s%s", i > 0 ? " " : "", name);

        at = n > 0 && at + (size_t)n < KEYS_TEXT_SIZE ? at + (size_t)n : KEYS_TEXT_SIZE - 1;
    }
}

void keymap_default(struct keymap *map)
{
    const char *bad;

    memset(map, 0, sizeof *map);
    for (int a = 1; a < ACTION_COUNT; a++) {
        (void)parse_keys(rows[a].keys, map->keys[a], &bad); /* a unit test reads every row */
        make_text(map, (enum action)a);
    }
}

static bool has_key(const struct keymap *map, int action, int key)
{
    for (int i = 0; i < KEYS_PER_ACTION && map->keys[action][i]; i++) {
        if (map->keys[action][i] == key)
            return true;
    }
    return false;
}

bool keymap_clash(const struct keymap *map, enum action *a, enum action *b, int *key)
{
    for (int i = 1; i < ACTION_COUNT; i++) {
        for (int k = 0; k < KEYS_PER_ACTION && map->keys[i][k]; k++) {
            for (int j = i + 1; j < ACTION_COUNT; j++) {
                if (!(rows[i].contexts & rows[j].contexts) || !has_key(map, j, map->keys[i][k]))
                    continue;
                *a = (enum action)i;
                *b = (enum action)j;
                *key = map->keys[i][k];
                return true;
            }
        }
    }
    return false;
}

enum err_code keymap_bind(struct keymap *map, const char *word, const char *keys, struct err *err)
{
    enum action action = action_find(word), a, b;
    struct keymap next = *map;
    const char *bad = keys;
    int key;
    char name[KEY_NAME_SIZE];

    if (action == ACTION_NONE)
        return err_set(err, ERR_PARSE, "there is no action %.40s for a key", word);
    if (!parse_keys(keys, next.keys[action], &bad))
        return err_set(err, ERR_PARSE, "%.*s is no key, or one too many for %s (%d at most)",
                       (int)strcspn(bad, " "), bad, word, KEYS_PER_ACTION);
    if (keymap_clash(&next, &a, &b, &key)) {
        event_key_name(key, name);
        return err_set(err, ERR_PARSE, "the key %s is for %s already", name,
                       a == action ? rows[b].word : rows[a].word);
    }
    make_text(&next, action);
    *map = next;
    return ERR_OK;
}

bool keymap_uses(const struct keymap *map, int key)
{
    for (int a = 1; a < ACTION_COUNT; a++) {
        if (has_key(map, a, key))
            return true;
    }
    return false;
}

enum action keymap_find(const struct keymap *map, enum key_context context, int key)
{
    for (int a = 1; a < ACTION_COUNT; a++) {
        if ((rows[a].contexts & context) && has_key(map, a, key))
            return (enum action)a;
    }
    return ACTION_NONE;
}

size_t keys_hints(const struct keymap *map, enum key_context context, unsigned have,
                  struct key_hint *out, size_t max)
{
    int ranks[ACTION_COUNT];
    size_t n = 0;

    for (int a = 1; a < ACTION_COUNT; a++) {
        size_t at = n;

        if (rows[a].rank == 0 || !(rows[a].contexts & context) || !map->keys[a][0] || n == max)
            continue;
        while (at > 0 && ranks[at - 1] > rows[a].rank) {
            ranks[at] = ranks[at - 1];
            out[at] = out[at - 1];
            at--;
        }
        ranks[at] = rows[a].rank;
        out[at] = (struct key_hint){.key = map->first[a],
                                    .label = rows[a].label,
                                    .is_off = action_reason((enum action)a, have) != NULL,
                                    .is_pinned = rows[a].rank >= PINNED_RANK};
        n++;
    }
    return n;
}

size_t keys_help(const struct keymap *map, enum key_context context, unsigned have,
                 struct help_item *out, size_t max)
{
    size_t n = 0;

    for (int group = 0; group < GROUP_COUNT; group++) {
        for (int a = 1; a < ACTION_COUNT; a++) {
            if ((int)rows[a].group != group || !(rows[a].contexts & context) || !map->keys[a][0] ||
                n == max)
                continue;
            out[n++] = (struct help_item){.group = group_titles[group],
                                          .keys = map->text[a],
                                          .text = rows[a].help,
                                          .reason = action_reason((enum action)a, have),
                                          .action = a};
        }
    }
    return n;
}
