/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: a short-lived process that reads the operator's files and leaves
 * a manifest and a bundle. It may be slow, crash or be killed: that is an error
 * of the file, never an outage. docs/design/processes.md.
 */
#pragma once

#include "daemon/channel.h"
#include "daemon/plan.h"

/*
 * Runs in the child and does not return. Diagnostics go to stderr (and to <channel> as the text of a RESULT
 * without fds, for whoever asked over a control socket). Exit 0: RESULT was sent.
 */
NORETURN void reader_run(const struct plan *p, uint64_t generation, struct channel *to_parent);

/* The whole of `keel check`, `nginx -t`, `haproxy -c`: in this process. Returns the exit code. */
int reader_check(const struct plan *p);
