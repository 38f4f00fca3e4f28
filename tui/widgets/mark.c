#include "tui/widgets/mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400

static const struct {
    const char *mark;
    enum role role;
} rows[] = {
    {"C", ROLE_SEV_CRITICAL}, {"H", ROLE_SEV_HIGH}, {"M", ROLE_SEV_MEDIUM}, {"L", ROLE_SEV_LOW},
    {"I", ROLE_SEV_INFO},     {".", ROLE_SEV_NONE}, {"?", ROLE_UNKNOWN},    {"..", ROLE_LOADING},
    {"-", ROLE_ABSENT},
};

enum role mark_role(const char *text, enum role otherwise)
{
    size_t len = strcspn(text, " ");

    if (len == 2 && text[1] == '-')
        return ROLE_DIM; /* somebody answers for it */
    if (len == 2 && (text[1] == '?' || text[1] == '~'))
        len = 1; /* a severity that is not sure is still that severity */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].mark) == len && memcmp(rows[i].mark, text, len) == 0)
            return rows[i].role;
    }
    return text[0] == '~' ? ROLE_STALE : otherwise;
}

void count_text(uint64_t n, bool is_loading, bool is_at_least, char out[COUNT_SIZE])
{
    if (n == 0 && (is_loading || is_at_least))
        snprintf(out, COUNT_SIZE, "%s", is_loading ? ".." : "?");
    else
        snprintf(out, COUNT_SIZE, "%" PRIu64 "%s", n, is_loading || is_at_least ? "+" : "");
}

void countdown_text(int64_t seconds, char out[COUNTDOWN_SIZE])
{
    int64_t days = seconds / DAY_S, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;

    if (seconds <= 0)
        snprintf(out, COUNTDOWN_SIZE, "now");
    else if (days > 0)
        snprintf(out, COUNTDOWN_SIZE, "%" PRId64 "d %02" PRId64 "h", days, hours);
    else if (hours > 0)
        snprintf(out, COUNTDOWN_SIZE, "%" PRId64 "h %02" PRId64 "m", hours, minutes);
    else
        snprintf(out, COUNTDOWN_SIZE, "%" PRId64 "m", minutes);
}

enum role countdown_role(int64_t seconds)
{
    return seconds < 7 * DAY_S    ? ROLE_SEV_CRITICAL
           : seconds < 14 * DAY_S ? ROLE_SEV_HIGH
                                  : ROLE_SEV_MEDIUM;
}
