/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dns.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* A message under construction. */
struct draft {
    uint8_t bytes[4096];
    size_t len;
};

static void put16(struct draft *d, unsigned n)
{
    d->bytes[d->len++] = (uint8_t)(n >> 8);
    d->bytes[d->len++] = (uint8_t)n;
}

static void put_name(struct draft *d, const char *name)
{
    struct span left = span_from(name);

    while (left.len) {
        struct span label = span_cut(&left, '.');
        d->bytes[d->len++] = (uint8_t)label.len;
        memcpy(d->bytes + d->len, label.ptr, label.len);
        d->len += label.len;
    }
    d->bytes[d->len++] = 0;
}

static void begin(struct draft *d, unsigned id, unsigned flags, const char *name, unsigned type)
{
    *d = (struct draft){ 0 };
    put16(d, id);
    put16(d, flags);
    put16(d, 1);
    d->len += 6;
    put_name(d, name);
    put16(d, type);
    put16(d, 1);
}

/* <section> 0 answer, 1 authority, 2 additional */
static void record(struct draft *d, unsigned section, const char *name, unsigned type, unsigned ttl,
                   const void *data, size_t len)
{
    d->bytes[7 + 2 * section]++;
    put_name(d, name);
    put16(d, type);
    put16(d, 1);
    put16(d, ttl >> 16);
    put16(d, ttl & 0xffff);
    put16(d, (unsigned)len);
    memcpy(d->bytes + d->len, data, len);
    d->len += len;
}

static void alias(struct draft *d, const char *name, unsigned ttl, const char *target)
{
    struct draft t = { 0 };

    put_name(&t, target);
    record(d, 0, name, 5, ttl, t.bytes, t.len);
}

static void service(struct draft *d, const char *name, unsigned port, const char *target)
{
    struct draft t = { 0 };

    put16(&t, 10);
    put16(&t, 20);
    put16(&t, port);
    put_name(&t, target);
    record(d, 0, name, 33, 60, t.bytes, t.len);
}

static enum dns_verdict parse(const struct draft *d, const char *name, enum resolver_type type,
                              struct dns_answer *out)
{
    /* a copy of exactly its size, so that a sanitizer sees a read past the end */
    char *copy = malloc(d->len);
    memcpy(copy, d->bytes, d->len);
    enum dns_verdict v = dns_parse(span_of(copy, d->len), name, type, 7, true, out);
    free(copy);
    return v;
}

#define GOOD 0x8180u

static void test_names(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "Example.COM", "example.com" },
        { "example.com.", "example.com" },
        { "_http._tcp.x", "_http._tcp.x" },
        { "", NULL },
        { ".", NULL },
        { "a..b", NULL },
        { ".a", NULL },
        { "a b", NULL },
        { "a\\.b", NULL },
    };
    char out[DNS_NAME_MAX + 1], big[300];

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(dns_normalize(span_from(cases[i].in), out), cases[i].out != NULL);
        if (cases[i].out)
            assert_string_equal(out, cases[i].out);
    }
    memset(big, 'a', sizeof(big));
    assert_true(dns_normalize(span_of(big, 63), out));
    assert_false(dns_normalize(span_of(big, 64), out));
    for (unsigned i = 50; i < sizeof(big); i += 50)
        big[i] = '.';
    assert_true(dns_normalize(span_of(big, 253), out));
    assert_false(dns_normalize(span_of(big, 254), out));
}

static void test_questions(void **state)
{
    uint8_t out[DNS_QUERY_MAX];
    char big[254];
    size_t len;
    struct draft want;

    (void)state;
    assert_true(dns_build("www.example.com", RESOLVER_AAAA, 7, 0, out, &len));
    begin(&want, 7, 0x0100, "www.example.com", 28);
    assert_int_equal(len, want.len);
    assert_memory_equal(out, want.bytes, len);
    assert_true(dns_build("www.example.com", RESOLVER_AAAA, 7, 1232, out, &len));
    assert_int_equal(out[11], 1); /* one additional record: EDNS */
    assert_int_equal(len, want.len + 11);
    memset(big, 'a', sizeof(big));
    for (unsigned i = 60; i < sizeof(big); i += 61)
        big[i] = '.';
    big[253] = '\0';
    assert_true(dns_build(big, RESOLVER_A, 7, 1232, out, &len));
}

static void test_addresses_through_aliases(void **state)
{
    struct draft d;
    struct dns_answer a;

    (void)state;
    begin(&d, 7, GOOD, "WWW.example.com", 1);
    record(&d, 0, "end.example.net", 1, 300, "\x0a\x00\x00\x01", 4);
    alias(&d, "mid.example.net", 50, "end.example.net"); /* out of order, as some servers send it */
    alias(&d, "www.example.com", 100, "Mid.example.net");
    record(&d, 0, "end.example.net", 1, 200, "\x0a\x00\x00\x02", 4);
    record(&d, 0, "other.example", 1, 5, "\x0a\x00\x00\x03", 4); /* nobody asked for that one */
    record(&d, 2, "end.example.net", 1, 5, "\x0a\x00\x00\x04", 4);
    assert_int_equal(parse(&d, "www.example.com", RESOLVER_A, &a), DNS_ANSWER);
    assert_int_equal(a.status, RESOLVER_OK);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.ttl, 50);
    assert_memory_equal(address_bytes(&a.addresses[0]).ptr, "\x0a\x00\x00\x01", 4);
    assert_memory_equal(address_bytes(&a.addresses[1]).ptr, "\x0a\x00\x00\x02", 4);
    dns_answer_free(&a);
}

static void test_aliases_in_a_circle_end(void **state)
{
    struct draft d;
    struct dns_answer a;

    (void)state;
    begin(&d, 7, GOOD, "a.example", 1);
    alias(&d, "a.example", 50, "b.example");
    alias(&d, "b.example", 50, "a.example");
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_ANSWER);
    assert_int_equal(a.status, RESOLVER_NO_DATA);
}

static void test_services_with_addresses(void **state)
{
    struct draft d;
    struct dns_answer a;
    static const char six[16] = { 0x20, 0x01, 0x0d, 0x18, [15] = 9 };

    (void)state;
    begin(&d, 7, GOOD, "_http._tcp.example", 33);
    service(&d, "_http._tcp.example", 8081, "one.example");
    service(&d, "_http._tcp.example", 8082, "two.example");
    record(&d, 2, "two.example", 1, 60, "\x0a\x00\x00\x02", 4);
    record(&d, 2, "two.example", 28, 60, six, 16);
    assert_int_equal(parse(&d, "_http._tcp.example", RESOLVER_SRV, &a), DNS_ANSWER);
    assert_int_equal(a.count, 2);
    assert_span(a.services[0].target, "one.example");
    assert_int_equal(a.services[0].port, 8081);
    assert_int_equal(a.services[0].addresses[0].len, 0);
    assert_span(a.services[1].target, "two.example");
    assert_int_equal(a.services[1].priority, 10);
    assert_int_equal(a.services[1].weight, 20);
    assert_memory_equal(address_bytes(&a.services[1].addresses[0]).ptr, "\x0a\x00\x00\x02", 4);
    assert_memory_equal(address_bytes(&a.services[1].addresses[1]).ptr, six, 16);
    dns_answer_free(&a);
}

static void test_what_is_not_ours(void **state)
{
    struct draft d;
    struct dns_answer a;

    (void)state;
    begin(&d, 8, GOOD, "a.example", 1); /* another id */
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_NOT_OURS);
    begin(&d, 7, GOOD, "b.example", 1); /* another name */
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_NOT_OURS);
    begin(&d, 7, GOOD, "a.example", 28); /* another type */
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_NOT_OURS);
    begin(&d, 7, 0x0100, "a.example", 1); /* a question */
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_NOT_OURS);
    begin(&d, 7, 0xa800, "a.example", 1); /* a notification */
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_NOT_OURS);
}

static void test_verdicts_and_codes(void **state)
{
    static const struct {
        unsigned flags;
        enum dns_verdict verdict;
        enum resolver_status status;
    } cases[] = {
        { GOOD, DNS_ANSWER, RESOLVER_NO_DATA },
        { GOOD | 0x200, DNS_TRUNCATED, 0 },
        { GOOD | 1, DNS_NO_EDNS, 0 },
        { GOOD | 4, DNS_NO_EDNS, 0 },
        { GOOD | 2, DNS_ANSWER, RESOLVER_SERVFAIL },
        { GOOD | 3, DNS_ANSWER, RESOLVER_NO_NAME },
        { GOOD | 5, DNS_ANSWER, RESOLVER_REFUSED },
        { GOOD | 9, DNS_ANSWER, RESOLVER_BAD },
    };
    struct draft d;
    struct dns_answer a;

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        begin(&d, 7, cases[i].flags, "a.example", 1);
        assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), cases[i].verdict);
        if (cases[i].verdict == DNS_ANSWER)
            assert_int_equal(a.status, cases[i].status);
    }
}

/* Every way to cut or to break it by a bit: no crash, no read outside, and what is told stays
 * within bounds. */
static void test_broken_messages(void **state)
{
    struct draft whole, d;
    struct dns_answer a;

    (void)state;
    begin(&whole, 7, GOOD, "_http._tcp.example", 33);
    service(&whole, "_http._tcp.example", 8081, "one.example");
    alias(&whole, "x.example", 50, "y.example");
    record(&whole, 2, "one.example", 1, 60, "\x0a\x00\x00\x02", 4);
    for (size_t len = 0; len < whole.len; len++) {
        d = whole;
        d.len = len ? len : 1;
        if (parse(&d, "_http._tcp.example", RESOLVER_SRV, &a) == DNS_ANSWER) {
            assert_true(a.count <= 1);
            dns_answer_free(&a);
        }
    }
    for (size_t bit = 0; bit < whole.len * 8; bit++) {
        d = whole;
        d.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (parse(&d, "_http._tcp.example", RESOLVER_SRV, &a) == DNS_ANSWER)
            dns_answer_free(&a);
    }
}

static void test_wrong_lengths_are_no_addresses(void **state)
{
    struct draft d;
    struct dns_answer a;

    (void)state;
    begin(&d, 7, GOOD, "a.example", 1);
    record(&d, 0, "a.example", 1, 60, "\x0a\x00\x00", 3);
    assert_int_equal(parse(&d, "a.example", RESOLVER_A, &a), DNS_ANSWER);
    assert_int_equal(a.status, RESOLVER_BAD);
    dns_answer_free(&a);
}

static void test_no_memory(void **state)
{
    struct draft d;
    struct dns_answer a;

    (void)state;
    begin(&d, 7, GOOD, "a.example", 1);
    record(&d, 0, "a.example", 1, 60, "\x0a\x00\x00\x01", 4);
    unit_fail_alloc(1);
    enum dns_verdict v = dns_parse(span_of((char *)d.bytes, d.len), "a.example", RESOLVER_A, 7, true, &a);
    unit_fail_alloc(0);
    assert_int_equal(v, DNS_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_addresses_through_aliases),
        cmocka_unit_test(test_aliases_in_a_circle_end),
        cmocka_unit_test(test_services_with_addresses),
        cmocka_unit_test(test_what_is_not_ours),
        cmocka_unit_test(test_verdicts_and_codes),
        cmocka_unit_test(test_broken_messages),
        cmocka_unit_test(test_wrong_lengths_are_no_addresses),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
