#include "backend/change/forms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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
