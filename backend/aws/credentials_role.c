/* A role assumed through other credentials:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html */
#include "backend/aws/credentials_role.h"

#include "backend/aws/session_policy.h"
#include "backend/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_MAX 64     /* of RoleSessionName */
#define MAX_CHAIN 32       /* profiles that name each other as source_profile */
#define MAX_ARN_BYTES 2048 /* of RoleArn */

static const struct op assume_role = {
    .id = "sts:AssumeRole",
    .service = SERVICE_STS,
    .name = "AssumeRole",
    .effect = EFFECT_READ, /* it changes nothing that lasts */
    .page = "docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
};

/* --- reading the profile --- */

static bool has_role(const struct asked *asked)
{
    return credentials_config_get(asked->config, asked->profile, "role_arn") &&
           !credentials_config_get(asked->config, asked->profile, "web_identity_token_file");
}

static bool has_keys(const struct asked *asked)
{
    return credentials_config_get(asked->config, asked->profile, "aws_access_key_id") != NULL;
}

/* A profile that is a source gives its keys before its role, so it may name itself. */
static bool is_asked(const struct asked *asked)
{
    return has_role(asked) && !(asked->below && has_keys(asked));
}

static bool is_session_character(char c)
{
    return isalnum((unsigned char)c) || strchr("_+=,.@-", c);
}

char *role_session_name(void)
{
    const char *user = credentials_settings_env("USER");
    if (!user)
        user = credentials_settings_env("LOGNAME");
    char *name = mem_printf("keyfall-%.*s", SESSION_MAX - 8, user ? user : "unknown");
    for (char *c = name; *c; c++) {
        if (!is_session_character(*c))
            *c = '-';
    }
    return name;
}

/* The SDKs ignore a value that is no number. */
static char *duration(const char *value)
{
    if (!value || !*value || value[strspn(value, "0123456789")] || strlen(value) > 6)
        return NULL;
    return mem_printf("%ld", strtol(value, NULL, 10));
}

const char *role_shown(const char *arn, char out[ROLE_SHOWN_SIZE])
{
    struct buf clean = {0};
    text_clean(&clean, arn, strlen(arn), ROLE_SHOWN_SIZE - 1, false);
    size_t len = clean.len < ROLE_SHOWN_SIZE - 1 ? clean.len : ROLE_SHOWN_SIZE - 1;
    if (len)
        memcpy(out, clean.data, len);
    out[len] = '\0';
    buf_free(&clean);
    return out;
}

bool role_is_arn(const char *arn)
{
    return credentials_keys_is_plain(arn, MAX_ARN_BYTES) && strncmp(arn, "arn:", 4) == 0;
}

static char *copy(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

void credentials_role_make(struct identity *id, struct identity *source,
                           const struct identity_role *said)
{
    char arn[ROLE_SHOWN_SIZE];
    struct role *role = mem_alloc(sizeof *role);
    role->source = identity_hold(source);
    role->arn = mem_strdup(said->arn);
    role->external_id = copy(said->external_id);
    role->mfa_serial = copy(said->mfa_serial);
    role->session_name = role_session_name();
    id->source = &credentials_role_source;
    id->state = role;
    identity_set_description(
        id, mem_printf("role %s from %s", role_shown(said->arn, arn), identity_describe(source)));
}

static void add_profile(struct buf *out, const struct asked *asked)
{
    char word[WORD_SIZE];
    credentials_chain_word(asked->profile, word);
    if (asked->below) {
        add_profile(out, asked->below);
        buf_adds(out, " -> ");
    }
    buf_adds(out, word);
}

/* The whole chain, from the profile that the caller named to `again`. */
static enum err_code refuse_loop(const struct asked *asked, const char *again, struct err *err)
{
    struct buf chain = {0};
    char word[WORD_SIZE];
    credentials_chain_word(again, word);
    add_profile(&chain, asked);
    enum err_code rc = err_set(err, ERR_CREDENTIALS,
                               "the source_profile lines go round in a circle: %s -> %s; give one "
                               "of these profiles keys, or another source_profile",
                               chain.data, word);
    buf_free(&chain);
    return rc;
}

static enum err_code check_chain(const struct asked *asked, const char *next,
                                 const struct asked *source, struct err *err)
{
    char profile[WORD_SIZE], word[WORD_SIZE];
    size_t length = 0;
    credentials_chain_word(asked->profile, profile);
    credentials_chain_word(next, word);
    if (!credentials_config_has_profile(asked->config, next))
        return err_set(err, ERR_CREDENTIALS,
                       "profile \"%s\" says source_profile = %s, which is not in %s or %s; correct "
                       "it or run `aws configure --profile %s`",
                       profile, word, asked->config->files[FILE_CONFIG].shown,
                       asked->config->files[FILE_CREDENTIALS].shown, word);
    for (const struct asked *at = asked; at; at = at->below, length++) {
        if (strcmp(at->profile, next) != 0)
            continue;
        if (at != asked || !has_keys(source))
            return refuse_loop(asked, next, err);
    }
    if (length > MAX_CHAIN)
        return err_set(
            err, ERR_LIMIT,
            "more than %d profiles name each other as source_profile, the last is \"%s\"; "
            "shorten the chain",
            MAX_CHAIN, word);
    return ERR_OK;
}

static enum err_code make_from_profile(const struct asked *asked, const char *next,
                                       struct identity **out, struct err *err)
{
    struct asked source = *asked;
    source.profile = next;
    source.below = asked;
    enum err_code rc = check_chain(asked, next, &source, err);
    return rc == ERR_OK ? credentials_chain_make(&source, out, err) : rc;
}

static enum err_code make_source(const struct asked *asked, struct identity **out, struct err *err)
{
    const char *next = credentials_config_get(asked->config, asked->profile, "source_profile");
    const char *place = credentials_config_get(asked->config, asked->profile, "credential_source");
    char word[WORD_SIZE];
    if (next && !place)
        return make_from_profile(asked, next, out, err);
    credentials_chain_word(asked->profile, word);
    if (place && !next) {
        enum err_code rc = credentials_chain_make_named(place, asked, out, err);
        if (rc != ERR_OK)
            err_prefix(err, "profile \"%s\"", word);
        return rc;
    }
    return err_set(err, ERR_CREDENTIALS,
                   "profile \"%s\" has role_arn and %s source_profile %s credential_source; keep "
                   "exactly one of the two, such as source_profile = default",
                   word, next ? "both" : "neither", next ? "and" : "nor");
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    const struct credentials_config *config = asked->config;
    const char *arn = credentials_config_get(config, asked->profile, "role_arn");
    const char *session = credentials_config_get(config, asked->profile, "role_session_name");
    struct identity *source = NULL;
    char word[WORD_SIZE];

    if (!role_is_arn(arn)) {
        credentials_chain_word(asked->profile, word);
        return err_set(err, ERR_CREDENTIALS,
                       "profile \"%s\" has a role_arn that is no ARN; write it as "
                       "arn:aws:iam::123456789012:role/NAME",
                       word);
    }
    enum err_code rc = make_source(asked, &source, err);
    if (rc != ERR_OK)
        return rc;
    const struct identity_role said = {
        .arn = arn,
        .external_id = credentials_config_get(config, asked->profile, "external_id"),
        .mfa_serial = credentials_config_get(config, asked->profile, "mfa_serial"),
    };
    credentials_role_make(id, source, &said);
    identity_free(source); /* the role has its own reference */
    struct role *role = id->state;
    role->duration_s = duration(credentials_config_get(config, asked->profile, "duration_seconds"));
    role->profile = mem_strdup(asked->profile);
    if (session) {
        mem_free(role->session_name);
        role->session_name = mem_strdup(session);
        role->has_session_name = true;
    }
    return ERR_OK;
}

/* --- assuming --- */

/* Where STS is asked if nobody names a region. */
static const char *default_region(const char *arn)
{
    static const struct {
        const char *prefix, *region;
    } partitions[] = {
        {"arn:aws-cn:", "cn-northwest-1"},     {"arn:aws-us-gov:", "us-gov-west-1"},
        {"arn:aws-eusc:", "eusc-de-east-1"},   {"arn:aws-iso:", "us-iso-east-1"},
        {"arn:aws-iso-b:", "us-isob-east-1"},  {"arn:aws-iso-e:", "eu-isoe-west-1"},
        {"arn:aws-iso-f:", "us-isof-south-1"},
    };
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        if (strncmp(arn, partitions[i].prefix, strlen(partitions[i].prefix)) == 0)
            return partitions[i].region;
    }
    return "us-east-1";
}

const char *role_sts_region(const struct identity *id, const char *role_arn)
{
    return id->said.region ? id->said.region : default_region(role_arn);
}

/* What to type, by AWS's error code; the last row is for all others. The wire's own errors, without
 * a code, bring their advice along. */
static const char *advice(const char *aws_code)
{
    if (!aws_code[0])
        return "";
    static const struct {
        const char *code, *advice;
    } rows[] = {
        {"AccessDenied", "; let the role's trust policy name this caller, and check external_id"},
        {"RegionDisabledException", "; choose an enabled region with --region"},
        {"InvalidClientTokenId",
         "; check the source's keys, or choose an enabled region with --region"},
        {"ExpiredToken", "; renew the source's credentials"},
        {"ExpiredTokenException", "; renew the source's credentials"},
        {"SignatureDoesNotMatch", "; check the source's secret key"},
        {"ValidationError", "; correct role_arn, role_session_name or duration_seconds"},
        {NULL, "; try `aws sts get-caller-identity` with the same profile"},
    };
    size_t i = 0;
    while (rows[i].code && strcmp(rows[i].code, aws_code) != 0)
        i++;
    return rows[i].advice;
}

/* AWS's own words are kept, bounded, so that the advice has room. */
void role_explain(const char *role_arn, const struct err *why, const char *what_to_do,
                  struct err *out)
{
    char arn[ROLE_SHOWN_SIZE];
    struct buf said = {0};
    struct err err = *why;

    text_clean(&said, why->text, strlen(why->text), 200, false);
    while (said.len > 0 && strchr(" .", said.data[said.len - 1]))
        said.data[--said.len] = '\0'; /* what to do follows in the same sentence */
    bool has_code = !why->aws_code[0] || strstr(why->text, why->aws_code);
    (void)err_set(&err, why->code, "role %s cannot be assumed: %s%s%s%s", role_shown(role_arn, arn),
                  has_code ? "" : why->aws_code, has_code ? "" : ": ", said.data ? said.data : "",
                  what_to_do);
    memcpy(err.aws_code, why->aws_code, sizeof err.aws_code);
    memcpy(err.request_id, why->request_id, sizeof err.request_id);
    err.http_status = why->http_status;
    buf_free(&said);
    *out = err;
}

void role_refusal(const struct identity *id, struct err *err)
{
    const struct role *role = id->state;
    /* The call was never sent: the source has no credentials, and says why in its own sentence. */
    bool is_from_source =
        role->source->err.code != ERR_OK && strstr(err->text, role->source->err.text);
    if (!is_from_source)
        role_explain(role->arn, err, advice(err->aws_code), err);
}

static void called(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct credentials_keys keys = {0};
    struct err err = *answer;
    if (err.code == ERR_OK &&
        credentials_keys_from_tree(tree, &credentials_keys_role_form, &keys, &err) == ERR_OK) {
        identity_finish(id, &keys);
        return;
    }
    role_refusal(id, &err);
    identity_fail_as(id, &err);
}

char *role_policy(const struct identity *id)
{
    return aws_settings(id->aws)->viewer ? session_policy() : NULL;
}

void role_assume(struct identity *id, struct errand *errand, const char *code,
                 void (*answered)(struct identity *id, const cJSON *tree, const struct err *err))
{
    const struct role *role = id->state;
    char *policy = role_policy(id);
    const struct param all[] = {
        {"RoleArn", role->arn, PARAM_TEXT},
        {"RoleSessionName", role->session_name, PARAM_TEXT},
        {"ExternalId", role->external_id, PARAM_TEXT},
        {"DurationSeconds", role->duration_s, PARAM_INT},
        {"SerialNumber", role->mfa_serial, PARAM_TEXT},
        {"TokenCode", code, PARAM_TEXT},
        {"Policy", policy, PARAM_TEXT},
    };
    struct param params[sizeof all / sizeof *all];
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value)
            params[n++] = all[i];
    errand_call(id, errand,
                &(struct errand_call){
                    .row = &assume_role,
                    .who = role->source,
                    .region = role_sts_region(id, role->arn),
                    .params = params,
                    .n_params = n,
                    .called = answered,
                });
    mem_free(policy);
}

static void start(struct identity *id)
{
    const struct role *role = id->state;
    if (role->mfa_serial)
        role_start_with_device(id);
    else
        role_assume(id, &id->renewal, NULL, called);
}

static struct identity *through(const struct identity *id)
{
    return ((const struct role *)id->state)->source;
}

static void stop(struct identity *id)
{
    struct role *role = id->state;
    if (!role)
        return;
    identity_free(role->source);
    mem_free(role->profile);
    mem_free(role->mfa_serial);
    mem_free(role->duration_s);
    mem_free(role->session_name);
    mem_free(role->external_id);
    mem_free(role->arn);
    mem_free(role);
}

const struct source credentials_role_source = {
    .name = "role",
    .from = FROM_PROFILE,
    .takes_policy = true,
    .is_asked = is_asked,
    .make = make,
    .start = start,
    .stop = stop,
    .through = through,
    .login = role_log_in,
};
