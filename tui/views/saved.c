/* saved: lists that are to be found again: panel, filter, order, columns and scope under a name. */
#include "tui/views/list.h"

#include <stdio.h>
#include <string.h>

void app_remember(struct app *app)
{
    struct err err = {0};
    if (!app->options->is_viewer && !app->options->is_guest && hands_write(&app->hands, &err) != ERR_OK)
        app_say(app, ROLE_ERROR, "%s", err.text);
}

void saved_save(struct app *app, const char *name)
{
    struct list_page *l = list_of(app->top);
    struct buf sort = {0}, scope = {0};
    if (!l) {
        app_say(app, ROLE_WARNING, "a list can be saved, and this is none");
    } else if (!hands_is_name(name)) {
        app_say(app, ROLE_WARNING, "save it under a name of letters, digits and -_. : save NAME");
    } else if (app->options->is_viewer) {
        app_say(app, ROLE_WARNING, "save is off: viewer mode writes no settings");
    } else {
        if (l->sort.column >= 0)
            buf_printf(&sort, "%s%s", l->sort.descending ? "-" : "", l->view->columns[l->sort.column].name);
        scope_filter(app->snapshot, &scope);
        buf_printf(&scope, "%s%s", scope.len > 0 && *l->scope ? " " : "", l->scope);
        struct saved_view v = {.name = name,
                               .panel = l->panel->view,
                               .filter = l->filter,
                               .sort = sort.data,
                               .show = l->show,
                               .scope = scope.data};
        hands_save_view(&app->hands, &v);
        app_say(app, ROLE_MESSAGE, "saved as %s: V lists what is saved", name);
        app_remember(app);
    }
    buf_free(&sort);
    buf_free(&scope);
}

static void open_named(struct app *app, const char *name)
{
    const struct saved_view *v = hands_view(&app->hands, name);
    if (!v) {
        app_say(app, ROLE_WARNING, "nothing is saved as \"%s\"", name);
        return;
    }
    app_replace(app, page_overview(app));
    app_push(app, page_list_saved(app, v));
}

static void choose(struct app *app)
{
    static const struct choice choice = {.title = "SAVED VIEWS", .choose = open_named};
    size_t n = app->hands.views.n;
    struct choice_item *items = mem_alloc_array(n + 1, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        const struct saved_view *v = &app->hands.views.items[i];
        items[i] = (struct choice_item){
            mem_strdup(v->name), mem_printf("%s %s %s", v->panel, v->scope ? v->scope : "", v->filter ? v->filter : "")};
    }
    app_choose(app, &choice, items, n, 0);
}

void saved_open(struct app *app, const char *name)
{
    if (*name)
        open_named(app, name);
    else if (app->hands.views.n == 0)
        app_say(app, ROLE_MESSAGE, "no view is saved yet: on a list, : save NAME");
    else
        choose(app);
}

void saved_forget(struct app *app, const char *name)
{
    if (app->options->is_viewer) {
        app_say(app, ROLE_WARNING, "forget is off: viewer mode writes no settings");
    } else if (!hands_forget_view(&app->hands, name)) {
        app_say(app, ROLE_WARNING, "nothing is saved as \"%s\"", name);
    } else {
        app_say(app, ROLE_MESSAGE, "%s is forgotten", name);
        app_remember(app);
    }
}
