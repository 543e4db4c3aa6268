/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of one server now: how busy it is, whether it answers, what the
 * operator said. It belongs to an identity (language, pool, server), not to a
 * configuration: functions that need the file's limits take the model's server
 * of the caller's snapshot.
 *
 * Who may call: any thread, unless a line says otherwise. What decides about
 * use is atomic; passive failures are under the pool's lock.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "model/pool.h"
#include "state/counts.h"
#include "state/state.h"

struct mirror_record;
struct pool_state;

/* What the checks say. */
enum health {
    HEALTH_UNCHECKED, /* nobody looks: it counts as up */
    HEALTH_STARTING,  /* no result yet: up or down as the file's init-state says */
    HEALTH_UP,
    HEALTH_GOING_DOWN, /* up, the last checks failed */
    HEALTH_DOWN,
    HEALTH_GOING_UP, /* down, the last checks passed */
};
const char *health_name(enum health h); /* "going down" */

/* What a check, or traffic in its place, saw. X(NAME, HAProxy's code). */
#define CHECK_RESULT_LIST(X)                                                                                 \
    X(NONE, "")                                                                                              \
    X(SOCKET_ERROR, "SOCKERR") /* our own: no descriptor, no address */                                      \
    X(L4_OK, "L4OK")                                                                                         \
    X(L4_TIMEOUT, "L4TOUT")                                                                                  \
    X(L4_REFUSED, "L4CON") /* refused, unreachable: <detail> is the errno */                                 \
    X(L6_OK, "L6OK")                                                                                         \
    X(L6_TIMEOUT, "L6TOUT")                                                                                  \
    X(L6_INVALID, "L6RSP") /* the TLS handshake failed */                                                    \
    X(L7_OK, "L7OK")                                                                                         \
    X(L7_CONDITIONAL, "L7OKC") /* 404 with disable-on-404 */                                                 \
    X(L7_TIMEOUT, "L7TOUT")                                                                                  \
    X(L7_INVALID, "L7RSP")                                                                                   \
    X(L7_STATUS, "L7STS") /* <detail> is the status that came */                                             \
    X(PROCESS_OK, "PROCOK")                                                                                  \
    X(PROCESS_ERROR, "PROCERR")                                                                              \
    X(PROCESS_TIMEOUT, "PROCTOUT")                                                                           \
    X(TRAFFIC, "HANA") /* too many errors in traffic */                                                      \
    X(AGENT, "AGENT")
enum check_result {
#define X(name, code) CHECKED_##name,
    CHECK_RESULT_LIST(X)
#undef X
        CHECKED_COUNT
};
const char *check_result_code(enum check_result r);
bool check_result_is_good(enum check_result r);

/* The last result, for views and logs. */
struct health_report {
    enum health health;
    enum check_result result;
    int32_t detail;              /* errno, or the answer's status */
    uint32_t duration_ms;        /* of that check */
    bool stops;                  /* it gets only requests that belong to it */
    uint16_t points, rise, fall; /* from 0 to rise + fall - 1; at least <rise>: up */
    instant at;                  /* of the last result */
    instant since;               /* of the last change between up and down */
    uint64_t downs, down_ms;     /* how often it went down; how long it was, without now */
    uint64_t checks_failed;      /* while it was up */
};

/* What its agent answered last. */
struct agent_report {
    enum agent_said {
        SAID_NOTHING_YET,
        SAID_UP,
        SAID_DOWN,
        SAID_OTHER, /* of weights, limits, maintenance; or nonsense */
        SAID_NO_CONNECTION,
        SAID_TOO_LATE,
    } said;
    uint32_t duration_ms;
    char text[96]; /* for operators: "via agent : down (disk is full)"; may be empty */
};

/* What the file wants done when it goes down or up; of <on_change>. */
enum file_wish {
    WISH_KILL = 1 << 0,         /* down: its sessions are ended */
    WISH_KILL_BACKUPS = 1 << 1, /* up: those of the pool's backups are */
    WISH_IS_BACKUP = 1 << 2,
};

/* What the operator and the file say: a word of bits. */
enum admin {
    ADMIN_MAINT = 1 << 0,         /* run time: no request at all */
    ADMIN_DRAIN = 1 << 1,         /* run time: only those that stick to it */
    ADMIN_FILE_DOWN = 1 << 2,     /* `down`, `disabled` in the file */
    ADMIN_FILE_DRAIN = 1 << 3,    /* `drain` in the file */
    ADMIN_NO_CHECK = 1 << 4,      /* run time: it is not checked, and counts as up */
    ADMIN_TRACKED_MAINT = 1 << 5, /* the server that it tracks is in maintenance, or draining */
    ADMIN_TRACKED_DRAIN = 1 << 6,
    ADMIN_NO_AGENT = 1 << 7, /* run time: its agent is not asked; what it said last stays */
    ADMIN_RUNTIME = ADMIN_MAINT | ADMIN_DRAIN | ADMIN_NO_CHECK | ADMIN_NO_AGENT,
    ADMIN_FILE = ADMIN_FILE_DOWN | ADMIN_FILE_DRAIN,
};

/* May it get a request, and if not, why. */
enum server_use {
    USE_FULL,     /* yes */
    USE_STICKY,   /* only requests that belong to it: drain, or weight 0 */
    USE_FAILED,   /* passive failures took it out */
    USE_DOWN,     /* checks, or the operator in their place, say down */
    USE_STARTING, /* no check has passed yet, and the file asks for one */
    USE_MAINT,
};
const char *server_use_name(enum server_use u); /* "drained" */

struct server_state {
    struct named named; /* "haproxy:web/s1" */
    /* set when made, or under the world's mutex while a snapshot is bound */
    struct pool_state *pool;              /* counted */
    struct link in_pool;                  /* of pool->servers; changed under the pool's lock */
    struct mirror_record *_Atomic mirror; /* NULL: none */
    bool bound;                           /* a file was seen */
    bool checked;                         /* by the file */
    uint32_t file_weight, file_connections_max;
    uint8_t file_admin;
    uint64_t host_print;
    uint64_t check_print;        /* fingerprint of address and check: as long as it stays, health does */
    struct server_state *tracks; /* whose health it takes; uncounted: both ends undo it */
    struct link in_trackers;     /* of tracks->trackers */
    struct list trackers;
    struct server_state *next_work; /* of whoever walks along the trackers */

    /* what decides about use */
    _Atomic uint32_t weight;          /* the file's, or the operator's */
    _Atomic uint32_t connections_max; /* the same; 0 = no limit */
    _Atomic uint8_t admin;            /* enum admin */
    _Atomic uint8_t health;           /* enum health */
    _Atomic uint16_t points;
    _Atomic uint16_t rise, fall;
    _Atomic uint8_t result; /* enum check_result */
    _Atomic bool stops;     /* up, but for requests that belong to it alone: 404 of a check, or an operator */
    _Atomic uint8_t told;   /* enum bulletin_bit: what operators know; written under the pool's lock */
    _Atomic int32_t detail;
    _Atomic uint32_t check_ms;
    _Atomic uint64_t result_us, since_us; /* instants; 0 = never */
    _Atomic uint64_t usable_since_us;     /* slow start counts from here; 0 = has always been */
    _Atomic uint64_t downs, down_ms, checks_failed;
    _Atomic uint32_t errors_in_a_row; /* of traffic, for observe */
    struct address address;           /* of a name; under the pool's lock */
    _Atomic bool no_address;          /* its name has none for it now: it counts as in maintenance */
    _Atomic uint32_t address_version; /* 0: the file's counts */
    _Atomic bool hurry;               /* too many of them: the checks look sooner (server_hurry) */
    struct agent_report agent;        /* under the pool's lock */
    _Atomic bool agent_down;          /* its agent says that it is not to be used */
    _Atomic uint8_t on_change;        /* enum file_wish */
    _Atomic uint32_t kills;           /* how often all of its sessions were to be ended (server_kill) */
    _Atomic bool killed_for_others;   /* the last time because servers came back that it stood in for */

    /* passive failures: written under the pool's lock */
    _Atomic uint32_t fails;
    _Atomic uint64_t failed_us;   /* the last failure */
    _Atomic uint64_t tried_us;    /* the last failure, or the try that was let through after the window */
    _Atomic uint32_t lost_weight; /* taken away by failures, given back pick by pick */

    /* the busiest part, on its own line */
    _Atomic uint32_t active __attribute__((aligned(64))); /* requests or sessions that it has now */
    _Atomic uint32_t active_most;
    _Atomic uint32_t waiting; /* in its own queue */
    _Atomic uint32_t waiting_most;
    _Atomic uint64_t moved;            /* of pool->moves: when <active> changed last */
    _Atomic uint64_t last_us;          /* instant of the last request given to it */
    struct list queue;                 /* struct waiter; under the pool's lock */
    _Atomic uint32_t average_us;       /* of the first byte, moving */
    _Atomic uint32_t average_total_us; /* of the whole answer */
    _Atomic uint32_t flights;          /* what was asked and is not answered; for pools that count it */
    _Atomic uint64_t flights_began_us; /* the sum of when they began */
    struct counts counts;
};

struct server_state *server_state_get(struct server_state *s);
/* NULL-safe. The last one takes the world's mutex. */
void server_state_put(struct server_state *s);

/* ---- use --------------------------------------------------------------------------------------------- */
enum server_use server_use(const struct server_state *s, const struct server *model, instant now);
/*
 * When what server_use or server_weight says may change by itself (a failed
 * server's window ends, slow start goes on); UINT64_MAX: not before somebody
 * changes it.
 */
instant server_next_change(const struct server_state *s, const struct server *model, instant now);
/* The weight in 16ths, after slow start; 0: only sticky requests. What failures took is not subtracted. */
#define WEIGHT_SCALE 16u
uint32_t server_weight(const struct server_state *s, const struct server *model, instant now);
/* Requests at once: maxconn, moved between minconn and maxconn by the pool's load, less during slow start;
 * 0 = no limit. */
uint32_t server_limit(const struct server_state *s, const struct server *model, instant now);

/*
 * The address of a server whose name is asked for while running: the last one
 * that was set, else the file's. Len 0: it has none, and is not used.
 */
void server_address(struct server_state *s, const struct server *model, struct address *out);
void server_set_address(struct server_state *s, const struct address *a, instant now);

/* ---- traffic ----------------------------------------------------------------------------------------- */
/*
 * The request that balance_pick gave to <s> is over: gives its place to who
 * waits. Once for each pick.
 */
void server_done(struct server_state *s, instant now);

/*
 * nginx's max_fails: <fails_max> failures within <fail_window> take it out for
 * <fail_window>, then one request tries it. A pool with single_never_fails and
 * one server counts nothing.
 */
enum server_failed {
    FAILED_COUNTED,
    FAILED_TAKEN_OUT,   /* just now: worth a line */
    FAILED_ERROR_LIMIT, /* <error_limit> errors in a row: the model's on_error is due */
};
/* <layer>: 4 for connecting, 7 for the answer; observe of another layer does not count it. */
enum server_failed server_failed(struct server_state *s, const struct server *model, unsigned layer,
                                 instant now);
/* It answered well: ends a run of failures. <first_byte_us>: how long it took; UINT64_MAX: not known. */
void server_answered(struct server_state *s, uint64_t first_byte_us, instant now);

/* The whole answer took so long; for pools that ask. */
void server_finished(struct server_state *s, uint64_t total_us);
/* Of pools with <inflight>: it was asked at <began>, and the answer, or the end without one, came. */
void server_flight_begins(struct server_state *s, instant began);
void server_flight_ends(struct server_state *s, instant began);
/* How long those have waited that have no answer yet, on average; 0: there are none. */
uint64_t server_flights_us(const struct server_state *s, instant now);

/*
 * For balance_pick, with the pool's lock held: <s> gets a request; and a server
 * whose window is over is tried, so that others do not try it at the same time.
 */
void server_take(struct server_state *s, instant now);
bool server_try_begins(struct server_state *s, const struct server *model, instant now);

/* ---- checks: one thread a server ----------------------------------------------------------------------- */
enum health_change { HEALTH_SAME, HEALTH_WENT_UP, HEALTH_WENT_DOWN };
/*
 * A check's result. rise and fall count as HAProxy counts: <fall> bad ones in a
 * row take it down, <rise> good ones bring it back.
 */
enum health_change server_checked(struct server_state *s, const struct check *c, enum check_result result,
                                  int32_t detail, uint32_t duration_ms, instant now);
/* on_error mark-down, and sudden-death (one bad check from it), after too many errors of traffic. */
enum health_change server_mark_down(struct server_state *s, instant now);
void server_sudden_death(struct server_state *s, instant now);
void server_health(const struct server_state *s, struct health_report *out);
/* What its agent says, beside checks: up only when both do. */
enum health_change server_agent_health(struct server_state *s, bool up, instant now);
/* For views. */
void server_agent_said(struct server_state *s, const struct agent_report *r);
void server_agent_report(struct server_state *s, struct agent_report *out);
/* The checks look at it as soon as between up and down (on-error). */
void server_hurry(struct server_state *s);
/* Were they to? Once. */
bool server_take_hurry(struct server_state *s);
/* Every thread ends the sessions that it has with <s>, soon. */
void server_kill(struct server_state *s, bool for_others);

/* ---- the operator -------------------------------------------------------------------------------------- */
/* Sets, then clears bits of ADMIN_RUNTIME and ADMIN_FILE; what tracks <s> follows. */
void server_set_admin(struct server_state *s, unsigned set, unsigned clear, instant now);
/* As if checks had said so, until one does; for a server that is not checked for good. HEALTH_UP,
 * HEALTH_GOING_DOWN (one from down), HEALTH_DOWN. */
void server_set_health(struct server_state *s, enum health h, instant now);
/* As if a check had said so: only requests that belong to it. */
void server_set_stopping(struct server_state *s, instant now);
/* Until the file's own weight changes. */
void server_set_weight(struct server_state *s, uint32_t weight, instant now);
/* Until the file's own maxconn changes; 0 = no limit. Who waits may go on. */
void server_set_connections_max(struct server_state *s, uint32_t most, instant now);

static inline struct counts_block *server_counts(struct server_state *s, unsigned thread)
{
    return counts_of(&s->counts, thread);
}
