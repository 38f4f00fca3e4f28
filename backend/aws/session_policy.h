/* session_policy: what a viewer lets AWS itself refuse: the Policy of AssumeRole. What the role may do is what its
 * own policies and this one both admit (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
#ifndef KEYFALL_AWS_SESSION_POLICY_H
#define KEYFALL_AWS_SESSION_POLICY_H

#define SESSION_POLICY_MAX 2048 /* characters that AWS takes */

/* Made from the table of operations: admits all that says READ, and to go on to other roles. Where a service's
 * reading verb gives away neither contents nor secrets it is admitted as a whole, which is shorter than its
 * operations; else one by one. The caller's (mem_free). Pure, any thread. */
char *session_policy(void);

#endif
