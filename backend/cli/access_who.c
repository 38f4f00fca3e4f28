#include "backend/cli/access_who.h"
#include "backend/cli/target.h"

#include "backend/base/json.h"
#include "backend/base/tri.h"

#include <string.h>

#define MAX_LINE 400

static const char *const works_words[] = {"fails", "unknown", "works"};

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void write_users(const struct key_who *who, FILE *out)
{
    (void)fprintf(out, "who: %u of %zu that are known%s%s\n", who->n_users, who->users.n,
                  who->unseen[0] ? "; not read, so there may be more: " : "", who->unseen);
    for (size_t i = 0; i < who->users.n; i++) {
        const struct key_user *user = &who->users.items[i];
        struct buf line = {0}, rights = {0};
        if (!user->is_user)
            continue;
        key_user_text(user, &rights);
        buf_printf(&line, "  %s  %s  %s  %s", user->kind, user->principal, rights.data, key_user_because(user));
        put_line(out, MAX_LINE, &line);
        buf_free(&line);
        buf_free(&rights);
    }
}

static void write_flows(const struct key_who *who, FILE *out)
{
    if (!who->is_for_data)
        (void)fputs("flows: no service encrypts with a key of this kind, or its kind is not known\n", out);
    else
        (void)fprintf(out, "flows: %u work, %u fail, %u unknown%s%s\n", who->n_flows[TRI_YES], who->n_flows[TRI_NO],
                      who->n_flows[TRI_UNKNOWN], who->stopped_by[0] ? ": " : "", who->stopped_by);
    if (who->n_limits > 0)
        (void)fprintf(out, "  limit: %u of them hang on accounts of others, into which keyfall can never look\n", who->n_limits);
    for (size_t i = 0; i < who->flows.n; i++) {
        const struct key_flow *f = &who->flows.items[i];
        struct buf line = {0};
        buf_printf(&line, "  %-7s  %s  ", works_words[f->works], f->title);
        key_flow_who(f, &line);
        if (f->works != TRI_YES)
            buf_printf(&line, "  %s%s%s", f->action, f->action[0] ? ": " : "", f->reason);
        put_line(out, MAX_LINE, &line);
        buf_free(&line);
    }
}

static void write_changes(const struct key_who *who, const struct key_statement *s, FILE *out)
{
    for (size_t i = 0; i < s->changes.n;) {
        struct buf line = {0}, changes = {0};
        buf_printf(&line, "    %s: ", who->users.items[s->changes.items[i].user].principal);
        key_changes_text(s, &i, &changes);
        buf_adds(&line, changes.data);
        put_line(out, MAX_LINE, &line);
        buf_free(&changes);
        buf_free(&line);
    }
}

static void write_statements(const struct key_who *who, FILE *out)
{
    (void)fprintf(out, "statements: %zu; without one of them:\n", who->statements.n);
    for (size_t i = 0; i < who->statements.n; i++) {
        const struct key_statement *s = &who->statements.items[i];
        struct buf line = {0};
        buf_printf(&line, "  %zu %s%s%s%s; %u lose, %u gain", i + 1, s->statement->sid ? "(" : "",
                   s->statement->sid ? s->statement->sid : "", s->statement->sid ? ") " : "", s->text, s->n_lose,
                   s->n_gain);
        put_line(out, MAX_LINE, &line);
        buf_free(&line);
        write_changes(who, s, out);
    }
}

void access_who_text(const struct answer *a, uint32_t key, const struct key_who *who, FILE *out)
{
    struct buf label = {0};
    target_label(a->generation, key, &label);
    put_line(out, MAX_LINE, &label);
    buf_free(&label);
    write_users(who, out);
    write_flows(who, out);
    write_statements(who, out);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
    if (value)
        json_add_string(out, value, strlen(value));
    else
        buf_adds(out, "null");
}

static void add_user(struct buf *out, const struct key_user *user)
{
    buf_addc(out, '{');
    add_text(out, "principal", user->principal);
    add_text(out, "kind", user->kind);
    buf_adds(out, ",\"rights\":{");
    for (int r = 0; r < RIGHT_COUNT; r++)
        add_text(out, key_right_word((enum key_right)r), verdict_name(user->verdicts[r]));
    buf_adds(out, "},\"because\":{");
    for (int r = 0; r < RIGHT_COUNT; r++)
        add_text(out, key_right_word((enum key_right)r), user->because[r]);
    buf_adds(out, "}}");
}

static void add_flow(struct buf *out, const struct key_flow *f)
{
    buf_addc(out, '{');
    add_text(out, "id", f->id);
    add_text(out, "title", f->title);
    add_text(out, "principal", f->who);
    add_text(out, "works", works_words[f->works]);
    add_text(out, "fails_at", f->works == TRI_YES || !f->action[0] ? NULL : f->action);
    add_text(out, "reason", f->works == TRI_YES ? NULL : f->reason);
    buf_printf(out, ",\"is_limit\":%s", f->is_limit ? "true" : "false");
    add_text(out, "source", f->page);
    buf_addc(out, '}');
}

static void add_change(struct buf *out, const struct key_who *who, const struct key_change *c)
{
    buf_addc(out, '{');
    add_text(out, "principal", who->users.items[c->user].principal);
    add_text(out, "right", key_right_word(c->right));
    add_text(out, "now", verdict_name(c->now));
    add_text(out, "then", verdict_name(c->then));
    buf_addc(out, '}');
}

static void add_statement(struct buf *out, const struct key_who *who, size_t index)
{
    const struct key_statement *s = &who->statements.items[index];
    buf_addc(out, '{');
    buf_printf(out, "\"index\":%zu", index);
    add_text(out, "sid", s->statement->sid);
    add_text(out, "text", s->text);
    buf_printf(out, ",\"lose\":%u,\"gain\":%u,\"without\":[", s->n_lose, s->n_gain);
    for (size_t i = 0; i < s->changes.n; i++) {
        buf_adds(out, i > 0 ? "," : "");
        add_change(out, who, &s->changes.items[i]);
    }
    buf_adds(out, "]}");
}

void access_who_json(const struct answer *a, uint32_t key, const struct key_who *who, FILE *out)
{
    struct buf line = {0}, arn = {0};
    size_t n = 0;
    node_arn(generation_estate(a->generation), key, &arn);
    buf_addc(&line, '{');
    add_text(&line, "schema", "keyfall.key-access/1");
    add_text(&line, "key", arn.data);
    buf_printf(&line, ",\"known\":%zu,\"policy_is_known\":%s,\"grants_are_known\":%s,\"complete\":%s",
               who->users.n, who->policy_is_known ? "true" : "false", who->grants_are_known ? "true" : "false",
               who->unseen[0] ? "false" : "true");
    add_text(&line, "unseen", who->unseen);
    buf_adds(&line, ",\n\"users\":[");
    for (size_t i = 0; i < who->users.n; i++)
        if (who->users.items[i].is_user) {
            buf_adds(&line, n++ > 0 ? ",\n" : "\n");
            add_user(&line, &who->users.items[i]);
        }
    buf_adds(&line, "],\n\"flows\":[");
    for (size_t i = 0; i < who->flows.n; i++) {
        buf_adds(&line, i > 0 ? ",\n" : "\n");
        add_flow(&line, &who->flows.items[i]);
    }
    buf_adds(&line, "],\n\"statements\":[");
    for (size_t i = 0; i < who->statements.n; i++) {
        buf_adds(&line, i > 0 ? ",\n" : "\n");
        add_statement(&line, who, i);
    }
    buf_adds(&line, "]}\n");
    (void)fwrite(line.data, 1, line.len, out);
    buf_free(&line);
    buf_free(&arn);
}
