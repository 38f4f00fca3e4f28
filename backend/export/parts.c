#include "backend/export/export.h"

#include "backend/base/json.h"
#include "backend/base/timefmt.h"

#include <inttypes.h>
#include <string.h>

void export_json_text(struct buf *out, const char *text)
{
    if (text)
        json_add_string(out, text, strlen(text));
    else
        buf_adds(out, "null");
}

void export_json_time(struct buf *out, int64_t utc)
{
    char iso[TIME_ISO_SIZE];
    if (utc != TIME_NONE)
        time_format_iso(utc, iso);
    export_json_text(out, utc == TIME_NONE ? NULL : iso);
}

static void add_list(struct buf *out, const char *const *items)
{
    if (!items) {
        buf_adds(out, "null");
        return;
    }
    buf_addc(out, '[');
    for (size_t i = 0; items[i]; i++) {
        if (i > 0)
            buf_addc(out, ',');
        export_json_text(out, items[i]);
    }
    buf_addc(out, ']');
}

void export_json_scope(struct buf *out, const struct export_scope *scope)
{
    if (!scope) {
        buf_adds(out, "{}");
        return;
    }
    buf_adds(out, "{\"source\":");
    export_json_text(out, scope->source);
    buf_adds(out, ",\"profiles\":");
    add_list(out, scope->profiles);
    buf_adds(out, ",\"org_role\":");
    export_json_text(out, scope->org_role);
    buf_adds(out, ",\"regions\":");
    add_list(out, scope->regions);
    buf_adds(out, ",\"endpoint_url\":");
    export_json_text(out, scope->endpoint_url);
    buf_adds(out, ",\"targets\":");
    add_list(out, scope->targets);
    buf_addc(out, '}');
}

/* The estate has "" where AWS said nothing. */
static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    export_json_text(out, text && text[0] ? text : NULL);
    buf_addc(out, ',');
}

static void add_blind_spot(struct buf *out, const struct generation *g, const struct blind_spot *b)
{
    buf_addc(out, '{');
    add_member(out, "account", b->account);
    add_member(out, "region", b->region);
    struct buf arn = {0};
    if (b->parent)
        node_arn(generation_estate(g), b->parent, &arn);
    add_member(out, "about", arn.data);
    buf_free(&arn);
    add_member(out, "service", b->service);
    add_member(out, "operation", b->operation);
    add_member(out, "what", b->what);
    add_member(out, "state", truth_text(b->truth));
    add_member(out, "error", b->error);
    add_member(out, "message", b->text);
    add_member(out, "request_id", b->request_id);
    buf_adds(out, "\"since\":");
    export_json_time(out, b->since);
    buf_printf(out, ",\"records\":%" PRIu32 ",\"hides\":", b->records);
    export_json_text(out, b->hides);
    buf_addc(out, '}');
}

void export_write_blind_spots(FILE *out, const struct judgement *judgement)
{
    size_t n = 0;
    const struct blind_spot *spots = judgement ? judgement_blind_spots(judgement, &n) : NULL;
    struct buf line = {0};
    (void)fputc('[', out);
    for (size_t i = 0; i < n && !ferror(out); i++) {
        buf_clear(&line);
        buf_adds(&line, i > 0 ? ",\n" : "\n");
        add_blind_spot(&line, judgement_generation(judgement), &spots[i]);
        (void)fwrite(line.data, 1, line.len, out);
    }
    (void)fputs(n > 0 ? "\n]" : "]", out);
    buf_free(&line);
}
