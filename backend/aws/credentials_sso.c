/* Keys from IAM Identity Center, through the token that a login left in ~/.aws/sso/cache:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html */
#include "backend/aws/credentials_sso.h"

#include "backend/aws/credentials_cache.h"
#include "backend/aws/tree.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CACHE_FOLDER "~/.aws/sso/cache"
#define RENEW_WITHIN_S 900
#define RENEWAL_GAP_MS (60 * 1000)
#define LOCK_WAIT_MS 250
#define MAX_LOCK_WAITS 60

static const struct op get_role_credentials = {
    .id = "sso:GetRoleCredentials",
    .service = SERVICE_SSO,
    .name = "GetRoleCredentials",
    .effect = EFFECT_READ,
    .is_unsigned = true,
    .method = "GET",
    .uri = "/federation/credentials",
    .page =
        "docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html",
};
const struct op sso_create_token = {
    .id = "sso-oauth:CreateToken",
    .service = SERVICE_SSO_OIDC,
    .name = "CreateToken",
    .effect = EFFECT_READ, /* it changes nothing but who is logged in here */
    .is_unsigned = true,
    .method = "POST",
    .uri = "/token",
    .page = "docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html",
};

/* --- reading the profile --- */

static const char *get(const struct asked *asked, const char *key)
{
    return credentials_config_get(asked->config, asked->profile, key);
}

static bool is_asked(const struct asked *asked)
{
    return get(asked, "sso_role_name") || get(asked, "sso_account_id");
}

/* What is said in both places must be the same, as the SDKs have it. */
static enum err_code check_agreement(const struct asked *asked, const char *section,
                                     struct err *err)
{
    const struct ini *ini = &asked->config->files[FILE_CONFIG].ini;
    char profile[WORD_SIZE];
    credentials_chain_word(asked->profile, profile);
    for (size_t i = 0; i < ini->n; i++) {
        const struct ini_entry *entry = &ini->entries[i];
        if (strcmp(entry->section, section) != 0)
            continue;
        const char *own = get(asked, entry->key);
        if (own && strcmp(own, entry->value) != 0)
            return err_set(
                err, ERR_CREDENTIALS,
                "%.40s in profile \"%s\" is not that of [%.64s]; remove one of the two lines",
                entry->key, profile, section);
    }
    return ERR_OK;
}

struct said {
    const char *session, *section; /* NULL: the older form */
    const char *start_url, *region, *account, *role, *scopes;
};

static enum err_code find_section(const struct asked *asked, struct said *said, struct err *err)
{
    const struct credentials_config *config = asked->config;
    char profile[WORD_SIZE], word[WORD_SIZE];
    said->session = get(asked, "sso_session");
    if (!said->session)
        return ERR_OK;
    said->section = credentials_config_section(config, "sso-session", said->session);
    credentials_chain_word(asked->profile, profile);
    credentials_chain_word(said->session, word);
    if (!said->section)
        return err_set(
            err, ERR_CREDENTIALS,
            "profile \"%s\" says sso_session = %s, but %s has no values in [sso-session %s]; "
            "run `aws configure sso-session`",
            profile, word, config->files[FILE_CONFIG].shown, word);
    return check_agreement(asked, said->section, err);
}

/* The session's settings stand in its section, those of the older form in the profile. */
static const char *setting(const struct asked *asked, const struct said *said, const char *key)
{
    if (!said->section)
        return get(asked, key);
    return ini_get(&asked->config->files[FILE_CONFIG].ini, said->section, key);
}

static enum err_code read_profile(const struct asked *asked, struct said *said, struct err *err)
{
    char profile[WORD_SIZE], section[WORD_SIZE];
    enum err_code rc = find_section(asked, said, err);
    if (rc != ERR_OK)
        return rc;
    said->start_url = setting(asked, said, "sso_start_url");
    said->region = setting(asked, said, "sso_region");
    said->scopes = setting(asked, said, "sso_registration_scopes");
    said->account = get(asked, "sso_account_id");
    said->role = get(asked, "sso_role_name");
    const struct {
        const char *key, *value;
        bool is_of_session;
    } needed[] = {
        {"sso_start_url", said->start_url, said->section != NULL},
        {"sso_region", said->region, said->section != NULL},
        {"sso_account_id", said->account, false},
        {"sso_role_name", said->role, false},
    };
    credentials_chain_word(asked->profile, profile);
    credentials_chain_word(said->section ? said->section : "", section);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value || !needed[i].value[0])
            return err_set(err, ERR_CREDENTIALS,
                           "%s%s%s has no %s; add it or run `aws configure sso`",
                           needed[i].is_of_session ? "[" : "profile ",
                           needed[i].is_of_session ? section : profile,
                           needed[i].is_of_session ? "]" : "", needed[i].key);
    if (!endpoint_is_region(said->region))
        return err_set(err, ERR_CREDENTIALS,
                       "sso_region of profile \"%s\" is no region; correct it", profile);
    return ERR_OK;
}

static char *copy(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    struct said said = {0};
    char profile[WORD_SIZE];
    enum err_code rc = read_profile(asked, &said, err);
    if (rc != ERR_OK)
        return rc;
    struct sso *sso = mem_alloc(sizeof *sso);
    sso->profile = mem_strdup(asked->profile);
    sso->session = copy(said.session);
    sso->start_url = mem_strdup(said.start_url);
    sso->region = mem_strdup(said.region);
    sso->account = mem_strdup(said.account);
    sso->role = mem_strdup(said.role);
    sso->scopes = copy(said.scopes);
    sso->path = credentials_cache_path(CACHE_FOLDER, CACHE_SHA1,
                                       said.session ? said.session : said.start_url);
    sso->lock = -1;
    id->state = sso;
    credentials_chain_word(asked->profile, profile);
    identity_set_description(id, mem_printf("profile %s", profile));
    return ERR_OK;
}

/* --- the token --- */

const char *sso_text(const cJSON *tree, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(tree, name);
    return cJSON_IsString(member) && member->valuestring[0] ? member->valuestring : NULL;
}

int64_t sso_time(const cJSON *tree, const char *name)
{
    const char *text = sso_text(tree, name);
    int64_t utc;
    return text && time_parse_iso(text, &utc) ? utc : TIME_NONE;
}

void sso_shown(const struct sso *sso, char out[SSO_SHOWN_SIZE])
{
    struct buf clean = {0};
    const char *name = sso->session ? sso->session : sso->start_url;
    text_clean(&clean, name, strlen(name), SSO_SHOWN_SIZE - 1, false);
    (void)snprintf(out, SSO_SHOWN_SIZE, "%s", clean.data ? clean.data : "");
    buf_free(&clean);
}

/* The token may go; the file is somebody else's again. */
static void put_down(struct sso *sso)
{
    credentials_keys_wipe_tree(sso->token);
    cJSON_Delete(sso->token);
    sso->token = NULL;
    if (sso->lock >= 0)
        close(sso->lock);
    sso->lock = -1;
}

/* why: a clause after "nobody is logged in", or NULL. */
static void want_login(struct identity *id, int64_t ended_utc, const char *why)
{
    struct sso *sso = id->state;
    struct login login = {.kind = LOGIN_PAGE, .until_utc = TIME_NONE};
    char name[SSO_SHOWN_SIZE], when[TIME_ISO_SIZE] = "", clause[200];
    put_down(sso);
    sso_shown(sso, name);
    credentials_chain_word(sso->profile, login.profile);
    (void)snprintf(login.what, sizeof login.what, "%s", name);
    credentials_chain_command("aws sso login", sso->profile, login.command, sizeof login.command);
    if (ended_utc != TIME_NONE)
        time_format_iso(ended_utc, when);
    (void)snprintf(clause, sizeof clause, "%s%.120s%s", why ? " (" : "", why ? why : "",
                   why ? ")" : "");
    identity_want(id, &login, sso->path, "%s %s%s%s%s; run `%s` or `keyfall login%s`",
                  ended_utc != TIME_NONE ? "the login to IAM Identity Center"
                                         : "nobody is logged in to IAM Identity Center",
                  name, ended_utc != TIME_NONE ? " ended at " : "", when, clause, login.command,
                  strstr(login.command, " --profile"));
}

/* --- the keys --- */

static bool is_logged_out(const struct err *err)
{
    return err->http_status == 401 || strcmp(err->aws_code, "UnauthorizedException") == 0;
}

static void got_keys(struct identity *id, const cJSON *tree, const struct err *answer)
{
    const struct sso *sso = id->state;
    struct credentials_keys keys = {0};
    struct err err = *answer;
    if (err.code == ERR_OK &&
        credentials_keys_from_tree(tree, &credentials_keys_sso_form, &keys, &err) == ERR_OK) {
        sso_flow_free(id->state);
        identity_finish(id, &keys);
        return;
    }
    if (is_logged_out(&err)) {
        want_login(id, TIME_NONE, "it was ended elsewhere");
        return;
    }
    char role[WORD_SIZE], account[WORD_SIZE], profile[WORD_SIZE];
    struct err why = err;
    credentials_chain_word(sso->role, role);
    credentials_chain_word(sso->account, account);
    credentials_chain_word(sso->profile, profile);
    (void)err_set(&why, err.code,
                  "IAM Identity Center gave no keys of role %s in account %s: %.200s%s%s%s", role,
                  account, err.text,
                  err.aws_code[0] ? "; have it assigned to you, or correct sso_role_name and "
                                    "sso_account_id of profile \""
                                  : "",
                  err.aws_code[0] ? profile : "", err.aws_code[0] ? "\"" : "");
    why.http_status = err.http_status;
    identity_fail_as(id, &why);
}

static void ask_keys(struct identity *id, const cJSON *token)
{
    struct sso *sso = id->state;
    const struct param params[] = {
        {"role_name", sso->role, PARAM_TEXT},
        {"account_id", sso->account, PARAM_TEXT},
        {"x-amz-sso_bearer_token", sso_text(token, "accessToken"), PARAM_HEADER},
    };
    errand_call(id, &id->renewal,
                &(struct errand_call){
                    .row = &get_role_credentials,
                    .region = sso->region,
                    .params = params,
                    .n_params = sizeof params / sizeof *params,
                    .called = got_keys,
                });
    put_down(sso);
}

/* --- renewing the token --- */

static bool can_renew(const struct identity *id, const cJSON *token)
{
    const struct sso *sso = id->state;
    /* a viewer writes no file, and who renews without writing takes the login away from the others */
    return !aws_settings(id->aws)->viewer && sso->session && sso_text(token, "refreshToken") && sso_text(token, "clientId") &&
           sso_text(token, "clientSecret") &&
           sso_time(token, "registrationExpiresAt") > identity_now(id);
}

/* Whether only a person can help: the service itself said no. */
static bool is_final(const struct err *err)
{
    return err->aws_code[0] && err->code != ERR_THROTTLED && err->code != ERR_SERVER;
}

/* It may be good for a while without having been renewed. */
static void use_old(struct identity *id)
{
    struct sso *sso = id->state;
    int64_t ends_utc = sso_time(sso->token, "expiresAt");
    struct err err = sso->renewal_err;
    if (ends_utc > identity_now(id)) {
        ask_keys(id, sso->token);
    } else if (err.code == ERR_OK || is_final(&err)) {
        want_login(id, ends_utc, NULL);
    } else {
        put_down(sso);
        err_prefix(&err, "the login to IAM Identity Center cannot be renewed");
        identity_fail_as(id, &err);
    }
}

static enum err_code take_renewed(struct identity *id, const cJSON *tree, struct err *err)
{
    struct sso *sso = id->state;
    int64_t life_s = 0;
    bool has = false;
    const char *access = sso_text(tree, "accessToken"), *next = sso_text(tree, "refreshToken");
    enum err_code rc = tree_int(tree, "expiresIn", &life_s, &has, err);
    if (rc != ERR_OK)
        return rc;
    if (!access || !has || !credentials_keys_is_plain(access, SSO_MAX_TOKEN_BYTES))
        return err_set(err, ERR_PARSE, "the answer holds no token");
    credentials_cache_set(sso->token, "startUrl", sso->start_url);
    credentials_cache_set(sso->token, "region", sso->region);
    credentials_cache_set(sso->token, "accessToken", access);
    credentials_cache_set_time(sso->token, "expiresAt", identity_now(id) + life_s);
    if (next)
        credentials_cache_set(sso->token, "refreshToken", next);
    return ERR_OK;
}

static void renewed(struct identity *id, const cJSON *tree, const struct err *answer)
{
    struct sso *sso = id->state;
    struct err err = *answer, unsaved;
    if (err.code == ERR_OK && take_renewed(id, tree, &err) == ERR_OK) {
        sso->renewal_err = (struct err){0};
        if (credentials_cache_write(sso->path, sso->token, &unsaved) != ERR_OK)
            log_line("credentials", "%s: %s", identity_describe(id), unsaved.text);
        ask_keys(id, sso->token);
        return;
    }
    log_line("credentials", "%s: the token was not renewed: %s", identity_describe(id), err.text);
    sso->renewal_err = err;
    use_old(id);
}

static void renew(struct identity *id)
{
    struct sso *sso = id->state;
    const struct param params[] = {
        {"grantType", "refresh_token", PARAM_TEXT},
        {"clientId", sso_text(sso->token, "clientId"), PARAM_TEXT},
        {"clientSecret", sso_text(sso->token, "clientSecret"), PARAM_TEXT},
        {"refreshToken", sso_text(sso->token, "refreshToken"), PARAM_TEXT},
    };
    sso->renewed_ms = time_mono_ms();
    errand_call(id, &id->renewal,
                &(struct errand_call){
                    .row = &sso_create_token,
                    .region = sso->region,
                    .params = params,
                    .n_params = sizeof params / sizeof *params,
                    .called = renewed,
                });
}

static bool is_usable(const cJSON *token)
{
    const char *access = sso_text(token, "accessToken");
    return access && credentials_keys_is_plain(access, SSO_MAX_TOKEN_BYTES) &&
           sso_time(token, "expiresAt") != TIME_NONE;
}

/* Reads the file; false if that ended the attempt. */
static bool read_token(struct identity *id)
{
    struct sso *sso = id->state;
    struct err err;
    put_down(sso);
    enum err_code rc = credentials_cache_read(sso->path, &sso->token, &err);
    if (rc == ERR_OK && !is_usable(sso->token))
        rc = err_set(&err, ERR_PARSE, "it holds no token");
    if (rc == ERR_OK)
        return true;
    want_login(id, TIME_NONE, rc == ERR_NOT_FOUND ? NULL : err.text);
    return false;
}

static void go(struct identity *id)
{
    struct sso *sso = id->state;
    if (!read_token(id))
        return;
    bool is_due = sso_time(sso->token, "expiresAt") - identity_now(id) < RENEW_WITHIN_S;
    bool was_tried = sso->renewed_ms && time_mono_ms() - sso->renewed_ms < RENEWAL_GAP_MS;
    if (!is_due || was_tried || !can_renew(id, sso->token)) {
        if (!was_tried)
            sso->renewal_err = (struct err){0};
        use_old(id);
        return;
    }
    int lock = -1;
    if (!credentials_cache_lock(sso->path, &lock) && sso->waits++ < MAX_LOCK_WAITS) {
        put_down(sso);
        identity_after(id, LOCK_WAIT_MS, go);
        return;
    }
    if (!read_token(id)) { /* it may have been renewed before it was locked */
        if (lock >= 0)
            close(lock);
        return;
    }
    sso->lock = lock;
    if (sso_time(sso->token, "expiresAt") - identity_now(id) < RENEW_WITHIN_S &&
        can_renew(id, sso->token))
        renew(id);
    else
        use_old(id);
}

static void start(struct identity *id)
{
    ((struct sso *)id->state)->waits = 0;
    go(id);
}

static void stop(struct identity *id)
{
    struct sso *sso = id->state;
    if (!sso)
        return;
    put_down(sso);
    sso_flow_free(sso);
    mem_free(sso->path);
    mem_free(sso->scopes);
    mem_free(sso->role);
    mem_free(sso->account);
    mem_free(sso->region);
    mem_free(sso->start_url);
    mem_free(sso->session);
    mem_free(sso->profile);
    mem_free(sso);
}

const struct source credentials_sso_source = {
    .name = "IAM Identity Center",
    .from = FROM_PROFILE,
    .is_asked = is_asked,
    .make = make,
    .start = start,
    .stop = stop,
    .login = sso_log_in,
};
