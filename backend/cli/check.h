/* check: what is wrong, counted by causes, as text, JSON or SARIF. Private to cli/. */
#ifndef KEYFALL_CLI_CHECK_H
#define KEYFALL_CLI_CHECK_H

#include "backend/cli/verb.h"

#include <stdio.h>

struct check {
    const struct finding **items;       /* causes, worst first, what is sure before what is not, rules together; those
                                           that are suppressed last */
    size_t n, n_suppressed;
    uint32_t open[SEVERITY_COUNT], unknown[SEVERITY_COUNT]; /* causes */
    size_t n_effects, n_blind;
    size_t n_lines; /* of what to do first: many alike are one */
    enum severity fail_on;
    int status;                         /* that keyfall ends with */
};

void check_make(const struct answer *a, struct check *out);
void check_free(struct check *check);

/* Whether the stream took everything is the stream's to say. */
void check_write_text(const struct answer *a, const struct check *check, FILE *out);
void check_write_json(const struct answer *a, const struct check *check, FILE *out);
void check_write_sarif(const struct answer *a, const struct check *check, FILE *out);

/* "[suppress tapes] ended on 2026-08-01: 3 findings count again" */
void check_suppression_text(const struct suppression *s, struct buf *out);

/* The rules, in the order of their ids, and what is not judged. */
void check_rules_text(bool is_ascii, FILE *out);
void check_rules_json(FILE *out);

#endif
