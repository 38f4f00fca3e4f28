/* sign: AWS Signature Version 4, as one function of its arguments
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
 *
 * No clock and no I/O. Nothing secret stays behind: derived keys are wiped before it returns.
 * Signed are host, the caller's headers, x-amz-date and, with a session token,
 * x-amz-security-token. The signer holds only digest machinery that is dear to fetch for each call;
 * one thread uses it at a time. */
#ifndef KEYFALL_AWS_SIGN_H
#define KEYFALL_AWS_SIGN_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_MAX_HEADERS 16
#define SIGN_MAX_PARAMS 256 /* of a query string; more is ERR_LIMIT */

struct sign_header {
    const char *name; /* lower case */
    const char *value;
};

struct sign_request {
    const char *method;
    const char *host;  /* as in the Host header: with the port unless it is the scheme's own */
    const char *path;  /* as on the wire, percent-encoded */
    const char *query; /* as on the wire, without '?', in any order; NULL if none */
    const struct sign_header *headers; /* content-type and x-amz-*, in any order */
    size_t n_headers;
    const void *body;
    size_t body_len;
};

struct sign_key {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL if none */
    const char *region, *service;
    bool is_path_final; /* S3: the path on the wire is the canonical one, elsewhere it is encoded
                           again */
};

struct signature {
    char date[32];             /* x-amz-date */
    char authorization[768];   /* value of the header */
    char canonical_sha256[65]; /* of the canonical request: for tests and for comparing with AWS's
                                  text */
};

struct signer;
struct signer *sign_new(void); /* the caller's (sign_free) */
void sign_free(struct signer *signer);

NODISCARD enum err_code sign(struct signer *signer, const struct sign_key *key,
                             const struct sign_request *request, int64_t now_utc,
                             struct signature *out, struct err *err);

/* Of a body, as x-amz-content-sha256 has it. */
NODISCARD enum err_code sign_hash(struct signer *signer, const void *body, size_t len, char out[65],
                                  struct err *err);

/* Appends s percent-encoded: all but A-Z a-z 0-9 - _ . ~ (and '/' if keep_slash) as %XX. */
struct buf;
void sign_encode(struct buf *out, const char *s, size_t len, bool keep_slash);

#endif
