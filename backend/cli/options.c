#include "backend/cli/about.h"
#include "backend/cli/verb.h"

#include "backend/aws/credentials_words.h"
#include "backend/aws/endpoint.h"
#include "backend/base/timefmt.h"
#include "backend/cli/guest.h"
#include "backend/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_VIEWER "keyfall-viewer"
#define DEFAULT_TIMEOUT_S 300
#define MAX_TIMEOUT_S 86400
#define MAX_ROWS 100000000

/* ---- forms: what is wrong with a value, NULL if nothing is ----------------------------------------------- */

static const char *profile_form(const char *value)
{
    return value[0] ? NULL : "is empty: name a profile of your AWS configuration";
}

static const char *region_form(const char *value)
{
    return endpoint_is_region(value) ? NULL : "is no region name: write it as eu-central-1";
}

static const char *role_form(const char *value)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-/";
    if (strncmp(value, "arn:", 4) == 0)
        return "is an ARN: give the role's name alone, it is looked for in every account";
    size_t len = strlen(value);
    if (len == 0 || len > 512 || strspn(value, allowed) != len)
        return "is no role name: letters, digits and _+=,.@-/ make one";
    return NULL;
}

static const char *url_form(const char *value)
{
    const char *host = strstr(value, "://");
    if ((strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0) || !host[3])
        return "is no endpoint: write it as https://host:port";
    host += 3;
    if (memchr(host, '@', strcspn(host, "/?#")))
        return "holds a user or password: leave them out, requests are signed";
    if (host[strcspn(host, "?# \t")])
        return "is no endpoint: write it as https://host:port, without ? and #";
    return NULL;
}

static const char *name_form(const char *value)
{
    return value[0] ? NULL : "is empty";
}

static const char *assignment_form(const char *value)
{
    const char *equals = strchr(value, '=');
    return equals && equals > value ? NULL : "is not NAME=VALUE";
}

static const char *severity_form(const char *value)
{
    enum severity s;
    return severity_parse(value, &s) && s != SEVERITY_NONE
               ? NULL
               : "is no severity: write critical, high, medium, low or info";
}

/* ---- the table ---------------------------------------------------------------------------------------- */

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_TIME, OPTION_BUDGET };

struct option {
    const char *name;  /* with its dashes */
    const char *brief; /* "-o"; NULL */
    const char *value; /* what it takes, for people; NULL: nothing */
    const char *what;
    const char *choices; /* what the value may be, with blanks between, for completion; NULL: more than a few words */
    unsigned used_by;
    enum option_type type;
    size_t at;         /* in struct cli_options */
    const char *(*form)(const char *value); /* NULL: anything */
    int64_t max;       /* of OPTION_NUMBER, from 1 */
    bool keeps_all;    /* of OPTION_LIST: what is given twice counts twice */
    bool by_guest;     /* who comes over SSH may say it too (guest.h): it names no file and no way in */
};
#define AT(member) .at = offsetof(struct cli_options, member)

static const struct option options[] = {
    {.name = "--profile", .value = "P", .type = OPTION_LIST, AT(profiles), .used_by = USED_BY_WIRE,
     .form = profile_form, .what = "read with this profile; may be given again for more accounts"},
    {.name = "--target", .value = "NAME", .type = OPTION_LIST, AT(targets), .used_by = USED_BY_ALL | USED_BY_CHANGES,
     .form = name_form, .what = "read this target of keyfall.conf; may be given again (default: all)"},
    {.name = "--region", .value = "R", .type = OPTION_LIST, AT(regions), .used_by = USED_BY_ALL | USED_BY_CHANGES,
     .form = region_form, .what = "only this region; may be given again (default: all that are enabled)"},
    {.name = "--org-role", .value = "NAME", .type = OPTION_TEXT, AT(org_role), .used_by = USED_BY_ANY,
     .form = role_form, .what = "also every active account of the organization, through this role"},
    {.name = "--endpoint-url", .value = "URL", .type = OPTION_TEXT, AT(endpoint_url),
     .used_by = USED_BY_WIRE, .form = url_form, .what = "what answers instead of AWS"},
    {.name = "--demo", .type = OPTION_FLAG, AT(is_demo), .used_by = USED_BY_ALL | USED_BY_WIZARD,
     .what = "a built-in estate, without AWS and network"},
    {.name = "--posture", .value = "FILE", .type = OPTION_TEXT, AT(posture), .used_by = USED_BY_ALL,
     .form = name_form, .what = "the estate that `keyfall snapshot` wrote, without AWS, network and credentials"},
    {.name = "--viewer", .type = OPTION_FLAG, AT(is_viewer), .used_by = USED_BY_ANY,
     .by_guest = true, .what = "nothing can be changed; so does the name keyfall-viewer"},
    {.name = "--forced-command", .type = OPTION_FLAG, AT(is_guest), .used_by = USED_BY_ANY,
     .what = "for sshd's ForceCommand: a viewer for whoever logs in, with what he asks for (docs/ssh.md)"},
    {.name = "--env", .value = "NAME=VALUE", .type = OPTION_LIST, AT(environment), .used_by = USED_BY_ANY,
     .form = assignment_form, .what = "with --forced-command, which drops all others; may be given again"},
    {.name = "--view", .value = "V", .type = OPTION_TEXT, AT(view), .used_by = USED_BY_EXPORT,
     .by_guest = true, .what = "whose rows; see below"},
    {.name = "--read", .type = OPTION_FLAG, AT(wants_read), .used_by = USED_BY_IAM_POLICY,
     .by_guest = true, .what = "what a whole refresh needs, --org-role's included if that is given"},
    {.name = "--wizard", .value = "NAME", .type = OPTION_TEXT, AT(wizard), .used_by = USED_BY_IAM_POLICY,
     .form = name_form, .by_guest = true, .what = "what a wizard needs"},
    {.name = "--action", .value = "A", .type = OPTION_TEXT, AT(action),
     .used_by = USED_BY_IMPACT | USED_BY_ACCESS,
     .by_guest = true,
     .what = "impact: what happens to the targets (default: the first that fits); access: kms:Decrypt ..."},
    {.name = "--fail-on", .value = "SEVERITY", .type = OPTION_TEXT, AT(fail_on),
     .used_by = USED_BY_CHECK | USED_BY_IMPACT, .form = severity_form, .choices = "critical high medium low info",
     .by_guest = true,
     .what = "critical, high, medium, low or info: what ends with 1 (check: high; impact: nothing does)"},
    {.name = "--rules", .type = OPTION_FLAG, AT(wants_rules), .used_by = USED_BY_CHECK,
     .by_guest = true, .what = "the rules themselves, with severity, controls and AWS's page; nothing is read"},
    {.name = "--format", .value = "F", .choices = "csv json text sarif", .type = OPTION_TEXT, AT(format),
     .used_by = USED_BY_VERBS & ~USED_BY_SNAPSHOT,
     .by_guest = true, .what = "csv or json; impact also text; check text, json or sarif"},
    {.name = "--filter", .value = "F", .type = OPTION_TEXT, AT(filter), .used_by = USED_BY_EXPORT,
     .by_guest = true, .what = "only rows that match"},
    {.name = "--redact", .type = OPTION_FLAG, AT(is_redacted), .used_by = USED_BY_EXPORT | USED_BY_SNAPSHOT,
     .by_guest = true,
     .what = "other names, accounts and ids than those there are, the same everywhere: it is judged alike, and names "
             "nobody"},
    {.name = "--columns", .value = "C,...", .type = OPTION_TEXT, AT(columns), .used_by = USED_BY_EXPORT,
     .form = name_form, .by_guest = true, .what = "only these columns, in this order"},
    {.name = "--key", .value = "K", .type = OPTION_TEXT, AT(key), .used_by = USED_BY_ACCESS, .form = name_form,
     .by_guest = true, .what = "the key: ARN, id or alias"},
    {.name = "--principal", .value = "P", .type = OPTION_TEXT, AT(principal), .used_by = USED_BY_ACCESS,
     .form = name_form, .by_guest = true, .what = "who: an ARN, an account, a service (default: all who are known)"},
    {.name = "--context", .value = "K=V", .type = OPTION_LIST, AT(context), .used_by = USED_BY_ACCESS,
     .form = name_form, .by_guest = true,
     .what = "a key of the request's context; ? as value: not known; may be given again"},
    {.name = "--policy-file", .value = "FILE", .type = OPTION_TEXT, AT(policy_file), .used_by = USED_BY_ACCESS,
     .form = name_form, .what = "a policy to put in the place of the key's"},
    {.name = "--diff", .type = OPTION_FLAG, AT(is_diff), .used_by = USED_BY_ACCESS,
     .what = "only what that policy would change"},
    {.name = "--flows", .type = OPTION_FLAG, AT(is_flows), .used_by = USED_BY_ACCESS,
     .by_guest = true,
     .what = "everybody's rights, the flows of services and products, and what each statement is for"},
    {.name = "--prevent", .type = OPTION_FLAG, AT(is_prevent), .used_by = USED_BY_ACCESS,
     .by_guest = true, .what = "what would stop the key's deletion, what would warn of it, and what that would break"},
    {.name = "--set", .value = "NAME=VALUE", .type = OPTION_LIST, AT(inputs), .used_by = USED_BY_WIZARD,
     .form = assignment_form, .keeps_all = true, .what = "what the wizard asks for; --help after its name lists it"},
    {.name = "--yes", .value = "PHRASE", .type = OPTION_LIST, AT(answers), .used_by = USED_BY_APPLY,
     .form = name_form, .keeps_all = true,
     .what = "the plan's phrase; given again: the answer to what a person does on the way"},
    {.name = "--resume", .type = OPTION_FLAG, AT(may_resume), .used_by = USED_BY_APPLY,
     .what = "take up again what was begun and did not end"},
    {.name = "--settle", .value = "SECONDS", .type = OPTION_NUMBER, AT(settle_s), .used_by = USED_BY_APPLY,
     .max = MAX_TIMEOUT_S, .what = "how long AWS may take to show what was done (60)"},
    {.name = "--batch", .type = OPTION_FLAG, AT(is_batch), .used_by = USED_BY_ACCESS,
     .by_guest = true, .what = "questions come as JSON lines; nothing is asked of AWS"},
    {.name = "--terraform-plan", .value = "FILE", .type = OPTION_TEXT, AT(terraform_plan), .used_by = USED_BY_IMPACT,
     .form = name_form, .what = "what `terraform show -json` wrote of a plan: keys that go, aliases, policies; -: stdin"},
    {.name = "--all", .type = OPTION_FLAG, AT(is_all), .used_by = USED_BY_IMPACT,
     .by_guest = true, .what = "every key by what it would take down, and what it is the only key of"},
    {.name = "--max", .value = "N", .type = OPTION_NUMBER, AT(max), .used_by = USED_BY_IMPACT | USED_BY_DIFF,
     .max = MAX_ROWS, .by_guest = true,
     .what = "list at most so many consequences, the worst, or changes of a kind; counts go over all"},
    {.name = "--output", .brief = "-o", .value = "FILE", .type = OPTION_TEXT, AT(output),
     .used_by = USED_BY_VERBS | USED_BY_IAM_POLICY | USED_BY_WIZARD | USED_BY_PLAN | USED_BY_MANUAL,
     .form = name_form,
     .by_guest = true, .what = "a file instead of standard output: it appears whole or not at all"},
    {.name = "--export-dir", .value = "DIR", .type = OPTION_TEXT, AT(export_dir), .used_by = USED_BY_ANY,
     .form = name_form, .what = "the folder that files are written to; the only one in viewer mode"},
    {.name = "--timeout", .value = "SECONDS", .type = OPTION_NUMBER, AT(timeout_s),
     .used_by = USED_BY_VERBS | USED_BY_LOGIN, .max = MAX_TIMEOUT_S,
     .by_guest = true, .what = "answer with what was read by then (300)"},
    {.name = "--budget", .value = "B", .type = OPTION_BUDGET, AT(budget), .used_by = USED_BY_ALL,
     .what = "ask AWS for no more than so many requests, dollars or both: 20000,0.25USD; of the dashboard: "
             "in an hour"},
    {.name = "--summary", .type = OPTION_FLAG, AT(wants_summary), .used_by = USED_BY_VERBS,
     .by_guest = true, .what = "tell on standard error what reading took: requests, time, cost"},
    {.name = "--no-store", .type = OPTION_FLAG, AT(has_no_store), .used_by = USED_BY_ALL,
     .what = "keep nothing for the next start, and show nothing of the last"},
    {.name = "--now", .value = "TIME", .type = OPTION_TIME, AT(now_utc), .used_by = USED_BY_ALL,
     .by_guest = true, .what = "what counts as now, as 2026-08-29T18:20:00Z"},
    {.name = "--theme", .value = "NAME", .type = OPTION_TEXT, AT(theme), .used_by = USED_BY_ALL,
     .form = name_form, .what = "colours of the dashboard"},
    {.name = "--no-color", .type = OPTION_FLAG, AT(no_color), .used_by = USED_BY_ALL,
     .by_guest = true, .what = "no colours"},
    {.name = "--ascii", .type = OPTION_FLAG, AT(is_ascii), .used_by = USED_BY_ALL,
     .by_guest = true, .what = "nothing but ASCII"},
    {.name = "--linear", .type = OPTION_FLAG, AT(is_linear), .used_by = USED_BY_SCREEN,
     .by_guest = true, .what = "the dashboard as lines, for screen readers: commands are typed as lines; ? lists them"},
    {.name = "--config", .value = "FILE", .type = OPTION_TEXT, AT(config_file), .used_by = USED_BY_ANY,
     .form = name_form, .what = "instead of ~/.config/keyfall/keyfall.conf; /dev/null: no settings"},
    {.name = "--print-config", .type = OPTION_FLAG, AT(wants_config), .used_by = USED_BY_ANY,
     .what = "every setting of keyfall.conf, what it means and what was given"},
    {.name = "--log", .value = "FILE", .type = OPTION_TEXT, AT(log_file), .used_by = USED_BY_ANY,
     .form = name_form, .what = "append what happens to a private file"},
    {.name = "--help", .brief = "-h", .type = OPTION_FLAG, AT(wants_help), .used_by = USED_BY_ANY,
     .by_guest = true, .what = "this"},
    {.name = "--version", .type = OPTION_FLAG, AT(wants_version), .used_by = USED_BY_ANY,
     .by_guest = true, .what = "the version"},
};
#define N_OPTIONS (sizeof options / sizeof *options)

bool option_told(size_t i, struct option_told *out)
{
    if (i >= N_OPTIONS)
        return false;
    const struct option *o = &options[i];
    *out = (struct option_told){o->name, o->brief, o->value, o->what, o->choices, o->used_by, o->type == OPTION_LIST};
    return true;
}

void options_help(FILE *out, unsigned used_by)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &options[i];
        if (!(o->used_by & used_by))
            continue;
        struct buf head = {0};
        buf_printf(&head, "%s%s%s%s%s", o->brief ? o->brief : "", o->brief ? ", " : "", o->name,
                   o->value ? " " : "", o->value ? o->value : "");
        (void)fprintf(out, "  %-20s  %s\n", head.data, o->what);
        buf_free(&head);
    }
}

/* ---- parsing ------------------------------------------------------------------------------------------ */

struct parsing {
    struct cli_options *out;
    char **argv;
    int argc, at;
    bool seen[N_OPTIONS];
    bool is_guest; /* the words are those of who came over SSH */
    struct err *err;
};

static void list_push(const char ***list, const char *item, bool keeps_all)
{
    size_t n = 0;
    for (; *list && (*list)[n]; n++)
        if (!keeps_all && strcmp((*list)[n], item) == 0) /* an account or a target given twice is one */
            return;
    *list = mem_resize(*list, n + 2, sizeof **list);
    (*list)[n] = item;
    (*list)[n + 1] = NULL;
}

static const struct option *option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const char *brief = options[i].brief;
        if ((strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            || (brief && strlen(brief) == len && memcmp(brief, name, len) == 0))
            return &options[i];
    }
    return NULL;
}

static enum err_code unknown_option(struct parsing *p, const char *name, size_t len)
{
    char *word = mem_strndup(name, len);
    struct closest c = {.wanted = word};
    for (size_t i = 0; i < N_OPTIONS; i++)
        closest_offer(&c, options[i].name);
    if (c.n > 0)
        (void)err_set(p->err, ERR_USAGE, "there is no option %s; did you mean %s?", word,
                      c.items[0].name);
    else
        (void)err_set(p->err, ERR_USAGE, "there is no option %s; keyfall --help lists them", word);
    closest_free(&c);
    mem_free(word);
    return ERR_USAGE;
}

static enum err_code wrong_value(struct parsing *p, const struct option *o, const char *value,
                                 const char *why)
{
    return err_set(p->err, ERR_USAGE, "%s \"%.80s\" %s", o->name, value, why);
}

static enum err_code set_number(struct parsing *p, const struct option *o, const char *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (strspn(value, "0123456789") != strlen(value) || end == value || errno != 0 || number < 1
        || number > o->max)
        return err_set(p->err, ERR_USAGE, "%s \"%.80s\" is no number from 1 to %lld", o->name, value,
                       (long long)o->max);
    *(int64_t *)(void *)((char *)p->out + o->at) = number;
    return ERR_OK;
}

static enum err_code set_time(struct parsing *p, const struct option *o, const char *value)
{
    int64_t utc;
    if (!time_parse_iso(value, &utc) || utc <= 0)
        return wrong_value(p, o, value, "is no time: write it as 2026-08-29T18:20:00Z");
    *(int64_t *)(void *)((char *)p->out + o->at) = utc;
    return ERR_OK;
}

static enum err_code set_budget(struct parsing *p, const struct option *o, const char *value)
{
    const char *why = budget_parse(value, (struct budget *)(void *)((char *)p->out + o->at));
    return why ? wrong_value(p, o, value, why) : ERR_OK;
}

static enum err_code set_value(struct parsing *p, const struct option *o, const char *value)
{
    const char *why = o->form ? o->form(value) : NULL;
    if (why)
        return wrong_value(p, o, value, why);
    char *place = (char *)p->out + o->at;
    switch (o->type) {
    case OPTION_LIST:
        list_push((const char ***)(void *)place, value, o->keeps_all);
        return ERR_OK;
    case OPTION_NUMBER:
        return set_number(p, o, value);
    case OPTION_TIME:
        return set_time(p, o, value);
    case OPTION_BUDGET:
        return set_budget(p, o, value);
    case OPTION_TEXT:
    case OPTION_FLAG:
        break;
    }
    *(const char **)(void *)place = value;
    return ERR_OK;
}

/* argv[at] begins with a dash. */
static enum err_code take_option(struct parsing *p)
{
    const char *word = p->argv[p->at];
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option *o = option_find(word, len);
    if (!o)
        return unknown_option(p, word, len);
    if (p->is_guest && !o->by_guest)
        return err_set(p->err, ERR_USAGE, "%s is not for who comes over SSH", o->name);
    p->seen[o - options] = true;
    if (o->type == OPTION_FLAG) {
        if (equals)
            return err_set(p->err, ERR_USAGE, "%s takes no value: write %s alone", o->name, o->name);
        *(bool *)((char *)p->out + o->at) = true;
        return ERR_OK;
    }
    if (equals)
        return set_value(p, o, equals + 1);
    const char *value = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
    if (!value)
        return err_set(p->err, ERR_USAGE, "%s needs a value: %s %s", o->name, o->name, o->value);
    if (strncmp(value, "--", 2) == 0)
        return err_set(p->err, ERR_USAGE, "%s needs a value, not %.80s: write %s=%.80s if that is meant",
                       o->name, value, o->name, value);
    p->at++;
    return set_value(p, o, value);
}

static void add_verbs(struct buf *out, unsigned used_by)
{
    for (size_t i = 0; verb_at(i); i++)
        if (verb_at(i)->bit & used_by)
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "", verb_at(i)->name);
}

static enum err_code unknown_verb(struct parsing *p, const char *word)
{
    struct buf known = {0};
    struct closest c = {.wanted = word};
    for (size_t i = 0; verb_at(i); i++)
        closest_offer(&c, verb_at(i)->name);
    add_verbs(&known, USED_BY_ANY);
    (void)err_set(p->err, ERR_USAGE, "there is no verb \"%.80s\"%s%s%s the verbs are %s", word,
                  c.n > 0 ? "; did you mean " : ";", c.n > 0 ? c.items[0].name : "",
                  c.n > 0 ? "?" : "", known.data);
    closest_free(&c);
    buf_free(&known);
    return ERR_USAGE;
}

static enum err_code take_operand(struct parsing *p)
{
    const char *word = p->argv[p->at];
    const struct verb *verb = p->out->verb;
    if (!verb) {
        p->out->verb = verb_by_name(word);
        if (p->out->verb && p->is_guest && !p->out->verb->by_guest)
            return err_set(p->err, ERR_USAGE, "%s is not for who comes over SSH", word);
        return p->out->verb ? ERR_OK : unknown_verb(p, word);
    }
    if (!verb->operands)
        return err_set(p->err, ERR_USAGE, "%s takes no \"%.80s\": keyfall %s %s", verb->name, word,
                       verb->name, verb->usage);
    if (word[0] == '\0')
        return err_set(p->err, ERR_USAGE, "a %s is empty: keyfall %s %s", verb->operands, verb->name,
                       verb->usage);
    list_push(&p->out->operands, word, verb->are_places);
    return ERR_OK;
}

/* An option may stand before its verb, so who uses it can be told only at the end. */
static enum err_code check_use(const struct parsing *p)
{
    const struct verb *verb = p->out->verb;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (!p->seen[i] || options[i].used_by & (verb ? verb->bit : USED_BY_SCREEN))
            continue;
        struct buf users = {0};
        add_verbs(&users, options[i].used_by);
        (void)err_set(p->err, ERR_USAGE, "%s goes with %s, not with %s", options[i].name, users.data,
                      verb ? verb->name : "the dashboard");
        buf_free(&users);
        return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err_code check_together(const struct parsing *p)
{
    const struct cli_options *o = p->out;
    bool has_budget = o->budget.requests || o->budget.nanousd;
    const char *live = o->profiles       ? "--profile"
                       : o->targets      ? "--target"
                       : o->org_role     ? "--org-role"
                       : o->endpoint_url ? "--endpoint-url"
                       : has_budget      ? "--budget"
                                         : NULL;
    const char *kept = o->is_demo ? "--demo" : o->posture ? "--posture" : NULL;
    if (o->is_demo && o->posture)
        live = "--posture";
    if (kept && live)
        return err_set(p->err, ERR_USAGE, "%s asks nobody, so %s has no place beside it: leave "
                       "one of them out", kept, live);
    if (o->posture && o->regions)
        return err_set(p->err, ERR_USAGE, "--posture holds the regions that were read: --filter region=%s chooses",
                       o->regions[0]);
    return ERR_OK;
}

static enum err_code take_all(struct parsing *p)
{
    bool only_operands = false;
    for (; p->at < p->argc; p->at++) {
        const char *word = p->argv[p->at];
        enum err_code code = ERR_OK;
        if (!only_operands && strcmp(word, "--") == 0)
            only_operands = true;
        else if (!only_operands && word[0] == '-' && word[1] != '\0')
            code = take_option(p);
        else
            code = take_operand(p);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static bool is_called_viewer(const char *program)
{
    size_t len = strlen(program), viewer = strlen(PROGRAM_VIEWER);
    return len >= viewer && strcmp(program + len - viewer, PROGRAM_VIEWER) == 0;
}

/* After the administrator's words, which go with whatever is asked for: those of who came over SSH. */
static enum err_code take_guest(struct parsing *p)
{
    struct cli_options *out = p->out;
    char *command = NULL;
    enum err_code code = guest_environment(out->environment, &command, p->err);
    memset(p->seen, 0, sizeof p->seen);
    out->is_viewer = true;
    if (code == ERR_OK && command)
        code = guest_words(command, &out->guest_words, p->err);
    mem_free(command);
    p->argv = out->guest_words;
    p->is_guest = true;
    for (p->argc = p->at = 0; p->argv && p->argv[p->argc]; p->argc++)
        continue;
    return code == ERR_OK ? take_all(p) : code;
}

enum err_code cli_parse(int argc, char **argv, struct cli_options *out, struct err *err)
{
    *out = (struct cli_options){.timeout_s = DEFAULT_TIMEOUT_S};
    struct parsing p = {.out = out, .argv = argv, .argc = argc, .at = 1, .err = err};
    enum err_code code = take_all(&p);
    if (code == ERR_OK && out->is_guest)
        code = take_guest(&p);
    if (code == ERR_OK)
        code = check_use(&p);
    if (code == ERR_OK)
        code = check_together(&p);
    out->is_viewer = out->is_viewer || (out->posture && !out->verb) || (argc > 0 && is_called_viewer(argv[0]));
    return code;
}

void cli_options_free(struct cli_options *o)
{
    settings_free((struct settings *)o->settings);
    if (o->about)
        about_free(o->about);
    mem_free(o->about);
    mem_free(o->targets);
    mem_free(o->profiles);
    mem_free(o->regions);
    mem_free(o->context);
    mem_free(o->inputs);
    mem_free(o->answers);
    mem_free(o->operands);
    mem_free(o->environment);
    credentials_words_free(o->guest_words);
    *o = (struct cli_options){0};
}

/* ---- what follows from them --------------------------------------------------------------------------- */

size_t options_format(const struct cli_options *o, const void *rows, size_t row_bytes, size_t n_rows)
{
    const char *name, *at = rows;
    for (size_t i = 0; o->format && i < n_rows; i++) {
        memcpy(&name, at + i * row_bytes, sizeof name);
        if (strcmp(name, o->format) == 0)
            return i;
    }
    return o->format ? n_rows : 0;
}

enum err_code options_output(const struct cli_options *o, char **path, struct err *err)
{
    *path = NULL;
    if (!o->output || strcmp(o->output, "-") == 0)
        return ERR_OK;
    if (!o->export_dir) {
        if (o->is_viewer)
            return err_set(err, ERR_USAGE, "the viewer writes no files: add --export-dir DIR, or leave "
                           "-o out for standard output");
        *path = mem_strdup(o->output);
        return ERR_OK;
    }
    if (strchr(o->output, '/') || strcmp(o->output, "..") == 0 || strcmp(o->output, ".") == 0)
        return err_set(err, ERR_USAGE, "-o \"%.80s\" is no plain name: files go to the folder of "
                       "--export-dir", o->output);
    *path = mem_strdup(o->output);
    return ERR_OK;
}

struct export_scope options_scope(const struct cli_options *o)
{
    if (o->about) {
        struct export_scope scope = o->about->scope;
        scope.source = "posture";
        return scope;
    }
    return (struct export_scope){.source = o->is_demo ? "demo" : "live",
                                 .profiles = o->profiles,
                                 .targets = o->targets,
                                 .org_role = o->org_role,
                                 .regions = o->regions,
                                 .endpoint_url = o->endpoint_url};
}
