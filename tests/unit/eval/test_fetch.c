/* SPDX-License-Identifier: Apache-2.0 */
/* What each fetch gives from a request that is known, and that nothing is given before its moment. */
#include "eval/fixture.h"
#include "model/lookup.h"

/* Nobody dies and nothing is read before its moment, whatever is asked for. */
static void every_fetch_can_be_asked_at_any_moment(void **state)
{
    (void)state;
    struct lookup *lookup = ARENA_NEW(s.a, struct lookup);
    lookup_finish(s.a, lookup);
    struct facts_times times = { .accepted = { 1 } };
    struct facts_end end = { .bytes_sent = 1 };
    for (unsigned moment = 0; moment < 4; moment++) {
        if (moment == 1)
            stage_request(&s);
        if (moment == 2)
            stage_response(&s);
        if (moment == 3) {
            s.f.times = &times;
            s.f.end = &end;
            s.f.pool = s.pool;
            s.f.server = s.pool->servers.items[0];
        }
        for (unsigned fetch = 0; fetch < FETCH_COUNT; fetch++) {
            struct expr *e = ARENA_NEW(s.a, struct expr);
            if (fetch >= FETCH_STICK_NUMBER &&
                fetch <= FETCH_STICK_KEY) /* nothing without a table: test_stick_tables.py */
                continue;
            expr_add_fetch(s.a, e, (enum fetch)fetch, SPAN("x"))->lookup = lookup;
            expr_finish(s.a, e);
            struct value v = eval_value(&s.f, e);
            uint32_t needs = fetch_needs((enum fetch)fetch);
            bool too_early = (needs & NEEDS_REQUEST && moment < 1) || (needs & NEEDS_BODY);
            /* what the engine answers, or has without a head */
            bool from_elsewhere = fetch == FETCH_DOCUMENT_ROOT || fetch == FETCH_SERVER_NAME ||
                                  fetch == FETCH_REQUEST_LENGTH || fetch == FETCH_POOL_NAME;
            if (too_early && !from_elsewhere && v.type != VALUE_NONE)
                fail_msg("%s gives a value before its moment", fetch_name((enum fetch)fetch));
            scratch_reset(&s.scratch);
        }
    }
}

static void the_process(void **state)
{
    (void)state;
    assert_fetch(&s, FETCH_TRUE, "1");
    assert_fetch_of(&s, FETCH_NUMBER, "", -5, 0, "-5");
    assert_fetch(&s, FETCH_HOSTNAME, "host1");
    assert_fetch(&s, FETCH_VERSION, KEEL_VERSION);
    assert_fetch_of(&s, FETCH_ENV, "value", 0, 0, "value");
    assert_fetch(&s, FETCH_DATE_S, "1795348811");
    assert_fetch_of(&s, FETCH_DATE_S, "", 60, 0, "1795348871");
    assert_fetch(&s, FETCH_DATE_MS_FRACTION, "1795348811.204");
    assert_fetch(&s, FETCH_DATE_COMMON, "22/Nov/2026:12:00:11 +0000");
    assert_fetch(&s, FETCH_PROCESS_CONNECTIONS, "5");
    struct span id = stage_fetch(&s, FETCH_UNIQUE_ID, "", 0, 0);
    assert_int_equal(id.len, 32);
    assert_spans_equal(stage_fetch(&s, FETCH_UNIQUE_ID, "", 0, 0), id); /* one a request */
    for (unsigned i = 0; i < 100; i++) {
        struct span n = stage_fetch(&s, FETCH_RANDOM, "", 7, 0);
        assert_true(n.len == 1 && n.ptr[0] < '7');
    }
}

static void the_client(void **state)
{
    (void)state;
    assert_fetch(&s, FETCH_CLIENT_IP, "192.0.2.7");
    assert_fetch(&s, FETCH_CLIENT_PORT, "51824");
    assert_spans_equal(stage_fetch(&s, FETCH_CLIENT_BINARY, "", 0, 0), SPAN("\xc0\x00\x02\x07"));
}

static void the_clients_connection(void **state)
{
    (void)state;
    struct facts_times t = { .accepted = { 3766000 } };
    assert_fetch(&s, FETCH_PROXY_SOURCE_IP, "(none)");
    assert_fetch(&s, FETCH_CONNECTION_AGE, "(none)");
    s.f.times = &t;
    assert_fetch(&s, FETCH_CONNECTION_AGE, "1.234");
    assert_fetch(&s, FETCH_CONNECTION_SERIAL, "77");
    assert_fetch(&s, FETCH_SERVICE_NAME, "front");
    assert_fetch(&s, FETCH_SERVICE_ID, "3");
    assert_true(service_enter(s.snapshot->services[0], 0));
    assert_fetch(&s, FETCH_SERVICE_CONNECTIONS, "1");
    service_leave(s.snapshot->services[0]);
    assert_fetch(&s, FETCH_TLS_USED, "0");
    assert_fetch(&s, FETCH_TLS_VERSION, "TLSv1.3");
    assert_fetch(&s, FETCH_TLS_SNI, "(none)");
    assert_fetch(&s, FETCH_SESSION_PROTOCOL, "TCP");
    address_unix(SPAN("/run/x"), false, &s.client);
    assert_fetch(&s, FETCH_CLIENT_IP, "unix:");
    assert_fetch(&s, FETCH_CLIENT_PORT, "(none)");
}

static void the_first_bytes(void **state)
{
    (void)state;
    assert_fetch(&s, FETCH_BYTES_LEN, "(none)");
    s.bytes = SPAN("SSH-2.0-x");
    assert_fetch(&s, FETCH_BYTES_LEN, "9");
    assert_fetch_of(&s, FETCH_BYTES_PAYLOAD, "", 4, 3, "2.0");
    assert_fetch_of(&s, FETCH_BYTES_PAYLOAD, "", 4, 0, "2.0-x");
    assert_fetch_of(&s, FETCH_BYTES_PAYLOAD, "", 4, 30, "(none)");
    assert_fetch(&s, FETCH_HELLO_SNI, "(none)");
}

static void the_request_line(void **state)
{
    (void)state;
    stage_request(&s);
    assert_fetch(&s, FETCH_METHOD, "GET");
    assert_fetch(&s, FETCH_TARGET, "/a/b.php?x=1&y=2");
    assert_fetch(&s, FETCH_PATH, "/a/b.php");
    assert_fetch(&s, FETCH_PATH_AND_QUERY, "/a/b.php?x=1&y=2");
    assert_fetch(&s, FETCH_QUERY, "x=1&y=2");
    assert_fetch(&s, FETCH_QUERY_MARK, "?");
    assert_fetch_of(&s, FETCH_QUERY_PARAM, "y", 0, 0, "2");
    assert_fetch_of(&s, FETCH_QUERY_PARAM, "z", 0, 0, "(none)");
    assert_fetch(&s, FETCH_REQUEST_LINE, "GET /a/b.php?x=1&y=2 HTTP/1.1");
    assert_fetch(&s, FETCH_PROTOCOL, "HTTP/1.1");
    assert_fetch(&s, FETCH_HTTP_VERSION, "1.1");
    assert_fetch(&s, FETCH_SCHEME, "http");
    s.tls = true;
    assert_fetch(&s, FETCH_SCHEME, "https");
    assert_fetch(&s, FETCH_REQUEST_LENGTH, "321");
}

/* Edits change what is read later; what was received stays. */
static void edits_show(void **state)
{
    (void)state;
    stage_request(&s);
    s.request.path = SPAN("/new");
    s.request.query = SPAN("q");
    s.f.uri = SPAN("/n");
    assert_fetch(&s, FETCH_PATH_AND_QUERY, "/new?q");
    assert_fetch(&s, FETCH_URI_NORMAL, "/n");
    assert_fetch(&s, FETCH_TARGET, "/a/b.php?x=1&y=2");
    assert_fetch(&s, FETCH_REQUEST_LINE, "GET /a/b.php?x=1&y=2 HTTP/1.1");
    s.request.query = span_of(NULL, 0);
    assert_fetch(&s, FETCH_PATH_AND_QUERY, "/new");
    assert_fetch(&s, FETCH_QUERY, "(none)");
}

static void the_host(void **state)
{
    (void)state;
    stage_request(&s);
    static struct scope front = { .server_name = SPAN_INIT("first.name") };
    s.f.front = &front;
    assert_fetch(&s, FETCH_HOST_FIELD, "www.Example.com:8080");
    assert_fetch(&s, FETCH_HOST_NAME, "www.example.com");
    assert_fetch(&s, FETCH_SERVER_NAME, "first.name");
    s.f.host = SPAN("");
    assert_fetch(&s, FETCH_HOST_NAME, "first.name");
}

static void fields_one_by_one_and_whole(void **state)
{
    (void)state;
    stage_request(&s);
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "user-agent", 0, 0, "curl/7.88 \"x\"");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "absent", 0, 0, "(none)");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 0, 0, "3.3.3.3");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 1, 0, "1.1.1.1, 2.2.2.2");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 1, 1, "1.1.1.1");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 2, 1, "2.2.2.2");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 3, 1, "3.3.3.3");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 4, 1, "(none)");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", -1, 1, "3.3.3.3");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", -3, 1, "1.1.1.1");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", -4, 1, "(none)");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", OCCURRENCE_ALL, 0,
                    "1.1.1.1, 2.2.2.2, 3.3.3.3");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "cookie", OCCURRENCE_ALL, 0, "SERVERID=s1; a=b; a=c");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD_COUNT, "x-forwarded-for", 0, 1, "3");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD_COUNT, "x-forwarded-for", 0, 0, "2");
    assert_fetch_of(&s, FETCH_REQUEST_FIELD_COUNT, "absent", 0, 1, "0");
    (void)message_remove(&s.request, SPAN("X-Forwarded-For"));
    assert_fetch_of(&s, FETCH_REQUEST_FIELD, "X-Forwarded-For", 0, 0, "(none)");
}

static void cookies(void **state)
{
    (void)state;
    stage_request(&s);
    stage_response(&s);
    assert_fetch_of(&s, FETCH_REQUEST_COOKIE, "SERVERID", 1, 0, "s1");
    assert_fetch_of(&s, FETCH_REQUEST_COOKIE, "serverid", 1, 0, "(none)");
    assert_fetch_of(&s, FETCH_REQUEST_COOKIE, "a", 1, 0, "b");
    assert_fetch_of(&s, FETCH_REQUEST_COOKIE, "a", 2, 0, "c");
    assert_fetch_of(&s, FETCH_REQUEST_COOKIE, "a", 0, 0, "c");
    assert_fetch_of(&s, FETCH_RESPONSE_COOKIE, "SERVERID", 0, 0, "s2");
    assert_fetch_of(&s, FETCH_RESPONSE_COOKIE, "path", 0, 0, "(none)");
}

static void forwarded_for_is_appended(void **state)
{
    (void)state;
    stage_request(&s);
    assert_fetch(&s, FETCH_FORWARDED_FOR_APPENDED, "1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7");
    (void)message_remove(&s.request, SPAN("X-Forwarded-For"));
    assert_fetch(&s, FETCH_FORWARDED_FOR_APPENDED, "192.0.2.7");
}

static void basic_authentication(void **state)
{
    (void)state;
    stage_request(&s);
    assert_fetch(&s, FETCH_AUTH_USER, "(none)");
    stage_add(&s.request, "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_fetch(&s, FETCH_AUTH_USER, "Aladdin");
    assert_fetch(&s, FETCH_AUTH_PASSWORD, "open sesame");
    (void)message_remove(&s.request, SPAN("Authorization"));
    stage_add(&s.request, "Authorization", "Bearer x");
    assert_fetch(&s, FETCH_AUTH_USER, "(none)");
    s.f.auth_user = SPAN("checked");
    assert_fetch(&s, FETCH_AUTH_USER, "checked");
}

static void the_body(void **state)
{
    (void)state;
    stage_request(&s);
    assert_fetch(&s, FETCH_REQUEST_BODY, "(none)");
    s.body = SPAN("a=1");
    s.has_body = true;
    assert_fetch(&s, FETCH_REQUEST_BODY, "a=1");
    assert_fetch(&s, FETCH_REQUEST_BODY_LENGTH, "(none)");
    stage_add(&s.request, "Content-Length", "3");
    assert_fetch(&s, FETCH_REQUEST_BODY_LENGTH, "3");
}

static void pools_and_servers(void **state)
{
    (void)state;
    assert_fetch(&s, FETCH_POOL_NAME, "(none)");
    assert_fetch(&s, FETCH_POOL_USABLE, "(none)");
    s.f.pool = s.pool;
    s.f.server = s.pool->servers.items[0];
    assert_fetch(&s, FETCH_POOL_NAME, "web");
    assert_fetch(&s, FETCH_POOL_USABLE, "1");
    assert_fetch(&s, FETCH_SERVER_PICKED_NAME, "s1");
    assert_fetch(&s, FETCH_SERVER_IP, "10.0.0.17");
    assert_fetch(&s, FETCH_SERVER_PORT, "8081");
    assert_fetch(&s, FETCH_SERVER_IS_UP, "1");
    server_set_admin(s.snapshot->servers[0], ADMIN_MAINT, 0, s.f.now);
    assert_fetch(&s, FETCH_SERVER_IS_UP, "0");
    assert_fetch(&s, FETCH_POOL_USABLE, "0");
    server_set_weight(s.snapshot->servers[0], 9, s.f.now);
    assert_fetch(&s, FETCH_SERVER_WEIGHT, "9");
    assert_fetch(&s, FETCH_POOL_CONNECTIONS, "0");
    assert_fetch(&s, FETCH_SERVER_QUEUE, "0");
}

static void lists_over_all_tries(void **state)
{
    (void)state;
    s.f.pool = s.pool;
    assert_fetch(&s, FETCH_SERVER_ADDR, "web"); /* nginx names the upstream when nobody could be tried */
    assert_fetch(&s, FETCH_UPSTREAM_STATUS, "(none)");
    const struct try_facts tries[] = {
        { .server = s.pool->servers.items[0], .began = { 500000 }, .connected = { 503000 }, .sent = 10 },
        { .server = s.pool->servers.items[0],
          .status = 404,
          .began = { 600000 },
          .connected = { 600000 },
          .header = { 612000 },
          .ended = { 2100000 },
          .sent = 20,
          .received = 30,
          .body = 25 },
        { .server = s.pool->servers.items[0],
          .status = 200,
          .began = { 3000000 },
          .connected = { 3001000 },
          .header = { 3002000 },
          .ended = { 3003000 },
          .again = true },
    };
    s.f.tries = tries;
    s.f.try_count = 3;
    assert_fetch(&s, FETCH_SERVER_ADDR, "10.0.0.17:8081, 10.0.0.17:8081 : 10.0.0.17:8081");
    assert_fetch(&s, FETCH_UPSTREAM_STATUS, "-, 404 : 200");
    assert_fetch(&s, FETCH_TIME_UPSTREAM_CONNECT, "0.003, 0.000 : 0.001");
    assert_fetch(&s, FETCH_TIME_UPSTREAM_HEADER, "-, 0.012 : 0.002");
    assert_fetch(&s, FETCH_TIME_UPSTREAM_RESPONSE, "-, 1.500 : 0.003");
    assert_fetch(&s, FETCH_UPSTREAM_BYTES_SENT, "10, 20 : 0");
    assert_fetch(&s, FETCH_UPSTREAM_BODY_BYTES, "0, 25 : 0");
}

static void the_answer(void **state)
{
    (void)state;
    assert_fetch(&s, FETCH_STATUS, "(none)");
    stage_response(&s);
    assert_fetch(&s, FETCH_STATUS, "200");
    assert_fetch_of(&s, FETCH_RESPONSE_FIELD, "content-type", 0, 0, "text/html");
    assert_fetch_of(&s, FETCH_RESPONSE_FIELD_COUNT, "set-cookie", 0, 0, "2");
    assert_fetch_of(&s, FETCH_SENT_FIELD, "content-type", 0, 0, "text/html");
    assert_fetch(&s, FETCH_RESPONSE_VERSION, "1.1");
}

static void timers(void **state)
{
    (void)state;
    struct facts_times t = {
        .accepted = { 1000000 },
        .handshake = { 1002000 },
        .begun = { 1005000 },
        .head = { 1006000 },
        .picked = { 1016000 },
        .connected = { 1017500 },
        .answer = { 1117500 },
        .end = { 2000000 },
    };
    s.f.times = &t;
    static const struct {
        enum fetch fetch;
        const char *expected;
    } rows[] = {
        { FETCH_TIMER_HANDSHAKE, "2" },  { FETCH_TIMER_IDLE, "3" },       { FETCH_TIMER_REQUEST, "1" },
        { FETCH_TIMER_QUERY, "6" },      { FETCH_TIMER_QUEUE, "10" },     { FETCH_TIMER_CONNECT, "1" },
        { FETCH_TIMER_RESPONSE, "100" }, { FETCH_TIMER_DATA, "882" },     { FETCH_TIMER_ACTIVE, "995" },
        { FETCH_TIMER_TOTAL, "1000" },   { FETCH_TIME_REQUEST, "0.995" }, { FETCH_TIME_SESSION, "1.000" },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_fetch(&s, rows[i].fetch, rows[i].expected);
    t.connected = t.answer = (instant){ 0 };
    assert_fetch(&s, FETCH_TIMER_CONNECT, "-1");
    assert_fetch(&s, FETCH_TIMER_RESPONSE, "-1");
    assert_fetch(&s, FETCH_TIMER_QUEUE, "10");
}

static void the_end(void **state)
{
    (void)state;
    struct facts_end e = { .bytes_sent = 500,
                           .body_bytes_sent = 300,
                           .bytes_received = 90,
                           .termination = { 'S', 'H', '-', '-' },
                           .retries = 2,
                           .count_process = 4,
                           .queue_pool = 6 };
    assert_fetch(&s, FETCH_BYTES_SENT, "(none)");
    s.f.end = &e;
    assert_fetch(&s, FETCH_BYTES_SENT, "500");
    assert_fetch(&s, FETCH_BODY_BYTES_SENT, "300");
    assert_fetch(&s, FETCH_TERMINATION, "SH");
    assert_fetch(&s, FETCH_TERMINATION_COOKIE, "SH--");
    assert_fetch(&s, FETCH_COUNT_RETRIES, "2");
    e.redispatched = true;
    assert_fetch(&s, FETCH_COUNT_RETRIES, "+2");
    assert_fetch(&s, FETCH_LOG_PIPE, ".");
    assert_fetch(&s, FETCH_COUNT_PROCESS, "4");
    assert_fetch(&s, FETCH_QUEUE_POOL, "6");
    assert_fetch(&s, FETCH_REQUEST_COMPLETE, "");
    e.complete = true;
    assert_fetch(&s, FETCH_REQUEST_COMPLETE, "OK");
    assert_fetch(&s, FETCH_CAPTURED_COOKIE_REQUEST, "(none)");
}

static void slots_and_captures(void **state)
{
    (void)state;
    struct value v = { .type = VALUE_INT, .as.number = 42 };
    char text[] = "kept";
    assert_fetch_of(&s, FETCH_SLOT, "", 1, 0, "(none)");
    assert_true(eval_set_slot(&s.f, 1, &v));
    assert_fetch_of(&s, FETCH_SLOT, "", 1, 0, "42");
    assert_fetch_of(&s, FETCH_SLOT, "", 2, 0, "(none)");
    v = (struct value){ .type = VALUE_TEXT, .as.text = span_of(text, 4) };
    assert_true(eval_set_slot(&s.f, 2, &v));
    text[0] = 'X';
    assert_fetch_of(&s, FETCH_SLOT, "", 2, 0, "kept");
    assert_fetch(&s, FETCH_CAPTURED_REQUEST, "(none)");
    assert_true(eval_capture(&s.f, 0, 1, 3, SPAN("www.example.com"), 5));
    assert_fetch(&s, FETCH_CAPTURED_REQUEST, "{|www.e|}");
    assert_fetch(&s, FETCH_CAPTURED_RESPONSE, "(none)");
}

/* Does slot 1, which holds <old>, take <fresh> under <when>? */
static bool takes(unsigned when, struct value old, struct value fresh)
{
    bool done = false;
    assert_true(eval_set_slot(&s.f, 1, &old));
    assert_true(eval_set_slot_when(&s.f, 1, when, &fresh, &done));
    return done;
}

static void conditions_of_slots(void **state)
{
    (void)state;
    const struct value none = { .type = VALUE_NONE }, three = { .type = VALUE_INT, .as.number = 3 },
                       five = { .type = VALUE_INT, .as.number = 5 },
                       empty = { .type = VALUE_TEXT, .as.text = SPAN("") },
                       text = { .type = VALUE_TEXT, .as.text = SPAN("text") };
    assert_true(takes(0, three, none));
    assert_false(takes(SLOT_IF_FOUND, three, none));
    assert_true(takes(SLOT_IF_SET, empty, three));
    assert_false(takes(SLOT_IF_SET, none, three));
    assert_true(takes(SLOT_IF_NOT_SET, none, three));
    assert_false(takes(SLOT_IF_NOT_SET, text, three));
    assert_true(takes(SLOT_IF_EMPTY, none, three));
    assert_true(takes(SLOT_IF_EMPTY, empty, three));
    assert_false(takes(SLOT_IF_EMPTY, text, three));
    assert_false(takes(SLOT_IF_NOT_EMPTY, empty, three));
    assert_true(takes(SLOT_IF_NOT_EMPTY, text, three));
    assert_true(takes(SLOT_IF_GREATER, five, three));
    assert_false(takes(SLOT_IF_GREATER, three, three));
    assert_true(takes(SLOT_IF_LESS, three, five));
    assert_false(takes(SLOT_IF_LESS, five, three));
    assert_true(takes(SLOT_IF_LESS, five, text));
    assert_false(takes(SLOT_IF_SET | SLOT_IF_LESS, five, three));
}

static void groups_of_the_last_regular_expression(void **state)
{
    (void)state;
    struct buf why;
    size_t at;
    char text[64];
    buf_init_fixed(&why, text, sizeof(text));
    struct regex *r = config_regex(s.c, SPAN("^/(?<first>[a-z]+)/(x)?"), false, &why, &at);
    assert_fetch_of(&s, FETCH_CAPTURE, "", 1, 0, "(none)");
    assert_false(eval_regex(&s.f, r, SPAN("none")));
    assert_true(eval_regex(&s.f, r, SPAN("/abc/y")));
    assert_fetch_of(&s, FETCH_CAPTURE, "", 0, 0, "/abc/");
    assert_fetch_of(&s, FETCH_CAPTURE, "", 1, 0, "abc");
    assert_fetch_of(&s, FETCH_CAPTURE, "", 2, 0, "(none)");
    assert_fetch_of(&s, FETCH_CAPTURE, "", 12, 0, "(none)");
    assert_fetch_of(&s, FETCH_CAPTURE_NAMED, "first", 0, 0, "abc");
    assert_fetch_of(&s, FETCH_CAPTURE_NAMED, "second", 0, 0, "(none)");
    assert_span(eval_expand(&s.f, SPAN("<\\1-\\0-\\2-\\9-\\\\-\\x>")), "<abc-/abc/---\\-x>");
}

static void a_variable_by_a_map(void **state)
{
    (void)state;
    stage_request(&s);
    struct lookup *l = ARENA_NEW(s.a, struct lookup);
    l->subject = expr_fetch(s.a, FETCH_METHOD, SPAN(""));
    *ARENA_PUSH(s.a, &l->rows) = (struct lookup_row){ .how = MATCH_EXACT,
                                                      .text = SPAN("GET"),
                                                      .value = expr_fetch(s.a, FETCH_PATH, SPAN("")) };
    l->fallback = expr_text(s.a, SPAN("other"));
    lookup_finish(s.a, l);
    struct expr *e = ARENA_NEW(s.a, struct expr);
    expr_add_fetch(s.a, e, FETCH_MAP, SPAN("m"))->lookup = l;
    expr_finish(s.a, e);
    assert_span(eval_text(&s.f, e), "/a/b.php");
    s.request.method_text = SPAN("PUT");
    assert_span(eval_text(&s.f, e), "other");
}

#define T(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_fetch_can_be_asked_at_any_moment),
        T(the_process),
        T(the_client),
        T(the_clients_connection),
        T(the_first_bytes),
        T(the_request_line),
        T(edits_show),
        T(the_host),
        T(fields_one_by_one_and_whole),
        T(cookies),
        T(forwarded_for_is_appended),
        T(basic_authentication),
        T(the_body),
        T(pools_and_servers),
        T(lists_over_all_tries),
        T(the_answer),
        T(timers),
        T(the_end),
        T(slots_and_captures),
        T(conditions_of_slots),
        T(groups_of_the_last_regular_expression),
        T(a_variable_by_a_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
