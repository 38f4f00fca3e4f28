#include "backend/judge/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOUR 3600
#define DAY 86400

static int64_t of_rate(const char *expression)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"minute", 60}, {"hour", HOUR}, {"day", DAY}, {"week", 7 * DAY}};
    char unit[16];
    long n;
    if (sscanf(expression, "rate(%ld %15[a-z]", &n, unit) != 2 || n <= 0 || n > 10000)
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncmp(unit, units[i].unit, strlen(units[i].unit)) == 0)
            return n * units[i].seconds > HOUR ? n * units[i].seconds : HOUR;
    return 0;
}

static int is_any(const char *field)
{
    return strcmp(field, "*") == 0 || strcmp(field, "?") == 0;
}

/* What is said of months, then of days of the month, then of the week decides; within a day it is daily. */
int64_t schedule_interval_s(const char *expression)
{
    char hours[32], days[32], months[32], weekdays[32];
    if (!expression[0])
        return DAY;
    if (strncmp(expression, "rate(", 5) == 0)
        return of_rate(expression);
    if (sscanf(expression, "cron(%*31s %31s %31s %31s %31s", hours, days, months, weekdays) != 4)
        return 0;
    if (!is_any(months))
        return 366 * (int64_t)DAY;
    if (!is_any(days))
        return strncmp(days, "*/", 2) == 0 || strncmp(days, "1/", 2) == 0 ? strtol(days + 2, NULL, 10) * DAY
                                                                          : 31 * (int64_t)DAY;
    if (!is_any(weekdays) && strcasecmp(weekdays, "1-7") != 0 && strcasecmp(weekdays, "SUN-SAT") != 0)
        return strchr(weekdays, '-') ? 3 * (int64_t)DAY : 7 * (int64_t)DAY;
    return strcmp(hours, "*") == 0 ? HOUR : DAY;
}
