/* pages: what the pages of a wizard share. Private to tui/wizards/. */
#ifndef KEYFALL_TUI_WIZARDS_PAGES_H
#define KEYFALL_TUI_WIZARDS_PAGES_H

#include "tui/views/app.h"
#include "tui/wizards/clerk.h"
#include "tui/wizards/form.h"
#include "tui/wizards/sheet.h"
#include "tui/wizards/wizard.h"

#include "tui/widgets/confirm.h"

enum stage { STAGE_CHOOSE, STAGE_INPUTS, STAGE_PREVIEW, STAGE_CONFIRM, STAGE_RUN, STAGE_COUNT };

struct stage_ops {
    const char *word;
    void (*draw)(struct wizarding *w, struct grid *g, struct rect body);
    bool (*act)(struct wizarding *w, enum action action);       /* false: not mine */
    bool (*take)(struct wizarding *w, const struct event *ev);  /* a field takes keys first; NULL: there is none */
    const struct key_hint *(*typing)(struct wizarding *w, size_t *n); /* app.h's; NULL: nothing is typed there */
    void (*news)(struct wizarding *w);                          /* the clerk has some; NULL: nothing to do */
};
extern const struct stage_ops choose_ops, inputs_ops, preview_ops, confirm_ops, run_ops;

/* The app's; NULL until the first. */
struct wizarding {
    struct app *app;
    struct clerk *clerk;
    enum stage stage;
    uint32_t node;                        /* the record that it is about; 0: none */
    VEC(const struct wizard *) offered;
    struct scroll chosen;                 /* of offered */
    const struct wizard *wizard;          /* NULL: not chosen, or not known yet of a run that is taken up again */
    struct form form;
    struct sheet preview, cli, run;
    bool may_resume;                      /* the plan is that of a run that began earlier */
    bool is_cli;                          /* the preview shows that */
    struct confirm confirm;
    char *confirm_text, *confirm_care;
    char *phrase;                         /* once it was typed */
    struct prompt answer;
    size_t showing;                       /* what of the run was brought into view last: make_sheet */
    bool is_collected;                    /* the end of the run was taken note of */
};

void stage_go(struct wizarding *w, enum stage stage);
/* A line at the bottom of the body, for what keys do while something is typed. */
void stage_hint(struct grid *g, struct rect *body, enum role role, const char *text);
/* Fills the sheets that preview shows. */
void preview_begin(struct wizarding *w);
void confirm_begin(struct wizarding *w);
/* Goes to the inputs of a wizard, those that the record gives filled in. */
void inputs_begin(struct wizarding *w, const struct wizard *wizard);
void run_begin(struct wizarding *w, bool may_resume);
/* The ARN in what a person is told to do, and what follows it; NULL: none. Between clerk_read and clerk_read_end. */
const char *told_arn(const struct clerk_news *news);

#endif
