/* calls: the WRITE operations that plans may hold, what each costs and how long it takes. An operation without a row
 * here is in no plan. Private to change/. Constant data, any thread. */
#ifndef KEYFALL_CHANGE_CALLS_H
#define KEYFALL_CHANGE_CALLS_H

#include "backend/aws/op.h"

struct change_call {
    enum op_id op;
    const char *cost, *time;
};
const struct change_call *change_call_get(enum op_id op); /* NULL */
/* What AWS means by refusing a change with this code, and what to do: a clause; "" if there is nothing to add. */
const char *change_hint(const char *aws_code);
const struct change_call *change_call_by_id(const char *id); /* "kms:EnableKey"; NULL */

#endif
