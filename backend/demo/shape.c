#include "backend/demo/expand.h"

#include "backend/base/timefmt.h"

#include <stdlib.h>
#include <string.h>

static enum err_code short_of_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "memory ran out");
}

/* Takes the item in any case. */
static enum err_code add(cJSON *parent, const char *name, cJSON *item, struct err *err)
{
    bool is_added = item && (name ? cJSON_AddItemToObject(parent, name, item)
                                  : cJSON_AddItemToArray(parent, item));
    if (!is_added) {
        cJSON_Delete(item);
        return short_of_memory(err);
    }
    return ERR_OK;
}

static enum err_code add_text(const struct scope *s, cJSON *parent, const char *name,
                              const char *text, struct err *err)
{
    (void)s;
    return add(parent, name, cJSON_CreateString(text), err);
}

static enum err_code add_bool(const struct scope *s, cJSON *parent, const char *name, bool value,
                              struct err *err)
{
    if (s->is_xml)
        return add_text(s, parent, name, value ? "true" : "false", err);
    return add(parent, name, cJSON_CreateBool(value), err);
}

static enum err_code add_number(const struct scope *s, cJSON *parent, const char *name,
                                double value, struct err *err)
{
    if (!s->is_xml)
        return add(parent, name, cJSON_CreateNumber(value), err);
    struct buf text = {0};
    buf_printf(&text, "%.0f", value);
    enum err_code code = add_text(s, parent, name, text.data, err);
    buf_free(&text);
    return code;
}

/* JSON services send seconds, the others ISO 8601 with a fraction. */
static enum err_code add_time(const struct scope *s, cJSON *parent, const char *name, int64_t utc,
                              struct err *err)
{
    if (!s->is_xml)
        return add_number(s, parent, name, (double)utc, err);
    char iso[TIME_ISO_SIZE + 4];
    time_format_iso(utc, iso);
    memcpy(iso + strlen(iso) - 1, ".000Z", sizeof ".000Z");
    return add_text(s, parent, name, iso, err);
}

/* "#${...}" is a number, "?${...}" a boolean: true unless empty or false. Empty texts add nothing.
 */
static enum err_code add_expanded(const struct scope *s, cJSON *parent, const char *name,
                                  const char *template, const char *text, struct err *err)
{
    bool is_typed = template[0] && template[1] == '$';
    int64_t utc = 0;
    if (is_typed && template[0] == '?')
        return add_bool(s, parent, name, text[1] && strcmp(text + 1, "false") != 0, err);
    if (is_typed && template[0] == '#')
        return text[1] ? add_number(s, parent, name, strtod(text + 1, NULL), err) : ERR_OK;
    if (expand_time(s, text, &utc))
        return add_time(s, parent, name, utc, err);
    if (text[0] == '\0' && strchr(template, '$'))
        return ERR_OK;
    return add_text(s, parent, name, text, err);
}

static enum err_code add_template(const struct scope *s, cJSON *parent, const char *name,
                                  const char *template, struct err *err)
{
    struct buf text = {0};
    enum err_code code = expand_text(s, template, &text, err);
    if (code == ERR_OK)
        code = add_expanded(s, parent, name, template, text.data ? text.data : "", err);
    buf_free(&text);
    return code;
}

/* In XML a list has no element of its own: its name is repeated. */
static enum err_code add_list(const struct scope *s, cJSON *parent, const char *name,
                              const cJSON *shape, struct err *err)
{
    enum err_code code = ERR_OK;
    cJSON *list = parent;
    if (!s->is_xml) {
        list = cJSON_CreateArray();
        code = add(parent, name, list, err);
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, shape)
    {
        if (code == ERR_OK)
            code = expand_into(s, list, s->is_xml ? name : NULL, item, NULL, err);
    }
    return code;
}

enum err_code expand_members(const struct scope *s, cJSON *out, const cJSON *shape, struct err *err)
{
    enum err_code code = ERR_OK;
    bool is_fresh = !out->child;
    const cJSON *member;
    cJSON_ArrayForEach(member, shape)
    {
        if (!is_fresh)
            cJSON_DeleteItemFromObjectCaseSensitive(out, member->string);
        if (code == ERR_OK && !cJSON_IsNull(member))
            code = expand_into(s, out, member->string, member, NULL, err);
    }
    return code;
}

static enum err_code add_object(const struct scope *s, cJSON *parent, const char *name,
                                const cJSON *shape, const cJSON *overrides, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    if (!object)
        return short_of_memory(err);
    enum err_code code = expand_members(s, object, shape, err);
    if (code == ERR_OK)
        code = expand_members(s, object, overrides, err);
    if (code == ERR_OK && s->is_xml && !object->child) {
        cJSON_Delete(object);
        return add_text(s, parent, name, "", err);
    }
    if (code == ERR_OK)
        return add(parent, name, object, err);
    cJSON_Delete(object);
    return code;
}

enum err_code expand_into(const struct scope *s, cJSON *parent, const char *name,
                          const cJSON *shape, const cJSON *overrides, struct err *err)
{
    if (cJSON_IsObject(shape))
        return add_object(s, parent, name, shape, overrides, err);
    if (cJSON_IsArray(shape))
        return add_list(s, parent, name, shape, err);
    if (cJSON_IsString(shape))
        return add_template(s, parent, name, shape->valuestring, err);
    if (cJSON_IsNumber(shape))
        return add_number(s, parent, name, shape->valuedouble, err);
    if (cJSON_IsBool(shape))
        return add_bool(s, parent, name, cJSON_IsTrue(shape), err);
    return err_set(err, ERR_PARSE, "the demo has no shape for %s", name ? name : "an item");
}

/* ---- policies ------------------------------------------------------------------------------- */

#define MAX_WORDS 9

static const char *const word_names[MAX_WORDS] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};

/* The statements of a row: one, or a list. */
static enum err_code add_row(const struct scope *s, const cJSON *row, cJSON *statements,
                             struct err *err)
{
    if (!cJSON_IsArray(row))
        return expand_into(s, statements, NULL, row, NULL, err);
    enum err_code code = ERR_OK;
    const cJSON *statement;
    cJSON_ArrayForEach(statement, row)
    {
        if (code == ERR_OK)
            code = expand_into(s, statements, NULL, statement, NULL, err);
    }
    return code;
}

/* "external 444455556666": the name of a row and its words, which may hold ${...} themselves. */
static enum err_code add_statement(const struct scope *s, const char *text, cJSON *statements,
                                   struct err *err)
{
    struct buf filled = {0};
    enum err_code code = expand_text(s, text, &filled, err);
    char *words = buf_take(&filled), *rest = NULL;
    const char *name = strtok_r(words, " ", &rest);
    struct var vars[MAX_WORDS];
    size_t n = 0;
    for (char *word; n < MAX_WORDS && (word = strtok_r(NULL, " ", &rest)); n++)
        vars[n] = (struct var){word_names[n], word};
    struct scope there = *s;
    there.vars = vars;
    there.n_vars = n;
    if (code == ERR_OK)
        code = add_row(&there, cJSON_GetObjectItemCaseSensitive(s->place->book->statements, name),
                       statements, err);
    if (code != ERR_OK)
        err_prefix(err, "the demo's statement %s", text);
    mem_free(words);
    return code;
}

/* cJSON indents with tabs and puts one after a colon; no tab can stand inside a string. */
static void add_with_spaces(const char *printed, struct buf *out)
{
    for (const char *at = printed; *at; at++) {
        if (*at != '\t')
            buf_addc(out, *at);
        else
            buf_adds(out, at > printed && at[-1] == ':' ? " " : "    ");
    }
}

static enum err_code make_document(const struct scope *s, const char *id, const cJSON *words,
                                   cJSON **out, struct err *err)
{
    cJSON *document = *out = cJSON_CreateObject();
    cJSON *statements = NULL;
    enum err_code code = ERR_OK;
    if (cJSON_AddStringToObject(document, "Version", "2012-10-17") &&
        (!id || cJSON_AddStringToObject(document, "Id", id)))
        statements = cJSON_AddArrayToObject(document, "Statement");
    if (!statements)
        code = short_of_memory(err);
    const cJSON *word;
    cJSON_ArrayForEach(word, words)
    {
        if (code == ERR_OK)
            code = add_statement(s, word->valuestring, statements, err);
    }
    return code;
}

enum err_code expand_policy(const struct scope *s, const cJSON *words, struct buf *out,
                            struct err *err)
{
    cJSON *document = NULL;
    enum err_code code = make_document(s, "key-consolepolicy-3", words, &document, err);
    char *printed = code == ERR_OK ? cJSON_Print(document) : NULL;
    if (code == ERR_OK && !printed)
        code = short_of_memory(err);
    if (code == ERR_OK)
        add_with_spaces(printed, out);
    cJSON_free(printed);
    cJSON_Delete(document);
    return code;
}

enum err_code expand_document(const struct scope *s, const cJSON *words, struct buf *out,
                              struct err *err)
{
    cJSON *document = NULL;
    enum err_code code = make_document(s, NULL, words, &document, err);
    char *printed = code == ERR_OK ? cJSON_PrintUnformatted(document) : NULL;
    if (code == ERR_OK && !printed)
        code = short_of_memory(err);
    if (code == ERR_OK)
        buf_adds(out, printed);
    cJSON_free(printed);
    cJSON_Delete(document);
    return code;
}
