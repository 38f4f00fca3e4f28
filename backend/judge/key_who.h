/* key_who: who may do what with a key and because of which statement; which flows of AWS's services and of products
 * work with it; what each statement of its policy is there for. Pure; any thread. */
#ifndef KEYFALL_JUDGE_KEY_WHO_H
#define KEYFALL_JUDGE_KEY_WHO_H

#include "backend/judge/judge.h"
#include "backend/policy/access.h"

/* What is asked of everybody. */
enum key_right { RIGHT_DECRYPT, RIGHT_ENCRYPT, RIGHT_GRANT, RIGHT_MANAGE, RIGHT_DELETE, RIGHT_COUNT };
const char *key_right_word(enum key_right right);   /* "decrypt" */
const char *key_right_action(enum key_right right); /* "kms:Decrypt" */

struct key_user {
    const char *principal; /* ARN, account, service; "anybody": of an account that nobody named */
    const char *account;   /* 12 digits; "" */
    const char *kind;      /* "account", "role", "user", "session", "service", "anybody" */
    enum verdict verdicts[RIGHT_COUNT];
    const char *because[RIGHT_COUNT];
    bool is_user;          /* may do, or may perhaps do, one of them */
};

/* One flow by one who runs it. */
struct key_flow {
    const char *id, *title, *page;
    const char *who;    /* role, account or product's account */
    enum tri works;
    const char *action; /* the call that fails or is not known; "" */
    const char *reason; /* of NO and UNKNOWN; "" */
    bool is_limit;      /* UNKNOWN by what can never be seen: what an account that is not ours allows its own */
};

/* What would be another answer without a statement. */
struct key_change {
    uint32_t user;
    enum key_right right;
    enum verdict now, then;
};
struct key_statement {
    const struct policy_statement *statement;
    const char *text;   /* "Allow 444455556666: kms:Decrypt, kms:Encrypt +3 if kms:ViaService" */
    VEC(struct key_change) changes;
    uint32_t n_lose, n_gain; /* principals; what turns from or to unknown counts as well */
};

struct key_who {
    struct arena *arena;
    const struct policy *instead, *also; /* see judge_key_who_with; NULL */
    const struct policy *scp;            /* one more over the key's account; NULL */
    VEC(struct key_user) users;           /* all who were asked about; sorted by who */
    uint32_t n_users;                     /* is_user */
    VEC(struct key_flow) flows;
    uint32_t n_flows[3];                  /* by enum tri */
    const char *stopped_by;               /* "the key is PendingDeletion", so that every flow fails, whatever its policy
                                             says; "" */
    uint32_t n_limits;                    /* of those that are UNKNOWN: is_limit */
    VEC(struct key_statement) statements; /* none if the policy was not read */
    bool policy_is_known, grants_are_known;
    const char *unseen;                   /* see judge_key_unseen */
    bool is_for_data;                     /* a symmetric key for encryption, as all flows need it */
};

/* The caller's (key_who_free). What an account that is not ours allows its principals can never be seen: it is taken to
 * allow it; but a flow of theirs is not said to work, nor one of an account whose IAM was not read. Grants are asked
 * for as AWS's services do. A condition on what is not known of a request makes the verdict unknown. */
struct key_who *judge_key_who(const struct judgement *j, uint32_t key);
/* The same with another policy in the place of the key's, and under one more service control policy. Whom `also` names is asked about too: with the same `also`
 * users and flows of two answers stand at the same indexes. Both may be NULL, and must outlive the answer. */
struct key_who *judge_key_who_with(const struct judgement *j, uint32_t key, const struct policy *instead,
                                   const struct policy *also, const struct policy *scp);
/* What was not read, or is old, of what decides who may use a key, in words: "the key's policy, its grants, IAM of
 * 111122223333"; "" if all was read. Then there may be others than those who are known. */
const char *judge_key_unseen(const struct judgement *j, struct arena *arena, uint32_t key);
void key_who_free(struct key_who *who); /* NULL is fine */
/* Its users, groups, roles and their policies, all of them and newly. */
bool judge_iam_is_read(const struct judgement *j, const char *account);

/* "loses decrypt, encrypt; gains grant?": all changes of the user that the change at *at is of, which goes on to
 * the next user. A ? where one side is not known. */
void key_changes_text(const struct key_statement *statement, size_t *at, struct buf *out);
/* "decrypt, grant?": what a user may do, or perhaps. */
void key_user_text(const struct key_user *user, struct buf *out);
/* Why he may do the first of that; "" if nothing. */
const char *key_user_because(const struct key_user *user);
/* Who runs a flow, in words: a principal, or "whom IAM of 111122223333 lets". */
void key_flow_who(const struct key_flow *flow, struct buf *out);

/* What another policy would change. */
struct key_edit {
    struct key_who *now, *then;
    struct key_statement users; /* changes alone; indexes are those of now->users */
    uint32_t n_flows;           /* that work another way: works, fails, unknown */
    bool locks_out;             /* nobody who is known could change the policy any more */
    enum severity severity;
};
void judge_key_edit(const struct judgement *j, uint32_t key, const struct policy *then, struct key_edit *out);
/* The same of one more service control policy over the key's account. */
void judge_key_scp(const struct judgement *j, uint32_t key, const struct policy *scp, struct key_edit *out);
void key_edit_free(struct key_edit *edit);

/* The flows alone: key_flows.c. */
void key_flows_make(const struct judgement *j, uint32_t key, struct key_who *who);

#endif
