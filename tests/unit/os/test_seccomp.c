/* SPDX-License-Identifier: Apache-2.0 */
#include "os/seccomp.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static int status_of(void (*code)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGSYS, SIG_DFL);
        code();
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static const char *const more[] = { "getppid", "no_such_call_anywhere", NULL };
static const char *const soft[] = { "uname", "getppid", NULL };

static void allowed_and_soft(void)
{
    const char *const *const lists[] = { seccomp_basic, more, NULL };
    struct utsname name;

    if (!seccomp_allow_lists(lists, soft, SECCOMP_KILL))
        _exit(1);
    if (syscall(SYS_getppid) <= 0)
        _exit(2); /* allowed by a list, although it is soft too */
    if (syscall(SYS_uname, &name) == 0 || errno != ENOSYS)
        _exit(3);
    _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 4);
}

static void forbidden_kills(void)
{
    if (!seccomp_allow(seccomp_basic, NULL, SECCOMP_KILL))
        _exit(1);
    (void)syscall(SYS_getppid);
    _exit(0);
}

static void forbidden_fails(void)
{
    if (!seccomp_allow(seccomp_basic, NULL, SECCOMP_ERRNO))
        _exit(1);
    _exit(syscall(SYS_getppid) == -1 && errno == EPERM ? 0 : 2);
}

static atomic_int step;

static void *older_thread(void *arg)
{
    (void)arg;
    atomic_store(&step, 1);
    while (atomic_load(&step) != 2) {
    }
    long parent = syscall(SYS_getppid);
    _exit(parent == -1 && errno == EPERM ? 0 : 3);
}

static void threads_too(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, older_thread, NULL) != 0)
        _exit(1);
    while (atomic_load(&step) != 1) {
    }
    if (!seccomp_allow(seccomp_basic, NULL, SECCOMP_ERRNO))
        _exit(2);
    atomic_store(&step, 2);
    (void)pthread_join(thread, NULL);
}

static void test_calls_that_are_allowed_or_soft(void **state)
{
    (void)state;
    assert_int_equal(status_of(allowed_and_soft), 0);
}

static void test_calls_that_are_not(void **state)
{
    (void)state;
    assert_int_equal(status_of(forbidden_kills), 1000 + SIGSYS);
    assert_int_equal(status_of(forbidden_fails), 0);
}

static void test_threads_that_run_already(void **state)
{
    (void)state;
    assert_int_equal(status_of(threads_too), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_that_are_allowed_or_soft),
        cmocka_unit_test(test_calls_that_are_not),
        cmocka_unit_test(test_threads_that_run_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
