/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory files: bytes that one process leaves for another. Sealed ones cannot
 * change any more, so the reader of one may trust what it has checked; shared
 * ones are memory that both write (counters, health).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/span.h"

/* Empty, close-on-exec, sealable. -1: errno. */
MUST_USE int memfd_open(const char *name);
/* With <size> zero bytes that can neither grow nor shrink. */
MUST_USE int memfd_open_shared(const char *name, size_t size);
/* Appends all of <bytes>. */
MUST_USE bool memfd_append(int fd, struct span bytes);
/* Neither content nor size can change from now on, nor the seals. Fails with EBUSY while a writable map
 * exists. */
MUST_USE bool memfd_seal(int fd);
bool memfd_is_sealed(int fd);

struct memfd_map {
    void *base; /* NULL when empty */
    size_t size;
};
/* Reads only; the size is the file's, at most <limit> (EFBIG). */
MUST_USE bool memfd_map(int fd, size_t limit, struct memfd_map *out);
/* Reads and writes, shared; exactly <size>, which the file must have and be unable to lose (EINVAL). */
MUST_USE bool memfd_map_shared(int fd, size_t size, struct memfd_map *out);
/* Harmless when it is unmapped already. */
void memfd_unmap(struct memfd_map *m);
static inline struct span memfd_span(const struct memfd_map *m)
{
    return span_of(m->base, m->size);
}
