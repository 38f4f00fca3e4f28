#include "backend/cli/verb.h"

#include "backend/collect/permissions.h"

enum err_code iam_policy_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    if (o->wizard)
        return err_set(err, ERR_USAGE, "there is no wizard \"%.80s\"; --read prints what reading needs",
                       o->wizard);
    if (!o->wants_read)
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

static void write_policy(const struct cli_options *o, FILE *out)
{
    action_vec actions = {0};
    (void)fputs("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n", out);
    if (o->org_role)
        write_entrance(out, o->org_role);
    permissions_to_read(o->org_role != NULL, &actions);
    write_statement(out, "KeyfallRead", "*", &actions, false);
    permissions_on_demand(&actions);
    write_statement(out, "KeyfallOnDemand", "*", &actions, true);
    (void)fputs("  ]\n}\n", out);
    VEC_FREE(actions);
}

int iam_policy_verb_run(const struct cli_options *o)
{
    char *path;
    struct err err = {0};
    struct export_file out = {0};
    enum err_code code = options_output(o, &path, &err);
    if (code == ERR_OK)
        code = export_open(&out, o->export_dir, path, &err);
    if (code == ERR_OK) {
        write_policy(o, out.file);
        code = export_close(&out, &err);
    }
    mem_free(path);
    if (code != ERR_OK)
        say("%s", err.text);
    return code == ERR_OK ? CLI_DONE : CLI_BAD;
}
