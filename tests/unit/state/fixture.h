/* SPDX-License-Identifier: Apache-2.0 */
/* Small configurations for tests of state and balance. */
#pragma once

#include <stdio.h>

#include "unit.h"

#include "model/config.h"
#include "state/snapshot.h"

struct built {
    struct config *c;
    struct diags *d;
    struct pool *p;
};

static inline struct server *built_server(struct built *b, const char *name, uint32_t weight)
{
    struct server *s = config_add_server(b->c, b->p);
    s->name = arena_span(b->c->arena, span_from(name));
    s->weight = weight;
    (void)address_parse_ip(SPAN("127.0.0.1"), &s->address);
    address_set_port(&s->address, (uint16_t)(8000 + s->ordinal));
    return s;
}

/* A pool "web" with servers A, B, C ... of the weights given; 0 ends them. */
static inline struct built built_pool(enum language l, const uint32_t *weights)
{
    struct built b = { .c = config_new(), .d = diags_new() };
    b.p = config_add_pool(b.c, l, SPAN("web"));
    b.p->uses = 1;
    for (unsigned i = 0; weights[i]; i++) {
        char name[] = { (char)('A' + i), 0 };
        (void)built_server(&b, name, weights[i]);
    }
    return b;
}

static inline struct snapshot *built_snapshot(struct built *b, struct state_world *w)
{
    if (!b->c->sealed)
        assert_true(config_seal(b->c, b->d));
    return snapshot_new(w, b->c);
}

static inline void built_free(struct built *b)
{
    config_free(&b->c);
    diags_free(&b->d);
}

#define WEIGHTS(...) ((const uint32_t[]){ __VA_ARGS__, 0 })
static inline instant at_s(double seconds)
{
    return (instant){ (uint64_t)(seconds * 1000000) };
}
