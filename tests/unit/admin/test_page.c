/* SPDX-License-Identifier: Apache-2.0 */
/* The page: whole without another request, small, escaped, and allowed exactly its own style and script. */
#include "admin/fixture.h"

#include <openssl/evp.h>

#include "admin/page.h"

static struct world w;
static struct buf out;
static struct row_filter all;
static struct page_options options;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    buf_init(&out, 1 << 20);
    all = ROW_FILTER_ALL;
    options = (struct page_options){ .filter = &all,
                                     .node = SPAN("director1"),
                                     .self = SPAN("/admin?stats"),
                                     .refresh = DURATION_S(5),
                                     .live = true };
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    buf_fini(&out);
    world_close(&w);
    return 0;
}

static struct span page(void)
{
    world_at(&w, 10);
    struct view *v = view_new(&w.now);
    assert_non_null(v);
    buf_clear(&out);
    page_put(&out, v, &options);
    view_free(&v);
    assert_false(out.truncated);
    return buf_span(&out);
}

static void assert_lacks(struct span s, const char *part)
{
    if (span_find(s, span_from(part)) != SPAN_NONE)
        fail_msg("there is %s", part);
}

static void the_sentence_stands_first(void **state)
{
    (void)state;
    world_open(&w);
    checked(&w, w.w2, 1, CHECKED_L4_REFUSED, 111, 5);
    struct span s = page();
    assert_holds(s, "<title>\u25b2 1 \u00b7 keel \u00b7 director1</title>");
    assert_holds(s, "<b>degraded.</b> web/w2 is down since 5 s: connection refused.</p>");
    assert_holds(s, "<td class=\"l down\"><span class=\"g\" aria-hidden=\"true\">\u2715</span> down</td>");
    assert_true(span_find(s, SPAN("id=\"verdict\"")) < span_find(s, SPAN("<table")));
}

static void it_asks_for_nothing_else(void **state)
{
    (void)state;
    world_open(&w);
    struct span s = page();
    /* the only address of another place is the name of a picture's language */
    struct span rest = span_from_index(s, span_find(s, SPAN("http://")) + 1);
    assert_true(span_starts_with(span_from_index(s, span_find(s, SPAN("http://"))),
                                 SPAN("http://www.w3.org/2000/svg")));
    assert_lacks(rest, "http://");
    assert_lacks(s, "https://");
    assert_lacks(s, "src=");
    assert_lacks(s, "@import");
    assert_lacks(s, "style=\"");
    assert_lacks(s, "onclick");
    assert_lacks(s, "innerHTML=");
}

/* The seed's size: three pools, seven servers. */
static void it_is_small(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        (void)add_server(&w, w.web_pool, i == 0 ? "w4" : i == 1 ? "w5" : "w6", (uint16_t)(9000 + i), true);
    world_open(&w);
    options.may_act = true;
    assert_in_range(page().len, 8000, 25000);
}

static void names_are_inert(void **state)
{
    (void)state;
    w.w1->name = SPAN("<img src=x onerror=alert(1)>");
    w.w2->name = SPAN("\"><script>");
    world_open(&w);
    options.may_act = true;
    options.node = SPAN("<b>&");
    options.scope = SPAN("\"><i>");
    checked(&w, w.w1, 1, CHECKED_L4_REFUSED, 111, 5);
    struct span s = page();
    assert_lacks(s, "<img");
    assert_lacks(s, "\"><script>");
    assert_lacks(s, "<i>");
    assert_holds(s, "web/&lt;img src=x onerror=alert(1)&gt; is down");
    assert_holds(s, "value=\"&quot;&gt;&lt;script&gt;\"");
    assert_holds(s, "value=\"&quot;&gt;&lt;i&gt;\"");
    assert_holds(s, "&lt;b&gt;&amp;");
}

static void what_can_be_done_is_shown_to_who_may(void **state)
{
    (void)state;
    world_open(&w);
    assert_lacks(page(), "method=\"post\"");
    assert_lacks(page(), "type=\"checkbox\" name=\"s\"");
    options.may_act = true;
    struct span s = page();
    assert_holds(
        s, "<form class=\"p\" method=\"post\" action=\"/admin?stats\" data-usable=\"3\" data-pool=\"web\">"
           "<input type=\"hidden\" name=\"b\" value=\"#3\">");
    assert_holds(s, "<input type=\"checkbox\" name=\"s\" value=\"w1\" data-u=\"1\">");
    assert_lacks(s, "asks for no password");
    options.open = true;
    assert_holds(page(), "asks for no password");
}

static void addresses_are_shown_where_they_are_wanted(void **state)
{
    (void)state;
    world_open(&w);
    assert_lacks(page(), "127.0.0.1:8081");
    options.addresses = true;
    assert_holds(page(), "w1 <small>127.0.0.1:8081</small>");
}

static void a_weight_that_differs_from_the_file_says_so(void **state)
{
    (void)state;
    world_open(&w);
    server_set_weight(state_of(&w, w.w1), 5, at(1));
    assert_holds(page(), "<td>5 <small>file: 1</small></td>");
}

static void few_samples_give_no_percentile(void **state)
{
    (void)state;
    world_open(&w);
    answers(&w, w.w1, 19, 200, 1000000);
    assert_lacks(page(), "<td>1.0");
    answers(&w, w.w1, 1, 200, 1000000);
    assert_holds(page(), "<td>1.0");
}

static void without_a_script_it_is_fetched_anew(void **state)
{
    (void)state;
    world_open(&w);
    assert_lacks(page(), "http-equiv");
    options.reload = true;
    assert_holds(page(), "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>");
}

static void many_causes_are_cut(void **state)
{
    (void)state;
    static char names[12][8];
    for (unsigned i = 0; i < 12; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "x%u", i);
        (void)add_server(&w, w.web_pool, names[i], (uint16_t)(9000 + i), true);
    }
    world_open(&w);
    for (uint32_t i = 3; i < w.web_pool->servers.count; i++)
        checked(&w, w.web_pool->servers.items[i], 1, CHECKED_L4_TIMEOUT, 0, 5);
    struct span s = page();
    assert_holds(s, "<li>web/x9 is down since 5 s: no connection within 3 ms</li><li>and 2 more</li>");
    assert_lacks(s, "<li>web/x10");
}

/* A browser runs what has these hashes, so they must be those of what is sent. */
static void assert_policy_has(const char *directive, struct span text)
{
    unsigned char hash[32];
    unsigned char base64[48];
    char expected[80];

    assert_int_equal(EVP_Digest(text.ptr, text.len, hash, NULL, EVP_sha256(), NULL), 1);
    (void)EVP_EncodeBlock(base64, hash, sizeof(hash));
    (void)snprintf(expected, sizeof(expected), "%s 'sha256-%s'", directive, (char *)base64);
    assert_holds(page_policy(), expected);
}

static void the_policy_allows_exactly_this_style_and_script(void **state)
{
    (void)state;
    world_open(&w);
    struct span s = page();
    struct span style = span_from_index(s, span_find(s, SPAN("<style>")) + 7);
    struct span script = span_from_index(s, span_find(s, SPAN("<script>")) + 8);
    assert_policy_has("style-src", span_first(style, span_find(style, SPAN("</style>"))));
    assert_policy_has("script-src", span_first(script, span_find(script, SPAN("</script>"))));
    assert_true(span_starts_with(page_policy(), SPAN("default-src 'none';")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_sentence_stands_first),
        T(it_asks_for_nothing_else),
        T(it_is_small),
        T(names_are_inert),
        T(what_can_be_done_is_shown_to_who_may),
        T(addresses_are_shown_where_they_are_wanted),
        T(a_weight_that_differs_from_the_file_says_so),
        T(few_samples_give_no_percentile),
        T(without_a_script_it_is_fetched_anew),
        T(many_causes_are_cut),
        T(the_policy_allows_exactly_this_style_and_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
