/* permissions: the IAM actions that reading needs, from the tables of operations and feeds. Constant data;
 * any thread. */
#ifndef KEYFALL_COLLECT_PERMISSIONS_H
#define KEYFALL_COLLECT_PERMISSIONS_H

#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

typedef VEC(const char *) action_vec; /* sorted, each once */

/* What a whole reading asks. with_organization: also for the accounts of the organization. What is asked only
 * when something else was refused is left out: with these nothing is. */
void permissions_to_read(bool with_organization, action_vec *out);
/* What is asked for the row in hand alone. */
void permissions_on_demand(action_vec *out);

#endif
