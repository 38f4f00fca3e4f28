/* wizard: the pages of a guided change, the same for all wizards: choose, inputs, preview, confirm, run.
 *
 * There is one of them at a time, the app's: its pages can be left while a plan runs, and found again. The desk
 * is asked by a thread of its own (clerk.h); everything here runs on the thread that owns the terminal. */
#ifndef KEYFALL_TUI_WIZARDS_WIZARD_H
#define KEYFALL_TUI_WIZARDS_WIZARD_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct buf;

/* What fits the record; what goes on already, if a plan runs. node 0: all wizards. */
void wizard_open(struct app *app, uint32_t node);
/* "": all; "resume": the run that began last and did not end; "resume ID": that of the plan whose id begins so. */
void wizard_open_named(struct app *app, const char *name);
void wizard_offer(struct app *app, const char *begin, void (*offer)(struct app *app, const char *begin, const char *word));

int wizard_fd(const struct app *app); /* -1: none; readable when wizard_collect has something to do */
void wizard_collect(struct app *app);
bool wizard_is_running(const struct app *app);
bool wizard_shows_plan(const struct app *app);
/* Whether the program may end at once; else what is left is told, and it is asked. */
bool wizard_may_quit(struct app *app);
void wizard_free(struct app *app); /* stops what runs, where it can be taken up again */

#endif
