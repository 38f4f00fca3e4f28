/* The same estate, met in another order, is told in the same words in the same order: nothing depends on which
 * node was named first. */
#include "small_story.h"

#include "backend/view/view.h"

#define SHUFFLES 12
#define LINES_MAX 64

static const char *const more =
    "at " HOME "\n"
    "key $Kone state=Disabled policy:denied\nkey $Ktwo state=Disabled policy:denied\nkey $Kten policy:denied\n"
    "parameter $Px key_arn=$Kone\nparameter $Py key_arn=$Ktwo\n"
    "vault $Va locked=false key_arn=$Kone\nvault $Vb locked=false key_arn=$Ktwo\n"
    "vault $Vkeeps locked=true lock_date=-4d\n"
    "recovery-point $Rk1 vault_arn=$Vkeeps\nrecovery-point $Rk2 vault_arn=$Vkeeps\nrecovery-point $Rk0 vault_arn=$Vkeeps\n"
    "recovery-point $Rs1 vault_arn=$Va key_arn=$Kone\nrecovery-point $Rs2 vault_arn=$Vb key_arn=$Kone\n"
    "recovery-point arn:aws:ec2:eu-west-1::snapshot/twin vault_arn=$Va key_arn=$Kone "
    "snapshot_arn=arn:aws:ec2:eu-west-1::snapshot/twin\n"
    "ebs-snapshot arn:aws:ec2:eu-west-1::snapshot/twin key_arn=$Kone\n"
    "alias $Az key_arn=$Kone\nalias $Ay key_arn=$Kone\n"
    "backup-plan $Btwice plan_id=p\n"
    "backup-rule keyfall:backup-rule/both plan_arn=$Btwice vault_arn=$Va "
    "copies_to=arn:aws:backup:eu-west-1:111122223333:backup-vault:b\n";

/* ---- the same lines in another order --------------------------------------------------------- */

struct shuffler {
    const char *lines[LINES_MAX];
    size_t n;
    uint32_t seed;
};

static size_t below(struct shuffler *s, size_t n)
{
    s->seed = s->seed * 1103515245u + 12345u;
    return (s->seed >> 8) % n;
}

static void flush(struct shuffler *s, struct buf *out)
{
    for (size_t i = s->n; i > 1; i--) {
        size_t k = below(s, i);
        const char *swap = s->lines[i - 1];
        s->lines[i - 1] = s->lines[k];
        s->lines[k] = swap;
    }
    for (size_t i = 0; i < s->n; i++)
        buf_add(out, s->lines[i], strcspn(s->lines[i], "\n") + 1);
    s->n = 0;
}

/* Lines stay with the place they stand under; 0 leaves them as they are. */
static char *shuffled(const char *lines, uint32_t seed)
{
    struct shuffler s = {.seed = seed};
    struct buf out = {0};
    for (const char *line = lines; *line; line += strcspn(line, "\n") + 1) {
        bool is_place = strncmp(line, "at ", 3) == 0 || strncmp(line, "org", 3) == 0;
        if (is_place || !seed)
            flush(&s, &out);
        if (is_place)
            buf_add(&out, line, strcspn(line, "\n") + 1);
        else
            s.lines[s.n++] = line;
        assert_true(s.n < LINES_MAX);
    }
    flush(&s, &out);
    return buf_take(&out);
}

/* ---- everything that is told ----------------------------------------------------------------- */

static void tell_view(const struct small *s, const struct view *v, int column, size_t first, struct buf *out)
{
    struct view_context c = {.generation = s->g, .judgement = s->j, .scratch = arena_new(), .now_utc = NOW};
    struct selection sel;
    assert_int_equal(view_select(&c, v, NULL, (struct sort_key){column, true}, first, NULL, &sel), ERR_OK);
    for (size_t i = 0; i < (first && first < sel.n ? first : sel.n); i++) {
        struct view_row row;
        assert_true(view_row(&c, v, sel.items[i], &row));
        buf_printf(out, "%s:", v->name);
        for (size_t k = 0; k < v->n_columns; k++) {
            struct cell cell;
            view_cell(&c, v, &row, (int)k, &cell);
            buf_adds(out, " ");
            cell_format(&c, &cell, out);
        }
        buf_adds(out, "\n");
    }
    selection_free(&sel);
    arena_free(c.scratch);
}

static void tell_impact(const struct small *s, uint32_t node, size_t max, struct buf *out)
{
    struct impact *i = judge_impact(s->j, &node, 1, NULL, max);
    for (size_t c = 0; i && c < i->n; c++) {
        const struct consequence *of = &i->items[c];
        buf_printf(out, "%s %s %s because %d, %s: ", severity_word(of->severity), effect_word(consequence_worst(of)),
                   of->account, (int)of->because, of->evidence);
        if (of->node)
            node_arn(s->e, of->node, out);
        buf_printf(out, " %s\n", of->text);
    }
    if (i)
        impact_free(i);
}

static int by_arn(const void *a, const void *b, void *ctx)
{
    const struct small *s = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = (int)node_kind(s->e, x) - (int)node_kind(s->e, y);
    return order != 0 ? order : node_compare(s->e, x, y);
}

static void tell_impacts(const struct small *s, struct buf *out)
{
    uint32_t n = estate_node_count(s->e);
    uint32_t *nodes = mem_alloc_array(n, sizeof *nodes);
    for (uint32_t i = 0; i < n; i++)
        nodes[i] = i + 1;
    qsort_r(nodes, n, sizeof *nodes, by_arn, (void *)s);
    for (uint32_t i = 0; i < n; i++) {
        buf_adds(out, "if ");
        node_arn(s->e, nodes[i], out);
        buf_adds(out, "\n");
        tell_impact(s, nodes[i], 1000, out);
        tell_impact(s, nodes[i], 2, out);
    }
    mem_free(nodes);
}

static char *told(const char *lines)
{
    struct small s = small_new(lines);
    struct buf out = {0};
    size_t n;
    const struct finding *f = judgement_findings(s.j, &n);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&out, "%s %s %s ", f[i].rule->id, finding_mark(&f[i]), f[i].reason);
        node_arn(s.e, f[i].node, &out);
        buf_adds(&out, "\n");
    }
    const struct view *const *views = view_all(&n);
    for (size_t v = 0; v < n; v++)
        for (int column = -1; column < (int)views[v]->n_columns; column += 3) {
            tell_view(&s, views[v], column, 0, &out);
            tell_view(&s, views[v], column, 1, &out);
        }
    tell_impacts(&s, &out);
    small_free(&s);
    return buf_take(&out);
}

static void fail_at_difference(const char *a, const char *b, int seed)
{
    while (*a && strcspn(a, "\n") == strcspn(b, "\n") && strncmp(a, b, strcspn(a, "\n")) == 0) {
        a += strcspn(a, "\n") + (a[strcspn(a, "\n")] == '\n');
        b += strcspn(b, "\n") + (b[strcspn(b, "\n")] == '\n');
    }
    fail_msg("order %d: \"%.*s\", not \"%.*s\"", seed, (int)strcspn(b, "\n"), b, (int)strcspn(a, "\n"), a);
}

static void test_order(void **state)
{
    (void)state;
    char *lines = mem_printf("%s%s", small_story, more);
    char *same = told(lines);
    for (uint32_t seed = 1; seed <= SHUFFLES; seed++) {
        char *other = shuffled(lines, seed);
        char *is = told(other);
        if (strcmp(same, is) != 0)
            fail_at_difference(same, is, (int)seed);
        mem_free(is);
        mem_free(other);
    }
    mem_free(same);
    mem_free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
