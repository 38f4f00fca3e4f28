/* model: the tables of model.def as enums and constant rows. Any thread, no allocation. */
#ifndef KEYFALL_ESTATE_MODEL_H
#define KEYFALL_ESTATE_MODEL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

enum kind {
    KIND_NONE,
#define KIND(id, name, plural, word) KIND_##id,
#include "backend/estate/model.def"
    KIND_COUNT
};

/* What one operation answers for one (account, region) or parent: the name of a slice. */
enum list {
    LIST_NONE,
#define LIST(id, kind, parent, name) LIST_##id,
#include "backend/estate/model.def"
    LIST_COUNT
};

enum attr {
    ATTR_NONE,
#define ATTR(kind, id, type, facet, edge, name, member) ATTR_##kind##_##id,
#include "backend/estate/model.def"
    ATTR_COUNT
};

/* Facets of all kinds; FACET_LIST_ is every kind's first: what its list says. */
enum facet {
    FACET_LIST_,
#define FACET(kind, id, name) FACET_##kind##_##id,
#define CHILDREN(kind, id, list, name) FACET_##kind##_##id,
#include "backend/estate/model.def"
    FACET_COUNT,
/* FACET_KEY_LIST_ and the like all mean the list itself, so that an ATTR row can name its facet. */
#define KIND(id, name, plural, word) FACET_##id##_LIST_ = FACET_LIST_,
#include "backend/estate/model.def"
};

/* How one record hangs on another; the graph runs from the dependent to what it needs. */
#define EDGES(X)                                                                                   \
    X(NONE, "")                                                                                    \
    X(ENCRYPTED_UNDER, "encrypted under")                                                          \
    X(ALSO_UNDER, "keeps something under")                                                         \
    X(REPLICA_UNDER, "its replica encrypted under")                                                \
    X(VAULT_KEY, "vault key")                                                                      \
    X(NEW_DATA_UNDER, "default key for new data")                                                  \
    X(ALIAS_OF, "alias of")                                                                        \
    X(GRANT_ON, "grant on")                                                                        \
    X(STORED_IN, "stored in")                                                                      \
    X(RELATIVE_OF, "multi-Region relative of")                                                     \
    X(IN_VAULT, "held by")                                                                         \
    X(BACKUP_OF, "backup of")                                                                      \
    X(COPIED_FROM, "copied from")                                                                  \
    X(SAME_AS, "same as")                                                                          \
    X(PART_OF, "part of")                                                                          \
    X(WRITES_TO, "writes to")                                                                      \
    X(RELIES_ON, "relies on")                                                                      \
    X(READS_UNDER, "reads what is under")                                                          \
    X(SIGNS_IN_WITH, "signs in with")                                                              \
    X(GOVERNED_BY, "governed by")                                                                  \
    X(GOVERNS, "governs")                                                                          \
    X(COPIES_UNDER, "copies under")                                                                \
    X(MADE_OF, "made of")                                                                          \
    X(DRIVES, "drives")                                                                            \
    X(TESTS, "tests")                                                                              \
    X(HOLDS, "holds")                                                                              \
    X(FAILED_FOR, "failed for want of")                                                            \
    X(RUNS_AS, "runs as")                                                                          \
    X(MAY_USE, "may copy under")                                                                   \
    X(MADE_BY, "made by")                                                                          \
    X(GIVEN_TO, "given to")

enum edge {
#define X(id, text) EDGE_##id,
    EDGES(X)
#undef X
        EDGE_COUNT
};

enum attr_type {
    TYPE_TEXT, /* one string */
    TYPE_BOOL,
    TYPE_REF,  /* another record, by its whole ARN */
    TYPE_LIST, /* strings, in order */
    TYPE_REFS, /* records, by their whole ARNs, in order */
    TYPE_MAP,  /* strings: key, value, key, value ... */
    TYPE_DOC,  /* a long text, stored once by content: a policy */
    TYPE_INT,  /* int64_t */
    TYPE_TIME, /* int64_t, UTC seconds */
};

/* How a store (stores.def) is encrypted: its attribute `encryption`. */
#define ENCRYPTION_NONE "none"
#define ENCRYPTION_KMS "kms"             /* its `key_arn` says under which key, if AWS told */
#define ENCRYPTION_AWS_OWNED "aws-owned" /* a key of the service's own, which nobody else can touch */

struct kind_row {
    const char *name, *plural, *word;
    enum attr key;                     /* the key that it is encrypted under; ATTR_NONE: it holds no data */
    enum attr same_as;                 /* REF to the record that this one is too; ATTR_NONE */
    enum attr encryption;              /* of a store (stores.def): how; else ATTR_NONE or words of AWS */
    enum attr first_attr, end_attr;    /* [first, end) */
    enum facet first_facet, end_facet; /* without the list itself; children too */
    int row_words;                     /* 32-bit words of a row, its node included */
    int n_own_facets;                  /* facets read by a call for each record (not children) */
};

struct list_row {
    const char *name;
    enum kind kind, parent;
    bool is_derived;    /* no call answers it: it is as whole as what it follows from */
};

struct facet_row {
    const char *name;
    enum kind kind;
    enum list children; /* LIST_NONE: read by a call of its own for each record */
    int index;          /* among the kind's own facets; -1 for children and the list */
    bool on_demand;     /* read when somebody looks at the record */
};

struct attr_row {
    const char *name;   /* column */
    const char *member; /* AWS's member, also the evidence; "" if derived */
    enum kind kind;
    enum attr_type type;
    enum facet facet;   /* which facet must be known for this to be known */
    enum edge edge;
    int word;           /* offset in the row */
    bool is_word;       /* its texts are words of AWS's or ours, and nobody's names */
};

/* The tables; model_init fills what is counted. Here, for they are read for each value of each record. */
extern const struct model_tables {
    const struct kind_row *kinds;
    const struct list_row *lists;
    const struct facet_row *facets;
    const struct attr_row *attrs;
} model_tables;

static inline const struct kind_row *kind_row(enum kind kind)
{
    assert(kind < KIND_COUNT);
    return &model_tables.kinds[kind];
}

static inline const struct list_row *list_row(enum list list)
{
    assert(list < LIST_COUNT);
    return &model_tables.lists[list];
}

static inline const struct facet_row *facet_row(enum facet facet)
{
    assert(facet < FACET_COUNT);
    return &model_tables.facets[facet];
}

static inline const struct attr_row *attr_row(enum attr attr)
{
    assert(attr < ATTR_COUNT);
    return &model_tables.attrs[attr];
}

const char *edge_text(enum edge edge);

enum kind kind_by_name(const char *name);            /* KIND_NONE */
enum attr attr_by_name(enum kind kind, const char *name); /* ATTR_NONE */
enum list list_by_name(const char *name, size_t len); /* LIST_NONE */
/* What an ARN (or one of our own ids) names: KIND_OTHER if no list of ours has such things. A recovery
 * point that is a snapshot is named by the snapshot's ARN, which gives the snapshot's kind. */
enum kind kind_of_arn(const char *arn, size_t len);
/* Whether the resources of a service that records are made of have this type: "backup-vault" of backup. */
bool arn_has_type(const char *service, size_t service_len, const char *type, size_t len);

/* Must run once before any other thread starts; fills the offsets. */
void model_init(void);

#endif
