/* Logins: what is asked, which files are read and left, what a person is told, and that a code is used
 * once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/credentials_fake.h"

#include "backend/aws/credentials_cache.h"
#include "backend/aws/credentials_dpop.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/file.h>

/* NOW is 2027-01-15T08:00:00Z */
#define IN_1_HOUR "2027-01-15T09:00:00Z"
#define IN_10_MIN "2027-01-15T08:10:00Z"
#define AGO "2027-01-15T07:59:00UTC"

static struct identity *load(const char *profile)
{
    struct identity *id = NULL;
    struct err err = {0};
    if (identity_from_profile(&fake.wire, profile, &id, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return id;
}

/* identity_get with one line of outcome: "A T 3600", "pending" or the error. */
static const char *get_at(struct identity *id, int64_t now)
{
    static char line[600];
    struct credentials got;
    struct err err = {0};
    enum identity_state state = identity_get(id, now, &got, &err);
    if (state == IDENTITY_READY)
        (void)snprintf(line, sizeof line, "%s %s %lld", got.access_key, got.session_token,
                       (long long)(got.expires_utc - NOW));
    else
        (void)snprintf(line, sizeof line, "%s", state == IDENTITY_PENDING ? "pending" : err.text);
    return line;
}

static const char *get(struct identity *id)
{
    return get_at(id, NOW);
}

/* Answers the oldest call with JSON, or with AWS's code. */
static void answer(const char *json, const char *aws_code, enum err_code code, int status)
{
    assert_true(fake.n_sent > 0);
    struct sent s = fake.sent[0];
    struct wire_answer got = {.last = true};
    cJSON *tree = json ? cJSON_Parse(json) : NULL;
    assert_true(!json || tree);
    memmove(fake.sent, fake.sent + 1, sizeof *fake.sent * 7);
    fake.n_sent--;
    got.tree = tree;
    if (!json) {
        (void)err_set(&got.err, code, "%s: said so", aws_code);
        (void)snprintf(got.err.aws_code, sizeof got.err.aws_code, "%s", aws_code);
        got.err.http_status = status;
    }
    s.answered(s.ctx, &got);
    cJSON_Delete(tree);
}

#define ROLE_KEYS(at)                                                                              \
    "{\"Credentials\":{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\",\"SessionToken\":"     \
    "\"T\",\"Expiration\":\"" at "\"}}"

static void make_folder(const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", fake.home, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_folders(const char *above, const char *name)
{
    make_folder(above);
    make_folder(name);
}

static char *read_file(const char *name)
{
    char path[200];
    static char text[4096];
    (void)snprintf(path, sizeof path, "%s/%s", fake.home, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", fake.home, name);
    assert_int_equal(stat(path, &st), 0);
    return (unsigned)st.st_mode & 0777;
}

static struct login wants(struct identity *id)
{
    struct login login;
    assert_true(identity_wants(id, &login));
    return login;
}

/* --- web identity --- */

static void test_web_identity(void **state)
{
    (void)state;
    char config[512];
    (void)snprintf(config, sizeof config,
                   "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/w\n"
                   "web_identity_token_file = %s/token\nregion = eu-west-1\nrole_session_name = me\n",
                   fake.home);
    write_file(".aws/config", config);
    struct identity *id = load("p");
    char said[600];
    snprintf(said, sizeof said, "profile \"p\": web_identity_token_file %s/token cannot be read: No such file or "
             "directory; let whoever gives the token write it, or correct the path", fake.home);
    assert_string_equal(get(id), said);
    write_file("token", "one.two\n");
    assert_string_equal(get_at(id, NOW + 6), "pending");
    assert_string_equal(fake.sent[0].text,
                        "sts:AssumeRoleWithWebIdentity eu-west-1 "
                        "RoleArn=arn:aws:iam::111122223333:role/w RoleSessionName=me "
                        "WebIdentityToken=one.two");
    answer(ROLE_KEYS(IN_1_HOUR), NULL, ERR_OK, 0);
    assert_string_equal(get_at(id, NOW + 6), "A T 3600");
    /* each renewal reads the file again */
    write_file("token", "three");
    assert_string_equal(get_at(id, NOW + 2900), "A T 3600");
    assert_non_null(strstr(fake.sent[0].text, "WebIdentityToken=three"));
    answer(NULL, "ExpiredTokenException", ERR_EXPIRED, 400);
    assert_string_equal(get_at(id, NOW + 3601), "pending");
    answer(NULL, "ExpiredTokenException", ERR_EXPIRED, 400);
    snprintf(said, sizeof said, "profile \"p\": web_identity_token_file %s/token: role arn:aws:iam::111122223333:role/w "
             "cannot be assumed: ExpiredTokenException: said so; have the token's file written anew",
             fake.home);
    assert_string_equal(get_at(id, NOW + 3601), said);
    write_file("token", " \n");
    assert_non_null(strstr(get_at(id, NOW + 3700), "/token names an empty file; let"));
    identity_free(id);
}

/* --- IAM Identity Center --- */

#define SESSION_FILE ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define LEGACY_FILE ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json"
#define TOKEN(ends, registration)                                                                  \
    "{\"startUrl\": \"https://example.awsapps.com/start\", \"region\": \"eu-west-1\", "            \
    "\"accessToken\": \"TOKEN\", \"expiresAt\": \"" ends "\", \"clientId\": \"CLIENT\", "          \
    "\"clientSecret\": \"SECRET\", \"registrationExpiresAt\": \"" registration "\", "              \
    "\"refreshToken\": \"REFRESH\", \"other\": 1}"

static const char sso_config[] =
    "[sso-session my-sso]\nsso_start_url = https://example.awsapps.com/start\n"
    "sso_region = eu-west-1\nsso_registration_scopes = sso:account:access, two\n"
    "[profile p]\nsso_session = my-sso\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    "[profile old]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
    "sso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = p\n";

#define PORTAL                                                                                     \
    "sso:GetRoleCredentials eu-west-1 role_name=ReadOnly account_id=111122223333 "                 \
    "x-amz-sso_bearer_token="
#define SSO_KEYS                                                                                   \
    "{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"SECRET\","                  \
    "\"sessionToken\":\"T\",\"expiration\":1800003600123}}"

static void set_up_sso(const char *name, const char *token)
{
    write_file(".aws/config", sso_config);
    make_folders(".aws/sso", ".aws/sso/cache");
    if (token)
        write_file(name, token);
}

static void test_sso(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, TOKEN(IN_1_HOUR, AGO));
    struct identity *id = load("p");
    assert_string_equal(get(id), "pending");
    assert_string_equal(fake.sent[0].text, PORTAL "TOKEN");
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    assert_string_equal(get(id), "A T 3600");
    identity_free(id);
    id = load("p");
    assert_string_equal(get(id), "pending");
    answer(NULL, "ForbiddenException", ERR_DENIED, 403);
    assert_string_equal(get(id),
                        "IAM Identity Center gave no keys of role ReadOnly in account 111122223333: "
                        "ForbiddenException: said so; have it assigned to you, or correct "
                        "sso_role_name and sso_account_id of profile \"p\"");
    assert_string_equal(get_at(id, NOW + 6), "pending");
    answer(NULL, "UnauthorizedException", ERR_DENIED, 401);
    assert_string_equal(get_at(id, NOW + 6),
                        "nobody is logged in to IAM Identity Center my-sso (it was ended elsewhere); "
                        "run `aws sso login --profile p` or `keyfall login --profile p`");
    identity_free(id);
}

static void test_sso_legacy(void **state)
{
    (void)state;
    set_up_sso(LEGACY_FILE, TOKEN(IN_10_MIN, IN_1_HOUR));
    struct identity *id = load("old");
    assert_string_equal(get(id), "pending");
    assert_string_equal(fake.sent[0].text, PORTAL "TOKEN"); /* never renewed */
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    write_file(LEGACY_FILE, TOKEN(AGO, IN_1_HOUR));
    assert_string_equal(get_at(id, NOW + 3700),
                        "the login to IAM Identity Center https://example.awsapps.com/start ended at "
                        "2027-01-15T07:59:00Z; run `aws sso login --profile old` or `keyfall login "
                        "--profile old`");
    identity_free(id);
}

static void test_sso_renews(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, TOKEN(IN_10_MIN, IN_1_HOUR));
    struct identity *id = load("p");
    assert_string_equal(get(id), "pending");
    assert_string_equal(fake.sent[0].text,
                        "sso-oauth:CreateToken eu-west-1 grantType=refresh_token clientId=CLIENT "
                        "clientSecret=SECRET refreshToken=REFRESH");
    answer("{\"accessToken\":\"NEW\",\"expiresIn\":28800,\"refreshToken\":\"NEXT\"}", NULL, ERR_OK, 0);
    assert_string_equal(fake.sent[0].text, PORTAL "NEW");
    assert_string_equal(read_file(SESSION_FILE),
                        "{\"startUrl\": \"https://example.awsapps.com/start\", \"region\": "
                        "\"eu-west-1\", \"accessToken\": \"NEW\", \"expiresAt\": "
                        "\"2027-01-15T16:00:00Z\", \"clientId\": \"CLIENT\", \"clientSecret\": "
                        "\"SECRET\", \"registrationExpiresAt\": \"2027-01-15T09:00:00Z\", "
                        "\"refreshToken\": \"NEXT\", \"other\": 1}");
    assert_int_equal(mode_of(SESSION_FILE), 0600);
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    assert_string_equal(get(id), "A T 3600");
    identity_free(id);
}

/* A token that lives is used although it could not be renewed, once a minute at most. */
static void test_sso_cannot_renew(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, TOKEN(IN_10_MIN, IN_1_HOUR));
    struct identity *id = load("p");
    assert_string_equal(get(id), "pending");
    answer(NULL, "InvalidGrantException", ERR_REJECTED, 400);
    assert_string_equal(fake.sent[0].text, PORTAL "TOKEN");
    answer(NULL, "", ERR_TIMEOUT, 0);
    assert_string_equal(get_at(id, NOW + 6), "pending");
    assert_string_equal(fake.sent[0].text, PORTAL "TOKEN");
    answer(NULL, "", ERR_TIMEOUT, 0);
    identity_free(id);

    write_file(SESSION_FILE, TOKEN(AGO, IN_1_HOUR));
    id = load("p");
    assert_string_equal(get(id), "pending");
    answer(NULL, "", ERR_UNREACHABLE, 0);
    assert_non_null(strstr(get(id), "the login to IAM Identity Center cannot be renewed: : said so"));
    struct login login;
    assert_false(identity_wants(id, &login)); /* no person can mend the network */
    identity_free(id);
    id = load("p");
    assert_string_equal(get(id), "pending");
    answer(NULL, "InvalidGrantException", ERR_REJECTED, 400);
    assert_non_null(strstr(get(id), "ended at 2027-01-15T07:59:00Z; run `aws sso login --profile p`"));
    assert_int_equal(wants(id).kind, LOGIN_PAGE);
    identity_free(id);
    /* the registration has ended: nothing to renew with */
    write_file(SESSION_FILE, TOKEN(AGO, AGO));
    id = load("p");
    assert_non_null(strstr(get(id), "ended at 2027-01-15T07:59:00Z"));
    identity_free(id);
}

/* Of many that need a new token one asks for it; the others read what it left. */
static void test_sso_renews_once(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, TOKEN(IN_10_MIN, IN_1_HOUR));
    struct identity *one = load("p"), *two = load("p");
    assert_string_equal(get(one), "pending");
    assert_string_equal(get(two), "pending");
    assert_int_equal(fake.n_sent, 1);
    answer("{\"accessToken\":\"NEW\",\"expiresIn\":28800,\"refreshToken\":\"NEXT\"}", NULL, ERR_OK, 0);
    fire_timers(1000);
    assert_int_equal(fake.n_sent, 2);
    assert_string_equal(fake.sent[0].text, PORTAL "NEW");
    assert_string_equal(fake.sent[1].text, PORTAL "NEW");
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    assert_string_equal(get(two), "A T 3600");
    identity_free(one);
    identity_free(two);
}

static void test_sso_files(void **state)
{
    (void)state;
    static const struct {
        const char *token, *why;
    } rows[] = {
        {NULL, "my-sso; run"},
        {"", "my-sso (JSON, line 1, column 1: the text ends too early); run"},
        {"[]", "my-sso (it holds no JSON object); run"},
        {"{\"accessToken\":\"T\"}", "my-sso (it holds no token); run"},
        {"{\"accessToken\":\"a b\",\"expiresAt\":\"" IN_1_HOUR "\"}", "my-sso (it holds no token); run"},
        {"{\"accessToken\":\"T\",\"expiresAt\":\"soon\"}", "my-sso (it holds no token); run"},
        {"{\"accessToken\":1,\"expiresAt\":\"" IN_1_HOUR "\"}", "my-sso (it holds no token); run"},
    };
    set_up_sso(SESSION_FILE, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].token)
            write_file(SESSION_FILE, rows[i].token);
        struct identity *id = load("p");
        const char *got = get(id);
        if (!strstr(got, rows[i].why))
            fail_msg("%s: %s", rows[i].why, got);
        assert_non_null(strstr(got, "nobody is logged in to IAM Identity Center my-sso"));
        identity_free(id);
    }
}

/* --- the login by device code --- */

static void begin_login(struct identity *id)
{
    identity_log_in(id, NULL);
    assert_int_equal(wants(id).stage, LOGIN_STARTED);
    identity_log_in(id, NULL); /* one at a time */
    assert_int_equal(fake.n_sent, 1);
}

static void test_device(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, NULL);
    struct identity *id = load("role"); /* whose source is not logged in */
    assert_string_equal(get(id), "pending");
    answer(NULL, "", ERR_CREDENTIALS, 0);
    struct credentials keys;
    struct err err;
    struct identity *source = id;
    assert_int_equal(identity_get(source, NOW, &keys, &err), IDENTITY_FAILED);
    struct identity *p = load("p");
    assert_non_null(strstr(get(p), "nobody is logged in"));
    struct login login = wants(p);
    assert_int_equal(login.stage, LOGIN_WANTED);
    assert_string_equal(login.profile, "p");
    assert_string_equal(login.what, "my-sso");
    assert_string_equal(login.command, "aws sso login --profile p");

    begin_login(p);
    assert_string_equal(fake.sent[0].text,
                        "sso-oauth:RegisterClient eu-west-1 clientName=keyfall clientType=public "
                        "scopes=[\"sso:account:access\",\"two\"]");
    answer("{\"clientId\":\"C\",\"clientSecret\":\"SECRET\",\"clientSecretExpiresAt\":1800003600}",
           NULL, ERR_OK, 0);
    assert_string_equal(fake.sent[0].text,
                        "sso-oauth:StartDeviceAuthorization eu-west-1 clientId=C clientSecret=SECRET "
                        "startUrl=https://example.awsapps.com/start");
    answer("{\"deviceCode\":\"DEVICE\",\"userCode\":\"AB\\u001bCD\",\"verificationUri\":\"https://v\","
           "\"verificationUriComplete\":\"https://v?c\",\"expiresIn\":600,\"interval\":1}",
           NULL, ERR_OK, 0);
    login = wants(p);
    assert_int_equal(login.stage, LOGIN_OPEN);
    assert_string_equal(login.user_code, "AB?CD");
    assert_string_equal(login.url, "https://v?c");
    assert_true(login.until_utc == NOW + 600);
    assert_int_equal(fake.timers[0].delay_ms, 1000);
    fire_timers(1000);
    assert_string_equal(fake.sent[0].text,
                        "sso-oauth:CreateToken eu-west-1 "
                        "grantType=urn:ietf:params:oauth:grant-type:device_code clientId=C "
                        "clientSecret=SECRET deviceCode=DEVICE");
    answer(NULL, "AuthorizationPendingException", ERR_REJECTED, 400);
    assert_int_equal(fake.timers[0].delay_ms, 1000);
    fire_timers(1000);
    answer(NULL, "SlowDownException", ERR_REJECTED, 400);
    assert_int_equal(fake.timers[0].delay_ms, 6000);
    fire_timers(6000);
    answer(NULL, "", ERR_TIMEOUT, 0); /* a network that goes and comes */
    fire_timers(6000);
    /* meanwhile the identity goes on failing, at once */
    assert_non_null(strstr(get_at(p, NOW + 30), "nobody is logged in"));
    assert_int_equal(wants(p).stage, LOGIN_OPEN);
    answer("{\"accessToken\":\"NEW\",\"expiresIn\":28800,\"refreshToken\":\"NEXT\"}", NULL, ERR_OK, 0);
    assert_string_equal(read_file(SESSION_FILE),
                        "{\"startUrl\": \"https://example.awsapps.com/start\", \"region\": "
                        "\"eu-west-1\", \"accessToken\": \"NEW\", \"expiresAt\": "
                        "\"2027-01-15T16:00:30Z\", \"clientId\": \"C\", \"clientSecret\": "
                        "\"SECRET\", \"registrationExpiresAt\": \"2027-01-15T09:00:00Z\", "
                        "\"refreshToken\": \"NEXT\"}");
    assert_int_equal(mode_of(SESSION_FILE), 0600);
    assert_false(identity_wants(p, &login));
    assert_string_equal(get_at(p, NOW + 31), "pending"); /* at once, not 5 s later */
    assert_string_equal(fake.sent[0].text, PORTAL "NEW");
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    assert_string_equal(get_at(p, NOW + 31), "A T 3600");
    identity_free(p);
    identity_free(id);
}

static void test_device_fails(void **state)
{
    (void)state;
    static const struct {
        const char *code, *why;
    } rows[] = {
        {"ExpiredTokenException", "the code was not confirmed in time; begin again"},
        {"AccessDeniedException", "the request was declined on the page"},
        {"InvalidClientException", "InvalidClientException: said so"},
    };
    set_up_sso(SESSION_FILE, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct identity *id = load("p");
        (void)get(id);
        begin_login(id);
        answer("{\"clientId\":\"C\",\"clientSecret\":\"S\"}", NULL, ERR_OK, 0);
        answer("{\"deviceCode\":\"D\",\"userCode\":\"U\",\"verificationUri\":\"https://v\"}", NULL,
               ERR_OK, 0);
        assert_string_equal(wants(id).url, "https://v");
        fire_timers(5000);
        answer(NULL, rows[i].code, ERR_REJECTED, 400);
        assert_int_equal(wants(id).stage, LOGIN_WANTED);
        assert_string_equal(wants(id).failed.text, rows[i].why);
        begin_login(id); /* once more */
        assert_int_equal(wants(id).failed.code, ERR_OK);
        identity_log_in_cancel(id);
        assert_int_equal(wants(id).stage, LOGIN_WANTED);
        answer(NULL, "", ERR_CANCELLED, 0);
        identity_free(id);
    }
    struct identity *id = load("p");
    (void)get(id);
    begin_login(id);
    answer("{\"clientId\":\"C\"}", NULL, ERR_OK, 0);
    assert_string_equal(wants(id).failed.text, "the answer of RegisterClient names no client");
    begin_login(id);
    identity_free(id); /* in the middle */
    answer(NULL, "", ERR_CANCELLED, 0);
}

/* Somebody logs in with the AWS CLI meanwhile. */
static void test_logged_in_elsewhere(void **state)
{
    (void)state;
    set_up_sso(SESSION_FILE, NULL);
    struct identity *id = load("p");
    (void)get(id);
    assert_false(identity_was_logged_in(id));
    begin_login(id);
    write_file(SESSION_FILE, TOKEN(IN_1_HOUR, IN_1_HOUR));
    assert_true(identity_was_logged_in(id));
    identity_retry(id);
    assert_string_equal(get(id), "pending");
    assert_int_equal(fake.n_sent, 2);
    struct sent portal = fake.sent[1];
    fake.sent[1] = fake.sent[0];
    fake.sent[0] = portal;
    answer(SSO_KEYS, NULL, ERR_OK, 0);
    struct login login;
    assert_false(identity_wants(id, &login));
    assert_true(fake.sent[0].is_cancelled); /* the login that nobody needs any more */
    answer(NULL, "", ERR_CANCELLED, 0);
    assert_string_equal(get(id), "A T 3600");
    identity_free(id);
}

/* --- MFA --- */

static const char mfa_config[] =
    "[profile m]\nrole_arn = arn:aws:iam::111122223333:role/ro\nsource_profile = s\n"
    "mfa_serial = arn:aws:iam::111122223333:mfa/ann\nregion = eu-west-1\n"
    "duration_seconds = 3600\nexternal_id = xy\n"
    "[profile s]\naws_access_key_id = A\naws_secret_access_key = SECRET\n";
/* sha1 of {"DurationSeconds": 3600, "ExternalId": "xy", "RoleArn": "...", "SerialNumber": "..."} */
#define CLI_FILE ".aws/cli/cache/f6c6dcd23765f8b39e4c6fe7f0d9f4ae605b9144.json"

static void test_mfa(void **state)
{
    (void)state;
    write_file(".aws/config", mfa_config);
    struct identity *id = load("m");
    assert_string_equal(get(id),
                        "profile \"m\" wants the code of the MFA device arn:aws:iam::111122223333:mfa/ann; "
                        "give it on a terminal, or run `aws sts get-caller-identity --profile m` first, "
                        "whose session is taken over");
    assert_int_equal(fake.n_sent, 0);
    struct login login = wants(id);
    assert_int_equal(login.kind, LOGIN_CODE);
    assert_string_equal(login.what, "arn:aws:iam::111122223333:mfa/ann");
    static const char *const bad[] = {"", "12345", "1234567", "12345a", "123 56"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        identity_log_in(id, bad[i]);
        assert_string_equal(wants(id).failed.text, "an MFA code is six digits");
        assert_int_equal(fake.n_sent, 0);
    }
    identity_log_in(id, "123456");
    assert_string_equal(fake.sent[0].text,
                        "sts:AssumeRole eu-west-1 RoleArn=arn:aws:iam::111122223333:role/ro "
                        "RoleSessionName=keyfall-ann ExternalId=xy DurationSeconds=3600 "
                        "SerialNumber=arn:aws:iam::111122223333:mfa/ann TokenCode=123456");
    assert_string_equal(identity_describe(fake.sent[0].who), "profile s");
    answer(NULL, "AccessDenied", ERR_DENIED, 403);
    assert_non_null(strstr(wants(id).failed.text, "cannot be assumed: AccessDenied: said so"));
    assert_int_equal(wants(id).stage, LOGIN_WANTED);
    identity_log_in(id, "654321");
    answer(ROLE_KEYS(IN_1_HOUR), NULL, ERR_OK, 0);
    assert_false(identity_wants(id, &login));
    assert_string_equal(get(id), "A T 3600");
    /* near the end a person is wanted, and the keys are good until then */
    assert_string_equal(get_at(id, NOW + 2800), "A T 3600");
    assert_int_equal(wants(id).kind, LOGIN_CODE);
    assert_string_equal(get_at(id, NOW + 3599), "A T 3600");
    assert_int_equal(fake.n_sent, 0); /* never with an old code */
    assert_non_null(strstr(get_at(id, NOW + 3600), "wants the code of the MFA device"));
    identity_free(id);
}

static void test_mfa_session_of_the_cli(void **state)
{
    (void)state;
    write_file(".aws/config", mfa_config);
    make_folders(".aws/cli", ".aws/cli/cache");
    write_file(CLI_FILE, ROLE_KEYS("2027-01-15T08:14:59Z")); /* nearly over */
    struct identity *id = load("m");
    assert_non_null(strstr(get(id), "wants the code"));
    assert_false(identity_was_logged_in(id));
    write_file(CLI_FILE, ROLE_KEYS(IN_1_HOUR) " ");
    assert_true(identity_was_logged_in(id));
    identity_retry(id);
    assert_string_equal(get(id), "A T 3600");
    assert_int_equal(fake.n_sent, 0);
    identity_free(id);
}

/* --- aws login --- */

#define LOGIN_FILE                                                                                 \
    ".aws/login/cache/5778c30d3fe8c123cb2ab0d5a82c81b6fdcedfb868a6625f6f5bf6f05a7f129b.json"

static char *make_pem(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    assert_non_null(key);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    char *copy = mem_strndup(text, (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return copy;
}

static void write_login(const char *ends, const char *pem, const char *more)
{
    cJSON *tree = cJSON_CreateObject();
    cJSON *access = cJSON_AddObjectToObject(tree, "accessToken");
    cJSON_AddStringToObject(access, "accessKeyId", "A");
    cJSON_AddStringToObject(access, "secretAccessKey", "SECRET");
    cJSON_AddStringToObject(access, "sessionToken", "T");
    cJSON_AddStringToObject(access, "accountId", "111122223333");
    cJSON_AddStringToObject(access, "expiresAt", ends);
    cJSON_AddStringToObject(tree, "refreshToken", "REFRESH");
    cJSON_AddStringToObject(tree, "dpopKey", pem);
    cJSON_AddStringToObject(tree, "clientId", "arn:aws:signin:::devtools/same-device");
    if (more)
        cJSON_AddStringToObject(tree, "signInRegion", more);
    char *text = cJSON_Print(tree);
    write_file(LOGIN_FILE, text);
    cJSON_free(text);
    cJSON_Delete(tree);
}

static const char login_config[] =
    "[profile l]\nlogin_session = arn:aws:iam::111122223333:user/alice\nregion = eu-west-1\n";

static void test_aws_login(void **state)
{
    (void)state;
    char *pem = make_pem();
    write_file(".aws/config", login_config);
    make_folders(".aws/login", ".aws/login/cache");
    struct identity *id = load("l");
    assert_string_equal(get(id), "nobody is logged in with aws login; run `aws login --profile l`");
    assert_int_equal(wants(id).kind, LOGIN_COMMAND);
    identity_log_in(id, NULL); /* nothing that keyfall can begin */
    assert_int_equal(wants(id).stage, LOGIN_WANTED);
    write_login(IN_10_MIN, pem, NULL);
    assert_true(identity_was_logged_in(id));
    identity_retry(id);
    assert_string_equal(get(id), "A T 600");
    /* another process may have renewed it */
    write_login("2027-01-15T08:20:00Z", pem, NULL);
    assert_string_equal(get_at(id, NOW + 400), "A T 1200");
    assert_int_equal(fake.n_sent, 0);
    write_login("2027-01-15T08:20:00Z", pem, "eu-central-1");
    assert_string_equal(get_at(id, NOW + 1000), "pending");
    assert_int_equal(strncmp(fake.sent[0].text,
                             "signin:CreateOAuth2Token eu-central-1 "
                             "clientId=arn:aws:signin:::devtools/same-device "
                             "grantType=refresh_token refreshToken=REFRESH DPoP=eyJ", 132), 0);
    answer("{\"accessToken\":{\"accessKeyId\":\"B\",\"secretAccessKey\":\"SECRET2\",\"sessionToken\":"
           "\"U\"},\"tokenType\":\"aws_sigv4\",\"expiresIn\":900,\"refreshToken\":\"NEXT\"}",
           NULL, ERR_OK, 0);
    assert_string_equal(get_at(id, NOW + 1000), "B U 1900");
    cJSON *tree = cJSON_Parse(read_file(LOGIN_FILE));
    const cJSON *access = cJSON_GetObjectItem(tree, "accessToken");
    assert_string_equal(cJSON_GetObjectItem(access, "accountId")->valuestring, "111122223333");
    assert_string_equal(cJSON_GetObjectItem(access, "expiresAt")->valuestring, "2027-01-15T08:31:40Z");
    assert_string_equal(cJSON_GetObjectItem(tree, "refreshToken")->valuestring, "NEXT");
    assert_string_equal(cJSON_GetObjectItem(tree, "dpopKey")->valuestring, pem);
    assert_string_equal(cJSON_GetObjectItem(tree, "signInRegion")->valuestring, "eu-central-1");
    cJSON_Delete(tree);
    assert_int_equal(mode_of(LOGIN_FILE), 0600);
    identity_free(id);
    mem_free(pem);
}

static void test_aws_login_ends(void **state)
{
    (void)state;
    char *pem = make_pem();
    write_file(".aws/config", login_config);
    make_folders(".aws/login", ".aws/login/cache");
    write_login(AGO, pem, NULL);
    struct identity *id = load("l");
    assert_string_equal(get(id), "pending");
    struct sent s = fake.sent[0];
    struct wire_answer refused = {.last = true};
    (void)err_set(&refused.err, ERR_DENIED, "AccessDeniedException: TOKEN_EXPIRED: it ended");
    (void)snprintf(refused.err.aws_code, sizeof refused.err.aws_code, "AccessDeniedException");
    fake.n_sent = 0;
    s.answered(s.ctx, &refused);
    assert_string_equal(get(id), "the session of aws login has ended; run `aws login --profile l`");
    identity_free(id);
    id = load("l");
    assert_string_equal(get(id), "pending");
    answer(NULL, "", ERR_UNREACHABLE, 0);
    assert_string_equal(get(id), "the session of aws login cannot be renewed: : said so");
    identity_free(id);
    write_login(AGO, "no key", NULL);
    id = load("l");
    assert_string_equal(get(id), "the session of aws login cannot be renewed: the key of the session "
                                 "cannot be used to sign");
    identity_free(id);
    write_file(LOGIN_FILE, "{\"accessToken\":{}}");
    id = load("l");
    assert_string_equal(get(id), "the session of aws login is not whole; run `aws login --profile l`");
    identity_free(id);
    mem_free(pem);
}

/* --- the rest --- */

static void test_lock(void **state)
{
    (void)state;
    char path[200];
    int one = -1, two = -1;
    (void)snprintf(path, sizeof path, "%s/lock", fake.home);
    assert_true(credentials_cache_lock(path, &one)); /* no file, nothing to lock */
    assert_int_equal(one, -1);
    write_file("lock", "x");
    assert_true(credentials_cache_lock(path, &one));
    assert_true(one >= 0);
    assert_false(credentials_cache_lock(path, &two));
    assert_int_equal(two, -1);
    assert_int_equal(close(one), 0);
    assert_true(credentials_cache_lock(path, &two));
    assert_int_equal(close(two), 0);
}

static void test_written_whole(void **state)
{
    (void)state;
    struct err err;
    char path[200];
    cJSON *tree = cJSON_Parse("{\"a\": \"x\\\"\\u00e9\\n\", \"n\": 1735689600, \"f\": 0.5, \"t\": true, "
                              "\"z\": null, \"o\": {\"l\": [1, \"2\"]}}");
    (void)snprintf(path, sizeof path, "%s/new/folder/x.json", fake.home);
    assert_int_equal(credentials_cache_write(path, tree, &err), ERR_OK);
    cJSON *back = NULL;
    assert_int_equal(credentials_cache_read(path, &back, &err), ERR_OK);
    assert_true(cJSON_Compare(tree, back, true));
    assert_int_equal(mode_of("new/folder/x.json"), 0600);
    assert_int_equal(mode_of("new"), 0700);
    cJSON_Delete(back);
    /* where nothing can be written, nothing is left */
    (void)snprintf(path, sizeof path, "%s/new/folder/x.json/y.json", fake.home);
    assert_int_equal(credentials_cache_write(path, tree, &err), ERR_IO);
    cJSON_Delete(tree);
}

static void test_dpop(void **state)
{
    (void)state;
    char *pem = make_pem(), *proof = NULL;
    struct err err;
    assert_int_equal(credentials_dpop_proof(pem, "POST", "https://x/v1/token", NOW, &proof, &err), ERR_OK);
    assert_int_equal(strcspn(proof, "."), 220); /* a header of fixed length */
    assert_non_null(strrchr(proof, '.'));
    assert_int_equal(strlen(strrchr(proof, '.') + 1), 86); /* 64 bytes */
    mem_free(proof);
    static const char *const bad[] = {
        "", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
         "00000000000000000000000000000000\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(credentials_dpop_proof(bad[i], "POST", "u", NOW, &proof, &err), ERR_CREDENTIALS);
        assert_null(proof);
    }
    mem_free(pem);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_web_identity),
        TEST(test_sso),
        TEST(test_sso_legacy),
        TEST(test_sso_renews),
        TEST(test_sso_cannot_renew),
        TEST(test_sso_renews_once),
        TEST(test_sso_files),
        TEST(test_device),
        TEST(test_device_fails),
        TEST(test_logged_in_elsewhere),
        TEST(test_mfa),
        TEST(test_mfa_session_of_the_cli),
        TEST(test_aws_login),
        TEST(test_aws_login_ends),
        TEST(test_lock),
        TEST(test_written_whole),
        TEST(test_dpop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
