/* pack: a slice as bytes, for what outlives the process: the store and posture files.
 *
 * A slice becomes two pieces. Its *content*: which list of which place it is, where it stands, what failed,
 * its rows with all they hold and where each of their facets stands. Its *times*: when all that was read. The
 * same content gives the same bytes, in whatever order it was read, so that what keeps history can tell a
 * change from a mere reading again.
 *
 * Nothing in the bytes is a number of this process or this version: kinds, lists, attributes, facets and
 * failures go by their names, records by their ARNs. Long texts (policies; TYPE_DOC) lie apart, once by
 * content, under their SHA-256. What the program that wrote knew of the model comes along (pack_model): what
 * this one knows beyond that was never read, and is stale, not absent.
 *
 * What is read is hostile: every length, name and order is checked before it is used; what does not fit is
 * ERR_PARSE, and then nothing of the slice stands in the estate (names it mentioned may). Memory grows with the
 * bytes given only: at most some hundred times as much. A packer or unpacker is used by one thread; the
 * unpacker by the estate's writer. */
#ifndef KEYFALL_ESTATE_PACK_H
#define KEYFALL_ESTATE_PACK_H

#include "backend/base/digest.h"
#include "backend/estate/estate.h"

#define PACK_VERSION 1 /* the first byte of a content */

/* ---- writing ---------------------------------------------------------------------------------- */

struct packer;
/* A long text on its way out, before the content that names it; once a packer. */
typedef void pack_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], const char *text, size_t len);

struct packer *packer_new(const struct estate *e, pack_doc *doc, void *ctx); /* doc NULL: they are not wanted */
void packer_free(struct packer *p);                                          /* NULL is fine */
/* Appends. Fails (ERR_UNSUPPORTED) only if there is no SHA-256. */
NODISCARD enum err_code pack_slice(struct packer *p, const struct slice *s, struct buf *content,
                                   struct buf *times, struct err *err);
/* Appends the names of this program's model: a line a kind. */
void pack_model(struct buf *out);

/* ---- reading ---------------------------------------------------------------------------------- */

struct unpacker;
/* A long text by its digest, valid until the estate has it; NULL: not there, and the slice is refused. */
typedef const char *unpack_doc(void *ctx, const unsigned char digest[DIGEST_BYTES], size_t *len);

struct unpack_hooks {
    void *ctx;
    unpack_doc *doc;
    uint64_t max_records;  /* of all slices together; more is refused. 0: any number */
};

/* model: what pack_model gave where the slices were packed. */
NODISCARD enum err_code unpacker_new(struct estate *e, const struct unpack_hooks *hooks, const char *model,
                                     size_t len, struct unpacker **out, struct err *err);
void unpacker_free(struct unpacker *u); /* NULL is fine */
/* Puts the slice into its slot, which holds nothing else then; estate_publish shows it. */
NODISCARD enum err_code unpack_slice(struct unpacker *u, const char *content, size_t content_len,
                                     const char *times, size_t times_len, struct err *err);
/* Records that slices gave so far, one in two lists counted twice. */
uint64_t unpacker_records(const struct unpacker *u);

#endif
