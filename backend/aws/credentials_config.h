/* credentials_config: the two files of the AWS CLI, read whole. Private to credentials*.c.
 *
 * Sections as in https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html : [default] and
 * [profile NAME] in the config file, [NAME] in the credentials file, whose values come first.
 * A file that is not there is an empty one. The texts hold secrets; freeing wipes
 * them (ini.c). One thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_CONFIG_H
#define KEYFALL_AWS_CREDENTIALS_CONFIG_H

#include "backend/base/err.h"
#include "backend/base/ini.h"

#include <stdbool.h>
#include <stddef.h>

enum credentials_file { FILE_CONFIG, FILE_CREDENTIALS, FILE_COUNT };

struct credentials_config {
    struct {
        struct ini ini;
        bool is_there;
        char *shown; /* its path with ~ for the home directory: for messages */
    } files[FILE_COUNT];
};

NODISCARD enum err_code credentials_config_load(struct credentials_config *out, struct err *err);
void credentials_config_free(struct credentials_config *config);

bool credentials_config_has_profile(const struct credentials_config *config, const char *profile);
/* NULL if absent or empty. The first looks into the credentials file, then into the config file. */
const char *credentials_config_get(const struct credentials_config *config, const char *profile,
                                   const char *key);
const char *credentials_config_get_in(const struct credentials_config *config,
                                      enum credentials_file file, const char *profile,
                                      const char *key);
/* The section [KIND NAME] of the config file, as written; NULL if absent. */
const char *credentials_config_section(const struct credentials_config *config, const char *kind,
                                       const char *name);

/* Names of the profiles that have a value, each once, pointing into config. VEC_FREE(*out). */
struct credentials_name {
    const char *at;
    size_t len;
};
struct credentials_names {
    struct credentials_name *items;
    size_t n, cap;
};
void credentials_config_profiles(const struct credentials_config *config,
                                 struct credentials_names *out);

/* credentials_suggest.c: sets the error for a profile that is in neither file: which are there, the
 * closest first, and what to type. asked_by: "--profile" or the variable that named it. */
NODISCARD enum err_code credentials_suggest_profile(const struct credentials_config *config,
                                                    const char *profile, const char *asked_by,
                                                    struct err *err);

/* path with a leading ~ and $NAME or ${NAME} expanded. The caller's (mem_free). */
char *credentials_config_expand(const char *path);

#endif
