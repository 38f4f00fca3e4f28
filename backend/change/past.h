/* past: what the journal knows of a plan's runs: an array of its entries. Private to change/. Pure; any thread. */
#ifndef KEYFALL_CHANGE_PAST_H
#define KEYFALL_CHANGE_PAST_H

#include <cJSON.h>
#include <stdbool.h>

#define ANY_STEP (-1)
const cJSON *past_event(const cJSON *past, const char *event, int step); /* the first; NULL */
bool past_is_over(const cJSON *past, int step); /* proved, or confirmed by a person */
cJSON *past_made(const cJSON *past); /* name: value, of what steps gave; the caller's */

/* ${keyfall:NAME} becomes what was made; what is not made yet stays. The text is the caller's. */
char *past_filled(const cJSON *made, const char *text);
void past_fill(const cJSON *made, cJSON *value); /* in all its texts */

#endif
