/* filter: what selecting many rows adds to filter_matches of view.h: a memo of what was found before.
 * Private to view/. One selection, one thread. */
#ifndef KEYFALL_VIEW_FILTER_H
#define KEYFALL_VIEW_FILTER_H

#include "backend/view/view.h"

struct filter_memo {
    uint8_t *known; /* by string of the estate: two bits for each of the first four terms */
    size_t n;
    struct buf arn;
};

/* memo may be NULL. */
bool filter_matches_with(const struct filter *f, const struct view_context *c, struct filter_memo *memo,
                         const struct view_row *row);
void filter_memo_free(struct filter_memo *memo);

#endif
