#include "backend/cli/manual.h"

#include "backend/base/roff.h"
#include "backend/base/version.h"
#include "backend/cli/verb.h"
#include "backend/collect/permissions.h"
#include "backend/config/config.h"

#include <stdlib.h>
#include <string.h>

static void paragraph(struct buf *out, const char *text)
{
    buf_adds(out, ".PP\n");
    roff_text(out, text);
    buf_addc(out, '\n');
}

static void write_synopsis(struct buf *out)
{
    roff_head(out, "SH", "SYNOPSIS");
    roff_lines(out, "keyfall [--demo] [--viewer] [--profile P]... [--region R]... [OPTION]...");
    for (size_t i = 0; verb_at(i); i++) {
        char *line = mem_printf("keyfall %s %s", verb_at(i)->name, verb_at(i)->usage);
        roff_lines(out, line);
        mem_free(line);
    }
}

static void write_options(struct buf *out, unsigned used_by, unsigned but)
{
    struct option_told o;
    for (size_t i = 0; option_told(i, &o); i++) {
        if (!(o.used_by & used_by) || o.used_by & but)
            continue;
        char *tag = mem_printf("%s%s%s", o.brief ? o.brief : "", o.brief ? ", " : "", o.name);
        roff_item(out, tag, o.value, o.what);
        mem_free(tag);
    }
}

/* Options that most verbs have stand once, under OPTIONS. */
static void write_verbs(struct buf *out)
{
    roff_head(out, "SH", "VERBS");
    for (size_t i = 0; verb_at(i); i++) {
        const struct verb *v = verb_at(i);
        char *title = mem_printf("keyfall %s", v->name);
        roff_head(out, "SS", title);
        mem_free(title);
        paragraph(out, v->what);
        write_options(out, v->bit, USED_BY_SCREEN);
        buf_adds(out, ".PP\n");
        roff_lines(out, v->more);
    }
}

struct keys_so_far {
    struct buf *out;
    const char *group;
};

static void write_key(void *ctx, const struct cli_key *key)
{
    struct keys_so_far *k = ctx;
    if (strcmp(key->group, k->group) != 0)
        roff_head(k->out, "SS", key->group);
    k->group = key->group;
    roff_item(k->out, key->keys, key->word, key->help);
}

static void write_keys(const struct cli_screen *screen, struct buf *out)
{
    struct keys_so_far k = {out, ""};
    roff_head(out, "SH", "KEYS");
    paragraph(out, "In the dashboard; the help (?) lists those that work where you are, and runs them. The word behind "
                   "a key is what [keys] of keyfall.conf(5) and the command line (:) call it.");
    screen->each_key(write_key, &k);
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const struct finding_row *const *)a)->id, (*(const struct finding_row *const *)b)->id);
}

static void write_findings(struct buf *out)
{
    size_t n;
    const struct finding_row *rows = finding_rows(&n), **sorted = mem_alloc_array(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &rows[i];
    qsort(sorted, n, sizeof *sorted, by_id);
    roff_head(out, "SH", "FINDINGS");
    for (size_t i = 0; i < n; i++) {
        const struct finding_row *r = sorted[i];
        char *note = mem_printf("%s %s", severity_word(r->severity), r->controls);
        char *text = mem_printf("%s. %s https://%s", r->title, r->remedy, r->page);
        roff_item(out, r->id, note, text);
        mem_free(note);
        mem_free(text);
    }
    mem_free(sorted);
}

static void write_views(struct buf *out)
{
    size_t n;
    const struct view *const *views = view_all(&n);
    roff_head(out, "SH", "VIEWS AND COLUMNS");
    for (size_t i = 0; i < n; i++) {
        roff_head(out, "SS", views[i]->name);
        paragraph(out, views[i]->what);
        for (size_t c = 0; c < views[i]->n_columns; c++)
            roff_item(out, views[i]->columns[c].name, NULL, views[i]->columns[c].help);
    }
}

static void write_actions(struct buf *out, const char *about, const action_vec *actions)
{
    struct buf list = {0};
    for (size_t i = 0; i < actions->n; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", actions->items[i]);
    paragraph(out, about);
    paragraph(out, list.data ? list.data : "none");
    buf_free(&list);
}

static void write_permissions(struct buf *out)
{
    action_vec actions = {0};
    roff_head(out, "SH", "PERMISSIONS");
    paragraph(out, "keyfall iam-policy --read prints them as a policy. What is denied becomes a blind spot that names "
                   "the action.");
    permissions_to_read(true, &actions);
    write_actions(out, "A whole refresh, the organization's accounts included (and sts:AssumeRole of their role):",
                  &actions);
    permissions_on_demand(&actions);
    write_actions(out, "For the row in hand:", &actions);
    VEC_FREE(actions);
}

static void write_rest(struct buf *out)
{
    static const struct {
        const char *status, *what;
    } statuses[] = {
        {"0", "done"},
        {"1", "the answer is bad, or could not be written"},
        {"2", "wrong usage"},
        {"3", "nothing could be answered: no credentials, nothing reachable"},
        {"4", "answered, with blind spots"},
    };
    roff_head(out, "SH", "EXIT STATUS");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        roff_item(out, statuses[i].status, NULL, statuses[i].what);
    roff_head(out, "SH", "ENVIRONMENT");
    roff_item(out, "AWS_*", NULL, "credentials, profile, region and endpoints, as the AWS CLI reads them");
    roff_item(out, "NO_COLOR", NULL, "no colours: bold, underline and reverse only");
    roff_item(out, "TERM, LANG, LC_ALL", NULL, "an unknown terminal is told and taken for another; without UTF-8 "
                                               "everything is ASCII");
    roff_item(out, "XDG_CONFIG_HOME", NULL, "where the folder keyfall with keyfall.conf is (~/.config)");
    roff_head(out, "SH", "FILES");
    roff_item(out, "~/.config/keyfall/keyfall.conf", NULL, "settings: keyfall.conf(5)");
    roff_item(out, "~/.config/keyfall/screen.conf", NULL, "what the dashboard remembers: theme, columns, saved views");
    roff_item(out, "~/.config/keyfall/themes/NAME.theme", NULL, "themes of your own");
    roff_head(out, "SH", "SEE ALSO");
    roff_text(out, "keyfall.conf(5), aws(1)\n");
}

void manual_page(const struct cli_screen *screen, struct buf *out)
{
    roff_begin(out, "keyfall", "1", KEYFALL_VERSION, "see what falls before a key does");
    write_synopsis(out);
    roff_head(out, "SH", "DESCRIPTION");
    roff_text(out, "Shows how every backup of an AWS estate is encrypted, and what stops working if a KMS key, an alias, "
                   "a grant, a policy statement, a parameter, a vault or an account goes away. Without a verb it is a "
                   "dashboard; the verbs answer the same questions for pipelines.\n");
    paragraph(out, "What could not be seen is never shown as safe: it is counted, exported, and turns an answer into "
                   "unknown. Called as keyfall-viewer, or with --viewer, nothing can be changed.");
    roff_head(out, "SH", "OPTIONS");
    paragraph(out, "Of the dashboard, and of most verbs; keyfall VERB --help lists those of one.");
    write_options(out, USED_BY_SCREEN, 0);
    write_verbs(out);
    if (screen)
        write_keys(screen, out);
    write_findings(out);
    write_views(out);
    write_permissions(out);
    write_rest(out);
}

void manual_conf(const struct cli_screen *screen, struct buf *out)
{
    (void)screen;
    roff_begin(out, "keyfall.conf", "5", KEYFALL_VERSION, "settings of keyfall");
    roff_head(out, "SH", "DESCRIPTION");
    roff_text(out, "Looked for in $XDG_CONFIG_HOME/keyfall, else in ~/.config/keyfall, or named by --config. Sections "
                   "in brackets, a setting a line, remarks on lines that begin with #. A wrong line is told with file, "
                   "line and column and does not count; the rest does. What is typed on the command line wins.\n");
    paragraph(out, "keyfall --print-config prints every setting with what was given; that is such a file.");
    roff_head(out, "SH", "SETTINGS");
    config_manual(out);
    roff_head(out, "SH", "SCREEN.CONF");
    roff_text(out, "Beside it, and written by the dashboard: [screen] theme; [columns PANEL] show = COLUMN:WIDTH ...; "
                   "[view NAME] panel, filter, sort (-COLUMN: from the largest), show, scope.\n");
    roff_head(out, "SH", "THEMES");
    roff_text(out, "A file themes/NAME.theme: [theme] with name, author, for, ground and ink; [roles] with a row a "
                   "role, as sev_high = #ff8800/208/yellow default bold: the text's colour, its ground's, and any of "
                   "bold dim italic underline reverse. Alternatives for terminals with more or fewer colours are "
                   "joined by /. The themes that keyfall brings are installed as examples.\n");
    roff_head(out, "SH", "SEE ALSO");
    roff_text(out, "keyfall(1)\n");
}
