/* schedule: how often a backup rule runs. Pure; any thread.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html: cron(minutes hours day-of-month month
 * day-of-week year), or rate(value unit). */
#ifndef KEYFALL_JUDGE_SCHEDULE_H
#define KEYFALL_JUDGE_SCHEDULE_H

#include <stdint.h>

/* Seconds between two runs that follow one another at the longest, never less than an hour; "" means AWS's own,
 * which is daily. 0: it cannot be told. */
int64_t schedule_interval_s(const char *expression);

#endif
