/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file golden/NAME.cfg: what is said about it and what was understood (conf/golden.h).
 */
#include "conf/golden.h"

static const struct fact facts[] = {
    { ASK_GLOB, "parts/*.cfg", SPAN_INIT("parts/one.part\0parts/two.part\0") },
    { ASK_HOST, "app.example",
      SPAN_INIT("192.0.2.1\0"
                "2001:db8::1\0") },
    { ASK_HOST, "localhost", SPAN_INIT("127.0.0.1\0") },
    { ASK_USER, "haproxy", SPAN_INIT("105 106") },
    { ASK_GROUP, "haproxy", SPAN_INIT("106") },
    { ASK_ENV, "EMPTY", SPAN_INIT("") },
    { ASK_ENV, "APP", SPAN_INIT("10.0.0.7") },
    { ASK_FILE_KIND, "parts", SPAN_INIT("d") },
    { ASK_HOSTNAME, NULL, SPAN_INIT("director1") },
};

static void files_are_understood_as_before(void **state)
{
    (void)state;
    check_all(&(struct golden){ .dialect = &dialect_haproxy,
                                .language = LANGUAGE_HAPROXY,
                                .options = { .quiet = true },
                                .folder = __FILE__,
                                .ending = SPAN(".cfg"),
                                .facts = facts,
                                .fact_count = sizeof(facts) / sizeof(facts[0]) });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_understood_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
