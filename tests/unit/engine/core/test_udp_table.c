/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/udp_table.h"

#include "unit.h"

static struct udp_key key_of(const char *client, unsigned port, const char *local)
{
    struct address from, to;
    struct udp_key k;

    assert_true(address_parse_ip(span_from(client), &from));
    address_set_port(&from, (uint16_t)port);
    if (local)
        assert_true(address_parse_ip(span_from(local), &to));
    udp_key_of(&k, &from, local ? &to : NULL);
    return k;
}

static void a_client_is_address_port_and_where_it_went(void **state)
{
    (void)state;
    struct udp_table t;
    struct udp_entry e = { 0 };
    struct udp_key k = key_of("10.0.0.1", 4000, "10.0.0.9"), other;

    udp_table_init(&t);
    assert_null(udp_table_find(&t, &k));
    assert_true(udp_table_add(&t, &e, k));
    assert_ptr_equal(udp_table_find(&t, &k), &e);
    other = key_of("10.0.0.1", 4001, "10.0.0.9");
    assert_null(udp_table_find(&t, &other));
    other = key_of("10.0.0.2", 4000, "10.0.0.9");
    assert_null(udp_table_find(&t, &other));
    other = key_of("10.0.0.1", 4000, "10.0.0.8");
    assert_null(udp_table_find(&t, &other));
    udp_table_remove(&e);
    udp_table_remove(&e);
    assert_null(udp_table_find(&t, &k));
    udp_table_fini(&t);
}

static void a_link_local_client_is_of_its_link(void **state)
{
    (void)state;
    struct address a;
    struct udp_key one, two;

    assert_true(address_parse_ip(SPAN("fe80::1"), &a));
    a.u.in6.sin6_scope_id = 1;
    udp_key_of(&one, &a, NULL);
    a.u.in6.sin6_scope_id = 257;
    udp_key_of(&two, &a, NULL);
    assert_memory_not_equal(&one, &two, sizeof(one));
}

static void it_grows_and_shrinks_with_its_clients(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct udp_entry entries[COUNT];
    struct udp_table t;
    struct udp_key k;

    udp_table_init(&t);
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(udp_table_add(&t, &entries[i], key_of("10.0.0.1", i + 1, NULL)));
    for (unsigned i = 0; i < COUNT; i += 2)
        udp_table_remove(&entries[i]);
    assert_int_equal(t.count, COUNT / 2);
    for (unsigned i = 0; i < COUNT; i++) {
        k = key_of("10.0.0.1", i + 1, NULL);
        assert_ptr_equal(udp_table_find(&t, &k), i % 2 ? &entries[i] : NULL);
    }
    for (unsigned i = 1; i < COUNT; i += 2)
        udp_table_remove(&entries[i]);
    udp_table_fini(&t);
}

static void without_memory_it_refuses_the_first_and_keeps_the_rest(void **state)
{
    (void)state;
    static struct udp_entry entries[65];
    struct udp_table t;
    struct udp_key k = key_of("10.0.0.1", 65, NULL);

    udp_table_init(&t);
    unit_fail_alloc(1);
    assert_false(udp_table_add(&t, &entries[0], key_of("10.0.0.1", 1, NULL)));
    unit_fail_alloc(0);
    for (unsigned i = 0; i < 64; i++)
        assert_true(udp_table_add(&t, &entries[i], key_of("10.0.0.1", i + 1, NULL)));
    unit_fail_alloc(1); /* where it would grow */
    assert_true(udp_table_add(&t, &entries[64], k));
    unit_fail_alloc(0);
    assert_ptr_equal(udp_table_find(&t, &k), &entries[64]);
    for (unsigned i = 0; i < 65; i++)
        udp_table_remove(&entries[i]);
    udp_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_address_port_and_where_it_went),
        cmocka_unit_test(a_link_local_client_is_of_its_link),
        cmocka_unit_test(it_grows_and_shrinks_with_its_clients),
        cmocka_unit_test(without_memory_it_refuses_the_first_and_keeps_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
