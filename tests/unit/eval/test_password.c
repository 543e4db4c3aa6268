/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes made by htpasswd and openssl passwd. */
#include "eval/password.h"

#include "unit.h"

static void every_kind_of_hash(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "{PLAIN}open sesame",
        "{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=",
        "{SSHA}OgOHX6QOjTTuF2lA+gPys7Y6iabU0bel",
        "{SSHA}IfpDgP+6VkTix2v82Xu+qpl93iazqeNDQy+h7Q==",
        "$apr1$saltsalt$HIDXe7D36X22w1CH4M1cQ.",
        "$apr1$ab$Ta2LNG0/m5213NAkfGhe/.",
        "$1$saltsalt$Yo6tRKYGO/jWyb1etwHDS/",
        "$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",
        "$6$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1",
        "$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy",
    };
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (!password_matches(SPAN("open sesame"), span_from(hashes[i])))
            fail_msg("%s is not taken", hashes[i]);
        if (password_matches(SPAN("open sesame "), span_from(hashes[i])) ||
            password_matches(SPAN(""), span_from(hashes[i])))
            fail_msg("%s is any password's", hashes[i]);
    }
}

static void a_long_password(void **state)
{
    (void)state;
    assert_true(password_matches(SPAN("a password that is longer than one block of MD5"),
                                 SPAN("$apr1$x1y2z3$QdworV0pq1YT8fuuxwKJn/")));
}

static void what_is_no_hash(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "",      "*",         "!",          "x",    "$apr1$", "$apr1$salt",
        "{SHA}", "{SHA}AAAA", "{SSHA}====", "$2y$", "$6$",    "{PLAIN}other"
    };
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
        assert_false(password_matches(SPAN("p"), span_from(hashes[i])));
    assert_false(password_matches(span_of("p\0q", 3), SPAN("{PLAIN}p")));
}

static void only_quick_ones_are_for_traffic_threads(void **state)
{
    (void)state;
    assert_true(password_is_quick(SPAN("{SHA}x")));
    assert_false(password_is_quick(SPAN("$2y$10$x")));
    assert_false(password_is_quick(SPAN("$apr1$x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_hash),
        cmocka_unit_test(a_long_password),
        cmocka_unit_test(what_is_no_hash),
        cmocka_unit_test(only_quick_ones_are_for_traffic_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
