/* Who may do what with the demo's keys, which flows work with them, and what each statement is there for. */
#include "backend/demo/demo.h"
#include "backend/judge/ask_access.h"
#include "backend/judge/key_who.h"
#include "backend/refresh/refresh.h"

#include "small_estate.h"

#define DEMO_NOW INT64_C(1787407320) /* 2026-08-22T14:02:00Z */
#define DATA "111122223333"
#define SHARED "333344445555"
#define DRUVA "888899990000"

struct seen {
    struct estate *estate;
    struct refresh *refresh;
    struct settings *settings;
    const struct generation *generation;
    struct judgement *j;
};

static int see(void **state)
{
    static struct seen s;
    struct err err = {0};
    const struct target *targets = NULL;
    size_t n = demo_targets(&targets);
    assert_int_equal(demo_settings(&s.settings, &err), ERR_OK);
    s.estate = estate_new();
    struct refresh_settings settings = {.wire = demo_wire_new_with_delay(DEMO_NOW, 0, 0),
                                        .estate = s.estate,
                                        .targets = targets,
                                        .n_targets = n,
                                        .products = &s.settings->products,
                                        .once = true,
                                        .fixed_now = DEMO_NOW,
                                        .anonymous = true};
    assert_int_equal(refresh_new(&settings, &s.refresh, &err), ERR_OK);
    if (refresh_wait(s.refresh, 60, NULL, NULL, &err) != REFRESH_DONE)
        fail_msg("%s", err.text);
    s.generation = estate_acquire(s.estate);
    s.j = judge(s.generation, DEMO_NOW);
    *state = &s;
    return 0;
}

static int forget(void **state)
{
    struct seen *s = *state;
    judgement_free(s->j);
    generation_release(s->generation);
    refresh_free(s->refresh);
    estate_free(s->estate);
    settings_free(s->settings);
    return 0;
}

/* The key of an alias in whichever Region. */
static uint32_t key_of(const struct seen *s, const char *account, const char *alias)
{
    struct record r;
    char *name = mem_printf("alias/%s", alias);
    uint32_t key = 0;
    for (struct walk w = walk_kind(s->generation, KIND_ALIAS); !key && walk_next(&w, &r);) {
        struct value v = record_value(&r, ATTR_ALIAS_NAME);
        if (v.is == VALUE_KNOWN && strcmp(v.text, name) == 0 && strcmp(record_account(&r), account) == 0)
            key = judge_resolve_key(s->j, r.node);
    }
    mem_free(name);
    assert_true(key != 0);
    return key;
}

/* ---- flows ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *account, *alias, *id, *who; /* who: part of it */
    enum tri works;
    const char *action, *reason;
} flows[] = {
    /* the statement that a blog gives for copies lacks what EBS needs, not what RDS needs */
    {DATA, "crm-rekey", "backup-copy-ebs", SHARED, TRI_NO, "kms:ReEncryptFrom", "no statement or grant allows it"},
    {DATA, "crm-rekey", "backup-copy-rds", SHARED, TRI_YES, "", ""},
    {DATA, "crm-rekey", "backup-copy-ebs", DATA, TRI_YES, "", ""},
    {DATA, "crm-rekey", "rds-copy", SHARED, TRI_NO, "kms:Encrypt", "no statement or grant allows it"},
    {DATA, "legacy-backup", "ebs-volume", DATA, TRI_NO, "kms:CreateGrant", "the key is PendingDeletion"},
    /* an account that nobody reads: that the key lets it in is half of it, a vendor's too */
    {SHARED, "druva-ekm", "druva-ekm", DRUVA, TRI_UNKNOWN, "",
     "the key lets it in; it hangs on what account 888899990000 itself allows, which cannot be seen from here"},
    {"555566667777", "erp-params", "s3-read", "121233334444", TRI_UNKNOWN, "",
     "the key lets it in; it hangs on what account 121233334444 itself allows, which cannot be seen from here"},
    {DATA, "aws/ssm", "ssm-read", DATA, TRI_YES, "", ""},
    {DATA, "aws/ssm", "s3-read", DATA, TRI_NO, "kms:Decrypt", "no statement or grant allows it"},
};

static void test_flows(void **state)
{
    const struct seen *s = *state;
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        struct key_who *who = judge_key_who(s->j, key_of(s, flows[i].account, flows[i].alias));
        const struct key_flow *found = NULL;
        for (size_t f = 0; f < who->flows.n; f++)
            if (strcmp(who->flows.items[f].id, flows[i].id) == 0 && strstr(who->flows.items[f].who, flows[i].who))
                found = &who->flows.items[f];
        if (!found || found->works != flows[i].works || strcmp(found->action, flows[i].action) != 0 ||
            strcmp(found->reason, flows[i].reason) != 0)
            fail_msg("%s %s: %d at %s: %s", flows[i].alias, flows[i].id, found ? (int)found->works : -1,
                     found ? found->action : "", found ? found->reason : "no such flow");
        key_who_free(who);
    }
}

/* A product's account has its product's flow alone; a key that signs has none at all. */
static void test_no_flows(void **state)
{
    const struct seen *s = *state;
    struct key_who *who = judge_key_who(s->j, key_of(s, SHARED, "druva-ekm"));
    for (size_t f = 0; f < who->flows.n; f++)
        assert_true(!strstr(who->flows.items[f].who, DRUVA) || strcmp(who->flows.items[f].id, "druva-ekm") == 0);
    key_who_free(who);
    who = judge_key_who(s->j, key_of(s, "222233334444", "invoice-signing"));
    assert_false(who->is_for_data);
    assert_int_equal(who->flows.n, 0);
    key_who_free(who);
}

/* Whom IAM lets counts only where IAM was read: the key's own policy leaves all to it. */
static void test_iam_not_read(void **state)
{
#define ALONE                                                                                      \
    "at 111122223333 eu-west-1\nkey $Ka state=Enabled manager=CUSTOMER usage=ENCRYPT_DECRYPT spec=SYMMETRIC_DEFAULT "     \
    "policy={\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"          \
    "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}\n"
    static const struct {
        const char *lines, *flow;
        enum tri works;
        const char *reason;
    } rows[] = {
        {ALONE, "s3-read", TRI_YES, ""},
        {ALONE "hide principals denied\n", "s3-read", TRI_UNKNOWN, "the key lets it in; it hangs on what account 111122223333 itself allows, which was not read"},
        {ALONE "hide iam-policies stale\n", "s3-read", TRI_UNKNOWN, "the key lets it in; it hangs on what account 111122223333 itself allows, which was not read"},
        {ALONE, "backup-ebs", TRI_NO, "there is no such role"},
        {ALONE "hide principals failed\n", "backup-ebs", TRI_UNKNOWN, "the key lets it in; it hangs on what account 111122223333 itself allows, which was not read"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        struct key_who *who = judge_key_who(s.j, small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/a"));
        const struct key_flow *found = NULL;
        for (size_t f = 0; f < who->flows.n; f++)
            if (strcmp(who->flows.items[f].id, rows[i].flow) == 0)
                found = &who->flows.items[f];
        if (!found || found->works != rows[i].works || strcmp(found->reason, rows[i].reason) != 0)
            fail_msg("row %zu: %d %s", i, found ? (int)found->works : -1, found ? found->reason : "no such flow");
        key_who_free(who);
        small_free(&s);
    }
}

/* ---- people ---------------------------------------------------------------------------------------------- */

static const struct key_user *user_of(const struct key_who *who, const char *principal)
{
    for (size_t i = 0; i < who->users.n; i++)
        if (strcmp(who->users.items[i].principal, principal) == 0)
            return &who->users.items[i];
    fail_msg("%s is not known", principal);
    return NULL;
}

static void test_users(void **state)
{
    const struct seen *s = *state;
    struct buf text = {0};
    struct key_who *who = judge_key_who(s->j, key_of(s, DATA, "crm-rekey"));
    const struct key_user *u = user_of(who, "arn:aws:iam::" DATA ":role/BreakGlass");
    key_user_text(u, &text);
    assert_string_equal(text.data, "decrypt, encrypt, grant, manage, delete");
    assert_non_null(strstr(u->because[RIGHT_DECRYPT], "keyPolicy statement 1 (Enable IAM User Permissions) + ident"));
    assert_false(user_of(who, "arn:aws:iam::" DATA ":role/AuditReadOnly")->is_user);
    u = user_of(who, "arn:aws:iam::" DATA ":role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup");
    assert_int_equal(u->verdicts[RIGHT_GRANT], VERDICT_UNKNOWN);
    assert_string_equal(u->because[RIGHT_GRANT], "hangs on context kms:ViaService");
    assert_string_equal(user_of(who, "arn:aws:iam::" DATA ":root")->kind, "account");
    assert_string_equal(user_of(who, "backup.eu-west-1.amazonaws.com")->kind, "service");
    /* everybody is named, but only of one account */
    assert_false(user_of(who, "anybody")->is_user);
    key_who_free(who);
    who = judge_key_who(s->j, key_of(s, SHARED, "druva-ekm"));
    u = user_of(who, "arn:aws:iam::" DRUVA ":root");
    assert_int_equal(u->verdicts[RIGHT_DECRYPT], VERDICT_ALLOWED); /* whatever its own account says */
    assert_int_equal(u->verdicts[RIGHT_MANAGE], VERDICT_IMPLICITLY_DENIED);
    key_who_free(who);
    buf_free(&text);
}

/* ---- without a statement ---------------------------------------------------------------------------------- */

static void test_without(void **state)
{
    const struct seen *s = *state;
    struct buf text = {0};
    size_t at = 0;
    struct key_who *who = judge_key_who(s->j, key_of(s, SHARED, "druva-ekm"));
    const struct key_statement *druva = &who->statements.items[2];
    assert_string_equal(druva->statement->sid, "Allow use of the Key for Druva inSync");
    assert_int_equal(druva->n_lose, 1);
    assert_int_equal(druva->n_gain, 0);
    key_changes_text(druva, &at, &text);
    assert_string_equal(text.data, "loses decrypt, encrypt");
    assert_int_equal(at, druva->changes.n);
    buf_free(&text);
    key_who_free(who);
}

/* ---- what falls if a statement goes -------------------------------------------------------------------------- */

static const struct consequence *falls(const struct impact *impact, const char *label, const char *text)
{
    for (size_t i = 0; i < impact->n; i++)
        if (strcmp(impact->items[i].label, label) == 0 && strstr(impact->items[i].text, text))
            return &impact->items[i];
    return NULL;
}

static const struct consequence *falls_of_kind(const struct seen *s, const struct impact *impact, enum kind kind)
{
    for (size_t i = 0; i < impact->n; i++)
        if (!impact->items[i].name && node_kind(s->estate, impact->items[i].node) == kind)
            return &impact->items[i];
    return NULL;
}

/* Who loses is whom key_who names; what cannot go any more needs a flow that stops. */
static void test_impact_of_statements(void **state)
{
    const struct seen *s = *state;
    static const char *const of[][2] = {{DATA, "crm-rekey"}, {SHARED, "druva-ekm"}, {"555566667777", "erp-params"}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        uint32_t key = key_of(s, of[k][0], of[k][1]), found;
        struct key_who *who = judge_key_who(s->j, key);
        for (size_t i = 0; i < who->statements.n; i++) {
            size_t n_losers = 0, index;
            uint64_t counted = 0;
            struct buf why = {0};
            struct impact *impact = judge_impact_statements(s->j, key, &i, 1, SIZE_MAX);
            assert_non_null(impact);
            for (size_t c = 0; c < impact->n; c++) {
                const struct consequence *one = &impact->items[c];
                n_losers += strcmp(one->label, "principal") == 0;
                assert_true(one->text[0] && one->source[0] && one->n_phases == 1);
                assert_true(one->because == UINT32_MAX ? one->name != NULL : impact->items[one->because].name != NULL);
            }
            for (int e = 0; e < EFFECT_COUNT; e++)
                counted += impact->counts[e];
            assert_int_equal(n_losers, who->statements.items[i].n_lose);
            assert_int_equal(counted, impact->n_all);
            assert_int_equal(impact->dependents + impact->n_named, impact->n_all);
            assert_true(judge_statement_find(s->j, impact->names[0], &found, &index, &why));
            assert_true(found == key && index == i && why.len == 0);
            impact_free(impact);
        }
        size_t none = who->statements.n;
        assert_null(judge_impact_statements(s->j, key, &none, 1, SIZE_MAX));
        key_who_free(who);
    }
}

static void test_impact_of_a_statement(void **state)
{
    const struct seen *s = *state;
    size_t third = 2, first = 0;
    /* copies into another account stop, and nothing else of its own account */
    struct impact *impact = judge_impact_statements(s->j, key_of(s, DATA, "crm-rekey"), &third, 1, SIZE_MAX);
    const struct consequence *snapshot = falls_of_kind(s, impact, KIND_DB_SNAPSHOT);
    assert_non_null(falls(impact, "principal", "loses decrypt, encrypt"));
    assert_non_null(falls(impact, "flow", "kms:DescribeKey: no statement or grant allows it"));
    assert_non_null(snapshot);
    assert_int_equal(snapshot->phases[0].effect, EFFECT_DEGRADED);
    assert_non_null(strstr(snapshot->text, "AWS Backup cannot copy it: asked by arn:aws:iam::" SHARED));
    assert_int_equal(impact->severity, SEVERITY_HIGH);
    assert_true(impact->is_complete);
    impact_free(impact);
    /* what leaves all to IAM: its backups cannot be restored either */
    impact = judge_impact_statements(s->j, key_of(s, DATA, "crm-rekey"), &first, 1, SIZE_MAX);
    assert_string_equal(falls_of_kind(s, impact, KIND_DB_SNAPSHOT)->text, "cannot be restored");
    impact_free(impact);
    /* Druva's own statements: the product stops */
    size_t both[] = {2, 3};
    impact = judge_impact_statements(s->j, key_of(s, SHARED, "druva-ekm"), both, 1, SIZE_MAX);
    assert_int_equal(falls_of_kind(s, impact, KIND_EKM)->severity, SEVERITY_CRITICAL);
    assert_int_equal(falls_of_kind(s, impact, KIND_EKM)->phases[0].effect, EFFECT_DOWN);
    assert_int_equal(impact->severity, SEVERITY_CRITICAL);
    impact_free(impact);
}

static void test_no_such_statement(void **state)
{
    const struct seen *s = *state;
    static const char *const wrong[] = {"", "nothing#1", "arn:aws:kms:eu-west-1:111122223333:key/none/#1"};
    size_t index;
    uint32_t key;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buf why = {0};
        char *id = mem_printf(STATEMENT_PREFIX "%s", wrong[i]);
        assert_false(judge_statement_find(s->j, id, &key, &index, &why));
        assert_true(why.len > 0);
        buf_free(&why);
        mem_free(id);
    }
}

/* Without an Allow nobody gains, without a Deny nobody loses; every verdict is that of the same question asked by
 * itself; what is told of a change is what is so now. */
static void test_every_key(void **state)
{
    const struct seen *s = *state;
    struct record key;
    size_t n_changes = 0;
    for (struct walk w = walk_kind(s->generation, KIND_KEY); walk_next(&w, &key);) {
        struct key_who *who = judge_key_who(s->j, key.node);
        uint32_t n_users = 0;
        for (size_t i = 0; i < who->statements.n; i++) {
            const struct key_statement *st = &who->statements.items[i];
            assert_int_equal(st->statement->effect == POLICY_ALLOW ? st->n_gain : st->n_lose, 0);
            for (size_t c = 0; c < st->changes.n; c++)
                assert_int_equal(st->changes.items[c].now,
                                 who->users.items[st->changes.items[c].user].verdicts[st->changes.items[c].right]);
            n_changes += st->changes.n;
        }
        for (size_t i = 0; i < who->users.n; i++) {
            n_users += who->users.items[i].is_user;
            for (int r = 0; r < RIGHT_COUNT; r++)
                assert_true(who->users.items[i].because[r][0] != '\0');
        }
        assert_int_equal(n_users, who->n_users);
        assert_int_equal(who->n_flows[TRI_NO] + who->n_flows[TRI_UNKNOWN] + who->n_flows[TRI_YES], who->flows.n);
        for (size_t f = 0; f < who->flows.n; f++)
            assert_int_equal(who->flows.items[f].reason[0] == '\0', who->flows.items[f].works == TRI_YES);
        key_who_free(who);
    }
    assert_true(n_changes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),   cmocka_unit_test(test_no_flows),  cmocka_unit_test(test_users),
        cmocka_unit_test(test_impact_of_statements), cmocka_unit_test(test_impact_of_a_statement),
        cmocka_unit_test(test_no_such_statement),
        cmocka_unit_test(test_without), cmocka_unit_test(test_every_key), cmocka_unit_test(test_iam_not_read),
    };
    model_init();
    return cmocka_run_group_tests(tests, see, forget);
}
