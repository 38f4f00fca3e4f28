/* Principals, their policies, and what the organization lays over all of them. */
#include "backend/view/cells.h"

#include <string.h>

#undef VIEW
#define VIEW(of, ...) .columns = of, .n_columns = sizeof of / sizeof *of, __VA_ARGS__

/* What is read with the row's own list stands and falls with it. */
static CELL(inline_policies)
{
    struct buf items = {0};
    struct record policy;
    enum edge edge;
    for (struct hang h = hang_on(c->generation, row->record.node); hang_next(&h, &policy, &edge);) {
        struct value name = record_value(&policy, ATTR_IAM_POLICY_NAME);
        if (policy.kind == KIND_IAM_POLICY && edge == EDGE_PART_OF && name.is == VALUE_KNOWN)
            list_item(&items, name.text);
    }
    say_list(c, out, &items);
    buf_free(&items);
}

static const struct column principal_columns[] = {
    HEAD,
    ATTRIBUTE("name", "NAME", TEXT, PRINCIPAL_NAME, "its name"),
    ATTRIBUTE("type", "TYPE", TEXT, PRINCIPAL_TYPE, "user, group or role"),
    ATTRIBUTE("unique_id", "UNIQUE ID", TEXT, PRINCIPAL_UNIQUE_ID, "what a policy names once it is deleted"),
    ATTRIBUTE("attached_policies", "ATTACHED", LIST, PRINCIPAL_ATTACHED, "managed policies attached to it"),
    COMPUTED("inline_policies", "INLINE", LIST, cell_inline_policies, "policies that stand in it"),
    ATTRIBUTE("permissions_boundary", "BOUNDARY", TEXT, PRINCIPAL_BOUNDARY, "what it may at most"),
    ATTRIBUTE("groups", "GROUPS", LIST, PRINCIPAL_GROUPS, "groups that a user is in"),
    ATTRIBUTE("trust_policy", "TRUST", TEXT, PRINCIPAL_TRUST, "who may take on a role"),
    ATTRIBUTE("created", "CREATED", TIME, PRINCIPAL_CREATED, "CreateDate"),
    ATTRIBUTE("last_used", "LAST USED", TIME, PRINCIPAL_LAST_USED, "when a role was last taken on, as IAM knows"),
    TAIL,
};

const struct view view_principals = {
    .name = "principals", .title = "Principals", .what = "an IAM user, group or role",
    VIEW(principal_columns, .kinds = KINDS(KIND_PRINCIPAL))};

/* AWS's own are the same in every account, and stand in the one that was read first. */
static bool is_own(const struct generation *g, const struct record *r)
{
    (void)g;
    struct value type = record_value(r, ATTR_IAM_POLICY_TYPE);
    return type.is != VALUE_KNOWN || strcmp(type.text, "aws-managed") != 0;
}

static const struct column policy_columns[] = {
    HEAD,
    ATTRIBUTE("name", "POLICY", TEXT, IAM_POLICY_NAME, "PolicyName"),
    ATTRIBUTE("type", "TYPE", TEXT, IAM_POLICY_TYPE, "managed, or inline: it stands in a principal"),
    ATTRIBUTE("principal", "STANDS IN", TEXT, IAM_POLICY_PRINCIPAL, "the principal that an inline one stands in"),
    ATTRIBUTE("document", "DOCUMENT", TEXT, IAM_POLICY_DOCUMENT, "its default version"),
    TAIL,
};

const struct view view_iam_policies = {
    .name = "iam-policies", .title = "IAM policies", .what = "a policy of an account, AWS's own left out",
    VIEW(policy_columns, .kinds = KINDS(KIND_IAM_POLICY), .includes = is_own)};

static const struct column unit_columns[] = {
    HEAD,
    ATTRIBUTE("unit_id", "UNIT", TEXT, UNIT_ID, "Id"),
    ATTRIBUTE("name", "NAME", TEXT, UNIT_NAME, "Name"),
    ATTRIBUTE("parent", "IN", TEXT, UNIT_PARENT, "the unit that it is in; empty for a root"),
    ATTRIBUTE("policy_types", "POLICY TYPES", LIST, UNIT_POLICY_TYPES, "of a root: what is in force"),
    TAIL,
};

const struct view view_units = {
    .name = "organizational-units", .title = "Organizational units", .what = "a root or unit of an organization",
    VIEW(unit_columns, .kinds = KINDS(KIND_UNIT))};

static const struct column org_account_columns[] = {
    HEAD,
    ATTRIBUTE("account_id", "ACCOUNT ID", TEXT, ORG_ACCOUNT_ID, "Id"),
    ATTRIBUTE("name", "NAME", TEXT, ORG_ACCOUNT_NAME, "Name"),
    ATTRIBUTE("state", "STATE", TEXT, ORG_ACCOUNT_STATE, "State"),
    ATTRIBUTE("unit", "IN", TEXT, ORG_ACCOUNT_UNIT, "the unit that it is in"),
    TAIL,
};

const struct view view_org_accounts = {
    .name = "organization-accounts", .title = "Accounts of the organization",
    .what = "an account of an organization, read or not",
    VIEW(org_account_columns, .kinds = KINDS(KIND_ORG_ACCOUNT))};

static const struct column org_policy_columns[] = {
    HEAD,
    ATTRIBUTE("policy_id", "ID", TEXT, ORG_POLICY_ID, "Id"),
    ATTRIBUTE("name", "POLICY", TEXT, ORG_POLICY_NAME, "Name"),
    ATTRIBUTE("type", "TYPE", TEXT, ORG_POLICY_TYPE, "Type"),
    ATTRIBUTE("aws_managed", "AWS'S", BOOL, ORG_POLICY_AWS_MANAGED, "AwsManaged"),
    ATTRIBUTE("targets", "ON", LIST, ORG_POLICY_TARGETS, "roots, units and accounts that it governs"),
    ATTRIBUTE("document", "DOCUMENT", TEXT, ORG_POLICY_DOCUMENT, "Content"),
    TAIL,
};

const struct view view_org_policies = {
    .name = "organization-policies", .title = "Organization policies",
    .what = "a service or resource control policy",
    VIEW(org_policy_columns, .kinds = KINDS(KIND_ORG_POLICY))};
