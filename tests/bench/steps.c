/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the user-space instructions of running processes where the machine
 * has no hardware counters (most virtual machines): every thread is stepped
 * one instruction at a time by ptrace. A thousand times slower than a counter
 * and as exact; an instruction with a repeat prefix counts once a repetition.
 *
 *   steps PID...
 *
 * Prints "ready" when every thread is stepped, and the count after SIGTERM.
 * Threads that are born later are not counted.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 256

static volatile sig_atomic_t over;

static void on_term(int number)
{
    (void)number;
    over = 1;
}

static size_t seize_all(const char *pid, pid_t *threads, size_t count)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *d = opendir(path);
    if (!d)
        return count;
    for (struct dirent *e; (e = readdir(d));) {
        pid_t t = (pid_t)strtol(e->d_name, NULL, 10);
        if (t > 0 && count < THREADS_MAX && ptrace(PTRACE_SEIZE, t, 0, 0) == 0 &&
            ptrace(PTRACE_INTERRUPT, t, 0, 0) == 0)
            threads[count++] = t;
    }
    closedir(d);
    return count;
}

/* the signal to hand on to a thread that stopped with <status>; 0 when the stop was ours */
static int signal_of(int status)
{
    int number = WSTOPSIG(status);
    return number == SIGTRAP || status >> 16 ? 0 : number;
}

static uint64_t step_until_over(void)
{
    uint64_t count = 0;
    while (!over) {
        int status;
        pid_t t = waitpid(-1, &status, __WALL);
        if (t < 0 && errno == EINTR)
            continue;
        if (t < 0)
            break;
        if (!WIFSTOPPED(status))
            continue;
        count += WSTOPSIG(status) == SIGTRAP && status >> 16 == 0;
        ptrace(PTRACE_SINGLESTEP, t, 0, signal_of(status));
    }
    return count;
}

/* each thread must be stopped to be let go */
static void let_go(const pid_t *threads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        ptrace(PTRACE_INTERRUPT, threads[i], 0, 0);
        if (waitpid(threads[i], &status, __WALL) == threads[i] && WIFSTOPPED(status))
            ptrace(PTRACE_DETACH, threads[i], 0, signal_of(status));
    }
}

int main(int argc, char **argv)
{
    pid_t threads[THREADS_MAX];
    size_t count = 0;
    struct sigaction act = { .sa_handler = on_term }; /* without SA_RESTART: it ends the wait */
    sigaction(SIGTERM, &act, NULL);
    for (int i = 1; i < argc; i++)
        count = seize_all(argv[i], threads, count);
    if (count == 0) {
        fputs("steps: no thread could be traced (usage: steps PID..., as root or as the owner)\n", stderr);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    uint64_t steps = step_until_over();
    let_go(threads, count);
    printf("%llu\n", (unsigned long long)steps);
    return 0;
}
