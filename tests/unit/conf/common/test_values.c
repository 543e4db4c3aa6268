/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/values.h"

#include <errno.h>

#include "unit.h"

struct fixture {
    struct arena *arena;
    struct diags *diags;
};
static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .arena = arena_new(0), .diags = diags_new() };
    *state = &f;
    return 0;
}
static int tear_down(void **state)
{
    struct fixture *f = *state;
    diags_free(&f->diags);
    arena_free(&f->arena);
    return 0;
}

static struct word word_of(const char *text)
{
    return (struct word){ .text = span_from(text), .raw = span_from(text) };
}

static void numbers(void **state)
{
    struct fixture *f = *state;
    int64_t n = 0;
    struct word w = word_of("42");
    assert_true(value_number(f->diags, &w, 0, 42, &n));
    assert_int_equal(n, 42);
    w = word_of("-3");
    assert_true(value_number(f->diags, &w, -5, 5, &n));
    assert_int_equal(n, -3);
    assert_int_equal(diags_total(f->diags), 0);
    static const char *const bad[] = { "43", "-1", "", "4x", "-", "0x1", "99999999999999999999", "1.0" };
    for (size_t i = 0; i < 8; i++) {
        w = word_of(bad[i]);
        assert_false(value_number(f->diags, &w, 0, 42, &n));
        assert_int_equal(diags_total(f->diags), i + 1);
    }
    struct buf b;
    buf_init(&b, 1000);
    diag_sentence(&b, diags_at(f->diags, 0), "en");
    assert_span(buf_span(&b), "\"43\" is not a number from 0 to 42");
    buf_fini(&b);
}

static void sizes(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = { { "0", 0 }, { "512", 512 }, { "8k", 8192 }, { "1M", 1 << 20 }, { "2g", UINT64_C(2) << 30 } };
    for (size_t i = 0; i < 5; i++) {
        uint64_t n = 77;
        struct word w = word_of(good[i].text);
        assert_true(value_size(f->diags, &w, 0, UINT64_MAX, &n));
        assert_int_equal(n, good[i].bytes);
    }
    static const char *const bad[] = { "", "k", "1kb", "-1", "1.5m", "9223372036854775807g", "1 k" };
    for (size_t i = 0; i < 7; i++) {
        uint64_t n;
        struct word w = word_of(bad[i]);
        assert_false(value_size(f->diags, &w, 0, UINT64_MAX, &n));
    }
    uint64_t n;
    struct word w = word_of("2k");
    assert_false(value_size(f->diags, &w, 0, 2047, &n));
    assert_int_equal(diags_total(f->diags), 8);
    assert_string_equal(diags_at(f->diags, 7)->kind->code, "K0412");
}

static void times(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum word_language language;
        const char *text;
        uint32_t unit, ms;
    } good[] = {
        { WORDS_NGINX, "30", 1000, 30000 },          { WORDS_NGINX, "1h30m", 1000, 5400000 },
        { WORDS_NGINX, "1h 30m", 1000, 5400000 },    { WORDS_NGINX, "1m30", 1000, 90000 },
        { WORDS_NGINX, "500ms", 1000, 500 },         { WORDS_NGINX, "1d", 1000, 86400000 },
        { WORDS_NGINX, "1M", 1000, 2592000000 },     { WORDS_NGINX, "2y", 1000, UINT32_MAX - 1 },
        { WORDS_HAPROXY, "50000", 1, 50000 },        { WORDS_HAPROXY, "10s", 1, 10000 },
        { WORDS_HAPROXY, "1500us", 1, 2 },           { WORDS_HAPROXY, "1d", 1, 86400000 },
        { WORDS_KEEPALIVED, "1", 1000, 1000 },       { WORDS_KEEPALIVED, "0.25", 1000, 250 },
        { WORDS_KEEPALIVED, "2.71828", 1000, 2719 },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        duration out = DURATION_MS(7);
        struct word w = word_of(good[i].text);
        assert_true(value_time(f->diags, good[i].language, &w, good[i].unit, &out));
        assert_int_equal(out.ms, good[i].ms);
    }
    assert_int_equal(diags_total(f->diags), 0);
    static const struct {
        enum word_language language;
        const char *text;
    } bad[] = {
        { WORDS_NGINX, "" },         { WORDS_NGINX, "s" },       { WORDS_NGINX, "30m1h" },
        { WORDS_NGINX, "1m1m" },     { WORDS_NGINX, "30 1m" },   { WORDS_NGINX, "1x" },
        { WORDS_NGINX, "-1" },       { WORDS_HAPROXY, "1w" },    { WORDS_HAPROXY, "1h1m" },
        { WORDS_HAPROXY, "99999d" }, { WORDS_KEEPALIVED, "1s" }, { WORDS_KEEPALIVED, "." },
        { WORDS_KEEPALIVED, "1.x" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        duration out;
        struct word w = word_of(bad[i].text);
        assert_false(value_time(f->diags, bad[i].language, &w, 1000, &out));
        assert_int_equal(diags_total(f->diags), i + 1);
    }
}

/* Browsers are told years, timers are not. */
static void seconds(void **state)
{
    struct fixture *f = *state;
    struct word good = word_of("1y"), bad = word_of("1x");
    int64_t out = 0;

    assert_true(value_nginx_seconds(f->diags, &good, &out));
    assert_int_equal(out, 365 * 86400);
    assert_false(value_nginx_seconds(f->diags, &bad, &out));
}

static void switches_and_choices(void **state)
{
    struct fixture *f = *state;
    bool on = false;
    struct word w = word_of("on");
    assert_true(value_switch(f->diags, &w, &on));
    assert_true(on);
    w = word_of("OFF");
    assert_true(value_switch(f->diags, &w, &on));
    assert_false(on);
    w = word_of("yes");
    assert_false(value_switch(f->diags, &w, &on));

    static const char *const levels[] = { "debug", "info", "warn", NULL };
    unsigned index = 9;
    w = word_of("warn");
    assert_true(value_choice(f->diags, &w, levels, &index));
    assert_int_equal(index, 2);
    w = word_of("wran");
    assert_false(value_choice(f->diags, &w, levels, &index));
    const struct diag *at = diags_at(f->diags, 1);
    assert_span(at->args[1], "debug, info, warn");
    assert_span(at->help, "did you mean `warn`?");
}

static void networks(void **state)
{
    struct fixture *f = *state;
    struct network n;
    struct word w = word_of("10.1.0.0/16");
    assert_true(value_network(f->diags, &w, &n));
    assert_int_equal(n.bits, 16);
    assert_int_equal(diags_total(f->diags), 0);
    w = word_of("10.1.2.3/16");
    assert_true(value_network(f->diags, &w, &n));
    assert_string_equal(diags_at(f->diags, 0)->kind->code, "K0417");
    assert_span(diags_at(f->diags, 0)->args[1], "10.1.0.0/16");
    w = word_of("10.1.2/8");
    assert_false(value_network(f->diags, &w, &n));
    assert_string_equal(diags_at(f->diags, 1)->kind->code, "K0416");
}

static struct answer ask(void *self, enum question q, struct span key)
{
    (void)self;
    assert_int_equal(q, ASK_HOST);
    if (span_eq(key, SPAN("two.example")))
        return (struct answer){ .bytes = SPAN("192.0.2.1\0"
                                              "2001:db8::1\0") };
    if (span_eq(key, SPAN("slow.example")))
        return (struct answer){ .error = EAGAIN };
    return (struct answer){ .error = ENOENT };
}

static void hosts(void **state)
{
    struct fixture *f = *state;
    const struct world world = { .ask = ask };
    struct word w = word_of("x");
    struct address out;
    char storage[64];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage));
    assert_true(value_host(f->diags, &world, f->arena, &w, SPAN("10.0.0.9"), &out)); /* nobody is asked */
    assert_true(value_host(f->diags, &world, f->arena, &w, SPAN("two.example"), &out));
    address_put_ip(&b, &out);
    assert_span(buf_span(&b), "192.0.2.1");
    assert_false(value_host(f->diags, &world, f->arena, &w, SPAN("no.example"), &out));
    assert_false(value_host(f->diags, &world, f->arena, &w, SPAN("slow.example"), &out));
    assert_string_equal(diags_at(f->diags, 0)->kind->code, "K0418");
    assert_string_equal(diags_at(f->diags, 1)->kind->code, "K0419");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(switches_and_choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(networks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
