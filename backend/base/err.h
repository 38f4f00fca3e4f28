/* err: what went wrong, as a code to decide by and a sentence to show.
 *
 * A function that can fail returns enum err_code (ERR_OK is 0) and fills the caller's struct err,
 * which is plain data: nothing in it is owned. There is no errno across modules and no "last
 * error". Any thread. Out of memory is not an error code: it ends the program (mem.h). Texts never
 * hold credentials; they may hold text that came from AWS, so clean them (text.h) on the way to a
 * screen or a file. */
#ifndef KEYFALL_BASE_ERR_H
#define KEYFALL_BASE_ERR_H

#include <stdarg.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* code, word for machines, sentence for people */
#define ERR_CODES(X)                                                                               \
    X(ERR_OK, "ok", "no error")                                                                    \
    X(ERR_USAGE, "usage", "wrong usage")                                                           \
    X(ERR_IO, "io", "input or output failed")                                                      \
    X(ERR_PARSE, "malformed", "malformed input")                                                   \
    X(ERR_LIMIT, "limit", "a limit was exceeded")                                                  \
    X(ERR_NOT_FOUND, "not-found", "not found")                                                     \
    X(ERR_DENIED, "denied", "access denied")                                                       \
    X(ERR_CREDENTIALS, "credentials", "no usable credentials")                                     \
    X(ERR_EXPIRED, "expired", "credentials have expired")                                          \
    X(ERR_THROTTLED, "throttled", "throttled by AWS")                                              \
    X(ERR_UNREACHABLE, "unreachable", "the endpoint could not be reached")                         \
    X(ERR_TLS, "tls", "the TLS handshake failed")                                                  \
    X(ERR_TIMEOUT, "timeout", "no answer in time")                                                 \
    X(ERR_SERVER, "server-error", "the service failed")                                            \
    X(ERR_UNSUPPORTED, "unsupported", "not supported here")                                        \
    X(ERR_STALE_TOKEN, "stale-token", "a page token was no longer valid")                          \
    X(ERR_REJECTED, "rejected", "the service refused the request")                                 \
    X(ERR_CANCELLED, "cancelled", "cancelled")                                                     \
    X(ERR_VIEWER, "viewer", "refused in viewer mode")                                              \
    X(ERR_BUDGET, "budget", "the budget of calls is used up")                                      \
    X(ERR_EARLIER, "earlier-run", "read by an earlier run, not again yet")

enum err_code {
#define X(code, word, text) code,
    ERR_CODES(X)
#undef X
        ERR_COUNT
};

struct err {
    enum err_code code;
    int http_status;     /* 0: no answer */
    char aws_code[96];   /* as AWS sent it, "" if none */
    char request_id[64]; /* "" if none */
    char text[512];      /* one line, no full stop */
    unsigned short advice_at; /* where in text it says what to do, behind a "; "; 0: it does not */
};

/* The machine word ("denied") and the sentence of a code. Never NULL. */
const char *err_word(enum err_code code);
const char *err_sentence(enum err_code code);

/* Empties err, sets code and text, returns code: `return err_set(err, ERR_PARSE, "...", ...)`.
 * err may be NULL when the caller only wants the code. */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The text ends with "; " and what to do: notes where. */
void err_note_advice(struct err *err);

/* Puts "prefix: " before the text of an error that passes through. */
void err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
