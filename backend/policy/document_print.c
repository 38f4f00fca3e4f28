#include "backend/policy/document.h"

#include "backend/base/json.h"

#include <string.h>

static void add_text(struct buf *out, const char *s)
{
    json_add_string(out, s, strlen(s));
}

static void add_member(struct buf *out, const char *name)
{
    if (out->data[out->len - 1] != '{')
        buf_addc(out, ',');
    add_text(out, name);
    buf_addc(out, ':');
}

/* One word stands alone, as AWS's console writes it. */
static void add_words(struct buf *out, const struct policy_words *words)
{
    if (words->n != 1)
        buf_addc(out, '[');
    for (size_t i = 0; i < words->n; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_text(out, words->items[i]);
    }
    if (words->n != 1)
        buf_addc(out, ']');
}

static const char type_aws[] = "AWS";
static const char *const type_names[] = {
    [PRINCIPAL_EVERYBODY] = type_aws,
    [PRINCIPAL_AWS] = type_aws,
    [PRINCIPAL_SERVICE] = "Service",
    [PRINCIPAL_FEDERATED] = "Federated",
    [PRINCIPAL_CANONICAL] = "CanonicalUser",
};

/* Those of one type stand together, as they did in what was read. */
static void add_principals(struct buf *out, const struct policy_statement *s)
{
    const char *group = NULL;
    buf_addc(out, '{');
    for (size_t i = 0; i < s->n_principals; i++) {
        const char *name = type_names[s->principals[i].type];
        if (name == group) {
            buf_addc(out, ',');
        } else {
            if (group)
                buf_addc(out, ']');
            add_member(out, group = name);
            buf_addc(out, '[');
        }
        add_text(out, s->principals[i].value);
    }
    buf_adds(out, group ? "]}" : "}");
}

static void add_conditions(struct buf *out, const struct policy_statement *s)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < s->n_conditions; i++) {
        const struct policy_condition *c = &s->conditions[i];
        bool is_same = i > 0 && strcmp(c[-1].written, c->written) == 0;
        if (is_same) {
            buf_addc(out, ',');
        } else {
            if (i > 0)
                buf_addc(out, '}');
            add_member(out, c->written);
            buf_addc(out, '{');
        }
        add_text(out, c->key);
        buf_addc(out, ':');
        add_words(out, &c->values);
    }
    buf_adds(out, s->n_conditions > 0 ? "}}" : "}");
}

void policy_print_statement(const struct policy_statement *s, struct buf *out)
{
    buf_addc(out, '{');
    if (s->sid) {
        add_member(out, "Sid");
        add_text(out, s->sid);
    }
    add_member(out, "Effect");
    add_text(out, s->effect == POLICY_ALLOW ? "Allow" : "Deny");
    if (s->has_principal) {
        add_member(out, s->is_not_principal ? "NotPrincipal" : "Principal");
        add_principals(out, s);
    }
    if (s->has_action) {
        add_member(out, s->is_not_action ? "NotAction" : "Action");
        add_words(out, &s->actions);
    }
    if (s->has_resource) {
        add_member(out, s->is_not_resource ? "NotResource" : "Resource");
        add_words(out, &s->resources);
    }
    if (s->n_conditions > 0) {
        add_member(out, "Condition");
        add_conditions(out, s);
    }
    buf_addc(out, '}');
}

void policy_print(const struct policy *policy, struct buf *out)
{
    buf_addc(out, '{');
    if (policy->version) {
        add_member(out, "Version");
        add_text(out, policy->version);
    }
    if (policy->id) {
        add_member(out, "Id");
        add_text(out, policy->id);
    }
    add_member(out, "Statement");
    buf_addc(out, '[');
    for (size_t i = 0; i < policy->n; i++) {
        if (i > 0)
            buf_addc(out, ',');
        policy_print_statement(&policy->statements[i], out);
    }
    buf_adds(out, "]}");
}
