/* The demo: each operation answered in the form of its protocol, the same for the same now, in a
 * world that hangs together. */
#include "backend/aws/tree.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"
#include "backend/demo/demo.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1787407320) /* 2026-08-22T14:02:00Z */
#define DAY_S 86400
#define MAX_PARAMS 3

/* ---- asking --------------------------------------------------------------------------------- */

struct asked {
    cJSON *pages[64];
    int n_pages;
    struct err err;
    bool is_done;
};

static void keep_answer(void *ctx, const struct wire_answer *answer)
{
    struct asked *a = ctx;
    assert_false(a->is_done);
    a->is_done = answer->last;
    a->err = answer->err;
    if (answer->err.code != ERR_OK)
        return;
    assert_int_equal(answer->page, a->n_pages);
    assert_true(a->n_pages < 64);
    a->pages[a->n_pages] = cJSON_Duplicate(answer->tree, true);
    assert_non_null(a->pages[a->n_pages++]);
}

static void ask(struct wire *w, enum op_id op, const char *account, const char *region,
                const struct param *params, struct asked *out)
{
    size_t n = 0;
    *out = (struct asked){0};
    while (n < MAX_PARAMS && params && params[n].name)
        n++;
    (void)wire_send(w, &(struct wire_request){.op = op,
                                              .account = account,
                                              .region = region,
                                              .params = params,
                                              .n_params = n,
                                              .answered = keep_answer,
                                              .ctx = out});
    for (int i = 0; i < 1000 && !out->is_done; i++)
        wire_step(w, 100);
    assert_true(out->is_done);
}

static void forget(struct asked *a)
{
    for (int i = 0; i < a->n_pages; i++)
        cJSON_Delete(a->pages[i]);
    *a = (struct asked){0};
}

static const char *text_at(const cJSON *tree, const char *path)
{
    const char *text = NULL;
    bool has = false;
    assert_int_equal(tree_text(tree, path, &text, &has, NULL), ERR_OK);
    return has ? text : "";
}

/* ---- the form of answers -------------------------------------------------------------------- */

/* What each operation's items are called in AWS's answers, and what tells one from the other. */
static const struct form {
    enum op_id op;
    const char *list, *item, *id;
    const char *account, *region; /* where there are some */
} forms[] = {
    {OP_ORGANIZATIONS_LIST_ACCOUNTS, "Accounts", NULL, "Id", "777788889999", "us-east-1"},
    {OP_ACCOUNT_LIST_REGIONS, "Regions", NULL, "RegionName", "777788889999", "us-east-1"},
    {OP_EC2_DESCRIBE_REGIONS, "regionInfo", "item", "regionName", "111122223333", "us-east-1"},
    {OP_EC2_DESCRIBE_VOLUMES, "volumeSet", "item", "volumeId", "111122223333", "eu-west-1"},
    {OP_EC2_DESCRIBE_SNAPSHOTS, "snapshotSet", "item", "snapshotId", "111122223333", "eu-west-1"},
    {OP_KMS_LIST_KEYS, "Keys", NULL, "KeyArn", "111122223333", "eu-west-1"},
    {OP_KMS_LIST_ALIASES, "Aliases", NULL, "AliasArn", "111122223333", "eu-west-1"},
    {OP_KMS_DESCRIBE_CUSTOM_KEY_STORES, "CustomKeyStores", NULL, "CustomKeyStoreId", "333344445555",
     "eu-central-1"},
    {OP_SSM_DESCRIBE_PARAMETERS, "Parameters", NULL, "ARN", "111122223333", "eu-west-1"},
    {OP_BACKUP_LIST_BACKUP_VAULTS, "BackupVaultList", NULL, "BackupVaultArn", "111122223333",
     "eu-west-1"},
    {OP_BACKUP_LIST_BACKUP_PLANS, "BackupPlansList", NULL, "BackupPlanArn", "111122223333",
     "eu-west-1"},
    {OP_BACKUP_LIST_COPY_JOBS, "CopyJobs", NULL, "CopyJobId", "111122223333", "eu-west-1"},
    {OP_BACKUP_LIST_PROTECTED_RESOURCES, "Results", NULL, "ResourceArn", "111122223333",
     "eu-west-1"},
    {OP_RDS_DESCRIBE_DB_INSTANCES, "DBInstances", "DBInstance", "DBInstanceArn", "111122223333",
     "eu-west-1"},
    {OP_RDS_DESCRIBE_DB_CLUSTERS, "DBClusters", "DBCluster", "DBClusterArn", "222233334444",
     "us-east-1"},
    {OP_RDS_DESCRIBE_DB_SNAPSHOTS, "DBSnapshots", "DBSnapshot", "DBSnapshotArn", "111122223333",
     "eu-west-1"},
    {OP_RDS_DESCRIBE_DB_CLUSTER_SNAPSHOTS, "DBClusterSnapshots", "DBClusterSnapshot",
     "DBClusterSnapshotArn", "222233334444", "us-east-1"},
    {OP_RDS_DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS, "DBInstanceAutomatedBackups",
     "DBInstanceAutomatedBackup", "DBInstanceAutomatedBackupsArn", "111122223333", "eu-west-1"},
};
#define N_FORMS (sizeof forms / sizeof *forms)

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Collects the ids of all pages; checks that the tokens say what follows. */
static size_t ids_of(const struct asked *a, const struct form *f, const char **ids, size_t max)
{
    const struct op *op = op_get(f->op);
    size_t n = 0;
    for (int page = 0; page < a->n_pages; page++) {
        const cJSON *tree = a->pages[page], *item;
        bool is_last = page == a->n_pages - 1;
        struct tree_list list;
        assert_int_equal(tree_list(tree, f->list, f->item, &list, NULL), ERR_OK);
        if (op->page_out)
            assert_int_equal(tree_at(tree, op->page_out) == NULL, is_last);
        if (op->page_more)
            assert_int_equal(cJSON_IsTrue(tree_at(tree, op->page_more)), !is_last);
        while ((item = tree_next(&list))) {
            assert_true(n < max);
            ids[n] = text_at(item, f->id);
            assert_string_not_equal(ids[n], "");
            n++;
        }
    }
    return n;
}

static void lists_have_the_form_of_their_protocol(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    for (size_t i = 0; i < N_FORMS; i++) {
        static const char *ids[4000];
        struct asked a;
        ask(w, forms[i].op, forms[i].account, forms[i].region, NULL, &a);
        assert_int_equal(a.err.code, ERR_OK);
        size_t n = ids_of(&a, &forms[i], ids, 4000);
        assert_true(n > 0);
        qsort(ids, n, sizeof *ids, by_text);
        for (size_t j = 1; j < n; j++)
            assert_string_not_equal(ids[j - 1], ids[j]);
        forget(&a);
    }
    wire_free(w);
}

/* An empty XML list is an empty element, an empty JSON list a list. */
static void empty_lists_are_lists(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    for (size_t i = 0; i < N_FORMS; i++) {
        struct asked a;
        const char *ids[64];
        if (service_get(op_get(forms[i].op)->service)->global ||
            forms[i].op == OP_EC2_DESCRIBE_REGIONS)
            continue;
        ask(w, forms[i].op, "777788889999", "us-west-2", NULL, &a);
        assert_int_equal(a.err.code, ERR_OK);
        assert_int_equal(ids_of(&a, &forms[i], ids, 64), 0);
        assert_non_null(tree_at(a.pages[0], forms[i].list));
        forget(&a);
    }
    wire_free(w);
}

static void big_lists_come_in_pages(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    struct asked a;
    static const char *ids[4000];
    static const struct form points = {OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT,
                                       "RecoveryPoints",
                                       NULL,
                                       "RecoveryPointArn",
                                       "",
                                       ""};
    struct param vault[MAX_PARAMS] = {{"backupVaultName", "shared-main", PARAM_TEXT}};
    ask(w, points.op, "333344445555", "eu-west-1", vault, &a);
    assert_int_equal(a.err.code, ERR_OK);
    assert_true(a.n_pages > 4);
    assert_int_equal(ids_of(&a, &points, ids, 4000), 1904);
    forget(&a);
    wire_free(w);
}

static void every_read_is_answered_and_every_write_refused(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    for (int op = 0; op < OP_COUNT; op++) {
        struct asked a;
        struct param profile[MAX_PARAMS] = {{"profile", "prod-data", PARAM_TEXT}};
        ask(w, (enum op_id)op, op == OP_STS_GET_CALLER_IDENTITY ? "" : "111122223333", "eu-west-1",
            profile, &a);
        if (op_get((enum op_id)op)->effect != EFFECT_READ)
            assert_int_equal(a.err.code, ERR_VIEWER);
        else if (a.err.code != ERR_OK && a.err.code != ERR_NOT_FOUND && a.err.code != ERR_DENIED)
            fail_msg("%s: %s", op_get((enum op_id)op)->name, a.err.text);
        forget(&a);
    }
    wire_free(w);
}

/* ---- the same now, the same answers --------------------------------------------------------- */

static const char *const account_ids[] = {"111122223333", "222233334444", "333344445555",
                                          "555566667777", "666677778888", "777788889999"};
static const char *const regions[] = {"eu-west-1", "eu-central-1", "us-east-1", "us-east-2",
                                      "us-west-2"};
#define N_ACCOUNTS (sizeof account_ids / sizeof *account_ids)
#define N_REGIONS (sizeof regions / sizeof *regions)

typedef VEC(char *) texts;

struct sweep {
    struct buf text;    /* every answer, in order */
    texts keys, vaults; /* every ARN of one that stands in an answer */
    size_t n_calls, n_failed;
};

static void note_arns(struct sweep *s, const cJSON *tree)
{
    for (const cJSON *at = tree->child; at; at = at->next) {
        if (cJSON_IsString(at) && strncmp(at->valuestring, "arn:aws:kms:", 12) == 0 &&
            strstr(at->valuestring, ":key/"))
            VEC_PUSH(s->keys, mem_strdup(at->valuestring));
        else if (cJSON_IsString(at) && strstr(at->valuestring, ":backup-vault:"))
            VEC_PUSH(s->vaults, mem_strdup(at->valuestring));
        else
            note_arns(s, at);
    }
}

static void note(struct sweep *s, enum op_id op, struct asked *a)
{
    s->n_calls++;
    s->n_failed += a->err.code != ERR_OK;
    /* the book itself must never be the reason */
    if (a->err.code == ERR_PARSE || a->err.code == ERR_LIMIT)
        fail_msg("%s: %s", op_get(op)->id, a->err.text);
    buf_printf(&s->text, "%s %d %s %s\n", op_get(op)->id, a->err.code, a->err.aws_code,
               a->err.text);
    for (int i = 0; i < a->n_pages; i++) {
        char *text = cJSON_PrintUnformatted(a->pages[i]);
        assert_non_null(text);
        buf_printf(&s->text, "%s\n", text);
        cJSON_free(text);
        note_arns(s, a->pages[i]);
    }
}

static void sweep_one(struct sweep *s, struct wire *w, enum op_id op, const char *account,
                      const char *region, const char *name, const char *value)
{
    struct asked a;
    struct param params[MAX_PARAMS] = {{name, value, PARAM_TEXT}};
    ask(w, op, account, region, name ? params : NULL, &a);
    note(s, op, &a);
    forget(&a);
}

/* Calls about each item of a list. */
static void sweep_each(struct sweep *s, struct wire *w, enum op_id list_op, const char *list,
                       const char *id, const char *param, const enum op_id *ops, size_t n_ops,
                       const char *account, const char *region)
{
    struct asked a;
    ask(w, list_op, account, region, NULL, &a);
    note(s, list_op, &a);
    for (int page = 0; page < a.n_pages; page++) {
        struct tree_list items;
        const cJSON *item;
        assert_int_equal(tree_list(a.pages[page], list, NULL, &items, NULL), ERR_OK);
        while ((item = tree_next(&items)))
            for (size_t i = 0; i < n_ops; i++)
                sweep_one(s, w, ops[i], account, region, param, text_at(item, id));
    }
    forget(&a);
}

static void sweep_place(struct sweep *s, struct wire *w, const char *account, const char *region)
{
    static const enum op_id lists[] = {OP_KMS_LIST_ALIASES,
                                       OP_KMS_DESCRIBE_CUSTOM_KEY_STORES,
                                       OP_SSM_DESCRIBE_PARAMETERS,
                                       OP_EC2_DESCRIBE_VOLUMES,
                                       OP_EC2_DESCRIBE_SNAPSHOTS,
                                       OP_BACKUP_LIST_COPY_JOBS,
                                       OP_RDS_DESCRIBE_DB_INSTANCES,
                                       OP_RDS_DESCRIBE_DB_SNAPSHOTS,
                                       OP_RDS_DESCRIBE_DB_CLUSTERS,
                                       OP_EC2_GET_EBS_DEFAULT_KMS_KEY_ID,
                                       OP_RDS_DESCRIBE_DB_CLUSTER_SNAPSHOTS,
                                       OP_BACKUP_DESCRIBE_REGION_SETTINGS,
                                       OP_EC2_GET_EBS_ENCRYPTION_BY_DEFAULT,
                                       OP_BACKUP_LIST_PROTECTED_RESOURCES};
    static const enum op_id of_key[] = {OP_KMS_DESCRIBE_KEY,       OP_KMS_GET_KEY_POLICY,
                                        OP_KMS_LIST_GRANTS,        OP_KMS_GET_KEY_ROTATION_STATUS,
                                        OP_KMS_LIST_RESOURCE_TAGS, OP_KMS_GET_KEY_LAST_USAGE};
    static const enum op_id of_vault[] = {OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT,
                                          OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY,
                                          OP_BACKUP_DESCRIBE_BACKUP_VAULT};
    static const enum op_id of_plan[] = {OP_BACKUP_GET_BACKUP_PLAN,
                                         OP_BACKUP_LIST_BACKUP_SELECTIONS};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        sweep_one(s, w, lists[i], account, region, NULL, NULL);
    sweep_one(s, w, OP_RDS_DESCRIBE_DB_SNAPSHOTS, account, region, "SnapshotType", "awsbackup");
    sweep_each(s, w, OP_KMS_LIST_KEYS, "Keys", "KeyArn", "KeyId", of_key, 6, account, region);
    sweep_each(s, w, OP_BACKUP_LIST_BACKUP_VAULTS, "BackupVaultList", "BackupVaultName",
               "backupVaultName", of_vault, 3, account, region);
    sweep_each(s, w, OP_BACKUP_LIST_BACKUP_PLANS, "BackupPlansList", "BackupPlanId", "backupPlanId",
               of_plan, 2, account, region);
}

static void free_texts(texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        mem_free(t->items[i]);
    VEC_FREE(*t);
}

static void free_sweep(struct sweep *s)
{
    buf_free(&s->text);
    free_texts(&s->keys);
    free_texts(&s->vaults);
}

static void sweep_all(struct sweep *s, int64_t now_utc)
{
    *s = (struct sweep){0};
    struct wire *w = demo_wire_new_with_delay(now_utc, 0, 0);
    for (size_t i = 0; i < N_ACCOUNTS; i++)
        for (size_t j = 0; j < N_REGIONS; j++)
            sweep_place(s, w, account_ids[i], regions[j]);
    wire_free(w);
}

static void the_same_now_gives_the_same_answers(void **state)
{
    (void)state;
    struct sweep first, again, later;
    sweep_all(&first, NOW);
    sweep_all(&again, NOW);
    sweep_all(&later, NOW + 3 * DAY_S + 7);
    assert_true(first.n_calls > 900);
    assert_int_equal(first.text.len, again.text.len);
    assert_memory_equal(first.text.data, again.text.data, first.text.len);
    assert_int_equal(first.n_calls, later.n_calls);
    assert_int_equal(first.n_failed, later.n_failed);
    assert_true(first.text.len != later.text.len ||
                memcmp(first.text.data, later.text.data, first.text.len) != 0);
    free_sweep(&first);
    free_sweep(&again);
    free_sweep(&later);
}

/* ---- the world hangs together --------------------------------------------------------------- */

static void list_arns(enum op_id op, const char *list, const char *id, texts *out)
{
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    for (size_t i = 0; i < N_ACCOUNTS * N_REGIONS; i++) {
        struct asked a;
        ask(w, op, account_ids[i / N_REGIONS], regions[i % N_REGIONS], NULL, &a);
        for (int page = 0; page < a.n_pages; page++) {
            struct tree_list items;
            const cJSON *item;
            assert_int_equal(tree_list(a.pages[page], list, NULL, &items, NULL), ERR_OK);
            while ((item = tree_next(&items)))
                VEC_PUSH(*out, mem_strdup(text_at(item, id)));
        }
        forget(&a);
    }
    wire_free(w);
    qsort(out->items, out->n, sizeof *out->items, by_text);
}

/* How many different texts of some are not among others. */
static size_t n_missing(const texts *some, const texts *others)
{
    size_t n = 0;
    for (size_t i = 0; i < some->n; i++) {
        if (i > 0 && strcmp(some->items[i], some->items[i - 1]) == 0)
            continue;
        if (!bsearch(&some->items[i], others->items, others->n, sizeof *others->items, by_text)) {
            print_message("nobody lists %s\n", some->items[i]);
            n++;
        }
    }
    return n;
}

static void what_is_named_is_there(void **state)
{
    (void)state;
    struct sweep s;
    texts listed = {0};
    sweep_all(&s, NOW);
    assert_true(s.keys.n > 5000 && s.vaults.n > 5000);
    qsort(s.keys.items, s.keys.n, sizeof *s.keys.items, by_text);
    qsort(s.vaults.items, s.vaults.n, sizeof *s.vaults.items, by_text);
    list_arns(OP_KMS_LIST_KEYS, "Keys", "KeyArn", &listed);
    assert_int_equal(n_missing(&s.keys, &listed), 1); /* the key of 2019, deleted long ago */
    free_texts(&listed);
    list_arns(OP_BACKUP_LIST_BACKUP_VAULTS, "BackupVaultList", "BackupVaultArn", &listed);
    /* a vault in a Region that is off, and one whose list is denied */
    assert_int_equal(n_missing(&s.vaults, &listed), 2);
    free_texts(&listed);
    free_sweep(&s);
}

/* Policies are JSON that our own strict reader takes. */
static void policies_can_be_read(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    texts keys = {0};
    size_t n = 0;
    list_arns(OP_KMS_LIST_KEYS, "Keys", "KeyArn", &keys);
    for (size_t i = 0; i < keys.n; i++) {
        char account[16] = "", region[40] = "";
        struct asked a;
        cJSON *document = NULL;
        struct param key[MAX_PARAMS] = {{"KeyId", keys.items[i], PARAM_TEXT}};
        assert_int_equal(sscanf(keys.items[i], "arn:aws:kms:%39[^:]:%15[^:]", region, account), 2);
        ask(w, OP_KMS_GET_KEY_POLICY, account, region, key, &a);
        if (a.err.code == ERR_DENIED)
            continue;
        assert_int_equal(a.err.code, ERR_OK);
        const char *policy = text_at(a.pages[0], "Policy");
        assert_int_equal(json_parse(policy, strlen(policy), &document, NULL), ERR_OK);
        assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(document, "Statement")) > 0);
        assert_null(strstr(policy, "${"));
        cJSON_Delete(document);
        forget(&a);
        n++;
    }
    assert_int_equal(n, keys.n - 1);
    free_texts(&keys);
    wire_free(w);
}

/* ---- what fails ----------------------------------------------------------------------------- */

static void failures_are_those_of_aws(void **state)
{
    (void)state;
    static const struct {
        enum op_id op;
        const char *account, *region, *name, *value;
        enum err_code code;
        int status;
        const char *aws_code, *text;
    } cases[] = {
        {OP_BACKUP_LIST_BACKUP_VAULTS, "555566667777", "us-east-2", NULL, NULL, ERR_DENIED, 403,
         "AccessDeniedException",
         "is not authorized to perform: backup:ListBackupVaults on resource: * because no "
         "identity-based "
         "policy allows the backup:ListBackupVaults action"},
        {OP_EC2_DESCRIBE_VOLUMES, "555566667777", "us-east-2", NULL, NULL, ERR_DENIED, 403,
         "UnauthorizedOperation", "ec2:DescribeVolumes"},
        {OP_SSM_DESCRIBE_PARAMETERS, "666677778888", "us-east-1", NULL, NULL, ERR_THROTTLED, 400,
         "ThrottlingException", "Rate exceeded"},
        {OP_KMS_LIST_KEYS, "666677778888", "us-west-2", NULL, NULL, ERR_DENIED, 400,
         "AccessDeniedException", "with an explicit deny in a service control policy"},
        {OP_RDS_DESCRIBE_DB_INSTANCES, "666677778888", "us-west-2", NULL, NULL, ERR_DENIED, 403,
         "AccessDenied", "with an explicit deny in a service control policy"},
        {OP_ORGANIZATIONS_LIST_ACCOUNTS, "111122223333", "us-east-1", NULL, NULL, ERR_DENIED, 400,
         "AccessDeniedException", "You don't have permissions to access this resource."},
        {OP_KMS_LIST_KEYS, "111122223333", "ap-south-2", NULL, NULL, ERR_CREDENTIALS, 400,
         "UnrecognizedClientException", "security token"},
        {OP_KMS_LIST_KEYS, "999900001111", "eu-west-1", NULL, NULL, ERR_CREDENTIALS, 403,
         "InvalidClientTokenId", "security token"},
        {OP_STS_GET_CALLER_IDENTITY, "", "us-east-1", "profile", "nobody", ERR_CREDENTIALS, 403,
         "InvalidClientTokenId", "security token"},
        {OP_KMS_DESCRIBE_KEY, "111122223333", "eu-west-1", "KeyId", "nothing", ERR_NOT_FOUND, 400,
         "NotFoundException", "does not exist"},
        {OP_BACKUP_GET_BACKUP_VAULT_ACCESS_POLICY, "111122223333", "eu-west-1", "backupVaultName",
         "prod-vault", ERR_NOT_FOUND, 400, "ResourceNotFoundException", "has no access policy"},
        {OP_BACKUP_LIST_RECOVERY_POINTS_BY_BACKUP_VAULT, "111122223333", "eu-west-1",
         "backupVaultName", "nothing", ERR_NOT_FOUND, 400, "ResourceNotFoundException",
         "doesn't exist"},
        {OP_BACKUP_GET_BACKUP_PLAN, "111122223333", "eu-west-1", "backupPlanId", "nothing",
         ERR_NOT_FOUND, 400, "ResourceNotFoundException", "doesn't exist"},
    };
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;
        struct param params[MAX_PARAMS] = {{cases[i].name, cases[i].value, PARAM_TEXT}};
        ask(w, cases[i].op, cases[i].account, cases[i].region, params, &a);
        assert_int_equal(a.err.code, cases[i].code);
        assert_int_equal(a.err.http_status, cases[i].status);
        assert_string_equal(a.err.aws_code, cases[i].aws_code);
        assert_non_null(strstr(a.err.text, cases[i].text));
        assert_int_equal(strlen(a.err.request_id), 36);
        assert_int_equal(a.n_pages, 0);
    }
    struct wire_stats stats;
    wire_stats(w, &stats);
    assert_int_equal(stats.calls, sizeof cases / sizeof *cases);
    assert_int_equal(stats.errors, sizeof cases / sizeof *cases);
    assert_true(stats.throttles > 0 && stats.slowest_rate > 0);
    wire_free(w);
}

/* One key of legacy's us-east-2 hides its policy, its neighbours do not. */
static void one_policy_is_denied(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    struct asked keys;
    struct tree_list list;
    const cJSON *key;
    int n_denied = 0, n = 0;
    ask(w, OP_KMS_LIST_KEYS, "555566667777", "us-east-2", NULL, &keys);
    assert_int_equal(tree_list(keys.pages[0], "Keys", NULL, &list, NULL), ERR_OK);
    while ((key = tree_next(&list))) {
        struct asked a;
        struct param params[MAX_PARAMS] = {{"KeyId", text_at(key, "KeyArn"), PARAM_TEXT}};
        ask(w, OP_KMS_GET_KEY_POLICY, "555566667777", "us-east-2", params, &a);
        n_denied += a.err.code == ERR_DENIED && strstr(a.err.text, "no resource-based policy") &&
                    strstr(a.err.text, text_at(key, "KeyArn"));
        n++;
        forget(&a);
    }
    assert_int_equal(n_denied, 1);
    assert_true(n > 3);
    forget(&keys);
    wire_free(w);
}

/* ---- the wire ------------------------------------------------------------------------------- */

struct order {
    int next, at[300];
    struct err err[300];
    int n_answers[300];
};
struct slip {
    struct order *order;
    int i;
};

static void note_order(void *ctx, const struct wire_answer *answer)
{
    const struct slip *slip = ctx;
    assert_true(answer->last);
    slip->order->at[slip->i] = slip->order->next++;
    slip->order->err[slip->i] = answer->err;
    slip->order->n_answers[slip->i]++;
}

static void urgent_calls_go_first_and_cancelled_ones_end(void **state)
{
    (void)state;
    enum { N = 300 };
    static struct order order;
    static struct slip slips[N];
    struct wire *w = demo_wire_new_with_delay(NOW, 2, 2);
    uint64_t tickets[N];
    memset(&order, 0, sizeof order);
    for (int i = 0; i < N; i++) {
        slips[i] = (struct slip){&order, i};
        tickets[i] = wire_send(w, &(struct wire_request){.op = OP_KMS_LIST_KEYS,
                                                         .account = "777788889999",
                                                         .region = "us-east-1",
                                                         .priority = i == N - 1 ? 0 : 9,
                                                         .answered = note_order,
                                                         .ctx = &slips[i]});
    }
    wire_cancel(w, tickets[7]);
    wire_reprioritize(w, tickets[N - 2], 1);
    assert_int_equal(order.next, 0); /* never from inside send or cancel */
    for (int i = 0; i < 1000 && order.next < N; i++)
        wire_step(w, 20);
    for (int i = 0; i < N; i++) {
        assert_int_equal(order.n_answers[i], 1);
        assert_int_equal(order.err[i].code, i == 7 ? ERR_CANCELLED : ERR_OK);
    }
    assert_true(order.at[N - 1] < N / 2 && order.at[N - 2] < N / 2);
    assert_true(order.at[N - 3] > N / 2);
    wire_cancel(w, tickets[3]); /* it is gone: nothing happens */
    wire_step(w, 0);
    struct wire_stats stats;
    wire_stats(w, &stats);
    assert_int_equal(stats.calls, N);
    assert_int_equal(stats.answers, N);
    assert_int_equal(stats.queued + stats.in_flight, 0);
    assert_true(stats.peak_in_flight < N);
    wire_free(w);
}

static void a_wakeup_ends_the_wait(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 0, 0);
    int64_t start = time_mono_ms();
    wire_wakeup(w);
    wire_step(w, 20000);
    assert_true(time_mono_ms() - start < 10000);
    wire_free(w);
}

static void answers_take_their_time(void **state)
{
    (void)state;
    struct wire *w = demo_wire_new_with_delay(NOW, 30, 30);
    struct asked a;
    int64_t start = time_mono_ms();
    ask(w, OP_KMS_LIST_KEYS, "111122223333", "eu-west-1", NULL, &a);
    assert_true(time_mono_ms() - start >= 29);
    forget(&a);
    /* what is under way when the wire goes leaks nothing and answers nobody */
    (void)wire_send(w, &(struct wire_request){.op = OP_KMS_LIST_KEYS,
                                              .account = "111122223333",
                                              .region = "eu-west-1",
                                              .answered = keep_answer,
                                              .ctx = &a});
    wire_step(w, 0);
    wire_free(w);
    assert_false(a.is_done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_have_the_form_of_their_protocol),
        cmocka_unit_test(empty_lists_are_lists),
        cmocka_unit_test(big_lists_come_in_pages),
        cmocka_unit_test(every_read_is_answered_and_every_write_refused),
        cmocka_unit_test(the_same_now_gives_the_same_answers),
        cmocka_unit_test(what_is_named_is_there),
        cmocka_unit_test(policies_can_be_read),
        cmocka_unit_test(failures_are_those_of_aws),
        cmocka_unit_test(one_policy_is_denied),
        cmocka_unit_test(urgent_calls_go_first_and_cancelled_ones_end),
        cmocka_unit_test(a_wakeup_ends_the_wait),
        cmocka_unit_test(answers_take_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
