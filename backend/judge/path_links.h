/* path_links: what each link of a copy path must be for the copy to work. Private to judge/. */
#ifndef KEYFALL_JUDGE_PATH_LINKS_H
#define KEYFALL_JUDGE_PATH_LINKS_H

#include "backend/judge/internal.h"
#include "backend/judge/paths.h"

/* Sets ready, broken_at, reason, remedy and page of each. Texts live in the arena. */
void path_links_check(const struct judgement *j, struct arena *arena, struct copy_path *paths, size_t n);

#endif
