/* A saved plan, and a journal, as anybody may hand them over: each is read and told, or refused with a sentence. A plan
 * that is read is the one that its own text makes again. */
#include "backend/change/change.h"
#include "backend/change/journal.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char state[] = "/tmp/keyfall-fuzz-plan-XXXXXX";

static void forget_state(void)
{
    char path[sizeof state + 64];
    static const char *const names[] = {"keyfall/journal.jsonl", "keyfall/journal.head", "keyfall", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", state, names[i]);
        (void)remove(path);
    }
}

/* A state folder of its own. */
static void make_state(void)
{
    static bool is_made;
    char path[sizeof state + 64];
    if (is_made)
        return;
    is_made = true;
    if (!mkdtemp(state) || setenv("XDG_STATE_HOME", state, 1) != 0)
        abort();
    (void)snprintf(path, sizeof path, "%s/keyfall", state);
    if (mkdir(path, 0700) != 0 || atexit(forget_state) != 0)
        abort();
}

static void check_told(enum err_code code, const struct err *err)
{
    if ((code == ERR_OK) == (err->text[0] != '\0'))
        abort();
}

static void read_plan(const char *text, size_t size)
{
    struct plan *plan = NULL, *again = NULL;
    struct err err = {0};
    struct buf out = {0}, written = {0};
    enum err_code code = plan_read(text, size, &plan, &err);
    check_told(code, &err);
    if (code == ERR_OK) {
        plan_show(plan, &out);
        plan_cli(plan, &out);
        plan_write(plan, &written);
        if (plan_read(written.data, written.len, &again, &err) != ERR_OK || strcmp(plan_id(plan), plan_id(again)) != 0)
            abort();
    }
    plan_free(plan);
    plan_free(again);
    buf_free(&out);
    buf_free(&written);
}

static void read_journal(const char *text, size_t size)
{
    char path[sizeof state + 64];
    struct journal *journal = NULL;
    struct plan *plan = NULL;
    struct buf others = {0};
    struct err err = {0}, opened = {0};
    make_state();
    (void)snprintf(path, sizeof path, "%s/keyfall/journal.jsonl", state);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size || close(fd) != 0)
        abort();
    check_told(plan_unfinished("", &plan, &others, &err), &err);
    buf_free(&others);
    check_told(journal_open(&journal, &opened), &opened);
    plan_free(plan);
    journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_plan((const char *)data, size);
    read_journal((const char *)data, size);
    return 0;
}
