#include "backend/base/text.h"
#include "backend/base/timefmt.h"
#include "backend/view/cells.h"
#include "backend/view/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ACCOUNT_COLUMN 1 /* of every view: see HEAD of cells.h */

enum op { OP_CONTAINS, OP_EQUAL, OP_LESS, OP_AT_MOST, OP_MORE, OP_AT_LEAST };

struct term {
    int column; /* -1: any text of the row */
    enum op op;
    bool is_negated;
    bool is_unknown; /* col:? */
    bool is_age;     /* number is seconds since the cell's time */
    bool is_span;    /* number is seconds from now */
    bool has_number;
    int64_t number;
    char *text;
};

struct filter {
    const struct view *view;
    VEC(struct term) terms;
};

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
    const struct view *view;
    const char *text;
    size_t at;
    struct err *err;
};

static enum err_code refuse(const struct reader *r, size_t at, const char *what, const char *word)
{
    return err_set(r->err, ERR_PARSE, "column %zu: %s \"%.40s\"", at + 1, what, word);
}

/* A value ends at a space, or at the quote that closes it. */
static enum err_code read_value(struct reader *r, struct buf *out)
{
    size_t start = r->at;
    bool is_quoted = r->text[r->at] == '"';
    if (is_quoted)
        r->at++;
    while (r->text[r->at] &&
           (is_quoted ? r->text[r->at] != '"' : !isspace((unsigned char)r->text[r->at])))
        buf_addc(out, r->text[r->at++]);
    if (!is_quoted)
        return ERR_OK;
    if (r->text[r->at] != '"')
        return refuse(r, start, "no closing quote for", out->data ? out->data : "");
    r->at++;
    return ERR_OK;
}

/* "30d", "-6h", "2w": seconds. */
static bool parse_span(const char *s, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31536000}};
    char *end;
    long long n = strtoll(s, &end, 10);
    if (end == s || !*end || end[1] || n < -1000000 || n > 1000000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit) {
            *out = n * units[i].seconds;
            return true;
        }
    return false;
}

static bool parse_number(const char *s, int64_t *out)
{
    char *end;
    long long n = strtoll(s, &end, 10);
    *out = n;
    return end != s && !*end;
}

static bool parse_bool(const char *s, int64_t *out)
{
    static const char *const words[] = {"true", "yes", "on", "false", "no", "off"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(s, words[i]) == 0) {
            *out = i < 3;
            return true;
        }
    return false;
}

static bool parse_date(const char *s, int64_t *out)
{
    char whole[40];
    if (strlen(s) == 10) {
        snprintf(whole, sizeof whole, "%sT00:00:00Z", s);
        s = whole;
    }
    return time_parse_iso(s, out);
}

static enum err_code read_number(struct reader *r, size_t at, struct term *t)
{
    enum severity severity;
    const struct column *col = &r->view->columns[t->column];
    switch (col->type) {
    case CELL_NUMBER:
        t->has_number = parse_number(t->text, &t->number);
        return t->has_number ? ERR_OK : refuse(r, at, "a number is needed, not", t->text);
    case CELL_BOOL:
        t->has_number = parse_bool(t->text, &t->number);
        return t->has_number ? ERR_OK : refuse(r, at, "yes or no is needed, not", t->text);
    case CELL_SEVERITY:
        t->has_number = severity_parse(t->text, &severity);
        t->number = t->has_number ? severity : 0;
        return t->has_number ? ERR_OK
                             : refuse(r, at, "C, H, M, L, I or none is needed, not", t->text);
    case CELL_TIME:
        t->is_span = parse_span(t->text, &t->number);
        t->has_number = t->is_span || parse_date(t->text, &t->number);
        if (t->has_number || (t->op == OP_CONTAINS && !t->is_age))
            return ERR_OK;
        return refuse(r, at, "a date (2026-08-29) or a span (30d) is needed, not", t->text);
    case CELL_TEXT:
    case CELL_LIST:
        break;
    }
    return ERR_OK;
}

static const struct {
    const char *sign;
    enum op op;
    bool is_negated;
} signs[] = {
    {">=", OP_AT_LEAST, false}, {"<=", OP_AT_MOST, false}, {"!=", OP_EQUAL, true},
    {":", OP_CONTAINS, false},  {"=", OP_EQUAL, false},    {">", OP_MORE, false},
    {"<", OP_LESS, false},
};

/* The column's name before a sign; 0 if the term is a word. */
static size_t name_length(const char *s)
{
    size_t n = 0;
    while (islower((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n > 0 && s[n] && strchr(":=<>!", s[n]) ? n : 0;
}

static enum err_code read_column(struct reader *r, struct term *t, size_t name_len)
{
    char name[40];
    size_t at = r->at;
    snprintf(name, sizeof name, "%.*s", (int)(name_len < 39 ? name_len : 39), r->text + at);
    t->column = view_column(r->view, name);
    if (t->column < 0)
        return refuse(r, at, "no such column:", name);
    t->is_age = strcmp(name, "age") == 0;
    r->at += name_len;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t len = strlen(signs[i].sign);
        if (strncmp(r->text + r->at, signs[i].sign, len) != 0)
            continue;
        t->op = signs[i].op;
        t->is_negated ^= signs[i].is_negated;
        r->at += len;
        return ERR_OK;
    }
    return refuse(r, r->at, "a sign such as : or >= is needed before", r->text + r->at);
}

static enum err_code read_term(struct reader *r, struct term *t)
{
    struct buf value = {0};
    *t = (struct term){.column = -1};
    size_t start = r->at;
    while (r->text[r->at] == '!') {
        t->is_negated = !t->is_negated;
        r->at++;
    }
    size_t name_len = name_length(r->text + r->at);
    enum err_code code = name_len ? read_column(r, t, name_len) : ERR_OK;
    size_t value_at = r->at;
    bool is_quoted = r->text[r->at] == '"';
    if (code == ERR_OK)
        code = read_value(r, &value);
    t->text = buf_take(&value);
    t->is_unknown = t->column >= 0 && !is_quoted && strcmp(t->text, "?") == 0;
    if (code == ERR_OK && t->column < 0 && !t->text[0])
        code = refuse(r, start, "a word is needed after", "!");
    if (code == ERR_OK && t->column >= 0 && !t->is_unknown && t->text[0])
        code = read_number(r, value_at, t);
    if (code == ERR_OK && t->column >= 0 && !t->text[0] && t->op > OP_EQUAL)
        code = refuse(r, value_at, "a value is needed for", r->view->columns[t->column].name);
    return code;
}

enum err_code filter_add(struct filter *f, const char *text, struct err *err)
{
    struct reader r = {.view = f->view, .text = text, .err = err};
    size_t n = f->terms.n;
    enum err_code code = ERR_OK;
    for (;;) {
        while (isspace((unsigned char)text[r.at]))
            r.at++;
        if (!text[r.at] || code != ERR_OK)
            break;
        struct term t;
        code = read_term(&r, &t);
        VEC_PUSH(f->terms, t);
    }
    while (code != ERR_OK && f->terms.n > n)
        mem_free(f->terms.items[--f->terms.n].text);
    return code;
}

enum err_code filter_parse(const struct view *v, const char *text, struct filter **out,
                           struct err *err)
{
    struct filter *f = mem_alloc(sizeof *f);
    f->view = v;
    *out = NULL;
    enum err_code code = filter_add(f, text, err);
    if (code == ERR_OK)
        *out = f;
    else
        filter_free(f);
    return code;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->terms.n; i++)
        mem_free(f->terms.items[i].text);
    VEC_FREE(f->terms);
    mem_free(f);
}

/* ---- matching -------------------------------------------------------------------------------- */

void filter_memo_free(struct filter_memo *m)
{
    mem_free(m->strings.items);
    mem_free(m->accounts.items);
    mem_free(m->nodes.items);
    for (size_t i = 0; i < FILTER_COLUMNS; i++)
        mem_free(m->columns[i].items);
    for (size_t i = 0; i < MEMO_TERMS; i++)
        VEC_FREE(m->named[i].accounts);
    buf_free(&m->arn);
    *m = (struct filter_memo){0};
}

/* Where the answer of a term to a string or a scope is kept; NULL: nowhere. */
static uint8_t *memo_at(struct bits *bits, uint32_t id)
{
    if (id >= bits->n) {
        size_t n = (size_t)id + 1 + bits->n;
        bits->items = mem_resize(bits->items, n, 1);
        memset(bits->items + bits->n, 0, n - bits->n);
        bits->n = n;
    }
    return &bits->items[id];
}

static enum tri memo_get(const uint8_t *at, size_t term)
{
    unsigned answer = (unsigned)*at >> (term * 2) & 3u;
    return answer == 0 ? TRI_UNKNOWN : answer == 1 ? TRI_NO : TRI_YES;
}

static bool memo_set(uint8_t *at, size_t term, bool is)
{
    *at |= (uint8_t)((is ? 2u : 1u) << (term * 2));
    return is;
}

/* What a word says of a string of the estate never changes: asked once for each distinct one. */
static bool string_contains(struct filter_memo *m, const struct cell *cell, const char *needle,
                            size_t term)
{
    if (!m || !cell->string || term >= MEMO_TERMS)
        return text_contains(cell->text, cell->len, needle);
    uint8_t *at = memo_at(&m->strings, cell->string);
    enum tri known = memo_get(at, term);
    return known != TRI_UNKNOWN ? known == TRI_YES
                                : memo_set(at, term, text_contains(cell->text, cell->len, needle));
}

/* A word that ends at the seam of an ARN's two parts, or has no character of those that are there, is in one. */
static bool spans_seam(const char *needle)
{
    size_t at = strcspn(needle, ":/");
    return needle[at] && needle[at + 1];
}

static bool arn_contains(const struct view_context *c, struct filter_memo *m, uint32_t node, const char *needle,
                         size_t term)
{
    const struct estate *e = generation_estate(c->generation);
    const char *tail = node_tail(e, node);
    struct cell head = {.string = node_head(e, node)};
    head.text = estate_text(e, head.string, &head.len);
    if (text_contains(tail, strlen(tail), needle) || string_contains(m, &head, needle, term))
        return true;
    if (!spans_seam(needle))
        return false;
    struct buf own = {0};
    struct buf *arn = m ? &m->arn : &own;
    buf_clear(arn);
    node_arn(e, node, arn);
    bool found = text_contains(arn->data, arn->len, needle);
    buf_free(&own);
    return found;
}

/* Nodes that many rows name are asked once; a row's own is named by no other. */
static bool node_contains(const struct view_context *c, struct filter_memo *m, uint32_t node, const char *needle,
                          size_t term, bool is_own)
{
    if (!m || term >= MEMO_TERMS || is_own)
        return arn_contains(c, m, node, needle, term);
    enum tri known = memo_get(memo_at(&m->nodes, node), term);
    return known != TRI_UNKNOWN ? known == TRI_YES
                                : memo_set(memo_at(&m->nodes, node), term, arn_contains(c, m, node, needle, term));
}

/* The items of a list stand one after the other, a NUL between: no word reaches across. */
static bool cell_contains(const struct view_context *c, struct filter_memo *m,
                          const struct cell *cell, const char *needle, size_t term, bool is_own)
{
    if (cell->node)
        return node_contains(c, m, cell->node, needle, term, is_own);
    return string_contains(m, cell, needle, term);
}

static bool text_equals(const char *s, size_t len, const char *text)
{
    return strlen(text) == len && strncasecmp(s, text, len) == 0;
}

static bool cell_equals(const struct view_context *c, const struct cell *cell, const char *text)
{
    size_t len;
    if (cell->type == CELL_LIST) {
        for (size_t at = 0; at < cell->len; at += strlen(cell->text + at) + 1)
            if (text_equals(cell->text + at, strlen(cell->text + at), text))
                return true;
        return false;
    }
    const char *own = cell_text(c, cell, &len);
    return text_equals(own, len, text);
}

static bool holds(enum op op, int order)
{
    switch (op) {
    case OP_LESS:
        return order < 0;
    case OP_AT_MOST:
        return order <= 0;
    case OP_MORE:
        return order > 0;
    case OP_AT_LEAST:
        return order >= 0;
    case OP_CONTAINS:
    case OP_EQUAL:
        break;
    }
    return order == 0;
}

/* A count that may be higher proves "more than", never "less than". A severity is also asked for by its
 * letter. */
static enum tri compare_number(const struct term *t, const struct cell *cell, int64_t value,
                               int64_t with)
{
    bool is = holds(t->op, value < with ? -1 : value > with);
    bool is_letter = cell->type == CELL_SEVERITY && t->op <= OP_EQUAL;
    if (!cell->is_at_least || is_letter)
        return is ? TRI_YES : TRI_NO;
    if (t->op == OP_MORE || t->op == OP_AT_LEAST)
        return is ? TRI_YES : TRI_UNKNOWN;
    return value > with ? TRI_NO : TRI_UNKNOWN;
}

static enum tri compare_time(const struct view_context *c, const struct term *t,
                             const struct cell *cell)
{
    if (!t->has_number) {
        struct buf text = {0};
        cell_format(c, cell, &text);
        bool is = text_contains(text.data, text.len, t->text);
        buf_free(&text);
        return is ? TRI_YES : TRI_NO;
    }
    if (t->is_age)
        return compare_number(t, cell, c->now_utc - cell->number,
                              t->is_span ? t->number : c->now_utc - t->number);
    return compare_number(t, cell, cell->number, t->is_span ? c->now_utc + t->number : t->number);
}

static enum tri cell_matches(const struct view_context *c, struct filter_memo *m,
                             const struct term *t, size_t index, const struct cell *cell)
{
    if (t->is_unknown)
        return cell->is == CELL_UNKNOWN ? TRI_YES : TRI_NO;
    if (cell->is == CELL_UNKNOWN)
        return TRI_UNKNOWN;
    if (!t->text[0] || cell->is == CELL_ABSENT)
        return !t->text[0] && cell->is == CELL_ABSENT ? TRI_YES : TRI_NO;
    if (cell->type == CELL_TIME)
        return compare_time(c, t, cell);
    if (cell->type != CELL_TEXT && cell->type != CELL_LIST)
        return compare_number(t, cell, cell->number, t->number);
    if (t->op == OP_CONTAINS)
        return cell_contains(c, m, cell, t->text, index, t->column == 0) ? TRI_YES : TRI_NO;
    if (t->op == OP_EQUAL)
        return cell_equals(c, cell, t->text) ? TRI_YES : TRI_NO;
    size_t len;
    return holds(t->op, strcmp(cell_text(c, cell, &len), t->text)) ? TRI_YES : TRI_NO;
}

static bool name_matches(const char *name, const struct term *t)
{
    return name && (t->op == OP_EQUAL ? text_equals(name, strlen(name), t->text)
                                      : text_contains(name, strlen(name), t->text));
}

static int by_number(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The accounts whose name a term matches. */
static void find_named(const struct view_context *c, const struct term *t, struct named *out)
{
    struct record r;
    out->is_asked = true;
    for (struct walk w = walk_kind(c->generation, KIND_ACCOUNT); walk_next(&w, &r);) {
        struct value name = record_value(&r, ATTR_ACCOUNT_NAME);
        if (name.is == VALUE_KNOWN && name_matches(name.text, t))
            VEC_PUSH(out->accounts, record_account(&r));
    }
    if (out->accounts.n > 1)
        qsort(out->accounts.items, out->accounts.n, sizeof *out->accounts.items, by_number);
}

/* People know an account by its name: screens show that where the cell has the number. */
static bool account_matches(const struct filter *f, const struct view_context *c, struct filter_memo *m,
                            const struct term *t, size_t index, const struct view_row *row)
{
    bool has_scope = row->has_record && !row->blind && row->record.kind != KIND_ACCOUNT;
    if (!m || !has_scope || index >= MEMO_TERMS) {
        struct cell account;
        size_t len;
        view_cell(c, f->view, row, ACCOUNT_COLUMN, &account);
        return account.is == CELL_KNOWN
               && name_matches(view_account_name(c->generation, cell_text(c, &account, &len)), t);
    }
    struct named *named = &m->named[index];
    if (!named->is_asked)
        find_named(c, t, named);
    if (named->accounts.n == 0)
        return false;
    uint8_t *at = memo_at(&m->accounts, slot_scope(generation_estate(c->generation), row->record.slot));
    enum tri known = memo_get(at, index);
    const char *account = record_account(&row->record);
    return known != TRI_UNKNOWN ? known == TRI_YES
                                : memo_set(at, index, bsearch(&account, named->accounts.items, named->accounts.n,
                                                              sizeof account, by_number) != NULL);
}

static bool column_contains(const struct filter *f, const struct view_context *c, struct filter_memo *m,
                            const struct term *t, size_t index, const struct view_row *row, int column)
{
    struct cell cell;
    enum attr attr = f->view->columns[column].attr;
    if (attr != ATTR_NONE && row->has_record)
        say_value_of(&row->record, attr, &cell);
    else
        view_cell(c, f->view, row, column, &cell);
    return cell.is == CELL_KNOWN && cell_contains(c, m, &cell, t->text, index, column == 0);
}

static bool row_contains(const struct filter *f, const struct view_context *c,
                         struct filter_memo *m, const struct term *t, size_t index,
                         const struct view_row *row)
{
    for (size_t i = 0; i < f->view->n_columns; i++) {
        const struct column *col = &f->view->columns[i];
        if (col->type != CELL_TEXT && col->type != CELL_LIST)
            continue;
        bool is_kept = m && index < MEMO_TERMS && i < FILTER_COLUMNS && col->by && f->view->rows == ROWS_RECORDS;
        uint32_t by = is_kept ? col->by(&row->record) : 0;
        enum tri known = by ? memo_get(memo_at(&m->columns[i], by), index) : TRI_UNKNOWN;
        bool is = known != TRI_UNKNOWN ? known == TRI_YES : column_contains(f, c, m, t, index, row, (int)i);
        if (by && known == TRI_UNKNOWN)
            memo_set(memo_at(&m->columns[i], by), index, is);
        if (is)
            return true;
    }
    return account_matches(f, c, m, t, index, row);
}

bool filter_matches_with(const struct filter *f, const struct view_context *c,
                         struct filter_memo *m, const struct view_row *row)
{
    for (size_t i = 0; i < f->terms.n; i++) {
        const struct term *t = &f->terms.items[i];
        enum tri is;
        if (t->column < 0) {
            is = row_contains(f, c, m, t, i, row) ? TRI_YES : TRI_NO;
        } else {
            struct cell cell;
            view_cell(c, f->view, row, t->column, &cell);
            is = cell_matches(c, m, t, i, &cell);
            if (is == TRI_NO && t->column == ACCOUNT_COLUMN && t->op <= OP_EQUAL && t->text[0] && !t->is_unknown)
                is = account_matches(f, c, m, t, i, row) ? TRI_YES : TRI_NO;
        }
        if (is != (t->is_negated ? TRI_NO : TRI_YES))
            return false;
    }
    return true;
}

bool filter_matches(const struct filter *f, const struct view_context *c,
                    const struct view_row *row)
{
    return filter_matches_with(f, c, NULL, row);
}
