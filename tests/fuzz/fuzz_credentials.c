/* What credentials are read from: answers and cache files in every form, tokens, private keys, command
 * lines. Whatever comes, keys are whole and can stand in a header, or there are none. */
#include "backend/aws/credentials_dpop.h"
#include "backend/aws/credentials_keys.h"
#include "backend/aws/credentials_sso.h"
#include "backend/aws/credentials_words.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void read_keys(const char *text, size_t len)
{
    const struct credentials_keys_form *const forms[] = {
        &credentials_keys_process_form, &credentials_keys_metadata_form, &credentials_keys_role_form,
        &credentials_keys_sso_form, &credentials_keys_login_form};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct credentials_keys keys = {0};
        struct err err = {0};
        if (credentials_keys_from_json(text, len, forms[i], &keys, &err) == ERR_OK) {
            must(credentials_keys_is_plain(keys.access_key, 512));
            must(credentials_keys_is_plain(keys.secret_key, 512));
            must(!keys.session_token || credentials_keys_is_plain(keys.session_token, 32u << 10));
            credentials_keys_wipe(&keys);
        } else {
            must(err.code != ERR_OK && err.text[0]);
        }
        must(!keys.access_key && !keys.secret_key && !keys.session_token);
    }
}

static void read_token(const char *text, size_t len)
{
    struct err err;
    cJSON *tree = NULL;
    if (json_parse(text, len, &tree, &err) != ERR_OK)
        return;
    const char *access = sso_text(tree, "accessToken");
    must(!access || access[0]);
    (void)sso_time(tree, "expiresAt");
    char *proof = NULL;
    const char *pem = sso_text(tree, "dpopKey");
    if (pem && credentials_dpop_proof(pem, "POST", "https://x/v1/token", 1800000000, &proof, &err) == ERR_OK)
        must(proof && strlen(strrchr(proof, '.')) == 87);
    mem_free(proof);
    cJSON_Delete(tree);
}

static void read_words(const char *text)
{
    struct err err;
    char **words = NULL;
    if (credentials_words_split(text, &words, &err) == ERR_OK)
        must(words && words[0]);
    else
        must(!words);
    credentials_words_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = mem_strndup((const char *)data, len); /* of its exact size, for the sanitizer */
    read_keys((const char *)data, len);
    read_token((const char *)data, len);
    read_words(text);
    mem_free(text);
    return 0;
}
