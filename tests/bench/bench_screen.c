/* The dashboard of the synthetic estate, on the terminal that it is started in, while a writer publishes twice a
 * second what no page shows: when something was read. Usage: bench_screen [points] */
#include "backend/cli/verb.h"
#include "backend/demo/synthetic.h"
#include "tests/bench/bench.h"
#include "tui/views/app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Of refresh/internal.h, which does not go together with the judge's words. */
void status_notify(struct refresh *r);

#define PUBLISH_EVERY_US 500000

struct writer {
    struct estate *estate;
    struct refresh *refresh;
    uint32_t key;
    int64_t now_utc;
    _Atomic bool is_over;
};

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (int64_t i = 1; !atomic_load(&w->is_over); i++) {
        estate_set_facet(w->estate, estate_home(w->estate, w->key), w->key, FACET_KEY_ROTATION, TRUTH_KNOWN, 0,
                         w->now_utc + i);
        (void)estate_publish(w->estate);
        status_notify(w->refresh);
        usleep(PUBLISH_EVERY_US);
    }
    return NULL;
}

static int must(enum err_code code, const struct err *err)
{
    if (code == ERR_OK)
        return 0;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

int main(int argc, char **argv)
{
    struct cli_options o;
    struct err err = {0};
    pthread_t thread;
    model_init();
    must(cli_parse(1, argv, &o, &err), &err);
    must(cli_configure(&o, &err), &err);
    struct synthetic_settings settings = bench_settings(argc, argv);
    struct session session = {.estate = estate_new()};
    struct writer w = {.estate = session.estate, .now_utc = settings.now_utc};
    synthetic_fill(session.estate, &settings, &w.key);
    must(refresh_kept(session.estate, settings.now_utc, &session.refresh, &err), &err);
    w.refresh = session.refresh;
    if (pthread_create(&thread, NULL, write_on, &w) != 0)
        return 2;
    struct export_scope scope = options_scope(&o);
    struct app_options options = {.what = "synthetic", .regions = "all regions", .scope = &scope, .is_kept = true,
                                  .fixed_now = settings.now_utc, .settings = o.settings, .cli = &o};
    enum err_code code = app_run(&options, &session, &err);
    atomic_store(&w.is_over, true);
    pthread_join(thread, NULL);
    refresh_free(session.refresh);
    estate_free(session.estate);
    cli_options_free(&o);
    return must(code, &err);
}
