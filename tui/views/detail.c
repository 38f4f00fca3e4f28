/* detail: one record, fact by fact, with where each fact stands; what is wrong with it; who hangs on it. Or a copy
 * path, link by link, with what is in its way and what mends it.
 *
 * The lines are made once a snapshot. A line that names another record opens it. */
#include "backend/base/text.h"
#include "tui/panels/panel.h"
#include "tui/panels/show.h"
#include "tui/views/app.h"
#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

struct line {
    const char *label, *text;  /* hostile; in the page's arena */
    const char *severity;      /* mark, or "" */
    enum role role;
    uint32_t node;             /* enter opens it; 0: none */
    bool is_section;
    bool is_text;              /* stands in the column of texts, also without a label */
};

struct detail {
    struct page page;
    uint32_t node;
    bool is_path;              /* not the record alone, but the path of it that is meant by the next three */
    struct copy_path path;     /* as it was when it was opened: of its texts only these are kept */
    char *to_account, *to_region;
    struct arena *arena;
    VEC(struct line) lines;
    struct scroll scroll;
    struct snapshot *snapshot;
    size_t page_rows;
    int text_cols;             /* what the lines were broken for */
};

static struct line *add(struct detail *d, const char *label, const char *text, enum role role)
{
    struct line line = {.label = arena_strdup(d->arena, label),
                        .text = arena_strdup(d->arena, text ? text : ""),
                        .severity = "",
                        .role = role};
    VEC_PUSH(d->lines, line);
    return &d->lines.items[d->lines.n - 1];
}

/* A long text on as many lines as it takes. */
static struct line *add_wrapped(struct detail *d, const char *label, const char *text, enum role role)
{
    struct buf clean = {0};
    text_clean(&clean, text, strlen(text), 4096, false);
    size_t first = d->lines.n;
    const char *at = clean.data ? clean.data : "";
    do {
        size_t len = text_fit(at, d->text_cols, NULL);
        if (at[len] != '\0')
            for (size_t back = len; back > len / 2; back--)
                if (at[back] == ' ') {
                    len = back;
                    break;
                }
        char *part = mem_strndup(at, len);
        add(d, d->lines.n == first ? label : "", part, role)->is_text = true;
        mem_free(part);
        at += len + strspn(at + len, " ");
    } while (*at);
    buf_free(&clean);
    return &d->lines.items[first];
}

static void add_section(struct detail *d, const char *title)
{
    if (d->lines.n > 0)
        add(d, "", "", ROLE_NORMAL);
    add(d, title, "", ROLE_SECTION)->is_section = true;
}

/* ---- facts ------------------------------------------------------------------------------------------ */

static void number_text(const struct value *v, int64_t now, struct buf *out)
{
    char text[TIME_ISO_SIZE], span[TIME_ISO_SIZE];
    switch (v->type) {
    case TYPE_BOOL:
        buf_adds(out, v->number ? "yes" : "no");
        break;
    case TYPE_TIME:
        time_format_iso(v->number, text);
        time_format_span(v->number > now ? v->number - now : now - v->number, span);
        buf_printf(out, v->number > now ? "%s   in %s" : "%s   %s ago", text, span);
        break;
    default:
        buf_printf(out, "%lld", (long long)v->number);
    }
}

static void items_text(const struct value *v, struct buf *out)
{
    size_t n = 0;
    for (const char *item = NULL; (item = value_next(v, item)); n++)
        buf_printf(out, "%s%s", n == 0 ? "" : v->type == TYPE_MAP && n % 2 ? "=" : ", ", item);
    if (n == 0)
        buf_adds(out, "none");
}

static void add_value(struct detail *d, const struct record *r, enum attr attr)
{
    struct value v = record_value(r, attr);
    const struct attr_row *row = attr_row(attr);
    struct buf text = {0};
    if (v.is != VALUE_KNOWN)
        return; /* an absent one says nothing; an unknown one is told once, by its facet */
    if (v.type == TYPE_REF) {
        show_node_name(d->snapshot->generation, v.node, &text);
        buf_adds(&text, "   ");
        node_arn(d->page.app->estate, v.node, &text);
    } else if (v.type == TYPE_DOC) {
        buf_printf(&text, "%zu bytes; p shows it", v.len);
    } else if (v.text && (v.type == TYPE_LIST || v.type == TYPE_REFS || v.type == TYPE_MAP)) {
        items_text(&v, &text);
    } else if (v.type == TYPE_TEXT) {
        buf_add(&text, v.text, v.len);
    } else {
        number_text(&v, d->snapshot->now_utc, &text);
    }
    struct line *line = add(d, row->name, text.data, v.type == TYPE_REF ? ROLE_LINK : ROLE_NORMAL);
    line->node = v.type == TYPE_REF ? v.node : 0;
    buf_free(&text);
}

/* Where a facet stands, if that is not simply known. */
static void add_truth(struct detail *d, const char *name, struct facet_state f, bool is_unseen)
{
    if (f.truth == TRUTH_KNOWN)
        return;
    struct buf text = {0};
    buf_adds(&text, truth_text(f.truth));
    if (f.failure) {
        struct failure why;
        failure_get(d->page.app->estate, f.failure, &why);
        buf_printf(&text, "   %s %s %s", why.operation, why.aws_code, why.text);
    }
    struct line *line = add_wrapped(d, name, text.data, is_unseen ? ROLE_UNKNOWN : ROLE_DIM);
    line->severity = is_unseen ? "?" : "";
    buf_free(&text);
}

static void add_facts(struct detail *d, const struct record *r)
{
    const struct kind_row *kind = kind_row(r->kind);
    add_section(d, "FACTS");
    for (int a = (int)kind->first_attr; a < (int)kind->end_attr; a++)
        add_value(d, r, (enum attr)a);
    struct facet_state list = {slice_truth(r->slice), slice_failure(r->slice), slice_seen_at(r->slice)};
    add_truth(d, "list", list, !truth_is_sure(list.truth));
    for (int f = (int)kind->first_facet; f < (int)kind->end_facet; f++) {
        struct facet_state state = record_facet(r, (enum facet)f);
        add_truth(d, facet_row((enum facet)f)->name, state, facet_is_unseen((enum facet)f, state.truth));
    }
}

/* ---- what is wrong, who hangs on it ------------------------------------------------------------------ */

static void add_suppression(struct detail *d, const struct suppression_settings *s)
{
    char *text = mem_printf("suppressed: %s (%s, until %s)", s->reason, s->owner, s->until);
    add_wrapped(d, "", text, ROLE_DIM);
    mem_free(text);
}

static void add_finding(struct detail *d, const struct finding *f)
{
    struct buf text = {0};
    buf_printf(&text, "%s%s%s", f->rule->title, *f->reason ? ": " : "", f->reason);
    struct line *line = add_wrapped(d, f->rule->id, text.data, ROLE_NORMAL);
    line->severity = finding_mark(f);
    line->node = f->cause;
    buf_clear(&text);
    buf_printf(&text, "remedy: %s", f->rule->remedy);
    add_wrapped(d, "", text.data, ROLE_DIM);
    if (f->suppression)
        add_suppression(d, f->suppression);
    buf_free(&text);
}

static void add_findings(struct detail *d)
{
    size_t n;
    const struct finding *f = judgement_of(d->snapshot->judgement, d->node, &n);
    if (n > 0)
        add_section(d, "FINDINGS");
    for (int badness = FINDING_WORST; n > 0 && badness >= 0; badness--)
        for (size_t i = 0; i < n; i++)
            if (finding_badness(&f[i]) == badness)
                add_finding(d, &f[i]);
}

#define FIRST_NAMES 3

struct users {
    uint64_t n;
    struct buf names;
    uint32_t first;
};

static void add_users(struct detail *d)
{
    const struct generation *g = d->snapshot->generation;
    struct users users[KIND_COUNT] = {0};
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(g, d->node); hang_next(&h, &r, &edge);) {
        if (judge_hanger(&r, d->node, edge) == HANGER_TWIN)
            continue; /* counted as the snapshot that it is */
        struct users *u = &users[r.kind];
        if (u->n++ < FIRST_NAMES) {
            buf_adds(&u->names, u->n > 1 ? ", " : "");
            show_node_name(g, r.node, &u->names);
        }
        if (!u->first)
            u->first = r.node;
    }
    bool has_any = false;
    for (int k = 1; k < KIND_COUNT; k++) {
        if (users[k].n == 0)
            continue;
        if (!has_any)
            add_section(d, "NAMED BY");
        has_any = true;
        struct buf text = {0};
        buf_printf(&text, "%8llu   %s%s", (unsigned long long)users[k].n, users[k].names.data,
                   users[k].n > FIRST_NAMES ? ", ..." : "");
        struct line *line = add(d, kind_row((enum kind)k)->plural, text.data, ROLE_NORMAL);
        line->node = users[k].first;
        buf_free(&text);
        buf_free(&users[k].names);
    }
}

struct unsure {
    struct detail *detail;
    int n;
};

static void add_unsure(void *ctx, const struct area *area, const char *account, const char *region, enum list list,
                       enum truth truth)
{
    struct unsure *u = ctx;
    (void)area;
    if (u->n++ == 0)
        add_section(u->detail, "COULD NOT BE SEEN");
    struct buf text = {0};
    buf_printf(&text, "%s in %s %s: what it holds may hang here too", truth_text(truth),
               show_account_name(u->detail->snapshot->generation, account), region);
    add(u->detail, list_row(list)->name, text.data, ROLE_UNKNOWN)->severity = "?";
    buf_free(&text);
}

/* Of one of the event's own account what says who it is: the rest would push it off a narrow screen. */
static const char *short_principal(const struct record *event, const struct value *who)
{
    const char *account = who->is == VALUE_KNOWN ? strstr(who->text, record_account(event)) : NULL;
    const char *rest = account ? strchr(account, ':') : NULL;
    if (who->is != VALUE_KNOWN)
        return "?";
    return rest && strncmp(who->text, "arn:", 4) == 0 ? rest + 1 : who->text;
}

/* When, what, who, through which service, and why it was refused. */
static void event_text(const struct record *event, struct buf *out)
{
    char when[TIME_ISO_SIZE] = "?";
    struct value time = record_value(event, ATTR_KEY_EVENT_TIME), what = record_value(event, ATTR_KEY_EVENT_NAME),
                 who = record_value(event, ATTR_KEY_EVENT_WHO), via = record_value(event, ATTR_KEY_EVENT_VIA),
                 error = record_value(event, ATTR_KEY_EVENT_ERROR);
    if (time.is == VALUE_KNOWN)
        time_format_iso(time.number, when);
    buf_printf(out, "%s  %s  %s", when, what.is == VALUE_KNOWN ? what.text : "?",
               short_principal(event, &who));
    if (via.is == VALUE_KNOWN)
        buf_printf(out, "  via %s", via.text);
    if (error.is == VALUE_KNOWN)
        buf_printf(out, "  refused: %s", error.text);
}

static void add_children(struct detail *d, const struct record *r)
{
    const struct kind_row *kind = kind_row(r->kind);
    for (int f = (int)kind->first_facet; f < (int)kind->end_facet; f++) {
        const struct slice *s = record_children(r, (enum facet)f);
        if (facet_row((enum facet)f)->children == LIST_NONE || slice_rows(s) == 0)
            continue;
        char title[64];
        snprintf(title, sizeof title, "%s (%u%s)", facet_row((enum facet)f)->name, slice_rows(s),
                 slice_is_complete(s) ? "" : "+");
        add_section(d, title);
        struct record child;
        for (uint32_t i = 0; i < 40 && slice_record(d->snapshot->generation, s, i, &child); i++) {
            struct buf text = {0};
            if (child.kind == KIND_KEY_EVENT)
                event_text(&child, &text);
            else
                show_node_name(d->snapshot->generation, child.node, &text);
            if (child.kind == KIND_GRANT) {
                struct value grantee = record_value(&child, ATTR_GRANT_GRANTEE);
                struct value operations = record_value(&child, ATTR_GRANT_OPERATIONS);
                buf_printf(&text, "   %s: ", grantee.is == VALUE_KNOWN ? grantee.text : "?");
                items_text(&operations, &text);
            }
            add(d, "", text.data, ROLE_LINK)->node = child.node;
            buf_free(&text);
        }
    }
}

/* Of the labels; fewer beside a list. */
static int label_cols(int width)
{
    return width < 72 ? 18 : 24;
}

static int text_cols(int width)
{
    int cols = width - label_cols(width) - 5;
    return cols > 20 ? cols : 20;
}

/* ---- a copy path -------------------------------------------------------------------------------------- */

static bool is_path(const struct detail *d, const struct copy_path *p)
{
    const struct copy_path *own = &d->path;
    return d->is_path && own->by == p->by && own->rule == p->rule && own->source == p->source &&
           own->source_vault == p->source_vault && own->source_key == p->source_key &&
           own->destination_vault == p->destination_vault && strcmp(d->to_account, p->destination_account) == 0 &&
           strcmp(d->to_region, p->destination_region) == 0;
}

/* In the snapshot of now; NULL: it is none any more. */
static const struct copy_path *find_path(const struct detail *d)
{
    size_t n;
    const struct copy_path *paths = judge_paths(d->snapshot->judgement, &n);
    for (size_t i = 0; i < n; i++)
        if (is_path(d, &paths[i]))
            return &paths[i];
    return NULL;
}

static enum tri link_holds(const struct copy_path *p, enum path_link link)
{
    enum tri worst = !p->answers && link == p->broken_at ? p->ready : TRI_YES;
    for (int c = 0; p->answers && c < CHECK_COUNT; c++)
        if (path_check_link((enum path_check)c) == link && p->answers[c].holds < worst)
            worst = p->answers[c].holds;
    return worst;
}

static void add_state(struct line *line, enum tri holds)
{
    line->severity = holds == TRI_YES ? "" : holds == TRI_NO ? severity_mark(SEVERITY_HIGH) : "?";
    line->role = holds == TRI_YES ? line->role : holds == TRI_NO ? ROLE_SEV_HIGH : ROLE_UNKNOWN;
}

/* Whether it is ready, what it is, and each thing that is in its way. Of what is not AWS Backup's one is told. */
static void add_link(struct detail *d, const struct copy_path *p, enum path_link link, uint32_t node, const char *what)
{
    static const char *const words[] = {"BROKEN", "not known", "ready"};
    enum tri holds = link_holds(p, link);
    struct buf text = {0};
    buf_printf(&text, "%-9s  ", words[holds]);
    if (node)
        show_node_name(d->snapshot->generation, node, &text);
    else
        buf_adds(&text, what);
    struct line *line = add(d, path_link_word(link), text.data, node ? ROLE_LINK : ROLE_NORMAL);
    line->node = node;
    add_state(line, holds);
    buf_free(&text);
    for (int c = 0; p->answers && c < CHECK_COUNT; c++)
        if (path_check_link((enum path_check)c) == link && p->answers[c].holds != TRI_YES)
            add_state(add_wrapped(d, "", p->answers[c].reason, ROLE_NORMAL), p->answers[c].holds);
    if (!p->answers && holds != TRI_YES)
        add_state(add_wrapped(d, "", p->reason, ROLE_NORMAL), holds);
}

static void build_path(struct detail *d)
{
    static const char *const words[] = {"BROKEN", "not known whether it is ready", "ready"};
    const struct copy_path *p = find_path(d);
    if (!p) {
        add(d, "copy path", "what was read last has no such path any more", ROLE_UNKNOWN)->severity = "?";
        return;
    }
    add_state(add(d, "copy path", words[p->ready], p->ready == TRI_YES ? ROLE_OK : ROLE_STRONG), p->ready);
    add(d, "mechanism", path_by_word(p->by), ROLE_NORMAL);
    if (p->rule) {
        struct buf name = {0};
        show_node_name(d->snapshot->generation, p->rule, &name);
        add(d, "made by", name.data, ROLE_LINK)->node = p->rule;
        buf_free(&name);
    }
    if (p->ready != TRI_YES) {
        add_wrapped(d, "remedy", p->remedy, ROLE_NORMAL);
        if (p->statement[0])
            add_wrapped(d, "statement", p->statement, ROLE_NORMAL);
        add_wrapped(d, "AWS's page", p->page, ROLE_DIM);
    }
    add_section(d, "LINKS");
    const char *place = arena_printf(d->arena, "%s (%s)", show_account_name(d->snapshot->generation, p->destination_account),
                                     p->destination_account);
    add_link(d, p, LINK_SOURCE, p->source ? p->source : p->source_vault,
             p->source_is == VALUE_ABSENT ? "nothing was backed up yet" : "?");
    add_link(d, p, LINK_SOURCE_KEY, p->source_key, p->key_is == VALUE_ABSENT ? "no key, or AWS's own" : "?");
    add_link(d, p, LINK_ORGANIZATION, 0, place);
    add_link(d, p, LINK_DESTINATION_REGION, 0, p->destination_region);
    add_link(d, p, LINK_DESTINATION_VAULT, p->destination_vault, p->by == PATH_BY_BACKUP ? "?" : "none: the service's own");
    add_link(d, p, LINK_DESTINATION_KEY, p->destination_key, p->destination_key_is == VALUE_ABSENT ? "AWS's own" : "?");
}

static void build(struct detail *d)
{
    d->lines.n = 0;
    arena_reset(d->arena);
    if (d->is_path) {
        build_path(d);
        return;
    }
    struct buf name = {0};
    show_node_name(d->snapshot->generation, d->node, &name);
    struct line *head = add(d, kind_row(node_kind(d->page.app->estate, d->node))->name, name.data,
                            ROLE_STRONG);
    head->severity = worst_mark(judgement_worst(d->snapshot->judgement, d->node));
    buf_clear(&name);
    node_arn(d->page.app->estate, d->node, &name);
    add(d, "", name.data, ROLE_NORMAL);
    buf_free(&name);
    struct record r;
    if (generation_record(d->snapshot->generation, d->node, &r)) {
        struct buf place = {0};
        buf_printf(&place, "%s (%s)  %s", show_account_name(d->snapshot->generation, record_account(&r)),
                   record_account(&r), record_region(&r));
        add(d, "", place.data, ROLE_DIM);
        buf_free(&place);
        add_findings(d);
        add_facts(d, &r);
    } else {
        add(d, "", "named by others, never seen itself: not in an account or region that was read",
            ROLE_UNKNOWN)
            ->severity = "?";
        add_findings(d);
    }
    add_users(d);
    if (node_kind(d->page.app->estate, d->node) == KIND_KEY)
        judge_unsure_lists(d->snapshot->judgement, d->node, add_unsure,
                           &(struct unsure){.detail = d});
    if (generation_record(d->snapshot->generation, d->node, &r))
        add_children(d, &r);
}

/* ---- the page ---------------------------------------------------------------------------------------- */

static void draw_line(struct detail *d, struct grid *g, struct rect r, const struct line *line, bool is_cursor)
{
    if (is_cursor && d->page.app->top == &d->page)
        grid_glyph(g, r.x, r.y, ROLE_CURSOR_UNFOCUSED, GLYPH_CURSOR);
    if (line->is_section) {
        grid_put(g, r.x + 1, r.y, r.w - 1, ROLE_SECTION, line->label);
        return;
    }
    grid_put(g, r.x + 1, r.y, 2, mark_role(line->severity, ROLE_NORMAL), line->severity);
    grid_put_fit(g, r.x + 4, r.y, label_cols(r.w) - 2, ROLE_LABEL, line->label, 0);
    int x = r.x + 4 + (*line->label || line->node || line->is_text ? label_cols(r.w) : 0);
    enum role role = is_cursor && line->role == ROLE_LINK ? ROLE_CURSOR : line->role;
    grid_put_fit(g, x, r.y, r.w - (x - r.x), role, line->text, 0);
}

static void detail_draw(struct page *p, struct grid *g, struct rect body)
{
    struct detail *d = (struct detail *)p;
    d->page_rows = (size_t)body.h;
    if (d->text_cols != text_cols(body.w)) {
        d->text_cols = text_cols(body.w);
        build(d);
    }
    scroll_fit(&d->scroll, d->lines.n, d->page_rows);
    for (size_t i = 0; i < d->page_rows && d->scroll.top + i < d->lines.n; i++) {
        size_t at = d->scroll.top + i;
        draw_line(d, g, (struct rect){body.x, body.y + (int)i, body.w, 1}, &d->lines.items[at],
                  at == d->scroll.cursor);
    }
}

static uint32_t line_node(struct detail *d)
{
    return d->scroll.cursor < d->lines.n ? d->lines.items[d->scroll.cursor].node : 0;
}

static bool detail_act(struct page *p, enum action action)
{
    struct detail *d = (struct detail *)p;
    if (action_scroll(action, &d->scroll, d->lines.n, d->page_rows))
        return true;
    if (action != ACTION_OPEN)
        return false;
    if (line_node(d))
        app_open_node(p->app, line_node(d));
    else
        app_say(p->app, ROLE_MESSAGE, "this line names no other record; i shows what hangs on this one");
    return true;
}

static void detail_renew(struct page *p)
{
    struct detail *d = (struct detail *)p;
    snapshot_release(d->snapshot);
    d->snapshot = snapshot_retain(p->app->snapshot);
    build(d);
}

static void detail_place(struct page *p, struct buf *out)
{
    struct detail *d = (struct detail *)p;
    buf_adds(out, !d->is_path ? "" : d->node ? "copy path of " : "copy path");
    if (d->node)
        show_node_name(d->snapshot->generation, d->node, out);
}

static uint32_t detail_node(struct page *p)
{
    return ((struct detail *)p)->node;
}

static void detail_free(struct page *p)
{
    struct detail *d = (struct detail *)p;
    snapshot_release(d->snapshot);
    arena_free(d->arena);
    VEC_FREE(d->lines);
    mem_free(d->to_account);
    mem_free(d->to_region);
    mem_free(d);
}

static const struct page_ops detail_ops = {
    .context = KEYS_DETAIL,
    .draw = detail_draw,
    .act = detail_act,
    .renew = detail_renew,
    .place = detail_place,
    .node = detail_node,
    .free = detail_free,
};

static struct page *new_detail(struct app *app, uint32_t node, const struct copy_path *path)
{
    struct detail *d = mem_alloc(sizeof *d);
    d->page = (struct page){.ops = &detail_ops, .app = app};
    d->node = node;
    if (path) {
        d->is_path = true;
        d->path = *path;
        d->to_account = mem_strdup(path->destination_account);
        d->to_region = mem_strdup(path->destination_region);
    }
    d->arena = arena_new();
    d->text_cols = text_cols(app->grid.w);
    d->snapshot = snapshot_retain(app->snapshot);
    build(d);
    return &d->page;
}

struct page *page_detail(struct app *app, uint32_t node)
{
    return new_detail(app, node, NULL);
}

struct page *page_path(struct app *app, const struct copy_path *path)
{
    return new_detail(app, path->source ? path->source : path->rule, path);
}

bool detail_shows(const struct page *p, uint32_t node, const struct copy_path *path)
{
    const struct detail *d = (const struct detail *)p;
    return path ? is_path(d, path) : !d->is_path && d->node == node;
}
