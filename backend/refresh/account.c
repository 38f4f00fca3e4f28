#include "backend/refresh/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- the accounts that are known ---------------------------------------------------------------- */

struct account *account_find(struct refresh *r, const char *id)
{
    for (size_t i = 0; i < r->accounts.n; i++)
        if (strcmp(r->accounts.items[i]->id, id) == 0)
            return r->accounts.items[i];
    return NULL;
}

static void site_place(struct refresh *r, struct site *site, struct account *a, const char *region,
                       const char *scope_region)
{
    site->account = a;
    (void)snprintf(site->region, sizeof site->region, "%s", region);
    site->place = (struct place){.partition = a->partition,
                                 .account = a->id,
                                 .region = site->region,
                                 .scope = estate_scope(r->estate, a->id, scope_region),
                                 .regions = (const char *const *)r->regions};
}

struct account *account_get(struct refresh *r, const char *id, const char *partition)
{
    struct account *a = account_find(r, id);
    if (a)
        return a;
    a = mem_alloc(sizeof *a);
    (void)snprintf(a->id, sizeof a->id, "%s", id);
    (void)snprintf(a->partition, sizeof a->partition, "%s", partition);
    a->node = collect_account_node(r->estate, partition, id);
    site_place(r, &a->home, a, "", "");
    a->home.node = a->node;
    VEC_PUSH(r->accounts, a);
    r->accounts_changed = true;
    return a;
}

void account_free(struct account *a)
{
    for (size_t i = 0; i < a->sites.n; i++)
        mem_free(a->sites.items[i]);
    VEC_FREE(a->sites);
    mem_free(a->name);
    mem_free(a->state);
    mem_free(a->org_arn);
    mem_free(a->via);
    mem_free(a);
}

struct site *site_find(const struct refresh *r, const char *account, const char *region)
{
    for (size_t i = 0; i < r->accounts.n; i++) {
        struct account *a = r->accounts.items[i];
        if (strcmp(a->id, account) != 0)
            continue;
        if (!region[0])
            return &a->home;
        for (size_t j = 0; j < a->sites.n; j++)
            if (strcmp(a->sites.items[j]->region, region) == 0)
                return a->sites.items[j];
    }
    return NULL;
}

/* ---- the list of accounts ----------------------------------------------------------------------- */

/* What keeps a target from telling all its accounts: it leads nowhere, or its organization cannot be listed. */
static const struct err *target_problem(const struct entrance *en, enum op_id *op, enum truth *truth)
{
    *op = OP_STS_GET_CALLER_IDENTITY;
    *truth = en->err.code == ERR_DENIED ? TRUTH_DENIED : TRUTH_FAILED;
    if (en->state == ENTRANCE_FAILED && !en->wanted[0])
        return &en->err;
    *op = OP_ORGANIZATIONS_LIST_ACCOUNTS;
    *truth = en->org_truth;
    const struct entrance *other = en->account ? en->account->listed_by : NULL;
    bool is_covered = other && other != en && other->org == ORG_LISTED;
    return en->org == ORG_FAILED && !is_covered && !truth_is_sure(en->org_truth) ? &en->org_err : NULL;
}

/* A list of its own for each target, without rows, so that each one that fails is a blind spot of its own. */
static void target_write(struct refresh *r, struct entrance *en)
{
    enum op_id op;
    if (!en->node)
        en->node = collect_target_node(r->estate, en->profile ? en->profile : "default", en->role_arn);
    enum truth truth;
    const struct err *problem = target_problem(en, &op, &truth);
    uint32_t slot = estate_slot(r->estate, estate_scope(r->estate, "", ""), LIST_ACCOUNTS, en->node);
    bool is_under_way = en->state == ENTRANCE_NEW || en->state == ENTRANCE_ASKED || en->org == ORG_ASKED;
    if (problem)
        estate_failed(r->estate, slot, NULL, truth,
                      estate_failure(r->estate, op_get(op)->id, problem), refresh_now_utc(r));
    else if (is_under_way)
        estate_loading(r->estate, slot, NULL);
    else
        estate_complete(draft_new(r->estate, slot), refresh_now_utc(r));
}

static struct draft *draft_accounts(struct refresh *r, uint32_t slot)
{
    struct draft *draft = draft_new(r->estate, slot);
    for (size_t i = 0; i < r->accounts.n; i++) {
        const struct account *a = r->accounts.items[i];
        if (!a->is_gone)
            collect_account_row(r->estate, draft, &(struct account_row){.partition = a->partition,
                                                                        .id = a->id,
                                                                        .name = a->name,
                                                                        .state = a->state,
                                                                        .org_arn = a->org_arn,
                                                                        .via = a->via});
    }
    return draft;
}

/* Rows are always those we know of; whether they are all is for the targets to say. */
void accounts_write(struct refresh *r)
{
    uint32_t slot = estate_slot(r->estate, estate_scope(r->estate, "", ""), LIST_ACCOUNTS, 0);
    struct draft *draft = draft_accounts(r, slot);
    r->accounts_changed = false;
    r->is_dirty = true;
    for (size_t i = 0; i < r->entrances.n; i++)
        if (!r->entrances.items[i]->through)
            target_write(r, r->entrances.items[i]);
    r->accounts_were_whole |= entrances_are_settled(r);
    if (r->accounts_were_whole) {
        estate_complete(draft, refresh_now_utc(r));
    } else {
        estate_loading(r->estate, slot, draft);
        draft_free(draft);
    }
}

void account_identity_failed(struct refresh *r, struct account *a, const struct err *err, int64_t at)
{
    struct record record;
    a->err = *err;
    if (!estate_current(r->estate, a->node, &record))
        accounts_write(r);
    struct reading *reading = reading_new(r->collector, feed_get(FEED_IDENTITY), &a->home.place, a->node);
    (void)reading_failed(reading, err, at);
    reading_free(reading);
    r->is_dirty = true;
}

/* ---- sites -------------------------------------------------------------------------------------- */

static void site_off(struct refresh *r, struct site *site)
{
    if (!site->is_on)
        return;
    calls_cancel(r, site);
    for (int f = 0; f < FEED_COUNT; f++)
        if (site->lanes[f])
            lane_clear(r, site->lanes[f]);
    site->is_on = false;
    for (int f = 0; f < FEED_COUNT && site != &site->account->home; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of == KIND_NONE)
            estate_drop(r->estate, estate_find_slot(r->estate, site->place.scope, feed->list, 0));
    }
    r->must_sweep = r->is_dirty = true;
}

/* The slots come first, so that what is not read yet can be told from what is not there. */
static void site_on(struct refresh *r, struct site *site)
{
    bool was_on = site->is_on;
    site->is_on = true;
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (feed->of == KIND_NONE) {
            (void)estate_slot(r->estate, site->place.scope, feed->list, 0);
            if (!was_on)
                lane_ask(r, lane_get(r, site, feed), 0, false);
        } else if (feed->of == KIND_REGION) {
            lane_ask_if_old(r, lane_get(r, site, feed), site->node, false);
        }
    }
}

static struct site *site_get(struct refresh *r, struct account *a, const char *region, uint32_t node)
{
    struct site *site = site_find(r, a->id, region);
    if (!site) {
        site = mem_alloc(sizeof *site);
        site_place(r, site, a, region, region);
        site->node = node;
        VEC_PUSH(a->sites, site);
    }
    return site;
}

/* ---- regions ------------------------------------------------------------------------------------ */

static const char *text_of(const struct record *record, enum attr attr)
{
    struct value v = record_value(record, attr);
    return v.is == VALUE_KNOWN ? v.text : "";
}

static void set_region_error(struct refresh *r, struct account *a, const char *region, const char *opt_in)
{
    struct err err;
    if (opt_in)
        (void)err_set(&err, ERR_USAGE,
                      "the region %s is not enabled in account %s (%s): enable it there, or name another "
                      "with --region",
                      region, a->id, opt_in);
    else
        (void)err_set(&err, ERR_USAGE, "account %s has no region %s: name another with --region", a->id,
                      region);
    a->err = err;
    if (a->n_lost++ == 0)
        (void)snprintf(a->lost_region, sizeof a->lost_region, "%s", region);
    uint32_t slot = estate_find_slot(r->estate, a->home.place.scope, LIST_REGIONS, a->node);
    if (slot) /* a place that was asked for and is not seen is a blind spot */
        estate_failed(r->estate, slot, NULL, TRUTH_FAILED,
                      estate_failure(r->estate, "ec2:DescribeRegions", &err), refresh_now_utc(r));
    status_note_error(r, OP_EC2_DESCRIBE_REGIONS, a, region, NULL, &err);
}

/* The Regions that are wanted of an account; NULL: all. What is typed holds everywhere. */
static char **wanted_regions(const struct refresh *r, const struct account *a)
{
    return r->regions ? r->regions : a->entrance ? a->entrance->regions : NULL;
}

/* Regions that were asked for by name and cannot be read. */
static void check_wanted(struct refresh *r, struct account *a)
{
    for (char **wanted = wanted_regions(r, a); wanted && *wanted; wanted++) {
        struct record record;
        char *id = mem_printf("keyfall:region/%s/%s", a->id, *wanted);
        uint32_t node = estate_find_node(r->estate, KIND_REGION, id, strlen(id));
        mem_free(id);
        if (!node || !estate_current(r->estate, node, &record))
            set_region_error(r, a, *wanted, NULL);
        else if (record_value(&record, ATTR_REGION_SELECTED).number == 0)
            set_region_error(r, a, *wanted, text_of(&record, ATTR_REGION_OPT_IN));
    }
}

static void use_region(struct refresh *r, struct account *a, uint32_t node)
{
    struct record record;
    char name[sizeof((struct site *)0)->region];
    if (!estate_current(r->estate, node, &record))
        return;
    (void)snprintf(name, sizeof name, "%s", text_of(&record, ATTR_REGION_NAME));
    bool is_selected = record_value(&record, ATTR_REGION_SELECTED).number != 0;
    if (is_selected)
        site_on(r, site_get(r, a, name, node));
}

static bool is_still_selected(struct refresh *r, const struct site *site)
{
    struct record record;
    return estate_current(r->estate, site->node, &record)
           && record_value(&record, ATTR_REGION_SELECTED).number != 0;
}

/* Who came here through an organization has seen it already: its accounts would all ask for the same, and be
 * denied (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html). */
static bool sees_organization(const struct account *a)
{
    return a->entrance && !a->entrance->through;
}

bool account_is_asked(const struct account *a, const struct feed *feed)
{
    bool is_of_organization = op_get(feed->op)->service == SERVICE_ORGANIZATIONS && feed->list != LIST_NONE;
    return feed->of == KIND_ACCOUNT && feed->id != FEED_IDENTITY
           && (!is_of_organization || sees_organization(a));
}

static void ask_about_account(struct refresh *r, struct account *a)
{
    for (int f = 0; f < FEED_COUNT; f++) {
        const struct feed *feed = feed_get((enum feed_id)f);
        if (account_is_asked(a, feed) && feed->list != LIST_REGIONS)
            lane_ask_if_old(r, lane_get(r, &a->home, feed), a->node, false);
    }
}

void account_list_regions(struct refresh *r, struct account *a, const struct reading *reading)
{
    size_t n;
    const uint32_t *nodes = reading_nodes(reading, &n);
    a->err = (struct err){0};
    a->n_lost = 0;
    a->has_regions = true;
    for (size_t i = 0; i < a->sites.n; i++)
        if (!is_still_selected(r, a->sites.items[i]))
            site_off(r, a->sites.items[i]);
    for (size_t i = 0; i < n; i++)
        use_region(r, a, nodes[i]);
    check_wanted(r, a);
    ask_about_account(r, a);
    /* what the other operation failed at is answered now */
    lane_forgive(r, lane_get(r, &a->home, feed_get(FEED_REGIONS)));
}

void account_guess_regions(struct refresh *r, struct account *a, const struct feed *feed,
                           const struct err *err, int64_t at)
{
    a->has_regions = true;
    uint32_t slot = estate_slot(r->estate, a->home.place.scope, LIST_REGIONS, a->node);
    struct draft *draft = draft_new(r->estate, slot);
    char *first[] = {a->home.region, NULL};
    char **regions = wanted_regions(r, a) ? wanted_regions(r, a) : first;
    for (char **region = regions; *region; region++)
        collect_region_row(r->estate, draft, &a->home.place, *region);
    estate_failed(r->estate, slot, draft, feed_truth(feed, err),
                  estate_failure(r->estate, op_get(feed->op)->id, err), at);
    draft_free(draft);
    bool has_sites = false;
    for (size_t i = 0; i < a->sites.n; i++)
        has_sites |= a->sites.items[i]->is_on;
    for (char **region = regions; *region && !has_sites; region++) {
        char *id = mem_printf("keyfall:region/%s/%s", a->id, *region);
        use_region(r, a, estate_find_node(r->estate, KIND_REGION, id, strlen(id)));
        mem_free(id);
    }
    ask_about_account(r, a);
    r->is_dirty = true;
}

/* ---- opening and closing ------------------------------------------------------------------------ */

void account_opened(struct refresh *r, struct account *a, struct entrance *en)
{
    struct record record;
    a->entrance = en;
    a->err = (struct err){0};
    a->is_gone = false;
    (void)snprintf(a->home.region, sizeof a->home.region, "%s", en->region);
    mem_free(a->via);
    a->via = mem_strdup(en->describe);
    a->home.is_on = true;
    a->home.place.regions = (const char *const *)wanted_regions(r, a);
    if (!estate_current(r->estate, a->node, &record))
        accounts_write(r);
    else
        r->accounts_changed = true;
    lane_ask(r, lane_get(r, &a->home, feed_get(FEED_REGIONS)), a->node, false);
}

void account_closed(struct refresh *r, struct account *a)
{
    for (size_t i = 0; i < a->sites.n; i++)
        site_off(r, a->sites.items[i]);
    site_off(r, &a->home);
    for (int l = 1; l < LIST_COUNT; l++)
        if (list_row((enum list)l)->parent == KIND_ACCOUNT)
            estate_drop(r->estate,
                        estate_find_slot(r->estate, a->home.place.scope, (enum list)l, a->node));
    a->entrance = NULL;
    a->has_regions = false;
    r->accounts_changed = r->is_dirty = true;
}
