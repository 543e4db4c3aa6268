/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli.h"

#define DEBIAN_PREFIX "/usr/share/nginx/"

struct span cli_prefix(struct arena *a)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n <= 0)
        return SPAN(DEBIAN_PREFIX);
    path[n] = '\0';
    for (int up = 0; up < 2; up++) { /* PREFIX/sbin/keel -> PREFIX */
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return SPAN(DEBIAN_PREFIX);
        *slash = '\0';
    }
    struct span conf = arena_printf(a, "%s/conf", path);
    if (access(conf.ptr, F_OK) != 0)
        return SPAN(DEBIAN_PREFIX);
    return arena_printf(a, "%s/", path);
}
