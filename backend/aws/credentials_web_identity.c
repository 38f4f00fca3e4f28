/* A role assumed with the token of another identity provider (EKS, CI systems):
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 * Whoever gives the token writes it anew before it expires, so each renewal reads the file. */
#include "backend/aws/credentials_cache.h"
#include "backend/aws/credentials_role.h"

#include <string.h>

#define MAX_TOKEN_BYTES 20000u /* of WebIdentityToken */

static const struct op assume_role = {
    .id = "sts:AssumeRoleWithWebIdentity",
    .service = SERVICE_STS,
    .name = "AssumeRoleWithWebIdentity",
    .effect = EFFECT_READ, /* it changes nothing that lasts */
    .is_unsigned = true,
    .page = "docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
};

/* Each setting may stand in the environment, which goes first, or in the profile. */
enum setting { TOKEN_FILE, ROLE_ARN, SESSION_NAME };
static const struct {
    const char *env, *key;
} settings[] = {
    [TOKEN_FILE] = {"AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"},
    [ROLE_ARN] = {"AWS_ROLE_ARN", "role_arn"},
    [SESSION_NAME] = {"AWS_ROLE_SESSION_NAME", "role_session_name"},
};

struct web_identity {
    char *token_file, *arn, *session_name;
    char *said_in; /* which setting named which file */
    char *profile; /* that said so; NULL: the environment did */
};

/* A profile that was named, and what a source_profile has, stand alone. */
static const char *from_environment(const struct asked *asked, enum setting setting)
{
    return asked->below || asked->is_named ? NULL : credentials_settings_env(settings[setting].env);
}

static const char *get(const struct asked *asked, enum setting setting)
{
    const char *value = from_environment(asked, setting);
    return value ? value
                 : credentials_config_get(asked->config, asked->profile, settings[setting].key);
}

static bool is_asked(const struct asked *asked)
{
    return get(asked, TOKEN_FILE) != NULL;
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    const char *arn = get(asked, ROLE_ARN), *session = get(asked, SESSION_NAME);
    bool is_env = from_environment(asked, TOKEN_FILE) != NULL;
    const char *said_in = is_env ? settings[TOKEN_FILE].env : settings[TOKEN_FILE].key;
    char profile[WORD_SIZE], shown[ROLE_SHOWN_SIZE];

    credentials_chain_word(asked->profile, profile);
    if (!arn)
        return err_set(
            err, ERR_CREDENTIALS,
            "%s is set, but no role to assume with the token; set AWS_ROLE_ARN, or role_arn "
            "in profile \"%s\"",
            said_in, profile);
    if (!role_is_arn(arn))
        return err_set(err, ERR_CREDENTIALS,
                       "the role of %s is no ARN; write it as arn:aws:iam::123456789012:role/NAME",
                       said_in);
    struct web_identity *web = mem_alloc(sizeof *web);
    web->token_file = mem_strdup(get(asked, TOKEN_FILE));
    web->arn = mem_strdup(arn);
    web->session_name = session ? mem_strdup(session) : role_session_name();
    web->said_in = mem_printf("%s %.160s", said_in, web->token_file);
    web->profile = is_env ? NULL : mem_strdup(profile);
    id->state = web;
    identity_set_description(id, mem_printf("role %s by web identity", role_shown(arn, shown)));
    return ERR_OK;
}

/* What to type, by AWS's error code; the last row is for all others. */
static const char *advice(const char *aws_code)
{
    static const struct {
        const char *code, *advice;
    } rows[] = {
        {"AccessDenied",
         "; let the role's trust policy name this token's issuer, audience and subject"},
        {"ExpiredTokenException", "; have the token's file written anew"},
        {"InvalidIdentityToken", "; check the token's file, and the identity provider in IAM"},
        {"IDPRejectedClaim", "; have the token's file written anew"},
        {"ValidationError", "; correct role_arn or role_session_name"},
        {"", ""}, /* the wire's own errors bring their advice along */
        {NULL, "; check the role and the token's file"},
    };
    size_t i = 0;
    while (rows[i].code && strcmp(rows[i].code, aws_code) != 0)
        i++;
    return rows[i].advice;
}

static void fail_as(struct identity *id, struct err *err)
{
    const struct web_identity *web = id->state;
    if (web->profile)
        err_prefix(err, "profile \"%s\"", web->profile);
    identity_fail_as(id, err);
}

static void called(struct identity *id, const cJSON *tree, const struct err *answer)
{
    const struct web_identity *web = id->state;
    struct credentials_keys keys = {0};
    struct err err = *answer;
    if (err.code == ERR_OK &&
        credentials_keys_from_tree(tree, &credentials_keys_role_form, &keys, &err) == ERR_OK) {
        identity_finish(id, &keys);
        return;
    }
    role_explain(web->arn, &err, advice(err.aws_code), &err);
    err_prefix(&err, "%s", web->said_in);
    fail_as(id, &err);
}

static void start(struct identity *id)
{
    const struct web_identity *web = id->state;
    struct err err;
    char *token = NULL;
    if (credentials_cache_read_secret(web->token_file, web->said_in, MAX_TOKEN_BYTES, &token,
                                      &err) != ERR_OK) {
        (void)err_set(&err, err.code, "%s; let whoever gives the token write it, or correct the path",
                      err.text);
        fail_as(id, &err);
        return;
    }
    char *policy = role_policy(id);
    const struct param params[] = {
        {"RoleArn", web->arn, PARAM_TEXT},
        {"RoleSessionName", web->session_name, PARAM_TEXT},
        {"WebIdentityToken", token, PARAM_TEXT},
        {"Policy", policy, PARAM_TEXT}, /* the last: there is none but for a viewer */
    };
    errand_call(id, &id->renewal,
                &(struct errand_call){
                    .row = &assume_role,
                    .region = role_sts_region(id, web->arn),
                    .params = params,
                    .n_params = sizeof params / sizeof *params - (policy ? 0 : 1),
                    .called = called,
                });
    mem_free(policy);
    mem_free_secret(token);
}

static void stop(struct identity *id)
{
    struct web_identity *web = id->state;
    if (!web)
        return;
    mem_free(web->session_name);
    mem_free(web->arn);
    mem_free(web->token_file);
    mem_free(web->said_in);
    mem_free(web->profile);
    mem_free(web);
}

const struct source credentials_web_identity_source = {
    .name = "web identity",
    .from = FROM_PROFILE,
    .takes_policy = true,
    .is_asked = is_asked,
    .make = make,
    .start = start,
    .stop = stop,
};
