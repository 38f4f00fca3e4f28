#include "backend/judge/ask_access.h"
#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"
#include "backend/judge/key_who.h"
#include "backend/judge/paths.h"
#include "backend/judge/principal_access.h"
#include "backend/judge/rules.h"

#include <stdio.h>
#include <string.h>

enum flow_who { OWNER = 1, OTHERS = 2, EACH = OWNER | OTHERS };

struct flow_row {
    const char *id, *title;
    enum flow_who who;
    const char *role, *via, *actions, *page;
};

static const struct flow_row rows[] = {
#define FLOW(...) {__VA_ARGS__},
#include "backend/judge/key_flows.def"
};
#define N_ROWS (sizeof rows / sizeof *rows)

#define MAX_CONTEXT 6

struct flowing {
    const struct judgement *j;
    struct key_who *out;
    struct arena *arena;
    struct access_desk *desk;
    struct record key;
    const char *partition;
    VEC(const char *) others; /* accounts */
};

/* ---- one call, one flow ----------------------------------------------------------------------------------------- */

struct said {
    enum tri works;
    const char *action, *reason;
    bool is_limit; /* see key_flow */
};

static enum tri works_of(enum verdict v)
{
    return v == VERDICT_ALLOWED ? TRI_YES : v == VERDICT_UNKNOWN ? TRI_UNKNOWN : TRI_NO;
}

/* "the key is Disabled", not that a key's state decided it. */
static const char *why_not(const struct flowing *f, const struct access_result *result)
{
    for (size_t i = 0; i < result->decided_by.n; i++)
        if (result->decided_by.items[i].source == SOURCE_KEY_STATE && result->verdict != VERDICT_UNKNOWN)
            return arena_printf(f->arena, "the key is %s", value_text(&f->key, ATTR_KEY_STATE));
    const char *because = access_because(f->arena, result);
    return result->verdict == VERDICT_EXPLICITLY_DENIED ? arena_printf(f->arena, "denied by %s", because) : because;
}

static struct said call(const struct flowing *f, const struct flow_row *row, const char *principal,
                        const char *name, size_t len)
{
    bool is_own = name[len - 1] == '*';
    const char *context[MAX_CONTEXT] = {"aws:SecureTransport=true"};
    size_t n = 1;
    if (row->via) {
        context[n++] = arena_printf(f->arena, "kms:ViaService=%s.%s.amazonaws.com", row->via, record_region(&f->key));
        context[n++] = "aws:ViaAWSService=true";
    }
    if (is_own)
        context[n++] = "kms:GrantIsForAWSResource=true";
    const char *action = arena_printf(f->arena, "kms:%.*s", (int)(is_own ? len - 1 : len), name);
    struct access_question q = {.principal = principal, .action = action, .context = context, .instead = f->out->instead, .scp = f->out->scp,
                                .is_open = true, .iam_allows = true};
    struct access_result result;
    struct said said = {TRI_UNKNOWN, action, "the principal cannot be told", false};
    if (access_desk_ask(f->desk, &q, &result, NULL) == ERR_OK) {
        said.works = works_of(result.verdict);
        said.reason = said.works == TRI_YES ? "" : why_not(f, &result);
    }
    access_result_free(&result);
    return said;
}

/* That the key lets somebody in is half of it: what his own account's policies say counts only where they were read. */
static struct said if_read(const struct flowing *f, const char *principal, struct said said)
{
    char account[16];
    bool is_account = strlen(principal) == 12;
    if (said.works != TRI_YES || (!is_account && !principal_account(principal, account)))
        return said;
    if (is_account)
        (void)snprintf(account, sizeof account, "%s", principal);
    bool is_role = strstr(principal, ":role/") || strstr(principal, ":user/");
    if (!judge_iam_is_read(f->j, account))
        return (struct said){TRI_UNKNOWN, "",
                             arena_printf(f->arena, "the key lets it in; it hangs on %s",
                                          access_other_half(f->j, f->arena, account)),
                             !account_is_ours(f->j, account)};
    if (is_role && !judge_principal(f->j, principal))
        return (struct said){TRI_NO, "", "there is no such role", false};
    return said;
}

/* The first call that fails, else the first that is not known. */
static struct said run(const struct flowing *f, const struct flow_row *row, const char *principal)
{
    struct said worst = {TRI_YES, "", "", false};
    for (const char *at = row->actions; *at && worst.works != TRI_NO; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        struct said one = call(f, row, principal, at, len);
        if (one.works < worst.works)
            worst = one;
        at += len;
    }
    return if_read(f, principal, worst);
}

static void add(struct flowing *f, const char *id, const char *title, const char *page, const char *who,
                struct said said)
{
    struct key_flow flow = {id, title, page, who, said.works, said.action, said.reason, said.is_limit};
    VEC_PUSH(f->out->flows, flow);
    f->out->n_flows[said.works]++;
    f->out->n_limits += said.is_limit;
}

/* ---- by whom ----------------------------------------------------------------------------------------------------- */

static bool is_of(const char *principal, const char *account)
{
    const char *at = strstr(principal, "::");
    return at && strncmp(at + 2, account, 12) == 0 && at[14] == ':' && !strstr(principal, ":root");
}

/* Whoever IAM lets; where the key's policy does not leave it to IAM, the best of whom it or a grant names. */
static void run_by_anybody(struct flowing *f, const struct flow_row *row, const char *account)
{
    const struct access_input *in = access_desk_facts(f->desk);
    const struct policy *policy = f->out->instead ? f->out->instead : in->key_policy;
    const char *who = arena_strdup(f->arena, account);
    struct said best = run(f, row, who);
    for (size_t i = 0; policy && i < policy->n; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t p = 0; p < s->n_principals && s->effect == POLICY_ALLOW && best.works != TRI_YES; p++) {
            const char *named = s->principals[p].value;
            struct said one = is_of(named, account) ? run(f, row, named) : best;
            who = one.works > best.works ? named : who;
            best = one.works > best.works ? one : best;
        }
    }
    for (size_t i = 0; i < in->n_grants && best.works != TRI_YES; i++) {
        const char *named = in->grants[i].grantee ? in->grants[i].grantee : "";
        struct said one = is_of(named, account) ? run(f, row, named) : best;
        who = one.works > best.works ? named : who;
        best = one.works > best.works ? one : best;
    }
    add(f, row->id, row->title, row->page, who, best);
}

static void run_in(struct flowing *f, const struct flow_row *row, const char *account)
{
    if (!row->role) {
        run_by_anybody(f, row, account);
        return;
    }
    const char *who = arena_printf(f->arena, "arn:%s:iam::%s:%s", f->partition, account, row->role);
    add(f, row->id, row->title, row->page, who, run(f, row, who));
}

/* Whose key it is to a product has a flow of its own, and no other. */
static bool is_of_product(const struct judgement *j, const char *account)
{
    for (size_t i = 0; i < j->registered.n; i++)
        if (strcmp(j->registered.items[i], account) == 0)
            return !account_is_ours(j, account);
    return false;
}

static void add_other(struct flowing *f, const char *account)
{
    bool is_account = strlen(account) == 12 && strspn(account, "0123456789") == 12;
    if (!is_account || strcmp(account, record_account(&f->key)) == 0 || is_of_product(f->j, account))
        return;
    for (size_t i = 0; i < f->others.n; i++)
        if (strcmp(f->others.items[i], account) == 0)
            return;
    VEC_PUSH(f->others, account);
}

static void add_named(struct flowing *f, const struct policy *policy)
{
    for (size_t i = 0; policy && i < policy->n; i++)
        for (size_t p = 0; p < policy->statements[i].n_principals; p++) {
            const char *name = policy->statements[i].principals[p].value;
            const char *id = strncmp(name, "arn:", 4) == 0 ? strstr(name, "::") : NULL;
            id = id ? id + 2 : name;
            if (strspn(id, "0123456789") == 12)
                add_other(f, arena_strndup(f->arena, id, 12));
        }
}

/* Whom the key lets in, and where backups under it are copied to. */
static void find_others(struct flowing *f)
{
    size_t n;
    struct value let_in = record_value(&f->key, ATTR_KEY_EXTERNAL_ACCOUNTS);
    const struct copy_path *paths = judge_paths(f->j, &n);
    for (const char *account = NULL; (account = value_next(&let_in, account));)
        add_other(f, account);
    for (size_t i = 0; i < n; i++)
        if (paths[i].source_key == f->key.node && paths[i].destination_account[0])
            add_other(f, paths[i].destination_account);
    add_named(f, f->out->also);
}

/* ---- products ------------------------------------------------------------------------------------------------------ */

#define PAGE_EXTERNAL "docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html"
#define PAGE_SNAPSHOTS "docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html"

/* A key that is not usable fails everybody; whether its policy lets a product in is another question. */
static struct said by_state(const struct flowing *f, enum tri may, const char *reason, bool is_limit)
{
    enum key_health health = judge_key(f->j, f->key.node);
    if (health == KEY_UNUSABLE || health == KEY_GONE)
        return (struct said){TRI_NO, "", arena_printf(f->arena, "the key is %s", value_text(&f->key, ATTR_KEY_STATE)), false};
    if (health == KEY_UNKNOWN && may == TRI_YES)
        return (struct said){TRI_UNKNOWN, "", "the key's state is not known", false};
    return (struct said){may, "", may == TRI_YES ? "" : reason, is_limit && health == KEY_USABLE};
}

static void run_ekm(struct flowing *f, const struct record *ekm)
{
    struct key_use use = judge_ekm_use(f->j, f->arena, ekm, f->out->instead);
    const char *druva = value_text(ekm, ATTR_EKM_DRUVA_ACCOUNT);
    add(f, "druva-ekm",
        arena_printf(f->arena, "Druva EKM, %s: backup and restore", value_text(ekm, ATTR_EKM_PRODUCT)), PAGE_EXTERNAL,
        druva[0] ? druva : "Druva", by_state(f, use.may, use.reason, use.is_limit));
}

static void worsen(struct readiness *ready, struct key_use use)
{
    if (use.may < ready->ready)
        *ready = (struct readiness){.ready = use.may, .reason = use.reason};
}

/* Whom AutoBackup needs the key to let in, by another policy. */
static struct readiness sharing_with(const struct flowing *f, const struct record *r)
{
    struct readiness out = {.ready = TRI_YES, .reason = ""};
    struct value accounts = record_value(r, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS);
    const char *role = value_text(r, ATTR_AUTOBACKUP_VAULT_ROLE);
    if (role[0])
        worsen(&out, judge_key_use_with(f->j, f->arena, f->key.node, role, f->out->instead));
    if (accounts.is != VALUE_KNOWN)
        worsen(&out, (struct key_use){.may = TRI_UNKNOWN, .reason = "which accounts are PROTECTED is not said"});
    for (const char *account = NULL; (account = value_next(&accounts, account));)
        worsen(&out, judge_key_use_with(f->j, f->arena, f->key.node, account, f->out->instead));
    return out;
}

static void run_autobackup(struct flowing *f, const struct record *r)
{
    struct readiness ready = judge_autobackup(f->j, f->arena, r);
    if (ready.key != f->key.node)
        return;
    if (f->out->instead && judge_autobackup_alias(f->j, f->arena, r).ready == TRI_YES)
        ready = sharing_with(f, r);
    add(f, "druva-autobackup",
        arena_printf(f->arena, "Druva AutoBackup, %s: replicate encrypted snapshots",
                     value_text(r, ATTR_AUTOBACKUP_SETUP)),
        PAGE_SNAPSHOTS, value_text(r, ATTR_AUTOBACKUP_VAULT_ACCOUNT), by_state(f, ready.ready, ready.reason, false));
}

static void run_credential(struct flowing *f, const struct record *r)
{
    if (judge_credential_key(f->j, r) != f->key.node || key_is_aws_managed(f->j, f->key.node) == TRI_YES)
        return;
    const char *role = arena_printf(f->arena, "arn:%s:iam::%s:role/cloudranger-orchestration-%s", f->partition,
                                    record_account(r), record_account(r));
    static const struct flow_row row = {.via = "ssm", .actions = "Decrypt"};
    add(f, "druva-sign-in", "Druva: CloudRanger signs in by its storage credentials",
        "docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html", role,
        run(f, &row, role));
}

static void run_products(struct flowing *f)
{
    static const struct {
        enum kind kind;
        void (*run)(struct flowing *f, const struct record *r);
    } products[] = {{KIND_EKM, run_ekm}, {KIND_CREDENTIAL, run_credential}, {KIND_AUTOBACKUP, run_autobackup}};
    struct record r;
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        for (struct walk w = walk_kind(f->j->generation, products[i].kind); walk_next(&w, &r);)
            if (r.kind != KIND_EKM || judge_resolve_key(f->j, value_node(&r, ATTR_EKM_KEY)) == f->key.node)
                products[i].run(f, &r);
}

/* ---- all ------------------------------------------------------------------------------------------------------------ */

void key_flows_make(const struct judgement *j, uint32_t key, struct key_who *who)
{
    struct flowing f = {.j = j, .out = who, .arena = who->arena};
    if (!generation_record(j->generation, key, &f.key))
        return;
    if (judge_key(j, key) == KEY_UNUSABLE)
        who->stopped_by = arena_printf(f.arena, "the key is %s", value_text(&f.key, ATTR_KEY_STATE));
    f.desk = access_desk_new(j, f.arena, key);
    struct buf arn = {0};
    node_arn(j->estate, key, &arn);
    f.partition = arn.len > 4 ? arena_strndup(f.arena, arn.data + 4, strcspn(arn.data + 4, ":")) : "aws";
    buf_free(&arn);
    find_others(&f);
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].who & OWNER)
            run_in(&f, &rows[i], record_account(&f.key));
        for (size_t k = 0; (rows[i].who & OTHERS) && k < f.others.n; k++)
            run_in(&f, &rows[i], f.others.items[k]);
    }
    run_products(&f);
    VEC_FREE(f.others);
}
