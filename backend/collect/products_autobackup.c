#include "backend/collect/products_internal.h"

#include <stdlib.h>
#include <string.h>

/* AutoBackup replicates snapshots from PROTECTED accounts to a VAULT account, under the key that an alias of one
 * and the same name means in each Region of the VAULT account. A setup is what the configuration and the keys
 * that are tagged with its name say of it. */

#define VAULT_ROLE "BackupIAMRole"

struct tagged {
    uint32_t key;
    const char *setup, *account, *region;
    bool is_vault, is_protected;
    const struct slice *list;
};

struct setup {
    const char *name;
    const struct autobackup_settings *settings; /* NULL: tags alone */
    const char *vault_account, *conflict;       /* NULL */
    struct texts aliases, regions;
};

typedef VEC(struct tagged) tagged_vec;
typedef VEC(struct setup) setup_vec;

/* ---- what is tagged ---------------------------------------------------------------------------- */

static void find_tagged(struct deriving *d, tagged_vec *out)
{
    struct record r;
    for (struct walk w = walk_kind(d->generation, KIND_KEY); walk_next(&w, &r);) {
        const char *setups = tag_of(&r, "keyfall:autobackup"), *role = tag_of(&r, "keyfall:role"), *setup;
        for (size_t n = 0; setups && (setup = word_of(d, setups, n)); n++) {
            struct tagged t = {.key = r.node,
                               .setup = setup,
                               .account = record_account(&r),
                               .region = record_region(&r),
                               .is_vault = role && strcmp(role, "vault") == 0,
                               .is_protected = role && strcmp(role, "protected") == 0,
                               .list = r.slice};
            VEC_PUSH(*out, t);
        }
    }
}

static struct setup *setup_get(setup_vec *setups, const char *name)
{
    for (size_t i = 0; i < setups->n; i++)
        if (strcmp(setups->items[i].name, name) == 0)
            return &setups->items[i];
    VEC_PUSH(*setups, (struct setup){.name = name});
    return &setups->items[setups->n - 1];
}

static void texts_push(struct deriving *d, struct texts *t, const char *text)
{
    if (has_text(t, text))
        return;
    const char **items = arena_alloc(d->arena, (t->n + 2) * sizeof *items);
    if (t->n > 0)
        memcpy(items, t->items, t->n * sizeof *items);
    items[t->n++] = text;
    t->items = items;
}

/* ---- what follows for a setup ------------------------------------------------------------------ */

static void take_settings(struct deriving *d, setup_vec *setups)
{
    for (size_t i = 0; d->settings && i < d->settings->autobackup.n; i++) {
        const struct autobackup_settings *s = &d->settings->autobackup.items[i];
        struct setup *setup = setup_get(setups, s->name);
        setup->settings = s;
        setup->vault_account = s->vault_account;
        for (size_t k = 0; k < s->aliases.n; k++)
            texts_push(d, &setup->aliases, s->aliases.items[k]);
        for (size_t k = 0; k < s->regions.n; k++)
            texts_push(d, &setup->regions, s->regions.items[k]);
    }
}

static void take_tag(struct deriving *d, setup_vec *setups, const struct tagged *t)
{
    struct setup *s = setup_get(setups, t->setup);
    if (!t->is_vault && !t->is_protected) {
        conflict_add(d, &s->conflict, "%s has no tag keyfall:role that says vault or protected",
                     node_tail(d->estate, t->key));
    } else if (t->is_protected) {
        const struct texts *said = s->settings ? &s->settings->protected_accounts : NULL;
        if (said && said->n > 0 && !has_text(said, t->account))
            conflict_add(d, &s->conflict, "%s is tagged as a PROTECTED key, account %s is not among the configuration's",
                         node_tail(d->estate, t->key), t->account);
    } else {
        if (!s->vault_account)
            s->vault_account = t->account;
        if (strcmp(s->vault_account, t->account) == 0)
            texts_push(d, &s->regions, t->region);
        else
            conflict_add(d, &s->conflict, "%s is tagged as a VAULT key in account %s, the VAULT account is %s",
                         node_tail(d->estate, t->key), t->account, s->vault_account);
    }
}

struct named {
    const char *alias, *region;
};
typedef VEC(struct named) named_vec;

static int compare_named(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->alias, ((const struct named *)b)->alias);
}

/* The aliases of the setup's VAULT keys, those of a key by name; returns how many of the keys have any. */
static size_t find_aliases(const struct deriving *d, const struct setup *s, const tagged_vec *tagged, named_vec *out)
{
    size_t n_keys = 0;
    struct record r;
    enum edge edge;
    for (size_t i = 0; i < tagged->n; i++) {
        const struct tagged *t = &tagged->items[i];
        size_t before = out->n;
        if (!t->is_vault || strcmp(t->setup, s->name) != 0)
            continue;
        for (struct hang h = hang_on(d->generation, t->key); hang_next(&h, &r, &edge);) {
            struct value name = record_value(&r, ATTR_ALIAS_NAME);
            if (edge == EDGE_ALIAS_OF && name.is == VALUE_KNOWN && strncmp(name.text, "alias/aws/", 10) != 0)
                VEC_PUSH(*out, ((struct named){name.text, t->region}));
        }
        if (out->n > before + 1)
            qsort(out->items + before, out->n - before, sizeof *out->items, compare_named);
        n_keys += out->n > before;
    }
    return n_keys;
}

/* Which of them is wrong nobody can tell. */
static void say_disagreement(struct deriving *d, struct setup *s, const named_vec *names)
{
    struct buf told = {0};
    for (size_t i = 0; i < names->n; i++)
        buf_printf(&told, "%s%s in %s", i > 0 ? ", " : "", names->items[i].alias, names->items[i].region);
    conflict_add(d, &s->conflict, "no alias is on all of its VAULT keys, and none is configured: %s", told.data);
    buf_free(&told);
}

/* The alias that all of the setup's VAULT keys have, of those that have any; NULL: there is none. */
static const char *agreed_alias(struct deriving *d, struct setup *s, const tagged_vec *tagged)
{
    named_vec names = {0};
    size_t n_keys = find_aliases(d, s, tagged, &names);
    const char *agreed = NULL;
    for (size_t i = 0; i < names.n; i++) {
        const char *alias = names.items[i].alias;
        size_t n = 0;
        for (size_t k = 0; k < names.n; k++)
            n += strcmp(names.items[k].alias, alias) == 0;
        if (n == n_keys && (!agreed || strcmp(alias, agreed) < 0))
            agreed = alias;
    }
    if (!agreed && names.n > 0)
        say_disagreement(d, s, &names);
    VEC_FREE(names);
    return agreed;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html: Regions of other partitions begin so. */
static const char *partition_of(const char *region)
{
    static const char *const partitions[][2] = {
        {"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
        {"eusc-", "aws-eusc"},
    };
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++)
        if (strncmp(region, partitions[i][0], strlen(partitions[i][0])) == 0)
            return partitions[i][1];
    return "aws";
}

static void say_keys(struct deriving *d, struct product_row *row, const struct setup *s, const tagged_vec *tagged,
                     uint32_t alias)
{
    struct buf sources = {0}, accounts = {0};
    uint32_t vault_key = 0;
    for (size_t k = 0; s->settings && k < s->settings->protected_accounts.n; k++)
        buf_add(&accounts, s->settings->protected_accounts.items[k], 13);
    for (size_t i = 0; i < tagged->n; i++) {
        const struct tagged *t = &tagged->items[i];
        bool is_here = strcmp(t->region, row->region) == 0;
        if (strcmp(t->setup, s->name) != 0)
            continue;
        if (t->is_vault && is_here && strcmp(t->account, row->account) == 0)
            vault_key = t->key;
        /* what lies where the setup does not replicate to must go to one of the Regions where it does */
        if (t->is_protected && (is_here || !has_text(&s->regions, t->region))) {
            const char *arn = arn_of(d, t->key);
            buf_add(&sources, arn, strlen(arn) + 1);
        }
        if (t->is_protected && !memmem(accounts.data ? accounts.data : "", accounts.len, t->account, 13))
            buf_add(&accounts, t->account, 13);
        if ((t->is_vault || t->is_protected) && is_here)
            row_seen(row, t->list);
    }
    if (vault_key != resolved_key(d->generation, alias))
        row_say_node(row, ATTR_AUTOBACKUP_TAGGED_KEY, vault_key); /* else the alias says it */
    row_say_items(d, row, ATTR_AUTOBACKUP_SOURCE_KEYS, &sources);
    row_say_items(d, row, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS, &accounts);
    buf_free(&accounts);
    buf_free(&sources);
}

static void say_modes(struct deriving *d, struct product_row *row, const struct setup *s)
{
    static const char *const words[] = {"plain", "protected-key", "vault-key"};
    int modes = s->settings && s->settings->modes ? s->settings->modes : MODE_PLAIN | MODE_PROTECTED_KEY;
    struct buf items = {0};
    for (int i = 0; i < 3; i++)
        if (modes & 1 << i)
            buf_add(&items, words[i], strlen(words[i]) + 1);
    row_say_items(d, row, ATTR_AUTOBACKUP_MODES, &items);
    buf_free(&items);
}

/* The node that the field means in this Region; 0: none. */
static uint32_t say_alias(struct deriving *d, struct product_row *row, const char *alias)
{
    bool has_prefix = strncmp(alias, "alias/", 6) == 0;
    row_say(row, ATTR_AUTOBACKUP_ALIAS_NAME,
            has_prefix || strncmp(alias, "arn:", 4) == 0 ? alias : arena_printf(d->arena, "alias/%s", alias));
    if (strncmp(alias, "arn:", 4) == 0) { /* it is the key of one Region, and of no other */
        uint32_t key = estate_node(d->estate, KIND_KEY, alias, strlen(alias));
        const char *account, *region;
        place_of(d, key, &account, &region);
        key = strcmp(region, row->region) == 0 ? key : 0;
        row_say_node(row, ATTR_AUTOBACKUP_ALIAS, key);
        return key;
    }
    const char *arn = arena_printf(d->arena, "arn:%s:kms:%s:%s:%s%s", partition_of(row->region), row->region,
                                   row->account, has_prefix ? "" : "alias/", alias);
    uint32_t node = estate_node(d->estate, KIND_ALIAS, arn, strlen(arn));
    row_say_node(row, ATTR_AUTOBACKUP_ALIAS, node);
    return node;
}

/* account: the VAULT account, or where a key is if nobody says which that is. */
static void setup_write_row(struct deriving *d, const struct setup *s, const tagged_vec *tagged,
                            const char *account, const char *region, size_t n_alias)
{
    const char *part = id_part(d, s->name), *alias = n_alias < s->aliases.n ? s->aliases.items[n_alias] : NULL;
    const char *id = n_alias == 0
                         ? arena_printf(d->arena, "keyfall:autobackup/%s/%s", part, region)
                         : arena_printf(d->arena, "keyfall:autobackup/%s/%s/%s", part, region, id_part(d, alias));
    const char *role = s->settings && s->settings->vault_role ? s->settings->vault_role : VAULT_ROLE;
    bool by_tags = false;
    for (size_t i = 0; i < tagged->n; i++)
        by_tags |= strcmp(tagged->items[i].setup, s->name) == 0;
    struct product_row *row = row_add(d, LIST_AUTOBACKUP, account, region, id);
    row_say(row, ATTR_AUTOBACKUP_NAME, arena_printf(d->arena, "AutoBackup %s to %s", s->name, region));
    row_say(row, ATTR_AUTOBACKUP_SETUP, s->name);
    row_say(row, ATTR_AUTOBACKUP_VAULT_ACCOUNT, s->vault_account);
    say_keys(d, row, s, tagged, alias ? say_alias(d, row, alias) : 0);
    if (strncmp(role, "arn:", 4) == 0)
        row_say(row, ATTR_AUTOBACKUP_VAULT_ROLE, role);
    else if (s->vault_account)
        row_say(row, ATTR_AUTOBACKUP_VAULT_ROLE,
                arena_printf(d->arena, "arn:%s:iam::%s:role/%s", partition_of(region), s->vault_account, role));
    say_modes(d, row, s);
    row_say_source(row, ATTR_AUTOBACKUP_SOURCE, by_tags, s->settings != NULL);
    row_say(row, ATTR_AUTOBACKUP_CONFLICT, s->conflict);
}

static void setup_write(struct deriving *d, struct setup *s, const tagged_vec *tagged)
{
    const char *alias = s->aliases.n == 0 ? agreed_alias(d, s, tagged) : NULL;
    if (alias)
        texts_push(d, &s->aliases, alias);
    for (size_t r = 0; s->vault_account && r < s->regions.n; r++)
        for (size_t a = 0; a == 0 || a < s->aliases.n; a++)
            setup_write_row(d, s, tagged, s->vault_account, s->regions.items[r], a);
    for (size_t i = 0; !s->vault_account && i < tagged->n; i++) {
        const struct tagged *t = &tagged->items[i];
        if (strcmp(t->setup, s->name) != 0 || !t->is_protected || has_text(&s->regions, t->region))
            continue;
        texts_push(d, &s->regions, t->region);
        setup_write_row(d, s, tagged, t->account, t->region, 0);
    }
}

static int by_key(const void *a, const void *b, void *estate)
{
    return node_compare(estate, ((const struct tagged *)a)->key, ((const struct tagged *)b)->key);
}

/* In the order of ARNs, not in that in which they were read: the first one may decide. */
void derive_autobackup(struct deriving *d)
{
    tagged_vec tagged = {0};
    setup_vec setups = {0};
    find_tagged(d, &tagged);
    if (tagged.n > 1)
        qsort_r(tagged.items, tagged.n, sizeof *tagged.items, by_key, d->estate);
    take_settings(d, &setups);
    for (size_t i = 0; i < tagged.n; i++)
        take_tag(d, &setups, &tagged.items[i]);
    for (size_t i = 0; i < setups.n; i++)
        setup_write(d, &setups.items[i], &tagged);
    VEC_FREE(setups);
    VEC_FREE(tagged);
}
