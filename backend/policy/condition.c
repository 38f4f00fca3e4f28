#include "backend/policy/condition.h"

#include "backend/base/timefmt.h"
#include "backend/policy/pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- comparing one operand with one value; UNKNOWN: they are not of the operator's type ------------------ */

static enum tri same_text(const char *operand, const char *value)
{
    return tri_of(strcmp(operand, value) == 0);
}

static enum tri same_text_any_case(const char *operand, const char *value)
{
    return tri_of(strcasecmp(operand, value) == 0);
}

static enum tri like_text(const char *operand, const char *value)
{
    return tri_of(pattern_matches(operand, value));
}

static enum tri like_arn(const char *operand, const char *value)
{
    return tri_of(pattern_matches_arn(operand, value));
}

static bool read_number(const char *s, double *out)
{
    char *end;
    *out = strtod(s, &end);
    return end != s && *end == '\0' && isfinite(*out) && !isspace((unsigned char)s[0]);
}

/* ISO 8601, or seconds since 1970. */
static bool read_date(const char *s, double *out)
{
    int64_t utc;
    if (read_number(s, out))
        return true;
    bool is_date_only = strlen(s) == sizeof "2026-08-29" - 1;
    char *whole = is_date_only ? mem_printf("%sT00:00:00Z", s) : mem_strdup(s);
    bool is_date = time_parse_iso(whole, &utc);
    mem_free(whole);
    *out = (double)utc;
    return is_date;
}

/* -2: not comparable. */
static int compare(bool (*read)(const char *s, double *out), const char *value, const char *operand)
{
    double a, b;
    if (!read(value, &a) || !read(operand, &b))
        return -2;
    return a < b ? -1 : a > b;
}

#define COMPARISON(name, read, test)                                                               \
    static enum tri name(const char *operand, const char *value)                                   \
    {                                                                                              \
        int order = compare(read, value, operand);                                                 \
        return order == -2 ? TRI_UNKNOWN : tri_of(test);                                           \
    }
COMPARISON(same_number, read_number, order == 0)
COMPARISON(number_less, read_number, order < 0)
COMPARISON(number_at_most, read_number, order <= 0)
COMPARISON(number_greater, read_number, order > 0)
COMPARISON(number_at_least, read_number, order >= 0)
COMPARISON(same_date, read_date, order == 0)
COMPARISON(date_less, read_date, order < 0)
COMPARISON(date_at_most, read_date, order <= 0)
COMPARISON(date_greater, read_date, order > 0)
COMPARISON(date_at_least, read_date, order >= 0)

struct address {
    int family;
    unsigned char bytes[16];
    size_t bits; /* of the prefix */
};

static bool read_address(const char *s, struct address *out)
{
    char text[INET6_ADDRSTRLEN];
    const char *slash = strchr(s, '/');
    size_t len = slash ? (size_t)(slash - s) : strlen(s);
    if (len >= sizeof text)
        return false;
    memcpy(text, s, len);
    text[len] = '\0';
    out->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    size_t all = out->family == AF_INET6 ? 128 : 32;
    if (inet_pton(out->family, text, out->bytes) != 1)
        return false;
    out->bits = all;
    if (!slash)
        return true;
    char *end;
    unsigned long bits = strtoul(slash + 1, &end, 10);
    if (!isdigit((unsigned char)slash[1]) || *end != '\0' || bits > all)
        return false;
    out->bits = bits;
    return true;
}

static enum tri in_network(const char *operand, const char *value)
{
    struct address network, host;
    if (!read_address(operand, &network) || !read_address(value, &host))
        return TRI_UNKNOWN;
    if (network.family != host.family || host.bits < network.bits)
        return TRI_NO;
    size_t whole = network.bits / 8, rest = network.bits % 8;
    if (memcmp(network.bytes, host.bytes, whole) != 0)
        return TRI_NO;
    if (rest == 0)
        return TRI_YES;
    unsigned char mask = (unsigned char)(0xffu << (8 - rest));
    return tri_of(((network.bytes[whole] ^ host.bytes[whole]) & mask) == 0);
}

/* ---- the operators, a row each -------------------------------------------------------------------------- */

struct condition_operator {
    const char *name;
    enum tri (*same)(const char *operand, const char *value); /* NULL: Null */
    bool is_negated; /* holds if no operand is the same; also if the request lacks the key */
    bool is_glob;    /* * and ? of the operand are wildcards */
};

static const struct condition_operator operators[] = {
    {"StringEquals", same_text, false, false},
    {"StringNotEquals", same_text, true, false},
    {"StringEqualsIgnoreCase", same_text_any_case, false, false},
    {"StringNotEqualsIgnoreCase", same_text_any_case, true, false},
    {"StringLike", like_text, false, true},
    {"StringNotLike", like_text, true, true},
    {"NumericEquals", same_number, false, false},
    {"NumericNotEquals", same_number, true, false},
    {"NumericLessThan", number_less, false, false},
    {"NumericLessThanEquals", number_at_most, false, false},
    {"NumericGreaterThan", number_greater, false, false},
    {"NumericGreaterThanEquals", number_at_least, false, false},
    {"DateEquals", same_date, false, false},
    {"DateNotEquals", same_date, true, false},
    {"DateLessThan", date_less, false, false},
    {"DateLessThanEquals", date_at_most, false, false},
    {"DateGreaterThan", date_greater, false, false},
    {"DateGreaterThanEquals", date_at_least, false, false},
    {"Bool", same_text_any_case, false, false},
    {"BinaryEquals", same_text, false, false},
    {"IpAddress", in_network, false, false},
    {"NotIpAddress", in_network, true, false},
    {"ArnEquals", like_arn, false, true},
    {"ArnNotEquals", like_arn, true, true},
    {"ArnLike", like_arn, false, true},
    {"ArnNotLike", like_arn, true, true},
    {"Null", NULL, false, false},
};
#define N_OPERATORS (sizeof operators / sizeof *operators)

static const struct condition_operator *operator_named(const char *name, size_t len)
{
    for (size_t i = 0; i < N_OPERATORS; i++)
        if (strlen(operators[i].name) == len && strncasecmp(operators[i].name, name, len) == 0)
            return &operators[i];
    return NULL;
}

static bool takes_prefix(const char **name, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncasecmp(*name, prefix, len) != 0)
        return false;
    *name += len;
    return true;
}

void condition_read_operator(struct policy_condition *c)
{
    static const char if_exists[] = "IfExists";
    const char *name = c->written;
    if (takes_prefix(&name, "ForAnyValue:"))
        c->quantifier = QUANTIFIER_ANY;
    else if (takes_prefix(&name, "ForAllValues:"))
        c->quantifier = QUANTIFIER_ALL;
    size_t len = strlen(name), tail = sizeof if_exists - 1;
    c->if_exists = len > tail && strcasecmp(name + len - tail, if_exists) == 0;
    c->operator = operator_named(name, c->if_exists ? len - tail : len);
    if (c->operator && !c->operator->same && (c->if_exists || c->quantifier != QUANTIFIER_NONE))
        c->operator = NULL; /* Null takes neither */
}

bool condition_is_negated(const struct policy_condition *c)
{
    return c->operator && c->operator->is_negated;
}

bool condition_compares(const struct policy_condition *c)
{
    return c->operator && c->operator->same;
}

/* ---- does it hold? -------------------------------------------------------------------------------------- */

struct asking {
    struct arena *arena;
    const struct policy_condition *c;
    const struct request *request;
    const char **hangs_on;
    bool has_variables;
};

/* One value of the request against all operands: one must be the same, or for a negated operator none. */
static enum tri value_holds(const struct asking *a, const char *value)
{
    const struct condition_operator *op = a->c->operator;
    enum tri same = TRI_NO;
    for (size_t i = 0; i < a->c->values.n && same != TRI_YES; i++) {
        struct pattern p = pattern_of(a->arena, a->c->values.items[i], a->has_variables, op->is_glob,
                                      a->request);
        enum tri one = p.is_resolved == TRI_YES ? op->same(p.text, value) : TRI_UNKNOWN;
        if (p.is_resolved == TRI_NO && !op->is_negated)
            one = TRI_NO;
        if (one == TRI_UNKNOWN)
            *a->hangs_on = p.is_resolved == TRI_YES ? a->c->key : p.variable;
        same = tri_or(same, one);
    }
    return op->is_negated ? tri_not(same) : same;
}

static enum tri some_value_holds(const struct asking *a, const struct context_entry *entry)
{
    enum tri holds = TRI_NO;
    for (size_t i = 0; entry && i < entry->n_values; i++)
        holds = tri_or(holds, value_holds(a, entry->values[i]));
    return holds;
}

static enum tri each_value_holds(const struct asking *a, const struct context_entry *entry)
{
    enum tri holds = TRI_YES;
    for (size_t i = 0; entry && i < entry->n_values; i++)
        holds = tri_and(holds, value_holds(a, entry->values[i]));
    return holds;
}

static enum tri null_holds(const struct asking *a, bool is_there)
{
    enum tri holds = TRI_NO;
    for (size_t i = 0; i < a->c->values.n; i++) {
        const char *operand = a->c->values.items[i];
        bool says_null = strcasecmp(operand, "true") == 0;
        if (!says_null && strcasecmp(operand, "false") != 0)
            holds = tri_or(holds, TRI_UNKNOWN);
        else
            holds = tri_or(holds, tri_of(says_null != is_there));
    }
    return holds;
}

static enum tri known_holds(const struct asking *a, const struct context_entry *entry)
{
    const struct policy_condition *c = a->c;
    bool is_there = entry && entry->n_values > 0;
    if (!c->operator->same)
        return null_holds(a, is_there);
    if (!is_there && c->if_exists)
        return TRI_YES;
    if (c->quantifier == QUANTIFIER_ANY)
        return some_value_holds(a, entry);
    if (c->quantifier == QUANTIFIER_ALL)
        return each_value_holds(a, entry);
    if (!is_there)
        return tri_of(c->operator->is_negated);
    /* Several values without a quantifier: AWS does not say which it takes. */
    enum tri some = some_value_holds(a, entry), each = each_value_holds(a, entry);
    return some == each ? some : TRI_UNKNOWN;
}

enum tri condition_holds(struct arena *arena, const struct policy_condition *c, bool has_variables,
                         const struct request *request, const char **hangs_on)
{
    const char *unknown = NULL;
    struct asking a = {arena, c, request, &unknown, has_variables};
    const struct context_entry *entry = request_context(request, c->key);
    enum tri holds = TRI_UNKNOWN;
    if (!c->operator)
        unknown = c->written;
    else if (!entry || !entry->is_unknown)
        holds = known_holds(&a, entry);
    *hangs_on = holds != TRI_UNKNOWN ? NULL : unknown ? unknown : c->key;
    return holds;
}
