/* terraform: what a plan of Terraform's would do to keys and what hangs on them, as `terraform show -json FILE`
 * writes it. https://developer.hashicorp.com/terraform/internals/json-format
 * A plan is hostile input, and it holds secrets in the clear: only what is named here is taken from it, and what was
 * read of the rest is overwritten. Pure; any thread. */
#ifndef KEYFALL_JUDGE_TERRAFORM_H
#define KEYFALL_JUDGE_TERRAFORM_H

#include "backend/base/err.h"
#include "backend/base/mem.h"

#include <stdbool.h>
#include <stddef.h>

#define TERRAFORM_MAX_BYTES (32u << 20)

enum terraform_does {
    TERRAFORM_ACTS,  /* an action of the judge's on a target: delete, disable, repoint, revoke */
    TERRAFORM_EDITS, /* another policy at a key */
    TERRAFORM_UNSEEN, /* an action that is not known here, or none: anything may happen to the target */
};

struct terraform_change {
    const char *address; /* "module.backup.aws_kms_key.main[0]" */
    const char *type;    /* "aws_kms_key" */
    const char *words;   /* what Terraform does: "destroys", "replaces", "disables", "may disable", "moves", "revokes",
                            "edits the policy of", "may change" */
    enum terraform_does does;
    const char *action;  /* of ACTS: as judge_actions has it */
    int waiting_days;    /* of a key that is destroyed: 7 to 30; 0: the plan does not say */
    const char *target;  /* ARN or id of ours; "" if the plan does not say */
    const char *policy;  /* of EDITS: the new text; NULL: known only after it was applied, or see the next two */
    bool is_missing;     /* of EDITS: the plan neither holds the new text nor says that it is known later */
    bool is_reset;       /* of EDITS: the key gets the policy that KMS gives a key without one */
    const char *doubt;   /* why it is not certain that it comes to this; "" if it is */
    const char *to;      /* of an alias that moves: the key's ARN or id; "" if not known before it is applied */
};

struct terraform_plan {
    VEC(struct terraform_change) changes; /* those that matter here, in the plan's order */
    size_t n_changes;                     /* of all resources, whatever they are; with those that are deferred */
    size_t n_deferred;                    /* entries that Terraform puts off to another plan */
    size_t n_unseen;                      /* of n_changes: without an action, or with one that is not known here */
    bool is_errored;                      /* planning failed: it is not whole */
    bool is_partial;                      /* Terraform does not say that it is complete: more is to come */
    const char *version;                  /* of Terraform; "" */
};

/* What KMS gives a key without a policy; in the arena. account: 12 digits. */
const char *terraform_default_policy(struct arena *arena, const char *account);

/* Fails with line and column on what is no JSON, and with the address on what is no plan. Texts live in the arena;
 * VEC_FREE(changes) in any case. */
NODISCARD enum err_code terraform_read(struct arena *arena, const char *text, size_t len, struct terraform_plan *out,
                                       struct err *err);

#endif
