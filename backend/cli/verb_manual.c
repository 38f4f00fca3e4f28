#include "backend/cli/manual.h"
#include "backend/cli/verb.h"

#include <string.h>

/* Under the names that they are installed by. */
static const struct {
    const char *name;
    void (*write)(const struct cli_screen *screen, struct buf *out);
} files[] = {
    {"keyfall.1", manual_page},    {"keyfall.conf.5", manual_conf}, {"keyfall.bash", manual_bash},
    {"_keyfall", manual_zsh}, {"keyfall.fish", manual_fish},
};
#define N_FILES (sizeof files / sizeof *files)

static size_t file_at(const struct cli_options *o)
{
    size_t i = 0;
    while (i < N_FILES && strcmp(files[i].name, o->operands[0]) != 0)
        i++;
    return i;
}

enum err_code manual_verb_check(const struct cli_options *o, struct err *err)
{
    if (!o->operands || o->operands[1] || file_at(o) == N_FILES)
        return err_set(err, ERR_USAGE, "name one file: keyfall.1, keyfall.conf.5, keyfall.bash, _keyfall or keyfall.fish");
    return ERR_OK;
}

static void write_file(const void *options, FILE *out)
{
    const struct cli_options *o = options;
    struct buf text = {0};
    files[file_at(o)].write(o->screen, &text);
    (void)fwrite(text.data, 1, text.len, out);
    buf_free(&text);
}

int manual_verb_run(const struct cli_options *o)
{
    return output_answer(o, write_file, o);
}
