/* verb: what the verbs share. Private to cli/. Adding a verb: a file with its run and check, a row in
 * verbs.c, a USED_BY bit here, the bit in the rows of the options that it takes. */
#ifndef KEYFALL_CLI_VERB_H
#define KEYFALL_CLI_VERB_H

#include "backend/base/closest.h"
#include "backend/cli/cli.h"
#include "backend/judge/judge.h"

/* ---- verbs -------------------------------------------------------------------------------------------- */

enum {
    USED_BY_SCREEN = 1 << 0, /* no verb */
    USED_BY_EXPORT = 1 << 1,
    USED_BY_IMPACT = 1 << 2,
    USED_BY_IAM_POLICY = 1 << 3,
    USED_BY_CHECK = 1 << 4,
    USED_BY_ACCESS = 1 << 6,
    USED_BY_LOGIN = 1 << 8,
    USED_BY_WIZARD = 1 << 9,
    USED_BY_PLAN = 1 << 10,
    USED_BY_APPLY = 1 << 11,
    USED_BY_MANUAL = 1 << 15,
    USED_BY_CHANGES = USED_BY_WIZARD | USED_BY_APPLY, /* that ask AWS for what a plan hangs on */
    USED_BY_SNAPSHOT = 1 << 12,
    USED_BY_DIFF = 1 << 13,
    USED_BY_VERBS = USED_BY_EXPORT | USED_BY_IMPACT | USED_BY_CHECK | USED_BY_ACCESS
                    | USED_BY_SNAPSHOT | USED_BY_DIFF, /* that read an estate */
    USED_BY_ALL = USED_BY_VERBS | USED_BY_SCREEN,
    USED_BY_WIRE = USED_BY_ALL | USED_BY_LOGIN | USED_BY_CHANGES, /* that ask AWS */
    USED_BY_ANY = USED_BY_WIRE | USED_BY_IAM_POLICY | USED_BY_PLAN | USED_BY_MANUAL,
};

struct verb {
    const char *name;
    const char *usage;    /* what follows "keyfall NAME" */
    const char *what;     /* one line */
    const char *more;     /* what --help says below the options; "" */
    const char *operands; /* "TARGET"; NULL: it takes none */
    bool are_places;      /* the same operand twice is two */
    unsigned bit;
    bool by_guest;        /* who comes over SSH may ask for it: it reads, and no file is named */
    /* What can be told wrong before anything is read; ERR_USAGE, or ERR_IO for a file that cannot be made. */
    enum err_code (*check)(const struct cli_options *options, struct err *err);
    int (*run)(const struct cli_options *options);
};
const struct verb *verb_by_name(const char *name); /* NULL */
const struct verb *verb_at(size_t i);              /* NULL at the end */

enum err_code export_verb_check(const struct cli_options *options, struct err *err);
int export_verb_run(const struct cli_options *options);
enum err_code impact_verb_check(const struct cli_options *options, struct err *err);
int impact_verb_run(const struct cli_options *options);
enum err_code check_verb_check(const struct cli_options *options, struct err *err);
int check_verb_run(const struct cli_options *options);
enum err_code snapshot_verb_check(const struct cli_options *options, struct err *err);
int snapshot_verb_run(const struct cli_options *options);
enum err_code diff_verb_check(const struct cli_options *options, struct err *err);
int diff_verb_run(const struct cli_options *options);
enum err_code access_verb_check(const struct cli_options *options, struct err *err);
int access_verb_run(const struct cli_options *options);
enum err_code iam_policy_verb_check(const struct cli_options *options, struct err *err);
int iam_policy_verb_run(const struct cli_options *options);
enum err_code login_verb_check(const struct cli_options *options, struct err *err);
int login_verb_run(const struct cli_options *options);
enum err_code wizard_verb_check(const struct cli_options *options, struct err *err);
int wizard_verb_run(const struct cli_options *options);
enum err_code plan_verb_check(const struct cli_options *options, struct err *err);
int plan_verb_run(const struct cli_options *options);
enum err_code apply_verb_check(const struct cli_options *options, struct err *err);
int apply_verb_run(const struct cli_options *options);
enum err_code manual_verb_check(const struct cli_options *options, struct err *err);
int manual_verb_run(const struct cli_options *options);

/* ---- options ------------------------------------------------------------------------------------------ */

void options_help(FILE *out, unsigned used_by); /* a line an option */
/* A row of the table of options, for who tells of them; false at the end. */
struct option_told {
    const char *name, *brief, *value, *what, *choices; /* options.c; brief, value and choices may be NULL */
    unsigned used_by;
    bool is_repeatable;
};
bool option_told(size_t i, struct option_told *out);
/* Where a verb's result goes: -o; with --export-dir a plain name in that, for export_open. NULL: standard output.
 * *path is the caller's. In viewer mode only the export folder is written to. */
enum err_code options_output(const struct cli_options *options, char **path, struct err *err);
/* Writes the result there. */
typedef void output_fn(const void *ctx, FILE *out);
enum err_code output_write(const struct cli_options *options, output_fn *write, const void *ctx, struct err *err);
/* All that a verb does then: its exit status, what went wrong is told. */
int output_answer(const struct cli_options *options, output_fn *write, const void *ctx);
/* Which of a table's rows --format means, each beginning with its name; 0 without it, n_rows: none. */
size_t options_format(const struct cli_options *options, const void *rows, size_t row_bytes, size_t n_rows);
/* What is read and how it is reached: the caller's (mem_free). */
char *scope_text(const struct cli_options *options);

/* ---- an estate, read ---------------------------------------------------------------------------------- */

/* Before a viewer's guards: the programs that its credentials come from. The caller's (credentials_ahead_free). */
struct credentials_ahead *session_run_ahead(const struct cli_options *options);
/* A wire of one's own, for what reads no estate. *wire: the caller's (wire_free). */
NODISCARD enum err_code session_wire(const struct cli_options *options, struct wire **wire,
                                     struct err *err);
/* once: for verbs. session_close in any case. */
NODISCARD enum err_code session_open(const struct cli_options *options, bool once, struct session *s,
                                     struct err *err);
void session_close(struct session *s);

/* The estate once it was read. */
struct answer {
    const struct cli_options *options;
    const struct generation *generation;
    const struct judgement *judgement;
    struct arena *scratch;
    int64_t now_utc;
    bool is_cut_short; /* --timeout came first */
};
/* Opens, reads, judges, calls write (which returns the exit status), closes. */
int session_answer(const struct cli_options *options, int (*write)(const struct answer *a));

/* ---- words -------------------------------------------------------------------------------------------- */

/* "keyfall: " and the sentence, cleaned, on standard error. */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* A line of a verb's text, cleaned and cut at max bytes, for what it says is whatever somebody wrote. Empties *line. */
void put_line(FILE *out, size_t max, struct buf *line);

#endif
