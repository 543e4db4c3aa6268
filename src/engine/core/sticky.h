/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that stay with their server as nginx's `sticky` has it (struct
 * sticky): which server a request belongs to, and what an answer must say or
 * what is to be remembered of it. One thread; sessions are state/stick.h's.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

struct facts;
struct pool;
struct rules;
struct server;

/* The server of <pool>, which has `sticky`, that the request belongs to; NULL: to none. */
const struct server *sticky_wanted(struct facts *f, const struct pool *pool);
/* <server> has answered a request that belonged to <wanted> (NULL: to none). False: no room for the cookie.
 */
MUST_USE bool sticky_answer(struct rules *r, const struct server *server, const struct server *wanted);
