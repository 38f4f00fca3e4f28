#include "backend/demo/synthetic.h"

#include <string.h>

#define DAY 86400
#define HUB_SHARE 0.30
#define FOREIGN_SHARE 0.05
#define DISTINCT_POLICIES 5 /* one key in so many has a policy of its own */

static const char *const region_names[] = {
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",  "ca-central-1", "sa-east-1",
    "eu-central-1",   "eu-north-1",     "eu-west-1",      "eu-west-2",  "eu-west-3",    "ap-south-1",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
};

struct world {
    struct estate *e;
    const struct synthetic_settings *s;
    uint64_t random;
    uint32_t *keys;       /* node of key k; key k stands in scope k % scopes */
    uint32_t n_scopes;
    uint32_t policy_string;
    struct buf text;
};

static uint64_t next_random(struct world *w)
{
    uint64_t x = w->random += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static double next_share(struct world *w)
{
    return (double)(next_random(w) >> 11) / 9007199254740992.0;
}

static void account_of(const struct world *w, uint32_t scope, char out[16])
{
    uint64_t number = 100000000000u + (uint64_t)(scope / w->s->regions) * 7919u;
    char digits[24];
    int n = 0;
    for (; number; number /= 10)
        digits[n++] = (char)('0' + number % 10);
    for (int i = 0; i < n && i < 15; i++)
        out[i] = digits[n - 1 - i];
    out[n < 15 ? n : 15] = '\0';
}

static const char *region_of(const struct world *w, uint32_t scope)
{
    return region_names[scope % w->s->regions];
}

static uint32_t scope_id(const struct world *w, uint32_t scope)
{
    char account[16];
    account_of(w, scope, account);
    return estate_scope(w->e, account, region_of(w, scope));
}

static uint32_t arn_node(struct world *w, enum kind kind, uint32_t scope, const char *service,
                         const char *with_account, const char *resource)
{
    char account[16];
    account_of(w, scope, account);
    buf_clear(&w->text);
    buf_printf(&w->text, "arn:aws:%s:%s:%s:%s", service, region_of(w, scope),
               with_account ? account : "", resource);
    return estate_node(w->e, kind, w->text.data, w->text.len);
}

static void uuid(struct world *w, char out[37])
{
    uint64_t a = next_random(w), b = next_random(w);
    struct buf text = {0};
    buf_printf(&text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
               (unsigned)(a & 0xffff), (unsigned)(b >> 48), (unsigned long long)(b & 0xffffffffffff));
    memcpy(out, text.data, 37);
    buf_free(&text);
}

static uint32_t new_node(struct world *w, enum kind kind, uint32_t scope, const char *service,
                         const char *with_account, const char *prefix, size_t id_len)
{
    char id[37], resource[80];
    uuid(w, id);
    id[id_len] = '\0';
    size_t prefix_len = strlen(prefix);
    memcpy(resource, prefix, prefix_len);
    memcpy(resource + prefix_len, id, strlen(id) + 1);
    return arn_node(w, kind, scope, service, with_account, resource);
}

/* ---- keys, their aliases and policies --------------------------------------------------------------- */

/* The account may manage its key, roles of it and of others may use it. */
static uint32_t policy_text(struct world *w, uint32_t scope)
{
    size_t want = (size_t)(1024 * (1 + 29 * next_share(w) * next_share(w) * next_share(w)));
    buf_clear(&w->text);
    buf_printf(&w->text,
               "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
               "{\"AWS\":\"arn:aws:iam::%s:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}",
               scope_account(w->e, scope_id(w, scope)));
    for (unsigned i = 0; w->text.len < want; i++)
        buf_printf(&w->text,
                   ",{\"Sid\":\"s%u-%llx\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
                   "\"arn:aws:iam::%s:role/app-%llu\"},\"Action\":[\"kms:Decrypt\","
                   "\"kms:GenerateDataKey*\"],\"Resource\":\"*\"}",
                   i, (unsigned long long)next_random(w), scope_account(w->e, scope_id(w, scope)),
                   (unsigned long long)(next_random(w) % 100000u));
    buf_adds(&w->text, "]}");
    return estate_string(w->e, w->text.data, w->text.len);
}

static void fill_key(struct world *w, uint32_t *row, uint32_t k, uint32_t scope)
{
    static const char *const states[] = {"Enabled", "Enabled", "Enabled", "Enabled", "Enabled",
                                         "Enabled", "Enabled", "Enabled", "Disabled", "PendingDeletion"};
    struct estate *e = w->e;
    const char *state = k == 0 ? "Enabled" : states[next_random(w) % 10];
    row_text(e, row, ATTR_KEY_STATE, state, strlen(state));
    row_text(e, row, ATTR_KEY_MANAGER, "CUSTOMER", 8);
    row_text(e, row, ATTR_KEY_ORIGIN, "AWS_KMS", 7);
    row_text(e, row, ATTR_KEY_SPEC, "SYMMETRIC_DEFAULT", 17);
    row_text(e, row, ATTR_KEY_USAGE, "ENCRYPT_DECRYPT", 15);
    row_number(row, ATTR_KEY_MULTI_REGION, 0);
    row_number(row, ATTR_KEY_CREATED, w->s->now_utc - (int64_t)(next_random(w) % (900 * DAY)));
    if (*state == 'P')
        row_number(row, ATTR_KEY_DELETION_DATE,
                   w->s->now_utc + (int64_t)(next_random(w) % (30 * DAY)));
    row_number(row, ATTR_KEY_ROTATION, next_random(w) % 2);
    if (k % DISTINCT_POLICIES == 0 || !w->policy_string)
        w->policy_string = policy_text(w, scope);
    size_t len;
    const char *policy = estate_text(e, w->policy_string, &len);
    static const char traits[] = "root-manages:1\0somebody-manages:1\0traits-of:2";
    row_text(e, row, ATTR_KEY_POLICY, policy, len);
    row_text(e, row, ATTR_KEY_POLICY_TRAITS, traits, sizeof traits);
    row_text(e, row, ATTR_KEY_EXTERNAL_ACCOUNTS, "", 0);
}

static void fill_keys_of_scope(struct world *w, uint32_t scope)
{
    static const enum facet facets[] = {FACET_KEY_METADATA, FACET_KEY_POLICY, FACET_KEY_ROTATION,
                                        FACET_KEY_TAGS};
    struct estate *e = w->e;
    uint32_t keys = estate_slot(e, scope_id(w, scope), LIST_KEYS, 0);
    uint32_t aliases = estate_slot(e, scope_id(w, scope), LIST_ALIASES, 0);
    struct draft *key_draft = draft_new(e, keys), *alias_draft = draft_new(e, aliases);
    for (uint32_t k = scope; k < w->s->keys; k += w->n_scopes) {
        w->keys[k] = new_node(w, KIND_KEY, scope, "kms", "", "key/", 36);
        uint32_t *row = draft_row(key_draft, w->keys[k]);
        const char *id = node_tail(e, w->keys[k]);
        row_text(e, row, ATTR_KEY_KEY_ID, id, strlen(id));
        fill_key(w, row, k, scope);
        uint32_t alias = new_node(w, KIND_ALIAS, scope, "kms", "", "alias/app-", 12);
        row = draft_row(alias_draft, alias);
        row_text(e, row, ATTR_ALIAS_NAME, node_tail(e, alias), strlen(node_tail(e, alias)));
        row_node(row, ATTR_ALIAS_KEY, w->keys[k]);
    }
    estate_complete(key_draft, w->s->now_utc);
    estate_complete(alias_draft, w->s->now_utc);
    for (uint32_t k = scope; k < w->s->keys; k += w->n_scopes)
        for (size_t f = 0; f < sizeof facets / sizeof *facets; f++)
            estate_set_facet(e, keys, w->keys[k], facets[f], TRUTH_KNOWN, 0, w->s->now_utc);
}

/* ---- what is encrypted ------------------------------------------------------------------------------ */

/* Zipf among n: rank r with weight 1/(r+1), by inverting its integral. */
static uint32_t zipf(struct world *w, uint32_t n)
{
    double share = next_share(w);
    double rank = 1;
    for (double left = share; left > 0 && rank < n; left -= 1.0 / (rank + 1))
        rank++;
    return (uint32_t)rank - 1;
}

static uint32_t key_for(struct world *w, uint32_t scope)
{
    uint32_t local = (w->s->keys - 1 - scope % w->s->keys) / w->n_scopes + 1;
    if (next_share(w) < HUB_SHARE)
        return w->keys[0];
    if (next_share(w) < FOREIGN_SHARE)
        return w->keys[next_random(w) % w->s->keys];
    uint32_t k = scope + w->n_scopes * zipf(w, local ? local : 1);
    return w->keys[k < w->s->keys ? k : scope % w->s->keys];
}

static uint32_t fill_snapshots(struct world *w, uint32_t scope, uint32_t n, uint32_t *nodes)
{
    struct estate *e = w->e;
    struct draft *d = draft_new(e, estate_slot(e, scope_id(w, scope), LIST_EBS_SNAPSHOTS, 0));
    uint32_t volume = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i % 8 == 0)
            volume = new_node(w, KIND_VOLUME, scope, "ec2", "", "volume/vol-", 17);
        nodes[i] = new_node(w, KIND_EBS_SNAPSHOT, scope, "ec2", NULL, "snapshot/snap-", 17);
        uint32_t *row = draft_row(d, nodes[i]);
        row_node(row, ATTR_EBS_SNAPSHOT_KEY, key_for(w, scope));
        row_number(row, ATTR_EBS_SNAPSHOT_ENCRYPTED, 1);
        row_text(e, row, ATTR_EBS_SNAPSHOT_STATUS, "completed", 9);
        row_node(row, ATTR_EBS_SNAPSHOT_SOURCE, volume);
        row_number(row, ATTR_EBS_SNAPSHOT_SIZE, (int64_t)(next_random(w) % 2000));
        row_number(row, ATTR_EBS_SNAPSHOT_CREATED,
                   w->s->now_utc - (int64_t)(next_random(w) % (400 * DAY)));
    }
    estate_complete(d, w->s->now_utc);
    return n;
}

static uint32_t fill_vault(struct world *w, uint32_t scope)
{
    struct estate *e = w->e;
    struct draft *d = draft_new(e, estate_slot(e, scope_id(w, scope), LIST_VAULTS, 0));
    uint32_t vault = arn_node(w, KIND_VAULT, scope, "backup", "", "backup-vault:nightly");
    uint32_t *row = draft_row(d, vault);
    row_text(e, row, ATTR_VAULT_NAME, "nightly", 7);
    row_text(e, row, ATTR_VAULT_TYPE, "BACKUP_VAULT", 12);
    row_node(row, ATTR_VAULT_KEY, key_for(w, scope));
    row_number(row, ATTR_VAULT_LOCKED, 0);
    estate_complete(d, w->s->now_utc);
    estate_set_facet(e, estate_home(e, vault), vault, FACET_VAULT_ACCESS_POLICY, TRUTH_ABSENT, 0,
                     w->s->now_utc);
    return vault;
}

/* Half of the points are EBS snapshots and share their ARN; the others are AWS Backup's own. */
static void fill_points(struct world *w, uint32_t scope, uint32_t n, const uint32_t *snapshots,
                        uint32_t n_snapshots)
{
    struct estate *e = w->e;
    uint32_t vault = fill_vault(w, scope), resource = 0;
    struct draft *d = draft_new(e, estate_slot(e, scope_id(w, scope), LIST_POINTS, vault));
    struct buf arn = {0};
    for (uint32_t i = 0; i < n; i++) {
        bool is_snapshot = i < n_snapshots && i % 2 == 0;
        if (i % 16 == 0)
            resource = new_node(w, KIND_EFS, scope, "elasticfilesystem", "", "file-system/fs-", 17);
        buf_clear(&arn);
        if (is_snapshot)
            node_arn(e, snapshots[i], &arn);
        uint32_t node = is_snapshot
                            ? estate_node(e, KIND_POINT, arn.data, arn.len)
                            : new_node(w, KIND_POINT, scope, "backup", "", "recovery-point:", 36);
        uint32_t *row = draft_row(d, node);
        row_node(row, ATTR_POINT_VAULT, vault);
        row_node(row, ATTR_POINT_RESOURCE, resource);
        row_text(e, row, ATTR_POINT_RESOURCE_TYPE, is_snapshot ? "EBS" : "EFS", 3);
        row_text(e, row, ATTR_POINT_STATUS, "COMPLETED", 9);
        row_node(row, ATTR_POINT_KEY, key_for(w, scope));
        row_number(row, ATTR_POINT_ENCRYPTED, 1);
        if (is_snapshot)
            row_node(row, ATTR_POINT_SAME_AS, snapshots[i]);
        row_number(row, ATTR_POINT_CREATED, w->s->now_utc - (int64_t)(next_random(w) % (400 * DAY)));
        row_number(row, ATTR_POINT_DELETE_AT, w->s->now_utc + (int64_t)(next_random(w) % (400 * DAY)));
        row_number(row, ATTR_POINT_SIZE, (int64_t)(next_random(w) >> 20));
    }
    buf_free(&arn);
    estate_complete(d, w->s->now_utc);
}

void synthetic_fill(struct estate *e, const struct synthetic_settings *settings, uint32_t *hub)
{
    struct world w = {.e = e, .s = settings, .random = settings->seed};
    w.n_scopes = settings->accounts * settings->regions;
    w.keys = mem_alloc_array(settings->keys + 1, sizeof *w.keys);
    for (uint32_t scope = 0; scope < w.n_scopes; scope++)
        fill_keys_of_scope(&w, scope);
    uint32_t done = 0;
    for (uint32_t scope = 0; scope < w.n_scopes; scope++) {
        uint64_t end = (uint64_t)settings->points * (scope + 1) / w.n_scopes;
        uint32_t n = (uint32_t)end - done, n_snapshots = n / 2;
        uint32_t *snapshots = mem_alloc_array(n_snapshots + 1, sizeof *snapshots);
        fill_snapshots(&w, scope, n_snapshots, snapshots);
        fill_points(&w, scope, n - n_snapshots, snapshots, n_snapshots);
        mem_free(snapshots);
        done = (uint32_t)end;
    }
    estate_publish(e);
    if (hub)
        *hub = w.keys[0];
    mem_free(w.keys);
    buf_free(&w.text);
}
