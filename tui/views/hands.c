#include "tui/views/hands.h"

#include "backend/base/ini.h"
#include "backend/config/config.h"
#include "backend/export/export.h"
#include "tui/panels/panel.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_BYTES (256u * 1024)
#define VIEWS_MAX 200
#define NAME_MAX_BYTES 40

/* What a section of a saved view may say. panel is what it must. */
static const struct {
    const char *key;
    size_t at;
} view_members[] = {
    {"panel", offsetof(struct saved_view, panel)}, {"filter", offsetof(struct saved_view, filter)},
    {"sort", offsetof(struct saved_view, sort)},   {"show", offsetof(struct saved_view, show)},
    {"scope", offsetof(struct saved_view, scope)},
};
#define N_MEMBERS (sizeof view_members / sizeof *view_members)

static const char **member(struct saved_view *v, size_t i)
{
    return (const char **)(void *)((char *)v + view_members[i].at);
}

bool hands_is_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len;
}

static void view_free(struct saved_view *v)
{
    mem_free((char *)v->name);
    for (size_t i = 0; i < N_MEMBERS; i++)
        mem_free((char *)*member(v, i));
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void complain(void *ctx, const struct err *err)
{
    VEC_PUSH(((struct hands *)ctx)->complaints, mem_strdup(err->text));
}

static void complain_at(struct hands *h, const struct ini_entry *e, const char *why)
{
    VEC_PUSH(h->complaints, mem_printf("%s:%d:%d: %s %s", h->path, e->line, e->column, e->key, why));
}

/* "keys" of "columns keys"; NULL: the section is another. */
static const char *named(const char *section, const char *word)
{
    size_t len = strlen(word);
    bool is_it = strncmp(section, word, len) == 0 && section[len] == ' ';
    return is_it ? section + len + strspn(section + len, " ") : NULL;
}

static void replace(const char **text, const char *by)
{
    char *copy = by ? mem_strdup(by) : NULL;
    mem_free((char *)*text);
    *text = copy;
}

static struct saved_view *view_at(struct hands *h, const char *name)
{
    for (size_t i = 0; i < h->views.n; i++)
        if (strcmp(h->views.items[i].name, name) == 0)
            return &h->views.items[i];
    return NULL;
}

static const char *read_view_entry(struct hands *h, const char *name, const struct ini_entry *e)
{
    if (!hands_is_name(name))
        return "stands in a view whose name is not made of letters, digits and -_.";
    if (!view_at(h, name)) {
        if (h->views.n == VIEWS_MAX)
            return "stands in one view too many";
        VEC_PUSH(h->views, ((struct saved_view){.name = mem_strdup(name)}));
    }
    if (strcmp(e->key, "panel") == 0 && !panel_by_view(e->value))
        return "names no panel";
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (strcmp(e->key, view_members[i].key) == 0) {
            replace(member(view_at(h, name), i), e->value);
            return NULL;
        }
    return "is nothing that a view has: panel, filter, sort, show and scope are";
}

static const char *read_entry(struct hands *h, const struct ini_entry *e)
{
    const char *panel = named(e->section, "columns"), *view = named(e->section, "view");
    if (view)
        return read_view_entry(h, view, e);
    if (panel && !panel_by_view(panel))
        return "stands under a panel that there is not";
    if (panel && strcmp(e->key, "show") == 0) {
        hands_set_columns(h, panel, e->value);
        return NULL;
    }
    if (strcmp(e->section, "screen") == 0 && strcmp(e->key, "theme") == 0) {
        hands_set_theme(h, e->value);
        return NULL;
    }
    return "is nothing that stands here: [screen] theme, [columns PANEL] show and [view NAME] do";
}

/* A view is of a panel. */
static void drop_views_of_nothing(struct hands *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->views.n; i++) {
        struct saved_view *v = &h->views.items[i];
        if (v->panel) {
            h->views.items[n++] = *v;
            continue;
        }
        VEC_PUSH(h->complaints, mem_printf("%s: [view %s] names no panel", h->path, v->name));
        view_free(v);
    }
    h->views.n = n;
}

/* Beside keyfall.conf. */
static char *own_path(void)
{
    char *conf = config_default_path();
    const char *slash = conf ? strrchr(conf, '/') : NULL;
    char *path = slash ? mem_printf("%.*s/screen.conf", (int)(slash - conf), conf) : NULL;
    mem_free(conf);
    return path;
}

void hands_read(struct hands *h)
{
    struct ini ini = {0};
    struct err err = {0};
    struct stat st;
    h->path = own_path();
    if (!h->path || stat(h->path, &st) != 0)
        return;
    if (ini_read_what_is_right(h->path, MOST_BYTES, complain, h, &ini, &err) != ERR_OK) {
        complain(h, &err);
        return;
    }
    for (size_t i = 0; i < ini.n; i++) {
        const char *why = read_entry(h, &ini.entries[i]);
        if (why)
            complain_at(h, &ini.entries[i], why);
    }
    drop_views_of_nothing(h);
    ini_free(&ini);
}

/* ---- what there is --------------------------------------------------------------------------------- */

void hands_set_theme(struct hands *h, const char *theme)
{
    replace(&h->theme, theme);
}

const char *hands_columns(const struct hands *h, const char *panel)
{
    for (size_t i = 0; i < h->columns.n; i++)
        if (strcmp(h->columns.items[i].panel, panel) == 0)
            return h->columns.items[i].show;
    return NULL;
}

void hands_set_columns(struct hands *h, const char *panel, const char *show)
{
    for (size_t i = 0; i < h->columns.n; i++)
        if (strcmp(h->columns.items[i].panel, panel) == 0) {
            replace(&h->columns.items[i].show, show);
            return;
        }
    VEC_PUSH(h->columns, ((struct shown_columns){mem_strdup(panel), show ? mem_strdup(show) : NULL}));
}

const struct saved_view *hands_view(const struct hands *h, const char *name)
{
    return view_at((struct hands *)h, name);
}

void hands_save_view(struct hands *h, const struct saved_view *view)
{
    struct saved_view *own = view_at(h, view->name), copy = *view;
    if (!own) {
        VEC_PUSH(h->views, ((struct saved_view){.name = mem_strdup(view->name)}));
        own = &h->views.items[h->views.n - 1];
    }
    for (size_t i = 0; i < N_MEMBERS; i++)
        replace(member(own, i), *member(&copy, i));
}

bool hands_forget_view(struct hands *h, const char *name)
{
    struct saved_view *v = view_at(h, name);
    if (!v)
        return false;
    view_free(v);
    h->views.n--;
    memmove(v, v + 1, (size_t)(&h->views.items[h->views.n] - v) * sizeof *v);
    return true;
}

void hands_free(struct hands *h)
{
    for (size_t i = 0; i < h->views.n; i++)
        view_free(&h->views.items[i]);
    for (size_t i = 0; i < h->columns.n; i++) {
        mem_free((char *)h->columns.items[i].panel);
        mem_free((char *)h->columns.items[i].show);
    }
    for (size_t i = 0; i < h->complaints.n; i++)
        mem_free(h->complaints.items[i]);
    VEC_FREE(h->views);
    VEC_FREE(h->columns);
    VEC_FREE(h->complaints);
    mem_free(h->path);
    mem_free((char *)h->theme);
}

/* ---- writing -------------------------------------------------------------------------------------- */

/* A line break in what was typed would begin another line of the file. */
static void add_line(struct buf *out, const char *key, const char *value)
{
    if (value && *value && !strpbrk(value, "\r\n"))
        buf_printf(out, "%s = %s\n", key, value);
}

static void print(const struct hands *h, struct buf *out)
{
    buf_adds(out, "# What keyfall's dashboard remembers; it writes this file, remarks do not stay.\n");
    if (h->theme) {
        buf_adds(out, "\n[screen]\n");
        add_line(out, "theme", h->theme);
    }
    for (size_t i = 0; i < h->columns.n; i++) {
        if (!h->columns.items[i].show)
            continue;
        buf_printf(out, "\n[columns %s]\n", h->columns.items[i].panel);
        add_line(out, "show", h->columns.items[i].show);
    }
    for (size_t i = 0; i < h->views.n; i++) {
        buf_printf(out, "\n[view %s]\n", h->views.items[i].name);
        for (size_t m = 0; m < N_MEMBERS; m++)
            add_line(out, view_members[m].key, *member(&h->views.items[i], m));
    }
}

/* The folders above it, as far as they are missing: private, for keyfall.conf names roles. */
static enum err_code make_folders(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    enum err_code code = ERR_OK;
    for (char *slash = strchr(copy + 1, '/'); slash && code == ERR_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            code = err_set(err, ERR_IO, "%s cannot be made: %s", copy, strerror(errno));
        *slash = '/';
    }
    mem_free(copy);
    return code;
}

enum err_code hands_write(const struct hands *h, struct err *err)
{
    struct export_file file = {0};
    struct buf text = {0};
    if (!h->path)
        return err_set(err, ERR_IO, "neither XDG_CONFIG_HOME nor HOME names a folder to remember it in");
    if (h->complaints.n > 0)
        return err_set(err, ERR_PARSE, "not remembered, the file is to be mended first: %s", h->complaints.items[0]);
    enum err_code code = make_folders(h->path, err);
    if (code == ERR_OK)
        code = export_open(&file, NULL, h->path, err);
    if (code != ERR_OK)
        return code;
    print(h, &text);
    if (fwrite(text.data, 1, text.len, file.file) != text.len)
        code = err_set(err, ERR_IO, "writing %s: %s", h->path, strerror(errno));
    else
        code = export_close(&file, err);
    export_abandon(&file);
    buf_free(&text);
    return code;
}
