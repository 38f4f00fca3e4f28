#include "tui/widgets/gauge.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define SPARK_LEVELS 8

/* Cells for part of whole: at least one for something, at most w - 1 for less than everything. */
static int share(int w, uint64_t part, uint64_t whole)
{
    if (whole == 0 || part == 0 || w <= 0)
        return 0;
    if (part >= whole)
        return w;

    int cells = (int)((double)part / (double)whole * w + 0.5);

    return cells < 1 ? 1 : cells > w - 1 ? w - 1 : cells;
}

void bar_draw(struct grid *g, int x, int y, int w, uint64_t part, uint64_t unknown, uint64_t whole)
{
    int full = share(w, part, whole), unseen = share(w, unknown, whole);

    if (full + unseen > w || (full + unseen == w && part + unknown < whole)) {
        int room = part + unknown < whole ? w - 1 : w;

        full = room - unseen > 0 ? room - unseen : 0;
    }
    grid_hline(g, x, y, w, ROLE_BAR_EMPTY, GLYPH_BAR_EMPTY);
    grid_hline(g, x, y, full, ROLE_BAR_FULL, GLYPH_BAR_FULL);
    grid_hline(g, x + full, y, unseen, ROLE_UNKNOWN, GLYPH_BAR_UNKNOWN);
}

static int ruler_at(int w, int64_t seconds, int horizon_days)
{
    int64_t horizon = (int64_t)horizon_days * DAY_S;

    return horizon > 0 ? (int)((seconds * (w - 1) + horizon / 2) / horizon) : 0;
}

void ruler_draw_head(struct grid *g, int x, int y, int w, int horizon_days)
{
    char day[24];
    int free_x = 4; /* behind "now" */

    grid_hline(g, x, y, w, ROLE_BORDER, GLYPH_RULER_LINE);
    grid_put(g, x, y, w, ROLE_HEADER, "now");
    for (int d = 7; d <= horizon_days; d += 7) {
        bool is_last = d + 7 > horizon_days;

        d = is_last ? horizon_days : d;
        snprintf(day, sizeof day, "%dd", d);

        int len = (int)strlen(day), at = ruler_at(w, (int64_t)d * DAY_S, horizon_days) - len / 2;

        at = at + len > w ? w - len : at;
        if (at < free_x || (!is_last && at + len > w - len - 1))
            continue;
        grid_put(g, x + at, y, len, ROLE_HEADER, day);
        free_x = at + len + 1;
    }
}

void ruler_draw(struct grid *g, int x, int y, int w, int64_t seconds_left, int horizon_days,
                enum role role)
{
    int64_t left = seconds_left > 0 ? seconds_left : 0;
    bool is_beyond = left > (int64_t)horizon_days * DAY_S;
    int at = is_beyond ? w - 1 : ruler_at(w, left, horizon_days);

    grid_glyph(g, x, y, ROLE_BORDER, GLYPH_RULER_START);
    grid_hline(g, x + 1, y, at - 1, ROLE_BORDER, GLYPH_RULER_LINE);
    grid_glyph(g, x + at, y, role, is_beyond ? GLYPH_FLOW_END : GLYPH_RULER_DOT);
}

void spark_draw(struct grid *g, int x, int y, int w, const int64_t *values, size_t n)
{
    size_t shown = n < (size_t)(w > 0 ? w : 0) ? n : (size_t)(w > 0 ? w : 0);
    int64_t low = INT64_MAX, high = 0;

    values += n - shown;
    for (size_t i = 0; i < shown; i++) {
        if (values[i] == SPARK_UNKNOWN)
            continue;
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    low = low > high / 2 ? low : 0; /* small changes of a large number are seen too */
    x += w - (int)shown;
    for (size_t i = 0; i < shown; i++) {
        double part = high > low ? (double)(values[i] - low) / (double)(high - low) : high > 0;
        int level = (int)(part * (SPARK_LEVELS - 1) + 0.5);

        if (values[i] == SPARK_UNKNOWN)
            grid_glyph(g, x + (int)i, y, ROLE_UNKNOWN, GLYPH_BAR_UNKNOWN);
        else
            grid_glyph(g, x + (int)i, y, ROLE_SPARK, (enum glyph)(GLYPH_SPARK_1 + level));
    }
}
