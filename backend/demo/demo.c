#include "backend/demo/demo.h"

#include "backend/aws/heap.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"
#include "backend/demo/answers.h"
#include "backend/demo/ids.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_IN_FLIGHT 128
#define DELAY_MIN_MS 4
#define DELAY_MAX_MS 18
#define THROTTLED_ATTEMPTS 3
#define THROTTLED_RATE 6.0 /* what a class is held at after its throttles */
#define TOKEN_SIZE 24

/* A call, waiting for its turn or for its answer. */
struct job {
    struct heap_node node; /* first: by priority in `waiting`, by time in `flying` */
    uint64_t ticket;
    struct wire_request request;
    struct param *params;
    cJSON *rest; /* items that were not answered yet, or the object; NULL: not made yet */
    int page;
    bool is_flying; /* in the heap of that name, else waiting */
    bool is_cancelled;
};

struct demo_wire {
    struct wire wire;
    struct book *book; /* NULL: it could not be read; why_not says why */
    struct err why_not;
    struct heap waiting, flying;
    struct wire_stats stats;
    int64_t now_utc, started_ms;
    uint64_t next_ticket;
    int min_ms, max_ms;
    int wake_fd; /* -1: there is none */
};

static struct demo_wire *demo_of(struct wire *w)
{
    return (struct demo_wire *)w;
}

static struct job *job_of(struct heap_node *node)
{
    return (struct job *)node;
}

/* ---- the queue ------------------------------------------------------------------------------ */

static void copy_request(struct job *job, const struct wire_request *request)
{
    job->request = *request;
    job->request.account = mem_strdup(request->account ? request->account : "");
    job->request.region = mem_strdup(request->region ? request->region : "");
    job->params = mem_alloc_array(request->n_params + 1, sizeof *job->params);
    for (size_t i = 0; i < request->n_params; i++) {
        job->params[i] = request->params[i];
        job->params[i].name = mem_strdup(request->params[i].name);
        job->params[i].value = mem_strdup(request->params[i].value ? request->params[i].value : "");
    }
    job->request.params = job->params;
}

static void free_job(struct job *job)
{
    for (size_t i = 0; i < job->request.n_params; i++) {
        mem_free((char *)job->params[i].name);
        mem_free((char *)job->params[i].value);
    }
    mem_free(job->params);
    mem_free((char *)job->request.account);
    mem_free((char *)job->request.region);
    cJSON_Delete(job->rest);
    mem_free(job);
}

static uint64_t demo_send(struct wire *w, const struct wire_request *request)
{
    struct demo_wire *d = demo_of(w);
    struct job *job = mem_alloc(sizeof *job);
    copy_request(job, request);
    job->ticket = ++d->next_ticket;
    job->node.key = request->priority;
    job->node.tie = job->ticket;
    heap_push(&d->waiting, &job->node);
    d->stats.calls++;
    return job->ticket;
}

static struct job *find_in(const struct heap *heap, uint64_t ticket)
{
    for (size_t i = 0; i < heap->n; i++)
        if (job_of(heap->items[i])->ticket == ticket)
            return job_of(heap->items[i]);
    return NULL;
}

/* Makes a job due at a time. The same call takes equally long each time the demo runs. */
static void fly(struct demo_wire *d, struct job *job, int64_t due_ms)
{
    heap_remove(job->is_flying ? &d->flying : &d->waiting, &job->node);
    job->is_flying = true;
    job->node.key = due_ms;
    job->node.tie = job->ticket;
    heap_push(&d->flying, &job->node);
}

static int delay_of(const struct demo_wire *d, const struct job *job)
{
    int span = d->max_ms - d->min_ms + 1;
    uint64_t hash = ids_mix(job->ticket * 64 + (uint64_t)job->page);
    return span > 0 ? d->min_ms + (int)(hash % (uint64_t)span) : d->min_ms;
}

static void demo_cancel(struct wire *w, uint64_t ticket)
{
    struct demo_wire *d = demo_of(w);
    struct job *job = find_in(&d->waiting, ticket);
    if (!job)
        job = find_in(&d->flying, ticket);
    if (!job)
        return;
    job->is_cancelled = true;
    fly(d, job, 0);
}

static void demo_reprioritize(struct wire *w, uint64_t ticket, int priority)
{
    struct demo_wire *d = demo_of(w);
    struct job *job = find_in(&d->waiting, ticket);
    if (!job)
        return;
    job->node.key = priority;
    heap_moved(&d->waiting, &job->node);
}

/* ---- answering ------------------------------------------------------------------------------ */

static int page_size(const struct job *job)
{
    const struct answer_row *row = answers_row(job->request.op);
    int theirs = op_get(job->request.op)->page_size;
    if (row->page > 0)
        return row->page;
    return theirs > 0 ? theirs : INT_MAX;
}

/* In XML a list is an object whose members all have the item's name; an empty one is empty text. */
static cJSON *take_page(struct job *job, const struct answer_row *row, int n)
{
    bool is_xml = row->item != NULL;
    cJSON *list = is_xml && job->rest->child ? cJSON_CreateObject()
                  : is_xml                   ? cJSON_CreateString("")
                                             : cJSON_CreateArray();
    for (int i = 0; i < n && list && job->rest->child; i++) {
        cJSON *item = cJSON_DetachItemViaPointer(job->rest, job->rest->child);
        bool is_added = is_xml ? cJSON_AddItemToObject(list, row->item, item)
                               : cJSON_AddItemToArray(list, item);
        if (!is_added)
            cJSON_Delete(item);
    }
    return list;
}

static void add_paging(cJSON *tree, const struct op *op, const struct job *job, bool has_more)
{
    char token[TOKEN_SIZE];
    if (op->page_more)
        (void)cJSON_AddBoolToObject(tree, op->page_more, has_more);
    if (!has_more || !op->page_out)
        return;
    (void)snprintf(token, sizeof token, "page-%d", job->page + 1);
    (void)cJSON_AddStringToObject(tree, op->page_out, token);
}

/* The tree of this page. *last: nothing follows. */
static cJSON *page_tree(struct job *job, bool *last)
{
    const struct answer_row *row = answers_row(job->request.op);
    const struct op *op = op_get(job->request.op);
    *last = true;
    if (!row->list) {
        cJSON *whole = job->rest;
        job->rest = NULL;
        return whole;
    }
    cJSON *tree = cJSON_CreateObject();
    cJSON *page = take_page(job, row, op->page_in ? page_size(job) : INT_MAX);
    *last = job->rest->child == NULL;
    if (!page || !cJSON_AddItemToObject(tree, row->list, page))
        cJSON_Delete(page);
    else
        add_paging(tree, op, job, !*last);
    return tree;
}

static void count_failure(struct demo_wire *d, struct wire_use *use, struct wire_answer *answer)
{
    d->stats.errors++;
    if (answer->err.code != ERR_THROTTLED)
        return;
    answer->attempts = THROTTLED_ATTEMPTS;
    use->throttles += THROTTLED_ATTEMPTS;
    use->retries += THROTTLED_ATTEMPTS - 1;
    d->stats.throttles += THROTTLED_ATTEMPTS;
    d->stats.retries += THROTTLED_ATTEMPTS - 1;
    d->stats.attempts += THROTTLED_ATTEMPTS - 1;
    d->stats.slowest_rate = THROTTLED_RATE;
}

/* As if it had been AWS. */
static void count_answer(struct demo_wire *d, struct wire_answer *answer)
{
    const struct op *op = op_get(answer->op);
    struct wire_use *use = &d->stats.by_service[op->service];
    if (answer->err.code == ERR_CANCELLED)
        return;
    if (answer->err.code == ERR_OK)
        use->pages++;
    else
        count_failure(d, use, answer);
    use->requests += (uint64_t)answer->attempts;
    use->nanousd += cost_of(op) * answer->attempts;
}

static void make_answer(struct demo_wire *d, struct job *job, struct wire_answer *answer,
                        cJSON **tree)
{
    enum err_code code = ERR_OK;
    if (job->is_cancelled)
        code = err_set(&answer->err, ERR_CANCELLED, "cancelled");
    else if (!d->book)
        code = d->why_not.code, answer->err = d->why_not;
    else if (!job->rest)
        code = answers_make(d->book, &job->request, &job->rest, &answer->err);
    if (code == ERR_OK) {
        *tree = page_tree(job, &answer->last);
        if (!*tree)
            code = err_set(&answer->err, ERR_LIMIT, "memory ran out");
    }
    if (code != ERR_OK)
        answer->last = true;
    count_answer(d, answer);
    answer->tree = *tree;
}

static void finish(struct demo_wire *d, struct job *job, int64_t now_ms)
{
    cJSON *tree = NULL;
    struct wire_answer answer = {.ticket = job->ticket,
                                 .op = job->request.op,
                                 .page = job->page,
                                 .server_utc = d->now_utc + (now_ms - d->started_ms) / 1000,
                                 .attempts = 1};
    d->stats.attempts++;
    make_answer(d, job, &answer, &tree);
    d->stats.answers++;
    heap_remove(&d->flying, &job->node);
    if (!answer.last) {
        job->page++;
        fly(d, job, now_ms + delay_of(d, job));
    }
    job->request.answered(job->request.ctx, &answer);
    if (answer.last)
        free_job(job);
    cJSON_Delete(tree);
}

/* ---- the step ------------------------------------------------------------------------------- */

static void take_off(struct demo_wire *d, int64_t now_ms)
{
    while (d->flying.n < MAX_IN_FLIGHT && heap_top(&d->waiting)) {
        struct job *job = job_of(heap_top(&d->waiting));
        fly(d, job, now_ms + delay_of(d, job));
    }
    if (d->flying.n > d->stats.peak_in_flight)
        d->stats.peak_in_flight = (unsigned)d->flying.n;
}

static void wait_for(struct demo_wire *d, int timeout_ms)
{
    struct heap_node *next = heap_top(&d->flying);
    int64_t left = timeout_ms < 0 ? INT_MAX : timeout_ms;
    if (next) {
        int64_t due = next->key - time_mono_ms();
        left = due < 0 ? 0 : due < left ? due : left;
    }
    struct pollfd fd = {.fd = d->wake_fd, .events = POLLIN};
    uint64_t count = 0;
    if (poll(&fd, 1, next || timeout_ms >= 0 ? (int)left : -1) == 1 &&
        read(d->wake_fd, &count, sizeof count) < 0)
        count = 0; /* somebody was quicker: the wait is over all the same */
}

static void demo_step(struct wire *w, int timeout_ms)
{
    struct demo_wire *d = demo_of(w);
    take_off(d, time_mono_ms());
    wait_for(d, timeout_ms);
    int64_t now_ms = time_mono_ms();
    struct heap_node *next;
    /* what callbacks send waits for the next step */
    while ((next = heap_top(&d->flying)) && next->key <= now_ms)
        finish(d, job_of(next), now_ms);
}

static void demo_wakeup(struct wire *w)
{
    static const uint64_t one = 1;
    ssize_t n;
    do
        n = write(demo_of(w)->wake_fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
}

static void demo_stats(struct wire *w, struct wire_stats *out)
{
    const struct demo_wire *d = demo_of(w);
    *out = d->stats;
    out->queued = (unsigned)d->waiting.n;
    out->in_flight = (unsigned)d->flying.n;
}

static void free_heap(struct heap *heap)
{
    struct heap_node *node;
    while ((node = heap_top(heap))) {
        heap_remove(heap, node);
        free_job(job_of(node));
    }
    heap_free(heap);
}

static void demo_free(struct wire *w)
{
    struct demo_wire *d = demo_of(w);
    free_heap(&d->waiting);
    free_heap(&d->flying);
    book_free(d->book);
    if (d->wake_fd >= 0)
        (void)close(d->wake_fd);
    mem_free(d);
}

static const struct wire_ops demo_ops = {
    .send = demo_send,
    .cancel = demo_cancel,
    .reprioritize = demo_reprioritize,
    .step = demo_step,
    .wakeup = demo_wakeup,
    .stats = demo_stats,
    .free = demo_free,
};

struct wire *demo_wire_new_with_delay(int64_t now_utc, int min_ms, int max_ms)
{
    struct demo_wire *d = mem_alloc(sizeof *d);
    d->wire.ops = &demo_ops;
    d->now_utc = now_utc;
    d->started_ms = time_mono_ms();
    d->min_ms = min_ms;
    d->max_ms = max_ms;
    d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (book_new(now_utc, &d->book, &d->why_not) != ERR_OK)
        d->book = NULL;
    return &d->wire;
}

struct wire *demo_wire_new(int64_t now_utc)
{
    return demo_wire_new_with_delay(now_utc, DELAY_MIN_MS, DELAY_MAX_MS);
}

size_t demo_targets(const struct target **out)
{
    static const struct target targets[] = {
        {.profile = "audit"},         {.profile = "prod-data"}, {.profile = "prod-apps"},
        {.profile = "shared-backup"}, {.profile = "legacy"},    {.profile = "sandbox"},
    };
    *out = targets;
    return sizeof targets / sizeof *targets;
}

enum err_code demo_settings(struct settings **out, struct err *err)
{
    extern const unsigned char data_backend_demo_data_keyfall_conf[];
    extern const size_t data_backend_demo_data_keyfall_conf_len;
    return config_parse("demo", (const char *)data_backend_demo_data_keyfall_conf,
                        data_backend_demo_data_keyfall_conf_len, out, err);
}
