#include "backend/base/ini.h"

#include "backend/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What ini->pool points to. */
struct pool {
    struct arena *arena;
    VEC(struct ini_section) sections;
    size_t text_bytes;
};

struct reader {
    struct ini *ini;
    struct pool *pool;
    size_t cap;
    const char *section;
    const char *first; /* of the value of the open key: in the text */
    struct buf value;  /* all its lines, joined by \n, if there are several */
    bool has_key, is_long;
    size_t n_blank; /* lines since, that count only if another line follows */
    int key_indent;
    int line;
    bool is_lost;           /* under a section whose name could not be read */
    ini_complain *complain; /* NULL: the first wrong line ends it */
    void *ctx;
    struct err *err;
};

static enum err_code fail(struct reader *r, int line, int column, const char *what)
{
    return err_set(r->err, ERR_PARSE, "%s:%d:%d: %s", r->ini->path, line, column, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Cuts the blanks behind a text in place. */
static char *trim_end(char *s)
{
    size_t len = strlen(s);
    while (len > 0 && (is_blank(s[len - 1]) || s[len - 1] == '\n'))
        len--;
    s[len] = '\0';
    return s;
}

static char *skip_blanks(char *s)
{
    while (is_blank(*s))
        s++;
    return s;
}

/* A value of one line stays in the text (it may be a secret, so there is one copy). */
static void continue_value(struct reader *r, const char *line)
{
    if (!r->is_long) {
        buf_clear(&r->value);
        buf_adds(&r->value, r->first);
        r->is_long = true;
    }
    for (; r->n_blank > 0; r->n_blank--)
        buf_addc(&r->value, '\n');
    buf_addc(&r->value, '\n');
    buf_adds(&r->value, line);
}

/* The value of the open key is complete. */
static void close_key(struct reader *r)
{
    if (!r->has_key)
        return;
    const char *value = r->first;
    if (r->is_long)
        value = trim_end(arena_strndup(r->pool->arena, r->value.data, r->value.len));
    r->ini->entries[r->ini->n - 1].value = value;
    r->has_key = false;
}

static void note_section(struct reader *r, const char *name, int column, bool is_lost)
{
    VEC_PUSH(r->pool->sections, ((struct ini_section){name, r->line, column, is_lost}));
    r->ini->sections = r->pool->sections.items;
    r->ini->n_sections = r->pool->sections.n;
}

/* What stands under a section that cannot be named belongs to none. */
static enum err_code lose_section(struct reader *r, char *name, int bracket, int column, const char *what)
{
    char text[256];
    name = trim_end(skip_blanks(name));
    (void)snprintf(text, sizeof text, "%s: [%.80s]%s", what, name,
                   r->complain ? " and the lines under it are ignored" : "");
    note_section(r, name, bracket, true);
    return fail(r, r->line, column, text);
}

static enum err_code take_section(struct reader *r, char *s, int column)
{
    char *end = strchr(s, ']');
    if (end == NULL)
        return lose_section(r, s + 1, column, column, "a section without its closing bracket");
    char *rest = skip_blanks(end + 1);
    bool has_more = *rest != '\0' && *rest != '#' && *rest != ';';
    *end = '\0';
    if (has_more)
        return lose_section(r, s + 1, column, column + (int)(rest - s), "something follows the section");
    char *name = trim_end(skip_blanks(s + 1));
    if (*name == '\0')
        return lose_section(r, name, column, column, "a section without a name");
    close_key(r);
    r->section = name;
    r->is_lost = false;
    note_section(r, name, column, false);
    return ERR_OK;
}

static enum err_code take_key(struct reader *r, char *s, int column, int indent)
{
    if (r->is_lost)
        return ERR_OK; /* told with its section */
    char *mark = strpbrk(s, "=:");
    if (mark == NULL)
        return fail(r, r->line, column, "neither a [section] nor key = value");
    *mark = '\0';
    char *key = trim_end(s);
    if (*key == '\0')
        return fail(r, r->line, column, "a value without a key");
    for (char *p = key; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));

    close_key(r);
    r->ini->entries = mem_grow(r->ini->entries, &r->cap, r->ini->n + 1, sizeof *r->ini->entries);
    r->ini->entries[r->ini->n++] =
        (struct ini_entry){.section = r->section, .key = key, .line = r->line, .column = column};
    r->has_key = true;
    r->is_long = false;
    r->n_blank = 0;
    r->key_indent = indent;
    char *value = skip_blanks(mark + 1);
    r->ini->entries[r->ini->n - 1].value_column = column + (int)(value - s);
    r->first = trim_end(value);
    return ERR_OK;
}

static enum err_code take_line(struct reader *r, char *line)
{
    char *s = skip_blanks(line);
    int indent = (int)(s - line);

    if (*s == '#' || *s == ';')
        return ERR_OK;
    if (*s == '\0') {
        r->n_blank++;
        return ERR_OK;
    }
    if (r->has_key && indent > r->key_indent) {
        continue_value(r, trim_end(s));
        return ERR_OK;
    }
    if (*s != '[')
        return take_key(r, s, indent + 1, indent);
    enum err_code code = take_section(r, s, indent + 1);
    r->is_lost = code != ERR_OK;
    return code;
}

static enum err_code take_lines(struct reader *r)
{
    char *s = r->ini->text;
    enum err_code code = ERR_OK;

    if (strncmp(s, "\xef\xbb\xbf", 3) == 0)
        s += 3;
    while (s != NULL && code == ERR_OK) {
        char *end = strchr(s, '\n');
        if (end != NULL)
            *end = '\0';
        r->line++;
        code = take_line(r, s);
        if (code != ERR_OK && r->complain) {
            r->complain(r->ctx, r->err);
            r->ini->is_line_lost = true;
            close_key(r);
            code = ERR_OK;
        }
        s = end == NULL ? NULL : end + 1;
    }
    close_key(r);
    return code;
}

static int compare_entries(const void *left, const void *right)
{
    const struct ini_entry *a = *(const struct ini_entry *const *)left;
    const struct ini_entry *b = *(const struct ini_entry *const *)right;
    int order = strcmp(a->section, b->section);
    if (order == 0)
        order = strcmp(a->key, b->key);
    return order != 0 ? order : a->line < b->line ? -1 : a->line > b->line;
}

static bool is_twin(const struct ini_entry *a, const struct ini_entry *b)
{
    return strcmp(a->section, b->section) == 0 && strcmp(a->key, b->key) == 0;
}

/* A key that its section has already, and where. */
struct twin {
    const struct ini_entry *entry, *first;
};

static int by_line(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;
    return a->entry->line < b->entry->line ? -1 : a->entry->line > b->entry->line;
}

/* Told in order of their lines; the first of all is the error where nobody listens. */
static enum err_code tell_twins(struct reader *r, struct twin *twins, size_t n)
{
    enum err_code code = ERR_OK;
    if (n > 0)
        qsort(twins, n, sizeof *twins, by_line);
    for (size_t i = 0; i < n && code == ERR_OK; i++) {
        char what[160];
        (void)snprintf(what, sizeof what, "%.60s stands in this section already, in line %d%s", twins[i].entry->key,
                       twins[i].first->line, r->complain ? ", which counts" : "");
        code = fail(r, twins[i].entry->line, twins[i].entry->column, what);
        if (r->complain) {
            r->complain(r->ctx, r->err);
            code = ERR_OK;
        }
    }
    return code;
}

static void leave_out(struct ini *ini, const struct twin *twins, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0, t = 0; i < ini->n; i++) {
        if (t < n && &ini->entries[i] == twins[t].entry)
            t++;
        else
            ini->entries[kept++] = ini->entries[i];
    }
    ini->n = kept;
}

static enum err_code refuse_twins(struct reader *r)
{
    size_t n = r->ini->n;
    const struct ini_entry **sorted = mem_alloc_array(n, sizeof(struct ini_entry *));
    VEC(struct twin) twins = {0};

    for (size_t i = 0; i < n; i++)
        sorted[i] = &r->ini->entries[i];
    qsort(sorted, n, sizeof(struct ini_entry *), compare_entries);
    const struct ini_entry *first = n > 0 ? sorted[0] : NULL;
    for (size_t i = 1; i < n; i++) {
        if (is_twin(first, sorted[i]))
            VEC_PUSH(twins, ((struct twin){sorted[i], first}));
        else
            first = sorted[i];
    }
    enum err_code code = tell_twins(r, twins.items, twins.n);
    if (code == ERR_OK)
        leave_out(r->ini, twins.items, twins.n);
    VEC_FREE(twins);
    mem_free(sorted);
    return code;
}

enum err_code ini_parse_what_is_right(const char *name, const char *text, size_t len, ini_complain *complain,
                                      void *ctx, struct ini *out, struct err *err)
{
    *out = (struct ini){.path = mem_strdup(name)};
    struct pool *pool = mem_alloc(sizeof *pool);
    struct reader r = {
        .ini = out, .pool = pool, .section = "", .complain = complain, .ctx = ctx, .err = err};
    enum err_code code;

    pool->arena = arena_new();
    out->pool = pool;
    if (len > INT_MAX / 2)
        code = err_set(err, ERR_LIMIT, "%s: too large", name);
    else if (len > 0 && memchr(text, '\0', len) != NULL)
        code = err_set(err, ERR_PARSE, "%s: holds a NUL byte, so it is not a text", name);
    else {
        out->text = mem_strndup(text, len);
        pool->text_bytes = len;
        code = take_lines(&r);
        if (code == ERR_OK)
            code = refuse_twins(&r);
    }
    buf_free(&r.value);
    if (code != ERR_OK)
        ini_free(out);
    return code;
}

enum err_code ini_parse(const char *name, const char *text, size_t len, struct ini *out, struct err *err)
{
    return ini_parse_what_is_right(name, text, len, NULL, NULL, out, err);
}

/* At most size bytes; *len gets their number. */
static enum err_code read_all(int fd, char *out, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t n = read(fd, out + *len, size - *len);
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        if (n == 0)
            break;
        if (n > 0)
            *len += (size_t)n;
    }
    return ERR_OK;
}

/* A pipe or a terminal would be waited for; an empty device says what an empty file does. */
static bool may_block(int fd)
{
    struct stat st, null;
    if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return false;
    return !(stat("/dev/null", &null) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == null.st_rdev);
}

/* Not blocking, for where a pipe is refused: to open one would wait for who writes into it. */
static enum err_code open_file(const char *path, bool is_refusing, int *fd, struct err *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_refusing ? O_NONBLOCK : 0));
    if (*fd < 0) {
        enum err_code code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
        return err_set(err, code, "%s: %s", path, strerror(errno));
    }
    if (!is_refusing || !may_block(*fd))
        return ERR_OK;
    close(*fd);
    return err_set(err, ERR_IO, "%s: is no regular file but a pipe or a device; name a file", path);
}

enum err_code ini_read_what_is_right(const char *path, size_t max_bytes, ini_complain *complain, void *ctx,
                                     struct ini *out, struct err *err)
{
    *out = (struct ini){0};
    int fd;
    enum err_code code = open_file(path, complain != NULL, &fd, err);
    if (code != ERR_OK)
        return code;
    char *text = mem_alloc(max_bytes + 1);
    size_t len;
    code = read_all(fd, text, max_bytes + 1, &len);
    if (code != ERR_OK)
        err_set(err, code, "%s: %s", path, strerror(errno));
    else if (len > max_bytes)
        code = err_set(err, ERR_LIMIT, "%s: more than %zu bytes", path, max_bytes);
    else
        code = ini_parse_what_is_right(path, text, len, complain, ctx, out, err);
    close(fd);
    mem_wipe(text, len); /* it may hold keys */
    mem_free(text);
    return code;
}

enum err_code ini_read_file(const char *path, size_t max_bytes, struct ini *out, struct err *err)
{
    return ini_read_what_is_right(path, max_bytes, NULL, NULL, out, err);
}

void ini_free(struct ini *ini)
{
    struct pool *pool = ini->pool;
    if (pool != NULL) {
        if (ini->text != NULL)
            mem_wipe(ini->text, pool->text_bytes);
        arena_free(pool->arena);
        VEC_FREE(pool->sections);
        mem_free(pool);
    }
    mem_free(ini->entries);
    mem_free(ini->path);
    mem_free(ini->text);
    *ini = (struct ini){0};
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
    for (size_t i = 0; i < ini->n; i++) {
        const struct ini_entry *e = &ini->entries[i];
        if (strcmp(e->key, key) == 0 && strcmp(e->section, section) == 0)
            return e->value;
    }
    return NULL;
}

bool ini_has_section(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->n_sections; i++)
        if (!ini->sections[i].is_lost && strcmp(ini->sections[i].name, section) == 0)
            return true;
    return false;
}

/* The bytes of s without the blanks around them. */
static const char *trimmed(const char *s, const char *end, size_t *len)
{
    while (s < end && is_blank(*s))
        s++;
    while (end > s && is_blank(end[-1]))
        end--;
    *len = (size_t)(end - s);
    return s;
}

char *ini_get_nested(const struct ini *ini, const char *section, const char *key, const char *sub)
{
    const char *s = ini_get(ini, section, key);
    if (s == NULL || *s != '\n')
        return NULL;
    while (*s != '\0') {
        const char *end = strchrnul(s, '\n');
        const char *mark = memchr(s, '=', (size_t)(end - s));
        if (mark != NULL) {
            size_t name_len, value_len;
            const char *name = trimmed(s, mark, &name_len);
            const char *value = trimmed(mark + 1, end, &value_len);
            if (name_len == strlen(sub) && strncasecmp(name, sub, name_len) == 0)
                return mem_strndup(value, value_len);
        }
        s = *end == '\0' ? end : end + 1;
    }
    return NULL;
}
