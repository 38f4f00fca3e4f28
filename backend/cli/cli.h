/* cli: what a user types: options, the verbs that need no terminal, exit statuses.
 *
 * cli_main parses everything once, opens what is needed (wire, estate, refresh) and runs a verb, or the
 * screen it is given. Results go to standard output, everything else to standard error. The main thread
 * calls everything here. */
#ifndef KEYFALL_CLI_CLI_H
#define KEYFALL_CLI_CLI_H

#include "backend/aws/cost.h"
#include "backend/base/err.h"
#include "backend/config/settings.h"
#include "backend/estate/estate.h"
#include "backend/export/export.h"
#include "backend/guard/guard.h"
#include "backend/refresh/refresh.h"
#include "backend/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first that applies. */
enum cli_status {
    CLI_DONE = 0,
    CLI_BAD = 1,     /* answered, and the answer is bad; or the answer could not be written */
    CLI_USAGE = 2,   /* wrong usage */
    CLI_NOTHING = 3, /* nothing could be answered */
    CLI_BLIND = 4,   /* answered, with blind spots */
};

struct verb;
struct cli_options;

/* What is read, and what is known of earlier. */
struct session {
    struct estate *estate;
    struct refresh *refresh;
    struct store *store;      /* NULL: nothing is kept */
    struct err store_problem; /* why not; code ERR_OK: nobody asked for it */
    struct posture_past *kept; /* of a posture file; NULL */
    struct past past;         /* since when things are known, by either; zeroes: by nobody */
    struct buf summary;       /* what the last first screen told; empty: nothing is known */
};

/* A key of the dashboard, for the manual. */
struct cli_key {
    const char *group, *keys, *word, *help; /* "LOOK", "i", "impact", "what falls if this goes" */
};

/* The dashboard, and what it tells of itself. */
struct cli_screen {
    /* Returns the exit status; if err->text is not empty it is printed after it. The session's refresh is held
     * (refresh_begin). */
    int (*run)(const struct cli_options *options, const struct session *session, struct err *err);
    void (*each_key)(void (*tell)(void *ctx, const struct cli_key *key), void *ctx); /* group after group */
    const char *(*theme)(size_t i); /* built-in ones; NULL at the end */
};

/* Texts are argv's. */
struct cli_options {
    const struct verb *verb;       /* cli/verb.h; NULL: the screen */
    const struct cli_screen *screen; /* NULL: there is none */
    /* common */
    const char **profiles, **regions; /* NULL-ended, owned; NULL: not given */
    const char *org_role, *endpoint_url, *export_dir, *theme, *log_file; /* NULL */
    int64_t now_utc;               /* --now; 0: not given */
    int64_t timeout_s;
    const char *posture;           /* --posture: what is read instead of AWS; NULL */
    struct about *about;           /* what that says of itself, owned (about.h); NULL: no posture */
    const char *config_file;       /* --config; NULL: where config.h says */
    const char **targets;          /* --target, NULL-ended, owned; once configured: those of keyfall.conf that
                                      are read; NULL: none */
    const struct settings *settings; /* of keyfall.conf, owned; NULL until configured */
    bool is_guest;                 /* --forced-command: the words that follow are of who came over SSH */
    const char **environment;      /* --env: NAME=VALUE; NULL-ended, owned; NULL: none */
    char **guest_words;            /* NULL-ended, owned; NULL: none */
    const struct guards *guards;   /* of a viewer, once engaged; NULL */
    const struct credentials_ahead *ahead; /* what a viewer's programs printed; NULL */
    struct budget budget;          /* of a verb's run, or of each hour of the dashboard */
    bool wants_summary, wants_read, wants_config;
    bool is_demo, is_viewer, is_ascii, is_linear, no_color, wants_help, wants_version;
    bool has_no_store;             /* nothing is kept for the next start, and nothing of earlier is shown */
    bool is_redacted;              /* snapshot, export: with other names than those there are */
    bool is_batch;                 /* access: questions come on standard input */
    bool is_all;                   /* impact: every key */
    bool is_prevent;               /* access: what would stop the key's deletion */
    bool wants_rules;              /* check: the rules, not what they find */
    bool is_flows;                 /* access: who may do what, and which flows work */
    bool is_diff;                  /* access: only what --policy-file changes */
    const char *key, *principal, *policy_file; /* access; NULL */
    const char *terraform_plan;    /* impact; NULL */
    const char **context;          /* access: NAME=VALUE; NULL-ended, owned; NULL: none */
    const char **inputs;           /* wizard: NAME=VALUE; NULL-ended, owned; NULL: none */
    const char **answers;          /* apply: to its questions, in order; NULL-ended, owned; NULL: none */
    bool may_resume;               /* apply */
    int64_t settle_s;              /* apply; 0: not given */
    /* of a verb */
    const char *view, *format, *filter, *columns, *output, *action, *wizard, *fail_on; /* NULL */
    int64_t max;                   /* 0: not given */
    const char **operands;         /* NULL-ended, owned: TARGETs; NULL: none */
};

/* A desk (backend/change) with the doors that the options name. changes: its plans may run. is_cancelled and ctx as
 * desk_settings has them; NULL: never. *desk: desk_close in any case. The thread of the desk. */
struct desk;
NODISCARD enum err_code session_desk(const struct cli_options *options, bool changes, bool (*is_cancelled)(void *ctx),
                                     void *ctx, struct desk **desk, struct err *err);

/* The program. screen may be NULL (then a verb must be given). */
int cli_main(int argc, char **argv, const struct cli_screen *screen);

/* Options may stand before and after the verb, as "--name value" and "--name=value". Errors (ERR_USAGE) are
 * one sentence that says what to type. Call cli_options_free in any case. */
NODISCARD enum err_code cli_parse(int argc, char **argv, struct cli_options *out, struct err *err);
/* Reads keyfall.conf and fills in what the command line left open. What is wrong in the file is told on
 * standard error and left out. Fails only if a file or a target that was asked for is not there. */
NODISCARD enum err_code cli_configure(struct cli_options *options, struct err *err);
/* What files say they were made of. Texts are the options'. */
struct export_scope options_scope(const struct cli_options *options);
/* Reads what the posture file says of itself: what it is judged by and what counts as now come from there, --now
 * apart. */
NODISCARD enum err_code cli_open_posture(struct cli_options *options, struct err *err);
void cli_options_free(struct cli_options *options);

#endif
