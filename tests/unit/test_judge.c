/* Findings, blind spots, key health, dependents, copies and places: a table of small estates each. */
#include "judge_cases.h"

/* ---- findings: each row of the table open, not at all, and unknown --------------------------- */

static void test_findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        struct small s = small_new(findings[i].lines);
        const struct finding *f = find(&s, findings[i].id);
        if (f ? f->state != findings[i].state || f->severity != findings[i].severity
              : findings[i].state != FINDING_NONE)
            fail_msg("row %zu, %s: %s %s: %s", i, findings[i].id,
                     !f ? "none" : f->state == FINDING_OPEN ? "open" : "unknown",
                     f ? severity_word(f->severity) : "", f ? f->reason : findings[i].lines);
        small_free(&s);
    }
}

/* A row without its page, its remedy or its reason is not finished. Its cases: test_rules. */
static void test_every_row_is_whole(void **state)
{
    (void)state;
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].title || !rows[i].why || !rows[i].remedy || !rows[i].page || !rows[i].slug || !rows[i].controls
            || strncmp(rows[i].page, "docs.aws.amazon.com/", 20) != 0 || !rows[i].kinds[0])
            fail_msg("%s lacks something", rows[i].id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(rows[k].id, rows[i].id) == 0 || strcmp(rows[k].slug, rows[i].slug) == 0)
                fail_msg("%s twice", rows[i].id);
    }
}

/* The catalogue of findings, by family: each has a rule, or it is said why not. */
static void test_the_catalogue_is_whole(void **state)
{
    (void)state;
    static const struct {
        const char *family;
        int n;
    } families[] = {{"KEY", 16}, {"POL", 23}, {"GRT", 8},  {"ALI", 4},  {"SSM", 7},  {"VLT", 13},
                    {"RP", 9},   {"CPY", 11}, {"SVC", 14}, {"ORG", 12}, {"EKM", 10}, {"AB", 5}};
    size_t n_rules, n_left;
    const struct finding_row *rules = finding_rows(&n_rules);
    const struct rule_left *left = rules_left(&n_left);
    int n = 0;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (int k = 1; k <= families[f].n; k++, n++) {
            char id[16];
            bool is_judged = false, is_told = false;
            snprintf(id, sizeof id, "F-%s-%02d", families[f].family, k);
            for (size_t i = 0; i < n_rules; i++)
                is_judged |= strcmp(rules[i].id, id) == 0;
            for (size_t i = 0; i < n_left; i++)
                if (strcmp(left[i].id, id) == 0) {
                    is_told = true;
                    if (!left[i].what[0] || !left[i].why[0] || (left[i].is_part && !is_judged))
                        fail_msg("%s: a part of nothing, or no reason", id);
                }
            if (!is_judged && !is_told)
                fail_msg("%s is neither judged nor said to be left", id);
        }
    assert_int_equal(n, 132);
}

static void test_accounts_not_read(void **state)
{
    (void)state;
    struct small s = small_new("account 777788889999 ACTIVE\n" HOME);
    uint32_t node = small_node(&s, KIND_ACCOUNT, "arn:aws:iam::777788889999:root");
    assert_null(find(&s, "F-ORG-11")); /* not tried yet */
    estate_set_facet(s.e, estate_home(s.e, node), node, FACET_ACCOUNT_IDENTITY, TRUTH_DENIED,
                     small_failure(&s, "sts:AssumeRole", TRUTH_DENIED), NOW);
    estate_publish(s.e);
    const struct generation *g = estate_acquire(s.e);
    judgement_free(s.j);
    s.j = judge(g, NOW);
    assert_int_equal(find(&s, "F-ORG-11")->state, FINDING_OPEN);
    size_t n;
    const struct blind_spot *b = judgement_blind_in(s.j, "777788889999", NULL, &n);
    assert_int_equal(n, 1);
    assert_string_equal(b->operation, "sts:AssumeRole");
    assert_string_equal(b->hides, "everything in the account");
    struct place place;
    assert_true(judgement_place(s.j, "777788889999", NULL, &place));
    assert_true(place.keys.is_at_least);
    generation_release(g);
    small_free(&s);
}

/* Worst first, open before unknown; those of a node together; severity of a node. */
static void test_order_of_findings(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Disabled\nkey $Kb metadata:denied\nvault $Vv locked=false key_arn=$Ka\n"
                                    "recovery-point $Rp vault_arn=$Vv key_arn=$Ka status=EXPIRED encrypted=false\n");
    size_t n, n_of;
    const struct finding *all = judgement_findings(s.j, &n);
    for (size_t i = 1; i < n; i++) {
        assert_true(all[i - 1].severity >= all[i].severity);
        if (all[i - 1].severity == all[i].severity)
            assert_true(all[i - 1].state <= all[i].state);
    }
    uint32_t point = small_node(&s, KIND_POINT, "arn:aws:backup:eu-west-1:111122223333:recovery-point:p");
    const struct finding *of = judgement_of(s.j, point, &n_of);
    assert_int_equal(n_of, 3);
    for (size_t i = 0; i < n_of; i++)
        assert_int_equal(of[i].node, point);
    struct worst worst = judgement_worst(s.j, point);
    assert_int_equal(worst.open, SEVERITY_HIGH);
    assert_int_equal(worst.unproved, SEVERITY_NONE);
    worst = judgement_worst(s.j, small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/b"));
    assert_int_equal(worst.open, SEVERITY_NONE);
    assert_int_equal(worst.unproved, SEVERITY_CRITICAL);
    small_free(&s);
}

/* ---- what is told of many ---------------------------------------------------------------------- */

#define JOB(id, key, ago) "failed-job keyfall:failed-job/1/r/" id " what=backup vault_arn=$Vv created=" ago key "\n"
#define UNDER_A " key_arn=$Ka"
#define UNDER_B " key_arn=$Kb"

/* Of jobs of one second the one that came first must not decide, nor how they are called. */
static void test_jobs_of_one_second(void **state)
{
    (void)state;
    static const struct {
        const char *jobs, *cause;
    } rows[] = {
        {JOB("a", UNDER_A, "-1h") JOB("b", UNDER_A, "-1h"), "key/a"},
        {JOB("a", UNDER_A, "-1h") JOB("b", UNDER_B, "-1h"), "key/own"},
        {JOB("b", UNDER_B, "-1h") JOB("a", UNDER_A, "-1h"), "key/own"},
        {JOB("a", UNDER_A, "-1h") JOB("b", UNDER_B, "-1h") JOB("c", UNDER_A, "-1h"), "key/own"},
        {JOB("a", UNDER_A, "-1h") JOB("b", "", "-1h"), "key/own"},
        {JOB("b", "", "-1h") JOB("a", UNDER_A, "-1h"), "key/own"},
        /* only of the newest second */
        {JOB("a", UNDER_A, "-2h") JOB("b", UNDER_B, "-1h"), "key/b"},
        {JOB("b", UNDER_B, "-1h") JOB("a", UNDER_A, "-2h"), "key/b"},
        {JOB("a", UNDER_A, "-2h") JOB("b", UNDER_B, "-2h") JOB("c", UNDER_B, "-1h"), "key/b"},
        {JOB("c", UNDER_B, "-1h") JOB("a", UNDER_A, "-2h") JOB("b", UNDER_B, "-2h"), "key/b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *lines = mem_printf("%s%s", HOME "key $Kown state=Enabled\nkey $Ka state=Enabled\nkey $Kb state=Enabled\n"
                                              "vault $Vv key_arn=$Kown\n", rows[i].jobs);
        struct small s = small_new(lines);
        struct buf cause = {0};
        const struct finding *f = find(&s, "F-VLT-14");
        assert_non_null(f);
        node_arn(s.e, f->cause, &cause);
        if (!strstr(cause.data, rows[i].cause))
            fail_msg("row %zu: caused by %s, not %s", i, cause.data, rows[i].cause);
        buf_free(&cause);
        small_free(&s);
        mem_free(lines);
    }
}

#define NAMES_R "policy={\"Statement\":[" OWNER "," \
                ST("Allow", "{\"AWS\":\"arn:aws:iam::111122223333:role/r\"}", "kms:Disable*", "") "]}"
#define GOVERNS(words) HOME "key $Ka state=Enabled manager=CUSTOMER tags:absent external_accounts= " words "\n" POINT_UNDER
#define R_MAY(action, words) "principal arn:aws:iam::111122223333:role/r name=r type=role " \
    "attached_policies=arn:aws:iam::111122223333:policy/p\niam-policy arn:aws:iam::111122223333:policy/p type=managed " \
    "document={\"Statement\":[" MAY(action, "*") "]}" words "\n"

/* What a keyfall kept that did not know a trait does not say that a policy lacks it. */
static void test_traits_of_an_older_keyfall(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        enum finding_state state;
    } rows[] = {
        {GOVERNS(NAMES_R) R_MAY("kms:Encrypt", ""), FINDING_OPEN},
        {GOVERNS(NAMES_R " policy_traits=root-manages:1") R_MAY("kms:Encrypt", ""), FINDING_OPEN},
        {GOVERNS(NAMES_R " policy_traits=root-manages:1,traits-of:1") R_MAY("kms:Encrypt", ""), FINDING_OPEN},
        {GOVERNS("policy={\"Statement\":[" OWNER "]}") R_MAY("kms:*", ""), FINDING_OPEN},
        {GOVERNS("policy={\"Statement\":[" OWNER "]}") R_MAY("kms:*", " policy_traits=decrypts-all:1"), FINDING_OPEN},
        /* what was looked for, and is not there, is not asked for again */
        {GOVERNS(NAMES_R " policy_traits=root-manages:1,traits-of:2") R_MAY("kms:Encrypt", ""), FINDING_NONE},
        {GOVERNS("policy={\"Statement\":[" OWNER "]}") R_MAY("kms:*", " policy_traits=traits-of:2"), FINDING_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        const struct finding *f = find(&s, "F-POL-06");
        if ((f ? f->state : FINDING_NONE) != rows[i].state)
            fail_msg("row %zu: %s", i, f ? f->reason : "none");
        small_free(&s);
    }
}

/* ---- severity and certainty ------------------------------------------------------------------ */

/* What is proved stays proved when the facts cannot be read again, and says since when they are. */
static void test_old_facts(void **state)
{
    (void)state;
#define STALE_KEY HOME "key $Ka state=Disabled metadata:stale policy:absent\n"
    static const struct {
        const char *lines, *id;
        enum severity severity;
        bool is_old;
    } rows[] = {
        {STALE_KEY "parameter $Pp key_arn=$Ka\n", "F-KEY-04", SEVERITY_HIGH, true},
        {STALE_KEY "db-instance $Dx key_arn=$Ka\n", "F-KEY-04", SEVERITY_CRITICAL, true},
        {STALE_KEY "vault $Vv key_arn=$Ka\n", "F-VLT-01", SEVERITY_HIGH, true},
        {STALE_KEY "vault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n", "F-RP-02", SEVERITY_HIGH, true},
        {STALE_KEY "volume $Lv status=in-use key_arn=$Ka\n", "F-SVC-06", SEVERITY_HIGH, true},
        {HOME "key $Ka state=Disabled\nparameter $Pp key_arn=$Ka\n", "F-KEY-04", SEVERITY_HIGH, false},
        {HOME "vault $Vv locked=false\nhide vaults stale\n", "F-VLT-05", SEVERITY_MEDIUM, true},
        {HOME "vault $Vv locked=false\n", "F-VLT-05", SEVERITY_MEDIUM, false},
        {HOME "key-store keyfall:key-store/1/r/c connection_state=DISCONNECTED\n"
              "key $Ka state=Enabled key_store=keyfall:key-store/1/r/c\nhide key-stores stale\n", "F-KEY-06",
         SEVERITY_HIGH, true},
        /* a key that a whole list lacked stays deleted, if it was named before */
        {HOME "parameter $Pp key_arn=$Kgone last_modified=-9d\nhide keys stale\n", "F-KEY-10", SEVERITY_CRITICAL, true},
        {HOME "parameter $Pp key_arn=$Kgone last_modified=-9d\n", "F-KEY-10", SEVERITY_CRITICAL, false},
        {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv key_arn=$Kgone created=-9d\nhide keys stale\n", "F-RP-02",
         SEVERITY_CRITICAL, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        const struct finding *f = find(&s, rows[i].id);
        if (!f || f->state != FINDING_OPEN || f->severity != rows[i].severity
            || f->facts_at != (rows[i].is_old ? NOW - 60 : TIME_NONE))
            fail_msg("row %zu, %s: %s", i, rows[i].id, !f ? "none" : f->state == FINDING_OPEN ? "open" : "unknown");
        assert_int_equal(finding_mark(f)[1], rows[i].is_old ? '~' : '\0');
        small_free(&s);
    }
}

/* A vault whose policy keeps its points. */
#define KEPT "vault $Vv access_policy={\"Statement\":[" KEEPS("") "," ST("Deny", ANY, "backup:PutBackupVaultAccessPolicy", "") "]} "

static void test_worst(void **state)
{
    (void)state;
#define VAULT "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"
#define KEY "arn:aws:kms:eu-west-1:111122223333:key/a"
    static const struct {
        const char *lines, *mark;
        enum kind kind;
        const char *arn;
        enum severity open, unproved;
    } rows[] = {
        {HOME KEPT "locked=true\n", ".", KIND_VAULT, VAULT, SEVERITY_NONE, SEVERITY_NONE},
        {HOME KEPT "locked=false\n", "M", KIND_VAULT, VAULT, SEVERITY_MEDIUM, SEVERITY_NONE},
        /* high, and whether worse is not known: it stays high */
        {HOME "key $Ka state=Disabled metadata:stale policy:absent\nparameter $Pp key_arn=$Ka\n", "H~", KIND_KEY, KEY,
         SEVERITY_HIGH, SEVERITY_CRITICAL},
        {HOME "key $Ka metadata:denied policy:denied\n", "M?", KIND_KEY, KEY, SEVERITY_MEDIUM, SEVERITY_CRITICAL},
        {HOME "key $Ka metadata:denied policy:absent\n", "?", KIND_KEY, KEY, SEVERITY_NONE, SEVERITY_CRITICAL},
        /* an old list in which nothing was wrong rules nothing out */
        {HOME KEPT "locked=true\nhide vaults stale\n", "?", KIND_VAULT, VAULT, SEVERITY_NONE, SEVERITY_CRITICAL},
        {HOME KEPT "locked=false\nhide vaults stale\n", "M~", KIND_VAULT, VAULT, SEVERITY_MEDIUM, SEVERITY_CRITICAL},
        /* places are as bad as what is in them, and as what could be there */
#define HERE KIND_ACCOUNT, "arn:aws:iam::111122223333:root"
        {HOME, ".", HERE, SEVERITY_NONE, SEVERITY_NONE},
        {HOME KEPT "locked=false\n", "M", HERE, SEVERITY_MEDIUM, SEVERITY_NONE},
        {HOME "hide volumes denied\n", "?", HERE, SEVERITY_NONE, SEVERITY_HIGH},
        {HOME KEPT "locked=false\nhide recovery-points $Vv denied\n", "M?", HERE, SEVERITY_MEDIUM, SEVERITY_CRITICAL},
        {HOME KEPT "locked=false\n", "M", KIND_REGION, "keyfall:region/111122223333/eu-west-1", SEVERITY_MEDIUM,
         SEVERITY_NONE},
        {HOME "hide volumes denied\nat 111122223333 us-east-1\n", ".", KIND_REGION, "keyfall:region/111122223333/us-east-1",
         SEVERITY_NONE, SEVERITY_NONE},
        {"account 777788889999 SUSPENDED\n" HOME, "?", KIND_ACCOUNT, "arn:aws:iam::777788889999:root", SEVERITY_NONE,
         SEVERITY_CRITICAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        struct worst w = judgement_worst(s.j, small_node(&s, rows[i].kind, rows[i].arn));
        if (w.open != rows[i].open || w.unproved != rows[i].unproved || strcmp(worst_mark(w), rows[i].mark) != 0)
            fail_msg("row %zu: %s, unproved %s: %s", i, severity_word(w.open), severity_word(w.unproved), worst_mark(w));
        small_free(&s);
    }
}

/* More that is wrong, or that could be, is never ranked lower; what is not known stands above none and info. */
static void test_rank(void **state)
{
    (void)state;
    for (int open = 0; open < SEVERITY_COUNT; open++)
        for (int unproved = 0; unproved < SEVERITY_COUNT; unproved++)
            for (int more = 0; more < 2; more++) {
                struct worst w = {(enum severity)open, (enum severity)(unproved > open ? unproved : 0), false};
                struct worst x = {(enum severity)(open + more), (enum severity)(unproved + 1 - more), false};
                if ((int)x.open >= SEVERITY_COUNT || (int)x.unproved >= SEVERITY_COUNT)
                    continue;
                if (more && x.open == SEVERITY_INFO)
                    continue; /* information stands under what is not known */
                if (x.unproved <= x.open)
                    x.unproved = SEVERITY_NONE;
                if (worst_rank(x) < worst_rank(w))
                    fail_msg("%s, unproved %s stands under %s, unproved %s", severity_word(x.open),
                             severity_word(x.unproved), severity_word(w.open), severity_word(w.unproved));
            }
    struct worst unknown = {SEVERITY_NONE, SEVERITY_CRITICAL, false};
    static const int above[] = {SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL};
    static const int below[] = {SEVERITY_NONE, SEVERITY_INFO, SEVERITY_LOW};
    for (int i = 0; i < 3; i++) {
        assert_true(worst_rank((struct worst){(enum severity)above[i], SEVERITY_NONE, false}) > worst_rank(unknown));
        assert_true(worst_rank((struct worst){(enum severity)below[i], SEVERITY_NONE, false}) < worst_rank(unknown));
    }
    unknown.unproved = SEVERITY_INFO;
    assert_true(worst_rank((struct worst){SEVERITY_INFO, SEVERITY_NONE, false}) < worst_rank(unknown));
}

/* ---- blind spots ----------------------------------------------------------------------------- */

static void test_blind_spots(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *what, *hides, *service;
        enum truth truth;
        uint32_t records;
        size_t n;
    } rows[] = {
        {HOME, NULL, NULL, NULL, TRUTH_KNOWN, 0, 0},
        {HOME "hide volumes denied\n", "volumes", "volumes", "", TRUTH_DENIED, 0, 1},
        {HOME "hide volumes stale\n", "volumes", "volumes", "", TRUTH_STALE, 0, 1},
        {HOME "hide volumes loading\n", "volumes", "volumes", "ec2", TRUTH_LOADING, 0, 1},
        {HOME "hide volumes not_asked\n", "volumes", "volumes", "ec2", TRUTH_NOT_ASKED, 0, 1},
        {HOME "hide principals denied\n", "principals", "principals", "", TRUTH_DENIED, 0, 1},
        {HOME "hide iam-policies not_asked\n", "iam-policies", "iam-policies", "iam", TRUTH_NOT_ASKED, 0, 1},
        {HOME "hide service-control-policies denied\n", "service-control-policies", "service-control-policies", "",
         TRUTH_DENIED, 0, 1},
        {HOME "hide volumes unsupported\n", NULL, NULL, NULL, TRUTH_KNOWN, 0, 0},
        {HOME "key $Ka policy:denied\n", "policy", "policy of key a", "", TRUTH_DENIED, 1, 1},
        {HOME "key $Ka policy:denied\nkey $Kb policy:denied\nkey $Kc policy:denied\nkey $Kd\n", "policy",
         "policy of 3 keys", "", TRUTH_DENIED, 3, 1},
        {HOME "key $Ka\nkey $Kb\nhide grants $Ka denied\nhide grants $Kb denied\n", "grants", "grants of 2 keys", "",
         TRUTH_DENIED, 2, 1},
        {HOME "region keyfall:region/111122223333/ap-south-2 name=ap-south-2 selected=false "
              "ebs-encryption-by-default:not_asked\n", NULL, NULL, NULL, TRUTH_KNOWN, 0, 0},
        {HOME "key $Ka policy:denied\nkey $Kb policy:failed\n", "policy", "policy of key a", "", TRUTH_DENIED, 1, 2},
        /* one call and one error, of which one key has older facts */
        {HOME "key $Ka policy:failed\nkey $Kb policy={} policy:stale\n", "policy", "policy of 2 keys", "", TRUTH_FAILED, 2,
         1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        size_t n;
        const struct blind_spot *b = judgement_blind_spots(s.j, &n);
        if (n != rows[i].n)
            fail_msg("row %zu: %zu blind spots, the first %s", i, n, n ? b->hides : "");
        if (n > 0) {
            const struct blind_spot *hit = b;
            for (size_t k = 0; k < n; k++)
                if (b[k].truth == rows[i].truth)
                    hit = &b[k];
            assert_string_equal(hit->what, rows[i].what);
            assert_string_equal(hit->hides, rows[i].hides);
            assert_string_equal(hit->service, rows[i].service);
            assert_int_equal(hit->truth, rows[i].truth);
            assert_int_equal(hit->records, rows[i].records);
            assert_string_equal(hit->account, "111122223333");
            assert_string_equal(hit->region, strstr("principals iam-policies service-control-policies", hit->what) ? "" : "eu-west-1");
        }
        small_free(&s);
    }
}

static const struct blind_spot *blind_of(struct small *s, const char *what)
{
    size_t n;
    estate_publish(s->e);
    generation_release(s->g);
    s->g = estate_acquire(s->e);
    judgement_free(s->j);
    s->j = judge(s->g, NOW);
    const struct blind_spot *b = judgement_blind_spots(s->j, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(b[i].what, what) == 0)
            return &b[i];
    return NULL;
}

/* A blind spot is as old as the first of the attempts that failed, or as what was seen last. */
static void test_since(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka tags:not_asked\nhide grants $Ka not_asked\nhide volumes not_asked\n");
    uint32_t key = small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/a"), home = estate_home(s.e, key);
    uint32_t volumes = estate_slot(s.e, slot_scope(s.e, home), LIST_VOLUMES, 0);
    uint32_t grants = estate_slot(s.e, slot_scope(s.e, home), LIST_GRANTS, key);
    uint32_t denied = small_failure(&s, "x:Y", TRUTH_DENIED);
    for (int64_t at = NOW - 300; at < NOW; at += 100) {
        estate_failed(s.e, volumes, NULL, TRUTH_DENIED, denied, at);
        estate_failed(s.e, grants, NULL, TRUTH_DENIED, denied, at);
        estate_set_facet(s.e, home, key, FACET_KEY_TAGS, TRUTH_DENIED, denied, at);
        estate_publish(s.e);
        assert_int_equal(blind_of(&s, "volumes")->since, NOW - 300);
        assert_int_equal(blind_of(&s, "grants")->since, NOW - 300);
        assert_int_equal(blind_of(&s, "tags")->since, NOW - 300);
    }
    estate_complete(draft_new(s.e, volumes), NOW - 50);
    assert_null(blind_of(&s, "volumes"));
    estate_failed(s.e, volumes, NULL, TRUTH_DENIED, denied, NOW - 40);
    estate_failed(s.e, volumes, NULL, TRUTH_DENIED, denied, NOW - 30);
    assert_int_equal(blind_of(&s, "volumes")->truth, TRUTH_STALE);
    assert_int_equal(blind_of(&s, "volumes")->since, NOW - 50);
    small_free(&s);
}

/* Every list and facet names the call that reads it, also if it never was asked, and so its service. */
static void test_service(void **state)
{
    (void)state;
    for (int l = 1; l < LIST_COUNT; l++) {
        enum kind parent = list_row((enum list)l)->parent;
        if (parent != KIND_NONE || l == LIST_ACCOUNTS || list_row((enum list)l)->is_derived)
            continue;
        char *lines = mem_printf(HOME "hide %s not_asked\n", list_row((enum list)l)->name);
        struct small s = small_new(lines);
        const struct blind_spot *b = blind_of(&s, list_row((enum list)l)->name);
        if (!b || !strchr(b->operation, ':') || !b->service[0]
            || strncmp(b->operation, b->service, strlen(b->service)) != 0)
            fail_msg("%s: %s of %s", list_row((enum list)l)->name, b ? b->operation : "none", b ? b->service : "");
        small_free(&s);
        mem_free(lines);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void test_key_health(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        enum key_health health;
    } rows[] = {
        {HOME "key $Ka state=Enabled\n", KEY_USABLE},
        {HOME "key $Ka state=Updating\n", KEY_USABLE},
        {HOME "key $Ka state=Creating\n", KEY_UNUSABLE},
        {HOME "key $Ka state=Disabled\n", KEY_UNUSABLE},
        {HOME "key $Ka state=PendingDeletion\n", KEY_UNUSABLE},
        {HOME "key $Ka state=PendingReplicaDeletion\n", KEY_UNUSABLE},
        {HOME "key $Ka state=PendingImport\n", KEY_UNUSABLE},
        {HOME "key $Ka state=Unavailable\n", KEY_UNUSABLE},
        {HOME "key $Ka metadata:denied\n", KEY_UNKNOWN},
        {HOME "key $Ka state=Enabled metadata:stale\n", KEY_UNKNOWN},
        {HOME "key $Ka state=Disabled metadata:stale\n", KEY_UNUSABLE},
        {HOME "key $Ka state=Enabled key_store=keyfall:key-store/1/r/c\n", KEY_UNKNOWN},
        {HOME "key $Ka state=Enabled key_store=keyfall:key-store/1/r/c\n"
              "key-store keyfall:key-store/1/r/c connection_state=DISCONNECTED\n", KEY_UNUSABLE},
        {HOME "key $Ka state=Enabled key_store=keyfall:key-store/1/r/c\n"
              "key-store keyfall:key-store/1/r/c connection_state=CONNECTED\n", KEY_USABLE},
        {HOME "parameter $Pp key_arn=$Ka\n", KEY_GONE},
        {HOME "parameter $Pp key_arn=$Ka\nhide keys denied\n", KEY_UNKNOWN},
        {HOME "parameter $Pp key_arn=$Ka\nhide keys stale\n", KEY_UNKNOWN},
        {"at 444455556666 eu-west-1\nparameter $Pp key_arn=arn:aws:kms:eu-west-1:111122223333:key/a\n", KEY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        uint32_t key = small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/a");
        assert_int_not_equal(key, 0);
        if (judge_key(s.j, key) != rows[i].health)
            fail_msg("row %zu: %d", i, (int)judge_key(s.j, key));
        small_free(&s);
    }
}

static void test_dependents(void **state)
{
    (void)state;
#define SNAP "arn:aws:ec2:eu-west-1::snapshot/s"
    static const struct {
        const char *lines;
        uint64_t direct, all;
        bool is_at_least;
    } rows[] = {
        {HOME "key $Ka policy:absent\n", 0, 0, false},
        {HOME "key $Ka\nparameter $Pp key_arn=$Ka\nvault $Vv key_arn=$Ka\n", 2, 2, false},
        {HOME "key $Ka\nalias $Ax key_arn=$Ka\nparameter $Pp key_arn=$Ax\n", 0, 1, false},
        /* a recovery point that is a snapshot counts once, whether both are under the key or one is unseen */
        {HOME "key $Ka\nvault $Vv\nrecovery-point " SNAP " vault_arn=$Vv key_arn=$Ka snapshot_arn=" SNAP
              "\nebs-snapshot " SNAP " key_arn=$Ka\n", 1, 1, false},
        {HOME "key $Ka\nvault $Vv\nrecovery-point " SNAP " vault_arn=$Vv key_arn=$Ka snapshot_arn=" SNAP "\n", 1, 1, false},
        /* grants, relatives and aliases are no dependents */
        {HOME "key $Ka\nalias $Ax key_arn=$Ka\ngrant keyfall:grant/k/g key_arn=$Ka\n", 0, 0, false},
        {HOME "key $Ka\nparameter $Pp key_arn=$Ka\nhide volumes denied\n", 1, 1, true},
        {HOME "key $Ka\nhide vaults denied\n", 0, 0, true},
        {HOME "key $Ka\nvault $Vv\nhide recovery-points $Vv failed\n", 0, 0, true},
        {HOME "key $Ka\nhide copy-jobs denied\n", 0, 0, false},
        /* another account matters if the policy lets it in, or may */
        {HOME "key $Ka external_accounts=444455556666\nat 444455556666 eu-west-1\nhide volumes denied\n", 0, 0, true},
        {HOME "key $Ka\nat 444455556666 eu-west-1\nhide volumes denied\n", 0, 0, false},
        {HOME "key $Ka policy:denied\nat 444455556666 eu-west-1\nhide volumes denied\n", 0, 0, true},
        {HOME "key $Ka external_accounts=*\nat 444455556666 eu-west-1\nhide volumes denied\n", 0, 0, true},
        {HOME "key $Ka external_accounts=444455556666\nat 444455556666 us-east-1\nhide volumes denied\n", 0, 0, true},
        {HOME "key $Ka\nat 111122223333 us-east-1\nhide volumes denied\n", 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        struct dependents d = judge_dependents(s.j, small_node(&s, KIND_KEY, "arn:aws:kms:eu-west-1:111122223333:key/a"));
        if (d.direct != rows[i].direct || d.all != rows[i].all || d.is_at_least != rows[i].is_at_least)
            fail_msg("row %zu: %d %d %d", i, (int)d.direct, (int)d.all, d.is_at_least);
        small_free(&s);
    }
}

static void test_copies(void **state)
{
    (void)state;
#define RESTORE(key) "recovery-point $Rp" key " vault_arn=$Vv status=COMPLETED resource_arn=$Dx key_arn=$K" key "\n"
#define KEYS "key $Ka state=Enabled manager=CUSTOMER\nkey $Kb state=Enabled manager=CUSTOMER\nkey $Kdead state=Disabled\nkey $Khid metadata:denied\nvault $Vv\n" \
             "db-instance $Dx\n"
    static const struct {
        const char *lines;
        uint64_t n, independent;
        bool known, sure;
        enum tri restorable;
    } rows[] = {
        {HOME KEYS, 0, 0, true, true, TRI_NO},
        {HOME KEYS RESTORE("a"), 1, 1, true, true, TRI_YES},
        {HOME KEYS RESTORE("a") RESTORE("b"), 2, 2, true, true, TRI_YES},
        {HOME KEYS RESTORE("dead"), 1, 0, true, true, TRI_NO},
        {HOME KEYS RESTORE("hid"), 1, 0, false, true, TRI_UNKNOWN},
        {HOME KEYS RESTORE("a") RESTORE("hid"), 2, 1, false, true, TRI_YES},
        {HOME KEYS "recovery-point $Rp vault_arn=$Vv status=PARTIAL resource_arn=$Dx key_arn=$Ka\n", 1, 0, true, true, TRI_NO},
        {HOME KEYS "recovery-point $Rp vault_arn=$Vv status=COMPLETED resource_arn=$Dx encrypted=false\n", 1, 1, true, true,
         TRI_YES},
        {HOME KEYS "db-snapshot $Ss source_arn=$Dx status=available key_arn=$Ka\n", 1, 1, true, true, TRI_YES},
        {HOME KEYS "hide recovery-points $Vv denied\n", 0, 0, true, false, TRI_UNKNOWN},
        {HOME KEYS RESTORE("a") "hide ebs-snapshots denied\n", 1, 1, true, false, TRI_YES},
        /* whose key it is was not said: which family it is cannot be told */
        {HOME "key $Ka state=Enabled\nvault $Vv\ndb-instance $Dx\n" RESTORE("a"), 1, 0, false, true, TRI_YES},
        /* a family counts once: all AWS managed keys of an account, a multi-Region set */
        {HOME "key $Ka state=Enabled manager=AWS\nkey $Kb state=Enabled manager=AWS\nvault $Vv\ndb-instance $Dx\n" RESTORE("a")
             RESTORE("b"), 2, 1, true, true, TRI_YES},
        {HOME "key $Ka state=Enabled manager=CUSTOMER multi_region=true primary_key=$Ka\nkey $Kb state=Enabled manager=CUSTOMER multi_region=true primary_key=$Ka\n"
              "vault $Vv\ndb-instance $Dx\n" RESTORE("a") RESTORE("b"), 2, 1, true, true, TRI_YES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        struct copies c = judge_copies(s.j, small_node(&s, KIND_DB_INSTANCE, "arn:aws:rds:eu-west-1:111122223333:db:x"));
        if (c.n != rows[i].n || c.independent != rows[i].independent || c.independent_is_known != rows[i].known
            || c.is_sure != rows[i].sure || c.restorable != rows[i].restorable)
            fail_msg("row %zu: %d %d known %d sure %d restorable %d", i, (int)c.n, (int)c.independent,
                     c.independent_is_known, c.is_sure, (int)c.restorable);
        small_free(&s);
    }
}

static void test_places(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Disabled\nkey $Kb state=Enabled\nparameter $Pp key_arn=$Ka\n"
                                    "at 111122223333 us-east-1\nhide keys denied\n" KEPT "locked=false\n"
                                    "at 444455556666 eu-west-1\nkey $Kc state=Enabled\n");
    struct place p;
    assert_true(judgement_place(s.j, "111122223333", "eu-west-1", &p));
    assert_int_equal(p.keys.n, 2);
    assert_false(p.keys.is_at_least);
    assert_int_equal(p.findings[SEVERITY_HIGH], 1);
    assert_int_equal(p.blind_spots, 0);
    assert_true(judgement_place(s.j, "111122223333", NULL, &p));
    assert_int_equal(p.keys.n, 2);
    assert_true(p.keys.is_at_least);
    assert_int_equal(p.keys.truth, TRUTH_DENIED);
    assert_int_equal(p.vaults.n, 1);
    assert_false(p.vaults.is_at_least);
    assert_int_equal(p.findings[SEVERITY_MEDIUM], 2); /* the vault; nothing tells of keys being deleted */
    assert_int_equal(p.blind_spots, 1);
    assert_true(judgement_place(s.j, NULL, NULL, &p));
    assert_int_equal(p.keys.n, 3);
    assert_int_equal(p.vaults.n, 1);
    assert_false(judgement_place(s.j, "999999999999", NULL, &p));
    small_free(&s);
}

/* What one key brings about counts once where the key is, and by itself where it is not. */
static void test_effects_fold(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=PendingDeletion policy:absent\nvault $Vv locked=true key_arn=$Ka\n"
                                    "recovery-point $Rp vault_arn=$Vv key_arn=$Ka\nrecovery-point $Rq vault_arn=$Vv key_arn=$Ka\n"
                                    "recovery-point $Rr vault_arn=$Vv key_arn=$Ka status=EXPIRED\n"
                                    "at 444455556666 eu-west-1\nvault $Vw locked=true "
                                    "key_arn=arn:aws:kms:eu-west-1:111122223333:key/a\n");
    struct place p;
    size_t n;
    judgement_findings(s.j, &n);
    assert_true(n >= 6);
    assert_true(judgement_place(s.j, "111122223333", NULL, &p));
    assert_int_equal(p.findings[SEVERITY_CRITICAL], 1);
    assert_int_equal(p.findings[SEVERITY_HIGH], 1); /* the expired point has no cause elsewhere */
    assert_true(judgement_place(s.j, "444455556666", NULL, &p));
    assert_int_equal(p.findings[SEVERITY_CRITICAL], 1);
    /* the findings say so too: what does not fold is what is counted */
    const struct finding *f = judgement_findings(s.j, &n);
    uint32_t causes = 0, effects = 0, folded = 0;
    for (size_t i = 0; i < n; i++) {
        causes += !f[i].is_effect && f[i].severity == SEVERITY_CRITICAL && f[i].state == FINDING_OPEN;
        effects += f[i].is_effect;
        folded += f[i].n_effects;
        assert_true(f[i].n_effects == 0 || f[i].node == small_node(&s, KIND_KEY, KEY));
    }
    assert_int_equal(causes, 2);
    assert_int_equal(effects, 4); /* the vault and its points, not the vault of the other account */
    assert_int_equal(folded, effects);
    small_free(&s);
    /* what is under a key that is gone folds under the key, which only others name */
    s = small_new(HOME "vault $Vv locked=true key_arn=$Kgone\nrecovery-point $Rp vault_arn=$Vv key_arn=$Kgone\n");
    assert_true(judgement_place(s.j, "111122223333", NULL, &p));
    assert_int_equal(p.findings[SEVERITY_CRITICAL], 1);
    assert_int_equal(find(&s, "F-KEY-10")->n_effects, 2);
    small_free(&s);
}

/* One line tells what is of one rule, cause and place; what others fold under stands for itself. */
static void test_likes(void **state)
{
    (void)state;
    static const char lines[] =
        HOME "key $Ka state=Enabled policy:absent\n" KEPT "locked=true\n"
        "recovery-point $R1 vault_arn=$Vv status=EXPIRED\nrecovery-point $R2 vault_arn=$Vv status=EXPIRED\n"
        "recovery-point $R3 vault_arn=$Vv status=EXPIRED\n"
        "recovery-point $R4 vault_arn=$Vv key_arn=arn:aws:kms:eu-west-1:999999999999:key/x\n"
        "recovery-point $R5 vault_arn=$Vv key_arn=arn:aws:kms:eu-west-1:999999999999:key/y\n"
        "recovery-point $R6 vault_arn=$Vv key_arn=arn:aws:kms:eu-west-1:999999999999:key/y\n"
        "at 444455556666 eu-west-1\nvault $Vw locked=true\nrecovery-point $R7 vault_arn=$Vw status=EXPIRED\n";
    struct small s = small_new(lines);
    size_t n, n_expired[2] = {0}, n_foreign[2] = {0};
    const struct finding *all = judgement_findings(s.j, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(all[i].like <= i && all[all[i].like].rule == all[i].rule);
        size_t *counts = strcmp(all[i].rule->id, "F-RP-04") == 0   ? n_expired
                         : strcmp(all[i].rule->id, "F-RP-03") == 0 ? n_foreign
                                                                   : NULL;
        if (counts)
            counts[all[i].like != i]++;
        if (counts == n_expired)
            assert_int_equal(finding_has_line(all, i), all[i].like == i);
        if (counts == n_expired && all[i].like == i)
            assert_true(all[i].alike.n == 4 && all[i].alike.places == 2 && all[i].alike.accounts == 2);
        if (counts == n_foreign)
            assert_true(finding_has_line(all, i)); /* two are as soon read */
    }
    assert_int_equal(n_expired[0], 1); /* of two places: three and one */
    assert_int_equal(n_expired[1], 3);
    assert_int_equal(n_foreign[0], 2); /* of two keys: one and two */
    assert_int_equal(n_foreign[1], 1);
    small_free(&s);
}

static void test_severities(void **state)
{
    (void)state;
    enum severity s;
    assert_true(severity_parse("h", &s));
    assert_int_equal(s, SEVERITY_HIGH);
    assert_true(severity_parse("Critical", &s));
    assert_int_equal(s, SEVERITY_CRITICAL);
    assert_true(severity_parse(".", &s));
    assert_int_equal(s, SEVERITY_NONE);
    assert_false(severity_parse("x", &s));
    assert_int_equal(severity_letter(SEVERITY_LOW), 'L');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_every_row_is_whole),
        cmocka_unit_test(test_the_catalogue_is_whole),
        cmocka_unit_test(test_accounts_not_read),
        cmocka_unit_test(test_order_of_findings),
        cmocka_unit_test(test_old_facts),
        cmocka_unit_test(test_worst),
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_blind_spots),
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_service),
        cmocka_unit_test(test_key_health),
        cmocka_unit_test(test_dependents),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_effects_fold),
        cmocka_unit_test(test_likes),
        cmocka_unit_test(test_jobs_of_one_second),
        cmocka_unit_test(test_traits_of_an_older_keyfall),
        cmocka_unit_test(test_severities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
