#include "backend/redact/text.h"

#include "backend/aws/op.h"
#include "backend/base/utf8.h"
#include "backend/estate/model.h"

#include <string.h>

#define ACCOUNT_DIGITS 12

/* ---- letters -------------------------------------------------------------------------------------------------- */

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c);
}

/* What may stand inside a part of a text; all else divides parts. */
static bool is_inside(char c)
{
    return is_letter(c) || (unsigned char)c >= 0x80 || (c && strchr("-_.+=@*?", c));
}

/* A part of a text that is not over yet. */
struct part {
    const char *at, *end; /* end: of the text */
};

static size_t part_len(struct part p)
{
    size_t n = 0;
    while (p.at + n < p.end && is_inside(p.at[n]))
        n++;
    return n;
}

static bool is_same(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(s, word, len) == 0;
}

/* ---- AWS's words -------------------------------------------------------------------------------------------------- */

bool redact_is_service(const char *name, size_t len)
{
    static const char *const words[] = {
#define SERVICE_WORD(word) word,
#include "backend/redact/words.def"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_same(name, len, words[i]))
            return true;
    for (int i = 0; i < SERVICE_COUNT; i++) {
        const struct service *s = service_get((enum service_id)i);
        if (is_same(name, len, s->name) || is_same(name, len, s->endpoint_prefix))
            return true;
    }
    return false;
}

static bool is_one_of(const char *s, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (is_same(s, len, *words))
            return true;
    return false;
}

/* https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
static bool is_region(const char *s, size_t len)
{
    static const char *const areas[] = {"af", "ap", "ca",  "cn", "eu", "eusc", "il", "me",
                                        "mx", "sa", "us", "iso", "isob", "isoe", "isof", NULL};
    static const char *const places[] = {"central",   "north",     "south",     "east", "west", "northeast", "northwest",
                                         "southeast", "southwest", "gov", "iso",  "isob", "isoe", "isof", "de", NULL};
    const char *end = s + len;
    int n = 0;
    for (const char *dash; (dash = memchr(s, '-', (size_t)(end - s))); s = dash + 1, n++)
        if (!is_one_of(s, (size_t)(dash - s), n == 0 ? areas : places))
            return false;
    return n >= 2 && end - s >= 1 && end - s <= 2 && is_digit(*s) && is_digit(end[-1]);
}

static bool is_wild(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != '*' && s[i] != '?')
            return false;
    return len > 0;
}

static bool is_place(const char *s, size_t len)
{
    return len == 0 || is_region(s, len) || is_wild(s, len);
}

/* SERVICE.amazonaws.com, SERVICE.REGION.amazonaws.com: nobody's bucket. */
static bool is_host(const char *s, size_t len)
{
    static const char *const ends[] = {".amazonaws.com.cn", ".amazonaws.com"};
    size_t n_end = 0;
    for (size_t i = 0; i < 2 && !n_end; i++)
        if (len > strlen(ends[i]) && memcmp(s + len - strlen(ends[i]), ends[i], strlen(ends[i])) == 0)
            n_end = strlen(ends[i]);
    if (!n_end)
        return false;
    for (const char *end = s + len - n_end, *dot; s <= end; s = dot + 1) {
        dot = memchr(s, '.', (size_t)(end - s));
        if (!dot)
            dot = end;
        size_t label = (size_t)(dot - s);
        if (!redact_is_service(s, label) && !is_region(s, label) && !is_wild(s, label))
            return false;
    }
    return true;
}

/* ---- marks ---------------------------------------------------------------------------------------------------- */

enum rest { REST_WHOLE, REST_BEGINS, REST_WORD, REST_SERVICE };
static const struct {
    const char *text;
    enum rest rest;
} marks[] = {
#define MARK(text, rest) {text, REST_##rest},
#include "backend/redact/words.def"
};

static size_t letters(struct part p)
{
    size_t n = 0;
    while (p.at + n < p.end && is_letter(p.at[n]))
        n++;
    return n;
}

/* What of the part behind a mark belongs to it; false: it is no mark there. */
static bool takes_rest(struct part p, enum rest rest, size_t *n)
{
    *n = rest == REST_WORD ? letters(p) : rest == REST_SERVICE ? part_len(p) : 0;
    if (rest == REST_SERVICE)
        return redact_is_service(p.at, *n);
    return rest != REST_WHOLE || part_len(p) == 0;
}

/* A pattern that only what bears the mark can match: "AWSReserved*". */
static bool is_cut_mark(const char *mark, struct part p)
{
    size_t n = 0;
    while (mark[n] && p.at + n < p.end && p.at[n] == mark[n])
        n++;
    return n > 3 && mark[n] && p.at + n < p.end && p.at[n] == '*';
}

/* Bytes that p begins with and that are no name; 0: none. */
static size_t mark_len(struct part p)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t len = strlen(marks[i].text), rest;
        if (is_cut_mark(marks[i].text, p))
            return part_len(p);
        if ((size_t)(p.end - p.at) >= len && memcmp(p.at, marks[i].text, len) == 0
            && takes_rest((struct part){p.at + len, p.end}, marks[i].rest, &rest))
            return len + rest;
    }
    return 0;
}

/* Our own ids say first what they are of. */
static size_t own_len(struct part p)
{
    static const char own[] = "keyfall:";
    size_t len = (size_t)(p.end - p.at);
    bool is_own = len > sizeof own && memcmp(p.at, own, sizeof own - 1) == 0 && kind_of_arn(p.at, len) != KIND_OTHER;
    return is_own ? (size_t)((const char *)memchr(p.at, '/', len) - p.at) : 0;
}

static size_t kept_len(struct part p)
{
    size_t len = part_len(p), mark = mark_len(p);
    if (mark)
        return mark;
    return is_region(p.at, len) || is_host(p.at, len) ? len : own_len(p);
}

/* ---- ARNs ----------------------------------------------------------------------------------------------------- */

enum { ARN_PARTITION = 1, ARN_SERVICE, ARN_REGION, ARN_ACCOUNT, ARN_RESOURCE, ARN_FIELDS };

static bool has_type(const char *service, size_t service_len, const char *type, size_t len)
{
    static const struct {
        const char *service, *type;
    } types[] = {
#define ARN_TYPE(service, type) {service, type},
#include "backend/redact/words.def"
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_same(service, service_len, types[i].service) && is_same(type, len, types[i].type))
            return true;
    return arn_has_type(service, service_len, type, len);
}

/* The five colons; false: there are fewer. */
static bool arn_split(struct part p, struct part fields[ARN_FIELDS])
{
    for (int f = 0; f < ARN_FIELDS; f++) {
        fields[f].at = fields[f].end = p.at;
        while (fields[f].end < p.end && is_inside(*fields[f].end))
            fields[f].end++;
        if (f < ARN_RESOURCE && (fields[f].end == p.end || *fields[f].end != ':'))
            return false;
        p.at = fields[f].end + 1;
    }
    return true;
}

static bool is_partition(const char *s, size_t len)
{
    static const char *const words[] = {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f",
                                        "aws-eusc", NULL};
    return is_one_of(s, len, words) || is_wild(s, len);
}

static bool has_account(const char *s, size_t len)
{
    size_t digits = 0;
    for (size_t i = 0; i < len && digits < ACCOUNT_DIGITS; i++)
        digits = is_digit(s[i]) ? digits + 1 : 0;
    return digits == ACCOUNT_DIGITS;
}

/* As AWS calls what is its own, in every account alike. */
static bool is_nobodys(struct part p)
{
    size_t len = (size_t)(p.end - p.at);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)p.at[i] >= 0x80)
            return false;
    return !has_account(p.at, len);
}

static void put_words(const struct rename *r, struct part p, struct buf *out);

static void put_field(const struct rename *r, struct part f, bool is_kept, struct buf *out)
{
    if (is_kept)
        buf_add(out, f.at, (size_t)(f.end - f.at));
    else
        put_words(r, f, out);
}

/* An ARN up to its resource's type; of what is AWS's own (a managed policy) all. Bytes taken; 0: it is none. */
static size_t put_arn(const struct rename *r, struct part p, struct buf *out)
{
    struct part f[ARN_FIELDS];
    if (p.end - p.at < 4 || memcmp(p.at, "arn:", 4) != 0 || !arn_split(p, f))
        return 0;
    size_t len[ARN_FIELDS];
    for (int i = 0; i < ARN_FIELDS; i++)
        len[i] = (size_t)(f[i].end - f[i].at);
    bool is_aws = is_same(f[ARN_ACCOUNT].at, len[ARN_ACCOUNT], "aws");
    buf_adds(out, "arn:");
    put_field(r, f[ARN_PARTITION], is_partition(f[ARN_PARTITION].at, len[ARN_PARTITION]), out);
    buf_addc(out, ':');
    put_field(r, f[ARN_SERVICE], redact_is_service(f[ARN_SERVICE].at, len[ARN_SERVICE])
                                     || is_wild(f[ARN_SERVICE].at, len[ARN_SERVICE]), out);
    buf_addc(out, ':');
    put_field(r, f[ARN_REGION], is_place(f[ARN_REGION].at, len[ARN_REGION]), out);
    buf_addc(out, ':');
    put_field(r, f[ARN_ACCOUNT], is_aws, out);
    buf_addc(out, ':');
    struct part rest = f[ARN_RESOURCE], own = rest;
    while (is_aws && own.end < p.end && (is_inside(*own.end) || *own.end == '/'))
        own.end++;
    bool is_type = rest.end < p.end && (*rest.end == '/' || *rest.end == ':')
                   && has_type(f[ARN_SERVICE].at, len[ARN_SERVICE], rest.at, len[ARN_RESOURCE]);
    if (is_aws && is_nobodys(own))
        rest = own;
    else if (!is_type)
        rest.end = rest.at;
    buf_add(out, rest.at, (size_t)(rest.end - rest.at));
    return (size_t)(rest.end - p.at);
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

/* A hump of a CamelCase begins a word: what ends alike still does. */
static size_t word_len(struct part p)
{
    size_t n = 1;
    while (p.at + n < p.end && is_letter(p.at[n]) && !(is_lower(p.at[n - 1]) && is_upper(p.at[n])))
        n++;
    return n;
}

static size_t put_point(const struct rename *r, struct part p, struct buf *out)
{
    uint32_t point;
    size_t n = utf8_decode(p.at, (size_t)(p.end - p.at), &point);
    rename_point(r, n ? point : UINT32_MAX - (unsigned char)*p.at, out);
    return n ? n : 1;
}

static size_t put_word(const struct rename *r, struct part p, struct buf *out)
{
    if ((unsigned char)*p.at >= 0x80)
        return put_point(r, p, out);
    size_t n = is_letter(*p.at) ? word_len(p) : 1;
    if (is_letter(*p.at))
        rename_word(r, p.at, n, out);
    else
        buf_addc(out, *p.at);
    return n;
}

static void put_words(const struct rename *r, struct part p, struct buf *out)
{
    while (p.at < p.end)
        p.at += put_word(r, p, out);
}

void redact_text(const struct rename *r, const char *text, size_t len, struct buf *out)
{
    struct part p = {text, text + len};
    for (bool begins = true; p.at < p.end; begins = !is_inside(p.at[-1])) {
        size_t n = begins ? put_arn(r, p, out) : 0;
        size_t kept = begins && !n ? kept_len(p) : 0;
        buf_add(out, p.at, kept);
        p.at += n + kept;
        if (n + kept == 0)
            p.at += put_word(r, p, out);
    }
}

void redact_word(const struct rename *r, const char *text, size_t len, struct buf *out)
{
    bool is_word = len < 64 && !has_account(text, len) && !memmem(text, len, "arn:", 4) && !memchr(text, '@', len);
    if (is_word)
        buf_add(out, text, len);
    else
        redact_text(r, text, len, out);
}
