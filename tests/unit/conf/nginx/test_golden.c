/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file golden/NAME.conf: what is said about it and what was understood (conf/golden.h).
 */
#include "conf/golden.h"

static const struct fact facts[] = {
    { ASK_GLOB, "conf.d/*.part", SPAN_INIT("conf.d/one.part\0conf.d/two.part\0") },
    { ASK_HOST, "two.example",
      SPAN_INIT("192.0.2.1\0"
                "192.0.2.2\0") },
    { ASK_HOST, "localhost", SPAN_INIT("127.0.0.1\0") },
    { ASK_USER, "root", SPAN_INIT("0 0") },
    { ASK_USER, "nginx", SPAN_INIT("101 102") },
    { ASK_GROUP, "root", SPAN_INIT("0") },
    { ASK_GROUP, "nginx", SPAN_INIT("102") },
    { ASK_ENV, "TZ", SPAN_INIT("Asia/Shanghai") },
    { ASK_HOSTNAME, NULL, SPAN_INIT("director1") },
};

static void files_are_understood_as_before(void **state)
{
    (void)state;
    check_all(&(struct golden){ .dialect = &dialect_nginx,
                                .language = LANGUAGE_NGINX,
                                .options = { .prefix = SPAN("/usr/share/nginx/") },
                                .folder = __FILE__,
                                .ending = SPAN(".conf"),
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
