/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VRRP state machine (RFC 3768 6.4, RFC 9568 6.4) as a pure function of
 * state, event and time: it touches no socket, no clock and no address. What it
 * wants done comes back as a short list of actions, and the one time at which it
 * wants to be called again is fsm_next.
 *
 * Two states are ours. Who has lost its backends (or flaps) is *reluctant*: it
 * gives the address away although it could hold it. YIELDED is its BACKUP: it
 * takes the address back only when no master was heard for two master-down
 * intervals. HOLDING is its MASTER: it answers because nobody else does, says
 * priority 1, and every tenth time offers the address with priority 0, which a
 * healthy neighbour takes even under nopreempt. To scripts and peers they are
 * BACKUP and MASTER.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"

enum fsm_state { FSM_INIT, FSM_BACKUP, FSM_MASTER, FSM_FAULT, FSM_YIELDED, FSM_HOLDING, FSM_STATE_COUNT };

enum fsm_event_kind {
    FSM_START,        /* everything that is tracked has a first result */
    FSM_RESUME,       /* START of a process that was master a moment ago: no waiting */
    FSM_STOP,         /* the process ends, or this instance is no longer configured */
    FSM_TIME,         /* time has passed */
    FSM_ADVERT,       /* an advertisement was taken */
    FSM_PRIORITY,     /* the effective priority has changed */
    FSM_FAIL,         /* something that must work does not */
    FSM_RECOVER,      /* all of it works again */
    FSM_YIELD,        /* there is a reason to be reluctant */
    FSM_UNYIELD,      /* there is none any more */
    FSM_GROUP_MASTER, /* every member of the sync group is ready */
    FSM_GROUP_BACKUP, /* another member went to BACKUP */
    FSM_CONFIG,       /* the configuration was replaced (reload) */
    FSM_EVENT_COUNT
};
struct fsm_event {
    enum fsm_event_kind kind;
    uint8_t priority;     /* ADVERT: of the sender; PRIORITY: ours from now on */
    uint32_t interval_us; /* ADVERT: what the sender says its interval is */
    int source;           /* ADVERT: <0, 0, >0: the sender's address against ours */
};

/* What the operator wants of one instance. */
struct fsm_config {
    uint8_t version;
    uint8_t base_priority; /* 255: the owner of the addresses */
    uint8_t down_adverts;  /* adverts that may be missed; 3 in the RFCs */
    uint32_t interval_us;
    bool preempt;
    uint32_t preempt_delay_us;
    bool start_master;  /* an owner need not listen first */
    bool answer_lower;  /* as master: an advert of lower priority is answered at once (RFC 9568 6.4.3) */
    bool answer_higher; /* as master: one more advert before giving way */
    bool grouped;       /* in a sync group: asks before it becomes master */
};

#define FSM_NEVER ((instant){ UINT64_MAX })

struct fsm {
    enum fsm_state state;
    uint8_t priority; /* effective, 1 to 255 */
    bool faulted;     /* between FAIL and RECOVER */
    bool reluctant;   /* between YIELD and UNYIELD */
    bool leftover;    /* addresses of an earlier life may be on the interface */
    bool ready;       /* grouped: would be master if all were */
    uint8_t offers;   /* HOLDING: adverts since the last offer */
    uint8_t master_priority;
    uint32_t master_interval_us; /* as learned; ours in version 2 */
    instant quiet_since;         /* the last advert, or when we began to listen */
    instant down_at;             /* BACKUP, YIELDED: then there is no master */
    instant preempt_at;          /* BACKUP: a weaker master is left alone until then; 0 = no such thing */
    instant advert_at;           /* MASTER, HOLDING: the next advert */
    instant sent_at;             /* MASTER, HOLDING: the last one */
    instant lower_at;            /* MASTER, HOLDING: a weaker master was first heard; 0 = not */
};

enum fsm_action {
    FSM_SEND,           /* an advert of fsm_advert_priority */
    FSM_SEND_GOODBYE,   /* an advert of priority 0 */
    FSM_TAKE,           /* put the addresses on the interface and announce them */
    FSM_RELEASE,        /* take them off */
    FSM_LET_GO,         /* take them off when the other master has announced them, which is at once */
    FSM_ANNOUNCE_AGAIN, /* a weaker master may have moved the traffic: announce, as garp_lower_prio_* says */
    FSM_TELL,           /* the state has changed: log, scripts, FIFO */
    FSM_TELL_LOWER,     /* a weaker master's advert was heard */
    FSM_TWO_MASTERS,    /* and again: it does not hear us */
    FSM_ASK_GROUP,      /* ready is set: may we? */
    FSM_ACTION_COUNT
};
#define FSM_ACTIONS_MAX 5
struct fsm_result {
    struct fsm next;
    uint8_t count;
    uint8_t actions[FSM_ACTIONS_MAX]; /* enum fsm_action, to be done in this order */
};

/* A machine in INIT with this priority. <leftover>: see the member. */
struct fsm fsm_new(const struct fsm_config *c, bool leftover);
MUST_USE struct fsm_result fsm_step(const struct fsm_config *c, const struct fsm *before,
                                    const struct fsm_event *e, instant now);
/* When FSM_TIME is wanted; FSM_NEVER. */
instant fsm_next(const struct fsm *f);
/* What FSM_SEND says. */
uint8_t fsm_advert_priority(const struct fsm *f);
/* How long a backup like this one waits for a silent master, in us. */
uint64_t fsm_down_us(const struct fsm_config *c, const struct fsm *f);
uint64_t fsm_skew_us(const struct fsm_config *c, const struct fsm *f);
/* MASTER or HOLDING. */
static inline bool fsm_is_master(enum fsm_state s)
{
    return s == FSM_MASTER || s == FSM_HOLDING;
}

const char *fsm_state_name(enum fsm_state s); /* "YIELDED" */
/* What scripts and the FIFO are told: "MASTER", "BACKUP", "FAULT", "STOP". */
const char *fsm_state_word(enum fsm_state s);
const char *fsm_event_name(enum fsm_event_kind e);
const char *fsm_action_name(enum fsm_action a);
/* Every state and event, as the table and the diagram of the manual (Markdown, Mermaid). */
void fsm_print(struct buf *out);
