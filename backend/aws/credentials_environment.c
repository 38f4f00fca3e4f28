/* Keys in the environment:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html */
#include "backend/aws/credentials_source.h"

#include "backend/base/timefmt.h"

static bool is_asked(const struct asked *asked)
{
    (void)asked;
    return credentials_settings_env("AWS_ACCESS_KEY_ID") != NULL;
}

static void missed(const struct asked *asked, struct buf *clause)
{
    (void)asked;
    buf_adds(clause, "environment (AWS_ACCESS_KEY_ID not set)");
}

static enum err_code read_environment(struct credentials_keys *out, struct err *err)
{
    const char *access = credentials_settings_env("AWS_ACCESS_KEY_ID");
    const char *secret = credentials_settings_env("AWS_SECRET_ACCESS_KEY");
    const char *token = credentials_settings_env("AWS_SECURITY_TOKEN");
    const char *expiration = credentials_settings_env("AWS_CREDENTIAL_EXPIRATION");
    int64_t expires = TIME_NONE;

    if (!access && !secret)
        return err_set(err, ERR_CREDENTIALS,
                       "AWS_ACCESS_KEY_ID is not set; export it and AWS_SECRET_ACCESS_KEY");
    if (!access || !secret)
        return err_set(err, ERR_CREDENTIALS, "%s is set but %s is not; export both or unset both",
                       access ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       access ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (!token)
        token = credentials_settings_env("AWS_SESSION_TOKEN");
    if (expiration && !time_parse_iso(expiration, &expires))
        return err_set(err, ERR_CREDENTIALS,
                       "AWS_CREDENTIAL_EXPIRATION is no time such as 2026-08-29T18:20:00Z; export "
                       "it again or unset it");
    enum err_code rc = credentials_keys_set(out, access, secret, token, expires, err);
    if (rc != ERR_OK)
        err_prefix(err, "AWS_ACCESS_KEY_ID and the variables beside it cannot be used");
    return rc;
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    (void)asked;
    struct credentials_keys keys = {0};
    enum err_code rc = read_environment(&keys, err);
    credentials_keys_wipe(&keys);
    identity_set_description(id, mem_strdup("environment"));
    return rc;
}

/* The variables are read each time: whoever set AWS_CREDENTIAL_EXPIRATION may set them anew. */
static void start(struct identity *id)
{
    struct credentials_keys keys = {0};
    struct err err;
    if (read_environment(&keys, &err) == ERR_OK)
        identity_finish(id, &keys);
    else
        identity_fail_as(id, &err);
}

static void stop(struct identity *id)
{
    (void)id;
}

const struct source credentials_environment_source = {
    .name = "environment",
    .from = FROM_ENVIRONMENT,
    .is_asked = is_asked,
    .missed = missed,
    .make = make,
    .start = start,
    .stop = stop,
};
