/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at processes (/proc) and files for track.c: what blocks or is slow stays in here. */
#pragma once

#include "model/vrrp.h"

struct track_process;

/* Counts, for each of <tracked> that is used, the processes that match: <running>. */
void look_at_processes(const struct vrrp_config *c, struct track_process *tracked);
/* The number in the file. NULL, or why it is none; then <value> is 0. */
const char *look_at_file(const struct vrrp_file *f, int64_t *value);
/* Writes the first value where the configuration asks for that. */
void look_prepare_file(const struct vrrp_file *f);
/* Does a process with this short name and this command line ("a\0b\0") match? Pure, for tests. */
bool look_matches(const struct vrrp_process *m, struct span name, struct span cmdline);
/* The number at the start of <text>, blanks around it allowed. Pure, for tests. */
bool look_number(struct span text, int64_t *value);
