/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every door of this room (page, control socket) is given: the process's
 * own facts, and the moment that is looked at. Data in, bytes out: nothing here
 * has a socket, a file or a clock. docs/design/admin.md says what is shown.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

struct buf;
struct bulletin;
struct server_state;
struct service;
struct snapshot;
struct window;
struct vrrp_health_shared;

/* What can be asked of running sessions; the engine does it, in its threads. */
enum admin_ended { ADMIN_ENDED, ADMIN_NO_SESSION, ADMIN_LATE };
struct admin_sessions {
    void *self;
    /* Ends those at <server>, soon. Any thread; false: no memory. */
    bool (*end_of)(void *self, struct server_state *server);
    /* These two wait for the threads, so only the control sockets' thread asks. */
    enum admin_ended (*end_one)(void *self, uint64_t number);
    /* A line each; <number> 0 = all. false: the threads did not answer in time. */
    bool (*list)(void *self, uint64_t number, duration older_than, bool detailed, struct buf *out);
};

/* One traffic thread, since its start; <streams> and <relays> run now. */
struct admin_thread {
    uint64_t turns, requests, streams, relays;
};

/* Of the process: set before the first door opens, but where it says so; read by any thread. */
struct admin_process {
    struct span version; /* "3.3.0-evenkeel-0.1.0": begins with the HAProxy version whose language we speak */
    struct span hostname; /* of the machine */
    uint32_t pid, parent_pid;
    uint32_t threads;
    uint64_t files_max; /* RLIMIT_NOFILE */
    instant started, parent_started;
    uint64_t started_wall_us;
    char *const *environment;              /* "NAME=value" ..., NULL; NULL: not shown */
    _Atomic uint64_t generation;           /* of the files that are served; any time */
    _Atomic uint32_t connections_max;      /* set at run time; 0 = as the files say */
    const struct admin_sessions *sessions; /* NULL: they cannot be asked for */
    struct window *window;                 /* NULL: shares and percentiles are of all time */
    struct vrrp_health_shared *health;     /* turn counters, and what vrrp says; NULL: nobody looks */

    /* One JSON line about an action or a refusal, without its newline. Any thread. NULL: nobody keeps them.
     */
    void (*audit)(void *self, struct span line);
    void *self;
    /* What operators are told: a server is another one than it was; a frontend was paused, or goes on. Any
     * thread. NULL: nobody is told. */
    void (*tell)(void *teller, const struct bulletin *b);
    void (*tell_frontend)(void *teller, const struct snapshot *s, const struct service *service, bool paused);
    void *teller;
    /* Any thread. NULL: nobody knows. Fills in at most <most> and says how many there are. */
    uint32_t (*read_threads)(void *self, struct admin_thread *out, uint32_t most);
    /* What a certificate says, a line each; false: there is none in <pem>. Any thread. NULL: nobody can read
     * them. */
    bool (*describe)(struct span pem, struct buf *out);
};

/* The engine's own numbers. */
struct admin_totals {
    uint64_t accepted, handled, requests; /* connections, of these served, and requests on them */
    uint32_t connections, reading, writing, waiting;
    uint64_t logs_dropped; /* lines of the log */
};

/* One look. Everything is borrowed during the call that gets it. */
struct admin_now {
    struct admin_process *process;
    const struct snapshot *snapshot;
    instant now;
    uint64_t wall_us;
    struct admin_totals totals;
};
