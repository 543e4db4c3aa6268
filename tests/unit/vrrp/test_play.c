/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two whole routers against the real kernel: two network namespaces that the test
 * makes, joined by a cable, real adverts at 50 ms. Skipped where no namespace can
 * be made.
 */
#include "vrrp/vrrp.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "unit.h"
#include "wire/arp.h"
#include "wire/vrrp.h"
#include "vrrp/announce.h"

enum { A, B, NODES };

struct asked {
    uint32_t ticket, command;
    char args[160];
};
struct node {
    int netns;
    struct arena *arena;
    struct vrrp_config *config;
    struct vrrp *vrrp;
    struct vrrp_options options;
    struct asked asked[64];
    unsigned asked_count, killed;
    uint32_t dead[16]; /* tickets that were killed */
    char log[65536];
    size_t log_len;
};
static struct node nodes[NODES];

/* ---- the machines ---- */

static void enter(int node)
{
    assert_int_equal(setns(nodes[node].netns, CLONE_NEWNET), 0);
}

static int sh(int node, const char *command)
{
    enter(node);
    return system(command);
}

static bool has(int node, const char *address)
{
    char command[200];
    snprintf(command, sizeof(command), "ip -o addr show | grep -qF ' %s/'", address);
    return sh(node, command) == 0;
}

static void run_ms(unsigned ms);

static struct address ip(const char *text)
{
    struct address a;
    assert_true(address_parse_ip(span_from(text), &a));
    return a;
}

/* Makes the kernel ask who has <address>. */
static void ask_for(int node, const char *address)
{
    struct address to = ip(address);
    address_set_port(&to, 9);
    enter(node);
    int fd = socket(address_family(&to), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(sendto(fd, "x", 1, 0, &to.u.sa, to.len) == 1);
    close(fd);
    run_ms(30);
}

static bool make_machines(void)
{
    if (geteuid() == 0 ? unshare(CLONE_NEWNET | CLONE_NEWNS)
                       : unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS))
        return false;
    nodes[A].netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET))
        return false;
    nodes[B].netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    enter(A);
    char command[400];
    snprintf(command, sizeof(command), "ip link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d",
             (int)getpid(), nodes[B].netns);
    if (system(command))
        return false;
    for (int i = 0; i < NODES; i++) {
        snprintf(command, sizeof(command),
                 "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip link set lo up; ip link set eth0 up; "
                 "ip addr add 10.99.0.%d/24 dev eth0; ip addr add fd99::%d/64 dev eth0 nodad",
                 i + 1, i + 1);
        if (sh(i, command))
            return false;
    }
    usleep(200000);
    return true;
}

/* ---- the host around each ---- */

static void on_log(void *self, const struct diag_kind *kind, const struct span *args)
{
    struct node *n = self;
    struct buf b;
    buf_init_fixed(&b, n->log + n->log_len, sizeof(n->log) - n->log_len - 1);
    vrrp_sentence(&b, kind, args, "en");
    if (getenv("PLAY_LOG"))
        fprintf(stderr, "%c %s: %.*s\n", n == &nodes[A] ? 'A' : 'B', kind->code, SPAN_ARGS(buf_span(&b)));
    buf_put_char(&b, '\n');
    n->log_len += b.len;
    n->log[n->log_len] = '\0';
}

static bool on_run(void *self, uint32_t ticket, uint32_t command, const struct span *args, uint32_t count)
{
    struct node *n = self;
    assert_true(n->asked_count < COUNT_OF(n->asked));
    struct asked *a = &n->asked[n->asked_count++];
    *a = (struct asked){ .ticket = ticket, .command = command };
    struct buf b;
    buf_init_fixed(&b, a->args, sizeof(a->args) - 1);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b, "%s%.*s", i ? " " : "", SPAN_ARGS(args[i]));
    return true;
}

static void on_kill(void *self, uint32_t ticket)
{
    struct node *n = self;
    assert_true(n->killed < COUNT_OF(n->dead));
    n->dead[n->killed++] = ticket;
}

static bool logged(int node, const char *part)
{
    return strstr(nodes[node].log, part) != NULL;
}

/* ---- configurations ---- */

static struct vrrp_instance *add_instance(struct node *n, uint8_t vrid, uint8_t priority, const char *vip)
{
    struct vrrp_config *c = n->config;
    struct vrrp_instance *m = ARENA_PUSH(n->arena, &c->instances);
    *m = (struct vrrp_instance){
        .name = arena_printf(n->arena, "VI_%u", vrid),
        .index = c->instances.count - 1,
        .group = VRRP_NONE,
        .family = address_family(&(struct address[]){ ip(vip) }[0]),
        .version = 3,
        .vrid = vrid,
        .priority = priority,
        .down_adverts = 3,
        .interval_cs = 5,
        .preempt = true,
        .answer_lower = true,
        .unicast_ttl = 255,
        .garp = { .repeat = 2, .delay_us = 100000, .lower_repeat = 1, .refresh_repeat = 1 },
        .notify = { VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, false },
    };
    m->interface = vrrp_config_interface(c, SPAN("eth0"), WHERE_NONE);
    m->group_address = ip(m->family == AF_INET ? "224.0.0.18" : "ff02::12");
    *ARENA_PUSH(n->arena, &m->addresses) = (struct vrrp_address){ .ip = ip(vip),
                                                                  .bits = m->family == AF_INET ? 24 : 64,
                                                                  .interface = VRRP_NONE };
    return m;
}

static struct vrrp_config *fresh_config(struct node *n)
{
    if (n->arena == NULL)
        n->arena = arena_new(0);
    n->config = vrrp_config_new(n->arena);
    return n->config;
}

static void add_command(struct node *n, const char *name, uint64_t timeout_us)
{
    *ARENA_PUSH(n->arena, &n->config->commands) =
        (struct vrrp_command){ .name = span_from(name), .timeout_us = timeout_us };
}

static void track(struct node *n, struct vrrp_instance *m, struct vrrp_track t)
{
    *ARENA_PUSH(n->arena, &m->tracks) = t;
}

static void start(int i)
{
    struct node *n = &nodes[i];
    struct buf why;
    buf_init(&why, 1000);
    enter(i);
    n->options.host = (struct vrrp_host){ n, on_log, on_run, on_kill };
    n->vrrp = vrrp_open(n->config, &n->options, &why);
    if (n->vrrp == NULL)
        print_error("%.*s\n", SPAN_ARGS(buf_span(&why)));
    assert_non_null(n->vrrp);
    buf_fini(&why);
}

static void stop(int i)
{
    struct node *n = &nodes[i];
    enter(i);
    if (n->vrrp)
        vrrp_stop(n->vrrp, clock_now());
    vrrp_close(&n->vrrp);
}

/* As if it was killed: not a word, and the addresses stay. */
static void crash(int i)
{
    enter(i);
    vrrp_close(&nodes[i].vrrp);
}

static const char *state_of(int i, uint32_t vrid)
{
    static char word[16];
    char name[32];
    struct buf b;
    buf_init(&b, 1 << 20);
    enter(i);
    vrrp_status(nodes[i].vrrp, &b, clock_now());
    assert_false(b.truncated);
    buf_put_char(&b, '\0');
    snprintf(name, sizeof(name), "\"name\":\"VI_%u\",\"state\":\"", vrid);
    const char *at = strstr(b.data, name);
    assert_non_null(at);
    at += strlen(name);
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(at, "\""), at);
    buf_fini(&b);
    return word;
}

static uint64_t counter(int i, const char *name)
{
    char wanted[64];
    struct buf b;
    buf_init(&b, 1 << 20);
    enter(i);
    vrrp_status(nodes[i].vrrp, &b, clock_now());
    buf_put_char(&b, '\0');
    snprintf(wanted, sizeof(wanted), "\"%s\":", name);
    const char *at = strstr(b.data, wanted);
    assert_non_null(at);
    uint64_t n = strtoull(at + strlen(wanted), NULL, 10);
    buf_fini(&b);
    return n;
}

static void turn_all(void)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].vrrp) {
            enter(i);
            vrrp_turn(nodes[i].vrrp, clock_now());
        }
}

static int wait_ms(instant until)
{
    instant now = clock_now(), next = until;
    for (int i = 0; i < NODES; i++)
        if (nodes[i].vrrp && vrrp_next(nodes[i].vrrp).us < next.us)
            next = vrrp_next(nodes[i].vrrp);
    return (int)((instant_us_between(now, next) + 999) / 1000);
}

static void run_ms(unsigned ms)
{
    instant end = instant_after(clock_now(), DURATION_MS(ms));
    while (clock_now().us < end.us) {
        struct pollfd p[NODES];
        for (int i = 0; i < NODES; i++)
            p[i] = (struct pollfd){ .fd = nodes[i].vrrp ? vrrp_fd(nodes[i].vrrp) : -1, .events = POLLIN };
        (void)poll(p, NODES, wait_ms(end));
        turn_all();
    }
}

/* Runs until that state; how long it took in ms. */
static unsigned run_until(int i, uint32_t vrid, const char *state, unsigned most)
{
    instant begin = clock_now();
    while (strcmp(state_of(i, vrid), state) != 0) {
        unsigned took = (unsigned)instant_ms_between(begin, clock_now());
        if (took > most) {
            print_error("%d is %s, not %s after %u ms; its log:\n%s", i, state_of(i, vrid), state, took,
                        nodes[i].log);
            fail();
        }
        run_ms(2);
    }
    return (unsigned)instant_ms_between(begin, clock_now());
}

static int clean_up(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++) {
        stop(i);
        assert_int_equal(sh(i, "ip link set eth0 up"), 0);
        arena_free(&nodes[i].arena);
        int netns = nodes[i].netns;
        memset(&nodes[i], 0, sizeof(nodes[i]));
        nodes[i].netns = netns;
    }
    usleep(50000);
    return 0;
}

static void two_routers(uint8_t a, uint8_t b, const char *vip)
{
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        add_instance(&nodes[i], 51, i == A ? a : b, vip);
    }
    start(A);
    start(B);
    run_until(A, 51, "MASTER", 600);
    run_ms(60);
    assert_string_equal(state_of(B, 51), "BACKUP");
}

/* ---- plays ---- */

static void the_stronger_holds_and_the_other_takes_over(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    assert_true(has(A, "10.99.0.100"));
    assert_false(has(B, "10.99.0.100"));
    run_ms(120); /* looking took time in which nobody spoke */
    crash(A);
    unsigned took = run_until(B, 51, "MASTER", 600);
    assert_in_range(took, 90, 400); /* 3 × 50 ms and the skew, less what of an interval had passed */
    assert_true(has(B, "10.99.0.100"));
    assert_true(has(A, "10.99.0.100")); /* left over */
    start(A);
    run_ms(60);
    assert_false(has(A, "10.99.0.100")); /* another master was heard */
    run_until(A, 51, "MASTER", 1000);
    run_ms(20);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_true(has(A, "10.99.0.100"));
    assert_false(has(B, "10.99.0.100"));
    stop(A);
    assert_false(has(A, "10.99.0.100"));
    took = run_until(B, 51, "MASTER", 1000);
    assert_in_range(took, 10, 120); /* the skew of 100: 30 ms */
    assert_int_equal(counter(B, "goodbyes_heard"), 1);
}

static void ip6_works_the_same(void **state)
{
    (void)state;
    two_routers(150, 100, "fd99::100");
    assert_true(has(A, "fd99::100"));
    assert_false(has(B, "fd99::100"));
    stop(A);
    run_until(B, 51, "MASTER", 1000);
    assert_true(has(B, "fd99::100"));
    ask_for(A, "fd99::100");
    assert_int_equal(sh(A, "ip neigh show fd99::100 | grep -q lladdr"), 0);
}

static void announcements_reach_the_neighbours(void **state)
{
    (void)state;
    assert_int_equal(sh(B, "ip neigh replace 10.99.0.100 lladdr 02:00:00:00:00:99 dev eth0 nud stale"), 0);
    two_routers(150, 100, "10.99.0.100");
    run_ms(150);
    assert_int_equal(sh(B,
                        "ip neigh show 10.99.0.100 | grep -q $(cat /sys/class/net/eth0/address) && exit 1; "
                        "ip neigh show 10.99.0.100 | grep -qv 02:00:00:00:00:99"),
                     0);
    assert_in_range(counter(A, "announcements"), 4, 4); /* twice two */
}

static void a_crashed_process_resumes(void **state)
{
    (void)state;
    static struct vrrp_memory memory;
    memset(&memory, 0, sizeof(memory));
    nodes[A].options.memory = &memory;
    two_routers(150, 100, "10.99.0.100");
    crash(A);
    start(A);
    run_ms(5);
    assert_string_equal(state_of(A, 51), "MASTER");
    run_ms(300);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_int_equal(counter(B, "became_master"), 0);
    /* But not when others have had the time to take over. */
    crash(A);
    run_ms(300);
    assert_string_equal(state_of(B, 51), "MASTER");
    start(A);
    run_ms(5);
    assert_string_equal(state_of(A, 51), "BACKUP");
}

static void a_vanished_address_is_put_back(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    assert_int_equal(sh(A, "ip addr del 10.99.0.100/24 dev eth0"), 0);
    run_ms(20);
    assert_true(has(A, "10.99.0.100"));
    assert_int_equal(counter(A, "addresses_put_back"), 1);
    assert_true(logged(A, "somebody took 10.99.0.100 off eth0; it was put back"));
    for (int i = 0; i < 8; i++) {
        assert_int_equal(sh(A, "ip addr del 10.99.0.100/24 dev eth0 2>/dev/null || true"), 0);
        run_ms(20);
    }
    assert_true(logged(A, "keeps vanishing"));
    run_ms(1100);
    assert_true(has(A, "10.99.0.100"));
}

static void an_address_that_was_there_is_adopted(void **state)
{
    (void)state;
    assert_int_equal(sh(A, "ip addr add 10.99.0.100/24 dev eth0"), 0);
    two_routers(150, 100, "10.99.0.100");
    assert_true(has(A, "10.99.0.100"));
    stop(A);
    assert_false(has(A, "10.99.0.100"));
}

static void a_link_that_goes_is_a_fault(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    /* The cable of a veth is out for both ends. */
    assert_int_equal(sh(A, "ip link set eth0 down"), 0);
    /* the kernel tells of a carrier once a second */
    run_until(A, 51, "FAULT", 3000);
    run_until(B, 51, "FAULT", 3000);
    assert_false(has(A, "10.99.0.100"));
    assert_true(logged(A, "FAULT (its interface is down)"));
    assert_int_equal(sh(A, "ip link set eth0 up"), 0);
    run_until(A, 51, "MASTER", 3000);
    assert_true(has(A, "10.99.0.100"));
}

static void a_missing_interface_is_waited_for(void **state)
{
    (void)state;
    fresh_config(&nodes[A]);
    struct vrrp_instance *m = add_instance(&nodes[A], 51, 150, "10.98.0.100");
    m->interface = vrrp_config_interface(nodes[A].config, SPAN("later0"), WHERE_NONE);
    start(A);
    run_ms(30);
    assert_string_equal(state_of(A, 51), "FAULT");
    assert_true(logged(A, "interface later0 is missing"));
    assert_int_equal(
        sh(A,
           "ip link add later0 type veth peer name later1 && ip link set later0 up && ip link set later1 up"),
        0);
    run_ms(1200);                                  /* news of a carrier come once a second */
    assert_string_equal(state_of(A, 51), "FAULT"); /* no address to speak from */
    assert_true(logged(A, "later0 has no address to send adverts from"));
    assert_int_equal(sh(A, "ip addr add 10.98.0.1/24 dev later0"), 0);
    run_until(A, 51, "MASTER", 1000);
    assert_true(has(A, "10.98.0.100"));
    assert_int_equal(sh(A, "ip link del later0"), 0);
    run_ms(30);
    assert_string_equal(state_of(A, 51), "FAULT");
}

static void debounced_links_may_bounce(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    enter(A);
    struct vrrp_config *old = nodes[A].config;
    fresh_config(&nodes[A]);
    add_instance(&nodes[A], 51, 150, "10.99.0.100");
    nodes[A].config->interfaces.items[0].down_delay_us = 2500000;
    assert_ptr_not_equal(old, nodes[A].config);
    vrrp_reload(nodes[A].vrrp, nodes[A].config, clock_now());
    assert_int_equal(sh(A, "ip link set eth0 down"), 0);
    run_ms(200);
    assert_int_equal(sh(A, "ip link set eth0 up"), 0);
    run_ms(3000);
    assert_string_equal(state_of(A, 51), "MASTER");
    assert_int_equal(counter(A, "became_master"), 1);
}

/* ---- strangers ---- */

static int raw_socket(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, VRRP_PROTOCOL);
    int on = 1;
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5), 0);
    return fd;
}

static void send_raw(int fd, struct vrrp_ip from, struct vrrp_ip to, uint8_t ttl, uint8_t protocol,
                     const uint8_t *bytes, size_t len)
{
    uint8_t packet[2000];
    vrrp_ip4_write(packet, &from, &to, ttl, len);
    packet[9] = protocol;
    if (len)
        memcpy(packet + VRRP_IP4_HEADER, bytes, len);
    struct sockaddr_in sin = { .sin_family = AF_INET };
    memcpy(&sin.sin_addr, to.bytes, 4);
    (void)sendto(fd, packet, VRRP_IP4_HEADER + len, 0, (struct sockaddr *)&sin, sizeof(sin));
}

static void six_hundred_bad_adverts_a_second_change_nothing(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    uint64_t heard = counter(A, "adverts_heard");
    enter(B);
    int fd = raw_socket();
    const struct vrrp_ip from = { 4, { 10, 99, 0, 9 } }, group = { 4, { 224, 0, 0, 18 } };
    for (int i = 0; i < 600; i++) {
        uint8_t b[1500] = { 0 };
        struct vrrp_advert a = {
            .version = 3, .vrid = 51, .priority = 254, .interval_cs = 5, .address_count = 1
        };
        char vip[4] = { 10, 99, 0, 100 };
        a.addresses = span_of(vip, 4);
        uint8_t ttl = 255, protocol = VRRP_PROTOCOL;
        int kind = i % 12;
        if (kind == 0)
            a.vrid = 77;
        if (kind == 1)
            vip[3] = 101;
        if (kind == 2) {
            a.version = 2;
            a.interval_cs = 100;
        }
        size_t len = vrrp_advert_write(b, sizeof(b), &a, &from, &group);
        if (kind == 3)
            ttl = 254;
        if (kind == 4)
            b[6] ^= 0xff;
        if (kind == 5)
            len = 7;
        if (kind == 6)
            len += 1200;
        if (kind == 7)
            b[0] = 0x32;
        if (kind == 8)
            b[0] = 0x71;
        if (kind == 9)
            b[3] = 200;
        if (kind == 10)
            protocol = VRRP_PROTOCOL_AH;
        if (kind == 11)
            len = 0;
        enter(B);
        send_raw(fd, from, group, ttl, protocol, b, len);
        run_ms(1);
    }
    close(fd);
    run_ms(50);
    assert_string_equal(state_of(A, 51), "MASTER");
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_int_equal(counter(A, "became_master"), 1);
    assert_int_equal(counter(A, "adverts_heard"), heard);
    static const struct {
        const char *name;
        unsigned count;
    } counts[] = { { "wrong_addresses", 50 }, { "wrong_version", 50 }, { "bad_ttl", 50 },
                   { "bad_checksum", 50 },    { "overlong", 50 },      { "bad_type", 50 },
                   { "bad_version", 50 } };
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        assert_int_equal(counter(A, counts[i].name), counts[i].count);
    /* What has no id that is ours is counted apart, behind "foreign". */
    struct buf b;
    buf_init(&b, 1 << 20);
    enter(A);
    vrrp_status(nodes[A].vrrp, &b, clock_now());
    buf_put_char(&b, '\0');
    const char *foreign = strstr(b.data, "\"foreign\":");
    assert_non_null(foreign);
    assert_non_null(strstr(foreign, "\"unknown_vrid\":50"));
    assert_non_null(strstr(foreign, "\"truncated\":100"));
    assert_non_null(strstr(foreign, "\"auth_ah\":50"));
    buf_fini(&b);
}

static void a_weaker_master_that_does_not_hear_is_reported(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    stop(B);
    enter(B);
    int fd = raw_socket();
    const struct vrrp_ip from = { 4, { 10, 99, 0, 2 } }, group = { 4, { 224, 0, 0, 18 } };
    for (int i = 0; i < 6; i++) {
        uint8_t b[100];
        char vip[4] = { 10, 99, 0, 100 };
        struct vrrp_advert a = { .version = 3,
                                 .vrid = 51,
                                 .priority = 50,
                                 .interval_cs = 5,
                                 .address_count = 1,
                                 .addresses = span_of(vip, 4) };
        size_t len = vrrp_advert_write(b, sizeof(b), &a, &from, &group);
        enter(B);
        send_raw(fd, from, group, 255, VRRP_PROTOCOL, b, len);
        run_ms(50);
    }
    assert_string_equal(state_of(A, 51), "MASTER");
    assert_true(logged(A, "VI_51: two masters: 10.99.0.2 holds the addresses too, with priority 50"));
    run_ms(1500);
    assert_true(logged(A, "one master again"));
    /* One with our id and another address list is refused, and named. */
    for (int i = 0; i < 6; i++) {
        uint8_t b[100];
        char vip[4] = { 10, 99, 0, 77 };
        struct vrrp_advert a = { .version = 3,
                                 .vrid = 51,
                                 .priority = 200,
                                 .interval_cs = 5,
                                 .address_count = 1,
                                 .addresses = span_of(vip, 4) };
        size_t len = vrrp_advert_write(b, sizeof(b), &a, &from, &group);
        enter(B);
        send_raw(fd, from, group, 255, VRRP_PROTOCOL, b, len);
        run_ms(50);
    }
    assert_string_equal(state_of(A, 51), "MASTER");
    assert_true(logged(A, "we refuse its adverts: the list of addresses differs"));
    close(fd);
}

static void somebody_else_who_answers_is_reported(void **state)
{
    (void)state;
    fresh_config(&nodes[A]);
    add_instance(&nodes[A], 51, 150, "10.99.0.100");
    start(A);
    run_until(A, 51, "MASTER", 600);
    run_ms(150);
    enter(B);
    int fd = announce_open();
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x99 };
    struct announce_frame f = { .index = if_nametoindex("eth0"),
                                .mac = mac,
                                .ip = { 4, { 10, 99, 0, 100 } } };
    assert_int_equal(announce_send(fd, &f), 0);
    run_ms(20);
    assert_true(logged(A, "10.99.0.100 is answered by another host too, 02:00:00:00:00:99 on eth0"));
    f.ip = (struct vrrp_ip){ 4, { 10, 99, 0, 101 } };
    nodes[A].log_len = 0;
    assert_int_equal(announce_send(fd, &f), 0);
    run_ms(20);
    assert_false(logged(A, "10.99.0.101"));
    close(fd);
}

static void a_probe_finds_who_is_silent(void **state)
{
    (void)state;
    fresh_config(&nodes[A]);
    add_instance(&nodes[A], 51, 150, "10.99.0.100");
    assert_int_equal(sh(B, "ip addr add 10.99.0.100/32 dev eth0"), 0); /* by hand */
    start(A);
    run_until(A, 51, "MASTER", 600);
    run_ms(10200); /* a question each ten seconds */
    assert_int_equal(sh(B, "ip addr del 10.99.0.100/32 dev eth0"), 0);
    assert_true(logged(A, "10.99.0.100 is answered by another host too"));
}

/* ---- tracking ---- */

static void scripts_move_the_address(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        add_command(&nodes[i], "chk", 60000);
        *ARENA_PUSH(nodes[i].arena, &nodes[i].config->scripts) = (struct vrrp_script){
            .name = SPAN("chk"), .command = 0, .interval_us = 50000, .rise = 1, .fall = 2
        };
        struct vrrp_instance *m = add_instance(&nodes[i], 51, i == A ? 150 : 100, "10.99.0.100");
        track(&nodes[i], m,
              (struct vrrp_track){ .kind = VRRP_TRACK_SCRIPT, .index = 0, .effect = VRRP_EFFECT_FAULT });
        start(i);
    }
    run_ms(10);
    assert_string_equal(state_of(A, 51), "INIT"); /* until the first result */
    for (int i = 0; i < NODES; i++) {
        assert_int_equal(nodes[i].asked_count, 1);
        enter(i);
        vrrp_on_script(nodes[i].vrrp, nodes[i].asked[0].ticket, TRACK_EXITED, 0, clock_now());
    }
    run_ms(10);
    assert_string_equal(state_of(A, 51), "BACKUP");
    /* B answers well for ever, A does not answer any more: killed after its timeout, twice. */
    instant begin = clock_now();
    while (strcmp(state_of(A, 51), "FAULT") != 0 && instant_ms_between(begin, clock_now()) < 8000) {
        run_ms(10);
        enter(B);
        for (unsigned j = 1; j < nodes[B].asked_count; j++)
            vrrp_on_script(nodes[B].vrrp, nodes[B].asked[j].ticket, TRACK_EXITED, 0, clock_now());
        nodes[B].asked_count = 1;
        enter(A);
        for (unsigned j = 0; j < nodes[A].killed; j++) /* the host says how they ended: it is late news */
            vrrp_on_script(nodes[A].vrrp, nodes[A].dead[j], TRACK_SIGNALED, 9, clock_now());
    }
    assert_string_equal(state_of(A, 51), "FAULT");
    assert_int_equal(nodes[A].killed, 2);
    assert_true(logged(A, "check script chk was killed: it ran for more than 60 ms"));
    assert_true(logged(A, "FAULT (script chk: timed out)"));
    run_until(B, 51, "MASTER", 1000);
}

static void weights_move_the_address(void **state)
{
    (void)state;
    char path[] = "/tmp/keel-track-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "0\n", 2), 2);
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        struct vrrp_instance *m = add_instance(&nodes[i], 51, i == A ? 150 : 100, "10.99.0.100");
        if (i == B)
            continue;
        *ARENA_PUSH(nodes[i].arena, &nodes[i].config->files) =
            (struct vrrp_file){ .name = SPAN("f"), .path = span_from(path) };
        track(&nodes[i], m,
              (struct vrrp_track){ .kind = VRRP_TRACK_FILE, .effect = VRRP_EFFECT_WEIGHT, .weight = 2 });
    }
    start(A);
    start(B);
    run_until(A, 51, "MASTER", 600);
    assert_int_equal(pwrite(fd, "-30\n", 4, 0), 4);
    run_until(B, 51, "MASTER", 1500);
    run_ms(60);
    assert_string_equal(state_of(A, 51), "BACKUP");
    assert_true(logged(A, "the priority changes from 150 to 90"));
    assert_int_equal(pwrite(fd, "10\n  ", 4, 0), 4);
    run_until(A, 51, "MASTER", 1500);
    assert_int_equal(counter(A, "priority"), 170);
    unlink(path);
    close(fd);
}

static struct vrrp_health_shared health[NODES];

static void balancer(int i, uint32_t worker, uint32_t usable)
{
    atomic_store(&health[i].worker, worker);
    atomic_store(&health[i].threads, 2);
    uint32_t kind;
    struct span name = vrrp_health_name(&health[i], 0, &kind);
    if (name.len)
        vrrp_health_say(&health[i], 0, VRRP_ITEM_KNOWN, usable, 2);
}

static void turn_balancer(int i)
{
    atomic_fetch_add(&health[i].turns[0], 1);
    atomic_fetch_add(&health[i].turns[1], 1);
}

static void two_with_balancers(bool preempt)
{
    memset(health, 0, sizeof(health));
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        nodes[i].config->stall_us = 200000;
        struct vrrp_instance *m = add_instance(&nodes[i], 51, i == A ? 150 : 100, "10.99.0.100");
        m->worker_tracked = true;
        m->preempt = preempt;
        uint32_t pool =
            vrrp_config_health(nodes[i].config, VRRP_HEALTH_POOL, SPAN("haproxy:web"), WHERE_NONE);
        track(&nodes[i], m,
              (struct vrrp_track){
                  .kind = VRRP_TRACK_HEALTH, .index = pool, .effect = VRRP_EFFECT_YIELD, .usable_min = 1 });
        nodes[i].options.health = &health[i];
        start(i);
        assert_int_equal(atomic_load(&health[i].item_count), 1);
        balancer(i, VRRP_WORKER_SERVING, 2);
    }
    run_until(A, 51, "MASTER", 600);
}

static void run_turning(unsigned ms, bool a, bool b)
{
    for (unsigned t = 0; t < ms; t += 10) {
        if (a)
            turn_balancer(A);
        if (b)
            turn_balancer(B);
        run_ms(10);
    }
}

static void a_worker_that_is_replaced_moves_nothing(void **state)
{
    (void)state;
    two_with_balancers(true);
    for (int i = 0; i < 3; i++) {
        balancer(A, VRRP_WORKER_STARTING, 2);
        run_turning(20, true, true);
        balancer(A, VRRP_WORKER_SERVING, 2);
        run_turning(200, true, true);
    }
    assert_int_equal(counter(A, "became_master"), 1);
    assert_string_equal(state_of(A, 51), "MASTER");
    /* dead for good */
    balancer(A, VRRP_WORKER_STARTING, 2);
    run_turning(150, false, true);
    assert_string_equal(state_of(A, 51), "FAULT");
    assert_string_equal(state_of(B, 51), "MASTER");
    assert_true(logged(A, "FAULT (balancer: not serving)"));
}

static void a_thread_that_hangs_is_a_fault(void **state)
{
    (void)state;
    two_with_balancers(true);
    run_turning(300, true, true);
    assert_string_equal(state_of(A, 51), "MASTER");
    for (int t = 0; t < 40; t++) { /* one of two turns on */
        atomic_fetch_add(&health[A].turns[0], 1);
        turn_balancer(B);
        run_ms(10);
    }
    assert_string_equal(state_of(A, 51), "FAULT");
    assert_string_equal(state_of(B, 51), "MASTER");
    assert_true(logged(A, "thread 1 has not turned for"));
    run_turning(400, true, true);
    assert_string_equal(state_of(A, 51), "MASTER");
}

static void lost_backends_are_a_yield(void **state)
{
    (void)state;
    two_with_balancers(false); /* also under nopreempt */
    balancer(A, VRRP_WORKER_SERVING, 0);
    run_turning(120, true, true);
    assert_string_equal(state_of(A, 51), "YIELDED");
    assert_string_equal(state_of(B, 51), "MASTER");
    assert_true(logged(A, "gives its addresses away (pool haproxy:web: 0 of 2 usable)"));
    /* dead for both: one holds */
    balancer(B, VRRP_WORKER_SERVING, 0);
    run_turning(700, true, true);
    assert_int_equal(has(A, "10.99.0.100") + has(B, "10.99.0.100"), 1);
    assert_string_equal(state_of(A, 51), "HOLDING");
    assert_int_equal(counter(A, "priority_said"), 1);
    run_turning(1000, true, true);
    assert_int_equal(counter(A, "became_master"), 2);
    /* and whoever is well first has it, nopreempt or not */
    balancer(B, VRRP_WORKER_SERVING, 1);
    run_turning(700, true, true);
    assert_string_equal(state_of(B, 51), "MASTER");
    assert_string_equal(state_of(A, 51), "YIELDED");
}

static void flapping_is_held_down(void **state)
{
    (void)state;
    two_with_balancers(true);
    for (int i = 0; i < 3; i++) {
        balancer(A, VRRP_WORKER_SERVING, 0);
        run_turning(150, true, true);
        balancer(A, VRRP_WORKER_SERVING, 2);
        run_turning(400, true, true);
    }
    assert_string_equal(state_of(A, 51), "YIELDED");
    assert_string_equal(state_of(B, 51), "MASTER");
    assert_true(logged(A, "fails again and again: a recovery counts after 30 s"));
    stop(B); /* but it is better than nobody */
    run_turning(600, true, false);
    assert_string_equal(state_of(A, 51), "HOLDING");
}

/* ---- telling ---- */

static void changes_are_told(void **state)
{
    (void)state;
    char folder[] = "/tmp/keel-vrrp-XXXXXX", path[64], text[1000] = { 0 };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/fifo", folder);
    fresh_config(&nodes[A]);
    struct vrrp_instance *m = add_instance(&nodes[A], 51, 150, "10.99.0.100");
    m->notify.master = 0;
    m->notify.any = 1;
    nodes[A].config->vrrp_fifo = (struct vrrp_fifo){
        .path = span_from(path), .uid = UINT32_MAX, .gid = UINT32_MAX, .command = VRRP_NONE
    };
    add_command(&nodes[A], "m", 0);
    add_command(&nodes[A], "any", 0);
    start(A);
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    run_until(A, 51, "MASTER", 600);
    stop(A);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    assert_string_equal(
        text, "INSTANCE \"VI_51\" BACKUP 150\nINSTANCE \"VI_51\" MASTER 150\nINSTANCE \"VI_51\" STOP 150\n");
    assert_int_equal(nodes[A].asked_count, 4);
    assert_string_equal(nodes[A].asked[0].args, "INSTANCE VI_51 BACKUP 150");
    assert_int_equal(nodes[A].asked[1].command, 0);
    assert_string_equal(nodes[A].asked[2].args, "INSTANCE VI_51 MASTER 150");
    assert_string_equal(nodes[A].asked[3].args, "INSTANCE VI_51 STOP 150");
    assert_int_equal(access(path, F_OK), -1); /* it was ours: gone */
    close(fd);
    rmdir(folder);
}

/* ---- groups, reload, macvlan, unicast ---- */

static void groups_move_together(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        uint32_t down = vrrp_config_interface(nodes[i].config, SPAN("eth0"), WHERE_NONE);
        assert_int_equal(down, 0);
        for (uint8_t id = 51; id <= 52; id++)
            add_instance(&nodes[i], id, i == A ? 150 : 100, id == 51 ? "10.99.0.100" : "fd99::100")->group =
                0;
        struct vrrp_group *g = ARENA_PUSH(nodes[i].arena, &nodes[i].config->groups);
        *g = (struct vrrp_group){ .name = SPAN("VG"),
                                  .notify = { VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE,
                                              VRRP_NONE, 0, false } };
        add_command(&nodes[i], "any", 0);
        *ARENA_PUSH(nodes[i].arena, &g->members) = 0;
        *ARENA_PUSH(nodes[i].arena, &g->members) = 1;
        /* the second one's fault on demand */
        *ARENA_PUSH(nodes[i].arena, &nodes[i].config->files) =
            (struct vrrp_file){ .name = SPAN("f"),
                                .path = i == A ? SPAN("/tmp/keel-group-fault") : SPAN("/dev/null") };
        track(&nodes[i], &nodes[i].config->instances.items[1],
              (struct vrrp_track){ .kind = VRRP_TRACK_FILE, .effect = VRRP_EFFECT_FAULT });
    }
    unlink("/tmp/keel-group-fault");
    start(A);
    start(B);
    run_until(A, 51, "MASTER", 800);
    assert_string_equal(state_of(A, 52), "MASTER");
    run_ms(100);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_int_equal(system("echo 1 >/tmp/keel-group-fault"), 0);
    run_until(A, 51, "FAULT", 1000);
    assert_string_equal(state_of(A, 52), "FAULT");
    assert_true(logged(A, "VI_51 cannot hold its addresses: FAULT (group VG)"));
    run_until(B, 51, "MASTER", 1000);
    run_ms(20);
    assert_string_equal(state_of(B, 52), "MASTER");
    assert_true(has(B, "10.99.0.100") && has(B, "fd99::100"));
    assert_int_equal(system("echo 0 >/tmp/keel-group-fault"), 0);
    run_until(A, 52, "MASTER", 1500);
    run_until(A, 51, "MASTER", 1000);
    run_ms(50);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_string_equal(state_of(B, 52), "BACKUP");
    unlink("/tmp/keel-group-fault");
    bool told = false;
    for (unsigned i = 0; i < nodes[A].asked_count; i++)
        told |= strcmp(nodes[A].asked[i].args, "GROUP VG MASTER 150") == 0;
    assert_true(told);
}

static void reload_misses_no_advert_and_keeps_the_address(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    for (int i = 0; i < 10; i++) {
        fresh_config(&nodes[A]);
        struct vrrp_instance *m = add_instance(&nodes[A], 51, 150, "10.99.0.100");
        *ARENA_PUSH(nodes[A].arena, &m->excluded) = (struct vrrp_address){
            .ip = ip(i % 2 ? "10.99.0.101" : "10.99.0.102"), .bits = 32, .interface = VRRP_NONE
        };
        enter(A);
        vrrp_reload(nodes[A].vrrp, nodes[A].config, clock_now());
        assert_true(has(A, "10.99.0.100"));
        assert_int_equal(has(A, "10.99.0.101"), i % 2);
        assert_int_equal(has(A, "10.99.0.102"), !(i % 2));
        run_ms(60);
    }
    assert_int_equal(counter(A, "became_master"), 1);
    assert_int_equal(counter(B, "became_master"), 0);
    /* an instance that is gone takes its addresses along */
    fresh_config(&nodes[A]);
    add_instance(&nodes[A], 61, 150, "10.99.0.61");
    enter(A);
    vrrp_reload(nodes[A].vrrp, nodes[A].config, clock_now());
    assert_false(has(A, "10.99.0.100"));
    run_until(B, 51, "MASTER", 1000);
    run_until(A, 61, "MASTER", 1000);
}

static void the_virtual_mac_is_a_macvlan(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        struct vrrp_instance *m = add_instance(&nodes[i], 51, i == A ? 150 : 100, "10.99.0.100");
        m->vmac = true;
        snprintf(m->vmac_name, sizeof(m->vmac_name), "vrrp.51");
        vrrp_mac(m->vmac_mac, 51, false);
        start(i);
    }
    run_until(A, 51, "MASTER", 800);
    run_ms(100);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_int_equal(sh(A, "ip -o addr show dev vrrp.51 | grep -q 10.99.0.100/24"), 0);
    assert_int_equal(sh(B, "ip neigh flush dev eth0"), 0);
    ask_for(B, "10.99.0.100");
    assert_int_equal(sh(B, "ip neigh show 10.99.0.100 dev eth0 | grep -q 00:00:5e:00:01:33"), 0);
    stop(A);
    assert_int_not_equal(sh(A, "ip link show vrrp.51 >/dev/null 2>&1"), 0);
    assert_int_equal(sh(A, "test $(cat /proc/sys/net/ipv4/conf/eth0/arp_ignore) = 0"), 0);
    run_until(B, 51, "MASTER", 1000);
}

static void unicast_needs_no_multicast(void **state)
{
    (void)state;
    for (int i = 0; i < NODES; i++) {
        fresh_config(&nodes[i]);
        struct vrrp_instance *m = add_instance(&nodes[i], 51, i == A ? 150 : 100, "10.99.0.100");
        m->unicast = m->check_source = true;
        *ARENA_PUSH(nodes[i].arena, &m->peers) =
            (struct vrrp_unicast_peer){ .ip = ip(i == A ? "10.99.0.2" : "10.99.0.1"), .ttl_max = 255 };
        start(i);
    }
    run_until(A, 51, "MASTER", 800);
    run_ms(100);
    assert_string_equal(state_of(B, 51), "BACKUP");
    assert_true(counter(B, "adverts_heard") > 1);
    stop(A);
    run_until(B, 51, "MASTER", 1000);
}

static void the_operator_gives_the_address_away(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    enter(A);
    assert_false(vrrp_give_away(nodes[A].vrrp, SPAN("VI_99"), true, clock_now()));
    assert_true(vrrp_give_away(nodes[A].vrrp, SPAN("VI_51"), true, clock_now()));
    run_until(B, 51, "MASTER", 1000);
    run_ms(500);
    assert_string_equal(state_of(A, 51), "YIELDED");
    enter(A);
    assert_true(vrrp_give_away(nodes[A].vrrp, SPAN("VI_51"), false, clock_now()));
    run_until(A, 51, "MASTER", 1000);
}

static void a_process_that_slept_does_not_mistake_it_for_silence(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    for (int i = 0; i < 10; i++) { /* B sleeps half a second while A goes on */
        usleep(50000);
        enter(A);
        vrrp_turn(nodes[A].vrrp, clock_now());
    }
    enter(B);
    vrrp_turn(nodes[B].vrrp, clock_now());
    assert_string_equal(state_of(B, 51), "BACKUP");
}

static void static_addresses_come_at_once_and_stay(void **state)
{
    (void)state;
    fresh_config(&nodes[A]);
    struct vrrp_config *c = nodes[A].config;
    *ARENA_PUSH(nodes[A].arena, &c->static_addresses) = (struct vrrp_address){
        .ip = ip("10.97.0.1"), .bits = 24, .interface = vrrp_config_interface(c, SPAN("eth0"), WHERE_NONE)
    };
    struct vrrp_route *r = ARENA_PUSH(nodes[A].arena, &c->static_routes);
    *r = (struct vrrp_route){
        .family = AF_INET, .type = 1, .to = ip("10.96.0.0"), .bits = 16, .protocol = 18
    };
    *ARENA_PUSH(nodes[A].arena, &r->hops) =
        (struct vrrp_hop){ .via = ip("10.97.0.2"), .interface = VRRP_NONE };
    add_instance(&nodes[A], 51, 150, "10.99.0.100");
    start(A);
    assert_false(has(A, "10.97.0.1"));
    run_ms(5);
    assert_true(has(A, "10.97.0.1"));
    assert_int_equal(sh(A, "ip route | grep -q '^10.96.0.0/16 via 10.97.0.2'"), 0);
    stop(A);
    assert_true(has(A, "10.97.0.1"));
    assert_int_equal(sh(A, "ip addr del 10.97.0.1/24 dev eth0"), 0);
}

static void dumps_read_like_keepalived(void **state)
{
    (void)state;
    two_routers(150, 100, "10.99.0.100");
    struct buf b;
    buf_init(&b, 1 << 20);
    enter(A);
    vrrp_put_data(nodes[A].vrrp, &b, clock_now());
    assert_holds(buf_span(&b), "\n VRRP Instance = VI_51\n   VRRP Version = 3\n   State = MASTER\n");
    assert_holds(buf_span(&b), "\n   Virtual IP (1):\n     10.99.0.100/24 dev eth0 scope global set\n");
    assert_holds(buf_span(&b), "   Advert interval = 50 milli-sec\n");
    buf_clear(&b);
    vrrp_put_stats(nodes[A].vrrp, &b, true);
    assert_holds(buf_span(&b), "VRRP Instance: VI_51\n  Advertisements:\n    Received: 0\n    Sent: ");
    assert_holds(buf_span(&b), "  Became master: 1\n  Released master: 0\n");
    assert_int_equal(counter(A, "became_master"), 0); /* cleared */
    buf_fini(&b);
}

#define PLAY(f) cmocka_unit_test_teardown(f, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(the_stronger_holds_and_the_other_takes_over),
        PLAY(ip6_works_the_same),
        PLAY(announcements_reach_the_neighbours),
        PLAY(a_crashed_process_resumes),
        PLAY(a_vanished_address_is_put_back),
        PLAY(an_address_that_was_there_is_adopted),
        PLAY(a_link_that_goes_is_a_fault),
        PLAY(a_missing_interface_is_waited_for),
        PLAY(debounced_links_may_bounce),
        PLAY(six_hundred_bad_adverts_a_second_change_nothing),
        PLAY(a_weaker_master_that_does_not_hear_is_reported),
        PLAY(somebody_else_who_answers_is_reported),
        PLAY(a_probe_finds_who_is_silent),
        PLAY(scripts_move_the_address),
        PLAY(weights_move_the_address),
        PLAY(a_worker_that_is_replaced_moves_nothing),
        PLAY(a_thread_that_hangs_is_a_fault),
        PLAY(lost_backends_are_a_yield),
        PLAY(flapping_is_held_down),
        PLAY(changes_are_told),
        PLAY(groups_move_together),
        PLAY(reload_misses_no_advert_and_keeps_the_address),
        PLAY(the_virtual_mac_is_a_macvlan),
        PLAY(unicast_needs_no_multicast),
        PLAY(the_operator_gives_the_address_away),
        PLAY(a_process_that_slept_does_not_mistake_it_for_silence),
        PLAY(static_addresses_come_at_once_and_stay),
        PLAY(dumps_read_like_keepalived),
    };
    if (!make_machines())
        return 77; /* skipped: no network namespace can be made here */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
