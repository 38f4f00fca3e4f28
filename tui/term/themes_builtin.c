#include "tui/term/themes_builtin.h"

/* One row for each file in themes/: its name, and the symbol that the build gives it. */
#define THEMES(X)                                                                                  \
    X("dark", data_themes_dark_theme)                                                              \
    X("light", data_themes_light_theme)                                                            \
    X("high-contrast", data_themes_high_contrast_theme)                                            \
    X("mono", data_themes_mono_theme)                                                              \
    X("deuteranopia", data_themes_deuteranopia_theme)                                              \
    X("tritanopia", data_themes_tritanopia_theme)                                                  \
    X("16-colour", data_themes_16_colour_theme)                                                    \
    X("night", data_themes_night_theme)                                                            \
    X("paper", data_themes_paper_theme)                                                            \
    X("soft", data_themes_soft_theme)                                                              \
    X("production", data_themes_production_theme)

#define X(name, data)                                                                              \
    extern const unsigned char data[];                                                             \
    extern const size_t data##_len;
THEMES(X)
#undef X

static const struct {
    const char *name;
    const unsigned char *text;
    const size_t *len;
} rows[] = {
#define X(name, data) {name, data, &data##_len},
    THEMES(X)
#undef X
};

bool themes_builtin(size_t i, struct theme_file *out)
{
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = (struct theme_file){rows[i].name, (const char *)rows[i].text, *rows[i].len};
    return true;
}
