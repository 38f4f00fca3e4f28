/* collect: how AWS's answers become records. A feed is a constant row (feeds.def): which operation fills
 * which list or facet, what to send, where the items are. Nothing here sends, waits, or knows the time:
 * the same bytes give the same rows. All of it belongs to the estate's writer thread.
 *
 * A list that cannot be read to its end changes nothing but its truth: half an answer is an error. */
#ifndef KEYFALL_COLLECT_COLLECT_H
#define KEYFALL_COLLECT_COLLECT_H

#include "backend/aws/wire.h"
#include "backend/base/err.h"
#include "backend/estate/estate.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feed_id {
#define FEED(id, ...) FEED_##id,
#include "backend/collect/feeds.def"
#undef FEED
    FEED_COUNT
};

enum tier { TIER_CYCLE, TIER_INVENTORY };

struct sheet; /* sheet.h: one row being filled */

/* An error code that means something else here than failure. */
struct special {
    const char *aws_code;
    const char *text; /* must be part of the message; NULL: any */
    enum truth truth; /* ABSENT, UNSUPPORTED */
};

/* What a parameter of a call is taken from. */
struct feed_arg {
    const char *name;
    enum {
        ARG_NONE,
        ARG_ARN,      /* the record's ARN */
        ARG_ATTR,     /* its attribute */
        ARG_ATTR_LIST,/* the same as a list of one, for JSON bodies */
        ARG_PARENT,   /* its parent's attribute */
        ARG_REGION    /* the Region that is asked */
    } from;
    enum attr attr;
};

enum applies {
    APPLIES_YES,
    APPLIES_NO,   /* AWS has no such thing for this record: no call */
    APPLIES_LATER /* what decides it is not known yet */
};

/* Where an item of a store says under which key it is. */
struct feed_key {
    const char *member;    /* a reference to the key; NULL: finish tells */
    const char *encrypted; /* whether it is encrypted; NULL: it always is */
    const char *otherwise; /* what it is under if no key is named: a reference, ENCRYPTION_AWS_OWNED, or NULL
                              if that is not told */
};

/* One of several lists that an answer holds. An arn left NULL with ERR_OK: the item is passed over. */
struct feed_part {
    enum list list;
    const char *within; /* each item of this list holds a list of its own (sheet.outer); NULL: the answer */
    const char *items, *item, *arn;
    enum err_code (*identify)(struct sheet *s, const cJSON *item, const char **arn, struct err *err);
    enum err_code (*finish)(struct sheet *s, const cJSON *item, struct err *err);
};
#define FEED_LISTS 2 /* the most that one answer fills */

struct feed {
    enum feed_id id;
    enum op_id op;
    enum kind of;        /* asked for each record of this kind; KIND_NONE: once for each region */
    enum list list;      /* the list it fills; LIST_NONE: a facet */
    const struct feed_part *parts; /* of an answer that holds several, `list` the first of them: ended by
                            LIST_NONE; what stands here of items is theirs. NULL: it holds one */
    enum facet facet;    /* the facet of the record that it fills */
    enum facet after;    /* asked once this facet of the record is known; FACET_LIST_: once it is listed */
    const char *items;   /* where the items stand in the answer; NULL: the answer is the item */
    bool may_lack_items; /* AWS leaves an empty list out; else one that is not there is half an answer */
    bool are_texts;      /* the items are texts, not objects */
    bool is_one;         /* what stands there is the only item, and no list */
    const char *item;    /* XML name of an item; NULL: JSON only */
    const char *arn;     /* member that identifies an item; NULL: identify does */
    const char *needs;   /* a member without which an item says nothing; NULL: none */
    const char *without; /* what of consumers.def without a key is under: words, or "alias/..."; NULL: AWS
                            always tells, so silence is not known */
    /* An arn left NULL with ERR_OK: the item is passed over. */
    enum err_code (*identify)(struct sheet *s, const cJSON *item, const char **arn, struct err *err);
    enum err_code (*finish)(struct sheet *s, const cJSON *item, struct err *err); /* derived ones */
    struct feed_key key;
    enum attr gathers;   /* a facet of many items: the attribute that they add up to */
    enum applies (*applies)(const struct record *r);    /* NULL: always */
    struct param params[2];
    struct feed_arg args[2];
    const char *json;    /* args[0] is this JSON, $ being its text; NULL: it is the text itself */
    const struct special *specials; /* ended by a NULL code; may be NULL */
    enum tier tier;
    int order;           /* lower is asked earlier */
    bool is_fallback;    /* asked only when another feed of the same list was refused */
};

const struct feed *feed_get(enum feed_id id);
/* The lists that it fills; 0 for a facet. */
size_t feed_lists(const struct feed *feed, enum list out[FEED_LISTS]);
bool feed_fills(const struct feed *feed, enum kind kind);
/* How a failed call is to be understood: ABSENT, UNSUPPORTED, DENIED or FAILED. */
enum truth feed_truth(const struct feed *feed, const struct err *err);
enum applies feed_applies(const struct feed *feed, const struct record *r);

/* Where a call goes. Strings are the caller's and outlive what was made with them. */
struct place {
    const char *partition, *account, *region;
    uint32_t scope;             /* where its lists belong */
    const char *const *regions; /* --region, NULL-ended; NULL: all that are enabled */
};

struct collector;
struct collector *collector_new(struct estate *e);
void collector_free(struct collector *c); /* NULL is fine */

/* The members to send. r is the record that is asked about; NULL for a feed of a region. The texts are
 * valid until the collector is used again. ERR_NOT_FOUND: the record lacks what the call needs. */
#define CALL_PARAMS 4
struct call_params {
    struct param items[CALL_PARAMS];
    size_t n;
};
NODISCARD enum err_code collect_params(struct collector *c, const struct feed *feed,
                                       const struct place *place, const struct record *r,
                                       struct call_params *out, struct err *err);

/* An answer being read, page by page. node: the record that was asked about; 0: none. */
struct reading;
struct reading *reading_new(struct collector *c, const struct feed *feed, const struct place *place,
                            uint32_t node);
void reading_free(struct reading *r); /* NULL is fine */
/* Page 0 begins again. After an error the reading can only fail. */
NODISCARD enum err_code reading_page(struct reading *r, const cJSON *tree, int page, struct err *err);
/* Shows a list that never was complete as far as it was read; cheap when little was added. */
void reading_show(struct reading *r);
/* The list or facet is known. To be called before the last page's tree goes away. True if records of the
 * list may have gone. */
bool reading_done(struct reading *r, int64_t seen_at);
/* It is not: says so in the estate. Returns how it stands now. */
enum truth reading_failed(struct reading *r, const struct err *err, int64_t tried_at);
/* Nothing to ask: AWS fixes it. */
void reading_unsupported(struct reading *r, int64_t at);
/* The records of the feed's (first) list, as far as it was read. */
const uint32_t *reading_nodes(const struct reading *r, size_t *n);

/* ---- accounts: sts:GetCallerIdentity and organizations:ListAccounts ---------------------------- */

struct caller {
    char account[13];
    char partition[24];
    char arn[256];
};
NODISCARD enum err_code collect_caller(const cJSON *tree, struct caller *out, struct err *err);

struct org_account {
    char id[13];
    char state[32];     /* State, or Status where there is none; "" if AWS did not say */
    char *name, *arn;   /* owned; NULL if absent */
};
typedef VEC(struct org_account) org_accounts;
NODISCARD enum err_code collect_org_page(const cJSON *tree, org_accounts *out, struct err *err);
void org_accounts_clear(org_accounts *accounts);

struct account_row {
    const char *partition, *id, *name, *state, *org_arn, *via; /* NULL: absent */
};
uint32_t collect_account_node(struct estate *e, const char *partition, const char *id);
/* "keyfall:target/PROFILE[/ROLE-ARN]": a way in that may lead to no account. */
uint32_t collect_target_node(struct estate *e, const char *profile, const char *role_arn);
void collect_account_row(struct estate *e, struct draft *draft, const struct account_row *row);
/* Whether a region's opt-in status lets it be called; an unknown status does. */
bool collect_region_is_enabled(const char *opt_in);
/* A row for a region that no list told about. */
void collect_region_row(struct estate *e, struct draft *draft, const struct place *place,
                        const char *region);

#endif
