/* cells: how the columns of the views are made. Private to view/.
 *
 * A column's function gets a cell that is absent and has its type; it calls one of these. */
#ifndef KEYFALL_VIEW_CELLS_H
#define KEYFALL_VIEW_CELLS_H

#include "backend/judge/holdings.h"
#include "backend/view/view.h"

#define CELL(name) void cell_##name(const struct view_context *c, const struct view_row *row, struct cell *out)

/* What a function can say. */
void say_unknown(struct cell *out, enum truth why); /* KNOWN: no call failed, it is not to be known from here */
void say_number(struct cell *out, int64_t number);
void say_since(struct cell *out, int64_t utc);      /* TIME_NONE: unknown */
void say_bool(struct cell *out, bool is);
void say_text(struct cell *out, const char *text);  /* that stays */
void say_node(struct cell *out, uint32_t node);
/* A count that may be too small: unknown if it is 0 then. */
void say_at_least(struct cell *out, uint64_t n, bool is_at_least, enum truth why);
void say_tri(struct cell *out, enum tri is, enum truth why);
/* Items with a NUL after each, copied to the scratch arena; absent if there are none. */
void say_list(const struct view_context *c, struct cell *out, const struct buf *items);
void list_item(struct buf *items, const char *item); /* once only, in order of bytes when told */

/* An attribute of the row's record; with what its facet says. */
void say_value_of(const struct record *r, enum attr attr, struct cell *out);
void say_attr(const struct record *r, enum attr attr, struct cell *out);
/* How many records a children facet holds. */
void say_children(const struct record *r, enum facet facet, struct cell *out);
/* The key that a holding is under, and its state. */
void say_key_of(const struct record *r, struct cell *out);
void say_key_state(const struct view_context *c, uint32_t key, struct cell *out);
/* The slice of another list of the same place; NULL: never asked. */
const struct slice *neighbour(const struct record *r, enum list list);

/* Where a row is: the only place where rows are left out of a scope. */
bool row_is_in_scope(const struct view_context *c, const struct view_row *row);

/* Columns that all views have. */
CELL(id);
CELL(account);
CELL(region);
CELL(severity);
int order_severity(const struct view_context *c, const struct view_row *row);
CELL(findings);
CELL(blind);
CELL(seen_at);
/* Columns that several have. */
CELL(key);
CELL(key_state);
CELL(owner);
/* What they depend on: see struct column. */
uint32_t by_scope(const struct record *r);
uint32_t by_key(const struct record *r);

/* Columns of what holds data; its kinds, parameters too. */
extern const enum kind resource_kinds[];
CELL(resource_type);
CELL(resource_name);
CELL(resource_copies);
CELL(resource_independent_copies);
CELL(resource_restorable);

#define HEAD                                                                                       \
    {.name = "id", .title = "ID", .type = CELL_TEXT, .help = "ARN, or an id of keyfall's own",     \
     .cell = cell_id},                                                                             \
    COMPUTED_BY(by_scope, "account", "ACCOUNT", TEXT, cell_account, "account number"),             \
    COMPUTED_BY(by_scope, "region", "REGION", TEXT, cell_region, "Region, empty if it has none")
#define TAIL                                                                                       \
    {.name = "severity", .title = "SEV", .type = CELL_SEVERITY, .help = "worst open finding",      \
     .cell = cell_severity, .order = order_severity},                                              \
    {.name = "findings", .title = "FINDINGS", .type = CELL_LIST,                                   \
     .help = "ids of its findings; ? after those that could not be proved, - after those that are suppressed", .cell = cell_findings}, \
    {.name = "blind", .title = "NOT SEEN", .type = CELL_LIST,                                      \
     .help = "what of it could not be seen, and why", .cell = cell_blind},                         \
    {.name = "seen_at", .title = "READ", .type = CELL_TIME, .help = "when its list was last read whole", \
     .cell = cell_seen_at}

/* One attribute as it stands. */
#define ATTRIBUTE(name_, title_, type_, attr_, help_)                                              \
    {.name = name_, .title = title_, .type = CELL_##type_, .help = help_, .attr = ATTR_##attr_}
#define COMPUTED(name_, title_, type_, cell_, help_)                                               \
    {.name = name_, .title = title_, .type = CELL_##type_, .help = help_, .cell = cell_}

#define COMPUTED_BY(by_, name_, title_, type_, cell_, help_)                                       \
    {.name = name_, .title = title_, .type = CELL_##type_, .help = help_, .cell = cell_, .by = by_}
#define KEY_COLUMN(help_) COMPUTED_BY(by_key, "key_arn", "KEY", TEXT, cell_key, help_)
#define KEY_STATE_COLUMN                                                                           \
    COMPUTED_BY(by_key, "key_state", "KEY STATE", TEXT, cell_key_state, "KeyState of that key")

#define KINDS(...) ((const enum kind[]){__VA_ARGS__, KIND_NONE})
#define VIEW(...) .columns = columns, .n_columns = sizeof columns / sizeof *columns, __VA_ARGS__

extern const struct view view_accounts, view_regions, view_keys, view_aliases, view_grants, view_parameters,
    view_vaults, view_points, view_resources, view_plans, view_copy_jobs, view_paths, view_copy_matrix, view_blind_spots, view_findings,
    view_posture, view_ekm, view_credentials, view_autobackup;
/* view_people.c */
extern const struct view view_principals, view_iam_policies, view_units, view_org_accounts, view_org_policies;
/* view_evidence.c */
extern const struct view view_images, view_lifecycles, view_event_rules, view_restore_tests, view_restore_selections,
    view_legal_holds, view_failed_jobs;

#endif
