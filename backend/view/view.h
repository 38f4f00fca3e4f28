/* view: the named tables that people see, filter, sort and export: rows of the estate under columns of
 * AWS's words. The screen, the CSV and the JSON all come from here, so they cannot disagree.
 *
 * A view is a constant row (views.c): which kinds its rows are, which columns it has. A column is a
 * constant row: name, type, and a function from a row to a cell. Everything reads one generation; a
 * context holds it. A context is used by one thread at a time. Times are UTC seconds.
 *
 * Findings. Counts (struct place) are of causes: a row whose `folded` is no. A screen shows those, by the filter
 * FINDINGS_CAUSES, and what follows from one by `cause=ID`, ID being the cause row's id; `effects` of a cause row
 * says how many those are. Sorted by severity, descending, causes come before effects of the same severity and
 * certainty. A file has all rows. */
#ifndef KEYFALL_VIEW_VIEW_H
#define KEYFALL_VIEW_VIEW_H

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/estate/estate.h"
#include "backend/judge/copy_matrix.h"
#include "backend/judge/judge.h"
#include "backend/judge/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_is {
    CELL_UNKNOWN, /* "?" : not seen, whatever the reason */
    CELL_ABSENT,  /* empty: seen, and there is none */
    CELL_KNOWN,
};

enum cell_type { CELL_TEXT, CELL_NUMBER, CELL_BOOL, CELL_TIME, CELL_LIST, CELL_SEVERITY };

struct cell {
    enum cell_is is;
    enum cell_type type;
    enum truth truth;    /* of an unknown cell: loading, denied, failed ...; KNOWN if no call failed and it
                            cannot be known from here (a key in an account that is not read) */
    bool is_at_least;    /* a count or severity that can only grow: "462+", "H?" on screen; told by `blind` and
                            `findings` in a file */
    const char *mark;    /* the severity of a finding: finding_mark, as a screen shows it; else NULL */
    bool is_stale;       /* read long ago or the last attempt failed: "~462", "H~" on screen */
    const char *text;    /* TEXT: NUL-terminated; LIST: items with a NUL after each; hostile bytes */
    size_t len;          /* bytes of text */
    uint32_t node;       /* TEXT that is a node's ARN: text is "" then, see cell_text; else 0 */
    uint32_t string;     /* TEXT that is a string of the estate: its id; else 0 */
    int64_t number;      /* NUMBER, BOOL, TIME, SEVERITY (enum severity) */
    int order;           /* SEVERITY: what it is ordered by, known or not; larger is worse */
};

#define FINDINGS_CAUSES "folded:no"

/* What is looked at; "": all of them. What is of an account as a whole is in each of its Regions. */
struct view_scope {
    char account[16], region[40];
};
bool view_scope_is_all(const struct view_scope *s);
bool view_scope_is(const struct view_scope *a, const struct view_scope *b);
bool view_scope_has(const struct view_scope *s, const char *account, const char *region);

struct view_context {
    const struct generation *generation; /* not owned */
    const struct judgement *judgement;   /* of that generation, not owned; NULL while it is being made:
                                            cells that need it are unknown (LOADING) */
    struct arena *scratch;               /* cells' texts may live here; the caller resets it */
    int64_t now_utc;
    struct view_scope scope;             /* what is selected is in it; {0}: everything */
};

/* One row of a view: a record (slot and row), or the n-th blind spot, finding, copy path or cell of their matrix (row). */
struct item {
    uint32_t slot, row;
};
/* An item opened, for reading several of its cells. */
struct view_row {
    struct item item;
    bool has_record;
    struct record record;           /* of what is judged: what it is about, if that is a record */
    const struct blind_spot *blind; /* NULL: the row is none */
    const struct finding *finding;
    const struct copy_path *path;
    const struct copy_cell *copies;
};

/* A column is either an attribute of the record as it stands (attr, by kind) or a function. */
struct column {
    const char *name;       /* as exported: "key_arn" */
    const char *title;      /* as headed on screen: "KEY" */
    enum cell_type type;
    const char *help;       /* one line, for the manual */
    enum attr attr;         /* the cell is this attribute; ATTR_NONE: see cell, or the attribute of the
                               row's kind that has the column's name */
    void (*cell)(const struct view_context *c, const struct view_row *row, struct cell *out); /* or NULL */
    uint32_t (*by)(const struct record *r); /* what alone the cell depends on, a node or scope; 0: on more */
    int (*order)(const struct view_context *c, const struct view_row *row); /* cell.order of a record's row, known
                               or not, quicker than its cell; NULL: by the cell */
};
struct view {
    const char *name;       /* "keys" */
    const char *title;      /* "Keys" */
    const char *what;       /* one line: what a row is */
    const struct column *columns;
    size_t n_columns;
    const enum kind *kinds; /* KIND_NONE-ended; NULL: what is judged */
    enum { ROWS_RECORDS, ROWS_BLIND_SPOTS, ROWS_FINDINGS, ROWS_COPY_PATHS, ROWS_COPY_MATRIX } rows;
    /* Of the records of its kinds, those that are rows; NULL: all. */
    bool (*includes)(const struct generation *g, const struct record *r);
};

const struct view *const *view_all(size_t *n);
const struct view *view_by_name(const char *name);              /* NULL */
int view_column(const struct view *v, const char *name);        /* -1; also "sev", "used", "age" */

/* False if the item is not there. */
bool view_row(const struct view_context *c, const struct view *v, struct item item, struct view_row *out);
void view_cell(const struct view_context *c, const struct view *v, const struct view_row *row, int column,
               struct cell *out);
/* The record behind a row of a record view (also of a blind spot or finding, if it has one). */
bool view_record(const struct view_context *c, const struct view *v, struct item item, struct record *out);
/* The node behind a row, record or stub; 0 if it has none. Of a resource that only AWS Backup tells of,
 * the resource. */
uint32_t view_row_node(const struct view_row *row);
uint32_t view_node(const struct view_context *c, const struct view *v, struct item item);
/* The record of an account by its number, 0; its name in its organization, NULL if that is not known. */
uint32_t view_account_node(const struct generation *g, const char *account);
const char *view_account_name(const struct generation *g, const char *account);

/* ---- filter ------------------------------------------------------------------------------------ */

/* Words are substrings of any text of the row or of its account's name, and so is account:text; col:text, col=value, col!=value, col>=value, col<value;
 * name: (empty), name:"two words", state:? (unknown); ! negates; sev>=H; used:0 (dependents); age<30d
 * (created, else last modified, else seen). All terms must hold. A cell that is unknown matches only col:?,
 * and never a negation; a time is compared with a date or with a span from now (deletion_date<7d). A filter
 * may be used by any thread. */
struct filter;
NODISCARD enum err_code filter_parse(const struct view *v, const char *text, struct filter **out,
                                     struct err *err); /* errors name the column of the text */
/* The same with more terms: what a page sets is parsed first and what somebody typed is added, so that errors name
 * the column of what was typed. The filter stays as it was if the text is wrong. */
NODISCARD enum err_code filter_add(struct filter *f, const char *text, struct err *err);
void filter_free(struct filter *f);
bool filter_matches(const struct filter *f, const struct view_context *c, const struct view_row *row);

/* ---- selecting and ordering ------------------------------------------------------------------ */
struct sort_key {
    int column;      /* -1: by account, region, id; what is equal is ordered so too */
    bool descending; /* unknown cells stand after known ones, absent last, either way; an unknown severity has
                        its place among the others (worst_rank) */
};
struct selection {
    struct item *items;  /* owned */
    size_t n, n_all;     /* matching, all */
    uint64_t generation; /* number it was made from */
};
/* cancel may be NULL; once it is true (any thread may set it) this stops early with ERR_CANCELLED. filter
 * may be NULL. With first > 0 only the first `first` rows are put in order (the rest follow in any order). */
NODISCARD enum err_code view_select(const struct view_context *c, const struct view *v,
                                    const struct filter *f, struct sort_key sort, size_t first,
                                    const _Atomic bool *cancel, struct selection *out);
void selection_free(struct selection *s);
/* Where a record stands in a selection; SIZE_MAX if it does not. */
size_t selection_find(const struct view_context *c, const struct view *v, const struct selection *s,
                      uint32_t node);

/* The text of a known TEXT cell, made in the scratch arena if it must be. */
const char *cell_text(const struct view_context *c, const struct cell *cell, size_t *len);
/* The items of a known LIST cell, in order of their bytes, in the scratch arena. */
const char **cell_items(const struct view_context *c, const struct cell *cell, size_t *n);
/* A cell as one line of text, as a file has it ("?", "", ISO times, lists joined with ';'). */
void cell_format(const struct view_context *c, const struct cell *cell, struct buf *out);
/* The same for a screen: spans, ages, "462+", "~", severity marks: not cleaned. */
void cell_format_short(const struct view_context *c, const struct cell *cell, struct buf *out);
/* What a severity is as a mark of two cells at most: "H", "H?", "H~", "H-", "?", "..", "."; "?" if it has none. */
const char *cell_mark(const struct cell *cell);

#endif
