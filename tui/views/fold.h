/* fold: which of the findings or blind spots in a selection are seen: what stands by itself, and under those
 * that are open what folds.
 *
 * Of findings the judge says what is an effect; it folds where its cause is in the selection too. What cannot be
 * proved for want of a key's policy folds under the finding that this is not read. Those of one rule, cause and place
 * fold under their first. Of blind spots those of one
 * place and one error fold under their first. Files hold every row. Building may be done by any thread; a fold
 * is used by one at a time. Rows are indices into the selection. */
#ifndef KEYFALL_TUI_FOLD_H
#define KEYFALL_TUI_FOLD_H

#include "backend/view/view.h"

struct fold {
    uint32_t *roots; /* what stands by itself, in the order of the selection */
    uint32_t *first; /* of each root, n_roots + 1: where its effects begin in effects */
    uint32_t *effects;
    uint32_t *keys;  /* of each root: by what it is known in the next generation too */
    uint32_t *worst; /* of each root: the worst of it and its effects */
    bool *likes;     /* of each root: what folds under it is as it is itself */
    size_t n_roots, n_effects;
    VEC(uint32_t) rows;    /* what is seen */
    VEC(uint32_t) root_of; /* of each row: index into roots */
};

static inline bool fold_is_for(const struct view *v)
{
    return v->rows == ROWS_FINDINGS || v->rows == ROWS_BLIND_SPOTS;
}

void fold_build(struct fold *f, const struct view *v, const struct judgement *j, const struct selection *s);
void fold_free(struct fold *f);
/* Makes the rows: what folds under roots of these keys is seen, all else is not. */
void fold_show(struct fold *f, const uint32_t *open, size_t n_open);

enum fold_row { FOLD_ALONE, FOLD_CLOSED, FOLD_OPEN, FOLD_EFFECT, FOLD_LAST_EFFECT };
enum fold_row fold_row(const struct fold *f, size_t row);
size_t fold_cause_row(const struct fold *f,
                      size_t row); /* of an effect its cause's row; else its own */
uint32_t fold_key(const struct fold *f, size_t row);
uint32_t fold_under(const struct fold *f, size_t row); /* how many fold under the row's root */
bool fold_is_of_likes(const struct fold *f, size_t row);
uint32_t fold_worst(const struct fold *f, size_t row); /* index into the selection */

#endif
