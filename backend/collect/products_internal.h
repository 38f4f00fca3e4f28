/* products_internal: what the files of collect/products*.c share. Nobody else includes this. */
#ifndef KEYFALL_COLLECT_PRODUCTS_INTERNAL_H
#define KEYFALL_COLLECT_PRODUCTS_INTERNAL_H

#include "backend/collect/products.h"

#define PRODUCT_FIELDS 12 /* of the kind that has most */

struct product_field {
    enum attr attr;
    uint32_t node;     /* of a REF */
    const char *text;  /* else; LIST and REFS: a NUL after each item */
    size_t len;
};

/* A record as it will be written. */
struct product_row {
    enum list list;
    const char *account, *region, *id;
    struct product_field fields[PRODUCT_FIELDS];
    int n_fields;
    int64_t seen_at;   /* of the oldest list that it follows from; TIME_NONE: of none */
};

/* One derivation: texts live in its arena or in the estate. */
struct deriving {
    struct estate *estate;
    const struct generation *generation;
    const struct product_settings *settings; /* NULL: none */
    struct arena *arena;
    VEC(struct product_row) rows;
};

struct product_row *row_add(struct deriving *d, enum list list, const char *account, const char *region,
                            const char *id);
void row_say(struct product_row *row, enum attr attr, const char *text); /* nothing if NULL or "" */
void row_say_node(struct product_row *row, enum attr attr, uint32_t node);
void row_say_items(struct deriving *d, struct product_row *row, enum attr attr, const struct buf *items);
void row_seen(struct product_row *row, const struct slice *s); /* it follows from that list */
/* "tags", "configuration" or both, in words. */
void row_say_source(struct product_row *row, enum attr attr, bool by_tags, bool by_settings);

/* The value of a tag; NULL: it has none. */
const char *tag_of(const struct record *key, const char *name);
/* The n-th word of a text (blanks and commas between) in the arena; NULL: there are fewer. */
const char *word_of(struct deriving *d, const char *text, size_t n);
/* A hostile word as a part of an id: what could end the part becomes '_'. */
const char *id_part(struct deriving *d, const char *word);
/* Where a node's ARN says that it is. */
void place_of(struct deriving *d, uint32_t node, const char **account, const char **region);
const char *arn_of(struct deriving *d, uint32_t node);
/* Which key a key or an alias means, as far as a generation tells; 0: it does not. */
uint32_t resolved_key(const struct generation *g, uint32_t key_or_alias);
bool has_text(const struct texts *texts, const char *text);
/* Adds a sentence to what is in conflict: *conflict may be NULL. */
void conflict_add(struct deriving *d, const char **conflict, const char *fmt, ...) PRINTF_LIKE(3, 4);

void derive_ekm(struct deriving *d);
void derive_credentials(struct deriving *d);
void derive_autobackup(struct deriving *d);

#endif
