/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small configurations of HAProxy's shape for tests of admin: frontend "web"
 * before backend "web" with w1, w2, w3 (checked), and `listen tcp` with t1 (not
 * checked). What the engine and the checks would have written is written here.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "admin/admin.h"
#include "admin/view.h"
#include "model/config.h"
#include "state/snapshot.h"

#define THREADS 2
#define START_S 1000 /* when the process began, on the monotonic clock */
#define WALL_US UINT64_C(1795348811204000)

struct world {
    struct config *c;
    struct diags *d;
    struct state_world *state;
    struct snapshot *snapshot;
    struct admin_process process;
    struct admin_now now;
    struct service *web, *tcp;
    struct pool *web_pool, *tcp_pool;
    struct server *w1, *w2, *w3, *t1;
    char file[1000];  /* what places are in */
    char audit[8192]; /* lines, one behind the other */
    size_t audited;
};

static inline void keep_audit(void *self, struct span line)
{
    struct world *w = self;

    assert_true(w->audited + line.len + 1 < sizeof(w->audit));
    memcpy(w->audit + w->audited, line.ptr, line.len);
    w->audited += line.len;
    w->audit[w->audited++] = '\n';
}

static inline struct span audit_of(const struct world *w)
{
    return span_of(w->audit, w->audited);
}

static inline struct where place(uint32_t offset)
{
    return (struct where){ 1, offset, 1 };
}

static inline struct server *add_server(struct world *w, struct pool *p, const char *name, uint16_t port,
                                        bool checked)
{
    struct server *s = config_add_server(w->c, p);

    s->name = arena_span(w->c->arena, span_from(name));
    assert_true(address_parse_ip(SPAN("127.0.0.1"), &s->address));
    address_set_port(&s->address, port);
    s->weight = 1;
    s->at = place(p->at.offset + 1 + p->servers.count);
    if (checked) {
        struct check *c = ARENA_NEW(w->c->arena, struct check);
        *c = (struct check){ .kind = CHECK_HTTP,
                             .interval = DURATION_S(2),
                             .fast_interval = DURATION_NONE,
                             .down_interval = DURATION_NONE,
                             .timeout = DURATION_S(1),
                             .rise = 2,
                             .fall = 3 };
        s->check = c;
    }
    return s;
}

static inline struct service *add_service(struct world *w, const char *name, enum protocol protocol,
                                          uint32_t at)
{
    struct service *s = config_add_service(w->c, LANGUAGE_HAPROXY, span_from(name));
    struct listener *l = config_add_listener(w->c);

    s->protocol = protocol;
    s->at = place(at);
    s->entry = config_add_scope(w->c, LANGUAGE_HAPROXY, span_from(name));
    assert_true(address_parse_ip(SPAN("127.0.0.1"), &l->address));
    address_set_port(&l->address, (uint16_t)(8000 + at));
    l->written = SPAN("127.0.0.1:80");
    l->service = s;
    l->at = place(at);
    return s;
}

/* Not sealed yet: change the model, then world_open. */
static inline void world_build(struct world *w)
{
    memset(w, 0, sizeof(*w));
    w->c = config_new();
    w->d = diags_new();
    memset(w->file, '\n', sizeof(w->file));
    (void)diags_add_source(w->d, SPAN("haproxy.cfg"), span_of(w->file, sizeof(w->file)));
    w->c->process.connections_max = 9982;
    *ARENA_PUSH(w->c->arena, &w->c->process.control_sockets) = (struct control_socket){ .level = 2 };
    w->web = add_service(w, "web", PROTOCOL_HTTP, 10);
    w->web->connections_max = 100;
    w->web_pool = config_add_pool(w->c, LANGUAGE_HAPROXY, SPAN("web"));
    w->web_pool->at = place(100);
    w->web_pool->uses = 1;
    w->web_pool->algorithm = BALANCE_STRIDE;
    w->w1 = add_server(w, w->web_pool, "w1", 8081, true);
    w->w2 = add_server(w, w->web_pool, "w2", 8082, true);
    w->w3 = add_server(w, w->web_pool, "w3", 8083, true);
    w->tcp = add_service(w, "tcp", PROTOCOL_TCP, 200);
    w->tcp_pool = config_add_pool(w->c, LANGUAGE_HAPROXY, SPAN("tcp"));
    w->tcp_pool->at = place(200);
    w->tcp_pool->uses = 1;
    w->tcp->entry->pool = w->tcp_pool;
    struct action *a = action_add(w->c, w->tcp->entry, HOOK_CONTENT, ACTION_PROXY, place(200));
    a->proxy = ARENA_NEW(w->c->arena, struct proxy);
    a->proxy->pool = w->tcp_pool;
    w->t1 = add_server(w, w->tcp_pool, "t1", 3306, false);
}

static inline void world_open(struct world *w)
{
    assert_true(config_seal(w->c, w->d));
    w->state = state_world_new(SPAN(""), THREADS);
    w->snapshot = snapshot_new(w->state, w->c);
    w->process = (struct admin_process){ .version = SPAN("3.3.0-evenkeel-0.1.0"),
                                         .hostname = SPAN("director1"),
                                         .pid = 4711,
                                         .threads = THREADS,
                                         .files_max = 20028, /* enough for 9982 connections */
                                         .started = { START_S * UINT64_C(1000000) },
                                         .started_wall_us = WALL_US,
                                         .audit = keep_audit,
                                         .self = w };
    w->process.window = window_new(w->process.started);
    w->now = (struct admin_now){ .process = &w->process, .snapshot = w->snapshot };
}

/* <seconds> since the start. */
static inline instant at(double seconds)
{
    return (instant){ (uint64_t)((START_S + seconds) * 1000000) };
}

static inline void world_at(struct world *w, double seconds)
{
    w->now.now = at(seconds);
    w->now.wall_us = WALL_US + (uint64_t)(seconds * 1000000);
}

static inline void world_close(struct world *w)
{
    snapshot_put(w->snapshot);
    state_world_free(&w->state);
    window_free(&w->process.window);
    config_free(&w->c);
    diags_free(&w->d);
}

static inline struct server_state *state_of(struct world *w, const struct server *s)
{
    return snapshot_server(w->snapshot, s);
}

/* <n> answers of <status> by <s>, each with its first byte after <us>; counted for server, pool and service.
 */
static inline void answers(struct world *w, const struct server *s, unsigned n, unsigned status, uint64_t us)
{
    struct counts_block *blocks[] = { server_counts(state_of(w, s), 0),
                                      pool_counts(snapshot_pool(w->snapshot, s->pool), 0),
                                      service_counts(snapshot_service(w->snapshot, w->web), 0) };

    for (unsigned b = 0; b < 3; b++)
        for (unsigned i = 0; i < n; i++) {
            counts_bump(blocks[b], requests, 1);
            counts_bump(blocks[b], sessions, 1);
            counts_status(blocks[b], status);
            histogram_record(&blocks[b]->first_byte, us);
        }
}

/* <n> results alike, a second apart, beginning at <from>. */
static inline void checked(struct world *w, const struct server *s, unsigned n, enum check_result r,
                           int32_t detail, double from)
{
    for (unsigned i = 0; i < n; i++)
        (void)server_checked(state_of(w, s), s->check, r, detail, 3, at(from + i));
}
