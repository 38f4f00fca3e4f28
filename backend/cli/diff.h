/* diff: what changed since an earlier posture, gathered for the verb's formats and for the screen's page. */
#ifndef KEYFALL_CLI_DIFF_H
#define KEYFALL_CLI_DIFF_H

#include "backend/cli/cli.h"
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

/* old: a posture file, the CSV of a view, or a time that the store remembers; against what now tells. Any thread that
 * now's judgement may be read by; *out is the caller's (diff_report_free) in any case. */
NODISCARD enum err_code diff_report_make(const struct cli_options *o, const char *old, const struct view_context *now,
                                         bool is_cut_short, struct diff_report *out, struct err *err);
void diff_report_free(struct diff_report *r);
/* Whether old can be such a thing at all, before anything is read to compare it with. */
NODISCARD enum err_code diff_old_check(const struct cli_options *o, const char *old, struct err *err);

void diff_write_text(const struct diff_report *r, int64_t max, FILE *out); /* max 0: a few of each */
void diff_write_csv(const struct diff_report *r, int64_t max, FILE *out);  /* max is no matter */
void diff_write_json(const struct diff_report *r, int64_t max, FILE *out);

#endif
