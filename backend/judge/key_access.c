#include "backend/judge/key_access.h"

#include "backend/judge/internal.h"
#include "backend/policy/traits.h"

#include <stdlib.h>
#include <string.h>

const struct policy *record_policy(struct arena *arena, const struct record *r, enum attr attr)
{
    static const struct policy none = {.n = 0};
    const struct policy *policy = NULL;
    struct value v = record_value(r, attr);
    if (!truth_is_sure(record_facet(r, attr_row(attr)->facet).truth))
        return NULL; /* an old policy may have been replaced */
    if (v.is == VALUE_ABSENT)
        return &none;
    if (v.is != VALUE_KNOWN || policy_parse(arena, v.text, v.len, &policy, NULL) != ERR_OK)
        return NULL;
    return policy;
}

static const char **list_items(struct arena *arena, const struct value *v, size_t *n)
{
    const char **items = arena_alloc(arena, (value_items(v) + 1) * sizeof *items);
    *n = 0;
    for (const char *item = value_next(v, NULL); item; item = value_next(v, item))
        items[(*n)++] = item;
    return items;
}

static void read_grant(struct arena *arena, const struct record *r, struct access_grant *out)
{
    struct value operations = record_value(r, ATTR_GRANT_OPERATIONS);
    struct value pairs = record_value(r, ATTR_GRANT_CONTEXT);
    size_t n = 0;
    *out = (struct access_grant){.id = value_text(r, ATTR_GRANT_GRANT_ID)};
    if (record_value(r, ATTR_GRANT_GRANTEE).is == VALUE_KNOWN)
        out->grantee = value_text(r, ATTR_GRANT_GRANTEE);
    if (record_value(r, ATTR_GRANT_SOURCE_ARN).is == VALUE_KNOWN)
        out->source_arn = value_text(r, ATTR_GRANT_SOURCE_ARN);
    out->operations.items = list_items(arena, &operations, &out->operations.n);
    out->context = list_items(arena, &pairs, &n);
    out->n_pairs = n / 2;
    out->has_context = record_value(r, ATTR_GRANT_CONTEXT_RULE).is == VALUE_KNOWN;
    out->is_subset = value_is(r, ATTR_GRANT_CONTEXT_RULE, "EncryptionContextSubset");
}

bool key_grants_are_known(const struct record *key)
{
    return truth_is_sure(slice_truth(record_children(key, FACET_KEY_GRANTS)));
}

static int by_grant_id(const void *a, const void *b)
{
    return strcmp(((const struct access_grant *)a)->id, ((const struct access_grant *)b)->id);
}

/* In the order of their ids: rows stand as they were met, and what decides is told by its place. */
static void read_grants(const struct judgement *j, struct arena *arena, const struct record *key,
                        struct access_input *out)
{
    const struct slice *slice = record_children(key, FACET_KEY_GRANTS);
    out->grants_unknown = !key_grants_are_known(key);
    uint32_t n = slice ? slice_rows(slice) : 0;
    struct access_grant *grants = arena_alloc(arena, ((size_t)n + 1) * sizeof *grants);
    struct record r;
    for (uint32_t i = 0; i < n; i++)
        if (slice_record(j->generation, slice, i, &r))
            read_grant(arena, &r, &grants[out->n_grants++]);
    qsort(grants, out->n_grants, sizeof *grants, by_grant_id);
    out->grants = grants;
}

/* The policy of a key that AWS manages is the same everywhere but for its service: whoever of its account asks
 * through that service. It is not read; the key's alias tells the service.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key */
static const char policy_of_aws[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"as AWS writes it\",\"Effect\":\"Allow\","
    "\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"kms:Encrypt\",\"kms:Decrypt\",\"kms:ReEncrypt*\","
    "\"kms:GenerateDataKey*\",\"kms:CreateGrant\",\"kms:DescribeKey\"],\"Resource\":\"*\",\"Condition\":{"
    "\"StringEquals\":{\"kms:CallerAccount\":\"%s\",\"kms:ViaService\":\"%s.%s.amazonaws.com\"}}},"
    "{\"Sid\":\"as AWS writes it\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%s:root\"},"
    "\"Action\":[\"kms:Describe*\",\"kms:Get*\",\"kms:List*\",\"kms:RevokeGrant\"],\"Resource\":\"*\"}]}";

/* alias/aws/ssm is for ssm; of some the service asks KMS under another name. */
static const char *service_of_aws_alias(const char *alias)
{
    static const char *const others[][2] = {{"ebs", "ec2"}, {"ses", "email"}};
    static const char prefix[] = "alias/aws/";
    if (strncmp(alias, prefix, sizeof prefix - 1) != 0)
        return NULL;
    const char *name = alias + sizeof prefix - 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i][0], name) == 0)
            return others[i][1];
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' ? name : NULL;
}

/* NULL: which service's it is is not known. */
static const struct policy *policy_by_aws(const struct judgement *j, struct arena *arena, const struct record *key)
{
    struct record alias;
    enum edge edge;
    const struct policy *policy = NULL;
    for (struct hang h = hang_on(j->generation, key->node); !policy && hang_next(&h, &alias, &edge);) {
        const char *service = edge == EDGE_ALIAS_OF ? service_of_aws_alias(value_text(&alias, ATTR_ALIAS_NAME)) : NULL;
        if (!service)
            continue;
        const char *text = arena_printf(arena, policy_of_aws, record_account(key), service, record_region(key),
                                        record_account(key));
        if (policy_parse(arena, text, strlen(text), &policy, NULL) != ERR_OK)
            policy = NULL;
    }
    return policy;
}

bool key_state_is_known(const struct record *key)
{
    return truth_is_sure(record_facet(key, FACET_KEY_METADATA).truth) &&
           record_value(key, ATTR_KEY_STATE).is == VALUE_KNOWN;
}

/* The policy of a key that AWS manages is not read but made. */
static bool is_made_by_aws(const struct judgement *j, const struct record *key)
{
    return record_value(key, ATTR_KEY_POLICY).is == VALUE_ABSENT && key_is_aws_managed(j, key->node) == TRI_YES;
}

bool key_policy_is_known(const struct judgement *j, const struct record *key)
{
    if (is_made_by_aws(j, key)) {
        struct arena *scratch = arena_new();
        bool is_known = policy_by_aws(j, scratch, key) != NULL;
        arena_free(scratch);
        return is_known;
    }
    struct value v = record_value(key, ATTR_KEY_POLICY);
    return truth_is_sure(record_facet(key, FACET_KEY_POLICY).truth) &&
           (v.is == VALUE_ABSENT ||
            (v.is == VALUE_KNOWN && !value_is(key, ATTR_KEY_POLICY_TRAITS, POLICY_UNREADABLE)));
}

void key_access_facts(const struct judgement *j, struct arena *arena, uint32_t key,
                      struct access_input *out)
{
    struct record r;
    *out = (struct access_input){.grants_unknown = true};
    if (!key || !generation_record(j->generation, key, &r))
        return;
    out->key_policy = record_policy(arena, &r, ATTR_KEY_POLICY);
    if (key_state_is_known(&r))
        out->key_state = value_text(&r, ATTR_KEY_STATE);
    out->is_aws_managed = key_is_aws_managed(j, key) == TRI_YES;
    if (is_made_by_aws(j, &r))
        out->key_policy = policy_by_aws(j, arena, &r);
    read_grants(j, arena, &r, out);
}
