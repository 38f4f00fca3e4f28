/* story_bytes: the lines of a story (small_estate.h) as the answers that AWS would have given, in bytes, which collect/
 * reads. Whatever a line says must be read back as it is said: what AWS cannot say, or collect does not read, fails.
 * An answer is made from model.def's members; where collect derives an attribute, from a row of `tell_derived` below. */
#ifndef KEYFALL_TESTS_STORY_BYTES_H
#define KEYFALL_TESTS_STORY_BYTES_H

#include "small_estate.h"

#include "backend/aws/answer.h"
#include "backend/base/timefmt.h"
/* judge.h has a place of its own; nothing but these tests knows both. */
#define place call_place
#include "backend/collect/collect.h"
#undef place

/* ---- where AWS says what collect derives ------------------------------------------------------- */

enum part { PART_WHOLE, PART_TAIL /* after the last / or : */, PART_NONE /* follows from something else */ };

static const struct {
    enum attr attr;
    const char *member; /* "a.b"; "list[].a": in an item for each text; XML: "list[item].a" */
    enum part part;
} tell_derived[] = {
    {ATTR_ALIAS_KEY, "TargetKeyId", PART_TAIL},
    {ATTR_KEY_SPEC, "KeyMetadata.KeySpec", PART_WHOLE},
    {ATTR_KEY_REPLICAS, "KeyMetadata.MultiRegionConfiguration.ReplicaKeys[].Arn", PART_WHOLE},
    {ATTR_KEY_KEY_STORE, "KeyMetadata.CustomKeyStoreId", PART_TAIL},
    {ATTR_KEY_EXTERNAL_ACCOUNTS, NULL, PART_NONE}, /* of the policy; see policy_of */
    {ATTR_GRANT_KEY, NULL, PART_NONE},
    {ATTR_GRANT_GRANTEE, "GranteePrincipal", PART_WHOLE},
    {ATTR_GRANT_OPERATIONS, "Operations[]", PART_WHOLE},
    {ATTR_GRANT_RETIRING_PRINCIPAL, "RetiringPrincipal", PART_WHOLE},
    {ATTR_GRANT_CONTEXT, "Constraints.EncryptionContextSubset", PART_WHOLE},
    {ATTR_GRANT_CONTEXT_RULE, NULL, PART_NONE},
    {ATTR_PARAMETER_KEY, "KeyId", PART_WHOLE},
    {ATTR_POINT_SAME_AS, NULL, PART_NONE}, /* its own ARN */
    {ATTR_RULE_PLAN, NULL, PART_NONE},
    {ATTR_RULE_VAULT, "TargetBackupVaultName", PART_TAIL},
    {ATTR_RULE_COPIES, "CopyActions[].DestinationBackupVaultArn", PART_WHOLE},
    {ATTR_SELECTION_PLAN, NULL, PART_NONE},
    {ATTR_SELECTION_RESOURCES, "BackupSelection.Resources[]", PART_WHOLE},
    {ATTR_SELECTION_NOT_RESOURCES, "BackupSelection.NotResources[]", PART_WHOLE},
    {ATTR_FAILED_JOB_WHAT, NULL, PART_NONE}, /* which call tells of it */
    {ATTR_FAILED_JOB_KEY, "EncryptionKeyArn", PART_WHOLE},
    {ATTR_FAILED_JOB_RESOURCE, "ResourceArn", PART_WHOLE},
    {ATTR_DB_INSTANCE_KEY, "KmsKeyId", PART_WHOLE},
    {ATTR_DB_INSTANCE_REPLICAS, "ReadReplicaDBInstanceIdentifiers[ReadReplicaDBInstanceIdentifier]", PART_WHOLE},
    {ATTR_DB_INSTANCE_OTHER_KEYS, "PerformanceInsightsKMSKeyId", PART_WHOLE},
    {ATTR_DB_CLUSTER_KEY, "KmsKeyId", PART_WHOLE},
    {ATTR_DB_CLUSTER_REPLICAS, "ReadReplicaIdentifiers[ReadReplicaIdentifier]", PART_WHOLE},
    {ATTR_DB_SNAPSHOT_KEY, "KmsKeyId", PART_WHOLE},
    {ATTR_DB_SNAPSHOT_SOURCE, "DBInstanceIdentifier", PART_TAIL},
    {ATTR_DB_CLUSTER_SNAPSHOT_KEY, "KmsKeyId", PART_WHOLE},
    {ATTR_DB_CLUSTER_SNAPSHOT_SOURCE, "DBClusterIdentifier", PART_TAIL},
    {ATTR_VOLUME_KEY, "kmsKeyId", PART_WHOLE},
    {ATTR_EBS_SNAPSHOT_KEY, "kmsKeyId", PART_WHOLE},
    {ATTR_EBS_SNAPSHOT_SOURCE, "volumeId", PART_TAIL},
    {ATTR_IMAGE_SNAPSHOTS, "blockDeviceMapping[item].ebs.snapshotId", PART_TAIL},
    {ATTR_REGION_SELECTED, NULL, PART_NONE},
    {ATTR_REGION_IMAGE_PROVIDERS, "imageCriterionSet[item].imageProviderSet[item]", PART_WHOLE},
    {ATTR_REGION_EBS_KEY, "kmsKeyId", PART_WHOLE},
    {ATTR_LIFECYCLE_SHARED_WITH, "Policy.PolicyDetails.Schedules[].ShareRules[].TargetAccounts[]", PART_WHOLE},
    {ATTR_RESTORE_TEST_INCLUDES, "RestoreTestingPlan.RecoveryPointSelection.IncludeVaults[]", PART_WHOLE},
    {ATTR_LIFECYCLE_COPY_KEYS, "Policy.PolicyDetails.Schedules[].CrossRegionCopyRules[].CmkArn", PART_WHOLE},
    {ATTR_RESTORE_TEST_VAULTS, "RestoreTestingPlan.RecoveryPointSelection.IncludeVaults[]", PART_WHOLE},
    {ATTR_RESTORE_SELECTION_PLAN, NULL, PART_NONE},
    {ATTR_RESTORE_SELECTION_RESOURCES, "RestoreTestingSelection.ProtectedResourceArns[]", PART_WHOLE},
    {ATTR_LEGAL_HOLD_VAULTS, "RecoveryPointSelection.VaultNames[]", PART_TAIL},
    {ATTR_LEGAL_HOLD_RESOURCES, "RecoveryPointSelection.ResourceIdentifiers[]", PART_WHOLE},
    {ATTR_UNIT_POLICY_TYPES, "PolicyTypes[].Type", PART_WHOLE},
    {ATTR_ORG_ACCOUNT_STATE, "State", PART_WHOLE},
    {ATTR_ORG_ACCOUNT_ACCOUNT, NULL, PART_NONE},
    {ATTR_ORG_ACCOUNT_UNIT, NULL, PART_NONE},
    {ATTR_PRINCIPAL_TYPE, NULL, PART_NONE}, /* which list it stands in */
    {ATTR_PRINCIPAL_NAME, NULL, PART_NONE},
    {ATTR_PRINCIPAL_ATTACHED, "AttachedManagedPolicies[member].PolicyArn", PART_WHOLE},
    {ATTR_PRINCIPAL_GROUPS, "GroupList[member]", PART_WHOLE},
    {ATTR_IAM_POLICY_TYPE, NULL, PART_NONE},
    {ATTR_IAM_POLICY_PRINCIPAL, NULL, PART_NONE},
    {ATTR_IAM_POLICY_DOCUMENT, NULL, PART_NONE},
    /* facets of many items: of one item */
    {ATTR_KEY_MISSING_MATERIALS, "KeyMaterialId", PART_WHOLE},
    {ATTR_REGION_PUBLIC_SNAPSHOTS, "snapshotId", PART_WHOLE},
    {ATTR_ORG_POLICY_TARGETS, "Arn", PART_WHOLE},
    {ATTR_EVENT_RULE_TARGETS, "Arn", PART_WHOLE},
    /* stores and consumers */
    {ATTR_TOPIC_KEY, "Attributes[entry].value", PART_WHOLE},
    {ATTR_TABLE_REPLICA_KEYS, "Table.Replicas[].KMSMasterKeyId", PART_WHOLE},
    {ATTR_DB_AUTO_BACKUP_SOURCE, "DBInstanceArn", PART_WHOLE},
    {ATTR_DB_CLUSTER_AUTO_BACKUP_SOURCE, "DBClusterArn", PART_WHOLE},
};

/* Which member says what it is, where the feed does not. */
static const struct {
    enum kind kind;
    const char *member;
} tell_identities[] = {
    {KIND_REGION, "regionName"},     {KIND_KEY_STORE, "CustomKeyStoreId"}, {KIND_GRANT, "GrantId"},
    {KIND_PARAMETER, "Name"},        {KIND_RULE, "RuleId"},               {KIND_SELECTION, "SelectionId"},
    {KIND_COPY_JOB, "CopyJobId"},    {KIND_VOLUME, "volumeId"},           {KIND_EBS_SNAPSHOT, "snapshotId"},
    {KIND_IMAGE, "imageId"},         {KIND_LIFECYCLE, "PolicyId"},        {KIND_RESTORE_SELECTION, "RestoreTestingSelectionName"},
    {KIND_REDSHIFT, "ClusterIdentifier"},
};

/* What AWS always says, unless the line says it. */
static const struct {
    enum kind kind;
    const char *member, *text; /* text NULL: the end of its ARN */
    enum facet facet;
} tell_always[] = {
    {KIND_ACCOUNT, "Arn", "arn:aws:sts::111122223333:assumed-role/keyfall/reads", FACET_ACCOUNT_IDENTITY},
    {KIND_KEY, "KeyId", NULL, FACET_LIST_},
    {KIND_KEY, "KeyMetadata.KeyState", "Enabled", FACET_KEY_METADATA},
    {KIND_KEY, "KeyMetadata.KeyManager", "CUSTOMER", FACET_KEY_METADATA},
    {KIND_KEY, "KeyMetadata.Origin", "AWS_KMS", FACET_KEY_METADATA},
    {KIND_KEY, "KeyMetadata.KeySpec", "SYMMETRIC_DEFAULT", FACET_KEY_METADATA},
    {KIND_KEY, "KeyMetadata.KeyUsage", "ENCRYPT_DECRYPT", FACET_KEY_METADATA},
    {KIND_KEY, "TrackingStartDate", "1700000000", FACET_KEY_LAST_USE},
    {KIND_ACCOUNT, "Organization.Id", "o-x", FACET_ACCOUNT_ORGANIZATION},
    {KIND_VAULT, "BackupVaultName", NULL, FACET_LIST_},
    {KIND_VAULT, "BackupVaultName", NULL, FACET_VAULT_AIR_GAP},
    {KIND_ELASTIC_CLUSTER, "cluster.clusterArn", NULL, FACET_ELASTIC_CLUSTER_DETAIL},
    {KIND_QUEUE, "Attributes.QueueArn", NULL, FACET_QUEUE_DETAIL},
    {KIND_TABLE, "Table.TableStatus", "ACTIVE", FACET_TABLE_DETAIL},
    {KIND_PLAN, "BackupPlanId", NULL, FACET_LIST_},
    {KIND_PARAMETER, "Type", "SecureString", FACET_LIST_},
    {KIND_EVENT_RULE, "Name", NULL, FACET_LIST_},
    {KIND_EVENT_RULE, "EventPattern", "{\"source\":[\"aws.kms\"]}", FACET_LIST_},
    {KIND_FAILED_JOB, "StatusMessage", "KMS", FACET_LIST_},
    {KIND_UNIT, "Id", NULL, FACET_LIST_},
    {KIND_ORG_POLICY, "Id", NULL, FACET_LIST_},
    {KIND_ORG_ACCOUNT, "Id", NULL, FACET_LIST_},
    {KIND_RESTORE_TEST, "RestoreTestingPlanName", NULL, FACET_LIST_},
    {KIND_RESTORE_TEST, "RestoreTestingPlan.RestoreTestingPlanName", NULL, FACET_RESTORE_TEST_DETAIL},
    {KIND_RESTORE_SELECTION, "RestoreTestingSelection.RestoreTestingSelectionName", NULL, FACET_RESTORE_SELECTION_DETAIL},
    {KIND_LEGAL_HOLD, "LegalHoldId", NULL, FACET_LIST_},
    {KIND_LEGAL_HOLD, "LegalHoldId", NULL, FACET_LEGAL_HOLD_DETAIL},
    {KIND_LIFECYCLE, "Policy.PolicyId", NULL, FACET_LIFECYCLE_DETAIL},
    {KIND_REGION, "ebsEncryptionByDefault", "false", FACET_REGION_EBS_ENCRYPTION},
    {KIND_REGION, "state", "disabled", FACET_REGION_ALLOWED_IMAGES},
    {KIND_KEY, "KeyRotationEnabled", "true", FACET_KEY_ROTATION},
};

/* ---- a tree ------------------------------------------------------------------------------------- */

struct tell {
    struct small *s;
    struct collector *collector;
    const struct feed *feed;
    bool is_xml;
    enum kind of_cases; /* whose answers are those of tests/cases; KIND_NONE: none */
};

static inline const char *tell_tail(const char *arn)
{
    const char *slash = strrchr(arn, '/'), *colon = strrchr(arn, ':');
    const char *last = slash > colon ? slash : colon;
    return last ? last + 1 : arn;
}

static inline cJSON *tell_object(cJSON *in, const char *name)
{
    cJSON *at = cJSON_GetObjectItemCaseSensitive(in, name);
    return at ? at : cJSON_AddObjectToObject(in, name);
}

/* A new item of a list: in XML elements of one name. */
static inline cJSON *tell_item(cJSON *list, const char *name, cJSON *item)
{
    assert_true(name ? cJSON_AddItemToObject(list, name, item) : cJSON_AddItemToArray(list, item));
    return item;
}

static inline cJSON *tell_list(const struct tell *t, cJSON *in, const char *name)
{
    cJSON *at = cJSON_GetObjectItemCaseSensitive(in, name);
    if (!at)
        at = t->is_xml ? cJSON_AddObjectToObject(in, name) : cJSON_AddArrayToObject(in, name);
    return at;
}

/* Puts a value where a path says. Takes the value. */
static inline void tell_put(const struct tell *t, cJSON *in, const char *path, cJSON *value)
{
    char name[96], element[64];
    size_t len = strcspn(path, ".[");
    snprintf(name, sizeof name, "%.*s", (int)len, path);
    if (path[len] == '[') {
        size_t inner = strcspn(path + len + 1, "]");
        snprintf(element, sizeof element, "%.*s", (int)inner, path + len + 1);
        cJSON *list = tell_list(t, in, name);
        const char *rest = path + len + 2 + inner;
        bool is_last = *rest == '\0';
        cJSON *item = tell_item(list, t->is_xml ? element : NULL, is_last ? value : cJSON_CreateObject());
        if (!is_last)
            tell_put(t, item, rest + 1, value);
    } else if (path[len] == '.') {
        tell_put(t, tell_object(in, name), path + len + 1, value);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(in, name);
        assert_true(cJSON_AddItemToObject(in, name, value));
    }
}

static inline cJSON *tell_value(const struct tell *t, enum attr_type type, const char *text)
{
    char iso[TIME_ISO_SIZE];
    if (type == TYPE_TIME && t->is_xml) {
        time_format_iso(small_time(text), iso);
        return cJSON_CreateString(iso);
    }
    if (type == TYPE_TIME)
        return cJSON_CreateNumber((double)small_time(text));
    if (type == TYPE_BOOL && !t->is_xml)
        return cJSON_CreateBool(strcmp(text, "true") == 0);
    if (type == TYPE_INT && !t->is_xml)
        return cJSON_CreateNumber(strtod(text, NULL));
    return cJSON_CreateString(text);
}

/* ---- lines as items ------------------------------------------------------------------------------ */

/* The text that a line gives an attribute; false: none. */
static inline bool tell_word(const struct small_row *r, enum attr attr, char *out, size_t size)
{
    char want[64];
    snprintf(want, sizeof want, " %s=", attr_row(attr)->name);
    const char *at = NULL;
    for (const char *next = r->words; (next = strstr(next, want)); next++)
        at = next; /* the last counts */
    if (!at)
        return false;
    snprintf(out, size, "%.*s", (int)strcspn(at + strlen(want), " "), at + strlen(want));
    for (char *space; (space = strstr(out, "%20"));) {
        memmove(space + 1, space + 3, strlen(space + 3) + 1);
        *space = ' ';
    }
    return true;
}

static inline void tell_texts(const struct tell *t, cJSON *item, const char *member, enum part part, char *texts)
{
    char *save = NULL;
    for (char *text = strtok_r(texts, ",", &save); text; text = strtok_r(NULL, ",", &save))
        tell_put(t, item, member, cJSON_CreateString(part == PART_TAIL ? tell_tail(text) : text));
}

static inline void tell_map(const struct tell *t, cJSON *item, const char *member, char *texts)
{
    char *save = NULL;
    for (char *name = strtok_r(texts, ",", &save), *text; name; name = strtok_r(NULL, ",", &save)) {
        text = strtok_r(NULL, ",", &save);
        char *path = mem_printf("%s.%s", member, name);
        tell_put(t, item, path, cJSON_CreateString(text ? text : ""));
        mem_free(path);
    }
}

static inline const char *tell_member(const struct tell *t, enum attr attr, enum part *part)
{
    *part = PART_WHOLE;
    for (size_t i = 0; i < sizeof tell_derived / sizeof *tell_derived; i++)
        if (tell_derived[i].attr == attr) {
            *part = tell_derived[i].part;
            return tell_derived[i].member;
        }
    if (attr_row(attr)->member[0])
        return attr_row(attr)->member;
    bool is_key = attr_row(attr)->edge == EDGE_ENCRYPTED_UNDER && t->feed->key.member;
    if (!is_key && strcmp(attr_row(attr)->name, "encryption") != 0)
        fail_msg("story_bytes.h does not know how AWS says %s of %s", attr_row(attr)->name,
                 kind_row(attr_row(attr)->kind)->name);
    *part = is_key ? PART_WHOLE : PART_NONE;
    return is_key ? t->feed->key.member : NULL;
}

static inline void tell_attr(const struct tell *t, const struct small_row *r, enum attr attr, cJSON *item)
{
    char text[8192];
    enum part part;
    if (!tell_word(r, attr, text, sizeof text))
        return;
    enum attr_type type = attr_row(attr)->type;
    const char *member = tell_member(t, attr, &part);
    if (attr == kind_row(r->kind)->encryption && t->feed->key.encrypted)
        tell_put(t, item, t->feed->key.encrypted, tell_value(t, TYPE_BOOL, strcmp(text, "none") == 0 ? "false" : "true"));
    if (part == PART_NONE)
        return;
    if (type == TYPE_MAP)
        tell_map(t, item, member, text);
    else if (type == TYPE_LIST || type == TYPE_REFS)
        tell_texts(t, item, member, part, text);
    else
        tell_put(t, item, member, tell_value(t, type, part == PART_TAIL ? tell_tail(text) : text));
}

static inline void tell_identity(const struct tell *t, const struct small_row *r, const char *arn, cJSON *item)
{
    char text[512];
    if (t->feed->arn && strncmp(arn, "arn:", 4) == 0)
        tell_put(t, item, t->feed->arn, cJSON_CreateString(arn));
    for (size_t i = 0; i < sizeof tell_identities / sizeof *tell_identities; i++)
        if (tell_identities[i].kind == r->kind && !cJSON_GetObjectItemCaseSensitive(item, tell_identities[i].member))
            tell_put(t, item, tell_identities[i].member, cJSON_CreateString(tell_tail(arn)));
    if (r->kind == KIND_PARAMETER || r->kind == KIND_EVENT_RULE || r->kind == KIND_ORG_POLICY)
        tell_put(t, item, r->kind == KIND_PARAMETER ? "ARN" : "Arn", cJSON_CreateString(arn));
    if (r->kind == KIND_FAILED_JOB)
        tell_put(t, item, t->feed->id == FEED_FAILED_BACKUPS ? "BackupJobId" : "RestoreJobId",
                 cJSON_CreateString(tell_tail(arn)));
    if (r->kind == KIND_FAILED_JOB && tell_word(r, ATTR_FAILED_JOB_RESOURCE, text, sizeof text))
        tell_put(t, item, "SourceResourceArn", cJSON_CreateString(text));
    for (cJSON *at = r->kind == KIND_UNIT ? tell_list(t, item, "PolicyTypes")->child : NULL; at; at = at->next)
        tell_put(t, at, "Status", cJSON_CreateString("ENABLED"));
    if (r->kind == KIND_GRANT && tell_word(r, ATTR_GRANT_CONTEXT_RULE, text, sizeof text))
        tell_object(tell_object(item, "Constraints"), text);
}

static inline bool tell_has(cJSON *item, const char *path)
{
    char name[96];
    for (; item && *path; path += strcspn(path, ".") + (path[strcspn(path, ".")] == '.')) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
        item = cJSON_GetObjectItemCaseSensitive(item, name);
    }
    return item != NULL;
}

/* What the line says of one facet. */
static inline void tell_facet(const struct tell *t, const struct small_row *r, enum facet facet, cJSON *item)
{
    struct buf arn = {0};
    node_arn(t->s->e, r->node, &arn);
    for (int a = (int)kind_row(r->kind)->first_attr; a < (int)kind_row(r->kind)->end_attr; a++)
        if (attr_row((enum attr)a)->facet == facet)
            tell_attr(t, r, (enum attr)a, item);
    if (facet == FACET_LIST_)
        tell_identity(t, r, arn.data, item);
    for (size_t i = 0; i < sizeof tell_always / sizeof *tell_always; i++)
        if (tell_always[i].kind == r->kind && tell_always[i].facet == facet && !tell_has(item, tell_always[i].member)) {
            const char *text = tell_always[i].text ? tell_always[i].text : tell_tail(arn.data);
            bool is_bool = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
            bool is_number = tell_always[i].text && text[strspn(text, "0123456789")] == '\0';
            tell_put(t, item, tell_always[i].member,
                     tell_value(t, is_bool ? TYPE_BOOL : is_number ? TYPE_INT : TYPE_TEXT, text));
        }
    if (facet == FACET_TABLE_DETAIL && tell_has(item, "Table.Replicas"))
        tell_put(t, tell_list(t, tell_object(item, "Table"), "Replicas")->child, "RegionName", cJSON_CreateString("us-east-1"));
    if (facet == FACET_TOPIC_DETAIL && item->child) /* entries of a map */
        tell_put(t, item->child->child, "key", cJSON_CreateString("KmsMasterKeyId"));
    buf_free(&arn);
}

/* ---- answers ------------------------------------------------------------------------------------- */

static inline void tell_xml(const cJSON *of, struct buf *out)
{
    for (const cJSON *at = of->child; at; at = at->next) {
        buf_printf(out, "<%s>", at->string);
        for (const char *p = cJSON_IsString(at) ? at->valuestring : ""; *p; p++)
            switch (*p) {
            case '<': buf_adds(out, "&lt;"); break;
            case '&': buf_adds(out, "&amp;"); break;
            default: buf_addc(out, *p);
            }
        tell_xml(at, out);
        buf_printf(out, "</%s>", at->string);
    }
}

/* As it comes over the wire. */
static inline void tell_bytes(const struct tell *t, const cJSON *tree, struct buf *out)
{
    const struct op *op = op_get(t->feed->op);
    const char *root = op->root ? op->root : op->name, *end = op->root ? "" : "Response";
    if (!t->is_xml) {
        char *text = cJSON_PrintUnformatted(tree);
        buf_adds(out, text);
        cJSON_free(text);
        return;
    }
    bool is_query = service_get(op->service)->protocol == PROTOCOL_QUERY;
    buf_printf(out, "<%s%s>", root, end);
    if (is_query)
        buf_printf(out, "<%sResult>", op->name);
    tell_xml(tree, out);
    if (is_query)
        buf_printf(out, "</%sResult>", op->name);
    buf_printf(out, "</%s%s>", root, end);
}

/* The nodes of what was listed become those of the lines; of what no line says, lines of their own. */
static inline void tell_nodes(const struct tell *t, const struct reading *reading, struct small_row *const *rows, size_t n_rows)
{
    size_t n = 0;
    const uint32_t *nodes = reading_nodes(reading, &n);
    if (rows && n != n_rows)
        fail_msg("%s: an item was passed over", op_get(t->feed->op)->id);
    for (size_t i = 0; i < n; i++)
        if (rows) {
            rows[i]->node = nodes[i];
        } else if (t->of_cases && node_kind(t->s->e, nodes[i]) == t->of_cases) {
            uint32_t slot = small_slot(t->s, t->feed->list, 0);
            VEC_PUSH(t->s->rows, ((struct small_row){t->of_cases, nodes[i], slot, mem_strdup(" ")}));
        }
}

/* The feed's answer is read. */
static inline void tell_read(const struct tell *t, const struct call_place *place, uint32_t node, const struct buf *bytes,
                             struct small_row *const *rows, size_t n_rows)
{
    struct err err = {0};
    cJSON *answer = NULL;
    struct reading *reading = reading_new(t->collector, t->feed, place, node);
    enum err_code code = answer_read(op_get(t->feed->op), bytes->data, bytes->len, &answer, &err);
    if (code == ERR_OK)
        code = reading_page(reading, answer, 0, &err);
    if (code != ERR_OK && t->feed->facet != FACET_KEY_POLICY) /* a policy may be nonsense */
        fail_msg("%s: %s: %s", op_get(t->feed->op)->id, err.text, bytes->data);
    tell_nodes(t, reading, rows, n_rows);
    if (code == ERR_OK)
        reading_done(reading, NOW - 60);
    else
        reading_failed(reading, &err, NOW - 60);
    reading_free(reading);
    cJSON_Delete(answer);
}

static inline void tell_read_tree(const struct tell *t, const struct call_place *place, uint32_t node, const cJSON *tree,
                                  struct small_row *const *rows, size_t n_rows)
{
    struct buf bytes = {0};
    tell_bytes(t, tree, &bytes);
    tell_read(t, place, node, &bytes, rows, n_rows);
    buf_free(&bytes);
}

/* The full answer of tests/cases. */
static inline void tell_read_case(const struct tell *t, const struct call_place *place, uint32_t node)
{
    struct buf bytes = {0};
    char part[4096];
    char *path = mem_printf("tests/cases/%s/full.%s", op_get(t->feed->op)->id, t->is_xml ? "xml" : "json");
    *strchr(path, ':') = '.';
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no %s", path);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        buf_add(&bytes, part, n);
    assert_int_equal(fclose(file), 0);
    tell_read(t, place, node, &bytes, NULL, 0);
    buf_free(&bytes);
    mem_free(path);
}

/* AWS answers with an error. */
static inline void tell_refuse(const struct tell *t, const struct call_place *place, uint32_t node, enum truth truth)
{
    const struct op *op = op_get(t->feed->op);
    const char *code = truth == TRUTH_DENIED ? "AccessDeniedException" : "InternalFailure", *text = "no";
    for (const struct special *sp = t->feed->specials; sp && sp->aws_code; sp++)
        if (sp->truth == truth) {
            code = sp->aws_code;
            text = sp->text ? sp->text : text;
        }
    char *body = mem_printf(t->is_xml ? "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"
                                      : "{\"__type\":\"%s\",\"message\":\"%s\"}", code, text);
    struct err err = {.code = ERR_OK};
    struct reading *reading = reading_new(t->collector, t->feed, place, node);
    answer_read_error(op, 400, &(struct answer_headers){"", "", ""}, body, strlen(body), &err);
    err.code = truth == TRUTH_DENIED ? ERR_DENIED : ERR_SERVER;
    if (reading_failed(reading, &err, NOW) != truth && truth != TRUTH_STALE)
        fail_msg("%s: %s is not read as %s", op->id, code, truth_text(truth));
    reading_free(reading);
    mem_free(body);
}

static inline void tell_truth(const struct tell *t, const struct call_place *place, uint32_t node, enum truth truth)
{
    struct reading *reading = reading_new(t->collector, t->feed, place, node);
    if (truth == TRUTH_UNSUPPORTED)
        reading_unsupported(reading, NOW - 60);
    else if (truth != TRUTH_NOT_ASKED && truth != TRUTH_LOADING && truth != TRUTH_KNOWN)
        tell_refuse(t, place, node, truth == TRUTH_STALE ? TRUTH_FAILED : truth);
    reading_free(reading);
}

/* ---- what is told apart: keys' policies, many items, IAM's one sweep ------------------------------- */

/* AWS's own statement for the owner, and one for each account that the line lets in. */
static inline void tell_policy(const struct tell *t, const struct small_row *r, cJSON *answer)
{
    char text[1024] = "", *save = NULL;
    struct buf policy = {0};
    if (tell_word(r, ATTR_KEY_POLICY, text, 2))
        return;
    (void)tell_word(r, ATTR_KEY_EXTERNAL_ACCOUNTS, text, sizeof text);
    buf_printf(&policy, "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"%s\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}",
               scope_account(t->s->e, slot_scope(t->s->e, r->slot)));
    for (char *account = strtok_r(text, ",", &save); account; account = strtok_r(NULL, ",", &save))
        buf_printf(&policy, ",{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"%s\"},\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}",
                   account);
    buf_adds(&policy, "]}");
    tell_put(t, answer, "Policy", cJSON_CreateString(policy.data));
    buf_free(&policy);
}

/* An item for each text of the attribute, or for each pair. */
static inline void tell_many(const struct tell *t, const struct small_row *r, cJSON *list)
{
    char texts[8192] = "", *save = NULL;
    enum attr attr = t->feed->gathers;
    enum part part;
    (void)tell_word(r, attr, texts, sizeof texts);
    for (char *text = strtok_r(texts, ",", &save); text; text = strtok_r(NULL, ",", &save)) {
        cJSON *item = tell_item(list, t->is_xml ? t->feed->item : NULL, cJSON_CreateObject());
        if (attr == ATTR_KEY_TAGS) {
            char *value = strtok_r(NULL, ",", &save);
            tell_put(t, item, "TagKey", cJSON_CreateString(text));
            tell_put(t, item, "TagValue", cJSON_CreateString(value ? value : ""));
            continue;
        }
        tell_put(t, item, tell_member(t, attr, &part), cJSON_CreateString(text));
        if (attr == ATTR_KEY_MISSING_MATERIALS)
            tell_put(t, item, "ImportState", cJSON_CreateString("PENDING_IMPORT"));
        if (attr == ATTR_ORG_POLICY_TARGETS)
            tell_put(t, item, "TargetId", cJSON_CreateString(tell_tail(text)));
    }
}

static inline bool tell_is_of(const struct tell *t, const struct small_row *r, enum kind kind)
{
    return r->kind == kind && strcmp(scope_account(t->s->e, slot_scope(t->s->e, r->slot)), t->s->account) == 0;
}

static inline void tell_inline(const struct tell *t, const char *of, const char *list, cJSON *principal)
{
    char text[8192];
    for (size_t i = 0; i < t->s->rows.n; i++) {
        const struct small_row *r = &t->s->rows.items[i];
        if (!tell_is_of(t, r, KIND_IAM_POLICY) || !tell_word(r, ATTR_IAM_POLICY_PRINCIPAL, text, sizeof text)
            || strcmp(text, of) != 0)
            continue;
        cJSON *item = tell_item(tell_list(t, principal, list), "member", cJSON_CreateObject());
        tell_facet(t, r, FACET_LIST_, item);
        cJSON_DeleteItemFromObjectCaseSensitive(item, "Arn");
        assert_true(tell_word(r, ATTR_IAM_POLICY_DOCUMENT, text, sizeof text));
        tell_put(t, item, "PolicyDocument", cJSON_CreateString(text));
    }
}

static inline void tell_principal(const struct tell *t, const struct small_row *r, cJSON *answer)
{
    static const struct {
        const char *type, *list, *name, *policies;
    } forms[] = {{"user", "UserDetailList", "UserName", "UserPolicyList"},
                 {"group", "GroupDetailList", "GroupName", "GroupPolicyList"},
                 {"role", "RoleDetailList", "RoleName", "RolePolicyList"}};
    char type[16] = "role";
    struct buf arn = {0};
    node_arn(t->s->e, r->node, &arn);
    (void)tell_word(r, ATTR_PRINCIPAL_TYPE, type, sizeof type);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].type, type) != 0)
            continue;
        cJSON *item = tell_item(tell_list(t, answer, forms[i].list), "member", cJSON_CreateObject());
        tell_facet(t, r, FACET_LIST_, item);
        tell_put(t, item, "Arn", cJSON_CreateString(arn.data));
        tell_put(t, item, forms[i].name, cJSON_CreateString(tell_tail(arn.data)));
        if (strcmp(type, "role") == 0)
            tell_put(t, item, "AssumeRolePolicyDocument", cJSON_CreateString("{}"));
        tell_inline(t, arn.data, forms[i].policies, item);
    }
    buf_free(&arn);
}

static inline void tell_iam(const struct tell *t, cJSON *answer)
{
    char text[8192];
    static const char *const lists[] = {"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        (void)tell_list(t, answer, lists[i]);
    for (size_t i = 0; i < t->s->rows.n; i++) {
        const struct small_row *r = &t->s->rows.items[i];
        if (tell_is_of(t, r, KIND_PRINCIPAL))
            tell_principal(t, r, answer);
        if (!tell_is_of(t, r, KIND_IAM_POLICY) || tell_word(r, ATTR_IAM_POLICY_PRINCIPAL, text, sizeof text))
            continue;
        cJSON *item = tell_item(tell_list(t, answer, "Policies"), "member", cJSON_CreateObject());
        struct buf arn = {0};
        node_arn(t->s->e, r->node, &arn);
        tell_facet(t, r, FACET_LIST_, item);
        tell_put(t, item, "Arn", cJSON_CreateString(arn.data));
        assert_true(tell_word(r, ATTR_IAM_POLICY_DOCUMENT, text, sizeof text));
        tell_put(t, item, "PolicyVersionList[member].Document", cJSON_CreateString(text));
        tell_put(t, tell_list(t, item, "PolicyVersionList")->child, "IsDefaultVersion", cJSON_CreateString("true"));
        buf_free(&arn);
    }
}

/* ---- asking ---------------------------------------------------------------------------------------- */

/* Two calls tell of failed jobs, two of organizations' policies. */
static inline bool tell_lists(const struct tell *t, const struct small_row *r)
{
    char text[64] = "";
    if (r->kind == KIND_FAILED_JOB && tell_word(r, ATTR_FAILED_JOB_WHAT, text, sizeof text))
        return (strcmp(text, "restore") == 0) == (t->feed->id == FEED_FAILED_RESTORES);
    if (r->kind == KIND_ORG_POLICY && tell_word(r, ATTR_ORG_POLICY_TYPE, text, sizeof text))
        return (strcmp(text, "RESOURCE_CONTROL_POLICY") == 0) == (t->feed->id == FEED_RCPS);
    return t->feed->id != FEED_FAILED_RESTORES && t->feed->id != FEED_RCPS;
}

/* The list of what stands in the answer, made where the feed says. */
static inline cJSON *tell_items(const struct tell *t, cJSON *answer)
{
    char path[96];
    snprintf(path, sizeof path, "%s", t->feed->items);
    char *last = strrchr(path, '.');
    if (last)
        *last = '\0';
    cJSON *in = last ? tell_object(answer, path) : answer;
    return tell_list(t, in, last ? last + 1 : path);
}

/* The line is of the list that is asked for, of this place or under this parent. */
static inline bool tell_stands_in(const struct tell *t, const struct small_row *r, uint32_t parent)
{
    struct small *s = t->s;
    enum list list = slot_list(s->e, r->slot);
    bool is_here = parent || slot_scope(s->e, r->slot) == estate_scope(s->e, s->account, s->region);
    return list_row(list)->kind == list_row(t->feed->list)->kind && slot_parent(s->e, r->slot) == parent && is_here;
}

static inline cJSON *tell_row(const struct tell *t, const struct small_row *r, const char *arn)
{
    if (t->feed->are_texts && r->kind != KIND_QUEUE)
        return cJSON_CreateString(tell_tail(arn));
    if (t->feed->are_texts) {
        char *url = mem_printf("https://sqs.%s.amazonaws.com/%s/%s", t->s->region, t->s->account, tell_tail(arn));
        cJSON *text = cJSON_CreateString(url);
        mem_free(url);
        return text;
    }
    cJSON *item = cJSON_CreateObject();
    tell_facet(t, r, FACET_LIST_, item);
    return item;
}

/* A list: what the lines have in its place. */
static inline void tell_ask_list(const struct tell *t, const struct call_place *place, uint32_t parent)
{
    struct small *s = t->s;
    uint32_t slot = small_slot(s, t->feed->list, parent);
    enum truth truth = TRUTH_KNOWN;
    VEC(struct small_row *) rows = {0};
    bool is_hidden = small_is_hidden(s, slot, &truth);
    if (t->of_cases && list_row(t->feed->list)->kind == t->of_cases && !is_hidden) {
        tell_read_case(t, place, parent);
        return;
    }
    cJSON *answer = cJSON_CreateObject();
    if (t->feed->parts) {
        tell_iam(t, answer);
        is_hidden |= small_is_hidden(s, small_slot(s, LIST_IAM_POLICIES, parent), &truth);
    } else if (t->feed->is_one) {
        tell_put(t, tell_object(answer, t->feed->items), "Type", cJSON_CreateString("NONE")); /* of a Region: nothing set */
    } else {
        cJSON *list = tell_items(t, answer);
        for (size_t i = 0; i < s->rows.n; i++) {
            struct small_row *r = &s->rows.items[i];
            struct buf arn = {0};
            if (!tell_stands_in(t, r, parent) || !tell_lists(t, r))
                continue;
            node_arn(s->e, r->node, &arn);
            tell_item(list, t->is_xml ? t->feed->item : NULL, tell_row(t, r, arn.data));
            VEC_PUSH(rows, r);
            buf_free(&arn);
        }
    }
    if (!is_hidden || truth == TRUTH_STALE)
        tell_read_tree(t, place, parent, answer, t->feed->parts || t->feed->is_one ? NULL : rows.items, rows.n);
    tell_truth(t, place, parent, truth);
    VEC_FREE(rows);
    cJSON_Delete(answer);
}

static inline enum truth tell_said(const struct small_row *r, enum facet facet)
{
    char word[32];
    const char *said = small_word_truth(r, facet_row(facet)->name);
    snprintf(word, sizeof word, "%.*s", said ? (int)strcspn(said, " ") : 0, said ? said : "");
    return said ? small_truth(word) : TRUTH_KNOWN;
}

static inline bool tell_says(const struct small_row *r, enum facet facet)
{
    char text[8];
    for (int a = (int)kind_row(r->kind)->first_attr; a < (int)kind_row(r->kind)->end_attr; a++)
        if (attr_row((enum attr)a)->facet == facet && tell_word(r, (enum attr)a, text, sizeof text))
            return true;
    return false;
}

/* Nothing is said of it: AWS has an error for that, or an answer without it. */
static inline bool tell_is_absent(const struct tell *t, const struct small_row *r)
{
    if (tell_says(r, t->feed->facet))
        return false;
    for (const struct special *sp = t->feed->specials; sp && sp->aws_code; sp++)
        if (sp->truth == TRUTH_ABSENT)
            return true;
    return false;
}

static inline void tell_ask_facet(const struct tell *t, const struct call_place *place, const struct small_row *r)
{
    enum truth truth = tell_said(r, t->feed->facet);
    if (t->of_cases && r->kind == t->of_cases) {
        tell_read_case(t, place, r->node);
        return;
    }
    if (truth == TRUTH_ABSENT || truth == TRUTH_KNOWN)
        truth = tell_is_absent(t, r) ? TRUTH_ABSENT : TRUTH_KNOWN;
    cJSON *answer = cJSON_CreateObject();
    if (t->feed->gathers)
        tell_many(t, r, tell_items(t, answer));
    else
        tell_facet(t, r, t->feed->facet, answer);
    if (t->feed->facet == FACET_KEY_POLICY)
        tell_policy(t, r, answer);
    if (truth == TRUTH_KNOWN || truth == TRUTH_STALE)
        tell_read_tree(t, place, r->node, answer, NULL, 0);
    tell_truth(t, place, r->node, truth);
    cJSON_Delete(answer);
}

static inline void tell_ask(struct tell *t, const struct feed *feed, const struct small_row *r)
{
    struct small *s = t->s;
    struct record record;
    enum applies applies = APPLIES_YES;
    bool is_of_account = r && (r->kind == KIND_ACCOUNT || r->kind == KIND_UNIT || r->kind == KIND_ORG_POLICY);
    if (feed->is_fallback || (feed->facet && facet_row(feed->facet)->on_demand && !tell_says(r, feed->facet)
         && !small_word_truth(r, facet_row(feed->facet)->name))
        || (feed->list && r && list_row(feed->list)->parent == KIND_KEY && feed->list != LIST_GRANTS))
        return;
    t->feed = feed;
    t->is_xml = service_get(op_get(feed->op)->service)->protocol >= PROTOCOL_REST_XML;
    struct call_place place = {.partition = "aws", .account = s->account, .region = s->region,
                          .scope = estate_scope(s->e, s->account, is_of_account ? "" : s->region)};
    if (r && estate_current(s->e, r->node, &record))
        applies = feed_applies(feed, &record);
    if (applies == APPLIES_NO)
        tell_truth(t, &place, r->node, TRUTH_UNSUPPORTED);
    else if (applies == APPLIES_YES && feed->list)
        tell_ask_list(t, &place, r ? r->node : 0);
    else if (applies == APPLIES_YES)
        tell_ask_facet(t, &place, r);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static inline void tell_go_to(struct small *s, const struct small_row *r)
{
    char region[40] = "";
    uint32_t scope = slot_scope(s->e, r->slot);
    char account[16];
    snprintf(account, sizeof account, "%s", scope_account(s->e, scope));
    snprintf(region, sizeof region, "%s", scope_region(s->e, scope));
    if (r->kind == KIND_ACCOUNT)
        (void)tell_word(r, ATTR_ACCOUNT_ID, account, sizeof account);
    if (r->kind == KIND_REGION)
        (void)tell_word(r, ATTR_REGION_NAME, region, sizeof region);
    snprintf(s->account, sizeof s->account, "%s", account);
    snprintf(s->region, sizeof s->region, "%s", region);
}

/* Who is read is no answer of one call: as the refresh says it. */
static inline void tell_accounts(struct small *s)
{
    struct draft *draft = draft_new(s->e, estate_slot(s->e, estate_scope(s->e, "", ""), LIST_ACCOUNTS, 0));
    for (size_t i = 0; i < s->rows.n; i++) {
        char id[16], state[48] = "", org[128] = "";
        const struct small_row *r = &s->rows.items[i];
        if (r->kind != KIND_ACCOUNT || !tell_word(r, ATTR_ACCOUNT_ID, id, sizeof id))
            continue;
        (void)tell_word(r, ATTR_ACCOUNT_STATE, state, sizeof state);
        (void)tell_word(r, ATTR_ACCOUNT_ORG_ARN, org, sizeof org);
        collect_account_row(s->e, draft, &(struct account_row){.partition = "aws", .id = id, .state = state, .org_arn = org});
    }
    estate_complete(draft, NOW - 60);
}

static inline bool tell_same(struct small *s, const struct value *v, const char *text)
{
    struct buf arn = {0};
    bool same = v->is == VALUE_KNOWN;
    char copy[8192];
    snprintf(copy, sizeof copy, "%s", text);
    switch (v->type) {
    case TYPE_REF:
        if (same)
            node_arn(s->e, v->node, &arn);
        same = same && strcmp(arn.data, text) == 0;
        buf_free(&arn);
        return same;
    case TYPE_INT:
        return same && v->number == atoll(text);
    case TYPE_BOOL:
        return same && v->number == (strcmp(text, "true") == 0);
    case TYPE_TIME:
        return same && v->number == small_time(text);
    case TYPE_LIST:
    case TYPE_REFS:
    case TYPE_MAP:
        for (char *p = copy; *p; p++)
            *p = *p == ',' ? '\0' : *p;
        return text[0] == '\0' || (same && v->len >= strlen(text) && memcmp(v->text, copy, strlen(text)) == 0);
    default:
        return same && strcmp(v->text, text) == 0;
    }
}

/* Everything that a line says stands in the estate, unless it could not be asked. */
static inline void tell_check(struct small *s, const struct small_row *r)
{
    struct record record;
    char text[8192];
    if (!estate_current(s->e, r->node, &record))
        return;
    for (int a = (int)kind_row(r->kind)->first_attr; a < (int)kind_row(r->kind)->end_attr; a++) {
        enum facet facet = attr_row((enum attr)a)->facet;
        bool is_asked = facet == FACET_LIST_ || (tell_said(r, facet) == TRUTH_KNOWN
                                                 && truth_is_sure(record_facet(&record, facet).truth)
                                                 && record_facet(&record, facet).truth != TRUTH_UNSUPPORTED);
        if (!is_asked || !tell_word(r, (enum attr)a, text, sizeof text))
            continue;
        struct value v = record_value(&record, (enum attr)a);
        if (!tell_same(s, &v, text))
            fail_msg("%s says %s=%s; from AWS's bytes it is %s", kind_row(r->kind)->name, attr_row((enum attr)a)->name,
                     text, v.is == VALUE_KNOWN && v.text ? v.text : "something else");
    }
}

/* The lines, and of one kind what the full answers of tests/cases say. */
static inline struct small small_from_cases(const char *lines, enum kind of_cases)
{
    struct small s = small_parse(lines);
    struct tell t = {.s = &s, .collector = collector_new(s.e), .of_cases = of_cases};
    small_slots(&s);
    tell_accounts(&s);
    for (size_t p = 0; p < s.places.n; p++)
        for (int f = 0; f < FEED_COUNT; f++) {
            snprintf(s.account, sizeof s.account, "%s", scope_account(s.e, s.places.items[p]));
            snprintf(s.region, sizeof s.region, "%s", scope_region(s.e, s.places.items[p]));
            if (feed_get((enum feed_id)f)->of == KIND_NONE)
                tell_ask(&t, feed_get((enum feed_id)f), NULL);
        }
    for (int f = 0; f < FEED_COUNT; f++)
        for (size_t i = 0; i < s.rows.n; i++)
            if (feed_get((enum feed_id)f)->of == s.rows.items[i].kind) {
                struct small_row row = s.rows.items[i]; /* lines may be added */
                tell_go_to(&s, &row);
                tell_ask(&t, feed_get((enum feed_id)f), &row);
            }
    for (size_t i = 0; i < s.rows.n; i++)
        tell_check(&s, &s.rows.items[i]);
    collector_free(t.collector);
    small_judge(&s);
    return s;
}

static inline struct small small_from_bytes(const char *lines)
{
    return small_from_cases(lines, KIND_NONE);
}

#endif
