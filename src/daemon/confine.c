/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/limits.h"
#include "os/privilege.h"
#include "os/process.h"
#include "os/seccomp.h"

/* Sanitizers ask the kernel for more than we do, and look at files by name. */
#ifdef KEEL_SANITIZED
#define FILTERS false
#else
#define FILTERS true
#endif

static uint32_t privileges_of(uint32_t keep)
{
    return (keep & MANIFEST_KEEP_RAW ? PRIVILEGE_RAW : 0u) |
           (keep & MANIFEST_KEEP_ADMIN ? PRIVILEGE_ADMIN : 0u) |
           (keep & MANIFEST_KEEP_BIND ? PRIVILEGE_BIND : 0u);
}

int confine_open_temp(const struct manifest *m)
{
    (void)m;
    return open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool drop(const struct manifest *m)
{
    gid_t groups[256];
    char root[4096] = "";
    const char *step = "";
    gid_t gid = m->gid == UINT32_MAX ? getegid() : (gid_t)m->gid; /* `user` alone leaves the group */
    struct privilege_drop d = { .uid = (uid_t)m->uid, .gid = gid, .keep = privileges_of(m->keep) };

    for (uint32_t i = 0; i < m->groups.count && i < COUNT_OF(groups); i++)
        groups[d.group_count++] = m->groups.items[i] == UINT32_MAX ? gid : m->groups.items[i];
    d.groups = groups;
    if (m->chroot.len >= sizeof(root)) {
        fprintf(stderr, "keel: chroot: the path is longer than %zu bytes\n", sizeof(root));
        return false;
    }
    if (m->chroot.len > 0 && FILTERS) {
        memcpy(root, m->chroot.ptr, m->chroot.len);
        d.chroot = root;
    }
    if (privilege_drop(&d, &step))
        return true;
    fprintf(stderr, "keel: the worker cannot become user %u, group %u%s%s: %s: %m\n", m->uid, m->gid,
            d.chroot ? " in " : "", d.chroot ? d.chroot : "", step);
    return false;
}

/* The file system that static files and temporary files need; no call that starts a program or touches
 * another. */
static const char *const file_calls[] = { "open",
                                          "openat",
                                          "newfstatat",
                                          "stat",
                                          "fstatat64",
                                          "statx",
                                          "access",
                                          "faccessat",
                                          "faccessat2",
                                          "unlinkat",
                                          "ftruncate",
                                          "fallocate",
                                          "memfd_create",
                                          "prlimit64",
                                          "getrlimit",
                                          "getuid",
                                          "geteuid",
                                          "getgid",
                                          "getegid",
                                          "getppid",
                                          "uname",
                                          "ioctl",
                                          "sched_setaffinity",
                                          "sched_setscheduler",
                                          "wait4",
                                          "kill",
                                          "signalfd4",
                                          "getdents64",
                                          "readlink",
                                          "getcwd",
                                          NULL };

/* Files that are tracked, FIFOs, /proc, settings of interfaces. */
static const char *const vrrp_calls[] = {
    "open",    "openat",  "newfstatat", "stat",   "lstat",      "fstatat64", "statx",     "access", "mknod",
    "mknodat", "unlink",  "unlinkat",   "fchown", "getdents64", "ioctl",     "signalfd4", "getuid", "geteuid",
    "getgid",  "getegid", "getppid",    "uname",  "readlink",   "ftruncate", NULL,
};

/* What is not on a list fails with EPERM: a library that probes goes on, an intruder does not. */
static bool filter_calls(const char *const *more)
{
    const char *const *const lists[] = { seccomp_basic, seccomp_network, more, NULL };

    if (!FILTERS || seccomp_allow_lists(lists, NULL, SECCOMP_ERRNO))
        return true;
    if (errno == ENOSYS || errno == EINVAL) /* a kernel without filters */
        return true;
    fprintf(stderr, "keel: system calls could not be filtered: %m\n");
    return false;
}

bool confine(const struct manifest *m)
{
    uint64_t hard = limits_files_hard(), least = m->files_least == UINT64_MAX ? hard : m->files_least;
    if (m->files_max > 0)
        (void)limits_files(m->files_max);
    else if (limits_files(0) < least)
        (void)limits_files(least);
    if (m->core_dumps)
        (void)!limits_core(UINT64_MAX);
    /* Without root there is nothing to give up: everything else works the same. */
    if (geteuid() == 0 && !drop(m))
        return false;
    if (!privilege_no_new()) {
        fprintf(stderr, "keel: no_new_privs: %m\n");
        return false;
    }
    if (m->core_dumps || !FILTERS)
        (void)!process_set_dumpable(true);
    return filter_calls(file_calls);
}

bool confine_vrrp(void)
{
    struct privilege_drop d = { .uid = (uid_t)-1, .gid = (gid_t)-1, .keep = PRIVILEGE_RAW | PRIVILEGE_ADMIN };
    const char *step = "";

    if (!privilege_drop(&d, &step) || !privilege_no_new()) {
        fprintf(stderr, "keel: vrrp cannot give up its privileges: %s: %m\n", step);
        return false;
    }
    if (!FILTERS)
        (void)!process_set_dumpable(true);
    return filter_calls(vrrp_calls);
}
