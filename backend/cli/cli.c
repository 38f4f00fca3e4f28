#include "backend/cli/verb.h"

#include "backend/base/log.h"
#include "backend/base/version.h"
#include "backend/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A file opened later must not become standard output. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", O_RDONLY); /* so that what is written there fails, not vanishes */
}

static int written(void)
{
    struct err err = {0};
    struct export_file out = {.file = stdout};
    if (export_close(&out, &err) == ERR_OK)
        return CLI_DONE;
    say("%s", err.text);
    return CLI_BAD;
}

static void print_actions(void)
{
    bool seen[KIND_COUNT] = {false};
    (void)printf("\nActions\n");
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
        const char *const *actions = judge_actions((enum kind)k);
        if (!actions[0] || seen[k])
            continue;
        (void)printf("  ");
        for (size_t i = 0; actions[i]; i++)
            (void)printf("%s%s", i > 0 ? ", " : "", actions[i]);
        (void)printf(" of: ");
        bool is_first = true;
        for (int other = k; other < KIND_COUNT; other++) {
            if (judge_actions((enum kind)other) != actions)
                continue;
            seen[other] = true;
            (void)printf("%s%s", is_first ? "" : ", ", kind_row((enum kind)other)->name);
            is_first = false;
        }
        (void)printf("\n");
    }
}

static void print_views(void)
{
    size_t n;
    const struct view *const *views = view_all(&n);
    (void)printf("\nViews\n");
    for (size_t i = 0; i < n; i++) {
        (void)printf("  %-16s %s:", views[i]->name, views[i]->what);
        int col = 80;
        for (size_t c = 0; c < views[i]->n_columns; c++) {
            int len = (int)strlen(views[i]->columns[c].name) + 1;
            if (col + len > 78) {
                (void)printf("\n    ");
                col = 4;
            }
            (void)printf(" %s", views[i]->columns[c].name);
            col += len;
        }
        (void)printf("\n");
    }
}

static int print_verb_help(const struct verb *verb)
{
    (void)printf("keyfall %s %s\n  %s\n\n%s\nOptions\n", verb->name, verb->usage, verb->what,
                 verb->more);
    options_help(stdout, verb->bit);
    if (verb->bit == USED_BY_EXPORT)
        print_views();
    if (verb->bit == USED_BY_IMPACT)
        print_actions();
    return written();
}

static int print_help(void)
{
    (void)printf("keyfall: see what falls before a key does\n\n"
                 "  keyfall %-10s  %s\n", "", "the dashboard");
    for (size_t i = 0; verb_at(i); i++)
        (void)printf("  keyfall %-10s  %s\n", verb_at(i)->name, verb_at(i)->what);
    (void)printf("\nkeyfall VERB --help tells more. Options of the dashboard, most of the verbs too:\n");
    options_help(stdout, USED_BY_SCREEN);
    (void)printf("\nExit status: 0 done; 1 the answer is bad, or could not be written; 2 wrong usage;\n"
                 "3 nothing could be answered; 4 answered, with blind spots.\n");
    return written();
}

static int print_config(const struct settings *settings)
{
    struct buf text = {0};
    config_print(settings, &text);
    (void)fputs(text.data, stdout);
    buf_free(&text);
    return written();
}

static int run_screen(const struct cli_options *o, const struct cli_screen *screen)
{
    struct err err = {0};
    if (!screen) {
        say("this program has no dashboard: give a verb; --help lists them");
        return CLI_USAGE;
    }
    struct session s;
    int status = CLI_NOTHING;
    if (session_open(o, false, &s, &err) == ERR_OK)
        status = screen->run(o, &s, &err);
    session_close(&s);
    if (err.text[0])
        say("%s", err.text);
    return status;
}

static int run_verb(const struct cli_options *o)
{
    struct err err = {0};
    enum err_code code = o->verb->check(o, &err);
    if (code == ERR_OK)
        return o->verb->run(o);
    say("%s", err.text);
    return code == ERR_USAGE ? CLI_USAGE : CLI_BAD;
}

/* Where a viewer writes: *folder is the caller's (close). */
static enum err_code enter_exports(const struct cli_options *o, int *folder, struct err *err)
{
    mode_t mode;
    *folder = AT_FDCWD;
    if (!o->is_viewer)
        return ERR_OK;
    if (o->log_file && !o->export_dir)
        return err_set(err, ERR_USAGE, "the viewer writes no files: add --export-dir DIR, or leave --log out");
    if (!o->export_dir)
        return ERR_OK;
    enum err_code code = export_enter(o->export_dir, folder, err);
    return code == ERR_OK && o->log_file ? export_mode_of(*folder, o->export_dir, o->log_file, &mode, err) : code;
}

/* What is open stays so; from then on a viewer gives up what it does not need. */
static enum err_code open_log(const struct cli_options *o, struct err *err)
{
    int folder;
    enum err_code code = enter_exports(o, &folder, err);
    if (code == ERR_OK && o->log_file)
        code = log_open(folder, o->log_file, err);
    if (folder >= 0)
        (void)close(folder);
    return code;
}

static int run(struct cli_options *o, const struct cli_screen *screen)
{
    struct err err = {0};
    struct guards guards;
    if (o->wants_version) {
        (void)printf("keyfall %s\n", KEYFALL_VERSION);
        return written();
    }
    if (o->wants_config)
        return print_config(o->settings);
    if (o->wants_help)
        return o->verb ? print_verb_help(o->verb) : print_help();
    if (open_log(o, &err) != ERR_OK) {
        say("%s", err.text);
        return CLI_USAGE;
    }
    struct credentials_ahead *ahead = NULL;
    if (o->is_viewer) {
        o->ahead = ahead = session_run_ahead(o);
        guards_engage(o->export_dir, &guards);
        o->guards = &guards;
    }
    int status = o->verb ? run_verb(o) : run_screen(o, screen);
    credentials_ahead_free(ahead);
    log_close();
    return status;
}

int cli_main(int argc, char **argv, const struct cli_screen *screen)
{
    struct cli_options o;
    struct err err = {0};
    keep_standard_files();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error to tell, as a full disk is */
    model_init();
    int status = CLI_USAGE;
    enum err_code code = cli_parse(argc, argv, &o, &err);
    (void)setlocale(LC_CTYPE, ""); /* now that the environment can be trusted */
    if (code == ERR_OK && (code = cli_configure(&o, &err)) == ERR_PARSE)
        status = CLI_NOTHING;
    if (code == ERR_OK && (code = cli_open_posture(&o, &err)) != ERR_OK)
        status = CLI_NOTHING;
    if (code == ERR_OK) {
        o.screen = screen;
        status = run(&o, screen);
    } else {
        say("%s", err.text);
    }
    cli_options_free(&o);
    return status;
}
