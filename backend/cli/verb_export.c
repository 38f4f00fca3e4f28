#include "backend/cli/verb.h"

#include "backend/base/version.h"

#include <inttypes.h>
#include <string.h>

static enum err_code view_missing(const char *name, struct err *err)
{
    struct buf known = {0};
    struct closest c = {.wanted = name ? name : ""};
    size_t n;
    const struct view *const *views = view_all(&n);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", views[i]->name);
        closest_offer(&c, views[i]->name);
    }
    if (!name)
        (void)err_set(err, ERR_USAGE, "which view? give --view V, one of %s; or all, into a folder", known.data);
    else if (c.n > 0)
        (void)err_set(err, ERR_USAGE, "there is no view \"%.80s\"; did you mean %s? There are %s", name,
                      c.items[0].name, known.data);
    else
        (void)err_set(err, ERR_USAGE, "there is no view \"%.80s\"; there are %s", name, known.data);
    closest_free(&c);
    buf_free(&known);
    return ERR_USAGE;
}

#define ALL_VIEWS "all"

/* What the options ask for, parsed. */
struct wanted {
    const struct view *view; /* NULL: all of them, into a folder */
    enum export_format format;
    int *columns;
    size_t n_columns;
    struct filter *filter;
    char *path;
};

static void wanted_free(struct wanted *w)
{
    mem_free(w->path);
    filter_free(w->filter);
    mem_free(w->columns);
}

static enum err_code wanted_format(const char *format, enum export_format *out, struct err *err)
{
    if (format && strcmp(format, "json") == 0)
        *out = EXPORT_JSON;
    else if (!format || strcmp(format, "csv") == 0)
        *out = EXPORT_CSV;
    else
        return err_set(err, ERR_USAGE, "--format \"%.80s\" is neither csv nor json", format);
    return ERR_OK;
}

/* A filter and columns are those of one view; a folder has to have a name. */
static enum err_code all_views_check(const struct cli_options *o, struct err *err)
{
    if (o->filter || o->columns)
        return err_set(err, ERR_USAGE, "--view all takes no %s: that is for one view",
                       o->filter ? "--filter" : "--columns");
    if (!o->output || strcmp(o->output, "-") == 0)
        return err_set(err, ERR_USAGE, "--view all writes a file a view: name the folder with -o FOLDER");
    return ERR_OK;
}

static enum err_code wanted_read(const struct cli_options *o, struct wanted *w, struct err *err)
{
    *w = (struct wanted){0};
    bool is_all = o->view && strcmp(o->view, ALL_VIEWS) == 0;
    w->view = o->view ? view_by_name(o->view) : NULL;
    if (!w->view && !is_all)
        return view_missing(o->view, err);
    enum err_code code = wanted_format(o->format, &w->format, err);
    if (code == ERR_OK && is_all)
        code = all_views_check(o, err);
    if (code == ERR_OK && o->columns)
        code = export_columns(w->view, o->columns, &w->columns, &w->n_columns, err);
    if (code == ERR_OK && o->filter) {
        code = filter_parse(w->view, o->filter, &w->filter, err);
        if (code != ERR_OK) {
            err_prefix(err, "--filter");
            code = ERR_USAGE;
        }
    }
    if (code == ERR_OK)
        code = options_output(o, &w->path, err);
    return code;
}

enum err_code export_verb_check(const struct cli_options *o, struct err *err)
{
    struct wanted w;
    enum err_code code = wanted_read(o, &w, err);
    if (code == ERR_OK && o->is_redacted && o->filter)
        code = err_set(err, ERR_USAGE, "--redact takes no --filter: it would be told, and the names in it are not there "
                                       "any more");
    if (code == ERR_OK)
        code = w.view ? export_check(o->export_dir, w.path, err) : export_folder_check(o->export_dir, w.path, err);
    wanted_free(&w);
    return code;
}

/* The file gets its name only if everything went well. */
static enum err_code write_view(const struct wanted *w, const char *inside, const struct export_request *request,
                                const struct view_context *c, struct err *err)
{
    struct selection rows = {0};
    struct export_file out = {0};
    enum err_code code = view_select(c, w->view, w->filter, (struct sort_key){.column = -1}, 0, NULL, &rows);
    if (code == ERR_OK)
        code = export_open(&out, inside, w->path, err);
    if (code == ERR_OK)
        code = export_rows(w->format, request, c, &rows, out.file, err);
    if (code == ERR_OK)
        code = export_close(&out, err);
    export_abandon(&out);
    selection_free(&rows);
    return code;
}

static int write_answer(const struct answer *a)
{
    struct wanted w;
    struct err err = {0};
    struct view_context c = {.generation = a->generation,
                             .judgement = a->judgement,
                             .scratch = a->scratch,
                             .now_utc = a->now_utc};
    struct export_scope scope = options_scope(a->options);
    struct export_request request = {.tool = "keyfall " KEYFALL_VERSION,
                                     .scope = &scope,
                                     .filter = a->options->filter,
                                     .is_cut_short = a->is_cut_short};
    enum err_code code = wanted_read(a->options, &w, &err);
    request.view = w.view;
    request.columns = w.columns;
    request.n_columns = w.n_columns;
    if (code == ERR_OK)
        code = w.view ? write_view(&w, a->options->export_dir, &request, &c, &err)
                      : export_folder(w.format, &request, &c, a->options->export_dir, w.path, &err);
    wanted_free(&w);
    if (code != ERR_OK) {
        say("%s", err.text);
        return CLI_BAD;
    }
    size_t n_blind;
    (void)judgement_blind_spots(a->judgement, &n_blind);
    if (n_blind == 0)
        return a->is_cut_short ? CLI_BLIND : CLI_DONE;
    say("answered with %zu blind spot%s: keyfall export --view blind-spots lists %s", n_blind,
        n_blind == 1 ? "" : "s", n_blind == 1 ? "it" : "them");
    return CLI_BLIND;
}

int export_verb_run(const struct cli_options *o)
{
    return session_answer(o, write_answer);
}
