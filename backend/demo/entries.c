#include "backend/demo/entries.h"

#include "backend/demo/ids.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define JITTER_S 1500

struct range {
    const char *open, *close; /* "{" and what follows "}"; NULL: none */
    long first, n;
};

static struct range range_of(const char *text)
{
    struct range r = {.n = 1};
    int used = 0;
    long last = 0;
    /* ${...} is no range */
    for (const char *at = text; (at = strchr(at, '{')); at++) {
        if (sscanf(at, "{%ld..%ld}%n", &r.first, &last, &used) == 2 && used > 0 &&
            last >= r.first) {
            r.open = at;
            r.close = at + used;
            r.n = last - r.first + 1;
            break;
        }
    }
    return r;
}

long entries_count(const char *text)
{
    return range_of(text).n;
}

void entries_name(const char *text, long i, struct buf *out)
{
    struct range r = range_of(text);
    if (!r.open) {
        buf_adds(out, text);
        return;
    }
    buf_add(out, text, (size_t)(r.open - text));
    buf_printf(out, "%ld", r.first + i);
    buf_adds(out, r.close);
}

/* The last day's run that was over by `until`, then back by whole steps. */
int64_t entries_schedule(const struct book_place *place, const cJSON *spec, long i,
                         const char *salt)
{
    struct scope s = {.place = place, .at_utc = place->book->now_utc};
    int hour = 2, minute = 0;
    int64_t until = 0;
    if (!expand_time(&s, book_text(spec, "Until", "now-3h"), &until))
        until = place->book->now_utc;
    (void)sscanf(book_text(spec, "Daily", "02:00"), "%2d:%2d", &hour, &minute);
    int64_t step = book_number(spec, "Every", 1) * DAY_S;
    int64_t run = until / DAY_S * DAY_S + hour * 3600 + minute * 60;
    if (run + JITTER_S > until)
        run -= DAY_S;
    uint64_t hash = ids_mix(expand_hash(place, salt, "jitter") + (uint64_t)i);
    return run - i * step + (int64_t)(hash % JITTER_S);
}

struct walk {
    const struct book_place *place;
    const char *kind;
    entry_fn fn;
    void *ctx;
};

static enum err_code visit(const struct walk *w, const cJSON *entry, const char *name, long n,
                           long run, struct err *err)
{
    bool is_scheduled = cJSON_GetObjectItemCaseSensitive(entry, "Each") != NULL;
    struct buf salt = {0}, full = {0};
    struct scope s = {.place = w->place, .entry = entry, .name = name, .n = n};
    buf_printf(&salt, "%s/%s", w->kind, name);
    s.at_utc = w->place->book->now_utc;
    if (is_scheduled) {
        s.at_utc = entries_schedule(w->place, entry, run, salt.data);
        buf_printf(&salt, "/%ld", run);
    }
    s.salt = salt.data;
    /* a name may hold the date of its run */
    enum err_code code = expand_text(&s, name, &full, err);
    if (code == ERR_OK) {
        s.name = full.data;
        code = w->fn(w->ctx, &s, err);
    }
    buf_free(&full);
    buf_free(&salt);
    return code;
}

static enum err_code visit_entry(const struct walk *w, const cJSON *entry, struct err *err)
{
    const char *text = book_text(entry, "name", "");
    long n_names = entries_count(text), n_runs = (long)book_number(entry, "Each", 1);
    enum err_code code = ERR_OK;
    struct buf name = {0};
    for (long i = 0; i < n_names && code == ERR_OK; i++) {
        buf_clear(&name);
        entries_name(text, i, &name);
        for (long run = 0; run < n_runs && code == ERR_OK; run++)
            code = visit(w, entry, name.data ? name.data : "", i + 1, run, err);
    }
    buf_free(&name);
    return code;
}

enum err_code entries_each(const struct book_place *place, const cJSON *list, const char *kind,
                           entry_fn fn, void *ctx, struct err *err)
{
    const struct walk w = {place, kind, fn, ctx};
    enum err_code code = ERR_OK;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, list)
    {
        if (code == ERR_OK)
            code = visit_entry(&w, entry, err);
    }
    return code;
}
