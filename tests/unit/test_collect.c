#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/aws/answer.h"
#include "backend/aws/tree.h"
#include "backend/collect/collect.h"
#include "backend/judge/holdings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cases are AWS's answers as bytes: tests/cases/SERVICE.OPERATION/NAME.{json,xml}; what must come of them
 * stands beside, in NAME.expect (written anew with UPDATE_CASES=1: read the difference). A case whose name
 * begins with "wrong" must be refused; of one named "unsaid" nobody can say which key its records are under. */
#define CASES "tests/cases"
#define ACCOUNT "111122223333"
#define REGION "eu-west-1"
#define KEY_ARN "arn:aws:kms:eu-west-1:111122223333:key/0d990263-018e-4e65-a703-eff731de951e"
#define VAULT_ARN "arn:aws:backup:eu-west-1:111122223333:backup-vault:main"
#define PLAN_ARN "arn:aws:backup:eu-west-1:111122223333:backup-plan:p"
#define UNIT_ARN "arn:aws:organizations::777788889999:ou/o-7r4kd0ml2q/ou-x4bq-prod0001"
#define SCP_ARN "arn:aws:organizations::777788889999:policy/o-7r4kd0ml2q/service_control_policy/p-guard"
#define SEEN_AT 1790000000

struct world {
    struct estate *estate;
    struct collector *collector;
    struct place home, place;
    uint32_t nodes[KIND_COUNT]; /* the record of a kind that is asked about */
};

/* ---- files ------------------------------------------------------------------------------------ */

static bool read_file(const char *path, struct buf *out)
{
    char bytes[4096];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(out, bytes, n);
    fclose(file);
    return true;
}

static void write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
}

static char *cases_folder(const struct feed *f)
{
    char *path = mem_printf("%s/%s", CASES, op_get(f->op)->id);
    *strchr(path, ':') = '.';
    return path;
}

/* What is asked of an account as a whole. */
static const struct place *place_of(const struct world *w, const struct feed *f)
{
    bool is_home = f->of == KIND_ACCOUNT || f->of == KIND_UNIT || f->of == KIND_ORG_POLICY;
    return is_home ? &w->home : &w->place;
}

/* ---- a world to read answers into ------------------------------------------------------------- */

static cJSON *tree_of(const char *json)
{
    cJSON *tree = NULL;
    struct err err;
    assert_int_equal(tree_read_json(json, strlen(json), &tree, &err), ERR_OK);
    return tree;
}

static enum err_code read_tree(struct world *w, enum feed_id id, uint32_t node, const cJSON *tree,
                               struct err *err)
{
    const struct feed *feed = feed_get(id);
    struct reading *reading = reading_new(w->collector, feed, place_of(w, feed), node);
    enum err_code code = reading_page(reading, tree, 0, err);
    if (code == ERR_OK)
        reading_done(reading, SEEN_AT);
    else
        reading_failed(reading, err, SEEN_AT);
    reading_free(reading);
    return code;
}

static void give(struct world *w, enum feed_id id, uint32_t node, const char *json)
{
    struct err err;
    cJSON *tree = tree_of(json);
    assert_int_equal(read_tree(w, id, node, tree, &err), ERR_OK);
    cJSON_Delete(tree);
}

static uint32_t node_of(const struct world *w, enum kind kind, const char *arn)
{
    return estate_find_node(w->estate, kind, arn, strlen(arn));
}

static void add_account(struct world *w)
{
    struct draft *draft = draft_new(w->estate, estate_slot(w->estate, estate_scope(w->estate, "", ""),
                                                           LIST_ACCOUNTS, 0));
    collect_account_row(w->estate, draft, &(struct account_row){.partition = "aws", .id = ACCOUNT});
    estate_complete(draft, SEEN_AT);
    w->nodes[KIND_ACCOUNT] = collect_account_node(w->estate, "aws", ACCOUNT);
}

static bool is_full(const struct feed *f, struct buf *body)
{
    char *folder = cases_folder(f), *json = mem_printf("%s/full.json", folder),
         *xml = mem_printf("%s/full.xml", folder);
    bool is_there = read_file(json, body) || read_file(xml, body);
    mem_free(xml);
    mem_free(json);
    mem_free(folder);
    return is_there;
}

/* What is asked about one by one: the first of the full answer to its list's call. */
static void add_first(struct world *w, enum kind kind)
{
    const struct feed *f = NULL;
    for (int id = 0; id < FEED_COUNT && !f; id++)
        if (feed_get((enum feed_id)id)->list && list_row(feed_get((enum feed_id)id)->list)->kind == kind)
            f = feed_get((enum feed_id)id);
    struct buf body = {0};
    struct err err;
    cJSON *tree = NULL;
    size_t n = 0;
    assert_non_null(f);
    if (!is_full(f, &body))
        fail_msg("%s lacks a case: full", op_get(f->op)->id);
    assert_int_equal(answer_read(op_get(f->op), body.data, body.len, &tree, &err), ERR_OK);
    struct reading *reading = reading_new(w->collector, f, &w->place, 0);
    assert_int_equal(reading_page(reading, tree, 0, &err), ERR_OK);
    const uint32_t *nodes = reading_nodes(reading, &n);
    assert_true(n > 0);
    w->nodes[kind] = nodes[0];
    reading_done(reading, SEEN_AT);
    reading_free(reading);
    cJSON_Delete(tree);
    buf_free(&body);
}

static void add_records(struct world *w)
{
    add_account(w);
    give(w, FEED_REGIONS_OF_ACCOUNT, w->nodes[KIND_ACCOUNT],
         "{\"Regions\":[{\"RegionName\":\"eu-west-1\",\"RegionOptStatus\":\"ENABLED\"}]}");
    give(w, FEED_KEYS, 0, "{\"Keys\":[{\"KeyId\":\"k\",\"KeyArn\":\"" KEY_ARN "\"}]}");
    give(w, FEED_VAULTS, 0,
         "{\"BackupVaultList\":[{\"BackupVaultArn\":\"" VAULT_ARN "\",\"BackupVaultName\":\"main\"}]}");
    give(w, FEED_PLANS, 0,
         "{\"BackupPlansList\":[{\"BackupPlanArn\":\"" PLAN_ARN "\",\"BackupPlanId\":\"p\"}]}");
    w->nodes[KIND_REGION] = node_of(w, KIND_REGION, "keyfall:region/" ACCOUNT "/eu-west-1");
    w->nodes[KIND_KEY] = node_of(w, KIND_KEY, KEY_ARN);
    w->nodes[KIND_VAULT] = node_of(w, KIND_VAULT, VAULT_ARN);
    w->nodes[KIND_PLAN] = node_of(w, KIND_PLAN, PLAN_ARN);
    give(w, FEED_SELECTIONS, w->nodes[KIND_PLAN], "{\"BackupSelectionsList\":[{\"SelectionId\":\"s-1\"}]}");
    w->nodes[KIND_SELECTION] =
        node_of(w, KIND_SELECTION, "keyfall:backup-selection/" PLAN_ARN "/s-1");
    give(w, FEED_ROOTS, w->nodes[KIND_ACCOUNT],
         "{\"Roots\":[{\"Id\":\"ou-x4bq-prod0001\",\"Arn\":\"" UNIT_ARN "\"}]}");
    give(w, FEED_SCPS, w->nodes[KIND_ACCOUNT],
         "{\"Policies\":[{\"Id\":\"p-guard\",\"Arn\":\"" SCP_ARN "\"}]}");
    w->nodes[KIND_UNIT] = node_of(w, KIND_UNIT, UNIT_ARN);
    w->nodes[KIND_ORG_POLICY] = node_of(w, KIND_ORG_POLICY, SCP_ARN);
    for (int id = 0; id < FEED_COUNT; id++)
        if (feed_get((enum feed_id)id)->of != KIND_NONE && !w->nodes[feed_get((enum feed_id)id)->of])
            add_first(w, feed_get((enum feed_id)id)->of);
    estate_publish(w->estate);
}

static struct world *world_new(void)
{
    struct world *w = mem_alloc(sizeof *w);
    w->estate = estate_new();
    w->collector = collector_new(w->estate);
    w->place = (struct place){.partition = "aws", .account = ACCOUNT, .region = REGION,
                              .scope = estate_scope(w->estate, ACCOUNT, REGION)};
    w->home = w->place;
    w->home.scope = estate_scope(w->estate, ACCOUNT, "");
    add_records(w);
    return w;
}

static void world_free(struct world *w)
{
    collector_free(w->collector);
    estate_free(w->estate);
    mem_free(w);
}

/* ---- what came of it, as text ----------------------------------------------------------------- */

static void add_items(struct buf *out, const struct value *v, bool pairs)
{
    size_t i = 0;
    for (const char *item = NULL; (item = value_next(v, item)); i++)
        buf_printf(out, "%s%s", i == 0 ? "" : pairs && i % 2 ? " = " : ", ", item);
}

static void add_value(struct buf *out, const struct estate *e, const struct value *v)
{
    char time[TIME_ISO_SIZE];
    if (v->type == TYPE_INT) {
        buf_printf(out, "%lld", (long long)v->number);
    } else if (v->type == TYPE_BOOL) {
        buf_adds(out, v->number ? "true" : "false");
    } else if (v->type == TYPE_TIME) {
        time_format_iso(v->number, time);
        buf_adds(out, time);
    } else if (v->type == TYPE_REF) {
        buf_printf(out, "%s ", kind_row(node_kind(e, v->node))->name);
        node_arn(e, v->node, out);
    } else if (v->type == TYPE_TEXT || v->type == TYPE_DOC) {
        buf_add(out, v->text, v->len);
    } else {
        add_items(out, v, v->type == TYPE_MAP);
    }
}

static void add_attrs(struct buf *out, const struct estate *e, const struct record *r, enum facet facet)
{
    const struct kind_row *kind = kind_row(r->kind);
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++) {
        struct value v = record_value(r, (enum attr)a);
        if (attr_row((enum attr)a)->facet != facet || v.is != VALUE_KNOWN)
            continue;
        buf_printf(out, "  %s: ", attr_row((enum attr)a)->name);
        add_value(out, e, &v);
        buf_addc(out, '\n');
    }
}

static void add_failure(struct buf *out, const struct estate *e, uint32_t failure)
{
    struct failure f;
    if (!failure)
        return;
    failure_get(e, failure, &f);
    buf_printf(out, "%s %s: %s\n", f.operation, err_word(f.code), f.text);
}

static int by_arn(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows in the order of their ARNs: node numbers are of no interest. */
static void add_rows(struct buf *out, const struct generation *g, const struct slice *s)
{
    struct estate *e = generation_estate(g);
    struct record r;
    VEC(char *) rows = {0};
    for (uint32_t i = 0; slice_record(g, s, i, &r); i++) {
        struct buf row = {0};
        node_arn(e, r.node, &row);
        buf_addc(&row, '\n');
        add_attrs(&row, e, &r, FACET_LIST_);
        VEC_PUSH(rows, buf_take(&row));
    }
    if (rows.n > 1)
        qsort(rows.items, rows.n, sizeof *rows.items, by_arn);
    for (size_t i = 0; i < rows.n; i++) {
        buf_adds(out, rows.items[i]);
        mem_free(rows.items[i]);
    }
    VEC_FREE(rows);
}

static void dump(struct buf *out, const struct generation *g, const struct world *w, const struct feed *f)
{
    struct record r;
    uint32_t node = f->of == KIND_NONE ? 0 : w->nodes[f->of];
    enum list lists[FEED_LISTS];
    size_t n = feed_lists(f, lists);
    for (size_t i = 0; i < n; i++) {
        const struct slice *s =
            generation_slice(g, estate_find_slot(w->estate, place_of(w, f)->scope, lists[i], node));
        buf_printf(out, "%s%s%s%s\n", i ? list_row(lists[i])->name : "", i ? ": " : "",
                   truth_text(slice_truth(s)), slice_is_complete(s) ? "" : ", incomplete");
        add_failure(out, w->estate, slice_failure(s));
        add_rows(out, g, s);
    }
    if (n > 0)
        return;
    assert_true(generation_record(g, node, &r));
    struct facet_state state = record_facet(&r, f->facet);
    buf_printf(out, "%s\n", truth_text(state.truth));
    add_failure(out, w->estate, state.failure);
    add_attrs(out, w->estate, &r, f->facet);
}

/* ---- the cases ------------------------------------------------------------------------------- */

/* The names of a feed's cases, ended by NULL. */
static char **cases_of(const struct feed *f)
{
    VEC(char *) names = {0};
    char *folder = cases_folder(f);
    DIR *dir = opendir(folder);
    if (!dir)
        fail_msg("%s: no cases", folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && !strstr(entry->d_name, ".expect"))
            VEC_PUSH(names, mem_strdup(entry->d_name));
    closedir(dir);
    mem_free(folder);
    if (names.n > 1)
        qsort(names.items, names.n, sizeof *names.items, by_arn);
    VEC_PUSH(names, NULL);
    return names.items;
}

static void free_names(char **names)
{
    for (char **at = names; *at; at++)
        mem_free(*at);
    mem_free(names);
}

/* ---- every case of every feed ----------------------------------------------------------------- */

static void compare(const char *path, const struct buf *got)
{
    struct buf wanted = {0};
    if (getenv("UPDATE_CASES"))
        write_file(path, got);
    if (!read_file(path, &wanted))
        fail_msg("%s is missing; made of: %s", path, got->data);
    if (wanted.len != got->len || memcmp(wanted.data, got->data, got->len) != 0)
        fail_msg("%s\nwanted:\n%s\ngot:\n%s", path, wanted.data ? wanted.data : "", got->data);
    buf_free(&wanted);
}

static void note_known(const struct generation *g, const struct world *w, const struct feed *f,
                       bool known[ATTR_COUNT])
{
    struct record r;
    (void)w;
    for (int a = 1; a < ATTR_COUNT; a++) {
        enum kind kind = attr_row((enum attr)a)->kind;
        bool is_told = attr_row((enum attr)a)->facet == (f->list != LIST_NONE ? FACET_LIST_ : f->facet)
                       && (f->list != LIST_NONE ? feed_fills(f, kind) : f->of == kind);
        for (struct walk walk = walk_kind(g, kind); is_told && walk_next(&walk, &r);)
            known[a] |= record_value(&r, (enum attr)a).is == VALUE_KNOWN;
    }
}

/* Whether it is encrypted AWS tells of each: where an answer does not, it is not known, and not "no". */
static void check_unsaid(const char *path, const struct generation *g, const struct feed *f)
{
    struct record r;
    size_t n = 0;
    for (struct walk walk = walk_kind(g, f->list ? list_row(f->list)->kind : f->of); walk_next(&walk, &r);) {
        bool is_read = holding_key(&r).is != VALUE_UNKNOWN; /* only one was asked about */
        if (is_read && (!holding_key_is_unnamed(&r) || holding_encrypted(&r).is == VALUE_KNOWN))
            fail_msg("%s: it looks as if AWS had told how it is encrypted", path);
        n += is_read;
    }
    assert_true(n > 0);
}

static enum kind kind_of(const struct feed *f)
{
    return f->list ? list_row(f->list)->kind : KIND_NONE;
}

/* An earlier feed of the same operation; NULL. */
static const struct feed *earlier(const struct feed *f)
{
    for (int other = 0; other < (int)f->id; other++)
        if (feed_get((enum feed_id)other)->op == f->op)
            return feed_get((enum feed_id)other);
    return NULL;
}

/* Feeds that make the same of an operation's answers are told apart by what they send: one stands for them. */
static bool shares_cases(const struct feed *f)
{
    const struct feed *other = earlier(f);
    return other && kind_of(other) == kind_of(f);
}

static void run_case(const struct feed *f, const char *name, bool known[ATTR_COUNT])
{
    struct world *w = world_new();
    struct buf body = {0}, got = {0};
    struct err err = {0};
    cJSON *tree = NULL;
    char *folder = cases_folder(f), *path = mem_printf("%s/%s", folder, name);
    assert_true(read_file(path, &body));
    assert_int_equal(answer_read(op_get(f->op), body.data, body.len, &tree, &err), ERR_OK);
    enum err_code code = read_tree(w, f->id, f->of == KIND_NONE ? 0 : w->nodes[f->of], tree, &err);
    if (code != (strncmp(name, "wrong", 5) == 0 ? ERR_PARSE : ERR_OK))
        fail_msg("%s: %s %s", path, err_word(code), err.text);
    estate_publish(w->estate);
    const struct generation *g = estate_acquire(w->estate);
    dump(&got, g, w, f);
    note_known(g, w, f, known);
    if (strncmp(name, "unsaid.", 7) == 0)
        check_unsaid(path, g, f);
    generation_release(g);
    *strrchr(path, '.') = '\0';
    bool is_first = earlier(f) == NULL; /* what another feed makes of it has its name */
    char *expect = mem_printf("%s%s%s.expect", path, is_first ? "" : ".",
                              is_first ? "" : f->list ? list_row(f->list)->name : facet_row(f->facet)->name);
    compare(expect, &got);
    mem_free(expect);
    mem_free(path);
    mem_free(folder);
    buf_free(&got);
    buf_free(&body);
    cJSON_Delete(tree);
    world_free(w);
}

static void check_names(const struct feed *f, char *const *names)
{
    bool has_full = false, has_unknown = false, has_wrong = false;
    for (; *names; names++) {
        has_full |= strncmp(*names, "full.", 5) == 0;
        has_unknown |= strncmp(*names, "unknown.", 8) == 0;
        has_wrong |= strncmp(*names, "wrong", 5) == 0;
    }
    if (!has_full || !has_unknown || !has_wrong)
        fail_msg("%s lacks a case: full, unknown or wrong", op_get(f->op)->id);
}

/* No answer tells of it: test_products has its cases. */
static bool is_derived(enum kind kind)
{
    for (int l = 1; l < LIST_COUNT; l++)
        if (list_row((enum list)l)->kind == kind)
            return list_row((enum list)l)->is_derived;
    return false;
}

static void test_cases(void **state)
{
    (void)state;
    size_t n = 0;
    bool known[ATTR_COUNT] = {false};
    for (int id = 0; id < FEED_COUNT; id++) {
        const struct feed *f = feed_get((enum feed_id)id);
        if (shares_cases(f))
            continue;
        char **names = cases_of(f);
        check_names(f, names);
        for (char **name = names; *name; name++, n++)
            run_case(f, *name, known);
        free_names(names);
    }
    assert_true(n > 150);
    /* each attribute that an answer gives is given by some case; where a key of AWS's stands for none, there
       is no word for it */
    for (int a = 1; a < ATTR_COUNT; a++)
        if (!known[a] && attr_row((enum attr)a)->kind != KIND_ACCOUNT && !is_derived(attr_row((enum attr)a)->kind)
            && strcmp(attr_row((enum attr)a)->name, "encryption") != 0)
            fail_msg("no case gives %s of a %s", attr_row((enum attr)a)->name,
                     kind_row(attr_row((enum attr)a)->kind)->name);
}

/* ---- the table of feeds ------------------------------------------------------------------------ */

static void test_table(void **state)
{
    (void)state;
    bool listed[LIST_COUNT] = {false}, read[FACET_COUNT] = {false};
    for (int id = 0; id < FEED_COUNT; id++) {
        const struct feed *f = feed_get((enum feed_id)id);
        const struct op *op = op_get(f->op);
        assert_int_equal(f->id, id);
        assert_int_equal(op->effect, EFFECT_READ);
        enum facet children = FACET_LIST_;
        for (int x = 1; f->list && x < FACET_COUNT; x++)
            if (facet_row((enum facet)x)->children == f->list)
                children = (enum facet)x;
        assert_int_equal(op->on_demand, facet_row(f->list ? children : f->facet)->on_demand);
        assert_true(f->order > 0 && f->order < 64);
        assert_true((f->list != LIST_NONE) != (f->facet != FACET_LIST_));
        if (f->list != LIST_NONE && !f->parts)
            assert_true((f->arn != NULL) != (f->identify != NULL));
        for (const struct feed_part *part = f->parts; part && part->list; part++) {
            assert_true((part->arn != NULL) != (part->identify != NULL));
            assert_non_null(part->items);
        }
        if (f->parts)
            assert_int_equal(f->parts->list, f->list);
        assert_true(f->items == NULL || f->list != LIST_NONE || f->gathers != ATTR_NONE);
        enum list lists[FEED_LISTS];
        for (size_t n = feed_lists(f, lists); n > 0; n--)
            listed[lists[n - 1]] = true;
        read[f->facet] = true;
        if (f->facet)
            assert_int_equal(facet_row(f->facet)->kind, f->of);
        if (f->after)
            assert_int_equal(facet_row(f->after)->kind, f->of);
    }
    listed[LIST_ACCOUNTS] = true; /* from several calls: account.c */
    for (int l = 1; l < LIST_COUNT; l++)
        if (!listed[l] && !list_row((enum list)l)->is_derived)
            fail_msg("nothing fills the list %s", list_row((enum list)l)->name);
    for (int x = 1; x < FACET_COUNT; x++)
        if (!read[x] && facet_row((enum facet)x)->children == LIST_NONE)
            fail_msg("nothing reads the facet %s", facet_row((enum facet)x)->name);
}

/* Attributes that are read by themselves are of a type that can be. */
static void test_members(void **state)
{
    (void)state;
    for (int a = 1; a < ATTR_COUNT; a++) {
        const struct attr_row *row = attr_row((enum attr)a);
        bool is_many = row->type == TYPE_LIST || row->type == TYPE_REFS || row->type == TYPE_MAP;
        assert_false(is_many && row->member[0]);
    }
}

/* ---- pages ------------------------------------------------------------------------------------- */

static void page(struct reading *r, int number, const char *json)
{
    struct err err;
    cJSON *tree = tree_of(json);
    assert_int_equal(reading_page(r, tree, number, &err), ERR_OK);
    cJSON_Delete(tree);
}

static uint32_t rows_of(struct world *w, enum list list, uint32_t parent)
{
    estate_publish(w->estate);
    const struct generation *g = estate_acquire(w->estate);
    uint32_t n = slice_rows(generation_slice(g, estate_find_slot(w->estate, w->place.scope, list, parent)));
    generation_release(g);
    return n;
}

#define ALIAS(name) "{\"AliasName\":\"alias/" name "\",\"AliasArn\":\"arn:aws:kms:eu-west-1:111122223333:alias/" name "\"}"

static void test_pages_add_up_and_page_0_begins_again(void **state)
{
    (void)state;
    size_t n;
    struct world *w = world_new();
    struct reading *r = reading_new(w->collector, feed_get(FEED_ALIASES), &w->place, 0);
    page(r, 0, "{\"Aliases\":[" ALIAS("a") "," ALIAS("b") "]}");
    page(r, 1, "{\"Aliases\":[" ALIAS("c") "]}");
    reading_nodes(r, &n);
    assert_int_equal(n, 3);
    page(r, 0, "{\"Aliases\":[" ALIAS("d") "]}");
    page(r, 1, "{\"Aliases\":[]}");
    assert_false(reading_done(r, SEEN_AT));
    reading_free(r);
    assert_int_equal(rows_of(w, LIST_ALIASES, 0), 1);
    world_free(w);
}

static void test_tags_of_many_pages(void **state)
{
    (void)state;
    struct record key;
    struct world *w = world_new();
    struct reading *r = reading_new(w->collector, feed_get(FEED_KEY_TAGS), &w->place, w->nodes[KIND_KEY]);
    page(r, 0, "{\"Tags\":[{\"TagKey\":\"lost\",\"TagValue\":\"x\"}]}");
    page(r, 0, "{\"Tags\":[{\"TagKey\":\"a\",\"TagValue\":\"1\"}]}");
    page(r, 1, "{\"Tags\":[{\"TagKey\":\"b\",\"TagValue\":\"2\"}]}");
    page(r, 2, "{\"Tags\":[]}");
    assert_false(reading_done(r, SEEN_AT));
    reading_free(r);
    assert_true(estate_current(w->estate, w->nodes[KIND_KEY], &key));
    struct value tags = record_value(&key, ATTR_KEY_TAGS);
    assert_int_equal(value_items(&tags), 4);
    assert_memory_equal(tags.text, "a\0001\0b\0002", 8);
    world_free(w);
}

static void test_rows_are_shown_while_the_list_is_read(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct reading *r = reading_new(w->collector, feed_get(FEED_ALIASES), &w->place, 0);
    page(r, 0, "{\"Aliases\":[" ALIAS("a") "]}");
    reading_show(r);
    assert_int_equal(rows_of(w, LIST_ALIASES, 0), 1);
    page(r, 1, "{\"Aliases\":[" ALIAS("b") "]}");
    reading_show(r);
    assert_int_equal(rows_of(w, LIST_ALIASES, 0), 2);
    reading_free(r);
    world_free(w);
}

static void test_a_bad_second_page_keeps_the_last_good_list(void **state)
{
    (void)state;
    struct err err;
    struct world *w = world_new();
    give(w, FEED_ALIASES, 0, "{\"Aliases\":[" ALIAS("a") "," ALIAS("b") "]}");
    struct reading *r = reading_new(w->collector, feed_get(FEED_ALIASES), &w->place, 0);
    page(r, 0, "{\"Aliases\":[" ALIAS("c") "]}");
    cJSON *bad = tree_of("{\"Aliases\":[7]}");
    assert_int_equal(reading_page(r, bad, 1, &err), ERR_PARSE);
    assert_int_equal(reading_failed(r, &err, SEEN_AT + 60), TRUTH_FAILED);
    cJSON_Delete(bad);
    reading_free(r);
    assert_int_equal(rows_of(w, LIST_ALIASES, 0), 2);
    const struct generation *g = estate_acquire(w->estate);
    const struct slice *s = generation_slice(g, estate_find_slot(w->estate, w->place.scope, LIST_ALIASES, 0));
    assert_int_equal(slice_truth(s), TRUTH_STALE);
    assert_int_equal(slice_seen_at(s), SEEN_AT);
    generation_release(g);
    world_free(w);
}

static void test_a_list_tells_when_records_may_have_gone(void **state)
{
    (void)state;
    struct err err;
    struct world *w = world_new();
    cJSON *none = tree_of("{\"Keys\":[]}");
    struct reading *r = reading_new(w->collector, feed_get(FEED_KEYS), &w->place, 0);
    assert_int_equal(reading_page(r, none, 0, &err), ERR_OK);
    assert_true(reading_done(r, SEEN_AT));
    reading_free(r);
    cJSON_Delete(none);
    world_free(w);
}

/* ---- errors that are answers -------------------------------------------------------------------- */

static void test_what_errors_mean(void **state)
{
    (void)state;
    static const struct {
        enum feed_id feed;
        enum err_code code;
        const char *aws_code, *text;
        enum truth truth;
    } rows[] = {
        {FEED_VAULT_ACCESS_POLICY, ERR_NOT_FOUND, "ResourceNotFoundException", "", TRUTH_ABSENT},
        {FEED_POINTS, ERR_NOT_FOUND, "ResourceNotFoundException", "", TRUTH_FAILED},
        {FEED_KEY_ROTATION, ERR_UNSUPPORTED, "UnsupportedOperationException", "", TRUTH_UNSUPPORTED},
        {FEED_KEY_ROTATION, ERR_REJECTED, "KMSInvalidStateException", "", TRUTH_UNSUPPORTED},
        {FEED_KEY_METADATA, ERR_REJECTED, "KMSInvalidStateException", "", TRUTH_FAILED},
        {FEED_KEYS, ERR_DENIED, "AccessDeniedException", "", TRUTH_DENIED},
        {FEED_KEYS, ERR_THROTTLED, "ThrottlingException", "", TRUTH_FAILED},
        {FEED_KEYS, ERR_PARSE, "", "", TRUTH_FAILED},
        {FEED_VOLUMES, ERR_DENIED, "OptInRequired", "not subscribed", TRUTH_UNSUPPORTED},
        {FEED_VAULTS, ERR_REJECTED, "SubscriptionRequiredException", "", TRUTH_UNSUPPORTED},
        {FEED_ACCOUNT_BACKUP_SETTINGS, ERR_DENIED, "AccessDeniedException",
         "Insufficient privileges to perform this action.", TRUTH_UNSUPPORTED},
        {FEED_ACCOUNT_BACKUP_SETTINGS, ERR_DENIED, "AccessDeniedException",
         "User: x is not authorized to perform: backup:DescribeGlobalSettings", TRUTH_DENIED},
        {FEED_DB_AWSBACKUP_CLUSTER_SNAPSHOTS, ERR_REJECTED, "InvalidParameterValue", "", TRUTH_UNSUPPORTED},
        {FEED_DB_CLUSTER_SNAPSHOTS, ERR_REJECTED, "InvalidParameterValue", "", TRUTH_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {.code = rows[i].code};
        (void)snprintf(err.aws_code, sizeof err.aws_code, "%s", rows[i].aws_code);
        (void)snprintf(err.text, sizeof err.text, "%s", rows[i].text);
        assert_int_equal(feed_truth(feed_get(rows[i].feed), &err), rows[i].truth);
    }
}

static enum truth facet_truth(struct world *w, enum facet facet)
{
    struct record key;
    assert_true(estate_current(w->estate, w->nodes[facet_row(facet)->kind], &key));
    return record_facet(&key, facet).truth;
}

static void test_no_policy_is_an_answer(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct err none = {.code = ERR_NOT_FOUND, .aws_code = "ResourceNotFoundException"};
    struct err denied = {.code = ERR_DENIED, .aws_code = "AccessDeniedException"};
    struct reading *r = reading_new(w->collector, feed_get(FEED_VAULT_ACCESS_POLICY), &w->place,
                                    w->nodes[KIND_VAULT]);
    assert_int_equal(reading_failed(r, &denied, SEEN_AT), TRUTH_DENIED);
    assert_int_equal(facet_truth(w, FACET_VAULT_ACCESS_POLICY), TRUTH_DENIED);
    assert_int_equal(reading_failed(r, &none, SEEN_AT), TRUTH_ABSENT);
    assert_int_equal(facet_truth(w, FACET_VAULT_ACCESS_POLICY), TRUTH_ABSENT);
    assert_int_equal(reading_failed(r, &denied, SEEN_AT), TRUTH_DENIED);
    assert_int_equal(facet_truth(w, FACET_VAULT_ACCESS_POLICY), TRUTH_STALE);
    reading_free(r);
    world_free(w);
}

/* ---- what is asked of which key ----------------------------------------------------------------- */

static void test_which_keys_are_asked(void **state)
{
    (void)state;
    static const struct {
        const char *metadata; /* NULL: not known yet */
        enum applies applies;
    } rows[] = {
        {NULL, APPLIES_LATER},
        {"\"KeyManager\":\"AWS\",\"KeySpec\":\"SYMMETRIC_DEFAULT\"", APPLIES_NO},
        {"\"KeyManager\":\"CUSTOMER\",\"KeySpec\":\"SYMMETRIC_DEFAULT\"", APPLIES_YES},
        {"\"KeyManager\":\"CUSTOMER\",\"KeySpec\":\"RSA_2048\"", APPLIES_YES}, /* AWS says what it cannot */
        {"\"Description\":\"\"", APPLIES_YES}, /* what is not told is asked */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record key;
        struct world *w = world_new();
        char *json = mem_printf("{\"KeyMetadata\":{\"KeyState\":\"Enabled\",%s}}", rows[i].metadata);
        if (rows[i].metadata)
            give(w, FEED_KEY_METADATA, w->nodes[KIND_KEY], json);
        assert_true(estate_current(w->estate, w->nodes[KIND_KEY], &key));
        static const enum feed_id same[] = {FEED_KEY_POLICY, FEED_KEY_TAGS, FEED_GRANTS,
                                            FEED_KEY_ROTATION};
        for (size_t j = 0; j < sizeof same / sizeof *same; j++)
            assert_int_equal(feed_applies(feed_get(same[j]), &key), rows[i].applies);
        assert_int_equal(feed_applies(feed_get(FEED_KEY_METADATA), &key), APPLIES_YES);
        mem_free(json);
        world_free(w);
    }
}

static void test_a_key_that_is_denied_is_asked_about(void **state)
{
    (void)state;
    struct record key;
    struct world *w = world_new();
    struct err denied = {.code = ERR_DENIED, .aws_code = "AccessDeniedException"};
    struct reading *r = reading_new(w->collector, feed_get(FEED_KEY_METADATA), &w->place, w->nodes[KIND_KEY]);
    assert_int_equal(reading_failed(r, &denied, SEEN_AT), TRUTH_DENIED);
    reading_free(r);
    assert_true(estate_current(w->estate, w->nodes[KIND_KEY], &key));
    assert_int_equal(feed_applies(feed_get(FEED_KEY_POLICY), &key), APPLIES_YES);
    assert_int_equal(feed_applies(feed_get(FEED_KEY_ROTATION), &key), APPLIES_YES);
    world_free(w);
}

/* ---- what is sent ------------------------------------------------------------------------------- */

static void test_params(void **state)
{
    (void)state;
    static const struct {
        enum feed_id feed;
        const char *names, *values; /* joined with blanks */
    } rows[] = {
        {FEED_KEYS, "", ""},
        {FEED_REGIONS, "AllRegions", "true"},
        {FEED_EBS_SNAPSHOTS, "Owner.1", "self"},
        {FEED_DB_AWSBACKUP_SNAPSHOTS, "SnapshotType", "awsbackup"},
        {FEED_KEY_METADATA, "KeyId", KEY_ARN},
        {FEED_KEY_POLICY, "PolicyName KeyId", "default " KEY_ARN},
        {FEED_POINTS, "backupVaultName", "main"},
        {FEED_RULES, "backupPlanId", "p"},
        {FEED_SELECTION_DETAIL, "backupPlanId selectionId", "p s-1"},
        {FEED_REGION_EBS_KEY, "", ""},
        {FEED_BUCKET, "bucket-region", REGION},
    };
    struct world *w = world_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct feed *f = feed_get(rows[i].feed);
        struct record record;
        struct call_params params;
        struct err err;
        bool has = f->of != KIND_NONE && estate_current(w->estate, w->nodes[f->of], &record);
        assert_int_equal(collect_params(w->collector, f, &w->place, has ? &record : NULL, &params, &err),
                         ERR_OK);
        struct buf names = {0}, values = {0};
        for (size_t p = 0; p < params.n; p++) {
            buf_printf(&names, "%s%s", p ? " " : "", params.items[p].name);
            buf_printf(&values, "%s%s", p ? " " : "", params.items[p].value);
        }
        assert_string_equal(names.data ? names.data : "", rows[i].names);
        assert_string_equal(values.data ? values.data : "", rows[i].values);
        buf_free(&names);
        buf_free(&values);
    }
    world_free(w);
}

static void test_a_vault_without_a_name_cannot_be_asked(void **state)
{
    (void)state;
    struct record record;
    struct call_params params;
    struct err err;
    struct world *w = world_new();
    give(w, FEED_VAULTS, 0, "{\"BackupVaultList\":[{\"BackupVaultArn\":\"" VAULT_ARN "\"}]}");
    assert_true(estate_current(w->estate, w->nodes[KIND_VAULT], &record));
    assert_int_equal(collect_params(w->collector, feed_get(FEED_POINTS), &w->place, &record, &params, &err),
                     ERR_NOT_FOUND);
    world_free(w);
}

/* ---- accounts ----------------------------------------------------------------------------------- */

static void test_caller(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum err_code code;
        const char *partition;
    } rows[] = {
        {"{\"Account\":\"111122223333\",\"Arn\":\"arn:aws:iam::111122223333:user/u\"}", ERR_OK, "aws"},
        {"{\"Account\":\"111122223333\",\"Arn\":\"arn:aws-us-gov:sts::111122223333:assumed-role/r/s\"}", ERR_OK,
         "aws-us-gov"},
        {"{\"Account\":\"11112222333\",\"Arn\":\"arn:aws:iam::1:user/u\"}", ERR_PARSE, ""},
        {"{\"Account\":\"1111222233334\",\"Arn\":\"arn:aws:iam::1:user/u\"}", ERR_PARSE, ""},
        {"{\"Account\":\"111122223333\",\"Arn\":\"user/u\"}", ERR_PARSE, ""},
        {"{\"Account\":\"111122223333\",\"Arn\":\"arn::iam::1:user/u\"}", ERR_PARSE, ""},
        {"{\"Account\":111122223333,\"Arn\":\"arn:aws:iam::1:user/u\"}", ERR_PARSE, ""},
        {"{\"Account\":\"111122223333\"}", ERR_PARSE, ""},
        {"{}", ERR_PARSE, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct caller caller;
        struct err err;
        cJSON *tree = tree_of(rows[i].json);
        assert_int_equal(collect_caller(tree, &caller, &err), rows[i].code);
        if (rows[i].code == ERR_OK) {
            assert_string_equal(caller.partition, rows[i].partition);
            assert_string_equal(caller.account, ACCOUNT);
        }
        cJSON_Delete(tree);
    }
}

static void test_organization(void **state)
{
    (void)state;
    struct err err;
    org_accounts accounts = {0};
    cJSON *tree = tree_of("{\"Accounts\":["
                          "{\"Id\":\"111122223333\",\"Arn\":\"arn:a\",\"Name\":\"prod\",\"Status\":\"ACTIVE\","
                          "\"State\":\"PENDING_CLOSURE\"},"
                          "{\"Id\":\"222233334444\",\"Status\":\"SUSPENDED\",\"Name\":null},"
                          "{\"Id\":\"333344445555\"}]}");
    assert_int_equal(collect_org_page(tree, &accounts, &err), ERR_OK);
    assert_int_equal(accounts.n, 3);
    assert_string_equal(accounts.items[0].state, "PENDING_CLOSURE");
    assert_string_equal(accounts.items[0].name, "prod");
    assert_string_equal(accounts.items[1].state, "SUSPENDED");
    assert_null(accounts.items[1].name);
    assert_string_equal(accounts.items[2].state, "");
    cJSON_Delete(tree);
    org_accounts_clear(&accounts);
    static const char *const wrong[] = {
        "{\"Accounts\":[{\"Id\":\"12\"}]}",
        "{\"Accounts\":[{\"Name\":\"x\"}]}",
        "{\"Accounts\":[{\"Id\":\"111122223333\",\"State\":3}]}",
        "{\"Accounts\":[null]}",
        "{\"Accounts\":{}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tree = tree_of(wrong[i]);
        assert_int_equal(collect_org_page(tree, &accounts, &err), ERR_PARSE);
        cJSON_Delete(tree);
        org_accounts_clear(&accounts);
    }
}

static void test_account_row(void **state)
{
    (void)state;
    struct record r;
    struct world *w = world_new();
    struct draft *draft = draft_new(w->estate, estate_slot(w->estate, estate_scope(w->estate, "", ""),
                                                           LIST_ACCOUNTS, 0));
    collect_account_row(w->estate, draft, &(struct account_row){.partition = "aws-cn",
                                                                .id = "222233334444",
                                                                .name = "backup",
                                                                .state = "ACTIVE",
                                                                .via = "profile cn"});
    estate_complete(draft, SEEN_AT);
    uint32_t node = node_of(w, KIND_ACCOUNT, "arn:aws-cn:iam::222233334444:root");
    assert_true(node && estate_current(w->estate, node, &r));
    assert_string_equal(record_value(&r, ATTR_ACCOUNT_ID).text, "222233334444");
    assert_string_equal(record_value(&r, ATTR_ACCOUNT_STATE).text, "ACTIVE");
    assert_string_equal(record_value(&r, ATTR_ACCOUNT_VIA).text, "profile cn");
    assert_int_equal(record_value(&r, ATTR_ACCOUNT_ORG_ARN).is, VALUE_ABSENT);
    world_free(w);
}

static void test_regions_that_were_named(void **state)
{
    (void)state;
    static const char *const named[] = {"af-south-1", "me-south-1", NULL};
    static const struct {
        const char *region;
        bool is_row, selected;
    } rows[] = {{"eu-west-1", false, false}, {"af-south-1", true, true}, {"me-south-1", true, false}};
    struct world *w = world_new();
    w->home.regions = named;
    give(w, FEED_REGIONS_OF_ACCOUNT, w->nodes[KIND_ACCOUNT],
         "{\"Regions\":[{\"RegionName\":\"eu-west-1\",\"RegionOptStatus\":\"ENABLED_BY_DEFAULT\"},"
         "{\"RegionName\":\"af-south-1\",\"RegionOptStatus\":\"ENABLED\"},"
         "{\"RegionName\":\"me-south-1\",\"RegionOptStatus\":\"DISABLED\"}]}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record r;
        char *id = mem_printf("keyfall:region/" ACCOUNT "/%s", rows[i].region);
        assert_int_equal(estate_current(w->estate, node_of(w, KIND_REGION, id), &r), rows[i].is_row);
        if (rows[i].is_row)
            assert_int_equal(record_value(&r, ATTR_REGION_SELECTED).number, rows[i].selected);
        mem_free(id);
    }
    world_free(w);
}

int main(void)
{
    model_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_pages_add_up_and_page_0_begins_again),
        cmocka_unit_test(test_tags_of_many_pages),
        cmocka_unit_test(test_rows_are_shown_while_the_list_is_read),
        cmocka_unit_test(test_a_bad_second_page_keeps_the_last_good_list),
        cmocka_unit_test(test_a_list_tells_when_records_may_have_gone),
        cmocka_unit_test(test_what_errors_mean),
        cmocka_unit_test(test_no_policy_is_an_answer),
        cmocka_unit_test(test_which_keys_are_asked),
        cmocka_unit_test(test_a_key_that_is_denied_is_asked_about),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_a_vault_without_a_name_cannot_be_asked),
        cmocka_unit_test(test_caller),
        cmocka_unit_test(test_organization),
        cmocka_unit_test(test_account_row),
        cmocka_unit_test(test_regions_that_were_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
