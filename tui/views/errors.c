/* errors: what could not be read, one line for each call, place and error; who said so and what to do. Before
 * them the lines of keyfall.conf that do not count. */
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <string.h>

#define ERRORS_MAX 500
#define CONFIG_ERRORS_MAX 200

struct errors {
    struct page page;
    struct refresh_error *items;
    size_t n, rows;
    size_t n_config; /* the first of them are of keyfall.conf */
    size_t told_row; /* the row that the foot tells of: where the cursor rested last */
    struct table_state state;
};

static void cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    struct errors *v = ctx;
    const struct refresh_error *e = &v->items[row];
    char text[TIME_ISO_SIZE], region[16];
    switch (column) { /* the columns below */
    case 0:
        out->text = e->operation;
        break;
    case 1:
        out->text = *e->target ? e->target
                    : v->page.app->snapshot
                        ? show_account_name(v->page.app->snapshot->generation, e->account)
                        : e->account;
        break;
    case 2:
        show_region_short(e->region, region);
        snprintf(out->own, sizeof out->own, "%s", region);
        out->text = out->own;
        break;
    case 3:
        out->text = *e->aws_code ? e->aws_code : err_word(e->code);
        out->role = e->code == ERR_DENIED ? ROLE_DENIED : ROLE_UNKNOWN;
        break;
    case 4:
        snprintf(out->own, sizeof out->own, "%llu", (unsigned long long)e->count);
        out->text = out->own;
        break;
    default:
        time_format_clock(e->last_utc, text);
        snprintf(out->own, sizeof out->own, "%s", text);
        out->text = out->own;
    }
}

static const struct table_column columns[] = {
    {"call", "CALL", 22, 44, 0, TABLE_NAME},   {"account", "ACCOUNT", 12, 16, 2, 0},
    {"region", "RGN", 5, 5, 3, 0},             {"error", "ERROR", 16, 30, 1, 0},
    {"count", "TIMES", 5, 6, 4, TABLE_RIGHT},  {"last", "LAST", 6, 6, 5, 0},
};

/* Who could not be reached may be anybody. */
static void confine(struct errors *v)
{
    const struct snapshot *s = v->page.app->snapshot;
    size_t n = v->n_config;
    for (size_t i = n; s && i < v->n; i++)
        if (!*v->items[i].account || view_scope_has(&s->scope, v->items[i].account, v->items[i].region))
            v->items[n++] = v->items[i];
    v->n = s ? n : v->n;
}

/* The newest stand first; the cursor stays on its line. */
static void read_errors(struct errors *v)
{
    struct refresh_error at = {.operation = ""};
    size_t row = v->state.scroll.cursor;
    if (row > 0 && row < v->n)
        at = v->items[row];
    v->n_config = app_config_errors(v->page.app, v->items, CONFIG_ERRORS_MAX);
    v->n = v->n_config + refresh_errors(v->page.app->refresh, v->items + v->n_config, ERRORS_MAX - v->n_config);
    confine(v);
    for (size_t i = 0; *at.operation && i < v->n; i++)
        if (strcmp(v->items[i].operation, at.operation) == 0 && strcmp(v->items[i].account, at.account) == 0 &&
            strcmp(v->items[i].region, at.region) == 0 && strcmp(v->items[i].aws_code, at.aws_code) == 0)
            v->state.scroll.cursor = i;
}

static void draw_why(struct errors *v, struct grid *g, struct rect r)
{
    grid_hline(g, r.x, r.y, r.w, ROLE_BORDER, GLYPH_H);
    if (app_rested(v->page.app))
        v->told_row = v->state.scroll.cursor;
    if (v->told_row >= v->n)
        return;
    const struct refresh_error *e = &v->items[v->told_row];
    char first[TIME_ISO_SIZE], times[32], when[160];
    time_format_iso(e->first_utc, first);
    snprintf(times, sizeof times, e->count == 1 ? "once" : "%llu times", (unsigned long long)e->count);
    snprintf(when, sizeof when, "first at %s, %s, request %s", first, times,
             *e->request_id ? e->request_id : "(none)");
    const struct {
        const char *label, *text;
    } rows[] = {{"said", e->text}, {"fix", e->fix}, {"when", when}};
    int lines[3], below = 0;
    for (int i = 2; i >= 0; below += lines[i--])
        lines[i] = *rows[i].text ? paragraph_lines(g, r.w - 8, rows[i].text) : 0;
    below -= lines[0]; /* what was said gives way to what to do */
    for (int i = 0, y = r.y + 1; i < 3 && y < r.y + r.h; i++) {
        int left = r.y + r.h - y, room = i == 0 && left > below ? left - below : left;
        if (lines[i] == 0)
            continue;
        grid_put(g, r.x + 1, y, 6, ROLE_LABEL, rows[i].label);
        y += paragraph_draw_cut(g, (struct rect){r.x + 7, y, r.w - 8, room < lines[i] ? room : lines[i]},
                                ROLE_NORMAL, rows[i].text);
    }
}

/* What all that was asked took of AWS. */
static void draw_courtesy(struct errors *v, struct grid *g, struct rect r)
{
    struct refresh_courtesy c;
    char cost[COST_WORDS_SIZE], budget[BUDGET_WORDS_SIZE], text[256];
    refresh_courtesy(v->page.app->refresh, &c);
    cost_words(c.all.nanousd, cost);
    budget_words(&c.budget, budget);
    bool has_budget = c.budget.requests || c.budget.nanousd;
    snprintf(text, sizeof text, "%s%s%s%llu requests, %llu throttled, %llu retried, at most %s",
             has_budget ? "of " : "", budget,
             !has_budget ? "" : c.is_budget_spent ? " an hour, used up: " : " an hour: ",
             (unsigned long long)c.all.requests, (unsigned long long)c.all.throttles,
             (unsigned long long)c.all.retries, cost);
    grid_put(g, r.x + 1, r.y, 6, ROLE_LABEL, "asked");
    grid_put_fit(g, r.x + 7, r.y, r.w - 8, c.is_budget_spent ? ROLE_DENIED : ROLE_NORMAL, text, 0);
}

static void errors_draw(struct page *p, struct grid *g, struct rect body)
{
    struct errors *v = (struct errors *)p;
    read_errors(v);
    int foot = 9;
    struct table t = {.columns = columns,
                      .n_columns = 6,
                      .n_rows = v->n,
                      .ctx = v,
                      .cell = cell,
                      .empty = app_is_reading(p->app) ? "No call has failed so far." : "Every call was answered."};
    struct table_look look = {.is_focused = true};
    struct rect list = {body.x, body.y, body.w, body.h - foot};
    v->state.sort_column = -1;
    v->rows = table_page(list, &look);
    table_draw(g, list, &t, &v->state, &look);
    draw_why(v, g, (struct rect){body.x, body.y + body.h - foot, body.w, foot - 1});
    draw_courtesy(v, g, (struct rect){body.x, body.y + body.h - 1, body.w, 1});
}

static bool errors_act(struct page *p, enum action action)
{
    struct errors *v = (struct errors *)p;
    if (action_scroll(action, &v->state.scroll, v->n, v->rows))
        return true;
    if (action != ACTION_OPEN || v->n == 0)
        return false;
    if (v->state.scroll.cursor < v->n_config) {
        app_say(p->app, ROLE_MESSAGE, "keyfall.conf is read once, when keyfall starts");
        return true;
    }
    const struct refresh_error *e = &v->items[v->state.scroll.cursor];
    char scope[128];
    snprintf(scope, sizeof scope, "account=%s%s%s", e->account, *e->region ? " region=" : "", e->region);
    app_push(p->app, page_list_in(p->app, "blind-spots", scope, ""));
    return true;
}

static void errors_row_text(struct page *p, struct buf *out)
{
    struct errors *v = (struct errors *)p;
    if (v->state.scroll.cursor >= v->n)
        return;
    const struct refresh_error *e = &v->items[v->state.scroll.cursor];
    buf_printf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s", e->operation, e->account, e->region,
               *e->aws_code ? e->aws_code : err_word(e->code), e->text, e->fix, e->request_id);
}

static void errors_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "errors");
}

static uint32_t errors_node(struct page *p)
{
    (void)p;
    return 0;
}

static bool errors_has_row(struct page *p)
{
    struct errors *v = (struct errors *)p;
    return v->state.scroll.cursor < v->n;
}

static void errors_free(struct page *p)
{
    mem_free(((struct errors *)p)->items);
    mem_free(p);
}

static const struct page_ops errors_ops = {
    .context = KEYS_ERRORS,
    .draw = errors_draw,
    .act = errors_act,
    .place = errors_place,
    .node = errors_node,
    .has_row = errors_has_row,
    .row_text = errors_row_text,
    .free = errors_free,
};

static size_t row_of(const struct errors *v, const struct blind_spot *b)
{
    for (size_t i = 0; b && i < v->n; i++)
        if (strcmp(v->items[i].operation, b->operation) == 0 && strcmp(v->items[i].account, b->account) == 0 &&
            strcmp(v->items[i].region, b->region) == 0)
            return i;
    return 0;
}

struct page *page_errors(struct app *app, const struct blind_spot *at)
{
    struct errors *v = mem_alloc(sizeof *v);
    v->page = (struct page){.ops = &errors_ops, .app = app};
    v->items = mem_alloc_array(ERRORS_MAX, sizeof *v->items);
    read_errors(v);
    v->state.scroll.cursor = v->told_row = row_of(v, at);
    return &v->page;
}
