#include "tui/term/input.h"

#include <string.h>

#define ESC 0x1b
#define PARAMS_MAX 8
#define STRING_MAX_BYTES 4096 /* an unended answer of the terminal is given up after this */

enum verdict { TAKEN, MADE, WAIT }; /* swallowed, an event, more bytes needed */

struct csi {
    char lead; /* '<', '?', '>', '=' or 0 */
    int params[PARAMS_MAX];
    int n;
    char final;
};

static const struct {
    char final;
    int key;
} finals[] = {
    {'A', TKEY_UP},   {'B', TKEY_DOWN}, {'C', TKEY_RIGHT}, {'D', TKEY_LEFT},  {'H', TKEY_HOME},
    {'F', TKEY_END},  {'P', TKEY_F1},   {'Q', TKEY_F2},    {'R', TKEY_F3},    {'S', TKEY_F4},
    {'M', TKEY_ENTER}, {'Z', TKEY_TAB | KEY_SHIFT},
    {'a', TKEY_UP | KEY_SHIFT}, {'b', TKEY_DOWN | KEY_SHIFT},
    {'c', TKEY_RIGHT | KEY_SHIFT}, {'d', TKEY_LEFT | KEY_SHIFT},
};

static const struct {
    int number;
    int key;
} tildes[] = {
    {1, TKEY_HOME},   {2, TKEY_INSERT}, {3, TKEY_DELETE}, {4, TKEY_END},    {5, TKEY_PGUP},
    {6, TKEY_PGDN},   {7, TKEY_HOME},   {8, TKEY_END},    {11, TKEY_F1},    {12, TKEY_F2},
    {13, TKEY_F3},    {14, TKEY_F4},    {15, TKEY_F5},    {17, TKEY_F6},    {18, TKEY_F7},
    {19, TKEY_F8},    {20, TKEY_F9},    {21, TKEY_F10},   {23, TKEY_F11},   {24, TKEY_F12},
};

void input_init(struct input *in, int escape_ms, bool is_utf8, bool (*is_alt_key)(int key))
{
    *in = (struct input){
        .escape_ms = escape_ms, .is_utf8 = is_utf8, .is_alt_key = is_alt_key};
}

void input_free(struct input *in)
{
    buf_free(&in->pending);
    buf_free(&in->paste);
    *in = (struct input){0};
}

void input_add_sequence(struct input *in, const char *bytes, int key)
{
    size_t n = sizeof in->extra / sizeof in->extra[0];

    if (!bytes || bytes[0] != ESC || strlen(bytes) < 2 || in->n_extra >= n ||
        strlen(bytes) >= sizeof in->extra[0].bytes)
        return;
    memcpy(in->extra[in->n_extra].bytes, bytes, strlen(bytes) + 1);
    in->extra[in->n_extra++].key = key;
}

void input_feed(struct input *in, const char *bytes, size_t len, int64_t now_ms)
{
    buf_add(&in->pending, bytes, len);
    in->last_ms = now_ms;
}

static bool make_key(struct event *ev, int key)
{
    *ev = (struct event){.kind = EV_KEY, .key = key};
    return key != 0;
}

/* xterm's modifier number is 1 + shift + 2 alt + 4 ctrl. */
static int modifiers(int number)
{
    int bits = number > 1 ? number - 1 : 0;

    return (bits & 1 ? KEY_SHIFT : 0) | (bits & 2 ? KEY_ALT : 0) | (bits & 4 ? KEY_CTRL : 0);
}

static int control_key(unsigned char c)
{
    switch (c) {
    case 0x00:
        return ' ' | KEY_CTRL;
    case 0x08:
    case 0x7f:
        return TKEY_BACKSPACE;
    case 0x09:
        return TKEY_TAB;
    case 0x0a:
    case 0x0d:
        return TKEY_ENTER;
    case ESC:
        return TKEY_ESC;
    default:
        return (c < 0x1b ? c - 1 + 'a' : c - 1 + 'A') | KEY_CTRL;
    }
}

/* A key told as a number (CSI u, modifyOtherKeys): brought to the form that plain bytes have. */
static int numbered_key(int code, int mods)
{
    if (code == 9 || code == 13 || code == 27 || code == 127 || code == 8)
        return control_key((unsigned char)code) | mods;
    if (code < 0x20 || code >= TKEY_FIRST)
        return 0;
    if ((mods & KEY_CTRL) && code >= 'A' && code <= 'Z')
        code += 'a' - 'A';
    return code | (mods & ~KEY_SHIFT);
}

static int tilde_key(const struct csi *csi)
{
    if (csi->params[0] == 27 && csi->n == 3)
        return numbered_key(csi->params[2], modifiers(csi->params[1]));
    for (size_t i = 0; i < sizeof tildes / sizeof tildes[0]; i++) {
        if (tildes[i].number == csi->params[0])
            return tildes[i].key | modifiers(csi->n > 1 ? csi->params[1] : 1);
    }
    return 0;
}

static bool make_mouse(const struct csi *csi, struct event *ev)
{
    static const int wheel[] = {MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN};
    int b = csi->params[0];

    if (csi->n != 3 || csi->final != 'M' || (b & 32) || (b & 0x80))
        return false;
    if ((b & 64) && (b & 3) > 1)
        return false;
    if (!(b & 64) && (b & 3) == 3)
        return false;
    *ev = (struct event){.kind = EV_MOUSE, .x = csi->params[1] - 1, .y = csi->params[2] - 1};
    ev->button = (enum mouse_button)(b & 64 ? wheel[b & 1] : (b & 3));
    return true;
}

static bool make_csi(struct input *in, const struct csi *csi, struct event *ev)
{
    if (csi->lead == '<')
        return make_mouse(csi, ev);
    if (csi->lead)
        return false;
    if (csi->final == '~' && csi->params[0] == 200) {
        in->is_pasting = true;
        buf_clear(&in->paste);
        return false;
    }
    if (csi->final == '~')
        return make_key(ev, tilde_key(csi));
    if (csi->final == '^' || csi->final == '$' || csi->final == '@') {
        int key = tilde_key(csi);

        return make_key(ev, key ? key | (csi->final == '^' ? KEY_CTRL
                                         : csi->final == '$' ? KEY_SHIFT
                                                             : KEY_CTRL | KEY_SHIFT)
                                : 0);
    }
    if (csi->final == 'u')
        return make_key(ev, numbered_key(csi->params[0], modifiers(csi->n > 1 ? csi->params[1] : 1)));
    if (csi->n > 1 && csi->params[0] > 1) /* a report (where the cursor is): no key */
        return false;
    for (size_t i = 0; i < sizeof finals / sizeof finals[0]; i++) {
        if (finals[i].final == csi->final && csi->final != 'M')
            return make_key(ev, finals[i].key | modifiers(csi->n > 1 ? csi->params[1] : 1));
    }
    return false;
}

/* s is after ESC [. Sets *used to the bytes of the whole sequence after ESC [ when it is whole. */
static enum verdict read_csi(const char *s, size_t len, struct csi *csi, size_t *used)
{
    size_t i = 0;
    int value = 0;

    *csi = (struct csi){0};
    if (i < len && strchr("<?>=", s[i]) && s[i])
        csi->lead = s[i++];
    for (; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c >= '0' && c <= '9') {
            value = value < 0x10ffff ? value * 10 + (c - '0') : value;
        } else if (c == ';' || c == ':') {
            if (csi->n < PARAMS_MAX)
                csi->params[csi->n++] = value;
            value = 0;
        } else if ((c >= 0x40 && c <= 0x7e) || (c == '$' && !csi->lead)) { /* $: rxvt's Shift */
            if (csi->n < PARAMS_MAX)
                csi->params[csi->n++] = value;
            csi->final = (char)c;
            *used = i + 1;
            return MADE;
        } else if (c < 0x20 || c >= 0x7f) {
            *used = i; /* broken off: what broke it is read anew */
            return TAKEN;
        }
    }
    return WAIT;
}

/* ESC ] ... and its like: swallowed up to BEL or ESC \. */
static enum verdict skip_string(const char *s, size_t len, size_t *used)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\a') {
            *used = i + 1;
            return TAKEN;
        }
        if (s[i] == ESC && i + 1 < len) {
            *used = s[i + 1] == '\\' ? i + 2 : i;
            return TAKEN;
        }
    }
    *used = len;
    return len > STRING_MAX_BYTES ? TAKEN : WAIT;
}

static enum verdict match_extra(const struct input *in, const char *s, size_t len, size_t *used,
                                int *key)
{
    enum verdict verdict = TAKEN;

    for (size_t i = 0; i < in->n_extra; i++) {
        size_t n = strlen(in->extra[i].bytes);

        if (len >= n && memcmp(s, in->extra[i].bytes, n) == 0) {
            *used = n;
            *key = in->extra[i].key;
            return MADE;
        }
        if (len < n && memcmp(s, in->extra[i].bytes, len) == 0)
            verdict = WAIT;
    }
    return verdict;
}

/* s begins with ESC. */
static enum verdict read_escape(struct input *in, const char *s, size_t len, size_t *used,
                                struct event *ev)
{
    struct csi csi;
    int key = 0;
    enum verdict v = match_extra(in, s, len, used, &key);

    if (v == MADE)
        return make_key(ev, key) ? MADE : TAKEN;
    if (len < 2)
        return WAIT;
    if (s[1] == '[' && len > 2 && s[2] == '[') { /* the Linux console's F1 to F5 */
        if (len < 4)
            return WAIT;
        *used = 4;
        return s[3] >= 'A' && s[3] <= 'E' && make_key(ev, TKEY_F1 + (s[3] - 'A')) ? MADE : TAKEN;
    }
    if (s[1] == '[') {
        v = read_csi(s + 2, len - 2, &csi, used);
        *used += 2;
        if (v != MADE)
            return v;
        return make_csi(in, &csi, ev) ? MADE : TAKEN;
    }
    if (s[1] == 'O') {
        v = read_csi(s + 2, len - 2, &csi, used);
        *used += 2;
        if (v != MADE)
            return v;
        if (csi.final >= 'a' && csi.final <= 'd') /* rxvt: Ctrl with an arrow */
            return make_key(ev, (TKEY_UP + (csi.final - 'a')) | KEY_CTRL) ? MADE : TAKEN;
        if (csi.final == 'M')
            return make_key(ev, TKEY_ENTER) ? MADE : TAKEN;
        if (csi.n == 1 && csi.params[0] > 1) { /* old xterm: ESC O 5 A */
            csi.params[1] = csi.params[0];
            csi.params[0] = 1;
            csi.n = 2;
        }
        return make_csi(in, &csi, ev) ? MADE : TAKEN;
    }
    if (strchr("]P_^X", s[1]) && s[1]) {
        v = skip_string(s + 2, len - 2, used);
        *used += 2;
        return v;
    }
    return TAKEN; /* Esc and a key, or Alt and a key: the caller decides */
}

static size_t utf8_len(unsigned char c)
{
    return c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/* A plain key at s: a control character or one character of UTF-8. */
static enum verdict read_plain(const struct input *in, const char *s, size_t len, size_t *used,
                               int *key)
{
    unsigned char c = (unsigned char)s[0];
    size_t want = utf8_len(c);

    *used = 1;
    if (c < 0x20 || c == 0x7f) {
        *key = control_key(c);
        return MADE;
    }
    if (c < 0x80) {
        *key = c;
        return MADE;
    }
    if (!in->is_utf8 || want == 0)
        return TAKEN;
    for (size_t i = 1; i < want; i++) {
        if (i >= len)
            return WAIT;
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return TAKEN;
    }
    *used = want;
    *key = event_key_parse(s, want);
    return *key >= 0xa0 ? MADE : TAKEN;
}

/* An Esc that begins nothing, or whose time is up. */
static enum verdict read_lone_escape(struct input *in, const char *s, size_t len, size_t *used,
                                     struct event *ev)
{
    int key = 0;
    size_t n = 0;

    *used = 1;
    if (len > 1 && s[1] != ESC && in->is_alt_key &&
        read_plain(in, s + 1, len - 1, &n, &key) == MADE && in->is_alt_key(key | KEY_ALT)) {
        *used = 1 + n;
        return make_key(ev, key | KEY_ALT) ? MADE : TAKEN;
    }
    return make_key(ev, TKEY_ESC) ? MADE : TAKEN;
}

static void add_paste(struct input *in, const char *s, size_t len)
{
    size_t room = INPUT_PASTE_MAX_BYTES - in->paste.len;

    buf_add(&in->paste, s, len < room ? len : room);
}

static enum verdict finish_paste(struct input *in, struct event *ev)
{
    in->is_pasting = false;
    *ev = (struct event){.kind = EV_PASTE,
                         .text = in->paste.data ? in->paste.data : "",
                         .len = in->paste.len};
    return MADE;
}

static enum verdict read_paste(struct input *in, const char *s, size_t len, size_t *used,
                               bool is_late, struct event *ev)
{
    static const char end[] = "\x1b[201~";
    const size_t n = sizeof end - 1;
    const char *found = memmem(s, len, end, n);

    if (found) {
        add_paste(in, s, (size_t)(found - s));
        *used = (size_t)(found - s) + n;
        return finish_paste(in, ev);
    }
    /* keep what may be the beginning of the end */
    size_t keep = len < n - 1 ? len : n - 1;

    while (keep > 0 && memcmp(s + len - keep, end, keep) != 0)
        keep--;
    if (is_late)
        keep = 0;
    add_paste(in, s, len - keep);
    *used = len - keep;
    return is_late ? finish_paste(in, ev) : WAIT;
}

static enum verdict read_one(struct input *in, int64_t now_ms, size_t *used, struct event *ev)
{
    const char *s = in->pending.data + in->at;
    size_t len = in->pending.len - in->at;
    int64_t quiet_ms = now_ms - in->last_ms;
    enum verdict v;
    int key = 0;

    *used = 0;
    if (in->is_pasting)
        return read_paste(in, s, len, used, quiet_ms >= INPUT_PASTE_WAIT_MS, ev);
    if (len == 0)
        return WAIT;
    if (s[0] == ESC) {
        v = read_escape(in, s, len, used, ev);
        if (v == MADE || (v == TAKEN && *used > 0))
            return v;
        if (v == WAIT && quiet_ms < in->escape_ms) {
            *used = 0;
            return WAIT;
        }
        if (v == WAIT && len > 2) { /* a sequence that broke off: no keys hide in it */
            *used = len;
            return TAKEN;
        }
        return read_lone_escape(in, s, len, used, ev);
    }
    v = read_plain(in, s, len, used, &key);
    if (v == WAIT && quiet_ms < in->escape_ms) {
        *used = 0;
        return WAIT;
    }
    if (v != MADE)
        return TAKEN;
    return make_key(ev, key) ? MADE : TAKEN;
}

bool input_next(struct input *in, int64_t now_ms, struct event *ev)
{
    enum verdict v;

    *ev = (struct event){0};
    do {
        size_t used = 0;

        if (!in->pending.data)
            return false;
        v = read_one(in, now_ms, &used, ev);
        in->at += used;
        if (in->at == in->pending.len) {
            buf_clear(&in->pending);
            in->at = 0;
        }
    } while (v == TAKEN);
    return v == MADE;
}

int input_wait_ms(const struct input *in, int64_t now_ms)
{
    int64_t limit = in->is_pasting ? INPUT_PASTE_WAIT_MS : in->escape_ms;
    int64_t left = in->last_ms + limit - now_ms;

    if (!in->is_pasting && in->pending.len == in->at)
        return -1;
    return left > 0 ? (int)left : 0;
}
