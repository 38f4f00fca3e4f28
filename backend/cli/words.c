#include "backend/cli/verb.h"

#include "backend/base/text.h"

#include <stdlib.h>

#define MAX_SENTENCE 4096

void say(const char *fmt, ...)
{
    char *text = NULL;
    struct buf clean = {0};
    va_list args;
    size_t len = 0;
    va_start(args, fmt);
    FILE *f = open_memstream(&text, &len);
    if (f) {
        (void)vfprintf(f, fmt, args);
        (void)fclose(f);
        text_clean(&clean, text, len, MAX_SENTENCE, false);
    }
    va_end(args);
    (void)fprintf(stderr, "keyfall: %s\n", clean.data ? clean.data : fmt);
    buf_free(&clean);
    free(text);
}

void put_line(FILE *out, size_t max, struct buf *line)
{
    struct buf clean = {0};
    text_clean(&clean, line->data ? line->data : "", line->len, max, false);
    (void)fprintf(out, "%s\n", clean.data ? clean.data : "");
    buf_free(&clean);
    buf_clear(line);
}
