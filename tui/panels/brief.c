/* How a narrow column says what a file says at length. */
#include "tui/panels/show.h"

#include "backend/base/timefmt.h"
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

static void set_name(const struct view_context *c, uint32_t node, struct table_cell *out)
{
    struct buf name = {0};
    show_node_name(c->generation, node, &name);
    out->text = arena_strdup(c->scratch, name.data ? name.data : "");
    buf_free(&name);
}

void show_when(int64_t utc, int64_t now_utc, char out[TIME_ISO_SIZE])
{
    if (now_utc - utc < 86400)
        time_format_clock(utc, out);
    else
        time_format_age(now_utc - utc, out);
}

void show_seen(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (!row->has_record)
        return;
    enum truth truth = slice_truth(row->record.slice);
    int64_t seen = slice_seen_at(row->record.slice);
    if (truth == TRUTH_LOADING || seen == TIME_NONE) {
        set(out, ROLE_LOADING, "..");
        return;
    }
    char text[TIME_ISO_SIZE];
    show_when(seen, c->now_utc, text);
    set(out, truth == TRUTH_STALE ? ROLE_STALE : ROLE_DIM, "");
    snprintf(out->own, sizeof out->own, "%s%s", truth == TRUTH_STALE ? "~" : "", text);
}

void show_since(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    char text[TIME_ISO_SIZE] = "?";
    if (row->blind && row->blind->since != TIME_NONE)
        show_when(row->blind->since, c->now_utc, text);
    set(out, ROLE_NORMAL, text);
}

void show_error(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    static const char tail[] = "Exception";
    (void)c;
    if (!row->blind)
        return;
    size_t len = strlen(row->blind->error), tail_len = sizeof tail - 1;
    if (len > tail_len && strcmp(row->blind->error + len - tail_len, tail) == 0)
        len -= tail_len;
    snprintf(out->own, sizeof out->own, "%.*s", (int)(len < 100 ? len : 100),
             *row->blind->error ? row->blind->error : truth_text(row->blind->truth));
    out->text = out->own;
    out->role = row->blind->truth == TRUTH_DENIED ? ROLE_DENIED : ROLE_UNKNOWN;
}

void show_findings(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    struct place place;
    struct buf text = {0};
    uint32_t unknown = 0;
    if (!row->has_record || !c->judgement)
        return;
    bool is_region = row->record.kind == KIND_REGION;
    if (!judgement_place(c->judgement, record_account(&row->record),
                         is_region ? record_region(&row->record) : NULL, &place))
        return;
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_NONE; s--) {
        if (place.findings[s])
            buf_printf(&text, "%s%c %u", text.len ? " " : "", severity_letter((enum severity)s),
                       place.findings[s]);
        unknown += place.unknown[s];
        if (s == SEVERITY_MEDIUM && unknown) /* what is cut in a narrow column matters least */
            buf_printf(&text, "%s? %u", text.len ? " " : "", unknown);
    }
    out->text = arena_strdup(c->scratch, text.data ? text.data : "");
    out->role = mark_role(out->text, ROLE_NORMAL);
    buf_free(&text);
}

void show_effects(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    (void)c;
    if (!row->finding || row->finding->n_effects == 0)
        return;
    snprintf(out->own, sizeof out->own, "%u", row->finding->n_effects);
    out->text = out->own;
}

/* docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Region.html */
void show_opt_in(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    static const struct {
        const char *aws, *word;
        enum role role;
    } words[] = {{"opt-in-not-required", "default", ROLE_NORMAL},
                 {"opted-in", "opted in", ROLE_NORMAL},
                 {"not-opted-in", "off", ROLE_ABSENT}};
    (void)c;
    if (!row->has_record)
        return;
    struct value status = record_value(&row->record, ATTR_REGION_OPT_IN);
    set(out, status.is == VALUE_UNKNOWN ? ROLE_UNKNOWN : ROLE_NORMAL,
        status.is == VALUE_KNOWN     ? status.text
        : status.is == VALUE_UNKNOWN ? "?"
                                     : "-");
    for (size_t i = 0; status.is == VALUE_KNOWN && i < sizeof words / sizeof *words; i++)
        if (strcmp(status.text, words[i].aws) == 0)
            set(out, words[i].role, words[i].word);
}

void show_foreign(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    const struct view *keys = view_by_name("keys");
    struct cell cell;
    size_t n;
    view_cell(c, keys, row, view_column(keys, "external_accounts"), &cell);
    if (cell.is == CELL_UNKNOWN)
        set(out, ROLE_UNKNOWN, cell.truth == TRUTH_LOADING ? ".." : "?");
    if (cell.is != CELL_KNOWN)
        return;
    const char **accounts = cell_items(c, &cell, &n);
    if (n == 1)
        set(out, ROLE_WARNING, show_account_name(c->generation, accounts[0]));
    else if (n > 1)
        snprintf(out->own, sizeof out->own, "%zu accounts", n), out->text = out->own,
                                                                out->role = ROLE_WARNING;
}

/* The id that an alias stands for: how two aliases of a key are seen to be of one. */
void show_key_id(const struct view_context *c, const struct view_row *row, struct table_cell *out)
{
    if (!row->has_record)
        return;
    struct value key = record_value(&row->record, attr_by_name(row->record.kind, "key_arn"));
    if (key.is == VALUE_KNOWN)
        out->text = node_tail(generation_estate(c->generation), key.node);
    else
        set(out, key.is == VALUE_ABSENT ? ROLE_ABSENT : ROLE_UNKNOWN,
            key.is == VALUE_ABSENT ? "-" : "?");
}

void show_backup_of(const struct view_context *c, const struct view_row *row,
                    struct table_cell *out)
{
    if (!row->has_record)
        return;
    struct value of = record_value(&row->record, attr_by_name(row->record.kind, "resource_arn"));
    if (of.is == VALUE_KNOWN)
        set_name(c, of.node, out);
    else
        set(out, of.is == VALUE_ABSENT ? ROLE_ABSENT : ROLE_UNKNOWN,
            of.is == VALUE_ABSENT ? "-" : "?");
}
