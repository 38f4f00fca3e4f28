/* Keys of `aws login`: those that it left in ~/.aws/login/cache, renewed there with a proof that
 * the private key beside them is at hand (DPoP, https://www.rfc-editor.org/rfc/rfc9449):
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html */
#include "backend/aws/credentials_cache.h"
#include "backend/aws/credentials_dpop.h"
#include "backend/aws/credentials_source.h"
#include "backend/aws/tree.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_VARIABLE "AWS_LOGIN_CACHE_DIRECTORY"
#define CACHE_FOLDER "~/.aws/login/cache"
#define RENEW_WITHIN_S 300
#define LOCK_WAIT_MS 250
#define MAX_LOCK_WAITS 60
#define TOKEN_PATH "/v1/token"

static const struct op create_token = {
    .id = "signin:CreateOAuth2Token",
    .service = SERVICE_SIGNIN,
    .name = "CreateOAuth2Token",
    .effect = EFFECT_READ, /* it changes nothing but who is logged in here */
    .is_unsigned = true,
    .method = "POST",
    .uri = TOKEN_PATH,
    .page = "docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html",
};

struct login_state {
    char *profile, *session, *path;
    cJSON *token; /* what the file held, while it is being renewed; secret */
    int lock;     /* of that file; -1 */
    int waits;
};

static bool is_asked(const struct asked *asked)
{
    return credentials_config_get(asked->config, asked->profile, "login_session") != NULL;
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    const char *folder = credentials_settings_env(FOLDER_VARIABLE);
    char profile[WORD_SIZE];
    (void)err;
    struct login_state *login = mem_alloc(sizeof *login);
    login->profile = mem_strdup(asked->profile);
    login->session =
        mem_strdup(credentials_config_get(asked->config, asked->profile, "login_session"));
    login->path =
        credentials_cache_path(folder ? folder : CACHE_FOLDER, CACHE_SHA256, login->session);
    login->lock = -1;
    id->state = login;
    credentials_chain_word(asked->profile, profile);
    identity_set_description(id, mem_printf("profile %s", profile));
    return ERR_OK;
}

static void put_down(struct login_state *login)
{
    credentials_keys_wipe_tree(login->token);
    cJSON_Delete(login->token);
    login->token = NULL;
    if (login->lock >= 0)
        close(login->lock);
    login->lock = -1;
}

static void want_login(struct identity *id, const char *why)
{
    struct login_state *state = id->state;
    struct login login = {.kind = LOGIN_COMMAND, .until_utc = TIME_NONE};
    struct buf session = {0};
    put_down(state);
    text_clean(&session, state->session, strlen(state->session), sizeof login.what - 1, false);
    (void)snprintf(login.what, sizeof login.what, "%s", session.data ? session.data : "");
    buf_free(&session);
    credentials_chain_word(state->profile, login.profile);
    credentials_chain_command("aws login", state->profile, login.command, sizeof login.command);
    identity_want(id, &login, state->path, "%.200s; run `%s`", why, login.command);
}

static const char *text_of(const cJSON *tree, const char *path)
{
    const cJSON *member = tree_at(tree, path);
    return cJSON_IsString(member) && member->valuestring[0] ? member->valuestring : NULL;
}

/* The keys as they stand in the file: how long they last, or 0. */
static int64_t life_left(const struct identity *id, const cJSON *token)
{
    const char *text = text_of(token, "accessToken.expiresAt");
    int64_t ends_utc;
    if (!text || !time_parse_iso(text, &ends_utc) || ends_utc <= identity_now(id))
        return 0;
    return ends_utc - identity_now(id);
}

static void finish(struct identity *id)
{
    struct login_state *login = id->state;
    struct credentials_keys keys = {0};
    struct err err;
    enum err_code rc =
        credentials_keys_from_tree(login->token, &credentials_keys_login_form, &keys, &err);
    put_down(login);
    if (rc == ERR_OK)
        identity_finish(id, &keys);
    else
        want_login(id, err.text);
}

/* --- renewing --- */

static enum err_code take_renewed(struct identity *id, const cJSON *tree, struct err *err)
{
    struct login_state *login = id->state;
    cJSON *access = cJSON_GetObjectItemCaseSensitive(login->token, "accessToken");
    const char *next = text_of(tree, "refreshToken");
    static const char *const names[] = {"accessKeyId", "secretAccessKey", "sessionToken"};
    int64_t life_s = 0;
    bool has = false;
    enum err_code rc = tree_int(tree, "expiresIn", &life_s, &has, err);
    if (rc != ERR_OK)
        return rc;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "accessToken.%s", names[i]);
        const char *text = text_of(tree, path);
        if (!text || !has || !next)
            return err_set(err, ERR_PARSE, "the answer lacks %s", text ? "expiresIn" : names[i]);
        credentials_cache_set(access, names[i], text);
    }
    credentials_cache_set_time(access, "expiresAt", identity_now(id) + life_s);
    credentials_cache_set(login->token, "refreshToken", next);
    return ERR_OK;
}

/* The service's own word for why, before its sentence (answer.c). */
static bool says(const struct err *err, const char *reason)
{
    return strcmp(err->aws_code, "AccessDeniedException") == 0 && strstr(err->text, reason);
}

static void not_renewed(struct identity *id, const struct err *why)
{
    struct login_state *login = id->state;
    struct err err = *why;
    log_line("credentials", "%s: not renewed: %s", identity_describe(id), err.text);
    if (life_left(id, login->token) > 0) {
        finish(id);
    } else if (says(&err, "TOKEN_EXPIRED")) {
        want_login(id, "the session of aws login has ended");
    } else if (says(&err, "USER_CREDENTIALS_CHANGED")) {
        want_login(id, "the session of aws login has ended: the password was changed");
    } else {
        put_down(login);
        err_prefix(&err, "the session of aws login cannot be renewed");
        identity_fail_as(id, &err);
    }
}

static void renewed(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct login_state *login = id->state;
    struct err err = *answer, unsaved;
    if (err.code != ERR_OK || take_renewed(id, tree, &err) != ERR_OK) {
        not_renewed(id, &err);
        return;
    }
    if (credentials_cache_write(login->path, login->token, &unsaved) != ERR_OK)
        log_line("credentials", "%s: %s", identity_describe(id), unsaved.text);
    finish(id);
}

static void renew(struct identity *id)
{
    struct login_state *login = id->state;
    const char *own_region = text_of(login->token, "signInRegion");
    struct err err;
    char url[ENDPOINT_URL_SIZE];
    char *proof = NULL;
    struct wire_request where = {
        .who = id,
        .account = "",
        .region = own_region        ? own_region
                  : id->said.region ? id->said.region
                                    : "us-east-1",
    };
    enum err_code rc = aws_where(id->aws, &create_token, &where, url, &err);
    if (rc == ERR_OK) {
        (void)snprintf(url + strlen(url), sizeof url - strlen(url), "%s", TOKEN_PATH);
        rc = credentials_dpop_proof(text_of(login->token, "dpopKey"), "POST", url, identity_now(id),
                                    &proof, &err);
    }
    if (rc != ERR_OK) {
        not_renewed(id, &err);
        return;
    }
    const struct param params[] = {
        {"clientId", text_of(login->token, "clientId"), PARAM_TEXT},
        {"grantType", "refresh_token", PARAM_TEXT},
        {"refreshToken", text_of(login->token, "refreshToken"), PARAM_TEXT},
        {"DPoP", proof, PARAM_HEADER},
    };
    errand_call(id, &id->renewal,
                &(struct errand_call){
                    .row = &create_token,
                    .region = where.region,
                    .params = params,
                    .n_params = sizeof params / sizeof *params,
                    .called = renewed,
                });
    mem_free(proof);
}

/* --- reading the file --- */

/* False if that ended the attempt. */
static bool read_token(struct identity *id)
{
    static const char *const needed[] = {"accessToken.accountId", "refreshToken", "dpopKey",
                                         "clientId"};
    struct login_state *login = id->state;
    struct err err;
    put_down(login);
    enum err_code rc = credentials_cache_read(login->path, &login->token, &err);
    if (rc != ERR_OK) {
        want_login(id, rc == ERR_NOT_FOUND ? "nobody is logged in with aws login"
                                           : "the session of aws login cannot be read");
        return false;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (text_of(login->token, needed[i]))
            continue;
        want_login(id, "the session of aws login is not whole");
        return false;
    }
    return true;
}

static void go(struct identity *id)
{
    struct login_state *login = id->state;
    if (!read_token(id))
        return;
    /* a viewer writes no file, and who renews without writing takes the login away from the others */
    if (aws_settings(id->aws)->viewer && life_left(id, login->token) == 0) {
        want_login(id, "the keys of aws login have ended, and a viewer does not renew them");
        return;
    }
    if (aws_settings(id->aws)->viewer || life_left(id, login->token) > RENEW_WITHIN_S) {
        finish(id);
        return;
    }
    int lock = -1;
    if (!credentials_cache_lock(login->path, &lock) && login->waits++ < MAX_LOCK_WAITS) {
        put_down(login);
        identity_after(id, LOCK_WAIT_MS, go);
        return;
    }
    if (!read_token(id)) {
        if (lock >= 0)
            close(lock);
        return;
    }
    login->lock = lock;
    if (life_left(id, login->token) > RENEW_WITHIN_S) /* it was renewed before it was locked */
        finish(id);
    else
        renew(id);
}

static void start(struct identity *id)
{
    ((struct login_state *)id->state)->waits = 0;
    go(id);
}

static void stop(struct identity *id)
{
    struct login_state *login = id->state;
    if (!login)
        return;
    put_down(login);
    mem_free(login->path);
    mem_free(login->session);
    mem_free(login->profile);
    mem_free(login);
}

const struct source credentials_login_source = {
    .name = "aws login",
    .from = FROM_PROFILE,
    .is_asked = is_asked,
    .make = make,
    .start = start,
    .stop = stop,
};
