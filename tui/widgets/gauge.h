/* gauge: a number as a length: a bar of coverage, a ruler of days, a line of small columns.
 * Colours add nothing that the cells do not say. One thread per grid. */
#ifndef KEYFALL_TUI_GAUGE_H
#define KEYFALL_TUI_GAUGE_H

#include "tui/term/grid.h"

#include <stddef.h>
#include <stdint.h>

/* part of whole as full cells, unknown of whole as question marks, the rest empty. Something is
 * never drawn as nothing, and not everything never as everything. */
void bar_draw(struct grid *g, int x, int y, int w, uint64_t part, uint64_t unknown, uint64_t whole);

/* The ruler's head: now, 7d, 14d, 21d, 30d for a horizon of 30 days. */
void ruler_draw_head(struct grid *g, int x, int y, int w, int horizon_days);
/* A line from now to a dot; beyond the horizon the dot is an arrow at the end. */
void ruler_draw(struct grid *g, int x, int y, int w, int64_t seconds_left, int horizon_days,
                enum role role);

#define SPARK_UNKNOWN INT64_MIN
/* The newest w values, right-aligned; values are not negative. */
void spark_draw(struct grid *g, int x, int y, int w, const int64_t *values, size_t n);

#endif
