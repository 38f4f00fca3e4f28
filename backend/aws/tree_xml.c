#include "backend/aws/tree.h"

#include "backend/base/mem.h"

#include <expat.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define XML_MAX_DEPTH 64

/* The elements that are open; the document itself is open[0]. */
struct reader {
    XML_Parser parser;
    cJSON *open[XML_MAX_DEPTH + 1];
    int depth;
    struct buf text;     /* of the innermost element, as long as it has no children */
    const char *refused; /* why we stopped, NULL if expat did */
};

static void stop(struct reader *r, const char *why)
{
    r->refused = why;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

/* Between a namespace and a name expat puts what cannot be in either. */
#define NAMESPACE_END '\n'

static const char *local_name(const char *name)
{
    const char *end = strrchr(name, NAMESPACE_END);
    return end ? end + 1 : name;
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
    struct reader *r = ctx;
    (void)attributes;
    if (r->refused)
        return;
    if (r->depth >= XML_MAX_DEPTH) {
        stop(r, "it is nested too deep");
        return;
    }
    /* whether it becomes text or an object shows at its end */
    cJSON *element = cJSON_CreateObject();
    if (!element || !cJSON_AddItemToObject(r->open[r->depth], local_name(name), element)) {
        cJSON_Delete(element);
        stop(r, "memory ran out");
        return;
    }
    r->open[++r->depth] = element;
    buf_clear(&r->text);
}

static void on_end(void *ctx, const char *name)
{
    struct reader *r = ctx;
    (void)name;
    /* expat still ends an empty element after it was stopped at its start */
    if (r->refused)
        return;
    cJSON *element = r->open[r->depth--];
    if (!element->child) {
        cJSON *text = cJSON_CreateString(r->text.len > 0 ? r->text.data : "");
        if (!text) {
            stop(r, "memory ran out");
            return;
        }
        element->type = cJSON_String;
        element->valuestring = text->valuestring;
        text->valuestring = NULL;
        cJSON_Delete(text);
    }
    buf_clear(&r->text);
}

static void on_text(void *ctx, const char *s, int len)
{
    struct reader *r = ctx;
    buf_add(&r->text, s, (size_t)len);
}

static void on_doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
                       int subset)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)subset;
    stop(ctx, "it has a document type, which AWS never sends");
}

static enum err_code explain(const struct reader *r, struct err *err)
{
    unsigned long line = XML_GetCurrentLineNumber(r->parser);
    unsigned long column = XML_GetCurrentColumnNumber(r->parser) + 1;
    const char *why = r->refused ? r->refused : XML_ErrorString(XML_GetErrorCode(r->parser));
    return err_set(err, ERR_PARSE, "malformed XML at line %lu, column %lu: %s", line, column, why);
}

/* The tree of a document is an object whose one member is the root element. */
enum err_code tree_read_xml(const char *body, size_t len, cJSON **out, struct err *err)
{
    /* the answer of AssumeRole is one of those that go through it */
    static const XML_Memory_Handling_Suite memory = {mem_wiping_malloc, mem_wiping_realloc,
                                                     mem_wiping_free};
    static const char separator[] = {NAMESPACE_END, '\0'};
    struct reader r = {.parser = XML_ParserCreate_MM("UTF-8", &memory, separator)};
    cJSON *document = cJSON_CreateObject();
    enum err_code code = ERR_LIMIT;
    *out = NULL;
    if (!r.parser || !document) {
        err_set(err, ERR_LIMIT, "memory ran out");
        goto out;
    }
    if (len > INT_MAX) {
        err_set(err, ERR_LIMIT, "the XML is too large");
        goto out;
    }
    r.open[0] = document;
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    code =
        XML_Parse(r.parser, body, (int)len, XML_TRUE) == XML_STATUS_OK ? ERR_OK : explain(&r, err);
    if (code == ERR_OK) {
        *out = document;
        document = NULL;
    }
out:
    buf_free(&r.text);
    cJSON_Delete(document);
    if (r.parser)
        XML_ParserFree(r.parser);
    return code;
}
