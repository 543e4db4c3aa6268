/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define PATH_ROOM 4096
#define OLD       ".oldbin"

static bool path_of(struct span path, const char *ending, char out[PATH_ROOM])
{
    int n = snprintf(out, PATH_ROOM, "%.*s%s", SPAN_ARGS(path), ending);

    if (n > 0 && n < PATH_ROOM)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

bool pidfile_write_of(struct span path, int pid)
{
    char name[PATH_ROOM], text[32];

    if (!path_of(path, "", name))
        return false;
    AUTO_FD int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int n = snprintf(text, sizeof(text), "%d\n", pid);
    if (fd < 0 || write(fd, text, (size_t)n) == n)
        return fd >= 0;
    int error = errno; /* a full disk: an empty file would tell nobody anything, and nobody would remove it */
    (void)unlink(name);
    errno = error;
    return false;
}

bool pidfile_write(struct span path)
{
    return pidfile_write_of(path, (int)getpid());
}

int pidfile_read(struct span path)
{
    char name[PATH_ROOM], text[32];
    uint64_t pid;

    if (!path_of(path, "", name))
        return 0;
    AUTO_FD int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (n < 0)
        return 0;
    struct span s = span_of(text, (size_t)n);
    while (s.len > 0 && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == ' '))
        s.len--;
    if (span_to_u64(s, INT32_MAX, &pid) && pid > 0)
        return (int)pid;
    errno = EINVAL;
    return 0;
}

void pidfile_remove_of(struct span path, int pid)
{
    char name[PATH_ROOM];

    if (pidfile_read(path) == pid && path_of(path, "", name))
        (void)unlink(name);
}

static bool is_same_program(int pid)
{
    char path[64], theirs[PATH_ROOM], ours[PATH_ROOM];

    (void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    ssize_t n = readlink(path, theirs, sizeof(theirs)), m = readlink("/proc/self/exe", ours, sizeof(ours));
    return n > 0 && n == m && memcmp(theirs, ours, (size_t)n) == 0;
}

bool pidfile_is_running(struct span path)
{
    int pid = pidfile_read(path);

    return pid > 0 && pid != (int)getpid() && is_same_program(pid);
}

void pidfile_remove(struct span path)
{
    char name[PATH_ROOM];

    if (pidfile_read(path) == (int)getpid() && path_of(path, "", name))
        (void)unlink(name);
    char old[PATH_ROOM];
    const struct span old_path = span_of(old, path_of(path, OLD, old) ? strlen(old) : 0);
    if (old_path.len > 0 && pidfile_read(old_path) == (int)getpid())
        (void)unlink(old);
}

void pidfile_set_old(struct span path, bool old)
{
    char plain[PATH_ROOM], ended[PATH_ROOM];

    if (path_of(path, "", plain) && path_of(path, OLD, ended))
        (void)rename(old ? plain : ended, old ? ended : plain);
}
