#include "tui/wizards/form.h"

#include "backend/base/text.h"
#include "tui/widgets/paragraph.h"
#include "tui/wizards/sheet.h"

#include <stdio.h>
#include <string.h>

void form_free(struct form *f)
{
    for (size_t i = 0; i < f->fields.n; i++) {
        prompt_free(&f->fields.items[i].prompt);
        mem_free(f->fields.items[i].wrong);
    }
    VEC_FREE(f->fields);
    *f = (struct form){0};
}

/* ---- what is wrong with a field -------------------------------------------------------------------------- */

/* The next value of a field, mended, onto out. What is wrong with it lives in the arena. */
static const char *check_one(const struct input *input, struct arena *arena, const char *text, size_t len,
                             struct buf *out)
{
    char *value = arena_strndup(arena, text, len);
    const char *wrong = input_check(input, arena, value);
    buf_printf(out, "%s%s", out->len > 0 ? "," : "", value);
    return wrong;
}

static const char *check(const struct input *input, struct arena *arena, const char *text, struct buf *mended)
{
    const char *wrong = NULL;
    if (!input->is_list || !text[0])
        return check_one(input, arena, text, strlen(text), mended);
    while (*text && !wrong) {
        size_t len = strcspn(text, ",");
        wrong = len > 0 ? check_one(input, arena, text, len, mended) : INPUT_NO_ITEM;
        text += len + (text[len] == ',');
    }
    return wrong;
}

/* Looks at what stands there; with mends, what is good is replaced by how it is meant. */
static void look_at(struct field *field, bool mends)
{
    struct arena *arena = arena_new();
    struct buf mended = {0};
    const char *wrong = check(field->input, arena, prompt_text(&field->prompt), &mended);
    mem_free(field->wrong);
    field->wrong = wrong ? mem_strdup(wrong) : NULL;
    if (mends && !wrong && mended.data && strcmp(mended.data, prompt_text(&field->prompt)) != 0)
        prompt_set(&field->prompt, mended.data);
    buf_free(&mended);
    arena_free(arena);
}

static void leave(struct field *field)
{
    field->is_left = true;
    look_at(field, true);
}

/* ---- filling it in --------------------------------------------------------------------------------------- */

void form_begin(struct form *f, const struct wizard *wizard, const cJSON *given)
{
    form_free(f);
    for (size_t i = 0; i < wizard->n_inputs; i++) {
        const struct input *input = &wizard->inputs[i];
        struct field field = {.input = input};
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(given, input->name));
        text = text ? text : input->preset;
        if (input->is_made)
            continue;
        if (text)
            prompt_set(&field.prompt, text);
        look_at(&field, true);
        VEC_PUSH(f->fields, field);
    }
    while (f->at + 1 < f->fields.n && !f->fields.items[f->at].wrong)
        f->at++;
}

bool form_take(struct form *f, const struct event *ev)
{
    if (f->fields.n == 0)
        return false;
    struct field *field = &f->fields.items[f->at];
    switch (prompt_event(&field->prompt, ev)) {
    case PROMPT_CHANGED:
        look_at(field, ev->kind == EV_PASTE);
        return true;
    case PROMPT_MOVED:
        return true;
    default:
        return false;
    }
}

bool form_move(struct form *f, int by)
{
    if (f->fields.n == 0)
        return true;
    leave(&f->fields.items[f->at]);
    if (by < 0 ? f->at == 0 : f->at + 1 >= f->fields.n)
        return false;
    f->at = by < 0 ? f->at - 1 : f->at + 1;
    return true;
}

bool form_is_good(struct form *f)
{
    size_t first = f->fields.n;
    for (size_t i = f->fields.n; i-- > 0;) {
        leave(&f->fields.items[i]);
        if (f->fields.items[i].wrong)
            first = i;
    }
    if (first < f->fields.n)
        f->at = first;
    return first == f->fields.n;
}

void form_go(struct form *f, const char *name, size_t len)
{
    for (size_t i = 0; i < f->fields.n; i++)
        if (strlen(f->fields.items[i].input->name) == len && strncmp(f->fields.items[i].input->name, name, len) == 0)
            f->at = i;
}

cJSON *form_inputs(const struct form *f)
{
    cJSON *inputs = cJSON_CreateObject();
    for (size_t i = 0; i < f->fields.n; i++)
        cJSON_AddStringToObject(inputs, f->fields.items[i].input->name, prompt_text(&f->fields.items[i].prompt));
    return inputs;
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

/* Bytes of a value that stand in its next row: those up to a comma, else, for it is one word, as many as there is room
 * for. */
static size_t row_fit(const char *text, int width)
{
    size_t fit = text_fit(text, width, NULL), cut = fit;
    if (!text[fit])
        return fit;
    while (cut > 0 && text[cut - 1] != ',')
        cut--;
    return cut > 0 ? cut : fit;
}

/* The terminal's cursor goes where the next character does. Returns the rows. */
int value_draw(const struct prompt *p, struct grid *g, struct rect r, bool is_at)
{
    const char *text = prompt_text(p);
    size_t from = 0;
    int rows = 0;
    do {
        size_t len = row_fit(text + from, r.w - 1);
        char *part = mem_strndup(text + from, len);
        grid_blank(g, (struct rect){r.x, r.y + rows, r.w, 1}, ROLE_INPUT);
        grid_put(g, r.x, r.y + rows, r.w, ROLE_INPUT, part);
        if (is_at && p->at >= from && p->at <= from + len) {
            part[p->at - from] = '\0';
            g->cursor_x = r.x + text_width(part);
            g->cursor_y = r.y + rows;
        }
        mem_free(part);
        from += len;
        rows++;
        if (len == 0)
            break;
    } while (text[from]);
    return rows;
}

int value_rows(const struct prompt *p, int width)
{
    const char *text = prompt_text(p);
    int rows = 0;
    for (size_t len = 1; (rows == 0 || *text) && len > 0; text += len, rows++)
        len = row_fit(text, width - 1);
    return rows;
}

static int draw_text(struct grid *g, struct rect r, enum role role, const char *text)
{
    r.h = paragraph_lines(g, r.w, text);
    return paragraph_draw(g, r, role, text, 0);
}

/* Returns the rows. */
static int draw_field(const struct field *field, struct grid *g, struct rect r, bool is_at)
{
    const struct input *in = field->input;
    const char *text = prompt_text(&field->prompt);
    struct rect line = {r.x + 2, r.y + 1, r.w - 2, 0};
    int used = grid_put(g, r.x, r.y, r.w, is_at ? ROLE_STRONG : ROLE_LABEL, is_at ? "> " : "  ");
    used += grid_put(g, r.x + used, r.y, r.w - used, is_at ? ROLE_STRONG : ROLE_LABEL, in->label);
    grid_printf(g, r.x + used, r.y, r.w - used, ROLE_DIM, "%s%s",
                in->is_optional ? "  may be left out" : text[0] ? "" : "  needed",
                in->is_list ? "  several, joined with commas" : "");
    if (is_at || text[0])
        line.y += value_draw(&field->prompt, g, line, is_at);
    if (field->wrong && (text[0] || field->is_left)) {
        char *wrong = mem_printf("! this %s", field->wrong);
        line.y += draw_text(g, line, ROLE_WARNING, wrong);
        mem_free(wrong);
    }
    if (is_at)
        line.y += draw_text(g, line, ROLE_DIM, in->help);
    return line.y - r.y;
}

/* All of them, from y on, which may lie above the screen; the rows of the one of the cursor. Returns the rows. */
static int draw_fields(const struct form *f, struct grid *g, struct rect r, int y, int *at_y, int *at_h)
{
    int from = y;
    for (size_t i = 0; i < f->fields.n; i++) {
        int h = draw_field(&f->fields.items[i], g, (struct rect){r.x, y, r.w, r.h}, i == f->at);
        if (i == f->at) {
            *at_y = y - from;
            *at_h = h;
        }
        y += h;
    }
    return y - from;
}

void form_draw(struct form *f, struct grid *g, struct rect r)
{
    int at_y = 0, at_h = 0;
    struct rect clip = grid_clip(g, (struct rect){r.x, r.y, r.w, 0});
    int rows = draw_fields(f, g, r, r.y, &at_y, &at_h);
    grid_unclip(g, clip);
    if (f->top + r.h > rows)
        f->top = rows > r.h ? rows - r.h : 0;
    if (at_y + at_h > f->top + r.h)
        f->top = at_y + at_h - r.h;
    if (at_y < f->top)
        f->top = at_y;
    clip = grid_clip(g, r);
    (void)draw_fields(f, g, r, r.y - f->top, &at_y, &at_h);
    grid_unclip(g, clip);
    f->rows = rows;
    f->shown = r.h;
}

void form_where(const struct form *f, struct buf *out)
{
    rows_where(f->top, f->shown, f->rows, out);
}
