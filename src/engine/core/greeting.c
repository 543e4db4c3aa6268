/* SPDX-License-Identifier: Apache-2.0 */
/* The PROXY header that a server gets before anything else, and what version 2 adds to it. */
#include "engine/core/live.h"
#include "engine/core/session.h"
#include "engine/core/slot.h"
#include "engine/core/upstream.h"
#include "eval/eval.h"
#include "model/config.h"
#include "wire/proxy.h"

#define UNIQUE_ID_MOST 128 /* proxy-protocol.txt 2.2.5 */

unsigned upstream_greets(const struct upstream *u)
{
    return u->slot->send_proxy != SEND_PROXY_NONE ? u->slot->send_proxy : u->policy->send_proxy;
}

struct tlvs {
    char *at;
    size_t len, room;
};

/* What does not fit is left out: the header is of use without it. */
static void put(struct tlvs *t, uint8_t type, struct span value)
{
    if (value.len)
        t->len += proxy_write_tlv(t->at + t->len, t->room - t->len, type, value);
}

static void put_lines(struct tlvs *t, struct upstream *u, const struct proxy_tlv_line *lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct span value = eval_text(u->facts, lines[i].value);
        put(t, lines[i].type,
            lines[i].type == PROXY_TLV_UNIQUE_ID ? span_first(value, UNIQUE_ID_MOST) : value);
    }
}

static int64_t number_of(struct upstream *u, enum fetch f)
{
    struct live_self self = { .session = u->session };
    struct value v = live_tls(&self, f, 0, u->facts->scratch);

    return v.type == VALUE_INT ? v.as.number : v.type == VALUE_BOOL ? v.as.truth : 0;
}

/* The client's TLS: bits, what came of its certificate, and TLVs within. */
static void put_tls(struct tlvs *t, struct upstream *u, const struct server *s)
{
    char room[1024];
    struct tlvs inner = { .at = room + 5, .room = sizeof(room) - 5 };
    uint32_t verify = 0;

    room[0] = 0;
    if (u->session->conn.tls) {
        bool shown = number_of(u, FETCH_TLS_CLIENT_USED);
        room[0] = (char)(PROXY_CLIENT_SSL | (shown ? PROXY_CLIENT_CERT_CONN | PROXY_CLIENT_CERT_SESS : 0));
        verify = htonl((uint32_t)number_of(u, FETCH_TLS_CLIENT_ERROR));
        put_lines(&inner, u, s->greeting_tls.items, s->greeting_tls.count);
    }
    memcpy(room + 1, &verify, sizeof(verify));
    put(t, PROXY_TLV_SSL, span_of(room, 5 + inner.len));
}

size_t upstream_greeting(struct upstream *u, char *to, size_t room)
{
    struct proxy_header h = { .version = 2, .transport = u->datagram ? PROXY_DATAGRAM : PROXY_STREAM };
    char bytes[2048];
    struct tlvs more = { .at = bytes, .room = sizeof(bytes) };
    const struct server *s = u->server;

    if (upstream_greets(u) == SEND_PROXY_NONE)
        return 0;
    session_source(u->session, &h.source);
    (void)session_target(u->session, &h.destination);
    if (s && u->facts)
        put_lines(&more, u, s->greeting.items, s->greeting.count);
    if (s && u->facts && s->greeting_has_tls)
        put_tls(&more, u, s);
    h.tlvs = span_of(bytes, more.len);
    size_t len = upstream_greets(u) == SEND_PROXY_V1 ? proxy_write_v1(to, room, &h.source, &h.destination)
                                                     : proxy_write_v2(to, room, &h, s && s->greeting_sum);
    u->greeting = (uint32_t)len;
    return len;
}
