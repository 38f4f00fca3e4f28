/* Keys of the EC2 instance's role, by IMDSv2:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 * Settings: https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
 *
 * Nobody has to name this source, so most machines that get here have no such service: one short
 * attempt, no retries unless they are asked for. */
#include "backend/aws/credentials_source.h"

#include "backend/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENDPOINT_IPV4 "http://169.254.169.254"
#define ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define TOKEN_LIFE_S "21600"
#define TIMEOUT_MS 1000
#define MAX_TIMEOUT_MS 10000
#define MAX_TRIES 5
#define MAX_TOKEN_BYTES 4096u
#define MAX_ROLE_BYTES 256u

static const char path_token[] = "/latest/api/token";
static const char path_role[] = "/latest/meta-data/iam/security-credentials/";
static const char disabled_variable[] = "AWS_EC2_METADATA_DISABLED";

struct instance {
    char *endpoint; /* without a slash at the end */
    int timeout_ms, max_tries;
    bool is_v1_disabled;
    int tries;   /* of the step in hand */
    char *token; /* secret; NULL: version 1 */
    char *role;
    void (*step)(struct identity *id); /* what is tried again */
};

/* --- settings --- */

static bool is_asked(const struct asked *asked)
{
    const char *disabled = credentials_settings_env(disabled_variable);
    (void)asked;
    return !disabled || strcasecmp(disabled, "true") != 0;
}

static void missed(const struct asked *asked, struct buf *clause)
{
    (void)asked;
    buf_printf(clause, "instance metadata (%s is true)", disabled_variable);
}

static const char *setting(const struct asked *asked, const char *env, const char *key)
{
    const char *value = credentials_settings_env(env);
    return value ? value : credentials_config_get(asked->config, asked->profile, key);
}

/* A positive number within bounds, else the default. */
static long number(const char *text, long otherwise, long max)
{
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : 0;
    if (!text || end == text || *end || value < 1)
        return otherwise;
    return value < max ? value : max;
}

static char *endpoint(const struct asked *asked)
{
    const char *named =
        setting(asked, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = setting(asked, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                               "ec2_metadata_service_endpoint_mode");
    if (!named) {
        bool is_six = mode ? strcasecmp(mode, "ipv6") == 0
                           : credentials_settings_flag(asked->config, asked->profile,
                                                       "AWS_IMDS_USE_IPV6", "imds_use_ipv6");
        named = is_six ? ENDPOINT_IPV6 : ENDPOINT_IPV4;
    }
    size_t len = strlen(named);
    while (len > 0 && named[len - 1] == '/')
        len--;
    return mem_strndup(named, len);
}

static bool is_endpoint(const char *url)
{
    return credentials_keys_is_plain(url, 1024) &&
           (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    if (!is_asked(asked))
        return err_set(err, ERR_CREDENTIALS, "%s is true; unset it to ask the instance's metadata",
                       disabled_variable);
    char *url = endpoint(asked);
    if (!is_endpoint(url)) {
        mem_free(url);
        return err_set(err, ERR_CREDENTIALS,
                       "the instance metadata endpoint is no http:// URL; correct or unset "
                       "AWS_EC2_METADATA_SERVICE_ENDPOINT and ec2_metadata_service_endpoint");
    }
    struct instance *instance = mem_alloc(sizeof *instance);
    instance->endpoint = url;
    instance->timeout_ms = 1000 * (int)number(setting(asked, "AWS_METADATA_SERVICE_TIMEOUT",
                                                      "metadata_service_timeout"),
                                              TIMEOUT_MS / 1000, MAX_TIMEOUT_MS / 1000);
    instance->max_tries = (int)number(
        setting(asked, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), 1,
        MAX_TRIES);
    instance->is_v1_disabled = credentials_settings_flag(
        asked->config, asked->profile, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
    id->state = instance;
    identity_set_description(id, mem_strdup("instance metadata"));
    return ERR_OK;
}

/* --- asking: token, role, keys --- */

static void forget(struct instance *instance)
{
    mem_free_secret(instance->token);
    mem_free(instance->role);
    instance->token = instance->role = NULL;
}

static void fail(struct identity *id, enum err_code code, const char *what)
{
    char text[256];
    forget(id->state);
    /* The last resort's sentence is made around this clause and brings its own advice. */
    (void)snprintf(text, sizeof text, "%s%s%s",
                   id->is_last_resort ? "" : "instance metadata: ", what,
                   id->is_last_resort ? "" : "; attach a role to this instance");
    identity_fail(id, code, "%s", text);
}

/* What became of a request that brought no 200. */
static void fail_answer(struct identity *id, int status, const struct err *err,
                        const char *asked_for)
{
    const struct instance *instance = id->state;
    const char *host = strstr(instance->endpoint, "//") + 2;
    char what[200], word[WORD_SIZE];
    credentials_chain_word(host, word);
    if (status != 0)
        (void)snprintf(what, sizeof what, "%s answered with status %d for the %s", word, status,
                       asked_for);
    else if (err->code == ERR_TIMEOUT)
        (void)snprintf(what, sizeof what, "no answer from %s in %d s", word,
                       instance->timeout_ms / 1000);
    else
        (void)snprintf(what, sizeof what, "no answer from %s", word);
    fail(id, status == 0 ? err->code : ERR_CREDENTIALS, what);
}

static void ask(struct identity *id, const char *method, const char *header, const char *path,
                const char *name, identity_answered *answered)
{
    const struct instance *instance = id->state;
    const char *headers[] = {header, NULL};
    char *url = mem_printf("%s%s%s", instance->endpoint, path, name);
    identity_fetch(id,
                   &(struct http_request){
                       .method = method,
                       .url = url,
                       .headers = headers,
                       .timeout_ms = instance->timeout_ms,
                       .no_proxy = true,
                   },
                   answered);
    mem_free(url);
}

static void ask_with_token(struct identity *id, const char *name, identity_answered *answered)
{
    const struct instance *instance = id->state;
    char *header =
        instance->token ? mem_printf("x-aws-ec2-metadata-token: %s", instance->token) : NULL;
    ask(id, "GET", header, path_role, name, answered);
    mem_free_secret(header);
}

/* Begins a step of the three. */
static void go(struct identity *id, void (*step)(struct identity *id))
{
    struct instance *instance = id->state;
    instance->step = step;
    instance->tries = 1;
    step(id);
}

/* Whether the step is tried again. */
static bool again(struct identity *id)
{
    struct instance *instance = id->state;
    if (instance->tries >= instance->max_tries)
        return false;
    instance->tries++;
    instance->step(id);
    return true;
}

/* A copy of an answer that is one plain word on one line; NULL if it is none. */
static char *one_word(const char *body, size_t len, size_t max)
{
    size_t n = 0;
    while (n < len && body[n] != '\n' && body[n] != '\r')
        n++;
    char *word = mem_strndup(body, n <= max ? n : 0);
    if (credentials_keys_is_plain(word, max))
        return word;
    mem_free_secret(word);
    return NULL;
}

static void keys_answered(struct identity *id, int status, const char *body, size_t len,
                          const struct err *err)
{
    struct credentials_keys keys = {0};
    struct err why;
    if (status != 200) {
        if (!again(id))
            fail_answer(id, status, err, "role's keys");
        return;
    }
    if (credentials_keys_from_json(body, len, &credentials_keys_metadata_form, &keys, &why) !=
        ERR_OK) {
        fail(id, ERR_CREDENTIALS, why.text);
        return;
    }
    forget(id->state);
    identity_finish(id, &keys);
}

static void ask_keys(struct identity *id)
{
    ask_with_token(id, ((struct instance *)id->state)->role, keys_answered);
}

/* https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html ; "." and ".." would be
 * steps in the path. */
static bool is_role_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
    return name[strspn(name, allowed)] == '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void role_answered(struct identity *id, int status, const char *body, size_t len,
                          const struct err *err)
{
    struct instance *instance = id->state;
    if (status == 404) {
        fail(id, ERR_CREDENTIALS, "this instance has no role");
        return;
    }
    instance->role = status == 200 ? one_word(body, len, MAX_ROLE_BYTES) : NULL;
    if (instance->role && !is_role_name(instance->role)) {
        fail(id, ERR_CREDENTIALS, "the answer is no role name");
        return;
    }
    if (instance->role)
        go(id, ask_keys);
    else if (!again(id))
        fail_answer(id, status, err, "role's name");
}

static void ask_role(struct identity *id)
{
    ask_with_token(id, "", role_answered);
}

/* https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html : an
 * answer to PUT may die on its way into a container, and old services know no PUT. */
static bool may_use_v1(int status, const struct err *err)
{
    if (status == 0)
        return err->code == ERR_TIMEOUT;
    return status == 403 || status == 404 || status == 405;
}

static void token_answered(struct identity *id, int status, const char *body, size_t len,
                           const struct err *err)
{
    struct instance *instance = id->state;
    if (status == 200)
        instance->token = one_word(body, len, MAX_TOKEN_BYTES);
    if (instance->token || (!instance->is_v1_disabled && may_use_v1(status, err)))
        go(id, ask_role);
    else if (!again(id))
        fail_answer(id, status, err, "token");
}

static void ask_token(struct identity *id)
{
    ask(id, "PUT", "x-aws-ec2-metadata-token-ttl-seconds: " TOKEN_LIFE_S, path_token, "",
        token_answered);
}

static void start(struct identity *id)
{
    go(id, ask_token);
}

static void stop(struct identity *id)
{
    struct instance *instance = id->state;
    if (!instance)
        return;
    forget(instance);
    mem_free(instance->endpoint);
    mem_free(instance);
}

const struct source credentials_instance_source = {
    .name = "instance metadata",
    .from = FROM_MACHINE,
    .bridges_outages = true,
    .is_asked = is_asked,
    .missed = missed,
    .make = make,
    .start = start,
    .stop = stop,
};
