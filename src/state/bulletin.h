/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators are told of servers. Whoever changed one (a check, an agent,
 * traffic, an operator) issues a bulletin: what it is now is compared with what
 * was told last, and a difference is told once, with who tracks the server behind
 * it. So no change is told twice, and each line counts the servers that the lines
 * before it left. Words are not made here.
 */
#pragma once

#include <stdbool.h>

#include "state/snapshot.h"

/* Who changed it: a part of the sentence. */
enum bulletin_cause {
    BULLETIN_CHECK,
    BULLETIN_AGENT,
    BULLETIN_TRAFFIC, /* on-error */
    BULLETIN_SOCKET,  /* an operator, by a command */
    BULLETIN_PAGE,    /* by the page of statistics; */
    BULLETIN_PAGE_STOP,
    BULLETIN_PAGE_DISABLE, /* these two in the words of old pages */
    BULLETIN_NAME_GONE,    /* nameservers: its name has no address, */
    BULLETIN_NAME_SHORT,   /* or not so many */
};

/* What a server is; 0: it takes requests. */
enum bulletin_bit {
    BULLETIN_DOWN = 1 << 0,
    BULLETIN_STOPPING = 1 << 1, /* 404 of a check, or an operator in its place */
    BULLETIN_MAINT = 1 << 2,
    BULLETIN_MAINT_VIA = 1 << 3, /* that of the server which it tracks */
    BULLETIN_DRAIN = 1 << 4,
    BULLETIN_DRAIN_VIA = 1 << 5,
    BULLETIN_IDLE = 1 << 6,       /* weight 0: nobody is told, but it is not counted */
    BULLETIN_NO_ADDRESS = 1 << 7, /* as in maintenance */
};
#define BULLETIN_MAINTAINED (BULLETIN_MAINT | BULLETIN_MAINT_VIA)
#define BULLETIN_DRAINED    (BULLETIN_DRAIN | BULLETIN_DRAIN_VIA)

struct bulletin {
    const struct snapshot *snapshot;
    const struct server *server;
    enum bulletin_cause cause;
    unsigned before, after;  /* enum bulletin_bit */
    unsigned active, backup; /* servers of its pool that take requests, as told so far */
    bool none_left;          /* it was the last */
};

typedef void (*bulletin_fn)(void *to, const struct bulletin *b);

/* Any thread. <tell> NULL: nobody wants to know; it counts as told. */
void bulletin_issue(const struct snapshot *s, const struct server *server, enum bulletin_cause cause,
                    bulletin_fn tell, void *to);
/* What the servers of <s> are now is known already: it is what the files say. */
void bulletin_begin(const struct snapshot *s);
