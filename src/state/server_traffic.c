/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What traffic says of a server: passive failures as nginx counts them, errors
 * in a row for HAProxy's observe, how long answers take.
 *
 * Failures add up without a bound in time. They are forgotten when a request
 * succeeds that was begun after <fail_window> had passed since the last one:
 * that is what "one try after fail_timeout" means, and it was measured so on
 * nginx 1.22 (two failures 6 s apart with fail_timeout=3 take a server out).
 */
#include "state/server_state.h"

#include "state/state_internal.h"

static bool is_counted(const struct server *model)
{
    return model->fails_max && !(model->pool->single_never_fails && model->pool->servers.count == 1);
}

/* The pool's lock is held. True: it was just taken out. */
static bool count_failure(struct server_state *s, const struct server *model, instant now)
{
    uint32_t fails = atomic_load_explicit(&s->fails, memory_order_relaxed) + 1;
    uint32_t weight = atomic_load_explicit(&s->weight, memory_order_relaxed);
    uint32_t lost = atomic_load_explicit(&s->lost_weight, memory_order_relaxed) + weight / model->fails_max;
    atomic_store_explicit(&s->fails, fails, memory_order_relaxed);
    atomic_store_explicit(&s->lost_weight, lost < weight ? lost : weight, memory_order_relaxed);
    atomic_store_explicit(&s->failed_us, now.us, memory_order_relaxed);
    atomic_store_explicit(&s->tried_us, now.us, memory_order_relaxed);
    return fails >= model->fails_max;
}

/* Connecting counts for both layers, the answer for the seventh alone. */
static bool is_observed(const struct server *model, unsigned layer)
{
    return model->observe == OBSERVE_LAYER7 || (model->observe == OBSERVE_LAYER4 && layer == 4);
}

enum server_failed server_failed(struct server_state *s, const struct server *model, unsigned layer,
                                 instant now)
{
    enum server_failed said = FAILED_COUNTED;
    if (is_counted(model)) {
        lock_take(&s->pool->lock);
        bool out = count_failure(s, model, now);
        atomic_fetch_add_explicit(&s->pool->version, 1, memory_order_release);
        lock_give(&s->pool->lock);
        if (out)
            said = FAILED_TAKEN_OUT;
    }
    if (is_observed(model, layer)) {
        uint32_t row = atomic_fetch_add_explicit(&s->errors_in_a_row, 1, memory_order_relaxed) + 1;
        if (model->error_limit && row >= model->error_limit) {
            atomic_store_explicit(&s->errors_in_a_row, 0, memory_order_relaxed);
            said = FAILED_ERROR_LIMIT;
        }
    }
    return said;
}

static void forget_failures(struct server_state *s, instant now)
{
    lock_take(&s->pool->lock);
    if (atomic_load_explicit(&s->failed_us, memory_order_relaxed) <
        atomic_load_explicit(&s->tried_us, memory_order_relaxed)) {
        atomic_store_explicit(&s->fails, 0, memory_order_relaxed);
        atomic_store_explicit(&s->usable_since_us, now.us, memory_order_relaxed);
        atomic_fetch_add_explicit(&s->pool->version, 1, memory_order_release);
    }
    lock_give(&s->pool->lock);
}

/* An eighth of the new: two threads at once lose one of both, which an average survives. */
static void add_to_mean(_Atomic uint32_t *of, uint64_t us)
{
    uint32_t fresh = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
    uint32_t mean = atomic_load_explicit(of, memory_order_relaxed);
    mean = mean ? mean - mean / 8 + fresh / 8 : fresh;
    atomic_store_explicit(of, mean, memory_order_relaxed);
}

void server_answered(struct server_state *s, uint64_t first_byte_us, instant now)
{
    if (UNLIKELY(atomic_load_explicit(&s->fails, memory_order_relaxed)))
        forget_failures(s, now);
    if (UNLIKELY(atomic_load_explicit(&s->errors_in_a_row, memory_order_relaxed)))
        atomic_store_explicit(&s->errors_in_a_row, 0, memory_order_relaxed);
    if (first_byte_us == UINT64_MAX)
        return;
    add_to_mean(&s->average_us, first_byte_us);
}

void server_finished(struct server_state *s, uint64_t total_us)
{
    add_to_mean(&s->average_total_us, total_us);
}

void server_flight_begins(struct server_state *s, instant began)
{
    atomic_fetch_add_explicit(&s->flights_began_us, began.us, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->flights, 1, memory_order_relaxed);
}

void server_flight_ends(struct server_state *s, instant began)
{
    atomic_fetch_sub_explicit(&s->flights, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&s->flights_began_us, began.us, memory_order_relaxed);
}

uint64_t server_flights_us(const struct server_state *s, instant now)
{
    uint64_t count = atomic_load_explicit(&s->flights, memory_order_relaxed);
    uint64_t sum = atomic_load_explicit(&s->flights_began_us, memory_order_relaxed);

    /* Read one after the other: what does not fit together tells nothing. */
    return count && sum / count <= now.us ? now.us - sum / count : 0;
}

bool server_try_begins(struct server_state *s, const struct server *model, instant now)
{
    uint32_t fails = atomic_load_explicit(&s->fails, memory_order_relaxed);
    if (LIKELY(fails == 0) || model->fails_max == 0)
        return false;
    instant tried = { atomic_load_explicit(&s->tried_us, memory_order_relaxed) };
    if (now.us <= instant_after(tried, model->fail_window).us)
        return false;
    atomic_store_explicit(&s->tried_us, now.us, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->pool->version, 1, memory_order_release); /* out again for the others */
    return true;
}
