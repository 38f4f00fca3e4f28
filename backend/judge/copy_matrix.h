/* copy_matrix: the copy paths by places: from each account and Region to each that they go to. Pure; any thread. */
#ifndef KEYFALL_JUDGE_COPY_MATRIX_H
#define KEYFALL_JUDGE_COPY_MATRIX_H

#include "backend/judge/paths.h"

enum copies_state { COPIES_NONE, COPIES_READY, COPIES_UNKNOWN, COPIES_BROKEN };
const char *copies_state_word(enum copies_state state); /* "none", "ready" ... */

/* A place that paths begin in, or go to. */
struct copy_place {
    const char *account, *region; /* "" where that is not known */
    uint32_t n[3];    /* its paths, by enum tri of ready */
    bool hides;       /* what could make more paths was not seen */
};
struct copy_cell {
    uint32_t source, destination; /* indexes; COPIES_NOWHERE: nothing is copied from there */
    uint32_t n[3];
    const struct copy_path *worst; /* of those that are worst, the one that fails first; NULL: there is no path */
};
#define COPIES_NOWHERE UINT32_MAX
/* Worst first. Sources are also places with vaults from which nothing is copied, and places that were not read. */
struct copy_matrix {
    const struct copy_place *sources, *destinations; /* these account by account */
    size_t n_sources, n_destinations;
    const struct copy_cell *cells; /* by source, then destination: those with paths, or one of a source without */
    size_t n_cells;
};
/* Made when first asked for; the judgement's. */
const struct copy_matrix *judge_copy_matrix(const struct judgement *j);
/* NULL: no path that was seen leads from here to there. */
const struct copy_cell *copy_matrix_at(const struct copy_matrix *m, size_t source, size_t destination);
/* What is not seen is never ready, and never none. cell may be NULL. */
enum copies_state copies_state_of(const struct copy_matrix *m, size_t source, const struct copy_cell *cell);

#endif
