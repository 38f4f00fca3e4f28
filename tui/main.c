/* keyfall: see what falls before a key does. */
#include "backend/base/text.h"
#include "backend/cli/cli.h"
#include "tui/term/themes_builtin.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

/* "prod", "prod, audit" or "default profile": who we read as, for line 1. */
static char *what_text(const struct cli_options *o)
{
    struct buf text = {0};
    if (o->is_demo)
        buf_adds(&text, "demo");
    if (o->posture) {
        char date[TIME_ISO_SIZE];
        const char *slash = strrchr(o->posture, '/');
        time_format_date(o->now_utc, date);
        buf_printf(&text, "posture %s, %s", slash ? slash + 1 : o->posture, date);
    }
    for (size_t i = 0; !o->is_demo && o->profiles && o->profiles[i]; i++)
        buf_printf(&text, "%s%s", text.len ? ", " : "", o->profiles[i]);
    for (size_t i = 0; !o->is_demo && o->targets && o->targets[i]; i++)
        buf_printf(&text, "%s%s", text.len ? ", " : "", o->targets[i]);
    if (text.len == 0)
        buf_adds(&text, "default profile");
    return buf_take(&text);
}

static char *regions_text(const struct cli_options *o)
{
    struct buf text = {0};
    size_t n = 0;
    while (o->regions && o->regions[n])
        n++;
    for (size_t i = 0; n <= 3 && i < n; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", o->regions[i]);
    if (n > 3)
        buf_printf(&text, "%zu regions", n);
    if (n == 0)
        buf_adds(&text, "all regions");
    return buf_take(&text);
}

/* Keys of keyfall.conf that do nothing: on standard error too, where its other wrong lines are told. */
static void say_wrong_keys(const struct settings *s)
{
    struct keymap map;
    struct err err = {0};
    struct buf clean = {0};
    keymap_default(&map);
    for (size_t i = 0; i < s->keys.n; i++) {
        if (keymap_bind(&map, s->keys.items[i].action, s->keys.items[i].keys, &err) == ERR_OK)
            continue;
        buf_clear(&clean);
        text_clean(&clean, err.text, strlen(err.text), sizeof err.text, false);
        (void)fprintf(stderr, "keyfall: %s: %s\n", s->keys.items[i].where, clean.data);
    }
    buf_free(&clean);
}

static int run_screen(const struct cli_options *o, const struct session *session, struct err *err)
{
    say_wrong_keys(o->settings);
    struct export_scope scope = options_scope(o);
    char *what = what_text(o), *regions = regions_text(o);
    struct app_options options = {.what = what,
                                  .regions = regions,
                                  .is_viewer = o->is_viewer,
                                  .is_guest = o->is_guest,
                                  .scope = &scope,
                                  .is_kept = o->is_demo || o->posture,
                                  .is_ascii = o->is_ascii,
                                  .is_linear = o->is_linear,
                                  .no_color = o->no_color,
                                  .theme = o->theme,
                                  .export_dir = o->export_dir,
                                  .fixed_now = o->now_utc,
                                  .guards = o->guards,
                                  .settings = o->settings,
                                  .cli = o};
    enum err_code code = app_run(&options, session, err);
    mem_free(what);
    mem_free(regions);
    return code == ERR_OK ? CLI_DONE : code == ERR_USAGE ? CLI_USAGE : CLI_NOTHING;
}

/* ---- what the manual tells of the dashboard ---------------------------------------------------------------- */

static void each_key(void (*tell)(void *ctx, const struct cli_key *key), void *ctx)
{
    struct keymap map;
    struct help_item items[ACTION_COUNT];
    keymap_default(&map);
    size_t n = keys_help(&map, KEYS_ALL, NEED_ALL, items, ACTION_COUNT);
    for (size_t i = 0; i < n; i++)
        tell(ctx, &(struct cli_key){items[i].group, items[i].keys, action_word((enum action)items[i].action),
                                    items[i].text});
}

static const char *tell_theme(size_t i)
{
    struct theme_file file;
    return themes_builtin(i, &file) ? file.name : NULL;
}

int main(int argc, char **argv)
{
    static const struct cli_screen screen = {.run = run_screen, .each_key = each_key, .theme = tell_theme};
    return cli_main(argc, argv, &screen);
}
