/* proved: what a run counts on: the facts that its plan's steps proved so far, and of what the plan observed what must
 * not change under it. An array of facts wanted (facts.h), one a thing. Private to change/. Pure; any thread. */
#ifndef KEYFALL_CHANGE_PROVED_H
#define KEYFALL_CHANGE_PROVED_H

#include <cJSON.h>

cJSON *proved_begin(const cJSON *observed); /* the caller's */
/* What a step proved of a thing stands over what was so before, member by member. */
void proved_add(cJSON *proved, const cJSON *after);
/* All but the things that `after` is about: the step which changes them looks at them itself. The caller's. */
cJSON *proved_but(const cJSON *proved, const cJSON *after);

#endif
