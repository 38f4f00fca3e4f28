/* holds: what legal holds keep from being deleted. Any thread; constant generations only.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/legalhold.html */
#ifndef KEYFALL_JUDGE_HOLDS_H
#define KEYFALL_JUDGE_HOLDS_H

#include "backend/estate/estate.h"

bool hold_is_in_force(const struct record *hold);
/* Whether its vaults or resources name the node; UNKNOWN if what it names was not read. */
enum hold_names { HOLD_NO, HOLD_YES, HOLD_UNKNOWN };
enum hold_names hold_names(const struct record *hold, uint32_t node);
/* A recovery point that a hold in force keeps, by its vault or by what it is a backup of, and by when it was made. */
bool point_is_held(const struct record *point);

#endif
