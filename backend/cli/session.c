#include "backend/cli/about.h"
#include "backend/cli/ask.h"
#include "backend/cli/redacted.h"
#include "backend/cli/summary.h"
#include "backend/cli/verb.h"

#include "backend/aws/aws.h"
#include "backend/base/log.h"
#include "backend/change/change.h"
#include "backend/demo/demo.h"
#include "backend/guard/guard.h"
#include "backend/store/posture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Credentials are in memory from now on. */
static void keep_memory_private(void)
{
    struct guard_state state;
    guard_memory(&state); /* what this machine does not have, it does not have */
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static const char *first_region(const struct cli_options *o)
{
    if (o->regions)
        return o->regions[0];
    const char *region = from_environment("AWS_REGION");
    return region ? region : from_environment("AWS_DEFAULT_REGION");
}

static size_t count(const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

static struct target target_of(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->targets.n; i++) {
        const struct target_settings *t = &s->targets.items[i];
        if (strcmp(t->name, name) == 0)
            return (struct target){.profile = t->profile,
                                   .role_arn = t->read_role,
                                   .change_role_arn = t->change_role,
                                   .mfa_serial = t->mfa,
                                   .external_id = t->external_id,
                                   .regions = t->regions.items};
    }
    return (struct target){.profile = name};
}

/* The caller's (mem_free). */
static struct target *live_targets(const struct cli_options *o, size_t *n)
{
    size_t n_profiles = count(o->profiles), n_targets = count(o->targets);
    *n = n_profiles + n_targets > 0 ? n_profiles + n_targets : 1;
    struct target *targets = mem_alloc_array(*n, sizeof *targets);
    for (size_t i = 0; i < n_profiles; i++)
        targets[i].profile = o->profiles[i];
    for (size_t i = 0; i < n_targets; i++)
        targets[n_profiles + i] = target_of(o->settings, o->targets[i]);
    return targets;
}

/* Whether AWS is asked at all. */
static bool is_live(const struct cli_options *o)
{
    return !o->is_demo && !o->posture && !o->is_batch && !o->wants_rules && (!o->verb || o->verb->bit & USED_BY_WIRE);
}

struct credentials_ahead *session_run_ahead(const struct cli_options *o)
{
    if (!is_live(o))
        return NULL;
    keep_memory_private();
    size_t n;
    struct target *targets = live_targets(o, &n);
    const char **profiles = mem_alloc_array(n, sizeof *profiles);
    for (size_t i = 0; i < n; i++)
        profiles[i] = targets[i].profile;
    struct credentials_ahead *ahead = credentials_ahead_new(profiles, n);
    mem_free(profiles);
    mem_free(targets);
    return ahead;
}

#define HOUR_MS 3600000

enum err_code session_wire(const struct cli_options *o, struct wire **wire, struct err *err)
{
    keep_memory_private();
    struct aws_settings settings = {.viewer = o->is_viewer,
                                    .ahead = o->ahead,
                                    .endpoint_url = o->endpoint_url,
                                    .stall_timeout_ms = o->settings->refresh.read_timeout_s * 1000};
    return aws_new(&settings, wire, err);
}

static enum err_code open_wire(const struct cli_options *o, bool once, struct wire **wire, struct err *err)
{
    if (o->is_demo) {
        *wire = demo_wire_new(o->now_utc ? o->now_utc : time_now_utc());
        return ERR_OK;
    }
    keep_memory_private();
    struct aws_settings settings = {.viewer = o->is_viewer,
                                    .ahead = o->ahead,
                                    .endpoint_url = o->endpoint_url,
                                    .rate_share = o->settings->refresh.share / 100.0,
                                    .rate_share_cautious = o->settings->refresh.share_cautious / 100.0,
                                    .stall_timeout_ms = o->settings->refresh.read_timeout_s * 1000,
                                    .budget = o->budget,
                                    .budget_every_ms = once ? 0 : HOUR_MS};
    return aws_new(&settings, wire, err);
}

static bool restore(void *ctx, struct estate *estate)
{
    return store_restore(ctx, estate);
}

/* Now, for the refresh thread has the file next. */
static void take_summary(struct session *s)
{
    size_t bytes_read;
    (void)store_summary(s->store, &s->summary, &bytes_read);
    log_line("store", "%zu bytes were read for the first screen", bytes_read);
}

/* A verb answers by what it reads itself: of earlier it only wants to know since when. Without a store all else works. A viewer who never kept anything misses nothing. */
static void open_store(const struct cli_options *o, bool once, struct session *s)
{
    char *scope = scope_text(o);
    if (store_open(scope, o->is_viewer, &s->store, &s->store_problem) == ERR_NOT_FOUND && o->is_viewer)
        s->store_problem = (struct err){0};
    if (s->store)
        s->past = store_past(s->store);
    if (s->store && once)
        store_recall(s->store);
    else if (s->store)
        take_summary(s);
    mem_free(scope);
}

static enum err_code open_posture(const struct cli_options *o, struct session *s, struct err *err)
{
    struct buf summary = {0};
    s->estate = estate_new();
    s->kept = posture_past_new(s->estate);
    s->past = posture_past_told(s->kept);
    enum err_code code = posture_open(o->posture, s->estate, s->kept, &summary, err);
    if (code == ERR_OK)
        code = refresh_kept(s->estate, o->now_utc, &s->refresh, err);
    buf_free(&summary);
    return code;
}

enum err_code session_open(const struct cli_options *o, bool once, struct session *s, struct err *err)
{
    *s = (struct session){0};
    if (o->posture)
        return open_posture(o, s, err);
    if (!o->is_demo && !o->has_no_store)
        open_store(o, once, s);
    /* With a role the demo shows its organization too: names, and the account that cannot be entered. */
    struct refresh_settings settings = {
        .org_role = o->is_demo ? "AuditReadOnly" : o->org_role,
        .regions = o->regions,
        .budget = o->budget,
        .products = &o->settings->products,
        .first_region = o->is_demo ? NULL : first_region(o),
        .deletions_every_s = o->settings->refresh.deletions_s,
        .cycle_every_s = o->settings->refresh.cycle_s,
        .inventory_every_s = o->settings->refresh.inventory_s,
        .org_change_role = o->is_demo ? NULL : o->settings->organization.change_role,
        .org_external_id = o->is_demo ? NULL : o->settings->organization.external_id,
        .once = once,
        .has_person = once && !o->is_demo && ask_can(),
        .fixed_now = o->now_utc,
        .anonymous = o->is_demo,
        .restore = s->store && !once ? restore : NULL,
        .restore_ctx = s->store,
        .is_held = !once,
    };
    enum err_code code = open_wire(o, once, &settings.wire, err);
    if (code != ERR_OK)
        return code;
    s->estate = estate_new();
    settings.estate = s->estate;
    if (s->store && !once)
        code = store_follow(s->store, s->estate, err);
    if (code != ERR_OK)
        return code;
    struct target *live = NULL;
    if (o->is_demo)
        settings.n_targets = demo_targets(&settings.targets) > 0; /* the first leads to all accounts */
    else
        settings.targets = live = live_targets(o, &settings.n_targets);
    code = refresh_new(&settings, &s->refresh, err);
    mem_free(live);
    return code;
}

enum err_code session_desk(const struct cli_options *o, bool changes, bool (*is_cancelled)(void *ctx), void *ctx,
                           struct desk **desk, struct err *err)
{
    struct desk_settings settings = {.first_region = o->is_demo ? NULL : first_region(o),
                                     .org_role = o->org_role,
                                     .org_change_role = o->settings->organization.change_role,
                                     .org_external_id = o->settings->organization.external_id,
                                     .anonymous = o->is_demo,
                                     .changes = changes,
                                     .is_cancelled = is_cancelled,
                                     .ctx = ctx,
                                     .settle_s = (int)o->settle_s};
    struct aws_settings aws = {.viewer = o->is_viewer,
                               .endpoint_url = o->endpoint_url,
                               .stall_timeout_ms = o->settings->refresh.read_timeout_s * 1000};
    const struct target *targets = NULL;
    struct target *live = NULL;
    if (o->is_demo) {
        settings.wire = demo_wire_new(o->now_utc ? o->now_utc : time_now_utc());
        settings.n_doors = demo_targets(&targets);
    } else {
        keep_memory_private();
        settings.aws = &aws;
        targets = live = live_targets(o, &settings.n_doors);
    }
    struct door *doors = mem_alloc_array(settings.n_doors, sizeof *doors);
    for (size_t i = 0; i < settings.n_doors; i++)
        doors[i] = (struct door){.profile = targets[i].profile,
                                 .role_arn = targets[i].role_arn,
                                 .change_role_arn = targets[i].change_role_arn,
                                 .external_id = targets[i].external_id,
                                 .mfa_serial = targets[i].mfa_serial};
    settings.doors = doors;
    enum err_code code = desk_open(&settings, desk, err);
    mem_free(doors);
    mem_free(live);
    return code;
}

void session_close(struct session *s)
{
    refresh_free(s->refresh);
    store_close(s->store);
    posture_past_free(s->kept);
    buf_free(&s->summary);
    if (s->estate)
        estate_free(s->estate);
    *s = (struct session){0};
}

/* ---- waiting ------------------------------------------------------------------------------------------ */

#define CLEAR_LINE "\r\033[K"

static void show_progress(struct refresh *r)
{
    struct refresh_status st;
    refresh_status(r, &st);
    (void)fprintf(stderr, CLEAR_LINE "reading: %" PRIu64 " calls done, %" PRIu64 " to go", st.calls_done,
                  st.calls_queued);
    if (st.accounts > 1)
        (void)fprintf(stderr, ", %u of %u accounts reached", st.accounts_ready, st.accounts);
    if (st.throttles > 0)
        (void)fprintf(stderr, ", throttled %" PRIu64 " times", st.throttles);
    (void)fflush(stderr);
}

struct waiting {
    bool has_progress;
    int64_t until_ms;
};

/* One code at a time: whether it was right is known a moment later. */
static void ask_for_code(const struct waiting *w, struct refresh *r)
{
    struct refresh_login logins[8];
    char code[16], prompt[256];
    for (size_t i = 0, n = refresh_logins(r, logins, 8); i < n; i++) {
        const struct login *login = &logins[i].login;
        if (login->kind != LOGIN_CODE || login->stage != LOGIN_WANTED)
            continue;
        if (w->has_progress)
            (void)fputs(CLEAR_LINE, stderr);
        if (login->failed.code != ERR_OK)
            say("%s", login->failed.text);
        (void)snprintf(prompt, sizeof prompt, "Enter MFA code for %s: ", login->what);
        if (ask_code(prompt, w->until_ms, code, sizeof code) == ASK_GIVEN)
            refresh_log_in(r, logins[i].id, code);
        else
            refresh_log_in_cancel(r, logins[i].id);
        mem_wipe(code, sizeof code);
        return;
    }
}

static void while_waiting(void *ctx, struct refresh *r)
{
    const struct waiting *w = ctx;
    ask_for_code(w, r);
    if (w->has_progress)
        show_progress(r);
}

static enum refresh_result wait_for(const struct cli_options *o, struct refresh *r, struct err *err)
{
    struct waiting w = {.has_progress = isatty(STDERR_FILENO),
                        .until_ms = time_mono_ms() + o->timeout_s * 1000};
    enum refresh_result result = refresh_wait(r, (int)o->timeout_s, while_waiting, &w, err);
    if (w.has_progress)
        (void)fputs(CLEAR_LINE, stderr);
    return result;
}

/* ---- answering ---------------------------------------------------------------------------------------- */

static int write_redacted(const struct answer *told, int (*write)(const struct answer *a))
{
    struct answer a = *told;
    struct redacted r;
    struct err err = {0};
    int status = CLI_BAD;
    enum err_code code = redacted_open(told->options, told->judgement, &r, &err);
    if (code == ERR_OK) {
        a.options = &r.options;
        a.generation = estate_acquire(r.estate);
        struct judgement *j = judge_with(a.generation, a.now_utc, &r.settings->allow);
        struct past past = posture_past_told(r.kept);
        judgement_remember(j, &past);
        a.judgement = j;
        status = write(&a);
        judgement_free(j);
        generation_release(a.generation);
    } else {
        say("%s", err.text);
    }
    redacted_close(&r);
    return status;
}

static int write_answer(const struct cli_options *o, struct session *s, bool is_cut_short,
                        int (*write)(const struct answer *a))
{
    struct refresh_status st;
    refresh_status(s->refresh, &st);
    struct answer a = {.options = o,
                       .generation = estate_acquire(s->estate),
                       .scratch = arena_new(),
                       .now_utc = o->now_utc ? o->now_utc : st.now_utc,
                       .is_cut_short = is_cut_short || (o->about && o->about->is_cut_short)};
    struct judgement *j = judge_with(a.generation, a.now_utc, &o->settings->allow);
    a.judgement = j;
    judgement_remember(j, &s->past);
    if (s->store && !is_cut_short)
        store_keep_findings(s->store, j);
    int status = o->is_redacted ? write_redacted(&a, write) : write(&a);
    judgement_free(j);
    arena_free(a.scratch);
    generation_release(a.generation);
    return status;
}

#define MAX_TOLD 8

/* Why nothing can be read: the first reason in full, and what else went wrong on the way in. */
static void say_nothing(struct refresh *r, const struct err *err)
{
    struct refresh_error errors[MAX_TOLD];
    size_t n = refresh_errors(r, errors, MAX_TOLD);
    say("%s", err->text);
    for (size_t i = 0; i < n; i++) {
        const struct refresh_error *e = &errors[i];
        if (e->target[0] && !strstr(err->text, e->text))
            say("%s: %s%s%s", e->target, e->text, e->fix[0] ? "; " : "", e->fix);
    }
}

static bool has_read(struct session *s)
{
    struct refresh_status st;
    refresh_status(s->refresh, &st);
    return st.has_read;
}

static void say_nothing_answered(const struct cli_options *o, struct session *s)
{
    struct refresh_status st;
    refresh_status(s->refresh, &st);
    bool has_failed = st.last_failure.code != ERR_OK;
    say("nothing had answered after %" PRId64 " s%s%s; --timeout waits longer", o->timeout_s,
        has_failed ? ": " : st.waits_for[0] ? ", waiting for " : "",
        has_failed ? st.last_failure.text : st.waits_for);
}

int session_answer(const struct cli_options *o, int (*write)(const struct answer *a))
{
    struct session s;
    struct err err = {0};
    int status = CLI_NOTHING;
    if (session_open(o, true, &s, &err) != ERR_OK) {
        say("%s", err.text);
        session_close(&s);
        return err.code == ERR_USAGE ? CLI_USAGE : CLI_NOTHING;
    }
    enum refresh_result result = wait_for(o, s.refresh, &err);
    if (result == REFRESH_NOTHING) {
        say_nothing(s.refresh, &err);
    } else if (result == REFRESH_TIMED_OUT && !has_read(&s)) {
        say_nothing_answered(o, &s);
    } else {
        if (result == REFRESH_TIMED_OUT)
            say("stopped reading after %" PRId64 " s: what was not read by then is a blind spot; "
                "--timeout waits longer", o->timeout_s);
        status = write_answer(o, &s, result == REFRESH_TIMED_OUT, write);
    }
    if (o->wants_summary)
        summary_write(o, s.refresh, stderr);
    session_close(&s);
    return status;
}
