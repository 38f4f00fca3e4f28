/* When things go: what the state of a key, or the closure of an account, says of what hangs there.
 */
#include "backend/judge/impact_walk.h"

#include <string.h>

#define DAY 86400
/* https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html */
#define DAYS_AFTER_CLOSURE 90
/* https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html: 7 to 30, 30 if nobody says */
#define DAYS_OF_WAITING 30

uint16_t timeline_add(struct walker *w, struct timeline t)
{
    for (size_t i = 0; i < w->timelines.n; i++)
        if (memcmp(&w->timelines.items[i], &t, sizeof t) == 0)
            return (uint16_t)i;
    if (w->timelines.n == UINT16_MAX)
        return 0;
    VEC_PUSH(w->timelines, t);
    return (uint16_t)(w->timelines.n - 1);
}

struct timeline timeline_blank(void)
{
    struct timeline t;
    memset(&t, 0, sizeof t); /* compared byte by byte */
    t.first_when = t.last_when = WHEN_DONE;
    t.first_at = t.last_at = TIME_NONE;
    t.cap = EFFECT_LOST;
    return t;
}

/* What a member that does not fall leaves of a key that goes. */
static enum impact_effect cap_of_relative(const struct walker *w, uint32_t node)
{
    struct record r;
    if (nodemap_at(&w->falling, node))
        return EFFECT_LOST;
    if (!generation_record(w->j->generation, node, &r))
        return judge_key(w->j, node) == KEY_GONE ? EFFECT_LOST : EFFECT_UNKNOWN;
    struct value state = record_value(&r, ATTR_KEY_STATE);
    if (state.is != VALUE_KNOWN || !truth_is_sure(record_facet(&r, FACET_KEY_METADATA).truth))
        return EFFECT_UNKNOWN;
    bool goes_too = strncmp(state.text, "Pending", 7) == 0 && strcmp(state.text, "PendingImport") != 0;
    return goes_too ? EFFECT_LOST : EFFECT_DOWN;
}

/* A member of a multi-Region set can be made again from any other: what is under it is not lost.
 * https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html */
static enum impact_effect cap_of_relatives(const struct walker *w, uint32_t key)
{
    struct relatives set = key_relatives(w->j, key);
    enum impact_effect cap = set.is_whole ? EFFECT_LOST : EFFECT_UNKNOWN;
    for (size_t i = 0; i < set.nodes.n && cap != EFFECT_DOWN; i++) {
        enum impact_effect one = cap_of_relative(w, set.nodes.items[i]);
        cap = one == EFFECT_LOST ? cap : one;
    }
    VEC_FREE(set.nodes);
    return cap;
}

static bool is_dead_already(const struct judgement *j, const struct record *key)
{
    struct value state = record_value(key, ATTR_KEY_STATE);
    return (state.is == VALUE_KNOWN && strcmp(state.text, "Enabled") != 0 &&
            strcmp(state.text, "Updating") != 0) ||
           judge_key(j, key->node) == KEY_UNUSABLE;
}

/* Deleted then, unless a relative can mend it. */
static void time_end(struct walker *w, int64_t date, struct timeline *t)
{
    int64_t *end = &w->impact->point_of_no_return;
    t->last_when = WHEN_DATE;
    t->last_at = date;
    if (t->cap != EFFECT_DOWN && (*end == TIME_NONE || date < *end))
        *end = date;
}

static bool is_scheduled(const struct record *key)
{
    return value_is(key, ATTR_KEY_STATE, "PendingDeletion") || value_is(key, ATTR_KEY_STATE, "PendingReplicaDeletion");
}

/* It stops at once, and is deleted when it has waited. */
static void time_schedule(struct walker *w, uint32_t key, struct timeline *t)
{
    const uint32_t *told = nodemap_at(&w->falling, key);
    int64_t days = told && *told ? *told : DAYS_OF_WAITING;
    t->has_first = t->has_last = true;
    t->cap = cap_of_relatives(w, key);
    time_end(w, w->j->now_utc + days * DAY, t);
    impact_caveat(w->impact, arena_printf(w->impact->arena,
                                          "The date is that of a deletion scheduled now with %d days to wait (AWS lets one "
                                          "choose 7 to 30); until then it can be cancelled.", (int)days));
}

static void time_deletion(struct walker *w, const struct record *key, struct timeline *t)
{
    int64_t date;
    t->has_last = true;
    t->cap = cap_of_relatives(w, key->node);
    if (value_is(key, ATTR_KEY_STATE, "PendingDeletion") &&
        value_number(key, ATTR_KEY_DELETION_DATE, &date)) {
        time_end(w, date, t);
        impact_caveat(w->impact, "CancelKeyDeletion leaves a key Disabled: EnableKey must follow.");
    } else {
        impact_caveat(w->impact,
                      "AWS deletes a key 7 to 30 days after ScheduleKeyDeletion; until then it "
                      "cannot be used, and the deletion can be cancelled.");
    }
    if (value_is(key, ATTR_KEY_STATE, "PendingReplicaDeletion"))
        impact_caveat(w->impact,
                      "The waiting period of a primary begins when its last replica is gone.");
}

static void time_expiry(struct walker *w, const struct record *key, struct timeline *t)
{
    int64_t valid_to;
    t->has_first = true;
    if (!value_is(key, ATTR_KEY_ORIGIN, "EXTERNAL") &&
        record_value(key, ATTR_KEY_ORIGIN).is == VALUE_KNOWN) {
        t->cap = EFFECT_SAFE;
        t->never = "depends on it, and this cannot happen to it: its key material is not imported";
        impact_caveat(w->impact, "The key material is not imported: it cannot expire.");
    } else if (t->first_when == WHEN_DONE && value_number(key, ATTR_KEY_VALID_TO, &valid_to)) {
        t->first_when = WHEN_DATE;
        t->first_at = valid_to;
    }
}

static void time_managed(struct walker *w, struct timeline *t)
{
    t->has_first = true;
    t->cap = EFFECT_SAFE;
    t->never = "depends on it, and this cannot happen to it: AWS manages the key";
    impact_caveat(w->impact,
                  "AWS manages this key: nobody can disable or delete it. What is listed "
                  "depends on it and is safe from that.");
}

static struct timeline time_of_key(struct walker *w, uint32_t key, const struct impact_action *action)
{
    struct record r;
    struct timeline t = timeline_blank();
    bool waits = strcmp(action->name, "schedule-deletion") == 0;
    if (!generation_record(w->j->generation, key, &r)) {
        bool is_gone = judge_key(w->j, key) == KEY_GONE;
        t.has_last = action->is_final || is_gone;
        t.has_first = !t.has_last;
        t.cap = t.has_last ? cap_of_relatives(w, key) : EFFECT_LOST;
        t.first_when = t.last_when = is_gone ? WHEN_ALREADY : WHEN_DONE;
        impact_caveat(w->impact, is_gone ? "The key is deleted already."
                                         : "The key itself was not read: its state is not known.");
        if (waits && !is_gone)
            time_schedule(w, key, &t);
        return t;
    }
    if (record_value(&r, ATTR_KEY_STATE).is != VALUE_KNOWN)
        impact_caveat(w->impact, "The state of the key is not known.");
    if (is_dead_already(w->j, &r)) {
        t.has_first = true;
        t.first_when = WHEN_ALREADY;
    }
    if (key_is_aws_managed(w->j, key) == TRI_YES)
        time_managed(w, &t);
    else if (strcmp(action->name, "expire-material") == 0)
        time_expiry(w, &r, &t);
    else if (waits && !is_scheduled(&r))
        time_schedule(w, key, &t);
    else if (action->is_final)
        time_deletion(w, &r, &t);
    else
        t.has_first = true;
    return t;
}

static struct timeline timeline_of_key(struct walker *w, uint32_t key, const struct impact_action *action)
{
    struct timeline t = time_of_key(w, key, action);
    remedy_of_key(w, key, action, &t);
    return t;
}

static struct timeline timeline_of_place(struct walker *w, uint32_t place,
                                         const struct impact_action *action)
{
    struct record r;
    struct timeline t = timeline_blank();
    t.has_first = true;
    t.stands_still = true;
    t.mend = action->mend;
    t.cap = action->is_final ? EFFECT_LOST : EFFECT_DOWN;
    if (!action->is_final)
        return t;
    t.has_last = true;
    t.after = "only what is kept in other accounts, under keys of theirs.";
    t.last_when = WHEN_DATE;
    t.last_at = w->j->now_utc + DAYS_AFTER_CLOSURE * DAY;
    if (generation_record(w->j->generation, place, &r) && value_text(&r, ATTR_ACCOUNT_STATE)[0] &&
        !value_is(&r, ATTR_ACCOUNT_STATE, "ACTIVE")) {
        t.first_when = WHEN_ALREADY;
        t.last_when = WHEN_DONE;
        t.last_at = TIME_NONE;
    }
    impact_caveat(w->impact,
                  "AWS deletes what an account holds 90 days after it is closed; the date is "
                  "that of a closure today.");
    return t;
}

struct timeline timeline_of(struct walker *w, uint32_t target, const struct impact_action *action)
{
    struct timeline t = timeline_blank();
    t.mend = action->mend;
    switch (node_kind(w->j->estate, target)) {
    case KIND_KEY:
        return timeline_of_key(w, target, action);
    case KIND_ACCOUNT:
    case KIND_REGION:
        return timeline_of_place(w, target, action);
    case KIND_KEY_STORE:
        t.has_first = true;
        return t;
    default:
        t.has_last = true;
        return t;
    }
}
