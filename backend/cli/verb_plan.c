#include "backend/cli/plans.h"

#include <string.h>

static const struct {
    const char *name;
    void (*write)(const struct plan *plan, struct buf *out);
} forms[] = {{"show", plan_show}, {"cli", plan_cli}};

enum err_code plan_verb_check(const struct cli_options *o, struct err *err)
{
    size_t n = 0;
    while (o->operands && o->operands[n])
        n++;
    bool is_form = n > 0 && (strcmp(o->operands[0], forms[0].name) == 0 || strcmp(o->operands[0], forms[1].name) == 0);
    if (n != 2 || !is_form)
        return err_set(err, ERR_USAGE, "keyfall plan show FILE, or keyfall plan cli FILE");
    return ERR_OK;
}

int plan_verb_run(const struct cli_options *o)
{
    struct plan *plan;
    struct buf text = {0};
    struct err err = {0};
    if (plans_read(o->operands[1], &plan, &err) != ERR_OK) {
        say("%s", err.text);
        return CLI_BAD;
    }
    forms[strcmp(o->operands[0], forms[1].name) == 0].write(plan, &text);
    int status = plans_write(o, &text, false);
    buf_free(&text);
    plan_free(plan);
    return status;
}
