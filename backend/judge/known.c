#include "backend/judge/internal.h"

#include <string.h>

static void add_account(struct judgement *j, const char *account)
{
    for (size_t i = 0; i < j->registered.n; i++)
        if (strcmp(j->registered.items[i], account) == 0)
            return;
    if (account[0])
        VEC_PUSH(j->registered, account);
}

/* Druva's account, the VAULT and the PROTECTED accounts of AutoBackup. */
void known_build(struct judgement *j)
{
    struct record r;
    for (struct walk w = walk_kind(j->generation, KIND_EKM); walk_next(&w, &r);)
        add_account(j, value_text(&r, ATTR_EKM_DRUVA_ACCOUNT));
    for (struct walk w = walk_kind(j->generation, KIND_AUTOBACKUP); walk_next(&w, &r);) {
        struct value accounts = record_value(&r, ATTR_AUTOBACKUP_PROTECTED_ACCOUNTS);
        add_account(j, value_text(&r, ATTR_AUTOBACKUP_VAULT_ACCOUNT));
        for (const char *account = NULL; (account = value_next(&accounts, account));)
            add_account(j, account);
    }
}

static bool has_text(const struct texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

bool account_is_allowed(const struct judgement *j, const char *account)
{
    return j->allow && (has_text(&j->allow->accounts, account) || has_text(&j->allow->vendors, account));
}

bool account_is_known(const struct judgement *j, const char *account)
{
    if (account_is_ours(j, account) || account_is_allowed(j, account))
        return true;
    for (size_t i = 0; i < j->registered.n; i++)
        if (strcmp(j->registered.items[i], account) == 0)
            return true;
    return false;
}
