/* wrap: words of AWS's text in lines of a terminal. Private to cli/. */
#ifndef KEYFALL_CLI_WRAP_H
#define KEYFALL_CLI_WRAP_H

#include <stdbool.h>
#include <stdio.h>

#define WRAP_WIDTH 80

/* Words of text after head, as far in as indent, which an empty head leaves to later lines; a word too long for a
 * line has one of its own. The text is cleaned. */
void wrap_write(FILE *out, const char *head, int indent, const char *text, bool is_ascii);

#endif
