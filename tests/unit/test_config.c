#include "backend/config/config.h"
#include "backend/config/table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "arn:aws:kms:eu-central-1:333344445555:key/1234abcd-12ab-34cd-56ef-1234567890ab"

static struct settings *parsed(const char *text)
{
    struct settings *s;
    struct err err = {0};
    size_t len = strlen(text);
    char *exact = mem_resize(NULL, len, 1); /* the sanitizer sees a read beyond it */
    memcpy(exact, text, len);
    if (config_parse("keyfall.conf", exact, len, &s, &err) != ERR_OK)
        fail_msg("%s", err.text);
    mem_free(exact);
    return s;
}

static char *printed(const struct settings *s)
{
    struct buf out = {0};
    config_print(s, &out);
    return buf_take(&out);
}

/* ---- what is given ----------------------------------------------------------------------------- */

static const char whole[] =
    "[general]\ntheme = light\nbudget = 20000\n"
    "[refresh]\ndeletions = 90s\ncycle = 10m\ninventory = 2h\nshare = 30%\nshare_cautious = 10\n"
    "[organization]\nrole = AuditReadOnly\nexternal_id = x-1\n"
    "[target prod]\nprofile = p\nread_role = arn:aws:iam::111122223333:role/path/Read\nregions = eu-west-1\n"
    "[Target other]\nACCOUNT = 444455556666\nread_role = Read\n"
    "[ekm entra-id]\nkey = " KEY "\nphase = in-transition\ndruva_account = 888899990000\n"
    "[ekm salesforce old]\nkey = " KEY "\nphase = former\n"
    "[credentials druva]\naccount = 111122223333\nregions = eu-west-1,eu-central-1\n  us-east-1\nekey = no\n"
    "[autobackup apps]\nvault_account = 333344445555\naliases = very_secret_key alias/two\nprotected = 222233334444\n"
    "modes = plain, vault-key\n"
    "[allow]\nbreak_glass = arn:aws:iam::*:role/BreakGlass\nvendors = 888899990000\n"
    "[suppress tapes]\nfindings = F-KEY-09, F-VLT-05\nrecords = *\nreason = why not\nowner = me\nuntil = 2027-01-31\n"
    "[owner us]\nrecords = arn:aws:kms:*\n"
    "[production PROD]\naccounts = 111122223333, 222233334444\ncolour = magenta\n"
    "[keys]\nimpact = f4\n";

static void test_whole(void **state)
{
    (void)state;
    struct settings *s = parsed(whole);
    if (s->complaints.n)
        fail_msg("%s", s->complaints.items[0]);
    assert_string_equal(s->general.theme, "light");
    assert_int_equal(s->refresh.deletions_s, 90);
    assert_int_equal(s->refresh.inventory_s, 7200);
    assert_int_equal(s->refresh.share, 30);
    assert_string_equal(s->organization.role, "AuditReadOnly");
    assert_int_equal(s->targets.n, 2);
    assert_string_equal(s->targets.items[0].name, "prod");
    assert_string_equal(s->targets.items[0].profile, "p");
    assert_string_equal(s->targets.items[1].profile, "other");
    assert_string_equal(s->targets.items[1].read_role, "arn:aws:iam::444455556666:role/Read");
    assert_null(s->targets.items[1].change_role);
    assert_int_equal(s->products.ekm.n, 2);
    assert_string_equal(s->products.ekm.items[0].product, "entra-id");
    assert_int_equal(s->products.ekm.items[0].phase, PHASE_IN_TRANSITION);
    assert_string_equal(s->products.ekm.items[1].product, "salesforce");
    assert_int_equal(s->products.ekm.items[1].phase, PHASE_FORMER);
    assert_int_equal(s->products.credentials.items[0].regions.n, 3);
    assert_string_equal(s->products.credentials.items[0].regions.items[2], "us-east-1");
    assert_null(s->products.credentials.items[0].regions.items[3]);
    assert_int_equal(s->products.credentials.items[0].e_key, SAID_NO);
    assert_int_equal(s->products.autobackup.items[0].aliases.n, 2);
    assert_int_equal(s->products.autobackup.items[0].modes, MODE_PLAIN | MODE_VAULT_KEY);
    assert_string_equal(s->allow.vendors.items[0], "888899990000");
    assert_string_equal(s->allow.suppressions.items[0].findings.items[1], "F-VLT-05");
    assert_string_equal(s->allow.suppressions.items[0].reason, "why not");
    assert_int_equal(s->allow.suppressions.items[0].ends_utc, INT64_C(1801440000)); /* 2027-02-01 */
    assert_string_equal(s->allow.owners.items[0].records.items[0], "arn:aws:kms:*");
    assert_string_equal(s->production.items[0].word, "PROD");
    assert_int_equal(s->production.items[0].colour, COLOUR_MAGENTA);
    assert_string_equal(s->keys.items[0].action, "impact");
    assert_string_equal(s->keys.items[0].where, "keyfall.conf:52:10");
    settings_free(s);
}

/* ---- what is wrong, and that the rest goes on ------------------------------------------------------ */

struct wrong_case {
    const char *text;
    const char *complaint; /* begins with the place behind "keyfall.conf:" */
};

static const struct wrong_case wrong_cases[] = {
    {"[general]\ntheem = dark\n", "2:1: there is no setting theem in [general]; did you mean theme"},
    {"[general]\nzzzzzzzz = 1\n", "2:1: there is no setting zzzzzzzz in [general]; keyfall --print-config lists"},
    {"[generall]\ntheme = dark\n", "1:1: there is no section [generall]; did you mean general"},
    {"theme = dark\n", "1:1: theme stands before the first section: put [general] or another above it"},
    {"\n  [general x]\n", "2:3: [general x] takes no name behind it"},
    {"[target]\nprofile = x\n", "1:1: [target] needs a name behind it: [target prod]"},
    {"[general\ntheme = dark\n", "1:1: a section without its closing bracket: [general] and the lines under it "
                                "are ignored"},
    {"[target x] y\nprofile = p\n", "1:12: something follows the section: [target x] and the lines under it are"},
    {"[general]\nnonsense\n", "2:1: neither a [section] nor key = value"},
    {"[general]\n= x\n", "2:1: a value without a key"},
    {"[general]\ntheme = a\ntheme = b\n", "3:1: theme stands in this section already, in line 2, which counts"},
    {"[general]\ntheme = a\n[General]\ntheme = b\n", "4:1: theme \"b\" was said before"},
    {"[general]\ntheme =\n", "2:8: theme \"\" is empty: leave the line out, or give a value"},
    {"[general]\ntheme = a\n  b\n", "goes on in the next line"},
    {"[general]\ntheme = dark # mine\n", "2:9: theme \"dark # mine\" is no theme: write its name, as dark, or its "
                                         "file (a comment stands on a line of its own)"},
    {"[refresh]\ncycle = 10\n", "2:9: cycle \"10\" is no span of time: write it as 90s, 10m or 2h"},
    {"[refresh]\ncycle = 1s\n", "2:9: cycle \"1s\" is out of range: it goes from 60 to 86400 seconds"},
    {"[refresh]\ncycle = 999999d\n", "is out of range"},
    {"[refresh]\ncycle = 99999999999999d\n", "is no span of time"},
    {"[refresh]\ncycle = -5m\n", "is no span of time"},
    {"[refresh]\nshare = 0\n", "2:9: share \"0\" is no percentage: write a number from 1 to 100"},
    {"[refresh]\nshare = 101\n", "is no percentage"},
    {"[refresh]\nshare = 5x\n", "is no percentage"},
    {"[organization]\nrole = arn:aws:iam::1:role/x\n", "is no role's name"},
    {"[target a]\nread_role = Read\n",
     "1:1: [target a] names a role by its name alone: add account = 111122223333, or give the role's ARN"},
    {"[target a]\nregions = eu-west-1, EU\n",
     "2:22: regions \"EU\" is no Region: write it as eu-central-1"},
    {"[target a]\nregions = eu-west-1, EU\n", "1:1: [target a] is not used, for a line of it is wrong"},
    {"[target a]\nregions =\n", "2:10: regions is empty: leave the line out, or give a value"},
    {"[target a]\nregions = ,\n", "2:11: regions is empty: leave the line out, or give a value"},
    {"[target a]\nregons = eu-west-1\n", "did you mean regions"},
    {"[target a]\nread_role = arn:aws:sts::111122223333:assumed-role/x/y\n", "is no role's ARN"},
    {"[target a]\nmfa = no\n", "is no MFA device"},
    {"[target a]\nexternal_id = a b\n", "is no external id"},
    {"[target a\x1b[31m]\n", "is no name"},
    {"[ekm entra-id]\n", "1:1: [ekm entra-id] says nothing without key: add key = arn:aws:kms:"},
    {"[ekm Entra ID]\nkey = " KEY "\n", "1:1: [ekm Entra ID] names no product: add product = entra-id"},
    {"[ekm entra-id]\nkey = alias/druva\n", "2:7: key \"alias/druva\" is an alias: give the ARN of the key"},
    {"[ekm entra-id]\nkey = arn:aws:kms:eu-west-1:111122223333:alias/x\n", "is an alias"},
    {"[ekm entra-id]\nkey = 1234abcd-12ab-34cd-56ef-1234567890ab\n", "is a key's id alone"},
    {"[ekm entra-id]\nkey = https://x.vault.azure.net/keys/k/1\n", "is no key of AWS: keys kept elsewhere"},
    {"[ekm entra-id]\nkey = projects/p/locations/l/keyRings/r/cryptoKeys/k\n", "is no key of AWS"},
    {"[ekm entra-id]\nkey = " KEY "\nphase = in transition\n",
     "3:9: phase \"in transition\" is none of current, in-transition or former; did you mean in-transition?"},
    {"[ekm entra-id]\nkey = " KEY "\ndruva_account = 8888-9999-0000\n",
     "druva_account \"8888-9999-0000\" is no account: an AWS account id has 12 digits"},
    {"[credentials x]\naccount = 111122223333\nekey = maybe\n", "is none of yes or no"},
    {"[credentials x]\naccount = 111122223333\nparameters = */x\n", "is no parameter's name"},
    {"[credentials x]\naccount = 111122223333\nkey = aws/ssm\n", "is no key"},
    {"[autobackup x]\nvault_account = 111122223333\nprotected = 111122223333\n", "they are different accounts"},
    {"[autobackup x]\nvault_account = 111122223333\naliases = aws/ebs\n", "is no alias"},
    {"[autobackup x]\nvault_account = 111122223333\nmodes = plain, secret\n",
     "3:16: modes \"secret\" is none of plain, protected-key or vault-key"},
    {"[autobackup x]\nvault_account = 111122223333\nregions = ,,\n", "3:11: regions is empty"},
    {"[suppress x]\nfindings = KEY-9\n", "2:12: findings \"KEY-9\" is no finding: write its id, as F-KEY-09"},
    {"[suppress x]\nrecords = key/1\n", "2:11: records \"key/1\" is no record: write its ARN, * for any part"},
    {"[suppress x]\nuntil = 2027-02-30\n", "2:9: until \"2027-02-30\" is no day: write it as 2027-01-31"},
    {"[suppress x]\nuntil = 2027-01-31T00:00:00Z\n", "is no day"},
    {"[suppress x]\nfindings = F-KEY-09\nrecords = *\nowner = o\nuntil = 2027-01-31\n",
     "1:1: [suppress x] says nothing without reason: add reason = "},
    {"[owner x]\n", "1:1: [owner x] owns nothing: add accounts = 111122223333"},
    {"[allow]\nbreak_glass = BreakGlass\n", "is no role: write arn:aws:iam::111122223333:role/NAME, * for any"},
    {"[production P]\naccounts = 1\n", "accounts \"1\" is no account"},
    {"[production P]\ncolour = rred\naccounts = 111122223333\n", "did you mean red?"},
    {"[keys]\nimpact = f4\n  f5\n", "impact \"\" goes on in the next line"},
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_cases / sizeof *wrong_cases; i++) {
        const struct wrong_case *c = &wrong_cases[i];
        char *text = mem_printf("%s\n[allow]\nvendors = 888899990000\n", c->text);
        struct settings *s = parsed(text);
        bool is_told = false;
        for (size_t k = 0; k < s->complaints.n; k++) {
            assert_int_equal(strncmp(s->complaints.items[k], "keyfall.conf:", 13), 0);
            is_told |= strstr(s->complaints.items[k], c->complaint) != NULL;
        }
        if (!is_told)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, s->complaints.n ? s->complaints.items[0] : "(nothing)",
                     c->complaint);
        assert_int_equal(s->allow.vendors.n, 1); /* the rest counts */
        assert_int_equal(s->targets.n, 0);       /* a target with a wrong line does not */
        settings_free(s);
        mem_free(text);
    }
}

/* What stands under a section that could not be read belongs to no other. */
static void test_lost_section(void **state)
{
    (void)state;
    struct settings *s = parsed("[target a]\nprofile = a\n[target b\nprofile = b\nread_role = x\n");
    assert_int_equal(s->targets.n, 1);
    assert_string_equal(s->targets.items[0].profile, "a");
    assert_null(s->targets.items[0].read_role);
    assert_int_equal(s->complaints.n, 1);
    assert_string_equal(s->complaints.items[0], "keyfall.conf:3:1: a section without its closing bracket: [target b] "
                                                "and the lines under it are ignored");
    assert_int_equal(s->n_targets_lost, 1); /* nobody is read in its stead */
    settings_free(s);
    s = parsed("[general\ntheme = dark\n");
    assert_int_equal(s->n_targets_lost, 0);
    settings_free(s);
}

/* Without it AWS would be read further than was meant. */
static void test_lost_limit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_lost;
    } cases[] = {
        {"[general]\nbudget = lots\n", true},   {"[general]\nbudget =\n", true},
        {"[general]\nbudget = 5\n  6\n", true}, {"[general]\nbugdet = 5\n", true},
        {"[general]\nbudget = 5\n", false},     {"[general]\ntheem = dark\n", false},
        {"[general]\ntheme =\n", false},        {"[general]\nbudget = 5\nbudget = lots\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings *s = parsed(cases[i].text);
        if (s->is_limit_lost != cases[i].is_lost)
            fail_msg("%s: %d", cases[i].text, s->is_limit_lost);
        settings_free(s);
    }
}

/* Wherever it strayed to, and however it is misspelt: what makes a viewer is never lost. */
static void test_lost_viewer(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_viewer;
        unsigned n_complaints;
    } cases[] = {
        {"viewer = yes\n", true, 1},
        {"[viewer]\nviewer = yes\n", true, 1},
        {"[target x]\nread_role = arn:aws:iam::111122223333:role/R\nviewer = yes\n", true, 2},
        {"[general]\nviewr = yes\n", true, 1},
        {"[keys]\nviewer = yes\n", true, 1},
        {"[genral]\nviewer = yes\n", true, 1},
        {"[keys]\nviews = v\n", false, 0},
        {"[general]\ntheem = dark\n", false, 1},
        {"[general]\nviewer = no\n", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings *s = parsed(cases[i].text);
        if ((s->general.viewer == SAID_YES) != cases[i].is_viewer || s->complaints.n != cases[i].n_complaints)
            fail_msg("%s: %d, %zu complaints", cases[i].text, s->general.viewer, s->complaints.n);
        settings_free(s);
    }
}

/* By line, whatever found them: what a line is, what it says, what the section lacks. */
static void test_order(void **state)
{
    (void)state;
    struct settings *s = parsed("[target a]\nread_role = Read\n[general]\ntheem = x\nnonsense\n[refresh]\ncycle = 1\n"
                                "cycle = 10m\n[generall]\nx = 1\n[allow]\nvendors = x, y\n");
    static const char *const places[] = {"1:1:", "4:1:", "5:1:", "7:9:", "8:1:", "9:1:", "12:11:", "12:14:"};
    assert_int_equal(s->complaints.n, sizeof places / sizeof *places);
    for (size_t i = 0; i < s->complaints.n; i++)
        if (strncmp(s->complaints.items[i] + strlen("keyfall.conf:"), places[i], strlen(places[i])) != 0)
            fail_msg("%zu: %s, not %s", i, s->complaints.items[i], places[i]);
    settings_free(s);
}

/* Whatever would be waited for is refused in a sentence; /dev/null says what an empty file does. */
static void test_no_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/keyfall-conf-XXXXXX", path[64];
    struct settings *s;
    struct err err;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    const char *const refused[] = {path, "/dev/zero", folder};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(config_read(refused[i], &s, &err), ERR_IO);
        assert_non_null(strstr(err.text, refused[i]));
        assert_non_null(strstr(err.text, i < 2 ? "is no regular file but a pipe or a device" : "directory"));
        settings_free(s);
    }
    assert_int_equal(config_read("/dev/null", &s, &err), ERR_OK);
    settings_free(s);
    unlink(path);
    rmdir(folder);
}

/* A wrong item does not take the list with it. */
static void test_list(void **state)
{
    (void)state;
    struct settings *s = parsed("[allow]\naccounts = 111122223333, x, 111122223333\n  222233334444\n");
    assert_int_equal(s->allow.accounts.n, 2);
    assert_int_equal(s->complaints.n, 1);
    assert_string_equal(s->complaints.items[0],
                        "keyfall.conf:2:26: accounts \"x\" is no account: an AWS account id has 12 digits");
    settings_free(s);
}

static void test_not_a_text(void **state)
{
    (void)state;
    struct settings *s;
    struct err err = {0};
    assert_int_equal(config_parse("f", "[general]\0x", 11, &s, &err), ERR_PARSE);
    assert_non_null(s);
    assert_null(s->general.theme);
    settings_free(s);
    assert_int_equal(config_read("/does/not/exist", &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/does/not/exist"));
    settings_free(s);
}

/* ---- the table --------------------------------------------------------------------------------- */

static void test_rows(void **state)
{
    (void)state;
    size_t n;
    const struct section_row *sections = section_rows(&n);
    for (size_t i = 0; i < n; i++) {
        assert_true(sections[i].meaning && sections[i].meaning[0]);
        assert_true(sections[i].n_rows <= 64);
        assert_int_equal(sections[i].example != NULL, sections[i].size && !sections[i].is_open);
        for (size_t k = 0; k < sections[i].n_rows; k++) {
            const struct setting_row *row = &sections[i].rows[k];
            assert_true(row->meaning && row->otherwise && row->example);
            assert_int_equal(row->form != NULL, row->type == SETTING_TEXT || row->type == SETTING_LIST);
            assert_int_equal(row->words != NULL, row->type == SETTING_CHOICE || row->type == SETTING_FLAGS);
        }
    }
}

/* The examples that --print-config shows are right. */
static void test_examples(void **state)
{
    (void)state;
    struct settings *s = settings_new();
    char *text = printed(s), *to = text;
    settings_free(s);
    for (const char *from = text; *from; from++) {
        bool is_example = *from == '#' && from[1] != ' ' && (from == text || from[-1] == '\n');
        if (!is_example)
            *to++ = *from;
    }
    *to = '\0';
    s = parsed(text);
    if (s->complaints.n)
        fail_msg("%s", s->complaints.items[0]);
    assert_string_equal(s->targets.items[0].mfa, "arn:aws:iam::444455556666:mfa/ada");
    assert_int_equal(s->products.autobackup.n, 1);
    assert_int_equal(s->production.n, 1);
    settings_free(s);
    mem_free(text);
}

static void test_print(void **state)
{
    (void)state;
    const char *const texts[] = {"", whole, "[target a]\n[target b]\nprofile = x\n[keys]\nimpact =\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct settings *s = parsed(texts[i]);
        char *first = printed(s);
        settings_free(s);
        s = parsed(first);
        if (s->complaints.n)
            fail_msg("%zu: %s", i, s->complaints.items[0]);
        char *second = printed(s);
        assert_string_equal(first, second);
        settings_free(s);
        mem_free(second);
        mem_free(first);
    }
    struct settings *s = parsed(whole);
    char *text = printed(s);
    assert_non_null(strstr(text, "\nread_role = arn:aws:iam::444455556666:role/Read\n"));
    assert_non_null(strstr(text, "\n# the key's ARN, as the product's console shows it (text; must be given)\n"));
    assert_non_null(strstr(text, "\ndeletions = 90s\n"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (*line == '#')
            assert_true(strcspn(line, "\n") <= 110);
    mem_free(text);
    settings_free(s);
}

/* ---- where it is looked for ---------------------------------------------------------------------- */

static void test_default_path(void **state)
{
    (void)state;
    static const struct {
        const char *xdg, *home, *path;
    } cases[] = {
        {"/x", "/h", "/x/keyfall/keyfall.conf"},
        {"x", "/h", "/h/.config/keyfall/keyfall.conf"},
        {"", "/h", "/h/.config/keyfall/keyfall.conf"},
        {NULL, "/h", "/h/.config/keyfall/keyfall.conf"},
        {NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cases[i].xdg ? setenv("XDG_CONFIG_HOME", cases[i].xdg, 1) : unsetenv("XDG_CONFIG_HOME");
        cases[i].home ? setenv("HOME", cases[i].home, 1) : unsetenv("HOME");
        char *path = config_default_path();
        if (cases[i].path)
            assert_string_equal(path, cases[i].path);
        else
            assert_null(path);
        mem_free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),      cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_lost_section),
        cmocka_unit_test(test_lost_limit), cmocka_unit_test(test_lost_viewer), cmocka_unit_test(test_list),
        cmocka_unit_test(test_not_a_text), cmocka_unit_test(test_rows),
        cmocka_unit_test(test_examples),   cmocka_unit_test(test_print),
        cmocka_unit_test(test_default_path), cmocka_unit_test(test_order),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
