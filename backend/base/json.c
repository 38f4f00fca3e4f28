#include "backend/base/json.h"

#include "backend/base/mem.h"
#include "backend/base/swar.h"
#include "backend/base/utf8.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER_BYTES 63 /* what cJSON reads of a number; more would be cut in two */

/* A member name of an object that is still open. */
struct name {
    uint64_t hash;
    const char *bytes; /* decoded: in the text, or in the arena if it had escapes */
    size_t len;
    size_t at; /* where it stands in the text */
};

struct level {
    size_t first_name; /* of this object in names */
    bool is_object;
};

struct scan {
    const char *text;
    size_t len, at;
    struct level levels[JSON_MAX_DEPTH];
    size_t depth;
    VEC(struct name) names;
    struct arena *decoded; /* made when the first escaped name comes */
    struct buf scratch;
    struct err *err;
};

/* Line and column (in characters) are counted only when there is something to say. */
static enum err_code fail(struct scan *s, size_t at, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < s->len; i++) {
        if (s->text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)s->text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return err_set(s->err, ERR_PARSE, "JSON, line %zu, column %zu: %s", line, column, what);
}

static enum err_code fail_here(struct scan *s, const char *what)
{
    return fail(s, s->at, s->at >= s->len ? "the text ends too early" : what);
}

static int peek(const struct scan *s)
{
    return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->len) {
        char c = s->text[s->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        s->at++;
    }
}

static bool take_hex4(struct scan *s, uint32_t *value)
{
    uint32_t v = 0;
    if (s->len - s->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = s->text[s->at + (size_t)i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        v = v << 4 | digit;
    }
    s->at += 4;
    *value = v;
    return true;
}

/* Behind "\u": one code point, or two units of a surrogate pair. */
static enum err_code take_unicode_escape(struct scan *s, size_t start, uint32_t *point)
{
    uint32_t low;
    if (!take_hex4(s, point))
        return fail(s, start, "\\u needs four hexadecimal digits");
    if (*point == 0)
        return fail(s, start, "\\u0000 is not accepted");
    if (*point >= 0xdc00 && *point <= 0xdfff)
        return fail(s, start, "half of a surrogate pair");
    if (*point < 0xd800 || *point > 0xdbff)
        return ERR_OK;
    if (s->len - s->at < 2 || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
        return fail(s, start, "half of a surrogate pair");
    s->at += 2;
    if (!take_hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
        return fail(s, start, "half of a surrogate pair");
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return ERR_OK;
}

static enum err_code take_escape(struct scan *s, struct buf *decoded)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    size_t start = s->at++;
    int c = peek(s);
    if (c < 0)
        return fail_here(s, "");
    s->at++;
    if (c == 'u') {
        uint32_t point = 0;
        char bytes[4];
        enum err_code code = take_unicode_escape(s, start, &point);
        if (code == ERR_OK && decoded != NULL)
            buf_add(decoded, bytes, utf8_encode(point, bytes));
        return code;
    }
    const char *letter = memchr(letters, c, sizeof letters - 1);
    if (letter == NULL)
        return fail(s, start, "no such escape");
    if (decoded != NULL)
        buf_addc(decoded, meanings[letter - letters]);
    return ERR_OK;
}

/* Where the run of ASCII that needs no look ends: a quote, a backslash, a control or wide
 * character. */
static size_t string_run_end(const char *text, size_t at, size_t len)
{
    while (len - at >= sizeof(uint64_t)) {
        uint64_t v = swar_load(text + at);
        if ((swar_not_plain(v) | swar_is(v, '"') | swar_is(v, '\\')) != 0)
            break;
        at += sizeof(uint64_t);
    }
    while (at < len && (unsigned char)text[at] >= 0x20 && (unsigned char)text[at] < 0x80 &&
           text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

/* At an opening quote. decoded may be NULL; has_escapes tells whether it differs from the text. */
static enum err_code take_string(struct scan *s, struct buf *decoded, bool *has_escapes)
{
    s->at++;
    *has_escapes = false;
    for (;;) {
        size_t start = s->at;
        s->at = string_run_end(s->text, s->at, s->len);
        uint32_t point = 0;
        size_t n;
        while ((n = utf8_decode(s->text + s->at, s->len - s->at, &point)) > 1)
            s->at += n;
        if (decoded != NULL)
            buf_add(decoded, s->text + start, s->at - start);
        if (s->at > start)
            continue;

        int c = peek(s);
        if (c == '"') {
            s->at++;
            return ERR_OK;
        }
        if (c != '\\')
            return fail_here(s, c < 0x20 ? "a control character in a string" : "not UTF-8");
        *has_escapes = true;
        enum err_code code = take_escape(s, decoded);
        if (code != ERR_OK)
            return code;
    }
}

static bool take_digits(struct scan *s)
{
    size_t start = s->at;
    while (s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9')
        s->at++;
    return s->at > start;
}

static bool is_finite(const char *text, size_t len)
{
    char copy[MAX_NUMBER_BYTES + 1];
    memcpy(copy, text, len);
    copy[len] = '\0';
    return isfinite(strtod(copy, NULL));
}

static enum err_code take_number(struct scan *s)
{
    size_t start = s->at;
    bool has_exponent = false;

    if (peek(s) == '-')
        s->at++;
    if (peek(s) == '0')
        s->at++;
    else if (!take_digits(s))
        return fail_here(s, "a digit was expected");
    if (peek(s) == '.') {
        s->at++;
        if (!take_digits(s))
            return fail_here(s, "a digit was expected");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        has_exponent = true;
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (!take_digits(s))
            return fail_here(s, "a digit was expected");
    }
    if (s->at - start > MAX_NUMBER_BYTES)
        return fail(s, start, "a number of more than 63 characters");
    if (has_exponent && !is_finite(s->text + start, s->at - start))
        return fail(s, start, "a number too large");
    return ERR_OK;
}

static enum err_code take_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (s->len - s->at >= n && memcmp(s->text + s->at, words[i], n) == 0) {
            s->at += n;
            return ERR_OK;
        }
    }
    return fail_here(s, "a value was expected");
}

static uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return h;
}

static int compare_names(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, a->len);
    return order != 0 ? order : a->at < b->at ? -1 : 1;
}

static bool same_name(const struct name *a, const struct name *b)
{
    return a->hash == b->hash && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Sorted rather than hashed into a table: members made to collide cost no more than others. */
static enum err_code check_names(struct scan *s, size_t first)
{
    struct name *names = s->names.items + first;
    size_t n = s->names.n - first, twice = SIZE_MAX;

    if (n < 2)
        return ERR_OK;
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 1; i < n; i++)
        if (same_name(&names[i - 1], &names[i]) && names[i].at < twice)
            twice = names[i].at;
    return twice == SIZE_MAX ? ERR_OK : fail(s, twice, "a member that the object already has");
}

/* A member name and its colon. */
static enum err_code take_name(struct scan *s)
{
    skip_space(s);
    if (peek(s) != '"')
        return fail_here(s, "a member name was expected");
    struct name name = {.at = s->at};
    bool has_escapes;
    buf_clear(&s->scratch);
    enum err_code code = take_string(s, &s->scratch, &has_escapes);
    if (code != ERR_OK)
        return code;
    name.bytes = s->text + name.at + 1;
    name.len = s->at - name.at - 2;
    if (has_escapes) {
        if (s->decoded == NULL)
            s->decoded = arena_new();
        name.len = s->scratch.len;
        name.bytes = arena_strndup(s->decoded, s->scratch.data, name.len);
    }
    name.hash = hash_bytes(name.bytes, name.len);
    VEC_PUSH(s->names, name);

    skip_space(s);
    if (peek(s) != ':')
        return fail_here(s, "a colon was expected");
    s->at++;
    return ERR_OK;
}

/* Opens an array or object. *is_value: it was empty and is therefore already a whole value. */
static enum err_code open_level(struct scan *s, bool is_object, bool *is_value)
{
    if (s->depth == JSON_MAX_DEPTH)
        return fail(s, s->at, "nested too deeply");
    s->at++;
    skip_space(s);
    *is_value = peek(s) == (is_object ? '}' : ']');
    if (*is_value) {
        s->at++;
        return ERR_OK;
    }
    s->levels[s->depth++] = (struct level){.first_name = s->names.n, .is_object = is_object};
    return is_object ? take_name(s) : ERR_OK;
}

/* Begins a value. *is_value tells whether it is complete (else a level was opened). */
static enum err_code take_value(struct scan *s, bool *is_value)
{
    bool has_escapes;
    skip_space(s);
    *is_value = true;
    int c = peek(s);
    if (c == '{' || c == '[')
        return open_level(s, c == '{', is_value);
    if (c == '"')
        return take_string(s, NULL, &has_escapes);
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(s);
    return take_word(s);
}

/* After a value inside a level: a comma, or the end of the level, which is a value itself. */
static enum err_code take_end(struct scan *s, bool *is_value)
{
    struct level *level = &s->levels[s->depth - 1];
    skip_space(s);
    int c = peek(s);
    *is_value = false;
    if (c == ',') {
        s->at++;
        return level->is_object ? take_name(s) : ERR_OK;
    }
    if (c != (level->is_object ? '}' : ']'))
        return fail_here(s, "a comma or the end of the list was expected");
    s->at++;
    *is_value = true;
    s->depth--;
    enum err_code code = level->is_object ? check_names(s, level->first_name) : ERR_OK;
    s->names.n = level->first_name;
    return code;
}

static enum err_code scan_text(struct scan *s)
{
    enum err_code code = ERR_OK;
    bool is_value = false;
    do {
        code = is_value ? take_end(s, &is_value) : take_value(s, &is_value);
    } while (code == ERR_OK && !(is_value && s->depth == 0));
    if (code != ERR_OK)
        return code;
    skip_space(s);
    return s->at == s->len ? ERR_OK : fail(s, s->at, "something follows the value");
}

enum err_code json_scan(const char *text, size_t len, struct err *err)
{
    if (len > JSON_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "JSON of more than %u bytes", JSON_MAX_BYTES);
    struct scan s = {.text = text, .len = len, .err = err};
    enum err_code code = scan_text(&s);
    VEC_FREE(s.names);
    arena_free(s.decoded);
    buf_free(&s.scratch);
    return code;
}

enum err_code json_parse(const char *text, size_t len, cJSON **out, struct err *err)
{
    *out = NULL;
    enum err_code code = json_scan(text, len, err);
    if (code != ERR_OK)
        return code;
    *out = cJSON_ParseWithLengthOpts(text, len, NULL, false);
    if (*out == NULL)
        return err_set(err, ERR_PARSE, "JSON that cannot be read");
    return ERR_OK;
}

/* What a terminal would act on is written as an escape: the reader gets the same string. */
static bool needs_escape(uint32_t point)
{
    enum utf8_class class = utf8_class_of(point);
    return point == '"' || point == '\\' || class == UTF8_CONTROL || class == UTF8_FORMAT;
}

static void add_escape(struct buf *out, uint32_t point)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = point < 0x80 ? memchr(plain, (int)point, sizeof plain - 1) : NULL;
    if (found != NULL) {
        buf_addc(out, '\\');
        buf_addc(out, letters[found - plain]);
    } else if (point < 0x10000) {
        buf_printf(out, "\\u%04x", point);
    } else {
        point -= 0x10000;
        buf_printf(out, "\\u%04x\\u%04x", 0xd800 + (point >> 10), 0xdc00 + (point & 0x3ff));
    }
}

void json_add_string(struct buf *out, const char *s, size_t len)
{
    size_t at = 0;
    buf_addc(out, '"');
    while (at < len) {
        size_t start = at;
        while (at < len && s[at] >= 0x20 && s[at] < 0x7f && s[at] != '"' && s[at] != '\\')
            at++;
        buf_add(out, s + start, at - start);
        if (at == len)
            break;
        uint32_t point = 0;
        size_t n = utf8_decode(s + at, len - at, &point);
        if (n == 0)
            buf_adds(out, "\xef\xbf\xbd");
        else if (needs_escape(point))
            add_escape(out, point);
        else
            buf_add(out, s + at, n);
        at += n == 0 ? 1 : n;
    }
    buf_addc(out, '"');
}
