/* settings: what keyfall.conf says to the screen: other keys, words for accounts where care is needed; and that a
 * line of it does not count. */
#include "backend/base/text.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

void app_take_settings(struct app *app)
{
    const struct settings *s = app->options->settings;
    size_t n = s->complaints.n;
    const char *first = n > 0 ? s->complaints.items[0] : "";
    struct err err = {0};
    char wrong[640];
    for (size_t i = 0; i < s->keys.n; i++) {
        const struct binding_settings *b = &s->keys.items[i];
        if (keymap_bind(&app->keys, b->action, b->keys, &err) == ERR_OK)
            continue;
        if (n++ == 0) {
            snprintf(wrong, sizeof wrong, "%s: %s", b->where, err.text);
            first = wrong;
        }
    }
    if (n == 1)
        app_say(app, ROLE_WARNING, "does not count: %s", first);
    else if (n > 1)
        app_say(app, ROLE_WARNING, "%zu lines do not count, the first: %s", n, first);
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
