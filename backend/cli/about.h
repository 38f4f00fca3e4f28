/* about: the summary of a posture file: who saw what when, and what was not seen. Private to cli/. */
#ifndef KEYFALL_CLI_ABOUT_H
#define KEYFALL_CLI_ABOUT_H

#include "backend/cli/cli.h"

struct answer;

/* What a posture file says of itself. Texts are its own, hostile. */
struct about {
    struct arena *arena;
    struct export_scope scope;  /* that it was read with; its source says "live", "demo" */
    struct settings *settings;  /* what it was judged by */
    const char *tool;           /* "keyfall 0.1.0" */
    int64_t taken_utc;
    bool is_cut_short;
};

/* Appends the line of JSON. */
void about_write(const struct answer *a, struct buf *out);
/* *out is the caller's (about_free) in any case. */
NODISCARD enum err_code about_read(const char *json, size_t len, struct about *out, struct err *err);
void about_free(struct about *about);

#endif
