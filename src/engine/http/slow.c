/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/slow.h"

#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "eval/eval.h"

#define LEAST 1024 /* bytes that are worth a turn, unless a quarter of a second allows less */

/* What says nothing sets no limit. */
static uint64_t computed(struct stream *s, const struct expr *e)
{
    uint64_t n;

    return rules_parse_size(eval_text(&s->facts, e), &n) ? n : 0;
}

bool slow_begin(struct stream *s)
{
    const struct client_policy *p = s->rules.client;

    s->rate = s->rules.rate ? s->rules.rate : p->limit_rate;
    s->rate_after = s->rules.rate_after ? s->rules.rate_after : p->limit_rate_after;
    if (UNLIKELY(s->rate == UINT64_MAX))
        s->rate = computed(s, p->limit_rate_from);
    if (UNLIKELY(s->rate_after == UINT64_MAX))
        s->rate_after = computed(s, p->limit_rate_after_from);
    s->rate_from = thread_now(s->thread);
    return s->rate != 0;
}

static uint64_t allowed(const struct stream *s)
{
    uint64_t us = instant_us_between(s->rate_from, thread_now(s->thread)) + 1000000;
    unsigned __int128 most = (unsigned __int128)s->rate * us / 1000000 + s->rate_after;

    return most > s->answer_out.payload ? (uint64_t)(most - s->answer_out.payload) : 0;
}

bool slow_waits(const struct stream *s)
{
    return s->rate && deadline_is_set(&s->pause);
}

/* Runs on when <LEAST> bytes more are allowed. */
static void wait_for_more(struct stream *s)
{
    uint64_t some = s->rate / 4 < LEAST ? s->rate / 4 + 1 : LEAST, have = allowed(s);
    uint64_t ms = have < some ? (some - have) * 1000 / s->rate + 1 : 1;

    loop_set_deadline(s->thread->loop, &s->pause,
                      DURATION_MS(ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX - 1));
}

/* As many of <parts> as <most> bytes hold, in <out>. */
static unsigned cut(const struct iovec *parts, unsigned count, uint64_t most, struct iovec *out)
{
    unsigned n = 0;

    for (; n < count && most; n++) {
        out[n] = parts[n];
        if (out[n].iov_len > most)
            out[n].iov_len = (size_t)most;
        most -= out[n].iov_len;
    }
    return n;
}

static size_t size_of(const struct iovec *parts, unsigned count)
{
    size_t size = 0;

    for (unsigned i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

static enum flow_put slow_put(struct stream *s, const struct iovec *parts, unsigned count, bool last,
                              size_t *taken)
{
    struct iovec some[FLOW_PARTS];
    uint64_t most = allowed(s);

    if (size_of(parts, count) <= most)
        return s->front->sink->put(s, parts, count, last, taken);
    count = cut(parts, count, most, some);
    enum flow_put put = s->front->sink->put(s, some, count, false, taken);
    if (put == PUT_ALL) {
        wait_for_more(s);
        return PUT_PART;
    }
    return put;
}

static enum flow_put slow_put_file(struct stream *s, int fd, off_t *offset, size_t len, bool last,
                                   size_t *taken)
{
    uint64_t most = allowed(s);

    *taken = 0;
    if (len <= most)
        return s->front->sink->put_file(s, fd, offset, len, last, taken);
    enum flow_put put = PUT_ALL;
    if (most)
        put = s->front->sink->put_file(s, fd, offset, (size_t)most, false, taken);
    else if (s->pending_head.len)
        put = s->front->sink->put(s, NULL, 0, false, taken);
    if (put == PUT_ALL) {
        wait_for_more(s);
        return PUT_PART;
    }
    return put;
}

/* Bytes that pass in the kernel cannot be held back. */
static struct conn *slow_conn(struct stream *s)
{
    (void)s;
    return NULL;
}

const struct flow_sink slow_sink = { .put = slow_put, .put_file = slow_put_file, .conn = slow_conn };
