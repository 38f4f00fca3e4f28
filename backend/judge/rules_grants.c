/* Findings about grants and aliases. Who may use a grant: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html */
#include "backend/base/strtab.h"
#include "backend/judge/rules.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define OLD_DAYS 90

/* https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html: 50,000 a customer's key */
#define GRANTS_MANY 40000

static bool allows(const struct record *grant, const char *operation)
{
    struct value operations = record_value(grant, ATTR_GRANT_OPERATIONS);
    for (const char *item = NULL; (item = value_next(&operations, item));)
        if (strcmp(item, operation) == 0)
            return true;
    return false;
}

static bool is_constrained(const struct record *grant)
{
    return record_value(grant, ATTR_GRANT_CONTEXT_RULE).is == VALUE_KNOWN ||
           record_value(grant, ATTR_GRANT_SOURCE_ARN).is == VALUE_KNOWN;
}

/* AWS's own roles in an account: arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1 and
 * service-linked ones. */
static bool is_of_a_service(const char *principal)
{
    char account[16];
    return !principal_account(principal, account) || strstr(principal, ":assumed-role/aws:") ||
           strstr(principal, ":role/aws-service-role/");
}

RULE_TEST(grant_unconstrained)
{
    int64_t created;
    const char *grantee = value_text(r, ATTR_GRANT_GRANTEE);
    if (is_of_a_service(grantee) || !allows(r, "Decrypt") || is_constrained(r))
        return FINDING_NONE;
    out->cause = value_node(r, ATTR_GRANT_KEY);
    if (!value_number(r, ATTR_GRANT_CREATED, &created)) {
        out->reason = "AWS did not say when it was made";
        return FINDING_UNKNOWN;
    }
    if (j->now_utc - created <= (int64_t)OLD_DAYS * DAY)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "grantee %s, for %lld days", grantee,
                               (long long)((j->now_utc - created) / DAY));
    return FINDING_OPEN;
}

RULE_TEST(grants_nearly_full)
{
    uint32_t n = slice_rows(record_children(r, FACET_KEY_GRANTS));
    if (n <= GRANTS_MANY)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "%u of 50000", n);
    return FINDING_OPEN;
}

/* What a grant gives, by strings of the estate: equal if and only if the texts are. */
struct gift {
    uint32_t grantee, operations, rule, context, source;
};

static int gift_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct gift));
}

static uint32_t string_of(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN ? v.string : 0;
}

RULE_TEST(grants_alike)
{
    const struct slice *grants = record_children(r, FACET_KEY_GRANTS);
    uint32_t n = slice_rows(grants), n_alike = 0;
    struct record grant;
    if (n < 2)
        return FINDING_NONE;
    struct gift *gifts = mem_alloc_array(n, sizeof *gifts);
    for (uint32_t i = 0; slice_record(j->generation, grants, i, &grant); i++)
        gifts[i] = (struct gift){string_of(&grant, ATTR_GRANT_GRANTEE), string_of(&grant, ATTR_GRANT_OPERATIONS),
                                 string_of(&grant, ATTR_GRANT_CONTEXT_RULE), string_of(&grant, ATTR_GRANT_CONTEXT),
                                 string_of(&grant, ATTR_GRANT_SOURCE_ARN)};
    qsort(gifts, n, sizeof *gifts, gift_order);
    for (uint32_t i = 1; i < n; i++)
        n_alike += gift_order(&gifts[i - 1], &gifts[i]) == 0;
    mem_free(gifts);
    if (n_alike == 0)
        return FINDING_NONE;
    out->reason = arena_printf(j->arena, "%u of %u are repeated", n_alike, n);
    return FINDING_OPEN;
}

/* Who issued it, and who may retire it. */
RULE_TEST(grant_ended_from_outside)
{
    static const struct {
        enum attr attr;
        const char *told;
    } hands[] = {{ATTR_GRANT_RETIRING_PRINCIPAL, "may retire it"}, {ATTR_GRANT_ISSUING_ACCOUNT, "issued it"}};
    enum finding_state state = FINDING_NONE;
    out->cause = value_node(r, ATTR_GRANT_KEY);
    for (size_t i = 0; i < sizeof hands / sizeof *hands && state != FINDING_OPEN; i++) {
        char account[16];
        struct finding one = *out;
        if (!principal_account(value_text(r, hands[i].attr), account) || strcmp(account, record_account(r)) == 0)
            continue;
        enum finding_state found = if_stranger(j, account, &one);
        if (found == FINDING_NONE || (found == FINDING_UNKNOWN && state == FINDING_UNKNOWN))
            continue;
        *out = one;
        out->reason = arena_printf(j->arena, "account %s %s", account, hands[i].told);
        state = found;
    }
    return state;
}

/* ---- volumes and databases ------------------------------------------------------------------------ */

/* Those that grants are made for: https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html */
static const struct strtab *granted_things(const struct judgement *j)
{
    struct texts_memo *memo = j->texts;
    struct record r;
    if (memo->granted)
        return memo->granted;
    memo->granted = strtab_new();
    for (struct walk w = walk_kind(j->generation, KIND_GRANT); walk_next(&w, &r);) {
        struct value pairs = record_value(&r, ATTR_GRANT_CONTEXT);
        for (const char *name = NULL; (name = value_next(&pairs, name));) {
            const char *value = value_next(&pairs, name);
            if (value && (strcmp(name, "aws:ebs:id") == 0 || strcmp(name, "aws:rds:db-id") == 0))
                (void)strtab_adds(memo->granted, value);
            name = value ? value : name;
        }
    }
    return memo->granted;
}

/* What its grant names while it runs; NULL: it does not run, or its cluster has the grant. */
static const char *id_in_grants(const struct judgement *j, const struct record *r)
{
    bool is_running = r->kind == KIND_VOLUME ? value_is(r, ATTR_VOLUME_STATUS, "in-use")
                                             : value_is(r, ATTR_DB_INSTANCE_STATUS, "available") &&
                                                   !value_text(r, ATTR_DB_INSTANCE_CLUSTER)[0];
    return !is_running ? NULL : r->kind == KIND_VOLUME ? node_tail(j->estate, r->node)
                                                       : value_text(r, ATTR_DB_INSTANCE_RESOURCE_ID);
}

RULE_TEST(running_without_grant)
{
    struct record key;
    const char *id = id_in_grants(j, r);
    if (!id)
        return FINDING_NONE;
    enum finding_state state = if_under_customer_key(j, r, out);
    if (state != FINDING_OPEN)
        return state;
    out->cause = judge_resolve_key(j, holding_key(r).node);
    if (strtab_find(granted_things(j), id, strlen(id))) {
        bool is_now = generation_record(j->generation, out->cause, &key) &&
                      truth_is_sure(slice_truth(record_children(&key, FACET_KEY_GRANTS)));
        out->reason = "the grants of its key were not read again";
        return is_now ? FINDING_NONE : FINDING_UNKNOWN;
    }
    if (generation_record(j->generation, out->cause, &key))
        state = lacking_in(record_children(&key, FACET_KEY_GRANTS), out);
    else
        state = FINDING_UNKNOWN;
    out->reason = state == FINDING_OPEN ? "" : "the grants of its key were not read";
    return state;
}

/* ---- aliases ------------------------------------------------------------------------------------- */

static int by_name_and_account(const void *a, const void *b)
{
    const struct alias_at *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : strcmp(x->region, y->region); /* not by what was read first */
}

/* AWS's own mean its keys everywhere. */
static void gather_aliases(const struct judgement *j, struct texts_memo *memo)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_ALIAS); walk_next(&w, &r);) {
        struct value name = record_value(&r, ATTR_ALIAS_NAME);
        if (name.is == VALUE_KNOWN && name.string && strncmp(name.text, "alias/aws/", 10) != 0)
            VEC_PUSH(memo->aliases_by_name, ((struct alias_at){name.string, r.node, record_account(&r),
                                                                 record_region(&r)}));
    }
    if (memo->aliases_by_name.n > 1)
        qsort(memo->aliases_by_name.items, memo->aliases_by_name.n, sizeof *memo->aliases_by_name.items,
              by_name_and_account);
    for (size_t i = 1; i < memo->aliases_by_name.n; i++) {
        const struct alias_at *a = &memo->aliases_by_name.items[i - 1], *b = a + 1;
        const uint32_t *first = nodemap_at(&memo->namesake_of, a->alias);
        if (a->name == b->name && strcmp(a->account, b->account) == 0)
            nodemap_add(&memo->namesake_of, b->alias, first ? *first : a->alias);
    }
    memo->has_aliases = true;
}

/* A namesake may be in a Region whose aliases were not seen; accounts come one after the other. */
static bool hides_aliases(const struct judgement *j, const struct record *alias)
{
    struct texts_memo *memo = j->texts;
    uint32_t first = area_of_record(j, alias)->account_first;
    if (memo->aliases_account == first + 1)
        return memo->hides_aliases;
    memo->aliases_account = first + 1;
    memo->hides_aliases = false;
    for (size_t i = first; i < j->areas.n && j->areas.items[i].account_first == first; i++) {
        const struct area *a = &j->areas.items[i];
        if (a->region[0] && a->is_read)
            memo->hides_aliases |= !truth_is_sure(area_truth(a, LIST_ALIASES));
    }
    return memo->hides_aliases;
}

static bool key_of_alias(const struct judgement *j, uint32_t alias, struct record *key)
{
    return generation_record(j->generation, judge_resolve_key(j, alias), key) &&
           truth_is_sure(record_facet(key, FACET_KEY_METADATA).truth) &&
           truth_is_sure(record_facet(key, FACET_KEY_POLICY).truth);
}

/* What both keys must be alike in for a restore there to behave as here. */
RULE_TEST(alias_means_other)
{
    static const enum attr alike[] = {ATTR_KEY_ORIGIN,       ATTR_KEY_SPEC,
                                      ATTR_KEY_USAGE,        ATTR_KEY_EXTERNAL_ACCOUNTS,
                                      ATTR_KEY_MULTI_REGION, ATTR_KEY_POLICY_TRAITS};
    static const char *const words[] = {"origin", "spec", "usage", "accounts let in", "being multi-Region", "policy"};
    struct record here, there;
    if (!j->texts->has_aliases)
        gather_aliases(j, j->texts);
    const uint32_t *first = nodemap_at(&j->texts->namesake_of, r->node);
    bool may_have = !first && !alias_is_aws(j, r->node) && hides_aliases(j, r);
    if (!first)
        out->reason = may_have ? "the aliases of other Regions were not all read" : "";
    if (!first)
        return may_have ? FINDING_UNKNOWN : FINDING_NONE;
    if (!key_of_alias(j, r->node, &here) || !key_of_alias(j, *first, &there)) {
        out->reason = "the keys of both were not read";
        return FINDING_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        struct value a = record_value(&here, alike[i]), b = record_value(&there, alike[i]);
        if (a.is == b.is && (a.is != VALUE_KNOWN || (a.type == TYPE_BOOL ? a.number == b.number : a.string == b.string)))
            continue;
        out->cause = here.node;
        out->reason = arena_printf(j->arena, "its %s differs from %s", words[i], record_region(&there));
        return FINDING_OPEN;
    }
    return FINDING_NONE;
}
