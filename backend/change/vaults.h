/* vaults: the steps of AWS Backup that several wizards share. Private to change/. Pure; one thread a making.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html */
#ifndef KEYFALL_CHANGE_VAULTS_H
#define KEYFALL_CHANGE_VAULTS_H

#include "backend/change/make.h"

struct new_vault {
    const char *name, *title;
    const char *key;  /* ARN, or the reference to a key that an earlier step makes */
    cJSON *tags;      /* an object of texts, taken; NULL: none */
};
/* Must not be there; known again by the plan's nonce, which must be an input. */
void step_new_vault(struct making *m, struct place at, const struct new_vault *vault);
/* The step from a plan as it was seen to `body`, which it takes. None if they are the same. */
void step_update_plan(struct making *m, struct place at, const char *id, const char *title, cJSON *body);

/* A copy: the job is ${keyfall:copy-N}, started by one step and waited for by another. */
struct copy {
    int n;               /* distinct in the plan */
    const char *resource; /* what is backed up, for people */
    const char *point, *from, *to; /* the recovery point's ARN, its vault's name, the other vault's ARN */
    const char *role;
    const char *key;     /* of the other vault: what the copy must be under */
    const cJSON *lifecycle; /* NULL: it never expires */
};
void step_copy(struct making *m, struct place at, const struct copy *copy);
/* gives: the copy's ARN is ${keyfall:point-N} of later steps. */
void step_copy_wait(struct making *m, struct place at, const struct copy *copy, bool gives);

#endif
