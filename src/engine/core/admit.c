/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/admit.h"

#include "base/scratch.h"
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/l4.h"
#include "engine/core/lease.h"
#include "engine/core/live.h"
#include "engine/core/rules.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"

#define ADMIT_MEMORY (64u * 1024)

static enum session_close close_of(const struct rules *r, enum rules_result result)
{
    if (result != RULES_CLOSE)
        return CLOSE_NORMAL;
    return r->action->number == 1 ? CLOSE_RESET : r->action->number == 2 ? CLOSE_VANISH : CLOSE_NORMAL;
}

void admit_refuse(struct session *s, uint16_t status, enum session_close how)
{
    struct l4 l = { .status = status };

    if (!s->gate->model->service->entry->log_refused) {
        session_close(s, how);
        return;
    }
    l4_begin(&l, s, &live_session);
    l4_finish(&l, l4_ended(END_DENIED, MOMENT_REQUEST), how);
}

static bool admit(struct session *s, enum hook hook)
{
    const struct scope *entry = s->gate->model->service->entry;

    if (entry->on[hook].count == 0)
        return true;
    struct live_self self = { .session = s };
    struct scratch scratch;
    struct facts facts;
    struct rules rules = { .facts = &facts, .session = s };

    scratch_init(&scratch, &s->thread->scratch_slab, ADMIT_MEMORY);
    live_begin(&facts, &live_session, &self, &scratch, s->gate->lease);
    rules_begin(&rules, entry);
    enum rules_result r = rules_run(&rules, hook);
    scratch_reset(&scratch);
    if (r == RULES_DONE)
        return true;
    stats_session_denied(s->thread, s->gate, hook == HOOK_CONNECTION);
    admit_refuse(s, 403, close_of(&rules, r));
    return false;
}

bool admit_connection(struct session *s)
{
    return admit(s, HOOK_CONNECTION);
}

bool admit_session(struct session *s)
{
    if (!admit(s, HOOK_SESSION))
        return false;
    if (s->follows)
        follow_admitted(s, thread_now(s->thread));
    return true;
}
