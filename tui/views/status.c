/* status: what is going on: on the line under every page, and in full when nothing could be read.
 */
#include "backend/base/text.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/views/first_screen.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>
#include <string.h>

/* ---- what fails ----------------------------------------------------------------------------- */

/* The calls that a service does not answer now. What is denied will stay so: that is a blind spot
 * only. */
struct failing {
    const struct blind_spot
        *worst; /* NULL: none fails; else the one that is silent longest, old rows first */
    size_t n, n_stale;
};

static bool is_sooner(const struct blind_spot *a, const struct blind_spot *b)
{
    if ((a->truth == TRUTH_STALE) != (b->truth == TRUTH_STALE))
        return a->truth == TRUTH_STALE;
    return a->since != TIME_NONE && (b->since == TIME_NONE || a->since < b->since);
}

static struct failing what_fails(const struct snapshot *s)
{
    struct failing f = {0};
    size_t n = 0;
    const struct blind_spot *b = s ? judgement_blind_spots(s->judgement, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (!b[i].region[0] || (b[i].truth != TRUTH_STALE && b[i].truth != TRUTH_FAILED))
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

/* What the line says, in parts; brief where there is little room. */
enum part { PART_FROZEN, PART_SCOPE, PART_TROUBLE, PART_BLIND, PART_ACCOUNTS, PART_SLOWED, PART_COUNT };
struct status_line {
    char text[PART_COUNT][160];
    enum role role[PART_COUNT];
};

static void clock_text(const struct app *app, int64_t utc, char out[TIME_ISO_SIZE])
{
    if (app_now(app) - utc < 86400)
        time_format_clock(utc, out);
    else
        time_format_date(utc, out);
}

/* "kms:ListKeys +3 fail since 14:01Z": the name of the call is shortened to cols. */
static void failing_text(struct app *app, const struct failing *f, int name_cols, char out[160])
{
    char since[TIME_ISO_SIZE] = "", more[24] = "", name[64];
    const char *operation = f->worst->operation;
    size_t fit = text_fit(operation, name_cols, NULL);
    snprintf(name, sizeof name, "%.*s%s",
             (int)(operation[fit] ? text_fit(operation, name_cols - 2, NULL) : fit), operation,
             operation[fit] ? ".." : "");
    if (f->n > 1)
        snprintf(more, sizeof more, " +%zu", f->n - 1);
    if (f->worst->since != TIME_NONE)
        clock_text(app, f->worst->since, since);
    snprintf(out, 160, "%s%s fail%s%s%s", name, more, f->n > 1 ? "" : "s", *since ? " since " : "",
             since);
}

static void offline_text(const struct app *app, bool is_brief, char out[160])
{
    char when[TIME_ISO_SIZE];
    clock_text(app, app->offline_since_utc, when);
    snprintf(out, 160, "no network since %s%s", when,
             is_brief || app_has_nothing(app) ? "" : ", shown as it was read before");
}

static void budget_text(const struct app *app, bool is_brief, char out[160])
{
    char until[TIME_ISO_SIZE] = "";
    if (app->status.budget_renews_utc != TIME_NONE)
        clock_text(app, app->status.budget_renews_utc, until);
    snprintf(out, 160, "budget used up%s%s%s", *until ? " until " : "", until,
             is_brief ? "" : ", nothing is asked");
}

/* When the oldest of what is shown was read, if that was before this run; TIME_NONE. */
static int64_t earlier_utc(const struct app *app)
{
    if (!app->snapshot)
        return app->earlier ? app->earlier->now_utc : TIME_NONE;
    int64_t oldest = app->snapshot->posture->all.seen_at;
    return app_is_reading(app) && oldest < app->read_settings_utc ? oldest : TIME_NONE;
}

static void accounts_text(const struct app *app, const struct failing *f, bool is_brief,
                          char out[160])
{
    const struct refresh_status *s = &app->status;
    struct buf text = {0};
    char when[TIME_ISO_SIZE];
    if (earlier_utc(app) != TIME_NONE) {
        clock_text(app, earlier_utc(app), when);
        buf_printf(&text, "as of %s, ", when);
    }
    if (app_is_reading(app) && s->accounts == 0)
        buf_adds(&text, "reading ...");
    else if (app_is_reading(app))
        buf_printf(&text, "reading %u of %u accounts, %llu of %llu calls", s->accounts_ready,
                   s->accounts, (unsigned long long)s->calls_done,
                   (unsigned long long)(s->calls_done + s->calls_queued));
    else if (app_has_nothing(app))
        buf_adds(&text, "nothing could be read");
    else
        buf_printf(&text, "%u account%s%s", s->accounts_ready, s->accounts_ready == 1 ? "" : "s",
                   f->n_stale || s->is_offline || s->is_budget_spent ? ", not all current" : " current");
    if (s->accounts_failed && !is_brief)
        buf_printf(&text, ", %u not reached", s->accounts_failed);
    if (s->regions_lost > 0)
        buf_printf(&text, ", region %s not read", s->lost_region);
    if (s->regions_lost > 1)
        buf_printf(&text, " +%u", s->regions_lost - 1);
    snprintf(out, 160, "%s", text.data);
    buf_free(&text);
}

/* What is not a list, the counts of the panels too, stays that of everything. */
static void scope_note(const struct app *app, char out[160])
{
    struct buf filter = {0}, label = {0};
    scope_texts(app, "", &filter, &label);
    if (label.len > 0)
        snprintf(out, 160, "lists of %s only", label.data);
    buf_free(&filter);
    buf_free(&label);
}

#define CALL_COLS 64       /* of a call's name, at most and */
#define CALL_LEAST_COLS 12 /* at least */

/* brief: 0 not, 1 how the accounts stand, 2 everything */
static void make_line(struct app *app, const struct failing *f, int brief, int call_cols,
                      struct status_line *out)
{
    size_t n = 0;
    *out = (struct status_line){.role = {ROLE_FROZEN, ROLE_MESSAGE, ROLE_ERROR, ROLE_UNKNOWN, ROLE_LABEL, ROLE_WARNING}};
    if (app->is_frozen)
        snprintf(out->text[PART_FROZEN], 160, "frozen: z goes on");
    scope_note(app, out->text[PART_SCOPE]);
    if (app->status.is_offline)
        offline_text(app, brief > 1, out->text[PART_TROUBLE]);
    else if (app->status.is_budget_spent)
        budget_text(app, brief > 1, out->text[PART_TROUBLE]);
    else if (f->worst && !app_is_reading(app))
        failing_text(app, f, call_cols, out->text[PART_TROUBLE]);
    if (app->status.slowest_rate > 0 && brief < 2)
        snprintf(out->text[PART_SLOWED], 160, brief ? "slowed to %.1f/s" : "throttled, slowed to %.1f calls/s",
                 app->status.slowest_rate);
    if (app->snapshot && !app_is_reading(app))
        judgement_blind_spots(app->snapshot->judgement, &n);
    if (n > 0)
        snprintf(out->text[PART_BLIND], 160,
                 brief > 1 ? "%zu blind spot%s (!)" : "%zu blind spot%s, ! shows why", n,
                 n == 1 ? "" : "s");
    accounts_text(app, f, brief > 0, out->text[PART_ACCOUNTS]);
}

static int line_cols(struct grid *g, const struct status_line *line)
{
    int cols = 0;
    for (int i = 0; i < PART_COUNT; i++)
        cols += *line->text[i] ? grid_text_width(g, line->text[i]) + 3 : 0;
    return cols + 1;
}

/* The parts stand in a rule, a blank on either side of each. */
void status_draw(struct app *app, int y)
{
    struct grid *g = &app->grid;
    struct failing f = what_fails(app->snapshot);
    struct status_line line;
    make_line(app, &f, 0, CALL_COLS, &line);
    for (int brief = 1; brief <= 2 && line_cols(g, &line) > g->w; brief++)
        make_line(app, &f, brief, CALL_COLS, &line);
    int over = line_cols(g, &line) - g->w;
    if (over > 0 && f.worst) {
        int cols = (int)strlen(f.worst->operation) - over;
        make_line(app, &f, 2, cols > CALL_LEAST_COLS ? cols : CALL_LEAST_COLS, &line);
    }
    grid_hline(g, 0, y, g->w, ROLE_BORDER, GLYPH_H);
    for (int i = 0, x = 1; i < PART_COUNT; i++) {
        int room = g->w - x - 3;
        if (!*line.text[i] || room < 8)
            continue;
        grid_put(g, x, y, 1, ROLE_NORMAL, " ");
        int used = grid_put_fit(g, x + 1, y, room, line.role[i], line.text[i], 0);
        grid_put(g, x + 1 + used, y, 1, ROLE_NORMAL, " ");
        x += used + 3;
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
