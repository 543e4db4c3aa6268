/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP door: who is let in, what is answered, and what a form may do. */
#include "admin/fixture.h"

#include "admin/http.h"

static struct world w;
static struct stats_user user = { SPAN_INIT("admin"), SPAN_INIT("admin") };
static struct stats_page page;
static struct admin_request q;
static struct admin_reply r;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    world_open(&w);
    world_at(&w, 10);
    page = (struct stats_page){ .uri = SPAN("/admin?stats"), .realm = SPAN("HAProxy Statistics") };
    q = (struct admin_request){ .now = w.now,
                                .page = &page,
                                .method = SPAN("GET"),
                                .target = SPAN("/admin?stats"),
                                .host = SPAN("10.0.0.1:65532"),
                                .client = SPAN("10.0.0.7") };
    r = (struct admin_reply){ 0 };
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    admin_reply_fini(&r);
    world_close(&w);
    return 0;
}

static void ask(void)
{
    admin_reply_fini(&r);
    assert_true(admin_answer(&q, &r));
}

static struct span field(const char *name)
{
    for (unsigned i = 0; i < r.field_count; i++)
        if (span_eq_nocase(r.fields[i].name, span_from(name)))
            return r.fields[i].value;
    return span_of(NULL, 0);
}

static void post(const char *body)
{
    q.method = SPAN("POST");
    q.may_act = true;
    q.body = span_from(body);
    ask();
    assert_int_equal(r.status, 303);
}

#define assert_result(letters) assert_span(field("Location"), "/admin?stats;st=" letters)

static enum server_use use_of(const struct server *s)
{
    return server_use(state_of(&w, s), s, w.now.now);
}

static void stub_status_is_nginxs(void **state)
{
    (void)state;
    q.page = NULL;
    q.now.totals = (struct admin_totals){
        .accepted = 3, .handled = 3, .requests = 7, .connections = 2, .reading = 0, .writing = 1, .waiting = 1
    };
    ask();
    assert_int_equal(r.status, 200);
    assert_span(r.content_type, "text/plain");
    assert_span(buf_span(&r.body), "Active connections: 2 \nserver accepts handled requests\n 3 3 7 \n"
                                   "Reading: 0 Writing: 1 Waiting: 1 \n");
    q.method = SPAN("POST");
    ask();
    assert_int_equal(r.status, 405);
}

static void each_form_has_its_type(void **state)
{
    (void)state;
    const struct {
        const char *target, *type, *begin;
    } rows[] = {
        { "/admin?stats", "text/html; charset=utf-8", "<!DOCTYPE html>" },
        { "/admin?stats;csv", "text/plain", "# pxname,svname," },
        { "/admin?stats;csv;norefresh", "text/plain", "# pxname,svname," },
        { "/admin?stats;typed", "text/plain", "F.2.0.0.pxname" },
        { "/admin?stats;json", "application/json", "[[{\"objType\":" },
        { "/admin?stats;api=overview", "application/json", "{\"v\":1," },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        q.target = span_from(rows[i].target);
        ask();
        assert_int_equal(r.status, 200);
        assert_span(r.content_type, rows[i].type);
        assert_true(span_starts_with(buf_span(&r.body), span_from(rows[i].begin)));
        assert_span(field("Cache-Control"), "no-store");
    }
    q.target = SPAN("/admin?stats;json-schema");
    ask();
    assert_int_equal(r.status, 200);
    assert_span(r.content_type, "application/json");
    assert_true(span_starts_with(buf_span(&r.body), SPAN("{\"$schema\":")));
    q.target = SPAN("/admin?stats");
    q.method = SPAN("PUT");
    ask();
    assert_int_equal(r.status, 405);
    assert_span(field("Allow"), "GET, HEAD, POST");
}

static void csv_ends_in_an_empty_line(void **state)
{
    (void)state;
    q.target = SPAN("/admin?stats;csv");
    ask();
    assert_true(span_ends_with(buf_span(&r.body), SPAN("\n\n")));
}

static void refresh_is_a_field_where_no_script_runs(void **state)
{
    (void)state;
    page.refresh = DURATION_S(5);
    q.target = SPAN("/admin?stats;csv");
    ask();
    assert_span(field("Refresh"), "5");
    q.target = SPAN("/admin?stats;csv;norefresh");
    ask();
    assert_null(field("Refresh").ptr);
    q.target = SPAN("/admin?stats");
    ask();
    assert_null(field("Refresh").ptr);
    assert_holds(buf_span(&r.body), "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>");
    assert_holds(buf_span(&r.body), "<body data-refresh=\"5\" data-live=\"1\">");
}

static void a_password_is_asked_for(void **state)
{
    (void)state;
    page.users.items = &user;
    page.users.count = 1;
    page.realm = SPAN("a \"b\"");
    ask();
    assert_int_equal(r.status, 401);
    assert_span(field("WWW-Authenticate"), "Basic realm=\"a \\\"b\\\"\"");
    assert_int_equal(w.audited, 0); /* asking is no attempt */
    q.authorization = SPAN("Basic YWRtaW46d3Jvbmc=");
    ask();
    assert_int_equal(r.status, 401);
    assert_holds(audit_of(&w), "\"from\":\"10.0.0.7\",\"through\":\"page\",\"what\":\"password\"");
    q.authorization = SPAN("Basic YWRtaW46YWRtaW4=");
    ask();
    assert_int_equal(r.status, 200);
    assert_span(r.user, "admin");
}

static void a_form_acts_as_haproxys(void **state)
{
    (void)state;
    post("s=w1&b=web&action=drain");
    assert_result("DONE");
    assert_int_equal(use_of(w.w1), USE_STICKY);
    post("s=w1&s=w2&b=%233&action=maint");
    assert_result("DONE");
    assert_int_equal(use_of(w.w1), USE_MAINT);
    assert_int_equal(use_of(w.w2), USE_MAINT);
    post("s=w1&action=ready&b=web");
    assert_result("DONE");
    assert_int_equal(use_of(w.w1), USE_FULL);
    post("s=w2&b=web&action=weight&weight=7");
    assert_result("DONE");
    assert_int_equal(state_of(&w, w.w2)->weight, 7);
    post("s=w1&b=web&action=hdown");
    assert_int_equal(use_of(w.w1), USE_DOWN);
    post("s=w1&b=web&action=dhlth"); /* nobody looks any more: what was said last stays */
    assert_int_equal(use_of(w.w1), USE_DOWN);
    post("s=w1&b=web&action=hnolb");
    assert_int_equal(use_of(w.w1), USE_STICKY);
    post("s=w1&b=web&action=hrunn");
    assert_int_equal(use_of(w.w1), USE_FULL);
    post("s=w1&b=web&action=stop");
    assert_int_equal(use_of(w.w1), USE_STICKY);
    post("s=w1&b=web&action=start");
    assert_int_equal(use_of(w.w1), USE_FULL);
}

static void what_makes_no_sense_is_said(void **state)
{
    (void)state;
    const struct {
        const char *body, *letters;
    } rows[] = {
        { "", "NONE" },
        { "s=w1&b=web", "NONE" },
        { "b=web&action=drain", "NONE" },
        { "s=zz&b=web&action=ready", "ERRP" },
        { "s=w1&b=nope&action=ready", "ERRP" },
        { "s=w1&b=%234&action=ready", "ERRP" }, /* another backend's number */
        { "s=w1&b=web&action=bogus", "ERRP" },
        { "s=w1&b=web&action=weight", "ERRP" },
        { "s=w1&b=web&action=weight&weight=257", "ERRP" },
        { "s=w1&s=zz&b=web&action=maint", "PART" },
        { "s=t1&b=tcp&action=ehlth", "ERRP" }, /* it has no check */
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        char location[64];
        post(rows[i].body);
        (void)snprintf(location, sizeof(location), "/admin?stats;st=%s", rows[i].letters);
        assert_span(field("Location"), location);
    }
    q.body_cut = true;
    post("s=w2&b=web&action=maint");
    assert_result("EXCD");
    assert_int_equal(use_of(w.w2), USE_FULL);
}

static void a_form_comes_back_to_where_it_was(void **state)
{
    (void)state;
    q.target = SPAN("/admin?stats;up;norefresh?scope=we%62");
    post("s=w1&b=web&action=drain");
    assert_span(field("Location"), "/admin?stats;st=DONE;up;norefresh?scope=we%62");
}

static void who_may_not_act_does_nothing(void **state)
{
    (void)state;
    q.method = SPAN("POST");
    q.body = SPAN("s=w1&b=web&action=maint");
    ask();
    assert_result("DENY");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_holds(audit_of(&w),
                 "\"what\":\"s=w1&b=web&action=maint\",\"why\":\"stats admin does not allow it\","
                 "\"result\":\"refused\"}");
}

static void another_sites_page_does_nothing(void **state)
{
    (void)state;
    q.origin = SPAN("http://evil.example");
    post("s=w1&b=web&action=maint");
    assert_result("DENY");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_holds(audit_of(&w), "another site's page asked for it");
    q.origin = SPAN("http://10.0.0.1:65532");
    post("s=w1&b=web&action=maint");
    assert_result("DONE");
    assert_int_equal(use_of(w.w1), USE_MAINT);
}

static void an_action_leaves_its_line(void **state)
{
    (void)state;
    page.users.items = &user;
    page.users.count = 1;
    q.authorization = SPAN("Basic YWRtaW46YWRtaW4=");
    post("s=w1&b=web&action=maint");
    assert_holds(audit_of(&w),
                 "\"ms\":1795348821204,\"user\":\"admin\",\"from\":\"10.0.0.7\",\"through\":\"page\","
                 "\"what\":\"maintenance\",\"object\":\"web/w1\",\"before\":\"usable, weight 1\","
                 "\"after\":\"maintenance, weight 1\",\"result\":\"done\"}\n");
}

static void a_scope_hides_other_proxies_from_looks_and_actions(void **state)
{
    (void)state;
    struct span only[] = { SPAN_INIT("tcp") };
    page.scopes.items = only;
    page.scopes.count = 1;
    q.target = SPAN("/admin?stats;csv");
    ask();
    assert_int_equal(span_find(buf_span(&r.body), SPAN("\nweb,")), SPAN_NONE);
    assert_holds(buf_span(&r.body), "\ntcp,FRONTEND");
    q.target = SPAN("/admin?stats");
    post("s=w1&b=web&action=maint");
    assert_result("ERRP");
    post("s=w1&b=%233&action=maint");
    assert_result("ERRP");
    assert_int_equal(use_of(w.w1), USE_FULL);
}

static void without_memory_nothing_is_answered(void **state)
{
    (void)state;
    bool answered = false;
    unsigned n = 1;
    for (; !answered; n++) {
        unit_fail_alloc(n);
        answered = admin_answer(&q, &r);
        unit_fail_alloc(0);
        if (!answered)
            admin_reply_fini(&r);
        assert_true(n < 100);
    }
    assert_true(n > 6);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(stub_status_is_nginxs),
        T(each_form_has_its_type),
        T(csv_ends_in_an_empty_line),
        T(refresh_is_a_field_where_no_script_runs),
        T(a_password_is_asked_for),
        T(a_form_acts_as_haproxys),
        T(what_makes_no_sense_is_said),
        T(a_form_comes_back_to_where_it_was),
        T(who_may_not_act_does_nothing),
        T(another_sites_page_does_nothing),
        T(an_action_leaves_its_line),
        T(a_scope_hides_other_proxies_from_looks_and_actions),
        T(without_memory_nothing_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
