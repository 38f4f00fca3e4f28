/* themes_builtin: the files of themes/, compiled in. A new one needs its row in themes_builtin.c.
 * Constants, any thread. */
#ifndef KEYFALL_TUI_THEMES_BUILTIN_H
#define KEYFALL_TUI_THEMES_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

struct theme_file {
    const char *name; /* without .theme */
    const char *text;
    size_t len;
};

/* The i-th, from 0. False when there is none. */
bool themes_builtin(size_t i, struct theme_file *out);

#endif
