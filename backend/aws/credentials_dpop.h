/* credentials_dpop: a proof that a private key is at hand, as a JSON Web Token signed with ES256
 * (https://www.rfc-editor.org/rfc/rfc9449, https://www.rfc-editor.org/rfc/rfc7518#section-3.4).
 * Private to credentials*.c. Any thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_DPOP_H
#define KEYFALL_AWS_CREDENTIALS_DPOP_H

#include "backend/base/err.h"

#include <stdint.h>

/* pem: an EC key on P-256, secret. *out: "header.payload.signature" for one request of this method
 * and URL; the caller's (mem_free); it is no secret once it was used. ERR_CREDENTIALS: the key is
 * none. */
NODISCARD enum err_code credentials_dpop_proof(const char *pem, const char *method, const char *url,
                                               int64_t now_utc, char **out, struct err *err);

#endif
