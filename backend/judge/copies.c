#include "backend/judge/internal.h"

#define NO_KEY (UINT64_C(1) << 33)    /* the family of what is not encrypted */
#define OWNED_KEY (UINT64_C(1) << 34) /* and of what is under keys that AWS owns */
#define MAX_FAMILIES 64

enum tri judge_restorable(const struct judgement *j, const struct record *backup)
{
    struct value key = holding_key(backup), encrypted = holding_encrypted(backup);
    if (key.is == VALUE_KNOWN) {
        enum key_health health = judge_key(j, judge_resolve_key(j, key.node));
        return health == KEY_USABLE ? TRI_YES : health == KEY_UNKNOWN ? TRI_UNKNOWN : TRI_NO;
    }
    if (key.is == VALUE_ABSENT && holding_is_aws_owned(backup))
        return TRI_YES;
    return key.is == VALUE_ABSENT && encrypted.is == VALUE_KNOWN && !encrypted.number ? TRI_YES
                                                                                      : TRI_UNKNOWN;
}

struct families {
    uint64_t items[MAX_FAMILIES];
    uint64_t n;
};

static void family_add(struct families *f, uint64_t family)
{
    for (uint64_t i = 0; i < f->n; i++)
        if (f->items[i] == family)
            return;
    if (f->n < MAX_FAMILIES)
        f->items[f->n++] = family;
}

static void copy_add(const struct judgement *j, const struct record *r, struct families *families,
                     struct copies *out)
{
    if (!holding_is_whole(r))
        return;
    enum tri can = judge_restorable(j, r);
    if (can == TRI_NO)
        return;
    struct value key = holding_key(r);
    uint64_t family = key.is == VALUE_KNOWN     ? key_family(j, judge_resolve_key(j, key.node))
                      : holding_is_aws_owned(r) ? OWNED_KEY
                                                : NO_KEY;
    if (can == TRI_YES && family)
        family_add(families, family);
    else
        out->independent_is_known = false;
    if (out->restorable != TRI_YES)
        out->restorable = can;
}

struct copies judge_copies(const struct judgement *j, uint32_t resource)
{
    struct copies out = {.independent_is_known = true,
                         .is_sure = truth_is_sure(j->backups_truth),
                         .truth = j->backups_truth};
    struct families families = {.n = 0};
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(j->generation, resource); hang_next(&h, &r, &edge);) {
        if (edge != EDGE_BACKUP_OF || is_twin_of_another(&r, resource, edge))
            continue;
        out.n++;
        copy_add(j, &r, &families, &out);
    }
    out.independent = families.n;
    if (!out.is_sure && out.restorable == TRI_NO)
        out.restorable = TRI_UNKNOWN;
    return out;
}
