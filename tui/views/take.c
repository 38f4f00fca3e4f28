/* take: rows to a file, written on the judging thread so that the screen goes on. */
#include "backend/export/export.h"
#include "tui/views/app.h"

#include <stdio.h>
#include <string.h>

struct export_job {
    struct job job;
    struct app *app;
    const struct view *view;
    struct snapshot *snapshot;
    struct selection selection;
    const char *inside; /* NULL, or the options' folder that name is in */
    char *name, *path;  /* path: in words */
    struct err err;
    enum err_code code;
};

static void export_run(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    struct arena *scratch = arena_new();
    struct view_context c = {.generation = j->snapshot->generation,
                             .judgement = j->snapshot->judgement,
                             .scratch = scratch,
                             .now_utc = j->snapshot->now_utc};
    struct export_request request = {.view = j->view, .tool = "keyfall"};
    struct export_file file;
    j->code = export_open(&file, j->inside, j->name, &j->err);
    if (j->code == ERR_OK) {
        j->code = export_rows(EXPORT_CSV, &request, &c, &j->selection, file.file, &j->err);
        if (j->code == ERR_OK)
            j->code = export_close(&file, &j->err);
        export_abandon(&file);
    }
    arena_free(scratch);
}

static void export_done(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    if (j->code == ERR_OK)
        app_say(j->app, ROLE_MESSAGE, "%zu rows written to %s", j->selection.n, j->path);
    else
        app_say(j->app, ROLE_ERROR, "%s", j->err.text);
}

static void export_drop(struct job *job)
{
    struct export_job *j = (struct export_job *)job;
    selection_free(&j->selection);
    snapshot_release(j->snapshot);
    mem_free(j->path);
    mem_free(j->name);
    mem_free(j);
}

void app_export(struct app *app, const struct view *view, struct snapshot *snapshot,
                const struct selection *selection)
{
    if (!snapshot) {
        app_say(app, ROLE_MESSAGE, "there is nothing to export yet");
        return;
    }
    char when[TIME_ISO_SIZE];
    time_format_basic(snapshot->now_utc, when);
    struct export_job *j = mem_alloc(sizeof *j);
    j->job = (struct job){.tag = j, .run = export_run, .done = export_done, .drop = export_drop};
    j->app = app;
    j->view = view;
    j->snapshot = snapshot_retain(snapshot);
    j->selection = *selection;
    j->selection.items = mem_alloc_array(selection->n + 1, sizeof *selection->items);
    if (selection->n > 0)
        memcpy(j->selection.items, selection->items, selection->n * sizeof *selection->items);
    j->inside = app->options->export_dir;
    j->name = mem_printf("keyfall-%s-%s.csv", view->name, when);
    j->path = mem_printf("%s%s%s", j->inside ? j->inside : "", j->inside ? "/" : "", j->name);
    app_say(app, ROLE_MESSAGE, "writing %s", j->path);
    worker_post(app->judging, &j->job);
}
