/* SPDX-License-Identifier: Apache-2.0 */
/* A new generation is published while requests run. */
#include <pthread.h>

#include "play.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void ask(int client, const char *path)
{
    say(client, "GET ");
    say(client, path);
    say(client, " HTTP/1.1\r\nHost: h\r\n\r\n");
}

static int exchange(struct play *p, int client, int server)
{
    ask(client, "/a");
    if (server < 0)
        server = play_accept(p, 0);
    (void)hear(p, server, "\r\n\r\n");
    say(server, OK);
    (void)hear(p, client, "ok");
    return server;
}

static void test_an_idle_connection_is_kept_and_asks_the_new_model(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 2);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    play_reload_begin(p);
    hand_add_deny(&p->hand, "/a", 403, MATCH_BEGIN);
    play_reload(p, true);
    ask(c, "/a");
    assert_has(hear(p, c, "forbidden\n"), "403 Forbidden");
    ask(c, "/b"); /* the server's connection was carried over too */
    assert_has(hear(p, s, "\r\n\r\n"), "GET /b ");
    say(s, OK);
    (void)hear(p, c, "ok");
    close(c), close(s);
    play_end(p);
}

static void test_a_request_ends_on_the_model_that_it_began_with(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    ask(c, "/slow");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    for (int i = 0; i < 3; i++) {
        play_reload_begin(p);
        hand_add_deny(&p->hand, "/", 403, MATCH_BEGIN);
        play_reload(p, true);
    }
    say(s, OK);
    assert_has(hear(p, c, "ok"), "200 OK");
    ask(c, "/slow");
    assert_has(hear(p, c, "forbidden\n"), "403 Forbidden");
    close(c), close(s);
    play_end(p);
}

static void test_a_listener_that_is_gone_serves_once_more_and_closes(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p), unused = play_client(p);
    int s = exchange(p, c, -1);
    play_reload_begin(p);
    play_reload(p, false);
    ask(c, "/last");
    (void)hear(p, s, "\r\n\r\n");
    say(s, OK);
    assert_has(hear(p, c, "ok"), "Connection: close\r\n");
    hear_end(p, c);
    close(c), close(unused), close(s);
    play_sessions(p, 0);
    play_end(p);
}

static void test_a_server_that_is_gone_loses_its_idle_connections(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    int s = exchange(p, c, -1);
    hand_begin(&p->hand, LANGUAGE_HAPROXY, PROTOCOL_HTTP);
    (void)hand_add_server(&p->hand, 1);
    play_reload(p, true);
    hear_end(p, s);
    close(c), close(s);
    play_end(p);
}

/* ---- under load: for ThreadSanitizer, and that nobody loses a request ---- */

struct origin {
    int listener;
    atomic_bool stop;
};

static void serve(int fd, const atomic_bool *stop)
{
    char bytes[4096];

    while (!atomic_load(stop) && play_ready(fd, POLLIN, 500)) {
        if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
            break;
        if (send(fd, OK, strlen(OK), MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
}

struct served {
    const struct origin *origin;
    int fd;
};

static void *serve_one(void *argument)
{
    struct served *s = argument;

    serve(s->fd, &s->origin->stop);
    free(s);
    return NULL;
}

static void *serve_all(void *argument)
{
    struct origin *o = argument;
    pthread_t threads[64];
    unsigned count = 0;

    while (!atomic_load(&o->stop)) {
        if (!play_ready(o->listener, POLLIN, 20) || count == COUNT_OF(threads))
            continue;
        struct served *s = malloc(sizeof(*s));
        *s = (struct served){ o, accept(o->listener, NULL, NULL) };
        (void)pthread_create(&threads[count++], NULL, serve_one, s);
    }
    while (count)
        (void)pthread_join(threads[--count], NULL);
    return NULL;
}

struct visitor {
    uint16_t port;
    atomic_bool stop;
    unsigned asked, answered, closed;
};

static void *visit(void *argument)
{
    struct visitor *v = argument;
    struct address a = hand_loopback(v->port);
    char bytes[4096];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, &a.u.sa, a.len) < 0)
        return NULL;
    while (!atomic_load(&v->stop)) {
        const char *request = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
        v->asked++;
        if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 || !play_ready(fd, POLLIN, PLAY_WAIT))
            break;
        ssize_t n = recv(fd, bytes, sizeof(bytes) - 1, 0);
        if (n <= 0) {
            v->closed++;
            break;
        }
        bytes[n] = 0;
        v->answered += strstr(bytes, "200 OK") != NULL;
    }
    close(fd);
    return NULL;
}

static void test_twenty_reloads_cost_no_request(void **state)
{
    struct play *p = play_begin(LANGUAGE_HAPROXY, 1);
    struct visitor visitors[4];
    pthread_t threads[COUNT_OF(visitors)], origin_thread;
    (void)state;
    play_start(p, 2);
    struct origin origin = { .listener = p->servers[0] };
    (void)pthread_create(&origin_thread, NULL, serve_all, &origin);
    for (size_t i = 0; i < COUNT_OF(visitors); i++) {
        visitors[i] = (struct visitor){ .port = p->port };
        (void)pthread_create(&threads[i], NULL, visit, &visitors[i]);
    }
    for (int i = 0; i < 20; i++) {
        (void)usleep(10000);
        play_reload_begin(p);
        play_reload(p, true);
    }
    for (size_t i = 0; i < COUNT_OF(visitors); i++)
        atomic_store(&visitors[i].stop, true);
    for (size_t i = 0; i < COUNT_OF(visitors); i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(visitors[i].asked, visitors[i].answered);
        assert_int_equal(visitors[i].closed, 0);
        assert_true(visitors[i].asked > 10);
    }
    atomic_store(&origin.stop, true);
    play_end(p);
    (void)pthread_join(origin_thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_connection_is_kept_and_asks_the_new_model),
        cmocka_unit_test(test_a_request_ends_on_the_model_that_it_began_with),
        cmocka_unit_test(test_a_listener_that_is_gone_serves_once_more_and_closes),
        cmocka_unit_test(test_a_server_that_is_gone_loses_its_idle_connections),
        cmocka_unit_test(test_twenty_reloads_cost_no_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
