/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps a client with its server in nginx's language (sticky): a request
 * names a route, or a session that was learned from an answer. The server that
 * is named is had while it can be had; else the pool's algorithm chooses.
 */
#pragma once

#include "base/map.h"
#include "model/expr.h"
#include "model/list_of.h"

struct stick_table;

struct sticky_cookie {
    struct span name;
    bool expires; /* else it ends with the browser's session */
    bool never;   /* expires=max */
    uint32_t life_s;
    const struct expr *domain, *path, *samesite; /* NULL: not said */
    bool httponly, secure;
};

struct sticky {
    LIST_OF(const struct expr *) lookup; /* of the request: the first that is not empty */
    LIST_OF(const struct expr *) create; /* of the answer, likewise: a session of the server that gave it */
    const struct stick_table *sessions;  /* what <lookup> says is one of these; NULL: it is a route */
    const struct sticky_cookie *cookie;  /* that we set; NULL: none */
    struct map routes;                   /* route -> struct server, the first that has it */
    struct map marks;                    /* the same by struct server's <mark>, its eight bytes */
    bool moves; /* servers whose names are asked for while running have the routes of their addresses then */
};
