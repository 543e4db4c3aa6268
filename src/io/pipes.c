/* SPDX-License-Identifier: Apache-2.0 */
#include "io/pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIPES_DEFAULT 512

void pipes_init(struct pipes *p, uint32_t limit)
{
    *p = (struct pipes){ .limit = limit ? limit : PIPES_DEFAULT };
    p->idle = calloc(p->limit, sizeof(*p->idle));
    if (!p->idle)
        oom_die(p->limit * sizeof(*p->idle));
}

static void pipes_close(struct pipes *p, struct pipe_pair pair)
{
    (void)close(pair.in);
    (void)close(pair.out);
    p->open--;
}

void pipes_fini(struct pipes *p)
{
    BUG_ON(p->open != p->idle_count);
    while (p->idle_count)
        pipes_close(p, p->idle[--p->idle_count]);
    free(p->idle);
    p->idle = NULL;
}

bool pipes_get(struct pipes *p, struct pipe_pair *out)
{
    int ends[2];

    if (p->idle_count) {
        *out = p->idle[--p->idle_count];
        return true;
    }
    if (p->open >= p->limit || pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
        return false;
    p->open++;
    *out = (struct pipe_pair){ .in = ends[1], .out = ends[0] };
    return true;
}

void pipes_put(struct pipes *p, struct pipe_pair pair, bool empty)
{
    BUG_ON(p->idle_count >= p->open);
    if (empty)
        p->idle[p->idle_count++] = pair;
    else
        pipes_close(p, pair);
}
