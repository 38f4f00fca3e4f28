/* input: what an input may be: each mends what pasting breaks and says what is wrong. Private to change/. Pure; any
 * thread. Lengths and characters as AWS's pages have them, where they are stricter than the API's model.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html */
#ifndef KEYFALL_CHANGE_INPUT_H
#define KEYFALL_CHANGE_INPUT_H

#include "backend/change/change.h"

form_fn input_key_arn, input_nonce, input_account, input_region, input_alias, input_description, input_principal, input_days,
    input_yes_no, input_vault_arn, input_vault_name, input_grantee, input_right, input_role_arn, input_parameter_arn,
    input_prefix, input_db_arn, input_plan_id, input_role_name, input_product, input_copies, input_setup, input_any_vault;

/* All of them, and quotes and angle brackets around it: of what holds none. */
void input_take_blanks_out(char *value);

/* "1234 5678 9012", for people who read it back. */
const char *account_in_groups(struct arena *arena, const char *account);

#endif
