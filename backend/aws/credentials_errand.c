/* Callbacks that outlive what they were for. */
#include "backend/aws/credentials_source.h"

void identity_release(struct identity *id)
{
    if (id->users == 0 && id->pending == 0)
        mem_free(id);
}

void errand_begin(struct errand *errand)
{
    errand->is_busy = true;
    errand->serial++;
}

void errand_end(struct identity *id, struct errand *errand)
{
    errand->is_busy = false;
    if (errand->ticket)
        wire_cancel(id->aws, errand->ticket);
    errand->ticket = 0;
}

/* Who waits for what came. */
struct waiting {
    struct identity *id;
    struct errand *errand;
    unsigned serial;
    identity_answered *answered;
    void (*fired)(struct identity *id);
    void (*called)(struct identity *id, const cJSON *tree, const struct err *err);
    struct identity *who; /* who signs outlives the call; NULL */
};

static struct waiting *wait_new(struct identity *id, struct errand *errand)
{
    struct waiting *waiting = mem_alloc(sizeof *waiting);
    waiting->id = id;
    waiting->errand = errand;
    waiting->serial = errand->serial;
    id->pending++;
    return waiting;
}

/* False when the errand is over, so do nothing: the identity may be gone. */
static bool wait_over(const struct waiting *waiting)
{
    struct identity *id = waiting->id;
    id->pending--;
    bool is_wanted =
        id->users > 0 && waiting->errand->is_busy && waiting->errand->serial == waiting->serial;
    if (!is_wanted)
        identity_release(id);
    return is_wanted;
}

static void fetch_answered(void *ctx, int status, const char *body, size_t len,
                           const struct err *err)
{
    struct waiting waiting = *(struct waiting *)ctx;
    mem_free(ctx);
    if (wait_over(&waiting))
        waiting.answered(waiting.id, status, body, len, err);
}

void identity_fetch(struct identity *id, const struct http_request *request,
                    identity_answered *answered)
{
    struct http_request copy = *request;
    struct waiting *waiting = wait_new(id, &id->renewal);
    waiting->answered = answered;
    copy.answered = fetch_answered;
    copy.ctx = waiting;
    aws_fetch(id->aws, &copy);
}

static void timer_fired(void *ctx)
{
    struct waiting waiting = *(struct waiting *)ctx;
    mem_free(ctx);
    if (wait_over(&waiting))
        waiting.fired(waiting.id);
}

void errand_after(struct identity *id, struct errand *errand, int delay_ms,
                  void (*fired)(struct identity *id))
{
    struct waiting *waiting = wait_new(id, errand);
    waiting->fired = fired;
    aws_timer(id->aws, delay_ms, timer_fired, waiting);
}

void identity_after(struct identity *id, int delay_ms, void (*fired)(struct identity *id))
{
    errand_after(id, &id->renewal, delay_ms, fired);
}

static void call_answered(void *ctx, const struct wire_answer *answer)
{
    struct waiting waiting = *(struct waiting *)ctx;
    if (!answer->last)
        return;
    mem_free(ctx);
    if (wait_over(&waiting)) {
        waiting.errand->ticket = 0;
        waiting.called(waiting.id, answer->tree, &answer->err);
    }
    /* The wire frees the tree after this, as that of any answer; it knows nothing of secrets. */
    credentials_keys_wipe_tree((cJSON *)(uintptr_t)answer->tree);
    if (waiting.who)
        identity_free(waiting.who);
}

void errand_call(struct identity *id, struct errand *errand, const struct errand_call *call)
{
    struct waiting *waiting = wait_new(id, errand);
    waiting->called = call->called;
    waiting->who = call->who ? identity_hold(call->who) : NULL;
    const struct wire_request request = {
        .who = call->who ? call->who : id, /* its profile says how to get there, too */
        .account = "",
        .region = call->region,
        .params = call->params,
        .n_params = call->n_params,
        .answered = call_answered,
        .ctx = waiting,
    };
    errand->ticket = aws_send_row(id->aws, call->row, &request);
}
