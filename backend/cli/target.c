#include "backend/cli/target.h"

#include "backend/cli/verb.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LISTED 20

/* What people call things, besides the last part of the ARN. */
static const enum attr naming[] = {
    ATTR_ACCOUNT_ID,     ATTR_ACCOUNT_NAME,     ATTR_KEY_KEY_ID,    ATTR_KEY_STORE_ID,
    ATTR_KEY_STORE_NAME, ATTR_ALIAS_NAME,       ATTR_GRANT_GRANT_ID, ATTR_PARAMETER_NAME,
    ATTR_VAULT_NAME,     ATTR_PLAN_ID,          ATTR_PLAN_NAME,     ATTR_RULE_NAME,
    ATTR_SELECTION_ID,   ATTR_SELECTION_NAME,   ATTR_VOLUME_NAME,   ATTR_EBS_SNAPSHOT_NAME,
};
#define N_NAMING (sizeof naming / sizeof *naming)

static bool can_be_asked(enum kind kind)
{
    return judge_actions(kind)[0] != NULL;
}

/* ---- names -------------------------------------------------------------------------------------------- */

void target_kind(enum kind kind, bool is_plural, struct buf *out)
{
    const char *name = is_plural ? kind_row(kind)->plural : kind_row(kind)->name;
    for (const char *at = name; *at; at++)
        buf_addc(out, *at == '-' ? ' ' : *at);
}

static const char *text_of(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && v.type == TYPE_TEXT ? v.text : "";
}

/* The first alias by name, so that the same key is called the same each time. "" if it has none. */
static const char *alias_of(const struct generation *g, uint32_t key)
{
    const char *best = "";
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(g, key); hang_next(&h, &r, &edge);) {
        const char *name = edge == EDGE_ALIAS_OF && r.kind == KIND_ALIAS ? text_of(&r, ATTR_ALIAS_NAME) : "";
        if (name[0] && (!best[0] || strcmp(name, best) < 0))
            best = name;
    }
    return best;
}

/* Names that many things may share; their ids say which. */
static bool has_loose_name(enum kind kind)
{
    return kind == KIND_VOLUME || kind == KIND_EBS_SNAPSHOT;
}

void target_name(const struct generation *g, uint32_t node, struct buf *out)
{
    const struct estate *e = generation_estate(g);
    enum kind kind = node_kind(e, node);
    const char *name = kind == KIND_KEY ? alias_of(g, node) : "";
    struct record r;
    enum attr attr = attr_by_name(kind, "name");
    char account[16] = "", region[40];
    if (kind == KIND_ACCOUNT)
        node_place(e, node, account, region);
    if (!name[0] && attr != ATTR_NONE && generation_record(g, node, &r))
        name = text_of(&r, attr);
    if (!name[0])
        name = account[0] ? account : node_tail(e, node);
    else if (has_loose_name(kind))
        buf_printf(out, "%s ", node_tail(e, node));
    buf_adds(out, name);
}

void target_label(const struct generation *g, uint32_t node, struct buf *out)
{
    struct record r;
    enum kind kind = node_kind(generation_estate(g), node);
    if (kind != KIND_ALIAS) {
        target_kind(kind, false, out);
        buf_addc(out, ' ');
    }
    target_name(g, node, out);
    if (kind == KIND_REGION && generation_record(g, node, &r))
        buf_printf(out, " of %s", record_account(&r));
}

static bool is_named(const char *name, enum kind kind, const char *text)
{
    if (strcmp(name, text) == 0)
        return name[0] != '\0';
    return kind == KIND_ALIAS && strncmp(name, "alias/", 6) == 0 && strcmp(name + 6, text) == 0;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

struct search {
    const struct judgement *j;
    const struct generation *g;
    const struct estate *e;
    const char *text;
    node_vec found;
};

static void found_add(struct search *s, uint32_t node)
{
    for (size_t i = 0; i < s->found.n; i++)
        if (s->found.items[i] == node)
            return;
    VEC_PUSH(s->found, node);
}

/* How well a node stands for an ARN that several have: AWS Backup names a volume that it protects, and a
 * recovery point may be a snapshot. Of what was seen and what is only named, what was seen. */
static int rank(const struct search *s, uint32_t node, enum kind told)
{
    struct record r;
    enum kind kind = node_kind(s->e, node);
    return 4 * can_be_asked(kind) + 2 * generation_record(s->g, node, &r) + (kind == told);
}

static uint32_t by_id(const struct search *s)
{
    size_t len = strlen(s->text);
    uint32_t best = 0;
    enum kind told = kind_of_arn(s->text, len);
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
        uint32_t node = estate_find_node(s->e, (enum kind)k, s->text, len);
        if (node && (!best || rank(s, node, told) > rank(s, best, told)))
            best = node;
    }
    return best;
}

/* The id of a product's tie ends with what it is tied to, a key or a Region, which has that name itself. */
static bool has_own_tail(const struct search *s, uint32_t node)
{
    struct record r;
    enum kind kind = node_kind(s->e, node);
    if (kind == KIND_EKM)
        return generation_record(s->g, node, &r) &&
               strcmp(text_of(&r, ATTR_EKM_PRODUCT), node_tail(s->e, node)) == 0;
    return kind != KIND_AUTOBACKUP && kind != KIND_CREDENTIAL;
}

static void look_at_tails(struct search *s)
{
    uint32_t n = estate_node_count(s->e);
    for (uint32_t node = 1; node <= n; node++)
        if (has_own_tail(s, node) && is_named(node_tail(s->e, node), node_kind(s->e, node), s->text))
            found_add(s, node);
}

static void look_at_names(struct search *s)
{
    struct record r;
    for (size_t i = 0; i < N_NAMING; i++) {
        enum kind kind = attr_row(naming[i])->kind;
        for (struct walk w = walk_kind(s->g, kind); walk_next(&w, &r);)
            if (is_named(text_of(&r, naming[i]), kind, s->text))
                found_add(s, r.node);
    }
}

static bool is_same_arn(const struct estate *e, uint32_t a, uint32_t b)
{
    return node_compare(e, a, b) == 0;
}

/* Of two records with one ARN, the one whose kind the ARN tells. */
static bool is_twin_of_better(const struct search *s, uint32_t node)
{
    struct buf arn = {0};
    node_arn(s->e, node, &arn);
    bool is_told = kind_of_arn(arn.data, arn.len) == node_kind(s->e, node);
    buf_free(&arn);
    if (is_told)
        return false;
    for (size_t i = 0; i < s->found.n; i++)
        if (s->found.items[i] != node && can_be_asked(node_kind(s->e, s->found.items[i]))
            && is_same_arn(s->e, node, s->found.items[i]))
            return true;
    return false;
}

/* Keeps what an impact can be asked of, each ARN once. False if nothing is left. */
static bool keep_askable(struct search *s)
{
    node_vec kept = {0};
    for (size_t i = 0; i < s->found.n; i++) {
        uint32_t node = s->found.items[i];
        if (can_be_asked(node_kind(s->e, node)) && !is_twin_of_better(s, node))
            VEC_PUSH(kept, node);
    }
    if (kept.n == 0) {
        VEC_FREE(kept);
        return false;
    }
    VEC_FREE(s->found);
    s->found.items = kept.items;
    s->found.n = kept.n;
    s->found.cap = kept.cap;
    return true;
}

static bool are_all_regions(const struct search *s)
{
    for (size_t i = 0; i < s->found.n; i++)
        if (node_kind(s->e, s->found.items[i]) != KIND_REGION)
            return false;
    return true;
}

static int by_arn(const void *a, const void *b, void *ctx)
{
    return node_compare(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* ---- saying ------------------------------------------------------------------------------------------- */

static enum err_code not_askable(const struct search *s, struct buf *why)
{
    struct buf kind = {0};
    target_kind(node_kind(s->e, s->found.items[0]), false, &kind);
    buf_printf(why, "\"%s\" is a %s: there is nothing to ask of one; name the key, alias, vault, backup, "
               "plan, parameter, account or region\n", s->text, kind.data);
    buf_free(&kind);
    return ERR_USAGE;
}

static enum err_code ambiguous(const struct search *s, struct buf *why)
{
    buf_printf(why, "\"%s\" names %zu things; give one of these instead:\n", s->text, s->found.n);
    for (size_t i = 0; i < s->found.n && i < MAX_LISTED; i++) {
        buf_adds(why, "  ");
        node_arn(s->e, s->found.items[i], why);
        buf_adds(why, "  (");
        target_kind(node_kind(s->e, s->found.items[i]), false, why);
        buf_adds(why, ")\n");
    }
    if (s->found.n > MAX_LISTED)
        buf_printf(why, "  and %zu more\n", s->found.n - MAX_LISTED);
    return ERR_USAGE;
}

static void offer_names(const struct search *s, struct closest *c)
{
    struct record r;
    for (size_t i = 0; i < N_NAMING; i++)
        if (can_be_asked(attr_row(naming[i])->kind))
            for (struct walk w = walk_kind(s->g, attr_row(naming[i])->kind); walk_next(&w, &r);)
                closest_offer(c, text_of(&r, naming[i]));
}

/* A name is compared with names, an ARN with ARNs: the last part alone says too little of one. */
static void offer_nodes(const struct search *s, struct closest *c)
{
    bool is_arn = strncmp(s->text, "arn:", 4) == 0 || strncmp(s->text, "keyfall:", 8) == 0;
    uint32_t n = estate_node_count(s->e);
    struct buf arn = {0};
    for (uint32_t node = 1; node <= n; node++) {
        if (!can_be_asked(node_kind(s->e, node)))
            continue;
        buf_clear(&arn);
        if (is_arn)
            node_arn(s->e, node, &arn);
        else
            buf_adds(&arn, node_tail(s->e, node));
        closest_offer(c, arn.data);
    }
    buf_free(&arn);
}

static enum err_code not_found(const struct search *s, struct buf *why)
{
    size_t n_blind;
    struct closest c = {.wanted = s->text};
    offer_names(s, &c);
    offer_nodes(s, &c);
    (void)judgement_blind_spots(s->j, &n_blind);
    buf_printf(why, "nothing that was read is called \"%s\"%s\n", s->text,
               n_blind > 0 ? ", but not everything was read: keyfall export --view blind-spots" : "");
    if (c.n > 0)
        buf_adds(why, "  close to it:");
    for (size_t i = 0; i < c.n; i++)
        buf_printf(why, "%s %s", i > 0 ? "," : "", c.items[i].name);
    if (c.n > 0)
        buf_adds(why, "\n");
    closest_free(&c);
    return ERR_NOT_FOUND;
}

enum err_code target_find(const struct judgement *j, const char *text, node_vec *out, struct buf *why)
{
    const struct generation *g = judgement_generation(j);
    struct search s = {.j = j, .g = g, .e = generation_estate(g), .text = text};
    uint32_t node = by_id(&s);
    if (node) {
        found_add(&s, node);
    } else {
        look_at_tails(&s);
        look_at_names(&s);
    }
    enum err_code code = ERR_OK;
    if (s.found.n > 1)
        qsort_r(s.found.items, s.found.n, sizeof *s.found.items, by_arn, generation_estate(g));
    if (s.found.n == 0)
        code = not_found(&s, why);
    else if (!keep_askable(&s))
        code = not_askable(&s, why);
    else if (s.found.n > 1 && !are_all_regions(&s))
        code = ambiguous(&s, why);
    for (size_t i = 0; code == ERR_OK && i < s.found.n; i++) {
        bool is_there = false;
        for (size_t k = 0; k < out->n; k++)
            is_there = is_there || out->items[k] == s.found.items[i];
        if (!is_there)
            VEC_PUSH(*out, s.found.items[i]);
    }
    VEC_FREE(s.found);
    return code;
}
