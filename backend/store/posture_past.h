/* posture_past: since when things are known, on the way into a posture file (posture.h) and out of one.
 *
 * A file tells it of each list as a whole and of those rows that came at another time, and of each finding. What a
 * file does not tell is not known: who opens it elsewhere saw nothing for the first time.
 *
 *   H  lists: account, Region, list, parent ("" if none), the time of its rows, how many have another one, and of each
 *      of these its ARN and its time; TIME_NONE: not known
 *   F  findings: rule, kind, ARN, time
 *
 * One thread takes in, any may ask afterwards. */
#ifndef KEYFALL_STORE_POSTURE_PAST_H
#define KEYFALL_STORE_POSTURE_PAST_H

#include "backend/judge/judge.h"
#include "backend/store/posture_frame.h"

struct posture_past;

/* Where the bytes go: parts of either kind, whole entries each. rename appends what becomes of an account or an ARN;
 * NULL: they stay. */
struct posture_past_out {
    void *ctx;
    void (*put)(void *ctx, enum frame_kind kind, const struct buf *part);
    void (*rename)(void *ctx, const char *name, size_t len, struct buf *out);
};
/* All that is known of before by a judgement (judgement_remember). */
void posture_past_pack(const struct judgement *j, const struct posture_past_out *out);

/* Of what stands in the estate, which outlives it. */
struct posture_past *posture_past_new(const struct estate *e);
void posture_past_free(struct posture_past *p); /* NULL is fine */
/* A part; names that the estate does not have are left out. False: these are no such bytes, or too many. */
NODISCARD bool posture_past_take(struct posture_past *p, enum frame_kind kind, const char *bytes, size_t len);
/* For judgement_remember. */
struct past posture_past_told(struct posture_past *p);

#endif
