/* summary: what reading took, for people. Private to cli/. */
#ifndef KEYFALL_CLI_SUMMARY_H
#define KEYFALL_CLI_SUMMARY_H

#include "backend/cli/cli.h"

#include <stdio.h>

/* A table by service, most requests first, and which limits were kept. */
void summary_write(const struct cli_options *options, struct refresh *r, FILE *out);

#endif
