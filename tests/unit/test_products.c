/* Products' ties to the estate: which records follow from tags, names and keyfall.conf; what is found about them;
 * what falls with a key. */
#include "impact_fired.h"
#include "story_bytes.h"

#include "backend/collect/products.h"
#include "backend/config/config.h"
#include "backend/judge/products.h"
#include "backend/view/view.h"

#define HOME "at 111122223333 eu-west-1\n"
#define CMK "state=Enabled manager=CUSTOMER origin=AWS_KMS spec=SYMMETRIC_DEFAULT usage=ENCRYPT_DECRYPT "
#define DRUVA "888899990000"
#define KEY(id) "arn:aws:kms:eu-west-1:111122223333:key/" id
#define UUID "1234abcd-12ab-34cd-56ef-1234567890ab"
#define EKM_TAGS "tags=keyfall:ekm,entra-id,keyfall:druva-account," DRUVA
#define EKM_CONF(more) "[ekm entra-id]\nkey = " KEY(UUID) "\n" more "\n"

#define STATEMENT(effect, who, actions, condition)                                                 \
    "{\"Effect\":\"" effect "\",\"Principal\":{\"AWS\":\"" who "\"},\"Action\":[" actions "],\"Resource\":\"*\"" condition "}"
#define USE "\"kms:Encrypt\",\"kms:Decrypt\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:DescribeKey\""
#define GRANTS "\"kms:CreateGrant\",\"kms:ListGrants\",\"kms:RevokeGrant\""
#define FOR_AWS ",\"Condition\":{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"}}"
#define PAIR(who) STATEMENT("Allow", who, USE, "") "," STATEMENT("Allow", who, GRANTS, FOR_AWS)
#define POLICY(statements) "policy={\"Version\":\"2012-10-17\",\"Statement\":[" statements "]} "
#define ROOT(account) "arn:aws:iam::" account ":root"
#define OWN STATEMENT("Allow", ROOT("111122223333"), "\"kms:*\"", "")
#define DRUVA_POLICY POLICY(OWN "," PAIR(ROOT(DRUVA))) "external_accounts=" DRUVA " "

/* ---- an estate and a keyfall.conf ---------------------------------------------------------------- */

struct world {
    struct small s;
    struct settings *settings;
    struct products *products;
};

static void judge_again(struct world *w)
{
    if (products_write(w->products))
        estate_publish(w->s.e);
    judgement_free(w->s.j);
    generation_release(w->s.g);
    w->s.g = estate_acquire(w->s.e);
    w->s.j = judge_with(w->s.g, NOW, &w->settings->allow);
}

static struct world world_of(struct small s, const char *conf)
{
    struct world w = {.s = s};
    struct err err = {0};
    if (config_parse("conf", conf, strlen(conf), &w.settings, &err) != ERR_OK || w.settings->complaints.n > 0)
        fail_msg("%s: %s", conf, w.settings->complaints.n ? w.settings->complaints.items[0] : err.text);
    w.products = products_new(w.s.e, &w.settings->products, NOW);
    judge_again(&w);
    return w;
}

static struct world world_new(const char *lines, const char *conf)
{
    return world_of(small_new(lines), conf);
}

static void world_free(struct world *w)
{
    products_free(w->products);
    small_free(&w->s);
    settings_free(w->settings);
}

/* "ID account region attr=value ..." a line a record, in order of the ids. */
static void add_value(const struct world *w, const struct record *r, enum attr attr, struct buf *out)
{
    struct value v = record_value(r, attr);
    if (v.is != VALUE_KNOWN)
        return;
    buf_printf(out, " %s=", attr_row(attr)->name);
    if (v.type == TYPE_REF) {
        buf_printf(out, "%s", node_tail(w->s.e, v.node));
    } else if (v.type == TYPE_LIST || v.type == TYPE_REFS) {
        for (const char *item = NULL; (item = value_next(&v, item));)
            buf_printf(out, "%s%s", out->data[out->len - 1] == '=' ? "" : ";",
                       v.type == TYPE_REFS ? strrchr(item, '/') + 1 : item);
    } else {
        buf_printf(out, "%s", v.text);
    }
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *told(const struct world *w)
{
    static const enum kind kinds[] = {KIND_EKM, KIND_CREDENTIAL, KIND_AUTOBACKUP};
    VEC(char *) lines = {0};
    struct record r;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (struct walk walk = walk_kind(w->s.g, kinds[k]); walk_next(&walk, &r);) {
            struct buf line = {0};
            node_arn(w->s.e, r.node, &line);
            buf_printf(&line, " %s %s", record_account(&r), record_region(&r));
            for (int a = (int)kind_row(kinds[k])->first_attr; a < (int)kind_row(kinds[k])->end_attr; a++)
                if (strcmp(attr_row((enum attr)a)->name, "name") != 0)
                    add_value(w, &r, (enum attr)a, &line);
            VEC_PUSH(lines, buf_take(&line));
        }
    if (lines.n)
        qsort(lines.items, lines.n, sizeof *lines.items, line_order);
    struct buf out = {0};
    buf_adds(&out, "");
    for (size_t i = 0; i < lines.n; i++) {
        buf_printf(&out, "%s\n", lines.items[i]);
        mem_free(lines.items[i]);
    }
    VEC_FREE(lines);
    return buf_take(&out);
}

/* ---- what follows ------------------------------------------------------------------------------ */

#define ALIASES_DIFFER                                                                                                 \
    "key $Kv " CMK "tags=keyfall:autobackup,s,keyfall:role,vault\nalias $Ax name=alias/x key_arn=$Kv\n"                  \
    "at 111122223333 us-east-1\nkey $Kw " CMK "tags=keyfall:autobackup,s,keyfall:role,vault\n"                           \
    "alias $Ay name=alias/y key_arn=$Kw\n"
#define DIFFER "no alias is on all of its VAULT keys, and none is configured: alias/x in eu-west-1, alias/y in us-east-1"

static const struct {
    const char *lines, *conf, *told;
} derived[] = {
    {HOME "key $Ka " CMK "\nparameter $Pp name=p type=String\n", "", ""},
    {HOME "key $Ka " EKM_TAGS "\n", "",
     "keyfall:ekm/entra-id 111122223333 eu-west-1 product=entra-id key_arn=a phase=current druva_account=" DRUVA
     " said_by=tags\n"},
    {HOME "key $Ka tags=keyfall:ekm,entra-id%20salesforce\n", "",
     "keyfall:ekm/entra-id 111122223333 eu-west-1 product=entra-id key_arn=a phase=current said_by=tags\n"
     "keyfall:ekm/salesforce 111122223333 eu-west-1 product=salesforce key_arn=a phase=current said_by=tags\n"},
    /* a switch: the former and the one on its way have ids of their own */
    {HOME "key $Ka tags=keyfall:ekm,entra-id,keyfall:phase,in%20transition\nkey $Kb " EKM_TAGS "\n"
          "key $Kc tags=keyfall:ekm,entra-id,keyfall:phase,former\n", "",
     "keyfall:ekm/entra-id 111122223333 eu-west-1 product=entra-id key_arn=b phase=current druva_account=" DRUVA
     " said_by=tags\n"
     "keyfall:ekm/entra-id/" KEY("a") " 111122223333 eu-west-1 product=entra-id key_arn=a phase=in-transition "
     "said_by=tags\n"
     "keyfall:ekm/entra-id/" KEY("c") " 111122223333 eu-west-1 product=entra-id key_arn=c phase=former said_by=tags\n"},
    /* what the configuration alone says of a key in an account that is not read */
    {HOME, "[ekm salesforce]\nkey = arn:aws:kms:us-east-1:999999999999:key/" UUID "\nphase = former\n",
     "keyfall:ekm/salesforce/arn:aws:kms:us-east-1:999999999999:key/" UUID " 999999999999 us-east-1 "
     "product=salesforce key_arn=" UUID " phase=former said_by=configuration\n"},
    /* the configuration fills in what the tags leave open; where they differ the tags win */
    {HOME "key $K" UUID " tags=keyfall:ekm,entra-id\n", EKM_CONF("druva_account = " DRUVA),
     "keyfall:ekm/entra-id 111122223333 eu-west-1 product=entra-id key_arn=" UUID " phase=current druva_account=" DRUVA
     " said_by=tags and configuration\n"},
    {HOME "key $K" UUID " " EKM_TAGS ",keyfall:phase,former\n", EKM_CONF("phase = current\ndruva_account = 777788889999"),
     "keyfall:ekm/entra-id/" KEY(UUID) " 111122223333 eu-west-1 product=entra-id key_arn=" UUID " phase=former "
     "druva_account=" DRUVA " said_by=tags and configuration conflict=the phase is former by the tags, current in the "
     "configuration; Druva's account is " DRUVA " by the tags, 777788889999 in the configuration\n"},
    /* two current keys: that of the tags is meant by the plain id */
    {HOME "key $Kz " EKM_TAGS "\n", EKM_CONF(""),
     "keyfall:ekm/entra-id 111122223333 eu-west-1 product=entra-id key_arn=z phase=current druva_account=" DRUVA
     " said_by=tags\n"
     "keyfall:ekm/entra-id/" KEY(UUID) " 111122223333 eu-west-1 product=entra-id key_arn=" UUID " phase=current "
     "said_by=configuration conflict=z is the current key too, by its tags\n"},
    {HOME "key $Ka tags=keyfall:ekm,x,keyfall:druva-account,111111111111\n"
          "key $Kb tags=keyfall:ekm,x,keyfall:druva-account,222222222222\n", "",
     "keyfall:ekm/x 111122223333 eu-west-1 product=x key_arn=a phase=current druva_account=111111111111 said_by=tags\n"
     "keyfall:ekm/x/" KEY("b") " 111122223333 eu-west-1 product=x key_arn=b phase=current druva_account=222222222222 "
     "said_by=tags\n"},
    /* hostile tags */
    {HOME "key $Ka tags=keyfall:ekm,a/b:c,keyfall:phase,soon\n", "",
     "keyfall:ekm/a_b_c 111122223333 eu-west-1 product=a/b:c key_arn=a phase=current said_by=tags conflict=the tag "
     "keyfall:phase is \"soon\", none of current, in-transition and former\n"},
    {HOME "key $Ka tags=keyfall:ekm,%20\nkey $Kb tags=keyfall:ekm\n", "", ""},
    /* credentials by name, by pattern, and those that should be there */
    {HOME "parameter $PDruva-ClientCredential-1 name=/Druva-ClientCredential-1 type=SecureString key_arn=$Ka\n", "",
     "keyfall:credentials/111122223333/eu-west-1/Druva-ClientCredential-1 111122223333 eu-west-1 product=druva "
     "parameter=Druva-ClientCredential-1 said_by=name\n"},
    {HOME "parameter $Pmine/x name=/mine/x type=SecureString\nparameter $Pother name=other\n",
     "[credentials d]\naccount = 111122223333\nparameters = mine/*\nekey = yes\n",
     "keyfall:credentials/111122223333/eu-west-1/mine_x 111122223333 eu-west-1 product=druva parameter=x e_key=yes "
     "said_by=name and configuration\n"},
    {HOME "parameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1\n",
     "[credentials d]\naccount = 111122223333\nregions = eu-west-1 us-east-1\n[credentials e]\naccount = 222233334444\n",
     "keyfall:credentials/111122223333/eu-west-1/Druva-ClientCredential-1 111122223333 eu-west-1 product=druva "
     "parameter=Druva-ClientCredential-1 said_by=name and configuration\n"
     "keyfall:credentials/111122223333/us-east-1 111122223333 us-east-1 product=druva said_by=configuration\n"
     "keyfall:credentials/222233334444 222233334444  product=druva said_by=configuration\n"},
    {HOME "key $Ka " CMK "tags=keyfall:product,druva-credentials\nkey $Kb " CMK "\n"
          "parameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1 type=SecureString key_arn=$Kb\n", "",
     "keyfall:credentials/111122223333/eu-west-1/Druva-ClientCredential-1 111122223333 eu-west-1 product=druva "
     "parameter=Druva-ClientCredential-1 wanted_key_arn=a said_by=name conflict=it is under b, and should be under a\n"},
    /* AutoBackup: by tags alone, the alias of its VAULT keys; by configuration alone */
    {HOME "key $Ka tags=keyfall:autobackup,s,keyfall:role,vault\nalias $Areplica name=alias/replica key_arn=$Ka\n"
          "key $Kp tags=keyfall:autobackup,s,keyfall:role,protected\n"
          "at 111122223333 us-east-1\nkey $Kb tags=keyfall:autobackup,s,keyfall:role,vault\n", "",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s vault_account=111122223333 alias=alias/replica "
     "alias_arn=replica source_key_arns=p vault_role=arn:aws:iam::111122223333:role/BackupIAMRole "
     "protected_accounts=111122223333 modes=plain;protected-key said_by=tags\n"
     "keyfall:autobackup/s/us-east-1 111122223333 us-east-1 setup=s vault_account=111122223333 alias=alias/replica "
     "alias_arn=replica tagged_key_arn=b vault_role=arn:aws:iam::111122223333:role/BackupIAMRole "
     "protected_accounts=111122223333 modes=plain;protected-key said_by=tags\n"},
    /* what they have in common counts; where they have nothing in common neither Region is the wrong one */
    {HOME "key $Ka tags=keyfall:autobackup,s,keyfall:role,vault\nalias $Ax name=alias/x key_arn=$Ka\n"
          "alias $Ay name=alias/y key_arn=$Ka\nat 111122223333 us-east-1\n"
          "key $Kb tags=keyfall:autobackup,s,keyfall:role,vault\nalias $Ay name=alias/y key_arn=$Kb\n", "",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s vault_account=111122223333 alias=alias/y alias_arn=y "
     "vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key said_by=tags\n"
     "keyfall:autobackup/s/us-east-1 111122223333 us-east-1 setup=s vault_account=111122223333 alias=alias/y alias_arn=y "
     "vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key said_by=tags\n"},
    {HOME ALIASES_DIFFER, "",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s vault_account=111122223333 tagged_key_arn=v "
     "vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key said_by=tags conflict=" DIFFER "\n"
     "keyfall:autobackup/s/us-east-1 111122223333 us-east-1 setup=s vault_account=111122223333 tagged_key_arn=w "
     "vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key said_by=tags conflict=" DIFFER "\n"},
    {HOME, "[autobackup s]\nvault_account = 111122223333\naliases = k alias/l\nregions = eu-west-1\nprotected = "
           "222233334444\nvault_role = arn:aws:iam::111122223333:role/own/R\nmodes = vault-key\n",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s vault_account=111122223333 alias=alias/k alias_arn=k "
     "vault_role=arn:aws:iam::111122223333:role/own/R protected_accounts=222233334444 modes=vault-key "
     "said_by=configuration\n"
     "keyfall:autobackup/s/eu-west-1/alias_l 111122223333 eu-west-1 setup=s vault_account=111122223333 alias=alias/l "
     "alias_arn=l vault_role=arn:aws:iam::111122223333:role/own/R protected_accounts=222233334444 modes=vault-key "
     "said_by=configuration\n"},
    {HOME "key $Ka tags=keyfall:autobackup,s,keyfall:role,vault\nkey $Kq tags=keyfall:autobackup,s\n",
     "[autobackup s]\nvault_account = 222233334444\nregions = cn-north-1\naliases = k\n",
     "keyfall:autobackup/s/cn-north-1 222233334444 cn-north-1 setup=s vault_account=222233334444 alias=alias/k alias_arn=k "
     "vault_role=arn:aws-cn:iam::222233334444:role/BackupIAMRole modes=plain;protected-key said_by=tags and configuration "
     "conflict=a is tagged as a VAULT key in account 111122223333, the VAULT account is 222233334444; q has no tag "
     "keyfall:role that says vault or protected\n"},
    {HOME "key $Kp tags=keyfall:autobackup,s,keyfall:role,protected\n", "",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s source_key_arns=p protected_accounts=111122223333 "
     "modes=plain;protected-key said_by=tags\n"},
    /* an ARN in the field is the key of one Region */
    {HOME, "[autobackup s]\nvault_account = 111122223333\naliases = " KEY(UUID) "\nregions = eu-west-1 us-east-1\n",
     "keyfall:autobackup/s/eu-west-1 111122223333 eu-west-1 setup=s vault_account=111122223333 alias=" KEY(UUID)
     " alias_arn=" UUID " vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key "
     "said_by=configuration\n"
     "keyfall:autobackup/s/us-east-1 111122223333 us-east-1 setup=s vault_account=111122223333 alias=" KEY(UUID)
     " vault_role=arn:aws:iam::111122223333:role/BackupIAMRole modes=plain;protected-key said_by=configuration\n"},
};

static void test_derived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        struct world w = world_new(derived[i].lines, derived[i].conf);
        char *text = told(&w);
        if (strcmp(text, derived[i].told) != 0)
            fail_msg("case %zu:\n%s\nnot\n%s", i, text, derived[i].told);
        assert_false(products_write(w.products)); /* what did not change is not written again */
        mem_free(text);
        world_free(&w);
    }
}

static size_t rows_of(const struct world *w, const char *view)
{
    struct arena *scratch = arena_new();
    struct view_context c = {.generation = w->s.g, .judgement = w->s.j, .scratch = scratch, .now_utc = NOW};
    struct selection rows;
    assert_int_equal(view_select(&c, view_by_name(view), NULL, (struct sort_key){.column = -1}, 0, NULL, &rows),
                     ERR_OK);
    size_t n = rows.n;
    selection_free(&rows);
    arena_free(scratch);
    return n;
}

/* A place that is only named in the configuration is not one that is read; what is said of it is listed. */
static void test_foreign_places(void **state)
{
    (void)state;
    size_t before, after;
    struct world w = world_new(HOME, "");
    judgement_blind_spots(w.s.j, &before);
    world_free(&w);
    w = world_new("org\n" HOME, "[ekm x]\nkey = arn:aws:kms:us-east-1:999999999999:key/" UUID "\n"
                                "[credentials d]\naccount = 999999999999\nregions = us-east-1\n");
    judgement_blind_spots(w.s.j, &after);
    assert_int_equal(before, after);
    struct place place;
    assert_false(judgement_place(w.s.j, "999999999999", "us-east-1", &place));
    assert_int_equal(rows_of(&w, "ekm"), 1);
    assert_int_equal(rows_of(&w, "credentials"), 1);
    world_free(&w);
}

static void retag(struct world *w, const char *key, const char *tags, size_t len)
{
    uint32_t node = small_node(&w->s, KIND_KEY, key);
    uint32_t slot = estate_home(w->s.e, node);
    uint32_t *row = estate_edit(w->s.e, slot, node, FACET_KEY_TAGS);
    row_text(w->s.e, row, ATTR_KEY_TAGS, tags, len);
    estate_set_facet(w->s.e, slot, node, FACET_KEY_TAGS, TRUTH_KNOWN, 0, NOW);
    estate_publish(w->s.e);
}

/* The product's record goes where its key is, from one Region to another, and away. */
static void test_moves(void **state)
{
    (void)state;
    static const char is[] = "keyfall:ekm\0entra-id", other[] = "keyfall:ekm\0salesforce";
    static const char a[] = KEY("a"), b[] = "arn:aws:kms:us-east-1:111122223333:key/b";
    struct world w = world_new(HOME "key $Ka tags=keyfall:ekm,entra-id\nkey $Kc tags=keyfall:ekm,x\n"
                                    "at 111122223333 us-east-1\nkey $Kb tags=keyfall:ekm,y\n", "");
    struct record r;
    for (int i = 0; i < 4; i++) {
        retag(&w, i % 2 ? a : b, is, sizeof is);
        retag(&w, i % 2 ? b : a, other, sizeof other);
        judge_again(&w);
        assert_true(generation_record(w.s.g, small_node(&w.s, KIND_EKM, "keyfall:ekm/entra-id"), &r));
        assert_string_equal(record_region(&r), i % 2 ? "eu-west-1" : "us-east-1");
        assert_true(generation_record(w.s.g, small_node(&w.s, KIND_EKM, "keyfall:ekm/salesforce"), &r));
        assert_string_equal(record_region(&r), i % 2 ? "us-east-1" : "eu-west-1");
    }
    retag(&w, a, "", 0);
    retag(&w, b, "", 0);
    judge_again(&w);
    assert_false(generation_record(w.s.g, small_node(&w.s, KIND_EKM, "keyfall:ekm/entra-id"), &r));
    char *text = told(&w);
    assert_string_equal(text, "keyfall:ekm/x 111122223333 eu-west-1 product=x key_arn=c phase=current said_by=tags\n");
    mem_free(text);
    world_free(&w);
}

/* ---- findings ---------------------------------------------------------------------------------- */

#define ORG "org\n"
#define EKM_KEY(words) HOME "key $Ka " EKM_TAGS " " words "\n"
#define VAULT_KEY "key $Kv " CMK "tags=keyfall:autobackup,s,keyfall:role,vault "
#define VAULT_ROLE "arn:aws:iam::111122223333:role/BackupIAMRole"
#define VAULT_POLICY POLICY(OWN "," PAIR(VAULT_ROLE) "," PAIR(ROOT("222233334444"))) "external_accounts=222233334444 "
#define VAULT_ALIAS "alias $Ar name=alias/r key_arn=$Kv\n"
#define VAULT HOME VAULT_KEY VAULT_POLICY "\n" VAULT_ALIAS
#define PROTECTED(words) "at 222233334444 eu-west-1\nkey $Kp " CMK "tags=keyfall:autobackup,s,keyfall:role,protected " words "\n"
#define PROTECTED_ROOT STATEMENT("Allow", ROOT("222233334444"), "\"kms:*\"", "")
#define PARAMETER HOME "parameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1 type=SecureString "
#define CREDENTIALS(more) "[credentials d]\naccount = 111122223333\n" more "\n"

static const struct {
    const char *id, *lines, *conf;
    enum finding_state state;
    enum severity severity; /* of OPEN and UNKNOWN */
} findings[] = {
    {"F-EKM-01", EKM_KEY(CMK), "", FINDING_NONE, 0},
    {"F-EKM-01", EKM_KEY("state=Disabled"), "", FINDING_OPEN, SEVERITY_CRITICAL},
    {"F-EKM-01", EKM_KEY("state=PendingDeletion"), "", FINDING_OPEN, SEVERITY_CRITICAL},
    {"F-EKM-01", HOME, EKM_CONF(""), FINDING_OPEN, SEVERITY_CRITICAL}, /* gone, with its tags */
    {"F-EKM-01", EKM_KEY("metadata:denied"), "", FINDING_UNKNOWN, SEVERITY_CRITICAL},
    {"F-EKM-01", "at 222233334444 eu-west-1\n", EKM_CONF(""), FINDING_UNKNOWN, SEVERITY_CRITICAL},
    {"F-EKM-01", EKM_KEY("state=Disabled"), "[ekm entra-id]\nkey = " KEY(UUID) "\nphase = former\n", FINDING_OPEN,
     SEVERITY_CRITICAL},
    {"F-EKM-01", HOME "key $Ka state=Disabled tags=keyfall:ekm,x,keyfall:phase,former\n", "", FINDING_NONE, 0},
    {"F-EKM-02", EKM_KEY(DRUVA_POLICY), "", FINDING_NONE, 0},
    {"F-EKM-02", EKM_KEY(POLICY(OWN)), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-02", EKM_KEY(POLICY(OWN "," STATEMENT("Allow", ROOT(DRUVA), USE, ""))), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-02", EKM_KEY(POLICY(OWN "," PAIR(ROOT(DRUVA)) "," STATEMENT("Deny", "*", "\"kms:Decrypt\"", ""))), "",
     FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-02", EKM_KEY("policy:denied"), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-EKM-02", HOME "key $Ka " DRUVA_POLICY "tags=keyfall:ekm,entra-id\n", "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-EKM-02", EKM_KEY(POLICY(OWN "," PAIR(ROOT(DRUVA)) "," STATEMENT("Deny", "*", "\"kms:*\"",
                 ",\"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}"))), "", FINDING_UNKNOWN,
     SEVERITY_HIGH},
    {"F-EKM-02", HOME "key $Ka " POLICY(OWN) "tags=keyfall:ekm,x,keyfall:phase,former,keyfall:druva-account," DRUVA "\n",
     "", FINDING_NONE, 0},
    {"F-EKM-03", EKM_KEY(CMK), "", FINDING_NONE, 0},
    {"F-EKM-03", EKM_KEY("state=Enabled manager=CUSTOMER spec=RSA_2048 usage=ENCRYPT_DECRYPT"), "", FINDING_OPEN,
     SEVERITY_HIGH},
    /* AWS's own have no tags */
    {"F-EKM-03", HOME "key $K" UUID " state=Enabled manager=AWS spec=SYMMETRIC_DEFAULT\n", EKM_CONF(""), FINDING_OPEN,
     SEVERITY_HIGH},
    {"F-EKM-03", EKM_KEY("metadata:denied"), "", FINDING_UNKNOWN, SEVERITY_HIGH},
#define SWITCHING(words) HOME "key $Ka " words " tags=keyfall:ekm,x,keyfall:phase,in-transition\n"
    {"F-EKM-04", SWITCHING("state=Disabled"), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-04", SWITCHING(CMK), "", FINDING_NONE, 0},
    {"F-EKM-04", SWITCHING("metadata:denied"), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-EKM-04", EKM_KEY("state=Disabled"), "", FINDING_NONE, 0},
#define FORMER(words) HOME "key $Ka " words " tags=keyfall:ekm,x,keyfall:phase,former\n"
    {"F-EKM-05", FORMER("state=PendingDeletion"), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-05", FORMER("state=PendingReplicaDeletion"), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-05", FORMER("state=Disabled"), "", FINDING_NONE, 0},
    {"F-EKM-05", FORMER("metadata:denied"), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-EKM-05", HOME, EKM_CONF("phase = former"), FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-05", EKM_KEY("state=PendingDeletion"), "", FINDING_NONE, 0},
#define ORG_ONLY(operator) STATEMENT("Deny", "*", "\"kms:*\"", ",\"Condition\":{\"" operator "\":{\"aws:PrincipalOrgID\":\"o-ours\"}}")
    {"F-EKM-07", ORG EKM_KEY(POLICY(OWN "," PAIR(ROOT(DRUVA)) "," ORG_ONLY("StringNotEquals"))), "", FINDING_OPEN,
     SEVERITY_HIGH},
    {"F-EKM-07", ORG EKM_KEY(POLICY(OWN "," PAIR(ROOT(DRUVA)) "," STATEMENT("Deny", "*", "\"kms:*\"",
                 ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"},\"StringNotEqualsIfExists\":"
                 "{\"aws:PrincipalOrgID\":\"o-ours\"}}"))), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d use_tracked_since=-20d last_used=-9d"), "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d use_tracked_since=-20d"), "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d use_tracked_since=-20d last_used=-2d"), "", FINDING_NONE, 0},
    {"F-EKM-06", EKM_KEY(CMK "created=-2d last-use:not_asked"), "", FINDING_NONE, 0},
    {"F-EKM-06", EKM_KEY("state=Disabled created=-30d use_tracked_since=-20d"), "", FINDING_NONE, 0},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d use_tracked_since=-3d"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d last-use:not_asked"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-EKM-06", EKM_KEY(CMK "created=-30d last-use:denied"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-EKM-07", EKM_KEY(DRUVA_POLICY), "", FINDING_NONE, 0},
    {"F-EKM-07", EKM_KEY(POLICY(OWN)), "", FINDING_NONE, 0},
    {"F-EKM-07", ORG EKM_KEY(POLICY(OWN "," PAIR(ROOT(DRUVA)) "," ORG_ONLY("StringEquals"))), "", FINDING_UNKNOWN,
     SEVERITY_HIGH}, /* of an organization whose resource control policies nobody read */
    {"F-EKM-07", ORG EKM_KEY(DRUVA_POLICY), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-EKM-02", ORG EKM_KEY(DRUVA_POLICY), "", FINDING_NONE, 0},
    {"F-EKM-02", ORG EKM_KEY(POLICY(OWN)), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-EKM-08", EKM_KEY(CMK), "", FINDING_NONE, 0},
    {"F-EKM-08", EKM_KEY("state=Enabled origin=EXTERNAL expiration_model=KEY_MATERIAL_EXPIRES"), "", FINDING_OPEN,
     SEVERITY_MEDIUM},
    {"F-EKM-08", EKM_KEY("state=Enabled key_store=keyfall:key-store/111122223333/eu-west-1/x"), "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-EKM-08", EKM_KEY("metadata:denied"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-EKM-09", EKM_KEY("external_accounts=" DRUVA), "", FINDING_NONE, 0},
    {"F-EKM-09", EKM_KEY("external_accounts=888899990001"), "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-EKM-09", HOME "key $Ka external_accounts=888899990001 tags=keyfall:ekm,x\n", "", FINDING_UNKNOWN,
     SEVERITY_MEDIUM},
    {"F-EKM-09", EKM_KEY("policy:denied"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-EKM-10", EKM_KEY(CMK), "", FINDING_NONE, 0},
    {"F-EKM-10", EKM_KEY(CMK) "volume $Lv key_arn=$Ka\n", "", FINDING_OPEN, SEVERITY_INFO},
    {"F-EKM-10", EKM_KEY(CMK) "hide volumes denied\n", "", FINDING_UNKNOWN, SEVERITY_INFO},
    {"F-AB-01", VAULT PROTECTED(""), "", FINDING_NONE, 0},
    {"F-AB-01", HOME VAULT_KEY "\n" VAULT_ALIAS "at 111122223333 us-east-1\nkey $Kw " CMK
                "tags=keyfall:autobackup,s,keyfall:role,vault\n", "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-AB-01", HOME "key $Kv state=Disabled tags=keyfall:autobackup,s,keyfall:role,vault\n" VAULT_ALIAS, "",
     FINDING_OPEN, SEVERITY_HIGH},
    {"F-AB-01", HOME VAULT_KEY "\nhide aliases denied\n",
     "[autobackup s]\nvault_account = 111122223333\naliases = r\n", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-01", HOME "alias $Ar name=alias/r key_arn=$Kgone\n",
     "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = eu-west-1\n", FINDING_OPEN, SEVERITY_HIGH},
    {"F-AB-01", HOME VAULT_KEY "\n", "", FINDING_UNKNOWN, SEVERITY_HIGH}, /* no alias is said */
    {"F-AB-01", HOME ALIASES_DIFFER, "", FINDING_UNKNOWN, SEVERITY_HIGH},  /* of neither Region */
    {"F-REG-01", HOME ALIASES_DIFFER, "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-REG-01", HOME ALIASES_DIFFER, "[autobackup s]\nvault_account = 111122223333\naliases = x\n", FINDING_NONE, 0},
    {"F-AB-02", VAULT PROTECTED(""), "", FINDING_NONE, 0},
    {"F-AB-02", HOME VAULT_KEY POLICY(OWN "," PAIR(VAULT_ROLE)) "\n" VAULT_ALIAS PROTECTED(""), "", FINDING_OPEN,
     SEVERITY_HIGH},
    {"F-AB-02", HOME VAULT_KEY POLICY(OWN "," PAIR(ROOT("222233334444"))) "\n" VAULT_ALIAS PROTECTED(""), "",
     FINDING_UNKNOWN, SEVERITY_HIGH}, /* left to IAM */
#define ROLE_READ(statement) "principal " VAULT_ROLE " name=BackupIAMRole type=role\niam-policy keyfall:iam-policy/x/y name=y "   \
                             "principal=" VAULT_ROLE " document={\"Version\":\"2012-10-17\",\"Statement\":[" statement "]}\n"
#define IAM(actions) "{\"Effect\":\"Allow\",\"Action\":[" actions "],\"Resource\":\"*\"}"
    {"F-AB-02", HOME VAULT_KEY POLICY(OWN "," PAIR(ROOT("222233334444"))) "\n" VAULT_ALIAS ROLE_READ(IAM("\"kms:*\""))
                PROTECTED(""), "", FINDING_NONE, 0},
    {"F-AB-02", HOME VAULT_KEY POLICY(OWN "," PAIR(ROOT("222233334444"))) "\n" VAULT_ALIAS ROLE_READ(IAM("\"s3:*\""))
                PROTECTED(""), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-02", HOME VAULT_KEY POLICY(PAIR(ROOT("222233334444"))) "\n" VAULT_ALIAS PROTECTED(""), "", FINDING_OPEN,
     SEVERITY_HIGH},
    {"F-AB-02", HOME VAULT_KEY "policy:denied\n" VAULT_ALIAS PROTECTED(""), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-03", VAULT PROTECTED(POLICY(PROTECTED_ROOT "," PAIR(VAULT_ROLE))), "", FINDING_NONE, 0},
    {"F-AB-03", VAULT PROTECTED(POLICY(PROTECTED_ROOT)), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-AB-03", VAULT PROTECTED("policy:denied"), "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-03", VAULT PROTECTED(POLICY(PROTECTED_ROOT)),
     "[autobackup s]\nvault_account = 111122223333\nmodes = plain vault-key\n", FINDING_NONE, 0},
    {"F-AB-04", VAULT PROTECTED("") "key $Kaws manager=AWS state=Enabled\nvolume $Lv key_arn=$Kaws\n", "",
     FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-04", VAULT PROTECTED("") "volume $Lv key_arn=$Kp\n", "", FINDING_NONE, 0},
    {"F-AB-04", VAULT PROTECTED("") "hide volumes denied\n", "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-AB-05", VAULT PROTECTED(POLICY(PROTECTED_ROOT "," PAIR("AROAABCDEFGHIJKLMNOPQ"))), "", FINDING_OPEN,
     SEVERITY_MEDIUM},
    {"F-AB-05", VAULT PROTECTED(POLICY(PROTECTED_ROOT "," PAIR(VAULT_ROLE))), "", FINDING_NONE, 0},
    {"F-AB-05", VAULT PROTECTED("policy:denied"), "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-SSM-01", HOME, CREDENTIALS("regions = eu-west-1"), FINDING_OPEN, SEVERITY_HIGH},
    {"F-SSM-01", PARAMETER "\n", CREDENTIALS("regions = eu-west-1"), FINDING_NONE, 0},
    {"F-SSM-01", HOME "hide parameters denied\n", CREDENTIALS("regions = eu-west-1"), FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-SSM-01", HOME, CREDENTIALS("regions = us-east-1"), FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-SSM-01", HOME "at 111122223333 us-east-1\n", CREDENTIALS(""), FINDING_OPEN, SEVERITY_HIGH},
    {"F-SSM-01", HOME "at 111122223333 us-east-1\nhide parameters denied\n", CREDENTIALS(""), FINDING_UNKNOWN,
     SEVERITY_HIGH},
    {"F-SSM-04", PARAMETER "\n", CREDENTIALS("ekey = yes"), FINDING_OPEN, SEVERITY_HIGH},
    {"F-SSM-04", PARAMETER "\n", CREDENTIALS("ekey = no"), FINDING_NONE, 0},
    {"F-SSM-04", PARAMETER "\n", "", FINDING_UNKNOWN, SEVERITY_HIGH},
    {"F-SSM-04", PARAMETER "\nat 111122223333 us-east-1\nparameter $PDruva-ClientCredential-1 "
                 "name=Druva-ClientCredential-1 type=SecureString\n", CREDENTIALS("ekey = yes"), FINDING_NONE, 0},
#define ROOT_UNIT "arn:aws:organizations::999988887777:root/o-x/r-x"
#define SCPS(...) HOME "organizational-unit " ROOT_UNIT " policy_types=SERVICE_CONTROL_POLICY\n"                            \
                  "organization-account arn:aws:organizations::999988887777:account/o-x/111122223333 unit=" ROOT_UNIT         \
                  " account=arn:aws:iam::111122223333:root\norganization-policy arn:aws:organizations::999988887777:"        \
                  "policy/o-x/service_control_policy/p-1 targets=" ROOT_UNIT " document={\"Statement\":[{\"Effect\":"         \
                  "\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}" __VA_ARGS__ "]}\n"
#define DENY_SSM(actions, on) ",{\"Effect\":\"Deny\",\"Action\":[" actions "],\"Resource\":\"arn:aws:ssm:*:*:parameter/" on  \
                              "\"}"
#define ALL_SSM "\"ssm:DeleteParameter*\",\"ssm:PutParameter\""
    {"F-SSM-07", SCPS() PARAMETER "\n", "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-SSM-07", SCPS(DENY_SSM(ALL_SSM, "Druva-*")) PARAMETER "\n", "", FINDING_NONE, 0},
    {"F-SSM-07", SCPS(DENY_SSM("\"ssm:DeleteParameter*\"", "Druva-*")) PARAMETER "\n", "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-SSM-07", SCPS(DENY_SSM(ALL_SSM, "Other-*")) PARAMETER "\n", "", FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-SSM-07", PARAMETER "\n", "", FINDING_OPEN, SEVERITY_MEDIUM}, /* in no organization: no SCP */
    {"F-SSM-07", ORG PARAMETER "\n", "", FINDING_UNKNOWN, SEVERITY_MEDIUM}, /* nobody read its SCPs */
    {"F-SSM-07", HOME, CREDENTIALS(""), FINDING_NONE, 0},
    {"F-SSM-05", PARAMETER "key_arn=$Ka\nkey $Ka " CMK POLICY(OWN) "\n", "", FINDING_NONE, 0}, /* left to IAM */
    {"F-SSM-05", PARAMETER "key_arn=$Ka\nkey $Ka " CMK POLICY(PAIR(ROOT(DRUVA))) "\n", "", FINDING_OPEN,
     SEVERITY_MEDIUM},
    {"F-SSM-05", PARAMETER "key_arn=$Ka\nkey $Ka " CMK "policy:denied\n", "", FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-SSM-05", PARAMETER "key_arn=$Ka\nkey $Ka manager=AWS state=Enabled\n", "", FINDING_NONE, 0},
    /* who is no stranger: a product's account, and whom the configuration allows */
#define STRANGER(account) ORG HOME "key $Kx external_accounts=" account "\n"
    {"F-POL-03", STRANGER(DRUVA), "", FINDING_OPEN, SEVERITY_HIGH},
    {"F-POL-03", STRANGER(DRUVA) "key $Ka " EKM_TAGS "\n", "", FINDING_NONE, 0},
    {"F-POL-03", STRANGER(DRUVA), "[allow]\nvendors = " DRUVA "\n", FINDING_NONE, 0},
    {"F-POL-03", STRANGER(DRUVA), "[allow]\naccounts = " DRUVA "\n", FINDING_NONE, 0},
    {"F-POL-03", STRANGER(DRUVA), "[allow]\naccounts = 777788889999\n", FINDING_OPEN, SEVERITY_HIGH},
    {"F-REG-01", EKM_KEY(CMK), "", FINDING_NONE, 0},
    {"F-REG-01", EKM_KEY(CMK), EKM_CONF(""), FINDING_OPEN, SEVERITY_MEDIUM},
    {"F-REG-01", HOME "key $K" UUID " " CMK "tags:denied\n", EKM_CONF(""), FINDING_UNKNOWN, SEVERITY_MEDIUM},
    {"F-REG-01", HOME "key $K" UUID " " CMK "\n", EKM_CONF(""), FINDING_NONE, 0},
};

static const struct finding *find(const struct world *w, const char *id)
{
    size_t n;
    const struct finding *all = judgement_findings(w->s.j, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].rule->id, id) == 0)
            return &all[i];
    return NULL;
}

static void check_findings(struct small (*small_of)(const char *lines))
{
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        struct world w = world_of(small_of(findings[i].lines), findings[i].conf);
        const struct finding *f = find(&w, findings[i].id);
        if (f ? f->state != findings[i].state || f->severity != findings[i].severity
              : findings[i].state != FINDING_NONE)
            fail_msg("row %zu, %s: %s %s: %s", i, findings[i].id,
                     !f ? "none" : f->state == FINDING_OPEN ? "open" : "unknown",
                     f ? severity_word(f->severity) : "", f ? f->reason : findings[i].lines);
        if (f && f->state == FINDING_UNKNOWN && !f->reason[0])
            fail_msg("row %zu, %s: does not say what is not known", i, findings[i].id);
        world_free(&w);
    }
}

static void test_findings(void **state)
{
    (void)state;
    check_findings(small_new);
}

/* The same from what AWS answers, through collect/. */
static void test_findings_from_bytes(void **state)
{
    (void)state;
    check_findings(small_from_bytes);
}

static void test_every_row_fires(void **state)
{
    (void)state;
    size_t n;
    const struct finding_row *rows = finding_rows(&n);
    for (size_t i = 0; i < n; i++) {
        enum kind kind = rows[i].kinds[0];
        if (kind != KIND_EKM && kind != KIND_CREDENTIAL && kind != KIND_AUTOBACKUP)
            continue;
        /* which resources a setup protects stands in AutoBackup alone */
        bool fires = strcmp(rows[i].id, "F-AB-04") == 0, rests = false, is_unknown = false;
        for (size_t f = 0; f < sizeof findings / sizeof *findings; f++)
            if (strcmp(findings[f].id, rows[i].id) == 0) {
                fires |= findings[f].state == FINDING_OPEN;
                rests |= findings[f].state == FINDING_NONE;
                is_unknown |= findings[f].state == FINDING_UNKNOWN;
            }
        if (!fires || !rests || !is_unknown)
            fail_msg("no case in which %s %s", rows[i].id, !fires ? "fires" : !rests ? "does not fire" : "is not known");
    }
}

/* ---- what falls -------------------------------------------------------------------------------- */

#define BACKUP_IAM_ROLE "arn:aws:iam::111122223333:role/BackupIAMRole"
#define VOLUMES "at 222233334444 eu-west-1\nvolume $Lv key_arn=arn:aws:kms:eu-west-1:111122223333:key/v status=in-use\n"

/* Consequences as "kind tail effect severity", with "=>" between the phases; in order of the list. */
static const struct {
    const char *lines, *conf, *target, *action;
    const char *falls;
} impacts[] = {
    {EKM_KEY(CMK), "", KEY("a"), "disable", "ekm-key entra-id down C\n"},
    {HOME "key $Ka tags=keyfall:ekm,another\n", "", KEY("a"), "disable", "ekm-key another down C\n"},
    {EKM_KEY(CMK), "", KEY("a"), "delete", "ekm-key entra-id lost C\n"},
    {EKM_KEY("state=PendingDeletion deletion_date=+6d"), "", KEY("a"), "delete", "ekm-key entra-id down=>lost C\n"},
    {HOME "key $Ka tags=keyfall:ekm,entra-id%20salesforce\n", "", KEY("a"), "disable",
     "ekm-key entra-id down C\nekm-key salesforce down C\n"},
    {SWITCHING(""), "", KEY("a"), "disable", "ekm-key a down C\n"},
    {FORMER(""), "", KEY("a"), "disable", "ekm-key a unknown H\n"},
    {FORMER(""), "", KEY("a"), "delete", "ekm-key a unknown C\n"},
    {HOME, EKM_CONF(""), KEY(UUID), "delete", "ekm-key entra-id lost C\n"},
    /* the account is disabled: the key, and the product with it */
    {EKM_KEY(CMK), "", ROOT("111122223333"), "suspend-account",
     "key a down=>lost C\nekm-key entra-id down=>lost C\n"},
    {EKM_KEY(CMK), "", "keyfall:ekm/entra-id", "revoke", "ekm-key entra-id down C\n"},
    {HOME "key $Ka tags=keyfall:ekm,entra-id,keyfall:phase,former\n", "", "keyfall:ekm/entra-id/" KEY("a"), "revoke",
     "ekm-key a unknown H\n"},
    {EKM_KEY(CMK), "", "keyfall:ekm/entra-id", "replace", "ekm-key entra-id unknown H\n"},
    /* sign-in only; and the question whether it is more, closed by the configuration */
    {PARAMETER "key_arn=$Ka\nkey $Ka " CMK "\n", "", KEY("a"), "delete",
     "parameter Druva-ClientCredential-1 degraded H\nparameter Druva-ClientCredential-1 unknown C\n"},
    {PARAMETER "key_arn=$Ka\nkey $Ka " CMK "\n", CREDENTIALS("ekey = no"), KEY("a"), "delete",
     "parameter Druva-ClientCredential-1 degraded H\n"},
    {PARAMETER "key_arn=$Ka\nkey $Ka " CMK "\n", CREDENTIALS("ekey = yes"), KEY("a"), "delete",
     "parameter Druva-ClientCredential-1 degraded H\nparameter Druva-ClientCredential-1 lost C\n"},
    {PARAMETER "key_arn=$Ka\nkey $Ka " CMK "\n", CREDENTIALS("ekey = yes"), KEY("a"), "disable",
     "parameter Druva-ClientCredential-1 degraded H\nparameter Druva-ClientCredential-1 down C\n"},
    {PARAMETER "\nat 111122223333 us-east-1\nparameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1\n",
     CREDENTIALS("ekey = yes"), "arn:aws:ssm:eu-west-1:111122223333:parameter/Druva-ClientCredential-1", "delete",
     "parameter Druva-ClientCredential-1 degraded H\nparameter Druva-ClientCredential-1 unknown H\n"},
    {HOME "parameter $Pmine name=mine type=SecureString key_arn=$Ka\nkey $Ka " CMK "\n",
     CREDENTIALS("parameters = mine\nekey = no"), KEY("a"), "disable", "parameter mine degraded H\n"},
    /* AutoBackup: the VAULT key, its alias, a PROTECTED key */
    {VAULT, "", KEY("v"), "disable", "alias r down M\nautobackup-replication eu-west-1 degraded H\n"},
    {VAULT, "", "arn:aws:kms:eu-west-1:111122223333:alias/r", "delete", "autobackup-replication eu-west-1 degraded H\n"},
    {VAULT, "", "arn:aws:kms:eu-west-1:111122223333:alias/r", "repoint", "autobackup-replication eu-west-1 degraded M\n"},
    {VAULT PROTECTED(""), "", "arn:aws:kms:eu-west-1:222233334444:key/p", "delete",
     "autobackup-replication eu-west-1 degraded H\n"},
    /* what runs under the VAULT key itself goes with it */
    {VAULT VOLUMES, "", KEY("v"), "disable",
     "volume v degraded H\nalias r down M\nautobackup-replication eu-west-1 degraded H\n"},
    {VAULT, "", "keyfall:autobackup/s/eu-west-1", "delete", "autobackup-replication eu-west-1 degraded H\n"},
    {VAULT "principal " BACKUP_IAM_ROLE " type=role name=BackupIAMRole\n", "", BACKUP_IAM_ROLE, "lose-role",
     "principal BackupIAMRole down H\nautobackup-replication eu-west-1 degraded H\n"},
    /* tags that were not read may hold a product */
    {HOME "key $Ka " CMK "tags:denied\n", "", KEY("a"), "delete", "? ekm unknown C\n"},
};

static void check_impacts(struct small (*small_of)(const char *lines))
{
    for (size_t i = 0; i < sizeof impacts / sizeof *impacts; i++) {
        struct world w = world_of(small_of(impacts[i].lines), impacts[i].conf);
        const char *arn = impacts[i].target;
        uint32_t target = small_node(&w.s, kind_of_arn(arn, strlen(arn)), arn);
        struct impact *impact = judge_impact(w.s.j, &target, 1, impacts[i].action, 100);
        if (!impact)
            fail_msg("case %zu: nothing to ask", i);
        fired_note(&w.s, impact);
        VEC(char *) lines = {0};
        for (size_t c = 0; c < impact->n; c++) {
            const struct consequence *q = &impact->items[c];
            struct buf line = {0};
            buf_printf(&line, "%s %s ", q->node ? kind_row(node_kind(w.s.e, q->node))->name : "?",
                       q->node ? node_tail(w.s.e, q->node) : list_row(q->list)->name);
            for (int p = 0; p < q->n_phases; p++)
                buf_printf(&line, "%s%s", p ? "=>" : "", effect_word(q->phases[p].effect));
            buf_printf(&line, " %c\n", severity_letter(q->severity));
            VEC_PUSH(lines, buf_take(&line));
            assert_true(q->text[0] && (q->source[0] || !q->node));
        }
        struct buf out = {0};
        buf_adds(&out, "");
        for (size_t l = 0; l < lines.n; l++) {
            buf_adds(&out, lines.items[l]);
            mem_free(lines.items[l]);
        }
        VEC_FREE(lines);
        if (strcmp(out.data, impacts[i].falls) != 0)
            fail_msg("case %zu:\n%s\nnot\n%s", i, out.data, impacts[i].falls);
        buf_free(&out);
        impact_free(impact);
        world_free(&w);
    }
}

/* From records and from what AWS answers; each row of the tables fires. */
static void test_impacts(void **state)
{
    (void)state;
    size_t n, n_selves;
    const struct impact_rule *rules = impact_rules(&n), *selves = impact_rules_self(&n_selves);
    fired_begin();
    check_impacts(small_new);
    fired_end();
    fired_begin();
    check_impacts(small_from_bytes);
    for (size_t r = 0; r < n; r++)
        if (fired_is_product(&rules[r]) && !has_fired[r])
            fail_msg("no case of what becomes of %s: %s", kind_row(rules[r].kind)->plural, rules[r].first_text);
    for (size_t r = 0; r < n_selves; r++)
        if (fired_is_product(&selves[r]) && !self_has_fired[r])
            fail_msg("no case of %s that go: %s", kind_row(selves[r].kind)->plural, selves[r].first_text);
    fired_end();
}

/* A product counts among what depends on a key; what tags could say and nobody read makes it "at least". */
static void test_dependents(void **state)
{
    (void)state;
    struct world w = world_new(EKM_KEY(CMK) "key $Kb " CMK "tags:denied\n" VAULT_KEY "\n" VAULT_ALIAS, "");
    struct dependents d = judge_dependents(w.s.j, small_node(&w.s, KIND_KEY, KEY("a")));
    assert_int_equal(d.all, 1);
    assert_false(d.is_at_least);
    d = judge_dependents(w.s.j, small_node(&w.s, KIND_KEY, KEY("b")));
    assert_int_equal(d.all, 0);
    assert_true(d.is_at_least);
    d = judge_dependents(w.s.j, small_node(&w.s, KIND_KEY, KEY("v")));
    assert_int_equal(d.all, 1); /* once, through its alias */
    world_free(&w);
}

/* ---- AutoBackup's readiness -------------------------------------------------------------------- */

static const struct {
    const char *lines, *conf;
    enum tri ready;
    const char *reason;
} readiness[] = {
    {VAULT PROTECTED(""), "", TRI_YES, ""},
    {HOME, "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = eu-west-1\n", TRI_NO,
     "alias/r is not there"},
    {HOME "hide aliases denied\n", "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = eu-west-1\n",
     TRI_UNKNOWN, "the aliases: denied"},
    {HOME, "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = us-east-1\n", TRI_UNKNOWN,
     "the aliases: not asked"},
    {HOME, "[autobackup s]\nvault_account = 111122223333\nregions = eu-west-1\n", TRI_UNKNOWN,
     "which alias the setup uses is not said"},
    {HOME, "[autobackup s]\nvault_account = 111122223333\nregions = us-east-1\naliases = " KEY(UUID) "\n", TRI_NO,
     "the setup names a key of another Region"},
    {HOME "key $Kp tags=keyfall:autobackup,s,keyfall:role,protected\n", "", TRI_UNKNOWN,
     "which account is the VAULT account is not said"},
    {HOME "key $Kv state=PendingDeletion tags=keyfall:autobackup,s,keyfall:role,vault\n" VAULT_ALIAS, "", TRI_NO,
     "the key is PendingDeletion"},
    {HOME "alias $Ar name=alias/r key_arn=$Kgone\n",
     "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = eu-west-1\n", TRI_NO, "the key is deleted"},
    {HOME "key $Kv metadata:denied tags=keyfall:autobackup,s,keyfall:role,vault " VAULT_POLICY "\n" VAULT_ALIAS PROTECTED(""),
     "", TRI_UNKNOWN, "the key's state is not known"},
    {VAULT, "", TRI_UNKNOWN, "which accounts are PROTECTED is not said"},
    {HOME VAULT_KEY POLICY(OWN "," PAIR(VAULT_ROLE)) "\n" VAULT_ALIAS PROTECTED(""), "", TRI_NO,
     "for account 222233334444: kms:Encrypt is not allowed"},
    {HOME VAULT_KEY POLICY(OWN "," PAIR(ROOT("222233334444"))) "\n" VAULT_ALIAS PROTECTED(""), "", TRI_UNKNOWN,
     "for the VAULT role: the key's account leaves it to IAM policies that are not read"},
    /* a grant is as good as the policy */
    {HOME VAULT_KEY POLICY(OWN "," PAIR(VAULT_ROLE)) "\n" VAULT_ALIAS
     "grant keyfall:grant/v/1 key_arn=$Kv grantee=222233334444 "
     "operations=Encrypt,Decrypt,ReEncryptFrom,ReEncryptTo,GenerateDataKey,GenerateDataKeyWithoutPlaintext,DescribeKey,"
     "CreateGrant\n" PROTECTED(""), "", TRI_YES, ""},
};

static void test_readiness(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readiness / sizeof *readiness; i++) {
        struct world w = world_new(readiness[i].lines, readiness[i].conf);
        struct arena *arena = arena_new();
        struct record r;
        struct walk walk = walk_kind(w.s.g, KIND_AUTOBACKUP);
        assert_true(walk_next(&walk, &r));
        struct readiness ready = judge_autobackup(w.s.j, arena, &r);
        if (ready.ready != readiness[i].ready || strcmp(ready.reason, readiness[i].reason) != 0)
            fail_msg("case %zu: %d, %s", i, (int)ready.ready, ready.reason);
        arena_free(arena);
        world_free(&w);
    }
}

/* ---- what is not seen never looks better ------------------------------------------------------- */

#define RICH_CONF EKM_CONF("druva_account = " DRUVA) "[credentials d]\naccount = 111122223333\nregions = eu-west-1\n"             \
                  "[autobackup s]\nvault_account = 111122223333\naliases = r\nregions = eu-west-1\nprotected = 222233334444\n"

/* The facets of the keys with their words; the key of keyfall.conf keeps its product whatever its tags say. */
static const struct {
    const char *facet, *words;
} rich_facets[] = {
    {"metadata", CMK},
    {"policy", DRUVA_POLICY},
    {"tags", "tags=keyfall:ekm,entra-id,keyfall:druva-account," DRUVA},
};

/* hidden: an index of rich_facets, of both keys; more: hide lines of both places. */
static char *rich_estate(size_t hidden, const char *more)
{
    struct buf out = {0};
    static const char *const keys[] = {"$K" UUID, "$Kt"};
    buf_adds(&out, HOME);
    for (size_t k = 0; k < 2; k++) {
        buf_printf(&out, "key %s ", keys[k]);
        for (size_t f = 0; f < sizeof rich_facets / sizeof *rich_facets; f++)
            if (f == hidden)
                buf_printf(&out, "%s:denied ", rich_facets[f].facet);
            else
                buf_printf(&out, "%s ", rich_facets[f].words);
        buf_adds(&out, "\n");
    }
    buf_adds(&out, VAULT_KEY VAULT_POLICY "\n" VAULT_ALIAS "parameter $PDruva-ClientCredential-1 "
                   "name=Druva-ClientCredential-1 type=SecureString key_arn=$Kt\n");
    buf_adds(&out, more);
    buf_adds(&out, PROTECTED(""));
    buf_adds(&out, more);
    return buf_take(&out);
}

static void compare_verdicts(const struct world *all, const struct world *less, const char *what)
{
    static const enum kind kinds[] = {KIND_EKM, KIND_AUTOBACKUP};
    struct arena *arena = arena_new();
    struct record r, was;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (struct walk w = walk_kind(less->s.g, kinds[k]); walk_next(&w, &r);) {
            struct buf id = {0};
            node_arn(less->s.e, r.node, &id);
            bool is_ekm = kinds[k] == KIND_EKM;
            enum tri now = is_ekm ? judge_ekm_access(less->s.j, arena, &r).may
                                  : judge_autobackup(less->s.j, arena, &r).ready;
            enum tri before = TRI_NO;
            if (generation_record(all->s.g, small_node(&all->s, kinds[k], id.data), &was))
                before = is_ekm ? judge_ekm_access(all->s.j, arena, &was).may
                                : judge_autobackup(all->s.j, arena, &was).ready;
            if (now == TRI_YES && before != TRI_YES)
                fail_msg("hiding %s: %s looks better", what, id.data);
            buf_free(&id);
        }
    arena_free(arena);
}

/* Deleting a key that products rely on is not less severe for what is not read, nor is its list whole. */
static void compare_falls(const struct world *all, const struct world *less, const char *what)
{
    static const char *const keys[] = {KEY(UUID), KEY("t"), KEY("v"), "arn:aws:kms:eu-west-1:222233334444:key/p"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        uint32_t node = small_node(&all->s, KIND_KEY, keys[k]), same = small_node(&less->s, KIND_KEY, keys[k]);
        struct impact *was = judge_impact(all->s.j, &node, 1, "delete", 100);
        struct impact *is = same ? judge_impact(less->s.j, &same, 1, "delete", 100) : NULL;
        if (is && is->severity < was->severity)
            fail_msg("hiding %s: deleting %s looks less severe", what, keys[k]);
        if (is && is->is_complete && is->n_all < was->n_all)
            fail_msg("hiding %s: fewer fall with %s, and that is called all", what, keys[k]);
        impact_free(was);
        impact_free(is);
    }
}

static void hide_and_compare(const struct world *all, size_t facet, const char *more, const char *what)
{
    char *lines = rich_estate(facet, more);
    struct world less = world_new(lines, RICH_CONF);
    compare_verdicts(all, &less, what);
    compare_falls(all, &less, what);
    size_t n;
    const struct finding *before = judgement_findings(all->s.j, &n);
    for (size_t i = 0; i < n; i++) {
        struct buf id = {0};
        node_arn(all->s.e, before[i].node, &id);
        enum kind kind = node_kind(all->s.e, before[i].node);
        uint32_t same = small_node(&less.s, kind, id.data);
        bool is_product = kind == KIND_EKM || kind == KIND_CREDENTIAL || kind == KIND_AUTOBACKUP;
        struct record r;
        if (is_product && before[i].state == FINDING_OPEN && generation_record(less.s.g, same, &r)) {
            struct worst now = judgement_worst(less.s.j, same);
            if (now.open < before[i].severity && now.unproved < before[i].severity)
                fail_msg("hiding %s: %s of %s is gone", what, before[i].rule->id, id.data);
        }
        buf_free(&id);
    }
    mem_free(lines);
    world_free(&less);
}

static void test_hiding(void **state)
{
    (void)state;
    static const char *const lists[] = {"keys", "aliases", "parameters"};
    static const char *const truths[] = {"denied", "not_asked", "stale"};
    const size_t none = sizeof rich_facets / sizeof *rich_facets;
    char *lines = rich_estate(none, "");
    struct world all = world_new(lines, RICH_CONF);
    for (size_t f = 0; f < none; f++)
        hide_and_compare(&all, f, "", rich_facets[f].facet);
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
        for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
            char *more = mem_printf("hide %s %s\n", lists[l], truths[t]);
            hide_and_compare(&all, none, more, more);
            mem_free(more);
        }
    mem_free(lines);
    world_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derived),  cmocka_unit_test(test_foreign_places),  cmocka_unit_test(test_moves),
        cmocka_unit_test(test_findings), cmocka_unit_test(test_findings_from_bytes), cmocka_unit_test(test_every_row_fires), cmocka_unit_test(test_impacts),
        cmocka_unit_test(test_dependents), cmocka_unit_test(test_readiness), cmocka_unit_test(test_hiding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
