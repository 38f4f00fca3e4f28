/* impact_fired: which rows of the tables of what falls were told of, while a test asks. */
#ifndef KEYFALL_TESTS_IMPACT_FIRED_H
#define KEYFALL_TESTS_IMPACT_FIRED_H

#include "small_estate.h"

#include "backend/judge/impact_rules.h"

static bool *has_fired, *self_has_fired; /* by row */

static inline bool fired_says(const struct impact_rule *rule, const char *text)
{
    return strcmp(rule->first_text, text) == 0 || (rule->last_text && strcmp(rule->last_text, text) == 0);
}

static inline void fired_note(const struct small *s, const struct impact *i)
{
    size_t n, n_selves;
    const struct impact_rule *rows = impact_rules(&n), *selves = impact_rules_self(&n_selves);
    for (size_t c = 0; c < i->n; c++) {
        const struct consequence *of = &i->items[c];
        if (!of->node)
            continue;
        uint32_t from = of->because == UINT32_MAX ? i->targets[0] : i->items[of->because].node;
        enum kind kind = node_kind(s->e, of->node), above = node_kind(s->e, from);
        for (size_t r = 0; r < n; r++)
            has_fired[r] |= (rows[r].of == above || rows[r].of == KIND_NONE || (above == KIND_ALIAS && rows[r].of == KIND_KEY))
                            && rows[r].edge == of->edge && (rows[r].kind == kind || rows[r].kind == KIND_NONE)
                            && fired_says(&rows[r], of->text);
        for (size_t r = 0; r < n_selves; r++)
            self_has_fired[r] |= selves[r].kind == kind && of->edge == EDGE_NONE && fired_says(&selves[r], of->text);
    }
}

static inline void fired_begin(void)
{
    size_t n, n_selves;
    (void)impact_rules(&n);
    (void)impact_rules_self(&n_selves);
    has_fired = mem_alloc_array(n, sizeof *has_fired);
    self_has_fired = mem_alloc_array(n_selves, sizeof *self_has_fired);
}

static inline void fired_end(void)
{
    mem_free(has_fired);
    mem_free(self_has_fired);
}

/* What follows from tags and keyfall.conf. */
static inline bool fired_is_product(const struct impact_rule *r)
{
    return r->kind == KIND_EKM || r->kind == KIND_AUTOBACKUP;
}

#endif
