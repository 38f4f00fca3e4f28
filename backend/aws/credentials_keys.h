/* credentials_keys: one set of keys: checked, owned, wiped when let go. Private to credentials*.c.
 *
 * Keys come from files, children and machines that may be hostile: what cannot stand in a header is
 * refused. Error texts never hold a value. Pure, any thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_KEYS_H
#define KEYFALL_AWS_CREDENTIALS_KEYS_H

#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credentials_keys {
    char *access_key, *secret_key;
    char *session_token; /* NULL if none */
    int64_t expires_utc; /* TIME_NONE: do not expire */
};

/* Copies. token may be NULL or "". *out must be empty (zeroed). */
NODISCARD enum err_code credentials_keys_set(struct credentials_keys *out, const char *access_key,
                                             const char *secret_key, const char *token,
                                             int64_t expires_utc, struct err *err);
void credentials_keys_wipe(struct credentials_keys *keys); /* leaves it empty */

/* How an answer names things; paths as in tree.h. */
struct credentials_keys_form {
    const char *access_key, *secret_key, *token, *expiration;
    bool has_version; /* "Version" must be 1 */
    bool has_code;    /* the service's own error comes with status 200 in "Code" and "Message" */
    bool must_expire; /* the expiration must be there */
    bool is_ms;       /* it is milliseconds since 1970 */
};
extern const struct credentials_keys_form credentials_keys_process_form;  /* credential_process */
extern const struct credentials_keys_form credentials_keys_metadata_form; /* container, instance */
extern const struct credentials_keys_form credentials_keys_role_form;     /* AssumeRole */
extern const struct credentials_keys_form credentials_keys_sso_form;      /* GetRoleCredentials */
extern const struct credentials_keys_form credentials_keys_login_form; /* the file of aws login */

NODISCARD enum err_code credentials_keys_from_tree(const cJSON *tree,
                                                   const struct credentials_keys_form *form,
                                                   struct credentials_keys *out, struct err *err);
/* The same from JSON text, which is scanned strictly. */
NODISCARD enum err_code credentials_keys_from_json(const char *text, size_t len,
                                                   const struct credentials_keys_form *form,
                                                   struct credentials_keys *out, struct err *err);

/* Overwrites every string in it. NULL is fine. */
void credentials_keys_wipe_tree(cJSON *tree);

/* Whether s can be a header value or a part of a path: 1 to max visible ASCII characters. */
bool credentials_keys_is_plain(const char *s, size_t max);

#endif
