/* path_links: what each link of a copy path must be for the copy to work. Private to judge/. */
#ifndef KEYFALL_JUDGE_PATH_LINKS_H
#define KEYFALL_JUDGE_PATH_LINKS_H

#include "backend/judge/internal.h"
#include "backend/judge/paths.h"

typedef VEC(struct copy_path) path_vec;

/* path_ways.c: the paths that are not AWS Backup's, with ready and all that says why. Texts live in the arena. */
void path_ways(const struct judgement *j, struct arena *arena, path_vec *out);

/* A statement that lets a principal (an ARN) do these, grants only to services: JSON. */
const char *path_statement(struct arena *arena, const char *principal, const char *const *actions, size_t n);

/* Of those that are AWS Backup's. Sets ready, broken_at, reason, remedy, statement and page of each. Texts live in the
 * arena. */
void path_links_check(const struct judgement *j, struct arena *arena, struct copy_path *paths, size_t n);

#endif
