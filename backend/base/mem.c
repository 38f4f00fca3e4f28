#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXIT_OUT_OF_MEMORY 70 /* EX_SOFTWARE of sysexits.h */
#define BUF_FIRST_BYTES 64
#define SHORT_TEXT_BYTES 256
#define VEC_FIRST_ITEMS 8
#define ARENA_FIRST_BYTES ((size_t)4 << 10)
#define ARENA_BLOCK_BYTES ((size_t)64 << 10)
#define ARENA_ALIGN ((size_t)16)
#define LARGE_BYTES ((size_t)4 << 20)

static void (*oom_hook)(void);

void mem_set_oom_hook(void (*hook)(void))
{
    oom_hook = hook;
}

__attribute__((noreturn)) static void out_of_memory(void)
{
    static const char message[] = "keyfall: out of memory\n";
    void (*hook)(void) = oom_hook;

    oom_hook = NULL; /* a hook that allocates must not come back here for ever */
    if (hook != NULL)
        hook();
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written; /* nobody is left to tell */
    _exit(EXIT_OUT_OF_MEMORY);
}

/* What is so large has pages of its own, of which the kernel may take large ones: the first touch of each page costs
 * more than what is done there. A hint: it is no matter if it is not taken. */
static void *hint_large_pages(void *p, size_t bytes)
{
    if (bytes < LARGE_BYTES)
        return p;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)p & ~(page - 1);
    (void)madvise((void *)begin, (uintptr_t)p + bytes - begin, MADV_HUGEPAGE);
    return p;
}

void *mem_alloc_array(size_t n, size_t size)
{
    void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);
    if (p == NULL)
        out_of_memory();
    return hint_large_pages(p, n * size);
}

void *mem_alloc(size_t size)
{
    return mem_alloc_array(1, size);
}

void *mem_resize(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        out_of_memory();
    void *q = realloc(p, bytes == 0 ? 1 : bytes);
    if (q == NULL)
        out_of_memory();
    return hint_large_pages(q, bytes);
}

char *mem_strndup(const char *s, size_t len)
{
    if (len == SIZE_MAX)
        out_of_memory();
    char *copy = mem_alloc(len + 1);
    if (len > 0)
        memcpy(copy, s, len);
    return copy;
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

void mem_free(void *p)
{
    free(p);
}

void mem_wipe(void *p, size_t len)
{
    if (len > 0)
        explicit_bzero(p, len);
}

void mem_free_secret(char *s)
{
    if (s == NULL)
        return;
    mem_wipe(s, strlen(s));
    free(s);
}

/* The bytes that fmt makes, without the NUL. */
__attribute__((format(printf, 1, 0))) static size_t printed_len(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    return n < 0 ? 0 : (size_t)n;
}

/* Into room for len + 1 bytes; what cannot be formatted stays an empty string. */
__attribute__((format(printf, 3, 0))) static void print_into(char *out, size_t len, const char *fmt,
                                                             va_list args)
{
    if (vsnprintf(out, len + 1, fmt, args) < 0)
        out[0] = '\0';
}

char *mem_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size_t len = printed_len(fmt, args);
    char *text = mem_alloc(len + 1);
    print_into(text, len, fmt, args);
    va_end(args);
    return text;
}

/* ---- for libraries --------------------------------------------------------------------------- */

/* Stands before each block; as long as the strictest alignment. */
union wiped {
    size_t size;
    max_align_t align;
};

static void *wiping_alloc(size_t size, bool is_zeroed)
{
    size_t all;
    if (__builtin_add_overflow(size, sizeof(union wiped), &all))
        return NULL;
    union wiped *block = is_zeroed ? calloc(1, all) : malloc(all);
    if (block == NULL)
        return NULL; /* a library has its own way to fail */
    block->size = size;
    return block + 1;
}

void *mem_wiping_malloc(size_t size)
{
    return wiping_alloc(size, false);
}

void *mem_wiping_calloc(size_t n, size_t size)
{
    size_t all;
    return __builtin_mul_overflow(n, size, &all) ? NULL : wiping_alloc(all, true);
}

void mem_wiping_free(void *p)
{
    union wiped *block = p;
    if (block == NULL)
        return;
    block--;
    mem_wipe(block, sizeof *block + block->size);
    free(block);
}

void *mem_wiping_realloc(void *p, size_t size)
{
    const union wiped *old = p;
    void *fresh = wiping_alloc(size, false);
    if (fresh == NULL || p == NULL)
        return fresh;
    size_t kept = old[-1].size < size ? old[-1].size : size;
    memcpy(fresh, p, kept);
    mem_wiping_free(p);
    return fresh;
}

char *mem_wiping_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = wiping_alloc(size, false);
    return copy ? memcpy(copy, s, size) : NULL;
}

void *mem_grow(void *p, size_t *cap, size_t want, size_t size)
{
    if (want <= *cap && p != NULL)
        return p;
    size_t grown = *cap < VEC_FIRST_ITEMS ? VEC_FIRST_ITEMS : *cap + *cap / 2;
    if (grown < want)
        grown = want;
    p = mem_resize(p, grown, size);
    *cap = grown;
    return p;
}

void buf_reserve(struct buf *b, size_t more)
{
    size_t want;
    if (__builtin_add_overflow(b->len, more, &want) || want > SIZE_MAX / 4)
        out_of_memory();
    want++; /* the NUL */
    if (want <= b->cap)
        return;
    size_t grown = b->cap < BUF_FIRST_BYTES ? BUF_FIRST_BYTES : 2 * b->cap;
    if (grown < want)
        grown = want;
    b->data = mem_resize(b->data, grown, 1);
    b->cap = grown;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size_t len = printed_len(fmt, args);
    buf_reserve(b, len);
    print_into(b->data + b->len, len, fmt, args);
    va_end(args);
    b->len += strlen(b->data + b->len);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_free_secret(struct buf *b)
{
    if (b->data != NULL)
        mem_wipe(b->data, b->cap);
    buf_free(b);
}

char *buf_take(struct buf *b)
{
    char *data = b->data != NULL ? b->data : mem_alloc(1);
    *b = (struct buf){0};
    return data;
}

struct block {
    struct block *next;
    size_t size; /* of what follows the header */
    size_t used;
    size_t padding; /* keeps the bytes aligned to ARENA_ALIGN */
};

struct arena {
    struct block *blocks; /* the first is the one being filled */
    size_t next_size;
};

struct arena *arena_new(void)
{
    struct arena *a = mem_alloc(sizeof *a);
    a->next_size = ARENA_FIRST_BYTES;
    return a;
}

static struct block *add_block(struct arena *a, size_t size)
{
    struct block *block = mem_resize(NULL, 1, sizeof *block + size);
    *block = (struct block){.next = a->blocks, .size = size};
    a->blocks = block;
    return block;
}

static struct block *block_with_room(struct arena *a, size_t size)
{
    if (a->blocks != NULL && a->blocks->size - a->blocks->used >= size)
        return a->blocks;
    if (size > ARENA_BLOCK_BYTES / 4) {
        /* A large piece gets a block of its own behind the one that still has room. */
        struct block *filling = a->blocks;
        struct block *large = add_block(a, size);
        if (filling != NULL) {
            large->next = filling->next;
            filling->next = large;
            a->blocks = filling;
        }
        return large;
    }
    size_t block_size = a->next_size > size ? a->next_size : size;
    if (a->next_size < ARENA_BLOCK_BYTES)
        a->next_size *= 2;
    return add_block(a, block_size);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 4)
        out_of_memory();
    size = (size == 0 ? 1 : size) + ARENA_ALIGN - 1;
    size -= size % ARENA_ALIGN;
    struct block *block = block_with_room(a, size);
    char *p = (char *)(block + 1) + block->used;
    block->used += size;
    return memset(p, 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    if (len == SIZE_MAX)
        out_of_memory();
    char *copy = arena_alloc(a, len + 1);
    if (len > 0)
        memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char first[SHORT_TEXT_BYTES]; /* most fit, and need not be made twice */
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(first, sizeof first, fmt, args);
    size_t len = n < 0 ? 0 : (size_t)n;
    char *text = arena_alloc(a, len + 1);
    if (len < sizeof first)
        memcpy(text, first, len);
    else
        print_into(text, len, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

static void free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *a)
{
    struct block *kept = a->blocks;
    if (kept == NULL)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    free_blocks(a->blocks);
    free(a);
}
