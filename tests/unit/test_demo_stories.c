/* The demo's stories, as the estate has them after the backend thread has read the whole of it. */
#include "backend/aws/wire.h"
#include "backend/demo/demo.h"
#include "backend/estate/estate.h"
#include "backend/refresh/refresh.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#define NOW INT64_C(1787407320) /* 2026-08-22T14:02:00Z */
#define DAY_S 86400

/* ---- the whole demo through the backend thread ---------------------------------------------- */

struct whole {
    struct estate *estate;
    struct refresh *refresh;
    const struct generation *generation;
    double cpu_s;
};

static void read_whole(struct whole *out, const char *org_role)
{
    struct err err = {0};
    clock_t start = clock();
    out->estate = estate_new();
    struct refresh_settings settings = {.wire = demo_wire_new(NOW),
                                        .estate = out->estate,
                                        .org_role = org_role,
                                        .once = true,
                                        .fixed_now = NOW,
                                        .anonymous = true};
    settings.n_targets = demo_targets(&settings.targets);
    assert_int_equal(refresh_new(&settings, &out->refresh, &err), ERR_OK);
    assert_int_equal(refresh_wait(out->refresh, 60, NULL, NULL, &err), REFRESH_DONE);
    out->cpu_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    out->generation = estate_acquire(out->estate);
}

static void free_whole(struct whole *w)
{
    generation_release(w->generation);
    refresh_free(w->refresh);
    estate_free(w->estate);
}

static size_t count_kind(const struct generation *g, enum kind kind)
{
    struct walk walk = walk_kind(g, kind);
    struct record record;
    size_t n = 0;
    while (walk_next(&walk, &record))
        n++;
    return n;
}

static void the_whole_demo_is_read_at_once(void **state)
{
    const struct whole *w = *state;
    static const struct {
        enum kind kind;
        size_t n;
    } counts[] = {
        {KIND_ACCOUNT, 6},
        {KIND_REGION, 54},
        {KIND_KEY, 93},
        {KIND_KEY_STORE, 1},
        {KIND_ALIAS, 94},
        {KIND_GRANT, 68},
        {KIND_PARAMETER, 115},
        {KIND_VAULT, 29},
        {KIND_POINT, 4430},
        {KIND_PLAN, 12},
        {KIND_RULE, 14},
        {KIND_SELECTION, 12},
        {KIND_COPY_JOB, 315},
        {KIND_PROTECTED, 76},
        {KIND_DB_INSTANCE, 10},
        {KIND_DB_CLUSTER, 1},
        {KIND_VOLUME, 47},
        {KIND_DB_SNAPSHOT, 444},
        {KIND_DB_CLUSTER_SNAPSHOT, 42},
        {KIND_EBS_SNAPSHOT, 2144},
        {KIND_EFS, 9},
        {KIND_FSX, 1},
        {KIND_FSX_BACKUP, 28},
        {KIND_PRINCIPAL, 50},
        {KIND_IAM_POLICY, 23},
        {KIND_UNIT, 6},
        {KIND_ORG_ACCOUNT, 7},
        {KIND_ORG_POLICY, 7},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (count_kind(w->generation, counts[i].kind) != counts[i].n)
            print_message("%s: ", kind_row(counts[i].kind)->plural);
        assert_int_equal(count_kind(w->generation, counts[i].kind), counts[i].n);
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(w->cpu_s < 1.0);
#endif
}

/* ---- the stories, as the estate has them ---------------------------------------------------- */

#define KEY(account, region, alias) "arn:aws:kms:" region ":" account ":alias/" alias
#define VAULT(account, region, name) "arn:aws:backup:" region ":" account ":backup-vault:" name
#define DATA "111122223333"
#define APPS "222233334444"
#define SHARED "333344445555"
#define LEGACY "555566667777"
#define SANDBOX "666677778888"
#define AUDIT "777788889999"

/* A record by its ARN; a key also by its alias's. */
static struct record record_of(const struct whole *w, enum kind kind, const char *arn)
{
    struct record r;
    bool by_alias = kind == KIND_KEY && strstr(arn, ":alias/");
    uint32_t node = estate_find_node(w->estate, by_alias ? KIND_ALIAS : kind, arn, strlen(arn));
    if (!node || !generation_record(w->generation, node, &r))
        fail_msg("%s is not there", arn);
    if (by_alias) {
        struct value key = record_value(&r, ATTR_ALIAS_KEY);
        assert_int_equal(key.is, VALUE_KNOWN);
        if (!generation_record(w->generation, key.node, &r))
            fail_msg("the key of %s is not there", arn);
    }
    return r;
}

static const char *attr_text(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && v.text ? v.text : "";
}

static int64_t attr_number(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    assert_int_equal(v.is, VALUE_KNOWN);
    return v.number;
}

static void records_say_what_the_stories_need(void **state)
{
    const struct whole *w = *state;
    static const struct {
        enum kind kind;
        const char *arn;
        enum attr attr;
        const char *text; /* "": absent */
    } facts[] = {
        {KIND_KEY, KEY(DATA, "eu-west-1", "prod-backup"), ATTR_KEY_STATE, "PendingDeletion"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "legacy-backup"), ATTR_KEY_STATE, "PendingDeletion"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "prod-backup"), ATTR_KEY_EXTERNAL_ACCOUNTS,
         "444455556666"},
        {KIND_KEY, KEY(DATA, "us-east-1", "dr-main"), ATTR_KEY_STATE, "Enabled"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "etl-staging"), ATTR_KEY_STATE, "Disabled"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "ledger-archive"), ATTR_KEY_EXPIRATION,
         "KEY_MATERIAL_EXPIRES"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "payments-db"), ATTR_KEY_EXTERNAL_ACCOUNTS, SHARED},
        {KIND_KEY, KEY(DATA, "eu-west-1", "aws/rds"), ATTR_KEY_MANAGER, "AWS"},
        {KIND_KEY, KEY(DATA, "eu-west-1", "sessions"), ATTR_KEY_MULTI_REGION_TYPE, "PRIMARY"},
        {KIND_KEY, KEY(DATA, "us-east-1", "sessions"), ATTR_KEY_MULTI_REGION_TYPE, "REPLICA"},
        {KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm"), ATTR_KEY_STATE, "Enabled"},
        {KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm-old"), ATTR_KEY_STATE, "Enabled"},
        {KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm"), ATTR_KEY_EXTERNAL_ACCOUNTS,
         "888899990000"},
        {KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm-old"), ATTR_KEY_EXTERNAL_ACCOUNTS,
         "888899990000"},
        {KIND_KEY, KEY(SHARED, "eu-central-1", "hsm-escrow"), ATTR_KEY_STATE, "Unavailable"},
        {KIND_KEY, KEY(LEGACY, "us-east-2", "old-db"), ATTR_KEY_STATE, "PendingDeletion"},
        {KIND_KEY, KEY(SANDBOX, "eu-west-1", "import-trial"), ATTR_KEY_STATE, "PendingImport"},
        {KIND_KEY, KEY(SANDBOX, "us-east-1", "quick-test"), ATTR_KEY_EXTERNAL_ACCOUNTS, "*"},
        {KIND_KEY, KEY(APPS, "eu-west-1", "invoice-signing"), ATTR_KEY_SPEC, "RSA_4096"},
        {KIND_VAULT, VAULT(SHARED, "eu-west-1", "airgap-payments"), ATTR_VAULT_TYPE,
         "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"},
        {KIND_VAULT, VAULT(SHARED, "eu-west-1", "airgap-payments"), ATTR_VAULT_KEY_TYPE,
         "AWS_OWNED_KMS_KEY"},
        {KIND_VAULT, VAULT(DATA, "eu-west-1", "prod-vault"), ATTR_VAULT_KEY_TYPE,
         "CUSTOMER_MANAGED_KMS_KEY"},
        {KIND_VAULT, VAULT(DATA, "eu-west-1", "crm-vault"), ATTR_VAULT_KEY_TYPE, ""},
        {KIND_VAULT, VAULT(APPS, "eu-west-1", "aws/efs/automatic-backup-vault"), ATTR_VAULT_TYPE,
         "BACKUP_VAULT"},
        {KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:" DATA ":db:orders-db", ATTR_DB_INSTANCE_STATUS,
         "inaccessible-encryption-credentials-recoverable"},
        {KIND_DB_CLUSTER, "arn:aws:rds:us-east-1:" APPS ":cluster:catalog",
         ATTR_DB_CLUSTER_ENCRYPTION_TYPE, "sse-rds"},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct record r = record_of(w, facts[i].kind, facts[i].arn);
        assert_string_equal(attr_text(&r, facts[i].attr), facts[i].text);
    }
}

static void clocks_run(void **state)
{
    const struct whole *w = *state;
    static const struct {
        const char *key;
        enum attr attr;
        int64_t days, hours;
    } cases[] = {
        {KEY(DATA, "eu-west-1", "prod-backup"), ATTR_KEY_DELETION_DATE, 6, 4},
        {KEY(LEGACY, "us-east-2", "old-db"), ATTR_KEY_DELETION_DATE, 27, 11},
        {KEY(DATA, "eu-west-1", "ledger-archive"), ATTR_KEY_VALID_TO, 20, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = record_of(w, KIND_KEY, cases[i].key);
        int64_t left = attr_number(&r, cases[i].attr) - NOW;
        assert_int_equal(left / DAY_S, cases[i].days);
        assert_int_equal(left % DAY_S / 3600, cases[i].hours);
    }
}

static size_t hanging(const struct whole *w, uint32_t node, enum kind kind)
{
    struct hang h = hang_on(w->generation, node);
    struct record dependent;
    enum edge edge;
    size_t n = 0;
    while (hang_next(&h, &dependent, &edge))
        n += dependent.kind == kind;
    return n;
}

static void what_hangs_on_the_dying_key(void **state)
{
    const struct whole *w = *state;
    static const struct {
        enum kind kind;
        size_t n;
    } cases[] = {{KIND_POINT, 400}, {KIND_VAULT, 1},  {KIND_DB_INSTANCE, 3},   {KIND_VOLUME, 10},
                 {KIND_ALIAS, 2},   {KIND_GRANT, 15}, {KIND_EBS_SNAPSHOT, 313}};
    struct record key = record_of(w, KIND_KEY, KEY(DATA, "eu-west-1", "prod-backup"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(hanging(w, key.node, cases[i].kind), cases[i].n);
    /* parameters name its aliases */
    size_t n = 0;
    static const char *const aliases[] = {KEY(DATA, "eu-west-1", "prod-backup"),
                                          KEY(DATA, "eu-west-1", "legacy-backup")};
    for (size_t i = 0; i < 2; i++)
        n += hanging(w, estate_find_node(w->estate, KIND_ALIAS, aliases[i], strlen(aliases[i])),
                     KIND_PARAMETER);
    assert_int_equal(n, 58);
    struct record safe = record_of(w, KIND_KEY, KEY(DATA, "us-east-1", "dr-main"));
    assert_int_equal(hanging(w, safe.node, KIND_POINT), 12);
}

/* A disabled key that nothing uses, and one that much does. */
static void disabled_keys_differ(void **state)
{
    const struct whole *w = *state;
    struct walk walk = walk_kind(w->generation, KIND_KEY);
    struct record key;
    size_t n_idle = 0, n_used = 0;
    while (walk_next(&walk, &key)) {
        if (strcmp(attr_text(&key, ATTR_KEY_STATE), "Disabled") != 0)
            continue;
        size_t n = hanging(w, key.node, KIND_POINT) + hanging(w, key.node, KIND_VOLUME) +
                   hanging(w, key.node, KIND_ALIAS);
        n_idle += n == 0;
        n_used += n > 10;
    }
    assert_int_equal(n_idle, 1);
    assert_int_equal(n_used, 1);
}

/* Points of a vault whose source is another. */
static size_t copies_between(const struct whole *w, const char *from, const char *to)
{
    uint32_t source = estate_find_node(w->estate, KIND_VAULT, from, strlen(from));
    struct walk walk = walk_kind(w->generation, KIND_POINT);
    struct record point;
    size_t n = 0;
    while (walk_next(&walk, &point)) {
        struct value vault = record_value(&point, ATTR_POINT_VAULT);
        struct value via = record_value(&point, ATTR_POINT_SOURCE_VAULT);
        struct buf arn = {0};
        node_arn(w->estate, vault.node, &arn);
        n += via.is == VALUE_KNOWN && via.node == source && (!to || strcmp(arn.data, to) == 0);
        buf_free(&arn);
    }
    return n;
}

static void copy_chains_are_whole_but_one(void **state)
{
    const struct whole *w = *state;
    /* customer key: one hop; AWS managed key: through an intermediate vault */
    assert_int_equal(copies_between(w, VAULT(DATA, "eu-west-1", "payments-vault"),
                                    VAULT(SHARED, "eu-central-1", "payments-copies")),
                     90);
    assert_int_equal(copies_between(w, VAULT(DATA, "eu-west-1", "crm-vault"),
                                    VAULT(DATA, "eu-west-1", "crm-rekey")),
                     30);
    assert_int_equal(copies_between(w, VAULT(DATA, "eu-west-1", "crm-rekey"),
                                    VAULT(SHARED, "eu-central-1", "crm-copies")),
                     60);
    assert_int_equal(copies_between(w, VAULT(APPS, "eu-west-1", "wiki-vault"),
                                    VAULT(APPS, "eu-west-1", "wiki-rekey")),
                     30);
    assert_int_equal(copies_between(w, VAULT(APPS, "eu-west-1", "wiki-rekey"), NULL), 0);
    struct record managed = record_of(w, KIND_KEY, KEY(DATA, "eu-west-1", "aws/rds"));
    struct record rekeyed = record_of(w, KIND_KEY, KEY(DATA, "eu-west-1", "crm-rekey"));
    struct record copies = record_of(w, KIND_KEY, KEY(SHARED, "eu-central-1", "copies-main"));
    assert_int_equal(hanging(w, managed.node, KIND_POINT), 30);
    assert_int_equal(hanging(w, rekeyed.node, KIND_POINT), 30);
    assert_int_equal(hanging(w, copies.node, KIND_POINT), 150);
}

static bool has_tag(const struct record *key, const char *name, const char *value)
{
    struct value tags = record_value(key, ATTR_KEY_TAGS);
    for (const char *at = NULL; (at = value_next(&tags, at));) {
        bool is_it = strcmp(at, name) == 0;
        at = value_next(&tags, at);
        if (is_it)
            return at && strcmp(at, value) == 0;
    }
    return false;
}

static void products_are_tagged(void **state)
{
    const struct whole *w = *state;
    struct record now = record_of(w, KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm"));
    struct record before = record_of(w, KIND_KEY, KEY(SHARED, "eu-central-1", "druva-ekm-old"));
    assert_true(has_tag(&now, "keyfall:ekm", "entra-id salesforce"));
    assert_true(has_tag(&now, "keyfall:phase", "current"));
    assert_true(has_tag(&before, "keyfall:ekm", "entra-id salesforce"));
    assert_true(has_tag(&before, "keyfall:phase", "in transition"));
    const char *policy = attr_text(&now, ATTR_KEY_POLICY);
    assert_non_null(strstr(policy, "Allow use of the Key for Druva inSync"));
    assert_non_null(strstr(policy, "kms:GrantIsForAWSResource"));
}

static void druva_credentials_are_under_both_kinds_of_key(void **state)
{
    const struct whole *w = *state;
    struct walk walk = walk_kind(w->generation, KIND_PARAMETER);
    struct record parameter;
    size_t n_default = 0, n_customer = 0;
    while (walk_next(&walk, &parameter)) {
        if (strncmp(attr_text(&parameter, ATTR_PARAMETER_NAME), "Druva-ClientCredential-", 23) != 0)
            continue;
        bool is_default =
            strcmp(attr_text(&parameter, ATTR_PARAMETER_KEY_REFERENCE), "alias/aws/ssm") == 0;
        assert_string_equal(record_account(&parameter), is_default ? DATA : APPS);
        n_default += is_default;
        n_customer += !is_default;
    }
    assert_int_equal(n_default, 2);
    assert_int_equal(n_customer, 1);
}

static void one_region_lacks_the_alias_of_autobackup(void **state)
{
    const struct whole *w = *state;
    static const struct {
        const char *alias, *replica_region;
        bool is_there;
    } cases[] = {{KEY(SHARED, "eu-west-1", "autobackup-replica"), "eu-west-1", true},
                 {KEY(SHARED, "eu-central-1", "autobackup-replica"), "eu-central-1", true},
                 {KEY(SHARED, "us-east-1", "autobackup-replica"), "us-east-1", true},
                 {KEY(SHARED, "us-east-2", "autobackup-replica"), "us-east-2", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r;
        uint32_t node =
            estate_find_node(w->estate, KIND_ALIAS, cases[i].alias, strlen(cases[i].alias));
        assert_int_equal(node && generation_record(w->generation, node, &r), cases[i].is_there);
        struct walk walk = walk_kind(w->generation, KIND_KEY);
        size_t n = 0;
        while (walk_next(&walk, &r))
            n += strcmp(record_region(&r), cases[i].replica_region) == 0 &&
                 has_tag(&r, "keyfall:autobackup", "apps") && has_tag(&r, "keyfall:role", "vault");
        assert_int_equal(n, 1);
    }
}

static void vaults_are_locked_in_every_way(void **state)
{
    const struct whole *w = *state;
    static const struct {
        const char *vault;
        bool is_locked;
        int lock; /* -1: final, 0: governance, 1: still to be final */
    } cases[] = {
        {VAULT(SHARED, "eu-west-1", "shared-main"), true, -1},
        {VAULT(DATA, "us-east-1", "dr-vault"), true, 0},
        {VAULT(DATA, "eu-west-1", "prod-vault"), false, 0},
        {VAULT(SHARED, "eu-west-1", "shared-archive"), true, 1},
        {VAULT(SHARED, "eu-west-1", "airgap-payments"), true, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = record_of(w, KIND_VAULT, cases[i].vault);
        struct value date = record_value(&r, ATTR_VAULT_LOCK_DATE);
        assert_int_equal(attr_number(&r, ATTR_VAULT_LOCKED), cases[i].is_locked);
        assert_int_equal(date.is, cases[i].lock ? VALUE_KNOWN : VALUE_ABSENT);
        if (cases[i].lock)
            assert_int_equal(date.number > NOW ? 1 : -1, cases[i].lock);
    }
    /* what a vault reports is what it lists */
    struct walk walk = walk_kind(w->generation, KIND_VAULT);
    struct record vault;
    while (walk_next(&walk, &vault))
        assert_int_equal(attr_number(&vault, ATTR_VAULT_POINTS_REPORTED),
                         slice_rows(record_children(&vault, FACET_VAULT_POINTS)));
}

static void points_are_in_every_state(void **state)
{
    const struct whole *w = *state;
    struct walk walk = walk_kind(w->generation, KIND_POINT);
    struct record point;
    size_t n_expired = 0, n_partial = 0, n_plain = 0, n_future = 0, n_same = 0;
    while (walk_next(&walk, &point)) {
        const char *status = attr_text(&point, ATTR_POINT_STATUS);
        struct value same = record_value(&point, ATTR_POINT_SAME_AS);
        n_expired += strcmp(status, "EXPIRED") == 0;
        n_partial += strcmp(status, "PARTIAL") == 0;
        n_plain += attr_number(&point, ATTR_POINT_ENCRYPTED) == 0;
        n_future += attr_number(&point, ATTR_POINT_CREATED) > NOW;
        struct record snapshot;
        enum kind kind = same.is == VALUE_KNOWN ? node_kind(w->estate, same.node) : KIND_NONE;
        if (kind == KIND_EBS_SNAPSHOT || kind == KIND_DB_SNAPSHOT ||
            kind == KIND_DB_CLUSTER_SNAPSHOT) {
            assert_true(generation_record(w->generation, same.node, &snapshot));
            n_same++;
        }
    }
    assert_int_equal(n_expired, 41);
    assert_int_equal(n_partial, 3);
    assert_int_equal(n_plain, 70);
    assert_int_equal(n_future, 0);
    assert_true(n_same > 2000);
    struct record backup_key = record_of(w, KIND_KEY, KEY(LEGACY, "us-east-1", "aws/backup"));
    assert_true(hanging(w, backup_key.node, KIND_POINT) > 10);
}

static void an_alias_and_points_name_a_key_that_is_gone(void **state)
{
    const struct whole *w = *state;
    static const char alias_arn[] = KEY(LEGACY, "us-east-1", "erp-reports");
    struct record key;
    struct record alias = record_of(w, KIND_ALIAS, alias_arn);
    struct value target = record_value(&alias, ATTR_ALIAS_KEY);
    assert_int_equal(target.is, VALUE_KNOWN);
    assert_false(generation_record(w->generation, target.node, &key));
    assert_int_equal(hanging(w, target.node, KIND_POINT), 6);
}

static void hostile_text_is_kept_as_it_came(void **state)
{
    const struct whole *w = *state;
    struct record key = record_of(w, KIND_KEY, KEY(SANDBOX, "eu-west-1", "escape-room"));
    assert_non_null(strstr(attr_text(&key, ATTR_KEY_DESCRIPTION), "\033[2J"));
    assert_true(has_tag(&key, "owner", "\xe2\x80\xaetac txt.exe\xe2\x80\xac"));
    assert_true(has_tag(&key, "formula", "=cmd|' /C calc'!A0"));
}

static const struct slice *slice_of(const struct whole *w, enum kind kind, enum list list,
                                    const char *account, const char *region)
{
    uint32_t slot;
    for (uint32_t i = 0; (slot = kind_slot(w->estate, kind, i)); i++) {
        uint32_t scope = slot_scope(w->estate, slot);
        if (slot_list(w->estate, slot) == list &&
            strcmp(scope_account(w->estate, scope), account) == 0 &&
            strcmp(scope_region(w->estate, scope), region) == 0)
            return generation_slice(w->generation, slot);
    }
    fail_msg("no slice of %s in %s", account, region);
    return NULL;
}

static void blind_spots_stay_blind(void **state)
{
    const struct whole *w = *state;
    static const struct {
        enum kind kind;
        enum list list;
        const char *account, *region;
        enum truth truth;
        const char *aws_code;
    } cases[] = {
        {KIND_VAULT, LIST_VAULTS, LEGACY, "us-east-2", TRUTH_DENIED, "AccessDeniedException"},
        {KIND_VOLUME, LIST_VOLUMES, LEGACY, "us-east-2", TRUTH_DENIED, "UnauthorizedOperation"},
        {KIND_PARAMETER, LIST_PARAMETERS, SANDBOX, "us-east-1", TRUTH_FAILED,
         "ThrottlingException"},
        {KIND_KEY, LIST_KEYS, SANDBOX, "us-west-2", TRUTH_DENIED, "AccessDeniedException"},
        {KIND_KEY, LIST_KEYS, LEGACY, "us-east-2", TRUTH_KNOWN, ""},
        {KIND_KEY, LIST_KEYS, AUDIT, "us-west-2", TRUTH_KNOWN, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct slice *s =
            slice_of(w, cases[i].kind, cases[i].list, cases[i].account, cases[i].region);
        struct failure failure = {.aws_code = ""};
        assert_int_equal(slice_truth(s), cases[i].truth);
        if (slice_failure(s))
            failure_get(w->estate, slice_failure(s), &failure);
        assert_string_equal(failure.aws_code, cases[i].aws_code);
    }
    struct record key = record_of(w, KIND_KEY, KEY(LEGACY, "us-east-2", "old-audit"));
    assert_int_equal(record_facet(&key, FACET_KEY_METADATA).truth, TRUTH_KNOWN);
    assert_int_equal(record_facet(&key, FACET_KEY_POLICY).truth, TRUTH_DENIED);
    struct record store;
    struct walk walk = walk_kind(w->generation, KIND_KEY_STORE);
    assert_true(walk_next(&walk, &store));
    assert_string_equal(attr_text(&store, ATTR_KEY_STORE_STATE), "DISCONNECTED");
}

static void the_organization_has_a_suspended_account(void **state)
{
    (void)state;
    struct whole w;
    struct record account;
    size_t n = 0, n_suspended = 0;
    read_whole(&w, DEMO_ORG_ROLE);
    struct walk walk = walk_kind(w.generation, KIND_ACCOUNT);
    while (walk_next(&walk, &account)) {
        bool is_suspended = strcmp(attr_text(&account, ATTR_ACCOUNT_STATE), "SUSPENDED") == 0;
        n++;
        n_suspended += is_suspended;
        if (is_suspended)
            assert_string_equal(attr_text(&account, ATTR_ACCOUNT_NAME), "webshop-2019");
    }
    assert_int_equal(n, 7);
    assert_int_equal(n_suspended, 1);
    assert_int_equal(count_kind(w.generation, KIND_POINT), 4430);
    free_whole(&w);
}

static int setup(void **state)
{
    static struct whole whole;
    model_init();
    read_whole(&whole, NULL);
    *state = &whole;
    return 0;
}

static int teardown(void **state)
{
    free_whole(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_demo_is_read_at_once),
        cmocka_unit_test(records_say_what_the_stories_need),
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(what_hangs_on_the_dying_key),
        cmocka_unit_test(disabled_keys_differ),
        cmocka_unit_test(copy_chains_are_whole_but_one),
        cmocka_unit_test(products_are_tagged),
        cmocka_unit_test(druva_credentials_are_under_both_kinds_of_key),
        cmocka_unit_test(one_region_lacks_the_alias_of_autobackup),
        cmocka_unit_test(vaults_are_locked_in_every_way),
        cmocka_unit_test(points_are_in_every_state),
        cmocka_unit_test(an_alias_and_points_name_a_key_that_is_gone),
        cmocka_unit_test(hostile_text_is_kept_as_it_came),
        cmocka_unit_test(blind_spots_stay_blind),
        cmocka_unit_test(the_organization_has_a_suspended_account),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
