/* What is not seen never looks better: each list of each place and each facet of each record of an estate is
 * hidden in turn, and everything is asked again. */
#include "random_story.h"
#include "small_story.h"

#include <time.h>

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
        if (!now.unproved && (now.open < before.open || now.open < before.unproved))
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

/* The story with one facet of the record of its n-th line denied: the words of the facet's attributes go. NULL: the
 * line has no such facet. The caller's. */
static char *without_facet(const char *story, size_t n, enum facet facet)
{
    struct buf out = {0};
    bool done = false;
    for (const char *line = story; *line; n--) {
        size_t len = strcspn(line, "\n");
        char kind[64], words[4096], *save = NULL;
        if (n != 0) {
            buf_printf(&out, "%.*s\n", (int)len, line);
        } else {
            snprintf(kind, sizeof kind, "%.*s", (int)strcspn(line, " \n"), line);
            snprintf(words, sizeof words, "%.*s", (int)len, line);
            done = kind_by_name(kind) == facet_row(facet)->kind;
            for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
                char name[64];
                snprintf(name, sizeof name, "%.*s", (int)strcspn(w, "="), w);
                enum attr attr = strchr(w, '=') ? attr_by_name(facet_row(facet)->kind, name) : ATTR_NONE;
                if (!attr || attr_row(attr)->facet != facet)
                    buf_printf(&out, "%s ", w);
            }
            buf_printf(&out, "%s:denied\n", facet_row(facet)->name);
        }
        line += len + 1;
    }
    if (!done)
        buf_free(&out);
    return done ? buf_take(&out) : NULL;
}

static size_t lines_of(const char *story)
{
    size_t n = 0;
    for (; *story; story++)
        n += *story == '\n';
    return n;
}

/* Read when somebody looks, or of what is only counted in words: not missed. */
static bool is_missed(enum facet facet)
{
    return facet != FACET_LIST_ && facet_row(facet)->children == LIST_NONE && !facet_row(facet)->on_demand;
}

/* Every is_every-th of them, beginning with from. */
static void hide_facets(const struct small *all, const char *story, const char *name, unsigned from, unsigned every)
{
    for (size_t line = 0, n = lines_of(story); line < n; line++)
        for (int f = 1; f < FACET_COUNT; f++) {
            char *lines = is_missed((enum facet)f) ? without_facet(story, line, (enum facet)f) : NULL;
            if (lines && from++ % every == 0) {
                char *hidden = mem_printf("%s: %s of line %zu", name, facet_row((enum facet)f)->name, line + 1);
                hide(all, lines, hidden);
                mem_free(hidden);
            }
            mem_free(lines);
        }
}

static void test_facets(void **state)
{
    (void)state;
    struct small all = small_new(small_story);
    hide_facets(&all, small_story, "story", 0, 1);
    small_free(&all);
}

/* ---- random worlds --------------------------------------------------------------------------- */

#define WORLDS 50
#define EVERY 12 /* of what can be hidden, in a short run; all of it in a long one */

static void hide_lists(const struct small *all, const char *story, const char *name, unsigned from, unsigned every)
{
    static const char *const truths[] = {"denied", "failed"};
    for (size_t p = 0; p < STORY_PLACES; p++)
        for (int l = 1; l < LIST_COUNT; l++) {
            const struct list_row *list = list_row((enum list)l);
            if (list->parent != KIND_NONE || l == LIST_ACCOUNTS || from++ % every != 0)
                continue;
            const char *truth = truths[from / every % 2];
            char *lines = mem_printf("%sat %s\nhide %s %s\n", story, story_places[p], list->name, truth);
            char *hidden = mem_printf("%s: %s of %s %s", name, list->name, story_places[p], truth);
            hide(all, lines, hidden);
            mem_free(hidden);
            mem_free(lines);
        }
}

/* What hangs under keys, vaults, plans and accounts. */
static void hide_children(const struct small *all, const char *story, const char *name)
{
    static const struct {
        enum kind kind;
        const char *list;
    } rows[] = {{KIND_KEY, "grants"}, {KIND_VAULT, "recovery-points"}, {KIND_PLAN, "rules"},
                {KIND_PLAN, "selections"}};
    struct record r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (struct walk w = walk_kind(all->g, rows[i].kind); walk_next(&w, &r);) {
            struct buf arn = {0};
            node_arn(all->e, r.node, &arn);
            char *lines = mem_printf("%sat %s %s\nhide %s %s denied\n", story, record_account(&r), record_region(&r),
                                     rows[i].list, arn.data);
            char *hidden = mem_printf("%s: %s of %s", name, rows[i].list, arn.data);
            hide(all, lines, hidden);
            mem_free(hidden);
            mem_free(lines);
            buf_free(&arn);
        }
}

/* The same worlds each day, and in a long run new ones: their seed is told. */
static void test_random_worlds(void **state)
{
    (void)state;
    bool is_long = getenv("LONG") != NULL;
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : is_long ? (uint64_t)time(NULL) : 1;
    printf("worlds from SEED=%llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < WORLDS; i++) {
        char *story = random_story(seed + i), *name = mem_printf("world %llu", (unsigned long long)(seed + i));
        struct small all = small_new(story);
        hide_lists(&all, story, name, i, is_long ? 1 : EVERY);
        hide_facets(&all, story, name, i, is_long ? 1 : EVERY);
        if (is_long || i % 5 == 0)
            hide_children(&all, story, name);
        small_free(&all);
        mem_free(name);
        mem_free(story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_facets),
        cmocka_unit_test(test_random_worlds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
