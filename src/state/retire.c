/* SPDX-License-Identifier: Apache-2.0 */
#include "state/retire.h"

#include <stdlib.h>

#include "base/macros.h"

struct old {
    struct link link;
    void *what;
    retire_fn *release;
    uint64_t turns[]; /* as they stood when it was hidden */
};

void retire_init(struct retired *r)
{
    *r = (struct retired){ 0 };
    list_init(&r->waiting);
}

void retire_watch(struct retired *r, const _Atomic uint64_t *const *turns, unsigned threads)
{
    r->turns = turns;
    r->threads = turns ? threads : 0;
}

static void release(struct old *o)
{
    link_remove(&o->link);
    o->release(o->what);
    free(o);
}

void retire_put(struct retired *r, void *what, retire_fn *fn)
{
    if (what == NULL)
        return;
    struct old *o = malloc(sizeof(*o) + r->threads * sizeof(o->turns[0]));
    if (o == NULL)
        oom_die(sizeof(*o));
    o->what = what;
    o->release = fn;
    for (unsigned i = 0; i < r->threads; i++)
        o->turns[i] = atomic_load_explicit(r->turns[i], memory_order_relaxed);
    list_push_back(&r->waiting, &o->link);
    retire_collect(r);
}

/*
 * Two turns: the first that is seen to begin may have begun, unseen, before <what>
 * was hidden, and still read it.
 */
static bool is_free(const struct retired *r, const struct old *o)
{
    for (unsigned i = 0; i < r->threads; i++)
        if (atomic_load_explicit(r->turns[i], memory_order_acquire) - o->turns[i] < 2)
            return false;
    return true;
}

void retire_collect(struct retired *r)
{
    LIST_EACH (&r->waiting, o, struct old, link) {
        if (!is_free(r, o))
            return; /* later ones wait longer */
        release(o);
    }
}

void retire_fini(struct retired *r)
{
    LIST_EACH (&r->waiting, o, struct old, link)
        release(o);
}
