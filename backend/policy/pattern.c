#include "backend/policy/pattern.h"

#include "backend/policy/request.h"

#include <ctype.h>
#include <string.h>

#define ARN_COLONS 5

static void add_literal(struct buf *out, const char *word, size_t len, bool is_glob)
{
    for (size_t i = 0; i < len; i++)
        buf_addc(out, is_glob && word[i] == '*'   ? PATTERN_ANY
                      : is_glob && word[i] == '?' ? PATTERN_ONE
                                                  : word[i]);
}

/* ${aws:username} and ${aws:PrincipalTag/team, 'nobody'}; ${*}, ${?} and ${$} are those characters. */
static enum tri add_variable(struct buf *out, struct arena *arena, const char *body, size_t len,
                             const struct request *request, const char **name)
{
    if (len == 1 && strchr("*?$", body[0])) {
        buf_addc(out, body[0]);
        return TRI_YES;
    }
    const char *comma = memchr(body, ',', len);
    size_t name_len = comma ? (size_t)(comma - body) : len;
    while (name_len > 0 && body[name_len - 1] == ' ')
        name_len--;
    *name = arena_strndup(arena, body, name_len);
    const struct context_entry *entry = request_context(request, *name);
    if (entry && entry->is_unknown)
        return TRI_UNKNOWN;
    if (entry && entry->n_values == 1) {
        buf_adds(out, entry->values[0]);
        return TRI_YES;
    }
    const char *quote = comma ? memchr(comma, '\'', (size_t)(body + len - comma)) : NULL;
    if (entry || !quote || body[len - 1] != '\'' || body + len - 1 == quote)
        return TRI_NO;
    buf_add(out, quote + 1, (size_t)(body + len - 1 - (quote + 1)));
    return TRI_YES;
}

struct pattern pattern_of(struct arena *arena, const char *word, bool has_variables, bool is_glob,
                          const struct request *request)
{
    struct buf out = {0};
    struct pattern p = {"", TRI_YES, NULL};
    const char *at = word;
    while (p.is_resolved == TRI_YES && *at) {
        const char *open = has_variables ? strstr(at, "${") : NULL;
        const char *close = open ? strchr(open, '}') : NULL;
        size_t plain = close ? (size_t)(open - at) : strlen(at);
        add_literal(&out, at, plain, is_glob);
        at += plain;
        if (!close)
            break;
        p.is_resolved = add_variable(&out, arena, open + 2, (size_t)(close - open - 2), request,
                                     &p.variable);
        at = close + 1;
    }
    if (out.data)
        p.text = arena_strndup(arena, out.data, out.len);
    buf_free(&out);
    return p;
}

/* ---- matching ----------------------------------------------------------------------------------------- */

static size_t char_bytes(const char *s)
{
    size_t n = 1;
    while (((unsigned char)s[n] & 0xc0) == 0x80)
        n++;
    return n;
}

struct letters {
    char any, one;
    bool ignores_case;
};

static bool same_letter(char a, char b, bool ignores_case)
{
    return a == b || (ignores_case && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* The usual way with one place to go back to: linear but for the last run of wildcards. */
static bool matches(const char *pattern, const char *pattern_end, const char *text, const char *text_end,
                    struct letters letters)
{
    const char *back_pattern = NULL, *back_text = NULL;
    while (text < text_end) {
        if (pattern < pattern_end && *pattern == letters.any) {
            back_pattern = ++pattern;
            back_text = text;
        } else if (pattern < pattern_end && *pattern == letters.one) {
            pattern++;
            text += char_bytes(text);
        } else if (pattern < pattern_end && same_letter(*pattern, *text, letters.ignores_case)) {
            pattern++;
            text++;
        } else if (back_pattern) {
            pattern = back_pattern;
            text = back_text += char_bytes(back_text);
        } else {
            return false;
        }
    }
    while (pattern < pattern_end && *pattern == letters.any)
        pattern++;
    return pattern == pattern_end;
}

static const struct letters resolved = {PATTERN_ANY, PATTERN_ONE, false};
static const struct letters as_written = {'*', '?', true};

bool pattern_matches(const char *pattern, const char *text)
{
    return matches(pattern, pattern + strlen(pattern), text, text + strlen(text), resolved);
}

bool pattern_matches_action(const char *word, const char *action)
{
    return matches(word, word + strlen(word), action, action + strlen(action), as_written);
}

/* The sixth part has whatever colons come after the fifth. */
static const char *part_end(const char *s, int part)
{
    const char *colon = part < ARN_COLONS ? strchr(s, ':') : NULL;
    return part < ARN_COLONS ? colon : s + strlen(s);
}

bool pattern_matches_arn(const char *pattern, const char *arn)
{
    for (int part = 0; part <= ARN_COLONS; part++) {
        const char *pattern_end = part_end(pattern, part), *arn_end = part_end(arn, part);
        if (!pattern_end || !arn_end || !matches(pattern, pattern_end, arn, arn_end, resolved))
            return false;
        pattern = pattern_end + 1;
        arn = arn_end + 1;
    }
    return true;
}
