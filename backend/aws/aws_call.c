/* Calls from send to answer: tickets, lists, the callback. */
#include "backend/aws/aws_internal.h"

#include "backend/base/log.h"

#include <string.h>

/* --- lists of calls --- */

static void list_add(struct call_list *list, struct call *call)
{
    call->prev = list->last;
    call->next = NULL;
    if (list->last)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
}

static void list_remove(struct call_list *list, struct call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        list->first = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        list->last = call->prev;
    call->prev = call->next = NULL;
}

/* --- tickets: a place and how often it was used, never 0 --- */

static uint64_t ticket_take(struct aws *aws, struct call *call)
{
    if (aws->free_slots.n == 0) {
        VEC_PUSH(aws->slots, ((struct call_slot){0}));
        VEC_PUSH(aws->free_slots, (uint32_t)aws->slots.n - 1);
    }
    uint32_t at = aws->free_slots.items[--aws->free_slots.n];
    struct call_slot *slot = &aws->slots.items[at];
    slot->call = call;
    slot->generation++;
    return (uint64_t)slot->generation << 32 | (at + 1u);
}

static void ticket_return(struct aws *aws, uint64_t ticket)
{
    uint32_t at = (uint32_t)ticket - 1;
    aws->slots.items[at].call = NULL;
    VEC_PUSH(aws->free_slots, at);
}

struct call *aws_call_find(const struct aws *aws, uint64_t ticket)
{
    uint32_t place = (uint32_t)ticket;
    if (place == 0 || place > aws->slots.n)
        return NULL;
    const struct call_slot *slot = &aws->slots.items[place - 1];
    return slot->generation == (uint32_t)(ticket >> 32) ? slot->call : NULL;
}

/* --- sending --- */

/* One block: the array, then the strings. */
static struct param *copy_params(const struct param *params, size_t n)
{
    size_t size = n * sizeof *params;
    for (size_t i = 0; i < n; i++)
        size += strlen(params[i].name) + strlen(params[i].value) + 2;
    if (n == 0)
        return NULL;
    struct param *copy = mem_alloc(size);
    char *at = (char *)(copy + n);
    for (size_t i = 0; i < n; i++) {
        copy[i].type = params[i].type;
        copy[i].name = strcpy(at, params[i].name);
        at += strlen(at) + 1;
        copy[i].value = strcpy(at, params[i].value);
        at += strlen(at) + 1;
    }
    return copy;
}

static struct call *call_new(struct aws *aws, const struct op *row,
                             const struct wire_request *request)
{
    struct call *call = mem_alloc(sizeof *call);
    call->order = ++aws->next_order;
    call->priority = request->priority;
    call->op = request->op;
    call->row = row;
    call->who = request->who;
    call->answered = request->answered;
    call->ctx = request->ctx;
    call->params = copy_params(request->params, request->n_params);
    call->n_params = request->n_params;
    call->ticket = ticket_take(aws, call);
    aws_random_bytes(aws, call->id, sizeof call->id);
    aws->stats.calls++;
    aws->stats.queued++;
    return call;
}

bool aws_call_is_private(const struct call *call)
{
    return call->row != op_get(call->op);
}

/* Tokens and codes among what a row of credentials*.c is asked with. */
static void wipe_params(struct call *call)
{
    for (size_t i = 0; i < call->n_params && aws_call_is_private(call); i++) {
        char *value = (char *)(uintptr_t)call->params[i].value; /* a part of the block, which is ours */
        mem_wipe(value, strlen(value));
    }
}

static void call_free(struct aws *aws, struct call *call)
{
    ticket_return(aws, call->ticket);
    if (call->class)
        call->class->n_calls--;
    wipe_params(call);
    mem_free(call->params);
    mem_free(call->token);
    mem_free(call->final);
    mem_free(call);
}

/* The one place that refuses to change anything: before a write is queued, so before it is signed.
 */
static enum err_code may_send(const struct aws *aws, const struct op *row, struct err *err)
{
    if (row->effect == EFFECT_READ)
        return ERR_OK;
    if (aws->settings.viewer)
        return err_set(err, ERR_VIEWER, "%s changes something, which viewer mode does not",
                       row->id);
    if (!aws->settings.allow_write)
        return err_set(err, ERR_VIEWER, "%s changes something, and no confirmed plan runs",
                       row->id);
    return ERR_OK;
}

/* Without it AWS would do it again when it is sent again. */
static enum err_code has_its_token(const struct op *row, const struct wire_request *request,
                                   struct err *err)
{
    for (size_t i = 0; row->token && i < request->n_params; i++)
        if (strcmp(request->params[i].name, row->token) == 0 && request->params[i].value[0])
            return ERR_OK;
    return row->token ? err_set(err, ERR_USAGE, "%s needs its %s", row->id, row->token) : ERR_OK;
}

static enum err_code route(struct aws *aws, const struct op *row,
                           const struct wire_request *request, struct class **class,
                           struct err *err)
{
    if (aws->is_closing)
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (!row)
        return err_set(err, ERR_USAGE, "no such operation");
    enum err_code code = may_send(aws, row, err);
    if (code == ERR_OK)
        code = has_its_token(row, request, err);
    if (code != ERR_OK)
        return code;
    if (!request->who)
        return err_set(err, ERR_CREDENTIALS, "%s: nobody was named to sign it", row->id);
    return aws_queue_class(aws, row, request, class, err);
}

uint64_t aws_call_send(struct aws *aws, const struct op *row, const struct wire_request *request)
{
    struct err err = {0};
    struct call *call = call_new(aws, row, request);
    if (route(aws, row, request, &call->class, &err) != ERR_OK) {
        aws_call_finish(aws, call, &err);
    } else {
        call->class->n_calls++;
        aws_queue_add(aws, call);
    }
    return call->ticket;
}

/* --- waiting for credentials --- */

void aws_call_park(struct aws *aws, struct call *call)
{
    aws_queue_remove(aws, call);
    call->state = CALL_PARKED;
    list_add(&aws->parked, call);
}

void aws_call_unpark_all(struct aws *aws)
{
    struct call *call;
    while ((call = aws->parked.first)) {
        list_remove(&aws->parked, call);
        aws_queue_add(aws, call);
    }
}

/* --- ending --- */

static void take_away(struct aws *aws, struct call *call)
{
    if (call->state == CALL_PARKED)
        list_remove(&aws->parked, call);
    else if (call->state == CALL_FLYING)
        aws_flight_abort(aws, call->flight);
    else if (call->node.at != 0)
        aws_queue_remove(aws, call);
}

void aws_call_finish(struct aws *aws, struct call *call, const struct err *err)
{
    take_away(aws, call);
    call->state = CALL_FINISHED;
    call->final = mem_alloc(sizeof *call->final);
    *call->final = *err;
    list_add(&aws->finished, call);
}

void aws_call_cancel(struct aws *aws, struct call *call)
{
    struct err err;
    (void)err_set(&err, ERR_CANCELLED, "cancelled");
    if (call->state == CALL_ANSWERING)
        call->is_cancelled = true;
    else if (call->state != CALL_FINISHED)
        aws_call_finish(aws, call, &err);
}

/* Waiting for a person to log in is no error, and what keys cannot be had fails calls that count. */
static void count_answer(struct aws *aws, const struct err *err, bool is_private, bool last)
{
    aws->stats.answers++;
    if (err->code != ERR_OK && err->code != ERR_CANCELLED && !is_private)
        aws->stats.errors++;
    if (last)
        aws->stats.queued--;
}

void aws_call_answer(struct aws *aws, struct call *call, const struct err *err, const cJSON *tree,
                     int64_t server_utc, bool last)
{
    const struct wire_answer answer = {
        .ticket = call->ticket,
        .op = call->op,
        .err = *err,
        .tree = tree,
        .page = call->page,
        .last = last,
        .server_utc = server_utc,
        .attempts = call->attempts,
    };
    call->state = CALL_ANSWERING;
    count_answer(aws, err, aws_call_is_private(call), last);
    if (call->answered)
        call->answered(call->ctx, &answer);
    if (last)
        call_free(aws, call);
}

int aws_call_deliver(struct aws *aws)
{
    /* callbacks may add to the list: what they add is delivered by the next step */
    const struct call *end = aws->finished.last;
    struct call *call;
    int n = 0;
    while ((call = aws->finished.first)) {
        bool is_end = call == end;
        struct err err = *call->final;
        list_remove(&aws->finished, call);
        aws_call_answer(aws, call, &err, NULL, aws_utc(aws), true);
        n++;
        if (is_end)
            break;
    }
    return n;
}

void aws_call_free_all(struct aws *aws)
{
    for (size_t i = 0; i < aws->slots.n; i++)
        if (aws->slots.items[i].call)
            call_free(aws, aws->slots.items[i].call);
    VEC_FREE(aws->slots);
    VEC_FREE(aws->free_slots);
}
