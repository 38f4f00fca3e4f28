#include "backend/collect/permissions.h"

#include "backend/collect/collect.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_out(action_vec *v)
{
    size_t n = 0;
    if (v->n > 0)
        qsort(v->items, v->n, sizeof *v->items, by_name);
    for (size_t i = 0; i < v->n; i++)
        if (n == 0 || strcmp(v->items[n - 1], v->items[i]) != 0)
            v->items[n++] = v->items[i];
    v->n = n;
}

static void add(action_vec *out, const struct op *op)
{
    const char *action = op_iam_action(op);
    if (op->effect == EFFECT_READ && action[0])
        VEC_PUSH(*out, action);
}

void permissions_to_read(bool with_organization, action_vec *out)
{
    out->n = 0;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (!feed->is_fallback && !op_get(feed->op)->on_demand)
            add(out, op_get(feed->op));
    }
    if (with_organization)
        add(out, op_get(OP_ORGANIZATIONS_LIST_ACCOUNTS));
    sort_out(out);
}

void permissions_on_demand(action_vec *out)
{
    out->n = 0;
    for (int i = 0; i < OP_COUNT; i++)
        if (op_get((enum op_id)i)->on_demand)
            add(out, op_get((enum op_id)i));
    sort_out(out);
}
