/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker process: all traffic and checks. Its main thread is the control
 * thread: it hears the parent, builds models from bundles, publishes them to
 * the traffic threads and watches a drain. It opens nothing by name, asks no
 * resolver of libc and executes nothing.
 */
#pragma once

#include "daemon/channel.h"
#include "daemon/manifest.h"

/* In the forked child. Drops privileges as <m> says first. Returns the exit code. */
int worker_run(const struct manifest *m, struct channel *parent, instant parent_started);
