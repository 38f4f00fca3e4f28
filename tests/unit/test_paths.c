/* Copy paths: each link whole, broken and unknown, in small estates. */
#include "backend/judge/copy_matrix.h"
#include "backend/judge/paths.h"

#include "small_estate.h"

#define SOURCE "111122223333"
#define TARGET "444455556666"
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define ALLOW(principal, action)                                                                   \
    "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" principal "\"},\"Action\":" action ",\"Resource\":\"*\"}"
#define ROOT(account) ALLOW("arn:aws:iam::" account ":root", "\"*\"")
/* The statement that a well-known blog proposes: everybody, if the caller is of that account. */
#define BLOG                                                                                       \
    "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"kms:CreateGrant\","         \
    "\"kms:Decrypt\",\"kms:GenerateDataKey*\",\"kms:DescribeKey\"],\"Resource\":\"*\","            \
    "\"Condition\":{\"StringEquals\":{\"kms:CallerAccount\":\"" TARGET "\"}}}"
#define SHARED POLICY(ROOT(SOURCE) "," ROOT(TARGET))
#define OWN(account) POLICY(ROOT(account))

/* A database in the source account, its key and its plan, which copies to the target account. */
#define KEY(policy) "key $Ka state=Enabled manager=CUSTOMER policy=" policy "\n"
#define AWS_KEY "key $Ka state=Enabled manager=AWS policy=" OWN(SOURCE) "\n"
#define PLAN                                                                                       \
    "backup-plan $Bp plan_id=p\nvault $Vv\nbackup-rule keyfall:backup-rule/r plan_arn=$Bp "        \
    "vault_arn=$Vv copies_to=arn:aws:backup:eu-west-1:" TARGET ":backup-vault:w\n"
#define POINT(type)                                                                                \
    "recovery-point $Rs vault_arn=$Vv resource_arn=$Ddb resource_type=" type " status=COMPLETED "  \
    "key_arn=$Ka backup_plan_id=p created=-1d snapshot_arn=$Sx\n"
#define FROM(key, type) "at " SOURCE " eu-west-1\n" key PLAN POINT(type)
#define VAULT(key, policy) "vault $Vw name=w key_arn=" key " access_policy=" policy "\n"
#define LETS POLICY(ALLOW("arn:aws:iam::" SOURCE ":root", "\"backup:CopyIntoBackupVault\""))
#define TO_KEY "key $Kb state=Enabled manager=CUSTOMER policy=" OWN(TARGET) "\n"
#define TO(key, vault) "at " TARGET " eu-west-1\n" key vault
#define GOOD_TO TO(TO_KEY, VAULT("$Kb", LETS))

static const struct {
    const char *what, *lines;
    enum tri ready;
    enum path_link broken_at;
    const char *reason; /* a part of it */
} cases[] = {
    {"all is well", "org\n" FROM(KEY(SHARED), "RDS") GOOD_TO, TRI_YES, LINK_NONE, ""},
    {"the blog's statement is enough for databases", "org\n" FROM(KEY(POLICY(ROOT(SOURCE) "," BLOG)), "RDS")
     GOOD_TO, TRI_YES, LINK_NONE, ""},
    {"but not for volumes: no ReEncrypt", "org\n" FROM(KEY(POLICY(ROOT(SOURCE) "," BLOG)), "EBS") GOOD_TO,
     TRI_NO, LINK_SOURCE_KEY, "kms:ReEncryptFrom"},
    {"the key is not shared", "org\n" FROM(KEY(OWN(SOURCE)), "RDS") GOOD_TO, TRI_NO, LINK_SOURCE_KEY,
     "does not let"},
    {"the key is AWS managed", "org\n" FROM(AWS_KEY, "RDS") GOOD_TO, TRI_NO, LINK_SOURCE_KEY,
     "an AWS managed key cannot be used from another account"},
    {"the key's policy was not read", "org\n" FROM("key $Ka state=Enabled manager=CUSTOMER policy:denied\n",
     "RDS") GOOD_TO, TRI_UNKNOWN, LINK_SOURCE_KEY, "was not read"},
    {"the key is disabled", "org\n" FROM("key $Ka state=Disabled manager=CUSTOMER policy=" SHARED "\n", "RDS")
     GOOD_TO, TRI_NO, LINK_SOURCE_KEY, "is Disabled"},
    {"the key is denied", "org\n" FROM("key $Ka metadata:denied policy=" SHARED "\n", "RDS") GOOD_TO,
     TRI_UNKNOWN, LINK_SOURCE_KEY, "not known"},
    {"a type that is not copied", "org\n" FROM(KEY(SHARED), "Redshift") GOOD_TO, TRI_NO, LINK_SOURCE,
     "does not copy backups of Redshift"},
    {"the points were not read", "org\n" FROM(KEY(SHARED), "RDS") "hide recovery-points $Vv denied\n" GOOD_TO,
     TRI_UNKNOWN, LINK_SOURCE, "were not read"},
    {"no organization is known", FROM(KEY(SHARED), "RDS") GOOD_TO, TRI_UNKNOWN, LINK_ORGANIZATION,
     "in one organization is not known"},
    {"switched off", "org off\n" FROM(KEY(SHARED), "RDS") GOOD_TO, TRI_NO, LINK_ORGANIZATION, "switched off"},
    {"no such vault", "org\n" FROM(KEY(SHARED), "RDS") TO(TO_KEY, ""), TRI_NO, LINK_DESTINATION_VAULT,
     "does not exist"},
    {"vaults not read", "org\n" FROM(KEY(SHARED), "RDS") TO(TO_KEY, "hide vaults denied\n"), TRI_UNKNOWN,
     LINK_DESTINATION_VAULT, "was not read"},
    {"the vault has no policy", "org\n" FROM(KEY(SHARED), "RDS") TO(TO_KEY, "vault $Vw name=w key_arn=$Kb\n"),
     TRI_NO, LINK_DESTINATION_VAULT, "does not let account " SOURCE},
    {"the vault's policy was not read", "org\n" FROM(KEY(SHARED), "RDS")
     TO(TO_KEY, "vault $Vw name=w key_arn=$Kb access-policy:denied\n"), TRI_UNKNOWN, LINK_DESTINATION_VAULT,
     "was not read"},
    {"the vault is under an AWS managed key", "org\n" FROM(KEY(SHARED), "RDS")
     TO("key $Kb state=Enabled manager=AWS policy=" OWN(TARGET) "\n", VAULT("$Kb", LETS)), TRI_NO,
     LINK_DESTINATION_VAULT, "under an AWS managed key"},
    {"the default vault", "org\n" FROM(KEY(SHARED), "RDS")
     TO(TO_KEY, "vault $Vw name=Default key_arn=$Kb access_policy=" LETS "\n"), TRI_NO, LINK_DESTINATION_VAULT,
     "default vault"},
    {"an air-gapped vault", "org\n" FROM(KEY(SHARED), "RDS")
     TO(TO_KEY, "vault $Vw name=w type=LOGICALLY_AIR_GAPPED_BACKUP_VAULT key_arn=$Kb\n"), TRI_UNKNOWN,
     LINK_DESTINATION_VAULT, "AWS RAM"},
    {"the vault's key is pending deletion", "org\n" FROM(KEY(SHARED), "RDS")
     TO("key $Kb state=PendingDeletion manager=CUSTOMER policy=" OWN(TARGET) "\n", VAULT("$Kb", LETS)), TRI_NO,
     LINK_DESTINATION_KEY, "is PendingDeletion"},
    {"the vault's key does not let its own account", "org\n" FROM(KEY(SHARED), "RDS")
     TO("key $Kb state=Enabled manager=CUSTOMER policy=" OWN(SOURCE) "\n", VAULT("$Kb", LETS)), TRI_NO,
     LINK_DESTINATION_KEY, "does not let"},
};

/* Whatever the good path rests on: once it is old, denied or failed, the path is no longer known to be ready. Grants
 * are not among it: they only add to what the policy allows already. */
static void test_hidden(void **state)
{
    (void)state;
#define KEY_WITH(facet) "key $Ka state=Enabled manager=CUSTOMER policy=" SHARED " " facet "\n"
#define TO_KEY_WITH(facet) "key $Kb state=Enabled manager=CUSTOMER policy=" OWN(TARGET) " " facet "\n"
#define GOOD "org\n" FROM(KEY(SHARED), "RDS")
#define OF_SOURCE "at " SOURCE " eu-west-1\n"
    static const char *const estates[] = {
        "org\n" FROM(KEY_WITH("policy:stale"), "RDS") GOOD_TO,
        "org\n" FROM(KEY_WITH("metadata:stale"), "RDS") GOOD_TO,
        GOOD "hide rules $Bp stale\n" GOOD_TO,
        GOOD "hide recovery-points $Vv stale\n" GOOD_TO,
        GOOD TO(TO_KEY_WITH("policy:stale"), VAULT("$Kb", LETS)),
        GOOD TO(TO_KEY_WITH("metadata:stale"), VAULT("$Kb", LETS)),
        GOOD TO(TO_KEY, "vault $Vw name=w key_arn=$Kb access_policy=" LETS " access-policy:stale\n"),
        GOOD GOOD_TO "hide vaults stale\n",
        GOOD GOOD_TO "hide vaults denied\n",
        GOOD GOOD_TO "hide keys denied\n",
    };
    for (size_t i = 0; i < sizeof estates / sizeof *estates; i++) {
        struct small s = small_new(estates[i]);
        size_t n;
        const struct copy_path *p = judge_paths(s.j, &n);
        for (size_t k = 0; k < n; k++)
            if (p[k].ready == TRI_YES)
                fail_msg("estate %zu: a path is ready all the same", i);
        small_free(&s);
    }
}

static const struct copy_path *the_path(const struct small *s, size_t *n)
{
    const struct copy_path *paths = judge_paths(s->j, n);
    for (size_t i = 0; i < *n; i++)
        if (paths[i].source)
            return &paths[i];
    return paths;
}

/* Text in the place of the @. */
static void put_at(const char *lines, const char *text, char *out, size_t size)
{
    const char *at = strchr(lines, '@');
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - lines), lines, text, at + 1);
}

/* The statement that is told is put where it belongs (@), and then the path is ready. */
static void test_mended(void **state)
{
    (void)state;
#define NOBODY ALLOW("arn:aws:iam::999999999999:root", "\"none:such\"")
    static const struct {
        const char *lines;
        enum path_link link;
    } broken[] = {
        {"org\n" FROM(KEY(POLICY(ROOT(SOURCE) "@")), "RDS") GOOD_TO, LINK_SOURCE_KEY},
        {"org\n" FROM(KEY(POLICY(ROOT(SOURCE) "," BLOG "@")), "EBS") GOOD_TO, LINK_SOURCE_KEY},
        {"org\n" FROM(KEY(SHARED), "RDS") TO(TO_KEY, VAULT("$Kb", POLICY(NOBODY "@"))), LINK_DESTINATION_VAULT},
        {"org\n" FROM(KEY(SHARED), "RDS")
         TO("key $Kb state=Enabled manager=CUSTOMER policy=" POLICY(ROOT(SOURCE) "@") "\n", VAULT("$Kb", LETS)),
         LINK_DESTINATION_KEY},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char before[4096], after[4096], added[1024];
        size_t n;
        put_at(broken[i].lines, "", before, sizeof before);
        struct small s = small_new(before);
        const struct copy_path *p = the_path(&s, &n);
        assert_int_equal(p->ready, TRI_NO);
        assert_int_equal(p->broken_at, broken[i].link);
        assert_true(p->statement[0] == '{');
        (void)snprintf(added, sizeof added, ",%s", p->statement);
        put_at(broken[i].lines, added, after, sizeof after);
        small_free(&s);
        s = small_new(after);
        p = the_path(&s, &n);
        if (p->ready != TRI_YES || p->statement[0])
            fail_msg("%zu is not mended by %s: %s", i, added, p->reason);
        small_free(&s);
    }
}

/* No statement mends what a statement denies: that one has to spare the role. */
static void test_denied(void **state)
{
    (void)state;
    size_t n;
    struct small s = small_new("org\n" FROM(KEY(POLICY(ROOT(SOURCE) "," ROOT(TARGET) ",{\"Sid\":\"NoGrants\","
                               "\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:CreateGrant\",\"Resource\":\"*\"}")),
                               "RDS") GOOD_TO);
    const struct copy_path *p = the_path(&s, &n);
    assert_int_equal(p->ready, TRI_NO);
    assert_non_null(strstr(p->reason, "NoGrants"));
    assert_non_null(strstr(p->remedy, "let that Deny spare arn:aws:iam::" TARGET));
    assert_string_equal(p->statement, "");
    small_free(&s);
}

/* ---- by places -------------------------------------------------------------------------------------------- */

static size_t place_index(const struct copy_place *places, size_t n, const char *account)
{
    size_t i = 0;
    while (i < n && strcmp(places[i].account, account) != 0)
        i++;
    return i;
}

/* Whence nothing is copied: a place with a vault says so, unless what would copy was not read. */
static void test_silent_sources(void **state)
{
    (void)state;
#define SILENT "at 777788889999 eu-west-1\nvault $Vq name=q\n"
    static const struct {
        const char *lines;
        enum copies_state is;
    } of[] = {{SILENT, COPIES_NONE},
              {SILENT "hide backup-plans denied\n", COPIES_UNKNOWN},
              {SILENT "hide dlm-policies denied\n", COPIES_UNKNOWN}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct small s = small_new(of[i].lines);
        const struct copy_matrix *m = judge_copy_matrix(s.j);
        size_t from = place_index(m->sources, m->n_sources, "777788889999");
        assert_true(from < m->n_sources);
        assert_int_equal(m->n_cells, 1);
        assert_int_equal(m->cells[0].destination, COPIES_NOWHERE);
        assert_int_equal(copies_state_of(m, from, &m->cells[0]), of[i].is);
        assert_int_equal(copies_state_of(m, from, copy_matrix_at(m, from, 0)), of[i].is);
        small_free(&s);
    }
}

/* Each case: the cell from the source to the target account. */
static void test_matrix(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        uint32_t n[3];
        enum copies_state is;
    } of[] = {
        {"org\n" FROM(KEY(SHARED), "RDS") GOOD_TO, {0, 0, 1}, COPIES_READY},
        {"org\n" FROM(KEY(OWN(SOURCE)), "RDS") GOOD_TO, {1, 0, 0}, COPIES_BROKEN},
        {FROM(KEY(SHARED), "RDS") GOOD_TO, {0, 1, 0}, COPIES_UNKNOWN},
        {"org\n" FROM(KEY(SHARED), "RDS") "hide rules $Bp stale\n" GOOD_TO, {0, 1, 0}, COPIES_UNKNOWN},
        {"org\n" FROM(KEY(SHARED), "RDS") "hide dlm-policies denied\n" GOOD_TO, {0, 0, 1}, COPIES_UNKNOWN},
        {"org\n" FROM(KEY(OWN(SOURCE)), "RDS") "hide dlm-policies denied\n" GOOD_TO, {1, 0, 0}, COPIES_BROKEN},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct small s = small_new(of[i].lines);
        const struct copy_matrix *m = judge_copy_matrix(s.j);
        size_t from = place_index(m->sources, m->n_sources, SOURCE), paths = 0;
        size_t to = place_index(m->destinations, m->n_destinations, TARGET);
        assert_true(from < m->n_sources && to < m->n_destinations);
        const struct copy_cell *cell = copy_matrix_at(m, from, to);
        assert_non_null(cell);
        if (memcmp(cell->n, of[i].n, sizeof cell->n) != 0 || copies_state_of(m, from, cell) != of[i].is)
            fail_msg("case %zu: %u broken, %u unknown, %u ready: %s", i, cell->n[TRI_NO], cell->n[TRI_UNKNOWN],
                     cell->n[TRI_YES], copies_state_word(copies_state_of(m, from, cell)));
        assert_int_equal(cell->worst->ready == TRI_NO, of[i].is == COPIES_BROKEN);
        for (size_t k = 0; k < m->n_cells; k++)
            paths += m->cells[k].n[0] + m->cells[k].n[1] + m->cells[k].n[2];
        size_t n;
        (void)judge_paths(s.j, &n);
        assert_int_equal(paths, n);
        assert_true(judge_copy_matrix(s.j) == m); /* made once */
        small_free(&s);
    }
}

static void test_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct small s = small_new(cases[i].lines);
        size_t n;
        const struct copy_path *p = the_path(&s, &n);
        if (n == 0 || p->ready != cases[i].ready || p->broken_at != cases[i].broken_at ||
            !strstr(p->reason, cases[i].reason))
            fail_msg("%s: %zu paths, ready %d, broken at %s: %s", cases[i].what, n, n ? (int)p->ready : -1,
                     n ? path_link_word(p->broken_at) : "", n ? p->reason : "");
        small_free(&s);
    }
}

/* Under an AWS managed key: first into a vault of the same account, which gives it a key of the customer's. */
static void test_intermediate_vault(void **state)
{
    (void)state;
    struct small s = small_new(
        "org\nat " SOURCE " eu-west-1\n" AWS_KEY "key $Kmid state=Enabled manager=CUSTOMER policy=" SHARED "\n"
        "backup-plan $Bp plan_id=p\nvault $Vv\nvault $Vmid name=mid key_arn=$Kmid\n"
        "backup-rule keyfall:backup-rule/r plan_arn=$Bp vault_arn=$Vv copies_to=$Vmid\n" POINT("RDS")
        "recovery-point $Rm vault_arn=$Vmid resource_arn=$Ddb resource_type=RDS status=COMPLETED key_arn=$Kmid "
        "source_vault_arn=$Vv created=-1d snapshot_arn=$Sm\n" GOOD_TO
        "recovery-point $Rw vault_arn=$Vw resource_arn=arn:aws:rds:eu-west-1:" SOURCE ":db:db resource_type=RDS "
        "status=COMPLETED key_arn=$Kb source_vault_arn=arn:aws:backup:eu-west-1:" SOURCE ":backup-vault:mid "
        "created=-1d snapshot_arn=$Sw\n");
    size_t n;
    const struct copy_path *p = judge_paths(s.j, &n);
    assert_int_equal(n, 2); /* the first hop by the rule, which its copy does not tell again; the second */
    for (size_t i = 0; i < n; i++) {
        bool is_second = strcmp(p[i].destination_account, TARGET) == 0;
        assert_int_equal(p[i].rule == 0, is_second);
        if (p[i].ready != TRI_YES)
            fail_msg("hop to %s: %s", p[i].destination_account, p[i].reason);
    }
    small_free(&s);
}

/* A plan that has backed up nothing yet still has its path. */
static void test_nothing_yet(void **state)
{
    (void)state;
    struct small s = small_new("org\nat " SOURCE " eu-west-1\n" KEY(SHARED) PLAN GOOD_TO);
    size_t n;
    const struct copy_path *p = judge_paths(s.j, &n);
    assert_int_equal(n, 1);
    assert_int_equal(p->source, 0);
    assert_int_equal(p->source_is, VALUE_ABSENT);
    assert_int_equal(p->ready, TRI_YES);
    assert_true(judge_paths(s.j, &n) == p); /* made once */
    small_free(&s);
}

/* ---- not AWS Backup's ---------------------------------------------------------------------------- */

#define HERE "at " SOURCE " eu-west-1\n"
#define THERE "at " SOURCE " us-east-1\n"
#define FAR_KEY(words) THERE "key $Kb manager=CUSTOMER " words "\n"
#define FAR_ARN "arn:aws:kms:us-east-1:" SOURCE ":key/b"
#define DLM_ROLE "arn:aws:iam::" SOURCE ":role/dlm"
#define ROLE_ALLOWS(action) "principal " DLM_ROLE " name=dlm type=role\niam-policy keyfall:iam-policy/x/y name=y "              \
                            "principal=" DLM_ROLE " document=" POLICY("{\"Effect\":\"Allow\",\"Action\":\"" action "\"," \
                            "\"Resource\":\"*\"}") "\n"
#define DLM "arn:aws:dlm:eu-west-1:" SOURCE ":policy/p"
#define DLM_POLICY(state, copy) "dlm-policy " DLM " state=" state " type=EBS_SNAPSHOT_MANAGEMENT role_arn=" DLM_ROLE             \
                                " copies=us-east-1%20" copy "\n"
#define DLM_MADE "key $Ka state=Enabled\nebs-snapshot arn:aws:ec2:eu-west-1::snapshot/s source_arn=arn:aws:ec2:eu-west-1:"     \
                 SOURCE ":volume/v key_arn=$Ka created=-1d policy_arn=" DLM "\n"
#define GOOD_FAR_KEY FAR_KEY("state=Enabled policy=" OWN(SOURCE))
#define REPLICA "rds-automated-backup arn:aws:rds:us-east-1:" SOURCE ":auto-backup:ab-1 source_region=eu-west-1 status=active " \
                "source_arn=arn:aws:rds:eu-west-1:" SOURCE ":db:d key_arn=$Kb\n"
#define DATABASE(state) HERE "key $Ka state=" state "\ndb-instance arn:aws:rds:eu-west-1:" SOURCE ":db:d key_arn=$Ka\n"
#define SETUP(words) "autobackup-replication keyfall:autobackup/s/alias/us-east-1 vault_account=" SOURCE " alias=alias/r "      \
                     "alias_arn=arn:aws:kms:us-east-1:" SOURCE ":alias/r protected_accounts=" TARGET " " words "\n"
#define ALIAS "alias $Ar name=alias/r key_arn=$Kb\n"
#define VAULT_ROLE "arn:aws:iam::" SOURCE ":role/vault"
#define SHARED_FAR_KEY(words) FAR_KEY("state=Enabled policy=" POLICY(ROOT(SOURCE) "," ALLOW(VAULT_ROLE, "\"kms:*\"") ","     \
                                                                ROOT(TARGET)) " " words)
#define PROTECTED(policy) "at " TARGET " us-east-1\nkey $Kp state=Enabled manager=CUSTOMER policy=" policy "\n"
#define PROTECTED_ARN "arn:aws:kms:us-east-1:" TARGET ":key/p"
#define READS "modes=protected-key vault_role=" VAULT_ROLE " source_key_arns=" PROTECTED_ARN

static const struct {
    const char *what, *lines;
    enum path_by by;
    size_t n;
    enum tri ready;
    enum path_link broken_at;
    const char *reason;
} ways_cases[] = {
    {"a policy copies", GOOD_FAR_KEY HERE DLM_MADE DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("kms:*"), PATH_BY_LIFECYCLE, 1,
     TRI_YES, LINK_NONE, ""},
    {"nothing yet", GOOD_FAR_KEY HERE DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("kms:*"), PATH_BY_LIFECYCLE, 1, TRI_YES,
     LINK_NONE, ""},
    {"a policy that copies nowhere", HERE "dlm-policy " DLM " state=ENABLED role_arn=" DLM_ROLE "\n", PATH_BY_LIFECYCLE, 0,
     TRI_YES, LINK_NONE, ""},
    {"the key of its copies is disabled", FAR_KEY("state=Disabled policy=" OWN(SOURCE)) HERE DLM_MADE
     DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("kms:*"), PATH_BY_LIFECYCLE, 1, TRI_NO, LINK_DESTINATION_KEY, "is Disabled"},
    {"its role may not use that key", GOOD_FAR_KEY HERE DLM_MADE DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("ec2:*"),
     PATH_BY_LIFECYCLE, 1, TRI_NO, LINK_DESTINATION_KEY, "may not make grants"},
    {"its role was not read", GOOD_FAR_KEY HERE DLM_MADE DLM_POLICY("ENABLED", FAR_ARN), PATH_BY_LIFECYCLE, 1, TRI_UNKNOWN,
     LINK_DESTINATION_KEY, "is not known"},
    {"the key of its copies was not read", THERE HERE DLM_MADE DLM_POLICY("ENABLED", FAR_ARN) "hide keys denied\n"
     ROLE_ALLOWS("kms:*"), PATH_BY_LIFECYCLE, 1, TRI_UNKNOWN, LINK_SOURCE_KEY, "not known"},
    {"a source key is disabled", GOOD_FAR_KEY HERE "key $Ka state=Disabled\nebs-snapshot arn:aws:ec2:eu-west-1::snapshot/s "
     "source_arn=arn:aws:ec2:eu-west-1:" SOURCE ":volume/v key_arn=$Ka policy_arn=" DLM "\n"
     DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("kms:*"), PATH_BY_LIFECYCLE, 1, TRI_NO, LINK_SOURCE_KEY, "is Disabled"},
    {"the policy is disabled", GOOD_FAR_KEY HERE DLM_MADE DLM_POLICY("DISABLED", FAR_ARN) ROLE_ALLOWS("kms:*"),
     PATH_BY_LIFECYCLE, 1, TRI_NO, LINK_SOURCE, "is DISABLED"},
    {"the policy was not read", HERE "dlm-policy " DLM " detail:denied\n", PATH_BY_LIFECYCLE, 1, TRI_UNKNOWN, LINK_SOURCE,
     "was not read"},
    {"its snapshots were not read", GOOD_FAR_KEY HERE DLM_POLICY("ENABLED", FAR_ARN) ROLE_ALLOWS("kms:*")
     "hide ebs-snapshots denied\n", PATH_BY_LIFECYCLE, 1, TRI_UNKNOWN, LINK_SOURCE, "were not read"},
    {"under the Region's default key, which is AWS's", THERE "region keyfall:region/" SOURCE "/us-east-1 name=us-east-1\n" HERE
     DLM_MADE DLM_POLICY("ENABLED", "default-key"), PATH_BY_LIFECYCLE, 1, TRI_YES, LINK_NONE, ""},
    {"the default key was not read", THERE "region keyfall:region/" SOURCE "/us-east-1 name=us-east-1 ebs-default-key:denied\n" HERE
     DLM_MADE DLM_POLICY("ENABLED", "default-key"), PATH_BY_LIFECYCLE, 1, TRI_UNKNOWN, LINK_DESTINATION_KEY, "default key"},

    {"automated backups are replicated", DATABASE("Enabled") GOOD_FAR_KEY REPLICA, PATH_BY_REPLICATION, 1, TRI_YES, LINK_NONE,
     ""},
    {"those of this Region are not", HERE "key $Ka state=Enabled\nrds-automated-backup arn:aws:rds:eu-west-1:" SOURCE
     ":auto-backup:ab-2 source_region=eu-west-1 status=active key_arn=$Ka\n", PATH_BY_REPLICATION, 0, TRI_YES, LINK_NONE, ""},
    {"the database's key is disabled", DATABASE("Disabled") GOOD_FAR_KEY REPLICA, PATH_BY_REPLICATION, 1, TRI_NO,
     LINK_SOURCE_KEY, "is Disabled"},
    {"the replicas' key is to be deleted", DATABASE("Enabled") FAR_KEY("state=PendingDeletion") REPLICA, PATH_BY_REPLICATION, 1,
     TRI_NO, LINK_DESTINATION_KEY, "is PendingDeletion"},
    {"the database was not read", HERE "hide db-instances denied\n" GOOD_FAR_KEY REPLICA, PATH_BY_REPLICATION, 1, TRI_UNKNOWN,
     LINK_SOURCE_KEY, "not known"},
    {"the list of replicas is old", DATABASE("Enabled") GOOD_FAR_KEY REPLICA "hide rds-automated-backups stale\n",
     PATH_BY_REPLICATION, 1, TRI_UNKNOWN, LINK_SOURCE, "not read again"},

    {"a setup is ready", SHARED_FAR_KEY("") ALIAS SETUP(READS) PROTECTED(POLICY(ROOT(TARGET) "," ALLOW(VAULT_ROLE, "\"kms:*\""))),
     PATH_BY_AUTOBACKUP, 1, TRI_YES, LINK_NONE, ""},
    {"its alias is missing", SHARED_FAR_KEY("") SETUP(READS)
     PROTECTED(POLICY(ROOT(TARGET) "," ALLOW(VAULT_ROLE, "\"kms:*\""))), PATH_BY_AUTOBACKUP, 1, TRI_NO, LINK_DESTINATION_KEY, ""},
    {"a PROTECTED key keeps the VAULT role out", SHARED_FAR_KEY("") ALIAS SETUP(READS) PROTECTED(OWN(TARGET)),
     PATH_BY_AUTOBACKUP, 1, TRI_NO, LINK_SOURCE_KEY, "not allowed"},
    {"a PROTECTED key's policy was not read", SHARED_FAR_KEY("") ALIAS SETUP(READS) "at " TARGET " us-east-1\nkey $Kp "
     "state=Enabled manager=CUSTOMER policy:denied\n", PATH_BY_AUTOBACKUP, 1, TRI_UNKNOWN, LINK_SOURCE_KEY, "not read"},
    {"no PROTECTED key is registered", SHARED_FAR_KEY("") ALIAS SETUP("modes=protected-key vault_role=" VAULT_ROLE),
     PATH_BY_AUTOBACKUP, 1, TRI_UNKNOWN, LINK_SOURCE_KEY, "no PROTECTED key"},
};

static void test_other_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways_cases / sizeof *ways_cases; i++) {
        struct small s = small_new(ways_cases[i].lines);
        size_t n;
        const struct copy_path *p = judge_paths(s.j, &n);
        if (n != ways_cases[i].n)
            fail_msg("%s: %zu paths", ways_cases[i].what, n);
        if (n > 0 && (p->by != ways_cases[i].by || p->ready != ways_cases[i].ready ||
                      p->broken_at != ways_cases[i].broken_at || !strstr(p->reason, ways_cases[i].reason)))
            fail_msg("%s: ready %d, broken at %s: %s", ways_cases[i].what, (int)p->ready, path_link_word(p->broken_at),
                     p->reason);
        if (n > 0 && (p->ready == TRI_YES) != (p->page[0] == '\0'))
            fail_msg("%s: page %s", ways_cases[i].what, p->page);
        small_free(&s);
    }
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_mended),
        cmocka_unit_test(test_denied),
        cmocka_unit_test(test_silent_sources),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_intermediate_vault),
        cmocka_unit_test(test_nothing_yet),
        cmocka_unit_test(test_other_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
