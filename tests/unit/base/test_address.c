/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <string.h>

#include "base/macros.h"
#include "unit.h"

static struct address ip(const char *text, uint16_t port)
{
    struct address a;
    assert_true(address_parse_ip(span_from(text), &a));
    address_set_port(&a, port);
    return a;
}

static void assert_shown(const struct address *a, const char *expected)
{
    char storage[256];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage));
    address_put(&b, a);
    assert_span(buf_span(&b), expected);
}

static void names_hosts_and_paths(void **state)
{
    char storage[256];
    struct buf b;
    struct address a = ip("2001:db8::1", 80);
    (void)state;

    buf_init_fixed(&b, storage, sizeof(storage));
    address_put_host(&b, &a);
    assert_true(address_unix(SPAN("/run/x"), false, &a));
    address_put_host(&b, &a);
    assert_true(address_unix(SPAN("x"), true, &a));
    address_put_host(&b, &a);
    assert_span(buf_span(&b), "2001:db8::1/run/x@x");
}

static void reads_and_writes_addresses(void **state)
{
    (void)state;
    struct address a = ip("10.0.0.255", 80);
    assert_int_equal(address_family(&a), AF_INET);
    assert_int_equal(a.len, sizeof(struct sockaddr_in));
    assert_int_equal(address_port(&a), 80);
    assert_shown(&a, "10.0.0.255:80");
    a = ip("2001:DB8:0:0::1", 65535);
    assert_int_equal(address_family(&a), AF_INET6);
    assert_shown(&a, "[2001:db8::1]:65535");
    assert_int_equal(address_bytes(&a).len, 16);
    a = ip("0.0.0.0", 0);
    assert_shown(&a, "0.0.0.0:0");
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "1",        "1.2.3",     "1.2.3.4.5",
        "256.1.1.1", "01.2.3.4", "a.b.c",     "[::1]",
        "::1%lo",    "1.2.3.4 ", "::1:",      "1.2.3.4:80",
        ":::",       "12345::",  "localhost", "1111:2222:3333:4444:5555:6666:7777:8888:9"
    };
    struct address a;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(address_parse_ip(span_from(bad[i]), &a));
    assert_false(address_parse_ip(SPAN("1.2.3.4\0"), &a));
}

static void unix_paths_and_abstract_names(void **state)
{
    (void)state;
    struct address a, b;
    assert_true(address_unix(SPAN("/run/app.sock"), false, &a));
    assert_int_equal(address_family(&a), AF_UNIX);
    assert_string_equal(a.u.un.sun_path, "/run/app.sock");
    assert_shown(&a, "unix:/run/app.sock");
    assert_int_equal(address_port(&a), 0);
    assert_int_equal(address_bytes(&a).len, 0);
    assert_true(address_unix(SPAN("name"), true, &b));
    assert_int_equal(b.u.un.sun_path[0], '\0');
    assert_int_equal(b.len, offsetof(struct sockaddr_un, sun_path) + 5);
    assert_shown(&b, "unix:@name");
    assert_false(address_eq(&a, &b));
    assert_true(address_unix(SPAN("name"), false, &a));
    assert_false(address_eq(&a, &b));
    char path[200];
    memset(path, 'p', sizeof(path));
    assert_true(address_unix(span_of(path, 107), false, &a));
    assert_false(address_unix(span_of(path, 108), false, &a));
    assert_false(address_unix(SPAN(""), false, &a));
    assert_false(address_unix(SPAN("a\0b"), false, &a));
    struct address none = { 0 };
    assert_shown(&none, "");
}

static void compares_with_and_without_port(void **state)
{
    (void)state;
    struct address a = ip("10.0.0.1", 80), b = ip("10.0.0.1", 81), c = ip("10.0.0.2", 80), d = ip("::1", 80);
    assert_false(address_eq(&a, &b));
    assert_true(address_eq_ip(&a, &b));
    assert_false(address_eq_ip(&a, &c));
    assert_false(address_eq_ip(&a, &d));
    address_set_port(&b, 80);
    assert_true(address_eq(&a, &b));
    struct address none = { 0 }, none_too = { 0 };
    assert_false(address_eq_ip(&none, &none_too));
}

static void mapped_addresses_become_plain(void **state)
{
    (void)state;
    struct address a = ip("::ffff:10.1.2.3", 8080), b = ip("::1", 1);
    address_unmap(&a);
    assert_shown(&a, "10.1.2.3:8080");
    assert_int_equal(a.len, sizeof(struct sockaddr_in));
    address_unmap(&b);
    assert_shown(&b, "[::1]:1");
}

static void assert_network(const char *text, const char *base, unsigned bits)
{
    struct network n;
    char storage[64];
    struct buf b;
    assert_true(network_parse(span_from(text), &n));
    buf_init_fixed(&b, storage, sizeof(storage));
    address_put_ip(&b, &n.base);
    assert_span(buf_span(&b), base);
    assert_int_equal(n.bits, bits);
}

static void reads_networks_and_clears_host_bits(void **state)
{
    (void)state;
    assert_network("10.1.2.3/8", "10.0.0.0", 8);
    assert_network("10.1.2.3", "10.1.2.3", 32);
    assert_network("10.255.2.3/255.240.0.0", "10.240.0.0", 12);
    assert_network("10.1.2.3/0.0.0.0", "0.0.0.0", 0);
    assert_network("10.1.2.3/0", "0.0.0.0", 0);
    assert_network("2001:db8:ffff::1/33", "2001:db8:8000::", 33);
    assert_network("::1", "::1", 128);
    static const char *const bad[] = { "10.0.0.0/33",  "10.0.0.0/",    "/8",        "10.0.0.0/255.0.255.0",
                                       "10.0.0.0/-1",  "10.0.0.0/8/8", "::/ffff::", "::/129",
                                       "::/255.0.0.0", "10/8" };
    struct network n;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(network_parse(span_from(bad[i]), &n));
}

static bool contains(const char *network, const char *address)
{
    struct network n;
    struct address a = ip(address, 80);
    assert_true(network_parse(span_from(network), &n));
    return network_contains(&n, &a);
}

static void networks_contain_their_addresses(void **state)
{
    (void)state;
    assert_true(contains("10.0.0.0/8", "10.255.255.255"));
    assert_false(contains("10.0.0.0/8", "11.0.0.0"));
    assert_true(contains("192.168.128.0/17", "192.168.200.1"));
    assert_false(contains("192.168.128.0/17", "192.168.127.255"));
    assert_true(contains("0.0.0.0/0", "1.2.3.4"));
    assert_true(contains("1.2.3.4", "1.2.3.4"));
    assert_false(contains("1.2.3.4", "1.2.3.5"));
    assert_true(contains("2001:db8::/31", "2001:db9::1"));
    assert_false(contains("2001:db8::/32", "2001:db9::1"));
    assert_true(contains("::/0", "::1"));
    assert_false(contains("::/0", "1.2.3.4"));
    assert_true(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
    assert_false(contains("0.0.0.0/0", "::1"));
    struct network n;
    struct address local;
    assert_true(network_parse(SPAN("0.0.0.0/0"), &n));
    assert_true(address_unix(SPAN("/x"), false, &local));
    assert_false(network_contains(&n, &local));
}

static void with_or_without_a_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned port;
    } good[] = {
        { "10.0.0.1", 0 }, { "10.0.0.1:80", 80 }, { "::1", 0 }, { "[::1]", 0 }, { "[::1]:65535", 65535 }
    };
    static const char *const bad[] = { "",           ":80",       "10.0.0.1:", "10.0.0.1:65536",
                                       "10.0.0.1:x", "[::1",      "[]:80",     "[::1]80",
                                       "[10.0.0.1",  "::1:99999", "name:80" };
    struct address a;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(address_parse(span_from(good[i].text), &a));
        assert_int_equal(address_port(&a), good[i].port);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(address_parse(span_from(bad[i]), &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_or_without_a_port),
        cmocka_unit_test(names_hosts_and_paths),
        cmocka_unit_test(reads_and_writes_addresses),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(unix_paths_and_abstract_names),
        cmocka_unit_test(compares_with_and_without_port),
        cmocka_unit_test(mapped_addresses_become_plain),
        cmocka_unit_test(reads_networks_and_clears_host_bits),
        cmocka_unit_test(networks_contain_their_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
