/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine without a configuration language: serves a hand-built model until
 * SIGTERM, to be measured and attacked before, and apart from, the dialects.
 *
 *   engine_bench [-n] [-t THREADS] [-s SPIN_US] [-T SECONDS] [-p] [-x] PORT SERVER_PORT...
 *     -n  as nginx's files ask (buffered); else as HAProxy's (streamed)
 *     -T  all timeouts    -p  plain TCP    -x  /forbidden is answered 403
 */
#include <signal.h>
#include <stdio.h>

#include "../unit/engine/hand.h"

struct options {
    enum language language;
    enum protocol protocol;
    uint32_t threads, spin, timeout;
    bool forbid;
};

static void set_timeouts(struct hand *h, uint32_t seconds)
{
    duration d = DURATION_S(seconds);

    h->client->head_timeout = h->client->body_timeout = h->client->send_timeout = d;
    h->server->connect_timeout = h->server->read_timeout = h->server->send_timeout = d;
    h->client->linger_timeout = DURATION_S(1);
    h->client->idle_timeout = DURATION_S(seconds + 1);
    h->server->retry_pause = DURATION_MS(0);
}

static struct options parse(int argc, char **argv)
{
    struct options o = { .language = LANGUAGE_HAPROXY, .protocol = PROTOCOL_HTTP, .threads = 1 };

    for (int c; (c = getopt(argc, argv, "nt:s:T:px")) != -1;) {
        uint32_t number = optarg ? (uint32_t)strtoul(optarg, NULL, 10) : 0;
        switch (c) {
        case 'n':
            o.language = LANGUAGE_NGINX;
            break;
        case 't':
            o.threads = number;
            break;
        case 's':
            o.spin = number;
            break;
        case 'T':
            o.timeout = number;
            break;
        case 'p':
            o.protocol = PROTOCOL_TCP;
            break;
        case 'x':
            o.forbid = true;
            break;
        default:
            exit(2);
        }
    }
    return o;
}

static void build(struct hand *h, const struct options *o, char **ports)
{
    hand_begin(h, o->language, o->protocol);
    if (o->timeout)
        set_timeouts(h, o->timeout);
    if (o->forbid) {
        hand_add_deny(h, "/forbidden", 403, MATCH_BEGIN);
        hand_add_deny(h, "/forbidden", 403, MATCH_SUB);
    }
    for (; *ports; ports++)
        (void)hand_add_server(h, (uint16_t)strtoul(*ports, NULL, 10));
    if (!hand_finish(h)) {
        fputs("the model was refused\n", stderr);
        exit(1);
    }
}

static void wait_for_end(void)
{
    sigset_t set;
    int got;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    (void)sigwait(&set, &got);
}

static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    struct hand h;

    if (argc - optind < 2) {
        fputs(
            "usage: engine_bench [-n] [-t THREADS] [-s SPIN_US] [-T SECONDS] [-p] [-x] PORT SERVER_PORT...\n",
            stderr);
        return 2;
    }
    block_signals();
    build(&h, &o, argv + optind + 1);
    int fd = hand_listen((uint16_t)strtoul(argv[optind], NULL, 10));
    struct state_world *world = state_world_new(span_of(NULL, 0), o.threads);
    struct engine *e = engine_start(&(struct engine_options){ .threads = o.threads,
                                                              .spin_us = o.spin,
                                                              .heartbeat = DURATION_NONE,
                                                              .temp_dir = -1,
                                                              .world = world });
    if (fd < 0 || !e) {
        perror("engine_bench");
        return 1;
    }
    hand_publish(&h, e, world, fd);
    wait_for_end();
    engine_stop(&e, DURATION_S(1));
    state_world_free(&world);
    (void)close(fd);
    return 0;
}
