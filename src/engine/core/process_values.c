/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/process_values.h"

#include "base/rand.h"
#include "base/scratch.h"
#include "eval/eval.h"
#include "state/snapshot.h"

#define ROOM 65536u

/* There is no connection that could answer. */
static bool no_address(void *self, enum which_address which, struct address *out)
{
    (void)self, (void)which, (void)out;
    return false;
}

static bool no_number(void *self, enum fetch f, int64_t *out)
{
    (void)self, (void)f, (void)out;
    return false;
}

static struct span no_text(void *self, enum fetch f)
{
    (void)self, (void)f;
    return span_of(NULL, 0);
}

static bool no_bytes(void *self, struct span *out)
{
    (void)self, (void)out;
    return false;
}

static const struct live nobody = {
    .address = no_address, .number = no_number, .text = no_text, .body = no_bytes, .bytes = no_bytes
};

static void set_all(struct facts *f, const struct config *c)
{
    for (uint32_t i = 0; i < c->process_values.count; i++) {
        struct value v = eval_value(f, c->process_values.items[i].expr);
        if (!eval_set_slot(f, c->process_values.items[i].slot, &v))
            oom_die(KEPT_TEXT_MOST);
    }
}

void process_values_begin(const struct snapshot *s, struct span hostname)
{
    struct slab slab;
    struct scratch scratch;
    struct rand rand;
    struct clock_text clock = { 0 };

    if (s->config->process_values.count == 0)
        return;
    slab_init(&slab, "process values", 4096, 4, 0);
    scratch_init(&scratch, &slab, ROOM);
    rand_seed(&rand, 0);
    struct facts f = { .live = &nobody,
                       .scratch = &scratch,
                       .rand = &rand,
                       .snapshot = s,
                       .hostname = hostname,
                       .now = clock_now(),
                       .wall_us = clock_wall_us(),
                       .clock = &clock };
    set_all(&f, s->config);
    scratch_reset(&scratch);
    slab_fini(&slab);
}
