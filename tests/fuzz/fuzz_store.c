/* A file that lies where the store is kept: what can be read of it is shown, restored and compared with; what is
 * damaged is refused or left out with a sentence. */
#include "backend/base/mem.h"
#include "backend/judge/judge.h"
#include "backend/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1787000000)

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Where the store of that scope is: in a folder of our own, gone at the end. */
static char path[512], folder[] = "/tmp/fuzz_store.XXXXXX";

static void leave(void)
{
    char *state = mem_printf("%s/keyfall", folder);
    (void)unlink(path);
    (void)rmdir(state);
    (void)rmdir(folder);
    mem_free(state);
}

static void begin(void)
{
    struct store *s;
    struct err err = {0};
    model_init();
    must(mkdtemp(folder) != NULL && setenv("XDG_STATE_HOME", folder, 1) == 0);
    must(store_open("fuzz", false, &s, &err) == ERR_OK);
    (void)snprintf(path, sizeof path, "%s", store_path(s));
    store_close(s);
    must(atexit(leave) == 0);
}

static void put(const uint8_t *data, size_t size)
{
    FILE *out = fopen(path, "wb");
    must(out && fwrite(data, 1, size, out) == size && fclose(out) == 0);
}

static void judge_it(struct estate *e)
{
    const struct generation *g = estate_acquire(e);
    judgement_free(judge(g, NOW));
    generation_release(g);
}

static void restore(struct store *s, struct estate *e)
{
    struct buf summary = {0};
    struct store_drift drift[4];
    struct err err = {0};
    size_t n_read;
    (void)store_summary(s, &summary, &n_read);
    must(summary.len <= STORE_SUMMARY_MOST);
    while (store_restore(s, e))
        continue;
    (void)estate_publish(e);
    (void)store_drift(s, drift, 4);
    judge_it(e);
    if (store_trouble(s, &err))
        must(err.text[0] != '\0');
    buf_free(&summary);
}

static void look_back(struct store *s, struct estate *e)
{
    struct err err = {0};
    if (store_at(s, NOW, e, &err) == ERR_OK)
        judge_it(e);
    else
        must(err.text[0] != '\0');
}

static void with_store(void (*use)(struct store *s, struct estate *e))
{
    struct store *s;
    struct estate *e = estate_new(); /* which outlives it */
    struct err err = {0};
    if (store_open("fuzz", true, &s, &err) == ERR_OK)
        use(s, e);
    else
        must(err.text[0] != '\0' && !s);
    store_close(s);
    estate_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!path[0])
        begin();
    put(data, size);
    with_store(restore);
    with_store(look_back);
    return 0;
}
