/* What is not seen never looks better: each list of each place and each facet of each record of an estate is
 * hidden in turn, and everything is asked again. */
#include "small_estate.h"

#define HOME "111122223333 eu-west-1"
#define FAR "111122223333 us-east-1"
#define OTHER "444455556666 eu-west-1"

/* Lines begin with the place they stand in, so that hiding can be told apart. */
static const char estate[] =
    "org\n"
    "at " HOME "\n"
    "key $Kdying state=PendingDeletion manager=CUSTOMER origin=AWS_KMS deletion_date=+6d external_accounts=444455556666\n"
    "key $Koff state=Disabled manager=CUSTOMER origin=AWS_KMS policy={}\n"
    "key $Kgood state=Enabled manager=CUSTOMER origin=AWS_KMS spec=SYMMETRIC_DEFAULT rotation=false policy={}\n"
    "key $Kaws state=Enabled manager=AWS origin=AWS_KMS policy={}\n"
    "key $Kmrk-x state=Enabled manager=CUSTOMER origin=AWS_KMS multi_region=true primary_key=$Kmrk-x "
    "replica_keys=$Kmrk-x,arn:aws:kms:us-east-1:111122223333:key/mrk-x policy={}\n"
    "alias $Aapp key_arn=$Kdying updated=-1d\n"
    "grant keyfall:grant/d/1 key_arn=$Kdying grantee=arn:aws:iam::999999999999:role/x operations=Decrypt,CreateGrant\n"
    "parameter $Pone name=one type=SecureString key_arn=$Aapp last_modified=-9d\n"
    "parameter $PDruva-ClientCredential-1 name=Druva-ClientCredential-1 type=SecureString key_arn=$Koff\n"
    "vault $Vmain name=main key_arn=$Kdying locked=false\n"
    "vault $VDefault name=Default key_arn=$Kaws locked=true access_policy={}\n"
    "recovery-point $Rone vault_arn=$Vmain key_arn=$Kdying resource_arn=$Ddb status=COMPLETED\n"
    "recovery-point $Rtwo vault_arn=$VDefault key_arn=$Kaws resource_arn=$Dsafe status=COMPLETED\n"
    "recovery-point $Rgone vault_arn=$Vmain key_arn=$Kvanished resource_arn=$Ddb status=EXPIRED created=-9d\n"
    "backup-plan $Bnightly plan_id=p\n"
    "backup-rule keyfall:backup-rule/1 plan_arn=$Bnightly vault_arn=$Vmain "
    "copies_to=arn:aws:backup:eu-west-1:444455556666:backup-vault:copies\n"
    "db-instance $Ddb key_arn=$Kdying encrypted=true backup_retention_days=0 status=available\n"
    "db-instance $Dsafe key_arn=$Kgood encrypted=true backup_retention_days=7 status=available\n"
    "db-snapshot $Sman key_arn=$Koff encrypted=true source_arn=$Dsafe status=available snapshot_type=manual\n"
    "volume $Lvol-1 key_arn=$Koff encrypted=true status=in-use\n"
    "volume $Lvol-2 encrypted=false status=in-use\n"
    "protected-resource keyfall:protected/1 resource_arn=$Lvol-2 resource_type=EBS\n"
    "ebs-snapshot arn:aws:ec2:eu-west-1::snapshot/s1 key_arn=$Kmrk-x encrypted=true source_arn=$Lvol-1 status=completed\n"
    "copy-job keyfall:copy-job/1 state=FAILED\n"
    "at " FAR "\n"
    "key $Kmrk-x state=Enabled manager=CUSTOMER origin=AWS_KMS multi_region=true "
    "primary_key=arn:aws:kms:eu-west-1:111122223333:key/mrk-x policy={}\n"
    "vault $Vfar name=far key_arn=$Kmrk-x locked=true\n"
    "recovery-point $Rcopy vault_arn=$Vfar key_arn=$Kmrk-x status=COMPLETED "
    "resource_arn=arn:aws:rds:eu-west-1:111122223333:db:db "
    "source_vault_arn=arn:aws:backup:eu-west-1:111122223333:backup-vault:main\n"
    "at " OTHER "\n"
    "key $Kb state=Enabled manager=CUSTOMER origin=AWS_KMS policy={}\n"
    "vault $Vcopies name=copies key_arn=$Kb locked=true\n"
    "parameter $Pfar type=SecureString key_arn=arn:aws:kms:eu-west-1:111122223333:key/dying\n";

/* ---- comparing two readings of one estate ---------------------------------------------------- */

/* The record with the same kind and ARN, 0 if it is not named there. */
static uint32_t same(const struct small *from, uint32_t node, const struct small *to)
{
    struct buf arn = {0};
    node_arn(from->e, node, &arn);
    uint32_t found = estate_find_node(to->e, node_kind(from->e, node), arn.data, arn.len);
    buf_free(&arn);
    return found;
}

static void worse(const char *what, const struct small *s, uint32_t node, const char *hidden)
{
    struct buf arn = {0};
    node_arn(s->e, node, &arn);
    fail_msg("hiding %s: %s of %s looks better", hidden, what, arn.data);
}

static void compare_severity(const struct small *all, const struct small *less, const char *hidden)
{
    for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
        struct record r;
        uint32_t was = same(less, node, all);
        if (!was || !generation_record(less->g, node, &r))
            continue;
        struct worst before = judgement_worst(all->j, was), now = judgement_worst(less->j, node);
        if (!now.unproved && (now.open < before.open || before.unproved))
            worse("the severity", less, node, hidden);
    }
}

static void compare_restorable(const struct small *all, const struct small *less, const char *hidden)
{
    static const enum kind backups[] = {KIND_POINT, KIND_DB_SNAPSHOT, KIND_EBS_SNAPSHOT};
    static const enum kind sources[] = {KIND_DB_INSTANCE, KIND_VOLUME};
    struct record r, before;
    for (size_t k = 0; k < sizeof backups / sizeof *backups; k++)
        for (struct walk w = walk_kind(less->g, backups[k]); walk_next(&w, &r);) {
            assert_true(generation_record(all->g, same(less, r.node, all), &before));
            enum tri was = judge_restorable(all->j, &before), is = judge_restorable(less->j, &r);
            if (is != was && is != TRI_UNKNOWN)
                worse("restorability", less, r.node, hidden);
        }
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        for (struct walk w = walk_kind(less->g, sources[k]); walk_next(&w, &r);) {
            struct copies was = judge_copies(all->j, same(less, r.node, all)), is = judge_copies(less->j, r.node);
            if (is.restorable == TRI_YES && was.restorable != TRI_YES)
                worse("restorability", less, r.node, hidden);
            if (is.independent_is_known && is.is_sure
                && (is.independent != was.independent || !was.independent_is_known || !was.is_sure))
                worse("independence", less, r.node, hidden);
            if (is.independent > was.independent && was.independent_is_known && was.is_sure)
                worse("independence", less, r.node, hidden);
            if (is.is_sure && is.n != was.n)
                worse("the number of copies", less, r.node, hidden);
        }
}

static enum impact_effect effect_on(const struct small *s, const struct impact *i, uint32_t node)
{
    for (size_t c = 0; c < i->n; c++)
        if (i->items[c].node && i->items[c].node == node)
            return consequence_worst(&i->items[c]);
    (void)s;
    return EFFECT_COUNT;
}

/* Of the same target: not less severe, nothing new that is safe, and counts that fell are not called whole. */
static void compare_impact(const struct small *all, const struct small *less, const char *hidden)
{
    static const enum kind kinds[] = {KIND_KEY, KIND_ALIAS, KIND_VAULT, KIND_ACCOUNT, KIND_DB_INSTANCE, KIND_PARAMETER};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
            uint32_t was_node = node_kind(less->e, node) == kinds[k] ? same(less, node, all) : 0;
            if (!was_node)
                continue;
            struct impact *was = judge_impact(all->j, &was_node, 1, NULL, 1000);
            struct impact *is = judge_impact(less->j, &node, 1, NULL, 1000);
            struct dependents was_d = judge_dependents(all->j, was_node), is_d = judge_dependents(less->j, node);
            struct record target;
            if (generation_record(less->g, node, &target) && is->severity < was->severity)
                worse("the impact", less, node, hidden);
            if (is->is_complete && !was->is_complete)
                worse("completeness", less, node, hidden);
            if (is->is_complete && is->counts[EFFECT_LOST] + is->counts[EFFECT_DOWN] + is->counts[EFFECT_UNKNOWN]
                                       < was->counts[EFFECT_LOST] + was->counts[EFFECT_DOWN])
                worse("the count", less, node, hidden);
            if (!is_d.is_at_least && is_d.all < was_d.all)
                worse("the number of dependents", less, node, hidden);
            for (size_t c = 0; c < is->n; c++) {
                uint32_t other = is->items[c].node;
                if (!other || consequence_worst(&is->items[c]) != EFFECT_SAFE)
                    continue;
                enum impact_effect before = effect_on(all, was, same(less, other, all));
                if (before != EFFECT_SAFE)
                    worse("a consequence", less, other, hidden);
            }
            impact_free(was);
            impact_free(is);
        }
}

/* What could not be read again proves what it proved. */
static void compare_old(const struct small *all, const struct small *less, const char *hidden)
{
    for (uint32_t node = 1; node <= estate_node_count(less->e); node++) {
        uint32_t was = same(less, node, all);
        if (was && judgement_worst(less->j, node).open < judgement_worst(all->j, was).open)
            worse("the severity", less, node, hidden);
    }
}

static void hide(const struct small *all, const char *lines, const char *hidden)
{
    struct small less = small_new(lines);
    size_t n_before, n_now;
    judgement_blind_spots(all->j, &n_before);
    judgement_blind_spots(less.j, &n_now);
    if (n_now <= n_before)
        fail_msg("hiding %s: no blind spot", hidden);
    compare_severity(all, &less, hidden);
    if (strstr(lines, " stale\n"))
        compare_old(all, &less, hidden);
    compare_restorable(all, &less, hidden);
    compare_impact(all, &less, hidden);
    small_free(&less);
}

/* ---- hiding ---------------------------------------------------------------------------------- */

static void test_lists(void **state)
{
    (void)state;
    static const char *const places[] = {HOME, FAR, OTHER};
    static const char *const truths[] = {"denied", "not_asked", "stale"};
    struct small all = small_new(estate);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (int l = 1; l < LIST_COUNT; l++) {
            const struct list_row *list = list_row((enum list)l);
            if (list->parent != KIND_NONE || l == LIST_ACCOUNTS)
                continue;
            for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
                /* lists that no key hangs on are not missed until they are asked for */
                if (t == 1 && l != LIST_KEYS && l != LIST_VAULTS && l != LIST_PARAMETERS && l != LIST_VOLUMES)
                    continue;
                char *lines = mem_printf("%sat %s\nhide %s %s\n", estate, places[p], list->name, truths[t]);
                char *name = mem_printf("%s of %s", list->name, places[p]);
                hide(&all, lines, name);
                mem_free(name);
                mem_free(lines);
            }
        }
    small_free(&all);
}

static void test_children(void **state)
{
    (void)state;
    static const char *const children[] = {
        "recovery-points $Vmain", "recovery-points $VDefault", "grants $Kdying", "rules $Bnightly", "grants $Kgood",
    };
    struct small all = small_new(estate);
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        char list[64];
        snprintf(list, sizeof list, "%s", children[i]);
        if (strncmp(list, "rules", 5) == 0)
            snprintf(list, sizeof list, "backup-%s", children[i]);
        char *lines = mem_printf("%sat " HOME "\nhide %s denied\n", estate, strncmp(children[i], "rules", 5) ? list : children[i]);
        hide(&all, lines, children[i]);
        mem_free(lines);
    }
    small_free(&all);
}

static void test_facets(void **state)
{
    (void)state;
    static const char *const facets[] = {"metadata", "policy", "rotation", "tags"};
    static const char *const keys[] = {"dying", "off", "good", "aws", "mrk-x"};
    struct small all = small_new(estate);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t f = 0; f < sizeof facets / sizeof *facets; f++) {
            /* the words of the facet's attributes go, and it is denied */
            struct buf lines = {0};
            char begin[64];
            snprintf(begin, sizeof begin, "key $K%s ", keys[k]);
            bool done = false;
            for (const char *line = estate; *line;) {
                size_t len = strcspn(line, "\n");
                if (!done && strncmp(line, begin, strlen(begin)) == 0) {
                    done = true;
                    char words[2048], *save = NULL;
                    snprintf(words, sizeof words, "%.*s", (int)(len - strlen(begin)), line + strlen(begin));
                    buf_adds(&lines, begin);
                    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
                        char name[64];
                        snprintf(name, sizeof name, "%.*s", (int)strcspn(w, "="), w);
                        enum attr attr = attr_by_name(KIND_KEY, name);
                        if (strcmp(facet_row(attr_row(attr)->facet)->name, facets[f]) != 0)
                            buf_printf(&lines, "%s ", w);
                    }
                    buf_printf(&lines, "%s:denied\n", facets[f]);
                } else {
                    buf_printf(&lines, "%.*s\n", (int)len, line);
                }
                line += len + 1;
            }
            char *name = mem_printf("%s of %s", facets[f], keys[k]);
            hide(&all, lines.data, name);
            mem_free(name);
            buf_free(&lines);
        }
    small_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_facets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
