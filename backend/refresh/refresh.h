/* refresh: the backend thread. It owns the network and the estate's writing; the screen owns the terminal.
 *
 * Targets say which accounts to read and how to get there. The thread finds out who they are (STS), which
 * regions are on, then keeps every slice fresh by tiers, what the user looks at first. It publishes at most
 * twice a second. Everything here but refresh_new may be called from one other thread (the screen's or the
 * verb's); none of it waits, except refresh_wait and refresh_free. */
#ifndef KEYFALL_REFRESH_REFRESH_H
#define KEYFALL_REFRESH_REFRESH_H

#include "backend/aws/cost.h"
#include "backend/aws/credentials.h"
#include "backend/aws/wire.h"
#include "backend/base/err.h"
#include "backend/config/settings.h"
#include "backend/estate/estate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct refresh;

struct target {
    const char *profile;      /* NULL: the environment and the default profile */
    const char *role_arn;     /* a role to assume from the profile; NULL: the profile itself */
    const char *change_role_arn; /* a separate role to change things with, from the same profile; reading
                                 never uses it. NULL: none */
    const char *external_id;  /* of both roles; NULL */
    const char *mfa_serial;   /* the device whose code both roles ask for; NULL */
    const char *const *regions; /* NULL-ended: only these, unless the settings name others; NULL: all */
};

struct refresh_settings {
    struct wire *wire;                 /* owned from now on */
    struct estate *estate;             /* not owned; outlives the refresh */
    const struct target *targets;      /* at least one; copied */
    size_t n_targets;
    const char *org_role;              /* --org-role: every ACTIVE account of the organization but the
                                          caller's own, through this role name; NULL: not */
    const char *org_change_role;       /* its counterpart for changes; NULL: none */
    const char *org_external_id;       /* that they ask for; NULL: none */
    bool has_person;                   /* once: somebody answers refresh_logins, so wait for that */
    const char *const *regions;        /* --region, NULL-ended; NULL: those that are enabled */
    struct budget budget;              /* the wire's: for messages and the screen */
    const struct product_settings *products; /* of keyfall.conf; NULL: none; outlives the refresh */
    const char *first_region;          /* --region, AWS_REGION or the profile's; NULL: us-east-1 */
    bool once;                         /* verbs: read everything once and stop */
    int deletions_every_s;             /* keys that have dependents: 0: 180 */
    int cycle_every_s;                 /* KMS, SSM, Backup: 0: 600 */
    int inventory_every_s;             /* RDS, EC2: 0: 1800 */
    int retry_first_ms;                /* tests: what failed is asked again after so long; 0: 10 s */
    int64_t fixed_now;                 /* --now; 0: the clock plus AWS's offset */
    bool anonymous;                    /* the demo: no credentials are looked for, targets have ids */
    /* Writes and publishes some of what an earlier run saw (estate_outdate), on the refresh thread and before it
     * asks anything; false: that was all. NULL: nothing is known of earlier. */
    bool (*restore)(void *ctx, struct estate *estate);
    void *restore_ctx;
    bool is_held;                      /* nothing is asked before refresh_begin */
};

/* Starts the thread. The caller's (refresh_free). */
NODISCARD enum err_code refresh_new(const struct refresh_settings *settings, struct refresh **out,
                                    struct err *err);
void refresh_begin(struct refresh *r); /* lets go of one that is held */
/* What there is instead where an estate was kept and is not read (a posture file): all of this header answers,
 * nothing is asked, nothing changes. kept_utc: when it was read, and what counts as now. */
NODISCARD enum err_code refresh_kept(struct estate *estate, int64_t kept_utc, struct refresh **out,
                                     struct err *err);
void refresh_free(struct refresh *r); /* cancels, joins; NULL is fine */

/* Readable when a generation was published or the status changed; read it away with refresh_drain. */
int refresh_fd(const struct refresh *r);
void refresh_drain(struct refresh *r);

/* Waits until the first whole read ended (settings.once) or the time ran out. */
enum refresh_result { REFRESH_DONE, REFRESH_TIMED_OUT, REFRESH_NOTHING };
/* NOTHING: not one target could be reached; err has the one sentence. timeout_s < 0: for ever.
 * progress (may be NULL) is called from the waiting thread about twice a second. */
enum refresh_result refresh_wait(struct refresh *r, int timeout_s,
                                 void (*progress)(void *ctx, struct refresh *r), void *ctx,
                                 struct err *err);

struct refresh_status {
    uint64_t calls_done, calls_queued; /* of the cycle that runs */
    uint64_t calls_total, throttles, errors;
    unsigned in_flight;
    double slowest_rate;               /* calls a second of the most throttled class; 0: none */
    int64_t now_utc;                   /* AWS's clock as we know it */
    int64_t oldest_utc;                /* of the oldest list that is shown; TIME_NONE */
    int64_t next_cycle_utc;
    unsigned accounts, accounts_ready, accounts_failed;
    unsigned accounts_narrowed;        /* of those that are ready: AWS itself refuses changes (credentials.h) */
    unsigned regions_lost;             /* of accounts, asked for by name, that cannot be read: */
    char lost_region[40];              /* the first of them; "" */
    unsigned logins;                   /* that wait for a person: refresh_logins */
    bool is_first_read, is_reading, is_frozen, is_offline;
    bool has_read;                     /* a call about an account was answered since the start */
    bool is_budget_spent;
    int64_t budget_renews_utc;         /* nothing is asked until then; TIME_NONE: not known */
    struct err last_failure;           /* code ERR_OK: none yet */
    char waits_for[128];               /* as in struct wire_stats */
};
void refresh_status(struct refresh *r, struct refresh_status *out);

/* What reading has taken of AWS since it began, retries and the calls for credentials included. */
struct refresh_courtesy {
    struct wire_use by_service[SERVICE_COUNT], all;
    uint64_t calls;              /* questions; a list is one, however many pages it has */
    int64_t took_ms;             /* since the start; what the first whole read took, once it is over */
    uint64_t first_requests;     /* of the first whole read; 0 while that goes on */
    int64_t first_nanousd;
    struct budget budget;        /* zeroes: none */
    uint64_t budget_requests;    /* of it, taken */
    int64_t budget_nanousd;
    bool is_budget_spent;
    int64_t budget_renews_utc;   /* TIME_NONE: never, or it is not used up */
};
void refresh_courtesy(struct refresh *r, struct refresh_courtesy *out);

/* The error log: one line for each (operation, place, error), newest first, at most max. Copies. */
struct refresh_error {
    char operation[64], account[16], region[40], aws_code[96], text[512], request_id[64], fix[240];
    char target[96];             /* "profile prod": how we tried to get in, if no account is known; else "" */
    enum err_code code;
    int64_t first_utc, last_utc;
    uint64_t count;
};
size_t refresh_errors(struct refresh *r, struct refresh_error *out, size_t max);

/* What only a person can do to have more accounts read: at most max. Copies. Done, they are gone. */
struct refresh_login {
    unsigned id;               /* for the two calls below */
    struct login login;        /* credentials.h */
};
size_t refresh_logins(struct refresh *r, struct refresh_login *out, size_t max);
/* Begins it: with the code of LOGIN_CODE, which is forgotten as soon as it was sent, or NULL for
 * LOGIN_PAGE. */
void refresh_log_in(struct refresh *r, unsigned id, const char *code);
/* Ends what was begun; with has_person also the waiting for it. */
void refresh_log_in_cancel(struct refresh *r, unsigned id);

/* What the user looks at: its lists and facets go first. account and region may be "" (all). */
void refresh_look_at(struct refresh *r, enum kind kind, const char *account, const char *region);
void refresh_node(struct refresh *r, uint32_t node);   /* read this record again now */
/* What is read on demand of this record (model.def), unless it is young. */
void refresh_evidence(struct refresh *r, uint32_t node);
void refresh_kind(struct refresh *r, enum kind kind);  /* all lists of a kind; KIND_NONE: everything */
void refresh_freeze(struct refresh *r, bool frozen);   /* nothing new is asked or shown */

#endif
