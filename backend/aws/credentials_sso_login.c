/* A login to IAM Identity Center by device code: a person opens a page anywhere and types a code
 * there; meanwhile it is asked, from time to time, whether that has been done.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html
 * https://www.rfc-editor.org/rfc/rfc8628 */
#include "backend/aws/credentials_sso.h"

#include "backend/aws/credentials_cache.h"
#include "backend/aws/tree.h"
#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_SCOPE "sso:account:access"
#define DEFAULT_INTERVAL_S 5
#define MAX_INTERVAL_S 60
#define SLOWER_S 5 /* rfc8628, 3.5 */
#define MAX_LIFE_S 3600

static const struct op register_client = {
    .id = "sso-oauth:RegisterClient",
    .service = SERVICE_SSO_OIDC,
    .name = "RegisterClient",
    .effect = EFFECT_READ, /* it changes nothing but who is logged in here; so do the other two */
    .is_unsigned = true,
    .method = "POST",
    .uri = "/client/register",
    .page = "docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html",
};
static const struct op start_device = {
    .id = "sso-oauth:StartDeviceAuthorization",
    .service = SERVICE_SSO_OIDC,
    .name = "StartDeviceAuthorization",
    .effect = EFFECT_READ,
    .is_unsigned = true,
    .method = "POST",
    .uri = "/device_authorization",
    .page = "docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/"
            "API_StartDeviceAuthorization.html",
};

struct sso_flow {
    char *client_id, *client_secret, *device_code; /* secret */
    int64_t registration_ends_utc;
    int64_t until_ms, interval_s;
};

void sso_flow_free(struct sso *sso)
{
    struct sso_flow *flow = sso->flow;
    if (!flow)
        return;
    mem_free_secret(flow->client_id);
    mem_free_secret(flow->client_secret);
    mem_free_secret(flow->device_code);
    mem_free(flow);
    sso->flow = NULL;
}

static void over(struct identity *id, const struct err *err)
{
    sso_flow_free(id->state);
    identity_login_over(id, err);
}

static void fail(struct identity *id, enum err_code code, const char *why)
{
    struct err err;
    (void)err_set(&err, code, "%s", why);
    over(id, &err);
}

static void ask(struct identity *id, const struct op *row, const struct param *params, size_t n,
                void (*called)(struct identity *id, const cJSON *tree, const struct err *err))
{
    const struct sso *sso = id->state;
    errand_call(id, &id->login,
                &(struct errand_call){
                    .row = row,
                    .region = sso->region,
                    .params = params,
                    .n_params = n,
                    .called = called,
                });
}

/* --- the token, at last --- */

static enum err_code save(struct identity *id, const cJSON *tree, struct err *err)
{
    struct sso *sso = id->state;
    int64_t life_s = 0;
    bool has = false;
    const char *access = sso_text(tree, "accessToken"), *next = sso_text(tree, "refreshToken");
    enum err_code rc = tree_int(tree, "expiresIn", &life_s, &has, err);
    if (rc == ERR_OK && (!access || !has))
        rc = err_set(err, ERR_PARSE, "the answer holds no token");
    if (rc != ERR_OK)
        return rc;
    cJSON *token = cJSON_CreateObject();
    credentials_cache_set(token, "startUrl", sso->start_url);
    credentials_cache_set(token, "region", sso->region);
    credentials_cache_set(token, "accessToken", access);
    credentials_cache_set_time(token, "expiresAt", identity_now(id) + life_s);
    credentials_cache_set(token, "clientId", sso->flow->client_id);
    credentials_cache_set(token, "clientSecret", sso->flow->client_secret);
    credentials_cache_set_time(token, "registrationExpiresAt", sso->flow->registration_ends_utc);
    if (next && sso->session)
        credentials_cache_set(token, "refreshToken", next);
    rc = credentials_cache_write(sso->path, token, err);
    credentials_keys_wipe_tree(token);
    cJSON_Delete(token);
    return rc;
}

static void ask_later(struct identity *id);

static void answered(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct sso *sso = id->state;
    struct err err = *answer;
    if (err.code == ERR_OK && save(id, tree, &err) == ERR_OK) {
        sso->renewed_ms = 0;
        over(id, &(struct err){.code = ERR_OK});
    } else if (strcmp(err.aws_code, "AuthorizationPendingException") == 0) {
        ask_later(id);
    } else if (strcmp(err.aws_code, "SlowDownException") == 0) {
        sso->flow->interval_s += SLOWER_S;
        ask_later(id);
    } else if (strcmp(err.aws_code, "ExpiredTokenException") == 0) {
        fail(id, ERR_TIMEOUT, "the code was not confirmed in time; begin again");
    } else if (strcmp(err.aws_code, "AccessDeniedException") == 0) {
        fail(id, ERR_DENIED, "the request was declined on the page");
    } else if (!err.aws_code[0] && err.code != ERR_PARSE && err.code != ERR_IO) {
        ask_later(id); /* a network that comes and goes */
    } else {
        over(id, &err);
    }
}

static void ask_whether_done(struct identity *id)
{
    const struct sso *sso = id->state;
    if (time_mono_ms() >= sso->flow->until_ms) {
        fail(id, ERR_TIMEOUT, "the code was not confirmed in time; begin again");
        return;
    }
    const struct param params[] = {
        {"grantType", "urn:ietf:params:oauth:grant-type:device_code", PARAM_TEXT},
        {"clientId", sso->flow->client_id, PARAM_TEXT},
        {"clientSecret", sso->flow->client_secret, PARAM_TEXT},
        {"deviceCode", sso->flow->device_code, PARAM_TEXT},
    };
    ask(id, &sso_create_token, params, sizeof params / sizeof *params, answered);
}

static void ask_later(struct identity *id)
{
    const struct sso *sso = id->state;
    errand_after(id, &id->login, (int)(1000 * sso->flow->interval_s), ask_whether_done);
}

/* --- the code for the page --- */

static void copy_clean(const char *s, char *out, size_t size)
{
    struct buf clean = {0};
    text_clean(&clean, s, strlen(s), size - 1, true);
    (void)snprintf(out, size, "%s", clean.data ? clean.data : "");
    buf_free(&clean);
}

static int64_t bounded(const cJSON *tree, const char *name, int64_t otherwise, int64_t most)
{
    struct err ignored;
    int64_t value = 0;
    bool has = false;
    if (tree_int(tree, name, &value, &has, &ignored) != ERR_OK || !has || value < 1)
        return otherwise;
    return value < most ? value : most;
}

static void started(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct sso *sso = id->state;
    const char *device = sso_text(tree, "deviceCode"), *code = sso_text(tree, "userCode");
    const char *url = sso_text(tree, "verificationUri");
    const char *complete = sso_text(tree, "verificationUriComplete");
    if (answer->code != ERR_OK) {
        over(id, answer);
        return;
    }
    if (!device || !code || !(url || complete)) {
        fail(id, ERR_PARSE, "the answer of StartDeviceAuthorization names no code and page");
        return;
    }
    int64_t life_s = bounded(tree, "expiresIn", 600, MAX_LIFE_S);
    sso->flow->interval_s = bounded(tree, "interval", DEFAULT_INTERVAL_S, MAX_INTERVAL_S);
    sso->flow->until_ms = time_mono_ms() + 1000 * life_s;
    sso->flow->device_code = mem_strdup(device);
    struct login *login = &id->wanted->login;
    login->stage = LOGIN_OPEN;
    login->until_utc = identity_now(id) + life_s;
    copy_clean(code, login->user_code, sizeof login->user_code);
    copy_clean(complete ? complete : url, login->url, sizeof login->url);
    aws_identity_changed(id->aws);
    ask_later(id);
}

static void registered(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct sso *sso = id->state;
    const char *client = sso_text(tree, "clientId"), *secret = sso_text(tree, "clientSecret");
    int64_t ends_utc = bounded(tree, "clientSecretExpiresAt", identity_now(id), INT64_MAX);
    if (answer->code != ERR_OK) {
        over(id, answer);
        return;
    }
    if (!client || !secret) {
        fail(id, ERR_PARSE, "the answer of RegisterClient names no client");
        return;
    }
    sso->flow->client_id = mem_strdup(client);
    sso->flow->client_secret = mem_strdup(secret);
    sso->flow->registration_ends_utc = ends_utc;
    const struct param params[] = {
        {"clientId", client, PARAM_TEXT},
        {"clientSecret", secret, PARAM_TEXT},
        {"startUrl", sso->start_url, PARAM_TEXT},
    };
    ask(id, &start_device, params, sizeof params / sizeof *params, started);
}

/* "a, b" as a JSON list. The caller's. */
static char *scopes_json(const char *scopes)
{
    struct buf list = {0};
    for (const char *at = scopes; *at;) {
        at += strspn(at, ", \t\n");
        size_t len = strcspn(at, ", \t\n");
        if (len) {
            buf_adds(&list, list.len ? "," : "[");
            json_add_string(&list, at, len);
        }
        at += len;
    }
    buf_adds(&list, list.len ? "]" : "[]");
    return buf_take(&list);
}

void sso_log_in(struct identity *id, const char *code)
{
    struct sso *sso = id->state;
    if (aws_settings(id->aws)->viewer) { /* it would write the cache */
        fail(id, ERR_VIEWER, "the viewer logs nobody in");
        return;
    }
    char *scopes = scopes_json(sso->scopes ? sso->scopes : DEFAULT_SCOPE);
    const struct param params[] = {
        {"clientName", "keyfall", PARAM_TEXT},
        {"clientType", "public", PARAM_TEXT},
        {"scopes", scopes, PARAM_JSON},
    };
    (void)code;
    sso_flow_free(sso);
    sso->flow = mem_alloc(sizeof *sso->flow);
    /* without a scope the token cannot be renewed, which the older form does not know */
    ask(id, &register_client, params, sso->session ? 3 : 2, registered);
    mem_free(scopes);
}
