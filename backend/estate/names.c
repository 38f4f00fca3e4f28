#include "backend/estate/internal.h"

#include "backend/base/hash.h"

#include <assert.h>
#include <string.h>

/* ---- append-only vectors ------------------------------------------------------------------------ */

void stable_init(struct stable *v, size_t size)
{
    memset(v, 0, sizeof *v);
    v->size = size;
}

void stable_free(struct stable *v)
{
    for (int i = 0; i < STABLE_CHUNKS; i++)
        mem_free(v->chunks[i]);
    memset(v, 0, sizeof *v);
}

/* Element i lies in chunk c at offset o: chunk c begins at 256 * (2^c - 1). */
static void stable_place(uint32_t index, int *chunk, uint32_t *offset)
{
    uint64_t shifted = (uint64_t)index + (1u << STABLE_FIRST_BITS);
    *chunk = 63 - __builtin_clzll(shifted) - STABLE_FIRST_BITS;
    *offset = (uint32_t)(shifted - ((uint64_t)1 << (*chunk + STABLE_FIRST_BITS)));
}

void *stable_at(const struct stable *v, uint32_t index)
{
    int chunk;
    uint32_t offset;
    stable_place(index, &chunk, &offset);
    return v->chunks[chunk] + (size_t)offset * v->size;
}

void *stable_push(struct stable *v, uint32_t *index)
{
    uint32_t i = atomic_load_explicit(&v->n, memory_order_relaxed);
    int chunk;
    uint32_t offset;
    stable_place(i, &chunk, &offset);
    assert(chunk < STABLE_CHUNKS);
    if (!v->chunks[chunk])
        v->chunks[chunk] = mem_alloc_array((size_t)1 << (chunk + STABLE_FIRST_BITS), v->size);
    *index = i;
    return v->chunks[chunk] + (size_t)offset * v->size;
}

void stable_commit(struct stable *v)
{
    uint32_t n = atomic_load_explicit(&v->n, memory_order_relaxed);
    atomic_store_explicit(&v->n, n + 1, memory_order_release);
}

uint32_t stable_count(const struct stable *v)
{
    return atomic_load_explicit(&v->n, memory_order_acquire);
}

size_t stable_bytes(const struct stable *v)
{
    return (size_t)stable_count(v) * v->size;
}

/* ---- the index ---------------------------------------------------------------------------------- */

typedef bool index_equal(const struct estate *e, uint32_t id, const void *key);
typedef uint64_t index_hash(const struct estate *e, uint32_t id);

static uint32_t index_find(const struct estate *e, const struct index *x, uint64_t hash,
                           index_equal *equal, const void *key)
{
    if (!x->ids)
        return 0;
    for (uint32_t i = (uint32_t)hash & x->mask; x->ids[i]; i = (i + 1) & x->mask)
        if (equal(e, x->ids[i], key))
            return x->ids[i];
    return 0;
}

static void index_put(struct index *x, uint64_t hash, uint32_t id)
{
    uint32_t i = (uint32_t)hash & x->mask;
    while (x->ids[i])
        i = (i + 1) & x->mask;
    x->ids[i] = id;
}

static void index_add(const struct estate *e, struct index *x, uint64_t hash, uint32_t id,
                      index_hash *rehash)
{
    if (!x->ids || (uint64_t)(x->n + 1) * 4 > (uint64_t)(x->mask + 1) * 3) {
        struct index grown = {.n = x->n, .mask = x->ids ? x->mask * 2 + 1 : 255};
        grown.ids = mem_alloc_array((size_t)grown.mask + 1, sizeof *grown.ids);
        for (uint32_t i = 0; x->ids && i <= x->mask; i++)
            if (x->ids[i])
                index_put(&grown, rehash(e, x->ids[i]), x->ids[i]);
        mem_free(x->ids);
        *x = grown;
    }
    index_put(x, hash, id);
    x->n++;
}

/* ---- strings ------------------------------------------------------------------------------------ */

uint32_t estate_string(struct estate *e, const char *s, size_t len)
{
    return strtab_add(e->strings, s, len);
}

const char *estate_text(const struct estate *e, uint32_t string, size_t *len)
{
    return strtab_get(e->strings, string, len);
}

/* ---- nodes -------------------------------------------------------------------------------------- */

struct node *node_at(const struct estate *e, uint32_t node)
{
    return stable_at(&e->nodes, node);
}

uint32_t estate_node_count(const struct estate *e)
{
    return stable_count(&e->nodes) - 1;
}

enum kind node_kind(const struct estate *e, uint32_t node)
{
    return (enum kind)(atomic_load_explicit(&node_at(e, node)->kind_home, memory_order_relaxed)
                       >> HOME_BITS);
}

uint32_t node_home(const struct estate *e, uint32_t node)
{
    return atomic_load_explicit(&node_at(e, node)->kind_home, memory_order_acquire) & HOME_MASK;
}

void node_set_home(struct estate *e, uint32_t node, uint32_t slot)
{
    assert(slot <= HOME_MASK);
    struct node *n = node_at(e, node);
    uint32_t kind = atomic_load_explicit(&n->kind_home, memory_order_relaxed) & ~HOME_MASK;
    atomic_store_explicit(&n->kind_home, kind | slot, memory_order_release);
}

const char *node_tail(const struct estate *e, uint32_t node)
{
    uint32_t at = node_at(e, node)->tail;
    return e->tails[at / TAIL_CHUNK] + at % TAIL_CHUNK;
}

uint32_t node_head(const struct estate *e, uint32_t node)
{
    return node_at(e, node)->prefix;
}

static const char *node_prefix(const struct estate *e, uint32_t node, size_t *len)
{
    return strtab_get(e->strings, node_at(e, node)->prefix, len);
}

void node_arn(const struct estate *e, uint32_t node, struct buf *out)
{
    size_t len;
    const char *prefix = node_prefix(e, node, &len);
    buf_add(out, prefix, len);
    buf_adds(out, node_tail(e, node));
}

/* Bytes of the ARN up to and with its last ':' or '/', which many ARNs share. */
static size_t prefix_of(const char *arn, size_t len)
{
    while (len > 0 && arn[len - 1] != ':' && arn[len - 1] != '/')
        len--;
    return len;
}

static uint64_t node_hash_parts(const struct estate *e, enum kind kind, const char *prefix,
                                size_t prefix_len, const char *tail, size_t tail_len)
{
    return hash_bytes(tail, tail_len, hash_bytes(prefix, prefix_len, e->hash_seed + (uint64_t)kind));
}

static uint64_t node_hash(const struct estate *e, uint32_t node)
{
    size_t len;
    const char *prefix = node_prefix(e, node, &len);
    const char *tail = node_tail(e, node);
    return node_hash_parts(e, node_kind(e, node), prefix, len, tail, strlen(tail));
}

struct node_key {
    enum kind kind;
    const char *arn;
    size_t prefix_len, len;
};

static bool node_equal(const struct estate *e, uint32_t node, const void *key)
{
    const struct node_key *k = key;
    if (node_kind(e, node) != k->kind)
        return false;
    size_t len;
    const char *prefix = node_prefix(e, node, &len);
    const char *tail = node_tail(e, node);
    return len == k->prefix_len && strlen(tail) == k->len - len && memcmp(prefix, k->arn, len) == 0
           && memcmp(tail, k->arn + len, k->len - len) == 0;
}

static uint32_t tail_add(struct estate *e, const char *tail, size_t len)
{
    assert(len + 1 <= TAIL_CHUNK);
    if (e->tail_end % TAIL_CHUNK + len + 1 > TAIL_CHUNK)
        e->tail_end += TAIL_CHUNK - e->tail_end % TAIL_CHUNK;
    uint32_t chunk = e->tail_end / TAIL_CHUNK;
    assert(chunk < TAIL_CHUNKS);
    if (!e->tails[chunk])
        e->tails[chunk] = mem_alloc(TAIL_CHUNK);
    uint32_t at = e->tail_end;
    memcpy(e->tails[chunk] + at % TAIL_CHUNK, tail, len);
    e->tail_end += (uint32_t)len + 1;
    return at;
}

/* An ARN has no NUL; a name that came with one ends there. AWS's longest ARN is 2,048 bytes. */
#define ARN_MAX 65535

static struct node_key node_key(enum kind kind, const char *arn, size_t len)
{
    len = strnlen(arn, len < ARN_MAX ? len : ARN_MAX);
    return (struct node_key){kind, arn, prefix_of(arn, len), len};
}

static uint64_t node_key_hash(const struct estate *e, const struct node_key *k)
{
    return node_hash_parts(e, k->kind, k->arn, k->prefix_len, k->arn + k->prefix_len,
                           k->len - k->prefix_len);
}

uint32_t estate_find_node(const struct estate *e, enum kind kind, const char *arn, size_t len)
{
    struct node_key key = node_key(kind, arn, len);
    pthread_mutex_t *lock = (pthread_mutex_t *)&e->names_lock;
    pthread_mutex_lock(lock);
    uint32_t node = index_find(e, &e->node_index, node_key_hash(e, &key), node_equal, &key);
    pthread_mutex_unlock(lock);
    return node;
}

uint32_t estate_node(struct estate *e, enum kind kind, const char *arn, size_t len)
{
    struct node_key key = node_key(kind, arn, len);
    uint64_t hash = node_key_hash(e, &key);
    pthread_mutex_lock(&e->names_lock);
    uint32_t id = index_find(e, &e->node_index, hash, node_equal, &key);
    if (!id) {
        struct node *node = stable_push(&e->nodes, &id);
        node->prefix = strtab_add(e->strings, arn, key.prefix_len);
        node->tail = tail_add(e, arn + key.prefix_len, key.len - key.prefix_len);
        atomic_init(&node->kind_home, (uint32_t)kind << HOME_BITS);
        stable_commit(&e->nodes);
        index_add(e, &e->node_index, hash, id, node_hash);
    }
    pthread_mutex_unlock(&e->names_lock);
    return id;
}

int node_compare(const struct estate *e, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    size_t a_len, b_len;
    const char *a_prefix = node_prefix(e, a, &a_len), *b_prefix = node_prefix(e, b, &b_len);
    const char *a_tail = node_tail(e, a), *b_tail = node_tail(e, b);
    if (a_prefix == b_prefix)
        return strcmp(a_tail, b_tail);
    size_t common = a_len < b_len ? a_len : b_len;
    int order = memcmp(a_prefix, b_prefix, common);
    if (order != 0)
        return order;
    /* one prefix begins with the other: go on in the shorter one's tail */
    const char *x = common < a_len ? a_prefix + common : a_tail;
    const char *y = common < b_len ? b_prefix + common : b_tail;
    for (;; x++, y++) {
        if (*x == '\0' && x >= a_prefix && x <= a_prefix + a_len)
            x = a_tail;
        if (*y == '\0' && y >= b_prefix && y <= b_prefix + b_len)
            y = b_tail;
        if (*x != *y || *x == '\0')
            return (unsigned char)*x - (unsigned char)*y;
    }
}

void node_place(const struct estate *e, uint32_t node, char account[16], char region[40])
{
    account[0] = region[0] = '\0';
    size_t len;
    const char *p = node_prefix(e, node, &len);
    const char *arn = strstr(p, "arn:");
    if (!arn)
        return;
    const char *field[6] = {arn};
    for (int i = 1; i < 6; i++) {
        const char *colon = strchr(field[i - 1], ':');
        if (!colon)
            return;
        field[i] = colon + 1;
    }
    size_t region_len = (size_t)(field[4] - field[3] - 1), account_len = (size_t)(field[5] - field[4] - 1);
    if (region_len < 40 && account_len < 16) {
        memcpy(region, field[3], region_len);
        region[region_len] = '\0';
        memcpy(account, field[4], account_len);
        account[account_len] = '\0';
    }
}

/* may_be_there: this slot had an edge to the node before, so look first. */
void node_mention(struct estate *e, uint32_t node, uint32_t slot, bool may_be_there)
{
    struct node *n = node_at(e, node);
    uint32_t head = atomic_load_explicit(&n->mentions, memory_order_relaxed);
    for (uint32_t m = may_be_there ? head : 0; m;) {
        const struct mention *mention = stable_at(&e->mentions, m);
        if (mention->slot == slot)
            return;
        m = mention->next;
    }
    uint32_t index;
    struct mention *mention = stable_push(&e->mentions, &index);
    *mention = (struct mention){slot, head};
    stable_commit(&e->mentions);
    atomic_store_explicit(&n->mentions, index, memory_order_release);
}

/* ---- scopes ------------------------------------------------------------------------------------- */

static uint64_t scope_hash_of(const struct estate *e, const struct scope *s)
{
    return hash_bytes(s, sizeof *s, e->hash_seed);
}

static uint64_t scope_hash(const struct estate *e, uint32_t scope)
{
    return scope_hash_of(e, stable_at(&e->scopes, scope));
}

static bool scope_equal(const struct estate *e, uint32_t scope, const void *key)
{
    return memcmp(stable_at(&e->scopes, scope), key, sizeof(struct scope)) == 0;
}

uint32_t estate_scope(struct estate *e, const char *account, const char *region)
{
    struct scope key = {strtab_adds(e->strings, account), strtab_adds(e->strings, region)};
    uint64_t hash = scope_hash_of(e, &key);
    pthread_mutex_lock(&e->names_lock);
    uint32_t id = index_find(e, &e->scope_index, hash, scope_equal, &key);
    if (!id) {
        struct scope *scope = stable_push(&e->scopes, &id);
        *scope = key;
        stable_commit(&e->scopes);
        index_add(e, &e->scope_index, hash, id, scope_hash);
    }
    pthread_mutex_unlock(&e->names_lock);
    return id;
}

uint32_t estate_find_scope(const struct estate *e, const char *account, size_t account_len, const char *region,
                           size_t region_len)
{
    struct scope key = {strtab_find(e->strings, account, account_len), strtab_find(e->strings, region, region_len)};
    pthread_mutex_t *lock = (pthread_mutex_t *)&e->names_lock;
    pthread_mutex_lock(lock);
    uint32_t id = index_find(e, &e->scope_index, scope_hash_of(e, &key), scope_equal, &key);
    pthread_mutex_unlock(lock);
    return id;
}

uint32_t estate_scope_count(const struct estate *e)
{
    return stable_count(&e->scopes) - 1;
}

const char *scope_account(const struct estate *e, uint32_t scope)
{
    return strtab_get(e->strings, ((struct scope *)stable_at(&e->scopes, scope))->account, NULL);
}

const char *scope_region(const struct estate *e, uint32_t scope)
{
    return strtab_get(e->strings, ((struct scope *)stable_at(&e->scopes, scope))->region, NULL);
}

/* ---- slots -------------------------------------------------------------------------------------- */

struct slot *slot_at(const struct estate *e, uint32_t slot)
{
    return stable_at(&e->slots, slot);
}

struct slot_key {
    uint32_t scope, parent, list;
};

static struct slot_key slot_key_of(const struct slot *s)
{
    return (struct slot_key){s->scope, s->parent, (uint32_t)s->list};
}

static uint64_t slot_hash(const struct estate *e, uint32_t slot)
{
    struct slot_key key = slot_key_of(slot_at(e, slot));
    return hash_bytes(&key, sizeof key, e->hash_seed);
}

static bool slot_equal(const struct estate *e, uint32_t slot, const void *key)
{
    struct slot_key own = slot_key_of(slot_at(e, slot));
    return memcmp(&own, key, sizeof own) == 0;
}

uint32_t estate_find_slot(const struct estate *e, uint32_t scope, enum list list, uint32_t parent)
{
    struct slot_key key = {scope, parent, (uint32_t)list};
    pthread_mutex_t *lock = (pthread_mutex_t *)&e->names_lock;
    pthread_mutex_lock(lock);
    uint32_t id = index_find(e, &e->slot_index, hash_bytes(&key, sizeof key, e->hash_seed), slot_equal, &key);
    pthread_mutex_unlock(lock);
    return id;
}

uint32_t estate_slot(struct estate *e, uint32_t scope, enum list list, uint32_t parent)
{
    struct slot_key key = {scope, parent, (uint32_t)list};
    uint64_t hash = hash_bytes(&key, sizeof key, e->hash_seed);
    pthread_mutex_lock(&e->names_lock);
    uint32_t id = index_find(e, &e->slot_index, hash, slot_equal, &key);
    if (!id) {
        struct slot *slot = stable_push(&e->slots, &id);
        slot->scope = scope;
        slot->parent = parent;
        slot->list = list;
        stable_commit(&e->slots);
        index_add(e, &e->slot_index, hash, id, slot_hash);
        uint32_t at;
        struct stable *of_kind = &e->kind_slots[list_row(list)->kind];
        *(uint32_t *)stable_push(of_kind, &at) = id;
        stable_commit(of_kind);
        e->has_new_slots = true;
    }
    pthread_mutex_unlock(&e->names_lock);
    return id;
}

uint32_t estate_slot_count(const struct estate *e)
{
    return stable_count(&e->slots) - 1;
}

uint32_t slot_scope(const struct estate *e, uint32_t slot)
{
    return slot_at(e, slot)->scope;
}

enum list slot_list(const struct estate *e, uint32_t slot)
{
    return slot_at(e, slot)->list;
}

uint32_t slot_parent(const struct estate *e, uint32_t slot)
{
    return slot_at(e, slot)->parent;
}

uint32_t kind_slot(const struct estate *e, enum kind kind, uint32_t i)
{
    const struct stable *of_kind = &e->kind_slots[kind];
    return i < stable_count(of_kind) ? *(uint32_t *)stable_at(of_kind, i) : 0;
}

/* ---- failures: kept once by content, the request id being that of the first ------------------------ */

static uint64_t failure_hash_of(const struct estate *e, const struct failure_entry *f)
{
    uint32_t key[4] = {(uint32_t)f->code, f->operation, f->aws_code, f->text};
    return hash_bytes(key, sizeof key, e->hash_seed);
}

static uint64_t failure_hash(const struct estate *e, uint32_t failure)
{
    return failure_hash_of(e, stable_at(&e->failures, failure));
}

static bool failure_equal(const struct estate *e, uint32_t failure, const void *key)
{
    const struct failure_entry *a = stable_at(&e->failures, failure), *b = key;
    return a->code == b->code && a->operation == b->operation && a->aws_code == b->aws_code
           && a->text == b->text;
}

uint32_t estate_failure(struct estate *e, const char *operation, const struct err *err)
{
    struct failure_entry key = {.code = err->code,
                                .operation = strtab_adds(e->strings, operation),
                                .aws_code = strtab_adds(e->strings, err->aws_code),
                                .text = strtab_adds(e->strings, err->text)};
    uint64_t hash = failure_hash_of(e, &key);
    uint32_t id = index_find(e, &e->failure_index, hash, failure_equal, &key);
    if (!id) {
        key.request_id = strtab_adds(e->strings, err->request_id);
        *(struct failure_entry *)stable_push(&e->failures, &id) = key;
        stable_commit(&e->failures);
        index_add(e, &e->failure_index, hash, id, failure_hash);
    }
    return id;
}

void failure_get(const struct estate *e, uint32_t failure, struct failure *out)
{
    const struct failure_entry *f = stable_at(&e->failures, failure);
    *out = (struct failure){.code = f->code,
                            .operation = strtab_get(e->strings, f->operation, NULL),
                            .aws_code = strtab_get(e->strings, f->aws_code, NULL),
                            .text = strtab_get(e->strings, f->text, NULL),
                            .request_id = strtab_get(e->strings, f->request_id, NULL)};
}

/* ---- the estate --------------------------------------------------------------------------------- */

/* Ids count from 1: element 0 of each vector stands for "none". */
static void skip_zero(struct stable *v)
{
    uint32_t zero;
    (void)stable_push(v, &zero);
    stable_commit(v);
}

struct estate *estate_new(void)
{
    struct estate *e = mem_alloc(sizeof *e);
    e->strings = strtab_new();
    e->hash_seed = hash_seed();
    stable_init(&e->nodes, sizeof(struct node));
    stable_init(&e->mentions, sizeof(struct mention));
    stable_init(&e->scopes, sizeof(struct scope));
    stable_init(&e->slots, sizeof(struct slot));
    stable_init(&e->failures, sizeof(struct failure_entry));
    for (int k = 0; k < KIND_COUNT; k++)
        stable_init(&e->kind_slots[k], sizeof(uint32_t));
    skip_zero(&e->nodes);
    skip_zero(&e->mentions);
    skip_zero(&e->scopes);
    skip_zero(&e->slots);
    skip_zero(&e->failures);
    pthread_mutex_init(&e->names_lock, NULL);
    pthread_mutex_init(&e->current_lock, NULL);
    e->current = mem_alloc(sizeof *e->current);
    atomic_init(&e->current->refs, 1);
    e->current->estate = e;
    return e;
}

void estate_free(struct estate *e)
{
    if (!e)
        return;
    generation_release(e->current);
    for (uint32_t s = 1; s <= estate_slot_count(e); s++) {
        slice_release(slot_at(e, s)->newest);
        work_free(slot_at(e, s)->work);
    }
    struct stable *vectors[] = {&e->nodes, &e->mentions, &e->scopes, &e->slots, &e->failures};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        stable_free(vectors[i]);
    for (int k = 0; k < KIND_COUNT; k++)
        stable_free(&e->kind_slots[k]);
    for (int i = 0; i < TAIL_CHUNKS; i++)
        mem_free(e->tails[i]);
    struct index *indexes[] = {&e->node_index, &e->slot_index, &e->scope_index, &e->failure_index};
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        mem_free(indexes[i]->ids);
    strtab_free(e->strings);
    pthread_mutex_destroy(&e->names_lock);
    pthread_mutex_destroy(&e->current_lock);
    mem_free(e);
}

void estate_measure(struct estate *e, struct estate_size *out)
{
    memset(out, 0, sizeof *out);
    out->n_nodes = estate_node_count(e);
    out->n_slots = estate_slot_count(e);
    out->nodes = stable_bytes(&e->nodes) + e->tail_end
                 + (e->node_index.ids ? ((size_t)e->node_index.mask + 1) * sizeof(uint32_t) : 0);
    out->strings = strtab_bytes(e->strings);
    out->slices = atomic_load(&e->slice_bytes);
    out->graph = atomic_load(&e->graph_bytes) + stable_bytes(&e->mentions);
    out->slots = stable_bytes(&e->slots)
                 + (e->slot_index.ids ? ((size_t)e->slot_index.mask + 1) * sizeof(uint32_t) : 0);
    for (uint32_t s = 1; s <= out->n_slots; s++)
        if (slot_at(e, s)->newest)
            out->n_records += slot_at(e, s)->newest->body->n_rows;
    out->total = out->nodes + out->strings + out->slices + out->graph + out->slots;
}
