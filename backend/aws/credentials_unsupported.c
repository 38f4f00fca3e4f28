/* Sources that keyfall cannot use yet: a profile that names one is told so, never passed over,
 * since the next source might be somebody else. */
#include "backend/aws/credentials_source.h"

#include <string.h>

static const char *const sso_keys[] = {"sso_session", "sso_start_url", "sso_account_id",
                                       "sso_role_name"};
#define N_SSO_KEYS (sizeof sso_keys / sizeof sso_keys[0])

/* The name as one word of a shell. */
static void quote(const char *name, char out[WORD_SIZE + 2])
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@+/:,";
    char word[WORD_SIZE];
    credentials_chain_word(name, word);
    bool is_plain = word[strspn(word, plain)] == '\0';
    size_t len = strlen(word), at = 0;
    if (!is_plain)
        out[at++] = '\'';
    memcpy(out + at, word, len);
    at += len;
    if (!is_plain)
        out[at++] = '\'';
    out[at] = '\0';
}

enum err_code credentials_unsupported(const char *profile, const char *key, struct err *err)
{
    char word[WORD_SIZE], quoted[WORD_SIZE + 2];
    credentials_chain_word(profile, word);
    quote(profile, quoted);
    return err_set(
        err, ERR_UNSUPPORTED,
        "profile \"%s\" uses %s, which keyfall cannot use yet; pass another profile that "
        "says credential_process = aws configure export-credentials --profile %s, or run "
        "eval \"$(aws configure export-credentials --format env --profile %s)\" and start "
        "keyfall without --profile",
        word, key, quoted, quoted);
}

static const char *find_key(const struct asked *asked, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (credentials_config_get(asked->config, asked->profile, keys[i]))
            return keys[i];
    }
    return NULL;
}

static void start_nothing(struct identity *id)
{
    identity_fail(id, ERR_UNSUPPORTED, "keyfall cannot use %s yet", id->source->name);
}

static void stop_nothing(struct identity *id)
{
    (void)id;
}

static const char web_identity_key[] = "web_identity_token_file";
static const char web_identity_variable[] = "AWS_WEB_IDENTITY_TOKEN_FILE";

static bool is_web_identity_in_environment(const struct asked *asked)
{
    return !asked->below && !asked->is_named && credentials_settings_env(web_identity_variable);
}

static bool is_web_identity_asked(const struct asked *asked)
{
    return is_web_identity_in_environment(asked) ||
           credentials_config_get(asked->config, asked->profile, web_identity_key);
}

static enum err_code make_web_identity(struct identity *id, const struct asked *asked,
                                       struct err *err)
{
    (void)id;
    if (!is_web_identity_in_environment(asked))
        return credentials_unsupported(asked->profile, web_identity_key, err);
    return err_set(err, ERR_UNSUPPORTED,
                   "%s is set, which keyfall cannot use yet; run eval \"$(aws configure "
                   "export-credentials --format env)\" and start keyfall again",
                   web_identity_variable);
}

static bool is_sso_asked(const struct asked *asked)
{
    return find_key(asked, sso_keys, N_SSO_KEYS) != NULL;
}

static enum err_code make_sso(struct identity *id, const struct asked *asked, struct err *err)
{
    (void)id;
    return credentials_unsupported(asked->profile, find_key(asked, sso_keys, N_SSO_KEYS), err);
}

static bool is_login_asked(const struct asked *asked)
{
    return credentials_config_get(asked->config, asked->profile, "login_session") != NULL;
}

static enum err_code make_login(struct identity *id, const struct asked *asked, struct err *err)
{
    (void)id;
    return credentials_unsupported(asked->profile, "login_session", err);
}

const struct source credentials_web_identity_source = {
    .name = "web identity",
    .from = FROM_PROFILE,
    .is_asked = is_web_identity_asked,
    .make = make_web_identity,
    .start = start_nothing,
    .stop = stop_nothing,
};

const struct source credentials_sso_source = {
    .name = "IAM Identity Center",
    .from = FROM_PROFILE,
    .is_asked = is_sso_asked,
    .make = make_sso,
    .start = start_nothing,
    .stop = stop_nothing,
};

const struct source credentials_login_source = {
    .name = "aws login",
    .from = FROM_PROFILE,
    .is_asked = is_login_asked,
    .make = make_login,
    .start = start_nothing,
    .stop = stop_nothing,
};
