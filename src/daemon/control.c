/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "admin/talk.h"
#include "io/acceptor.h"
#include "io/conn.h"
#include "model/config.h"
#include "os/socket.h"

#define SESSIONS_MOST 64
#define INPUT_ROOM    4096
#define OUTPUT_MOST   ((size_t)512 << 20)
#define READS_MOST    16 /* a turn: others of this thread get theirs */

struct control_gate {
    struct acceptor acceptor;
    struct grave grave;
    struct control *control;
    enum command_level level;
};

struct control_session {
    struct link link;
    struct grave grave;
    struct control *control;
    struct conn conn;
    struct deadline idle;
    struct deadline wait; /* `wait`: then its conversation goes on */
    struct buf out;       /* what is to be sent, from <sent> on */
    size_t sent;
    struct span left; /* of <input>: not taken yet */
    uint64_t asked;   /* the number of what the parent was asked; 0 = nothing */
    bool ended;       /* no more input comes */
    bool closing;
    char input[INPUT_ROOM];
    char from[64]; /* who it is, for the record */
    struct talk talk;
};

struct control {
    struct control_options o;
    struct control_gate **gates;
    uint32_t gate_count;
    struct list sessions;
    unsigned session_count;
    uint64_t numbers;
    bool draining;
};

/* ---- the end of a session ---- */

static void session_release(struct grave *g)
{
    struct control_session *s = CONTAINER_OF(g, struct control_session, grave);

    buf_fini(&s->out);
    talk_fini(&s->talk);
    free(s);
}

static void session_end(struct control_session *s)
{
    if (s->closing)
        return;
    s->closing = true;
    loop_forget_deadline(s->control->o.loop, &s->idle);
    loop_forget_deadline(s->control->o.loop, &s->wait);
    conn_close(&s->conn);
    link_remove(&s->link);
    s->control->session_count--;
    loop_bury(s->control->o.loop, &s->grave, session_release);
}

static void on_idle(struct deadline *d)
{
    session_end(CONTAINER_OF(d, struct control_session, idle));
}

/* ---- talking ---- */

/* false: it is over. */
static bool send_out(struct control_session *s)
{
    while (s->sent < s->out.len) {
        struct conn_done d = conn_write(&s->conn, s->out.data + s->sent, s->out.len - s->sent);
        if (d.result == CONN_AGAIN)
            return true;
        if (d.result != CONN_OK)
            return false;
        s->sent += d.len;
    }
    buf_clear(&s->out);
    s->sent = 0;
    return !s->talk.over || s->asked != 0;
}

/*
 * Who asks for the end would not hear of it afterwards: the worker may be told to
 * end before the parent's answer is read.
 */
static bool is_end(enum command_ask a)
{
    return a == ASK_STOP || a == ASK_DRAIN;
}

static void amend(struct control_session *s)
{
    struct control *c = s->control;
    const struct command_amend *m = &s->talk.session.amend;
    struct buf answer;

    buf_init(&answer, 1 << 16);
    bool done = c->o.amend(c->o.self, m->what, m->count, &answer);
    if (!done && m->refused) {
        buf_clear(&answer);
        buf_put(&answer, span_from(m->refused));
    }
    if (done)
        buf_put(&answer, span_of(m->reply, m->reply_len));
    if (answer.len > 0)
        buf_put_char(&answer, '\n');
    talk_answer(&s->talk, !done, buf_span(&answer), &s->out);
    buf_fini(&answer);
}

static void wait_on(struct control_session *s)
{
    static const duration step = DURATION_MS(50); /* how often a server is looked at */
    struct command_session *session = &s->talk.session;
    bool all = session->wait_server[0] == '\0' || session->wait.ms < step.ms;
    duration now = all ? session->wait : step;

    session->wait = DURATION_MS(session->wait.ms - now.ms);
    loop_set_deadline(s->control->o.loop, &s->wait, now);
}

static void pass_on(struct control_session *s)
{
    struct control *c = s->control;
    enum command_ask what = talk_asks(&s->talk);

    if (what == ASK_AMEND) {
        amend(s);
        return;
    }

    if (is_end(what)) {
        talk_answer(&s->talk, 0, SPAN(""), &s->out);
        (void)send_out(s);
        (void)!c->o.ask(c->o.self, what, ++c->numbers);
        return;
    }
    s->asked = ++c->numbers;
    if (what == ASK_WAIT) {
        wait_on(s);
        return;
    }
    if (c->o.ask(c->o.self, what, s->asked))
        return;
    s->asked = 0;
    talk_answer(&s->talk, 1, SPAN("the parent process cannot be reached"), &s->out);
}

static void talk_on(struct control_session *s)
{
    struct admin_now now;
    bool passed;

    do {
        /* each time: what the answer before changed may have another snapshot */
        if (!s->control->o.look(s->control->o.self, &now)) {
            buf_put(&s->out, SPAN("Nothing is served yet.\n\n"));
            s->talk.over = true;
            return;
        }
        talk_take(&s->talk, &s->left, &now, &s->out);
        if (s->ended && s->left.len == 0 && talk_asks(&s->talk) == ASK_NOTHING)
            talk_end(&s->talk, &now, &s->out);
        passed = talk_asks(&s->talk) != ASK_NOTHING;
        if (passed)
            pass_on(s);
    } while (passed && s->asked == 0);
}

/* Reads while nothing waits: not for the parent, not for the client to take what it asked for. */
static bool read_in(struct control_session *s)
{
    for (unsigned n = 0; s->asked == 0 && s->sent == s->out.len && !s->talk.over && !s->ended; n++) {
        if (n == READS_MOST) {
            conn_again(&s->conn);
            return true;
        }
        struct conn_done d = conn_read(&s->conn, s->input, sizeof(s->input));
        if (d.result == CONN_AGAIN)
            return true;
        if (d.result == CONN_ERROR)
            return false;
        s->ended = d.result == CONN_EOF;
        s->left = span_of(s->input, d.result == CONN_OK ? d.len : 0);
        talk_on(s);
        if (!send_out(s))
            return false;
    }
    return true;
}

static void session_run(struct control_session *s)
{
    if (s->closing)
        return;
    if (!send_out(s) || !read_in(s)) {
        session_end(s);
        return;
    }
    if (s->asked != 0) /* the parent takes the time it takes */
        loop_forget_deadline(s->control->o.loop, &s->idle);
    else
        loop_set_deadline(s->control->o.loop, &s->idle, s->talk.session.timeout);
}

static void on_ready(struct conn *c)
{
    session_run(CONTAINER_OF(c, struct control_session, conn));
}

void control_answered(struct control *c, uint64_t number, uint32_t code, struct span text)
{
    if (c == NULL || number == 0)
        return;
    LIST_EACH (&c->sessions, s, struct control_session, link) {
        if (s->asked != number)
            continue;
        s->asked = 0;
        talk_answer(&s->talk, code, text, &s->out);
        talk_on(s);
        session_run(s);
        return;
    }
}

static void on_waited(struct deadline *d)
{
    struct control_session *s = CONTAINER_OF(d, struct control_session, wait);

    struct admin_now now;
    struct buf answer;
    bool good = true;

    buf_init(&answer, 4096);
    if (s->control->o.look(s->control->o.self, &now) &&
        command_waits(&s->talk.session, &now, s->talk.session.wait.ms == 0, &answer, &good)) {
        buf_fini(&answer);
        wait_on(s);
        return;
    }
    s->asked = 0;
    talk_answer(&s->talk, !good, buf_span(&answer), &s->out);
    buf_fini(&answer);
    talk_on(s);
    session_run(s);
}

/* ---- new sessions ---- */

static void put_peer(struct control_session *s, int fd, const struct address *peer)
{
    struct socket_peer who;
    struct buf b;

    buf_init_fixed(&b, s->from, sizeof(s->from));
    if (address_family(peer) == AF_UNIX && socket_unix_peer(fd, &who))
        buf_printf(&b, "uid %u, pid %d", (unsigned)who.uid, (int)who.pid);
    else
        address_put(&b, peer);
    s->talk.session.by.from = buf_span(&b);
}

static bool on_accept(struct acceptor *a, int fd, const struct address *peer)
{
    struct control_gate *g = CONTAINER_OF(a, struct control_gate, acceptor);
    struct control *c = g->control;
    struct act_by by = { .through = SPAN("socket") };
    struct control_session *s = c->session_count < SESSIONS_MOST ? malloc(sizeof(*s)) : NULL;

    if (s == NULL) {
        static const char sorry[] = "There are too many sessions; ask again later.\n";
        (void)!send(fd, sorry, sizeof(sorry) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)close(fd);
        return true;
    }
    *s = (struct control_session){ .control = c };
    buf_init(&s->out, OUTPUT_MOST);
    talk_init(&s->talk, g->level, &by);
    put_peer(s, fd, peer);
    deadline_init(&s->idle, on_idle);
    deadline_init(&s->wait, on_waited);
    if (!conn_open(&s->conn, c->o.loop, fd, on_ready)) {
        session_release(&s->grave);
        return true;
    }
    list_push_back(&c->sessions, &s->link);
    c->session_count++;
    loop_set_deadline(c->o.loop, &s->idle, s->talk.session.timeout);
    return true;
}

/* ---- sockets ---- */

static void gate_release(struct grave *g)
{
    free(CONTAINER_OF(g, struct control_gate, grave));
}

static void close_gates(struct control *c)
{
    for (uint32_t i = 0; i < c->gate_count; i++) {
        acceptor_close(&c->gates[i]->acceptor);
        loop_bury(c->o.loop, &c->gates[i]->grave, gate_release);
    }
    free(c->gates);
    c->gates = NULL;
    c->gate_count = 0;
}

static void open_gate(struct control *c, int fd, enum command_level level)
{
    struct control_gate *g = calloc(1, sizeof(*g));

    if (g == NULL)
        oom_die(sizeof(*g));
    g->control = c;
    g->level = level;
    if (acceptor_open(&g->acceptor, c->o.loop, fd, 0, on_accept))
        c->gates[c->gate_count++] = g;
    else
        free(g);
}

void control_publish(struct control *c, const struct config *config, const int *fds, uint32_t count)
{
    const struct process *p = &config->process;

    close_gates(c);
    c->gates = calloc(count + 1, sizeof(struct control_gate *));
    if (c->gates == NULL)
        oom_die(count * sizeof(struct control_gate *));
    for (uint32_t i = 0; i < count && i < p->control_sockets.count && !c->draining; i++)
        if (fds[i] >= 0)
            open_gate(c, fds[i], (enum command_level)p->control_sockets.items[i].level);
}

/* ---- the whole ---- */

struct control *control_new(const struct control_options *o)
{
    struct control *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->o = *o;
    list_init(&c->sessions);
    return c;
}

void control_drain(struct control *c)
{
    c->draining = true;
    close_gates(c);
}

void control_free(struct control **owner)
{
    struct control *c = *owner;

    *owner = NULL;
    if (c == NULL)
        return;
    close_gates(c);
    LIST_EACH (&c->sessions, s, struct control_session, link)
        session_end(s);
    free(c);
}
