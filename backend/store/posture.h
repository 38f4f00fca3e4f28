/* posture: an estate as one file, to keep, compare and hand on: who saw what when, and what was not seen.
 *
 *   "keyfall posture 2\n"
 *   frame*: kind (1 byte), bytes unpacked, bytes packed (4 each, lowest first), SHA-256 of the unpacked, bytes
 *     S  the summary, a line of JSON a reader may see with `head`: as it is, not packed
 *     M  what the writer's model knew (pack_model)
 *     D  long texts: length and bytes, one after the other
 *     L  slices: content and times (pack_slice), each with its length before it
 *     H, F  since when records and findings are known (posture_past.h); version 1 had none, and nothing is known then
 *     E  the chained SHA-256 of all frames before: as it is. Nothing follows.
 *
 * Frames but S and E are packed by zlib. A text stands before the slice that names it. The digests tell damage;
 * they prove no author (`ssh-keygen -Y sign` does).
 *
 * A file that is read is hostile: sizes are checked before anything is made of them, a frame's against what
 * zlib can make of its bytes, the sum of frames and of records against what keyfall is sized for. What is wrong is
 * ERR_PARSE or ERR_LIMIT, ERR_UNSUPPORTED if it is newer, ERR_NOT_FOUND if it is no posture file at all, with one
 * sentence. The estate may then hold a part of the file, unpublished: free it.
 * One thread, the estate's writer. */
#ifndef KEYFALL_STORE_POSTURE_H
#define KEYFALL_STORE_POSTURE_H

#include "backend/store/posture_past.h"

#include <stdio.h>

#define POSTURE_SUMMARY_MAX (256u << 10)
#define POSTURE_FRAME_MAX (128u << 20)            /* one frame, unpacked */
#define POSTURE_TOTAL_MAX (UINT64_C(2) << 30)     /* all, unpacked */
#define POSTURE_RECORDS_MAX UINT64_C(4000000)

/* Writes what was judged, and since when it is known. summary: what S holds. Fails if the stream does, or if the
 * estate is larger than what would be read back. */
NODISCARD enum err_code posture_write(FILE *out, const struct judgement *j, const char *summary, size_t len,
                                      struct err *err);

/* Reads a file into an estate and publishes it. past: of that estate; NULL: nobody asks. *summary: the caller's,
 * NUL-terminated, hostile. */
NODISCARD enum err_code posture_read(FILE *in, struct estate *e, struct posture_past *past, struct buf *summary,
                                     struct err *err);
/* The same of a named file, which must be a plain one. */
NODISCARD enum err_code posture_open(const char *path, struct estate *e, struct posture_past *past,
                                     struct buf *summary, struct err *err);
/* Only its summary. */
NODISCARD enum err_code posture_summary(const char *path, struct buf *summary, struct err *err);

#endif
