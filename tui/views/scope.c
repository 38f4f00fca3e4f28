/* scope: one account, one Region, or both, until it is taken off: which it is. What it confines is told and selected
 * of a snapshot that is made for it. */
#include "tui/panels/show.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

/* An account by its name or number. */
static bool take_account(struct app *app, const char *word, struct view_scope *out)
{
    const struct generation *g = app->snapshot->generation;
    struct record r;
    for (struct walk w = walk_kind(g, KIND_ACCOUNT); walk_next(&w, &r);) {
        if (strcmp(record_account(&r), word) != 0 && strcmp(show_account_name(g, record_account(&r)), word) != 0)
            continue;
        snprintf(out->account, sizeof out->account, "%s", record_account(&r));
        return true;
    }
    return false;
}

/* A Region by its name, or as the lists shorten it. */
static bool take_region(struct app *app, const char *word, struct view_scope *out)
{
    struct record r;
    char brief[16];
    for (struct walk w = walk_kind(app->snapshot->generation, KIND_REGION); walk_next(&w, &r);) {
        show_region_short(record_region(&r), brief);
        if (strcmp(record_region(&r), word) != 0 && strcmp(brief, word) != 0)
            continue;
        snprintf(out->region, sizeof out->region, "%s", record_region(&r));
        return true;
    }
    return false;
}

static bool take_words(struct app *app, const char *words, struct view_scope *out)
{
    for (const char *p = words + strspn(words, " "); *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        char *word = mem_strndup(p, len);
        bool is_place = take_account(app, word, out) || take_region(app, word, out);
        if (!is_place)
            app_say(app, ROLE_WARNING, "no account and no Region that is read is called \"%s\"", word);
        mem_free(word);
        if (!is_place)
            return false;
        p += len;
    }
    return true;
}

void scope_set(struct app *app, const char *words)
{
    struct view_scope wanted = {.account = ""};
    if (!app->snapshot || (strcmp(words, "all") != 0 && !take_words(app, words, &wanted)))
        return;
    app->scope = wanted;
    app_judge_newest(app);
    app_say(app, ROLE_MESSAGE, view_scope_is_all(&wanted)
                                   ? "every account and Region again"
                                   : "everything but impact is of this place alone; : scope all takes it off");
}

void scope_offer(struct app *app, void (*offer)(struct app *app, const char *begin, const char *word), const char *begin)
{
    struct record r;
    if (!app->snapshot)
        return;
    offer(app, begin, "all");
    for (struct walk w = walk_kind(app->snapshot->generation, KIND_ACCOUNT); walk_next(&w, &r);)
        offer(app, begin, show_account_name(app->snapshot->generation, record_account(&r)));
    for (struct walk w = walk_kind(app->snapshot->generation, KIND_REGION); walk_next(&w, &r);)
        offer(app, begin, record_region(&r));
}

void scope_filter(const struct snapshot *s, struct buf *out)
{
    buf_adds(out, "");
    if (s && s->scope.account[0])
        buf_printf(out, "account=%s", s->scope.account);
    if (s && s->scope.region[0])
        buf_printf(out, "%sregion=%s", out->len > 0 ? " " : "", s->scope.region);
}

void scope_label(const struct snapshot *s, struct buf *out)
{
    char brief[16];
    buf_adds(out, "");
    if (s && s->scope.account[0])
        buf_adds(out, show_account_name(s->generation, s->scope.account));
    if (s && s->scope.region[0]) {
        show_region_short(s->scope.region, brief);
        buf_printf(out, "%s%s", out->len > 0 ? " " : "", brief);
    }
}
