/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An origin server and a load generator for benchmarks: HTTP/1.1, epoll, one
 * thread, no allocation while it measures. Not a general client: it expects
 * answers with Content-Length, and it judges only their status and size.
 *
 *   load origin PORT
 *   load run PORT CONNECTIONS TARGET keepalive|close WARM-UP SECONDS
 *   load idle PORT CONNECTIONS TARGET
 *
 * A target is /N, /Nk or /Nm: an answer of that many bytes. `run` prints
 * "begin" after the warm-up, "end" after the measured time, then one line of
 * JSON. `idle` asks once on each connection, prints "ready" and keeps them
 * open until its standard input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX (16 << 20)
#define HEAD_MAX 4096
#define EVENTS   256

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void watch(int poll, int fd, uint32_t events, void *what)
{
    struct epoll_event e = { .events = events, .data.ptr = what };
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) < 0)
        die("epoll_ctl");
}

static void no_delay(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

/* "/100k" to 102400; what is no number is 0 */
static size_t size_of_target(const char *target)
{
    char *end;
    unsigned long n = strtoul(target + 1, &end, 10);
    n <<= *end == 'k' ? 10 : *end == 'm' ? 20 : 0;
    return n < BODY_MAX ? n : BODY_MAX;
}

/* ---- origin ---- */

struct client {
    int fd;
    size_t have;      /* bytes of a head that is not whole yet */
    size_t head_left; /* bytes of the answer's head still to send */
    size_t body_left;
    size_t head_size;
    char in[HEAD_MAX];
    char head[128];
};

static char *body; /* what every answer is cut from */

/* true when the answer went out whole */
static bool client_send(struct client *c)
{
    while (c->head_left + c->body_left) {
        struct iovec v[2] = { { c->head + c->head_size - c->head_left, c->head_left },
                              { body, c->body_left } };
        ssize_t n = writev(c->fd, v + (c->head_left == 0), c->head_left && c->body_left ? 2 : 1);
        if (n <= 0)
            return false;
        size_t sent = (size_t)n, part = sent < c->head_left ? sent : c->head_left;
        c->head_left -= part;
        c->body_left -= sent - part;
    }
    return true;
}

/* answers the first request in the buffer; false when it is not whole */
static bool client_answer(struct client *c)
{
    char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (!end)
        return false;
    char *target = memchr(c->in, ' ', c->have);
    c->body_left = target ? size_of_target(target + 1) : 0;
    c->head_size = c->head_left = (size_t)snprintf(
        c->head, sizeof c->head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
        c->body_left);
    c->have -= (size_t)(end + 4 - c->in);
    memmove(c->in, end + 4, c->have);
    return true;
}

/* false when the connection is over */
static bool client_event(struct client *c)
{
    for (;;) {
        if (!client_send(c))
            return errno == EAGAIN;
        if (client_answer(c))
            continue;
        if (c->have == sizeof c->in)
            return false;
        ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        c->have += (size_t)n;
    }
}

static void origin_accept(int poll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct client *c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        c->fd = fd;
        no_delay(fd);
        watch(poll, fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
    }
}

static void origin(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0)
        die("listen");
    body = malloc(BODY_MAX);
    if (!body)
        die("malloc");
    memset(body, 'x', BODY_MAX);
    watch(poll, listener, EPOLLIN, NULL);
    for (;;) {
        struct epoll_event ready[EVENTS];
        int n = epoll_wait(poll, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = ready[i].data.ptr;
            if (!c) {
                origin_accept(poll, listener);
            } else if (!client_event(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
}

/* ---- generator ---- */

struct flow { /* one connection that asks again and again */
    int fd;
    bool connected;
    uint64_t asked_at;
    size_t have;
    size_t body_left;
    char in[HEAD_MAX];
};

struct run {
    struct sockaddr_in to;
    int poll;
    bool close_each;
    bool measuring;
    char ask[256];
    size_t ask_size;
    size_t expected;
    uint64_t good, bad, bytes;
    uint32_t *times; /* of every measured answer, in us */
    size_t times_room;
};

static char sink[256 << 10];

static void flow_ask(struct run *r, struct flow *f)
{
    f->asked_at = now_us();
    f->have = f->body_left = 0;
    if (send(f->fd, r->ask, r->ask_size, MSG_NOSIGNAL) != (ssize_t)r->ask_size)
        r->bad++;
}

static void flow_open(struct run *r, struct flow *f)
{
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (f->fd < 0)
        die("socket");
    no_delay(f->fd);
    f->connected = false;
    f->asked_at = now_us();
    f->have = f->body_left = 0;
    if (connect(f->fd, (struct sockaddr *)&r->to, sizeof r->to) < 0 && errno != EINPROGRESS)
        r->bad++;
    watch(r->poll, f->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, f);
}

static void flow_again(struct run *r, struct flow *f)
{
    close(f->fd);
    flow_open(r, f);
}

static void flow_done(struct run *r, struct flow *f)
{
    uint64_t took = now_us() - f->asked_at;
    if (r->measuring) {
        if (r->good < r->times_room)
            r->times[r->good] = (uint32_t)took;
        r->good++;
        r->bytes += r->expected;
    }
    if (r->close_each)
        flow_again(r, f);
    else
        flow_ask(r, f);
}

/* the whole head is in f->in, <size> bytes; false when it is not the answer we want */
static bool flow_head(struct run *r, struct flow *f, size_t size)
{
    f->in[size - 1] = 0; /* the last LF of the empty line */
    char *length = strcasestr(f->in, "\r\ncontent-length:");
    if (strncmp(f->in, "HTTP/1.1 200", 12) != 0 || !length)
        return false;
    size_t all = strtoul(length + 17, NULL, 10), here = f->have - size;
    if (all != r->expected || here > all)
        return false;
    f->body_left = all - here;
    f->have = SIZE_MAX; /* the head is behind us */
    return true;
}

/* reads what came; false when the connection must be opened anew */
static bool flow_read(struct run *r, struct flow *f)
{
    for (;;) {
        bool in_body = f->have == SIZE_MAX;
        ssize_t n =
            in_body ? recv(f->fd, sink, f->body_left < sizeof sink ? f->body_left : sizeof sink, MSG_TRUNC)
                    : recv(f->fd, f->in + f->have, sizeof f->in - 1 - f->have, 0);
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        if (in_body) {
            f->body_left -= (size_t)n;
        } else {
            f->have += (size_t)n;
            char *end = memmem(f->in, f->have, "\r\n\r\n", 4);
            if (!end && f->have < sizeof f->in - 1)
                continue;
            if (!end || !flow_head(r, f, (size_t)(end + 4 - f->in)))
                return false;
        }
        if (f->body_left == 0) {
            flow_done(r, f);
            if (r->close_each)
                return true;
        }
    }
}

static void flow_event(struct run *r, struct flow *f, uint32_t events)
{
    if (!f->connected) {
        if (events & (EPOLLERR | EPOLLHUP)) {
            r->bad++;
            flow_again(r, f);
            return;
        }
        if (!(events & EPOLLOUT))
            return;
        uint64_t began = f->asked_at;
        f->connected = true;
        flow_ask(r, f);
        if (r->close_each)
            f->asked_at = began; /* the connection is part of the price */
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP) && !flow_read(r, f)) {
        r->bad += r->measuring;
        flow_again(r, f);
    }
}

static void turn(struct run *r, uint64_t until)
{
    while (now_us() < until) {
        struct epoll_event ready[EVENTS];
        int n = epoll_wait(r->poll, ready, EVENTS, 20);
        for (int i = 0; i < n; i++)
            flow_event(r, ready[i].data.ptr, ready[i].events);
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(struct run *r, double seconds)
{
    size_t n = r->good < r->times_room ? r->good : r->times_room;
    qsort(r->times, n, sizeof *r->times, by_value);
    uint32_t p50 = n ? r->times[n / 2] : 0, p99 = n ? r->times[n * 99 / 100] : 0;
    printf("{\"requests\": %llu, \"bad\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %u, "
           "\"p99_us\": %u}\n",
           (unsigned long long)r->good, (unsigned long long)r->bad, (unsigned long long)r->bytes, seconds,
           p50, p99);
}

static void prepare(struct run *r, const char *port, const char *target, bool close_each)
{
    memset(r, 0, sizeof *r);
    r->to = (struct sockaddr_in){ .sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    r->poll = epoll_create1(0);
    r->close_each = close_each;
    r->expected = size_of_target(target);
    r->ask_size = (size_t)snprintf(
        r->ask, sizeof r->ask,
        "GET %s HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: load\r\nAccept: */*\r\n%s\r\n", target,
        close_each ? "Connection: close\r\n" : "");
    r->times_room = 4u << 20;
    r->times = malloc(r->times_room * sizeof *r->times);
    if (!r->times)
        die("malloc");
}

static int generate(char **argv)
{
    struct run r;
    unsigned long count = strtoul(argv[1], NULL, 10);
    prepare(&r, argv[0], argv[2], strcmp(argv[3], "close") == 0);
    double warm = strtod(argv[4], NULL), seconds = strtod(argv[5], NULL);
    struct flow *flows = calloc(count, sizeof *flows);
    if (!flows)
        die("calloc");
    for (unsigned long i = 0; i < count; i++)
        flow_open(&r, &flows[i]);
    turn(&r, now_us() + (uint64_t)(warm * 1e6));
    puts("begin");
    fflush(stdout);
    uint64_t began = now_us();
    r.measuring = true;
    r.bad = 0;
    turn(&r, began + (uint64_t)(seconds * 1e6));
    uint64_t ended = now_us();
    puts("end");
    fflush(stdout);
    report(&r, (double)(ended - began) / 1e6);
    return 0;
}

static int idle(char **argv)
{
    struct run r;
    unsigned long count = strtoul(argv[1], NULL, 10);
    prepare(&r, argv[0], argv[2], false);
    for (unsigned long i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        size_t have = 0;
        if (fd < 0 || connect(fd, (struct sockaddr *)&r.to, sizeof r.to) < 0 ||
            send(fd, r.ask, r.ask_size, MSG_NOSIGNAL) < 0)
            die("idle connection");
        while (have < r.expected) { /* head and body together are longer than the body */
            ssize_t n = recv(fd, sink, sizeof sink, 0);
            if (n <= 0)
                die("idle answer");
            have += (size_t)n;
        }
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "origin") == 0)
        origin((uint16_t)strtoul(argv[2], NULL, 10));
    if (argc == 8 && strcmp(argv[1], "run") == 0)
        return generate(argv + 2);
    if (argc == 5 && strcmp(argv[1], "idle") == 0)
        return idle(argv + 2);
    fputs("usage: load origin PORT | load run PORT CONNECTIONS TARGET keepalive|close WARM-UP SECONDS | load "
          "idle PORT CONNECTIONS TARGET\n",
          stderr);
    return 2;
}
