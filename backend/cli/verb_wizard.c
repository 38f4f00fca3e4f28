#include "backend/cli/plans.h"

#include <stdio.h>
#include <string.h>

enum err_code wizard_verb_check(const struct cli_options *o, struct err *err)
{
    if (!o->operands)
        return o->inputs ? err_set(err, ERR_USAGE, "--set is for a wizard: keyfall wizard lists them") : ERR_OK;
    if (o->operands[1])
        return err_set(err, ERR_USAGE, "one wizard at a time, not \"%.60s\" too", o->operands[1]);
    if (!wizard_by_name(o->operands[0])) {
        struct closest c = {.wanted = o->operands[0]};
        for (size_t i = 0; wizard_at(i); i++)
            closest_offer(&c, wizard_at(i)->name);
        (void)err_set(err, ERR_USAGE, "there is no wizard \"%.60s\"; %s%s", o->operands[0],
                      c.n > 0 ? "did you mean " : "keyfall wizard lists them", c.n > 0 ? c.items[0].name : "");
        closest_free(&c);
        return ERR_USAGE;
    }
    char *path;
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    return code;
}

static void list_wizard(const struct wizard *w, struct buf *out)
{
    buf_printf(out, "%s\n    %s\n", w->name, w->what);
    for (size_t i = 0; i < w->n_inputs; i++) {
        const struct input *in = &w->inputs[i];
        if (in->is_made)
            continue;
        buf_printf(out, "    %s%s: %s", in->name, in->is_list ? ",..." : "", in->help);
        if (in->preset)
            buf_printf(out, " (%s)", in->preset);
        else if (in->is_optional)
            buf_adds(out, " (may be left out)");
        buf_adds(out, "\n");
    }
    buf_addc(out, '\n');
}

static int list_wizards(const struct cli_options *o)
{
    struct buf text = {0};
    for (size_t i = 0; wizard_at(i); i++)
        list_wizard(wizard_at(i), &text);
    int status = plans_write(o, &text, false);
    buf_free(&text);
    return status;
}

static cJSON *inputs_of(const struct cli_options *o)
{
    cJSON *inputs = cJSON_CreateObject();
    for (size_t i = 0; o->inputs && o->inputs[i]; i++) {
        const char *equals = strchr(o->inputs[i], '=');
        char *name = mem_strndup(o->inputs[i], (size_t)(equals - o->inputs[i]));
        cJSON_DeleteItemFromObjectCaseSensitive(inputs, name); /* the last one counts */
        cJSON_AddStringToObject(inputs, name, equals + 1);
        mem_free(name);
    }
    return inputs;
}

int wizard_verb_run(const struct cli_options *o)
{
    if (!o->operands)
        return list_wizards(o);
    const struct wizard *wizard = wizard_by_name(o->operands[0]);
    struct desk *desk = NULL;
    struct plan *plan = NULL;
    struct buf text = {0};
    struct err err = {0};
    cJSON *inputs = inputs_of(o);
    int status = CLI_NOTHING;
    if (wizard_check(wizard, inputs, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_USAGE;
        goto out;
    }
    if (session_desk(o, false, NULL, NULL, &desk, &err) != ERR_OK) {
        say("%s", err.text);
        goto out;
    }
    enum err_code code = plan_make(desk, wizard, inputs, &plan, &err);
    if (code != ERR_OK) {
        say("%s", err.text);
        status = code == ERR_USAGE ? CLI_USAGE : code == ERR_REJECTED ? CLI_BAD : CLI_NOTHING;
        goto out;
    }
    plan_write(plan, &text);
    status = plans_write(o, &text, true);
out:
    buf_free(&text);
    plan_free(plan);
    desk_close(desk);
    cJSON_Delete(inputs);
    return status;
}
