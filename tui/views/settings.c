/* settings: what keyfall.conf says to the screen: other keys, words for accounts where care is needed; and that a
 * line of it, or of screen.conf, does not count. */
#include "backend/base/text.h"
#include "backend/base/timefmt.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

void app_take_settings(struct app *app)
{
    const struct settings *s = app->options->settings;
    struct err err = {0};
    app->read_settings_utc = app->options->fixed_now ? app->options->fixed_now : time_now_utc();
    for (size_t i = 0; i < s->complaints.n; i++)
        VEC_PUSH(app->wrong_lines, mem_strdup(s->complaints.items[i]));
    for (size_t i = 0; i < s->keys.n; i++) {
        const struct binding_settings *b = &s->keys.items[i];
        if (keymap_bind(&app->keys, b->action, b->keys, &err) != ERR_OK)
            VEC_PUSH(app->wrong_lines, mem_printf("%s: %s", b->where, err.text));
    }
    for (size_t i = 0; i < app->hands.complaints.n; i++)
        VEC_PUSH(app->wrong_lines, mem_strdup(app->hands.complaints.items[i]));
    size_t n = app->wrong_lines.n;
    if (n == 1)
        app_say(app, ROLE_WARNING, "does not count: %s", app->wrong_lines.items[0]);
    else if (n > 1)
        app_say(app, ROLE_WARNING, "%zu lines do not count (! lists them): %s", n, app->wrong_lines.items[0]);
}

/* "keyfall.conf:12:3" of "/home/me/.config/keyfall/keyfall.conf:12:3: there is no setting ...". */
static void short_place(const char *path, const char *line, char *out, size_t size)
{
    size_t len = path ? strlen(path) : 0;
    bool has_path = len > 0 && strncmp(line, path, len) == 0;
    const char *slash = has_path ? strrchr(path, '/') : NULL;
    int digits = has_path ? (int)strspn(line + len, ":0123456789") : 0;
    if (digits > 0 && line[len + (size_t)digits - 1] == ':')
        digits--;
    snprintf(out, size, "%s%.*s", slash ? slash + 1 : has_path ? path : "keyfall.conf", digits,
             has_path ? line + len : "");
}

size_t app_config_errors(const struct app *app, struct refresh_error *out, size_t max)
{
    size_t n = app->wrong_lines.n < max ? app->wrong_lines.n : max;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct refresh_error){
            .code = ERR_USAGE, .aws_code = "does not count", .first_utc = app->read_settings_utc,
            .last_utc = app->read_settings_utc, .count = 1};
        const char *line = app->wrong_lines.items[i], *own = app->hands.path;
        bool is_own = own && strncmp(line, own, strlen(own)) == 0;
        short_place(is_own ? own : app->options->settings->path, line, out[i].operation, sizeof out[i].operation);
        snprintf(out[i].text, sizeof out[i].text, "%s", app->wrong_lines.items[i]);
        snprintf(out[i].fix, sizeof out[i].fix, "mend the line and start keyfall again");
    }
    return n;
}

static enum role colour_role(int colour)
{
    static const enum role roles[] = {
        [COLOUR_NONE] = ROLE_WORD_RED,    [COLOUR_RED] = ROLE_WORD_RED,   [COLOUR_YELLOW] = ROLE_WORD_YELLOW,
        [COLOUR_GREEN] = ROLE_WORD_GREEN, [COLOUR_BLUE] = ROLE_WORD_BLUE, [COLOUR_MAGENTA] = ROLE_WORD_MAGENTA,
        [COLOUR_CYAN] = ROLE_WORD_CYAN,
    };
    return roles[colour];
}

/* Whether one of these accounts is among those that are read. */
static bool is_read(const struct app *app, const struct texts *accounts)
{
    struct record r;
    for (struct walk w = walk_kind(app->snapshot->generation, KIND_ACCOUNT); walk_next(&w, &r);)
        for (size_t i = 0; i < accounts->n; i++)
            if (strcmp(accounts->items[i], record_account(&r)) == 0)
                return true;
    return false;
}

/* Below so many columns a word is its first letter. */
#define NARROW_COLS 70

size_t app_care_words(const struct app *app, struct span *out, size_t max)
{
    const struct settings *s = app->options->settings;
    size_t n = 0;
    for (size_t i = 0; app->snapshot && i < s->production.n && n + 2 <= max; i++) {
        const struct production_settings *p = &s->production.items[i];
        if (!is_read(app, &p->accounts))
            continue;
        const char *word = app->grid.w >= NARROW_COLS
                               ? p->word
                               : arena_strndup(app->frame, p->word, text_fit(p->word, 1, NULL));
        out[n++] = (struct span){colour_role(p->colour), word};
        out[n++] = (struct span){ROLE_DIM, "  "};
    }
    return n;
}
