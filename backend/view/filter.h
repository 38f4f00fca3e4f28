/* filter: what selecting many rows adds to filter_matches of view.h: a memo of what was found before.
 * Private to view/. One selection, one thread. */
#ifndef KEYFALL_VIEW_FILTER_H
#define KEYFALL_VIEW_FILTER_H

#include "backend/view/view.h"

#define MEMO_TERMS 4      /* the first so many terms are remembered */
#define FILTER_COLUMNS 40 /* and of so many columns */

struct filter_memo {
    struct bits {
        uint8_t *items; /* two for each of the first four terms: not asked, no, yes */
        size_t n;
    } strings, accounts, nodes, columns[FILTER_COLUMNS]; /* by string of the estate; by scope; by node; by what
                                                            the cells of a column depend on */
    struct named {
        bool is_asked;
        VEC(const char *) accounts; /* numbers, sorted */
    } named[MEMO_TERMS]; /* whose names a term matches */
    struct buf arn;
};

/* memo may be NULL. */
bool filter_matches_with(const struct filter *f, const struct view_context *c, struct filter_memo *memo,
                         const struct view_row *row);
void filter_memo_free(struct filter_memo *memo);

#endif
