#include "backend/collect/feed.h"

#include "backend/aws/tree.h"

#include <stdlib.h>
#include <string.h>

/* Only the management account and a delegated administrator may read them, whatever a policy allows:
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeGlobalSettings.html */
const struct special global_settings_specials[] = {
    {"AccessDeniedException", "Insufficient privileges", TRUTH_UNSUPPORTED},
    {NULL, NULL, TRUTH_FAILED},
};

/* What account:ListRegions calls what EC2 says, so that a column has one vocabulary:
 * https://docs.aws.amazon.com/accounts/latest/reference/API_Region.html */
static const struct {
    const char *listed, *ec2;
} statuses[] = {
    {"ENABLED", "opted-in"},
    {"ENABLED_BY_DEFAULT", "opt-in-not-required"},
    {"DISABLED", "not-opted-in"},
};

bool collect_region_is_enabled(const char *opt_in)
{
    static const char *const off[] = {"not-opted-in", "ENABLING", "DISABLING"};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (strcmp(opt_in, off[i]) == 0)
            return false;
    return true;
}

static bool is_wanted(const struct place *place, const char *region)
{
    if (!place->regions)
        return true;
    for (const char *const *at = place->regions; *at; at++)
        if (strcmp(*at, region) == 0)
            return true;
    return false;
}

static const char *region_id(const struct sheet *s, const char *region)
{
    return arena_printf(s->scratch, "keyfall:region/%s/%s", s->place->account, region);
}

/* A Region's name becomes part of a host name. */
static bool is_region_name(const char *s)
{
    size_t len = strlen(s);
    return len < 40 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static enum err_code identify_by(struct sheet *s, const cJSON *item, const char *member, const char **arn,
                                 struct err *err)
{
    const char *name = NULL;
    enum err_code code = need_text(item, member, &name, err);
    if (code == ERR_OK && !is_region_name(name))
        return err_set(err, ERR_PARSE, "the answer has a region whose name cannot be one");
    if (code == ERR_OK && is_wanted(s->place, name)) /* what was not asked for is no part of the estate */
        *arn = region_id(s, name);
    return code;
}

enum err_code region_identify(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_by(s, item, "regionName", arn, err);
}

enum err_code region_identify_listed(struct sheet *s, const cJSON *item, const char **arn, struct err *err)
{
    return identify_by(s, item, "RegionName", arn, err);
}

static void set_selected(struct sheet *s, const char *opt_in)
{
    sheet_number(s, ATTR_REGION_SELECTED, collect_region_is_enabled(opt_in));
}

enum err_code region_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *name = NULL, *opt_in = NULL;
    enum err_code code = need_text(item, "regionName", &name, err);
    if (code == ERR_OK)
        code = maybe_text(item, "optInStatus", &opt_in, err);
    if (code == ERR_OK)
        set_selected(s, opt_in ? opt_in : "");
    return code;
}

enum err_code region_finish_listed(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *name = NULL, *status = NULL;
    enum err_code code = need_text(item, "RegionName", &name, err);
    if (code == ERR_OK)
        code = need_text(item, "RegionOptStatus", &status, err);
    if (code != ERR_OK)
        return code;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (strcmp(statuses[i].listed, status) == 0)
            status = statuses[i].ec2;
    sheet_text(s, ATTR_REGION_NAME, name);
    sheet_text(s, ATTR_REGION_OPT_IN, status);
    set_selected(s, status);
    return ERR_OK;
}

void collect_region_row(struct estate *e, struct draft *draft, const struct place *place, const char *region)
{
    char *id = mem_printf("keyfall:region/%s/%s", place->account, region);
    uint32_t *row = draft_row(draft, estate_node(e, KIND_REGION, id, strlen(id)));
    row_text(e, row, ATTR_REGION_NAME, region, strlen(region));
    row_number(row, ATTR_REGION_SELECTED, 1);
    mem_free(id);
}

/* ---- settings ----------------------------------------------------------------------------------- */

enum err_code ebs_key_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    return sheet_key(s, ATTR_REGION_EBS_KEY, item, "kmsKeyId", err);
}

/* https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImageCriterion.html: an image must meet one criterion, and
 * all that it says; a criterion without providers takes images of anybody. */
enum err_code allowed_images_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    struct tree_list criteria;
    enum err_code code = tree_list(item, "imageCriterionSet", "item", &criteria, err);
    for (const cJSON *at; code == ERR_OK && (at = tree_next(&criteria));) {
        size_t before = s->line.len;
        code = add_texts(at, "imageProviderSet", "item", NULL, &s->line, err);
        if (code == ERR_OK && s->line.len == before)
            add_item_once(&s->line, "*");
    }
    sheet_line(s, ATTR_REGION_IMAGE_PROVIDERS);
    return code;
}

/* One that is encrypted cannot be public, whatever filter an endpoint forgot:
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html */
enum err_code public_snapshot_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    const char *id = NULL;
    bool is_encrypted = false, is_told = false;
    enum err_code code = need_text(item, "snapshotId", &id, err);
    if (code == ERR_OK)
        code = tree_bool(item, "encrypted", &is_encrypted, &is_told, err);
    if (code == ERR_OK && !is_encrypted)
        buf_add(s->gathered, id, strlen(id) + 1);
    return code;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members of a map of booleans that are true, by name: AWS's own order is any. */
static enum err_code add_true(struct sheet *s, const cJSON *tree, const char *path, enum attr attr,
                              struct err *err)
{
    const cJSON *map = tree_at(tree, path);
    if (map && !cJSON_IsObject(map))
        return err_set(err, ERR_PARSE, "the answer's %s is not a map", path);
    VEC(const char *) names = {0};
    enum err_code code = ERR_OK;
    for (const cJSON *at = map ? map->child : NULL; at && code == ERR_OK; at = at->next) {
        if (cJSON_IsTrue(at))
            VEC_PUSH(names, at->string);
        else if (!cJSON_IsFalse(at) && !cJSON_IsNull(at))
            code = err_set(err, ERR_PARSE, "the answer's %s.%s is not true or false", path, at->string);
    }
    if (names.n > 1)
        qsort(names.items, names.n, sizeof *names.items, by_text);
    for (size_t i = 0; i < names.n; i++)
        buf_add(&s->line, names.items[i], strlen(names.items[i]) + 1);
    VEC_FREE(names);
    sheet_line(s, attr);
    return code;
}

enum err_code region_backup_finish(struct sheet *s, const cJSON *item, struct err *err)
{
    enum err_code code = add_true(s, item, "ResourceTypeManagementPreference",
                                  ATTR_REGION_FULL_MANAGEMENT, err);
    if (code == ERR_OK)
        code = add_true(s, item, "ResourceTypeOptInPreference", ATTR_REGION_BACKUP_OPT_IN, err);
    return code;
}
