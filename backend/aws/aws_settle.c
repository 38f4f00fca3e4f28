/* A transfer ended: what it means, whether to try again, and what the caller hears. */
#include "backend/aws/aws_internal.h"

#include "backend/aws/answer.h"
#include "backend/base/hash.h"
#include "backend/base/log.h"
#include "backend/base/timefmt.h"

#include <stdlib.h>
#include <string.h>

#define DOWN_MS 3000 /* after a host could not be reached its calls fail at once for so long */

/* What is left of an attempt once its flight has landed. */
struct outcome {
    struct err err;
    cJSON *tree; /* if err.code is ERR_OK */
    struct failure failure;
    bool is_malformed; /* an answer that cannot be read */
    bool is_unreached; /* no connection came about */
    bool is_clock_off; /* the signature's time was far from the server's */
    int64_t server_utc, sent_ms, hint_ms;
    uint64_t key_hash;
    char region[ANSWER_REGION_SIZE]; /* where the bucket is that was looked for here; "" if that is not why */
};

/* --- keys --- */

static bool is_holder(const void *item, const void *key)
{
    return ((const struct holder *)item)->who == key;
}

struct holder *aws_settle_holder(struct aws *aws, const struct identity *who)
{
    uint64_t hash = hash_bytes(&who, sizeof who, aws->seed);
    struct holder *holder = map_find(&aws->holders, hash, is_holder, who);
    if (!holder) {
        holder = mem_alloc(sizeof *holder);
        holder->who = who;
        map_add(&aws->holders, hash, holder);
    }
    return holder;
}

uint64_t aws_settle_key_hash(const struct aws *aws, const struct credentials *keys)
{
    /* never 0, which means none */
    return hash_bytes(keys->access_key, strlen(keys->access_key), aws->seed) | 1;
}

/* Keys that have just worked elsewhere are not bad: a Region that is not enabled refuses with the
 * same words as for wrong keys. */
static bool may_help_to_renew(struct aws *aws, const struct call *call, const struct outcome *o)
{
    return o->failure.err == ERR_EXPIRED || aws_settle_holder(aws, call->who)->good != o->key_hash;
}

/* Many calls in flight fail with the same keys; they are refused once. */
static void renew(struct aws *aws, const struct call *call, const struct outcome *o)
{
    struct holder *holder = aws_settle_holder(aws, call->who);
    if (holder->current != o->key_hash || holder->refused == o->key_hash)
        return;
    holder->refused = o->key_hash;
    identity_refused(call->who);
}

/* --- reading what came --- */

/* The answer was dated about half way between the request and its own head; its body may take long.
 * Both clocks are read in whole seconds, so a difference of two is none. */
static int64_t measured_offset_s(const struct flight *f)
{
    int64_t offset_s = f->date_utc - (f->sent_utc + f->date_seen_utc) / 2;
    return llabs(offset_s) <= 2 ? 0 : offset_s;
}

static void read_clock(struct flight *f, struct outcome *o)
{
    struct aws *aws = f->aws;
    struct lane *lane = f->call->class->lane;
    int64_t now = aws_utc(aws);
    if (!aws->settings.fixed_now && f->date_utc != TIME_NONE && !f->has_age) {
        lane->clock_offset_s = measured_offset_s(f);
        aws->stats.clock_offset_s = lane->clock_offset_s;
    }
    o->is_clock_off = llabs(lane->clock_offset_s - f->offset_s) > RETRY_CLOCK_LIMIT_S;
    o->server_utc = aws->settings.fixed_now ? now : now + lane->clock_offset_s;
}

static void read_success(struct flight *f, struct outcome *o)
{
    const char *body = f->body.len > 0 ? f->body.data : "";
    enum err_code code = answer_read(f->call->row, body, f->body.len, &o->tree, &o->err);
    (void)snprintf(o->err.request_id, sizeof o->err.request_id, "%s", f->request_id);
    if (code == ERR_OK)
        return;
    o->is_malformed = true;
    o->failure = (struct failure){.err = code};
}

static void read_failure(struct flight *f, int status, struct outcome *o)
{
    const struct call *call = f->call;
    const struct answer_headers headers = {f->error_type, f->query_error, f->request_id};
    const struct failure_context context = {.is_write = call->row->effect != EFFECT_READ,
                                            .is_once = !op_may_repeat(call->row),
                                            .has_token = call->token != NULL};
    answer_read_error(call->row, status, &headers, f->body.len > 0 ? f->body.data : "", f->body.len,
                      &o->err);
    o->failure = retry_classify(o->err.aws_code, status, context);
    o->err.code = o->failure.err;
    answer_read_region(call->row, &o->err, f->bucket_region, f->body.len > 0 ? f->body.data : "", f->body.len,
                       o->region);
}

/* AWS gives names only to the services that a Region has:
 * https://docs.aws.amazon.com/general/latest/gr/rande.html
 * That a name is not known says so only while others of the Region are, and never of the FIPS and
 * dual-stack names, which fewer services have. */
static bool is_not_in_region(const struct flight *f, CURLcode result)
{
    const struct route *route = f->call->class->key.route;
    return result == CURLE_COULDNT_RESOLVE_HOST && !route->endpoint.is_custom &&
           !route->endpoint.is_variant &&
           !service_get(f->call->row->service)->everywhere &&
           aws_queue_region_is_reached(f->aws, route);
}

static void read_transfer(struct flight *f, CURLcode result, struct outcome *o)
{
    long sent_bytes = 0;
    (void)curl_easy_getinfo(f->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    bool nothing_sent = !f->is_connected && sent_bytes == 0;
    o->failure = retry_classify_transfer((int)result, nothing_sent, !op_may_repeat(f->call->row));
    o->is_unreached = !f->is_connected;
    if (is_not_in_region(f, result)) {
        const struct route *route = f->call->class->key.route;
        o->failure = (struct failure){.err = ERR_UNSUPPORTED};
        (void)err_set(&o->err, ERR_UNSUPPORTED, "%s is not in %s: there is no host %s",
                      service_get(f->call->row->service)->name, route->region,
                      route->endpoint.host);
        return;
    }
    aws_transfer_explain(f, result, o->failure.err, &o->err);
    o->failure.err = o->err.code;
}

static void read_outcome(struct flight *f, CURLcode result, struct outcome *o)
{
    long status = 0;
    o->sent_ms = f->sent_ms;
    o->key_hash = f->key_hash;
    o->hint_ms = f->hint_ms;
    read_clock(f, o);
    if (result != CURLE_OK) {
        read_transfer(f, result, o);
        return;
    }
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    o->err.http_status = (int)status;
    if (status >= 200 && status < 300)
        read_success(f, o);
    else
        read_failure(f, (int)status, o);
}

/* --- after a success --- */

static enum err_code next_page(struct call *call, const cJSON *tree, const char **token,
                               struct err *err)
{
    enum err_code code = answer_next_page(call->row, tree, token, err);
    if (code != ERR_OK || !*token)
        return code;
    if (call->token && strcmp(call->token, *token) == 0)
        return err_set(err, ERR_SERVER, "%s gave the same page token twice", call->row->id);
    if (call->page + 1 >= MAX_PAGES)
        return err_set(err, ERR_LIMIT, "%s has more than %d pages", call->row->id, MAX_PAGES);
    return ERR_OK;
}

static void turn_page(struct aws *aws, struct call *call, const char *token)
{
    char *kept = mem_strdup(token);
    mem_free(call->token);
    call->token = kept;
    call->page++;
    call->attempts = call->last_cost = 0;
    call->is_resigned = call->is_renewed = call->is_reread = false;
    if (call->is_cancelled) {
        struct err err;
        (void)err_set(&err, ERR_CANCELLED, "cancelled");
        aws_call_finish(aws, call, &err);
    } else {
        aws_queue_add(aws, call);
    }
}

static void fail(struct aws *aws, struct call *call, struct outcome *o);

static void succeed(struct aws *aws, struct call *call, struct outcome *o)
{
    const char *token = NULL;
    struct err fine = {.code = ERR_OK, .http_status = o->err.http_status};
    memcpy(fine.request_id, o->err.request_id, sizeof fine.request_id);
    if (o->key_hash)
        aws_settle_holder(aws, call->who)->good = o->key_hash;
    aws_queue_answered(aws, call->class);
    if (next_page(call, o->tree, &token, &o->err) != ERR_OK) {
        o->is_malformed = o->err.code == ERR_PARSE;
        o->failure = (struct failure){.err = o->err.code};
        fail(aws, call, o);
        return;
    }
    retry_quota_refund(&call->class->group->quota, call->last_cost);
    aws->stats.by_service[call->row->service].pages++;
    aws_call_answer(aws, call, &fine, o->tree, o->server_utc, token == NULL);
    if (token)
        turn_page(aws, call, token);
}

/* --- after a failure --- */

/* Causes that trying again at once can mend, each once. */
static bool mend(struct aws *aws, struct call *call, const struct outcome *o)
{
    if (o->failure.is_clock && o->is_clock_off && !call->is_resigned) {
        call->is_resigned = true;
        return true;
    }
    if (o->failure.is_credentials && o->key_hash && !call->is_renewed && may_help_to_renew(aws, call, o)) {
        call->is_renewed = true;
        renew(aws, call, o);
        return true;
    }
    if (o->region[0] && !call->is_redirected) {
        call->is_redirected = true;
        return aws_queue_reroute(aws, call, o->region);
    }
    if (o->failure.is_token && !call->is_restarted) {
        call->is_restarted = true;
        mem_free(call->token);
        call->token = NULL;
        call->page = call->attempts = 0;
        return true;
    }
    return false;
}

static enum retry why_again(struct call *call, const struct outcome *o)
{
    if (!o->is_malformed)
        return o->failure.retry;
    /* an answer that was cut on its way may come whole the next time */
    if (call->is_reread || !op_may_repeat(call->row))
        return RETRY_NEVER;
    call->is_reread = true;
    return RETRY_TRANSIENT;
}

static bool retry(struct aws *aws, struct call *call, const struct outcome *o)
{
    enum retry why = why_again(call, o);
    int cost = retry_cost(why);
    if (why == RETRY_NEVER || call->attempts >= aws->settings.max_attempts ||
        !retry_quota_take(&call->class->group->quota, cost))
        return false;
    call->last_cost = cost;
    aws_queue_delay(aws, call,
                    retry_delay_ms(why, call->attempts, aws_random_fraction(aws), o->hint_ms),
                    o->is_unreached);
    return true;
}

static void note_host(struct aws *aws, struct lane *lane, const struct outcome *o, bool gave_up)
{
    if (!o->is_unreached)
        return;
    aws_queue_warm(aws, lane, false);
    if (gave_up) {
        lane->down_until_ms = aws->now_ms + DOWN_MS;
        lane->down = o->err;
    }
}

static void note_retry(struct aws *aws, const struct call *call)
{
    aws->stats.retries++;
    aws->stats.by_service[call->row->service].retries++;
}

static void fail(struct aws *aws, struct call *call, struct outcome *o)
{
    struct lane *lane = call->class->lane;
    log_line("aws", "%s in %s, attempt %d: %s", call->row->id, call->class->key.route->region,
             call->attempts, o->err.text);
    if (o->failure.err == ERR_THROTTLED) {
        aws->stats.throttles++;
        aws->stats.by_service[call->row->service].throttles++;
        aws_queue_throttled(aws, call->class, o->sent_ms);
    }
    if (mend(aws, call, o)) {
        note_retry(aws, call);
        aws_queue_add(aws, call);
        return;
    }
    bool again = retry(aws, call, o);
    note_host(aws, lane, o, !again);
    if (again)
        note_retry(aws, call);
    else
        aws_call_answer(aws, call, &o->err, NULL, o->server_utc, true);
}

void aws_settle(struct aws *aws, struct flight *f, CURLcode result)
{
    struct outcome o = {0};
    struct call *call = f->call;
    read_outcome(f, result, &o);
    bool is_answer = result == CURLE_OK && o.err.http_status < 500;
    aws_queue_took_ms(aws, call->class->lane, is_answer ? aws->now_ms - f->sent_ms : -1);
    aws_flight_release(aws, f);
    /* neither queued nor flying; what follows puts it where it belongs */
    call->state = CALL_ANSWERING;
    if (o.err.code == ERR_OK && o.tree)
        succeed(aws, call, &o);
    else
        fail(aws, call, &o);
    cJSON_Delete(o.tree);
}
