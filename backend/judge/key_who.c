#include "backend/judge/key_who.h"

#include "backend/judge/ask_access.h"
#include "backend/judge/internal.h"
#include "backend/judge/key_access.h"

#include <string.h>

typedef VEC(const char *) text_vec;

#define ANYBODY "anybody"
#define ANYBODYS_ACCOUNT "000000000000" /* which is nobody's */

static const struct {
    const char *word, *action;
    bool is_grant;
} rights[RIGHT_COUNT] = {
    [RIGHT_DECRYPT] = {"decrypt", "kms:Decrypt", false},
    [RIGHT_ENCRYPT] = {"encrypt", "kms:GenerateDataKey", false},
    [RIGHT_GRANT] = {"grant", "kms:CreateGrant", true},
    [RIGHT_MANAGE] = {"manage", "kms:PutKeyPolicy", false},
    [RIGHT_DELETE] = {"delete", "kms:ScheduleKeyDeletion", false},
};

const char *key_right_word(enum key_right right)
{
    return rights[right].word;
}

const char *key_right_action(enum key_right right)
{
    return rights[right].action;
}

struct looking {
    const struct judgement *j;
    struct key_who *out;
    struct access_desk *desk;
    const struct policy *policy; /* NULL: not read */
};

/* ---- who ------------------------------------------------------------------------------------------------------------ */

static const char *kind_of(const char *principal)
{
    static const struct {
        const char *part, *kind;
    } kinds[] = {
        {":assumed-role/", "session"}, {":role/", "role"}, {":user/", "user"}, {":root", "account"}, {".", "service"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(principal, kinds[i].part) && (kinds[i].part[0] == ':' || strncmp(principal, "arn:", 4) != 0))
            return kinds[i].kind;
    return "account";
}

/* "" if it is of no account: a service. */
static const char *account_of(struct arena *arena, const char *principal)
{
    const char *id = strncmp(principal, "arn:", 4) == 0 ? strstr(principal, "::") : NULL;
    id = id ? id + 2 : principal;
    return strspn(id, "0123456789") >= 12 ? arena_strndup(arena, id, 12) : "";
}

static enum err_code ask(const struct looking *l, const struct key_user *user, enum key_right right,
                         const struct policy *instead, struct access_result *out)
{
    instead = instead ? instead : l->out->instead;
    static const char *const for_services[] = {"aws:SecureTransport=true", "kms:GrantIsForAWSResource=true", NULL};
    static const char *const plain[] = {"aws:SecureTransport=true", NULL};
    bool is_anybody = strcmp(user->principal, ANYBODY) == 0;
    bool is_foreign = is_anybody || (user->account[0] && !account_is_ours(l->j, user->account));
    struct access_question q = {.principal = is_anybody ? ANYBODYS_ACCOUNT : user->principal,
                                .action = rights[right].action,
                                .context = rights[right].is_grant ? for_services : plain,
                                .instead = instead,
                                .scp = l->out->scp,
                                .is_open = true,
                                .iam_allows = is_foreign};
    return access_desk_ask(l->desk, &q, out, NULL);
}

/* ---- without a statement ----------------------------------------------------------------------------------------------- */

static const struct policy *without(struct arena *arena, const struct policy *policy, size_t index)
{
    struct policy *less = arena_alloc(arena, sizeof *less);
    *less = *policy;
    less->statements = arena_alloc(arena, (policy->n + 1) * sizeof *less->statements);
    less->n = 0;
    for (size_t i = 0; i < policy->n; i++)
        if (i != index)
            less->statements[less->n++] = policy->statements[i];
    return less;
}

static int yes_of(enum verdict v)
{
    return v == VERDICT_ALLOWED ? 2 : v == VERDICT_UNKNOWN ? 1 : 0;
}

/* Only a statement that applies, or may, can be missed. */
static void look_without(const struct looking *l, uint32_t user, enum key_right right,
                         const struct access_result *now)
{
    for (size_t i = 0; i < now->steps.n; i++) {
        const struct access_step *step = &now->steps.items[i];
        struct access_result then;
        if (step->source != SOURCE_KEY_POLICY || step->applies == TRI_NO)
            continue;
        if (ask(l, &l->out->users.items[user], right, without(l->out->arena, l->policy, step->index), &then) == ERR_OK &&
            yes_of(then.verdict) != yes_of(now->verdict)) {
            struct key_change change = {user, right, now->verdict, then.verdict};
            VEC_PUSH(l->out->statements.items[step->index].changes, change);
        }
        access_result_free(&then);
    }
}

static bool is_loss(const struct key_change *c)
{
    return yes_of(c->then) < yes_of(c->now);
}

void key_changes_text(const struct key_statement *s, size_t *at, struct buf *out)
{
    uint32_t user = s->changes.items[*at].user;
    size_t end = *at;
    while (end < s->changes.n && s->changes.items[end].user == user)
        end++;
    for (int gains = 0; gains < 2; gains++) {
        size_t n = 0;
        for (size_t i = *at; i < end; i++) {
            const struct key_change *c = &s->changes.items[i];
            bool is_sure = c->now != VERDICT_UNKNOWN && c->then != VERDICT_UNKNOWN;
            if (is_loss(c) == (gains > 0))
                continue;
            buf_adds(out, n > 0 ? ", " : out->len > 0 && gains ? "; gains " : gains ? "gains " : "loses ");
            buf_printf(out, "%s%s", rights[c->right].word, is_sure ? "" : "?");
            n++;
        }
    }
    *at = end;
}

void key_user_text(const struct key_user *user, struct buf *out)
{
    size_t n = 0;
    for (int r = 0; r < RIGHT_COUNT; r++)
        if (yes_of(user->verdicts[r]) > 0)
            buf_printf(out, "%s%s%s", n++ > 0 ? ", " : "", rights[r].word,
                       user->verdicts[r] == VERDICT_UNKNOWN ? "?" : "");
}

const char *key_user_because(const struct key_user *user)
{
    for (int r = 0; r < RIGHT_COUNT; r++)
        if (yes_of(user->verdicts[r]) > 0)
            return user->because[r];
    return "";
}

void key_flow_who(const struct key_flow *flow, struct buf *out)
{
    bool is_account = strlen(flow->who) == 12 && strspn(flow->who, "0123456789") == 12;
    bool is_product = strncmp(flow->id, "druva", 5) == 0;
    buf_printf(out, is_product && is_account ? "account %s" : is_account ? "whom IAM of %s lets" : "%s", flow->who);
}

/* Changes come user by user. */
static void count_changes(struct key_statement *s)
{
    uint32_t loser = UINT32_MAX, gainer = UINT32_MAX;
    for (size_t i = 0; i < s->changes.n; i++) {
        const struct key_change *c = &s->changes.items[i];
        uint32_t *last = is_loss(c) ? &loser : &gainer;
        if (*last == c->user)
            continue;
        *last = c->user;
        *(is_loss(c) ? &s->n_lose : &s->n_gain) += 1;
    }
}

/* ---- a statement in a line ------------------------------------------------------------------------------------------------ */

#define TOLD 2 /* names of a list; the rest is counted */

static void add_words(struct buf *out, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n && i < TOLD; i++)
        buf_printf(out, "%s%s", i ? ", " : "", words[i]);
    if (n > TOLD)
        buf_printf(out, " +%zu", n - TOLD);
}

static const char *statement_text(struct arena *arena, const struct policy_statement *s)
{
    struct buf out = {0};
    const char **who = arena_alloc(arena, (s->n_principals + 1) * sizeof *who);
    for (size_t i = 0; i < s->n_principals; i++) {
        const char *name = strstr(s->principals[i].value, "::");
        who[i] = name ? name + 2 : s->principals[i].value;
    }
    buf_printf(&out, "%s %s", s->effect == POLICY_ALLOW ? "Allow" : "Deny", s->is_not_principal ? "all but " : "");
    add_words(&out, who, s->n_principals);
    buf_printf(&out, ": %s", s->is_not_action ? "all but " : "");
    add_words(&out, s->actions.items, s->actions.n);
    for (size_t i = 0; i < s->n_conditions; i++)
        buf_printf(&out, "%s%s", i ? ", " : " if ", s->conditions[i].key);
    const char *text = arena_strndup(arena, out.data, out.len);
    buf_free(&out);
    return text;
}

static void add_statements(const struct looking *l)
{
    for (size_t i = 0; l->policy && i < l->policy->n; i++) {
        const struct policy_statement *s = &l->policy->statements[i];
        struct key_statement row = {.statement = s, .text = statement_text(l->out->arena, s)};
        VEC_PUSH(l->out->statements, row);
    }
}

/* ---- all ---------------------------------------------------------------------------------------------------------------------- */

static void add_user(const struct looking *l, const char *principal, const char *kind)
{
    uint32_t at = (uint32_t)l->out->users.n;
    struct key_user user = {.principal = principal, .kind = kind, .account = account_of(l->out->arena, principal)};
    VEC_PUSH(l->out->users, user);
    for (int right = 0; right < RIGHT_COUNT; right++) {
        struct access_result now;
        struct key_user *u = &l->out->users.items[at];
        u->verdicts[right] = VERDICT_UNKNOWN;
        u->because[right] = "the principal cannot be told";
        if (ask(l, u, (enum key_right)right, NULL, &now) == ERR_OK) {
            u->verdicts[right] = now.verdict;
            u->because[right] = access_because(l->out->arena, &now);
            look_without(l, at, (enum key_right)right, &now);
        }
        u->is_user = u->is_user || yes_of(u->verdicts[right]) > 0;
        access_result_free(&now);
    }
    l->out->n_users += l->out->users.items[at].is_user;
}

static bool names_everybody(const struct policy *policy)
{
    for (size_t i = 0; policy && i < policy->n; i++)
        for (size_t p = 0; p < policy->statements[i].n_principals; p++)
            if (policy->statements[i].principals[p].type == PRINCIPAL_EVERYBODY)
                return true;
    return false;
}

static void add_named(const struct policy *policy, text_vec *out)
{
    for (size_t i = 0; policy && i < policy->n; i++)
        for (size_t p = 0; p < policy->statements[i].n_principals; p++) {
            const char *name = policy->statements[i].principals[p].value;
            bool is_known = !access_is_principal(name);
            for (size_t k = 0; k < out->n && !is_known; k++)
                is_known = strcmp(out->items[k], name) == 0;
            if (!is_known)
                VEC_PUSH(*out, name);
        }
}

struct key_who *judge_key_who(const struct judgement *j, uint32_t key)
{
    return judge_key_who_with(j, key, NULL, NULL, NULL);
}

static bool is_seen(const struct area *a, enum list list)
{
    return a && a->has[list] && truth_is_sure(a->truth[list]);
}

bool judge_iam_is_read(const struct judgement *j, const char *account)
{
    const struct area *a = area_find(j, account, "");
    return is_seen(a, LIST_PRINCIPALS) && is_seen(a, LIST_IAM_POLICIES);
}

const char *judge_key_unseen(const struct judgement *j, struct arena *arena, uint32_t key)
{
    char account[16], region[40];
    struct record r;
    bool is_there = generation_record(j->generation, key, &r);
    node_place(j->estate, key, account, region);
    const char *const missed[] = {is_there && key_policy_is_known(j, &r) ? NULL : "the key's policy",
                                  is_there && key_grants_are_known(&r) ? NULL : "its grants",
                                  is_there && key_state_is_known(&r) ? NULL : "its state",
                                  judge_iam_is_read(j, account) ? NULL : arena_printf(arena, "IAM of %s", account)};
    const char *out = "";
    for (size_t i = 0; i < sizeof missed / sizeof *missed; i++)
        if (missed[i])
            out = out[0] ? arena_printf(arena, "%s, %s", out, missed[i]) : missed[i];
    return out;
}

struct key_who *judge_key_who_with(const struct judgement *j, uint32_t key, const struct policy *instead,
                                   const struct policy *also, const struct policy *scp)
{
    struct key_who *who = mem_alloc(sizeof *who);
    struct record r;
    size_t n;
    *who = (struct key_who){.arena = arena_new(), .stopped_by = "", .instead = instead, .also = also, .scp = scp};
    struct looking l = {.j = j, .out = who, .desk = access_desk_new(j, who->arena, key)};
    const struct access_input *in = access_desk_facts(l.desk);
    l.policy = instead ? instead : in->key_policy;
    who->policy_is_known = l.policy != NULL;
    who->grants_are_known = !in->grants_unknown;
    who->unseen = judge_key_unseen(j, who->arena, key);
    add_statements(&l);
    const char **principals = judge_possible_users(j, who->arena, key, &n);
    text_vec named = {0};
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(named, principals[i]);
    add_named(also, &named);
    for (size_t i = 0; i < named.n; i++)
        add_user(&l, named.items[i], kind_of(named.items[i]));
    VEC_FREE(named);
    if (!in->key_policy || names_everybody(in->key_policy) || names_everybody(also))
        add_user(&l, ANYBODY, ANYBODY);
    for (size_t i = 0; i < who->statements.n; i++)
        count_changes(&who->statements.items[i]);
    bool is_read = generation_record(j->generation, key, &r);
    who->is_for_data = is_read && value_is(&r, ATTR_KEY_USAGE, "ENCRYPT_DECRYPT") &&
                       (value_is(&r, ATTR_KEY_SPEC, "SYMMETRIC_DEFAULT") || !value_text(&r, ATTR_KEY_SPEC)[0]);
    if (who->is_for_data)
        key_flows_make(j, key, who);
    return who;
}

void key_who_free(struct key_who *who)
{
    if (!who)
        return;
    for (size_t i = 0; i < who->statements.n; i++)
        VEC_FREE(who->statements.items[i].changes);
    VEC_FREE(who->users);
    VEC_FREE(who->flows);
    VEC_FREE(who->statements);
    arena_free(who->arena);
    mem_free(who);
}

/* ---- another policy ----------------------------------------------------------------------------------------------------- */

static bool is_manager(const struct key_user *u)
{
    return yes_of(u->verdicts[RIGHT_MANAGE]) > 0;
}

static void compare_user(struct key_edit *e, uint32_t at, bool *had, bool *has)
{
    const struct key_user *now = &e->now->users.items[at], *then = &e->then->users.items[at];
    *had = *had || is_manager(now);
    *has = *has || is_manager(then);
    for (int r = 0; r < RIGHT_COUNT; r++) {
        if (yes_of(now->verdicts[r]) == yes_of(then->verdicts[r]))
            continue;
        struct key_change change = {at, (enum key_right)r, now->verdicts[r], then->verdicts[r]};
        bool is_of_data = r == RIGHT_DECRYPT || r == RIGHT_ENCRYPT || r == RIGHT_GRANT;
        enum severity severity = is_of_data ? SEVERITY_HIGH : SEVERITY_MEDIUM;
        VEC_PUSH(e->users.changes, change);
        e->severity = severity > e->severity ? severity : e->severity;
    }
}

static void compare(struct key_edit *out)
{
    bool had_manager = false, has_manager = false;
    for (uint32_t i = 0; i < out->now->users.n && i < out->then->users.n; i++)
        compare_user(out, i, &had_manager, &has_manager);
    for (size_t i = 0; i < out->now->flows.n && i < out->then->flows.n; i++) {
        enum tri now = out->now->flows.items[i].works, works = out->then->flows.items[i].works;
        bool is_product = strncmp(out->now->flows.items[i].id, "druva", 5) == 0;
        enum severity severity = works > now ? SEVERITY_INFO : is_product ? SEVERITY_CRITICAL : SEVERITY_HIGH;
        out->n_flows += now != works;
        if (now != works && severity > out->severity)
            out->severity = severity;
    }
    count_changes(&out->users);
    out->locks_out = had_manager && !has_manager;
    if (out->locks_out)
        out->severity = SEVERITY_CRITICAL;
}

void judge_key_edit(const struct judgement *j, uint32_t key, const struct policy *then, struct key_edit *out)
{
    *out = (struct key_edit){.now = judge_key_who_with(j, key, NULL, then, NULL),
                             .then = judge_key_who_with(j, key, then, then, NULL)};
    compare(out);
}

void judge_key_scp(const struct judgement *j, uint32_t key, const struct policy *scp, struct key_edit *out)
{
    *out = (struct key_edit){.now = judge_key_who(j, key), .then = judge_key_who_with(j, key, NULL, NULL, scp)};
    compare(out);
}

void key_edit_free(struct key_edit *e)
{
    VEC_FREE(e->users.changes);
    key_who_free(e->now);
    key_who_free(e->then);
}
