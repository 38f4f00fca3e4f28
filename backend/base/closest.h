/* closest: which of many names was meant by a word that is none of them. Any thread; nothing here locks. */
#ifndef KEYFALL_BASE_CLOSEST_H
#define KEYFALL_BASE_CLOSEST_H

#include <stddef.h>

/* How far two words are apart, case aside: insertions, deletions, replacements; at most limit + 1. */
size_t words_apart(const char *a, const char *b, size_t limit);
/* The best few names so far, best first. Zero-initialise. */
#define CLOSEST 5
struct closest {
    const char *wanted;
    struct {
        size_t apart;
        char *name;
    } items[CLOSEST];
    size_t n;
};
void closest_offer(struct closest *c, const char *name); /* copied if it is close enough */
void closest_free(struct closest *c);

#endif
