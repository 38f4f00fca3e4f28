/* principal_access: what the estate knows of who asks: a principal's own policies, and those that its
 * organization and the key's lay over both accounts, in the shape that the policy evaluator takes. Pure; any
 * thread; everything lives in the arena and in the generation. What was not seen is unknown, never none. */
#ifndef KEYFALL_JUDGE_PRINCIPAL_ACCESS_H
#define KEYFALL_JUDGE_PRINCIPAL_ACCESS_H

#include "backend/judge/judge.h"
#include "backend/policy/access.h"

/* The user, group or role that an ARN names; of a role's session, the role. 0: there is none that was read. */
uint32_t judge_principal(const struct judgement *j, const char *arn);

/* The group of a name; 0. */
uint32_t judge_group(const struct judgement *j, const char *account, const char *name);

/* Its inline and attached policies and its groups' (identity), and its boundary (boundaries). principal 0:
 * both are unknown. */
void principal_access_facts(const struct judgement *j, struct arena *arena, uint32_t principal,
                            struct access_input *out);

/* aws:PrincipalOrgID of the request's caller, as the organization lists its account; unknown if that was not read.
 * aws:PrincipalOrgPaths is always unknown. To be called before request_add_implied. */
void organization_context(const struct judgement *j, struct request *request);

/* The policies of one type that the organization lays over an account, one level after another from the root
 * down to the account. */
struct governing {
    const struct policy_set *levels;    /* documents of each level */
    const uint32_t *nodes;              /* what each level is: root, unit, account; 0: not known which */
    const uint32_t *const *documents;   /* node of each document of each level */
    size_t n;                           /* 0: none apply */
    bool is_management;                 /* the account manages its organization: none apply */
};
/* list: LIST_SCPS or LIST_RCPS; account: 12 digits. */
void judge_governing(const struct judgement *j, struct arena *arena, const char *account, enum list list,
                     struct governing *out);

/* scps of the caller's account, rcps of the key's, and whether either manages its organization. */
void organization_access_facts(const struct judgement *j, struct arena *arena, const char *caller_account,
                               const char *key_account, struct access_input *out);

#endif
