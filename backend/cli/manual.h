/* manual: the pages of the manual and the shells' completions, from the tables that the program works by. Private
 * to cli/. Each appends a whole file. */
#ifndef KEYFALL_CLI_MANUAL_H
#define KEYFALL_CLI_MANUAL_H

#include "backend/base/mem.h"
#include "backend/cli/cli.h"

void manual_page(const struct cli_screen *screen, struct buf *out); /* keyfall(1) */
void manual_conf(const struct cli_screen *screen, struct buf *out); /* keyfall.conf(5) */
void manual_bash(const struct cli_screen *screen, struct buf *out);
void manual_zsh(const struct cli_screen *screen, struct buf *out);
void manual_fish(const struct cli_screen *screen, struct buf *out);

#endif
