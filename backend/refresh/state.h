/* state: what the refresh thread remembers. Private to refresh/.
 *
 * A *site* is where calls go: an account in a region; each account has one more for what is asked of the
 * account as a whole. A *lane* is one feed at one site: the records that wait to be asked about, those
 * that failed, and when to ask again. An *entrance* is a way into an account. */
#ifndef KEYFALL_REFRESH_STATE_H
#define KEYFALL_REFRESH_STATE_H

#include "backend/aws/credentials.h"
#include "backend/aws/heap.h"
#include "backend/collect/collect.h"
#include "backend/collect/products.h"
#include "backend/refresh/refresh.h"

#include <pthread.h>
#include <stdatomic.h>

#define NEVER_MS INT64_MAX
#define PUBLISH_EVERY_MS 500
#define ORDERS 64          /* priorities of lanes; 0 is what the user looks at */
#define MAX_CALLS 2048     /* with the wire at once, over all lanes */
#define MAX_LANE_CALLS 64  /* and of one lane */

struct account;
struct lane;

struct site {
    struct account *account;
    struct place place;
    char region[40];
    uint32_t node;         /* its REGION record; the ACCOUNT record for the account as a whole */
    bool is_on;
    struct lane *lanes[FEED_COUNT]; /* made when first needed */
};

struct nodes {
    uint32_t head, n, cap; /* those that are left are [head, n) */
    uint32_t items[];
};

struct lane {
    struct heap_node due;  /* key: the earliest of the three times below */
    struct site *site;
    const struct feed *feed;
    struct lane *next;     /* of the lanes of its order that are ready */
    bool is_ready, is_urgent;
    uint8_t tries, denied_tries, n_unreachable; /* in a row */
    uint16_t calls;        /* with the wire */
    struct nodes *waiting, *failed, *denied; /* NULL: none */
    int64_t cycle_ms, failed_ms, denied_ms; /* when to ask all, the failed, the denied again */
    int64_t forced_utc;    /* answers up to then are too old */
};

struct call {
    struct refresh *refresh;
    struct lane *lane;
    struct call *previous, *next;
    struct reading *reading;
    struct err *err;       /* owned; what was wrong with the answer; NULL: nothing so far */
    uint64_t ticket;
    uint32_t node;
    bool is_cancelled;     /* cancel when the step is over */
    bool is_dropped;       /* nobody wants the answer any more */
};

/* A way into an account. */
struct entrance {
    struct refresh *refresh;
    char *profile, *role_arn, *change_role_arn, *external_id, *mfa_serial; /* NULL as in struct target */
    struct identity *base; /* the profile; signs AssumeRole. NULL for accounts of the organization */
    struct identity *who;  /* owned unless it is base; NULL: anonymous or not made yet */
    struct identity *refused; /* of another region, to be freed; NULL */
    struct identity *changes; /* who may change things; NULL: not asked for yet */
    struct login *login;   /* what a person must do, as other threads were told; NULL: nothing */
    bool is_declined;      /* the person does not want to */
    struct entrance *through; /* whose identity assumes the role: accounts of the organization */
    char **regions;        /* owned, NULL-ended: only these of its account; NULL: all */
    char wanted[13];       /* the account it must lead to; "" if that is not known */
    char region[40];
    struct account *account; /* NULL until it answered */
    char *describe;        /* "profile prod": for messages */
    uint32_t node;         /* of a target: what its list of accounts is kept under */
    struct err err;        /* why it does not lead anywhere; code ERR_OK: it may */
    enum { ENTRANCE_NEW, ENTRANCE_ASKED, ENTRANCE_OPEN, ENTRANCE_DOUBLE, ENTRANCE_FAILED } state;
    bool tried_elsewhere;  /* another region was asked too */
    int tries;
    int64_t retry_ms;
    uint64_t ticket;       /* of the call in flight; 0: none */
    /* organizations:ListAccounts through it */
    enum { ORG_NOT_ASKED, ORG_ASKED, ORG_LISTED, ORG_FAILED } org;
    uint64_t org_ticket;
    org_accounts listed;
    struct err org_err;
    enum truth org_truth;
    int org_tries;
    int64_t org_ms;        /* when to ask again */
};

struct account {
    char id[13], partition[24];
    char *name, *state, *org_arn, *via; /* NULL: not known */
    char principal[256];   /* who we are there, for "allow ... for ..." */
    uint32_t node;
    struct entrance *entrance; /* that is open; NULL */
    struct entrance *listed_by; /* through which its organization was listed; NULL */
    bool is_gone;
    bool has_regions;      /* which ones are on is settled */
    struct err err;        /* why it cannot be read; code ERR_OK */
    unsigned n_lost;       /* Regions of it that were asked for by name and cannot be read */
    char lost_region[40];  /* the first of these */
    struct site home;
    VEC(struct site *) sites;
};

struct request {
    enum { REQUEST_LOOK, REQUEST_NODE, REQUEST_EVIDENCE, REQUEST_KIND, REQUEST_FREEZE, REQUEST_LOGIN, REQUEST_DECLINE } what;
    enum kind kind;
    uint32_t node;
    bool frozen;
    char account[16], region[40];
    unsigned login;
    char *code;            /* secret, owned; NULL */
};

/* Which (feed, record) pairs wait or are being asked. */
struct busy {
    uint64_t *keys;        /* 0: free */
    size_t n, mask;
};

#define ERRORS_MAX 256

struct refresh {
    /* settings */
    struct wire *wire;
    struct estate *estate;
    char *org_role, *org_change_role, *org_external_id, *first_region;
    char **regions;        /* NULL-ended; NULL: all */
    bool once, anonymous, has_person;
    int64_t deletions_ms, period_ms[2]; /* by enum tier */
    int64_t retry_first_ms;
    int64_t fixed_now;
    struct budget budget;
    bool (*restore)(void *ctx, struct estate *estate);
    void *restore_ctx;

    /* the thread's own */
    struct collector *collector;
    struct products *products;
    VEC(struct entrance *) entrances;
    VEC(struct account *) accounts;
    bool accounts_changed; /* the list of accounts must be written again */
    bool accounts_were_whole;
    struct heap due;
    uint64_t next_tie, random;
    struct lane *ready[ORDERS], *ready_last[ORDERS];
    uint64_t ready_mask;
    struct busy busy;
    struct call *calls;
    size_t n_calls, n_waiting, n_entering;
    uint64_t n_done;       /* of the cycle that runs */
    int64_t entrances_due_ms, deletions_due_ms, publish_due_ms, oldest_due_ms;
    int64_t began_ms;
    int64_t logins_due_ms; /* when to look whether somebody logged in elsewhere; NEVER_MS: nobody need to */
    int64_t budget_renews_ms; /* the budget is used up until then; 0: it is not */
    bool is_dirty;         /* something to publish or tell */
    bool must_sweep;       /* records under which others stand may have gone */
    bool frozen, first_read_over;
    bool has_read;         /* something about an account was answered */
    unsigned n_offline;    /* calls in a row that did not get through */
    struct request look;
    bool looked[FEED_COUNT];

    pthread_t thread;
    atomic_bool stop;
    int fds[2];            /* a pipe: [0] is read by the screen */

    pthread_mutex_t lock;  /* guards the rest: seen by other threads */
    pthread_cond_t settled; /* told of is_held and is_settled */
    bool is_held;          /* nothing is asked yet */
    bool is_settled;       /* the first read is over, or the thread ended */
    struct err nothing;    /* why nothing could be reached; code ERR_OK: something was */
    VEC(struct request) requests;
    struct refresh_status status;
    struct refresh_courtesy courtesy;
    int64_t clock_offset_s;
    VEC(struct refresh_error) errors;
    VEC(struct refresh_login) logins;
};

#endif
