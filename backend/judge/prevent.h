/* prevent: what would stop the deletion of a key, what would have warned of it, and what that would break by our own
 * evaluator. Pure; any thread.
 * https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-creating-cloudwatch-alarm.html */
#ifndef KEYFALL_JUDGE_PREVENT_H
#define KEYFALL_JUDGE_PREVENT_H

#include "backend/judge/key_who.h"

struct prevention {
    struct arena *arena;
    struct dependents dependents;
    const char *statement;   /* JSON: a Deny for the key's policy */
    bool has_edit, fits;     /* the policy was read, so what it breaks is known; it is not too long then */
    struct key_edit edit;
    const char *scp;         /* JSON: a service control policy for the key's account */
    struct key_edit under_scp;
    const char *pattern;     /* JSON: of an EventBridge rule in the key's Region */
    enum tri is_warned;      /* there is one that tells of such calls */
    const char *warner;      /* its name, also where it could not be read again; "" */
};

/* NULL: it is no key that was read. The caller's (prevention_free). */
struct prevention *judge_prevention(const struct judgement *j, uint32_t key);
void prevention_free(struct prevention *p); /* NULL is fine */

#endif
