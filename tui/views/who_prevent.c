#include "tui/views/who_prevent.h"

#define TOLD_BYTES 1500

const char *means_title(enum means means)
{
    static const char *const titles[] = {
        [MEANS_STATEMENT] = "a Deny in its policy",
        [MEANS_SCP] = "a service control policy",
        [MEANS_RULE] = "an event rule that warns",
    };
    return titles[means];
}

const char *means_text(const struct prevention *p, enum means means)
{
    return means == MEANS_STATEMENT ? p->statement : means == MEANS_SCP ? p->scp : p->pattern;
}

/* NULL: not known what it breaks, or it breaks nothing. */
static const struct key_edit *edit_of(const struct prevention *p, enum means means)
{
    if (means == MEANS_STATEMENT)
        return p->has_edit ? &p->edit : NULL;
    return means == MEANS_SCP ? &p->under_scp : NULL;
}

void means_says(const struct prevention *p, enum means means, struct buf *out)
{
    static const char *const warned[] = {[TRI_NO] = "there is none", [TRI_UNKNOWN] = "not known: rules not read",
                                         [TRI_YES] = "there is: "};
    const struct key_edit *e = edit_of(p, means);
    if (means == MEANS_RULE)
        buf_printf(out, "%s%s", warned[p->is_warned], p->is_warned == TRI_YES ? p->warner : "");
    else if (!e)
        buf_adds(out, "not known: its policy was not read");
    else
        buf_printf(out, "%u lose, %u flows change", e->users.n_lose, e->n_flows);
}

static void add_losers(const struct key_edit *e, struct buf *out)
{
    for (size_t at = 0; at < e->users.changes.n && out->len < TOLD_BYTES;) {
        struct buf one = {0};
        buf_printf(out, "%s%s ", out->len > 0 ? "; " : "", e->now->users.items[e->users.changes.items[at].user].principal);
        key_changes_text(&e->users, &at, &one);
        buf_adds(out, one.data);
        buf_free(&one);
    }
}

void means_breaks(const struct prevention *p, enum means means, struct buf *out)
{
    const struct key_edit *e = edit_of(p, means);
    if (e)
        add_losers(e, out);
    if (e && out->len == 0)
        buf_adds(out, "nobody who is known loses anything");
    if (means == MEANS_STATEMENT && p->has_edit && !p->fits)
        buf_adds(out, "; the policy would be longer than KMS takes");
    if (means == MEANS_SCP)
        buf_adds(out, "; it binds neither the management account nor service-linked roles");
    if (means == MEANS_RULE)
        buf_adds(out, "nothing; CloudTrail has to record management events there");
}
