/* diff: two postures compared, view by view: what appeared, is gone, changed, which findings opened and closed, which
 * blind spots came and went.
 *
 * A row is the same row if its id, account and region are (and, of findings, the rule). What is no longer there is
 * gone only if the list that held it was read whole; otherwise it is *not seen*. What is there now and was not is new
 * only if that list was read whole before; otherwise it is *seen now*. Columns that tell of the reading itself
 * (seen_at, first_seen) or repeat findings and blind spots (severity, findings, blind) are not compared.
 *
 * One thread; the contexts' scratch arenas are emptied. Memory grows with the largest view. */
#ifndef KEYFALL_VIEW_DIFF_H
#define KEYFALL_VIEW_DIFF_H

#include "backend/base/csv.h"
#include "backend/view/view.h"

/* Word, and whether it means that something got worse. */
#define DIFF_KINDS(X)                                                                              \
    X(OPENED, "opened", true)        /* a finding that is proved now */                            \
    X(WORSENED, "worsened", true)    /* a finding that is more severe */                           \
    X(NOT_SEEN, "not-seen", true)    /* it is not there, and its list was not read whole */        \
    X(BLIND, "blind", true)          /* a blind spot that was none */                              \
    X(CLOSED, "closed", false)                                                                     \
    X(SIGHTED, "sighted", false)     /* a blind spot that is none any more */                      \
    X(APPEARED, "appeared", false)                                                                 \
    X(SEEN_NOW, "seen-now", false)   /* it is there, and its list was not read whole before */     \
    X(GONE, "gone", false)                                                                         \
    X(CHANGED, "changed", false)

enum diff_kind {
#define X(id, word, is_worse) DIFF_##id,
    DIFF_KINDS(X)
#undef X
        DIFF_KIND_COUNT
};
const char *diff_word(enum diff_kind kind);
bool diff_is_worse(enum diff_kind kind);

/* One side: a generation with its judgement, or the CSV of a view (of the view posture, say). */
struct diff_side {
    const struct view_context *context; /* NULL: table */
    const struct view *view;            /* of the table */
    const struct csv_table *table;
};

struct diff_change {
    enum diff_kind kind;
    const struct view *view;
    const char *id, *account, *region;
    const char *rule;                   /* of a finding; "" */
    const char *column;                 /* of a changed cell, or of a worsened one; "" */
    const char *was, *is;               /* that cell; of a row that came or went "" */
};
/* Calls tell for each change, view by view in the order of account, Region and id; texts are valid during the call.
 * A CSV is compared with the rows of its view alone. Sides that are both CSVs tell of nothing that went. */
void diff_compare(const struct diff_side *was, const struct diff_side *is,
                  void (*tell)(void *ctx, const struct diff_change *change), void *ctx);

#endif
