/* SPDX-License-Identifier: Apache-2.0 */
/* What server lines say of the PROXY header: send-proxy, send-proxy-v2, proxy-v2-options. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/server.h"
#include "model/tls.h"

/* Types of proxy-protocol.txt 2.2. */
enum {
    TLV_AUTHORITY = 0x02,
    TLV_UNIQUE_ID = 0x05,
    TLV_SSL_VERSION = 0x21,
    TLV_SSL_CN = 0x22,
    TLV_SSL_CIPHER = 0x23
};

static void add_line(struct build *b, struct server *s, bool tls, uint8_t type, enum fetch fetch,
                     int32_t number)
{
    struct expr *e = expr_fetch(b->arena, fetch, SPAN(""));
    e->parts.items[0].number = number;
    struct proxy_tlv_line line = { .type = type, .value = e };
    if (tls)
        *ARENA_PUSH(b->arena, &s->greeting_tls) = line;
    else
        *ARENA_PUSH(b->arena, &s->greeting) = line;
}

/* The client's TLS, with its version. */
static void add_tls(struct build *b, struct server *s)
{
    if (!s->greeting_has_tls)
        add_line(b, s, true, TLV_SSL_VERSION, FETCH_TLS_VERSION, 0);
    s->greeting_has_tls = true;
}

static bool take_option(struct build *b, struct server *s, struct span name)
{
    if (span_eq(name, SPAN("ssl"))) {
        add_tls(b, s);
    } else if (span_eq(name, SPAN("cert-cn"))) {
        add_tls(b, s);
        add_line(b, s, true, TLV_SSL_CN, FETCH_TLS_CLIENT_PART, TLS_SHOWN_SUBJECT_NAME);
    } else if (span_eq(name, SPAN("ssl-cipher"))) {
        add_tls(b, s);
        add_line(b, s, true, TLV_SSL_CIPHER, FETCH_TLS_CIPHER, 0);
    } else if (span_eq(name, SPAN("authority"))) {
        add_line(b, s, false, TLV_AUTHORITY, FETCH_TLS_SNI, 0);
    } else if (span_eq(name, SPAN("unique-id"))) {
        add_line(b, s, false, TLV_UNIQUE_ID, FETCH_SLOT, (int32_t)config_slot(b->config, SPAN("unique-id")));
    } else if (span_eq(name, SPAN("crc32c"))) {
        s->greeting_sum = true;
    } else {
        return false;
    }
    return true;
}

void haproxy_on_proxy_options(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    for (struct span rest = text_at(s, 1); rest.ptr;) {
        struct span name = span_cut(&rest, ',');
        if (take_option(b, &b->server->like, name))
            continue;
        if (span_eq(name, SPAN("cert-key")) || span_eq(name, SPAN("cert-sig")))
            diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                     DIAG_TEXT(name, SPAN("the algorithms of our own certificate are not told")));
        else
            diag_add(b->diags, &haproxy_action_word, word_at(s, 1)->at, DIAG_TEXT(name, text_at(s, 0)));
    }
}

/* send-proxy-v2-ssl, send-proxy-v2-ssl-cn (<low> 1) */
void haproxy_on_proxy_ssl(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    b->server->like.send_proxy = SEND_PROXY_V2;
    (void)take_option(b, &b->server->like, k->low ? SPAN("cert-cn") : SPAN("ssl"));
}

/* no-send-proxy-v2-ssl */
void haproxy_on_no_proxy_ssl(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->server->like.send_proxy = SEND_PROXY_NONE;
    b->server->like.greeting_has_tls = false;
    b->server->like.greeting_tls.count = 0;
}
