#include "backend/store/posture_frame.h"

#include "backend/store/posture.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#define HEAD_BYTES 41
#define MAX_RATIO 1032 /* zlib.net/zlib_tech.html: no more is made of a byte */
#define SLACK 1024

static const char kinds[] = {FRAME_SUMMARY, FRAME_MODEL, FRAME_DOCS, FRAME_LISTS,
                             FRAME_SINCE, FRAME_FOUND, FRAME_END};

static bool is_plain(enum frame_kind kind)
{
    return kind == FRAME_SUMMARY || kind == FRAME_END;
}

static void put_u32(char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(unsigned char)(number >> 8 * i);
}

static uint32_t get_u32(const char *at)
{
    uint32_t number = 0;
    for (int i = 0; i < 4; i++)
        number |= (uint32_t)(unsigned char)at[i] << 8 * i;
    return number;
}

static bool chain_add(struct frames *f, const char head[HEAD_BYTES])
{
    unsigned char next[DIGEST_BYTES];
    if (!digest_chain(f->chain, head, HEAD_BYTES, next))
        return false;
    memcpy(f->chain, next, sizeof f->chain);
    return true;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static bool pack(struct frames *f, enum frame_kind kind, const char *bytes, size_t len)
{
    uLongf packed_len = compressBound(len);
    buf_clear(&f->packed);
    if (is_plain(kind)) {
        buf_add(&f->packed, bytes, len);
        return true;
    }
    buf_reserve(&f->packed, packed_len);
    bool is_good = compress2((Bytef *)f->packed.data, &packed_len, (const Bytef *)bytes, len, Z_DEFAULT_COMPRESSION)
                   == Z_OK;
    f->packed.len = is_good ? packed_len : 0;
    return is_good;
}

enum err_code frame_put(struct frames *f, enum frame_kind kind, const char *bytes, size_t len, struct err *err)
{
    char head[HEAD_BYTES] = {(char)kind};
    f->n_bytes += len;
    if (len > POSTURE_FRAME_MAX || f->n_bytes > POSTURE_TOTAL_MAX)
        return err_set(err, ERR_LIMIT, "the estate is too large for a posture file");
    if (!pack(f, kind, bytes, len) || !digest_of(bytes, len, (unsigned char *)head + 9))
        return err_set(err, ERR_UNSUPPORTED, "zlib or libcrypto refused to pack a posture");
    put_u32(head + 1, (uint32_t)len);
    put_u32(head + 5, (uint32_t)f->packed.len);
    errno = 0;
    if (fwrite(head, 1, sizeof head, f->file) != sizeof head
        || fwrite(f->packed.data, 1, f->packed.len, f->file) != f->packed.len)
        return err_set(err, ERR_IO, "writing the posture: %s", strerror(errno ? errno : EIO));
    return chain_add(f, head) ? ERR_OK : err_set(err, ERR_UNSUPPORTED, "libcrypto gives no SHA-256");
}

enum err_code frame_put_end(struct frames *f, struct err *err)
{
    char chain[DIGEST_BYTES];
    memcpy(chain, f->chain, sizeof chain);
    return frame_put(f, FRAME_END, chain, sizeof chain, err);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static enum err_code cut_off(const struct frames *f, struct err *err)
{
    return ferror(f->file) ? err_set(err, ERR_IO, "it cannot be read: %s", strerror(errno))
                           : err_set(err, ERR_PARSE, "it is cut off");
}

/* A piece at a time: what a head declares is not believed before it is there. */
static enum err_code read_bytes(struct frames *f, size_t len, struct buf *out, struct err *err)
{
    char piece[65536];
    buf_clear(out);
    while (len > 0) {
        size_t want = len < sizeof piece ? len : sizeof piece;
        size_t n = fread(piece, 1, want, f->file);
        buf_add(out, piece, n);
        if (n != want)
            return cut_off(f, err);
        len -= n;
    }
    return ERR_OK;
}

static enum err_code check_sizes(struct frames *f, enum frame_kind kind, uint32_t len, uint32_t packed_len,
                                 struct err *err)
{
    if (!memchr(kinds, (int)kind, sizeof kinds))
        return err_set(err, ERR_PARSE, "it is damaged");
    f->n_bytes += len;
    if (len > POSTURE_FRAME_MAX || packed_len > POSTURE_FRAME_MAX || f->n_bytes > POSTURE_TOTAL_MAX
        || (kind == FRAME_SUMMARY && len > POSTURE_SUMMARY_MAX))
        return err_set(err, ERR_LIMIT, "it is larger than any estate that keyfall is made for");
    if (is_plain(kind) ? len != packed_len : len > (uint64_t)packed_len * MAX_RATIO + SLACK)
        return err_set(err, ERR_PARSE, "it is damaged: a size in it cannot be");
    return ERR_OK;
}

static enum err_code unpack(struct frames *f, enum frame_kind kind, uint32_t len, struct buf *out, struct err *err)
{
    uLongf unpacked_len = len;
    buf_clear(out);
    if (is_plain(kind)) {
        buf_add(out, f->packed.data ? f->packed.data : "", f->packed.len);
        return ERR_OK;
    }
    buf_reserve(out, len);
    if (uncompress((Bytef *)out->data, &unpacked_len, (const Bytef *)f->packed.data, f->packed.len) != Z_OK
        || unpacked_len != len)
        return err_set(err, ERR_PARSE, "it is damaged: a part of it does not unpack");
    out->data[len] = '\0';
    out->len = len;
    return ERR_OK;
}

static enum err_code check_digest(struct frames *f, enum frame_kind kind, const char head[HEAD_BYTES],
                                  const struct buf *bytes, struct err *err)
{
    unsigned char digest[DIGEST_BYTES];
    if (!digest_of(bytes->data, bytes->len, digest))
        return err_set(err, ERR_UNSUPPORTED, "libcrypto gives no SHA-256");
    if (memcmp(digest, head + 9, DIGEST_BYTES) != 0)
        return err_set(err, ERR_PARSE, "it is damaged: a digest does not fit");
    if (kind == FRAME_END
        && (bytes->len != DIGEST_BYTES || memcmp(bytes->data, f->chain, DIGEST_BYTES) != 0))
        return err_set(err, ERR_PARSE, "it is damaged: parts of it are missing or not its own");
    return chain_add(f, head) ? ERR_OK : err_set(err, ERR_UNSUPPORTED, "libcrypto gives no SHA-256");
}

enum err_code frame_get(struct frames *f, enum frame_kind *kind, struct buf *out, struct err *err)
{
    char head[HEAD_BYTES];
    if (fread(head, 1, sizeof head, f->file) != sizeof head)
        return cut_off(f, err);
    *kind = (enum frame_kind)(unsigned char)head[0];
    enum err_code code = check_sizes(f, *kind, get_u32(head + 1), get_u32(head + 5), err);
    if (code == ERR_OK)
        code = read_bytes(f, get_u32(head + 5), &f->packed, err);
    if (code == ERR_OK)
        code = unpack(f, *kind, get_u32(head + 1), out, err);
    return code == ERR_OK ? check_digest(f, *kind, head, out, err) : code;
}

void frames_free(struct frames *f)
{
    buf_free(&f->packed);
}
