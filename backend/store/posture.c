#include "backend/store/posture.h"

#include "backend/base/bytes.h"
#include "backend/base/hash.h"
#include "backend/estate/pack.h"
#include "backend/store/posture_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "keyfall posture 2\n"
#define MAGIC_BEFORE "keyfall posture 1\n" /* without what is known of before */
#define MAGIC_ANY "keyfall posture " /* of whatever version */
#define FRAME_FULL (256u << 10)      /* what is gathered beyond this is written */

/* ---- writing ---------------------------------------------------------------------------------- */

struct writer {
    struct frames frames;
    struct buf docs, lists;
    enum err_code code; /* of the first frame that could not be written */
    struct err *err;
};

static void flush(struct writer *w, enum frame_kind kind, struct buf *gathered)
{
    if (w->code == ERR_OK && gathered->len > 0)
        w->code = frame_put(&w->frames, kind, gathered->data, gathered->len, w->err);
    buf_clear(gathered);
}

static void put_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], const char *text, size_t len)
{
    struct writer *w = ctx;
    (void)digest;
    bytes_add_text(&w->docs, text, len);
    if (w->docs.len >= FRAME_FULL)
        flush(w, FRAME_DOCS, &w->docs);
}

static enum err_code put_slice(struct writer *w, struct packer *p, const struct slice *s)
{
    struct buf content = {0}, times = {0};
    enum err_code code = pack_slice(p, s, &content, &times, w->err);
    if (code == ERR_OK) {
        bytes_add_text(&w->lists, content.data, content.len);
        bytes_add_text(&w->lists, times.data, times.len);
    }
    if (w->lists.len >= FRAME_FULL) {
        flush(w, FRAME_DOCS, &w->docs);
        flush(w, FRAME_LISTS, &w->lists);
    }
    buf_free(&content);
    buf_free(&times);
    return code == ERR_OK ? w->code : code;
}

static enum err_code put_slices(struct writer *w, const struct generation *g)
{
    struct estate *e = generation_estate(g);
    struct packer *p = packer_new(e, put_doc, w);
    uint64_t n_records = 0;
    enum err_code code = ERR_OK;
    for (uint32_t slot = 1; slot <= estate_slot_count(e) && code == ERR_OK; slot++) {
        const struct slice *s = generation_slice(g, slot);
        n_records += slice_rows(s);
        if (n_records > POSTURE_RECORDS_MAX)
            code = err_set(w->err, ERR_LIMIT, "the estate is too large for a posture file");
        else if (s)
            code = put_slice(w, p, s);
    }
    flush(w, FRAME_DOCS, &w->docs);
    flush(w, FRAME_LISTS, &w->lists);
    packer_free(p);
    return code == ERR_OK ? w->code : code;
}

static void put_past(void *ctx, enum frame_kind kind, const struct buf *part)
{
    struct writer *w = ctx;
    if (w->code == ERR_OK)
        w->code = frame_put(&w->frames, kind, part->data, part->len, w->err);
}

enum err_code posture_write(FILE *out, const struct judgement *j, const char *summary, size_t len, struct err *err)
{
    struct writer w = {.frames.file = out, .err = err};
    struct posture_past_out past = {.ctx = &w, .put = put_past};
    struct buf model = {0};
    pack_model(&model);
    enum err_code code = ERR_OK;
    if (fputs(MAGIC, out) == EOF)
        code = err_set(err, ERR_IO, "writing the posture: %s", strerror(errno));
    if (code == ERR_OK)
        code = frame_put(&w.frames, FRAME_SUMMARY, summary, len, err);
    if (code == ERR_OK)
        code = frame_put(&w.frames, FRAME_MODEL, model.data, model.len, err);
    if (code == ERR_OK)
        code = put_slices(&w, judgement_generation(j));
    if (code == ERR_OK)
        posture_past_pack(j, &past);
    if (code == ERR_OK)
        code = w.code;
    if (code == ERR_OK)
        code = frame_put_end(&w.frames, err);
    frames_free(&w.frames);
    buf_free(&w.docs);
    buf_free(&w.lists);
    buf_free(&model);
    return code;
}

/* ---- long texts, by their digests ----------------------------------------------------------------- */

struct doc {
    unsigned char digest[DIGEST_BYTES];
    uint32_t string; /* of the estate; 0: free */
};
struct docs {
    struct estate *estate;
    struct doc *items; /* open addressing */
    size_t n, mask;
    uint64_t seed;
};

static struct doc *doc_at(const struct docs *d, const unsigned char digest[DIGEST_BYTES])
{
    size_t i = (size_t)hash_bytes(digest, DIGEST_BYTES, d->seed) & d->mask;
    while (d->items[i].string && memcmp(d->items[i].digest, digest, DIGEST_BYTES) != 0)
        i = (i + 1) & d->mask;
    return &d->items[i];
}

static void docs_grow(struct docs *d)
{
    struct docs grown = *d;
    grown.mask = d->items ? d->mask * 2 + 1 : 255;
    grown.items = mem_alloc_array(grown.mask + 1, sizeof *grown.items);
    for (size_t i = 0; d->items && i <= d->mask; i++)
        if (d->items[i].string)
            *doc_at(&grown, d->items[i].digest) = d->items[i];
    mem_free(d->items);
    *d = grown;
}

/* A writer gives each text once: who gives one twice only wants to keep the reader busy. */
static bool docs_add(struct docs *d, const char *text, size_t len)
{
    struct doc doc = {.string = estate_string(d->estate, text, len)};
    if (!doc.string || !digest_of(text, len, doc.digest) || d->n >= POSTURE_RECORDS_MAX)
        return false;
    if (!d->items || (d->n + 1) * 4 > d->mask * 3)
        docs_grow(d);
    struct doc *at = doc_at(d, doc.digest);
    if (at->string)
        return false;
    d->n++;
    *at = doc;
    return true;
}

static const char *docs_find(void *ctx, const unsigned char digest[DIGEST_BYTES], size_t *len)
{
    const struct docs *d = ctx;
    struct doc *at = d->items ? doc_at(d, digest) : NULL;
    return at && at->string ? estate_text(d->estate, at->string, len) : NULL;
}

/* ---- reading ---------------------------------------------------------------------------------- */

struct reader {
    struct estate *estate;
    struct frames frames;
    struct docs docs;
    struct unpacker *unpacker; /* NULL: no model was read yet */
    struct posture_past *past; /* not owned; NULL */
    struct buf *summary;
    bool has_summary;
};

static enum err_code damaged(struct err *err)
{
    return err_set(err, ERR_PARSE, "it is damaged: its parts do not follow each other as they must");
}

static enum err_code take_summary(struct reader *r, const struct buf *bytes, struct err *err)
{
    if (r->has_summary)
        return damaged(err);
    r->has_summary = true;
    buf_add(r->summary, bytes->data, bytes->len);
    return ERR_OK;
}

static enum err_code take_model(struct reader *r, const struct buf *bytes, struct err *err)
{
    struct unpack_hooks hooks = {.ctx = &r->docs, .doc = docs_find, .max_records = POSTURE_RECORDS_MAX};
    if (!r->has_summary || r->unpacker)
        return damaged(err);
    return unpacker_new(r->estate, &hooks, bytes->data, bytes->len, &r->unpacker, err);
}

static enum err_code take_docs(struct reader *r, const struct buf *bytes, struct err *err)
{
    struct bytes_in in = bytes_in(bytes->data, bytes->len);
    while (bytes_left(&in) > 0 && !in.is_bad) {
        size_t len;
        const char *text = bytes_text(&in, &len);
        if (!in.is_bad && !docs_add(&r->docs, text, len))
            in.is_bad = true;
    }
    return in.is_bad || !r->unpacker ? damaged(err) : ERR_OK;
}

static enum err_code take_lists(struct reader *r, const struct buf *bytes, struct err *err)
{
    struct bytes_in in = bytes_in(bytes->data, bytes->len);
    enum err_code code = r->unpacker ? ERR_OK : damaged(err);
    while (code == ERR_OK && bytes_left(&in) > 0) {
        size_t content_len, times_len;
        const char *content = bytes_text(&in, &content_len), *times = bytes_text(&in, &times_len);
        code = in.is_bad ? damaged(err) : unpack_slice(r->unpacker, content, content_len, times, times_len, err);
    }
    return code;
}

static enum err_code take_past(struct reader *r, enum frame_kind kind, const struct buf *bytes, struct err *err)
{
    bool is_good = r->unpacker && (!r->past || posture_past_take(r->past, kind, bytes->data, bytes->len));
    return is_good ? ERR_OK : damaged(err);
}

static enum err_code take_frame(struct reader *r, enum frame_kind kind, const struct buf *bytes, struct err *err)
{
    switch (kind) {
    case FRAME_SUMMARY:
        return take_summary(r, bytes, err);
    case FRAME_MODEL:
        return take_model(r, bytes, err);
    case FRAME_DOCS:
        return take_docs(r, bytes, err);
    case FRAME_LISTS:
        return take_lists(r, bytes, err);
    case FRAME_SINCE:
    case FRAME_FOUND:
        return take_past(r, kind, bytes, err);
    case FRAME_END:
        break;
    }
    return r->unpacker && getc(r->frames.file) == EOF ? ERR_OK : damaged(err);
}

static enum err_code check_magic(FILE *in, struct err *err)
{
    char magic[sizeof MAGIC - 1];
    size_t n = fread(magic, 1, sizeof magic, in);
    if (n == sizeof magic && (memcmp(magic, MAGIC, n) == 0 || memcmp(magic, MAGIC_BEFORE, n) == 0))
        return ERR_OK;
    if (n == sizeof magic && memcmp(magic, MAGIC_ANY, sizeof MAGIC_ANY - 1) == 0)
        return err_set(err, ERR_UNSUPPORTED, "it was written by a newer keyfall: open it with that");
    return err_set(err, ERR_NOT_FOUND, "it is no posture file: keyfall snapshot -o FILE makes one");
}

enum err_code posture_read(FILE *in, struct estate *e, struct posture_past *past, struct buf *summary, struct err *err)
{
    struct reader r = {.estate = e, .frames.file = in, .docs = {.estate = e, .seed = hash_seed()}, .past = past,
                       .summary = summary};
    struct buf bytes = {0};
    enum frame_kind kind = FRAME_SUMMARY;
    enum err_code code = check_magic(in, err);
    while (code == ERR_OK && kind != FRAME_END) {
        code = frame_get(&r.frames, &kind, &bytes, err);
        if (code == ERR_OK)
            code = take_frame(&r, kind, &bytes, err);
    }
    if (code == ERR_OK)
        (void)estate_publish(e);
    unpacker_free(r.unpacker);
    mem_free(r.docs.items);
    frames_free(&r.frames);
    buf_free(&bytes);
    return code;
}

/* Without waiting: who gives a pipe for a file would wait for its writer. */
static enum err_code open_plain(const char *path, FILE **in, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *in = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    if (*in)
        return ERR_OK;
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    (void)close(fd);
    return err_set(err, ERR_IO, "%s: it is no plain file", path);
}

enum err_code posture_open(const char *path, struct estate *e, struct posture_past *past, struct buf *summary,
                           struct err *err)
{
    FILE *in;
    enum err_code code = open_plain(path, &in, err);
    if (code != ERR_OK)
        return code;
    code = posture_read(in, e, past, summary, err);
    if (code != ERR_OK)
        err_prefix(err, "%s", path);
    (void)fclose(in);
    return code;
}

enum err_code posture_summary(const char *path, struct buf *summary, struct err *err)
{
    struct frames frames = {0};
    enum frame_kind kind;
    enum err_code code = open_plain(path, &frames.file, err);
    if (code != ERR_OK)
        return code;
    code = check_magic(frames.file, err);
    if (code == ERR_OK)
        code = frame_get(&frames, &kind, summary, err);
    if (code == ERR_OK && kind != FRAME_SUMMARY)
        code = damaged(err);
    if (code != ERR_OK)
        err_prefix(err, "%s", path);
    frames_free(&frames);
    (void)fclose(frames.file);
    return code;
}
