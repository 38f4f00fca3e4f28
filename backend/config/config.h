/* config: reads keyfall.conf. An INI file (base/ini.h); what it may hold is the table in table.c, from which
 * `keyfall --print-config` is printed too.
 *
 * A layer of its own: backend/base has no AWS word, and accounts, ARNs and Regions stand in this file; cli/ and
 * those who are told by it (collect, judge, refresh, the screen) read the settings. Of the wire it knows how
 * AWS's words are written, no more.
 *
 * A wrong setting is told with file, line, column and what would be right, and left out; the rest counts. Of a line
 * that is none the same is told, and is_line_lost. */
#ifndef KEYFALL_CONFIG_CONFIG_H
#define KEYFALL_CONFIG_CONFIG_H

#include "backend/base/err.h"
#include "backend/config/settings.h"

#include <stdio.h>

#define CONFIG_MAX_BYTES (1u << 20)

struct settings *settings_new(void);        /* nothing given: every default */
void settings_free(struct settings *s);     /* NULL is fine */

/* Where the file is looked for without --config: $XDG_CONFIG_HOME/keyfall/keyfall.conf, else the same below
 * $HOME/.config. The caller's (mem_free); NULL: the environment names no place. */
char *config_default_path(void);

/* Fails only if the file as a whole cannot be read (ERR_NOT_FOUND, ERR_IO, ERR_LIMIT, ERR_PARSE: a NUL byte);
 * then *out has every default. *out is the caller's in any case. */
NODISCARD enum err_code config_read(const char *path, struct settings **out, struct err *err);
NODISCARD enum err_code config_parse(const char *name, const char *text, size_t len, struct settings **out,
                                     struct err *err);

/* Every section and setting with its meaning, type and default, and what was given; reading it gives the same
 * settings. */
void config_print(const struct settings *s, struct buf *out);
/* Only what findings are judged by (struct allow_settings), and only what was given. name: appends what stands for what
 * may be somebody's name; NULL: itself. */
typedef void config_name(void *ctx, const char *text, struct buf *out);
void config_print_judged(const struct settings *s, config_name *name, void *ctx, struct buf *out);

/* The same as a part of a page of the manual (base/roff.h), of every setting there is. */
void config_manual(struct buf *out);

#endif
