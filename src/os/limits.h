/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine gives us: descriptors, cores, processors. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* RLIMIT_NOFILE. Sets the soft limit to <want>, raising the hard one where we may; returns the soft limit
 * that is in force then (less than <want> when it could not be had). <want> 0 only reads. */
uint64_t limits_files(uint64_t want);
uint64_t limits_files_hard(void);
/* How many connections, each with one to a server, <files> descriptors are enough for; 64 are for the rest.
 */
uint32_t limits_connections(uint64_t files);
/* RLIMIT_CORE; UINT64_MAX = unlimited. false: errno. */
MUST_USE bool limits_core(uint64_t bytes);
/* RLIMIT_AS; for a process that reads the operator's files. */
MUST_USE bool limits_memory(uint64_t bytes);

/* Processors that affinity and the cgroup's quota (v2, v1) allow: at least 1. */
unsigned limits_cpus(void);
/* The same with the files of a cgroup tree under <root> ("/sys/fs/cgroup") and <self>
 * ("/proc/self/cgroup"). */
unsigned limits_cpus_at(const char *root, const char *self);
/* Binds the calling thread to the <index>-th (modulo) allowed processor. */
MUST_USE bool limits_bind_cpu(unsigned index);
