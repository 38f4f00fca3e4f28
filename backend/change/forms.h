/* forms: what an input may be: each mends what pasting breaks and says what is wrong. Private to change/. Pure; any
 * thread. Lengths and characters as AWS's pages have them, where they are stricter than the API's model.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html */
#ifndef KEYFALL_CHANGE_FORMS_H
#define KEYFALL_CHANGE_FORMS_H

#include "backend/change/change.h"

form_fn form_key_arn, form_nonce, form_vault_arn, form_vault_name, form_role_arn, form_copy,
    form_account_id, form_alias_name, form_region_name, form_word, form_role_name, form_principal, form_database, form_plan_id;

#endif
