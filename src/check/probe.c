/* SPDX-License-Identifier: Apache-2.0 */
#include "check/probe.h"

#include <errno.h>
#include <stdlib.h>

#include "check/probe_http.h"
#include "eval/eval.h"
#include "io/tls.h"
#include "model/tls.h"

#define REQUEST_MAX 65536

// clang-format off
static const struct check_step http_steps[] = { { .kind = CHECK_STEP_CONNECT }, { .kind = CHECK_STEP_SEND },
                                                { .kind = CHECK_STEP_EXPECT, .expects = EXPECT_STATUS } };
static const struct check_step connect_only[] = { { .kind = CHECK_STEP_CONNECT } };
// clang-format on

/* HAProxy's code of another result, where a step has one. */
static enum check_result said(struct span code, enum check_result usual)
{
    for (unsigned r = 0; code.len && r < CHECKED_COUNT; r++)
        if (span_eq(code, span_from(check_result_code((enum check_result)r))))
            return (enum check_result)r;
    return usual;
}

static void clean(struct probe *p)
{
    loop_forget_deadline(p->loop, &p->deadline);
    if (p->running)
        conn_close(&p->conn);
    p->running = false;
    free(p->request);
    free(p->answer);
    p->request = p->answer = NULL;
}

static void finish(struct probe *p, enum check_result result, int32_t detail)
{
    clean(p);
    p->on_done(p, result, detail);
}

static void go_on(struct probe *p);

static void on_ready(struct conn *c)
{
    go_on(CONTAINER_OF(c, struct probe, conn));
}

/* Which of HAProxy's layers we were on when the time was over. */
static void on_late(struct deadline *d)
{
    struct probe *p = CONTAINER_OF(d, struct probe, deadline);
    bool expects = p->step < p->step_count && p->steps[p->step].kind == CHECK_STEP_EXPECT;

    finish(p,
           p->conn.stage == CONN_CONNECTING    ? CHECKED_L4_TIMEOUT
           : p->conn.stage == CONN_HANDSHAKING ? CHECKED_L6_TIMEOUT
           : expects                           ? said(p->steps[p->step].late, CHECKED_L7_TIMEOUT)
                                               : CHECKED_L7_TIMEOUT,
           0);
}

void probe_init(struct probe *p, struct loop *l, probe_fn on_done)
{
    *p = (struct probe){ .loop = l, .on_done = on_done };
    deadline_init(&p->deadline, on_late);
}

void probe_cancel(struct probe *p)
{
    clean(p);
}

static void choose_steps(struct probe *p)
{
    p->speaks_http = p->check->kind == CHECK_HTTP;
    if (p->check->steps.count > 0) {
        p->steps = p->check->steps.items;
        p->step_count = p->check->steps.count;
    } else {
        p->steps = p->speaks_http ? http_steps : connect_only;
        p->step_count = p->speaks_http ? COUNT_OF(http_steps) : COUNT_OF(connect_only);
    }
    p->step = 0;
}

static struct span constant(const struct expr *e)
{
    return e && e->constant.ptr ? e->constant : SPAN(""); /* a check has no request to take a name from */
}

/* After conn_connect. False: no memory, and the connection is closed. */
static bool secure(struct probe *p, const struct tls_client *t)
{
    struct tls_peer peer = { .server_name = constant(t->name), .verify_name = SPAN("") };

    if (t->verify && t->verify_name)
        peer.verify_name = constant(t->verify_name);
    else if (t->verify && t->verify_by_name)
        peer.verify_name = peer.server_name;
    struct tls_session *tls = tls_session_client(p->loop, p->tls[t->index], &peer);
    if (tls)
        conn_start_tls(&p->conn, tls);
    else
        conn_close(&p->conn);
    errno = ENOMEM;
    return tls != NULL;
}

/* <step> NULL: nobody wrote down how to connect. */
static const struct tls_client *tls_of(const struct probe *p, const struct check_step *step)
{
    if (step && step->tls)
        return step->tls;
    return !step || step->default_options ? p->check->tls : NULL;
}

static bool connect_to(struct probe *p, const struct check_step *step)
{
    const struct tls_client *tls = tls_of(p, step);
    uint16_t port = step ? step->port : 0;
    bool elsewhere = step && step->address.len;
    struct address to = elsewhere ? step->address : p->check->address.len ? p->check->address : p->address;
    struct conn_target target = CONN_TARGET_INIT;

    if (port == 0 && !(elsewhere && address_port(&to)))
        port = p->check->port;
    if (port != 0)
        address_set_port(&to, port);
    else if ((elsewhere || p->check->address.len) && address_port(&to) == 0)
        address_set_port(&to, address_port(&p->address));
    target.to = &to;
    const struct source_rule *from = &p->server->source; /* a client's address is nobody's here */
    target.from = from->address.len ? &from->address : NULL;
    target.transparent = from->address.len && from->transparent;
    target.interface = from->interface.len ? from->interface.ptr : NULL;
    p->answer_ended = false;
    p->answer_len = 0;
    p->greets = step && !step->default_options ? step->send_proxy : p->check->send_proxy;
    p->tls_later = p->greets ? tls : NULL;
    p->running = conn_connect(&p->conn, p->loop, &target, on_ready) && (!tls || p->greets || secure(p, tls));
    return p->running;
}

/* What failed at once is told in a later turn, as everything else is. */
static void on_refused_at_once(struct deadline *d)
{
    struct probe *p = CONTAINER_OF(d, struct probe, deadline);
    int error = p->refused;

    p->deadline.on_expired = on_late;
    finish(p,
           error == ECONNREFUSED || error == ENETUNREACH || error == EHOSTUNREACH || error == ENOENT
               ? CHECKED_L4_REFUSED
               : CHECKED_SOCKET_ERROR,
           error);
}

void probe_start(struct probe *p, const struct server *server, const struct address *address,
                 struct tls_context *const *tls)
{
    p->server = server;
    p->check = server->check;
    p->address = *address;
    p->tls = tls;
    p->detail = 0;
    choose_steps(p);
    const bool connects = p->steps[0].kind == CHECK_STEP_CONNECT, written = p->check->steps.count > 0;
    if (connects)
        p->step = 1;
    if (connect_to(p, connects && written ? &p->steps[0] : NULL)) {
        loop_set_deadline(p->loop, &p->deadline, p->check->connect_timeout);
        return;
    }
    p->refused = errno;
    p->deadline.on_expired = on_refused_at_once;
    loop_set_deadline(p->loop, &p->deadline, DURATION_MS(0));
}

/* A connection of our own, for nobody: v2 LOCAL, v1 UNKNOWN. False: it failed. */
static bool greet(struct probe *p)
{
    static const char local[16] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0";
    struct span header =
        p->server->send_proxy == SEND_PROXY_V2 ? span_of(local, sizeof(local)) : SPAN("PROXY UNKNOWN\r\n");

    p->greets = false;
    if (conn_write(&p->conn, header.ptr, header.len).len != header.len)
        return false;
    const struct tls_client *tls = p->tls_later;
    p->tls_later = NULL;
    return !tls || secure(p, tls);
}

/* ---- steps ---- */

enum went { WENT_ON, WENT_WAITING, WENT_AWAY };

static bool make_request(struct probe *p, const struct check_step *s)
{
    struct buf out;

    buf_init(&out, REQUEST_MAX);
    if (p->speaks_http)
        probe_http_request(s, p->check->tells_state ? p->state : SPAN(""), &out);
    else if (s->data != NULL && s->data->constant.ptr != NULL)
        buf_put(&out, s->data->constant);
    p->request = out.data;
    p->request_len = out.len;
    p->sent = 0;
    return !out.truncated;
}

static enum went step_send(struct probe *p, const struct check_step *s)
{
    if (p->request == NULL && !make_request(p, s)) {
        finish(p, CHECKED_SOCKET_ERROR, ENOMEM);
        return WENT_AWAY;
    }
    while (p->sent < p->request_len) {
        struct conn_done done = conn_write(&p->conn, p->request + p->sent, p->request_len - p->sent);
        if (done.result == CONN_AGAIN)
            return WENT_WAITING;
        if (done.result != CONN_OK) {
            finish(p, CHECKED_L7_INVALID, done.error);
            return WENT_AWAY;
        }
        p->sent += done.len;
    }
    free(p->request);
    p->request = NULL;
    p->answer_len = 0;
    return WENT_ON;
}

static bool matches(const struct check_step *s, struct value v)
{
    struct facts f = { 0 };

    return eval_match(&f, s->expect, &v) != s->negate;
}

/* By number, or by its three digits. */
static bool status_matches(const struct check_step *s, unsigned status)
{
    char digits[16];
    struct buf b;

    if (s->expect->how == MATCH_INT)
        return matches(s, (struct value){ .type = VALUE_INT, .as.number = status });
    buf_init_fixed(&b, digits, sizeof(digits));
    buf_put_u64(&b, status);
    return matches(s, (struct value){ .type = VALUE_TEXT, .as.text = buf_span(&b) });
}

/* An HTTP answer, judged. Without a test 2xx and 3xx are good. */
static enum went judge_http(struct probe *p, const struct check_step *s)
{
    struct probe_answer a;

    switch (probe_http_answer(span_of(p->answer, p->answer_len), p->answer_ended, &a)) {
    case PROBE_HTTP_MORE:
        return WENT_WAITING;
    case PROBE_HTTP_GARBAGE:
        finish(p, CHECKED_L7_INVALID, 0);
        return WENT_AWAY;
    case PROBE_HTTP_READY:
        break;
    }
    bool good = a.status >= 200 && a.status < 400;
    if (s->expect != NULL && s->expects == EXPECT_STATUS)
        good = status_matches(s, a.status);
    else if (s->expect != NULL && s->expects == EXPECT_FIELD)
        good = probe_http_field(&a, s->field, s->expect) != s->negate;
    else if (s->expect != NULL)
        good = matches(s, (struct value){ .type = VALUE_TEXT, .as.text = a.body });
    const bool wants_body = s->expect != NULL && s->expects == EXPECT_BODY;
    if (wants_body && good == s->negate && !p->answer_ended && p->answer_len < PROBE_ANSWER_MAX)
        return WENT_WAITING; /* more of the body may decide otherwise */
    p->detail = (int32_t)a.status;
    if (good)
        return WENT_ON;
    if (a.status == 404 && p->check->drains_on_404 && p->was_up)
        finish(p, CHECKED_L7_CONDITIONAL, 404);
    else
        finish(p, said(s->bad, s->expects == EXPECT_STATUS ? CHECKED_L7_STATUS : CHECKED_L7_INVALID),
               (int32_t)a.status);
    return WENT_AWAY;
}

static enum went judge_data(struct probe *p, const struct check_step *s)
{
    struct value v = { .type = VALUE_BINARY, .as.text = span_of(p->answer, p->answer_len) };

    if (p->answer_len < s->at_least && !p->answer_ended && p->answer_len < PROBE_ANSWER_MAX)
        return WENT_WAITING;
    if (p->answer_len > 0 && matches(s, v))
        return WENT_ON;
    if (!p->answer_ended && p->answer_len < PROBE_ANSWER_MAX && !s->negate)
        return WENT_WAITING;
    finish(p, said(s->bad, CHECKED_L7_INVALID), 0);
    return WENT_AWAY;
}

static enum went step_expect(struct probe *p, const struct check_step *s)
{
    if (p->answer == NULL)
        p->answer = malloc(PROBE_ANSWER_MAX);
    if (p->answer == NULL) {
        finish(p, CHECKED_SOCKET_ERROR, ENOMEM);
        return WENT_AWAY;
    }
    while (!p->answer_ended && p->answer_len < PROBE_ANSWER_MAX) {
        struct conn_done done =
            conn_read(&p->conn, p->answer + p->answer_len, PROBE_ANSWER_MAX - p->answer_len);
        if (done.result == CONN_AGAIN)
            break;
        p->answer_ended = done.result != CONN_OK;
        p->answer_len += done.len;
    }
    return p->speaks_http ? judge_http(p, s) : judge_data(p, s);
}

static enum check_result good_result(const struct probe *p)
{
    const struct check_step *last = &p->steps[p->step_count - 1];

    if (last->kind == CHECK_STEP_EXPECT && last->ok.len)
        return said(last->ok, CHECKED_L7_OK);
    return p->step_count > 1 ? CHECKED_L7_OK : p->conn.tls != NULL ? CHECKED_L6_OK : CHECKED_L4_OK;
}

static enum went run_step(struct probe *p)
{
    const struct check_step *s = &p->steps[p->step];

    switch (s->kind) {
    case CHECK_STEP_SEND:
        return step_send(p, s);
    case CHECK_STEP_EXPECT:
        return step_expect(p, s);
    case CHECK_STEP_CONNECT:
        break;
    }
    /* another connection: the first is done with */
    conn_close(&p->conn);
    p->running = false;
    p->step++;
    if (connect_to(p, s)) {
        loop_set_deadline(p->loop, &p->deadline, p->check->connect_timeout);
        return WENT_AWAY; /* goes on when it is open */
    }
    finish(p, CHECKED_L4_REFUSED, errno);
    return WENT_AWAY;
}

/* Did the handshake fail, or what went before it? */
static enum check_result failed_result(const struct probe *p)
{
    bool tls = p->conn.tls != NULL && tls_failure(p->conn.tls)->code != TLS_NONE;

    return tls ? CHECKED_L6_INVALID : CHECKED_L4_REFUSED;
}

static void go_on(struct probe *p)
{
    if (p->conn.stage == CONN_FAILED) {
        finish(p, failed_result(p), p->conn.error);
        return;
    }
    if (!conn_is_open(&p->conn))
        return;
    if (p->greets) {
        bool secures = p->tls_later != NULL;
        if (!greet(p)) {
            finish(p, CHECKED_SOCKET_ERROR, p->conn.error);
            return;
        }
        if (secures)
            return;
    }
    if (p->step <= 1 && p->request == NULL && p->answer == NULL)
        loop_set_deadline(p->loop, &p->deadline, p->check->timeout);
    while (p->step < p->step_count) {
        enum went went = run_step(p);
        if (went != WENT_ON)
            return;
        p->step++;
    }
    finish(p, good_result(p), p->detail);
}
