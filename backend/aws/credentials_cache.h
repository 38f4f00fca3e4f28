/* credentials_cache: the files in which the AWS CLI and the SDKs keep what a login brought, one
 * JSON object each. Private to credentials*.c. Files hold secrets: what was read is overwritten by
 * the caller (credentials_keys_wipe_tree), what is written is of mode 0600 and appears whole or not
 * at all. Where they are: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html
 * One thread. */
#ifndef KEYFALL_AWS_CREDENTIALS_CACHE_H
#define KEYFALL_AWS_CREDENTIALS_CACHE_H

#include "backend/base/err.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HASH(name).json in a folder; folder may begin with "~". The caller's (mem_free). */
enum cache_hash { CACHE_SHA1, CACHE_SHA256 };
char *credentials_cache_path(const char *folder, enum cache_hash hash, const char *name);

/* ERR_NOT_FOUND: no such file; ERR_PARSE and others: it cannot be used. *out: cJSON_Delete. */
NODISCARD enum err_code credentials_cache_read(const char *path, cJSON **out, struct err *err);
/* Makes the folders that are missing, of mode 0700. */
NODISCARD enum err_code credentials_cache_write(const char *path, const cJSON *tree,
                                                struct err *err);

/* Whoever renews what a file holds locks it, so that one of many at the same time does: keys that
 * renew others can often be used once. *fd: to be closed when done, also if that is after a new
 * file took this one's place; -1: no lock is to be had here, and none is needed. False: somebody
 * renews it now; try again in a moment, and read it again then. */
bool credentials_cache_lock(const char *path, int *fd);

/* A member of an object: the text that it shall have. It takes the place of the old one. */
void credentials_cache_set(cJSON *object, const char *name, const char *text);
void credentials_cache_set_time(cJSON *object, const char *name, int64_t utc);

/* A file of one secret, whole, without the blanks around it; at most max bytes. *out: the caller's
 * (mem_free_secret). The error begins with `what`. */
NODISCARD enum err_code credentials_cache_read_secret(const char *path, const char *what,
                                                      size_t max, char **out, struct err *err);

#endif
