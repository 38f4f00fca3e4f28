#include "backend/config/table.h"

#include "backend/aws/cost.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define HEX "0123456789abcdef"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* ---- parts ------------------------------------------------------------------------------------- */

static bool is_of(const char *s, const char *allowed, size_t least, size_t most)
{
    size_t len = strlen(s);
    return len >= least && len <= most && strspn(s, allowed) == len;
}

/* Cuts s at its next colon; NULL if there is none. */
static char *next_field(char **s)
{
    char *begin = *s, *colon = begin ? strchr(begin, ':') : NULL;
    if (!colon)
        return NULL;
    *colon = '\0';
    *s = colon + 1;
    return begin;
}

struct arn {
    char text[2200];
    const char *service, *region, *account, *resource;
};

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
static bool arn_read(const char *value, struct arn *out)
{
    size_t len = strlen(value);
    if (len >= sizeof out->text || strncmp(value, "arn:aws", 7) != 0)
        return false;
    memcpy(out->text, value, len + 1);
    char *rest = out->text + 4;
    const char *partition = next_field(&rest);
    out->service = next_field(&rest);
    out->region = next_field(&rest);
    out->account = next_field(&rest);
    out->resource = rest;
    return partition && out->service && out->region && out->account && is_of(partition, LOWER "-", 3, 20);
}

static bool is_account(const char *s)
{
    return is_of(s, DIGITS, 12, 12);
}

/* ([a-z]+-){2,3}[0-9]+ */
static bool is_region(const char *s)
{
    int words = 0;
    for (size_t len; (len = strspn(s, LOWER)) > 0 && s[len] == '-'; s += len + 1)
        words++;
    return words >= 2 && words <= 3 && is_of(s, DIGITS, 1, 3);
}

/* Keys have a UUID, those of several Regions mrk- and 32 digits:
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN */
static bool is_key_id(const char *s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strncmp(s, "mrk-", 4) == 0)
        return is_of(s + 4, HEX, 32, 32);
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'x' ? !s[i] || !strchr(HEX, s[i]) : s[i] != form[i])
            return false;
    return true;
}

/* ---- words ------------------------------------------------------------------------------------- */

const char *form_name(const char *value)
{
    struct buf clean = {0};
    text_clean(&clean, value, strlen(value), 4096, false);
    bool is_clean = clean.data && strcmp(clean.data, value) == 0;
    buf_free(&clean);
    if (!value[0])
        return "is empty";
    return is_clean && strlen(value) <= 128 ? NULL
                                            : "is no name: up to 128 characters that can be shown make one";
}

const char *form_theme(const char *value)
{
    return is_of(value, LETTERS DIGITS "-_./~", 1, 1024) ? NULL
                                                        : "is no theme: write its name, as dark, or its file";
}

const char *form_budget(const char *value)
{
    struct budget budget;
    return budget_parse(value, &budget);
}

const char *form_account(const char *value)
{
    return is_account(value) ? NULL : "is no account: an AWS account id has 12 digits";
}

const char *form_region(const char *value)
{
    return is_region(value) ? NULL : "is no Region: write it as eu-central-1";
}

/* ---- IAM --------------------------------------------------------------------------------------- */

#define ROLE_LETTERS LETTERS DIGITS "_+=,.@-/"

static bool is_role_arn(const char *value, bool is_pattern)
{
    struct arn arn;
    const char *letters = is_pattern ? ROLE_LETTERS "*?" : ROLE_LETTERS;
    return arn_read(value, &arn) && strcmp(arn.service, "iam") == 0 && arn.region[0] == '\0' &&
           (is_account(arn.account) || (is_pattern && strcmp(arn.account, "*") == 0)) &&
           (strncmp(arn.resource, "role/", 5) == 0 || (is_pattern && strncmp(arn.resource, "user/", 5) == 0)) &&
           is_of(arn.resource + 5, letters, 1, 577);
}

const char *form_role(const char *value)
{
    return is_of(value, ROLE_LETTERS, 1, 512) ? NULL
                                              : "is no role's name: give the name alone, as AuditReadOnly";
}

const char *form_role_or_name(const char *value)
{
    if (strncmp(value, "arn:", 4) != 0)
        return form_role(value) ? "is no role: write arn:aws:iam::111122223333:role/NAME, or its name" : NULL;
    return is_role_arn(value, false) ? NULL : "is no role's ARN: write arn:aws:iam::111122223333:role/NAME";
}

const char *form_role_pattern(const char *value)
{
    return is_role_arn(value, true) ? NULL
                                    : "is no role: write arn:aws:iam::111122223333:role/NAME, * for any part";
}

/* https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const char *form_mfa(const char *value)
{
    return is_of(value, LETTERS DIGITS "=/:_+,.@-", 9, 256)
               ? NULL
               : "is no MFA device: write its serial number, or arn:aws:iam::111122223333:mfa/NAME";
}

const char *form_external_id(const char *value)
{
    return is_of(value, LETTERS DIGITS "_+=,.@:/-", 2, 1224)
               ? NULL
               : "is no external id: 2 to 1224 letters, digits and _+=,.@:/- make one";
}

/* ---- keys -------------------------------------------------------------------------------------- */

static bool contains(const char *value, const char *part)
{
    return strstr(value, part) != NULL;
}

static bool is_key_arn(const char *value)
{
    struct arn arn;
    return arn_read(value, &arn) && strcmp(arn.service, "kms") == 0 && is_region(arn.region) &&
           is_account(arn.account) && strncmp(arn.resource, "key/", 4) == 0 && is_key_id(arn.resource + 4);
}

/* What a key is called elsewhere; the seeds: only keys in AWS KMS are supported. */
static bool is_foreign_key(const char *value)
{
    return contains(value, ".vault.azure.net/") || contains(value, ".managedhsm.azure.net/") ||
           (strncmp(value, "projects/", 9) == 0 && contains(value, "/cryptoKeys/")) ||
           strncmp(value, "ocid1.key.", 10) == 0;
}

const char *form_key(const char *value)
{
    if (is_key_arn(value))
        return NULL;
    if (is_foreign_key(value))
        return "is no key of AWS: keys kept elsewhere are not supported; a key manager behind an AWS external "
               "key store is";
    if (contains(value, "alias/"))
        return "is an alias: give the ARN of the key, as the product's console shows it";
    if (is_key_id(value))
        return "is a key's id alone: give the whole ARN, arn:aws:kms:REGION:ACCOUNT:key/ID";
    return "is no key: write arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
}

/* https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
static bool is_alias(const char *value)
{
    return is_of(value, LETTERS DIGITS "/_-", 1, 250) && strncmp(value, "aws/", 4) != 0;
}

const char *form_alias(const char *value)
{
    if (strncmp(value, "arn:", 4) == 0)
        return form_key(value);
    return is_alias(strncmp(value, "alias/", 6) == 0 ? value + 6 : value)
               ? NULL
               : "is no alias: letters, digits and /_- make one, and it does not begin with aws/";
}

const char *form_key_or_alias(const char *value)
{
    return strncmp(value, "alias/", 6) == 0 ? form_alias(value) : form_key(value);
}

/* https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html */
const char *form_parameter(const char *value)
{
    size_t len = strspn(value, LETTERS DIGITS "_.-/");
    bool is_whole = value[len] == '\0', is_pattern = value[len] == '*' && value[len + 1] == '\0';
    return len > 0 && len <= 1011 && (is_whole || is_pattern)
               ? NULL
               : "is no parameter's name: letters, digits and _.-/ make one, * at the end stands for the rest";
}

const char *form_product(const char *value)
{
    return is_of(value, LOWER DIGITS "-", 1, 64)
               ? NULL
               : "is no product: write entra-id, salesforce, or another's name in small letters";
}

/* ---- findings ---------------------------------------------------------------------------------- */

const char *form_finding(const char *value)
{
    return strncmp(value, "F-", 2) == 0 && is_of(value, UPPER DIGITS "-", 3, 16)
               ? NULL
               : "is no finding: write its id, as F-KEY-09; keyfall check --rules lists them";
}

const char *form_record_pattern(const char *value)
{
    bool is_one = strncmp(value, "arn:", 4) == 0 || strncmp(value, "keyfall:", 8) == 0 || strcmp(value, "*") == 0;
    return is_one && strlen(value) <= 2048 ? NULL
                                           : "is no record: write its ARN, * for any part; * alone is everything";
}

const char *form_day(const char *value)
{
    char text[32];
    int64_t utc;
    bool is_long = snprintf(text, sizeof text, "%sT00:00:00Z", value) != 20;
    return is_long || !time_parse_iso(text, &utc) ? "is no day: write it as 2027-01-31" : NULL;
}
