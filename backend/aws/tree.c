#include "backend/aws/tree.h"

#include "backend/base/json.h"
#include "backend/base/timefmt.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_INTEGER 9007199254740992.0 /* 2^53 */
#define LAST_TIME 253402300799.0         /* end of the year 9999 */

enum err_code tree_read_json(const char *body, size_t len, cJSON **out, struct err *err)
{
    return json_parse(body, len, out, err);
}

static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (const cJSON *at = object->child; at; at = at->next)
        if (at->string && strncmp(at->string, name, len) == 0 && at->string[len] == '\0')
            return at;
    return NULL;
}

const cJSON *tree_at(const cJSON *tree, const char *path)
{
    const cJSON *at = tree;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        at = member(at, path, len);
        path += len + (path[len] == '.');
    }
    return at && !cJSON_IsNull(at) ? at : NULL;
}

static enum err_code wrong_type(struct err *err, const char *path, const char *wanted)
{
    return err_set(err, ERR_PARSE, "the answer's %s is not %s", path, wanted);
}

enum err_code tree_text(const cJSON *tree, const char *path, const char **out, bool *has,
                        struct err *err)
{
    const cJSON *at = tree_at(tree, path);
    *has = at != NULL;
    if (!at)
        return ERR_OK;
    if (!cJSON_IsString(at) || !at->valuestring)
        return wrong_type(err, path, "text");
    *out = at->valuestring;
    return ERR_OK;
}

/* The XML protocols spell an unset number as an empty element. */
static const cJSON *scalar_at(const cJSON *tree, const char *path)
{
    const cJSON *at = tree_at(tree, path);
    bool is_empty = cJSON_IsString(at) && at->valuestring && at->valuestring[0] == '\0';
    return is_empty ? NULL : at;
}

/* Decimal numbers only: strtod alone would also take "inf", "nan", hexadecimal and blanks. */
static bool number_of(const cJSON *at, double *out)
{
    if (cJSON_IsNumber(at)) {
        *out = at->valuedouble;
        return isfinite(*out);
    }
    if (!cJSON_IsString(at) || !at->valuestring)
        return false;
    const char *text = at->valuestring;
    char *end;
    if (strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    errno = 0;
    *out = strtod(text, &end);
    return *end == '\0' && end != text && errno == 0 && isfinite(*out);
}

enum err_code tree_int(const cJSON *tree, const char *path, int64_t *out, bool *has,
                       struct err *err)
{
    const cJSON *at = scalar_at(tree, path);
    double number;
    *has = at != NULL;
    if (!at)
        return ERR_OK;
    if (!number_of(at, &number) || number != trunc(number) || fabs(number) > EXACT_INTEGER)
        return wrong_type(err, path, "a whole number");
    *out = (int64_t)number;
    return ERR_OK;
}

enum err_code tree_bool(const cJSON *tree, const char *path, bool *out, bool *has, struct err *err)
{
    const cJSON *at = scalar_at(tree, path);
    *has = at != NULL;
    if (!at)
        return ERR_OK;
    const char *text = cJSON_IsString(at) ? at->valuestring : "";
    bool is_true = cJSON_IsTrue(at) || strcmp(text, "true") == 0;
    if (!is_true && !cJSON_IsFalse(at) && strcmp(text, "false") != 0)
        return wrong_type(err, path, "true or false");
    *out = is_true;
    return ERR_OK;
}

enum err_code tree_time(const cJSON *tree, const char *path, int64_t *out, bool *has,
                        struct err *err)
{
    const cJSON *at = scalar_at(tree, path);
    double number;
    *has = at != NULL;
    if (!at)
        return ERR_OK;
    if (number_of(at, &number) && number >= 0 && number <= LAST_TIME) {
        *out = (int64_t)floor(number);
        return ERR_OK;
    }
    if (!cJSON_IsString(at) || !time_parse_iso(at->valuestring, out))
        return wrong_type(err, path, "a time");
    return ERR_OK;
}

static bool all_named(const cJSON *object, const char *name)
{
    if (!object->child)
        return false;
    for (const cJSON *at = object->child; at; at = at->next)
        if (!at->string || strcmp(at->string, name) != 0)
            return false;
    return true;
}

enum err_code tree_list(const cJSON *tree, const char *path, const char *item,
                        struct tree_list *out, struct err *err)
{
    const cJSON *at = tree_at(tree, path);
    *out = (struct tree_list){0};
    if (!at)
        return ERR_OK;
    if (cJSON_IsArray(at)) {
        out->next = at->child;
        return ERR_OK;
    }
    /* an XML list without elements is an element without children */
    if (item && cJSON_IsString(at) && at->valuestring &&
        strspn(at->valuestring, " \t\r\n") == strlen(at->valuestring))
        return ERR_OK;
    if (!item || !cJSON_IsObject(at) || !all_named(at, item))
        return wrong_type(err, path, "a list");
    out->next = at->child;
    out->item = item;
    return ERR_OK;
}

const cJSON *tree_next(struct tree_list *list)
{
    const cJSON *at = list->next;
    if (at)
        list->next = at->next;
    return at;
}
