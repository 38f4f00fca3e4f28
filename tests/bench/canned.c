/* A server of canned answers for benchmarks: AWS's protocols, any account and region, a fixed
 * latency, one thread on epoll, no signature check. It costs a few microseconds a request, so that
 * what is measured against it is the client.
 *
 *   canned [-l latency_ms] [-k keys] [-p port]     prints "port N" and serves until it is killed
 *
 * The account is taken from the access key (its last 12 characters), the region from the credential
 * scope. KMS has `keys` keys in each; every other list is empty. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUEST 65536
#define MAX_EVENTS 256

struct connection {
    int fd;
    uint64_t serial; /* tells a reused descriptor from the connection that a reply was meant for */
    size_t len;
    char in[MAX_REQUEST];
};

struct reply {
    struct reply *next;
    int64_t due_us;
    int fd;
    uint64_t serial;
    size_t len;
    char *bytes;
};

static struct connection *connections[65536];
static struct reply *first,
    **last = &first; /* one latency for all, so the queue is in order of time */
static int64_t latency_us = 20000;
static int n_keys = 1000;
static uint64_t next_serial = 1;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- answers --- */

struct request {
    const char *target; /* X-Amz-Target's operation, Action, or method and path */
    const char *body;
    char account[13], region[33];
};

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out->at, out->left, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= out->left)
        abort();
    out->at += n;
    out->left -= (size_t)n;
}

static void key_arn(const struct request *r, char *out, size_t size)
{
    const char *at = strstr(r->body, "\"KeyId\"");
    at = at ? strchr(at + 7, '"') : NULL;
    size_t len = at ? strcspn(at + 1, "\"") : 0;
    if (len > 36)
        snprintf(out, size, "%.*s", (int)len, at + 1);
    else
        snprintf(out, size, "arn:aws:kms:%s:%s:key/%.*s", r->region, r->account, (int)len,
                 at ? at + 1 : "");
}

static void list_keys(const struct request *r, struct text *out)
{
    const char *marker = strstr(r->body, "\"Marker\"");
    const char *limit = strstr(r->body, "\"Limit\"");
    int from = marker ? atoi(marker + strcspn(marker, "0123456789")) : 0;
    int page = limit ? atoi(limit + strcspn(limit, "0123456789")) : 100;
    int to = from + page < n_keys ? from + page : n_keys;
    add(out, "{\"Keys\":[");
    for (int i = from; i < to; i++)
        add(out,
            "%s{\"KeyArn\":\"arn:aws:kms:%s:%s:key/%08x-1111-4222-8333-444455556666\","
            "\"KeyId\":\"%08x-1111-4222-8333-444455556666\"}",
            i > from ? "," : "", r->region, r->account, (unsigned)i, (unsigned)i);
    if (to < n_keys)
        add(out, "],\"NextMarker\":\"%d\",\"Truncated\":true}", to);
    else
        add(out, "],\"Truncated\":false}");
}

static void describe_key(const struct request *r, struct text *out)
{
    char arn[256];
    key_arn(r, arn, sizeof arn);
    const char *id = strrchr(arn, '/');
    add(out,
        "{\"KeyMetadata\":{\"AWSAccountId\":\"%s\",\"Arn\":\"%s\",\"CreationDate\":1.6E9,"
        "\"CurrentKeyMaterialId\":"
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
        "\"CustomerMasterKeySpec\":\"SYMMETRIC_DEFAULT\",\"Description\":\"Backup vault key\","
        "\"Enabled\":true,\"EncryptionAlgorithms\":[\"SYMMETRIC_DEFAULT\"],\"KeyId\":\"%s\","
        "\"KeyManager\":\"CUSTOMER\",\"KeySpec\":\"SYMMETRIC_DEFAULT\",\"KeyState\":\"Enabled\","
        "\"KeyUsage\":\"ENCRYPT_DECRYPT\",\"MultiRegion\":false,\"Origin\":\"AWS_KMS\"}}",
        r->account, arn, id ? id + 1 : arn);
}

static void get_key_policy(const struct request *r, struct text *out)
{
    add(out,
        "{\"Policy\":\"{\\n  \\\"Version\\\" : \\\"2012-10-17\\\",\\n  \\\"Id\\\" : "
        "\\\"key-default-1\\\",\\n"
        "  \\\"Statement\\\" : [ {\\n    \\\"Sid\\\" : \\\"Enable IAM User Permissions\\\",\\n"
        "    \\\"Effect\\\" : \\\"Allow\\\",\\n    \\\"Principal\\\" : {\\n"
        "      \\\"AWS\\\" : \\\"arn:aws:iam::%s:root\\\"\\n    },\\n    \\\"Action\\\" : "
        "\\\"kms:*\\\",\\n"
        "    \\\"Resource\\\" : \\\"*\\\"\\n  }, {\\n    \\\"Sid\\\" : \\\"Backup\\\",\\n"
        "    \\\"Effect\\\" : \\\"Allow\\\",\\n    \\\"Principal\\\" : {\\n      \\\"AWS\\\" : "
        "\\\"arn:aws:iam::%s:role/service-role/AWSBackupDefaultServiceRole\\\"\\n    },\\n"
        "    \\\"Action\\\" : [ \\\"kms:Decrypt\\\", \\\"kms:GenerateDataKey*\\\", "
        "\\\"kms:CreateGrant\\\" ],\\n"
        "    \\\"Resource\\\" : \\\"*\\\"\\n  } ]\\n}\",\"PolicyName\":\"default\"}",
        r->account, r->account);
}

static void list_grants(const struct request *r, struct text *out)
{
    char arn[256];
    key_arn(r, arn, sizeof arn);
    add(out, "{\"Grants\":[");
    for (int i = 0; i < 2; i++)
        add(out,
            "%s{\"Constraints\":{\"EncryptionContextSubset\":{\"aws:ebs:id\":\"vol-0123456789abcde%"
            "d\"}},"
            "\"CreationDate\":1.7E9,\"GrantId\":\"%"
            "d123456789abcdef0123456789abcdef0123456789abcdef0123456789"
            "abcdef\",\"GranteePrincipal\":\"arn:aws:iam::%s:role/app\","
            "\"IssuingAccount\":\"arn:aws:iam::%s:root\",\"KeyId\":\"%s\",\"Name\":\"\","
            "\"Operations\":[\"Decrypt\",\"CreateGrant\",\"GenerateDataKeyWithoutPlaintext\"]}",
            i > 0 ? "," : "", i, i, r->account, r->account, arn);
    add(out, "],\"Truncated\":false}");
}

static void get_rotation(const struct request *r, struct text *out)
{
    char arn[256];
    key_arn(r, arn, sizeof arn);
    add(out,
        "{\"KeyId\":\"%s\",\"KeyRotationEnabled\":true,\"NextRotationDate\":1.8E9,"
        "\"RotationPeriodInDays\":365}",
        arn);
}

static void caller_identity(const struct request *r, struct text *out)
{
    add(out,
        "<GetCallerIdentityResponse "
        "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
        "<Arn>arn:aws:iam::%s:user/bench</Arn><UserId>AIDABENCH</UserId><Account>%s</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>",
        r->account, r->account);
}

static void describe_regions(const struct request *r, struct text *out)
{
    (void)r;
    add(out,
        "<DescribeRegionsResponse><regionInfo><item><regionName>us-east-1</regionName><optInStatus>"
        "opt-in-not-required</optInStatus></item><item><regionName>eu-central-1</"
        "regionName><optInStatus>"
        "opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>");
}

/* Any other XML operation answers an empty result of its own name. */
static void empty_xml(const struct request *r, struct text *out)
{
    int len = (int)strcspn(r->target, "&");
    if (strstr(r->body, "Version=2016-11-15"))
        add(out, "<%.*sResponse><requestId>r</requestId></%.*sResponse>", len, r->target, len,
            r->target);
    else
        add(out, "<%.*sResponse><%.*sResult></%.*sResult></%.*sResponse>", len, r->target, len,
            r->target, len, r->target, len, r->target);
}

static void empty_json(const struct request *r, struct text *out)
{
    (void)r;
    add(out, "{}");
}

struct row {
    const char *target; /* how it begins */
    void (*write)(const struct request *r, struct text *out);
};

static const struct row rows[] = {
    {"ListKeys", list_keys},
    {"DescribeKey", describe_key},
    {"GetKeyPolicy", get_key_policy},
    {"ListGrants", list_grants},
    {"GetKeyRotationStatus", get_rotation},
    {"GetCallerIdentity", caller_identity},
    {"DescribeRegions", describe_regions},
};

static void write_body(const struct request *r, bool is_form, struct text *out)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].target);
        if (strncmp(r->target, rows[i].target, len) == 0 && strchr("\r&", r->target[len])) {
            rows[i].write(r, out);
            return;
        }
    }
    (is_form ? empty_xml : empty_json)(r, out);
}

/* --- requests --- */

static const char *header(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at ? at + strlen(name) : NULL;
}

static void copy(char *out, size_t size, const char *from, size_t len)
{
    len = len < size ? len : size - 1;
    memcpy(out, from, len);
    out[len] = '\0';
}

static void read_scope(const char *head, struct request *r)
{
    const char *credential = strstr(head, "Credential=");
    size_t key_len = credential ? strcspn(credential + 11, "/") : 0;
    const char *date = credential ? credential + 11 + key_len : NULL;
    const char *region = date && *date ? strchr(date + 1, '/') : NULL;
    if (credential && key_len >= 12)
        copy(r->account, sizeof r->account, credential + 11 + key_len - 12, 12);
    if (region)
        copy(r->region, sizeof r->region, region + 1, strcspn(region + 1, "/"));
}

/* AWS dates every answer. Made once a second. */
static const char *http_date(void)
{
    static char text[64];
    static time_t made;
    time_t now = time(NULL);
    struct tm tm;
    if (now != made && gmtime_r(&now, &tm)) {
        made = now;
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return text;
}

static void queue_reply(const struct connection *c, const char *head)
{
    static char body[1 << 20];
    struct request r = {.account = "000000000000", .region = "us-east-1"};
    const char *target = header(head, "\r\nX-Amz-Target: ");
    r.body = strstr(head, "\r\n\r\n") + 4;
    bool is_form = strncmp(r.body, "Action=", 7) == 0;
    if (target)
        r.target = target + strcspn(target, ".\r") + 1;
    else
        r.target = is_form ? r.body + 7 : head;
    read_scope(head, &r);
    struct text out = {body, sizeof body};
    write_body(&r, is_form, &out);
    size_t len = sizeof body - out.left;
    struct reply *reply = malloc(sizeof *reply);
    reply->bytes = malloc(len + 256);
    reply->next = NULL;
    reply->due_us = now_us() + latency_us;
    reply->fd = c->fd;
    reply->serial = c->serial;
    int head_len =
        snprintf(reply->bytes, 256,
                 "HTTP/1.1 200 OK\r\nx-amzn-RequestId: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE\r\n"
                 "Date: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                 http_date(), is_form ? "text/xml" : "application/x-amz-json-1.1", len);
    memcpy(reply->bytes + head_len, body, len);
    reply->len = (size_t)head_len + len;
    *last = reply;
    last = &reply->next;
}

static void drop(struct connection *c)
{
    connections[c->fd] = NULL;
    close(c->fd);
    free(c);
}

/* Queues an answer to each whole request in the buffer. */
static void take_requests(struct connection *c)
{
    size_t at = 0;
    for (;;) {
        c->in[c->len] = '\0';
        const char *end = strstr(c->in + at, "\r\n\r\n");
        if (!end)
            break;
        const char *length = header(c->in + at, "\r\nContent-Length: ");
        size_t body = length && length < end ? strtoul(length, NULL, 10) : 0;
        size_t next = (size_t)(end + 4 - c->in) + body;
        if (next > c->len)
            break;
        char kept = c->in[next];
        c->in[next] = '\0';
        queue_reply(c, c->in + at);
        c->in[next] = kept;
        at = next;
    }
    memmove(c->in, c->in + at, c->len - at);
    c->len -= at;
}

static void on_readable(struct connection *c)
{
    ssize_t got = recv(c->fd, c->in + c->len, sizeof c->in - 1 - c->len, MSG_DONTWAIT);
    if (got > 0) {
        c->len += (size_t)got;
        take_requests(c);
    } else if (got == 0 || errno != EAGAIN) {
        drop(c);
    }
}

static void send_due(void)
{
    int64_t now = now_us();
    while (first && first->due_us <= now) {
        struct reply *reply = first;
        first = reply->next;
        if (!first)
            last = &first;
        struct connection *c = connections[reply->fd];
        for (size_t at = 0; c && c->serial == reply->serial && at < reply->len;) {
            ssize_t n = send(reply->fd, reply->bytes + at, reply->len - at, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            at += (size_t)n;
        }
        free(reply->bytes);
        free(reply);
    }
}

static void on_connect(int epoll, int listener)
{
    int yes = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || fd >= 65536)
        return;
    struct connection *c = malloc(sizeof *c);
    c->fd = fd;
    c->serial = next_serial++;
    c->len = 0;
    connections[fd] = c;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        drop(c);
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        perror("canned");
        exit(1);
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void serve(int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[MAX_EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int64_t wait_us = first ? first->due_us - now_us() : 1000000;
        struct timespec wait = {0};
        if (wait_us > 0)
            wait = (struct timespec){wait_us / 1000000, wait_us % 1000000 * 1000};
        int n = epoll_pwait2(epoll, events, MAX_EVENTS, &wait, NULL);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                on_connect(epoll, listener);
            else if (connections[fd])
                on_readable(connections[fd]);
        }
        send_due();
    }
}

int main(int argc, char **argv)
{
    int option, port = 0;
    while ((option = getopt(argc, argv, "l:k:p:")) != -1) {
        if (option == 'l')
            latency_us = (int64_t)(atof(optarg) * 1000);
        else if (option == 'k')
            n_keys = atoi(optarg);
        else if (option == 'p')
            port = atoi(optarg);
        else
            return 2;
    }
    serve(listen_on(port));
}
