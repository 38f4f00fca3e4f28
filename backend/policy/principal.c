#include "backend/policy/principal.h"

#include <string.h>

enum tri meant_at_all(struct meant m)
{
    return tri_or(m.itself, tri_or(m.as_role, m.delegated));
}

static struct meant meant_or(struct meant a, struct meant b)
{
    return (struct meant){tri_or(a.itself, b.itself), tri_or(a.as_role, b.as_role),
                          tri_or(a.delegated, b.delegated)};
}

/* A user, a session and a root user are meant themselves; a role or "anybody" only through the role. */
static struct meant directly(const struct caller *caller, enum tri how)
{
    bool is_role = caller->kind == CALLER_ROLE || caller->kind == CALLER_SESSION;
    return is_role ? (struct meant){.as_role = how} : (struct meant){.itself = how};
}

/* The account of "111122223333" and of its root's ARN; NULL: value is neither. */
static const char *account_of(const char *value)
{
    const char *id = value;
    if (strncmp(value, "arn:", 4) == 0) {
        id = strstr(value, ":iam::");
        if (!id || strcmp(value + strlen(value) - 5, ":root") != 0)
            return NULL;
        id += 6;
    }
    size_t digits = strspn(id, "0123456789");
    return digits == 12 && (id[digits] == '\0' || strcmp(id + digits, ":root") == 0) ? id : NULL;
}

/* "arn:aws:iam::ID:role/path/NAME" and the like: of this account? */
static bool is_of_account(const char *arn, const char *account)
{
    const char *id = strstr(arn, "::");
    return id && account[0] && strncmp(id + 2, account, 12) == 0 && id[14] == ':';
}

/* A role's name is its own in the account, whatever its path. */
static bool names_role(const char *arn, const struct caller *caller)
{
    const char *role = strstr(arn, ":role/");
    return role && is_of_account(arn, caller->account) &&
           strcmp(strrchr(role, '/') + 1, caller->role_name) == 0;
}

static bool names_session_of(const char *arn, const struct caller *caller)
{
    const char *role = strstr(arn, ":assumed-role/");
    size_t len = strlen(caller->role_name);
    if (!role || !is_of_account(arn, caller->account))
        return false;
    role += strlen(":assumed-role/");
    return strncmp(role, caller->role_name, len) == 0 && role[len] == '/';
}

static struct meant aws_means(const char *value, const struct caller *caller)
{
    const char *account = account_of(value);
    if (account && caller->account[0] && strncmp(account, caller->account, 12) == 0)
        return caller->kind == CALLER_ROOT ? directly(caller, TRI_YES)
                                           : (struct meant){.delegated = TRI_YES};
    if (strcmp(value, caller->arn) == 0)
        return caller->kind == CALLER_SESSION ? (struct meant){.itself = TRI_YES}
                                              : directly(caller, TRI_YES);
    if (caller->kind == CALLER_SESSION && names_role(value, caller))
        return directly(caller, TRI_YES);
    if (caller->kind == CALLER_ROLE && names_session_of(value, caller))
        return (struct meant){.itself = TRI_UNKNOWN}; /* if the session has that name */
    if (caller->kind == CALLER_ACCOUNT && is_of_account(value, caller->account))
        return (struct meant){.itself = TRI_UNKNOWN}; /* some principal of the account */
    return (struct meant){TRI_NO, TRI_NO, TRI_NO};
}

struct meant principal_means(const struct policy_principal *principal, const struct caller *caller)
{
    const char *value = principal->value;
    switch (principal->type) {
    case PRINCIPAL_EVERYBODY:
        return directly(caller, TRI_YES);
    case PRINCIPAL_AWS:
        return aws_means(value, caller);
    case PRINCIPAL_SERVICE:
        return directly(caller, tri_of(caller->kind == CALLER_SERVICE &&
                                       (strcmp(value, "*") == 0 || strcmp(value, caller->arn) == 0)));
    case PRINCIPAL_FEDERATED:
    case PRINCIPAL_CANONICAL:
        break; /* such callers do not reach KMS */
    }
    return (struct meant){TRI_NO, TRI_NO, TRI_NO};
}

/* Whoever is not listed is meant. Who is listed may be meant nevertheless unless all that he is is listed,
 * the account, the user or role, and the session:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html */
static struct meant all_but(const struct policy_statement *s, const struct caller *caller)
{
    struct meant listed = {TRI_NO, TRI_NO, TRI_NO};
    for (size_t i = 0; i < s->n_principals; i++) {
        if (s->principals[i].type == PRINCIPAL_EVERYBODY)
            return (struct meant){TRI_NO, TRI_NO, TRI_NO};
        listed = meant_or(listed, principal_means(&s->principals[i], caller));
    }
    enum tri all = TRI_YES;
    if (caller->kind != CALLER_SERVICE && caller->kind != CALLER_ROOT)
        all = tri_and(all, listed.delegated);
    if (caller->kind == CALLER_ROLE || caller->kind == CALLER_SESSION)
        all = tri_and(all, listed.as_role);
    all = tri_and(all, caller->kind == CALLER_ROLE ? TRI_UNKNOWN : listed.itself);
    if (all == TRI_YES)
        return (struct meant){TRI_NO, TRI_NO, TRI_NO};
    return directly(caller, meant_at_all(listed) == TRI_NO && s->effect == POLICY_DENY ? TRI_YES
                                                                                       : TRI_UNKNOWN);
}

struct meant statement_means(const struct policy_statement *s, const struct caller *caller)
{
    if (s->is_not_principal)
        return all_but(s, caller);
    struct meant m = {TRI_NO, TRI_NO, TRI_NO};
    for (size_t i = 0; i < s->n_principals; i++)
        m = meant_or(m, principal_means(&s->principals[i], caller));
    return m;
}

struct meant grantee_means(const char *grantee, const struct caller *caller)
{
    bool is_aws = strncmp(grantee, "arn:", 4) == 0 || account_of(grantee);
    struct policy_principal p = {is_aws ? PRINCIPAL_AWS : PRINCIPAL_SERVICE, grantee};
    return principal_means(&p, caller);
}
