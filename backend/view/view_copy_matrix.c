/* The copy matrix: from where to where backups are copied, and whether all of it works. */
#include "backend/view/cells.h"

#include <string.h>

static const struct copy_place *source_of(const struct view_context *c, const struct view_row *row)
{
    return &judge_copy_matrix(c->judgement)->sources[row->copies->source];
}

/* NULL: nothing is copied. */
static const struct copy_place *destination_of(const struct view_context *c, const struct view_row *row)
{
    uint32_t at = row->copies->destination;
    return at == COPIES_NOWHERE ? NULL : &judge_copy_matrix(c->judgement)->destinations[at];
}

static enum copies_state state_of(const struct view_context *c, const struct view_row *row)
{
    return copies_state_of(judge_copy_matrix(c->judgement), row->copies->source, row->copies);
}

static CELL(matrix_id)
{
    const struct copy_place *from = source_of(c, row), *to = destination_of(c, row);
    say_text(out, arena_printf(c->scratch, "keyfall:copy-matrix/%s/%s/%s/%s", from->account, from->region,
                               to ? to->account : "", to ? to->region : ""));
}

#define OF_PLACE(name, place, member)                                                              \
    static CELL(name)                                                                              \
    {                                                                                              \
        const struct copy_place *p = place(c, row);                                                \
        if (p && p->member[0])                                                                     \
            say_text(out, p->member);                                                              \
    }

OF_PLACE(matrix_account, source_of, account)
OF_PLACE(matrix_region, source_of, region)
OF_PLACE(matrix_to_account, destination_of, account)
OF_PLACE(matrix_to_region, destination_of, region)

static CELL(matrix_state)
{
    say_text(out, copies_state_word(state_of(c, row)));
}

#define OF_COUNT(name, is)                                                                         \
    static CELL(name)                                                                              \
    {                                                                                              \
        say_at_least(out, row->copies->n[is], source_of(c, row)->hides, TRUTH_KNOWN);              \
    }

OF_COUNT(matrix_broken, TRI_NO)
OF_COUNT(matrix_unknown, TRI_UNKNOWN)
OF_COUNT(matrix_ready, TRI_YES)

static CELL(matrix_broken_at)
{
    (void)c;
    if (row->copies->worst && row->copies->worst->broken_at != LINK_NONE)
        say_text(out, path_link_word(row->copies->worst->broken_at));
}

#define OF_WORST(member)                                                                           \
    static CELL(matrix_##member)                                                                   \
    {                                                                                              \
        (void)c;                                                                                   \
        if (row->copies->worst && row->copies->worst->member[0])                                   \
            say_text(out, row->copies->worst->member);                                             \
    }

OF_WORST(reason)
OF_WORST(remedy)
OF_WORST(statement)
OF_WORST(page)

static CELL(matrix_severity)
{
    enum copies_state state = state_of(c, row);
    if (state == COPIES_UNKNOWN)
        say_unknown(out, TRUTH_KNOWN);
    else
        say_number(out, state == COPIES_BROKEN ? SEVERITY_HIGH : SEVERITY_NONE);
    out->order = state == COPIES_BROKEN ? SEVERITY_HIGH * 4 + 2 : state == COPIES_UNKNOWN ? SEVERITY_HIGH * 4 : 0;
}

static CELL(matrix_findings)
{
    (void)c, (void)row, (void)out; /* findings are of the records that its paths go through */
}

static CELL(matrix_blind)
{
    struct buf items = {0};
    if (source_of(c, row)->hides)
        list_item(&items, "what copies");
    if (row->copies->worst && row->copies->worst->ready == TRI_UNKNOWN)
        list_item(&items, path_link_word(row->copies->worst->broken_at));
    say_list(c, out, &items);
    buf_free(&items);
}

static const struct column columns[] = {
    COMPUTED("id", "ID", TEXT, cell_matrix_id, "an id of keyfall's own"),
    COMPUTED("account", "ACCOUNT", TEXT, cell_matrix_account, "account that is copied from"),
    COMPUTED("region", "REGION", TEXT, cell_matrix_region, "Region that is copied from"),
    COMPUTED("destination_account", "TO ACCOUNT", TEXT, cell_matrix_to_account, "account that is copied to; empty: none"),
    COMPUTED("destination_region", "TO REGION", TEXT, cell_matrix_to_region, "Region that is copied to"),
    COMPUTED("state", "STATE", TEXT, cell_matrix_state, "the worst of its paths: broken, unknown, ready; none"),
    COMPUTED("broken", "BROKEN", NUMBER, cell_matrix_broken, "paths that are broken"),
    COMPUTED("unknown", "UNKNOWN", NUMBER, cell_matrix_unknown, "paths of which it is not known"),
    COMPUTED("ready", "READY", NUMBER, cell_matrix_ready, "paths that are ready"),
    COMPUTED("broken_at", "BROKEN AT", TEXT, cell_matrix_broken_at, "of the worst path, the first link that fails or is not known"),
    COMPUTED("reason", "WHY", TEXT, cell_matrix_reason, "what is wrong with that link"),
    COMPUTED("remedy", "REMEDY", TEXT, cell_matrix_remedy, "what mends it"),
    COMPUTED("statement", "STATEMENT", TEXT, cell_matrix_statement, "a statement for the policy at that link that mends it"),
    COMPUTED("source", "SOURCE PAGE", TEXT, cell_matrix_page, "AWS's page"),
    COMPUTED("severity", "SEV", SEVERITY, cell_matrix_severity, "high if a path is broken"),
    COMPUTED("findings", "FINDINGS", LIST, cell_matrix_findings, "none: they are of records"),
    COMPUTED("blind", "NOT SEEN", LIST, cell_matrix_blind, "the link of which something was not seen; what copies, if that was not"),
    {.name = "seen_at", .title = "READ", .type = CELL_TIME, .help = "when its list was last read whole",
     .cell = cell_seen_at},
};

const struct view view_copy_matrix = {
    .name = "copy-matrix",
    .title = "Copy matrix",
    .what = "the copy paths from one account and Region to another",
    VIEW(.rows = ROWS_COPY_MATRIX),
};
