/* take: rows to a file, every view to a folder, written on the judging thread so that the screen goes on. */
#include "backend/base/version.h"
#include "backend/export/export.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

struct export_job {
    struct job job;
    struct app *app;
    const struct view *view; /* NULL: all of them, into a folder */
    struct snapshot *snapshot;
    struct selection selection;
    int *columns;
    size_t n_columns;
    const char *inside; /* NULL, or the options' folder that name is in */
    char *name, *path;  /* path: in words */
    struct err err;
    enum err_code code;
};

static enum err_code write_rows(struct export_job *j, const struct export_request *request,
                                const struct view_context *c)
{
    struct export_file file;
    enum err_code code = export_open(&file, j->inside, j->name, &j->err);
    if (code == ERR_OK)
        code = export_rows(EXPORT_CSV, request, c, &j->selection, file.file, &j->err);
    if (code == ERR_OK)
        code = export_close(&file, &j->err);
    export_abandon(&file);
    return code;
}

static void export_run(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    struct arena *scratch = arena_new();
    struct buf confined = {0};
    struct view_context c = snapshot_context(j->snapshot, scratch);
    scope_filter(j->snapshot, &confined);
    struct export_request request = {.view = j->view,
                                     .columns = j->columns,
                                     .n_columns = j->n_columns,
                                     .filter = confined.len > 0 ? confined.data : NULL,
                                     .tool = "keyfall " KEYFALL_VERSION,
                                     .scope = j->app->options->scope};
    j->code = j->view ? write_rows(j, &request, &c)
                      : export_folder(EXPORT_CSV, &request, &c, j->inside, j->name, &j->err);
    buf_free(&confined);
    arena_free(scratch);
}

static void export_done(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    if (j->code == ERR_OK && j->view)
        app_say(j->app, ROLE_MESSAGE, "%zu rows written to %s", j->selection.n, j->path);
    else if (j->code == ERR_OK)
        app_say(j->app, ROLE_MESSAGE, "every view and manifest.json written to %s", j->path);
    else
        app_say(j->app, ROLE_ERROR, "%s", j->err.text);
}

static void export_drop(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    selection_free(&j->selection);
    mem_free(j->columns);
    snapshot_release(j->snapshot);
    mem_free(j->path);
    mem_free(j->name);
    mem_free(j);
}

/* What is not judged yet has no findings, no blind spots and no paths to write. */
static struct export_job *job_new(struct app *app, const struct view *view, struct snapshot *snapshot,
                                  const char *what, const char *ending)
{
    if (!snapshot || (!view && !snapshot->judgement)) {
        app_say(app, ROLE_MESSAGE, "there is nothing to export yet");
        return NULL;
    }
    char when[TIME_ISO_SIZE];
    time_format_basic(snapshot->now_utc, when);
    struct export_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = j, .run = export_run, .done = export_done, .drop = export_drop};
    j->app = app;
    j->view = view;
    j->snapshot = snapshot_retain(snapshot);
    j->inside = app->options->export_dir;
    j->name = mem_printf("keyfall-%s-%s%s", what, when, ending);
    j->path = mem_printf("%s%s%s", j->inside ? j->inside : "", j->inside ? "/" : "", j->name);
    return j;
}

static void job_post(struct export_job *j)
{
    app_say(j->app, ROLE_MESSAGE, "writing %s", j->path);
    worker_post(j->app->judging, &j->job);
}

void app_export(struct app *app, const struct view *view, const char *columns, struct snapshot *snapshot,
                const struct selection *selection)
{
    struct export_job *j = job_new(app, view, snapshot, view->name, ".csv");
    struct err err;
    if (!j)
        return;
    if (columns && export_columns(view, columns, &j->columns, &j->n_columns, &err) != ERR_OK)
        app_say(app, ROLE_WARNING, "all columns are written: %s", err.text);
    j->selection = *selection;
    j->selection.items = mem_alloc_array(selection->n + 1, sizeof *selection->items);
    if (selection->n > 0)
        memcpy(j->selection.items, selection->items, selection->n * sizeof *selection->items);
    job_post(j);
}

void app_export_all(struct app *app)
{
    struct export_job *j = job_new(app, NULL, app->snapshot, "all", "");
    if (j)
        job_post(j);
}
