#include "backend/change/run.h"

#include "backend/base/timefmt.h"
#include "backend/change/desk.h"
#include "backend/change/plan.h"
#include "backend/change/proved.h"
#include "backend/change/statements.h"

#include <string.h>

#define POLL_FIRST_MS 100
#define POLL_MAX_MS 5000

enum err_code run_read(struct run *r, const cJSON *wanted, cJSON **read)
{
    *read = cJSON_CreateArray();
    const cJSON *w;
    cJSON_ArrayForEach(w, wanted)
    {
        cJSON *f = cJSON_CreateObject();
        static const char *const names[] = {"fact", "account", "region", "of"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            cJSON_AddStringToObject(f, names[i], json_text(w, names[i]));
        cJSON_AddItemToArray(*read, f);
    }
    return desk_read(r->desk, *read, r->err);
}

/* Whether all are as wanted; why: what the first is instead. */
static bool all_fit(const cJSON *read, const cJSON *wanted, struct buf *why)
{
    const cJSON *w;
    int i = 0;
    cJSON_ArrayForEach(w, wanted) if (!fact_fits(cJSON_GetArrayItem(read, i++), w, why)) return false;
    return true;
}

void run_tell_diffs(const struct run *r, const cJSON *read, const cJSON *wanted)
{
    for (read = read->child, wanted = wanted->child; read && wanted; read = read->next, wanted = wanted->next) {
        const cJSON *is = fact_item(read, "Policy"), *was = fact_item(wanted, "Policy"), *line;
        cJSON *diff = is && was && !json_same(is, was) ? policy_diff(was, is) : NULL;
        cJSON_ArrayForEach(line, diff) run_tell(r, RUN_SAYS, line->valuestring);
        cJSON_Delete(diff);
    }
}

/* What cannot be read has not changed for that: it is said, and nothing is sent. */
enum err_code run_unreadable(struct run *r, const cJSON *unknown)
{
    struct buf why = {0};
    (void)fact_fits(unknown, unknown, &why);
    (void)err_set(r->err, ERR_DENIED, "%.350s, so whether it still is as planned is not known: try again once it can be read",
                  why.data);
    buf_free(&why);
    return ERR_DENIED;
}

static enum err_code check_known(struct run *r, const cJSON *read)
{
    const cJSON *f;
    cJSON_ArrayForEach(f, read) if (fact_unknown(f)) return run_unreadable(r, f);
    return ERR_OK;
}

static enum err_code look(struct run *r, const cJSON *wanted, bool *fits, struct buf *why)
{
    cJSON *read;
    enum err_code code = run_read(r, wanted, &read);
    *fits = code == ERR_OK && all_fit(read, wanted, why);
    cJSON_Delete(read);
    return code;
}

enum err_code run_is_so(struct run *r, const cJSON *wanted, bool *is_so)
{
    struct buf unused = {0};
    cJSON *read;
    enum err_code code = run_read(r, wanted, &read);
    if (code == ERR_OK)
        code = check_known(r, read);
    *is_so = code == ERR_OK && all_fit(read, wanted, &unused);
    buf_free(&unused);
    cJSON_Delete(read);
    return code;
}

enum err_code run_check_still(struct run *r, const cJSON *step)
{
    cJSON *wanted = proved_but(r->so, cJSON_GetObjectItemCaseSensitive(step, "after")), *read;
    struct buf why = {0};
    enum err_code code = run_read(r, wanted, &read);
    if (code == ERR_OK)
        code = check_known(r, read);
    if (code == ERR_OK && !all_fit(read, wanted, &why)) {
        run_tell_diffs(r, read, wanted);
        code = err_set(r->err, ERR_REJECTED, "what this plan counts on is not so any more: %.300s; put it right and take this "
                                             "up again, or make a new plan", why.data);
    }
    buf_free(&why);
    cJSON_Delete(read);
    cJSON_Delete(wanted);
    return code;
}

enum err_code run_check_before(struct run *r, const cJSON *step, cJSON **before)
{
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(step, "before");
    struct buf why = {0};
    enum err_code code = run_read(r, wanted, before);
    if (code == ERR_OK)
        code = check_known(r, *before);
    if (code == ERR_OK && !all_fit(*before, wanted, &why)) {
        run_tell_diffs(r, *before, wanted);
        code = err_set(r->err, ERR_REJECTED, "somebody changed it since it was planned: %.300s", why.data);
    }
    buf_free(&why);
    return code;
}

/* Whether it is so that it will never be as it should. */
static enum err_code check_failed(struct run *r, const cJSON *step)
{
    const cJSON *fails = cJSON_GetObjectItemCaseSensitive(step, "fails");
    struct buf unused = {0};
    cJSON *read = NULL;
    enum err_code code = fails ? run_read(r, fails, &read) : ERR_OK;
    if (code == ERR_OK && fails && all_fit(read, fails, &unused)) {
        char *is = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(read->child, "is"));
        code = err_set(r->err, ERR_REJECTED, "it failed: %.300s", is);
        cJSON_free(is);
    }
    buf_free(&unused);
    cJSON_Delete(read);
    return code;
}

/* ERR_OK and *fits; else *why not, which may be that it cannot be read. */
static enum err_code look_after(struct run *r, const cJSON *step, bool *fits, struct buf *why)
{
    buf_clear(why);
    enum err_code code = look(r, cJSON_GetObjectItemCaseSensitive(step, "after"), fits, why);
    return code == ERR_OK && !*fits ? check_failed(r, step) : code;
}

enum err_code run_await(struct run *r, const cJSON *step)
{
    const cJSON *within = cJSON_GetObjectItemCaseSensitive(step, "within_s");
    int64_t limit_ms = (within ? (int64_t)within->valuedouble : desk_settle_s(r->desk)) * 1000;
    int64_t until_ms = time_mono_ms() + limit_ms;
    struct buf why = {0};
    bool fits = false;
    enum err_code code = look_after(r, step, &fits, &why);
    for (int wait_ms = POLL_FIRST_MS; code == ERR_OK && !fits;
         wait_ms = wait_ms < POLL_MAX_MS / 2 ? wait_ms * 2 : POLL_MAX_MS) {
        if (time_mono_ms() >= until_ms) {
            code = err_set(r->err, ERR_TIMEOUT, "it does not show after %lld s: %.300s", (long long)limit_ms / 1000, why.data);
            break;
        }
        run_tell(r, RUN_WAITING, why.data);
        code = desk_sleep(r->desk, wait_ms) ? look_after(r, step, &fits, &why)
                                            : err_set(r->err, ERR_CANCELLED, "ended while it was waited for");
    }
    buf_free(&why);
    return code;
}
