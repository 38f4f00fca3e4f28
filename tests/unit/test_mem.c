#include "backend/base/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_alloc_is_zeroed(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size += 37) {
        unsigned char *p = mem_alloc(size), *q = mem_alloc_array(size, 3);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i] | q[3 * i], 0);
        mem_free(p);
        mem_free(q);
    }
    mem_free(NULL);
    mem_free_secret(NULL);
}

static void test_strings(void **state)
{
    (void)state;
    char *a = mem_strdup("key"), *b = mem_strndup("a\0b", 3), *c = mem_printf("%s-%d", "key", 42);
    char *d = mem_strndup(NULL, 0);
    assert_string_equal(a, "key");
    assert_memory_equal(b, "a\0b\0", 4);
    assert_string_equal(c, "key-42");
    assert_string_equal(d, "");
    mem_free(a);
    mem_free(b);
    mem_free_secret(c);
    mem_free(d);
}

static void test_wipe(void **state)
{
    (void)state;
    char secret[] = "hunter2";
    mem_wipe(secret, sizeof secret - 2);
    assert_memory_equal(secret,
                        "\0\0\0\0\0\0"
                        "2",
                        8);
    mem_wipe(NULL, 0);
}

/* The child's exit status and what it said on standard error. */
static int run_child(void (*body)(void), char *said, size_t size)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t n;
    while (len < size - 1 && (n = read(ends[0], said + len, size - 1 - len)) > 0)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void say_hook(void)
{
    ssize_t n = write(STDERR_FILENO, "hook\n", 5);
    (void)n;
}

static void hook_that_allocates(void)
{
    say_hook();
    (void)mem_resize(NULL, SIZE_MAX, 16);
}

static void overflow_with_hook(void)
{
    mem_set_oom_hook(say_hook);
    (void)mem_resize(NULL, SIZE_MAX / 2, 3);
}

static void overflow_twice(void)
{
    mem_set_oom_hook(hook_that_allocates);
    (void)mem_resize(NULL, SIZE_MAX / 2, 3);
}

static void overflow_in_string(void)
{
    (void)mem_strndup("x", SIZE_MAX);
}

static void overflow_in_buf(void)
{
    struct buf b = {0};
    buf_adds(&b, "x");
    buf_add(&b, "x", SIZE_MAX);
}

static void overflow_in_arena(void)
{
    (void)arena_alloc(arena_new(), SIZE_MAX - 3);
}

static void overflow_in_array(void)
{
    VEC(uint64_t) v = {0};
    (void)VEC_RESERVE(v, SIZE_MAX / 4);
}

static void test_out_of_memory_ends(void **state)
{
    (void)state;
    static const struct {
        void (*body)(void);
        const char *said;
    } cases[] = {
        {overflow_with_hook, "hook\nkeyfall: out of memory\n"},
        {overflow_twice, "hook\nkeyfall: out of memory\n"},
        {overflow_in_string, "keyfall: out of memory\n"},
        {overflow_in_buf, "keyfall: out of memory\n"},
        {overflow_in_arena, "keyfall: out of memory\n"},
        {overflow_in_array, "keyfall: out of memory\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char said[200];
        assert_int_equal(run_child(cases[i].body, said, sizeof said), 70);
        assert_string_equal(said, cases[i].said);
    }
}

static void test_buf(void **state)
{
    (void)state;
    struct buf b = {0};
    char expected[20001];
    for (size_t i = 0; i < 20000; i++) {
        expected[i] = (char)('a' + i % 26);
        buf_addc(&b, expected[i]);
        assert_int_equal(b.data[b.len], 0);
    }
    assert_int_equal(b.len, 20000);
    assert_memory_equal(b.data, expected, 20000);
    assert_true(b.cap < 4 * b.len);

    char *before = b.data;
    buf_clear(&b);
    assert_ptr_equal(b.data, before);
    assert_string_equal(b.data, "");
    buf_adds(&b, "x=");
    buf_printf(&b, "%03d;%s", 7, "");
    buf_add(&b, "a\0b", 3);
    buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 9);
    assert_memory_equal(b.data, "x=007;a\0b\0", 10);

    char *taken = buf_take(&b);
    assert_ptr_equal(taken, before);
    assert_null(b.data);
    mem_free(taken);
    taken = buf_take(&b);
    assert_string_equal(taken, "");
    mem_free(taken);
    buf_free(&b);
}

static void test_buf_printf_of_any_length(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int width = 1; width < 400; width += 3) {
        buf_clear(&b);
        buf_adds(&b, "<");
        buf_printf(&b, "%*d>", width, 5);
        assert_int_equal(b.len, (size_t)width + 2);
        assert_string_equal(b.data + b.len - 2, "5>");
    }
    buf_free(&b);
}

static void test_vec(void **state)
{
    (void)state;
    VEC(uint64_t) v = {0};
    size_t n_moves = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t *before = v.items;
        VEC_PUSH(v, i * i);
        n_moves += v.items != before;
    }
    assert_int_equal(v.n, 100000);
    assert_true(n_moves < 60);
    for (uint64_t i = 0; i < v.n; i++)
        assert_true(v.items[i] == i * i);
    (void)VEC_RESERVE(v, 500000);
    assert_true(v.cap >= 500000 && v.n == 100000);
    VEC_FREE(v);
    assert_null(v.items);
    assert_int_equal(v.n + v.cap, 0);
    VEC_FREE(v);
}

/* Pieces of all sizes must be aligned, zero, and apart from each other. */
static void test_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    for (int round = 0; round < 3; round++) {
        unsigned char *pieces[600];
        size_t sizes[600];
        for (size_t i = 0; i < 600; i++) {
            sizes[i] = i % 50 == 49 ? 100000 + i : i * 7 % 300;
            pieces[i] = arena_alloc(a, sizes[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pieces[i][k], 0);
            memset(pieces[i], (int)(i % 251) + 1, sizes[i]);
        }
        for (size_t i = 0; i < 600; i++)
            for (size_t k = 0; k<sizes[i]; k += sizes[i]> 1000 ? 997 : 1)
                assert_int_equal(pieces[i][k], i % 251 + 1);
        arena_reset(a);
    }
    assert_string_equal(arena_strdup(a, "alias/aws/ssm"), "alias/aws/ssm");
    assert_string_equal(arena_strndup(a, "alias/aws/ssm", 5), "alias");
    assert_string_equal(arena_strndup(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%s:%05d", "n", 42), "n:00042");
    arena_free(a);
    arena_free(NULL);
    a = arena_new();
    arena_reset(a);
    arena_free(a);
}

static void test_wiping(void **state)
{
    (void)state;
    char *p = mem_wiping_malloc(3);
    assert_int_equal((uintptr_t)p % 16, 0);
    memcpy(p, "ab", 3);
    p = mem_wiping_realloc(p, 5000);
    assert_string_equal(p, "ab");
    p = mem_wiping_realloc(p, 2);
    assert_memory_equal(p, "ab", 2);
    mem_wiping_free(p);
    p = mem_wiping_realloc(NULL, 0);
    assert_non_null(p);
    mem_wiping_free(p);
    mem_wiping_free(NULL);
    unsigned char *zeroes = mem_wiping_calloc(40, 10);
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(zeroes[i], 0);
    mem_wiping_free(zeroes);
    assert_null(mem_wiping_calloc(SIZE_MAX / 2, 3));
    assert_null(mem_wiping_malloc(SIZE_MAX - 3));
    p = mem_wiping_strdup("text");
    assert_string_equal(p, "text");
    mem_wiping_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_is_zeroed),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_wiping),
        cmocka_unit_test(test_out_of_memory_ends),
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_printf_of_any_length),
        cmocka_unit_test(test_vec),
        cmocka_unit_test(test_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
