/* Views: the columns that DESIGN promises, what each cell says when it is known, absent and unknown, order. */
#include "small_estate.h"

#include "backend/base/timefmt.h"
#include "backend/view/view.h"

#define HOME "at 111122223333 eu-west-1\n"
#define KMS "arn:aws:kms:eu-west-1:111122223333:"

static struct view_context context(const struct small *s)
{
    return (struct view_context){.generation = s->g, .judgement = s->j, .scratch = arena_new(), .now_utc = NOW};
}

typedef void format(const struct view_context *c, const struct cell *cell, struct buf *out);

/* The cell of the row with this id. The caller's. */
static char *cell_as(const struct small *s, const char *view, const char *id, const char *column, format *as)
{
    struct view_context c = context(s);
    const struct view *v = view_by_name(view);
    assert_non_null(v);
    int at = view_column(v, column);
    if (at < 0)
        fail_msg("%s has no %s", view, column);
    struct selection sel;
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){-1, false}, 0, NULL, &sel), ERR_OK);
    char *found = NULL;
    for (size_t i = 0; i < sel.n && !found; i++) {
        struct view_row row;
        struct cell cell;
        struct buf text = {0};
        assert_true(view_row(&c, v, sel.items[i], &row));
        view_cell(&c, v, &row, 0, &cell);
        cell_format(&c, &cell, &text);
        bool is_it = !id || strcmp(text.data, id) == 0;
        buf_clear(&text);
        if (is_it) {
            view_cell(&c, v, &row, at, &cell);
            as(&c, &cell, &text);
            found = buf_take(&text);
        }
        buf_free(&text);
    }
    selection_free(&sel);
    arena_free(c.scratch);
    return found;
}

static char *cell_of(const struct small *s, const char *view, const char *id, const char *column)
{
    return cell_as(s, view, id, column, cell_format);
}

/* ---- columns --------------------------------------------------------------------------------- */

static void test_columns(void **state)
{
    (void)state;
    static const char *const promised[][2] = {
        {"accounts", "name,state,role,reached,keys,vaults"},
        {"regions", "opt_in,keys,vaults"},
        {"keys", "key_id,aliases,state,manager,origin,spec,usage,multi_region,rotation,deletion_date,"
                 "external_accounts,grants,dependents"},
        {"aliases", "name,key_arn"},
        {"grants", "grant_id,key_arn,grantee,operations,retiring_principal"},
        {"parameters", "name,type,tier,key_arn,key_state,last_modified,product"},
        {"vaults", "name,type,key_arn,key_state,locked,lock_date,points,copy_sources,legal_holds,source_vault_arn"},
        {"recovery-points", "vault,resource_arn,resource_type,status,key_arn,key_state,created,delete_at,restorable"},
        {"resources", "type,name,key_arn,key_state,protected,copies,independent_copies,restorable"},
        {"backup-plans", "name,rules,selections"},
        {"copy-jobs", "state,status_message,resource_arn"},
        {"copy-paths", "mechanism,source_arn,source_key,destination_vault,destination_account,destination_region,"
                       "destination_key,ready,broken_at,reason"},
        {"copy-matrix", "destination_account,destination_region,state,broken,unknown,ready,broken_at,reason,remedy,"
                        "statement,source"},
        {"posture", "type,name,owner,key_arn,key_state,key_owner,who_else,vaults,copies,independent_copies,"
                    "restorable,controls,first_seen"},
        {"ekm", "product,key_arn,key_state,druva_account,phase,access"},
        {"credentials", "product,parameter,key_arn,key_state,e_key"},
        {"autobackup", "setup,vault_account,alias,key_arn,ready,reason"},
        {"principals", "name,type,unique_id,attached_policies,inline_policies,permissions_boundary,groups,"
                       "trust_policy,created,last_used"},
        {"iam-policies", "name,type,principal,document"},
        {"organizational-units", "unit_id,name,parent,policy_types"},
        {"organization-accounts", "account_id,name,state,unit"},
        {"organization-policies", "policy_id,name,type,aws_managed,targets,document"},
        {"amis", "name,state,snapshots,source_image,public,created"},
        {"dlm-policies", "description,state,type,default_policy,target_tags,copies,copy_keys,shared_with,shared_by,"
                         "role_arn,status_message"},
        {"event-rules", "name,state,targets,event_pattern,managed_by"},
        {"restore-testing-plans", "name,include_vaults,exclude_vaults,algorithm,selection_window_days,schedule,"
                                  "last_execution,selections"},
        {"restore-testing-selections", "name,plan_arn,resource_type,include_resources,conditions,role_arn"},
        {"legal-holds", "title,status,vaults,resources,from,to,created,canceled"},
        {"failed-jobs", "job_id,what,created,status_message,resource_arn,resource_type,vault_arn,key_arn"},
        {"findings", "finding,title,state,cause,reason,remedy,controls,first_seen,owner,source"},
        {"blind-spots", "service,operation,error,since,hides"},
    };
    size_t n;
    view_all(&n);
    assert_int_equal(n, sizeof promised / sizeof *promised);
    for (size_t i = 0; i < n; i++) {
        const struct view *v = view_by_name(promised[i][0]);
        assert_non_null(v);
        char names[512], *save = NULL;
        snprintf(names, sizeof names, "%s", promised[i][1]);
        int last = 2;
        assert_string_equal(v->columns[0].name, "id");
        assert_string_equal(v->columns[1].name, "account");
        assert_string_equal(v->columns[2].name, "region");
        for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
            int at = view_column(v, name);
            if (at <= last)
                fail_msg("%s: %s is not where it should be", v->name, name);
            last = at;
        }
        static const char *const tail[] = {"severity", "findings", "blind", "seen_at"};
        for (size_t t = 0; t < 4; t++)
            assert_string_equal(v->columns[v->n_columns - 4 + t].name, tail[t]);
        for (size_t k = 0; k < v->n_columns; k++) {
            const struct column *column = &v->columns[k];
            assert_true(column->help && column->help[0] && column->title[0]);
            if (!column->cell && column->attr != ATTR_NONE && attr_row(column->attr)->type == TYPE_MAP)
                fail_msg("%s: %s would list names and values together: a map needs a cell of its own", v->name, column->name);
            for (size_t m = 0; m < k; m++)
                assert_string_not_equal(v->columns[m].name, v->columns[k].name);
        }
    }
    assert_null(view_by_name("nothing"));
    assert_int_equal(view_column(view_by_name("keys"), "used"), view_column(view_by_name("keys"), "dependents"));
    assert_int_equal(view_column(view_by_name("recovery-points"), "age"),
                     view_column(view_by_name("recovery-points"), "created"));
    assert_int_equal(view_column(view_by_name("keys"), "nothing"), -1);
}

/* ---- cells ----------------------------------------------------------------------------------- */

#define A KMS "key/a"
#define PARAM "arn:aws:ssm:eu-west-1:111122223333:parameter/p"
#define VAULT "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"
#define P "arn:aws:backup:eu-west-1:111122223333:recovery-point:p"
#define DB "arn:aws:rds:eu-west-1:111122223333:db:x"
#define SNAPSHOT "arn:aws:rds:eu-west-1:111122223333:snapshot:s"
#define VOLUME "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"
#define ROOT "arn:aws:iam::111122223333:root"
#define REGION "keyfall:region/111122223333/eu-west-1"

static const struct {
    const char *lines, *view, *id, *column, *want;
} cells[] = {
    {HOME "key $Ka key_id=a state=Enabled\n", "keys", A, "key_id", "a"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "account", "111122223333"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "region", "eu-west-1"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "state", "Enabled"},
    {HOME "key $Ka metadata:denied\n", "keys", A, "state", "?"},
    {HOME "key $Ka state=Enabled metadata:stale\n", "keys", A, "state", "Enabled"},
    {HOME "key $Ka state=Enabled deletion_date=+6d\n", "keys", A, "deletion_date", "2026-08-23T20:53:20Z"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "deletion_date", ""},
    {HOME "key $Ka state=Enabled\n", "keys", A, "multi_region", ""},
    {HOME "key $Ka state=Enabled rotation=true\n", "keys", A, "rotation", "true"},
    {HOME "key $Ka rotation:unsupported\n", "keys", A, "rotation", ""},
    {HOME "key $Ka rotation:denied\n", "keys", A, "rotation", "?"},
    {HOME "key $Ka\nalias $Ab name=alias/b key_arn=$Ka\nalias $Aa name=alias/a key_arn=$Ka\n", "keys", A, "aliases",
     "alias/a;alias/b"},
    {HOME "key $Ka\n", "keys", A, "aliases", ""},
    {HOME "key $Ka\nhide aliases denied\n", "keys", A, "aliases", "?"},
    {HOME "key $Ka external_accounts=444455556666,222233334444\n", "keys", A, "external_accounts", "222233334444;444455556666"},
    {HOME "key $Ka policy:denied\n", "keys", A, "external_accounts", "?"},
    {HOME "key $Ka\ngrant keyfall:grant/k/g key_arn=$Ka\n", "keys", A, "grants", "1"},
    {HOME "key $Ka\n", "keys", A, "grants", "0"},
    {HOME "key $Ka\nhide grants $Ka denied\n", "keys", A, "grants", "?"},
    {HOME "key $Ka\nhide grants $Ka unsupported\n", "keys", A, "grants", ""},
    {HOME "key $Ka\ngrant keyfall:grant/k/g key_arn=$Ka\nhide grants $Ka stale\n", "keys", A, "grants", "1"},
    {HOME "key $Ka\nparameter $Pp key_arn=$Ka\nhide volumes denied\n", "keys", A, "dependents", "1"},
    {HOME "key $Ka\nhide volumes denied\n", "keys", A, "dependents", "?"},
    {HOME "key $Ka\n", "keys", A, "dependents", "0"},
    {HOME "key $Ka state=Disabled\nparameter $Pp key_arn=$Ka\n", "keys", A, "severity", "high"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "severity", "none"},
    {HOME "key $Ka metadata:denied\n", "keys", A, "severity", "?"},
    {HOME "key $Ka state=Disabled\nparameter $Pp key_arn=$Ka\n", "keys", A, "findings", "F-KEY-04"},
    {HOME "key $Ka state=PendingDeletion\nhide volumes denied\n", "keys", A, "findings", "F-KEY-01?;F-KEY-02"},
    {HOME "key $Ka state=Enabled policy:denied\nhide volumes denied\n", "keys", A, "blind", "policy:denied;volumes:denied"},
    {HOME "key $Ka state=Enabled\nhide keys stale\n", "keys", A, "blind", "keys:stale"},
    {HOME "key $Ka state=Enabled\n", "keys", A, "blind", ""},
    {HOME "key $Ka state=Enabled\n", "keys", A, "seen_at", "2026-08-17T20:52:20Z"},
    {HOME "key $Ka\nalias $Ax name=alias/x key_arn=$Ka\n", "aliases", KMS "alias/x", "key_arn", A},
    {HOME "alias $Ax name=alias/x\n", "aliases", KMS "alias/x", "key_arn", ""},
    {HOME "key $Ka\ngrant keyfall:grant/k/g key_arn=$Ka operations=Encrypt,Decrypt\n", "grants", "keyfall:grant/k/g",
     "operations", "Decrypt;Encrypt"},
    /* a parameter's key is what its alias names */
    {HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp type=SecureString key_arn=$Ax\n", "parameters", PARAM,
     "key_arn", A},
    {HOME "key $Ka state=Enabled\nalias $Ax key_arn=$Ka\nparameter $Pp type=SecureString key_arn=$Ax\n", "parameters", PARAM,
     "key_state", "Enabled"},
    {HOME "parameter $Pp type=SecureString key_arn=$Ax\n", "parameters", PARAM, "key_arn", "?"},
    {HOME "parameter $Pp type=SecureString key_arn=$Ax\n", "parameters", PARAM, "key_state", "?"},
    {HOME "parameter $Pp type=SecureString\n", "parameters", PARAM, "key_arn", "?"},
    {HOME "parameter $Pp type=String\n", "parameters", PARAM, "key_arn", ""},
    {HOME "parameter $Pp type=String\n", "parameters", PARAM, "key_state", ""},
    {HOME "parameter $Pp type=SecureString key_arn=$Ka\n", "parameters", PARAM, "key_state", "?"},
    {HOME "key $Ka metadata:denied\nparameter $Pp type=SecureString key_arn=$Ka\n", "parameters", PARAM, "key_state", "?"},
    {HOME "parameter $Pp name=Druva-ClientCredential-9 type=SecureString\n", "parameters", PARAM, "product", "Druva"},
    {HOME "parameter $Pp name=My-Druva-ClientCredential-9 type=SecureString\n", "parameters", PARAM, "product", ""},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", "vaults", VAULT, "points", "1"},
    {HOME "vault $Vv points_reported=9\nhide recovery-points $Vv denied\n", "vaults", VAULT, "points", "?"},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv source_vault_arn=arn:aws:backup:eu-west-1:444455556666:backup-vault:s\n"
          "recovery-point $Rq vault_arn=$Vv source_vault_arn=arn:aws:backup:us-east-1:444455556666:backup-vault:s\n", "vaults",
     VAULT, "copy_sources", "444455556666"},
    {HOME "vault $Vv\nhide recovery-points $Vv denied\n", "vaults", VAULT, "copy_sources", "?"},
    {HOME "vault $Vv locked=false\n", "vaults", VAULT, "locked", "false"},
    {HOME "vault $Vv\n", "vaults", VAULT, "key_arn", ""},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv\n", "recovery-points", P, "vault", "v"},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv encrypted=true\n", "recovery-points", P, "key_arn", "?"},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv encrypted=false\n", "recovery-points", P, "key_arn", ""},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv encrypted=false\n", "recovery-points", P, "restorable", "true"},
    {HOME "vault $Vv\nrecovery-point $Rp vault_arn=$Vv encrypted=true\n", "recovery-points", P, "restorable", "?"},
    {HOME "vault $Vv\nkey $Ka state=Enabled\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n", "recovery-points", P, "restorable",
     "true"},
    {HOME "vault $Vv\nkey $Ka state=PendingDeletion\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n", "recovery-points", P,
     "restorable", "false"},
    {HOME "vault $Vv\nkey $Ka metadata:denied\nrecovery-point $Rp vault_arn=$Vv key_arn=$Ka\n", "recovery-points", P,
     "restorable", "?"},
    {HOME "db-instance $Dx name=x encrypted=false\n", "resources", DB, "type", "rds-instance"},
    {HOME "db-instance $Dx encrypted=false\n", "resources", DB, "protected", "false"},
    {HOME "db-instance $Dx encrypted=false\nhide protected-resources denied\n", "resources", DB, "protected", "?"},
    {HOME "db-instance $Dx\nprotected-resource keyfall:p resource_arn=$Dx\n", "resources", DB, "protected", "true"},
    {HOME "db-instance $Dx\nvault $Vv\nrecovery-point $Rp vault_arn=$Vv resource_arn=$Dx\n", "resources", DB, "protected", "true"},
    {HOME "db-instance $Dx\nvault $Vv\nrecovery-point $Rp vault_arn=$Vv resource_arn=$Dx\n", "resources", DB, "copies", "1"},
    {HOME "db-instance $Dx\n", "resources", DB, "copies", "0"},
    {HOME "db-instance $Dx\nhide ebs-snapshots denied\n", "resources", DB, "copies", "?"},
    {HOME "db-instance $Dx\nhide ebs-snapshots denied\n", "resources", DB, "blind", "copies:denied"},
    {HOME "db-instance $Dx\nhide ebs-snapshots denied\n", "resources", DB, "independent_copies", "?"},
    {HOME "db-instance $Dx\n", "resources", DB, "independent_copies", "0"},
    {HOME "db-instance $Dx\n", "resources", DB, "blind", ""},
    {HOME "db-instance $Dx\n", "resources", DB, "restorable", "false"},
    {HOME "db-instance $Dx\nhide ebs-snapshots denied\n", "resources", DB, "restorable", "?"},
    {HOME "db-instance $Dx encrypted=true\n", "resources", DB, "key_arn", "?"},
    {HOME "db-instance $Dx encrypted=true encryption_type=sse-rds\n", "resources", DB, "key_arn", ""},
    {HOME "db-snapshot $Ss source_arn=$Dx\n", "resources", SNAPSHOT, "copies", ""},
    {HOME "volume $Lvol-1 name=data\n", "resources", "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", "name", "vol-1"},
    /* what only AWS Backup tells of */
    {HOME "protected-resource keyfall:p resource_arn=arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1 "
          "resource_type=EFS\n", "resources", "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1", "type", "EFS"},
    {HOME "protected-resource keyfall:p resource_arn=arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1 "
          "resource_type=EFS\n", "resources", "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1", "key_arn", "?"},
    {HOME "key $Ka\nkey $Kb\n", "regions", REGION, "keys", "2"},
    {HOME "hide keys denied\n", "regions", REGION, "keys", "?"},
    {HOME "hide keys denied\n", "regions", REGION, "blind", "keys:denied"},
    {HOME "vault $Vv locked=false\n", "regions", REGION, "severity", "medium"},
    {HOME "vault $Vv locked=false\n", "regions", REGION, "findings", "medium:2"},
    {HOME "key $Ka\nat 111122223333 us-east-1\nhide keys denied\n", "accounts", ROOT, "keys", "1"},
    {HOME "at 111122223333 us-east-1\nhide keys denied\n", "accounts", ROOT, "keys", "?"},
    {HOME "at 111122223333 us-east-1\nhide keys denied\n", "accounts", ROOT, "blind", "keys:denied"},
    {HOME, "accounts", ROOT, "reached", "true"},
    {HOME, "accounts", ROOT, "region", ""},
    {"account 777788889999 ACTIVE\n" HOME, "accounts", "arn:aws:iam::777788889999:root", "reached", "?"},
    {"account 777788889999 ACTIVE\n" HOME, "accounts", "arn:aws:iam::777788889999:root", "keys", "?"},
    {"account 777788889999 SUSPENDED\n" HOME, "accounts", "arn:aws:iam::777788889999:root", "severity", "?"},
    {HOME "backup-plan $Bp plan_id=p name=daily\nbackup-rule keyfall:backup-rule/r plan_arn=$Bp\n", "backup-plans", "arn:aws:backup:eu-west-1:111122223333:backup-plan:p",
     "rules", "1"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "finding", "F-VLT-05"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "state", "open"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "severity", "medium"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "first_seen", "?"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "effects", "0"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "folded", "false"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "facts_at", ""},
    {HOME "vault $Vv locked=false\nhide vaults stale\n", "findings", VAULT, "facts_at", "2026-08-17T20:52:20Z"},
    {HOME "vault $Vv locked=false\nhide vaults stale\n", "vaults", VAULT, "severity", "medium"},
    {HOME "key $Ka state=Disabled policy:absent\nvault $Vv key_arn=$Ka locked=true\n", "findings", A, "effects", "1"},
    {HOME "key $Ka state=Disabled policy:absent\nvault $Vv key_arn=$Ka locked=true\n", "findings", VAULT, "folded", "true"},
    {HOME "key $Ka state=Disabled policy:absent\nvault $Vv key_arn=$Ka locked=true\n", "findings", VAULT, "effects", ""},
    {HOME "key $Ka state=Disabled policy:absent\nvault $Vv key_arn=$Ka locked=true\n", "findings", VAULT, "cause", A},
    /* an account is as bad as what is in it and what could not be seen of it */
    {HOME "hide volumes denied\n", "accounts", ROOT, "severity", "?"},
    {HOME "vault $Vv locked=false\nhide volumes denied\n", "accounts", ROOT, "severity", "medium"},
    {HOME "vault $Vv locked=false\n", "findings", VAULT, "source", "docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html"},
    {HOME "parameter $Pp key_arn=$Kgone\n", "findings", KMS "key/gone", "account", "111122223333"},
    {HOME "hide volumes denied\n", "blind-spots", NULL, "hides", "volumes"},
    {HOME "hide volumes denied\n", "blind-spots", NULL, "error", "AccessDeniedException"},
    /* silence about encryption is not "no key" */
    {HOME "volume $Lvol-1\n", "resources", VOLUME, "key_arn", "?"},
    {HOME "volume $Lvol-1\n", "resources", VOLUME, "key_state", "?"},
    {HOME "protected-resource keyfall:protected/x\n", "posture", "keyfall:protected/x", "key_owner", "?"},
    {HOME "volume $Lvol-1\n", "posture", VOLUME, "key_arn", "?"},
    {HOME "volume $Lvol-1\n", "posture", VOLUME, "key_owner", "?"},
    {HOME "volume $Lvol-1\n", "posture", VOLUME, "who_else", "?"},
    {HOME "volume $Lvol-1 encrypted=false\n", "resources", VOLUME, "key_arn", ""},
    {HOME "volume $Lvol-1 encrypted=false\n", "resources", VOLUME, "key_state", ""},
    {HOME "volume $Lvol-1 encrypted=false\n", "posture", VOLUME, "key_arn", ""},
    {HOME "volume $Lvol-1 encrypted=false\n", "posture", VOLUME, "key_owner", ""},
    {HOME "volume $Lvol-1 encrypted=false\n", "posture", VOLUME, "who_else", ""},
    {HOME "volume $Lvol-1 encrypted=true\n", "resources", VOLUME, "key_arn", "?"},
    {HOME "volume $Lvol-1 encrypted=true\n", "resources", VOLUME, "key_state", "?"},
    {HOME "volume $Lvol-1 encrypted=true\n", "posture", VOLUME, "key_owner", "?"},
    {HOME "volume $Lvol-1 encrypted=true\n", "posture", VOLUME, "who_else", "?"},
    {HOME "db-instance $Dx\n", "resources", DB, "key_arn", "?"},
    {HOME "db-instance $Dx encrypted=false\n", "resources", DB, "key_arn", ""},
    {HOME "db-instance $Dx\n", "resources", DB, "key_state", "?"},
    {HOME "db-instance $Dx encrypted=false\n", "resources", DB, "key_state", ""},
    {HOME "hide volumes denied\n", "blind-spots", NULL, "id",
     "keyfall:blind-spot/111122223333/eu-west-1/volumes/volumes/AccessDeniedException"},
};

static void test_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct small s = small_new(cells[i].lines);
        char *text = cell_of(&s, cells[i].view, cells[i].id, cells[i].column);
        if (!text || strcmp(text, cells[i].want) != 0)
            fail_msg("row %zu, %s.%s: \"%s\", not \"%s\"", i, cells[i].view, cells[i].column, text ? text : "no such row",
                     cells[i].want);
        mem_free(text);
        small_free(&s);
    }
}

/* As a screen says it: who waits, who will never know, and how sure a severity is. */
static void test_marks(void **state)
{
    (void)state;
#define OTHER_ROOT "arn:aws:iam::777788889999:root"
#define OFF HOME "key $Ka state=Disabled policy:absent "
    static const struct {
        const char *lines, *view, *id, *column, *want;
    } rows[] = {
        {"account 777788889999 ACTIVE\n" HOME, "accounts", OTHER_ROOT, "keys", ".."},
        {"account 777788889999 SUSPENDED\n" HOME, "accounts", OTHER_ROOT, "keys", "?"},
        {"account 777788889999 SUSPENDED\n" HOME, "accounts", OTHER_ROOT, "vaults", "?"},
        {OFF "\nparameter $Pp key_arn=$Ka\n", "keys", A, "severity", "H"},
        {OFF "metadata:stale\nparameter $Pp key_arn=$Ka\n", "keys", A, "severity", "H~"},
        {OFF "rotation:denied\nparameter $Pp key_arn=$Ka\n", "keys", A, "severity", "H"},
        {HOME "vault $Vv locked=false access-policy:denied\n", "vaults", VAULT, "severity", "M?"},
        {HOME "vault $Vv locked=true access-policy:denied\n", "vaults", VAULT, "severity", "?"},
        {HOME "vault $Vv type=LOGICALLY_AIR_GAPPED_BACKUP_VAULT access-policy:absent key_arn=$Ka\nkey $Ka metadata:denied "
              "policy:absent\n", "findings", VAULT, "severity", "H?"},
        {HOME "vault $Vv locked=false\nhide vaults stale\n", "findings", VAULT, "severity", "M~"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct small s = small_new(rows[i].lines);
        char *text = cell_as(&s, rows[i].view, rows[i].id, rows[i].column, cell_format_short);
        if (!text || strcmp(text, rows[i].want) != 0)
            fail_msg("row %zu, %s.%s: \"%s\", not \"%s\"", i, rows[i].view, rows[i].column, text ? text : "no such row",
                     rows[i].want);
        mem_free(text);
        small_free(&s);
    }
}

/* Without a judgement the cells that need it load; the others are there. */
static void test_before_the_judgement(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Enabled\n");
    judgement_free(s.j);
    s.j = NULL;
    static const char *const rows[][2] = {
        {"state", "Enabled"}, {"severity", "?"}, {"dependents", "?"}, {"findings", "?"}, {"blind", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = cell_of(&s, "keys", A, rows[i][0]);
        assert_string_equal(text, rows[i][1]);
        mem_free(text);
    }
    assert_null(cell_of(&s, "findings", NULL, "id"));
    small_free(&s);
}

static void test_short_forms(void **state)
{
    (void)state;
    static const struct {
        struct cell cell;
        const char *want;
    } forms[] = {
        {{.is = CELL_KNOWN, .type = CELL_NUMBER, .number = 462, .is_at_least = true}, "462+"},
        {{.is = CELL_KNOWN, .type = CELL_NUMBER, .number = 1234567}, "1.2M"},
        {{.is = CELL_KNOWN, .type = CELL_NUMBER, .number = 12345}, "12k"},
        {{.is = CELL_KNOWN, .type = CELL_TEXT, .text = "Enabled", .len = 7, .is_stale = true}, "~Enabled"},
        {{.is = CELL_KNOWN, .type = CELL_TIME, .number = NOW + 6 * 86400 + 4 * 3600}, "in 6d04h"},
        {{.is = CELL_KNOWN, .type = CELL_TIME, .number = NOW - 180}, "3m"},
        {{.is = CELL_KNOWN, .type = CELL_SEVERITY, .number = SEVERITY_CRITICAL}, "C"},
        {{.is = CELL_KNOWN, .type = CELL_BOOL, .number = 1}, "yes"},
        {{.is = CELL_KNOWN, .type = CELL_LIST, .text = "b\0a\0", .len = 4}, "a b"},
        {{.is = CELL_UNKNOWN, .truth = TRUTH_DENIED}, "denied"},
        {{.is = CELL_UNKNOWN, .truth = TRUTH_LOADING}, ".."},
        {{.is = CELL_UNKNOWN, .truth = TRUTH_KNOWN}, "?"},
        {{.is = CELL_ABSENT}, ""},
    };
    struct small s = small_new(HOME);
    struct view_context c = context(&s);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buf out = {0};
        cell_format_short(&c, &forms[i].cell, &out);
        assert_string_equal(out.data ? out.data : "", forms[i].want);
        buf_free(&out);
    }
    arena_free(c.scratch);
    small_free(&s);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* The ids' tails in order, joined. */
static char *ordered(const struct small *s, const char *view, const char *column, bool descending, size_t first)
{
    struct view_context c = context(s);
    const struct view *v = view_by_name(view);
    struct selection sel;
    struct buf out = {0};
    int at = column ? view_column(v, column) : -1;
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){at, descending}, first, NULL, &sel), ERR_OK);
    for (size_t i = 0; i < (first ? first : sel.n); i++)
        buf_printf(&out, "%s%s", i ? " " : "", node_tail(s->e, view_node(&c, v, sel.items[i])));
    assert_int_equal(sel.generation, generation_number(s->g));
    selection_free(&sel);
    arena_free(c.scratch);
    return buf_take(&out);
}

static void test_order(void **state)
{
    (void)state;
    struct small s = small_new("at 222233334444 eu-west-1\nkey $Kd state=Enabled\n"
                               HOME "key $Kc state=Disabled\nkey $Kb metadata:denied\nkey $Ka state=Enabled deletion_date=+1d\n"
                               "at 111122223333 ap-south-1\nkey $Ke state=Updating deletion_date=+9d\n");
    static const struct {
        const char *column;
        bool descending;
        const char *want;
    } orders[] = {
        {NULL, false, "e a b c d"},        /* account, region, id */
        {"state", false, "c a d e b"},     /* unknown last; equal ones as by default */
        {"state", true, "e a d c b"},      /* unknown last either way */
        {"deletion_date", false, "a e b c d"}, /* unknown, then absent */
        {"deletion_date", true, "e a b c d"},
        {"id", false, "e a b c d"},
        {"id", true, "d c b a e"},
        {"region", false, "e a b c d"},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char *is = ordered(&s, "keys", orders[i].column, orders[i].descending, 0);
        if (strcmp(is, orders[i].want) != 0)
            fail_msg("row %zu: %s", i, is);
        mem_free(is);
    }
    small_free(&s);
}

/* What cannot be proved keeps a place: above none and info, what is proved as bad or worse above it. */
static void test_order_by_severity(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka state=Enabled policy:absent\n"           /* none */
                                    "key $Kb metadata:denied policy:absent\n"          /* ? */
                                    "key $Kc state=Disabled policy:absent\n"           /* high */
                                    "key $Kd state=Disabled metadata:stale policy:absent\n" /* high, by old facts */
                                    "key $Ke state=Enabled rotation=false manager=CUSTOMER origin=AWS_KMS "
                                    "spec=SYMMETRIC_DEFAULT policy:absent\n"           /* medium */
                                    "key $Kf state=PendingDeletion policy:absent\n"    /* critical */
                                    "key $Kg metadata:loading policy:absent\n"         /* ? */
                                    "parameter $Pc key_arn=$Kc\nparameter $Pd key_arn=$Kd\nparameter $Pf key_arn=$Kf\n"
                                    "key $Kz metadata:denied policy:absent\n");        /* ?, by id the last */
    char *is = ordered(&s, "keys", "severity", true, 0);
    assert_string_equal(is, "f d c e b g z a");
    mem_free(is);
    is = ordered(&s, "keys", "severity", false, 0);
    assert_string_equal(is, "a b g z e c d f");
    mem_free(is);
    small_free(&s);
    /* a cause before its effects, what is open before what is not proved, each by account, region and id */
    s = small_new(HOME "key $Kz state=PendingDeletion policy:absent\nvault $Vv locked=true key_arn=$Kz\n"
                       "recovery-point $Rp vault_arn=$Vv key_arn=$Kz\nrecovery-point $Ra vault_arn=$Vv key_arn=$Kz\n"
                       "key $Kb state=PendingDeletion metadata:denied policy:absent\n");
    is = ordered(&s, "findings", "severity", true, 5);
    assert_string_equal(is, "z v a p b");
    mem_free(is);
    small_free(&s);
}

/* However few are wanted first, they are the first of the whole order. */
static void test_first_rows(void **state)
{
    (void)state;
    struct buf lines = {0};
    buf_adds(&lines, HOME);
    unsigned seed = 7;
    for (int i = 0; i < 300; i++) {
        seed = seed * 1103515245u + 12345u;
        buf_printf(&lines, "key $K%03u%03d state=%s deletion_date=+%ud\n", seed >> 16 & 511, i, i % 3 ? "Enabled" : "Disabled",
                   seed >> 20 & 15);
    }
    struct small s = small_new(lines.data);
    static const char *const columns[] = {NULL, "id", "state", "deletion_date", "dependents"};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        for (int descending = 0; descending < 2; descending++) {
            char *all = ordered(&s, "keys", columns[c], descending, 0);
            for (size_t first = 1; first <= 20; first += 19) {
                char *some = ordered(&s, "keys", columns[c], descending, first);
                if (strncmp(all, some, strlen(some)) != 0)
                    fail_msg("%s, first %zu: %s", columns[c] ? columns[c] : "default", first, some);
                mem_free(some);
            }
            mem_free(all);
        }
    small_free(&s);
    buf_free(&lines);
}

static void test_cancel_and_find(void **state)
{
    (void)state;
    struct small s = small_new(HOME "key $Ka\nkey $Kb\n");
    struct view_context c = context(&s);
    const struct view *v = view_by_name("keys");
    struct selection sel;
    _Atomic bool cancel = true;
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){-1, false}, 0, &cancel, &sel), ERR_CANCELLED);
    selection_free(&sel);
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){-1, true}, 0, NULL, &sel), ERR_OK);
    assert_int_equal(selection_find(&c, v, &sel, small_node(&s, KIND_KEY, KMS "key/b")), 1);
    assert_int_equal(selection_find(&c, v, &sel, small_node(&s, KIND_REGION, REGION)), SIZE_MAX);
    struct record r;
    assert_true(view_record(&c, v, sel.items[0], &r));
    assert_int_equal(r.node, small_node(&s, KIND_KEY, A));
    assert_false(view_record(&c, v, (struct item){9999, 0}, &r));
    selection_free(&sel);
    arena_free(c.scratch);
    small_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),   cmocka_unit_test(test_cells),
        cmocka_unit_test(test_before_the_judgement), cmocka_unit_test(test_short_forms),
        cmocka_unit_test(test_marks),     cmocka_unit_test(test_order_by_severity),
        cmocka_unit_test(test_order),     cmocka_unit_test(test_first_rows),
        cmocka_unit_test(test_cancel_and_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
