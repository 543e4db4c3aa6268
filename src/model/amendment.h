/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator changed at run time of what a file says: servers that were
 * added or taken away, words of a server's line. The files are built again with
 * them, as on a reload, so every word means what it means in a file. Lists are
 * not changed: a new one is made with one more.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"
#include "model/list_of.h"

struct amendments;

/* Between words: nothing that an operator can type. */
#define AMENDMENT_BLANK '\x1f'

struct amendment {
    enum amendment_kind { AMEND_ADD = 'A', AMEND_DELETE = 'D', AMEND_SET = 'S' } kind;
    struct span pool, server;
    struct span words;   /* ADD: the address and what follows; SET: words behind the line's own, but "address
                            X", and   "ssl-is ssl|no-ssl" */
    uint64_t line;       /* DELETE, SET: fingerprint of the line that it is about; else it is void */
    uint64_t generation; /* ADD, DELETE: of the files; else it is void */
    uint32_t id;         /* of the server; 0 = not known */
};

/* NULL: none. */
uint32_t amendments_count(const struct amendments *l);
const struct amendment *amendments_at(const struct amendments *l, uint32_t i);
/*
 * <l> and <a>, which takes the place of what it makes void. Texts are copied.
 * <l> may be NULL. Dies on out of memory.
 */
struct amendments *amendments_with(const struct amendments *l, const struct amendment *a);
/* Those that are good for that generation of the files. */
struct amendments *amendments_of_generation(const struct amendments *l, uint64_t generation);
/* The id of the server that the last ADD made. */
void amendments_set_id(struct amendments *l, uint32_t id);
/* NULL-safe. */
void amendments_free(struct amendments **l);
/* A fingerprint of a line's words, one by one. Begin with 0. */
uint64_t amendment_print(uint64_t before, struct span word);
