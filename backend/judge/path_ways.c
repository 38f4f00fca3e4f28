/* Copy paths that are not AWS Backup's: policies of Data Lifecycle Manager, replicated automated backups, AutoBackup. */
#include "backend/judge/ask_access.h"
#include "backend/judge/path_links.h"
#include "backend/judge/products.h"

#include <string.h>

#define PAGE_LIFECYCLE "docs.aws.amazon.com/dlm/latest/APIReference/API_CrossRegionCopyRule.html"
#define PAGE_LIFECYCLE_ROLE "docs.aws.amazon.com/ebs/latest/userguide/service-role.html"
#define PAGE_REPLICATION "docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html"
#define PAGE_SNAPSHOTS "docs.aws.amazon.com/AmazonRDS/latest/UserGuide/share-encrypted-snapshot.html"
#define BLIND "see the blind spots"

struct ways {
    const struct judgement *j;
    struct arena *arena, *scratch;
    path_vec *out;
};

/* The first link that fails is told before one that is only not known. */
static void note_mended(struct copy_path *p, enum path_link at, enum tri holds, const char *reason, const char *remedy,
                        const char *statement, const char *page)
{
    if (holds >= p->ready)
        return;
    p->ready = holds;
    p->broken_at = at;
    p->reason = reason;
    p->remedy = remedy;
    p->statement = statement;
    p->page = page;
}

static void note(struct copy_path *p, enum path_link at, enum tri holds, const char *reason, const char *remedy,
                 const char *page)
{
    note_mended(p, at, holds, reason, remedy, "", page);
}

static struct copy_path blank(enum path_by by, const struct record *rule)
{
    return (struct copy_path){.by = by, .rule = rule->node, .source_is = VALUE_ABSENT, .source_type = "",
                              .source_account = record_account(rule), .source_region = record_region(rule),
                              .key_is = VALUE_ABSENT, .destination_account = record_account(rule),
                              .destination_region = record_region(rule), .ready = TRI_YES, .reason = "",
                              .remedy = "", .page = "", .statement = ""};
}

/* ---- what all ask ------------------------------------------------------------------------------ */

static void check_key(const struct ways *w, struct copy_path *p, enum path_link at, uint32_t key, const char *page)
{
    struct record r;
    const char *which = at == LINK_SOURCE_KEY ? "the source key" : "the key of the copy";
    switch (key ? judge_key(w->j, key) : KEY_UNKNOWN) {
    case KEY_USABLE:
        break;
    case KEY_GONE:
        note(p, at, TRI_NO, arena_printf(w->arena, "%s is deleted", which), "copy under another key", page);
        break;
    case KEY_UNUSABLE:
        note(p, at, TRI_NO,
             arena_printf(w->arena, "%s is %s", which,
                          generation_record(w->j->generation, key, &r) ? value_text(&r, ATTR_KEY_STATE) : "not usable"),
             "make the key usable again", page);
        break;
    case KEY_UNKNOWN:
        note(p, at, TRI_UNKNOWN, arena_printf(w->arena, "the state of %s is not known", which), BLIND, page);
    }
}

/* What is under a key: ABSENT if AWS names none for it. */
static void set_source_key(const struct ways *w, struct copy_path *p, struct value key, const char *page)
{
    p->key_is = key.is;
    p->source_key = key.is == VALUE_KNOWN ? judge_resolve_key(w->j, key.node) : 0;
    if (key.is == VALUE_KNOWN)
        check_key(w, p, LINK_SOURCE_KEY, p->source_key, page);
    else if (key.is == VALUE_UNKNOWN)
        note(p, LINK_SOURCE_KEY, TRI_UNKNOWN, "the source key is not known", BLIND, page);
}

static const struct record *region_record(const struct ways *w, const char *account, const char *region,
                                          struct record *out)
{
    for (struct walk at = walk_kind(w->j->generation, KIND_REGION); walk_next(&at, out);)
        if (strcmp(record_account(out), account) == 0 && strcmp(record_region(out), region) == 0)
            return out;
    return NULL;
}

/* May a role make grants on the key for the service that copies? */
static void check_role(const struct ways *w, struct copy_path *p, uint32_t key, const char *role, const char *page)
{
    static const char *const for_services[] = {"kms:GrantIsForAWSResource=true", NULL}, *const grants = "kms:CreateGrant";
    struct access_question q = {.key = key, .principal = role, .action = "kms:CreateGrant",
                                .context = for_services, .is_open = true};
    struct access_result result;
    enum verdict verdict = VERDICT_UNKNOWN;
    if (judge_access(w->j, w->scratch, &q, &result, NULL) == ERR_OK) {
        verdict = result.verdict;
        access_result_free(&result);
    }
    if (verdict == VERDICT_ALLOWED)
        return;
    if (verdict == VERDICT_UNKNOWN)
        note(p, LINK_DESTINATION_KEY, TRI_UNKNOWN, "whether its role may make grants on the key of the copy is not known",
             BLIND, page);
    else
        note_mended(p, LINK_DESTINATION_KEY, TRI_NO, "its role may not make grants on the key of the copy",
                    arena_printf(w->arena, "allow kms:CreateGrant to %s, in its policies or the key's", role),
                    verdict == VERDICT_IMPLICITLY_DENIED ? path_statement(w->arena, role, &grants, 1) : "", page);
}

/* ---- Data Lifecycle Manager -------------------------------------------------------------------- */

/* Without a key of its own a copy is under the Region's default key for EBS; none there: under AWS's. */
static void check_default_key(const struct ways *w, struct copy_path *p)
{
    struct record region;
    bool is_there = region_record(w, p->destination_account, p->destination_region, &region);
    struct value key = {.is = VALUE_UNKNOWN};
    if (is_there && truth_is_sure(record_facet(&region, FACET_REGION_EBS_KEY).truth))
        key = record_value(&region, ATTR_REGION_EBS_KEY);
    p->destination_key_is = key.is;
    p->destination_key = key.is == VALUE_KNOWN ? judge_resolve_key(w->j, key.node) : 0;
    if (key.is == VALUE_UNKNOWN)
        note(p, LINK_DESTINATION_KEY, TRI_UNKNOWN, "the default key of the Region that it copies to was not read", BLIND,
             PAGE_LIFECYCLE);
}

static void check_copy_key(const struct ways *w, struct copy_path *p, const struct record *policy, const char *key)
{
    if (key) {
        uint32_t node = estate_find_node(w->j->estate, kind_of_arn(key, strlen(key)), key, strlen(key));
        p->destination_key_is = VALUE_KNOWN;
        p->destination_key = node ? judge_resolve_key(w->j, node) : 0;
    } else {
        check_default_key(w, p);
    }
    if (p->destination_key_is != VALUE_KNOWN || key_is_aws_managed(w->j, p->destination_key) == TRI_YES)
        return;
    check_key(w, p, LINK_DESTINATION_KEY, p->destination_key, PAGE_LIFECYCLE);
    const char *role = value_text(policy, ATTR_LIFECYCLE_ROLE);
    if (p->destination_key && role[0])
        check_role(w, p, p->destination_key, role, PAGE_LIFECYCLE_ROLE);
}

/* "eu-central-1 arn:aws:kms:...", "us-east-1 default-key": as collect/dlm.c tells of each copy. */
static struct copy_path way_of_policy(const struct ways *w, const struct record *policy, const char *copy)
{
    struct copy_path p = blank(PATH_BY_LIFECYCLE, policy);
    struct record region;
    const char *how = strchr(copy, ' ');
    bool is_region = how && strncmp(copy, "arn:", 4) != 0;
    p.source_type = "EBS";
    p.destination_region = is_region ? arena_strndup(w->arena, copy, (size_t)(how - copy)) : record_region(policy);
    if (!truth_is_sure(record_facet(policy, FACET_LIFECYCLE_DETAIL).truth) || !truth_is_sure(slice_truth(policy->slice)))
        note(&p, LINK_SOURCE, TRI_UNKNOWN, "the policy was not read again", BLIND, PAGE_LIFECYCLE);
    if (!value_is(policy, ATTR_LIFECYCLE_STATE, "ENABLED"))
        note(&p, LINK_SOURCE, TRI_NO, arena_printf(w->arena, "the policy is %s", value_text(policy, ATTR_LIFECYCLE_STATE)),
             "mend and enable the policy", PAGE_LIFECYCLE);
    if (value_is(policy, ATTR_LIFECYCLE_TYPE, "EVENT_BASED_POLICY"))
        note(&p, LINK_SOURCE_KEY, TRI_UNKNOWN, "which snapshots other accounts will share, and under which key, is not known",
             "see that their key lets this account in", PAGE_LIFECYCLE);
    if (region_record(w, p.destination_account, p.destination_region, &region) &&
        value_is(&region, ATTR_REGION_OPT_IN, "not-opted-in"))
        note(&p, LINK_DESTINATION_REGION, TRI_NO, arena_printf(w->arena, "%s is not enabled", p.destination_region),
             "enable the Region", PAGE_LIFECYCLE);
    check_copy_key(w, &p, policy, how && strncmp(how + 1, "arn:", 4) == 0 ? how + 1 : NULL);
    return p;
}

/* What is wrong with a source comes before what is wrong with where it goes. */
static void add_source(const struct ways *w, const struct copy_path *way, const struct record *snapshot)
{
    struct copy_path p = *way;
    p.ready = TRI_YES;
    p.broken_at = LINK_NONE;
    p.reason = p.remedy = p.statement = p.page = "";
    p.source = value_node(snapshot, ATTR_EBS_SNAPSHOT_SOURCE);
    p.source_is = VALUE_KNOWN;
    if (way->broken_at == LINK_SOURCE)
        note_mended(&p, way->broken_at, way->ready, way->reason, way->remedy, way->statement, way->page);
    set_source_key(w, &p, record_value(snapshot, ATTR_EBS_SNAPSHOT_KEY), PAGE_LIFECYCLE);
    note_mended(&p, way->broken_at, way->ready, way->reason, way->remedy, way->statement, way->page);
    VEC_PUSH(*w->out, p);
}

/* Of each volume the newest snapshot that the policy made tells the key; *newest: by volume, indexes of at. */
static void newest_snapshots(const struct ways *w, const struct record *policy, struct nodemap *newest,
                             uint32_t **nodes, size_t *n)
{
    VEC(uint32_t) at = {0};
    VEC(int64_t) when = {0};
    struct record r;
    enum edge edge;
    for (struct hang h = hang_on(w->j->generation, policy->node); hang_next(&h, &r, &edge);) {
        uint32_t volume = edge == EDGE_MADE_BY ? value_node(&r, ATTR_EBS_SNAPSHOT_SOURCE) : 0;
        int64_t created = INT64_MIN;
        if (!volume || strcmp(record_region(&r), record_region(policy)) != 0)
            continue;
        (void)value_number(&r, ATTR_EBS_SNAPSHOT_CREATED, &created);
        uint32_t *seen = nodemap_at(newest, volume);
        if (seen && created > when.items[*seen]) {
            at.items[*seen] = r.node;
            when.items[*seen] = created;
        } else if (!seen) {
            nodemap_add(newest, volume, (uint32_t)at.n);
            VEC_PUSH(at, r.node);
            VEC_PUSH(when, created);
        }
    }
    VEC_FREE(when);
    *nodes = at.items;
    *n = at.n;
}

static void add_way(const struct ways *w, const struct record *policy, const char *copy, const uint32_t *snapshots,
                    size_t n)
{
    struct record snapshot;
    struct copy_path way = way_of_policy(w, policy, copy);
    const struct area *a = area_of_record(w->j, policy);
    bool is_whole = a && truth_is_sure(area_truth(a, LIST_EBS_SNAPSHOTS));
    for (size_t i = 0; i < n; i++)
        if (generation_record(w->j->generation, snapshots[i], &snapshot))
            add_source(w, &way, &snapshot);
    if (n > 0 && is_whole)
        return;
    way.source_is = is_whole ? VALUE_ABSENT : VALUE_UNKNOWN;
    if (!is_whole)
        note(&way, LINK_SOURCE, TRI_UNKNOWN, "the snapshots that it made were not read", BLIND, PAGE_LIFECYCLE);
    VEC_PUSH(*w->out, way);
}

static void add_policy(const struct ways *w, const struct record *policy)
{
    struct value copies = record_value(policy, ATTR_LIFECYCLE_COPIES);
    struct nodemap newest = {0};
    uint32_t *snapshots = NULL;
    size_t n = 0;
    if (copies.is == VALUE_UNKNOWN) {
        struct copy_path p = blank(PATH_BY_LIFECYCLE, policy);
        p.source_is = p.destination_key_is = VALUE_UNKNOWN;
        p.destination_region = "";
        note(&p, LINK_SOURCE, TRI_UNKNOWN, "whether and where it copies was not read", BLIND, PAGE_LIFECYCLE);
        VEC_PUSH(*w->out, p);
        return;
    }
    const char *copy = value_next(&copies, NULL);
    if (copy)
        newest_snapshots(w, policy, &newest, &snapshots, &n);
    for (; copy; copy = value_next(&copies, copy))
        add_way(w, policy, copy, snapshots, n);
    nodemap_free(&newest);
    mem_free(snapshots);
}

/* ---- automated backups of databases ------------------------------------------------------------ */

static const struct {
    enum kind kind;
    enum attr region, source, status;
    const char *type;
} replicated[] = {
    {KIND_DB_AUTO_BACKUP, ATTR_DB_AUTO_BACKUP_REGION, ATTR_DB_AUTO_BACKUP_SOURCE, ATTR_DB_AUTO_BACKUP_STATUS, "RDS"},
    {KIND_DB_CLUSTER_AUTO_BACKUP, ATTR_DB_CLUSTER_AUTO_BACKUP_REGION, ATTR_DB_CLUSTER_AUTO_BACKUP_SOURCE,
     ATTR_DB_CLUSTER_AUTO_BACKUP_STATUS, "Aurora"},
};

/* One that is in another Region than its database. Once that is gone nothing comes any more. */
static void add_replication(const struct ways *w, const struct record *backup, size_t i)
{
    struct copy_path p = blank(PATH_BY_REPLICATION, backup);
    struct record database;
    const char *from = value_text(backup, replicated[i].region);
    if (!from[0] || strcmp(from, record_region(backup)) == 0 || value_is(backup, replicated[i].status, "retained"))
        return;
    p.source_region = from;
    p.source_type = replicated[i].type;
    p.source = value_node(backup, replicated[i].source);
    p.source_is = p.source ? VALUE_KNOWN : VALUE_UNKNOWN;
    if (!truth_is_sure(slice_truth(backup->slice)))
        note(&p, LINK_SOURCE, TRI_UNKNOWN, "the replicated backup was not read again", BLIND, PAGE_REPLICATION);
    bool is_seen = p.source && generation_record(w->j->generation, p.source, &database) && holding_of(database.kind);
    set_source_key(w, &p, is_seen ? holding_key(&database) : (struct value){.is = VALUE_UNKNOWN}, PAGE_REPLICATION);
    struct value key = holding_key(backup);
    p.destination_key_is = key.is;
    p.destination_key = key.is == VALUE_KNOWN ? judge_resolve_key(w->j, key.node) : 0;
    if (key.is == VALUE_KNOWN)
        check_key(w, &p, LINK_DESTINATION_KEY, p.destination_key, PAGE_REPLICATION);
    else if (key.is == VALUE_UNKNOWN)
        note(&p, LINK_DESTINATION_KEY, TRI_UNKNOWN, "the key of the copy is not known", BLIND, PAGE_REPLICATION);
    VEC_PUSH(*w->out, p);
}

/* ---- AutoBackup -------------------------------------------------------------------------------- */

static void check_readiness(struct copy_path *p, struct readiness is, const char *remedy)
{
    note(p, LINK_DESTINATION_KEY, is.ready, is.reason, is.ready == TRI_NO ? remedy : BLIND, PAGE_SNAPSHOTS);
}

/* What "Add another AWS account" of the console allows. */
static const char *const uses[] = {"kms:Encrypt",          "kms:Decrypt",     "kms:ReEncrypt*",
                                   "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant"};
#define N_USES (sizeof uses / sizeof *uses)

/* The VAULT role reads what is under a PROTECTED key: see F-AB-03. */
static void check_protected_key(const struct ways *w, struct copy_path *p, const struct record *r, uint32_t key)
{
    const char *role = value_text(r, ATTR_AUTOBACKUP_VAULT_ROLE);
    check_key(w, p, LINK_SOURCE_KEY, key, PAGE_SNAPSHOTS);
    struct key_use use = role[0] ? judge_key_use(w->j, w->arena, key, role)
                                 : (struct key_use){.may = TRI_UNKNOWN, .reason = "the VAULT role is not registered"};
    note_mended(p, LINK_SOURCE_KEY, use.may, use.reason,
                use.may == TRI_NO ? "add the VAULT role to the PROTECTED key's policy" : BLIND,
                use.may == TRI_NO && !use.denied_by ? path_statement(w->arena, role, uses, N_USES) : "", PAGE_SNAPSHOTS);
}

static void add_autobackup_way(const struct ways *w, const struct record *r, struct copy_path p)
{
    struct readiness alias = judge_autobackup_alias(w->j, w->arena, r);
    p.destination_key = alias.key;
    p.destination_key_is = alias.key ? VALUE_KNOWN : VALUE_UNKNOWN;
    check_readiness(&p, alias, "make the alias, and its key usable, in that Region");
    if (alias.key)
        check_readiness(&p, judge_autobackup_sharing(w->j, w->arena, r), "put both statements of the console in the key's policy");
    VEC_PUSH(*w->out, p);
}

/* Which resources it protects stands in AutoBackup alone: one way for each PROTECTED key. */
static void add_autobackup(const struct ways *w, const struct record *r)
{
    struct value keys = record_value(r, ATTR_AUTOBACKUP_SOURCE_KEYS);
    struct value accounts = record_value(r, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS);
    const char *account = value_next(&accounts, NULL), *arn = value_next(&keys, NULL);
    bool reads_keys = autobackup_has_mode(r, "protected-key");
    struct copy_path p = blank(PATH_BY_AUTOBACKUP, r);
    p.source_is = VALUE_UNKNOWN;
    p.source_account = account && !value_next(&accounts, account) ? account : "";
    p.source_region = "";
    p.destination_account = value_text(r, ATTR_AUTOBACKUP_VAULT_ACCOUNT);
    if (!arn) {
        if (reads_keys)
            note(&p, LINK_SOURCE_KEY, TRI_UNKNOWN, "no PROTECTED key is registered", "register the keys", PAGE_SNAPSHOTS);
        add_autobackup_way(w, r, p);
    }
    for (; arn; arn = value_next(&keys, arn)) {
        struct copy_path own = p;
        uint32_t node = estate_find_node(w->j->estate, kind_of_arn(arn, strlen(arn)), arn, strlen(arn));
        own.source_key = node ? judge_resolve_key(w->j, node) : 0;
        own.key_is = VALUE_KNOWN;
        if (reads_keys && own.source_key)
            check_protected_key(w, &own, r, own.source_key);
        add_autobackup_way(w, r, own);
    }
}

void path_ways(const struct judgement *j, struct arena *arena, path_vec *out)
{
    struct ways w = {.j = j, .arena = arena, .scratch = arena_new(), .out = out};
    struct record r;
    for (struct walk at = walk_kind(j->generation, KIND_LIFECYCLE); walk_next(&at, &r);) {
        add_policy(&w, &r);
        arena_reset(w.scratch);
    }
    for (size_t i = 0; i < sizeof replicated / sizeof *replicated; i++)
        for (struct walk at = walk_kind(j->generation, replicated[i].kind); walk_next(&at, &r);)
            add_replication(&w, &r, i);
    for (struct walk at = walk_kind(j->generation, KIND_AUTOBACKUP); walk_next(&at, &r);)
        add_autobackup(&w, &r);
    arena_free(w.scratch);
}
