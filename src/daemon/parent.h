/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: the process that was exec'd (or its daemon). It starts and
 * replaces the others, holds sockets and log files, writes pid files and takes
 * signals. It parses nothing but what our own children say, and never sees
 * traffic. Read docs/design/processes.md first.
 */
#pragma once

#include "daemon/plan.h"
#include "os/process.h"

/* Carries the plan out until the program ends; returns the exit code. */
int parent_run(const struct plan *p, char **argv, const struct process_title *title);
