#include "backend/cli/access_who.h"
#include "backend/cli/target.h"

#include "backend/base/json.h"

#include <inttypes.h>
#include <string.h>

#define MAX_LINE 1200
#define NAMED 12

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void write_breaks(const struct key_edit *e, FILE *out)
{
    struct buf line = {0};
    for (size_t at = 0; at < e->users.changes.n;) {
        struct buf changes = {0};
        buf_printf(&line, "    %s: ", e->now->users.items[e->users.changes.items[at].user].principal);
        key_changes_text(&e->users, &at, &changes);
        buf_adds(&line, changes.data);
        put_line(out, MAX_LINE, &line);
        buf_free(&changes);
    }
    if (e->users.changes.n == 0)
        (void)fputs("    nobody who is known loses anything\n", out);
    (void)fprintf(out, "    %u of %zu flows of services and products would work another way\n", e->n_flows, e->now->flows.n);
    buf_free(&line);
}

/* A Deny lasts as long as nobody puts another policy. */
static void write_lifters(const struct key_who *then, FILE *out)
{
    struct buf line = {0};
    size_t n = 0;
    buf_adds(&line, "    may take it off again: ");
    for (size_t i = 0; i < then->users.n; i++) {
        enum verdict v = then->users.items[i].verdicts[RIGHT_MANAGE];
        if ((v == VERDICT_ALLOWED || v == VERDICT_UNKNOWN) && n++ < NAMED)
            buf_printf(&line, "%s%s%s", n > 1 ? ", " : "", then->users.items[i].principal, v == VERDICT_UNKNOWN ? "?" : "");
    }
    if (n > NAMED)
        buf_printf(&line, " and %zu more", n - NAMED);
    buf_adds(&line, n == 0 ? "nobody who is known" : "");
    put_line(out, MAX_LINE, &line);
    buf_free(&line);
}

void access_prevent_text(const struct answer *a, uint32_t key, const struct prevention *p, FILE *out)
{
    static const char *const warned[] = {
        [TRI_NO] = "there is none there that tells of such calls",
        [TRI_UNKNOWN] = "whether there is one already is not known: the rules there were not read",
        [TRI_YES] = "there is one already: ",
    };
    struct buf line = {0};
    target_label(a->generation, key, &line);
    buf_printf(&line, ": %" PRIu64 "%s depend on it", p->dependents.all, p->dependents.is_at_least ? " or more" : "");
    put_line(out, MAX_LINE, &line);
    (void)fputs("a statement for its policy: nobody schedules its deletion as long as it stands there\n", out);
    (void)fprintf(out, "  %s\n", p->statement);
    if (!p->has_edit) {
        (void)fputs("    its policy was not read: what that would break is not known\n", out);
    } else {
        write_breaks(&p->edit, out);
        write_lifters(p->edit.then, out);
        if (!p->fits)
            (void)fputs("    the policy would be longer than KMS takes\n", out);
    }
    (void)fputs("a service control policy for its account: whatever the key's policy says\n", out);
    (void)fprintf(out, "  %s\n", p->scp);
    write_breaks(&p->under_scp, out);
    (void)fputs("    it binds neither the management account nor service-linked roles\n", out);
    (void)fputs("an EventBridge rule in its Region that warns (CloudTrail has to record management events there)\n", out);
    (void)fprintf(out, "  %s\n  it breaks nothing\n", p->pattern);
    buf_printf(&line, "  %s%s", warned[p->is_warned], p->is_warned == TRI_YES ? p->warner : "");
    put_line(out, MAX_LINE, &line);
    buf_free(&line);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void json_breaks(const struct key_edit *e, struct buf *out)
{
    buf_adds(out, ",\"breaks\":[");
    for (size_t i = 0; i < e->users.changes.n; i++) {
        const struct key_change *c = &e->users.changes.items[i];
        const char *principal = e->now->users.items[c->user].principal;
        buf_printf(out, "%s{\"right\":\"%s\",\"now\":\"%s\",\"then\":\"%s\",\"principal\":", i ? "," : "",
                   key_right_word(c->right), verdict_name(c->now), verdict_name(c->then));
        json_add_string(out, principal, strlen(principal));
        buf_addc(out, '}');
    }
    buf_printf(out, "],\"flows_changed\":%u", e->n_flows);
}

void access_prevent_json(const struct answer *a, uint32_t key, const struct prevention *p, FILE *out)
{
    struct buf b = {0}, arn = {0};
    node_arn(generation_estate(a->generation), key, &arn);
    buf_adds(&b, "{\"schema\":\"keyfall.prevention/1\",\"key\":");
    json_add_string(&b, arn.data, arn.len);
    buf_printf(&b, ",\"dependents\":%" PRIu64 ",\"at_least\":%s,\n\"key_policy\":{\"statement\":%s,\"known\":%s,\"fits\":%s",
               p->dependents.all, p->dependents.is_at_least ? "true" : "false", p->statement, p->has_edit ? "true" : "false",
               p->fits ? "true" : "false");
    if (p->has_edit)
        json_breaks(&p->edit, &b);
    buf_printf(&b, "},\n\"service_control_policy\":{\"policy\":%s", p->scp);
    json_breaks(&p->under_scp, &b);
    buf_printf(&b, "},\n\"event_rule\":{\"pattern\":%s,\"exists\":%s,\"name\":", p->pattern,
               p->is_warned == TRI_UNKNOWN ? "null" : p->is_warned == TRI_YES ? "true" : "false");
    json_add_string(&b, p->warner, strlen(p->warner));
    buf_adds(&b, "}}\n");
    (void)fwrite(b.data, 1, b.len, out);
    buf_free(&b);
    buf_free(&arn);
}
