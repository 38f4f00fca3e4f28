/* What makes copies of snapshots, what tests and holds backups, and the jobs that failed for want of a key. */
#include "backend/view/cells.h"

#undef VIEW
#define VIEW(of, ...) .columns = of, .n_columns = sizeof of / sizeof *of, __VA_ARGS__

static const struct column image_columns[] = {
    HEAD,
    ATTRIBUTE("name", "NAME", TEXT, IMAGE_NAME, "its name"),
    ATTRIBUTE("state", "STATE", TEXT, IMAGE_STATE, "State"),
    ATTRIBUTE("snapshots", "SNAPSHOTS", LIST, IMAGE_SNAPSHOTS, "what it is made of"),
    ATTRIBUTE("source_image", "COPY OF", TEXT, IMAGE_SOURCE, "SourceImageId"),
    ATTRIBUTE("public", "PUBLIC", BOOL, IMAGE_PUBLIC, "everybody may launch it"),
    ATTRIBUTE("created", "CREATED", TIME, IMAGE_CREATED, "CreationDate"),
    TAIL,
};

const struct view view_images = {.name = "amis", .title = "Images", .what = "a machine image of an account",
                                 VIEW(image_columns, .kinds = KINDS(KIND_IMAGE))};

static const struct column lifecycle_columns[] = {
    HEAD,
    ATTRIBUTE("description", "POLICY", TEXT, LIFECYCLE_DESCRIPTION, "Description"),
    ATTRIBUTE("state", "STATE", TEXT, LIFECYCLE_STATE, "State"),
    ATTRIBUTE("type", "TYPE", TEXT, LIFECYCLE_TYPE, "PolicyType"),
    ATTRIBUTE("default_policy", "DEFAULT", BOOL, LIFECYCLE_DEFAULT, "takes what no other policy takes"),
    ATTRIBUTE("target_tags", "TARGETS", LIST, LIFECYCLE_TARGET_TAGS, "tags of what it takes snapshots of"),
    ATTRIBUTE("copies", "COPIES TO", LIST, LIFECYCLE_COPIES, "each target, and the key that its copies are under"),
    ATTRIBUTE("copy_keys", "KEYS", LIST, LIFECYCLE_COPY_KEYS, "keys that its copies are under"),
    ATTRIBUTE("shared_with", "SHARED WITH", LIST, LIFECYCLE_SHARED_WITH, "accounts that it shares snapshots with"),
    ATTRIBUTE("shared_by", "SHARED BY", LIST, LIFECYCLE_SHARED_BY, "accounts whose shared snapshots it copies"),
    ATTRIBUTE("role_arn", "ROLE", TEXT, LIFECYCLE_ROLE, "ExecutionRoleArn"),
    ATTRIBUTE("status_message", "MESSAGE", TEXT, LIFECYCLE_MESSAGE, "StatusMessage"),
    TAIL,
};

const struct view view_lifecycles = {
    .name = "dlm-policies", .title = "Lifecycle policies", .what = "a policy of Data Lifecycle Manager",
    VIEW(lifecycle_columns, .kinds = KINDS(KIND_LIFECYCLE))};

static const struct column event_rule_columns[] = {
    HEAD,
    ATTRIBUTE("name", "RULE", TEXT, EVENT_RULE_NAME, "Name"),
    ATTRIBUTE("state", "STATE", TEXT, EVENT_RULE_STATE, "State"),
    ATTRIBUTE("targets", "DRIVES", LIST, EVENT_RULE_TARGETS, "what it calls"),
    ATTRIBUTE("event_pattern", "PATTERN", TEXT, EVENT_RULE_PATTERN, "the events that it waits for"),
    ATTRIBUTE("managed_by", "MANAGED BY", TEXT, EVENT_RULE_MANAGED_BY, "the service that made it"),
    TAIL,
};

const struct view view_event_rules = {
    .name = "event-rules", .title = "Event rules", .what = "an EventBridge rule about backups, snapshots or keys",
    VIEW(event_rule_columns, .kinds = KINDS(KIND_EVENT_RULE))};

static CELL(test_selections)
{
    (void)c;
    say_children(&row->record, FACET_RESTORE_TEST_SELECTIONS, out);
}

static const struct column test_columns[] = {
    HEAD,
    ATTRIBUTE("name", "PLAN", TEXT, RESTORE_TEST_NAME, "RestoreTestingPlanName"),
    ATTRIBUTE("include_vaults", "VAULTS", LIST, RESTORE_TEST_INCLUDES, "vaults whose points it restores"),
    ATTRIBUTE("exclude_vaults", "NOT", LIST, RESTORE_TEST_EXCLUDES, "vaults that it leaves out"),
    ATTRIBUTE("algorithm", "CHOOSES", TEXT, RESTORE_TEST_ALGORITHM, "Algorithm"),
    ATTRIBUTE("selection_window_days", "DAYS", NUMBER, RESTORE_TEST_WINDOW, "how old a point may be"),
    ATTRIBUTE("schedule", "SCHEDULE", TEXT, RESTORE_TEST_SCHEDULE, "ScheduleExpression"),
    ATTRIBUTE("last_execution", "LAST RUN", TIME, RESTORE_TEST_LAST_RUN, "LastExecutionTime"),
    COMPUTED("selections", "SELECTIONS", NUMBER, cell_test_selections, "how many selections it has"),
    TAIL,
};

const struct view view_restore_tests = {
    .name = "restore-testing-plans", .title = "Restore tests", .what = "a restore testing plan",
    VIEW(test_columns, .kinds = KINDS(KIND_RESTORE_TEST))};

static const struct column restore_selection_columns[] = {
    HEAD,
    ATTRIBUTE("name", "SELECTION", TEXT, RESTORE_SELECTION_NAME, "RestoreTestingSelectionName"),
    ATTRIBUTE("plan_arn", "PLAN", TEXT, RESTORE_SELECTION_PLAN, "the plan that it is part of"),
    ATTRIBUTE("resource_type", "TYPE", TEXT, RESTORE_SELECTION_RESOURCE_TYPE, "ProtectedResourceType"),
    ATTRIBUTE("include_resources", "RESOURCES", LIST, RESTORE_SELECTION_INCLUDES, "ProtectedResourceArns"),
    ATTRIBUTE("conditions", "CONDITIONS", TEXT, RESTORE_SELECTION_CONDITIONS, "ProtectedResourceConditions"),
    ATTRIBUTE("role_arn", "ROLE", TEXT, RESTORE_SELECTION_ROLE, "the role that restores"),
    TAIL,
};

const struct view view_restore_selections = {
    .name = "restore-testing-selections", .title = "Restore test selections", .what = "what a restore testing plan restores",
    VIEW(restore_selection_columns, .kinds = KINDS(KIND_RESTORE_SELECTION))};

static const struct column hold_columns[] = {
    HEAD,
    ATTRIBUTE("title", "TITLE", TEXT, LEGAL_HOLD_TITLE, "Title"),
    ATTRIBUTE("status", "STATUS", TEXT, LEGAL_HOLD_STATUS, "Status"),
    ATTRIBUTE("vaults", "VAULTS", LIST, LEGAL_HOLD_VAULTS, "vaults whose points it holds"),
    ATTRIBUTE("resources", "RESOURCES", LIST, LEGAL_HOLD_RESOURCES, "resources whose points it holds"),
    ATTRIBUTE("from", "FROM", TIME, LEGAL_HOLD_FROM, "points made since"),
    ATTRIBUTE("to", "TO", TIME, LEGAL_HOLD_TO, "points made until"),
    ATTRIBUTE("created", "CREATED", TIME, LEGAL_HOLD_CREATED, "CreationDate"),
    ATTRIBUTE("canceled", "CANCELED", TIME, LEGAL_HOLD_CANCELED, "CancellationDate"),
    TAIL,
};

const struct view view_legal_holds = {
    .name = "legal-holds", .title = "Legal holds", .what = "a legal hold",
    VIEW(hold_columns, .kinds = KINDS(KIND_LEGAL_HOLD))};

static const struct column job_columns[] = {
    HEAD,
    ATTRIBUTE("job_id", "JOB", TEXT, FAILED_JOB_ID, "its id"),
    ATTRIBUTE("what", "WHAT", TEXT, FAILED_JOB_WHAT, "backup or restore"),
    ATTRIBUTE("created", "STARTED", TIME, FAILED_JOB_CREATED, "CreationDate"),
    ATTRIBUTE("status_message", "MESSAGE", TEXT, FAILED_JOB_MESSAGE, "StatusMessage"),
    ATTRIBUTE("resource_arn", "RESOURCE", TEXT, FAILED_JOB_RESOURCE, "what was to be backed up or restored"),
    ATTRIBUTE("resource_type", "TYPE", TEXT, FAILED_JOB_RESOURCE_TYPE, "ResourceType"),
    ATTRIBUTE("vault_arn", "VAULT", TEXT, FAILED_JOB_VAULT, "BackupVaultArn"),
    ATTRIBUTE("key_arn", "KEY", TEXT, FAILED_JOB_KEY, "the key that it failed for, or was to use"),
    TAIL,
};

const struct view view_failed_jobs = {
    .name = "failed-jobs", .title = "Failed jobs",
    .what = "a backup or restore job of the last 30 days that failed for want of a key",
    VIEW(job_columns, .kinds = KINDS(KIND_FAILED_JOB))};
