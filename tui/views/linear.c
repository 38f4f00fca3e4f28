/* linear: the dashboard as lines, for who listens to a screen instead of seeing it, and for pipes. The same pages are
 * made; of each its rows are told, later only what is another. A line that is typed is a key's name ("j", "enter"),
 * a command as after ':', or /TEXT, which filters. Nothing is drawn in place and there are no frames. */
#include "tui/views/app.h"

#include "backend/base/utf8.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COLS 120
#define ROWS 46
#define LINE_MAX_BYTES 4096
#define TABS_ROW 1
#define STATUS_ROW (ROWS - 3)
#define MESSAGE_ROW (ROWS - 2)
#define KEYS_ROW (ROWS - 1)

struct linear {
    struct app *app;
    char *told[ROWS]; /* owned; NULL: nothing */
    char typed[LINE_MAX_BYTES];
    size_t n_typed;
    bool is_person, was_reading, is_over;
};

/* ---- telling ---------------------------------------------------------------------------------------- */

/* Lines, bars and marks of a picture are no text: U+2500 to U+25FF, and the dots of a bar. */
static bool is_drawn(const char *text)
{
    uint32_t point = 0;
    return utf8_decode(text, strlen(text), &point) > 0 && ((point >= 0x2500 && point <= 0x25ff) || point == 0xb7);
}

static void words_of_row(const struct grid *g, int y, struct buf *out)
{
    for (int x = 0; x < g->w; x++) {
        const struct grid_cell *c = grid_at(g, x, y);
        if (c->width > 0)
            buf_adds(out, is_drawn(c->text) ? " " : c->text);
    }
}

/* Of more than two characters one must be a letter or a digit: "-----o" and "|" are drawings in ASCII. */
static bool says_something(const char *word, size_t len)
{
    bool is_mark = len <= 2 && *word != '|' && *word != '+';
    for (size_t i = 0; i < len && !is_mark; i++)
        is_mark = isalnum((unsigned char)word[i]) || (unsigned char)word[i] >= 0x80;
    return is_mark;
}

/* "C  legacy-backup     prod-data" is told as "C, legacy-backup, prod-data". The caller's; NULL: nothing is said. */
static char *speak(const char *row)
{
    struct buf out = {0};
    row += strspn(row, " ");
    bool has_cursor = *row == '>';
    for (const char *p = row + has_cursor; *p;) {
        p += strspn(p, " ");
        const char *end = strstr(p, "  ");
        size_t len = end ? (size_t)(end - p) : strlen(p);
        while (len > 0 && p[len - 1] == ' ')
            len--;
        if (len > 0 && says_something(p, len))
            buf_printf(&out, "%s%.*s", out.len ? ", " : has_cursor ? "> " : "", (int)len, p);
        p += end ? (size_t)(end - p) : strlen(p);
    }
    return out.data ? buf_take(&out) : NULL;
}

/* A row without the mark of the cursor; "" if there is none. */
static const char *bare(const char *row)
{
    return !row ? "" : *row == '>' ? row + 2 : row;
}

static void read_rows(struct app *app, char *now[ROWS])
{
    app->last_key_ms = 0; /* nobody waits for the cursor to rest */
    app_compose(app, COLS, ROWS);
    for (int y = 0; y < ROWS; y++) {
        struct buf text = {0};
        if (y != TABS_ROW && y != KEYS_ROW)
            words_of_row(&app->grid, y, &text);
        now[y] = speak(text.data ? text.data : "");
        buf_free(&text);
    }
}

/* Whether only the cursor went elsewhere, with what is said of its row. */
static bool is_same_page(const struct linear *l, char *now[ROWS])
{
    for (int y = 0; y < STATUS_ROW; y++)
        if (strcmp(bare(l->told[y]), bare(now[y])) != 0)
            return false;
    return true;
}

/* Of what came by itself only the line that says what is going on; of a page that is the same only the row of the
 * cursor and what is said of it. */
static void tell(struct linear *l, bool is_asked)
{
    char *now[ROWS];
    read_rows(l->app, now);
    bool is_same = is_same_page(l, now);
    for (int y = 0; y < ROWS; y++) {
        bool is_other = now[y] && (!l->told[y] || strcmp(l->told[y], now[y]) != 0);
        bool has_cursor = y >= STATUS_ROW || (now[y] && *now[y] == '>');
        if (now[y] && (!is_asked ? is_other && y == STATUS_ROW : is_same ? is_other && has_cursor : true))
            (void)printf("%s\n", now[y]);
        mem_free(l->told[y]);
        l->told[y] = now[y];
    }
    if (is_asked && l->is_person)
        (void)fputs("keyfall> ", stdout);
    (void)fflush(stdout);
}

static void forget(struct linear *l)
{
    for (int y = 0; y < ROWS; y++) {
        mem_free(l->told[y]);
        l->told[y] = NULL;
    }
}

static void tell_keys(struct app *app)
{
    struct help_item items[ACTION_COUNT];
    size_t n = keys_help(&app->keys, app->top->ops->context, app_have(app), items, ACTION_COUNT);
    (void)printf("Type a key's name, its word, the name of a view, an ARN, or /TEXT to filter. Enter alone tells all.\n");
    for (size_t i = 0; i < n; i++)
        (void)printf("%s, or %s: %s%s%s\n", items[i].keys, action_word((enum action)items[i].action), items[i].text,
                     items[i].reason ? ", " : "", items[i].reason ? items[i].reason : "");
}

/* ---- being told -------------------------------------------------------------------------------------- */

static void settle(struct linear *l)
{
    while (worker_is_busy(l->app->sorting) || worker_is_busy(l->app->judging)) {
        struct pollfd fds[APP_FDS];
        app_listen(l->app, fds);
        if (poll(fds, APP_FDS, -1) > 0)
            app_hear(l->app, fds);
    }
}

static void press(struct linear *l, int key)
{
    struct app *app = l->app;
    app_event(app, &(struct event){.kind = EV_KEY, .key = key});
    if (app->help_items) {
        tell_keys(app);
        app_event(app, &(struct event){.kind = EV_KEY, .key = TKEY_ESC});
    }
    if (app->input != INPUT_NONE) { /* a line is typed whole here */
        app_event(app, &(struct event){.kind = EV_KEY, .key = TKEY_ESC});
        app_say(app, ROLE_MESSAGE, "type /TEXT to filter, or a command as it is");
    }
}

static void set_filter(struct app *app, const char *text)
{
    if (app->top->ops->set_filter)
        app->top->ops->set_filter(app->top, text);
    else
        app_say(app, ROLE_WARNING, "there is nothing to filter on this page");
}

static void obey(struct linear *l, const char *line)
{
    struct app *app = l->app;
    size_t len = strlen(line);
    int key = event_key_parse(line, len);
    app->message[0] = '\0';
    if (len == 0)
        forget(l);
    else if (line[0] == '/')
        set_filter(app, line + 1);
    else if (key)
        press(l, key);
    else if (action_find(line) == ACTION_HELP)
        tell_keys(app);
    else
        app_command(app, line + (line[0] == ':'));
    settle(l);
    tell(l, true);
}

static void take_input(struct linear *l)
{
    ssize_t n = read(STDIN_FILENO, l->typed + l->n_typed, sizeof l->typed - 1 - l->n_typed);
    if (n <= 0)
        l->is_over = true;
    l->n_typed += n > 0 ? (size_t)n : 0;
    l->typed[l->n_typed] = '\0';
    for (char *end; !l->app->is_quitting && (end = strchr(l->typed, '\n'));) {
        *end = '\0';
        obey(l, l->typed);
        l->n_typed -= (size_t)(end + 1 - l->typed);
        memmove(l->typed, end + 1, l->n_typed + 1);
    }
    if (l->n_typed == sizeof l->typed - 1)
        l->n_typed = 0; /* no line is so long */
}

void linear_run(struct app *app)
{
    struct linear l = {.app = app, .is_person = isatty(STDIN_FILENO) != 0, .was_reading = true};
    tell(&l, true);
    while (!app->is_quitting && !l.is_over) {
        struct pollfd fds[APP_FDS + 1];
        bool is_reading = app_is_reading(app);
        app_listen(app, fds);
        /* what comes from a pipe waits until there is something to ask of */
        fds[APP_FDS] = (struct pollfd){is_reading && !l.is_person ? -1 : STDIN_FILENO, POLLIN, 0};
        if (poll(fds, APP_FDS + 1, -1) <= 0)
            continue;
        app_hear(app, fds);
        if (fds[APP_FDS].revents)
            take_input(&l);
        is_reading = app_is_reading(app);
        if (l.was_reading && !is_reading)
            tell(&l, true); /* all of it, once */
        l.was_reading = is_reading;
    }
    forget(&l);
}
