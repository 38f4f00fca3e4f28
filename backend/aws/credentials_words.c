#include "backend/aws/credentials_words.h"

#include "backend/base/mem.h"

#include <stdbool.h>
#include <string.h>

struct splitter {
    const char *at;
    char *word; /* room for the whole command: words never move, so that they can be wiped */
    size_t len;
    bool is_open; /* a word has begun, perhaps an empty quoted one */
    struct {
        char **items;
        size_t n, cap;
    } words;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void put(struct splitter *s, char c)
{
    s->word[s->len++] = c;
    s->is_open = true;
}

static void close_word(struct splitter *s)
{
    if (s->is_open) {
        char *word = mem_strndup(s->word, s->len);
        VEC_PUSH(s->words, word);
    }
    s->is_open = false;
    s->len = 0;
}

/* Within "" a backslash quotes only a quote and itself. */
static enum err_code quoted(struct splitter *s, char quote, struct err *err)
{
    s->is_open = true;
    while (*s->at && *s->at != quote) {
        if (quote == '"' && *s->at == '\\' && (s->at[1] == '"' || s->at[1] == '\\'))
            s->at++;
        put(s, *s->at++);
    }
    if (!*s->at)
        return err_set(err, ERR_PARSE, "the quote %c is not closed", quote);
    s->at++;
    return ERR_OK;
}

static enum err_code step(struct splitter *s, struct err *err)
{
    char c = *s->at++;
    if (c == '"' || c == '\'')
        return quoted(s, c, err);
    if (is_blank(c)) {
        close_word(s);
    } else if (c != '\\') {
        put(s, c);
    } else if (*s->at) {
        put(s, *s->at++);
    } else {
        return err_set(err, ERR_PARSE, "nothing follows the last backslash");
    }
    return ERR_OK;
}

enum err_code credentials_words_split(const char *command, char ***out, struct err *err)
{
    struct splitter s = {.at = command, .word = mem_alloc(strlen(command) + 1)};
    enum err_code rc = ERR_OK;
    while (*s.at && rc == ERR_OK)
        rc = step(&s, err);
    if (rc == ERR_OK)
        close_word(&s);
    if (rc == ERR_OK && s.words.n == 0)
        rc = err_set(err, ERR_PARSE, "there is no word in it");
    VEC_PUSH(s.words, NULL);
    if (rc != ERR_OK) {
        credentials_words_free(s.words.items);
        s.words.items = NULL;
    }
    mem_wipe(s.word, strlen(command));
    mem_free(s.word);
    *out = s.words.items;
    return rc;
}

void credentials_words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        mem_free_secret(words[i]);
    mem_free(words);
}
