/* pack_words: what pack.c and unpack.c share: where each fact stands, as a letter that no version changes. */
#ifndef KEYFALL_ESTATE_PACK_WORDS_H
#define KEYFALL_ESTATE_PACK_WORDS_H

#include "backend/estate/internal.h"

static const char truth_letters[TRUTH_COUNT + 1] = {
    [TRUTH_NOT_ASKED] = 'n', [TRUTH_LOADING] = 'l', [TRUTH_KNOWN] = 'k',
    [TRUTH_ABSENT] = 'a',    [TRUTH_DENIED] = 'd',  [TRUTH_FAILED] = 'f',
    [TRUTH_STALE] = 's',     [TRUTH_UNSUPPORTED] = 'u',
};

static const char type_letters[TYPE_TIME + 2] = {
    [TYPE_TEXT] = 't', [TYPE_BOOL] = 'b', [TYPE_REF] = 'r', [TYPE_LIST] = 'l', [TYPE_REFS] = 'R',
    [TYPE_MAP] = 'm',  [TYPE_DOC] = 'd',  [TYPE_INT] = 'i', [TYPE_TIME] = 'T',
};

/* Of a row: it is where this record stands, and not another list that holds it too. */
#define ROW_AT_HOME 1

#endif
