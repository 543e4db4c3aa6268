/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: traffic threads that serve a published generation. Start, publish,
 * drain, stop. What is served (snapshot, sockets, log targets) comes from
 * daemon/; who calls is one control thread, never a traffic thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/macros.h"
#include "engine/core/access_log.h"
#include "engine/core/generation.h"
#include "engine/core/sessions.h"
#include "engine/core/stats.h"

struct engine;

struct engine_options {
    uint32_t threads;          /* at least 1; they never change */
    bool pin;                  /* one CPU each, of those that affinity allows */
    uint32_t spin_us;          /* 0 = never */
    duration heartbeat;        /* a turn at least that often */
    _Atomic uint64_t *turns;   /* <threads> counters in memory that vrrp may read; NULL = none */
    size_t chunk_size;         /* tune.bufsize; 0 = 16 KiB */
    size_t memory_per_thread;  /* ceiling of bytes in flight; 0 = none */
    uint32_t connections_room; /* of clients, as descriptors allow; 0 = no limit */
    int temp_dir;              /* an open folder for temporary files, -1 = memory files. Stays the caller's */
    struct access_log_options log;
    struct state_world *world;   /* what outlives a config */
    struct admin_process *admin; /* for views of our own numbers; NULL: there are none */
};

/* Starts the threads; they serve nothing yet. NULL: errno. */
struct engine *engine_start(const struct engine_options *o);
/*
 * Everything in <parts> takes effect as one: each thread adopts it between two
 * events. Sessions finish on what they began with. Sockets that are not in it are
 * accepted from no more once every thread has adopted it: engine_adopted.
 */
void engine_publish(struct engine *e, const struct generation_parts *parts);
/* Every thread serves the last published generation: what was only in older ones may be closed. */
bool engine_adopted(const struct engine *e);
/* The log files were moved: from now on lines go to these. By log target of the published generation. */
void engine_reopen_logs(struct engine *e, const int *fds);

/*
 * A line of the process's own to those of <targets> that take <level> and lines
 * of this shape: <bare> as in the model. Any thread but traffic's; targets of an
 * older config go where the published one has the same.
 */
void engine_say(struct engine *e, const struct log_target_list *targets, bool bare, uint8_t level,
                struct span line);

/* Accepts no more, closes idle connections, lets the others finish. */
void engine_drain(struct engine *e);
/* After engine_drain: no thread accepts any more, so the sockets may be closed. */
bool engine_is_deaf(const struct engine *e);
/* Sessions that are left; 0 = drained. */
uint32_t engine_sessions(const struct engine *e);
/* Ends all sessions now, ends the threads, writes the logs (at most <logs>), frees. Empties <e>. */
void engine_stop(struct engine **e, duration logs);

/* What an operator asks of sessions. */
/* engine/core/sessions.h, on this engine's threads. */
bool engine_sessions_end_of(struct engine *e, struct server_state *server);
enum sessions_end engine_sessions_end_one(struct engine *e, uint64_t serial, duration most);
bool engine_sessions_list(struct engine *e, const struct sessions_filter *f, struct buf *out, duration most);

struct admin_thread;
/* Its traffic threads, at most <most> of them; any thread. */
uint32_t engine_threads(const struct engine *e, struct admin_thread *out, uint32_t most);
void engine_totals(const struct engine *e, struct stats_totals *out);
void engine_log_counts(const struct engine *e, struct log_counts *out);
