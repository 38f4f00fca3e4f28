#include "backend/aws/endpoint.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 * Regions are PREFIX-word-number. */
struct partition {
    const char *prefixes; /* separated by blanks */
    const char *dns_suffix, *dual_suffix;
    const char *home; /* where global services answer; NULL: they answer regionally here */
};

static const struct partition partitions[] = {
    {"us eu ap sa ca me af il mx", "amazonaws.com", "api.aws", "us-east-1"},
    {"cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"},
    {"us-gov", "amazonaws.com", "api.aws", "us-gov-west-1"},
    {"eusc-de", "amazonaws.eu", "api.amazonwebservices.eu", NULL},
    {"us-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"},
    {"us-isob", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"},
    {"eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", NULL},
    {"us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"},
};

/* In GovCloud the standard host of these is the FIPS host. */
static const bool is_plain_fips_in_gov[SERVICE_COUNT] = {
    [SERVICE_SSM] = true, [SERVICE_RDS] = true,           [SERVICE_EC2] = true,
    [SERVICE_STS] = true, [SERVICE_ORGANIZATIONS] = true,
};

static size_t word_len(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

static bool has_prefix(const char *region, const char *prefix, size_t len)
{
    if (strncmp(region, prefix, len) != 0 || region[len] != '-')
        return false;
    const char *word = region + len + 1;
    size_t n = word_len(word);
    if (n == 0 || word[n] != '-')
        return false;
    const char *number = word + n + 1;
    return *number && strspn(number, "0123456789") == strlen(number);
}

static const struct partition *partition_of(const char *region)
{
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
        for (const char *at = partitions[i].prefixes; *at;) {
            size_t len = strcspn(at, " ");
            if (has_prefix(region, at, len))
                return &partitions[i];
            at += len + strspn(at + len, " ");
        }
    }
    return &partitions[0];
}

bool endpoint_is_region(const char *region)
{
    size_t len = strlen(region);
    return len > 0 && len < ENDPOINT_REGION_SIZE &&
           strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* Global services and the pseudo-region aws-global live where the partition's home is. */
static const char *effective_region(const struct endpoint_query *query)
{
    const char *home = partition_of(query->region)->home;
    bool is_global =
        service_get(query->service)->global || strcmp(query->region, "aws-global") == 0;
    return is_global && home ? home : query->region;
}

static enum err_code resolve_aws(const struct endpoint_query *query, struct endpoint *out,
                                 struct err *err)
{
    const struct service *service = service_get(query->service);
    const struct partition *partition = partition_of(query->region);
    bool is_gov = strcmp(partition->prefixes, "us-gov") == 0;
    const char *region = effective_region(query);
    bool is_fips = query->use_fips &&
                   !(is_gov && !query->use_dualstack && is_plain_fips_in_gov[query->service]);
    int len = snprintf(out->host, sizeof out->host, "%s%s.%s.%s", service->endpoint_prefix,
                       is_fips ? "-fips" : "", region,
                       query->use_dualstack ? partition->dual_suffix : partition->dns_suffix);
    int base = snprintf(out->base, sizeof out->base, "https://%s", out->host);
    if (len >= (int)sizeof out->host || base >= (int)sizeof out->base)
        return err_set(err, ERR_USAGE, "the endpoint's name is too long");
    out->origin_len = (size_t)base;
    (void)snprintf(out->signing_region, sizeof out->signing_region, "%s", region);
    return ERR_OK;
}

/* The Host header leaves out the port that the scheme implies. */
static size_t host_len_without_default_port(const char *host, size_t len, bool is_tls)
{
    const char *port = is_tls ? ":443" : ":80";
    size_t n = strlen(port);
    return len > n && strncmp(host + len - n, port, n) == 0 ? len - n : len;
}

static enum err_code resolve_custom(const struct endpoint_query *query, struct endpoint *out,
                                    struct err *err)
{
    const char *url = query->url;
    bool is_tls = strncasecmp(url, "https://", 8) == 0;
    size_t scheme = is_tls ? 8 : 7;
    if (query->use_fips || query->use_dualstack)
        return err_set(err, ERR_USAGE, "FIPS and dual-stack do not go with a custom endpoint (%s)",
                       url);
    if (!is_tls && strncasecmp(url, "http://", 7) != 0)
        return err_set(err, ERR_USAGE,
                       "the endpoint URL \"%s\" does not begin with http:// or https://", url);
    const char *host = url + scheme;
    size_t host_len = strcspn(host, "/?#");
    size_t len = strlen(url);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)url[i] <= ' ' || (unsigned char)url[i] >= 0x7f)
            return err_set(err, ERR_USAGE,
                           "the endpoint URL holds a blank or a character that is no ASCII");
    while (len > scheme + host_len && url[len - 1] == '/')
        len--;
    if (host_len == 0 || memchr(host, '@', host_len) || strpbrk(url, "?#"))
        return err_set(err, ERR_USAGE, "the endpoint URL \"%s\" is not scheme://host[:port][/path]",
                       url);
    if (len >= sizeof out->base)
        return err_set(err, ERR_USAGE, "the endpoint URL is longer than %zu bytes",
                       sizeof out->base - 1);
    memcpy(out->base, url, len);
    out->origin_len = scheme + host_len;
    size_t shown = host_len_without_default_port(host, host_len, is_tls);
    for (size_t i = 0; i < shown; i++)
        out->host[i] = (char)tolower((unsigned char)host[i]);
    out->is_custom = true;
    (void)snprintf(out->signing_region, sizeof out->signing_region, "%s", effective_region(query));
    return ERR_OK;
}

enum err_code endpoint_resolve(const struct endpoint_query *query, struct endpoint *out,
                               struct err *err)
{
    *out = (struct endpoint){0};
    if (!endpoint_is_region(query->region))
        return err_set(err, ERR_USAGE, "\"%.40s\" is not the name of an AWS Region", query->region);
    return query->url ? resolve_custom(query, out, err) : resolve_aws(query, out, err);
}

static const char *env_text(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool env_bool(const char *name, bool *has)
{
    const char *value = env_text(name);
    *has = value != NULL;
    return value && strcasecmp(value, "true") == 0;
}

void endpoint_env_read(struct endpoint_env *out)
{
    bool has_ignore;
    *out = (struct endpoint_env){.url_all = env_text("AWS_ENDPOINT_URL")};
    for (int i = 0; i < SERVICE_COUNT; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s",
                       service_get((enum service_id)i)->env_id);
        out->url[i] = env_text(name);
    }
    out->ignore = env_bool("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", &has_ignore);
    out->use_fips = env_bool("AWS_USE_FIPS_ENDPOINT", &out->has_fips);
    out->use_dualstack = env_bool("AWS_USE_DUALSTACK_ENDPOINT", &out->has_dualstack);
}
