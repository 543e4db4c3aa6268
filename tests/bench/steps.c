/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the user-space instructions of running processes where the machine
 * has no hardware counters (most virtual machines): every thread is stepped
 * one instruction at a time by ptrace. A thousand times slower than a counter
 * and as exact; an instruction with a repeat prefix counts once a repetition.
 *
 *   steps [-a FILE] PID...
 *
 * Prints "ready" when every thread is stepped, then the busiest one's count at
 * each SIGUSR1, which begins it anew, and at SIGTERM, which ends it.
 * Threads that are born later are not counted. -a: FILE gets how often each
 * address was stepped by it up to the last SIGUSR1, a line "PID ADDRESS COUNT" for
 * each (x86-64 only).
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX   256
#define ADDRESSES_MAX (1u << 18)

static volatile sig_atomic_t over, anew;

static void on_term(int number)
{
    (void)number;
    over = 1;
}

static void on_usr1(int number)
{
    (void)number;
    anew = 1;
}

struct threads {
    pid_t id[THREADS_MAX];
    uint64_t steps[THREADS_MAX];
    size_t count;
};

static void seize_all(const char *pid, struct threads *all)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        pid_t t = (pid_t)strtol(e->d_name, NULL, 10);
        if (t > 0 && all->count < THREADS_MAX && ptrace(PTRACE_SEIZE, t, 0, 0) == 0 &&
            ptrace(PTRACE_INTERRUPT, t, 0, 0) == 0)
            all->id[all->count++] = t;
    }
    closedir(d);
}

static size_t index_of(const struct threads *all, pid_t thread)
{
    size_t i = 0;

    while (i + 1 < all->count && all->id[i] != thread)
        i++;
    return i;
}

static size_t busiest(const struct threads *all)
{
    size_t most = 0;

    for (size_t i = 1; i < all->count; i++)
        if (all->steps[i] > all->steps[most])
            most = i;
    return most;
}

/* the signal to hand on to a thread that stopped with <status>; 0 when the stop was ours */
static int signal_of(int status)
{
    int number = WSTOPSIG(status);
    return number == SIGTRAP || status >> 16 ? 0 : number;
}

/* --- where the steps were --- */
struct address {
    uint64_t at; /* 0 = free */
    uint64_t count;
    size_t thread;
};

/* Open addressing; a table that is full drops what is new. */
static void address_count(struct address *table, size_t thread, uint64_t at)
{
    for (uint64_t h = (at + thread) * 0x9e3779b97f4a7c15u >> 46, n = 0; n < ADDRESSES_MAX; n++, h++) {
        struct address *a = &table[h % ADDRESSES_MAX];
        if (a->at != 0 && (a->at != at || a->thread != thread))
            continue;
        *a = (struct address){ at, a->count + 1, thread };
        return;
    }
}

static uint64_t address_of(pid_t thread)
{
#ifdef __x86_64__
    return (uint64_t)ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user, regs.rip), 0);
#else
    (void)thread;
    return 0;
#endif
}

static void addresses_write(const struct address *table, size_t thread, pid_t pid, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    for (size_t i = 0; i < ADDRESSES_MAX; i++)
        if (table[i].count && table[i].thread == thread)
            fprintf(f, "%d %llx %llu\n", (int)pid, (unsigned long long)table[i].at,
                    (unsigned long long)table[i].count);
    fclose(f);
}

static void tell(const struct threads *all)
{
    printf("%llu\n", (unsigned long long)all->steps[busiest(all)]);
    fflush(stdout);
}

static void begin_anew(struct threads *all, struct address *table, const char *path)
{
    anew = 0;
    if (table) {
        addresses_write(table, busiest(all), all->id[busiest(all)], path);
        memset(table, 0, ADDRESSES_MAX * sizeof(*table));
    }
    tell(all);
    memset(all->steps, 0, sizeof(all->steps));
}

/* <table>: NULL when nobody asks where. */
static void step_until_over(struct threads *all, struct address *table, const char *path)
{
    while (!over) {
        int status;
        pid_t t = waitpid(-1, &status, __WALL);
        if (anew)
            begin_anew(all, table, path);
        if (t < 0 && errno == EINTR)
            continue;
        if (t < 0)
            break;
        if (!WIFSTOPPED(status))
            continue;
        size_t i = index_of(all, t);
        bool stepped = WSTOPSIG(status) == SIGTRAP && status >> 16 == 0;
        all->steps[i] += stepped;
        if (stepped && table)
            address_count(table, i, address_of(t));
        ptrace(PTRACE_SINGLESTEP, t, 0, signal_of(status));
    }
}

/* --- the end --- */
/* Does the trap of a last step, made while a system call was interrupted, still wait for <thread>? */
static bool trap_waits(pid_t thread)
{
    struct __ptrace_peeksiginfo_args first = { .nr = 1 };
    siginfo_t info;

    return ptrace(PTRACE_PEEKSIGINFO, thread, &first, &info) == 1 && info.si_signo == SIGTRAP;
}

/* Each thread must be stopped to be let go; a trap that nobody takes would kill it. */
static void let_go(const pid_t *threads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        ptrace(PTRACE_INTERRUPT, threads[i], 0, 0);
        if (waitpid(threads[i], &status, __WALL) != threads[i] || !WIFSTOPPED(status))
            continue;
        if (trap_waits(threads[i])) {
            ptrace(PTRACE_CONT, threads[i], 0, signal_of(status));
            if (waitpid(threads[i], &status, __WALL) != threads[i] || !WIFSTOPPED(status))
                continue;
        }
        ptrace(PTRACE_DETACH, threads[i], 0, signal_of(status));
    }
}

int main(int argc, char **argv)
{
    static struct threads all;
    const char *path = NULL;
    struct sigaction act = { .sa_handler = on_term }; /* without SA_RESTART: it ends the wait */
    sigaction(SIGTERM, &act, NULL);
    act.sa_handler = on_usr1;
    sigaction(SIGUSR1, &act, NULL);
    for (int c; (c = getopt(argc, argv, "a:")) != -1; path = optarg)
        if (c != 'a')
            return 2;
    for (int i = optind; i < argc; i++)
        seize_all(argv[i], &all);
    if (all.count == 0) {
        fputs("steps: no thread could be traced (usage: steps [-a FILE] PID..., as root or as the owner)\n",
              stderr);
        return 1;
    }
    struct address *table = path ? calloc(ADDRESSES_MAX, sizeof(*table)) : NULL;
    puts("ready");
    fflush(stdout);
    step_until_over(&all, table, path);
    let_go(all.id, all.count);
    tell(&all);
    return 0;
}
