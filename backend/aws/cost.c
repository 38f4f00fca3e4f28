#include "backend/aws/cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first row that fits. */
static const struct price prices[] = {
    {"kms:", 3000, "aws.amazon.com/kms/pricing"},                        /* $0.03 for 10,000 */
    {"secretsmanager:", 5000, "aws.amazon.com/secrets-manager/pricing"}, /* $0.05 for 10,000 */
    {"s3:ListBuckets", 5000, "aws.amazon.com/s3/pricing"},               /* $0.005 for 1,000 */
    {"s3:", 400, "aws.amazon.com/s3/pricing"},                           /* $0.0004 for 1,000 */
    {"sns:", 500, "aws.amazon.com/sns/pricing"},                         /* $0.50 for 1,000,000 */
    {"sqs:", 400, "aws.amazon.com/sqs/pricing"},                         /* $0.40 for 1,000,000 */
    {"codeartifact:", 5000, "aws.amazon.com/codeartifact/pricing"},      /* $0.05 for 10,000 */
    {"", 0, "aws.amazon.com/pricing"}, /* others ask for what runs or is stored, not for being asked */
};

static bool covers(const char *calls, const char *id)
{
    size_t len = strlen(calls);
    return strncmp(id, calls, len) == 0 && (len == 0 || calls[len - 1] == ':' || id[len] == '\0');
}

const struct price *cost_price(const struct op *op)
{
    size_t i = 0;
    while (!covers(prices[i].calls, op->id))
        i++;
    return &prices[i];
}

int64_t cost_of(const struct op *op)
{
    return cost_price(op)->nanousd;
}

/* ---- budgets ------------------------------------------------------------------------------------ */

#define MAX_DIGITS 9

/* Reads digits up to MAX_DIGITS of them; NULL if there are none or too many. */
static const char *read_digits(const char *at, int64_t *out)
{
    const char *start = at;
    for (*out = 0; *at >= '0' && *at <= '9' && at - start <= MAX_DIGITS; at++)
        *out = *out * 10 + (*at - '0');
    return at == start || at - start > MAX_DIGITS ? NULL : at;
}

static const char *read_fraction(const char *at, int64_t *nanousd)
{
    int64_t unit = NANOUSD / 10;
    for (; *at >= '0' && *at <= '9' && unit > 0; at++, unit /= 10)
        *nanousd += (*at - '0') * unit;
    return at;
}

/* One part, up to a comma or the end. */
static const char *read_part(const char *at, struct budget *out)
{
    int64_t whole, nanousd;
    bool is_money = *at == '$';
    at = read_digits(at + is_money, &whole);
    if (!at)
        return NULL;
    nanousd = whole * NANOUSD;
    bool has_fraction = *at == '.';
    if (has_fraction)
        at = read_fraction(at + 1, &nanousd);
    if (!is_money && strncmp(at, "USD", 3) == 0) {
        is_money = true;
        at += 3;
    }
    if ((*at && *at != ',') || (has_fraction && !is_money) || (is_money ? nanousd : whole) == 0)
        return NULL;
    if (is_money ? out->nanousd != 0 : out->requests != 0)
        return NULL;
    if (is_money)
        out->nanousd = nanousd;
    else
        out->requests = (uint64_t)whole;
    return at;
}

const char *budget_parse(const char *text, struct budget *out)
{
    *out = (struct budget){0};
    const char *at = read_part(text, out);
    if (at && *at == ',')
        at = read_part(at + 1, out);
    if (at && *at == '\0')
        return NULL;
    *out = (struct budget){0};
    return "is no budget: write requests, dollars or both, as 20000, 0.25USD or 20000,0.25USD";
}

void cost_words(int64_t nanousd, char out[COST_WORDS_SIZE])
{
    int64_t parts = (nanousd + NANOUSD / 10000 - 1) / (NANOUSD / 10000);
    if (parts % 100 == 0)
        (void)snprintf(out, COST_WORDS_SIZE, parts == 0 ? "$0" : "$%" PRId64 ".%02" PRId64, parts / 10000,
                       parts / 100 % 100);
    else
        (void)snprintf(out, COST_WORDS_SIZE, "$%" PRId64 ".%04" PRId64, parts / 10000, parts % 10000);
}

#define CENTS_DIGITS 2

/* Not rounded: what is taken is compared with it. */
static void exact_words(int64_t nanousd, char out[COST_WORDS_SIZE])
{
    int len = snprintf(out, COST_WORDS_SIZE, "$%" PRId64 ".%09" PRId64, nanousd / NANOUSD, nanousd % NANOUSD);
    const char *point = strchr(out, '.');
    while (out[len - 1] == '0' && out + len - 1 > point + CENTS_DIGITS)
        out[--len] = '\0';
}

void budget_taken_words(uint64_t requests, int64_t nanousd, char out[BUDGET_WORDS_SIZE])
{
    char money[COST_WORDS_SIZE];
    exact_words(nanousd, money);
    (void)snprintf(out, BUDGET_WORDS_SIZE, "%" PRIu64 " request%s for %s", requests, requests == 1 ? "" : "s",
                   money);
}

void budget_words(const struct budget *budget, char out[BUDGET_WORDS_SIZE])
{
    char money[COST_WORDS_SIZE] = "";
    if (budget->nanousd)
        exact_words(budget->nanousd, money);
    if (budget->requests)
        (void)snprintf(out, BUDGET_WORDS_SIZE, "%" PRIu64 " request%s%s%s", budget->requests,
                       budget->requests == 1 ? "" : "s", money[0] ? " or " : "", money);
    else
        (void)snprintf(out, BUDGET_WORDS_SIZE, "%s", money);
}
