#include "backend/redact/redact.h"

#include "backend/estate/copy.h"

static void put(void *ctx, enum copied what, const char *text, size_t len, struct buf *out)
{
    static void (*const how[])(const struct rename *r, const char *text, size_t len, struct buf *out) = {
        [COPIED_NAME] = redact_text, [COPIED_WORD] = redact_word, [COPIED_DOCUMENT] = redact_document};
    how[what](ctx, text, len, out);
}

void redact_estate(const struct rename *r, const struct generation *g, struct estate *to)
{
    struct rename own = *r;
    estate_copy(g, to, put, &own);
    (void)estate_publish(to);
}
