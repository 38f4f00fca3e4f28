#include "backend/base/log.h"

#include "backend/base/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[40], file[60];
};

static int make_folder(void **state)
{
    struct folder *f = mem_alloc(sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/keyfall-log-XXXXXX");
    if (mkdtemp(f->path) == NULL)
        return -1;
    snprintf(f->file, sizeof f->file, "%s/log", f->path);
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *f = *state;
    log_close();
    unlink(f->file);
    rmdir(f->path);
    mem_free(f);
    return 0;
}

static char *read_whole(const char *path)
{
    struct buf b = {0};
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&b, piece, n);
    fclose(file);
    return buf_take(&b);
}

static void test_lines(void **state)
{
    struct folder *f = *state;
    struct err err;
    log_line("wire", "nobody hears this");
    assert_int_equal(log_open(AT_FDCWD, f->file, &err), ERR_OK);
    log_line("wire", "GET %d\n\x1b[2J", 200);
    log_line("estate", "done");
    log_close();
    log_line("wire", "nobody hears this either");

    struct stat st;
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *text = read_whole(f->file);
    char *second = strchr(text, '\n');
    assert_non_null(second);
    *second++ = '\0';
    assert_int_equal(text[19], 'Z');
    assert_string_equal(text + 20, " wire: GET 200 \xef\xbf\xbd[2J");
    assert_string_equal(second + 20, " estate: done\n");
    mem_free(text);
}

static void test_appends_and_makes_private(void **state)
{
    struct folder *f = *state;
    struct err err;
    FILE *file = fopen(f->file, "w");
    assert_non_null(file);
    fputs("before\n", file);
    fclose(file);
    assert_int_equal(chmod(f->file, 0644), 0);
    assert_int_equal(log_open(AT_FDCWD, f->file, &err), ERR_OK);
    log_line("m", "after");
    log_close();
    struct stat st;
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *text = read_whole(f->file);
    assert_memory_equal(text, "before\n", 7);
    assert_non_null(strstr(text, " m: after\n"));
    mem_free(text);
}

static void test_refuses_what_is_no_file_of_its_own(void **state)
{
    struct folder *f = *state;
    struct err err;
    char link_path[80];
    snprintf(link_path, sizeof link_path, "%s/link", f->path);
    assert_int_equal(symlink("/dev/null", link_path), 0);
    assert_int_equal(log_open(AT_FDCWD, link_path, &err), ERR_IO);
    unlink(link_path);
    assert_int_equal(mkfifo(link_path, 0600), 0);
    assert_int_equal(log_open(AT_FDCWD, link_path, &err), ERR_IO);
    unlink(link_path);
    assert_int_equal(log_open(AT_FDCWD, f->path, &err), ERR_IO);
    assert_int_equal(log_open(AT_FDCWD, "/dev/null", &err), ERR_IO);
    assert_non_null(strstr(err.text, "not a regular file"));
}

static void test_long_lines_are_cut(void **state)
{
    struct folder *f = *state;
    struct err err;
    char *line = mem_alloc(10000);
    memset(line, 'x', 9999);
    assert_int_equal(log_open(AT_FDCWD, f->file, &err), ERR_OK);
    log_line("m", "%s", line);
    log_line("m", "next");
    log_close();
    char *text = read_whole(f->file);
    assert_true(strlen(text) < 4300);
    assert_non_null(strstr(text, "x\n"));
    assert_non_null(strstr(text, " m: next\n"));
    mem_free(text);
    mem_free(line);
}

static void *say_much(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++)
        log_line("thread", "%s", "0123456789");
    return NULL;
}

static void test_threads_do_not_mix(void **state)
{
    struct folder *f = *state;
    struct err err;
    pthread_t threads[4];
    assert_int_equal(log_open(AT_FDCWD, f->file, &err), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, say_much, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    log_close();
    char *text = read_whole(f->file);
    size_t n_lines = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, n_lines++)
        assert_memory_equal(line + 20, " thread: 0123456789\n", 20);
    assert_int_equal(n_lines, 2000);
    mem_free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_appends_and_makes_private),
        TEST(test_refuses_what_is_no_file_of_its_own),
        TEST(test_long_lines_are_cut),
        TEST(test_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
