#include "tui/widgets/prompt.h"

#include "backend/base/text.h"
#include "backend/base/utf8.h"

#include <string.h>

void prompt_free(struct prompt *p)
{
    for (size_t i = 0; i < p->history.n; i++)
        mem_free(p->history.items[i]);
    VEC_FREE(p->history);
    buf_free(&p->text);
    mem_free(p->unsent);
    *p = (struct prompt){0};
}

const char *prompt_text(const struct prompt *p)
{
    return p->text.data ? p->text.data : "";
}

static void replace(struct prompt *p, size_t from, size_t to, const char *s, size_t len)
{
    struct buf b = {0};

    buf_add(&b, prompt_text(p), from);
    buf_add(&b, s, len);
    buf_adds(&b, prompt_text(p) + to);
    buf_free(&p->text);
    p->text = b;
    p->at = from + len;
}

void prompt_set(struct prompt *p, const char *text)
{
    struct buf clean = {0};

    text_clean(&clean, text, strlen(text), PROMPT_MAX_BYTES, false);
    replace(p, 0, p->text.len, clean.data, clean.len);
    buf_free(&clean);
    p->history_at = p->history.n;
}

/* What stands for a control character that was pasted: nobody can have meant it. */
static void drop_replaced(struct buf *b)
{
    static const char mark[] = "\xef\xbf\xbd";
    char *to = b->data, *from = b->data;

    while (*from) {
        if (strncmp(from, mark, sizeof mark - 1) == 0) {
            from += sizeof mark - 1;
            continue;
        }
        *to++ = *from++;
    }
    *to = '\0';
    b->len = (size_t)(to - b->data);
}

static enum prompt_result insert(struct prompt *p, const char *s, size_t len)
{
    struct buf clean = {0}, line = {0};
    size_t room = p->text.len < PROMPT_MAX_BYTES ? PROMPT_MAX_BYTES - p->text.len : 0;

    /* terminals send a line's end as a carriage return; the last one is not meant */
    while (len > 0 && (s[len - 1] == '\r' || s[len - 1] == '\n'))
        len--;
    buf_add(&line, s, len);
    for (size_t i = 0; i < line.len; i++)
        line.data[i] = line.data[i] == '\r' ? ' ' : line.data[i];
    text_clean(&clean, line.data ? line.data : "", line.len, room, false);
    buf_free(&line);
    if (clean.data)
        drop_replaced(&clean);

    bool has_text = clean.len > 0;

    if (has_text)
        replace(p, p->at, p->at, clean.data, clean.len);
    buf_free(&clean);
    return has_text ? PROMPT_CHANGED : PROMPT_MOVED;
}

/* Where the character before or behind at begins; marks go with their base. */
static size_t step(const struct prompt *p, size_t at, bool is_forward)
{
    const char *s = prompt_text(p);
    size_t before = 0, end = 0;

    while (s[end]) {
        uint32_t point = 0;
        size_t len = utf8_decode(s + end, p->text.len - end, &point);

        if (utf8_class_of(point) != UTF8_COMBINING) {
            if (end > at && is_forward)
                return end;
            if (end >= at && !is_forward)
                return before;
            before = end;
        }
        end += len > 0 ? len : 1;
    }
    return is_forward ? end : at >= end ? before : 0;
}

static size_t word_start(const struct prompt *p)
{
    const char *s = prompt_text(p);
    size_t at = p->at;

    while (at > 0 && s[at - 1] == ' ')
        at--;
    while (at > 0 && s[at - 1] != ' ')
        at--;
    return at;
}

static enum prompt_result cut(struct prompt *p, size_t from, size_t to)
{
    if (from >= to)
        return PROMPT_MOVED;
    replace(p, from, to, "", 0);
    return PROMPT_CHANGED;
}

static enum prompt_result recall(struct prompt *p, bool is_older)
{
    size_t n = p->history.n, to = p->history_at;

    if (is_older ? to == 0 : to >= n)
        return PROMPT_MOVED;
    if (to >= n) {
        mem_free(p->unsent);
        p->unsent = mem_strdup(prompt_text(p));
    }
    to = is_older ? to - 1 : to + 1;
    prompt_set(p, to < n ? p->history.items[to] : p->unsent ? p->unsent : "");
    p->history_at = to;
    return PROMPT_CHANGED;
}

static void remember(struct prompt *p)
{
    const char *s = prompt_text(p);

    if (s[0] && (p->history.n == 0 || strcmp(p->history.items[p->history.n - 1], s) != 0)) {
        if (p->history.n == PROMPT_HISTORY_MAX) {
            mem_free(p->history.items[0]);
            memmove(p->history.items, p->history.items + 1,
                    (p->history.n - 1) * sizeof *p->history.items);
            p->history.n--;
        }
        VEC_PUSH(p->history, mem_strdup(s));
    }
    p->history_at = p->history.n;
}

static enum prompt_result move_to(struct prompt *p, size_t at)
{
    p->at = at;
    return PROMPT_MOVED;
}

static enum prompt_result accept(struct prompt *p)
{
    remember(p);
    return PROMPT_ACCEPTED;
}

static enum prompt_result cancel(struct prompt *p)
{
    (void)p;
    return PROMPT_CANCELLED;
}

static enum prompt_result complete(struct prompt *p)
{
    (void)p;
    return PROMPT_COMPLETE;
}

static enum prompt_result go_left(struct prompt *p)
{
    return move_to(p, step(p, p->at, false));
}

static enum prompt_result go_right(struct prompt *p)
{
    return move_to(p, step(p, p->at, true));
}

static enum prompt_result go_home(struct prompt *p)
{
    return move_to(p, 0);
}

static enum prompt_result go_end(struct prompt *p)
{
    return move_to(p, p->text.len);
}

static enum prompt_result erase_before(struct prompt *p)
{
    return cut(p, step(p, p->at, false), p->at);
}

static enum prompt_result erase_behind(struct prompt *p)
{
    return cut(p, p->at, step(p, p->at, true));
}

static enum prompt_result erase_to_start(struct prompt *p)
{
    return cut(p, 0, p->at);
}

static enum prompt_result erase_to_end(struct prompt *p)
{
    return cut(p, p->at, p->text.len);
}

static enum prompt_result erase_word(struct prompt *p)
{
    return cut(p, word_start(p), p->at);
}

static enum prompt_result older(struct prompt *p)
{
    return recall(p, true);
}

static enum prompt_result newer(struct prompt *p)
{
    return recall(p, false);
}

static const struct {
    int keys[2];
    enum prompt_result (*edit)(struct prompt *p);
} edits[] = {
    {{TKEY_ENTER}, accept},
    {{TKEY_ESC, 'c' | KEY_CTRL}, cancel},
    {{TKEY_TAB}, complete},
    {{TKEY_LEFT, 'b' | KEY_CTRL}, go_left},
    {{TKEY_RIGHT, 'f' | KEY_CTRL}, go_right},
    {{TKEY_HOME, 'a' | KEY_CTRL}, go_home},
    {{TKEY_END, 'e' | KEY_CTRL}, go_end},
    {{TKEY_BACKSPACE}, erase_before},
    {{TKEY_DELETE, 'd' | KEY_CTRL}, erase_behind},
    {{'u' | KEY_CTRL}, erase_to_start},
    {{'k' | KEY_CTRL}, erase_to_end},
    {{'w' | KEY_CTRL}, erase_word},
    {{TKEY_UP, 'p' | KEY_CTRL}, older},
    {{TKEY_DOWN, 'n' | KEY_CTRL}, newer},
};

enum prompt_result prompt_event(struct prompt *p, const struct event *ev)
{
    char utf8[5];

    if (ev->kind == EV_PASTE)
        return insert(p, ev->text, ev->len);
    if (ev->kind != EV_KEY)
        return PROMPT_IGNORED;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        if (ev->key == edits[i].keys[0] || ev->key == edits[i].keys[1])
            return edits[i].edit(p);
    }
    return event_key_utf8(ev->key, utf8) ? insert(p, utf8, strlen(utf8)) : PROMPT_IGNORED;
}

void prompt_draw(struct grid *g, struct rect r, const char *label, const struct prompt *p)
{
    int x = r.x + grid_put(g, r.x, r.y, r.w, ROLE_KEY, label);
    int w = r.x + r.w - x, from = 0, before_w;
    const char *s = prompt_text(p);
    struct buf before = {0};

    buf_add(&before, s, p->at);
    before_w = text_width(before.data);
    buf_free(&before);
    if (before_w >= w)
        from = before_w - w + 1;

    struct rect old = grid_clip(g, (struct rect){x, r.y, w, 1});

    grid_put(g, x - from, r.y, w + from, ROLE_INPUT, s);
    grid_unclip(g, old);
    g->cursor_x = x + before_w - from;
    g->cursor_y = r.y;
}
