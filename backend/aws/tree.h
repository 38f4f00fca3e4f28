/* tree: reading members of an answer, JSON or XML alike, with types checked.
 *
 * A path is dotted ("KeyMetadata.KeyState"). JSON null and an absent member are both "absent".
 * Numbers may come as JSON numbers (also 1.5E9) or as text; times as epoch numbers or ISO 8601 text;
 * booleans as JSON or "true"/"false". A member of the wrong type is ERR_PARSE: half an answer is an
 * error. Pure, any thread. */
#ifndef KEYFALL_AWS_TREE_H
#define KEYFALL_AWS_TREE_H

#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON: strict scan and cJSON. XML: expat, no doctype, depth 64, namespaces cut. *out: cJSON_Delete. */
NODISCARD enum err_code tree_read_json(const char *body, size_t len, cJSON **out, struct err *err);
NODISCARD enum err_code tree_read_xml(const char *body, size_t len, cJSON **out, struct err *err);

/* NULL if absent or null. */
const cJSON *tree_at(const cJSON *tree, const char *path);

/* Each returns ERR_OK with *has telling whether the member is there. */
NODISCARD enum err_code tree_text(const cJSON *tree, const char *path, const char **out, bool *has,
                                  struct err *err);
NODISCARD enum err_code tree_int(const cJSON *tree, const char *path, int64_t *out, bool *has,
                                 struct err *err);
NODISCARD enum err_code tree_bool(const cJSON *tree, const char *path, bool *out, bool *has,
                                  struct err *err);
NODISCARD enum err_code tree_time(const cJSON *tree, const char *path, int64_t *out, bool *has,
                                  struct err *err);

/* The elements of a list: JSON ["Keys"] or XML "DBInstances/DBInstance" alike. `item` is the XML element
 * name ("DBInstance", "item", "member"), ignored for JSON arrays. Absent list: no elements; an XML list
 * element that is empty text: no elements; anything else that is no list: ERR_PARSE. */
struct tree_list {
    const cJSON *next;
    const char *item; /* NULL: JSON array */
};
NODISCARD enum err_code tree_list(const cJSON *tree, const char *path, const char *item,
                                  struct tree_list *out, struct err *err);
const cJSON *tree_next(struct tree_list *list); /* NULL at the end */

#endif
