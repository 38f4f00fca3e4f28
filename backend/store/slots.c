#include "backend/store/internal.h"

#include "backend/base/timefmt.h"

#include <string.h>

#define TRANSACTION_MS 50 /* how long others may have to wait for the lock */
#define RESTORE_MS 20     /* a call */
#define LARGE_STAND_S 86400 /* large lists are remembered as they were once a day */

/* ---- the model ---------------------------------------------------------------------------------- */

static enum err_code find_model(struct store *s, const char *model, struct err *err)
{
    enum err_code code = ERR_OK;
    if (!s->db.is_read_only)
        code = db_run(&s->db, err, QUERY_MODEL_ADD, "t", model);
    if (code != ERR_OK)
        return code;
    sqlite3_stmt *q = db_query(&s->db, QUERY_MODEL_FIND, "t", model);
    int row = db_step(&s->db, q, err);
    if (row > 0)
        s->slots.model_id = sqlite3_column_int64(q, 0);
    db_done(q);
    return row < 0 ? err->code : ERR_OK;
}

enum err_code slots_open(struct store *s, struct err *err)
{
    struct buf model = {0};
    pack_model(&model);
    enum err_code code = find_model(s, model.data, err);
    buf_free(&model);
    return code;
}

void slots_close(struct store *s)
{
    generation_release(s->slots.kept);
    generation_release(s->slots.writing);
    packer_free(s->slots.packer);
    unpacker_free(s->slots.unpacker);
}

/* ---- restoring ---------------------------------------------------------------------------------- */

/* The text stays in the statement's row until the next one is asked for. */
static const char *read_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], size_t *len)
{
    struct store *s = ctx;
    struct err err;
    sqlite3_stmt *q = db_query(&s->db, QUERY_DOC_GET, "b", digest, (size_t)DIGEST_BYTES);
    if (db_step(&s->db, q, &err) <= 0)
        return NULL;
    return db_blob(q, 0, len);
}

/* What packs knew of the model, for the row's slice. */
static enum err_code use_model(struct store *s, int64_t id, struct err *err)
{
    struct slots *p = &s->slots;
    if (p->unpacker && p->unpacked_model == id)
        return ERR_OK;
    unpacker_free(p->unpacker);
    p->unpacker = NULL;
    sqlite3_stmt *q = db_query(&s->db, QUERY_MODEL_GET, "i", id);
    int row = db_step(&s->db, q, err);
    if (row < 0)
        return err->code;
    if (row == 0)
        return err_set(err, ERR_PARSE, "the model of its rows is not there");
    const char *model = db_text(q, 0);
    const struct unpack_hooks hooks = {.ctx = s, .doc = read_doc};
    enum err_code code = unpacker_new(p->estate, &hooks, model, (size_t)sqlite3_column_bytes(q, 0), &p->unpacker, err);
    db_done(q);
    p->unpacked_model = id;
    return code;
}

/* A row's model, content and times. */
static void restore_row(struct store *s, sqlite3_stmt *q, int column)
{
    struct err err = {0};
    size_t content_len, times_len;
    const char *content = db_blob(q, column + 1, &content_len), *times = db_blob(q, column + 2, &times_len);
    enum err_code code = use_model(s, sqlite3_column_int64(q, column), &err);
    if (code == ERR_OK)
        code = unpack_slice(s->slots.unpacker, content, content_len, times, times_len, &err);
    if (code != ERR_OK) {
        err_prefix(&err, "the store %s is damaged, a part of it is left out", s->db.path);
        store_note_trouble(s, &err);
    }
}

/* True if there was one. */
static bool restore_next(struct store *s)
{
    struct err err;
    sqlite3_stmt *q = db_query(&s->db, QUERY_SLOT_NEXT, "i", s->slots.restored_id);
    int row = db_step(&s->db, q, &err);
    if (row < 0)
        store_note_trouble(s, &err);
    if (row <= 0)
        return false;
    /* a damaged index may lead in a circle */
    bool is_on = sqlite3_column_int64(q, 0) > s->slots.restored_id;
    if (is_on) {
        s->slots.restored_id = sqlite3_column_int64(q, 0);
        restore_row(s, q, 1);
    } else {
        (void)err_set(&err, ERR_PARSE, "the store %s is damaged, a part of it is left out", s->db.path);
        store_note_trouble(s, &err);
    }
    db_done(q);
    return is_on;
}

static void end_restoring(struct store *s)
{
    struct slots *p = &s->slots;
    struct err earlier;
    unpacker_free(p->unpacker);
    p->unpacker = NULL;
    (void)err_set(&earlier, ERR_EARLIER, "%s", err_sentence(ERR_EARLIER));
    if (p->restored_id > 0) {
        estate_outdate(p->estate, estate_failure(p->estate, "", &earlier));
        (void)estate_publish(p->estate);
        p->kept = estate_acquire(p->estate);
    }
    store_recall(s);
    pthread_mutex_lock(&s->lock);
    s->is_restored = true;
    pthread_mutex_unlock(&s->lock);
}

bool store_restore(struct store *s, struct estate *e)
{
    int64_t until_ms = time_mono_ms() + RESTORE_MS;
    s->slots.estate = e;
    while (restore_next(s))
        if (time_mono_ms() >= until_ms)
            return true;
    end_restoring(s);
    return false;
}

enum err_code store_at(struct store *s, int64_t at_utc, struct estate *e, struct err *err)
{
    struct estate *own = s->slots.estate;
    sqlite3_stmt *q = db_query(&s->db, QUERY_VERSION_AT, "i", at_utc);
    int row, n = 0;
    s->slots.estate = e;
    for (; (row = db_step(&s->db, q, err)) > 0; n++)
        restore_row(s, q, 0);
    unpacker_free(s->slots.unpacker);
    s->slots.unpacker = NULL;
    s->slots.estate = own;
    if (row < 0)
        return err->code;
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND, "the store %s knows nothing of that time", s->db.path);
    (void)estate_publish(e);
    return ERR_OK;
}

/* ---- keeping up --------------------------------------------------------------------------------- */

static void write_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], const char *text, size_t len)
{
    struct store *s = ctx;
    sqlite3_stmt *q = db_query(&s->db, QUERY_DOC_ADD, "bb", digest, (size_t)DIGEST_BYTES, text, len);
    (void)db_step(&s->db, q, &s->slots.doc_err);
}

/* Where a slot stands in the file. */
struct row {
    struct buf parent;
    const char *account, *region, *list;
    int64_t id;      /* 0: not there */
    int64_t first_at;
    bool is_alike;   /* the file's content is this */
};

static enum err_code find_row(struct store *s, uint32_t slot, const struct buf *content, struct row *row,
                              struct err *err)
{
    const struct estate *e = s->slots.estate;
    *row = (struct row){.account = scope_account(e, slot_scope(e, slot)),
                        .region = scope_region(e, slot_scope(e, slot)),
                        .list = list_row(slot_list(e, slot))->name};
    buf_adds(&row->parent, "");
    if (slot_parent(e, slot))
        node_arn(e, slot_parent(e, slot), &row->parent);
    sqlite3_stmt *q = db_query(&s->db, QUERY_SLOT_FIND, "tttt", row->account, row->region, row->list, row->parent.data);
    int found = db_step(&s->db, q, err);
    if (found > 0) {
        size_t len;
        const void *old = db_blob(q, 1, &len);
        row->id = sqlite3_column_int64(q, 0);
        row->first_at = sqlite3_column_int64(q, 2);
        row->is_alike = len == content->len && len > 0 && memcmp(old, content->data, len) == 0;
        db_done(q);
    }
    return found < 0 ? err->code : ERR_OK;
}

static int64_t read_at(const struct slice *slice)
{
    if (slice_seen_at(slice) != TIME_NONE)
        return slice_seen_at(slice);
    return slice_tried_at(slice) != TIME_NONE ? slice_tried_at(slice) : time_now_utc();
}

static enum err_code add_row(struct store *s, uint32_t slot, const struct row *row, const struct slice *slice,
                             const struct buf *content, const struct buf *times, struct err *err)
{
    history_begin(s, slot, read_at(slice));
    return db_run(&s->db, err, QUERY_SLOT_ADD, "ttttiiibb", row->account, row->region, row->list, row->parent.data,
                  read_at(slice), (int64_t)slice_is_read(slice), s->slots.model_id, content->data, content->len,
                  times->data, times->len);
}

/* What stands in the file gives way: it may be remembered. */
static enum err_code replace_row(struct store *s, const struct row *row, const struct slice *slice,
                                 const struct buf *content, const struct buf *times, struct err *err)
{
    int64_t at = read_at(slice), small = STORE_SMALL_LIST, long_s = LARGE_STAND_S;
    enum err_code code = db_run(&s->db, err, QUERY_VERSION_KEEP, "iiii", row->id, at, small, long_s);
    if (code == ERR_OK)
        code = db_run(&s->db, err, QUERY_SLOT_PUT, "iiiiiibb", row->id, at, small, long_s,
                      (int64_t)slice_is_read(slice), s->slots.model_id, content->data, content->len, times->data,
                      times->len);
    return code;
}

/* Which records there are is known at once; what they are is written when it was read. */
static enum err_code put_row(struct store *s, uint32_t slot, const struct row *row, const struct slice *slice,
                             const struct buf *content, const struct buf *times, struct err *err)
{
    if (row->is_alike)
        return db_run(&s->db, err, QUERY_SLOT_TIMES, "ib", row->id, times->data, times->len);
    if (!row->id)
        return add_row(s, slot, row, slice, content, times, err);
    enum err_code code = history_compare(s, slot, row->first_at, err);
    if (code != ERR_OK || slice_is_loading(slice))
        return code;
    return replace_row(s, row, slice, content, times, err);
}

/* The list is not there any more: what it was is remembered. */
static enum err_code drop_row(struct store *s, uint32_t slot, const struct row *row, struct err *err)
{
    enum err_code code = db_run(&s->db, err, QUERY_VERSION_KEEP, "iiii", row->id, time_now_utc(), (int64_t)DB_BLOB_MOST,
                                INT64_C(0));
    if (code == ERR_OK)
        code = history_compare(s, slot, row->first_at, err);
    return code == ERR_OK ? db_run(&s->db, err, QUERY_SLOT_DROP, "i", row->id) : code;
}

static enum err_code pack(struct store *s, const struct slice *slice, struct buf *content, struct buf *times,
                          struct err *err)
{
    struct slots *p = &s->slots;
    if (!p->packer)
        p->packer = packer_new(p->estate, write_doc, s);
    p->doc_err = (struct err){0};
    enum err_code code = pack_slice(p->packer, slice, content, times, err);
    if (code == ERR_OK && p->doc_err.code != ERR_OK)
        *err = p->doc_err;
    return code == ERR_OK ? p->doc_err.code : code;
}

/* A list that was read to its end is kept; that there cannot be one too, and why one was never seen. One that is
 * known to have gone goes; any other leaves what was kept as it is. */
static enum err_code write_slice(struct store *s, uint32_t slot, const struct slice *slice, struct err *err)
{
    struct buf content = {0}, times = {0};
    struct row row = {0};
    enum truth truth = slice_truth(slice);
    bool is_told = truth == TRUTH_KNOWN || truth == TRUTH_UNSUPPORTED || truth == TRUTH_DENIED || truth == TRUTH_FAILED,
         is_gone = truth == TRUTH_ABSENT && slice_rows(slice) == 0;
    enum err_code code = is_told ? pack(s, slice, &content, &times, err) : ERR_OK;
    if (code == ERR_OK && (is_told || is_gone))
        code = find_row(s, slot, &content, &row, err);
    if (code == ERR_OK && is_told)
        code = put_row(s, slot, &row, slice, &content, &times, err);
    else if (code == ERR_OK && is_gone && row.id)
        code = drop_row(s, slot, &row, err);
    buf_free(&row.parent);
    buf_free(&content);
    buf_free(&times);
    return code;
}

/* Not what follows from other slices or is read on demand, and not what targets lead to: that is found anew. */
static bool is_kept(const struct estate *e, uint32_t slot)
{
    enum list list = slot_list(e, slot);
    if (list_row(list)->is_derived || (list == LIST_ACCOUNTS && slot_parent(e, slot)))
        return false;
    for (int f = FACET_LIST_ + 1; f < FACET_COUNT; f++)
        if (facet_row((enum facet)f)->children == list && facet_row((enum facet)f)->on_demand)
            return false;
    return true;
}

/* The newest generation, unless it is committed. */
static bool begin_writing(struct slots *p)
{
    if (p->writing || !p->estate)
        return p->writing != NULL;
    const struct generation *newest = estate_acquire(p->estate);
    if (p->kept && generation_number(newest) == generation_number(p->kept)) {
        generation_release(newest);
        return false;
    }
    p->writing = newest;
    p->next = 0;
    return true;
}

enum err_code slots_write(struct store *s, bool *has_more, struct err *err)
{
    struct slots *p = &s->slots;
    enum err_code code = ERR_OK;
    int64_t until_ms = time_mono_ms() + TRANSACTION_MS;
    *has_more = begin_writing(p);
    while (*has_more && code == ERR_OK && time_mono_ms() < until_ms) {
        p->next = generation_changed(p->writing, p->kept, p->next);
        *has_more = p->next != 0;
        if (*has_more && is_kept(p->estate, p->next))
            code = write_slice(s, p->next, generation_slice(p->writing, p->next), err);
    }
    return code;
}

void slots_committed(struct store *s, bool has_more)
{
    struct slots *p = &s->slots;
    if (has_more || !p->writing)
        return;
    generation_release(p->kept);
    p->kept = p->writing;
    p->writing = NULL;
}

/* Begun again from what was committed last; the long texts too. */
void slots_rolled_back(struct store *s)
{
    struct slots *p = &s->slots;
    generation_release(p->writing);
    p->writing = NULL;
    packer_free(p->packer);
    p->packer = NULL;
}
