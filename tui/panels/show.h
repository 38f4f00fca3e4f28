/* show: how a screen says what a file says at length. Each fills one table cell; what is not known stays a
 * mark (mark.h). Terminal thread. */
#ifndef KEYFALL_TUI_SHOW_H
#define KEYFALL_TUI_SHOW_H

#include "tui/panels/panel.h"

typedef void show(const struct view_context *c, const struct view_row *row, struct table_cell *out);

show show_name;       /* alias, name, or the short id in brackets */
show show_account;    /* the account's name, else its number */
show show_region;     /* "euw1" */
show show_key_state;  /* "enabled", "DEL 6d04h", "disabled" */
show show_rotation;   /* "365d", "on", "off" */
show show_key;        /* key_arn: the key's alias or short id */
show show_lock;       /* "none", "govern.", "comply" */
show show_type;       /* parameter and resource types, shortened */
/* brief.c */
show show_seen;       /* clock time of the last day, else the age */
show show_since;      /* the same of a blind spot */
show show_error;      /* AWS's error without "Exception" */
show show_findings;   /* of an account or a region: "C 1 H 9 ? 2" */
show show_effects;    /* how many findings fold under this one */
show show_opt_in;     /* "default", "opted in", "off" */
show show_foreign;    /* the account that a key lets in from outside, or how many */
show show_key_id;     /* key_arn: the key's whole id */
show show_backup_of;  /* resource_arn: the name of what was backed up */

/* The name that people know a node by: an alias for a key, a name attribute, else the end of its ARN.
 * Appended, hostile. */
void show_node_name(const struct generation *g, uint32_t node, struct buf *out);
/* The record of an account; 0 if it was never named. */
uint32_t show_account_node(const struct generation *g, const char *account);
/* "prod-data" or the number. Points into the estate. */
const char *show_account_name(const struct generation *g, const char *account);
/* "18:20Z" of the last day, else "9d". */
void show_when(int64_t utc, int64_t now_utc, char out[TIME_ISO_SIZE]);
/* "euw1" for "eu-west-1"; as it is if it is no such name. */
void show_region_short(const char *region, char out[16]);

#endif
