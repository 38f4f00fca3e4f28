#include "backend/demo/answers.h"

#include "backend/demo/entries.h"

#include <string.h>

enum err_code answer_identity(const struct call *c, cJSON *out, struct err *err)
{
    struct scope s = {.place = &c->place, .salt = "role/AuditReadOnly", .is_xml = true};
    return expand_members(&s, out, book_shape(c->book, "Identity"), err);
}

/* Only the management account and those it trusts may ask
 * (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html); who else
 * asks is refused by a row of its file. */
enum err_code answer_organization(const struct call *c, cJSON *out, struct err *err)
{
    struct scope s = {.place = &c->place};
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(c->book->organization, "Organization");
    return expand_into(&s, out, "Organization", shape, NULL, err);
}

struct rows {
    const struct call *call;
    const char *shape;
    cJSON *out;
};

static enum err_code add_row(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    return call_shape(r->call, s, r->shape, r->out, err);
}

static enum err_code rows_of_organization(const struct call *c, const char *list, const char *shape,
                                          cJSON *out, struct err *err)
{
    struct rows r = {c, shape, out};
    return entries_each(&c->place, cJSON_GetObjectItemCaseSensitive(c->book->organization, list),
                        "organization", add_row, &r, err);
}

enum err_code answer_accounts(const struct call *c, cJSON *out, struct err *err)
{
    return rows_of_organization(c, "Accounts", "Account", out, err);
}

/* Without AllRegions AWS leaves out what is off
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html). */
static enum err_code add_region(void *ctx, const struct scope *s, struct err *err)
{
    const struct rows *r = ctx;
    bool wants_all = strcmp(call_param(r->call, "AllRegions", "false"), "true") == 0;
    if (!wants_all && !book_region_is_on(r->call->book, s->name))
        return ERR_OK;
    return call_shape(r->call, s, r->shape, r->out, err);
}

enum err_code answer_regions(const struct call *c, cJSON *out, struct err *err)
{
    struct rows r = {c, "Region", out};
    return entries_each(&c->place,
                        cJSON_GetObjectItemCaseSensitive(c->book->organization, "Regions"),
                        "region", add_region, &r, err);
}

enum err_code answer_region_status(const struct call *c, cJSON *out, struct err *err)
{
    return rows_of_organization(c, "Regions", "RegionStatus", out, err);
}

static enum err_code settings(const struct call *c, const char *name, cJSON *out, struct err *err)
{
    struct scope s = {.place = &c->place};
    return expand_members(&s, out, cJSON_GetObjectItemCaseSensitive(c->book->organization, name),
                          err);
}

enum err_code answer_catalog_settings(const struct call *c, cJSON *out, struct err *err)
{
    return settings(c, "DataCatalogSettings", out, err);
}

enum err_code answer_trace_settings(const struct call *c, cJSON *out, struct err *err)
{
    return settings(c, "TraceSettings", out, err);
}

enum err_code answer_backup_region(const struct call *c, cJSON *out, struct err *err)
{
    return settings(c, "BackupRegionSettings", out, err);
}

enum err_code answer_backup_global(const struct call *c, cJSON *out, struct err *err)
{
    return settings(c, "BackupGlobalSettings", out, err);
}
