/* SPDX-License-Identifier: Apache-2.0 */
/* A request and its answer, as a stream would show them to expressions. */
#pragma once

#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/scratch.h"
#include "eval/eval.h"
#include "eval/recorder.h"
#include "model/config.h"
#include "state/snapshot.h"
#include "wire/message.h"

struct stage {
    struct facts f;
    struct config *c;
    struct diags *d;
    struct arena *a; /* the config's */
    struct pool *pool;
    struct service *service;
    struct state_world *world;
    struct snapshot *snapshot;
    struct slab slab;
    struct scratch scratch;
    struct rand rand;
    struct clock_text clock;
    struct message request, response;
    struct field request_fields[24], response_fields[24];
    struct address client, server;
    struct span body, bytes;
    bool tls, has_body;
};

static inline bool stage_address(void *self, enum which_address which, struct address *out)
{
    struct stage *s = self;
    if (which == ADDRESS_CLIENT || which == ADDRESS_PEER) {
        *out = s->client;
        return true;
    }
    if (which == ADDRESS_SERVER) {
        *out = s->server;
        return true;
    }
    return false;
}

static inline bool stage_number(void *self, enum fetch f, int64_t *out)
{
    struct stage *s = self;
    *out = f == FETCH_CONNECTION_SERIAL     ? 77
           : f == FETCH_CONNECTION_REQUESTS ? 1
           : f == FETCH_REQUEST_LENGTH      ? 321
           : f == FETCH_PROCESS_CONNECTIONS ? 5
                                            : s->tls;
    return true;
}

static inline struct span stage_text(void *self, enum fetch f)
{
    (void)self;
    return f == FETCH_DOCUMENT_ROOT ? SPAN("/srv") : span_of(NULL, 0);
}

static inline struct value stage_tls(void *self, enum fetch f, int32_t number, struct scratch *room)
{
    (void)self;
    (void)number;
    (void)room;
    return f == FETCH_TLS_VERSION ? (struct value){ .type = VALUE_TEXT, .as.text = SPAN("TLSv1.3") }
                                  : (struct value){ .type = VALUE_NONE };
}

static inline bool stage_body(void *self, struct span *out)
{
    struct stage *s = self;
    *out = s->body;
    return s->has_body;
}

static inline bool stage_bytes(void *self, struct span *out)
{
    struct stage *s = self;
    *out = s->bytes;
    return s->bytes.ptr != NULL;
}

static inline bool stage_file(void *self, struct span path, char kind)
{
    (void)self;
    return kind == 'f' && span_eq(path, SPAN("/srv/a"));
}

static const struct live stage_live = {
    .address = stage_address,
    .number = stage_number,
    .text = stage_text,
    .tls = stage_tls,
    .body = stage_body,
    .bytes = stage_bytes,
    .file = stage_file,
};

static inline void stage_add(struct message *m, const char *name, const char *value)
{
    assert_true(message_add(m, span_from(name), span_from(value)));
}

static inline void stage_request(struct stage *s)
{
    struct message *m = &s->request;
    message_init(m, s->request_fields, 24);
    m->is_request = true;
    m->major = m->minor = 1;
    m->method = METHOD_GET;
    m->method_text = SPAN("GET");
    m->target = SPAN("/a/b.php?x=1&y=2");
    m->path = span_first(m->target, 8);
    m->query = span_from_index(m->target, 9);
    m->host = SPAN("www.Example.com:8080");
    stage_add(m, "Host", "www.Example.com:8080");
    stage_add(m, "User-Agent", "curl/7.88 \"x\"");
    stage_add(m, "X-Forwarded-For", "1.1.1.1, 2.2.2.2");
    stage_add(m, "Accept", "text/html");
    stage_add(m, "x-forwarded-for", "3.3.3.3");
    stage_add(m, "Cookie", "SERVERID=s1; a=b");
    stage_add(m, "Cookie", "a=c");
    s->f.request = m;
    s->f.target = m->target;
    s->f.host = SPAN("www.example.com");
    s->f.uri = SPAN("/a/b.php");
}

static inline void stage_response(struct stage *s)
{
    struct message *m = &s->response;
    message_init(m, s->response_fields, 24);
    m->major = m->minor = 1;
    m->status = 200;
    stage_add(m, "Content-Type", "text/html");
    stage_add(m, "Set-Cookie", "SERVERID=s2; path=/");
    stage_add(m, "Set-Cookie", "b=1");
    s->f.response = s->f.sent = m;
    s->f.status = 200;
}

static inline void stage_open(struct stage *s)
{
    memset(s, 0, sizeof(*s));
    s->c = config_new();
    s->d = diags_new();
    s->a = s->c->arena;
    s->pool = config_add_pool(s->c, LANGUAGE_HAPROXY, SPAN("web"));
    s->pool->uses = 1;
    struct server *server = config_add_server(s->c, s->pool);
    server->name = SPAN("s1");
    assert_true(address_parse_ip(SPAN("10.0.0.17"), &server->address));
    address_set_port(&server->address, 8081);
    s->server = server->address;
    s->service = config_add_service(s->c, LANGUAGE_HAPROXY, SPAN("front"));
    s->service->id = 3;
    for (unsigned i = 0; i < 3; i++)
        (void)config_slot(s->c, arena_printf(s->a, "slot%u", i));
    assert_true(config_seal(s->c, s->d));
    s->world = state_world_new(span_of(NULL, 0), 1);
    s->snapshot = snapshot_new(s->world, s->c);
    slab_init(&s->slab, "scratch", 4096, 4, 0);
    scratch_init(&s->scratch, &s->slab, 256 * 1024);
    rand_seed(&s->rand, 1);
    assert_true(address_parse_ip(SPAN("192.0.2.7"), &s->client));
    address_set_port(&s->client, 51824);
    clock_text_at(&s->clock, 1795348811204000);
    memcpy(s->clock.common, "22/Nov/2026:12:00:11 +0000", 27); /* whatever the machine's time zone */
    memcpy(s->clock.iso, "2026-11-22T12:00:11+00:00", 26);
    s->f = (struct facts){ .live = &stage_live,
                           .self = s,
                           .scratch = &s->scratch,
                           .rand = &s->rand,
                           .snapshot = s->snapshot,
                           .service = s->service,
                           .hostname = SPAN("host1"),
                           .clock = &s->clock,
                           .now = { 5000000 },
                           .wall_us = 1795348811204000 };
}

static inline void stage_close(struct stage *s)
{
    scratch_reset(&s->scratch);
    slab_fini(&s->slab);
    snapshot_put(s->snapshot);
    state_world_free(&s->world);
    config_free(&s->c);
    diags_free(&s->d);
}

/* The text of one fetch; "(none)" when there is no value. */
static inline struct span stage_fetch(struct stage *s, enum fetch fetch, const char *arg, int32_t number,
                                      int32_t number2)
{
    struct expr *e = ARENA_NEW(s->a, struct expr);
    struct expr_part *p = expr_add_fetch(s->a, e, fetch, span_from(arg));
    p->number = number;
    p->number2 = number2;
    expr_finish(s->a, e);
    struct span out;
    return eval_text_found(&s->f, e, &out) ? out : SPAN("(none)");
}
#define assert_fetch(s, fetch, expected) assert_span(stage_fetch((s), (fetch), "", 0, 0), expected)
#define assert_fetch_of(s, fetch, arg, n, n2, expected)                                                      \
    assert_span(stage_fetch((s), (fetch), arg, n, n2), expected)

/* The stage of a test program, made anew for each test. */
static struct stage s;

static inline int stage_setup(void **state)
{
    (void)state;
    stage_open(&s);
    return 0;
}

static inline int stage_teardown(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}
