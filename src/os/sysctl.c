/* SPDX-License-Identifier: Apache-2.0 */
#include "os/sysctl.h"

#include "base/fd.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_value(const char *family, const char *interface, const char *name, int how)
{
    char path[128];
    if (strchr(interface, '/') || strcmp(interface, "..") == 0) { /* the kernel forbids both, too */
        errno = EINVAL;
        return -1;
    }
    snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
    return open(path, how | O_CLOEXEC);
}

int sysctl_get(const char *family, const char *interface, const char *name, int *value)
{
    AUTO_FD int fd = open_value(family, interface, name, O_RDONLY);
    char text[16] = { 0 };
    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        return errno;
    *value = (int)strtol(text, NULL, 10);
    return 0;
}

int sysctl_set(const char *family, const char *interface, const char *name, int value)
{
    AUTO_FD int fd = open_value(family, interface, name, O_WRONLY);
    char text[16];
    int len = snprintf(text, sizeof(text), "%d", value);
    return fd < 0 || write(fd, text, (size_t)len) != len ? errno : 0;
}
