/* cost: what AWS asks for a call, and how many calls may be sent. Constant data and pure functions; any
 * thread. Money is in billionths of a US dollar: the dearest call costs 5,000 of them.
 *
 * An estimate from above: every request counts, refused ones too, at the list price of us-east-1, and no
 * free tier is taken off. */
#ifndef KEYFALL_AWS_COST_H
#define KEYFALL_AWS_COST_H

#include "backend/aws/op.h"

#include <stddef.h>
#include <stdint.h>

#define NANOUSD 1000000000

struct price {
    const char *calls;   /* "kms:" all of a service, "s3:ListBuckets" one operation, "" all the rest */
    int64_t nanousd;     /* for one request */
    const char *page;    /* AWS's page, without https:// */
};
const struct price *cost_price(const struct op *op);
int64_t cost_of(const struct op *op);

/* At most so many requests, so much money; 0: no limit of that kind. */
struct budget {
    uint64_t requests;
    int64_t nanousd;
};
/* "20000", "0.25USD" (or "$0.25"), or both with a comma between them. NULL, or what is wrong with the text. */
const char *budget_parse(const char *text, struct budget *out);
/* "20000 requests", "$0.25", "20000 requests or $0.25" */
#define BUDGET_WORDS_SIZE 80
void budget_words(const struct budget *budget, char out[BUDGET_WORDS_SIZE]);
/* What of a budget was taken: "40 requests for $0.00012". */
void budget_taken_words(uint64_t requests, int64_t nanousd, char out[BUDGET_WORDS_SIZE]);

/* "$0.0042": rounded up, so that what costs something never looks free. */
#define COST_WORDS_SIZE 32
void cost_words(int64_t nanousd, char out[COST_WORDS_SIZE]);

#endif
