/* glyph: every character that is not text, once in UTF-8 and once in ASCII (same width).
 * One row each. Constants, any thread. */
#ifndef KEYFALL_TUI_GLYPH_H
#define KEYFALL_TUI_GLYPH_H

#include <stdbool.h>

#define GLYPHS(X)                                                                                  \
    X(GLYPH_H, "─", "-")                                                                           \
    X(GLYPH_V, "│", "|")                                                                           \
    X(GLYPH_TOP_LEFT, "┌", "+")                                                                    \
    X(GLYPH_TOP_RIGHT, "┐", "+")                                                                   \
    X(GLYPH_BOTTOM_LEFT, "└", "+")                                                                 \
    X(GLYPH_BOTTOM_RIGHT, "┘", "+")                                                                \
    X(GLYPH_TEE_LEFT, "├", "+")                                                                    \
    X(GLYPH_TEE_RIGHT, "┤", "+")                                                                   \
    X(GLYPH_TEE_TOP, "┬", "+")                                                                     \
    X(GLYPH_TEE_BOTTOM, "┴", "+")                                                                  \
    X(GLYPH_CROSS, "┼", "+")                                                                       \
    X(GLYPH_CURSOR, ">", ">")                                                                      \
    X(GLYPH_MARK, "*", "*")                                                                        \
    X(GLYPH_BRANCH, "├", "|")                                                                      \
    X(GLYPH_BRANCH_LAST, "└", "`")                                                                 \
    X(GLYPH_BRANCH_THROUGH, "│", "|")                                                              \
    X(GLYPH_LEAF, "─", "-")                                                                        \
    X(GLYPH_OPEN, "▾", "-")                                                                        \
    X(GLYPH_FOLDED, "▸", "+")                                                                      \
    X(GLYPH_SORT_UP, "↑", "^")                                                                     \
    X(GLYPH_SORT_DOWN, "↓", "v")                                                                   \
    X(GLYPH_BAR_FULL, "■", "#")                                                                    \
    X(GLYPH_BAR_EMPTY, "·", ".")                                                                   \
    X(GLYPH_BAR_UNKNOWN, "?", "?")                                                                 \
    X(GLYPH_RULER_START, "├", "|")                                                                 \
    X(GLYPH_RULER_LINE, "─", "-")                                                                  \
    X(GLYPH_RULER_DOT, "●", "o")                                                                   \
    X(GLYPH_FLOW_MAIN, "═", "=")                                                                   \
    X(GLYPH_FLOW_MINOR, "─", "-")                                                                  \
    X(GLYPH_FLOW_UNSEEN, "·", ".")                                                                 \
    X(GLYPH_FLOW_END, "▶", ">")                                                                    \
    X(GLYPH_SPARK_1, "▁", "_")                                                                     \
    X(GLYPH_SPARK_2, "▂", ".")                                                                     \
    X(GLYPH_SPARK_3, "▃", "-")                                                                     \
    X(GLYPH_SPARK_4, "▄", "=")                                                                     \
    X(GLYPH_SPARK_5, "▅", "+")                                                                     \
    X(GLYPH_SPARK_6, "▆", "*")                                                                     \
    X(GLYPH_SPARK_7, "▇", "#")                                                                     \
    X(GLYPH_SPARK_8, "█", "@")

enum glyph {
#define X(glyph, utf8, ascii) glyph,
    GLYPHS(X)
#undef X
        GLYPH_COUNT
};

const char *glyph_text(enum glyph glyph, bool is_ascii);

#endif
