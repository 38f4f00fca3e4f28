/* What a user types: options, exact words of the errors, where output goes; what a target's name means; an
 * impact as text, JSON and CSV, byte by byte. */
#include "backend/cli/impact.h"
#include "backend/cli/target.h"
#include "backend/cli/verb.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGS 16
#define NOW INT64_C(1787493720) /* 2026-08-23T14:02:00Z */

/* ---- options ------------------------------------------------------------------------------------------ */

/* A line as a user types it, without quotes. */
static enum err_code parse_line(char *line, struct cli_options *out, struct err *err)
{
    char *argv[MAX_ARGS + 1] = {0};
    int argc = 0;
    for (char *at = line; *at && argc < MAX_ARGS;) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    return cli_parse(argc, argv, out, err);
}

static void add_text(struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_printf(out, " %s=%s", name, value);
}

static void add_texts(struct buf *out, const char *name, const char **values)
{
    for (size_t i = 0; values && values[i]; i++)
        add_text(out, name, values[i]);
}

static void add_flag(struct buf *out, const char *name, bool is_set)
{
    if (is_set)
        buf_printf(out, " %s", name);
}

/* Everything that is not as it was. */
static char *describe(const struct cli_options *o)
{
    struct buf out = {0};
    buf_adds(&out, o->verb ? o->verb->name : "screen");
    add_texts(&out, "profile", o->profiles);
    add_texts(&out, "target", o->targets);
    add_texts(&out, "region", o->regions);
    add_texts(&out, "operand", o->operands);
    const struct {
        const char *name, *value;
    } texts[] = {
        {"org_role", o->org_role}, {"endpoint_url", o->endpoint_url}, {"export_dir", o->export_dir},
        {"theme", o->theme},       {"log_file", o->log_file},         {"view", o->view},
        {"format", o->format},     {"filter", o->filter},             {"columns", o->columns},
        {"output", o->output},     {"action", o->action},         {"wizard", o->wizard},
        {"fail_on", o->fail_on},
        {"config", o->config_file},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(&out, texts[i].name, texts[i].value);
    add_flag(&out, "demo", o->is_demo);
    add_flag(&out, "viewer", o->is_viewer);
    add_flag(&out, "ascii", o->is_ascii);
    add_flag(&out, "no_color", o->no_color);
    add_flag(&out, "help", o->wants_help);
    add_flag(&out, "version", o->wants_version);
    add_flag(&out, "print-config", o->wants_config);
    if (o->now_utc)
        buf_printf(&out, " now=%lld", (long long)o->now_utc);
    if (o->timeout_s != 300)
        buf_printf(&out, " timeout=%lld", (long long)o->timeout_s);
    if (o->budget.requests)
        buf_printf(&out, " requests=%llu", (unsigned long long)o->budget.requests);
    if (o->budget.nanousd)
        buf_printf(&out, " nanousd=%lld", (long long)o->budget.nanousd);
    add_flag(&out, "summary", o->wants_summary);
    add_flag(&out, "read", o->wants_read);
    if (o->max)
        buf_printf(&out, " max=%lld", (long long)o->max);
    return buf_take(&out);
}

static const struct {
    const char *line, *options;
} good_lines[] = {
    {"keyfall", "screen"},
    {"keyfall --demo", "screen demo"},
    {"/usr/bin/keyfall-viewer --demo", "screen demo viewer"},
    {"./keyfall-viewers", "screen"},
    {"keyfall --viewer", "screen viewer"},
    {"keyfall --profile a --profile=b --profile a --region eu-west-1 --region us-east-1",
     "screen profile=a profile=b region=eu-west-1 region=us-east-1"},
    {"keyfall --demo export --view keys", "export view=keys demo"},
    {"keyfall export --view keys --demo", "export view=keys demo"},
    {"keyfall --view=keys export -o -", "export view=keys output=-"},
    {"keyfall export --view keys --format json --filter state=Disabled --columns id,state -o f.json",
     "export view=keys format=json filter=state=Disabled columns=id,state output=f.json"},
    {"keyfall export --view keys --output f", "export view=keys output=f"},
    {"keyfall export --format csv --format json", "export format=json"},
    {"keyfall impact alias/a key-b alias/a --action delete --max 20",
     "impact operand=alias/a operand=key-b action=delete max=20"},
    {"keyfall impact -- --strange", "impact operand=--strange"},
    {"keyfall impact x --timeout 5", "impact operand=x timeout=5"},
    {"keyfall impact x --timeout 86400", "impact operand=x timeout=86400"},
    {"keyfall --budget 500", "screen requests=500"},
    {"keyfall export --view keys --budget 500,0.5USD --summary",
     "export view=keys requests=500 nanousd=500000000 summary"},
    {"keyfall iam-policy --read --org-role Audit -o p.json", "iam-policy org_role=Audit output=p.json read"},
    {"keyfall check --fail-on M --format sarif", "check format=sarif fail_on=M"},
    {"keyfall iam-policy --wizard new-key", "iam-policy wizard=new-key"},
    {"keyfall login --profile p", "login profile=p"},
    {"keyfall manual keyfall.1 -o x", "manual operand=keyfall.1 output=x"},
    {"keyfall --now 2026-08-23T14:02:00Z", "screen now=1787493720"},
    {"keyfall --org-role Audit/Read+Only --endpoint-url http://127.0.0.1:5000/x --theme light --no-color "
     "--ascii --log l",
     "screen org_role=Audit/Read+Only endpoint_url=http://127.0.0.1:5000/x theme=light log_file=l ascii "
     "no_color"},
    {"keyfall --endpoint-url https://a/@b", "screen endpoint_url=https://a/@b"},
    {"keyfall -h", "screen help"},
    {"keyfall export --help", "export help"},
    {"keyfall --version", "screen version"},
    {"keyfall --target a --target b --target a --config f --print-config",
     "screen target=a target=b config=f print-config"},
    {"keyfall --profile=--odd", "screen profile=--odd"},
    {"keyfall --profile -odd", "screen profile=-odd"},
};

static void test_good_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_lines / sizeof *good_lines; i++) {
        struct cli_options o;
        struct err err = {0};
        char *line = mem_strdup(good_lines[i].line);
        assert_int_equal(parse_line(line, &o, &err), ERR_OK);
        char *options = describe(&o);
        assert_string_equal(options, good_lines[i].options);
        mem_free(options);
        cli_options_free(&o);
        mem_free(line);
    }
}

#define READING_VERBS "export, impact, check, access, diff, snapshot"
#define ALL_VERBS READING_VERBS ", wizard, plan, apply, iam-policy, login, manual"
#define VERBS "the verbs are " ALL_VERBS

static const struct {
    const char *line, *sentence;
} bad_lines[] = {
    {"keyfall exprt", "there is no verb \"exprt\"; did you mean export? " VERBS},
    {"keyfall zzz", "there is no verb \"zzz\"; " VERBS},
    {"keyfall --vew keys export", "there is no option --vew; did you mean --view?"},
    {"keyfall --quux", "there is no option --quux; keyfall --help lists them"},
    {"keyfall -x", "there is no option -x; keyfall --help lists them"},
    {"keyfall -demo", "there is no option -demo; did you mean --demo?"},
    {"keyfall --view keys", "--view goes with export, not with the dashboard"},
    {"keyfall --timeout 3", "--timeout goes with " READING_VERBS ", login, not with the dashboard"},
    {"keyfall export --max 3", "--max goes with impact, diff, not with export"},
    {"keyfall impact x --filter a", "--filter goes with export, not with impact"},
    {"keyfall export keys", "export takes no \"keys\": keyfall export --view V [--format csv|json] "
                            "[--filter F] [--columns C,...] [-o FILE]"},
    {"keyfall --profile", "--profile needs a value: --profile P"},
    {"keyfall --profile --demo",
     "--profile needs a value, not --demo: write --profile=--demo if that is meant"},
    {"keyfall --profile=", "--profile \"\" is empty: name a profile of your AWS configuration"},
    {"keyfall --demo=yes", "--demo takes no value: write --demo alone"},
    {"keyfall --demo --profile p",
     "--demo asks nobody, so --profile has no place beside it: leave one of them out"},
    {"keyfall --demo --target p",
     "--demo asks nobody, so --target has no place beside it: leave one of them out"},
    {"keyfall --demo --endpoint-url http://x",
     "--demo asks nobody, so --endpoint-url has no place beside it: leave one of them out"},
    {"keyfall --demo --budget 5",
     "--demo asks nobody, so --budget has no place beside it: leave one of them out"},
    {"keyfall --budget 1.5",
     "--budget \"1.5\" is no budget: write requests, dollars or both, as 20000, 0.25USD or 20000,0.25USD"},
    {"keyfall iam-policy --profile p", "--profile goes with " READING_VERBS ", wizard, apply, login, not with iam-policy"},
    {"keyfall check --fail-on none",
     "--fail-on \"none\" is no severity: write critical, high, medium, low or info"},
    {"keyfall export --fail-on high", "--fail-on goes with impact, check, not with export"},
    {"keyfall export --read", "--read goes with iam-policy, not with export"},
    {"keyfall --summary", "--summary goes with " READING_VERBS ", not with the dashboard"},
    {"keyfall --region EU", "--region \"EU\" is no region name: write it as eu-central-1"},
    {"keyfall --region evil.example", "--region \"evil.example\" is no region name: write it as eu-central-1"},
    {"keyfall --org-role arn:aws:iam::1:role/x",
     "--org-role \"arn:aws:iam::1:role/x\" is an ARN: give the role's name alone, it is looked for in every "
     "account"},
    {"keyfall --org-role a:b", "--org-role \"a:b\" is no role name: letters, digits and _+=,.@-/ make one"},
    {"keyfall --endpoint-url ftp://x",
     "--endpoint-url \"ftp://x\" is no endpoint: write it as https://host:port"},
    {"keyfall --endpoint-url http://",
     "--endpoint-url \"http://\" is no endpoint: write it as https://host:port"},
    {"keyfall --endpoint-url http://u:p@x",
     "--endpoint-url \"http://u:p@x\" holds a user or password: leave them out, requests are signed"},
    {"keyfall --endpoint-url http://x/?a",
     "--endpoint-url \"http://x/?a\" is no endpoint: write it as https://host:port, without ? and #"},
    {"keyfall --now yesterday", "--now \"yesterday\" is no time: write it as 2026-08-29T18:20:00Z"},
    {"keyfall impact x --timeout 0", "--timeout \"0\" is no number from 1 to 86400"},
    {"keyfall impact x --timeout 86401", "--timeout \"86401\" is no number from 1 to 86400"},
    {"keyfall impact x --timeout +5", "--timeout \"+5\" is no number from 1 to 86400"},
    {"keyfall impact x --timeout 5s", "--timeout \"5s\" is no number from 1 to 86400"},
    {"keyfall impact x --timeout=", "--timeout \"\" is no number from 1 to 86400"},
    {"keyfall impact x --max 99999999999999999999",
     "--max \"99999999999999999999\" is no number from 1 to 100000000"},
};

static void test_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_lines / sizeof *bad_lines; i++) {
        struct cli_options o;
        struct err err = {0};
        char *line = mem_strdup(bad_lines[i].line);
        assert_int_equal(parse_line(line, &o, &err), ERR_USAGE);
        assert_string_equal(err.text, bad_lines[i].sentence);
        cli_options_free(&o);
        mem_free(line);
    }
}

/* ---- what a verb refuses before it asks anybody ---------------------------------------------------------- */

static const struct {
    const char *line, *sentence; /* the beginning; NULL: nothing is wrong */
} checks[] = {
    {"keyfall export", "which view? give --view V, one of accounts, regions, keys, "},
    {"keyfall export --view keyz", "there is no view \"keyz\"; did you mean keys? There are accounts, "},
    {"keyfall export --view all", "--view all writes a file a view: name the folder with -o FOLDER"},
    {"keyfall export --view all -o -", "--view all writes a file a view: name the folder with -o FOLDER"},
    {"keyfall export --view all -o f --filter x", "--view all takes no --filter: that is for one view"},
    {"keyfall export --view all -o f --columns id", "--view all takes no --columns: that is for one view"},
    {"keyfall export --view all -o /no/such/folder/f", "making /no/such/folder/f: No such file"},
    {"keyfall export --view all -o /dev/null", "/dev/null is no folder: every view becomes a file in one"},
    {"keyfall export --view keys --format xml", "--format \"xml\" is neither csv nor json"},
    {"keyfall export --view keys --format text", "--format \"text\" is neither csv nor json"},
    {"keyfall export --view keys --columns id,nope", "the view keys has no column \"nope\"; it has id, "},
    {"keyfall export --view keys --filter nope=1", "--filter: "},
    {"keyfall export --view keys -o /no/such/folder/f", "writing /no/such/folder/f: No such file"},
    {"keyfall export --view keys -o /tmp", "/tmp is a folder: name a file in it"},
    {"keyfall export --view keys --columns id,state --filter state=Enabled", NULL},
    {"keyfall-viewer export --view keys -o /tmp/x",
     "the viewer writes no files: add --export-dir DIR, or leave -o out for standard output"},
    {"keyfall-viewer export --view keys -o -", NULL},
    {"keyfall-viewer export --view keys", NULL},
    {"keyfall-viewer export --view keys --export-dir /tmp -o ../etc/x", "-o \"../etc/x\" is no plain name"},
    {"keyfall-viewer export --view keys --export-dir /tmp -o ..", "-o \"..\" is no plain name"},
    {"keyfall-viewer impact x -o /tmp/x", "the viewer writes no files: "},
    {"keyfall check --format csv", "--format \"csv\" is none of text, json and sarif"},
    {"keyfall check", NULL},
    {"keyfall iam-policy", "the policy for what? Add --read for all that keyfall reads"},
    {"keyfall iam-policy --wizard nope", "there is no wizard \"nope\"; keyfall wizard lists them"},
    {"keyfall iam-policy --read", NULL},
    {"keyfall login --profile p", NULL},
    {"keyfall-viewer login", "the viewer logs nobody in: "},
    {"keyfall-viewer iam-policy --read -o /tmp/x", "the viewer writes no files: "},
    {"keyfall impact", "the impact of what? Name a target: keyfall impact alias/prod-backup"},
    {"keyfall impact x --format sarif", "--format \"sarif\" is none of text, json and csv"},
    {"keyfall impact x --action explode", "there is no action \"explode\"; there are "},
    {"keyfall impact x --action disable", NULL},
};

static void test_checks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct cli_options o;
        struct err err = {0};
        char *line = mem_strdup(checks[i].line);
        assert_int_equal(parse_line(line, &o, &err), ERR_OK);
        enum err_code code = o.verb->check(&o, &err);
        if (checks[i].sentence) {
            assert_int_not_equal(code, ERR_OK);
            assert_memory_equal(err.text, checks[i].sentence, strlen(checks[i].sentence));
        } else {
            assert_int_equal(code, ERR_OK);
        }
        cli_options_free(&o);
        mem_free(line);
    }
}

static void test_output_folder(void **state)
{
    (void)state;
    struct cli_options o = {.output = "f.csv", .export_dir = "/srv/out", .is_viewer = true};
    struct err err = {0};
    char *path;
    assert_int_equal(options_output(&o, &path, &err), ERR_OK);
    assert_string_equal(path, "f.csv"); /* in that folder: export_open keeps it there */
    mem_free(path);
    o.output = NULL;
    assert_int_equal(options_output(&o, &path, &err), ERR_OK);
    assert_null(path);
}

/* ---- words -------------------------------------------------------------------------------------------- */

static void test_words_apart(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t limit, apart;
    } cases[] = {
        {"", "", 3, 0},        {"abc", "abc", 3, 0},  {"abc", "ABC", 0, 0},     {"abc", "ab", 3, 1},
        {"ab", "abc", 3, 1},   {"abc", "axc", 3, 1},  {"kitten", "sitting", 5, 3}, {"kitten", "sitting", 2, 3},
        {"", "abc", 3, 3},     {"abc", "", 2, 3},     {"abcdef", "x", 2, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(words_apart(cases[i].a, cases[i].b, cases[i].limit), cases[i].apart);
}

static void test_closest(void **state)
{
    (void)state;
    static const char *const offered[] = {"prod-vault-dr-2", "nothing", "prod-vlt", "prod-vautl", "prod-vault",
                                          "prod-vault", "qrod-vault", "prod-vaults", "prod-valt", "prod-vaul"};
    struct closest c = {.wanted = "prod-vault"};
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++)
        closest_offer(&c, offered[i]);
    assert_int_equal(c.n, CLOSEST);
    assert_string_equal(c.items[0].name, "prod-vault-dr-2"); /* holds the word; as near as one letter off */
    for (size_t i = 1; i < c.n; i++)
        assert_true(c.items[i - 1].apart <= c.items[i].apart);
    closest_free(&c);
}

/* ---- an estate ---------------------------------------------------------------------------------------- */

#define KEY "arn:aws:kms:eu-west-1:111122223333:key/aaaa"
#define ALIAS "arn:aws:kms:eu-west-1:111122223333:alias/main"
#define ALIAS_US "arn:aws:kms:us-east-1:111122223333:alias/main"
#define VAULT "arn:aws:backup:eu-west-1:111122223333:backup-vault:gold"
#define SNAPSHOT "arn:aws:ec2:eu-west-1::snapshot/snap-1"

struct fixture {
    struct estate *e;
    const struct generation *g;
    struct judgement *j;
};

static uint32_t node(struct estate *e, enum kind kind, const char *arn)
{
    return estate_node(e, kind, arn, strlen(arn));
}

static struct draft *list(struct estate *e, enum list which, const char *region, uint32_t parent)
{
    return draft_new(e, estate_slot(e, estate_scope(e, "111122223333", region), which, parent));
}

static void text(struct estate *e, uint32_t *row, enum attr attr, const char *s)
{
    row_text(e, row, attr, s, strlen(s));
}

static void add_alias(struct estate *e, const char *region, const char *arn, const char *key)
{
    struct draft *d = list(e, LIST_ALIASES, region, 0);
    uint32_t *row = draft_row(d, node(e, KIND_ALIAS, arn));
    text(e, row, ATTR_ALIAS_NAME, "alias/main");
    row_ref(e, row, ATTR_ALIAS_KEY, key, strlen(key));
    estate_complete(d, NOW - 60);
}

static void add_key(struct estate *e)
{
    struct draft *d = list(e, LIST_KEYS, "eu-west-1", 0);
    uint32_t key = node(e, KIND_KEY, KEY);
    text(e, draft_row(d, key), ATTR_KEY_KEY_ID, "aaaa");
    estate_complete(d, NOW - 60);
    uint32_t *row = estate_edit(e, estate_home(e, key), key, FACET_KEY_METADATA);
    text(e, row, ATTR_KEY_STATE, "PendingDeletion");
    text(e, row, ATTR_KEY_MANAGER, "CUSTOMER");
    row_number(row, ATTR_KEY_DELETION_DATE, NOW + 86400);
    estate_set_facet(e, estate_home(e, key), key, FACET_KEY_METADATA, TRUTH_KNOWN, 0, NOW - 50);
}

static void add_vault(struct estate *e)
{
    struct draft *d = list(e, LIST_VAULTS, "eu-west-1", 0);
    uint32_t *row = draft_row(d, node(e, KIND_VAULT, VAULT));
    text(e, row, ATTR_VAULT_NAME, "gold");
    row_ref(e, row, ATTR_VAULT_KEY, KEY, strlen(KEY));
    estate_complete(d, NOW - 60);
    d = list(e, LIST_POINTS, "eu-west-1", node(e, KIND_VAULT, VAULT));
    row = draft_row(d, node(e, KIND_POINT, SNAPSHOT));
    row_node(row, ATTR_POINT_VAULT, node(e, KIND_VAULT, VAULT));
    row_node(row, ATTR_POINT_SAME_AS, node(e, KIND_EBS_SNAPSHOT, SNAPSHOT));
    row_ref(e, row, ATTR_POINT_KEY, KEY, strlen(KEY));
    estate_complete(d, NOW - 60);
}

static void add_volumes(struct estate *e)
{
    static const char *const ids[] = {"vol-1", "vol-2"};
    struct draft *d = list(e, LIST_VOLUMES, "eu-west-1", 0);
    for (size_t i = 0; i < 2; i++) {
        char *arn = mem_printf("arn:aws:ec2:eu-west-1:111122223333:volume/%s", ids[i]);
        uint32_t *row = draft_row(d, node(e, KIND_VOLUME, arn));
        text(e, row, ATTR_VOLUME_NAME, i == 0 ? "=data\x1b[2J" : "data");
        row_ref(e, row, ATTR_VOLUME_KEY, KEY, strlen(KEY));
        mem_free(arn);
    }
    estate_complete(d, NOW - 60);
}

static void add_regions(struct estate *e)
{
    static const char *const ids[] = {"keyfall:region/111122223333/eu-west-1",
                                      "keyfall:region/222233334444/eu-west-1"};
    static const char *const accounts[] = {"111122223333", "222233334444"};
    for (size_t i = 0; i < 2; i++) {
        uint32_t scope = estate_scope(e, accounts[i], "eu-west-1");
        struct draft *d = draft_new(e, estate_slot(e, scope, LIST_REGIONS, 0));
        text(e, draft_row(d, node(e, KIND_REGION, ids[i])), ATTR_REGION_NAME, "eu-west-1");
        estate_complete(d, NOW - 60);
    }
}

static int set_up(void **state)
{
    struct fixture *f = mem_alloc(sizeof *f);
    f->e = estate_new();
    add_key(f->e);
    add_alias(f->e, "eu-west-1", ALIAS, KEY);
    add_alias(f->e, "us-east-1", ALIAS_US, "arn:aws:kms:us-east-1:111122223333:key/bbbb");
    add_vault(f->e);
    add_volumes(f->e);
    add_regions(f->e);
    estate_publish(f->e);
    f->g = estate_acquire(f->e);
    f->j = judge(f->g, NOW);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    judgement_free(f->j);
    generation_release(f->g);
    estate_free(f->e);
    mem_free(f);
    return 0;
}

/* ---- targets ------------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    enum err_code code;
    const char *ids; /* found, a space after each; or a part of what is said */
} targets[] = {
    {KEY, ERR_OK, KEY " "},
    {"aaaa", ERR_OK, KEY " "},
    {ALIAS, ERR_OK, ALIAS " "},
    {"gold", ERR_OK, VAULT " "},
    {SNAPSHOT, ERR_OK, SNAPSHOT " "},
    {"snap-1", ERR_OK, SNAPSHOT " "},
    {"vol-2", ERR_OK, "arn:aws:ec2:eu-west-1:111122223333:volume/vol-2 "},
    {"bbbb", ERR_OK, "arn:aws:kms:us-east-1:111122223333:key/bbbb "},
    {"eu-west-1", ERR_OK, "keyfall:region/111122223333/eu-west-1 keyfall:region/222233334444/eu-west-1 "},
    {"keyfall:region/222233334444/eu-west-1", ERR_OK, "keyfall:region/222233334444/eu-west-1 "},
    {"main", ERR_USAGE,
     "\"main\" names 2 things; give one of these instead:\n  " ALIAS "  (alias)\n  " ALIAS_US "  (alias)\n"},
    {"alias/main", ERR_USAGE, "\"alias/main\" names 2 things; "},
    {"glod", ERR_NOT_FOUND, "nothing that was read is called \"glod\""},
    {"golf", ERR_NOT_FOUND, "close to it: gold\n"},
    {"arn:aws:kms:eu-west-1:111122223333:key/aaab", ERR_NOT_FOUND, "close to it: " KEY "\n"},
    {"Gold", ERR_NOT_FOUND, "close to it: gold\n"},
};

static void test_targets(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        node_vec found = {0};
        struct buf said = {0}, ids = {0};
        assert_int_equal(target_find(f->j, targets[i].text, &found, &said), targets[i].code);
        for (size_t k = 0; k < found.n; k++) {
            node_arn(f->e, found.items[k], &ids);
            buf_addc(&ids, ' ');
        }
        if (targets[i].code == ERR_OK)
            assert_string_equal(ids.data, targets[i].ids);
        else
            assert_non_null(strstr(said.data, targets[i].ids));
        buf_free(&ids);
        buf_free(&said);
        VEC_FREE(found);
    }
}

static void test_target_twice_is_one(void **state)
{
    struct fixture *f = *state;
    node_vec found = {0};
    struct buf said = {0};
    assert_int_equal(target_find(f->j, KEY, &found, &said), ERR_OK);
    assert_int_equal(target_find(f->j, "aaaa", &found, &said), ERR_OK);
    assert_int_equal(found.n, 1);
    buf_clear(&said);
    target_label(f->g, found.items[0], &said);
    assert_string_equal(said.data, "key alias/main");
    buf_free(&said);
    VEC_FREE(found);
}

/* ---- impact ------------------------------------------------------------------------------------------- */

static char *written(struct fixture *f, const char *target, size_t max,
                     void (*write)(const struct answer *a, const struct impact *impact, FILE *out))
{
    struct cli_options o = {.is_demo = true};
    struct answer a = {.options = &o, .generation = f->g, .judgement = f->j, .now_utc = NOW};
    node_vec found = {0};
    struct buf said = {0};
    char *out = NULL;
    size_t len;
    assert_int_equal(target_find(f->j, target, &found, &said), ERR_OK);
    struct impact *impact = judge_impact(f->j, found.items, found.n, NULL, max);
    assert_non_null(impact);
    FILE *file = open_memstream(&out, &len);
    assert_non_null(file);
    write(&a, impact, file);
    fclose(file);
    impact_free(impact);
    VEC_FREE(found);
    buf_free(&said);
    return out;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *m = cJSON_GetObjectItem(object, name);
    assert_non_null(m);
    return m;
}

static const char *member_text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(member(object, name));
    assert_non_null(value);
    return value;
}

static const cJSON *consequence_of(const cJSON *root, const char *id)
{
    const cJSON *c;
    cJSON_ArrayForEach(c, member(root, "consequences"))
    {
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItem(c, "id"));
        if (is && strcmp(is, id) == 0)
            return c;
    }
    fail_msg("no consequence for %s", id);
    return NULL;
}

static void test_impact_json(void **state)
{
    char *json = written(*state, KEY, SIZE_MAX, impact_write_json);
    cJSON *root = cJSON_Parse(json);
    assert_non_null(root);
    assert_string_equal(member_text(root, "schema"), "keyfall.impact/1");
    assert_string_equal(member_text(root, "action"), "delete");
    assert_string_equal(member_text(root, "severity"), "critical");
    assert_string_equal(member_text(root, "point_of_no_return"), "2026-08-24T14:02:00Z");
    assert_string_equal(member_text(root, "generated_at"), "2026-08-23T14:02:00Z");
    assert_true(cJSON_IsFalse(member(root, "complete")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(member(root, "targets"), 0)), KEY);
    static const char *const effects[] = {"lost", "down", "degraded", "safe", "unknown"};
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        assert_true(cJSON_IsNumber(member(member(root, "counts"), effects[i])));
        assert_true(cJSON_IsNumber(member(member(root, "now_counts"), effects[i])));
    }
    assert_int_equal(cJSON_GetArraySize(member(root, "consequences")),
                     (int)cJSON_GetNumberValue(member(root, "n_consequences")));

    const cJSON *vault = consequence_of(root, VAULT), *phases = member(vault, "phases");
    assert_int_equal(cJSON_GetArraySize(phases), 2);
    assert_string_equal(member_text(cJSON_GetArrayItem(phases, 0), "effect"), "down");
    assert_string_equal(member_text(cJSON_GetArrayItem(phases, 0), "from"), "already");
    assert_string_equal(member_text(cJSON_GetArrayItem(phases, 1), "effect"), "lost");
    assert_string_equal(member_text(cJSON_GetArrayItem(phases, 1), "from"), "2026-08-24T14:02:00Z");
    assert_string_equal(member_text(vault, "kind"), "backup-vault");
    assert_string_equal(member_text(vault, "account"), "111122223333");
    assert_string_equal(member_text(vault, "region"), "eu-west-1");
    assert_string_equal(member_text(vault, "evidence"), "EncryptionKeyArn");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(member(vault, "because"), 0)), KEY);
    assert_true(cJSON_IsArray(member(root, "caveats")));
    assert_true(cJSON_GetArraySize(member(root, "blind_spots")) > 0);
    cJSON_Delete(root);
    free(json);
}

/* The lines of a text that begin with this. */
static size_t lines_with(const char *all, const char *begin)
{
    size_t n = 0;
    for (const char *at = all; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        n += strncmp(at, begin, strlen(begin)) == 0;
    return n;
}

static void test_impact_csv(void **state)
{
    char *csv = written(*state, KEY, SIZE_MAX, impact_write_csv);
    static const char head[] = "id,kind,account,region,effect,from,later_effect,later_from,severity,because,"
                               "relation,text,evidence,remedy,source\r\n";
    assert_memory_equal(csv, head, sizeof head - 1);
    assert_int_equal(lines_with(csv, "\"" VAULT "\",\"backup-vault\",\"111122223333\",\"eu-west-1\",\"down\","
                                     "\"already\",\"lost\",\"2026-08-24T14:02:00Z\",\"critical\",\"" KEY
                                     "\",\"vault key\","), 1);
    /* what was not read is a row without an id */
    assert_true(lines_with(csv, ",\"ssm-parameter\",\"111122223333\",\"eu-west-1\",\"unknown\",\"done\",,,") == 1);
    free(csv);
}

static const char *const text_lines[] = {
    "If key alias/main is deleted:\n     " KEY "\n\n",
    "the point of no return is 2026-08-24T14:02:00Z (in 1d00h)\n",
    ("\nC  down already, lost from 2026-08-24T14:02:00Z (in 1d00h): 2 volumes in\n"
     "   111122223333 eu-west-1\n   vol-1 =data\xef\xbf\xbd[2J, vol-2 data\n"),
    "   why     vault key: the target (EncryptionKeyArn)\n",
    "\nMind\n   CancelKeyDeletion leaves a key Disabled: EnableKey must follow.\n",
    "\nNot read, so more may fall\n",
    "?  parameters: not asked in 111122223333 eu-west-1\n",
};

static void test_impact_text(void **state)
{
    char *out = written(*state, KEY, SIZE_MAX, impact_write_text);
    for (size_t i = 0; i < sizeof text_lines / sizeof *text_lines; i++)
        assert_non_null(strstr(out, text_lines[i]));
    for (const char *at = out; *at; at++)
        assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
    /* worst first */
    const char *critical = strstr(out, "\nC  "), *medium = strstr(out, "\nM  ");
    assert_non_null(critical);
    assert_non_null(medium);
    assert_true(critical < medium);
    free(out);
}

static void test_impact_text_of_alias_tells_the_key(void **state)
{
    char *out = written(*state, ALIAS, SIZE_MAX, impact_write_text);
    assert_non_null(strstr(out, "If alias/main is deleted:\n"));
    assert_non_null(strstr(out, "an alias is only a name; of its key: keyfall impact\n   " KEY "\n"));
    free(out);
}

static void test_impact_max(void **state)
{
    char *out = written(*state, KEY, 1, impact_write_text), *json = written(*state, KEY, 1, impact_write_json);
    assert_non_null(strstr(out, "more; without --max all are listed\n"));
    cJSON *root = cJSON_Parse(json);
    assert_non_null(root);
    assert_int_equal(cJSON_GetArraySize(member(root, "consequences")), 1);
    assert_true(cJSON_GetNumberValue(member(root, "n_consequences")) > 1);
    cJSON_Delete(root);
    free(json);
    free(out);
}

/* ---- the program: the demo, end to end ------------------------------------------------------------------- */

static int run_line(char *line, char **out)
{
    char *argv[MAX_ARGS + 1] = {0}, path[] = "/tmp/keyfall-cli-XXXXXX";
    int argc = 0;
    for (char *at = strtok(line, " "); at && argc < MAX_ARGS; at = strtok(NULL, " "))
        argv[argc++] = at;
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO), file = mkstemp(path);
    assert_true(saved_out >= 0 && saved_err >= 0 && file >= 0);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    int status = cli_main(argc, argv, NULL);
    fflush(stdout);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    off_t len = lseek(file, 0, SEEK_END);
    *out = mem_alloc((size_t)len + 1);
    assert_int_equal(pread(file, *out, (size_t)len, 0), len);
    close(file);
    unlink(path);
    return status;
}

#define DEMO " --demo --now 2026-08-23T14:02:00Z"

static const struct {
    const char *line;
    int status;
    const char *part; /* of what is written, to either stream */
} runs[] = {
    {"keyfall --version", CLI_DONE, "keyfall "},
    {"keyfall --help", CLI_DONE, "  keyfall export      the rows of a view"},
    {"keyfall --print-config --demo", CLI_DONE, "\n[production PROD]\n"},
    {"keyfall --config /no/such/file", CLI_USAGE, "keyfall: --config: /no/such/file: No such file or directory\n"},
    {"keyfall export --help", CLI_DONE, "\nViews\n  accounts "},
    {"keyfall impact --help", CLI_DONE, "delete, schedule-deletion, disable, expire-material of: key\n"},
    {"keyfall check --fail-on critical" DEMO, CLI_BAD, "bad: something is critical or worse"},
    {"keyfall iam-policy --read", CLI_DONE, "\"kms:ListKeys\",\n"},
    {"keyfall", CLI_USAGE, "keyfall: this program has no dashboard"},
    {"keyfall nonsense", CLI_USAGE, "keyfall: there is no verb \"nonsense\""},
    {"keyfall export --view nonsense" DEMO, CLI_USAGE, "keyfall: there is no view \"nonsense\""},
    {"keyfall export --view keys -o /no/such/f" DEMO, CLI_BAD, "keyfall: writing /no/such/f: No such file"},
    {"keyfall export --view keys -o /dev/full" DEMO, CLI_BAD,
     "keyfall: writing CSV: No space left on device"},
    {"keyfall export --view keys --columns id,state" DEMO, CLI_BLIND, "id,state\r\n\"arn:aws:kms:"},
    {"keyfall export --view accounts --region eu-west-1" DEMO, CLI_BLIND, "webshop-2019"},
    {"keyfall impact alias/prod-backup" DEMO, CLI_DONE, "If alias/prod-backup is deleted:\n"},
    {"keyfall impact prod-vlt" DEMO, CLI_USAGE, "close to it: prod-vault"},
    {"keyfall impact aws/ssm" DEMO, CLI_USAGE, "things; give one of these instead:\n"},
    {"keyfall impact alias/prod-backup --action disable" DEMO, CLI_USAGE,
     "--action disable does not fit alias/prod-backup; what fits: delete, repoint"},
    {"keyfall impact us-east-2" DEMO, CLI_BLIND, "   region us-east-2 of 111122223333 is disabled:"},
    {"keyfall impact entra-id" DEMO, CLI_DONE, "If ekm key Druva Entra ID is revoked:"},
    {"keyfall impact 158d5747-f0a1-4fb8-83f3-190378d59145" DEMO, CLI_DONE, "If key alias/druva-ekm-old is deleted:"},
    {"keyfall impact 555566667777 --format json" DEMO, CLI_BLIND, "\"complete\":false"},
};

static void test_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char *line = mem_strdup(runs[i].line), *out;
        int status = run_line(line, &out);
        if (status != runs[i].status || !strstr(out, runs[i].part))
            fail_msg("%s: status %d, wrote: %.400s", runs[i].line, status, out);
        mem_free(line);
        mem_free(out);
    }
}

/* ---- keyfall.conf ---------------------------------------------------------------------------------------- */

/* The options that a line and a file come to. The caller's (cli_options_free); they point into words, which are cut
 * up. */
static enum err_code configured(const char *conf, char *words, struct cli_options *o, struct err *err)
{
    char path[] = "/tmp/keyfall-conf-XXXXXX", keyfall[] = "keyfall", option[] = "--config";
    char *argv[MAX_ARGS + 1] = {keyfall, option, path};
    int argc = 3, file = mkstemp(path), saved = dup(STDERR_FILENO);
    assert_int_equal(write(file, conf, strlen(conf)), strlen(conf));
    close(file);
    for (char *at = strtok(words, " "); at && argc < MAX_ARGS; at = strtok(NULL, " "))
        argv[argc++] = at;
    assert_int_equal(cli_parse(argc, argv, o, err), ERR_OK);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    enum err_code code = cli_configure(o, err);
    dup2(saved, STDERR_FILENO);
    close(null);
    close(saved);
    unlink(path);
    o->config_file = NULL;
    return code;
}

static void test_configured(void **state)
{
    (void)state;
    static const char conf[] = "[general]\ntheme = light\nbudget = 5\n[organization]\nrole = R\n"
                               "[target a]\n[target b]\nprofile = x\n[target c]\nregions = nowhere\n";
    static const struct {
        const char *arguments, *options;
    } cases[] = {
        {"", "screen target=a target=b org_role=R theme=light requests=5"},
        {"--target b", "screen target=b org_role=R theme=light requests=5"},
        {"--profile p", "screen profile=p org_role=R theme=light requests=5"},
        {"--theme dark --org-role S --budget 0.1USD",
         "screen target=a target=b org_role=S theme=dark nanousd=100000000"},
        {"--demo", "screen theme=light demo"},
    };
    struct cli_options o;
    struct err err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *words = mem_strdup(cases[i].arguments);
        assert_int_equal(configured(conf, words, &o, &err), ERR_OK);
        char *told = describe(&o);
        assert_string_equal(told, cases[i].options);
        assert_int_equal(o.settings->complaints.n, 2); /* a Region that is none, and so a target that is left out */
        mem_free(told);
        mem_free(words);
        cli_options_free(&o);
    }
    char unknown[] = "--target c";
    assert_int_equal(configured(conf, unknown, &o, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, " has no [target c]"));
    cli_options_free(&o);
    /* Who names targets is never read as somebody else. */
    char nothing[] = "";
    assert_int_equal(configured("[target c]\nprofile = x\nregions = nowhere\n", nothing, &o, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "none of them can be used"));
    cli_options_free(&o);
}

/* Who set a limit is never read without one. */
static void test_budget_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        enum err_code code;
    } cases[] = {{"", ERR_USAGE},       {"export --view keys", ERR_USAGE}, {"--budget 7", ERR_OK},
                 {"--demo", ERR_OK},    {"--print-config", ERR_OK},        {"--help", ERR_OK},
                 {"--version", ERR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cli_options o;
        struct err err = {0};
        char *words = mem_strdup(cases[i].arguments);
        assert_int_equal(configured("[general]\nbudget = lots\n", words, &o, &err), cases[i].code);
        if (cases[i].code != ERR_OK)
            assert_non_null(strstr(err.text, " gives a budget that cannot be understood, see above"));
        mem_free(words);
        cli_options_free(&o);
    }
}

/* Of a line that is none nobody can tell what it should have said. */
static void test_line_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *conf, *arguments;
        enum err_code code;
    } cases[] = {{"[general]\nviewer yes\n", "", ERR_PARSE},
                 {"[general]\nviewer yes\n", "export --demo --view keys", ERR_PARSE},
                 {"[general]\nviewer yes\n", "--print-config", ERR_OK},
                 {"[general\n", "--demo", ERR_PARSE},
                 {"[general]\nviewer = yes\nviewer = no\n", "--demo", ERR_OK},
                 {"[general]\ntheem = dark\n", "--demo", ERR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cli_options o;
        struct err err = {0};
        char *words = mem_strdup(cases[i].arguments);
        assert_int_equal(configured(cases[i].conf, words, &o, &err), cases[i].code);
        if (cases[i].code != ERR_OK)
            assert_non_null(strstr(err.text, "nothing is read with settings that cannot be read whole"));
        mem_free(words);
        cli_options_free(&o);
    }
}

int main(void)
{
    model_init();
#define ESTATE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_lines),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_output_folder),
        cmocka_unit_test(test_words_apart),
        cmocka_unit_test(test_closest),
        ESTATE(test_targets),
        ESTATE(test_target_twice_is_one),
        ESTATE(test_impact_json),
        ESTATE(test_impact_csv),
        ESTATE(test_impact_text),
        ESTATE(test_impact_text_of_alias_tells_the_key),
        ESTATE(test_impact_max),
        cmocka_unit_test(test_configured),
        cmocka_unit_test(test_line_that_is_none),
        cmocka_unit_test(test_budget_that_is_none), cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
