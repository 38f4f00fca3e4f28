/* credentials: who we are to AWS, and where that comes from. Credential values never leave this
 * module but to be signed with; they are wiped when freed and never logged.
 *
 * Sources, in the order in which they are looked for: environment, roles (source_profile or
 * credential_source, with external_id and MFA devices), web identity, IAM Identity Center, shared
 * files, aws login, credential_process, container endpoint, IMDSv2. Order and file forms as the
 * SDKs have them (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
 *
 * Profiles are read in identity_from_profile, at once; everything that needs the network or a child
 * process happens inside wire_step. Where only a person can help, identity_get fails at once with
 * the sentence that says what to type, and identity_wants tells what is wanted; nothing waits for
 * it. An identity renews itself: an attempt from 15 minutes before expiry (a failure keeps the old
 * ones), mandatory from 10 minutes before, or from half of their life if that is shorter; at most
 * once a minute after a success. One thread: the wire's. */
#ifndef KEYFALL_AWS_CREDENTIALS_H
#define KEYFALL_AWS_CREDENTIALS_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;
struct identity;

struct credentials {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL if none */
    int64_t expires_utc;       /* TIME_NONE: do not expire */
};

/* What a profile says besides credentials. Strings are owned by the identity; NULL if not said. */
struct profile_settings {
    const char *region;
    const char *ca_bundle;
    const char *endpoint_url;
    bool ignore_configured_endpoints;
    bool use_fips, use_dualstack;
    bool use_global_sts; /* sts_regional_endpoints = legacy */
};

/* profile NULL: AWS_PROFILE, AWS_DEFAULT_PROFILE, "default", with the environment's keys first; a
 * named profile ignores the environment's keys. A profile that does not exist, or a config line
 * that cannot be read, is an error that names file, line, column and what to type. *out is the
 * caller's. */
NODISCARD enum err_code identity_from_profile(struct wire *aws, const char *profile,
                                              struct identity **out, struct err *err);

/* The same through a role: `source` signs AssumeRole. Nothing is asked before identity_get, so that
 * who may change what another reads can be made beside it and costs nothing until it is needed. */
struct identity_role {
    const char *arn;
    const char *external_id, *mfa_serial; /* NULL: none */
    const char *region;                   /* of STS, and the identity's own; NULL: the source's */
};
struct identity *identity_assume(struct wire *aws, struct identity *source,
                                 const struct identity_role *role);
/* What the credential_process of each profile printed, run now and to its end, for a viewer that will not be able
 * to start programs (guard/): the wire's settings name it. profiles as in identity_from_profile, an array of n. A
 * profile without one costs nothing; one that fails is told when its keys are asked for. Before there are threads.
 * The caller's (credentials_ahead_free). */
struct credentials_ahead *credentials_ahead_new(const char *const *profiles, size_t n);
void credentials_ahead_free(struct credentials_ahead *ahead); /* NULL is fine */

/* After its calls are answered and before wire_free. What a role was assumed through may go first.
 */
void identity_free(struct identity *id);

const struct profile_settings *identity_settings(const struct identity *id);
/* The service's endpoint_url from `services = NAME` of the profile; NULL if none. */
const char *identity_endpoint_url(const struct identity *id, const char *service_env_id);
/* "profile prod", "role arn:... from profile x": for messages. */
const char *identity_describe(const struct identity *id);
/* Whether a session policy went along that admits reading alone, so that AWS refuses the rest: a viewer's assumed
 * roles (session_policy.h). NULL: false. */
bool identity_is_narrowed(const struct identity *id);
/* What was tried, in order, one clause each: for the "no credentials" sentence. */
const char *identity_tried(const struct identity *id);

enum identity_state { IDENTITY_READY, IDENTITY_PENDING, IDENTITY_FAILED };
/* READY fills *out (valid until the next call that may renew, so sign at once). PENDING starts what
 * must be started and calls aws_identity_changed when done. FAILED fills err and is tried again at
 * the next call 5 s later. */
enum identity_state identity_get(struct identity *id, int64_t now_utc, struct credentials *out,
                                 struct err *err);
/* AWS refused the credentials as expired or invalid: renew before the next use, once. */
void identity_refused(struct identity *id);
/* What failed is tried at the next identity_get, however soon that is; so are those it comes
 * through. */
void identity_retry(struct identity *id);

/* --- what only a person can do --- */

enum login_kind {
    LOGIN_CODE,   /* type the code of an MFA device */
    LOGIN_PAGE,   /* open a page and type a code there */
    LOGIN_COMMAND /* run another program */
};
enum login_stage {
    LOGIN_WANTED,  /* nobody has begun; `failed`: how the last one ended, ERR_OK: none did */
    LOGIN_STARTED, /* on its way to the next stage, or to an end */
    LOGIN_OPEN     /* url and user_code are there, until until_utc */
};
/* Plain data. Texts are clean and never secret (a user code is worth nothing without the page). */
struct login {
    enum login_kind kind;
    enum login_stage stage;
    char profile[65];
    char what[200];    /* the MFA device, or the session */
    char command[200]; /* what to type in another terminal instead */
    char url[600], user_code[40];
    int64_t until_utc;
    struct err failed;
};
/* Whether id has no keys, or soon will have none, because a person is needed; fills out. A want of
 * those it comes through goes first. */
bool identity_wants(const struct identity *id, struct login *out);
/* Whether that was done elsewhere meanwhile, by the look of a file: call identity_retry, then. */
bool identity_was_logged_in(struct identity *id);
/* The person acts: with the code of LOGIN_CODE, which is used once and forgotten, or NULL to begin
 * LOGIN_PAGE. identity_wants tells the progress; at its end the want is gone. */
void identity_log_in(struct identity *id, const char *code);
void identity_log_in_cancel(struct identity *id);

#endif
