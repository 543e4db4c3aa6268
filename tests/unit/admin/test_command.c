/* SPDX-License-Identifier: Apache-2.0 */
/* The command language: HAProxy's answers where tools read them, levels, what is not served. */
#include "admin/fixture.h"

#include "admin/command.h"

static struct world w;
static struct command_session session;
static struct buf out;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    w.w1->weight = 4;
    world_open(&w);
    world_at(&w, 10);
    session = (struct command_session){ .level = COMMAND_ADMIN,
                                        .by = { .from = SPAN("uid 0"), .through = SPAN("socket") },
                                        .timeout = DURATION_S(10) };
    buf_init(&out, 1 << 20);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    buf_fini(&out);
    world_close(&w);
    return 0;
}

static enum command_result say(const char *text)
{
    buf_clear(&out);
    return command_run(&session, &w.now, span_from(text), &out);
}

static void assert_says(const char *text, enum command_result result, const char *answer)
{
    enum command_result r = say(text);
    assert_span(buf_span(&out), answer);
    assert_int_equal(r, result);
}

static enum server_use use_of(const struct server *s)
{
    return server_use(state_of(&w, s), s, w.now.now);
}

/* ---- servers ---- */

static void states_of_servers(void **state)
{
    (void)state;
    assert_says("set server web/w1 state drain", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_STICKY);
    assert_says("set server web/w1 state maint", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_MAINT);
    assert_says("set server web/w1 state ready", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_says("disable server web/w1", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_MAINT);
    assert_says("enable server web/w1", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_holds(audit_of(&w),
                 "\"from\":\"uid 0\",\"through\":\"socket\",\"what\":\"drain\",\"object\":\"web/w1\"");
}

static void maintenance_ends_a_drain_and_enable_does_too(void **state)
{
    (void)state;
    (void)say("set server web/w1 state drain");
    (void)say("disable server web/w1");
    (void)say("enable server web/w1");
    assert_int_equal(use_of(w.w1), USE_FULL);
    (void)say("set server web/w1 state drain");
    (void)say("enable server web/w1");
    assert_int_equal(use_of(w.w1), USE_FULL);
}

static void health_by_word(void **state)
{
    (void)state;
    assert_says("set server web/w1 health down", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_DOWN);
    assert_says("set server web/w1 health up", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_says("set server tcp/t1 health down", COMMAND_DONE, ""); /* who is not checked stays so */
    assert_says("set server tcp/t1 health up", COMMAND_DONE, "");
    assert_says("set server web/w1 health stopping", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_STICKY);
    assert_says("set server web/w1 health bogus", COMMAND_FAILED,
                "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n");
    (void)say("set server web/w1 health down");
    assert_says("disable health web/w1", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_DOWN);
    (void)say("set server web/w1 health up");
    assert_says("enable health web/w1", COMMAND_DONE, "");
    assert_says("enable health tcp/t1", COMMAND_FAILED,
                "Health check was not configured on this server, cannot enable.\n");
}

static void weights(void **state)
{
    (void)state;
    assert_says("get weight web/w1", COMMAND_DONE, "4 (initial 4)\n");
    assert_says("set weight web/w1 50%", COMMAND_DONE, "");
    assert_says("get weight web/w1", COMMAND_DONE, "2 (initial 4)\n");
    assert_says("set server web/w1 weight 256", COMMAND_DONE, "");
    assert_says("set weight web/w1 257", COMMAND_FAILED,
                "Absolute weight can only be between 0 and 256 inclusive.\n");
    assert_says("set weight web/w1 7000%", COMMAND_FAILED,
                "Absolute weight can only be between 0 and 256 inclusive.\n");
    assert_says("set weight web/w1 4294967295%", COMMAND_FAILED,
                "Absolute weight can only be between 0 and 256 inclusive.\n");
    assert_says("set weight web/w1 -1", COMMAND_FAILED,
                "A weight is a number from 0 to 256, or a share of the file's: 50%.\n");
    assert_says("set weight web/w1", COMMAND_FAILED, "Require <weight> or <weight%>.\n");
    assert_says("get weight web/w1", COMMAND_DONE, "256 (initial 4)\n");
    assert_says("set weight web/w1 0", COMMAND_DONE, "");
    assert_int_equal(use_of(w.w1), USE_STICKY);
}

static void names_that_are_not_there(void **state)
{
    (void)state;
    assert_says("set server web state drain", COMMAND_FAILED, "Require 'backend/server'.\n");
    assert_says("disable server", COMMAND_FAILED, "Require 'backend/server'.\n");
    assert_says("set server nope/w1 state drain", COMMAND_FAILED, "No such backend.\n");
    assert_says("set server web/nope state drain", COMMAND_FAILED, "No such server.\n");
    assert_says("set server web/ state drain", COMMAND_FAILED, "No such server.\n");
    assert_says("set server web/w1", COMMAND_FAILED,
                "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | "
                "check-addr | check-port | fqdn | health | ssl | state | weight\n");
    assert_says("set server web/w1 state", COMMAND_FAILED,
                "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
    assert_says("set server haproxy:web/w1 state drain", COMMAND_DONE, "");
    assert_says("set server nginx:web/w1 state drain", COMMAND_FAILED, "No such backend.\n");
}

static void frontends(void **state)
{
    (void)state;
    struct service_state *s = snapshot_service(w.snapshot, w.web);
    assert_says("disable frontend web", COMMAND_DONE, "");
    assert_true(s->disabled);
    assert_says("disable frontend web", COMMAND_FAILED, "All sockets are already disabled.\n");
    assert_says("enable frontend web", COMMAND_DONE, "");
    assert_false(s->disabled);
    assert_says("enable frontend web", COMMAND_FAILED, "All sockets are already enabled.\n");
    assert_says("disable frontend nope", COMMAND_FAILED, "No such frontend.\n");
    assert_says("disable frontend", COMMAND_FAILED, "A frontend name is expected.\n");
    assert_says("set maxconn frontend web 50", COMMAND_DONE, "");
    assert_int_equal(s->connections_max, 50);
    assert_says("set maxconn frontend web x", COMMAND_FAILED, "Integer value expected.\n");
    assert_int_equal(s->connections_max, 50);
    (void)say("show stat web 1 -1");
    assert_holds(buf_span(&out), "web,FRONTEND,,,0,0,50,");
}

/* ---- looking ---- */

static void info_has_the_lines_that_tools_read(void **state)
{
    (void)state;
    w.now.totals = (struct admin_totals){ .accepted = 19, .requests = 9, .connections = 2 };
    assert_int_equal(say("show info"), COMMAND_DONE);
    struct span s = buf_span(&out);
    /* ansible takes the first 200 bytes for the version */
    assert_true(span_starts_with(s, SPAN("Name: evenkeel\nVersion: 3.3.0-evenkeel-0.1.0\n")));
    assert_holds(s, "\nPid: 4711\n");
    assert_holds(s, "\nUptime: 0d 0h00m10s\nUptime_sec: 10\n");
    assert_holds(s, "\nMaxconn: 9982\n");
    assert_holds(s, "\nCurrConns: 2\nCumConns: 19\nCumReq: 9\n");
    assert_holds(s, "\nnode: director1\n");
    assert_int_equal(say("show info desc"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\nPid: 4711:\"Process id\"\n");
    assert_int_equal(say("show info typed"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\n6.Pid.1:SGP:u32:4711\n");
    assert_int_equal(say("show info json"), COMMAND_DONE);
    assert_holds(buf_span(&out),
                 "{\"field\":{\"pos\":6,\"name\":\"Pid\"},\"processNum\":1,\"tags\":{\"origin\":\"Status\","
                 "\"nature\":\"Gauge\",\"scope\":\"Process\"},\"value\":{\"type\":\"u32\",\"value\":4711}}");
    assert_int_equal(say("show info bogus"), COMMAND_FAILED);
}

static void stat_takes_haproxys_words(void **state)
{
    (void)state;
    assert_int_equal(say("show stat"), COMMAND_DONE);
    assert_true(span_starts_with(buf_span(&out), SPAN("# pxname,svname,")));
    assert_int_equal(say("show stat web 4 -1"), COMMAND_DONE);
    assert_int_equal(span_find(buf_span(&out), SPAN("FRONTEND")), SPAN_NONE);
    assert_int_equal(span_find(buf_span(&out), SPAN("\ntcp,")), SPAN_NONE);
    assert_holds(buf_span(&out), "\nweb,w3,");
    assert_int_equal(say("show stat 3 4 1"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\nweb,w1,");
    assert_int_equal(span_find(buf_span(&out), SPAN("\nweb,w2,")), SPAN_NONE);
    assert_int_equal(say("show stat -1 1 -1"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\ntcp,FRONTEND,");
    assert_int_equal(say("show stat json"), COMMAND_DONE);
    assert_true(span_starts_with(buf_span(&out), SPAN("[[{")));
    assert_int_equal(say("show stat domain proxy -1 -1 -1 typed up"), COMMAND_DONE);
    assert_true(span_starts_with(buf_span(&out), SPAN("F.2.")));
    assert_int_equal(say("show stat 3 x"), COMMAND_FAILED);
    assert_int_equal(say("show stat bogus"), COMMAND_FAILED);
}

static void servers_state_for_a_state_file(void **state)
{
    (void)state;
    checked(&w, w.w1, 1, CHECKED_L7_OK, 200, 5);
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 1);
    (void)say("set server web/w3 state maint");
    assert_int_equal(say("show servers state web"), COMMAND_DONE);
    assert_span(
        buf_span(&out),
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
        "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
        "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl "
        "srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"
        "3 web 1 w1 127.0.0.1 2 0 4 4 10 15 3 4 6 0 0 0 - 8081 - 0 0 - - 0\n"
        "3 web 2 w2 127.0.0.1 0 0 1 1 9 8 2 0 6 0 0 0 - 8082 - 0 0 - - 0\n"
        "3 web 3 w3 127.0.0.1 0 1 1 1 10 2 0 2 14 0 0 0 - 8083 - 0 0 - - 0\n");
    assert_says("show servers state nope", COMMAND_FAILED, "Can't find backend.\n");
    assert_int_equal(say("show servers conn tcp"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\ntcp/t1 4/1 127.0.0.1 3306 - 5000 0 0 0 0 0 -1 0 0 0\n");
}

static void the_rest_that_looks(void **state)
{
    (void)state;
    char *environment[] = { (char[]){ "HOME=/root" }, (char[]){ "HOMER=a" }, NULL };
    w.process.environment = environment;
    assert_says("show backend", COMMAND_DONE, "# name\nweb\ntcp\n");
    assert_says("show version", COMMAND_DONE, "3.3.0-evenkeel-0.1.0\n");
    assert_says("show cli level", COMMAND_DONE, "admin\n");
    assert_says("show env HOME", COMMAND_DONE, "HOME=/root\n");
    assert_says("show env", COMMAND_DONE, "HOME=/root\nHOMER=a\n");
    assert_says("show env NOPE", COMMAND_FAILED, "Variable not found\n");
    checked(&w, w.w2, 1, CHECKED_L4_REFUSED, 111, 8);
    assert_says("show status", COMMAND_DONE, "degraded: web/w2 is down since 2 s: connection refused.\n");
    assert_int_equal(say("show overview"), COMMAND_DONE);
    assert_true(span_starts_with(buf_span(&out), SPAN("{\"v\":1,")));
}

static void counters_begin_anew(void **state)
{
    (void)state;
    answers(&w, w.w1, 5, 200, 1000);
    state_of(&w, w.w1)->active_most = 9;
    assert_says("clear counters", COMMAND_DONE, "");
    struct counts_sum sum = { 0 };
    counts_add_up(&state_of(&w, w.w1)->counts, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 5);
    assert_int_equal(state_of(&w, w.w1)->active_most, 0);
    assert_says("clear counters all", COMMAND_DONE, "");
    sum = (struct counts_sum){ 0 };
    counts_add_up(&state_of(&w, w.w1)->counts, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 0);
    assert_int_equal(say("clear counters bogus"), COMMAND_FAILED);
}

/* ---- the session ---- */

static void levels(void **state)
{
    (void)state;
    session.level = COMMAND_USER;
    assert_says("set server web/w1 state drain", COMMAND_FAILED, "Permission denied\n");
    assert_says("clear counters", COMMAND_FAILED, "Permission denied\n");
    assert_says("show env", COMMAND_FAILED, "Permission denied\n");
    assert_says("show sess", COMMAND_FAILED, "Permission denied\n");
    assert_says("reload", COMMAND_FAILED, "Permission denied\n");
    assert_says("operator", COMMAND_FAILED, "Permission denied\n");
    assert_says("get weight web/w1", COMMAND_DONE, "4 (initial 4)\n");
    assert_int_equal(use_of(w.w1), USE_FULL);
    assert_holds(audit_of(&w),
                 "\"what\":\"set server\",\"why\":\"the socket's level\",\"result\":\"refused\"");
    session.level = COMMAND_OPERATOR;
    assert_says("clear counters", COMMAND_DONE, "");
    assert_says("clear counters all", COMMAND_FAILED, "Permission denied\n");
    assert_says("disable server web/w1", COMMAND_FAILED, "Permission denied\n");
    session.level = COMMAND_ADMIN;
    assert_says("operator", COMMAND_DONE, "");
    assert_says("show cli level", COMMAND_DONE, "operator\n");
    assert_says("user", COMMAND_DONE, "");
    assert_says("show cli level", COMMAND_DONE, "user\n");
}

static void times_of_the_session(void **state)
{
    (void)state;
    assert_says("set timeout cli 60", COMMAND_DONE, "");
    assert_int_equal(session.timeout.ms, 60000);
    assert_says("set timeout cli 1h", COMMAND_DONE, "");
    assert_int_equal(session.timeout.ms, 3600000);
    assert_says("set timeout cli 500ms", COMMAND_DONE, "");
    assert_int_equal(session.timeout.ms, 500);
    assert_says("set timeout cli", COMMAND_FAILED, "Expects an integer value.\n");
    assert_says("set timeout cli x", COMMAND_FAILED, "Invalid timeout value.\n");
    assert_says("set timeout cli 99999d", COMMAND_FAILED, "Invalid timeout value.\n");
    assert_says("set timeout cli 0", COMMAND_FAILED, "Invalid timeout value.\n");
    assert_says("set timeout foo 5", COMMAND_FAILED, "'set timeout' only supports 'cli'.\n");
    assert_int_equal(session.timeout.ms, 500);
}

static void commands_for_a_process_are_for_us(void **state)
{
    (void)state;
    w.process.parent_pid = 4700;
    w.process.parent_started = (instant){ w.now.now.us - 61000000 };
    w.process.generation = 3;
    assert_int_equal(say("show proc"), COMMAND_DONE);
    assert_holds(buf_span(&out), "\n4700            master          2               0d00h01m01s     3.3.0-");
    assert_holds(buf_span(&out),
                 "\n# workers\n4711            worker          0               0d00h00m10s     3.3.0-");
    assert_says("@1 show version", COMMAND_DONE, "3.3.0-evenkeel-0.1.0\n");
    assert_says("@!4711 show version", COMMAND_DONE, "3.3.0-evenkeel-0.1.0\n");
    assert_says("@master show version", COMMAND_DONE, "3.3.0-evenkeel-0.1.0\n");
    assert_says("@1", COMMAND_DONE, "");
    assert_says("@2 show version", COMMAND_FAILED, "Can't find the target PID matching the prefix '@2'\n");
    assert_int_equal(say("@!1 show version"), COMMAND_FAILED);
    assert_int_equal(say("@ show version"), COMMAND_FAILED);
    session.level = COMMAND_USER;
    assert_says("@1 disable server web/w1", COMMAND_FAILED, "Permission denied\n");
}

static void a_wait_is_for_who_carries_the_conversation(void **state)
{
    (void)state;
    assert_says("wait 250", COMMAND_ASKS, "");
    assert_true(session.asks == ASK_WAIT && session.wait.ms == 250);
    assert_says("wait 2m", COMMAND_ASKS, "");
    assert_int_equal(session.wait.ms, 120000);
    assert_int_equal(say("wait"), COMMAND_FAILED);
    assert_int_equal(say("wait 2h"), COMMAND_FAILED);
    assert_int_equal(say("wait 1s never"), COMMAND_FAILED);
    assert_int_equal(say("wait 1s srv-removable web/nobody"), COMMAND_FAILED);
}

static void a_wait_for_a_server_ends_when_it_is_idle(void **state)
{
    struct server_state *s = state_of(&w, w.w1);
    bool good;

    (void)state;
    assert_says("wait 1s srv-removable web/w1", COMMAND_ASKS, "");
    buf_clear(&out);
    assert_false(command_waits(&session, &w.now, false, &out, &good));
    assert_true(!good && span_starts_with(buf_span(&out), SPAN("Only servers in maintenance")));
    session.asks = ASK_NOTHING;
    assert_int_equal(say("disable server web/w1"), COMMAND_DONE);
    atomic_store(&s->active, 1);
    assert_true(command_waits(&session, &w.now, false, &out, &good));
    buf_clear(&out);
    assert_false(command_waits(&session, &w.now, true, &out, &good));
    assert_true(!good && span_starts_with(buf_span(&out), SPAN("Server still has connections")));
    atomic_store(&s->active, 0);
    buf_clear(&out);
    assert_false(command_waits(&session, &w.now, false, &out, &good));
    assert_true(good);
}

static void servers_are_changed_by_who_carries_the_conversation(void **state)
{
    const struct command_amend *m = &session.amend;

    (void)state;
    w.w1->pool->algorithm = BALANCE_STRIDE;
    w.w1->line = 77;
    assert_says("add server web/new 10.0.0.9:80 weight 3", COMMAND_ASKS, "");
    assert_true(session.asks == ASK_AMEND && m->count == 1 && m->what[0].kind == AMEND_ADD);
    assert_true(span_eq(m->what[0].words, SPAN("10.0.0.9:80\x1fweight\x1f"
                                               "3")));
    session.asks = ASK_NOTHING;
    assert_says("set server web/w1 addr 10.9.9.9 port 8080", COMMAND_ASKS, "");
    assert_true(m->count == 1 && m->what[0].kind == AMEND_SET && m->what[0].line == 77);
    assert_true(span_eq(m->what[0].words, SPAN("address\x1f"
                                               "10.9.9.9:8080")));
    session.asks = ASK_NOTHING;
    assert_says("del server web/w1", COMMAND_FAILED, "Only servers in maintenance mode can be deleted.\n");
    assert_int_equal(say("disable server web/w1"), COMMAND_DONE);
    assert_says("del server web/w1", COMMAND_ASKS, "");
    assert_true(m->what[0].kind == AMEND_DELETE && m->what[0].id == w.w1->id);
    session.asks = ASK_NOTHING;
    w.w1->pool->algorithm = BALANCE_STATIC_RR;
    assert_says("add server web/new 10.0.0.9:80", COMMAND_FAILED,
                "Backend must use a dynamic load balancing to support dynamic servers.\n");
}

static void limits_of_servers_and_of_the_process(void **state)
{
    (void)state;
    assert_says("set maxconn server web/w1 5", COMMAND_DONE, "");
    assert_int_equal(server_limit(state_of(&w, w.w1), w.w1, w.now.now), 5);
    assert_holds(audit_of(&w), "\"what\":\"limit\",\"object\":\"web/w1\",\"before\":\"usable, weight 4\","
                               "\"after\":\"usable, weight 4, limit 5\"");
    assert_says("set maxconn server web/w1 -1", COMMAND_FAILED,
                "maxconn string empty or preceded by garbage\n");
    assert_says("set maxconn server web/w1 0", COMMAND_DONE, "");
    assert_int_equal(server_limit(state_of(&w, w.w1), w.w1, w.now.now), 0);
    assert_says("set maxconn global 77", COMMAND_DONE, "");
    assert_int_equal(view_connections_max(&w.now), 77);
    assert_says("set maxconn global 9983", COMMAND_FAILED, "Value out of range.\n");
    assert_says("set maxconn global 0", COMMAND_DONE, "");
    assert_int_equal(view_connections_max(&w.now), 9982);
}

/* ---- sessions ---- */

struct asked {
    const struct server_state *server;
    uint64_t number;
    uint32_t older_ms;
    bool detailed;
    unsigned ends;
};

static bool take_end_of(void *self, struct server_state *server)
{
    struct asked *a = self;
    a->server = server;
    a->ends++;
    return true;
}
static enum admin_ended take_end_one(void *self, uint64_t number)
{
    struct asked *a = self;
    a->number = number;
    return number == 0x1a ? ADMIN_ENDED : number == 0x1b ? ADMIN_LATE : ADMIN_NO_SESSION;
}
static bool give_list(void *self, uint64_t number, duration older_than, bool detailed, struct buf *to)
{
    struct asked *a = self;
    a->number = number;
    a->older_ms = older_than.ms;
    a->detailed = detailed;
    if (number == 0 || number == 0x1a)
        buf_put(to, SPAN("0x1a: ...\n"));
    return number != 0x1b;
}

static void sessions_are_asked_of_the_engine(void **state)
{
    (void)state;
    struct asked a = { 0 };
    struct admin_sessions sessions = { &a, take_end_of, take_end_one, give_list };
    assert_int_equal(say("show sess"), COMMAND_FAILED);
    assert_int_equal(say("shutdown sessions server web/w1"), COMMAND_FAILED);
    w.process.sessions = &sessions;
    assert_says("show sess", COMMAND_DONE, "0x1a: ...\n");
    assert_false(a.detailed);
    assert_says("show sess 0x1a", COMMAND_DONE, "0x1a: ...\n");
    assert_true(a.detailed);
    assert_says("show sess 0x1c", COMMAND_FAILED, "Session not found.\n");
    assert_int_equal(say("show sess 0x1b"), COMMAND_FAILED);
    assert_int_equal(say("show sess older 2m"), COMMAND_DONE);
    assert_int_equal(a.older_ms, 120000);
    assert_int_equal(say("show sess bogus"), COMMAND_FAILED);
    assert_says("shutdown session 0x1a", COMMAND_DONE, "");
    assert_int_equal(a.number, 0x1a);
    assert_says("shutdown session 0x1c", COMMAND_FAILED, "No such session (use 'show sess').\n");
    assert_int_equal(say("shutdown session 0x1b"), COMMAND_FAILED);
    assert_says("shutdown session 1a", COMMAND_FAILED, "Session pointer expected (use 'show sess').\n");
    assert_says("shutdown sessions server web/w1", COMMAND_DONE, "");
    assert_true(a.server == state_of(&w, w.w1));
    assert_holds(audit_of(&w), "\"what\":\"end sessions\",\"object\":\"web/w1\"");
    assert_says("disable server web/w1", COMMAND_DONE, "");
    assert_int_equal(a.ends, 1);
}

static void what_is_known_but_not_served_says_why(void **state)
{
    (void)state;
    assert_says("show fd", COMMAND_FAILED,
                "`show fd` is not served: it shows HAProxy's own inside, which is not here.\n");
    assert_says("set server web/w1 addr 10.0.0.1", COMMAND_FAILED,
                "Of this server only state, weight and health can be set: change the file and `reload`.\n");
    assert_says("set server web/w1 agent up", COMMAND_FAILED,
                "agent checks are not enabled on this server.\n");
}

static void what_is_unknown_gets_the_list(void **state)
{
    (void)state;
    assert_int_equal(say("show stats"), COMMAND_FAILED);
    struct span s = buf_span(&out);
    assert_true(
        span_starts_with(s, SPAN("Unknown command: \"show stats\". Did you mean `show stat`? There are:\n")));
    assert_holds(s, "\n  show info [desc|json|typed]             : about the process\n");
    assert_int_equal(span_find(s, SPAN("enable server")), SPAN_NONE);
    assert_int_equal(say("bogus"), COMMAND_FAILED);
    assert_holds(buf_span(&out), "  enable server <bk>/<srv> ");
    assert_int_equal(say(""), COMMAND_FAILED);
    assert_true(span_starts_with(buf_span(&out), SPAN("Unknown command: an empty line. There are:\n")));
    assert_int_equal(say("SHOW INFO"), COMMAND_FAILED);
    /* only what this level may do is listed */
    session.level = COMMAND_USER;
    assert_int_equal(say("help"), COMMAND_DONE);
    assert_int_equal(span_find(buf_span(&out), SPAN("enable server")), SPAN_NONE);
    assert_holds(buf_span(&out), "  show stat [opts] ");
    assert_int_equal(say("help show serv"), COMMAND_DONE);
    assert_holds(buf_span(&out), "show servers state");
    assert_int_equal(span_find(buf_span(&out), SPAN("show info")), SPAN_NONE);
}

static void words_and_blanks(void **state)
{
    (void)state;
    assert_says("  get \t weight   web/w1  ", COMMAND_DONE, "4 (initial 4)\n");
    assert_says("get weight web/\\w1", COMMAND_DONE, "4 (initial 4)\n");
    assert_int_equal(say("get\\ weight web/w1"), COMMAND_FAILED); /* one word of two */
    char text[5000];
    memset(text, 'a', sizeof(text));
    buf_clear(&out);
    assert_int_equal(command_run(&session, &w.now, span_of(text, sizeof(text)), &out), COMMAND_FAILED);
    assert_holds(buf_span(&out), "A command has at most 16 words and 4096 bytes.");
    assert_int_equal(say("a a a a a a a a a a a a a a a a a"), COMMAND_FAILED);
    assert_holds(buf_span(&out), "at most 16 words");
}

static void what_the_parent_does_is_asked_for(void **state)
{
    (void)state;
    const struct {
        const char *word;
        enum command_ask ask;
    } rows[] = { { "reload", ASK_RELOAD },
                 { "reopen", ASK_REOPEN },
                 { "stop", ASK_STOP },
                 { "drain", ASK_DRAIN },
                 { "upgrade", ASK_UPGRADE } };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        assert_says(rows[i].word, COMMAND_ASKS, "");
        assert_int_equal(session.asks, rows[i].ask);
    }
    assert_holds(audit_of(&w), "\"what\":\"reload\",\"result\":\"done\"");
    assert_int_equal(say("quit"), COMMAND_QUIT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(states_of_servers),
        T(maintenance_ends_a_drain_and_enable_does_too),
        T(health_by_word),
        T(weights),
        T(names_that_are_not_there),
        T(frontends),
        T(info_has_the_lines_that_tools_read),
        T(stat_takes_haproxys_words),
        T(servers_state_for_a_state_file),
        T(the_rest_that_looks),
        T(counters_begin_anew),
        T(levels),
        T(times_of_the_session),
        T(commands_for_a_process_are_for_us),
        T(a_wait_is_for_who_carries_the_conversation),
        T(a_wait_for_a_server_ends_when_it_is_idle),
        T(servers_are_changed_by_who_carries_the_conversation),
        T(limits_of_servers_and_of_the_process),
        T(sessions_are_asked_of_the_engine),
        T(what_is_known_but_not_served_says_why),
        T(what_is_unknown_gets_the_list),
        T(words_and_blanks),
        T(what_the_parent_does_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
