#include "backend/aws/retry.h"

#include <curl/curl.h>
#include <fnmatch.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* Codes that AWS puts into error answers. The first row that matches counts.
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html (and each service's like
 * it) */
struct rule {
    const char *code; /* may be a pattern */
    struct failure is;
    bool only_reads; /* a write that gets it met a quota of resources, which time does not mend */
    bool only_with_token; /* means something else when no token was sent */
};

#define THROTTLE(name)                                                                             \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_THROTTLED, .retry = RETRY_THROTTLED }                    \
    }
#define DENIED(name)                                                                               \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_DENIED }                                                 \
    }
#define EXPIRED(name)                                                                              \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_EXPIRED, .is_credentials = true }                        \
    }
#define IDENTITY(name)                                                                             \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_CREDENTIALS, .is_credentials = true }                    \
    }
#define CLOCK(name)                                                                                \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_CREDENTIALS, .is_clock = true, .is_credentials = true }  \
    }
#define STALE(name)                                                                                \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_STALE_TOKEN, .is_token = true}, .only_with_token = true  \
    }
#define GONE(name)                                                                                 \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_NOT_FOUND }                                              \
    }
#define ABSENT_HERE(name)                                                                          \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_UNSUPPORTED }                                            \
    }
#define TRANSIENT(name)                                                                            \
    {                                                                                              \
        .code = (name), .is = {.err = ERR_SERVER, .retry = RETRY_TRANSIENT }                       \
    }

static const struct rule rules[] = {
    THROTTLE("Throttling"),
    THROTTLE("ThrottlingException"),
    THROTTLE("ThrottledException"),
    THROTTLE("RequestThrottled"),
    THROTTLE("RequestThrottledException"),
    THROTTLE("TooManyRequestsException"),
    THROTTLE("RequestLimitExceeded"),
    THROTTLE("EC2ThrottledException"),
    THROTTLE("SlowDown"),
    THROTTLE("ProvisionedThroughputExceededException"),
    THROTTLE("BandwidthLimitExceeded"),
    THROTTLE("PriorRequestNotComplete"),
    THROTTLE("TransactionInProgressException"),
    {.code = "LimitExceededException",
     .is = {.err = ERR_THROTTLED, .retry = RETRY_THROTTLED},
     .only_reads = true},
    TRANSIENT("RequestTimeout"),
    TRANSIENT("RequestTimeoutException"),
    TRANSIENT("IDPCommunicationError"),
    DENIED("AccessDenied"),
    DENIED("AccessDeniedException"),
    DENIED("UnauthorizedOperation"),
    DENIED("UnauthorizedException"),
    DENIED("AuthorizationError"),
    EXPIRED("ExpiredToken"),
    EXPIRED("ExpiredTokenException"),
    {.code = "RequestExpired",
     .is = {.err = ERR_EXPIRED, .is_clock = true, .is_credentials = true}},
    IDENTITY("InvalidClientTokenId"),
    IDENTITY("UnrecognizedClientException"),
    IDENTITY("InvalidAccessKeyId"),
    IDENTITY("InvalidToken"),
    IDENTITY("IncompleteSignature"),
    IDENTITY("MissingAuthenticationToken"),
    IDENTITY("MissingAuthenticationTokenException"),
    CLOCK("AuthFailure"),
    CLOCK("SignatureDoesNotMatch"),
    CLOCK("InvalidSignatureException"),
    CLOCK("RequestTimeTooSkewed"),
    CLOCK("RequestInTheFuture"),
    STALE("InvalidMarkerException"),
    STALE("InvalidNextToken"),
    STALE("InvalidNextTokenException"),
    STALE("InvalidPaginationTokenException"),
    STALE("PaginationTokenExpiredException"),
    STALE("ExpiredNextTokenException"),
    STALE("InvalidParameterValueException"),
    STALE("InvalidParameterValue"),
    GONE("NotFoundException"),
    GONE("ParameterNotFound"),
    GONE("ResourceNotFoundException"),
    GONE("NoSuchEntity"),
    GONE("NoSuchBucket"),
    GONE("DB*NotFound*"),
    GONE("*.NotFound"),
    GONE("NotFound"),
    GONE("ResourceNotFound"),
    GONE("StateMachineDoesNotExist"),
    GONE("EventDataStoreNotFoundException"),
    GONE("QueueDoesNotExist"),
    GONE("AWS.SimpleQueueService.NonExistentQueue"),
    GONE("CustomKeyStoreNotFoundException"),
    GONE("PolicyNotFoundException"),
    GONE("ParentNotFoundException"),
    GONE("AWSOrganizationsNotInUseException"),
    ABSENT_HERE("UnknownOperationException"),
    ABSENT_HERE("UnsupportedOperation"),
    ABSENT_HERE("UnsupportedOperationException"),
    ABSENT_HERE("UnsupportedAPIEndpointException"),
    ABSENT_HERE("SubscriptionRequiredException"),
    ABSENT_HERE("OptInRequired"),
    ABSENT_HERE("RegionDisabledException"),
    ABSENT_HERE("InvalidAction"),
};

/* What a status says when the code says nothing that we know. */
struct status_rule {
    int status; /* 0: any */
    struct failure is;
};

static const struct status_rule status_rules[] = {
    {401, {.err = ERR_CREDENTIALS, .is_credentials = true}},
    {403, {.err = ERR_DENIED}},
    /* AWS names what it did not find; a bare 404 comes from something else that answers at this
       address */
    {404, {.err = ERR_REJECTED}},
    {408, {.err = ERR_TIMEOUT}},
    {429, {.err = ERR_THROTTLED}},
    {500, {.err = ERR_SERVER, .retry = RETRY_TRANSIENT}},
    {502, {.err = ERR_SERVER, .retry = RETRY_TRANSIENT}},
    {503, {.err = ERR_SERVER, .retry = RETRY_TRANSIENT}},
    {504, {.err = ERR_SERVER, .retry = RETRY_TRANSIENT}},
};

/* Transfers that libcurl gave up. is_safe: the failure itself proves that nothing was sent. */
struct transfer_rule {
    CURLcode code;
    enum err_code err;
    bool is_final; /* trying again cannot help */
    bool is_safe;
};

static const struct transfer_rule transfer_rules[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UNREACHABLE, false, true},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_UNREACHABLE, false, true},
    {CURLE_COULDNT_CONNECT, ERR_UNREACHABLE, false, true},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, false, false},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, false, true},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, true, true},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, true, true},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, true, true},
    {CURLE_SSL_CIPHER, ERR_TLS, true, true},
    {CURLE_SSL_ISSUER_ERROR, ERR_TLS, true, true},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_TLS, true, true},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_TLS, true, true},
    {CURLE_SSL_CLIENTCERT, ERR_TLS, true, true},
    {CURLE_PARTIAL_FILE, ERR_SERVER, false, false},
    {CURLE_GOT_NOTHING, ERR_UNREACHABLE, false, false},
    {CURLE_SEND_ERROR, ERR_UNREACHABLE, false, false},
    {CURLE_RECV_ERROR, ERR_UNREACHABLE, false, false},
    {CURLE_PROXY, ERR_UNREACHABLE, false, true},
    {CURLE_WEIRD_SERVER_REPLY, ERR_SERVER, false, false},
    {CURLE_WRITE_ERROR, ERR_LIMIT, true, false},
    {CURLE_URL_MALFORMAT, ERR_USAGE, true, true},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_USAGE, true, true},
};

static bool applies(const struct rule *rule, const char *code, struct failure_context context)
{
    if (rule->only_reads && context.is_write)
        return false;
    if (rule->only_with_token && !context.has_token)
        return false;
    return strchr(rule->code, '*') ? fnmatch(rule->code, code, 0) == 0
                                   : strcmp(rule->code, code) == 0;
}

static struct failure by_status(int status)
{
    for (size_t i = 0; i < sizeof status_rules / sizeof *status_rules; i++)
        if (status_rules[i].status == status)
            return status_rules[i].is;
    return (struct failure){.err = status >= 500 ? ERR_SERVER : ERR_REJECTED};
}

static struct failure at_most_once(struct failure f, bool is_once)
{
    if (is_once && f.retry == RETRY_TRANSIENT)
        f.retry = RETRY_NEVER;
    return f;
}

struct failure retry_classify(const char *code, int status, struct failure_context context)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (applies(&rules[i], code, context))
            return at_most_once(rules[i].is, context.is_once);
    return at_most_once(by_status(status), context.is_once);
}

struct failure retry_classify_transfer(int curl_code, bool nothing_sent, bool is_once)
{
    struct failure f = {.err = ERR_UNREACHABLE, .retry = RETRY_TRANSIENT};
    bool is_safe = nothing_sent;
    for (size_t i = 0; i < sizeof transfer_rules / sizeof *transfer_rules; i++) {
        const struct transfer_rule *rule = &transfer_rules[i];
        if ((int)rule->code != curl_code)
            continue;
        f.err = rule->err;
        f.retry = rule->is_final ? RETRY_NEVER : RETRY_TRANSIENT;
        is_safe = is_safe || rule->is_safe;
        break;
    }
    if (is_once && !is_safe)
        f.retry = RETRY_NEVER;
    return f;
}

int64_t retry_delay_ms(enum retry why, int failed, double random, int64_t hint_ms)
{
    double base = why == RETRY_THROTTLED ? 1000 : 50;
    double delay = base * pow(2, failed > 1 ? failed - 1 : 0);
    if (delay > 20000)
        delay = 20000;
    int64_t wait = (int64_t)(random * delay);
    if (hint_ms <= wait)
        return wait;
    return hint_ms < wait + 5000 ? hint_ms : wait + 5000;
}

int retry_cost(enum retry why)
{
    return why == RETRY_THROTTLED ? 5 : 14;
}
