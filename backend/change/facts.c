#include "backend/change/facts.h"

#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/change/statements.h"

#include <string.h>

static const char *const of_keys[] = {"Arn",       "AWSAccountId", "KeyState",    "KeyManager",       "KeySpec",
                                      "KeyUsage",  "Origin",       "MultiRegion", "CustomKeyStoreId", "ExpirationModel",
                                      "ValidTo",   "Description",  NULL};
static const char *const of_vaults[] = {"BackupVaultArn",   "EncryptionKeyArn", "VaultType",         "Locked",
                                        "MinRetentionDays", "MaxRetentionDays", "CreatorRequestId", NULL};
static const char *const of_copies[] = {"State", "StatusMessage", "DestinationEncryptionKeyArn",
                                        "DestinationRecoveryPointArn", NULL};
static const char *const of_roles[] = {"Arn", "RoleId", NULL};
static const char *const of_users[] = {"Arn", "UserId", NULL};
static const char *const of_databases[] = {"DBInstanceArn",    "DBClusterArn", "StorageEncrypted", "KmsKeyId", "Engine",
                                           "DBInstanceStatus", "Status",       "MultiAZ",          "StorageEncryptionType",
                                           "DBClusterInstanceClass", NULL};
static const char *const of_parameters[] = {"Type", "KeyId", "LastModifiedDate", "Version", NULL};
static const char *const of_rotations[] = {"KeyRotationEnabled", "RotationPeriodInDays", NULL};
static const char *const of_organizations[] = {"Id", "MasterAccountId", NULL};

/* ---- how answers are cut down ---------------------------------------------------------------------------------- */

static const char *text_in(const cJSON *object, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
    return text ? text : "";
}

static void keep_member(cJSON *is, const cJSON *from, const char *member)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, member);
    if (item && !cJSON_IsNull(item) && !cJSON_HasObjectItem(is, member))
        cJSON_AddItemToObject(is, member, cJSON_Duplicate(item, true));
}

/* The policy as JSON: how it is laid out makes no difference. */
static bool policy_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    cJSON *policy = NULL;
    const char *text = text_in(page, "Policy");
    if (json_parse(text, strlen(text), &policy, NULL) != ERR_OK)
        return false;
    cJSON_AddItemToObject(is, "Policy", policy);
    return true;
}

/* Its key, as an ARN, and since when. AWS's own names stand in the list before they have a key. */
static bool alias_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *aliases = cJSON_GetObjectItemCaseSensitive(page, "Aliases"), *a;
    cJSON_ArrayForEach(a, aliases)
    {
        const char *arn = text_in(a, "AliasArn"), *name = strstr(arn, ":alias/"), *key = text_in(a, "TargetKeyId");
        if (strcmp(text_in(a, "AliasName"), of) != 0 || !name || !key[0])
            continue;
        char *target = mem_printf("%.*s:key/%s", (int)(name - arn), arn, key);
        cJSON_AddStringToObject(is, "Key", target);
        keep_member(is, a, "LastUpdatedDate");
        mem_free(target);
    }
    return cJSON_IsArray(aliases);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* cJSON_InsertItemInArray of cJSON 1.7.15 refuses a place in the middle once something was put at the head. */
static void insert_at(cJSON *list, int at, cJSON *item)
{
    cJSON *behind = cJSON_CreateArray(), *moved;
    while ((moved = cJSON_DetachItemFromArray(list, at)))
        cJSON_AddItemToArray(behind, moved);
    cJSON_AddItemToArray(list, item);
    while ((moved = cJSON_DetachItemFromArray(behind, 0)))
        cJSON_AddItemToArray(list, moved);
    cJSON_Delete(behind);
}

/* Adds a text to a sorted array. */
static void add_sorted(cJSON *list, const char *text)
{
    int at = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (by_text(&item->valuestring, &text) >= 0)
            break;
        at++;
    }
    insert_at(list, at, cJSON_CreateString(text));
}

static cJSON *member_array(cJSON *is, const char *name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(is, name);
    return list ? list : cJSON_AddArrayToObject(is, name);
}

static bool aliases_of(cJSON *is, const cJSON *page, const char *of)
{
    const char *id = strrchr(of, '/');
    const cJSON *aliases = cJSON_GetObjectItemCaseSensitive(page, "Aliases"), *a;
    cJSON *names = member_array(is, "Names");
    cJSON_ArrayForEach(a, aliases)
        if (id && strcmp(text_in(a, "TargetKeyId"), id + 1) == 0)
            add_sorted(names, text_in(a, "AliasName"));
    return cJSON_IsArray(aliases);
}

static bool tags_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(page, "Tags"), *t;
    cJSON_ArrayForEach(t, tags) cJSON_AddStringToObject(is, text_in(t, "TagKey"), text_in(t, "TagValue"));
    return cJSON_IsArray(tags);
}

/* When it encrypted or decrypted something last; nothing if no use was seen since AWS began to look.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
static bool use_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    keep_member(is, cJSON_GetObjectItemCaseSensitive(page, "KeyLastUsage"), "Timestamp");
    return cJSON_HasObjectItem(page, "KeyId");
}

static bool store_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *stores = cJSON_GetObjectItemCaseSensitive(page, "CustomKeyStores"), *s;
    cJSON_ArrayForEach(s, stores)
        if (strcmp(text_in(s, "CustomKeyStoreId"), of) == 0)
            keep_member(is, s, "ConnectionState");
    return cJSON_IsArray(stores);
}

static bool region_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *regions = cJSON_GetObjectItemCaseSensitive(page, "Regions"), *r;
    cJSON_ArrayForEach(r, regions)
        if (strcmp(text_in(r, "RegionName"), of) == 0)
            keep_member(is, r, "RegionOptStatus");
    return cJSON_IsArray(regions);
}

static bool member_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *accounts = cJSON_GetObjectItemCaseSensitive(page, "Accounts"), *a;
    cJSON_ArrayForEach(a, accounts)
        if (strcmp(text_in(a, "Id"), of) == 0)
            keep_member(is, a, "Id");
    return cJSON_IsArray(accounts);
}

static void keep_members(cJSON *is, const cJSON *from, const char *const *members)
{
    for (; *members; members++)
        keep_member(is, from, *members);
}

static bool global_settings_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *settings = cJSON_GetObjectItemCaseSensitive(page, "GlobalSettings");
    cJSON_AddStringToObject(is, "isCrossAccountBackupEnabled", text_in(settings, "isCrossAccountBackupEnabled"));
    return cJSON_IsObject(settings);
}

/* What UpdateBackupPlan takes back; ids of rules are AWS's to keep. */
static bool plan_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    keep_member(is, page, "BackupPlan");
    cJSON *plan = cJSON_GetObjectItemCaseSensitive(is, "BackupPlan"), *rule;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(plan, "Rules"))
        cJSON_DeleteItemFromObjectCaseSensitive(rule, "RuleId");
    return cJSON_IsObject(plan);
}

/* Listed, for AWS Backup denies who asks for a vault that is not there. */
static bool vault_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *vaults = cJSON_GetObjectItemCaseSensitive(page, "BackupVaultList"), *v;
    cJSON_ArrayForEach(v, vaults)
        if (strcmp(text_in(v, "BackupVaultName"), of) == 0)
            keep_members(is, v, of_vaults);
    return cJSON_IsArray(vaults);
}

static double number_in(const cJSON *object, const char *member)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

/* Where the newest point of that resource stands in the list, or where it belongs: they are sorted by resource. */
static int place_of_resource(const cJSON *points, const char *resource, bool *is_there)
{
    const cJSON *p;
    int at = 0;
    *is_there = false;
    cJSON_ArrayForEach(p, points)
    {
        int order = strcmp(text_in(p, "ResourceArn"), resource);
        *is_there = order == 0;
        if (order >= 0)
            break;
        at++;
    }
    return at;
}

static cJSON *point_of(const cJSON *point)
{
    static const char *const kept[] = {"RecoveryPointArn", "ResourceArn", "ResourceType", "CreationDate", "Lifecycle", NULL};
    cJSON *out = cJSON_CreateObject();
    keep_members(out, point, kept);
    return out;
}

/* The newest complete recovery point of each resource. */
static bool points_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(page, "RecoveryPoints"), *p;
    cJSON *kept = member_array(is, "Points");
    cJSON_ArrayForEach(p, points)
    {
        bool is_there;
        if (strcmp(text_in(p, "Status"), "COMPLETED") != 0 || strcmp(text_in(p, "StorageClass"), "COLD") == 0)
            continue;
        int at = place_of_resource(kept, text_in(p, "ResourceArn"), &is_there);
        if (!is_there)
            insert_at(kept, at, point_of(p));
        else if (number_in(p, "CreationDate") > number_in(cJSON_GetArrayItem(kept, at), "CreationDate"))
            cJSON_ReplaceItemInArray(kept, at, point_of(p));
    }
    return cJSON_IsArray(points);
}

static bool plans_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *plans = cJSON_GetObjectItemCaseSensitive(page, "BackupPlansList"), *p;
    cJSON *ids = member_array(is, "Ids");
    cJSON_ArrayForEach(p, plans) add_sorted(ids, text_in(p, "BackupPlanId"));
    return cJSON_IsArray(plans);
}

static bool parameter_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(page, "Parameters"), *p;
    cJSON_ArrayForEach(p, parameters) if (strcmp(text_in(p, "Name"), of) == 0) keep_members(is, p, of_parameters);
    return cJSON_IsArray(parameters);
}

/* When each whose name begins so was put last. */
static bool parameters_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(page, "Parameters"), *p;
    cJSON_ArrayForEach(p, parameters)
    {
        const cJSON *put = cJSON_GetObjectItemCaseSensitive(p, "LastModifiedDate");
        if (strncmp(text_in(p, "Name"), of, strlen(of)) == 0 && put)
            cJSON_AddItemToObject(is, text_in(p, "Name"), cJSON_Duplicate(put, true));
    }
    return cJSON_IsArray(parameters);
}

static bool has_text(const cJSON *list, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0) return true;
    return false;
}

/* Whether a rule of EventBridge is told of the copies that are complete in that vault.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html */
static bool hears_copies(const cJSON *rule, const char *vault)
{
    const char *text = text_in(rule, "EventPattern");
    cJSON *pattern = NULL;
    bool is_read = json_parse(text, strlen(text), &pattern, NULL) == ERR_OK;
    const cJSON *detail = cJSON_GetObjectItemCaseSensitive(pattern, "detail");
    bool hears = is_read && has_text(cJSON_GetObjectItemCaseSensitive(pattern, "detail-type"), "Copy Job State Change") &&
                 has_text(cJSON_GetObjectItemCaseSensitive(detail, "state"), "COMPLETED") &&
                 has_text(cJSON_GetObjectItemCaseSensitive(detail, "destinationBackupVaultArn"), vault);
    cJSON_Delete(pattern);
    return hears;
}

/* Of rules that are switched on. */
static bool hop_of(cJSON *is, const cJSON *page, const char *of)
{
    const cJSON *rules = cJSON_GetObjectItemCaseSensitive(page, "Rules"), *r;
    cJSON_ArrayForEach(r, rules)
        if (strcmp(text_in(r, "State"), "ENABLED") == 0 && hears_copies(r, of))
            keep_member(is, r, "State");
    return cJSON_IsArray(rules);
}

static bool database_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(page, "DBInstances");
    keep_members(is, cJSON_GetObjectItemCaseSensitive(list, "DBInstance"), of_databases);
    return list != NULL;
}

static bool cluster_of(cJSON *is, const cJSON *page, const char *of)
{
    (void)of;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(page, "DBClusters");
    keep_members(is, cJSON_GetObjectItemCaseSensitive(list, "DBCluster"), of_databases);
    return list != NULL;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct fact facts[] = {
#define FACT(id, ...) [FACT_##id] = {__VA_ARGS__},
#include "backend/change/facts.def"
#undef FACT
};

const struct fact *fact_get(enum fact_id id)
{
    return &facts[id];
}

const struct fact *fact_by_name(const char *name)
{
    for (int i = 0; i < FACT_COUNT; i++)
        if (strcmp(facts[i].name, name) == 0)
            return &facts[i];
    return NULL;
}

enum err_code fact_add_page(const struct fact *fact, const char *of, cJSON *is, const cJSON *page, struct err *err)
{
    bool is_read;
    const cJSON *from = fact->within ? cJSON_GetObjectItemCaseSensitive(page, fact->within) : page;
    if (fact->keep) {
        keep_members(is, from, fact->keep);
        is_read = cJSON_IsObject(from);
    } else {
        is_read = fact->reduce(is, page, of);
    }
    if (!is_read)
        return err_set(err, ERR_PARSE, "the answer of %s about %.200s cannot be understood", op_get(fact->op)->id, of);
    return ERR_OK;
}

/* ---- one that was read ------------------------------------------------------------------------------------------- */

const cJSON *fact_item(const cJSON *read, const char *member)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(read, "is"), member);
}

const char *fact_text(const cJSON *read, const char *member)
{
    const char *text = cJSON_GetStringValue(fact_item(read, member));
    return text ? text : "";
}

bool fact_is_true(const cJSON *read, const char *member)
{
    return cJSON_IsTrue(fact_item(read, member));
}

bool fact_is_absent(const cJSON *read)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(read, "absent"));
}

const char *fact_unknown(const cJSON *read)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(read, "unknown"));
}

bool fact_is_about(const cJSON *read, const char *name, const char *account, const char *region, const char *of)
{
    return strcmp(text_in(read, "fact"), name) == 0 && strcmp(text_in(read, "account"), account) == 0 &&
           strcmp(text_in(read, "region"), region) == 0 && strcmp(text_in(read, "of"), of) == 0;
}

/* ---- whether it is as wanted -------------------------------------------------------------------------------------- */

static bool holds_text(const cJSON *list, const cJSON *text)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
        if (strcmp(one->valuestring, text->valuestring) == 0)
            return true;
    return false;
}

static bool all_texts(const cJSON *list)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
        if (!cJSON_IsString(one))
            return false;
    return cJSON_IsArray(list) && list->child;
}

static bool holds_all(const cJSON *list, const cJSON *texts)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, texts)
        if (!holds_text(list, one))
            return false;
    return true;
}

static bool same_texts(const cJSON *a, const cJSON *b)
{
    return cJSON_GetArraySize(a) == cJSON_GetArraySize(b) && holds_all(a, b) && holds_all(b, a);
}

static const cJSON *only_text(const cJSON *value)
{
    return all_texts(value) && !value->child->next ? value->child : value;
}

static bool same_members(const cJSON *a, const cJSON *b)
{
    const cJSON *one, *other = b->child;
    cJSON_ArrayForEach(one, a)
    {
        if (!json_same(one, cJSON_IsObject(a) ? cJSON_GetObjectItemCaseSensitive(b, one->string) : other))
            return false;
        other = other ? other->next : NULL;
    }
    return cJSON_GetArraySize(a) == cJSON_GetArraySize(b);
}

bool json_same(const cJSON *a, const cJSON *b)
{
    if (!a || !b)
        return a == b;
    a = only_text(a);
    b = only_text(b);
    if (all_texts(a) && all_texts(b))
        return same_texts(a, b);
    if ((cJSON_IsObject(a) && cJSON_IsObject(b)) || (cJSON_IsArray(a) && cJSON_IsArray(b)))
        return same_members(a, b);
    return cJSON_Compare(a, b, true);
}

static bool value_fits(const cJSON *value, const cJSON *wanted)
{
    if (!cJSON_IsArray(wanted) || cJSON_IsArray(value))
        return value ? json_same(value, wanted) : cJSON_IsNull(wanted);
    const cJSON *one;
    cJSON_ArrayForEach(one, wanted) if (value_fits(value, one)) return true;
    return false;
}

static void add_value(struct buf *out, const cJSON *value)
{
    char *text = value ? cJSON_PrintUnformatted(value) : NULL;
    size_t len = text ? strlen(text) : 0;
    buf_printf(out, "%.*s%s", 120, text ? text : "absent", len > 120 ? "..." : "");
    cJSON_free(text);
}

static void add_subject(struct buf *out, const cJSON *wanted)
{
    buf_printf(out, "%s %s", text_in(wanted, "fact"), text_in(wanted, "of"));
}

/* A policy by its statements: no two beginnings of policies tell what differs. */
static void add_difference(struct buf *out, const cJSON *wanted, const cJSON *is)
{
    if (strcmp(wanted->string, "Policy") == 0 && is) {
        buf_adds(out, ": of its statements");
        size_t len = out->len;
        policy_add_changes(out, wanted, is);
        buf_adds(out, out->len == len ? " none, but what stands around them" : "");
        return;
    }
    buf_printf(out, ": %s is ", wanted->string);
    add_value(out, is);
    buf_adds(out, ", not ");
    add_value(out, cJSON_IsNull(wanted) ? NULL : wanted);
}

/* By which action, for that is what a policy has to allow. */
static void add_unknown(struct buf *out, const cJSON *read)
{
    const struct fact *fact = fact_by_name(text_in(read, "fact"));
    buf_printf(out, " cannot be read (%s: %s)", fact ? op_iam_action(op_get(fact->op)) : "", fact_unknown(read));
}

/* Whether all that is wanted is that members are not there: what is not there itself has none either. */
static bool wants_nothing(const cJSON *wanted)
{
    const cJSON *is = cJSON_GetObjectItemCaseSensitive(wanted, "is"), *member;
    cJSON_ArrayForEach(member, is) if (!cJSON_IsNull(member)) return false;
    return is && is->child;
}

cJSON *fact_moved(const cJSON *was)
{
    cJSON *wanted = cJSON_Duplicate(was, true), *is = cJSON_DetachItemFromObjectCaseSensitive(wanted, "is");
    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "absent");
    cJSON_AddObjectToObject(wanted, "is");
    if (is)
        cJSON_AddItemToObject(wanted, "not", is);
    return wanted;
}

bool fact_fits(const cJSON *read, const cJSON *wanted, struct buf *why)
{
    if (fact_unknown(read)) {
        add_subject(why, wanted);
        add_unknown(why, read);
        return false;
    }
    if (fact_unknown(wanted)) {
        add_subject(why, wanted);
        buf_adds(why, " could not be read before it was asked for, so what shows now proves nothing");
        return false;
    }
    bool is_absent = fact_is_absent(read), wants_absent = fact_is_absent(wanted);
    if (is_absent || wants_absent) {
        if (is_absent == wants_absent || (is_absent && wants_nothing(wanted)))
            return true;
        add_subject(why, wanted);
        buf_adds(why, is_absent ? " is not there" : " is there already");
        return false;
    }
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(wanted, "is"))
    {
        const cJSON *value = fact_item(read, member->string);
        if (value_fits(value, member))
            continue;
        add_subject(why, wanted);
        add_difference(why, member, value);
        return false;
    }
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(wanted, "not"))
    {
        if (!value_fits(fact_item(read, member->string), member))
            continue;
        add_subject(why, wanted);
        buf_printf(why, ": %s still is as it was", member->string);
        return false;
    }
    return true;
}
