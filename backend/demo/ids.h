/* ids: made-up identifiers in the forms that AWS uses, each a function of a number. Pure. */
#ifndef KEYFALL_DEMO_IDS_H
#define KEYFALL_DEMO_IDS_H

#include "backend/base/mem.h"

#include <stddef.h>
#include <stdint.h>

#define IDS_SEED UINT64_C(0xcbf29ce484222325)

/* Goes on with a hash (IDS_SEED at first). The same on every machine. */
uint64_t ids_hash(uint64_t hash, const char *text);
uint64_t ids_mix(uint64_t hash);

void ids_uuid(uint64_t hash, struct buf *out);  /* 36 characters, version 4 */
void ids_hex(uint64_t hash, struct buf *out);   /* 16 digits */
void ids_hex32(uint64_t hash, struct buf *out); /* 32 digits */
void ids_caps(uint64_t hash, struct buf *out);  /* 17 capitals and digits */
void ids_word(uint64_t hash, struct buf *out);  /* 48 letters and digits */

#endif
