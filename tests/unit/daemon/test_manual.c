/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/manual/words-LANGUAGE.md is what the keyword tables say: every word, where it stands, what we do with
 * it. KEEL_GOLDEN=write writes the pages anew.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "conf/common/dialect.h"
#include "conf/common/keyword.h"
#include "unit.h"

enum { PAGE_MAX = 1 << 20 };

static void page_of(char *path, size_t room, const char *name)
{
    const char *end = strstr(__FILE__, "tests/unit/");
    assert_non_null(end);
    snprintf(path, room, "%.*sdocs/manual/words-%s.md", (int)(end - __FILE__), __FILE__, name);
}

static void write_page(const char *path, struct span text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
}

static void check_page(const char *name, const struct keyword_table *t)
{
    char path[PATH_MAX];
    struct buf made;
    page_of(path, sizeof(path), name);
    buf_init(&made, PAGE_MAX);
    keyword_manual(t, &made);
    assert_false(made.truncated);
    if (getenv("KEEL_GOLDEN") != NULL)
        write_page(path, buf_span(&made));
    char *have = malloc(PAGE_MAX);
    FILE *f = fopen(path, "rb");
    assert_non_null(have);
    assert_non_null(f);
    size_t len = fread(have, 1, PAGE_MAX, f);
    fclose(f);
    if (!span_eq(span_of(have, len), buf_span(&made)))
        fail_msg("%s is stale: run this test with KEEL_GOLDEN=write", path);
    free(have);
    buf_fini(&made);
}

static void pages_say_what_the_tables_say(void **state)
{
    (void)state;
    check_page("nginx", dialect_nginx.keywords);
    check_page("haproxy", dialect_haproxy.keywords);
    check_page("keepalived", dialect_keepalived.keywords);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(pages_say_what_the_tables_say) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
