/* redacted: what is answered when nobody's names may be told. Private to cli/. */
#ifndef KEYFALL_CLI_REDACTED_H
#define KEYFALL_CLI_REDACTED_H

#include "backend/cli/about.h"

/* The estate, the settings and the options of an answer, with other names. */
struct redacted {
    struct estate *estate;
    struct posture_past *kept; /* since when what stands in it is known */
    struct cli_options options;
    struct settings *settings;
    struct about about;
    struct arena *arena;
};

/* *out is the caller's (redacted_close) in any case. */
NODISCARD enum err_code redacted_open(const struct cli_options *o, const struct judgement *j, struct redacted *out,
                                      struct err *err);
void redacted_close(struct redacted *r);

#endif
