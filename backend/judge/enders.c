#include "backend/judge/enders.h"

#include "backend/judge/ask_access.h"
#include "backend/judge/key_who.h"
#include "backend/judge/principal_access.h"
#include "backend/judge/rules.h"
#include "backend/policy/pattern.h"

#include <stdlib.h>
#include <string.h>

#define TOLD 2 /* names; the rest is counted */

static const char *const ends[] = {"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy",
                                   "kms:DeleteImportedKeyMaterial"};

typedef VEC(const char *) text_vec;

struct enders_memo {
    struct nodemap accounts; /* by the first area + 1 of an account: index */
    VEC(text_vec) candidates; /* whose IAM policies allow to end keys */
    struct nodemap of_key; /* index */
    VEC(struct enders) found;
    text_vec break_glass;  /* patterns */
    struct arena *scratch;
    const char *unseen;    /* of the key before: mostly the next one's too; NULL */
};

void enders_free(struct enders_memo *memo)
{
    if (!memo)
        return;
    for (size_t i = 0; i < memo->candidates.n; i++)
        VEC_FREE(memo->candidates.items[i]);
    VEC_FREE(memo->candidates);
    nodemap_free(&memo->accounts);
    nodemap_free(&memo->of_key);
    VEC_FREE(memo->found);
    VEC_FREE(memo->break_glass);
    arena_free(memo->scratch);
    mem_free(memo);
}

/* ---- candidates --------------------------------------------------------------------------------- */

/* One that cannot be read may allow it. */
static bool policy_may_end(const struct judgement *j, const char *arn)
{
    struct record policy;
    uint32_t node = estate_find_node(j->estate, KIND_IAM_POLICY, arn, strlen(arn));
    return !node || !generation_record(j->generation, node, &policy) || has_trait(j, &policy, TRAIT_ENDS_KEYS) != TRI_NO;
}

static bool own_policies_may_end(const struct judgement *j, const struct record *principal)
{
    struct value attached = record_value(principal, ATTR_PRINCIPAL_ATTACHED);
    struct record policy;
    enum edge edge;
    for (const char *arn = NULL; (arn = value_next(&attached, arn));)
        if (policy_may_end(j, arn))
            return true;
    for (struct hang h = hang_on(j->generation, principal->node); hang_next(&h, &policy, &edge);)
        if (policy.kind == KIND_IAM_POLICY && edge == EDGE_PART_OF && has_trait(j, &policy, TRAIT_ENDS_KEYS) != TRI_NO)
            return true;
    return false;
}

static bool groups_may_end(const struct judgement *j, const struct record *user)
{
    struct value groups = record_value(user, ATTR_PRINCIPAL_GROUPS);
    struct record group;
    for (const char *name = NULL; (name = value_next(&groups, name));) {
        uint32_t node = judge_group(j, record_account(user), name);
        if (!node || !generation_record(j->generation, node, &group) || own_policies_may_end(j, &group))
            return true;
    }
    return false;
}

static void gather_candidates(const struct judgement *j, const char *account, text_vec *out)
{
    struct record r;
    for (uint32_t i = 0, slot; (slot = kind_slot(j->estate, KIND_PRINCIPAL, i)); i++) {
        if (strcmp(scope_account(j->estate, slot_scope(j->estate, slot)), account) != 0)
            continue;
        const struct slice *s = generation_slice(j->generation, slot);
        for (uint32_t row = 0; slice_record(j->generation, s, row, &r); row++) {
            if (value_is(&r, ATTR_PRINCIPAL_TYPE, "group") || (!own_policies_may_end(j, &r) && !groups_may_end(j, &r)))
                continue;
            struct buf arn = {0};
            node_arn(j->estate, r.node, &arn);
            VEC_PUSH(*out, arena_strndup(j->arena, arn.data, arn.len));
            buf_free(&arn);
        }
    }
}

static const text_vec *candidates_of(const struct judgement *j, struct enders_memo *memo, const struct record *key)
{
    text_vec found = {0};
    uint32_t account = area_of_record(j, key)->account_first + 1;
    if (nodemap_add(&memo->accounts, account, (uint32_t)memo->candidates.n)) {
        gather_candidates(j, record_account(key), &found);
        VEC_PUSH(memo->candidates, found);
    }
    return &memo->candidates.items[*nodemap_at(&memo->accounts, account)];
}

/* ---- asking ------------------------------------------------------------------------------------- */

static bool is_break_glass(const struct enders_memo *memo, const char *arn)
{
    for (size_t i = 0; i < memo->break_glass.n; i++)
        if (pattern_matches(memo->break_glass.items[i], arn))
            return true;
    return false;
}

static enum verdict ask(struct access_desk *desk, const char *principal, const char *action)
{
    static const char *const context[] = {"aws:SecureTransport=true", NULL};
    struct access_result result;
    struct access_question q = {.principal = principal, .action = action, .context = context, .is_open = true};
    enum verdict verdict = VERDICT_UNKNOWN;
    if (access_desk_ask(desk, &q, &result, NULL) == ERR_OK)
        verdict = result.verdict;
    access_result_free(&result);
    return verdict;
}

/* The best that he gets of what ends a key. */
static enum verdict may_end(struct access_desk *desk, const char *principal, bool is_imported)
{
    enum verdict best = VERDICT_IMPLICITLY_DENIED;
    for (size_t i = 0; i < sizeof ends / sizeof *ends - !is_imported && best != VERDICT_ALLOWED; i++) {
        enum verdict v = ask(desk, principal, ends[i]);
        if (v == VERDICT_ALLOWED || v == VERDICT_UNKNOWN)
            best = v;
    }
    return best;
}

struct asking {
    const struct judgement *j;
    struct enders_memo *memo;
    struct access_desk *desk;
    const char *account;
    bool is_imported;
    text_vec asked, may, may_perhaps;
    uint32_t n_both;
};

static void ask_one(struct asking *a, const char *principal)
{
    for (size_t i = 0; i < a->asked.n; i++)
        if (strcmp(a->asked.items[i], principal) == 0)
            return;
    VEC_PUSH(a->asked, principal);
    if (is_break_glass(a->memo, principal))
        return;
    enum verdict v = may_end(a->desk, principal, a->is_imported);
    if (v == VERDICT_UNKNOWN)
        VEC_PUSH(a->may_perhaps, principal);
    if (v != VERDICT_ALLOWED)
        return;
    VEC_PUSH(a->may, principal);
    a->n_both += ask(a->desk, principal, "kms:Decrypt") == VERDICT_ALLOWED;
}

/* Users and roles alone: the account's root stands for whom IAM lets. Who is named for something else is a candidate
 * if IAM lets him. */
static void ask_named(struct asking *a, const struct policy *policy)
{
    for (size_t i = 0; policy && i < policy->n; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t p = 0; policy_statement_ends_keys(s) && p < s->n_principals; p++) {
            const char *who = s->principals[p].value;
            char account[16];
            if ((strstr(who, ":role/") || strstr(who, ":user/")) && principal_account(who, account) &&
                strcmp(account, a->account) == 0)
                ask_one(a, who);
        }
    }
}

static int by_arn(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their ARNs, not in that in which they were read. */
static const char *names_of(struct arena *arena, text_vec *who)
{
    const char *out = "";
    if (who->n > 1)
        qsort(who->items, who->n, sizeof *who->items, by_arn);
    for (size_t i = 0; i < who->n && i < TOLD; i++) {
        const char *colon = strrchr(who->items[i], ':');
        out = arena_printf(arena, "%s%s%s", out, i > 0 ? ", " : "", colon ? colon + 1 : who->items[i]);
    }
    return who->n > TOLD ? arena_printf(arena, "%s +%zu", out, who->n - TOLD) : out;
}

static void ask_all(const struct judgement *j, struct enders_memo *memo, const struct record *key,
                    const text_vec *candidates, struct enders *out)
{
    struct arena *scratch = arena_new();
    struct asking a = {.j = j, .memo = memo, .desk = access_desk_new(j, scratch, key->node),
                       .account = record_account(key), .is_imported = value_is(key, ATTR_KEY_ORIGIN, "EXTERNAL")};
    for (size_t i = 0; i < candidates->n; i++)
        ask_one(&a, candidates->items[i]);
    ask_named(&a, access_desk_facts(a.desk)->key_policy);
    out->n = (uint32_t)a.may.n;
    out->n_both = a.n_both;
    out->n_perhaps = (uint32_t)a.may_perhaps.n;
    out->names = names_of(j->arena, a.may.n > 0 ? &a.may : &a.may_perhaps);
    VEC_FREE(a.asked);
    VEC_FREE(a.may);
    VEC_FREE(a.may_perhaps);
    arena_free(scratch);
}

static bool is_backup(enum kind kind)
{
    const struct holding *h = holding_of(kind);
    return h && h->source != ATTR_NONE;
}

static const char *unseen_of(const struct judgement *j, struct enders_memo *memo, const struct record *key)
{
    arena_reset(memo->scratch);
    const char *unseen = judge_key_unseen(j, memo->scratch, key->node);
    if (!unseen[0])
        return unseen;
    unseen = arena_printf(memo->scratch, "not read: %s", unseen);
    if (!memo->unseen || strcmp(memo->unseen, unseen) != 0)
        memo->unseen = arena_strdup(j->arena, unseen);
    return memo->unseen;
}

/* A policy is read only where there is somebody to ask about: most leave it to IAM. */
static struct enders look(const struct judgement *j, struct enders_memo *memo, const struct record *key)
{
    struct enders out = {.names = "", .unseen = ""};
    if (!value_is(key, ATTR_KEY_MANAGER, "CUSTOMER"))
        return out;
    struct dependents d = judge_dependents(j, key->node);
    bool has_some = d.has_vaults || d.has_products || d.has_points || has_dependent(j, key->node, is_backup);
    out.has_backups = has_some ? TRI_YES : d.is_at_least ? TRI_UNKNOWN : TRI_NO;
    if (out.has_backups == TRI_NO)
        return out;
    out.unseen = unseen_of(j, memo, key);
    const text_vec *candidates = candidates_of(j, memo, key);
    if (candidates->n > 0 || has_trait(j, key, TRAIT_NAMES_ENDERS) != TRI_NO)
        ask_all(j, memo, key, candidates, &out);
    return out;
}

static struct enders_memo *memo_of(const struct judgement *j)
{
    struct enders_memo *memo = j->texts->enders;
    if (memo)
        return memo;
    j->texts->enders = memo = mem_alloc(sizeof *memo);
    memo->scratch = arena_new();
    for (size_t i = 0; j->allow && i < j->allow->break_glass.n; i++)
        VEC_PUSH(memo->break_glass, pattern_of(j->arena, j->allow->break_glass.items[i], false, true, NULL).text);
    return memo;
}

const struct enders *enders_of(const struct judgement *j, const struct record *key)
{
    struct enders_memo *memo = memo_of(j);
    if (nodemap_add(&memo->of_key, key->node, (uint32_t)memo->found.n))
        VEC_PUSH(memo->found, look(j, memo, key));
    return &memo->found.items[*nodemap_at(&memo->of_key, key->node)];
}

/* ---- findings ------------------------------------------------------------------------------------ */

#define MOST_BOTH 2 /* who may use and end one key: one, and who stands in for him */

static enum finding_state if_ended(const struct judgement *j, const struct enders *e, struct finding *out)
{
    if (e->n == 0 && e->n_perhaps == 0 && !e->unseen[0])
        return FINDING_NONE;
    const char *and = e->has_backups == TRI_UNKNOWN ? "; what is under it was not all read" : "";
    out->reason = e->n > 0 || e->n_perhaps > 0
                      ? arena_printf(j->arena, "%s may %send it%s", e->names, e->n > 0 ? "" : "perhaps ", and)
                  : and[0] ? arena_printf(j->arena, "%s%s", e->unseen, and)
                           : e->unseen;
    return e->n > 0 && e->has_backups == TRI_YES ? FINDING_OPEN : FINDING_UNKNOWN;
}

RULE_TEST(key_ended_by_many)
{
    const struct enders *e = enders_of(j, r);
    if (e->has_backups == TRI_NO)
        return FINDING_NONE;
    struct dependents d = judge_dependents(j, r->node);
    out->severity = d.has_vaults || d.has_products ? SEVERITY_HIGH : SEVERITY_MEDIUM;
    out->perhaps = d.is_at_least ? SEVERITY_HIGH : SEVERITY_NONE;
    return if_ended(j, e, out);
}

RULE_TEST(key_duties_together)
{
    const struct enders *e = enders_of(j, r);
    if (e->has_backups == TRI_NO)
        return FINDING_NONE;
    bool is_sure = e->n_both > MOST_BOTH && e->has_backups == TRI_YES;
    out->reason = is_sure ? arena_printf(j->arena, "%u may both: %s", e->n_both, e->names)
                  : e->unseen[0] ? e->unseen
                  : e->has_backups == TRI_UNKNOWN ? "what is under it was not all read"
                                           : arena_printf(j->arena, "%u more may perhaps end it", e->n_perhaps);
    bool may_be = e->unseen[0] || e->n_both + e->n_perhaps > MOST_BOTH;
    return is_sure ? FINDING_OPEN : may_be ? FINDING_UNKNOWN : FINDING_NONE;
}

RULE_TEST(vault_lock_in_vain)
{
    int64_t is_locked;
    struct record key;
    uint32_t node = judge_resolve_key(j, value_node(r, ATTR_VAULT_KEY));
    if (!value_number(r, ATTR_VAULT_LOCKED, &is_locked) || !is_locked || !node ||
        judge_key(j, node) == KEY_GONE)
        return FINDING_NONE;
    out->cause = node;
    if (!generation_record(j->generation, node, &key) || !truth_is_sure(record_facet(&key, FACET_KEY_POLICY).truth) ||
        !truth_is_sure(record_facet(&key, FACET_KEY_METADATA).truth)) {
        out->reason = "its key was not read";
        return FINDING_UNKNOWN;
    }
    const struct enders *e = enders_of(j, &key);
    return e->has_backups == TRI_YES ? if_ended(j, e, out) : FINDING_NONE;
}
