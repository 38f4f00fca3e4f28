/* judge: pure questions over one generation. No I/O, no clock, no globals. A judgement is made by one thread
 * (it takes a while: a fraction of a second at a million records) and may then be read by any. It holds its
 * generation. What is unseen is unknown, never safe. Times are UTC seconds; texts belong to the judgement,
 * the impact or the program. */
#ifndef KEYFALL_JUDGE_JUDGE_H
#define KEYFALL_JUDGE_JUDGE_H

#include "backend/base/mem.h"
#include "backend/base/tri.h"
#include "backend/config/settings.h"
#include "backend/estate/estate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity {
    SEVERITY_NONE,
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
    SEVERITY_COUNT,
};
char severity_letter(enum severity s);      /* C H M L I . */
const char *severity_word(enum severity s); /* "critical"; "none" */
bool severity_parse(const char *text, enum severity *out); /* a letter or a word, any case */

/* How bad something is, and how sure that is: two things. What is proved stays, also by facts that could not
 * be read again; what cannot be proved makes nothing better. */
struct worst {
    enum severity open;     /* the worst that is proved */
    enum severity unproved; /* the worst that cannot be, if it is worse than that; else NONE */
    bool is_stale;          /* `open` rests on facts that could not be read again */
};
/* For the first column of lists, two cells at most: "H"; "H?": perhaps worse; "H~": by old facts; "?": nothing
 * proved, nothing ruled out; "." */
const char *worst_mark(struct worst w);
/* Larger is worse. What cannot be proved stands under medium, or under low if it could be no worse than that. */
int worst_rank(struct worst w);

struct judgement;
struct finding;
struct judgement *judge(const struct generation *g, int64_t now_utc);
/* The same with what keyfall.conf says is meant to be so; NULL: nothing. It must outlive the judgement. */
struct judgement *judge_with(const struct generation *g, int64_t now_utc, const struct allow_settings *allow);
void judgement_free(struct judgement *j); /* NULL is fine */
/* Since when things are known: whoever keeps history. Any thread. */
struct past {
    int64_t (*finding_since)(void *ctx, const struct judgement *j, const struct finding *f);
    int64_t (*record_since)(void *ctx, const struct record *r);
    void *ctx;
};
void judgement_remember(struct judgement *j, const struct past *past); /* before others see j; copied */
/* TIME_NONE: there is no history. */
int64_t judgement_finding_since(const struct judgement *j, const struct finding *f);
int64_t judgement_record_since(const struct judgement *j, const struct record *r);
const struct generation *judgement_generation(const struct judgement *j);
int64_t judgement_now(const struct judgement *j);

/* ---- blind spots: what could not be seen, one for each (place, what, operation, error) ------- */
struct blind_spot {
    const char *account, *region; /* region "": the account as a whole */
    const char *service, *operation, *error, *text, *request_id; /* "" if not known */
    const char *what;     /* the list or facet: "keys", "policy" */
    const char *hides;    /* in words: "keys", "policy of 3 keys" */
    int64_t since;        /* when it was first missed, or last seen for STALE; TIME_NONE */
    uint32_t parent;      /* the record it is about if it is only one; 0: the scope as a whole */
    uint32_t records;     /* how many records it concerns; 0: a whole list */
    enum truth truth : 8; /* DENIED, FAILED, STALE, LOADING, NOT_ASKED */
    bool is_denied : 1;   /* the call was: DENIED, or STALE for that */
    bool hides_holdings : 1; /* what may hang on a key is behind it: a list of a place, or a whole place */
};
const struct blind_spot *judgement_blind_spots(const struct judgement *j, size_t *n);
/* Those of one place: *n of them, contiguous. region NULL: of the whole account. */
const struct blind_spot *judgement_blind_in(const struct judgement *j, const char *account,
                                            const char *region, size_t *n);

/* ---- findings -------------------------------------------------------------------------------- */
enum finding_state { FINDING_NONE, FINDING_OPEN, FINDING_UNKNOWN, FINDING_SUPPRESSED };
const char *finding_state_word(enum finding_state s); /* "open", "unknown", "suppressed" */
/* 64 bytes: there may be a million of them. */
struct finding {
    const struct finding_row *rule;
    uint32_t node;          /* a record, or a stub (F-KEY-10) */
    uint32_t cause;         /* the record that causes it; 0: itself */
    const struct suppression_settings *suppression; /* that it is SUPPRESSED by; else NULL */
    const char *reason;     /* "" if the title says it all; for UNKNOWN: what is not known */
    int64_t facts_at;       /* OPEN by facts of then, which could not be read again; TIME_NONE: all are new */
    enum severity severity : 8; /* kept when it cannot be proved */
    enum severity perhaps : 8;  /* that it may have by what was not seen, if that is worse; else NONE */
    enum finding_state state : 8;
    bool is_unproved : 1;   /* UNKNOWN, or would be if it were not suppressed */
    bool is_effect : 1;     /* folds under its cause, which is in the same place and as bad */
    uint32_t n_effects;     /* that fold under this one, the worst of its record */
    uint32_t like;          /* of judgement_findings' rows: the first that is of the same rule and cause and as bad and
                               as sure, wherever, so that one line tells them all; itself if there is none */
    struct {
        uint32_t n, places, accounts;
    } alike;                /* of that first: how many such there are, itself included, and where */
};

#define ALIKE_FROM 3 /* fewer have a line each */
/* Whether a row of judgement_findings has a line of its own: effects fold under their cause, many alike under the
 * first of them. What is suppressed has none. */
bool finding_has_line(const struct finding *all, size_t i);
bool finding_tells_many(const struct finding *with_line);
/* Beside others, 0 to FINDING_WORST: by severity, then what is sure; 0 is suppressed. */
#define FINDING_WORST (SEVERITY_CRITICAL * 2 + 1)
int finding_badness(const struct finding *f);
const char *finding_mark(const struct finding *f); /* "H"; "H?": not proved; "H~": by old facts; "H-": suppressed */
#define RULE_KINDS 8
#define RULE_NEEDS 8
struct finding_row {
    const char *id, *slug;  /* "F-KEY-01", "key-pending-deletion" */
    const char *title, *why, *remedy;
    const char *page;       /* AWS's page, without https:// */
    const char *controls;   /* "KMS.3;CIS 3.6"; "" if none */
    enum kind kinds[RULE_KINDS]; /* KIND_NONE-ended, if there are less */
    enum severity severity; /* may be changed by the test */
    enum severity worst;    /* if the test may find it worse than that; else NONE */
    enum facet needs[RULE_NEEDS]; /* own facets that must be sure (0-ended; the list itself always must);
                               otherwise the finding is unknown. Those of another kind are no matter */
    bool on_stubs;          /* asked of nodes that have no record */
    /* Whether the record breaks the rule. May set severity, cause and reason. */
    enum finding_state (*test)(const struct judgement *j, const struct record *r, struct finding *out);
};
const struct finding_row *finding_rows(size_t *n);
/* Of the catalogue of findings: what no rule judges, or a rule only in part. */
struct rule_left {
    const char *id, *what, *why;
    bool is_part;           /* the rule of this id leaves this out; else there is none */
};
const struct rule_left *rules_left(size_t *n);

const struct finding *judgement_findings(const struct judgement *j, size_t *n); /* worst first, suppressed last */
/* Findings of one node: *n of them, contiguous. */
const struct finding *judgement_of(const struct judgement *j, uint32_t node, size_t *n);
/* How bad a record is: what every list, page and count says. An account or a Region is as bad as what is in it
 * and what could not be seen of it. */
struct worst judgement_worst(const struct judgement *j, uint32_t node);
/* The worst_rank of that, at once, of a record that is no place. */
int judgement_rank(const struct judgement *j, uint32_t node);

/* What keyfall.conf says somebody answers for, in its order. */
enum suppression_state { SUPPRESSION_HOLDS, SUPPRESSION_ENDED, SUPPRESSION_IDLE };
struct suppression {
    const struct suppression_settings *said;
    enum suppression_state state; /* IDLE: nothing that was found is such */
    uint32_t n;             /* findings that it covers; of an ended one: that it would, and that count again */
};
const struct suppression *judgement_suppressions(const struct judgement *j, size_t *n);
const char *suppression_state_word(enum suppression_state s); /* "holds", "ended", "matches nothing" */

/* Who owns a node: its tag "owner", else what keyfall.conf says of its ARN, else of its account; NULL: nobody said.
 * In the arena, the settings or the estate. */
const char *judge_owner(const struct judgement *j, struct arena *arena, uint32_t node);

/* ---- places: the account x region matrix ----------------------------------------------------- */
struct place_count {
    uint64_t n;
    bool is_at_least;                        /* a list that could hold more was not seen */
    enum truth truth;                        /* of the worst such list */
};
struct place {
    struct place_count keys, vaults;
    uint64_t records;
    uint32_t findings[SEVERITY_COUNT];       /* open; effects fold under a cause in this place */
    uint32_t unknown[SEVERITY_COUNT];        /* could not be proved; these too fold */
    uint32_t suppressed;
    enum severity hidden;                    /* the worst that could be in a list that was not seen */
    uint32_t blind_spots;
    bool is_loading;
    int64_t seen_at;                         /* oldest list; TIME_NONE */
};
/* region NULL: the whole account; account NULL: everything. False if nothing is known of the place. */
bool judgement_place(const struct judgement *j, const char *account, const char *region,
                     struct place *out);
/* All that is in an account (NULL: in any) and a Region (NULL: in any), what is of an account as a whole being in each
 * of its Regions. False if nothing is known of it. */
bool judgement_sum(const struct judgement *j, const char *account, const char *region, struct place *out);
struct worst place_worst(const struct place *p);

/* ---- keys, dependents, impact ---------------------------------------------------------------- */

/* Whether data under a key can be decrypted now: Enabled or Updating, and its custom key store connected.
 * GONE: its Region's key list was seen whole and lacks it. */
enum key_health { KEY_UNKNOWN, KEY_USABLE, KEY_UNUSABLE, KEY_GONE };
enum key_health judge_key(const struct judgement *j, uint32_t key);
/* The key that a REF names: itself, or what its alias points to; 0 if that cannot be told. */
uint32_t judge_resolve_key(const struct judgement *j, uint32_t key_or_alias);

/* What counts, everywhere: a resource once, a recovery point and the snapshot that it is as one; who only names
 * the node (an alias, a grant, a relative) is no dependent. */
enum hanger {
    HANGER_DEPENDENT,
    HANGER_TWIN,      /* a recovery point whose snapshot hangs on the node too, and is counted */
    HANGER_NAME,
};
enum hanger judge_hanger(const struct record *r, uint32_t node, enum edge edge); /* of hang_on(node) */

/* How many records depend on a node: of a key, what is encrypted under it directly or through an alias (all),
 * and the vaults whose key it is. is_at_least if a list that could hold more was not seen. */
struct dependents {
    uint64_t direct, all;
    bool is_at_least;
    bool has_vaults, has_products, has_points; /* of a key: what it is for, and recovery points under it */
};
struct dependents judge_dependents(const struct judgement *j, uint32_t node);
/* The lists that could hold more dependents of a key and are not sure: fn is called for each. The area of the place is
 * judge/'s own, NULL where nothing is known of it: then the names are gone when this returns. */
struct area;
void judge_unsure_lists(const struct judgement *j, uint32_t key,
                        void (*fn)(void *ctx, const struct area *area, const char *account, const char *region,
                                   enum list list, enum truth truth),
                        void *ctx);

/* Whether this backup (recovery point, snapshot) can be decrypted now, or needs no key. */
enum tri judge_restorable(const struct judgement *j, const struct record *backup);

/* The backups of a resource: recovery points and snapshots, what is both counted once. */
struct copies {
    uint64_t n;            /* at least, if not is_sure */
    uint64_t independent;  /* families of usable keys that can decrypt a complete one; a multi-Region set is
                              one, all AWS managed keys of an account are one, no key at all is one */
    bool independent_is_known; /* no copy is under a key whose state is not known */
    bool is_sure;          /* every list that could hold more was seen; else both counts are "at least" */
    enum truth truth;      /* of the worst such list */
    enum tri restorable;   /* from one of them, now */
};
struct copies judge_copies(const struct judgement *j, uint32_t resource);

/* What falls, and when: the rest of this header. */
#include "backend/judge/impact.h"

#endif
