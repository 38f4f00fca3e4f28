/* text: what becomes of the texts of an estate when nobody's names may stay. Private to redact/. Pure, any thread.
 *
 * Words of AWS's (words.def) stay where AWS puts them: partitions, services, Regions and types of ARNs, hosts of
 * services, marks. All else, account ids too, is renamed word by word (rename.h): what was equal, began or ended alike
 * still does. */
#ifndef KEYFALL_REDACT_TEXT_H
#define KEYFALL_REDACT_TEXT_H

#include "backend/redact/rename.h"

/* Appends. */
void redact_text(const struct rename *r, const char *text, size_t len, struct buf *out);
/* Of a value that is one of AWS's words unless it holds what no word does: an ARN, an account. */
void redact_word(const struct rename *r, const char *text, size_t len, struct buf *out);
/* A policy, or another document of JSON: all but its texts stays as it is, byte for byte. */
void redact_document(const struct rename *r, const char *text, size_t len, struct buf *out);

bool redact_is_service(const char *name, size_t len);

#endif
