/* credentials_role: a role to be assumed; shared by credentials_role.c and credentials_mfa.c. One
 * thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_ROLE_H
#define KEYFALL_AWS_CREDENTIALS_ROLE_H

#include "backend/aws/credentials_source.h"

struct role {
    struct identity *source; /* one user's reference */
    char *arn, *external_id, *session_name;
    bool has_session_name; /* in the profile, else it is made up */
    char *duration_s;      /* decimal; NULL: AWS's default */
    char *mfa_serial;      /* NULL: none */
    char *profile;         /* NULL: in no profile */
};

/* A viewer's session policy, the caller's (mem_free); NULL: the role as it is. */
char *role_policy(const struct identity *id);
/* Asks, with the code of the MFA device or NULL; `called` has the answer. */
void role_assume(struct identity *id, struct errand *errand, const char *code,
                 void (*called)(struct identity *id, const cJSON *tree, const struct err *err));
/* An error becomes the sentence that names the role, with AWS's words and what to do. why may be
 * *out. */
void role_explain(const char *role_arn, const struct err *why, const char *what_to_do,
                  struct err *out);
void role_refusal(const struct identity *id,
                  struct err *err); /* the same for a role with a source */

/* For whoever assumes roles otherwise. */
bool role_is_arn(const char *arn);
#define ROLE_SHOWN_SIZE 161
const char *role_shown(const char *arn, char out[ROLE_SHOWN_SIZE]); /* clean; returns out */
char *role_session_name(void); /* "keyfall-USER"; the caller's */
/* Where STS is asked: the profile's region, else where its partition is at home. */
const char *role_sts_region(const struct identity *id, const char *role_arn);

/* credentials_mfa.c: what a role with an MFA device does instead of asking at once. */
void role_start_with_device(struct identity *id);
void role_log_in(struct identity *id, const char *code);

#endif
