/* drivers: which functions EventBridge rules about backups drive. Any thread; constant generations only. */
#ifndef KEYFALL_JUDGE_DRIVERS_H
#define KEYFALL_JUDGE_DRIVERS_H

#include "backend/estate/estate.h"

/* One that is disabled drives nothing. */
bool rule_is_on(const struct record *rule);
bool function_is_driven(const struct record *function);

#endif
