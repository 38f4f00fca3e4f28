#include "backend/collect/products_internal.h"

#include <stdlib.h>
#include <string.h>

/* What a product and a key have to do with each other, by the key's tags, the configuration or both. */
struct tie {
    const char *product, *phase, *druva_account, *conflict; /* NULL */
    uint32_t key;
    const char *key_arn;
    bool by_tags, by_settings;
    const struct slice *list;  /* that the tags' key stands in */
};
typedef VEC(struct tie) tie_vec;

static const char *const phase_words[] = {
    [PHASE_CURRENT] = "current", [PHASE_IN_TRANSITION] = "in-transition", [PHASE_FORMER] = "former",
};

/* "in transition" is as good as "in-transition"; what is none of them is told, and counts as current. */
static const char *phase_of_tag(struct deriving *d, const char *tag, const char **conflict)
{
    if (!tag)
        return NULL;
    if (strcmp(tag, "in transition") == 0)
        return phase_words[PHASE_IN_TRANSITION];
    for (int i = PHASE_CURRENT; i <= PHASE_FORMER; i++)
        if (strcmp(tag, phase_words[i]) == 0)
            return phase_words[i];
    conflict_add(d, conflict, "the tag keyfall:phase is \"%.60s\", none of current, in-transition and former", tag);
    return phase_words[PHASE_CURRENT];
}

static void tie_tags(struct deriving *d, tie_vec *ties)
{
    struct record r;
    for (struct walk w = walk_kind(d->generation, KIND_KEY); walk_next(&w, &r);) {
        const char *products = tag_of(&r, "keyfall:ekm"), *product;
        for (size_t n = 0; products && (product = word_of(d, products, n)); n++) {
            struct tie tie = {.product = product,
                              .key = r.node,
                              .key_arn = arn_of(d, r.node),
                              .by_tags = true,
                              .druva_account = tag_of(&r, "keyfall:druva-account"),
                              .list = r.slice};
            tie.phase = phase_of_tag(d, tag_of(&r, "keyfall:phase"), &tie.conflict);
            VEC_PUSH(*ties, tie);
        }
    }
}

/* The tags win; what they leave open the configuration says. */
static void add_said(struct deriving *d, struct tie *tie, const char *what, const char **tagged, const char *said)
{
    if (!said)
        return;
    if (!*tagged)
        *tagged = said;
    else if (strcmp(*tagged, said) != 0)
        conflict_add(d, &tie->conflict, "%s is %s by the tags, %s in the configuration", what, *tagged, said);
}

static struct tie *tie_find(tie_vec *ties, const char *product, uint32_t key)
{
    for (size_t i = 0; i < ties->n; i++)
        if (ties->items[i].key == key && strcmp(ties->items[i].product, product) == 0)
            return &ties->items[i];
    return NULL;
}

static void tie_settings(struct deriving *d, tie_vec *ties)
{
    for (size_t i = 0; d->settings && i < d->settings->ekm.n; i++) {
        const struct ekm_settings *s = &d->settings->ekm.items[i];
        uint32_t key = estate_node(d->estate, KIND_KEY, s->key, strlen(s->key));
        struct tie *tie = tie_find(ties, s->product, key);
        if (!tie) {
            VEC_PUSH(*ties, ((struct tie){.product = s->product, .key = key, .key_arn = s->key}));
            tie = &ties->items[ties->n - 1];
        }
        tie->by_settings = true;
        add_said(d, tie, "the phase", &tie->phase, s->phase ? phase_words[s->phase] : NULL);
        add_said(d, tie, "Druva's account", &tie->druva_account, s->druva_account);
    }
}

static bool is_current(const struct tie *tie)
{
    return !tie->phase || strcmp(tie->phase, phase_words[PHASE_CURRENT]) == 0;
}

/* Two keys of one product cannot both be current, unless they are of two of Druva's accounts. */
static bool rivals(const struct tie *a, const struct tie *b)
{
    bool has_two_accounts =
        a->druva_account && b->druva_account && strcmp(a->druva_account, b->druva_account) != 0;
    return a != b && is_current(a) && is_current(b) && strcmp(a->product, b->product) == 0 && !has_two_accounts;
}

static int by_key_arn(const void *a, const void *b)
{
    return strcmp(((const struct tie *)a)->key_arn, ((const struct tie *)b)->key_arn);
}

/* By their ARNs: which was read first says nothing. */
static void note_rivals(struct deriving *d, tie_vec *ties)
{
    if (ties->n > 1)
        qsort(ties->items, ties->n, sizeof *ties->items, by_key_arn);
    for (size_t i = 0; i < ties->n; i++)
        for (size_t k = 0; k < ties->n; k++) {
            struct tie *tie = &ties->items[i];
            const struct tie *other = &ties->items[k];
            if (rivals(tie, other) && (other->by_tags || !tie->by_tags))
                conflict_add(d, &tie->conflict, "%s is the current key too, by %s", node_tail(d->estate, other->key),
                             other->by_tags ? "its tags" : "the configuration");
        }
}

/* Comes first: what the plain id of the product means. */
static bool comes_before(const struct tie *a, const struct tie *b)
{
    if (a->by_tags != b->by_tags)
        return a->by_tags;
    return strcmp(a->key_arn, b->key_arn) < 0;
}

static bool has_plain_id(const tie_vec *ties, const struct tie *tie)
{
    for (size_t i = 0; i < ties->n; i++) {
        const struct tie *other = &ties->items[i];
        if (other != tie && is_current(other) && strcmp(other->product, tie->product) == 0 &&
            comes_before(other, tie))
            return false;
    }
    return is_current(tie);
}

/* What people call the product. */
static const char *product_title(const char *product)
{
    static const char *const titles[][2] = {
        {"entra-id", "Entra ID"},           {"salesforce", "Salesforce"},
        {"microsoft-365", "Microsoft 365"}, {"google-workspace", "Google Workspace"},
        {"dynamics-365", "Dynamics 365"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(product, titles[i][0]) == 0)
            return titles[i][1];
    return product;
}

static void tie_write(struct deriving *d, const tie_vec *ties, const struct tie *tie)
{
    const char *account, *region, *part = id_part(d, tie->product);
    const char *phase = tie->phase ? tie->phase : phase_words[PHASE_CURRENT];
    const char *id = has_plain_id(ties, tie)
                         ? arena_printf(d->arena, "keyfall:ekm/%s", part)
                         : arena_printf(d->arena, "keyfall:ekm/%s/%s", part, tie->key_arn);
    place_of(d, tie->key, &account, &region);
    struct product_row *row = row_add(d, LIST_EKM, account, region, id);
    row_say(row, ATTR_EKM_NAME,
            arena_printf(d->arena, "Druva %s%s%s", product_title(tie->product),
                         is_current(tie) ? "" : ", key ", is_current(tie) ? "" : phase));
    row_say(row, ATTR_EKM_PRODUCT, tie->product);
    row_say_node(row, ATTR_EKM_KEY, tie->key);
    row_say(row, ATTR_EKM_PHASE, phase);
    row_say(row, ATTR_EKM_DRUVA_ACCOUNT, tie->druva_account);
    row_say_source(row, ATTR_EKM_SOURCE, tie->by_tags, tie->by_settings);
    row_say(row, ATTR_EKM_CONFLICT, tie->conflict);
    row_seen(row, tie->list);
}

void derive_ekm(struct deriving *d)
{
    tie_vec ties = {0};
    tie_tags(d, &ties);
    tie_settings(d, &ties);
    note_rivals(d, &ties);
    for (size_t i = 0; i < ties.n; i++)
        tie_write(d, &ties, &ties.items[i]);
    VEC_FREE(ties);
}
