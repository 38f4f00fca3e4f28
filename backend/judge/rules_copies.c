/* Findings about rules whose copies cannot arrive: what paths.h says of each way that a rule copies on. */
#include "backend/judge/paths.h"
#include "backend/judge/principal_access.h"
#include "backend/judge/rules.h"

#include <string.h>

/* ---- the paths of a rule ----------------------------------------------------------------------- */

/* Of paths that follow one another and get the same answers, the first stands for all. */
static void index_paths(const struct judgement *j, struct texts_memo *memo)
{
    size_t n;
    const struct copy_path *paths = judge_paths(j, &n);
    memo->next_path = mem_alloc_array(n + 1, sizeof *memo->next_path);
    for (size_t i = n; i-- > 0;) {
        if (!paths[i].rule)
            continue;
        uint32_t *first = nodemap_at(&memo->path_of_rule, paths[i].rule);
        if (first && paths[*first].answers == paths[i].answers)
            memo->next_path[i] = memo->next_path[*first];
        else
            memo->next_path[i] = first ? *first + 1 : 0;
        if (first)
            *first = (uint32_t)i;
        else
            nodemap_add(&memo->path_of_rule, paths[i].rule, (uint32_t)i);
    }
}

/* Begin with NULL; NULL: there are no more. */
static const struct copy_path *next_path(const struct judgement *j, const struct record *rule,
                                         const struct copy_path *last)
{
    size_t n;
    struct texts_memo *memo = j->texts;
    if (record_value(rule, ATTR_RULE_COPIES).is != VALUE_KNOWN && !value_node(rule, ATTR_RULE_AIR_GAPPED_VAULT))
        return NULL;
    if (!memo->next_path)
        index_paths(j, memo);
    const struct copy_path *paths = judge_paths(j, &n);
    const uint32_t *first = last ? NULL : nodemap_at(&memo->path_of_rule, rule->node);
    uint32_t at = first ? *first + 1 : last ? memo->next_path[last - paths] : 0;
    return at ? &paths[at - 1] : NULL;
}

/* What one path says: NO and UNKNOWN with their reason, and the record behind it. */
struct told {
    enum tri holds;
    const char *reason;
    uint32_t cause;
};
typedef struct told path_fn(const struct judgement *j, const struct copy_path *p);

/* What holds less is worse; of two alike the one whose cause can be named tells more, whatever their order. */
static bool is_worse(const struct told *a, const struct told *b)
{
    return a->holds != b->holds ? a->holds < b->holds : a->cause && !b->cause;
}

/* The worst of all paths. */
static enum finding_state if_path(const struct judgement *j, const struct record *rule, path_fn *ask,
                                  struct finding *out)
{
    struct told worst = {.holds = TRI_YES, .reason = ""};
    for (const struct copy_path *p = NULL; !(worst.holds == TRI_NO && worst.cause) && (p = next_path(j, rule, p));) {
        struct told told = ask(j, p);
        if (is_worse(&told, &worst))
            worst = told;
    }
    out->reason = worst.reason;
    out->cause = worst.cause;
    return worst.holds == TRI_YES ? FINDING_NONE : worst.holds == TRI_NO ? FINDING_OPEN : FINDING_UNKNOWN;
}

static struct told answer(const struct copy_path *p, enum path_check check, uint32_t cause)
{
    return (struct told){p->answers[check].holds, p->answers[check].reason, cause};
}

/* Nothing is said of a source that was not seen: its key, its type. */
static struct told answer_of_source(const struct copy_path *p, enum path_check check, uint32_t cause)
{
    struct told seen = answer(p, CHECK_SOURCE_SEEN, p->source_vault), own = answer(p, check, cause);
    return own.holds == TRI_YES ? seen : own;
}

/* ---- one function a rule ----------------------------------------------------------------------- */

static struct told sharable(const struct judgement *j, const struct copy_path *p)
{
    (void)j;
    return answer_of_source(p, CHECK_SOURCE_KEY_SHARABLE, p->source_key);
}

static struct told copied(const struct judgement *j, const struct copy_path *p)
{
    (void)j;
    return answer_of_source(p, CHECK_TYPE_COPIED, 0);
}

static struct told air_gap_takes(const struct judgement *j, const struct copy_path *p)
{
    struct record vault;
    bool is_seen = generation_record(j->generation, p->destination_vault, &vault);
    bool is_air_gapped = is_seen && value_is(&vault, ATTR_VAULT_TYPE, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT");
    return is_seen && !is_air_gapped ? (struct told){TRI_YES, "", 0}
                                     : answer_of_source(p, CHECK_AIR_GAP_TAKES_KEY, p->source_key);
}

static struct told copying_on(const struct judgement *j, const struct copy_path *p)
{
    (void)j;
    return answer(p, CHECK_COPYING_ON, 0);
}

static struct told together(const struct judgement *j, const struct copy_path *p)
{
    (void)j;
    return answer(p, CHECK_ONE_ORGANIZATION, p->destination_vault);
}

static struct told region_on(const struct judgement *j, const struct copy_path *p)
{
    (void)j;
    return answer(p, CHECK_REGION_ON, p->destination_vault);
}

/* Both keys: that of the source, if its points were seen, and the vault's. */
static struct told keys_let(const struct judgement *j, const struct copy_path *p)
{
    struct told source = answer_of_source(p, CHECK_SOURCE_KEY_LETS, p->source_key);
    struct told destination = answer(p, CHECK_DESTINATION_KEY_LETS, p->destination_key);
    (void)j;
    return destination.holds < source.holds ? destination : source;
}

/* https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html */
static struct told under_customer_key(const struct judgement *j, const struct copy_path *p)
{
    struct record vault;
    struct told fine = {TRI_YES, "", 0}, seen = answer(p, CHECK_SOURCE_SEEN, p->source_vault);
    bool is_seen = generation_record(j->generation, p->destination_vault, &vault);
    if (p->source_is != VALUE_KNOWN || p->is_fully_managed)
        return seen.holds == TRI_YES ? fine : seen;
    if (is_seen && (record_value(&vault, ATTR_VAULT_KEY).is == VALUE_ABSENT ||
                    value_is(&vault, ATTR_VAULT_TYPE, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT")))
        return fine;
    enum tri aws = key_is_aws_managed(j, p->destination_key);
    return aws == TRI_NO ? fine
                         : (struct told){tri_not(aws), aws == TRI_YES ? "the vault is under an AWS managed key"
                                                                      : "whose key the vault is under is not known",
                                         p->destination_vault};
}

#define COPIER "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"

/* Its account's roles were read whole, and it is not among them. */
static struct told has_copier(const struct judgement *j, const struct copy_path *p)
{
    struct record r;
    const char *account, *region;
    struct told fine = {TRI_YES, "", 0};
    struct buf vault = {0};
    node_where(j, j->arena, p->source_vault, &account, &region);
    if (strcmp(account, p->destination_account) == 0)
        return fine;
    node_arn(j->estate, p->destination_vault, &vault); /* its partition is the role's */
    int partition = vault.data ? (int)strcspn(vault.data + 4, ":") : 0;
    char *role = mem_printf("arn:%.*s:iam::%s:" COPIER, partition, vault.data ? vault.data + 4 : "",
                            p->destination_account);
    uint32_t node = estate_find_node(j->estate, KIND_PRINCIPAL, role, strlen(role));
    bool is_there = node && generation_record(j->generation, node, &r);
    mem_free(role);
    buf_free(&vault);
    const struct area *a = area_find(j, p->destination_account, "");
    if (is_there && truth_is_sure(slice_truth(r.slice)))
        return fine;
    if (is_there || !a || !truth_is_sure(area_truth(a, LIST_PRINCIPALS)))
        return (struct told){TRI_UNKNOWN, "the roles of the account that is copied to were not read",
                             p->destination_vault};
    return (struct told){TRI_NO, arena_printf(j->arena, "account %s has none", p->destination_account),
                         p->destination_vault};
}

#define OF_PATHS(name, ask)                                                                        \
    RULE_TEST(name)                                                                                \
    {                                                                                              \
        return if_path(j, r, ask, out);                                                            \
    }

OF_PATHS(rule_copies_aws_managed, sharable)
OF_PATHS(rule_to_aws_backup_key, under_customer_key)
OF_PATHS(rule_copies_in_vain, copied)
OF_PATHS(rule_air_gap_refuses, air_gap_takes)
OF_PATHS(rule_key_refuses, keys_let)
OF_PATHS(rule_copying_off, copying_on)
OF_PATHS(rule_leaves_organization, together)
OF_PATHS(rule_region_off, region_on)
OF_PATHS(rule_without_copier, has_copier)
