/* SPDX-License-Identifier: Apache-2.0 */
/* The client's connection, and the first bytes on it. */
#include "eval/eval_internal.h"
#include "model/scope.h"
#include "state/snapshot.h"
#include "wire/client_hello.h"

static struct value address_of(struct facts *f, enum which_address which)
{
    struct address a = { 0 };
    return f->live->address(f->self, which, &a) ? value_ip(&a) : value_none();
}

static struct value port_of(struct facts *f, enum which_address which)
{
    struct address a = { 0 };
    return f->live->address(f->self, which, &a) && address_family(&a) != AF_UNIX ? value_int(address_port(&a))
                                                                                 : value_none();
}

/* A UNIX client has no address: nginx says "unix:". */
static struct value client_ip(struct facts *f, enum which_address which)
{
    struct value v = address_of(f, which);

    if (v.type == VALUE_IP && address_family(&v.as.ip) == AF_UNIX)
        return value_text(SPAN("unix:"));
    return v;
}

static struct value client_binary(struct facts *f)
{
    struct address a = { 0 };

    if (!f->live->address(f->self, ADDRESS_CLIENT, &a))
        return value_none();
    return value_binary(scratch_span(f->scratch, address_bytes(&a)));
}

static struct value live_number(struct facts *f, enum fetch which, bool is_bool)
{
    int64_t n;

    if (!f->live->number(f->self, which, &n))
        return value_none();
    return is_bool ? value_bool(n != 0) : value_int(n);
}

static struct value seconds_since(struct facts *f, instant from)
{
    uint64_t ms = instant_ms_between(from, f->now);
    return value_text(
        scratch_text(f, "%llu.%03llu", (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000)));
}

static struct value service_number(struct facts *f, enum fetch which)
{
    struct service_state *s = f->service && f->snapshot ? snapshot_service(f->snapshot, f->service) : NULL;
    struct counts_sum sum = { 0 };

    if (s == NULL)
        return value_none();
    if (which == FETCH_SERVICE_CONNECTIONS)
        return value_int(atomic_load_explicit(&s->active, memory_order_relaxed));
    counts_add_up(&s->counts, f->now, &sum);
    return value_int(which == FETCH_SERVICE_REQUEST_RATE ? sum.request_rate : sum.session_rate);
}

static struct value marked_name(struct facts *f)
{
    int64_t tls = 0;

    if (f->service == NULL)
        return value_none();
    if (!f->live->number(f->self, FETCH_TLS_USED, &tls) || !tls)
        return value_text(f->service->name);
    return value_text(scratch_join(f->scratch, f->service->name, SPAN("~")));
}

/* The same each time that one request is asked for it. */
static struct value request_serial(struct facts *f)
{
    int64_t n;

    if (!f->has_serial) {
        if (!f->live->number(f->self, FETCH_REQUEST_SERIAL, &n))
            return value_none();
        f->serial = n;
        f->has_serial = true;
    }
    return value_int(f->serial);
}

static struct value milliseconds(duration t)
{
    return duration_is_none(t) ? value_none() : value_int(t.ms);
}

static struct value timeout(struct facts *f, const struct expr_part *p)
{
    const struct client_policy *front = f->front ? f->front->client : NULL;
    const struct server_policy *back = f->scope ? f->scope->server : NULL;
    int64_t n;

    if (p->number == 0 && f->live->number(f->self, p->fetch, &n))
        return value_int(n);
    if (p->fetch == FETCH_TIMEOUT_CLIENT)
        return front ? milliseconds(front->body_timeout) : value_none();
    if (back == NULL)
        return value_none();
    return milliseconds(p->fetch == FETCH_TIMEOUT_SERVER ? back->read_timeout : back->tunnel_timeout);
}

static struct value date_of(uint64_t wall_us)
{
    return wall_us ? value_int((int64_t)wall_us) : value_none();
}

struct value fetch_client(struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_CLIENT_IP:
        return client_ip(f, ADDRESS_CLIENT);
    case FETCH_CLIENT_PORT:
        return port_of(f, ADDRESS_CLIENT);
    case FETCH_CLIENT_BINARY:
        return client_binary(f);
    case FETCH_PEER_IP:
        return client_ip(f, ADDRESS_PEER);
    case FETCH_PEER_PORT:
        return port_of(f, ADDRESS_PEER);
    case FETCH_LOCAL_IP:
        return client_ip(f, ADDRESS_LOCAL);
    case FETCH_LOCAL_PORT:
        return port_of(f, ADDRESS_LOCAL);
    case FETCH_PROXY_SOURCE_IP:
        return address_of(f, ADDRESS_PROXY_SOURCE);
    case FETCH_PROXY_SOURCE_PORT:
        return port_of(f, ADDRESS_PROXY_SOURCE);
    case FETCH_PROXY_TARGET_IP:
        return address_of(f, ADDRESS_PROXY_TARGET);
    case FETCH_PROXY_TARGET_PORT:
        return port_of(f, ADDRESS_PROXY_TARGET);
    case FETCH_CONNECTION_SERIAL:
    case FETCH_CONNECTION_REQUESTS:
        return live_number(f, p->fetch, false);
    case FETCH_REQUEST_SERIAL:
        return request_serial(f);
    case FETCH_TLS_USED:
        return live_number(f, p->fetch, true);
    case FETCH_CONNECTION_AGE:
        return f->times ? seconds_since(f, f->times->accepted) : value_none();
    case FETCH_SERVICE_NAME:
        return f->service ? value_text(f->service->name) : value_none();
    case FETCH_SERVICE_NAME_MARKED:
        return marked_name(f);
    case FETCH_SERVICE_ID:
        return f->service ? value_int(f->service->id) : value_none();
    case FETCH_SERVICE_CONNECTIONS:
    case FETCH_SERVICE_SESSION_RATE:
    case FETCH_SERVICE_REQUEST_RATE:
        return service_number(f, p->fetch);
    case FETCH_SESSION_PROTOCOL:
        return value_text(f->udp ? SPAN("UDP") : SPAN("TCP"));
    case FETCH_PROXY_HEADER:
    case FETCH_THREAD:
        return live_number(f, p->fetch, p->fetch == FETCH_PROXY_HEADER);
    case FETCH_TIMEOUT_CLIENT:
    case FETCH_TIMEOUT_SERVER:
    case FETCH_TIMEOUT_TUNNEL:
        return timeout(f, p);
    case FETCH_ACCEPT_US:
        return date_of(f->accepted_wall_us);
    case FETCH_REQUEST_US:
        return date_of(f->begun_wall_us);
    case FETCH_LISTENER_NAME:
        return value_text(f->live->text(f->self, p->fetch));
    case FETCH_CONNECTION_ERROR:
        return value_text(f->connection_error);
    default: /* TLS_* */
        return f->live->tls ? f->live->tls(f->self, p->fetch, p->number, f->scratch) : value_none();
    }
}

/* ---- first bytes ---- */

static struct span alpn_list(struct facts *f, const struct client_hello *h)
{
    struct span joined = span_of(NULL, 0), one;
    size_t at = 0;

    while (client_hello_alpn(h, &at, &one)) {
        struct span before = joined.ptr ? scratch_join(f->scratch, joined, SPAN(",")) : SPAN("");
        joined = scratch_join(f->scratch, before, one);
        if (joined.ptr == NULL)
            break;
    }
    return joined;
}

static struct value not_yet(struct facts *f)
{
    f->pending = !f->inspected;
    return value_none();
}

static struct value hello(struct facts *f, enum fetch which, struct span bytes)
{
    struct client_hello h;
    enum client_hello_result result = client_hello_parse(bytes, &h);

    if (result == CLIENT_HELLO_MORE)
        return not_yet(f);
    if (result != CLIENT_HELLO_DONE)
        return value_none();
    switch ((unsigned)which) {
    case FETCH_HELLO_SNI:
        return h.name_len ? value_text(scratch_span(f->scratch, client_hello_name(&h))) : value_none();
    case FETCH_HELLO_ALPN:
        return value_text(alpn_list(f, &h));
    case FETCH_HELLO_TYPE:
        return value_int(1);
    default: { /* FETCH_HELLO_VERSION */
        unsigned v = client_hello_version(&h);
        return value_text(v == 0x0304   ? SPAN("TLSv1.3")
                          : v == 0x0303 ? SPAN("TLSv1.2")
                          : v == 0x0302 ? SPAN("TLSv1.1")
                          : v == 0x0301 ? SPAN("TLSv1")
                                        : SPAN("SSLv3"));
    }
    }
}

static struct value payload(struct facts *f, const struct expr_part *p, struct span bytes)
{
    size_t from = p->number > 0 ? (size_t)p->number : 0, len = p->number2 > 0 ? (size_t)p->number2 : 0;

    if (from > bytes.len || (len > 0 && bytes.len - from < len))
        return not_yet(f);
    if (len == 0)
        f->pending = !f->inspected;
    struct span rest = span_from_index(bytes, from);
    return value_binary(len ? span_first(rest, len) : rest);
}

/*
 * MS-RDPBCGR 2.2.1.1: a TPKT header (4 bytes), an X.224 connection request (7),
 * then "Cookie: name=value" and CR LF.
 */
enum { RDP_HEADER = 11 };

static struct value rdp_cookie(struct facts *f, const struct expr_part *p, struct span bytes)
{
    bool counts = p->fetch == FETCH_RDP_COOKIE_COUNT;
    struct span none = SPAN("Cookie:"), rest = span_from_index(bytes, RDP_HEADER);

    if (bytes.len < RDP_HEADER + none.len)
        return not_yet(f);
    if (bytes.ptr[0] != 3 || !span_starts_with_nocase(rest, none))
        return counts ? value_int(0) : value_none();
    size_t end = span_find(rest, SPAN("\r\n"));
    if (end == SPAN_NONE)
        return not_yet(f);
    struct span value = span_trim(span_of(rest.ptr + none.len, end - none.len)), name = span_cut(&value, '=');
    if (value.ptr == NULL || (p->text.len && !span_eq_nocase(name, p->text)))
        return counts ? value_int(0) : value_none();
    return counts ? value_int(1) : value_text(value);
}

/* Where the payload begins: "N", or from behind its length on "+N", "-N". */
static bool counted_from(const struct expr_part *p, size_t behind, size_t *from)
{
    struct span text = p->text;
    bool minus = span_starts_with(text, SPAN("-")), plus = span_starts_with(text, SPAN("+"));
    uint64_t n = 0;

    if (text.len && !span_to_u64(span_from_index(text, minus || plus), INT32_MAX, &n))
        return false;
    *from = text.len == 0 ? behind : minus ? behind - n : plus ? behind + n : n;
    return !minus || n <= behind;
}

static struct value counted(struct facts *f, const struct expr_part *p, struct span bytes)
{
    size_t at = (size_t)p->number, width = (size_t)p->number2, len = 0, from;

    if (bytes.len < at + width)
        return not_yet(f);
    for (size_t i = 0; i < width; i++)
        len = len << 8 | (unsigned char)bytes.ptr[at + i];
    if (len == 0 || len > (1u << 20) || !counted_from(p, at + width, &from))
        return value_none();
    if (bytes.len < from || bytes.len - from < len)
        return not_yet(f);
    return value_binary(span_of(bytes.ptr + from, len));
}

/* RFC 8446 5.1 and 4: a record of a handshake, and which message it begins with. */
static struct value hello_type(struct facts *f, struct span bytes)
{
    if (bytes.len && bytes.ptr[0] != 22)
        return value_none();
    return bytes.len < 6 ? not_yet(f) : value_int((unsigned char)bytes.ptr[5]);
}

static struct value answer(struct facts *f, const struct expr_part *p)
{
    if (f->answered.ptr == NULL)
        return value_none();
    switch ((unsigned)p->fetch) {
    case FETCH_ANSWER_LEN:
        f->pending = !f->inspected;
        return value_int((int64_t)f->answered.len);
    case FETCH_ANSWER_PAYLOAD:
        return payload(f, p, f->answered);
    case FETCH_ANSWER_COUNTED:
        return counted(f, p, f->answered);
    default:
        return hello_type(f, f->answered);
    }
}

struct value fetch_bytes(struct facts *f, const struct expr_part *p)
{
    struct span bytes;

    if (p->fetch >= FETCH_ANSWER_LEN && p->fetch <= FETCH_ANSWER_HELLO_TYPE)
        return answer(f, p);

    if (p->fetch == FETCH_INSPECTED) {
        f->pending = !f->inspected;
        return value_bool(f->inspected);
    }
    if (f->live->bytes == NULL)
        return value_none();
    if (!f->live->bytes(f->self, &bytes))
        return not_yet(f);
    if (p->fetch == FETCH_BYTES_LEN) {
        f->pending = !f->inspected;
        return value_int((int64_t)bytes.len);
    }
    if (p->fetch == FETCH_BYTES_PAYLOAD)
        return payload(f, p, bytes);
    if (p->fetch == FETCH_BYTES_COUNTED)
        return counted(f, p, bytes);
    if (p->fetch == FETCH_RDP_COOKIE || p->fetch == FETCH_RDP_COOKIE_COUNT)
        return rdp_cookie(f, p, bytes);
    return hello(f, p->fetch, bytes);
}
