/* access: may this principal do that with this key? Policies of every kind, grants, the key's state.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 * Pure; any thread. What the result points to lives in the request's arena and in the documents. */
#ifndef KEYFALL_POLICY_ACCESS_H
#define KEYFALL_POLICY_ACCESS_H

#include "backend/policy/document.h"
#include "backend/policy/request.h"
#include "backend/base/tri.h"

enum verdict { VERDICT_ALLOWED, VERDICT_EXPLICITLY_DENIED, VERDICT_IMPLICITLY_DENIED, VERDICT_UNKNOWN };

/* What may say yes or no, in the words of `keyfall access --batch`. */
enum access_source {
    SOURCE_KEY_POLICY,
    SOURCE_IDENTITY,
    SOURCE_BOUNDARY,
    SOURCE_SESSION,
    SOURCE_SCP,
    SOURCE_RCP,
    SOURCE_ENDPOINT,
    SOURCE_GRANT,
    SOURCE_KEY_STATE, /* the operation does not work in it */
    SOURCE_KMS,       /* the operation never works across accounts */
    SOURCE_REGION,    /* the caller's account has not enabled the key's region */
    SOURCE_COUNT
};
const char *access_source_name(enum access_source source); /* "keyPolicy" */
const char *verdict_name(enum verdict verdict);            /* "explicitly_denied" */

/* Documents of one kind. A NULL item is one that could not be read. */
struct policy_set {
    const struct policy *const *items;
    size_t n;
    bool is_unknown; /* nobody knows which there are */
};

struct access_grant {
    const char *id;
    const char *grantee; /* ARN, account id or service principal; NULL: not known */
    struct policy_words operations;
    bool has_context; /* a constraint on the encryption context */
    bool is_subset;   /* pairs may be added to it */
    const char *const *context; /* name, value, name, value ... */
    size_t n_pairs;
    const char *source_arn; /* NULL: not constrained */
};

/* Zero is: no key policy known, and none of what is optional. */
struct access_input {
    const struct policy *key_policy; /* NULL: not known */
    struct policy_set identity, boundaries, session, endpoints;
    const struct policy_set *scps; /* one a level of the organization, root first */
    size_t n_scps;
    const struct policy_set *rcps;
    size_t n_rcps;
    const struct access_grant *grants;
    size_t n_grants;
    bool grants_unknown;
    const char *key_state; /* NULL: not known */
    bool owner_is_management;  /* the key's account manages the organization: no RCP applies */
    bool caller_is_management; /* the caller's does: no SCP applies */
    bool is_aws_managed;       /* no RCP applies to keys that AWS manages */
    bool region_is_off;        /* the caller's account has not enabled the key's opt-in region */
};

/* The part of a statement that says whether it applies. */
enum element { ELEMENT_ALL, ELEMENT_PRINCIPAL, ELEMENT_ACTION, ELEMENT_RESOURCE, ELEMENT_CONDITION };

/* One statement or grant, and whether it applies. */
struct access_step {
    enum access_source source;
    size_t level, document, index; /* of the level, the document in it, the statement (or grant) */
    const struct policy_statement *statement; /* NULL: no statement */
    enum tri applies;
    enum element element;  /* the first that does not match or is not known; ELEMENT_ALL: it applies */
    const char *detail;    /* the condition's key, the principal ...; "" */
    bool is_allow;
};

struct access_result {
    enum verdict verdict;
    enum tri key_side;      /* does the key's account say yes: policy (or delegation) or grant? */
    enum tri identity_side; /* does the caller's? */
    VEC(struct access_step) steps;
    VEC(struct access_step) decided_by;
    VEC(const char *) unknown_because;
};

void access_evaluate(const struct request *request, const struct access_input *input,
                     struct access_result *out);
void access_result_free(struct access_result *result);

#endif
