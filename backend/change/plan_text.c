#include "backend/change/plan.h"

#include "backend/base/text.h"

#include <ctype.h>
#include <string.h>

/* ---- the AWS CLI ------------------------------------------------------------------------------------------------- */

/* BackupVaultName and backupVaultName: backup-vault-name, as the AWS CLI has its options. */
static void add_option_name(struct buf *out, const char *name)
{
    for (const char *at = name; *at; at++) {
        bool begins = isupper((unsigned char)*at) && at > name &&
                      (!isupper((unsigned char)at[-1]) || (at[1] && islower((unsigned char)at[1])));
        if (begins)
            buf_addc(out, '-');
        buf_addc(out, (char)tolower((unsigned char)*at));
    }
}

/* In single quotes unless it is a plain word. Control characters, which a terminal obeys, as $'...'. */
static void add_quoted(struct buf *out, const char *s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@-";
    bool has_control = false;
    for (const char *at = s; *at; at++)
        has_control |= (unsigned char)*at < 32 || *at == 127;
    if (s[0] && strspn(s, plain) == strlen(s)) {
        buf_adds(out, s);
        return;
    }
    buf_adds(out, has_control ? "$'" : "'");
    for (; *s; s++) {
        if ((unsigned char)*s < 32 || *s == 127)
            buf_printf(out, "\\x%02x", (unsigned)*s);
        else if (*s == '\'')
            buf_adds(out, has_control ? "\\'" : "'\\''");
        else if (*s == '\\' && has_control)
            buf_adds(out, "\\\\");
        else
            buf_addc(out, *s);
    }
    buf_addc(out, '\'');
}

static void add_option(struct buf *out, const cJSON *param)
{
    buf_adds(out, cJSON_IsFalse(param) ? " --no-" : " --");
    add_option_name(out, param->string);
    if (cJSON_IsBool(param))
        return;
    buf_addc(out, ' ');
    if (cJSON_IsString(param)) {
        add_quoted(out, param->valuestring);
        return;
    }
    char *text = cJSON_PrintUnformatted(param);
    add_quoted(out, text);
    cJSON_free(text);
}

/* "kms:EnableKey": aws kms enable-key --region R --key-id K */
static void add_command(struct buf *out, const char *call, const char *region, const cJSON *params)
{
    const char *colon = strchr(call, ':');
    const cJSON *p;
    buf_printf(out, "aws %.*s ", (int)(colon ? colon - call : 0), call);
    add_option_name(out, colon ? colon + 1 : call);
    if (region[0])
        buf_printf(out, " --region %s", region);
    cJSON_ArrayForEach(p, params) add_option(out, p);
}

void plan_step_cli(const struct plan *plan, size_t i, struct buf *out)
{
    const cJSON *s = plan_step_json(plan, i);
    if (plan_step(plan, i).kind != STEP_CALL)
        return;
    add_command(out, json_text(s, "call"), json_text(s, "region"), cJSON_GetObjectItemCaseSensitive(s, "params"));
    buf_addc(out, '\n');
}

void plan_step_undo(const struct plan *plan, size_t i, struct buf *out)
{
    const cJSON *s = plan_step_json(plan, i), *undo;
    cJSON_ArrayForEach(undo, cJSON_GetObjectItemCaseSensitive(s, "undo"))
    {
        buf_adds(out, "    undo: ");
        if (cJSON_HasObjectItem(undo, "call"))
            add_command(out, json_text(undo, "call"), json_text(s, "region"),
                        cJSON_GetObjectItemCaseSensitive(undo, "params"));
        else
            buf_adds(out, json_text(undo, "text"));
        buf_addc(out, '\n');
    }
}

/* A policy by the names of its statements: they stand whole where it is changed. */
static void add_policy(struct buf *out, const cJSON *policy)
{
    const cJSON *statements = cJSON_GetObjectItemCaseSensitive(policy, "Statement"), *s;
    int n = 0;
    buf_printf(out, "has exactly %d statements:", cJSON_GetArraySize(statements));
    cJSON_ArrayForEach(s, statements)
    {
        const char *sid = json_text(s, "Sid");
        if (sid[0])
            buf_printf(out, "%s \"%s\"", n++ ? "," : "", sid);
        else
            buf_printf(out, "%s one without a name", n++ ? "," : "");
    }
}

void plan_step_proof(const struct plan *plan, size_t i, struct buf *out)
{
    const cJSON *step = plan_step_json(plan, i), *wanted;
    size_t len = out->len;
    cJSON_ArrayForEach(wanted, cJSON_GetObjectItemCaseSensitive(step, "moves"))
        buf_printf(out, "    proof: %s of %s moves once you were asked\n", json_text(wanted, "fact"), json_text(wanted, "of"));
    cJSON_ArrayForEach(wanted, cJSON_GetObjectItemCaseSensitive(step, "after"))
    {
        const cJSON *is = cJSON_GetObjectItemCaseSensitive(wanted, "is");
        const cJSON *policy = cJSON_GetObjectItemCaseSensitive(is, "Policy");
        char *text = is && is->child && !policy ? cJSON_PrintUnformatted(is) : NULL;
        buf_printf(out, "    proof: %s of %s ", json_text(wanted, "fact"), json_text(wanted, "of"));
        if (policy)
            add_policy(out, policy);
        else
            buf_printf(out, "is %s", text ? text : is ? "there" : "gone");
        buf_addc(out, '\n');
        cJSON_free(text);
    }
    if (out->len == len && plan_step(plan, i).kind == STEP_HUMAN)
        buf_adds(out, "    proof: none, nothing of it can be read: you confirm it\n");
}

/* ---- the preview -------------------------------------------------------------------------------------------------- */

static void add_lines(struct buf *out, const char *indent, const cJSON *lines)
{
    const cJSON *line;
    cJSON_ArrayForEach(line, lines) buf_printf(out, "%s%s\n", indent, line->valuestring);
}

static void show_step(const struct plan *plan, size_t i, struct buf *out)
{
    struct step_view step = plan_step(plan, i);
    buf_printf(out, "\n%zu  %s\n", i + 1, step.title);
    if (step.kind == STEP_CALL) {
        buf_printf(out, "    %s in account %s, %s: %s\n", step.call, step.account, step.region, step.target);
        buf_printf(out, "    costs %s; takes effect %s\n", step.cost, step.time);
        buf_adds(out, "    as CLI: ");
        plan_step_cli(plan, i, out);
    }
    if (step.kind == STEP_HUMAN) {
        buf_printf(out, "    you do this: %s\n", step.where);
        add_lines(out, "    ", step.lines);
        buf_printf(out, "    then: %s\n", step.question);
    }
    if (step.gives[0])
        buf_printf(out, "    gives what is called ${keyfall:%s} elsewhere\n", step.gives);
    add_lines(out, "    ", step.diff);
    plan_step_proof(plan, i, out);
    plan_step_undo(plan, i, out);
}

void plan_show(const struct plan *plan, struct buf *out)
{
    const cJSON *input;
    buf_printf(out, "%s\nplan %s\n", plan_title(plan), plan_id(plan));
    cJSON_ArrayForEach(input, plan_inputs(plan))
    {
        char *text = cJSON_IsString(input) ? NULL : cJSON_PrintUnformatted(input);
        buf_printf(out, "    %s = %s\n", input->string, text ? text : input->valuestring);
        cJSON_free(text);
    }
    for (size_t i = 0; i < plan_warnings(plan); i++)
        buf_printf(out, "%s! %s\n", i ? "" : "\n", plan_warning(plan, i));
    for (size_t i = 0; i < plan_steps(plan); i++)
        show_step(plan, i, out);
    if (plan_steps(plan) == 0)
        buf_adds(out, "\nnothing is left to do\n");
    else
        buf_printf(out, "\nEach thing is read right before it is changed, and again after it. Between the reading and the "
                        "change lies one round trip: what somebody else changes in that moment is not noticed.\n"
                        "To run it: keyfall apply FILE --yes '%s'\n", plan_phrase(plan));
}

void plan_cli(const struct plan *plan, struct buf *out)
{
    buf_printf(out, "# %s\n# plan %s\n", plan_title(plan), plan_id(plan));
    for (size_t i = 0; i < plan_steps(plan); i++) {
        struct step_view step = plan_step(plan, i);
        const cJSON *line;
        buf_printf(out, "\n# %zu. %s%s%s\n", i + 1, step.title, step.account[0] ? ", account " : "", step.account);
        plan_step_cli(plan, i, out);
        if (step.where[0])
            buf_printf(out, "#    %s\n", step.where);
        cJSON_ArrayForEach(line, step.lines) buf_printf(out, "#    %s\n", line->valuestring);
    }
}
