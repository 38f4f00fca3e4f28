/* Drives the credentials of a profile through the real wire and prints one JSON object a line:
 *
 *   {"made_ms":0,"describe":"...","tried":"...","region":"..."}   or {"error":"...","code":"..."}
 *   {"state":"ready","access_key":"...","token_bytes":0,"expires":"...","ms":3}
 *   {"state":"failed","error":"...","code":"...","tried":"...","ms":1003}
 *
 * probe [--profile P] [--assume ARN] [--external-id X] [--region R] [--again N] [--refuse]
 *       [--leave MS] [--log FILE] [--scan TEXT] [--keep] [--code CODE]
 * probe --split TEXT...: prints the words of each as a JSON list, or null if it is no command.
 * probe --services: prints what stands behind AWS_ENDPOINT_URL_ for each service.
 * probe --hosts: reads lines "KMS eu-central-1 FIPS DUALSTACK LEGACY" (0 or 1), prints "URL REGION".
 *
 * --code CODE: what a person types when the code of an MFA device is wanted.
 * --again N: asks N times more, a second apart. --refuse: says before each that AWS refused the keys.
 * --leave MS: frees the identity after so long, ready or not. --scan TEXT: prints in the end how
 * often TEXT stands in this program's heap; --keep: before the identity is freed. */
#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/aws/credentials_words.h"
#include "backend/aws/endpoint.h"
#include "backend/base/json.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 20000

struct options {
    const char *profile, *assume, *external_id, *region, *again, *leave, *log, *scan, *code;
    bool refuse, keep;
};

static void put_text(struct buf *line, const char *name, const char *value)
{
    buf_printf(line, "%s\"%s\":", line->len > 1 ? "," : "", name);
    if (value)
        json_add_string(line, value, strlen(value));
    else
        buf_adds(line, "null");
}

static void put_number(struct buf *line, const char *name, int64_t value)
{
    buf_printf(line, "%s\"%s\":%lld", line->len > 1 ? "," : "", name, (long long)value);
}

static void print(struct buf *line)
{
    (void)printf("%s}\n", line->data);
    (void)fflush(stdout);
    buf_free(line);
}

static void put_err(struct buf *line, const struct err *err)
{
    put_text(line, "error", err->text);
    put_text(line, "code", err_word(err->code));
}

static void put_keys(struct buf *line, const struct credentials *keys)
{
    char at[TIME_ISO_SIZE];
    put_text(line, "access_key", keys->access_key);
    put_number(line, "secret_bytes", (int64_t)strlen(keys->secret_key));
    put_number(line, "token_bytes",
               keys->session_token ? (int64_t)strlen(keys->session_token) : 0);
    if (keys->expires_utc != TIME_NONE)
        time_format_iso(keys->expires_utc, at);
    put_text(line, "expires", keys->expires_utc == TIME_NONE ? NULL : at);
}

/* False when the identity is to be left. */
static bool ask(struct wire *aws, struct identity *id, int64_t leave_ms, const char *code)
{
    int64_t began = time_mono_ms();
    struct credentials keys;
    struct err err;
    struct buf line = {0};
    struct login login;
    enum identity_state state;
    while ((state = identity_get(id, time_now_utc(), &keys, &err)) != IDENTITY_READY &&
           time_mono_ms() - began < leave_ms) {
        bool is_wanted = state == IDENTITY_FAILED && code && identity_wants(id, &login);
        if (state == IDENTITY_FAILED && !is_wanted)
            break;
        if (is_wanted && login.stage == LOGIN_WANTED && login.failed.code != ERR_OK)
            break;
        if (is_wanted)
            identity_log_in(id, code);
        wire_step(aws, 50);
    }
    static const char *const words[] = {
        [IDENTITY_READY] = "ready", [IDENTITY_PENDING] = "pending", [IDENTITY_FAILED] = "failed"};
    buf_addc(&line, '{');
    put_text(&line, "state", words[state]);
    if (state == IDENTITY_READY)
        put_keys(&line, &keys);
    if (state == IDENTITY_FAILED) {
        put_err(&line, &err);
        put_text(&line, "tried", identity_tried(id));
    }
    put_number(&line, "ms", time_mono_ms() - began);
    print(&line);
    return state != IDENTITY_PENDING;
}

static void pass_a_second(struct wire *aws)
{
    int64_t until = time_mono_ms() + 1000;
    while (time_mono_ms() < until)
        wire_step(aws, 50);
}

static struct identity *make(struct wire *aws, const struct options *o)
{
    struct identity *id = NULL;
    struct err err = {0};
    struct buf line = {0};
    int64_t began = time_mono_ms();
    enum err_code rc = identity_from_profile(aws, o->profile, &id, &err);
    if (rc == ERR_OK && o->assume) {
        struct identity *source = id;
        id = identity_assume(aws, source,
                             &(struct identity_role){.arn = o->assume,
                                                     .external_id = o->external_id,
                                                     .region = o->region});
        identity_free(source);
    }
    buf_addc(&line, '{');
    if (rc == ERR_OK) {
        put_text(&line, "describe", identity_describe(id));
        put_text(&line, "tried", identity_tried(id));
        put_text(&line, "region", identity_settings(id)->region);
    } else {
        put_err(&line, &err);
    }
    put_number(&line, "made_ms", time_mono_ms() - began);
    print(&line);
    return id;
}

/* --- is anything left in memory --- */

static size_t count(const char *at, const char *end, const char *text)
{
    size_t n = 0, len = strlen(text);
    while (at < end && (at = memmem(at, (size_t)(end - at), text, len)) != NULL) {
        n++;
        at++;
    }
    return n;
}

/* The heap and what is mapped without a file; the stack has the arguments and the environment. */
static size_t scan(const char *text)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    size_t n = 0;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long long from, to, inode;
        char rights[8], name[64] = "";
        if (sscanf(line, "%llx-%llx %7s %*s %*s %llu %63s", &from, &to, rights, &inode, name) < 4)
            continue;
        if (rights[0] == 'r' && rights[1] == 'w' && inode == 0 &&
            (name[0] == '\0' || strcmp(name, "[heap]") == 0))
            n += count((const char *)(uintptr_t)from, (const char *)(uintptr_t)to, text);
    }
    if (maps)
        (void)fclose(maps);
    return n;
}

static void print_scan(const char *text)
{
    (void)printf("{\"found\":%zu}\n", scan(text));
}

/* --- splitting alone --- */

static void split(const char *text)
{
    struct buf line = {0};
    char **words = NULL;
    struct err err;
    if (credentials_words_split(text, &words, &err) == ERR_OK) {
        for (size_t i = 0; words[i]; i++) {
            buf_adds(&line, i ? "," : "[");
            json_add_string(&line, words[i], strlen(words[i]));
        }
        (void)printf("%s]\n", line.data);
    } else {
        (void)printf("null\n");
    }
    credentials_words_free(words);
    buf_free(&line);
}

/* --- hosts alone --- */

static enum service_id service_by_env_id(const char *id)
{
    int i = 0;
    while (i < SERVICE_COUNT && strcmp(service_get((enum service_id)i)->env_id, id) != 0)
        i++;
    return (enum service_id)i;
}

static void print_services(void)
{
    for (int i = 0; i < SERVICE_COUNT; i++)
        (void)printf("%s\n", service_get((enum service_id)i)->env_id);
}

static void print_hosts(void)
{
    char line[128], id[48], region[48];
    int fips, dual, legacy;
    while (fgets(line, sizeof line, stdin) &&
           sscanf(line, "%47s %47s %d %d %d", id, region, &fips, &dual, &legacy) == 5) {
        struct endpoint got;
        struct err err;
        struct endpoint_query query = {.service = service_by_env_id(id),
                                       .region = region,
                                       .use_fips = fips,
                                       .use_dualstack = dual,
                                       .use_global_sts = legacy};
        if (endpoint_resolve(&query, &got, &err) == ERR_OK)
            (void)printf("%s %s\n", got.base, got.signing_region);
        else
            (void)printf("none\n");
    }
}

/* --- the program --- */

static void read_options(int argc, char **argv, struct options *o)
{
    const struct {
        const char *name, **value;
    } rows[] = {
        {"--profile", &o->profile}, {"--assume", &o->assume}, {"--external-id", &o->external_id},
        {"--region", &o->region},   {"--again", &o->again},   {"--leave", &o->leave},
        {"--log", &o->log},         {"--scan", &o->scan},   {"--code", &o->code},
    };
    for (int i = 1; i < argc; i++) {
        o->refuse = o->refuse || strcmp(argv[i], "--refuse") == 0;
        o->keep = o->keep || strcmp(argv[i], "--keep") == 0;
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            if (strcmp(argv[i], rows[r].name) == 0 && i + 1 < argc)
                *rows[r].value = argv[++i];
        }
    }
}

static void run(struct wire *aws, const struct options *o)
{
    struct identity *id = make(aws, o);
    long again = o->again ? strtol(o->again, NULL, 10) : 0;
    bool goes_on = id && ask(aws, id, o->leave ? strtol(o->leave, NULL, 10) : LIMIT_MS, o->code);
    while (goes_on && again-- > 0) {
        pass_a_second(aws);
        if (o->refuse)
            identity_refused(id);
        goes_on = ask(aws, id, LIMIT_MS, o->code);
    }
    if (o->keep)
        print_scan(o->scan);
    identity_free(id);
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct wire *aws = NULL;
    struct err err = {0};
    if (argc > 1 && strcmp(argv[1], "--split") == 0) {
        for (int i = 2; i < argc; i++)
            split(argv[i]);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--services") == 0) {
        print_services();
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--hosts") == 0) {
        print_hosts();
        return 0;
    }
    read_options(argc, argv, &o);
    if (o.log && log_open(AT_FDCWD, o.log, &err) != ERR_OK)
        return 2;
    if (aws_new(&(struct aws_settings){.no_rate_limit = true}, &aws, &err) != ERR_OK) {
        (void)fprintf(stderr, "probe: %s\n", err.text);
        return 2;
    }
    run(aws, &o);
    wire_free(aws);
    log_close();
    if (o.scan && !o.keep)
        print_scan(o.scan);
    return 0;
}
