#include "backend/cli/impact.h"
#include "backend/cli/target.h"

#include "backend/base/text.h"
#include "backend/base/version.h"
#include "backend/judge/key_who.h"
#include "backend/judge/terraform.h"

#include <inttypes.h>
#include <string.h>

#define MAX_LINE 600

/* ---- the file --------------------------------------------------------------------------------------------------- */

/* *text is the caller's; it may hold secrets: mem_wipe. */
static enum err_code read_file(const char *path, char **text, size_t *len, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    *text = mem_alloc(TERRAFORM_MAX_BYTES + 1);
    *len = file ? fread(*text, 1, TERRAFORM_MAX_BYTES + 1, file) : 0;
    bool is_good = file && !ferror(file);
    if (file && !is_stdin)
        (void)fclose(file);
    return is_good ? ERR_OK : err_set(err, ERR_IO, "--terraform-plan %.200s cannot be read", path);
}

static enum err_code read_plan(const char *path, struct arena *arena, struct terraform_plan *plan, struct err *err)
{
    char *text;
    size_t len;
    *plan = (struct terraform_plan){.version = ""};
    enum err_code code = read_file(path, &text, &len, err);
    if (code == ERR_OK) {
        code = terraform_read(arena, text, len, plan, err);
        if (code != ERR_OK)
            err_prefix(err, "%.200s", path);
    }
    mem_wipe(text, len);
    mem_free(text);
    return code;
}

/* What comes by a pipe is read once, when it is judged. */
enum err_code impact_plan_check(const char *path, struct err *err)
{
    struct terraform_plan plan;
    if (strcmp(path, "-") == 0)
        return ERR_OK;
    struct arena *arena = arena_new();
    enum err_code code = read_plan(path, arena, &plan, err);
    VEC_FREE(plan.changes);
    arena_free(arena);
    return code == ERR_OK ? ERR_OK : (err->code = ERR_USAGE);
}

/* ---- judging ---------------------------------------------------------------------------------------------------- */

struct judged {
    const struct terraform_change *change;
    uint32_t node;          /* 0: not seen */
    enum severity severity;
    bool is_known;          /* what it does can be told, all of it */
    bool is_judged;         /* what falls if it comes to it: severity */
    const char *reason;     /* why not; "" */
    bool has_edit;
    struct key_edit edit;
};

struct planning {
    const struct answer *a;
    struct arena *arena;
    struct terraform_plan plan;
    VEC(struct judged) items;
    struct impact *together; /* NULL: nothing goes */
    enum severity severity;
    bool is_complete, has_doubts;
    const char *gaps[4];     /* what the plan itself leaves open */
    size_t n_gaps;
};

static bool find(const struct planning *p, const char *target, uint32_t *node)
{
    node_vec found = {0};
    struct buf why = {0};
    bool is_one = target[0] && target_find(p->a->judgement, target, &found, &why) == ERR_OK && found.n == 1;
    *node = is_one ? found.items[0] : 0;
    VEC_FREE(found);
    buf_free(&why);
    return is_one;
}

static void judge_act(struct planning *p, struct judged *d)
{
    struct impact *impact = judge_impact_of(p->a->judgement, &d->node, &d->change->action,
                                            &d->change->waiting_days, 1, 0);
    if (!impact) {
        d->reason = "this cannot be asked of it";
        return;
    }
    d->severity = impact->severity;
    d->is_known = d->is_judged = true;
    impact_free(impact);
}

static void judge_edit(struct planning *p, struct judged *d)
{
    struct err err = {0};
    const struct policy *policy = NULL;
    const char *text = d->change->policy;
    char account[16], region[40];
    uint32_t key = judge_resolve_key(p->a->judgement, d->node);
    if (!key || node_kind(generation_estate(p->a->generation), key) != KIND_KEY) {
        d->reason = "it is no key that was seen";
        return;
    }
    node_place(generation_estate(p->a->generation), key, account, region);
    if (d->change->is_reset)
        text = terraform_default_policy(p->arena, account);
    if (!text) {
        d->reason = d->change->is_missing ? "the plan does not hold the new policy"
                                          : "the policy is known only once the plan is applied";
        return;
    }
    if (policy_fits_key(strlen(text), &err) != ERR_OK ||
        policy_parse(p->arena, text, strlen(text), &policy, &err) != ERR_OK) {
        d->reason = arena_printf(p->arena, "AWS will not take it: %s", err.text);
        d->severity = SEVERITY_HIGH;
        return;
    }
    judge_key_edit(p->a->judgement, key, policy, &d->edit);
    d->has_edit = true;
    d->severity = d->edit.severity;
    d->is_known = d->edit.now->policy_is_known && d->edit.now->grants_are_known;
    d->reason = d->is_known ? "" : "the key's policy or grants of today were not read";
}

static void add_doubt(struct planning *p, struct judged *d)
{
    const char *doubt = d->change->doubt;
    if (!doubt[0])
        return;
    p->has_doubts = true;
    d->is_known = false;
    d->reason = d->reason[0] ? arena_printf(p->arena, "%s; %s", d->reason, doubt) : doubt;
}

static void judge_change(struct planning *p, const struct terraform_change *change)
{
    struct judged d = {.change = change, .reason = "", .edit = {.now = NULL}};
    if (!find(p, change->target, &d.node))
        d.reason = change->target[0] ? "nothing that was read has this id" : "the plan does not say which";
    else if (change->does == TERRAFORM_EDITS)
        judge_edit(p, &d);
    else if (change->does == TERRAFORM_ACTS)
        judge_act(p, &d);
    add_doubt(p, &d);
    p->is_complete = p->is_complete && d.is_known;
    p->severity = d.severity > p->severity ? d.severity : p->severity;
    VEC_PUSH(p->items, d);
}

/* All that goes at once: copies that are safe one by one die in pairs. */
static void judge_together(struct planning *p)
{
    size_t n = 0;
    uint32_t *nodes = arena_alloc(p->arena, (p->items.n + 1) * sizeof *nodes);
    const char **actions = arena_alloc(p->arena, (p->items.n + 1) * sizeof *actions);
    int *days = arena_alloc(p->arena, (p->items.n + 1) * sizeof *days);
    for (size_t i = 0; i < p->items.n; i++) {
        const struct judged *d = &p->items.items[i];
        bool is_new = d->is_judged;
        for (size_t k = 0; k < n && is_new; k++)
            is_new = nodes[k] != d->node;
        if (is_new) {
            nodes[n] = d->node;
            days[n] = d->change->waiting_days;
            actions[n++] = d->change->action;
        }
    }
    if (n == 0)
        return;
    p->together = judge_impact_of(p->a->judgement, nodes, actions, days, n,
                                  p->a->options->max > 0 ? (size_t)p->a->options->max : SIZE_MAX);
    if (!p->together)
        return;
    p->is_complete = p->is_complete && p->together->is_complete;
    p->severity = p->together->severity > p->severity ? p->together->severity : p->severity;
}

/* What a plan says of itself makes it no answer, whatever its changes come to. */
static void find_gaps(struct planning *p)
{
    const struct terraform_plan *plan = &p->plan;
    if (plan->is_errored)
        p->gaps[p->n_gaps++] = "planning failed: the plan is not whole";
    if (plan->is_partial)
        p->gaps[p->n_gaps++] = "Terraform does not call the plan complete: more changes are to come";
    if (plan->n_deferred > 0)
        p->gaps[p->n_gaps++] = arena_printf(p->arena, "%zu change%s deferred by Terraform: not certain to come so",
                                            plan->n_deferred, plan->n_deferred == 1 ? "" : "s");
    if (plan->n_unseen > 0)
        p->gaps[p->n_gaps++] = arena_printf(p->arena, "%zu change%s without an action that is known here",
                                            plan->n_unseen, plan->n_unseen == 1 ? "" : "s");
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static const char *const works[] = {"fails", "unknown", "works"};

static void text_edit(const struct key_edit *e, FILE *out)
{
    struct buf line = {0};
    if (e->locks_out) {
        buf_adds(&line, "     nobody who is known could change the policy any more");
        put_line(out, MAX_LINE, &line);
    }
    for (size_t at = 0; at < e->users.changes.n;) {
        struct buf changes = {0};
        buf_printf(&line, "     %s: ", e->now->users.items[e->users.changes.items[at].user].principal);
        key_changes_text(&e->users, &at, &changes);
        buf_adds(&line, changes.data);
        put_line(out, MAX_LINE, &line);
        buf_free(&changes);
    }
    for (size_t i = 0; i < e->now->flows.n && i < e->then->flows.n; i++) {
        const struct key_flow *now = &e->now->flows.items[i], *then = &e->then->flows.items[i];
        if (now->works == then->works)
            continue;
        buf_printf(&line, "     %s -> %s: %s, ", works[now->works], works[then->works], now->title);
        key_flow_who(now, &line);
        if (then->works != TRI_YES)
            buf_printf(&line, "; %s%s%s", then->action, then->action[0] ? ": " : "", then->reason);
        put_line(out, MAX_LINE, &line);
    }
    if (e->users.changes.n == 0 && e->n_flows == 0)
        (void)fputs("     nothing changes for anybody who is known\n", out);
    buf_free(&line);
}

static void text_change(const struct planning *p, const struct judged *d, FILE *out)
{
    struct buf line = {0};
    buf_printf(&line, "%c  %s  %s ", d->is_known || d->severity ? severity_letter(d->severity) : '?', d->change->address,
               d->change->words);
    if (d->node)
        target_label(p->a->generation, d->node, &line);
    else
        buf_adds(&line, d->change->target[0] ? d->change->target : "something");
    if (d->change->to[0])
        buf_printf(&line, " to %s", d->change->to);
    if (d->reason[0])
        buf_printf(&line, ": %s", d->reason);
    put_line(out, MAX_LINE, &line);
    if (d->has_edit)
        text_edit(&d->edit, out);
    buf_free(&line);
}

static void write_text(const struct planning *p, FILE *out)
{
    (void)fprintf(out, "a plan of %zu change%s; %zu concern%s keys or what hangs on them\n", p->plan.n_changes,
                  p->plan.n_changes == 1 ? "" : "s", p->items.n, p->items.n == 1 ? "s" : "");
    for (size_t i = 0; i < p->n_gaps; i++)
        (void)fprintf(out, "?  %s\n", p->gaps[i]);
    for (size_t i = 0; i < p->items.n; i++)
        text_change(p, &p->items.items[i], out);
    if (!p->together)
        return;
    (void)fprintf(out, "\nall that goes%s, together:\n\n", p->has_doubts ? " or may go" : "");
    impact_write_text(p->a, p->together, out);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    export_json_text(b, text && text[0] ? text : NULL);
}

static void json_edit(const struct key_edit *e, struct buf *b)
{
    size_t n = 0;
    buf_printf(b, ",\"locks_out\":%s,\"users\":[", e->locks_out ? "true" : "false");
    for (size_t i = 0; i < e->users.changes.n; i++) {
        const struct key_change *c = &e->users.changes.items[i];
        buf_printf(b, "%s{\"right\":\"%s\"", i ? "," : "", key_right_word(c->right));
        add_member(b, "principal", e->now->users.items[c->user].principal);
        add_member(b, "now", verdict_name(c->now));
        add_member(b, "then", verdict_name(c->then));
        buf_addc(b, '}');
    }
    buf_adds(b, "],\"flows\":[");
    for (size_t i = 0; i < e->now->flows.n && i < e->then->flows.n; i++) {
        const struct key_flow *now = &e->now->flows.items[i], *then = &e->then->flows.items[i];
        if (now->works == then->works)
            continue;
        buf_printf(b, "%s{\"id\":\"%s\"", n++ ? "," : "", now->id);
        add_member(b, "title", now->title);
        add_member(b, "principal", now->who);
        add_member(b, "now", works[now->works]);
        add_member(b, "then", works[then->works]);
        add_member(b, "fails_at", then->action);
        add_member(b, "reason", then->reason);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

static void json_change(const struct planning *p, const struct judged *d, struct buf *b)
{
    struct buf arn = {0};
    if (d->node)
        node_arn(generation_estate(p->a->generation), d->node, &arn);
    buf_adds(b, "{\"address\":");
    export_json_text(b, d->change->address);
    add_member(b, "type", d->change->type);
    add_member(b, "does", d->change->words);
    add_member(b, "action", d->change->action);
    add_member(b, "target", d->node ? arn.data : d->change->target);
    add_member(b, "to", d->change->to);
    bool is_open = !d->is_known && d->severity == SEVERITY_NONE; /* nothing was found, which says nothing */
    add_member(b, "severity", is_open ? "unknown" : severity_word(d->severity));
    buf_printf(b, ",\"known\":%s", d->is_known ? "true" : "false");
    add_member(b, "reason", d->reason);
    if (d->has_edit)
        json_edit(&d->edit, b);
    buf_addc(b, '}');
    buf_free(&arn);
}

static void write_json(const struct planning *p, FILE *out)
{
    struct export_scope scope = options_scope(p->a->options);
    struct buf b = {0};
    buf_adds(&b, "{\"schema\":\"keyfall.plan-impact/1\",\n\"tool\":\"keyfall " KEYFALL_VERSION "\",\n\"generated_at\":");
    export_json_time(&b, p->a->now_utc);
    buf_adds(&b, ",\n\"scope\":");
    export_json_scope(&b, &scope);
    buf_printf(&b, ",\n\"severity\":\"%s\",\n\"complete\":%s,\n\"n_changes\":%zu,\n\"gaps\":[", severity_word(p->severity),
               p->is_complete && !p->a->is_cut_short ? "true" : "false", p->plan.n_changes);
    for (size_t i = 0; i < p->n_gaps; i++) {
        buf_adds(&b, i ? "," : "");
        export_json_text(&b, p->gaps[i]);
    }
    buf_adds(&b, "],\n\"changes\":[");
    for (size_t i = 0; i < p->items.n; i++) {
        buf_adds(&b, i ? ",\n" : "\n");
        json_change(p, &p->items.items[i], &b);
    }
    buf_adds(&b, "],\n\"together\":");
    (void)fwrite(b.data, 1, b.len, out);
    if (p->together)
        impact_write_json(p->a, p->together, out);
    else
        (void)fputs("null", out);
    (void)fputs("}\n", out);
    buf_free(&b);
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static void write_out(const void *planning, FILE *out)
{
    const struct planning *p = planning;
    const char *format = p->a->options->format;
    (format && strcmp(format, "json") == 0 ? write_json : write_text)(p, out);
}

int impact_plan_write(const struct answer *a)
{
    struct planning p = {.a = a, .arena = arena_new(), .is_complete = true};
    struct err err = {0};
    int status = CLI_USAGE;
    if (read_plan(a->options->terraform_plan, p.arena, &p.plan, &err) != ERR_OK) {
        say("%s", err.text);
        goto out;
    }
    find_gaps(&p);
    p.is_complete = p.n_gaps == 0;
    for (size_t i = 0; i < p.plan.changes.n; i++)
        judge_change(&p, &p.plan.changes.items[i]);
    judge_together(&p);
    status = impact_status(a, p.severity, p.is_complete);
    if (output_write(a->options, write_out, &p, &err) != ERR_OK) {
        say("%s", err.text);
        status = CLI_BAD;
    } else if (!p.is_complete) {
        say("answered with blind spots: more may fall than is listed");
    }
out:
    for (size_t i = 0; i < p.items.n; i++)
        if (p.items.items[i].has_edit)
            key_edit_free(&p.items.items[i].edit);
    VEC_FREE(p.items);
    VEC_FREE(p.plan.changes);
    impact_free(p.together);
    arena_free(p.arena);
    return status;
}
