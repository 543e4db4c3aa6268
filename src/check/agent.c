/* SPDX-License-Identifier: Apache-2.0 */
#include "check/agent.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

/* ---- words ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

static void take_word(struct agent_words *w, struct span word)
{
    static const struct {
        struct span word;
        enum agent_admin admin;
        enum agent_health health;
    } words[] = {
        { SPAN_INIT("ready"), AGENT_READY, AGENT_HEALTH_SAME },
        { SPAN_INIT("drain"), AGENT_DRAIN, AGENT_HEALTH_SAME },
        { SPAN_INIT("maint"), AGENT_MAINT, AGENT_HEALTH_SAME },
        { SPAN_INIT("up"), AGENT_SAYS_NOTHING, AGENT_UP },
        { SPAN_INIT("down"), AGENT_SAYS_NOTHING, AGENT_DOWN },
        { SPAN_INIT("fail"), AGENT_SAYS_NOTHING, AGENT_DOWN },
        { SPAN_INIT("stopped"), AGENT_SAYS_NOTHING, AGENT_DOWN },
    };
    uint64_t n;
    if (span_ends_with(word, SPAN("%")) && span_to_u64(span_first(word, word.len - 1), 25600, &n)) {
        w->has_weight = true;
        w->percent = (uint32_t)n;
        return;
    }
    if (span_starts_with_nocase(word, SPAN("maxconn:")) &&
        span_to_u64(span_from_index(word, 8), INT32_MAX, &n)) {
        w->has_limit = true;
        w->limit = (uint32_t)n;
        return;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!span_eq_nocase(word, words[i].word))
            continue;
        w->admin = words[i].admin ? words[i].admin : w->admin;
        w->health = words[i].health ? words[i].health : w->health;
        w->word = words[i].health ? word : w->word;
        return;
    }
    if (w->strange.len == 0)
        w->strange = word;
}

struct agent_words agent_read(struct span line)
{
    struct agent_words w = { .admin = AGENT_SAYS_NOTHING };
    size_t mark = span_find_char(line, '#');
    if (mark != SPAN_NONE)
        w.remark = span_trim(span_from_index(line, mark + 1));
    for (size_t at = 0; at < line.len && line.ptr[at] != '#';) {
        size_t from = at;
        while (at < line.len && !is_blank(line.ptr[at]) && line.ptr[at] != '#')
            at++;
        if (at > from)
            take_word(&w, span_of(line.ptr + from, at - from));
        while (at < line.len && is_blank(line.ptr[at]))
            at++;
    }
    return w;
}

void agent_apply(const struct agent_words *w, const struct server *model, struct server_state *state,
                 instant now)
{
    if (w->has_weight) {
        uint64_t weight = (uint64_t)model->weight * w->percent / 100;
        uint32_t fresh = weight > 256 ? 256 : (uint32_t)weight;
        if (atomic_load_explicit(&state->weight, memory_order_relaxed) != fresh)
            server_set_weight(state, fresh, now);
    }
    if (w->has_limit && atomic_load_explicit(&state->connections_max, memory_order_relaxed) != w->limit)
        server_set_connections_max(state, w->limit, now);
    if (w->admin == AGENT_READY)
        server_set_admin(state, 0, ADMIN_MAINT | ADMIN_DRAIN, now);
    else if (w->admin == AGENT_DRAIN)
        server_set_admin(state, ADMIN_DRAIN, ADMIN_MAINT, now);
    else if (w->admin == AGENT_MAINT)
        server_set_admin(state, ADMIN_MAINT, 0, now);
    if (w->health)
        (void)server_agent_health(state, w->health == AGENT_UP, now);
}

void agent_tell(struct agent_report *r, const struct agent_words *w, bool answered, int error)
{
    struct buf text;
    char room[sizeof(r->text) - 1];

    buf_init_fixed(&text, room, sizeof(room));
    if (!answered) {
        r->said = error ? SAID_NO_CONNECTION : SAID_TOO_LATE;
        buf_put(&text, error ? span_from(strerrordesc_np(error)) : SPAN(""));
    } else if (w->health) {
        r->said = w->health == AGENT_UP ? SAID_UP : SAID_DOWN;
        buf_printf(&text, "via agent : %.*s", SPAN_ARGS(w->word));
        if (w->remark.len)
            buf_printf(&text, " (%.*s)", SPAN_ARGS(w->remark));
    } else {
        r->said = SAID_OTHER;
        if (w->strange.len)
            buf_printf(&text, "agent reports an error : %.*s", SPAN_ARGS(w->strange));
    }
    for (size_t i = 0; i < text.len; i++)
        r->text[i] = (unsigned char)room[i] < ' ' ? '?' : room[i];
    r->text[text.len] = '\0';
}

/* ---- asking ---- */

static void clean(struct agent_probe *p)
{
    loop_forget_deadline(p->loop, &p->deadline);
    if (p->running)
        conn_close(&p->conn);
    p->running = false;
}

static void finish(struct agent_probe *p, bool answered)
{
    struct span line = span_of(p->answer, answered ? p->len : 0);
    size_t end = span_find(line, SPAN("\n"));
    struct agent_words words = agent_read(end == SPAN_NONE ? line : span_first(line, end));
    clean(p);
    p->on_done(p, answered && line.len > 0, &words);
}

static void on_late(struct deadline *d)
{
    finish(CONTAINER_OF(d, struct agent_probe, deadline), false);
}

static bool send_rest(struct agent_probe *p)
{
    struct span send = p->server->agent->send;
    while (p->sent < send.len) {
        struct conn_done done = conn_write(&p->conn, send.ptr + p->sent, send.len - p->sent);
        if (done.result == CONN_AGAIN)
            return true;
        if (done.result != CONN_OK)
            return false;
        p->sent += done.len;
    }
    return true;
}

/* True: the line is whole, or all that will come is there. */
static bool read_line(struct agent_probe *p)
{
    while (p->len < sizeof(p->answer)) {
        struct conn_done done = conn_read(&p->conn, p->answer + p->len, sizeof(p->answer) - p->len);
        if (done.result == CONN_AGAIN)
            return false;
        if (done.result != CONN_OK)
            return true;
        p->len += done.len;
        if (span_find(span_of(p->answer, p->len), SPAN("\n")) != SPAN_NONE)
            return true;
    }
    return true;
}

static void on_ready(struct conn *c)
{
    struct agent_probe *p = CONTAINER_OF(c, struct agent_probe, conn);
    if (c->stage == CONN_FAILED || (conn_is_open(c) && !send_rest(p))) {
        p->error = c->error ? c->error : ECONNRESET;
        finish(p, false);
    } else if (conn_is_open(c) && read_line(p))
        finish(p, true);
}

void agent_probe_init(struct agent_probe *p, struct loop *l, agent_fn on_done)
{
    p->loop = l;
    p->on_done = on_done;
    p->running = false;
    deadline_init(&p->deadline, on_late);
}

void agent_probe_start(struct agent_probe *p, const struct server *server, const struct address *address)
{
    const struct agent *a = server->agent;
    struct address to = a->address.len ? a->address : *address;
    struct conn_target target = CONN_TARGET_INIT;
    address_set_port(&to, a->port);
    target.to = &to;
    const struct source_rule *from = &server->source; /* a client's address is nobody's here */
    target.from = from->from == NULL && from->address.len ? &from->address : NULL;
    target.interface = from->interface.len ? from->interface.ptr : NULL;
    p->server = server;
    p->sent = p->len = 0;
    p->error = 0;
    p->started = loop_now_exact(p->loop);
    p->running = conn_connect(&p->conn, p->loop, &target, on_ready);
    /* what failed at once is told in a later turn, as everything else is */
    loop_set_deadline(p->loop, &p->deadline, p->running ? a->timeout : DURATION_MS(0));
}

void agent_probe_cancel(struct agent_probe *p)
{
    clean(p);
}
