/* tri: an answer that may be unknown. Ordered, so that "and" is the smaller and "or" the larger of two. */
#ifndef KEYFALL_BASE_TRI_H
#define KEYFALL_BASE_TRI_H

#include <stdbool.h>

enum tri { TRI_NO = 0, TRI_UNKNOWN = 1, TRI_YES = 2 };

static inline enum tri tri_of(bool b)
{
    return b ? TRI_YES : TRI_NO;
}

static inline enum tri tri_not(enum tri a)
{
    return (enum tri)(TRI_YES - a);
}

static inline enum tri tri_and(enum tri a, enum tri b)
{
    return a < b ? a : b;
}

static inline enum tri tri_or(enum tri a, enum tri b)
{
    return a > b ? a : b;
}

#endif
