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

struct identity *identity_assume(struct wire *aws, struct identity *source,
                                 const struct identity_role *role)
{
    struct identity *id = identity_new(aws, source->settings);
    if (role->region) {
        id->region = mem_strdup(role->region);
        id->said.region = id->region;
    }
    credentials_role_make(id, source, role);
    buf_adds(&id->tried, identity_describe(id));
    return id;
}

struct identity *identity_hold(struct identity *id)
{
    id->users++;
    return id;
}

void identity_free(struct identity *id)
{
    if (!id || --id->users > 0)
        return;
    id->pending++; /* what follows may bring callbacks home */
    errand_end(id, &id->renewal);
    errand_end(id, &id->login);
    identity_wanted_free(id);
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
    identity_release(id);
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

bool identity_is_narrowed(const struct identity *id)
{
    return id && id->source && id->source->takes_policy && aws_settings(id->aws)->viewer;
}

const char *identity_tried(const struct identity *id)
{
    return id->tried.data ? id->tried.data : "";
}

/* --- renewal --- */

int64_t identity_now(const struct identity *id)
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
    if (id->wanted) /* they are used to their end while nobody brings others */
        return NEED_SOON;
    if (left > ADVISORY_S || is_within(now, id->renewed_utc, smaller(RENEWAL_GAP_S, 1 + life / 4)))
        return NEED_NOTHING;
    return left <= smaller(MANDATORY_S, life / 2) ? NEED_NOW : NEED_SOON;
}

static void begin(struct identity *id, int64_t now)
{
    errand_begin(&id->renewal);
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
    if (need != NEED_NOTHING && !id->renewal.is_busy &&
        !is_within(now_utc, id->failed_utc, RETRY_AFTER_FAILURE_S)) {
        begin(id, now_utc);
        need = renewal_need(id, now_utc);
    }
    if (need == NEED_NOW) {
        if (id->renewal.is_busy)
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
    if (!id->renewal.is_busy && !is_within(identity_now(id), id->refused_utc, REFUSAL_GAP_S))
        id->is_refused = true;
}

static void end(struct identity *id)
{
    errand_end(id, &id->renewal);
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
    int64_t now = identity_now(id);
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
    identity_wanted_free(id);
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
    if (id->err.advice_at == 0)
        err_note_advice(&id->err);
    id->failed_utc = identity_now(id);
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
