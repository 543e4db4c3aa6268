/* SPDX-License-Identifier: Apache-2.0 */
#include "os/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/span.h"

/* --- limits --- */
uint64_t limits_files(uint64_t want)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) < 0)
        return 0;
    if (want == 0)
        return l.rlim_cur;
    struct rlimit raised = { .rlim_cur = want, .rlim_max = want > l.rlim_max ? want : l.rlim_max };
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return want;
    l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
    (void)setrlimit(RLIMIT_NOFILE, &l);
    return getrlimit(RLIMIT_NOFILE, &l) < 0 ? 0 : l.rlim_cur;
}

uint32_t limits_connections(uint64_t files)
{
    uint64_t room = files > 128 ? (files - 64) / 2 : files / 2;

    return (uint32_t)(room < UINT32_MAX ? room : UINT32_MAX);
}

uint64_t limits_files_hard(void)
{
    struct rlimit l;
    return getrlimit(RLIMIT_NOFILE, &l) < 0 ? 0 : l.rlim_max;
}

/* Lowers or raises the soft limit; the hard one too where it stands in the way and we may. */
static bool set_limit(__rlimit_resource_t what, uint64_t value)
{
    struct rlimit l;
    rlim_t wanted = value == UINT64_MAX ? RLIM_INFINITY : value;

    if (getrlimit(what, &l) < 0)
        return false;
    l.rlim_cur = wanted;
    if (l.rlim_max < wanted)
        l.rlim_max = wanted;
    return setrlimit(what, &l) == 0;
}

bool limits_core(uint64_t bytes)
{
    return set_limit(RLIMIT_CORE, bytes);
}

bool limits_memory(uint64_t bytes)
{
    return set_limit(RLIMIT_AS, bytes);
}

/* --- processors --- */
static struct span read_file(const char *path, char *into, size_t room)
{
    AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, into, room);

    return span_of(into, n > 0 ? (size_t)n : 0);
}

static struct span first_line(struct span s)
{
    return span_trim(span_cut(&s, '\n'));
}

/* Processors that <quota> microseconds in each <period> are worth, rounded up; UINT_MAX = no limit. */
static unsigned quota_cpus(uint64_t quota, uint64_t period)
{
    uint64_t cpus = period ? (quota + period - 1) / period : 0;
    return cpus && cpus < UINT_MAX ? (unsigned)cpus : UINT_MAX;
}

/* Version 2: "max 100000" or "150000 100000" in cpu.max. */
static unsigned group2_cpus(const char *folder)
{
    char path[PATH_MAX], text[64];
    uint64_t quota, period;

    if (snprintf(path, sizeof(path), "%s/cpu.max", folder) >= (int)sizeof(path))
        return UINT_MAX;
    struct span line = first_line(read_file(path, text, sizeof(text)));
    struct span first = span_cut(&line, ' ');
    if (!span_to_u64(first, UINT32_MAX, &quota) || !span_to_u64(line, UINT32_MAX, &period))
        return UINT_MAX;
    return quota_cpus(quota, period);
}

/* Version 1: two files; a quota of -1 is none. */
static unsigned group1_cpus(const char *folder)
{
    char path[PATH_MAX], text[64];
    uint64_t quota, period;

    if (snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder) >= (int)sizeof(path) ||
        !span_to_u64(first_line(read_file(path, text, sizeof(text))), UINT32_MAX, &quota))
        return UINT_MAX;
    if (snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder) >= (int)sizeof(path) ||
        !span_to_u64(first_line(read_file(path, text, sizeof(text))), UINT32_MAX, &period))
        return UINT_MAX;
    return quota_cpus(quota, period);
}

/* The least of a group's and all its parents' limits. */
static unsigned tree_cpus(const char *root, struct span group, unsigned (*at)(const char *))
{
    char folder[PATH_MAX];
    unsigned least = UINT_MAX;

    for (unsigned depth = 0; depth < 64; depth++) {
        while (group.len && group.ptr[group.len - 1] == '/')
            group.len--;
        if (snprintf(folder, sizeof(folder), "%s%.*s", root, SPAN_ARGS(group)) >= (int)sizeof(folder))
            return least;
        unsigned cpus = at(folder);
        least = cpus < least ? cpus : least;
        if (group.len == 0)
            break;
        while (group.len && group.ptr[group.len - 1] != '/')
            group.len--;
    }
    return least;
}

static bool names_cpu(struct span controllers)
{
    while (controllers.ptr)
        if (span_eq(span_cut(&controllers, ','), SPAN("cpu")))
            return true;
    return false;
}

/* Lines of /proc/self/cgroup: "0::/path" (version 2) and "4:cpu,cpuacct:/path" (version 1). */
static unsigned group_cpus(const char *root, const char *self)
{
    char text[4096], folder[PATH_MAX];
    struct span lines = read_file(self, text, sizeof(text));
    unsigned least = UINT_MAX, cpus = UINT_MAX;

    while (lines.len) {
        struct span path = span_cut(&lines, '\n');
        struct span number = span_cut(&path, ':'), controllers = span_cut(&path, ':');
        if (span_eq(number, SPAN("0")) && span_is_empty(controllers))
            cpus = tree_cpus(root, path, group2_cpus);
        else if (names_cpu(controllers) &&
                 snprintf(folder, sizeof(folder), "%s/cpu", root) < (int)sizeof(folder))
            cpus = tree_cpus(folder, path, group1_cpus);
        least = cpus < least ? cpus : least;
    }
    return least;
}

static unsigned affinity_cpus(cpu_set_t *set)
{
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof(*set), set) < 0)
        return 1;
    int n = CPU_COUNT(set);
    return n > 0 ? (unsigned)n : 1;
}

unsigned limits_cpus_at(const char *root, const char *self)
{
    cpu_set_t set;
    unsigned allowed = affinity_cpus(&set), group = group_cpus(root, self);

    return group < allowed ? group : allowed;
}

unsigned limits_cpus(void)
{
    return limits_cpus_at("/sys/fs/cgroup", "/proc/self/cgroup");
}

bool limits_bind_cpu(unsigned index)
{
    cpu_set_t all, one;
    unsigned left = index % affinity_cpus(&all);

    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && left-- == 0) {
            CPU_SET(cpu, &one);
            return sched_setaffinity(0, sizeof(one), &one) == 0;
        }
    errno = EINVAL;
    return false;
}
