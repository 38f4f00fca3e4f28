#include "backend/judge/holds.h"

#include "backend/judge/internal.h"

#include <string.h>

bool hold_is_in_force(const struct record *hold)
{
    return value_is(hold, ATTR_LEGAL_HOLD_STATUS, "ACTIVE") || value_is(hold, ATTR_LEGAL_HOLD_STATUS, "CREATING");
}

static enum hold_names names(const struct record *hold, enum attr attr, uint32_t node)
{
    struct value arns = record_value(hold, attr);
    const struct estate *e = generation_estate(hold->generation);
    if (arns.is == VALUE_UNKNOWN)
        return HOLD_UNKNOWN;
    for (const char *arn = NULL; (arn = value_next(&arns, arn));)
        if (node && estate_find_node(e, kind_of_arn(arn, strlen(arn)), arn, strlen(arn)) == node)
            return HOLD_YES;
    return HOLD_NO;
}

enum hold_names hold_names(const struct record *hold, uint32_t node)
{
    enum hold_names vault = names(hold, ATTR_LEGAL_HOLD_VAULTS, node);
    return vault == HOLD_NO ? names(hold, ATTR_LEGAL_HOLD_RESOURCES, node) : vault;
}

/* A point whose age is not known is not said to be held by a hold that has dates. */
static bool is_in_time(const struct record *hold, const struct record *point)
{
    int64_t from, to, created;
    bool has_from = value_number(hold, ATTR_LEGAL_HOLD_FROM, &from);
    bool has_to = value_number(hold, ATTR_LEGAL_HOLD_TO, &to);
    if (!has_from && !has_to)
        return true;
    return value_number(point, ATTR_POINT_CREATED, &created) && (!has_from || created >= from) &&
           (!has_to || created <= to);
}

bool point_is_held(const struct record *point)
{
    uint32_t vault = value_node(point, ATTR_POINT_VAULT), resource = value_node(point, ATTR_POINT_RESOURCE);
    struct record hold;
    for (struct walk w = walk_kind(point->generation, KIND_LEGAL_HOLD); walk_next(&w, &hold);)
        if (hold_is_in_force(&hold) && is_in_time(&hold, point) &&
            (hold_names(&hold, vault) == HOLD_YES || hold_names(&hold, resource) == HOLD_YES))
            return true;
    return false;
}
