#include "backend/base/err.h"

#include <stdio.h>
#include <string.h>

struct code_row {
    const char *word;
    const char *sentence;
};

static const struct code_row code_rows[ERR_COUNT] = {
#define X(code, word, text) [code] = {word, text},
    ERR_CODES(X)
#undef X
};

static const struct code_row *row_of(enum err_code code)
{
    static const struct code_row unknown = {"unknown", "an error without a name"};
    return (unsigned)code < ERR_COUNT ? &code_rows[code] : &unknown;
}

const char *err_word(enum err_code code)
{
    return row_of(code)->word;
}

const char *err_sentence(enum err_code code)
{
    return row_of(code)->sentence;
}

/* A text that was cut must not end in half a character. */
static void drop_cut_character(char *text, size_t size)
{
    size_t len = strlen(text);
    if (len + 1 < size)
        return;
    size_t at = len;
    while (at > 0 && len - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (len - (at - 1) < want)
        text[at - 1] = '\0';
}

enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err == NULL)
        return code;

    /* Callers may pass err->text itself as an argument. */
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        snprintf(text, sizeof text, "%s", err_sentence(code));
    drop_cut_character(text, sizeof text);

    memset(err, 0, sizeof *err);
    err->code = code;
    memcpy(err->text, text, strlen(text) + 1);
    return code;
}

void err_note_advice(struct err *err)
{
    const char *last = NULL;
    for (const char *at = strstr(err->text, "; "); at; at = strstr(at + 2, "; "))
        last = at + 2;
    err->advice_at = last && *last ? (unsigned short)(last - err->text) : 0;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    if (err == NULL)
        return;

    char prefix[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(prefix, sizeof prefix, fmt, args);
    va_end(args);
    if (n < 0)
        return;

    char text[2 * sizeof err->text + 2];
    n = snprintf(text, sizeof text, "%s: %s", prefix, err->text);
    if (n < 0)
        return;
    text[sizeof err->text - 1] = '\0';
    drop_cut_character(text, sizeof err->text);
    size_t advice_at = err->advice_at ? err->advice_at + strlen(prefix) + 2 : 0;
    err->advice_at = advice_at < strlen(text) ? (unsigned short)advice_at : 0;
    memcpy(err->text, text, strlen(text) + 1);
}
