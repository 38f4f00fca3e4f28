/* role: what a piece of text is, never what colour it has.
 *
 * One row each: enum, the word in a theme file, the role it looks like when a theme does not name
 * it, and what it is for. Themes (theme.h) turn roles into colours and attributes; every state is
 * also a letter, so a terminal without colours loses nothing. Constants, any thread. */
#ifndef KEYFALL_TUI_ROLE_H
#define KEYFALL_TUI_ROLE_H

#define ROLES(X)                                                                                   \
    X(ROLE_NORMAL, "normal", ROLE_NORMAL, "text")                                                  \
    X(ROLE_DIM, "dim", ROLE_NORMAL, "text that matters less")                                      \
    X(ROLE_STRONG, "strong", ROLE_NORMAL, "the one number or word to see first")                   \
    X(ROLE_BRAND, "brand", ROLE_STRONG, "the program's name")                                      \
    X(ROLE_SCOPE, "scope", ROLE_NORMAL, "where we are: line 1")                                    \
    X(ROLE_MODE_VIEWER, "mode_viewer", ROLE_STRONG, "the word VIEWER")                             \
    X(ROLE_MODE_READ, "mode_read", ROLE_STRONG, "the word READ")                                   \
    X(ROLE_MODE_CHANGES, "mode_changes", ROLE_CURSOR, "the word CHANGES")                          \
    X(ROLE_TAB, "tab", ROLE_DIM, "a panel's name on line 2")                                       \
    X(ROLE_TAB_ACTIVE, "tab_active", ROLE_STRONG, "the panel in front")                            \
    X(ROLE_TITLE, "title", ROLE_STRONG, "the title of a box")                                      \
    X(ROLE_SECTION, "section", ROLE_TITLE, "a caption inside a panel")                             \
    X(ROLE_HEADER, "header", ROLE_DIM, "column titles")                                            \
    X(ROLE_LABEL, "label", ROLE_DIM, "the name of a field")                                        \
    X(ROLE_CURSOR, "cursor", ROLE_NORMAL, "the row of the cursor in the focused box")              \
    X(ROLE_CURSOR_UNFOCUSED, "cursor_unfocused", ROLE_STRONG, "the row of the cursor elsewhere")   \
    X(ROLE_MARK, "mark", ROLE_STRONG, "a marked row")                                              \
    X(ROLE_MATCH, "match", ROLE_STRONG, "what a search found")                                     \
    X(ROLE_SEV_CRITICAL, "sev_critical", ROLE_ERROR, "C")                                          \
    X(ROLE_SEV_HIGH, "sev_high", ROLE_WARNING, "H")                                                \
    X(ROLE_SEV_MEDIUM, "sev_medium", ROLE_NORMAL, "M")                                             \
    X(ROLE_SEV_LOW, "sev_low", ROLE_NORMAL, "L")                                                   \
    X(ROLE_SEV_INFO, "sev_info", ROLE_DIM, "I")                                                    \
    X(ROLE_SEV_NONE, "sev_none", ROLE_DIM, "a dot: nothing found")                                 \
    X(ROLE_OK, "ok", ROLE_NORMAL, "known and good")                                                \
    X(ROLE_UNKNOWN, "unknown", ROLE_WARNING, "?: could not be seen")                               \
    X(ROLE_STALE, "stale", ROLE_DIM, "~: older than the refresh time")                             \
    X(ROLE_DENIED, "denied", ROLE_UNKNOWN, "access was denied")                                    \
    X(ROLE_LOADING, "loading", ROLE_DIM, "..: being read")                                         \
    X(ROLE_ABSENT, "absent", ROLE_DIM, "-: does not apply")                                        \
    X(ROLE_LOST, "lost", ROLE_SEV_CRITICAL, "never readable again")                                \
    X(ROLE_DOWN, "down", ROLE_SEV_HIGH, "stopped until repaired")                                  \
    X(ROLE_DEGRADED, "degraded", ROLE_SEV_MEDIUM, "new backups or copies fail")                    \
    X(ROLE_SAFE, "safe", ROLE_OK, "depends on it and survives")                                    \
    X(ROLE_KEY, "key", ROLE_STRONG, "a key to press")                                              \
    X(ROLE_KEY_LABEL, "key_label", ROLE_NORMAL, "what a key does")                                 \
    X(ROLE_KEY_OFF, "key_off", ROLE_DIM, "a key that is off here")                                 \
    X(ROLE_INPUT, "input", ROLE_NORMAL, "text being typed")                                        \
    X(ROLE_MESSAGE, "message", ROLE_NORMAL, "what is happening: the line above the keys")          \
    X(ROLE_ERROR, "error", ROLE_STRONG, "something failed")                                        \
    X(ROLE_WARNING, "warning", ROLE_STRONG, "something needs care")                                \
    X(ROLE_FROZEN, "frozen", ROLE_CURSOR, "the screen is frozen")                                  \
    X(ROLE_BORDER, "border", ROLE_DIM, "lines and boxes")                                          \
    X(ROLE_BORDER_FOCUS, "border_focus", ROLE_STRONG, "the box that has the keys")                 \
    X(ROLE_BAR_FULL, "bar_full", ROLE_NORMAL, "the full part of a bar")                            \
    X(ROLE_BAR_EMPTY, "bar_empty", ROLE_DIM, "the empty part of a bar")                            \
    X(ROLE_SPARK, "spark", ROLE_NORMAL, "a sparkline")                                             \
    X(ROLE_WORD_RED, "word_red", ROLE_SEV_CRITICAL, "a word for accounts where care is needed")    \
    X(ROLE_WORD_YELLOW, "word_yellow", ROLE_WARNING, "the same; which one keyfall.conf says")      \
    X(ROLE_WORD_GREEN, "word_green", ROLE_OK, "the same")                                          \
    X(ROLE_WORD_BLUE, "word_blue", ROLE_SEV_LOW, "the same")                                       \
    X(ROLE_WORD_MAGENTA, "word_magenta", ROLE_UNKNOWN, "the same")                                 \
    X(ROLE_WORD_CYAN, "word_cyan", ROLE_BRAND, "the same")                                         \
    X(ROLE_LINK, "link", ROLE_NORMAL, "something that enter opens")

enum role {
#define X(role, word, like, what) role,
    ROLES(X)
#undef X
        ROLE_COUNT
};

/* The word in a theme file. Never NULL. */
const char *role_word(enum role role);
/* The role it looks like when a theme leaves it out. */
enum role role_fallback(enum role role);
/* ROLE_COUNT if there is none of that name; word need not end in NUL. */
enum role role_find(const char *word, unsigned long len);

#endif
