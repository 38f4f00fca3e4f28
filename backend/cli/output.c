#include "backend/cli/verb.h"

enum err_code output_write(const struct cli_options *o, output_fn *write, const void *ctx, struct err *err)
{
    char *path;
    struct export_file out = {0};
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_open(&out, o->export_dir, path, err);
    if (code == ERR_OK) {
        write(ctx, out.file);
        code = export_close(&out, err); /* tells if something could not be written */
    }
    mem_free(path);
    return code;
}

int output_answer(const struct cli_options *o, output_fn *write, const void *ctx)
{
    struct err err = {0};
    enum err_code code = output_write(o, write, ctx, &err);
    if (code != ERR_OK)
        say("%s", err.text);
    return code == ERR_OK ? CLI_DONE : CLI_BAD;
}
