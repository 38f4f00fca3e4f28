/* The tables keep what they promise to each other: no operation is sent whose answers nothing reads or no
 * case holds, whose permission or page nobody can name. What hangs on a key: test_dependents.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/answer.h"
#include "backend/collect/collect.h"
#include "backend/judge/blind.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define CASES "tests/cases"

/* Read by something else than a feed; what reads it has its own tests. */
static const struct {
    enum op_id op;
    const char *reader;
} read_elsewhere[] = {
    {OP_ORGANIZATIONS_LIST_ACCOUNTS, "collect_org_page: several entrances may list one organization"},
    {OP_BACKUP_DESCRIBE_COPY_JOB, "backend/change: a copy that it started"},
    {OP_IAM_GET_ROLE, "backend/change: a principal that goes into a policy"},
    {OP_IAM_GET_USER, "backend/change: a principal that goes into a policy"},
};

static const char *reader_of(enum op_id op)
{
    for (size_t i = 0; i < sizeof read_elsewhere / sizeof *read_elsewhere; i++)
        if (read_elsewhere[i].op == op)
            return read_elsewhere[i].reader;
    return NULL;
}

static bool has_feed(enum op_id op)
{
    for (int f = 0; f < FEED_COUNT; f++)
        if (feed_get((enum feed_id)f)->op == op)
            return true;
    return false;
}

/* ---- operations ------------------------------------------------------------------------------- */

static void test_every_answer_is_read(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        const struct op *op = op_get((enum op_id)i);
        bool feed = has_feed((enum op_id)i), elsewhere = reader_of((enum op_id)i) != NULL;
        if (op->effect != EFFECT_READ && (feed || elsewhere || op->on_demand))
            fail_msg("%s writes, and is asked while reading", op->id);
        if (op->effect == EFFECT_READ && !feed && !elsewhere)
            fail_msg("%s is in the policy, and nothing asks it: no feed", op->id);
        if (feed && elsewhere)
            fail_msg("%s is read in two ways", op->id);
    }
}

static void test_every_operation_names_its_permission_and_page(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        const struct op *op = op_get((enum op_id)i);
        const char *action = op_iam_action(op), *colon = strchr(action, ':');
        /* https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs none */
        bool needs_none = i == OP_STS_GET_CALLER_IDENTITY;
        if (needs_none != (action[0] == '\0'))
            fail_msg("%s has no IAM action", op->id);
        if (!needs_none && (!colon || colon == action || colon[1] == '\0' || strchr(action, '*')))
            fail_msg("%s: \"%s\" is no IAM action", op->id, action);
        if (!op->page || strncmp(op->page, "docs.aws.amazon.com/", 20) != 0)
            fail_msg("%s has no page of AWS", op->id);
    }
}

/* What nobody asked for yet is a blind spot under the name of its call. A list that several calls fill has the name of
 * one of them. */
static bool is_named(const struct feed *feed, enum list list)
{
    const char *name = list ? blind_call_of_list(list) : blind_call_of_facet(feed->facet);
    for (int f = 0; name && f < FEED_COUNT; f++) {
        enum list lists[FEED_LISTS];
        const struct feed *other = feed_get((enum feed_id)f);
        size_t n = feed_lists(other, lists);
        bool is_same = !list && n == 0 && other->facet == feed->facet;
        for (size_t i = 0; list && i < n; i++)
            is_same |= lists[i] == list;
        if (is_same && strcmp(op_get(other->op)->id, name) == 0)
            return true;
    }
    return false;
}

static void test_blind_spots_name_every_call(void **state)
{
    (void)state;
    for (int f = 0; f < FEED_COUNT; f++) {
        enum list lists[FEED_LISTS];
        const struct feed *feed = feed_get((enum feed_id)f);
        size_t n = feed_lists(feed, lists);
        if (n == 0 && !is_named(feed, LIST_NONE))
            fail_msg("blind.c does not name %s for %s", op_get(feed->op)->id, facet_row(feed->facet)->name);
        for (size_t i = 0; i < n; i++)
            if (!is_named(feed, lists[i]))
                fail_msg("blind.c does not name %s for %s", op_get(feed->op)->id, list_row(lists[i])->name);
    }
}

/* ---- cases ------------------------------------------------------------------------------------ */

/* A shape that must be refused is a case too: "wrong-empty". */
static bool has_case(const char *folder, const char *shape)
{
    DIR *dir = opendir(folder);
    bool found = false;
    size_t len = strlen(shape);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strncmp(name, "wrong-", 6) == 0)
            name += 6;
        found |= strncmp(name, shape, len) == 0 && name[len] == '.' && !strstr(name, ".expect");
    }
    if (dir)
        closedir(dir);
    return found;
}

static char *folder_of(const struct op *op)
{
    char *path = mem_printf("%s/%s", CASES, op->id);
    *strchr(path, ':') = '.';
    return path;
}

/* "unknown" holds members and values of enumerations that AWS has not invented yet; that it does, and that
 * all others hold AWS's own, is for tests/contract/test_cases.py. */
static void test_every_answer_has_its_cases(void **state)
{
    static const char *const shapes[] = {"empty", "full", "nulls", "unknown"};
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        char *folder = folder_of(op_get((enum op_id)i));
        for (size_t s = 0; has_feed((enum op_id)i) && s < sizeof shapes / sizeof *shapes; s++)
            if (!has_case(folder, shapes[s]))
                fail_msg("%s lacks the case %s (or wrong-%s)", folder, shapes[s], shapes[s]);
        mem_free(folder);
    }
}

static bool is_an_operation(const char *name)
{
    for (int i = 0; i < OP_COUNT; i++) {
        const char *id = op_get((enum op_id)i)->id;
        size_t service = strcspn(id, ":");
        if (strncmp(name, id, service) == 0 && name[service] == '.'
            && strcmp(name + service + 1, id + service + 1) == 0)
            return has_feed((enum op_id)i);
    }
    return false;
}

static void test_every_case_is_of_an_operation(void **state)
{
    (void)state;
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && !is_an_operation(entry->d_name))
            fail_msg("%s/%s: nothing reads such an answer", CASES, entry->d_name);
    closedir(dir);
}

/* The bytes of a case that hold the word s3cr3t hold it where a secret may stand; nobody may see it. */
static void check_secret(const struct op *op, const char *path, size_t *n)
{
    char bytes[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    assert_int_equal(fclose(file), 0);
    bytes[len] = '\0';
    cJSON *tree = NULL;
    struct err err;
    if (!strstr(bytes, "s3cr3t"))
        return;
    assert_int_equal(answer_read(op, bytes, len, &tree, &err), ERR_OK);
    char *printed = cJSON_Print(tree);
    assert_non_null(printed);
    if (strstr(printed, "s3cr3t"))
        fail_msg("%s: a secret gets past .drop of %s", path, op->id);
    cJSON_free(printed);
    cJSON_Delete(tree);
    ++*n;
}

static void test_secrets_are_dropped(void **state)
{
    size_t n = 0;
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        char *folder = folder_of(op_get((enum op_id)i));
        DIR *dir = opendir(folder);
        for (struct dirent *entry; dir && (entry = readdir(dir));) {
            char *path = mem_printf("%s/%s", folder, entry->d_name);
            if (entry->d_name[0] != '.' && !strstr(entry->d_name, ".expect"))
                check_secret(op_get((enum op_id)i), path, &n);
            mem_free(path);
        }
        if (dir)
            closedir(dir);
        mem_free(folder);
    }
    assert_true(n >= 10);
}

/* ---- kinds ------------------------------------------------------------------------------------ */

/* Every kind has a list, and every list something that fills it or says that it is made of others. */
static void test_every_kind_is_collected(void **state)
{
    (void)state;
    for (int k = 1; k < KIND_COUNT; k++) {
        bool has_list = k == KIND_OTHER;
        for (int l = 1; l < LIST_COUNT; l++)
            has_list |= list_row((enum list)l)->kind == (enum kind)k;
        if (!has_list)
            fail_msg("no list holds %s", kind_row((enum kind)k)->plural);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_is_read),
        cmocka_unit_test(test_every_operation_names_its_permission_and_page),
        cmocka_unit_test(test_blind_spots_name_every_call),
        cmocka_unit_test(test_every_answer_has_its_cases),
        cmocka_unit_test(test_every_case_is_of_an_operation),
        cmocka_unit_test(test_secrets_are_dropped),
        cmocka_unit_test(test_every_kind_is_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
