/* answers: what the demo answers to each operation: a table of operations, each with the list of
 * the book it comes from or a function that makes it. Private to the demo. */
#ifndef KEYFALL_DEMO_ANSWERS_H
#define KEYFALL_DEMO_ANSWERS_H

#include "backend/aws/wire.h"
#include "backend/demo/expand.h"

struct call {
    const struct book *book;
    struct book_place place;
    const struct op *op;
    enum op_id id;
    const struct param *params;
    size_t n_params;
    bool is_xml;
};

/* Fills the items of a list, or the members of the answer. */
typedef enum err_code (*answer_fn)(const struct call *c, cJSON *out, struct err *err);

struct answer_row {
    const char *list; /* where the items stand: "Keys"; NULL: the answer is one object */
    const char *item; /* XML name of an item; NULL: JSON */
    int page;         /* items on a page of the demo; 0: as many as AWS takes */
    answer_fn make;   /* NULL: the next three say all */
    const char *world, *kind, *shape;
    const char *by, *id; /* the parameter that names one of them, and what it says of each; NULL: all */
};

/* NULL: the demo has no answer to this operation. */
const struct answer_row *answers_row(enum op_id op);

/* account: 12 digits; "" for sts:GetCallerIdentity, which names a profile. *out (cJSON_Delete): an
 * array of items, or an object. An error is what AWS would have said. */
NODISCARD enum err_code answers_make(const struct book *book, const struct wire_request *request,
                                     cJSON **out, struct err *err);

/* ---- for the files of the services ---------------------------------------------------------- */

const char *call_param(const struct call *c, const char *name, const char *fallback);
/* An error as AWS sends it; returns its code. */
enum err_code call_refuse(const struct call *c, const char *aws_code, int status, struct err *err,
                          const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The things of a list of the book, each in a shape, with what the entry has under the shape's name
 * over it. ${key_arn} is the entry's key. */
NODISCARD enum err_code call_list(const struct call *c, const char *world, const char *kind,
                                  const char *shape, cJSON *out, struct err *err);
/* One item: the shape and what the scope's entry has over it. */
NODISCARD enum err_code call_shape(const struct call *c, const struct scope *s, const char *shape,
                                   cJSON *out, struct err *err);
/* Appends the ARN of the entry's key; nothing if it has none. */
NODISCARD enum err_code call_key(const struct scope *s, struct buf *out, struct err *err);

enum err_code answer_identity(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_organization(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_accounts(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_regions(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_region_status(const struct call *c, cJSON *out, struct err *err);

enum err_code answer_authorization(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_role(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_user(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_events(const struct call *c, cJSON *out, struct err *err);
/* Appends the id of the event that was the last use of the scope's key. */
void events_last_use(const struct scope *key, struct buf *out);
enum err_code answer_roots(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_units(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_unit_accounts(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_org_policies(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_org_policy(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_org_targets(const struct call *c, cJSON *out, struct err *err);

enum err_code answer_aliases(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_key_metadata(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_key_policy(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_grants(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_rotation(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_materials(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_key_tags(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_last_usage(const struct call *c, cJSON *out, struct err *err);

enum err_code answer_parameter_tags(const struct call *c, cJSON *out, struct err *err);

enum err_code answer_vaults(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_vault(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_vault_policy(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_points(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_protected(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_copy_jobs(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_copy_job(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_plan(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_selections(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_selection(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_catalog_settings(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_trace_settings(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_backup_region(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_backup_global(const struct call *c, cJSON *out, struct err *err);

enum err_code answer_ebs_snapshots(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_ebs_encryption(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_ebs_key(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_allowed_images(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_db_snapshots(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_db_cluster_snapshots(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_db_auto_backups(const struct call *c, cJSON *out, struct err *err);
enum err_code answer_fsx_backups(const struct call *c, cJSON *out, struct err *err);

#endif
