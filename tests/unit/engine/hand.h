/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model built by hand, as a dialect would build it, and an engine that serves
 * it on a loopback port: for the engine's tests and its bench, which need no
 * configuration language.
 */
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balance/balance.h"
#include "engine/engine.h"
#include "model/config.h"
#include "model/route.h"
#include "state/snapshot.h"

struct hand {
    enum language language;
    struct config *config;
    struct client_policy *client;
    struct server_policy *server;
    struct reply_set *replies;
    struct service *service;
    struct scope *front;
    struct pool *pool;
    struct proxy *proxy;
};

static inline struct address hand_loopback(uint16_t port)
{
    struct address a;

    (void)address_parse_ip(SPAN("127.0.0.1"), &a);
    address_set_port(&a, port);
    return a;
}

static inline struct client_policy *hand_client_policy(struct config *c, bool nginx)
{
    struct client_policy *p = ARENA_NEW(c->arena, struct client_policy);

    *p = (struct client_policy){
        .head_timeout = DURATION_S(60),
        .idle_timeout = DURATION_S(75),
        .body_timeout = DURATION_S(60),
        .send_timeout = DURATION_S(60),
        .tunnel_timeout = DURATION_NONE,
        .half_closed_timeout = DURATION_NONE,
        .life_max = DURATION_NONE,
        .head_max = nginx ? 32768 : 15360,
        .target_max = 8192,
        .fields_max = nginx ? 1000 : 101,
        .linger = LINGER_ON,
        .linger_time = DURATION_S(30),
        .linger_timeout = DURATION_S(5),
        .merge_slashes = nginx,
        .normalize_path = nginx,
        .quiet_probe = nginx,
        .server_field = nginx,
        .date_field = nginx,
        .connection_field = nginx,
        .absolute_redirect = nginx,
        .reject_error_codes_nginx = nginx,
    };
    return p;
}

static inline struct server_policy *hand_server_policy(struct config *c, bool nginx)
{
    struct server_policy *p = ARENA_NEW(c->arena, struct server_policy);

    *p = (struct server_policy){
        .connect_timeout = DURATION_S(5),
        .send_timeout = DURATION_S(60),
        .read_timeout = DURATION_S(60),
        .queue_timeout = DURATION_NONE,
        .tunnel_timeout = DURATION_NONE,
        .half_closed_timeout = DURATION_NONE,
        .tries_max = nginx ? 0 : 4,
        .tries_time = DURATION_NONE,
        .tries_repeat = !nginx,
        .gateway_statuses = nginx,
        .retry_on = nginx ? RETRY_CONNECT | RETRY_CLOSED | RETRY_TIMEOUT : RETRY_CONNECT,
        .redispatch = nginx ? 1 : -1,
        .retry_pause = nginx ? DURATION_MS(0) : DURATION_S(1),
        .buffer_request = nginx,
        .buffer_response = nginx,
        .head_buffer = nginx ? 4096 : 0,
        .body_memory = 16384,
        .response_memory = 65536,
        .response_file_max = nginx ? UINT64_C(1) << 30 : 0,
        .abort_with_client = nginx,
        .keepalive = true,
    };
    return p;
}

static inline void hand_add_reply(struct hand *h, uint16_t status, struct span body)
{
    struct reply *r = ARENA_NEW(h->config->arena, struct reply);

    r->status = status;
    r->default_page = true;
    r->content_type = SPAN("text/plain");
    r->body = expr_text(h->config->arena, body);
    *ARENA_PUSH(h->config->arena, &h->replies->replies) = r;
}

/* "if the path begins with <prefix>, answer <status>". */
static inline void hand_add_deny(struct hand *h, const char *prefix, uint16_t status, enum match how)
{
    struct arena *a = h->config->arena;
    struct test *t = ARENA_NEW(a, struct test);
    struct reply *r = ARENA_NEW(a, struct reply);

    t->subject = expr_fetch(a, h->language == LANGUAGE_NGINX ? FETCH_URI_NORMAL : FETCH_PATH, SPAN(""));
    t->how = how;
    *ARENA_PUSH(a, &t->texts) = span_from(prefix);
    test_finish(a, t);
    r->status = status;
    r->default_page = true;
    struct action *x = action_add(h->config, h->front, HOOK_REQUEST, ACTION_REPLY, (struct where){ 0 });
    x->when = cond_of_test(a, t);
    x->reply = r;
}

static inline struct server *hand_add_server(struct hand *h, uint16_t port)
{
    struct server *s = config_add_server(h->config, h->pool);

    s->address = hand_loopback(port);
    s->name = s->identity = arena_printf(h->config->arena, "127.0.0.1:%u", port);
    return s;
}

/* One service, one scope, one pool: everything goes to the pool by hand_finish. */
static inline void hand_begin(struct hand *h, enum language language, enum protocol protocol)
{
    bool nginx = language == LANGUAGE_NGINX;

    *h = (struct hand){ .language = language, .config = config_new() };
    struct config *c = h->config;
    struct listener *l = config_add_listener(c);
    h->service = l->service = config_add_service(c, language, SPAN("front"));
    h->service->protocol = protocol;
    h->front = h->service->entry = config_add_scope(c, language, SPAN("front"));
    l->address = hand_loopback(0);
    l->written = SPAN("127.0.0.1:0");
    h->client = hand_client_policy(c, nginx);
    h->server = hand_server_policy(c, nginx);
    h->front->client = h->client;
    h->front->server = h->server;
    h->replies = ARENA_NEW(c->arena, struct reply_set);
    h->front->replies = h->replies;
    h->pool = config_add_pool(c, language, SPAN("servers"));
    h->pool->idle_max = UINT32_MAX;
    h->pool->idle_timeout = DURATION_S(60);
    h->pool->reuse = REUSE_ALWAYS;
    h->pool->single_never_fails = nginx;
    h->proxy = ARENA_NEW(c->arena, struct proxy);
    *h->proxy = (struct proxy){ .pool = h->pool,
                                .scheme = SPAN("http"),
                                .default_fields = nginx,
                                .pass_fields = true,
                                .pass_body = true,
                                .minor = 1 };
    hand_add_reply(h, 400, SPAN("bad request\n"));
    hand_add_reply(h, 403, SPAN("forbidden\n"));
    hand_add_reply(h, 413, SPAN("too large\n"));
    hand_add_reply(h, 500, SPAN("internal error\n"));
    hand_add_reply(h, 502, SPAN("bad gateway\n"));
    hand_add_reply(h, 503, SPAN("unavailable\n"));
    hand_add_reply(h, 504, SPAN("gateway timeout\n"));
    if (!nginx)
        hand_add_reply(h, 408, SPAN("timeout\n"));
}

/* The last action, then sealed. false: the model's own rules refused it. */
static inline bool hand_finish(struct hand *h)
{
    struct diags *d = diags_new();

    action_add(h->config, h->front, HOOK_REQUEST, ACTION_PROXY, (struct where){ 0 })->proxy = h->proxy;
    bool sealed = config_seal(h->config, d);
    diags_free(&d);
    return sealed;
}

/* A listening socket on <port> of loopback (0: any); -1. */
static inline int hand_listen(uint16_t port)
{
    struct address a = hand_loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    (void)setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one)); /* what is accepted inherits it */
    if (bind(fd, &a.u.sa, a.len) == 0 && listen(fd, 4096) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static inline uint16_t hand_port(int fd)
{
    struct address a = { .len = sizeof(a.u) };

    (void)getsockname(fd, &a.u.sa, &a.len);
    return address_port(&a);
}

static inline void hand_free_config(void *config)
{
    struct config *c = config;

    config_free(&c);
}

/* The config is freed with its last generation. */
static inline void hand_publish(struct hand *h, struct engine *e, struct state_world *world, int fd)
{
    struct snapshot *s = snapshot_new(world, h->config);
    struct engine_socket socket = { .listener = 0, .fd = fd };

    balance_prepare(s);
    engine_publish(e, &(struct generation_parts){ .snapshot = s,
                                                  .sockets = &socket,
                                                  .socket_count = fd >= 0,
                                                  .on_end = hand_free_config,
                                                  .to = h->config });
}
