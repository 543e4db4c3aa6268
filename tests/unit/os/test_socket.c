/* SPDX-License-Identifier: Apache-2.0 */
#include "os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static int get_int(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_return_code(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static struct socket_listen on(const char *host)
{
    struct socket_listen s = SOCKET_LISTEN_INIT;

    assert_true(address_parse_ip(span_from(host), &s.at));
    return s;
}

static int open_one(const struct socket_listen *s)
{
    struct socket_failure why;
    int fd = socket_listen(s, &why);

    if (fd < 0)
        fail_msg("%s %s: %s", socket_step_name(why.step), why.option ? why.option : "", strerror(why.error));
    return fd;
}

static void test_a_listening_socket_has_its_options(void **state)
{
    struct socket_listen s = on("127.0.0.1");
    struct address at;
    bool datagram;

    (void)state;
    s.reuse_port = true;
    s.keepalive = true;
    s.keep_idle = 11;
    s.keep_interval = 7;
    s.keep_count = 3;
    s.defer_accept = 5;
    s.fast_open = 16;
    s.max_segment = 1200;
    s.user_timeout = 4000;
    s.receive_buffer = 100000;
    s.tos = 0x10;
    s.free_bind = true;
    s.backlog = 7;
    int fd = open_one(&s);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(get_int(fd, SOL_SOCKET, SO_REUSEADDR), 1);
    assert_int_equal(get_int(fd, SOL_SOCKET, SO_REUSEPORT), 1);
    assert_int_equal(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), 200000); /* the kernel doubles it */
    assert_int_equal(get_int(fd, SOL_TCP, TCP_KEEPIDLE), 11);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_KEEPINTVL), 7);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_KEEPCNT), 3);
    assert_true(get_int(fd, SOL_TCP, TCP_DEFER_ACCEPT) > 0);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_FASTOPEN), 16);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_USER_TIMEOUT), 4000);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_NODELAY), 1);
    assert_int_equal(get_int(fd, SOL_IP, IP_TOS), 0x10);
    assert_int_equal(get_int(fd, SOL_IP, IP_FREEBIND), 1);
    assert_true(socket_is_listening(fd, &at, &datagram));
    assert_false(datagram);
    assert_true(address_port(&at) != 0);

    /* what may change on a living one */
    struct socket_failure why;
    s.delay = true;
    s.keepalive = false;
    s.defer_accept = 0;
    assert_true(socket_apply(fd, &s, &why));
    assert_int_equal(get_int(fd, SOL_TCP, TCP_NODELAY), 0);
    assert_int_equal(get_int(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(get_int(fd, SOL_TCP, TCP_DEFER_ACCEPT), 0);
    (void)close(fd);
}

static void test_connections_that_outlive_their_address(void **state)
{
    struct socket_listen s = on("127.0.0.1");
    int fd = open_one(&s);

    (void)state;
    assert_int_equal(get_int(fd, SOL_IP, IP_TRANSPARENT), 0);
    socket_outlive_address(fd);
    assert_int_equal(get_int(fd, SOL_IP, IP_TRANSPARENT), geteuid() == 0);
    (void)close(fd);
}

static void test_accepted_ones_inherit_nodelay(void **state)
{
    struct socket_listen s = on("127.0.0.1");
    struct address at;
    bool datagram;
    int fd = open_one(&s), client = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_true(socket_is_listening(fd, &at, &datagram));
    assert_return_code(connect(client, &at.u.sa, at.len), 0);
    int accepted = accept(fd, NULL, NULL);
    assert_int_equal(get_int(accepted, SOL_TCP, TCP_NODELAY), 1);
    (void)close(accepted);
    (void)close(client);
    (void)close(fd);
}

static void test_v6_only_or_not(void **state)
{
    (void)state;
    for (int only = 0; only < 2; only++) {
        struct socket_listen s = on("::");
        s.v6only = only;
        int fd = open_one(&s);
        assert_int_equal(get_int(fd, SOL_IPV6, IPV6_V6ONLY), only);
        (void)close(fd);
    }
}

static void test_failures_name_their_step(void **state)
{
    struct socket_listen s = on("127.0.0.1");
    struct socket_failure why;
    bool datagram;

    (void)state;
    int first = open_one(&s);
    assert_true(socket_is_listening(first, &s.at, &datagram));
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.step, SOCKET_BIND);
    assert_int_equal(why.error, EADDRINUSE);
    assert_string_equal(socket_step_name(why.step), "bind()");
    (void)close(first);

    s = on("192.0.2.77"); /* not ours */
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.error, EADDRNOTAVAIL);
    s = on("127.0.0.1");
    s.congestion = "no-such";
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.step, SOCKET_OPTION);
    assert_string_equal(why.option, "TCP_CONGESTION");
    s = on("127.0.0.1");
    s.interface = "no-such-if";
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_string_equal(why.option, "SO_BINDTODEVICE");
}

static void test_datagrams(void **state)
{
    struct socket_listen s = on("127.0.0.1");
    struct address at;
    bool datagram = false;

    (void)state;
    s.datagram = true;
    int fd = open_one(&s);
    assert_true(socket_is_listening(fd, &at, &datagram));
    assert_true(datagram);
    (void)close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_false(socket_is_listening(fd, &at, &datagram)); /* bound to nothing */
    (void)close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_false(socket_is_listening(fd, &at, &datagram));
    (void)close(fd);
    assert_false(socket_is_listening(-1, &at, &datagram));
}

/* --- UNIX --- */
struct folder {
    char path[40];
};

static int folder_make(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));

    (void)snprintf(f->path, sizeof(f->path), "/tmp/keel-socket-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    *state = f;
    return 0;
}

static int folder_remove(void **state)
{
    struct folder *f = *state;
    char file[60];

    (void)snprintf(file, sizeof(file), "%s/s", f->path);
    (void)unlink(file);
    assert_return_code(rmdir(f->path), 0); /* nothing temporary was left */
    free(f);
    return 0;
}

static struct socket_listen at_path(const struct folder *f, char path[60])
{
    struct socket_listen s = SOCKET_LISTEN_INIT;
    int len = snprintf(path, 60, "%s/s", f->path);

    address_unix(span_of(path, (size_t)len), false, &s.at);
    return s;
}

static bool can_connect(const struct address *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool good = connect(fd, &at->u.sa, at->len) == 0;

    (void)close(fd);
    return good;
}

static void test_a_unix_path_gets_mode_and_owner(void **state)
{
    char path[60];
    struct socket_listen s = at_path(*state, path);
    struct stat st;

    s.mode = 0640;
    s.uid = getuid();
    s.gid = getgid();
    int fd = open_one(&s);
    assert_return_code(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(st.st_uid, getuid());
    assert_true(can_connect(&s.at));

    struct socket_failure why;
    s.mode = 0600;
    assert_true(socket_apply(fd, &s, &why));
    assert_return_code(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    (void)close(fd);
}

static void test_a_dead_path_is_replaced_and_a_living_one_is_not(void **state)
{
    char path[60];
    struct socket_listen s = at_path(*state, path);
    struct socket_failure why;
    int fd = open_one(&s);

    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.error, EADDRINUSE);
    assert_true(can_connect(&s.at));
    (void)close(fd);
    assert_false(can_connect(&s.at));
    fd = open_one(&s);
    assert_true(can_connect(&s.at));
    (void)close(fd);
    assert_return_code(unlink(path), 0);

    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* somebody's file is left alone */
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.error, EADDRINUSE);
    assert_return_code(access(path, F_OK), 0);
    (void)close(file);
}

static void test_a_unix_datagram_socket(void **state)
{
    char path[60];
    struct socket_listen s = at_path(*state, path);
    struct address at;
    bool datagram;

    s.datagram = true;
    int fd = open_one(&s);
    assert_true(socket_is_listening(fd, &at, &datagram));
    assert_true(datagram);
    int client = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(sendto(client, "x", 1, 0, &s.at.u.sa, s.at.len), 1);
    (void)close(client);
    (void)close(fd);
}

static void test_an_abstract_name(void **state)
{
    struct socket_listen s = SOCKET_LISTEN_INIT;
    struct socket_failure why;
    struct socket_peer peer;
    char name[40];

    (void)state;
    int len = snprintf(name, sizeof(name), "keel-socket-test-%d", (int)getpid());
    address_unix(span_of(name, (size_t)len), true, &s.at);
    int fd = open_one(&s);
    assert_int_equal(socket_listen(&s, &why), -1);
    assert_int_equal(why.error, EADDRINUSE);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_return_code(connect(client, &s.at.u.sa, s.at.len), 0);
    assert_true(socket_unix_peer(client, &peer));
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    (void)close(client);
    (void)close(fd);
}

static void test_flags(void **state)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_true(socket_set_blocking(fd, false));
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(socket_set_blocking(fd, true));
    assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(socket_set_cloexec(fd, true));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(socket_set_cloexec(fd, false));
    assert_false(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    (void)close(fd);
    assert_false(socket_set_blocking(fd, false));
    assert_true(socket_max_backlog() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listening_socket_has_its_options),
        cmocka_unit_test(test_connections_that_outlive_their_address),
        cmocka_unit_test(test_accepted_ones_inherit_nodelay),
        cmocka_unit_test(test_v6_only_or_not),
        cmocka_unit_test(test_failures_name_their_step),
        cmocka_unit_test(test_datagrams),
        cmocka_unit_test_setup_teardown(test_a_unix_path_gets_mode_and_owner, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(test_a_dead_path_is_replaced_and_a_living_one_is_not, folder_make,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(test_a_unix_datagram_socket, folder_make, folder_remove),
        cmocka_unit_test(test_an_abstract_name),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
