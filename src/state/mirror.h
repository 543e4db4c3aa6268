/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small copy of what must survive the process: maintenance, drain, run-time
 * weight and limit, last health. It lies in shared memory that somebody else holds;
 * each record is three words that are written whole, so that a killed writer leaves no
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
    _Atomic uint64_t limit; /* packed; 0 = the file's counts */
};

/* How many at once, as it was set at run time; of servers, frontends, the process. */
struct mirror_limit {
    bool set;
    bool off;      /* of a frontend: it does not accept */
    uint32_t most; /* when <set> */
    uint16_t file; /* fingerprint of the file's own: else <most> is void */
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
void mirror_write_limit(struct mirror_record *r, const struct mirror_limit *l);
struct mirror_limit mirror_read_limit(const struct mirror_record *r);
uint16_t mirror_print(uint32_t n); /* a fingerprint of a number */
