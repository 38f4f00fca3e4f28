#include "backend/cli/about.h"
#include "backend/cli/verb.h"

#include "backend/store/posture.h"

#include <string.h>

enum err_code snapshot_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    if (!o->output)
        return err_set(err, ERR_USAGE, "where to? name the file with -o FILE, or -o - for standard output");
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    return code;
}

static enum err_code write_file(const struct answer *a, const struct buf *summary, struct err *err)
{
    char *path;
    struct export_file out = {0};
    enum err_code code = options_output(a->options, &path, err);
    if (code == ERR_OK)
        code = export_open(&out, a->options->export_dir, path, err);
    if (code == ERR_OK)
        code = posture_write(out.file, a->judgement, summary->data, summary->len, err);
    if (code == ERR_OK || (out.file && export_reader_is_gone(out.file)))
        code = export_close(&out, err);
    export_abandon(&out);
    mem_free(path);
    return code;
}

static int write_answer(const struct answer *a)
{
    size_t n_blind;
    struct buf summary = {0};
    struct err err = {0};
    about_write(a, &summary);
    enum err_code code = write_file(a, &summary, &err);
    buf_free(&summary);
    if (code != ERR_OK) {
        say("%s", err.text);
        return CLI_BAD;
    }
    (void)judgement_blind_spots(a->judgement, &n_blind);
    return n_blind > 0 || a->is_cut_short ? CLI_BLIND : CLI_DONE;
}

int snapshot_verb_run(const struct cli_options *o)
{
    return session_answer(o, write_answer);
}
