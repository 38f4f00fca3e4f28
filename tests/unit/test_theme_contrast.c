/* Whether every built-in theme can be read, by numbers: WCAG's contrast of each text with its ground, and how far
 * apart the colours of severities stay for people who see fewer colours.
 *
 * What others see is simulated in linear RGB by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-
 * based Model for Simulation of Color Vision Deficiency" (2009), severity 1.0; how far apart two colours are is
 * CIEDE2000. */
#include "tui/term/themes_builtin.h"
#include "tui/term/theme.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#define LEAST_TEXT 4.5  /* WCAG 2.2, 1.4.3 */
#define LEAST_SHAPE 3.0 /* 1.4.11: bars and the box that has the keys */
#define LEAST_APART 7.0
#define LEAST_APART_FOR 15.0 /* in a theme that is made for these eyes */

enum depth { DIRECT, DEPTH_256, DEPTH_16 };

static const int32_t named[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

static int32_t numbered(int c)
{
    static const int32_t level[6] = {0, 95, 135, 175, 215, 255};

    if (c < 16)
        return named[c];
    if (c < 232) {
        c -= 16;
        return level[c / 36] << 16 | level[c / 6 % 6] << 8 | level[c % 6];
    }
    return (8 + 10 * (c - 232)) * 0x10101;
}

static int32_t seen(const struct color *c, enum depth depth, int32_t otherwise)
{
    if (c->c16 == COLOR_DEFAULT)
        return otherwise;
    if (depth == DEPTH_16)
        return named[c->c16];
    if (depth == DEPTH_256)
        return numbered(c->c256);
    return c->rgb < 8 ? named[c->rgb] : c->rgb; /* such a terminal's first eight are its own */
}

static double linear(int32_t c)
{
    double v = (double)(c & 255) / 255;

    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(int32_t c)
{
    return 0.2126 * linear(c >> 16) + 0.7152 * linear(c >> 8) + 0.0722 * linear(c);
}

static double contrast(int32_t a, int32_t b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;

    return la > lb ? la / lb : lb / la;
}

/* ---- eyes ---------------------------------------------------------------------------------------- */

static const struct eyes {
    const char *name;
    double m[3][3];
} eyes[] = {
    {"all colours", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
    {"protanopia",
     {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
    {"deuteranopia",
     {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
    {"tritanopia",
     {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}},
};
#define N_EYES (sizeof eyes / sizeof eyes[0])

struct lab {
    double l, a, b;
};

static double lab_root(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static struct lab look(int32_t c, const struct eyes *e)
{
    const double in[3] = {linear(c >> 16), linear(c >> 8), linear(c)};
    double v[3];

    for (int i = 0; i < 3; i++) {
        v[i] = e->m[i][0] * in[0] + e->m[i][1] * in[1] + e->m[i][2] * in[2];
        v[i] = v[i] < 0 ? 0 : v[i] > 1 ? 1 : v[i];
    }

    double x = lab_root((0.4124564 * v[0] + 0.3575761 * v[1] + 0.1804375 * v[2]) / 0.95047);
    double y = lab_root(0.2126729 * v[0] + 0.7151522 * v[1] + 0.0721750 * v[2]);
    double z = lab_root((0.0193339 * v[0] + 0.1191920 * v[1] + 0.9503041 * v[2]) / 1.08883);

    return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

static double degrees(double b, double a)
{
    double h = atan2(b, a) * 180 / M_PI;

    return a == 0 && b == 0 ? 0 : h < 0 ? h + 360 : h;
}

static double cosine(double deg)
{
    return cos(deg * M_PI / 180);
}

/* CIEDE2000; names are those of Sharma, Wu and Dalal (2005), whose test data one_to_compare holds. */
static double difference(struct lab p, struct lab q)
{
    double cm = (hypot(p.a, p.b) + hypot(q.a, q.b)) / 2, cm7 = pow(cm, 7), p25 = pow(25, 7);
    double g = 1 + 0.5 * (1 - sqrt(cm7 / (cm7 + p25)));
    double c1 = hypot(p.a * g, p.b), c2 = hypot(q.a * g, q.b);
    double h1 = degrees(p.b, p.a * g), h2 = degrees(q.b, q.a * g), dh = h2 - h1, hm = h1 + h2;

    if (c1 * c2 == 0) {
        dh = 0;
    } else {
        hm = fabs(dh) <= 180 ? hm / 2 : hm < 360 ? (hm + 360) / 2 : (hm - 360) / 2;
        dh = dh > 180 ? dh - 360 : dh < -180 ? dh + 360 : dh;
    }

    double dl = q.l - p.l, dc = c2 - c1, lm = (p.l + q.l) / 2, cmg = (c1 + c2) / 2;
    double dhh = 2 * sqrt(c1 * c2) * sin(dh / 2 * M_PI / 180);
    double t = 1 - 0.17 * cosine(hm - 30) + 0.24 * cosine(2 * hm) + 0.32 * cosine(3 * hm + 6) -
               0.20 * cosine(4 * hm - 63);
    double turn = 30 * exp(-pow((hm - 275) / 25, 2)), cmg7 = pow(cmg, 7);
    double rc = 2 * sqrt(cmg7 / (cmg7 + p25)), l50 = (lm - 50) * (lm - 50);
    double sl = 1 + 0.015 * l50 / sqrt(20 + l50), sc = 1 + 0.045 * cmg, sh = 1 + 0.015 * cmg * t;
    double rt = -sin(2 * turn * M_PI / 180) * rc;

    return sqrt(pow(dl / sl, 2) + pow(dc / sc, 2) + pow(dhh / sh, 2) + rt * (dc / sc) * (dhh / sh));
}

/* ---- the themes ---------------------------------------------------------------------------------- */

static bool is_shape(enum role role)
{
    return role == ROLE_BORDER_FOCUS || role == ROLE_BAR_FULL || role == ROLE_SPARK;
}

static bool is_decoration(enum role role)
{
    return role == ROLE_BORDER || role == ROLE_BAR_EMPTY;
}

static void check_contrast(const struct theme *theme, enum depth depth)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        const struct style *s = &theme->styles[i];
        enum role role = (enum role)i;
        double least = is_shape(role) ? LEAST_SHAPE : LEAST_TEXT;
        double is = contrast(seen(&s->fg, depth, theme->ink), seen(&s->bg, depth, theme->ground));

        if (!is_decoration(role) && is < least)
            fail_msg("%s: %s has %.2f:1 with its ground (depth %d), %.1f:1 is the least", theme->name,
                     role_word(role), is, (int)depth, least);
    }
}

/* A letter on a ground of its own is told by that ground. */
static int32_t told_by(const struct theme *theme, enum role role, enum depth depth)
{
    const struct style *s = &theme->styles[role];
    int32_t fg = seen(&s->fg, depth, theme->ink), bg = seen(&s->bg, depth, theme->ground);
    const struct style *n = &theme->styles[ROLE_NORMAL];

    return bg != seen(&n->bg, depth, theme->ground) ? bg : fg;
}

static void check_apart(const struct theme *theme, enum depth depth)
{
    static const enum role pairs[][2] = {
        {ROLE_SEV_CRITICAL, ROLE_SEV_HIGH}, {ROLE_SEV_CRITICAL, ROLE_SEV_MEDIUM},
        {ROLE_SEV_CRITICAL, ROLE_SEV_LOW},  {ROLE_SEV_HIGH, ROLE_SEV_MEDIUM},
        {ROLE_SEV_HIGH, ROLE_SEV_LOW},      {ROLE_SEV_MEDIUM, ROLE_SEV_LOW},
        {ROLE_OK, ROLE_SEV_CRITICAL},       {ROLE_OK, ROLE_SEV_HIGH},
        {ROLE_OK, ROLE_UNKNOWN},
    };

    for (size_t e = 0; e < N_EYES; e++) {
        bool is_red_green = strcmp(eyes[e].name, "protanopia") == 0;
        bool is_for = strcmp(theme->name, eyes[e].name) == 0 ||
                      (is_red_green && strcmp(theme->name, "deuteranopia") == 0);
        double least = is_for ? LEAST_APART_FOR : LEAST_APART;

        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            double is = difference(look(told_by(theme, pairs[i][0], depth), &eyes[e]),
                                   look(told_by(theme, pairs[i][1], depth), &eyes[e]));

            if (is < least)
                fail_msg("%s: %s and %s are %.1f apart for %s (depth %d), %.0f is the least", theme->name,
                         role_word(pairs[i][0]), role_word(pairs[i][1]), is, eyes[e].name, (int)depth, least);
        }
    }
}

static void each_theme(void (*check)(const struct theme *theme, enum depth depth))
{
    struct theme_file file;

    for (size_t i = 0; themes_builtin(i, &file); i++) {
        struct theme theme;
        struct err err;

        assert_int_equal(theme_parse(file.name, file.text, file.len, &theme, &err), ERR_OK);
        if (strcmp(file.name, THEME_MONO) == 0)
            continue;
        assert_true(theme.ground >= 0 && theme.ink >= 0);
        if (strcmp(file.name, "16-colour") == 0) {
            check(&theme, DEPTH_16);
            continue;
        }
        check(&theme, DIRECT);
        check(&theme, DEPTH_256);
    }
}

static void texts_can_be_read(void **state)
{
    (void)state;
    each_theme(check_contrast);
}

static void severities_stay_apart_for_all_eyes(void **state)
{
    (void)state;
    each_theme(check_apart);
}

/* A terminal of 16 or 8 colours may have any palette: at least nothing is drawn in the colour of its ground, and the
 * two worst severities differ. With 8, bright black becomes the terminal's own ink, which must not meet our ground. */
static void few_colours_hide_nothing(void **state)
{
    struct theme_file file;

    (void)state;
    for (size_t i = 0; themes_builtin(i, &file); i++) {
        struct theme theme;
        struct err err;

        assert_int_equal(theme_parse(file.name, file.text, file.len, &theme, &err), ERR_OK);
        for (int role = 0; role < ROLE_COUNT; role++) {
            const struct style *s = &theme.styles[role];

            if (s->bg.c16 == COLOR_DEFAULT || s->fg.c16 == COLOR_DEFAULT)
                continue;
            if (s->fg.c16 % 8 == s->bg.c16 % 8 || s->fg.c16 == 8)
                fail_msg("%s: %s has its ground's colour", theme.name, role_word((enum role)role));
        }
        if (strcmp(file.name, THEME_MONO) != 0)
            assert_memory_not_equal(&theme.styles[ROLE_SEV_CRITICAL], &theme.styles[ROLE_SEV_HIGH],
                                    sizeof(struct style));
    }
}

/* Rows of Sharma's test data, and contrasts that anybody can look up. */
static void the_measures_are_right(void **state)
{
    static const struct {
        struct lab p, q;
        double de;
    } one_to_compare[] = {
        {{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
        {{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
        {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
        {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
        {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
    };

    (void)state;
    for (size_t i = 0; i < sizeof one_to_compare / sizeof one_to_compare[0]; i++)
        assert_true(fabs(difference(one_to_compare[i].p, one_to_compare[i].q) - one_to_compare[i].de) < 1e-4);
    assert_true(fabs(contrast(0xffffff, 0) - 21) < 1e-9);
    assert_true(fabs(contrast(0x777777, 0xffffff) - 4.48) < 0.005);
    /* red and green that differ for most are alike for deuteranopes */
    assert_true(difference(look(0xd70000, &eyes[0]), look(0x5f8700, &eyes[0])) > 40);
    assert_true(difference(look(0xaf5f00, &eyes[2]), look(0x5f8700, &eyes[2])) < LEAST_APART);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_measures_are_right),
        cmocka_unit_test(texts_can_be_read),
        cmocka_unit_test(severities_stay_apart_for_all_eyes),
        cmocka_unit_test(few_colours_hide_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
