/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/vrrp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vrrp/internal.h"

enum {
    PACKETS_A_TURN = 256, /* of one channel; what is left comes in the next turn */
    NEWS_A_TURN = 256,
    UNKNOWN_SAID_S = 60,
};

static void *make(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (p == NULL)
        oom_die(count * size);
    return p;
}

/* ---- opening ---- */

static bool watch(struct vrrp *v, int fd)
{
    struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
    return fd < 0 || epoll_ctl(v->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool say_why(struct buf *why, const char *what)
{
    int error = errno;
    buf_printf(why, "%s: %s", what, strerrordesc_np(error));
    if (error == EPERM || error == EACCES)
        buf_put(why, SPAN(" (VRRP needs the capabilities CAP_NET_RAW and CAP_NET_ADMIN)"));
    return false;
}

static bool open_all(struct vrrp *v, struct buf *why)
{
    v->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (v->epoll < 0)
        return say_why(why, "epoll");
    v->monitor = netlink_monitor_open(); /* before anything is listed: no change falls between */
    v->netlink = netlink_open();
    if (v->monitor == NULL || v->netlink == NULL)
        return say_why(why, "a netlink socket");
    v->announce_fd = announce_open();
    if (v->announce_fd < 0 || !announce_watch_open(&v->watch))
        return say_why(why, "a packet socket");
    if (!watch(v, netlink_monitor_fd(v->monitor)) || !watch(v, v->watch.arp_fd) || !watch(v, v->watch.na_fd))
        return say_why(why, "epoll");
    return true;
}

static void list_virtual(struct vrrp *v)
{
    const struct vrrp_config *c = v->config;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->instances.count; i++)
        count += c->instances.items[i].addresses.count + c->instances.items[i].excluded.count;
    free(v->virtual);
    v->virtual = make(count, sizeof(*v->virtual));
    v->virtual_count = 0;
    for (uint32_t i = 0; i < c->instances.count; i++) {
        const struct vrrp_instance *m = &c->instances.items[i];
        if (m->priority == VRRP_OWNER) /* its addresses are its own: it may have no others to speak from */
            continue;
        for (uint32_t j = 0; j < m->addresses.count; j++)
            v->virtual[v->virtual_count++] = m->addresses.items[j].ip;
        for (uint32_t j = 0; j < m->excluded.count; j++)
            v->virtual[v->virtual_count++] = m->excluded.items[j].ip;
    }
    links_set_virtual(&v->links, v->virtual, v->virtual_count);
}

static void make_routers(struct vrrp *v)
{
    v->router_count = v->config->instances.count;
    v->routers = make(v->router_count, sizeof(*v->routers));
    for (uint32_t i = 0; i < v->router_count; i++)
        router_init(&v->routers[i], v, &v->config->instances.items[i]);
}

static unsigned link_index(const struct vrrp *v, uint32_t interface)
{
    const struct link_state *l = links_at(&v->links, interface);
    return l ? l->index : 0;
}

/* Addresses of an earlier life stay where they are until it is known whether they are wanted. */
static void adopt_leftovers(struct router *r)
{
    vip_set_home(&r->vip, link_index(r->v, r->model->interface));
    r->f.leftover = vip_adopt(&r->vip);
}

struct vrrp *vrrp_open(const struct vrrp_config *c, const struct vrrp_options *o, struct buf *why)
{
    struct vrrp *v = make(1, sizeof(*v));
    v->config = c;
    v->options = *o;
    v->host = &v->options.host;
    v->epoll = v->announce_fd = v->watch.arp_fd = v->watch.na_fd = -1;
    v->now = v->began_at = clock_now();
    v->notify.fifos[0] = v->notify.fifos[1] = -1;
    if (!open_all(v, why)) {
        vrrp_close(&v);
        return NULL;
    }
    links_init(&v->links, v->host, v->netlink, c);
    list_virtual(v);
    links_turn(&v->links, v->now);
    track_init(&v->track, c, v->host, &v->links, v->now);
    track_set_health(&v->track, o->health);
    notify_open(&v->notify, c, v->host);
    make_routers(v);
    for (uint32_t i = 0; i < v->router_count; i++)
        adopt_leftovers(&v->routers[i]);
    groups_init(v);
    statics_init(v);
    return v;
}

void vrrp_close(struct vrrp **at)
{
    struct vrrp *v = *at;
    if (v == NULL)
        return;
    for (uint32_t i = 0; i < v->router_count; i++)
        router_fini(&v->routers[i]);
    statics_fini(v);
    free(v->routers);
    free(v->groups);
    free(v->virtual);
    if (v->track.config)
        track_fini(&v->track);
    if (v->notify.config)
        notify_close(&v->notify);
    links_fini(&v->links);
    announce_watch_close(&v->watch);
    if (v->announce_fd >= 0)
        (void)close(v->announce_fd);
    netlink_monitor_close(&v->monitor);
    netlink_close(&v->netlink);
    if (v->epoll >= 0)
        (void)close(v->epoll);
    free(v->channels);
    free(v);
    *at = NULL;
}

int vrrp_fd(const struct vrrp *v)
{
    return v->epoll;
}

/* ---- what comes in ---- */

static void on_link(void *self, const struct netlink_link *l, bool gone)
{
    struct vrrp *v = self;
    links_on_link(&v->links, l, gone, v->now);
}

static void on_address(void *self, const struct netlink_address *a, bool gone)
{
    struct vrrp *v = self;
    links_on_address(&v->links, a, gone);
    for (uint32_t i = 0; gone && i < v->router_count; i++) {
        struct router *r = &v->routers[i];
        if (!vip_on_gone(&r->vip, a, v->now))
            continue;
        r->count.put_back++;
        garp_lower(&r->garp, &r->model->garp, v->now); /* neighbours may have asked in between */
    }
}

static void on_lost(void *self)
{
    struct vrrp *v = self;
    v->links.stale_links = v->links.stale_addresses = true;
}

static void say_unknown(struct vrrp *v, const struct advert_channel *c, const struct advert_packet *p)
{
    if (!v->config->log_unknown_vrids || p->refusal != VRRP_TAKEN ||
        (v->foreign_said.us &&
         instant_us_between(v->foreign_said, v->now) < UNKNOWN_SAID_S * UINT64_C(1000000)))
        return;
    v->foreign_said = v->now;
    char text[64], name[IFNAMSIZ] = "?";
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    ip_put(&b, &p->envelope.from);
    (void)if_indextoname(c->index, name);
    SAY(v->host, &say_unknown_vrid, SAY_NUMBER(p->advert.vrid), buf_span(&b), span_from(name));
}

struct delivery {
    struct vrrp *v;
    const struct advert_channel *channel;
};

static void on_packet(void *self, const struct advert_packet *p)
{
    struct delivery *d = self;
    struct router *r = p->advert.vrid ? router_of_packet(d->v, d->channel, p) : NULL;
    if (r) {
        router_on_packet(r, p);
        return;
    }
    d->v->foreign[p->refusal == VRRP_TAKEN ? VRRP_UNKNOWN_VRID : p->refusal]++;
    say_unknown(d->v, d->channel, p);
}

static void read_all(struct vrrp *v)
{
    struct netlink_events to = { v, on_link, on_address, on_lost };
    int error = netlink_monitor_read(v->monitor, NEWS_A_TURN, &to);
    if (error)
        on_lost(v);
    for (uint32_t i = 0; i < v->channel_count; i++) {
        struct delivery d = { v, v->channels[i] };
        (void)advert_receive(v->channels[i], PACKETS_A_TURN, on_packet, &d);
    }
    announce_watch_read(&v->watch, NEWS_A_TURN, vrrp_on_claim, v);
}

/* ---- the turn ---- */

static bool is_time_to_weigh(struct vrrp *v)
{
    bool links = links_take_changed(&v->links), track = track_take_changed(&v->track);
    return links || track || v->now.us >= v->weigh_at.us;
}

static void set_watch(struct vrrp *v)
{
    struct vrrp_ip ips[ANNOUNCE_WATCHED];
    unsigned count = 0;
    for (uint32_t i = 0; i < v->router_count; i++) {
        const struct vip *vip = &v->routers[i].vip;
        for (uint32_t j = 0; (vip->held || vip->lingers) && j < vip->count && count < ANNOUNCE_WATCHED; j++)
            ips[count++] = ip_of_address(&vip->items[j].model->ip);
    }
    v->watch_stale = !announce_watch_set(&v->watch, ips, count);
}

static void settle(struct vrrp *v)
{
    if (is_time_to_weigh(v)) {
        routers_weigh(v);
        groups_settle(v);
        routers_begin(v);
        v->weigh_at = routers_weigh_next(v);
    }
    groups_settle(v);
}

void vrrp_turn(struct vrrp *v, instant now)
{
    v->now = now;
    if (v->stopped)
        return;
    read_all(v);
    links_turn(&v->links, now);
    statics_turn(v, v->links.changed);
    track_turn(&v->track, now);
    settle(v);
    for (uint32_t i = 0; i < v->router_count; i++)
        router_turn(&v->routers[i]);
    groups_settle(v);
    for (uint32_t i = 0; i < v->router_count && v->group_count; i++)
        router_turn(&v->routers[i]); /* what groups decided is announced at once */
    if (v->watch_stale)
        set_watch(v);
}

static instant earlier(instant a, instant b)
{
    return b.us < a.us ? b : a;
}

instant vrrp_next(const struct vrrp *v)
{
    instant next = earlier(earlier(links_next(&v->links), track_next(&v->track)), v->weigh_at);
    next = earlier(next, v->statics_placed ? vip_next(&v->statics) : v->now);
    for (uint32_t i = 0; i < v->router_count; i++)
        next = earlier(next, router_next(&v->routers[i]));
    if (v->links.changed || v->track.changed)
        next = v->now;
    return v->stopped ? (instant){ UINT64_MAX } : next;
}

/* ---- stop and reload ---- */

void vrrp_stop(struct vrrp *v, instant now)
{
    v->now = now;
    v->stopped = true;
    for (uint32_t i = 0; i < v->router_count; i++)
        router_tell(&v->routers[i], FSM_STOP);
}

/* The same virtual router, whatever else was changed about it. */
static bool is_same(const struct vrrp *v, const struct router *fresh, const struct router *old,
                    const struct vrrp_config *before)
{
    const struct vrrp_instance *a = fresh->model, *b = old->model;
    const char *on_a = a->interface == VRRP_NONE ? "" : v->config->interfaces.items[a->interface].name;
    const char *on_b = b->interface == VRRP_NONE ? "" : before->interfaces.items[b->interface].name;
    return span_eq(a->name, b->name) && a->vrid == b->vrid && a->family == b->family &&
           a->version == b->version && a->unicast == b->unicast && a->vmac == b->vmac &&
           strcmp(a->vmac_name, b->vmac_name) == 0 && memcmp(a->vmac_mac, b->vmac_mac, 6) == 0 &&
           strcmp(on_a, on_b) == 0;
}

static void end_old(struct vrrp *v, struct router *r)
{
    struct notify_subject s = router_subject(r);
    router_tell(r, FSM_STOP);
    router_give_away(r, false); /* should it ever come back, it is a new one */
    if (r->model->notify.deleted != VRRP_NONE)
        notify_send(&v->notify, &s, NOTIFY_DELETED);
    router_fini(r);
}

static void carry_over(struct vrrp *v, struct router *old, uint32_t old_count,
                       const struct vrrp_config *before)
{
    bool *taken = make(old_count, sizeof(*taken));
    uint32_t *heir_of = make(v->router_count, sizeof(*heir_of));
    for (uint32_t i = 0; i < v->router_count; i++) {
        heir_of[i] = VRRP_NONE;
        for (uint32_t j = 0; j < old_count && heir_of[i] == VRRP_NONE; j++)
            if (!taken[j] && is_same(v, &v->routers[i], &old[j], before)) {
                heir_of[i] = j;
                taken[j] = true;
            }
    }
    for (uint32_t j = 0; j < old_count; j++) /* first: an address may move from one instance to another */
        if (!taken[j])
            end_old(v, &old[j]);
    for (uint32_t i = 0; i < v->router_count; i++) {
        if (heir_of[i] == VRRP_NONE) {
            adopt_leftovers(&v->routers[i]);
            continue;
        }
        router_inherit(&v->routers[i], &old[heir_of[i]]);
        router_fini(&old[heir_of[i]]);
    }
    free(taken);
    free(heir_of);
}

static void carry_over_groups(struct vrrp *v, const struct group *old, uint32_t old_count)
{
    for (uint32_t i = 0; i < v->group_count; i++)
        for (uint32_t j = 0; j < old_count; j++)
            if (span_eq(v->groups[i].model->name, old[j].model->name))
                v->groups[i].state = old[j].state;
}

void vrrp_reload(struct vrrp *v, const struct vrrp_config *fresh, instant now)
{
    const struct vrrp_config *before = v->config;
    struct track old_track = v->track;
    struct router *old = v->routers;
    struct group *old_groups = v->groups;
    uint32_t old_count = v->router_count, old_group_count = v->group_count;
    v->now = v->began_at = now;
    v->config = fresh;
    links_fini(&v->links);
    links_init(&v->links, v->host, v->netlink, fresh);
    list_virtual(v);
    links_turn(&v->links, now);
    statics_fini(v); /* those that are gone from the file stay, as those of a file that is gone would */
    statics_init(v);
    track_init(&v->track, fresh, v->host, &v->links, now);
    track_inherit(&v->track, &old_track);
    track_set_health(&v->track, v->options.health);
    notify_reload(&v->notify, fresh);
    make_routers(v);
    groups_init(v);
    carry_over(v, old, old_count, before);
    carry_over_groups(v, old_groups, old_group_count);
    track_fini(&old_track);
    free(old);
    free(old_groups);
    v->watch_stale = true;
    v->weigh_at = now;
    for (uint32_t i = 0; fresh->fifo_states_on_reload && i < v->router_count; i++) {
        struct notify_subject s = router_subject(&v->routers[i]);
        bool master = fsm_is_master(v->routers[i].f.state);
        notify_send(&v->notify, &s, master ? NOTIFY_MASTER : NOTIFY_BACKUP);
    }
    vrrp_turn(v, now);
}

/* ---- what the host hands over ---- */

void vrrp_on_script(struct vrrp *v, uint32_t ticket, enum track_end end, int status, instant now)
{
    v->now = now;
    if (track_on_script(&v->track, ticket, end, status))
        settle(v);
}

void vrrp_set_health(struct vrrp *v, struct vrrp_health_shared *health)
{
    v->options.health = health;
    track_set_health(&v->track, health);
}

bool vrrp_give_away(struct vrrp *v, struct span name, bool give, instant now)
{
    uint32_t i = vrrp_config_find_instance(v->config, name);
    if (i == VRRP_NONE)
        return false;
    v->now = now;
    router_give_away(&v->routers[i], give);
    v->weigh_at = now;
    settle(v);
    return true;
}
