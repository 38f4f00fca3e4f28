#include "backend/redact/text.h"

#include "backend/base/json.h"
#include "backend/policy/condition.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_DEPTH 32 /* deeper, everything is a name */

struct word {
    const char *at;
    size_t len;
};

/* A document on its way through: the members that lead to where it is. */
struct document {
    const struct rename *rename;
    struct word path[MAX_DEPTH]; /* of the objects that are open, from the outermost */
    size_t depth;
    struct buf *out;
};

static bool is_word(struct word w, const char *text)
{
    return strlen(text) == w.len && memcmp(w.at, text, w.len) == 0;
}

static bool is_made_of(struct word w, const char *letters)
{
    size_t n = 0;
    while (n < w.len && w.at[n] && strchr(letters, w.at[n]))
        n++;
    return n == w.len;
}

/* The member that is so many objects above; "" where there is none. */
static struct word above(const struct document *d, size_t n)
{
    return d->depth <= MAX_DEPTH && n < d->depth ? d->path[d->depth - 1 - n] : (struct word){"", 0};
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

static bool is_operator(struct word w)
{
    char written[64];
    struct policy_condition c = {.written = written};
    (void)snprintf(written, sizeof written, "%.*s", w.len < sizeof written ? (int)w.len : 0, w.at);
    condition_read_operator(&c);
    return c.operator != NULL;
}

/* "service:What" that a text begins with, for a service that AWS has, in any case; its length, or 0. */
static size_t prefixed(struct word w, const char *more)
{
    char service[40];
    const char *colon = memchr(w.at, ':', w.len);
    size_t len = colon ? (size_t)(colon - w.at) : 0;
    if (len == 0 || len >= sizeof service)
        return 0;
    for (size_t i = 0; i < len; i++)
        service[i] = w.at[i] >= 'A' && w.at[i] <= 'Z' ? (char)(w.at[i] - 'A' + 'a') : w.at[i];
    size_t end = len + 1;
    while (end < w.len && w.at[end]
           && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", w.at[end]))
        end++;
    while (end < w.len && w.at[end] && strchr(more, w.at[end]))
        end++;
    return redact_is_service(service, len) ? end : 0;
}

static void put_key(struct document *d, struct word w)
{
    size_t kept = prefixed(w, "");
    buf_add(d->out, w.at, kept);
    redact_text(d->rename, w.at + kept, w.len - kept, d->out);
}

static bool has_words(struct word key)
{
    static const char *const keys[] = {
#define VALUE_WORDS(key) key,
#include "backend/redact/words.def"
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i]) == key.len && strncasecmp(keys[i], key.at, key.len) == 0)
            return true;
    return false;
}

/* Numbers, dates, true and false. */
static bool is_measure(struct word operator, struct word value)
{
    static const char *const operators[] = {"Numeric", "Date", "Bool", "Null"};
    bool is = strcasecmp(value.at, "true") == 0 || strcasecmp(value.at, "false") == 0
              || is_made_of(value, "0123456789-+.:TZ");
    for (size_t i = 0; is && i < sizeof operators / sizeof *operators; i++)
        if (memmem(operator.at, operator.len, operators[i], strlen(operators[i])))
            return true;
    return false;
}

/* An address of IPv4, that there may be one still; false: it is none. */
static bool put_network(struct document *d, struct word value)
{
    unsigned octets[4];
    unsigned char before[4];
    int n = 0;
    if (sscanf(value.at, "%3u.%3u.%3u.%3u%n", &octets[0], &octets[1], &octets[2], &octets[3], &n) != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        buf_printf(d->out, "%s%u", i > 0 ? "." : "", rename_octet(d->rename, before, i, octets[i]));
        before[i] = (unsigned char)octets[i];
    }
    buf_add(d->out, value.at + n, value.len - (size_t)n);
    return true;
}

static void put_operand(struct document *d, struct word operator, struct word key, struct word value)
{
    if (has_words(key))
        redact_word(d->rename, value.at, value.len, d->out);
    else if (is_measure(operator, value))
        buf_add(d->out, value.at, value.len);
    else if (!memmem(operator.at, operator.len, "IpAddress", 9) || !put_network(d, value))
        redact_text(d->rename, value.at, value.len, d->out);
}

/* ---- members and their values --------------------------------------------------------------------------------- */

enum values { VALUES_UNKNOWN, VALUES_NAMES, VALUES_WORDS, VALUES_ACTIONS };

static enum values values_of(struct word member)
{
    static const struct {
        const char *name;
        enum values values;
    } members[] = {
#define MEMBER(name, values) {name, VALUES_##values},
#include "backend/redact/words.def"
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (is_word(member, members[i].name))
            return members[i].values;
    return VALUES_UNKNOWN;
}

static void put_member(struct document *d, struct word name)
{
    if (is_word(above(d, 2), "Condition"))
        put_key(d, name);
    else if (is_word(above(d, 1), "Condition") ? is_operator(name) : values_of(name) != VALUES_UNKNOWN)
        buf_add(d->out, name.at, name.len);
    else
        redact_text(d->rename, name.at, name.len, d->out);
}

static void put_value(struct document *d, struct word value)
{
    enum values values = values_of(above(d, 0));
    if (is_word(above(d, 2), "Condition"))
        put_operand(d, above(d, 1), above(d, 0), value);
    else if (values == VALUES_WORDS)
        redact_word(d->rename, value.at, value.len, d->out);
    else if (values == VALUES_ACTIONS && (is_word(value, "*") || prefixed(value, "*?") == value.len))
        buf_add(d->out, value.at, value.len);
    else
        redact_text(d->rename, value.at, value.len, d->out);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

/* The text between two quotes, with its escapes; what is none is left out. */
static void put_string(struct document *d, struct word quoted, void (*put)(struct document *d, struct word text))
{
    struct buf *out = d->out, text = {0};
    cJSON *read = cJSON_ParseWithLength(quoted.at, quoted.len), *renamed;
    d->out = &text;
    buf_adds(&text, "");
    if (cJSON_IsString(read))
        put(d, (struct word){read->valuestring, strlen(read->valuestring)});
    d->out = out;
    renamed = cJSON_CreateString(text.data);
    char *printed = renamed ? cJSON_PrintUnformatted(renamed) : NULL;
    buf_adds(out, printed ? printed : "\"\"");
    cJSON_free(printed);
    cJSON_Delete(renamed);
    cJSON_Delete(read);
    buf_free(&text);
}

/* Both quotes included; to the end of the text if the second is missing. */
static size_t string_len(const char *at, const char *end)
{
    const char *s = at + 1;
    while (s < end && *s != '"')
        s += *s == '\\' && s + 1 < end ? 2 : 1;
    return (size_t)((s < end ? s + 1 : end) - at);
}

static void take_string(struct document *d, struct word quoted, const char *end)
{
    const char *next = quoted.at + quoted.len;
    while (next < end && strchr(" \t\r\n", *next))
        next++;
    bool is_member = next < end && *next == ':';
    if (is_member && d->depth > 0 && d->depth <= MAX_DEPTH)
        d->path[d->depth - 1] = (struct word){quoted.at + 1, quoted.len >= 2 ? quoted.len - 2 : 0};
    put_string(d, quoted, is_member ? put_member : put_value);
}

static size_t take_brace(struct document *d, char brace)
{
    if (brace == '{' && ++d->depth <= MAX_DEPTH)
        d->path[d->depth - 1] = (struct word){"", 0};
    else if (brace == '}' && d->depth > 0)
        d->depth--;
    buf_addc(d->out, brace);
    return 1;
}

/* true, false, null, numbers; what is none of them is somebody's. */
static size_t take_bare(struct document *d, const char *at, const char *end)
{
    size_t len = 0;
    while (at + len < end && !strchr(" \t\r\n,:[]{}\"", at[len]))
        len++;
    struct word w = {at, len};
    bool is_bare = is_word(w, "true") || is_word(w, "false") || is_word(w, "null");
    if (is_bare || (len < 12 && is_made_of(w, "0123456789-+.eE")))
        buf_add(d->out, at, len);
    else
        redact_text(d->rename, at, len, d->out);
    return len;
}

void redact_document(const struct rename *r, const char *text, size_t len, struct buf *out)
{
    struct document d = {.rename = r, .out = out};
    for (const char *at = text, *end = text + len; at < end;) {
        size_t n = 1;
        if (*at == '"') {
            n = string_len(at, end);
            take_string(&d, (struct word){at, n}, end);
        } else if (*at == '{' || *at == '}') {
            n = take_brace(&d, *at);
        } else if (strchr(" \t\r\n,:[]", *at)) {
            buf_addc(out, *at);
        } else {
            n = take_bare(&d, at, end);
        }
        at += n;
    }
}
