#include "backend/judge/internal.h"
#include "backend/policy/pattern.h"

#include <string.h>
#include <strings.h>

struct suppressions {
    struct suppression *told;    /* in the order of keyfall.conf */
    const char *const **records; /* of each: patterns, NULL-ended */
    size_t n;
    bool *is_named;              /* of each rule: one of them names it */
};

/* NULL-ended, in the arena. */
static const char *const *patterns_of(struct arena *arena, const struct texts *texts)
{
    const char **patterns = arena_alloc(arena, (texts->n + 1) * sizeof *patterns);
    for (size_t i = 0; i < texts->n; i++)
        patterns[i] = pattern_of(arena, texts->items[i], false, true, NULL).text;
    return patterns;
}

static bool is_like_one(const char *const *patterns, const char *arn)
{
    for (; *patterns; patterns++)
        if (pattern_matches(*patterns, arn))
            return true;
    return false;
}

static bool names_rule(const struct suppression_settings *s, const struct finding_row *rule)
{
    for (size_t i = 0; i < s->findings.n; i++)
        if (strcmp(s->findings.items[i], rule->id) == 0)
            return true;
    return false;
}

void suppressions_build(struct judgement *j)
{
    size_t n_rules;
    const struct finding_row *rules = finding_rows(&n_rules);
    struct suppressions *all = arena_alloc(j->arena, sizeof *all);
    j->suppressions = all;
    all->n = j->allow ? j->allow->suppressions.n : 0;
    all->told = arena_alloc(j->arena, (all->n + 1) * sizeof *all->told);
    all->records = arena_alloc(j->arena, (all->n + 1) * sizeof *all->records);
    all->is_named = arena_alloc(j->arena, n_rules * sizeof *all->is_named);
    for (size_t i = 0; i < all->n; i++) {
        const struct suppression_settings *said = &j->allow->suppressions.items[i];
        bool is_over = j->now_utc >= said->ends_utc;
        all->told[i] = (struct suppression){said, is_over ? SUPPRESSION_ENDED : SUPPRESSION_IDLE, 0};
        all->records[i] = patterns_of(j->arena, &said->records);
        for (size_t r = 0; r < n_rules; r++)
            all->is_named[r] |= names_rule(said, &rules[r]);
    }
}

static bool is_covered(const struct judgement *j, size_t i, const struct finding *f)
{
    struct buf arn = {0};
    node_arn(j->estate, f->node, &arn);
    bool is = is_like_one(j->suppressions->records[i], arn.data);
    if (!is && f->cause && f->cause != f->node) {
        buf_clear(&arn);
        node_arn(j->estate, f->cause, &arn);
        is = is_like_one(j->suppressions->records[i], arn.data);
    }
    buf_free(&arn);
    return is;
}

void suppress(struct judgement *j, struct finding *f)
{
    size_t n_rules;
    struct suppressions *all = j->suppressions;
    if (!all->is_named[f->rule - finding_rows(&n_rules)])
        return;
    for (size_t i = 0; i < all->n; i++) {
        struct suppression *one = &all->told[i];
        if (!names_rule(one->said, f->rule) || !is_covered(j, i, f))
            continue;
        one->n++;
        if (one->state == SUPPRESSION_ENDED || f->suppression)
            continue;
        one->state = SUPPRESSION_HOLDS;
        f->suppression = one->said;
        f->state = FINDING_SUPPRESSED;
    }
}

const struct suppression *judgement_suppressions(const struct judgement *j, size_t *n)
{
    *n = j->suppressions->n;
    return j->suppressions->told;
}

/* ---- owners ---------------------------------------------------------------------------------- */

/* The value of the tag "owner", in whatever case its name is written; NULL. */
static const char *tagged_owner(const struct record *r)
{
    static const enum attr tags[KIND_COUNT] = {
        [KIND_KEY] = ATTR_KEY_TAGS,
        [KIND_PARAMETER] = ATTR_PARAMETER_TAGS,
    };
    if (!tags[r->kind])
        return NULL;
    struct value v = record_value(r, tags[r->kind]);
    for (const char *name = NULL; (name = value_next(&v, name));) {
        const char *value = value_next(&v, name);
        if (!value)
            return NULL;
        if (strcasecmp(name, "owner") == 0 && value[0])
            return value;
        name = value;
    }
    return NULL;
}

static const char *owner_of_account(const struct allow_settings *allow, const char *account)
{
    for (size_t i = 0; i < allow->owners.n; i++)
        for (size_t a = 0; a < allow->owners.items[i].accounts.n; a++)
            if (strcmp(allow->owners.items[i].accounts.items[a], account) == 0)
                return allow->owners.items[i].name;
    return NULL;
}

static const char *owner_of_arn(const struct allow_settings *allow, struct arena *arena, const char *arn)
{
    for (size_t i = 0; i < allow->owners.n; i++)
        if (is_like_one(patterns_of(arena, &allow->owners.items[i].records), arn))
            return allow->owners.items[i].name;
    return NULL;
}

const char *judge_owner(const struct judgement *j, struct arena *arena, uint32_t node)
{
    struct record r;
    char account[16], region[40];
    bool has_record = generation_record(j->generation, node, &r);
    const char *owner = has_record ? tagged_owner(&r) : NULL;
    if (owner || !j->allow || j->allow->owners.n == 0)
        return owner;
    struct buf arn = {0};
    node_arn(j->estate, node, &arn);
    owner = owner_of_arn(j->allow, arena, arn.data);
    buf_free(&arn);
    if (owner)
        return owner;
    node_place(j->estate, node, account, region);
    return owner_of_account(j->allow, has_record ? record_account(&r) : account);
}
