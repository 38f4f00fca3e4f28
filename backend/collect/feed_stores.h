/* feed_stores: what rows of feeds_stores.def name, by service. Part of feed.h. */
#ifndef KEYFALL_COLLECT_FEED_STORES_H
#define KEYFALL_COLLECT_FEED_STORES_H

/* caches.c */
feed_finish cache_group_finish, serverless_cache_finish, cache_snapshot_finish,
    serverless_cache_snapshot_finish, memorydb_snapshot_finish;

/* dynamodb.c */
feed_identify table_identify, table_backup_identify;
feed_finish table_detail_finish, table_backup_finish, table_backup_detail_finish;

/* efs.c */
feed_identify efs_identify;

/* fsx.c */
feed_finish fsx_finish, fsx_backup_finish;

/* rds.c */
feed_finish db_auto_backup_finish, db_cluster_auto_backup_finish;

/* redshift.c */
feed_identify redshift_identify, redshift_grant_identify;
feed_finish redshift_finish, redshift_snapshot_finish, redshift_grant_finish;

/* searches.c */
feed_identify search_domain_identify;
feed_finish search_domain_finish;

/* serverless.c */
feed_finish namespace_finish, namespace_snapshot_finish, graph_snapshot_finish, elastic_snapshot_finish;

/* s3.c */
feed_identify bucket_identify;
feed_finish bucket_finish;
extern const struct special bucket_specials[];

#endif
