#include "backend/cli/diff.h"
#include "backend/cli/verb.h"

static const struct {
    const char *name;
    void (*write)(const struct diff_report *r, int64_t max, FILE *out);
} formats[] = {
    {"text", diff_write_text}, /* the default */
    {"csv", diff_write_csv},
    {"json", diff_write_json},
};
#define N_FORMATS (sizeof formats / sizeof *formats)

static size_t format_of(const struct cli_options *o)
{
    return options_format(o, formats, sizeof *formats, N_FORMATS);
}

enum err_code diff_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    size_t n = 0;
    while (o->operands && o->operands[n])
        n++;
    if (n < 1 || n > 2)
        return err_set(err, ERR_USAGE, "which postures? keyfall diff OLD NEW; without NEW: against what is read now");
    if (n == 2 && (o->is_demo || o->profiles || o->posture != o->operands[1]))
        return err_set(err, ERR_USAGE, "NEW is given: nothing else is read beside it");
    if (format_of(o) == N_FORMATS)
        return err_set(err, ERR_USAGE, "--format \"%.80s\" is none of text, json and csv", o->format);
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    return code;
}

struct reported {
    const struct cli_options *options;
    const struct diff_report *report;
};

static void write_report(const void *reported, FILE *out)
{
    const struct reported *r = reported;
    formats[format_of(r->options)].write(r->report, r->options->max, out);
}

static int write_answer(const struct answer *a)
{
    struct diff_report r = {0};
    struct err err = {0};
    struct view_context now = {.generation = a->generation,
                               .judgement = a->judgement,
                               .scratch = a->scratch,
                               .now_utc = a->now_utc};
    int status = CLI_NOTHING;
    enum err_code code = diff_report_make(a->options, a->options->operands[0], &now, a->is_cut_short, &r, &err);
    if (code == ERR_OK) {
        status = r.is_worse ? CLI_BAD : r.is_whole ? CLI_DONE : CLI_BLIND;
        code = output_write(a->options, write_report, &(struct reported){a->options, &r}, &err);
        status = code == ERR_OK ? status : CLI_BAD;
    }
    diff_report_free(&r);
    if (code != ERR_OK)
        say("%s", err.text);
    return status;
}

int diff_verb_run(const struct cli_options *o)
{
    struct err err = {0};
    if (diff_old_check(o, o->operands[0], &err) == ERR_OK)
        return session_answer(o, write_answer);
    say("%s", err.text);
    return CLI_NOTHING;
}
