/* blind: the names of calls under which blind spots stand that nobody asked for yet. Constant data. */
#ifndef KEYFALL_JUDGE_BLIND_H
#define KEYFALL_JUDGE_BLIND_H

#include "backend/estate/model.h"

/* "kms:ListKeys"; NULL: there is none. */
const char *blind_call_of_list(enum list list);
const char *blind_call_of_facet(enum facet facet);

#endif
