/* SPDX-License-Identifier: Apache-2.0 */
#include "os/event.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"

int event_open(void)
{
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void event_raise(int fd)
{
    uint64_t one = 1;
    int saved = errno;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    errno = saved; /* EAGAIN: raised 2^64 times already, which is raised */
}

bool event_take(int fd)
{
    uint64_t count;
    return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

int event_timer_open(void)
{
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

/* Zero means "disarm" to the kernel, so no wait at all is a nanosecond. */
static struct timespec timespec_of(duration d)
{
    if (duration_is_none(d))
        return (struct timespec){ 0, 0 };
    return (struct timespec){ .tv_sec = d.ms / 1000, .tv_nsec = d.ms % 1000 * 1000000L + (d.ms == 0) };
}

bool event_timer_set(int fd, duration after, duration every)
{
    struct itimerspec t = { .it_value = timespec_of(after), .it_interval = timespec_of(every) };
    return timerfd_settime(fd, 0, &t, NULL) == 0;
}

int event_signals_open(const int *signals)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (; *signals; signals++)
        (void)sigaddset(&set, *signals);
    AUTO_FD int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -1;
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) {
        errno = error;
        return -1;
    }
    return fd_take(&fd);
}

int event_signals_take(int fd, struct signalfd_siginfo *info)
{
    if (read(fd, info, sizeof(*info)) != (ssize_t)sizeof(*info))
        return 0;
    return (int)info->ssi_signo;
}
