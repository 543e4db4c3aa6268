/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions ask of TLS, on both sides of a session. */
#include "base/scratch.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/live.h"
#include "engine/core/session.h"
#include "engine/core/upstream.h"
#include "io/tls.h"
#include "model/tls.h"

#define PART_MAX (size_t)65536 /* of a certificate, as text */

static struct value none(void)
{
    return (struct value){ .type = VALUE_NONE };
}
static struct value text(struct span s)
{
    return s.ptr ? (struct value){ .type = VALUE_TEXT, .as.text = s } : none();
}
static struct value binary(struct span s)
{
    return s.len ? (struct value){ .type = VALUE_BINARY, .as.text = s } : none();
}
static struct value number(int64_t n)
{
    return (struct value){ .type = VALUE_INT, .as.number = n };
}
static struct value truth(bool b)
{
    return (struct value){ .type = VALUE_BOOL, .as.truth = b };
}
/* "" of OpenSSL means that there is none. */
static struct value named(struct span s)
{
    return s.len ? text(s) : none();
}

/* --- a client's certificate --------------------------------------------------------------------------------
 */
static const enum tls_certificate_part io_parts[] = {
    [TLS_SHOWN_PEM] = TLS_PART_PEM,
    [TLS_SHOWN_PEM_TABS] = TLS_PART_PEM,
    [TLS_SHOWN_PEM_ESCAPED] = TLS_PART_PEM,
    [TLS_SHOWN_SUBJECT] = TLS_PART_SUBJECT,
    [TLS_SHOWN_SUBJECT_LEGACY] = TLS_PART_SUBJECT_LEGACY,
    [TLS_SHOWN_SUBJECT_NAME] = TLS_PART_SUBJECT_CN,
    [TLS_SHOWN_ISSUER] = TLS_PART_ISSUER,
    [TLS_SHOWN_ISSUER_LEGACY] = TLS_PART_ISSUER_LEGACY,
    [TLS_SHOWN_SERIAL] = TLS_PART_SERIAL,
    [TLS_SHOWN_FINGERPRINT] = TLS_PART_FINGERPRINT,
    [TLS_SHOWN_NOT_BEFORE] = TLS_PART_NOT_BEFORE,
    [TLS_SHOWN_NOT_AFTER] = TLS_PART_NOT_AFTER,
    [TLS_SHOWN_DAYS_LEFT] = TLS_PART_DAYS_LEFT,
    [TLS_SHOWN_NOT_BEFORE_SHORT] = TLS_PART_NOT_BEFORE_SHORT,
    [TLS_SHOWN_NOT_AFTER_SHORT] = TLS_PART_NOT_AFTER_SHORT,
    [TLS_SHOWN_VERSION] = TLS_PART_VERSION,
    [TLS_SHOWN_SIGNATURE_ALGORITHM] = TLS_PART_SIGNATURE_ALGORITHM,
    [TLS_SHOWN_KEY_ALGORITHM] = TLS_PART_KEY_ALGORITHM,
};

static void put_tabbed(struct buf *out, struct span pem)
{
    if (span_ends_with(pem, SPAN("\n")))
        pem.len--;
    for (size_t i = 0; i < pem.len; i++) {
        buf_put_char(out, pem.ptr[i]);
        if (pem.ptr[i] == '\n')
            buf_put_char(out, '\t');
    }
}

/* RFC 3986 2.3: everything but unreserved characters. */
static void put_escaped(struct buf *out, struct span pem)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (size_t i = 0; i < pem.len; i++) {
        if (memchr(plain, pem.ptr[i], sizeof(plain) - 1))
            buf_put_char(out, pem.ptr[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)pem.ptr[i]);
    }
}

static struct span kept(struct scratch *room, const struct buf *b)
{
    return b->len && !b->truncated ? scratch_span(room, buf_span(b)) : span_of(NULL, 0);
}

static struct span certificate(const struct tls_session *s, bool own, enum tls_certificate_part part,
                               struct scratch *room)
{
    struct buf b;

    buf_init(&b, PART_MAX);
    if (own)
        tls_put_own_certificate(s, part, &b);
    else
        tls_put_peer_certificate(s, part, &b);
    struct span all = kept(room, &b);
    buf_fini(&b);
    return all;
}

static unsigned digit_value(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* What is shown in hexadecimal digits, as the bytes that these stand for. */
static struct value certificate_bytes(const struct tls_session *s, int32_t part, struct scratch *room)
{
    const bool own = part & TLS_SHOWN_OWN;

    part &= ~TLS_SHOWN_OWN;
    if (part == 0)
        return binary(certificate(s, own, TLS_PART_DER, room));
    struct span digits = certificate(s, own, io_parts[part], room);
    char *bytes = digits.len ? scratch_bytes(room, digits.len / 2) : NULL;

    if (!bytes)
        return none();
    for (size_t i = 0; i + 1 < digits.len; i += 2)
        bytes[i / 2] = (char)(digit_value(digits.ptr[i]) << 4 | digit_value(digits.ptr[i + 1]));
    return binary(span_of(bytes, digits.len / 2));
}

static struct value certificate_part(const struct tls_session *s, int32_t part, struct scratch *room)
{
    const bool own = part & TLS_SHOWN_OWN;

    part &= ~TLS_SHOWN_OWN;
    BUG_ON(part < 0 || (size_t)part >= COUNT_OF(io_parts));
    struct span plain = certificate(s, own, io_parts[part], room);
    struct buf b;

    if (!plain.ptr || (part != TLS_SHOWN_PEM_TABS && part != TLS_SHOWN_PEM_ESCAPED))
        return text(plain);
    buf_init(&b, PART_MAX);
    if (part == TLS_SHOWN_PEM_TABS)
        put_tabbed(&b, plain);
    else
        put_escaped(&b, plain);
    struct span changed = kept(room, &b);
    buf_fini(&b);
    return text(changed);
}

static struct value verify_text(const struct tls_session *s, struct scratch *room)
{
    int result = tls_verify_result(s);

    if (!tls_has_peer_certificate(s))
        return text(SPAN("NONE"));
    if (result == 0)
        return text(SPAN("SUCCESS"));
    return text(scratch_join(room, SPAN("FAILED:"), span_from(tls_verify_text(result))));
}

/* --- sessions ----------------------------------------------------------------------------------------------
 */
static bool is_same(const struct session *s, int32_t server)
{
    const struct generation *g = s->gate->lease->generation;

    return server >= 0 && (uint32_t)server < g->config->tls_servers.count &&
           tls_session_context(s->conn.tls) == g->tls_servers[server];
}

static struct value hex(struct span id, struct scratch *room)
{
    static const char digits[] = "0123456789abcdef";
    char text_[64];

    BUG_ON(id.len > sizeof(text_) / 2);
    for (size_t i = 0; i < id.len; i++) {
        text_[2 * i] = digits[(unsigned char)id.ptr[i] >> 4];
        text_[2 * i + 1] = digits[(unsigned char)id.ptr[i] & 15];
    }
    return named(id.len ? scratch_span(room, span_of(text_, 2 * id.len)) : id);
}

static struct value of_client(const struct session *s, enum fetch f, int32_t number_, struct scratch *room)
{
    const struct tls_session *tls = s->conn.tls;

    if (f == FETCH_TLS_CLIENT_PART)
        return certificate_part(tls, number_, room);
    if (f == FETCH_TLS_CLIENT_DER)
        return certificate_bytes(tls, number_, room);
    if (f == FETCH_TLS_CLIENT_VERIFY)
        return verify_text(tls, room);
    if (f == FETCH_TLS_CLIENT_ERROR)
        return number(tls_has_peer_certificate(tls) ? tls_verify_result(tls) : 0);
    if (f == FETCH_TLS_CLIENT_USED)
        return truth(tls_has_peer_certificate(tls));
    if (f == FETCH_TLS_SAME)
        return truth(is_same(s, number_));
    if (f == FETCH_TLS_RESUMED && number_)
        return text(tls_is_resumed(tls) ? SPAN("r") : SPAN("."));
    if (f == FETCH_TLS_SESSION_ID && number_)
        return hex(tls_session_id(tls), room);
    return named(tls_server_name(tls)); /* FETCH_TLS_SNI */
}

/* What both sides have. */
static struct value of_session(const struct tls_session *s, enum fetch f)
{
    switch ((unsigned)f) {
    case FETCH_TLS_VERSION:
    case FETCH_TLS_SERVER_VERSION:
        return named(tls_protocol(s));
    case FETCH_TLS_CIPHER:
    case FETCH_TLS_SERVER_CIPHER:
        return named(tls_cipher(s));
    case FETCH_TLS_CIPHER_BITS:
    case FETCH_TLS_SERVER_CIPHER_BITS:
        return number(tls_cipher_bits(s));
    case FETCH_TLS_ALPN:
    case FETCH_TLS_SERVER_ALPN:
        return named(tls_alpn(s));
    case FETCH_TLS_GROUP:
    case FETCH_TLS_SERVER_GROUP:
        return named(tls_group(s));
    case FETCH_TLS_RESUMED:
    case FETCH_TLS_SERVER_RESUMED:
        return truth(tls_is_resumed(s));
    default: /* FETCH_TLS_SESSION_ID, FETCH_TLS_SERVER_SESSION_ID */
        return binary(tls_session_id(s));
    }
}

/* Without TLS: questions for yes or no are answered, the others have no value. */
static struct value without(enum fetch f, int32_t number_)
{
    return fetch_type(f) == VALUE_BOOL && !number_ ? truth(false) : none();
}

struct value live_tls(void *self, enum fetch f, int32_t number_, struct scratch *room)
{
    const struct live_self *l = self;
    const struct session *s = l->session;

    if (f == FETCH_TLS_MISSING)
        return truth(s->plain);
    if (f >= FETCH_TLS_SERVER_USED && f <= FETCH_TLS_SERVER_SESSION_ID) {
        const struct upstream_conn *c = l->upstream ? l->upstream->conn : NULL;
        if (f == FETCH_TLS_SERVER_USED)
            return truth(c && c->conn.tls);
        return c && c->conn.tls ? of_session(c->conn.tls, f) : without(f, number_);
    }
    if (!s->conn.tls)
        return without(f, number_);
    if (number_ && f != FETCH_TLS_CLIENT_PART && f != FETCH_TLS_CLIENT_DER && f != FETCH_TLS_SAME)
        return of_client(s, f, number_, room);
    switch ((unsigned)f) {
    case FETCH_TLS_CLIENT_PART:
    case FETCH_TLS_CLIENT_DER:
    case FETCH_TLS_CLIENT_VERIFY:
    case FETCH_TLS_CLIENT_ERROR:
    case FETCH_TLS_CLIENT_USED:
    case FETCH_TLS_SAME:
    case FETCH_TLS_SNI:
        return of_client(s, f, number_, room);
    default:
        return of_session(s->conn.tls, f);
    }
}
