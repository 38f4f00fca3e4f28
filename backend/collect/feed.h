/* feed: the functions that rows of feeds.def name, by service. What the files of collect/ share. */
#ifndef KEYFALL_COLLECT_FEED_H
#define KEYFALL_COLLECT_FEED_H

#include "backend/collect/sheet.h"

typedef enum err_code feed_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err);
typedef enum err_code feed_finish(struct sheet *s, const cJSON *item, struct err *err);
typedef enum applies feed_asks(const struct record *r);

/* region.c */
feed_identify region_identify, region_identify_listed;
feed_finish region_finish, region_finish_listed, ebs_key_finish, region_backup_finish, allowed_images_finish,
    public_snapshot_finish;
extern const struct special global_settings_specials[];

/* kms.c */
feed_identify key_store_identify, grant_identify;
feed_finish alias_finish, key_metadata_finish, key_policy_finish, key_tag_finish, key_material_finish, grant_finish;
feed_asks key_is_customers, key_is_imported;
extern const struct special rotation_specials[];

/* ssm.c */
feed_identify parameter_identify;
feed_finish parameter_finish, parameter_tag_finish;

/* backup.c */
feed_identify copy_job_identify, rule_identify, selection_identify;
feed_finish vault_policy_finish, point_finish, rule_finish, selection_finish, selection_detail_finish;
extern const struct special vault_policy_specials[];

/* rds.c */
feed_finish db_instance_finish, db_cluster_finish, db_snapshot_finish, db_cluster_snapshot_finish;
extern const struct special snapshot_type_specials[];

/* ec2.c */
feed_identify volume_identify, ebs_snapshot_identify, image_identify;
feed_finish volume_finish, ebs_snapshot_finish, image_finish;

/* consumers.c: the kinds of backend/estate/consumers.def */
feed_identify consumer_identify;
feed_finish consumer_finish, consumer_keys_finish;

/* streams.c */
feed_identify log_group_identify, queue_identify, data_lake_identify, agent_identify,
    launch_template_identify, workspace_identify, data_catalog_identify, traces_identify;
feed_finish topic_finish, topic_detail_finish, queue_detail_finish, broker_finish, project_finish,
    emr_configuration_finish, emr_cluster_finish, prometheus_finish, data_lake_finish, kafka_finish;
extern const struct special recovery_specials[], data_lake_specials[];

/* storagegateway.c */
feed_finish cached_volume_finish, stored_volume_finish, nfs_share_finish, smb_share_finish;
feed_asks volume_is_cached, volume_is_stored, share_is_nfs, share_is_smb;

#include "backend/collect/feed_stores.h"

/* iam.c */
extern const struct feed_part authorization_parts[];

/* dlm.c */
feed_identify lifecycle_identify;
feed_finish lifecycle_finish;

/* events.c */
feed_identify event_rule_identify;
feed_finish event_target_finish;

/* backup_tests.c */
feed_identify restore_selection_identify, failed_backup_identify, failed_restore_identify;
feed_finish restore_test_finish, restore_selection_finish, restore_selection_detail_finish, legal_hold_finish,
    failed_backup_finish, failed_restore_finish;
feed_asks vault_is_special;

/* cloudtrail.c */
feed_identify key_event_identify;
feed_finish key_event_finish, last_user_finish;
feed_asks key_has_event;

/* organizations.c */
feed_identify org_policy_identify;
feed_finish root_finish, unit_finish, org_account_finish, org_target_finish;
extern const struct special org_policy_specials[];

/* principals.c: appends the accounts, sorted and once each, a NUL after each, that a policy allows
 * anything besides its owner; "*" for everybody. ERR_PARSE if the policy cannot be read. */
NODISCARD enum err_code policy_accounts(const char *policy, const char *owner, struct buf *out,
                                        struct err *err);

#endif
