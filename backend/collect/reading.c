#include "backend/collect/sheet.h"

#include "backend/aws/tree.h"
#include "backend/base/json.h"
#include "backend/base/json.h"

#include <assert.h>
#include <string.h>

struct collector {
    struct estate *estate;
    struct sheet sheet;
    struct buf text, json;
};

struct filling {
    enum list list;
    uint32_t slot;
    struct draft *draft;      /* NULL before the first page */
    size_t n_new, n_shown;    /* records not seen before; rows that were shown so far */
};

struct reading {
    struct collector *collector;
    const struct feed *feed;
    const struct place *place;
    uint32_t node;
    uint32_t slot;            /* of a facet's record */
    struct filling lists[FEED_LISTS];
    size_t n_lists;           /* 0: a facet */
    VEC(uint32_t) nodes;      /* of the first list */
    struct buf gathered;
};

struct collector *collector_new(struct estate *e)
{
    for (int k = 0; k < KIND_COUNT; k++)
        assert(kind_row((enum kind)k)->end_attr - kind_row((enum kind)k)->first_attr <= SHEET_FIELDS);
    struct collector *c = mem_alloc(sizeof *c);
    c->estate = e;
    c->sheet.estate = e;
    c->sheet.scratch = arena_new();
    return c;
}

void collector_free(struct collector *c)
{
    if (!c)
        return;
    arena_free(c->sheet.scratch);
    buf_free(&c->sheet.line);
    buf_free(&c->text);
    buf_free(&c->json);
    mem_free(c);
}

/* ---- what to send ------------------------------------------------------------------------------- */

static const char *text_of(const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    return v.is == VALUE_KNOWN && v.len > 0 ? v.text : NULL;
}

/* The record under which this one stands. */
static const char *parent_text(struct estate *e, const struct record *r, enum attr attr)
{
    struct record parent;
    return estate_current(e, slot_parent(e, r->slot), &parent) ? text_of(&parent, attr) : NULL;
}

static const char *list_of_one(struct collector *c, const char *text)
{
    if (!text)
        return NULL;
    buf_addc(&c->text, '[');
    json_add_string(&c->text, text, strlen(text));
    buf_addc(&c->text, ']');
    return c->text.data;
}

static const char *arg_text(struct collector *c, const struct feed_arg *arg, const struct place *place,
                            const struct record *r)
{
    if (arg->from == ARG_REGION)
        return place->region;
    if (!r)
        return NULL;
    if (arg->from == ARG_ATTR)
        return text_of(r, arg->attr);
    if (arg->from == ARG_PARENT)
        return parent_text(c->estate, r, arg->attr);
    buf_clear(&c->text);
    if (arg->from == ARG_ATTR_LIST)
        return list_of_one(c, text_of(r, arg->attr));
    node_arn(c->estate, r->node, &c->text);
    return c->text.data;
}

/* The text in the place of the $ of a JSON text. */
static const char *json_of(struct collector *c, const char *json, const char *text)
{
    size_t before = strcspn(json, "$");
    buf_clear(&c->json);
    buf_add(&c->json, json, before);
    json_add_string(&c->json, text, strlen(text));
    buf_adds(&c->json, json + before + 1);
    return c->json.data;
}

enum err_code collect_params(struct collector *c, const struct feed *feed, const struct place *place,
                             const struct record *r, struct call_params *out, struct err *err)
{
    *out = (struct call_params){0};
    for (size_t i = 0; i < sizeof feed->params / sizeof *feed->params && feed->params[i].name; i++)
        out->items[out->n++] = feed->params[i];
    for (size_t i = 0; i < sizeof feed->args / sizeof *feed->args && feed->args[i].name; i++) {
        const char *text = arg_text(c, &feed->args[i], place, r);
        if (!text)
            return err_set(err, ERR_NOT_FOUND, "nothing is known to send as %s", feed->args[i].name);
        bool is_json = feed->args[i].from == ARG_ATTR_LIST || (i == 0 && feed->json);
        if (i == 0 && feed->json)
            text = json_of(c, feed->json, text);
        out->items[out->n++] = (struct param){feed->args[i].name, text, is_json ? PARAM_JSON : PARAM_TEXT};
    }
    return ERR_OK;
}

/* ---- a reading ---------------------------------------------------------------------------------- */

struct reading *reading_new(struct collector *c, const struct feed *feed, const struct place *place,
                            uint32_t node)
{
    struct reading *r = mem_alloc(sizeof *r);
    r->collector = c;
    r->feed = feed;
    r->place = place;
    r->node = node;
    enum list lists[FEED_LISTS];
    r->n_lists = feed_lists(feed, lists);
    for (size_t i = 0; i < r->n_lists; i++)
        r->lists[i] = (struct filling){lists[i], .slot = estate_slot(c->estate, place->scope, lists[i], node)};
    if (r->n_lists == 0)
        r->slot = estate_home(c->estate, node);
    return r;
}

void reading_free(struct reading *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_lists; i++)
        draft_free(r->lists[i].draft);
    VEC_FREE(r->nodes);
    buf_free(&r->gathered);
    mem_free(r);
}

const uint32_t *reading_nodes(const struct reading *r, size_t *n)
{
    *n = r->nodes.n;
    return r->nodes.items;
}

static void begin_again(struct reading *r)
{
    for (size_t i = 0; i < r->n_lists; i++) {
        struct filling *to = &r->lists[i];
        if (to->draft)
            draft_reset(to->draft);
        else
            to->draft = draft_new(r->collector->estate, to->slot);
        to->n_new = 0;
    }
    r->nodes.n = 0;
    buf_clear(&r->gathered);
}

static struct sheet *begin_sheet(struct reading *r, enum kind kind)
{
    struct sheet *s = &r->collector->sheet;
    s->feed = r->feed;
    s->place = r->place;
    s->parent = r->node;
    s->gathered = &r->gathered;
    buf_clear(&s->line);
    sheet_begin(s, kind);
    return s;
}

static enum err_code check_needs(const struct feed *f, const cJSON *item, struct err *err)
{
    const cJSON *at = f->needs ? tree_at(item, f->needs) : item;
    if (!at || (cJSON_IsString(at) && at->valuestring[0] == '\0'))
        return err_set(err, ERR_PARSE, "the answer does not tell %s", f->needs);
    return ERR_OK;
}

static void add_record(struct reading *r, struct filling *to, const struct sheet *s, const char *arn)
{
    struct estate *e = r->collector->estate;
    struct record before;
    uint32_t node = estate_node(e, s->kind, arn, strlen(arn));
    to->n_new += !estate_current(e, node, &before);
    sheet_write(s, draft_row(to->draft, node));
    if (to == r->lists)
        VEC_PUSH(r->nodes, node);
}

static enum err_code list_item(struct reading *r, const struct feed_part *part, const cJSON *item,
                               struct err *err)
{
    struct filling *to = r->lists;
    while (to->list != part->list)
        to++;
    struct sheet *s = begin_sheet(r, list_row(part->list)->kind);
    const char *arn = NULL;
    enum err_code code = part->identify ? part->identify(s, item, &arn, err)
                                        : need_text(item, part->arn, &arn, err);
    if (code == ERR_OK && !arn)
        return ERR_OK; /* not one of ours */
    if (code == ERR_OK)
        code = check_needs(r->feed, item, err);
    if (code == ERR_OK)
        code = sheet_read(s, FACET_LIST_, item, err);
    if (code == ERR_OK && r->feed->key.member)
        code = sheet_store_key(s, &r->feed->key, item, err);
    if (code == ERR_OK && part->finish)
        code = part->finish(s, item, err);
    if (code == ERR_OK)
        add_record(r, to, s, arn);
    return code;
}

static enum err_code gather_item(struct reading *r, const struct feed_part *part, const cJSON *item,
                                 struct err *err)
{
    return part->finish(&r->collector->sheet, item, err);
}

typedef enum err_code take_item(struct reading *r, const struct feed_part *part, const cJSON *item,
                                struct err *err);

static enum err_code only_item(struct reading *r, const struct feed_part *part, const cJSON *tree,
                               take_item *take, struct err *err)
{
    const cJSON *item = tree_at(tree, part->items);
    return cJSON_IsObject(item) ? take(r, part, item, err)
                                : err_set(err, ERR_PARSE, "the answer's %s is no object", part->items);
}

static enum err_code each_item(struct reading *r, const struct feed_part *part, const cJSON *tree,
                               take_item *take, struct err *err)
{
    if (r->feed->is_one)
        return only_item(r, part, tree, take, err);
    struct tree_list list;
    bool are_texts = r->feed->are_texts;
    enum err_code code = tree_list(tree, part->items, part->item, &list, err);
    for (const cJSON *item; code == ERR_OK && (item = tree_next(&list));)
        code = (are_texts ? cJSON_IsString(item) : cJSON_IsObject(item))
                   ? take(r, part, item, err)
                   : err_set(err, ERR_PARSE, "the answer's %s has an item that is no %s", part->items,
                             are_texts ? "text" : "object");
    return code;
}

/* The lists of the items of a list. */
static enum err_code each_within(struct reading *r, const struct feed_part *part, const cJSON *tree,
                                 struct err *err)
{
    struct tree_list outer;
    enum err_code code = tree_list(tree, part->within, part->item, &outer, err);
    struct sheet *s = &r->collector->sheet;
    while (code == ERR_OK && (s->outer = tree_next(&outer)))
        code = each_item(r, part, s->outer, list_item, err);
    s->outer = NULL;
    return code;
}

/* The feed itself, of an answer that holds one list. */
static struct feed_part own_part(const struct feed *f)
{
    return (struct feed_part){.list = f->list, .items = f->items, .item = f->item, .arn = f->arn,
                              .identify = f->identify, .finish = f->finish};
}

/* AWS writes an empty list where nothing is: an answer without its list is half an answer. A page of several
 * lists may lack those that it holds nothing of, as the items may lack their own:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
static enum err_code need_list(const struct feed *f, const struct feed_part *part, const cJSON *tree,
                               struct err *err)
{
    const char *first = part->items;
    bool is_there = f->may_lack_items || f->is_one;
    for (; !is_there && part->list; part++)
        is_there = tree_at(tree, part->items) != NULL;
    return is_there ? ERR_OK : err_set(err, ERR_PARSE, "the answer does not tell %s", first);
}

static enum err_code lists_page(struct reading *r, const cJSON *tree, struct err *err)
{
    struct feed_part own[] = {own_part(r->feed), {.list = LIST_NONE}};
    const struct feed_part *part = r->feed->parts ? r->feed->parts : own;
    enum err_code code = need_list(r->feed, part, tree, err);
    for (; code == ERR_OK && part->list; part++)
        code = part->within ? each_within(r, part, tree, err) : each_item(r, part, tree, list_item, err);
    return code;
}

static enum err_code facet_page(struct reading *r, const cJSON *tree, struct err *err)
{
    const struct feed *f = r->feed;
    struct feed_part own = own_part(f);
    struct sheet *s = begin_sheet(r, f->of);
    if (f->items && !tree_at(tree, f->items))
        return err_set(err, ERR_PARSE, "the answer does not tell %s", f->items);
    if (f->items)
        return each_item(r, &own, tree, gather_item, err);
    enum err_code code = check_needs(f, tree, err);
    if (code == ERR_OK)
        code = sheet_read(s, f->facet, tree, err);
    if (code == ERR_OK && f->key.member)
        code = sheet_store_key(s, &f->key, tree, err);
    if (code == ERR_OK && f->finish)
        code = f->finish(s, tree, err);
    return code;
}

enum err_code reading_page(struct reading *r, const cJSON *tree, int page, struct err *err)
{
    if (page == 0)
        begin_again(r);
    return r->n_lists > 0 ? lists_page(r, tree, err) : facet_page(r, tree, err);
}

void reading_show(struct reading *r)
{
    for (size_t i = 0; i < r->n_lists; i++) {
        struct filling *to = &r->lists[i];
        if (!to->draft || draft_count(to->draft) < 2 * to->n_shown)
            continue;
        to->n_shown = draft_count(to->draft);
        estate_loading(r->collector->estate, to->slot, to->draft);
    }
}

static void facet_done(struct reading *r, int64_t seen_at)
{
    const struct feed *f = r->feed;
    struct estate *e = r->collector->estate;
    struct sheet *s = &r->collector->sheet;
    uint32_t *row = estate_edit(e, r->slot, r->node, f->facet);
    if (!row)
        return;
    if (f->gathers && r->gathered.len > 0)
        sheet_bytes(s, f->gathers, r->gathered.data, r->gathered.len);
    sheet_write(s, row);
    estate_set_facet(e, r->slot, r->node, f->facet, TRUTH_KNOWN, 0, seen_at);
}

static uint32_t rows_now(struct estate *e, uint32_t slot)
{
    const struct generation *g = estate_acquire(e);
    uint32_t n = slice_rows(generation_slice(g, slot));
    generation_release(g);
    return n;
}

bool reading_done(struct reading *r, int64_t seen_at)
{
    bool may_be_gone = false;
    if (r->n_lists == 0 && r->slot)
        facet_done(r, seen_at);
    for (size_t i = 0; i < r->n_lists; i++) {
        struct filling *to = &r->lists[i];
        size_t before = rows_now(r->collector->estate, to->slot);
        may_be_gone |= before + to->n_new > draft_count(to->draft);
        estate_complete(to->draft, seen_at);
        to->draft = NULL;
    }
    return may_be_gone;
}

enum truth reading_failed(struct reading *r, const struct err *err, int64_t tried_at)
{
    struct estate *e = r->collector->estate;
    enum truth truth = feed_truth(r->feed, err);
    uint32_t failure = truth == TRUTH_ABSENT ? 0 : estate_failure(e, op_get(r->feed->op)->id, err);
    for (size_t i = 0; i < r->n_lists; i++)
        estate_failed(e, r->lists[i].slot, r->lists[i].draft, truth, failure, tried_at);
    if (r->n_lists == 0 && r->slot)
        estate_set_facet(e, r->slot, r->node, r->feed->facet, truth, failure, tried_at);
    return truth;
}

void reading_unsupported(struct reading *r, int64_t at)
{
    struct estate *e = r->collector->estate;
    for (size_t i = 0; i < r->n_lists; i++)
        estate_failed(e, r->lists[i].slot, NULL, TRUTH_UNSUPPORTED, 0, at);
    if (r->n_lists == 0 && r->slot)
        estate_set_facet(e, r->slot, r->node, r->feed->facet, TRUTH_UNSUPPORTED, 0, at);
}
