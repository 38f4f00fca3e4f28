#include "backend/config/config.h"

#include "backend/config/table.h"

#include <string.h>

#define WIDTH 100

/* Words of a comment, broken to lines that begin with "# ". */
static void print_comment(struct buf *out, const char *text)
{
    size_t col = 1;
    buf_addc(out, '#');
    for (const char *word = text; *word;) {
        size_t len = strcspn(word, " ");
        if (col > 1 && col + 1 + len > WIDTH) {
            buf_adds(out, "\n#");
            col = 1;
        }
        buf_printf(out, " %.*s", (int)len, word);
        col += 1 + len;
        word += len + strspn(word + len, " ");
    }
    buf_addc(out, '\n');
}

/* The largest unit that says it whole. */
static void print_span(struct buf *out, int seconds)
{
    if (seconds % 86400 == 0)
        buf_printf(out, "%dd", seconds / 86400);
    else if (seconds % 3600 == 0)
        buf_printf(out, "%dh", seconds / 3600);
    else if (seconds % 60 == 0)
        buf_printf(out, "%dm", seconds / 60);
    else
        buf_printf(out, "%ds", seconds);
}

/* How it is printed. */
struct manner {
    bool tells;         /* with meanings, and what was not given too */
    config_name *name;  /* NULL: names are told */
    void *ctx;
};

static void print_name(struct buf *out, const struct manner *m, const char *text)
{
    if (m->name)
        m->name(m->ctx, text, out);
    else
        buf_adds(out, text);
}

/* False: it was not given. */
static bool print_value(struct buf *out, const struct manner *m, const struct setting_row *row, const void *section)
{
    const void *at = (const char *)section + row->at;
    const char *text = NULL;
    struct texts texts = {0};
    int number = 0;
    size_t before = out->len;
    struct manner as_is = {0};
    m = row->is_word ? &as_is : m;
    if (row->type == SETTING_TEXT)
        memcpy(&text, at, sizeof text);
    else if (row->type == SETTING_LIST)
        memcpy(&texts, at, sizeof texts);
    else
        memcpy(&number, at, sizeof number);
    if (text)
        print_name(out, m, text);
    for (size_t i = 0; i < texts.n; i++) {
        buf_adds(out, i > 0 ? ", " : "");
        print_name(out, m, texts.items[i]);
    }
    for (int i = 0; row->type == SETTING_FLAGS && row->words[i]; i++)
        if (number & 1 << i)
            buf_printf(out, "%s%s", out->len > before ? ", " : "", row->words[i]);
    if (number && row->type == SETTING_CHOICE)
        buf_adds(out, row->words[number - 1]);
    if (number && row->type == SETTING_PERCENT)
        buf_printf(out, "%d", number);
    if (number && row->type == SETTING_SPAN)
        print_span(out, number);
    return out->len > before;
}

static const char *type_word(const struct setting_row *row)
{
    static const char *const words[] = {
        [SETTING_TEXT] = "text",      [SETTING_LIST] = "list",  [SETTING_SPAN] = "time: 90s, 10m, 2h",
        [SETTING_PERCENT] = "number", [SETTING_CHOICE] = "one", [SETTING_FLAGS] = "list",
    };
    return words[row->type];
}

static void print_about(struct buf *out, const struct setting_row *row)
{
    struct buf about = {0};
    buf_printf(&about, "%s (%s", row->meaning, type_word(row));
    for (size_t i = 0; row->words && row->words[i]; i++)
        buf_printf(&about, "%s %s", i == 0 ? " of" : ",", row->words[i]);
    if (row->must)
        buf_adds(&about, "; must be given)");
    else
        buf_printf(&about, "; default: %s)", row->otherwise);
    print_comment(out, about.data);
    buf_free(&about);
}

/* section NULL: an example, all of it commented out. */
static void print_section(struct buf *out, const struct manner *m, const struct section_row *row, const char *name,
                          const void *section)
{
    buf_printf(out, "%s[%s%s", section ? "" : "#", row->name, *name ? " " : "");
    print_name(out, m, name);
    buf_adds(out, "]\n");
    for (size_t i = 0; i < row->n_rows; i++) {
        struct buf value = {0};
        bool is_given = section && print_value(&value, m, &row->rows[i], section);
        if (m->tells)
            print_about(out, &row->rows[i]);
        if (is_given)
            buf_printf(out, "%s = %s\n", row->rows[i].name, value.data);
        else if (m->tells)
            buf_printf(out, "#%s = %s\n", row->rows[i].name, row->rows[i].example);
        buf_free(&value);
    }
    buf_addc(out, '\n');
}

static void print_keys(const struct settings *s, struct buf *out, const struct section_row *row)
{
    buf_printf(out, "[%s]\n", row->name);
    for (size_t i = 0; i < s->keys.n; i++)
        buf_printf(out, "%s = %s\n", s->keys.items[i].action, s->keys.items[i].keys);
}

static void print_all_of(const struct settings *s, struct buf *out, const struct manner *m,
                         const struct section_row *row)
{
    struct {
        char *items;
        size_t n, cap;
    } v;
    memcpy(&v, (const char *)s + row->at, sizeof v);
    for (size_t i = 0; i < v.n; i++) {
        const char *name;
        const char *section = v.items + i * row->size;
        memcpy(&name, section + row->name_at, sizeof name);
        struct manner own = *m;
        own.tells = m->tells && i == 0;
        print_section(out, &own, row, name, section);
    }
    if (v.n == 0 && m->tells)
        print_section(out, m, row, row->example, NULL);
}

static bool is_judged(const struct section_row *row)
{
    return row->at >= offsetof(struct settings, allow)
           && row->at < offsetof(struct settings, allow) + sizeof(struct allow_settings);
}

void config_print_judged(const struct settings *s, config_name *name, void *ctx, struct buf *out)
{
    struct manner m = {.name = name, .ctx = ctx};
    size_t n;
    const struct section_row *rows = section_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (!is_judged(&rows[i]))
            continue;
        if (rows[i].example)
            print_all_of(s, out, &m, &rows[i]);
        else
            print_section(out, &m, &rows[i], "", (const char *)s + rows[i].at);
    }
}

void config_print(const struct settings *s, struct buf *out)
{
    struct manner m = {.tells = true};
    size_t n;
    const struct section_row *rows = section_rows(&n);
    print_comment(out, "keyfall.conf: every setting there is, with what was given. It is looked for in "
                       "$XDG_CONFIG_HOME/keyfall (else ~/.config/keyfall), or named by --config FILE. A "
                       "comment stands on a line of its own.");
    buf_addc(out, '\n');
    for (size_t i = 0; i < n; i++) {
        print_comment(out, rows[i].meaning);
        if (rows[i].is_open)
            print_keys(s, out, &rows[i]);
        else if (rows[i].example)
            print_all_of(s, out, &m, &rows[i]);
        else
            print_section(out, &m, &rows[i], "", (const char *)s + rows[i].at);
    }
}
