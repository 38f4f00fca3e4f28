/* ini: one small reader for AWS's config files, keyfall.conf and themes, with line and column.
 *
 * The file is read whole and kept; values point into it. Form (as botocore reads it): [section],
 * key = value or key: value, comments only on lines that start with # or ; , keys lower-cased,
 * indented lines continue a value (joined by \n): a value that starts with a newline is a nested
 * block of key = value lines. The same key twice in a section is an error; a section may come
 * again. Single thread per object. */
#ifndef KEYFALL_BASE_INI_H
#define KEYFALL_BASE_INI_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct ini_entry {
    const char *section; /* as written between the brackets, trimmed; "" before the first */
    const char *key;     /* lower case */
    const char *value;   /* trimmed; may hold \n for continued values */
    int line, column;    /* of the key, from 1 */
    int value_column;    /* of the value, on the same line */
};

struct ini_section {
    const char *name;
    int line, column; /* of the bracket, from 1 */
    bool is_lost;     /* told as wrong: no entry of it was taken (ini_..._what_is_right only) */
};

struct ini {
    struct ini_entry *entries;
    size_t n;
    struct ini_section *sections; /* each time one begins */
    size_t n_sections;
    bool is_line_lost; /* a line is neither of these and was left out (ini_..._what_is_right only) */
    char *path; /* for messages */
    char *text; /* owned; entries point into it or into pool */
    void *pool;
};

/* A wrong line is an error that names file, line and column. *out is the caller's (ini_free). */
NODISCARD enum err_code ini_read_file(const char *path, size_t max_bytes, struct ini *out,
                                      struct err *err);
NODISCARD enum err_code ini_parse(const char *name, const char *text, size_t len, struct ini *out,
                                  struct err *err);
/* The same for a file in which a wrong line must not take the others with it: each wrong line is told and left
 * out, of a key given twice the first counts. Fails only where nothing can be read (no regular file, too large,
 * a NUL byte); the error of a wrong line is told as "FILE:LINE:COLUMN: ...". */
typedef void ini_complain(void *ctx, const struct err *err);
NODISCARD enum err_code ini_read_what_is_right(const char *path, size_t max_bytes, ini_complain *complain,
                                               void *ctx, struct ini *out, struct err *err);
NODISCARD enum err_code ini_parse_what_is_right(const char *name, const char *text, size_t len,
                                                ini_complain *complain, void *ctx, struct ini *out,
                                                struct err *err);
void ini_free(struct ini *ini);

/* NULL if absent. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);
bool ini_has_section(const struct ini *ini, const char *section);
/* A value of the nested block under (section, key). The caller's (mem_free), NULL if absent. */
char *ini_get_nested(const struct ini *ini, const char *section, const char *key, const char *sub);

#endif
