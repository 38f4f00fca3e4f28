/* Which source is chosen, and the sentence if none can be: files, environment and profile in; a
 * description or the exact error out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/credentials_fake.h"

#include "backend/aws/credentials_keys.h"
#include "backend/aws/credentials_words.h"

/* "A=1 B=2" */
static void set_environment(const char *pairs)
{
    char *text = mem_strdup(pairs), *rest = text;
    for (char *pair = strsep(&rest, " "); pair; pair = strsep(&rest, " ")) {
        char *value = strchr(pair, '=');
        if (!value)
            continue;
        *value = '\0';
        assert_int_equal(setenv(pair, value + 1, 1), 0);
    }
    mem_free(text);
}

struct selection {
    const char *config, *credentials, *env, *profile;
    const char *description; /* or */
    const char *error;
};

#define KEYS "aws_access_key_id=AKID\naws_secret_access_key=SECRET\n"
#define NO_IMDS " AWS_EC2_METADATA_DISABLED=true"
#define IN_FILES "~/.aws/config or ~/.aws/credentials"

static const struct selection selections[] = {
    /* the order */
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", NULL, "environment", NULL},
    {"[default]\n" KEYS, "", "", NULL, "profile default", NULL},
    {"", "[default]\n" KEYS, "", NULL, "profile default", NULL},
    {"[profile default]\n" KEYS, "", "", NULL, "profile default", NULL},
    {"[default]\n" KEYS, "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", NULL, "environment",
     NULL},
    {"[profile p]\n" KEYS, "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", "p", "profile p",
     NULL},
    {"[profile p]\n" KEYS, "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_PROFILE=p", NULL,
     "environment", NULL},
    {"[profile p]\n" KEYS, "", "AWS_PROFILE=p AWS_DEFAULT_PROFILE=q", NULL, "profile p", NULL},
    {"[profile p]\n" KEYS, "", "AWS_DEFAULT_PROFILE=p", NULL, "profile p", NULL},
    {"[profile \"my prof\"]\n" KEYS, "", "", "my prof", "profile my prof", NULL},
    {"[profile p]\ncredential_process=x\n" KEYS, "", "", "p", "profile p", NULL},
    {"", "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", NULL, "container credentials", NULL},
    {"[profile p]\nregion=eu-west-1\n", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/",
     "p", "container credentials", NULL},
    {"", "", "", NULL, "instance metadata", NULL},
    {"", "", "AWS_EC2_METADATA_DISABLED=false", NULL, "instance metadata", NULL},
    /* nothing */
    {"", "", NO_IMDS, NULL, NULL,
     "no AWS credentials: tried environment (AWS_ACCESS_KEY_ID not set), profile default (not in "
     IN_FILES "), container (AWS_CONTAINER_CREDENTIALS_* not set), instance metadata "
     "(AWS_EC2_METADATA_DISABLED is true); run `aws configure` or pass --profile"},
    {"[profile p]\nregion=eu-west-1\n", "", NO_IMDS, "p", NULL,
     "no AWS credentials: tried profile p (no keys, role_arn, sso_role_name or credential_process in " IN_FILES
     "), container (AWS_CONTAINER_CREDENTIALS_* not set), instance metadata "
     "(AWS_EC2_METADATA_DISABLED is true); run `aws configure --profile p` or pass another "
     "--profile"},
    {"[profile p]\n", "", NO_IMDS, "p", NULL,
     "no AWS credentials: tried profile p (no keys, role_arn, sso_role_name or credential_process in " IN_FILES
     "), container (AWS_CONTAINER_CREDENTIALS_* not set), instance metadata "
     "(AWS_EC2_METADATA_DISABLED is true); run `aws configure --profile p` or pass another "
     "--profile"},
    /* a profile that is not there */
    {"[profile dev]\n" KEYS "[profile prod]\n" KEYS, "", "", "prdo", NULL,
     "profile \"prdo\" is not in " IN_FILES "; profiles there: prod, dev; try --profile prod"},
    {"[profile dev]\n" KEYS "[profile prod]\n" KEYS, "[dev]\n" KEYS "[test]\n" KEYS,
     "AWS_PROFILE=dve", NULL, NULL,
     "profile \"dve\" is not in " IN_FILES
     "; profiles there: dev, prod, test; try AWS_PROFILE=dev"},
    {"", "[qa]\n" KEYS "[dev]\n" KEYS, "", "aq", NULL,
     "profile \"aq\" is not in " IN_FILES "; profiles there: qa, dev; try --profile qa"},
    {"", "[a]\n" KEYS "[b]\n" KEYS "[c]\n" KEYS "[d]\n" KEYS "[e]\n" KEYS "[f]\n" KEYS "[g]\n" KEYS,
     "", "production", NULL,
     "profile \"production\" is not in " IN_FILES "; profiles there: c, d, a, b, e and 2 more; "
     "choose one with --profile or run `aws configure --profile production`"},
    {"", "", "", "default", NULL,
     "profile \"default\" is not in " IN_FILES "; no profile is there; choose one with --profile or "
     "run `aws configure --profile default`"},
    {"[prod]\n" KEYS, "", "", "prod", NULL,
     "profile \"prod\" is not in " IN_FILES "; in ~/.aws/config its section must be [profile prod], "
     "with the word profile"},
    {"[sso-session s]\nsso_region=x\n", "", "", "s", NULL,
     "profile \"s\" is not in " IN_FILES "; no profile is there; choose one with --profile or run "
     "`aws configure --profile s`"},
    {"", "[p\033[31m]\n" KEYS, "", "q\r\n", NULL,
     "profile \"q \" is not in " IN_FILES "; profiles there: p\357\277\275[31m; choose one with "
     "--profile or run `aws configure --profile q `"},
    /* halves */
    {"", "", "AWS_ACCESS_KEY_ID=A", NULL, NULL,
     "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; export both or unset both"},
    {"", "[p]\naws_access_key_id=A\n", "", "p", NULL,
     "profile \"p\" has aws_access_key_id but no aws_secret_access_key in ~/.aws/credentials; add it "
     "or run `aws configure --profile p`"},
    {"[profile p]\naws_secret_access_key=A\n", "", "", "p", NULL,
     "profile \"p\" has aws_secret_access_key but no aws_access_key_id in ~/.aws/config; add it or "
     "run `aws configure --profile p`"},
    {"", "[p]\naws_access_key_id=A\naws_secret_access_key=S S\n", "", "p", NULL,
     "profile \"p\" in ~/.aws/credentials cannot be used: the secret access key is not one word of "
     "plain characters"},
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_CREDENTIAL_EXPIRATION=soon", NULL,
     NULL,
     "AWS_CREDENTIAL_EXPIRATION is no time such as 2026-08-29T18:20:00Z; export it again or unset "
     "it"},
    /* logins */
#define SESSION "[sso-session s]\nsso_start_url=https://x\nsso_region=eu-west-1\n"
#define SSO_ROLE "sso_account_id=111122223333\nsso_role_name=r\n"
    {SESSION "[profile p]\nsso_session=s\n" SSO_ROLE KEYS, "[p]\n" KEYS, "", "p", "profile p", NULL},
    {"[profile p]\nsso_start_url=https://x\nsso_region=eu-west-1\n" SSO_ROLE, "", "", "p", "profile p",
     NULL},
    {"[sso-session \"s s\"]\nsso_start_url=https://x\nsso_region=eu-west-1\n"
     "[profile p]\nsso_session=s s\nsso_region=eu-west-1\n" SSO_ROLE, "", "", "p", "profile p", NULL},
    {SESSION "[profile p]\nsso_session=t\n" SSO_ROLE, "", "", "p", NULL,
     "profile \"p\" says sso_session = t, but ~/.aws/config has no values in [sso-session t]; run `aws "
     "configure sso-session`"},
    {SESSION "[profile p]\nsso_session=s\nsso_region=eu-west-2\n" SSO_ROLE, "", "", "p", NULL,
     "sso_region in profile \"p\" is not that of [sso-session s]; remove one of the two lines"},
    {SESSION "[profile p]\nsso_session=s\nsso_account_id=1\n", "", "", "p", NULL,
     "profile p has no sso_role_name; add it or run `aws configure sso`"},
    {"[sso-session s]\nsso_region=eu-west-1\n[profile p]\nsso_session=s\n" SSO_ROLE, "", "", "p", NULL,
     "[sso-session s] has no sso_start_url; add it or run `aws configure sso`"},
    {"[profile p]\nsso_start_url=https://x\nsso_region=Eu\n" SSO_ROLE, "", "", "p", NULL,
     "sso_region of profile \"p\" is no region; correct it"},
    {"[profile p]\nsso_session=s\n" KEYS, "", "", "p", "profile p", NULL},
    {"[profile p]\nlogin_session=arn:x\ncredential_process=/x\n", "", "", "p", "profile p", NULL},
    {"[profile p]\nrole_arn=arn:x\nweb_identity_token_file=/x\nsource_profile=none\n", "", "", "p",
     "role arn:x by web identity", NULL},
    {"[profile p]\nrole_arn=arn:x\nmfa_serial=arn:y\nsource_profile=q\n[profile q]\n" KEYS, "", "",
     "p", "role arn:x from profile q", NULL},
    {"", "[default]\n" KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE=/x AWS_ROLE_ARN=arn:z", NULL,
     "role arn:z by web identity", NULL},
    {"[profile p]\nrole_arn=arn:x\nweb_identity_token_file=/x\n", "",
     "AWS_PROFILE=p AWS_ROLE_ARN=arn:z", NULL, "role arn:z by web identity", NULL},
    {"[profile p]\nrole_arn=arn:x\nweb_identity_token_file=/x\n", "", "AWS_ROLE_ARN=arn:z", "p",
     "role arn:x by web identity", NULL},
    {"", "[default]\n" KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE=/x", NULL, NULL,
     "AWS_WEB_IDENTITY_TOKEN_FILE is set, but no role to assume with the token; set AWS_ROLE_ARN, or "
     "role_arn in profile \"default\""},
    {"", "", "AWS_WEB_IDENTITY_TOKEN_FILE=/x AWS_ROLE_ARN=r", NULL, NULL,
     "the role of AWS_WEB_IDENTITY_TOKEN_FILE is no ARN; write it as "
     "arn:aws:iam::123456789012:role/NAME"},
    {"[profile a]\nrole_arn=arn:r\nsource_profile=b\n[profile b]\nrole_arn=arn:x\n"
     "web_identity_token_file=/x\n", "", "AWS_ROLE_ARN=arn:z", "a",
     "role arn:r from role arn:x by web identity", NULL},
    {"[profile a]\nrole_arn=arn:r\nsource_profile=b\n" SESSION "[profile b]\nsso_session=s\n" SSO_ROLE,
     "", "", "a", "role arn:r from profile b", NULL},
    {"", "[p]\n" KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE=/x", "p", "profile p", NULL},
    {"", "[p]\nsso_session=s\n", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_PROFILE=p", NULL,
     "environment", NULL},
    /* roles */
    {"[profile p]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=q\n[profile q]\n" KEYS, "", "",
     "p", "role arn:aws:iam::1:role/r from profile q", NULL},
    {"[profile p]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=p\n" KEYS, "", "", "p",
     "role arn:aws:iam::1:role/r from profile p", NULL},
    {"[profile a]\nrole_arn=arn:r1\nsource_profile=b\n[profile b]\nrole_arn=arn:r2\n"
     "source_profile=c\n", "[c]\n" KEYS, "", "a", "role arn:r1 from role arn:r2 from profile c",
     NULL},
    {"[profile a]\nrole_arn=arn:r1\nsource_profile=b\n[profile b]\nrole_arn=arn:r2\n"
     "source_profile=b\n" KEYS, "", "", "a", "role arn:r1 from profile b", NULL},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=Environment\n", "",
     "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", "p", "role arn:r from environment", NULL},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=Ec2InstanceMetadata\n", "", "", "p",
     "role arn:r from instance metadata", NULL},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=EcsContainer\n", "",
     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", "p", "role arn:r from container credentials",
     NULL},
    {"[profile p]\nrole_arn=arn:r\nsource_profile=q\n[profile q]\ncredential_process=/bin/x\n", "",
     "", "p", "role arn:r from profile q", NULL},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=Environment\n", "", "", "p", NULL,
     "profile \"p\": AWS_ACCESS_KEY_ID is not set; export it and AWS_SECRET_ACCESS_KEY"},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=environment\n", "", "", "p", NULL,
     "profile \"p\": credential_source = environment is none of Environment, EcsContainer, "
     "Ec2InstanceMetadata; correct it"},
    {"[profile p]\nrole_arn=arn:r\ncredential_source=EcsContainer\n", "", "", "p", NULL,
     "profile \"p\": AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set, so this is no such "
     "container; name another credential_source"},
    {"[profile p]\nrole_arn=arn:r\n", "", "", "p", NULL,
     "profile \"p\" has role_arn and neither source_profile nor credential_source; keep exactly one "
     "of the two, such as source_profile = default"},
    {"[profile p]\nrole_arn=arn:r\nsource_profile=q\ncredential_source=Environment\n", "", "", "p",
     NULL,
     "profile \"p\" has role_arn and both source_profile and credential_source; keep exactly one of "
     "the two, such as source_profile = default"},
    {"[profile p]\nrole_arn=r\nsource_profile=q\n", "", "", "p", NULL,
     "profile \"p\" has a role_arn that is no ARN; write it as arn:aws:iam::123456789012:role/NAME"},
    {"[profile p]\nrole_arn=arn:r\nsource_profile=q\n", "", "", "p", NULL,
     "profile \"p\" says source_profile = q, which is not in " IN_FILES
     "; correct it or run `aws configure --profile q`"},
    {"[profile p]\nrole_arn=arn:r\nsource_profile=q\n[profile q]\nregion=x\n", "",
     "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", "p", NULL,
     "profile \"q\", the source_profile of \"p\", has no keys, role_arn, sso_role_name or credential_process; run "
     "`aws configure --profile q`"},
    {"[profile p]\nrole_arn=arn:r\nsource_profile=p\n", "", "", "p", NULL,
     "the source_profile lines go round in a circle: p -> p; give one of these profiles keys, or "
     "another source_profile"},
    {"[profile a]\nrole_arn=arn:r\nsource_profile=b\n[profile b]\nrole_arn=arn:r\n"
     "source_profile=c\n[profile c]\nrole_arn=arn:r\nsource_profile=b\n", "", "", "a", NULL,
     "the source_profile lines go round in a circle: a -> b -> c -> b; give one of these profiles "
     "keys, or another source_profile"},
    {"[profile a]\nrole_arn=arn:r\nsource_profile=b\n" KEYS "[profile b]\nrole_arn=arn:r\n"
     "source_profile=a\n", "", "", "a", NULL,
     "the source_profile lines go round in a circle: a -> b -> a; give one of these profiles keys, or "
     "another source_profile"},
    {"[profile p]\nrole_arn=arn:r1\nsource_profile=none\n[profile q]\n" KEYS,
     "[p]\nrole_arn=arn:r2\nsource_profile=q\n", "", "p", "role arn:r2 from profile q", NULL},
    {"[profile a]\nrole_arn=arn:r\nsource_profile=b\n[profile b]\nsso_session=s\n", "", "", "a",
     NULL, "profile \"b\", the source_profile of \"a\", has no keys, role_arn, sso_role_name or "
     "credential_process; run `aws configure --profile b`"},
    /* lines that cannot be read */
    {"[default]\nregion\n", "", "", NULL, NULL,
     "~/.aws/config:2:1: neither a [section] nor key = value; correct the file or set "
     "AWS_CONFIG_FILE to another one"},
    {"", "[default]\naws_secret_access_key SECRET\n", "", NULL, NULL,
     "~/.aws/credentials:2:1: neither a [section] nor key = value; correct the file or set "
     "AWS_SHARED_CREDENTIALS_FILE to another one"},
    {"[default]\nservices=s\n" KEYS, "", "", NULL, NULL,
     "profile \"default\" says services = s, but ~/.aws/config has no values in [services s]; add "
     "that section or remove the line"},
    {"[profile p]\ncredential_process=\"x\n", "", "", "p", NULL,
     "credential_process of profile \"p\" is no command: the quote \" is not closed; correct it"},
    /* where containers may be asked */
    {"", "", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/x", NULL, NULL,
     "AWS_CONTAINER_CREDENTIALS_FULL_URI is not https, nor on this host (a loopback address, "
     "169.254.170.2, 169.254.170.23, fd00:ec2::23); correct it or unset it"},
};

static void check_selection(const struct selection *row)
{
    struct identity *id = NULL;
    struct err err = {0};
    clear_environment();
    write_file(".aws/config", row->config);
    write_file(".aws/credentials", row->credentials);
    set_environment(row->env);
    enum err_code rc = identity_from_profile(&fake.wire, row->profile, &id, &err);
    if (row->description) {
        if (rc != ERR_OK)
            fail_msg("%s: %s", row->description, err.text);
        assert_string_equal(identity_describe(id), row->description);
        assert_non_null(strstr(identity_tried(id), row->description));
    } else {
        assert_int_not_equal(rc, ERR_OK);
        assert_int_equal(rc, err.code);
        assert_string_equal(err.text, row->error);
        assert_null(id);
    }
    assert_null(strstr(err.text, "SECRET "));
    identity_free(id);
}

static void test_selection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof selections / sizeof selections[0]; i++)
        check_selection(&selections[i]);
}

static void test_longest_sentence_keeps_its_advice(void **state)
{
    (void)state;
    char path[400];
    struct identity *id;
    struct err err;
    memset(path, 'p', sizeof path);
    path[0] = '/';
    path[200] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(setenv("AWS_CONFIG_FILE", path, 1), 0);
    assert_int_equal(setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1), 0);
    assert_int_equal(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    assert_int_equal(identity_from_profile(&fake.wire, NULL, &id, &err), ERR_CREDENTIALS);
    assert_non_null(strstr(err.text, "; run `aws configure` or pass --profile"));
    path[100] = '\0';
    assert_int_equal(identity_from_profile(&fake.wire, path, &id, &err), ERR_CREDENTIALS);
    assert_non_null(strstr(err.text, "or run `aws configure --profile /ppp"));
}

/* --- the values --- */

struct value {
    const char *config, *credentials, *env;
    const char *access, *secret, *token;
    int64_t expires_utc;
};

static const struct value values[] = {
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S", "A", "S", NULL, TIME_NONE},
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_SESSION_TOKEN=T", "A", "S", "T",
     TIME_NONE},
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_SESSION_TOKEN=T AWS_SECURITY_TOKEN=U",
     "A", "S", "U", TIME_NONE},
    {"", "", "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=S AWS_CREDENTIAL_EXPIRATION="
     "2033-05-18T03:33:20Z", "A", "S", NULL, 2000000000},
    {"[default]\naws_access_key_id = A\naws_secret_access_key = S/+=\naws_session_token = T\n", "",
     "", "A", "S/+=", "T", TIME_NONE},
    {"[default]\naws_access_key_id = A\naws_secret_access_key = S\n",
     "[default]\naws_access_key_id = A2\naws_secret_access_key: S2\naws_security_token=T2\n"
     "aws_session_token=no\n", "", "A2", "S2", "T2", TIME_NONE},
    {"[profile default]\n" KEYS "[default]\naws_access_key_id = no\naws_secret_access_key = no\n",
     "", "", "AKID", "SECRET", NULL, TIME_NONE},
    {"[default]\n" KEYS, "[default]\naws_access_key_id=\naws_secret_access_key=\n", "", "AKID",
     "SECRET", NULL, TIME_NONE},
    {"[default]\naws_access_key_id=\naws_secret_access_key=\n", "[default]\n" KEYS, "", "AKID",
     "SECRET", NULL, TIME_NONE},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct value *row = &values[i];
        struct identity *id;
        struct credentials got;
        struct err err;
        clear_environment();
        write_file(".aws/config", row->config);
        write_file(".aws/credentials", row->credentials);
        set_environment(row->env);
        assert_int_equal(identity_from_profile(&fake.wire, NULL, &id, &err), ERR_OK);
        assert_int_equal(identity_get(id, NOW, &got, &err), IDENTITY_READY);
        assert_string_equal(got.access_key, row->access);
        assert_string_equal(got.secret_key, row->secret);
        assert_string_equal(got.session_token ? got.session_token : "-",
                            row->token ? row->token : "-");
        assert_true(got.expires_utc == row->expires_utc);
        identity_free(id);
    }
}

/* --- settings --- */

static const char settings_config[] = "[default]\n" KEYS
                                      "region = eu-west-1\nca_bundle = ~/ca.pem\n"
                                      "endpoint_url = http://all\nuse_fips_endpoint = TRUE\n"
                                      "use_dualstack_endpoint = yes\nservices = mine\n"
                                      "[services mine]\nkms =\n  endpoint_url = http://kms\n"
                                      "  other = 1\nbackup =\n  endpoint_url = http://backup\n"
                                      "[services other]\nssm =\n  endpoint_url = http://no\n";

static struct identity *load(const char *env)
{
    struct identity *id;
    struct err err;
    clear_environment();
    write_file(".aws/config", settings_config);
    set_environment(env);
    assert_int_equal(identity_from_profile(&fake.wire, NULL, &id, &err), ERR_OK);
    return id;
}

static void test_settings(void **state)
{
    (void)state;
    char bundle[128];
    (void)snprintf(bundle, sizeof bundle, "%s/ca.pem", fake.home);
    struct identity *id = load("");
    const struct profile_settings *said = identity_settings(id);
    assert_string_equal(said->region, "eu-west-1");
    assert_string_equal(said->ca_bundle, bundle);
    assert_string_equal(said->endpoint_url, "http://all");
    assert_true(said->use_fips);
    assert_false(said->use_dualstack);
    assert_false(said->ignore_configured_endpoints);
    assert_string_equal(identity_endpoint_url(id, "KMS"), "http://kms");
    assert_string_equal(identity_endpoint_url(id, "BACKUP"), "http://backup");
    assert_null(identity_endpoint_url(id, "SSM"));
    identity_free(id);
}

static void test_settings_of_the_environment(void **state)
{
    (void)state;
    struct identity *id = load("AWS_REGION=a AWS_DEFAULT_REGION=b AWS_USE_FIPS_ENDPOINT=false "
                               "AWS_USE_DUALSTACK_ENDPOINT=true "
                               "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true");
    const struct profile_settings *said = identity_settings(id);
    assert_string_equal(said->region, "a");
    assert_false(said->use_fips);
    assert_true(said->use_dualstack);
    assert_true(said->ignore_configured_endpoints);
    assert_null(said->endpoint_url);
    assert_null(identity_endpoint_url(id, "KMS"));
    identity_free(id);
    id = load("AWS_DEFAULT_REGION=b");
    assert_string_equal(identity_settings(id)->region, "b");
    identity_free(id);
}

static void test_files_elsewhere(void **state)
{
    (void)state;
    struct identity *id;
    struct err err;
    char path[128];
    write_file("mine", "[profile p]\n" KEYS);
    write_file("theirs", "[q]\n" KEYS);
    set_environment("AWS_CONFIG_FILE=~/mine AWS_SHARED_CREDENTIALS_FILE=${HOME}/theirs");
    assert_int_equal(identity_from_profile(&fake.wire, "p", &id, &err), ERR_OK);
    identity_free(id);
    assert_int_equal(identity_from_profile(&fake.wire, "q", &id, &err), ERR_OK);
    identity_free(id);
    assert_int_equal(identity_from_profile(&fake.wire, "r", &id, &err), ERR_CREDENTIALS);
    assert_string_equal(err.text, "profile \"r\" is not in ~/mine or ~/theirs; profiles there: p, q; "
                                  "try --profile p");
    (void)snprintf(path, sizeof path, "%s/mine", fake.home);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0); /* cannot be read, whoever runs this */
    assert_int_equal(identity_from_profile(&fake.wire, "q", &id, &err), ERR_IO);
    assert_string_equal(err.text, "~/mine: Is a directory; correct the file or set AWS_CONFIG_FILE "
                                  "to another one");
    set_environment("AWS_CONFIG_FILE=/dev/null");
    assert_int_equal(identity_from_profile(&fake.wire, "q", &id, &err), ERR_OK);
    identity_free(id);
}

/* --- command lines --- */

static void test_words(void **state)
{
    (void)state;
    /* as Python's shlex.split splits them; NULL: an error */
    static const struct {
        const char *command, *words;
    } rows[] = {
        {"a", "a|"},
        {"  a  b\tc\n", "a|b|c|"},
        {"a 'b c' \"d e\"", "a|b c|d e|"},
        {"a 'b'\"c\"d", "a|bcd|"},
        {"a '' \"\"", "a|||"},
        {"a 'b\\n' \"c\\n\\\"\\\\\"", "a|b\\n|c\\n\"\\|"},
        {"a\\ b \\'c \\\\", "a b|'c|\\|"},
        {"a $HOME *.c #x ;rm `x`", "a|$HOME|*.c|#x|;rm|`x`|"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9|"},
        {"", NULL},
        {"  ", NULL},
        {"a 'b", NULL},
        {"a \"b\\\"", NULL},
        {"a \\", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char **words = NULL;
        struct err err;
        enum err_code rc = credentials_words_split(rows[i].command, &words, &err);
        if (!rows[i].words) {
            assert_int_equal(rc, ERR_PARSE);
            assert_null(words);
            continue;
        }
        struct buf joined = {0};
        assert_int_equal(rc, ERR_OK);
        for (size_t w = 0; words[w]; w++)
            buf_printf(&joined, "%s|", words[w]);
        assert_string_equal(joined.data, rows[i].words);
        buf_free(&joined);
        credentials_words_free(words);
    }
}

/* --- JSON --- */

static void test_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const struct credentials_keys_form *form;
        const char *error; /* NULL: fine; "": any */
    } rows[] = {
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}",
         &credentials_keys_process_form, NULL},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"SessionToken\":null,"
         "\"Expiration\":\"2033-05-18T03:33:20+00:00\",\"AccountId\":\"1\"}\n",
         &credentials_keys_process_form, NULL},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}", &credentials_keys_process_form,
         "the answer's Version is not 1"},
        {"{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}",
         &credentials_keys_process_form, "the answer's Version is not 1"},
        {"{\"Version\":1,\"SecretAccessKey\":\"S\"}", &credentials_keys_process_form,
         "the answer has no AccessKeyId"},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":7}",
         &credentials_keys_process_form, ""},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Expiration\":\"soon\"}",
         &credentials_keys_process_form, ""},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"SessionToken\":\"T\\r\\n"
         "X-Evil: 1\"}",
         &credentials_keys_process_form,
         "the session token is not one word of plain characters"},
        {"{\"Version\":1,\"AccessKeyId\":\"A/B,x\",\"SecretAccessKey\":\"\"}",
         &credentials_keys_process_form,
         "the secret access key is not one word of plain characters"},
        {"[1]", &credentials_keys_process_form, "the answer is no JSON object"},
        {"{\"Version\":1", &credentials_keys_process_form, ""},
        {"", &credentials_keys_process_form, ""},
        {"{\"Code\":\"Success\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
         "\"Expiration\":\"2033-05-18T03:33:20Z\"}",
         &credentials_keys_metadata_form, NULL},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\"}",
         &credentials_keys_metadata_form, "the answer has no Expiration"},
        {"{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot\\nassume\"}",
         &credentials_keys_metadata_form,
         "answered AssumeRoleUnauthorizedAccess: EC2 cannot assume"},
        {"{\"Code\":\"Failed\"}", &credentials_keys_metadata_form, "answered Failed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct credentials_keys keys = {0};
        struct err err = {0};
        enum err_code rc = credentials_keys_from_json(rows[i].text, strlen(rows[i].text),
                                                      rows[i].form, &keys, &err);
        assert_int_equal(rc == ERR_OK, rows[i].error == NULL);
        if (rows[i].error && *rows[i].error)
            assert_string_equal(err.text, rows[i].error);
        if (rc == ERR_OK)
            assert_string_equal(keys.access_key, "A");
        else
            assert_null(keys.access_key);
        credentials_keys_wipe(&keys);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_selection),
        TEST(test_longest_sentence_keeps_its_advice),
        TEST(test_values),
        TEST(test_settings),
        TEST(test_settings_of_the_environment),
        TEST(test_files_elsewhere),
        TEST(test_words),
        TEST(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
