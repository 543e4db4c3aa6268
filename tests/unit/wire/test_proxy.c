/* SPDX-License-Identifier: Apache-2.0 */
/* The PROXY protocol: both versions, read (also byte by byte) and written. */
#include "wire/proxy.h"
#include "wire/proxy_internal.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX    4096
#define SIG    "\r\n\r\n\0\r\nQUIT\n"
#define V4     "\x0a\0\0\1\x0a\0\0\2\x04\xd2\0\x50"
#define V6     "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x04\xd2\0\x50"
#define V4_TXT "10.0.0.1:1234 10.0.0.2:80"
#define V6_TXT "2001:db8::1:1234 2001:db8::2:80"

static void put_address(const struct address *a, char *out, size_t room)
{
    char ip[INET6_ADDRSTRLEN];
    switch (address_family(a)) {
    case AF_INET:
        inet_ntop(AF_INET, &a->u.in.sin_addr, ip, sizeof(ip));
        snprintf(out, room, "%s:%u", ip, address_port(a));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &a->u.in6.sin6_addr, ip, sizeof(ip));
        snprintf(out, room, "%s:%u", ip, address_port(a));
        break;
    case AF_UNIX:
        if (a->len == sizeof(sa_family_t))
            snprintf(out, room, "unnamed");
        else if (a->u.un.sun_path[0])
            snprintf(out, room, "%s", a->u.un.sun_path);
        else
            snprintf(out, room, "@%.*s", (int)(a->len - offsetof(struct sockaddr_un, sun_path) - 1),
                     a->u.un.sun_path + 1);
        break;
    default:
        snprintf(out, room, "-");
    }
}

/* "2 stream 10.0.0.1:1234 10.0.0.2:80 tlvs=7" */
static void describe(const struct proxy_header *h, char *out, size_t room)
{
    static const char *const transports[] = { "unspec", "stream", "datagram" };
    char from[128], to[128];
    put_address(&h->source, from, sizeof(from));
    put_address(&h->destination, to, sizeof(to));
    snprintf(out, room, "%u%s %s %s %s tlvs=%zu", h->version, h->local ? " local" : "",
             transports[h->transport], from, to, h->tlvs.len);
}

/* What the header of exactly these bytes is; every shorter prefix must want more. */
static enum proxy_result parse_all(struct span bytes, size_t max, struct proxy_header *h, size_t *len)
{
    enum proxy_result result = PROXY_MORE;
    for (size_t have = 0; have <= bytes.len && result == PROXY_MORE; have++) {
        char *copy = malloc(have + !have);
        memcpy(copy, bytes.ptr, have);
        result = proxy_parse(span_of(copy, have), max, h, len);
        if (result == PROXY_DONE) {
            assert_int_equal(have, bytes.len);
            result = proxy_parse(bytes, max, h, len); /* spans into what lives on */
        }
        free(copy);
    }
    return result;
}

#define BYTES(text) SPAN_INIT(text)

static const struct {
    struct span bytes;
    const char *want;
} accepted[] = {
    { BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\n"), "1 stream " V4_TXT " tlvs=0" },
    { BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
      "1 stream 255.255.255.255:65535 255.255.255.255:65535 tlvs=0" },
    { BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 0 0\r\n"), "1 stream 10.0.0.1:0 10.0.0.2:0 tlvs=0" },
    { BYTES("PROXY TCP6 2001:DB8::1 2001:db8:0:0::2 1234 80\r\n"), "1 stream " V6_TXT " tlvs=0" },
    { BYTES("PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n"), "1 stream ::ffff:1.2.3.4:1 ::1:2 tlvs=0" },
    { BYTES("PROXY UNKNOWN\r\n"), "1 local unspec - - tlvs=0" },
    { BYTES("PROXY UNKNOWN ffff:f...f:ffff any thing\r\n"), "1 local unspec - - tlvs=0" },
    { BYTES(SIG "\x21\x11\0\x0c" V4), "2 stream " V4_TXT " tlvs=0" },
    { BYTES(SIG "\x21\x12\0\x0c" V4), "2 datagram " V4_TXT " tlvs=0" },
    { BYTES(SIG "\x21\x21\0\x24" V6), "2 stream " V6_TXT " tlvs=0" },
    { BYTES(SIG "\x21\x22\0\x24" V6), "2 datagram " V6_TXT " tlvs=0" },
    { BYTES(SIG "\x21\x11\0\x13" V4 "\4\0\0\2\0\1x"), "2 stream " V4_TXT " tlvs=7" },
    /* LOCAL: whatever follows is passed over */
    { BYTES(SIG "\x20\0\0\0"), "2 local unspec - - tlvs=0" },
    { BYTES(SIG "\x20\x11\0\x0c" V4), "2 local unspec - - tlvs=0" },
    { BYTES(SIG "\x20\x11\0\3abc"), "2 local unspec - - tlvs=0" },
    /* and the same for a family that the sender could not say */
    { BYTES(SIG "\x21\0\0\0"), "2 local unspec - - tlvs=0" },
    { BYTES(SIG "\x21\x10\0\3abc"), "2 local unspec - - tlvs=0" },
};

static void what_is_valid_is_read(void **state)
{
    (void)state;
    char got[512];
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct proxy_header h;
        size_t len;
        if (parse_all(accepted[i].bytes, MAX, &h, &len) != PROXY_DONE)
            fail_msg("case %zu, \"%s\"", i, accepted[i].want);
        assert_int_equal(len, accepted[i].bytes.len);
        describe(&h, got, sizeof(got));
        assert_string_equal(got, accepted[i].want);
    }
}

static const struct span refused[] = {
    BYTES("GET / HTTP/1.1\r\n"),
    BYTES("PROXY  UNKNOWN\r\n"),
    BYTES("proxy TCP4"),
    BYTES("\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\r\n"),
    BYTES("PROXY \r\n"),
    BYTES("PROXY \n"),
    BYTES("PROXY\r\n"),
    BYTES("PROXY TCP\r\n"),
    BYTES("PROXY TCP4\r\n"),
    BYTES("PROXY TCP4 \r\n"),
    BYTES("PROXY UNKNOWNx\r\n"),
    BYTES("PROXY UDP4 10.0.0.1 10.0.0.2 1234 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 \r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80 \r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80 9\r\n"),
    BYTES("PROXY TCP4  10.0.0.1 10.0.0.2 1234 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1\t10.0.0.2 1234 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 65536 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 123456 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 01 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 -1 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 x 80\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.2 1 x\r\n"),
    BYTES("PROXY TCP4 10.0.0 10.0.0.2 1 2\r\n"),
    BYTES("PROXY TCP4 10.0.0.1 10.0.0.256 1 2\r\n"),
    BYTES("PROXY TCP4 10.0.0.01 10.0.0.2 1 2\r\n"),
    BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"),
    BYTES("PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n"),
    BYTES("PROXY TCP6 ::1 10.0.0.2 1 2\r\n"),
    BYTES("PROXY TCP6 ::1 ::1%lo 1 2\r\n"),
    BYTES("PROXY UNKNOWN a\rb\r\n"),
    /* 107 bytes and no end */
    BYTES("PROXY UNKNOWN "
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    /* version 2 */
    BYTES("\r\n\r\n\0\r\nQUIT\r"),
    BYTES("\r\nG"),
    BYTES(SIG "\x11"),
    BYTES(SIG "\x31"),
    BYTES(SIG "\x22\x11\0\x0c" V4),
    BYTES(SIG "\x2f\x11\0\x0c" V4),
    BYTES(SIG "\x21\x13\0\x0c" V4),
    BYTES(SIG "\x21\x41\0\x0c" V4),
    BYTES(SIG "\x20\x41\0\x0c" V4),
    BYTES(SIG "\x21\x11\0\x0b\x0a\0\0\1\x0a\0\0\2\x04\xd2\0"),
    BYTES(SIG "\x21\x21\0\x0c" V4),
    BYTES(SIG "\x21\x31\0\x0c" V4),
    BYTES(SIG "\x21\x11\0\0"),
    /* TLVs that are cut short */
    BYTES(SIG "\x21\x11\0\x0d" V4 "\4"),
    BYTES(SIG "\x21\x11\0\x0f" V4 "\4\0\1"),
    BYTES(SIG "\x21\x11\0\x12" V4 "\4\0\0\4\0\1"),
    /* a sum that is wrong, and one of three bytes */
    BYTES(SIG "\x21\x11\0\x13" V4 "\3\0\4\1\2\3\4"),
    BYTES(SIG "\x21\x11\0\x12" V4 "\3\0\3\1\2\3"),
    /* longer than the caller wants: by its length alone */
    BYTES(SIG "\x21\x11\x0f\xf1"),
};

static void what_is_not_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct proxy_header h;
        size_t len;
        if (parse_all(refused[i], MAX, &h, &len) != PROXY_BAD)
            fail_msg("case %zu, \"%.*s\"", i, SPAN_ARGS(refused[i]));
    }
}

static void the_caller_bounds_both_versions(void **state)
{
    (void)state;
    struct proxy_header h;
    size_t len;
    struct span line = SPAN("PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\n"),
                binary = SPAN(SIG "\x21\x11\0\x0c" V4);
    assert_int_equal(proxy_parse(line, line.len, &h, &len), PROXY_DONE);
    assert_int_equal(proxy_parse(line, line.len - 1, &h, &len), PROXY_BAD);
    assert_int_equal(proxy_parse(binary, binary.len, &h, &len), PROXY_DONE);
    assert_int_equal(proxy_parse(binary, binary.len - 1, &h, &len), PROXY_BAD);
    assert_int_equal(proxy_parse(span_first(binary, 3), 15, &h, &len), PROXY_BAD);
    assert_int_equal(proxy_parse(span_first(binary, 3), 16, &h, &len), PROXY_MORE);
}

static void unix_paths(void **state)
{
    (void)state;
    static const struct {
        struct span path;
        const char *want; /* NULL: refused */
    } cases[] = {
        { BYTES("/run/a"), "/run/a" },
        { BYTES("\0name"), "@name" },
        { BYTES(""), "unnamed" },
        { BYTES("12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
                "3456789012345678"),
          NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char bytes[16 + 216] = SIG "\x21\x31\0\xd8", got[512], want[512];
        memcpy(bytes + 16, cases[i].path.ptr, cases[i].path.len);
        memcpy(bytes + 16 + 108, "/to", sizeof("/to"));
        struct proxy_header h;
        size_t len;
        enum proxy_result result = proxy_parse(span_of(bytes, sizeof(bytes)), MAX, &h, &len);
        assert_int_equal(result, cases[i].want ? PROXY_DONE : PROXY_BAD);
        if (result != PROXY_DONE)
            continue;
        describe(&h, got, sizeof(got));
        snprintf(want, sizeof(want), "2 stream %s /to tlvs=0", cases[i].want);
        assert_string_equal(got, want);
    }
}

/* ---- TLVs ---- */

static void tlvs_are_found(void **state)
{
    (void)state;
    struct span all = SPAN("\2\0\3a.b\5\0\0\2\0\1c"), rest = all, value;
    uint8_t type;
    assert_true(proxy_tlv_next(&rest, &type, &value));
    assert_int_equal(type, PROXY_TLV_AUTHORITY);
    assert_true(span_eq(value, SPAN("a.b")));
    assert_true(proxy_tlv_next(&rest, &type, &value));
    assert_int_equal(type, PROXY_TLV_UNIQUE_ID);
    assert_int_equal(value.len, 0);
    assert_true(proxy_tlv_next(&rest, &type, &value));
    assert_false(proxy_tlv_next(&rest, &type, &value));
    assert_true(proxy_tlv_find(all, PROXY_TLV_AUTHORITY, &value));
    assert_true(span_eq(value, SPAN("a.b")));
    assert_false(proxy_tlv_find(all, PROXY_TLV_ALPN, &value));
}

static void ssl_has_its_own(void **state)
{
    (void)state;
    struct proxy_ssl ssl;
    struct span value;
    assert_true(proxy_ssl_parse(SPAN("\5\0\0\0\1\x21\0\7TLSv1.3\x22\0\2cn"), &ssl));
    assert_int_equal(ssl.client, PROXY_CLIENT_SSL | PROXY_CLIENT_CERT_SESS);
    assert_int_equal(ssl.verify, 1);
    assert_true(proxy_tlv_find(ssl.tlvs, PROXY_TLV_SSL_CN, &value));
    assert_true(span_eq(value, SPAN("cn")));
    assert_true(proxy_ssl_parse(SPAN("\0\0\0\0\0"), &ssl));
    assert_int_equal(ssl.tlvs.len, 0);
    assert_false(proxy_ssl_parse(SPAN("\0\0\0\0"), &ssl));
    assert_false(proxy_ssl_parse(SPAN("\0\0\0\0\0\x21\0"), &ssl));
}

static void the_sum_is_crc32c(void **state)
{
    (void)state;
    /* RFC 3720, B.4 */
    char zeros[32] = { 0 };
    assert_true(proxy_crc32c(0, span_of(zeros, 32)) == 0x8a9136aa);
    assert_true(proxy_crc32c(0, SPAN("123456789")) == 0xe3069283);
    assert_true(proxy_crc32c(proxy_crc32c(0, SPAN("1234")), SPAN("56789")) == 0xe3069283);
}

/* ---- writing ---- */

static struct address ip(const char *text, uint16_t port)
{
    struct address a;
    assert_true(address_parse_ip(span_from(text), &a));
    address_set_port(&a, port);
    return a;
}

static void version_1_is_written(void **state)
{
    (void)state;
    struct address v4 = ip("10.0.0.1", 1234), other = ip("10.0.0.2", 80), v6 = ip("2001:db8::1", 65535),
                   none = { 0 };
    struct address longest = ip("1111:2222:3333:4444:5555:6666:7777:8888", 65535), local;
    address_unix(SPAN("/a"), false, &local);
    const struct {
        const struct address *from, *to;
        const char *want;
    } cases[] = {
        { &v4, &other, "PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\n" },
        { &v6, &v6, "PROXY TCP6 2001:db8::1 2001:db8::1 65535 65535\r\n" },
        { &v4, &v6, "PROXY TCP6 ::ffff:10.0.0.1 2001:db8::1 1234 65535\r\n" },
        { &v6, &v4, "PROXY TCP6 2001:db8::1 ::ffff:10.0.0.1 65535 1234\r\n" },
        { &longest, &longest,
          "PROXY TCP6 1111:2222:3333:4444:5555:6666:7777:8888 1111:2222:3333:4444:5555:6666:7777:8888 65535 "
          "65535\r\n" },
        { &none, &v4, "PROXY UNKNOWN\r\n" },
        { &v4, &none, "PROXY UNKNOWN\r\n" },
        { &local, &local, "PROXY UNKNOWN\r\n" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].want);
        char *out = malloc(len);
        assert_int_equal(proxy_write_v1(out, len, cases[i].from, cases[i].to), len);
        assert_memory_equal(out, cases[i].want, len);
        assert_int_equal(proxy_write_v1(out, len - 1, cases[i].from, cases[i].to), 0);
        struct proxy_header h;
        size_t used;
        assert_int_equal(proxy_parse(span_of(out, len), MAX, &h, &used), PROXY_DONE);
        free(out);
    }
}

static void version_2_is_written_and_read_back(void **state)
{
    (void)state;
    struct address v4 = ip("10.0.0.1", 1234), other = ip("10.0.0.2", 80), v6 = ip("2001:db8::1", 65535),
                   none = { 0 }, path, name;
    address_unix(SPAN("/run/a"), false, &path);
    address_unix(SPAN("name"), true, &name);
    const struct {
        struct proxy_header h;
        const char *want;
    } cases[] = {
        { { .source = v4, .destination = other, .transport = PROXY_STREAM }, "2 stream " V4_TXT },
        { { .source = v4, .destination = other, .transport = PROXY_DATAGRAM }, "2 datagram " V4_TXT },
        { { .source = v6, .destination = v6, .transport = PROXY_STREAM },
          "2 stream 2001:db8::1:65535 2001:db8::1:65535" },
        { { .source = v4, .destination = v6, .transport = PROXY_STREAM },
          "2 stream ::ffff:10.0.0.1:1234 2001:db8::1:65535" },
        { { .source = path, .destination = name, .transport = PROXY_STREAM }, "2 stream /run/a @name" },
        { { .source = v4, .destination = path, .transport = PROXY_STREAM }, "2 local unspec - -" },
        { { .source = none, .destination = none, .transport = PROXY_STREAM }, "2 local unspec - -" },
        { { .local = true, .source = v4, .destination = v4, .transport = PROXY_STREAM },
          "2 local unspec - -" },
    };
    for (size_t i = 0; i < COUNT_OF(cases) * 3; i++) {
        struct proxy_header h = cases[i / 3].h, back;
        bool checksum = i % 3 == 2;
        char tlv[16], got[512], want[512];
        if (i % 3)
            h.tlvs = span_of(tlv, proxy_write_tlv(tlv, sizeof(tlv), PROXY_TLV_ALPN, SPAN("h2")));
        char *big = malloc(MAX);
        size_t len = proxy_write_v2(big, MAX, &h, checksum), used;
        char *out = malloc(len);
        assert_int_equal(proxy_write_v2(out, len, &h, checksum), len);
        assert_memory_equal(out, big, len);
        assert_int_equal(proxy_write_v2(out, len - 1, &h, checksum), 0);
        assert_int_equal(parse_all(span_of(out, len), MAX, &back, &used), PROXY_DONE);
        describe(&back, got, sizeof(got));
        size_t tlvs = back.local ? 0u : (i % 3 ? 5u : 0u) + (checksum ? 7u : 0u);
        snprintf(want, sizeof(want), "%s tlvs=%zu", cases[i / 3].want, tlvs);
        assert_string_equal(got, want);
        if (checksum && !back.local) { /* any changed bit is seen */
            for (size_t bit = 16 * 8; bit < len * 8; bit++) {
                out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
                struct span sum;
                if (proxy_parse(span_of(out, len), MAX, &back, &used) == PROXY_DONE)
                    assert_false(proxy_tlv_find(back.tlvs, PROXY_TLV_CRC32C, &sum));
                out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
            }
        }
        free(out);
        free(big);
    }
}

static void the_bytes_are_those_of_the_specification(void **state)
{
    (void)state;
    struct proxy_header h = { .source = ip("10.0.0.1", 1234),
                              .destination = ip("10.0.0.2", 80),
                              .transport = PROXY_STREAM };
    char out[64];
    struct span want = SPAN(SIG "\x21\x11\0\x0c" V4);
    assert_int_equal(proxy_write_v2(out, sizeof(out), &h, false), want.len);
    assert_memory_equal(out, want.ptr, want.len);
}

static void tlvs_that_do_not_fit_are_not_written(void **state)
{
    (void)state;
    static char huge[0x10000];
    static char out[0x20000];
    assert_int_equal(proxy_write_tlv(out, sizeof(out), 1, span_of(huge, 0xffff)), 0x10002);
    assert_int_equal(proxy_write_tlv(out, sizeof(out), 1, span_of(huge, 0x10000)), 0);
    assert_int_equal(proxy_write_tlv(out, 4, 1, SPAN("ab")), 0);
    assert_int_equal(proxy_write_tlv(out, 5, 1, SPAN("ab")), 5);
    struct proxy_header h = { .local = true, .tlvs = span_of(huge, 0x10000) };
    assert_int_equal(proxy_write_v2(out, sizeof(out), &h, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_is_read),
        cmocka_unit_test(what_is_not_is_refused),
        cmocka_unit_test(the_caller_bounds_both_versions),
        cmocka_unit_test(unix_paths),
        cmocka_unit_test(tlvs_are_found),
        cmocka_unit_test(ssl_has_its_own),
        cmocka_unit_test(the_sum_is_crc32c),
        cmocka_unit_test(version_1_is_written),
        cmocka_unit_test(version_2_is_written_and_read_back),
        cmocka_unit_test(the_bytes_are_those_of_the_specification),
        cmocka_unit_test(tlvs_that_do_not_fit_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
