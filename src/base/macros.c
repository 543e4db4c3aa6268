/* SPDX-License-Identifier: Apache-2.0 */
#include "base/macros.h"

#include <stdio.h>
#include <stdlib.h>

void bug_die(const char *file, int line, const char *cond)
{
    fprintf(stderr, "keel: bug at %s:%d: %s\n", file, line, cond);
    abort();
}

void oom_die(size_t wanted)
{
    fprintf(stderr, "keel: out of memory: %zu bytes more were wanted while a configuration was built\n",
            wanted);
    exit(1); // NOLINT(concurrency-mt-unsafe): the reader, or the control thread: nobody else exits
}
