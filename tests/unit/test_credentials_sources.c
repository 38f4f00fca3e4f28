/* What each source asks, what it makes of the answer, and when it asks again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/credentials_fake.h"

#include "backend/base/text.h"

#include <errno.h>
#include <signal.h>

#define ISO_IN_1_HOUR "2027-01-15T09:00:00Z" /* NOW is 08:00:00 */
#define METADATA(id, at)                                                                           \
    "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":"  \
    "\"SECRET\",\"Token\":\"TOKEN\",\"Expiration\":\"" at "\"}"

static struct identity *load(const char *profile)
{
    struct identity *id = NULL;
    struct err err = {0};
    if (identity_from_profile(&fake.wire, profile, &id, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return id;
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

/* identity_get with one line of outcome: "A T 1800003600", "pending" or the error. */
static const char *get(struct identity *id, int64_t now)
{
    static char line[600];
    struct credentials got;
    struct err err = {0};
    enum identity_state state = identity_get(id, now, &got, &err);
    if (state == IDENTITY_READY)
        (void)snprintf(line, sizeof line, "%s %s %lld", got.access_key,
                       got.session_token ? got.session_token : "-",
                       got.expires_utc == TIME_NONE ? 0LL : (long long)(got.expires_utc - NOW));
    else
        (void)snprintf(line, sizeof line, "%s", state == IDENTITY_PENDING ? "pending" : err.text);
    return line;
}

/* --- roles --- */

static const char role_config[] =
    "[profile r]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = s\n"
    "external_id = x y\nduration_seconds = 1800\nrole_session_name = me\nregion = eu-west-1\n"
    "[profile s]\naws_access_key_id = A\naws_secret_access_key = SECRET\nregion = us-west-2\n"
    "[profile plain]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = s\n"
    "duration_seconds = long\n"
    "[profile china]\nrole_arn = arn:aws-cn:iam::111122223333:role/r\nsource_profile = s\n"
    "[profile chain]\nrole_arn = arn:aws:iam::111122223333:role/c\nsource_profile = r\n";

static cJSON *role_answer(const char *access, int64_t expires_utc)
{
    char at[TIME_ISO_SIZE], *text;
    time_format_iso(expires_utc, at);
    text = mem_printf("{\"Credentials\":{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"SECRET\","
                      "\"SessionToken\":\"T\",\"Expiration\":\"%s\"}}",
                      access, at);
    cJSON *tree = cJSON_Parse(text);
    mem_free(text);
    assert_non_null(tree);
    return tree;
}

/* Answers the oldest call: with keys, or (access NULL) with an error. */
static void answer_role(const char *access, int64_t expires_utc, enum err_code code,
                        const char *aws_code, const char *text)
{
    assert_true(fake.n_sent > 0);
    struct sent s = fake.sent[0];
    struct wire_answer answer = {.last = true};
    cJSON *tree = access ? role_answer(access, expires_utc) : NULL;
    memmove(fake.sent, fake.sent + 1, sizeof *fake.sent * 7);
    fake.n_sent--;
    if (access) {
        answer.tree = tree;
    } else {
        (void)err_set(&answer.err, code, "%s", text);
        (void)snprintf(answer.err.aws_code, sizeof answer.err.aws_code, "%s", aws_code);
        answer.err.http_status = aws_code[0] ? 403 : 0;
    }
    s.answered(s.ctx, &answer);
    cJSON_Delete(tree);
}

static void test_role_request(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *sent;
    } rows[] = {
        {"r", "sts:AssumeRole eu-west-1 RoleArn=arn:aws:iam::111122223333:role/r "
              "RoleSessionName=me ExternalId=x y DurationSeconds=1800"},
        {"plain", "sts:AssumeRole us-east-1 RoleArn=arn:aws:iam::111122223333:role/r "
                  "RoleSessionName=keyfall-ann"},
        {"china", "sts:AssumeRole cn-northwest-1 RoleArn=arn:aws-cn:iam::111122223333:role/r "
                  "RoleSessionName=keyfall-ann"},
    };
    write_file(".aws/config", role_config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct identity *id = load(rows[i].profile);
        assert_string_equal(get(id, NOW), "pending");
        assert_string_equal(get(id, NOW), "pending");
        assert_int_equal(fake.n_sent, 1); /* one renewal at a time */
        assert_string_equal(fake.sent[0].text, rows[i].sent);
        assert_string_equal(identity_describe(fake.sent[0].who), "profile s");
        assert_string_equal(get(fake.sent[0].who, NOW), "A - 0");
        answer_role("ROLE", NOW + 3600, ERR_OK, "", "");
        assert_int_equal(fake.n_changed, (int)i + 1);
        assert_string_equal(get(id, NOW), "ROLE T 3600");
        identity_free(id);
    }
}

static void test_role_session_name(void **state)
{
    (void)state;
    static const struct {
        const char *user, *logname, *name;
    } rows[] = {
        {"ann", "bob", "keyfall-ann"},
        {"", "bob", "keyfall-bob"},
        {"", "", "keyfall-unknown"},
        {"a b/c\xc3\xa9_+=,.@-", "", "keyfall-a-b-c--_+=,.@-"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789", "",
         "keyfall-01234567890123456789012345678901234567890123456789012345"},
    };
    write_file(".aws/config", role_config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set("USER", rows[i].user);
        set("LOGNAME", rows[i].logname);
        struct identity *id = load("plain");
        assert_string_equal(get(id, NOW), "pending");
        assert_string_equal(strstr(fake.sent[0].text, "keyfall-"), rows[i].name);
        identity_free(id);
        assert_true(fake.sent[0].is_cancelled);
        answer_role(NULL, 0, ERR_CANCELLED, "", "cancelled");
    }
}

static void test_role_chain(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *id = load("chain");
    assert_string_equal(get(id, NOW), "pending");
    struct identity *middle = fake.sent[0].who;
    assert_string_equal(identity_settings(middle)->region ? "one" : "none", "none");
    assert_string_equal(get(middle, NOW), "pending"); /* as the wire does, before it signs */
    assert_int_equal(fake.n_sent, 2);
    assert_string_equal(identity_describe(fake.sent[1].who), "profile s");
    struct sent outer = fake.sent[0];
    fake.sent[0] = fake.sent[1];
    answer_role("MIDDLE", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(middle, NOW), "MIDDLE T 3600");
    fake.sent[0] = outer;
    answer_role("OUTER", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(id, NOW), "OUTER T 3600");
    identity_free(id);
}

static void test_role_refused(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *id = load("r");
    struct credentials got;
    struct err err;
    assert_string_equal(get(id, NOW), "pending");
    answer_role(NULL, 0, ERR_DENIED, "AccessDenied",
                "User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole\033[2J");
    assert_int_equal(identity_get(id, NOW + 1, &got, &err), IDENTITY_FAILED);
    assert_string_equal(err.text,
                        "role arn:aws:iam::111122223333:role/r cannot be assumed: AccessDenied: "
                        "User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole"
                        "\357\277\275[2J; let the role's trust policy name this caller, and check "
                        "external_id");
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.aws_code, "AccessDenied");
    assert_int_equal(err.http_status, 403);
    assert_int_equal(fake.n_sent, 0); /* not before 5 s have passed */
    assert_string_equal(get(id, NOW + 6), "pending");
    answer_role(NULL, 0, ERR_UNREACHABLE, "", "nothing listens at http://127.0.0.1:9; start it");
    assert_string_equal(get(id, NOW + 6),
                        "role arn:aws:iam::111122223333:role/r cannot be assumed: nothing listens "
                        "at http://127.0.0.1:9; start it");
    assert_string_equal(get(id, NOW + 12), "pending");
    answer_role("", NOW + 3600, ERR_OK, "", "");
    assert_non_null(strstr(get(id, NOW + 12), "cannot be assumed: the access key id is not"));
    identity_free(id);
}

static void test_role_without_source(void **state)
{
    (void)state;
    write_file(".aws/config", "[profile r]\nrole_arn = arn:r\nsource_profile = s\n"
                              "[profile s]\ncredential_process = /nonexistent/program\n");
    struct identity *id = load("r");
    struct credentials got;
    struct err err;
    assert_string_equal(get(id, NOW), "pending");
    struct identity *source = fake.sent[0].who;
    assert_int_equal(identity_get(source, NOW, &got, &err), IDENTITY_FAILED);
    answer_role(NULL, 0, err.code, "", err.text); /* as the wire passes it on */
    assert_string_equal(get(id, NOW), err.text);
    assert_string_equal(get(id, NOW),
                        "credential_process of profile \"s\" (/nonexistent/program) cannot be "
                        "started: No such file or directory; run it in a shell to see why, or "
                        "correct it");
    identity_free(id);
}

static void test_assume(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *source = load("s");
    struct identity *a = identity_assume(
        &fake.wire, source, &(struct identity_role){.arn = "arn:aws:iam::1:role/a"});
    struct identity *b = identity_assume(&fake.wire, source,
                                         &(struct identity_role){.arn = "arn:aws:iam::2:role/b",
                                                                 .external_id = "id",
                                                                 .region = "ap-south-1"});
    assert_string_equal(identity_settings(a)->region, "us-west-2");
    assert_string_equal(identity_settings(b)->region, "ap-south-1");
    assert_string_equal(identity_describe(b), "role arn:aws:iam::2:role/b from profile s");
    identity_free(source); /* the roles keep it */
    assert_int_equal(fake.n_sent, 0); /* who reads and who changes: nobody is asked before it is needed */
    assert_string_equal(get(a, NOW), "pending");
    assert_int_equal(fake.n_sent, 1);
    assert_string_equal(get(b, NOW), "pending");
    assert_string_equal(fake.sent[1].text, "sts:AssumeRole ap-south-1 RoleArn=arn:aws:iam::2:role/b "
                                           "RoleSessionName=keyfall-ann ExternalId=id");
    answer_role("AA", NOW + 3600, ERR_OK, "", "");
    identity_free(b); /* while its call is on the way */
    assert_true(fake.sent[0].is_cancelled);
    answer_role("BB", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(a, NOW), "AA T 3600");
    identity_free(a);
}

/* --- renewal --- */

static void test_renewal_windows(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *id = load("r");
    int64_t end = NOW + 3600;
    assert_string_equal(get(id, NOW), "pending");
    answer_role("R1", end, ERR_OK, "", "");
    assert_string_equal(get(id, end - 15 * 60 - 1), "R1 T 3600");
    assert_int_equal(fake.n_sent, 0);
    /* advisory: the old keys go on while an attempt runs, and after it failed */
    assert_string_equal(get(id, end - 15 * 60), "R1 T 3600");
    assert_string_equal(get(id, end - 15 * 60 + 1), "R1 T 3600");
    assert_int_equal(fake.n_sent, 1);
    answer_role(NULL, 0, ERR_THROTTLED, "Throttling", "slow down");
    assert_string_equal(get(id, end - 15 * 60 + 2), "R1 T 3600");
    assert_int_equal(fake.n_sent, 0);
    assert_string_equal(get(id, end - 15 * 60 + 7), "R1 T 3600");
    assert_int_equal(fake.n_sent, 1);
    /* mandatory: wait for the attempt, then its failure is the answer */
    assert_string_equal(get(id, end - 10 * 60), "pending");
    assert_int_equal(fake.n_sent, 1);
    answer_role(NULL, 0, ERR_THROTTLED, "Throttling", "slow down");
    assert_non_null(strstr(get(id, end - 10 * 60 + 1), "cannot be assumed: Throttling: slow down"));
    assert_string_equal(get(id, end - 10 * 60 + 6), "pending");
    answer_role("R2", end + 3600, ERR_OK, "", "");
    assert_string_equal(get(id, end - 10 * 60 + 6), "R2 T 7200");
    identity_free(id);
}

static void test_short_lived_keys_are_renewed_once_a_minute(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *id = load("r");
    assert_string_equal(get(id, NOW), "pending");
    answer_role("R1", NOW + 720, ERR_OK, "", "");
    for (int s = 0; s < 60; s++)
        assert_string_equal(get(id, NOW + s), "R1 T 720");
    assert_int_equal(fake.n_sent, 0);
    assert_string_equal(get(id, NOW + 60), "R1 T 720");
    assert_int_equal(fake.n_sent, 1);
    answer_role("R2", NOW + 65, ERR_OK, "", "");
    assert_string_equal(get(id, NOW + 61), "R2 T 65");
    assert_string_equal(get(id, NOW + 62), "R2 T 65");
    assert_int_equal(fake.n_sent, 1);
    assert_string_equal(get(id, NOW + 63), "pending"); /* less than half of its life is left */
    answer_role("R3", NOW + 60, ERR_OK, "", "");
    assert_string_equal(get(id, NOW + 63),
                        "role arn:aws:iam::111122223333:role/r from profile s gave credentials "
                        "that expired at 2027-01-15T08:01:00Z; renew them there");
    identity_free(id);
}

static void test_refused_renews_once(void **state)
{
    (void)state;
    write_file(".aws/config", role_config);
    struct identity *id = load("r");
    assert_string_equal(get(id, NOW), "pending");
    answer_role("R1", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(id, NOW), "R1 T 3600");
    identity_refused(id);
    assert_string_equal(get(id, NOW), "pending");
    identity_refused(id); /* the other calls that were in flight */
    answer_role("R2", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(id, NOW), "R2 T 3600");
    identity_refused(id); /* a late one: R1 was meant */
    assert_string_equal(get(id, NOW + 30), "R2 T 3600");
    assert_string_equal(get(id, NOW + 61), "R2 T 3600");
    identity_refused(id);
    assert_string_equal(get(id, NOW + 61), "pending");
    answer_role(NULL, 0, ERR_DENIED, "AccessDenied", "no");
    assert_non_null(strstr(get(id, NOW + 62), "AccessDenied: no")); /* R2 is not used again */
    assert_string_equal(get(id, NOW + 67), "pending");
    answer_role("R3", NOW + 3600, ERR_OK, "", "");
    assert_string_equal(get(id, NOW + 67), "R3 T 3600");
    identity_free(id);
}

static void test_refused_keys_are_read_again(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\naws_access_key_id=A\naws_secret_access_key=S\n");
    struct identity *id = load(NULL);
    assert_string_equal(get(id, NOW), "A - 0");
    write_file(".aws/credentials", "[default]\naws_access_key_id=B\naws_secret_access_key=S\n");
    assert_string_equal(get(id, NOW + 7200), "A - 0");
    identity_refused(id);
    assert_string_equal(get(id, NOW + 7200), "B - 0");
    assert_int_equal(fake.n_changed, 0); /* at once: nobody to wake */
    identity_free(id);

    set("AWS_ACCESS_KEY_ID", "E1");
    set("AWS_SECRET_ACCESS_KEY", "S");
    set("AWS_CREDENTIAL_EXPIRATION", ISO_IN_1_HOUR);
    id = load(NULL);
    assert_string_equal(get(id, NOW), "E1 - 3600");
    set("AWS_ACCESS_KEY_ID", "E2");
    assert_string_equal(get(id, NOW + 600), "E1 - 3600");
    assert_string_equal(get(id, NOW + 3000), "E2 - 3600");
    assert_string_equal(get(id, NOW + 3600), "environment gave credentials that expired at "
                                             "2027-01-15T09:00:00Z; renew them there");
    identity_free(id);
}

/* --- credential_process --- */

static struct identity *load_process(const char *command)
{
    char *config = mem_printf("[profile p]\ncredential_process = %s\n", command);
    write_file(".aws/config", config);
    mem_free(config);
    return load("p");
}

static void write_script(const char *text)
{
    char path[128];
    write_file("script", text);
    (void)snprintf(path, sizeof path, "%s/script", fake.home);
    assert_int_equal(chmod(path, 0700), 0);
    set("SCRIPT_HOME", fake.home);
}

struct process_row {
    const char *script;
    const char *outcome; /* of get(), with "SCRIPT" for the program's path */
};

#define ANSWER(rest)                                                                               \
    "'{\"Version\":1,\"AccessKeyId\":\"PA\",\"SecretAccessKey\":\"SECRET\"" rest "}'"
#define BAD(what)                                                                                  \
    "credential_process of profile \"p\" (SCRIPT) " what                                           \
    "; run it in a shell to see why, or correct it"

static const struct process_row processes[] = {
    {"#!/bin/sh\necho " ANSWER(""), "PA - 0"},
    {"#!/bin/sh\necho " ANSWER(",\"SessionToken\":\"T\",\"Expiration\":\"" ISO_IN_1_HOUR "\""),
     "PA T 3600"},
    {"#!/bin/sh\nif [ \"$1\" = 'a b' ] && [ \"$2\" = c ] && [ -n \"$SCRIPT_HOME\" ]; then echo "
     ANSWER("") "; fi",
     "PA - 0"},
    {"#!/bin/sh\nexec 1>&- 2>&-; sleep 0.1; exit 0", BAD("printed no usable credentials (*)")},
    {"#!/bin/sh\necho " ANSWER("") "; exec 1>&-; sleep 0.2", "PA - 0"},
    {"#!/bin/sh\nsleep 3 >&- 2>&2 & echo " ANSWER(""), "PA - 0"}, /* leaves one that holds stderr */
    {"#!/bin/sh\necho SECRET; echo 'no luck with SECRET' >&2; exit 3", BAD("ended with status 3")},
    {"#!/bin/sh\necho SECRET >&2", BAD("printed no usable credentials (*)")},
    {"#!/bin/sh\necho >&2 || exit 4; echo " ANSWER(""), "PA - 0"}, /* its standard error is open */
    {"#!/bin/sh\necho SECRET; exit 1", BAD("ended with status 1")},
    {"#!/bin/sh\nkill -9 $$", BAD("was ended by signal 9")},
    {"#!/bin/sh\necho SECRET", BAD("printed no usable credentials (*)")},
    {"#!/bin/sh\necho '{\"Version\":2,\"AccessKeyId\":\"PA\",\"SecretAccessKey\":\"SECRET\"}'",
     BAD("printed no usable credentials (the answer's Version is not 1)")},
    {"#!/bin/sh\nexec yes SECRET", BAD("printed more than 64 KiB*")},
    {"#!/bin/sh\nyes SECRET 2>&1 >&2 | head -c 300000 >&2; echo " ANSWER(""), "PA - 0"},
    {"#!/bin/sh\nread line < /dev/tty && echo SECRET\ncat; echo " ANSWER(""), "PA - 0"},
    {"#!/bin/sh\necho " ANSWER(",\"Expiration\":\"2027-01-15T07:59:59Z\""),
     "profile p gave credentials that expired at 2027-01-15T07:59:59Z; renew them there"},
    {"#!/nonexistent/sh\n", BAD("cannot be started: No such file or directory")},
};

/* "*" stands for anything but a secret. */
static void check_outcome(const char *got, const char *wanted)
{
    char path[96], *found = NULL, *clean = mem_strdup(got);
    (void)snprintf(path, sizeof path, "%s/script", fake.home);
    if ((found = strstr(clean, path))) {
        memcpy(found, "SCRIPT", 6);
        memmove(found + 6, found + strlen(path), strlen(found + strlen(path)) + 1);
    }
    const char *star = strchr(wanted, '*');
    if (star) {
        size_t before = (size_t)(star - wanted), after = strlen(star + 1);
        assert_true(strlen(clean) >= before + after);
        assert_memory_equal(clean, wanted, before);
        assert_string_equal(clean + strlen(clean) - after, star + 1);
    } else {
        assert_string_equal(clean, wanted);
    }
    assert_null(strstr(clean, "SECRET"));
    mem_free(clean);
}

static void test_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof processes / sizeof processes[0]; i++) {
        struct credentials got;
        struct err err;
        write_script(processes[i].script);
        struct identity *id = load_process("~/no");
        identity_free(id);
        char *command = mem_printf("%s/script 'a b' c", fake.home);
        id = load_process(command);
        mem_free(command);
        assert_string_equal(identity_describe(id), "profile p");
        enum identity_state first = identity_get(id, NOW, &got, &err);
        if (first == IDENTITY_PENDING)
            (void)settle(id, &got, &err);
        check_outcome(get(id, NOW), processes[i].outcome);
        assert_int_equal(fake.n_watches, 0);
        identity_free(id);
        while (fake.n_timers)
            fire_timers(1 << 30); /* the time limit of an attempt that is over */
    }
}

static pid_t child_of_script(void)
{
    char path[128], text[32] = "";
    (void)snprintf(path, sizeof path, "%s/pid", fake.home);
    for (int i = 0; i < 200 && !strchr(text, '\n'); i++) {
        FILE *file = fopen(path, "r");
        if (file && !fgets(text, sizeof text, file))
            text[0] = '\0';
        if (file)
            assert_int_equal(fclose(file), 0);
        if (!strchr(text, '\n'))
            (void)poll(NULL, 0, 10);
    }
    assert_non_null(strchr(text, '\n'));
    return (pid_t)strtol(text, NULL, 10);
}

static bool is_running(pid_t pid)
{
    for (int i = 0; i < 100; i++) { /* init needs a moment to reap a grandchild */
        char path[64], line[256] = "";
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *file = fopen(path, "r");
        if (!file)
            return false;
        bool has = fgets(line, sizeof line, file) != NULL;
        assert_int_equal(fclose(file), 0);
        const char *end = has ? strrchr(line, ')') : NULL;
        if (end && end[2] == 'Z')
            return false;
        (void)poll(NULL, 0, 10);
    }
    return true;
}

static void test_process_is_ended(void **state)
{
    (void)state;
    for (int by_time = 0; by_time < 2; by_time++) {
        write_file("pid", "");
        write_script("#!/bin/sh\nsleep 300 & echo $! > $SCRIPT_HOME/pid; wait");
        char *command = mem_printf("%s/script", fake.home);
        struct identity *id = load_process(command);
        mem_free(command);
        assert_string_equal(get(id, NOW), "pending");
        pid_t pid = child_of_script();
        if (by_time) {
            fire_timers(59000);
            assert_string_equal(get(id, NOW), "pending");
            fire_timers(60000);
            assert_int_equal(fake.n_changed, 1);
            check_outcome(get(id, NOW), BAD("did not end within 60 s"));
        }
        identity_free(id);
        assert_false(is_running(pid));
        assert_int_equal(fake.n_watches, 0);
    }
}

/* The time limit of an attempt that is over must not end the next one. */
static void test_process_limit_is_its_own(void **state)
{
    (void)state;
    write_script("#!/bin/sh\n[ -e $SCRIPT_HOME/again ] && exec sleep 300\necho " ANSWER(
        ",\"Expiration\":\"" ISO_IN_1_HOUR "\""));
    char *command = mem_printf("%s/script", fake.home);
    struct identity *id = load_process(command);
    struct credentials got;
    struct err err;
    mem_free(command);
    assert_int_equal(settle(id, &got, &err), IDENTITY_READY);
    write_file("again", "");
    assert_int_equal(fake.n_timers, 1); /* the limit of the first */
    assert_string_equal(get(id, NOW + 3590), "pending");
    assert_int_equal(fake.n_timers, 2);
    struct timer first = fake.timers[0];
    fake.timers[0] = fake.timers[1];
    fake.n_timers = 1;
    first.fired(first.ctx);
    assert_string_equal(get(id, NOW + 3590), "pending");
    fire_timers(60000);
    check_outcome(get(id, NOW + 3590), BAD("did not end within 60 s"));
    identity_free(id);
}

/* --- container --- */

static struct identity *load_container(const char *variable, const char *value)
{
    clear_environment();
    set(variable, value);
    return load(NULL);
}

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"

static void test_container_urls(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *value, *url; /* NULL: refused */
    } rows[] = {
        {RELATIVE, "/v2/x?y=1", "http://169.254.170.2/v2/x?y=1"},
        {RELATIVE, "v2", "http://169.254.170.2/v2"},
        {FULL, "http://127.0.0.1:9/x", "http://127.0.0.1:9/x"},
        {FULL, "http://127.9.9.9/x", "http://127.9.9.9/x"},
        {FULL, "http://localhost/x", "http://localhost/x"},
        {FULL, "http://[::1]:9/x", "http://[::1]:9/x"},
        {FULL, "http://169.254.170.23/v1/credentials", "http://169.254.170.23/v1/credentials"},
        {FULL, "http://[fd00:ec2::23]/v1", "http://[fd00:ec2::23]/v1"},
        {FULL, "https://example.com/x", "https://example.com/x"},
        {FULL, "http://example.com/x", NULL},
        {FULL, "http://127.0.0.1@example.com/x", NULL},
        {FULL, "http://127.0.0.1.example.com/x", NULL},
        {FULL, "http://localhost.example.com/x", NULL},
        {FULL, "http://169.254.169.254/x", NULL},
        {FULL, "http://[fe80::1]/x", NULL},
        {FULL, "ftp://127.0.0.1/x", NULL},
        {FULL, "file:///etc/passwd", NULL},
        {FULL, "http://127.0.0.1/x y", NULL},
        {FULL, "127.0.0.1", NULL},
        {FULL, "http://", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct identity *id = NULL;
        struct err err;
        clear_environment();
        set(rows[i].variable, rows[i].value);
        enum err_code rc = identity_from_profile(&fake.wire, NULL, &id, &err);
        if (!rows[i].url) {
            assert_int_equal(rc, ERR_CREDENTIALS);
            continue;
        }
        assert_int_equal(rc, ERR_OK);
        assert_string_equal(get(id, NOW), "pending");
        assert_string_equal(fake.fetches[0].url, rows[i].url);
        assert_string_equal(fake.fetches[0].method, "GET");
        assert_string_equal(fake.fetches[0].header, "Accept: application/json\n");
        assert_int_equal(fake.fetches[0].timeout_ms, 2000);
        assert_true(fake.fetches[0].no_proxy);
        answer_fetch(200, METADATA("CA", ISO_IN_1_HOUR), ERR_OK);
        assert_string_equal(get(id, NOW), "CA TOKEN 3600");
        identity_free(id);
    }
}

static void test_container_token(void **state)
{
    (void)state;
    char path[96];
    struct identity *id = load_container(RELATIVE, "/x");
    (void)snprintf(path, sizeof path, "%s/token", fake.home);
    set(TOKEN, "from variable");
    assert_string_equal(get(id, NOW), "pending");
    assert_non_null(strstr(fake.fetches[0].header, "\nAuthorization: from variable\n"));
    answer_fetch(200, METADATA("C1", ISO_IN_1_HOUR), ERR_OK);
    set(TOKEN "_FILE", path);
    write_file("token", "from file");
    assert_string_equal(get(id, NOW + 3000), "pending");
    assert_non_null(strstr(fake.fetches[0].header, "\nAuthorization: from file\n"));
    answer_fetch(401, "SECRET", ERR_OK);
    assert_string_equal(get(id, NOW + 3000),
                        "container credentials from http://169.254.170.2/x: answered with status "
                        "401; check the task's role and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    write_file("token", "line\r\nX-Evil: 1");
    assert_non_null(strstr(get(id, NOW + 3006), TOKEN "_FILE holds a line break"));
    assert_int_equal(unlink(path), 0);
    assert_non_null(strstr(get(id, NOW + 3012), TOKEN "_FILE cannot be read: No such file"));
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: must not hang */
    assert_non_null(strstr(get(id, NOW + 3018), TOKEN "_FILE names an empty file"));
    assert_int_equal(unsetenv(TOKEN "_FILE"), 0);
    set(TOKEN, "a\nb");
    assert_non_null(strstr(get(id, NOW + 3030), TOKEN " holds a line break"));
    assert_int_equal(fake.n_fetches, 0);
    identity_free(id);
}

static void test_container_retries(void **state)
{
    (void)state;
    struct identity *id = load_container(RELATIVE, "/x");
    assert_string_equal(get(id, NOW), "pending");
    for (int i = 0; i < 2; i++) {
        answer_fetch(i ? 500 : 0, "", i ? ERR_OK : ERR_TIMEOUT);
        assert_int_equal(fake.n_fetches, 0);
        assert_int_equal(fake.timers[0].delay_ms, 1000);
        fire_timers(1000);
        assert_int_equal(fake.n_fetches, 1);
    }
    answer_fetch(0, "", ERR_UNREACHABLE);
    assert_string_equal(get(id, NOW), "container credentials from http://169.254.170.2/x: could not "
                                      "connect; check the task's role and " RELATIVE);
    assert_string_equal(get(id, NOW + 6), "pending");
    answer_fetch(200, "<html>", ERR_OK);
    assert_non_null(strstr(get(id, NOW + 6), "JSON, line 1, column 1"));
    assert_string_equal(get(id, NOW + 12), "pending");
    answer_fetch(0, "", ERR_TIMEOUT);
    identity_free(id);
    fire_timers(1000); /* comes too late: nothing is asked */
    assert_int_equal(fake.n_fetches, 0);
}

/* --- instance --- */

struct exchange {
    const char *request; /* "PUT /latest/api/token x-aws-...: 21600" */
    int status;
    const char *body;
    enum err_code code;
};

#define TOKEN_REQUEST "PUT /latest/api/token x-aws-ec2-metadata-token-ttl-seconds: 21600"
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define V2 " x-aws-ec2-metadata-token: tok"

static void play(const char *base, int timeout_ms, const struct exchange *rows)
{
    for (; rows->request; rows++) {
        char request[512];
        assert_int_equal(fake.n_fetches, 1);
        const struct fetch *f = &fake.fetches[0];
        assert_memory_equal(f->url, base, strlen(base));
        (void)snprintf(request, sizeof request, "%s %s%s%.*s", f->method, f->url + strlen(base),
                       f->header[0] ? " " : "", (int)strcspn(f->header, "\n"), f->header);
        assert_string_equal(request, rows->request);
        assert_int_equal(f->timeout_ms, timeout_ms);
        assert_true(f->no_proxy);
        answer_fetch(rows->status, rows->body, rows->code);
    }
    assert_int_equal(fake.n_fetches, 0);
}

#define NONE(what)                                                                                 \
    "no AWS credentials: tried environment (AWS_ACCESS_KEY_ID not set), profile default (not in "  \
    "~/.aws/config or ~/.aws/credentials), container (AWS_CONTAINER_CREDENTIALS_* not set), "      \
    "instance metadata (" what "); run `aws configure` or pass --profile"

static const struct instance_row {
    struct exchange rows[6];
    const char *env, *value;
    const char *outcome;
} instances[] = {
    {.rows = {{TOKEN_REQUEST, 200, "tok\n", ERR_OK},
              {"GET " ROLE_PATH V2, 200, "my-role\n", ERR_OK},
              {"GET " ROLE_PATH "my-role" V2, 200, METADATA("IA", ISO_IN_1_HOUR), ERR_OK}},
     .outcome = "IA TOKEN 3600"},
    {.rows = {{TOKEN_REQUEST, 404, "", ERR_OK},
              {"GET " ROLE_PATH, 200, "r", ERR_OK},
              {"GET " ROLE_PATH "r", 200, METADATA("IA", ISO_IN_1_HOUR), ERR_OK}},
     .outcome = "IA TOKEN 3600"},
    {.rows = {{TOKEN_REQUEST, 0, "", ERR_TIMEOUT},
              {"GET " ROLE_PATH, 200, "r", ERR_OK},
              {"GET " ROLE_PATH "r", 200, METADATA("IA", ISO_IN_1_HOUR), ERR_OK}},
     .outcome = "IA TOKEN 3600"},
    {.rows = {{TOKEN_REQUEST, 404, "", ERR_OK}},
     .env = "AWS_EC2_METADATA_V1_DISABLED", .value = "true",
     .outcome = NONE("169.254.169.254 answered with status 404 for the token")},
    {.rows = {{TOKEN_REQUEST, 0, "", ERR_TIMEOUT}, {"GET " ROLE_PATH, 0, "", ERR_TIMEOUT}},
     .outcome = NONE("no answer from 169.254.169.254 in 1 s")},
    {.rows = {{TOKEN_REQUEST, 0, "", ERR_UNREACHABLE}},
     .outcome = NONE("no answer from 169.254.169.254")},
    {.rows = {{TOKEN_REQUEST, 400, "", ERR_OK}},
     .outcome = NONE("169.254.169.254 answered with status 400 for the token")},
    {.rows = {{TOKEN_REQUEST, 200, "tok", ERR_OK}, {"GET " ROLE_PATH V2, 404, "", ERR_OK}},
     .outcome = NONE("this instance has no role")},
    {.rows = {{TOKEN_REQUEST, 200, "tok", ERR_OK}, {"GET " ROLE_PATH V2, 200, "../x", ERR_OK}},
     .outcome = NONE("the answer is no role name")},
    {.rows = {{TOKEN_REQUEST, 200, "tok", ERR_OK}, {"GET " ROLE_PATH V2, 200, "..", ERR_OK}},
     .outcome = NONE("the answer is no role name")},
    {.rows = {{TOKEN_REQUEST, 200, "tok", ERR_OK},
              {"GET " ROLE_PATH V2, 200, "r", ERR_OK},
              {"GET " ROLE_PATH "r" V2, 200,
               "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"no\"}", ERR_OK}},
     .outcome = NONE("answered AssumeRoleUnauthorizedAccess: no")},
    {.rows = {{TOKEN_REQUEST, 200, "tok", ERR_OK},
              {"GET " ROLE_PATH V2, 500, "", ERR_OK},
              {"GET " ROLE_PATH V2, 200, "r", ERR_OK},
              {"GET " ROLE_PATH "r" V2, 503, "", ERR_OK},
              {"GET " ROLE_PATH "r" V2, 200, METADATA("IA", ISO_IN_1_HOUR), ERR_OK}},
     .env = "AWS_METADATA_SERVICE_NUM_ATTEMPTS", .value = "2",
     .outcome = "IA TOKEN 3600"},
};

static void test_instance(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof instances / sizeof instances[0]; i++) {
        clear_environment();
        if (instances[i].env)
            set(instances[i].env, instances[i].value);
        struct identity *id = load(NULL);
        assert_string_equal(get(id, NOW), "pending");
        play("http://169.254.169.254", 1000, instances[i].rows);
        assert_string_equal(get(id, NOW), instances[i].outcome);
        identity_free(id);
    }
}

static void test_instance_settings(void **state)
{
    (void)state;
    static const struct {
        const char *config, *env, *value, *base;
        int timeout_ms;
    } rows[] = {
        {"", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9/", "http://127.0.0.1:9", 1000},
        {"", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", "http://[fd00:ec2::254]", 1000},
        {"", "AWS_IMDS_USE_IPV6", "true", "http://[fd00:ec2::254]", 1000},
        {"", "AWS_METADATA_SERVICE_TIMEOUT", "3", "http://169.254.169.254", 3000},
        {"", "AWS_METADATA_SERVICE_TIMEOUT", "86400", "http://169.254.169.254", 10000},
        {"", "AWS_METADATA_SERVICE_TIMEOUT", "x", "http://169.254.169.254", 1000},
        {"[default]\nec2_metadata_service_endpoint = http://x\nmetadata_service_timeout = 2\n", "A",
         "B", "http://x", 2000},
        {"[default]\nec2_metadata_service_endpoint_mode = ipv6\n",
         "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4", "http://169.254.169.254", 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        clear_environment();
        write_file(".aws/config", rows[i].config);
        set(rows[i].env, rows[i].value);
        struct identity *id = load(NULL);
        assert_string_equal(get(id, NOW), "pending");
        play(rows[i].base, rows[i].timeout_ms,
             (const struct exchange[]){{TOKEN_REQUEST, 400, "", ERR_OK}, {0}});
        identity_free(id);
    }
    clear_environment();
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://x");
    struct identity *id;
    struct err err;
    assert_int_equal(identity_from_profile(&fake.wire, NULL, &id, &err), ERR_CREDENTIALS);
    assert_non_null(strstr(err.text, "the instance metadata endpoint is no http:// URL"));
}

/* The service has nothing fresher: keys that have expired are used on, and asked for again. */
static void test_instance_outage(void **state)
{
    (void)state;
    struct identity *id = load(NULL);
    const struct exchange rows[] = {
        {TOKEN_REQUEST, 200, "tok", ERR_OK},
        {"GET " ROLE_PATH V2, 200, "r", ERR_OK},
        {"GET " ROLE_PATH "r" V2, 200, METADATA("OLD", "2027-01-15T07:00:00Z"), ERR_OK},
        {0},
    };
    assert_string_equal(get(id, NOW), "pending");
    play("http://169.254.169.254", 1000, rows);
    struct credentials got;
    struct err err;
    assert_int_equal(identity_get(id, NOW, &got, &err), IDENTITY_READY);
    assert_string_equal(got.access_key, "OLD");
    assert_in_range(got.expires_utc, NOW + 17 * 60, NOW + 25 * 60);
    int64_t end = got.expires_utc;
    assert_int_equal(identity_get(id, end - 15 * 60 - 1, &got, &err), IDENTITY_READY);
    assert_int_equal(fake.n_fetches, 0);
    assert_int_equal(identity_get(id, end - 15 * 60, &got, &err), IDENTITY_READY);
    assert_int_equal(fake.n_fetches, 1); /* asked again, meanwhile used on */
    identity_free(id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_role_request),
        TEST(test_role_session_name),
        TEST(test_role_chain),
        TEST(test_role_refused),
        TEST(test_role_without_source),
        TEST(test_assume),
        TEST(test_renewal_windows),
        TEST(test_short_lived_keys_are_renewed_once_a_minute),
        TEST(test_refused_renews_once),
        TEST(test_refused_keys_are_read_again),
        TEST(test_process),
        TEST(test_process_is_ended),
        TEST(test_process_limit_is_its_own),
        TEST(test_container_urls),
        TEST(test_container_token),
        TEST(test_container_retries),
        TEST(test_instance),
        TEST(test_instance_settings),
        TEST(test_instance_outage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
