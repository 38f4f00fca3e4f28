/* db: one SQLite file of ours: opened, checked, brought up to date; its statements, a row each (queries.def).
 * Private to store/.
 *
 * A connection is used by one thread at a time. Files are the user's alone (0600). What stands in a file may be
 * hostile: sizes are bounded, a schema that holds more than tables is refused, SQLite checks its pages. */
#ifndef KEYFALL_STORE_DB_H
#define KEYFALL_STORE_DB_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum query {
#define QUERY(id, sql) QUERY_##id,
#include "backend/store/queries.def"
    QUERY_COUNT
};

struct db {
    sqlite3 *handle;
    sqlite3_stmt *statements[QUERY_COUNT]; /* made when first needed */
    char *path;
    bool is_read_only;
    uint64_t n_looks;                      /* at the statement under way */
};

#define DB_VERSION 2
#define DB_BLOB_MOST (256u << 20)

/* Read-only: nothing is written, no file is made; a file that is not there is ERR_NOT_FOUND. ERR_UNSUPPORTED: of a
 * newer keyfall. ERR_PARSE: no store, or a damaged one. db_close in any case. */
NODISCARD enum err_code db_open(struct db *db, const char *path, bool read_only, struct err *err);
void db_close(struct db *db);

/* A statement, reset, its parameters from 1 bound by what types says: i int64_t, t const char *, b (const void *,
 * size_t), n NULL. Texts and blobs must live until the statement is done. */
sqlite3_stmt *db_query(struct db *db, enum query query, const char *types, ...);
/* 1: a row stands in it, 0: it is over, -1: it failed, err says why. Ends the statement unless there is a row. */
int db_step(struct db *db, sqlite3_stmt *statement, struct err *err);
void db_done(sqlite3_stmt *statement); /* before the last row; NULL is fine */
/* Runs a statement that gives no rows. */
NODISCARD enum err_code db_run(struct db *db, struct err *err, enum query query, const char *types, ...);

/* A transaction that will write: others wait, or we for them. */
NODISCARD enum err_code db_begin(struct db *db, struct err *err);
NODISCARD enum err_code db_commit(struct db *db, struct err *err); /* rolled back if it fails */
void db_rollback(struct db *db);

/* Pages that came from the file since the connection was opened, in bytes. */
size_t db_bytes_read(struct db *db);

/* A column's text, "" if it is none; its blob. Valid until the next step. */
const char *db_text(sqlite3_stmt *statement, int column);
const void *db_blob(sqlite3_stmt *statement, int column, size_t *len);

#endif
