/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child.h"

static size_t read_file(const char *path, char *into, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, into, room);

    if (fd >= 0)
        (void)close(fd);
    return n > 0 ? (size_t)n : 0;
}

static void name_it(void)
{
    char text[32] = "";

    process_set_name("keel test");
    (void)read_file("/proc/self/comm", text, sizeof(text) - 1);
    _exit(strcmp(text, "keel test\n") == 0 ? 0 : 1);
}

static void test_name(void **state)
{
    (void)state;
    assert_int_equal(status_of(name_it), 0);
}

/* --- the title: main has set it up with the real argv --- */
static struct process_title title;
static char **arguments;

static bool shows(const char *wanted)
{
    static char shown[8192];
    size_t len = read_file("/proc/self/cmdline", shown, sizeof(shown) - 1);

    shown[len] = '\0';
    return strcmp(shown, wanted) == 0;
}

static void title_it(void)
{
    static char big[200];

    memset(big, 'x', sizeof(big) - 1);
    process_title_set(&title, "keel: worker process %d", 7);
    if (!shows("keel: worker process 7"))
        _exit(1);
    process_title_set(&title, "%s", big); /* longer than argv was */
    if (!shows(big))
        _exit(2);
    process_title_set(&title, "short");
    if (!shows("short"))
        _exit(3);
    if (strstr(arguments[0], "test_process") == NULL || !getenv("PATH"))
        _exit(4); /* what was moved is still there */
    for (unsigned i = 0; i < 20; i++)
        process_title_set(&title, "%s%s%s%s%s%s%s%s%s%s%s%s", big, big, big, big, big, big, big, big, big,
                          big, big, big);
    _exit(0);
}

static void test_title(void **state)
{
    (void)state;
    assert_int_equal(status_of(title_it), 0);
}

/* --- parents --- */
static void orphan_dies(void)
{
    int ends[2];
    char byte;

    if (!process_adopt_orphans() || pipe(ends) < 0)
        _exit(1);
    pid_t middle = fork();
    if (middle == 0) {
        pid_t me = getpid();
        if (fork() == 0) {
            if (!process_die_with(me, SIGKILL))
                _exit(5);
            (void)!write(ends[1], "r", 1);
            (void)pause();
            _exit(6);
        }
        (void)!read(ends[0], &byte, 1); /* it has said whose child it is */
        _exit(0);
    }
    int status = 0;
    (void)waitpid(middle, NULL, 0);
    if (waitpid(-1, &status, 0) < 0) /* it became ours, and died of its parent's end */
        _exit(2);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 3);
}

static void wrong_parent(void)
{
    errno = 0;
    _exit(!process_die_with(getpid(), SIGKILL) && errno == ESRCH ? 0 : 1);
}

static void test_a_child_dies_with_its_parent(void **state)
{
    (void)state;
    assert_int_equal(status_of(orphan_dies), 0);
    assert_int_equal(status_of(wrong_parent), 0);
}

static void dump_or_not(void)
{
    if (!process_set_dumpable(false) || prctl(PR_GET_DUMPABLE) != 0)
        _exit(1);
    _exit(process_set_dumpable(true) && prctl(PR_GET_DUMPABLE) == 1 ? 0 : 2);
}

static void test_dumpable(void **state)
{
    (void)state;
    assert_int_equal(status_of(dump_or_not), 0);
}

/* --- daemons --- */
static int report; /* where the daemon says what it is */

struct daemon_report {
    pid_t pid, session;
    bool null_out;
};

static void tell(void)
{
    struct stat st, null;
    struct daemon_report r = { .pid = getpid(), .session = getsid(0) };

    r.null_out =
        fstat(STDOUT_FILENO, &st) == 0 && stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev;
    (void)!write(report, &r, sizeof(r));
}

static void daemonize_well(void)
{
    int fd = process_daemonize();

    if (fd < 0)
        _exit(98);
    process_ready(fd, 0);
    tell();
    _exit(0);
}

static void daemonize_badly(void)
{
    process_ready(process_daemonize(), 7);
    tell();
    _exit(0);
}

static void daemonize_and_die(void)
{
    if (process_daemonize() >= 0)
        _exit(0);
}

static void test_who_started_us_hears_how_it_went(void **state)
{
    struct daemon_report r;
    int ends[2];

    (void)state;
    assert_return_code(pipe(ends), 0);
    report = ends[1];
    assert_int_equal(status_of(daemonize_well), 0);
    assert_int_equal(read(ends[0], &r, sizeof(r)), sizeof(r));
    assert_int_not_equal(r.session, getsid(0));
    assert_int_not_equal(r.session, r.pid); /* no leader: it can get no terminal again */
    assert_true(r.null_out);
    assert_int_equal(status_of(daemonize_badly), 7);
    assert_int_equal(read(ends[0], &r, sizeof(r)), sizeof(r));
    assert_false(r.null_out); /* it may still print why */
    assert_int_equal(status_of(daemonize_and_die), 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void close_most(void)
{
    int keep[3] = { 50, 40, -1 };

    for (int fd = 30; fd < 60; fd++)
        if (dup2(STDERR_FILENO, fd) < 0)
            _exit(1);
    process_close_from(35, keep, 3);
    for (int fd = 30; fd < 60; fd++)
        if ((fcntl(fd, F_GETFD) >= 0) != (fd < 35 || fd == 40 || fd == 50))
            _exit(2);
    _exit(0);
}

static void test_closing_all_but_some(void **state)
{
    (void)state;
    assert_int_equal(status_of(close_most), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_title),
        cmocka_unit_test(test_a_child_dies_with_its_parent),
        cmocka_unit_test(test_dumpable),
        cmocka_unit_test(test_who_started_us_hears_how_it_went),
        cmocka_unit_test(test_closing_all_but_some),
    };
    arguments = process_title_init(&title, argc, argv);
    return arguments ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
