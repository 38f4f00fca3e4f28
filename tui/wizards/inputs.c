/* inputs: what a plan is made of, looked at while it is typed; then AWS is asked. */
#include "tui/wizards/pages.h"

#include "tui/widgets/paragraph.h"

#include <string.h>

void inputs_begin(struct wizarding *w, const struct wizard *wizard)
{
    const struct snapshot *snapshot = w->app->snapshot;
    cJSON *presets = w->node && snapshot ? wizard_presets(wizard, snapshot->generation, w->node) : NULL;
    w->wizard = wizard;
    w->may_resume = false;
    form_begin(&w->form, wizard, presets);
    cJSON_Delete(presets);
    stage_go(w, STAGE_INPUTS);
}

static void inputs_draw(struct wizarding *w, struct grid *g, struct rect body)
{
    const struct clerk_news *news = clerk_read(w->clerk);
    bool is_refused = news->state == CLERK_REFUSED, is_asking = news->state == CLERK_PLANS;
    const char *hint = w->wizard ? "enter at the last field makes the plan; that changes nothing" : "";
    struct rect whole = body;
    struct buf where = {0};
    body.h--;
    if (is_asking) {
        hint = arena_printf(w->app->frame, "asking AWS what the plan hangs on, %lld s",
                            (long long)(time_mono_ms() - news->since_ms) / 1000);
        w->app->redraw_at_ms = time_mono_ms() + 1000;
    }
    if (is_refused) {
        int rows = paragraph_lines(g, body.w - 2, news->err.text);
        body.h -= rows + 1;
        (void)paragraph_draw(g, (struct rect){body.x + 1, body.y + body.h, body.w - 2, rows}, ROLE_ERROR,
                             news->err.text, 0);
    }
    clerk_read_end(w->clerk);
    form_draw(&w->form, g, (struct rect){body.x + 1, body.y, body.w - 2, body.h});
    form_where(&w->form, &where);
    stage_hint(g, &whole, is_asking ? ROLE_MESSAGE : ROLE_DIM,
               arena_printf(w->app->frame, "%s   %s", hint, where.data ? where.data : ""));
    buf_free(&where);
}

static void plan(struct wizarding *w)
{
    if (form_is_good(&w->form))
        clerk_plan(w->clerk, w->wizard, form_inputs(&w->form));
    w->app->message[0] = '\0';
}

static bool is_one_of(int key, int a, int b)
{
    return key == a || key == b;
}

static bool inputs_take(struct wizarding *w, const struct event *ev)
{
    bool is_key = ev->kind == EV_KEY, is_busy = clerk_is_busy(w->clerk);
    if (is_key && is_one_of(ev->key, TKEY_ESC, 'c' | KEY_CTRL)) {
        if (is_busy)
            clerk_stop(w->clerk);
        else if (w->offered.n > 1)
            stage_go(w, STAGE_CHOOSE);
        else
            app_back(w->app);
        return true;
    }
    if (is_busy)
        return is_key || ev->kind == EV_PASTE;
    if (is_key && is_one_of(ev->key, TKEY_TAB, TKEY_DOWN))
        (void)form_move(&w->form, 1);
    else if (is_key && is_one_of(ev->key, TKEY_TAB | KEY_SHIFT, TKEY_UP))
        (void)form_move(&w->form, -1);
    else if (is_key && ev->key == TKEY_ENTER) {
        if (!form_move(&w->form, 1))
            plan(w);
    } else
        return form_take(&w->form, ev);
    return true;
}

static const struct key_hint *inputs_typing(struct wizarding *w, size_t *n)
{
    static const struct key_hint fields[] = {{.key = "enter", .label = "next"}, {.key = "tab S-tab", .label = "between"},
                                             {.key = "^u", .label = "clear"},   {.key = "esc", .label = "back"}};
    static const struct key_hint busy[] = {{.key = "esc", .label = "stop"}}, found[] = {{.key = "esc", .label = "back"}};
    bool is_busy = clerk_is_busy(w->clerk), has_fields = !is_busy && w->wizard;
    *n = has_fields ? sizeof fields / sizeof *fields : 1;
    return has_fields ? fields : is_busy ? busy : found;
}

static bool inputs_act(struct wizarding *w, enum action action)
{
    (void)w;
    return action == ACTION_GO_ON;
}

/* The plan is there, or the sentence that says why not, which begins with the input's name. */
static void inputs_news(struct wizarding *w)
{
    const struct clerk_news *news = clerk_read(w->clerk);
    bool is_planned = news->state == CLERK_PLANNED;
    if (is_planned && news->says.data && news->says.data[0])
        app_say(w->app, ROLE_WARNING, "unfinished too (:wizard resume ID): %.200s", news->says.data);
    if (news->state == CLERK_REFUSED)
        form_go(&w->form, news->err.text, strcspn(news->err.text, " :"));
    clerk_read_end(w->clerk);
    if (is_planned) {
        preview_begin(w);
        stage_go(w, STAGE_PREVIEW);
    }
}

const struct stage_ops inputs_ops = {.word = "inputs", .draw = inputs_draw, .act = inputs_act, .take = inputs_take,
                                     .typing = inputs_typing, .news = inputs_news};
