/* timefmt: times are int64_t seconds since 1970 UTC; text is ISO 8601. Pure, any thread. */
#ifndef KEYFALL_BASE_TIMEFMT_H
#define KEYFALL_BASE_TIMEFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_NONE INT64_MIN /* no time given */

int64_t time_now_utc(void); /* wall clock, seconds */
int64_t time_mono_ms(void); /* monotonic, milliseconds: for intervals only */

/* "2026-08-29T18:20:00Z", also with fraction, offset, space for T, or " UTC". False if it is
 * malformed or names no zone. */
bool time_parse_iso(const char *s, int64_t *utc);
/* An HTTP date (RFC 7231). False if malformed. */
bool time_parse_http(const char *s, int64_t *utc);

#define TIME_ISO_SIZE 32
/* TIME_NONE gives "". */
void time_format_iso(int64_t utc, char out[TIME_ISO_SIZE]);   /* 2026-08-29T18:20:00Z */
void time_format_basic(int64_t utc, char out[TIME_ISO_SIZE]); /* 20260829T182000Z, for signing */
void time_format_clock(int64_t utc, char out[TIME_ISO_SIZE]); /* 18:20Z */
void time_format_date(int64_t utc, char out[TIME_ISO_SIZE]);  /* 2026-08-29 */
/* A span as people say it: "45s", "3m", "6d04h", "27d11h", "402d". Negative spans get a '-'. */
void time_format_span(int64_t seconds, char out[TIME_ISO_SIZE]);
/* A short age: "3m", "5h", "9d". */
void time_format_age(int64_t seconds, char out[TIME_ISO_SIZE]);

#endif
