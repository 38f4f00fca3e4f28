#include "backend/cli/impact.h"
#include "backend/cli/target.h"
#include "backend/cli/verb.h"

#include "backend/base/text.h"

#include <string.h>

#define MAX_MESSAGE_LINE 1024

static const struct {
    const char *name;
    void (*write)(const struct answer *a, const struct impact *impact, FILE *out);
    void (*write_all)(const struct answer *a, const struct ranking *ranking, FILE *out);
} formats[] = {
    {"text", impact_write_text, impact_all_text}, /* the default */
    {"json", impact_write_json, impact_all_json},
    {"csv", impact_write_csv, impact_all_csv},
};
#define N_FORMATS (sizeof formats / sizeof *formats)

static size_t format_of(const struct cli_options *o)
{
    return options_format(o, formats, sizeof *formats, N_FORMATS);
}

/* Every action of any kind, each once. */
static enum err_code check_action(const char *action, struct err *err)
{
    struct buf known = {0};
    bool is_there = false;
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
        for (const char *const *a = judge_actions((enum kind)k); *a; a++) {
            is_there = is_there || strcmp(*a, action) == 0;
            if (!known.data || !strstr(known.data, *a))
                buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", *a);
        }
    if (!is_there)
        (void)err_set(err, ERR_USAGE, "there is no action \"%.80s\"; there are %s", action, known.data);
    buf_free(&known);
    return is_there ? ERR_OK : ERR_USAGE;
}

enum err_code impact_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    if (o->terraform_plan && (o->operands || o->is_all || o->action))
        return err_set(err, ERR_USAGE, "--terraform-plan says itself what goes: name no targets and no action with it");
    if (o->terraform_plan && o->format && strcmp(o->format, "csv") == 0)
        return err_set(err, ERR_USAGE, "a plan is told as text or json");
    if (o->is_all && o->operands)
        return err_set(err, ERR_USAGE, "--all asks of every key: name no targets with it");
    if (!o->operands && !o->is_all && !o->terraform_plan)
        return err_set(err, ERR_USAGE, "the impact of what? Name a target: keyfall impact "
                       "alias/prod-backup; or --all");
    if (format_of(o) == N_FORMATS)
        return err_set(err, ERR_USAGE, "--format \"%.80s\" is none of text, json and csv", o->format);
    enum err_code code = o->action ? check_action(o->action, err) : ERR_OK;
    if (code != ERR_OK)
        return code;
    code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    if (code == ERR_OK && o->terraform_plan)
        code = impact_plan_check(o->terraform_plan, err);
    return code;
}

/* Names come from AWS and from the user. */
static void print_lines(const char *text)
{
    struct buf clean = {0};
    while (*text) {
        size_t len = strcspn(text, "\n");
        buf_clear(&clean);
        text_clean(&clean, text, len, MAX_MESSAGE_LINE, false);
        (void)fprintf(stderr, "%s\n", clean.data ? clean.data : "");
        text += len + (text[len] == '\n');
    }
    buf_free(&clean);
}

static bool find_targets(const struct answer *a, node_vec *targets)
{
    bool is_good = true;
    struct buf why = {0};
    for (size_t i = 0; a->options->operands[i]; i++)
        if (target_find(a->judgement, a->options->operands[i], targets, &why) != ERR_OK)
            is_good = false;
    if (!is_good) {
        (void)fputs("keyfall: ", stderr);
        print_lines(why.data);
    }
    buf_free(&why);
    return is_good;
}

static bool is_statement(const char *operand)
{
    return strncmp(operand, STATEMENT_PREFIX, strlen(STATEMENT_PREFIX)) == 0;
}

/* Statements of one key's policy, and nothing else with them. NULL: what is wrong was told. */
static struct impact *impact_of_statements(const struct answer *a, size_t max)
{
    VEC(size_t) statements = {0};
    uint32_t key = 0, other;
    struct buf why = {0};
    size_t index;
    struct impact *impact = NULL;
    if (a->options->action && strcmp(a->options->action, "revoke") != 0)
        buf_printf(&why, "--action %s does not fit a statement; what fits: revoke", a->options->action);
    for (size_t i = 0; a->options->operands[i] && why.len == 0; i++) {
        const char *operand = a->options->operands[i];
        if (!is_statement(operand))
            buf_printf(&why, "\"%s\" is no statement: statements of one key are asked about by themselves", operand);
        else if (judge_statement_find(a->judgement, operand, &other, &index, &why)) {
            if (key && key != other)
                buf_adds(&why, "these statements are of several keys: ask about those of one");
            key = other;
            VEC_PUSH(statements, index);
        }
    }
    if (why.len == 0)
        impact = judge_impact_statements(a->judgement, key, statements.items, statements.n, max);
    else
        say("%s", why.data);
    VEC_FREE(statements);
    buf_free(&why);
    return impact;
}

/* One action for all of them; its first misfit is told. */
static void say_misfit(const struct answer *a, const node_vec *targets)
{
    for (size_t i = 0; i < targets->n; i++) {
        enum kind kind = node_kind(generation_estate(a->generation), targets->items[i]);
        struct buf known = {0}, label = {0};
        bool fits = false;
        for (const char *const *action = judge_actions(kind); *action; action++) {
            fits = fits || !a->options->action || strcmp(*action, a->options->action) == 0;
            buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", *action);
        }
        target_label(a->generation, targets->items[i], &label);
        if (!fits)
            say("--action %s does not fit %s; what fits: %s%s", a->options->action, label.data, known.data,
                kind == KIND_ALIAS ? ". For its key, give the key's ARN (export --view aliases)" : "");
        buf_free(&known);
        buf_free(&label);
        if (!fits)
            return;
    }
    say("these targets cannot be asked of together");
}

struct answered {
    const struct answer *a;
    const struct impact *impact; /* NULL: ranking */
    const struct ranking *ranking;
};

static void write_out(const void *answered, FILE *out)
{
    const struct answered *is = answered;
    if (is->impact)
        formats[format_of(is->a->options)].write(is->a, is->impact, out);
    else
        formats[format_of(is->a->options)].write_all(is->a, is->ranking, out);
}

int impact_status(const struct answer *a, enum severity severity, bool is_complete)
{
    enum severity fail_on = SEVERITY_COUNT;
    if (a->options->fail_on)
        (void)severity_parse(a->options->fail_on, &fail_on); /* the option's form has seen to it */
    if (severity >= fail_on)
        return CLI_BAD;
    return is_complete && !a->is_cut_short ? CLI_DONE : CLI_BLIND;
}

static int write_impact(const struct answer *a)
{
    node_vec targets = {0};
    struct impact *impact = NULL;
    struct err err = {0};
    int status = CLI_USAGE;
    size_t max = a->options->max > 0 ? (size_t)a->options->max : SIZE_MAX;
    bool of_statements = is_statement(a->options->operands[0]);
    if (!of_statements && !find_targets(a, &targets))
        goto out;
    impact = of_statements ? impact_of_statements(a, max)
                           : judge_impact(a->judgement, targets.items, targets.n, a->options->action, max);
    if (!impact && of_statements)
        goto out;
    if (!impact) {
        say_misfit(a, &targets);
        goto out;
    }
    if (output_write(a->options, write_out, &(struct answered){a, impact, NULL}, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_BAD;
        goto out;
    }
    status = impact_status(a, impact->severity, impact->is_complete);
    if (status == CLI_BLIND)
        say("answered with blind spots: more may fall than is listed");
out:
    impact_free(impact);
    VEC_FREE(targets);
    return status;
}

static int write_all(const struct answer *a)
{
    struct err err = {0};
    struct ranking *ranking = judge_rank_keys(a->judgement, a->options->action);
    if (!ranking) {
        say("--action %s does not fit keys", a->options->action);
        return CLI_USAGE;
    }
    int status = impact_status(a, ranking->n > 0 ? ranking->items[0].severity : SEVERITY_NONE,
                               ranking->is_complete && ranking->sole_is_sure);
    if (output_write(a->options, write_out, &(struct answered){a, NULL, ranking}, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_BAD;
    }
    if (status == CLI_BLIND)
        say("answered with blind spots: more may fall than is counted");
    ranking_free(ranking);
    return status;
}

int impact_verb_run(const struct cli_options *o)
{
    return session_answer(o, o->terraform_plan ? impact_plan_write : o->is_all ? write_all : write_impact);
}
