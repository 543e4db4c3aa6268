/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

extern char **environ;

void process_set_name(const char *name)
{
    (void)prctl(PR_SET_NAME, name);
}

/* --- the title --- */
static void free_strings(char **strings)
{
    for (char **at = strings; at && *at; at++)
        free(*at);
    free(strings);
}

static char **copy_strings(char **from, size_t count)
{
    char **copy = calloc(count + 1, sizeof(*copy));

    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(from[i]);
        if (copy[i])
            continue;
        free_strings(copy);
        return NULL;
    }
    return copy;
}

static size_t count_strings(char **strings)
{
    size_t n = 0;

    while (strings[n])
        n++;
    return n;
}

/* How far the strings lie one behind the other from <end> on. */
static char *end_of_run(char **strings, char *end)
{
    for (; *strings; strings++)
        if (*strings == end)
            end += strlen(end) + 1;
    return end;
}

char **process_title_init(struct process_title *t, int argc, char **argv)
{
    *t = (struct process_title){ 0 };
    char **args = copy_strings(argv, (size_t)argc);
    char **variables = copy_strings(environ, count_strings(environ));
    if (!args || !variables || argc == 0) {
        free_strings(variables);
        return args; /* without room for a title, if need be */
    }
    t->base = argv[0];
    char *end = end_of_run(environ, end_of_run(argv, argv[0]));
    t->room = (size_t)(end - argv[0]);
    environ = variables;
    return args;
}

void process_title_fini(char **args)
{
    free_strings(args);
}

void process_title_set(const struct process_title *t, const char *format, ...)
{
    va_list args;

    if (t->room < 2)
        return;
    va_start(args, format);
    int n = vsnprintf(t->base, t->room, format, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n;
    if (len >= t->room)
        len = t->room - 1;
    /* A title that is longer than argv was overwrites its last NUL, which tells the kernel to show what lies
     * there up to the next one. */
    memset(t->base + len, 0, t->room - len);
}

/* --- whose child --- */
bool process_die_with(pid_t parent, int signal)
{
    if (prctl(PR_SET_PDEATHSIG, signal) < 0)
        return false;
    if (getppid() == parent)
        return true;
    errno = ESRCH; /* it died before we asked */
    return false;
}

bool process_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

bool process_enter_network(struct span name)
{
    char path[300];

    if (name.len == 0)
        return true;
    int n = snprintf(path, sizeof(path), "/run/netns/%.*s", SPAN_ARGS(name));
    if (n >= (int)sizeof(path) || memchr(name.ptr, '/', name.len) != NULL) {
        errno = EINVAL;
        return false;
    }
    AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
}

bool process_set_dumpable(bool on)
{
    return prctl(PR_SET_DUMPABLE, on ? 1 : 0) == 0;
}

/* --- leaving the terminal --- */
/* What the process that was started does: waits for the word, or for the pipe's end. */
static void wait_and_exit(int fd, pid_t child)
{
    unsigned char code;
    ssize_t n;

    while ((n = read(fd, &code, 1)) < 0 && errno == EINTR) {
    }
    (void)waitpid(child, NULL, 0); /* the middle one, which has long gone */
    _exit(n == 1 ? code : EXIT_FAILURE);
}

int process_daemonize(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    AUTO_FD int in = ends[0], out = ends[1];
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child > 0) {
        (void)close(fd_take(&out));
        wait_and_exit(fd_take(&in), child);
    }
    /* The second fork leaves a process that is no leader of its session, and can get no terminal again. */
    if (setsid() < 0)
        _exit(EXIT_FAILURE);
    child = fork();
    if (child < 0)
        _exit(EXIT_FAILURE);
    if (child > 0)
        _exit(EXIT_SUCCESS);
    return fd_take(&out);
}

void process_ready(int fd, int code)
{
    unsigned char byte = (unsigned char)code;

    if (code == 0)
        (void)!process_close_standard(-1);
    while (write(fd, &byte, 1) < 0 && errno == EINTR) {
    }
    (void)close(fd);
}

int process_open_null(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

bool process_close_standard(int null)
{
    AUTO_FD int own = null < 0 ? process_open_null() : -1;
    int from = null < 0 ? own : null;

    if (from < 0)
        return false;
    /* dup3: dup2 is not among the calls that a confined process is left. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fd != from && dup3(from, fd, 0) < 0)
            return false;
    if (own >= 0 && own <= STDERR_FILENO)
        (void)fd_take(&own); /* it became one of the three */
    return true;
}

static void close_run(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    long limit = sysconf(_SC_OPEN_MAX);
    unsigned most = limit > 0 && limit < 1048576 ? (unsigned)limit : 1048576;
    for (unsigned fd = first; fd <= last && fd < most; fd++)
        (void)close((int)fd);
}

void process_close_from(int first, const int *keep, unsigned count)
{
    unsigned at = (unsigned)first;

    for (;;) {
        int next = INT_MAX; /* the lowest that is kept */
        for (unsigned i = 0; i < count; i++)
            if (keep[i] >= 0 && (unsigned)keep[i] >= at && keep[i] < next)
                next = keep[i];
        if (next == INT_MAX)
            break;
        if ((unsigned)next > at)
            close_run(at, (unsigned)next - 1);
        at = (unsigned)next + 1;
    }
    close_run(at, UINT_MAX);
}
