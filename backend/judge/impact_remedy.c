/* What can still be done: what undoes the action, until when; what the row itself can do; what is left after that. */
#include "backend/judge/impact_walk.h"

#include <string.h>

/* What brings a key back depends on why it cannot be used; a deletion that is cancelled leaves it Disabled.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
static const struct {
    const char *state, *mend;
    bool waits;
} mends[] = {
    {"Disabled", "EnableKey", false},
    {"PendingDeletion", "EnableKey", true},
    {"PendingReplicaDeletion", "EnableKey", true},
    {"PendingImport", "ImportKeyMaterial of the same material", false},
    {"Unavailable", "ConnectCustomKeyStore", false},
};

/* Of a key that was deleted, by what is left of its set. */
static const char *const afters[EFFECT_COUNT] = {
    [EFFECT_LOST] = "only what was copied under another key.",
    [EFFECT_DOWN] = "ReplicateKey from a member of its set that stays.",
    [EFFECT_UNKNOWN] = "ReplicateKey, if a member of its set is left; else only what was copied under another key.",
};

void remedy_of_key(const struct walker *w, uint32_t key, const struct impact_action *action, struct timeline *t)
{
    struct record r;
    bool is_gone = judge_key(w->j, key) == KEY_GONE;
    t->after = t->has_last ? afters[t->cap] : NULL;
    t->mend = is_gone ? NULL : action->mend;
    t->waits = action->is_final && !is_gone;
    for (size_t i = 0; i < sizeof mends / sizeof *mends && generation_record(w->j->generation, key, &r); i++)
        if (value_is(&r, ATTR_KEY_STATE, mends[i].state)) {
            t->mend = mends[i].mend;
            t->waits |= mends[i].waits;
        }
}

/* The date after which what undoes the action does not help what it happens to any more; TIME_NONE. */
static int64_t last_day(const struct timeline *t, const struct consequence *c)
{
    const struct impact_phase *last = &c->phases[c->n_phases - 1];
    if (c->n_phases == 2 && last->when == WHEN_DATE)
        return last->from_utc;
    return t->has_last && t->last_when == WHEN_DATE ? t->last_at : TIME_NONE;
}

static void add_mend(const struct timeline *t, int64_t until, struct buf *out)
{
    char iso[TIME_ISO_SIZE];
    buf_printf(out, "%s%s", t->waits ? "CancelKeyDeletion, then " : "", t->mend);
    if (until != TIME_NONE) {
        time_format_iso(until, iso);
        buf_printf(out, " before %s", iso);
    } else if (t->waits) {
        buf_adds(out, " while it waits (7 to 30 days)");
    }
    buf_addc(out, '.');
}

const char *remedy_of(const struct walker *w, const struct step *s, const struct consequence *c)
{
    const struct timeline *t = &w->timelines.items[s->timeline];
    const char *own = s->rule->remedy ? s->rule->remedy : "";
    bool is_over = t->after && (s->effect == EFFECT_LOST || t->cap != EFFECT_LOST);
    struct buf text = {0};
    if (!s->node || s->effect == EFFECT_SAFE || s->rule->by_health || (!t->mend && !is_over))
        return own;
    if (t->mend)
        add_mend(t, last_day(t, c), &text);
    if (own[0])
        buf_printf(&text, "%s%s", text.len ? " " : "", own);
    if (is_over)
        buf_printf(&text, " %s: %s", t->mend ? "After that" : "Now", t->after);
    const char *whole = arena_strdup(w->impact->arena, text.data);
    buf_free(&text);
    return whole;
}
