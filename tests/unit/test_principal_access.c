/* What lies over a principal and an account, as the demo's accounts and organization tell it; and that who does
 * not see the organization knows nothing, not nothing of it. */
#include "backend/aws/wire.h"
#include "backend/demo/demo.h"
#include "backend/judge/key_access.h"
#include "backend/judge/key_use.h"
#include "backend/judge/principal_access.h"
#include "backend/refresh/refresh.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include <string.h>

#define NOW INT64_C(1787407320) /* 2026-08-22T14:02:00Z */
#define DATA "111122223333"
#define SHARED "333344445555"
#define LEGACY "555566667777"
#define SANDBOX "666677778888"
#define AUDIT "777788889999"

struct seen {
    struct estate *estate;
    struct refresh *refresh;
    const struct generation *generation;
    struct judgement *j;
    struct arena *arena;
};

static void see_by(struct seen *s, const struct target *targets, size_t n_targets, const char *org_role)
{
    struct err err = {0};
    s->estate = estate_new();
    struct refresh_settings settings = {.wire = demo_wire_new_with_delay(NOW, 0, 0),
                                        .estate = s->estate,
                                        .targets = targets,
                                        .n_targets = n_targets,
                                        .org_role = org_role,
                                        .once = true,
                                        .fixed_now = NOW,
                                        .anonymous = true};
    assert_int_equal(refresh_new(&settings, &s->refresh, &err), ERR_OK);
    assert_int_equal(refresh_wait(s->refresh, 60, NULL, NULL, &err), REFRESH_DONE);
    s->generation = estate_acquire(s->estate);
    s->j = judge(s->generation, NOW);
    s->arena = arena_new();
}

static void see(struct seen *s, const struct target *targets, size_t n_targets)
{
    see_by(s, targets, n_targets, NULL);
}

static void forget(struct seen *s)
{
    arena_free(s->arena);
    judgement_free(s->j);
    generation_release(s->generation);
    refresh_free(s->refresh);
    estate_free(s->estate);
}

/* "Root: FullAWSAccess | Workloads: ..." */
static void add_name(const struct seen *s, uint32_t node, struct buf *out)
{
    struct record r;
    enum attr attr = !generation_record(s->generation, node, &r) ? ATTR_NONE
                     : r.kind == KIND_ORG_POLICY                 ? ATTR_ORG_POLICY_NAME
                     : r.kind == KIND_UNIT                       ? ATTR_UNIT_NAME
                                                                 : ATTR_ACCOUNT_NAME;
    struct value v = attr ? record_value(&r, attr) : (struct value){.is = VALUE_ABSENT};
    buf_adds(out, v.is == VALUE_KNOWN ? v.text : attr ? "account" : "?");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_documents(const struct seen *s, const struct governing *g, size_t level, struct buf *out)
{
    char *names[8];
    size_t n = g->levels[level].n;
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++) {
        struct buf name = {0};
        add_name(s, g->documents[level][i], &name);
        assert_non_null(g->levels[level].items[i]);
        names[i] = buf_take(&name);
    }
    if (n > 1)
        qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, " %s", names[i]);
        mem_free(names[i]);
    }
}

static char *told(const struct seen *s, const char *account, enum list list)
{
    struct governing g;
    struct buf out = {0};
    judge_governing(s->j, s->arena, account, list, &g);
    buf_adds(&out, g.is_management ? "management" : g.n == 0 ? "none" : "");
    for (size_t level = 0; level < g.n; level++) {
        buf_adds(&out, level ? " | " : "");
        add_name(s, g.nodes[level], &out);
        buf_adds(&out, g.levels[level].is_unknown ? "?" : ":");
        add_documents(s, &g, level, &out);
    }
    return buf_take(&out);
}

static void test_levels(void **state)
{
    static const struct {
        const char *account;
        enum list list;
        const char *told;
    } rows[] = {
        {DATA, LIST_SCPS,
         "Root: FullAWSAccess | Workloads: FullAWSAccess stay-in-organization | "
         "Production: FullAWSAccess keep-backups | account: FullAWSAccess"},
        {SHARED, LIST_SCPS, "Root: FullAWSAccess | Security: FullAWSAccess keep-backups keep-keys | "
                            "account: FullAWSAccess"},
        {SANDBOX, LIST_SCPS,
         "Root: FullAWSAccess | Workloads: FullAWSAccess stay-in-organization | "
         "Playground: FullAWSAccess closed-regions | account: FullAWSAccess"},
        {SANDBOX, LIST_RCPS, "Root: RCPFullAWSAccess | Workloads: RCPFullAWSAccess | "
                             "Playground: RCPFullAWSAccess | account: RCPFullAWSAccess org-only-keys"},
        /* a member that nobody enters is governed all the same */
        {"999900001111", LIST_RCPS, "Root: RCPFullAWSAccess | Retired: RCPFullAWSAccess | "
                                    "?: RCPFullAWSAccess"},
        {AUDIT, LIST_SCPS, "management"},
        {AUDIT, LIST_RCPS, "management"},
        {"444455556666", LIST_SCPS, "??"}, /* a stranger's: nothing is known */
    };
    const struct seen *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = told(s, rows[i].account, rows[i].list);
        assert_string_equal(got, rows[i].told);
        mem_free(got);
    }
}

static void test_who_does_not_see_it_does_not_know(void **state)
{
    (void)state;
    static const struct target alone[] = {{.profile = "prod-data"}};
    struct seen s;
    see(&s, alone, 1);
    char *got = told(&s, DATA, LIST_SCPS);
    assert_string_equal(got, "??");
    mem_free(got);
    size_t n, n_organization = 0;
    const struct blind_spot *spots = judgement_blind_spots(s.j, &n);
    for (size_t i = 0; i < n; i++)
        n_organization += strcmp(spots[i].service, "organizations") == 0;
    assert_int_equal(n_organization, 3); /* roots, both kinds of policies */
    forget(&s);
}

/* ---- principals -------------------------------------------------------------------------------- */

#define ROLE(account, name) "arn:aws:iam::" account ":role/" name

static void test_policies_of_principals(void **state)
{
    static const struct {
        const char *arn;
        size_t identity, boundaries;
        bool is_known;
    } rows[] = {
        {ROLE(DATA, "etl"), 1, 1, true},
        {"arn:aws:sts::" DATA ":assumed-role/etl/nightly", 1, 1, true},
        {ROLE(DATA, "DataPlatformAdmin"), 2, 0, true},
        {"arn:aws:sts::" DATA ":assumed-role/AWSBackupDefaultServiceRole/x", 1, 0, true}, /* has a path */
        {"arn:aws:iam::" LEGACY ":user/jo", 2, 0, true}, /* both by the group */
        {ROLE("222233334444", "InvoiceSigner"), 0, 0, true},
        {ROLE(DATA, "nobody"), 0, 0, false},
        {"arn:aws:sts::444455556666:assumed-role/etl/x", 0, 0, false},
        {"backup.amazonaws.com", 0, 0, false},
    };
    const struct seen *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct access_input in = {0};
        uint32_t node = judge_principal(s->j, rows[i].arn);
        assert_int_equal(node != 0, rows[i].is_known);
        principal_access_facts(s->j, s->arena, node, &in);
        assert_int_equal(in.identity.is_unknown, !rows[i].is_known);
        assert_int_equal(in.boundaries.is_unknown, !rows[i].is_known);
        assert_int_equal(in.identity.n, rows[i].identity);
        assert_int_equal(in.boundaries.n, rows[i].boundaries);
        for (size_t k = 0; k < in.identity.n; k++)
            assert_non_null(in.identity.items[k]);
    }
}

/* ---- together ---------------------------------------------------------------------------------- */

static uint32_t key_by_alias(const struct seen *s, const char *arn)
{
    struct record alias;
    uint32_t node = estate_find_node(s->estate, KIND_ALIAS, arn, strlen(arn));
    assert_true(generation_record(s->generation, node, &alias));
    return record_value(&alias, ATTR_ALIAS_KEY).node;
}

static enum verdict verdict_of(const struct seen *s, const char *principal, const char *action,
                               const char *alias, const char *region)
{
    struct access_input in;
    struct access_result result = {0};
    struct request request;
    struct err err;
    struct buf key = {0};
    uint32_t node = key_by_alias(s, alias);
    node_arn(s->estate, node, &key);
    assert_int_equal(request_init(&request, s->arena, principal, action, key.data, &err), ERR_OK);
    request_add(&request, "aws:RequestedRegion", &region, 1);
    request_add_implied(&request);
    key_access_facts(s->j, s->arena, node, &in);
    principal_access_facts(s->j, s->arena, judge_principal(s->j, principal), &in);
    organization_access_facts(s->j, s->arena, request.caller.account, request.owner, &in);
    access_evaluate(&request, &in, &result);
    enum verdict verdict = result.verdict;
    access_result_free(&result);
    request_free(&request);
    buf_free(&key);
    return verdict;
}

static void test_verdicts(void **state)
{
    static const struct {
        const char *principal, *action, *alias, *region;
        enum verdict verdict;
    } rows[] = {
        {ROLE(DATA, "DataPlatformAdmin"), "kms:ScheduleKeyDeletion",
         "arn:aws:kms:eu-west-1:" DATA ":alias/etl-staging", "eu-west-1", VERDICT_ALLOWED},
        /* its identity allows, the organization's unit does not */
        {ROLE(SHARED, "BackupOps"), "kms:ScheduleKeyDeletion",
         "arn:aws:kms:us-east-1:" SHARED ":alias/airgap-test", "us-east-1", VERDICT_EXPLICITLY_DENIED},
        {ROLE(SHARED, "BreakGlass"), "kms:ScheduleKeyDeletion",
         "arn:aws:kms:us-east-1:" SHARED ":alias/airgap-test", "us-east-1", VERDICT_ALLOWED},
        /* the boundary, whatever the group's administrator policy says */
        {ROLE(SANDBOX, "Developers"), "kms:ScheduleKeyDeletion",
         "arn:aws:kms:us-east-1:" SANDBOX ":alias/quick-test", "us-east-1", VERDICT_EXPLICITLY_DENIED},
    };
    const struct seen *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(
            verdict_of(s, rows[i].principal, rows[i].action, rows[i].alias, rows[i].region),
            rows[i].verdict);
}

/* Druva's account is outside of the organization: the sandbox's resource control policy keeps it from a key whose
 * own policy says nothing about it; where no such policy reaches, only the allow is missing. */
static void test_use_from_outside(void **state)
{
    (void)state;
    static const struct {
        const char *alias, *condition, *reason;
    } rows[] = {
        {"arn:aws:kms:us-east-1:" SANDBOX ":alias/quick-test", "aws:PrincipalOrgID", "kms:Encrypt is denied"},
        {"arn:aws:kms:eu-west-1:" DATA ":alias/etl-staging", NULL, "kms:Encrypt is not allowed"},
    };
    const struct target *targets;
    struct seen s;
    demo_targets(&targets);
    see_by(&s, targets, 1, DEMO_ORG_ROLE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key_use use = judge_key_use(s.j, s.arena, key_by_alias(&s, rows[i].alias), "888899990000");
        assert_int_equal(use.may, TRI_NO);
        assert_string_equal(use.reason, rows[i].reason);
        assert_int_equal(use.denied_by != NULL, rows[i].condition != NULL);
        bool is_there = !rows[i].condition;
        for (size_t c = 0; use.denied_by && c < use.denied_by->n_conditions; c++)
            is_there |= strcmp(use.denied_by->conditions[c].key, rows[i].condition) == 0;
        assert_true(is_there);
    }
    forget(&s);
}

static struct seen all;

static int see_all(void **state)
{
    const struct target *targets;
    size_t n = demo_targets(&targets);
    see(&all, targets, n);
    *state = &all;
    return 0;
}

static int forget_all(void **state)
{
    (void)state;
    forget(&all);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_who_does_not_see_it_does_not_know),
        cmocka_unit_test(test_policies_of_principals),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_use_from_outside),
    };
    model_init();
    return cmocka_run_group_tests(tests, see_all, forget_all);
}
