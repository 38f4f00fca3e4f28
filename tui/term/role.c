#include "tui/term/role.h"

#include <string.h>

static const struct {
    const char *word;
    enum role like;
} rows[ROLE_COUNT] = {
#define X(role, word, like, what) [role] = {word, like},
    ROLES(X)
#undef X
};

const char *role_word(enum role role)
{
    return rows[role].word;
}

enum role role_fallback(enum role role)
{
    return rows[role].like;
}

enum role role_find(const char *word, unsigned long len)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (strlen(rows[i].word) == len && memcmp(rows[i].word, word, len) == 0)
            return (enum role)i;
    }
    return ROLE_COUNT;
}
