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
           && c->items[end]->state == c->items[begin]->state
           && c->items[end]->suppression == c->items[begin]->suppression)
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

/* What one line of what to do first tells: "37 keys in 3 accounts". */
static void add_alike(const struct answer *a, const struct finding *f, struct buf *out)
{
    const struct kind_row *kind = kind_row(node_kind(generation_estate(a->generation), f->node));
    buf_printf(out, ": %u %s", f->alike.n, kind->plural);
    if (f->alike.accounts > 1)
        buf_printf(out, " in %u accounts", f->alike.accounts);
}

static void write_group(const struct answer *a, const struct check *c, size_t begin, size_t end, FILE *out)
{
    const struct finding *first = c->items[begin];
    struct buf line = {0};
    buf_printf(&line, "%s [%s, %s]%s", first->rule->title, first->rule->id, severity_word(first->severity),
               first->is_unproved ? ": could not be proved" : "");
    if (first->suppression)
        buf_printf(&line, ": suppressed until %s by %s, for: %s", first->suppression->until,
                   first->suppression->owner, first->suppression->reason);
    for (size_t i = begin; i < end; i++)
        if (finding_tells_many(c->items[i]) && c->items[i]->alike.n == end - begin && !first->suppression)
            add_alike(a, c->items[i], &line);
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

void check_suppression_text(const struct suppression *s, struct buf *out)
{
    const char *what = s->n == 1 ? "finding" : "findings";
    if (s->state == SUPPRESSION_ENDED)
        buf_printf(out, "[suppress %s] ended on %s: %u %s count%s again", s->said->name, s->said->until, s->n, what,
                   s->n == 1 ? "s" : "");
    else if (s->state == SUPPRESSION_IDLE)
        buf_printf(out, "[suppress %s] matches nothing that was found", s->said->name);
    else
        buf_printf(out, "[suppress %s] holds until %s: %u %s, %s (%s)", s->said->name, s->said->until, s->n, what,
                   s->said->reason, s->said->owner);
}

static void write_suppressions(const struct answer *a, FILE *out)
{
    size_t n;
    const struct suppression *s = judgement_suppressions(a->judgement, &n);
    struct buf line = {0};
    for (size_t i = 0; i < n; i++) {
        buf_clear(&line);
        check_suppression_text(&s[i], &line);
        wrap_write(out, "", 0, line.data, a->options->is_ascii);
    }
    buf_free(&line);
}

void check_write_text(const struct answer *a, const struct check *c, FILE *out)
{
    struct buf line = {0};
    buf_adds(&line, "wrong: ");
    add_counts(&line, c->open);
    buf_adds(&line, "; could not be proved: ");
    add_counts(&line, c->unknown);
    if (c->n_lines > 0)
        buf_printf(&line, "; %zu thing%s to do", c->n_lines, c->n_lines == 1 ? "" : "s");
    if (c->n_suppressed > 0)
        buf_printf(&line, "; suppressed: %zu", c->n_suppressed);
    buf_printf(&line, "; %zu that follow%s from these; %zu blind spot%s", c->n_effects,
               c->n_effects == 1 ? "s" : "", c->n_blind, c->n_blind == 1 ? "" : "s");
    wrap_write(out, "", 0, line.data, a->options->is_ascii);
    buf_free(&line);
    write_suppressions(a, out);
    for (size_t begin = 0, end; begin < c->n; begin = end) {
        end = group_end(c, begin);
        write_group(a, c, begin, end, out);
    }
    if (c->status == CLI_BAD)
        (void)fprintf(out, "\nbad: something is %s or worse\n", severity_word(c->fail_on));
}
