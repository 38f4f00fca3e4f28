/* rules: the tests that rows of rules.c name, and what they share. Private to judge/. */
#ifndef KEYFALL_JUDGE_RULES_H
#define KEYFALL_JUDGE_RULES_H

#include "backend/judge/internal.h"
#include "backend/judge/products.h"
#include "backend/policy/traits.h"

#define RULES(X)                                                                                   \
    X(key_pending_deletion) X(key_pending_deletion_unproved) X(key_pending_replica_deletion)       \
    X(key_disabled) X(key_pending_import) X(key_store_down) X(key_material_expires)                \
    X(key_rotation_off) X(key_gone) X(key_relatives_differ) X(policy_stranger) X(policy_too_long)  \
    X(policy_public) X(policy_public_unbound) X(policy_unmanaged) X(policy_foreign_admin)         \
    X(policy_foreign_grants) X(policy_dead_principal) X(policy_without_effect)                     \
    X(policy_not_principal) X(policy_denies_services) X(policy_denies_outsiders)                   \
    X(policy_via_backup_only) X(policy_network_bound) X(policy_half_shared)                        \
    X(policy_everybody_of_one)                                                                     \
    X(policy_denied) X(grant_stranger) X(grant_passes_on) X(vault_key_fails)                       \
    X(vault_cannot_receive) X(vault_policy_absent) X(vault_unlocked) X(vault_lock_grace)           \
    X(vault_keeps_for_ever) X(vault_own_key_air_gapped) X(vault_failed) X(vault_jobs_fail)         \
    X(key_jobs_fail)                                                                               \
    X(point_plain)                                                                                 \
    X(point_key_fails) X(point_foreign_key) X(point_expired) X(point_stopped) X(point_partial)     \
    X(rule_retention) X(rule_vault_missing) X(copy_failed) X(parameter_key_fails)                  \
    X(parameter_in_clear) X(parameter_under_aws) X(parameter_alias_moved) X(database_locked_out)   \
    X(database_without_backup) X(volume_key_fails) X(snapshot_error) X(resource_plain)             \
    X(ekm_key_fails) X(ekm_access_denied) X(ekm_key_kind) X(ekm_switch_broken)                     \
    X(ekm_former_deleted) X(ekm_org_only) X(ekm_fragile_origin) X(ekm_other_account)               \
    X(ekm_key_shared) X(autobackup_alias_fails) X(autobackup_not_shared)                           \
    X(autobackup_source_closed) X(autobackup_aws_managed) X(autobackup_role_replaced)              \
    X(credential_missing) X(credential_alone) X(credential_closed) X(registration_conflict)        \
    X(ekm_unused) X(credential_unguarded)                                                          \
    X(aws_owned_key) X(region_ebs_plain) X(account_suspended) X(account_not_read)                  \
    X(grant_unconstrained) X(grants_nearly_full) X(grants_alike) X(grant_ended_from_outside)       \
    X(key_wide_for_nothing) X(key_outlived) X(table_locked_out) X(warehouse_locked_out)            \
    X(elastic_locked_out) X(database_without_grace) X(consumer_key_fails) X(replication_key_fails) \
    X(trail_lacking)                                                                               \
    X(vault_open) X(vault_denies_restore) X(vault_points_deletable) X(identity_decrypts_all)       \
    X(key_aliases_too_many) X(key_deletion_unguarded) X(rule_copies_aws_managed)                   \
    X(rule_to_aws_backup_key) X(rule_copies_in_vain) X(rule_air_gap_refuses) X(rule_key_refuses)   \
    X(rule_copying_off) X(rule_leaves_organization) X(rule_region_off) X(rule_without_copier)  \
    X(copies_under_one_key) X(copies_in_one_account) X(copies_in_one_region) X(copies_change_key)  \
    X(backup_overdue) X(vault_untested) X(resource_unprotected) X(selection_role_missing)          \
    X(selection_role_denied) X(account_without_plan) X(region_without_alarm) X(image_public)       \
    X(lifecycle_shares) X(alias_means_other) X(running_without_grant) X(key_unused)      \
    X(key_material_missing) X(region_images_refused) X(key_ended_by_many) X(key_duties_together) X(vault_lock_in_vain)

#define X(name) RULE_TEST(name);
RULES(X)
#undef X

/* Open if data under this key (or alias) cannot be decrypted, unknown if that is not known; sets cause,
 * reason, and CRITICAL where the key is being deleted or gone. */
enum finding_state if_key_fails(const struct judgement *j, uint32_t reference, struct finding *out);

/* Open if the account is no one's that is known, unknown if only the organization's list could tell. */
enum finding_state if_stranger(const struct judgement *j, const char *account, struct finding *out);

/* The account of a principal's ARN or id; false: it is a service or something else. */
bool principal_account(const char *principal, char account[16]);

/* Of a key, a vault or an IAM policy: does its policy have the trait? NO, too, if there is no policy. */
enum tri has_trait(const struct judgement *j, const struct record *r, enum policy_trait trait);

/* Open if the holding is under a customer's key, unknown if that is not known. */
enum finding_state if_under_customer_key(const struct judgement *j, const struct record *r,
                                         struct finding *out);

/* Whether an EventBridge rule of the place that is on tells of keys being disabled or deleted, and which. */
enum tri place_warns(const struct judgement *j, const struct area *a, const char **name);

/* Is something encrypted under it that is as such said to be; stops at the first. */
bool has_dependent(const struct judgement *j, uint32_t key, bool (*is_one)(enum kind kind));

#endif
