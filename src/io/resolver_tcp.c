/* SPDX-License-Identifier: Apache-2.0 */
/* A question over TCP (RFC 7766), for answers that UDP cut. */
#include "io/resolver_internal.h"

#include <errno.h>
#include <stdlib.h>

void resolver_exchange_release(struct resolver_entry *e)
{
    if (!e->tcp)
        return;
    conn_close(&e->tcp->conn);
    free(e->tcp->in);
    e->tcp->in = NULL;
}

static void exchange_failed(struct resolver_entry *e, enum resolver_status why)
{
    uint8_t server = e->tcp->server;

    resolver_exchange_release(e);
    resolver_server_failed(e, server, why);
}

static void exchange_complete(struct resolver_entry *e)
{
    struct exchange *x = e->tcp;
    struct dns_answer answer;
    enum dns_verdict v =
        dns_parse(span_of((const char *)x->in, x->in_len), e->name, e->type, x->id, x->edns, &answer);

    if (v != DNS_ANSWER) {
        exchange_failed(e, RESOLVER_BAD);
        return;
    }
    resolver_exchange_release(e);
    resolver_hear(e, x->server, &answer);
}

static struct conn_done exchange_write(struct exchange *x)
{
    struct conn_done d = { .result = CONN_OK };

    while (d.result == CONN_OK && x->out_sent < x->out_len) {
        d = conn_write(&x->conn, x->out + x->out_sent, x->out_len - x->out_sent);
        x->out_sent += d.len;
    }
    return d;
}

/* Reads the length, then the message. CONN_OK: all is there. */
static struct conn_done exchange_read(struct exchange *x)
{
    for (;;) {
        bool head = !x->in;
        uint8_t *into = head ? x->head : x->in;
        size_t want = head ? sizeof(x->head) : x->in_len;
        struct conn_done d = conn_read(&x->conn, into + x->in_got, want - x->in_got);
        if (d.result != CONN_OK)
            return d;
        x->in_got += d.len;
        if (x->in_got < want)
            continue;
        if (!head)
            return d;
        x->in_len = (size_t)x->head[0] << 8 | x->head[1];
        x->in_got = 0;
        x->in = malloc(x->in_len);
        if (x->in_len == 0 || !x->in)
            return (struct conn_done){ .result = CONN_ERROR, .error = ENOMEM };
    }
}

static void exchange_on_ready(struct conn *c)
{
    struct resolver_entry *e = CONTAINER_OF(c, struct exchange, conn)->entry;
    struct conn_done d = { .result = CONN_ERROR };

    if (c->stage == CONN_OPEN) {
        d = exchange_write(e->tcp);
        if (d.result == CONN_OK || d.result == CONN_AGAIN)
            d = exchange_read(e->tcp);
    }
    if (d.result == CONN_OK)
        exchange_complete(e);
    else if (d.result != CONN_AGAIN)
        exchange_failed(e, RESOLVER_BAD);
}

static bool exchange_open(struct resolver_entry *e, uint8_t server, bool edns)
{
    const struct resolver_options *o = &e->resolver->options;
    struct conn_target t = CONN_TARGET_INIT;
    size_t len;

    if (!e->tcp && !(e->tcp = calloc(1, sizeof(*e->tcp))))
        return false;
    struct exchange *x = e->tcp;
    resolver_exchange_release(e);
    *x = (struct exchange){ .entry = e, .id = resolver_random_id(), .server = server, .edns = edns };
    if (!dns_build(e->name, e->type, x->id, edns ? o->payload : 0, x->out + 2, &len))
        return false;
    x->out[0] = (uint8_t)(len >> 8);
    x->out[1] = (uint8_t)len;
    x->out_len = len + 2;
    t.to = &o->servers[server];
    t.from = o->from.len ? &o->from : NULL;
    return conn_connect(&x->conn, e->resolver->loop, &t, exchange_on_ready);
}

void resolver_exchange_start(struct resolver_entry *e, uint8_t server, bool edns)
{
    e->server = server;
    if (!exchange_open(e, server, edns)) {
        resolver_server_failed(e, server, RESOLVER_TIMEOUT);
        return;
    }
    e->resolver->stats[server].sent++;
    loop_set_deadline(e->resolver->loop, &e->deadline,
                      resolver_or_else(e->resolver->options.retry, DURATION_S(1)));
}
