/* internal: what the files of estate/ share. Nobody else includes this.
 *
 *   names.c       strings, nodes, scopes, slots, failures: append-only, never move
 *   slice.c       bodies (rows and their edges, sorted), slices, row filling
 *   generation.c  what readers do
 *   write.c       drafts, facets, publishing: what the one writer does
 *
 * Locks. names_lock guards the hash indexes (any thread looks up, the writer adds). current_lock guards the
 * pointer to the newest generation. Everything a reader follows otherwise is immutable, append-only behind
 * an atomic count, or one of the two atomics of a node. */
#ifndef KEYFALL_ESTATE_INTERNAL_H
#define KEYFALL_ESTATE_INTERNAL_H

#include "backend/base/strtab.h"
#include "backend/estate/estate.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- append-only vectors whose elements never move ---------------------------------------------- */

#define STABLE_FIRST_BITS 8 /* the first chunk holds 256 elements, each next one twice as many */
#define STABLE_CHUNKS 24

struct stable {
    size_t size;               /* of an element */
    _Atomic uint32_t n;
    char *chunks[STABLE_CHUNKS];
};
void stable_init(struct stable *v, size_t size);
void stable_free(struct stable *v);
void *stable_push(struct stable *v, uint32_t *index); /* zeroed; visible to readers at stable_commit */
void stable_commit(struct stable *v);
void *stable_at(const struct stable *v, uint32_t index);
uint32_t stable_count(const struct stable *v);
size_t stable_bytes(const struct stable *v);

/* ---- an open-addressing index from a hash to a 32-bit id, 0 being none ---------------------------- */

struct index {
    uint32_t *ids;
    uint32_t n, mask;
};

/* ---- names ------------------------------------------------------------------------------------ */

#define HOME_BITS 24
#define HOME_MASK ((1u << HOME_BITS) - 1)

struct node {
    uint32_t prefix;              /* string: the ARN up to and with its last ':' or '/' */
    uint32_t tail;                /* offset in tails of the rest, NUL-terminated */
    _Atomic uint32_t kind_home;   /* kind << 24 | slot where the record stands (0: a stub so far) */
    _Atomic uint32_t mentions;    /* head of the list of slots that ever had an edge to it; 0: none */
};
struct mention {
    uint32_t slot, next;
};
struct scope {
    uint32_t account, region; /* strings */
};
struct failure_entry {
    enum err_code code;
    uint32_t operation, aws_code, text, request_id; /* strings */
};

#define TAIL_CHUNK (1u << 20)
#define TAIL_CHUNKS 4096

struct work;
struct slot {
    uint32_t scope, parent;
    enum list list;
    const struct slice *newest; /* writer: what was last frozen; NULL: never asked */
    struct work *work;          /* writer: changes since; NULL: none */
    uint32_t next_dirty;        /* writer: list of slots with changes */
    bool is_dirty;
};

struct estate {
    struct strtab *strings;
    struct stable nodes, mentions, scopes, slots, failures;
    struct stable kind_slots[KIND_COUNT]; /* uint32_t: slots of a kind's lists */
    char *tails[TAIL_CHUNKS];
    uint32_t tail_end;
    uint64_t hash_seed;
    struct index node_index, slot_index, scope_index, failure_index;
    pthread_mutex_t names_lock;

    pthread_mutex_t current_lock;
    struct generation *current;

    uint32_t dirty;             /* head of the dirty slots; 0: none */
    bool has_new_slots;
    _Atomic size_t slice_bytes, graph_bytes;
};

struct node *node_at(const struct estate *e, uint32_t node);
struct slot *slot_at(const struct estate *e, uint32_t slot);
uint32_t node_home(const struct estate *e, uint32_t node);
void node_set_home(struct estate *e, uint32_t node, uint32_t slot);
void node_mention(struct estate *e, uint32_t node, uint32_t slot, bool may_be_there);

/* ---- slices ----------------------------------------------------------------------------------- */

/* Where one facet of one record stands, packed. */
struct facet_cell {
    uint32_t read_at;          /* UTC seconds, unsigned; 0: never */
    uint32_t truth_failure;    /* truth in the low 4 bits */
};

struct body {
    _Atomic int refs;
    uint32_t n_rows, row_words;
    uint32_t *rows;            /* sorted by node, the first word of each */
    uint32_t n_targets;
    uint32_t *targets;         /* sorted nodes that rows hang on */
    uint32_t *offsets;         /* n_targets + 1 into sources */
    uint32_t *sources;         /* edge << 27 | row */
    size_t row_bytes, graph_bytes;
};
#define SOURCE_ROW_BITS 27
#define SOURCE_ROW_MASK ((1u << SOURCE_ROW_BITS) - 1)

struct slice {
    _Atomic int refs;
    struct estate *estate;
    uint32_t slot;
    enum kind kind;
    enum truth truth;
    bool is_complete;
    int64_t seen_at, tried_at, missed_at;
    uint32_t failure;
    struct body *body;         /* never NULL */
    struct facet_cell *facets; /* n_rows x the kind's own facets, or NULL if it has none */
};

struct body *body_new(struct estate *e, enum kind kind, uint32_t *rows, uint32_t n_rows); /* takes rows */
void body_release(struct estate *e, struct body *b);
bool body_has_target(const struct body *b, uint32_t node, uint32_t *at, uint32_t *end);
/* The row of a node; UINT32_MAX if it is not there. */
uint32_t rows_find(const uint32_t *rows, uint32_t n_rows, uint32_t row_words, uint32_t node);
void row_init(uint32_t *row, enum kind kind, uint32_t node);
void row_clear_facet(uint32_t *row, enum kind kind, enum facet facet);
void row_copy_facets(uint32_t *to, const uint32_t *from, enum kind kind); /* all but the list's */
void slice_release(const struct slice *s);
size_t slice_facet_bytes(const struct slice *s);

static inline enum truth cell_truth(struct facet_cell c)
{
    return (enum truth)(c.truth_failure & 15);
}
static inline struct facet_cell cell_make(enum truth t, uint32_t failure, int64_t read_at)
{
    return (struct facet_cell){.read_at = read_at > 0 ? (uint32_t)read_at : 0,
                               .truth_failure = failure << 4 | (uint32_t)t};
}

/* ---- generations ------------------------------------------------------------------------------ */

#define PAGE_BITS 8
#define PAGE_SLOTS (1u << PAGE_BITS)

struct page {
    _Atomic int refs;
    const struct slice *slices[PAGE_SLOTS];
};
struct generation {
    _Atomic int refs;
    struct estate *estate;
    uint64_t number;
    uint32_t n_slots, n_pages; /* slots 1 .. n_slots */
    struct page *pages[];
};
void page_release(struct page *p);

/* ---- the writer ------------------------------------------------------------------------------- */

/* A slot's changes since its newest slice: a slice of its own whose rows may still change. */
struct work {
    struct slice slice;
    struct body body;
    bool rows_changed;
};
void work_free(struct work *w);

/* How a slice stands that was kept somewhere (unpack.c). */
struct slice_state {
    enum truth truth;
    bool is_complete;
    int64_t seen_at, tried_at, missed_at;
    uint32_t failure;
};
struct draft;
/* Puts a draft's rows, with the own facets of each as it was drafted, into its slot in the place of what is there. */
void estate_restore(const struct draft *d, const struct slice_state *state, const struct facet_cell *cells);

#endif
