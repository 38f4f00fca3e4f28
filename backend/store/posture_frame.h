/* posture_frame: the frames of a posture file (posture.h), one at a time. Private to store/. */
#ifndef KEYFALL_STORE_POSTURE_FRAME_H
#define KEYFALL_STORE_POSTURE_FRAME_H

#include "backend/base/digest.h"
#include "backend/base/mem.h"

#include <stdint.h>
#include <stdio.h>

enum frame_kind {
    FRAME_SUMMARY = 'S',
    FRAME_MODEL = 'M',
    FRAME_DOCS = 'D',
    FRAME_LISTS = 'L',
    FRAME_SINCE = 'H', /* since when records are known */
    FRAME_FOUND = 'F', /* since when findings are */
    FRAME_END = 'E',
};

/* A file that is written or read, frame by frame. Zero-initialise; frames_free in any case. */
struct frames {
    FILE *file; /* not owned */
    unsigned char chain[DIGEST_BYTES];
    uint64_t n_bytes; /* unpacked, so far */
    struct buf packed;
};

NODISCARD enum err_code frame_put(struct frames *f, enum frame_kind kind, const char *bytes, size_t len,
                                  struct err *err);
/* The chain so far, as the last frame. */
NODISCARD enum err_code frame_put_end(struct frames *f, struct err *err);
/* The next frame: its bytes replace what is in out. The last one is checked against the chain. */
NODISCARD enum err_code frame_get(struct frames *f, enum frame_kind *kind, struct buf *out, struct err *err);
void frames_free(struct frames *f);

#endif
