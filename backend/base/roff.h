/* roff: text for pages of the manual, in the man macros. Any thread. */
#ifndef KEYFALL_BASE_ROFF_H
#define KEYFALL_BASE_ROFF_H

#include "backend/base/mem.h"

/* Appended so that it shows as it is, whatever stands in it: on the same line, or as whole lines that are not
 * filled (empty ones kept). */
void roff_text(struct buf *out, const char *text);
void roff_lines(struct buf *out, const char *text);
/* .SH or .SS with a title. */
void roff_head(struct buf *out, const char *macro, const char *title);
/* A tagged paragraph: the tag in bold, then the text; note, in italics behind the tag, may be NULL. */
void roff_item(struct buf *out, const char *tag, const char *note, const char *text);
/* What every page begins with: its name, section, title and one line of what it is. */
void roff_begin(struct buf *out, const char *name, const char *section, const char *version, const char *what);

#endif
