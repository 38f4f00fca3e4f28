/* Keys that a container's host gives it (ECS, EKS Pod Identity, Greengrass):
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
#include "backend/aws/credentials_source.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST "http://169.254.170.2"
#define TIMEOUT_MS 2000
#define MAX_ATTEMPTS 3
#define GAP_MS 1000
#define MAX_TOKEN_BYTES (16u << 10)

static const char relative_variable[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
static const char full_variable[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
static const char token_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
static const char token_file_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

struct container {
    char *url;
    int attempts;
};

/* --- where to ask --- */

static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* Plain http goes to the container's own host only: others could read the keys on the way. */
static bool may_be_plain(const char *host)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (strcmp(host, hosts[i]) == 0)
            return true;
    }
    return is_loopback(host);
}

static void unbracket(char *host)
{
    size_t len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

/* Read by the parser that will also be used to connect, so that both see the same host. */
static bool is_url_allowed(const char *text)
{
    char *scheme = NULL, *host = NULL;
    bool is_allowed = false;
    CURLU *url = curl_url();
    if (url && credentials_keys_is_plain(text, 2048) &&
        curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        unbracket(host);
        is_allowed =
            strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && may_be_plain(host));
    }
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(url);
    return is_allowed;
}

static bool is_asked(const struct asked *asked)
{
    (void)asked;
    return credentials_settings_env(relative_variable) || credentials_settings_env(full_variable);
}

static void missed(const struct asked *asked, struct buf *clause)
{
    (void)asked;
    buf_adds(clause, "container (AWS_CONTAINER_CREDENTIALS_* not set)");
}

static enum err_code make(struct identity *id, const struct asked *asked, struct err *err)
{
    const char *relative = credentials_settings_env(relative_variable);
    const char *full = credentials_settings_env(full_variable);
    if (!is_asked(asked))
        return err_set(err, ERR_CREDENTIALS,
                       "%s is not set, so this is no such container; name another "
                       "credential_source",
                       relative_variable);
    char *url = relative ? mem_printf("%s%s%s", HOST, relative[0] == '/' ? "" : "/", relative)
                         : mem_strdup(full);
    if (!is_url_allowed(url)) {
        mem_free(url);
        return err_set(err, ERR_CREDENTIALS,
                       "%s is not https, nor on this host (a loopback address, 169.254.170.2, "
                       "169.254.170.23, fd00:ec2::23); correct it or unset it",
                       relative ? relative_variable : full_variable);
    }
    struct container *container = mem_alloc(sizeof *container);
    container->url = url;
    id->state = container;
    identity_set_description(id, mem_strdup("container credentials"));
    return ERR_OK;
}

/* --- asking --- */

static enum err_code read_token_file(const char *path, char **out, struct err *err)
{
    char bytes[MAX_TOKEN_BYTES + 1];
    size_t len = 0;
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        do {
            n = read(fd, bytes + len, sizeof bytes - len);
            len += n > 0 ? (size_t)n : 0;
        } while (len < sizeof bytes && (n > 0 || (n < 0 && errno == EINTR)));
        int failed_with = errno;
        close(fd);
        errno = failed_with;
    }
    enum err_code rc = ERR_OK;
    if (n < 0)
        rc = err_set(err, ERR_CREDENTIALS, "%s cannot be read: %s", token_file_variable,
                     strerror(errno));
    else if (len == 0)
        rc = err_set(err, ERR_CREDENTIALS, "%s names an empty file", token_file_variable);
    else if (len == sizeof bytes)
        rc = err_set(err, ERR_CREDENTIALS, "%s names a file of more than 16 KiB",
                     token_file_variable);
    else
        *out = mem_strndup(bytes, len);
    mem_wipe(bytes, len);
    return rc;
}

/* "Authorization: ..." or NULL if none is asked for. The caller's (mem_free_secret). */
static enum err_code read_authorization(char **out, struct err *err)
{
    const char *path = credentials_settings_env(token_file_variable);
    const char *variable = credentials_settings_env(token_variable);
    char *token = NULL;
    enum err_code rc = ERR_OK;

    *out = NULL;
    if (path)
        rc = read_token_file(path, &token, err);
    else if (variable)
        token = mem_strdup(variable);
    if (rc == ERR_OK && token && strpbrk(token, "\r\n"))
        rc = err_set(err, ERR_CREDENTIALS, "%s holds a line break; write it without",
                     path ? token_file_variable : token_variable);
    if (rc == ERR_OK && token)
        *out = mem_printf("Authorization: %s", token);
    mem_free_secret(token);
    return rc;
}

static void say_failed(struct identity *id, enum err_code code, const char *what)
{
    const struct container *container = id->state;
    char url[WORD_SIZE];
    credentials_chain_word(container->url, url);
    identity_fail(id, code, "container credentials from %s: %s; check the task's role and %s", url,
                  what, relative_variable);
}

static void ask(struct identity *id);

static void answered(struct identity *id, int status, const char *body, size_t len,
                     const struct err *err)
{
    struct container *container = id->state;
    struct credentials_keys keys = {0};
    struct err why;
    if (status == 200) {
        if (credentials_keys_from_json(body, len, &credentials_keys_metadata_form, &keys, &why) ==
            ERR_OK)
            identity_finish(id, &keys);
        else
            say_failed(id, ERR_CREDENTIALS, why.text);
        return;
    }
    bool is_transient = status == 0 || status == 429 || status >= 500;
    if (is_transient && container->attempts < MAX_ATTEMPTS) {
        identity_after(id, GAP_MS, ask);
        return;
    }
    char what[sizeof err->text];
    if (status == 0)
        (void)snprintf(what, sizeof what, "%s", err->text);
    else
        (void)snprintf(what, sizeof what, "answered with status %d", status);
    say_failed(id, status == 0 ? err->code : ERR_CREDENTIALS, what);
}

static void ask(struct identity *id)
{
    struct container *container = id->state;
    struct err err;
    char *authorization = NULL;
    container->attempts++;
    if (read_authorization(&authorization, &err) != ERR_OK) {
        say_failed(id, err.code, err.text);
        return;
    }
    const char *headers[] = {"Accept: application/json", authorization, NULL};
    identity_fetch(id,
                   &(struct http_request){
                       .method = "GET",
                       .url = container->url,
                       .headers = headers,
                       .timeout_ms = TIMEOUT_MS,
                       .no_proxy = true,
                   },
                   answered);
    mem_free_secret(authorization);
}

static void start(struct identity *id)
{
    ((struct container *)id->state)->attempts = 0;
    ask(id);
}

static void stop(struct identity *id)
{
    struct container *container = id->state;
    if (container)
        mem_free(container->url);
    mem_free(container);
}

const struct source credentials_container_source = {
    .name = "container",
    .from = FROM_MACHINE,
    .is_asked = is_asked,
    .missed = missed,
    .make = make,
    .start = start,
    .stop = stop,
};
