#include "tui/term/theme.h"

#include "backend/base/ini.h"
#include "backend/base/mem.h"
#include "tui/term/themes_builtin.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SUFFIX ".theme"
#define NAMES_MAX 200

static const char *const color_words[16] = {
    "black",        "red",        "green",        "yellow",        "blue",
    "magenta",      "cyan",       "white",        "bright-black",  "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white",
};

static const int32_t palette16[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

static const struct {
    const char *word;
    unsigned attr;
} attr_words[] = {
    {"bold", STYLE_BOLD},           {"dim", STYLE_DIM},
    {"italic", STYLE_ITALIC},       {"underline", STYLE_UNDERLINE},
    {"reverse", STYLE_REVERSE},
};

/* xterm's palette: 16 named colours, a cube of 6 x 6 x 6, 24 greys. */
static int32_t palette256(int c)
{
    static const int32_t level[6] = {0, 95, 135, 175, 215, 255};

    if (c < 16)
        return palette16[c];
    if (c < 232) {
        c -= 16;
        return level[c / 36] << 16 | level[c / 6 % 6] << 8 | level[c % 6];
    }
    int32_t grey = 8 + 10 * (c - 232);
    return grey << 16 | grey << 8 | grey;
}

static int distance(int32_t a, int32_t b)
{
    int dr = (a >> 16 & 255) - (b >> 16 & 255), dg = (a >> 8 & 255) - (b >> 8 & 255);
    int db = (a & 255) - (b & 255);

    return 2 * dr * dr + 4 * dg * dg + 3 * db * db;
}

static int nearest(int32_t rgb, int first, int end)
{
    int best = first;

    for (int c = first; c < end; c++) {
        if (distance(rgb, palette256(c)) < distance(rgb, palette256(best)))
            best = c;
    }
    return best;
}

/* Fills what a file did not give. A terminal with direct colours shows 0-7 as its own palette. */
static void complete_color(struct color *c)
{
    if (c->rgb == COLOR_NONE && c->c256 == COLOR_NONE && c->c16 == COLOR_NONE)
        *c = (struct color){COLOR_DEFAULT, COLOR_DEFAULT, COLOR_DEFAULT};
    if (c->c256 == COLOR_NONE)
        c->c256 = c->rgb >= 0 ? (int16_t)nearest(c->rgb, 16, 256) : c->c16;
    if (c->rgb == COLOR_NONE)
        c->rgb = c->c256 < 8 ? c->c256 : palette256(c->c256);
    if (c->c16 == COLOR_NONE)
        c->c16 = c->c256 < 16 ? c->c256 : (int16_t)nearest(palette256(c->c256), 0, 16);
    if (c->rgb == COLOR_DEFAULT || c->c256 == COLOR_DEFAULT || c->c16 == COLOR_DEFAULT)
        *c = (struct color){COLOR_DEFAULT, COLOR_DEFAULT, COLOR_DEFAULT};
}

static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

/* One alternative: a name, a number, or #rrggbb. */
static bool parse_alternative(const char *s, size_t len, struct color *out)
{
    char digits[8] = "", *end = NULL;

    if (is_word(s, len, "default")) {
        out->c16 = COLOR_DEFAULT;
        return true;
    }
    for (int i = 0; i < 16; i++) {
        if (is_word(s, len, color_words[i])) {
            out->c16 = (int16_t)i;
            return true;
        }
    }
    if (len == 0 || len >= sizeof digits || (s[0] == '#' && len != 7))
        return false;
    memcpy(digits, s, len);
    if (digits[0] == '#') {
        out->rgb = (int32_t)strtol(digits + 1, &end, 16);
        return *end == '\0' && strspn(digits + 1, "0123456789abcdefABCDEF") == 6;
    }
    long n = strtol(digits, &end, 10);
    if (*end != '\0' || strspn(digits, "0123456789") != len || n > 255)
        return false;
    out->c256 = (int16_t)n;
    return true;
}

static bool parse_color(const char *s, size_t len, struct color *out)
{
    *out = (struct color){COLOR_NONE, COLOR_NONE, COLOR_NONE};
    for (size_t at = 0; at <= len;) {
        const char *slash = memchr(s + at, '/', len - at);
        size_t n = slash ? (size_t)(slash - (s + at)) : len - at;

        if (!parse_alternative(s + at, n, out))
            return false;
        at += n + 1;
    }
    complete_color(out);
    return true;
}

static unsigned parse_attr(const char *s, size_t len)
{
    for (size_t i = 0; i < sizeof attr_words / sizeof attr_words[0]; i++) {
        if (is_word(s, len, attr_words[i].word))
            return attr_words[i].attr;
    }
    return 0;
}

/* Where value[offset] stands in the file: the reader tells only where the key does. */
static int column_of(const char *text, size_t len, const struct ini_entry *e, size_t offset)
{
    const char *p = text, *end = text + len;

    for (int line = 1; line < e->line && p; line++) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    if (!p)
        return e->column;

    const char *start = p;

    while (p < end && *p != '=' && *p != ':' && *p != '\n')
        p++;
    if (p < end && *p != '\n')
        p++;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return (int)(p - start) + 1 + (int)offset;
}

struct parse {
    const char *file, *text;
    size_t len;
    struct theme *out;
    bool given[ROLE_COUNT];
};

static enum err_code parse_style(const struct parse *p, const struct ini_entry *e,
                                 struct style *style, struct err *err)
{
    const char *v = e->value;
    int n_colors = 0;
    struct color *colors[2] = {&style->fg, &style->bg};

    *style = (struct style){.fg = {COLOR_DEFAULT, COLOR_DEFAULT, COLOR_DEFAULT},
                            .bg = {COLOR_DEFAULT, COLOR_DEFAULT, COLOR_DEFAULT}};
    for (size_t at = strspn(v, " \t"); v[at];) {
        size_t len = strcspn(v + at, " \t\n");
        unsigned attr = parse_attr(v + at, len);
        struct color color;

        if (attr) {
            style->attrs |= attr;
        } else if (n_colors < 2 && parse_color(v + at, len, &color)) {
            *colors[n_colors++] = color;
        } else {
            return err_set(err, ERR_PARSE, "%s:%d:%d: %.*s is no colour and no attribute", p->file,
                           e->line, column_of(p->text, p->len, e, at), (int)(len < 40 ? len : 40),
                           v + at);
        }
        at += len;
        at += strspn(v + at, " \t\n");
    }
    return ERR_OK;
}

static void set_text(char *out, size_t size, const char *value)
{
    snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
}

static enum err_code parse_head(struct parse *p, const struct ini_entry *e, struct err *err)
{
    const struct {
        const char *key;
        char *text;
        size_t size;
        int32_t *rgb;
    } rows[] = {
        {"name", p->out->name, sizeof p->out->name, NULL},
        {"author", p->out->author, sizeof p->out->author, NULL},
        {"for", p->out->suits, sizeof p->out->suits, NULL},
        {"ground", NULL, 0, &p->out->ground},
        {"ink", NULL, 0, &p->out->ink},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct color color = {COLOR_NONE, COLOR_NONE, COLOR_NONE};

        if (strcmp(e->key, rows[i].key) != 0)
            continue;
        if (rows[i].text) {
            set_text(rows[i].text, rows[i].size, e->value);
            return ERR_OK;
        }
        if (!parse_alternative(e->value, strlen(e->value), &color) || color.rgb < 0)
            return err_set(err, ERR_PARSE, "%s:%d:%d: %s is a colour as #12161b, not %.40s", p->file,
                           e->line, column_of(p->text, p->len, e, 0), e->key, e->value);
        *rows[i].rgb = color.rgb;
        return ERR_OK;
    }
    return err_set(err, ERR_PARSE, "%s:%d:%d: [theme] has name, author, for, ground and ink, not %s",
                   p->file, e->line, e->column, e->key);
}

static enum err_code parse_entry(struct parse *p, const struct ini_entry *e, struct err *err)
{
    if (strcmp(e->section, "theme") == 0)
        return parse_head(p, e, err);
    if (strcmp(e->section, "roles") != 0)
        return err_set(err, ERR_PARSE, "%s:%d:%d: a theme has [theme] and [roles], not [%s]",
                       p->file, e->line, e->column, e->section);

    enum role role = role_find(e->key, strlen(e->key));

    if (role == ROLE_COUNT)
        return err_set(err, ERR_PARSE, "%s:%d:%d: there is no role %s", p->file, e->line, e->column,
                       e->key);
    p->given[role] = true;
    return parse_style(p, e, &p->out->styles[role], err);
}

static void fill_fallbacks(struct parse *p)
{
    if (!p->given[ROLE_CURSOR]) { /* the one role that must be seen */
        p->given[ROLE_CURSOR] = true;
        p->out->styles[ROLE_CURSOR] = p->out->styles[ROLE_NORMAL];
        p->out->styles[ROLE_CURSOR].attrs |= STYLE_REVERSE;
    }
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum role role = (enum role)i;

        while (!p->given[role] && role != ROLE_NORMAL)
            role = role_fallback(role);
        p->out->styles[i] = p->out->styles[role];
    }
}

enum err_code theme_parse(const char *file, const char *text, size_t len, struct theme *out,
                          struct err *err)
{
    struct parse p = {.file = file, .text = text, .len = len, .out = out};
    struct ini ini = {0};

    *out = (struct theme){.ground = COLOR_NONE, .ink = COLOR_NONE};
    for (int i = 0; i < ROLE_COUNT; i++) {
        out->styles[i].fg = (struct color){COLOR_DEFAULT, COLOR_DEFAULT, COLOR_DEFAULT};
        out->styles[i].bg = out->styles[i].fg;
    }
    if (len > THEME_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "%s: a theme has at most %d bytes", file, THEME_MAX_BYTES);

    enum err_code code = ini_parse(file, text, len, &ini, err);

    if (code)
        return code;
    for (size_t i = 0; i < ini.n && !code; i++)
        code = parse_entry(&p, &ini.entries[i], err);
    ini_free(&ini);
    if (!code)
        fill_fallbacks(&p);
    return code;
}

/* The caller's. NULL when there is no home to look in. */
static char *user_dir(void)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (xdg && xdg[0] == '/')
        return mem_printf("%s/keyfall/themes", xdg);
    return home && home[0] == '/' ? mem_printf("%s/.config/keyfall/themes", home) : NULL;
}

static enum err_code load_file(const char *path, struct theme *out, struct err *err)
{
    FILE *f = fopen(path, "re");

    if (!f)
        return err_set(err, ERR_NOT_FOUND, "%s: cannot be opened", path);

    char *text = mem_alloc(THEME_MAX_BYTES + 1);
    size_t len = fread(text, 1, THEME_MAX_BYTES + 1, f);
    enum err_code code = ferror(f) ? err_set(err, ERR_IO, "%s: cannot be read", path)
                                   : theme_parse(path, text, len, out, err);

    mem_free(text);
    if (fclose(f) != 0 && !code)
        code = err_set(err, ERR_IO, "%s: cannot be read", path);
    return code;
}

static bool is_plain_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len < 64 && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static enum err_code no_theme(const char *name, struct err *err)
{
    struct buf list = {0};
    size_t n;
    char **names = theme_names(&n);

    for (size_t i = 0; i < n; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", names[i]);
    theme_names_free(names, n);

    enum err_code code = err_set(err, ERR_NOT_FOUND, "there is no theme %.64s: there are %s", name,
                                 list.data ? list.data : "none");

    buf_free(&list);
    return code;
}

static enum err_code load_builtin(const char *name, struct theme *out, struct err *err)
{
    struct theme_file file;

    for (size_t i = 0; themes_builtin(i, &file); i++) {
        if (strcmp(file.name, name) == 0)
            return theme_parse(name, file.text, file.len, out, err);
    }
    return no_theme(name, err);
}

enum err_code theme_load(const char *name, struct theme *out, struct err *err)
{
    if (strchr(name, '/'))
        return load_file(name, out, err);
    if (!is_plain_name(name))
        return no_theme(name, err);

    char *dir = user_dir();
    char *path = dir ? mem_printf("%s/%s" SUFFIX, dir, name) : NULL;
    enum err_code code = path && access(path, F_OK) == 0 ? load_file(path, out, err)
                                                         : load_builtin(name, out, err);
    if (!code && out->name[0] == '\0')
        snprintf(out->name, sizeof out->name, "%.*s", (int)sizeof out->name - 1, name);
    mem_free(path);
    mem_free(dir);
    return code;
}

static void add_name(char **names, size_t *n, const char *name, size_t len)
{
    size_t at = 0;

    while (at < *n && strncmp(names[at], name, len) < 0)
        at++;
    if (*n >= NAMES_MAX || (at < *n && strlen(names[at]) == len && !strncmp(names[at], name, len)))
        return;
    memmove(names + at + 1, names + at, (*n - at) * sizeof *names);
    names[at] = mem_strndup(name, len);
    (*n)++;
}

char **theme_names(size_t *n)
{
    char **names = mem_alloc_array(NAMES_MAX, sizeof *names);
    struct theme_file file;
    char *dir = user_dir();
    DIR *d = dir ? opendir(dir) : NULL;

    *n = 0;
    for (size_t i = 0; themes_builtin(i, &file); i++)
        add_name(names, n, file.name, strlen(file.name));
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        size_t len = strlen(e->d_name), suffix = strlen(SUFFIX);

        if (len > suffix && is_plain_name(e->d_name) && !strcmp(e->d_name + len - suffix, SUFFIX))
            add_name(names, n, e->d_name, len - suffix);
    }
    if (d)
        closedir(d);
    mem_free(dir);
    return names;
}

void theme_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(names[i]);
    mem_free(names);
}
