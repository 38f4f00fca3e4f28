#include "backend/cli/guest.h"

#include "backend/aws/credentials_words.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COMMAND_BYTES 8192
#define MAX_VALUE_BYTES 64

/* All other variables are dropped: AWS_*, KEYFALL_*, XDG_*, proxies, certificates, terminal descriptions, locale
 * folders, whatever the libraries below know. */
static const struct {
    const char *name;
    bool is_guests; /* from his side: a plain word or nothing */
} kept[] = {
    {"HOME", false}, {"USER", false},   {"LOGNAME", false},  {"PATH", false},      {"TERM", true},
    {"LANG", true},  {"LC_ALL", true},  {"LC_CTYPE", true},  {"COLORTERM", true},  {"NO_COLOR", true},
};
#define N_KEPT (sizeof kept / sizeof *kept)

static bool is_plain(const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@+";
    size_t len = strlen(value);
    return len <= MAX_VALUE_BYTES && strspn(value, plain) == len;
}

static void take_kept(char *values[N_KEPT])
{
    for (size_t i = 0; i < N_KEPT; i++) {
        const char *value = getenv(kept[i].name);
        values[i] = value && (!kept[i].is_guests || is_plain(value)) ? mem_strdup(value) : NULL;
    }
}

static bool set_given(const char *assignment)
{
    size_t len = strcspn(assignment, "=");
    char *name = mem_strndup(assignment, len);
    bool is_set = assignment[len] == '=' && setenv(name, assignment + len + 1, 1) == 0;
    mem_free(name);
    return is_set;
}

enum err_code guest_environment(const char *const *given, char **command, struct err *err)
{
    char *values[N_KEPT];
    bool is_set = true;
    const char *asked = getenv("SSH_ORIGINAL_COMMAND");
    *command = asked && asked[0] ? mem_strdup(asked) : NULL;
    take_kept(values);
    (void)clearenv();
    for (size_t i = 0; i < N_KEPT; i++) {
        is_set = is_set && (!values[i] || setenv(kept[i].name, values[i], 1) == 0);
        mem_free(values[i]);
    }
    for (size_t i = 0; given && given[i]; i++)
        is_set = is_set && set_given(given[i]);
    return is_set ? ERR_OK : err_set(err, ERR_USAGE, "the environment could not be made: an --env is wrong");
}

static enum err_code refuse_shell(char *const *words, struct err *err)
{
    static const char *const signs[] = {";", "|", "||", "&", "&&", "<", ">", ">>", "2>", "2>&1"};
    for (size_t i = 0; words[i]; i++)
        for (size_t k = 0; k < sizeof signs / sizeof *signs; k++)
            if (strcmp(words[i], signs[k]) == 0)
                return err_set(err, ERR_USAGE, "there is no shell here that \"%s\" would mean something to", words[i]);
    return ERR_OK;
}

enum err_code guest_words(const char *command, char ***words, struct err *err)
{
    size_t len = strlen(command);
    *words = NULL;
    if (len > MAX_COMMAND_BYTES)
        return err_set(err, ERR_USAGE, "the command is longer than %d bytes", MAX_COMMAND_BYTES);
    bool has_control = false;
    for (size_t i = 0; i < len; i++)
        has_control = has_control || (unsigned char)command[i] < ' ' || command[i] == 0x7f;
    if (has_control || !text_is_utf8(command, len))
        return err_set(err, ERR_USAGE, "the command holds control characters, or is no UTF-8");
    if (credentials_words_split(command, words, err) != ERR_OK) {
        err_prefix(err, "the command cannot be understood");
        return err->code = ERR_USAGE;
    }
    enum err_code code = refuse_shell(*words, err);
    if (code != ERR_OK) {
        credentials_words_free(*words);
        *words = NULL;
    }
    return code;
}
