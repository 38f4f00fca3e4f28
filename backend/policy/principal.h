/* principal: whom a statement's Principal or a grant's grantee means.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
#ifndef KEYFALL_POLICY_PRINCIPAL_H
#define KEYFALL_POLICY_PRINCIPAL_H

#include "backend/policy/document.h"
#include "backend/policy/request.h"
#include "backend/base/tri.h"

/* In what way the caller is meant; of the three, several may hold. */
struct meant {
    enum tri itself;    /* as a user or session: its boundary and session policy cannot narrow that */
    enum tri as_role;   /* as a role, or as anybody */
    enum tri delegated; /* its account: IAM there decides */
};

enum tri meant_at_all(struct meant m);

struct meant principal_means(const struct policy_principal *principal, const struct caller *caller);
/* Principal or NotPrincipal of a statement, which has one of them. */
struct meant statement_means(const struct policy_statement *statement, const struct caller *caller);
/* An ARN, account id or service, as grants name them. */
struct meant grantee_means(const char *grantee, const struct caller *caller);

#endif
