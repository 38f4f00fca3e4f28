/* forms: what an input may be: each mends what pasting breaks and says what is wrong. Private to change/. Pure; any
 * thread. Lengths and characters as AWS's pages have them, where they are stricter than the API's model.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html */
#ifndef KEYFALL_CHANGE_FORMS_H
#define KEYFALL_CHANGE_FORMS_H

#include "backend/change/change.h"

form_fn form_key_arn, form_nonce;

#endif
