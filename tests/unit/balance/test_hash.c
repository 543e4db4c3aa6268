/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choices by hash against nginx's: servers 127.0.0.1:19200 to 19204 of weights
 * 3, 3, 2, 7, 1, keys "key0", "key1" ...; the strings are what nginx 1.22 chose.
 */
#include "balance/fixture.h"

/* <names>: of the servers, NULL at the end; NULL: nginx's addresses. */
static struct bench open_pool(enum balance_algorithm a, const uint32_t *weights, const char *const *names)
{
    struct bench t = { .b = built_pool(LANGUAGE_NGINX, weights) };
    t.b.p->algorithm = a;
    for (uint32_t i = 0; i < t.b.p->servers.count; i++)
        t.b.p->servers.items[i]->name =
            names ? span_from(names[i]) : arena_printf(t.b.c->arena, "127.0.0.1:%u", 19200 + i);
    return t;
}

static char pick(const struct bench *t, struct pick_request *r, enum pick_reason *why)
{
    struct pick p;
    r->now = at_s(100);
    r->rand = &rnd;
    if (balance_pick(t->s, t->b.p, r, &p) != PICK_SERVER)
        return '-';
    server_done(snapshot_server(t->s, p.server), r->now);
    if (why)
        *why = p.reason;
    return (char)('A' + p.server->ordinal);
}

static char pick_key(const struct bench *t, unsigned n)
{
    char key[16];
    int len = snprintf(key, sizeof(key), "key%u", n);
    struct pick_request r = { .key = span_of(key, (size_t)len) };
    return pick(t, &r, NULL);
}

static char pick_ip(const struct bench *t, const char *text)
{
    struct address ip;
    assert_true(address_parse_ip(span_from(text), &ip));
    struct pick_request r = { .client = &ip };
    return pick(t, &r, NULL);
}

enum by { BY_KEY, BY_IPV4, BY_IPV6 };

static void assert_choices(enum balance_algorithm a, enum by by, bool down, const char *expected)
{
    struct bench t = open_pool(a, WEIGHTS(3, 3, 2, 7, 1), NULL);
    t.b.p->servers.items[1]->down = down;
    prepare(&t);
    char got[1300] = "";
    for (unsigned i = 0; expected[i]; i++) {
        char text[64];
        if (by == BY_IPV4)
            (void)snprintf(text, sizeof(text), "%u.%u.%u.%u", i % 223 + 1, i * 7 % 256, i * 13 % 256,
                           i % 256);
        else
            (void)snprintf(text, sizeof(text), "2001:db8:%x::%x", i * 31 % 65536, i);
        got[i] = by == BY_KEY ? pick_key(&t, i) : pick_ip(&t, text);
    }
    assert_string_equal(got, expected);
    close_pool(&t);
}

static void ip_hash(void **state)
{
    (void)state;
    assert_choices(
        BALANCE_IP_HASH, BY_IPV4, false,
        "DADECDBDBDADACDBDBDADACDBDBDADADECDBDDBDBDADACDCDBDADADECDBDBDADECDBDBDADAADADECDBDBDADECD"
        "BDBDADACDBDBDADADECDACDBDBDADACDCDBDADADECDBDBDADECDBDBDABDADADECDBDBDADECDBDBDADACDBDBDAD"
        "ADEADACDBDBDADACDBDBDADADECDBDBDADECDBDBCDBCDBDBDADECDBDBDADACDBDBDADACECDBDDBDBDADACDBDBD"
        "ADADECDBDBDADECDBDBDADAADADECDBDBDADECDBDBDADACDBDBDADACECDBCDBDBDADACDBDBDADADECDBDBDADEC"
        "DBDBDABDADADECDBDBDADECDBDBDADACDBDBDADA");
    assert_choices(
        BALANCE_IP_HASH, BY_IPV4, true,
        "DADECDDDDDADACDDDDDADACDADDDADADECDDDDADDDADACDCDEDADADECDEDDDADECDEDDDADAADADECDCDADADECD"
        "CDADADACDADDDADADECDACDADDDADACDCDDDADADECDDDEDADECDDDDDADDADADECDDDADADECDCDADADACDCDADAD"
        "ADEADACDDDDDADACDDDADADADECDDDDDADECDDDCCDDCDDDDDADECDDDDDADACDDDDDADACECDEDDDDCDADACDDDCD"
        "ADADECDADDDADECDADDDADAADADECDDDCDADECDDDDDADACDADDDADACECDDCDADDDADACDDDCDADADECDCDADADEC"
        "DEDDDADDADADECDCDADADECDDDADADACDDDDDADA");
    assert_choices(
        BALANCE_IP_HASH, BY_IPV6, false,
        "CDDABCDDAABCDDABDDDDABDDDDABDDEABDDDEABDDEEACDDEBCCDDABCDDDABCDDABCCDDABCDDDABCDDABBDDDABD"
        "DDDABDDDABBDDEABDDDEACDDEABCDDABCDDDABCDDABBCDDABCDDDABCDDAABCDDABDDDDABDDDAABDDEABDDDEABD"
        "DEEACDDEBCCDDABCDDAABCDDABCCDDABCDDDABCDDABBDDDABDDDDABDDDABBDDEABDDDEACDDEABCDDABCDDDABCD"
        "DABBDDDABDDDDABDDEABBDDEABDDDEACDDEBBCDDABCDDDABCDDABBCDDABCDDDABCDDAABCDDABDDDDABDDDAABDD"
        "EABDDDEABDDEEBCDDEBCCDDABCDDAABCDDABCCDD");
    assert_choices(
        BALANCE_IP_HASH, BY_IPV6, true,
        "CDDADCDDAADCDDADDDDDADDDDDAEDDEADDDDEADDDEEACDDEDCCDDAACDDDAECDDAACCDDAECDDDACCDDAADDDDACD"
        "DDDADDDDACDDDEACDDDEACDDEAECDDADCDDDADCDDADACDDADCDDDAACDDAAECDDAEDDDDAADDDAADDDEAADDDEADD"
        "DEEACDDEDCCDDACCDDAADCDDACCCDDADCDDDADCDDADADDDADDDDDADDDDADADDEADDDDEACDDEADCDDADCDDDACCD"
        "DAADDDDAADDDDADDDEAADDDEADDDDEACDDECECDDADCDDDADCDDADACDDADCDDDAACDDAAACDDAEDDDDAADDDAACDD"
        "EAADDDEACDDEEDCDDEDCCDDACCDDAADCDDACCCDD");
}

static void hash_of_a_key(void **state)
{
    (void)state;
    assert_choices(
        BALANCE_HASH, BY_KEY, false,
        "DDBACADEACDDABACEDCAACEDDDABDDDDBBCADDACDDBACADEACACDDDDBBDDDDBBACDDCACADEDDBADDDDACBBDDBA"
        "BADDDECADDABDDEDACDDDDCABBDDABBBDDDDCAEDEDACABDDBBDDACBBDDBABADDDECADDDECABADDBBBBDDDDACDE"
        "DDBACADEACACDDDDBBDDBBDDDDCAEDEDACABDDBBABDDEDACDDDDCABBDDABDECABADDBBBBDDDDACDEDDACBBDDBA"
        "BADDDECADDDDBBACDDCACADEDDBADDCADEDDBADDDDBBACDDCAACDDDDBBDDDDBACADEACDDBBCADDACACEDDDABDD"
        "DDABACEDCACADDDDBBDDEDACABDDBBBBDDDDCAEDDDCABBDDABABDDEDACDDEDACABDDBBBBDDDDCAEDBADDDECADD"
        "DDACBBDDBABBDDDDACDEDECABADDBBACDDDDBBDDDDBACADEACDDBACADEACACDDDDBBDDDDBBACDDCACADEDDBADD"
        "CADDDDBBDDDDABACEDCAACEDDDABDDDDBBCADDACABDDEDACDDDDCABBDDAB");
    assert_choices(
        BALANCE_HASH, BY_KEY, true,
        "DDCACADEACDDADACEDCAACEDDDADDDDDCDCADDACDDDACADEACACDDDDDCDDDDDCACDDCACADEDDDADDDDACDCDDDA"
        "DADDDECADDADDDEDACDDDDCAADDDADADDDDDCAEDEDACADDDADDDACDADDDADADDDECADDDECADADDDADADDDDACDE"
        "DDDACADEACACDDDDDADDADDDDDCAEDEDACADDDADADDDEDACDDDDCAADDDADDECADADDDADADDDDACDEDDACDADDDA"
        "DADDDECADDDDDAACDDCACADEDDDADDCADEDDDADDDDDAACDDCAACDDDDDADDDDDACADEACDDADCADDACACEDDDADDD"
        "DDADACEDCACADDDDADDDEDACADDDADADDDDDCAEDDDCAADDDADADDDEDACDDEDACADDDADADDDDDCAEDDADDDECADD"
        "DDACDADDDADADDDDACDEDECADADDDAACDDDDDADDDDDACADEACDDDACADEACACDDDDDADDDDDAACDDCACADEDDDADD"
        "CADDDDADDDDDADACEDCAACEDDDADDDDDADCADDACADDDEDACDDDDCAADDDAD");
}

static void hash_consistent(void **state)
{
    (void)state;
    assert_choices(
        BALANCE_KETAMA, BY_KEY, false,
        "DCBDADDDDDEABDCCEDADDDBCEDDDECDDDDBCCCEDDBDDDBEDCADCDBDCADBBEDDADAEDABDADDCADBCAAACCADDDEB"
        "DAEDDDDBCDDDADDDADBCADBDDDADBDDDDBBDDDDDDDDAADCBADCDDDDADDDDBBAACAADDADBAABADBDBDAADDEADAA"
        "EABDAABDAAABBDDAADCDBDAEBABBCDCBDEDDADDCACBBDBDDBCEDDDDABDBABCBADDDDDBCDEDDADAEDEBDDDDDDCD"
        "CADDDBCABDDDAABDDAAABDDDBEBDDCBBECDDDEDBCDEDCDBDEADDACADADDDDBDAADCEABDBDBDADBDDCDBADBEBCB"
        "DAADABBDDCBCDDAADDDBDBDDADDBAACDAACDBDBBBABDAEAADDADBDDDBCCCDDDDDDBAABCBDDDADABAECDABADDDB"
        "DCBCDDEDBADDABABBDBEDDDDEDDCDCDAAAEDBADDDEADDDDAEDBDADDBEAADDDDDADDABDBCDDBBDDAEDDDAAAACDA"
        "DAADCDCDDCDDABABADBDAAECDDDCBDDDDCACDCEBDBDCECADBDBDDCDADDDC");
    assert_choices(
        BALANCE_KETAMA, BY_KEY, true,
        "DCADADDDDDEADDCCEDADDDACEDDDECDDDDDCCCEDDDDDDDEDCADCDCDCADDDEDDADAEDAADADDCADCCAAACCADDDEC"
        "DAEDDDDCCDDDADDDADCCADDDDDADADDDDDCDDDDDDDDAADCDADCDDDDADDDDDDAACAADDADCAAAADDDADAADDEADAA"
        "EAEDAACDAAACADDAADCDDDAEDADCCDCADEDDADDCACDEDADDDCEDDDDADDDACCDADDDDDACDEDDADAEDEDDDDDDDCD"
        "CADDDACADDDDAADDDAAADDDDCEDDDCDDECDDDEDDCDEDCDCDEADDACADADDDDADAADCEADDDDADADEDDCDDADCECCD"
        "DAADACEDDCACDDAADDDCDEDDADDEAACDAACDDDCADAADAEAADDADADDDACCCDDDDDDDAAACADDDADADAECDACADDDC"
        "DCACDDEDDADDAEADDDDEDDDDEDDCDCDAAAEDDADDDEADDDDAEDDDADDCEAADDDDDADDADDCCDDADDDAEDDDAAAACDA"
        "DAADCDCDDCDDACADADDDAAECDDDCADDDDCACDCEEDADCECADDDDDDCDADDDC");
}

/* Names without a port, of UNIX sockets and in brackets, as nginx makes points of them. */
static void points_of_all_kinds_of_names(void **state)
{
    (void)state;
    static const char *const names[] = { "localhost:19200", "127.0.0.1", "unix:/tmp/app.sock",
                                         "127.0.0.1:19201", "[::1]:19203" };
    struct bench t = open_pool(BALANCE_KETAMA, WEIGHTS(1, 1, 1, 2, 1), names);
    prepare(&t);
    const char *expected =
        "EDBDDDDAADBDDDEDEEDDEBDDEACDEECEAADCCACDABECEAACCBABEDEDCADDDCABAAEDCEDCEBABDDCDCCAABEDDAE"
        "BDBACCCDAACADDADEDDADADDDCBADACBADDEACDEEBBBDECDDEEEDBDDADDADDDADCBDDECBCAADABCDECEABEDEEA"
        "EEDDACBDBDEDBCDECECDBECBDCDDCADDDBDDCECDADDDCDADBECDEECEDEDADABEEECDCDDDDDEDCEADDDEEDDDEAC"
        "DAADBDBBBCEBBCDBBDECDADBDCACEA";
    for (unsigned i = 0; expected[i]; i++)
        assert_int_equal(pick_key(&t, i), expected[i]);
    close_pool(&t);
}

/* One server more takes some keys and moves none between the others. */
static void a_new_server_moves_only_what_it_takes(void **state)
{
    (void)state;
    struct bench five = open_pool(BALANCE_KETAMA, WEIGHTS(1, 1, 1, 1, 1), NULL),
                 six = open_pool(BALANCE_KETAMA, WEIGHTS(1, 1, 1, 1, 1, 1), NULL);
    prepare(&five);
    prepare(&six);
    unsigned moved = 0;
    for (unsigned i = 0; i < 1200; i++) {
        char before = pick_key(&five, i), after = pick_key(&six, i);
        assert_true(before == after || after == 'F');
        moved += before != after;
    }
    assert_in_range(moved, 100, 300);
    close_pool(&five);
    close_pool(&six);
}

static void servers_of_one_name_take_turns(void **state)
{
    (void)state;
    static const char *const names[] = { "app:80", "app:80", "other:80" };
    struct bench t = open_pool(BALANCE_KETAMA, WEIGHTS(1, 1, 1), names);
    prepare(&t);
    unsigned each[3] = { 0 };
    for (unsigned i = 0; i < 400; i++)
        each[pick_key(&t, i) - 'A']++;
    assert_in_range(each[0], each[1] - 1, each[1] + 1);
    assert_true(each[2] > 50);
    close_pool(&t);
}

static void reasons_and_the_last_resort(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_HASH, WEIGHTS(60, 1, 1, 1), NULL);
    prepare(&t);
    struct pick_request r = { .key = SPAN("key1") };
    enum pick_reason why;
    assert_int_equal(pick(&t, &r, &why), 'A');
    assert_int_equal(why, PICK_HASHED);
    server_set_admin(t.s->servers[0], ADMIN_MAINT, 0, at_s(100));
    unsigned hashed = 0, turned = 0;
    for (unsigned i = 0; i < 300; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "key%u", i);
        r.key = span_of(key, (size_t)len);
        assert_int_not_equal(pick(&t, &r, &why), 'A');
        hashed += why == PICK_HASHED_ON;
        turned += why == PICK_HASHED_TURN;
    }
    assert_true(hashed > 100 && turned > 50); /* (60/63)^21 of the keys find nobody: 36 % */
    close_pool(&t);
}

static void without_a_client_address_it_goes_by_turn(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_IP_HASH, WEIGHTS(1, 1), NULL);
    prepare(&t);
    struct pick_request r = { .key = SPAN("") };
    assert_int_equal(pick(&t, &r, NULL), 'A');
    assert_int_equal(pick(&t, &r, NULL), 'B');
    close_pool(&t);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(ip_hash),
        T(hash_of_a_key),
        T(hash_consistent),
        T(points_of_all_kinds_of_names),
        T(a_new_server_moves_only_what_it_takes),
        T(servers_of_one_name_take_turns),
        T(reasons_and_the_last_resort),
        T(without_a_client_address_it_goes_by_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
