#include "backend/base/timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

int64_t time_now_utc(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : TIME_NONE;
}

int64_t time_mono_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A moment split the way people write it (proleptic Gregorian, UTC). */
struct civil {
    int64_t year;
    int month, day, hour, minute, second;
};

/* Days since 1970-01-01. The year is shifted to begin in March, so that the leap day is its last.
 */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_from_utc(int64_t utc)
{
    int64_t days = utc / DAY, rest = utc % DAY;
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    struct civil c = {
        .month = (int)(shifted < 10 ? shifted + 3 : shifted - 9),
        .day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1),
        .hour = (int)(rest / HOUR),
        .minute = (int)(rest % HOUR / MINUTE),
        .second = (int)(rest % MINUTE),
    };
    c.year = year_of_era + era * 400 + (c.month <= 2);
    return c;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

static bool utc_from_civil(const struct civil *c, int64_t *utc)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) ||
        c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    *utc = days_from_civil(c->year, c->month, c->day) * DAY + c->hour * HOUR + c->minute * MINUTE +
           c->second;
    return true;
}

/* Exactly n digits; moves *s behind them. */
static bool take_digits(const char **s, int n, int *value)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *s += n;
    *value = v;
    return true;
}

static bool take_text(const char **s, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(*s, text, len) != 0)
        return false;
    *s += len;
    return true;
}

static bool take_clock(const char **s, struct civil *c)
{
    return take_digits(s, 2, &c->hour) && take_text(s, ":") && take_digits(s, 2, &c->minute) &&
           take_text(s, ":") && take_digits(s, 2, &c->second);
}

static bool take_fraction(const char **s)
{
    if (**s != '.' && **s != ',')
        return true;
    const char *p = *s + 1;
    while (*p >= '0' && *p <= '9')
        p++;
    bool has_digits = p > *s + 1;
    *s = p;
    return has_digits;
}

/* Z, " UTC", +hh, +hhmm, +hh:mm. */
static bool take_zone(const char **s, int *offset_s)
{
    *offset_s = 0;
    if (take_text(s, "Z") || take_text(s, "z") || take_text(s, " UTC") || take_text(s, "UTC"))
        return true;
    if (**s != '+' && **s != '-')
        return false;
    int sign = **s == '-' ? -1 : 1, hours = 0, minutes = 0;
    (*s)++;
    if (!take_digits(s, 2, &hours))
        return false;
    if (**s != '\0') {
        take_text(s, ":");
        if (!take_digits(s, 2, &minutes))
            return false;
    }
    *offset_s = sign * (hours * HOUR + minutes * MINUTE);
    return hours <= 23 && minutes <= 59;
}

bool time_parse_iso(const char *s, int64_t *utc)
{
    struct civil c = {0};
    int year = 0, offset_s = 0;
    int64_t local;

    if (!take_digits(&s, 4, &year) || !take_text(&s, "-") || !take_digits(&s, 2, &c.month) ||
        !take_text(&s, "-") || !take_digits(&s, 2, &c.day))
        return false;
    c.year = year;
    if (!take_text(&s, "T") && !take_text(&s, "t") && !take_text(&s, " "))
        return false;
    if (!take_clock(&s, &c) || !take_fraction(&s) || !take_zone(&s, &offset_s) || *s != '\0')
        return false;
    if (!utc_from_civil(&c, &local))
        return false;
    *utc = local - offset_s;
    return true;
}

static bool take_month(const char **s, int *month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++) {
        if (take_text(s, names[i])) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_weekday(const char **s, bool is_long)
{
    static const char *const names[][2] = {
        {"Mon", "Monday"}, {"Tue", "Tuesday"},  {"Wed", "Wednesday"}, {"Thu", "Thursday"},
        {"Fri", "Friday"}, {"Sat", "Saturday"}, {"Sun", "Sunday"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (take_text(s, names[i][is_long]))
            return true;
    return false;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool read_imf_fixdate(const char *s, struct civil *c)
{
    int year = 0;
    bool ok = take_weekday(&s, false) && take_text(&s, ", ") && take_digits(&s, 2, &c->day) &&
              take_text(&s, " ") && take_month(&s, &c->month) && take_text(&s, " ") &&
              take_digits(&s, 4, &year) && take_text(&s, " ") && take_clock(&s, c) &&
              take_text(&s, " GMT") && *s == '\0';
    c->year = year;
    return ok;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT": two digits of a year are read as 1970 to 2069. */
static bool read_rfc850(const char *s, struct civil *c)
{
    int year = 0;
    bool ok = take_weekday(&s, true) && take_text(&s, ", ") && take_digits(&s, 2, &c->day) &&
              take_text(&s, "-") && take_month(&s, &c->month) && take_text(&s, "-") &&
              take_digits(&s, 2, &year) && take_text(&s, " ") && take_clock(&s, c) &&
              take_text(&s, " GMT") && *s == '\0';
    c->year = year + (year < 70 ? 2000 : 1900);
    return ok;
}

/* "Sun Nov  6 08:49:37 1994" */
static bool read_asctime(const char *s, struct civil *c)
{
    int year = 0;
    if (!take_weekday(&s, false) || !take_text(&s, " ") || !take_month(&s, &c->month) ||
        !take_text(&s, " "))
        return false;
    int n_digits = take_text(&s, " ") ? 1 : 2;
    bool ok = take_digits(&s, n_digits, &c->day) && take_text(&s, " ") && take_clock(&s, c) &&
              take_text(&s, " ") && take_digits(&s, 4, &year) && *s == '\0';
    c->year = year;
    return ok;
}

bool time_parse_http(const char *s, int64_t *utc)
{
    static bool (*const forms[])(const char *, struct civil *) = {read_imf_fixdate, read_rfc850,
                                                                  read_asctime};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct civil c = {0};
        if (forms[i](s, &c))
            return utc_from_civil(&c, utc);
    }
    return false;
}

static char *two_digits(char *at, int n, char after)
{
    at[0] = (char)('0' + n / 10);
    at[1] = (char)('0' + n % 10);
    at[2] = after;
    return at + 3;
}

/* By hand: an export writes millions of them. */
void time_format_iso(int64_t utc, char out[TIME_ISO_SIZE])
{
    out[0] = '\0';
    if (utc == TIME_NONE)
        return;
    struct civil c = civil_from_utc(utc);
    if (c.year < 0 || c.year > 9999) {
        snprintf(out, TIME_ISO_SIZE, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day,
                 c.hour, c.minute, c.second);
        return;
    }
    (void)two_digits(out, (int)(c.year / 100), '\0');
    char *at = two_digits(out + 2, (int)(c.year % 100), '-');
    at = two_digits(at, c.month, '-');
    at = two_digits(at, c.day, 'T');
    at = two_digits(at, c.hour, ':');
    at = two_digits(at, c.minute, ':');
    at = two_digits(at, c.second, 'Z');
    *at = '\0';
}

void time_format_basic(int64_t utc, char out[TIME_ISO_SIZE])
{
    out[0] = '\0';
    if (utc == TIME_NONE)
        return;
    struct civil c = civil_from_utc(utc);
    snprintf(out, TIME_ISO_SIZE, "%04" PRId64 "%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day,
             c.hour, c.minute, c.second);
}

void time_format_clock(int64_t utc, char out[TIME_ISO_SIZE])
{
    out[0] = '\0';
    if (utc == TIME_NONE)
        return;
    struct civil c = civil_from_utc(utc);
    snprintf(out, TIME_ISO_SIZE, "%02d:%02dZ", c.hour, c.minute);
}

void time_format_date(int64_t utc, char out[TIME_ISO_SIZE])
{
    out[0] = '\0';
    if (utc == TIME_NONE)
        return;
    struct civil c = civil_from_utc(utc);
    snprintf(out, TIME_ISO_SIZE, "%04" PRId64 "-%02d-%02d", c.year, c.month, c.day);
}

/* The length of a span without its sign; INT64_MIN has no positive twin. */
static uint64_t span_length(int64_t seconds)
{
    return seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
}

void time_format_span(int64_t seconds, char out[TIME_ISO_SIZE])
{
    const char *sign = seconds < 0 ? "-" : "";
    uint64_t s = span_length(seconds);

    if (s < MINUTE)
        snprintf(out, TIME_ISO_SIZE, "%s%" PRIu64 "s", sign, s);
    else if (s < HOUR)
        snprintf(out, TIME_ISO_SIZE, "%s%" PRIu64 "m", sign, s / MINUTE);
    else if (s < DAY)
        snprintf(out, TIME_ISO_SIZE, "%s%" PRIu64 "h%02" PRIu64 "m", sign, s / HOUR,
                 s % HOUR / MINUTE);
    else if (s < (uint64_t)100 * DAY)
        snprintf(out, TIME_ISO_SIZE, "%s%" PRIu64 "d%02" PRIu64 "h", sign, s / DAY, s % DAY / HOUR);
    else
        snprintf(out, TIME_ISO_SIZE, "%s%" PRIu64 "d", sign, s / DAY);
}

void time_format_age(int64_t seconds, char out[TIME_ISO_SIZE])
{
    /* A clock that ran ahead makes nothing younger than now. */
    int64_t s = seconds < 0 ? 0 : seconds;

    if (s < MINUTE)
        snprintf(out, TIME_ISO_SIZE, "%" PRId64 "s", s);
    else if (s < HOUR)
        snprintf(out, TIME_ISO_SIZE, "%" PRId64 "m", s / MINUTE);
    else if (s < DAY)
        snprintf(out, TIME_ISO_SIZE, "%" PRId64 "h", s / HOUR);
    else
        snprintf(out, TIME_ISO_SIZE, "%" PRId64 "d", s / DAY);
}
