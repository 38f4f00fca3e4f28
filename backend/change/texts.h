/* texts: what must be on the screen, word for word, wherever a plan touches on it. Constant data, any thread. */
#ifndef KEYFALL_CHANGE_TEXTS_H
#define KEYFALL_CHANGE_TEXTS_H

enum text_id {
#define TEXT(id, text) TEXT_##id,
#include "backend/change/texts.def"
#undef TEXT
    TEXT_COUNT
};
const char *text_get(enum text_id id);

#endif
