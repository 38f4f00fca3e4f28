/* Findings about grants. Who may use them: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html */
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
