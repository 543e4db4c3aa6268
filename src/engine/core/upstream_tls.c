/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/upstream_tls.h"

#include <string.h>

#include "base/hash.h"
#include "engine/core/error_log.h"
#include "engine/core/lease.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "eval/eval.h"
#include "io/tls.h"
#include "model/tls.h"

#define NAME_MAX_LEN 255

/* "example.com:8443" -> "example.com"; "[::1]:443" -> "::1". */
static struct span name_only(struct span host)
{
    if (host.len && host.ptr[0] == '[') {
        size_t end = span_find_char(host, ']');
        return end == SPAN_NONE ? host : span_of(host.ptr + 1, end - 1);
    }
    size_t colon = span_find_char(host, ':');
    bool port = colon != SPAN_NONE && span_find_char(span_from_index(host, colon + 1), ':') == SPAN_NONE;
    return port ? span_first(host, colon) : host;
}

static struct span name_of(struct upstream *u, const struct expr *e)
{
    struct span name = e ? name_only(eval_text(u->facts, e)) : SPAN("");

    return name.len <= NAME_MAX_LEN ? name : SPAN("");
}

static uint64_t key_of(const struct upstream_wish *w)
{
    char bytes[sizeof(uint64_t) + 1 + 2 * NAME_MAX_LEN];
    size_t len = sizeof(w->context->id);

    memcpy(bytes, &w->context->id, len);
    bytes[len++] = (char)w->server_name.len;
    memcpy(bytes + len, w->server_name.ptr, w->server_name.len);
    len += w->server_name.len;
    memcpy(bytes + len, w->verify_name.ptr, w->verify_name.len);
    uint64_t key = hash_span(span_of(bytes, len + w->verify_name.len));
    return key ? key : 1;
}

bool upstream_wish(struct upstream *u, struct upstream_wish *out)
{
    const struct tls_client *m = u->plain ? NULL : u->server->tls ? u->server->tls : u->policy->tls;
    struct address literal;

    *out = (struct upstream_wish){ .model = m };
    if (!m)
        return true;
    out->context = &u->lease->generation->tls_clients[m->index];
    out->server_name = name_of(u, m->name);
    out->verify_name = SPAN("");
    if (m->verify && m->verify_name)
        out->verify_name = name_of(u, m->verify_name);
    else if (m->verify && m->verify_by_name)
        out->verify_name = out->server_name;
    if (address_parse_ip(out->server_name, &literal))
        out->server_name = SPAN(""); /* RFC 6066 3: literal addresses are not permitted */
    out->key = key_of(out);
    return !m->verify || !m->verify_name || out->verify_name.len;
}

struct tls_session *upstream_tls_session(struct upstream *u, struct upstream_conn *c,
                                         const struct upstream_wish *w)
{
    struct tls_peer peer = { .server_name = w->server_name, .verify_name = w->verify_name };

    if (!w->model->no_resume)
        c->resume = slot_resume_get(u->slot, w->key);
    if (c->resume)
        peer.resume = &c->resume->session;
    return tls_session_client(u->thread->loop, w->context->context, &peer);
}

bool upstream_tls_failed(struct upstream *u)
{
    const struct tls_failure *f = u->conn && u->conn->conn.tls ? tls_failure(u->conn->conn.tls) : NULL;
    struct error_about about = {
        .session = u->session, .pool = u->pool, .server = u->server, .describe = u->describe, .of = u->of
    };
    enum error_event event = ERROR_UPSTREAM_TLS;

    if (!f || f->code == TLS_NONE)
        return false;
    about.text = span_from(f->text);
    about.secure = true;
    if (f->code == TLS_WRONG_HOST) {
        struct upstream_wish w;
        (void)upstream_wish(u, &w);
        about.text = w.verify_name;
        event = ERROR_UPSTREAM_TLS_NAME;
    } else if (f->verify) {
        event = ERROR_UPSTREAM_TLS_UNTRUSTED;
    }
    about.number = (uint64_t)f->verify;
    error_log(u->thread, u->lease, u->error_logs, event, &about);
    return true;
}
