#include "backend/aws/build.h"

#include "backend/aws/sign.h"
#include "backend/base/json.h"

#include <stdio.h>
#include <string.h>

/* The caller's parameters and those of paging, one after another. */
struct members {
    const struct param *params;
    size_t n_params;
    struct param paging[2];
    size_t n_paging;
    char size_text[16];
};

static size_t member_count(const struct members *m)
{
    return m->n_params + m->n_paging;
}

static const struct param *member_at(const struct members *m, size_t i)
{
    return i < m->n_params ? &m->params[i] : &m->paging[i - m->n_params];
}

static const struct param *find_param(const struct param *params, size_t n, const char *name,
                                      size_t name_len)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(params[i].name, name, name_len) == 0 && params[i].name[name_len] == '\0')
            return &params[i];
    return NULL;
}

static void gather(const struct op *op, const struct param *params, size_t n_params,
                   const char *token, struct members *m)
{
    *m = (struct members){.params = params, .n_params = n_params};
    if (op->page_size_param &&
        !find_param(params, n_params, op->page_size_param, strlen(op->page_size_param))) {
        (void)snprintf(m->size_text, sizeof m->size_text, "%d", op->page_size);
        m->paging[m->n_paging++] = (struct param){op->page_size_param, m->size_text, PARAM_INT};
    }
    if (op->page_in && token)
        m->paging[m->n_paging++] = (struct param){op->page_in, token, PARAM_TEXT};
}

static bool is_integer(const char *s)
{
    s += *s == '-';
    size_t digits = strspn(s, "0123456789");
    return digits > 0 && s[digits] == '\0' && (s[0] != '0' || digits == 1);
}

static enum err_code check_value(const struct op *op, const struct param *p, struct err *err)
{
    bool ok = true;
    if (p->type == PARAM_INT)
        ok = is_integer(p->value);
    else if (p->type == PARAM_BOOL)
        ok = strcmp(p->value, "true") == 0 || strcmp(p->value, "false") == 0;
    else if (p->type == PARAM_JSON)
        return json_scan(p->value, strlen(p->value), err);
    if (!ok)
        return err_set(err, ERR_USAGE, "%s: the value of %s has the wrong form", op->id, p->name);
    return ERR_OK;
}

static enum err_code add_json_member(const struct op *op, const struct param *p, struct buf *body,
                                     struct err *err)
{
    if (p->type == PARAM_HEADER)
        return ERR_OK;
    enum err_code code = check_value(op, p, err);
    if (code != ERR_OK)
        return code;
    buf_addc(body, body->len == 0 ? '{' : ',');
    json_add_string(body, p->name, strlen(p->name));
    buf_addc(body, ':');
    if (p->type == PARAM_TEXT)
        json_add_string(body, p->value, strlen(p->value));
    else
        buf_adds(body, p->value);
    return ERR_OK;
}

static enum err_code add_form_member(const struct op *op, const struct param *p, struct buf *out,
                                     struct err *err)
{
    if (p->type == PARAM_HEADER)
        return ERR_OK;
    if (p->type == PARAM_JSON)
        return err_set(err, ERR_USAGE, "%s: %s cannot be JSON in this protocol", op->id, p->name);
    enum err_code code = check_value(op, p, err);
    if (code != ERR_OK)
        return code;
    if (out->len > 0)
        buf_addc(out, '&');
    sign_encode(out, p->name, strlen(p->name), false);
    buf_addc(out, '=');
    sign_encode(out, p->value, strlen(p->value), false);
    return ERR_OK;
}

static enum err_code build_json(const struct op *op, const struct members *m, struct built *out,
                                struct err *err)
{
    const struct service *service = service_get(op->service);
    for (size_t i = 0; i < member_count(m); i++) {
        enum err_code code = add_json_member(op, member_at(m, i), &out->body, err);
        if (code != ERR_OK)
            return code;
    }
    buf_adds(&out->body, out->body.len == 0 ? "{}" : "}");
    buf_addc(&out->path, '/');
    (void)snprintf(out->content_type_text, sizeof out->content_type_text,
                   "application/x-amz-json-%s", service->json_version);
    out->content_type = out->content_type_text;
    (void)snprintf(out->target, sizeof out->target, "%s%s", service->target_prefix, op->name);
    return ERR_OK;
}

static enum err_code build_query(const struct op *op, const struct members *m, struct built *out,
                                 struct err *err)
{
    buf_printf(&out->body, "Action=%s&Version=%s", op->name, service_get(op->service)->api_version);
    for (size_t i = 0; i < member_count(m); i++) {
        enum err_code code = add_form_member(op, member_at(m, i), &out->body, err);
        if (code != ERR_OK)
            return code;
    }
    buf_addc(&out->path, '/');
    out->content_type = "application/x-www-form-urlencoded; charset=utf-8";
    return ERR_OK;
}

/* "." and ".." would be taken for steps of the path on the way. */
static bool is_usable_label(const char *value)
{
    return *value && strcmp(value, ".") != 0 && strcmp(value, "..") != 0;
}

static enum err_code build_path(const struct op *op, const struct members *m, struct built *out,
                                struct err *err)
{
    for (const char *at = op->uri; *at;) {
        size_t plain = strcspn(at, "{?");
        buf_add(&out->path, at, plain);
        at += plain;
        if (*at == '?')
            buf_adds(&out->query, at + 1);
        if (*at != '{')
            break;
        size_t name_len = strcspn(at + 1, "}");
        const struct param *label = find_param(m->params, m->n_params, at + 1, name_len);
        if (!label || !is_usable_label(label->value))
            return err_set(err, ERR_USAGE, "%s: %.*s is missing or empty", op->id, (int)name_len,
                           at + 1);
        sign_encode(&out->path, label->value, strlen(label->value), false);
        at += name_len + 2;
    }
    return ERR_OK;
}

static bool is_label(const struct op *op, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = strchr(op->uri, '{'); at; at = strchr(at + 1, '{'))
        if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '}')
            return true;
    return false;
}

static enum err_code build_rest(const struct op *op, const struct members *m, struct built *out,
                                struct err *err)
{
    bool has_body = strcmp(op->method, "GET") != 0;
    enum err_code code = build_path(op, m, out, err);
    for (size_t i = 0; code == ERR_OK && i < member_count(m); i++) {
        const struct param *p = member_at(m, i);
        if (is_label(op, p->name))
            continue;
        code = has_body ? add_json_member(op, p, &out->body, err)
                        : add_form_member(op, p, &out->query, err);
    }
    if (code == ERR_OK && out->body.len > 0) {
        buf_addc(&out->body, '}');
        out->content_type = "application/json";
    }
    out->method = op->method;
    return code;
}

static enum err_code (*const builders[])(const struct op *, const struct members *, struct built *,
                                         struct err *) = {
    [PROTOCOL_JSON] = build_json,
    [PROTOCOL_REST_JSON] = build_rest,
    [PROTOCOL_REST_XML] = build_rest,
    [PROTOCOL_QUERY] = build_query,
    [PROTOCOL_EC2] = build_query,
};

/* Growing would leave what is secret in the request of a row of credentials*.c behind. */
static void make_room(const struct op *op, const struct members *m, struct built *out)
{
    size_t most = 256;
    for (size_t i = 0; i < member_count(m); i++)
        most += 6 * (strlen(member_at(m, i)->name) + strlen(member_at(m, i)->value)) + 8;
    if (op->is_unsigned)
        buf_reserve(&out->body, most);
}

enum err_code build_request(const struct op *op, const struct param *params, size_t n_params,
                            const char *token, struct built *out, struct err *err)
{
    struct members m;
    gather(op, params, n_params, token, &m);
    buf_clear(&out->path);
    buf_clear(&out->query);
    buf_clear(&out->body);
    out->method = "POST";
    out->content_type = NULL;
    out->target[0] = out->bucket[0] = '\0';
    make_room(op, &m, out);
    return builders[service_get(op->service)->protocol](op, &m, out, err);
}

/* As the SDKs do: a label of DNS in lower case, without dots. */
static bool is_host_label(const char *s, size_t len)
{
    if (len < 3 || len > 63 || s[0] == '-' || s[len - 1] == '-')
        return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

void build_move_bucket(const struct op *op, struct built *built)
{
    const char *name = built->path.data + 1;
    size_t len = strcspn(name, "/");
    if (!op->has_bucket || !is_host_label(name, len))
        return;
    memcpy(built->bucket, name, len);
    built->bucket[len] = '\0';
    char *rest = mem_strdup(name[len] ? name + len : "/");
    buf_clear(&built->path);
    buf_adds(&built->path, rest);
    mem_free(rest);
}

void build_free(struct built *built)
{
    buf_free(&built->path);
    buf_free(&built->query);
    buf_free(&built->body);
}
