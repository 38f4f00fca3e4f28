#include "backend/cli/check.h"

#include "backend/cli/target.h"
#include "backend/cli/wrap.h"

#include <inttypes.h>
#include <string.h>

#define INDENT 5
#define MOST_A_RULE 8 /* records named for each rule */

/* Findings of one rule that are as bad and as sure as each other. */
static size_t group_end(const struct check *c, size_t begin)
{
    size_t end = begin + 1;
    while (end < c->n && c->items[end]->rule == c->items[begin]->rule
           && c->items[end]->severity == c->items[begin]->severity
           && c->items[end]->state == c->items[begin]->state)
        end++;
    return end;
}

static void write_record(const struct answer *a, const struct finding *f, FILE *out)
{
    struct record r;
    struct buf line = {0};
    char account[16], region[40];
    target_label(a->generation, f->node, &line);
    if (generation_record(a->generation, f->node, &r)) {
        (void)snprintf(account, sizeof account, "%s", record_account(&r));
        (void)snprintf(region, sizeof region, "%s", record_region(&r));
    } else {
        node_place(generation_estate(a->generation), f->node, account, region);
    }
    buf_printf(&line, " (%s%s%s)", account, region[0] ? " " : "", region);
    if (f->reason[0])
        buf_printf(&line, ": %s", f->reason);
    if (f->n_effects > 0)
        buf_printf(&line, "; %u more follow%s from it", f->n_effects, f->n_effects == 1 ? "s" : "");
    wrap_write(out, "   - ", INDENT, line.data, a->options->is_ascii);
    buf_free(&line);
}

static void write_group(const struct answer *a, const struct check *c, size_t begin, size_t end, FILE *out)
{
    const struct finding *first = c->items[begin];
    struct buf line = {0};
    buf_printf(&line, "%s [%s, %s]%s", first->rule->title, first->rule->id, severity_word(first->severity),
               first->state == FINDING_OPEN ? "" : ": could not be proved");
    (void)fputc('\n', out);
    wrap_write(out, finding_mark(first), INDENT, line.data, a->options->is_ascii);
    for (size_t i = begin; i < end && i - begin < MOST_A_RULE; i++)
        write_record(a, c->items[i], out);
    if (end - begin > MOST_A_RULE)
        (void)fprintf(out, "   - and %zu more: keyfall export --view findings --filter finding=%s\n",
                      end - begin - MOST_A_RULE, first->rule->id);
    wrap_write(out, "     remedy: ", INDENT, first->rule->remedy, a->options->is_ascii);
    buf_free(&line);
}

static void add_counts(struct buf *out, const uint32_t counts[SEVERITY_COUNT])
{
    size_t before = out->len;
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--)
        if (counts[s] > 0)
            buf_printf(out, "%s%u %s", out->len > before ? ", " : "", counts[s],
                       severity_word((enum severity)s));
    if (out->len == before)
        buf_adds(out, "nothing");
}

void check_write_text(const struct answer *a, const struct check *c, FILE *out)
{
    struct buf line = {0};
    buf_adds(&line, "wrong: ");
    add_counts(&line, c->open);
    buf_adds(&line, "; could not be proved: ");
    add_counts(&line, c->unknown);
    buf_printf(&line, "; %zu that follow%s from these; %zu blind spot%s", c->n_effects,
               c->n_effects == 1 ? "s" : "", c->n_blind, c->n_blind == 1 ? "" : "s");
    wrap_write(out, "", 0, line.data, a->options->is_ascii);
    buf_free(&line);
    for (size_t begin = 0, end; begin < c->n; begin = end) {
        end = group_end(c, begin);
        write_group(a, c, begin, end, out);
    }
    if (c->status == CLI_BAD)
        (void)fprintf(out, "\nbad: something is %s or worse\n", severity_word(c->fail_on));
}
