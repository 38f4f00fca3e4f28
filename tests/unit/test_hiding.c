/* What is not seen never looks better: each list of each place and each facet of each record of an estate is
 * hidden in turn, and everything is asked again. */
#include "small_story.h"

/* ---- comparing two readings of one estate ---------------------------------------------------- */

/* The record with the same kind and ARN, 0 if it is not named there. */
static uint32_t same(const struct small *from, uint32_t node, const struct small *to)
{
    struct buf arn = {0};
    node_arn(from->e, node, &arn);
    uint32_t found = estate_find_node(to->e, node_kind(from->e, node), arn.data, arn.len);
    buf_free(&arn);
    return found;
}

static void worse(const char *what, const struct small *s, uint32_t node, const char *hidden)
{
    struct buf arn = {0};
    node_arn(s->e, node, &arn);
    fail_msg("hiding %s: %s of %s looks better", hidden, what, arn.data);
}

static void compare_severity(const struct small *all, const struct small *less, const char *hidden)
{
    for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
        struct record r;
        uint32_t was = same(less, node, all);
        if (!was || !generation_record(less->g, node, &r))
            continue;
        struct worst before = judgement_worst(all->j, was), now = judgement_worst(less->j, node);
        if (!now.unproved && (now.open < before.open || before.unproved))
            worse("the severity", less, node, hidden);
    }
}

static void compare_restorable(const struct small *all, const struct small *less, const char *hidden)
{
    static const enum kind backups[] = {KIND_POINT, KIND_DB_SNAPSHOT, KIND_EBS_SNAPSHOT};
    static const enum kind sources[] = {KIND_DB_INSTANCE, KIND_VOLUME};
    struct record r, before;
    for (size_t k = 0; k < sizeof backups / sizeof *backups; k++)
        for (struct walk w = walk_kind(less->g, backups[k]); walk_next(&w, &r);) {
            assert_true(generation_record(all->g, same(less, r.node, all), &before));
            enum tri was = judge_restorable(all->j, &before), is = judge_restorable(less->j, &r);
            if (is != was && is != TRI_UNKNOWN)
                worse("restorability", less, r.node, hidden);
        }
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        for (struct walk w = walk_kind(less->g, sources[k]); walk_next(&w, &r);) {
            struct copies was = judge_copies(all->j, same(less, r.node, all)), is = judge_copies(less->j, r.node);
            if (is.restorable == TRI_YES && was.restorable != TRI_YES)
                worse("restorability", less, r.node, hidden);
            if (is.independent_is_known && is.is_sure
                && (is.independent != was.independent || !was.independent_is_known || !was.is_sure))
                worse("independence", less, r.node, hidden);
            if (is.independent > was.independent && was.independent_is_known && was.is_sure)
                worse("independence", less, r.node, hidden);
            if (is.is_sure && is.n != was.n)
                worse("the number of copies", less, r.node, hidden);
        }
}

static enum impact_effect effect_on(const struct small *s, const struct impact *i, uint32_t node)
{
    for (size_t c = 0; c < i->n; c++)
        if (i->items[c].node && i->items[c].node == node)
            return consequence_worst(&i->items[c]);
    (void)s;
    return EFFECT_COUNT;
}

/* Of the same target: not less severe, nothing new that is safe, and counts that fell are not called whole. */
static void compare_impact(const struct small *all, const struct small *less, const char *hidden)
{
    static const enum kind kinds[] = {KIND_KEY, KIND_ALIAS, KIND_VAULT, KIND_ACCOUNT, KIND_DB_INSTANCE, KIND_PARAMETER};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
            uint32_t was_node = node_kind(less->e, node) == kinds[k] ? same(less, node, all) : 0;
            if (!was_node)
                continue;
            struct impact *was = judge_impact(all->j, &was_node, 1, NULL, 1000);
            struct impact *is = judge_impact(less->j, &node, 1, NULL, 1000);
            struct dependents was_d = judge_dependents(all->j, was_node), is_d = judge_dependents(less->j, node);
            struct record target;
            if (generation_record(less->g, node, &target) && is->severity < was->severity)
                worse("the impact", less, node, hidden);
            if (is->is_complete && !was->is_complete)
                worse("completeness", less, node, hidden);
            if (is->is_complete && is->counts[EFFECT_LOST] + is->counts[EFFECT_DOWN] + is->counts[EFFECT_UNKNOWN]
                                       < was->counts[EFFECT_LOST] + was->counts[EFFECT_DOWN])
                worse("the count", less, node, hidden);
            if (!is_d.is_at_least && is_d.all < was_d.all)
                worse("the number of dependents", less, node, hidden);
            for (size_t c = 0; c < is->n; c++) {
                uint32_t other = is->items[c].node;
                if (!other || consequence_worst(&is->items[c]) != EFFECT_SAFE)
                    continue;
                enum impact_effect before = effect_on(all, was, same(less, other, all));
                if (before != EFFECT_SAFE)
                    worse("a consequence", less, other, hidden);
            }
            impact_free(was);
            impact_free(is);
        }
}

/* What could not be read again proves what it proved. */
static void compare_old(const struct small *all, const struct small *less, const char *hidden)
{
    for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
        uint32_t was = same(less, node, all);
        if (was && judgement_worst(less->j, node).open < judgement_worst(all->j, was).open)
            worse("the severity", less, node, hidden);
    }
}

static void hide(const struct small *all, const char *lines, const char *hidden)
{
    struct small less = small_new(lines);
    size_t n_before, n_now;
    judgement_blind_spots(all->j, &n_before);
    judgement_blind_spots(less.j, &n_now);
    if (n_now <= n_before)
        fail_msg("hiding %s: no blind spot", hidden);
    compare_severity(all, &less, hidden);
    if (strstr(lines, " stale\n"))
        compare_old(all, &less, hidden);
    compare_restorable(all, &less, hidden);
    compare_impact(all, &less, hidden);
    small_free(&less);
}

/* ---- hiding ---------------------------------------------------------------------------------- */

static void test_lists(void **state)
{
    (void)state;
    static const char *const places[] = {HOME, FAR, OTHER};
    static const char *const truths[] = {"denied", "not_asked", "stale"};
    struct small all = small_new(small_story);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (int l = 1; l < LIST_COUNT; l++) {
            const struct list_row *list = list_row((enum list)l);
            if (list->parent != KIND_NONE || l == LIST_ACCOUNTS)
                continue;
            for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
                /* lists that no key hangs on are not missed until they are asked for */
                if (t == 1 && l != LIST_KEYS && l != LIST_VAULTS && l != LIST_PARAMETERS && l != LIST_VOLUMES)
                    continue;
                char *lines = mem_printf("%sat %s\nhide %s %s\n", small_story, places[p], list->name, truths[t]);
                char *name = mem_printf("%s of %s", list->name, places[p]);
                hide(&all, lines, name);
                mem_free(name);
                mem_free(lines);
            }
        }
    small_free(&all);
}

static void test_children(void **state)
{
    (void)state;
    static const char *const children[] = {
        "recovery-points $Vmain", "recovery-points $VDefault", "grants $Kdying", "rules $Bnightly", "grants $Kgood",
    };
    struct small all = small_new(small_story);
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        char list[64];
        snprintf(list, sizeof list, "%s", children[i]);
        if (strncmp(list, "rules", 5) == 0)
            snprintf(list, sizeof list, "backup-%s", children[i]);
        char *lines = mem_printf("%sat " HOME "\nhide %s denied\n", small_story, strncmp(children[i], "rules", 5) ? list : children[i]);
        hide(&all, lines, children[i]);
        mem_free(lines);
    }
    small_free(&all);
}

static void test_facets(void **state)
{
    (void)state;
    static const char *const facets[] = {"metadata", "policy", "rotation", "tags"};
    static const char *const keys[] = {"dying", "off", "good", "aws", "mrk-x"};
    struct small all = small_new(small_story);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t f = 0; f < sizeof facets / sizeof *facets; f++) {
            /* the words of the facet's attributes go, and it is denied */
            struct buf lines = {0};
            char begin[64];
            snprintf(begin, sizeof begin, "key $K%s ", keys[k]);
            bool done = false;
            for (const char *line = small_story; *line;) {
                size_t len = strcspn(line, "\n");
                if (!done && strncmp(line, begin, strlen(begin)) == 0) {
                    done = true;
                    char words[2048], *save = NULL;
                    snprintf(words, sizeof words, "%.*s", (int)(len - strlen(begin)), line + strlen(begin));
                    buf_adds(&lines, begin);
                    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
                        char name[64];
                        snprintf(name, sizeof name, "%.*s", (int)strcspn(w, "="), w);
                        enum attr attr = attr_by_name(KIND_KEY, name);
                        if (strcmp(facet_row(attr_row(attr)->facet)->name, facets[f]) != 0)
                            buf_printf(&lines, "%s ", w);
                    }
                    buf_printf(&lines, "%s:denied\n", facets[f]);
                } else {
                    buf_printf(&lines, "%.*s\n", (int)len, line);
                }
                line += len + 1;
            }
            char *name = mem_printf("%s of %s", facets[f], keys[k]);
            hide(&all, lines.data, name);
            mem_free(name);
            buf_free(&lines);
        }
    small_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_facets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
