/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys that signatures are checked by: read once, with the configuration, and released with it. */
#pragma once

#include "base/span.h"

struct arena;
struct evp_pkey_st;

struct public_key {
    struct evp_pkey_st *key;
};

/* <pem> holds a public key or a certificate. NULL: neither. */
struct public_key *public_key_read(struct arena *a, struct span pem);
void public_key_release(struct public_key *k);
