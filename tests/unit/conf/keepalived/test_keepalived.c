/* SPDX-License-Identifier: Apache-2.0 */
/* keepalived.conf to model: what is understood, and what is said about what is not. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/common/dialect.h"
#include "conf/common/keyword.h"
#include "model/vrrp.h"
#include "unit.h"

/* ---- a machine ---- */

struct file {
    const char *path, *text, *mode;
};
static const struct file *files;
static bool has_script_user;

static struct answer answer(const char *text)
{
    return (struct answer){ .bytes = span_from(text) };
}

static struct answer ask_glob(struct span key)
{
    if (span_eq(key, SPAN("conf.d/*.conf")))
        return (struct answer){ .bytes = SPAN("conf.d/a.conf\0conf.d/b.conf\0") };
    return (struct answer){ .bytes = SPAN("") };
}

static struct answer ask(void *self, enum question q, struct span key)
{
    (void)self;
    for (const struct file *f = files; f && f->path; f++) {
        if (q == ASK_FILE && f->text && span_eq(key, span_from(f->path)))
            return answer(f->text);
        if (q == ASK_FILE_MODE && f->mode && span_eq(key, span_from(f->path)))
            return answer(f->mode);
    }
    if (q == ASK_GLOB)
        return ask_glob(key);
    if (q == ASK_HOSTNAME)
        return answer("main.example.com");
    if (q == ASK_USER && span_eq(key, SPAN("root")))
        return answer("0 0");
    if (q == ASK_USER && span_eq(key, SPAN("web")))
        return answer("33 34");
    if (q == ASK_USER && span_eq(key, SPAN("keepalived_script")) && has_script_user)
        return answer("501 502");
    if (q == ASK_GROUP && span_eq(key, SPAN("adm")))
        return answer("4");
    return (struct answer){ .error = ENOENT, .bytes = SPAN("") };
}

static struct config *config;
static struct diags *diags;
static const struct vrrp_config *v;

static int forget(void **state)
{
    (void)state;
    config_free(&config);
    diags_free(&diags);
    files = NULL;
    has_script_user = false;
    return 0;
}

static void read_with(const struct file *machine, unsigned count, const struct dialect_options *o)
{
    static const struct span names[] = { SPAN_INIT("keepalived.conf"), SPAN_INIT("other.conf") };
    struct world world = { .ask = ask };
    files = machine;
    config = config_new();
    diags = diags_new();
    dialect_keepalived.read(config, diags, &world, names, count, o);
    v = config->vrrp;
}

static struct file alone[2];

static void read_text(const char *text)
{
    alone[0] = (struct file){ .path = "keepalived.conf", .text = text };
    read_with(alone, 1, NULL);
}

static unsigned count_code(const char *code)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < diags_total(diags); i++)
        n += strcmp(diags_at(diags, i)->kind->code, code) == 0;
    return n;
}

static void expect(const char *codes)
{
    char all[1000] = "";
    size_t at = 0;
    for (uint32_t i = 0; i < diags_total(diags); i++)
        at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i ? " " : "",
                               diags_at(diags, i)->kind->code);
    if (strcmp(all, codes) != 0) {
        struct buf b;
        buf_init(&b, 1 << 20);
        diags_show(diags, &b, DIAG_SHOW_SHORT, false);
        print_error("%.*s\n", SPAN_ARGS(buf_span(&b)));
        buf_fini(&b);
    }
    assert_string_equal(all, codes);
}

static struct address ip(const char *text)
{
    struct address a;
    assert_true(address_parse_ip(span_from(text), &a));
    return a;
}

static const struct vrrp_instance *instance(uint32_t i)
{
    assert_true(i < v->instances.count);
    return &v->instances.items[i];
}

/* An instance around some lines. */
static const struct vrrp_instance *read_instance(const char *lines)
{
    static char text[4000];
    snprintf(text, sizeof(text),
             "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.1\n "
             "}\n%s\n}\n",
             lines);
    read_text(text);
    return instance(0);
}

/* ---- the course ---- */

static void the_course_file_is_understood(void **state)
{
    (void)state;
    read_text("! Configuration File for keepalived\n\nglobal_defs {\n   router_id director1\t\t\t # "
              "辅助改为director2\n}\n\n"
              "vrrp_instance VI_1 {\n    state BACKUP\n    nopreempt\t\t\t\t\n    interface eth0\t\t\t\t# "
              "心跳接口，尽量单独连接心跳\n"
              "    virtual_router_id 80\t\t# MASTER,BACKUP一致\n    priority 100\t\t\t    # 辅助改为50\n    "
              "advert_int 1\n"
              "    authentication {\n        auth_type PASS\n        auth_pass 1111\n    }\n    "
              "virtual_ipaddress {\n"
              "        192.168.122.100\n    }\n}\n");
    expect("");
    assert_span(v->router_id, "director1");
    assert_int_equal(v->instances.count, 1);
    const struct vrrp_instance *m = instance(0);
    assert_span(m->name, "VI_1");
    assert_int_equal(m->version, 2);
    assert_int_equal(m->vrid, 80);
    assert_int_equal(m->priority, 100);
    assert_int_equal(m->interval_cs, 100);
    assert_false(m->preempt);
    assert_false(m->start_master);
    assert_int_equal(m->auth, VRRP_PASS);
    assert_memory_equal(m->password, "1111\0\0\0\0", 8);
    assert_int_equal(m->family, AF_INET);
    assert_int_equal(m->addresses.count, 1);
    assert_int_equal(m->addresses.items[0].bits, 32);
    assert_int_equal(m->addresses.items[0].interface, VRRP_NONE);
    assert_string_equal(v->interfaces.items[m->interface].name, "eth0");
    assert_int_equal(m->down_adverts, 3);
    assert_int_equal(m->garp.delay_us, 5000000);
    assert_int_equal(m->garp.repeat, 5);
    assert_true(m->answer_lower && m->worker_tracked && !m->unicast);
    struct address group = ip("224.0.0.18");
    assert_true(address_eq_ip(&m->group_address, &group));
}

static void the_course_script_is_warned_of(void **state)
{
    (void)state;
    static const struct file machine[] = {
        { "keepalived.conf",
          "vrrp_script check_haproxy {\n   script \"/etc/keepalived/check_haproxy_status.sh\"\n   interval "
          "5\n}\n"
          "vrrp_instance VI_1 {\n    state BACKUP\n    interface eth0\n    nopreempt\n    virtual_router_id "
          "90\n"
          "    virtual_ipaddress {\n        192.168.122.100\n    }\n    track_script {\n        "
          "check_haproxy\n    }\n}\n",
          NULL },
        { "/etc/keepalived/check_haproxy_status.sh",
          "#!/bin/bash\n/usr/bin/curl -I http://localhost &>/dev/null\nif [ $? -ne 0 "
          "];then\n\t/etc/init.d/keepalived stop\nfi\n",
          "0755 0 0" },
        { "/etc", NULL, "0755 0 0" },
        { "/etc/keepalived", NULL, "0755 0 0" },
        { NULL },
    };
    read_with(machine, 1, NULL);
    expect("K0665 K0664"); /* it runs as root; it stops its own daemon */
    assert_int_equal(v->scripts.items[0].interval_us, 5000000);
    assert_int_equal(v->scripts.items[0].rise, 1);
    const struct vrrp_command *c = &v->commands.items[v->scripts.items[0].command];
    assert_int_equal(c->timeout_us, 5000000);
    assert_int_equal(c->uid, 0);
    const struct vrrp_track *t = &instance(0)->tracks.items[0];
    assert_int_equal(t->kind, VRRP_TRACK_SCRIPT);
    assert_int_equal(t->effect, VRRP_EFFECT_FAULT);
}

/* ---- values ---- */

static void intervals_follow_the_version(void **state)
{
    (void)state;
    assert_int_equal(read_instance("advert_int 0.5")->interval_cs, 100);
    expect("K0643");
    forget(NULL);
    assert_int_equal(read_instance("advert_int 2.6")->interval_cs, 300);
    expect("K0643");
    forget(NULL);
    assert_int_equal(read_instance("version 3\n advert_int 0.1")->interval_cs, 10);
    expect("");
    forget(NULL);
    assert_int_equal(read_instance("version 3\n advert_int 0.92")->interval_cs, 92);
    forget(NULL);
    assert_int_equal(read_instance("version 3\n advert_int 41")->interval_cs, 4095);
    expect("K0630");
    forget(NULL);
    read_instance("advert_int x");
    expect("K0610");
}

static void passwords_are_cut_or_not_used(void **state)
{
    (void)state;
    const struct vrrp_instance *m =
        read_instance("authentication {\n auth_type PASS\n auth_pass 123456789\n}");
    expect("K0640");
    assert_memory_equal(m->password, "12345678", 8);
    forget(NULL);
    m = read_instance("version 3\n authentication {\n auth_type PASS\n auth_pass 1234\n}");
    expect("K0641");
    assert_int_equal(m->auth, VRRP_NO_AUTH);
    forget(NULL);
    read_instance("authentication {\n auth_type AH\n auth_pass 1234\n}");
    expect("K0628");
}

static void addresses_have_options(void **state)
{
    (void)state;
    read_text("vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n"
              "  10.0.0.1/24 brd 10.0.0.255 dev eth1 scope link label eth1:2 no_track\n"
              "  10.0.0.2/24 brd + home preferred_lft 0\n 10.0.0.3 peer 10.0.0.4/30\n }\n"
              " virtual_ipaddress_excluded {\n  fd00::1/64\n }\n}\n");
    expect("");
    const struct vrrp_instance *m = instance(0);
    assert_int_equal(m->addresses.count, 3);
    const struct vrrp_address *a = &m->addresses.items[0];
    assert_int_equal(a->bits, 24);
    assert_string_equal(v->interfaces.items[a->interface].name, "eth1");
    assert_string_equal(a->label, "eth1:2");
    assert_int_equal(a->scope, RT_SCOPE_LINK);
    assert_true(a->no_track);
    struct address broadcast = ip("10.0.0.255"), peer = ip("10.0.0.4");
    assert_true(address_eq_ip(&a->broadcast, &broadcast));
    assert_true(m->addresses.items[1].broadcast_auto);
    assert_int_equal(m->addresses.items[1].preferred, VRRP_LIFE_DEPRECATED);
    assert_true(address_eq_ip(&m->addresses.items[2].peer, &peer));
    assert_int_equal(m->addresses.items[2].bits, 30);
    assert_int_equal(m->excluded.count, 1);
}

static void ip6_means_version_3(void **state)
{
    (void)state;
    read_text("vrrp_instance V {\n interface eth0\n virtual_router_id 1\n use_vmac\n virtual_ipaddress {\n "
              "fd00::1/64\n }\n}\n");
    expect("K0651");
    const struct vrrp_instance *m = instance(0);
    assert_int_equal(m->family, AF_INET6);
    assert_int_equal(m->version, 3);
    struct address group = ip("ff02::12");
    assert_true(address_eq_ip(&m->group_address, &group));
    assert_string_equal(m->vmac_name, "vrrp6.1");
    assert_memory_equal(m->vmac_mac, "\x00\x00\x5e\x00\x02\x01", 6);
    assert_true(m->vmac_send_base);
}

static void virtual_macs_have_names_and_octets(void **state)
{
    (void)state;
    const struct vrrp_instance *m = read_instance("use_vmac vip0 02:00:00:00:00");
    expect("");
    assert_string_equal(m->vmac_name, "vip0");
    assert_memory_equal(m->vmac_mac, "\x02\x00\x00\x00\x00\x33", 6);
    forget(NULL);
    read_instance("use_vmac 02:00:00:00");
    expect("K0617");
}

static void routes_speak_as_ip_route_does(void **state)
{
    (void)state;
    const struct vrrp_instance *m =
        read_instance("virtual_routes {\n src 10.0.0.1 to 10.9.0.0/24 via 10.0.0.254 dev eth1\n 10.8.0.0/24 "
                      "dev eth2 no_track\n"
                      " 10.7.0.0/24 via 10.0.0.254 or 10.0.0.253 dev eth1\n blackhole 10.6.0.0/24\n default "
                      "via 10.0.0.9 table 100 metric 5 mtu 1400 advmss 1300 initcwnd 20\n"
                      " 10.5.0.0/16 nexthop via 10.0.0.1 weight 2 nexthop via 10.0.0.2 dev eth0 onlink\n}");
    expect("");
    assert_int_equal(m->routes.count, 6);
    const struct vrrp_route *r = m->routes.items;
    assert_int_equal(r[0].bits, 24);
    assert_int_equal(r[0].hops.count, 1);
    assert_int_equal(r[0].scope, RT_SCOPE_UNIVERSE);
    assert_int_equal(r[1].scope, RT_SCOPE_LINK);
    assert_int_equal(r[2].hops.count, 2);
    assert_int_equal(r[4].metrics[RTAX_MTU], 1400);
    assert_int_equal(r[4].metrics[RTAX_ADVMSS], 1300);
    assert_int_equal(r[4].metrics[RTAX_INITCWND], 20);
    assert_int_equal(r[2].hops.items[0].interface, r[2].hops.items[1].interface);
    assert_int_equal(r[3].type, RTN_BLACKHOLE);
    assert_int_equal(r[4].bits, 0);
    assert_int_equal(r[4].table, 100);
    assert_int_equal(r[4].metric, 5);
    assert_int_equal(r[5].hops.items[0].weight, 2);
    assert_true(r[5].hops.items[1].onlink);
    forget(NULL);
    read_instance("virtual_routes {\n 10.0.0.0/8 via 10.0.0.1 colour blue\n 10.0.0.0/8 scope faraway\n}");
    expect("K0615 K0615 K0618");
}

static void virtual_rules_take_the_words_of_ip_rule(void **state)
{
    (void)state;
    const struct vrrp_instance *m = read_instance(
        "virtual_rules {\n from 10.0.0.0/8 table 100\n to 10.9.0.0/24 table 101 preference 700\n"
        " not from all iif eth0 oif lo tos 0x10 fwmark 24/0xC goto 700 priority 40 no_track\n"
        " from fd00::/16 blackhole preference 41\n"
        " from 10.7.0.1 uidrange 10-20 ip_proto TCP sport 10-20 dport 80 suppress_prefixlength 0\n}");
    expect("");
    assert_int_equal(m->rules.count, 5);
    const struct routing_rule *r = m->rules.items;
    assert_int_equal(r[0].table, 100);
    assert_int_equal(r[0].from_bits, 8);
    assert_int_equal(r[0].priority, 16384);
    assert_int_equal(r[0].protocol, 18);
    assert_int_equal(r[0].suppress_bits, -1);
    assert_int_equal(r[1].to_bits, 24);
    assert_int_equal(r[1].priority, 700);
    assert_true(r[2].invert && r[2].has_mark && r[2].action == FR_ACT_GOTO && r[2].from_bits == 0);
    assert_string_equal(r[2].in, "eth0");
    assert_string_equal(r[2].out, "lo");
    assert_int_equal(r[2].tos, 16);
    assert_int_equal(r[2].mark, 24);
    assert_int_equal(r[2].mask, 12);
    assert_int_equal(r[2].target, 700);
    assert_int_equal(r[3].family, AF_INET6);
    assert_int_equal(r[3].action, FR_ACT_BLACKHOLE);
    assert_int_equal(r[4].priority, 16383); /* downwards, as keepalived numbers them */
    assert_int_equal(r[4].from_bits, 32);
    assert_int_equal(r[4].user_high, 20);
    assert_int_equal(r[4].ip_protocol, 6);
    assert_int_equal(r[4].source_high, 20);
    assert_int_equal(r[4].port_low, 80);
    assert_int_equal(r[4].port_high, 80);
    assert_int_equal(r[4].suppress_bits, 0);
}

static void words_that_no_rule_has_are_named(void **state)
{
    (void)state;
    read_instance("virtual_rules {\n from 10.0.0.0/8 colour\n to 10.0.0.0/8 priority soon\n from 10.0.0.0/8 "
                  "sport 20-10\n iif\n}");
    expect("K0615 K0615 K0615 K0616");
}

static void unicast_peers_have_ttls(void **state)
{
    (void)state;
    const struct vrrp_instance *m = read_instance("unicast_src_ip 10.0.0.5\n unicast_peer {\n 10.0.0.6\n "
                                                  "10.0.0.7 min_ttl 250 max_ttl 254\n}\n unicast_ttl 200");
    expect("");
    assert_true(m->unicast && m->check_source);
    assert_int_equal(m->peers.count, 2);
    assert_int_equal(m->peers.items[1].ttl_min, 250);
    assert_int_equal(m->peers.items[1].ttl_max, 254);
    assert_int_equal(m->unicast_ttl, 200);
    forget(NULL);
    read_instance("unicast_peer {\n}");
    expect("K0629");
}

/* ---- defaults ---- */

static void global_defaults_count_wherever_they_stand(void **state)
{
    (void)state;
    read_text(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
        "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n version 2\n garp_master_delay 7\n "
        "virtual_ipaddress {\n 10.0.0.2\n }\n}\n"
        "global_defs {\n vrrp_version 3\n vrrp_garp_master_delay 2\n vrrp_garp_master_repeat 1\n "
        "vrrp_garp_master_refresh 60\n"
        " vrrp_mcast_group4 224.0.0.99\n vrrp_skip_check_adv_addr\n vrrp_lower_prio_no_advert true\n "
        "vrrp_down_timer_adverts 5\n"
        " vrrp_garp_interval 0.001\n worker_stall_time 1.5\n}\n");
    expect("");
    assert_int_equal(instance(0)->version, 3);
    assert_int_equal(instance(1)->version, 2);
    assert_int_equal(instance(0)->garp.delay_us, 2000000);
    assert_int_equal(instance(1)->garp.delay_us, 7000000);
    assert_int_equal(instance(0)->garp.lower_delay_us, 2000000);
    assert_int_equal(instance(0)->garp.refresh_us, 60000000);
    assert_int_equal(instance(0)->garp.gap_us, 1000);
    assert_int_equal(instance(0)->down_adverts, 5);
    assert_true(instance(0)->skip_addresses && !instance(0)->answer_lower);
    struct address group = ip("224.0.0.99");
    assert_true(address_eq_ip(&instance(0)->group_address, &group));
    assert_int_equal(v->stall_us, 1500000);
}

static void min_garp_is_one_announcement(void **state)
{
    (void)state;
    read_text("global_defs {\n vrrp_min_garp\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 1\n "
              "virtual_ipaddress {\n 10.0.0.1\n }\n}\n");
    assert_int_equal(instance(0)->garp.repeat, 1);
    assert_int_equal(instance(0)->garp.delay_us, 0);
}

static void strict_mode_takes_things_away(void **state)
{
    (void)state;
    read_text(
        "global_defs {\n vrrp_strict\n}\nvrrp_instance V {\n state MASTER\n interface eth0\n "
        "virtual_router_id 1\n preempt_delay 5\n"
        " authentication {\n auth_type PASS\n auth_pass 1234\n }\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n");
    expect("K0642 K0648 K0648 K0649");
    const struct vrrp_instance *m = instance(0);
    assert_false(m->start_master || m->answer_lower);
    assert_int_equal(m->auth, VRRP_NO_AUTH);
    assert_int_equal(m->preempt_delay_us, 0);
    assert_int_equal(m->garp.lower_repeat, 0);
}

/* ---- tracking ---- */

static void tracks_take_their_weight_from_where_it_stands(void **state)
{
    (void)state;
    has_script_user = true;
    static const struct file machine[] = {
        { "keepalived.conf",
          "vrrp_script s {\n script \"/s 'a b' c\"\n weight -20 reverse\n timeout 0.5\n rise 2\n fall 3\n "
          "user web adm\n init_fail\n}\n"
          "vrrp_script t {\n script /s x y\n}\n"
          "vrrp_track_process p {\n process nginx\n quorum 2\n delay 1.5\n}\n"
          "track_file f {\n file /run/f\n}\n"
          "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.1\n }\n"
          " track_script {\n  s\n  s weight 10 noreverse\n  t\n }\n track_interface {\n  eth1\n  eth2 weight "
          "-30\n }\n"
          " track_process {\n  p\n  p weight 0\n }\n track_file {\n  f\n  f weight 2 reverse\n }\n"
          " track_listener {\n  web\n }\n track_backend {\n  haproxy:pool usable 2\n  other weight -5\n  "
          "third fault\n }\n track_worker off\n}\n",
          NULL },
        { "/s", NULL, "0755 0 0" },
        { NULL },
    };
    read_with(machine, 1, NULL);
    expect("");
    static const struct {
        enum vrrp_track_kind kind;
        enum vrrp_track_effect effect;
        int weight;
        bool reverse;
    } rows[] = {
        { VRRP_TRACK_SCRIPT, VRRP_EFFECT_WEIGHT, -20, true },
        { VRRP_TRACK_SCRIPT, VRRP_EFFECT_WEIGHT, 10, false },
        { VRRP_TRACK_SCRIPT, VRRP_EFFECT_FAULT, 0, false },
        { VRRP_TRACK_INTERFACE, VRRP_EFFECT_FAULT, 0, false },
        { VRRP_TRACK_INTERFACE, VRRP_EFFECT_WEIGHT, -30, false },
        { VRRP_TRACK_PROCESS, VRRP_EFFECT_WEIGHT, 1, false },
        { VRRP_TRACK_PROCESS, VRRP_EFFECT_FAULT, 0, false },
        { VRRP_TRACK_FILE, VRRP_EFFECT_WEIGHT, 1, false },
        { VRRP_TRACK_FILE, VRRP_EFFECT_WEIGHT, 2, true },
        { VRRP_TRACK_HEALTH, VRRP_EFFECT_FAULT, 0, false },
        { VRRP_TRACK_HEALTH, VRRP_EFFECT_YIELD, 0, false },
        { VRRP_TRACK_HEALTH, VRRP_EFFECT_WEIGHT, -5, false },
        { VRRP_TRACK_HEALTH, VRRP_EFFECT_FAULT, 0, false },
    };
    const struct vrrp_instance *m = instance(0);
    assert_int_equal(m->tracks.count, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct vrrp_track *t = &m->tracks.items[i];
        assert_int_equal(t->kind, rows[i].kind);
        assert_int_equal(t->effect, rows[i].effect);
        assert_int_equal(t->weight, rows[i].weight);
        assert_int_equal(t->reverse, rows[i].reverse);
    }
    assert_int_equal(m->tracks.items[10].usable_min, 2);
    assert_span(v->health.items[m->tracks.items[10].index].name, "haproxy:pool");
    assert_false(m->worker_tracked);
    const struct vrrp_script *s = &v->scripts.items[0];
    assert_true(s->init_fail);
    assert_int_equal(s->rise, 2);
    assert_int_equal(s->fall, 3);
    const struct vrrp_command *c = &v->commands.items[s->command];
    assert_int_equal(c->words.count, 3);
    assert_span(c->words.items[1], "a b");
    assert_int_equal(c->uid, 33);
    assert_int_equal(c->gid, 4);
    assert_int_equal(c->timeout_us, 500000);
    c = &v->commands.items[v->scripts.items[1].command];
    assert_int_equal(c->words.count, 3);
    assert_int_equal(c->uid, 501); /* keepalived_script */
    assert_int_equal(v->processes.items[0].fork_delay_us, 1500000);
    assert_int_equal(v->processes.items[0].quorum, 2);
}

static void names_that_nobody_has_are_said(void **state)
{
    (void)state;
    read_instance("track_script {\n nosuch\n}\n track_process {\n nosuch\n}\n track_file {\n nosuch\n}\n"
                  "track_interface {\n a/b\n}\n");
    expect("K0620 K0620 K0620 K0614");
}

static void members_of_a_group_lose_their_weights(void **state)
{
    (void)state;
    read_text(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n "
        "track_interface {\n eth1 weight -5\n }\n}\n"
        "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 10.0.0.2\n }\n}\n"
        "vrrp_sync_group G {\n group {\n A\n B\n C\n }\n track_interface {\n eth2 weight 10\n }\n notify "
        "/bin/x\n}\n"
        "vrrp_sync_group H {\n group {\n A\n }\n}\n");
    assert_int_equal(count_code("K0650"), 1); /* A's weight */
    assert_int_equal(count_code("K0620"), 1); /* C */
    assert_int_equal(count_code("K0626"), 1); /* A again */
    assert_int_equal(v->groups.items[0].members.count, 2);
    assert_int_equal(instance(0)->group, 0);
    assert_int_equal(instance(0)->tracks.items[0].effect, VRRP_EFFECT_FAULT);
    assert_int_equal(v->groups.items[0].tracks.items[0].effect, VRRP_EFFECT_WEIGHT);
    assert_int_not_equal(v->groups.items[0].notify.any, VRRP_NONE);
}

/* ---- warnings of what cannot work ---- */

static void what_cannot_work_is_said(void **state)
{
    (void)state;
    read_instance("nopreempt\n track_interface {\n eth1 weight -5\n }");
    expect("K0645");
    forget(NULL);
    read_instance("state MASTER\n nopreempt");
    expect("K0644");
    assert_true(instance(0)->preempt);
    forget(NULL);
    read_instance("priority 255\n state MASTER\n track_interface {\n eth1 weight -5\n }");
    expect("K0646");
    forget(NULL);
    read_instance("no_accept");
    expect("K0649");
    forget(NULL);
    read_text(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
        "vrrp_instance B {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.2\n }\n}\n"
        "vrrp_instance C {\n interface eth1\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.3\n }\n}\n");
    expect("K0624");
}

static void scripts_that_others_may_write(void **state)
{
    (void)state;
    static struct file machine[] = {
        { "keepalived.conf", NULL, NULL },
        { "/opt", NULL, "0755 0 0" },
        { "/opt/bin", NULL, "0775 0 50" },
        { "/opt/bin/chk", NULL, "0755 0 0" },
        { NULL },
    };
    static const char plain[] = "vrrp_script s {\n script /opt/bin/chk\n user root\n}\nvrrp_instance V {\n "
                                "interface eth0\n virtual_router_id 51\n"
                                " virtual_ipaddress {\n 10.0.0.1\n }\n track_script {\n s\n }\n}\n";
    static char secure[1000];
    machine[0].text = plain;
    read_with(machine, 1, NULL);
    expect("K0661");
    assert_int_equal(instance(0)->tracks.count, 1);
    forget(NULL);
    snprintf(secure, sizeof(secure), "global_defs {\n enable_script_security\n}\n%s", plain);
    machine[0].text = secure;
    read_with(machine, 1, NULL);
    expect("K0662");
    assert_int_equal(instance(0)->tracks.count, 0); /* it is not run, and decides nothing */
    forget(NULL);
    machine[2].mode = "1777 0 0"; /* sticky: what is there cannot be replaced */
    read_with(machine, 1, NULL);
    expect("");
    forget(NULL);
    machine[3].mode = "0644 0 0";
    read_with(machine, 1, NULL);
    expect("K0663");
    machine[2].mode = "0775 0 50";
    machine[3].mode = "0755 0 0";
}

static void what_is_refused_has_a_reason(void **state)
{
    (void)state;
    read_text("virtual_server 10.0.0.1 80 {\n delay_loop 6\n real_server 10.0.0.2 80 {\n  weight 1\n  "
              "TCP_CHECK {\n  }\n }\n}\n"
              "global_defs {\n smtp_server 1.2.3.4\n smtp_alert\n notification_email {\n a@b.c\n }\n "
              "max_auto_priority 50\n nftables\n routr_id x\n}\n"
              "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.1\n "
              "}\n track_bfd {\n x\n }\n smtp_alert\n}\n");
    expect("K0131 K0652 K0132 K0131 K0130 K0131");
    assert_int_equal(v->instances.count, 1);
}

/* ---- text ---- */

static void files_are_included_where_they_are_named(void **state)
{
    (void)state;
    static const struct file machine[] = {
        { "keepalived.conf",
          "include conf.d/*.conf\ninclude missing/*.conf\nincludea nowhere/*.conf\ninclude gone.conf\n",
          NULL },
        { "conf.d/a.conf", "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n include vip.inc\n}\n",
          NULL },
        { "conf.d/b.conf", "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n include vip.inc\n}\n",
          NULL },
        { "conf.d/vip.inc", "virtual_ipaddress {\n 10.0.0.1\n}\n", NULL },
        { NULL },
    };
    read_with(machine, 1, NULL);
    expect("K0602 K0601");
    assert_int_equal(v->instances.count, 2);
    assert_span(instance(0)->name, "A");
    assert_int_equal(instance(1)->addresses.count, 1);
}

static void a_file_that_includes_itself_ends(void **state)
{
    (void)state;
    read_text("include keepalived.conf\n");
    assert_int_equal(count_code("K0603"), 1);
}

static void conditions_follow_the_machine(void **state)
{
    (void)state;
    static const char text[] = "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n @main priority "
                               "150\n @backup priority 100\n"
                               " virtual_ipaddress {\n @^main 10.0.0.1\n @^backup 10.0.0.2\n }\n}\n"
                               "@backup vrrp_instance W {\n nonsense\n}\n";
    read_text(text);
    expect("");
    assert_int_equal(instance(0)->priority, 150);
    struct address a = ip("10.0.0.2");
    assert_int_equal(instance(0)->addresses.count, 1);
    assert_true(address_eq_ip(&instance(0)->addresses.items[0].ip, &a));
    assert_int_equal(v->instances.count, 1);
    forget(NULL);
    struct span id = SPAN("backup");
    struct dialect_options o = { .defines = { .items = &id, .count = 1 } };
    alone[0] = (struct file){ .path = "keepalived.conf", .text = text };
    read_with(alone, 1, &o);
    assert_int_equal(instance(0)->priority, 100);
    assert_int_equal(count_code("K0130"), 1); /* now W is read, too */
}

static void parameters_are_replaced_when_they_are_used(void **state)
{
    (void)state;
    read_text("$BASE=10.2.${SUB}\n$SUB=0\n@main $PRIO=240\n@backup $PRIO=200\n$IF_MAIN=@main\n$NONE=\n"
              "vrrp_instance V_${_INSTANCE} {\n interface eth0\n virtual_router_id 51\n priority $PRIO\n "
              "$IF_MAIN advert_int 2\n"
              " virtual_ipaddress {\n  ${BASE}.100/32 $NONE\n  $SUB=10\n  ${BASE}.100/32\n }\n notify \"/x "
              "${UNKNOWN} ${PRIO}\"\n}\n");
    assert_int_equal(count_code("K0612"), 0);
    const struct vrrp_instance *m = instance(0);
    assert_span(m->name, "V_main");
    assert_int_equal(m->priority, 240);
    assert_int_equal(m->interval_cs, 200);
    struct address first = ip("10.2.0.100"), second = ip("10.2.10.100");
    assert_true(address_eq_ip(&m->addresses.items[0].ip, &first));
    assert_true(address_eq_ip(&m->addresses.items[1].ip, &second));
    const struct vrrp_command *c = &v->commands.items[m->notify.any];
    assert_span(c->words.items[1], "${UNKNOWN}"); /* no such parameter: as written */
    assert_span(c->words.items[2], "240");
}

static void parameters_of_several_lines_are_read_as_lines(void **state)
{
    (void)state;
    read_text("$INSTANCE= \\\nvrrp_instance VI_${NUM} { \\\n    interface eth0.${NUM} \\\n    "
              "virtual_router_id 1${NUM} \\\n"
              "    @main priority 130 \\\n    virtual_ipaddress { \\\n        10.0.${NUM}.254/24 \\\n    } "
              "\\\n    bad_word \\\n}\n\n"
              "$NUM=0\n$INSTANCE\n\n$NUM=1\n$INSTANCE\n");
    assert_int_equal(v->instances.count, 2);
    assert_span(instance(1)->name, "VI_1");
    assert_int_equal(instance(1)->vrid, 11);
    assert_int_equal(instance(1)->priority, 130);
    assert_string_equal(v->interfaces.items[instance(1)->interface].name, "eth0.1");
    struct address a = ip("10.0.1.254");
    assert_true(address_eq_ip(&instance(1)->addresses.items[0].ip, &a));
    /* What is wrong in it is shown where it is written. */
    struct span name;
    uint32_t line, column;
    assert_int_equal(count_code("K0130"), 1); /* folded: it is one place */
    assert_true(diags_place(diags, diags_at(diags, 0)->where, &name, &line, &column));
    assert_int_equal(line, 9);
}

static void parameters_that_name_themselves_end(void **state)
{
    (void)state;
    read_text("$A=x${A}\n$B= \\\n $B \\\n a\nrouter ${A}\n$B\n");
    assert_true(count_code("K0603") >= 2);
}

static void sequences_and_lists_repeat_the_line(void **state)
{
    (void)state;
    const struct vrrp_instance *m = read_instance(
        "virtual_ipaddress_excluded {\n ~SEQ(A, 0, 3) 10.1.${A}.1\n ~SEQ(B, 2) 10.2.0.${B}\n ~SEQx(C, 0x90, "
        "0x10, 0xb0) fe80::20:${C}:1\n"
        " ~LST(D, 5, 6) ~SEQ(E, 9, -1, 8) 10.3.${D}.${E}\n ~LST({F, G}, {10, 1}, {20, 4}) 10.4.${F}.${G}\n}");
    expect("");
    static const char *const wanted[] = { "10.1.0.1",      "10.1.1.1",  "10.1.2.1",      "10.1.3.1",
                                          "10.2.0.1",      "10.2.0.2",  "fe80::20:90:1", "fe80::20:a0:1",
                                          "fe80::20:b0:1", "10.3.5.9",  "10.3.5.8",      "10.3.6.9",
                                          "10.3.6.8",      "10.4.10.1", "10.4.20.4" };
    assert_int_equal(m->excluded.count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct address a = ip(wanted[i]);
        assert_true(address_eq_ip(&m->excluded.items[i].ip, &a));
    }
    forget(NULL);
    read_instance(
        "~SEQ(A) priority 1\n ~SEQ(A, 1, 0, 5) priority 1\n ~LST({A, B}, {1}) priority 1\n ~SEQ priority 1");
    expect("K0604 K0604 K0604 K0604");
    forget(NULL);
    read_text("~SEQ(A, 1, 1000000000) foo\n"); /* a file is no program */
    expect("K0604");
}

/* ---- two directors ---- */

static void compare(const char *a, const char *b)
{
    static struct file machine[3];
    static char first[2000], second[2000];
    static const char frame[] =
        "vrrp_instance V {\n interface eth0\n virtual_ipaddress {\n 10.0.0.%d\n }\n%s\n}\n";
    snprintf(first, sizeof(first), frame, 1, a);
    snprintf(second, sizeof(second), frame, strstr(b, "#other") ? 2 : 1, b);
    machine[0] = (struct file){ "keepalived.conf", first, NULL };
    machine[1] = (struct file){ "other.conf", second, NULL };
    read_with(machine, 2, NULL);
}

static void two_directors_must_agree(void **state)
{
    (void)state;
    static const char course[] =
        "virtual_router_id 80\n priority 100\n authentication {\n auth_type PASS\n auth_pass 1111\n }";
    static const struct {
        const char *other, *codes;
    } rows[] = {
        { "virtual_router_id 80\n priority 50\n authentication {\n auth_type PASS\n auth_pass 1111\n }",
          "K0670" },
        { "virtual_router_id 81\n priority 50\n authentication {\n auth_type PASS\n auth_pass 1111\n }",
          "K0670 K0672" },
        { "virtual_router_id 80\n priority 50\n advert_int 2\n authentication {\n auth_type PASS\n auth_pass "
          "1111\n }",
          "K0670 K0672" },
        { "virtual_router_id 80\n priority 50\n authentication {\n auth_type PASS\n auth_pass 2222\n }",
          "K0670 K0673" },
        { "virtual_router_id 80\n priority 50", "K0670 K0672" },
        { "virtual_router_id 80\n priority 100\n authentication {\n auth_type PASS\n auth_pass 1111\n }",
          "K0670 K0675" },
        { "#other\n virtual_router_id 80\n priority 50\n authentication {\n auth_type PASS\n auth_pass "
          "1111\n }",
          "K0670 K0674" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        compare(course, rows[i].other);
        expect(rows[i].codes);
        assert_int_equal(v->instances.items[0].priority, 100); /* the first file is the one that runs */
        forget(NULL);
    }
}

static void a_weight_must_reach_across_the_gap(void **state)
{
    (void)state;
    compare("virtual_router_id 80\n priority 100\n track_interface {\n eth1 weight -2\n eth2 weight -60\n }",
            "virtual_router_id 80\n priority 50");
    expect("K0670 K0676");
}

/* ---- whose file is it? ---- */

static void files_are_recognised(void **state)
{
    (void)state;
    assert_true(dialect_keepalived.recognise(SPAN("x"), SPAN("! comment\nvrrp_instance V {\n}\n")) > 90);
    assert_true(dialect_keepalived.recognise(SPAN("x"), SPAN("  global_defs {\n}\n")) > 50);
    assert_true(dialect_keepalived.recognise(SPAN("/etc/keepalived/a"), SPAN("")) >= 50);
    assert_int_equal(dialect_keepalived.recognise(SPAN("nginx.conf"), SPAN("http {\n}\n")), 0);
    assert_int_equal(dialect_keepalived.recognise(SPAN("haproxy.cfg"), SPAN("global\n daemon\n")), 0);
}

static void every_kind_has_its_own_code_and_both_languages(void **state)
{
    (void)state;
    extern const struct diag_kind *const diag_keepalived_kinds[];
    for (size_t i = 0; diag_keepalived_kinds[i]; i++) {
        assert_non_null(diag_keepalived_kinds[i]->zh);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(diag_keepalived_kinds[i]->code, diag_keepalived_kinds[j]->code);
    }
}

/* ---- the manual ---- */

static void the_manual_is_what_the_tables_say(void **state)
{
    (void)state;
    static const char here[] =
        __FILE__; /* the compiler was called in the build folder, where tests run too */
    char path[sizeof(here) + 32];
    size_t root = sizeof(here) - sizeof("tests/unit/conf/keepalived/test_keepalived.c");
    snprintf(path, sizeof(path), "%.*sdocs/manual/keepalived.md", (int)root, here);
    struct buf out;
    buf_init(&out, 1 << 20);
    keyword_manual(dialect_keepalived.keywords, &out);
    if (getenv("KEEL_WRITE_DOCS")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
        assert_int_equal(fclose(f), 0);
    }
    char *text = malloc(out.len + 2);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, out.len + 1, f);
    assert_int_equal(fclose(f), 0);
    assert_true(span_eq(span_of(text, len), buf_span(&out))); /* stale? KEEL_WRITE_DOCS=1 writes it anew */
    free(text);
    buf_fini(&out);
}

#define TEST(f) cmocka_unit_test_teardown(f, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_course_file_is_understood),
        TEST(the_course_script_is_warned_of),
        TEST(intervals_follow_the_version),
        TEST(passwords_are_cut_or_not_used),
        TEST(addresses_have_options),
        TEST(ip6_means_version_3),
        TEST(virtual_macs_have_names_and_octets),
        TEST(routes_speak_as_ip_route_does),
        TEST(virtual_rules_take_the_words_of_ip_rule),
        TEST(words_that_no_rule_has_are_named),
        TEST(unicast_peers_have_ttls),
        TEST(global_defaults_count_wherever_they_stand),
        TEST(min_garp_is_one_announcement),
        TEST(strict_mode_takes_things_away),
        TEST(tracks_take_their_weight_from_where_it_stands),
        TEST(names_that_nobody_has_are_said),
        TEST(members_of_a_group_lose_their_weights),
        TEST(what_cannot_work_is_said),
        TEST(scripts_that_others_may_write),
        TEST(what_is_refused_has_a_reason),
        TEST(files_are_included_where_they_are_named),
        TEST(a_file_that_includes_itself_ends),
        TEST(conditions_follow_the_machine),
        TEST(parameters_are_replaced_when_they_are_used),
        TEST(parameters_of_several_lines_are_read_as_lines),
        TEST(parameters_that_name_themselves_end),
        TEST(sequences_and_lists_repeat_the_line),
        TEST(two_directors_must_agree),
        TEST(a_weight_must_reach_across_the_gap),
        TEST(files_are_recognised),
        TEST(every_kind_has_its_own_code_and_both_languages),
        TEST(the_manual_is_what_the_tables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
