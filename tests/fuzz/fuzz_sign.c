/* Requests to sign, from fields that a zero byte ends: path, query, header, body, token, region.
 * Whatever they hold, the signature is the same when the query's parameters stand in another order.
 */
#include "backend/aws/sign.h"
#include "backend/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define N_FIELDS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *reversed(const char *query)
{
    struct buf out = {0};
    size_t end = strlen(query);
    while (end > 0) {
        size_t start = end;
        while (start > 0 && query[start - 1] != '&')
            start--;
        buf_add(&out, query + start, end - start);
        end = start > 0 ? start - 1 : 0;
        if (end > 0)
            buf_addc(&out, '&');
    }
    return buf_take(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *fields[N_FIELDS];
    size_t at = 0;
    for (int i = 0; i < N_FIELDS; i++) {
        const uint8_t *zero = at < size ? memchr(data + at, 0, size - at) : NULL;
        size_t len = zero ? (size_t)(zero - (data + at)) : size - at;
        fields[i] = mem_strndup((const char *)data + at, len);
        at += len + (zero != NULL);
    }
    struct signer *signer = sign_new();
    const struct sign_header header = {"x-amz-meta", fields[2]};
    const struct sign_key key = {"AKIDEXAMPLE", "SECRET", fields[4][0] ? fields[4] : NULL,
                                 fields[5],     "kms",    false};
    struct sign_request request = {.method = "GET",
                                   .host = "h",
                                   .path = fields[0],
                                   .query = fields[1],
                                   .headers = &header,
                                   .n_headers = 1,
                                   .body = fields[3],
                                   .body_len = strlen(fields[3])};
    struct signature a, b;
    struct err err;
    char *other = reversed(fields[1]);
    enum err_code code = sign(signer, &key, &request, 1767323045, &a, &err);
    request.query = other;
    if (sign(signer, &key, &request, 1767323045, &b, &err) != code)
        abort();
    if (code == ERR_OK && strcmp(a.authorization, b.authorization) != 0)
        abort();
    if (code != ERR_OK && code != ERR_LIMIT)
        abort();
    mem_free(other);
    sign_free(signer);
    for (int i = 0; i < N_FIELDS; i++)
        mem_free(fields[i]);
    return 0;
}
