/* endpoint: which host answers for a service in a region, and what region the signature names
 * (https://docs.aws.amazon.com/general/latest/gr/rande.html). Pure but for endpoint_env_read, any
 * thread. */
#ifndef KEYFALL_AWS_ENDPOINT_H
#define KEYFALL_AWS_ENDPOINT_H

#include "backend/aws/op.h"
#include "backend/base/err.h"

#include <stdbool.h>

#define ENDPOINT_REGION_SIZE 33
#define ENDPOINT_URL_SIZE 512

struct endpoint_query {
    enum service_id service;
    const char *region;
    const char *url; /* custom endpoint; NULL: AWS's own */
    bool use_fips, use_dualstack;
    bool use_global_sts; /* where AWS still has it: sts_regional_endpoints = legacy */
};

struct endpoint {
    char base[ENDPOINT_URL_SIZE]; /* "https://kms.eu-central-1.amazonaws.com" and the path prefix of
                                     a custom URL; no slash at the end */
    char host[ENDPOINT_URL_SIZE]; /* Host header: with the port unless it is the scheme's own */
    char signing_region[ENDPOINT_REGION_SIZE];
    size_t origin_len; /* bytes of base before the path prefix */
    bool is_custom;
    bool is_variant; /* FIPS or dual-stack: AWS has fewer of these hosts, and no list of them */
};

/* ERR_USAGE: the region's or the URL's form is wrong, a custom URL comes together with FIPS or
 * dual-stack, or the service has no FIPS endpoint in the partition. */
NODISCARD enum err_code endpoint_resolve(const struct endpoint_query *query, struct endpoint *out,
                                         struct err *err);
bool endpoint_is_region(const char *region); /* ^[a-z0-9-]{1,32}$ */
const char *endpoint_partition(const char *region); /* "aws", by how its Regions are named; NULL: none names them so */

/* What the environment says, read once. Strings point into the environment. */
struct endpoint_env {
    const char *url[SERVICE_COUNT]; /* AWS_ENDPOINT_URL_<SERVICE> */
    const char *url_all;            /* AWS_ENDPOINT_URL */
    bool ignore;                    /* AWS_IGNORE_CONFIGURED_ENDPOINT_URLS */
    bool has_fips, use_fips;        /* AWS_USE_FIPS_ENDPOINT is set; and true */
    bool has_dualstack, use_dualstack;
};
void endpoint_env_read(struct endpoint_env *out);

#endif
