/* SPDX-License-Identifier: Apache-2.0 */
/* The client: what it sends, how it tells good from bad from cut off. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "ctl/ctl.h"

static char path[64];
static int listening;
static const char *canned;
static char received[256];
static struct buf answer;

static void *serve(void *argument)
{
    size_t len = 0;
    int fd = accept(listening, NULL, NULL);
    (void)argument;
    for (ssize_t n;
         len + 1 < sizeof(received) && (n = read(fd, received + len, sizeof(received) - len - 1)) > 0;)
        len += (size_t)n;
    received[len] = '\0';
    (void)!write(fd, canned, strlen(canned));
    (void)close(fd);
    return NULL;
}

static int open_socket(void **state)
{
    struct address at;
    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/keel-ctl-%d", (int)getpid());
    (void)unlink(path);
    assert_true(address_unix(span_from(path), false, &at));
    listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, &at.u.sa, at.len), 0);
    assert_int_equal(listen(listening, 4), 0);
    buf_init(&answer, 65536);
    return 0;
}

static int close_socket(void **state)
{
    (void)state;
    buf_fini(&answer);
    (void)close(listening);
    (void)unlink(path);
    return 0;
}

static enum ctl_result ask(const char *text, const char *with)
{
    pthread_t thread;
    canned = with;
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    enum ctl_result r = ctl_ask(path, span_from(text), &answer);
    (void)pthread_join(thread, NULL);
    return r;
}

static void it_asks_for_a_code_and_gives_the_answer(void **state)
{
    (void)state;
    assert_int_equal(ask("show version", "0\n\n0\n3.2\n\n"), CTL_DONE);
    assert_string_equal(received, "exit-codes on;show version\n");
    assert_span(buf_span(&answer), "3.2\n");
}

static void silence_is_success(void **state)
{
    (void)state;
    assert_int_equal(ask("set server a/b state drain", "0\n\n0\n\n"), CTL_DONE);
    assert_int_equal(answer.len, 0);
}

static void a_failed_command_says_why(void **state)
{
    (void)state;
    assert_int_equal(ask("x", "0\n\n1\nNo such server.\n\n"), CTL_FAILED);
    assert_span(buf_span(&answer), "No such server.\n");
}

static void what_is_cut_off_is_no_answer(void **state)
{
    (void)state;
    const char *pieces[] = { "", "0\n\n", "0\n\n0\n", "0\n\n0\nhal", "nonsense\n\n" };
    for (unsigned i = 0; i < COUNT_OF(pieces); i++)
        assert_int_equal(ask("x", pieces[i]), CTL_CUT_OFF);
}

static void nobody_is_there(void **state)
{
    (void)state;
    assert_int_equal(ctl_ask("/tmp/keel-there-is-no-such-socket", SPAN("x"), &answer), CTL_NOT_THERE);
    assert_int_equal(errno, ENOENT);
    char large[300];
    memset(large, 'a', sizeof(large) - 1);
    large[299] = '\0';
    assert_int_equal(ctl_ask(large, SPAN("x"), &answer), CTL_NOT_THERE);
    assert_int_equal(errno, ENAMETOOLONG);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_socket, close_socket)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(it_asks_for_a_code_and_gives_the_answer),
        T(silence_is_success),
        T(a_failed_command_says_why),
        T(what_is_cut_off_is_no_answer),
        T(nobody_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
