/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allow-list of system calls. A call that is not on it kills the process
 * (or, where the list says so, fails with an errno). Each process says its
 * list as names; names that this machine's kernel headers do not know are
 * skipped. Threads that run already are covered too.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

enum seccomp_otherwise {
    SECCOMP_KILL,  /* SIGSYS, with a core where allowed */
    SECCOMP_ERRNO, /* EPERM */
    SECCOMP_LOG,   /* allowed but logged by the kernel: for finding out */
};
/* Both lists end with NULL; <soft> fail with ENOSYS instead (libraries that probe), NULL = none. Sets
 * no_new_privs itself. false: errno. ENOSYS: this kernel has no filters. */
MUST_USE bool seccomp_allow(const char *const *calls, const char *const *soft,
                            enum seccomp_otherwise otherwise);
/* What every thread of ours needs: memory, time, signals, futex, exit. Ends with NULL; to be joined with more
 * by seccomp_allow_lists. */
extern const char *const seccomp_basic[];
/* What a loop with connections, listening sockets, names and datagrams needs beside that (io). */
extern const char *const seccomp_network[];
/* As seccomp_allow with several lists (itself NULL-terminated). */
MUST_USE bool seccomp_allow_lists(const char *const *const *lists, const char *const *soft,
                                  enum seccomp_otherwise otherwise);
