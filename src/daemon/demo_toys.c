/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/demo_toys.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "os/process.h"

#define HEAD_MAX    8192
#define SLOW_MS     250
#define FAILS_EVERY 5
#define QUIET_S     65

struct visitor {
    int fd;
    unsigned toy;     /* 0 quick, 1 slow, 2 fails now and then */
    unsigned *served; /* of that toy; only for the page's text */
};

static const char *const names[TOYS] = { "quick", "slow", "moody" };

bool toys_open(struct toys *t)
{
    for (unsigned i = 0; i < TOYS; i++) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(at);
        t->sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (t->sockets[i] < 0 || bind(t->sockets[i], (struct sockaddr *)&at, len) < 0 ||
            listen(t->sockets[i], 128) < 0 || getsockname(t->sockets[i], (struct sockaddr *)&at, &len) < 0)
            return false;
        t->ports[i] = ntohs(at.sin_port);
    }
    return true;
}

/* A request without a body, up to its blank line; toys need no more. */
static bool read_head(int fd, char head[HEAD_MAX])
{
    size_t len = 0;

    while (len < HEAD_MAX - 1) {
        ssize_t n = recv(fd, head + len, HEAD_MAX - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static bool answer(const struct visitor *v, unsigned number, bool is_head)
{
    char body[256], text[512];
    bool fails = v->toy == 2 && number % FAILS_EVERY == 0;

    if (v->toy == 1)
        (void)nanosleep(&(struct timespec){ .tv_nsec = SLOW_MS * 1000000L }, NULL);
    int body_len =
        snprintf(body, sizeof(body), "%s: answer %u\n", fails ? "moody is in a mood" : names[v->toy], number);
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nX-Toy: %s\r\n\r\n%s",
                       fails ? "500 Internal Server Error" : "200 OK", body_len, names[v->toy],
                       is_head ? "" : body);
    return send(v->fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static void *serve(void *argument)
{
    struct visitor *v = argument;
    char head[HEAD_MAX];

    while (read_head(v->fd, head))
        if (!answer(v, __atomic_add_fetch(v->served, 1, __ATOMIC_RELAXED), strncmp(head, "HEAD ", 5) == 0))
            break;
    (void)close(v->fd);
    free(v);
    return NULL;
}

static void welcome(int listener, unsigned toy, unsigned *served)
{
    struct timeval quiet = { .tv_sec = QUIET_S };
    pthread_t thread;
    struct visitor *v = malloc(sizeof(*v));
    int fd = accept(listener, NULL, NULL);

    if (v == NULL || fd < 0) {
        free(v);
        return;
    }
    *v = (struct visitor){ fd, toy, served };
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &quiet, sizeof(quiet));
    if (pthread_create(&thread, NULL, serve, v) != 0) {
        (void)close(fd);
        free(v);
        return;
    }
    (void)pthread_detach(thread);
}

/* Until the other end of <alive> closes: the demo is over. */
NORETURN static void run(const struct toys *t, int alive, const char *file, const char *folder)
{
    struct pollfd fds[TOYS + 1];
    unsigned served[TOYS] = { 0 };

    for (unsigned i = 0; i < TOYS; i++)
        fds[i] = (struct pollfd){ .fd = t->sockets[i], .events = POLLIN };
    fds[TOYS] = (struct pollfd){ .fd = alive, .events = POLLIN };
    for (;;) {
        if (poll(fds, COUNT_OF(fds), -1) < 0 && errno != EINTR)
            break;
        if (fds[TOYS].revents != 0)
            break;
        for (unsigned i = 0; i < TOYS; i++)
            if (fds[i].revents & POLLIN)
                welcome(fds[i].fd, i, &served[i]);
    }
    (void)unlink(file);
    (void)rmdir(folder);
    _exit(0);
}

bool toys_start(struct toys *t, const char *file, const char *folder)
{
    int alive[2]; /* nobody writes: its end of file is the message */
    pid_t pid;

    if (pipe(alive) < 0 || (pid = fork()) < 0)
        return false;
    if (pid == 0) {
        (void)close(alive[1]);
        (void)signal(SIGINT, SIG_IGN); /* Ctrl-C is the balancer's; we follow */
        (void)signal(SIGTERM, SIG_IGN);
        process_set_name("keel-toys");
        run(t, alive[0], file, folder);
    }
    (void)close(alive[0]);
    for (unsigned i = 0; i < TOYS; i++)
        (void)close(t->sockets[i]);
    return true; /* alive[1] stays open as long as this process */
}
