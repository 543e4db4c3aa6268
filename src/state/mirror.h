/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small copy of what must survive the process: maintenance, drain, run-time
 * weight, last health. It lies in shared memory that somebody else holds; each
 * record is two words that are written whole, so that a killed writer leaves no
 * half of one. A new process finds its servers in it by identity.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct mirror; /* a view of the memory */
struct mirror_record {
    _Atomic uint64_t key;   /* of the identity; 0 = free */
    _Atomic uint64_t value; /* packed; 0 = nothing known */
};

/* What a record says. */
struct mirror_entry {
    bool has_file_admin; /* the file's bits in <admin> were changed at run time */
    uint8_t admin;       /* run-time and file bits of enum admin */
    uint8_t health;      /* enum health */
    bool has_weight;     /* <weight> was set at run time */
    uint16_t weight;     /* at most 65535 */
    uint16_t file;       /* fingerprint of the file's own weight and admin bits: else the above is void */
    uint16_t check;      /* fingerprint of address and check: else <health> is void */
};

/* <memory> is borrowed: a zeroed or used one. NULL: too small. Dies on out of memory. */
struct mirror *mirror_open(struct span memory);
void mirror_close(struct mirror **m);
/* The identity's record, made when it is new. NULL: full. One thread at a time. */
struct mirror_record *mirror_find(struct mirror *m, struct span identity);
/* Forgets everything: the owner writes what it still has. */
void mirror_clear(struct mirror *m);
bool mirror_is_crowded(const struct mirror *m);
/* Any thread. */
void mirror_write(struct mirror_record *r, const struct mirror_entry *e);
/* False: nothing was written there. */
bool mirror_read(const struct mirror_record *r, struct mirror_entry *e);
