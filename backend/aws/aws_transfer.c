/* What went wrong below HTTP, in words: what was tried, why it failed, what to look at. */
#include "backend/aws/aws_internal.h"

#include <stdlib.h>
#include <string.h>

/* "kms.eu-central-1.amazonaws.com port 443" */
static void name_peer(const struct flight *f, char *out, size_t size)
{
    const char *url = f->call ? f->call->class->lane->origin : f->fetch->url;
    bool is_tls = strncmp(url, "https:", 6) == 0;
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t len = strcspn(host, "/?#");
    const char *bracket = memchr(host, ']', len);
    const char *from = bracket ? bracket : host;
    const char *colon = memchr(from, ':', len - (size_t)(from - host));
    if (colon)
        (void)snprintf(out, size, "%.*s port %.*s", (int)(colon - host), host,
                       (int)(len - (size_t)(colon + 1 - host)), colon + 1);
    else
        (void)snprintf(out, size, "%.*s port %d", (int)len, host, is_tls ? 443 : 80);
}

static const char *reason(const struct flight *f, CURLcode result)
{
    return f->why[0] ? f->why : curl_easy_strerror(result);
}

static const char *ca_origin(const struct flight *f)
{
    const struct aws *aws = f->aws;
    if (!f->ca_bundle || f->ca_bundle != aws->ca_bundle)
        return f->ca_bundle ? "ca_bundle of the profile" : "the system's";
    return aws->settings.ca_bundle ? "--ca-bundle" : "AWS_CA_BUNDLE";
}

static void explain_tls(const struct flight *f, CURLcode result, const char *peer, struct err *err)
{
    const char *origin = ca_origin(f);
    if (result == CURLE_SSL_CACERT_BADFILE)
        (void)err_set(
            err, ERR_TLS,
            "the CA bundle %s (%s) cannot be read, so %s cannot be trusted; name a file of "
            "certificates there that can be read, or none",
            f->ca_bundle ? f->ca_bundle : "", origin, peer);
    else if (result == CURLE_PEER_FAILED_VERIFICATION)
        (void)err_set(
            err, ERR_TLS,
            "%s did not prove who it is: %s; if it is behind a proxy with a CA of its own, "
            "name that CA's bundle in AWS_CA_BUNDLE",
            peer, reason(f, result));
    else
        (void)err_set(err, ERR_TLS, "no TLS connection to %s: %s", peer, reason(f, result));
    if (result == CURLE_SSL_CACERT_BADFILE || result == CURLE_PEER_FAILED_VERIFICATION)
        err_note_advice(err);
}

/* https://aws.amazon.com/compliance/fips/ ; the names are made by rule, so a wrong one has no
 * address. */
static const char no_variant[] = "; AWS may have no FIPS or dual-stack endpoint of this service "
                                 "there: unset AWS_USE_FIPS_ENDPOINT or "
                                 "AWS_USE_DUALSTACK_ENDPOINT, or choose another region";

static bool lacks_variant(const struct flight *f, CURLcode result)
{
    return result == CURLE_COULDNT_RESOLVE_HOST && f->call &&
           f->call->class->key.route->endpoint.is_variant;
}

static void explain_unreached(const struct flight *f, CURLcode result, enum err_code code,
                              const char *peer, struct err *err)
{
    bool is_variant = lacks_variant(f, result);
    (void)err_set(err, code, "cannot reach %s: %s%s", peer, reason(f, result),
                  is_variant ? no_variant : "");
    if (is_variant)
        err_note_advice(err);
}

void aws_transfer_explain(const struct flight *f, CURLcode result, enum err_code code,
                          struct err *err)
{
    char peer[ENDPOINT_URL_SIZE + 16];
    name_peer(f, peer, sizeof peer);
    if (f->is_too_large)
        (void)err_set(err, ERR_LIMIT, "the answer of %s is larger than %zu bytes", peer,
                      f->aws->settings.max_answer_bytes);
    else if (f->is_stalled)
        (void)err_set(err, ERR_TIMEOUT, "%s sent nothing for %d ms", peer,
                      f->aws->settings.stall_timeout_ms);
    else if (code == ERR_TLS)
        explain_tls(f, result, peer, err);
    else if (code == ERR_TIMEOUT && !f->is_connected)
        (void)err_set(err, code, "no connection to %s in time: %s", peer, reason(f, result));
    else if (code == ERR_UNREACHABLE && !f->is_connected)
        explain_unreached(f, result, code, peer, err);
    else
        (void)err_set(err, code, "the connection to %s failed: %s", peer, reason(f, result));
}
