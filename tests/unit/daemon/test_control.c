/* SPDX-License-Identifier: Apache-2.0 */
/* Control sockets: conversations over a real one, answers that come later, drains, idle and hanging clients.
 */
#include "admin/fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/control.h"
#include "os/socket.h"

#define VERSION "3.3.0-evenkeel-0.1.0\n"

static struct world w;
static struct loop *loop;
static struct control *control;
static int listening;
static char path[64];
static bool is_served;
static enum command_ask asked;
static uint64_t asked_number;
static bool parent_lives;

static bool look(void *self, struct admin_now *now)
{
    (void)self;
    *now = w.now;
    return is_served;
}

static bool ask(void *self, enum command_ask what, uint64_t number)
{
    (void)self;
    asked = what;
    asked_number = number;
    return parent_lives;
}

static void turn(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        loop_turn(loop, 2);
}

static int open_world(void **state)
{
    struct socket_listen s = SOCKET_LISTEN_INIT;
    struct socket_failure why;
    (void)state;
    world_build(&w);
    world_open(&w);
    world_at(&w, 10);
    is_served = parent_lives = true;
    asked = ASK_NOTHING;
    (void)snprintf(path, sizeof(path), "/tmp/keel-control-%d", (int)getpid());
    assert_true(address_unix(span_from(path), false, &s.at));
    listening = socket_listen(&s, &why);
    assert_true(listening >= 0);
    loop = loop_new(&(struct loop_options){ .heartbeat = DURATION_NONE });
    assert_non_null(loop);
    control = control_new(&(struct control_options){ .loop = loop, .look = look, .ask = ask });
    assert_non_null(control);
    control_publish(control, w.c, &listening, 1);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    control_free(&control);
    turn(1);
    loop_free(&loop);
    (void)close(listening);
    (void)unlink(path);
    world_close(&w);
    return 0;
}

static int client(const char *text)
{
    struct address at;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(address_unix(span_from(path), false, &at));
    assert_int_equal(connect(fd, &at.u.sa, at.len), 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

/* What has come until now; ends with "<end>" when the other side has closed. */
static struct span heard(int fd)
{
    static char room[8192];
    size_t len = 0;

    turn(6);
    for (;;) {
        ssize_t n = read(fd, room + len, sizeof(room) - len - 6);
        if (n == 0) {
            memcpy(room + len, "<end>", 5);
            len += 5;
        }
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return span_of(room, len);
}

static void one_command_one_answer(void **state)
{
    (void)state;
    int fd = client("show version\n");
    assert_span(heard(fd), VERSION "\n<end>");
    (void)close(fd);
}

static void a_prompt_stays(void **state)
{
    (void)state;
    int fd = client("prompt\n");
    assert_span(heard(fd), "\n> ");
    assert_int_equal(write(fd, "show ver", 8), 8);
    assert_span(heard(fd), "");
    assert_int_equal(write(fd, "sion\n", 5), 5);
    assert_span(heard(fd), VERSION "\n> ");
    assert_int_equal(write(fd, "quit\n", 5), 5);
    assert_span(heard(fd), "<end>");
    (void)close(fd);
}

static void a_line_without_its_newline_counts_at_the_end(void **state)
{
    (void)state;
    int fd = client("show version");
    assert_span(heard(fd), "");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_span(heard(fd), VERSION "\n<end>");
    (void)close(fd);
}

static void who_asks_is_known(void **state)
{
    (void)state;
    char expected[64];
    int fd = client("set server web/w1 state drain\n");
    assert_span(heard(fd), "\n<end>");
    (void)snprintf(expected, sizeof(expected), "\"from\":\"uid %u, pid %d\",\"through\":\"socket\"",
                   (unsigned)getuid(), (int)getpid());
    assert_holds(audit_of(&w), expected);
    (void)close(fd);
}

static void the_sockets_level_counts(void **state)
{
    (void)state;
    w.c->process.control_sockets.items[0].level = 0;
    control_publish(control, w.c, &listening, 1);
    int fd = client("disable server web/w1\n");
    assert_span(heard(fd), "Permission denied\n\n<end>");
    (void)close(fd);
}

static void the_parents_answer_is_waited_for(void **state)
{
    (void)state;
    int fd = client("reload;show version\n");
    assert_span(heard(fd), "");
    assert_int_equal(asked, ASK_RELOAD);
    control_answered(control, asked_number + 1, 0, SPAN("of somebody else"));
    assert_span(heard(fd), "");
    control_answered(control, asked_number, 1, SPAN("haproxy.cfg:3: no"));
    assert_span(heard(fd), "haproxy.cfg:3: no\n\n" VERSION "\n<end>");
    (void)close(fd);
}

static void two_ask_and_each_gets_its_own(void **state)
{
    (void)state;
    int one = client("reload\n");
    assert_span(heard(one), "");
    uint64_t first = asked_number;
    int two = client("reopen\n");
    assert_span(heard(two), "");
    assert_int_not_equal(asked_number, first);
    control_answered(control, asked_number, 0, SPAN("second"));
    assert_span(heard(two), "second\n\n<end>");
    assert_span(heard(one), "");
    control_answered(control, first, 0, SPAN("first"));
    assert_span(heard(one), "first\n\n<end>");
    (void)close(one);
    (void)close(two);
}

static void who_left_is_not_answered(void **state)
{
    (void)state;
    int fd = client("reload\n");
    assert_span(heard(fd), "");
    (void)close(fd);
    turn(4);
    control_answered(control, asked_number, 0, SPAN("too late"));
    turn(4);
}

static void an_end_is_answered_before_it_comes(void **state)
{
    (void)state;
    int fd = client("stop\n");
    assert_span(heard(fd), "\n<end>");
    assert_int_equal(asked, ASK_STOP);
    (void)close(fd);
}

static void a_parent_that_is_gone_is_said(void **state)
{
    (void)state;
    parent_lives = false;
    int fd = client("reload\n");
    assert_span(heard(fd), "the parent process cannot be reached\n\n<end>");
    (void)close(fd);
}

static void before_the_first_configuration_there_is_nothing_to_say(void **state)
{
    (void)state;
    is_served = false;
    int fd = client("show version\n");
    assert_span(heard(fd), "Nothing is served yet.\n\n<end>");
    (void)close(fd);
}

static void a_session_outlives_a_reload(void **state)
{
    (void)state;
    int fd = client("prompt\n");
    assert_span(heard(fd), "\n> ");
    int copy = dup(listening);
    control_publish(control, w.c, &copy, 1);
    assert_int_equal(write(fd, "show version\n", 13), 13);
    assert_span(heard(fd), VERSION "\n> ");
    int other = client("show version\n");
    assert_span(heard(other), VERSION "\n<end>");
    control_publish(control, w.c, &listening, 1);
    (void)close(copy);
    (void)close(other);
    (void)close(fd);
}

static void a_drain_accepts_no_more_and_leaves_who_is_there(void **state)
{
    (void)state;
    int fd = client("prompt\n");
    assert_span(heard(fd), "\n> ");
    control_drain(control);
    control_publish(control, w.c, &listening, 1);
    int late = client("show version\n");
    assert_span(heard(late), "");
    assert_int_equal(write(fd, "show version\n", 13), 13);
    assert_span(heard(fd), VERSION "\n> ");
    (void)close(late);
    (void)close(fd);
}

static void an_idle_session_ends(void **state)
{
    (void)state;
    int fd = client("prompt\nset timeout cli 30ms\n");
    assert_span(heard(fd), "\n> \n> ");
    for (unsigned i = 0; i < 50; i++)
        loop_turn(loop, 5);
    assert_span(heard(fd), "<end>");
    (void)close(fd);
}

static void more_sessions_than_are_allowed_are_closed(void **state)
{
    int fds[70];
    unsigned closed = 0;
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = client("prompt\n");
        closed += span_starts_with(heard(fds[i]), SPAN("There are too many sessions"));
    }
    assert_int_equal(closed, 6);
    for (unsigned i = 0; i < COUNT_OF(fds); i++)
        (void)close(fds[i]);
    turn(4);
    int fd = client("show version\n");
    assert_span(heard(fd), VERSION "\n<end>");
    (void)close(fd);
}

/* More than a socket's buffer: it goes out piece by piece as the client reads. */
static void a_large_answer_goes_out_in_pieces(void **state)
{
    (void)state;
    static char line[12000];
    size_t len = 0, got = 0;
    while (len + 14 < sizeof(line))
        len += (size_t)snprintf(line + len, sizeof(line) - len, "show stat;");
    line[len++] = '\n';
    line[len] = '\0';
    int fd = client(line);
    turn(20);
    char room[65536];
    for (unsigned quiet = 0; quiet < 50;) {
        ssize_t n = read(fd, room, sizeof(room));
        if (n == 0)
            break;
        if (n < 0) {
            quiet++;
            turn(1);
            continue;
        }
        got += (size_t)n;
    }
    assert_in_range(got, 2000000, 100000000);
    (void)close(fd);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_command_one_answer),
        T(a_prompt_stays),
        T(a_line_without_its_newline_counts_at_the_end),
        T(who_asks_is_known),
        T(the_sockets_level_counts),
        T(the_parents_answer_is_waited_for),
        T(two_ask_and_each_gets_its_own),
        T(who_left_is_not_answered),
        T(an_end_is_answered_before_it_comes),
        T(a_parent_that_is_gone_is_said),
        T(before_the_first_configuration_there_is_nothing_to_say),
        T(a_session_outlives_a_reload),
        T(a_drain_accepts_no_more_and_leaves_who_is_there),
        T(an_idle_session_ends),
        T(more_sessions_than_are_allowed_are_closed),
        T(a_large_answer_goes_out_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
