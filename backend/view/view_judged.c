/* Findings and blind spots: what the judge says. */
#include "backend/aws/op.h"
#include "backend/view/cells.h"

#include <string.h>

/* ---- findings -------------------------------------------------------------------------------- */

#define OF_RULE(name_, member)                                                                     \
    static CELL(name_)                                                                             \
    {                                                                                              \
        (void)c;                                                                                   \
        say_text(out, row->finding->rule->member);                                                 \
    }

OF_RULE(finding, id)
OF_RULE(title, title)
OF_RULE(remedy, remedy)
OF_RULE(source, page)

static CELL(state)
{
    (void)c;
    say_text(out, finding_state_word(row->finding->state));
}

static CELL(suppressed_because)
{
    const struct suppression_settings *s = row->finding->suppression;
    if (s)
        say_text(out, arena_printf(c->scratch, "%s (%s, until %s)", s->reason, s->owner, s->until));
}

static CELL(cause)
{
    (void)c;
    say_node(out, row->finding->cause);
}

static CELL(effects)
{
    (void)c;
    if (!row->finding->is_effect)
        say_number(out, row->finding->n_effects);
}

static CELL(folded)
{
    (void)c;
    say_bool(out, row->finding->is_effect);
}

static CELL(facts_at)
{
    (void)c;
    if (row->finding->facts_at != TIME_NONE)
        say_number(out, row->finding->facts_at);
}

static CELL(reason)
{
    (void)c;
    if (row->finding->reason[0])
        say_text(out, row->finding->reason);
}

static CELL(controls)
{
    struct buf items = {0};
    for (const char *p = row->finding->rule->controls; *p;) {
        size_t len = strcspn(p, ";");
        buf_add(&items, p, len);
        buf_addc(&items, '\0');
        p += len + (p[len] == ';');
    }
    say_list(c, out, &items);
    buf_free(&items);
}

/* One generation alone has no history. */
static CELL(finding_since)
{
    say_since(out, c->judgement ? judgement_finding_since(c->judgement, row->finding) : TIME_NONE);
}

static const struct column columns[] = {
    HEAD,
    COMPUTED("finding", "FINDING", TEXT, cell_finding, "id of the rule"),
    COMPUTED("title", "WHAT", TEXT, cell_title, "what is wrong"),
    COMPUTED("state", "SURE", TEXT, cell_state, "open; unknown: a fact that it needs is not known; suppressed: "
                                                         "somebody answers for it"),
    COMPUTED("cause", "CAUSE", TEXT, cell_cause, "the record behind it, if it is only an effect"),
    COMPUTED("reason", "WHY", TEXT, cell_reason, "the facts of this case"),
    COMPUTED("remedy", "REMEDY", TEXT, cell_remedy, "what to do"),
    COMPUTED("controls", "CONTROLS", LIST, cell_controls, "controls that it fails"),
    COMPUTED("first_seen", "SINCE", TIME, cell_finding_since, "when it was first seen"),
    COMPUTED("owner", "OWNER", TEXT, cell_owner, "who owns the resource, by its tag owner or keyfall.conf"),
    COMPUTED("source", "SOURCE", TEXT, cell_source, "AWS's page"),
    COMPUTED("effects", "EFFECTS", NUMBER, cell_effects, "findings that follow from this one; empty for those"),
    COMPUTED("folded", "FOLDED", BOOL, cell_folded, "whether it only follows from its cause, in the same place"),
    COMPUTED("facts_at", "FACTS OF", TIME, cell_facts_at,
             "when the oldest fact was read that proves it, if it could not be read again since"),
    COMPUTED("suppression", "SUPPRESSED", TEXT, cell_suppressed_because, "why it is suppressed, by whom, until when"),
    TAIL,
};

const struct view view_findings = {
    .name = "findings",
    .title = "Findings",
    .what = "a rule of good posture that a record breaks",
    VIEW(.rows = ROWS_FINDINGS),
};

/* ---- blind spots ----------------------------------------------------------------------------- */

#define OF_BLIND(name_, member)                                                                    \
    static CELL(blind_##name_)                                                                     \
    {                                                                                              \
        (void)c;                                                                                   \
        if (row->blind->member[0])                                                                 \
            say_text(out, row->blind->member);                                                     \
    }

OF_BLIND(service, service)
OF_BLIND(operation, operation)
OF_BLIND(error, error)
OF_BLIND(hides, hides)
OF_BLIND(text, text)
OF_BLIND(request, request_id)

static CELL(blind_since)
{
    (void)c;
    if (row->blind->since == TIME_NONE)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_number(out, row->blind->since);
}

static CELL(blind_state)
{
    (void)c;
    say_text(out, truth_text(row->blind->truth));
}

/* The IAM action that a policy must allow. To get into an account it is that of assuming a role there. */
static CELL(blind_action)
{
    (void)c;
    const struct op *op = row->blind->is_denied ? op_by_id(row->blind->operation) : NULL;
    if (op)
        say_text(out, op_iam_action(op)[0] ? op_iam_action(op) : "sts:AssumeRole");
}

static const struct column blind_columns[] = {
    HEAD,
    COMPUTED("service", "SERVICE", TEXT, cell_blind_service, "AWS service"),
    COMPUTED("operation", "CALL", TEXT, cell_blind_operation, "the call that did not tell"),
    COMPUTED("error", "ERROR", TEXT, cell_blind_error, "AWS's error code, or keyfall's word"),
    COMPUTED("action", "ALLOW", TEXT, cell_blind_action, "the IAM action to allow, if it was denied"),
    COMPUTED("since", "SINCE", TIME, cell_blind_since, "when it was first missed, or last seen if stale"),
    COMPUTED("hides", "HIDES", TEXT, cell_blind_hides, "what cannot be seen"),
    COMPUTED("state", "STATE", TEXT, cell_blind_state, "denied, failed, stale, loading or not asked"),
    COMPUTED("message", "MESSAGE", TEXT, cell_blind_text, "what AWS said"),
    COMPUTED("request_id", "REQUEST", TEXT, cell_blind_request, "AWS's request id"),
    TAIL,
};

const struct view view_blind_spots = {
    .name = "blind-spots",
    .title = "Blind spots",
    .what = "something that could not be seen",
    .columns = blind_columns,
    .n_columns = sizeof blind_columns / sizeof *blind_columns,
    .rows = ROWS_BLIND_SPOTS,
};
