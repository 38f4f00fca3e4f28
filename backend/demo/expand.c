#include "backend/demo/expand.h"

#include "backend/base/timefmt.h"
#include "backend/demo/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

uint64_t expand_hash(const struct book_place *place, const char *salt, const char *more)
{
    uint64_t hash = ids_hash(IDS_SEED, place->account_id);
    hash = ids_hash(hash, place->region);
    hash = ids_hash(hash, salt ? salt : "");
    return ids_hash(hash, more ? more : "");
}

/* ---- references ----------------------------------------------------------------------------- */

enum err_code expand_ref(const struct book_place *from, const char *ref, struct arena *arena,
                         const char **name, struct book_place *place, struct err *err)
{
    const char *region = strchr(ref, '@');
    const char *account = region ? strchr(region + 1, '@') : NULL;
    size_t name_len = region ? (size_t)(region - ref) : strlen(ref);
    *name = arena_strndup(arena, ref, name_len);
    *place = *from;
    if (!region)
        return ERR_OK;
    size_t region_len = account ? (size_t)(account - region - 1) : strlen(region + 1);
    const char *where = arena_strndup(arena, region + 1, region_len);
    if (!book_find(from->book, account ? account + 1 : from->account_id, where, place))
        return err_set(err, ERR_PARSE, "the demo's %s names no account of it", ref);
    return ERR_OK;
}

/* Multi-Region keys have the same id everywhere. */
static void add_key_id(const struct book_place *place, const char *name, struct buf *out)
{
    char salt[128];
    (void)snprintf(salt, sizeof salt, "key/%s", name);
    if (strncmp(name, "mrk-", 4) != 0) {
        ids_uuid(expand_hash(place, salt, NULL), out);
        return;
    }
    buf_adds(out, "mrk-");
    ids_hex32(ids_hash(ids_hash(IDS_SEED, place->account_id), salt), out);
}

static enum err_code add_ref(const struct book_place *from, const char *ref,
                             void (*add)(const struct book_place *, const char *, struct buf *),
                             struct buf *out, struct err *err)
{
    struct arena *arena = arena_new();
    const char *name = NULL;
    struct book_place place;
    enum err_code code = expand_ref(from, ref, arena, &name, &place, err);
    if (code == ERR_OK)
        add(&place, name, out);
    arena_free(arena);
    return code;
}

static void add_key_arn(const struct book_place *place, const char *name, struct buf *out)
{
    buf_printf(out, "arn:aws:kms:%s:%s:key/", place->region, place->account_id);
    add_key_id(place, name, out);
}

static void add_vault_arn(const struct book_place *place, const char *name, struct buf *out)
{
    buf_printf(out, "arn:aws:backup:%s:%s:backup-vault:%s", place->region, place->account_id, name);
}

enum err_code expand_key_arn(const struct book_place *from, const char *ref, struct buf *out,
                             struct err *err)
{
    return add_ref(from, ref, add_key_arn, out, err);
}

enum err_code expand_vault_arn(const struct book_place *from, const char *ref, struct buf *out,
                               struct err *err)
{
    return add_ref(from, ref, add_vault_arn, out, err);
}

/* ---- what ${...} may call ------------------------------------------------------------------- */

static enum err_code call_id(const struct scope *s, const char *arg, struct buf *out,
                             struct err *err)
{
    const char *id = book_account_id(s->place->book, arg);
    if (!id)
        return err_set(err, ERR_PARSE, "the demo has no account %s", arg);
    buf_adds(out, id);
    return ERR_OK;
}

static enum err_code call_key(const struct scope *s, const char *arg, struct buf *out,
                              struct err *err)
{
    return expand_key_arn(s->place, arg, out, err);
}

static enum err_code call_keyid(const struct scope *s, const char *arg, struct buf *out,
                                struct err *err)
{
    return add_ref(s->place, arg, add_key_id, out, err);
}

static enum err_code call_vault(const struct scope *s, const char *arg, struct buf *out,
                                struct err *err)
{
    return expand_vault_arn(s->place, arg, out, err);
}

/* "db/orders-db@eu-west-1@prod-data" */
static enum err_code call_resource(const struct scope *s, const char *arg, struct buf *out,
                                   struct err *err)
{
    struct arena *arena = arena_new();
    const char *full = NULL;
    struct book_place place;
    enum err_code code = expand_ref(s->place, arg, arena, &full, &place, err);
    const char *slash = code == ERR_OK ? strchr(full, '/') : NULL;
    const char *kind = slash ? arena_strndup(arena, full, (size_t)(slash - full)) : "";
    const cJSON *row =
        cJSON_GetObjectItemCaseSensitive(book_shape(s->place->book, "Resources"), kind);
    if (code == ERR_OK && !row)
        code = err_set(err, ERR_PARSE, "the demo knows no kind of resource in %s", arg);
    if (code == ERR_OK) {
        struct scope there = {.place = &place, .name = slash + 1, .salt = full};
        code = expand_text(&there, book_text(row, "Arn", ""), out, err);
    }
    arena_free(arena);
    return code;
}

static enum err_code call_uuid(const struct scope *s, const char *arg, struct buf *out,
                               struct err *err)
{
    (void)err;
    ids_uuid(expand_hash(s->place, s->salt, arg), out);
    return ERR_OK;
}

static enum err_code call_hex(const struct scope *s, const char *arg, struct buf *out,
                              struct err *err)
{
    (void)err;
    ids_hex(expand_hash(s->place, s->salt, arg), out);
    return ERR_OK;
}

/* The same digits as ${hex} of the thing that the argument names ("instance/etl-1"). */
static enum err_code call_hexof(const struct scope *s, const char *arg, struct buf *out,
                                struct err *err)
{
    (void)err;
    ids_hex(expand_hash(s->place, arg, NULL), out);
    return ERR_OK;
}

static enum err_code call_caps(const struct scope *s, const char *arg, struct buf *out,
                               struct err *err)
{
    (void)err;
    ids_caps(expand_hash(s->place, s->salt, arg), out);
    return ERR_OK;
}

static enum err_code call_word(const struct scope *s, const char *arg, struct buf *out,
                               struct err *err)
{
    (void)err;
    ids_word(expand_hash(s->place, s->salt, arg), out);
    return ERR_OK;
}

static const struct function {
    const char *name;
    enum err_code (*call)(const struct scope *, const char *arg, struct buf *, struct err *);
    bool needs_arg;
} functions[] = {
    {"id", call_id, true},       {"key", call_key, true},           {"keyid", call_keyid, true},
    {"vault", call_vault, true}, {"resource", call_resource, true}, {"uuid", call_uuid, false},
    {"hex", call_hex, false},    {"hexof", call_hexof, true},       {"caps", call_caps, false},
    {"word", call_word, false},
};

/* ---- what ${...} may name ------------------------------------------------------------------- */

static bool add_scalar(const cJSON *at, struct buf *out)
{
    if (cJSON_IsString(at))
        buf_adds(out, at->valuestring);
    else if (cJSON_IsNumber(at))
        buf_printf(out, "%.0f", at->valuedouble);
    else if (cJSON_IsBool(at))
        buf_adds(out, cJSON_IsTrue(at) ? "true" : "false");
    else
        return false;
    return true;
}

static bool add_builtin(const struct scope *s, const char *name, struct buf *out)
{
    const struct book *book = s->place->book;
    char date[TIME_ISO_SIZE];
    if (strcmp(name, "account") == 0)
        buf_adds(out, s->place->account_id);
    else if (strcmp(name, "region") == 0)
        buf_adds(out, s->place->region);
    else if (strcmp(name, "organization") == 0 || strcmp(name, "management") == 0)
        buf_adds(out, book_text(book->organization, name, ""));
    else if (strcmp(name, "name") == 0 && s->name)
        buf_adds(out, s->name);
    else if (strcmp(name, "n") == 0)
        buf_printf(out, "%ld", s->n);
    else if (strcmp(name, "date") == 0)
        time_format_date(s->at_utc, date), buf_adds(out, date);
    else
        return false;
    return true;
}

/* A member of the entry may itself hold ${...}. */
static enum err_code add_named(const struct scope *s, const char *name, bool *found,
                               struct buf *out, struct err *err)
{
    *found = true;
    for (size_t i = 0; i < s->n_vars; i++) {
        if (strcmp(s->vars[i].name, name) == 0) {
            buf_adds(out, s->vars[i].value ? s->vars[i].value : "");
            return ERR_OK;
        }
    }
    if (add_builtin(s, name, out))
        return ERR_OK;
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(s->entry, name);
    if (cJSON_IsString(member))
        return expand_text(s, member->valuestring, out, err);
    *found = add_scalar(member, out);
    return ERR_OK;
}

static enum err_code add_called(const struct scope *s, const char *name, const char *arg,
                                bool *found, struct buf *out, struct err *err)
{
    *found = true;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *f = &functions[i];
        if (strcmp(f->name, name) == 0 && (arg || !f->needs_arg))
            return f->call(s, arg, out, err);
    }
    *found = false;
    return ERR_OK;
}

/* inside: the text between the braces, with inner ones filled in. */
static enum err_code add_reference(const struct scope *s, char *inside, struct buf *out,
                                   struct err *err)
{
    char *fallback = strchr(inside, '|');
    if (fallback)
        *fallback++ = '\0';
    char *arg = strchr(inside, ':');
    bool found = false;
    enum err_code code = ERR_OK;
    if (!arg)
        code = add_named(s, inside, &found, out, err);
    if (code == ERR_OK && !found) {
        if (arg)
            *arg++ = '\0';
        code = add_called(s, inside, arg, &found, out, err);
    }
    if (code == ERR_OK && !found && fallback)
        buf_adds(out, fallback);
    else if (code == ERR_OK && !found)
        code = err_set(err, ERR_PARSE, "the demo does not know ${%s}", inside);
    return code;
}

/* at: after "${". The brace that ends it; NULL if none does. */
static const char *closing_brace(const char *at)
{
    for (int depth = 1; *at; at++) {
        if (at[0] == '$' && at[1] == '{')
            depth++;
        if (*at == '}' && --depth == 0)
            return at;
    }
    return NULL;
}

static enum err_code add_braces(const struct scope *s, const char *from, const char *to,
                                struct buf *out, struct err *err)
{
    char *raw = mem_strndup(from, (size_t)(to - from));
    struct buf inside = {0};
    enum err_code code = expand_text(s, raw, &inside, err);
    if (code == ERR_OK) {
        char *text = buf_take(&inside);
        code = add_reference(s, text, out, err);
        mem_free(text);
    }
    buf_free(&inside);
    mem_free(raw);
    return code;
}

enum err_code expand_text(const struct scope *s, const char *template, struct buf *out,
                          struct err *err)
{
    for (const char *at = template; *at;) {
        const char *open = strstr(at, "${");
        size_t plain = open ? (size_t)(open - at) : strlen(at);
        buf_add(out, at, plain);
        if (!open)
            break;
        const char *close = closing_brace(open + 2);
        if (!close)
            return err_set(err, ERR_PARSE, "the demo's text %s has an open brace", template);
        enum err_code code = add_braces(s, open + 2, close, out, err);
        if (code != ERR_OK)
            return code;
        at = close + 1;
    }
    return ERR_OK;
}

/* ---- times ---------------------------------------------------------------------------------- */

/* "6d04h40m" */
static bool read_span(const char *text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'d', DAY_S}, {'h', 3600}, {'m', 60}};
    *seconds = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && *text; i++) {
        char *end = NULL;
        if (*text < '0' || *text > '9')
            return false;
        long number = strtol(text, &end, 10);
        if (*end != units[i].unit)
            continue;
        *seconds += number * units[i].seconds;
        text = end + 1;
    }
    return *text == '\0';
}

/* What happened days ago happened at some hour of its own, in the working day before this hour. */
static int64_t hour_of(const struct scope *s, const char *text, int64_t span)
{
    bool is_days = text[strlen(text) - 1] == 'd';
    if (!is_days || span < 10 * DAY_S)
        return 0;
    return (int64_t)(ids_mix(expand_hash(s->place, s->salt, text)) % (10 * 3600));
}

bool expand_time(const struct scope *s, const char *text, int64_t *utc)
{
    int64_t span = 0;
    bool is_now = strncmp(text, "now", 3) == 0;
    if (!is_now && strncmp(text, "at", 2) != 0)
        return false;
    const char *rest = text + (is_now ? 3 : 2);
    if (*rest != '\0' && ((*rest != '+' && *rest != '-') || !read_span(rest + 1, &span)))
        return false;
    if (*rest == '-')
        span = -(span + (is_now ? hour_of(s, text, span) : 0));
    *utc = (is_now ? s->place->book->now_utc : s->at_utc) + span;
    return true;
}
