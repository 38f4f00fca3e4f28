#include "backend/change/forms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* A terminal or a mail breaks an ARN over lines. */
static void take_blanks_out(char *value)
{
    char *to = value;
    for (const char *at = value; *at; at++)
        if (!isspace((unsigned char)*at))
            *to++ = *at;
    *to = '\0';
}

static bool is_hex(const char *s, size_t len)
{
    return strspn(s, "0123456789abcdef") >= len;
}

/* mrk- and 32, or 8-4-4-4-12. */
static bool is_key_id(const char *s)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    if (strncmp(s, "mrk-", 4) == 0)
        return is_hex(s + 4, 32) && strlen(s) == 36;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (!is_hex(s, groups[i]))
            return false;
        s += groups[i];
        if (i + 1 < sizeof groups / sizeof *groups && *s++ != '-')
            return false;
    }
    return *s == '\0';
}

/* Keys of others, by how they are named. */
static const struct {
    const char *owner, *begin, *part;
} foreign[] = {
    {"Azure", "", ".vault.azure.net"},
    {"Azure", "", ".managedhsm.azure.net"},
    {"Google Cloud", "projects/", "/keyRings/"},
    {"Google Cloud", "//cloudkms.googleapis.com/", ""},
    {"Oracle Cloud", "ocid1.key.", ""},
    {"HashiCorp Vault", "vault:", ""},
    {"HashiCorp Vault", "transit/", ""},
};

static const char *foreign_key(struct arena *arena, const char *value)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strncmp(value, foreign[i].begin, strlen(foreign[i].begin)) == 0 && strstr(value, foreign[i].part))
            return arena_printf(arena,
                                "is a key of %s: keys hosted outside AWS are not supported; a key manager that is "
                                "integrated through an AWS external key store is, by the ARN of its KMS key",
                                foreign[i].owner);
    return NULL;
}

const char *form_key_arn(struct arena *arena, char *value)
{
    take_blanks_out(value);
    const char *why = foreign_key(arena, value);
    if (why)
        return why;
    if (strncmp(value, "alias/", 6) == 0 || strstr(value, ":alias/"))
        return "is an alias: the key's ARN is wanted, for an alias can lead elsewhere tomorrow";
    if (is_key_id(value))
        return "is a key id alone: the whole ARN is wanted, arn:aws:kms:REGION:ACCOUNT:key/ID";
    char partition[24], region[40], account[24];
    int at = 0;
    if (sscanf(value, "arn:%23[a-z-]:kms:%39[a-z0-9-]:%23[0-9]:key/%n", partition, region, account, &at) != 3 || at == 0 ||
        strlen(account) != 12 || !is_key_id(value + at))
        return "is no key ARN: arn:aws:kms:REGION:ACCOUNT:key/ID is one";
    return NULL;
}

const char *form_nonce(struct arena *arena, char *value)
{
    (void)arena;
    return strlen(value) == 32 && is_hex(value, 32) ? NULL : "is made by keyfall and given by nobody";
}

/* https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html */
static bool is_vault_name(const char *s)
{
    size_t len = strlen(s);
    return len >= 2 && len <= 50 && strspn(s, ALPHANUMERIC "-_") == len;
}

const char *form_vault_name(struct arena *arena, char *value)
{
    (void)arena;
    return is_vault_name(value) ? NULL : "is no name of a vault: 2 to 50 letters, digits, - and _";
}

const char *form_vault_arn(struct arena *arena, char *value)
{
    char partition[24], region[40], account[24];
    int at = 0;
    (void)arena;
    take_blanks_out(value);
    int n = sscanf(value, "arn:%23[a-z-]:backup:%39[a-z0-9-]:%23[0-9]:backup-vault:%n", partition, region, account, &at);
    if (n != 3 || at == 0 || strlen(account) != 12 || !is_vault_name(value + at))
        return "is no vault's ARN: arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME is one";
    return NULL;
}

/* A role's or a user's. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
static bool is_principal_arn(const char *value, const char *type)
{
    char partition[24], account[24], word[8];
    int at = 0;
    int n = sscanf(value, "arn:%23[a-z-]:iam::%23[0-9]:%7[a-z]/%n", partition, account, word, &at);
    return n == 3 && at > 0 && strlen(account) == 12 && strcmp(word, type) == 0 && value[at] &&
           strspn(value + at, ALPHANUMERIC "+=,.@_/-") == strlen(value + at);
}

const char *form_role_arn(struct arena *arena, char *value)
{
    (void)arena;
    take_blanks_out(value);
    return is_principal_arn(value, "role") ? NULL : "is no role's ARN: arn:aws:iam::ACCOUNT:role/NAME is one";
}

const char *form_principal(struct arena *arena, char *value)
{
    (void)arena;
    take_blanks_out(value);
    return is_principal_arn(value, "role") || is_principal_arn(value, "user")
               ? NULL
               : "is no role's or user's ARN: arn:aws:iam::ACCOUNT:role/NAME is one";
}

const char *form_copy(struct arena *arena, char *value)
{
    (void)arena;
    return strcmp(value, "newest") == 0 || strcmp(value, "none") == 0 ? NULL : "is neither newest nor none";
}

const char *form_account_id(struct arena *arena, char *value)
{
    char *to = value;
    (void)arena;
    for (const char *at = value; *at; at++)
        if (!isspace((unsigned char)*at) && *at != '-')
            *to++ = *at;
    *to = '\0';
    bool is_account = strlen(value) == 12 && strspn(value, "0123456789") == 12;
    return is_account ? NULL : "is no account: an AWS account id has 12 digits";
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
const char *form_alias_name(struct arena *arena, char *value)
{
    (void)arena;
    take_blanks_out(value);
    if (strncmp(value, "alias/", 6) != 0 || !value[6])
        return "is no alias: alias/NAME is one";
    if (strncmp(value, "alias/aws/", 10) == 0)
        return "is of AWS's own: a name that begins with alias/aws/ cannot be given";
    if (strlen(value) > 256 || strspn(value + 6, ALPHANUMERIC "/_-") != strlen(value + 6))
        return "is no alias: letters, digits, / _ and -, 256 in all";
    return NULL;
}

const char *form_region_name(struct arena *arena, char *value)
{
    size_t len = strlen(value), letters = strspn(value, "abcdefghijklmnopqrstuvwxyz-");
    (void)arena;
    bool is_region = len < 30 && letters > 4 && value[letters - 1] == '-' && letters < len &&
                     strspn(value + letters, "0123456789") == len - letters;
    return is_region ? NULL : "is no Region: eu-central-1 is one";
}

/* A name that stands in a tag among others, with blanks between. */
const char *form_word(struct arena *arena, char *value)
{
    size_t len = strlen(value);
    (void)arena;
    bool is_word = len <= 64 && strspn(value, ALPHANUMERIC "_.-") == len;
    return is_word ? NULL : "is no name: letters, digits, _ . and -, 64 at most";
}

const char *form_role_name(struct arena *arena, char *value)
{
    size_t len = strlen(value);
    (void)arena;
    return len <= 64 && strspn(value, ALPHANUMERIC "+=,.@_-") == len ? NULL : "is no name of a role";
}

/* https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.ARN.html */
const char *form_database(struct arena *arena, char *value)
{
    char partition[24], region[40], account[24], type[16];
    int at = 0;
    (void)arena;
    take_blanks_out(value);
    if (sscanf(value, "arn:%23[a-z-]:rds:%39[a-z0-9-]:%23[0-9]:%15[a-z]:%n", partition, region, account, type, &at) != 4 ||
        strlen(account) != 12 || (strcmp(type, "db") != 0 && strcmp(type, "cluster") != 0) || !value[at])
        return "is no database's ARN: arn:aws:rds:REGION:ACCOUNT:db:NAME is one, or ...:cluster:NAME";
    return NULL;
}

const char *form_plan_id(struct arena *arena, char *value)
{
    (void)arena;
    return is_key_id(value) ? NULL : "is no id of a backup plan: 8-4-4-4-12 hexadecimal digits";
}
