#include "backend/aws/sign.h"

#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

struct signer {
    EVP_MD *sha256;
    EVP_MD_CTX *ctx;
    struct buf canonical, names, scratch;
};

struct piece {
    const char *data;
    size_t len;
};

struct signer *sign_new(void)
{
    struct signer *s = mem_alloc(sizeof *s);
    s->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->ctx = EVP_MD_CTX_new();
    /* room from the start: growing would leave copies of secrets in freed memory */
    buf_add(&s->canonical, (char[8192]){0}, 8192);
    buf_add(&s->scratch, (char[1024]){0}, 1024);
    return s;
}

void sign_free(struct signer *s)
{
    if (!s)
        return;
    buf_free(&s->canonical);
    buf_free(&s->names);
    buf_free(&s->scratch);
    EVP_MD_CTX_free(s->ctx);
    EVP_MD_free(s->sha256);
    mem_free(s);
}

static bool digest(struct signer *s, const struct piece *pieces, size_t n,
                   unsigned char out[SHA256_BYTES])
{
    if (!s->sha256 || !s->ctx || EVP_DigestInit_ex(s->ctx, s->sha256, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (pieces[i].len > 0 && EVP_DigestUpdate(s->ctx, pieces[i].data, pieces[i].len) != 1)
            return false;
    return EVP_DigestFinal_ex(s->ctx, out, NULL) == 1;
}

/* HMAC by hand: the one-shot calls of OpenSSL 3 look the algorithm up each time, three times its
 * cost. */
static bool hmac(struct signer *s, const unsigned char *key, size_t key_len, struct piece message,
                 unsigned char out[SHA256_BYTES])
{
    unsigned char block[SHA256_BLOCK] = {0}, inner[SHA256_BYTES];
    bool ok = true;
    if (key_len > sizeof block)
        ok = digest(s, &(struct piece){(const char *)key, key_len}, 1, block);
    else
        memcpy(block, key, key_len);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    ok = ok && digest(s, (struct piece[]){{(char *)block, sizeof block}, message}, 2, inner);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    ok = ok &&
         digest(s, (struct piece[]){{(char *)block, sizeof block}, {(char *)inner, sizeof inner}},
                2, out);
    mem_wipe(block, sizeof block);
    return ok;
}

static void to_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

enum err_code sign_hash(struct signer *s, const void *body, size_t len, char out[65], struct err *err)
{
    unsigned char hash[SHA256_BYTES];
    if (!digest(s, &(struct piece){body, len}, 1, hash))
        return err_set(err, ERR_UNSUPPORTED, "the cryptographic library has no SHA-256");
    to_hex(hash, sizeof hash, out);
    return ERR_OK;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void sign_encode(struct buf *out, const char *s, size_t len, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (is_unreserved(c) || (c == '/' && keep_slash))
            continue;
        buf_add(out, s + plain, i - plain);
        char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        buf_add(out, escape, sizeof escape);
        plain = i + 1;
    }
    buf_add(out, s + plain, len - plain);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes and encodes strictly again: AWS does so with what it receives. */
static void reencode(struct buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == '%' && len - i > 2 && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0) {
            c = (char)(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
            i += 2;
        }
        sign_encode(out, &c, 1, false);
    }
}

struct query_param {
    size_t name, name_len, value, value_len; /* places in the scratch buffer */
    const char *text;
};

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_params(const void *a, const void *b)
{
    const struct query_param *p = a, *q = b;
    int order = compare_text(p->text + p->name, p->name_len, q->text + q->name, q->name_len);
    return order != 0
               ? order
               : compare_text(p->text + p->value, p->value_len, q->text + q->value, q->value_len);
}

static void read_param(struct buf *scratch, const char *s, size_t len, struct query_param *out)
{
    const char *equals = memchr(s, '=', len);
    size_t name_len = equals ? (size_t)(equals - s) : len;
    out->name = scratch->len;
    reencode(scratch, s, name_len);
    out->name_len = scratch->len - out->name;
    out->value = scratch->len;
    if (equals)
        reencode(scratch, equals + 1, len - name_len - 1);
    out->value_len = scratch->len - out->value;
}

static enum err_code add_query(struct signer *s, const char *query, struct err *err)
{
    struct query_param params[SIGN_MAX_PARAMS];
    size_t n = 0;
    buf_clear(&s->scratch);
    for (const char *at = query; at && *at;) {
        size_t len = strcspn(at, "&");
        if (n == SIGN_MAX_PARAMS)
            return err_set(err, ERR_LIMIT, "more than %d query parameters", SIGN_MAX_PARAMS);
        if (len > 0)
            read_param(&s->scratch, at, len, &params[n++]);
        at += len + (at[len] == '&');
    }
    for (size_t i = 0; i < n; i++)
        params[i].text = s->scratch.data;
    qsort(params, n, sizeof *params, compare_params);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(&s->canonical, '&');
        buf_add(&s->canonical, params[i].text + params[i].name, params[i].name_len);
        buf_addc(&s->canonical, '=');
        buf_add(&s->canonical, params[i].text + params[i].value, params[i].value_len);
    }
    return ERR_OK;
}

static int compare_headers(const void *a, const void *b)
{
    return strcmp(((const struct sign_header *)a)->name, ((const struct sign_header *)b)->name);
}

/* Outer blanks go, inner runs of blanks become one. */
static void add_header_value(struct buf *out, const char *value)
{
    value += strspn(value, " \t");
    while (*value) {
        size_t word = strcspn(value, " \t");
        size_t blanks = strspn(value + word, " \t");
        buf_add(out, value, word);
        if (blanks > 0 && value[word + blanks])
            buf_addc(out, ' ');
        value += word + blanks;
    }
}

static enum err_code add_headers(struct signer *s, const struct sign_request *request,
                                 const char *session_token, const char *date, struct err *err)
{
    struct sign_header all[SIGN_MAX_HEADERS + 3];
    size_t n = 0;
    if (request->n_headers > SIGN_MAX_HEADERS)
        return err_set(err, ERR_LIMIT, "more than %d headers to sign", SIGN_MAX_HEADERS);
    for (; n < request->n_headers; n++)
        all[n] = request->headers[n];
    all[n++] = (struct sign_header){"host", request->host};
    all[n++] = (struct sign_header){"x-amz-date", date};
    if (session_token)
        all[n++] = (struct sign_header){"x-amz-security-token", session_token};
    qsort(all, n, sizeof *all, compare_headers);
    buf_clear(&s->names);
    for (size_t i = 0; i < n; i++) {
        buf_adds(&s->canonical, all[i].name);
        buf_addc(&s->canonical, ':');
        add_header_value(&s->canonical, all[i].value);
        buf_addc(&s->canonical, '\n');
        if (i > 0)
            buf_addc(&s->names, ';');
        buf_adds(&s->names, all[i].name);
    }
    return ERR_OK;
}

static enum err_code write_canonical(struct signer *s, const struct sign_key *key,
                                     const struct sign_request *request, const char *date,
                                     struct err *err)
{
    unsigned char hash[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    buf_clear(&s->canonical);
    buf_adds(&s->canonical, request->method);
    buf_addc(&s->canonical, '\n');
    if (key->is_path_final)
        buf_adds(&s->canonical, request->path);
    else
        sign_encode(&s->canonical, request->path, strlen(request->path), true);
    buf_addc(&s->canonical, '\n');
    if (add_query(s, request->query, err) != ERR_OK)
        return ERR_LIMIT;
    buf_addc(&s->canonical, '\n');
    if (add_headers(s, request, key->session_token, date, err) != ERR_OK)
        return ERR_LIMIT;
    if (!digest(s, &(struct piece){request->body, request->body_len}, 1, hash))
        return err_set(err, ERR_UNSUPPORTED, "the cryptographic library has no SHA-256");
    to_hex(hash, sizeof hash, hex);
    buf_addc(&s->canonical, '\n');
    buf_add(&s->canonical, s->names.data, s->names.len);
    buf_addc(&s->canonical, '\n');
    buf_add(&s->canonical, hex, sizeof hex - 1);
    return ERR_OK;
}

static bool derive(struct signer *s, const struct sign_key *key, const char *date,
                   const char *to_sign, unsigned char out[SHA256_BYTES])
{
    unsigned char k[SHA256_BYTES];
    buf_clear(&s->scratch);
    buf_adds(&s->scratch, "AWS4");
    buf_adds(&s->scratch, key->secret_key);
    bool ok =
        hmac(s, (unsigned char *)s->scratch.data, s->scratch.len, (struct piece){date, 8}, k) &&
        hmac(s, k, sizeof k, (struct piece){key->region, strlen(key->region)}, k) &&
        hmac(s, k, sizeof k, (struct piece){key->service, strlen(key->service)}, k) &&
        hmac(s, k, sizeof k, (struct piece){"aws4_request", 12}, k) &&
        hmac(s, k, sizeof k, (struct piece){to_sign, strlen(to_sign)}, out);
    mem_wipe(s->scratch.data, s->scratch.len);
    mem_wipe(k, sizeof k);
    return ok;
}

enum err_code sign(struct signer *s, const struct sign_key *key, const struct sign_request *request,
                   int64_t now_utc, struct signature *out, struct err *err)
{
    unsigned char hash[SHA256_BYTES];
    char scope[256], to_sign[512], hex[2 * SHA256_BYTES + 1];
    time_format_basic(now_utc, out->date);
    enum err_code code = write_canonical(s, key, request, out->date, err);
    if (code != ERR_OK)
        return code;
    bool ok = digest(s, &(struct piece){s->canonical.data, s->canonical.len}, 1, hash);
    /* the canonical request holds the session token */
    mem_wipe(s->canonical.data, s->canonical.len);
    to_hex(hash, sizeof hash, out->canonical_sha256);
    int scope_len = snprintf(scope, sizeof scope, "%.8s/%s/%s/aws4_request", out->date, key->region,
                             key->service);
    int text_len = snprintf(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%s\n%s", out->date,
                            scope, out->canonical_sha256);
    if (!ok || !derive(s, key, out->date, to_sign, hash))
        return err_set(err, ERR_UNSUPPORTED, "the cryptographic library has no SHA-256");
    to_hex(hash, sizeof hash, hex);
    int len = snprintf(out->authorization, sizeof out->authorization,
                       "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                       key->access_key, scope, s->names.data, hex);
    if (scope_len >= (int)sizeof scope || text_len >= (int)sizeof to_sign ||
        len >= (int)sizeof out->authorization)
        return err_set(err, ERR_LIMIT, "a credential or region name is too long to sign with");
    return ERR_OK;
}
