/* answer: the bytes that AWS sent become a tree, or an error in AWS's words
 * (https://smithy.io/2.0/aws/protocols/index.html). Pure, any thread. */
#ifndef KEYFALL_AWS_ANSWER_H
#define KEYFALL_AWS_ANSWER_H

#include "backend/aws/op.h"
#include "backend/base/err.h"

#include <cJSON.h>
#include <stddef.h>

/* A 2xx body. XML must be the answer of this operation; its wrapper is taken off. Members that the
 * row drops are gone. A WRITE may answer nothing: an empty object. *out: cJSON_Delete. */
NODISCARD enum err_code answer_read(const struct op *op, const char *body, size_t len, cJSON **out,
                                    struct err *err);

/* Response headers that tell about errors; "" if they did not come. */
struct answer_headers {
    const char *error_type;  /* x-amzn-errortype */
    const char *query_error; /* x-amzn-query-error */
    const char *request_id;  /* x-amzn-requestid, x-amz-request-id */
};

/* A body with another status: fills aws_code ("" if it tells none), request_id, http_status and
 * text. err->code is left to the caller. Never fails: a body that cannot be read has no code. */
void answer_read_error(const struct op *op, int status, const struct answer_headers *headers,
                       const char *body, size_t len, struct err *err);

/* Of an error that was read: the Region where the bucket is that was asked about elsewhere; "" if it says
 * nothing of the kind. header: x-amz-bucket-region, "" if it did not come. */
#define ANSWER_REGION_SIZE 33
void answer_read_region(const struct op *op, const struct err *err, const char *header, const char *body,
                        size_t len, char out[ANSWER_REGION_SIZE]);

/* The token of the next page: *token NULL if this was the last one; valid as long as the tree.
 * ERR_PARSE: the answer says that there is more and not where. */
NODISCARD enum err_code answer_next_page(const struct op *op, const cJSON *tree, const char **token,
                                         struct err *err);

#endif
