/* credentials_sso: keys from IAM Identity Center: the source (credentials_sso.c) and the login by
 * device code (credentials_sso_login.c). One thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_SSO_H
#define KEYFALL_AWS_CREDENTIALS_SSO_H

#include "backend/aws/credentials_source.h"

#define SSO_MAX_TOKEN_BYTES (32u << 10)

struct sso_flow;

struct sso {
    char *profile;
    char *session; /* the name of the sso-session; NULL: the older form, without renewal */
    char *start_url, *region, *account, *role, *scopes; /* scopes NULL: not said */
    char *path;                                         /* of the file with the token */
    cJSON *token;           /* what it held, while it is being renewed; secret */
    int lock;               /* of that file; -1 */
    int waits;              /* for somebody else's renewal */
    int64_t renewed_ms;     /* when a renewal was tried last, by time_mono_ms; 0: never */
    struct err renewal_err; /* how it went */
    struct sso_flow *flow;  /* a login under way; NULL */
};

/* Text members of the token's file (secret, the tree's) and times; NULL and TIME_NONE: not there.
 */
const char *sso_text(const cJSON *tree, const char *name);
int64_t sso_time(const cJSON *tree, const char *name);

/* "IAM Identity Center session \"x\"" or its start URL. */
#define SSO_SHOWN_SIZE 160
void sso_shown(const struct sso *sso, char out[SSO_SHOWN_SIZE]);

extern const struct op sso_create_token;

void sso_log_in(struct identity *id, const char *code);
void sso_flow_free(struct sso *sso); /* overwrites it */

#endif
