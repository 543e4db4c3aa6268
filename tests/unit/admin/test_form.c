/* SPDX-License-Identifier: Apache-2.0 */
/* The small languages of the page's door: options, forms, credentials, origins. */
#include "unit.h"

#include "admin/form.h"

static void options_are_haproxys(void **state)
{
    (void)state;
    struct form_options o = form_options(SPAN(""));
    assert_int_equal(o.view, FORM_PAGE);
    assert_false(o.no_refresh);
    o = form_options(SPAN(";csv"));
    assert_int_equal(o.view, FORM_CSV);
    o = form_options(SPAN(";csv;norefresh"));
    assert_int_equal(o.view, FORM_CSV);
    assert_true(o.no_refresh);
    o = form_options(SPAN(";st=DONE;up;norefresh?scope=we"));
    assert_span(o.result, "DONE");
    assert_true(o.up && o.no_refresh);
    assert_span(o.scope, "we");
    assert_int_equal(form_options(SPAN(";json")).view, FORM_JSON);
    assert_int_equal(form_options(SPAN(";typed")).view, FORM_TYPED);
    assert_int_equal(form_options(SPAN(";api=overview")).view, FORM_OVERVIEW);
    assert_int_equal(form_options(SPAN(";json-schema")).view, FORM_SCHEMA);
    assert_int_equal(form_options(SPAN(";nonsense=1;;&?")).view, FORM_PAGE);
}

static void pairs_of_a_form(void **state)
{
    (void)state;
    struct span body = SPAN("s=w1&&b=%23N&action"), name, value;
    assert_true(form_next(&body, &name, &value));
    assert_span(name, "s");
    assert_span(value, "w1");
    assert_true(form_next(&body, &name, &value));
    assert_span(name, "b");
    assert_span(value, "%23N");
    assert_true(form_next(&body, &name, &value));
    assert_span(name, "action");
    assert_span(value, "");
    assert_false(form_next(&body, &name, &value));
}

static void decoding(void **state)
{
    (void)state;
    char room[64];
    struct buf b;
    buf_init_fixed(&b, room, sizeof(room));
    form_decode(&b, SPAN("a+b%2Fc%3g%4"));
    assert_span(buf_span(&b), "a b/c%3g%4");
}

static struct stats_user users[] = { { SPAN_INIT("admin"), SPAN_INIT("admin") },
                                     { SPAN_INIT("Aladdin"), SPAN_INIT("open:sesame") } };
static const struct stats_page page = { .users = { users, 2, 2 } };

static void credentials(void **state)
{
    (void)state;
    assert_ptr_equal(form_user(&page, SPAN("Basic YWRtaW46YWRtaW4=")), &users[0]);
    assert_ptr_equal(form_user(&page, SPAN("basic  YWRtaW46YWRtaW4=")), &users[0]);
    assert_ptr_equal(form_user(&page, SPAN("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==")), &users[1]);
    assert_null(form_user(&page, SPAN("")));
    assert_null(form_user(&page, SPAN("Basic ")));
    assert_null(form_user(&page, SPAN("Basic YWRtaW46YWRtaQ==")));     /* admin:admi */
    assert_null(form_user(&page, SPAN("Basic YWRtaW46YWRtaW5u")));     /* admin:adminn */
    assert_null(form_user(&page, SPAN("Basic YWRtaW4=")));             /* admin */
    assert_null(form_user(&page, SPAN("Basic QWxhZGRpbjphZG1pbg=="))); /* one's name, the other's word */
    assert_null(form_user(&page, SPAN("Basic !!!!")));
    assert_null(form_user(&page, SPAN("Bearer YWRtaW46YWRtaW4=")));
    char large[4096];
    memset(large, 'A', sizeof(large));
    memcpy(large, "Basic ", 6);
    assert_null(form_user(&page, span_of(large, sizeof(large))));
}

static bool ours(const char *host, const char *origin, const char *site, bool guarded)
{
    return form_is_ours(span_from(host), span_from(origin), span_from(site), SPAN("director1"), guarded);
}

static void where_a_request_comes_from(void **state)
{
    (void)state;
    /* curl and scripts say nothing */
    assert_true(ours("10.0.0.1:65532", "", "", false));
    assert_true(ours("evil.example", "", "", false));
    /* browsers do */
    assert_true(ours("10.0.0.1:65532", "http://10.0.0.1:65532", "same-origin", false));
    assert_true(ours("LB.example", "https://lb.example", "", true));
    assert_false(ours("10.0.0.1:65532", "http://evil.example", "", true));
    assert_false(ours("10.0.0.1:65532", "http://10.0.0.1:80", "", true));
    assert_false(ours("10.0.0.1:65532", "null", "", true));
    assert_false(ours("10.0.0.1:65532", "", "cross-site", true));
    assert_false(ours("10.0.0.1:65532", "http://10.0.0.1:65532", "same-site", true));
    assert_true(ours("10.0.0.1:65532", "", "none", true));
    /* a foreign name that was made to point here: only a password makes it harmless */
    assert_false(ours("evil.example:65532", "http://evil.example:65532", "same-origin", false));
    assert_true(ours("director1:65532", "http://director1:65532", "same-origin", false));
    assert_true(ours("localhost:65532", "http://localhost:65532", "", false));
    assert_true(ours("[::1]:65532", "http://[::1]:65532", "", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_haproxys),
        cmocka_unit_test(pairs_of_a_form),
        cmocka_unit_test(decoding),
        cmocka_unit_test(credentials),
        cmocka_unit_test(where_a_request_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
