#include "tui/term/event.h"

#include "backend/base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *shown;
} rows[TKEY_END_OF_LIST - TKEY_FIRST] = {
#define X(key, name, shown) [key - TKEY_FIRST] = {name, shown},
    TKEYS(X)
#undef X
};

size_t event_key_utf8(int key, char out[5])
{
    size_t len = 0;

    if (key >= 0x20 && key != 0x7f && key < TKEY_FIRST)
        len = utf8_encode((uint32_t)key, out);
    out[len] = '\0';
    return len;
}

void event_key_name(int key, char out[KEY_NAME_SIZE])
{
    int base = key & ~KEY_MODS;
    char utf8[5] = "";
    const char *word = utf8;

    if (base >= TKEY_FIRST && base < TKEY_END_OF_LIST)
        word = rows[base - TKEY_FIRST].shown;
    else if (base == ' ')
        word = "space";
    else if (!event_key_utf8(base, utf8))
        word = "?";
    snprintf(out, KEY_NAME_SIZE, "%s%s%s%s", key & KEY_ALT ? "M-" : "", key & KEY_SHIFT ? "S-" : "",
             key & KEY_CTRL ? "^" : "", word);
}

/* One printable character that fills name exactly, or 0. */
static int parse_char(const char *name, size_t len)
{
    uint32_t point = 0;

    if (utf8_decode(name, len, &point) != len || len == 0 || point < 0x20 ||
        (point >= 0x7f && point < 0xa0))
        return 0;
    return (int)point;
}

int event_key_parse(const char *name, size_t len)
{
    int mods = 0;

    while (len > 1) {
        if (len > 2 && name[1] == '-' && (name[0] == 'S' || name[0] == 'M')) {
            mods |= name[0] == 'S' ? KEY_SHIFT : KEY_ALT;
            name += 2;
            len -= 2;
        } else if (name[0] == '^') {
            mods |= KEY_CTRL;
            name++;
            len--;
        } else {
            break;
        }
    }
    for (int i = TKEY_FIRST; i < TKEY_END_OF_LIST; i++) {
        const char *word = rows[i - TKEY_FIRST].name;

        if (strlen(word) == len && strncasecmp(word, name, len) == 0)
            return i | mods;
    }
    if (len == 5 && memcmp(name, "space", 5) == 0)
        return ' ' | mods;

    int c = parse_char(name, len);
    return c ? c | mods : 0;
}
