/* sheet: one row being filled, before it is known that all of it can be read. What the files of collect/
 * share; nobody else includes this. Texts point into the answer, the estate or scratch, and live until the
 * row is written. */
#ifndef KEYFALL_COLLECT_SHEET_H
#define KEYFALL_COLLECT_SHEET_H

#include "backend/collect/collect.h"

#define SHEET_FIELDS 32 /* the largest kind has fewer attributes */

struct field {
    enum { FIELD_EMPTY, FIELD_TEXT, FIELD_NUMBER, FIELD_NODE } is;
    uint32_t node;
    int64_t number;
    const char *text;
    size_t len;
};

struct sheet {
    const struct feed *feed;
    struct estate *estate;
    struct arena *scratch;     /* emptied for each item */
    const struct place *place;
    uint32_t parent;           /* the record that was asked about; 0: none */
    const cJSON *outer;        /* the item whose own list this one stands in; NULL */
    enum kind kind;
    struct buf *gathered;      /* what a facet of many items adds up to */
    struct buf line;           /* for a while */
    struct field fields[SHEET_FIELDS];
};

void sheet_begin(struct sheet *s, enum kind kind);
void sheet_text(struct sheet *s, enum attr attr, const char *text);
void sheet_bytes(struct sheet *s, enum attr attr, const char *text, size_t len); /* LIST, REFS, MAP, DOC */
void sheet_number(struct sheet *s, enum attr attr, int64_t number);
void sheet_node(struct sheet *s, enum attr attr, uint32_t node);
bool sheet_has(const struct sheet *s, enum attr attr);
const struct field *sheet_field(const struct sheet *s, enum attr attr);
/* Reads the members of a facet that model.def names. */
NODISCARD enum err_code sheet_read(struct sheet *s, enum facet facet, const cJSON *item, struct err *err);
void sheet_write(const struct sheet *s, uint32_t *row);

/* ---- reading helpers --------------------------------------------------------------------------- */

/* A text that must be there and must not be empty. */
NODISCARD enum err_code need_text(const cJSON *item, const char *path, const char **out, struct err *err);
/* NULL if absent or empty. */
NODISCARD enum err_code maybe_text(const cJSON *item, const char *path, const char **out, struct err *err);
/* Appends the texts of a list, a NUL after each; items that are objects give their member `of`. */
NODISCARD enum err_code add_texts(const cJSON *tree, const char *path, const char *item, const char *of,
                                  struct buf *out, struct err *err);
/* Appends a text and its NUL unless it is there. */
void add_item_once(struct buf *items, const char *text);
/* The first of several members that is there. */
NODISCARD enum err_code sheet_first_text(struct sheet *s, enum attr attr, const cJSON *item,
                                         const char *first, const char *second, struct err *err);
/* What add_texts gathered in s->line, as the attribute; nothing if there was none. */
void sheet_line(struct sheet *s, enum attr attr);

/* ---- names: results live in scratch ------------------------------------------------------------ */

/* "arn:P:service:REGION:ACCOUNT:" before a printed rest. */
const char *place_arn(const struct sheet *s, const char *service, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* "keyfall:WORD/ACCOUNT/REGION/ID" */
const char *place_id(const struct sheet *s, const char *word, const char *id);
const char *parent_arn(struct sheet *s);
/* A KMS reference is a key id, a key ARN, an alias name or an alias ARN: gives the whole ARN
 * (https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id). */
const char *key_arn(const struct sheet *s, const char *reference);
const char *key_arn_in(const struct sheet *s, const char *region, const char *reference);
/* The text of the tag of a name; NULL: there is none. item: XML name of a tag. */
NODISCARD enum err_code tag_text(const cJSON *tree, const char *path, const char *item, const char *name,
                                 const char **out, struct err *err);
/* Further keys that an item names, each once and the item's own not again, as a REFS attribute. members:
 * dotted, ended by NULL. */
NODISCARD enum err_code sheet_other_keys(struct sheet *s, enum attr attr, const cJSON *item,
                                         const char *const *members, struct err *err);
/* The key and the encryption of a store. */
NODISCARD enum err_code sheet_store_key(struct sheet *s, const struct feed_key *key, const cJSON *item,
                                        struct err *err);
/* The member as a key reference. */
NODISCARD enum err_code sheet_key(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                                  struct err *err);

#endif
