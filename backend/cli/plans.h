/* plans: what the verbs of guided changes share. Private to cli/. */
#ifndef KEYFALL_CLI_PLANS_H
#define KEYFALL_CLI_PLANS_H

#include "backend/change/change.h"
#include "backend/cli/verb.h"

/* Reads a plan's file ("-": standard input). *plan: plan_free. */
NODISCARD enum err_code plans_read(const char *path, struct plan **plan, struct err *err);
/* Writes a text to -o or standard output, each line cleaned; as it is if is_exact. The exit status. */
int plans_write(const struct cli_options *options, const struct buf *text, bool is_exact);

#endif
