/* app: the dashboard: one loop, a stack of pages, the lines that never move.
 *
 * What is drawn comes from one snapshot: a generation and its judgement. A newer generation is judged on a
 * thread of its own; pages follow when it is ready, and keep what is under the cursor under the eye. Drawing
 * never waits. Everything here runs on the thread that owns the terminal. */
#ifndef KEYFALL_TUI_APP_H
#define KEYFALL_TUI_APP_H

#include "backend/cli/cli.h"
#include "backend/config/settings.h"
#include "backend/guard/guard.h"
#include "backend/judge/judge.h"
#include "backend/judge/paths.h"
#include "backend/refresh/refresh.h"
#include "backend/view/view.h"
#include "tui/keys/keys.h"
#include "tui/term/term.h"
#include "tui/views/hands.h"
#include "tui/views/worker.h"
#include "tui/wizards/wizard.h"

struct app_options {
    const char *what;        /* "demo", or the profiles: line 1 */
    const char *regions;     /* "all regions", or those that were chosen: line 1 */
    bool is_viewer, is_ascii, no_color;
    const struct export_scope *scope; /* what files say they were made of */
    bool is_kept;            /* the demo or a posture: nothing is asked of AWS */
    bool is_guest;           /* came over SSH: nothing may name a file */
    bool is_linear;          /* lines instead of a screen: no terminal is needed */
    const char *theme;       /* NULL: the one that was chosen last, else dark */
    const char *export_dir;  /* NULL: the working directory, off in viewer mode */
    int64_t fixed_now;       /* --now; 0: AWS's clock */
    const struct guards *guards; /* of a viewer; NULL */
    const struct settings *settings; /* keyfall.conf */
    const struct cli_options *cli;   /* whose doors a wizard goes through */
};

/* Runs until the user quits. Fails with a sentence before anything is drawn (no terminal ...). */
NODISCARD enum err_code app_run(const struct app_options *options, const struct session *session,
                                struct err *err);

/* ---- for the pages ------------------------------------------------------------------------------- */

/* How much of each kind there is. */
struct tally {
    uint32_t counts[KIND_COUNT];
    bool at_least[KIND_COUNT]; /* a list of the kind was not seen whole */
    bool is_seen[KIND_COUNT];  /* a list of the kind was seen, be it empty */
    uint32_t lists_seen;       /* in regions, of any kind; be they outside the scope */
};

/* The calls that a service does not answer now. What is denied will stay so: that is a blind spot only. */
struct failing {
    const struct blind_spot *worst; /* NULL: none fails; else the one that is silent longest, old rows first */
    size_t n, n_stale;
};

/* A judged generation, or what of it is in a scope. Counted: the app holds one, so does every job that reads it. */
struct snapshot {
    _Atomic int refs;
    struct snapshot *judged;   /* whose generation and judgement these are; NULL: its own */
    const struct generation *generation;
    struct judgement *judgement;
    int64_t now_utc;
    bool is_whole;             /* the first read was over: until then what is not there may come */
    struct view_scope scope;   /* of tally, posture and all that is selected */
    struct tally tally;
    struct failing failing;
    struct posture *posture;   /* what the overview tells; made with it */
};
struct snapshot *snapshot_retain(struct snapshot *s);
void snapshot_release(struct snapshot *s); /* NULL is fine */
/* For all that is read or selected of it. */
struct view_context snapshot_context(const struct snapshot *s, struct arena *scratch);

struct page;
struct page_ops {
    enum key_context context;
    void (*draw)(struct page *p, struct grid *g, struct rect body);
    bool (*act)(struct page *p, enum action action);     /* false: not mine */
    void (*renew)(struct page *p);                       /* another snapshot is current; NULL: nothing */
    void (*place)(struct page *p, struct buf *out);      /* its word in line 1: "keys" */
    void (*marked)(struct page *p, struct buf *out);     /* the full name of the row of the cursor */
    void (*copied)(struct page *p, struct buf *out);     /* what y copies; NULL: the node's ARN */
    uint32_t (*node)(struct page *p);                    /* of that row; 0: none */
    const uint32_t *(*marks)(struct page *p, size_t *n); /* records that are marked; NULL: none can be */
    bool (*has_row)(struct page *p);                     /* NULL: when it has a node */
    void (*row_text)(struct page *p, struct buf *out);   /* that row, for the clipboard; may be NULL */
    const char *(*filter)(struct page *p);               /* NULL: cannot be filtered */
    void (*set_filter)(struct page *p, const char *text);
    bool (*take)(struct page *p, const struct event *ev); /* a field of its own takes keys first; false: not
                                                            mine; may be NULL */
    /* What keys do while letters go into such a field; NULL: they do not. May be NULL itself. */
    const struct key_hint *(*typing)(struct page *p, size_t *n);
    const char *view;                                    /* of the tab that is in front; NULL: none */
    bool (*mouse)(struct page *p, struct rect body, const struct event *ev); /* may be NULL */
    void (*free)(struct page *p);
};
struct page {
    const struct page_ops *ops;
    struct app *app;
    struct page *below; /* the stack */
    const char *tab;    /* view name of the tab in front */
};

/* Something over the page that takes all keys while it is there. */
struct overlay {
    void (*draw)(struct overlay *o, struct grid *g, struct rect body);
    bool (*take)(struct overlay *o, const struct event *ev); /* false: it is over, and is freed */
    void (*free)(struct overlay *o);
};

struct app {
    const struct app_options *options;
    struct estate *estate;
    struct refresh *refresh;
    struct store *store;               /* NULL: nothing is kept */
    struct past past;                  /* since when things are known */
    struct worker *judging, *sorting;
    struct snapshot *snapshot;         /* NULL until the first is judged */
    struct first_screen *earlier;      /* what the overview tells until then; NULL: nothing is known */
    struct arena *frame;               /* cells' texts; emptied before each frame */
    struct refresh_status status;
    struct keymap keys;
    struct theme theme;
    char *theme_kept, *theme_shown;    /* names; they differ while one is looked at */
    struct hands hands;
    struct wizarding *wizard;          /* tui/wizards; NULL until the first */
    struct view_scope scope;           /* that is wanted; the snapshot's is on the screen */
    struct overlay *overlay;           /* owned; NULL: none */
    struct grid grid;
    struct page *top;
    char *last_place;                  /* panel that was left last */
    enum { INPUT_NONE, INPUT_FILTER, INPUT_COMMAND, INPUT_SWALLOW } input; /* the last: a filter was typed where
                                                                              there is none */
    struct prompt filter_prompt, command_prompt;
    char *filter_before;               /* what esc brings back */
    char *last_filter;
    char *stem;                        /* what stands before the word that is completed; NULL: none is */
    VEC(char *) completions;           /* owned */
    size_t completion;                 /* which of them is in the prompt */
    struct help help;
    struct help_item *help_items;
    VEC(char *) wrong_lines;           /* of keyfall.conf: "FILE:LINE:COLUMN: why it does not count"; owned */
    struct buf marked;                 /* name of the row where the cursor rested last */
    char message[256];
    enum role message_role;
    bool is_quitting, is_dirty, is_frozen, is_ascii;
    bool is_judging, has_newer;        /* a snapshot is on its way; a newer generation waits until it is there, or none
                                          would ever come where they are published sooner than they are judged */
    int64_t last_key_ms, redraw_at_ms;  /* monotonic; 0: no redrawing is due */
    int64_t started_ms;                /* monotonic */
    int64_t offline_since_utc;
    int64_t read_settings_utc;         /* when keyfall.conf was */
    uint64_t calls_before;             /* of the reading that the user asked for: it is over when there are
                                          more and none waits */
    bool is_asked;                     /* that reading is not over yet */
};

/* snapshot.c: has the newest generation judged, or what we have confined to the scope that is wanted, unless it is what
 * we have; pages are renewed when it is done. */
void app_judge_newest(struct app *app);
struct view_context app_context(struct app *app);
void app_push(struct app *app, struct page *page);
void app_replace(struct app *app, struct page *page); /* the whole stack */
void app_back(struct app *app);
void app_say(struct app *app, enum role role, const char *fmt, ...) PRINTF_LIKE(3, 4);
void app_go(struct app *app, const char *view, const char *filter); /* a list; "overview" */
void app_open_node(struct app *app, uint32_t node);                 /* its detail */
/* A key, what an alias means, or the key that something is under; 0: none is known. With a snapshot. */
uint32_t app_key_of(struct app *app, uint32_t node);
int64_t app_now(const struct app *app);
/* Whether what is shown is not yet all that the first read brings. */
static inline bool app_is_reading(const struct app *app)
{
    return !app->snapshot || !app->snapshot->is_whole;
}
/* Of what is shown: the snapshot's, else what is known of earlier; NULL. */
const struct tally *app_tally(const struct app *app);
unsigned app_have(struct app *app); /* enum key_need bits */
/* Whether no key came for a moment; if one did, the screen is drawn again when it is over. */
bool app_rested(struct app *app);
void app_act(struct app *app, enum action action);
/* move.c: the keys that move a cursor, the same on every page. False: the action is none of them. */
bool action_motion(enum action action, enum scroll_motion *motion);
bool action_scroll(enum action action, struct scroll *scroll, size_t n, size_t page);
const char *severity_mark(enum severity severity); /* "C" ... ".", as in every first column */

/* Writes the rows of a selection to a new CSV file in the export folder, and says where. */
/* columns: names with commas between; NULL: all. */
void app_export(struct app *app, const struct view *view, const char *columns, struct snapshot *snapshot,
                const struct selection *selection);
void app_export_all(struct app *app); /* every view, into a folder */

struct page *page_overview(struct app *app);
struct page *page_list(struct app *app, const char *view, const char *filter);
/* Only what a filter leaves, whatever the user types later; label (line 1) says what that is. */
struct page *page_list_in(struct app *app, const char *view, const char *scope, const char *label);
struct page *page_list_saved(struct app *app, const struct saved_view *v);
struct page *page_detail(struct app *app, uint32_t node);
struct page *page_path(struct app *app, const struct copy_path *path);
/* Whether a page of one of these two is of this record, or of this path (NULL: none). */
bool detail_shows(const struct page *detail, uint32_t node, const struct copy_path *path);
struct page *page_impact(struct app *app, const uint32_t *nodes, size_t n); /* of all together; n is not 0 */
struct page *page_impact_statement(struct app *app, uint32_t key, size_t statement); /* of its policy, from 1 on */
/* What hangs on them, hop by hop; of one that is under a key, on that key. */
struct page *page_chain(struct app *app, const uint32_t *nodes, size_t n);
struct page *page_errors(struct app *app, const struct blind_spot *at); /* the cursor's; NULL: the newest */
struct page *page_products(struct app *app);
struct page *page_copy_matrix(struct app *app);
struct page *page_logins(struct app *app);
void logins_notice(struct app *app, struct rect r); /* one line, if something waits for a person */
struct page *page_policy(struct app *app, uint32_t node);
struct page *page_guards(struct app *app);
/* diff.c: what changed since a posture file, a CSV of a view, or a time that the store remembers. */
void diff_open(struct app *app, const char *old);
/* For line 1: what a viewer gave up, and what it could not; "" if there is no viewer. */
void guards_words(const struct app *app, struct buf *out);
struct page *page_who(struct app *app, uint32_t node); /* NULL: it is no key, and under none that is known */

/* app.c, for linear.c, which has the loop instead: what the app waits for beside its user, what it does when some
 * of it came, what a key does, and the picture of now in app->grid. */
#define APP_FDS 4
void app_listen(const struct app *app, struct pollfd fds[APP_FDS]);
void app_hear(struct app *app, const struct pollfd fds[APP_FDS]);
void app_event(struct app *app, const struct event *ev);
void app_compose(struct app *app, int w, int h);
/* linear.c: until the user quits or standard input ends. */
void linear_run(struct app *app);

/* The overlay that is there is freed. */
void app_cover(struct app *app, struct overlay *overlay);

/* chooser.c: one of several things, in a box. The names are not empty and differ. */
struct choice {
    const char *title;
    void (*look)(struct app *app, const char *name);   /* the cursor went there; may be NULL */
    void (*choose)(struct app *app, const char *name);
    void (*leave)(struct app *app);                    /* nothing was chosen; may be NULL */
};
struct choice_item {
    char *name, *detail;
};
void app_choose(struct app *app, const struct choice *choice, struct choice_item *items, size_t n,
                size_t at); /* takes items and their texts */

/* look.c: which theme is on. */
enum err_code look_start(struct app *app, struct err *err);
void look_keep(struct app *app, const char *name);
void look_back(struct app *app); /* to the one that was kept */
void look_next(struct app *app);
void look_choose(struct app *app);
void look_while_typing(struct app *app, const char *line); /* after ':' */

/* scope.c: by names and numbers of accounts and Regions; "all", or nothing, takes it off. Pages stay: they show what
 * is in it. What falls with something, and who may use it, is told of everything. */
void scope_set(struct app *app, const char *words);
void scope_offer(struct app *app, void (*offer)(struct app *app, const char *begin, const char *word), const char *begin);
/* What is on the screen, as a filter, and in words; NUL-terminated then, "" for everything. */
void scope_filter(const struct snapshot *s, struct buf *out);
void scope_label(const struct snapshot *s, struct buf *out);

/* saved.c: lists that are to be found again. Each says what it did. */
void saved_save(struct app *app, const char *name);
void saved_open(struct app *app, const char *name); /* "": choose */
void saved_forget(struct app *app, const char *name);
/* Writes the hands down; says so if that is not possible. Nothing in viewer mode. */
void app_remember(struct app *app);

/* command.c: a line typed after ':'. */
void app_command(struct app *app, const char *line);
void app_complete(struct app *app, struct prompt *prompt);
void app_forget_completions(struct app *app); /* the next tab begins anew */

/* status.c: what is going on, drawn into the line above the last two of every page. */
void status_draw(struct app *app, int y);
struct failing status_failing(const struct snapshot *s); /* of its scope; once a snapshot, not for each picture */
/* Whether no list of any region was ever seen: then a page that would be empty says why. */
bool app_has_nothing(const struct app *app);
/* What was tried, what failed and what to type; while the first read goes on, how far it is. */
void nothing_draw(struct app *app, struct grid *g, struct rect body);

/* settings.c: binds the keys of keyfall.conf, and says if a line of it does not count. */
void app_take_settings(struct app *app);
/* A row of the page of errors for each such line: at most max. Returns how many. */
size_t app_config_errors(const struct app *app, struct refresh_error *out, size_t max);
/* The words of accounts where care is needed, those of them that are read; how many spans that are. */
#define CARE_SPANS 8
size_t app_care_words(const struct app *app, struct span *out, size_t max);

/* frame.c: line 1, the tabs, the two lines at the bottom. What they tell of the row of the cursor is that of
 * the page as it was drawn last, so the page comes first. */
void frame_draw(struct app *app);
static inline struct rect frame_body(const struct grid *g)
{
    return (struct rect){0, 3, g->w, g->h - 6};
}
void frame_click_tab(struct app *app, int x);

#endif
