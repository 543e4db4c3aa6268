/* SPDX-License-Identifier: Apache-2.0 */
/* What config_seal joins and what it refuses, each with the places it names. */
#include "unit.h"

#include <netinet/in.h>

#include "model/config.h"
#include "model/route.h"

struct fixture {
    struct config *c;
    struct diags *d;
    uint32_t source;
};

static int setup(void **state)
{
    static struct fixture f;
    f.c = config_new();
    f.d = diags_new();
    f.source = diags_add_source(f.d, SPAN("a.conf"), SPAN("one\ntwo\nthree\nfour\n"));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    config_free(&f->c);
    diags_free(&f->d);
    assert_null(f->c);
    return 0;
}

/* The <n>-th line of the source. */
static struct where line(const struct fixture *f, unsigned n)
{
    static const uint32_t offsets[] = { 0, 4, 8, 14 };
    return (struct where){ f->source, offsets[n - 1], 3 };
}

static void assert_one(const struct fixture *f, const char *code, unsigned at_line, unsigned other_line)
{
    struct span name;
    uint32_t l, column;
    assert_int_equal(diags_total(f->d), 1);
    const struct diag *e = diags_at(f->d, 0);
    assert_string_equal(e->kind->code, code);
    assert_non_null(e->kind->zh);
    assert_true(diags_place(f->d, e->where, &name, &l, &column));
    assert_int_equal(l, at_line);
    if (other_line == 0)
        return;
    assert_int_equal(e->others.count, 1);
    assert_true(diags_place(f->d, e->others.items[0].where, &name, &l, &column));
    assert_int_equal(l, other_line);
}

static struct listener *listen_on(struct fixture *f, const char *ip, uint16_t port, unsigned at)
{
    struct listener *l = config_add_listener(f->c);
    assert_true(address_parse_ip(span_from(ip), &l->address));
    address_set_port(&l->address, port);
    l->written = span_from(ip);
    l->at = line(f, at);
    return l;
}

static struct server *add_server(struct fixture *f, struct pool *p, const char *name, unsigned at)
{
    struct server *s = config_add_server(f->c, p);
    s->name = span_from(name);
    s->at = line(f, at);
    if (address_parse_ip(s->name, &s->address))
        address_set_port(&s->address, 80);
    return s;
}

static void users_of_two_languages_must_agree(void **state)
{
    struct fixture *f = *state;
    config_claim_user(f->c, LANGUAGE_NGINX, SPAN("www-data"), 33, line(f, 1));
    config_claim_user(f->c, LANGUAGE_HAPROXY, SPAN("haproxy"), 99, line(f, 3));
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0501", 3, 1);
}

static void one_language_may_change_its_mind(void **state)
{
    struct fixture *f = *state;
    config_claim_user(f->c, LANGUAGE_HAPROXY, SPAN("first"), 1, line(f, 1));
    config_claim_user(f->c, LANGUAGE_HAPROXY, SPAN("second"), 2, line(f, 2));
    config_claim_user(f->c, LANGUAGE_NGINX, SPAN("the-same-by-id"), 2, line(f, 3));
    assert_true(config_seal(f->c, f->d));
    assert_span(f->c->process.user, "second");
    assert_int_equal(f->c->process.uid, 2);
}

static void unknown_ids_compare_by_name(void **state)
{
    struct fixture *f = *state;
    config_claim_group(f->c, LANGUAGE_HAPROXY, SPAN("g"), UINT32_MAX, line(f, 1));
    config_claim_group(f->c, LANGUAGE_NGINX, SPAN("h"), UINT32_MAX, line(f, 2));
    config_claim_chroot(f->c, LANGUAGE_HAPROXY, SPAN("/var/empty"), line(f, 3));
    config_claim_chroot(f->c, LANGUAGE_NGINX, SPAN("/var/empty"), line(f, 4));
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0502", 2, 1);
    assert_span(f->c->process.chroot, "/var/empty");
}

static void two_listeners_on_one_address(void **state)
{
    struct fixture *f = *state;
    (void)listen_on(f, "10.0.0.1", 80, 2);
    (void)listen_on(f, "10.0.0.1", 81, 3);
    (void)listen_on(f, "10.0.0.1", 80, 4);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0520", 4, 2);
}

static void one_service_may_have_several_sockets(void **state)
{
    struct fixture *f = *state;
    struct service *s = config_add_service(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    struct listener *a = listen_on(f, "10.0.0.1", 80, 2), *b = listen_on(f, "10.0.0.1", 80, 3);
    a->service = b->service = s;
    a->reuseport = b->reuseport = true;
    assert_true(config_seal(f->c, f->d));
    assert_int_equal(diags_total(f->d), 0);
}

static void every_address_is_in_the_way_of_one(void **state)
{
    struct fixture *f = *state;
    (void)listen_on(f, "127.0.0.1", 80, 1);
    (void)listen_on(f, "0.0.0.0", 80, 2);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0521", 2, 1);
}

static void every_ipv6_address_covers_ipv4_unless_v6only(void **state)
{
    struct fixture *f = *state;
    struct listener *all = listen_on(f, "::", 80, 1);
    (void)listen_on(f, "10.0.0.1", 80, 2);
    all->v6only = true;
    assert_true(config_seal(f->c, f->d));
}

static void every_ipv6_address_covers_ipv4(void **state)
{
    struct fixture *f = *state;
    (void)listen_on(f, "::", 80, 1);
    (void)listen_on(f, "10.0.0.1", 80, 2);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0521", 2, 1);
}

static void tcp_and_udp_of_one_port_are_two(void **state)
{
    struct fixture *f = *state;
    (void)listen_on(f, "10.0.0.1", 53, 1);
    listen_on(f, "10.0.0.1", 53, 2)->datagram = true;
    listen_on(f, "10.0.0.1", 53, 3)->interface = SPAN("eth1");
    assert_true(config_seal(f->c, f->d));
}

static void a_unix_socket_listened_on_twice(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 1; i <= 2; i++) {
        struct listener *l = config_add_listener(f->c);
        assert_true(address_unix(SPAN("/run/a"), false, &l->address));
        l->at = line(f, i);
    }
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0520", 2, 1);
}

static void pools_of_one_name(void **state)
{
    struct fixture *f = *state;
    config_add_pool(f->c, LANGUAGE_NGINX, SPAN("web"))->at = line(f, 1);
    config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"))->at = line(f, 2);
    config_add_stream_pool(f->c, LANGUAGE_NGINX, SPAN("web"))->at = line(f, 3);
    config_add_pool(f->c, LANGUAGE_NGINX, SPAN("web"))->at = line(f, 4);
    assert_ptr_equal(config_find_pool(f->c, LANGUAGE_NGINX, SPAN("web")), f->c->pools.items[0]);
    assert_ptr_equal(config_find_stream_pool(f->c, LANGUAGE_NGINX, SPAN("web")), f->c->pools.items[2]);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0504", 4, 1);
}

static void services_of_one_name(void **state)
{
    struct fixture *f = *state;
    config_add_service(f->c, LANGUAGE_NGINX, SPAN("*:53"))->at = line(f, 1);
    config_add_service(f->c, LANGUAGE_NGINX, SPAN("*:53"))->protocol = PROTOCOL_UDP;
    assert_true(config_seal(f->c, f->d));
}

static void two_frontends_of_one_name(void **state)
{
    struct fixture *f = *state;
    config_add_service(f->c, LANGUAGE_HAPROXY, SPAN("web"))->at = line(f, 1);
    config_add_service(f->c, LANGUAGE_HAPROXY, SPAN("web"))->at = line(f, 2);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0505", 2, 1);
}

static void two_servers_of_one_name(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    p->uses = 1;
    (void)add_server(f, p, "s1", 1);
    (void)add_server(f, p, "s2", 2);
    (void)add_server(f, p, "s1", 3);
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0506", 3, 1);
}

/* A line put in between must not move the others' identities. */
static void nginx_servers_are_known_by_address(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_NGINX, SPAN("web"));
    p->uses = 1;
    (void)add_server(f, p, "10.0.0.1", 1);
    (void)add_server(f, p, "10.0.0.2", 2);
    (void)add_server(f, p, "10.0.0.1", 3);
    assert_true(config_seal(f->c, f->d));
    assert_span(p->servers.items[0]->identity, "10.0.0.1:80");
    assert_span(p->servers.items[1]->identity, "10.0.0.2:80");
    assert_span(p->servers.items[2]->identity, "10.0.0.1:80 #2");
}

static void ids_fill_the_gaps(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    p->uses = 1;
    (void)add_server(f, p, "a", 1);
    add_server(f, p, "b", 2)->id = 1;
    (void)add_server(f, p, "c", 3);
    add_server(f, p, "d", 4)->id = 3;
    (void)add_server(f, p, "e", 4);
    assert_true(config_seal(f->c, f->d));
    const uint32_t expected[] = { 2, 1, 4, 3, 5 };
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(p->servers.items[i]->id, expected[i]);
}

static void an_id_given_twice(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    p->uses = 1;
    add_server(f, p, "a", 2)->id = 7;
    add_server(f, p, "b", 3)->id = 7;
    assert_false(config_seal(f->c, f->d));
    assert_one(f, "K0507", 3, 2);
}

static void tracking_in_a_circle(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    p->uses = 1;
    struct server *a = add_server(f, p, "a", 1), *b = add_server(f, p, "b", 2), *c = add_server(f, p, "c", 3);
    a->track = b;
    b->track = c;
    c->track = b; /* a leads into the circle but is not in it: every one of them can never be decided */
    assert_false(config_seal(f->c, f->d));
    assert_int_equal(diags_total(f->d), 3);
    assert_string_equal(diags_at(f->d, 0)->kind->code, "K0508");
}

static void tracking_somebody_who_is_not_checked(void **state)
{
    struct fixture *f = *state;
    static const struct check check = { .kind = CHECK_TCP };
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    p->uses = 1;
    struct server *a = add_server(f, p, "a", 1), *b = add_server(f, p, "b", 2), *c = add_server(f, p, "c", 3);
    a->track = b;
    b->check = &check;
    assert_ptr_equal(a->track->check, &check);
    b->track = c;
    assert_false(config_seal(f->c, f->d));
    assert_int_equal(diags_total(f->d), 2);
    assert_string_equal(diags_at(f->d, 1)->kind->code, "K0509");
}

static struct scope *route_to(struct fixture *f, struct pool *p)
{
    struct scope *s = config_add_scope(f->c, LANGUAGE_NGINX, SPAN("/"));
    struct action *a = action_add(f->c, s, HOOK_REQUEST, ACTION_PROXY, WHERE_NONE);
    a->proxy = ARENA_NEW(f->c->arena, struct proxy);
    a->proxy->pool = p;
    return s;
}

static void a_pool_that_nothing_uses_is_a_warning(void **state)
{
    struct fixture *f = *state;
    struct pool *used = config_add_pool(f->c, LANGUAGE_NGINX, SPAN("used"));
    struct pool *unused = config_add_pool(f->c, LANGUAGE_NGINX, SPAN("unused"));
    (void)config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("only a table"));
    unused->at = line(f, 2);
    (void)add_server(f, used, "10.0.0.1", 1);
    (void)add_server(f, unused, "10.0.0.1", 1);
    (void)route_to(f, used);
    assert_true(config_seal(f->c, f->d));
    assert_int_equal(used->uses, 1);
    assert_one(f, "K0510", 2, 0);
}

static void a_name_computed_while_running_may_use_any_pool(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_NGINX, SPAN("web"));
    (void)add_server(f, p, "10.0.0.1", 1);
    (void)route_to(f, NULL);
    assert_true(config_seal(f->c, f->d));
    assert_int_equal(diags_total(f->d), 0);
}

/* A backend's own PROXY is no use of it; entering its scope is. */
static void a_backend_counts_when_it_is_entered(void **state)
{
    struct fixture *f = *state;
    struct pool *p = config_add_pool(f->c, LANGUAGE_HAPROXY, SPAN("web"));
    (void)add_server(f, p, "s", 1);
    route_to(f, p)->pool = p;
    p->at = line(f, 3);
    assert_true(config_seal(f->c, f->d));
    assert_one(f, "K0510", 3, 0);
}

static void location_trees_are_ready_after_the_seal(void **state)
{
    struct fixture *f = *state;
    struct scope *s = config_add_scope(f->c, LANGUAGE_NGINX, SPAN("server"));
    struct location_tree *t = ARENA_NEW(f->c->arena, struct location_tree);
    *ARENA_PUSH(f->c->arena, &t->prefixes) = (struct location_prefix){ .prefix = SPAN("/"), .scope = s };
    action_add(f->c, s, HOOK_REQUEST, ACTION_ROUTE_LOCATION, WHERE_NONE)->locations = t;
    assert_true(config_seal(f->c, f->d));
    assert_ptr_equal(location_tree_find(t, SPAN("/x"))->scope, s);
}

static void slots_targets_and_regexes_are_shared(void **state)
{
    struct fixture *f = *state;
    struct buf why;
    size_t at;
    char text[64];
    buf_init_fixed(&why, text, sizeof(text));
    assert_int_equal(config_slot(f->c, SPAN("a")), 0);
    assert_int_equal(config_slot(f->c, SPAN("b")), 1);
    assert_int_equal(config_slot(f->c, SPAN("a")), 0);
    assert_int_equal(f->c->slots, 2);
    struct regex *r = config_regex(f->c, SPAN("^a"), false, &why, &at);
    assert_non_null(r);
    assert_ptr_equal(config_regex(f->c, SPAN("^a"), false, &why, &at), r);
    assert_ptr_not_equal(config_regex(f->c, SPAN("^a"), true, &why, &at), r);
    struct log_target file = { .kind = LOG_FILE, .path = SPAN("/var/log/a"), .fd = -1 };
    struct log_target *t = config_log_target(f->c, &file);
    file.buffer = 64;
    assert_ptr_equal(config_log_target(f->c, &file), t);
    file.path = SPAN("/var/log/b");
    assert_int_equal(config_log_target(f->c, &file)->index, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(users_of_two_languages_must_agree),
        T(one_language_may_change_its_mind),
        T(unknown_ids_compare_by_name),
        T(two_listeners_on_one_address),
        T(one_service_may_have_several_sockets),
        T(every_address_is_in_the_way_of_one),
        T(every_ipv6_address_covers_ipv4_unless_v6only),
        T(every_ipv6_address_covers_ipv4),
        T(tcp_and_udp_of_one_port_are_two),
        T(a_unix_socket_listened_on_twice),
        T(pools_of_one_name),
        T(services_of_one_name),
        T(two_frontends_of_one_name),
        T(two_servers_of_one_name),
        T(nginx_servers_are_known_by_address),
        T(ids_fill_the_gaps),
        T(an_id_given_twice),
        T(tracking_in_a_circle),
        T(tracking_somebody_who_is_not_checked),
        T(a_pool_that_nothing_uses_is_a_warning),
        T(a_name_computed_while_running_may_use_any_pool),
        T(a_backend_counts_when_it_is_entered),
        T(location_trees_are_ready_after_the_seal),
        T(slots_targets_and_regexes_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
