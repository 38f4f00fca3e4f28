/* estate: everything seen, as generations that readers hold and one writer extends.
 *
 * Names. A *node* is the identity (kind, ARN) of something seen or only named, a 32-bit number that is
 * never reused. A *scope* is an (account, region); region "" is the account as a whole. A *slot* is where
 * the answers of one list for one scope (and parent, for grants of a key or points of a vault) belong. A
 * *slice* is what stood in a slot at one moment: immutable, shared between generations. A *generation* is
 * one slice per slot. A *stub* is a node without a record in this generation.
 *
 * The graph is kept where its edges come from: each slice holds, sorted by target, which of its rows hang
 * on which node; and each node holds the slots that ever mentioned it. A dependent of X is found by
 * looking X up in the slices of those slots, so a refresh never touches the graph of what stayed.
 *
 * Threads: the estate has one writer thread (functions marked W). Any thread may take the newest
 * generation, hold it as long as it likes, and read it without locks; nodes, strings, scopes and slots are
 * append-only and never move. Times are UTC seconds. Sizes are bytes. */
#ifndef KEYFALL_ESTATE_ESTATE_H
#define KEYFALL_ESTATE_ESTATE_H

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/base/timefmt.h"
#include "backend/estate/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct estate;
struct generation;
struct slice;

struct estate *estate_new(void);
void estate_free(struct estate *e); /* after every generation is released */

/* ---- names: any thread may read, W adds ------------------------------------------------------- */

uint32_t estate_string(struct estate *e, const char *s, size_t len);                  /* W */
const char *estate_text(const struct estate *e, uint32_t string, size_t *len);

uint32_t estate_node(struct estate *e, enum kind kind, const char *arn, size_t len);  /* W */
uint32_t estate_find_node(const struct estate *e, enum kind kind, const char *arn, size_t len); /* 0 */
uint32_t estate_node_count(const struct estate *e);                   /* nodes are 1 .. count */
enum kind node_kind(const struct estate *e, uint32_t node);
/* Appends the ARN (or our own id) to out. */
void node_arn(const struct estate *e, uint32_t node, struct buf *out);
/* The part after the last ':' or '/': for lists that are short of room. NUL-terminated, stays. */
const char *node_tail(const struct estate *e, uint32_t node);
uint32_t node_head(const struct estate *e, uint32_t node); /* the part before it, which many share: a string */
int node_compare(const struct estate *e, uint32_t a, uint32_t b);     /* by ARN bytes */
/* Account and region as the ARN has them ("" if it has none), for stubs. Buffers of 16 and 40 bytes. */
void node_place(const struct estate *e, uint32_t node, char account[16], char region[40]);

uint32_t estate_scope(struct estate *e, const char *account, const char *region);     /* W */
uint32_t estate_find_scope(const struct estate *e, const char *account, size_t account_len, const char *region,
                           size_t region_len);                        /* 0 */
uint32_t estate_scope_count(const struct estate *e);                  /* scopes are 1 .. count */
const char *scope_account(const struct estate *e, uint32_t scope);
const char *scope_region(const struct estate *e, uint32_t scope);

uint32_t estate_slot(struct estate *e, uint32_t scope, enum list list, uint32_t parent); /* W */
uint32_t estate_find_slot(const struct estate *e, uint32_t scope, enum list list, uint32_t parent); /* 0 */
uint32_t estate_slot_count(const struct estate *e);                   /* slots are 1 .. count */
uint32_t slot_scope(const struct estate *e, uint32_t slot);
enum list slot_list(const struct estate *e, uint32_t slot);
uint32_t slot_parent(const struct estate *e, uint32_t slot);          /* 0: none */

/* ---- truth: where a slice or a facet stands ---------------------------------------------------- */

#define TRUTHS(X)                                                                                  \
    X(NOT_ASKED, "not asked", false)                                                               \
    X(LOADING, "loading", false)                                                                   \
    X(KNOWN, "known", true)                                                                        \
    X(ABSENT, "absent", true)           /* asked, and there is none: no policy, no rotation */     \
    X(DENIED, "denied", false)                                                                     \
    X(FAILED, "failed", false)                                                                     \
    X(STALE, "stale", false)            /* last good values; the newest attempt failed */          \
    X(UNSUPPORTED, "unsupported", true) /* AWS says that this does not exist for it */

enum truth {
#define X(id, text, sure) TRUTH_##id,
    TRUTHS(X)
#undef X
        TRUTH_COUNT
};
const char *truth_text(enum truth t);
/* KNOWN, ABSENT and UNSUPPORTED are facts; everything else is a blind spot. */
bool truth_is_sure(enum truth t);
/* Whether a facet that stands so is a blind spot: one that is read on demand is none before somebody asks. */
bool facet_is_unseen(enum facet facet, enum truth t);

/* Why something is not known. Kept once by content; id 0: no failure. */
struct failure {
    enum err_code code;
    const char *operation, *aws_code, *text, *request_id; /* "" if none */
};
uint32_t estate_failure(struct estate *e, const char *operation, const struct err *err); /* W */
void failure_get(const struct estate *e, uint32_t failure, struct failure *out);

struct facet_state {
    enum truth truth;
    uint32_t failure;   /* 0: none */
    int64_t read_at;    /* when the values were read, without any when they were first missed; TIME_NONE: never */
};

/* ---- reading a generation: any thread ---------------------------------------------------------- */

const struct generation *estate_acquire(struct estate *e); /* the newest; never NULL */
/* The first slot behind slot whose slice is another than in `before` (NULL: none is there); 0: there is none. What
 * both share is not looked at. */
uint32_t generation_changed(const struct generation *g, const struct generation *before, uint32_t slot);
const struct generation *generation_retain(const struct generation *g);
void generation_release(const struct generation *g);       /* NULL is fine */
uint64_t generation_number(const struct generation *g);    /* grows by one a publish */
struct estate *generation_estate(const struct generation *g);

const struct slice *generation_slice(const struct generation *g, uint32_t slot); /* NULL: never asked */
/* Who reads many slots mostly waits for memory. Has it bring what one begins with before it is read: its slice, when
 * that is there where the rows are, then the rows. */
enum fetch { FETCH_SLICE, FETCH_BODY, FETCH_ROWS, FETCH_STEPS };
void generation_fetch(const struct generation *g, uint32_t slot, enum fetch step);
enum truth slice_truth(const struct slice *s);
bool slice_is_complete(const struct slice *s);   /* the rows are a whole list, new or old */
int64_t slice_seen_at(const struct slice *s);    /* of the last complete list; TIME_NONE */
int64_t slice_tried_at(const struct slice *s);   /* of the last attempt that ended; TIME_NONE */
int64_t slice_missed_at(const struct slice *s);  /* of the first of those that failed since; TIME_NONE */
uint32_t slice_failure(const struct slice *s);   /* of that attempt; 0 */
uint32_t slice_rows(const struct slice *s);
uint32_t slice_slot(const struct slice *s);
/* Own facets, but those that are read on demand: whether one is on its way, or of an earlier run; whether the list
 * and each of them was read, whatever came of it. */
bool slice_is_loading(const struct slice *s);
bool slice_is_read(const struct slice *s);

/* A record in a generation. Plain data, valid while the generation is held. */
struct record {
    const struct generation *generation;
    const struct slice *slice;
    uint32_t row, node, slot;
    enum kind kind;
};
bool slice_record(const struct generation *g, const struct slice *s, uint32_t row, struct record *out);
bool generation_record(const struct generation *g, uint32_t node, struct record *out); /* false: stub */

/* Every record of a kind, in slot then node order:
 *   struct walk w = walk_kind(g, KIND_KEY); while (walk_next(&w, &record)) ... */
struct walk {
    const struct generation *generation;
    enum kind kind;
    uint32_t at_slot, at_row, n_slots;
};
struct walk walk_kind(const struct generation *g, enum kind kind);
bool walk_next(struct walk *w, struct record *out);
/* Every slot of a kind's lists, in the order they came to be: i from 0; 0 when past the end. */
uint32_t kind_slot(const struct estate *e, enum kind kind, uint32_t i);

const char *record_account(const struct record *r);
const char *record_region(const struct record *r);
struct facet_state record_facet(const struct record *r, enum facet facet);
/* The slice of child records (grants of a key ...); NULL: never asked. */
const struct slice *record_children(const struct record *r, enum facet facet);

/* One attribute. is VALUE_UNKNOWN when its facet never was known; a stale value is KNOWN or ABSENT here and
 * its facet says STALE. */
enum value_is { VALUE_UNKNOWN, VALUE_ABSENT, VALUE_KNOWN };
struct value {
    enum value_is is;
    enum attr_type type;
    const char *text;   /* TEXT, DOC: NUL-terminated; LIST, REFS, MAP: items with a NUL after each */
    size_t len;         /* TEXT, DOC: bytes; LIST, REFS, MAP: all bytes, the last NUL included */
    int64_t number;     /* INT, TIME, BOOL */
    uint32_t node;      /* REF */
    uint32_t string;    /* TEXT, DOC, LIST, REFS, MAP: its id, equal if and only if the bytes are */
};
struct value record_value(const struct record *r, enum attr attr);
/* The items of a LIST, REFS or MAP: start with item = NULL; NULL at the end. */
const char *value_next(const struct value *v, const char *item);
size_t value_items(const struct value *v);

/* Who hangs directly on a node: each (record, edge), hubs included, without a copy.
 *   struct hang h = hang_on(g, node); while (hang_next(&h, &record, &edge)) ... */
struct hang {
    const struct generation *generation;
    uint32_t node, mention;
    const struct slice *slice;
    uint32_t at, end;
};
struct hang hang_on(const struct generation *g, uint32_t node);
bool hang_next(struct hang *h, struct record *dependent, enum edge *edge);

/* ---- writing: W -------------------------------------------------------------------------------- */

/* A list being read. Rows may come in any order; a node twice keeps the later row. */
struct draft;
struct draft *draft_new(struct estate *e, uint32_t slot);
void draft_reset(struct draft *d);                  /* the list begins again */
void draft_free(struct draft *d);                   /* NULL is fine */
uint32_t *draft_row(struct draft *d, uint32_t node);/* a row to fill, valid until the next draft_row */
size_t draft_count(const struct draft *d);

/* Filling a row: an attribute that is not set is absent. */
void row_text(struct estate *e, uint32_t *row, enum attr attr, const char *s, size_t len);
void row_number(uint32_t *row, enum attr attr, int64_t number);     /* INT, TIME, BOOL */
void row_node(uint32_t *row, enum attr attr, uint32_t node);        /* REF */
void row_ref(struct estate *e, uint32_t *row, enum attr attr, const char *arn, size_t len); /* REF */

/* The list was read to its end: its rows replace the slot's; what a record had of other facets stays with
 * it. Consumes the draft. */
void estate_complete(struct draft *d, int64_t seen_at);
/* The list is being read: shown as LOADING if the slot never was complete, else nothing changes. */
void estate_loading(struct estate *e, uint32_t slot, const struct draft *so_far);
/* The attempt failed: last good rows stay (STALE); without any, what the draft gathered stays, incomplete.
 * draft may be NULL; it is not consumed. truth is DENIED, FAILED or UNSUPPORTED. */
void estate_failed(struct estate *e, uint32_t slot, const struct draft *so_far, enum truth truth,
                   uint32_t failure, int64_t tried_at);
/* What was written since the last publish is what an earlier run saw: it stays as it is, stale, until it is read
 * again. What was not seen then, or is read on demand, is not asked yet. */
void estate_outdate(struct estate *e, uint32_t failure);
/* Forget a slot (its parent is gone, its region was left out). */
void estate_drop(struct estate *e, uint32_t slot);

/* A facet of one record: a row to fill (its attributes of that facet are cleared), NULL if the record is
 * not there any more; then say how it stands. With DENIED or FAILED old values stay and it becomes STALE. */
uint32_t *estate_edit(struct estate *e, uint32_t slot, uint32_t node, enum facet facet);
void estate_set_facet(struct estate *e, uint32_t slot, uint32_t node, enum facet facet, enum truth truth,
                      uint32_t failure, int64_t read_at);
/* Reads what the writer has now, published or not (for deciding what to ask next). */
bool estate_current(struct estate *e, uint32_t node, struct record *out);
uint32_t estate_home(const struct estate *e, uint32_t node); /* slot where the record stands; 0 */

/* Makes what was written visible as a new generation; nothing if nothing was. True if a reader could see a
 * difference in rows, truths or failures (not only in times). */
bool estate_publish(struct estate *e);

struct estate_size {
    size_t nodes, strings, slices, graph, slots, total; /* bytes */
    uint32_t n_nodes, n_records, n_slots;
};
void estate_measure(struct estate *e, struct estate_size *out);

#endif
