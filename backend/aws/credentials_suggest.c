/* The sentence for a profile that is not there. */
#include "backend/aws/credentials_config.h"

#include "backend/base/mem.h"
#include "backend/base/text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAMES_SHOWN 5
#define MAX_NAME_BYTES 64 /* of a name: shown and compared */

struct candidate {
    struct credentials_name name;
    unsigned distance;
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters to insert, leave out, replace or swap with the next. */
static unsigned edit_distance(const struct credentials_name *a, const char *b)
{
    unsigned rows[3][MAX_NAME_BYTES + 1] = {0};
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    size_t len_a = a->len < MAX_NAME_BYTES ? a->len : MAX_NAME_BYTES;
    size_t len_b = strnlen(b, MAX_NAME_BYTES);

    for (size_t j = 0; j <= len_b; j++)
        now[j] = (unsigned)j;
    for (size_t i = 1; i <= len_a; i++) {
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= len_b; j++) {
            unsigned change = last[j - 1] + (a->at[i - 1] != b[j - 1]);
            now[j] = least(change, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a->at[i - 1] == b[j - 2] && a->at[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return now[len_b];
}

static int by_distance(const void *a, const void *b)
{
    const struct candidate *one = a, *two = b;
    if (one->distance != two->distance)
        return one->distance < two->distance ? -1 : 1;
    const struct credentials_name *x = &one->name, *y = &two->name;
    int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* *n candidates, the closest first. The caller's (mem_free). */
static struct candidate *rank(const struct credentials_config *config, const char *wanted,
                              size_t *n)
{
    struct credentials_names names = {0};
    credentials_config_profiles(config, &names);
    struct candidate *list = mem_alloc_array(names.n + 1, sizeof *list);
    for (size_t i = 0; i < names.n; i++)
        list[i] = (struct candidate){names.items[i], edit_distance(&names.items[i], wanted)};
    qsort(list, names.n, sizeof *list, by_distance);
    *n = names.n;
    VEC_FREE(names);
    return list;
}

static void add_name(struct buf *out, const struct credentials_name *name)
{
    text_clean(out, name->at, name->len, MAX_NAME_BYTES, false);
}

static void add_list(struct buf *out, const struct candidate *list, size_t n)
{
    buf_adds(out, n ? "; profiles there: " : "; no profile is there");
    for (size_t i = 0; i < n && i < MAX_NAMES_SHOWN; i++) {
        buf_adds(out, i ? ", " : "");
        add_name(out, &list[i].name);
    }
    if (n > MAX_NAMES_SHOWN)
        buf_printf(out, " and %zu more", n - MAX_NAMES_SHOWN);
}

/* What to type: the name that was meant, if one is near, else how to make the profile. */
static void add_advice(struct buf *out, const struct candidate *best, const char *profile,
                       const char *asked_by)
{
    bool is_option = asked_by[0] == '-';
    if (best && best->distance <= 1 + strlen(profile) / 3) {
        buf_printf(out, "; try %s%s", asked_by, is_option ? " " : "=");
        add_name(out, &best->name);
        return;
    }
    struct credentials_name name = {profile, strlen(profile)};
    buf_printf(out, "; choose one with %s or run `aws configure --profile ", asked_by);
    add_name(out, &name);
    buf_adds(out, "`");
}

enum err_code credentials_suggest_profile(const struct credentials_config *config,
                                          const char *profile, const char *asked_by,
                                          struct err *err)
{
    size_t n = 0;
    struct candidate *list = rank(config, profile, &n);
    struct credentials_name name = {profile, strlen(profile)};
    const char *config_path = config->files[FILE_CONFIG].shown;
    struct buf text = {0};

    buf_adds(&text, "profile \"");
    add_name(&text, &name);
    buf_printf(&text, "\" is not in %s or %s", config_path, config->files[FILE_CREDENTIALS].shown);
    if (ini_has_section(&config->files[FILE_CONFIG].ini, profile)) {
        buf_printf(&text, "; in %s its section must be [profile ", config_path);
        add_name(&text, &name);
        buf_adds(&text, "], with the word profile");
    } else {
        add_list(&text, list, n);
        add_advice(&text, n ? list : NULL, profile, asked_by);
    }
    enum err_code rc = err_set(err, ERR_CREDENTIALS, "%s", text.data);
    buf_free(&text);
    mem_free(list);
    return rc;
}
