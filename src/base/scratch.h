/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one request: small pieces, given back all at once. In service
 * memory may be short, so every call can fail (NULL) and the caller refuses
 * that one request; arena is for configurations. One thread.
 *
 * Chunks come from a slab that the thread's requests share, so a piece costs no
 * malloc; a piece that no chunk can hold is one malloc, counted against the same
 * ceiling. In sanitizer builds what is not handed out is poisoned.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slab.h"
#include "base/span.h"

struct scratch_chunk;
struct scratch {
    char *at, *end; /* what is free in the newest chunk */
    struct scratch_chunk *chunks;
    struct slab *slab;
    uint32_t taken, ceiling; /* bytes */
};

/*
 * Takes nothing yet. <slab> has objects of some hundred bytes at least (4 KiB is
 * good); <ceiling> is what one request may take in all.
 */
void scratch_init(struct scratch *s, struct slab *slab, uint32_t ceiling);
/* Gives everything back; may be used again. Harmless on a zeroed one. */
void scratch_reset(struct scratch *s);

/* Not zeroed, aligned for any type. NULL: the ceiling or the system's memory is reached. */
MUST_USE void *scratch_alloc(struct scratch *s, size_t size);
MUST_USE void *scratch_zalloc(struct scratch *s, size_t size);
#define SCRATCH_NEW(s, type) ((type *)scratch_zalloc((s), sizeof(type)))
/* Bytes without alignment. */
MUST_USE char *scratch_bytes(struct scratch *s, size_t size);
/* Of the piece that was taken last, only the first <keep> bytes stay; for text of a length not known before.
 */
void scratch_shrink(struct scratch *s, char *last, size_t taken, size_t keep);
/* A copy; its ptr is NULL when there was no room (then and only then). */
struct span scratch_span(struct scratch *s, struct span text);
/* <a> and <b> joined; as above. */
struct span scratch_join(struct scratch *s, struct span a, struct span b);
