/* theme: what each role looks like. Data only: no terminal here.
 *
 * A theme is an INI file (backend/base/ini.h):
 *     [theme]
 *     name = dark
 *     author = ...
 *     for = where it is good
 *     ground = #12161b   what the terminal's default ground is taken for, by pictures and by the
 *     ink = #d8dee4      tests of contrast: nothing is drawn with it
 *     [roles]
 *     sev_high = #ff8800/208/yellow  default  bold
 * A value is one colour (text), a second one (ground), and any of bold dim italic underline
 * reverse, apart by blanks. A colour is `default`, one of the 16 names (black red green yellow blue
 * magenta cyan white, bright-red ...), 0-255, or #rrggbb; alternatives for richer and poorer
 * terminals are joined by / in any order, what is missing is the nearest. A role that a file leaves
 * out looks like its fallback (role.h). Any thread; a theme is plain data. */
#ifndef KEYFALL_TUI_THEME_H
#define KEYFALL_TUI_THEME_H

#include "backend/base/err.h"
#include "tui/term/role.h"

#include <stddef.h>
#include <stdint.h>

#define COLOR_NONE (-2) /* not given */
#define COLOR_DEFAULT (-1)

struct color {
    int32_t rgb;   /* 0xrrggbb, COLOR_DEFAULT or COLOR_NONE */
    int16_t c256;  /* 0-255, the same */
    int16_t c16;   /* 0-15, the same */
};

#define STYLE_BOLD 1u
#define STYLE_DIM 2u
#define STYLE_ITALIC 4u
#define STYLE_UNDERLINE 8u
#define STYLE_REVERSE 16u

struct style {
    struct color fg, bg; /* all three numbers are set once a theme is read */
    unsigned attrs;
};

struct theme {
    char name[32], author[64], suits[128];
    int32_t ground, ink; /* 0xrrggbb; COLOR_NONE: not said */
    struct style styles[ROLE_COUNT];
};

#define THEME_MAX_BYTES (64 * 1024)
#define THEME_DEFAULT "dark"
#define THEME_MONO "mono" /* what NO_COLOR and terminals without colours get */

/* Errors name file, line and column. */
NODISCARD enum err_code theme_parse(const char *file, const char *text, size_t len,
                                    struct theme *out, struct err *err);
/* The user's own $XDG_CONFIG_HOME/keyfall/themes/NAME.theme first, then the built-in one. A name
 * with a slash is a file. */
NODISCARD enum err_code theme_load(const char *name, struct theme *out, struct err *err);

/* Names to choose from, sorted, the user's own among them. The caller's: theme_names_free. */
char **theme_names(size_t *n);
void theme_names_free(char **names, size_t n);

#endif
