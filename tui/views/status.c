/* status: what is going on: on the line under every page, and in full when nothing could be read.
 */
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/first_screen.h"
#include "tui/views/posture.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

/* ---- what fails ----------------------------------------------------------------------------- */

static bool is_sooner(const struct blind_spot *a, const struct blind_spot *b)
{
    if ((a->truth == TRUTH_STALE) != (b->truth == TRUTH_STALE))
        return a->truth == TRUTH_STALE;
    return a->since != TIME_NONE && (b->since == TIME_NONE || a->since < b->since);
}

struct failing status_failing(const struct snapshot *s)
{
    struct failing f = {0};
    size_t n;
    const struct blind_spot *b = judgement_blind_spots(s->judgement, &n);
    for (size_t i = 0; i < n; i++) {
        if (!b[i].region[0] || !view_scope_has(&s->scope, b[i].account, b[i].region) ||
            (b[i].truth != TRUTH_STALE && b[i].truth != TRUTH_FAILED))
            continue;
        f.n++;
        f.n_stale += b[i].truth == TRUTH_STALE;
        if (!f.worst || is_sooner(&b[i], f.worst))
            f.worst = &b[i];
    }
    return f;
}

/* ---- the line under every page -------------------------------------------------------------- */

bool app_has_nothing(const struct app *app)
{
    const struct tally *tally = app_tally(app);
    return !tally || tally->lists_seen == 0;
}

/* What the line says, in parts, each in a form for which there is room. */
enum part { PART_FROZEN, PART_TROUBLE, PART_BLIND, PART_ACCOUNTS, PART_SLOWED, PART_COUNT };
enum form { FORM_NONE, FORM_LEAST, FORM_BRIEF, FORM_FULL };
#define PART_SIZE 160

static void clock_text(const struct app *app, int64_t utc, char out[TIME_ISO_SIZE])
{
    if (app_now(app) - utc < 86400)
        time_format_clock(utc, out);
    else
        time_format_date(utc, out);
}

static void frozen_text(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    (void)f;
    if (app->is_frozen)
        snprintf(out, PART_SIZE, form == FORM_FULL ? "frozen: z goes on" : "frozen");
}

/* "kms:ListKeys +3 fail since 14:01Z", "a call of kms +3 fail since 14:01Z", "4 calls fail since 14:01Z" */
static void failing_text(const struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    char since[TIME_ISO_SIZE] = "", name[96], more[24] = "";
    const char *operation = f->worst->operation;
    if (f->n > 1)
        snprintf(more, sizeof more, " +%zu", f->n - 1);
    if (form == FORM_FULL)
        snprintf(name, sizeof name, "%.64s%s", operation, more);
    else if (form == FORM_BRIEF)
        snprintf(name, sizeof name, "a call of %.*s%s", (int)strcspn(operation, ":"), operation, more);
    else
        snprintf(name, sizeof name, "%zu call%s", f->n, f->n == 1 ? "" : "s");
    if (f->worst->since != TIME_NONE)
        clock_text(app, f->worst->since, since);
    snprintf(out, PART_SIZE, "%s fail%s%s%s", name, f->n > 1 ? "" : "s", *since ? " since " : "", since);
}

static void offline_text(const struct app *app, enum form form, char out[PART_SIZE])
{
    char when[TIME_ISO_SIZE];
    clock_text(app, app->offline_since_utc, when);
    snprintf(out, PART_SIZE, "no network since %s%s", when,
             form < FORM_FULL || app_has_nothing(app) ? "" : ", shown as it was read before");
}

static void budget_text(const struct app *app, enum form form, char out[PART_SIZE])
{
    char until[TIME_ISO_SIZE] = "";
    if (app->status.budget_renews_utc != TIME_NONE)
        clock_text(app, app->status.budget_renews_utc, until);
    snprintf(out, PART_SIZE, "budget used up%s%s%s", *until ? " until " : "", until,
             form < FORM_FULL ? "" : ", nothing is asked");
}

static void trouble_text(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    if (app->status.is_offline)
        offline_text(app, form, out);
    else if (app->status.is_budget_spent)
        budget_text(app, form, out);
    else if (f->worst && !app_is_reading(app))
        failing_text(app, f, form, out);
}

static void blind_text(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    static const char *const ends[] = {"", " (!)", " (!)", ", ! shows why"}; /* by form */
    uint32_t n = app->snapshot && !app_is_reading(app) ? app->snapshot->posture->all.blind_spots : 0;
    (void)f;
    if (n > 0)
        snprintf(out, PART_SIZE, "%u blind%s%s%s", n, form == FORM_LEAST ? "" : " spot",
                 form == FORM_LEAST || n == 1 ? "" : "s", ends[form]);
}

/* When the oldest of what is shown was read, if that was before this run; TIME_NONE. */
static int64_t earlier_utc(const struct app *app)
{
    if (!app->snapshot)
        return app->earlier ? app->earlier->now_utc : TIME_NONE;
    int64_t oldest = app->snapshot->posture->all.seen_at;
    return app_is_reading(app) && oldest < app->read_settings_utc ? oldest : TIME_NONE;
}

static void standing_text(struct app *app, const struct failing *f, enum form form, struct buf *out)
{
    const struct refresh_status *s = &app->status;
    if (app_has_nothing(app))
        buf_adds(out, "nothing could be read");
    else if (!f->n_stale && !s->is_offline && !s->is_budget_spent)
        buf_printf(out, "%u account%s current", s->accounts_ready, s->accounts_ready == 1 ? "" : "s");
    else if (form < FORM_FULL)
        buf_adds(out, "not all current");
    else
        buf_printf(out, "%u account%s, not all current", s->accounts_ready, s->accounts_ready == 1 ? "" : "s");
}

static void reading_text(struct app *app, enum form form, struct buf *out)
{
    const struct refresh_status *s = &app->status;
    if (s->accounts == 0)
        buf_adds(out, "reading ...");
    else
        buf_printf(out, "reading %u of %u accounts", s->accounts_ready, s->accounts);
    if (s->accounts > 0 && form == FORM_FULL)
        buf_printf(out, ", %llu of %llu calls", (unsigned long long)s->calls_done,
                   (unsigned long long)(s->calls_done + s->calls_queued));
}

static void accounts_text(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    const struct refresh_status *s = &app->status;
    struct buf text = {0};
    char when[TIME_ISO_SIZE];
    if (earlier_utc(app) != TIME_NONE) {
        clock_text(app, earlier_utc(app), when);
        buf_printf(&text, "as of %s, ", when);
    }
    if (app_is_reading(app))
        reading_text(app, form, &text);
    else
        standing_text(app, f, form, &text);
    if (s->accounts_failed && form == FORM_FULL)
        buf_printf(&text, ", %u not reached", s->accounts_failed);
    if (s->regions_lost > 0 && form > FORM_LEAST)
        buf_printf(&text, ", region %s not read", s->lost_region);
    if (s->regions_lost > 1 && form > FORM_LEAST)
        buf_printf(&text, " +%u", s->regions_lost - 1);
    snprintf(out, PART_SIZE, "%s", text.data);
    buf_free(&text);
}

static void slowed_text(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE])
{
    (void)f;
    if (app->status.slowest_rate > 0)
        snprintf(out, PART_SIZE, form == FORM_FULL ? "throttled, slowed to %.1f calls/s" : "slowed to %.1f/s",
                 app->status.slowest_rate);
}

/* As they stand on the line; each says nothing where there is nothing to say. */
static const struct {
    enum role role;
    void (*tell)(struct app *app, const struct failing *f, enum form form, char out[PART_SIZE]);
} parts[PART_COUNT] = {
    [PART_FROZEN] = {ROLE_FROZEN, frozen_text},    [PART_TROUBLE] = {ROLE_ERROR, trouble_text},
    [PART_BLIND] = {ROLE_UNKNOWN, blind_text},     [PART_ACCOUNTS] = {ROLE_LABEL, accounts_text},
    [PART_SLOWED] = {ROLE_WARNING, slowed_text},
};

/* What is worth room, the most important first: each is said if what stands before it leaves room. */
static const struct {
    enum part part;
    enum form form;
} worth[] = {
    {PART_FROZEN, FORM_LEAST},  {PART_TROUBLE, FORM_LEAST}, {PART_BLIND, FORM_LEAST},   {PART_ACCOUNTS, FORM_LEAST},
    {PART_TROUBLE, FORM_BRIEF}, {PART_BLIND, FORM_BRIEF},   {PART_ACCOUNTS, FORM_BRIEF}, {PART_SLOWED, FORM_LEAST},
    {PART_ACCOUNTS, FORM_FULL}, {PART_TROUBLE, FORM_FULL},  {PART_FROZEN, FORM_FULL},   {PART_BLIND, FORM_FULL},
    {PART_SLOWED, FORM_FULL},
};

struct status_line {
    char text[PART_COUNT][PART_SIZE];
};

/* A blank on either side of a part, and a cell of the rule between two. */
static int line_cols(struct grid *g, const struct status_line *line)
{
    int cols = 1;
    for (int i = 0; i < PART_COUNT; i++)
        cols += *line->text[i] ? grid_text_width(g, line->text[i]) + 3 : 0;
    return cols;
}

static void make_line(struct app *app, struct status_line *line)
{
    struct failing f = app->snapshot ? app->snapshot->failing : (struct failing){0};
    *line = (struct status_line){0};
    for (size_t i = 0; i < sizeof worth / sizeof *worth; i++) {
        struct status_line before = *line;
        parts[worth[i].part].tell(app, &f, worth[i].form, line->text[worth[i].part]);
        if (line_cols(&app->grid, line) > app->grid.w)
            *line = before;
    }
}

void status_draw(struct app *app, int y)
{
    struct grid *g = &app->grid;
    struct status_line line;
    make_line(app, &line);
    grid_hline(g, 0, y, g->w, ROLE_BORDER, GLYPH_H);
    for (int i = 0, x = 1; i < PART_COUNT; i++) {
        if (!*line.text[i])
            continue;
        grid_put(g, x, y, 1, ROLE_NORMAL, " ");
        x += 1 + grid_put(g, x + 1, y, g->w - x - 1, parts[i].role, line.text[i]);
        grid_put(g, x, y, 1, ROLE_NORMAL, " ");
        x += 2;
    }
}

/* ---- when there is nothing to show ---------------------------------------------------------- */

/* What was tried, what failed, what to type: as a verb says it; else the newest call that failed.
 */
static void why_text(struct app *app, const struct refresh_error *newest, struct buf *out)
{
    struct err err = {0};
    if (refresh_wait(app->refresh, 0, NULL, NULL, &err) ==
        REFRESH_NOTHING) { /* 0 s: it does not wait */
        buf_adds(out, err.text);
    } else if (newest) {
        char region[16];
        show_region_short(newest->region, region);
        buf_printf(out, "%s%s%s%s%s: %s%s%s", newest->operation, *newest->account ? " in " : "",
                   newest->account, *region ? " " : "", region, newest->text,
                   *newest->fix ? "; " : "", newest->fix);
    }
}

#define ERRORS_SHOWN 12
#define WHY_LINES 6
#define PATIENCE_MS 3000

static void draw_errors(struct grid *g, struct rect r, const struct refresh_error *errors, size_t n)
{
    for (size_t i = 0; i < n && (int)i < r.h; i++) {
        int y = r.y + (int)i;
        grid_put_fit(g, r.x, y, 28, ROLE_DIM, errors[i].operation, 0);
        grid_put_fit(g, r.x + 30, y, 12, ROLE_DIM, errors[i].account, 0);
        grid_put_fit(g, r.x + 44, y, r.w - 44, ROLE_DIM, errors[i].text, 0);
    }
}

void nothing_draw(struct app *app, struct grid *g, struct rect body)
{
    const struct refresh_status *s = &app->status;
    struct refresh_error errors[ERRORS_SHOWN];
    struct rect r = {body.x + 2, body.y + 1, body.w - 4, body.h - 1};
    /* one call that is denied is no news while others are on their way */
    bool has_patience = app_is_reading(app) && s->accounts_failed < s->accounts &&
                        time_mono_ms() - app->started_ms < PATIENCE_MS;
    size_t n = has_patience ? 0 : refresh_errors(app->refresh, errors, ERRORS_SHOWN);
    struct buf why = {0};
    if (app_is_reading(app)) {
        if (s->accounts > 0)
            grid_printf(g, r.x, r.y, r.w, ROLE_LOADING, "Reading %u of %u accounts ...",
                        s->accounts_ready, s->accounts);
        else
            grid_put(g, r.x, r.y, r.w, ROLE_LOADING, "Reading ...");
        r.y += 2;
    } else {
        buf_adds(&why, "Nothing could be read: ");
    }
    why_text(app, n ? &errors[0] : NULL, &why);
    if (why.len > 0) {
        r.h = WHY_LINES;
        r.y +=
            paragraph_draw(g, r, app_is_reading(app) ? ROLE_WARNING : ROLE_ERROR, why.data, 0) + 1;
        grid_put_fit(g, r.x, r.y, r.w, ROLE_LABEL,
                     app->options->is_kept
                         ? "! shows every call that failed; q quits"
                         : "! shows every call that failed; R tries again; q quits",
                     0);
        r.y += 2;
    }
    r.h = body.y + body.h - r.y;
    if (n > 1)
        draw_errors(g, r, errors, n);
    buf_free(&why);
}
