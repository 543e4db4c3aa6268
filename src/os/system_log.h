/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's log, by libc's connection to it: one a process. Not for request lines. */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

enum system_log_level { SYSTEM_LOG_NOTICE, SYSTEM_LOG_WARNING, SYSTEM_LOG_ERROR };

/* "daemon", "user", "local3", "3"; false: no such facility. */
MUST_USE bool system_log_facility(const char *word, int *facility);
/* <name> must live. Nothing is said before. */
void system_log_open(const char *name, int facility);
/* Before descriptors are closed by number: libc would go on using its own. Harmless when it is not open. */
/* From now on nothing is sent, in children neither. */
void system_log_mute(void);
void system_log_close(void);
void system_log_say(enum system_log_level level, const char *text);
