/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files, as scripts expect them: the parent's pid and a newline. */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"

/* Creates or replaces it. false: errno. */
MUST_USE bool pidfile_write(struct span path);
/* Of another process than this one. */
MUST_USE bool pidfile_write_of(struct span path, int pid);
/* Only when it holds that pid. */
void pidfile_remove_of(struct span path, int pid);
/* Only when it still holds our own pid: another program may have taken the name over. */
void pidfile_remove(struct span path);
/* nginx's upgrade: the file gets the ending ".oldbin", or loses it again. */
void pidfile_set_old(struct span path, bool old);
/* It names another living process of the same program: two of them would fight for one address. */
bool pidfile_is_running(struct span path);
/* The pid in a file; 0: none (errno says why). */
int pidfile_read(struct span path);
