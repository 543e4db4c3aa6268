/* SPDX-License-Identifier: Apache-2.0 */
/* The heads of log messages, as HAProxy and nginx send them, and the names. */
#include "wire/syslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct clock_text date = { .syslog = "Nov  2 12:00:31", .iso = "2026-11-02T12:00:31+08:00" };

#define FULL                                                                                                 \
    .facility = 19, .level = 6, .date = &date, .us = 42, .host = SPAN_INIT("lb1"),                           \
    .tag = SPAN_INIT("haproxy"), .pid = 4711
#define BARE .facility = 23, .level = 7, .date = &date, .us = 999999, .tag = SPAN_INIT("nginx")

static const struct {
    struct syslog_head head;
    const char *want;
} cases[] = {
    { { .format = SYSLOG_LOCAL, FULL }, "<158>Nov  2 12:00:31 haproxy[4711]: " },
    { { .format = SYSLOG_RFC3164, FULL }, "<158>Nov  2 12:00:31 lb1 haproxy[4711]: " },
    { { .format = SYSLOG_RFC5424, FULL }, "<158>1 2026-11-02T12:00:31.000042+08:00 lb1 haproxy 4711 - - " },
    { { .format = SYSLOG_RFC5424, FULL, .msgid = SPAN_INIT("ID"), .structure = SPAN_INIT("[a@1 b=\"c\"]") },
      "<158>1 2026-11-02T12:00:31.000042+08:00 lb1 haproxy 4711 ID [a@1 b=\"c\"] " },
    { { .format = SYSLOG_PRIORITY, FULL }, "<158>" },
    { { .format = SYSLOG_SHORT, FULL }, "<6>" },
    { { .format = SYSLOG_TIMED, FULL }, "<6>2026-11-02T12:00:31.000042+08:00 " },
    { { .format = SYSLOG_ISO, FULL }, "2026-11-02T12:00:31.000042+08:00 " },
    { { .format = SYSLOG_LOCAL, BARE }, "<191>Nov  2 12:00:31 nginx: " },
    { { .format = SYSLOG_RFC3164, BARE }, "<191>Nov  2 12:00:31 localhost nginx: " },
    { { .format = SYSLOG_RFC5424, BARE }, "<191>1 2026-11-02T12:00:31.999999+08:00 - nginx - - - " },
    { { .format = SYSLOG_PRIORITY }, "<0>" },
};

static void heads_fit_or_are_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct syslog_head *h = &cases[i].head;
        size_t len = strlen(cases[i].want);
        for (size_t room = 0; room <= len + 1; room++) {
            char *out = malloc(room + !room);
            size_t wrote = syslog_write_head(out, room, h);
            assert_int_equal(wrote, room < len ? 0 : len);
            assert_memory_equal(out, cases[i].want, wrote);
            free(out);
        }
        assert_true(len <= SYSLOG_HEAD_MAX + h->host.len + h->tag.len + h->msgid.len + h->structure.len);
    }
    char out[8];
    struct syslog_head raw = { .format = SYSLOG_RAW, FULL };
    assert_int_equal(syslog_write_head(out, sizeof(out), &raw), 0);
}

static void the_bound_is_one(void **state)
{
    (void)state;
    struct syslog_head h = { .format = SYSLOG_RFC5424,
                             .facility = 255,
                             .level = 255,
                             .date = &date,
                             .us = UINT32_MAX,
                             .pid = UINT32_MAX };
    char out[SYSLOG_HEAD_MAX];
    assert_true(syslog_write_head(out, sizeof(out), &h) > 0);
}

static void every_number_has_its_name(void **state)
{
    (void)state;
    for (int words = SYSLOG_WORDS_BSD; words <= SYSLOG_WORDS_NGINX; words++) {
        enum syslog_words w = (enum syslog_words)words;
        for (unsigned i = 0; i < 24; i++)
            assert_int_equal(syslog_facility_of(syslog_facility_name(i, w), w), i);
        for (unsigned i = 0; i < 8; i++)
            assert_int_equal(syslog_level_of(syslog_level_name(i, w), w), i);
        assert_int_equal(syslog_facility_name(24, w).len, 0);
        assert_int_equal(syslog_level_name(8, w).len, 0);
        assert_int_equal(syslog_facility_of(SPAN(""), w), -1);
        assert_int_equal(syslog_facility_of(SPAN("LOCAL0"), w), -1);
        assert_int_equal(syslog_facility_of(SPAN("local8"), w), -1);
        assert_int_equal(syslog_level_of(SPAN("errors"), w), -1);
        assert_int_equal(syslog_facility_of(SPAN("kern"), w), 0);
        assert_int_equal(syslog_facility_of(SPAN("local7"), w), 23);
        assert_int_equal(syslog_level_of(SPAN("emerg"), w), 0);
        assert_int_equal(syslog_level_of(SPAN("debug"), w), 7);
    }
}

static void the_languages_disagree(void **state)
{
    (void)state;
    assert_int_equal(syslog_facility_of(SPAN("cron"), SYSLOG_WORDS_BSD), 9);
    assert_int_equal(syslog_facility_of(SPAN("cron"), SYSLOG_WORDS_NGINX), 15);
    assert_int_equal(syslog_facility_of(SPAN("syslog"), SYSLOG_WORDS_NGINX), -1);
    assert_int_equal(syslog_facility_of(SPAN("intern"), SYSLOG_WORDS_NGINX), 5);
    assert_int_equal(syslog_level_of(SPAN("err"), SYSLOG_WORDS_BSD), 3);
    assert_int_equal(syslog_level_of(SPAN("err"), SYSLOG_WORDS_NGINX), -1);
    assert_int_equal(syslog_level_of(SPAN("error"), SYSLOG_WORDS_NGINX), 3);
    assert_int_equal(syslog_level_of(SPAN("warn"), SYSLOG_WORDS_NGINX), 4);
}

static void formats_by_name(void **state)
{
    (void)state;
    assert_int_equal(syslog_format_of(SPAN("local")), SYSLOG_LOCAL);
    assert_int_equal(syslog_format_of(SPAN("rfc3164")), SYSLOG_RFC3164);
    assert_int_equal(syslog_format_of(SPAN("rfc5424")), SYSLOG_RFC5424);
    assert_int_equal(syslog_format_of(SPAN("priority")), SYSLOG_PRIORITY);
    assert_int_equal(syslog_format_of(SPAN("short")), SYSLOG_SHORT);
    assert_int_equal(syslog_format_of(SPAN("timed")), SYSLOG_TIMED);
    assert_int_equal(syslog_format_of(SPAN("iso")), SYSLOG_ISO);
    assert_int_equal(syslog_format_of(SPAN("raw")), SYSLOG_RAW);
    assert_int_equal(syslog_format_of(SPAN("json")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_fit_or_are_not_written),
        cmocka_unit_test(the_bound_is_one),
        cmocka_unit_test(every_number_has_its_name),
        cmocka_unit_test(the_languages_disagree),
        cmocka_unit_test(formats_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
