/* ask: a code that a person types on the terminal, wherever standard input and output lead. The
 * main thread's. */
#ifndef KEYFALL_CLI_ASK_H
#define KEYFALL_CLI_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ask_result { ASK_GIVEN, ASK_DECLINED, ASK_TIMED_OUT };

bool ask_can(void); /* whether there is a terminal */
/* What is typed does not show. until_ms: by time_mono_ms. out is the caller's to overwrite. ^C ends
 * the program as it does elsewhere. */
enum ask_result ask_code(const char *prompt, int64_t until_ms, char *out, size_t size);

#endif
