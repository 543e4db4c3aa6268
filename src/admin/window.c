/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/window.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/snapshot.h"

#define SAMPLES 3

struct sampled {
    const struct named *state; /* only compared, never followed */
    uint64_t name;             /* its hash: another state may come to lie in the same place */
    uint64_t answers, failed;
    struct histogram first_byte;
};
/* A hash table by <state>; <room> is a power of two, or 0. */
struct sample {
    instant at;
    struct sampled **table;
    uint32_t room;
};
struct window {
    pthread_mutex_t mutex;
    struct sample samples[SAMPLES]; /* oldest first */
    unsigned count;
    instant begun; /* when counting began: what stands for a sample before there is one */
};

static void sample_fini(struct sample *s)
{
    for (uint32_t i = 0; i < s->room; i++)
        free(s->table[i]);
    free(s->table);
    *s = (struct sample){ 0 };
}

static struct sampled **slot_of(const struct sample *s, const struct named *state)
{
    uint64_t h = (uint64_t)(uintptr_t)state * 0x9e3779b97f4a7c15u;
    uint32_t i = (uint32_t)(h >> 32) & (s->room - 1);

    while (s->table[i] != NULL && s->table[i]->state != state)
        i = (i + 1) & (s->room - 1);
    return &s->table[i];
}

struct window *window_new(instant started)
{
    struct window *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    int failed = pthread_mutex_init(&w->mutex, NULL);
    BUG_ON(failed);
    w->begun = started;
    return w;
}

void window_free(struct window **owner)
{
    struct window *w = *owner;

    *owner = NULL;
    if (w == NULL)
        return;
    for (unsigned i = 0; i < w->count; i++)
        sample_fini(&w->samples[i]);
    (void)pthread_mutex_destroy(&w->mutex);
    free(w);
}

static void lock(struct window *w)
{
    int failed = pthread_mutex_lock(&w->mutex);
    BUG_ON(failed);
}

static void unlock(struct window *w)
{
    int failed = pthread_mutex_unlock(&w->mutex);
    BUG_ON(failed);
}

/* A stream that was answered 5xx was, of one kind or another; a TCP session has no status to say it. */
uint64_t window_answers(const struct counts_sum *sum)
{
    return sum->requests ? sum->requests : sum->sessions;
}

uint64_t window_failed(const struct counts_sum *sum)
{
    if (sum->requests)
        return sum->status_5xx + sum->server_aborts;
    return sum->connect_errors + sum->connect_timeouts + sum->response_errors + sum->response_timeouts +
           sum->queue_timeouts + sum->no_server + sum->server_aborts;
}

/* ---- taking samples ---- */

static bool sample_one(struct sample *s, const struct named *state, const struct counts *c)
{
    struct counts_sum sum = { 0 };

    counts_add_up(c, (instant){ 0 }, &sum);
    if (window_answers(&sum) == 0)
        return true;
    struct sampled *one = malloc(sizeof(*one));
    if (one == NULL)
        return false;
    *one = (struct sampled){ .state = state,
                             .name = state->hash,
                             .answers = window_answers(&sum),
                             .failed = window_failed(&sum),
                             .first_byte = sum.first_byte };
    *slot_of(s, state) = one;
    return true;
}

static bool sample_all(struct sample *to, const struct snapshot *s)
{
    const struct config *c = s->config;
    bool ok = true;

    for (uint32_t i = 0; ok && i < c->services.count; i++)
        ok = sample_one(to, &s->services[i]->named, &s->services[i]->counts);
    for (uint32_t i = 0; ok && i < c->pools.count; i++)
        ok = sample_one(to, &s->pools[i]->named, &s->pools[i]->counts);
    for (uint32_t i = 0; ok && i < c->servers.count; i++)
        ok = sample_one(to, &s->servers[i]->named, &s->servers[i]->counts);
    return ok;
}

static bool sample_init(struct sample *s, uint32_t things, instant now)
{
    uint32_t room = 16;

    while (room < things * 2)
        room *= 2;
    *s = (struct sample){ .at = now, .table = calloc(room, sizeof(struct sampled *)), .room = room };
    if (s->table == NULL)
        s->room = 0;
    return s->room > 0;
}

bool window_sample(struct window *w, const struct snapshot *s, instant now)
{
    const struct config *c = s->config;
    struct sample fresh;

    if (!sample_init(&fresh, c->services.count + c->pools.count + c->servers.count, now) ||
        !sample_all(&fresh, s)) {
        sample_fini(&fresh);
        return false;
    }
    lock(w);
    struct sample oldest = { 0 };
    if (w->count == SAMPLES) {
        oldest = w->samples[0];
        memmove(&w->samples[0], &w->samples[1], sizeof(struct sample) * (SAMPLES - 1));
        w->count--;
    }
    w->samples[w->count++] = fresh;
    unlock(w);
    sample_fini(&oldest);
    return true;
}

void window_forget(struct window *w, instant now)
{
    if (w == NULL)
        return;
    lock(w);
    for (unsigned i = 0; i < w->count; i++)
        sample_fini(&w->samples[i]);
    w->count = 0;
    w->begun = now;
    unlock(w);
}

/* ---- looking ---- */

/* False: they were cleared since; what is there now is all that has been. */
static bool take_off(struct window_look *look, const struct sampled *then)
{
    if (look->answers < then->answers || look->failed < then->failed)
        return false;
    look->answers -= then->answers;
    look->failed -= then->failed;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        look->first_byte.bucket[i] -= then->first_byte.bucket[i] <= look->first_byte.bucket[i]
                                          ? then->first_byte.bucket[i]
                                          : look->first_byte.bucket[i];
    return true;
}

void window_look(struct window *w, const struct named *state, const struct counts_sum *sum, instant now,
                 struct window_look *out)
{
    *out = (struct window_look){ .answers = window_answers(sum),
                                 .failed = window_failed(sum),
                                 .first_byte = sum->first_byte };
    if (w == NULL)
        return;
    lock(w);
    out->us = instant_us_between(w->begun, now);
    if (w->count == SAMPLES) { /* before that the beginning, when all was 0, is the oldest one */
        const struct sample *oldest = &w->samples[0];
        const struct sampled *then = *slot_of(oldest, state);
        if (then == NULL || then->name != state->hash || take_off(out, then))
            out->us = instant_us_between(oldest->at, now);
    }
    unlock(w);
}
