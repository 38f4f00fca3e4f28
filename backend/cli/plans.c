#include "backend/cli/plans.h"

#include "backend/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_PLAN_BYTES (4u << 20)

enum err_code plans_read(const char *path, struct plan **plan, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    char *text = mem_alloc(MAX_PLAN_BYTES + 1);
    size_t len = file ? fread(text, 1, MAX_PLAN_BYTES + 1, file) : 0;
    enum err_code code = ERR_OK;
    *plan = NULL;
    if (!file || ferror(file))
        code = err_set(err, ERR_IO, "%.200s cannot be read: %s", path, strerror(errno));
    else if (len > MAX_PLAN_BYTES)
        code = err_set(err, ERR_LIMIT, "%.200s is too long for a plan", path);
    else
        code = plan_read(text, len, plan, err);
    if (file && !is_stdin)
        (void)fclose(file);
    mem_free(text);
    return code;
}

static void write_exact(const void *text, FILE *out)
{
    const struct buf *b = text;
    (void)fwrite(b->data, 1, b->len, out);
}

static void write_clean(const void *text, FILE *out)
{
    struct buf line = {0};
    for (const char *at = ((const struct buf *)text)->data, *end; at && *at; at = end + (*end == '\n')) {
        end = at + strcspn(at, "\n");
        buf_clear(&line);
        text_clean(&line, at, (size_t)(end - at), SIZE_MAX, false);
        (void)fprintf(out, "%s\n", line.data ? line.data : "");
    }
    buf_free(&line);
}

int plans_write(const struct cli_options *o, const struct buf *text, bool is_exact)
{
    return output_answer(o, is_exact ? write_exact : write_clean, text);
}
