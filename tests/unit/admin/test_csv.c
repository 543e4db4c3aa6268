/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's statistics, column by column, in its three forms; our columns stand behind. */
#include "admin/fixture.h"

#include "admin/csv.h"
#include "admin/json.h"

/* What Debian's haproxy 2.6.12 prints, byte for byte. */
static const char haproxy_header[] =
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,"
    "status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracke"
    "d,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx"
    ",hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,"
    "comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agen"
    "t_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent"
    "_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses"
    ",wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,tt"
    "ime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,"
    "agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_hea"
    "ders_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_prot"
    "ocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connecti"
    "ons,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,h1_open_connections,h"
    "1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_"
    "in,h1_spliced_bytes_out,";

static struct world w;
static struct buf out;
static struct view *v;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    buf_init(&out, 1 << 20);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    view_free(&v);
    buf_fini(&out);
    world_close(&w);
    return 0;
}

static void look(double seconds)
{
    view_free(&v);
    world_at(&w, seconds);
    v = view_new(&w.now);
    assert_non_null(v);
}

static void put(const struct row_filter *f)
{
    buf_clear(&out);
    csv_put(&out, v, f);
}

static struct span line_of(unsigned n)
{
    struct span rest = buf_span(&out);
    struct span line = { 0 };

    for (unsigned i = 0; i <= n; i++)
        line = span_cut(&rest, '\n');
    return line;
}

static struct span cell_of(struct span line, const char *name)
{
    struct span header = span_from_index(line_of(0), 2);

    while (header.len > 0) {
        struct span title = span_cut(&header, ','), cell = span_cut(&line, ',');
        if (span_eq(title, span_from(name)))
            return cell;
    }
    fail_msg("no column %s", name);
    return line;
}

/* The row of <proxy> and <server>. */
static struct span row_of(const char *proxy, const char *server)
{
    char begin[64];
    struct span rest = buf_span(&out);

    (void)snprintf(begin, sizeof(begin), "%s,%s,", proxy, server);
    while (rest.len > 0) {
        struct span line = span_cut(&rest, '\n');
        if (span_starts_with(line, span_from(begin)))
            return line;
    }
    fail_msg("no row %s", begin);
    return rest;
}

#define assert_cell(row, name, value) assert_span(cell_of(row, name), value)

static unsigned count_lines(void)
{
    unsigned n = 0;

    for (size_t i = 0; i < out.len; i++)
        n += out.data[i] == '\n';
    return n;
}

static void the_header_is_haproxys(void **state)
{
    (void)state;
    world_open(&w);
    look(1);
    put(&ROW_FILTER_ALL);
    assert_true(span_starts_with(line_of(0), span_from(haproxy_header)));
    assert_true(
        span_starts_with(span_from_index(line_of(0), sizeof(haproxy_header) - 1), SPAN("keel_word,")));
    struct span header = line_of(0), row = line_of(1);
    unsigned commas = 0, row_commas = 0;
    for (size_t i = 0; i < header.len; i++)
        commas += header.ptr[i] == ',';
    for (size_t i = 0; i < row.len; i++)
        row_commas += row.ptr[i] == ',';
    assert_int_equal(commas, row_commas);
}

static void rows_come_in_haproxys_order(void **state)
{
    (void)state;
    world_open(&w);
    look(1);
    put(&ROW_FILTER_ALL);
    const char *begins[] = { "web,FRONTEND,", "web,w1,",       "web,w2,", "web,w3,",
                             "web,BACKEND,",  "tcp,FRONTEND,", "tcp,t1,", "tcp,BACKEND," };
    for (unsigned i = 0; i < COUNT_OF(begins); i++)
        assert_true(span_starts_with(line_of(i + 1), span_from(begins[i])));
    assert_int_equal(count_lines(), 9);
}

static void a_servers_row(void **state)
{
    (void)state;
    w.w1->connections_max = 20;
    w.w1->weight = 3;
    w.w1->cookie = SPAN("a");
    world_open(&w);
    checked(&w, w.w1, 1, CHECKED_L7_OK, 200, 1);
    answers(&w, w.w1, 5, 200, 1000);
    answers(&w, w.w1, 1, 500, 1000);
    state_of(&w, w.w1)->active = 2;
    state_of(&w, w.w1)->last_us = at(8).us;
    look(10);
    state_of(&w, w.w1)->active = 0;
    put(&ROW_FILTER_ALL);
    struct span r = row_of("web", "w1");
    assert_cell(r, "scur", "2");
    assert_cell(r, "slim", "20");
    assert_cell(r, "stot", "8"); /* six, and two that go on */
    assert_cell(r, "status", "UP");
    assert_cell(r, "weight", "3");
    assert_cell(r, "act", "1");
    assert_cell(r, "bck", "0");
    assert_cell(r, "chkdown", "0");
    assert_cell(r, "downtime", "0");
    assert_cell(r, "pid", "1");
    assert_cell(r, "iid", "3");
    assert_cell(r, "sid", "1");
    assert_cell(r, "type", "2");
    assert_cell(r, "check_status", "L7OK");
    assert_cell(r, "check_code", "200");
    assert_cell(r, "check_duration", "3");
    assert_cell(r, "check_desc", "Layer7 check passed");
    assert_cell(r, "check_rise", "2");
    assert_cell(r, "check_fall", "3");
    assert_cell(r, "check_health", "4");
    assert_cell(r, "hrsp_2xx", "5");
    assert_cell(r, "hrsp_5xx", "1");
    assert_cell(r, "req_tot", "6");
    assert_cell(r, "lastsess", "2");
    assert_cell(r, "addr", "127.0.0.1:8081");
    assert_cell(r, "cookie", "a");
    assert_cell(r, "mode", "http");
    assert_cell(r, "-", "-");
    assert_cell(r, "dreq", ""); /* empty where HAProxy leaves it empty */
    assert_cell(r, "rate_lim", "");
    assert_cell(r, "algo", "");
    assert_cell(r, "keel_word", "up");
    assert_cell(r, "keel_answers", "6");
    assert_cell(r, "keel_failed", "1");
    assert_cell(r, "keel_p50_us", ""); /* six say nothing */
}

static void statuses_are_haproxys_words(void **state)
{
    (void)state;
    world_open(&w);
    checked(&w, w.w1, 1, CHECKED_L7_OK, 200, 1);
    checked(&w, w.w1, 1, CHECKED_L7_STATUS, 500, 2);
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 1);
    checked(&w, w.w2, 1, CHECKED_L7_OK, 200, 5);
    server_set_admin(state_of(&w, w.w3), ADMIN_MAINT, 0, at(1));
    look(10);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("web", "w1"), "status", "UP 2/3"); /* two more bad ones take it down */
    assert_cell(row_of("web", "w2"), "status", "DOWN 1/2");
    assert_cell(row_of("web", "w2"), "chkdown", "1");
    assert_cell(row_of("web", "w3"), "status", "MAINT");
    assert_cell(row_of("web", "w3"), "check_status", "");
    assert_cell(row_of("tcp", "t1"), "status", "no check");
    assert_cell(row_of("tcp", "t1"), "chkfail", "");
    assert_cell(row_of("web", "BACKEND"), "status", "UP");
    assert_cell(row_of("web", "BACKEND"), "act", "1");
    server_set_admin(state_of(&w, w.w1), ADMIN_DRAIN, 0, at(10));
    look(11);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("web", "w1"), "status", "DRAIN");
    assert_cell(row_of("web", "BACKEND"), "status", "DOWN");
    assert_cell(row_of("web", "BACKEND"), "weight", "0");
}

static void a_refused_check_says_why(void **state)
{
    (void)state;
    world_open(&w);
    checked(&w, w.w1, 1, CHECKED_L4_REFUSED, 111, 1);
    look(5);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("web", "w1"), "check_status", "L4CON");
    assert_cell(row_of("web", "w1"), "last_chk", "Connection refused");
    assert_cell(row_of("web", "w1"), "check_code", "");
    assert_cell(row_of("web", "w2"), "check_status", "INI");
    assert_cell(row_of("web", "w2"), "check_desc", "Initializing");
}

static void who_tracks_is_in_maintenance_with_whom_it_tracks(void **state)
{
    (void)state;
    w.t1->track = w.w1;
    world_open(&w);
    server_set_admin(state_of(&w, w.w1), ADMIN_MAINT, 0, at(1));
    look(2);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("tcp", "t1"), "tracked", "web/w1");
    assert_cell(row_of("tcp", "t1"), "status", "MAINT (via web/w1)");
}

static void frontends_and_backends(void **state)
{
    (void)state;
    world_open(&w);
    answers(&w, w.w1, 7, 200, 1000);
    struct service_state *s = snapshot_service(w.snapshot, w.web);
    assert_true(service_enter(s, 0));
    look(10);
    put(&ROW_FILTER_ALL);
    struct span f = row_of("web", "FRONTEND"), b = row_of("web", "BACKEND");
    assert_cell(f, "status", "OPEN");
    assert_cell(f, "scur", "1");
    assert_cell(f, "smax", "1");
    assert_cell(f, "slim", "100");
    assert_cell(f, "req_tot", "7");
    assert_cell(f, "qcur", "");
    assert_cell(f, "weight", "");
    assert_cell(f, "mode", "http");
    assert_cell(row_of("tcp", "FRONTEND"), "slim", "9982"); /* the process's own */
    w.c->process.connections_max = 0;
    assert_int_equal(view_connections_max(&w.now), 9982); /* 20028 descriptors */
    assert_cell(row_of("tcp", "FRONTEND"), "hrsp_2xx", "");
    assert_cell(row_of("tcp", "FRONTEND"), "req_tot", "0");
    assert_cell(b, "algo", "roundrobin");
    assert_cell(b, "act", "3");
    assert_cell(b, "lastsess", "-1");
    assert_cell(b, "qcur", "0");
    service_leave(s);
    s->disabled = true;
    look(11);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("web", "FRONTEND"), "status", "PAUSED");
}

static void slow_start_is_a_share(void **state)
{
    (void)state;
    w.w1->slow_start = DURATION_S(10);
    w.w1->weight = 10;
    world_open(&w);
    checked(&w, w.w1, 3, CHECKED_L4_REFUSED, 111, 1);
    checked(&w, w.w1, 2, CHECKED_L7_OK, 200, 4); /* up at 5 */
    look(10);
    put(&ROW_FILTER_ALL);
    uint64_t share;
    assert_true(span_to_u64(cell_of(row_of("web", "w1"), "throttle"), 100, &share));
    assert_in_range(share, 45, 60);
    assert_cell(row_of("web", "w1"), "uweight", "10");
    look(20);
    put(&ROW_FILTER_ALL);
    assert_cell(row_of("web", "w1"), "throttle", "");
}

static void names_that_would_break_the_line_are_quoted(void **state)
{
    (void)state;
    w.w1->name = SPAN("a,\"b\"\nc");
    world_open(&w);
    look(1);
    put(&ROW_FILTER_ALL);
    assert_holds(buf_span(&out), "web,\"a,\"\"b\"\" c\",");
    assert_int_equal(count_lines(), 9);
}

static void filters(void **state)
{
    (void)state;
    struct row_filter f = ROW_FILTER_ALL;
    world_open(&w);
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 1);
    server_set_admin(state_of(&w, w.w3), ADMIN_MAINT, 0, at(1));
    look(5);
    f.iid = 3; /* HAProxy's: show stat 3 4 1 */
    f.types = 4;
    f.sid = 1;
    put(&f);
    assert_int_equal(count_lines(), 2);
    assert_true(span_starts_with(line_of(1), SPAN("web,w1,")));
    f = ROW_FILTER_ALL;
    f.types = 1;
    put(&f);
    assert_int_equal(count_lines(), 3);
    f = ROW_FILTER_ALL;
    f.up = true;
    put(&f);
    assert_int_equal(count_lines(), 7); /* without w2 and w3 */
    f = ROW_FILTER_ALL;
    f.no_maint = true;
    put(&f);
    assert_int_equal(count_lines(), 8);
    f = ROW_FILTER_ALL;
    f.part = SPAN("cp");
    put(&f);
    assert_int_equal(count_lines(), 4);
    const struct span only[] = { SPAN_INIT("tcp") };
    f = ROW_FILTER_ALL;
    f.only = only;
    f.only_count = 1;
    put(&f);
    assert_int_equal(count_lines(), 4);
    f = ROW_FILTER_ALL;
    f.name = SPAN("nobody");
    put(&f);
    assert_int_equal(count_lines(), 1);
}

static void typed_lines(void **state)
{
    (void)state;
    world_open(&w);
    look(1);
    csv_put_typed(&out, v, &ROW_FILTER_ALL);
    assert_true(span_starts_with(buf_span(&out), SPAN("F.2.0.0.pxname.1:KNS:str:web\n"
                                                      "F.2.0.1.svname.1:KNS:str:FRONTEND\n"
                                                      "F.2.0.4.scur.1:MGP:u32:0\n")));
    assert_holds(buf_span(&out), "\nS.3.1.73.addr.1:CGS:str:127.0.0.1:8081\n");
    assert_holds(buf_span(&out), "\nB.3.0.19.act.1:MGP:u32:3\n");
    assert_holds(buf_span(&out), "\nS.3.1.19.act.1:SGP:u32:1\n");
    /* positions behind the dash of the CSV are one less */
    assert_holds(buf_span(&out), "\nF.2.0.106.h2_headers_rcvd.1:MCP:u64:0\n");
}

static void json_in_haproxys_shape(void **state)
{
    (void)state;
    world_open(&w);
    look(1);
    json_put_haproxy(&out, v, &ROW_FILTER_ALL);
    assert_true(span_starts_with(
        buf_span(&out),
        SPAN("[[{\"objType\":\"Frontend\",\"proxyId\":2,\"id\":0,\"field\":{\"pos\":0,\"name\":\"pxname\"},"
             "\"processNum\":1,\"tags\":{\"origin\":\"Key\",\"nature\":\"Name\",\"scope\":\"Service\"},"
             "\"value\":{\"type\":\"str\",\"value\":\"web\"}},")));
    assert_holds(buf_span(&out), "}],[{\"objType\":\"Server\",\"proxyId\":3,\"id\":1,");
    assert_true(span_ends_with(buf_span(&out), SPAN("}}]]\n")));
}

static void json_of_our_own(void **state)
{
    (void)state;
    world_open(&w);
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 1);
    answers(&w, w.w1, 40, 200, 1000);
    look(5);
    json_put(&out, v, &ROW_FILTER_ALL);
    struct span s = buf_span(&out);
    assert_holds(
        s, "{\"v\":1,\"generation\":0,\"t\":1795348816204,\"node\":\"director1\",\"verdict\":\"degraded\",");
    assert_holds(s, "\"attention\":[\"web/w2 is down since 4 s: connection refused\"]");
    assert_holds(s, "{\"name\":\"w2\",\"address\":\"127.0.0.1:8082\",\"word\":\"down\",\"check\":"
                    "\"connection refused\",\"since\":1795348812204,");
    assert_holds(s, "\"answers\":0,\"failed\":0,\"p50\":null,\"p95\":null,\"p99\":null,");
    assert_holds(s, "\"answers\":40,\"failed\":0,\"p50\":9");
    assert_holds(s, "\"listeners\":[{\"name\":\"web\",\"id\":2,");
    assert_true(span_ends_with(s, SPAN("]}]}\n")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_header_is_haproxys),
        T(rows_come_in_haproxys_order),
        T(a_servers_row),
        T(statuses_are_haproxys_words),
        T(a_refused_check_says_why),
        T(who_tracks_is_in_maintenance_with_whom_it_tracks),
        T(frontends_and_backends),
        T(slow_start_is_a_share),
        T(names_that_would_break_the_line_are_quoted),
        T(filters),
        T(typed_lines),
        T(json_in_haproxys_shape),
        T(json_of_our_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
