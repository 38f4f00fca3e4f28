/* completion: what a shell needs to complete a line of keyfall. */
#include "backend/cli/manual.h"
#include "backend/cli/verb.h"

#include <string.h>

/* The words that a value may be, with blanks between; NULL: any. The caller's. */
static char *words_of(const struct cli_screen *screen, const struct option_told *o)
{
    struct buf out = {0};
    if (o->choices)
        return mem_strdup(o->choices);
    if (strcmp(o->name, "--view") == 0) {
        size_t n;
        const struct view *const *views = view_all(&n);
        for (size_t i = 0; i < n; i++)
            buf_printf(&out, "%s ", views[i]->name);
        buf_adds(&out, "all");
    }
    if (screen && strcmp(o->name, "--theme") == 0)
        for (size_t i = 0; screen->theme(i); i++)
            buf_printf(&out, "%s%s", i ? " " : "", screen->theme(i));
    return out.data ? buf_take(&out) : NULL;
}

static bool is_file(const struct option_told *o)
{
    return o->value && strcmp(o->value, "FILE") == 0;
}

static bool is_folder(const struct option_told *o)
{
    return o->value && strcmp(o->value, "DIR") == 0;
}

/* ---- bash ------------------------------------------------------------------------------------------- */

/* "--view) ...": what completes the value of an option. */
static void bash_value(const struct cli_screen *screen, const struct option_told *o, struct buf *out)
{
    char *words = words_of(screen, o);
    buf_printf(out, "    %s%s%s)", o->brief ? o->brief : "", o->brief ? " | " : "", o->name);
    if (words)
        buf_printf(out, " COMPREPLY=($(compgen -W '%s' -- \"$cur\"));", words);
    else if (is_file(o) || is_folder(o))
        buf_printf(out, " COMPREPLY=($(compgen -%c -- \"$cur\"));", is_file(o) ? 'f' : 'd');
    buf_adds(out, " return ;;\n");
    mem_free(words);
}

static void bash_options(unsigned bit, struct buf *out)
{
    struct option_told o;
    for (size_t i = 0; option_told(i, &o); i++)
        if (o.used_by & bit)
            buf_printf(out, " %s", o.name);
}

void manual_bash(const struct cli_screen *screen, struct buf *out)
{
    struct option_told o;
    buf_adds(out, "# Completion of keyfall for bash, made by: keyfall manual keyfall.bash\n"
                  "_keyfall()\n{\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' words i\n"
                  "    COMPREPLY=()\n"
                  "    case $prev in\n");
    for (size_t i = 0; option_told(i, &o); i++)
        if (o.value)
            bash_value(screen, &o, out);
    buf_adds(out, "    esac\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        case ${COMP_WORDS[i]} in\n        ");
    for (size_t i = 0; verb_at(i); i++)
        buf_printf(out, "%s%s", i ? " | " : "", verb_at(i)->name);
    buf_adds(out, ") verb=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n    case $verb in\n");
    for (size_t i = 0; verb_at(i); i++) {
        buf_printf(out, "    %s) words='", verb_at(i)->name);
        bash_options(verb_at(i)->bit, out);
        buf_adds(out, "' ;;\n");
    }
    buf_adds(out, "    *) words='");
    bash_options(USED_BY_SCREEN, out);
    for (size_t i = 0; verb_at(i); i++)
        buf_printf(out, " %s", verb_at(i)->name);
    buf_adds(out, "' ;;\n    esac\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                  "}\ncomplete -o default -F _keyfall keyfall keyfall-viewer\n");
}

/* ---- zsh -------------------------------------------------------------------------------------------- */

/* Inside of single quotes, and of brackets where a colon ends nothing. */
static void zsh_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else if (strchr("[]:\\", *text))
            buf_printf(out, "\\%c", *text);
        else
            buf_addc(out, *text);
    }
}

static void zsh_option(const struct cli_screen *screen, const struct option_told *o, const char *name, struct buf *out)
{
    char *words = words_of(screen, o);
    buf_printf(out, " \\\n        '%s%s[", o->is_repeatable ? "*" : "", name);
    zsh_text(out, o->what);
    buf_addc(out, ']');
    if (o->value) {
        buf_addc(out, ':');
        zsh_text(out, o->value);
        buf_addc(out, ':');
    }
    if (words)
        buf_printf(out, "(%s)", words);
    else if (is_file(o) || is_folder(o))
        buf_adds(out, is_file(o) ? "_files" : "_files -/");
    buf_addc(out, '\'');
    mem_free(words);
}

static void zsh_arguments(const struct cli_screen *screen, unsigned bit, struct buf *out)
{
    struct option_told o;
    buf_adds(out, "_arguments");
    for (size_t i = 0; option_told(i, &o); i++) {
        if (!(o.used_by & bit))
            continue;
        zsh_option(screen, &o, o.name, out);
        if (o.brief)
            zsh_option(screen, &o, o.brief, out);
    }
}

void manual_zsh(const struct cli_screen *screen, struct buf *out)
{
    buf_adds(out, "#compdef keyfall keyfall-viewer\n"
                  "# Completion of keyfall for zsh, made by: keyfall manual _keyfall\n"
                  "_keyfall() {\n    local -a verbs=(\n");
    for (size_t i = 0; verb_at(i); i++) {
        buf_printf(out, "        '%s:", verb_at(i)->name);
        zsh_text(out, verb_at(i)->what);
        buf_adds(out, "'\n");
    }
    buf_adds(out, "    )\n    case ${words[(r)(");
    for (size_t i = 0; verb_at(i); i++)
        buf_printf(out, "%s%s", i ? "|" : "", verb_at(i)->name);
    buf_adds(out, ")]} in\n");
    for (size_t i = 0; verb_at(i); i++) {
        buf_printf(out, "    %s) ", verb_at(i)->name);
        zsh_arguments(screen, verb_at(i)->bit, out);
        buf_adds(out, " \\\n        '*:argument:_files' ;;\n");
    }
    buf_adds(out, "    *) ");
    zsh_arguments(screen, USED_BY_SCREEN, out);
    buf_adds(out, " \\\n        '1:verb:{_describe verb verbs}' ;;\n    esac\n}\n_keyfall \"$@\"\n");
}

/* ---- fish ------------------------------------------------------------------------------------------- */

static void fish_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
}

static void fish_options(const struct cli_screen *screen, const char *when, unsigned bit, struct buf *out)
{
    struct option_told o;
    for (size_t i = 0; option_told(i, &o); i++) {
        if (!(o.used_by & bit))
            continue;
        char *words = words_of(screen, &o);
        buf_printf(out, "complete -c keyfall -n '%s' -l %s", when, o.name + 2);
        if (o.brief)
            buf_printf(out, " -s %s", o.brief + 1);
        if (o.value)
            buf_adds(out, is_file(&o) || is_folder(&o) ? " -r" : " -x");
        if (words)
            buf_printf(out, " -a '%s'", words);
        else if (is_folder(&o))
            buf_adds(out, " -a '(__fish_complete_directories)'");
        buf_adds(out, " -d '");
        fish_text(out, o.what);
        buf_adds(out, "'\n");
        mem_free(words);
    }
}

void manual_fish(const struct cli_screen *screen, struct buf *out)
{
    buf_adds(out, "# Completion of keyfall for fish, made by: keyfall manual keyfall.fish\n"
                  "complete -c keyfall-viewer -w keyfall\n");
    for (size_t i = 0; verb_at(i); i++) {
        buf_printf(out, "complete -c keyfall -n __fish_use_subcommand -f -a %s -d '", verb_at(i)->name);
        fish_text(out, verb_at(i)->what);
        buf_adds(out, "'\n");
    }
    fish_options(screen, "__fish_use_subcommand", USED_BY_SCREEN, out);
    for (size_t i = 0; verb_at(i); i++) {
        char *when = mem_printf("__fish_seen_subcommand_from %s", verb_at(i)->name);
        fish_options(screen, when, verb_at(i)->bit, out);
        mem_free(when);
    }
}
