/* SPDX-License-Identifier: Apache-2.0 */
/* vrrp_instance and what stands in it. */
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

#define SECONDS(n) ((int64_t)((n)*1000000LL))

/* ---- simple values, by offset into the instance's draft ---- */

static struct opt *opt_at(struct build *b, const struct keyword *k)
{
    return (struct opt *)(void *)((char *)b->instance + k->offset);
}

static void set_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_number(b, word_at(s, 1), k->low, k->high, opt_at(b, k));
}

static void set_vrid(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->instance->vrid_said = true;
    set_number(b, k, s);
}

static void set_seconds(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_seconds(b, word_at(s, 1), k->low, k->high, opt_at(b, k));
}

static void set_bool(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)ka_bool(b, s, 1, opt_at(b, k));
}

static void set_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct word *)(void *)((char *)b->instance + k->offset) = *word_at(s, 1);
}

/* ---- the others ---- */

static void set_state(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "BACKUP", "MASTER", NULL };
    unsigned which;
    (void)k;
    if (value_choice(b->diags, word_at(s, 1), words, &which))
        b->instance->state = (struct opt){ .set = true, .n = which, .at = word_at(s, 1)->at };
}

static void read_auth(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    (void)k;
    b->instance->model.auth_at = word_at(s, 0)->at;
    keepalived_read_block(b, IN_AUTH, &seen);
}

static void add_addresses(struct build *b, ka_address_list *list)
{
    struct statement row;
    while (keepalived_next_row(b, &row)) {
        struct vrrp_address a;
        bool vmac = false;
        if (ka_address_row(b, &row, &a, &vmac))
            *ARENA_PUSH(b->arena, list) = a;
        if (vmac)
            diag_add(b->diags, &conf_refused, a.at,
                     DIAG_TEXT(SPAN("use_vmac"),
                               SPAN("a virtual MAC belongs to the instance: say use_vmac there")));
    }
}

static void read_addresses(struct build *b, const struct keyword *k, const struct statement *s)
{
    ka_address_list list = { 0 };
    (void)s;
    add_addresses(b, &list);
    for (uint32_t i = 0; i < list.count; i++)
        if (k->offset)
            *ARENA_PUSH(b->arena, &b->instance->model.excluded) = list.items[i];
        else
            *ARENA_PUSH(b->arena, &b->instance->model.addresses) = list.items[i];
}

static void read_routes(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    struct vrrp_route r;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        if (ka_route_row(b, &row, &r))
            *ARENA_PUSH(b->arena, &b->instance->model.routes) = r;
}

static void read_rules(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        ka_rule_row(b, &row, ARENA_PUSH(b->arena, &b->instance->model.rules));
}

static void read_peer(struct build *b, const struct statement *s)
{
    struct vrrp_unicast_peer p = { .ttl_max = 255, .at = word_at(s, 0)->at };
    if (!ka_ip(b, word_at(s, 0), &p.ip))
        return;
    for (uint32_t i = 1; i < s->words.count; i++) {
        struct opt ttl = { 0 };
        bool min = word_is(s, i, "min_ttl"), max = word_is(s, i, "max_ttl");
        if (!min && !max) {
            diag_add(b->diags, &ka_bad_option, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), SPAN("a peer")));
        } else if (i + 1 >= s->words.count) {
            diag_add(b->diags, &ka_no_value, word_at(s, i)->at, DIAG_TEXT(text_at(s, i)));
        } else if (ka_number(b, word_at(s, ++i), 0, 255, &ttl)) {
            *(min ? &p.ttl_min : &p.ttl_max) = (uint8_t)ttl.n;
            b->instance->check_source = (struct opt){ .set = true, .n = 1, .at = ttl.at };
        }
    }
    *ARENA_PUSH(b->arena, &b->instance->model.peers) = p;
}

static void read_peers(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    b->instance->unicast_block = (struct opt){ .set = true, .n = 1, .at = word_at(s, 0)->at };
    while (keepalived_next_row(b, &row))
        read_peer(b, &row);
}

/* ---- the virtual MAC ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many octets; 0 when it is no MAC. */
static unsigned parse_mac(struct span text, uint8_t mac[6])
{
    unsigned count = 0;
    while (text.ptr && count < 6) {
        struct span part = span_cut(&text, ':');
        int high = part.len == 2 ? hex(part.ptr[0]) : 0, low = part.len ? hex(part.ptr[part.len - 1]) : -1;
        if (part.len == 0 || part.len > 2 || high < 0 || low < 0)
            return 0;
        mac[count++] = (uint8_t)(high << 4 | low);
    }
    return text.ptr ? 0 : count;
}

static void set_vmac_mac(struct build *b, const struct word *w)
{
    struct instance_draft *d = b->instance;
    unsigned octets = parse_mac(w->text, d->model.vmac_mac);
    if (octets == 5 || octets == 6)
        d->vmac_mac = (struct opt){ .set = true, .n = octets, .at = w->at };
    else
        diag_add(b->diags, &ka_bad_mac, w->at, DIAG_TEXT(w->text));
}

/* use_vmac [NAME] [MAC] */
static void set_vmac(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct instance_draft *d = b->instance;
    (void)k;
    d->model.vmac = true;
    d->vmac_at = word_at(s, 0)->at;
    for (uint32_t i = 1; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        if (span_find_char(w->text, ':') != SPAN_NONE)
            set_vmac_mac(b, w);
        else if (w->text.len >= IFNAMSIZ)
            diag_add(b->diags, &ka_bad_name, w->at, DIAG_TEXT(w->text));
        else
            memcpy(d->model.vmac_name, w->text.ptr, w->text.len);
    }
}

static void set_flag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(bool *)(void *)((char *)b->instance + k->offset) = true;
}

/* ---- ours ---- */

static void set_worker(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)ka_bool(b, s, 1, &b->instance->worker);
}

#define DRAFT(member) .offset = offsetof(struct instance_draft, member)
#define MODEL(member) .offset = offsetof(struct instance_draft, model.member)

// clang-format off
const struct keyword keepalived_instance_words[] = {
    { "state", IN_INSTANCE, 1, 1, .once = true, .handle = set_state, .manual = "MASTER or BACKUP; MASTER counts only with priority 255: then it does not listen first" },
    { "interface", IN_INSTANCE, 1, 1, .once = true, .handle = set_word, DRAFT(interface), .manual = "where adverts go and addresses live" },
    { "virtual_router_id", IN_INSTANCE, 1, 1, .once = true, .handle = set_vrid, DRAFT(vrid), .low = 1, .high = 255, .manual = "what the directors of one set of addresses have in common" },
    { "priority", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(priority), .low = 1, .high = 255, .manual = "the highest holds the addresses; 255: they are its own" },
    { "advert_int", IN_INSTANCE, 1, 1, .once = true, .handle = set_seconds, DRAFT(interval), .low = SECONDS(0.01), .high = SECONDS(255), .manual = "seconds between adverts; version 3 may say less than one" },
    { "version", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(version), .low = 2, .high = 3, .manual = "of VRRP; IPv6 is always 3" },
    { "nopreempt", IN_INSTANCE, 0, 0, .once = true, .handle = set_bool, DRAFT(nopreempt), .manual = "never takes the addresses from a living master" },
    { "preempt", IN_INSTANCE, 0, 0, .once = true, .handle = set_bool, DRAFT(preempt), .manual = "the default" },
    { "preempt_delay", IN_INSTANCE, 1, 1, .once = true, .handle = set_seconds, DRAFT(preempt_delay), .low = 0, .high = SECONDS(1000), .manual = "seconds that a weaker master is left alone" },
    { "down_timer_adverts", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(down_adverts), .low = 1, .high = 100, .manual = "adverts that may be missed; 3 in the RFCs" },
    { "authentication", IN_INSTANCE, 0, 0, .once = true, .block = true, .handle = read_auth, .manual = "a password, in version 2" },
    { "auth_type", IN_AUTH, 1, 1, .once = true, .handle = set_word, DRAFT(auth_type), .manual = "PASS" },
    { "auth_pass", IN_AUTH, 1, 1, .once = true, .handle = set_word, DRAFT(auth_pass), .manual = "8 characters, sent in clear" },
    { "virtual_ipaddress", IN_INSTANCE, 0, 0, .block = true, .handle = read_addresses, .manual = "addresses that move; said in adverts" },
    { "virtual_ipaddress_excluded", IN_INSTANCE, 0, 0, .block = true, .handle = read_addresses, .offset = 1, .manual = "addresses that move with them; not said, and of either family" },
    { "virtual_routes", IN_INSTANCE, 0, 0, .block = true, .handle = read_routes, .manual = "routes that move with them" },
    { "virtual_rules", IN_INSTANCE, 0, 0, .block = true, .handle = read_rules, .manual = "routing rules that move with them, in the words of `ip rule`" },
    { "mcast_src_ip", IN_INSTANCE, 1, 1, .once = true, .handle = set_word, DRAFT(source), .manual = "what adverts are sent from" },
    { "unicast_src_ip", IN_INSTANCE, 1, 1, .once = true, .handle = set_word, DRAFT(source), .manual = "what adverts are sent from" },
    { "mcast_dst_ip", IN_INSTANCE, 1, 1, .once = true, .handle = set_word, DRAFT(group_address), .manual = "another multicast group than VRRP's own" },
    { "track_src_ip", IN_INSTANCE, 0, 0, .handle = set_flag, MODEL(track_source), .manual = "FAULT while the source is not an address of this machine" },
    { "unicast_peer", IN_INSTANCE, 0, 0, .once = true, .block = true, .handle = read_peers, .manual = "adverts go to these instead of the group" },
    { "unicast_ttl", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(unicast_ttl), .low = 1, .high = 255, .manual = "of adverts to peers" },
    { "check_unicast_src", IN_INSTANCE, 0, 1, .once = true, .handle = set_bool, DRAFT(check_source), .manual = "only peers are believed" },
    { "unicast_fault_no_peer", IN_INSTANCE, 0, 0, .handle = set_bool, DRAFT(unicast_block), .manual = "without a peer: FAULT, not multicast" },
    { "use_vmac", IN_INSTANCE, 0, 2, .once = true, .handle = set_vmac, .manual = "the addresses live on a macvlan with the virtual router's MAC" },
    { "vmac_xmit_base", IN_INSTANCE, 0, 0, .handle = set_flag, MODEL(vmac_send_base), .manual = "adverts go out of the real interface" },
    { "dont_track_primary", IN_INSTANCE, 0, 0, .handle = set_flag, MODEL(ignore_interface), .manual = "its own interface may be down" },
    { "promote_secondaries", IN_INSTANCE, 0, 0, .handle = set_flag, MODEL(promote_secondaries), .manual = "removing an address leaves the others of its network" },
    { "strict_mode", IN_INSTANCE, 0, 1, .once = true, .handle = set_bool, DRAFT(strict), .manual = "nothing that the RFCs do not know" },
    { "skip_check_adv_addr", IN_INSTANCE, 0, 1, .once = true, .handle = set_bool, DRAFT(skip_addresses), .manual = "the address list of one master is compared once" },
    { "lower_prio_no_advert", IN_INSTANCE, 0, 1, .once = true, .handle = set_bool, DRAFT(lower_no_advert), .manual = "a weaker master is not answered at once" },
    { "higher_prio_send_advert", IN_INSTANCE, 0, 1, .once = true, .handle = set_bool, DRAFT(higher_advert), .manual = "one more advert before giving way" },
    { "accept", IN_INSTANCE, 0, 0, .once = true, .handle = set_bool, DRAFT(accept), .manual = "the default" },
    { "no_accept", IN_INSTANCE, 0, 0, .once = true, .handle = set_bool, DRAFT(no_accept), .manual = "accepted with a warning: it would need a firewall" },
    { "native_ipv6", IN_INSTANCE, 0, 0, .support = KEYWORD_TUNING, .manual = "the addresses say it" },
    { "garp_master_delay", IN_INSTANCE, 1, 1, .once = true, .handle = set_seconds, DRAFT(garp.delay), .high = SECONDS(86400), .manual = "seconds to the second burst of announcements; 0: none" },
    { "garp_master_repeat", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(garp.repeat), .low = 1, .high = 100, .manual = "announcements a burst" },
    { "garp_lower_prio_delay", IN_INSTANCE, 1, 1, .once = true, .handle = set_seconds, DRAFT(garp.lower_delay), .high = SECONDS(86400), .manual = "after a weaker master was heard: seconds to the second burst" },
    { "garp_lower_prio_repeat", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(garp.lower_repeat), .low = 0, .high = 100, .manual = "after a weaker master was heard: announcements a burst" },
    { "garp_master_refresh", IN_INSTANCE, 1, 1, .once = true, .handle = set_seconds, DRAFT(garp.refresh), .high = SECONDS(86400), .manual = "seconds between announcements while master; 0: none" },
    { "garp_master_refresh_repeat", IN_INSTANCE, 1, 1, .once = true, .handle = set_number, DRAFT(garp.refresh_repeat), .low = 1, .high = 100, .manual = "announcements each time" },
    { "track_worker", IN_INSTANCE, 0, 1, .once = true, .handle = set_worker, .manual = "ours: a balancer in the same program must serve; on unless switched off" },
    { NULL },
};
// clang-format on
