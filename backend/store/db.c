#include "backend/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000           /* another keyfall's transactions take tens of milliseconds */
#define APPLICATION 0x6b66616c /* "kfal": tells our files from other programs' */
#define LIMIT_TEXT_BYTES (1 << 20)
#define OPS_A_LOOK 100000 /* of SQLite's machine */
#define LOOKS_LEAST 10
#define OPS_A_BYTE 4

/* What makes a store of version i + 1 of one of version i. What stands here is in people's files: add, never
 * change. */
static const char *const steps[DB_VERSION] = {
    "CREATE TABLE summary (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE model (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE slot (id INTEGER PRIMARY KEY, model INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,"
    "                   list TEXT NOT NULL, parent TEXT NOT NULL, first_at INTEGER NOT NULL,"
    "                   content BLOB NOT NULL, times BLOB NOT NULL,"
    "                   UNIQUE (account, region, list, parent)) STRICT;"
    "CREATE TABLE doc (digest BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;",
    /* history: valid_to NULL is still so */
    "ALTER TABLE slot ADD COLUMN valid_from INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE slot ADD COLUMN is_read INTEGER NOT NULL DEFAULT 0;"
    "UPDATE slot SET valid_from = first_at;"
    "CREATE TABLE version (id INTEGER PRIMARY KEY, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL,"
    "                      model INTEGER NOT NULL, content BLOB NOT NULL, times BLOB NOT NULL) STRICT;"
    "CREATE INDEX version_to ON version (valid_to);"
    "CREATE TABLE record (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
    "                     valid_from INTEGER NOT NULL, valid_to INTEGER) STRICT;"
    "CREATE UNIQUE INDEX record_open ON record (name, kind) WHERE valid_to IS NULL;"
    "CREATE TABLE finding (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    "                      valid_from INTEGER NOT NULL, valid_to INTEGER) STRICT;"
    "CREATE UNIQUE INDEX finding_open ON finding (name, kind, rule) WHERE valid_to IS NULL;"
    "CREATE TABLE drift (at INTEGER PRIMARY KEY, critical INTEGER NOT NULL, high INTEGER NOT NULL,"
    "                    medium INTEGER NOT NULL, low INTEGER NOT NULL, info INTEGER NOT NULL,"
    "                    unproved INTEGER NOT NULL, blind INTEGER NOT NULL, records INTEGER NOT NULL) STRICT;",
};

static const char *const queries[QUERY_COUNT] = {
#define QUERY(id, sql) [QUERY_##id] = sql,
#include "backend/store/queries.def"
};

/* ---- errors ------------------------------------------------------------------------------------- */

static const struct {
    int sqlite;
    enum err_code code;
    const char *text;
} reasons[] = {
    {SQLITE_FULL, ERR_IO, "the disk is full"},
    {SQLITE_NOTADB, ERR_PARSE, "it is no store of keyfall's; remove it, and it is made anew"},
    {SQLITE_CORRUPT, ERR_PARSE, "it is damaged; remove it, and it is made anew"},
    {SQLITE_ERROR, ERR_PARSE, "it is damaged; remove it, and it is made anew"},
    {SQLITE_INTERRUPT, ERR_PARSE, "it is damaged; remove it, and it is made anew"}, /* by is_lost */
    {SQLITE_MISMATCH, ERR_PARSE, "it is damaged; remove it, and it is made anew"},
    {SQLITE_BUSY, ERR_TIMEOUT, "another keyfall keeps it busy"},
    {SQLITE_READONLY, ERR_IO, "it cannot be written"},
    {SQLITE_CANTOPEN, ERR_IO, "it cannot be opened"},
};

static enum err_code fail(const struct db *db, struct err *err)
{
    int sqlite = db->handle ? sqlite3_errcode(db->handle) & 0xff : SQLITE_NOMEM;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].sqlite == sqlite)
            return err_set(err, reasons[i].code, "the store %s: %s", db->path, reasons[i].text);
    return err_set(err, ERR_IO, "the store %s: %s", db->path, sqlite3_errstr(sqlite));
}

/* ---- statements --------------------------------------------------------------------------------- */

void db_done(sqlite3_stmt *s)
{
    if (!s)
        return;
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
}

static sqlite3_stmt *prepared(struct db *db, enum query query)
{
    sqlite3_stmt **s = &db->statements[query];
    if (!*s && sqlite3_prepare_v3(db->handle, queries[query], -1, SQLITE_PREPARE_PERSISTENT, s, NULL) != SQLITE_OK)
        return NULL;
    return *s;
}

static sqlite3_stmt *bound(struct db *db, enum query query, const char *types, va_list args)
{
    sqlite3_stmt *s = prepared(db, query);
    db_done(s); /* of a use that left its row standing */
    db->n_looks = 0;
    for (int i = 1; s && types[i - 1]; i++) {
        const void *bytes;
        switch (types[i - 1]) {
        case 'i':
            (void)sqlite3_bind_int64(s, i, va_arg(args, int64_t));
            break;
        case 't':
            (void)sqlite3_bind_text(s, i, va_arg(args, const char *), -1, SQLITE_STATIC);
            break;
        case 'b':
            bytes = va_arg(args, const void *);
            (void)sqlite3_bind_blob64(s, i, bytes ? bytes : "", va_arg(args, size_t), SQLITE_STATIC);
            break;
        default:
            (void)sqlite3_bind_null(s, i);
        }
    }
    return s;
}

sqlite3_stmt *db_query(struct db *db, enum query query, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *s = bound(db, query, types, args);
    va_end(args);
    return s;
}

int db_step(struct db *db, sqlite3_stmt *s, struct err *err)
{
    int result = s ? sqlite3_step(s) : SQLITE_ERROR;
    if (result == SQLITE_ROW)
        return 1;
    if (result != SQLITE_DONE)
        (void)fail(db, err);
    db_done(s);
    return result == SQLITE_DONE ? 0 : -1;
}

enum err_code db_run(struct db *db, struct err *err, enum query query, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *s = bound(db, query, types, args);
    va_end(args);
    return db_step(db, s, err) < 0 ? err->code : ERR_OK;
}

const char *db_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

const void *db_blob(sqlite3_stmt *s, int column, size_t *len)
{
    const void *blob = sqlite3_column_blob(s, column);
    *len = blob ? (size_t)sqlite3_column_bytes(s, column) : 0;
    return blob ? blob : "";
}

/* ---- transactions ------------------------------------------------------------------------------- */

enum err_code db_begin(struct db *db, struct err *err)
{
    return db_run(db, err, QUERY_BEGIN, "");
}

/* SQLite has rolled back by itself after some errors, not after others. */
void db_rollback(struct db *db)
{
    if (db->handle && !sqlite3_get_autocommit(db->handle))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum err_code db_commit(struct db *db, struct err *err)
{
    enum err_code code = db_run(db, err, QUERY_COMMIT, "");
    if (code != ERR_OK)
        db_rollback(db);
    return code;
}

size_t db_bytes_read(struct db *db)
{
    int missed = 0, most = 0, page_bytes = 0;
    sqlite3_stmt *s = NULL;
    (void)sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_MISS, &missed, &most, 0);
    if (sqlite3_prepare_v2(db->handle, "PRAGMA page_size", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        page_bytes = sqlite3_column_int(s, 0);
    (void)sqlite3_finalize(s);
    return (size_t)missed * (size_t)page_bytes;
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* The file is made, or found to be ours, before SQLite opens it: then its companions are as private. */
static enum err_code make_private(const char *path, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "the store %s: %s", path, strerror(errno));
    enum err_code code = ERR_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        code = err_set(err, ERR_IO, "the store %s is no file of yours", path);
    else if ((st.st_mode & 0777) != 0600 && fchmod(fd, 0600) != 0)
        code = err_set(err, ERR_IO, "the store %s cannot be made private: %s", path, strerror(errno));
    close(fd);
    return code;
}

static int64_t pragma_number(struct db *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return number;
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
    struct stat st;
    char *name = mem_printf("%s%s", path, suffix);
    uint64_t bytes = stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
    mem_free(name);
    return bytes;
}

/* In a damaged file pages may lead to each other: who follows them never comes to an end, while a statement of ours
 * takes less than an operation a byte of what there is. */
static int is_lost(void *ctx)
{
    struct db *db = ctx;
    uint64_t bytes = file_bytes(db->path, "") + file_bytes(db->path, "-wal");
    return ++db->n_looks > LOOKS_LEAST + bytes * OPS_A_BYTE / OPS_A_LOOK;
}

/* Nothing that a hostile file holds may run, and no value of it fill the memory. */
static void defend(struct db *db)
{
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_progress_handler(db->handle, OPS_A_LOOK, is_lost, db);
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, DB_BLOB_MOST);
    sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, LIMIT_TEXT_BYTES);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db->handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

static bool run_all(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static enum err_code too_new(const struct db *db, int64_t version, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED,
                   "the store %s was written by a newer keyfall (version %lld, this one knows %d): use that one, "
                   "or --no-store",
                   db->path, (long long)version, DB_VERSION);
}

/* A file without anything in it becomes a store; one of an older version is brought up to date. Others may try
 * the same at once: who holds the lock looks again. */
static enum err_code migrate(struct db *db, struct err *err)
{
    enum err_code code = db_begin(db, err);
    int64_t version = code == ERR_OK ? pragma_number(db, "PRAGMA user_version") : -1;
    for (; code == ERR_OK && version < DB_VERSION; version++) {
        char *sql = mem_printf("%s PRAGMA user_version = %lld;", version < 0 ? "" : steps[version],
                               (long long)version + 1);
        if (version < 0 || !run_all(db, sql))
            code = fail(db, err);
        mem_free(sql);
    }
    return code == ERR_OK ? db_commit(db, err) : (db_rollback(db), code);
}

static enum err_code check_version(struct db *db, struct err *err)
{
    int64_t application = pragma_number(db, "PRAGMA application_id"),
            version = pragma_number(db, "PRAGMA user_version"),
            tables = pragma_number(db, "SELECT count(*) FROM sqlite_schema"),
            others = pragma_number(db, "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')");
    if (application < 0 || version < 0 || tables < 0)
        return fail(db, err);
    if ((application != APPLICATION && tables > 0) || others != 0)
        return err_set(err, ERR_PARSE, "the store %s: it is no store of keyfall's; remove it, and it is made anew",
                       db->path);
    if (version > DB_VERSION)
        return too_new(db, version, err);
    if (version == DB_VERSION)
        return ERR_OK;
    if (db->is_read_only)
        return err_set(err, ERR_UNSUPPORTED,
                       "the store %s is of an older keyfall: once opened by one that may write it can be read",
                       db->path);
    if (tables == 0 && !run_all(db, "PRAGMA application_id = 1801871724"))
        return fail(db, err);
    return migrate(db, err);
}

/* Without its log beside it the file is whole, and reading it needs no lock and makes no file. */
static char *read_only_name(const char *path)
{
    struct stat st;
    char *log = mem_printf("%s-wal", path);
    bool has_log = stat(log, &st) == 0 && st.st_size > 0;
    mem_free(log);
    struct buf name = {0};
    buf_adds(&name, "file:");
    for (const char *at = path; *at; at++)
        if (strchr("?#%", *at))
            buf_printf(&name, "%%%02X", (unsigned)(unsigned char)*at);
        else
            buf_addc(&name, *at);
    buf_adds(&name, has_log ? "?readonly_shm=1" : "?immutable=1");
    return buf_take(&name);
}

static enum err_code connect(struct db *db, struct err *err)
{
    struct stat st;
    if (db->is_read_only && stat(db->path, &st) != 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "the store %s: %s", db->path,
                       strerror(errno));
    char *name = db->is_read_only ? read_only_name(db->path) : mem_strdup(db->path);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
                | (db->is_read_only ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE);
    int failed = sqlite3_open_v2(name, &db->handle, flags, NULL);
    mem_free(name);
    if (failed)
        return fail(db, err);
    defend(db);
    if (!run_all(db, "PRAGMA cell_size_check = ON"))
        return fail(db, err);
    if (!db->is_read_only
        && !run_all(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;"
                        "PRAGMA journal_size_limit = 4194304"))
        return fail(db, err);
    return ERR_OK;
}

enum err_code db_open(struct db *db, const char *path, bool read_only, struct err *err)
{
    *db = (struct db){.path = mem_strdup(path), .is_read_only = read_only};
    enum err_code code = read_only ? ERR_OK : make_private(path, err);
    if (code == ERR_OK)
        code = connect(db, err);
    return code == ERR_OK ? check_version(db, err) : code;
}

void db_close(struct db *db)
{
    for (int i = 0; i < QUERY_COUNT; i++)
        (void)sqlite3_finalize(db->statements[i]);
    (void)sqlite3_close(db->handle);
    mem_free(db->path);
    *db = (struct db){0};
}
