#include "backend/cli/verb.h"

#include "backend/change/change.h"
#include "backend/collect/permissions.h"

#include <string.h>

enum err_code iam_policy_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    if (o->wizard && !wizard_by_name(o->wizard))
        return err_set(err, ERR_USAGE, "there is no wizard \"%.80s\"; keyfall wizard lists them", o->wizard);
    if (o->wizard && o->wants_read)
        return err_set(err, ERR_USAGE, "--read and --wizard are two policies: give one of them");
    if (!o->wants_read && !o->wizard)
        return err_set(err, ERR_USAGE, "the policy for what? Add --read for all that keyfall reads");
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    return code;
}

static void write_statement(FILE *out, const char *sid, const char *resource, const action_vec *actions,
                            bool is_last)
{
    (void)fprintf(out, "    {\"Sid\": \"%s\", \"Effect\": \"Allow\", \"Resource\": \"%s\", \"Action\": [", sid,
                  resource);
    for (size_t i = 0; i < actions->n; i++)
        (void)fprintf(out, "%s\n      \"%s\"", i > 0 ? "," : "", actions->items[i]);
    (void)fprintf(out, "]}%s\n", is_last ? "" : ",");
}

/* A role's name has nothing that JSON would escape: the option's form sees to that. */
static void write_entrance(FILE *out, const char *role)
{
    action_vec assume = {0};
    char *resource = mem_printf("arn:*:iam::*:role/%s", role);
    VEC_PUSH(assume, "sts:AssumeRole");
    write_statement(out, "KeyfallEnter", resource, &assume, false);
    mem_free(resource);
    VEC_FREE(assume);
}

static void add_action(action_vec *actions, const char *action)
{
    for (size_t i = 0; i < actions->n; i++)
        if (strcmp(actions->items[i], action) == 0)
            return;
    if (action[0])
        VEC_PUSH(*actions, action);
}

/* What a wizard's plans read, and what they change: its change role needs both, its read role the first. */
static void write_wizard(const struct wizard *w, FILE *out)
{
    action_vec reads = {0}, changes = {0};
    for (const enum op_id *id = w->ops; *id != OP_COUNT; id++) {
        const struct op *op = op_get(*id);
        action_vec *actions = op->effect == EFFECT_READ ? &reads : &changes;
        add_action(actions, op_iam_action(op));
        for (const char *const *also = op->also; also && *also; also++)
            add_action(actions, *also);
    }
    write_statement(out, "KeyfallPlan", "*", &reads, false);
    write_statement(out, "KeyfallChange", "*", &changes, true);
    VEC_FREE(reads);
    VEC_FREE(changes);
}

static void write_reading(const struct cli_options *o, FILE *out)
{
    action_vec actions = {0};
    if (o->org_role)
        write_entrance(out, o->org_role);
    permissions_to_read(o->org_role != NULL, &actions);
    write_statement(out, "KeyfallRead", "*", &actions, false);
    permissions_on_demand(&actions);
    write_statement(out, "KeyfallOnDemand", "*", &actions, true);
    VEC_FREE(actions);
}

static void write_policy(const void *options, FILE *out)
{
    const struct cli_options *o = options;
    (void)fputs("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n", out);
    if (o->wizard)
        write_wizard(wizard_by_name(o->wizard), out);
    else
        write_reading(o, out);
    (void)fputs("  ]\n}\n", out);
}

int iam_policy_verb_run(const struct cli_options *o)
{
    return output_answer(o, write_policy, o);
}
