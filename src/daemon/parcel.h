/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parent hands a worker for one generation: sockets, log files, the
 * bundle, shared memory. The descriptors are the worker's own copies. A socket
 * that it has already, under another number, keeps the number it has, so that
 * the engine sees that nothing changed.
 */
#pragma once

#include <stdatomic.h>

#include "daemon/channel.h"
#include "engine/core/generation.h"
#include "os/memfd.h"

struct parcel {
    uint64_t generation;
    int bundle; /* -1 = none */
    struct engine_socket *sockets;
    uint32_t socket_count, socket_room;
    int *logs; /* by log target; -1 = none */
    uint32_t log_room;
    int *controls;
    uint32_t control_room;
    struct memfd_map mirror, health;
};

void parcel_init(struct parcel *p);
/* Closes what is left in it. */
void parcel_fini(struct parcel *p);
/* Takes the fds of a BUNDLE, LISTENER, LOG, CONTROL or MEMORY message. */
void parcel_take(struct parcel *p, const struct message *m);
/* Sockets of <fresh> that <held> has too take the number that <held> knows them by; the copies are closed. */
void parcel_keep_same(struct parcel *fresh, struct parcel *held);
/* <held> becomes <fresh>, which is empty afterwards; what only <held> had is closed. */
void parcel_replace(struct parcel *held, struct parcel *fresh);
/* The same for log files alone (reopen). */
void parcel_replace_logs(struct parcel *held, struct parcel *fresh);
/* Nobody accepts on them any more. */
void parcel_close_sockets(struct parcel *p);
void parcel_close_controls(struct parcel *p);
/* There are at least <count> places for logs. */
void parcel_log_room(struct parcel *p, uint32_t count);
/* A turn counter for each of <threads>, in the health memory (state/vrrp_health.h); NULL without that. */
_Atomic uint64_t *parcel_turns(const struct parcel *p, uint32_t threads);
/* Memory that outlives this worker; empty without. */
struct span parcel_mirror(const struct parcel *p);
