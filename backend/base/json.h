/* json: a strict reading of hostile JSON, on top of cJSON.
 *
 * cJSON alone accepts broken UTF-8, raw control bytes, \u0000 (which cuts a string), leading zeros
 * and duplicate members; the scan refuses them first, with line and column. Pure, any thread. */
#ifndef KEYFALL_BASE_JSON_H
#define KEYFALL_BASE_JSON_H

#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64
#define JSON_MAX_BYTES (32u << 20)

/* Checks form only: UTF-8, escapes (no \u0000, no lone surrogate), numbers, depth, size, no
 * duplicate member in one object, nothing after the value. Errors name line and column. */
NODISCARD enum err_code json_scan(const char *text, size_t len, struct err *err);

/* Scan, then parse. *out is the caller's (cJSON_Delete). text need not be NUL-terminated. */
NODISCARD enum err_code json_parse(const char *text, size_t len, cJSON **out, struct err *err);

/* Appends s as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
struct buf;
void json_add_string(struct buf *out, const char *s, size_t len);

#endif
