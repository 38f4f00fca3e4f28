#include "backend/change/change.h"

#include "backend/change/journal.h"
#include "backend/change/past.h"
#include "backend/change/plan.h"

#include <string.h>

/* A plan that stopped, at one of its steps. */
struct left {
    const struct plan *plan;
    cJSON *past, *made;
    size_t step;
};

static bool is_begun(const struct left *r)
{
    static const char *const events[] = {"proved", "confirmed", "intent", "human"};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (past_event(r->past, events[i], (int)r->step))
            return true;
    return false;
}

/* How it is undone, with what was made; nothing if there is nothing to undo. */
static void add_undo(const struct left *r, struct buf *out)
{
    struct buf undo = {0};
    plan_step_undo(r->plan, r->step, &undo);
    char *text = past_filled(r->made, undo.data ? undo.data : "");
    if (text[0])
        buf_printf(out, "%2zu  %s", r->step + 1, text + strspn(text, " "));
    mem_free(text);
    buf_free(&undo);
}

/* The last first: each step stands on those before it. */
static void add_undos(struct left *r, struct buf *out)
{
    size_t no_way_back = 0; /* of the last step begun that has none: from 1 */
    struct buf undos = {0};
    for (r->step = plan_steps(r->plan); r->step-- > 0;) {
        size_t len = undos.len;
        if (!is_begun(r))
            continue;
        add_undo(r, &undos);
        if (no_way_back && undos.len > len)
            buf_printf(&undos, "    step %zu has no way back: undoing this breaks what relies on it now\n", no_way_back);
        if (!no_way_back && plan_step(r->plan, r->step).has_no_way_back)
            no_way_back = r->step + 1;
    }
    if (undos.len > 0)
        buf_printf(out, "to undo it, the last first:\n%s", undos.data);
    buf_free(&undos);
}

void plan_run_left(const struct plan *plan, struct buf *out)
{
    struct left r = {.plan = plan};
    struct err err;
    if (journal_of(plan_id(plan), &r.past, &err) != ERR_OK)
        buf_printf(out, "%s\n", err.text);
    r.made = past_made(r.past);
    for (r.step = 0; r.step < plan_steps(plan); r.step++) {
        const char *state = past_event(r.past, "proved", (int)r.step)      ? "done"
                            : past_event(r.past, "confirmed", (int)r.step) ? "by you"
                            : past_event(r.past, "intent", (int)r.step)    ? "unsure"
                                                                           : "not done";
        buf_printf(out, "%2zu  %-9s %s\n", r.step + 1, state, plan_step(plan, r.step).title);
    }
    add_undos(&r, out);
    cJSON_Delete(r.past);
    cJSON_Delete(r.made);
}
