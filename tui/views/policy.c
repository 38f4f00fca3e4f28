/* policy: the policy of a key or a vault, laid out. */
#include "backend/base/json.h"
#include "tui/views/app.h"
#include "tui/widgets/paragraph.h"

struct policy {
    struct page page;
    uint32_t node;
    char *text;
    int top, lines, rows;
};

static void policy_draw(struct page *p, struct grid *g, struct rect body)
{
    struct policy *v = (struct policy *)p;
    v->rows = body.h;
    struct rect r = {body.x + 1, body.y, body.w - 2, body.h};
    v->lines = paragraph_draw(g, r, ROLE_NORMAL, v->text, v->top);
}

static bool policy_act(struct page *p, enum action action)
{
    struct policy *v = (struct policy *)p;
    struct scroll s = {(size_t)v->top, (size_t)v->top};
    size_t n = (size_t)(v->lines > v->rows ? v->lines - v->rows + 1 : 1), rows = (size_t)v->rows;
    switch (action) { /* a text has no cursor: its top moves */
    case ACTION_UP:
        scroll_move(&s, SCROLL_UP, n, rows);
        break;
    case ACTION_DOWN:
        scroll_move(&s, SCROLL_DOWN, n, rows);
        break;
    case ACTION_HALF_UP:
    case ACTION_PAGE_UP:
        scroll_move(&s, SCROLL_PAGE_UP, n, rows);
        break;
    case ACTION_HALF_DOWN:
    case ACTION_PAGE_DOWN:
        scroll_move(&s, SCROLL_PAGE_DOWN, n, rows);
        break;
    case ACTION_FIRST:
        s.cursor = 0;
        break;
    case ACTION_LAST:
        s.cursor = n - 1;
        break;
    default:
        return false;
    }
    v->top = (int)s.cursor;
    return true;
}

static void policy_place(struct page *p, struct buf *out)
{
    (void)p;
    buf_adds(out, "policy");
}

static uint32_t policy_node(struct page *p)
{
    return ((struct policy *)p)->node;
}

static void policy_free(struct page *p)
{
    mem_free(((struct policy *)p)->text);
    mem_free(p);
}

static const struct page_ops policy_ops = {
    .context = KEYS_DETAIL,
    .draw = policy_draw,
    .act = policy_act,
    .place = policy_place,
    .node = policy_node,
    .free = policy_free,
};

/* The policy laid out, or why there is none. */
static char *policy_text(struct app *app, uint32_t node)
{
    struct record r;
    if (!generation_record(app->snapshot->generation, node, &r))
        return mem_strdup("This record was named by others and never seen itself.");
    if (r.kind != KIND_KEY && r.kind != KIND_VAULT)
        return mem_printf("A %s has no policy of its own.", kind_row(r.kind)->name);
    enum attr attr = r.kind == KIND_VAULT ? ATTR_VAULT_ACCESS_POLICY : ATTR_KEY_POLICY;
    struct value v = record_value(&r, attr);
    enum truth truth = record_facet(&r, attr_row(attr)->facet).truth;
    if (truth == TRUTH_LOADING || truth == TRUTH_NOT_ASKED)
        return mem_strdup("Reading the policy ...");
    if (v.is == VALUE_ABSENT)
        return mem_strdup(r.kind == KIND_VAULT ? "This vault has no access policy."
                                               : "AWS manages this key and its policy.");
    if (v.is == VALUE_UNKNOWN)
        return mem_strdup("The policy could not be read: ! shows why.");
    struct err err;
    cJSON *tree;
    if (json_parse(v.text, v.len, &tree, &err) != ERR_OK)
        return mem_printf("%s\n\n%s", err.text, v.text);
    char *printed = cJSON_Print(tree);
    cJSON_Delete(tree);
    struct buf text = {0};
    bool is_indent = true; /* cJSON sets tabs: two blanks in front of a line, one behind a colon */
    for (const char *c = printed ? printed : v.text; *c; c++) {
        if (*c == '\t')
            buf_adds(&text, is_indent ? "  " : " ");
        else
            buf_addc(&text, *c);
        is_indent = *c == '\n' || (is_indent && *c == '\t');
    }
    cJSON_free(printed);
    return buf_take(&text);
}

struct page *page_policy(struct app *app, uint32_t node)
{
    struct policy *v = mem_alloc(sizeof *v);
    v->page = (struct page){.ops = &policy_ops, .app = app};
    v->node = node;
    v->text = policy_text(app, node);
    return &v->page;
}
