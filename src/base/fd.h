/* SPDX-License-Identifier: Apache-2.0 */
/* A file descriptor that closes itself at the end of its scope unless it is taken. */
#pragma once

#include <unistd.h>

static inline void fd_cleanup(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define AUTO_FD __attribute__((cleanup(fd_cleanup)))

/* Moves ownership out of an AUTO_FD. */
static inline int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}
