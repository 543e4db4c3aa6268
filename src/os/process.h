/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process is called, whose child it is, and how it leaves the terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/macros.h"
#include "base/span.h"

/* The 15 characters that ps -o comm and top show; of the calling thread. */
void process_set_name(const char *name);

/*
 * The title that ps shows, written over the memory of argv and environ (which
 * is moved first). process_title_init once, first thing in main, before any
 * thread; afterwards argv may be used as before (it is a copy). The process
 * keeps one title memory, which fork inherits.
 */
struct process_title {
    char *base;
    size_t room;
};
/* Returns the copy of argv to go on with; NULL: out of memory. */
MUST_USE char **process_title_init(struct process_title *t, int argc, char **argv);
/* Frees the copy of argv, at the end of main. */
void process_title_fini(char **args);
void process_title_set(const struct process_title *t, const char *format, ...) PRINTF_LIKE(2, 3);

/* <signal> comes when the parent <parent> dies; false when it is dead already, or errno. */
MUST_USE bool process_die_with(pid_t parent, int signal);
/* Orphans of our children become ours (PR_SET_CHILD_SUBREAPER). */
MUST_USE bool process_adopt_orphans(void);
/* Into a network namespace that `ip netns add` made; empty: stays. false: errno. */
MUST_USE bool process_enter_network(struct span name);
/* Cores: 0 or 1. Dropping privileges switches it off; programs that were asked for cores
 * switch it on again. */
MUST_USE bool process_set_dumpable(bool on);

/*
 * Leaves the terminal: two forks, a session, standard streams to /dev/null by
 * process_ready. In the process that was started it does not return: it exits
 * with the code given to process_ready (or 1 when the daemon dies before).
 * In the daemon it returns the descriptor for process_ready; -1: errno.
 */
MUST_USE int process_daemonize(void);
/* Tells who started us, with exit code <code>, and closes <fd>. With 0 the standard streams go
 * to /dev/null. */
void process_ready(int fd, int code);
/* For process_close_standard in a process that will be confined before; -1: errno. */
MUST_USE int process_open_null(void);
/* 0, 1 and 2 to <null>, which stays the caller's; -1: /dev/null is opened here. */
MUST_USE bool process_close_standard(int null);
/* Closes every descriptor from <first> on but those of <keep> (<count>, any order). */
void process_close_from(int first, const int *keep, unsigned count);
