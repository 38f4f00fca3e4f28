#include "backend/aws/credentials_dpop.h"

#include "backend/base/json.h"
#include "backend/base/mem.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

#define COORDINATE_BYTES 32
#define POINT_BYTES (1 + 2 * COORDINATE_BYTES) /* 0x04, x, y */

/* base64url without padding: https://www.rfc-editor.org/rfc/rfc7515#section-2 */
static void add_base64url(struct buf *out, const unsigned char *bytes, size_t len)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned group = (unsigned)bytes[i] << 16;
        group |= n > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
        group |= n > 2 ? bytes[i + 2] : 0;
        for (size_t k = 0; k <= n; k++)
            buf_addc(out, letters[group >> (18 - 6 * k) & 63]);
    }
}

static void add_text64(struct buf *out, const struct buf *text)
{
    add_base64url(out, (const unsigned char *)text->data, text->len);
}

/* An encrypted key must not make OpenSSL ask on the terminal. */
static int no_password(char *out, int size, int is_writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)ctx;
    return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return key;
}

/* x and y stand at the end of the public key's DER, which for P-256 is of one form. */
static bool read_point(EVP_PKEY *key, unsigned char out[POINT_BYTES])
{
    unsigned char *der = NULL;
    int len = EVP_PKEY_base_id(key) == EVP_PKEY_EC && EVP_PKEY_bits(key) == 256
                  ? i2d_PUBKEY(key, &der)
                  : 0;
    bool is_point = len >= POINT_BYTES && der[len - POINT_BYTES] == 0x04;
    if (is_point)
        memcpy(out, der + len - POINT_BYTES, POINT_BYTES);
    OPENSSL_free(der);
    return is_point;
}

static void add_header(struct buf *out, const unsigned char point[POINT_BYTES])
{
    struct buf header = {0};
    buf_adds(&header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"x\":\"");
    add_base64url(&header, point + 1, COORDINATE_BYTES);
    buf_adds(&header, "\",\"y\":\"");
    add_base64url(&header, point + 1 + COORDINATE_BYTES, COORDINATE_BYTES);
    buf_adds(&header, "\",\"crv\":\"P-256\"}}");
    add_text64(out, &header);
    buf_free(&header);
}

static bool add_payload(struct buf *out, const char *method, const char *url, int64_t now_utc)
{
    struct buf payload = {0};
    unsigned char b[16];
    if (RAND_bytes(b, sizeof b) != 1)
        return false;
    buf_adds(&payload, "{\"htm\":");
    json_add_string(&payload, method, strlen(method));
    buf_adds(&payload, ",\"htu\":");
    json_add_string(&payload, url, strlen(url));
    buf_printf(&payload,
               ",\"iat\":%lld,\"jti\":\"%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-"
               "%02x%02x%02x%02x%02x%02x\"}",
               (long long)now_utc, b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7],
               0x80 | (b[8] & 0x3f), b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    add_text64(out, &payload);
    buf_free(&payload);
    return true;
}

/* OpenSSL gives DER; a JSON Web Token wants r and s one after the other. */
static bool add_signature(struct buf *out, EVP_PKEY *key, const char *text, size_t len)
{
    unsigned char der[128], pair[2 * COORDINATE_BYTES];
    const unsigned char *at = der;
    size_t der_len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(ctx, der, &der_len, (const unsigned char *)text, len) == 1;
    ECDSA_SIG *signature = ok ? d2i_ECDSA_SIG(NULL, &at, (long)der_len) : NULL;
    ok = signature &&
         BN_bn2binpad(ECDSA_SIG_get0_r(signature), pair, COORDINATE_BYTES) == COORDINATE_BYTES &&
         BN_bn2binpad(ECDSA_SIG_get0_s(signature), pair + COORDINATE_BYTES, COORDINATE_BYTES) ==
             COORDINATE_BYTES;
    if (ok)
        add_base64url(out, pair, sizeof pair);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
    return ok;
}

enum err_code credentials_dpop_proof(const char *pem, const char *method, const char *url,
                                     int64_t now_utc, char **out, struct err *err)
{
    unsigned char point[POINT_BYTES];
    struct buf text = {0};
    EVP_PKEY *key = read_key(pem);
    bool ok = key && read_point(key, point);
    if (ok) {
        add_header(&text, point);
        buf_addc(&text, '.');
        ok = add_payload(&text, method, url, now_utc);
    }
    if (ok) {
        size_t len = text.len;
        struct buf signature = {0};
        ok = add_signature(&signature, key, text.data, len);
        buf_printf(&text, ".%s", signature.data ? signature.data : "");
        buf_free(&signature);
    }
    EVP_PKEY_free(key);
    *out = ok ? buf_take(&text) : NULL;
    buf_free(&text);
    return ok ? ERR_OK
              : err_set(err, ERR_CREDENTIALS, "the key of the session cannot be used to sign");
}
