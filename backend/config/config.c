#include "backend/config/config.h"

#include "backend/base/closest.h"
#include "backend/base/ini.h"
#include "backend/config/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ITEMS 10000

/* Any VEC, its items not looked at. */
struct any_vec {
    void *items;
    size_t n, cap;
};

/* A section of the file: one row of the table, one name. */
struct instance {
    const struct section_row *row;
    const char *name;      /* "" if it has none */
    void *data;            /* the struct that is filled */
    uint64_t given;        /* settings that were set, a bit each */
    int line, column;      /* where it began first */
    bool is_wrong;         /* a line of it was */
};

struct reader {
    struct settings *settings;
    const struct ini *ini;
    VEC(struct instance) instances;
};

/* ---- complaining ------------------------------------------------------------------------------- */

static void complain(struct settings *s, const char *path, int line, int column, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

static void complain(struct settings *s, const char *path, int line, int column, const char *fmt, ...)
{
    char what[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    VEC_PUSH(s->complaints, arena_printf(s->arena, "%s:%d:%d: %s", path, line, column, what));
}

static void complain_of_line(void *ctx, const struct err *err)
{
    struct settings *s = ctx;
    VEC_PUSH(s->complaints, arena_strdup(s->arena, err->text));
}

static void wrong(struct reader *r, struct instance *in, int line, int column, const char *name,
                  const char *value, const char *why)
{
    complain(r->settings, r->ini->path, line, column, "%s \"%.80s\" %s", name, value, why);
    if (in)
        in->is_wrong = true;
}

/* ---- values ------------------------------------------------------------------------------------ */

static const char *span_read(struct arena *arena, const struct setting_row *row, const char *value, int *out)
{
    static const struct {
        char letter;
        int seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t digits = strspn(value, "0123456789");
    long n = digits > 0 && digits < 7 ? strtol(value, NULL, 10) : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (value[digits] != units[i].letter || value[digits + 1] != '\0' || digits == 0 || digits > 6)
            continue;
        long seconds = n * units[i].seconds;
        if (seconds < row->least_s || seconds > row->most_s)
            return arena_printf(arena, "is out of range: it goes from %d to %d seconds", row->least_s,
                                row->most_s);
        *out = (int)seconds;
        return NULL;
    }
    return "is no span of time: write it as 90s, 10m or 2h";
}

static const char *percent_read(const char *value, int *out)
{
    size_t digits = strspn(value, "0123456789");
    const char *rest = value + digits;
    long n = digits > 0 && digits < 4 ? strtol(value, NULL, 10) : 0;
    if (n < 1 || n > 100 || (strcmp(rest, "") != 0 && strcmp(rest, "%") != 0))
        return "is no percentage: write a number from 1 to 100";
    *out = (int)n;
    return NULL;
}

static const char *one_of(struct arena *arena, const char *const *words, const char *value)
{
    struct buf list = {0};
    struct closest c = {.wanted = value};
    for (size_t i = 0; words[i]; i++) {
        buf_printf(&list, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
        closest_offer(&c, words[i]);
    }
    const char *why = c.n > 0 ? arena_printf(arena, "is none of %s; did you mean %s?", list.data, c.items[0].name)
                              : arena_printf(arena, "is none of %s", list.data);
    closest_free(&c);
    buf_free(&list);
    return why;
}

/* The number of a word from 1; 0: none. */
static int word_number(const char *const *words, const char *value)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i + 1;
    return 0;
}

#define BETWEEN ", \t\n"

static size_t next_item(const char *value, size_t *at)
{
    *at += strspn(value + *at, BETWEEN);
    return strcspn(value + *at, BETWEEN);
}

static void texts_add(struct arena *arena, struct texts *t, const char *item, size_t most)
{
    if (!t->items)
        t->items = arena_alloc(arena, (most + 1) * sizeof *t->items);
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->items[i], item) == 0)
            return;
    t->items[t->n++] = item;
}

/* Each item by itself: one that is wrong is left out. */
static void list_read(struct reader *r, struct instance *in, const struct setting_row *row,
                      const struct ini_entry *e, void *place)
{
    struct texts *texts = place;
    struct arena *arena = r->settings->arena;
    int *flags = place;
    size_t most = 0;
    for (size_t at = 0, len; (len = next_item(e->value, &at)) > 0; at += len)
        most++;
    const char *why_not = most == 0           ? "is empty: leave the line out, or give a value"
                          : most > MOST_ITEMS ? "is too long a list: leave some out"
                                              : NULL;
    if (why_not) {
        complain(r->settings, r->ini->path, e->line, e->value_column, "%s %s", row->name, why_not);
        in->is_wrong = true;
        return;
    }
    for (size_t at = 0, len; (len = next_item(e->value, &at)) > 0; at += len) {
        const char *item = arena_strndup(arena, e->value + at, len);
        int number = row->type == SETTING_FLAGS ? word_number(row->words, item) : 0;
        const char *why = row->type == SETTING_LIST ? row->form(item)
                          : number                  ? NULL
                                                    : one_of(arena, row->words, item);
        bool is_first_line = !memchr(e->value, '\n', at);
        if (why)
            wrong(r, in, e->line, is_first_line ? e->value_column + (int)at : e->column, row->name, item, why);
        else if (number)
            *flags |= 1 << (number - 1);
        else
            texts_add(arena, texts, item, most);
    }
}

static const char *one_read(struct reader *r, const struct setting_row *row, const char *value, void *place)
{
    int number = 0;
    const char *why = strchr(value, '\n') ? "goes on in the next line: it must stand in one"
                      : !value[0]         ? "is empty: leave the line out, or give a value"
                                          : NULL;
    if (why)
        return why;
    switch (row->type) {
    case SETTING_SPAN:
        return span_read(r->settings->arena, row, value, place);
    case SETTING_PERCENT:
        return percent_read(value, place);
    case SETTING_CHOICE:
        number = word_number(row->words, value);
        *(int *)place = number ? number : row->if_wrong;
        return number ? NULL : one_of(r->settings->arena, row->words, value);
    default:
        why = row->form(value);
        if (!why)
            *(const char **)place = arena_strdup(r->settings->arena, value);
        return why;
    }
}

/* "x # why" is no comment in such a file: say so instead of puzzling. */
static const char *about_comment(struct reader *r, const char *value, const char *why)
{
    return strstr(value, " #") || strstr(value, " ;")
               ? arena_printf(r->settings->arena, "%s (a comment stands on a line of its own)", why)
               : why;
}

static void setting_read(struct reader *r, struct instance *in, const struct setting_row *row,
                         const struct ini_entry *e)
{
    uint64_t bit = UINT64_C(1) << (row - in->row->rows);
    void *place = (char *)in->data + row->at;
    if (in->given & bit) {
        wrong(r, NULL, e->line, e->column, row->name, e->value, "was said before, in this section's other part");
        return;
    }
    in->given |= bit;
    if (row->type == SETTING_LIST || row->type == SETTING_FLAGS) {
        list_read(r, in, row, e, place);
        return;
    }
    const char *why = one_read(r, row, e->value, place);
    r->settings->is_limit_lost |= why && row->is_limit;
    if (why)
        wrong(r, in, e->line, e->value_column, row->name, e->value, about_comment(r, e->value, why));
}

/* ---- sections ---------------------------------------------------------------------------------- */

/* The first word, and what stands behind it (in the arena). */
static const char *split_section(struct reader *r, const char *text, const char **name)
{
    size_t len = strcspn(text, " \t");
    *name = text + len + strspn(text + len, " \t");
    char *word = arena_strndup(r->settings->arena, text, len);
    for (char *p = word; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    return word;
}

static const struct section_row *section_find(const char *word)
{
    size_t n;
    const struct section_row *rows = section_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, word) == 0)
            return &rows[i];
    return NULL;
}

static void unknown_section(struct reader *r, const struct ini_section *s, const char *word)
{
    size_t n;
    const struct section_row *rows = section_rows(&n);
    struct closest c = {.wanted = word};
    for (size_t i = 0; i < n; i++)
        closest_offer(&c, rows[i].name);
    complain(r->settings, r->ini->path, s->line, s->column, "there is no section [%.60s]; %s%s", s->name,
             c.n > 0 ? "did you mean " : "keyfall --print-config lists them", c.n > 0 ? c.items[0].name : "");
    closest_free(&c);
}

/* A place of its own, moved into the settings once all of it was read. */
static void *section_data(struct reader *r, const struct section_row *row, const char *name)
{
    if (!row->example)
        return (char *)r->settings + row->at;
    char *data = arena_alloc(r->settings->arena, row->size);
    memcpy(data + row->name_at, &name, sizeof name);
    return data;
}

static struct instance *instance_find(struct reader *r, const struct section_row *row, const char *name)
{
    for (size_t i = 0; i < r->instances.n; i++)
        if (r->instances.items[i].row == row && strcmp(r->instances.items[i].name, name) == 0)
            return &r->instances.items[i];
    return NULL;
}

/* NULL: what stands in it cannot be used. */
static struct instance *section_instance(struct reader *r, const char *text)
{
    const char *name;
    const struct section_row *row = section_find(split_section(r, text, &name));
    return row ? instance_find(r, row, row->example ? name : "") : NULL;
}

static bool is_of_targets(const struct section_row *row)
{
    return row->at == offsetof(struct settings, targets);
}

static void section_begin(struct reader *r, const struct ini_section *s)
{
    const char *name;
    const char *word = split_section(r, s->name, &name);
    const struct section_row *row = section_find(word);
    if (s->is_lost) { /* told already; but nobody must be read in a target's stead */
        r->settings->n_targets_lost += row && is_of_targets(row);
        return;
    }
    if (!row) {
        unknown_section(r, s, word);
        return;
    }
    const char *why = !row->example && *name ? "takes no name behind it"
                      : row->example && !*name
                          ? arena_printf(r->settings->arena, "needs a name behind it: [%s %s]", row->name,
                                         row->example)
                      : row->name_form && *name ? row->name_form(name)
                                                : NULL;
    if (why)
        complain(r->settings, r->ini->path, s->line, s->column, "[%.60s] %s", s->name, why);
    if ((why && row->example) || instance_find(r, row, row->example ? name : ""))
        return;
    struct instance in = {.row = row,
                          .name = row->example ? arena_strdup(r->settings->arena, name) : "",
                          .line = s->line,
                          .column = s->column};
    in.data = row->is_open ? NULL : section_data(r, row, in.name);
    VEC_PUSH(r->instances, in);
}

static bool is_of_general(const char *key)
{
    const struct section_row *general = section_find("general");
    for (size_t i = 0; i < general->n_rows; i++)
        if (strcmp(general->rows[i].name, key) == 0)
            return true;
    return false;
}

/* A setting that no section takes, because its name or its section is wrong: what would have held back counts as given. */
static void hold_back(struct reader *r, const char *key)
{
    const struct section_row *general = section_find("general");
    for (size_t i = 0; i < general->n_rows; i++) {
        const struct setting_row *row = &general->rows[i];
        struct closest c = {.wanted = key};
        closest_offer(&c, row->name);
        bool is_meant = c.n > 0;
        closest_free(&c);
        r->settings->is_limit_lost |= is_meant && row->is_limit;
        if (is_meant && row->if_wrong)
            *(int *)((char *)r->settings + general->at + row->at) = row->if_wrong;
    }
}

static void unknown_setting(struct reader *r, const struct instance *in, const struct ini_entry *e)
{
    struct closest c = {.wanted = e->key};
    for (size_t i = 0; i < in->row->n_rows; i++)
        closest_offer(&c, in->row->rows[i].name);
    complain(r->settings, r->ini->path, e->line, e->column, "there is no setting %.60s in [%s]; %s%s", e->key,
             in->row->name, c.n > 0 ? "did you mean " : "keyfall --print-config lists them",
             c.n > 0 ? c.items[0].name : "");
    closest_free(&c);
    hold_back(r, e->key);
}

static void entry_read(struct reader *r, const struct ini_entry *e)
{
    struct instance *in = section_instance(r, e->section);
    if (!e->section[0])
        complain(r->settings, r->ini->path, e->line, e->column,
                 "%.60s stands before the first section: put [general] or another above it", e->key);
    if (!in) { /* told, or where the section begins */
        hold_back(r, e->key);
        return;
    }
    if (in->row->is_open && is_of_general(e->key)) {
        complain(r->settings, r->ini->path, e->line, e->column, "%.60s is a setting of [general], not of [%s]", e->key,
                 in->row->name);
        hold_back(r, e->key);
        return;
    }
    if (in->row->is_open && strchr(e->value, '\n')) {
        wrong(r, NULL, e->line, e->value_column, e->key, "", "goes on in the next line: it must stand in one");
        return;
    }
    if (in->row->is_open) {
        struct arena *arena = r->settings->arena;
        struct binding_settings b = {
            .action = arena_strdup(arena, e->key),
            .keys = arena_strdup(arena, e->value),
            .where = arena_printf(arena, "%s:%d:%d", r->ini->path, e->line, e->value_column)};
        VEC_PUSH(r->settings->keys, b);
        return;
    }
    for (size_t i = 0; i < in->row->n_rows; i++)
        if (strcmp(in->row->rows[i].name, e->key) == 0) {
            setting_read(r, in, &in->row->rows[i], e);
            return;
        }
    unknown_setting(r, in, e);
    in->is_wrong = true;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static bool lacks_setting(const struct instance *in, const struct setting_row *row)
{
    const char *text;
    struct texts texts;
    if (row->type == SETTING_LIST) {
        memcpy(&texts, (const char *)in->data + row->at, sizeof texts);
        return texts.n == 0;
    }
    memcpy(&text, (const char *)in->data + row->at, sizeof text);
    return !text;
}

/* What is wrong with a section as a whole; NULL: nothing. */
static const char *section_check(struct reader *r, const struct instance *in)
{
    struct arena *arena = r->settings->arena;
    for (size_t i = 0; i < in->row->n_rows; i++) {
        const struct setting_row *row = &in->row->rows[i];
        if (row->must && lacks_setting(in, row))
            return arena_printf(arena, "says nothing without %s: add %s = %s", row->name, row->name,
                                row->example);
    }
    const char *why = in->row->check ? in->row->check(arena, in->data) : NULL;
    if (!why && in->is_wrong && is_of_targets(in->row))
        why = "is not used, for a line of it is wrong: reading as somebody else than was meant is worse";
    return why;
}

static void section_keep(struct reader *r, const struct instance *in)
{
    struct any_vec v;
    if (!in->row->example)
        return;
    const char *why = section_check(r, in);
    if (why) {
        r->settings->n_targets_lost += is_of_targets(in->row);
        complain(r->settings, r->ini->path, in->line, in->column, "[%s %.60s] %s", in->row->name, in->name, why);
        return;
    }
    char *place = (char *)r->settings + in->row->at;
    memcpy(&v, place, sizeof v);
    v.items = mem_grow(v.items, &v.cap, v.n + 1, in->row->size);
    memcpy((char *)v.items + v.n++ * in->row->size, in->data, in->row->size);
    memcpy(place, &v, sizeof v);
}

/* Where a complaint stands: the number behind "FILE:". */
static long line_of(const char *complaint, size_t path_len)
{
    return strlen(complaint) > path_len ? strtol(complaint + path_len + 1, NULL, 10) : 0;
}

/* In the order of the file, and as they came where they are of one line. */
static void complaints_sort(struct settings *s, const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 1; i < s->complaints.n; i++) {
        const char *one = s->complaints.items[i];
        size_t at = i;
        for (; at > 0 && line_of(s->complaints.items[at - 1], len) > line_of(one, len); at--)
            s->complaints.items[at] = s->complaints.items[at - 1];
        s->complaints.items[at] = one;
    }
}

static void settings_fill(struct settings *s, const struct ini *ini)
{
    struct reader r = {.settings = s, .ini = ini};
    for (size_t i = 0; i < ini->n_sections; i++)
        section_begin(&r, &ini->sections[i]);
    for (size_t i = 0; i < ini->n; i++)
        entry_read(&r, &ini->entries[i]);
    for (size_t i = 0; i < r.instances.n; i++)
        section_keep(&r, &r.instances.items[i]);
    VEC_FREE(r.instances);
    complaints_sort(s, ini->path);
}

struct settings *settings_new(void)
{
    struct settings *s = mem_alloc(sizeof *s);
    s->arena = arena_new();
    return s;
}

void settings_free(struct settings *s)
{
    if (!s)
        return;
    size_t n;
    const struct section_row *rows = section_rows(&n);
    for (size_t i = 0; i < n; i++) {
        struct any_vec v;
        if (!rows[i].size)
            continue;
        memcpy(&v, (char *)s + rows[i].at, sizeof v);
        mem_free(v.items);
    }
    VEC_FREE(s->complaints);
    arena_free(s->arena);
    mem_free(s);
}

enum err_code config_parse(const char *name, const char *text, size_t len, struct settings **out,
                           struct err *err)
{
    struct ini ini;
    *out = settings_new();
    enum err_code code = ini_parse_what_is_right(name, text, len, complain_of_line, *out, &ini, err);
    if (code != ERR_OK)
        return code;
    (*out)->path = arena_strdup((*out)->arena, name);
    (*out)->is_line_lost = ini.is_line_lost;
    settings_fill(*out, &ini);
    ini_free(&ini);
    return ERR_OK;
}

enum err_code config_read(const char *path, struct settings **out, struct err *err)
{
    struct ini ini;
    *out = settings_new();
    enum err_code code = ini_read_what_is_right(path, CONFIG_MAX_BYTES, complain_of_line, *out, &ini, err);
    if (code != ERR_OK)
        return code;
    (*out)->path = arena_strdup((*out)->arena, path);
    (*out)->is_line_lost = ini.is_line_lost;
    settings_fill(*out, &ini);
    ini_free(&ini);
    return ERR_OK;
}

/* A relative path in XDG_CONFIG_HOME counts as none: https://specifications.freedesktop.org/basedir-spec/ */
char *config_default_path(void)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    if (base && base[0] == '/')
        return mem_printf("%s/keyfall/keyfall.conf", base);
    const char *home = getenv("HOME");
    return home && home[0] == '/' ? mem_printf("%s/.config/keyfall/keyfall.conf", home) : NULL;
}
