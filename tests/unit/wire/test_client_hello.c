/* SPDX-License-Identifier: Apache-2.0 */
/* ClientHellos: those of OpenSSL, and ones that were put together by hand, in any number of records. */
#include "wire/client_hello.h"

#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- building ---- */

struct bytes {
    unsigned char data[70000];
    size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
    assert_true(b->len + len <= sizeof(b->data));
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void add_number(struct bytes *b, size_t n, unsigned width)
{
    for (unsigned i = width; i-- > 0;)
        b->data[b->len++] = (unsigned char)(n >> 8 * i);
}

/* version, random, session id, ciphers, compression; then the extensions unless NULL */
static void message(struct bytes *out, const struct span *extensions)
{
    static const char head[] = "\3\3"
                               "0123456789abcdef0123456789abcdef"
                               "\4sess"
                               "\0\4\x13\1\x13\2"
                               "\1\0";
    size_t len = sizeof(head) - 1 + (extensions ? 2 + extensions->len : 0);
    out->len = 0;
    add_number(out, 1, 1);
    add_number(out, len, 3);
    add(out, head, sizeof(head) - 1);
    if (extensions) {
        add_number(out, extensions->len, 2);
        add(out, extensions->ptr, extensions->len);
    }
}

/* Cuts the message into records of at most <size> bytes. */
static void records(struct bytes *out, const struct bytes *m, size_t size)
{
    out->len = 0;
    for (size_t at = 0; at < m->len; at += size) {
        size_t here = m->len - at < size ? m->len - at : size;
        add(out, "\x16\3\1", 3);
        add_number(out, here, 2);
        add(out, m->data + at, here);
    }
}

static enum client_hello_result parse(const struct bytes *b, size_t len, struct client_hello *h)
{
    char *copy = malloc(len + !len);
    memcpy(copy, b->data, len);
    enum client_hello_result result = client_hello_parse(span_of(copy, len), h);
    free(copy);
    return result;
}

/* "name=a alpn=h2,http/1.1 versions=0304,0303" */
static void describe(const struct client_hello *h, char *out, size_t room)
{
    int at = snprintf(out, room, "name=%.*s alpn=", SPAN_ARGS(client_hello_name(h)));
    size_t next = 0;
    struct span protocol;
    for (const char *comma = ""; client_hello_alpn(h, &next, &protocol); comma = ",")
        at += snprintf(out + at, room - (size_t)at, "%s%.*s", comma, SPAN_ARGS(protocol));
    at += snprintf(out + at, room - (size_t)at, " versions=");
    for (size_t i = 0; i < h->version_count; i++)
        at += snprintf(out + at, room - (size_t)at, "%s%04x", i ? "," : "", h->versions[i]);
}

/* ---- by hand ---- */

#define BYTES(text) SPAN_INIT(text)
#define SNI         "\0\0\0\6\0\4\0\0\1a"
#define ALPN        "\0\x10\0\5\0\3\2h2"
#define VERSIONS    "\0\x2b\0\5\4\3\4\3\3"

static const struct {
    struct span extensions;
    const char *want;
} accepted[] = {
    { BYTES(""), "name= alpn= versions=" },
    { BYTES(SNI), "name=a alpn= versions=" },
    { BYTES(ALPN), "name= alpn=h2 versions=" },
    { BYTES(VERSIONS), "name= alpn= versions=0304,0303" },
    { BYTES("\xff\1\0\1\0" SNI "\0\x0a\0\2\0\0" ALPN VERSIONS "\0\x15\0\0"),
      "name=a alpn=h2 versions=0304,0303" },
    { BYTES("\0\0\0\x0d\0\x0b\0\0\x08"
            "a_b.c-d."),
      "name=a_b.c-d. alpn= versions=" },
    { BYTES("\0\x10\0\x0e\0\x0c\2h2\x08http/1.1"), "name= alpn=h2,http/1.1 versions=" },
    { BYTES("\0\x2b\0\7\6\x7a\x7a\3\4\x0a\x1a"),
      "name= alpn= versions=0304,0a1a" }, /* 7a7a is GREASE, 0a1a is not */
};

static void what_is_valid_is_read_in_any_records(void **state)
{
    (void)state;
    static struct bytes m, b;
    char got[256];
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        message(&m, &accepted[i].extensions);
        for (size_t size = 1; size <= m.len; size++) {
            struct client_hello h;
            records(&b, &m, size);
            for (size_t len = 0; len < b.len; len++)
                assert_int_equal(parse(&b, len, &h), CLIENT_HELLO_MORE);
            assert_int_equal(parse(&b, b.len, &h), CLIENT_HELLO_DONE);
            describe(&h, got, sizeof(got));
            assert_string_equal(got, accepted[i].want);
            assert_int_equal(h.record_version, 0x0301);
            assert_int_equal(h.legacy_version, 0x0303);
        }
    }
}

static void extensions_may_be_absent(void **state)
{
    (void)state;
    static struct bytes m, b;
    struct client_hello h;
    message(&m, NULL);
    records(&b, &m, m.len);
    add(&b, "junk", 4); /* what follows is not looked at */
    assert_int_equal(parse(&b, b.len, &h), CLIENT_HELLO_DONE);
    assert_int_equal(h.name_len + h.alpn_len + h.version_count, 0);
    assert_int_equal(client_hello_version(&h), 0x0303);
}

static const struct span refused[] = {
    /* lengths that do not fit into each other */
    BYTES("\0"),
    BYTES("\0\0\0"),
    BYTES("\0\0\0\1"),
    BYTES("\x7f\1\0\2\0"),
    BYTES("\0\0\0\0"),
    BYTES("\0\0\0\1\0"),
    BYTES("\0\0\0\2\0\0"),
    BYTES("\0\0\0\6\0\3\0\0\1a"),
    BYTES("\0\0\0\6\0\5\0\0\1a"),
    BYTES("\0\0\0\6\0\4\0\0\2a"),
    BYTES("\0\0\0\7\0\4\0\0\1ab"),
    BYTES("\0\0\0\7\0\5\0\0\1ab"),
    /* names */
    BYTES("\0\0\0\5\0\3\0\0\0"),
    BYTES("\0\0\0\6\0\4\1\0\1a"),
    BYTES("\0\0\0\6\0\4\0\0\1\0"),
    BYTES("\0\0\0\6\0\4\0\0\1 "),
    BYTES("\0\0\0\6\0\4\0\0\1\x7f"),
    BYTES("\0\0\0\6\0\4\0\0\1\xe9"),
    BYTES("\0\0\0\x0a\0\x08\0\0\1a\0\0\1b"),
    BYTES(SNI SNI),
    /* protocols */
    BYTES("\0\x10\0\0"),
    BYTES("\0\x10\0\2\0\0"),
    BYTES("\0\x10\0\3\0\1\0"),
    BYTES("\0\x10\0\5\0\3\3h2"),
    BYTES("\0\x10\0\6\0\3\2h2x"),
    BYTES("\0\x10\0\6\0\4\2h2\0"),
    BYTES("\0\x10\0\6\0\5\2h2x"),
    BYTES(ALPN ALPN),
    /* versions */
    BYTES("\0\x2b\0\0"),
    BYTES("\0\x2b\0\1\0"),
    BYTES("\0\x2b\0\2\1\3"),
    BYTES("\0\x2b\0\4\3\3\4\3"),
    BYTES("\0\x2b\0\4\2\3\4\3"),
    BYTES("\0\x2b\0\3\4\3\4"),
    BYTES(VERSIONS VERSIONS),
};

static void what_is_not_is_refused(void **state)
{
    (void)state;
    static struct bytes m, b;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        message(&m, &refused[i]);
        for (size_t size = 1; size <= m.len; size += 1 + size / 3) {
            struct client_hello h;
            records(&b, &m, size);
            if (parse(&b, b.len, &h) != CLIENT_HELLO_BAD)
                fail_msg("extensions %zu in records of %zu", i, size);
        }
    }
}

static void what_is_no_hello_is_seen_at_once(void **state)
{
    (void)state;
    static const struct span cases[] = {
        BYTES("GET / HTTP/1.1"),
        BYTES("\x15\3\1\0\2\1\0"),
        BYTES("\x16\2\0\0\4"),
        BYTES("\x80\x2e\1\3\1"),
        BYTES("\x16\3\1\0\0"),
        BYTES("\x16\3\1\x40\1"),
        BYTES("\x16\3\1\0\x80\2"),
        BYTES("\x16\3\1\0\x80\1\1"),
        BYTES("\x16\3\1\0\x80\1\0\0\x40\2\0"),
        BYTES("\x16\3\1\0\1\1\x14\3"),
        BYTES("\x16\3\1\0\1\1\x16\3\3\0\0"),
        /* a session id, ciphers or compression methods longer than the message */
        BYTES("\x16\3\1\0\x80\1\0\0\x24\3\3"
              "0123456789abcdef0123456789abcdef"
              "\x20"),
        BYTES("\x16\3\1\0\x80\1\0\0\x26\3\3"
              "0123456789abcdef0123456789abcdef"
              "\0\0\x20"),
        BYTES("\x16\3\1\0\x80\1\0\0\x28\3\3"
              "0123456789abcdef0123456789abcdef"
              "\0\0\2\x13\1\1"),
        BYTES("\x16\3\1\0\x80\1\0\0\x0a\3\3"
              "01234567"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct client_hello h;
        enum client_hello_result result = CLIENT_HELLO_MORE;
        for (size_t len = 0; len <= cases[i].len && result == CLIENT_HELLO_MORE; len++) {
            char *copy = malloc(len + !len);
            memcpy(copy, cases[i].ptr, len);
            result = client_hello_parse(span_of(copy, len), &h);
            free(copy);
        }
        if (result != CLIENT_HELLO_BAD)
            fail_msg("case %zu", i);
    }
}

/* A list that is too long for its place is refused, not cut. */
static void bounds_of_the_result(void **state)
{
    (void)state;
    static struct bytes m, b, e;
    struct client_hello h;
    for (size_t len = 255; len <= 256; len++) {
        e.len = 0; /* a name */
        add_number(&e, 0, 2);
        add_number(&e, len + 5, 2);
        add_number(&e, len + 3, 2);
        add_number(&e, 0, 1);
        add_number(&e, len, 2);
        for (size_t i = 0; i < len; i++)
            add(&e, "a", 1);
        struct span extensions = span_of((const char *)e.data, e.len);
        message(&m, &extensions);
        records(&b, &m, m.len);
        assert_int_equal(parse(&b, b.len, &h), len == 255 ? CLIENT_HELLO_DONE : CLIENT_HELLO_BAD);

        e.len = 0; /* protocols of one byte each, the last of two when that does not come out even */
        add_number(&e, 16, 2);
        add_number(&e, len + 2, 2);
        add_number(&e, len, 2);
        for (size_t i = 0; i + 3 < len; i += 2)
            add(&e, "\1x", 2);
        add(&e, len % 2 ? "\2yy" : "\1y", 2 + len % 2);
        extensions = span_of((const char *)e.data, e.len);
        message(&m, &extensions);
        records(&b, &m, m.len);
        assert_int_equal(parse(&b, b.len, &h), len == 255 ? CLIENT_HELLO_DONE : CLIENT_HELLO_BAD);
    }
    e.len = 0; /* more versions than are kept */
    add_number(&e, 43, 2);
    add_number(&e, 41, 2);
    add_number(&e, 40, 1);
    for (size_t i = 0; i < 20; i++)
        add_number(&e, 0x0300 + i, 2);
    struct span extensions = span_of((const char *)e.data, e.len);
    message(&m, &extensions);
    records(&b, &m, m.len);
    assert_int_equal(parse(&b, b.len, &h), CLIENT_HELLO_DONE);
    assert_int_equal(h.version_count, CLIENT_HELLO_VERSIONS_MAX);
    assert_int_equal(client_hello_version(&h), 0x030f);
}

/* ---- as a library sends it ---- */

static void openssl_is_understood(void **state)
{
    (void)state;
    static const unsigned char protocols[] = "\2h2\x08http/1.1";
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL *ssl = SSL_new(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(ssl, "www.example.com");
    SSL_set_alpn_protos(ssl, protocols, sizeof(protocols) - 1);
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    char *data, got[256];
    long len = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
    struct client_hello h;
    assert_true(len > 0);
    assert_int_equal(client_hello_parse(span_of(data, (size_t)len - 1), &h), CLIENT_HELLO_MORE);
    assert_int_equal(client_hello_parse(span_of(data, (size_t)len), &h), CLIENT_HELLO_DONE);
    describe(&h, got, sizeof(got));
    assert_string_equal(got, "name=www.example.com alpn=h2,http/1.1 versions=0304,0303");
    assert_int_equal(client_hello_version(&h), 0x0304);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_is_read_in_any_records),
        cmocka_unit_test(extensions_may_be_absent),
        cmocka_unit_test(what_is_not_is_refused),
        cmocka_unit_test(what_is_no_hello_is_seen_at_once),
        cmocka_unit_test(bounds_of_the_result),
        cmocka_unit_test(openssl_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
