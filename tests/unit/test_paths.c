/* Copy paths: each link whole, broken and unknown, in small estates. */
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

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_intermediate_vault),
        cmocka_unit_test(test_nothing_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
