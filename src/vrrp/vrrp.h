/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that holds the addresses: everything of it but its main loop, its
 * pipe to the parent and its privileges, which are the daemon's. One thread.
 *
 * Plugging it in: vrrp_open; watch vrrp_fd for reading; call vrrp_turn when it is
 * readable and when vrrp_next has come; hand over what the parent says
 * (vrrp_on_script, vrrp_reload); in the end vrrp_stop, then vrrp_close. It needs
 * CAP_NET_RAW and CAP_NET_ADMIN, and no others; it is best given scheduling
 * priority before it drops the rest (vrrp_prioritise).
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"
#include "model/vrrp.h"
#include "state/vrrp_health.h"
#include "vrrp/say.h"
#include "vrrp/track.h"

struct vrrp;

struct vrrp_options {
    struct vrrp_host host;
    /* What an earlier life left; and where this one leaves it. NULL: nothing. */
    struct vrrp_memory *memory;
    struct vrrp_health_shared *health; /* NULL: no balancer in this program */
    bool keep_addresses;               /* keepalived -V: they stay when we end */
};

/*
 * Opens sockets and looks at interfaces, addresses and what an earlier life left;
 * nothing on the network or of the machine's addresses changes before the first
 * vrrp_turn. NULL: <why> holds a sentence. <c> must live until vrrp_reload or
 * vrrp_close. Writing names into <health> happens here.
 */
MUST_USE struct vrrp *vrrp_open(const struct vrrp_config *c, const struct vrrp_options *o, struct buf *why);
/* Without a word to the network: vrrp_stop comes first. NULL-safe; empties the owner's pointer. */
void vrrp_close(struct vrrp **at);

/* Readable when vrrp_turn has something to do. */
int vrrp_fd(const struct vrrp *v);
/* When it wants to be called at the latest; UINT64_MAX: no matter when. */
instant vrrp_next(const struct vrrp *v);
/* Everything that is due. First what came in, then timers: a process that slept does not mistake its own
 * sleep for silence of the others. */
void vrrp_turn(struct vrrp *v, instant now);

/* Goes on with another configuration. What is in both keeps its state, its addresses, its rhythm. */
void vrrp_reload(struct vrrp *v, const struct vrrp_config *fresh, instant now);
/* Goodbye adverts, addresses off, STOP told to scripts. Everything is done when it returns. */
void vrrp_stop(struct vrrp *v, instant now);

/* How a script that host.run was asked for has ended. */
void vrrp_on_script(struct vrrp *v, uint32_t ticket, enum track_end end, int status, instant now);
/* Another balancer's memory, or none. */
void vrrp_set_health(struct vrrp *v, struct vrrp_health_shared *health);
/* The operator gives the addresses of <name> away, or (<give> false) ends that. False: no such instance. */
bool vrrp_give_away(struct vrrp *v, struct span name, bool give, instant now);

/* State, peers, transitions, timers and counters of everything, as one JSON object. */
void vrrp_status(const struct vrrp *v, struct buf *out, instant now);
/* A line for each instance, for a table: name, state, since (us since 1970), priority, interface, addresses,
 * who was heard last, what is wrong; tabs between them. */
void vrrp_put_rows(const struct vrrp *v, struct buf *out, instant now);
/* The same for readers of keepalived's /tmp/keepalived.data and keepalived.stats. */
void vrrp_put_data(const struct vrrp *v, struct buf *out, instant now);
void vrrp_put_stats(struct vrrp *v, struct buf *out, bool clear);

/* Nice value, real-time priority, CPUs and locked memory as configured; or a raised priority where nothing is
 * said. Before privileges are dropped. What cannot be had is no failure. */
void vrrp_prioritise(const struct vrrp_config *c);
/* The same for the process that hands an operator's TERM on, and starts this one anew: its children are not
 * raised. Nothing happens where a priority was chosen for it. */
void vrrp_prioritise_parent(void);
/* A kind's sentence with its arguments: in English, Chinese ("zh") or, where it has one, keepalived's own
 * words
 * ("keepalived"). */
void vrrp_sentence(struct buf *out, const struct diag_kind *kind, const struct span *args,
                   const char *language);
