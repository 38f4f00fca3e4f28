/* redact: an estate in which nobody is named: accounts, ARNs, names, descriptions and tags are other ones, the same
 * everywhere, so that everything hangs together as it did and is judged as it was.
 *
 * A secret of the moment says what becomes of what; nobody keeps it, so two files never tell of each other. What stays
 * is what AWS and vendors call things (words.def, WORD in model.def), Regions, times, sizes and how long names are. A
 * pattern with a wildcard in the middle of a word ("Ba*up") may match less than it did. */
#ifndef KEYFALL_REDACT_REDACT_H
#define KEYFALL_REDACT_REDACT_H

#include "backend/estate/estate.h"
#include "backend/redact/rename.h"
#include "backend/redact/text.h"

/* Fills an empty estate and publishes it. */
void redact_estate(const struct rename *r, const struct generation *g, struct estate *to);

#endif
