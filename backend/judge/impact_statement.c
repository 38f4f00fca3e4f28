/* What falls if statements of a key's policy go: who loses which rights, which flows stop, and what of that which is under
 * the key they keep from being used. */
#include "backend/judge/impact_walk.h"
#include "backend/judge/key_access.h"
#include "backend/judge/key_who.h"
#include "backend/judge/principal_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_POLICY "docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"
#define PUT_BACK "PutKeyPolicy with the statement in it again."

/* What is under the key, and needs a flow that stops: the worst first. Who holds a grant goes on.
 * https://docs.aws.amazon.com/kms/latest/developerguide/grants.html */
static const struct {
    const char *flow;
    enum kind kind;
    enum impact_effect effect;
    enum severity severity;
    const char *text;
} needs[] = {
    {"druva-ekm", KIND_EKM, EFFECT_DOWN, SEVERITY_CRITICAL, "Druva can neither back up nor restore"},
    {"druva-sign-in", KIND_CREDENTIAL, EFFECT_DEGRADED, SEVERITY_HIGH, "Druva cannot sign in: its parameter cannot be read"},
    {"druva-autobackup", KIND_AUTOBACKUP, EFFECT_DEGRADED, SEVERITY_HIGH, "makes no more encrypted replicas"},
    {"ssm-read", KIND_PARAMETER, EFFECT_DOWN, SEVERITY_HIGH, "cannot be decrypted"},
    {"secret-read", KIND_SECRET, EFFECT_DOWN, SEVERITY_HIGH, "cannot be read"},
    {"dynamodb", KIND_TABLE, EFFECT_DEGRADED, SEVERITY_HIGH, "goes on by its own grant; callers without rights of their own fail"},
    {"ebs-volume", KIND_VOLUME, EFFECT_DEGRADED, SEVERITY_MEDIUM, "goes on while it is attached; cannot be attached again"},
    {"ebs-volume", KIND_EBS_SNAPSHOT, EFFECT_DOWN, SEVERITY_HIGH, "no volume can be made from it"},
    {"backup-ebs", KIND_EBS_SNAPSHOT, EFFECT_DOWN, SEVERITY_HIGH, "AWS Backup cannot restore it"},
    {"backup-copy-ebs", KIND_EBS_SNAPSHOT, EFFECT_DEGRADED, SEVERITY_HIGH, "AWS Backup cannot copy it"},
    {"rds-create", KIND_DB_SNAPSHOT, EFFECT_DOWN, SEVERITY_HIGH, "cannot be restored"},
    {"rds-create", KIND_DB_CLUSTER_SNAPSHOT, EFFECT_DOWN, SEVERITY_HIGH, "cannot be restored"},
    {"rds-create", KIND_DB_INSTANCE, EFFECT_SAFE, SEVERITY_NONE, "goes on: RDS holds a grant of its own"},
    {"rds-create", KIND_DB_CLUSTER, EFFECT_SAFE, SEVERITY_NONE, "goes on: RDS holds a grant of its own"},
    {"backup-copy-rds", KIND_DB_SNAPSHOT, EFFECT_DEGRADED, SEVERITY_HIGH, "AWS Backup cannot copy it"},
    {"backup-copy-rds", KIND_DB_CLUSTER_SNAPSHOT, EFFECT_DEGRADED, SEVERITY_HIGH, "AWS Backup cannot copy it"},
    {"rds-copy", KIND_DB_SNAPSHOT, EFFECT_DEGRADED, SEVERITY_HIGH, "cannot be copied"},
    {"rds-copy", KIND_DB_CLUSTER_SNAPSHOT, EFFECT_DEGRADED, SEVERITY_HIGH, "cannot be copied"},
    {"fsx", KIND_FSX_BACKUP, EFFECT_DOWN, SEVERITY_HIGH, "cannot be restored"},
    {"backup-vault", KIND_VAULT, EFFECT_DEGRADED, SEVERITY_MEDIUM, "goes on by AWS Backup's grant; no other vault can be made so"},
    {"ssm-write", KIND_PARAMETER, EFFECT_DEGRADED, SEVERITY_MEDIUM, "cannot be written"},
    {"secret-write", KIND_SECRET, EFFECT_DEGRADED, SEVERITY_MEDIUM, "cannot be written"},
};
#define N_NEEDS (sizeof needs / sizeof *needs)

struct losing {
    const struct judgement *j;
    struct impact *impact;
    struct key_edit edit;
    struct record key;
    VEC(struct consequence) items;
    struct nodemap told; /* records */
};

/* ---- consequences ------------------------------------------------------------------------------------------------ */

static struct consequence *add(struct losing *l, uint32_t because, enum impact_effect effect, enum severity severity)
{
    struct consequence c = {
        .because = because,
        .phases = {{effect, WHEN_DONE, TIME_NONE}},
        .n_phases = 1,
        .severity = severity,
        .text = "",
        .evidence = "Policy",
        .evidence_of = l->key.node,
        .read_at = record_facet(&l->key, FACET_KEY_POLICY).read_at,
        .remedy = PUT_BACK,
        .source = PAGE_POLICY,
        .depth = because == UINT32_MAX ? 1 : 2,
        .label = "",
        .account = record_account(&l->key),
        .region = record_region(&l->key),
    };
    VEC_PUSH(l->items, c);
    return &l->items.items[l->items.n - 1];
}

/* What is not known before or after is not known. */
static bool is_sure(const struct key_change *c)
{
    return c->now != VERDICT_UNKNOWN && c->then != VERDICT_UNKNOWN;
}

static bool is_loss(const struct key_change *c)
{
    return c->now == VERDICT_ALLOWED || (c->now == VERDICT_UNKNOWN && c->then != VERDICT_ALLOWED);
}

static void add_loser(struct losing *l, const struct key_user *user, const char *text, bool sure, enum severity severity)
{
    struct consequence *c = add(l, UINT32_MAX, sure ? EFFECT_DOWN : EFFECT_UNKNOWN, severity);
    c->node = judge_principal(l->j, user->principal);
    c->name = arena_strdup(l->impact->arena, user->principal);
    c->label = "principal";
    c->account = arena_strdup(l->impact->arena, user->account);
    c->region = "";
    c->text = arena_strdup(l->impact->arena, text);
}

/* Of one principal, from *at on. A Deny that goes gives rights: nothing falls, but somebody should know. */
static void add_changes(struct losing *l, size_t *at)
{
    const struct key_statement *changes = &l->edit.users;
    const struct key_user *user = &l->edit.now->users.items[changes->changes.items[*at].user];
    bool loses = false, sure = false;
    enum severity severity = SEVERITY_MEDIUM;
    struct buf text = {0};
    for (size_t i = *at; i < changes->changes.n && changes->changes.items[i].user == changes->changes.items[*at].user; i++) {
        const struct key_change *c = &changes->changes.items[i];
        loses = loses || is_loss(c);
        sure = sure || (is_loss(c) && is_sure(c));
        if (is_loss(c) && c->right != RIGHT_MANAGE && c->right != RIGHT_DELETE)
            severity = SEVERITY_HIGH;
    }
    key_changes_text(changes, at, &text);
    if (loses)
        add_loser(l, user, text.data, sure, severity);
    else
        impact_caveat(l->impact, arena_printf(l->impact->arena, "%s %s.", user->principal, text.data));
    buf_free(&text);
}

/* ---- flows, and what needs them ---------------------------------------------------------------------------------- */

static void add_need(struct losing *l, uint32_t flow, size_t i, const struct record *r, const char *text, bool sure)
{
    if (!nodemap_add(&l->told, r->node, 1))
        return;
    enum impact_effect effect = sure || needs[i].effect == EFFECT_SAFE ? needs[i].effect : EFFECT_UNKNOWN;
    struct consequence *c = add(l, flow, effect, needs[i].severity);
    c->node = r->node;
    c->text = text;
    c->account = record_account(r);
    c->region = record_region(r);
}

/* Each record is told once: by the first row that is about it. Of what another account does only its copies are. */
static void add_needs(struct losing *l, uint32_t at, const struct key_flow *flow, bool sure)
{
    struct record r;
    enum edge edge;
    bool is_own = strncmp(flow->id, "druva", 5) == 0 || strstr(flow->who, record_account(&l->key));
    for (size_t i = 0; i < N_NEEDS; i++) {
        const char *text = needs[i].text;
        if (strcmp(needs[i].flow, flow->id) != 0 || (!is_own && !strstr(flow->id, "copy")))
            continue;
        if (!is_own)
            text = arena_printf(l->impact->arena, "%s: asked by %s", text, flow->who);
        for (struct hang h = hang_on(l->j->generation, l->key.node); hang_next(&h, &r, &edge);)
            if (r.kind == needs[i].kind && judge_hanger(&r, l->key.node, edge) != HANGER_TWIN)
                add_need(l, at, i, &r, text, sure);
    }
}

static void add_flow(struct losing *l, const struct key_flow *now, const struct key_flow *then)
{
    struct buf text = {0};
    bool is_product = strncmp(now->id, "druva", 5) == 0, sure = then->works == TRI_NO;
    if (then->works >= now->works)
        return;
    uint32_t at = (uint32_t)l->items.n;
    struct consequence *c = add(l, UINT32_MAX, sure ? EFFECT_DOWN : EFFECT_UNKNOWN,
                                is_product ? SEVERITY_CRITICAL : SEVERITY_HIGH);
    c->label = "flow";
    buf_printf(&text, "%s%s%s; asked by ", then->action, then->action[0] ? ": " : "", then->reason);
    key_flow_who(now, &text);
    c->text = arena_strdup(l->impact->arena, text.data);
    c->name = arena_strdup(l->impact->arena, now->title);
    c->source = now->page;
    buf_free(&text);
    add_needs(l, at, now, sure);
}

/* ---- all ---------------------------------------------------------------------------------------------------------- */

/* Who of several flows is told first keeps what needs both: in the order of the table. */
static void add_flows(struct losing *l)
{
    const struct key_edit *e = &l->edit;
    size_t n = e->now->flows.n < e->then->flows.n ? e->now->flows.n : e->then->flows.n;
    for (size_t i = 0; i < n; i++)
        add_flow(l, &e->now->flows.items[i], &e->then->flows.items[i]);
}

static const struct policy *policy_less(struct arena *arena, const struct policy *policy, const size_t *gone, size_t n)
{
    struct policy *less = arena_alloc(arena, sizeof *less);
    *less = *policy;
    less->statements = arena_alloc(arena, (policy->n + 1) * sizeof *less->statements);
    less->n = 0;
    for (size_t i = 0; i < policy->n; i++) {
        bool is_gone = false;
        for (size_t k = 0; k < n; k++)
            is_gone = is_gone || gone[k] == i;
        if (!is_gone)
            less->statements[less->n++] = policy->statements[i];
    }
    return less;
}

static void note_whole(struct losing *l)
{
    const struct key_who *now = l->edit.now;
    struct impact *impact = l->impact;
    impact->is_complete = now->unseen[0] == '\0' && now->n_flows[TRI_UNKNOWN] == now->n_limits;
    if (now->n_limits > 0)
        impact_caveat(impact, "What accounts that are not read allow their own cannot be seen from here.");
    if (now->unseen[0])
        impact_caveat(impact, arena_printf(impact->arena, "There may be more: not read %s.", now->unseen));
    if (now->stopped_by[0])
        impact_caveat(impact, arena_printf(impact->arena, "All flows fail already: %s.", now->stopped_by));
    if (l->edit.locks_out) {
        impact_caveat(impact, "Nobody who is known could change the policy any more: only AWS Support could.");
        impact->severity = SEVERITY_CRITICAL;
    }
    impact_caveat(impact, "Grants stay: who has one goes on, until it ends.");
}

static void sum_up(struct losing *l, size_t max)
{
    struct impact *impact = l->impact;
    for (size_t i = 0; i < l->items.n; i++) {
        const struct consequence *c = &l->items.items[i];
        impact->counts[c->phases[0].effect]++;
        impact->severity = c->severity > impact->severity ? c->severity : impact->severity;
        impact->dependents += c->depth == 2;
        if (c->depth == 1)
            impact->n_named++;
    }
    impact->n_all = l->items.n;
    impact->n = max < l->items.n ? max : l->items.n;
    impact->items = arena_alloc(impact->arena, (impact->n + 1) * sizeof *impact->items);
    if (impact->n > 0)
        memcpy(impact->items, l->items.items, impact->n * sizeof *impact->items);
}

static void name_targets(struct impact *impact, const struct policy *policy, const char *arn, uint32_t key,
                         const size_t *statements, size_t n)
{
    const char **names = arena_alloc(impact->arena, n * sizeof *names);
    const char **actions = arena_alloc(impact->arena, n * sizeof *actions);
    uint32_t *keys = arena_alloc(impact->arena, n * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        const char *sid = policy->statements[statements[i]].sid;
        names[i] = arena_printf(impact->arena, STATEMENT_PREFIX "%s/%s#%zu", arn, sid ? sid : "", statements[i] + 1);
        actions[i] = "revoke";
        keys[i] = key;
    }
    impact->targets = keys;
    impact->n_targets = n;
    impact->names = names;
    impact->actions = actions;
    impact->action = "revoke";
    impact->point_of_no_return = TIME_NONE;
}

struct impact *judge_impact_statements(const struct judgement *j, uint32_t key, const size_t *statements, size_t n,
                                       size_t max)
{
    struct arena *arena = arena_new();
    struct access_input in;
    struct losing l = {.j = j};
    bool is_there = n > 0 && generation_record(j->generation, key, &l.key) && l.key.kind == KIND_KEY;
    if (is_there)
        key_access_facts(j, arena, key, &in);
    for (size_t i = 0; i < n && is_there; i++)
        is_there = in.key_policy && statements[i] < in.key_policy->n;
    if (!is_there) {
        arena_free(arena);
        return NULL;
    }
    struct buf arn = {0};
    node_arn(j->estate, key, &arn);
    l.impact = arena_alloc(arena, sizeof *l.impact);
    l.impact->arena = arena;
    name_targets(l.impact, in.key_policy, arn.data, key, statements, n);
    judge_key_edit(j, key, policy_less(arena, in.key_policy, statements, n), &l.edit);
    for (size_t at = 0; at < l.edit.users.changes.n;)
        add_changes(&l, &at);
    add_flows(&l);
    note_whole(&l);
    sum_up(&l, max);
    key_edit_free(&l.edit);
    nodemap_free(&l.told);
    VEC_FREE(l.items);
    buf_free(&arn);
    return l.impact;
}

/* ---- which ---------------------------------------------------------------------------------------------------------- */

/* "SID#n", "SID", "#n"; what is wrong with it is told. */
static bool statement_of(const struct policy *policy, const char *text, size_t *out, struct buf *why)
{
    const char *hash = strrchr(text, '#');
    size_t len = hash ? (size_t)(hash - text) : strlen(text), n_fit = 0;
    unsigned long wanted = hash ? strtoul(hash + 1, NULL, 10) : 0;
    for (size_t i = 0; i < policy->n; i++) {
        const char *sid = policy->statements[i].sid ? policy->statements[i].sid : "";
        bool is_named = strlen(sid) == len && memcmp(sid, text, len) == 0;
        if ((hash && wanted != i + 1) || !(is_named || (hash && len == 0)))
            continue;
        *out = i;
        n_fit++;
    }
    if (n_fit != 1)
        buf_printf(why, "the policy has %s statement \"%s\"; it has", n_fit ? "more than one" : "no", text);
    for (size_t i = 0; i < policy->n && n_fit != 1; i++)
        buf_printf(why, "%s %s#%zu", i > 0 ? "," : "", policy->statements[i].sid ? policy->statements[i].sid : "", i + 1);
    return n_fit == 1;
}

bool judge_statement_find(const struct judgement *j, const char *id, uint32_t *key, size_t *index, struct buf *why)
{
    struct arena *arena = arena_new();
    struct access_input in;
    const char *text = id + strlen(STATEMENT_PREFIX), *hash = strrchr(text, '#'), *slash = hash ? hash : text + strlen(text);
    while (slash > text && *slash != '/')
        slash--;
    uint32_t node = estate_find_node(j->estate, KIND_KEY, text, (size_t)(slash - text));
    bool is_found = false;
    if (node)
        key_access_facts(j, arena, node, &in);
    if (slash == text || !node)
        buf_printf(why, "\"%s\" names no key that was read: keyfall:statement/KEY-ARN/SID#n", id);
    else if (!in.key_policy)
        buf_adds(why, "the policy of that key was not read: keyfall export --view blind-spots");
    else
        is_found = statement_of(in.key_policy, slash + 1, index, why);
    *key = node;
    arena_free(arena);
    return is_found;
}
