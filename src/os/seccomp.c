/* SPDX-License-Identifier: Apache-2.0 */
#include "os/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

// clang-format off
const char *const seccomp_basic[] = {
    /* memory; sysinfo is qsort's, which asks how much there is */
    "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "sysinfo",
    /* threads and locks */
    "futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "sched_yield", "sched_getaffinity",
    "membarrier", "gettid", "getpid", "clone", "clone3", "set_tid_address", "prctl", "getcpu",
    /* time, chance */
    "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday",
    "getrandom", "restart_syscall",
    /* signals */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill", "rt_sigtimedwait",
    /* files that are open */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "close", "fstat", "lseek", "fcntl", "dup", "dup3",
    /* the end */
    "exit", "exit_group",
    NULL,
};

const char *const seccomp_network[] = {
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "ppoll", "poll",
    "socket", "bind", "listen", "connect", "accept4", "shutdown", "socketpair",
    "getsockname", "getpeername", "getsockopt", "setsockopt",
    "recvfrom", "recv", "recvmsg", "recvmmsg", "recvmmsg_time64", "sendto", "send", "sendmsg", "sendmmsg",
    "pipe2", "splice", "sendfile", "sendfile64",
    NULL,
};
// clang-format on

/* 0, or what errno is to be. A call that has a rule already keeps it, so allowing goes before soft. */
static int add_calls(scmp_filter_ctx filter, uint32_t action, const char *const *calls)
{
    for (; calls && *calls; calls++) {
        int number = seccomp_syscall_resolve_name(*calls);
        if (number == __NR_SCMP_ERROR)
            continue;
        int result = seccomp_rule_add(filter, action, number, 0);
        if (result < 0 && result != -EEXIST)
            return -result;
    }
    return 0;
}

static uint32_t action_of(enum seccomp_otherwise otherwise)
{
    switch (otherwise) {
    case SECCOMP_ERRNO:
        return SCMP_ACT_ERRNO(EPERM);
    case SECCOMP_LOG:
        return SCMP_ACT_LOG;
    case SECCOMP_KILL:
        break;
    }
    return SCMP_ACT_KILL_PROCESS;
}

static int filter_fill(scmp_filter_ctx filter, const char *const *const *lists, const char *const *soft)
{
    int error = -seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    for (; !error && *lists; lists++)
        error = add_calls(filter, SCMP_ACT_ALLOW, *lists);
    return error ? error : add_calls(filter, SCMP_ACT_ERRNO(ENOSYS), soft);
}

bool seccomp_allow_lists(const char *const *const *lists, const char *const *soft,
                         enum seccomp_otherwise otherwise)
{
    scmp_filter_ctx filter = seccomp_init(action_of(otherwise));
    if (!filter) {
        errno = ENOMEM;
        return false;
    }
    int error = filter_fill(filter, lists, soft);
    if (!error)
        error = -seccomp_load(filter);
    seccomp_release(filter);
    errno = error;
    return error == 0;
}

bool seccomp_allow(const char *const *calls, const char *const *soft, enum seccomp_otherwise otherwise)
{
    const char *const *const lists[] = { calls, NULL };
    return seccomp_allow_lists(lists, soft, otherwise);
}
