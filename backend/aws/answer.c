#include "backend/aws/answer.h"

#include "backend/aws/tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_xml(const struct op *op)
{
    enum protocol protocol = service_get(op->service)->protocol;
    return protocol == PROTOCOL_QUERY || protocol == PROTOCOL_EC2 || protocol == PROTOCOL_REST_XML;
}

static bool is_dropped(const struct op *op, const char *name)
{
    for (const char *const *at = op->drop; *at; at++)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

static void drop_members(const struct op *op, cJSON *tree)
{
    for (cJSON *at = tree->child; at;) {
        cJSON *next = at->next;
        if (at->string && is_dropped(op, at->string))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, at));
        else
            drop_members(op, at);
        at = next;
    }
}

/* The child of that name, which is the operation's with a suffix, or the answer's own. */
static cJSON *unwrap(cJSON *tree, const char *name, const char *suffix)
{
    char wanted[96];
    int len = snprintf(wanted, sizeof wanted, "%s%s", name, suffix);
    if (len >= (int)sizeof wanted)
        return NULL;
    return cJSON_GetObjectItemCaseSensitive(tree, wanted);
}

/* The wrapper's members; an answer without any is an empty element, which reads as blank text. */
static cJSON *take_members(cJSON *parent, cJSON *wrapper)
{
    if (cJSON_IsObject(wrapper))
        return cJSON_DetachItemViaPointer(parent, wrapper);
    const char *text = cJSON_IsString(wrapper) ? wrapper->valuestring : "?";
    return text[strspn(text, " \t\r\n")] == '\0' ? cJSON_CreateObject() : NULL;
}

static enum err_code read_xml(const struct op *op, const char *body, size_t len, cJSON **out,
                              struct err *err)
{
    cJSON *document = NULL;
    enum err_code code = tree_read_xml(body, len, &document, err);
    if (code != ERR_OK)
        return code;
    cJSON *parent = document;
    cJSON *wrapper = op->root ? unwrap(document, op->root, "") : unwrap(document, op->name, "Response");
    if (wrapper && service_get(op->service)->protocol == PROTOCOL_QUERY) {
        cJSON *result = unwrap(wrapper, op->name, "Result");
        /* an operation that answers nothing has no result element */
        if (result || op->effect == EFFECT_READ) {
            parent = wrapper;
            wrapper = result;
        }
    }
    *out = wrapper ? take_members(parent, wrapper) : NULL;
    if (!*out)
        code = err_set(err, ERR_PARSE, "the XML is no answer of %s", op->name);
    cJSON_Delete(document);
    return code;
}

/* What changes something may answer nothing: AWS sends no body then, what stands in for it JSON's null. */
static bool says_nothing(const struct op *op, const char *body, size_t len)
{
    return op->effect == EFFECT_WRITE && (len == 0 || (!is_xml(op) && len == 4 && memcmp(body, "null", 4) == 0));
}

enum err_code answer_read(const struct op *op, const char *body, size_t len, cJSON **out,
                          struct err *err)
{
    enum err_code code = ERR_OK;
    *out = NULL;
    if (says_nothing(op, body, len))
        *out = cJSON_CreateObject();
    else if (is_xml(op))
        code = read_xml(op, body, len, out, err);
    else
        code = tree_read_json(body, len, out, err);
    if (code != ERR_OK)
        return code;
    if (!cJSON_IsObject(*out)) {
        cJSON_Delete(*out);
        *out = NULL;
        return err_set(err, ERR_PARSE, "the answer is no object");
    }
    if (op->drop)
        drop_members(op, *out);
    return ERR_OK;
}

/* Codes come as "Code", "prefix#Code" and "Code:http://..."; only what can be a code is taken. */
static bool copy_code(const char *s, struct err *err)
{
    size_t len = strcspn(s, ":;");
    const char *hash = memchr(s, '#', len);
    if (hash) {
        len -= (size_t)(hash + 1 - s);
        s = hash + 1;
    }
    while (len > 0 && *s == ' ')
        s++, len--;
    if (len == 0 || len >= sizeof err->aws_code)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f)
            return false;
    memcpy(err->aws_code, s, len);
    err->aws_code[len] = '\0';
    return true;
}

static const char *text_at(const cJSON *tree, const char *const *paths)
{
    for (; *paths; paths++) {
        const cJSON *at = tree_at(tree, *paths);
        if (cJSON_IsString(at) && at->valuestring && at->valuestring[0])
            return at->valuestring;
    }
    return NULL;
}

/* Where each kind of body holds what. */
static const char *const code_paths[] = {
    "__type",     "code", "Code", "ErrorResponse.Error.Code", "Response.Errors.Error.Code",
    "Error.Code", NULL};
static const char *const message_paths[] = {
    "message",       "Message",           "ErrorResponse.Error.Message", "Response.Errors.Error.Message",
    "Error.Message", "error_description", NULL};
/* Which of the reasons of one code it was: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
static const char *const reason_paths[] = {"error", NULL};
static const char *const id_paths[] = {"ErrorResponse.RequestId", "Response.RequestID", "RequestId",
                                       "Error.RequestId", NULL};

static void copy_line(char *out, size_t size, const char *s)
{
    size_t n = 0;
    for (; *s && n + 1 < size; s++)
        out[n++] = (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s;
    /* a cut in the middle of a character would leave broken UTF-8 */
    while (*s && n > 0 && ((unsigned char)*s & 0xc0) == 0x80 &&
           ((unsigned char)out[n - 1] & 0x80)) {
        s--;
        n--;
    }
    out[n] = '\0';
}

static void write_text(const struct op *op, int status, const char *reason, const char *message,
                       struct err *err)
{
    char line[400] = "";
    size_t len = 0;
    if (reason) {
        copy_line(line, 64, reason);
        len = strlen(strcat(line, ": "));
    }
    if (err->aws_code[0] && (message || reason)) {
        copy_line(line + len, sizeof line - len, message ? message : err_sentence(ERR_REJECTED));
        (void)snprintf(err->text, sizeof err->text, "%s: %s", err->aws_code, line);
    } else if (err->aws_code[0]) {
        (void)snprintf(err->text, sizeof err->text, "%s", err->aws_code);
    } else {
        (void)snprintf(err->text, sizeof err->text, "%s answered HTTP %d without an error of AWS",
                       service_get(op->service)->name, status);
    }
}

void answer_read_error(const struct op *op, int status, const struct answer_headers *headers,
                       const char *body, size_t len, struct err *err)
{
    cJSON *tree = NULL;
    struct err ignored;
    *err = (struct err){.http_status = status};
    bool ok = len > 0 && (is_xml(op) ? tree_read_xml(body, len, &tree, &ignored)
                                     : tree_read_json(body, len, &tree, &ignored)) == ERR_OK;
    const char *code = ok ? text_at(tree, code_paths) : NULL;
    const char *message = ok ? text_at(tree, message_paths) : NULL;
    const char *id = headers->request_id[0] ? headers->request_id
                     : ok                   ? text_at(tree, id_paths)
                                            : NULL;
    /* headers win over the body */
    if (!copy_code(headers->query_error, err) && !copy_code(headers->error_type, err) && code)
        (void)copy_code(code, err);
    if (id)
        copy_line(err->request_id, sizeof err->request_id, id);
    write_text(op, status, ok ? text_at(tree, reason_paths) : NULL, message, err);
    cJSON_Delete(tree);
}

/* The token; "Names[-1]" is the last of a list, for services that go on after the last one named. */
static enum err_code token_of(const struct op *op, const cJSON *tree, const char **token, bool *has,
                              struct err *err)
{
    static const char last[] = "[-1]";
    char name[64];
    size_t len = strlen(op->page_out), tail = sizeof last - 1;
    if (len <= tail || strcmp(op->page_out + len - tail, last) != 0)
        return tree_text(tree, op->page_out, token, has, err);
    (void)snprintf(name, sizeof name, "%.*s", (int)(len - tail), op->page_out);
    struct tree_list list;
    enum err_code code = tree_list(tree, name, NULL, &list, err);
    for (const cJSON *at; code == ERR_OK && (at = tree_next(&list));) {
        *has = cJSON_IsString(at);
        *token = *has ? at->valuestring : NULL;
    }
    return code;
}

/* Where a bucket is, as S3 tells those who ask in the wrong Region
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html). */
static bool tells_region(int status, const char *aws_code)
{
    static const char *const codes[] = {"PermanentRedirect", "TemporaryRedirect", "Redirect",
                                        "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(aws_code, codes[i]) == 0)
            return true;
    return status == 301 || status == 302 || status == 307;
}

void answer_read_region(const struct op *op, const struct err *err, const char *header, const char *body,
                        size_t len, char out[ANSWER_REGION_SIZE])
{
    cJSON *tree = NULL;
    struct err ignored;
    const char *region = header;
    out[0] = '\0';
    if (!op->has_bucket || !tells_region(err->http_status, err->aws_code))
        return;
    if (!region[0] && len > 0 && tree_read_xml(body, len, &tree, &ignored) == ERR_OK) {
        const cJSON *at = tree_at(tree, "Error.Region");
        region = cJSON_IsString(at) ? at->valuestring : "";
    }
    /* it becomes part of a host's name */
    if (strlen(region) < ANSWER_REGION_SIZE &&
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region))
        (void)snprintf(out, ANSWER_REGION_SIZE, "%s", region);
    cJSON_Delete(tree);
}

enum err_code answer_next_page(const struct op *op, const cJSON *tree, const char **token,
                               struct err *err)
{
    bool has_token = false, has_more = false, more = true;
    enum err_code code;
    *token = NULL;
    if (!op->page_in)
        return ERR_OK;
    if (op->page_more) {
        code = tree_bool(tree, op->page_more, &more, &has_more, err);
        if (code != ERR_OK)
            return code;
        more = more && has_more;
    }
    code = token_of(op, tree, token, &has_token, err);
    if (code != ERR_OK)
        return code;
    bool is_usable = has_token && (*token)[0] != '\0';
    if (op->page_more && more && !is_usable)
        return err_set(err, ERR_PARSE, "the answer of %s says that there is more and not where",
                       op->name);
    if (!more || !is_usable)
        *token = NULL;
    return ERR_OK;
}
