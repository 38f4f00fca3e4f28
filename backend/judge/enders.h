/* enders: who may end a key (schedule its deletion, disable it, delete its material, put another policy), besides the
 * break-glass roles of keyfall.conf. Private to judge/; while findings are made.
 *
 * Asked are the users and roles of the key's account whose IAM policies allow such a thing for any key, and whom the
 * key's policy names, by the evaluator with all that the estate knows. Nobody of another account can:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html */
#ifndef KEYFALL_JUDGE_ENDERS_H
#define KEYFALL_JUDGE_ENDERS_H

#include "backend/judge/internal.h"

struct enders {
    enum tri has_backups;    /* hang on it: under it, or it is a product's or a vault's; NO: the rest was not asked */
    uint32_t n, n_both;      /* may end it; and decrypt under it */
    uint32_t n_perhaps;      /* may perhaps */
    const char *names;       /* "role/Admin, user/ops +3": of those who may, else of those who may perhaps */
    const char *unseen;      /* "not read: its grants", so that there may be others; "" */
};

/* Of a key whose policy was read; in the judgement's arena. */
const struct enders *enders_of(const struct judgement *j, const struct record *key);

struct enders_memo;
void enders_free(struct enders_memo *memo); /* NULL is fine */

#endif
