/* build: an operation and its parameters become a request in the service's protocol
 * (https://smithy.io/2.0/aws/protocols/index.html). Pure, any thread. */
#ifndef KEYFALL_AWS_BUILD_H
#define KEYFALL_AWS_BUILD_H

#include "backend/aws/op.h"
#include "backend/aws/wire.h"
#include "backend/base/err.h"
#include "backend/base/mem.h"

struct built {
    const char *method;
    struct buf path;  /* percent-encoded, begins with '/' */
    struct buf query; /* percent-encoded, without '?'; empty if none */
    struct buf body;
    const char *content_type; /* NULL: no body */
    char content_type_text[48];
    char target[96]; /* X-Amz-Target; "" if none */
    char bucket[64]; /* what belongs before the host, see build_move_bucket; "" if nothing */
};

/* token: of the page wanted, NULL for the first. A page size is added unless the parameters name
 * one. Empties what *out held before and keeps its memory. ERR_USAGE: a path label without a usable
 * value, or a value that its type does not allow. */
NODISCARD enum err_code build_request(const struct op *op, const struct param *params,
                                      size_t n_params, const char *token, struct built *out,
                                      struct err *err);
/* Takes the bucket from the path to the host's name, if it can be one: what AWS wants of its own
 * endpoints (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html). A name with a dot
 * stays, because no certificate of AWS fits it then. */
void build_move_bucket(const struct op *op, struct built *built);
void build_free(struct built *built);

#endif
