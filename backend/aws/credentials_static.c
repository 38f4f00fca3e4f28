/* Keys in the shared files:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 * Tools that log people in write short-lived keys there, so a renewal reads the file again. */
#include "backend/aws/credentials_source.h"
#include "backend/base/timefmt.h"

static bool has_keys(const struct asked *asked, enum credentials_file file)
{
    return credentials_config_get_in(asked->config, file, asked->profile, "aws_access_key_id") ||
           credentials_config_get_in(asked->config, file, asked->profile, "aws_secret_access_key");
}

static bool is_asked_shared(const struct asked *asked)
{
    return has_keys(asked, FILE_CREDENTIALS);
}

static bool is_asked_config(const struct asked *asked)
{
    return has_keys(asked, FILE_CONFIG);
}

/* The clause of all that a profile can say. */
static void missed(const struct asked *asked, struct buf *clause)
{
    char profile[WORD_SIZE];
    credentials_chain_word(asked->profile, profile);
    bool is_there = credentials_config_has_profile(asked->config, asked->profile);
    buf_printf(clause, "profile %s (%s %s or %s)", profile,
               is_there ? "no keys, role_arn, sso_role_name or credential_process in" : "not in",
               asked->config->files[FILE_CONFIG].shown,
               asked->config->files[FILE_CREDENTIALS].shown);
}

static enum err_code half(const char *profile, const char *has, const char *lacks, const char *path,
                          struct err *err)
{
    char word[WORD_SIZE];
    credentials_chain_word(profile, word);
    return err_set(err, ERR_CREDENTIALS,
                   "profile \"%s\" has %s but no %s in %s; add it or run `aws configure --profile "
                   "%s`",
                   word, has, lacks, path, word);
}

static enum err_code read_keys(const struct credentials_config *config, const char *profile,
                               enum credentials_file file, struct credentials_keys *out,
                               struct err *err)
{
    static const char id_key[] = "aws_access_key_id", secret_key[] = "aws_secret_access_key";
    const char *path = config->files[file].shown;
    const char *access = credentials_config_get_in(config, file, profile, id_key);
    const char *secret = credentials_config_get_in(config, file, profile, secret_key);
    const char *token = credentials_config_get_in(config, file, profile, "aws_security_token");
    char word[WORD_SIZE];

    if (!access)
        return half(profile, secret_key, id_key, path, err);
    if (!secret)
        return half(profile, id_key, secret_key, path, err);
    if (!token)
        token = credentials_config_get_in(config, file, profile, "aws_session_token");
    enum err_code rc = credentials_keys_set(out, access, secret, token, TIME_NONE, err);
    if (rc != ERR_OK) {
        credentials_chain_word(profile, word);
        err_prefix(err, "profile \"%s\" in %s cannot be used", word, path);
    }
    return rc;
}

struct where {
    char *profile;
    enum credentials_file file;
};

static enum err_code make(struct identity *id, const struct asked *asked,
                          enum credentials_file file, struct err *err)
{
    struct credentials_keys keys = {0};
    char word[WORD_SIZE];
    enum err_code rc = read_keys(asked->config, asked->profile, file, &keys, err);
    credentials_keys_wipe(&keys);
    if (rc != ERR_OK)
        return rc;
    struct where *where = mem_alloc(sizeof *where);
    where->profile = mem_strdup(asked->profile);
    where->file = file;
    id->state = where;
    credentials_chain_word(asked->profile, word);
    identity_set_description(id, mem_printf("profile %s", word));
    return ERR_OK;
}

static enum err_code make_shared(struct identity *id, const struct asked *asked, struct err *err)
{
    return make(id, asked, FILE_CREDENTIALS, err);
}

static enum err_code make_config(struct identity *id, const struct asked *asked, struct err *err)
{
    return make(id, asked, FILE_CONFIG, err);
}

static void start(struct identity *id)
{
    const struct where *where = id->state;
    struct credentials_config config;
    struct credentials_keys keys = {0};
    struct err err;
    enum err_code rc = credentials_config_load(&config, &err);
    if (rc == ERR_OK) {
        rc = read_keys(&config, where->profile, where->file, &keys, &err);
        credentials_config_free(&config);
    }
    if (rc == ERR_OK)
        identity_finish(id, &keys);
    else
        identity_fail_as(id, &err);
}

static void stop(struct identity *id)
{
    struct where *where = id->state;
    if (where)
        mem_free(where->profile);
    mem_free(where);
}

const struct source credentials_static_shared_source = {
    .name = "credentials file",
    .from = FROM_PROFILE,
    .is_asked = is_asked_shared,
    .make = make_shared,
    .start = start,
    .stop = stop,
};

const struct source credentials_static_config_source = {
    .name = "config file",
    .from = FROM_PROFILE,
    .is_asked = is_asked_config,
    .missed = missed,
    .make = make_config,
    .start = start,
    .stop = stop,
};
