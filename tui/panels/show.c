#include "tui/panels/show.h"

#include "backend/base/timefmt.h"
#include "backend/judge/holdings.h"
#include "tui/widgets/mark.h"

#include <stdio.h>
#include <string.h>

static void set(struct table_cell *out, enum role role, const char *text)
{
    snprintf(out->own, sizeof out->own, "%s", text);
    out->text = out->own;
    if (role != ROLE_NORMAL)
        out->role = role;
}

static void set_unknown(struct table_cell *out, enum truth truth)
{
    static const struct {
        const char *mark;
        enum role role;
    } marks[TRUTH_COUNT] = {
        [TRUTH_NOT_ASKED] = {"..", ROLE_LOADING}, [TRUTH_LOADING] = {"..", ROLE_LOADING},
        [TRUTH_DENIED] = {"denied", ROLE_DENIED}, [TRUTH_FAILED] = {"failed", ROLE_UNKNOWN},
        [TRUTH_STALE] = {"?", ROLE_UNKNOWN},
    };
    set(out, marks[truth].mark ? marks[truth].role : ROLE_UNKNOWN,
        marks[truth].mark ? marks[truth].mark : "?");
}

/* ---- names ---------------------------------------------------------------------------------------- */

/* Which attribute of a kind people know it by. */
static const enum attr name_attrs[KIND_COUNT] = {
    [KIND_ACCOUNT] = ATTR_ACCOUNT_NAME,
    [KIND_REGION] = ATTR_REGION_NAME,
    [KIND_ALIAS] = ATTR_ALIAS_NAME,
    [KIND_GRANT] = ATTR_GRANT_NAME,
    [KIND_KEY_STORE] = ATTR_KEY_STORE_NAME,
    [KIND_PLAN] = ATTR_PLAN_NAME,
    [KIND_RULE] = ATTR_RULE_NAME,
    [KIND_SELECTION] = ATTR_SELECTION_NAME,
    [KIND_IMAGE] = ATTR_IMAGE_NAME,
    [KIND_LIFECYCLE] = ATTR_LIFECYCLE_DESCRIPTION,
    [KIND_EVENT_RULE] = ATTR_EVENT_RULE_NAME,
    [KIND_RESTORE_TEST] = ATTR_RESTORE_TEST_NAME,
    [KIND_RESTORE_SELECTION] = ATTR_RESTORE_SELECTION_NAME,
    [KIND_LEGAL_HOLD] = ATTR_LEGAL_HOLD_TITLE,
};

/* What holds data: by the name that its row in holdings.c tells, where it is its own. */
static enum attr name_attr(enum kind kind)
{
    const struct holding *h = holding_of(kind);
    if (name_attrs[kind] || !h || kind == KIND_POINT)
        return name_attrs[kind];
    return h->name;
}

static const char *without_prefix(const char *s, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(s, prefix, len) == 0 ? s + len : s;
}

/* The first alias of a key by name, so that it is the same one every time. */
static bool key_alias(const struct generation *g, uint32_t key, struct buf *out)
{
    struct record r;
    enum edge edge;
    const char *best = NULL;
    for (struct hang h = hang_on(g, key); hang_next(&h, &r, &edge);) {
        if (edge != EDGE_ALIAS_OF)
            continue;
        struct value name = record_value(&r, ATTR_ALIAS_NAME);
        if (name.is == VALUE_KNOWN && (!best || strcmp(name.text, best) < 0))
            best = name.text;
    }
    if (best)
        buf_adds(out, without_prefix(best, "alias/"));
    return best != NULL;
}

static void short_id(const char *tail, struct buf *out)
{
    size_t len = strlen(tail);
    if (len >= 32)
        buf_printf(out, "(%.4s..%s)", tail, tail + len - 4);
    else
        buf_adds(out, tail);
}

void show_node_name(const struct generation *g, uint32_t node, struct buf *out)
{
    struct estate *e = generation_estate(g);
    enum kind kind = node_kind(e, node);
    if (kind == KIND_KEY && key_alias(g, node, out))
        return;
    struct record r;
    if (name_attr(kind) && generation_record(g, node, &r)) {
        struct value name = record_value(&r, name_attr(kind));
        if (name.is == VALUE_KNOWN && name.len > 0) {
            buf_adds(out, without_prefix(name.text, "alias/"));
            return;
        }
    }
    short_id(node_tail(e, node), out);
}

void show_name(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    uint32_t node = row->has_record ? row->record.node
                    : row->finding  ? row->finding->node
                    : row->blind    ? row->blind->parent
                                    : 0;
    if (!node) {
        set(out, ROLE_DIM, "(no list)");
        return;
    }
    struct buf name = {0};
    show_node_name(c->generation, node, &name);
    out->text = arena_strdup(c->scratch, name.data ? name.data : "");
    buf_free(&name);
}

uint32_t show_account_node(const struct generation *g, const char *account)
{
    static const char *const partitions[] = {"aws", "aws-us-gov", "aws-cn", "aws-eusc"};
    char arn[64];
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
        int len = snprintf(arn, sizeof arn, "arn:%s:iam::%.16s:root", partitions[i], account);
        struct record r;
        uint32_t node = estate_find_node(generation_estate(g), KIND_ACCOUNT, arn, (size_t)len);
        if (generation_record(g, node, &r))
            return node;
    }
    return 0;
}

const char *show_account_name(const struct generation *g, const char *account)
{
    struct record r;
    if (!generation_record(g, show_account_node(g, account), &r))
        return account;
    struct value name = record_value(&r, ATTR_ACCOUNT_NAME);
    return name.is == VALUE_KNOWN && name.len > 0 ? name.text : account;
}

static const char *row_account(const struct view_row *row)
{
    return row->has_record ? record_account(&row->record) : row->blind ? row->blind->account : "";
}

static const char *row_region(const struct view_row *row)
{
    return row->has_record ? record_region(&row->record) : row->blind ? row->blind->region : "";
}

void show_account(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (row->has_record || row->blind) {
        out->text = show_account_name(c->generation, row_account(row));
    } else if (row->finding) {
        char account[16], region[40];
        node_place(generation_estate(c->generation), row->finding->node, account, region);
        set(out, ROLE_NORMAL, show_account_name(c->generation, account));
    }
}

void show_region_short(const char *region, char out[16])
{
    const char *dash = strchr(region, '-');
    size_t len = strlen(region), n = 0;
    if (!dash || len > 32 || dash - region > 4) {
        snprintf(out, 16, "%s", region);
        return;
    }
    for (const char *p = region; p < dash; p++)
        out[n++] = *p;
    for (const char *p = dash + 1; *p && n < 14; p = strchr(p, '-') ? strchr(p, '-') + 1 : p + strlen(p)) {
        out[n++] = *p;
        static const char *const halves[] = {"southeast", "southwest", "northeast", "northwest"};
        for (size_t i = 0; i < 4; i++)
            if (strncmp(p, halves[i], 9) == 0)
                out[n++] = halves[i][5];
    }
    out[n] = '\0';
}

void show_region(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    char text[16], account[16], region[40];
    if (!row->has_record && !row->blind && row->finding) {
        node_place(generation_estate(c->generation), row->finding->node, account, region);
        show_region_short(region, text);
    } else {
        show_region_short(row_region(row), text);
    }
    set(out, ROLE_NORMAL, *text ? text : "-");
}

/* ---- states --------------------------------------------------------------------------------------- */

static const struct {
    const char *aws, *word;
    enum role role;
} key_states[] = {
    {"Enabled", "enabled", ROLE_NORMAL},
    {"Disabled", "disabled", ROLE_SEV_HIGH},
    {"PendingDeletion", "DEL", ROLE_SEV_CRITICAL},
    {"PendingReplicaDeletion", "DEL repl.", ROLE_SEV_CRITICAL},
    {"PendingImport", "no material", ROLE_SEV_HIGH},
    {"Unavailable", "unavailable", ROLE_SEV_HIGH},
    {"Creating", "creating", ROLE_DIM},
    {"Updating", "updating", ROLE_DIM},
};

static void set_key_state(const struct view_context *c, const struct record *key, struct table_cell *out)
{
    struct value state = record_value(key, ATTR_KEY_STATE);
    if (state.is != VALUE_KNOWN) {
        set_unknown(out, record_facet(key, FACET_KEY_METADATA).truth);
        return;
    }
    struct value date = record_value(key, ATTR_KEY_DELETION_DATE);
    for (size_t i = 0; i < sizeof key_states / sizeof *key_states; i++) {
        if (strcmp(state.text, key_states[i].aws) != 0)
            continue;
        set(out, key_states[i].role, key_states[i].word);
        if (date.is == VALUE_KNOWN && strcmp(key_states[i].word, "DEL") == 0) {
            char left[TIME_ISO_SIZE];
            int64_t seconds = date.number - c->now_utc;
            time_format_span(seconds > 0 ? seconds : 0, left);
            snprintf(out->own, sizeof out->own, "DEL %s", left);
        }
        return;
    }
    out->text = state.text; /* a state that AWS added since: as it is */
}

void show_key_state(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (!row->has_record)
        return;
    if (row->record.kind == KIND_KEY) {
        set_key_state(c, &row->record, out);
        return;
    }
    if (!holding_of(row->record.kind))
        return;
    struct value key = holding_key(&row->record);
    struct record r;
    if (key.is == VALUE_ABSENT) {
        bool is_unnamed = holding_key_is_unnamed(&row->record);
        set(out, is_unnamed ? ROLE_UNKNOWN : ROLE_ABSENT, is_unnamed ? "?" : "-");
        return;
    }
    uint32_t node = key.is == VALUE_KNOWN && c->judgement ? judge_resolve_key(c->judgement, key.node) : 0;
    if (node && generation_record(c->generation, node, &r))
        set_key_state(c, &r, out);
    else
        set(out, ROLE_UNKNOWN, "?");
}

void show_rotation(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    (void)c;
    if (!row->has_record)
        return;
    struct facet_state facet = record_facet(&row->record, FACET_KEY_ROTATION);
    struct value on = record_value(&row->record, ATTR_KEY_ROTATION);
    struct value days = record_value(&row->record, ATTR_KEY_ROTATION_DAYS);
    if (on.is == VALUE_UNKNOWN) {
        set_unknown(out, facet.truth);
        if (out->role != ROLE_LOADING) /* four columns have room for no word */
            out->text = "?";
    } else if (on.is == VALUE_ABSENT)
        set(out, ROLE_ABSENT, "-");
    else if (!on.number)
        set(out, ROLE_NORMAL, "off");
    else if (days.is == VALUE_KNOWN)
        snprintf(out->own, sizeof out->own, "%lldd", (long long)days.number), out->text = out->own;
    else
        set(out, ROLE_NORMAL, "on");
}

void show_key(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (!row->has_record)
        return;
    enum attr attr = attr_by_name(row->record.kind, "key_arn");
    struct value key = record_value(&row->record, attr);
    if (key.is != VALUE_KNOWN) {
        set(out, key.is == VALUE_ABSENT ? ROLE_ABSENT : ROLE_UNKNOWN, key.is == VALUE_ABSENT ? "-" : "?");
        return;
    }
    struct buf name = {0};
    show_node_name(c->generation, key.node, &name);
    out->text = arena_strdup(c->scratch, name.data ? name.data : "");
    buf_free(&name);
}

/* AWS Backup Vault Lock: governance has no date; after the date a compliance lock is final
 * (docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html). */
void show_lock(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (!row->has_record)
        return;
    struct value locked = record_value(&row->record, ATTR_VAULT_LOCKED);
    struct value date = record_value(&row->record, ATTR_VAULT_LOCK_DATE);
    if (locked.is != VALUE_KNOWN)
        set(out, ROLE_UNKNOWN, "?");
    else if (!locked.number)
        set(out, ROLE_NORMAL, "none");
    else if (date.is != VALUE_KNOWN)
        set(out, ROLE_NORMAL, "govern.");
    else
        set(out, date.number > c->now_utc ? ROLE_WARNING : ROLE_OK,
            date.number > c->now_utc ? "grace" : "comply");
}

void show_type(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    (void)c;
    if (!row->has_record)
        return;
    struct value type = record_value(&row->record, attr_by_name(row->record.kind, "type"));
    if (row->record.kind == KIND_PARAMETER && type.is == VALUE_KNOWN)
        out->text = strcmp(type.text, "SecureString") == 0 ? "Secure" : type.text;
    else if (row->record.kind == KIND_VAULT && type.is == VALUE_KNOWN)
        out->text = strstr(type.text, "AIR_GAPPED") ? "air-gap" : "vault";
    else if (row->record.kind == KIND_PROTECTED) {
        type = record_value(&row->record, ATTR_PROTECTED_RESOURCE_TYPE);
        out->text = type.is == VALUE_KNOWN ? type.text : "?";
    } else {
        out->text = kind_row(row->record.kind)->word;
    }
}
