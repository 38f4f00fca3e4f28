/* impact: an impact as text, JSON or CSV. Private to cli/. Each writes everything to out; whether that
 * worked is the stream's to say. */
#ifndef KEYFALL_CLI_IMPACT_H
#define KEYFALL_CLI_IMPACT_H

#include "backend/cli/verb.h"
#include "backend/judge/ranking.h"

#include <stdio.h>

void impact_write_text(const struct answer *a, const struct impact *impact, FILE *out);
void impact_write_json(const struct answer *a, const struct impact *impact, FILE *out);
void impact_write_csv(const struct answer *a, const struct impact *impact, FILE *out);

/* --all: every key, worst first, at most --max of them. */
void impact_all_text(const struct answer *a, const struct ranking *ranking, FILE *out);
void impact_all_json(const struct answer *a, const struct ranking *ranking, FILE *out);
void impact_all_csv(const struct answer *a, const struct ranking *ranking, FILE *out);

/* The exit status of an answer as bad as that: --fail-on, then what was not seen. */
int impact_status(const struct answer *a, enum severity severity, bool is_complete);

/* --terraform-plan: is the file one? ERR_USAGE says what is wrong: with line and column what is no JSON, by its address
 * what is no plan. */
enum err_code impact_plan_check(const char *path, struct err *err);
/* Judges and writes it to standard output or -o. Returns the exit status. */
int impact_plan_write(const struct answer *a);

/* The targets that a consequence of theirs hangs on: fn is called for each. */
void impact_targets_of(const struct answer *a, const struct impact *impact, const struct consequence *c,
                       void (*fn)(void *ctx, uint32_t node), void *ctx);

/* Indexes of the consequences: worst first, then by account, region and id, so that the same estate is told in
 * the same order however it was read. The caller's (mem_free). */
uint32_t *impact_order(const struct answer *a, const struct impact *impact);
int impact_order_nodes(const struct estate *e, uint32_t a, uint32_t b); /* by id; 0 (none) last */

#endif
