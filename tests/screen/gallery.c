/* gallery: every widget with made-up rows, to look at and to count bytes on. No AWS, no backend but
 * base. Keys are those of the program (tui/keys); 1-4 choose a page, T the theme, ~ ASCII. */
#include "tui/keys/keys.h"
#include "tui/term/term.h"
#include "tui/widgets/box.h"
#include "tui/widgets/confirm.h"
#include "tui/widgets/gauge.h"
#include "tui/widgets/mark.h"
#include "tui/widgets/matrix.h"
#include "tui/widgets/menu.h"
#include "tui/widgets/paragraph.h"
#include "tui/widgets/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400

enum page { PAGE_OVERVIEW, PAGE_LIST, PAGE_IMPACT, PAGE_GAUGES, PAGE_COUNT };
enum over { OVER_NONE, OVER_HELP, OVER_CONFIRM, OVER_MENU, OVER_FILTER };

static struct keymap keymap;

static struct {
    enum page page;
    enum over over;
    bool is_ascii, is_done;
    size_t theme, n_rows;
    struct table_state list, todo, impact;
    struct matrix_state matrix;
    struct tree tree;
    struct help help;
    struct help_item help_items[ACTION_COUNT];
    struct confirm confirm;
    struct menu menu;
    struct prompt filter;
    char message[160];
} app;

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *const key_rows[][8] = {
    {"C", "prod-backup", "prod-data", "euw1", "DEL 6d04h", "off", "462+", "~3m"},
    {"H", "orders-db", "prod-data", "euw1", "enabled", "off", "61", "~3m"},
    {"H", "payments-params", "prod-apps", "euw1", "enabled", "365d", "212", "~3m"},
    {"M", "old-db", "legacy", "use1", "DEL 27d11h", "off", "?", "~9m"},
    {"M", "(1f9c..77e2)", "sandbox", "use1", "disabled", "off", "0", "~3m"},
    {"L", "gdpr-archive-ünïcödé-日本語-long-alias", "prod-data", "apne1", "enabled", "365d", "17", "~3m"},
    {"I", "build-cache", "sandbox", "use1", "enabled", "off", "3", "~3m"},
    {".", "shared-vault-main", "shared-backup", "euw1", "enabled", "365d", "1904", "~3m"},
    {".", "tf-state", "audit", "euw1", "enabled", "365d", "2", "~3m"},
    {"?", "(8a01..c3d4)", "legacy", "use2", "?", "?", "?", "denied"},
    {"..", "(reading)", "sandbox", "use1", "..", "..", "..", ".."},
};
#define N_KEY_ROWS (sizeof key_rows / sizeof key_rows[0])

static const struct table_column key_columns[] = {
    {"alias", "ALIAS / ID", 16, 22, 0, TABLE_NAME},
    {"account", "ACCOUNT", 9, 14, 2, 0},
    {"region", "RGN", 4, 5, 3, 0},
    {"state", "STATE", 9, 11, 1, 0},
    {"rotation", "ROT", 4, 6, 5, 0},
    {"used_by", "USED BY", 7, 8, 1, TABLE_RIGHT},
    {"age", "AGE", 6, 6, 4, TABLE_RIGHT},
    {"arn", "ARN", 24, 76, 6, TABLE_MIDDLE},
    {"spec", "SPEC", 10, 17, 7, 0},
    {"owner", "OWNER", 10, 16, 8, 0},
};

static void key_row(void *ctx, size_t row, struct table_row *out)
{
    (void)ctx;
    out->severity = key_rows[row % N_KEY_ROWS][0];
    out->is_marked = row == 2 || row == 4;
    if (out->severity[0] == '?')
        out->role = ROLE_DENIED;
    if (strcmp(out->severity, "..") == 0)
        out->role = ROLE_LOADING;
}

static void key_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    const char *const *r = key_rows[row % N_KEY_ROWS];

    (void)ctx;
    if (column == 7) {
        snprintf(out->own, sizeof out->own,
                 "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-%012zx", row);
        out->text = out->own;
        out->role = ROLE_DIM;
    } else if (column > 7) {
        out->text = column == 8 ? "SYMMETRIC_DEFAULT" : "data-platform";
    } else {
        out->text = r[column + 1];
        if (column == 3 && strncmp(out->text, "DEL", 3) == 0)
            out->role = row % N_KEY_ROWS == 0 ? ROLE_SEV_CRITICAL : ROLE_SEV_MEDIUM;
    }
}

static const struct {
    int depth;
    const char *severity, *cells[5];
} impact_rows[] = {
    {0, "C", {"key prod-backup", "1", "6d04h", "gone for ever", "K1"}},
    {1, "C", {"vault prod-vault", "400", "now", "no restore, no copy", "K1 V2"}},
    {2, "C", {"EBS snapshots", "310", "now", "no restore; lost in 6d04h", "V2"}},
    {2, "C", {"RDS snapshots", "90", "now", "no restore; lost in 6d04h", "V2"}},
    {2, ".", {"copies in dr-vault", "12", "-", "safe: under key dr-main", "-"}},
    {1, "H", {"RDS instances", "3", "now", "2 stopped, terminal on 08-29", "R1"}},
    {2, "H", {"orders-db", "1", "now", "stopped 08-22 20:31Z", "R1"}},
    {2, "H", {"ledger-db", "1", "now", "stopped 08-22 20:34Z", "R1"}},
    {1, "H", {"backup plans", "1", "now", "every job fails since 08-22", "B1"}},
    {1, "M", {"SSM parameters", "58", "now", "cannot be decrypted", "P1"}},
    {1, "?", {"EBS volumes", "?", "?", "not checked: access denied", "A1"}},
};
#define N_IMPACT_ROWS (sizeof impact_rows / sizeof impact_rows[0])

static const struct table_column impact_columns[] = {
    {"dependent", "DEPENDENT", 18, 24, 0, TABLE_NAME},
    {"count", "COUNT", 5, 6, 1, TABLE_RIGHT},
    {"from", "FROM", 5, 6, 2, 0},
    {"what", "WHAT HAPPENS", 20, 32, 1, 0},
    {"remedy", "REMEDY", 6, 8, 3, TABLE_RIGHT},
};

static int impact_depth(void *ctx, size_t node)
{
    (void)ctx;
    return impact_rows[node].depth;
}

static void impact_row(void *ctx, size_t row, struct table_row *out)
{
    (void)ctx;
    out->severity = impact_rows[app.tree.visible[row]].severity;
    out->has_branch = true;
    tree_branch(&app.tree, row, &out->branch);
}

static void impact_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    (void)ctx;
    out->text = impact_rows[app.tree.visible[row]].cells[column];
    if (column == 3)
        out->role = out->text[0] == 's' && out->text[1] == 'a' ? ROLE_SAFE : ROLE_NORMAL;
}

static const char *const matrix_rows[][10] = {
    {"prod-data", "H 2", ".", ".", "C 3", ".", ".", "-", "-", "-"},
    {"prod-apps", ".", ".", "M 1", "H 4", ".", ".", "-", "-", "-"},
    {"shared-backup", "L 1", ".", ".", "M 2", ".", ".", "..", "..", "-"},
    {"legacy", "H 5", "?", "-", "-", "-", "-", "-", "-", "-"},
    {"sandbox", "M 9", "L 3", "-", ".", "-", "-", "-", "-", "-"},
    {"audit", ".", "-", "-", ".", "-", "-", "-", "-", "-"},
};
static const char *const matrix_columns[] = {"use1", "use2", "usw2", "euw1", "euw2",
                                             "euc1", "apn1", "aps1", "sae1"};

static void matrix_row_title(void *ctx, size_t row, struct table_cell *out)
{
    (void)ctx;
    out->text = matrix_rows[row][0];
}

static void matrix_column_title(void *ctx, size_t column, struct table_cell *out)
{
    (void)ctx;
    out->text = matrix_columns[column];
}

static void matrix_cell(void *ctx, size_t row, size_t column, struct table_cell *out)
{
    (void)ctx;
    out->text = matrix_rows[row][column + 1];
}

static const char *const todo_rows[][5] = {
    {"C", "KEY-DELETE-USED", "key prod-backup", "prod-data euw1", "cancel deletion"},
    {"C", "VAULT-KEY-DYING", "vault prod-vault", "prod-data euw1", "follows the key"},
    {"C", "PLAN-JOBS-FAIL", "plan nightly", "prod-data euw1", "follows the key"},
    {"H", "VAULT-NO-LOCK", "vault prod-vault", "prod-data euw1", "wizard: lock"},
    {"H", "COPY-NONE", "vault legacy-main", "legacy use1", "wizard: copy rule"},
    {"H", "PARAM-PLAIN", "/prod/etl/db-password", "prod-apps euw1", "review"},
    {"?", "9 not checked", "legacy use2", "denied", "! shows why"},
};
static const struct table_column todo_columns[] = {
    {"rule", "RULE", 15, 17, 1, 0},
    {"resource", "RESOURCE", 16, 22, 0, TABLE_NAME},
    {"where", "WHERE", 14, 16, 2, 0},
    {"remedy", "REMEDY", 10, 18, 3, 0},
};

static void todo_row(void *ctx, size_t row, struct table_row *out)
{
    (void)ctx;
    out->severity = todo_rows[row][0];
}

static void todo_cell(void *ctx, size_t row, int column, struct table_cell *out)
{
    (void)ctx;
    out->text = todo_rows[row][column + 1];
}

/* ---- pages --------------------------------------------------------------------------------------- */

static void draw_posture(struct grid *g, struct rect r)
{
    static const int64_t values[] = {9, 9, 10, 11, 11, 14, 14, 15, 20, 22, SPARK_UNKNOWN, 29, 31};
    const struct span counts[] = {
        {ROLE_SECTION, "FINDINGS  "}, {ROLE_SEV_CRITICAL, "C 3   "}, {ROLE_SEV_HIGH, "H 11   "},
        {ROLE_SEV_MEDIUM, "M 27   "}, {ROLE_SEV_LOW, "L 40   "},     {ROLE_UNKNOWN, "? 9 not checked"}};
    const struct {
        const char *what;
        uint64_t part, unknown, whole;
    } bars[] = {{"recovery points under your keys", 3214, 112, 3961},
                {"vaults locked (WORM)", 10, 2, 31},
                {"points copied to another account", 2258, 0, 3961}};
    int used = spans_draw(g, r.x, r.y, r.w, counts, 6);

    if (r.w - used > 26) {
        used += 2 + grid_put(g, r.x + used + 2, r.y, 20, ROLE_LABEL, "30 days ");
        spark_draw(g, r.x + used, r.y, 13, values, 13);
        grid_put(g, r.x + used + 14, r.y, 8, ROLE_SEV_HIGH, "+4");
    }
    for (int i = 0; i < 3 && i + 1 < r.h; i++) {
        int y = r.y + 1 + i, bar_w = r.w - 34 - 22;

        grid_put_fit(g, r.x, y, 33, ROLE_NORMAL, bars[i].what, 0);
        bar_draw(g, r.x + 34, y, bar_w, bars[i].part, bars[i].unknown, bars[i].whole);
        grid_printf(g, r.x + 34 + bar_w + 2, y, 5, ROLE_STRONG, "%3d%%",
                    (int)(100 * bars[i].part / bars[i].whole));
        grid_printf(g, r.x + 34 + bar_w + 8, y, 14, ROLE_DIM, "%d of %d", (int)bars[i].part,
                    (int)bars[i].whole);
    }
}

static void draw_deletions(struct grid *g, struct rect r)
{
    const struct {
        const char *severity, *name, *where, *breaks;
        int64_t left;
    } rows[] = {{"C", "prod-backup", "prod-data euw1", "400 rp", 6 * DAY + 4 * 3600},
                {"M", "old-db", "legacy use1", "? 2", 27 * DAY + 11 * 3600}};
    int ruler_w = r.w - 34 - 18;
    char left[COUNTDOWN_SIZE];

    grid_put(g, r.x + 3, r.y, 20, ROLE_HEADER, "KEY");
    grid_put(g, r.x + 17, r.y, 16, ROLE_HEADER, "WHERE");
    ruler_draw_head(g, r.x + 33, r.y, ruler_w, 30);
    grid_put_fit(g, r.x + r.w - 17, r.y, 8, ROLE_HEADER, "LEFT", FIT_RIGHT);
    grid_put_fit(g, r.x + r.w - 8, r.y, 8, ROLE_HEADER, "BREAKS", FIT_RIGHT);
    for (int i = 0; i < 2 && i + 1 < r.h; i++) {
        int y = r.y + 1 + i;

        grid_put(g, r.x + 1, y, 1, mark_role(rows[i].severity, ROLE_NORMAL), rows[i].severity);
        grid_put_fit(g, r.x + 3, y, 13, ROLE_NORMAL, rows[i].name, 0);
        grid_put_fit(g, r.x + 17, y, 15, ROLE_DIM, rows[i].where, 0);
        ruler_draw(g, r.x + 33, y, ruler_w, rows[i].left, 30, countdown_role(rows[i].left));
        countdown_text(rows[i].left, left);
        grid_put_fit(g, r.x + r.w - 17, y, 8, countdown_role(rows[i].left), left, FIT_RIGHT);
        grid_put_fit(g, r.x + r.w - 8, y, 8, mark_role(rows[i].breaks, ROLE_NORMAL), rows[i].breaks,
                     FIT_RIGHT);
    }
}

static const struct matrix matrix = {.n_rows = 6,
                                     .n_columns = 9,
                                     .corner = "WORST FINDING",
                                     .title_cols = 15,
                                     .cell_cols = 6,
                                     .row_title = matrix_row_title,
                                     .column_title = matrix_column_title,
                                     .cell = matrix_cell};

static void draw_overview(struct grid *g, struct rect r)
{
    const struct table todo = {todo_columns, 4, 7, NULL, todo_row, todo_cell, NULL};
    const struct table_look look = {.no_cursor = true};

    if (g->w < 100) {
        draw_posture(g, (struct rect){r.x + 1, r.y, r.w - 2, 4});
        draw_deletions(g, (struct rect){r.x, r.y + 5, r.w - 1, 3});
        matrix_draw(g, (struct rect){r.x, r.y + 9, r.w, r.h - 9}, &matrix, &app.matrix, true);
        return;
    }
    draw_posture(g, box_draw(g, (struct rect){r.x, r.y, r.w, 6}, "Posture", NULL, false));
    draw_deletions(g, box_draw(g, (struct rect){r.x, r.y + 6, r.w, 5}, "Deletions in progress", NULL,
                               false));
    matrix_draw(g, box_draw(g, (struct rect){r.x, r.y + 11, r.w, 9},
                            "Worst finding by account and region", NULL, true),
                &matrix, &app.matrix, true);
    table_draw(g, box_draw(g, (struct rect){r.x, r.y + 20, r.w, r.h - 20}, "What to do first",
                           "7 of 81", false),
               &todo, &app.todo, &look);
}

static void draw_list(struct grid *g, struct rect r)
{
    const struct table t = {key_columns, 10, app.n_rows, NULL, key_row, key_cell,
                            "No keys in 6 accounts, 9 regions."};
    const struct table_look look = {.is_focused = true};
    char footer[64];

    snprintf(footer, sizeof footer, "%zu of %zu", app.list.scroll.cursor + 1, app.n_rows);
    if (g->w < 100) {
        table_draw(g, r, &t, &app.list, &look);
        return;
    }

    int w = r.w * 6 / 10;
    struct rect side = {r.x + w, r.y, r.w - w, r.h};

    table_draw(g, box_draw(g, (struct rect){r.x, r.y, w, r.h}, "4 Keys 214", footer, true), &t,
               &app.list, &look);
    side = box_draw(g, side, "key prod-backup", NULL, false);
    paragraph_draw(g, side, ROLE_NORMAL,
                   "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n\n"
                   "A key awaiting deletion cannot be used now; after the date it never can be again.\n\n"
                   "State     PendingDeletion\nRotation  off\nPolicy    root and 2 roles",
                   0);
}

static void draw_impact(struct grid *g, struct rect r)
{
    const struct table t = {impact_columns, 5, app.tree.n_visible, NULL, impact_row, impact_cell, NULL};
    const struct table_look look = {.is_focused = true};

    if (g->w >= 100)
        r = box_draw(g, r, "IF key prod-backup IS DELETED (2026-08-29 18:20Z) THEN",
                     "C 400  H 4  M 58  safe 12  ? 1 kind", true);
    table_draw(g, r, &t, &app.impact, &look);
}

static void draw_gauges(struct grid *g, struct rect r)
{
    int y = r.y;

    for (int i = 0; i < ROLE_COUNT; i++) {
        int column = i / (r.h > 0 ? r.h : 1);

        grid_put(g, r.x + 1 + column * 18, y + i % r.h, 17, (enum role)i, role_word((enum role)i));
    }
}

static void draw_frame(struct grid *g)
{
    static const struct tab tabs[] = {
        {"1", "Overview", NULL, NULL},  {"2", "Accounts", "Accts", "6"}, {"3", "Regions", "Rgns", "9"},
        {"4", "Keys", NULL, "214"},       {"5", "Parameters", "Params", "1.2k"},
        {"6", "Vaults", NULL, "31+"},   {"7", "Products", "Prods", "3"}};
    const struct span left[] = {{ROLE_BRAND, " keyfall "}, {ROLE_DIM, " "},
                                {ROLE_SCOPE, "acme > all accounts > all regions > keys"}};
    const struct span right[] = {{ROLE_MODE_VIEWER, "VIEWER"}, {ROLE_DIM, "  14:02Z ~3m "}};
    struct key_hint hints[24];
    enum key_context context = app.page == PAGE_OVERVIEW ? KEYS_OVERVIEW
                               : app.page == PAGE_IMPACT ? KEYS_IMPACT
                                                         : KEYS_LIST;
    size_t n = keys_hints(&keymap, context, NEED_ALL, hints, 24);
    static const size_t active[PAGE_COUNT] = {0, 3, 3, 6};
    int body_y = g->w < 100 ? 3 : 2;
    struct rect body = {0, body_y, g->w, g->h - body_y - 2 - (g->w < 100)};

    spans_draw_ends(g, 0, 0, g->w, left, 3, right, 2);
    tabs_draw(g, 0, 1, g->w, tabs, 7, active[app.page]);
    if (g->w < 100) {
        grid_hline(g, 0, 2, g->w, ROLE_BORDER, GLYPH_H);
        grid_hline(g, 0, g->h - 3, g->w, ROLE_BORDER, GLYPH_H);
    }
    void (*const draws[PAGE_COUNT])(struct grid *, struct rect) = {draw_overview, draw_list,
                                                                   draw_impact, draw_gauges};
    draws[app.page](g, body);
    if (app.over == OVER_FILTER)
        prompt_draw(g, (struct rect){1, g->h - 2, g->w - 2, 1}, "/ ", &app.filter);
    else
        grid_put_fit(g, 1, g->h - 2, g->w - 2, ROLE_MESSAGE, app.message, FIT_MIDDLE);
    key_hints_draw(g, 1, g->h - 1, g->w - 2, hints, n);
    if (app.over == OVER_HELP)
        help_draw(g, body, &app.help);
    if (app.over == OVER_CONFIRM)
        confirm_draw(g, body, &app.confirm);
    if (app.over == OVER_MENU)
        menu_draw(g, body, &app.menu);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void say_row(void)
{
    size_t row = app.list.scroll.cursor;

    snprintf(app.message, sizeof app.message,
             "%s  arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-%012zx",
             key_rows[row % N_KEY_ROWS][1], row);
}

static void set_theme(void)
{
    size_t n = 0;
    char **names = theme_names(&n);
    struct theme theme;
    struct err err = {0};

    if (theme_load(names[app.theme % n], &theme, &err) == ERR_OK) {
        term_set_theme(&theme);
        snprintf(app.message, sizeof app.message, "theme %s: %.100s", theme.name, theme.suits);
    } else {
        snprintf(app.message, sizeof app.message, "%.150s", err.text);
    }
    theme_names_free(names, n);
}

static void move(struct grid *g, enum scroll_motion motion)
{
    struct table_look look = {0};
    struct rect body = {0, 3, g->w, g->w < 100 ? g->h - 6 : g->h - 6};

    if (app.page == PAGE_OVERVIEW)
        scroll_move(&app.matrix.rows, motion, 6, 6);
    else if (app.page == PAGE_IMPACT)
        scroll_move(&app.impact.scroll, motion, app.tree.n_visible, table_page(body, &look));
    else
        scroll_move(&app.list.scroll, motion, app.n_rows, table_page(body, &look));
}

static void act(struct grid *g, enum action action)
{
    static const struct {
        enum action action;
        enum scroll_motion motion;
    } motions[] = {{ACTION_UP, SCROLL_UP},           {ACTION_DOWN, SCROLL_DOWN},
                   {ACTION_HALF_UP, SCROLL_HALF_UP}, {ACTION_HALF_DOWN, SCROLL_HALF_DOWN},
                   {ACTION_PAGE_UP, SCROLL_PAGE_UP}, {ACTION_PAGE_DOWN, SCROLL_PAGE_DOWN},
                   {ACTION_FIRST, SCROLL_FIRST},     {ACTION_LAST, SCROLL_LAST}};

    for (size_t i = 0; i < sizeof motions / sizeof motions[0]; i++) {
        if (motions[i].action == action)
            move(g, motions[i].motion);
    }
    if (action >= ACTION_PANEL_1 && action <= ACTION_PANEL_4)
        app.page = (enum page)(action - ACTION_PANEL_1);
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        int by = action == ACTION_LEFT ? -1 : 1;
        const struct table t = {.columns = key_columns, .n_columns = 10};

        scroll_move(&app.matrix.columns, by < 0 ? SCROLL_UP : SCROLL_DOWN, 9, 9);
        table_scroll_columns(&t, &app.list, (struct rect){0, 0, g->w < 100 ? g->w : g->w * 6 / 10, 9}, by);
    }
    if (action == ACTION_FOLD) {
        size_t node = app.tree.visible[app.impact.scroll.cursor];

        tree_fold(&app.tree, node, !app.tree.is_folded[node]);
    }
    if (action == ACTION_SORT)
        app.list.sort_column = (app.list.sort_column + 1) % 7;
    if (action == ACTION_REVERSE)
        app.list.is_descending = !app.list.is_descending;
    if (action == ACTION_WIDE)
        app.list.is_wide = !app.list.is_wide;
    if (action == ACTION_THEME) {
        app.theme++;
        set_theme();
    }
    if (action == ACTION_ASCII)
        app.is_ascii = !app.is_ascii;
    if (action == ACTION_HELP)
        app.over = OVER_HELP;
    if (action == ACTION_IMPACT)
        app.over = OVER_CONFIRM;
    if (action == ACTION_HIDE_ZERO)
        app.over = OVER_MENU;
    if (action == ACTION_FILTER)
        app.over = OVER_FILTER;
    if (action == ACTION_MOUSE)
        term_set_mouse(!term_has_mouse());
    if (action == ACTION_COPY)
        snprintf(app.message, sizeof app.message, "%s",
                 term_copy(app.message, strlen(app.message)) == TERM_COPIED
                     ? "sent to the terminal's clipboard"
                     : "not sent");
    if (action == ACTION_REPAINT)
        term_repaint();
    if (action == ACTION_SUSPEND)
        term_suspend();
    if (action == ACTION_ERRORS)
        abort(); /* a crash to look at */
    app.is_done = app.is_done || action == ACTION_QUIT;
}

static void handle(struct grid *g, const struct event *ev)
{
    int action = 0;
    size_t chosen;

    if (ev->kind == EV_QUIT)
        app.is_done = true;
    if (ev->kind == EV_MOUSE) {
        snprintf(app.message, sizeof app.message, "mouse %d at %d,%d", (int)ev->button, ev->x, ev->y);
        return;
    }
    if (app.over == OVER_HELP) {
        enum help_result r = help_event(&app.help, ev, &action);

        if (r != HELP_OPEN)
            app.over = OVER_NONE;
        if (r == HELP_RUN)
            act(g, (enum action)action);
    } else if (app.over == OVER_CONFIRM) {
        if (confirm_event(&app.confirm, ev) != CONFIRM_OPEN)
            app.over = OVER_NONE;
    } else if (app.over == OVER_MENU) {
        if (menu_event(&app.menu, ev, &chosen) != MENU_OPEN)
            app.over = OVER_NONE;
    } else if (app.over == OVER_FILTER) {
        enum prompt_result r = prompt_event(&app.filter, ev);

        if (r == PROMPT_ACCEPTED || r == PROMPT_CANCELLED)
            app.over = OVER_NONE;
    } else if (ev->kind == EV_KEY) {
        enum key_context context = app.page == PAGE_IMPACT     ? KEYS_IMPACT
                                   : app.page == PAGE_OVERVIEW ? KEYS_OVERVIEW
                                                               : KEYS_LIST;

        act(g, keymap_find(&keymap, context, ev->key));
    }
}

static bool is_alt_key(int key)
{
    return keymap_uses(&keymap, key);
}

static void start_data(void)
{
    static const struct menu_item items[] = {{'1', "cancel the deletion", "2 calls", NULL},
                                             {'2', "copy to another vault", "310 calls", NULL},
                                             {'3', "write the plan", NULL, "off: no --export-dir"}};

    app.list.sort_column = 5;
    app.list.is_descending = true;
    app.impact.sort_column = app.todo.sort_column = -1;
    tree_build(&app.tree, N_IMPACT_ROWS, impact_depth, NULL);
    app.help.title = "KEYS for panel Keys";
    app.help.items = app.help_items;
    app.help.n = keys_help(&keymap, KEYS_LIST, NEED_ALL, app.help_items, ACTION_COUNT);
    app.confirm.title = "4 CONFIRM  5 steps, 404 calls, account prod-data 111122223333 eu-west-1";
    app.confirm.text = "This starts 400 copy jobs and changes backup plan nightly. Nothing is deleted. "
                       "Step 5 takes effect at the next run, 21:00Z.";
    app.confirm.ask = "Type the vault name to go on:";
    app.confirm.phrase = "prod-vault";
    app.menu.title = "Actions for key prod-backup";
    app.menu.items = items;
    app.menu.n = 3;
    say_row();
}

int main(int argc, char **argv)
{
    struct term_options options = {.is_alt_key = is_alt_key, .crash_hint = "the log is nowhere"};
    struct err err = {0};
    struct grid g;
    int w, h;

    keymap_default(&keymap);
    app.n_rows = argc > 1 ? strtoul(argv[1], NULL, 10) : N_KEY_ROWS;
    if (term_start(&options, &err)) {
        fprintf(stderr, "gallery: %s\n", err.text);
        return 3;
    }
    app.is_ascii = !term_is_utf8();
    start_data();
    if (term_notice()[0])
        snprintf(app.message, sizeof app.message, "%s", term_notice());
    term_set_title("keyfall gallery");
    term_size(&w, &h);
    grid_init(&g, w, h, app.is_ascii);
    while (!app.is_done) {
        struct event ev;

        g.is_ascii = app.is_ascii;
        term_size(&w, &h);
        grid_reset(&g, w, h);
        draw_frame(&g);
        term_flush(&g);
        (void)term_wait(NULL, 0, -1);
        while (term_next_event(&ev))
            handle(&g, &ev);
    }
    term_stop();
    grid_free(&g);
    tree_free(&app.tree);
    help_free(&app.help);
    confirm_free(&app.confirm);
    prompt_free(&app.filter);
    return 0;
}
