#include "backend/collect/products_internal.h"

#include "backend/base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_PART_MAX 64

/* ---- rows -------------------------------------------------------------------------------------- */

struct product_row *row_add(struct deriving *d, enum list list, const char *account, const char *region,
                            const char *id)
{
    struct product_row row = {.list = list, .account = account, .region = region, .id = id};
    row.seen_at = TIME_NONE;
    VEC_PUSH(d->rows, row);
    return &d->rows.items[d->rows.n - 1];
}

static void field_add(struct product_row *row, struct product_field field)
{
    if (row->n_fields < PRODUCT_FIELDS)
        row->fields[row->n_fields++] = field;
}

void row_say(struct product_row *row, enum attr attr, const char *text)
{
    if (text && text[0])
        field_add(row, (struct product_field){.attr = attr, .text = text, .len = strlen(text)});
}

void row_say_node(struct product_row *row, enum attr attr, uint32_t node)
{
    if (node)
        field_add(row, (struct product_field){.attr = attr, .node = node});
}

void row_say_items(struct deriving *d, struct product_row *row, enum attr attr, const struct buf *items)
{
    if (items->len > 0)
        field_add(row, (struct product_field){.attr = attr,
                                              .text = arena_strndup(d->arena, items->data, items->len),
                                              .len = items->len});
}

void row_seen(struct product_row *row, const struct slice *s)
{
    int64_t at = s ? slice_seen_at(s) : TIME_NONE;
    if (at != TIME_NONE && (row->seen_at == TIME_NONE || at < row->seen_at))
        row->seen_at = at;
}

void row_say_source(struct product_row *row, enum attr attr, bool by_tags, bool by_settings)
{
    row_say(row, attr, by_tags && by_settings ? "tags and configuration" : by_tags ? "tags" : "configuration");
}

/* ---- reading ----------------------------------------------------------------------------------- */

const char *tag_of(const struct record *key, const char *name)
{
    struct value tags = record_value(key, ATTR_KEY_TAGS);
    for (const char *item = NULL; (item = value_next(&tags, item));) {
        const char *value = value_next(&tags, item);
        if (!value)
            return NULL;
        if (strcmp(item, name) == 0)
            return value;
        item = value;
    }
    return NULL;
}

const char *word_of(struct deriving *d, const char *text, size_t n)
{
    static const char between[] = ", \t\n";
    text += strspn(text, between);
    for (; n > 0 && *text; n--) {
        text += strcspn(text, between);
        text += strspn(text, between);
    }
    return *text ? arena_strndup(d->arena, text, strcspn(text, between)) : NULL;
}

const char *id_part(struct deriving *d, const char *word)
{
    char *part = arena_strndup(d->arena, word, strnlen(word, ID_PART_MAX));
    for (char *p = part; *p; p++)
        if (*p == '/' || *p == ':' || *p == ' ' || (unsigned char)*p < ' ')
            *p = '_';
    return part;
}

void place_of(struct deriving *d, uint32_t node, const char **account, const char **region)
{
    char a[16], r[40];
    node_place(d->estate, node, a, r);
    *account = arena_strdup(d->arena, a);
    *region = arena_strdup(d->arena, r);
}

const char *arn_of(struct deriving *d, uint32_t node)
{
    struct buf arn = {0};
    node_arn(d->estate, node, &arn);
    const char *text = arena_strndup(d->arena, arn.data ? arn.data : "", arn.len);
    buf_free(&arn);
    return text;
}

uint32_t resolved_key(const struct generation *g, uint32_t node)
{
    struct record alias;
    if (!node || node_kind(generation_estate(g), node) != KIND_ALIAS)
        return node;
    struct value key = {.is = VALUE_ABSENT};
    if (generation_record(g, node, &alias))
        key = record_value(&alias, ATTR_ALIAS_KEY);
    return key.is == VALUE_KNOWN ? key.node : 0;
}

bool has_text(const struct texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

void conflict_add(struct deriving *d, const char **conflict, const char *fmt, ...)
{
    char one[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(one, sizeof one, fmt, args);
    va_end(args);
    *conflict = arena_printf(d->arena, "%s%s%s", *conflict ? *conflict : "", *conflict ? "; " : "", one);
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* A slot that was written, and what: the same is not written again. */
struct written {
    uint32_t slot;
    uint64_t hash;
    const struct product_row *rows; /* of the derivation at hand */
    size_t n;
    bool differs;
};

struct products {
    struct estate *estate;
    const struct product_settings *settings;
    int64_t since_utc;         /* when what only the configuration says was "seen" */
    VEC(struct written) written;
};

struct products *products_new(struct estate *e, const struct product_settings *settings, int64_t now_utc)
{
    struct products *p = mem_alloc(sizeof *p);
    p->estate = e;
    p->settings = settings;
    p->since_utc = now_utc;
    return p;
}

void products_free(struct products *p)
{
    if (!p)
        return;
    VEC_FREE(p->written);
    mem_free(p);
}

static int row_order(const void *a, const void *b)
{
    const struct product_row *x = a, *y = b;
    if (x->list != y->list)
        return x->list < y->list ? -1 : 1;
    int order = strcmp(x->account, y->account);
    if (order == 0)
        order = strcmp(x->region, y->region);
    return order != 0 ? order : strcmp(x->id, y->id);
}

static bool same_slot(const struct product_row *a, const struct product_row *b)
{
    return a->list == b->list && strcmp(a->account, b->account) == 0 && strcmp(a->region, b->region) == 0;
}

static uint64_t rows_hash(const struct product_row *rows, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++) {
        hash = hash_bytes(rows[i].id, strlen(rows[i].id), hash);
        hash = hash_bytes(&rows[i].seen_at, sizeof rows[i].seen_at, hash);
        for (int f = 0; f < rows[i].n_fields; f++) {
            const struct product_field *field = &rows[i].fields[f];
            int64_t head[] = {(int64_t)field->attr, field->node, (int64_t)field->len};
            hash = hash_bytes(head, sizeof head, hash);
            hash = hash_bytes(field->text ? field->text : "", field->len, hash);
        }
    }
    return hash;
}

static void write_slot(struct products *p, uint32_t slot, const struct product_row *rows, size_t n)
{
    struct draft *draft = draft_new(p->estate, slot);
    int64_t seen_at = TIME_NONE;
    enum kind kind = list_row(slot_list(p->estate, slot))->kind;
    for (size_t i = 0; i < n; i++) {
        uint32_t *row = draft_row(draft, estate_node(p->estate, kind, rows[i].id, strlen(rows[i].id)));
        for (int f = 0; f < rows[i].n_fields; f++) {
            const struct product_field *field = &rows[i].fields[f];
            if (field->node)
                row_node(row, field->attr, field->node);
            else
                row_text(p->estate, row, field->attr, field->text, field->len);
        }
        if (rows[i].seen_at != TIME_NONE && (seen_at == TIME_NONE || rows[i].seen_at < seen_at))
            seen_at = rows[i].seen_at;
    }
    estate_complete(draft, seen_at != TIME_NONE ? seen_at : p->since_utc);
}

static struct written *written_get(struct products *p, uint32_t slot)
{
    for (size_t i = 0; i < p->written.n; i++)
        if (p->written.items[i].slot == slot)
            return &p->written.items[i];
    VEC_PUSH(p->written, ((struct written){.slot = slot, .hash = rows_hash(NULL, 0)}));
    return &p->written.items[p->written.n - 1];
}

/* What each slot holds now. */
static void note_rows(struct products *p, const struct deriving *d)
{
    for (size_t i = 0; i < p->written.n; i++)
        p->written.items[i].n = 0;
    for (size_t i = 0, end; i < d->rows.n; i = end) {
        const struct product_row *rows = &d->rows.items[i];
        for (end = i + 1; end < d->rows.n && same_slot(rows, &d->rows.items[end]);)
            end++;
        uint32_t scope = estate_scope(p->estate, rows->account, rows->region);
        struct written *w = written_get(p, estate_slot(p->estate, scope, rows->list, 0));
        w->rows = rows;
        w->n = end - i;
    }
}

/* A record has one home, the first list that holds it: all lists that change are emptied before one is filled, so
 * that a record that goes from one to another is at home where it is now. */
static bool write_rows(struct products *p)
{
    bool differs = false;
    for (size_t i = 0; i < p->written.n; i++) {
        struct written *w = &p->written.items[i];
        uint64_t hash = rows_hash(w->rows, w->n);
        w->differs = w->hash != hash;
        w->hash = hash;
        differs |= w->differs;
        if (w->differs)
            write_slot(p, w->slot, NULL, 0);
    }
    for (size_t i = 0; i < p->written.n; i++) {
        const struct written *w = &p->written.items[i];
        if (w->differs && w->n > 0)
            write_slot(p, w->slot, w->rows, w->n);
    }
    return differs;
}

bool products_write(struct products *p)
{
    struct deriving d = {.estate = p->estate,
                         .generation = estate_acquire(p->estate),
                         .settings = p->settings,
                         .arena = arena_new()};
    derive_ekm(&d);
    derive_credentials(&d);
    derive_autobackup(&d);
    if (d.rows.n > 0)
        qsort(d.rows.items, d.rows.n, sizeof *d.rows.items, row_order);
    note_rows(p, &d);
    bool differs = write_rows(p);
    VEC_FREE(d.rows);
    arena_free(d.arena);
    generation_release(d.generation);
    return differs;
}
