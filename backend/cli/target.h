/* target: what a word that a user typed means in an estate. Private to cli/. */
#ifndef KEYFALL_CLI_TARGET_H
#define KEYFALL_CLI_TARGET_H

#include "backend/base/mem.h"
#include "backend/judge/judge.h"

typedef VEC(uint32_t) node_vec;

/* Adds the node that text names: an ARN or id of ours, an alias, key id, name, account id; a region names
 * that region of every account that was read. Each node is added once. If nothing or more than one thing has
 * that name: ERR_NOT_FOUND or ERR_USAGE, and why gets a sentence and the candidates, a line each. */
NODISCARD enum err_code target_find(const struct judgement *j, const char *text, node_vec *out,
                                    struct buf *why);

/* "key alias/prod", "vault prod-vault": what people call it. */
void target_label(const struct generation *g, uint32_t node, struct buf *out);
/* The same without the kind. */
void target_name(const struct generation *g, uint32_t node, struct buf *out);
/* "recovery points": a kind's name in words. */
void target_kind(enum kind kind, bool is_plural, struct buf *out);

#endif
