/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a stream: bytes, times, codes. nginx's seconds, HAProxy's milliseconds. */
#include <string.h>

#include "base/clock.h"
#include "eval/eval_internal.h"
#include "model/listener.h"

/* ---- HAProxy's timers (configuration manual 8.4): -1 when the moment was not reached ---- */

static int64_t ms_between(instant from, instant to)
{
    if (from.us == 0 || to.us == 0)
        return -1;
    return (int64_t)instant_ms_between(from, to);
}

static bool is_first_request(struct facts *f)
{
    int64_t n;
    return !f->live->number(f->self, FETCH_CONNECTION_REQUESTS, &n) || n <= 1;
}

static int64_t handshake(struct facts *f)
{
    return is_first_request(f) ? ms_between(f->times->accepted, f->times->handshake) : 0;
}

static int64_t idle(struct facts *f)
{
    return f->times->begun.us ? ms_between(f->times->handshake, f->times->begun) : 0;
}

static int64_t total(struct facts *f)
{
    return ms_between(is_first_request(f) ? f->times->accepted : f->times->handshake, f->times->end);
}

static instant first_of(instant a, instant b)
{
    return a.us ? a : b;
}

/* Nearly always the second that it still is, whose text is there. */
size_t date_put(const struct facts *f, uint64_t wall_us, char room[DATE_ROOM])
{
    struct clock_text other;
    const struct clock_text *at = facts_clock(f);
    unsigned ms = (unsigned)(wall_us / 1000 % 1000);

    if (UNLIKELY(wall_us / 1000000 != at->second)) {
        other.second = 0;
        clock_text_at(&other, wall_us);
        at = &other;
    }
    size_t len = strnlen(at->haproxy, sizeof(at->haproxy));
    memcpy(room, at->haproxy, len);
    room[len] = '.';
    room[len + 1] = (char)('0' + ms / 100);
    room[len + 2] = (char)('0' + ms / 10 % 10);
    room[len + 3] = (char)('0' + ms % 10);
    return len + 4;
}

uint64_t date_of_fetch(const struct facts *f, enum fetch which)
{
    return which == FETCH_DATE_REQUEST && f->begun_wall_us ? f->begun_wall_us : f->accepted_wall_us;
}

static struct value date_at(struct facts *f, uint64_t wall_us)
{
    char room[DATE_ROOM];

    if (wall_us == 0)
        return value_none();
    return value_text(scratch_span(f->scratch, span_of(room, date_put(f, wall_us, room))));
}

/* Of a moment on the wall: seconds since 1970, or the milliseconds behind them. */
static struct value wall_second(uint64_t wall_us)
{
    return wall_us ? value_int((int64_t)(wall_us / 1000000)) : value_none();
}

static struct value wall_ms(struct facts *f, uint64_t wall_us)
{
    return wall_us ? value_text(scratch_text(f, "%03u", (unsigned)(wall_us / 1000 % 1000))) : value_none();
}

int64_t timer_of(struct facts *f, enum fetch which)
{
    const struct facts_times *t = f->times;

    switch ((unsigned)which) {
    case FETCH_TIMER_HANDSHAKE:
        return handshake(f);
    case FETCH_TIMER_IDLE:
        return idle(f);
    case FETCH_TIMER_REQUEST:
        return ms_between(t->begun, t->head);
    case FETCH_TIMER_QUERY:
        return t->head.us == 0 ? -1 : handshake(f) + idle(f) + ms_between(t->begun, t->head);
    case FETCH_TIMER_QUEUE:
        return ms_between(first_of(t->head, t->accepted), t->picked);
    case FETCH_TIMER_CONNECT:
        return ms_between(t->picked, t->connected);
    case FETCH_TIMER_RESPONSE:
        return ms_between(t->connected, t->answer);
    case FETCH_TIMER_DATA:
        return ms_between(t->answer, t->end);
    case FETCH_TIMER_ACTIVE:
        return ms_between(t->begun, t->end);
    case FETCH_TIMER_USER:
        return t->end.us == 0 ? -1 : total(f) - idle(f);
    default: /* FETCH_TIMER_TOTAL */
        return total(f);
    }
}

bool grows(enum fetch which)
{
    return which == FETCH_TIMER_ACTIVE || which == FETCH_TIMER_TOTAL || which == FETCH_TIMER_USER ||
           which == FETCH_BYTES_SENT;
}

static struct value so_far(struct facts *f, enum fetch which, int64_t n)
{
    if (f->early_line && grows(which))
        return value_text(scratch_text(f, "+%lld", (long long)n));
    return value_int(n);
}

struct value fetch_timer(struct facts *f, const struct expr_part *p)
{
    if (p->fetch == FETCH_DATE_ACCEPT || p->fetch == FETCH_DATE_REQUEST)
        return date_at(f, date_of_fetch(f, p->fetch));
    if (p->fetch == FETCH_ACCEPT_S)
        return wall_second(f->accepted_wall_us);
    if (p->fetch == FETCH_ACCEPT_MS)
        return wall_ms(f, f->accepted_wall_us);
    if (p->fetch == FETCH_REQUEST_S)
        return wall_second(f->begun_wall_us ? f->begun_wall_us : f->accepted_wall_us);
    if (f->times == NULL)
        return value_none();
    return so_far(f, p->fetch, timer_of(f, p->fetch));
}

/* ---- nginx's lists over all tries ---- */

static void put_seconds(struct buf *b, uint64_t ms)
{
    buf_put_u64(b, ms / 1000);
    buf_put_char(b, '.');
    buf_put_u64_padded(b, ms % 1000, 3);
}

static void put_try(struct buf *b, const struct try_facts *t, enum fetch which)
{
    instant at;

    switch ((unsigned)which) {
    case FETCH_UPSTREAM_BYTES_SENT:
        buf_put_u64(b, t->sent);
        return;
    case FETCH_UPSTREAM_BYTES_RECEIVED:
        buf_put_u64(b, t->received);
        return;
    case FETCH_UPSTREAM_BODY_BYTES:
        buf_put_u64(b, t->body);
        return;
    case FETCH_TIME_UPSTREAM_CONNECT:
        at = t->connected;
        break;
    case FETCH_TIME_UPSTREAM_HEADER:
        at = t->header;
        break;
    default: /* FETCH_TIME_UPSTREAM_RESPONSE */
        at = t->ended;
        break;
    }
    if (at.us == 0)
        buf_put_char(b, '-');
    else
        put_seconds(b, instant_ms_between(t->began, at));
}

static struct value over_tries(struct facts *f, enum fetch which)
{
    struct buf b;
    char room[512];

    if (f->try_count == 0)
        return value_none();
    buf_init_fixed(&b, room, sizeof(room));
    for (uint32_t i = 0; i < f->try_count; i++) {
        if (i > 0)
            buf_put(&b, f->tries[i].again ? SPAN(" : ") : SPAN(", "));
        put_try(&b, &f->tries[i], which);
    }
    return value_text(scratch_span(f->scratch, buf_span(&b)));
}

static struct value seconds(struct facts *f, instant from)
{
    struct buf b;
    char room[32];

    if (f->times == NULL)
        return value_none();
    buf_init_fixed(&b, room, sizeof(room));
    put_seconds(&b, instant_ms_between(from, f->times->end.us ? f->times->end : f->now));
    return value_text(scratch_span(f->scratch, buf_span(&b)));
}

/* ---- captures: "{a|b}" ---- */

/* A value among others must not look like their end. */
static void put_captured(struct buf *b, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c < 0x7f && strchr("\"{|}#", c) == NULL)
            buf_put_char(b, (char)c);
        else
            buf_printf(b, "#%02X", c);
    }
}

unsigned eval_capture_slots(const struct facts *f, unsigned response)
{
    unsigned taken = f->captures[response] ? f->capture_count[response] : 0;
    const struct scope *front = f->service ? f->service->entry : NULL;
    /* Of what was no request nothing could be captured. */
    unsigned there = front == NULL || f->request == NULL ? 0
                     : response                          ? front->response_slots
                                                         : front->slots;

    return there > taken ? there : taken;
}

/* Slots that nothing was put in are empty, but they are there. */
static struct value captured(struct facts *f, unsigned response, enum captured_as as)
{
    struct buf b;
    char room[2048];
    unsigned taken = f->captures[response] ? f->capture_count[response] : 0;
    unsigned count = eval_capture_slots(f, response);

    if (count == 0)
        return value_none();
    buf_init_fixed(&b, room, sizeof(room));
    buf_put_char(&b, as == CAPTURED_QUOTED ? '"' : '{');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            buf_put(&b, as == CAPTURED_QUOTED ? SPAN("\" \"") : SPAN("|"));
        if (i < taken)
            put_captured(&b, f->captures[response][i]);
    }
    buf_put_char(&b, as == CAPTURED_QUOTED ? '"' : '}');
    if (as == CAPTURED_BRACES_BLANK)
        buf_put_char(&b, ' ');
    return value_text(scratch_span(f->scratch, buf_span(&b)));
}

static struct value text_or_dash(struct span s)
{
    return s.len ? value_text(s) : value_none();
}

/* The end's plain numbers; false: <which> is none of them. */
bool end_number(const struct facts *f, enum fetch which, int64_t *out)
{
    const struct facts_end *e = f->end;

    switch ((unsigned)which) {
    case FETCH_BYTES_SENT:
        *out = (int64_t)e->bytes_sent;
        return true;
    case FETCH_BODY_BYTES_SENT:
        *out = (int64_t)e->body_bytes_sent;
        return true;
    case FETCH_BYTES_RECEIVED:
        *out = (int64_t)e->bytes_received;
        return true;
    case FETCH_COUNT_PROCESS:
        *out = e->count_process;
        return true;
    case FETCH_COUNT_SERVICE:
        *out = e->count_service;
        return true;
    case FETCH_COUNT_POOL:
        *out = e->count_pool;
        return true;
    case FETCH_COUNT_SERVER:
        *out = e->count_server;
        return true;
    case FETCH_COUNT_RETRIES:
        *out = e->retries;
        return !e->redispatched;
    case FETCH_QUEUE_SERVER:
        *out = e->queue_server;
        return true;
    case FETCH_QUEUE_POOL:
        *out = e->queue_pool;
        return true;
    case FETCH_STREAM_STATUS:
        *out = f->status;
        return true;
    default:
        return false;
    }
}

static struct value from_end(struct facts *f, const struct expr_part *p)
{
    const struct facts_end *e = f->end;
    int64_t n;

    if (end_number(f, p->fetch, &n))
        return so_far(f, p->fetch, n);
    switch ((unsigned)p->fetch) {
    case FETCH_COUNT_RETRIES:
        return value_text(scratch_text(f, "+%u", e->retries));
    case FETCH_TERMINATION:
        return value_text(span_of(e->termination, 2));
    case FETCH_TERMINATION_COOKIE:
        return value_text(span_of(e->termination, 4));
    case FETCH_LOG_PIPE:
        return value_text(e->pipelined ? SPAN("p") : SPAN("."));
    case FETCH_CAPTURED_COOKIE_REQUEST:
        return text_or_dash(e->captured_cookie_request);
    case FETCH_CAPTURED_COOKIE_RESPONSE:
        return text_or_dash(e->captured_cookie_response);
    default:
        BUG_ON(true);
        return value_none();
    }
}

struct value fetch_end(struct facts *f, const struct expr_part *p)
{
    switch ((unsigned)p->fetch) {
    case FETCH_TIME_REQUEST:
        return f->times ? seconds(f, first_of(f->times->begun, f->times->accepted)) : value_none();
    case FETCH_TIME_SESSION:
        return f->times ? seconds(f, f->times->accepted) : value_none();
    case FETCH_UPSTREAM_BYTES_SENT:
    case FETCH_UPSTREAM_BYTES_RECEIVED:
    case FETCH_UPSTREAM_BODY_BYTES:
    case FETCH_TIME_UPSTREAM_CONNECT:
    case FETCH_TIME_UPSTREAM_HEADER:
    case FETCH_TIME_UPSTREAM_RESPONSE:
        return over_tries(f, p->fetch);
    case FETCH_CAPTURED_REQUEST:
        return captured(f, 0, (enum captured_as)p->number);
    case FETCH_CAPTURED_RESPONSE:
        return captured(f, 1, (enum captured_as)p->number);
    default:
        return f->end ? from_end(f, p) : value_none();
    }
}
