/* impact_rules: what happens to what hangs on something that goes, one row each. Constant data. Private to
 * judge/. A row is found by what goes, how it goes, the edge and the kind that hangs there; the first that
 * fits is taken. */
#ifndef KEYFALL_JUDGE_IMPACT_RULES_H
#define KEYFALL_JUDGE_IMPACT_RULES_H

#include "backend/judge/judge.h"

/* How something goes. With its key or its place there are two times: unusable first, lost later. */
enum fall {
    FALL_NONE,    /* it does not: the walk ends here */
    FALL_KEY,     /* a key, or something together with its key */
    FALL_DELETED, /* by itself */
    FALL_MOVED,   /* an alias that names another key */
    FALL_PLACE,   /* an account or Region, and what is in it */
};

struct impact_rule {
    enum kind of;
    enum fall fall;
    enum edge edge;        /* EDGE_NONE: the target itself, or what is in the target (is_within) */
    bool is_within;
    enum kind kind;        /* KIND_NONE: any */
    bool (*when)(const struct record *r); /* NULL: always */
    enum impact_effect first, last;       /* while it is unusable; once it is lost */
    enum severity first_severity, last_severity;
    enum fall then;
    int clock_hours;       /* without its key so long, and no key mends it; 0: no such time is published */
    enum impact_effect clock_effect;
    bool by_health;        /* SAFE only if its own key is usable, else UNKNOWN */
    const char *first_text, *last_text;   /* last_text NULL: the same */
    const char *remedy, *page;
    const struct impact_rule *also;       /* one more consequence of the same record; NULL: none */
};

const struct impact_rule *impact_rule_find(enum kind of, enum fall fall, enum edge edge,
                                           const struct record *r);
/* The same, quick where very many are asked about. Begins as zero. */
#define CHOICES_KEPT 64
struct impact_choice {
    struct {
        enum kind of, kind;
        enum fall fall;
        enum edge edge;
        const struct impact_rule *first; /* that fits them; NULL: not looked for */
    } known[CHOICES_KEPT];
};
const struct impact_rule *impact_choose(struct impact_choice *c, enum kind of, enum fall fall, enum edge edge,
                                        const struct record *r);
/* All rows, and those of targets themselves; *n of them. */
const struct impact_rule *impact_rules(size_t *n);
const struct impact_rule *impact_rules_self(size_t *n);
/* The row of the target itself; NULL: the target is no row. */
const struct impact_rule *impact_rule_self(enum kind kind, enum fall fall, const struct record *r);
/* The kinds in an account or Region that have a row: i from 0; NULL at the end. */
const struct impact_rule *impact_rule_within(enum kind of, size_t i);
/* How bad it would be if a kind that was not read hung on a key. */
enum severity impact_rule_severity(enum kind kind);

struct impact_action {
    enum kind kind;
    const char *name;
    enum fall fall;
    bool is_final;         /* nothing brings it back */
    const char *mend;      /* the call that undoes it; NULL: there is none, or each row has its own */
};
/* NULL: there is no such action; name NULL: the default. */
const struct impact_action *impact_action_find(enum kind kind, const char *name);

#endif
