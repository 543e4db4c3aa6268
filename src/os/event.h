/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd, timerfd and signalfd without their surprises. All non-blocking and close-on-exec; -1 is errno. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/macros.h"

MUST_USE int event_open(void);
/* Makes it readable. Any thread, also in a signal handler. */
void event_raise(int fd);
/* Makes it unreadable; true when it was raised. */
bool event_take(int fd);

MUST_USE int event_timer_open(void);
/* Readable once after <after> (DURATION_NONE: never), then every <every> (DURATION_NONE: not again). */
MUST_USE bool event_timer_set(int fd, duration after, duration every);

/* Blocks <signals> (ends with 0) in this thread and those made later, and makes them readable. */
MUST_USE int event_signals_open(const int *signals);
/* The next signal and its sender; 0 when there is none. */
int event_signals_take(int fd, struct signalfd_siginfo *info);
