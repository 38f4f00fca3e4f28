/* points: the recovery points of the demo's vaults. A vault of the book lists series: so many
 * points of each of some resources ("Of"), or copies of another vault's series ("CopyOf"), every
 * Step-th of them. A point is made from its series, its resource and its age alone, so snapshots,
 * copies and copy jobs agree about it without anything being stored. */
#ifndef KEYFALL_DEMO_POINTS_H
#define KEYFALL_DEMO_POINTS_H

#include "backend/base/mem.h"
#include "backend/demo/expand.h"

struct point {
    const struct book_place *place; /* of the vault */
    const cJSON *series, *vault;    /* of the book */
    const char *salt;
    const char *arn, *id; /* id: what follows the last ':' or '/' of a snapshot's ARN */
    const char *resource_arn, *resource_type, *resource_name;
    const char *vault_name, *vault_arn;
    const char *key_arn;        /* "": none that can be named */
    const char *key_type;       /* as AWS Backup says it; "": it says nothing */
    const struct point *source; /* of a copy: what it was copied from; NULL */
    int64_t at_utc, days;       /* days: how long it is kept; 0: for ever */
    int64_t size_bytes, size_gib;
    bool is_newest;
};

typedef enum err_code (*point_fn)(void *ctx, const struct point *p, struct err *err);

/* Calls fn for each point of a vault, newest first in each series, until it fails. What it is given
 * is valid during the call. snapshots: only the points that this list of snapshots has too ("EBS",
 * "RDS", "Aurora"); NULL: all. */
NODISCARD enum err_code points_each(const struct book_place *place, const cJSON *vault,
                                    const char *snapshots, point_fn fn, void *ctx, struct err *err);

/* How many there are. */
NODISCARD enum err_code points_count(const struct book_place *place, const cJSON *vault, long *n,
                                     struct err *err);

/* As AWS Backup calls the key of a vault of the book; "" if it says nothing (AWS managed keys). */
const char *points_key_type(const cJSON *vault);

/* Whether a series holds copies of what is in a place. */
bool points_are_copies_from(const struct book_place *vault_place, const cJSON *series,
                            const struct book_place *source);
/* The same for one series of a vault. */
NODISCARD enum err_code points_of_series(const struct book_place *place, const cJSON *vault,
                                         const cJSON *series, const char *snapshots, point_fn fn,
                                         void *ctx, struct err *err);

/* The scope of shapes about a point. It points into p and v. */
#define POINT_VARS 20
struct point_vars {
    struct var vars[POINT_VARS];
    char size[24], gib[24], days[24], delete_at[24];
};
struct scope points_scope(const struct point *p, struct point_vars *v);

#endif
