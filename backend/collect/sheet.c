#include "backend/collect/sheet.h"

#include "backend/aws/tree.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void sheet_begin(struct sheet *s, enum kind kind)
{
    s->kind = kind;
    arena_reset(s->scratch);
    memset(s->fields, 0, sizeof s->fields);
}

static struct field *field_of(const struct sheet *s, enum attr attr)
{
    int at = (int)attr - (int)kind_row(s->kind)->first_attr;
    assert(at >= 0 && at < SHEET_FIELDS);
    return (struct field *)&s->fields[at];
}

void sheet_bytes(struct sheet *s, enum attr attr, const char *text, size_t len)
{
    *field_of(s, attr) = (struct field){.is = FIELD_TEXT, .text = text, .len = len};
}

void sheet_text(struct sheet *s, enum attr attr, const char *text)
{
    sheet_bytes(s, attr, text, strlen(text));
}

void sheet_number(struct sheet *s, enum attr attr, int64_t number)
{
    *field_of(s, attr) = (struct field){.is = FIELD_NUMBER, .number = number};
}

void sheet_node(struct sheet *s, enum attr attr, uint32_t node)
{
    *field_of(s, attr) = (struct field){.is = FIELD_NODE, .node = node};
}

const struct field *sheet_field(const struct sheet *s, enum attr attr)
{
    return field_of(s, attr);
}

bool sheet_has(const struct sheet *s, enum attr attr)
{
    return field_of(s, attr)->is != FIELD_EMPTY;
}

/* ---- what model.def names ----------------------------------------------------------------------- */

static bool is_key_edge(enum edge edge)
{
    return edge == EDGE_ENCRYPTED_UNDER || edge == EDGE_VAULT_KEY || edge == EDGE_NEW_DATA_UNDER;
}

static enum err_code read_ref(struct sheet *s, enum attr attr, const cJSON *item, struct err *err)
{
    const struct attr_row *row = attr_row(attr);
    const char *text = NULL;
    enum err_code code = maybe_text(item, row->member, &text, err);
    if (code == ERR_OK && text)
        sheet_text(s, attr, is_key_edge(row->edge) ? key_arn(s, text) : text);
    return code;
}

static enum err_code read_number(struct sheet *s, enum attr attr, const cJSON *item, struct err *err)
{
    const struct attr_row *row = attr_row(attr);
    int64_t number = 0;
    bool has = false, is_true = false;
    enum err_code code;
    if (row->type == TYPE_BOOL) {
        code = tree_bool(item, row->member, &is_true, &has, err);
        number = is_true;
    } else if (row->type == TYPE_TIME) {
        code = tree_time(item, row->member, &number, &has, err);
    } else {
        code = tree_int(item, row->member, &number, &has, err);
    }
    if (code == ERR_OK && has)
        sheet_number(s, attr, number);
    return code;
}

/* XML spells an unset text as an empty element. */
static enum err_code read_text(struct sheet *s, enum attr attr, const cJSON *item, struct err *err)
{
    const char *text = NULL;
    enum err_code code = maybe_text(item, attr_row(attr)->member, &text, err);
    if (code == ERR_OK && text)
        sheet_text(s, attr, text);
    return code;
}

/* By type; lists and maps have no members in model.def, a feed's finish sets them. */
static enum err_code (*const readers[])(struct sheet *, enum attr, const cJSON *, struct err *) = {
    [TYPE_TEXT] = read_text,   [TYPE_DOC] = read_text,    [TYPE_REF] = read_ref,
    [TYPE_BOOL] = read_number, [TYPE_INT] = read_number,  [TYPE_TIME] = read_number,
};

enum err_code sheet_read(struct sheet *s, enum facet facet, const cJSON *item, struct err *err)
{
    const struct kind_row *kind = kind_row(s->kind);
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++) {
        const struct attr_row *row = attr_row((enum attr)a);
        if (row->facet != facet || row->member[0] == '\0')
            continue;
        assert(readers[row->type]);
        enum err_code code = readers[row->type](s, (enum attr)a, item, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

void sheet_write(const struct sheet *s, uint32_t *row)
{
    const struct kind_row *kind = kind_row(s->kind);
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++) {
        enum attr attr = (enum attr)a;
        const struct field *f = field_of(s, attr);
        if (f->is == FIELD_NUMBER)
            row_number(row, attr, f->number);
        else if (f->is == FIELD_NODE)
            row_node(row, attr, f->node);
        else if (f->is == FIELD_TEXT && attr_row(attr)->type == TYPE_REF)
            row_ref(s->estate, row, attr, f->text, f->len);
        else if (f->is == FIELD_TEXT)
            row_text(s->estate, row, attr, f->text, f->len);
    }
}

/* ---- reading helpers ---------------------------------------------------------------------------- */

enum err_code maybe_text(const cJSON *item, const char *path, const char **out, struct err *err)
{
    bool has = false;
    const char *text = NULL;
    enum err_code code = tree_text(item, path, &text, &has, err);
    *out = code == ERR_OK && has && text[0] != '\0' ? text : NULL;
    return code;
}

enum err_code need_text(const cJSON *item, const char *path, const char **out, struct err *err)
{
    enum err_code code = maybe_text(item, path, out, err);
    if (code == ERR_OK && !*out)
        return err_set(err, ERR_PARSE, "the answer has an item without %s", path);
    return code;
}

enum err_code add_texts(const cJSON *tree, const char *path, const char *item, const char *of,
                        struct buf *out, struct err *err)
{
    struct tree_list list;
    enum err_code code = tree_list(tree, path, item, &list, err);
    if (code != ERR_OK)
        return code;
    for (const cJSON *at; (at = tree_next(&list));) {
        const char *text = NULL;
        code = of ? maybe_text(at, of, &text, err) : ERR_OK;
        if (code != ERR_OK)
            return code;
        if (!of && !cJSON_IsString(at))
            return err_set(err, ERR_PARSE, "the answer's %s holds something that is not text", path);
        if (!of)
            text = at->valuestring;
        if (text)
            buf_add(out, text, strlen(text) + 1);
    }
    return ERR_OK;
}

enum err_code tag_text(const cJSON *tree, const char *path, const char *item, const char *name,
                       const char **out, struct err *err)
{
    struct tree_list tags;
    *out = NULL;
    enum err_code code = tree_list(tree, path, item, &tags, err);
    for (const cJSON *tag; code == ERR_OK && !*out && (tag = tree_next(&tags));) {
        const char *key = NULL;
        bool is_lower = tree_at(tag, "key") != NULL; /* EC2's are */
        code = maybe_text(tag, is_lower ? "key" : "Key", &key, err);
        if (code == ERR_OK && key && strcmp(key, name) == 0)
            code = maybe_text(tag, is_lower ? "value" : "Value", out, err);
    }
    return code;
}

enum err_code sheet_first_text(struct sheet *s, enum attr attr, const cJSON *item, const char *first,
                               const char *second, struct err *err)
{
    const char *text = NULL;
    enum err_code code = maybe_text(item, first, &text, err);
    if (code == ERR_OK && !text)
        code = maybe_text(item, second, &text, err);
    if (code == ERR_OK && text)
        sheet_text(s, attr, text);
    return code;
}

void sheet_line(struct sheet *s, enum attr attr)
{
    if (s->line.len > 0)
        sheet_bytes(s, attr, arena_strndup(s->scratch, s->line.data, s->line.len), s->line.len);
    buf_clear(&s->line);
}

/* ---- names -------------------------------------------------------------------------------------- */

const char *place_arn(const struct sheet *s, const char *service, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = len > 0 ? (size_t)len + 1 : 1;
    char *rest = arena_alloc(s->scratch, size);
    va_start(args, format);
    (void)vsnprintf(rest, size, format, args);
    va_end(args);
    return arena_printf(s->scratch, "arn:%s:%s:%s:%s:%s", s->place->partition, service, s->place->region,
                        s->place->account, rest);
}

const char *place_id(const struct sheet *s, const char *word, const char *id)
{
    return arena_printf(s->scratch, "keyfall:%s/%s/%s/%s", word, s->place->account, s->place->region, id);
}

const char *parent_arn(struct sheet *s)
{
    struct buf arn = {0};
    node_arn(s->estate, s->parent, &arn);
    const char *copy = arena_strndup(s->scratch, arn.data, arn.len);
    buf_free(&arn);
    return copy;
}

const char *key_arn_in(const struct sheet *s, const char *region, const char *reference)
{
    if (strncmp(reference, "arn:", 4) == 0)
        return reference;
    return arena_printf(s->scratch, "arn:%s:kms:%s:%s:%s%s", s->place->partition, region, s->place->account,
                        strncmp(reference, "alias/", 6) == 0 ? "" : "key/", reference);
}

const char *key_arn(const struct sheet *s, const char *reference)
{
    return key_arn_in(s, s->place->region, reference);
}

enum err_code sheet_key(struct sheet *s, enum attr attr, const cJSON *item, const char *member,
                        struct err *err)
{
    const char *text = NULL;
    enum err_code code = maybe_text(item, member, &text, err);
    if (code == ERR_OK && text)
        sheet_text(s, attr, key_arn(s, text));
    return code;
}

static bool has_item(const struct buf *items, const char *text)
{
    for (size_t at = 0; at < items->len; at += strlen(items->data + at) + 1)
        if (strcmp(items->data + at, text) == 0)
            return true;
    return false;
}

void add_item_once(struct buf *items, const char *text)
{
    if (!has_item(items, text))
        buf_add(items, text, strlen(text) + 1);
}

static bool is_told(const struct sheet *s, const char *arn)
{
    const struct field *own = field_of(s, kind_row(s->kind)->key);
    return has_item(&s->line, arn) || (own->is == FIELD_TEXT && strcmp(own->text, arn) == 0);
}

enum err_code sheet_other_keys(struct sheet *s, enum attr attr, const cJSON *item,
                               const char *const *members, struct err *err)
{
    for (; *members; members++) {
        const char *text = NULL;
        enum err_code code = maybe_text(item, *members, &text, err);
        if (code != ERR_OK)
            return code;
        const char *arn = text ? key_arn(s, text) : NULL;
        if (arn && !is_told(s, arn))
            buf_add(&s->line, arn, strlen(arn) + 1);
    }
    sheet_line(s, attr);
    return ERR_OK;
}

/* What services write where a key of their own is at work. */
static bool names_aws_owned(const char *text)
{
    static const char *const words[] = {ENCRYPTION_AWS_OWNED, "AWS_OWNED_KMS_KEY", "AWS_OWNED_KEY", "auto"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Neither a key nor whether it is encrypted: both stay unsaid. */
enum err_code sheet_store_key(struct sheet *s, const struct feed_key *key, const cJSON *item,
                              struct err *err)
{
    const struct kind_row *kind = kind_row(s->kind);
    const char *text = NULL;
    bool is_encrypted = true, is_told = true;
    enum err_code code = maybe_text(item, key->member, &text, err);
    if (code == ERR_OK && key->encrypted)
        code = tree_bool(item, key->encrypted, &is_encrypted, &is_told, err);
    if (code != ERR_OK || (!text && !is_told))
        return code;
    if (!text && is_encrypted)
        text = key->otherwise;
    if (!text) {
        sheet_text(s, kind->encryption, is_encrypted ? ENCRYPTION_KMS : ENCRYPTION_NONE);
    } else if (names_aws_owned(text)) {
        sheet_text(s, kind->encryption, ENCRYPTION_AWS_OWNED);
    } else {
        sheet_text(s, kind->encryption, ENCRYPTION_KMS);
        sheet_text(s, kind->key, key_arn(s, text));
    }
    return ERR_OK;
}
