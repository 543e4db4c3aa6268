/* SPDX-License-Identifier: Apache-2.0 */
/* What was changed of the files' servers, kept for the next process. */
#include <string.h>

#include "state/state_internal.h"

#define ABOUT 0x616d656e64656421u /* no fingerprint of a list: that would be chance */

/* In front of a record's texts. */
struct head {
    uint64_t line, generation;
    uint32_t id, pool_len;
};

const struct amendments *state_world_amendments(const struct state_world *w)
{
    return w->amendments;
}

void state_world_set_amendments(struct state_world *w, struct amendments *l)
{
    (void)pthread_mutex_lock(&w->patterns_mutex);
    amendments_free(&w->amendments);
    w->amendments = l;
    world_write_journal(w);
    (void)pthread_mutex_unlock(&w->patterns_mutex);
}

void state_world_keep_health(struct state_world *w, bool stays)
{
    w->health_stays = stays;
}

static bool write_one(struct journal *j, const struct amendment *a)
{
    struct head h = {
        .line = a->line, .generation = a->generation, .id = a->id, .pool_len = (uint32_t)a->pool.len
    };
    char room[1024];
    struct buf names;

    buf_init_fixed(&names, room, sizeof(room));
    buf_put(&names, span_of((const char *)&h, sizeof(h)));
    buf_put(&names, a->pool);
    buf_put(&names, a->server);
    return !names.truncated &&
           journal_add(j, &(struct journal_record){
                              .about = ABOUT, .what = a->kind, .a = buf_span(&names), .b = a->words });
}

bool amended_write(struct state_world *w)
{
    bool good = true;

    for (uint32_t i = 0; i < amendments_count(w->amendments); i++)
        good = write_one(w->journal, amendments_at(w->amendments, i)) && good;
    return good;
}

static bool is_kind(uint32_t what)
{
    return what == AMEND_ADD || what == AMEND_DELETE || what == AMEND_SET;
}

void amended_read(struct state_world *w)
{
    struct journal_record r;

    for (uint32_t at = 0; journal_next(w->journal, &at, &r);) {
        struct head h;
        if (r.about != ABOUT || !is_kind(r.what) || r.a.len < sizeof(h))
            continue;
        memcpy(&h, r.a.ptr, sizeof(h));
        struct span names = span_from_index(r.a, sizeof(h));
        if (h.pool_len > names.len)
            continue;
        struct amendment a = { .kind = (enum amendment_kind)r.what,
                               .pool = span_first(names, h.pool_len),
                               .server = span_from_index(names, h.pool_len),
                               .words = r.b,
                               .line = h.line,
                               .generation = h.generation,
                               .id = h.id };
        struct amendments *fresh = amendments_with(w->amendments, &a);
        amendments_free(&w->amendments);
        w->amendments = fresh;
    }
}
