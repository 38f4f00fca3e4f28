/* copy: an estate once more, in another one, with other names. */
#ifndef KEYFALL_ESTATE_COPY_H
#define KEYFALL_ESTATE_COPY_H

#include "backend/estate/estate.h"

/* What a text is to the model. */
enum copied {
    COPIED_NAME,     /* a name, an ARN, an account, a Region */
    COPIED_WORD,     /* one of a column that holds words of AWS's (model.def) */
    COPIED_DOCUMENT, /* a policy or the like */
};
/* Appends what becomes of it; what differs must still differ. */
typedef void copy_text(void *ctx, enum copied what, const char *text, size_t len, struct buf *out);

/* Every slice of g, as it stands: rows, truths, times. What AWS said of failures is left out but for their codes. Its
 * writer publishes. */
void estate_copy(const struct generation *g, struct estate *to, copy_text *text, void *ctx);

#endif
