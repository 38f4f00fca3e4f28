/* pattern: words of a policy that may hold wildcards and policy variables.
 *
 * A pattern is UTF-8 with two bytes that UTF-8 never has for the wildcards, so that a * that came out of a
 * variable stays a letter:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
#ifndef KEYFALL_POLICY_PATTERN_H
#define KEYFALL_POLICY_PATTERN_H

#include "backend/base/mem.h"
#include "backend/base/tri.h"

struct request;

#define PATTERN_ANY '\xff' /* was *: any number of characters */
#define PATTERN_ONE '\xfe' /* was ?: one character */

/* What a word of a document means for a request. */
struct pattern {
    const char *text;
    /* YES: text is all; NO: it holds a variable that the request has no value for, so it matches nothing;
     * UNKNOWN: it holds one whose value is not known. */
    enum tri is_resolved;
    const char *variable; /* the one that was not there or is not known */
};

/* Wildcards are wildcards only where is_glob; ${...} is a variable where has_variables. In the arena. */
struct pattern pattern_of(struct arena *arena, const char *word, bool has_variables, bool is_glob,
                          const struct request *request);

/* The whole of text, letter by letter. */
bool pattern_matches(const char *pattern, const char *text);
/* The same with * and ? as they are written, upper and lower case alike: actions. */
bool pattern_matches_action(const char *word, const char *action);
/* Each of the six parts of an ARN by itself; false if one of them is no ARN:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
bool pattern_matches_arn(const char *pattern, const char *arn);

#endif
