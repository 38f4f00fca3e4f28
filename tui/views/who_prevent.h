/* who_prevent: what would stop a key's deletion or warn of it, as rows of the page that says who may use it. */
#ifndef KEYFALL_TUI_WHO_PREVENT_H
#define KEYFALL_TUI_WHO_PREVENT_H

#include "backend/judge/prevent.h"

enum means { MEANS_STATEMENT, MEANS_SCP, MEANS_RULE, MEANS_COUNT };

const char *means_title(enum means means);
void means_says(const struct prevention *p, enum means means, struct buf *out);    /* what it breaks, shortly */
const char *means_text(const struct prevention *p, enum means means);              /* JSON */
/* Who loses what, and which flows; who may take it off again. */
void means_breaks(const struct prevention *p, enum means means, struct buf *out);

#endif
