/* feed_stores: what rows of feeds_stores.def name, by service. Part of feed.h. */
#ifndef KEYFALL_COLLECT_FEED_STORES_H
#define KEYFALL_COLLECT_FEED_STORES_H

/* efs.c */
feed_identify efs_identify;

/* fsx.c */
feed_finish fsx_finish, fsx_backup_finish;

#endif
