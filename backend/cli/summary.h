/* summary: what reading took, for people. Private to cli/. */
#ifndef KEYFALL_CLI_SUMMARY_H
#define KEYFALL_CLI_SUMMARY_H

#include "backend/refresh/refresh.h"

#include <stdio.h>

/* A table by service, most requests first, and which limits were kept. */
void summary_write(struct refresh *r, FILE *out);

#endif
