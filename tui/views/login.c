/* login: what only a person can do before more can be read: a code to type, a page to open, a
 * command to run. Nothing waits for it; what could be read is on the other pages meanwhile. */
#include "tui/views/app.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <string.h>

#define LOGINS_MAX 64
#define CODE_DIGITS 6 /* https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html   \
                       */

struct logins {
    struct page page;
    struct refresh_login *items;
    size_t n, rows;
    struct table_state state;
    char code[CODE_DIGITS + 1]; /* what is typed; overwritten as soon as it was handed over */
    bool is_typing;
};

static const struct login *current(const struct logins *v)
{
    return v->state.scroll.cursor < v->n ? &v->items[v->state.scroll.cursor].login : NULL;
}

static void stop_typing(struct logins *v)
{
    mem_wipe(v->code, sizeof v->code);
    v->is_typing = false;
}

static void read_logins(struct logins *v)
{
    v->n = refresh_logins(v->page.app->refresh, v->items, LOGINS_MAX);
    if (v->state.scroll.cursor >= v->n)
        v->state.scroll.cursor = v->n > 0 ? v->n - 1 : 0;
    const struct login *login = current(v);
    if (v->is_typing && !(login && login->kind == LOGIN_CODE))
        stop_typing(v);
}

/* ---- drawing
 * ------------------------------------------------------------------------------------------ */

static const struct {
    const char *wants, *notice;
} kinds[] = {
    [LOGIN_CODE] = {"MFA code", "wants the code of its MFA device"},
    [LOGIN_PAGE] = {"login", "is not logged in to IAM Identity Center"},
    [LOGIN_COMMAND] = {"aws login", "is not logged in with aws login"},
};

static const char *stage_text(const struct login *login)
{
    if (login->stage == LOGIN_STARTED)
        return "..";
    if (login->stage == LOGIN_OPEN)
        return "open";
    return login->failed.code != ERR_OK ? "failed" : "wanted";
}

static void cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    const struct login *login = &((struct logins *)ctx)->items[row].login;
    const char *const texts[] = {login->profile[0] ? login->profile : "(role)",
                                 kinds[login->kind].wants, login->what, stage_text(login)};
    out->text = texts[column];
    if (column == 3 && login->failed.code != ERR_OK)
        out->role = ROLE_WARNING;
}

static const struct table_column columns[] = {
    {"profile", "PROFILE", 10, 24, 0, 0},
    {"wants", "WANTS", 9, 9, 2, 0},
    {"of", "OF", 20, 60, 1, TABLE_NAME},
    {"state", "STATE", 6, 12, 0, 0},
};

/* A label and what it says, over as many lines as it takes; returns the next line. */
static int put_field(struct grid *g, struct rect r, int y, const char *label, enum role role,
                     const char *text)
{
    if (!text[0] || y >= r.y + r.h)
        return y;
    grid_put(g, r.x + 1, y, 9, ROLE_LABEL, label);
    struct rect para = {r.x + 10, y, r.w - 11, r.y + r.h - y};
    return y + paragraph_draw(g, para, role, text, 0);
}

static void code_text(const struct logins *v, char out[2 * CODE_DIGITS + 1])
{
    size_t typed = strlen(v->code), n = 0;
    for (size_t i = 0; i < CODE_DIGITS; i++) {
        out[n++] = i < typed ? '*' : '_';
        out[n++] = ' ';
    }
    out[n - 1] = '\0';
}

static void draw_code(struct logins *v, struct grid *g, struct rect r, const struct login *login)
{
    char typed[2 * CODE_DIGITS + 1], other[300] = "";
    int y = r.y;
    code_text(v, typed);
    if (login->command[0])
        snprintf(other, sizeof other, "%s  in another terminal; keyfall takes its session over",
                 login->command);
    y = put_field(g, r, y, "device", ROLE_NORMAL, login->what);
    y = put_field(g, r, y, "code", v->is_typing ? ROLE_INPUT : ROLE_DIM,
                  v->is_typing                    ? typed
                  : login->stage == LOGIN_STARTED ? "is being checked"
                                                  : "enter, then the six digits, then enter");
    if (v->is_typing) {
        g->cursor_x = r.x + 10 + 2 * (int)strlen(v->code);
        g->cursor_y = y - 1;
    }
    y = put_field(g, r, y, "failed", ROLE_WARNING, login->failed.text);
    (void)put_field(g, r, y, "or", ROLE_NORMAL, other);
}

static void draw_page(struct logins *v, struct grid *g, struct rect r, const struct login *login)
{
    char until[TIME_ISO_SIZE] = "", text[200], other[300];
    int y = r.y;
    if (login->stage == LOGIN_OPEN) {
        time_format_clock(login->until_utc, until);
        snprintf(text, sizeof text, "and allow keyfall, until %s; it goes on by itself", until);
        y = put_field(g, r, y, "open", ROLE_STRONG, login->url);
        y = put_field(g, r, y, "code", ROLE_STRONG, login->user_code);
        y = put_field(g, r, y, "", ROLE_NORMAL, "See that the page shows this code,");
        (void)put_field(g, r, y, "", ROLE_NORMAL, text);
        return;
    }
    y = put_field(g, r, y, "session", ROLE_NORMAL, login->what);
    y = put_field(g, r, y, "failed", ROLE_WARNING, login->failed.text);
    if (!v->page.app->options->is_viewer)
        y = put_field(g, r, y, "here", ROLE_NORMAL,
                      "enter shows a page to open and a code to confirm there");
    snprintf(other, sizeof other, "%s  in another terminal; keyfall notices by itself",
             login->command);
    (void)put_field(g, r, y, v->page.app->options->is_viewer ? "type" : "or", ROLE_NORMAL, other);
}

static void draw_command(struct logins *v, struct grid *g, struct rect r, const struct login *login)
{
    char other[300];
    (void)v;
    snprintf(other, sizeof other, "%s  in another terminal; keyfall notices by itself",
             login->command);
    int y = put_field(g, r, r.y, "session", ROLE_NORMAL, login->what);
    (void)put_field(g, r, y, "type", ROLE_NORMAL, other);
}

static void (*const drawers[])(struct logins *v, struct grid *g, struct rect r,
                               const struct login *login) = {
    [LOGIN_CODE] = draw_code,
    [LOGIN_PAGE] = draw_page,
    [LOGIN_COMMAND] = draw_command,
};

static void logins_draw(struct page *p, struct grid *g, struct rect body)
{
    struct logins *v = (struct logins *)p;
    read_logins(v);
    int foot = body.h > 18 ? 10 : 7;
    struct table t = {.columns = columns,
                      .n_columns = 4,
                      .n_rows = v->n,
                      .ctx = v,
                      .cell = cell,
                      .empty = "Nothing waits for you."};
    struct table_look look = {.is_focused = !v->is_typing};
    struct rect list = {body.x, body.y, body.w, body.h - foot};
    v->state.sort_column = -1;
    v->rows = table_page(list, &look);
    table_draw(g, list, &t, &v->state, &look);
    grid_hline(g, body.x, body.y + body.h - foot, body.w, ROLE_BORDER, GLYPH_H);
    struct rect r = {body.x, body.y + body.h - foot + 1, body.w, foot - 1};
    const struct login *login = current(v);
    if (login)
        drawers[login->kind](v, g, r, login);
}

/* ---- keys
 * --------------------------------------------------------------------------------------------- */

static void hand_over(struct logins *v)
{
    struct app *app = v->page.app;
    if (strlen(v->code) < CODE_DIGITS) {
        app_say(app, ROLE_WARNING, "the code has six digits");
        return;
    }
    refresh_log_in(app->refresh, v->items[v->state.scroll.cursor].id, v->code);
    stop_typing(v);
}

static void type(struct logins *v, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t n = strlen(v->code);
        if (text[i] >= '0' && text[i] <= '9' && n < CODE_DIGITS)
            v->code[n] = text[i];
    }
}

/* While a code is typed all keys are its. */
static bool logins_take(struct page *p, const struct event *ev)
{
    struct logins *v = (struct logins *)p;
    size_t n = strlen(v->code);
    if (!v->is_typing || (ev->kind != EV_KEY && ev->kind != EV_PASTE))
        return false;
    if (ev->kind == EV_PASTE) {
        type(v, ev->text, ev->len);
    } else if (ev->key == TKEY_ENTER) {
        hand_over(v);
    } else if (ev->key == TKEY_ESC || ev->key == (KEY_CTRL | 'c')) {
        stop_typing(v);
    } else if (ev->key == TKEY_BACKSPACE && n > 0) {
        v->code[n - 1] = '\0';
    } else if (ev->key >= '0' && ev->key <= '9') {
        type(v, &(char){(char)ev->key}, 1);
    }
    return true;
}

static void begin(struct logins *v)
{
    struct app *app = v->page.app;
    const struct login *login = current(v);
    if (login->kind == LOGIN_CODE)
        v->is_typing = true;
    else if (login->kind == LOGIN_COMMAND || app->options->is_viewer)
        app_say(app, ROLE_MESSAGE, "type  %s  in another terminal", login->command);
    else if (login->stage == LOGIN_WANTED)
        refresh_log_in(app->refresh, v->items[v->state.scroll.cursor].id, NULL);
}

static bool logins_act(struct page *p, enum action action)
{
    struct logins *v = (struct logins *)p;
    if (action_scroll(action, &v->state.scroll, v->n, v->rows))
        return true;
    if (action != ACTION_OPEN || !current(v))
        return action == ACTION_LOGIN; /* we are there */
    begin(v);
    return true;
}

static void logins_row_text(struct page *p, struct buf *out)
{
    const struct login *login = current((struct logins *)p);
    if (login)
        buf_adds(out, login->stage == LOGIN_OPEN ? login->url : login->command);
}

static void logins_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "log in");
}

static uint32_t logins_node(struct page *p)
{
    (void)p;
    return 0;
}

static bool logins_has_row(struct page *p)
{
    return current((struct logins *)p) != NULL;
}

static void logins_free(struct page *p)
{
    struct logins *v = (struct logins *)p;
    stop_typing(v);
    mem_free(v->items);
    mem_free(v);
}

static const struct page_ops logins_ops = {
    .context = KEYS_ERRORS,
    .draw = logins_draw,
    .act = logins_act,
    .take = logins_take,
    .place = logins_place,
    .node = logins_node,
    .has_row = logins_has_row,
    .row_text = logins_row_text,
    .free = logins_free,
};

struct page *page_logins(struct app *app)
{
    struct logins *v = mem_alloc(sizeof *v);
    v->page = (struct page){.ops = &logins_ops, .app = app};
    v->items = mem_alloc_array(LOGINS_MAX, sizeof *v->items);
    read_logins(v);
    const struct login *first = current(v);
    v->is_typing = v->n == 1 && first->kind == LOGIN_CODE;
    return &v->page;
}

/* ---- the line that says so on every page
 * -------------------------------------------------------------- */

void logins_notice(struct app *app, struct rect r)
{
    struct refresh_login one[1];
    if (refresh_logins(app->refresh, one, 1) == 0)
        return;
    const struct login *login = &one[0].login;
    struct buf text = {0};
    buf_printf(&text, "! %s %s", login->profile[0] ? login->profile : "a role",
               kinds[login->kind].notice);
    if (app->status.logins > 1)
        buf_printf(&text, "; %u more", app->status.logins - 1);
    grid_blank(&app->grid, r, ROLE_NORMAL);
    char key[] = "  L logs in ";
    int w = grid_text_width(&app->grid, key);
    int used = grid_put_fit(&app->grid, r.x + 1, r.y, r.w - w - 2, ROLE_WARNING, text.data, 0);
    grid_put(&app->grid, r.x + 1 + used, r.y, w, ROLE_KEY, key);
    buf_free(&text);
}
