/* SPDX-License-Identifier: Apache-2.0 */
/* Requests from the client's socket to the server's and back. */
#include "../play.h"

#define OK(body_len, body) "HTTP/1.1 200 OK\r\nContent-Length: " #body_len "\r\n\r\n" body

/* One request through <p>: the connection to server 0 that carried it. */
static int exchange(struct play *p, int client, int server)
{
    say(client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    if (server < 0)
        server = play_accept(p, 0);
    assert_has(hear(p, server, "\r\n\r\n"), "GET /a HTTP/1.1\r\n");
    say(server, OK(2, "ok"));
    assert_has(hear(p, client, "ok"), "HTTP/1.1 200 OK\r\n");
    return server;
}

static void test_connections_are_kept_on_both_sides(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p), other = play_client(p);
    int s = exchange(p, c, -1);
    (void)exchange(p, c, s);
    (void)exchange(p, other, s); /* another client's request goes the same way */
    play_nobody(p, 0);
    close(c), close(other), close(s);
    play_end(p);
}

static void test_a_head_that_drips_is_one_request(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    for (const char *at = "GET /drip HTTP/1.1\r\nHost: h\r\n\r\n"; *at; at++) {
        char byte[2] = { *at, 0 };
        say(c, byte);
        if (at[1] == '\n')
            play_nobody(p, 0);
    }
    int s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\n"), "GET /drip HTTP/1.1\r\nHost: h\r\n");
    close(c), close(s);
    play_end(p);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c,
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /3 "
        "HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\n"), "GET /1 ");
    hear_nothing(s); /* the second goes out when the first was answered */
    say(s, OK(1, "1"));
    assert_has(hear(p, s, "abc"), "POST /2 ");
    say(s, OK(1, "2"));
    assert_has(hear(p, s, "\r\n\r\n"), "GET /3 ");
    say(s, OK(1, "3"));
    hear_exactly(p, c,
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
    close(c), close(s);
    play_end(p);
}

static void test_chunks_become_a_closed_body_for_an_old_client(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    hear_exactly(p, c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdefg");
    hear_end(p, c);
    close(c), close(s);
    play_end(p);
}

static void test_a_closed_body_becomes_chunks(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.0 200 OK\r\n\r\nabc");
    hear_exactly(p, c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    say(s, "defg");
    hear_exactly(p, c, "4\r\ndefg\r\n");
    close(s);
    hear_exactly(p, c, "0\r\n\r\n");
    s = exchange(p, c, -1); /* the client's connection stays */
    close(c), close(s);
    play_end(p);
}

static void test_head_has_no_body(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    hear_exactly(p, c, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    (void)exchange(p, c, s);
    close(c), close(s);
    play_end(p);
}

static void test_hop_by_hop_fields_stay_here(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\nConnection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
           "X-Yours: 2\r\n\r\n");
    int s = play_accept(p, 0);
    hear_exactly(p, s, "GET /a HTTP/1.1\r\nHost: h\r\nX-Yours: 2\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nConnection: X-S\r\nX-S: 1\r\nX-T: 2\r\nContent-Length: 0\r\n\r\n");
    hear_exactly(p, c, "HTTP/1.1 200 OK\r\nX-T: 2\r\nContent-Length: 0\r\n\r\n");
    close(c), close(s);
    play_end(p);
}

/* Name and value of an edit may lie anywhere, even as a line does whose end was never there. */
static void test_an_edit_may_end_where_its_memory_ends(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    struct arena *a = p->hand.config->arena;
    char *line = malloc(7); /* exactly, so that a sanitizer sees a look beyond */
    (void)state;
    assert_non_null(line);
    memcpy(line, "X-E: 55", 7);
    struct action *x =
        action_add(p->hand.config, p->hand.front, HOOK_REQUEST, ACTION_FIELD_SET, (struct where){ 0 });
    struct expr *e = ARENA_NEW(a, struct expr);
    expr_add_text(a, e, span_of(line + 5, 2));
    expr_finish(a, e);
    e->constant = span_of(line + 5, 2);
    x->name = span_of(line, 3);
    x->expr = e;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n");
    int s = play_accept(p, 0);
    hear_exactly(p, s, "GET /a HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nX-E: 55\r\n\r\n");
    close(c), close(s);
    play_end(p);
    free(line);
}

/* ---- bodies of requests ---- */

static void test_a_body_is_streamed_as_it_comes(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    int s = play_accept(p, 0);
    assert_has(hear(p, s, "3\r\nabc\r\n"), "Transfer-Encoding: chunked\r\n");
    say(c, "2;ext=1\r\nde\r\n0\r\n\r\n");
    hear_exactly(p, s, "2\r\nde\r\n0\r\n\r\n");
    say(s, OK(2, "ok"));
    (void)hear(p, c, "ok");
    (void)exchange(p, c, s);
    close(c), close(s);
    play_end(p);
}

static void test_nginx_waits_for_the_whole_body_and_knows_its_length(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    play_nobody(p, 0);
    say(c, "2\r\nde\r\n0\r\n\r\n");
    int s = play_accept(p, 0);
    const char *got = hear(p, s, "abcde");
    assert_has(got, "Content-Length: 5\r\n");
    assert_has(got, "Host: servers\r\n");
    assert_has_not(got, "Transfer-Encoding");
    close(c), close(s);
    play_end(p);
}

static void test_continue_comes_from_who_reads_the_body(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    hear_exactly(p, c, "HTTP/1.1 100 Continue\r\n\r\n");
    play_nobody(p, 0);
    say(c, "abc");
    int s = play_accept(p, 0);
    assert_has_not(hear(p, s, "abc"), "Expect");
    close(c), close(s);
    play_end(p);
}

static void test_continue_and_hints_are_passed_on(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    int s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\n"), "Expect: 100-continue\r\n");
    say(s, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    hear_exactly(p, c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    say(c, "abc");
    hear_exactly(p, s, "abc");
    say(s, OK(2, "ok"));
    (void)hear(p, c, "ok");
    close(c), close(s);
    play_end(p);
}

static void test_an_early_answer_ends_the_request(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");
    int s = play_accept(p, 0);
    (void)hear(p, s, "abc");
    say(s, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    assert_has(hear(p, c, "no"), "HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n");
    say(c, "defgh"); /* is read and dropped, so that no RST destroys the answer */
    hear_end(p, c);
    close(c);
    hear_end(p, s);
    close(s);
    play_end(p);
}

static void test_a_body_over_the_limit_is_413(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    p->hand.client->body_max = 10;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nabcdefghijk");
    assert_has(hear(p, c, "too large\n"), "HTTP/1.1 413 ");
    close(c);
    c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n0\r\n\r\n");
    assert_has(hear(p, c, "too large\n"), "HTTP/1.1 413 ");
    play_nobody(p, 0);
    close(c);
    play_end(p);
}

/* ---- bodies that do not fit ---- */

#define BIG (6u * 1024 * 1024)

static char pattern(size_t at)
{
    return (char)(at * 7 + at / 1000);
}

/* Sends <len> bytes of the pattern, in pieces that no buffer's size divides. */
static void say_pattern(int fd, size_t len)
{
    static char bytes[10007];

    for (size_t at = 0; at < len;) {
        size_t part = len - at < sizeof(bytes) ? len - at : sizeof(bytes);
        for (size_t i = 0; i < part; i++)
            bytes[i] = pattern(at + i);
        assert_true(play_ready(fd, POLLOUT, PLAY_WAIT));
        ssize_t n = send(fd, bytes, part, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += (size_t)n;
    }
}

static void hear_pattern(int fd, size_t len)
{
    static char bytes[65536];

    for (size_t at = 0; at < len;) {
        assert_true(play_ready(fd, POLLIN, PLAY_WAIT));
        ssize_t n = recv(fd, bytes, len - at < sizeof(bytes) ? len - at : sizeof(bytes), 0);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] != pattern(at + (size_t)i))
                fail_msg("byte %zu is wrong", at + (size_t)i);
        at += (size_t)n;
    }
}

static void test_a_large_upload_is_kept_and_sent_again(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 2);
    (void)state;
    p->hand.server->retry_on |= RETRY_NON_IDEMPOTENT;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6291456\r\n\r\n");
    say_pattern(c, BIG);
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    hear_pattern(s, BIG / 2);
    close(s); /* in the middle: the next one gets all of it */
    s = play_accept(p, 1);
    (void)hear(p, s, "\r\n\r\n");
    hear_pattern(s, BIG);
    say(s, OK(2, "ok"));
    assert_has(hear(p, c, "ok"), "200 OK");
    close(c), close(s);
    play_end(p);
}

static void test_a_slow_reader_does_not_hold_the_server(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p), other = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 6291456\r\n\r\n");
    say_pattern(s, BIG); /* all of it is taken, though nobody reads */
    (void)usleep(300000);
    (void)exchange(p, other, s);
    (void)hear(p, c, "\r\n\r\n");
    hear_pattern(c, BIG);
    (void)exchange(p, c, s);
    close(c), close(s), close(other);
    play_end(p);
}

static void test_large_bodies_stream_both_ways(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say_pattern(c, 200000);
    hear_pattern(s, 200000);
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
    say_pattern(s, 200000);
    (void)hear(p, c, "\r\n\r\n");
    hear_pattern(c, 200000);
    (void)exchange(p, c, s);
    close(c), close(s);
    play_end(p);
}

static void test_a_client_that_leaves_a_spooled_answer(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 6291456\r\n\r\n");
    say_pattern(s, BIG / 2);
    close(c);
    (void)hear(p, s, NULL);
    close(s);
    play_sessions(p, 0);
    play_end(p);
}

/* ---- trying again ---- */

static void test_a_kept_connection_that_died_costs_nothing(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    say(c, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)hear(p, s, "\r\n\r\n");
    close(s); /* the race: it had decided to close before the request came */
    s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\n"), "GET /b ");
    say(s, OK(2, "ok"));
    assert_has(hear(p, c, "ok"), "200 OK");
    close(c), close(s);
    play_end(p);
}

static void test_what_is_not_idempotent_is_not_sent_twice(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    say(c, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    (void)hear(p, s, "\r\n\r\nx");
    close(s);
    assert_has(hear(p, c, "bad gateway\n"), "HTTP/1.1 502 ");
    play_nobody(p, 0);
    close(c);
    play_end(p);
}

static void test_a_post_does_not_meet_a_connection_that_is_closed_already(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    close(s);
    say(c, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\nx"), "POST /b ");
    close(c), close(s);
    play_end(p);
}

static void test_nginx_asks_the_next_server(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 2);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    close(s);
    s = play_accept(p, 1);
    assert_has(hear(p, s, "\r\n\r\n"), "GET /a ");
    close(s);
    assert_has(hear(p, c, "bad gateway\n"), "HTTP/1.1 502 ");
    close(c);
    play_end(p);
}

static void test_a_refused_connection_is_tried_elsewhere(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 2);
    (void)state;
    close(p->servers[0]);
    p->servers[0] = -1;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"); /* nothing was sent: POST too */
    int s = play_accept(p, 1);
    assert_has(hear(p, s, "\r\n\r\nxy"), "POST /a ");
    say(s, OK(2, "ok"));
    assert_has(hear(p, c, "ok"), "200 OK");
    close(c), close(s);
    play_end(p);
}

static void test_nobody_there_is_502_or_503(void **state)
{
    static const struct {
        enum language language;
        const char *says;
    } rows[] = { { LANGUAGE_NGINX, "HTTP/1.1 502 " }, { LANGUAGE_HAPROXY, "HTTP/1.1 503 " } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct play *p = play_begin(rows[i].language, 1);
        close(p->servers[0]);
        p->servers[0] = -1;
        p->hand.server->retry_pause = DURATION_MS(0);
        play_start(p, 1);
        int c = play_client(p);
        say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_has(hear(p, c, "\n"), rows[i].says);
        close(c);
        play_end(p);
    }
}

/* ---- time ---- */

static void test_times_have_their_statuses(void **state)
{
    (void)state;
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    p->hand.client->head_timeout = p->hand.server->read_timeout = DURATION_MS(150);
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET / HTT");
    assert_has(hear(p, c, "timeout\n"), "HTTP/1.1 408 ");
    hear_end(p, c);
    close(c);
    c = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    assert_has(hear(p, c, "timeout\n"), "HTTP/1.1 504 ");
    (void)hear(p, s, NULL);
    close(c), close(s);
    play_end(p);
}

static void test_a_slow_server_does_not_cost_the_next_one_its_time(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 2);
    (void)state;
    p->hand.server->read_timeout = DURATION_MS(500);
    play_start(p, 1);
    int c = play_client(p), other = play_client(p);
    say(other, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int first = play_accept(p, 0);
    (void)hear(p, first, "\r\n\r\n");
    int second = -1;
    for (int i = 0; i < 2; i++) { /* a kept connection to the second server */
        say(i ? other : c, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
        if (i == 0)
            second = play_accept(p, 1);
        (void)hear(p, i ? first : second, "\r\n\r\n");
        if (i == 0)
            say(first, OK(1, "1")), (void)hear(p, other, "1");
        if (i == 0)
            say(second, OK(1, "2")), (void)hear(p, c, "2");
    }
    (void)hear(p, second, "\r\n\r\n"); /* <other>'s request, when the first server was too slow */
    say(second, OK(2, "ok"));
    assert_has(hear(p, other, "ok"), "200 OK");
    close(c), close(other), (void)hear(p, first, NULL), close(first), close(second);
    play_end(p);
}

static void test_an_idle_connection_is_closed_in_time(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    p->hand.client->idle_timeout = DURATION_MS(100);
    play_start(p, 1);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    hear_end(p, c);
    close(c), close(s);
    play_end(p);
}

static void test_an_answer_that_stops_ends_the_connection(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    p->hand.server->read_timeout = DURATION_MS(150);
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    assert_has(hear(p, c, NULL), "\r\n\r\nabc");
    close(c), close(s);
    play_end(p);
}

/* ---- who goes ---- */

static void test_a_client_that_goes_ends_the_request_where_asked(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    close(c);
    hear_end(p, s);
    close(s);
    play_end(p);
}

static void test_a_half_closed_client_gets_its_answer(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(c, SHUT_WR);
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    usleep(20000);
    say(s, OK(2, "ok"));
    (void)hear(p, c, "ok");
    hear_end(p, c);
    close(c), close(s);
    play_end(p);
}

static void test_upgrade_is_a_tunnel(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
    int s = play_accept(p, 0);
    assert_has(hear(p, s, "\r\n\r\n"), "Connection: upgrade\r\nUpgrade: websocket\r\n");
    say(s, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    const char *got = hear(p, c, "hello");
    assert_has(got, "HTTP/1.1 101 Switching Protocols\r\n");
    assert_has(got, "Upgrade: websocket\r\n");
    hear_exactly(p, s, "first");
    say(c, "ping");
    hear_exactly(p, s, "ping");
    say(s, "pong");
    hear_exactly(p, c, "pong");
    close(s);
    hear_end(p, c);
    close(c);
    play_end(p);
}

static void test_h2c_is_not_asked_for(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: foo, h2c\r\n\r\n");
    int s = play_accept(p, 0);
    hear_exactly(p, s, "GET /ws HTTP/1.1\r\nHost: h\r\n\r\n");
    close(c), close(s);
    play_end(p);
}

/* ---- own answers ---- */

static void test_bad_requests_are_answered_and_closed(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost : h\r\n\r\n");
    assert_has(hear(p, c, NULL),
               "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
               "Connection: close\r\n\r\nbad request\n");
    close(c);
    play_nobody(p, 0);
    play_end(p);
}

static void test_a_denied_request_keeps_the_connection(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    hand_add_deny(&p->hand, "/forbidden", 403, MATCH_BEGIN);
    play_start(p, 1);
    int c = play_client(p);
    say(c, "POST /forbidden HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
    assert_has(hear(p, c, "forbidden\n"), "HTTP/1.1 403 Forbidden\r\n");
    say(c, "cde"); /* the rest of the body is not a request */
    int s = exchange(p, c, -1);
    close(c), close(s);
    play_end(p);
}

static void test_nginx_normalizes_before_it_decides(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    (void)state;
    hand_add_deny(&p->hand, "/forbidden", 403, MATCH_BEGIN);
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /x/..//%66orbidden HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_has(hear(p, c, "forbidden\n"), "HTTP/1.1 403 Forbidden\r\n");
    say(c, "GET /../x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_has(hear(p, c, "bad request\n"), "HTTP/1.1 400 ");
    close(c);
    play_end(p);
}

static void test_a_drained_engine_ends_when_the_last_answer_is_out(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 2);
    int c = play_client(p), idle = play_client(p);
    say(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    engine_drain(p->engine);
    hear_end(p, idle);
    play_sessions(p, 1);
    say(s, OK(2, "ok"));
    assert_has(hear(p, c, "ok"), "Connection: close\r\n");
    hear_end(p, c);
    play_sessions(p, 0);
    close(c), close(s), close(idle);
    play_end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_are_kept_on_both_sides),
        cmocka_unit_test(test_a_head_that_drips_is_one_request),
        cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(test_chunks_become_a_closed_body_for_an_old_client),
        cmocka_unit_test(test_a_closed_body_becomes_chunks),
        cmocka_unit_test(test_head_has_no_body),
        cmocka_unit_test(test_hop_by_hop_fields_stay_here),
        cmocka_unit_test(test_an_edit_may_end_where_its_memory_ends),
        cmocka_unit_test(test_a_body_is_streamed_as_it_comes),
        cmocka_unit_test(test_nginx_waits_for_the_whole_body_and_knows_its_length),
        cmocka_unit_test(test_continue_comes_from_who_reads_the_body),
        cmocka_unit_test(test_continue_and_hints_are_passed_on),
        cmocka_unit_test(test_an_early_answer_ends_the_request),
        cmocka_unit_test(test_a_body_over_the_limit_is_413),
        cmocka_unit_test(test_a_large_upload_is_kept_and_sent_again),
        cmocka_unit_test(test_a_slow_reader_does_not_hold_the_server),
        cmocka_unit_test(test_large_bodies_stream_both_ways),
        cmocka_unit_test(test_a_client_that_leaves_a_spooled_answer),
        cmocka_unit_test(test_a_kept_connection_that_died_costs_nothing),
        cmocka_unit_test(test_what_is_not_idempotent_is_not_sent_twice),
        cmocka_unit_test(test_a_post_does_not_meet_a_connection_that_is_closed_already),
        cmocka_unit_test(test_nginx_asks_the_next_server),
        cmocka_unit_test(test_a_refused_connection_is_tried_elsewhere),
        cmocka_unit_test(test_nobody_there_is_502_or_503),
        cmocka_unit_test(test_times_have_their_statuses),
        cmocka_unit_test(test_a_slow_server_does_not_cost_the_next_one_its_time),
        cmocka_unit_test(test_an_idle_connection_is_closed_in_time),
        cmocka_unit_test(test_an_answer_that_stops_ends_the_connection),
        cmocka_unit_test(test_a_client_that_goes_ends_the_request_where_asked),
        cmocka_unit_test(test_a_half_closed_client_gets_its_answer),
        cmocka_unit_test(test_upgrade_is_a_tunnel),
        cmocka_unit_test(test_h2c_is_not_asked_for),
        cmocka_unit_test(test_bad_requests_are_answered_and_closed),
        cmocka_unit_test(test_a_denied_request_keeps_the_connection),
        cmocka_unit_test(test_nginx_normalizes_before_it_decides),
        cmocka_unit_test(test_a_drained_engine_ends_when_the_last_answer_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
