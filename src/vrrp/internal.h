/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the process as a whole, and one virtual router. */
#pragma once

#include "vrrp/advert.h"
#include "vrrp/announce.h"
#include "vrrp/flap.h"
#include "vrrp/fsm.h"
#include "vrrp/garp.h"
#include "vrrp/links.h"
#include "vrrp/notify.h"
#include "vrrp/track.h"
#include "vrrp/vip.h"
#include "vrrp/vrrp.h"

struct router_counters {
    uint64_t sent, heard; /* adverts */
    uint64_t became_master, released;
    uint64_t goodbyes_sent, goodbyes_heard;
    uint64_t announcements; /* frames */
    uint64_t put_back;
    uint64_t refused[VRRP_REFUSAL_COUNT];
};

enum doubt { DOUBT_NONE, DOUBT_ONE_WAY, DOUBT_REFUSED, DOUBT_SILENT };
/* Is somebody else holding our addresses too? */
struct router_doubt {
    enum doubt kind;
    struct vrrp_ip peer;
    uint8_t priority;
    enum vrrp_refusal refusal;
    uint8_t mac[6];
    instant since, last, said;
    instant refused_at; /* the first refused advert of a suspect; a second makes it certain */
};

#define ROUTER_HISTORY 16
struct router_change {
    uint8_t from, to; /* enum fsm_state */
    instant at;
    uint64_t wall_us;
    char why[96];
};

#define ROUTER_WHY 96
struct router {
    struct vrrp *v;
    const struct vrrp_instance *model;
    struct fsm_config fc;
    struct fsm f;
    bool started;
    instant resume_before; /* it was master in an earlier life, and until then nobody has missed it */

    /* the network */
    unsigned base;       /* its interface now; 0 = missing, or it has none */
    unsigned vmac_index; /* its macvlan; 0 = none */
    bool vmac_made;      /* by us: taken away again */
    int vmac_before[2];  /* of the base interface: arp_ignore, arp_announce; -1 = untouched */
    struct advert_channel *in, *out;
    struct vrrp_ip from, to; /* to: the group; unused for unicast */
    struct vrrp_peer *peers;
    uint8_t *packed; /* its addresses as they go out */
    struct vrrp_expected expected;

    /* the addresses */
    struct vip vip;
    struct garp garp;
    instant let_go_at; /* while vip lingers: it ends then at the latest */
    instant probe_at;  /* as master: the next question who else has them */

    /* conditions */
    bool connected, pending; /* the network allows it; something tracked has no result yet */
    bool own_fault;          /* without what the group adds */
    bool own_yield;
    bool given_away; /* by the operator */
    bool native_ill; /* the balancer's part of it, for the hold-down */
    struct flap flap;
    char why[ROUTER_WHY]; /* the fault or yield, in a few words */

    /* for the operator */
    struct vrrp_ip heard_from;
    uint8_t heard_priority;
    instant heard_at;
    struct router_doubt doubt;
    struct router_counters count;
    instant refusal_said[VRRP_REFUSAL_COUNT];
    bool channel_said, source_said, send_said;
    instant since; /* in this state */
    struct router_change history[ROUTER_HISTORY];
    uint32_t changes; /* ever; the last ones are in <history> */
    struct vrrp_memory_instance *memory;
};

enum group_state { GROUP_INIT, GROUP_BACKUP, GROUP_MASTER, GROUP_FAULT };
struct group {
    const struct vrrp_group *model;
    enum group_state state;
};

struct vrrp {
    const struct vrrp_config *config;
    struct vrrp_options options;
    struct vrrp_host *host; /* in options */
    int epoll;
    struct netlink *netlink;
    struct netlink_monitor *monitor;
    struct links links;
    struct track track;
    struct notify notify;
    int announce_fd;
    struct announce_watch watch;
    bool watch_stale;
    struct advert_channel **channels;
    uint32_t channel_count, channel_room;
    struct router *routers;
    uint32_t router_count;
    struct group *groups;
    uint32_t group_count;
    struct vrrp_instance statics_model;
    struct vip statics;
    bool statics_placed;
    struct address *virtual; /* every address of every instance */
    uint32_t virtual_count;
    uint64_t foreign[VRRP_REFUSAL_COUNT]; /* packets of no virtual router of ours */
    instant foreign_said;
    instant now, began_at, weigh_at;
    bool stopped;
};

/* router.c: the machine and what it wants done */
void router_init(struct router *r, struct vrrp *v, const struct vrrp_instance *model);
void router_fini(struct router *r);
void router_event(struct router *r, struct fsm_event e);
static inline void router_tell(struct router *r, enum fsm_event_kind k)
{
    router_event(r, (struct fsm_event){ .kind = k });
}
void router_turn(struct router *r);
instant router_next(const struct router *r);
/* From the same instance before a reload. */
void router_inherit(struct router *r, struct router *old);
/* The operator's word, which outlives a crash. Weighing is the caller's. */
void router_give_away(struct router *r, bool give);
struct notify_subject router_subject(const struct router *r);
struct fsm_config router_fsm_config(const struct vrrp_instance *m);

/* router_net.c: channels, adverts out and in */
/* Opens, moves or closes what its interfaces now ask for. False, and why is set: it cannot work. */
bool router_connect(struct router *r);
void router_disconnect(struct router *r);
void router_send(struct router *r, uint8_t priority);
void router_on_packet(struct router *r, const struct advert_packet *p);
/* Whose packet is it? NULL: nobody's here. */
struct router *router_of_packet(struct vrrp *v, const struct advert_channel *c,
                                const struct advert_packet *p);
/* The MAC that interface <index> speaks with; NULL: it has none. */
const uint8_t *router_mac(const struct router *r, unsigned index);

/* router_weigh.c: conditions to events */
void router_weigh(struct router *r);
void routers_weigh(struct vrrp *v);
void routers_begin(struct vrrp *v);
instant routers_weigh_next(const struct vrrp *v);

/* router_doubt.c: two masters */
void router_doubts(struct router *r, enum doubt kind, const struct vrrp_ip *peer, uint8_t priority,
                   enum vrrp_refusal refusal, const uint8_t *mac, unsigned index,
                   const struct vrrp_ip *address);
void router_doubt_refused(struct router *r, const struct advert_packet *p);
void router_doubt_turn(struct router *r);
void routers_probe(struct router *r);
void vrrp_on_claim(void *self, unsigned index, const struct arp_claim *claim);

/* statics.c */
void statics_init(struct vrrp *v);
void statics_fini(struct vrrp *v);
void statics_turn(struct vrrp *v, bool links_changed);

/* group.c */
void groups_init(struct vrrp *v);
/* Until nothing moves any more. */
void groups_settle(struct vrrp *v);

/* channels.c */
struct advert_channel *channel_get(struct vrrp *v, int family, unsigned index, struct advert_failure *why);
void channel_put(struct vrrp *v, struct advert_channel **c);

/* ip.c */
struct vrrp_ip ip_of_address(const struct address *a);
void ip_put(struct buf *out, const struct vrrp_ip *ip);
