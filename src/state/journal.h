/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was changed at run time and is too long for the mirror: records in shared
 * memory that outlives the process, in the order in which they were written. A
 * new process reads them again. Two halves: when one is full, who knows the whole
 * truth writes it into the other (journal_begin, records, journal_end), so that a
 * writer that is killed in between leaves the first. Not a file: it ends with
 * the program.
 *
 * One lock, the caller's. The memory may hold anything: reading checks lengths.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct journal;
/* What a record is about, and what to do. */
struct journal_record {
    uint64_t about;   /* fingerprint of the object and what its file says */
    uint32_t what;    /* the object's own word */
    struct span a, b; /* its arguments; they lie in the memory */
};

/* <memory> is borrowed. NULL: too small. Dies on out of memory. */
struct journal *journal_open(struct span memory);
/* NULL-safe. */
void journal_close(struct journal **j);
/* False: there is no room; nothing was written. A NULL journal keeps nothing and says true. */
MUST_USE bool journal_add(struct journal *j, const struct journal_record *r);
/* The <at>-th byte's record; false at the end. Begin with 0. */
bool journal_next(const struct journal *j, uint32_t *at, struct journal_record *r);
/* From here on records go to the other half; journal_end makes it the one that counts. */
void journal_begin(struct journal *j);
void journal_end(struct journal *j);
/* It pays to write the whole truth anew. */
bool journal_is_crowded(const struct journal *j);
