/* mem: allocation that cannot fail, a byte buffer, growing arrays.
 *
 * Out of memory ends the program after calling the hook (the terminal puts itself right there).
 * naked malloc stands only in mem.c. Any thread; nothing here locks. Sizes are bytes. */
#ifndef KEYFALL_BASE_MEM_H
#define KEYFALL_BASE_MEM_H

#include "backend/base/err.h"

#include <stddef.h>
#include <stdint.h>

void mem_set_oom_hook(void (*hook)(void));

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_alloc_array(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *mem_resize(void *p, size_t n, size_t size)
    __attribute__((returns_nonnull)); /* overflow checked */
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *mem_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
void mem_free(void *p);             /* NULL is fine */
void mem_free_secret(char *s);      /* overwrites the string first; NULL is fine */
void mem_wipe(void *p, size_t len); /* not optimised away */

/* For libraries through which secrets pass, with the meaning that malloc and its kin have: what is
 * given back is overwritten. Only these may free and resize what these gave. */
void *mem_wiping_malloc(size_t size);
void *mem_wiping_calloc(size_t n, size_t size);
void *mem_wiping_realloc(void *p, size_t size);
char *mem_wiping_strdup(const char *s);
void mem_wiping_free(void *p);

/* A growing byte buffer. Zero-initialise; data is NUL-terminated whenever it is not NULL. */
struct buf {
    char *data;
    size_t len, cap;
};
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);
/* For secrets: room for `more` bytes at once, since growing leaves what was written behind; and
 * overwriting before freeing. */
void buf_reserve(struct buf *b, size_t more);
void buf_free_secret(struct buf *b);
char *buf_take(struct buf *b); /* the caller's, NUL-terminated, never NULL */

/* A growing array: VEC(struct thing) v = {0}; VEC_PUSH(v, x); v.items[i]; v.n; VEC_FREE(v); */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n, cap;                                                                             \
    }
#define VEC_RESERVE(v, want) ((v).items = mem_grow((v).items, &(v).cap, (want), sizeof *(v).items))
#define VEC_PUSH(v, item) (VEC_RESERVE(v, (v).n + 1), (v).items[(v).n++] = (item))
#define VEC_FREE(v) (mem_free((v).items), (v).items = NULL, (v).n = (v).cap = 0)
void *mem_grow(void *p, size_t *cap, size_t want, size_t size);

/* Allocate many, free once. */
struct arena;
struct arena *arena_new(void);
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((returns_nonnull)); /* zeroed, aligned to 16 */
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t len) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));
void arena_reset(struct arena *a); /* keeps one block */
void arena_free(struct arena *a);  /* NULL is fine */

#endif
