#include "backend/change/texts.h"

static const char *const texts[] = {
#define TEXT(id, text) [TEXT_##id] = text,
#include "backend/change/texts.def"
#undef TEXT
};

const char *text_get(enum text_id id)
{
    return texts[id];
}
