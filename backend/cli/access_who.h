/* access_who: `keyfall access --flows`: who may do what with a key, which flows work with it, what each statement of
 * its policy is there for. Private to cli/. Whether writing worked is the stream's to say. */
#ifndef KEYFALL_CLI_ACCESS_WHO_H
#define KEYFALL_CLI_ACCESS_WHO_H

#include "backend/cli/verb.h"
#include "backend/judge/key_who.h"
#include "backend/judge/prevent.h"

#include <stdio.h>

void access_who_text(const struct answer *a, uint32_t key, const struct key_who *who, FILE *out);
void access_who_json(const struct answer *a, uint32_t key, const struct key_who *who, FILE *out);

/* --prevent: what would stop its deletion, what would warn, and what that breaks: access_prevent.c. */
void access_prevent_text(const struct answer *a, uint32_t key, const struct prevention *p, FILE *out);
void access_prevent_json(const struct answer *a, uint32_t key, const struct prevention *p, FILE *out);

#endif
