/* holdings: what each kind of record that holds data says of its key, its source and its state, so that
 * nobody else has to know which attribute that is. Constant rows; pure functions; any thread. */
#ifndef KEYFALL_JUDGE_HOLDINGS_H
#define KEYFALL_JUDGE_HOLDINGS_H

#include "backend/estate/estate.h"

#include <stdbool.h>

struct holding {
    enum kind kind;
    enum attr key;       /* REF to the key (or alias) that it is under */
    enum attr encrypted; /* BOOL; ATTR_NONE: how tells, or it is encrypted when it has a key */
    enum attr how;       /* TEXT: how it is encrypted; ATTR_NONE: not told */
    const char *owned;   /* what `how` says of a key that AWS owns */
    bool is_store;       /* `how` is one of ENCRYPTION_ (model.h): it tells whether it is encrypted too */
    enum attr source;    /* REF to what it is a backup of; ATTR_NONE: it is no backup */
    enum attr name;      /* ATTR_NONE: known by the end of its ARN */
    enum attr status;
    const char *const *whole; /* statuses of a complete backup, NULL-ended */
    bool has_no_backups; /* AWS has no backups of such things */
};
const struct holding *holding_of(enum kind kind); /* NULL: holds no data */

/* Its key as a REF; VALUE_ABSENT: it is not encrypted, or under a key that AWS owns. */
struct value holding_key(const struct record *r);
/* VALUE_KNOWN with number, or VALUE_UNKNOWN. */
struct value holding_encrypted(const struct record *r);
/* Under a key that AWS owns: nobody can name it or take it away. */
bool holding_is_aws_owned(const struct record *r);
/* It is (or may be) under a key, and which was not told. */
bool holding_key_is_unnamed(const struct record *r);
/* A recovery point that is a snapshot we also see: the snapshot's node; automated backups that are a recovery
 * point which we see: that one's; else 0. */
uint32_t holding_twin(const struct record *r);
/* What a recovery point and the snapshot that it is have in common, seen or not; else its own node. */
uint32_t holding_identity(const struct record *r);
/* The key that a REF names: itself, or what its alias points to; 0 if that cannot be told. */
uint32_t holding_resolve(const struct generation *g, uint32_t key_or_alias);
/* A backup that is complete (not partial, being made, or failed). */
bool holding_is_whole(const struct record *r);

#endif
