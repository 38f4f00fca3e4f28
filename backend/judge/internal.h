/* internal: what the files of judge/ share. Nobody else includes this.
 *
 *   words.c      severities and effects in words
 *   areas.c      which lists were seen where; sums by place
 *   blind.c      blind spots
 *   known.c      accounts that are no strangers
 *   keys.c       key health, aliases, dependents
 *   copies.c     backups of a resource, restorability
 *   jobs.c       jobs that failed for want of a key
 *   holds.c      what legal holds keep
 *   key_access.c what decides who may use a key
 *   ask_access.c questions about one key; key_use.c: may a product use it; key_who.c: everybody's rights, what each
 *                statement is for; key_flows.c: what services and products do with it; prevent.c: what stops its end
 *   ranking.c    every key by what it takes down; terraform.c: what a plan would do
 *   paths.c      the ways on which backups are copied; path_links.c: what each link must be; copy_matrix.c: by places
 *   enders.c     who may end a key
 *   suppress.c   what somebody answers for; who owns what
 *   findings.c   the engine; rules.c: the table; rules_*.c: the tests of its rows
 *   impact.c     the walk; impact_steps.c: who is hit, by the worst; impact_rules.c: its table; impact_time.c: when;
 *                impact_drivers.c: copies that rules drive; impact_unread.c: what was not read;
 *                impact_statement.c: statements of key policies; impact_survive.c: what survives; impact_report.c: what is told */
#ifndef KEYFALL_JUDGE_INTERNAL_H
#define KEYFALL_JUDGE_INTERNAL_H

#include "backend/judge/copy_matrix.h"
#include "backend/judge/holdings.h"
#include "backend/judge/judge.h"
#include "backend/judge/nodemap.h"
#include "backend/policy/traits.h"

#include <pthread.h>

/* Made when first asked for, by whoever asks; then constant. */
struct path_list {
    pthread_mutex_t lock;
    bool is_made, has_matrix;
    struct copy_path *items;
    size_t n;
    struct copy_matrix matrix;
    struct arena *arena;
};

/* An (account, region); region "" is the account as a whole. */
struct area {
    const char *account, *region;
    uint32_t record;               /* of an account as a whole: its node; 0 */
    uint32_t account_first;        /* the first area of its account: index */
    uint32_t scope;                /* 0: nothing was asked of it */
    bool is_read;                  /* it is asked for: lists without an answer are blind spots */
    enum truth truth[LIST_COUNT];  /* the worst of the list's slices; see area_truth */
    bool has[LIST_COUNT];          /* a slice was there */
    uint8_t stands[LIST_COUNT];    /* enum truth: area_truth, once the sums are made */
    bool hides_dependents;         /* a list that could hold dependents of a key is not sure */
    int64_t keys_whole_at;         /* when all its keys were read last; TIME_NONE */
    struct place sum;
};

/* One Region over all accounts. */
struct region_sum {
    const char *region;
    bool hides_dependents;
};

#define SERVICES_KEPT 64

struct copy {
    uint32_t point, vault; /* which, and copied from where */
    uint32_t next;         /* the one before it of the same resource: index; UINT32_MAX */
};

struct failed_jobs {
    uint32_t n_backups, n_restores;
    uint32_t newest;       /* the job */
    int64_t newest_at;     /* TIME_NONE: not told */
    uint32_t key;          /* that all jobs of that second name; 0: none, or several */
};

/* Where the backups of a resource are. */
struct spread {
    uint32_t resource, n;
    const char *account, *region;      /* of the last one */
    bool is_apart_account, is_apart_region, is_apart_key, is_key_unknown;
    uint64_t family;                   /* of keys; see key_family */
    uint32_t key;                      /* of that family, the first by ARN */
    uint32_t plan_id;                  /* of the plan that made the newest: a string; 0 */
    int64_t planned_at;
};

struct alias_at {
    uint32_t name, alias; /* a string; a node */
    const char *account, *region;
};

/* What was told of a policy when it came. */
struct policy_told {
    uint32_t node;                 /* whose policy it is; 0 */
    bool is_there, is_readable;
    int traits_of;                 /* see POLICY_TRAITS_OF */
    const char *at[TRAIT_COUNT];   /* the statement that has the trait, in digits; NULL: none has */
};

/* What many findings share, while they are made. Texts: by string of the estate, indexes. */
struct texts_memo {
    struct nodemap account_of_head, reason_of_state;
    VEC(const char *) texts;
    struct nodemap path_of_rule; /* its first path: index */
    const char *unsure[FACET_COUNT][TRUTH_COUNT]; /* "policy: denied" */
    struct spread spread;          /* of the resource that was asked about last */
    bool has_plans, has_changed_keys, has_aliases;
    VEC(struct alias_at) aliases_by_name;
    uint32_t aliases_account;      /* whose aliases may not all be seen: its first area + 1; 0 */
    bool hides_aliases;
    struct nodemap namesake_of;    /* of an alias: the first of its name and account, if it is another */
    struct strtab *granted;        /* ids of volumes and databases that grants are for */
    struct nodemap plan_of_id;     /* a plan's id, as a string, to its node */
    struct nodemap key_before;     /* of copy jobs: the key of the copy before, if it is another */
    const struct area *aliases_of; /* of which the aliases were asked for last */
    const struct slice *aliases;
    uint32_t *next_path;         /* of the same rule: index + 1; NULL: not asked for yet */
    struct policy_told told;     /* of whose policy was asked last */
    struct enders_memo *enders;
    uint8_t *guards; /* of the first area of an account: 1 + enum tri: an SCP denies that deletions are scheduled */
};

struct judgement {
    const struct generation *generation;
    const struct estate *estate;
    int64_t now_utc;
    struct arena *arena;
    VEC(struct area) areas;          /* sorted by account, region */
    VEC(uint32_t) area_of_scope;     /* by scope; index + 1, 0: none */
    VEC(struct region_sum) regions;  /* sorted */
    enum list dependent_lists[LIST_COUNT]; /* that can hold dependents of a key, LIST_NONE-ended */
    uint8_t severity_of_list[LIST_COUNT]; /* of what could be in it, under a key */
    enum list backup_lists[LIST_COUNT];    /* that can hold backups */
    bool org_is_known;               /* the organization's accounts were listed */
    const struct allow_settings *allow; /* what is meant to be so; NULL: nothing is said */
    VEC(const char *) registered;    /* accounts that products' records name */
    bool rules_are_sure;             /* every backup rule of what is read was seen */
    enum truth backups_truth;        /* of the worst list of recovery points or snapshots */
    int64_t backups_at;              /* if that is STALE: since when, at the least */
    VEC(struct copy) copies;         /* recovery points that say which vault they were copied from */
    struct nodemap copies_of;        /* resource to the last of its copies: index */
    VEC(struct failed_jobs) failed_jobs;
    struct nodemap failed_of;        /* vault or key to index */
    struct path_list *paths;
    uint8_t *health;                 /* by node: enum key_health + 1 of keys; 0: not a key that was seen */
    struct nodemap dependents_of;    /* key to index */
    VEC(struct dependents) dependents;
    VEC(struct blind_spot) blind;
    struct call_service {
        const char *operation, *service;
    } services[SERVICES_KEPT];       /* that blind spots named last */
    VEC(uint32_t) blind_holdings;    /* those of an account as a whole that hide holdings: indexes */
    struct suppressions *suppressions;
    VEC(struct finding) findings;    /* those of a node stand together */
    struct finding *worst_first;
    uint32_t *first_finding;         /* by node: index + 1; 0: none */
    uint8_t *worst;                  /* by node: see node_worst */
    int rank_of_worst[256];          /* worst_rank of such a byte */
    enum severity worst_of_kind[KIND_COUNT]; /* that a rule may find in one */
    struct texts_memo *texts;        /* NULL but while findings are made */
    uint32_t n_nodes;
    struct past past;                /* zeroes: there is no history */
};

/* areas.c */
void areas_build(struct judgement *j);
void areas_finish(struct judgement *j); /* sums, once blind.c has seen the children lists */
void areas_free(struct judgement *j);
const struct area *area_find(const struct judgement *j, const char *account, const char *region);
struct area *area_of_record(const struct judgement *j, const struct record *r); /* may be NULL */
struct area *area_of_slot(const struct judgement *j, uint32_t slot); /* NULL: of no place that is read */
/* Where a list stands in an area, after areas_finish; children lists follow their parents' list. */
enum truth area_truth(const struct area *a, enum list list);
enum truth truth_worse(enum truth a, enum truth b);
/* What a list of a place that has no parent said last; NULL: never asked. a may be NULL. */
const struct slice *area_slice(const struct judgement *j, const struct area *a, enum list list);
/* Of what hangs on a key, or on an alias of it. */
bool is_dependent_edge(enum edge edge);
/* Where a node is: its record's place, or what its ARN says (kept in the arena). */
void node_where(const struct judgement *j, struct arena *arena, uint32_t node, const char **account,
                const char **region);
/* Is this account one of the estate's? */
bool account_is_ours(const struct judgement *j, const char *account);

/* known.c: accounts that are no strangers */
void known_build(struct judgement *j);
/* Of the estate, allowed in keyfall.conf, or a product's. */
bool account_is_known(const struct judgement *j, const char *account);
bool account_is_allowed(const struct judgement *j, const char *account); /* in keyfall.conf */

/* blind.c */
void blind_build(struct judgement *j);

/* jobs.c */
void jobs_build(struct judgement *j);
void jobs_free(struct judgement *j);
/* Of a vault or a key; NULL: none. */
const struct failed_jobs *failed_jobs_of(const struct judgement *j, uint32_t node);

/* keys.c */
void keys_build(struct judgement *j);
/* What may use a key counts as one family of keys: a multi-Region set, all AWS managed keys of an account.
 * 0: not known. */
uint64_t key_family(const struct judgement *j, uint32_t key);
/* KeyManager AWS? */
enum tri key_is_aws_managed(const struct judgement *j, uint32_t key);

/* alias/aws/...: AWS's own, whether the alias was seen or not. */
bool alias_is_aws(const struct judgement *j, uint32_t alias);

/* When the list was read that a key is gone from, if it could not be read again since; else TIME_NONE. */
int64_t key_gone_by_list_of(const struct judgement *j, uint32_t key);

bool counts_as_dependent(enum edge edge);

/* A recovery point that hangs on the node like the snapshot that it is: only the snapshot counts. */
bool is_twin_of_another(const struct record *r, uint32_t node, enum edge edge);

/* The other members of the multi-Region set of a key, as it says itself and as others say of it. is_whole: there
 * are no more. */
struct relatives {
    VEC(uint32_t) nodes;
    bool is_whole;
};
struct relatives key_relatives(const struct judgement *j, uint32_t key); /* VEC_FREE the nodes */

/* suppress.c */
void suppressions_build(struct judgement *j);
void suppress(struct judgement *j, struct finding *f); /* SUPPRESSED, if keyfall.conf says so */

/* findings.c */
void rules_gather(struct judgement *j); /* worst_of_kind */
void findings_build(struct judgement *j);
struct worst node_worst(const struct judgement *j, uint32_t node); /* by its own findings */
/* Says of a finding that is proved by a facet (FACET_LIST_: what its list says) of a record since when that
 * could not be read again, if so. */
void rests_on(const struct record *r, enum facet facet, struct finding *out);
/* A time as a reason tells it: as a date, not as how long until then, so that a reason is the same as long as its facts
 * are. Lives as long as the judgement. */
const char *told_time(const struct judgement *j, int64_t utc);
/* The same of a slice, NULL too. */
void rests_on_slice(const struct slice *s, struct finding *out);
/* OPEN if it is whole, new or old, so that what it lacks is proved not to be there; else UNKNOWN. */
enum finding_state lacking_in(const struct slice *s, struct finding *out);
/* The tests of the rows of rules.c: RULE_TEST(key_pending_deletion) in rules_*.c. */
#define RULE_TEST(name)                                                                            \
    enum finding_state rule_##name(const struct judgement *j, const struct record *r,              \
                                   struct finding *out)

/* paths.c */
struct path_list *paths_new(void);
void paths_free(struct path_list *list);
/* copy_matrix.c */
void copy_matrix_make(const struct judgement *j, struct arena *arena, const struct copy_path *paths, size_t n,
                      struct copy_matrix *out);

/* Small readers. */
bool value_is(const struct record *r, enum attr attr, const char *text); /* known and equal */
const char *value_text(const struct record *r, enum attr attr);          /* "" unless known */
bool value_number(const struct record *r, enum attr attr, int64_t *out); /* false unless known */
uint32_t value_node(const struct record *r, enum attr attr);             /* 0 unless known */

#endif
