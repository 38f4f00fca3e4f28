/* diff: what the formats of `keyfall diff` share. Private to cli/. */
#ifndef KEYFALL_CLI_DIFF_H
#define KEYFALL_CLI_DIFF_H

#include "backend/cli/verb.h"
#include "backend/view/diff.h"

/* A change, its texts in the arena of who gathered it. */
struct diff_report {
    const char *was_name, *is_name;   /* files, or "now" */
    int64_t was_utc, is_utc;          /* when they were taken; TIME_NONE: a CSV does not tell */
    VEC(struct diff_change) changes;
    size_t counts[DIFF_KIND_COUNT];
    bool is_worse, is_whole;          /* is_whole: neither side has blind spots */
    struct arena *arena;
};

void diff_write_text(const struct diff_report *r, int64_t max, FILE *out); /* max 0: a few of each */
void diff_write_csv(const struct diff_report *r, int64_t max, FILE *out);  /* max is no matter */
void diff_write_json(const struct diff_report *r, int64_t max, FILE *out);

#endif
