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
    const char *id;
    const char *prefixes; /* separated by blanks */
    const char *dns_suffix, *dual_suffix;
    const char *home; /* where global services answer; NULL: they answer regionally here */
};

static const struct partition partitions[] = {
    {"aws", "us eu ap sa ca me af il mx", "amazonaws.com", "api.aws", "us-east-1"},
    {"aws-cn", "cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"},
    {"aws-us-gov", "us-gov", "amazonaws.com", "api.aws", "us-gov-west-1"},
    {"aws-eusc", "eusc-de", "amazonaws.eu", "api.amazonwebservices.eu", NULL},
    {"aws-iso", "us-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"},
    {"aws-iso-b", "us-isob", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"},
    {"aws-iso-e", "eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", NULL},
    {"aws-iso-f", "us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"},
};

enum variant { PLAIN = 1, FIPS = 2, DUAL = 4, BOTH = 8 };

struct exception {
    const char *prefixes;   /* of services, separated by blanks */
    const char *partitions; /* ids; NULL: all */
    const char *region;     /* NULL: all */
    unsigned variants;
    const char *host;  /* NULL: there is none */
    const char *signs; /* the region of the signature; NULL: {r} */
};

static const struct exception exceptions[] = {
#define HOST(...) {__VA_ARGS__},
#include "backend/aws/endpoints.def"
#undef HOST
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

static bool is_listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, word, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static const struct partition *partition_named(const char *region)
{
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
        for (const char *at = partitions[i].prefixes; *at;) {
            size_t len = strcspn(at, " ");
            if (has_prefix(region, at, len))
                return &partitions[i];
            at += len + strspn(at + len, " ");
        }
    }
    return NULL;
}

/* A prefix that is not known yet is one more of AWS's own. */
static const struct partition *partition_of(const char *region)
{
    const struct partition *named = partition_named(region);
    return named ? named : &partitions[0];
}

const char *endpoint_partition(const char *region)
{
    const struct partition *named = partition_named(region);
    return named ? named->id : NULL;
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

static const struct exception *exception_of(const char *prefix, const struct partition *partition,
                                            const char *region, enum variant variant)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        const struct exception *row = &exceptions[i];
        if ((row->variants & variant) && is_listed(row->prefixes, prefix) &&
            (!row->partitions || is_listed(row->partitions, partition->id)) &&
            (!row->region || strcmp(row->region, region) == 0))
            return row;
    }
    return NULL;
}

/* What the words in braces of endpoints.def mean for one query. */
struct host_word {
    char letter;
    const char *value;
};

static bool write_host(const char *form, const struct host_word *words, size_t n_words, char *out,
                       size_t size)
{
    size_t len = 0;
    for (const char *at = form; *at; at++) {
        char plain[2] = {*at, '\0'};
        const char *piece = plain;
        for (size_t i = 0; *at == '{' && i < n_words; i++)
            if (words[i].letter == at[1])
                piece = words[i].value;
        size_t n = strlen(piece);
        if (len + n >= size)
            return false;
        memcpy(out + len, piece, n + 1);
        len += n;
        at += *at == '{' ? 2 : 0;
    }
    return true;
}

/* Regions of the time when STS answered in one place
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html). */
static bool has_global_sts(const struct endpoint_query *query)
{
    static const char regions[] =
        "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 "
        "eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2";
    return query->service == SERVICE_STS && query->use_global_sts && !query->use_fips &&
           !query->use_dualstack && is_listed(regions, query->region);
}

static enum variant variant_of(const struct endpoint_query *query)
{
    if (query->use_dualstack)
        return query->use_fips ? BOTH : DUAL;
    return query->use_fips ? FIPS : PLAIN;
}

static enum err_code resolve_aws(const struct endpoint_query *query, struct endpoint *out,
                                 struct err *err)
{
    static const struct exception rule = {.host = "{p}{-}.{r}.{s}"};
    static const struct exception global_sts = {.host = "{p}.{d}", .signs = "us-east-1"};
    const char *prefix = service_get(query->service)->endpoint_prefix;
    const struct partition *partition = partition_of(query->region);
    const char *region = effective_region(query);
    const struct host_word words[] = {
        {'p', prefix},
        {'-', query->use_fips ? "-fips" : ""},
        {'r', region},
        {'d', partition->dns_suffix},
        {'s', query->use_dualstack ? partition->dual_suffix : partition->dns_suffix},
    };
    const struct exception *row = exception_of(prefix, partition, region, variant_of(query));
    if (has_global_sts(query))
        row = &global_sts;
    row = row ? row : &rule;
    if (!row->host)
        return err_set(err, ERR_USAGE, "%s has no FIPS endpoint in %s; do without FIPS there",
                       service_get(query->service)->name, partition->id);
    static const size_t scheme = sizeof "https://" - 1;
    if (!write_host(row->host, words, sizeof words / sizeof *words, out->host,
                    sizeof out->host - scheme))
        return err_set(err, ERR_USAGE, "the endpoint's name is too long");
    out->is_variant = query->use_fips || query->use_dualstack;
    out->origin_len = scheme + strlen(out->host);
    memcpy(out->base, "https://", scheme);
    memcpy(out->base + scheme, out->host, strlen(out->host) + 1);
    (void)snprintf(out->signing_region, sizeof out->signing_region, "%s",
                   row->signs ? row->signs : region);
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
