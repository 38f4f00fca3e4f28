/* A server in this process that does what a script says: row after row, a request each, the last
 * one for ever. A thread for each connection. For tests of one program each: everything is static.
 */
#ifndef KEYFALL_TESTS_LOOPBACK_H
#define KEYFALL_TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum manner {
    WHOLE,      /* as it should be */
    THEN_CLOSE, /* and close without saying so */
    CUT,        /* half of the body, then close */
    RESET,      /* close with a reset before anything is sent */
    HANG,       /* headers never come */
    DRIP,       /* a byte now and then, without end */
};

struct reply {
    int status;
    const char *body;
    const char *header; /* "Name: value\r\n" or NULL */
    enum manner manner;
};

#define MAX_SEEN 64
struct server {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    const struct reply *script; /* the last row goes on for ever */
    size_t n_script;
    size_t n_seen;
    char seen[MAX_SEEN][4096]; /* requests, head and body */
    bool is_ending;
    int n_open;
};

__attribute__((unused)) static bool is_ending(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    bool ending = s->is_ending;
    pthread_mutex_unlock(&s->lock);
    return ending;
}

/* Reads one request; false if the peer closed or the server ends. */
__attribute__((unused)) static bool read_request(struct server *s, int fd, char *out, size_t size)
{
    size_t n = 0, want = 0;
    while (n + 1 < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (is_ending(s))
            return false;
        if (poll(&p, 1, 20) == 0)
            continue;
        ssize_t got = recv(fd, out + n, size - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        out[n] = '\0';
        if (out[0] == 0x16) /* a TLS handshake, which this server answers as if it were HTTP */
            return true;
        const char *end = strstr(out, "\r\n\r\n");
        if (end && want == 0) {
            const char *length = strcasestr(out, "content-length:");
            want = (size_t)(end + 4 - out) +
                   (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
        }
        if (want > 0 && n >= want)
            return true;
    }
    return true;
}

__attribute__((unused)) static bool wait_or_end(struct server *s, int ms)
{
    for (; ms > 0; ms -= 10) {
        if (is_ending(s))
            return false;
        usleep(10000);
    }
    return true;
}

__attribute__((unused)) static void put(int fd, const char *bytes, size_t len)
{
    ssize_t ignored = send(fd, bytes, len, MSG_NOSIGNAL);
    (void)ignored;
}

/* False: close the connection. */
__attribute__((unused)) static bool send_reply(struct server *s, int fd, const struct reply *r)
{
    char head[1024];
    size_t len = strlen(r->body);
    if (r->manner == RESET) {
        struct linger linger = {.l_onoff = 1};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        return false;
    }
    if (r->manner == HANG) {
        (void)wait_or_end(s, 5000);
        return false;
    }
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", r->status,
                     r->manner == DRIP ? 1000 : len, r->header ? r->header : "");
    put(fd, head, (size_t)n);
    if (r->manner == DRIP) {
        for (int i = 0; i < 1000 && wait_or_end(s, 100); i++)
            put(fd, " ", 1);
        return false;
    }
    put(fd, r->body, r->manner == CUT ? len / 2 : len);
    return r->manner == WHOLE;
}

struct connection {
    struct server *server;
    int fd;
};

__attribute__((unused)) static void *serve_connection(void *ctx)
{
    struct connection c = *(struct connection *)ctx;
    struct server *s = c.server;
    char request[4096];
    free(ctx);
    while (read_request(s, c.fd, request, sizeof request)) {
        pthread_mutex_lock(&s->lock);
        size_t at = s->n_seen < s->n_script ? s->n_seen : s->n_script - 1;
        if (s->n_seen < MAX_SEEN)
            memcpy(s->seen[s->n_seen], request, sizeof request);
        s->n_seen++;
        const struct reply *reply = &s->script[at];
        pthread_mutex_unlock(&s->lock);
        if (!send_reply(s, c.fd, reply))
            break;
    }
    close(c.fd);
    pthread_mutex_lock(&s->lock);
    s->n_open--;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

__attribute__((unused)) static void *serve(void *ctx)
{
    struct server *s = ctx;
    while (!is_ending(s)) {
        struct pollfd p = {.fd = s->listener, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        struct connection *c = malloc(sizeof *c);
        pthread_t thread;
        *c = (struct connection){s, fd};
        pthread_mutex_lock(&s->lock);
        s->n_open++;
        pthread_mutex_unlock(&s->lock);
        if (pthread_create(&thread, NULL, serve_connection, c) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

__attribute__((unused)) static void server_start(struct server *s, const struct reply *script,
                                                 size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    memset(s, 0, sizeof *s);
    s->script = script;
    s->n_script = n;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listener, 64), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

__attribute__((unused)) static void server_stop(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_ending = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    for (int open = 1; open > 0; usleep(5000)) {
        pthread_mutex_lock(&s->lock);
        open = s->n_open;
        pthread_mutex_unlock(&s->lock);
    }
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
}

#endif
