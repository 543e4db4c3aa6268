/* SPDX-License-Identifier: Apache-2.0 */
#include "io/udp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static int open_on(const char *text, struct address *at)
{
    assert_true(address_parse_ip(span_from(text), at));
    int fd = udp_open(address_family(at), at, NULL);
    assert_true(fd >= 0);
    at->len = sizeof(at->u);
    assert_return_code(getsockname(fd, &at->u.sa, &at->len), 0);
    return fd;
}

static void test_a_batch_there_and_back(void **state)
{
    static const char *const hosts[] = { "127.0.0.1", "::1" };
    static const char *const anys[] = { "0.0.0.0", "::" };
    char bytes[4][16];

    (void)state;
    for (unsigned v = 0; v < 2; v++) {
        struct address server, here;
        int fd = open_on(anys[v], &server);
        assert_true(udp_want_local(fd, address_family(&server)));
        assert_true(address_parse_ip(span_from(hosts[v]), &here));
        address_set_port(&here, address_port(&server));
        int client = udp_open(address_family(&here), NULL, NULL);

        struct udp_packet out[3] = { { .peer = here, .data = (char[]){ "one" }, .len = 3 },
                                     { .peer = here, .data = (char[]){ "" }, .len = 0 },
                                     { .peer = here, .data = (char[]){ "a long datagram ..." }, .len = 19 } };
        assert_int_equal(udp_send(client, out, 3), 3);
        struct udp_packet in[4] = { 0 };
        for (unsigned i = 0; i < 4; i++) {
            in[i].data = bytes[i];
            in[i].room = sizeof(bytes[i]);
        }
        assert_int_equal(udp_receive(fd, in, 4), 3);
        assert_span(span_of(in[0].data, in[0].len), "one");
        assert_int_equal(in[1].len, 0);
        assert_true(in[2].truncated);
        assert_false(in[0].truncated);
        assert_true(address_eq_ip(&in[0].peer, &here));
        assert_true(address_eq_ip(&in[0].local, &here)); /* not the wildcard */
        assert_int_equal(udp_receive(fd, in, 4), 0);

        /* the answer leaves from the address that was asked */
        in[0].len = 3;
        assert_int_equal(udp_send(fd, in, 1), 1);
        struct udp_packet back = { .data = bytes[1], .room = 16 };
        assert_int_equal(udp_receive(client, &back, 1), 1);
        assert_true(address_eq(&back.peer, &here));
        assert_int_equal(back.local.len, 0); /* nobody asked for it */
        (void)close(fd);
        (void)close(client);
    }
}

static void test_a_connected_one(void **state)
{
    struct address server;
    int fd = open_on("127.0.0.1", &server), client = udp_open(AF_INET, NULL, &server);
    struct udp_packet p = { .data = (char[]){ "x" }, .len = 1 };

    (void)state;
    assert_int_equal(udp_send(client, &p, 1), 1);
    (void)close(fd);
    (void)udp_send(client, &p, 1);
    char byte;
    struct udp_packet in = { .data = &byte, .room = 1 };
    assert_int_equal(udp_receive(client, &in, 1), -1);
    assert_int_equal(errno, ECONNREFUSED);
    (void)close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_there_and_back),
        cmocka_unit_test(test_a_connected_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
