#include "backend/cli/check.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_FAIL_ON SEVERITY_HIGH

static const struct {
    const char *name;
    void (*write)(const struct answer *a, const struct check *check, FILE *out);
} formats[] = {
    {"text", check_write_text}, /* the default */
    {"json", check_write_json},
    {"sarif", check_write_sarif},
};
#define N_FORMATS (sizeof formats / sizeof *formats)

static size_t format_of(const struct cli_options *o)
{
    return options_format(o, formats, sizeof *formats, N_FORMATS);
}

enum err_code check_verb_check(const struct cli_options *o, struct err *err)
{
    char *path;
    if (format_of(o) == N_FORMATS)
        return err_set(err, ERR_USAGE, "--format \"%.80s\" is none of text, json and sarif", o->format);
    if (o->wants_rules && (o->fail_on || format_of(o) > 1))
        return err_set(err, ERR_USAGE, "--rules goes with --format text or json alone: nothing is read that could fail");
    enum err_code code = options_output(o, &path, err);
    if (code == ERR_OK)
        code = export_check(o->export_dir, path, err);
    mem_free(path);
    return code;
}

/* ---- what there is ------------------------------------------------------------------------------------ */

static int in_order(const void *pa, const void *pb, void *ctx)
{
    const struct finding *a = *(const struct finding *const *)pa, *b = *(const struct finding *const *)pb;
    int order = (a->state == FINDING_SUPPRESSED) - (b->state == FINDING_SUPPRESSED);
    if (order == 0)
        order = (int)b->severity - (int)a->severity;
    if (order == 0)
        order = (int)a->is_unproved - (int)b->is_unproved;
    if (order == 0)
        order = strcmp(a->rule->id, b->rule->id);
    return order != 0 ? order : node_compare(ctx, a->node, b->node);
}

static void gather(const struct answer *a, struct check *c)
{
    size_t n;
    const struct finding *all = judgement_findings(a->judgement, &n);
    c->items = mem_alloc_array(n + 1, sizeof *c->items);
    for (size_t i = 0; i < n; i++) {
        c->n_effects += all[i].is_effect;
        c->n_lines += finding_has_line(all, i);
        if (all[i].is_effect)
            continue;
        c->items[c->n++] = &all[i];
        if (all[i].state == FINDING_SUPPRESSED)
            c->n_suppressed++;
        else
            (all[i].state == FINDING_OPEN ? c->open : c->unknown)[all[i].severity]++;
    }
    qsort_r(c->items, c->n, sizeof *c->items, in_order, generation_estate(a->generation));
}

/* The first that applies: bad, or not all could be seen. */
static int status_of(const struct answer *a, const struct check *c)
{
    for (int s = (int)c->fail_on; s < SEVERITY_COUNT; s++)
        if (c->open[s] > 0)
            return CLI_BAD;
    return c->n_blind > 0 || a->is_cut_short ? CLI_BLIND : CLI_DONE;
}

void check_make(const struct answer *a, struct check *out)
{
    *out = (struct check){.fail_on = DEFAULT_FAIL_ON};
    if (a->options->fail_on)
        (void)severity_parse(a->options->fail_on, &out->fail_on); /* the option's form has seen to it */
    gather(a, out);
    (void)judgement_blind_spots(a->judgement, &out->n_blind);
    out->status = status_of(a, out);
}

void check_free(struct check *check)
{
    mem_free(check->items);
    *check = (struct check){0};
}

struct checked {
    const struct answer *a;
    struct check check;
};

static void write_out(const void *checked, FILE *out)
{
    const struct checked *c = checked;
    formats[format_of(c->a->options)].write(c->a, &c->check, out);
}

static int write_check(const struct answer *a)
{
    struct err err = {0};
    struct checked c = {.a = a};
    check_make(a, &c.check);
    enum err_code code = output_write(a->options, write_out, &c, &err);
    if (code != ERR_OK)
        say("%s", err.text);
    else if (c.check.n_blind > 0)
        say("answered with %zu blind spot%s: more may be wrong than is listed", c.check.n_blind,
            c.check.n_blind == 1 ? "" : "s");
    int status = code == ERR_OK ? c.check.status : CLI_BAD;
    check_free(&c.check);
    return status;
}

/* ---- what is looked for ------------------------------------------------------------------------------- */

static void write_rules(const void *options, FILE *out)
{
    const struct cli_options *o = options;
    if (format_of(o) == 0)
        check_rules_text(o->is_ascii, out);
    else
        check_rules_json(out);
}

int check_verb_run(const struct cli_options *o)
{
    return o->wants_rules ? output_answer(o, write_rules, o) : session_answer(o, write_check);
}
