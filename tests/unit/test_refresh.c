#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/answer.h"
#include "backend/aws/tree.h"
#include "backend/base/timefmt.h"
#include "backend/judge/judge.h"
#include "backend/refresh/refresh.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The refresh runs as ever; what it asks is answered from a table that the test changes while it runs. */

#define A1 "111122223333"
#define A2 "222233334444"
#define A3 "333344445555"
#define K(n) "arn:aws:kms:eu-west-1:" A1 ":key/k" n
#define GRANTS_OF(n) "\"Grants\":[{\"GrantId\":\"g" n "\",\"GranteePrincipal\":\"x\"}]"
#define PATIENCE_MS 8000

/* ---- a wire that answers from a table ----------------------------------------------------------- */

/* The last rule that fits answers; json may hold several pages, each ended by \n. */
struct rule {
    enum op_id op;
    const char *account, *region, *param; /* NULL: any; param: one of the values sent */
    const char *json;      /* NULL: err */
    enum err_code code;
    const char *aws_code;
    int delay_ms;
    bool restarts;         /* the pages are followed by page 0 of the next rule that fits */
};

#define RULES_MAX 64
#define JOBS_MAX 4096

struct job {
    uint64_t ticket;
    struct wire_request request;
    char text[400];        /* "op account region values" */
    int64_t due_ms;
    bool is_cancelled;
};

struct fake {
    struct wire wire;
    pthread_mutex_t lock;  /* guards all: the test looks in while the refresh thread works */
    pthread_cond_t woken;
    bool is_woken;
    struct rule rules[RULES_MAX];
    size_t n_rules;
    struct job jobs[JOBS_MAX];
    size_t n_jobs;
    uint64_t n_sent;
    char *log;             /* each call sent, a line each, with its priority */
    size_t log_len;
    unsigned n_twice;      /* calls that were in flight already */
    unsigned n_cancelled;
    int64_t budget_renews_ms;
};

/* As AWS answers where nothing is: the empty case of each list, one line of JSON. */
static char *empty_answers[OP_COUNT];

static char *read_empty(const struct op *op, const char *type)
{
    char body[2048], *path = mem_printf("tests/cases/%s/empty.%s", op->id, type), *text = NULL;
    *strchr(path, ':') = '.';
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(body, 1, sizeof body, file) : 0;
    cJSON *tree = NULL;
    struct err err;
    if (file && len < sizeof body && answer_read(op, body, len, &tree, &err) == ERR_OK)
        text = cJSON_PrintUnformatted(tree);
    cJSON_Delete(tree);
    if (file)
        (void)fclose(file);
    mem_free(path);
    return text;
}

static void read_empty_answers(void)
{
    for (int op = 0; op < OP_COUNT; op++) {
        empty_answers[op] = read_empty(op_get((enum op_id)op), "json");
        if (!empty_answers[op])
            empty_answers[op] = read_empty(op_get((enum op_id)op), "xml");
    }
}

static const char *default_answer(enum op_id op)
{
    static const struct {
        enum op_id op;
        const char *json;
    } rows[] = {
        {OP_STS_GET_CALLER_IDENTITY, "{\"Account\":\"" A1 "\",\"Arn\":\"arn:aws:iam::" A1 ":user/u\"}"},
        {OP_ORGANIZATIONS_DESCRIBE_ORGANIZATION,
         "{\"Organization\":{\"Id\":\"o-1\",\"MasterAccountId\":\"" A1 "\"}}"},
        {OP_EC2_DESCRIBE_REGIONS, "{\"regionInfo\":[{\"regionName\":\"eu-west-1\",\"optInStatus\":"
                                  "\"opt-in-not-required\"}]}"},
        {OP_KMS_LIST_KEYS,
         "{\"Keys\":[{\"KeyId\":\"k1\",\"KeyArn\":\"" K("1") "\"},{\"KeyId\":\"k2\",\"KeyArn\":\"" K("2") "\"}]}"},
        {OP_KMS_DESCRIBE_KEY, "{\"KeyMetadata\":{\"KeyId\":\"k\",\"KeyState\":\"Enabled\",\"KeyManager\":"
                              "\"CUSTOMER\",\"KeySpec\":\"SYMMETRIC_DEFAULT\",\"Origin\":\"AWS_KMS\"}}"},
        {OP_KMS_GET_KEY_POLICY, "{\"Policy\":\"{\\\"Statement\\\":[]}\"}"},
        {OP_KMS_GET_KEY_ROTATION_STATUS, "{\"KeyRotationEnabled\":true}"},
        {OP_EC2_GET_EBS_ENCRYPTION_BY_DEFAULT, "{\"ebsEncryptionByDefault\":\"true\"}"},
        {OP_EC2_GET_EBS_DEFAULT_KMS_KEY_ID, "{\"kmsKeyId\":\"alias/aws/ebs\"}"},
        {OP_EC2_GET_ALLOWED_IMAGES_SETTINGS, "{\"state\":\"disabled\"}"},
        {OP_KMS_LIST_KEY_ROTATIONS, "{\"Rotations\":[]}"},
        {OP_GLUE_GET_CATALOG_SETTINGS, "{\"DataCatalogEncryptionSettings\":{}}"},
        {OP_XRAY_GET_ENCRYPTION_CONFIG, "{\"EncryptionConfig\":{\"Type\":\"NONE\"}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == op)
            return rows[i].json;
    return empty_answers[op] ? empty_answers[op] : "{}";
}

static bool rule_fits(const struct rule *rule, const struct job *job)
{
    char value[200];
    (void)snprintf(value, sizeof value, " %s ", rule->param ? rule->param : "");
    return rule->op == job->request.op
           && (!rule->account || strcmp(rule->account, job->request.account) == 0)
           && (!rule->region || strcmp(rule->region, job->request.region) == 0)
           && (!rule->param || strstr(job->text, value));
}

static struct rule *rule_for(struct fake *f, const struct job *job, size_t below)
{
    for (size_t i = below; i-- > 0;)
        if (rule_fits(&f->rules[i], job))
            return &f->rules[i];
    return NULL;
}

static void describe(struct job *job, const struct wire_request *request)
{
    size_t len = 0;
    len += (size_t)snprintf(job->text, sizeof job->text, "%s %s %s ", op_get(request->op)->id,
                            request->account, request->region);
    for (size_t i = 0; i < request->n_params && len < sizeof job->text; i++)
        len += (size_t)snprintf(job->text + len, sizeof job->text - len, "%s ", request->params[i].value);
}

static void note_sent(struct fake *f, const struct job *job, int priority)
{
    char line[440];
    int len = snprintf(line, sizeof line, "%s#%d\n", job->text, priority);
    f->log = mem_resize(f->log, f->log_len + (size_t)len + 1, 1);
    memcpy(f->log + f->log_len, line, (size_t)len + 1);
    f->log_len += (size_t)len;
}

static uint64_t fake_send(struct wire *w, const struct wire_request *request)
{
    struct fake *f = (struct fake *)w;
    pthread_mutex_lock(&f->lock);
    assert_true(f->n_jobs < JOBS_MAX);
    struct job job = {.ticket = ++f->n_sent, .request = *request};
    describe(&job, request);
    for (size_t i = 0; i < f->n_jobs; i++)
        f->n_twice += !f->jobs[i].is_cancelled && strcmp(f->jobs[i].text, job.text) == 0;
    const struct rule *rule = rule_for(f, &job, f->n_rules);
    job.due_ms = time_mono_ms() + (rule ? rule->delay_ms : 0);
    f->jobs[f->n_jobs++] = job;
    note_sent(f, &job, request->priority);
    pthread_mutex_unlock(&f->lock);
    return job.ticket;
}

static void fake_cancel(struct wire *w, uint64_t ticket)
{
    struct fake *f = (struct fake *)w;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n_jobs; i++)
        if (f->jobs[i].ticket == ticket) {
            f->jobs[i].is_cancelled = true;
            f->jobs[i].due_ms = 0;
            f->n_cancelled++;
        }
    pthread_mutex_unlock(&f->lock);
}

static void fake_reprioritize(struct wire *w, uint64_t ticket, int priority)
{
    (void)w;
    assert_true(ticket > 0 && priority >= 0);
}

static void answer(const struct job *job, const cJSON *tree, const struct err *err, int page, bool last)
{
    struct wire_answer a = {.ticket = job->ticket,
                            .op = job->request.op,
                            .tree = tree,
                            .page = page,
                            .last = last,
                            .server_utc = time_now_utc(),
                            .attempts = 1};
    if (err)
        a.err = *err;
    job->request.answered(job->request.ctx, &a);
}

static void answer_pages(const struct job *job, const char *json, bool ends)
{
    for (int page = 0; *json; page++) {
        cJSON *tree = NULL;
        struct err err;
        size_t len = strcspn(json, "\n");
        if (tree_read_json(json, len, &tree, &err) != ERR_OK)
            fail_msg("%s: %s", err.text, json);
        json += len + (json[len] == '\n');
        answer(job, tree, NULL, page, ends && *json == '\0');
        cJSON_Delete(tree);
    }
}

/* With the lock released, as the refresh sends more from what it is told. */
static void answer_job(struct fake *f, struct job *job)
{
    struct rule rule = {0}, *found = NULL;
    pthread_mutex_lock(&f->lock);
    found = rule_for(f, job, f->n_rules);
    if (found)
        rule = *found;
    const struct rule *next = found && rule.restarts ? rule_for(f, job, (size_t)(found - f->rules)) : NULL;
    const char *again = next ? next->json : default_answer(job->request.op);
    pthread_mutex_unlock(&f->lock);
    struct err err = {.code = rule.code};
    if (job->is_cancelled) {
        (void)err_set(&err, ERR_CANCELLED, "cancelled");
        answer(job, NULL, &err, 0, true);
    } else if (found && !rule.json) {
        (void)err_set(&err, rule.code, "%s happened.", rule.aws_code ? rule.aws_code : "it");
        (void)snprintf(err.aws_code, sizeof err.aws_code, "%s", rule.aws_code ? rule.aws_code : "");
        answer(job, NULL, &err, 0, true);
    } else {
        if (found)
            answer_pages(job, rule.json, !rule.restarts);
        if (!found || rule.restarts)
            answer_pages(job, again, true);
    }
}

static bool take_due(struct fake *f, struct job *out)
{
    int64_t now_ms = time_mono_ms();
    for (size_t i = 0; i < f->n_jobs; i++)
        if (f->jobs[i].due_ms <= now_ms) {
            *out = f->jobs[i];
            f->jobs[i] = f->jobs[--f->n_jobs];
            return true;
        }
    return false;
}

static int64_t next_due(const struct fake *f, int64_t until_ms)
{
    for (size_t i = 0; i < f->n_jobs; i++)
        if (f->jobs[i].due_ms < until_ms)
            until_ms = f->jobs[i].due_ms;
    return until_ms;
}

static void fake_wait(struct fake *f, int timeout_ms)
{
    int64_t until_ms = next_due(f, time_mono_ms() + timeout_ms);
    struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    while (!f->is_woken && time_mono_ms() < until_ms)
        pthread_cond_timedwait(&f->woken, &f->lock, &at);
    f->is_woken = false;
}

static void fake_step(struct wire *w, int timeout_ms)
{
    struct fake *f = (struct fake *)w;
    struct job job;
    pthread_mutex_lock(&f->lock);
    fake_wait(f, timeout_ms);
    while (take_due(f, &job)) {
        pthread_mutex_unlock(&f->lock);
        answer_job(f, &job);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
}

static void fake_wakeup(struct wire *w)
{
    struct fake *f = (struct fake *)w;
    pthread_mutex_lock(&f->lock);
    f->is_woken = true;
    pthread_cond_signal(&f->woken);
    pthread_mutex_unlock(&f->lock);
}

static void fake_stats(struct wire *w, struct wire_stats *out)
{
    struct fake *f = (struct fake *)w;
    pthread_mutex_lock(&f->lock);
    *out = (struct wire_stats){.calls = f->n_sent,
                               .in_flight = (unsigned)f->n_jobs,
                               .budget_renews_ms = f->budget_renews_ms};
    out->by_service[SERVICE_KMS].requests = f->n_sent;
    pthread_mutex_unlock(&f->lock);
}

/* The test owns it: it looks in after the refresh is gone. */
static void fake_free(struct wire *w)
{
    struct fake *f = (struct fake *)w;
    assert_int_equal(f->n_jobs, 0);
}

static const struct wire_ops fake_ops = {
    .send = fake_send,
    .cancel = fake_cancel,
    .reprioritize = fake_reprioritize,
    .step = fake_step,
    .wakeup = fake_wakeup,
    .stats = fake_stats,
    .free = fake_free,
};

/* ---- a test's world ------------------------------------------------------------------------------ */

struct world {
    struct fake *fake;
    struct estate *estate;
    struct refresh *refresh;
    struct refresh_settings settings;
    struct err err;
};

static const struct target one_target[] = {{.profile = "one"}};

static struct world *world_new(void)
{
    struct world *w = mem_alloc(sizeof *w);
    struct fake *f = w->fake = mem_alloc(sizeof *f);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&f->lock, NULL);
    f->wire.ops = &fake_ops;
    w->estate = estate_new();
    w->settings = (struct refresh_settings){.wire = &f->wire,
                                            .estate = w->estate,
                                            .targets = one_target,
                                            .n_targets = 1,
                                            .first_region = "eu-west-1",
                                            .once = true,
                                            .retry_first_ms = 100,
                                            .anonymous = true};
    return w;
}

static void world_free(struct world *w)
{
    refresh_free(w->refresh);
    assert_int_equal(w->fake->n_twice, 0);
    pthread_mutex_destroy(&w->fake->lock);
    pthread_cond_destroy(&w->fake->woken);
    mem_free(w->fake->log);
    mem_free(w->fake);
    estate_free(w->estate);
    mem_free(w);
}

static void add_rule(struct world *w, struct rule rule)
{
    pthread_mutex_lock(&w->fake->lock);
    assert_true(w->fake->n_rules < RULES_MAX);
    w->fake->rules[w->fake->n_rules++] = rule;
    pthread_mutex_unlock(&w->fake->lock);
}

static void drop_rule(struct world *w)
{
    pthread_mutex_lock(&w->fake->lock);
    w->fake->n_rules--;
    pthread_mutex_unlock(&w->fake->lock);
}

static enum refresh_result start(struct world *w)
{
    assert_int_equal(refresh_new(&w->settings, &w->refresh, &w->err), ERR_OK);
    return refresh_wait(w->refresh, 20, NULL, NULL, &w->err);
}

/* How many calls were sent whose line holds the text. */
static unsigned sent(struct world *w, const char *text)
{
    unsigned n = 0;
    pthread_mutex_lock(&w->fake->lock);
    for (const char *at = w->fake->log; at && (at = strstr(at, text)); at++)
        n++;
    pthread_mutex_unlock(&w->fake->lock);
    return n;
}

static uint32_t target_node(struct world *w, const char *profile)
{
    char id[80];
    int len = snprintf(id, sizeof id, "keyfall:target/%s", profile);
    return estate_find_node(w->estate, KIND_OTHER, id, (size_t)len);
}

static uint32_t key_node(struct world *w, const char *arn)
{
    return estate_find_node(w->estate, KIND_KEY, arn, strlen(arn));
}

struct seen {
    enum truth truth;
    uint32_t rows;
    bool complete;
    struct failure failure;
};

static struct seen see(struct world *w, const char *account, const char *region, enum list list,
                       uint32_t parent)
{
    const struct generation *g = estate_acquire(w->estate);
    struct seen seen = {TRUTH_NOT_ASKED, 0, false, {0}};
    for (uint32_t slot = 1; slot <= estate_slot_count(w->estate); slot++) {
        uint32_t scope = slot_scope(w->estate, slot);
        if (slot_list(w->estate, slot) != list || slot_parent(w->estate, slot) != parent
            || strcmp(scope_account(w->estate, scope), account) != 0
            || strcmp(scope_region(w->estate, scope), region) != 0)
            continue;
        const struct slice *s = generation_slice(g, slot);
        seen = (struct seen){slice_truth(s), slice_rows(s), slice_is_complete(s), {0}};
        if (slice_failure(s))
            failure_get(w->estate, slice_failure(s), &seen.failure);
    }
    generation_release(g);
    return seen;
}

static enum truth facet_of(struct world *w, uint32_t node, enum facet facet)
{
    const struct generation *g = estate_acquire(w->estate);
    struct record r;
    enum truth truth = generation_record(g, node, &r) ? record_facet(&r, facet).truth : TRUTH_COUNT;
    generation_release(g);
    return truth;
}

static uint32_t account_node(struct world *w, const char *id)
{
    char arn[80];
    int len = snprintf(arn, sizeof arn, "arn:aws:iam::%s:root", id);
    return estate_find_node(w->estate, KIND_ACCOUNT, arn, (size_t)len);
}

/* Waits until the list stands so. */
static void wait_for(struct world *w, const char *account, const char *region, enum list list,
                     uint32_t parent, enum truth truth, uint32_t rows)
{
    int64_t until_ms = time_mono_ms() + PATIENCE_MS;
    struct seen seen;
    do {
        struct pollfd fd = {.fd = refresh_fd(w->refresh), .events = POLLIN};
        seen = see(w, account, region, list, parent);
        if (seen.truth == truth && seen.rows == rows)
            return;
        (void)poll(&fd, 1, 50);
        refresh_drain(w->refresh);
    } while (time_mono_ms() < until_ms);
    fail_msg("%s of %s %s: %s with %u rows, not %s with %u", list_row(list)->name, account, region,
             truth_text(seen.truth), seen.rows, truth_text(truth), rows);
}

static void wait_facet(struct world *w, uint32_t node, enum facet facet, enum truth truth)
{
    int64_t until_ms = time_mono_ms() + PATIENCE_MS;
    while (facet_of(w, node, facet) != truth && time_mono_ms() < until_ms)
        (void)poll(NULL, 0, 20);
    assert_int_equal(facet_of(w, node, facet), truth);
}

static void wait_sent(struct world *w, const char *text, unsigned n)
{
    int64_t until_ms = time_mono_ms() + PATIENCE_MS;
    while (sent(w, text) < n && time_mono_ms() < until_ms)
        (void)poll(NULL, 0, 20);
    assert_true(sent(w, text) >= n);
}

/* ---- reading once -------------------------------------------------------------------------------- */

static void test_everything_is_read_once(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_KMS_LIST_GRANTS, .param = K("1"), .json = "{" GRANTS_OF("1") "}"});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).rows, 1);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_GRANTS, key_node(w, K("1"))).rows, 1);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_GRANTS, key_node(w, K("2"))).rows, 0);
    static const enum facet facets[] = {FACET_KEY_METADATA, FACET_KEY_POLICY, FACET_KEY_ROTATION,
                                        FACET_KEY_TAGS, FACET_KEY_GRANTS};
    for (size_t i = 0; i < sizeof facets / sizeof *facets; i++)
        assert_int_equal(facet_of(w, key_node(w, K("2")), facets[i]), TRUTH_KNOWN);
    assert_int_equal(facet_of(w, account_node(w, A1), FACET_ACCOUNT_IDENTITY), TRUTH_KNOWN);
    /* nothing is left unasked in a region */
    const struct generation *g = estate_acquire(w->estate);
    for (uint32_t slot = 1; slot <= estate_slot_count(w->estate); slot++)
        assert_true(truth_is_sure(slice_truth(generation_slice(g, slot))));
    generation_release(g);
    assert_int_equal(sent(w, "kms:DescribeKey"), 2);
    assert_int_equal(sent(w, "sts:GetCallerIdentity"), 1);
    assert_int_equal(sent(w, "organizations:ListAccounts"), 0);
    assert_int_equal(sent(w, "organizations:ListRoots"), 1);
    assert_int_equal(sent(w, "iam:GetAccountAuthorizationDetails"), 1);
    struct refresh_status status;
    refresh_status(w->refresh, &status);
    assert_int_equal(status.accounts, 1);
    assert_int_equal(status.accounts_ready, 1);
    assert_false(status.is_reading || status.is_first_read || status.is_offline);
    assert_int_equal(status.last_failure.code, ERR_OK);
    assert_int_equal(status.calls_queued, 0);
    world_free(w);
}

static void test_keys_of_aws_are_not_asked_about(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_KMS_DESCRIBE_KEY, .param = K("1"),
                              .json = "{\"KeyMetadata\":{\"KeyState\":\"Enabled\",\"KeyManager\":\"AWS\"}}"});
    assert_int_equal(start(w), REFRESH_DONE);
    static const enum facet facets[] = {FACET_KEY_POLICY, FACET_KEY_ROTATION, FACET_KEY_TAGS,
                                        FACET_KEY_GRANTS};
    for (size_t i = 0; i < sizeof facets / sizeof *facets; i++)
        assert_int_equal(facet_of(w, key_node(w, K("1")), facets[i]), TRUTH_UNSUPPORTED);
    assert_int_equal(sent(w, K("1")), 1);
    assert_int_equal(sent(w, K("2")), 5);
    world_free(w);
}

static void test_one_denied_key_never_ends_a_list(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct refresh_error errors[8];
    add_rule(w, (struct rule){.op = OP_KMS_DESCRIBE_KEY, .param = K("1"), .code = ERR_DENIED,
                              .aws_code = "AccessDeniedException"});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(facet_of(w, key_node(w, K("1")), FACET_KEY_METADATA), TRUTH_DENIED);
    assert_int_equal(facet_of(w, key_node(w, K("1")), FACET_KEY_POLICY), TRUTH_KNOWN); /* asked all the same */
    assert_int_equal(facet_of(w, key_node(w, K("2")), FACET_KEY_METADATA), TRUTH_KNOWN);
    assert_int_equal(facet_of(w, key_node(w, K("2")), FACET_KEY_POLICY), TRUTH_KNOWN);
    assert_int_equal(refresh_errors(w->refresh, errors, 8), 1);
    assert_string_equal(errors[0].operation, "kms:DescribeKey");
    assert_string_equal(errors[0].account, A1);
    assert_string_equal(errors[0].region, "eu-west-1");
    assert_string_equal(errors[0].fix, "allow kms:DescribeKey for arn:aws:iam::" A1 ":user/u in " A1);
    assert_int_equal(errors[0].count, 1);
    world_free(w);
}

static void test_a_list_that_starts_again_forgets_what_it_had(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .restarts = true,
                              .json = "{\"Keys\":[{\"KeyArn\":\"" K("8") "\"}]}\n"
                                      "{\"Keys\":[{\"KeyArn\":\"" K("9") "\"}]}\n"});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
    assert_int_equal(sent(w, K("8")) + sent(w, K("9")), 0);
    assert_int_equal(sent(w, "kms:DescribeKey"), 2);
    world_free(w);
}

static void test_half_an_answer_is_an_error(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct refresh_error errors[8];
    add_rule(w, (struct rule){.op = OP_SSM_DESCRIBE_PARAMETERS,
                              .json = "{\"Parameters\":[{\"Name\":\"a\",\"Type\":\"String\"}]}\n"
                                      "{\"Parameters\":[{\"Name\":7}]}\n"
                                      "{\"Parameters\":[{\"Name\":\"c\",\"Type\":\"String\"}]}\n"});
    assert_int_equal(start(w), REFRESH_DONE);
    struct seen seen = see(w, A1, "eu-west-1", LIST_PARAMETERS, 0);
    assert_int_equal(seen.truth, TRUTH_FAILED);
    assert_int_equal(seen.rows, 1);
    assert_false(seen.complete);
    assert_int_equal(seen.failure.code, ERR_PARSE);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_VAULTS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(refresh_errors(w->refresh, errors, 8), 1);
    assert_int_equal(errors[0].code, ERR_PARSE);
    world_free(w);
}

static void test_a_lane_that_reaches_nobody_gives_up(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct buf keys = {0};
    for (int i = 0; i < 500; i++)
        buf_printf(&keys, "%s{\"KeyArn\":\"arn:aws:kms:eu-west-1:" A1 ":key/many-%d\"}", i ? "," : "{\"Keys\":[", i);
    buf_adds(&keys, "]}");
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .json = keys.data});
    add_rule(w, (struct rule){.op = OP_KMS_DESCRIBE_KEY, .code = ERR_TIMEOUT});
    add_rule(w, (struct rule){.op = OP_KMS_GET_KEY_POLICY, .code = ERR_TIMEOUT});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_true(sent(w, "kms:DescribeKey") <= 64 + 4);
    assert_true(sent(w, "kms:GetKeyPolicy") <= 64 + 4);
    const struct generation *g = estate_acquire(w->estate);
    struct walk walk = walk_kind(g, KIND_KEY);
    struct record key;
    uint32_t n = 0;
    for (; walk_next(&walk, &key); n++)
        assert_int_equal(record_facet(&key, FACET_KEY_METADATA).truth, TRUTH_FAILED);
    assert_int_equal(n, 500);
    generation_release(g);
    buf_free(&keys);
    world_free(w);
}

/* ---- budgets -------------------------------------------------------------------------------------- */

static void spend(struct world *w, int64_t renews_ms)
{
    add_rule(w, (struct rule){.op = OP_KMS_GET_KEY_POLICY, .code = ERR_BUDGET});
    add_rule(w, (struct rule){.op = OP_KMS_LIST_GRANTS, .code = ERR_BUDGET});
    pthread_mutex_lock(&w->fake->lock);
    w->fake->budget_renews_ms = renews_ms;
    pthread_mutex_unlock(&w->fake->lock);
}

/* What was not read for want of a budget is known to be unseen, under one line of the log. */
static void test_budget_of_a_verb(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct refresh_error errors[8];
    struct refresh_courtesy courtesy;
    w->settings.budget = (struct budget){.requests = 20};
    spend(w, INT64_MAX);
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).truth, TRUTH_KNOWN);
    struct seen grants = see(w, A1, "eu-west-1", LIST_GRANTS, key_node(w, K("1")));
    assert_int_equal(grants.truth, TRUTH_FAILED);
    assert_int_equal(grants.failure.code, ERR_BUDGET);
    assert_int_equal(facet_of(w, key_node(w, K("1")), FACET_KEY_POLICY), TRUTH_FAILED);
    assert_int_equal(refresh_errors(w->refresh, errors, 8), 1);
    assert_string_equal(errors[0].operation, "every call");
    assert_string_equal(errors[0].account, "");
    assert_string_equal(errors[0].fix, "give a larger --budget");
    assert_int_equal(errors[0].count, 4);
    refresh_courtesy(w->refresh, &courtesy);
    assert_true(courtesy.is_budget_spent);
    assert_int_equal(courtesy.budget_renews_utc, TIME_NONE);
    assert_int_equal(courtesy.budget.requests, 20);
    assert_int_equal(courtesy.all.requests, w->fake->n_sent);
    assert_int_equal(courtesy.first_requests, w->fake->n_sent);
    world_free(w);
}

/* The dashboard asks nothing until there is a new one; then what failed comes first of all. */
static void test_budget_of_the_dashboard(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    w->settings.cycle_every_s = 1;
    int64_t renews_ms = time_mono_ms() + 3000;
    spend(w, renews_ms);
    assert_int_equal(start(w), REFRESH_DONE);
    unsigned n_lists = sent(w, "kms:ListKeys"), n_policies = sent(w, "kms:GetKeyPolicy");
    while (time_mono_ms() < renews_ms - 300)
        (void)poll(NULL, 0, 50);
    assert_int_equal(sent(w, "kms:ListKeys"), n_lists); /* a cycle or two were due */
    assert_int_equal(sent(w, "kms:GetKeyPolicy"), n_policies);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).truth, TRUTH_KNOWN);
    pthread_mutex_lock(&w->fake->lock);
    w->fake->budget_renews_ms = 0;
    pthread_mutex_unlock(&w->fake->lock);
    drop_rule(w);
    drop_rule(w);
    wait_sent(w, "kms:ListKeys", n_lists + 1);
    wait_facet(w, key_node(w, K("1")), FACET_KEY_POLICY, TRUTH_KNOWN);
    world_free(w);
}

/* ---- when nothing can be read -------------------------------------------------------------------- */

static void test_nothing_reachable(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        const char *says;
    } rows[] = {
        {ERR_UNREACHABLE, "check the network"},
        {ERR_TLS, "AWS_CA_BUNDLE"},
        {ERR_CREDENTIALS, "renew the credentials of one"},
        {ERR_TIMEOUT, "HTTPS_PROXY"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = world_new();
        struct refresh_status status;
        add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .code = rows[i].code, .aws_code = "Why"});
        assert_int_equal(start(w), REFRESH_NOTHING);
        assert_int_equal(w->err.code, rows[i].code);
        if (!strstr(w->err.text, rows[i].says) || !strstr(w->err.text, "Why happened; ")
            || !strstr(w->err.text, "sts:GetCallerIdentity"))
            fail_msg("says: %s", w->err.text);
        assert_int_equal(see(w, "", "", LIST_ACCOUNTS, target_node(w, "one")).truth, TRUTH_FAILED);
        refresh_status(w->refresh, &status);
        assert_false(status.has_read);
        assert_int_equal(status.accounts_failed, 1);
        assert_int_equal(status.is_offline, rows[i].code != ERR_CREDENTIALS);
        world_free(w);
    }
}

static void test_a_profile_that_is_not_there(void **state)
{
    (void)state;
    struct world *w = world_new();
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    w->settings.anonymous = false;
    assert_int_equal(start(w), REFRESH_NOTHING);
    assert_int_equal(w->err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(w->err.text, "one"));
    assert_int_equal(w->fake->n_sent, 0);
    struct refresh_error logged;
    assert_int_equal(refresh_errors(w->refresh, &logged, 1), 1);
    assert_string_equal(logged.fix, "choose one with --profile or run `aws configure --profile one`");
    assert_null(strstr(logged.text, "choose one")); /* once is enough */
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    world_free(w);
}

static void test_a_region_that_is_not_there(void **state)
{
    (void)state;
    static const char *const named[] = {"mars-1", NULL};
    struct world *w = world_new();
    w->settings.regions = named;
    assert_int_equal(start(w), REFRESH_NOTHING);
    assert_string_equal(w->err.text, "account " A1 " has no region mars-1: name another with --region");
    assert_int_equal(sent(w, "kms:"), 0);
    world_free(w);
}

/* The account is read; of its Regions one is not, and that one is named. */
static void test_one_region_that_is_not_there(void **state)
{
    (void)state;
    static const char *const named[] = {"eu-west-1", "mars-1", NULL};
    struct world *w = world_new();
    struct refresh_status status;
    w->settings.regions = named;
    assert_int_equal(start(w), REFRESH_DONE);
    refresh_status(w->refresh, &status);
    assert_int_equal(status.accounts_failed, 0);
    assert_int_equal(status.regions_lost, 1);
    assert_string_equal(status.lost_region, "mars-1");
    world_free(w);
}

static void test_a_region_that_is_not_enabled(void **state)
{
    (void)state;
    static const char *const named[] = {"me-south-1", NULL};
    struct world *w = world_new();
    w->settings.regions = named;
    w->settings.first_region = "me-south-1";
    add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS,
                              .json = "{\"regionInfo\":[{\"regionName\":\"me-south-1\",\"optInStatus\":"
                                      "\"not-opted-in\"}]}"});
    /* there, AWS refuses credentials that are good elsewhere */
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .region = "me-south-1",
                              .code = ERR_CREDENTIALS, .aws_code = "InvalidClientTokenId"});
    assert_int_equal(start(w), REFRESH_NOTHING);
    assert_int_equal(sent(w, "sts:GetCallerIdentity  us-east-1"), 1);
    if (!strstr(w->err.text, "me-south-1 is not enabled"))
        fail_msg("says: %s", w->err.text);
    world_free(w);
}

static void test_regions_asked_the_other_way(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS, .code = ERR_DENIED});
    add_rule(w, (struct rule){.op = OP_ACCOUNT_LIST_REGIONS,
                              .json = "{\"Regions\":[{\"RegionName\":\"eu-west-1\",\"RegionOptStatus\":"
                                      "\"ENABLED\"},{\"RegionName\":\"me-south-1\",\"RegionOptStatus\":"
                                      "\"DISABLED\"}]}"});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, A1, "", LIST_REGIONS, account_node(w, A1)).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, A1, "", LIST_REGIONS, account_node(w, A1)).rows, 2);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
    assert_int_equal(sent(w, "me-south-1"), 0);
    world_free(w);
}

static void test_regions_that_cannot_be_listed_are_guessed(void **state)
{
    (void)state;
    static const char *const named[] = {"eu-west-1", "us-west-2", NULL};
    for (int i = 0; i < 2; i++) {
        struct world *w = world_new();
        w->settings.regions = i ? named : NULL;
        add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS, .code = ERR_DENIED});
        add_rule(w, (struct rule){.op = OP_ACCOUNT_LIST_REGIONS, .code = ERR_DENIED});
        assert_int_equal(start(w), REFRESH_DONE);
        struct seen seen = see(w, A1, "", LIST_REGIONS, account_node(w, A1));
        assert_int_equal(seen.truth, TRUTH_DENIED);
        assert_false(seen.complete);
        assert_int_equal(seen.rows, i ? 2 : 1);
        assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).truth, TRUTH_KNOWN);
        assert_int_equal(see(w, A1, "us-west-2", LIST_KEYS, 0).truth, i ? TRUTH_KNOWN : TRUTH_NOT_ASKED);
        world_free(w);
    }
}

/* A target may name Regions of its own; what is typed holds for all. */
static void test_regions_of_a_target(void **state)
{
    (void)state;
    static const char *const own[] = {"us-west-2", NULL}, *const typed[] = {"eu-west-1", NULL};
    static const struct target target[] = {{.profile = "one", .regions = own}};
    for (int i = 0; i < 3; i++) {
        struct world *w = world_new();
        w->settings.targets = target;
        w->settings.regions = i == 1 ? typed : NULL;
        if (i == 2) { /* they hold, too, where AWS does not say which there are */
            add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS, .code = ERR_DENIED});
            add_rule(w, (struct rule){.op = OP_ACCOUNT_LIST_REGIONS, .code = ERR_DENIED});
        } else {
            add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS,
                                      .json = "{\"regionInfo\":[{\"regionName\":\"eu-west-1\"},"
                                              "{\"regionName\":\"us-west-2\"}]}"});
        }
        assert_int_equal(start(w), REFRESH_DONE);
        assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).truth, i == 1 ? TRUTH_KNOWN : TRUTH_NOT_ASKED);
        assert_int_equal(see(w, A1, "us-west-2", LIST_KEYS, 0).truth, i == 1 ? TRUTH_NOT_ASKED : TRUTH_KNOWN);
        world_free(w);
    }
}

/* ---- accounts ------------------------------------------------------------------------------------ */

static void test_an_account_reached_twice_is_read_once(void **state)
{
    (void)state;
    static const struct target twice[] = {{.profile = "one"}, {.profile = "two"}};
    struct world *w = world_new();
    struct refresh_status status;
    w->settings.targets = twice;
    w->settings.n_targets = 2;
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(sent(w, "sts:GetCallerIdentity"), 2);
    assert_int_equal(sent(w, "kms:ListKeys"), 1);
    assert_int_equal(sent(w, "ec2:DescribeRegions"), 1);
    refresh_status(w->refresh, &status);
    assert_int_equal(status.accounts, 1);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).truth, TRUTH_KNOWN);
    world_free(w);
}

static void test_one_target_of_two_leads_nowhere(void **state)
{
    (void)state;
    static const struct target targets[] = {{.profile = "one"},
                                            {.profile = "x", .role_arn = "arn:aws:iam::" A2 ":role/r"}};
    struct world *w = world_new();
    w->settings.targets = targets;
    w->settings.n_targets = 2;
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .param = "x", .code = ERR_DENIED});
    assert_int_equal(start(w), REFRESH_DONE);
    /* the role's ARN told which account: it is a row, and what is not known about it is told there */
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).rows, 2);
    assert_int_equal(facet_of(w, account_node(w, A2), FACET_ACCOUNT_IDENTITY), TRUTH_DENIED);
    assert_int_equal(facet_of(w, account_node(w, A1), FACET_ACCOUNT_IDENTITY), TRUTH_KNOWN);
    world_free(w);
}

/* What one target hides is not what another hides, though both fail alike. */
static void test_targets_that_lead_nowhere(void **state)
{
    (void)state;
    static const struct target targets[] = {{.profile = "one"}, {.profile = "x"}, {.profile = "y"}};
    struct world *w = world_new();
    struct refresh_status status;
    w->settings.targets = targets;
    w->settings.n_targets = 3;
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .param = "x", .code = ERR_CREDENTIALS});
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .param = "y", .code = ERR_CREDENTIALS});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, target_node(w, "one")).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, target_node(w, "x")).truth, TRUTH_FAILED);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, target_node(w, "y")).truth, TRUTH_FAILED);
    refresh_status(w->refresh, &status);
    assert_true(status.has_read);
    assert_int_equal(status.accounts_failed, 2);
    struct judgement *j = judge(estate_acquire(w->estate), time_now_utc());
    size_t n, n_targets = 0;
    const struct blind_spot *spots = judgement_blind_spots(j, &n);
    for (size_t i = 0; i < n; i++) {
        if (strncmp(spots[i].what, "accounts of ", 12) != 0)
            continue;
        assert_string_equal(spots[i].what, n_targets ? "accounts of profile y" : "accounts of profile x");
        assert_string_equal(spots[i].operation, "sts:GetCallerIdentity");
        n_targets++;
    }
    assert_int_equal(n_targets, 2);
    generation_release(judgement_generation(j));
    judgement_free(j);
    world_free(w);
}

#define ORG_ARN "arn:aws:organizations::" A1 ":"
#define UNIT(name) "{\"Id\":\"" name "\",\"Arn\":\"" ORG_ARN "ou/o-1/" name "\"}"

/* A unit stands under a unit: however deep the tree is, it is read to its leaves. */
static void test_the_tree_of_an_organization(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ROOTS,
                              .json = "{\"Roots\":[{\"Id\":\"r-1\",\"Arn\":\"" ORG_ARN "root/o-1/r-1\"}]}"});
    static const char *const parents[] = {"r-1", "ou-a", "ou-b"};
    static const char *const units[] = {"{\"OrganizationalUnits\":[" UNIT("ou-a") "]}",
                                        "{\"OrganizationalUnits\":[" UNIT("ou-b") "]}",
                                        "{\"OrganizationalUnits\":[]}"};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++)
        add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ORGANIZATIONAL_UNITS_FOR_PARENT,
                                  .param = parents[i], .json = units[i]});
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(sent(w, "organizations:ListOrganizationalUnitsForParent"), 3);
    assert_int_equal(sent(w, "organizations:ListAccountsForParent"), 3);
    const char *leaf = ORG_ARN "ou/o-1/ou-b";
    uint32_t node = estate_find_node(w->estate, KIND_UNIT, leaf, strlen(leaf));
    assert_int_not_equal(node, 0);
    assert_int_equal(see(w, A1, "", LIST_ORG_ACCOUNTS, node).truth, TRUTH_KNOWN);
    world_free(w);
}

#define ORG(more) "{\"Accounts\":[{\"Id\":\"" A1 "\",\"Name\":\"main\",\"State\":\"ACTIVE\"}" more "]}"
#define MEMBER ",{\"Id\":\"" A2 "\",\"Name\":\"member\",\"State\":\"ACTIVE\"}"
#define SUSPENDED ",{\"Id\":\"" A3 "\",\"Name\":\"old\",\"Status\":\"SUSPENDED\"}"
#define CALLER(id) "{\"Account\":\"" id "\",\"Arn\":\"arn:aws:sts::" id ":assumed-role/Audit/x\"}"

static struct world *organization(const char *accounts)
{
    struct world *w = world_new();
    w->settings.org_role = "Audit";
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .param = A2, .json = CALLER(A2)});
    add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS, .json = accounts});
    return w;
}

static void test_organization(void **state)
{
    (void)state;
    struct world *w = organization(ORG(MEMBER) "\n" "{\"Accounts\":[" "{\"Id\":\"" A3 "\",\"Status\":\"SUSPENDED\"}]}");
    assert_int_equal(start(w), REFRESH_DONE);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).truth, TRUTH_KNOWN);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).rows, 3);
    assert_int_equal(see(w, A2, "eu-west-1", LIST_KEYS, 0).rows, 2);
    assert_int_equal(sent(w, "sts:GetCallerIdentity"), 2); /* not again for its own account, nor the suspended */
    assert_int_equal(sent(w, A3), 0);
    /* every account tells who may do what in it; one sees the organization for all */
    assert_int_equal(sent(w, "iam:GetAccountAuthorizationDetails"), 2);
    assert_int_equal(sent(w, "organizations:DescribeOrganization"), 2);
    assert_int_equal(sent(w, "organizations:ListRoots"), 1);
    assert_int_equal(sent(w, "organizations:ListPolicies"), 2);
    assert_int_equal(facet_of(w, account_node(w, A3), FACET_ACCOUNT_IDENTITY), TRUTH_FAILED);
    const struct generation *g = estate_acquire(w->estate);
    struct record r;
    assert_true(generation_record(g, account_node(w, A2), &r));
    assert_string_equal(record_value(&r, ATTR_ACCOUNT_NAME).text, "member");
    assert_true(generation_record(g, account_node(w, A3), &r));
    assert_string_equal(record_value(&r, ATTR_ACCOUNT_STATE).text, "SUSPENDED");
    generation_release(g);
    world_free(w);
}

static void test_an_organization_that_cannot_be_listed(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        const char *aws_code;
        enum truth truth;
    } rows[] = {
        {ERR_DENIED, "AccessDeniedException", TRUTH_DENIED},
        {ERR_SERVER, "ServiceException", TRUTH_FAILED},
        {ERR_REJECTED, "AWSOrganizationsNotInUseException", TRUTH_KNOWN}, /* then there are no others */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = organization("{}");
        add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS, .code = rows[i].code,
                                  .aws_code = rows[i].aws_code});
        assert_int_equal(start(w), REFRESH_DONE);
        assert_int_equal(see(w, "", "", LIST_ACCOUNTS, target_node(w, "one")).truth, rows[i].truth);
        assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).rows, 1);
        assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
        world_free(w);
    }
}

static void test_an_account_that_left_is_forgotten(void **state)
{
    (void)state;
    struct world *w = organization(ORG(MEMBER SUSPENDED));
    w->settings.once = false;
    assert_int_equal(start(w), REFRESH_DONE);
    wait_for(w, A2, "eu-west-1", LIST_KEYS, 0, TRUTH_KNOWN, 2);
    add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS, .json = ORG("")});
    refresh_kind(w->refresh, KIND_ACCOUNT);
    wait_for(w, A2, "eu-west-1", LIST_KEYS, 0, TRUTH_ABSENT, 0);
    wait_for(w, A2, "", LIST_REGIONS, account_node(w, A2), TRUTH_ABSENT, 0);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
    world_free(w);
}

static void test_accounts_that_join_later(void **state)
{
    (void)state;
    struct world *w = organization(ORG(""));
    w->settings.once = false;
    assert_int_equal(start(w), REFRESH_DONE);
    wait_for(w, "", "", LIST_ACCOUNTS, 0, TRUTH_KNOWN, 1);
    add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS, .json = ORG(MEMBER SUSPENDED)});
    refresh_kind(w->refresh, KIND_ACCOUNT);
    wait_for(w, "", "", LIST_ACCOUNTS, 0, TRUTH_KNOWN, 3);
    wait_for(w, A2, "eu-west-1", LIST_KEYS, 0, TRUTH_KNOWN, 2);
    assert_int_equal(facet_of(w, account_node(w, A2), FACET_ACCOUNT_IDENTITY), TRUTH_KNOWN);
    assert_int_equal(facet_of(w, account_node(w, A3), FACET_ACCOUNT_IDENTITY), TRUTH_FAILED);
    add_rule(w, (struct rule){.op = OP_ORGANIZATIONS_LIST_ACCOUNTS, .code = ERR_SERVER});
    refresh_kind(w->refresh, KIND_ACCOUNT);
    wait_for(w, "", "", LIST_ACCOUNTS, target_node(w, "one"), TRUTH_STALE, 0);
    assert_int_equal(see(w, "", "", LIST_ACCOUNTS, 0).rows, 3);
    drop_rule(w);
    wait_for(w, "", "", LIST_ACCOUNTS, 0, TRUTH_KNOWN, 3);
    world_free(w);
}

/* ---- over time ----------------------------------------------------------------------------------- */

static struct world *running(void)
{
    struct world *w = world_new();
    w->settings.once = false;
    assert_int_equal(start(w), REFRESH_DONE);
    return w;
}

static void test_a_failed_list_keeps_its_rows_and_recovers(void **state)
{
    (void)state;
    struct world *w = running();
    unsigned before = sent(w, "kms:ListKeys " A1 " eu-west-1");
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .code = ERR_SERVER, .aws_code = "KMSInternalException"});
    refresh_kind(w->refresh, KIND_KEY);
    wait_for(w, A1, "eu-west-1", LIST_KEYS, 0, TRUTH_STALE, 2);
    struct seen seen = see(w, A1, "eu-west-1", LIST_KEYS, 0);
    assert_true(seen.complete);
    assert_string_equal(seen.failure.operation, "kms:ListKeys");
    assert_string_equal(seen.failure.aws_code, "KMSInternalException");
    drop_rule(w);
    wait_for(w, A1, "eu-west-1", LIST_KEYS, 0, TRUTH_KNOWN, 2); /* by itself */
    assert_true(sent(w, "kms:ListKeys " A1 " eu-west-1") >= before + 2); /* the one that failed, the one that did not */
    world_free(w);
}

static void test_a_failed_facet_recovers(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    add_rule(w, (struct rule){.op = OP_KMS_DESCRIBE_KEY, .param = K("1"), .code = ERR_THROTTLED});
    assert_int_equal(start(w), REFRESH_DONE);
    uint32_t key = key_node(w, K("1"));
    assert_int_equal(facet_of(w, key, FACET_KEY_METADATA), TRUTH_FAILED);
    wait_sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("1"), 3);
    assert_int_equal(sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("2")), 1);
    drop_rule(w);
    wait_facet(w, key, FACET_KEY_METADATA, TRUTH_KNOWN);
    wait_facet(w, key, FACET_KEY_POLICY, TRUTH_KNOWN); /* what comes after follows */
    world_free(w);
}

static void test_targets_are_tried_again(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    add_rule(w, (struct rule){.op = OP_STS_GET_CALLER_IDENTITY, .code = ERR_UNREACHABLE});
    assert_int_equal(start(w), REFRESH_NOTHING);
    drop_rule(w);
    wait_for(w, A1, "eu-west-1", LIST_KEYS, 0, TRUTH_KNOWN, 2);
    wait_for(w, "", "", LIST_ACCOUNTS, 0, TRUTH_KNOWN, 1);
    world_free(w);
}

static void test_a_region_that_is_turned_off(void **state)
{
    (void)state;
    struct world *w = running();
    uint32_t key = key_node(w, K("1"));
    assert_int_equal(see(w, A1, "eu-west-1", LIST_GRANTS, key).truth, TRUTH_KNOWN);
    add_rule(w, (struct rule){.op = OP_KMS_LIST_ALIASES, .delay_ms = 3600000, .json = "{\"Aliases\":[]}"});
    refresh_kind(w->refresh, KIND_ALIAS);
    wait_sent(w, "kms:ListAliases", 2);
    add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS,
                              .json = "{\"regionInfo\":[{\"regionName\":\"eu-west-1\",\"optInStatus\":"
                                      "\"not-opted-in\"},{\"regionName\":\"us-east-1\",\"optInStatus\":"
                                      "\"opt-in-not-required\"}]}"});
    refresh_kind(w->refresh, KIND_REGION);
    wait_for(w, A1, "us-east-1", LIST_KEYS, 0, TRUTH_KNOWN, 2);
    wait_for(w, A1, "eu-west-1", LIST_KEYS, 0, TRUTH_ABSENT, 0);
    wait_for(w, A1, "eu-west-1", LIST_ALIASES, 0, TRUTH_ABSENT, 0); /* also what was being asked */
    assert_int_equal(see(w, A1, "", LIST_REGIONS, account_node(w, A1)).rows, 2);
    unsigned calls = sent(w, " " A1 " eu-west-1 ");
    refresh_kind(w->refresh, KIND_KEY);
    wait_sent(w, "kms:ListKeys " A1 " us-east-1", 2);
    assert_int_equal(sent(w, " " A1 " eu-west-1 "), calls);
    world_free(w);
}

static void test_what_stood_under_a_removed_key_goes(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    add_rule(w, (struct rule){.op = OP_KMS_LIST_GRANTS, .json = "{" GRANTS_OF("1") "}"});
    assert_int_equal(start(w), REFRESH_DONE);
    uint32_t one = key_node(w, K("1")), two = key_node(w, K("2"));
    assert_int_equal(see(w, A1, "eu-west-1", LIST_GRANTS, two).rows, 1);
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .json = "{\"Keys\":[{\"KeyArn\":\"" K("1") "\"}]}"});
    refresh_kind(w->refresh, KIND_KEY);
    wait_for(w, A1, "eu-west-1", LIST_GRANTS, two, TRUTH_ABSENT, 0);
    wait_for(w, A1, "eu-west-1", LIST_GRANTS, one, TRUTH_KNOWN, 1);
    world_free(w);
}

static void test_freeze(void **state)
{
    (void)state;
    struct world *w = running();
    struct refresh_status status;
    refresh_freeze(w->refresh, true);
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .json = "{\"Keys\":[]}"});
    refresh_kind(w->refresh, KIND_KEY);
    (void)poll(NULL, 0, 700);
    refresh_status(w->refresh, &status);
    assert_true(status.is_frozen);
    assert_int_equal(sent(w, "kms:ListKeys"), 1);
    assert_int_equal(see(w, A1, "eu-west-1", LIST_KEYS, 0).rows, 2);
    refresh_freeze(w->refresh, false);
    wait_for(w, A1, "eu-west-1", LIST_KEYS, 0, TRUTH_KNOWN, 0);
    refresh_status(w->refresh, &status);
    assert_false(status.is_frozen);
    world_free(w);
}

static void test_cycles_ask_again(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    w->settings.cycle_every_s = 1;
    assert_int_equal(start(w), REFRESH_DONE);
    wait_sent(w, "kms:ListKeys", 3);
    wait_sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("1"), 2);
    wait_sent(w, "kms:GetKeyPolicy " A1 " eu-west-1 default " K("1"), 2);
    assert_int_equal(sent(w, "rds:DescribeDBInstances"), 1); /* the inventory has time */
    assert_int_equal(sent(w, "ec2:DescribeRegions"), 1);
    world_free(w);
}

static void test_keys_in_use_are_watched(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    w->settings.deletions_every_s = 1;
    add_rule(w, (struct rule){.op = OP_SSM_DESCRIBE_PARAMETERS,
                              .json = "{\"Parameters\":[{\"Name\":\"p\",\"Type\":\"SecureString\",\"KeyId\":"
                                      "\"alias/used\"}]}"});
    add_rule(w, (struct rule){.op = OP_KMS_LIST_ALIASES,
                              .json = "{\"Aliases\":[{\"AliasArn\":\"arn:aws:kms:eu-west-1:" A1 ":alias/used\","
                                      "\"TargetKeyId\":\"k1\"},{\"AliasArn\":\"arn:aws:kms:eu-west-1:" A1
                                      ":alias/idle\",\"TargetKeyId\":\"k2\"}]}"});
    assert_int_equal(start(w), REFRESH_DONE);
    wait_sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("1"), 3);
    assert_int_equal(sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("2")), 1);
    assert_int_equal(sent(w, "kms:ListKeys"), 1);
    assert_int_equal(sent(w, "kms:GetKeyPolicy"), 2); /* what is young is not asked again */
    world_free(w);
}

static void test_one_record_again(void **state)
{
    (void)state;
    struct world *w = running();
    refresh_node(w->refresh, key_node(w, K("2")));
    wait_sent(w, K("2") " #0", 5);
    assert_int_equal(sent(w, K("2")), 10);
    assert_int_equal(sent(w, K("1")), 5);
    assert_int_equal(sent(w, "kms:ListKeys"), 1);
    world_free(w);
}

static void test_a_record_without_calls_of_its_own_is_read_with_its_list(void **state)
{
    (void)state;
    static const char arn[] = "arn:aws:ssm:eu-west-1:" A1 ":parameter/p";
    struct world *w = world_new();
    w->settings.once = false;
    add_rule(w, (struct rule){.op = OP_SSM_DESCRIBE_PARAMETERS,
                              .json = "{\"Parameters\":[{\"Name\":\"p\",\"Type\":\"String\"}]}"});
    assert_int_equal(start(w), REFRESH_DONE);
    refresh_node(w->refresh, estate_find_node(w->estate, KIND_PARAMETER, arn, strlen(arn)));
    wait_sent(w, "ssm:DescribeParameters " A1 " eu-west-1 #0", 1);
    world_free(w);
}

/* ---- on demand ----------------------------------------------------------------------------------- */

#define USED "{\"KeyId\":\"k1\",\"TrackingStartDate\":1,\"KeyLastUsage\":{\"Operation\":\"Decrypt\"," \
             "\"Timestamp\":2,\"CloudTrailEventId\":\"e-1\"}}"
#define EVENTS_OF(n) "[{\"AttributeKey\":\"ResourceName\",\"AttributeValue\":\"" K(n) "\"}]"
#define EVENT_OF(id) "[{\"AttributeKey\":\"EventId\",\"AttributeValue\":\"" id "\"}]"

static void test_evidence_is_read_for_the_record_in_hand(void **state)
{
    (void)state;
    struct world *w = running();
    uint32_t one = key_node(w, K("1")), two = key_node(w, K("2"));
    assert_int_equal(sent(w, "kms:GetKeyLastUsage"), 0);
    assert_int_equal(sent(w, "cloudtrail:LookupEvents"), 0);
    assert_int_equal(facet_of(w, one, FACET_KEY_LAST_USE), TRUTH_NOT_ASKED);
    add_rule(w, (struct rule){.op = OP_KMS_GET_KEY_LAST_USAGE, .json = USED});
    add_rule(w, (struct rule){.op = OP_CLOUDTRAIL_LOOKUP_EVENTS,
                              .json = "{\"Events\":[{\"EventId\":\"e-1\",\"EventName\":\"Decrypt\","
                                      "\"Username\":\"anna\",\"CloudTrailEvent\":\"{}\"}]}"});
    refresh_evidence(w->refresh, one);
    wait_facet(w, one, FACET_KEY_LAST_USER, TRUTH_KNOWN);
    wait_for(w, A1, "eu-west-1", LIST_KEY_EVENTS, one, TRUTH_KNOWN, 1);
    assert_int_equal(sent(w, EVENT_OF("e-1")), 1);
    assert_int_equal(sent(w, EVENTS_OF("1")), 1);
    assert_int_equal(facet_of(w, two, FACET_KEY_LAST_USE), TRUTH_NOT_ASKED);
    /* what is young is not asked again, but with the record, if it was asked before */
    refresh_evidence(w->refresh, one);
    (void)poll(NULL, 0, 1100); /* times of reading are whole seconds */
    refresh_node(w->refresh, one);
    wait_sent(w, EVENTS_OF("1"), 2);
    wait_sent(w, EVENT_OF("e-1"), 2);
    refresh_node(w->refresh, two);
    wait_sent(w, "kms:DescribeKey " A1 " eu-west-1 " K("2"), 2);
    assert_int_equal(sent(w, "kms:GetKeyLastUsage"), 2);
    assert_int_equal(sent(w, "cloudtrail:LookupEvents"), 4);
    world_free(w);
}

static void test_evidence_that_is_denied(void **state)
{
    (void)state;
    struct world *w = running();
    uint32_t one = key_node(w, K("1"));
    add_rule(w, (struct rule){.op = OP_CLOUDTRAIL_LOOKUP_EVENTS, .code = ERR_DENIED,
                              .aws_code = "AccessDeniedException"});
    add_rule(w, (struct rule){.op = OP_KMS_GET_KEY_LAST_USAGE, .code = ERR_DENIED,
                              .aws_code = "AccessDeniedException"});
    refresh_evidence(w->refresh, one);
    wait_facet(w, one, FACET_KEY_LAST_USE, TRUTH_DENIED);
    wait_for(w, A1, "eu-west-1", LIST_KEY_EVENTS, one, TRUTH_DENIED, 0);
    assert_string_equal(see(w, A1, "eu-west-1", LIST_KEY_EVENTS, one).failure.operation,
                        "cloudtrail:LookupEvents");
    /* the longest wait of what is asked by itself is 100 ms * 30: nobody asked again */
    (void)poll(NULL, 0, 1000);
    assert_int_equal(sent(w, "kms:GetKeyLastUsage"), 1);
    assert_int_equal(sent(w, "cloudtrail:LookupEvents"), 1);
    assert_int_equal(facet_of(w, one, FACET_KEY_LAST_USER), TRUTH_NOT_ASKED);
    /* but somebody who looks again may have been given the right */
    drop_rule(w);
    add_rule(w, (struct rule){.op = OP_KMS_GET_KEY_LAST_USAGE, .json = "{\"TrackingStartDate\":1}"});
    refresh_evidence(w->refresh, one);
    wait_facet(w, one, FACET_KEY_LAST_USE, TRUTH_KNOWN);
    wait_facet(w, one, FACET_KEY_LAST_USER, TRUTH_UNSUPPORTED);
    world_free(w);
}

static void test_what_is_looked_at_goes_first(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->settings.once = false;
    add_rule(w, (struct rule){.op = OP_EC2_DESCRIBE_REGIONS, .delay_ms = 200,
                              .json = "{\"regionInfo\":[{\"regionName\":\"eu-west-1\"}]}"});
    assert_int_equal(refresh_new(&w->settings, &w->refresh, &w->err), ERR_OK);
    refresh_look_at(w->refresh, KIND_POINT, "", "");
    assert_int_equal(refresh_wait(w->refresh, 20, NULL, NULL, &w->err), REFRESH_DONE);
    /* the points' vaults come first too, for a point is found through its vault */
    assert_int_equal(sent(w, "backup:ListBackupVaults " A1 " eu-west-1 #0"), 1);
    assert_int_equal(sent(w, "kms:ListKeys " A1 " eu-west-1 #0"), 0);
    const char *vaults = strstr(w->fake->log, "backup:ListBackupVaults");
    const char *keys = strstr(w->fake->log, "kms:ListKeys");
    assert_true(vaults && keys && vaults < keys);
    world_free(w);
}

/* ---- stopping ------------------------------------------------------------------------------------ */

static void test_stopping_does_not_wait_for_answers(void **state)
{
    (void)state;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .delay_ms = 3600000, .json = "{\"Keys\":[]}"});
    assert_int_equal(refresh_new(&w->settings, &w->refresh, &w->err), ERR_OK);
    wait_sent(w, "kms:ListKeys", 1);
    assert_int_equal(refresh_wait(w->refresh, 1, NULL, NULL, &w->err), REFRESH_TIMED_OUT);
    int64_t before_ms = time_mono_ms();
    refresh_free(w->refresh);
    w->refresh = NULL;
    assert_true(time_mono_ms() - before_ms < 1000);
    assert_true(w->fake->n_cancelled > 0);
    world_free(w);
}

static void count_progress(void *ctx, struct refresh *r)
{
    struct refresh_status status;
    refresh_status(r, &status);
    assert_true(status.is_first_read);
    ++*(int *)ctx;
}

static void test_progress_is_told_while_waiting(void **state)
{
    (void)state;
    int n = 0;
    struct world *w = world_new();
    add_rule(w, (struct rule){.op = OP_KMS_LIST_KEYS, .delay_ms = 1200, .json = "{\"Keys\":[]}"});
    assert_int_equal(refresh_new(&w->settings, &w->refresh, &w->err), ERR_OK);
    assert_int_equal(refresh_wait(w->refresh, 20, count_progress, &n, &w->err), REFRESH_DONE);
    assert_true(n >= 2 && n <= 4);
    world_free(w);
}

int main(void)
{
    model_init();
    read_empty_answers();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_read_once),
        cmocka_unit_test(test_keys_of_aws_are_not_asked_about),
        cmocka_unit_test(test_one_denied_key_never_ends_a_list),
        cmocka_unit_test(test_a_list_that_starts_again_forgets_what_it_had),
        cmocka_unit_test(test_half_an_answer_is_an_error),
        cmocka_unit_test(test_a_lane_that_reaches_nobody_gives_up),
        cmocka_unit_test(test_budget_of_a_verb),
        cmocka_unit_test(test_budget_of_the_dashboard),
        cmocka_unit_test(test_nothing_reachable),
        cmocka_unit_test(test_a_profile_that_is_not_there),
        cmocka_unit_test(test_a_region_that_is_not_there),
        cmocka_unit_test(test_one_region_that_is_not_there),
        cmocka_unit_test(test_a_region_that_is_not_enabled),
        cmocka_unit_test(test_regions_asked_the_other_way),
        cmocka_unit_test(test_regions_that_cannot_be_listed_are_guessed),
        cmocka_unit_test(test_an_account_reached_twice_is_read_once),
        cmocka_unit_test(test_one_target_of_two_leads_nowhere),
        cmocka_unit_test(test_targets_that_lead_nowhere),
        cmocka_unit_test(test_the_tree_of_an_organization),
        cmocka_unit_test(test_organization),
        cmocka_unit_test(test_an_organization_that_cannot_be_listed),
        cmocka_unit_test(test_an_account_that_left_is_forgotten),
        cmocka_unit_test(test_accounts_that_join_later),
        cmocka_unit_test(test_a_failed_list_keeps_its_rows_and_recovers),
        cmocka_unit_test(test_a_failed_facet_recovers),
        cmocka_unit_test(test_regions_of_a_target), cmocka_unit_test(test_targets_are_tried_again),
        cmocka_unit_test(test_a_region_that_is_turned_off),
        cmocka_unit_test(test_what_stood_under_a_removed_key_goes),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_cycles_ask_again),
        cmocka_unit_test(test_keys_in_use_are_watched),
        cmocka_unit_test(test_one_record_again),
        cmocka_unit_test(test_a_record_without_calls_of_its_own_is_read_with_its_list),
        cmocka_unit_test(test_evidence_is_read_for_the_record_in_hand),
        cmocka_unit_test(test_evidence_that_is_denied),
        cmocka_unit_test(test_what_is_looked_at_goes_first),
        cmocka_unit_test(test_stopping_does_not_wait_for_answers),
        cmocka_unit_test(test_progress_is_told_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
