/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of the hot path, without the C library around them: its recv
 * and send are points where a thread may be cancelled, and its syscall() moves
 * every argument by one; both cost more than all that is done around the call.
 * They give what the kernel gives: a negative errno is a failure, and errno
 * itself is left alone.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__x86_64__)
static inline long os_call3(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static inline long os_call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#else
static inline long os_call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result = syscall(number, a, b, c, d, e, f);

    return result < 0 ? -errno : result;
}

static inline long os_call3(long number, long a, long b, long c)
{
    return os_call6(number, a, b, c, 0, 0, 0);
}
#endif

static inline ssize_t os_recv(int fd, void *into, size_t len)
{
    return os_call6(SYS_recvfrom, fd, (long)into, (long)len, 0, 0, 0);
}

static inline ssize_t os_send(int fd, const void *from, size_t len, int flags)
{
    return os_call6(SYS_sendto, fd, (long)from, (long)len, flags, 0, 0);
}

static inline ssize_t os_sendmsg(int fd, const struct msghdr *m, int flags)
{
    return os_call3(SYS_sendmsg, fd, (long)m, flags);
}
