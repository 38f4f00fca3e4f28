/* export: rows of a view as a file that other programs read: CSV and JSON, the same cells in both.
 *
 * CSV is RFC 4180 with a header row (base/csv.h); JSON is one object, a row a line:
 *   {"schema":"keyfall.keys/1","tool","generated_at","scope","filter","complete","blind_spots":[...],
 *    "rows":[...]}
 * In both, unknown is ?, times are ISO 8601 UTC, numbers are numbers; absent is empty in CSV and null in
 * JSON; a list is joined with ; in CSV and an array in JSON. Rows are written one by one: memory does not
 * grow with them. The context's scratch arena is emptied after every row. One thread a call. */
#ifndef KEYFALL_EXPORT_EXPORT_H
#define KEYFALL_EXPORT_EXPORT_H

#include "backend/base/err.h"
#include "backend/view/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- where it goes ------------------------------------------------------------------------------------ */

/* A file that appears whole or not at all: written beside its name, synced, then renamed. What stands under
 * the name and is no plain file (a pipe, a device) is written to as it is; so is standard output.
 *
 * With a folder that files have to stay in (--export-dir) it is opened once and every name is looked up in what
 * was opened: a name is one plain word, a link in the folder is refused, never followed, and so is what is no
 * plain file. The folder's own name may be a link. Without one (NULL) links are followed. */
struct export_file {
    FILE *file;      /* to write to */
    char *path;      /* owned; NULL: standard output */
    char *temporary; /* owned; NULL: nothing to rename; as path, or in the folder */
    int folder;      /* owned, with is_inside: the folder */
    bool is_inside;
};
/* path NULL or "-": standard output. inside: the folder in which path is a name; NULL: path says it all. New
 * files get 0644 less the umask. */
NODISCARD enum err_code export_open(struct export_file *f, const char *inside, const char *path, struct err *err);
/* The same in an opened folder, which stays the caller's and is called where in errors. */
NODISCARD enum err_code export_open_at(struct export_file *f, int folder, const char *where, const char *name,
                                       struct err *err);
/* Puts the file in its place and frees what f owns, also when it fails (then the old file stands). A reader
 * of standard output that went away is no failure. */
NODISCARD enum err_code export_close(struct export_file *f, struct err *err);
/* Leaves no trace. Fine after export_close. */
void export_abandon(struct export_file *f);
/* Whether writing failed because nobody reads any more (a pipe to head): no failure of ours. */
bool export_reader_is_gone(FILE *file);
/* Whether export_open would do, so that a wrong name is told before an estate is read. */
NODISCARD enum err_code export_check(const char *inside, const char *path, struct err *err);
/* Opens the folder files have to stay in. *fd: the caller's. */
NODISCARD enum err_code export_enter(const char *inside, int *fd, struct err *err);
/* What a name in it is, not following links: *mode 0 if there is nothing. A link or a name that leads out of it is
 * an error. */
NODISCARD enum err_code export_mode_of(int folder, const char *where, const char *name, mode_t *mode,
                                       struct err *err);

/* ---- what is written ---------------------------------------------------------------------------------- */

enum export_format { EXPORT_CSV, EXPORT_JSON };

/* What was asked for, so that a reader of the file can tell. */
struct export_scope {
    const char *source;          /* "live", "demo" */
    const char *const *profiles; /* NULL-ended; NULL: the default one */
    const char *const *targets;  /* of keyfall.conf, NULL-ended; NULL: none */
    const char *org_role;        /* NULL */
    const char *const *regions;  /* NULL-ended; NULL: those that are enabled */
    const char *endpoint_url;    /* NULL: AWS */
};

struct export_request {
    const struct view *view;
    const int *columns;          /* indexes into the view's columns, in order; NULL: all */
    size_t n_columns;
    const char *filter;          /* as typed; NULL: none */
    const char *tool;            /* "keyfall 0.1.0" */
    const struct export_scope *scope; /* NULL: an empty object */
    bool is_cut_short;           /* reading ended before it was done: never complete */
};

/* "id,state": indexes of the columns, the caller's (mem_free). An unknown name is an error that lists those
 * there are. */
NODISCARD enum err_code export_columns(const struct view *view, const char *names, int **columns,
                                       size_t *n, struct err *err);

/* Writes the rows of a selection in its order. Fails if the stream does (ERR_IO), but not when its reader
 * went away: then it stops early. */
NODISCARD enum err_code export_rows(enum export_format format, const struct export_request *request,
                                    const struct view_context *context,
                                    const struct selection *selection, FILE *out, struct err *err);

/* Every view, a file each, and manifest.json, which names them with rows, bytes and SHA-256, the scope and the
 * blind spots, and is written last: without it the folder is not whole. The folder is made if its parent is
 * there; files of these names are replaced. Of the request: tool, scope, is_cut_short, and
 * filter: the context's scope in words.  inside: as export_open's. */
NODISCARD enum err_code export_folder(enum export_format format, const struct export_request *request,
                                      const struct view_context *context, const char *inside, const char *path,
                                      struct err *err);
/* Whether export_folder could write there, so that a wrong name is told before an estate is read. */
NODISCARD enum err_code export_folder_check(const char *inside, const char *path, struct err *err);

/* ---- parts of the machine shapes, for the verbs ----------------------------------------------------------- */

/* Each appends one JSON value. */
void export_json_text(struct buf *out, const char *text);  /* NULL: null */
void export_json_time(struct buf *out, int64_t utc);       /* TIME_NONE: null */
void export_json_scope(struct buf *out, const struct export_scope *scope);
/* The array of blind spots, a line each. judgement NULL: an empty one. */
void export_write_blind_spots(FILE *out, const struct judgement *judgement);

#endif
