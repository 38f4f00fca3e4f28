/* credentials_settings: what a profile says besides credentials, owned and counted, so that a role
 * and the identities it comes from share it. Private to credentials*.c. One thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_SETTINGS_H
#define KEYFALL_AWS_CREDENTIALS_SETTINGS_H

#include "backend/aws/credentials.h"
#include "backend/aws/credentials_config.h"

struct credentials_settings;

/* Environment before profile, where the SDKs have both. *out: one reference, the caller's. */
NODISCARD enum err_code credentials_settings_load(const struct credentials_config *config,
                                                  const char *profile,
                                                  struct credentials_settings **out,
                                                  struct err *err);
struct credentials_settings *credentials_settings_hold(struct credentials_settings *settings);
void credentials_settings_drop(struct credentials_settings *settings); /* NULL is fine */

const struct profile_settings *
credentials_settings_get(const struct credentials_settings *settings);
/* endpoint_url of the service in the profile's services section; NULL if none or to be ignored. */
const char *credentials_settings_url(const struct credentials_settings *settings,
                                     const char *service_env_id);

/* "true" in any case is true, all else false; the variable, if not empty, before the profile's key.
 */
bool credentials_settings_flag(const struct credentials_config *config, const char *profile,
                               const char *env, const char *key);
/* A variable that is set and not empty, else NULL. */
const char *credentials_settings_env(const char *name);

#endif
