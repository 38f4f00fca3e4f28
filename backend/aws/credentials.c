#include "backend/aws/credentials.h"

#include "backend/aws/credentials_source.h"
#include "backend/base/log.h"
#include "backend/base/timefmt.h"

#include <stdio.h>

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html names no times;
 * these are botocore's. */
#define ADVISORY_S INT64_C(900)
#define MANDATORY_S INT64_C(600)
#define RETRY_AFTER_FAILURE_S 5
/* Short-lived keys are inside the windows above from the start: still only one renewal a minute. */
#define RENEWAL_GAP_S 60
/* All calls in flight come back refused when keys die: that is one reason to renew, not many. */
#define REFUSAL_GAP_S 60
#define BRIDGE_S                                                                                   \
    INT64_C(120) /* and up to BRIDGE_SPREAD_S more, so that machines do not ask in step */
#define BRIDGE_SPREAD_S 480

enum need { NEED_NOTHING, NEED_SOON, NEED_NOW };

struct identity *identity_new(struct wire *aws, struct credentials_settings *settings)
{
    struct identity *id = mem_alloc(sizeof *id);
    id->users = 1;
    id->aws = aws;
    id->settings = credentials_settings_hold(settings);
    id->said = *credentials_settings_get(settings);
    id->keys.expires_utc = id->failed_utc = id->refused_utc = TIME_NONE;
    return id;
}

struct identity *identity_assume(struct wire *aws, struct identity *source, const char *role_arn,
                                 const char *external_id, const char *region)
{
    struct identity *id = identity_new(aws, source->settings);
    if (region) {
        id->region = mem_strdup(region);
        id->said.region = id->region;
    }
    credentials_role_make(id, source, role_arn, external_id);
    buf_adds(&id->tried, identity_describe(id));
    return id;
}

struct identity *identity_hold(struct identity *id)
{
    id->users++;
    return id;
}

static void release(struct identity *id)
{
    if (id->users == 0 && id->pending == 0)
        mem_free(id);
}

void identity_expect(struct identity *id)
{
    id->pending++;
}

bool identity_arrived(struct identity *id, unsigned attempt)
{
    id->pending--;
    bool is_wanted = id->users > 0 && id->is_busy && id->attempt == attempt;
    if (!is_wanted)
        release(id);
    return is_wanted;
}

void identity_free(struct identity *id)
{
    if (!id || --id->users > 0)
        return;
    id->pending++; /* stop() may bring callbacks home */
    if (id->source)
        id->source->stop(id);
    id->state = NULL;
    credentials_keys_wipe(&id->keys);
    credentials_settings_drop(id->settings);
    mem_free(id->region);
    mem_free(id->description);
    mem_free(id->advice);
    mem_free(id->tried_before);
    buf_free(&id->tried);
    id->pending--;
    release(id);
}

const struct profile_settings *identity_settings(const struct identity *id)
{
    return &id->said;
}

const char *identity_endpoint_url(const struct identity *id, const char *service_env_id)
{
    return credentials_settings_url(id->settings, service_env_id);
}

const char *identity_describe(const struct identity *id)
{
    return id->description ? id->description : "";
}

void identity_set_description(struct identity *id, char *text)
{
    mem_free(id->description);
    id->description = text;
}

const char *identity_tried(const struct identity *id)
{
    return id->tried.data ? id->tried.data : "";
}

/* --- renewal --- */

static int64_t clock_now(const struct identity *id)
{
    return id->seen_utc + (time_mono_ms() - id->seen_mono_ms) / 1000;
}

static bool is_within(int64_t now, int64_t since, int64_t seconds)
{
    return since != TIME_NONE && now >= since && now < since + seconds;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static enum need renewal_need(const struct identity *id, int64_t now)
{
    const struct credentials_keys *keys = &id->keys;
    if (!keys->access_key || id->is_refused)
        return NEED_NOW;
    if (keys->expires_utc == TIME_NONE)
        return NEED_NOTHING;
    int64_t left = keys->expires_utc - now, life = keys->expires_utc - id->renewed_utc;
    if (left <= 0)
        return NEED_NOW;
    if (left > ADVISORY_S || is_within(now, id->renewed_utc, smaller(RENEWAL_GAP_S, 1 + life / 4)))
        return NEED_NOTHING;
    return left <= smaller(MANDATORY_S, life / 2) ? NEED_NOW : NEED_SOON;
}

static void begin(struct identity *id, int64_t now)
{
    id->is_busy = true;
    id->attempt++;
    if (id->is_refused)
        id->refused_utc = now;
    id->is_in_get = true;
    id->source->start(id);
    id->is_in_get = false;
}

enum identity_state identity_get(struct identity *id, int64_t now_utc, struct credentials *out,
                                 struct err *err)
{
    id->seen_utc = now_utc;
    id->seen_mono_ms = time_mono_ms();
    enum need need = renewal_need(id, now_utc);
    if (need != NEED_NOTHING && !id->is_busy &&
        !is_within(now_utc, id->failed_utc, RETRY_AFTER_FAILURE_S)) {
        begin(id, now_utc);
        need = renewal_need(id, now_utc);
    }
    if (need == NEED_NOW) {
        if (id->is_busy)
            return IDENTITY_PENDING;
        *err = id->err;
        return IDENTITY_FAILED;
    }
    *out = (struct credentials){
        .access_key = id->keys.access_key,
        .secret_key = id->keys.secret_key,
        .session_token = id->keys.session_token,
        .expires_utc = id->keys.expires_utc,
    };
    return IDENTITY_READY;
}

void identity_refused(struct identity *id)
{
    if (!id->is_busy && !is_within(clock_now(id), id->refused_utc, REFUSAL_GAP_S))
        id->is_refused = true;
}

static void end(struct identity *id)
{
    id->is_busy = false;
    if (!id->is_in_get)
        aws_identity_changed(id->aws);
}

/* A metadata service that cannot renew its keys hands out old ones: AWS may still take them
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html), so they are
 * used a while and asked for again. */
static void bridge_outage(struct identity *id, int64_t now)
{
    if (id->source->bridges_outages && id->keys.expires_utc - now < ADVISORY_S) {
        id->keys.expires_utc = now + ADVISORY_S + BRIDGE_S + time_mono_ms() % BRIDGE_SPREAD_S;
        log_line("credentials", "%s: keys expire soon; used on, asked for again in minutes",
                 identity_describe(id));
    }
}

void identity_finish(struct identity *id, struct credentials_keys *keys)
{
    int64_t now = clock_now(id);
    char when[TIME_ISO_SIZE];
    bool can_expire = keys->expires_utc != TIME_NONE;
    if (can_expire && keys->expires_utc <= now && !id->source->bridges_outages) {
        time_format_iso(keys->expires_utc, when);
        credentials_keys_wipe(keys);
        identity_fail(id, ERR_EXPIRED, "%s gave credentials that expired at %s; renew them there",
                      identity_describe(id), when);
        return;
    }
    credentials_keys_wipe(&id->keys);
    id->keys = *keys;
    *keys = (struct credentials_keys){.expires_utc = TIME_NONE};
    if (can_expire)
        bridge_outage(id, now);
    id->renewed_utc = now;
    id->failed_utc = TIME_NONE;
    id->is_refused = false;
    id->err = (struct err){0};
    log_line("credentials", "%s: ready", identity_describe(id));
    end(id);
}

/* The sentence for whoever has no credentials at all. */
static void say_none(struct identity *id, struct err *err)
{
    buf_clear(&id->tried);
    buf_printf(&id->tried, "%s%s (%s)", id->tried_before, id->source->name, err->text);
    (void)err_set(err, ERR_CREDENTIALS, "no AWS credentials: tried %s; %s", identity_tried(id),
                  id->advice);
}

void identity_fail_as(struct identity *id, const struct err *err)
{
    id->err = *err;
    if (id->is_last_resort)
        say_none(id, &id->err);
    id->failed_utc = clock_now(id);
    log_line("credentials", "%s: %s", identity_describe(id), id->err.text);
    end(id);
}

void identity_fail(struct identity *id, enum err_code code, const char *fmt, ...)
{
    struct err err;
    char text[sizeof err.text] = "";
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    (void)err_set(&err, code, "%s", text);
    identity_fail_as(id, &err);
}

/* --- callbacks that outlive what they were for --- */

struct waiting {
    struct identity *id;
    unsigned attempt;
    identity_answered *answered;
    void (*fired)(struct identity *id);
};

static struct waiting *wait_new(struct identity *id)
{
    struct waiting *waiting = mem_alloc(sizeof *waiting);
    waiting->id = id;
    waiting->attempt = id->attempt;
    identity_expect(id);
    return waiting;
}

static void fetch_answered(void *ctx, int status, const char *body, size_t len,
                           const struct err *err)
{
    struct waiting waiting = *(struct waiting *)ctx;
    mem_free(ctx);
    if (identity_arrived(waiting.id, waiting.attempt))
        waiting.answered(waiting.id, status, body, len, err);
}

void identity_fetch(struct identity *id, const struct http_request *request,
                    identity_answered *answered)
{
    struct http_request copy = *request;
    struct waiting *waiting = wait_new(id);
    waiting->answered = answered;
    copy.answered = fetch_answered;
    copy.ctx = waiting;
    aws_fetch(id->aws, &copy);
}

static void timer_fired(void *ctx)
{
    struct waiting waiting = *(struct waiting *)ctx;
    mem_free(ctx);
    if (identity_arrived(waiting.id, waiting.attempt))
        waiting.fired(waiting.id);
}

void identity_after(struct identity *id, int delay_ms, void (*fired)(struct identity *id))
{
    struct waiting *waiting = wait_new(id);
    waiting->fired = fired;
    aws_timer(id->aws, delay_ms, timer_fired, waiting);
}
