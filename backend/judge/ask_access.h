/* ask_access: may a principal do something with a key, by all that the estate knows: the key's policy, grants and
 * state, the principal's own policies and boundary, what both organizations lay over them. Pure; any thread. */
#ifndef KEYFALL_JUDGE_ASK_ACCESS_H
#define KEYFALL_JUDGE_ASK_ACCESS_H

#include "backend/judge/judge.h"
#include "backend/policy/access.h"

struct access_question {
    uint32_t key;
    const char *principal, *action;
    const char *const *context;    /* "name=value" or "name=?" for what is not known; NULL-ended; NULL: none */
    const struct policy *instead;  /* of the key's policy; NULL: as it is */
    const struct policy *scp;      /* one more service control policy over the key's own account; NULL: none */
    bool is_open;      /* what statements ask about and the context does not tell may be there, and be anything */
    bool iam_allows;   /* of a principal that was not read: its own policies are taken to allow it, and those over
                          an account that is not ours; such a statement's Sid is "assumed" */
};

/* ERR_USAGE if the principal or action is none. *out is the caller's (access_result_free); what it points to lives
 * in the arena. Whether the caller belongs to the key's organization is told by the estate, where it knows. */
NODISCARD enum err_code judge_access(const struct judgement *j, struct arena *arena,
                                     const struct access_question *question, struct access_result *out,
                                     struct err *err);

/* The same for many questions about one key: facts of the key are read once, those of a principal as long as the
 * questions are about it. One thread. In the arena. */
struct access_desk;
struct access_desk *access_desk_new(const struct judgement *j, struct arena *arena, uint32_t key);
NODISCARD enum err_code access_desk_ask(struct access_desk *desk, const struct access_question *question,
                                        struct access_result *out, struct err *err);
const struct access_input *access_desk_facts(const struct access_desk *desk); /* of the key */

/* What is open where a key lets in somebody of an account whose IAM was not read: a vendor's never is. In the arena. */
const char *access_other_half(const struct judgement *j, struct arena *arena, const char *account);

/* "keyPolicy statement 2 (Sid)", "grants 1", "keyState". */
void access_step_text(const struct access_step *step, struct buf *out);
/* Why a verdict is so, in the arena: the statements and grants it rests on, "no statement or grant allows it", or
 * what it hangs on. Texts of policies are as they came. */
const char *access_because(struct arena *arena, const struct access_result *result);

/* An ARN, account or service, not * or what is left of a deleted principal. */
bool access_is_principal(const char *text);

/* Who might use a key: the users and roles that were read of the key's account and of those that its policy lets
 * in, whom the policy names, and the grantees of its grants. Sorted; *n of them, in the arena. */
const char **judge_possible_users(const struct judgement *j, struct arena *arena, uint32_t key, size_t *n);

#endif
