#include "backend/change/input.h"

#include "backend/aws/endpoint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what pasting breaks ---------------------------------------------------------------------------------------------- */

/* The bytes of the blank that s begins with: U+00A0, U+200B and U+FEFF (a file's first) look like nothing, too. 0: none. */
static size_t blank_len(const char *s)
{
    static const char *const unseen[] = {"\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (strncmp(s, unseen[i], strlen(unseen[i])) == 0)
            return strlen(unseen[i]);
    return isspace((unsigned char)*s) ? 1 : 0;
}

/* Blanks, quotes and angle brackets around it. */
static void unwrap(char *value)
{
    char *begin = NULL, *end = value;
    for (char *at = value; *at;) {
        size_t wrap = strchr("\"'<>", *at) ? 1 : blank_len(at);
        if (wrap == 0) {
            begin = begin ? begin : at;
            end = at + 1;
        }
        at += wrap ? wrap : 1;
    }
    begin = begin ? begin : end;
    *end = '\0';
    memmove(value, begin, (size_t)(end - begin) + 1);
}

void input_take_blanks_out(char *value)
{
    unwrap(value);
    char *to = value;
    for (const char *at = value; *at;) {
        size_t blank = blank_len(at);
        if (blank == 0)
            *to++ = *at++;
        at += blank;
    }
    *to = '\0';
}

/* What ends an ARN after its fifth colon is a name; so is all that is no ARN. */
static const char *name_in(const char *value)
{
    const char *at = value;
    for (int colons = 0; strncmp(value, "arn:", 4) == 0 && at && colons < 5; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    return at ? at : value;
}

/* A terminal or a mail breaks an ARN over lines. A blank in a name alone is not taken out: that would be another name. */
static void mend(char *value)
{
    unwrap(value);
    const char *name = name_in(value);
    char *to = value;
    for (const char *at = value; *at;) {
        size_t run = 0;
        bool has_break = false;
        for (size_t blank; (blank = blank_len(at + run)) > 0; run += blank)
            has_break |= strchr("\r\n", at[run]) != NULL;
        if (run == 0 || !(has_break || at < name)) {
            run += run == 0;
            memmove(to, at, run);
            to += run;
        }
        at += run;
    }
    *to = '\0';
}

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

/* What is wrong with where an ARN lies: AWS has no such Region, or has it in another partition. NULL: nothing. */
static const char *wrong_place(struct arena *arena, const char *arn)
{
    char partition[24], region[40];
    if (sscanf(arn, "arn:%23[a-z-]:%*[a-z0-9-]:%39[a-z0-9-]:", partition, region) != 2)
        return "is no ARN of a Region";
    const char *of_region = endpoint_partition(region);
    if (!of_region)
        return arena_printf(arena, "lies in %s, which is no Region of any AWS partition", region);
    return strcmp(partition, of_region) == 0
               ? NULL
               : arena_printf(arena, "is of the AWS partition %s, and %s is a Region of %s", partition, region, of_region);
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

#define AZURE_VAULT "lies in an Azure key vault"
#define AZURE_HSM "lies in an Azure managed HSM"
#define GOOGLE "is a key of Google Cloud KMS"
#define ORACLE "is a key of Oracle Cloud"
#define HASHICORP "is a key of HashiCorp Vault"

/* Keys of others, by how their names begin and what stands in them; hosts and Azure's ids in any case. Azure's other
 * hosts are those of its clouds in China, Germany and of the US government.
 * https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers
 * https://cloud.google.com/kms/docs/getting-resource-ids
 * https://docs.oracle.com/iaas/Content/General/Concepts/identifiers.htm
 * https://developer.hashicorp.com/vault/api-docs/secret/transit
 * https://www.alibabacloud.com/help/kms (ARN), https://cloud.ibm.com/docs/account?topic=account-crn */
static const struct {
    const char *begin, *part, *what;
} foreign[] = {
    {"", ".vault.azure.", AZURE_VAULT},
    {"", ".vault.usgovcloudapi.net", AZURE_VAULT},
    {"", ".vault.microsoftazure.de", AZURE_VAULT},
    {"", ".vault.cloudapi.", AZURE_VAULT},
    {"", "microsoft.keyvault/vaults/", AZURE_VAULT},
    {"", ".managedhsm.azure.", AZURE_HSM},
    {"", ".managedhsm.usgovcloudapi.net", AZURE_HSM},
    {"", ".managedhsm.microsoftazure.de", AZURE_HSM},
    {"", ".managedhsm.cloudapi.", AZURE_HSM},
    {"", "microsoft.keyvault/managedhsms/", AZURE_HSM},
    {"projects/", "/keyrings/", GOOGLE},
    {"locations/", "/keyrings/", GOOGLE},
    {"gcp-kms://", "", GOOGLE},
    {"gcpkms://", "", GOOGLE},
    {"", "cloudkms.googleapis.com/", GOOGLE},
    {"ocid1.key.", "", ORACLE},
    {"ocid1.keyversion.", "", ORACLE},
    {"ocid1.vault.", "", "is a vault of Oracle Cloud"},
    {"", ".oraclecloud.com", ORACLE}, /* a vault's endpoint: ID-crypto.kms.REGION.oraclecloud.com */
    {"", ".oraclegovcloud.com", ORACLE},
    {"vault:", "", HASHICORP},
    {"hashivault:", "", HASHICORP},
    {"hcvault:", "", HASHICORP},
    {"transit/", "", HASHICORP},
    {"/transit/", "", HASHICORP},
    {"http", "/transit/", HASHICORP},
    {"http", ":8200/", HASHICORP},
    {"acs:kms:", "", "is a key of Alibaba Cloud KMS"},
    {"crn:", ":kms:", "is a key of IBM Key Protect"},
    {"crn:", ":hs-crypto:", "is a key of IBM Hyper Protect Crypto Services"},
};

static const char *foreign_key(struct arena *arena, const char *value)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strncasecmp(value, foreign[i].begin, strlen(foreign[i].begin)) == 0 && strcasestr(value, foreign[i].part))
            return arena_printf(arena,
                                "%s: keys hosted outside AWS are not supported; a key manager that is integrated through "
                                "an AWS external key store is, by the ARN of its KMS key",
                                foreign[i].what);
    return NULL;
}

const char *input_key_arn(struct arena *arena, char *value)
{
    input_take_blanks_out(value);
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
    return wrong_place(arena, value);
}

const char *input_nonce(struct arena *arena, char *value)
{
    (void)arena;
    return strlen(value) == 32 && is_hex(value, 32) ? NULL : "is made by keyfall and given by nobody";
}

/* ---- accounts, Regions, principals --------------------------------------------------------------------------------- */

static bool is_account(const char *s)
{
    return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}

const char *account_in_groups(struct arena *arena, const char *account)
{
    return arena_printf(arena, "%.4s %.4s %s", account, account + 4, account + 8);
}

const char *input_account(struct arena *arena, char *value)
{
    char digits[13];
    size_t n = 0;
    if (is_account(value))
        return NULL;
    for (const char *at = value; *at; at++) {
        if (isdigit((unsigned char)*at) && n < 12)
            digits[n++] = *at;
        else if (!strchr(" -\t\r\n", *at))
            n = 13;
        if (n > 12)
            return "is no account id: an AWS account id has 12 digits";
    }
    digits[n] = '\0';
    if (n != 12)
        return "is no account id: an AWS account id has 12 digits";
    return arena_printf(arena, "holds more than digits: if it is %s, give it so", digits);
}

const char *input_region(struct arena *arena, char *value)
{
    (void)arena;
    mend(value);
    return endpoint_is_region(value) && endpoint_partition(value)
               ? NULL
               : "is no Region of any AWS partition: write it as eu-central-1";
}

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-";

/* arn:aws:iam::111122223333:role/PATH/NAME, or user/. */
static bool is_iam_arn(const char *value, const char *type)
{
    char partition[24], account[24], kind[8];
    int at = 0;
    if (sscanf(value, "arn:%23[a-z-]:iam::%23[0-9]:%7[a-z]/%n", partition, account, kind, &at) != 3 || at == 0 ||
        !is_account(account) || strncmp(partition, "aws", 3) != 0)
        return false;
    for (const char *c = value + at; *c; c++)
        if (!isgraph((unsigned char)*c))
            return false;
    const char *name = strrchr(value, '/') + 1;
    bool is_type = type ? strcmp(kind, type) == 0 : strcmp(kind, "role") == 0 || strcmp(kind, "user") == 0;
    return is_type && name[0] && strspn(name, name_letters) == strlen(name);
}

const char *input_principal(struct arena *arena, char *value)
{
    (void)arena;
    mend(value);
    return is_iam_arn(value, NULL) ? NULL
                                   : "is no role or user: arn:aws:iam::ACCOUNT:role/NAME is one; groups cannot stand in a "
                                     "key's policy";
}

const char *input_role_arn(struct arena *arena, char *value)
{
    (void)arena;
    mend(value);
    return is_iam_arn(value, "role") ? NULL : "is no role: arn:aws:iam::ACCOUNT:role/NAME is one";
}

const char *input_role_name(struct arena *arena, char *value)
{
    (void)arena;
    return strlen(value) <= 64 && strspn(value, name_letters) == strlen(value)
               ? NULL
               : "is no role's name: letters, digits and _+=,.@- make one, without its path";
}

const char *input_grantee(struct arena *arena, char *value)
{
    mend(value);
    return is_account(value) || is_iam_arn(value, NULL) ? NULL : input_account(arena, value);
}

/* ---- words and numbers ------------------------------------------------------------------------------------------------ */

static const char *input_word(struct arena *arena, const char *value, const char *const *words)
{
    struct buf all = {0};
    for (const char *const *w = words; *w; w++) {
        if (strcmp(*w, value) == 0) {
            buf_free(&all);
            return NULL;
        }
        buf_printf(&all, "%s%s", w == words ? "" : w[1] ? ", " : " and ", *w);
    }
    const char *why = arena_printf(arena, "is none of %s", all.data);
    buf_free(&all);
    return why;
}

const char *input_yes_no(struct arena *arena, char *value)
{
    static const char *const words[] = {"yes", "no", NULL};
    return input_word(arena, value, words);
}

const char *input_product(struct arena *arena, char *value)
{
    static const char *const words[] = {"entra-id", "salesforce", "entra-id salesforce", NULL};
    return input_word(arena, value, words);
}

const char *input_right(struct arena *arena, char *value)
{
    static const char *const words[] = {"use", "use-and-grants", "administer", "account", NULL};
    return input_word(arena, value, words);
}

static bool is_number(const char *value, long min, long max)
{
    return value[0] && strlen(value) <= 5 && strspn(value, "0123456789") == strlen(value) && atol(value) >= min &&
           atol(value) <= max;
}

const char *input_days(struct arena *arena, char *value)
{
    (void)arena;
    return strcmp(value, "no") == 0 || is_number(value, 90, 2560) ? NULL
                                                                  : "is no number of days from 90 to 2560, and not \"no\"";
}

const char *input_description(struct arena *arena, char *value)
{
    (void)arena;
    return strlen(value) <= 8100 ? NULL : "is too long: KMS takes 8192 characters, and keyfall adds some of its own";
}

/* ---- names of KMS, AWS Backup, SSM, RDS -------------------------------------------------------------------------------- */

const char *input_alias(struct arena *arena, char *value)
{
    (void)arena;
    mend(value);
    if (strncmp(value, "alias/", 6) != 0)
        return "does not begin with alias/";
    if (strncmp(value, "alias/aws/", 10) == 0)
        return "begins with alias/aws/, which is AWS's own";
    size_t len = strlen(value);
    return len > 6 && len <= 256 && strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-") == len
               ? NULL
               : "is no alias: letters, digits, / _ and - after alias/, at most 256 in all";
}

#define WORD_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
static const char vault_letters[] = WORD_LETTERS;

const char *input_vault_name(struct arena *arena, char *value)
{
    (void)arena;
    size_t len = strlen(value);
    if (strcmp(value, "Default") == 0 || strncmp(value, "aws/", 4) == 0)
        return "is AWS's own vault, which takes no copies from other accounts";
    return len >= 2 && len <= 50 && strspn(value, vault_letters) == len ? NULL
                                                                        : "is no vault's name: 2 to 50 letters, digits, - and _";
}

/* The end of an ARN arn:aws:SERVICE:REGION:ACCOUNT:TYPE: or TYPE/; NULL if it is none of that. */
static const char *tail_of(const char *value, const char *service, const char *type)
{
    char partition[24], found[40], region[40], account[24], kind[40], separator;
    int at = 0;
    if (sscanf(value, "arn:%23[a-z-]:%39[a-z0-9-]:%39[a-z0-9-]:%23[0-9]:%39[a-z-]%c%n", partition, found, region, account,
               kind, &separator, &at) != 6 ||
        strcmp(found, service) != 0 || !is_account(account) || strcmp(kind, type) != 0 || !strchr(":/", separator))
        return NULL;
    return value + at;
}

const char *input_vault_arn(struct arena *arena, char *value)
{
    mend(value);
    const char *name = tail_of(value, "backup", "backup-vault");
    return name && strlen(name) >= 2 && strlen(name) <= 50 && strspn(name, WORD_LETTERS "/") == strlen(name)
               ? wrong_place(arena, value)
               : "is no vault's ARN: arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME is one";
}

const char *input_db_arn(struct arena *arena, char *value)
{
    mend(value);
    const char *name = tail_of(value, "rds", "db");
    name = name ? name : tail_of(value, "rds", "cluster");
    return name && name[0] && strlen(name) <= 63 && strspn(name, WORD_LETTERS) == strlen(name)
               ? wrong_place(arena, value)
               : "is no database: arn:aws:rds:REGION:ACCOUNT:db:NAME or :cluster:NAME is one";
}

const char *input_plan_id(struct arena *arena, char *value)
{
    (void)arena;
    size_t len = strlen(value);
    return len >= 8 && len <= 64 && strspn(value, vault_letters) == len ? NULL : "is no backup plan's id";
}

const char *input_parameter_arn(struct arena *arena, char *value)
{
    mend(value);
    const char *name = tail_of(value, "ssm", "parameter");
    return name && name[0] && strlen(name) <= 1011 && strspn(name, WORD_LETTERS "./") == strlen(name)
               ? wrong_place(arena, value)
               : "is no parameter: arn:aws:ssm:REGION:ACCOUNT:parameter/NAME is one";
}

const char *input_prefix(struct arena *arena, char *value)
{
    (void)arena;
    return strlen(value) <= 200 && strspn(value, WORD_LETTERS "./") == strlen(value) ? NULL : "is no begin of a name";
}

const char *input_copies(struct arena *arena, char *value)
{
    static const char *const words[] = {"newest", "none", NULL};
    return input_word(arena, value, words);
}

/* A name that stands in a tag among others, with blanks between. */
const char *input_setup(struct arena *arena, char *value)
{
    (void)arena;
    bool is_name = strlen(value) <= 64 && strspn(value, name_letters) == strlen(value);
    return is_name ? NULL : "is no name of a setup: letters, digits and _+=,.@-, 64 at most";
}

/* Also one of AWS's own: to copy from. */
const char *input_any_vault(struct arena *arena, char *value)
{
    return strcmp(value, "Default") == 0 || strcmp(value, "aws/efs/automatic-backup-vault") == 0
               ? NULL
               : input_vault_name(arena, value);
}
