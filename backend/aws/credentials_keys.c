#include "backend/aws/credentials_keys.h"

#include "backend/aws/tree.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/timefmt.h"

#include <string.h>

#define MAX_KEY_BYTES 512           /* AWS's are 20 and 40; stand-ins use longer ones */
#define MAX_TOKEN_BYTES (32u << 10) /* AWS names no limit; seen: up to 12 KiB */
#define MAX_SAID_BYTES 160          /* of a foreign message in ours */

const struct credentials_keys_form credentials_keys_process_form = {
    .access_key = "AccessKeyId",
    .secret_key = "SecretAccessKey",
    .token = "SessionToken",
    .expiration = "Expiration",
    .has_version = true,
};
const struct credentials_keys_form credentials_keys_metadata_form = {
    .access_key = "AccessKeyId",
    .secret_key = "SecretAccessKey",
    .token = "Token",
    .expiration = "Expiration",
    .has_code = true,
    .must_expire = true,
};
const struct credentials_keys_form credentials_keys_role_form = {
    .access_key = "Credentials.AccessKeyId",
    .secret_key = "Credentials.SecretAccessKey",
    .token = "Credentials.SessionToken",
    .expiration = "Credentials.Expiration",
    .must_expire = true,
};

const struct credentials_keys_form credentials_keys_sso_form = {
    .access_key = "roleCredentials.accessKeyId",
    .secret_key = "roleCredentials.secretAccessKey",
    .token = "roleCredentials.sessionToken",
    .expiration = "roleCredentials.expiration",
    .must_expire = true,
    .is_ms = true,
};
const struct credentials_keys_form credentials_keys_login_form = {
    .access_key = "accessToken.accessKeyId",
    .secret_key = "accessToken.secretAccessKey",
    .token = "accessToken.sessionToken",
    .expiration = "accessToken.expiresAt",
    .must_expire = true,
};

bool credentials_keys_is_plain(const char *s, size_t max)
{
    size_t len = 0;
    for (; s[len]; len++) {
        if (len >= max || s[len] < 0x21 || s[len] > 0x7e)
            return false;
    }
    return len > 0;
}

enum err_code credentials_keys_set(struct credentials_keys *out, const char *access_key,
                                   const char *secret_key, const char *token, int64_t expires_utc,
                                   struct err *err)
{
    if (!credentials_keys_is_plain(access_key, MAX_KEY_BYTES))
        return err_set(err, ERR_CREDENTIALS,
                       "the access key id is not one word of plain characters");
    if (!credentials_keys_is_plain(secret_key, MAX_KEY_BYTES))
        return err_set(err, ERR_CREDENTIALS,
                       "the secret access key is not one word of plain characters");
    bool has_token = token && *token;
    if (has_token && !credentials_keys_is_plain(token, MAX_TOKEN_BYTES))
        return err_set(err, ERR_CREDENTIALS,
                       "the session token is not one word of plain characters");
    out->access_key = mem_strdup(access_key);
    out->secret_key = mem_strdup(secret_key);
    out->session_token = has_token ? mem_strdup(token) : NULL;
    out->expires_utc = expires_utc;
    return ERR_OK;
}

void credentials_keys_wipe(struct credentials_keys *keys)
{
    mem_free_secret(keys->access_key);
    mem_free_secret(keys->secret_key);
    mem_free_secret(keys->session_token);
    *keys = (struct credentials_keys){.expires_utc = TIME_NONE};
}

void credentials_keys_wipe_tree(cJSON *tree)
{
    for (cJSON *node = tree; node; node = node->next) {
        if (node->valuestring)
            mem_wipe(node->valuestring, strlen(node->valuestring));
        credentials_keys_wipe_tree(node->child); /* whoever read it has bounded the depth */
    }
}

/* Metadata services answer 200 with {"Code":"...","Message":"..."} when they have no keys. */
static enum err_code check_code(const cJSON *tree, struct err *err)
{
    const char *code = NULL, *message = NULL;
    bool has = false;
    enum err_code rc = tree_text(tree, "Code", &code, &has, err);
    if (rc != ERR_OK || !has || strcmp(code, "Success") == 0)
        return rc;
    rc = tree_text(tree, "Message", &message, &has, err);
    if (rc != ERR_OK)
        return rc;
    struct buf said = {0};
    text_clean(&said, code, strlen(code), MAX_SAID_BYTES, false);
    if (has) {
        buf_adds(&said, ": ");
        text_clean(&said, message, strlen(message), MAX_SAID_BYTES, false);
    }
    rc = err_set(err, ERR_CREDENTIALS, "answered %s", said.data);
    buf_free(&said);
    return rc;
}

static enum err_code check_version(const cJSON *tree, struct err *err)
{
    int64_t version = 0;
    bool has = false;
    enum err_code rc = tree_int(tree, "Version", &version, &has, err);
    if (rc == ERR_OK && (!has || version != 1))
        rc = err_set(err, ERR_CREDENTIALS, "the answer's Version is not 1");
    return rc;
}

static enum err_code need_text(const cJSON *tree, const char *name, const char **out,
                               struct err *err)
{
    bool has = false;
    enum err_code rc = tree_text(tree, name, out, &has, err);
    if (rc == ERR_OK && !has)
        rc = err_set(err, ERR_CREDENTIALS, "the answer has no %s", name);
    return rc;
}

enum err_code credentials_keys_from_tree(const cJSON *tree,
                                         const struct credentials_keys_form *form,
                                         struct credentials_keys *out, struct err *err)
{
    const char *access = NULL, *secret = NULL, *token = NULL;
    int64_t expires = TIME_NONE;
    bool has_token = false, has_expires = false;
    enum err_code rc = ERR_OK;
    if (form->has_version)
        rc = check_version(tree, err);
    if (form->has_code)
        rc = check_code(tree, err);
    if (rc == ERR_OK)
        rc = need_text(tree, form->access_key, &access, err);
    if (rc == ERR_OK)
        rc = need_text(tree, form->secret_key, &secret, err);
    if (rc == ERR_OK)
        rc = tree_text(tree, form->token, &token, &has_token, err);
    if (rc == ERR_OK && form->is_ms)
        rc = tree_int(tree, form->expiration, &expires, &has_expires, err);
    else if (rc == ERR_OK)
        rc = tree_time(tree, form->expiration, &expires, &has_expires, err);
    if (rc == ERR_OK && form->is_ms)
        expires /= 1000;
    if (rc == ERR_OK && form->must_expire && !has_expires)
        rc = err_set(err, ERR_CREDENTIALS, "the answer has no %s", form->expiration);
    if (rc != ERR_OK)
        return rc;
    return credentials_keys_set(out, access, secret, has_token ? token : NULL,
                                has_expires ? expires : TIME_NONE, err);
}

enum err_code credentials_keys_from_json(const char *text, size_t len,
                                         const struct credentials_keys_form *form,
                                         struct credentials_keys *out, struct err *err)
{
    cJSON *tree = NULL;
    enum err_code rc = json_parse(text, len, &tree, err);
    if (rc == ERR_OK && !cJSON_IsObject(tree))
        rc = err_set(err, ERR_PARSE, "the answer is no JSON object");
    if (rc == ERR_OK)
        rc = credentials_keys_from_tree(tree, form, out, err);
    credentials_keys_wipe_tree(tree);
    cJSON_Delete(tree);
    return rc;
}
