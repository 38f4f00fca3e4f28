#include "backend/aws/credentials_settings.h"

#include "backend/base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct service_url {
    char *service; /* lower case */
    char *url;
};

struct credentials_settings {
    int refs;
    struct profile_settings said; /* its strings are the next three */
    char *region, *ca_bundle, *endpoint_url;
    struct {
        struct service_url *items;
        size_t n, cap;
    } urls;
};

const char *credentials_settings_env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool credentials_settings_flag(const struct credentials_config *config, const char *profile,
                               const char *env, const char *key)
{
    const char *value = credentials_settings_env(env);
    if (!value && key)
        value = credentials_config_get(config, profile, key);
    return value && strcasecmp(value, "true") == 0;
}

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html */
static bool has_global_sts(const struct credentials_config *config, const char *profile)
{
    const char *value = credentials_settings_env("AWS_STS_REGIONAL_ENDPOINTS");
    if (!value)
        value = credentials_config_get(config, profile, "sts_regional_endpoints");
    return value && strcasecmp(value, "legacy") == 0;
}

static void read_urls(struct credentials_settings *settings,
                      const struct credentials_config *config, const char *section)
{
    const struct ini *ini = &config->files[FILE_CONFIG].ini;
    for (size_t i = 0; i < ini->n; i++) {
        if (strcmp(ini->entries[i].section, section) != 0)
            continue;
        const char *service = ini->entries[i].key;
        char *url = ini_get_nested(ini, section, service, "endpoint_url");
        if (url && *url) {
            struct service_url row = {mem_strdup(service), url};
            VEC_PUSH(settings->urls, row);
        } else {
            mem_free(url);
        }
    }
}

static enum err_code read_services(struct credentials_settings *settings,
                                   const struct credentials_config *config, const char *profile,
                                   struct err *err)
{
    const char *name = credentials_config_get(config, profile, "services");
    if (!name || settings->said.ignore_configured_endpoints)
        return ERR_OK;
    const char *section = credentials_config_section(config, "services", name);
    if (!section)
        return err_set(err, ERR_CREDENTIALS,
                       "profile \"%.64s\" says services = %.64s, but %s has no values in "
                       "[services %.64s]; add that section or remove the line",
                       profile, name, config->files[FILE_CONFIG].shown, name);
    read_urls(settings, config, section);
    return ERR_OK;
}

static char *copy(const char *s)
{
    return s ? mem_strdup(s) : NULL;
}

static void read_strings(struct credentials_settings *settings,
                         const struct credentials_config *config, const char *profile)
{
    struct profile_settings *said = &settings->said;
    const char *region = credentials_settings_env("AWS_REGION");
    if (!region)
        region = credentials_settings_env("AWS_DEFAULT_REGION");
    if (!region)
        region = credentials_config_get(config, profile, "region");
    const char *ca_bundle = credentials_config_get(config, profile, "ca_bundle");
    said->region = settings->region = copy(region);
    said->ca_bundle = settings->ca_bundle = ca_bundle ? credentials_config_expand(ca_bundle) : NULL;
    if (!said->ignore_configured_endpoints)
        said->endpoint_url = settings->endpoint_url =
            copy(credentials_config_get(config, profile, "endpoint_url"));
}

enum err_code credentials_settings_load(const struct credentials_config *config,
                                        const char *profile, struct credentials_settings **out,
                                        struct err *err)
{
    struct credentials_settings *settings = mem_alloc(sizeof *settings);
    settings->refs = 1;
    settings->said = (struct profile_settings){
        .ignore_configured_endpoints =
            credentials_settings_flag(config, profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                      "ignore_configured_endpoint_urls"),
        .use_fips = credentials_settings_flag(config, profile, "AWS_USE_FIPS_ENDPOINT",
                                              "use_fips_endpoint"),
        .use_dualstack = credentials_settings_flag(config, profile, "AWS_USE_DUALSTACK_ENDPOINT",
                                                   "use_dualstack_endpoint"),
        .use_global_sts = has_global_sts(config, profile),
    };
    read_strings(settings, config, profile);
    enum err_code rc = read_services(settings, config, profile, err);
    if (rc != ERR_OK) {
        credentials_settings_drop(settings);
        settings = NULL;
    }
    *out = settings;
    return rc;
}

struct credentials_settings *credentials_settings_hold(struct credentials_settings *settings)
{
    settings->refs++;
    return settings;
}

void credentials_settings_drop(struct credentials_settings *settings)
{
    if (!settings || --settings->refs > 0)
        return;
    for (size_t i = 0; i < settings->urls.n; i++) {
        mem_free(settings->urls.items[i].service);
        mem_free(settings->urls.items[i].url);
    }
    VEC_FREE(settings->urls);
    mem_free(settings->endpoint_url);
    mem_free(settings->ca_bundle);
    mem_free(settings->region);
    mem_free(settings);
}

const struct profile_settings *credentials_settings_get(const struct credentials_settings *settings)
{
    return &settings->said;
}

const char *credentials_settings_url(const struct credentials_settings *settings,
                                     const char *service_env_id)
{
    for (size_t i = 0; i < settings->urls.n; i++) {
        if (strcasecmp(settings->urls.items[i].service, service_env_id) == 0)
            return settings->urls.items[i].url;
    }
    return NULL;
}
