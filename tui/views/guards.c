/* guards: what a viewer gave up by itself, and what this machine or these credentials do not give. */
#include "tui/views/app.h"
#include "tui/widgets/paragraph.h"

#include <stdio.h>

struct guards_page {
    struct page page;
    struct scroll scroll; /* its cursor is the line at the top */
    size_t rows, tops;    /* lines that are seen; that can be at the top */
};

/* Only who reads AWS knows whether AWS guards too. */
static struct guard_state state_of(const struct app *app, enum guard_id id)
{
    const struct refresh_status *s = &app->status;
    struct guard_state state = app->options->guards->of[id];
    if (id != GUARD_AWS)
        return state;
    state.is_active = app->options->is_kept || (s->accounts_ready > 0 && s->accounts_narrowed == s->accounts_ready);
    if (app->options->is_kept)
        snprintf(state.how, sizeof state.how, "nothing is asked of AWS");
    else
        snprintf(state.how, sizeof state.how, "%u of %u accounts are read through a role with a session policy",
                 s->accounts_narrowed, s->accounts_ready);
    return state;
}

#define WORDS_WIDTH 140 /* below it the words would push away where we are */

void guards_words(const struct app *app, struct buf *out)
{
    struct buf active = {0}, missing = {0};
    for (int i = 0; app->options->guards && i < GUARD_COUNT; i++)
        buf_printf(state_of(app, (enum guard_id)i).is_active ? &active : &missing, " %s",
                   guard_row((enum guard_id)i)->name);
    if (active.len > 0)
        buf_printf(out, "guarded%s%s", app->grid.w < WORDS_WIDTH ? "" : ":",
                   app->grid.w < WORDS_WIDTH ? "" : active.data);
    if (missing.len > 0)
        buf_printf(out, "%snot%s", active.len > 0 ? ", " : "", missing.data);
    if (out->len > 0)
        buf_adds(out, " ");
    buf_free(&active);
    buf_free(&missing);
}

static void add_guard(const struct app *app, enum guard_id id, struct buf *out)
{
    struct guard_state state = state_of(app, id);
    buf_printf(out, "\n%-8s%s: %s\n        %s", guard_row(id)->name, state.is_active ? "active" : "ABSENT", state.how,
               guard_row(id)->stops);
}

static void guards_draw(struct page *p, struct grid *g, struct rect body)
{
    struct guards_page *v = (struct guards_page *)p;
    const struct app *app = p->app;
    struct buf text = {0};
    buf_adds(&text, app->options->guards
                        ? "This is a viewer: when it started it gave up, for good, what it does not need."
                        : "This is no viewer: it may do what its user may. keyfall --viewer gives up what looking does "
                          "not need.");
    for (int i = 0; app->options->guards && i < GUARD_COUNT; i++)
        add_guard(app, (enum guard_id)i, &text);
    struct rect r = {body.x + 1, body.y, body.w - 2, body.h};
    int lines = paragraph_draw(g, r, ROLE_NORMAL, text.data, (int)v->scroll.cursor);
    v->rows = (size_t)body.h;
    v->tops = lines > body.h ? (size_t)(lines - body.h) + 1 : 1;
    buf_free(&text);
}

/* A text has no cursor: its top moves. */
static bool guards_act(struct page *p, enum action action)
{
    struct guards_page *v = (struct guards_page *)p;
    return action_scroll(action, &v->scroll, v->tops, v->rows);
}

static void guards_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "guards");
}

static uint32_t guards_node(struct page *p)
{
    (void)p;
    return 0;
}

static void guards_free(struct page *p)
{
    mem_free(p);
}

static const struct page_ops guards_ops = {
    .context = KEYS_DETAIL,
    .draw = guards_draw,
    .act = guards_act,
    .place = guards_place,
    .node = guards_node,
    .free = guards_free,
};

struct page *page_guards(struct app *app)
{
    struct guards_page *v = mem_alloc(sizeof *v);
    v->page = (struct page){.ops = &guards_ops, .app = app};
    return &v->page;
}
