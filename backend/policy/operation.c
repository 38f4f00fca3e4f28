#include "backend/policy/operation.h"

#include <string.h>
#include <strings.h>

static const char *const states[] = {
    "Enabled",     "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport",
    "Unavailable", "Creating", "Updating",
};
#define N_STATES (sizeof states / sizeof *states)

/* A letter a state, in the order of states: y works, n fails, ? depends on more than the state. */
#define IN_ANY "yyyyyyyy"
#define CRYPTO "ynnnnnny"

enum { LOCAL = 0, CROSSES = 1, NO_CONTEXT = 2, BEYOND_RCPS = 4 };

static const struct {
    const char *name;
    const char *works;
    unsigned how;
} operations[] = {
    {"CancelKeyDeletion", "nnyynnnn", LOCAL},
    {"CreateAlias", "yynnyyyy", LOCAL},
    {"CreateGrant", "ynnnnyny", CROSSES},
    {"Decrypt", CRYPTO, CROSSES},
    {"DeleteAlias", IN_ANY, LOCAL},
    {"DeleteImportedKeyMaterial", "yyyy??nn", LOCAL},
    {"DeriveSharedSecret", CRYPTO, CROSSES},
    {"DescribeKey", IN_ANY, CROSSES | NO_CONTEXT},
    {"DisableKey", "yynnnynn", LOCAL},
    {"DisableKeyRotation", "ynnnnnny", LOCAL},
    {"EnableKey", "yynnnynn", LOCAL},
    {"EnableKeyRotation", "ynnnnnny", LOCAL},
    {"Encrypt", CRYPTO, CROSSES},
    {"GenerateDataKey", CRYPTO, CROSSES},
    {"GenerateDataKeyPair", CRYPTO, CROSSES},
    {"GenerateDataKeyPairWithoutPlaintext", CRYPTO, CROSSES},
    {"GenerateDataKeyWithoutPlaintext", CRYPTO, CROSSES},
    {"GenerateMac", CRYPTO, CROSSES},
    {"GetKeyLastUsage", "????????", LOCAL},
    {"GetKeyPolicy", IN_ANY, LOCAL},
    {"GetKeyRotationStatus", IN_ANY, CROSSES},
    {"GetParametersForImport", "yynnynnn", LOCAL},
    {"GetPublicKey", CRYPTO, CROSSES},
    {"ImportKeyMaterial", "yynnynny", LOCAL},
    {"ListAliases", IN_ANY, LOCAL},
    {"ListGrants", IN_ANY, CROSSES},
    {"ListKeyPolicies", IN_ANY, LOCAL},
    {"ListKeyRotations", IN_ANY, LOCAL},
    {"ListResourceTags", IN_ANY, LOCAL},
    {"PutKeyPolicy", IN_ANY, LOCAL},
    {"ReEncryptFrom", CRYPTO, CROSSES},
    {"ReEncryptTo", CRYPTO, CROSSES},
    {"ReplicateKey", "ynnnnnnn", LOCAL},
    {"RetireGrant", IN_ANY, CROSSES | NO_CONTEXT | BEYOND_RCPS},
    {"RevokeGrant", IN_ANY, CROSSES},
    {"RotateKeyOnDemand", "ynnnnnn?", LOCAL},
    {"ScheduleKeyDeletion", "yynnyyyn", LOCAL},
    {"Sign", CRYPTO, CROSSES},
    {"TagResource", "yynnyyyy", LOCAL},
    {"UntagResource", "yynnyyyy", LOCAL},
    {"UpdateAlias", "yy??yyyy", LOCAL}, /* away from a key that is to be deleted: yes; to it: no */
    {"UpdateKeyDescription", "yynnyyyy", LOCAL},
    {"UpdatePrimaryRegion", "ynnnnnnn", LOCAL},
    {"Verify", CRYPTO, CROSSES},
    {"VerifyMac", CRYPTO, CROSSES},
};
#define N_OPERATIONS (sizeof operations / sizeof *operations)

static bool is_kms(const char *action)
{
    return strncasecmp(action, "kms:", 4) == 0;
}

/* N_OPERATIONS: not known. */
static size_t find(const char *action)
{
    size_t i = is_kms(action) ? 0 : N_OPERATIONS;
    while (i < N_OPERATIONS && strcasecmp(operations[i].name, action + 4) != 0)
        i++;
    return i;
}

static bool is_how(const char *action, unsigned how)
{
    size_t i = find(action);
    return i < N_OPERATIONS && (operations[i].how & how);
}

enum tri operation_works(const char *action, const char *key_state)
{
    size_t i = find(action), s = 0;
    while (s < N_STATES && strcmp(states[s], key_state) != 0)
        s++;
    if (!is_kms(action))
        return TRI_YES;
    if (i == N_OPERATIONS || s == N_STATES || operations[i].works[s] == '?')
        return s == 0 ? TRI_YES : TRI_UNKNOWN;
    return tri_of(operations[i].works[s] == 'y');
}

bool operation_crosses_accounts(const char *action)
{
    return !is_kms(action) || is_how(action, CROSSES);
}

bool operation_has_context(const char *action)
{
    return !is_how(action, NO_CONTEXT);
}

bool operation_is_beyond_rcps(const char *action)
{
    return is_how(action, BEYOND_RCPS);
}
