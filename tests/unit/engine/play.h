/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A play: an engine in its own threads, and a test that is both the client and
 * the servers, one line after the other. Everything waits at most two seconds.
 */
#pragma once

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hand.h"

#define PLAY_WAIT    2000 /* ms */
#define PLAY_SERVERS 3

struct play {
    struct hand hand;
    struct engine *engine;
    struct state_world *world;
    int listener;
    uint16_t port;
    int servers[PLAY_SERVERS]; /* listening sockets */
    char got[65536];           /* what the last expectation read */
};

/* The model can be changed between play_begin and play_start. */
static inline struct play *play_begin(enum language language, unsigned servers)
{
    struct play *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    (void)signal(SIGPIPE, SIG_IGN);
    hand_begin(&p->hand, language, PROTOCOL_HTTP);
    for (unsigned i = 0; i < PLAY_SERVERS; i++) {
        p->servers[i] = -1;
        if (i < servers) {
            p->servers[i] = hand_listen(0);
            assert_true(p->servers[i] >= 0);
            (void)hand_add_server(&p->hand, hand_port(p->servers[i]));
        }
    }
    return p;
}

static inline void play_start(struct play *p, unsigned threads)
{
    p->listener = hand_listen(0);
    assert_true(p->listener >= 0);
    p->port = hand_port(p->listener);
    assert_true(hand_finish(&p->hand));
    p->world = state_world_new(span_of(NULL, 0), threads);
    p->engine = engine_start(&(struct engine_options){
        .threads = threads, .heartbeat = DURATION_NONE, .temp_dir = -1, .world = p->world });
    assert_non_null(p->engine);
    hand_publish(&p->hand, p->engine, p->world, p->listener);
}

/* A new model of the same servers, to be changed and then published. */
static inline void play_reload_begin(struct play *p)
{
    hand_begin(&p->hand, p->hand.language, PROTOCOL_HTTP);
    for (unsigned i = 0; i < PLAY_SERVERS; i++)
        if (p->servers[i] >= 0)
            (void)hand_add_server(&p->hand, hand_port(p->servers[i]));
}

/* Waits until every thread has taken it. <listens>: on the socket that is there. */
static inline void play_reload(struct play *p, bool listens)
{
    assert_true(hand_finish(&p->hand));
    hand_publish(&p->hand, p->engine, p->world, listens ? p->listener : -1);
    for (int i = 0; i < PLAY_WAIT && !engine_adopted(p->engine); i++)
        (void)usleep(1000);
    assert_true(engine_adopted(p->engine));
}

static inline void play_end(struct play *p)
{
    engine_stop(&p->engine, DURATION_S(1));
    state_world_free(&p->world);
    (void)close(p->listener);
    for (unsigned i = 0; i < PLAY_SERVERS; i++)
        if (p->servers[i] >= 0)
            (void)close(p->servers[i]);
    free(p);
}

static inline bool play_ready(int fd, short events, int ms)
{
    struct pollfd f = { .fd = fd, .events = events };

    return poll(&f, 1, ms) == 1;
}

static inline int play_client(const struct play *p)
{
    struct address a = hand_loopback(p->port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
    return fd;
}

/* The next connection to server <i>. */
static inline int play_accept(const struct play *p, unsigned i)
{
    assert_true(play_ready(p->servers[i], POLLIN, PLAY_WAIT));
    int fd = accept(p->servers[i], NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

/* Nobody connects to server <i> for a while. */
static inline void play_nobody(const struct play *p, unsigned i)
{
    assert_false(play_ready(p->servers[i], POLLIN, 50));
}

static inline void say(int fd, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

/* Reads until what was read ends with <end>; NULL: until the connection ends. Returns all of it. */
static inline const char *hear(struct play *p, int fd, const char *end)
{
    size_t len = 0;

    for (;;) {
        p->got[len] = 0;
        if (end && len >= strlen(end) && strcmp(p->got + len - strlen(end), end) == 0)
            return p->got;
        if (!play_ready(fd, POLLIN, PLAY_WAIT))
            fail_msg("waited in vain after: %s", p->got);
        /* With an <end> not a byte more is taken: what follows is for the next expectation. */
        ssize_t n = recv(fd, p->got + len, end ? 1 : sizeof(p->got) - 1 - len, 0);
        if (n <= 0 && !end)
            return p->got;
        if (n <= 0)
            fail_msg("ended (%s) after: %s", n ? strerror(errno) : "FIN", p->got);
        len += (size_t)n;
    }
}

static inline void hear_exactly(struct play *p, int fd, const char *text)
{
    size_t len = 0;

    for (p->got[0] = 0; len < strlen(text); p->got[len] = 0) {
        if (!play_ready(fd, POLLIN, PLAY_WAIT))
            fail_msg("waited in vain after: %s", p->got);
        ssize_t n = recv(fd, p->got + len, strlen(text) - len, 0);
        if (n <= 0)
            fail_msg("ended (%s) after: %s", n ? strerror(errno) : "FIN", p->got);
        len += (size_t)n;
    }
    assert_string_equal(p->got, text);
}

/* As many sessions are left as that, sooner or later. */
static inline void play_sessions(const struct play *p, uint32_t count)
{
    for (int i = 0; i < PLAY_WAIT / 10 && engine_sessions(p->engine) != count; i++)
        (void)usleep(10000);
    assert_int_equal(engine_sessions(p->engine), count);
}

static inline void hear_end(struct play *p, int fd)
{
    assert_string_equal(hear(p, fd, NULL), "");
}

/* Nothing comes for a while. */
static inline void hear_nothing(int fd)
{
    assert_false(play_ready(fd, POLLIN, 50));
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

static inline void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in: %s", part, text);
}
