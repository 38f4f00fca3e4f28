/* What keyfall.conf says, where the command line says nothing. */
#include "backend/cli/about.h"
#include "backend/cli/verb.h"

#include "backend/config/config.h"
#include "backend/demo/demo.h"
#include "backend/store/posture.h"

#include <string.h>

/* A demo looks the same on every machine: it has a file of its own, and reads no other unless asked to. */
static enum err_code read_settings(const struct cli_options *o, struct settings **out, struct err *err)
{
    if (o->config_file) {
        enum err_code code = config_read(o->config_file, out, err);
        if (code != ERR_OK)
            err_prefix(err, "--config");
        return code;
    }
    if (o->is_demo)
        return demo_settings(out, err);
    char *path = config_default_path();
    if (!path) {
        *out = settings_new();
    } else if (config_read(path, out, err) != ERR_OK && err->code != ERR_NOT_FOUND) {
        VEC_PUSH((*out)->complaints, arena_strdup((*out)->arena, err->text));
        (*out)->is_line_lost = true;
    }
    *err = (struct err){0};
    mem_free(path);
    return ERR_OK;
}

static const struct target_settings *target_named(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->targets.n; i++)
        if (strcmp(s->targets.items[i].name, name) == 0)
            return &s->targets.items[i];
    return NULL;
}

static enum err_code no_such_target(const struct settings *s, const char *name, struct err *err)
{
    struct closest c = {.wanted = name};
    for (size_t i = 0; i < s->targets.n; i++)
        closest_offer(&c, s->targets.items[i].name);
    (void)err_set(err, ERR_USAGE, "%s has no [target %.80s]%s%s%s", s->path ? s->path : "keyfall.conf", name,
                  c.n > 0 ? "; did you mean " : ": keyfall --print-config shows how to write one",
                  c.n > 0 ? c.items[0].name : "", c.n > 0 ? "?" : "");
    closest_free(&c);
    return ERR_USAGE;
}

/* Which targets are read: those that were named, else all, unless profiles were. */
static enum err_code choose_targets(struct cli_options *o, struct err *err)
{
    const struct settings *s = o->settings;
    for (size_t i = 0; o->targets && o->targets[i]; i++)
        if (!target_named(s, o->targets[i]))
            return no_such_target(s, o->targets[i], err);
    if (o->targets || o->profiles || o->is_demo || o->posture)
        return ERR_OK;
    if (s->targets.n == 0)
        return s->n_targets_lost == 0 || o->wants_config ? ERR_OK
                   : err_set(err, ERR_USAGE, "%s names targets and none of them can be used, see above: mend it, or name "
                             "a --profile to read without them", s->path ? s->path : "keyfall.conf");
    o->targets = mem_alloc_array(s->targets.n + 1, sizeof *o->targets);
    for (size_t i = 0; i < s->targets.n; i++)
        o->targets[i] = s->targets.items[i].name;
    return ERR_OK;
}

/* What cannot be read might have held a limit, a target, or viewer = yes. */
static enum err_code check_whole(const struct cli_options *o, struct err *err)
{
    if (!o->settings->is_line_lost || o->wants_config || o->wants_help || o->wants_version)
        return ERR_OK;
    return err_set(err, ERR_PARSE, "nothing is read with settings that cannot be read whole, see above: mend the file, "
                   "or do without it by --config /dev/null");
}

/* A limit of the command line replaces the file's, understood or not. */
static enum err_code choose_budget(struct cli_options *o, struct err *err)
{
    const struct settings *s = o->settings;
    if (o->is_demo || o->posture || o->budget.requests || o->budget.nanousd)
        return ERR_OK;
    if (s->is_limit_lost && !o->wants_config && !o->wants_help && !o->wants_version)
        return err_set(err, ERR_USAGE, "%s gives a budget that cannot be understood, see above: AWS is not read "
                       "without a limit; mend it, or give a --budget", s->path ? s->path : "keyfall.conf");
    if (s->general.budget)
        (void)budget_parse(s->general.budget, &o->budget); /* was tried when it was read */
    return ERR_OK;
}

enum err_code cli_configure(struct cli_options *o, struct err *err)
{
    struct settings *s = NULL;
    enum err_code code = read_settings(o, &s, err);
    o->settings = s;
    if (code != ERR_OK)
        return code;
    for (size_t i = 0; i < s->complaints.n; i++)
        say("%s", s->complaints.items[i]);
    if (!o->theme)
        o->theme = s->general.theme;
    o->is_viewer = o->is_viewer || s->general.viewer == SAID_YES;
    if (!o->is_demo && !o->posture && !o->org_role)
        o->org_role = s->organization.role;
    if ((code = check_whole(o, err)) == ERR_OK)
        code = choose_budget(o, err);
    return code == ERR_OK ? choose_targets(o, err) : code;
}

/* A posture is judged as it was when it was kept, unless a file is named to judge it by. Products were read with it.
 * The posture's own settings keep what is in their place here, and free it. */
static void choose_judging(struct cli_options *o)
{
    struct settings *own = (struct settings *)o->settings, *kept = o->about->settings;
    struct allow_settings mine = own->allow;
    if (o->config_file) {
        say("--config %s: the posture is judged by what it allows, suppresses and says of owners; products (ekm, "
            "credentials, autobackup) stay those that the posture was read with", o->config_file);
        return;
    }
    own->allow = kept->allow;
    kept->allow = mine;
}

enum err_code cli_open_posture(struct cli_options *o, struct err *err)
{
    struct buf summary = {0};
    if (o->verb && o->verb->bit == USED_BY_DIFF && o->operands && o->operands[0] && o->operands[1])
        o->posture = o->operands[1];
    if (!o->posture || o->wants_help || o->wants_version || o->wants_config)
        return ERR_OK;
    o->about = mem_alloc(sizeof *o->about);
    enum err_code code = posture_summary(o->posture, &summary, err);
    if (code == ERR_OK) {
        code = about_read(summary.data, summary.len, o->about, err);
        if (code != ERR_OK)
            err_prefix(err, "%s", o->posture);
    }
    if (code == ERR_OK) {
        choose_judging(o);
        o->now_utc = o->now_utc ? o->now_utc : o->about->taken_utc;
    }
    buf_free(&summary);
    return code;
}
