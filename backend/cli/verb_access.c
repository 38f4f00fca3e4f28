#include "backend/cli/access_batch.h"
#include "backend/cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

enum err_code access_verb_check(const struct cli_options *o, struct err *err)
{
    if (!o->is_batch)
        return err_set(err, ERR_USAGE, "access answers questions from standard input: keyfall access "
                       "--batch < questions.jsonl");
    return ERR_OK;
}

/* A line that is no question has an answer too, so that answers and questions stay in step. */
static int answer_line(const char *line, size_t len, size_t number)
{
    struct buf out = {0};
    struct err err = {0};
    int status = CLI_DONE;
    if (access_batch_line(line, len, &out, &err) != ERR_OK) {
        say("line %zu: %s", number, err.text);
        status = CLI_USAGE;
    }
    (void)fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return status;
}

int access_verb_run(const struct cli_options *o)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    ssize_t len;
    int status = CLI_DONE;
    (void)o;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        size_t n = (size_t)len - (line[len - 1] == '\n');
        number++;
        if (n > 0 && answer_line(line, n, number) != CLI_DONE)
            status = CLI_USAGE;
    }
    free(line);
    if (ferror(stdin)) {
        say("standard input cannot be read");
        status = CLI_NOTHING;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        say("the answers cannot be written");
        status = CLI_BAD;
    }
    return status;
}
