/* How fast the wire calls, and what a call costs it: ListKeys and four calls for each key, in two
 * accounts and two regions, against the canned server; by keyfall's wire or by a bare libcurl loop
 * that sends the same signed calls.
 *
 *   bench_wire wire|bare|paced URL [in_flight]      prints "calls N seconds S cpu_us U"
 *
 * wire and bare have no rate limits: they measure the ceiling. paced keeps to keyfall's share of
 * AWS's published rates. */
#include "backend/aws/aws.h"
#include "backend/aws/credentials.h"
#include "backend/aws/sign.h"
#include "backend/aws/tree.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"

#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const accounts[] = {"111122223333", "444455556666"};
static const char *const regions[] = {"us-east-1", "eu-central-1"};
#define N_ACCOUNTS 2
#define N_REGIONS 2
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_wire: %s\n", what);
    exit(1);
}

static size_t n_done, n_failed;

/* --- keyfall's wire --- */

struct place {
    struct wire *wire;
    struct identity *who;
    const char *account, *region;
};

static void heard(void *ctx, const struct wire_answer *answer)
{
    const char *id;
    bool has;
    struct err err;
    (void)ctx;
    if (answer->err.code != ERR_OK)
        n_failed++;
    else if (answer->op == OP_KMS_DESCRIBE_KEY &&
             (tree_text(answer->tree, "KeyMetadata.KeyState", &id, &has, &err) != ERR_OK || !has))
        n_failed++;
    n_done += answer->last;
}

static void send_one(const struct place *p, enum op_id op, const struct param *params, size_t n,
                     void (*answered)(void *, const struct wire_answer *), const void *ctx)
{
    const struct wire_request request = {.op = op,
                                         .who = p->who,
                                         .account = p->account,
                                         .region = p->region,
                                         .params = params,
                                         .n_params = n,
                                         .answered = answered,
                                         .ctx = (void *)(uintptr_t)ctx};
    (void)wire_send(p->wire, &request);
}

static void heard_keys(void *ctx, const struct wire_answer *answer)
{
    static const enum op_id ops[] = {OP_KMS_DESCRIBE_KEY, OP_KMS_GET_KEY_POLICY, OP_KMS_LIST_GRANTS,
                                     OP_KMS_GET_KEY_ROTATION_STATUS};
    const struct place *p = ctx;
    struct tree_list list;
    struct err err;
    const cJSON *key;
    const char *id;
    bool has;
    if (answer->err.code != ERR_OK || tree_list(answer->tree, "Keys", NULL, &list, &err) != ERR_OK)
        fail(answer->err.text);
    while ((key = tree_next(&list))) {
        if (tree_text(key, "KeyId", &id, &has, &err) != ERR_OK || !has)
            fail("a key without an id");
        const struct param param = {"KeyId", id, PARAM_TEXT};
        for (size_t i = 0; i < 4; i++)
            send_one(p, ops[i], &param, 1, heard, p);
    }
    n_done += answer->last;
}

static void write_profiles(char *path, size_t size)
{
    (void)snprintf(path, size, "/tmp/bench_wire.%d", (int)getpid());
    FILE *f = fopen(path, "w");
    if (!f)
        fail("no profile file");
    for (int i = 0; i < N_ACCOUNTS; i++)
        fprintf(f, "[a%d]\naws_access_key_id = AKIA%s\naws_secret_access_key = " SECRET "\n", i,
                accounts[i]);
    fclose(f);
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
}

static void run_wire(const char *url, int in_flight, bool is_paced)
{
    const struct aws_settings settings = {
        .endpoint_url = url, .no_rate_limit = !is_paced, .max_in_flight = in_flight};
    struct place places[N_ACCOUNTS][N_REGIONS];
    struct identity *who[N_ACCOUNTS];
    struct wire_stats stats;
    struct wire *wire;
    struct err err;
    char profiles[64];
    write_profiles(profiles, sizeof profiles);
    if (aws_new(&settings, &wire, &err) != ERR_OK)
        fail(err.text);
    for (int a = 0; a < N_ACCOUNTS; a++) {
        char name[8];
        (void)snprintf(name, sizeof name, "a%d", a);
        if (identity_from_profile(wire, name, &who[a], &err) != ERR_OK)
            fail(err.text);
        for (int r = 0; r < N_REGIONS; r++) {
            places[a][r] = (struct place){wire, who[a], accounts[a], regions[r]};
            send_one(&places[a][r], OP_KMS_LIST_KEYS, NULL, 0, heard_keys, &places[a][r]);
        }
    }
    do {
        wire_step(wire, 1000);
        wire_stats(wire, &stats);
    } while (stats.queued + stats.in_flight > 0);
    for (int a = 0; a < N_ACCOUNTS; a++)
        identity_free(who[a]);
    wire_free(wire);
    unlink(profiles);
}

/* --- a bare loop --- */

struct job {
    struct job *next;
    const char *target;
    int account, region;
    char key[40];
};

struct slot {
    CURL *easy;
    struct curl_slist *headers;
    struct buf body;
    char request[128];
    struct job *job;
};

static struct job *jobs, **jobs_end = &jobs;

static void add_job(const char *target, int account, int region, const char *key, size_t key_len)
{
    struct job *job = mem_alloc(sizeof *job);
    *job = (struct job){.target = target, .account = account, .region = region};
    memcpy(job->key, key, key_len);
    *jobs_end = job;
    jobs_end = &job->next;
}

static size_t take_bytes(char *data, size_t size, size_t n, void *ctx)
{
    buf_add(ctx, data, size * n);
    return size * n;
}

static void add_header(struct slot *s, const char *name, const char *value)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "%s%s", name, value);
    s->headers = curl_slist_append(s->headers, line);
}

static void begin(CURLM *multi, struct slot *s, struct job *job, const char *url,
                  struct signer *signer)
{
    char access[32];
    struct signature signature;
    struct err err;
    (void)snprintf(access, sizeof access, "AKIA%s", accounts[job->account]);
    int len = snprintf(s->request, sizeof s->request,
                       job->key[0] ? "{\"KeyId\":\"%s\"}" : "{\"Limit\":1000}", job->key);
    const struct sign_header headers[] = {{"content-type", "application/x-amz-json-1.1"},
                                          {"x-amz-target", job->target}};
    const struct sign_key key = {access, SECRET, NULL, regions[job->region], "kms", false};
    const struct sign_request request = {.method = "POST",
                                         .host = strstr(url, "://") + 3,
                                         .path = "/",
                                         .headers = headers,
                                         .n_headers = 2,
                                         .body = s->request,
                                         .body_len = (size_t)len};
    if (sign(signer, &key, &request, time_now_utc(), &signature, &err) != ERR_OK)
        fail(err.text);
    curl_slist_free_all(s->headers);
    s->headers = NULL;
    add_header(s, "Content-Type: ", "application/x-amz-json-1.1");
    add_header(s, "X-Amz-Target: ", job->target);
    add_header(s, "X-Amz-Date: ", signature.date);
    add_header(s, "Authorization: ", signature.authorization);
    buf_clear(&s->body);
    s->job = job;
    curl_easy_reset(s->easy);
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, s->request);
    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, (long)len);
    curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, &s->body);
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_multi_add_handle(multi, s->easy);
}

static void end(CURLM *multi, struct slot *s, CURLcode result)
{
    static const char *const targets[] = {"TrentService.DescribeKey", "TrentService.GetKeyPolicy",
                                          "TrentService.ListGrants",
                                          "TrentService.GetKeyRotationStatus"};
    long status = 0;
    curl_multi_remove_handle(multi, s->easy);
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    n_failed += result != CURLE_OK || status != 200;
    n_done++;
    if (!s->job->key[0]) {
        const char *at = s->body.data;
        while ((at = strstr(at, "\"KeyId\":\""))) {
            at += 9;
            for (size_t i = 0; i < 4; i++)
                add_job(targets[i], s->job->account, s->job->region, at, strcspn(at, "\""));
        }
    }
    mem_free(s->job);
}

static struct job *next_job(void)
{
    struct job *job = jobs;
    jobs = job->next;
    if (!jobs)
        jobs_end = &jobs;
    return job;
}

static void run_bare(const char *url, int in_flight)
{
    struct slot *slots = mem_alloc_array((size_t)in_flight, sizeof *slots);
    struct slot **idle = mem_alloc_array((size_t)in_flight, sizeof(struct slot *));
    struct signer *signer = sign_new();
    struct CURLMsg *message;
    int running, left, n_idle = in_flight;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)in_flight * 2);
    for (int i = 0; i < in_flight; i++) {
        slots[i].easy = curl_easy_init();
        idle[i] = &slots[i];
    }
    for (int a = 0; a < N_ACCOUNTS; a++)
        for (int r = 0; r < N_REGIONS; r++)
            add_job("TrentService.ListKeys", a, r, "", 0);
    while (jobs || n_idle < in_flight) {
        while (jobs && n_idle > 0)
            begin(multi, idle[--n_idle], next_job(), url, signer);
        curl_multi_perform(multi, &running);
        int ended = 0;
        while ((message = curl_multi_info_read(multi, &left))) {
            struct slot *s;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&s);
            end(multi, s, result);
            idle[n_idle++] = s;
            ended++;
        }
        if (ended == 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int i = 0; i < in_flight; i++) {
        curl_slist_free_all(slots[i].headers);
        curl_easy_cleanup(slots[i].easy);
        buf_free(&slots[i].body);
    }
    curl_multi_cleanup(multi);
    sign_free(signer);
    mem_free(slots);
    mem_free(idle);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";
    bool is_bare = strcmp(mode, "bare") == 0, is_paced = strcmp(mode, "paced") == 0;
    if (!is_bare && !is_paced && strcmp(mode, "wire") != 0)
        fail("usage: bench_wire wire|bare|paced URL [in_flight]");
    int in_flight = argc > 3 ? atoi(argv[3]) : 512;
    double cpu = cpu_seconds();
    int64_t start = time_mono_ms();
    if (is_bare)
        run_bare(argv[2], in_flight);
    else
        run_wire(argv[2], in_flight, is_paced);
    double seconds = (double)(time_mono_ms() - start) / 1000;
    cpu = cpu_seconds() - cpu;
    if (n_failed > 0)
        fail("calls failed");
    printf("calls %zu seconds %.3f cpu_us %.1f\n", n_done, seconds, cpu * 1e6 / (double)n_done);
    return 0;
}
