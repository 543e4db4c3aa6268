/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: escapes, dashes, joined parts, and what does not fit. */
#include "eval/fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct expr *line;
static struct facts_times times = { .accepted = { 4000000 }, .begun = { 4000000 }, .end = { 5000000 } };
static struct facts_end end = { .bytes_sent = 500, .body_bytes_sent = 300 };

static int setup(void **state)
{
    (void)stage_setup(state);
    stage_request(&s);
    stage_response(&s);
    s.f.times = &times;
    s.f.end = &end;
    line = ARENA_NEW(s.a, struct expr);
    return 0;
}

static struct expr_part *field(enum fetch fetch, const char *arg)
{
    struct expr_part *p = expr_add_fetch(s.a, line, fetch, span_from(arg));
    p->escape = ESCAPE_NGINX_LOG;
    p->dash = DASH_EMPTY;
    return p;
}

static void text(const char *t)
{
    (void)expr_add_text(s.a, line, span_from(t));
}

static void assert_line(const char *expected)
{
    char room[1024];
    struct buf b;
    expr_finish(s.a, line);
    buf_init_fixed(&b, room, sizeof(room));
    eval_append(&s.f, line, &b);
    assert_false(b.truncated);
    assert_span(buf_span(&b), expected);
}

/* nginx's combined. */
static void make_combined(void)
{
    field(FETCH_CLIENT_IP, "");
    text(" - ");
    field(FETCH_AUTH_USER, "");
    text(" [");
    field(FETCH_DATE_COMMON, "");
    text("] \"");
    field(FETCH_REQUEST_LINE, "");
    text("\" ");
    field(FETCH_STATUS, "");
    text(" ");
    field(FETCH_BODY_BYTES_SENT, "");
    text(" \"");
    field(FETCH_REQUEST_FIELD, "referer")->number = OCCURRENCE_ALL;
    text("\" \"");
    field(FETCH_REQUEST_FIELD, "user-agent")->number = OCCURRENCE_ALL;
    text("\"");
}

static void a_combined_line(void **state)
{
    (void)state;
    make_combined();
    assert_line("192.0.2.7 - - [22/Nov/2026:12:00:11 +0000] \"GET /a/b.php?x=1&y=2 HTTP/1.1\" 200 300 \"-\" "
                "\"curl/7.88 \\x22x\\x22\"");
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        enum expr_escape escape;
        const char *expected;
    } rows[] = {
        { ESCAPE_NONE, "a\"b\\c\n{|}#\x7f\xe4" },
        { ESCAPE_NGINX_LOG, "a\\x22b\\x5Cc\\x0A{|}#\\x7F\\xE4" },
        { ESCAPE_NGINX_JSON, "a\\\"b\\\\c\\n{|}#\x7f\xe4" },
        { ESCAPE_HAPROXY_LOG, "a#22b\\c#0A{|}#23#7F#E4" },
        { ESCAPE_HAPROXY_TEXT, "a\"b\\c#0A{|}##7F\xe4" },
        { ESCAPE_JSON, "a\\\"b\\\\c\\n{|}#\x7f\xe4" },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        line = ARENA_NEW(s.a, struct expr);
        field(FETCH_ENV, "a\"b\\c\n{|}#\x7f\xe4")->escape = rows[i].escape;
        assert_line(rows[i].expected);
    }
    line = ARENA_NEW(s.a, struct expr);
    field(FETCH_ENV, "\x01\b\t\f\r")->escape = ESCAPE_NGINX_JSON;
    assert_line("\\u0001\\b\\t\\f\\r");
}

static void quotes(void **state)
{
    (void)state;
    static const struct {
        enum expr_escape escape;
        enum expr_quote quote;
        bool slash;
        const char *arg, *expected;
    } rows[] = {
        { ESCAPE_HAPROXY_LOG, QUOTE_ALWAYS, false, "a\"b", "\"a#22b\"" },
        { ESCAPE_HAPROXY_TEXT, QUOTE_NONE, true, "a]b\"c\\d", "a\\]b\\\"c\\\\d" },
        { ESCAPE_HAPROXY_LOG, QUOTE_ALWAYS, true, "a]b\"c", "\"a\\]b#22c\"" },
        { ESCAPE_JSON, QUOTE_TYPED, false, "a\"b", "\"a\\\"b\"" },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        line = ARENA_NEW(s.a, struct expr);
        struct expr_part *p = field(FETCH_ENV, rows[i].arg);
        p->escape = rows[i].escape;
        p->quote = rows[i].quote;
        p->slash = rows[i].slash;
        assert_line(rows[i].expected);
    }
    line = ARENA_NEW(s.a, struct expr);
    field(FETCH_TRUE, "")->quote = QUOTE_TYPED;
    text(",");
    struct expr_part *number = field(FETCH_NUMBER, "");
    number->number = 77;
    number->quote = QUOTE_TYPED;
    text(",");
    field(FETCH_STATUS, "")->quote = QUOTE_TYPED;
    s.f.status = 0;
    assert_line("true,77,null");
}

/* What still grows when a line is written early. */
static void early_lines_say_so(void **state)
{
    (void)state;
    line = ARENA_NEW(s.a, struct expr);
    field(FETCH_TIMER_ACTIVE, "");
    text("/");
    field(FETCH_TIMER_REQUEST, "");
    times = (struct facts_times){ .begun = { 1000 }, .head = { 3000 }, .end = { 9000 } };
    s.f.times = &times;
    assert_line("8/2");
    s.f.early_line = true;
    assert_line("+8/2");
    s.f.early_line = false;
}

/* Every byte at every place of a long text, against the definition. */
static void escapes_wherever_they_stand(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 256; c++) {
        for (unsigned at = 0; at < 40; at++) {
            char in[41], want[60], *to = want;
            memset(in, 'x', 40);
            in[40] = 0;
            in[at] = (char)c;
            memset(want, 'x', at);
            to += at;
            if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
                to += snprintf(to, 8, "\\x%02X", c);
            else
                *to++ = (char)c;
            memset(to, 'x', 39 - at);
            to[39 - at] = 0;
            line->parts.count = 0;
            field(FETCH_ENV, in);
            char room[80];
            struct buf b;
            buf_init_fixed(&b, room, sizeof(room));
            eval_append(&s.f, line, &b);
            if (b.len != strlen(want) || memcmp(room, want, b.len) != 0)
                fail_msg("byte %#x at %u", c, at);
        }
    }
}

static void dashes(void **state)
{
    (void)state;
    field(FETCH_REQUEST_FIELD, "absent");
    text("|");
    field(FETCH_REQUEST_FIELD, "absent")->dash = DASH_NEVER;
    text("|");
    field(FETCH_ENV, "");
    text("|");
    field(FETCH_ENV, "")->dash = DASH_NEVER;
    assert_line("-||-|");
}

static void joined_text_is_whole_or_empty(void **state)
{
    (void)state;
    static char longer[2000];
    memset(longer, 'y', sizeof(longer) - 1);
    text("<");
    field(FETCH_ENV, longer)->escape = ESCAPE_NONE;
    text(">");
    expr_finish(s.a, line);
    struct span joined = eval_text(&s.f, line);
    assert_int_equal(joined.len, 2001);
    assert_int_equal(joined.ptr[2000], '>');
    scratch_reset(&s.scratch);
    scratch_init(&s.scratch, &s.slab, 1000);
    struct span none;
    assert_false(eval_text_found(&s.f, line, &none));
    assert_int_equal(eval_text(&s.f, line).len, 0);
    assert_non_null(eval_text(&s.f, line).ptr);
}

static void a_constant_is_the_models_own_text(void **state)
{
    (void)state;
    static const char constant[] = "/srv/www";
    struct expr *e = expr_text(s.a, span_from(constant));
    assert_ptr_equal(eval_text(&s.f, e).ptr, constant);
    assert_int_equal(s.slab.used, 0);
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    make_combined();
    expr_finish(s.a, line);
    char room[30];
    struct buf b;
    buf_init_fixed(&b, room, sizeof(room));
    eval_append(&s.f, line, &b);
    assert_true(b.truncated);
    assert_span(buf_span(&b), "192.0.2.7 - - [22/Nov/2026:12:");
}

static void numbers_and_addresses(void **state)
{
    (void)state;
    static const int64_t numbers[] = { 0, 7, 10, 99, 100, 999, 1000, 65535, 1000000, INT64_MAX, -1, -100 };
    const char *expected[] = { "0",   "7",    "10",    "99",      "100",
                               "999", "1000", "65535", "1000000", "9223372036854775807",
                               "-1",  "-100" };
    for (unsigned i = 0; i < 12; i++) {
        struct value v = { .type = VALUE_INT, .as.number = numbers[i] };
        assert_true(eval_set_slot(&s.f, 0, &v));
        line = ARENA_NEW(s.a, struct expr);
        field(FETCH_SLOT, "");
        assert_line(expected[i]);
    }
    for (unsigned n = 0; n < 256; n++) {
        char ip[32];
        (void)snprintf(ip, sizeof(ip), "%u.0.%u.%u", n, 255 - n, n);
        assert_true(address_parse_ip(span_from(ip), &s.client));
        line = ARENA_NEW(s.a, struct expr);
        field(FETCH_CLIENT_IP, "");
        assert_line(ip);
    }
    assert_true(address_parse_ip(SPAN("2001:db8::1"), &s.client));
    assert_line("2001:db8::1");
    address_unix(SPAN("/run/x"), false, &s.client);
    assert_line("unix:");
}

/* A buffer that grows gets all of it. */
static void into_a_growing_buffer(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (unsigned i = 0; i < 200; i++) {
        line->parts.count = 0;
        make_combined();
        expr_finish(s.a, line);
        size_t before = b.len;
        eval_append(&s.f, line, &b);
        assert_int_equal(b.len - before, 108);
        assert_memory_equal(b.data + before, "192.0.2.7 - - [", 15);
    }
    assert_false(b.truncated);
    buf_fini(&b);
}

/* HAProxy's httplog. */
static void make_httplog(void)
{
    static const struct {
        enum fetch fetch;
        const char *behind;
    } rows[] = {
        { FETCH_CLIENT_IP, ":" },
        { FETCH_CLIENT_PORT, " [" },
        { FETCH_DATE_REQUEST, "] " },
        { FETCH_SERVICE_NAME, " " },
        { FETCH_POOL_NAME, "/" },
        { FETCH_SERVER_PICKED_NAME, " " },
        { FETCH_TIMER_REQUEST, "/" },
        { FETCH_TIMER_QUEUE, "/" },
        { FETCH_TIMER_CONNECT, "/" },
        { FETCH_TIMER_RESPONSE, "/" },
        { FETCH_TIMER_ACTIVE, " " },
        { FETCH_STATUS, " " },
        { FETCH_BYTES_SENT, " " },
        { FETCH_CAPTURED_COOKIE_REQUEST, " " },
        { FETCH_CAPTURED_COOKIE_RESPONSE, " " },
        { FETCH_TERMINATION_COOKIE, " " },
        { FETCH_COUNT_PROCESS, "/" },
        { FETCH_COUNT_SERVICE, "/" },
        { FETCH_COUNT_POOL, "/" },
        { FETCH_COUNT_SERVER, "/" },
        { FETCH_COUNT_RETRIES, " " },
        { FETCH_QUEUE_SERVER, "/" },
        { FETCH_QUEUE_POOL, "" },
        { FETCH_CAPTURED_REQUEST, " " },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct expr_part *p = field(rows[i].fetch, "");
        p->escape = ESCAPE_HAPROXY_LOG;
        p->dash = rows[i].fetch != FETCH_CAPTURED_REQUEST ? DASH_EMPTY : DASH_NEVER;
        text(rows[i].behind);
    }
    struct expr_part *request = field(FETCH_REQUEST_LINE, "");
    request->escape = ESCAPE_HAPROXY_LOG;
    request->quote = QUOTE_ALWAYS;
    s.f.pool = s.pool;
    s.f.server = s.pool->servers.items[0];
    times = (struct facts_times){ .accepted = { 4000000 },
                                  .handshake = { 4000000 },
                                  .begun = { 4000000 },
                                  .head = { 4001000 },
                                  .picked = { 4001000 },
                                  .connected = { 4002000 },
                                  .answer = { 4005000 },
                                  .end = { 4006000 } };
    memcpy(end.termination, "----", 4);
    s.f.begun_wall_us = 1795348811204000;
}

static void a_line_of_httplog(void **state)
{
    (void)state;
    make_httplog();
    char room[512];
    struct buf b;
    expr_finish(s.a, line);
    buf_init_fixed(&b, room, sizeof(room));
    eval_append(&s.f, line, &b);
    assert_holds(buf_span(&b), "192.0.2.7:51824 [");
    assert_holds(buf_span(&b), ".204] front web/s1 1/0/1/3/6 200 500 - - ---- 0/0/0/0/0 0/0 "
                               "\"GET /a/b.php?x=1&y=2 HTTP/1.1\"");
}

/* Run by hand under a counter of instructions: <lines> combined lines, by default few. */
static void many_lines(void **state)
{
    (void)state;
    const char *wanted = getenv("KEEL_TEST_LINES");
    unsigned lines = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 10;
    if (getenv("KEEL_TEST_HTTPLOG"))
        make_httplog();
    else
        make_combined();
    expr_finish(s.a, line);
    (void)message_remove(&s.request, SPAN("User-Agent"));
    stage_add(&s.request, "User-Agent",
              "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    for (unsigned i = 0; i < lines; i++) {
        char room[512];
        struct buf b;
        buf_init_fixed(&b, room, sizeof(room));
        eval_append(&s.f, line, &b);
        assert_true(b.len > 100 && !b.truncated);
        scratch_reset(&s.scratch);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, stage_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_combined_line),
        T(escapes),
        T(escapes_wherever_they_stand),
        T(quotes),
        T(early_lines_say_so),
        T(dashes),
        T(joined_text_is_whole_or_empty),
        T(a_constant_is_the_models_own_text),
        T(a_line_that_is_too_long_is_cut),
        T(a_line_of_httplog),
        T(numbers_and_addresses),
        T(into_a_growing_buffer),
        T(many_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
