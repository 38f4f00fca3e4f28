/* Runs one fuzz target over files and folders without a fuzzer: `replay_json CORPUS...`.
 *
 * Each input is also run cut at every eighth of its length, and copied to memory of its exact size,
 * so that a sanitizer sees a read beyond it. */
#include "backend/base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_inputs;

static void run_input(const char *data, size_t size)
{
    uint8_t *exact = mem_resize(NULL, size, 1);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    mem_free(exact);
    n_inputs++;
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    struct buf b = {0};
    char piece[65536];
    size_t n;
    buf_add(&b, "", 0);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&b, piece, n);
    int status = ferror(file) != 0;
    fclose(file);

    printf("%s: %zu bytes\n", path, b.len);
    fflush(stdout); /* the name of the input that ends the program must be seen */
    for (size_t eighth = 0; eighth <= 8; eighth++)
        run_input(b.data, b.len * eighth / 8);
    buf_free(&b);
    return status;
}

static int run_folder(const char *path)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort), status = n < 0;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            char *file = mem_printf("%s/%s", path, entries[i]->d_name);
            status |= run_file(file);
            mem_free(file);
        }
        mem_free(entries[i]);
    }
    mem_free(entries);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (stat(argv[i], &st) != 0) {
            perror(argv[i]);
            status = 1;
        } else {
            status |= S_ISDIR(st.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
        }
    }
    printf("%d inputs\n", n_inputs);
    return status || n_inputs == 0;
}
