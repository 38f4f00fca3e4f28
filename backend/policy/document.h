/* document: a policy document of IAM, read and written.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *
 * Everything a document points to lives in the arena that it was read into. Pure; any thread. */
#ifndef KEYFALL_POLICY_DOCUMENT_H
#define KEYFALL_POLICY_DOCUMENT_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* What is read, more than AWS takes of any kind. */
#define POLICY_MAX_BYTES (128u * 1024)
/* What KMS takes of a key's, blanks too: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
#define KEY_POLICY_MAX_BYTES 32768u

enum policy_effect { POLICY_DENY, POLICY_ALLOW };

struct policy_words {
    const char **items;
    size_t n;
};

enum principal_type {
    PRINCIPAL_EVERYBODY, /* "*" or {"AWS": "*"} */
    PRINCIPAL_AWS,
    PRINCIPAL_SERVICE,
    PRINCIPAL_FEDERATED,
    PRINCIPAL_CANONICAL,
};

struct policy_principal {
    enum principal_type type;
    const char *value;
};

enum condition_quantifier { QUANTIFIER_NONE, QUANTIFIER_ANY, QUANTIFIER_ALL };

struct policy_condition {
    const struct condition_operator *operator; /* condition.h; NULL: keyfall does not know it */
    const char *written;                       /* "ForAnyValue:StringLikeIfExists" */
    enum condition_quantifier quantifier;
    bool if_exists;
    const char *key;
    struct policy_words values;
};

struct policy_statement {
    const char *sid; /* NULL: it has none */
    enum policy_effect effect;
    bool has_principal, is_not_principal;
    bool has_action, is_not_action;
    bool has_resource, is_not_resource;
    struct policy_principal *principals;
    size_t n_principals;
    struct policy_words actions, resources;
    struct policy_condition *conditions;
    size_t n_conditions;
    size_t begin, end; /* bytes of the text it was read from */
};

struct policy {
    const char *version; /* NULL: it says none, which means 2008-10-17 */
    const char *id;      /* NULL */
    bool has_variables;  /* Version 2012-10-17: ${...} are policy variables */
    struct policy_statement *statements;
    size_t n;
};

/* A text of any kind: how long each may be is asked apart. Errors name line and column. */
NODISCARD enum err_code policy_parse(struct arena *arena, const char *text, size_t len,
                                     const struct policy **out, struct err *err);

/* ERR_LIMIT: it is no policy that a key could have, or be given. */
NODISCARD enum err_code policy_fits_key(size_t bytes, struct err *err);

/* Appends the document as compact JSON; reading that gives the same document. */
void policy_print(const struct policy *policy, struct buf *out);
void policy_print_statement(const struct policy_statement *statement, struct buf *out);

#endif
