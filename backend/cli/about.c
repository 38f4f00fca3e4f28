#include "backend/cli/about.h"

#include "backend/base/json.h"
#include "backend/base/version.h"
#include "backend/cli/verb.h"
#include "backend/config/config.h"

#include <inttypes.h>
#include <string.h>

#define SCHEMA "keyfall.snapshot/1"
#define MAX_READERS 100
#define MAX_UNSEEN 100

/* ---- writing ---------------------------------------------------------------------------------- */

/* Who asked: the principals that AWS named, each once. */
static void add_readers(const struct generation *g, struct buf *out)
{
    struct record account;
    uint32_t told[MAX_READERS];
    size_t n = 0;
    buf_addc(out, '[');
    for (struct walk w = walk_kind(g, KIND_ACCOUNT); n < MAX_READERS && walk_next(&w, &account);) {
        struct value role = record_value(&account, ATTR_ACCOUNT_ROLE);
        size_t at = 0;
        while (at < n && told[at] != role.string)
            at++;
        if (role.is != VALUE_KNOWN || at < n)
            continue;
        told[n++] = role.string;
        buf_adds(out, n > 1 ? "," : "");
        export_json_text(out, role.text);
    }
    buf_addc(out, ']');
}

struct unseen {
    const struct blind_spot *like;
    size_t n;
};

static bool is_alike(const struct blind_spot *a, const struct blind_spot *b)
{
    return a->truth == b->truth && strcmp(a->operation, b->operation) == 0 && strcmp(a->error, b->error) == 0
           && strcmp(a->what, b->what) == 0;
}

/* Blind spots by what was refused, each with its number; the rest is in the file. */
static void add_unseen(const struct judgement *j, struct buf *out)
{
    struct unseen groups[MAX_UNSEEN];
    size_t n_spots, n = 0;
    const struct blind_spot *spots = judgement_blind_spots(j, &n_spots);
    for (size_t i = 0; i < n_spots; i++) {
        size_t at = 0;
        while (at < n && !is_alike(groups[at].like, &spots[i]))
            at++;
        if (at == n && n < MAX_UNSEEN)
            groups[n++] = (struct unseen){&spots[i], 0};
        if (at < n)
            groups[at].n++;
    }
    buf_printf(out, "\"blind_spots\":%zu,\"not_seen\":[", n_spots);
    for (size_t i = 0; i < n; i++) {
        const struct blind_spot *b = groups[i].like;
        buf_printf(out, "%s{\"operation\":", i > 0 ? "," : "");
        export_json_text(out, b->operation);
        buf_adds(out, ",\"what\":");
        export_json_text(out, b->what);
        buf_adds(out, ",\"state\":");
        export_json_text(out, truth_text(b->truth));
        buf_adds(out, ",\"error\":");
        export_json_text(out, b->error);
        buf_printf(out, ",\"times\":%zu}", groups[i].n);
    }
    buf_addc(out, ']');
}

static void add_counts(const struct generation *g, struct buf *out)
{
    static const enum kind told[] = {KIND_ACCOUNT, KIND_KEY, KIND_VAULT, KIND_POINT};
    struct record r;
    buf_adds(out, "\"counts\":{");
    for (size_t k = 0; k < sizeof told / sizeof *told; k++) {
        uint64_t n = 0;
        for (struct walk w = walk_kind(g, told[k]); walk_next(&w, &r);)
            n++;
        buf_printf(out, "%s\"%s\":%" PRIu64, k > 0 ? "," : "", kind_row(told[k])->plural, n);
    }
    buf_addc(out, '}');
}

void about_write(const struct answer *a, struct buf *out)
{
    struct export_scope scope = options_scope(a->options);
    struct buf judged = {0};
    buf_adds(out, "{\"schema\":\"" SCHEMA "\",\"tool\":\"keyfall " KEYFALL_VERSION "\",\"taken_at\":");
    export_json_time(out, a->now_utc);
    buf_printf(out, ",\"cut_short\":%s,", a->is_cut_short ? "true" : "false");
    add_counts(a->generation, out);
    buf_addc(out, ',');
    add_unseen(a->judgement, out);
    buf_adds(out, ",\"read_as\":");
    add_readers(a->generation, out);
    buf_adds(out, ",\"scope\":");
    export_json_scope(out, &scope);
    buf_adds(out, ",\"settings\":");
    config_print_judged(a->options->settings, NULL, NULL, &judged);
    export_json_text(out, judged.data ? judged.data : "");
    buf_adds(out, "}\n");
    buf_free(&judged);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static const char *text_of(const struct about *about, const cJSON *object, const char *name)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(text) ? arena_strdup(about->arena, text->valuestring) : NULL;
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static const char *const *texts_of(const struct about *about, const cJSON *object, const char *name)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name), *item;
    if (!cJSON_IsArray(list))
        return NULL;
    size_t n = 0;
    const char **texts = arena_alloc(about->arena, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof *texts);
    cJSON_ArrayForEach(item, list)
        if (cJSON_IsString(item))
            texts[n++] = arena_strdup(about->arena, item->valuestring);
    return texts;
}

static void take_scope(struct about *about, const cJSON *scope)
{
    about->scope = (struct export_scope){.source = text_of(about, scope, "source"),
                                         .profiles = texts_of(about, scope, "profiles"),
                                         .targets = texts_of(about, scope, "targets"),
                                         .org_role = text_of(about, scope, "org_role"),
                                         .regions = texts_of(about, scope, "regions"),
                                         .endpoint_url = text_of(about, scope, "endpoint_url")};
}

static bool take(struct about *about, const cJSON *json)
{
    struct err ignored = {0};
    const char *schema = text_of(about, json, "schema"), *taken = text_of(about, json, "taken_at");
    const char *settings = text_of(about, json, "settings");
    about->tool = text_of(about, json, "tool");
    about->is_cut_short = is_true(json, "cut_short");
    take_scope(about, cJSON_GetObjectItemCaseSensitive(json, "scope"));
    return schema && strcmp(schema, SCHEMA) == 0 && about->tool && taken && time_parse_iso(taken, &about->taken_utc)
           && about->taken_utc > 0 && settings
           && config_parse("posture", settings, strlen(settings), &about->settings, &ignored) == ERR_OK;
}

enum err_code about_read(const char *json, size_t len, struct about *out, struct err *err)
{
    cJSON *tree = NULL;
    *out = (struct about){.arena = arena_new()};
    enum err_code code = json_parse(json, len, &tree, err);
    if (code == ERR_OK && !take(out, tree))
        code = err_set(err, ERR_PARSE, "its summary does not say what a posture's says");
    cJSON_Delete(tree);
    return code;
}

void about_free(struct about *about)
{
    settings_free(about->settings);
    arena_free(about->arena);
    *about = (struct about){0};
}
