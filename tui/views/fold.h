/* fold: which of the findings in a selection are seen: causes, and under those that are open their
 * effects.
 *
 * The judge says what is an effect; it folds where its cause is in the selection too. Building may
 * be done by any thread; a fold is used by one at a time. Rows are indices into the selection. */
#ifndef KEYFALL_TUI_FOLD_H
#define KEYFALL_TUI_FOLD_H

#include "backend/view/view.h"

struct fold {
    uint32_t *roots; /* what stands by itself, in the order of the selection */
    uint32_t *first; /* of each root, n_roots + 1: where its effects begin in effects */
    uint32_t *effects;
    size_t n_roots, n_effects;
    VEC(uint32_t) rows;    /* what is seen */
    VEC(uint32_t) root_of; /* of each row: index into roots */
};

void fold_build(struct fold *f, const struct judgement *j, const struct selection *s);
void fold_free(struct fold *f);
/* Makes the rows: the effects of these causes (nodes) are seen, all others are not. */
void fold_show(struct fold *f, const struct judgement *j, const struct selection *s,
               const uint32_t *open, size_t n_open);

enum fold_row { FOLD_ALONE, FOLD_CLOSED, FOLD_OPEN, FOLD_EFFECT, FOLD_LAST_EFFECT };
enum fold_row fold_row(const struct fold *f, size_t row);
size_t fold_cause_row(const struct fold *f,
                      size_t row); /* of an effect its cause's row; else its own */

#endif
