#include "backend/estate/pack.h"

#include "backend/base/bytes.h"
#include "backend/estate/pack_words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MAX_COLUMNS 1024 /* of a slice; far more than any kind has attributes */
#define MAX_NAME 65535   /* an ARN, head and tail together */

/* A string or a node of the slice, made when it is first needed: what is only skipped never is. */
struct told {
    const char *text; /* a string; of a node its tail */
    size_t len;
    uint32_t id;      /* of the estate; 0: not yet */
};

struct column {
    const struct attr_row *attr; /* NULL: this program has none of that name and type */
    char type;
};

struct unpacker {
    struct estate *estate;
    struct unpack_hooks hooks;
    bool has_attr[ATTR_COUNT];    /* the program that wrote knew it */
    bool has_news[FACET_COUNT];   /* this one knows more of that facet */
    bool kind_has_news[KIND_COUNT]; /* and of what that kind's list says */
    uint64_t n_records;
    /* of the slice */
    struct bytes_in in, times;
    VEC(struct told) strings, nodes;
    VEC(uint32_t) failures;
    VEC(const char *) request_ids; /* in times, with its length before it */
    VEC(struct column) columns;
    VEC(const struct facet_row *) facets; /* NULL: unknown here */
};

/* ---- the model of who wrote ---------------------------------------------------------------------- */

static bool is_type(enum attr_type type, char letter)
{
    return type_letters[type] == letter;
}

static enum attr find_attr(enum kind kind, const char *name, size_t len, char type)
{
    const struct kind_row *k = kind_row(kind);
    for (int a = (int)k->first_attr; a < (int)k->end_attr; a++) {
        const struct attr_row *row = attr_row((enum attr)a);
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0 && is_type(row->type, type))
            return (enum attr)a;
    }
    return ATTR_NONE;
}

static enum kind find_kind(const char *name, size_t len)
{
    for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
        if (strlen(kind_row((enum kind)k)->name) == len && memcmp(kind_row((enum kind)k)->name, name, len) == 0)
            return (enum kind)k;
    return KIND_NONE;
}

/* A line: a kind and its attributes, "name:t" each. */
static void take_model_line(struct unpacker *u, const char *line, const char *end)
{
    const char *word_end = memchr(line, ' ', (size_t)(end - line));
    enum kind kind = find_kind(line, (size_t)((word_end ? word_end : end) - line));
    while (kind != KIND_NONE && word_end) {
        const char *word = word_end + 1;
        word_end = memchr(word, ' ', (size_t)(end - word));
        size_t len = (size_t)((word_end ? word_end : end) - word);
        if (len > 2 && word[len - 2] == ':')
            u->has_attr[find_attr(kind, word, len - 2, word[len - 1])] = true;
    }
}

static void take_model(struct unpacker *u, const char *model, size_t len)
{
    for (const char *at = model, *end = model + len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        take_model_line(u, at, newline ? newline : end);
        at = newline ? newline + 1 : end;
    }
    for (int a = ATTR_NONE + 1; a < ATTR_COUNT; a++) {
        const struct attr_row *attr = attr_row((enum attr)a);
        if (u->has_attr[a])
            continue;
        if (attr->facet == FACET_LIST_)
            u->kind_has_news[attr->kind] = true;
        else
            u->has_news[attr->facet] = true;
    }
}

enum err_code unpacker_new(struct estate *e, const struct unpack_hooks *hooks, const char *model, size_t len,
                           struct unpacker **out, struct err *err)
{
    *out = NULL;
    if (len == 0 || model[len - 1] != '\n' || memchr(model, '\0', len))
        return err_set(err, ERR_PARSE, "its model is damaged");
    struct unpacker *u = *out = mem_alloc(sizeof *u);
    u->estate = e;
    u->hooks = *hooks;
    take_model(u, model, len);
    return ERR_OK;
}

void unpacker_free(struct unpacker *u)
{
    if (!u)
        return;
    VEC_FREE(u->strings);
    VEC_FREE(u->nodes);
    VEC_FREE(u->failures);
    VEC_FREE(u->request_ids);
    VEC_FREE(u->columns);
    VEC_FREE(u->facets);
    mem_free(u);
}

uint64_t unpacker_records(const struct unpacker *u)
{
    return u->n_records;
}

/* ---- texts -------------------------------------------------------------------------------------- */

static uint32_t bad(struct unpacker *u)
{
    u->in.is_bad = true;
    return 0;
}

/* A name that must hold no NUL, for what it becomes is NUL-terminated. */
static const char *take_name(struct unpacker *u, size_t *len)
{
    const char *name = bytes_text(&u->in, len);
    if (*len > MAX_NAME || memchr(name, '\0', *len))
        (void)bad(u);
    return name;
}

/* The place of what is mentioned, its full form being there the first time; 0: none. */
static uint32_t take_place(struct unpacker *u, size_t n, bool *is_first)
{
    uint32_t place = bytes_below(&u->in, (uint32_t)n + 2);
    *is_first = place == n + 1;
    return place;
}

static uint32_t take_string_place(struct unpacker *u)
{
    bool is_first;
    uint32_t place = take_place(u, u->strings.n, &is_first);
    if (is_first) {
        struct told m = {0};
        m.text = bytes_text(&u->in, &m.len);
        VEC_PUSH(u->strings, m);
    }
    return place;
}

static bool is_list(enum attr_type type)
{
    return type == TYPE_LIST || type == TYPE_REFS || type == TYPE_MAP;
}

/* Items have a NUL after each; a map has pairs of them. */
static bool is_well_formed(enum attr_type type, const char *text, size_t len)
{
    size_t n = 0;
    if (!is_list(type) || len == 0)
        return true;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\0';
    return text[len - 1] == '\0' && (type != TYPE_MAP || n % 2 == 0);
}

static uint32_t take_string(struct unpacker *u, const struct attr_row *attr)
{
    uint32_t place = take_string_place(u);
    if (!place || !attr || u->in.is_bad)
        return 0;
    struct told *m = &u->strings.items[place - 1];
    if (!is_well_formed(attr->type, m->text, m->len))
        return bad(u);
    if (!m->id)
        m->id = estate_string(u->estate, m->text, m->len);
    return m->id ? m->id : bad(u);
}

/* A node's ARN is its head, which is a string, and its tail. */
static uint32_t make_node(struct unpacker *u, enum kind kind, const struct told *head, const char *tail,
                          size_t tail_len)
{
    struct buf arn = {0};
    buf_add(&arn, head ? head->text : "", head ? head->len : 0);
    buf_add(&arn, tail, tail_len);
    uint32_t node = 0;
    if (arn.len > 0 && arn.len <= MAX_NAME && !memchr(arn.data, '\0', arn.len))
        node = estate_node(u->estate, kind, arn.data, arn.len);
    buf_free(&arn);
    return node ? node : bad(u);
}

static uint32_t take_node(struct unpacker *u)
{
    bool is_first;
    size_t kind_len, tail_len;
    uint32_t place = take_place(u, u->nodes.n, &is_first);
    if (!is_first)
        return place && !u->in.is_bad ? u->nodes.items[place - 1].id : 0;
    const char *name = take_name(u, &kind_len);
    uint32_t head = take_string_place(u);
    const char *tail = take_name(u, &tail_len);
    enum kind kind = find_kind(name, kind_len);
    if (u->in.is_bad)
        return 0;
    /* of a kind that this program does not know: something that keys can still be told to hang on */
    struct told m = {.id = make_node(u, kind == KIND_NONE ? KIND_OTHER : kind,
                                        head ? &u->strings.items[head - 1] : NULL, tail, tail_len)};
    VEC_PUSH(u->nodes, m);
    return m.id;
}

/* ---- failures ----------------------------------------------------------------------------------- */

static enum err_code code_of(const char *word, size_t len)
{
    for (int c = ERR_OK + 1; c < ERR_COUNT; c++)
        if (strlen(err_word((enum err_code)c)) == len && memcmp(err_word((enum err_code)c), word, len) == 0)
            return (enum err_code)c;
    return ERR_UNSUPPORTED;
}

static void copy_text(char *out, size_t size, const char *text, size_t len)
{
    (void)snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), text);
}

static uint32_t make_failure(struct unpacker *u, size_t at, const char *operation, struct err *err)
{
    if (at < u->request_ids.n) {
        size_t len;
        struct bytes_in id = {.at = u->request_ids.items[at], .end = u->times.end};
        const char *text = bytes_text(&id, &len);
        copy_text(err->request_id, sizeof err->request_id, text, len);
    }
    return estate_failure(u->estate, operation, err);
}

static uint32_t take_failure(struct unpacker *u)
{
    bool is_first;
    size_t code_len, operation_len, aws_code_len, text_len;
    uint32_t place = take_place(u, u->failures.n, &is_first);
    if (!is_first)
        return place && !u->in.is_bad ? u->failures.items[place - 1] : 0;
    const char *code = take_name(u, &code_len), *operation = take_name(u, &operation_len);
    const char *aws_code = take_name(u, &aws_code_len), *text = take_name(u, &text_len);
    if (u->in.is_bad)
        return 0;
    struct err err = {.code = code_of(code, code_len)};
    char operation_text[sizeof err.aws_code];
    copy_text(operation_text, sizeof operation_text, operation, operation_len);
    copy_text(err.aws_code, sizeof err.aws_code, aws_code, aws_code_len);
    copy_text(err.text, sizeof err.text, text, text_len);
    uint32_t failure = make_failure(u, u->failures.n, operation_text, &err);
    VEC_PUSH(u->failures, failure);
    return failure;
}

/* Where a facet or a list stands that this program knows more of than who wrote. */
static uint32_t news_failure(struct unpacker *u)
{
    struct err err;
    (void)err_set(&err, ERR_UNSUPPORTED, "the keyfall that wrote this did not read all of it yet");
    return estate_failure(u->estate, "", &err);
}

static enum truth take_truth(struct unpacker *u)
{
    char letter = (char)bytes_one(&u->in);
    const char *at = letter ? strchr(truth_letters, letter) : NULL;
    return at ? (enum truth)(at - truth_letters) : (enum truth)bad(u);
}

/* ---- rows --------------------------------------------------------------------------------------- */

static uint32_t take_doc(struct unpacker *u, const struct attr_row *attr)
{
    size_t len = 0;
    if (!bytes_below(&u->in, 2))
        return 0;
    const char *digest = bytes_take(&u->in, DIGEST_BYTES);
    if (u->in.is_bad || !attr)
        return 0;
    const char *text = u->hooks.doc ? u->hooks.doc(u->hooks.ctx, (const unsigned char *)digest, &len) : NULL;
    if (!text)
        return bad(u);
    uint32_t id = estate_string(u->estate, text, len);
    return id ? id : bad(u);
}

static void take_number(struct unpacker *u, const struct attr_row *attr, uint32_t *row)
{
    if (!bytes_below(&u->in, 2))
        return;
    int64_t number = attr && attr->type == TYPE_TIME ? bytes_time(&u->in) : bytes_signed(&u->in);
    if (attr)
        row_number(row, (enum attr)(attr - attr_row(ATTR_NONE)), number);
}

static void take_value(struct unpacker *u, const struct column *c, uint32_t *row)
{
    uint32_t word;
    if (c->type == type_letters[TYPE_INT] || c->type == type_letters[TYPE_TIME]) {
        take_number(u, c->attr, row);
        return;
    }
    if (c->type == type_letters[TYPE_BOOL])
        word = bytes_below(&u->in, 3);
    else if (c->type == type_letters[TYPE_REF])
        word = take_node(u);
    else if (c->type == type_letters[TYPE_DOC])
        word = take_doc(u, c->attr);
    else
        word = take_string(u, c->attr);
    if (c->attr)
        row[c->attr->word] = word;
}

static void take_columns(struct unpacker *u, enum kind kind)
{
    uint32_t n = bytes_below(&u->in, MAX_COLUMNS);
    u->columns.n = 0;
    for (uint32_t i = 0; i < n && !u->in.is_bad; i++) {
        size_t len;
        const char *name = take_name(u, &len);
        struct column c = {.type = (char)bytes_one(&u->in)};
        if (!c.type || !strchr(type_letters, c.type))
            (void)bad(u);
        enum attr attr = find_attr(kind, name, len, c.type);
        if (attr != ATTR_NONE)
            c.attr = attr_row(attr);
        VEC_PUSH(u->columns, c);
    }
}

static const struct facet_row *find_facet(enum kind kind, const char *name, size_t len)
{
    const struct kind_row *k = kind_row(kind);
    for (int f = (int)k->first_facet; f < (int)k->end_facet; f++) {
        const struct facet_row *row = facet_row((enum facet)f);
        if (row->index >= 0 && strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    }
    return NULL;
}

static void take_facets(struct unpacker *u, enum kind kind)
{
    uint32_t n = bytes_below(&u->in, MAX_COLUMNS);
    u->facets.n = 0;
    for (uint32_t i = 0; i < n && !u->in.is_bad; i++) {
        size_t len;
        const char *name = take_name(u, &len);
        VEC_PUSH(u->facets, find_facet(kind, name, len));
    }
}

/* What a newer program wants to know of a facet that was read whole is not known. */
static struct facet_cell take_cell(struct unpacker *u, const struct facet_row *facet, int64_t *before)
{
    enum truth truth = take_truth(u);
    uint32_t failure = take_failure(u);
    int64_t moved = bytes_signed(&u->times), at;
    if (__builtin_add_overflow(*before, moved, &at) || at < 0 || at > UINT32_MAX)
        at = 0, u->times.is_bad = true;
    *before = at;
    if (facet && truth == TRUTH_KNOWN && u->has_news[facet - facet_row(FACET_LIST_)]) {
        truth = TRUTH_STALE;
        failure = news_failure(u);
    }
    return cell_make(truth, failure, at);
}

/* The rows of a slice while they are read. */
struct rows {
    struct draft *draft;
    struct facet_cell *cells; /* own facets of each row, as drafted */
    size_t cap;
    VEC(uint32_t) nodes;      /* of each row, as drafted */
    VEC(uint32_t) at_home;
    int64_t before;
};

static bool is_in_order(const struct unpacker *u, const struct rows *rows, uint32_t node)
{
    if (rows->nodes.n == 0)
        return true;
    return node_compare(u->estate, rows->nodes.items[rows->nodes.n - 1], node) < 0;
}

static void take_row(struct unpacker *u, enum kind kind, struct rows *rows)
{
    size_t n_cells = (size_t)kind_row(kind)->n_own_facets;
    uint32_t node = take_node(u), flags = bytes_below(&u->in, 2);
    if (u->in.is_bad || !node || node_kind(u->estate, node) != kind || !is_in_order(u, rows, node)) {
        (void)bad(u);
        return;
    }
    if (flags & ROW_AT_HOME)
        VEC_PUSH(rows->at_home, node);
    uint32_t *row = draft_row(rows->draft, node);
    for (size_t i = 0; i < u->columns.n; i++)
        take_value(u, &u->columns.items[i], row);
    rows->cells = mem_grow(rows->cells, &rows->cap, (rows->nodes.n + 1) * n_cells, sizeof *rows->cells);
    struct facet_cell *cells = rows->cells + rows->nodes.n * n_cells;
    if (n_cells > 0)
        memset(cells, 0, n_cells * sizeof *cells);
    for (size_t i = 0; i < u->facets.n; i++) {
        const struct facet_row *facet = u->facets.items[i];
        struct facet_cell cell = take_cell(u, facet, &rows->before);
        if (facet)
            cells[facet->index] = cell;
    }
    VEC_PUSH(rows->nodes, node);
}

/* ---- slices ------------------------------------------------------------------------------------- */

static uint32_t take_scope(struct unpacker *u)
{
    size_t account_len, region_len;
    const char *account = take_name(u, &account_len), *region = take_name(u, &region_len);
    char own_account[16], own_region[40];
    if (u->in.is_bad || account_len >= sizeof own_account || region_len >= sizeof own_region)
        return bad(u);
    copy_text(own_region, sizeof own_region, region, region_len);
    copy_text(own_account, sizeof own_account, account, account_len);
    return estate_scope(u->estate, own_account, own_region);
}

/* *slot 0: a list that this program does not know, to be left out. */
static void take_head(struct unpacker *u, struct slice_state *state, uint32_t *slot)
{
    size_t len;
    if (bytes_one(&u->in) != PACK_VERSION)
        (void)bad(u);
    const char *name = take_name(u, &len);
    enum list list = list_by_name(name, len);
    uint32_t scope = take_scope(u), parent = take_node(u);
    state->truth = take_truth(u);
    state->is_complete = bytes_below(&u->in, 2);
    state->failure = take_failure(u);
    *slot = u->in.is_bad || list == LIST_NONE ? 0 : estate_slot(u->estate, scope, list, parent);
    if (*slot && state->truth == TRUTH_KNOWN && u->kind_has_news[list_row(list)->kind]) {
        state->truth = TRUTH_STALE;
        state->failure = news_failure(u);
        state->missed_at = state->seen_at;
    }
}

static void take_times(struct unpacker *u, struct slice_state *state)
{
    size_t len;
    state->seen_at = bytes_time(&u->times);
    state->tried_at = bytes_time(&u->times);
    state->missed_at = bytes_time(&u->times);
    u->request_ids.n = 0;
    for (uint64_t n = bytes_number(&u->times); n > 0 && !u->times.is_bad; n--) {
        VEC_PUSH(u->request_ids, u->times.at);
        const char *id = bytes_text(&u->times, &len);
        if (memchr(id, '\0', len))
            u->times.is_bad = true;
    }
}

static bool take_rows(struct unpacker *u, enum kind kind, struct rows *rows)
{
    take_columns(u, kind);
    take_facets(u, kind);
    uint64_t n = bytes_number(&u->in);
    if (u->hooks.max_records && n > u->hooks.max_records - u->n_records)
        (void)bad(u);
    for (uint64_t i = 0; i < n && !u->in.is_bad && !u->times.is_bad; i++)
        take_row(u, kind, rows);
    return !u->in.is_bad && !u->times.is_bad && bytes_left(&u->in) == 0 && bytes_left(&u->times) == 0;
}

static void begin(struct unpacker *u, const char *content, size_t content_len, const char *times,
                  size_t times_len)
{
    u->in = bytes_in(content, content_len);
    u->times = bytes_in(times, times_len);
    u->strings.n = u->nodes.n = u->failures.n = 0;
}

enum err_code unpack_slice(struct unpacker *u, const char *content, size_t content_len, const char *times,
                           size_t times_len, struct err *err)
{
    struct slice_state state = {0};
    struct rows rows = {0};
    uint32_t slot;
    bool is_good;
    begin(u, content, content_len, times, times_len);
    take_times(u, &state);
    take_head(u, &state, &slot);
    if (!slot && !u->in.is_bad && !u->times.is_bad)
        return ERR_OK;
    is_good = slot != 0 && !u->times.is_bad;
    if (is_good) {
        rows.draft = draft_new(u->estate, slot);
        is_good = take_rows(u, list_row(slot_list(u->estate, slot))->kind, &rows);
    }
    if (is_good) {
        estate_restore(rows.draft, &state, rows.cells);
        for (size_t i = 0; i < rows.at_home.n; i++)
            node_set_home(u->estate, rows.at_home.items[i], slot);
        u->n_records += rows.nodes.n;
    }
    draft_free(rows.draft);
    mem_free(rows.cells);
    VEC_FREE(rows.nodes);
    VEC_FREE(rows.at_home);
    return is_good ? ERR_OK : err_set(err, ERR_PARSE, "a list in it is damaged");
}
