/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about single sessions: the engine is asked, and it asks its threads. */
#include "admin/command_internal.h"

static enum command_result late(struct call *c)
{
    return call_fail(c, "The traffic threads are too busy to answer; ask again.");
}

/* "0x1a", as `show sess` shows it. */
static bool number_of(struct span text, uint64_t *number)
{
    *number = 0;
    if (!span_starts_with(text, SPAN("0x")) || text.len < 3 || text.len > 18)
        return false;
    for (size_t i = 2; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        *number = *number << 4 | (unsigned)digit;
    }
    return *number != 0;
}

enum command_result show_sess(struct call *c)
{
    const struct admin_sessions *sessions = c->now->process->sessions;
    struct span word = call_arg(c, 0);
    duration older = { 0 };
    uint64_t number = 0;

    if (sessions == NULL)
        return late(c);
    if (span_eq(word, SPAN("older"))) {
        if (!call_time(call_arg(c, 1), &older))
            return call_fail(c, "`show sess older` expects a time: 30s, 5m.");
    } else if (word.len > 0 && !span_eq(word, SPAN("all")) && !number_of(word, &number)) {
        return call_fail(c, "`show sess` takes a session as it shows them (0x1a), all, or older <age>.");
    }
    size_t before = c->out->len;
    if (!sessions->list(sessions->self, number, older, word.len > 0, c->out))
        return late(c);
    return number != 0 && c->out->len == before ? call_fail(c, "Session not found.") : COMMAND_DONE;
}

enum command_result shutdown_session(struct call *c)
{
    const struct admin_sessions *sessions = c->now->process->sessions;
    uint64_t number;

    if (!number_of(call_arg(c, 0), &number))
        return call_fail(c, "Session pointer expected (use 'show sess').");
    switch (sessions ? sessions->end_one(sessions->self, number) : ADMIN_LATE) {
    case ADMIN_ENDED:
        act_note(c->now, &c->session->by, SPAN("end session"));
        return COMMAND_DONE;
    case ADMIN_NO_SESSION:
        return call_fail(c, "No such session (use 'show sess').");
    case ADMIN_LATE:
        break;
    }
    return late(c);
}
