#include "backend/cli/redacted.h"

#include "backend/cli/verb.h"
#include "backend/config/config.h"
#include "backend/redact/redact.h"
#include "backend/store/posture_past.h"

#include <string.h>

static const char *renamed(const struct rename *names, struct arena *arena, const char *text)
{
    struct buf out = {0};
    if (!text)
        return NULL;
    buf_adds(&out, "");
    redact_text(names, text, strlen(text), &out);
    const char *made = arena_strdup(arena, out.data);
    buf_free(&out);
    return made;
}

static const char **all_renamed(const struct rename *names, struct arena *arena, const char *const *texts)
{
    size_t n = 0;
    while (texts && texts[n])
        n++;
    const char **made = arena_alloc(arena, (n + 1) * sizeof *made);
    for (size_t i = 0; i < n; i++)
        made[i] = renamed(names, arena, texts[i]);
    return texts ? made : NULL;
}

/* How it was read names profiles, roles and hosts. */
static void rename_scope(const struct rename *names, struct redacted *out)
{
    struct export_scope scope = options_scope(&out->options);
    scope.profiles = all_renamed(names, out->arena, scope.profiles);
    scope.targets = all_renamed(names, out->arena, scope.targets);
    scope.org_role = renamed(names, out->arena, scope.org_role);
    scope.endpoint_url = renamed(names, out->arena, scope.endpoint_url);
    out->about.scope = scope;
    out->about.is_cut_short = out->options.about && out->options.about->is_cut_short;
    out->options.about = &out->about;
}

static void put_name(void *ctx, const char *text, struct buf *out)
{
    redact_text(ctx, text, strlen(text), out);
}

/* What it is judged by names accounts and people. */
static enum err_code rename_settings(struct rename *names, struct redacted *out, struct err *err)
{
    struct buf judged = {0};
    buf_adds(&judged, "");
    config_print_judged(out->options.settings, put_name, names, &judged);
    enum err_code code = config_parse("posture", judged.data, judged.len, &out->settings, err);
    buf_free(&judged);
    out->options.settings = out->settings;
    return code;
}

struct renaming {
    const struct rename *names;
    struct posture_past *to;
    bool is_good;
};

static void rename_one(void *ctx, const char *name, size_t len, struct buf *out)
{
    const struct renaming *r = ctx;
    redact_text(r->names, name, len, out);
}

static void take_renamed(void *ctx, enum frame_kind kind, const struct buf *part)
{
    struct renaming *r = ctx;
    r->is_good &= posture_past_take(r->to, kind, part->data, part->len);
}

/* Since when things are known goes by their names. */
static enum err_code rename_past(const struct rename *names, const struct judgement *j, struct redacted *out,
                                 struct err *err)
{
    struct renaming r = {.names = names, .to = posture_past_new(out->estate), .is_good = true};
    out->kept = r.to;
    posture_past_pack(j, &(struct posture_past_out){.ctx = &r, .put = take_renamed, .rename = rename_one});
    return r.is_good ? ERR_OK : err_set(err, ERR_LIMIT, "the estate is too large to be redacted");
}

enum err_code redacted_open(const struct cli_options *o, const struct judgement *j, struct redacted *out,
                            struct err *err)
{
    struct rename names;
    *out = (struct redacted){.options = *o, .arena = arena_new()};
    enum err_code code = rename_secret(&names, err);
    if (code == ERR_OK)
        code = rename_settings(&names, out, err);
    if (code == ERR_OK) {
        rename_scope(&names, out);
        out->estate = estate_new();
        redact_estate(&names, judgement_generation(j), out->estate);
        code = rename_past(&names, j, out, err);
    }
    mem_wipe(&names, sizeof names);
    return code;
}

void redacted_close(struct redacted *r)
{
    posture_past_free(r->kept);
    if (r->estate)
        estate_free(r->estate);
    settings_free(r->settings);
    arena_free(r->arena);
    *r = (struct redacted){0};
}
