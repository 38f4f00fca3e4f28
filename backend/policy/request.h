/* request: who asks what of which key, and the context that conditions look at.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * Everything lives in the caller's arena. Pure; any thread. */
#ifndef KEYFALL_POLICY_REQUEST_H
#define KEYFALL_POLICY_REQUEST_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

enum caller_kind {
    CALLER_ACCOUNT, /* 12 digits: some principal of that account */
    CALLER_ROOT,    /* arn:aws:iam::111122223333:root */
    CALLER_USER,
    CALLER_ROLE,    /* in some session, whose name is not known */
    CALLER_SESSION, /* arn:aws:sts::111122223333:assumed-role/NAME/SESSION */
    CALLER_FEDERATED,
    CALLER_SERVICE, /* rds.amazonaws.com */
};

struct caller {
    enum caller_kind kind;
    const char *arn;       /* as it was given; a service: its name */
    const char *account;   /* 12 digits; a service: "" */
    const char *role_name; /* role and session: the last part of the path; else "" */
    bool is_service_linked;
};

struct context_entry {
    const char *key;
    const char **values;
    size_t n_values;
    bool is_unknown; /* it may be there, and may hold anything */
};

/* What a key's encryption context is, from the request's kms:EncryptionContext:* keys. */
struct request {
    struct arena *arena;
    struct caller caller;
    const char *action;   /* "kms:Decrypt" */
    const char *resource; /* the key's ARN */
    const char *owner;    /* the key's account; "" if the resource is no ARN */
    VEC(struct context_entry) context;
};

/* ERR_USAGE names what is wrong. The strings are copied. request_free gives back what the arena does not. */
NODISCARD enum err_code request_init(struct request *request, struct arena *arena, const char *principal,
                                     const char *action, const char *resource, struct err *err);
void request_free(struct request *request);

/* A key of the context, in any case of letters; later ones of the same name are ignored. */
void request_add(struct request *request, const char *key, const char *const *values, size_t n);
void request_add_unknown(struct request *request, const char *key);
/* What AWS adds by itself, unless it was given: kms:CallerAccount, aws:PrincipalArn, aws:PrincipalAccount,
 * aws:PrincipalIsAWSService, kms:EncryptionContextKeys. To be called last. */
void request_add_implied(struct request *request);

/* NULL: the request does not have the key. */
const struct context_entry *request_context(const struct request *request, const char *key);

#endif
