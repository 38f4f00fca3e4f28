/* What credentials need besides calls: plain fetches, timers, descriptors to watch. */
#include "backend/aws/aws_internal.h"

#include "backend/base/timefmt.h"

#include <string.h>

/* --- fetches --- */

static void fetch_free(struct fetch *fetch)
{
    for (struct curl_slist *line = fetch->headers; line; line = line->next)
        mem_wipe(line->data, strlen(line->data));
    curl_slist_free_all(fetch->headers);
    mem_free(fetch->method);
    mem_free(fetch->url);
    mem_free_secret(fetch->body);
    mem_free(fetch);
}

void aws_fetch(struct wire *wire, const struct http_request *request)
{
    struct aws *aws = (struct aws *)wire;
    struct fetch *fetch = mem_alloc(sizeof *fetch);
    fetch->method = mem_strdup(request->method);
    fetch->url = mem_strdup(request->url);
    fetch->body = request->body ? mem_strdup(request->body) : NULL;
    fetch->timeout_ms = request->timeout_ms;
    fetch->no_proxy = request->no_proxy;
    fetch->answered = request->answered;
    fetch->ctx = request->ctx;
    for (const char *const *line = request->headers; line && *line; line++) {
        struct curl_slist *longer = curl_slist_append(fetch->headers, *line);
        if (longer)
            fetch->headers = longer;
    }
    *aws->fetches_end = fetch;
    aws->fetches_end = &fetch->next;
}

static struct fetch *take_fetch(struct aws *aws)
{
    struct fetch *fetch = aws->fetches;
    if (!fetch)
        return NULL;
    aws->fetches = fetch->next;
    if (!aws->fetches)
        aws->fetches_end = &aws->fetches;
    return fetch;
}

void aws_side_begin(struct aws *aws)
{
    struct fetch *fetch;
    while ((fetch = take_fetch(aws)))
        aws_flight_fetch(aws, fetch);
}

void aws_side_fetched(struct aws *aws, struct flight *f, CURLcode result)
{
    struct fetch *fetch = f->fetch;
    struct err err = {0};
    long status = 0;
    if (result == CURLE_OK)
        (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    else
        aws_transfer_explain(f, result, retry_classify_transfer((int)result, false, false).err,
                             &err);
    /* the flight, and with it the body, is kept until the callback has read it */
    fetch->answered(fetch->ctx, (int)status, f->body.len > 0 ? f->body.data : "", f->body.len,
                    &err);
    aws_flight_release(aws, f);
    fetch_free(fetch);
}

static void refuse_fetch(struct fetch *fetch)
{
    struct err err;
    (void)err_set(&err, ERR_CANCELLED, "cancelled");
    fetch->answered(fetch->ctx, 0, "", 0, &err);
    fetch_free(fetch);
}

/* --- timers --- */

void aws_timer(struct wire *wire, int delay_ms, void (*fired)(void *ctx), void *ctx)
{
    struct aws *aws = (struct aws *)wire;
    struct timer *timer = mem_alloc(sizeof *timer);
    timer->node.key = time_mono_ms() + (delay_ms > 0 ? delay_ms : 0);
    timer->node.tie = ++aws->next_order;
    timer->fired = fired;
    timer->ctx = ctx;
    heap_push(&aws->timers, &timer->node);
}

static bool fire_first(struct aws *aws, int64_t until_ms)
{
    struct heap_node *top = heap_top(&aws->timers);
    if (!top || top->key > until_ms)
        return false;
    struct timer timer = *(struct timer *)top;
    heap_remove(&aws->timers, top);
    mem_free(top);
    timer.fired(timer.ctx);
    return true;
}

void aws_side_fire(struct aws *aws)
{
    while (fire_first(aws, aws->now_ms))
        continue;
}

/* --- descriptors --- */

void aws_watch(struct wire *wire, int fd, void (*ready)(void *ctx), void *ctx)
{
    struct aws *aws = (struct aws *)wire;
    VEC_PUSH(aws->watches, ((struct watch){fd, ready, ctx}));
}

void aws_unwatch(struct wire *wire, int fd)
{
    struct aws *aws = (struct aws *)wire;
    for (size_t i = 0; i < aws->watches.n; i++) {
        if (aws->watches.items[i].fd != fd)
            continue;
        aws->watches.items[i] = aws->watches.items[--aws->watches.n];
        return;
    }
}

/* --- closing --- */

bool aws_side_cancel(struct aws *aws)
{
    bool had_any = false;
    struct fetch *fetch;
    while ((fetch = take_fetch(aws))) {
        refuse_fetch(fetch);
        had_any = true;
    }
    for (size_t i = aws->flying.n; i-- > 0;) {
        struct flight *f = aws->flying.items[i];
        fetch = f->fetch;
        if (!fetch)
            continue;
        aws_flight_release(aws, f);
        refuse_fetch(fetch);
        had_any = true;
        i = aws->flying.n;
    }
    if (fire_first(aws, INT64_MAX))
        had_any = true;
    return had_any;
}

void aws_side_free(struct aws *aws)
{
    VEC_FREE(aws->watches);
}
