#include "backend/cli/wrap.h"

#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <string.h>

#define MAX_TEXT 8192

static void spaces(FILE *out, int n)
{
    if (n > 0)
        (void)fprintf(out, "%*s", n, "");
}

void wrap_write(FILE *out, const char *head, int indent, const char *text, bool is_ascii)
{
    struct buf clean = {0};
    text_clean(&clean, text, strlen(text), MAX_TEXT, is_ascii);
    int at = text_width(head);
    (void)fputs(head, out);
    if (head[0] && at < indent) {
        spaces(out, indent - at);
        at = indent;
    }
    int begin = at;
    for (char *word = clean.data; word && *word;) {
        size_t len = strcspn(word, " ");
        char *next = word + len + strspn(word + len, " ");
        word[len] = '\0';
        int width = text_width(word);
        if (at > begin && at + 1 + width > WRAP_WIDTH) {
            (void)fputc('\n', out);
            spaces(out, indent);
            at = begin = indent;
        } else if (at > begin) {
            (void)fputc(' ', out);
            at++;
        }
        (void)fputs(word, out);
        at += width;
        word = next;
    }
    (void)fputc('\n', out);
    buf_free(&clean);
}
