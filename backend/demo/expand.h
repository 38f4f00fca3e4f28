/* expand: from a shape of the book to what AWS would answer. Fills in ${...}, turns now-3d into
 * times, puts an entry's own members over the shape's, and writes XML answers as tree.h has them.
 * Everything is made from the book, the place, the entry and its number alone, so it is always the
 * same.
 *
 * What ${...} may hold: account, region, name, n, date, organization, management; a variable of the
 * scope; a member of the entry; id:ACCOUNT; key:REF, keyid:REF, vault:REF (REF is
 * NAME[@REGION[@ACCOUNT]]); resource:KIND/REF; uuid, hex, caps, word, each also with :MORE;
 * hexof:SALT; 1, 2 ... (words of a statement); and |DEFAULT. Braces may stand in braces. */
#ifndef KEYFALL_DEMO_EXPAND_H
#define KEYFALL_DEMO_EXPAND_H

#include "backend/base/mem.h"
#include "backend/demo/book.h"

struct var {
    const char *name, *value; /* value NULL: as if it were empty */
};

struct scope {
    const struct book_place *place;
    const cJSON *entry; /* of the book; may be NULL */
    const char *name;   /* of this one: a {1..3} in the entry's name is filled in; may be NULL */
    const char *salt;   /* what ids are made from, with the place: "volume/orders-data-3" */
    long n;             /* from 1 */
    int64_t at_utc;
    const struct var *vars;
    size_t n_vars;
    bool is_xml;
};

/* Appends the text. */
NODISCARD enum err_code expand_text(const struct scope *s, const char *template, struct buf *out,
                                    struct err *err);
/* Adds the shape to a parent: under a name to an object, without one to an array; then the members
 * of overrides (may be NULL; a null takes a member away). */
NODISCARD enum err_code expand_into(const struct scope *s, cJSON *parent, const char *name,
                                    const cJSON *shape, const cJSON *overrides, struct err *err);
/* The members of a shape as members of out, in place of those that it has. A null takes one away.
 */
NODISCARD enum err_code expand_members(const struct scope *s, cJSON *out, const cJSON *shape,
                                       struct err *err);

/* A policy's text: the statements that the list names, as AWS's console would have written them. */
NODISCARD enum err_code expand_policy(const struct scope *s, const cJSON *words, struct buf *out,
                                      struct err *err);

/* The same as software writes it: without blanks, and without an id. */
NODISCARD enum err_code expand_document(const struct scope *s, const cJSON *words, struct buf *out,
                                        struct err *err);

/* Time of "now-3d04h" or "at+26m". False if the text is none. */
bool expand_time(const struct scope *s, const char *text, int64_t *utc);

/* ARNs of what a reference names; the place is where it is said. The caller's (buf_free). */
NODISCARD enum err_code expand_key_arn(const struct book_place *from, const char *ref,
                                       struct buf *out, struct err *err);
NODISCARD enum err_code expand_vault_arn(const struct book_place *from, const char *ref,
                                         struct buf *out, struct err *err);

/* NAME[@REGION[@ACCOUNT]] taken apart. Texts live in the arena. */
NODISCARD enum err_code expand_ref(const struct book_place *from, const char *ref,
                                   struct arena *arena, const char **name, struct book_place *place,
                                   struct err *err);

/* The number that ids of a thing are made from. */
uint64_t expand_hash(const struct book_place *place, const char *salt, const char *more);

#endif
