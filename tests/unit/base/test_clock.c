/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "unit.h"

static const uint64_t noon = 1795348831; /* Sun, 22 Nov 2026 12:00:31 GMT */

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    clock_load_zone();
}

static void instants_and_durations_count(void **state)
{
    (void)state;
    instant t = { 5000000 };
    assert_int_equal(instant_after(t, DURATION_MS(250)).us, 5250000);
    assert_true(instant_after(t, DURATION_NONE).us == UINT64_MAX);
    assert_int_equal(instant_ms_between(t, (instant){ 5250999 }), 250);
    assert_int_equal(instant_ms_between((instant){ 5250999 }, t), 0);
    assert_int_equal(DURATION_S(3).ms, 3000);
    instant a = clock_now(), b = clock_now();
    assert_true(b.us >= a.us && a.us > 0);
    assert_in_range(clock_wall_us() / 1000000, (uint64_t)time(NULL) - 1, (uint64_t)time(NULL) + 1);
}

static void writes_every_form_in_the_zone(void **state)
{
    (void)state;
    struct clock_text text = { 0 };
    use_zone("CST-8"); /* POSIX counts west: eight hours east, as in China */
    clock_text_at(&text, noon * 1000000 + 999999);
    assert_string_equal(text.common, "22/Nov/2026:20:00:31 +0800");
    assert_string_equal(text.haproxy, "22/Nov/2026:20:00:31");
    assert_string_equal(text.syslog, "Nov 22 20:00:31");
    assert_string_equal(text.iso, "2026-11-22T20:00:31+08:00");
    assert_string_equal(text.error, "2026/11/22 20:00:31");
    struct clock_http http = { 0 };
    clock_http_at(&http, noon * 1000000 + 999999);
    assert_string_equal(http.text, "Sun, 22 Nov 2026 12:00:31 GMT");
    assert_int_equal(strlen(http.text), CLOCK_HTTP_LEN);
}

static void writes_half_hours_and_west(void **state)
{
    (void)state;
    struct clock_text text = { 0 };
    use_zone("NST3:30");
    clock_text_at(&text, noon * 1000000);
    assert_string_equal(text.common, "22/Nov/2026:08:30:31 -0330");
    assert_string_equal(text.iso, "2026-11-22T08:30:31-03:30");
    use_zone("UTC0");
    clock_text_at(&text, UINT64_C(1795348831) * 1000000); /* the same second: the cached text stays */
    assert_string_equal(text.common, "22/Nov/2026:08:30:31 -0330");
    clock_text_at(&text, UINT64_C(1795348832) * 1000000);
    assert_string_equal(text.common, "22/Nov/2026:12:00:32 +0000");
    clock_text_at(&text, UINT64_C(1793534400) * 1000000);
    assert_string_equal(text.syslog, "Nov  1 12:00:00"); /* RFC 3164: a space before one digit */
}

static void summer_time_changes_while_it_runs(void **state)
{
    (void)state;
    struct clock_text text = { 0 };
    use_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    clock_text_at(&text, UINT64_C(1774745999) * 1000000);
    assert_string_equal(text.common, "29/Mar/2026:01:59:59 +0100");
    clock_text_at(&text, UINT64_C(1774746000) * 1000000);
    assert_string_equal(text.common, "29/Mar/2026:03:00:00 +0200");
}

/* Every day from 1970 to 2110, against libc. */
static void the_calendar_is_right(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < UINT64_C(140) * 366 * 86400; s += 86400 + 13) {
        char storage[64], expected[64];
        struct buf b;
        struct tm tm;
        time_t t = (time_t)s;
        buf_init_fixed(&b, storage, sizeof(storage));
        clock_put_http(&b, s);
        assert_non_null(gmtime_r(&t, &tm));
        assert_true(strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm) == b.len);
        assert_span(buf_span(&b), expected);
        uint64_t back = 0;
        assert_true(clock_parse_http(buf_span(&b), &back));
        assert_true(back == s);
    }
}

static void reads_the_three_forms(void **state)
{
    (void)state;
    /* RFC 9110 5.6.7's own examples */
    static const char *const forms[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994" };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        uint64_t s = 0;
        assert_true(clock_parse_http(span_from(forms[i]), &s));
        assert_int_equal(s, 784111777);
    }
    uint64_t s = 0;
    assert_true(clock_parse_http(SPAN("Thu Feb 29 23:59:60 2024"), &s)); /* a leap second on a leap day */
    assert_int_equal(s, 1709251200);
    assert_true(clock_parse_http(SPAN("Friday, 01-Jan-27 00:00:00 GMT"), &s));
    assert_int_equal(s, 1798761600);
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "Sun, ",
                                       "Sun, 06 Nov 1994 08:49:37",
                                       "Sun, 06 Nov 1994 08:49:37 CET",
                                       "Sun, 06 Nov 1994 08:49:37 GMT ",
                                       "Sun, 31 Feb 1994 08:49:37 GMT",
                                       "Wed, 29 Feb 2023 08:49:37 GMT",
                                       "Sun, 00 Nov 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1994 24:00:00 GMT",
                                       "Sun, 06 Nov 1994 08:60:00 GMT",
                                       "Sun, 06 nov 1994 08:49:37 GMT",
                                       "Sun, 06 Nov 1960 08:49:37 GMT",
                                       "Sun, 6 Nov 1994 08:49:37 GMT",
                                       "Sun Nov 6 08:49:37 1994",
                                       "Sun Nov  6 08:49:37 19941" };
    uint64_t s = 42;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(clock_parse_http(span_from(bad[i]), &s));
    assert_int_equal(s, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_and_durations_count), cmocka_unit_test(writes_every_form_in_the_zone),
        cmocka_unit_test(writes_half_hours_and_west),   cmocka_unit_test(summer_time_changes_while_it_runs),
        cmocka_unit_test(the_calendar_is_right),        cmocka_unit_test(reads_the_three_forms),
        cmocka_unit_test(refuses_what_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
