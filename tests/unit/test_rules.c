/* The contract of the table of findings, from AWS's bytes through collect/: each rule has a case in which it fires, one in
 * which it must not, and is not known where a fact that it needs is not. Products' rules: test_products. */
#include "judge_cases.h"
#include "story_bytes.h"

#include "backend/judge/rules.h"

#define N_CASES (sizeof findings / sizeof *findings)

static bool is_of_product(const struct finding_row *rule)
{
    return rule->kinds[0] == KIND_EKM || rule->kinds[0] == KIND_CREDENTIAL || rule->kinds[0] == KIND_AUTOBACKUP;
}

/* The first case of a rule in a state; NULL. */
static const char *case_of(const char *id, enum finding_state state)
{
    for (size_t i = 0; i < N_CASES; i++)
        if (findings[i].state == state && strcmp(findings[i].id, id) == 0)
            return findings[i].lines;
    return NULL;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct small s = small_from_bytes(findings[i].lines);
        const struct finding *f = find(&s, findings[i].id);
        if (f ? f->state != findings[i].state || f->severity != findings[i].severity
              : findings[i].state != FINDING_NONE)
            fail_msg("row %zu, %s: %s %s: %s\nof %s", i, findings[i].id,
                     !f ? "none" : f->state == FINDING_OPEN ? "open" : "unknown", f ? severity_word(f->severity) : "",
                     f ? f->reason : "", findings[i].lines);
        small_free(&s);
    }
}

/* ---- what takes more than a few lines ------------------------------------------------------------ */

static const char *const made_below[] = {"F-POL-16", "F-POL-22", "F-GRT-04"};

static void check_long_policy(size_t len, bool is_open)
{
    struct small s = small_parse(HOME "key $Ka\n");
    struct tell t = {.s = &s, .collector = collector_new(s.e), .feed = feed_get(FEED_KEY_POLICY)};
    struct buf text = {0};
    small_lists(&s);
    for (size_t i = 0; i < s.rows.n; i++)
        small_facets(&s, &s.rows.items[i]);
    buf_adds(&text, "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\",\"Sid\":\"");
    while (text.len + 4 < len)
        buf_addc(&text, 'x');
    buf_adds(&text, "\"}]}");
    struct call_place place = {.partition = "aws", .account = s.account, .region = s.region,
                               .scope = estate_scope(s.e, s.account, s.region)};
    cJSON *answer = cJSON_CreateObject();
    tell_put(&t, answer, "Policy", cJSON_CreateString(text.data));
    tell_read_tree(&t, &place, small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/a"), answer, NULL, 0);
    small_judge(&s);
    const struct finding *f = find(&s, "F-POL-16");
    assert_int_equal(f != NULL, is_open);
    if (f)
        assert_string_equal(f->reason, "29000 of 32768 bytes");
    cJSON_Delete(answer);
    buf_free(&text);
    collector_free(t.collector);
    small_free(&s);
}

static void test_long_policy(void **state)
{
    (void)state;
    check_long_policy(29000, true);
    check_long_policy(9000, false);
}

static void test_many_grants(void **state)
{
    (void)state;
    struct buf lines = {0};
    buf_adds(&lines, HOME "key $Ka\n");
    for (int i = 0; i <= 40000; i++)
        buf_printf(&lines, "grant keyfall:grant/k/%d key_arn=$Ka grantee=%d\n", i, i);
    struct small s = small_from_bytes(lines.data);
    assert_int_equal(find(&s, "F-GRT-04")->state, FINDING_OPEN);
    assert_string_equal(find(&s, "F-GRT-04")->reason, "40001 of 50000");
    assert_null(find(&s, "F-GRT-06"));
    small_free(&s);
    *strstr(lines.data, "grant keyfall:grant/k/40000") = '\0'; /* 40,000 are not too many */
    s = small_from_bytes(lines.data);
    assert_null(find(&s, "F-GRT-04"));
    small_free(&s);
    buf_free(&lines);
}

/* A key of n aliases, and what more is there. */
static struct small with_aliases(int n, const char *more)
{
    struct buf lines = {0};
    buf_printf(&lines, "%s%s" HOME "key $Ka\n", HOME, more);
    for (int i = 0; i < n; i++)
        buf_printf(&lines, "alias $Aa%d key_arn=$Ka\n", i);
    struct small s = small_from_bytes(lines.data);
    buf_free(&lines);
    return s;
}

static void test_many_aliases(void **state)
{
    (void)state;
    static const char asks[] = "iam-policy arn:aws:iam::111122223333:policy/p type=managed document={\"Statement\":{"
                               "\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":{"
                               "\"StringEquals\":{\"kms:ResourceAliases\":\"alias/a\"}}}}\n";
    static const struct {
        int n;
        const char *more;
        enum finding_state state;
    } rows[] = {
        {51, asks, FINDING_OPEN},
        {50, asks, FINDING_NONE},
        {51, "", FINDING_NONE},
        {51, "hide iam-policies denied\n", FINDING_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = with_aliases(rows[i].n, rows[i].more);
        const struct finding *f = find(&s, "F-POL-22");
        if ((f ? f->state : FINDING_NONE) != rows[i].state)
            fail_msg("row %zu: %d", i, f ? (int)f->state : 0);
        small_free(&s);
    }
}

/* ---- the contract -------------------------------------------------------------------------------- */

static bool is_in(const char *id, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}
#define IS_IN(id, ids) is_in(id, ids, sizeof(ids) / sizeof *(ids))

/* What these need stands in the list that names the record: where that was not read there is no record to ask about,
 * and the list is a blind spot, as test_own_list_denied sees of all. Two are about not knowing itself. */
static const char *const of_own_list[] = {
    "F-KEY-10", "F-KEY-16", "F-GRT-02", "F-SSM-03", "F-VLT-07", "F-VLT-10", "F-VLT-12", "F-RP-01", "F-RP-03", "F-RP-04",
    "F-RP-05",  "F-RP-06",  "F-CPY-01", "F-CPY-08", "F-SVC-01", "F-SVC-03", "F-SVC-15", "F-SVC-07",
};
static const char *const of_not_knowing[] = {"F-POL-17", "F-ORG-11"};

static void test_every_rule_has_its_cases(void **state)
{
    (void)state;
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++) {
        const char *id = rows[i].id;
        if (is_of_product(&rows[i]))
            continue;
        bool is_made = IS_IN(id, made_below);
        if (!is_made && !case_of(id, FINDING_OPEN))
            fail_msg("no case in which %s fires", id);
        if (!is_made && !case_of(id, FINDING_NONE))
            fail_msg("no case in which %s does not fire", id);
        if (!case_of(id, FINDING_UNKNOWN) && !is_made && !IS_IN(id, of_own_list) && !IS_IN(id, of_not_knowing))
            fail_msg("no case in which %s is not known", id);
    }
    for (size_t i = 0; i < sizeof of_own_list / sizeof *of_own_list; i++)
        if (case_of(of_own_list[i], FINDING_UNKNOWN))
            fail_msg("%s has a case in which it is not known", of_own_list[i]);
}

/* The story with a facet of every record of its kind denied; NULL: it has none. The caller's. */
static char *without(const char *story, enum facet facet)
{
    struct buf out = {0};
    bool has = false;
    for (const char *line = story; *line; line += strcspn(line, "\n") + 1) {
        char kind[64], arn[512] = "";
        int named = 0;
        (void)sscanf(line, "%63s%511s%n", kind, arn, &named);
        bool is_of = kind_by_name(kind) == facet_row(facet)->kind;
        buf_printf(&out, "%.*s", is_of ? named : 0, line);
        if (is_of)
            buf_printf(&out, " %s:denied", facet_row(facet)->name);
        line += is_of ? named : 0;
        buf_printf(&out, "%.*s\n", (int)strcspn(line, "\n"), line);
        has |= is_of;
    }
    if (!has)
        buf_free(&out);
    return has ? buf_take(&out) : NULL;
}

/* Where it fires, and the call is denied that tells a fact which its row says that it needs. */
static void test_needed_fact_denied(void **state)
{
    (void)state;
    size_t n, n_asked = 0;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++) {
        const char *story = case_of(rows[i].id, FINDING_OPEN);
        for (int f = 0; story && f < RULE_NEEDS && rows[i].needs[f] != FACET_LIST_; f++) {
            bool is_list = facet_row(rows[i].needs[f])->children != LIST_NONE;
            char *lines = is_list ? NULL : without(story, rows[i].needs[f]);
            if (!lines)
                continue;
            struct small s = small_from_bytes(lines);
            const struct finding *found = find(&s, rows[i].id);
            if (!found || found->state != FINDING_UNKNOWN || !found->reason[0])
                fail_msg("%s is %s where %s is denied: %s", rows[i].id, found ? "open" : "fine",
                         facet_row(rows[i].needs[f])->name, lines);
            n_asked++;
            small_free(&s);
            mem_free(lines);
        }
    }
    assert_true(n_asked > 30);
}

/* Where it fires, and the list is denied in which the record stands: a blind spot tells so. */
static void test_own_list_denied(void **state)
{
    (void)state;
    size_t n, n_blind;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++) {
        const char *story = case_of(rows[i].id, FINDING_OPEN);
        enum list list = story ? small_list_of(rows[i].kinds[0]) : LIST_NONE;
        if (!story || list_row(list)->parent != KIND_NONE || list == LIST_ACCOUNTS || strcmp(rows[i].id, "F-KEY-10") == 0)
            continue;
        char *lines = mem_printf("%s" HOME "hide %s denied\n", story, list_row(list)->name);
        struct small s = small_from_bytes(lines);
        const struct blind_spot *b = judgement_blind_spots(s.j, &n_blind);
        bool is_told = false;
        for (size_t k = 0; k < n_blind; k++)
            is_told |= b[k].is_denied && b[k].parent == 0 && strcmp(b[k].what, list_row(list)->name) == 0;
        if (!is_told)
            fail_msg("%s: nothing tells that %s were not read", rows[i].id, list_row(list)->name);
        small_free(&s);
        mem_free(lines);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_policy),
        cmocka_unit_test(test_many_grants),
        cmocka_unit_test(test_many_aliases),
        cmocka_unit_test(test_every_rule_has_its_cases),
        cmocka_unit_test(test_needed_fact_denied),
        cmocka_unit_test(test_own_list_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
