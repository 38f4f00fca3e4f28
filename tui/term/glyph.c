#include "tui/term/glyph.h"

static const char *const rows[GLYPH_COUNT][2] = {
#define X(glyph, utf8, ascii) [glyph] = {utf8, ascii},
    GLYPHS(X)
#undef X
};

const char *glyph_text(enum glyph glyph, bool is_ascii)
{
    return rows[glyph][is_ascii];
}
