#include "backend/judge/products.h"

#include "backend/judge/ask_access.h"
#include "backend/judge/internal.h"
#include "backend/judge/key_who.h"

#include <string.h>

/* ---- EKM --------------------------------------------------------------------------------------- */

bool ekm_is_former(const struct record *ekm)
{
    return value_is(ekm, ATTR_EKM_PHASE, "former");
}

bool ekm_is_current(const struct record *ekm)
{
    return value_is(ekm, ATTR_EKM_PHASE, "current");
}

static struct key_use key_half(const struct judgement *j, struct arena *arena, const struct record *ekm,
                               const struct policy *instead)
{
    const char *druva = value_text(ekm, ATTR_EKM_DRUVA_ACCOUNT);
    bool is_account = strlen(druva) == 12 && strspn(druva, "0123456789") == 12;
    if (!is_account)
        return (struct key_use){.may = TRI_UNKNOWN,
                                .reason = druva[0] ? "the tag keyfall:druva-account is no account id"
                                                   : "which account is Druva's is not said"};
    return judge_key_use_with(j, arena, value_node(ekm, ATTR_EKM_KEY), druva, instead);
}

struct key_use judge_ekm_access(const struct judgement *j, struct arena *arena, const struct record *ekm)
{
    return key_half(j, arena, ekm, NULL);
}

struct key_use judge_ekm_use(const struct judgement *j, struct arena *arena, const struct record *ekm,
                             const struct policy *instead)
{
    struct key_use use = key_half(j, arena, ekm, instead);
    const char *druva = value_text(ekm, ATTR_EKM_DRUVA_ACCOUNT);
    if (use.may == TRI_YES && !judge_iam_is_read(j, druva))
        use = (struct key_use){.may = TRI_UNKNOWN,
                               .is_limit = !account_is_ours(j, druva),
                               .reason = arena_printf(arena, "the key lets it in; it hangs on %s",
                                                      access_other_half(j, arena, druva))};
    return use;
}

/* ---- AutoBackup -------------------------------------------------------------------------------- */

static struct readiness ready(uint32_t key)
{
    return (struct readiness){.ready = TRI_YES, .reason = "", .key = key};
}

static struct readiness not_ready(enum tri how, uint32_t key, uint32_t cause, const char *reason)
{
    return (struct readiness){.ready = how, .reason = reason, .key = key, .cause = cause};
}

/* An alias that its Region's whole list lacks is not there. */
static struct readiness alias_missing(const struct judgement *j, struct arena *arena, const struct record *r)
{
    const char *name = value_text(r, ATTR_AUTOBACKUP_ALIAS_NAME);
    const struct area *a = area_find(j, value_text(r, ATTR_AUTOBACKUP_VAULT_ACCOUNT), record_region(r));
    enum truth truth = a ? area_truth(a, LIST_ALIASES) : TRUTH_NOT_ASKED;
    if (!name[0])
        return not_ready(TRI_UNKNOWN, 0, 0, "which alias the setup uses is not said");
    if (strncmp(name, "arn:", 4) == 0)
        return not_ready(TRI_NO, 0, 0, "the setup names a key of another Region");
    if (truth == TRUTH_KNOWN)
        return not_ready(TRI_NO, 0, 0, arena_printf(arena, "%s is not there", name));
    return not_ready(TRI_UNKNOWN, 0, 0, arena_printf(arena, "the aliases: %s", truth_text(truth)));
}

static struct readiness key_works(const struct judgement *j, struct arena *arena, const struct record *r,
                                  uint32_t key)
{
    struct record k;
    char account[16], region[40];
    const char *vault = value_text(r, ATTR_AUTOBACKUP_VAULT_ACCOUNT);
    node_place(j->estate, key, account, region);
    if (strcmp(account, vault) != 0)
        return not_ready(TRI_NO, key, key, arena_printf(arena, "the key is of account %s", account));
    switch (judge_key(j, key)) {
    case KEY_USABLE:
        return ready(key);
    case KEY_GONE:
        return not_ready(TRI_NO, key, key, "the key is deleted");
    case KEY_UNUSABLE:
        return not_ready(TRI_NO, key, key,
                         arena_printf(arena, "the key is %s", generation_record(j->generation, key, &k)
                                                                  ? value_text(&k, ATTR_KEY_STATE)
                                                                  : "not usable"));
    case KEY_UNKNOWN:
        break;
    }
    return not_ready(TRI_UNKNOWN, key, key, "the key's state is not known");
}

struct readiness judge_autobackup_alias(const struct judgement *j, struct arena *arena, const struct record *r)
{
    struct record alias;
    uint32_t node = value_node(r, ATTR_AUTOBACKUP_ALIAS);
    bool is_key = node && node_kind(j->estate, node) == KIND_KEY;
    if (!value_text(r, ATTR_AUTOBACKUP_VAULT_ACCOUNT)[0])
        return not_ready(TRI_UNKNOWN, 0, 0, "which account is the VAULT account is not said");
    if (!node || (!is_key && !generation_record(j->generation, node, &alias)))
        return alias_missing(j, arena, r);
    uint32_t key = judge_resolve_key(j, node);
    return key ? key_works(j, arena, r, key) : not_ready(TRI_NO, 0, node, "the alias names no key");
}

static struct readiness use_ready(struct arena *arena, uint32_t key, const char *who, struct key_use use)
{
    return use.may == TRI_YES ? ready(key)
                              : not_ready(use.may, key, key, arena_printf(arena, "for %s: %s", who, use.reason));
}

static struct readiness worse(struct readiness a, struct readiness b)
{
    return b.ready < a.ready ? b : a;
}

/* The VAULT account's role and every PROTECTED account, as AutoBackup's page asks. */
struct readiness judge_autobackup_sharing(const struct judgement *j, struct arena *arena, const struct record *r)
{
    uint32_t key = judge_resolve_key(j, value_node(r, ATTR_AUTOBACKUP_ALIAS));
    const char *role = value_text(r, ATTR_AUTOBACKUP_VAULT_ROLE);
    struct value accounts = record_value(r, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS);
    struct readiness out = ready(key);
    if (!key)
        return not_ready(TRI_UNKNOWN, 0, 0, "which key that is is not known");
    if (role[0])
        out = use_ready(arena, key, "the VAULT role", judge_key_use(j, arena, key, role));
    if (accounts.is != VALUE_KNOWN)
        out = worse(out, not_ready(TRI_UNKNOWN, key, 0, "which accounts are PROTECTED is not said"));
    for (const char *account = NULL; (account = value_next(&accounts, account));)
        out = worse(out, use_ready(arena, key, arena_printf(arena, "account %s", account),
                                   judge_key_use(j, arena, key, account)));
    return out;
}

struct readiness judge_autobackup(const struct judgement *j, struct arena *arena, const struct record *r)
{
    struct readiness alias = judge_autobackup_alias(j, arena, r);
    if (alias.ready == TRI_NO)
        return alias;
    struct readiness sharing = judge_autobackup_sharing(j, arena, r);
    return alias.ready < sharing.ready || (alias.ready == sharing.ready && alias.ready != TRI_YES) ? alias : sharing;
}

bool autobackup_has_mode(const struct record *r, const char *mode)
{
    struct value modes = record_value(r, ATTR_AUTOBACKUP_MODES);
    for (const char *item = NULL; (item = value_next(&modes, item));)
        if (strcmp(item, mode) == 0)
            return true;
    return false;
}

/* ---- credentials ------------------------------------------------------------------------------- */

uint32_t judge_credential_key(const struct judgement *j, const struct record *credential)
{
    struct record parameter;
    uint32_t node = value_node(credential, ATTR_CREDENTIAL_PARAMETER);
    if (!node || !generation_record(j->generation, node, &parameter))
        return 0;
    return judge_resolve_key(j, value_node(&parameter, ATTR_PARAMETER_KEY));
}

/* The registration that signs in with a parameter. */
static bool credential_of(const struct record *parameter, struct record *out)
{
    enum edge edge;
    for (struct hang h = hang_on(parameter->generation, parameter->node); hang_next(&h, out, &edge);)
        if (edge == EDGE_SIGNS_IN_WITH)
            return true;
    return false;
}

bool is_druva_credential(const struct record *r)
{
    struct record registration;
    if (r->kind != KIND_PARAMETER)
        return false;
    const char *name = value_text(r, ATTR_PARAMETER_NAME);
    return strncmp(name + (name[0] == '/'), "Druva-ClientCredential-", 23) == 0 || credential_of(r, &registration);
}

enum e_key e_key_of(const struct record *parameter)
{
    struct record registration;
    if (!credential_of(parameter, &registration))
        return E_KEY_UNKNOWN;
    return value_is(&registration, ATTR_CREDENTIAL_E_KEY, "yes")  ? E_KEY_YES
           : value_is(&registration, ATTR_CREDENTIAL_E_KEY, "no") ? E_KEY_NO
                                                                  : E_KEY_UNKNOWN;
}
