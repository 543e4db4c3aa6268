/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Active checks: a thread with a loop of its own that looks at every server
 * whose file asks for it, and tells state/ what it saw. Start, publish, stop
 * are the control thread's; results are made in the checks' own thread.
 */
#pragma once

#include <stdint.h>

#include "model/pool.h"
#include "state/bulletin.h"

struct checks;
struct tls_context;

/* An agent's answer began to hold words that no agent says; <word> is the first, as it came. In the checks'
 * thread. */
typedef void (*checks_strange_fn)(void *to, const struct server *server, struct span word);

/* A check of a pool that tells them had another result than the one before. In the checks' thread, before
 * <on_news>. */
typedef void (*checks_result_fn)(void *to, const struct server *server, const struct server_state *state);

/* A program that looks at a server (CHECK_EXTERNAL); somebody else has to start it. */
struct checks_program {
    uint64_t generation; /* as published */
    uint32_t ticket;     /* to tell by how it ended: checks_ran */
    uint32_t number;     /* of the program: behind vrrp's, if there are any, as the manifest counts */
    const struct server *server;
    struct address address; /* of the server, now */
    uint32_t active;
};
/* In the checks' thread; what is not started is told by checks_ran too. */
typedef void (*checks_run_fn)(void *to, const struct checks_program *p);
/* Nobody waits for it any more: it takes too long. */
typedef void (*checks_kill_fn)(void *to, uint32_t ticket);

struct checks_options {
    bulletin_fn on_news; /* what is to be told of servers; in the checks' thread */
    checks_result_fn on_result;
    checks_strange_fn on_strange;
    void *to; /* of the three */
    checks_run_fn run;
    checks_kill_fn kill;
    void *runner; /* of these two */
};
/* NULL: errno. */
struct checks *checks_start(const struct checks_options *o);
/* From now on the servers of <s> are looked at; one reference is taken over. What is under way is dropped.
 * <tls>: by tls_client of its config; counted here. */
void checks_publish(struct checks *c, struct snapshot *s, struct tls_context *const *tls,
                    uint64_t generation);
/* How a program ended; any thread. One whose ticket nobody knows is forgotten. */
enum checks_end { CHECKS_EXITED, CHECKS_KILLED, CHECKS_NOT_STARTED };
void checks_ran(struct checks *c, uint32_t ticket, enum checks_end end, int status);
/* Ends the thread, gives the snapshot back. NULL-safe, empties the pointer. */
void checks_stop(struct checks **c);
